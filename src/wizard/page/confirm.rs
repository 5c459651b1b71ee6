//! The last question. It shows the plan as it stood when the screen was entered, and that plan alone is carried out. `y` is
//! asked for here and nowhere else.

mod parts;

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use crate::apply::Job;
use crate::export;
use crate::journal::Records;
use crate::messages::sum::{Asked, Fact, SumLine};
use crate::messages::{Message, checks};
use crate::model::endpoint::insecurity;
use crate::plan::Plan;
use crate::plan::readiness::{Basis, Readiness};
use crate::text::{Severity, counted};
use crate::verify::{CheckResult, Preflight, proof};
use crate::wizard::effect::Effect;
use crate::wizard::page::Page;
use crate::wizard::widget::keys::{self, Action, Binding, MOVES, hint, quiet};
use crate::wizard::widget::scroll::Scroll;
use crate::wizard::widget::text::{labelled, said, signed, wrapped};
use crate::wizard::widget::theme;
use parts::{documents, ending_in_dots, kept_out, obstacles, sign_of, situation, warned};

/// So many of those who cannot connect stand above the question.
const SHOWN: usize = 3;
/// Where the facts stand, behind their labels.
const COLUMN: usize = 9;
/// With fewer lines, only the first of the choices is listed.
const ROOM_FOR_CHOICES: u16 = 12;
/// Lines that are kept for the worst of what AWS says.
const VERDICT: usize = 2;
/// Lines that are kept for the sentence of who can connect and what follows it, so that nothing moves when it comes.
const HEADLINE: usize = 2;

/// What can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
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
    /// Somebody said yes while AWS was still being asked: the next one counts.
    said_yes_early: bool,
    /// Why the run could not be recorded, so that nothing would be changed.
    trouble: Option<String>,
    facts: Vec<Fact>,
    scroll: Scroll,
}

impl ConfirmPage {
    /// Asks about this plan.
    pub fn new(job: Job, under: Page, records: &Records) -> Self {
        Self {
            facts: job.facts(Asked::InWizard, records),
            job,
            under,
            preflight: None,
            foreseen: None,
            said_yes_early: false,
            trouble: records.trouble().map(|error| error.to_string()),
            scroll: Scroll::default(),
        }
    }

    fn plan(&self) -> &Plan {
        &self.job.plan
    }

    /// Returns whether AWS has answered what somebody was told it was still asked.
    pub fn has_answered_at_last(&mut self) -> bool {
        !self.is_asking_aws() && std::mem::take(&mut self.said_yes_early)
    }

    fn is_asking_aws(&self) -> bool {
        self.preflight.is_none() || self.foreseen.is_none()
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

    /// The key, what it does, and the same in a word or two for the foot of the screen.
    fn named(&self, choice: Choice) -> (KeyCode, Action, String, &'static str) {
        let changes = counted(self.plan().totals().changes, "change");
        match (choice, &self.plan().undoes) {
            (Choice::Apply, None) => (
                KeyCode::Char('y'),
                Action::Apply,
                format!("Apply {changes}"),
                "apply",
            ),
            (Choice::Apply, Some(_)) => (
                KeyCode::Char('y'),
                Action::Apply,
                format!("Put back {changes}"),
                "put it back",
            ),
            (Choice::Check, _) => {
                let text = "Check everything again".to_owned();
                (KeyCode::Char('v'), Action::Check, text, "check")
            }
            (Choice::Guide, _) => {
                let text = "Guide me through the console".to_owned();
                (KeyCode::Char('m'), Action::Guide, text, "guide")
            }
            (Choice::Export, _) => {
                let text = "Export as files for others".to_owned();
                (KeyCode::Char('e'), Action::Export, text, "export")
            }
            (Choice::GoBack, _) => (KeyCode::Esc, Action::Back, "Go back".to_owned(), "back"),
        }
    }

    pub fn bindings(&self) -> Vec<Binding> {
        let named = self.choices().into_iter().map(|choice| self.named(choice));
        let hints = named.map(|(key, action, _, label)| hint(key, action, label));
        let mut bindings: Vec<Binding> = hints.collect();
        // Where little fits, the way back is not what is left out.
        bindings.sort_by_key(|binding| match binding.action {
            Action::Apply | Action::Check => 0,
            Action::Back => 1,
            _ => 2,
        });
        if self.missing_policy().is_some() {
            bindings.push(hint(KeyCode::Char('c'), Action::Copy, "copy policy"));
        }
        bindings.push(hint(KeyCode::PageDown, Action::PageDown, "read on"));
        bindings.push(quiet(KeyCode::Enter, Action::Next, "say what the keys do"));
        bindings.extend(MOVES);
        bindings
    }

    fn missing_policy(&self) -> Option<String> {
        self.preflight.as_ref().and_then(Preflight::missing_policy)
    }

    pub fn handle(&mut self, action: Action) -> Vec<Effect> {
        let effect = match action {
            Action::Next => self.say_keys(),
            Action::Apply if self.is_asking_aws() && !self.said_yes_early => {
                self.said_yes_early = true;
                let text = "AWS is still being asked. y once more applies without its answer.";
                return vec![Effect::say(Severity::Warning, text), Effect::AskAnew];
            }
            Action::Apply | Action::Check => Effect::Apply,
            Action::Guide => Effect::BeginGuide,
            Action::Export => Effect::Export(Box::new(self.job.plan.clone())),
            Action::Back => Effect::Back,
            Action::Copy => {
                return self
                    .missing_policy()
                    .map(Effect::copy)
                    .into_iter()
                    .collect();
            }
            other => {
                self.scroll.act(other);
                return Vec::new();
            }
        };
        vec![effect]
    }

    /// Nothing is done by a key that went on everywhere else.
    fn say_keys(&self) -> Effect {
        let changes = counted(self.plan().totals().changes, "change");
        let text = match (self.choices().first(), &self.plan().undoes) {
            (Some(Choice::Apply), Some(_)) => format!("y puts {changes} back, Esc goes back."),
            (Some(Choice::Apply), None) => format!("y applies {changes}, Esc goes back."),
            _ => "v checks everything again, Esc goes back.".to_owned(),
        };
        Effect::say(Severity::Info, text)
    }

    /// What can be answered, each behind its key.
    fn drawn_choices(&self) -> Vec<Line<'static>> {
        let drawn = self.choices().into_iter().map(|choice| {
            let (key, _, text, _) = self.named(choice);
            let style = if choice == Choice::Apply {
                theme::TITLE
            } else {
                theme::PLAIN
            };
            Line::from(vec![
                Span::styled(format!("{:<5}", keys::name(key)), theme::KEY),
                Span::styled(text, style),
            ])
        });
        drawn.collect()
    }

    /// Whether the caller may do it, and whether the roles will work then, by AWS.
    fn checked(&self) -> Vec<Message> {
        let may = self.preflight.as_ref().map(checks::preflight);
        let works = self.foreseen.as_deref().map(checks::foreseen);
        let said = may.into_iter().chain(works);
        said.flatten().collect()
    }

    /// The first of the worst that AWS says.
    fn worst(&self) -> Option<Message> {
        let rank = |message: &Message| match message.severity {
            Severity::Error => 3,
            Severity::Warning => 2,
            Severity::Unknown => 1,
            Severity::Good | Severity::Info => 0,
        };
        self.checked().into_iter().rev().max_by_key(rank)
    }

    /// The worst of what AWS says, on lines that are kept for it. All of it stands further below.
    fn verdict(&self, width: u16, spinner: &str) -> Vec<Line<'static>> {
        let mut lines = if self.is_asking_aws() {
            let text = "Asking AWS whether you may do this, and whether it will work.";
            wrapped(&format!("{text} {spinner}"), width, "", theme::PLAIN)
        } else {
            let worst = self.worst();
            let said = |message: Message| said(message.severity, &message.text, width);
            worst.map(said).unwrap_or_default()
        };
        if lines.len() > VERDICT {
            lines.truncate(VERDICT);
            let last = lines.pop().map(|line| ending_in_dots(line, width));
            lines.extend(last);
        }
        lines.resize(VERDICT, Line::default());
        lines
    }

    pub fn draw(&mut self, frame: &mut Frame, area: Rect, spinner: &str) {
        let width = area.width.saturating_sub(1);
        let has_changes = self.plan().totals().changes > 0;
        let lines = self.lines(width, spinner);
        let mut below = self.drawn_choices();
        // On a small screen the sum needs the lines; the keys stand at its foot all the same.
        if area.height < ROOM_FOR_CHOICES {
            below.truncate(1);
        }
        if has_changes {
            let choices = std::mem::replace(&mut below, self.verdict(width, spinner));
            below.extend(choices);
        }
        // What is chosen from stays in sight, however long the rest is.
        let rows = u16::try_from(below.len()).unwrap_or(u16::MAX);
        let rows = rows.min(area.height.saturating_sub(1)).max(1);
        let [text, rule, pinned] = Layout::vertical([
            Constraint::Fill(1),
            Constraint::Length(u16::from(area.height > rows + 4)),
            Constraint::Length(rows),
        ])
        .areas(area);
        self.scroll.draw(frame, text, lines);
        let block = Block::new().borders(Borders::TOP).border_style(theme::DIM);
        frame.render_widget(block, rule);
        // Where not all of it fits, what AWS says goes first.
        let skipped = below.len().saturating_sub(usize::from(rows));
        let first = if has_changes { VERDICT } else { 0 };
        let first = first.saturating_sub(skipped);
        frame.render_widget(Paragraph::new(below.split_off(skipped)), pinned);
        Scroll::default().set_cursor(frame, pinned, first);
    }

    /// The sum: who can connect afterwards, what is written, and what follows from it.
    fn lines(&self, width: u16, spinner: &str) -> Vec<Line<'static>> {
        let (plan, totals) = (self.plan(), self.plan().totals());
        let mut lines = self.headline(width, spinner);
        if totals.changes > 0 {
            for SumLine { sign, text } in plan.sum() {
                lines.extend(signed(sign_of(sign), &text, width, theme::PLAIN));
            }
        }
        lines.extend(
            situation(plan)
                .into_iter()
                .flat_map(|message| said(message.severity, &message.text, width)),
        );
        lines.push(Line::default());
        if totals.changes > 0 {
            for (label, text) in &self.facts {
                lines.extend(labelled(label, text, COLUMN, width, theme::PLAIN));
            }
        }
        let endpoints = plan.identity.endpoints.iter();
        // The insecure ones are named with what that means.
        for endpoint in endpoints.filter(|endpoint| !endpoint.is_insecure()) {
            lines.extend(labelled(
                "Requests",
                &endpoint.label(),
                COLUMN,
                width,
                theme::PLAIN,
            ));
        }
        let mut warnings: Vec<String> = insecurity(&plan.identity.endpoints).into_iter().collect();
        if totals.changes > 0 {
            warnings.extend(self.trouble.clone());
            warnings.extend(plan.let_in_from_elsewhere());
        }
        warnings.extend(
            warned(plan)
                .into_iter()
                .map(|(names, text)| format!("{names}: {text}")),
        );
        for text in warnings {
            lines.extend(said(Severity::Warning, &text, width));
        }
        lines.extend(self.late(width));
        if plan.undoes.is_some() {
            lines.extend(documents(plan, width));
        } else if self.choices().contains(&Choice::Export) {
            lines.push(Line::default());
            let text = format!("Export makes: {}.", export::readers());
            lines.extend(wrapped(&text, width, "", theme::DIM));
        }
        lines
    }

    /// Who can connect afterwards, on lines that are kept for it.
    fn headline(&self, width: u16, spinner: &str) -> Vec<Line<'static>> {
        let plan = self.plan();
        if let Some(run) = &plan.undoes {
            let text = format!("Putting the run {run} back.");
            let mut lines = wrapped(&text, width, "", theme::TITLE);
            lines.push(Line::default());
            return lines;
        }
        let is_refused = self.preflight.as_ref().is_some_and(Preflight::is_refused);
        let mut lines = match self.readiness() {
            // What cannot be written leads nobody anywhere.
            Some((readiness, _)) if is_refused && readiness.somebody_can() => {
                let text = checks::NOT_ALL_MAY_BE_WRITTEN;
                signed(
                    theme::of_severity(Severity::Error),
                    text,
                    width,
                    theme::TITLE,
                )
            }
            // Nobody is told that people can connect before the simulator was asked.
            Some((readiness, _)) if self.foreseen.is_none() && readiness.somebody_can() => {
                let text = format!("Asking AWS who can connect after this. {spinner}");
                vec![Line::raw(text)]
            }
            Some((readiness, basis)) => {
                let sign = theme::of_readiness(readiness.state);
                signed(sign, &readiness.headline(basis), width, theme::TITLE)
            }
            None => Vec::new(),
        };
        if let Some((planned, _)) = Readiness::predicted(plan) {
            lines.extend(kept_out(&planned, width));
        }
        lines.push(Line::default());
        lines.resize(lines.len().max(HEADLINE), Line::default());
        lines
    }

    fn readiness(&self) -> Option<(Readiness, Basis)> {
        proof::predicted(self.plan(), self.foreseen.as_deref().unwrap_or_default())
    }

    /// What comes late, below everything else, so that nothing moves: who cannot connect, and what AWS says.
    fn late(&self, width: u16) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        if let (Some((readiness, _)), Some(_)) = (self.readiness(), &self.foreseen) {
            lines.extend(obstacles(&readiness, width));
        }
        if self.plan().totals().changes > 0 && !self.is_asking_aws() {
            let worst = self.worst();
            for message in self.checked() {
                let drawn = said(message.severity, &message.text, width);
                // What is to be read whole above the choices is not said twice.
                if drawn.len() > VERDICT || worst.as_ref() != Some(&message) {
                    lines.extend(drawn);
                }
            }
        }
        if !lines.is_empty() {
            lines.insert(0, Line::default());
        }
        lines
    }
}
