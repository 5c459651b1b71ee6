//! All records together: which run goes on with which, which was cut off, which can be put back. Pure.

use super::record::{Record, RecordError, RunState, Step, Verdict};
use super::reversal::Reversal;
use crate::account::RecentWrites;

/// The records that there are.
#[derive(Debug, Default)]
pub struct Runs {
    /// The oldest first.
    pub records: Vec<Record>,
    /// Those that cannot be used, with the reason.
    pub damaged: Vec<(String, RecordError)>,
}

impl Runs {
    /// Which records cannot be used, in a sentence; none when all can.
    pub fn trouble(&self) -> Option<String> {
        let (id, error) = self.damaged.last()?;
        let others = match self.damaged.len() - 1 {
            0 => String::new(),
            others => format!(" Neither can {others} more; \"runs\" names them."),
        };
        Some(format!(
            "The record of the run {id} cannot be used: {error}.{others}"
        ))
    }

    /// The run of this ID.
    pub fn find(&self, run: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.run == run)
    }

    /// Notes what the runs of an account wrote less than a minute ago.
    pub fn note_recent_writes(&self, account: &str, recent: &RecentWrites) {
        // One run at a time goes on in an account, so this is the order of the writes.
        let records = self.records.iter();
        let of_account = records.filter(|record| record.account == account);
        for step in of_account.flat_map(|record| &record.steps) {
            let id = step.target.to_string();
            match step.accepted() {
                Some((former, written, age)) => {
                    recent.note(&id, former.text(), written.text(), age);
                }
                None if step.written_over().is_some() => recent.forget(&id),
                None => {}
            }
        }
    }

    /// The newest run in this account that set something up.
    pub fn latest(&self, account: &str) -> Option<&Record> {
        let mut records = self.records.iter().rev();
        records.find(|record| record.account == account && record.undoes.is_none())
    }

    /// The newest undoing of a run that did not put all of it back.
    pub fn unfinished_undo(&self, record: &Record) -> Option<&Record> {
        let mut records = self.records.iter().rev();
        records.find(|undo| {
            undo.undoes.as_ref() == Some(&record.run)
                && undo.state != RunState::Running
                && !undo.is_verified()
                && !self.is_undone(undo)
        })
    }

    /// The runs that this one goes on with, and the run itself as the last.
    ///
    /// # Errors
    /// With the ID of one of them whose record cannot be used: without it, only half would be put back.
    pub fn chain<'a>(&'a self, run: &'a Record) -> Result<Vec<&'a Record>, String> {
        let mut chain = vec![run];
        let mut next = run.continues.as_deref();
        while let Some(id) = next {
            let earlier = self
                .find(id)
                .filter(|earlier| chain.iter().all(|known| known.run > earlier.run))
                .ok_or_else(|| id.to_owned())?;
            chain.push(earlier);
            next = earlier.continues.as_deref();
        }
        chain.reverse();
        Ok(chain)
    }

    /// The runs of an account that were cut off, and of which nobody has taken care since.
    pub fn cut_off(&self, account: &str) -> Vec<&Record> {
        let of_account: Vec<&Record> = self
            .records
            .iter()
            .filter(|record| record.account == account)
            .collect();
        of_account
            .iter()
            .enumerate()
            .filter(|(place, record)| {
                let later = of_account.get(place + 1..).unwrap_or_default();
                let by_later = |later: &&Record| {
                    [&later.continues, &later.undoes]
                        .into_iter()
                        .any(|run| run.as_ref() == Some(&record.run))
                };
                record.was_cut_off()
                    && !record.settled
                    && !later.iter().any(by_later)
                    && (record.may_have_written() || later.is_empty())
            })
            .map(|(_, record)| *record)
            .collect()
    }

    /// The runs that an undo without a name may mean, the newest first: those of the account that set something up and
    /// were not put back since.
    pub fn to_undo<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a Record> {
        self.records.iter().rev().filter(move |record| {
            record.account == account
                && self.went_on(record).is_none()
                && !self.is_undone(record)
                && self.depth(record).is_multiple_of(2)
                && self.chain(record).map_or(
                    // One that is not whole is named, not passed over.
                    true,
                    |chain| chain.iter().any(|part| part.may_have_written()),
                )
        })
    }

    /// Whether a later run put it back, whole, and was not itself put back.
    pub fn is_undone(&self, record: &Record) -> bool {
        let mut later = self.records.iter().filter(|later| later.run > record.run);
        later.any(|later| {
            let undoes = later.undoes.as_ref() == Some(&record.run);
            let went_on = later.continues.as_ref() == Some(&record.run);
            undoes && self.was_put_back_whole(record, later) && !self.is_undone(later)
                || went_on && self.is_undone(later)
        }) || record.put_back
    }

    /// Whether an undoing left nothing of a run. What may have been written without showing counts only when it was put
    /// back itself, or so much later that it cannot arrive any more.
    fn was_put_back_whole(&self, record: &Record, undo: &Record) -> bool {
        let parts = self.chain(record).unwrap_or_else(|_| vec![record]);
        let uncertain: Vec<&Step> = parts
            .iter()
            .flat_map(|part| part.of(Verdict::Uncertain))
            .collect();
        let put_back = |step: &Step| undo.steps.iter().any(|other| other.target == step.target);
        let alone = |step: &Step| {
            let same = uncertain.iter().filter(|other| other.target == step.target);
            same.count() == 1
        };
        let abandoned = parts
            .iter()
            .flat_map(|part| &part.steps)
            .any(|step| step.abandoned);
        let is_certain = !abandoned && uncertain.iter().all(|step| put_back(step) && alone(step));
        undo.is_verified() && (is_certain || record.was_over_before(undo))
    }

    /// The run that went on with this one.
    pub fn went_on(&self, record: &Record) -> Option<&Record> {
        let mut later = self.records.iter();
        later.find(|later| later.continues.as_ref() == Some(&record.run))
    }

    /// How many times over it is the undoing of an undoing.
    fn depth(&self, record: &Record) -> usize {
        let undone = record.undoes.as_deref().and_then(|run| self.find(run));
        let earlier = undone.filter(|undone| undone.run < record.run);
        earlier.map_or(usize::from(record.undoes.is_some()), |undone| {
            self.depth(undone) + 1
        })
    }

    /// What has to be put back of a run, with those that it goes on with.
    ///
    /// # Errors
    /// With the ID of one of them whose record cannot be used.
    pub fn reversal(&self, record: &Record) -> Result<Reversal, String> {
        let chain = self.chain(record)?;
        Reversal::of(&chain).ok_or_else(|| record.run.clone())
    }
}
