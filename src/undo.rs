//! From a run to the plan that puts it back: finds the run, reads what is there now, compares.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::account::Account;
use crate::journal::{Record, Records, Reversal, RunState, Runs};
use crate::model::Identity;
use crate::plan::{Content, Plan, State, Target};
use crate::survey;

/// Seconds after which what was written shows everywhere, as far as waiting for it is worth while.
const PROPAGATION: i64 = 60;
/// Waits before what may have been written is looked for again.
const LATE: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// A plan that puts a run back, and what it was made from.
#[derive(Clone, Debug)]
pub struct Undo {
    pub plan: Plan,
    pub reversal: Reversal,
    /// An earlier undoing of the same run that was cut off.
    pub continues: Option<String>,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    #[error("The records cannot be read: {0}.")]
    Records(#[from] std::io::Error),
    #[error("There is no run to put back in the account {0}. \"runs\" lists what is recorded.")]
    Nothing(String),
    #[error("There is no run {0}. \"runs\" lists what is recorded.")]
    NoSuchRun(String),
    #[error("The record of the run {run} cannot be used: {why}.")]
    Damaged { run: String, why: String },
    #[error(
        "The run {run} was in the account {account}, and you are signed in to {here}. Use a profile of that account."
    )]
    OtherAccount {
        run: String,
        account: String,
        here: String,
    },
    #[error("The run {0} is still going on. Wait until it has ended.")]
    Running(String),
}

/// The run that is meant: the named one, or the newest that can be put back.
///
/// # Errors
/// When there is none, or its record cannot be used.
pub fn find<'a>(
    runs: &'a Runs,
    identity: &Identity,
    run: Option<&str>,
) -> Result<&'a Record, UndoError> {
    let damaged = |found: Option<&(String, crate::journal::RecordError)>| {
        found.map(|(run, why)| UndoError::Damaged {
            run: run.clone(),
            why: why.to_string(),
        })
    };
    let record = if let Some(run) = run {
        let found = runs.damaged.iter().find(|(id, _)| id == run);
        let missing = || damaged(found).unwrap_or_else(|| UndoError::NoSuchRun(run.to_owned()));
        runs.find(run).ok_or_else(missing)?
    } else {
        let account = &identity.account;
        let found = runs.to_undo(account);
        // A newer one that cannot be read may be the one that is meant.
        let newer = |(id, _): &&(String, _)| found.is_none_or(|record| *id > record.run);
        if let Some(error) = damaged(runs.damaged.iter().find(newer)) {
            return Err(error);
        }
        found.ok_or_else(|| UndoError::Nothing(account.clone()))?
    };
    if record.account != identity.account || record.partition != identity.partition.as_str() {
        return Err(UndoError::OtherAccount {
            run: record.run.clone(),
            account: record.account.clone(),
            here: identity.account.clone(),
        });
    }
    if record.state == RunState::Running {
        return Err(UndoError::Running(record.run.clone()));
    }
    Ok(record)
}

/// Makes the plan that puts a run back, from its record and from what is there now. Writes nothing in the account.
///
/// # Errors
/// When there is no such run, or its record cannot be used.
pub async fn prepare(
    account: &Account,
    identity: &Identity,
    records: &Records,
    run: Option<&str>,
) -> Result<Undo, UndoError> {
    let runs = records.all()?;
    let record = find(&runs, identity, run)?;
    let reversal = runs.reversal(record).map_err(|part| UndoError::Damaged {
        run: part,
        why: format!(
            "the run {} goes on with it, and both are put back together",
            record.run
        ),
    })?;
    let mut now = survey::contents(account, reversal.targets()).await;
    if record.is_younger_than(PROPAGATION) {
        wait_for_late_writes(account, &reversal, &mut now).await;
    }
    let plan = reversal.plan(identity, &now);
    let cut_off = runs.cut_off(&identity.account);
    let earlier = runs.unfinished_undo(record);
    let undo = Undo {
        plan,
        reversal,
        continues: earlier.map(|earlier| earlier.run.clone()),
    };
    let may_still_arrive = undo.reversal.is_uncertain() && record.may_still_arrive();
    if undo.leaves_nothing_to_do() && !may_still_arrive {
        // It is not spoken of again.
        let put_back = undo.plan.is_in_place();
        let was_cut_off = |run: &str| cut_off.iter().any(|record| record.run == run);
        if put_back || was_cut_off(&record.run) {
            records.settle(&record.run, put_back).await;
        }
        if let Some(earlier) = undo.continues.as_ref().filter(|run| was_cut_off(run)) {
            records.settle(earlier, false).await;
        }
    }
    Ok(undo)
}

/// A run that was killed a moment ago may have written what IAM does not show yet.
async fn wait_for_late_writes(
    account: &Account,
    reversal: &Reversal,
    now: &mut BTreeMap<Target, Result<Content, String>>,
) {
    for wait in LATE {
        let late = reversal.may_still_arrive(now);
        if late.is_empty() {
            return;
        }
        tokio::time::sleep(wait).await;
        now.extend(survey::contents(account, late).await);
    }
}

impl Undo {
    /// Whether it was all read, and there is nothing that could be put back.
    fn leaves_nothing_to_do(&self) -> bool {
        self.plan.items.iter().all(|item| match item.state {
            State::InPlace(_) => true,
            State::Blocked { unread, .. } => !unread,
            State::Change(_) => false,
        })
    }
}
