//! A text that may be longer than its place.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Scrollbar, ScrollbarOrientation, ScrollbarState};

use super::keys::Action;

/// How far a text is scrolled. Drawing clamps it to what there is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scroll {
    offset: usize,
    page: usize,
}

impl Scroll {
    /// Moves; whether the action was one of moving.
    pub fn act(&mut self, action: Action) -> bool {
        let page = self.page.saturating_sub(1).max(1);
        self.offset = match action {
            Action::Up => self.offset.saturating_sub(1),
            Action::Down => self.offset.saturating_add(1),
            Action::PageUp => self.offset.saturating_sub(page),
            Action::PageDown => self.offset.saturating_add(page),
            Action::Top => 0,
            Action::Bottom => usize::MAX,
            _ => return false,
        };
        true
    }

    pub fn to_top(&mut self) {
        self.offset = 0;
    }

    pub fn to_bottom(&mut self) {
        self.offset = usize::MAX;
    }

    /// Scrolls as little as shows this line on a page of that height.
    pub fn show(&mut self, line: usize, height: u16) {
        let page = usize::from(height).max(1);
        let first = (line + 1).saturating_sub(page);
        self.offset = self.offset.clamp(first, line);
    }

    /// Whether this line was seen when it was last drawn.
    pub fn shows(&self, line: usize) -> bool {
        (self.offset..self.offset.saturating_add(self.page)).contains(&line)
    }

    /// Draws the lines, already wrapped to the width of the place without its last column, which is the bar's.
    pub fn draw(&mut self, frame: &mut Frame, area: Rect, lines: Vec<Line<'static>>) {
        self.page = usize::from(area.height);
        let most = lines.len().saturating_sub(self.page);
        self.offset = self.offset.min(most);
        let total = lines.len();
        let shown: Vec<_> = lines
            .into_iter()
            .skip(self.offset)
            .take(self.page)
            .collect();
        frame.render_widget(Paragraph::new(shown), area);
        bar(frame, area, total, self.page, self.offset);
    }
}

/// A bar at the right edge, where not everything is seen.
pub fn bar(frame: &mut Frame, area: Rect, total: usize, page: usize, offset: usize) {
    if total > page && area.height > 1 {
        let mut state = ScrollbarState::new(total.saturating_sub(page)).position(offset);
        let bar = Scrollbar::new(ScrollbarOrientation::VerticalRight)
            .begin_symbol(None)
            .end_symbol(None)
            .track_symbol(Some("│"))
            .thumb_symbol("█")
            .style(super::theme::DIM);
        frame.render_stateful_widget(bar, area, &mut state);
    }
}
