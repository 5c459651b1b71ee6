//! Roles that are typed or pasted, with what is wrong with them.

use crossterm::event::{Event, KeyEvent};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use tui_input::backend::crossterm::EventHandler;
use tui_input::{Input, InputRequest};

use crate::model::TypedRole;
use crate::text::Severity;
use crate::wizard::session::Findings;
use crate::wizard::widget::frame::window;
use crate::wizard::widget::text::{field, said};

/// More than this is no list of roles.
const LONGEST_PASTE: usize = 4096;

/// The field and what is wrong with its contents.
#[derive(Debug, Default)]
pub(super) struct Typing {
    input: Input,
    error: Option<String>,
}

impl Typing {
    pub(super) fn key(&mut self, key: KeyEvent) {
        self.error = None;
        self.input.handle_event(&Event::Key(key));
    }

    /// Several roles may be pasted at once, a line each.
    pub(super) fn paste(&mut self, text: &str) {
        self.error = None;
        for c in text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(LONGEST_PASTE)
        {
            self.input.handle(InputRequest::InsertChar(c));
        }
    }

    /// The roles that were typed; none, and an error on the screen, when one of them is not right.
    pub(super) fn take(&mut self, findings: &Findings) -> Vec<TypedRole> {
        let identity = findings.identity.ready();
        let words = self.input.value().split([' ', ';']);
        let words: Vec<&str> = words
            .flat_map(|word| match findings.roles.get(word) {
                // A comma may be part of a name.
                Some(_) => vec![word],
                None => word.split(',').collect(),
            })
            .filter(|word| !word.is_empty())
            .collect();
        let words = if words.is_empty() { vec![""] } else { words };
        let read = |word| TypedRole::read(word, identity);
        match words.into_iter().map(read).collect() {
            Ok(roles) => roles,
            Err(error) => {
                self.error = Some(error);
                Vec::new()
            }
        }
    }

    pub(super) fn draw(&self, frame: &mut Frame, area: Rect) {
        let width = area.width.clamp(20, 90);
        let error = self.error.as_deref().unwrap_or_default();
        let error = match error {
            "" => Vec::new(),
            error => said(Severity::Error, error, width.saturating_sub(4)),
        };
        let height = 5 + u16::try_from(error.len()).unwrap_or(0);
        let title = "Type or paste a role's ARN or name";
        let inner = window(frame, width, height, title);
        let room = usize::from(inner.width).saturating_sub(4);
        let (shown, column) = field(&self.input, room);
        let mut lines = vec![Line::default(), Line::raw(format!(" > {shown}"))];
        lines.extend(error.into_iter().map(|mut line| {
            line.spans.insert(0, Span::raw(" "));
            line
        }));
        frame.render_widget(ratatui::widgets::Paragraph::new(lines), inner);
        let column = u16::try_from(column + 3).unwrap_or(u16::MAX);
        frame.set_cursor_position(Position::new(
            inner.x.saturating_add(column),
            inner.y.saturating_add(1),
        ));
    }
}
