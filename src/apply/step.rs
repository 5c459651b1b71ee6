//! One change, in a straight line: read, compare with the plan, record, write, read back.

use std::time::Duration;

use tokio::time::Instant;

use super::run::Run;
use super::{Outcome, RunEvent};
use crate::account::{Account, CallError, ErrorKind, PROPAGATION, Retry, RoleToMake};
use crate::backoff::growing_waits;
use crate::journal::JournalError;
use crate::model::{Identity, Tier};
use crate::plan::{Change, Content, Edit, RoleDocument, Target, TierValue};
use crate::policy::{Document, meaning};
use crate::survey;

/// How long is waited for a write to show that may not have taken effect, or that cannot be read.
const UNCERTAIN: Duration = Duration::from_secs(15);
/// Waits before a write is tried again. The SDK does not retry writes here, because what is there has to be read and
/// compared again before each attempt.
const WRITE_BACKOFF: [Duration; 4] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// What came of one change.
pub(super) struct StepResult {
    pub outcome: Outcome,
    /// What was read back, where it means what was planned but is not the same document.
    pub found: Option<Content>,
    /// An attempt got no answer and was given up for another one; it may still take effect.
    pub abandoned: bool,
}

pub(super) struct OneChange<'a> {
    /// The run's connection, with this change told of retries.
    account: Account,
    run: &'a Run<'a>,
    target: &'a Target,
    change: &'a Change,
    /// Whether what was there before is on the disk.
    is_recorded: bool,
    /// What was found in place of what was written.
    read_back: Option<Content>,
    /// Attempts that may have taken effect, or may still.
    unanswered: usize,
    /// Whether AWS accepted one.
    answered: bool,
}

impl<'a> OneChange<'a> {
    pub(super) fn new(run: &'a Run<'a>, target: &'a Target, change: &'a Change) -> Self {
        Self {
            account: run.account_for(target),
            run,
            target,
            change,
            is_recorded: false,
            read_back: None,
            unanswered: 0,
            answered: false,
        }
    }

    /// Carries the change out. Cancelling cuts waits short, never a call.
    pub(super) async fn carry_out(mut self) -> StepResult {
        let outcome = self.read_compare_record_write_and_read_back().await;
        let (recent, id) = (self.account.recent_writes(), self.target.to_string());
        let wanted = self.wanted();
        if matches!(outcome, Outcome::Done | Outcome::NotSeenYet) {
            let (former, written) = (self.change.before_text(), wanted.text());
            recent.note(&id, former, written, Duration::ZERO);
        } else if outcome.may_have_written() {
            recent.forget(&id);
        }
        // What shows is the work of one attempt; all others that got no answer are still on their way, for all we know.
        let abandoned = self.unanswered > usize::from(!self.answered);
        StepResult {
            outcome,
            // What others gave a new role meanwhile is not this run's.
            found: self.read_back.filter(|found| {
                !found.is_same(&wanted) && !matches!(self.target, Target::Role { .. })
            }),
            abandoned,
        }
    }

    /// After a failure that passes, everything begins again with the reading: what is there may be another's by then.
    async fn read_compare_record_write_and_read_back(&mut self) -> Outcome {
        let mut waits = WRITE_BACKOFF.into_iter();
        let mut waits_for_role = growing_waits();
        let began = Instant::now();
        let mut attempt = 1;
        // The error of the last attempt, and of one that may have taken effect.
        let (mut last, mut unclear): (Option<CallError>, Option<CallError>) = (None, None);
        loop {
            let found = self.read().await;
            if self.run.cancel.is_cancelled() {
                return match (unclear, last) {
                    (Some(unclear), _) => self.read_back(Some(unclear)).await,
                    (None, Some(error)) => Outcome::Failed(error),
                    (None, None) => Outcome::Skipped,
                };
            }
            let former = match self.compared(found, unclear.as_ref()) {
                Ok(former) => former,
                Err(outcome) => return outcome,
            };
            if let Err(why) = self.record(&former).await {
                return Outcome::NotRecorded(why.to_string());
            }
            let error = match self.write().await {
                Ok(()) => {
                    self.answered = true;
                    return self.read_back(None).await;
                }
                Err(error) => error,
            };
            if error.may_have_taken_effect() {
                self.unanswered += 1;
                unclear = Some(error.clone());
            }
            let waits_for_it = self.is_of_unseen_role(&error) && began.elapsed() < PROPAGATION;
            let wait = if waits_for_it {
                waits_for_role.next()
            } else {
                waits.next().filter(|_| error.is_passing())
            };
            if let Some(wait) = wait {
                self.pause(wait).await;
            }
            let (Some(waited), false) = (wait, self.run.cancel.is_cancelled()) else {
                return match unclear {
                    Some(unclear) => self.read_back(Some(unclear)).await,
                    None => Outcome::Failed(error),
                };
            };
            attempt += 1;
            let reason = if waits_for_it {
                "the new role does not show everywhere yet".to_owned()
            } else {
                error.in_short()
            };
            let retry = Retry {
                attempt,
                reason,
                waited,
            };
            self.run.tell(RunEvent::Retry(self.target.clone(), retry));
            last = Some(error);
        }
    }

    /// Returns what this run wants there.
    fn wanted(&self) -> Content {
        self.change.after_run(self.run.journal.run())
    }

    /// Returns whether a write failed because the role that this plan makes does not show everywhere yet. What cannot be found may
    /// also be the managed policy.
    fn is_of_unseen_role(&self, error: &CallError) -> bool {
        let Some(role) = self.target.role() else {
            return false;
        };
        error.kind == ErrorKind::NotFound
            && error.message.contains(role)
            && !matches!(self.target, Target::Role { .. })
            && self.run.job.plan.is_to_be_made(role)
    }

    /// Returns what is there now. When the run is stopped, the next reading is as good as any.
    async fn read(&self) -> Result<Content, CallError> {
        let believed = survey::content(&self.account, self.target);
        let found = match self.run.cancel.run_until_cancelled(believed).await {
            Some(found) => found,
            None => survey::content_now(&self.account, self.target).await,
        };
        found.map(|found| self.without_own_policies(found))
    }

    /// Returns what was found; of a role, without the policies that are changes of this plan: they may show for some seconds
    /// after they were deleted.
    fn without_own_policies(&self, found: Content) -> Content {
        let changes = self.run.job.plan.changes();
        found.without_items(self.target, changes.map(|(item, _)| &item.target))
    }

    /// Returns what was found, when it is still what the plan saw.
    ///
    /// # Errors
    /// With the outcome when nothing is to be written, or not any more.
    fn compared(
        &mut self,
        found: Result<Content, CallError>,
        unclear: Option<&CallError>,
    ) -> Result<Content, Outcome> {
        let found = match (found, unclear) {
            (Ok(found), _) => found,
            (Err(error), None) => return Err(Outcome::Failed(error)),
            (Err(error), Some(_)) => return Err(Outcome::Unread(error)),
        };
        match (self.is_planned(&found), unclear) {
            (true, None) => Err(Outcome::AlreadyThere),
            (true, Some(_)) => {
                self.read_back = Some(found);
                Err(Outcome::Done)
            }
            (false, _) if found.is_same(&self.change.before()) => Ok(found),
            (false, None) => Err(Outcome::Stale { found }),
            (false, Some(_)) => Err(Outcome::Overwritten { found }),
        }
    }

    /// Puts what is there on the disk before the first write, whatever becomes of the run.
    async fn record(&mut self, former: &Content) -> Result<(), JournalError> {
        if !self.is_recorded {
            self.run.journal.before(self.target, former).await?;
            self.is_recorded = true;
        }
        Ok(())
    }

    async fn write(&self) -> Result<(), CallError> {
        let Identity {
            account: number,
            partition,
            ..
        } = &self.run.job.plan.identity;
        let account = &self.account;
        // Credentials that have expired are renewed outside the write's time limit.
        account.ready().await?;
        match &self.change.edit {
            Edit::Tier {
                region,
                after: TierValue::Set(value),
                ..
            } => {
                let tier = Tier::from_value(value);
                account.write_tier(region, &tier, number, partition).await
            }
            Edit::Tier {
                region,
                after: TierValue::Default(_),
                ..
            } => account.reset_tier(region, number, partition).await,
            Edit::Role {
                role,
                after: Some(document),
                ..
            } => self.create_role(role, document).await,
            Edit::Role {
                role, after: None, ..
            } => account.delete_role(role).await,
            Edit::FullAccess {
                role,
                after: Some(arn),
                ..
            } => account.attach_policy(role, arn).await,
            Edit::FullAccess {
                role,
                before: Some(arn),
                after: None,
            } => account.detach_policy(role, arn).await,
            Edit::FullAccess { .. } => Ok(()),
            Edit::Trust { role, after, .. } => account.write_trust(role, after).await,
            Edit::Policy {
                role,
                policy,
                after: Some(document),
                ..
            } => {
                let policy = policy.name();
                account.write_inline_policy(role, policy, document).await
            }
            Edit::Policy {
                role,
                policy,
                after: None,
                ..
            } => account.delete_inline_policy(role, policy.name()).await,
        }
    }

    async fn create_role(&self, name: &str, document: &str) -> Result<(), CallError> {
        let Some(document) = RoleDocument::parse(document) else {
            return Err(CallError::unusable_document("iam:CreateRole"));
        };
        let run = self.run.journal.run();
        let made = RoleToMake {
            name,
            path: &document.path,
            description: &document.description,
            trust: &document.trust(),
            boundary: document.permissions_boundary.as_deref(),
            run: document.maker().unwrap_or(run),
        };
        self.account.create_role(&made).await
    }

    /// Reads until what was written shows. `unclear` is the error of a write of which it is not known whether it took
    /// effect: then only what is read counts.
    async fn read_back(&mut self, unclear: Option<CallError>) -> Outcome {
        let mut waits = growing_waits();
        let mut told = false;
        let written = Instant::now();
        loop {
            let found = survey::content_now(&self.account, self.target).await;
            let found = found.map(|found| self.without_own_policies(found));
            // An earlier state of the last minute says nothing of a write that got no answer.
            let is_doubtful = found.as_ref().is_ok_and(|found| self.is_doubtful(found));
            let counts = unclear.is_none() || !is_doubtful;
            if counts && found.as_ref().is_ok_and(|found| self.is_planned(found)) {
                self.read_back = found.ok();
                return Outcome::Done;
            }
            let patience = if found.is_ok() && unclear.is_none() {
                PROPAGATION
            } else {
                UNCERTAIN
            };
            let left = patience.saturating_sub(written.elapsed());
            match waits.next().map(|wait| wait.min(left)) {
                Some(wait) if !wait.is_zero() && !self.run.cancel.is_cancelled() => {
                    if !told {
                        self.run.tell(RunEvent::Waiting(self.target.clone()));
                        told = true;
                    }
                    self.pause(wait).await;
                }
                _ => {
                    return match (found, unclear) {
                        (Ok(found), _) if !is_doubtful && !found.is_same(&self.change.before()) => {
                            Outcome::Overwritten { found }
                        }
                        (Ok(_), None) => Outcome::NotSeenYet,
                        (Ok(_), Some(error)) => Outcome::Unknown(error),
                        (Err(error), _) => Outcome::Unread(error),
                    };
                }
            }
        }
    }

    /// Returns whether what was found is an earlier state of what this program wrote in the last minute.
    fn is_doubtful(&self, found: &Content) -> bool {
        survey::doubtful_until(&self.account, self.target, found.text()).is_some()
    }

    /// Returns whether what was found is what the plan wants there: the same document, or of a new one, one that means
    /// the same.
    fn is_planned(&self, found: &Content) -> bool {
        let wanted = &self.wanted();
        if found.is_same(wanted) {
            return true;
        }
        if let (Target::Role { .. }, false) = (self.target, self.change.puts_back) {
            return is_made_by(found, wanted, self.run.job.continues.as_deref());
        }
        if self.change.puts_back || matches!(self.target, Target::Tier { .. }) {
            return false;
        }
        let (Some(found), Some(wanted)) = (found.text(), wanted.text()) else {
            return false;
        };
        match (Document::parse(found), Document::parse(wanted)) {
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

/// Returns whether a role that is there is the one that this run made, or the run that it goes on with, whatever others have
/// given it since.
fn is_made_by(found: &Content, wanted: &Content, earlier: Option<&str>) -> bool {
    match (found.role(), wanted.role()) {
        (Some(found), Some(wanted)) => {
            let is_ours =
                found.maker() == wanted.maker() || earlier.is_some() && found.maker() == earlier;
            is_ours && found.does_the_same(&wanted)
        }
        _ => false,
    }
}
