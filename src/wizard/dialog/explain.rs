//! A field for an error that somebody has met, and what it means. The text goes nowhere.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::text::Line;

use super::{close, draw_text};
use crate::explain::{self, Checks};
use crate::plan::Plan;
use crate::wizard::effect::Effect;
use crate::wizard::widget::keys::{Action, Binding, MOVES, hint};
use crate::wizard::widget::scroll::Scroll;
use crate::wizard::widget::text::{clean, wrapped};
use crate::wizard::widget::theme;

/// The field, and what its text means once that was asked.
#[derive(Debug, Default)]
pub struct ExplainDialog {
    text: String,
    said: Option<Vec<String>>,
    scroll: Scroll,
    /// What was chosen, as far as it has been read.
    plan: Option<Box<Plan>>,
}

impl ExplainDialog {
    pub fn new(plan: Option<Plan>) -> Self {
        Self {
            plan: plan.map(Box::new),
            ..Self::default()
        }
    }

    pub fn is_asking(&self) -> bool {
        self.said.is_none()
    }

    pub fn bindings(&self) -> Vec<Binding> {
        if self.said.is_some() {
            let mut bindings = close("close").to_vec();
            bindings.push(hint(KeyCode::Enter, Action::Back, "close"));
            bindings.extend(MOVES);
            return bindings;
        }
        vec![
            hint(KeyCode::Enter, Action::Next, "explain"),
            hint(KeyCode::Esc, Action::Back, "close"),
        ]
    }

    /// Does what the key is bound to, or types it.
    pub fn on_key(&mut self, key: KeyEvent, action: Option<Action>) -> Vec<Effect> {
        match (action, key.code) {
            (Some(Action::Back), _) => return vec![Effect::CloseDialog],
            (Some(Action::Next), _) if !self.text.trim().is_empty() => self.explain(),
            (Some(action), _) => drop(self.scroll.act(action)),
            (None, KeyCode::Backspace) => drop(self.text.pop()),
            (None, KeyCode::Char(c)) if self.said.is_none() => self.paste(&c.to_string()),
            (None, _) => {}
        }
        Vec::new()
    }

    /// Lines make no difference.
    pub fn paste(&mut self, text: &str) {
        if self.said.is_none() {
            let room = explain::LONGEST.saturating_sub(self.text.len());
            let one_line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
            self.text.extend(one_line.take(room));
        }
    }

    fn explain(&mut self) {
        let checks = self.plan.as_deref().map(|plan| Checks {
            plan,
            proof: None,
            nodes: None,
        });
        self.scroll.to_top();
        self.said = Some(match explain::explain(&self.text, checks) {
            Some(explanation) => explain::lines(&explanation),
            None => vec![explain::UNKNOWN.to_owned()],
        });
    }

    pub fn draw(&mut self, frame: &mut Frame) {
        // Two columns of border, one for the bar.
        let width = frame.area().width.min(90).saturating_sub(3);
        let (mut lines, mut typed) = (Vec::new(), None);
        if let Some(said) = &self.said {
            for (number, text) in said.iter().enumerate() {
                let style = if number == 0 {
                    theme::TITLE
                } else {
                    theme::PLAIN
                };
                lines.extend(wrapped(&clean(text), width, "", style));
            }
        } else {
            let text = "Paste the error that somebody has met, or a part of it. It goes nowhere.";
            lines.extend(wrapped(text, width, "", theme::PLAIN));
            lines.push(Line::default());
            lines.extend(wrapped(
                &clean(&format!("> {}", self.text)),
                width,
                "  ",
                theme::PLAIN,
            ));
            // The field's cursor is behind what was typed.
            typed = lines.last().map(|last| (lines.len() - 1, last.width()));
            self.scroll.to_bottom();
        }
        lines.push(Line::default());
        let keys = if self.said.is_some() {
            "Esc closes this."
        } else {
            "Enter explains it. Esc closes this."
        };
        lines.push(Line::styled(keys, theme::DIM));
        let place = draw_text(frame, 90, "Explain an error", &mut self.scroll, lines);
        if let Some((line, column)) = typed {
            self.scroll.set_cursor_in(frame, place, line, column);
        }
    }
}
