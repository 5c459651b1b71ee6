//! Runs in the wizard: from the question to the end, trying again, putting back, going on with one that was cut off.

use super::overlay::Overlay;
use super::steps::Step;
use super::steps::apply::ApplyStep;
use super::steps::confirm::ConfirmStep;
use super::steps::regions::RegionsStep;
use super::tasks::Slot;
use super::{Ending, Wizard};
use crate::account::Account;
use crate::apply::{Aim, Job, Report};
use crate::export::users;
use crate::journal::{Record, to_continue};
use crate::model::{Choices, Region};
use crate::plan::Plan;
use crate::plan::readiness::Basis;
use crate::terminal::Stop;
use crate::verify::preflight;

impl Wizard {
    /// Whether anything in the account may be different from before.
    pub(super) fn may_have_changed_something(&self) -> bool {
        let ended = self.apply.as_ref().and_then(|apply| apply.report.as_ref());
        let earlier = self.earlier.as_ref().map(|(_, report)| report.as_ref());
        let mut reports = ended.into_iter().chain(earlier);
        self.is_applying() || reports.any(Report::may_have_changed_something)
    }

    /// How the wizard ends after a run. A run that wrote nothing does not hide the one before it that did.
    pub(super) fn ran(&mut self, interrupted: bool) {
        let Some((plan, report)) = self.apply.as_ref().and_then(ApplyStep::ended) else {
            return;
        };
        let live = self.apply.as_ref().and_then(|apply| apply.live.clone());
        let earlier = self
            .earlier
            .take()
            .filter(|_| !report.may_have_changed_something());
        let (plan, report) = earlier.unwrap_or((plan, report));
        self.ending = Some(Ending::Ran {
            plan,
            report,
            live,
            interrupted,
        });
    }

    /// Asks on the preview, once for what is chosen and read, what will not work although it was carried out.
    pub(super) fn foresee(&mut self, choices: &Choices) {
        let asked = self.preview.foreseen.as_ref().map(|(asked, _)| asked);
        if self.step != Step::Preview
            || asked == Some(choices)
            || self.findings.still_reading(choices) > 0
        {
            return;
        }
        self.preview.foreseen = None;
        let plan = self.known.as_ref().map(|known| &known.plan);
        if let (Some(account), Some(plan)) = (self.account.clone(), plan) {
            self.preview.foreseen = Some((choices.clone(), None));
            self.tasks.foresee_at_rest(account, plan.clone());
        }
    }

    /// Asks about setting up.
    pub(super) fn ask(&mut self, plan: Plan) {
        let job = Job {
            continues: self.same_cut_off(&plan),
            only: None,
            aim: Aim::SetUp,
            plan,
        };
        self.ask_about(job);
    }

    /// The run that was cut off and wanted the same: then the next one goes on with it.
    pub(super) fn same_cut_off(&self, plan: &Plan) -> Option<String> {
        let same = to_continue(self.cut_off.iter(), &plan.choices);
        same.map(|record| record.run.clone())
    }

    pub(super) fn ask_about(&mut self, job: Job) {
        let asked_from = match &self.confirm {
            Some(confirm) => confirm.asked_from,
            None => self.step,
        };
        self.questions += 1;
        let mut confirm = ConfirmStep::new(job, asked_from, &self.options.records);
        // What the preview knows already is not hidden while AWS is asked once more.
        if let Some((choices, foreseen)) = &self.preview.foreseen
            && *choices == confirm.job.plan.choices
            && confirm.job.plan.undoes.is_none()
        {
            confirm.foreseen.clone_from(foreseen);
        }
        if let Some(account) = self.account.clone() {
            let identity = confirm.job.plan.identity.clone();
            let needs = preflight::needs(&confirm.job.plan);
            self.tasks.preflight(account.clone(), identity, needs);
            if confirm.foreseen.is_none() {
                self.tasks
                    .foresee(account.clone(), confirm.job.plan.clone());
            }
            let regions = confirm.job.plan.regions_to_change().map(str::to_owned);
            self.tasks.warm(&account, regions.collect());
        }
        self.confirm = Some(confirm);
        self.step = Step::Confirm;
    }

    /// Hands the policy over that allows what the caller lacks.
    pub(super) fn copy_missing_policy(&mut self) {
        let asked = self
            .confirm
            .as_ref()
            .and_then(|confirm| confirm.preflight.as_ref());
        let policy = match asked {
            Some(preflight) => preflight.missing_policy(),
            None => self.findings.missing_policy(),
        };
        if let Some(policy) = policy {
            self.copy(&policy, false);
        }
    }

    /// The sheet for those who connect, and the account that it is for.
    fn sheet(&self) -> Option<(String, String)> {
        let (plan, readiness) = self.apply.as_ref()?.for_users()?;
        let sheet = users::sheet(plan, Some((readiness, Basis::Found)));
        Some((sheet, plan.identity.account.clone()))
    }

    pub(super) fn copy_sheet(&mut self) {
        if let Some((sheet, _)) = self.sheet() {
            self.copy(&sheet, false);
        }
    }

    pub(super) fn write_sheet(&mut self) {
        if let Some((sheet, account)) = self.sheet() {
            self.tasks
                .write_sheet(self.options.folder.clone(), account, sheet);
        }
    }

    /// Carries out the plan that was confirmed.
    pub(super) fn begin(&mut self) {
        if self.is_applying() {
            return;
        }
        let Some(account) = self.account.clone() else {
            return;
        };
        let Some(confirm) = self.confirm.take() else {
            return;
        };
        if let Some(apply) = self.apply.take() {
            self.earlier = apply.ended().or(self.earlier.take());
        }
        let apply = ApplyStep::new(confirm.job);
        self.carry_out(account, &apply);
        self.apply = Some(apply);
        self.step = Step::Apply;
    }

    pub(super) fn carry_out(&mut self, account: Account, apply: &ApplyStep) {
        // What was proved of something else does not hold any more.
        self.tasks.stop(&Slot::Proof);
        let (job, cancel) = (apply.job().clone(), apply.cancel.clone());
        let records = self.options.records.clone();
        self.tasks.apply(account, job, records, cancel);
    }

    /// Once more, what failed of the plan that was confirmed.
    pub(super) fn retry_failed(&mut self) {
        let (Some(mut apply), Some(account)) = (self.apply.take(), self.account.clone()) else {
            return;
        };
        apply.begin_again();
        self.carry_out(account, &apply);
        self.apply = Some(apply);
    }

    /// Reads what is there now, to ask whether this run shall be put back.
    pub(super) fn undo(&mut self, run: String) {
        let (Some(account), Some(identity)) = (
            self.account.clone(),
            self.findings.identity.ready().cloned(),
        ) else {
            return;
        };
        // Nothing else can be done meanwhile, so that the question cannot come in the middle of something.
        self.overlay = Some(Overlay::Undoing(run.clone()));
        let records = self.options.records.clone();
        self.tasks.undo(account, identity, records, run);
    }

    /// Chooses what was chosen in a run that was cut off, and goes to the preview.
    pub(super) fn go_on_with(&mut self, record: &Record) {
        self.choose(&record.choices);
        self.step = Step::Preview;
    }

    /// Picks what was chosen before.
    pub(super) fn choose(&mut self, choices: &Choices) {
        self.forget_roles();
        self.regions = RegionsStep::default();
        self.connect_from.choice = choices.connect_from;
        self.preview.harden_trust = choices.harden_trust;
        self.preview.shell_access = choices.shell_access;
        for name in &choices.sagemaker_roles {
            self.sagemaker_roles.picker.pick(name);
        }
        for name in &choices.user_roles {
            self.user_roles.picker.pick(name);
        }
        for code in &choices.regions {
            self.regions.picker.pick(code);
        }
        // The list may still be on its way; regions that it does not have are part of it all the same.
        let identity = self.findings.identity.ready();
        let mut regions = identity
            .map(|identity| Region::shipped(&identity.partition))
            .unwrap_or_default();
        regions.extend(choices.regions.iter().map(|code| Region::unknown(code)));
        self.on_regions(regions);
    }

    pub(super) fn on_stop(&mut self, stop: Stop) {
        if let Some(live) = self.live_check().filter(|live| live.is_running()) {
            live.stop();
            self.leaving |= stop != Stop::Interrupt;
            return;
        }
        match &self.apply {
            // Nothing is being changed.
            Some(apply) if apply.is_running() && apply.only_looks() => {
                self.ending = Some(self.left(true));
            }
            Some(apply) if apply.is_running() => {
                apply.cancel.cancel();
                self.leaving |= stop != Stop::Interrupt;
            }
            Some(apply) => {
                let interrupted = stop != Stop::Interrupt || apply.cancel.is_cancelled();
                self.ran(interrupted);
            }
            None => self.ending = Some(self.left(true)),
        }
    }
}
