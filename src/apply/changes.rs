//! The order of the changes: which wait for each other, and which go on side by side.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::{self, BoxFuture, Shared};
use futures::stream::{self, StreamExt};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::step::Step;
use super::{Event, Job, Outcome, words};
use crate::account::{Account, AttemptSink};
use crate::journal::Journal;
use crate::plan::{Change, Target};

/// Roles that are changed side by side, each with up to two calls at once.
const ROLES_AT_ONCE: usize = 3;
/// Regions that are changed side by side; every region has its own endpoint.
const REGIONS_AT_ONCE: usize = 40;
/// A reading that had to wait longer than this before it could be followed by a write is made again.
const FRESH: Duration = Duration::from_millis(500);

/// The run's record once it is open, or why nothing may be begun.
pub(super) type Opening = Shared<BoxFuture<'static, Result<Arc<Journal>, String>>>;

/// What all changes of a run share.
pub(super) struct Run {
    pub account: Account,
    pub job: Job,
    pub opening: Opening,
    pub cancel: CancellationToken,
    pub events: UnboundedSender<Event>,
}

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
        .map(|(target, change)| run.change(target, change, &turns));
    let outcomes = future::join_all(changes).await;
    outcomes.into_iter().flatten().collect()
}

impl Run {
    pub(super) fn tell(&self, event: Event) {
        // Nobody listening is no reason to stop half-way.
        let _ = self.events.send(event);
    }

    /// Makes one change when its turn has come; none when the run is refused.
    async fn change(
        &self,
        target: &Target,
        change: &Change,
        turns: &Mutex<()>,
    ) -> Option<(Target, Outcome)> {
        let turn = turns.lock().await;
        let start = Instant::now();
        let outcome = match self.carried_out(target, change, turn).await {
            Ok(outcome) => outcome,
            Err(NotBegun::Cancelled) => Outcome::Skipped,
            Err(NotBegun::Refused) => return None,
        };
        tracing::info!(%target, outcome = ?outcome.word(), "change ended");
        let took = start.elapsed();
        self.tell(Event::Ended(target.clone(), outcome.clone(), took));
        Some((target.clone(), outcome))
    }

    async fn carried_out(
        &self,
        target: &Target,
        change: &Change,
        turn: MutexGuard<'_, ()>,
    ) -> Result<Outcome, NotBegun> {
        let is_told = Arc::new(AtomicBool::new(false));
        let step = Step::new(self, self.account_for(target, &is_told), target, change);
        // The first reading does not wait for the record to be open; the first write does.
        let opening = async {
            let opened = self.opening.clone().await;
            let journal = opened.map_err(|_| NotBegun::Refused)?;
            if self.cancel.is_cancelled() {
                return Err(NotBegun::Cancelled);
            }
            self.tell(Event::Started(target.clone()));
            is_told.store(true, Ordering::SeqCst);
            Ok((journal, Instant::now()))
        };
        let reading = async { Ok((step.read().await, Instant::now())) };
        let ((journal, opened), (found, read)) = futures::try_join!(opening, reading)?;
        let found = if opened.saturating_duration_since(read) > FRESH {
            step.read().await
        } else {
            found
        };
        let end = step.carry_out(&journal, found, turn).await;
        let recorded = journal.after(
            target,
            end.outcome.word(),
            words::explanation(&end.outcome),
            end.found.as_ref(),
            end.abandoned,
        );
        // What was there is recorded already; that this is lost is said when the record is closed.
        let _ = recorded.await;
        Ok(end.outcome)
    }

    /// The connection, with this change told of retries from its start on.
    fn account_for(&self, target: &Target, is_told: &Arc<AtomicBool>) -> Account {
        let (target, events) = (target.clone(), self.events.clone());
        let is_told = Arc::clone(is_told);
        self.account.observed_by(AttemptSink::new(move |retry| {
            if is_told.load(Ordering::SeqCst) {
                let _ = events.send(Event::Retry(target.clone(), retry));
            }
        }))
    }
}
