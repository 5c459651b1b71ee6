//! Carries a confirmed plan out: re-read, compare, write, re-read, for each change; one failure never stops the
//! others. What happens is told as events; nothing is called done that was not read back.

mod run;
mod step;

use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::account::{Account, CallError, Retry};
use crate::journal::{Journal, JournalError, NewRun, OutcomeKind, Records, Reversal};
use crate::plan::readiness::Readiness;
use crate::plan::{Change, Content, Item, Plan, State, Target};
use crate::survey::{self, AnotherAccount};
use crate::verify::live::Live;
use crate::verify::proof::{self, Proof};
use run::Run;

/// What happened.
#[derive(Clone, Debug)]
pub enum RunEvent {
    Started(Target),
    /// A call is made again.
    Retry(Target, Retry),
    /// The write was accepted; the account does not show it yet.
    Waiting(Target),
    Ended(Target, Outcome, Duration),
    /// Everything is being read once more.
    Verifying,
    Finished(Box<Report>),
}

/// How one change ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Written and read back.
    Done,
    /// Somebody did it in the meantime; nothing was written.
    AlreadyThere,
    /// Accepted by AWS, but not read back within the time that was waited.
    NotSeenYet,
    /// What is there is no longer what the plan saw; nothing was written.
    Stale { found: Content },
    /// It was written, or may have been, and then somebody else wrote something different.
    Overwritten { found: Content },
    /// AWS refused it; nothing was written.
    Failed(CallError),
    /// The call failed in a way in which it may have taken effect, and it does not show in the account.
    Unknown(CallError),
    /// It was written, or may have been, and then could not be read; the error is the reading's.
    Unread(CallError),
    /// Not begun, because the run was stopped.
    Skipped,
    /// Not begun, because another change of the same role comes first, and is not done.
    NotBegun(Target),
    /// What is there could not be recorded, so nothing was written. The text says why.
    NotRecorded(String),
}

impl Outcome {
    /// Returns whether the account is as the plan wants it.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done | Self::AlreadyThere)
    }

    /// The texts that were expected there and that were found, where somebody else had a hand in it.
    pub fn differing<'a>(
        &'a self,
        change: &'a Change,
    ) -> Option<(Option<&'a str>, Option<&'a str>)> {
        match self {
            Self::Stale { found } => Some((change.before_text(), found.text())),
            Self::Overwritten { found } => Some((change.after_text(), found.text())),
            _ => None,
        }
    }

    /// Returns whether this run wrote it, or may have.
    pub fn may_have_written(&self) -> bool {
        match self {
            Self::Done
            | Self::NotSeenYet
            | Self::Overwritten { .. }
            | Self::Unknown(_)
            | Self::Unread(_) => true,
            Self::AlreadyThere
            | Self::Stale { .. }
            | Self::Failed(_)
            | Self::Skipped
            | Self::NotBegun(_)
            | Self::NotRecorded(_) => false,
        }
    }

    /// The word for it in the record and in the JSON output.
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Done => OutcomeKind::Done,
            Self::AlreadyThere => OutcomeKind::AlreadyThere,
            Self::NotSeenYet => OutcomeKind::NotSeenYet,
            Self::Stale { .. } => OutcomeKind::Stale,
            Self::Overwritten { .. } => OutcomeKind::Overwritten,
            Self::Failed(_) => OutcomeKind::Failed,
            Self::Unknown(_) | Self::Unread(_) => OutcomeKind::Unknown,
            Self::Skipped | Self::NotBegun(_) => OutcomeKind::Skipped,
            Self::NotRecorded(_) => OutcomeKind::NotRecorded,
        }
    }
}

/// The end of a run.
#[derive(Clone, Debug)]
pub struct Report {
    pub outcomes: Vec<(Target, Outcome)>,
    /// The plan computed anew from a fresh reading of everything; none when that reading did not happen.
    pub verification: Option<Plan>,
    /// Who can connect by that reading; none where something was put back.
    pub readiness: Option<Readiness>,
    /// What the confirmed plan said could not be done; that it still cannot is no surprise.
    pub blocked: Vec<Target>,
    /// Why nothing was begun at all.
    pub refused: Option<String>,
    /// The run's ID; none when nothing was begun.
    pub run: Option<String>,
    /// The record could not be written to its end, and why.
    pub record_lost: Option<String>,
    pub took: Duration,
}

impl Report {
    /// Returns what the sheet for those who connect is made from: the last reading, where it shows anybody who can.
    pub fn for_users(&self) -> Option<(&Plan, &Readiness)> {
        let readiness = self.readiness.as_ref()?;
        let somebody_can = readiness.somebody_can();
        let plan = self.verification.as_ref().filter(|_| somebody_can)?;
        Some((plan, readiness))
    }

    /// Takes in what the policy simulator says of what was read last.
    pub fn prove(&mut self, proof: &Proof) {
        if let Some(now) = &self.verification {
            self.readiness = proof::readiness(now, proof);
        }
    }

    /// Takes in what a real activation showed.
    pub fn try_live(&mut self, live: &Live) {
        if let Some(readiness) = &mut self.readiness {
            live.take_back(readiness);
        }
    }

    /// Returns whether every item of the plan was read back as it should be, but for what was known to be blocked.
    pub fn is_verified(&self) -> bool {
        self.verification.is_some() && self.unverified().is_empty()
    }

    /// Returns whether all that was wanted is in place, and was read back.
    pub fn is_complete(&self) -> bool {
        self.refused.is_none() && self.blocked.is_empty() && self.is_verified()
    }

    /// The items that the last reading did not show as they should be.
    pub fn unverified(&self) -> Vec<&Item> {
        let items = self.verification.iter().flat_map(|plan| &plan.items);
        items
            .filter(|item| {
                !matches!(item.state, State::InPlace(_)) && !self.blocked.contains(&item.target)
            })
            .collect()
    }

    /// Returns whether AWS accepted every change, whatever was read back.
    pub fn is_all_accepted(&self) -> bool {
        self.outcomes
            .iter()
            .all(|(_, outcome)| outcome.is_done() || matches!(outcome, Outcome::NotSeenYet))
    }

    /// Returns how many changes ended well.
    pub fn done(&self) -> usize {
        self.outcomes
            .iter()
            .filter(|(_, outcome)| outcome.is_done())
            .count()
    }

    /// Returns how many of them this run wrote itself.
    pub fn written(&self) -> usize {
        let written = |(_, outcome): &&(Target, Outcome)| matches!(outcome, Outcome::Done);
        self.outcomes.iter().filter(written).count()
    }

    /// The changes that did not.
    pub fn not_done(&self) -> Vec<&Target> {
        self.outcomes
            .iter()
            .filter(|(_, outcome)| !outcome.is_done())
            .map(|(target, _)| target)
            .collect()
    }

    /// Returns how many changes may or may not have been made.
    pub fn uncertain(&self) -> usize {
        let uncertain =
            |(_, outcome): &&(Target, Outcome)| !outcome.is_done() && outcome.may_have_written();
        self.outcomes.iter().filter(uncertain).count()
    }

    /// Returns whether anything in the account may be different from before.
    pub fn may_have_changed_something(&self) -> bool {
        self.outcomes
            .iter()
            .any(|(_, outcome)| outcome.may_have_written())
    }
}

/// Why nothing is begun.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    NotRecorded(#[from] JournalError),
    #[error(transparent)]
    AnotherAccount(#[from] AnotherAccount),
}

/// What is to be carried out.
#[derive(Clone, Debug)]
pub struct Job {
    pub plan: Plan,
    /// Those of its changes that are meant; none for all.
    pub only: Option<Vec<Target>>,
    pub aim: Aim,
    /// The run that this one goes on with.
    pub continues: Option<String>,
}

/// What the plan was made from, so that it can be made again from a fresh reading.
#[derive(Clone, Debug)]
pub enum Aim {
    SetUp,
    PutBack(Reversal),
}

impl Aim {
    /// The plan, made anew from what is there now.
    pub async fn plan(&self, account: &Account, plan: &Plan) -> Plan {
        match self {
            Self::SetUp => {
                let survey = survey::chosen(account, &plan.identity, &plan.choices).await;
                Plan::new(&survey, &plan.choices)
            }
            Self::PutBack(reversal) => {
                let now = survey::contents(account, reversal.targets()).await;
                reversal.plan(&plan.identity, &now)
            }
        }
    }
}

/// Carries a plan out. Cancelling finishes the changes that are under way and skips the rest.
pub async fn run(
    account: &Account,
    job: &Job,
    records: &Records,
    cancel: &CancellationToken,
    events: &UnboundedSender<RunEvent>,
) -> Report {
    let began = Instant::now();
    let plan = &job.plan;
    let mut report = Report {
        outcomes: Vec::new(),
        verification: None,
        readiness: None,
        blocked: plan
            .items
            .iter()
            .filter(|item| matches!(item.state, State::Blocked { .. }))
            .map(|item| item.target.clone())
            .collect(),
        refused: None,
        run: None,
        record_lost: None,
        took: Duration::ZERO,
    };
    let mut journal = None;
    if plan.changes().any(|(item, _)| job.includes(&item.target)) {
        match carried_out(account, job, records, cancel, events).await {
            Ok((opened, outcomes)) => (journal, report.outcomes) = (Some(opened), outcomes),
            Err(why) => report.refused = Some(why.to_string()),
        }
    } else {
        let same = survey::same_account(account, &plan.identity).await;
        report.refused = same.err().map(|why| why.to_string());
    }
    report.run = journal.as_ref().map(|journal| journal.run().to_owned());
    if report.refused.is_none() && !cancel.is_cancelled() {
        let _ = events.send(RunEvent::Verifying);
        report.verification = Some(job.aim.plan(account, plan).await);
    }
    report.prove(&Proof::default());
    if let Some(journal) = &journal {
        let ended = journal
            .end(report.is_complete(), cancel.is_cancelled())
            .await;
        report.record_lost = ended.err().map(|error| error.to_string());
    }
    if journal.is_none() && report.is_complete() {
        mark_resolved(job, records).await;
    }
    report.took = began.elapsed();
    let _ = events.send(RunEvent::Finished(Box::new(report.clone())));
    report
}

/// All that a run that was cut off had wanted is in place: it is not spoken of again.
pub async fn mark_resolved(job: &Job, records: &Records) {
    if let Some(run) = &job.continues {
        records.mark_resolved(run, false).await;
    }
}

/// Makes the changes, or says why none is begun.
async fn carried_out(
    account: &Account,
    job: &Job,
    records: &Records,
    cancel: &CancellationToken,
    events: &UnboundedSender<RunEvent>,
) -> Result<(Journal, Vec<(Target, Outcome)>), Refusal> {
    // Before anything is read: what another run still writes must not be taken for what was there.
    let claim = records.claim(&job.plan.identity.account).await?;
    survey::same_account(account, &job.plan.identity).await?;
    let plan = job.selected_plan();
    let new = NewRun {
        plan: &plan,
        continues: job.continues.clone(),
    };
    let journal = claim.begin(new).await?;
    let run = Run {
        account,
        job,
        journal: &journal,
        cancel,
        events,
    };
    let outcomes = run.changes().await;
    Ok((journal, outcomes))
}

impl Job {
    /// The plan without the changes that are not meant.
    fn selected_plan(&self) -> Plan {
        let mut plan = self.plan.clone();
        plan.items
            .retain(|item| item.change().is_none() || self.includes(&item.target));
        plan
    }

    /// Returns whether a change of the plan is to be made.
    pub fn includes(&self, target: &Target) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(target))
    }
}
