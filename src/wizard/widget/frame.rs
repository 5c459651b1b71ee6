//! What stands around every step: the top line, the rail, the status line and the keys.
//!
//! ```text
//! | acme-ml-dev (123456789012) · Admin/console · CloudShell        Step 3/8 |
//! | rail (from 100 columns) | the step                                      |
//! | status                                                                  |
//! | Space pick  / filter  Enter on  Esc back  ? help                        |
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};
use unicode_width::UnicodeWidthStr;

use super::keys::{Binding, name};
use super::text::{clean, shortened};
use super::theme;
use crate::messages::{Message, Severity};

/// From this width on the rail is shown.
const RAIL_FROM: u16 = 100;
const RAIL_WIDTH: u16 = 20;

/// One line of the rail.
pub struct RailEntry {
    pub title: &'static str,
    pub state: RailState,
    /// What was chosen there.
    pub answer: String,
}

/// Where a step of the rail stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RailState {
    Ahead,
    Here,
    Done,
    /// The last one, and how good the news is.
    Ended(Severity),
}

/// Everything around the step.
pub struct Surroundings<'a> {
    pub who: String,
    pub progress: String,
    pub title: &'a str,
    pub rail: Vec<RailEntry>,
    pub status: Option<Message>,
    pub bindings: &'a [Binding],
}

/// Draws it and returns the place that is left for the step.
pub fn draw(frame: &mut Frame, around: &Surroundings) -> Rect {
    let area = frame.area();
    let [top, title, middle, status, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    // On a tiny screen the step itself comes first.
    let (top, title, middle, status, keys) = if area.height < 8 {
        let [middle, keys] =
            Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(area);
        let none = Rect::default();
        (
            none,
            none,
            middle,
            if around.status.is_some() { keys } else { none },
            keys,
        )
    } else {
        (top, title, middle, status, keys)
    };
    draw_top(frame, top, around);
    frame.render_widget(
        Line::styled(format!(" {}", around.title), theme::TITLE),
        title,
    );
    if area.height >= 8 || around.status.is_none() {
        draw_keys(frame, keys, around.bindings);
    }
    if let Some(message) = &around.status {
        let room = usize::from(status.width).saturating_sub(3);
        let text = shortened(&clean(&message.text), room);
        let (sign, color) = theme::of_severity(message.severity);
        let line = Line::from(vec![
            Span::styled(format!(" {sign} "), color),
            Span::raw(text),
        ]);
        frame.render_widget(line, status);
    }
    let body = if area.width >= RAIL_FROM {
        let [rail, body] =
            Layout::horizontal([Constraint::Length(RAIL_WIDTH), Constraint::Fill(1)]).areas(middle);
        draw_rail(frame, rail, &around.rail);
        body
    } else {
        middle
    };
    // A column of air on both sides.
    let air = u16::from(body.width > 20);
    Rect {
        x: body.x + air,
        width: body.width.saturating_sub(2 * air),
        ..body
    }
}

fn draw_top(frame: &mut Frame, area: Rect, around: &Surroundings) {
    let room = usize::from(area.width).saturating_sub(around.progress.width() + 3);
    let who = shortened(&clean(&around.who), room);
    let gap = usize::from(area.width).saturating_sub(who.width() + around.progress.width() + 2);
    let line = Line::from(vec![
        Span::styled(format!(" {who}"), theme::TITLE),
        Span::raw(" ".repeat(gap)),
        Span::styled(around.progress.clone(), theme::DIM),
    ]);
    frame.render_widget(line, area);
}

fn draw_rail(frame: &mut Frame, area: Rect, steps: &[RailEntry]) {
    let block = Block::new()
        .borders(Borders::RIGHT)
        .border_style(theme::DIM);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let room = usize::from(inner.width).saturating_sub(4);
    let mut lines = vec![Line::default()];
    for step in steps {
        let ((sign, color), style) = match step.state {
            RailState::Here => (theme::HERE, theme::TITLE),
            RailState::Done => ((theme::CHECK, theme::GOOD), theme::PLAIN),
            RailState::Ended(severity) => (theme::of_severity(severity), theme::TITLE),
            RailState::Ahead => ((theme::DOT, theme::DIM), theme::DIM),
        };
        lines.push(Line::from(vec![
            Span::styled(format!(" {sign} "), color),
            Span::styled(step.title, style),
        ]));
        if !step.answer.is_empty() && step.state != RailState::Ahead {
            lines.push(Line::styled(
                format!("   {}", shortened(&clean(&step.answer), room)),
                theme::DIM,
            ));
        }
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// As many hints as fit; what does not fit stands in the help.
fn draw_keys(frame: &mut Frame, area: Rect, bindings: &[Binding]) {
    let mut spans = vec![Span::raw(" ")];
    let mut used = 1;
    let mut hinted: Vec<&Binding> = bindings.iter().filter(|binding| binding.hinted).collect();
    // The help is the last thing to go when it gets narrow.
    hinted.sort_by_key(|binding| binding.action != super::keys::Action::Help);
    let mut fits = Vec::new();
    for binding in hinted {
        let width = name(binding.code).width() + binding.label.width() + 3;
        if used + width <= usize::from(area.width) + 2 {
            used += width;
            fits.push(binding.action);
        }
    }
    let mut said = Vec::new();
    for binding in bindings
        .iter()
        .filter(|binding| binding.hinted && fits.contains(&binding.action))
    {
        if said.contains(&binding.action) {
            continue;
        }
        said.push(binding.action);
        spans.push(Span::styled(name(binding.code), theme::KEY));
        spans.push(Span::styled(format!(" {}  ", binding.label), theme::DIM));
    }
    frame.render_widget(Line::from(spans), area);
}

/// A centred window of at most this size, cleared, with a title, and with the terminal's cursor at its beginning.
pub fn window(frame: &mut Frame, width: u16, height: u16, title: &str) -> Rect {
    let area = frame.area();
    let (width, height) = (width.min(area.width), height.min(area.height));
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    frame.render_widget(ratatui::widgets::Clear, place);
    let block = Block::bordered()
        .border_type(ratatui::widgets::BorderType::Rounded)
        .title(Line::styled(format!(" {title} "), theme::TITLE));
    let inner = block.inner(place);
    frame.render_widget(block, place);
    frame.set_cursor_position(inner.as_position());
    inner
}

/// The place below a line with a title.
pub fn framed(frame: &mut Frame, area: Rect, title: &str) -> Rect {
    let block = Block::new()
        .borders(Borders::TOP)
        .border_style(theme::DIM)
        .title(Line::styled(format!("{title} "), theme::DIM));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}
