//! Everything that would change, in four views of each item: sentence, difference, whole document, API call.

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::apply::{Aim, Job};
use crate::model::Choices;
use crate::plan::readiness::Readiness;
use crate::plan::{Change, Item, Plan, State, Target};
use crate::policy::document::pretty;
use crate::text::{Severity, counted};
use crate::verify::{CheckResult, proof};
use crate::wizard::effect::Effect;
use crate::wizard::session::Session;
use crate::wizard::widget::frame::framed;
use crate::wizard::widget::keys::{Action, Binding, MOVES, hint, quiet};
use crate::wizard::widget::scroll::{Scroll, moved};
use crate::wizard::widget::text::{clean, shortened, wrap, wrapped};
use crate::wizard::widget::{diff, theme};

/// From this width on the detail stands beside the list, and names still fit.
const WIDE: u16 = 120;

/// How an item is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum View {
    #[default]
    Sentence,
    Difference,
    Document,
    Call,
}

impl View {
    fn next(self) -> Self {
        match self {
            Self::Sentence => Self::Difference,
            Self::Difference => Self::Document,
            Self::Document => Self::Call,
            Self::Call => Self::Sentence,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sentence => "In words",
            Self::Difference => "Difference",
            Self::Document => "Whole document",
            Self::Call => "API call",
        }
    }
}

/// The step's own state.
#[derive(Debug, Default)]
pub struct PreviewPage {
    /// The item under the cursor; kept when the plan is made anew.
    current: Option<Target>,
    view: View,
    detail: Scroll,
    in_detail: bool,
    /// What was chosen when AWS was asked what will not work, and its answer; none while it is being asked.
    pub foreseen: Option<(Choices, Option<Vec<CheckResult>>)>,
    pub harden_trust: bool,
    pub shell_access: bool,
    list: Scroll,
}

impl PreviewPage {
    pub fn bindings(&self) -> Vec<Binding> {
        let harden = if self.harden_trust {
            "plain trust"
        } else {
            "harden trust"
        };
        let shell = if self.shell_access {
            "no shell"
        } else {
            "allow shell"
        };
        let mut bindings = vec![
            hint(KeyCode::Enter, Action::Next, "go on"),
            hint(KeyCode::Esc, Action::Back, "back"),
            hint(KeyCode::Char('d'), Action::CycleView, "details"),
            hint(KeyCode::Tab, Action::OtherPane, "pane"),
            hint(KeyCode::Char('h'), Action::HardenTrust, harden),
            hint(KeyCode::Char('s'), Action::ShellAccess, shell),
            hint(KeyCode::Char('w'), Action::SavePlan, "save"),
            quiet(KeyCode::Char('r'), Action::Reload, "read everything again"),
        ];
        bindings.extend(MOVES);
        bindings
    }

    pub fn handle(&mut self, action: Action, session: &Session) -> Vec<Effect> {
        match action {
            Action::Next => return next(session).into_iter().collect(),
            Action::Back if std::mem::take(&mut self.in_detail) => {}
            Action::Back => return vec![Effect::Back],
            Action::SavePlan => {
                let plan = session.plan().cloned();
                let save = |plan| Effect::SavePlan(Box::new(plan));
                return plan.map(save).into_iter().collect();
            }
            Action::Reload => return vec![Effect::ReadAgain],
            Action::CycleView => {
                self.view = self.view.next();
                self.detail.to_top();
            }
            Action::OtherPane => self.in_detail = !self.in_detail,
            Action::HardenTrust => self.harden_trust = !self.harden_trust,
            Action::ShellAccess => self.shell_access = !self.shell_access,
            _ if self.in_detail && self.detail.act(action) => {}
            _ => self.move_cursor(action, session.plan()),
        }
        Vec::new()
    }

    fn move_cursor(&mut self, action: Action, plan: Option<&Plan>) {
        let Some(plan) = plan else {
            return;
        };
        let (here, page) = (self.position(plan), self.list.page());
        let Some(target) = moved(action, here, plan.items.len(), page) else {
            return;
        };
        self.current = plan.items.get(target).map(|item| item.target.clone());
        self.detail.to_top();
    }

    fn position(&self, plan: &Plan) -> usize {
        let kept = self
            .current
            .as_ref()
            .and_then(|target| plan.items.iter().position(|item| item.target == *target));
        kept.or_else(|| plan.items.iter().position(|item| item.change().is_some()))
            .unwrap_or(0)
    }

    pub fn draw(&mut self, frame: &mut Frame, area: Rect, session: &Session) {
        let (still_reading, spinner) = (session.still_reading(), session.spinner);
        let Some(plan) = session.plan() else {
            frame.render_widget(Line::raw(format!("{spinner} Reading the account.")), area);
            return;
        };
        let mut readiness = Readiness::predicted(plan).filter(|_| still_reading == 0);
        let foreseen = self.foreseen.as_ref().map(|(_, foreseen)| foreseen);
        let is_asking = matches!(foreseen, Some(None));
        if let (Some((readiness, _)), Some(Some(foreseen))) = (&mut readiness, foreseen) {
            proof::take_back(readiness, foreseen);
        }
        let [who, totals, options, body] = Layout::vertical([
            Constraint::Length(u16::from(readiness.is_some())),
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Fill(1),
        ])
        .areas(area);
        if let Some((readiness, basis)) = readiness {
            let (sign, style) = theme::of_readiness(readiness.state);
            let headline = readiness.headline(basis);
            let headline = headline.trim_end_matches(':');
            let line = if is_asking && readiness.somebody_can() {
                let text = format!("{spinner} Asking AWS who can connect after this.");
                Line::styled(text, theme::DIM)
            } else {
                Line::styled(format!("{sign} {headline}"), style)
            };
            frame.render_widget(line, who);
        }
        let mut line = Line::styled(plan.totals().line(theme::DOT), theme::TITLE);
        if still_reading > 0 {
            let text = format!(" {} {still_reading} still being read {spinner}", theme::DOT);
            line.push_span(Span::styled(text, theme::WARN));
        }
        frame.render_widget(line, totals);
        frame.render_widget(self.options(options.width), options);
        let (list, detail) = if body.width >= WIDE {
            let [list, _, detail] = Layout::horizontal([
                Constraint::Percentage(42),
                Constraint::Length(1),
                Constraint::Fill(1),
            ])
            .areas(body);
            (list, detail)
        } else {
            let wanted = u16::try_from(plan.items.len()).unwrap_or(u16::MAX);
            let height = wanted.min(body.height / 3).max(1);
            let [list, detail] =
                Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]).areas(body);
            (list, detail)
        };
        self.draw_list(frame, list, plan);
        self.draw_detail(frame, detail, plan);
    }

    fn options(&self, width: u16) -> Line<'static> {
        let (harden, shell) = if width < 48 {
            ("hardened (h)", "shell (s)")
        } else {
            ("hardened trust (h)", "shell access (s)")
        };
        let on = |on: bool, name: &'static str| {
            Span::styled(
                format!("[{}] {name}   ", if on { "x" } else { " " }),
                if on { theme::PLAIN } else { theme::DIM },
            )
        };
        Line::from(vec![
            on(self.harden_trust, harden),
            on(self.shell_access, shell),
        ])
    }

    fn draw_list(&mut self, frame: &mut Frame, area: Rect, plan: &Plan) {
        let here = self.position(plan);
        self.list.show(here..=here, area.height);
        let window = self.list.window(plan.items.len(), area.height);
        let room = usize::from(area.width).saturating_sub(6);
        let lines: Vec<Line> = plan
            .items
            .iter()
            .enumerate()
            .skip(window.start)
            .take(window.len())
            .map(|(number, item)| {
                let (sign, style) = sign(item);
                let warned = if item.warnings.is_empty() {
                    " "
                } else {
                    theme::BLOCKED
                };
                let text = shortened(&clean(&item.target.short()), room);
                let line = Line::from(vec![
                    Span::styled(if number == here { "› " } else { "  " }, theme::ACCENT),
                    Span::styled(sign, style),
                    Span::styled(format!("{warned} "), theme::WARN),
                    Span::styled(
                        text,
                        if item.change().is_some() {
                            theme::PLAIN
                        } else {
                            theme::DIM
                        },
                    ),
                ]);
                if number == here {
                    line.patch_style(theme::TITLE)
                } else {
                    line
                }
            })
            .collect();
        frame.render_widget(Paragraph::new(lines), area);
        self.list.draw_bar(frame, area, plan.items.len());
    }

    fn draw_detail(&mut self, frame: &mut Frame, area: Rect, plan: &Plan) {
        let Some(item) = plan.items.get(self.position(plan)) else {
            return;
        };
        let mark = if self.in_detail { "› " } else { "" };
        let inner = framed(frame, area, &format!("{mark}{}", self.view.name()));
        let width = inner.width.saturating_sub(1);
        let lines = match (self.view, item.change()) {
            (View::Sentence, _) => in_words(item, plan, width),
            (_, None) => not_to_change(item, width),
            (View::Difference, Some(change)) => {
                let mut lines = admitted(change, plan, width);
                lines.extend(difference(item, change, width));
                lines
            }
            (View::Document, Some(change)) => text_lines(&document(item, change), width),
            (View::Call, Some(change)) => call(item, change, width),
        };
        self.detail.draw(frame, inner, lines);
    }
}

/// To the question or into the guide, once everything has been read.
fn next(session: &Session) -> Option<Effect> {
    let waiting = session.still_reading();
    if waiting > 0 {
        let text = format!("{} still to come; a moment.", counted(waiting, "reading"));
        return Some(Effect::say(Severity::Warning, text));
    }
    let plan = session.plan()?;
    if session.leads_to_guide {
        return Some(Effect::BeginGuide);
    }
    Some(Effect::Ask(Box::new(Job {
        continues: session.to_continue(plan),
        only: None,
        aim: Aim::SetUp,
        plan: plan.clone(),
    })))
}

/// The sign and colour of an item's state.
pub fn sign(item: &Item) -> (&'static str, Style) {
    match item.state {
        State::Change(ref change) if change.replaces() => (theme::DIFFERS, theme::WARN),
        State::Change(_) => (theme::TO_DO, theme::ACCENT),
        State::InPlace(_) => (theme::CHECK, theme::GOOD),
        State::Blocked { .. } => (theme::BLOCKED, theme::BAD),
    }
}

fn in_words(item: &Item, plan: &Plan, width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut say = |text: &str, style: Style| {
        lines.extend(wrapped(&clean(text), width, "", style));
        lines.push(Line::default());
    };
    match &item.state {
        State::Change(change) => {
            say(&change.sentence(), theme::TITLE);
            say(item.target.why(), theme::PLAIN);
        }
        State::InPlace(found) => {
            say(&format!("{} In place. {found}", theme::CHECK), theme::GOOD);
        }
        State::Blocked {
            reason,
            remedy,
            wanted,
            ..
        } => {
            say(&format!("{} Blocked. {reason}", theme::BLOCKED), theme::BAD);
            say(remedy, theme::PLAIN);
            if wanted.is_some() {
                say("d shows the document.", theme::DIM);
            }
        }
    }
    if let Target::Tier { region } = &item.target
        && let Some(about) = plan.about_nodes(region)
    {
        say(&about, theme::PLAIN);
    }
    for warning in &item.warnings {
        say(&format!("{} {warning}", theme::BLOCKED), theme::WARN);
    }
    if let Some(change) = item.change() {
        lines.extend(admitted(change, plan, width));
    }
    let size = item
        .target
        .role()
        .and_then(|role| plan.inline_sizes.iter().find(|size| size.role == role));
    if let (Some(size), Target::Policy { .. }) = (size, &item.target) {
        let text = format!(
            "Inline policies of this role: {} of {} characters now, {} after the plan.",
            size.now, size.quota, size.after
        );
        lines.extend(wrapped(&text, width, "", theme::DIM));
        lines.push(Line::default());
    }
    lines
}

/// Everybody whom a trust policy lets in afterwards.
fn admitted(change: &Change, plan: &Plan, width: u16) -> Vec<Line<'static>> {
    let mut lines = diff::admitted(change, &plan.identity.account, width);
    if !lines.is_empty() {
        lines.push(Line::default());
    }
    lines
}

fn not_to_change(item: &Item, width: u16) -> Vec<Line<'static>> {
    let mut lines = wrapped(
        &clean(&format!("Nothing is written here. {}", item.summary())),
        width,
        "",
        theme::PLAIN,
    );
    if let State::Blocked {
        wanted: Some(document),
        remedy,
        ..
    } = &item.state
    {
        lines.extend(wrapped(&clean(remedy), width, "", theme::PLAIN));
        lines.push(Line::default());
        lines.extend(text_lines(&pretty(document), width));
    }
    lines
}

fn difference(item: &Item, change: &Change, width: u16) -> Vec<Line<'static>> {
    match &item.target {
        Target::Tier { .. } => vec![
            Line::styled(
                format!("- {}", change.before_text().unwrap_or("not set")),
                theme::BAD,
            ),
            Line::styled(
                format!("+ {}", change.after_text().unwrap_or("not set")),
                theme::GOOD,
            ),
        ],
        Target::Trust { .. } | Target::Policy { .. } => {
            diff::lines(change.before_text(), change.after_text(), width)
        }
    }
}

fn document(item: &Item, change: &Change) -> String {
    let text = change.after_text().unwrap_or_default();
    match item.target {
        Target::Tier { .. } => text.to_owned(),
        Target::Trust { .. } | Target::Policy { .. } => pretty(text),
    }
}

fn call(item: &Item, change: &Change, width: u16) -> Vec<Line<'static>> {
    let mut lines = text_lines(&change.api_call(), width);
    if !matches!(item.target, Target::Tier { .. }) {
        lines.push(Line::default());
        lines.extend(text_lines(&document(item, change), width));
    }
    lines
}

fn text_lines(text: &str, width: u16) -> Vec<Line<'static>> {
    wrap(text, width, "  ").into_iter().map(Line::raw).collect()
}
