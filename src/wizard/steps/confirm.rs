//! The last question. It shows the plan as it stood when the screen was entered, and that plan alone is carried out.

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::plan::words::counted;
use crate::plan::{Plan, Target};
use crate::wizard::Former;
use crate::wizard::ui::keys::{Action, Binding, MOVES, hint};
use crate::wizard::ui::scroll::Scroll;
use crate::wizard::ui::text::{clean, wrapped};
use crate::wizard::ui::theme;

/// What can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Carry the plan out.
    Apply,
    /// Nothing to carry out: read everything again and say what is found.
    Check,
    GoBack,
}

/// The step's own state.
#[derive(Debug)]
pub struct ConfirmStep {
    pub plan: Plan,
    focus: Choice,
    scroll: Scroll,
}

impl ConfirmStep {
    /// Asks about this plan. The focus is on going back.
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            focus: Choice::GoBack,
            scroll: Scroll::default(),
        }
    }

    fn choices(&self) -> [Choice; 2] {
        let first = if self.plan.totals().changes > 0 {
            Choice::Apply
        } else {
            Choice::Check
        };
        [first, Choice::GoBack]
    }

    pub fn focused(&self) -> Choice {
        self.focus
    }

    pub fn bindings(&self) -> Vec<Binding> {
        let [first, _] = self.choices();
        let mut bindings = Vec::new();
        if first == Choice::Apply {
            let changes = self.plan.totals().changes;
            let label = if changes == 1 {
                "apply 1 change"
            } else {
                "apply all"
            };
            bindings.push(hint(KeyCode::Char('y'), Action::Apply, label));
        } else {
            bindings.push(hint(KeyCode::Char('y'), Action::Apply, "check"));
        }
        bindings.push(hint(KeyCode::Up, Action::Up, "choose"));
        bindings.push(hint(KeyCode::Enter, Action::Next, "take it"));
        bindings.push(hint(KeyCode::Esc, Action::Back, "back"));
        bindings.extend(MOVES);
        bindings
    }

    pub fn act(&mut self, action: Action) {
        let [first, last] = self.choices();
        match action {
            Action::Up | Action::Top => self.focus = first,
            Action::Down | Action::Bottom => self.focus = last,
            other => drop(self.scroll.act(other)),
        }
    }

    pub fn draw(&mut self, frame: &mut Frame, area: Rect, former: &Former) {
        let width = area.width.saturating_sub(1);
        let mut lines = vec![Line::default()];
        let mut say = |text: &str, style: Style| {
            lines.extend(wrapped(&clean(text), width, "", style));
            lines.push(Line::default());
        };
        let totals = self.plan.totals();
        if totals.changes > 0 {
            say(&self.plan.sentence(), theme::TITLE);
            say(&put_back(&self.plan, former), theme::PLAIN);
            if *former == Former::NotKept {
                let warning = "The log file cannot be written, so nothing keeps the former documents. Save the plan with w \
                               in the preview first.";
                say(&format!("{} {warning}", theme::BLOCKED), theme::WARN);
            }
            if totals.blocked > 0 {
                let items = counted(totals.blocked, "item");
                say(
                    &format!(
                        "{} {items} cannot be done and will be left alone; the preview says why.",
                        theme::BLOCKED
                    ),
                    theme::WARN,
                );
            }
        } else if totals.blocked > 0 {
            let items = counted(totals.blocked, "item");
            say(
                &format!(
                    "There is nothing to write. {items} cannot be done here; the preview says why."
                ),
                theme::WARN,
            );
        } else {
            say(
                &format!(
                    "{} Everything is in place. There is nothing to write.",
                    theme::CHECK
                ),
                theme::GOOD,
            );
        }
        for choice in self.choices() {
            let here = choice == self.focus;
            let text = match choice {
                Choice::Apply => format!("Apply {}", counted(totals.changes, "change")),
                Choice::Check => "Check everything again".to_owned(),
                Choice::GoBack => "Go back".to_owned(),
            };
            lines.push(Line::from(vec![
                Span::styled(if here { "› " } else { "  " }, theme::ACCENT),
                Span::styled(
                    format!(" {text} "),
                    if here { theme::CURSOR } else { theme::PLAIN },
                ),
            ]));
        }
        if totals.changes > 0 {
            lines.push(Line::default());
            lines.push(Line::styled("What is written:", theme::DIM));
            for (item, _) in self.plan.changes() {
                let text = format!("{} {}", theme::TO_DO, item.target.sentence());
                lines.extend(wrapped(&clean(&text), width, "  ", theme::DIM));
            }
        }
        self.scroll.draw(frame, area, lines);
    }
}

/// How to put it back.
fn put_back(plan: &Plan, former: &Former) -> String {
    let has = |wanted: fn(&Target, bool) -> bool| {
        plan.changes()
            .any(|(item, change)| wanted(&item.target, change.before.is_some()))
    };
    let ways: Vec<&str> = [
        (
            has(|target, _| matches!(target, Target::Tier { .. })),
            "a tier by a reset",
        ),
        (
            has(|target, there| {
                matches!(target, Target::Trust { .. }) || there && target.role().is_some()
            }),
            "a trust or a replaced policy by its former document",
        ),
        (
            has(|target, there| matches!(target, Target::Policy { .. }) && !there),
            "a new policy by deleting it",
        ),
    ]
    .into_iter()
    .filter_map(|(needed, way)| needed.then_some(way))
    .collect();
    let kept = match former {
        Former::InLog(path) => {
            format!(" The former documents are written to {path} before each change.")
        }
        Former::NotKept | Former::Demo => String::new(),
    };
    format!(
        "All of it can be put back: {}. The commands are shown at the end.{kept}",
        ways.join(", ")
    )
}
