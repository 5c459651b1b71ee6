//! What leads to a run and follows it: choosing what was chosen before, asking what will not work, the question, carrying out,
//! once more, putting back, trying for real, leaving.

use super::dialog::{Dialog, LiveCheck};
use super::page::Page;
use super::page::confirm::ConfirmPage;
use super::page::run::RunPage;
use super::tasks::Slot;
use super::{App, WizardExit};
use tokio_util::sync::CancellationToken;

use crate::account::Account;
use crate::apply::{Job, Report};
use crate::model::{Choices, Region};
use crate::terminal::Stop;
use crate::verify::live::Live;

impl App {
    pub(super) fn is_applying(&self) -> bool {
        self.pages.run().is_some_and(RunPage::is_running)
    }

    /// Returns whether anything in the account may be different from before.
    pub(super) fn may_have_changed_something(&self) -> bool {
        let ended = self.pages.run().and_then(|run| run.report.as_ref());
        let earlier = self.earlier.as_ref().map(|(_, report)| report.as_ref());
        let mut reports = ended.into_iter().chain(earlier);
        self.is_applying() || reports.any(Report::may_have_changed_something)
    }

    /// Returns how the wizard ends before anything was carried out.
    pub(super) fn left(&self, interrupted: bool) -> WizardExit {
        WizardExit::Left {
            interrupted,
            guided: self.is_guided() || self.left_guide.is_some(),
            kept: self.kept_guide(),
        }
    }

    /// How the wizard ends after a run. A run that wrote nothing does not hide the one before it that did.
    pub(super) fn ran(&mut self, interrupted: bool) {
        let Some(run) = self.pages.run() else {
            return;
        };
        let Some((plan, report)) = run.ended() else {
            return;
        };
        let live = run.live.clone();
        let earlier = self.earlier.take();
        let earlier = earlier.filter(|_| !report.may_have_changed_something());
        let (plan, report) = earlier.unwrap_or((plan, report));
        self.exit = Some(WizardExit::Ran {
            plan,
            report,
            live,
            interrupted,
        });
    }

    /// Asks on the preview, once for what is chosen and read, what will not work although it was carried out.
    pub(super) fn foresee(&mut self) {
        let session = &self.session;
        let preview = &mut self.pages.forms.preview;
        let asked = preview.foreseen.as_ref().map(|(asked, _)| asked);
        if !matches!(self.pages.shown, Page::Preview)
            || asked == Some(&session.choices)
            || session.still_reading() > 0
        {
            return;
        }
        preview.foreseen = None;
        if let (Some(account), Some(plan)) = (self.account.clone(), session.plan()) {
            preview.foreseen = Some((session.choices.clone(), None));
            self.tasks.foresee_at_rest(account, plan.clone());
        }
    }

    /// Asks whether to carry a job out.
    pub(super) fn ask(&mut self, job: Job) {
        self.questions += 1;
        let under = match std::mem::replace(&mut self.pages.shown, Page::Preview) {
            Page::Confirm(confirm) => confirm.under,
            other => other,
        };
        let mut confirm = ConfirmPage::new(job, under, &self.session.records);
        // What the preview knows already is not hidden while AWS is asked once more.
        if let Some((choices, foreseen)) = &self.pages.forms.preview.foreseen
            && *choices == confirm.job.plan.choices
            && confirm.job.plan.undoes.is_none()
        {
            confirm.foreseen.clone_from(foreseen);
        }
        if let Some(account) = self.account.clone() {
            let plan = &confirm.job.plan;
            self.tasks.preflight(account.clone(), plan.clone());
            if confirm.foreseen.is_none() {
                self.tasks.foresee(account.clone(), plan.clone());
            }
            let regions = plan.regions_to_change().map(str::to_owned);
            self.tasks.prewarm(&account, regions.collect());
        }
        self.pages.shown = Page::Confirm(Box::new(confirm));
    }

    /// Carries out what is asked about.
    pub(super) fn apply(&mut self) {
        let Some(account) = self.account.clone() else {
            return;
        };
        let confirm = match std::mem::replace(&mut self.pages.shown, Page::Preview) {
            Page::Confirm(confirm) => confirm,
            other => {
                self.pages.shown = other;
                return;
            }
        };
        if let Page::Run(run) = &confirm.under {
            self.earlier = run.ended().or(self.earlier.take());
        }
        let run = RunPage::new(confirm.job);
        self.start_run(account, run.job().clone(), run.cancel.clone());
        self.pages.shown = Page::Run(Box::new(run));
    }

    /// Once more, what failed of the plan that was confirmed.
    pub(super) fn retry(&mut self) {
        let Some(account) = self.account.clone() else {
            return;
        };
        let Some(run) = self.pages.run_mut() else {
            return;
        };
        run.begin_again();
        let (job, cancel) = (run.job().clone(), run.cancel.clone());
        self.start_run(account, job, cancel);
    }

    fn start_run(&mut self, account: Account, job: Job, cancel: CancellationToken) {
        // What was proved of something else does not hold any more.
        self.tasks.stop(&Slot::Proof);
        let records = self.session.records.clone();
        self.tasks.apply(account, job, records, cancel);
    }

    /// Reads what is there now, to ask whether this run shall be put back.
    pub(super) fn undo(&mut self, run: String) {
        let identity = self.session.findings.identity.ready().cloned();
        let (Some(account), Some(identity)) = (self.account.clone(), identity) else {
            return;
        };
        // Nothing else can be done meanwhile, so that the question cannot come in the middle of something.
        self.dialog = Some(Dialog::Undoing(run.clone()));
        let records = self.session.records.clone();
        self.tasks.undo(account, identity, records, run);
    }

    /// Roles belong to an account; regions do not.
    pub(super) fn forget_roles(&mut self) {
        self.left_guide = None;
        if self.is_guided() {
            self.pages.shown = Page::Account;
        }
        self.pages.forms.forget_roles();
    }

    /// Picks what was chosen before.
    pub(super) fn choose(&mut self, choices: &Choices) {
        self.left_guide = None;
        self.pages.forms.choose(choices);
        // The list may still be on its way; regions that it does not have are part of it all the same.
        let identity = self.session.findings.identity.ready();
        let mut regions = identity
            .map(|identity| Region::shipped(&identity.partition))
            .unwrap_or_default();
        regions.extend(choices.regions.iter().map(|code| Region::unknown(code)));
        self.on_regions(regions);
    }

    /// The live check that is open.
    pub(super) fn live_check(&mut self) -> Option<&mut LiveCheck> {
        match &mut self.dialog {
            Some(Dialog::Live(live)) => Some(live),
            _ => None,
        }
    }

    pub(super) fn try_live(&mut self) {
        let Some(account) = self.account.clone() else {
            return;
        };
        let Some(live) = self.live_check() else {
            return;
        };
        let cancel = live.begin();
        let (plan, region) = (live.plan.clone(), live.region.clone());
        self.tasks.live(account, plan, region, cancel);
    }

    pub(super) fn on_live(&mut self, live: Live) {
        if let Some(run) = self.pages.run_mut() {
            run.on_live(live.clone());
        }
        if let Some(open) = self.live_check() {
            open.on_end(live);
        }
        if self.leaving {
            self.ran(true);
        }
    }

    pub(super) fn on_stop(&mut self, stop: Stop) {
        let is_interrupt = stop == Stop::Interrupt;
        if let Some(live) = self.live_check().filter(|live| live.is_running()) {
            live.stop();
            self.leaving |= !is_interrupt;
            return;
        }
        match self.pages.run() {
            Some(run) if run.is_running() => {
                run.cancel.cancel();
                self.leaving |= !is_interrupt;
            }
            Some(run) => {
                let interrupted = !is_interrupt || run.cancel.is_cancelled();
                self.ran(interrupted);
            }
            None if self.pages.shown.has_ended() => self.exit = Some(self.guided(!is_interrupt)),
            None => self.exit = Some(self.left(true)),
        }
    }
}
