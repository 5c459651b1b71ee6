//! From a run to the plan that puts it back: finds the run, reads what is there now, compares.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt;

use crate::account::Account;
use crate::journal::{Record, RecordError, Records, Reversal, RunState, Runs};
use crate::model::{Identity, NodeReading};
use crate::plan::{Content, Plan, State, Target};
use crate::survey;

/// Seconds after which what was written shows everywhere, as far as waiting for it is worth while.
const PROPAGATION: i64 = 60;
/// Waits before what may have been written is looked for again.
const LATE_WRITE_WAITS: [Duration; 3] = [
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
    /// Newer runs of which nothing can be put back now.
    pub passed_over: Vec<String>,
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

/// The runs that may be meant: the named one, or those that can be put back, the newest first.
///
/// # Errors
/// When there is none, or a record cannot be used.
fn candidates<'a>(
    runs: &'a Runs,
    identity: &'a Identity,
    run: Option<&str>,
) -> Result<Vec<&'a Record>, UndoError> {
    let damaged = |found: Option<&(String, RecordError)>| {
        found.map(|(run, why)| UndoError::Damaged {
            run: run.clone(),
            why: why.to_string(),
        })
    };
    if let Some(run) = run {
        let found = runs.damaged.iter().find(|(id, _)| id == run);
        let missing = || damaged(found).unwrap_or_else(|| UndoError::NoSuchRun(run.to_owned()));
        return runs
            .find(run)
            .map(|record| vec![record])
            .ok_or_else(missing);
    }
    let found: Vec<&Record> = runs.to_undo(&identity.account).collect();
    // A newer one that cannot be read may be the one that is meant.
    let newest = found.first();
    let newer = |(id, _): &&(String, _)| newest.is_none_or(|record| *id > record.run);
    match damaged(runs.damaged.iter().find(newer)) {
        Some(error) => Err(error),
        None if found.is_empty() => Err(UndoError::Nothing(identity.account.clone())),
        None => Ok(found),
    }
}

/// Makes the plan that puts a run back, from its record and from what is there now. Writes nothing in the account. Without
/// a name, runs of which nothing can be put back now are passed over, as long as there is another.
///
/// # Errors
/// When there is no such run, or its record cannot be used.
pub async fn prepare(
    account: &Account,
    identity: &Identity,
    records: &Records,
    run: Option<&str>,
) -> Result<Undo, UndoError> {
    let runs = records.read().await?;
    let mut first: Option<Undo> = None;
    let mut passed_over = Vec::new();
    // Many runs may have written in the same places; each is read once.
    let mut now = BTreeMap::new();
    for record in candidates(&runs, identity, run)? {
        let mut undo = of_run(account, identity, records, &runs, record, &mut now).await?;
        if undo.plan.totals().changes > 0 {
            undo.passed_over = passed_over;
            return Ok(undo);
        }
        passed_over.push(record.run.clone());
        first.get_or_insert(undo);
    }
    first.ok_or_else(|| UndoError::Nothing(identity.account.clone()))
}

async fn of_run(
    account: &Account,
    identity: &Identity,
    records: &Records,
    runs: &Runs,
    record: &Record,
    now: &mut BTreeMap<Target, Result<Content, String>>,
) -> Result<Undo, UndoError> {
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
    let reversal = runs.reversal(record).map_err(|part| UndoError::Damaged {
        run: part,
        why: format!(
            "the run {} goes on with it, and both are put back together",
            record.run
        ),
    })?;
    let mut unread = reversal.targets();
    unread.retain(|target| !now.contains_key(target));
    now.extend(survey::contents(account, unread).await);
    if record.is_younger_than(PROPAGATION) {
        wait_for_late_writes(account, &reversal, now).await;
    }
    let mut undo = Undo {
        plan: reversal.plan(identity, now),
        reversal,
        continues: runs
            .unfinished_undo(record)
            .map(|earlier| earlier.run.clone()),
        passed_over: Vec::new(),
    };
    undo.plan.nodes = nodes(account, &undo.plan).await;
    let may_still_arrive = undo.reversal.is_uncertain() && record.may_still_arrive();
    if undo.leaves_nothing_to_do() && !may_still_arrive {
        mark_resolved(records, runs, record, &undo).await;
    }
    Ok(undo)
}

/// Returns how many hybrid nodes the regions have whose tier goes back.
async fn nodes(account: &Account, plan: &Plan) -> BTreeMap<String, NodeReading> {
    let regions = plan.regions_to_change().map(str::to_owned);
    survey::node_counts(account, regions.collect())
        .collect()
        .await
}

/// Nothing of a run is left to put back: it is not spoken of again.
async fn mark_resolved(records: &Records, runs: &Runs, record: &Record, undo: &Undo) {
    let cut_off = runs.cut_off(&record.account);
    let put_back = undo.plan.is_in_place();
    let was_cut_off = |run: &str| cut_off.iter().any(|record| record.run == run);
    if put_back || was_cut_off(&record.run) {
        records.mark_resolved(&record.run, put_back).await;
    }
    if let Some(earlier) = undo.continues.as_ref().filter(|run| was_cut_off(run)) {
        records.mark_resolved(earlier, false).await;
    }
}

/// A run that was killed a moment ago may have written what IAM does not show yet.
async fn wait_for_late_writes(
    account: &Account,
    reversal: &Reversal,
    now: &mut BTreeMap<Target, Result<Content, String>>,
) {
    for wait in LATE_WRITE_WAITS {
        let late = reversal.may_still_arrive(now);
        if late.is_empty() {
            return;
        }
        tokio::time::sleep(wait).await;
        now.extend(survey::contents(account, late).await);
    }
}

impl Undo {
    /// Returns whether it was all read, and there is nothing that could be put back.
    fn leaves_nothing_to_do(&self) -> bool {
        self.plan.items.iter().all(|item| match item.state {
            State::InPlace(_) => true,
            State::Blocked { obstacle, .. } => !obstacle.is_unread(),
            State::Change(_) => false,
        })
    }
}
