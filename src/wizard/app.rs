//! The loop: takes one event after another, derives the session anew, and draws. Between events nothing changes.

use std::time::Duration;

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::time::Instant;

use super::dialog::Dialog;
use super::effect::Effect;
use super::events::{Event, EventReceiver, EventSender};
use super::page::{Forms, Page, Pages};
use super::recording::Step;
use super::role_list::ListedRole;
use super::session::{Findings, Session};
use super::tasks::Tasks;
use super::view;
use super::widget::keys::{self, Action, Binding, hint, quiet};
use super::{Options, Start, WizardEnd, WizardExit};
use crate::account::{Account, Source};
use crate::apply::Report;
use crate::guide::Guide;
use crate::messages::Message;
use crate::model::TypedRole;
use crate::plan::Plan;
use crate::terminal::{self, JobSignal, Stop};
use crate::text::Severity;

/// How often the screen is drawn while something moves. Idle, nothing is drawn and nothing wakes.
const FRAME: Duration = Duration::from_millis(100);
/// How often the guide says anew how long ago it has looked.
const SECOND: Duration = Duration::from_secs(1);
/// A spinner is shown only for what takes longer than this, so that nothing flickers.
const FLICKER: Duration = Duration::from_millis(100);

/// The wizard's state.
pub struct App {
    pub(super) options: Options,
    pub(super) source: Source,
    pub(super) tasks: Tasks,
    pub(super) account: Option<Account>,
    pub(super) profile: Option<String>,
    pub(super) session: Session,
    pub(super) pages: Pages,
    pub(super) dialog: Option<Dialog>,
    pub(super) status: Option<Message>,
    /// A guide that was left: it goes on with what it saw first.
    pub(super) left_guide: Option<Guide>,
    /// How many questions were asked.
    pub(super) questions: u64,
    /// What was carried out before the run that is shown.
    pub(super) earlier: Option<(Box<Plan>, Box<Report>)>,
    /// The account whose roles are picked.
    pub(super) account_number: Option<String>,
    /// The roles that were last found in sight, those nearest to the cursor first.
    pub(super) roles_in_sight: Vec<String>,
    /// When the credentials were asked for.
    pub(super) connecting_since: Instant,
    /// Everything has to be drawn anew: something else may have written on the terminal.
    pub(super) redraw: bool,
    /// Leave as soon as what is being carried out has ended.
    pub(super) leaving: bool,
    pub(super) exit: Option<WizardExit>,
    /// Which files were written, a sentence each.
    pub(super) written: Vec<String>,
}

/// What is on the terminal.
#[derive(Default)]
struct Drawn {
    /// The page, the number of its question, and whether it has come to its end.
    shown: Option<(super::page::Step, u64, bool)>,
    number: u64,
    /// The terminal cannot be written to any more.
    is_blind: bool,
    is_suspended: bool,
}

/// Runs the wizard until it ends. A terminal that has gone counts as a hang-up.
pub async fn run<B: Backend>(
    terminal: &mut Terminal<B>,
    events: &mut EventReceiver,
    source: Source,
    options: Options,
) -> WizardEnd {
    let mut app = App::new(source, options, events.sender(), false);
    app.connect();
    let mut screen = Drawn::default();
    let mut busy_since = None;
    let mut frames = tokio::time::interval(FRAME);
    frames.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        app.refresh();
        app.session.spinner = spinner(busy_since);
        app.record(|| Step::Draw);
        app.draw(terminal, &mut screen, events);
        app.read_what_is_in_sight();
        if let Some(exit) = app.exit.take() {
            return app.end(exit);
        }
        let is_busy = app.tasks.is_busy();
        busy_since = is_busy.then(|| busy_since.unwrap_or_else(Instant::now));
        let event = tokio::select! {
            event = events.next(app.is_typing()) => event,
            () = at(app.next_check()) => Event::CheckDue,
            _ = frames.tick(), if is_busy => Event::Tick,
            () = tokio::time::sleep(SECOND), if app.counts_seconds() => Event::Tick,
        };
        let mut next = Some(event);
        while let Some(event) = next {
            app.record(|| Step::Event(Box::new(event.clone())));
            app.on_event(event, &mut screen);
            if let Some(exit) = app.exit.take() {
                return app.end(exit);
            }
            next = events.next_answer();
        }
    }
}

/// Plays a recording again, at its times. No task is started: what they answered is in the recording.
pub async fn replay<B: Backend>(
    terminal: &mut Terminal<B>,
    steps: Vec<(Duration, Step)>,
    source: Source,
    options: Options,
) {
    let (events, receiver) = super::events::channel();
    let mut app = App::new(source, options, events, true);
    app.connect();
    let mut screen = Drawn::default();
    let began = Instant::now();
    for (time, step) in steps {
        tokio::time::sleep_until(began + time).await;
        match step {
            Step::Draw => {
                app.refresh();
                app.draw(terminal, &mut screen, &receiver);
                app.read_what_is_in_sight();
            }
            Step::Event(event) => app.on_event(*event, &mut screen),
        }
    }
}

/// Waits until a time; for ever where there is none.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

fn spinner(busy_since: Option<Instant>) -> &'static str {
    let elapsed = busy_since.map_or(Duration::ZERO, |since| since.elapsed());
    if elapsed < FLICKER {
        return " ";
    }
    super::widget::theme::spinner(usize::try_from(elapsed.as_millis() / 100).unwrap_or(0))
}

impl App {
    fn new(source: Source, options: Options, events: EventSender, is_replay: bool) -> Self {
        let session = Session::new(options.records.clone(), options.start != Start::SetUp);
        Self {
            profile: options.profile.clone(),
            options,
            source,
            tasks: Tasks::new(events, is_replay),
            account: None,
            session,
            pages: Pages {
                forms: Forms::default(),
                shown: Page::Account,
            },
            dialog: None,
            status: None,
            left_guide: None,
            questions: 0,
            earlier: None,
            account_number: None,
            roles_in_sight: Vec::new(),
            connecting_since: Instant::now(),
            redraw: false,
            leaving: false,
            exit: None,
            written: Vec::new(),
        }
    }

    fn end(self, exit: WizardExit) -> WizardEnd {
        WizardEnd {
            exit,
            written: self.written,
        }
    }

    /// Reads the account from the beginning. What is picked stays; should it turn out to be another account, it goes.
    pub(super) fn connect(&mut self) {
        self.tasks.stop_all();
        self.account = None;
        self.connecting_since = Instant::now();
        self.roles_in_sight.clear();
        self.session.findings = Findings::default();
        self.pages.forms.preview.foreseen = None;
        self.tasks
            .connect(self.source.clone(), self.profile.clone());
    }

    /// Derives what follows from the findings and the choices, once they may have changed.
    pub(super) fn refresh(&mut self) {
        self.pages.rebuild(&self.session.findings);
        self.read_what_is_picked();
        let choices = self.pages.forms.choices(&self.session.findings);
        self.session.plan_for(choices);
        self.foresee();
        if let (Some(guide), Some(context)) = (self.pages.guide_mut(), self.session.guide_context())
        {
            guide.observe(&context);
        }
        self.keep_guide();
    }

    fn record(&self, step: impl FnOnce() -> Step) {
        if let Some(recording) = &self.options.recording {
            recording.add(step());
        }
    }

    fn draw<B: Backend>(
        &mut self,
        terminal: &mut Terminal<B>,
        screen: &mut Drawn,
        events: &EventReceiver,
    ) {
        if screen.is_blind || screen.is_suspended {
            return;
        }
        let cleared = if std::mem::take(&mut self.redraw) {
            view::forget_screen(terminal)
        } else {
            Ok(())
        };
        let drawn = cleared.and_then(|()| {
            let drawn = terminal.draw(|frame| view::draw(frame, self));
            drawn.map(drop)
        });
        if let Err(error) = drawn {
            // What is being carried out is brought to its end all the same.
            tracing::error!(%error, "the terminal cannot be written to");
            screen.is_blind = true;
            self.on_stop(Stop::HangUp);
            return;
        }
        let shown = (
            self.pages.shown.step(),
            self.questions,
            self.pages.shown.has_ended() || matches!(self.dialog, Some(Dialog::LetGo { .. })),
        );
        if screen.shown != Some(shown) {
            screen.shown = Some(shown);
            screen.number = events.another_screen();
        }
    }

    fn on_event(&mut self, event: Event, screen: &mut Drawn) {
        match event {
            Event::Input {
                screen: seen,
                input,
            } => self.on_input(input, seen == screen.number),
            Event::Answer(envelope) => {
                if let Some(answer) = self.tasks.accept(*envelope) {
                    self.on_answer(answer);
                }
            }
            Event::Stop(stop) => self.on_stop(stop),
            Event::Job(JobSignal::Suspend) => screen.is_suspended |= terminal::suspend(),
            Event::Job(JobSignal::Continue) => {
                terminal::take_again();
                screen.is_suspended = false;
                self.redraw = true;
            }
            Event::CheckDue => self.check_again(),
            Event::Tick => {}
        }
    }

    pub(super) fn say(&mut self, severity: Severity, text: impl Into<String>) {
        self.status = Some(Message::new(severity, text));
    }

    fn is_typing(&self) -> bool {
        match &self.dialog {
            Some(dialog) => dialog.is_typing(),
            None => self.pages.is_typing(),
        }
    }

    /// The keys that work on the page.
    pub(super) fn bindings(&self) -> Vec<Binding> {
        let mut bindings = self.pages.bindings(&self.session);
        if !self.pages.is_typing() {
            bindings.push(hint(KeyCode::Char('?'), Action::Help, "help"));
            let is_quit = |binding: &Binding| binding.code == KeyCode::Char('q');
            if !bindings.iter().any(is_quit) {
                let is_hinted = matches!(self.pages.shown, Page::Account);
                let quit = if is_hinted { hint } else { quiet };
                bindings.push(quit(KeyCode::Char('q'), Action::Quit, "quit"));
            }
        }
        bindings
    }

    /// `saw_screen` says whether what is on the screen was there when it was typed.
    fn on_input(&mut self, input: Input, saw_screen: bool) {
        match input {
            Input::Key(key) if key.kind != KeyEventKind::Release => {
                if is_control(&key, 'c') {
                    return self.on_stop(Stop::Interrupt);
                }
                if is_control(&key, 'l') {
                    self.redraw = true;
                    return;
                }
                if is_control(&key, 'z') {
                    if !terminal::request_suspend() {
                        let text = "There is no shell that could bring it back.";
                        self.say(Severity::Warning, text);
                    }
                    return;
                }
                // Typed before the question was on the screen: that is no answer to it.
                if self.is_asking() && !saw_screen {
                    return;
                }
                self.on_key(key);
            }
            Input::Paste(text) => self.on_paste(&text),
            Input::Key(_)
            | Input::Resize(..)
            | Input::FocusGained
            | Input::FocusLost
            | Input::Mouse(_) => {}
        }
    }

    fn is_asking(&self) -> bool {
        let asks = match &self.dialog {
            Some(Dialog::Live(live)) => live.is_asking(),
            Some(Dialog::LetGo { .. }) => true,
            _ => false,
        };
        self.pages.is_asking() || asks
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
        let effects = if let Some(dialog) = &mut self.dialog {
            dialog.on_key(key)
        } else if self.pages.is_typing() {
            self.pages.type_key(key, &self.session)
        } else {
            match keys::find(&self.bindings(), &key) {
                Some(Action::Help) => vec![Effect::Open(Box::new(Dialog::help()))],
                Some(Action::Quit) => vec![Effect::Quit],
                Some(action) => self.pages.handle(action, &self.session),
                None if key.code == KeyCode::Char('y')
                    && Page::form(self.pages.shown.step()).is_some() =>
                {
                    vec![Effect::say(
                        Severity::Info,
                        "Nothing is asked here: y answers the last question alone.",
                    )]
                }
                None => Vec::new(),
            }
        };
        self.perform_all(effects);
    }

    fn on_paste(&mut self, text: &str) {
        if let Some(dialog) = &mut self.dialog {
            return dialog.paste(text);
        }
        self.pages.paste(text);
        if !self.is_typing() {
            self.say(
                Severity::Info,
                "A pasted text goes into a text field; none is open here.",
            );
        }
    }

    pub(super) fn add_typed(&mut self, typed: Vec<TypedRole>) {
        for role in typed {
            let listed = self.session.findings.roles.get(&role.name);
            let listed = listed.map(|listed| listed.summary.arn.clone());
            let arn = role.arn.as_ref().map(ToString::to_string);
            if let (Some(listed), Some(arn)) = (listed, arn)
                && !listed.is_empty()
                && listed != arn
            {
                self.say_other_arn(&arn, &role.name, &listed);
            }
            let role = ListedRole::typed(&role);
            self.session.findings.roles.add(role);
        }
    }
}

fn is_control(key: &KeyEvent, letter: char) -> bool {
    key.code == KeyCode::Char(letter) && key.modifiers.contains(KeyModifiers::CONTROL)
}
