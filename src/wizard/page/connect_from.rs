//! Where people start their sessions. It decides which roles are asked for.

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::model::ConnectFrom;
use crate::plan::SHARED_USER_ID;
use crate::wizard::effect::Effect;
use crate::wizard::widget::keys::{Action, Binding, MOVES, hint};
use crate::wizard::widget::scroll::moved;
use crate::wizard::widget::text::wrapped;
use crate::wizard::widget::theme;

const OPTIONS: [(ConnectFrom, &str, &str); 3] = [
    (
        ConnectFrom::Laptop,
        "My own computer",
        "People run sm-ssh with a user role, which gets the client policy.",
    ),
    (
        ConnectFrom::Studio,
        "SageMaker Studio",
        "Studio runs under the SageMaker role, which gets the server and the client policy.",
    ),
    (
        ConnectFrom::Both,
        "Both",
        "SageMaker roles get both policies, and user roles the client policy.",
    ),
];

/// The step's own state.
#[derive(Debug, Default)]
pub struct ConnectFromPage {
    pub choice: ConnectFrom,
}

impl ConnectFromPage {
    pub fn bindings() -> Vec<Binding> {
        let mut bindings = vec![
            hint(KeyCode::Down, Action::Down, "down"),
            hint(KeyCode::Enter, Action::Next, "go on"),
            hint(KeyCode::Esc, Action::Back, "back"),
        ];
        bindings.extend(MOVES);
        bindings
    }

    pub fn handle(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Next => return vec![Effect::Next],
            Action::Back => return vec![Effect::Back],
            _ => {}
        }
        let here = OPTIONS
            .iter()
            .position(|(choice, ..)| *choice == self.choice)
            .unwrap_or(0);
        let there = moved(action, here, OPTIONS.len(), OPTIONS.len());
        if let Some((choice, ..)) = there.and_then(|there| OPTIONS.get(there)) {
            self.choice = *choice;
        }
        Vec::new()
    }

    /// The choice in the words of the list.
    pub fn answer(&self) -> &'static str {
        OPTIONS
            .iter()
            .find(|(choice, ..)| *choice == self.choice)
            .map_or("", |(_, name, _)| name)
    }

    pub fn draw(&self, frame: &mut Frame, area: Rect) {
        let mut lines = wrapped(
            "Where do people start their SSH sessions?",
            area.width,
            "",
            theme::PLAIN,
        );
        for (choice, name, consequence) in OPTIONS {
            let here = choice == self.choice;
            lines.push(Line::default());
            lines.push(Line::from(vec![
                Span::styled(
                    if here { "› (•) " } else { "  ( ) " },
                    if here { theme::ACCENT } else { theme::PLAIN },
                ),
                Span::styled(name, if here { theme::TITLE } else { theme::PLAIN }),
            ]));
            let room = area.width.saturating_sub(6);
            lines.extend(
                wrapped(consequence, room, "", theme::DIM)
                    .into_iter()
                    .map(|line| {
                        let mut spans = vec![Span::raw("      ")];
                        spans.extend(
                            line.spans
                                .into_iter()
                                .map(|span| span.patch_style(line.style)),
                        );
                        Line::from(spans)
                    }),
            );
        }
        if self.choice.uses_studio() {
            lines.push(Line::default());
            let text = format!("{} {SHARED_USER_ID}", theme::BLOCKED);
            lines.extend(wrapped(&text, area.width, "  ", theme::WARN));
        }
        frame.render_widget(Paragraph::new(lines), area);
    }
}
