//! All records together: which run goes on with which, which was cut off, which can be put back. Pure.

use std::collections::HashMap;

use super::record::{Record, RecordError, RecordedStep, RunState, StepState};
use super::reversal::Reversal;
use crate::account::RecentWrites;
use crate::model::Choices;

/// The run that a set-up with these choices goes on with: the newest of those that were cut off, the oldest of them first,
/// which wanted the same.
pub fn to_continue<'a>(
    cut_off: impl DoubleEndedIterator<Item = &'a Record>,
    choices: &Choices,
) -> Option<&'a Record> {
    cut_off.rev().find(|record| record.was_to_set_up(choices))
}

/// The records that there are.
#[derive(Debug, Default)]
pub struct Runs {
    /// The oldest first.
    pub records: Vec<Record>,
    /// Those that cannot be used, with the reason.
    pub damaged: Vec<(String, RecordError)>,
    /// By the ID of a run, which later runs undo it or go on with it, the oldest first.
    later: HashMap<String, Vec<usize>>,
    /// What is known of each record in the light of the others.
    known: HashMap<String, Known>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// Its place among the records.
    place: usize,
    /// How many times over it is the undoing of an undoing.
    depth: usize,
    /// A later run put it back, whole, and was not itself put back.
    undone: bool,
}

impl Runs {
    /// Of records with the oldest first.
    pub(super) fn new(records: Vec<Record>, damaged: Vec<(String, RecordError)>) -> Self {
        let mut runs = Self {
            records,
            damaged,
            ..Self::default()
        };
        for (place, record) in runs.records.iter().enumerate() {
            // What it undoes is an earlier one, so that it is known already.
            let undone = record.undoes.as_ref().map(|run| runs.known.get(run));
            let depth = undone.map_or(0, |earlier| earlier.map_or(1, |known| known.depth + 1));
            let known = Known {
                place,
                depth,
                undone: false,
            };
            runs.known.insert(record.run.clone(), known);
            for earlier in record.undoes.iter().chain(&record.continues) {
                runs.later.entry(earlier.clone()).or_default().push(place);
            }
        }
        // Whether a run is undone depends on later ones alone.
        for place in (0..runs.records.len()).rev() {
            if let Some(record) = runs.records.get(place) {
                let undone = runs.is_undone_by_later(record);
                if let Some(known) = runs.known.get_mut(&record.run) {
                    known.undone = undone;
                }
            }
        }
        runs
    }

    /// The later runs that undo a run, or go on with it.
    fn later<'a>(&'a self, record: &Record) -> impl Iterator<Item = &'a Record> + use<'a> {
        let here = self.known(record).place;
        let places = self.later.get(&record.run).into_iter().flatten();
        let later = places.filter(move |place| **place > here);
        later.filter_map(|place| self.records.get(*place))
    }

    fn known(&self, record: &Record) -> Known {
        self.known.get(&record.run).copied().unwrap_or_default()
    }

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
        self.records.get(self.known.get(run)?.place)
    }

    /// Notes what the runs of an account wrote less than a minute ago.
    pub fn note_recent_writes(&self, account: &str, recent: &RecentWrites) {
        // One run at a time goes on in an account, so this is the order of the writes.
        let records = self.records.iter();
        let of_account = records.filter(|record| record.account == account);
        let steps = of_account.flat_map(|record| {
            let steps = record.steps.iter();
            steps.map(|step| (step, record.run.as_str()))
        });
        for (step, run) in steps {
            let id = step.target.to_string();
            match step.accepted(run) {
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
                // Each is earlier than the one before, so this comes to an end.
                .filter(|earlier| chain.last().is_some_and(|known| known.run > earlier.run))
                .ok_or_else(|| id.to_owned())?;
            chain.push(earlier);
            next = earlier.continues.as_deref();
        }
        chain.reverse();
        Ok(chain)
    }

    /// The runs of an account that were cut off, and of which nobody has taken care since.
    pub fn cut_off(&self, account: &str) -> Vec<&Record> {
        let records = self.records.iter();
        let of_account = || records.clone().filter(|record| record.account == account);
        let newest = of_account().next_back().map(|record| &record.run);
        of_account()
            .filter(|record| {
                record.was_cut_off()
                    && !record.is_resolved
                    && !self.later(record).any(|later| later.account == account)
                    && (record.may_have_written() || newest == Some(&record.run))
            })
            .collect()
    }

    /// The runs that an undo without a name may mean, the newest first: those of the account that set something up and
    /// were not put back since.
    pub fn to_undo<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a Record> {
        self.records.iter().rev().filter(move |record| {
            record.account == account
                && self.went_on(record).is_none()
                && !self.is_undone(record)
                && self.known(record).depth.is_multiple_of(2)
                && self.chain(record).map_or(
                    // One that is not whole is named, not passed over.
                    true,
                    |chain| chain.iter().any(|part| part.may_have_written()),
                )
        })
    }

    /// Returns whether a later run put it back, whole, and was not itself put back.
    pub fn is_undone(&self, record: &Record) -> bool {
        self.known(record).undone
    }

    fn is_undone_by_later(&self, record: &Record) -> bool {
        self.later(record).any(|later| {
            let undoes = later.undoes.as_ref() == Some(&record.run);
            let went_on = later.continues.as_ref() == Some(&record.run);
            undoes && self.was_put_back_whole(record, later) && !self.is_undone(later)
                || went_on && self.is_undone(later)
        }) || record.put_back
    }

    /// Returns whether an undoing left nothing of a run. What may have been written without showing counts only when it
    /// was put back itself, or so much later that it cannot arrive any more.
    fn was_put_back_whole(&self, record: &Record, undo: &Record) -> bool {
        let parts = self.chain(record).unwrap_or_else(|_| vec![record]);
        let uncertain: Vec<&RecordedStep> = parts
            .iter()
            .flat_map(|part| part.of(StepState::Uncertain))
            .collect();
        let put_back =
            |step: &RecordedStep| undo.steps.iter().any(|other| other.target == step.target);
        let alone = |step: &RecordedStep| {
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
        self.later(record)
            .find(|later| later.continues.as_ref() == Some(&record.run))
    }

    /// Returns what has to be put back of a run, with those that it goes on with.
    ///
    /// # Errors
    /// With the ID of one of them whose record cannot be used.
    pub fn reversal(&self, record: &Record) -> Result<Reversal, String> {
        let chain = self.chain(record)?;
        Reversal::of(&chain).ok_or_else(|| record.run.clone())
    }
}
