//! One change: re-read, compare with the plan, write, re-read until it shows.

use std::sync::Arc;
use std::time::Duration;

use super::{Event, Outcome, Run};
use crate::account::{Account, AttemptSink, CallError, Retry};
use crate::model::Tier;
use crate::plan::{Change, Target};
use crate::policy::{Document, meaning};

/// Waits before each further reading of a write that does not show yet: IAM is eventually consistent.
const PROPAGATION: [Duration; 6] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];
/// Waits before a write is tried again. The SDK does not retry writes here, because what is there has to be read and
/// compared again before each attempt.
const AGAIN: [Duration; 4] = [
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
    step.carry_out().await
}

struct Step<'a> {
    /// The run's connection, with this change told of retries.
    account: Account,
    run: &'a Run,
    target: &'a Target,
    change: &'a Change,
}

impl Step<'_> {
    async fn carry_out(&self) -> Outcome {
        let mut waits = AGAIN.into_iter();
        let mut attempt = 1;
        // The error of an earlier attempt that may have taken effect.
        let mut unclear: Option<CallError> = None;
        loop {
            if let Some(outcome) = self.settled(unclear.as_ref()).await {
                return outcome;
            }
            self.log_former();
            let error = match self.write().await {
                Ok(()) => return self.read_back(None).await,
                Err(error) => error,
            };
            if error.may_have_taken_effect() {
                unclear = Some(error.clone());
            }
            let wait = waits.next().filter(|_| error.is_passing());
            if let Some(wait) = wait {
                self.pause(wait).await;
            }
            let (Some(wait), false) = (wait, self.run.cancel.is_cancelled()) else {
                return match unclear {
                    Some(unclear) => self.read_back(Some(unclear)).await,
                    None => Outcome::Failed(error),
                };
            };
            attempt += 1;
            let retry = Retry {
                attempt,
                reason: error.in_short(),
                waited: wait,
            };
            self.run.tell(Event::Retry(self.target.clone(), retry));
        }
    }

    /// Reads what is there and compares it with the plan. An outcome means that nothing is to be written, or not any
    /// more; none, that what is there is still what the plan saw.
    async fn settled(&self, unclear: Option<&CallError>) -> Option<Outcome> {
        match (self.read().await, unclear) {
            (Err(error), None) => Some(Outcome::Failed(error)),
            (Err(_), Some(earlier)) => Some(Outcome::Unknown(earlier.clone())),
            (Ok(found), None) if self.is_planned(found.as_deref()) => Some(Outcome::AlreadyThere),
            (Ok(found), Some(_)) if self.is_planned(found.as_deref()) => Some(Outcome::Done),
            (Ok(found), _) if found == self.change.before => None,
            (Ok(found), None) => Some(Outcome::Stale { found }),
            (Ok(found), Some(_)) => Some(Outcome::Overwritten { found }),
        }
    }

    /// Whatever becomes of the run, the log has what was there, on one line and ready to be pasted. Line breaks of a
    /// JSON document stand between its parts only.
    fn log_former(&self) {
        let former = self
            .change
            .before
            .as_deref()
            .unwrap_or("none")
            .replace(['\n', '\r'], " ");
        let put_back = self.target.put_back(self.change);
        tracing::info!(target = %self.target, %put_back, %former, "about to write");
    }

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

    async fn write(&self) -> Result<(), CallError> {
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

    /// Reads until what was written shows. `unclear` is the error of a write of which it is not known whether it took
    /// effect: then only what is read counts.
    async fn read_back(&self, unclear: Option<CallError>) -> Outcome {
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
                    return match (found, unclear) {
                        (Ok(found), _) if found != self.change.before => {
                            Outcome::Overwritten { found }
                        }
                        (Ok(_), None) => Outcome::NotSeenYet,
                        (_, Some(error)) | (Err(error), None) => Outcome::Unknown(error),
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
