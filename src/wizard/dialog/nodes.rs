//! The hybrid nodes of the chosen roles over the last screen: which are there, and whose they are.

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::text::Line;

use super::{close, draw_text};
use crate::messages::nodes as messages;
use crate::verify::nodes::Nodes;
use crate::wizard::effect::Effect;
use crate::wizard::widget::keys::{Action, Binding, MOVES, quiet};
use crate::wizard::widget::scroll::Scroll;
use crate::wizard::widget::text::said;
use crate::wizard::widget::theme;

/// What was found; none while it is being looked for.
#[derive(Debug, Default)]
pub struct NodesDialog {
    nodes: Option<Nodes>,
    scroll: Scroll,
}

impl NodesDialog {
    pub fn show(&mut self, nodes: Nodes) {
        self.nodes = Some(nodes);
    }

    pub fn bindings() -> Vec<Binding> {
        let mut bindings = close("close").to_vec();
        bindings.push(quiet(KeyCode::Enter, Action::Back, "close"));
        bindings.extend(MOVES);
        bindings
    }

    pub fn handle(&mut self, action: Action) -> Vec<Effect> {
        if action == Action::Back {
            return vec![Effect::CloseDialog];
        }
        self.scroll.act(action);
        Vec::new()
    }

    pub fn draw(&mut self, frame: &mut Frame, spinner: &str) {
        // Two columns of border, one for the bar.
        let width = frame.area().width.min(100).saturating_sub(3);
        let mut lines = Vec::new();
        match &self.nodes {
            None => lines.push(Line::raw(format!(
                "Asking Systems Manager which hybrid nodes there are, and whose. {spinner}"
            ))),
            Some(nodes) => {
                for message in messages::lines(nodes) {
                    lines.extend(said(message.severity, &message.text, width));
                }
            }
        }
        lines.push(Line::default());
        lines.push(Line::styled("Esc closes this.", theme::DIM));
        draw_text(frame, 100, "Hybrid nodes", &mut self.scroll, lines);
    }
}
