//! Into the guide and to its end, and reading again meanwhile what it is about.

use tokio::time::Instant;

use super::page::Page;
use super::page::guide::{CheckReason, GuidePage};
use super::page::guide_end::GuideEndPage;
use super::session::Load;
use super::tasks::{Slot, SubjectReading};
use super::{App, WizardExit};
use crate::account::{CallError, ErrorKind};
use crate::guide::Subject;
use crate::guide::verify::Verified;
use crate::journal::GuideRecord;
use crate::model::{RoleReading, TierReading};
use crate::plan::Target;
use crate::text::Severity;

impl App {
    /// Into the guide, for what is chosen.
    pub(super) fn begin_guide(&mut self) {
        self.refresh();
        let Some(planned) = &self.session.planned else {
            return;
        };
        let mut guide = self.left_guide.take().unwrap_or_default();
        guide.begin(&planned.plan.choices);
        let mut page = GuidePage::new(&planned.plan, &planned.survey, guide);
        page.is_loaded = page.guide.record.is_some();
        if !page.is_loaded {
            let records = self.session.records.clone();
            self.tasks
                .find_guide(records, planned.plan.identity.clone());
        }
        self.pages.shown = Page::Guide(Box::new(page));
        self.refresh();
    }

    /// What was there when a guide was begun before is what this one compares with.
    pub(super) fn on_guide_found(&mut self, record: Option<GuideRecord>) {
        let plan = self.session.planned.as_ref().map(|planned| &planned.plan);
        if let (Some(guide), Some(plan)) = (self.pages.guide_mut(), plan) {
            guide.is_loaded = true;
            if let Some(record) = record {
                guide.guide.remember(record, plan);
            }
        }
    }

    /// Keeps what is there as soon as all of it was read, and before anybody can have pasted over it for long.
    pub(super) fn keep_guide(&mut self) {
        let context = self.session.guide_context();
        let (Some(guide), Some(context)) = (self.pages.guide_mut(), context) else {
            return;
        };
        if guide.is_loaded
            && let Some(record) = guide.guide.to_keep(context.plan, context.survey)
        {
            let records = self.session.records.clone();
            self.tasks.keep_guide(records, record);
        }
    }

    /// Reads everything once more, at the end of a guide.
    pub(super) fn verify_guide(&mut self) {
        let (Some(account), Some(plan)) = (self.account.clone(), self.session.plan().cloned())
        else {
            return;
        };
        let guide = match std::mem::replace(&mut self.pages.shown, Page::Preview) {
            Page::Guide(guide) => *guide,
            Page::GuideEnd(end) => end.into_guide(),
            other => {
                self.pages.shown = other;
                return;
            }
        };
        let continues = self.session.to_continue(&plan);
        let records = self.session.records.clone();
        let remembered = guide.guide.clone();
        self.tasks
            .guide_end(account, plan.clone(), remembered, records, continues);
        self.tasks.stop(&Slot::Proof);
        self.pages.shown = Page::GuideEnd(Box::new(GuideEndPage::new(plan, guide)));
    }

    pub(super) fn on_guide_end(&mut self, verified: Verified) {
        let Page::GuideEnd(end) = &mut self.pages.shown else {
            return;
        };
        if let (Ok(result), Some(account)) = (&verified, self.account.clone()) {
            self.tasks.prove(account, result.plan.clone());
        }
        end.on_verified(verified);
        self.status = None;
    }

    /// The ID under which it is kept what was there before the guide.
    pub(super) fn kept_guide(&self) -> Option<String> {
        let open = self.pages.guide().map(|page| &page.guide);
        let guide = open.or(self.left_guide.as_ref())?;
        Some(guide.record.as_ref()?.guide.clone())
    }

    /// Returns how the wizard ends at the end of a guide.
    pub(super) fn guided(&self, interrupted: bool) -> WizardExit {
        let end = self.pages.shown.guide_end();
        let ended = end.and_then(|end| Some((end.planned(), end.verified()?)));
        match ended {
            Some((plan, verified)) => WizardExit::Guided {
                plan: Box::new(plan.clone()),
                verified: Box::new(verified.clone()),
                kept: self.kept_guide(),
                interrupted,
            },
            None => self.left(interrupted),
        }
    }

    /// Returns when the account has to be checked again; none while nobody watches.
    pub(super) fn next_check(&self) -> Option<Instant> {
        let Page::Guide(guide) = &self.pages.shown else {
            return None;
        };
        guide.next_check(&self.session.guide_context()?)
    }

    /// Returns whether the screen says how long ago something was.
    pub(super) fn counts_seconds(&self) -> bool {
        matches!(&self.pages.shown, Page::Guide(guide) if guide.is_automatic())
    }

    pub(super) fn check_again(&mut self) {
        let Some(account) = self.account.clone() else {
            return;
        };
        let (Some(guide), Some(context)) = (self.pages.guide_mut(), self.session.guide_context())
        else {
            return;
        };
        if guide.waits_for_quota(&context) {
            self.tasks.quotas(account.clone());
        }
        for subject in guide.begin_check(&context) {
            self.tasks.check(account.clone(), subject);
        }
    }

    /// Takes a reading in. Where it has failed, what was seen before still counts, and is said to be old.
    pub(super) fn on_checked(&mut self, subject: &Subject, checked: SubjectReading) {
        let before = match (self.pages.guide_mut(), self.session.guide_context()) {
            (Some(guide), Some(context)) => guide.read_statuses(&context),
            _ => Vec::new(),
        };
        let trouble = match (subject, checked) {
            (Subject::Region(region), SubjectReading::Tier(reading)) => {
                self.on_tier(region, reading)
            }
            (Subject::Role(role), SubjectReading::Role(reading)) => {
                self.on_role_again(role, *reading)
            }
            _ => None,
        };
        let reason = self.end_check(subject, trouble.clone());
        self.refresh();
        if let (Some(guide), Some(context)) = (self.pages.guide_mut(), self.session.guide_context())
        {
            let effects = guide.after_check(reason, trouble, &before, &context);
            self.perform_all(effects);
        }
    }

    fn end_check(&mut self, subject: &Subject, trouble: Option<String>) -> Option<CheckReason> {
        let context = self.session.guide_context()?;
        self.pages
            .guide_mut()?
            .end_check(subject, trouble, &context)
    }

    fn on_tier(&mut self, region: &str, reading: TierReading) -> Option<String> {
        let tiers = &mut self.session.findings.tiers;
        match (tiers.get(region), reading) {
            (Some(TierReading::Known { .. }), TierReading::Failed(why)) => Some(why),
            // It was enabled a moment ago: rather the credentials have changed.
            (Some(TierReading::Known { .. }), TierReading::NotAccepted) => Some(format!(
                "AWS does not accept these credentials in {region}."
            )),
            (_, reading) => {
                tiers.insert(region.to_owned(), reading);
                None
            }
        }
    }

    fn on_role_again(
        &mut self,
        role: &str,
        reading: Result<RoleReading, CallError>,
    ) -> Option<String> {
        let known = self.session.findings.readings.get(role);
        let is_known = matches!(known, Some(Load::Ready(_)));
        match reading {
            Err(error) if is_known && !tells_something(&error.kind) => Some(error.to_string()),
            reading => {
                self.on_role(role.to_owned(), reading);
                None
            }
        }
    }

    /// The text of a step is in a file, or why it is not.
    pub(super) fn on_written(&mut self, target: Target, written: Result<String, String>) {
        match written {
            Ok(path) => {
                self.written
                    .push(format!("{} is in {path}.", target.short()));
                self.say(Severity::Good, format!("It is in {path}."));
                if let Some(guide) = self.pages.guide_mut() {
                    guide.written.insert(target, path);
                }
            }
            Err(why) => {
                self.say(Severity::Error, format!("It could not be written: {why}"));
            }
        }
    }
}

/// Returns whether an error says something of the account, and not only of the way there.
fn tells_something(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Denied { .. } | ErrorKind::NotFound)
}
