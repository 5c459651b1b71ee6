//! One change: re-read, compare with the plan, write, re-read until it shows.

use std::sync::Arc;
use std::time::Duration;

use super::{Event, Outcome, Run};
use crate::account::{Account, AttemptSink, CallError, Retry};
use crate::model::Tier;
use crate::plan::{Change, Target};
use crate::policy::{Document, meaning};

/// Waits before each further re-reading of a write that does not show yet: IAM is eventually consistent.
const PROPAGATION: [Duration; 6] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];
/// Waits before writing again where AWS is busy with the same thing; the SDK does not retry that by itself.
const BUSY: [Duration; 4] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// Carries out one change. Cancelling cuts waits short, never a call.
pub(super) async fn carry_out(run: &Arc<Run>, target: &Target, change: &Change) -> Outcome {
    let sink = {
        let (target, run) = (target.clone(), Arc::clone(run));
        AttemptSink::new(move |retry| run.tell(Event::Retry(target.clone(), retry)))
    };
    let step = Step {
        account: run.account.observed_by(sink),
        run,
        target,
        change,
    };
    match step.read().await {
        Err(error) => return Outcome::Failed(error),
        Ok(found) if step.is_planned(found.as_deref()) => return Outcome::AlreadyThere,
        Ok(found) if found != change.before => return Outcome::Stale { found },
        Ok(_) => {}
    }
    // Whatever becomes of the run, the log has what was there.
    tracing::info!(%target, former = ?change.before, was_default = change.was_default, "about to write");
    match step.write().await {
        Ok(()) => step.read_back(None).await,
        // Refused before anything happened.
        Err(error) if !error.may_have_taken_effect() => Outcome::Failed(error),
        Err(error) => step.read_back(Some(error)).await,
    }
}

struct Step<'a> {
    /// The run's connection, with this change told of retries.
    account: Account,
    run: &'a Run,
    target: &'a Target,
    change: &'a Change,
}

impl Step<'_> {
    /// What is there now: a document or a tier's value; none where there is no such policy.
    async fn read(&self) -> Result<Option<String>, CallError> {
        match self.target {
            Target::Trust { role } => self.account.trust(role).await.map(Some),
            Target::Policy { role, policy } => self.account.inline_policy(role, policy).await,
            Target::Tier { region } => {
                let (tier, _) = self.account.tier(region).await?;
                Ok(Some(tier.value().to_owned()))
            }
        }
    }

    /// Writes, and writes again while AWS says that it is busy.
    async fn write(&self) -> Result<(), CallError> {
        let mut waits = BUSY.into_iter();
        let mut attempt = 1;
        loop {
            let error = match self.write_once().await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            match waits.next() {
                Some(wait) if error.is_busy() && !self.run.cancel.is_cancelled() => {
                    self.pause(wait).await;
                    attempt += 1;
                    self.run.tell(Event::Retry(
                        self.target.clone(),
                        Retry {
                            attempt,
                            reason: error.code.unwrap_or_default(),
                            waited: wait,
                        },
                    ));
                }
                _ => return Err(error),
            }
        }
    }

    async fn write_once(&self) -> Result<(), CallError> {
        let document = &self.change.after;
        match self.target {
            Target::Trust { role } => self.account.write_trust(role, document).await,
            Target::Policy { role, policy } => {
                self.account
                    .write_inline_policy(role, policy, document)
                    .await
            }
            Target::Tier { region } => {
                let identity = &self.run.plan.identity;
                let tier = Tier::from_value(document);
                self.account
                    .write_tier(region, &tier, &identity.account, &identity.partition)
                    .await
            }
        }
    }

    /// Reads until what was written shows. `lost` is the error of a write of which it is not known whether it took
    /// effect: then only what is read counts.
    async fn read_back(&self, lost: Option<CallError>) -> Outcome {
        let mut waits = PROPAGATION.into_iter();
        let mut told = false;
        loop {
            let found = self.read().await;
            if found
                .as_ref()
                .is_ok_and(|found| self.is_planned(found.as_deref()))
            {
                return Outcome::Done;
            }
            match waits.next() {
                Some(wait) if !self.run.cancel.is_cancelled() => {
                    if !told {
                        self.run.tell(Event::Waiting(self.target.clone()));
                        told = true;
                    }
                    self.pause(wait).await;
                }
                _ => {
                    return match (found, lost) {
                        // Somebody else wrote in the very same moment.
                        (Ok(found), _) if found != self.change.before => Outcome::Stale { found },
                        (Ok(_), Some(error)) => Outcome::Failed(error),
                        (Ok(_), None) => Outcome::NotSeenYet,
                        (Err(_), Some(error)) | (Err(error), None) => Outcome::Unknown(error),
                    };
                }
            }
        }
    }

    /// Whether what was found means what the plan wants there.
    fn is_planned(&self, found: Option<&str>) -> bool {
        let Some(found) = found else {
            return false;
        };
        if matches!(self.target, Target::Tier { .. }) {
            return found == self.change.after;
        }
        match (
            Document::parse(found),
            Document::parse(self.change.after.as_str()),
        ) {
            (Ok(found), Ok(wanted)) => meaning::same(&found, &wanted),
            _ => false,
        }
    }

    async fn pause(&self, wait: Duration) {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.run.cancel.cancelled() => {}
        }
    }
}
