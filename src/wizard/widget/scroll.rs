//! Moving in lists and texts that may be longer than their place.

use std::ops::{Range, RangeInclusive};

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Color;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Scrollbar, ScrollbarOrientation, ScrollbarState};

use super::keys::Action;

/// Returns where an action leads from a place in a list of `count`, of which `page` are seen; none when it is not one
/// of moving.
pub fn moved(action: Action, here: usize, count: usize, page: usize) -> Option<usize> {
    let page = page.saturating_sub(1).max(1);
    let there = match action {
        Action::Up => here.saturating_sub(1),
        Action::Down => here.saturating_add(1),
        Action::PageUp => here.saturating_sub(page),
        Action::PageDown => here.saturating_add(page),
        Action::Top => 0,
        Action::Bottom => usize::MAX,
        _ => return None,
    };
    Some(there.min(count.saturating_sub(1)))
}

/// How far a list or a text is scrolled. Drawing clamps it to what there is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scroll {
    offset: usize,
    page: usize,
}

impl Scroll {
    /// Moves; whether the action was one of moving.
    pub fn act(&mut self, action: Action) -> bool {
        let there = moved(action, self.offset, usize::MAX, self.page);
        self.offset = there.unwrap_or(self.offset);
        there.is_some()
    }

    /// Returns how many lines were seen when it was last drawn.
    pub fn page(&self) -> usize {
        self.page
    }

    /// The first line that is seen.
    pub fn offset(&self) -> usize {
        self.offset
    }

    pub fn to_top(&mut self) {
        self.offset = 0;
    }

    pub fn to_bottom(&mut self) {
        self.offset = usize::MAX;
    }

    /// Scrolls as little as shows these lines on a page of that height; the last one, where they are too many.
    pub fn show(&mut self, lines: RangeInclusive<usize>, height: u16) {
        let page = usize::from(height).max(1);
        let least = (lines.end() + 1).saturating_sub(page);
        self.offset = self.offset.min(*lines.start()).max(least);
    }

    /// The lines of `total` that are seen on a page of that height.
    pub fn window(&mut self, total: usize, height: u16) -> Range<usize> {
        self.page = usize::from(height);
        self.offset = self.offset.min(total.saturating_sub(self.page));
        self.offset..self.offset.saturating_add(self.page).min(total)
    }

    /// Draws the lines, already wrapped to the width of the place without its last column, which is the bar's.
    pub fn draw(&mut self, frame: &mut Frame, area: Rect, lines: Vec<Line<'static>>) {
        let total = lines.len();
        let window = self.window(total, area.height);
        let shown = lines.into_iter().skip(window.start).take(window.len());
        frame.render_widget(Paragraph::new(shown.collect::<Vec<_>>()), area);
        self.draw_bar(frame, area, total);
    }

    /// Puts the terminal's cursor at the beginning of a line, where that is seen: speech and braille follow it.
    pub fn set_cursor(&self, frame: &mut Frame, area: Rect, line: usize) {
        self.set_cursor_in(frame, area, line, 0);
    }

    /// Puts the terminal's cursor into a line.
    pub fn set_cursor_in(&self, frame: &mut Frame, area: Rect, line: usize, column: usize) {
        let row = line.checked_sub(self.offset);
        let row = row.and_then(|row| u16::try_from(row).ok());
        let column = u16::try_from(column).unwrap_or(u16::MAX);
        if let Some(row) = row.filter(|row| *row < area.height) {
            let x = area
                .x
                .saturating_add(column)
                .min(area.right().saturating_sub(1));
            frame.set_cursor_position(Position::new(x, area.y + row));
        }
    }

    /// Puts the terminal's cursor at the beginning of what is seen of a text.
    pub fn set_cursor_on_top(&self, frame: &mut Frame, area: Rect) {
        self.set_cursor(frame, area, self.offset);
    }

    /// A bar at the right edge, where not everything is seen.
    pub fn draw_bar(&self, frame: &mut Frame, area: Rect, total: usize) {
        if total > self.page && area.height > 1 {
            let mut state =
                ScrollbarState::new(total.saturating_sub(self.page)).position(self.offset);
            let bar = Scrollbar::new(ScrollbarOrientation::VerticalRight)
                .begin_symbol(None)
                .end_symbol(None)
                .track_symbol(Some("│"))
                .thumb_symbol("█")
                // Nothing of what it lies over shows through.
                .style(super::theme::DIM.fg(Color::Reset));
            frame.render_stateful_widget(bar, area, &mut state);
        }
    }
}
