//! The interactive face: the loop that takes input and messages, alone changes the state, and draws on change.

mod arrivals;
mod guiding;
pub mod input;
mod keyboard;
mod live;
mod overlay;
mod report;
mod role_list;
mod runs;
mod saving;
mod state;
pub mod steps;
mod tasks;
pub mod ui;
mod view;

use std::path::PathBuf;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use crate::account::{Account, Source};
use crate::apply::Report;
use crate::export::{self, File, Form};
use crate::journal::{Record, Records};
use crate::model::{Choices, Survey, TypedRole};
use crate::plan::Plan;
use crate::terminal::{self, Clipboard, JobSignal, Stop};
use crate::verify::live::Live;
use input::InputReceiver;
use overlay::Overlay;
use state::{Findings, Load};
use steps::Step;
use steps::account::AccountStep;
use steps::apply::ApplyStep;
use steps::confirm::ConfirmStep;
use steps::connect_from::ConnectFromStep;
use steps::guide::GuideStep;
use steps::preview::PreviewStep;
use steps::regions::RegionsStep;
use steps::roles::{RolesStep, Side};
use tasks::Tasks;
use ui::frame::Tone;
use ui::theme::Look;

/// How often the screen is drawn while something moves. Idle, nothing is drawn and nothing wakes.
const FRAME: Duration = Duration::from_millis(100);

/// Where the wizard leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// To the question whether to carry the plan out.
    SetUp,
    /// To the guide, at once where the choices are made already. Nothing can be written on this way.
    Guide(Option<Chosen>),
}

/// Choices that are made already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    pub choices: Choices,
    /// The roles that were given by their ARN, or by a session's.
    pub arns: Vec<TypedRole>,
}

/// What the wizard is started with.
#[derive(Clone, Debug)]
pub struct Options {
    pub look: Look,
    pub profile: Option<String>,
    /// Where saved plans go.
    pub folder: PathBuf,
    /// Where the records of runs go.
    pub records: Records,
    pub start: Start,
    /// Where copied texts go.
    pub clipboard: Clipboard,
    /// Plain HTTP to another computer is accepted.
    pub insecure_endpoint: bool,
    /// Panics on this key: the restoring of the terminal has to be tried somehow.
    pub break_on: Option<char>,
}

/// How the wizard ended.
#[derive(Clone, Debug)]
pub enum Ending {
    /// Left before anything was carried out.
    Left {
        interrupted: bool,
        /// A guide was open: something may have been done by hand.
        guided: bool,
    },
    Ran {
        plan: Box<Plan>,
        report: Box<Report>,
        /// What a live check came to, where there was one.
        live: Option<Live>,
        interrupted: bool,
    },
    /// A task of the program broke; whether changes were being made.
    Broken { task: String, applying: bool },
}

/// What comes from outside besides keys.
#[derive(Debug)]
pub struct Signals {
    pub stops: UnboundedReceiver<Stop>,
    pub jobs: UnboundedReceiver<JobSignal>,
}

/// A plan, and the reading that it was made from.
struct Known {
    plan: Plan,
    survey: Survey,
}

struct Wizard {
    options: Options,
    source: Source,
    tasks: Tasks,
    account: Option<Account>,
    profile: Option<String>,
    findings: Findings,
    /// Derived from the findings and the choices after each event.
    known: Option<Known>,
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
    guide: Option<GuideStep>,
    /// How many questions were asked.
    questions: u64,
    apply: Option<ApplyStep>,
    /// What was carried out before that, in this wizard.
    earlier: Option<(Box<Plan>, Box<Report>)>,
    /// The account whose roles are picked.
    account_number: Option<String>,
    /// Runs of this account that were cut off, and of which nobody has taken care yet.
    cut_off: Vec<Record>,
    /// The role that the cursor was last found on.
    resting_on: Option<String>,
    busy_since: Option<Instant>,
    /// Everything has to be drawn anew: something else may have written on the terminal.
    redraw: bool,
    /// When the credentials were asked for.
    connecting_since: Instant,
    /// Leave as soon as what is being carried out has ended.
    leaving: bool,
    ending: Option<Ending>,
}

/// Runs the wizard until it ends. A terminal that has gone counts as a hang-up.
pub async fn run<B: Backend>(
    terminal: &mut Terminal<B>,
    input: &mut InputReceiver,
    signals: &mut Signals,
    source: Source,
    options: Options,
) -> Ending {
    let (tasks, mut messages) = Tasks::new();
    let mut wizard = Wizard::new(source, options, tasks);
    wizard.connect();
    // The step, the number of the question that it asks, and whether something is being carried out.
    let mut drawn = None;
    let mut screen = 0;
    let mut blind = false;
    let mut suspended = false;
    let mut frames = tokio::time::interval(FRAME);
    frames.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        wizard.refresh();
        if !blind && !suspended {
            let cleared = if std::mem::take(&mut wizard.redraw) {
                view::forget_screen(terminal)
            } else {
                Ok(())
            };
            let written = cleared.and_then(|()| {
                terminal
                    .draw(|frame| view::draw(frame, &mut wizard))
                    .map(drop)
            });
            if let Err(error) = written {
                // What is being carried out is brought to its end all the same.
                tracing::error!(%error, "the terminal cannot be written to");
                blind = true;
                wizard.on_stop(Stop::HangUp);
            } else if drawn != Some((wizard.step, wizard.questions, wizard.is_applying())) {
                drawn = Some((wizard.step, wizard.questions, wizard.is_applying()));
                screen = input.another_screen();
            }
        }
        if let Some(ending) = wizard.ending.take() {
            return ending;
        }
        let busy = wizard.tasks.is_busy();
        wizard.busy_since = if busy {
            wizard.busy_since.or_else(|| Some(Instant::now()))
        } else {
            None
        };
        tokio::select! {
            stamped = input.next(wizard.is_typing()) => if let Some(stamped) = stamped { wizard.on_input(stamped, screen) } else {
                wizard.on_stop(Stop::HangUp);
                // Nothing more will come; waiting for it again would spin.
                if wizard.ending.is_none() {
                    wizard.drain(&mut messages).await;
                }
            },
            Some(envelope) = messages.recv() => {
                wizard.on_envelope(envelope);
                while let Ok(envelope) = messages.try_recv() {
                    wizard.on_envelope(envelope);
                }
            }
            Some(stop) = signals.stops.recv() => wizard.on_stop(stop),
            Some(job) = signals.jobs.recv() => {
                match job {
                    JobSignal::Suspend => suspended |= terminal::suspend(),
                    JobSignal::Continue => {
                        terminal::take_again();
                        suspended = false;
                        wizard.redraw = true;
                    }
                }
            }
            () = guiding::time_has_come(wizard.next_look()) => wizard.look_again(),
            _ = frames.tick(), if busy => {}
        }
        if let Some(ending) = wizard.ending.take() {
            return ending;
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
            known: None,
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
            guide: None,
            questions: 0,
            apply: None,
            earlier: None,
            account_number: None,
            cut_off: Vec::new(),
            resting_on: None,
            busy_since: None,
            redraw: false,
            connecting_since: Instant::now(),
            leaving: false,
            ending: None,
        }
    }

    /// Reads the account from the beginning. What is picked stays; should it turn out to be another account, it goes.
    fn connect(&mut self) {
        self.tasks.stop_all();
        self.account = None;
        self.connecting_since = Instant::now();
        self.resting_on = None;
        self.findings = Findings::default();
        self.preview.foreseen = None;
        self.tasks
            .connect(self.source.clone(), self.profile.clone());
    }

    /// What the admin wants so far.
    fn choices(&self) -> Choices {
        let names = |step: &RolesStep| step.picker.picked().map(str::to_owned).collect();
        let regions = self
            .findings
            .regions
            .iter()
            .map(|region| region.code.clone());
        let connect_from = self.connect_from.choice;
        Choices {
            connect_from,
            sagemaker_roles: names(&self.sagemaker_roles),
            user_roles: if connect_from.uses_user_roles() {
                names(&self.user_roles)
            } else {
                Vec::new()
            },
            regions: regions
                .filter(|code| self.regions.picker.is_picked(code))
                .collect(),
            harden_trust: self.preview.harden_trust,
            shell_access: self.preview.shell_access,
        }
    }

    fn plan(&self) -> Option<&Plan> {
        self.known.as_ref().map(|known| &known.plan)
    }

    /// Derives what follows from the findings and the choices, once they may have changed.
    fn refresh(&mut self) {
        match self.step {
            Step::SageMakerRoles => self.sagemaker_roles.rebuild(&self.findings),
            Step::UserRoles => self.user_roles.rebuild(&self.findings),
            Step::Regions => self.regions.rebuild(&self.findings),
            Step::Account
            | Step::ConnectFrom
            | Step::Preview
            | Step::Confirm
            | Step::Guide
            | Step::Apply => {}
        }
        self.read_what_is_picked();
        let choices = self.choices();
        self.known = self.findings.survey().map(|survey| Known {
            plan: Plan::new(&survey, &choices),
            survey,
        });
        self.foresee(&choices);
        self.with_guide(GuideStep::look);
    }

    /// Left without carrying anything out.
    fn left(&self, interrupted: bool) -> Ending {
        Ending::Left {
            interrupted,
            guided: self.guide.is_some(),
        }
    }

    fn is_applying(&self) -> bool {
        self.apply.as_ref().is_some_and(ApplyStep::is_running)
    }

    fn say(&mut self, text: impl Into<String>, tone: Tone) {
        self.status = Some((text.into(), tone));
    }

    fn switch_profile(&mut self, profile: String) {
        self.profile = Some(profile);
        self.account_number = None;
        self.forget_roles();
        self.connect();
    }

    /// Roles belong to an account; regions do not.
    fn forget_roles(&mut self) {
        self.guide = None;
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
                self.preview.foreseen = None;
                self.reload_tiers(&account);
            }
            Step::ConnectFrom | Step::Confirm | Step::Guide | Step::Apply => {}
        }
    }

    fn reload_tiers(&mut self, account: &Account) {
        self.findings.tiers.clear();
        self.findings.nodes.clear();
        let regions = self.findings.regions.iter();
        let regions: Vec<String> = regions.map(|region| region.code.clone()).collect();
        self.tasks.node_counts(account, regions.clone());
        self.tasks.tiers(account, regions);
    }

    fn save_plan(&mut self) {
        let Some(plan) = self.plan().cloned() else {
            return;
        };
        match plan.to_json() {
            Ok(text) => self
                .tasks
                .save(self.options.folder.clone(), plan.identity.account, text),
            Err(error) => self.say(format!("The plan could not be saved: {error}"), Tone::Bad),
        }
    }

    /// Hands the plan that is asked about over as files.
    fn export(&mut self) {
        let Some(confirm) = &self.confirm else {
            return;
        };
        let plan = &confirm.job.plan;
        let files: Result<Vec<File>, _> = Form::ALL
            .into_iter()
            .map(|form| export::file(plan, form))
            .collect();
        let account = plan.identity.account.clone();
        match files {
            Ok(files) => self
                .tasks
                .export(self.options.folder.clone(), account, files),
            Err(error) => self.say(format!("It could not be saved: {error}"), Tone::Bad),
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
        }
    }

    /// Asks for the closer reading of roles that are picked, and of the one that the cursor rests on.
    fn read_what_is_picked(&mut self) {
        let (Some(account), Some(_)) = (self.account.clone(), self.findings.identity.ready())
        else {
            return;
        };
        let picked = self
            .sagemaker_roles
            .picker
            .picked()
            .chain(self.user_roles.picker.picked());
        let unread: Vec<String> = picked
            .filter(|name| !self.findings.readings.contains_key(*name))
            .map(str::to_owned)
            .collect();
        for name in unread {
            self.findings.readings.insert(name.clone(), Load::Waiting);
            self.tasks.role(account.clone(), name);
        }
        let here = match self.step {
            Step::SageMakerRoles => self.sagemaker_roles.current(),
            Step::UserRoles => self.user_roles.current(),
            Step::Account
            | Step::ConnectFrom
            | Step::Regions
            | Step::Preview
            | Step::Confirm
            | Step::Guide
            | Step::Apply => None,
        };
        if here != self.resting_on {
            self.resting_on.clone_from(&here);
            if let Some(name) = here.filter(|name| !self.findings.readings.contains_key(name)) {
                self.tasks.resting_role(account, name);
            }
        }
    }
}
