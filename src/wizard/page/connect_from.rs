//! Where people start their sessions. It decides which roles are asked for.

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::model::ConnectFrom;
use crate::plan::SHARED_USER_ID;
use crate::text::Severity;
use crate::wizard::effect::Effect;
use crate::wizard::widget::keys::{Action, Binding, MOVES, hint};
use crate::wizard::widget::scroll::{Scroll, moved};
use crate::wizard::widget::text::{mark, said, wrapped};
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

/// What people need, in words.
const PICTURE: [&str; 4] = [
    "Each container that people connect to appears in Systems Manager as a hybrid node. Three things make that possible:",
    "1 a paid setting of each region: the advanced-instances tier",
    "2 a permission for the container, on the SageMaker role that its job runs under",
    "3 a permission for people, on the user role that they come with",
];

/// The step's own state.
#[derive(Debug, Default)]
pub struct ConnectFromPage {
    pub choice: ConnectFrom,
    scroll: Scroll,
    /// The last key that moved scrolled, so that the choice need not be in sight.
    reads_on: bool,
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
            Action::PageUp | Action::PageDown => {
                self.reads_on = self.scroll.act(action);
                return Vec::new();
            }
            _ => {}
        }
        let here = OPTIONS
            .iter()
            .position(|(choice, ..)| *choice == self.choice)
            .unwrap_or(0);
        let there = moved(action, here, OPTIONS.len(), OPTIONS.len());
        if let Some((choice, ..)) = there.and_then(|there| OPTIONS.get(there)) {
            self.choice = *choice;
            self.reads_on = false;
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

    pub fn draw(&mut self, frame: &mut Frame, area: Rect) {
        // Paragraphs are further apart where there is room.
        let (mut lines, mut cursor) = self.lines(area.width.saturating_sub(1), true);
        if lines.len() > usize::from(area.height) {
            (lines, cursor) = self.lines(area.width.saturating_sub(1), false);
        }
        if !self.reads_on {
            self.scroll.show(cursor..=cursor, area.height);
        }
        self.scroll.draw(frame, area, lines);
        self.scroll.set_cursor(frame, area, cursor);
    }

    /// All lines, and which of them is the choice.
    fn lines(&self, width: u16, is_roomy: bool) -> (Vec<Line<'static>>, usize) {
        let question = "Where do people start their SSH sessions?";
        let mut lines = wrapped(question, width, "", theme::PLAIN);
        let gap = |lines: &mut Vec<Line>| {
            if is_roomy {
                lines.push(Line::default());
            }
        };
        let mut cursor = 0;
        for (choice, name, consequence) in OPTIONS {
            let is_here = choice == self.choice;
            gap(&mut lines);
            if is_here {
                cursor = lines.len();
            }
            lines.push(Line::from(vec![
                mark(is_here),
                Span::raw(if is_here { "(*) " } else { "( ) " }),
                Span::styled(name, if is_here { theme::TITLE } else { theme::PLAIN }),
            ]));
            let room = width.saturating_sub(6);
            let beside = wrapped(consequence, room, "", theme::PLAIN).into_iter();
            lines.extend(beside.map(|mut line| {
                line.spans.insert(0, Span::raw("      "));
                line
            }));
        }
        if self.choice.uses_studio() {
            gap(&mut lines);
            lines.extend(said(Severity::Warning, SHARED_USER_ID, width));
        }
        lines.push(Line::default());
        for text in PICTURE {
            lines.extend(wrapped(text, width, "  ", theme::PLAIN));
        }
        (lines, cursor)
    }
}
