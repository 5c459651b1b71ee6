//! The order of the changes of a run: which wait for each other, and which go on side by side.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::FutureExt;
use futures::stream::{self, StreamExt};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::step::OneChange;
use super::{Job, Outcome, RunEvent};
use crate::account::{Account, AttemptSink};
use crate::journal::Journal;
use crate::plan::{Change, Target};
use crate::survey::REGIONS_AT_ONCE;

/// Roles that are changed side by side, each with one call at once.
const ROLES_AT_ONCE: usize = 3;

/// What all changes of a run share.
pub(super) struct Run<'a> {
    pub account: &'a Account,
    pub job: &'a Job,
    pub journal: &'a Journal,
    pub cancel: &'a CancellationToken,
    pub events: &'a UnboundedSender<RunEvent>,
}

impl Run<'_> {
    pub(super) fn tell(&self, event: RunEvent) {
        // Nobody listening is no reason to stop half-way.
        let _ = self.events.send(event);
    }

    /// The connection, with a change told of retries.
    pub(super) fn account_for(&self, target: &Target) -> Account {
        let (target, events) = (target.clone(), self.events.clone());
        self.account.observed_by(AttemptSink::new(move |retry| {
            let _ = events.send(RunEvent::Retry(target.clone(), retry));
        }))
    }

    /// Makes all changes: those of one role one after another, different roles and all regions side by side.
    pub(super) async fn changes(&self) -> Vec<(Target, Outcome)> {
        let mut roles: BTreeMap<&str, Vec<(&Target, &Change)>> = BTreeMap::new();
        let mut regions = Vec::new();
        for (item, change) in self.job.plan.changes() {
            let change = (&item.target, change);
            match item.target.role() {
                _ if !self.job.includes(&item.target) => {}
                Some(role) => roles.entry(role).or_default().push(change),
                None => regions.push(vec![change]),
            }
        }
        let side_by_side = |groups: Vec<Vec<_>>, at_once| {
            let groups: Vec<_> = groups
                .into_iter()
                .map(|changes| self.one_after_another(changes).boxed())
                .collect();
            stream::iter(groups)
                .buffer_unordered(at_once)
                .collect::<Vec<_>>()
        };
        let regions = side_by_side(regions, REGIONS_AT_ONCE);
        let roles = side_by_side(roles.into_values().collect(), ROLES_AT_ONCE);
        let (regions, roles) = futures::join!(regions, roles);
        let mut outcomes: Vec<_> = regions.into_iter().chain(roles).flatten().collect();
        let items = &self.job.plan.items;
        // In the order of the plan, whatever ended first.
        outcomes.sort_by_key(|(target, _)| items.iter().position(|item| item.target == *target));
        outcomes
    }

    async fn one_after_another(&self, changes: Vec<(&Target, &Change)>) -> Vec<(Target, Outcome)> {
        let mut outcomes: Vec<(Target, Outcome)> = Vec::new();
        for (target, change) in changes {
            // Nothing is written to a role that was not made, and a role is not deleted that something was left on.
            let is_whole_role = |target: &Target| matches!(target, Target::Role { .. });
            let before = outcomes.iter().find(|(before, outcome)| {
                !outcome.is_done() && (is_whole_role(before) || is_whole_role(target))
            });
            let outcome = match before {
                Some((before, _)) if !self.cancel.is_cancelled() => {
                    let outcome = Outcome::NotBegun(before.clone());
                    self.end(target, &outcome, Duration::ZERO);
                    outcome
                }
                _ => self.change(target, change).await,
            };
            outcomes.push((target.clone(), outcome));
        }
        outcomes
    }

    /// Makes one change, unless the run was stopped, and records how it ended.
    async fn change(&self, target: &Target, change: &Change) -> Outcome {
        let start = Instant::now();
        let outcome = if self.cancel.is_cancelled() {
            Outcome::Skipped
        } else {
            self.tell(RunEvent::Started(target.clone()));
            let end = OneChange::new(self, target, change).carry_out().await;
            if !matches!(end.outcome, Outcome::Skipped) {
                let recorded = self.journal.after(
                    target,
                    end.outcome.kind(),
                    end.outcome.explanation(target),
                    end.found.as_ref(),
                    end.abandoned,
                );
                // What was there is recorded already; that this is lost is said when the record is closed.
                let _ = recorded.await;
            }
            end.outcome
        };
        self.end(target, &outcome, start.elapsed());
        outcome
    }

    fn end(&self, target: &Target, outcome: &Outcome, took: Duration) {
        tracing::info!(%target, outcome = ?outcome.kind(), "change ended");
        self.tell(RunEvent::Ended(target.clone(), outcome.clone(), took));
    }
}
