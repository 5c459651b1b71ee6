//! The hybrid nodes of the chosen roles over the last screen: which are there, and whose they are.

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::text::Line;

use super::{Answer, close, draw_text};
use crate::verify::nodes::{self, Nodes};
use crate::wizard::ui::keys::{Action, Binding, MOVES, quiet};
use crate::wizard::ui::scroll::Scroll;
use crate::wizard::ui::text::{clean, wrapped};
use crate::wizard::ui::theme;

/// What was found; none while it is being looked for.
#[derive(Debug, Default)]
pub struct NodesView {
    nodes: Option<Nodes>,
    scroll: Scroll,
}

impl NodesView {
    pub fn take_in(&mut self, nodes: Nodes) {
        self.nodes = Some(nodes);
    }

    pub fn bindings() -> Vec<Binding> {
        let mut bindings = close("close").to_vec();
        bindings.push(quiet(KeyCode::Enter, Action::Back, "close"));
        bindings.extend(MOVES);
        bindings
    }

    pub fn act(&mut self, action: Action) -> Answer {
        if action == Action::Back {
            return Answer::Close;
        }
        self.scroll.act(action);
        Answer::StayOpen
    }

    pub fn draw(&mut self, frame: &mut Frame, spinner: &str) {
        // Two columns of border, one for the bar.
        let width = frame.area().width.min(100).saturating_sub(3);
        let mut lines = Vec::new();
        match &self.nodes {
            None => lines.push(Line::raw(format!(
                "{spinner} Asking Systems Manager which nodes there are, and whose."
            ))),
            Some(nodes) => {
                for (answer, text) in nodes::lines(nodes) {
                    let (sign, style) = theme::of_answer(answer);
                    let text = format!("{sign} {text}");
                    lines.extend(wrapped(&clean(&text), width, "  ", style));
                }
            }
        }
        lines.push(Line::default());
        lines.push(Line::styled("Esc closes this.", theme::DIM));
        draw_text(frame, 100, "Nodes", &mut self.scroll, lines);
    }
}
