//! From keys to what they do: what is open gets a key first, then the text being typed, then the step's bindings.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::input::Stamped;
use super::overlay::{Answer, ExplainView, Overlay};
use super::role_list::ListedRole;
use super::page::Step;
use super::page::apply::RunPage;
use super::page::confirm::{Choice, ConfirmPage};
use super::page::guide::GuidePage;
use super::tasks::Slot;
use super::widget::frame::Tone;
use super::widget::keys::{self, Action, Binding, hint, quiet};
use super::{Start, Wizard};
use crate::model::TypedRole;
use crate::text::counted;
use crate::terminal::{self, Stop};

impl Wizard {
    pub(super) fn is_typing(&self) -> bool {
        if let Some(overlay) = &self.overlay {
            return overlay.is_typing();
        }
        match self.step {
            Step::SageMakerRoles => self.sagemaker_roles.is_typing(),
            Step::UserRoles => self.user_roles.is_typing(),
            Step::Regions => self.regions.picker.is_filtering(),
            Step::Account
            | Step::ConnectFrom
            | Step::Preview
            | Step::Confirm
            | Step::Guide
            | Step::Apply => false,
        }
    }

    /// The keys that work now.
    pub(super) fn bindings(&self) -> Vec<Binding> {
        let mut bindings = match self.step {
            Step::Account => self.account_step.bindings(&self.findings),
            Step::ConnectFrom => self.connect_from.bindings(),
            Step::SageMakerRoles => self.sagemaker_roles.bindings(&self.findings),
            Step::UserRoles => self.user_roles.bindings(&self.findings),
            Step::Regions => self.regions.bindings(),
            Step::Preview => self.preview.bindings(),
            Step::Confirm => self
                .confirm
                .as_ref()
                .map(ConfirmPage::bindings)
                .unwrap_or_default(),
            Step::Guide => self.of_guide(GuidePage::bindings).unwrap_or_default(),
            Step::Apply => self
                .apply
                .as_ref()
                .map(RunPage::bindings)
                .unwrap_or_default(),
        };
        if !self.is_typing() {
            bindings.push(hint(KeyCode::Char('?'), Action::Help, "help"));
            if bindings
                .iter()
                .all(|binding| binding.code != KeyCode::Char('q'))
            {
                let quit = if self.step == Step::Account {
                    hint
                } else {
                    quiet
                };
                bindings.push(quit(KeyCode::Char('q'), Action::Quit, "quit"));
            }
        }
        bindings
    }

    pub(super) fn on_input(&mut self, stamped: Stamped, screen: u64) {
        match stamped.event {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                if is_control(&key, 'c') {
                    return self.on_stop(Stop::Interrupt);
                }
                if is_control(&key, 'l') {
                    self.redraw = true;
                    return;
                }
                if is_control(&key, 'z') {
                    if !terminal::request_suspend() {
                        self.say("There is no shell that could bring it back.", Tone::Warn);
                    }
                    return;
                }
                // Typed before the question was on the screen: that is no answer to it.
                if self.is_asking() && stamped.screen != screen {
                    return;
                }
                self.on_key(key);
            }
            Event::Paste(text) => self.on_paste(&text),
            Event::Key(_)
            | Event::Resize(..)
            | Event::FocusGained
            | Event::FocusLost
            | Event::Mouse(_) => {}
        }
    }

    /// Whether a key that was typed before the screen was drawn must not count: at the last question, at the one before a
    /// live check, and where the end of a guide has just come.
    fn is_asking(&self) -> bool {
        let is_end = || {
            self.apply
                .as_ref()
                .is_some_and(|apply| apply.only_looks() && !apply.is_running())
        };
        let asks_to_try = || matches!(&self.overlay, Some(Overlay::Live(live)) if live.is_asking());
        self.step == Step::Confirm || (self.step == Step::Apply && (is_end() || asks_to_try()))
    }

    fn on_key(&mut self, key: KeyEvent) {
        self.status = None;
        assert!(
            self.options
                .break_on
                .is_none_or(|c| key.code != KeyCode::Char(c)),
            "broken on purpose"
        );
        let with_modifier = KeyModifiers::CONTROL | KeyModifiers::ALT;
        if key.modifiers.intersects(with_modifier) && !self.is_typing() {
            return;
        }
        if self.overlay.is_some() {
            return self.on_overlay_key(key);
        }
        if self.is_typing() {
            return self.on_typed(key);
        }
        if let Some(action) = keys::find(&self.bindings(), &key) {
            self.perform(action);
        }
    }

    fn on_typed(&mut self, key: KeyEvent) {
        match self.step {
            Step::SageMakerRoles => {
                let typed = self.sagemaker_roles.type_key(key, &self.findings);
                self.add_typed(typed);
            }
            Step::UserRoles => {
                let typed = self.user_roles.type_key(key, &self.findings);
                self.add_typed(typed);
            }
            Step::Regions => self.regions.type_key(key),
            Step::Account
            | Step::ConnectFrom
            | Step::Preview
            | Step::Confirm
            | Step::Guide
            | Step::Apply => {}
        }
    }

    pub(super) fn add_typed(&mut self, typed: Vec<TypedRole>) {
        for role in typed {
            let listed = self.findings.roles.get(&role.name);
            let listed = listed.map(|listed| listed.summary.arn.clone());
            let arn = role.arn.as_ref().map(ToString::to_string);
            if let (Some(listed), Some(arn)) = (listed, arn)
                && !listed.is_empty()
                && listed != arn
            {
                self.say_other_arn(&arn, &role.name, &listed);
            }
            self.findings.roles.add(ListedRole::typed(&role));
        }
    }

    fn on_paste(&mut self, text: &str) {
        if let Some(overlay) = &mut self.overlay {
            match overlay {
                Overlay::MfaCode(code) => code.paste(text),
                Overlay::Explain(view) => view.paste(text),
                _ => {}
            }
            return;
        }
        match self.step {
            Step::SageMakerRoles => self.sagemaker_roles.paste(text),
            Step::UserRoles => self.user_roles.paste(text),
            Step::Regions if self.regions.picker.is_filtering() => self.regions.picker.paste(text),
            Step::Regions
            | Step::Account
            | Step::ConnectFrom
            | Step::Preview
            | Step::Confirm
            | Step::Guide
            | Step::Apply => {}
        }
        if !self.is_typing() {
            self.say(
                "A pasted text goes into a text field; none is open here.",
                Tone::Plain,
            );
        }
    }

    fn on_overlay_key(&mut self, key: KeyEvent) {
        let Some(overlay) = &mut self.overlay else {
            return;
        };
        match overlay.on_key(key) {
            Answer::StayOpen => {}
            Answer::Close => {
                self.overlay = None;
                self.ask_about_plain_http();
            }
            Answer::GoOn(record) => {
                self.overlay = None;
                self.go_on_with(&record);
            }
            Answer::Undo(run) => {
                self.overlay = None;
                self.undo(run);
            }
            Answer::NoUndo => {
                self.overlay = None;
                self.tasks.stop(&Slot::Undo);
            }
            Answer::TryLive => self.try_live(),
            Answer::AcceptInsecure => self.accept_insecure(),
            Answer::Profiles => self.perform(Action::Profiles),
            Answer::Explain => {
                let report = self.apply.as_ref().and_then(|apply| apply.report.as_ref());
                let now = report.and_then(|report| report.verification.as_ref());
                let plan = now.or(self.known.as_ref().map(|known| &known.plan));
                let view = ExplainView::new(plan.cloned());
                self.overlay = Some(Overlay::Explain(Box::new(view)));
            }
            Answer::Leave => self.ending = Some(self.left(false)),
            Answer::Profile(profile) => {
                self.overlay = None;
                self.switch_profile(profile);
            }
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Next => self.go_on(),
            Action::Back => self.go_back(),
            Action::Quit => self.quit(),
            Action::Help => self.overlay = Some(Overlay::help()),
            Action::Profiles => {
                self.overlay = Some(Overlay::profiles());
                self.tasks.profiles(self.source.clone());
            }
            Action::Reload => self.reload(),
            Action::SavePlan => self.save_plan(),
            Action::Export => self.export(),
            Action::Guide => self.guide(),
            Action::Apply => self.begin(),
            Action::RetryFailed => self.retry_failed(),
            Action::Undo => {
                let run = self.apply.as_ref().and_then(RunPage::undoable);
                if let Some(run) = run.map(str::to_owned) {
                    self.undo(run);
                }
            }
            Action::Live => self.ask_about_live(),
            Action::Nodes => self.look_for_nodes(),
            Action::Copy if self.step == Step::Apply => self.copy_sheet(),
            Action::Copy if self.step != Step::Guide => self.copy_missing_policy(),
            Action::WriteText if self.step == Step::Apply => self.write_sheet(),
            _ => self.act_in_step(action),
        }
    }

    fn act_in_step(&mut self, action: Action) {
        match self.step {
            Step::Account => self.account_step.act(action),
            Step::ConnectFrom => self.connect_from.act(action),
            Step::SageMakerRoles => self.sagemaker_roles.act(action),
            Step::UserRoles => self.user_roles.act(action),
            Step::Regions => self.regions.act(action),
            Step::Preview => {
                let plan = self.known.as_ref().map(|known| &known.plan);
                self.preview.act(action, plan);
            }
            Step::Confirm => {
                if let Some(confirm) = &mut self.confirm {
                    confirm.act(action);
                }
            }
            Step::Guide => self.act_in_guide(action),
            Step::Apply => {
                if let Some(apply) = &mut self.apply {
                    apply.act(action);
                }
            }
        }
    }

    fn go_on(&mut self) {
        let pick_a_role = if self.findings.roles.is_empty() {
            "Type t to give a role's ARN or name; one at least."
        } else {
            "Space picks a role; one at least."
        };
        let missing = match self.step {
            Step::Account if self.findings.identity.ready().is_none() => {
                Some("Who you are is not known yet.")
            }
            Step::SageMakerRoles if self.sagemaker_roles.picker.count() == 0 => Some(pick_a_role),

            Step::UserRoles if self.user_roles.picker.count() == 0 => Some(pick_a_role),

            Step::Regions if self.choices().regions.is_empty() => {
                Some("Space picks a region; one at least.")
            }
            Step::Account
            | Step::ConnectFrom
            | Step::SageMakerRoles
            | Step::UserRoles
            | Step::Regions
            | Step::Preview
            | Step::Confirm
            | Step::Guide
            | Step::Apply => None,
        };
        if let Some(missing) = missing {
            return self.say(missing, Tone::Warn);
        }
        let choices = self.choices();
        match self.step {
            Step::Preview => {
                let waiting = self.findings.still_reading(&choices);
                if waiting > 0 {
                    let what = counted(waiting, "reading");
                    return self.say(format!("{what} still to come; a moment."), Tone::Warn);
                }
                match self.plan().cloned() {
                    Some(plan) if self.options.start == Start::SetUp => self.ask(plan),
                    Some(_) => self.guide(),
                    None => {}
                }
            }
            Step::Confirm => match self.confirm.as_ref().map(ConfirmPage::focus) {
                Some(Choice::Apply | Choice::Check) => self.begin(),
                Some(Choice::Guide) => self.guide(),
                Some(Choice::Export) => self.export(),
                Some(Choice::GoBack) => self.go_back(),
                None => {}
            },
            Step::Guide => self.next_page(),
            Step::Account
            | Step::ConnectFrom
            | Step::SageMakerRoles
            | Step::UserRoles
            | Step::Regions
            | Step::Apply => {
                if let Some(next) = self.step.next(&choices) {
                    self.step = next;
                }
            }
        }
    }

    fn go_back(&mut self) {
        let closed = match self.step {
            Step::SageMakerRoles => self.sagemaker_roles.close(),
            Step::UserRoles => self.user_roles.close(),
            Step::Regions => self.regions.close(),
            Step::Preview => self.preview.close(),
            Step::Account | Step::ConnectFrom | Step::Confirm | Step::Guide | Step::Apply => false,
        };
        if closed {
            return;
        }
        if self.step == Step::Guide {
            return self.previous_page();
        }
        if self.step == Step::Apply {
            return self.back_to_guide();
        }
        if let Some(confirm) = self.confirm.take() {
            self.step = confirm.asked_from;
            return;
        }
        if let Some(previous) = self.step.previous(&self.choices()) {
            self.step = previous;
        }
    }

    fn quit(&mut self) {
        match &self.apply {
            Some(apply) => match &apply.report {
                Some(_) => {
                    let interrupted = apply.cancel.is_cancelled();
                    self.ran(interrupted);
                }
                None if apply.only_looks() => self.ending = Some(self.left(false)),
                None => self.say("Ctrl-C stops after what is under way.", Tone::Warn),
            },
            None if self.has_picks() => {
                self.overlay = Some(Overlay::quit(self.guide.is_some()));
            }
            None => self.ending = Some(self.left(false)),
        }
    }

    fn has_picks(&self) -> bool {
        [
            &self.sagemaker_roles.picker,
            &self.user_roles.picker,
            &self.regions.picker,
        ]
        .into_iter()
        .any(|picker| picker.count() > 0)
    }
}

fn is_control(key: &KeyEvent, letter: char) -> bool {
    key.code == KeyCode::Char(letter) && key.modifiers.contains(KeyModifiers::CONTROL)
}
