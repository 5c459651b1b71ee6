//! From messages of tasks to findings.

use std::time::Duration;

use super::overlay::{Insecure, MfaCode, Overlay};
use super::role_list::ListedRole;
use super::state::Load;
use super::tasks::{Message, Slot};
use super::ui::frame::Tone;
use super::{Ending, Start, Wizard};
use crate::account::{Account, CallError};
use crate::apply::{self, Aim, Job};
use crate::journal::Record;
use crate::model::endpoint::insecurity;
use crate::model::{Identity, Region, RoleReading, RoleSummary, TypedRole};
use crate::undo::Undo;

/// Credentials that take longer than this to come may have been asked of a person.
const BY_ITSELF: Duration = Duration::from_secs(1);

impl Wizard {
    pub(super) fn on_message(&mut self, message: Message) {
        match message {
            Message::Connected(connection) => match *connection {
                Ok(account) => self.on_connected(account),
                Err(error) => self.findings.identity = Load::Failed(error),
            },
            Message::MfaCode(request) => {
                self.overlay = Some(Overlay::MfaCode(Box::new(MfaCode::new(request))));
            }
            Message::Identity(answer) => self.on_identity(*answer),
            Message::Quotas(quotas) => self.findings.quotas = quotas,
            Message::RolesPage(page) => {
                for role in page {
                    self.findings.roles.insert(role);
                }
            }
            Message::RolesEnd(end) => {
                self.findings.roles_end = match end {
                    Ok(()) => Load::Ready(()),
                    Err(error) => Load::Failed(error),
                }
            }
            Message::Regions(regions) => self.on_regions(regions),
            Message::Tier(region, reading) => {
                self.findings.tiers.insert(region, reading);
            }
            Message::NodeCount(region, nodes) => {
                self.findings.nodes.insert(region, nodes);
            }
            Message::Nodes(nodes) => {
                if let Some(Overlay::Nodes(view)) = &mut self.overlay {
                    view.take_in(nodes);
                }
            }
            Message::Role(name, reading) => self.on_role(name, *reading),
            Message::Profiles(answer) => {
                if let Some(Overlay::Profiles(profiles)) = &mut self.overlay {
                    profiles.take_in(answer);
                }
            }
            Message::Apply(event) => self.on_apply(*event),
            Message::Saved(Ok(said)) => self.say(said, Tone::Good),
            Message::Saved(Err(why)) => {
                self.say(format!("It could not be saved: {why}"), Tone::Bad);
            }
            Message::CutOff(records, trouble) => self.on_cut_off(records, trouble),
            Message::Undo(undo) => self.on_undo(*undo),
            Message::Proved(proof) => {
                if let Some(apply) = &mut self.apply {
                    apply.on_proof(proof);
                }
            }
            Message::LiveSaid(text) => {
                if let Some(live) = self.live_check() {
                    live.on_said(text);
                }
            }
            Message::Live(live) => self.on_live(*live),
            Message::GeneralPreflight(preflight) => self.findings.preflight = Some(preflight),
            Message::Preflight(preflight) => {
                if let Some(confirm) = &mut self.confirm {
                    confirm.preflight = Some(preflight);
                }
            }
            Message::Foreseen(foreseen) => {
                // The preview asked, or the question about the same; what an undoing asked is another matter.
                let asked = self.confirm.as_ref().map(|confirm| &confirm.job.plan);
                let is_same = |choices: &crate::model::Choices| {
                    asked.is_none_or(|plan| plan.undoes.is_none() && plan.choices == *choices)
                };
                if let Some((choices, answer)) = &mut self.preview.foreseen
                    && is_same(choices)
                {
                    *answer = Some(foreseen.clone());
                }
                if let Some(confirm) = &mut self.confirm {
                    confirm.foreseen = Some(foreseen);
                }
            }
            Message::Written(target, written) => self.on_written(target, written),
            Message::Looked(subject, looked) => self.on_looked(&subject, looked),
            Message::Panicked(slot) => self.on_panic(&slot),
        }
    }

    fn on_connected(&mut self, account: Account) {
        let records = self.options.records.clone();
        self.tasks.identity(account.clone(), records);
        self.tasks.roles(&account);
        self.findings.credentials = Some(account.credentials());
        self.account = Some(account);
    }

    fn on_identity(&mut self, answer: Result<Identity, CallError>) {
        let is_waiting = self.findings.identity.is_waiting();
        if is_waiting && self.connecting_since.elapsed() > BY_ITSELF {
            // A credential process that asks somebody writes on the same terminal.
            self.redraw = true;
        }
        let identity = match answer {
            Ok(identity) => identity,
            Err(error) => {
                self.findings.identity = Load::Failed(error);
                return;
            }
        };
        let is_first = self.findings.identity.ready().is_none();
        // Credentials may have been renewed for another account; roles of the same name there are other roles.
        if is_first {
            let records = self.options.records.clone();
            self.tasks.cut_off(records, identity.account.clone());
            if let Some(account) = self.account.clone() {
                let partition = identity.partition.clone();
                self.tasks.regions(account.clone(), partition);
                self.tasks.general_preflight(account, identity.clone());
            }
        }
        let known = self.account_number.replace(identity.account.clone());
        if known.is_some_and(|known| known != identity.account) {
            self.forget_roles();
            self.say(
                "These credentials belong to another account; the roles were unpicked.",
                Tone::Warn,
            );
        }
        self.findings.identity = Load::Ready(identity);
        if is_first {
            self.ask_about_plain_http();
        }
        if let Start::Guide(choices) = &mut self.options.start
            && let Some(chosen) = choices.take()
        {
            self.choose(&chosen.choices);
            self.add_typed(chosen.arns);
            self.guide();
        }
    }

    /// Says that a run was cut off, unless something else is open, or being carried out.
    fn on_cut_off(&mut self, records: Vec<Record>, trouble: Option<String>) {
        if let Some(trouble) = trouble {
            self.say(trouble, Tone::Warn);
        }
        let is_free = self.overlay.is_none() && self.apply.is_none() && self.confirm.is_none();
        if !records.is_empty() && self.options.start != Start::SetUp {
            // Both ways to take care of it write.
            let text = "A run of this program was cut off here. Start it without \"guide\" to take care of it.";
            self.say(text, Tone::Warn);
        } else if let (Some(record), true) = (records.last(), is_free) {
            let others = records.len() - 1;
            self.overlay = Some(Overlay::cut_off(record.clone(), others));
        }
        self.cut_off = records;
    }

    /// Asks whether to go on over plain HTTP to another computer, unless that was answered.
    pub(super) fn ask_about_plain_http(&mut self) {
        let Some(identity) = self.findings.identity.ready() else {
            return;
        };
        let accepted = self.options.insecure_endpoint
            || self.account_step.accepted.as_ref() == Some(&identity.endpoints);
        if let Some(meaning) = insecurity(&identity.endpoints).filter(|_| !accepted) {
            self.overlay = Some(Overlay::Insecure(Insecure::new(meaning)));
        }
    }

    /// Goes on over plain HTTP to these endpoints; then what had to wait for that is told.
    pub(super) fn accept_insecure(&mut self) {
        let identity = self.findings.identity.ready();
        self.account_step.accepted = identity.map(|identity| identity.endpoints.clone());
        self.overlay = None;
        let cut_off = std::mem::take(&mut self.cut_off);
        self.on_cut_off(cut_off, None);
    }

    /// What can be put back is known: now it is asked about.
    fn on_undo(&mut self, undo: Result<Undo, String>) {
        if !matches!(self.overlay, Some(Overlay::Undoing(_))) {
            return;
        }
        self.overlay = None;
        match undo {
            Ok(undo) => self.ask_about(Job {
                plan: undo.plan,
                only: None,
                aim: Aim::PutBack(undo.reversal),
                continues: undo.continues,
            }),
            Err(why) => self.say(why, Tone::Bad),
        }
    }

    /// A broken task ends the program, but never while changes are being made by another one.
    fn on_panic(&mut self, slot: &Slot) {
        let is_trying = self.live_check().is_some_and(|live| live.is_running());
        let is_needed = matches!(slot, Slot::Apply | Slot::Live);
        if (self.is_applying() || is_trying) && !is_needed {
            self.say(
                format!("A part of the program broke ({slot:?}). What is being done goes on."),
                Tone::Bad,
            );
            return;
        }
        self.ending = Some(Ending::Broken {
            task: format!("{slot:?}"),
            applying: self.may_have_changed_something() || *slot == Slot::Live,
        });
    }

    pub(super) fn on_regions(&mut self, regions: Vec<Region>) {
        for region in regions {
            if self
                .findings
                .regions
                .iter()
                .all(|known| known.code != region.code)
            {
                self.findings.regions.push(region);
            }
        }
        let unread = self
            .findings
            .regions
            .iter()
            .filter(|region| !self.findings.tiers.contains_key(&region.code));
        let unread: Vec<String> = unread.map(|region| region.code.clone()).collect();
        let uncounted = self
            .findings
            .regions
            .iter()
            .filter(|region| !self.findings.nodes.contains_key(&region.code));
        let uncounted = uncounted.map(|region| region.code.clone()).collect();
        if let Some(account) = &self.account {
            self.tasks.node_counts(account, uncounted);
            self.tasks.tiers(account, unread);
        }
    }

    pub(super) fn on_role(&mut self, name: String, reading: Result<RoleReading, CallError>) {
        let load = match reading {
            Ok(reading) => {
                // What was typed, or has changed since the list came, is now known better.
                let known = self.findings.roles.get(&name);
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
                self.findings.roles.insert(ListedRole::new(summary));
                if let Some(typed) = other_arn {
                    self.say_other_arn(&typed, &name, &reading.arn);
                }
                Load::Ready(reading)
            }
            Err(error) => {
                self.list_unread(&name);
                Load::Failed(error)
            }
        };
        self.findings.readings.insert(name, load);
    }

    /// What was typed names no role, but for its last part; that role is the one that is picked.
    pub(super) fn say_other_arn(&mut self, typed: &str, name: &str, arn: &str) {
        let text =
            format!("There is no role {typed}. The role {name} is {arn}; that one is picked.");
        self.say(text, Tone::Warn);
    }

    /// A picked role that can neither be listed nor read stands in the list all the same, so that it can be unpicked.
    fn list_unread(&mut self, name: &str) {
        let role = TypedRole {
            name: name.to_owned(),
            arn: None,
        };
        self.findings.roles.add(ListedRole::typed(&role));
    }

    fn on_apply(&mut self, event: apply::Event) {
        let Some(apply) = &mut self.apply else {
            return;
        };
        apply.on_event(event);
        let set_up = apply
            .report
            .as_ref()
            .and_then(|report| report.verification.as_ref());
        let set_up = set_up.filter(|plan| plan.undoes.is_none()).cloned();
        if let (Some(plan), Some(account)) = (set_up, self.account.clone()) {
            apply.ask_simulator();
            self.tasks.prove(account, plan);
        }
        if apply.report.is_some() {
            // What was said while it went on does not hold any more.
            self.status = None;
        }
        if apply.report.is_some() && self.leaving {
            self.ran(true);
        }
    }
}
