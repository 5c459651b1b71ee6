//! What an answer of a task changes.

use std::time::Duration;

use super::dialog::{Dialog, Insecure, MfaCode};
use super::page::confirm::ConfirmPage;
use super::page::{Page, Pages};
use super::role_list::ListedRole;
use super::session::Load;
use super::tasks::{Answer, Slot};
use super::{App, Start, WizardExit};
use crate::account::{Account, CallError, ErrorKind};
use crate::apply::{self, Aim, Job};
use crate::journal::Record;
use crate::model::endpoint::insecurity;
use crate::model::{Identity, Region, RoleReading, RoleSummary, TypedRole};
use crate::text::{Severity, did_you_mean};
use crate::undo::Undo;
use crate::verify::CheckResult;
use crate::verify::proof::Proof;

/// Credentials that take longer than this to come may have been asked of a person.
const BY_ITSELF: Duration = Duration::from_secs(1);

impl App {
    pub(super) fn on_answer(&mut self, answer: Answer) {
        match answer {
            Answer::Connected(connection) => match *connection {
                Ok(account) => self.on_connected(account),
                Err(error) => self.session.findings.identity = Load::Failed(error),
            },
            Answer::MfaCode(request) => {
                self.dialog = Some(Dialog::MfaCode(Box::new(MfaCode::new(request))));
            }
            Answer::Identity(answer) => self.on_identity(*answer),
            Answer::Quotas(quotas) => self.session.findings.quotas = quotas,
            Answer::RolesPage(page) => {
                for role in page {
                    self.session.findings.roles.insert(role);
                }
            }
            Answer::RolesEnd(end) => {
                self.session.findings.roles_end = match end {
                    Ok(()) => Load::Ready(()),
                    Err(error) => Load::Failed(error),
                }
            }
            Answer::Regions(regions) => self.on_regions(regions),
            Answer::Tier(region, reading) => {
                self.session.findings.tiers.insert(region, reading);
            }
            Answer::NodeCount(region, nodes) => {
                self.session.findings.nodes.insert(region, nodes);
            }
            Answer::Nodes(nodes) => {
                if let Some(Dialog::Nodes(dialog)) = &mut self.dialog {
                    dialog.show(nodes);
                }
            }
            Answer::Role(name, reading) => self.on_role(name, *reading),
            Answer::Profiles(answer) => {
                if let Some(Dialog::Profiles(profiles)) = &mut self.dialog {
                    profiles.set_names(answer);
                }
            }
            Answer::Users(users) => {
                if let Some(Dialog::NewRole(form)) = &mut self.dialog {
                    form.set_users(users);
                }
            }
            Answer::Run(event) => self.on_run(*event),
            Answer::Saved(Ok(said)) => {
                self.written.push(said.clone());
                self.say(Severity::Good, said);
            }
            Answer::Saved(Err(why)) => {
                self.say(Severity::Error, format!("It could not be saved: {why}"));
            }
            Answer::CutOff(records, trouble) => self.on_cut_off(records, trouble),
            Answer::CutOffFound(run, found) => {
                if let Some(Dialog::CutOff(dialog)) = &mut self.dialog
                    && dialog.record.run == run
                {
                    dialog.on_found(found);
                }
            }
            Answer::Undo(undo) => self.on_undo(*undo),
            Answer::Proof(proof) => self.on_proof(proof),
            Answer::LiveSaid(text) => {
                if let Some(live) = self.live_check() {
                    live.on_said(text);
                }
            }
            Answer::Live(live) => self.on_live(*live),
            Answer::GeneralPreflight(preflight) => {
                self.session.findings.preflight = Some(preflight);
            }
            Answer::Preflight(preflight) => {
                if let Some(confirm) = self.pages.shown.confirm_mut() {
                    confirm.preflight = Some(preflight);
                }
                self.on_answered();
            }
            Answer::Foreseen(foreseen) => self.on_foreseen(foreseen),
            Answer::Written(target, written) => self.on_written(target, written),
            Answer::Checked(subject, checked) => self.on_checked(&subject, checked),
            Answer::GuideFound(record) => self.on_guide_found(record.map(|record| *record)),
            Answer::GuideNotKept(why) => self.say(
                Severity::Warning,
                format!("What is there now could not be kept, so that this guide remembers it only while it is open: {why}"),
            ),
            Answer::GuideEnd(verified) => self.on_guide_end(*verified),
            Answer::Panicked(slot) => self.on_panic(&slot),
        }
    }

    fn on_connected(&mut self, account: Account) {
        let records = self.session.records.clone();
        self.tasks.identity(account.clone(), records);
        self.tasks.roles(&account);
        self.session.findings.credentials = Some(account.credentials());
        self.account = Some(account);
    }

    fn on_identity(&mut self, answer: Result<Identity, CallError>) {
        let is_waiting = self.session.findings.identity.is_waiting();
        if is_waiting && self.connecting_since.elapsed() > BY_ITSELF {
            // A credential process that asks somebody writes on the same terminal.
            self.redraw = true;
        }
        let identity = match answer {
            Ok(identity) => identity,
            Err(error) => {
                self.session.findings.identity = Load::Failed(error);
                return;
            }
        };
        let is_first = self.session.findings.identity.ready().is_none();
        if is_first {
            let records = self.session.records.clone();
            self.tasks.cut_off(records, identity.account.clone());
            if let Some(account) = self.account.clone() {
                let partition = identity.partition.clone();
                self.tasks.regions(account.clone(), partition);
                self.tasks.general_preflight(account, identity.clone());
            }
        }
        // Credentials may have been renewed for another account; roles of the same name there are other roles.
        let known = self.account_number.replace(identity.account.clone());
        if known.is_some_and(|known| known != identity.account) {
            self.forget_roles();
            self.say(
                Severity::Warning,
                "These credentials belong to another account; the roles were unpicked.",
            );
        }
        self.session.findings.identity = Load::Ready(identity);
        if is_first {
            self.ask_about_plain_http();
        }
        if let Start::Guide(choices) = &mut self.options.start
            && let Some(chosen) = choices.take()
        {
            self.choose(&chosen.choices);
            self.add_typed(chosen.arns);
            self.begin_guide();
        }
    }

    /// Says that a run was cut off, unless something else is open, or being carried out.
    fn on_cut_off(&mut self, records: Vec<Record>, trouble: Option<String>) {
        if let Some(trouble) = trouble {
            self.say(Severity::Warning, trouble);
        }
        let is_free = self.dialog.is_none() && Page::form(self.pages.shown.step()).is_some();
        if !records.is_empty() && self.session.leads_to_guide {
            // Both ways to take care of it write.
            let text = "A run of this program was cut off here. Start it without \"guide\" to take care of it.";
            self.say(Severity::Warning, text);
        } else if let (Some(record), true) = (records.last(), is_free) {
            let others = records.len() - 1;
            self.dialog = Some(Dialog::cut_off(record.clone(), others));
            if let (Some(account), false) =
                (self.account.clone(), record.uncertain_targets().is_empty())
            {
                self.tasks.look_at_cut_off(account, record);
            }
        }
        self.session.cut_off = records;
    }

    /// Asks whether to go on over plain HTTP to another computer, unless that was answered.
    pub(super) fn ask_about_plain_http(&mut self) {
        let Some(identity) = self.session.findings.identity.ready() else {
            return;
        };
        let accepted = self.options.insecure_endpoint
            || self.session.accepted_endpoints.as_ref() == Some(&identity.endpoints);
        if let Some(meaning) = insecurity(&identity.endpoints).filter(|_| !accepted) {
            self.dialog = Some(Dialog::Insecure(Insecure::new(meaning)));
        }
    }

    /// Goes on over plain HTTP to these endpoints; then what had to wait for that is told.
    pub(super) fn accept_plain_http(&mut self) {
        let identity = self.session.findings.identity.ready();
        self.session.accepted_endpoints = identity.map(|identity| identity.endpoints.clone());
        self.dialog = None;
        let cut_off = std::mem::take(&mut self.session.cut_off);
        self.on_cut_off(cut_off, None);
    }

    /// What can be put back is known: now it is asked about.
    fn on_undo(&mut self, undo: Result<Undo, String>) {
        if !matches!(self.dialog, Some(Dialog::Undoing(_))) {
            return;
        }
        self.dialog = None;
        match undo {
            Ok(undo) => self.ask(Job {
                plan: undo.plan,
                only: None,
                aim: Aim::PutBack(undo.reversal),
                continues: undo.continues,
            }),
            Err(why) => self.say(Severity::Error, why),
        }
    }

    /// A broken task ends the program, but never while changes are being made by another one.
    fn on_panic(&mut self, slot: &Slot) {
        let is_trying = self.live_check().is_some_and(|live| live.is_running());
        let is_needed = matches!(slot, Slot::Apply | Slot::Live);
        if (self.is_applying() || is_trying) && !is_needed {
            self.say(
                Severity::Error,
                format!("A part of the program broke ({slot:?}). What is being done goes on."),
            );
            return;
        }
        self.exit = Some(WizardExit::Broken {
            task: format!("{slot:?}"),
            applying: self.may_have_changed_something() || *slot == Slot::Live,
        });
    }

    pub(super) fn on_regions(&mut self, regions: Vec<Region>) {
        for region in regions {
            if self
                .session
                .findings
                .regions
                .iter()
                .all(|known| known.code != region.code)
            {
                self.session.findings.regions.push(region);
            }
        }
        let findings = &self.session.findings;
        let codes = || findings.regions.iter().map(|region| region.code.clone());
        let unread = codes().filter(|code| !findings.tiers.contains_key(code));
        let uncounted = codes().filter(|code| !findings.nodes.contains_key(code));
        let (unread, uncounted) = (unread.collect(), uncounted.collect());
        if let Some(account) = &self.account {
            self.tasks.node_counts(account, uncounted);
            self.tasks.tiers(account, unread);
        }
    }

    pub(super) fn on_role(&mut self, name: String, reading: Result<RoleReading, CallError>) {
        let load = match reading {
            Ok(reading) => {
                // What was typed, or has changed since the list came, is now known better.
                let known = self.session.findings.roles.get(&name);
                let other_arn = known
                    .map(|role| role.summary.arn.clone())
                    .filter(|arn| !arn.is_empty() && *arn != reading.arn);
                let description = known.map(|role| role.summary.description.clone());
                let summary = RoleSummary {
                    name: name.clone(),
                    path: reading.path.clone(),
                    arn: reading.arn.clone(),
                    trust: reading.trust.clone(),
                    description: description.unwrap_or_default(),
                };
                self.session.findings.roles.insert(ListedRole::new(summary));
                if let Some(typed) = other_arn {
                    self.say_other_arn(&typed, &name, &reading.arn);
                }
                Load::Ready(reading)
            }
            // It is to be made, and so is not there yet.
            Err(error) if error.kind == ErrorKind::NotFound && self.pages.forms.makes(&name) => {
                Load::Failed(error)
            }
            // Elsewhere it is part of a plan, which says the same.
            Err(error)
                if error.kind == ErrorKind::NotFound
                    && matches!(self.pages.shown, Page::Roles(_)) =>
            {
                return self.on_no_role(&name);
            }
            Err(error) => {
                self.list_unread(&name);
                Load::Failed(error)
            }
        };
        self.session.findings.readings.insert(name, load);
    }

    /// There is no such role: it was mistyped, or somebody deleted it.
    fn on_no_role(&mut self, name: &str) {
        let findings = &mut self.session.findings;
        findings.roles.remove(name);
        findings.readings.remove(name);
        let names = findings.roles.iter().map(|role| role.summary.name.as_str());
        let nearest = did_you_mean(name, names);
        self.pages.forms.unpick_role(name);
        let text = format!("There is no role {name} in this account.{nearest}");
        self.say(Severity::Warning, text);
    }

    /// What was typed names no role, but for its last part; that role is the one that is picked.
    pub(super) fn say_other_arn(&mut self, typed: &str, name: &str, arn: &str) {
        let text =
            format!("There is no role {typed}. The role {name} is {arn}; that one is picked.");
        self.say(Severity::Warning, text);
    }

    /// A picked role that can neither be listed nor read stands in the list all the same, so that it can be unpicked.
    fn list_unread(&mut self, name: &str) {
        let role = TypedRole {
            name: name.to_owned(),
            arn: None,
        };
        self.session.findings.roles.add(ListedRole::typed(&role));
    }

    fn on_run(&mut self, event: apply::RunEvent) {
        let Some(run) = self.pages.run_mut() else {
            return;
        };
        run.on_event(event);
        let Some(report) = &run.report else {
            return;
        };
        let set_up = report.verification.as_ref();
        let set_up = set_up.filter(|plan| plan.undoes.is_none()).cloned();
        if let (Some(plan), Some(account)) = (set_up, self.account.clone()) {
            run.ask_simulator();
            self.tasks.prove(account, plan);
        }
        // What was said while it went on does not hold any more.
        self.status = None;
        if self.leaving {
            self.ran(true);
        }
    }

    fn on_proof(&mut self, proof: Proof) {
        if let Page::GuideEnd(end) = &mut self.pages.shown {
            end.on_proof(proof);
        } else if let Some(run) = self.pages.run_mut() {
            run.on_proof(proof);
        }
    }

    /// The preview asked, or the question about the same; what is asked before something is put back is another matter.
    fn on_foreseen(&mut self, foreseen: Vec<CheckResult>) {
        let Pages { forms, shown } = &mut self.pages;
        let confirm = shown.confirm_mut();
        let asked = confirm.as_ref().map(|confirm| &confirm.job.plan);
        if let Some((choices, answer)) = &mut forms.preview.foreseen
            && asked.is_none_or(|plan| plan.undoes.is_none() && plan.choices == *choices)
        {
            *answer = Some(foreseen.clone());
        }
        if let Some(confirm) = confirm {
            confirm.foreseen = Some(foreseen);
        }
        self.on_answered();
    }

    /// That AWS is still being asked holds no longer once it has answered.
    fn on_answered(&mut self) {
        let confirm = self.pages.shown.confirm_mut();
        if confirm.is_some_and(ConfirmPage::has_answered_at_last) {
            self.status = None;
        }
    }
}
