//! The last question. It shows the plan as it stood when the screen was entered, and that plan alone is carried out.

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::apply::Job;
use crate::export;
use crate::journal::Records;
use crate::messages::{Message, checks};
use crate::model::endpoint::insecurity;
use crate::plan::readiness::{Basis, Readiness};
use crate::plan::{Content, Difference, Plan, State, Target};
use crate::text::counted;
use crate::verify::{CheckResult, Preflight, proof};
use crate::wizard::effect::Effect;
use crate::wizard::page::Page;
use crate::wizard::widget::keys::{Action, Binding, MOVES, hint};
use crate::wizard::widget::scroll::{Scroll, moved};
use crate::wizard::widget::text::{clean, wrapped};
use crate::wizard::widget::{diff, theme};

/// So many of those who cannot connect stand above the question.
const SHOWN: usize = 3;

/// What can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Carry the plan out.
    Apply,
    /// Nothing to carry out: read everything again and say what is found.
    Check,
    /// Nothing is written by the program: step by step through the console.
    Guide,
    /// Nothing is written in the account: others get the plan as files.
    Export,
    GoBack,
}

/// The step's own state.
#[derive(Debug)]
pub struct ConfirmPage {
    pub job: Job,
    /// The page that the question lies over.
    pub under: Page,
    /// Whether the caller may do it; none while AWS is being asked.
    pub preflight: Option<Preflight>,
    /// What will not work although the plan was carried out; none while AWS is being asked.
    pub foreseen: Option<Vec<CheckResult>>,
    /// Why the run could not be recorded, so that nothing would be changed.
    trouble: Option<String>,
    /// Whether the record outlives the program.
    records_last: bool,
    focus: Choice,
    scroll: Scroll,
}

impl ConfirmPage {
    /// Asks about this plan. The focus is on going back.
    pub fn new(job: Job, under: Page, records: &Records) -> Self {
        Self {
            job,
            under,
            preflight: None,
            foreseen: None,
            trouble: records.trouble().map(|error| error.to_string()),
            records_last: records.last(),
            focus: Choice::GoBack,
            scroll: Scroll::default(),
        }
    }

    fn plan(&self) -> &Plan {
        &self.job.plan
    }

    fn choices(&self) -> Vec<Choice> {
        match (self.plan().totals().changes, &self.plan().undoes) {
            (0, None) if self.plan().totals().blocked > 0 => {
                vec![Choice::Check, Choice::Guide, Choice::GoBack]
            }
            (0, _) => vec![Choice::Check, Choice::GoBack],
            (_, Some(_)) => vec![Choice::Apply, Choice::GoBack],
            (_, None) => vec![Choice::Apply, Choice::Guide, Choice::Export, Choice::GoBack],
        }
    }

    pub fn bindings(&self) -> Vec<Binding> {
        let mut bindings = Vec::new();
        if self.plan().totals().changes > 0 {
            let label = match (self.plan().totals().changes, &self.plan().undoes) {
                (_, Some(_)) => "put it back",
                (1, None) => "apply 1 change",
                (_, None) => "apply all",
            };
            bindings.push(hint(KeyCode::Char('y'), Action::Apply, label));
        } else {
            bindings.push(hint(KeyCode::Char('y'), Action::Apply, "check"));
        }
        let missing = self.preflight.as_ref().and_then(Preflight::missing_policy);
        if missing.is_some() {
            bindings.push(hint(KeyCode::Char('c'), Action::Copy, "copy policy"));
        }
        if self.choices().contains(&Choice::Guide) {
            bindings.push(hint(KeyCode::Char('m'), Action::Guide, "by hand"));
        }
        if self.choices().contains(&Choice::Export) {
            bindings.push(hint(KeyCode::Char('e'), Action::Export, "export"));
        }
        bindings.push(hint(KeyCode::Up, Action::Up, "choose"));
        bindings.push(hint(KeyCode::Enter, Action::Next, "take it"));
        bindings.push(hint(KeyCode::Esc, Action::Back, "back"));
        bindings.push(hint(KeyCode::PageDown, Action::PageDown, "read on"));
        bindings.extend(MOVES);
        bindings
    }

    pub fn handle(&mut self, action: Action) -> Vec<Effect> {
        let chosen = match action {
            Action::Next => self.focus,
            Action::Apply => Choice::Apply,
            Action::Guide => Choice::Guide,
            Action::Export => Choice::Export,
            Action::Back => Choice::GoBack,
            Action::Copy => {
                let policy = self.preflight.as_ref().and_then(Preflight::missing_policy);
                return policy.map(Effect::copy).into_iter().collect();
            }
            other => {
                self.move_focus(other);
                return Vec::new();
            }
        };
        vec![match chosen {
            Choice::Apply | Choice::Check => Effect::Apply,
            Choice::Guide => Effect::BeginGuide,
            Choice::Export => {
                self.focus = Choice::Export;
                Effect::Export(Box::new(self.job.plan.clone()))
            }
            Choice::GoBack => Effect::Back,
        }]
    }

    fn move_focus(&mut self, action: Action) {
        let choices = self.choices();
        let here = choices.iter().position(|choice| *choice == self.focus);
        let here = here.unwrap_or_default();
        // Pages belong to the text.
        if matches!(action, Action::PageUp | Action::PageDown) {
            self.scroll.act(action);
            return;
        }
        let there = moved(action, here, choices.len(), 1);
        if let Some(choice) = there.and_then(|there| choices.get(there)) {
            self.focus = *choice;
        }
    }

    /// The choices; below them, with the cursor on exporting, which file is for whom.
    fn drawn_choices(&self, width: u16) -> Vec<Line<'static>> {
        let changes = counted(self.plan().totals().changes, "change");
        let drawn = self.choices().into_iter().map(|choice| {
            let here = choice == self.focus;
            let text = match (choice, &self.plan().undoes) {
                (Choice::Apply, None) => format!("Apply {changes}"),
                (Choice::Apply, Some(_)) => format!("Put back {changes}"),
                (Choice::Check, _) => "Check everything again".to_owned(),
                (Choice::Guide, _) => "Guide me through the console".to_owned(),
                (Choice::Export, _) => "Export as files for others".to_owned(),
                (Choice::GoBack, _) => "Go back".to_owned(),
            };
            let style = if here { theme::CURSOR } else { theme::PLAIN };
            Line::from(vec![
                Span::styled(if here { "› " } else { "  " }, theme::ACCENT),
                Span::styled(format!(" {text} "), style),
            ])
        });
        let mut lines: Vec<Line> = drawn.collect();
        if self.focus == Choice::Export {
            let readers = format!("    {}.", export::readers());
            lines.extend(wrapped(&readers, width, "", theme::DIM));
        }
        lines
    }

    pub fn draw(&mut self, frame: &mut Frame, area: Rect) {
        let width = area.width.saturating_sub(1);
        let mut lines = Vec::new();
        // Parts of one paragraph, each from a line of its own.
        let mut say = |parts: &[(&str, Style)]| {
            for (text, style) in parts {
                lines.extend(wrapped(&clean(text), width, "", *style));
            }
            lines.push(Line::default());
        };
        let (plan, totals) = (self.plan(), self.plan().totals());
        if let Some(run) = &plan.undoes {
            say(&[(&format!("Putting the run {run} back."), theme::TITLE)]);
        }
        let mut who = Readiness::predicted(plan);
        if let (Some((who, _)), Some(foreseen)) = (&mut who, &self.foreseen) {
            proof::take_back(who, foreseen);
        }
        let is_asking = self.foreseen.is_none();
        let mut who = match who {
            // Nobody is told that people can connect before the simulator was asked.
            Some((readiness, _)) if is_asking && readiness.somebody_can() => {
                vec![(
                    "Asking AWS who can connect after this.".to_owned(),
                    theme::DIM,
                )]
            }
            Some((readiness, basis)) => who_can(&readiness, basis),
            None => Vec::new(),
        };
        if totals.changes > 0 {
            who.push((plan.sentence(), theme::TITLE));
        }
        let who: Vec<_> = who
            .iter()
            .map(|(text, style)| (text.as_str(), *style))
            .collect();
        if !who.is_empty() {
            say(&who);
        }
        // What stands in the way comes before what follows from it.
        if totals.changes > 0 {
            for (text, style) in preflight(self.preflight.as_ref(), self.foreseen.as_deref()) {
                say(&[(&text, style)]);
            }
        }
        if totals.changes > 0 {
            if let Some(run) = &self.job.continues {
                let text = format!("It goes on with the run {run}; both are put back together.");
                say(&[(&text, theme::PLAIN)]);
            }
            let strangers = plan.let_in_from_elsewhere();
            let strangers = strangers.map(|text| format!("{} {text}", theme::BLOCKED));
            let about_nodes = plan.about_all_nodes();
            let mut parts: Vec<(&str, Style)> = about_nodes
                .iter()
                .map(|text| (text.as_str(), theme::PLAIN))
                .collect();
            parts.push((put_back(plan, self.records_last), theme::PLAIN));
            parts.extend(strangers.iter().map(|text| (text.as_str(), theme::WARN)));
            say(&parts);
        }
        let endpoints = plan.identity.endpoints.iter();
        // The insecure ones are named with what that means.
        for endpoint in endpoints.filter(|endpoint| !endpoint.is_insecure()) {
            let text = format!("Requests go to {}.", endpoint.label());
            say(&[(&text, theme::PLAIN)]);
        }
        if let Some(warning) = insecurity(&plan.identity.endpoints) {
            say(&[(&format!("{} {warning}", theme::BLOCKED), theme::WARN)]);
        }
        if let (Some(trouble), true) = (&self.trouble, totals.changes > 0) {
            say(&[(&format!("{} {trouble}", theme::BLOCKED), theme::WARN)]);
        }
        for (text, style) in situation(plan) {
            say(&[(&text, style)]);
        }
        lines.extend(what_is_written(plan, width));
        let choices = self.drawn_choices(width);
        // What is chosen from stays in sight, however long the rest is.
        let rows = u16::try_from(choices.len()).unwrap_or(u16::MAX);
        let rows = rows.min(area.height.saturating_sub(1)).max(1);
        let gap = u16::from(area.height > rows + 4);
        let room = area.height.saturating_sub(gap + rows);
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(room);
        let [text, _, below] = Layout::vertical([
            Constraint::Length(height),
            Constraint::Length(gap),
            Constraint::Length(rows),
        ])
        .areas(area);
        self.scroll.draw(frame, text, lines);
        let here = self
            .choices()
            .iter()
            .position(|choice| *choice == self.focus);
        let here = here.unwrap_or_default();
        let mut list = Scroll::default();
        list.show(here..=here, below.height);
        list.draw(frame, below, choices);
    }
}

/// Returns who can connect, and the first of those who cannot.
fn who_can(readiness: &Readiness, basis: Basis) -> Vec<(String, Style)> {
    let (sign, style) = theme::of_readiness(readiness.state);
    let mut said = vec![(format!("{sign} {}", readiness.headline(basis)), style)];
    let obstacles = readiness.obstacles();
    let more = obstacles.len().saturating_sub(SHOWN);
    let shown = obstacles.into_iter().take(SHOWN);
    said.extend(shown.map(|text| (format!("  {text}"), theme::WARN)));
    if more > 0 {
        said.push((
            format!("  and {more} more; the preview has all."),
            theme::WARN,
        ));
    }
    said
}

/// Returns whether the caller may do it, and whether the roles will work then.
fn preflight(
    preflight: Option<&Preflight>,
    foreseen: Option<&[CheckResult]>,
) -> Vec<(String, Style)> {
    let Some(preflight) = preflight else {
        let text = "Asking AWS whether you may do this.";
        return vec![(text.to_owned(), theme::DIM)];
    };
    let sign = |message: Message| {
        let (sign, style) = theme::of_severity(message.severity);
        (format!("{sign} {}", message.text), style)
    };
    let mut said: Vec<_> = checks::preflight(preflight).into_iter().map(sign).collect();
    if let Some(foreseen) = foreseen {
        said.extend(checks::foreseen(foreseen).into_iter().map(sign));
    } else {
        let text = "Asking AWS whether the roles will work then.";
        said.push((text.to_owned(), theme::DIM));
    }
    said
}

/// Returns what cannot be done, and that there is nothing to do.
fn situation(plan: &Plan) -> Vec<(String, Style)> {
    let totals = plan.totals();
    let items = counted(totals.blocked, "item");
    let (text, style) = match (totals.changes, totals.blocked, &plan.undoes) {
        (1.., 0, _) => return Vec::new(),
        (1.., _, None) => {
            let text = "cannot be done and will be left alone; the preview says why.";
            (format!("{} {items} {text}", theme::BLOCKED), theme::WARN)
        }
        (1.., _, Some(_)) => {
            let text = "cannot be put back and will be left alone; why stands below.";
            (format!("{} {items} {text}", theme::BLOCKED), theme::WARN)
        }
        (0, 0, None) => {
            let text = "Everything is in place. There is nothing to write.";
            (format!("{} {text}", theme::CHECK), theme::GOOD)
        }
        (0, 0, Some(_)) => {
            let text = "Everything is as it was before the run. There is nothing to put back.";
            (format!("{} {text}", theme::CHECK), theme::GOOD)
        }
        (0, _, None) => {
            let text = "cannot be done here; the preview says why.";
            (
                format!("There is nothing to write. {items} {text}"),
                theme::WARN,
            )
        }
        (0, _, Some(_)) => {
            let text = "cannot be put back; why stands below.";
            (
                format!("There is nothing to write. {items} {text}"),
                theme::WARN,
            )
        }
    };
    vec![(text, style)]
}

/// Each change in a sentence; of an undoing, which has no preview, also what is left alone and the documents.
fn what_is_written(plan: &Plan, width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if plan.totals().changes > 0 {
        lines.push(Line::default());
        lines.push(Line::styled("What is written:", theme::DIM));
    }
    for (item, change) in plan.changes() {
        let sign = match (&change.after(), change.puts_back) {
            (Content::Absent, _) => "-",
            (_, true) => theme::DIFFERS,
            (_, false) => theme::TO_DO,
        };
        let text = format!("{sign} {}", change.sentence());
        lines.extend(wrapped(&clean(&text), width, "  ", theme::DIM));
        if plan.undoes.is_none() {
            for warning in &item.warnings {
                let text = format!("  {} {warning}", theme::BLOCKED);
                lines.extend(wrapped(&clean(&text), width, "    ", theme::WARN));
            }
        }
    }
    if plan.undoes.is_none() {
        return lines;
    }
    for (names, warning) in warnings(plan) {
        let text = format!("{} {names}: {warning}", theme::BLOCKED);
        lines.extend(wrapped(&clean(&text), width, "  ", theme::WARN));
    }
    for item in &plan.items {
        lines.extend(left_alone(&item.target, &item.state, width));
    }
    for (item, change) in plan
        .changes()
        .filter(|(item, _)| item.target.role().is_some())
    {
        lines.push(Line::default());
        lines.push(Line::styled(
            clean(&format!("{}:", item.target.short())),
            theme::DIM,
        ));
        let account = &plan.identity.account;
        lines.extend(diff::admitted(change, account, width));
        let (before, after) = (change.before_text(), change.after_text());
        lines.extend(diff::indented(before, after, width));
    }
    lines
}

/// Each warning once, with the items that it is about.
fn warnings(plan: &Plan) -> Vec<(String, &String)> {
    let mut warnings: Vec<(String, &String)> = Vec::new();
    for item in &plan.items {
        for warning in &item.warnings {
            let name = item.target.short();
            match warnings.iter_mut().find(|(_, known)| *known == warning) {
                Some((names, _)) => *names = format!("{names}, {name}"),
                None => warnings.push((name, warning)),
            }
        }
    }
    warnings
}

fn left_alone(target: &Target, state: &State, width: u16) -> Vec<Line<'static>> {
    let State::Blocked {
        reason,
        remedy,
        difference,
        ..
    } = state
    else {
        return Vec::new();
    };
    let text = format!("{} {}: {reason} {remedy}", theme::BLOCKED, target.short());
    let mut lines = vec![Line::default()];
    lines.extend(wrapped(&clean(&text), width, "  ", theme::WARN));
    if let Some(Difference { expected, found }) = difference {
        let text = "  What differs (- as the run left it, + as it is now):";
        lines.extend(wrapped(text, width, "  ", theme::DIM));
        lines.extend(diff::indented(expected.text(), found.text(), width));
    }
    lines
}

/// Returns how to put it back.
fn put_back(plan: &Plan, records_last: bool) -> &'static str {
    match (plan.undoes.is_some(), records_last) {
        (true, _) => "What is there is recorded before each change, so this too can be put back.",
        (false, true) => "All of it can be put back exactly: with u, or later with \"undo\".",
        (false, false) => "All of it can be put back exactly, with u, until you leave.",
    }
}
