//! What a page or a dialog asks the application to do, and where each of it is done: here what takes a line or two, in
//! `runs.rs` what leads to a run and follows it, in `guide_checks.rs` the guide.

use super::App;
use super::dialog::{Dialog, ExplainDialog, LiveCheck, NodesDialog};
use super::page::roles::Side;
use super::page::{Page, Step};
use super::tasks::Slot;
use crate::account::Account;
use crate::apply::Job;
use crate::export::{self, File, Form};
use crate::guide::Paste;
use crate::journal::Record;
use crate::messages::Message;
use crate::model::{NewRole, TypedRole};
use crate::plan::{Plan, Target};
use crate::text::Severity;

/// Something that is to be done.
#[derive(Debug)]
pub enum Effect {
    /// Shows a sentence in the status line.
    Say(Message),
    /// To the page after, or before, the one that is shown.
    Next,
    Back,
    /// Leaves, after a question where something was picked.
    Quit,
    /// Leaves before anything was carried out.
    Leave,
    Open(Box<Dialog>),
    CloseDialog,
    /// Lists the profiles to choose from.
    ChooseProfile,
    SwitchProfile(String),
    /// Opens the field for an error that somebody has met.
    Explain,
    /// Reads the account from the beginning.
    Connect,
    /// Goes on over plain HTTP.
    AcceptPlainHttp,
    ListRoles,
    ReadTiers,
    /// Reads the chosen roles and all regions anew.
    ReadAgain,
    AddTyped(Vec<TypedRole>),
    /// Asks for a role that is to be made.
    AskNewRole(Side),
    /// Adds a role that is to be made to what is chosen, in place of the one of this name.
    AddNewRole(Box<NewRole>, Option<String>),
    Copy {
        text: String,
        /// The text could not be made from a fresh reading.
        is_older: bool,
    },
    SavePlan(Box<Plan>),
    /// Writes a plan as files for others.
    Export(Box<Plan>),
    /// Writes the sheet for those who connect.
    WriteSheet {
        account: String,
        text: String,
    },
    /// Writes a text of the guide.
    WritePaste(Target, Paste),
    /// Asks whether to carry a job out.
    Ask(Box<Job>),
    /// What is asked now is another question: a key that was typed before it was drawn is no answer to it.
    AskAnew,
    /// Carries out what is asked about.
    Apply,
    /// Carries out once more what failed.
    Retry,
    /// Reads what is there now, to ask whether this run shall be put back.
    Undo(String),
    StopUndo,
    /// Chooses what a run that was cut off had chosen.
    GoOnWith(Box<Record>),
    BeginGuide,
    /// What is gone of a document was meant to go.
    LetGo(Target),
    /// Reads everything once more at the end of a guide.
    VerifyGuide,
    /// Asks whether to make a real activation.
    AskLive(Box<Plan>),
    TryLive,
    LookForNodes(Box<Plan>),
}

impl Effect {
    pub fn say(severity: Severity, text: impl Into<String>) -> Self {
        Self::Say(Message::new(severity, text))
    }

    pub fn copy(text: impl Into<String>) -> Self {
        Self::Copy {
            text: text.into(),
            is_older: false,
        }
    }
}

impl App {
    pub(super) fn perform_all(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.perform(effect);
        }
    }

    pub(super) fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Say(message) => self.status = Some(message),
            Effect::Next => self.next(),
            Effect::Back => self.back(),
            Effect::Quit => self.quit(),
            Effect::Leave => self.exit = Some(self.left(false)),
            Effect::Open(dialog) => self.dialog = Some(*dialog),
            Effect::CloseDialog => {
                self.dialog = None;
                // Another dialog may have come before that question was answered.
                self.ask_about_plain_http();
            }
            Effect::ChooseProfile => {
                self.dialog = Some(Dialog::profiles());
                self.tasks.profiles(self.source.clone());
            }
            Effect::SwitchProfile(profile) => self.switch_profile(profile),
            Effect::Explain => self.explain(),
            Effect::Connect => self.connect(),
            Effect::AcceptPlainHttp => self.accept_plain_http(),
            Effect::ListRoles => self.list_roles(),
            Effect::ReadTiers => self.read_tiers(),
            Effect::ReadAgain => {
                self.session.findings.readings.clear();
                self.pages.forms.preview.foreseen = None;
                self.read_tiers();
            }
            Effect::AddTyped(roles) => self.add_typed(roles),
            Effect::AskNewRole(side) => self.ask_new_role(side),
            Effect::AddNewRole(role, before) => self.add_new_role(&role, before.as_deref()),
            Effect::Copy { text, is_older } => self.copy(&text, is_older),
            Effect::SavePlan(plan) => self.save_plan(*plan),
            Effect::Export(plan) => self.export(&plan),
            Effect::WriteSheet { account, text } => {
                let folder = self.options.folder.clone();
                self.tasks.write_sheet(folder, account, text);
            }
            Effect::WritePaste(target, paste) => {
                let folder = self.options.folder.clone();
                self.tasks.write_paste(folder, target, paste);
            }
            Effect::Ask(job) => self.ask(*job),
            Effect::AskAnew => self.questions += 1,
            Effect::Apply => self.apply(),
            Effect::Retry => self.retry(),
            Effect::Undo(run) => self.undo(run),
            Effect::StopUndo => self.tasks.stop(&Slot::Undo),
            Effect::GoOnWith(record) => {
                self.choose(&record.choices);
                self.pages.shown = Page::Preview;
            }
            Effect::BeginGuide => self.begin_guide(),
            Effect::LetGo(target) => {
                let survey = self.session.planned.as_ref().map(|planned| &planned.survey);
                if let (Some(guide), Some(survey)) = (self.pages.guide_mut(), survey) {
                    guide.guide.let_go(&target, survey);
                }
            }
            Effect::VerifyGuide => self.verify_guide(),
            Effect::AskLive(plan) => {
                self.dialog = Some(Dialog::Live(Box::new(LiveCheck::new(*plan))));
                self.questions += 1;
            }
            Effect::TryLive => self.try_live(),
            Effect::LookForNodes(plan) => {
                if let Some(account) = self.account.clone() {
                    self.dialog = Some(Dialog::Nodes(NodesDialog::default()));
                    self.tasks.nodes(account, *plan);
                }
            }
        }
    }

    fn next(&mut self) {
        let next = self.pages.shown.step().next(&self.session.choices);
        if let Some(page) = next.and_then(Page::form) {
            self.pages.shown = page;
        }
    }

    fn back(&mut self) {
        let left = std::mem::replace(&mut self.pages.shown, Page::Preview);
        self.pages.shown = match left {
            Page::Confirm(confirm) => confirm.under,
            Page::Guide(guide) => {
                self.left_guide = Some(guide.guide);
                Page::Preview
            }
            Page::GuideEnd(end) => {
                self.tasks.stop(&Slot::GuideEnd);
                Page::Guide(Box::new(end.into_guide()))
            }
            form => {
                let previous = form.step().previous(&self.session.choices);
                previous.and_then(Page::form).unwrap_or(form)
            }
        };
    }

    fn quit(&mut self) {
        let is_guided = self.is_guided() || self.left_guide.is_some();
        let in_guide_end = matches!(self.pages.shown, Page::GuideEnd(_));
        match self.pages.run() {
            Some(run) if run.is_running() => {
                let text = "Ctrl-C stops after what is under way.";
                self.say(Severity::Warning, text);
            }
            Some(run) => {
                let interrupted = run.cancel.is_cancelled();
                self.ran(interrupted);
            }
            None if in_guide_end => self.exit = Some(self.guided(false)),
            None if self.pages.forms.has_picks() => self.dialog = Some(Dialog::quit(is_guided)),
            None => self.exit = Some(self.left(false)),
        }
    }

    fn switch_profile(&mut self, profile: String) {
        // Whatever was asked or found was about another account.
        self.dialog = None;
        self.session.cut_off.clear();
        self.profile = Some(profile);
        self.account_number = None;
        self.forget_roles();
        self.connect();
    }

    fn explain(&mut self) {
        let plan = self.pages.last_reading().or(self.session.plan()).cloned();
        self.dialog = Some(Dialog::Explain(Box::new(ExplainDialog::new(plan))));
    }

    fn list_roles(&mut self) {
        match self.account.clone() {
            Some(account) => {
                self.session.findings.roles_end = super::session::Load::Waiting;
                self.tasks.roles(&account);
            }
            None => self.connect(),
        }
    }

    fn read_tiers(&mut self) {
        let Some(account) = self.account.clone() else {
            return self.connect();
        };
        let findings = &mut self.session.findings;
        findings.tiers.clear();
        findings.nodes.clear();
        let regions = findings.regions.iter();
        let regions: Vec<String> = regions.map(|region| region.code.clone()).collect();
        self.tasks.node_counts(&account, regions.clone());
        self.tasks.tiers(&account, regions);
    }

    fn copy(&mut self, text: &str, is_older: bool) {
        let count = text.chars().count();
        match self.options.clipboard.copy(text) {
            Ok(()) if is_older => self.say(
                Severity::Warning,
                "Sent to the terminal, but it could not be read again: compare it first.",
            ),
            Ok(()) => self.say(
                Severity::Info,
                format!("Sent to the terminal: {count} characters. Not every terminal takes it."),
            ),
            Err(error) => self.say(Severity::Error, format!("It could not be copied: {error}")),
        }
    }

    fn save_plan(&mut self, plan: Plan) {
        match plan.to_json() {
            Ok(text) => {
                let folder = self.options.folder.clone();
                self.tasks.save(folder, plan.identity.account, text);
            }
            Err(error) => self.say(
                Severity::Error,
                format!("The plan could not be saved: {error}"),
            ),
        }
    }

    fn export(&mut self, plan: &Plan) {
        let files: Result<Vec<Vec<File>>, _> = Form::ALL
            .into_iter()
            .map(|form| export::files(plan, form))
            .collect();
        match files {
            Ok(files) => {
                let folder = self.options.folder.clone();
                let account = plan.identity.account.clone();
                self.tasks.export(folder, account, files.concat());
            }
            Err(error) => self.say(Severity::Error, format!("It could not be saved: {error}")),
        }
    }

    /// Asks for the closer reading of roles that are picked.
    pub(super) fn read_what_is_picked(&mut self) {
        let Some(account) = self.account.clone() else {
            return;
        };
        if self.session.findings.identity.ready().is_none() {
            return;
        }
        for name in self.pages.forms.picked_roles() {
            self.read_role(&account, name);
        }
    }

    /// Asks for the closer reading of the roles that were drawn, once they stay in sight.
    pub(super) fn read_what_is_in_sight(&mut self) {
        let in_sight = self.pages.roles_in_sight();
        if in_sight == self.roles_in_sight {
            return;
        }
        self.roles_in_sight.clone_from(&in_sight);
        let readings = &self.session.findings.readings;
        let unread = in_sight
            .into_iter()
            .filter(|name| !readings.contains_key(name));
        let unread: Vec<String> = unread.collect();
        match self.account.clone() {
            Some(account) if !unread.is_empty() => self.tasks.roles_in_sight(account, unread),
            _ => self.tasks.stop(&Slot::RolesInSight),
        }
    }

    fn read_role(&mut self, account: &Account, name: String) {
        let readings = &mut self.session.findings.readings;
        if !readings.contains_key(&name) {
            readings.insert(name.clone(), super::session::Load::Waiting);
            self.tasks.role(account.clone(), name);
        }
    }

    /// Returns whether a guide is open, or its end is shown.
    pub(super) fn is_guided(&self) -> bool {
        matches!(self.pages.shown.step(), Step::Guide)
    }
}
