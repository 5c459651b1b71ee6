//! Roles that are typed or pasted, with what is wrong with them.

use crossterm::event::{Event, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use tui_input::backend::crossterm::EventHandler;
use tui_input::{Input, InputRequest};

use crate::model::{Identity, TypedRole};
use crate::wizard::widget::text::{clean, wrapped};
use crate::wizard::widget::theme;

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
    pub(super) fn take(&mut self, identity: Option<&Identity>) -> Vec<TypedRole> {
        let words: Vec<&str> = self
            .input
            .value()
            .split([' ', ',', ';'])
            .filter(|word| !word.is_empty())
            .collect();
        let words = if words.is_empty() { vec![""] } else { words };
        match words
            .into_iter()
            .map(|word| TypedRole::read(word, identity))
            .collect()
        {
            Ok(roles) => roles,
            Err(error) => {
                self.error = Some(error);
                Vec::new()
            }
        }
    }

    pub(super) fn draw(&self, frame: &mut Frame, area: Rect) {
        let error = self.error.as_deref().unwrap_or_default();
        let width = area.width.clamp(20, 90);
        let error = wrapped(error, width.saturating_sub(4), "", theme::BAD);
        let height = 5 + u16::try_from(error.len()).unwrap_or(0);
        let inner = crate::wizard::widget::frame::window(
            frame,
            width,
            height,
            "Type or paste a role's ARN or name",
        );
        let room = usize::from(inner.width).saturating_sub(4);
        let skip = self.input.visual_scroll(room);
        let shown: String = clean(self.input.value())
            .chars()
            .skip(skip)
            .take(room)
            .collect();
        let mut lines = vec![
            Line::default(),
            Line::from(vec![
                Span::styled(" > ", theme::ACCENT),
                Span::raw(shown),
                Span::styled("█", theme::ACCENT),
            ]),
        ];
        lines.extend(error.into_iter().map(|line| {
            let mut line = line;
            line.spans.insert(0, Span::raw(" "));
            line
        }));
        frame.render_widget(ratatui::widgets::Paragraph::new(lines), inner);
    }
}
