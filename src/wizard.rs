//! The interactive face: the loop that takes input and messages, alone changes the state, and draws on change.

pub mod input;
mod report;
mod state;
pub mod steps;
mod tasks;
pub mod ui;
mod view;

use std::path::PathBuf;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use crate::account::{Account, CallError, Source};
use crate::apply::Report;
use crate::model::{Choices, Identity, Partition, RoleArn};
use crate::plan::Plan;
use input::{InputReceiver, Stamped};
pub use report::plain as plain_report;
use state::{Findings, ListedRole, Load};
use steps::Step;
use steps::account::AccountStep;
use steps::apply::ApplyStep;
use steps::confirm::{Choice, ConfirmStep};
use steps::connect_from::ConnectFromStep;
use steps::preview::PreviewStep;
use steps::regions::RegionsStep;
use steps::roles::{RolesStep, Side};
use tasks::{Message, Tasks};
use ui::frame::Tone;
use ui::keys::{self, Action, Binding, hint, quiet};
use ui::picker::{Entry, Picker};
use ui::scroll::Scroll;
use ui::theme::Look;

/// How often the screen is drawn while something moves. Idle, nothing is drawn and nothing wakes.
const FRAME: Duration = Duration::from_millis(100);

/// What the wizard is started with.
#[derive(Clone, Debug)]
pub struct Options {
    pub look: Look,
    pub profile: Option<String>,
    /// Where saved plans go.
    pub folder: PathBuf,
    pub former: Former,
    /// Panics on this key: the restoring of the terminal has to be tried somehow.
    pub break_on: Option<char>,
}

/// Where the former documents are kept while they are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Former {
    /// In the log file with this path.
    InLog(String),
    /// Nowhere: the log file cannot be written.
    NotKept,
    /// The account is embedded in the program.
    Demo,
}

/// Why the program is asked to end from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    Interrupt,
    Terminate,
    HangUp,
}

/// How the wizard ended.
#[derive(Clone, Debug)]
pub enum Ending {
    /// Left before anything was carried out.
    Left { interrupted: bool },
    Ran {
        plan: Box<Plan>,
        report: Box<Report>,
        interrupted: bool,
    },
    /// A task of the program broke.
    Broken(String),
}

/// What lies over the step.
#[derive(Debug)]
enum Overlay {
    Help(Scroll),
    Profiles {
        picker: Picker,
        names: Load<Vec<String>>,
    },
    Quit,
}

struct Wizard {
    options: Options,
    source: Source,
    tasks: Tasks,
    account: Option<Account>,
    profile: Option<String>,
    findings: Findings,
    step: Step,
    overlay: Option<Overlay>,
    status: Option<(String, Tone)>,
    account_step: AccountStep,
    connect_from: ConnectFromStep,
    sagemaker_roles: RolesStep,
    user_roles: RolesStep,
    regions: RegionsStep,
    preview: PreviewStep,
    confirm: Option<ConfirmStep>,
    apply: Option<ApplyStep>,
    /// The role that the cursor was last found on.
    resting_on: Option<String>,
    busy_since: Option<Instant>,
    /// Leave as soon as what is being carried out has ended.
    leaving: bool,
    ending: Option<Ending>,
}

/// Runs the wizard until it ends.
///
/// # Errors
/// When the terminal can no longer be written to before anything is carried out.
pub async fn run<B: Backend>(
    terminal: &mut Terminal<B>,
    input: &mut InputReceiver,
    stops: &mut UnboundedReceiver<Stop>,
    source: Source,
    options: Options,
) -> Result<Ending, B::Error> {
    let (tasks, mut messages) = Tasks::new();
    let mut wizard = Wizard::new(source, options, tasks);
    wizard.connect();
    let mut drawn = None;
    let mut screen = 0;
    let mut blind = false;
    let mut frames = tokio::time::interval(FRAME);
    frames.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        if !blind {
            let written = terminal.draw(|frame| view::draw(frame, &mut wizard));
            if let Err(error) = written {
                // The terminal has gone. What is being carried out is brought to its end all the same.
                tracing::error!(%error, "the terminal cannot be written to");
                if !wizard.is_applying() {
                    return Err(error);
                }
                blind = true;
                wizard.on_stop(Stop::HangUp);
            } else if drawn != Some(wizard.step) {
                drawn = Some(wizard.step);
                screen = input.another_screen();
            }
        }
        let busy = wizard.tasks.is_busy();
        wizard.busy_since = if busy { wizard.busy_since.or_else(|| Some(Instant::now())) } else { None };
        tokio::select! {
            stamped = input.next() => match stamped {
                Some(stamped) => wizard.on_input(stamped, screen),
                None => {
                    wizard.on_stop(Stop::HangUp);
                    // Nothing more will come; waiting for it again would spin.
                    if wizard.ending.is_none() {
                        wizard.drain(&mut messages).await;
                    }
                }
            },
            Some(envelope) = messages.recv() => {
                wizard.on_envelope(envelope);
                while let Ok(envelope) = messages.try_recv() {
                    wizard.on_envelope(envelope);
                }
            }
            Some(stop) = stops.recv() => wizard.on_stop(stop),
            _ = frames.tick(), if busy => {}
        }
        if let Some(ending) = wizard.ending.take() {
            return Ok(ending);
        }
    }
}

impl Wizard {
    fn new(source: Source, options: Options, tasks: Tasks) -> Self {
        Self {
            profile: options.profile.clone(),
            options,
            source,
            tasks,
            account: None,
            findings: Findings::default(),
            step: Step::Account,
            overlay: None,
            status: None,
            account_step: AccountStep::default(),
            connect_from: ConnectFromStep::default(),
            sagemaker_roles: RolesStep::new(Side::SageMaker),
            user_roles: RolesStep::new(Side::User),
            regions: RegionsStep::default(),
            preview: PreviewStep::default(),
            confirm: None,
            apply: None,
            resting_on: None,
            busy_since: None,
            leaving: false,
            ending: None,
        }
    }

    /// Reads the account from the beginning.
    fn connect(&mut self) {
        self.tasks.stop_all();
        self.account = None;
        self.resting_on = None;
        self.findings = Findings::default();
        self.tasks.connect(self.source.clone(), self.profile.clone());
    }

    /// What the admin wants so far.
    fn choices(&self) -> Choices {
        let names = |step: &RolesStep| step.picker.picked().map(str::to_owned).collect();
        let regions = self.findings.regions.iter().map(|region| region.code.clone());
        let connect_from = self.connect_from.choice;
        Choices {
            connect_from,
            sagemaker_roles: names(&self.sagemaker_roles),
            user_roles: if connect_from.uses_user_roles() { names(&self.user_roles) } else { Vec::new() },
            regions: regions.filter(|code| self.regions.picker.is_picked(code)).collect(),
            harden_trust: self.preview.harden_trust,
            shell_access: self.preview.shell_access,
        }
    }

    fn plan(&self) -> Option<Plan> {
        self.findings.survey().map(|survey| Plan::new(&survey, &self.choices()))
    }

    fn is_applying(&self) -> bool {
        self.apply.as_ref().is_some_and(ApplyStep::is_running)
    }

    fn is_typing(&self) -> bool {
        match self.step {
            Step::SageMakerRoles => self.sagemaker_roles.is_typing(),
            Step::UserRoles => self.user_roles.is_typing(),
            Step::Regions => self.regions.picker.is_filtering(),
            Step::Account | Step::ConnectFrom | Step::Preview | Step::Confirm | Step::Apply => false,
        }
    }

    fn say(&mut self, text: impl Into<String>, tone: Tone) {
        self.status = Some((text.into(), tone));
    }

    /// The keys that work now.
    fn bindings(&self) -> Vec<Binding> {
        let mut bindings = match self.step {
            Step::Account => self.account_step.bindings(&self.findings),
            Step::ConnectFrom => self.connect_from.bindings(),
            Step::SageMakerRoles => self.sagemaker_roles.bindings(&self.findings),
            Step::UserRoles => self.user_roles.bindings(&self.findings),
            Step::Regions => self.regions.bindings(),
            Step::Preview => self.preview.bindings(),
            Step::Confirm => self.confirm.as_ref().map(ConfirmStep::bindings).unwrap_or_default(),
            Step::Apply => self.apply.as_ref().map(ApplyStep::bindings).unwrap_or_default(),
        };
        if !self.is_typing() {
            bindings.push(hint(KeyCode::Char('?'), Action::Help, "help"));
            if bindings.iter().all(|binding| binding.code != KeyCode::Char('q')) {
                let quit = if self.step == Step::Account { hint } else { quiet };
                bindings.push(quit(KeyCode::Char('q'), Action::Quit, "quit"));
            }
        }
        bindings
    }

    fn on_input(&mut self, stamped: Stamped, screen: u64) {
        match stamped.event {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
                    return self.on_stop(Stop::Interrupt);
                }
                // Typed before the question was on the screen: that is no answer to it.
                if self.step == Step::Confirm && stamped.screen != screen {
                    return;
                }
                self.on_key(key);
            }
            Event::Paste(text) => self.on_paste(&text),
            Event::Key(_) | Event::Resize(..) | Event::FocusGained | Event::FocusLost | Event::Mouse(_) => {}
        }
    }

    fn on_key(&mut self, key: KeyEvent) {
        self.status = None;
        assert!(
            self.options.break_on.is_none_or(|c| key.code != KeyCode::Char(c)),
            "broken on purpose"
        );
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
            Step::Regions => self.regions.type_key(key, &self.findings),
            Step::Account | Step::ConnectFrom | Step::Preview | Step::Confirm | Step::Apply => {}
        }
        self.read_what_is_picked();
    }

    fn add_typed(&mut self, typed: Vec<RoleArn>) {
        for arn in typed {
            self.findings.roles.entry(arn.name.clone()).or_insert_with(|| ListedRole::typed(&arn));
        }
    }

    fn on_paste(&mut self, text: &str) {
        match self.step {
            Step::SageMakerRoles => self.sagemaker_roles.paste(text),
            Step::UserRoles => self.user_roles.paste(text),
            Step::Regions if self.regions.picker.is_filtering() => self.regions.picker.paste(text),
            Step::Regions | Step::Account | Step::ConnectFrom | Step::Preview | Step::Confirm | Step::Apply => {}
        }
    }

    fn on_overlay_key(&mut self, key: KeyEvent) {
        let action = keys::find(&keys::MOVES, &key);
        match (&mut self.overlay, key.code) {
            (Some(Overlay::Quit), KeyCode::Char('y') | KeyCode::Enter) => {
                self.ending = Some(Ending::Left { interrupted: false });
            }
            (Some(Overlay::Profiles { picker, names: Load::Ready(names) }), KeyCode::Enter) => {
                let chosen = picker.current(&profile_entries(names)).map(|entry| entry.id.clone());
                self.overlay = None;
                if let Some(profile) = chosen {
                    self.switch_profile(profile);
                }
            }
            (Some(Overlay::Profiles { picker, names: Load::Ready(names) }), _) if action.is_some() => {
                if let Some(action) = action {
                    picker.act(action, &profile_entries(names));
                }
            }
            (Some(Overlay::Help(scroll)), _) if action.is_some() => {
                if let Some(action) = action {
                    scroll.act(action);
                }
            }
            (Some(Overlay::Quit), KeyCode::Char('n'))
            | (Some(Overlay::Help(_)), KeyCode::Char('?') | KeyCode::Enter)
            | (_, KeyCode::Esc | KeyCode::Char('q')) => self.overlay = None,
            _ => {}
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Next => self.go_on(),
            Action::Back => self.go_back(),
            Action::Quit => self.quit(),
            Action::Help => self.overlay = Some(Overlay::Help(Scroll::default())),
            Action::Profiles => {
                self.overlay = Some(Overlay::Profiles {
                    picker: Picker::default(),
                    names: Load::Waiting,
                });
                self.tasks.profiles(self.source.clone());
            }
            Action::Reload => self.reload(),
            Action::SavePlan => self.save_plan(),
            Action::Apply => self.begin(),
            Action::RetryFailed => self.retry_failed(),
            _ => self.act_in_step(action),
        }
        self.read_what_is_picked();
    }

    fn act_in_step(&mut self, action: Action) {
        match self.step {
            Step::Account => self.account_step.act(action),
            Step::ConnectFrom => self.connect_from.act(action),
            Step::SageMakerRoles => self.sagemaker_roles.act(action, &self.findings),
            Step::UserRoles => self.user_roles.act(action, &self.findings),
            Step::Regions => self.regions.act(action, &self.findings),
            Step::Preview => {
                let plan = self.plan();
                self.preview.act(action, plan.as_ref());
            }
            Step::Confirm => {
                if let Some(confirm) = &mut self.confirm {
                    confirm.act(action);
                }
            }
            Step::Apply => {
                if let Some(apply) = &mut self.apply {
                    apply.act(action);
                }
            }
        }
    }

    fn go_on(&mut self) {
        let missing = match self.step {
            Step::Account if self.findings.identity.ready().is_none() => Some("Who you are is not known yet."),
            Step::SageMakerRoles if self.sagemaker_roles.picker.count() == 0 => Some("Space picks a role; one at least."),
            Step::UserRoles if self.user_roles.picker.count() == 0 => Some("Space picks a role; one at least."),
            Step::Regions if self.choices().regions.is_empty() => Some("Space picks a region; one at least."),
            Step::Account
            | Step::ConnectFrom
            | Step::SageMakerRoles
            | Step::UserRoles
            | Step::Regions
            | Step::Preview
            | Step::Confirm
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
                    let what = crate::plan::words::counted(waiting, "reading");
                    return self.say(format!("{what} still to come; a moment."), Tone::Warn);
                }
                if let Some(plan) = self.plan() {
                    self.confirm = Some(ConfirmStep::new(plan));
                    self.step = Step::Confirm;
                }
            }
            Step::Confirm => match self.confirm.as_ref().map(ConfirmStep::focused) {
                Some(Choice::Apply | Choice::Check) => self.begin(),
                Some(Choice::GoBack) | None => self.go_back(),
            },
            _ => {
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
            Step::Account | Step::ConnectFrom | Step::Confirm | Step::Apply => false,
        };
        if closed {
            return;
        }
        if self.step == Step::Confirm {
            self.confirm = None;
        }
        if let Some(previous) = self.step.previous(&self.choices()) {
            self.step = previous;
        }
    }

    fn quit(&mut self) {
        match &self.apply {
            Some(apply) => match &apply.report {
                Some(report) => {
                    self.ending = Some(Ending::Ran {
                        plan: Box::new(apply.plan.clone()),
                        report: Box::new(report.clone()),
                        interrupted: false,
                    });
                }
                None => self.say("Ctrl-C stops after what is under way.", Tone::Warn),
            },
            None if self.has_picks() => self.overlay = Some(Overlay::Quit),
            None => self.ending = Some(Ending::Left { interrupted: false }),
        }
    }

    fn has_picks(&self) -> bool {
        [&self.sagemaker_roles.picker, &self.user_roles.picker, &self.regions.picker]
            .into_iter()
            .any(|picker| picker.count() > 0)
    }

    fn switch_profile(&mut self, profile: String) {
        self.profile = Some(profile);
        self.forget_roles();
        self.connect();
    }

    /// Roles belong to an account; regions do not.
    fn forget_roles(&mut self) {
        self.sagemaker_roles = RolesStep::new(Side::SageMaker);
        self.user_roles = RolesStep::new(Side::User);
    }

    fn reload(&mut self) {
        let Some(account) = self.account.clone() else {
            return self.connect();
        };
        match self.step {
            Step::Account => self.connect(),
            Step::SageMakerRoles | Step::UserRoles => {
                self.findings.roles_end = Load::Waiting;
                self.tasks.roles(&account);
            }
            Step::Regions => self.reload_tiers(&account),
            Step::Preview => {
                self.findings.readings.clear();
                self.reload_tiers(&account);
            }
            Step::ConnectFrom | Step::Confirm | Step::Apply => {}
        }
    }

    fn reload_tiers(&mut self, account: &Account) {
        self.findings.tiers.clear();
        let regions = self.findings.regions.iter().map(|region| region.code.clone()).collect();
        self.tasks.tiers(account, regions);
    }

    fn save_plan(&mut self) {
        let Some(plan) = self.plan() else {
            return;
        };
        match plan.to_json() {
            Ok(text) => self.tasks.save(self.options.folder.clone(), plan.identity.account, text),
            Err(error) => self.say(format!("The plan could not be saved: {error}"), Tone::Bad),
        }
    }

    /// Carries out the plan that was confirmed.
    fn begin(&mut self) {
        let (Some(confirm), Some(account)) = (self.confirm.take(), self.account.clone()) else {
            return;
        };
        let plan = confirm.plan;
        let apply = ApplyStep::new(plan.clone());
        self.tasks.apply(account, plan, None, self.findings.quotas, apply.cancel.clone());
        self.apply = Some(apply);
        self.step = Step::Apply;
    }

    /// Once more, what failed of the plan that was confirmed.
    fn retry_failed(&mut self) {
        let (Some(apply), Some(account)) = (&mut self.apply, self.account.clone()) else {
            return;
        };
        let failed = apply.failed();
        apply.begin_again(&failed);
        let (plan, cancel) = (apply.plan.clone(), apply.cancel.clone());
        self.tasks.apply(account, plan, Some(failed), self.findings.quotas, cancel);
    }

    fn on_stop(&mut self, stop: Stop) {
        match &self.apply {
            Some(apply) => match &apply.report {
                None => {
                    apply.cancel.cancel();
                    self.leaving |= stop != Stop::Interrupt;
                }
                Some(report) => {
                    self.ending = Some(Ending::Ran {
                        plan: Box::new(apply.plan.clone()),
                        report: Box::new(report.clone()),
                        interrupted: stop != Stop::Interrupt,
                    });
                }
            },
            None => self.ending = Some(Ending::Left { interrupted: true }),
        }
    }

    /// Takes messages until the run that is under way has ended.
    async fn drain(&mut self, messages: &mut UnboundedReceiver<tasks::Envelope>) {
        while self.ending.is_none() {
            match messages.recv().await {
                Some(envelope) => self.on_envelope(envelope),
                None => return,
            }
        }
    }

    fn on_envelope(&mut self, envelope: tasks::Envelope) {
        if let Some(message) = self.tasks.accept(envelope) {
            self.on_message(message);
            self.read_what_is_picked();
        }
    }

    fn on_message(&mut self, message: Message) {
        match message {
            Message::Connected(connection) => match *connection {
                Ok(account) => self.on_connected(account),
                Err(error) => self.findings.identity = Load::Failed(error),
            },
            Message::Identity(answer) => self.on_identity(*answer),
            Message::Quotas(quotas) => self.findings.quotas = quotas,
            Message::RolesPage(page) => {
                for summary in page {
                    self.findings.roles.insert(summary.name.clone(), ListedRole::new(summary));
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
            Message::Role(name, reading) => self.on_role(name, *reading),
            Message::Profiles(answer) => {
                if let Some(Overlay::Profiles { names, .. }) = &mut self.overlay {
                    *names = match answer {
                        Ok(list) => Load::Ready(list),
                        Err(error) => Load::Failed(error),
                    };
                }
            }
            Message::Apply(event) => self.on_apply(*event),
            Message::Saved(Ok(path)) => self.say(format!("The plan is in {}.", path.display()), Tone::Good),
            Message::Saved(Err(why)) => self.say(format!("The plan could not be saved: {why}"), Tone::Bad),
            Message::Panicked(task) => self.ending = Some(Ending::Broken(task)),
        }
    }

    fn on_connected(&mut self, account: Account) {
        self.tasks.identity(account.clone());
        self.tasks.roles(&account);
        // The partition is known for certain only with the identity; the region tells it well enough to begin with.
        let partition = Partition::of_region(account.home_region());
        self.tasks.regions(account.clone(), partition);
        self.account = Some(account);
    }

    fn on_identity(&mut self, answer: Result<Identity, CallError>) {
        let identity = match answer {
            Ok(identity) => identity,
            Err(error) => {
                self.findings.identity = Load::Failed(error);
                return;
            }
        };
        let guessed = Partition::of_region(&identity.home_region);
        if let (true, Some(account)) = (guessed != identity.partition, self.account.clone()) {
            self.findings.regions.clear();
            self.findings.tiers.clear();
            self.tasks.regions(account, identity.partition.clone());
        }
        self.findings.identity = Load::Ready(identity);
    }

    fn on_regions(&mut self, regions: Vec<crate::model::Region>) {
        for region in regions {
            if self.findings.regions.iter().all(|known| known.code != region.code) {
                self.findings.regions.push(region);
            }
        }
        let unread = self.findings.regions.iter().filter(|region| !self.findings.tiers.contains_key(&region.code));
        let unread = unread.map(|region| region.code.clone()).collect();
        if let Some(account) = &self.account {
            self.tasks.tiers(account, unread);
        }
    }

    fn on_role(&mut self, name: String, reading: Result<crate::model::RoleReading, CallError>) {
        let load = match reading {
            Ok(reading) => {
                // What was typed, or has changed since the list came, is now known better.
                if let Some(listed) = self.findings.roles.get_mut(&name) {
                    let mut summary = listed.summary.clone();
                    summary.path.clone_from(&reading.path);
                    summary.arn.clone_from(&reading.arn);
                    summary.trust.clone_from(&reading.trust);
                    *listed = ListedRole::new(summary);
                }
                Load::Ready(reading)
            }
            Err(error) => Load::Failed(error),
        };
        self.findings.readings.insert(name, load);
    }

    fn on_apply(&mut self, event: crate::apply::Event) {
        let Some(apply) = &mut self.apply else {
            return;
        };
        apply.on_event(event);
        if let (Some(report), true) = (&apply.report, self.leaving) {
            self.ending = Some(Ending::Ran {
                plan: Box::new(apply.plan.clone()),
                report: Box::new(report.clone()),
                interrupted: true,
            });
        }
    }

    /// Asks for the closer reading of roles that are picked, and of the one that the cursor rests on.
    fn read_what_is_picked(&mut self) {
        let Some(account) = self.account.clone() else {
            return;
        };
        let picked = self.sagemaker_roles.picker.picked().chain(self.user_roles.picker.picked());
        let unread: Vec<String> =
            picked.filter(|name| !self.findings.readings.contains_key(*name)).map(str::to_owned).collect();
        for name in unread {
            self.findings.readings.insert(name.clone(), Load::Waiting);
            self.tasks.role(account.clone(), name);
        }
        let here = match self.step {
            Step::SageMakerRoles => self.sagemaker_roles.current(&self.findings),
            Step::UserRoles => self.user_roles.current(&self.findings),
            Step::Account | Step::ConnectFrom | Step::Regions | Step::Preview | Step::Confirm | Step::Apply => None,
        };
        if here != self.resting_on {
            self.resting_on.clone_from(&here);
            if let Some(name) = here.filter(|name| !self.findings.readings.contains_key(name)) {
                self.tasks.resting_role(account, name);
            }
        }
    }
}

/// The profiles as a list to choose from.
fn profile_entries(names: &[String]) -> Vec<Entry> {
    names
        .iter()
        .map(|name| Entry {
            id: name.clone(),
            haystack: name.clone(),
            group: String::new(),
            welcome: true,
        })
        .collect()
}
