//! The order of the changes: which wait for each other, and which go on side by side.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future;
use futures::stream::{self, StreamExt};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use super::running::{Held, Run};
use super::step::Step;
use super::{Event, Outcome, words};
use crate::plan::{Change, Target};
use crate::survey::REGIONS_AT_ONCE;

/// Roles that are changed side by side, each with one write at once, beside which the earlier ones are read back.
const ROLES_AT_ONCE: usize = 3;
/// A reading that had to wait longer than this before it could be followed by a write is made again.
const FRESH: Duration = Duration::from_millis(250);

/// Why a change was not begun.
enum NotBegun {
    /// The whole run was refused: nothing is told of single changes.
    Refused,
    Cancelled,
}

/// Makes all changes, different roles and all regions side by side. Empty when the run is refused.
pub(super) async fn changes(run: Arc<Run>) -> Vec<(Target, Outcome)> {
    let mut roles: BTreeMap<String, Vec<(Target, Change)>> = BTreeMap::new();
    let mut regions = Vec::new();
    for (item, change) in run.job.plan.changes() {
        let change = (item.target.clone(), change.clone());
        match item.target.role() {
            _ if !run.job.means(&item.target) => {}
            Some(role) => roles.entry(role.to_owned()).or_default().push(change),
            None => regions.push(vec![change]),
        }
    }
    let carry_out = |changes| group(Arc::clone(&run), changes);
    let regions = stream::iter(regions)
        .map(carry_out)
        .buffer_unordered(REGIONS_AT_ONCE)
        .collect::<Vec<_>>();
    let roles = stream::iter(roles.into_values())
        .map(carry_out)
        .buffer_unordered(ROLES_AT_ONCE)
        .collect::<Vec<_>>();
    let (regions, roles) = futures::join!(regions, roles);
    let mut outcomes: Vec<_> = regions.into_iter().chain(roles).flatten().collect();
    let items = &run.job.plan.items;
    // In the order of the plan, whatever ended first.
    outcomes.sort_by_key(|(target, _)| items.iter().position(|item| item.target == *target));
    outcomes
}

/// The changes of one role, or of one region. One is written after another; what was written is read back while the
/// next one begins.
async fn group(run: Arc<Run>, changes: Vec<(Target, Change)>) -> Vec<(Target, Outcome)> {
    let turns = Mutex::new(());
    let changes = changes
        .iter()
        .map(|(target, wanted)| change(&run, target, wanted, &turns));
    let outcomes = future::join_all(changes).await;
    outcomes.into_iter().flatten().collect()
}

/// Makes one change when its turn has come; none when the run is refused.
async fn change(
    run: &Run,
    target: &Target,
    wanted: &Change,
    turns: &Mutex<()>,
) -> Option<(Target, Outcome)> {
    let turn = turns.lock().await;
    let start = Instant::now();
    let outcome = match carried_out(run, target, wanted, turn).await {
        Ok(outcome) => outcome,
        Err(NotBegun::Cancelled) => Outcome::Skipped,
        Err(NotBegun::Refused) => return None,
    };
    tracing::info!(%target, outcome = ?outcome.word(), "change ended");
    let took = start.elapsed();
    run.tell(Event::Ended(target.clone(), outcome.clone(), took));
    Some((target.clone(), outcome))
}

async fn carried_out(
    run: &Run,
    target: &Target,
    change: &Change,
    turn: MutexGuard<'_, ()>,
) -> Result<Outcome, NotBegun> {
    let retries = Held::new(&run.events);
    let step = Step::new(run, run.account_for(target, &retries), target, change);
    // The first reading does not wait for the record to be open; the first write does.
    let opening = async {
        let opened = run.opening.clone().await;
        let journal = opened.map_err(|_| NotBegun::Refused)?;
        if run.cancel.is_cancelled() {
            return Err(NotBegun::Cancelled);
        }
        run.tell(Event::Started(target.clone()));
        retries.release();
        Ok((journal, Instant::now()))
    };
    let reading = async { Ok((step.read().await, Instant::now())) };
    let ((journal, opened), (found, read)) = futures::try_join!(opening, reading)?;
    let found = if opened.saturating_duration_since(read) > FRESH {
        step.read().await
    } else {
        found
    };
    // A reading may have waited for a minute.
    if run.cancel.is_cancelled() {
        return Err(NotBegun::Cancelled);
    }
    let end = step.carry_out(&journal, found, turn).await;
    let recorded = journal.after(
        target,
        end.outcome.word(),
        words::explanation(target, &end.outcome),
        end.found.as_ref(),
        end.abandoned,
    );
    // What was there is recorded already; that this is lost is said when the record is closed.
    let _ = recorded.await;
    Ok(end.outcome)
}
