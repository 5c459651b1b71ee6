//! Everything that would change: roles before regions, each item in four views.

mod detail;

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use crate::apply::{Aim, Job};
use crate::model::Choices;
use crate::plan::{Item, Plan, State, Target};
use crate::text::{Severity, counted};
use crate::verify::{CheckResult, proof};
use crate::wizard::effect::Effect;
use crate::wizard::session::Session;
use crate::wizard::widget::frame::framed;
use crate::wizard::widget::keys::{Action, Binding, MOVES, hint, quiet};
use crate::wizard::widget::scroll::{Scroll, moved};
use crate::wizard::widget::text::{clean, mark, shortened};
use crate::wizard::widget::theme::{self, Sign};
use detail::{View, sign};

/// The columns that the detail needs beside the list.
const DETAIL_WIDTH: u16 = 60;
/// Regions are folded into one line from so many on.
const FOLDED_FROM: usize = 4;

/// How many regions are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Regions {
    /// All in one line.
    #[default]
    Folded,
    Each,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Row {
    Item(Target),
    /// All regions in one.
    Regions,
}

/// The step's own state.
#[derive(Debug, Default)]
pub struct PreviewPage {
    /// The line under the cursor; kept when the plan is made anew.
    current: Option<Row>,
    regions: Regions,
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
    pub fn bindings(&self, session: &Session) -> Vec<Binding> {
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
            hint(
                KeyCode::Esc,
                Action::Back,
                if self.in_detail {
                    "to the list"
                } else {
                    "back"
                },
            ),
            hint(KeyCode::Char('d'), Action::CycleView, "next view"),
            hint(KeyCode::Char('n'), Action::NextToLookAt, "next ! or ~"),
            hint(
                KeyCode::Tab,
                Action::OtherPane,
                if self.in_detail { "list" } else { "details" },
            ),
            hint(KeyCode::Char('h'), Action::HardenTrust, harden),
            hint(KeyCode::Char('s'), Action::ShellAccess, shell),
            hint(KeyCode::Char('w'), Action::SavePlan, "save"),
            quiet(KeyCode::Char('r'), Action::Reload, "read everything again"),
        ];
        if session.plan().is_some_and(has_many_regions) {
            let regions = if self.regions == Regions::Each {
                "fold regions"
            } else {
                "each region"
            };
            bindings.insert(4, hint(KeyCode::Char(' '), Action::Toggle, regions));
        }
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
            Action::Toggle => self.fold(session.plan()),
            Action::NextToLookAt => {
                return self.look_further(session.plan()).into_iter().collect();
            }
            _ if self.in_detail && self.detail.act(action) => {}
            _ => self.move_cursor(action, session.plan()),
        }
        Vec::new()
    }

    /// The lines of the list: roles before regions, many regions in one line.
    fn rows(&self, plan: &Plan) -> Vec<Row> {
        let (regions, roles): (Vec<&Item>, Vec<&Item>) = plan
            .items
            .iter()
            .partition(|item| item.target.role().is_none());
        let row = |item: &Item| Row::Item(item.target.clone());
        let mut rows: Vec<Row> = roles.into_iter().map(row).collect();
        if has_many_regions(plan) {
            rows.push(Row::Regions);
        }
        if !has_many_regions(plan) || self.regions == Regions::Each {
            rows.extend(regions.into_iter().map(row));
        }
        rows
    }

    fn move_cursor(&mut self, action: Action, plan: Option<&Plan>) {
        let Some(plan) = plan else {
            return;
        };
        let rows = self.rows(plan);
        let (here, page) = (self.position(&rows, plan), self.list.page());
        if let Some(there) = moved(action, here, rows.len(), page) {
            self.current = rows.into_iter().nth(there);
            self.detail.to_top();
        }
    }

    /// Shows each region, or all of them in one line.
    fn fold(&mut self, plan: Option<&Plan>) {
        if plan.is_some_and(has_many_regions) {
            self.regions = match self.regions {
                Regions::Folded => Regions::Each,
                Regions::Each => Regions::Folded,
            };
            self.current = Some(Row::Regions);
            self.detail.to_top();
        }
    }

    /// Moves on to what replaces something, is blocked, or has a warning.
    fn look_further(&mut self, plan: Option<&Plan>) -> Option<Effect> {
        let plan = plan?;
        let rows = self.rows(plan);
        let here = self.position(&rows, plan);
        let needs_a_look = |row: &&Row| {
            items(row, plan).iter().any(|item| {
                !item.warnings.is_empty() || matches!(sign(item).0, theme::DIFFERS | theme::BLOCKED)
            })
        };
        let mut further = rows.iter().cycle().skip(here + 1).take(rows.len());
        match further.find(needs_a_look).cloned() {
            Some(row) if rows.get(here) == Some(&row) => Some(Effect::say(
                Severity::Info,
                "This is the only one that needs a closer look.",
            )),
            Some(row) => {
                self.current = Some(row);
                self.detail.to_top();
                None
            }
            None => Some(Effect::say(
                Severity::Info,
                "Nothing here is replaced, blocked or warned of.",
            )),
        }
    }

    fn position(&self, rows: &[Row], plan: &Plan) -> usize {
        let at = |wanted: &Row| rows.iter().position(|row| row == wanted);
        let kept = self.current.as_ref().and_then(at);
        let changes = |row: &Row| items(row, plan).iter().any(|item| item.change().is_some());
        kept.or_else(|| rows.iter().position(changes)).unwrap_or(0)
    }

    pub fn draw(&mut self, frame: &mut Frame, area: Rect, session: &Session) {
        let (still_reading, spinner) = (session.still_reading(), session.spinner);
        let Some(plan) = session.plan() else {
            frame.render_widget(Line::raw(format!("Reading the account. {spinner}")), area);
            return;
        };
        let options = self.options(area);
        let [who, totals, option_lines, body] = Layout::vertical([
            Constraint::Length(u16::from(still_reading == 0)),
            Constraint::Length(1),
            Constraint::Length(u16::try_from(options.len()).unwrap_or(1)),
            Constraint::Fill(1),
        ])
        .areas(area);
        if still_reading == 0 {
            frame.render_widget(self.who(plan, spinner), who);
        }
        let mut line = Line::styled(plan.totals().line(theme::DOT), theme::TITLE);
        if still_reading > 0 {
            let text = format!(" {} {still_reading} still being read {spinner}", theme::DOT);
            line.push_span(Span::raw(text));
        }
        frame.render_widget(line, totals);
        frame.render_widget(Paragraph::new(options), option_lines);
        let rows = self.rows(plan);
        let here = self.position(&rows, plan);
        let shown = rows
            .get(here)
            .map(|row| items(row, plan))
            .unwrap_or_default();
        let is_folded = rows.get(here) == Some(&Row::Regions);
        let names = rows.iter().map(|row| name(row, plan).width());
        let needed = names.max().unwrap_or(0) + SIGNS_WIDTH;
        let needed = u16::try_from(needed).unwrap_or(u16::MAX);
        let is_beside = body.width >= needed.saturating_add(DETAIL_WIDTH);
        let outside = if is_beside { needed + 1 } else { 0 };
        // The last column is the scroll bar's.
        let width = body.width.saturating_sub(outside + 1);
        let lines = match (is_folded, shown.first()) {
            (true, _) => detail::of_regions(&shown, self.view, plan, width),
            (false, Some(item)) => detail::lines(item, self.view, plan, width),
            (false, None) => Vec::new(),
        };
        let (list, place) = if is_beside {
            let [list, _, place] = Layout::horizontal([
                Constraint::Length(needed),
                Constraint::Length(1),
                Constraint::Fill(1),
            ])
            .areas(body);
            (list, place)
        } else {
            // The list has at least a third, and whatever the detail does not need.
            let rest = usize::from(body.height).saturating_sub(lines.len() + 1);
            let most = rest.max(usize::from(body.height / 3)).max(1);
            let height = u16::try_from(rows.len().min(most)).unwrap_or(u16::MAX);
            let [list, place] =
                Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]).areas(body);
            (list, place)
        };
        self.draw_list(frame, list, plan, &rows);
        let mark = if self.in_detail { "› " } else { "" };
        let inner = framed(frame, place, &format!("{mark}{}", self.view.title()));
        self.detail.draw(frame, inner, lines);
        if self.in_detail {
            self.detail.set_cursor_on_top(frame, inner);
        }
    }

    /// Who can connect afterwards, in a line.
    fn who(&self, plan: &Plan, spinner: &str) -> Line<'static> {
        let asked = self.foreseen.as_ref();
        let foreseen = asked.and_then(|(_, foreseen)| foreseen.as_deref());
        let predicted = proof::predicted(plan, foreseen.unwrap_or_default());
        let Some((readiness, basis)) = predicted else {
            return Line::default();
        };
        if asked.is_some() && foreseen.is_none() && readiness.somebody_can() {
            return Line::raw(format!("Asking AWS who can connect after this. {spinner}"));
        }
        let (sign, color) = theme::of_readiness(readiness.state);
        let headline = readiness.headline(basis);
        let headline = headline.trim_end_matches(':').to_owned();
        Line::from(vec![
            Span::styled(format!("{sign} "), color),
            Span::raw(headline),
        ])
    }

    /// The two options, explained where there is room.
    fn options(&self, area: Rect) -> Vec<Line<'static>> {
        let is_roomy = area.width >= 76 && area.height >= 16;
        let option = |is_on: bool, key: &'static str, name: &'static str, what: &'static str| {
            vec![
                Span::raw(if is_on { "[x] " } else { "[ ] " }),
                Span::styled(key, theme::KEY),
                Span::styled(name, if is_on { theme::TITLE } else { theme::PLAIN }),
                Span::styled(if is_roomy { what } else { "" }, theme::DIM),
            ]
        };
        let harden = option(
            self.harden_trust,
            "h",
            " hardened trust",
            ": Systems Manager may use it for this account alone",
        );
        let shell = option(
            self.shell_access,
            "s",
            " shell access",
            ": people may also open plain shells, without an SSH key",
        );
        if is_roomy {
            return vec![Line::from(harden), Line::from(shell)];
        }
        vec![
            harden
                .into_iter()
                .chain([Span::raw("  ")])
                .chain(shell)
                .collect(),
        ]
    }

    fn draw_list(&mut self, frame: &mut Frame, area: Rect, plan: &Plan, rows: &[Row]) {
        let here = self.position(rows, plan);
        // What was just opened is seen, as far as there is room.
        let is_opened = rows.get(here) == Some(&Row::Regions) && self.regions == Regions::Each;
        let below = if is_opened {
            usize::from(area.height.saturating_sub(1))
        } else {
            0
        };
        let last = (here + below).min(rows.len().saturating_sub(1));
        self.list.show(here..=last, area.height);
        let window = self.list.window(rows.len(), area.height);
        let room = usize::from(area.width).saturating_sub(SIGNS_WIDTH);
        let shown = rows
            .iter()
            .enumerate()
            .skip(window.start)
            .take(window.len());
        let lines: Vec<Line> = shown
            .map(|(number, row)| {
                let items = items(row, plan);
                let (sign, color) = sign_of(&items);
                let is_warned = items.iter().any(|item| !item.warnings.is_empty());
                let changes = items.iter().any(|item| item.change().is_some());
                let style = match (number == here, changes) {
                    (true, _) => theme::TITLE,
                    (false, true) => theme::PLAIN,
                    (false, false) => theme::DIM,
                };
                Line::from(vec![
                    mark(number == here),
                    Span::styled(sign, color),
                    Span::styled(if is_warned { "! " } else { "  " }, theme::WARN),
                    Span::styled(shortened(&clean(&name(row, plan)), room), style),
                ])
            })
            .collect();
        frame.render_widget(Paragraph::new(lines), area);
        self.list.draw_bar(frame, area, rows.len());
        if !self.in_detail {
            self.list.set_cursor(frame, area, here);
        }
    }
}

/// The mark of the cursor, two signs, a blank, and the bar.
const SIGNS_WIDTH: usize = 6;

fn has_many_regions(plan: &Plan) -> bool {
    let regions = plan
        .items
        .iter()
        .filter(|item| item.target.role().is_none());
    regions.count() >= FOLDED_FROM
}

/// The items behind a line.
fn items<'a>(row: &Row, plan: &'a Plan) -> Vec<&'a Item> {
    let is_behind = |item: &&Item| match row {
        Row::Item(target) => item.target == *target,
        Row::Regions => item.target.role().is_none(),
    };
    plan.items.iter().filter(is_behind).collect()
}

/// The sign of a line: of several items, that of the one that needs most.
fn sign_of(items: &[&Item]) -> Sign {
    let rank = |item: &&&Item| match &item.state {
        State::Blocked { .. } => 2,
        State::Change(_) => 1,
        State::InPlace(_) => 0,
    };
    let first = items.iter().max_by_key(rank);
    first.map_or((" ", theme::PLAIN), |item| sign(item))
}

fn name(row: &Row, plan: &Plan) -> String {
    match row {
        Row::Item(target) => target.short(),
        Row::Regions => {
            let items = items(row, plan);
            let changes = items.iter().filter(|item| item.change().is_some()).count();
            format!(
                "Tier of {}: {changes} to change",
                counted(items.len(), "region")
            )
        }
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
