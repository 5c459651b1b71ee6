//! What the ends of a run and of a guide have in common: the access path, the headline, and what now.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use crate::messages::Message;
use crate::model::ConnectFrom;
use crate::plan::readiness::Readiness;
use crate::wizard::widget::access_path::{self, Progress, Station};
use crate::wizard::widget::text::{signed, wrapped};
use crate::wizard::widget::theme;

/// What stands at the top.
pub struct Summary {
    pub headline: Message,
    /// More is still to come: a spinner takes the sign's place.
    pub is_waiting: bool,
    /// Where people start; none where nothing leads anybody anywhere.
    pub connect_from: Option<ConnectFrom>,
    /// Whether somebody can connect, so that the path may be green.
    pub may_be_green: bool,
    /// How many rows stand between the headline and the rest.
    pub rows: u16,
}

/// Returns whether not everybody is kept out, as far as that is known.
pub fn somebody_can(readiness: Option<&Readiness>) -> bool {
    readiness.is_none_or(crate::plan::readiness::Readiness::somebody_can)
}

/// Height of the access path, where it fits.
pub fn picture_height(area: Rect, has_picture: bool) -> u16 {
    match (area.height, area.width) {
        _ if !has_picture => 0,
        (..8, _) => 0,
        (14.., access_path::WIDTH..) => 4,
        (_, access_path::WIDTH..) => 1,
        _ => 2,
    }
}

/// Draws picture and headline, where the terminal's cursor stands until something is scrolled, and gives the place for the rows and for the rest.
pub fn draw_head(
    frame: &mut Frame,
    area: Rect,
    summary: &Summary,
    spinner: &str,
    progress: impl Fn(Station) -> Progress,
) -> (Rect, Rect) {
    let title = if summary.is_waiting {
        let text = format!("{} {spinner}", summary.headline.text);
        wrapped(&text, area.width, "  ", theme::TITLE)
    } else {
        let sign = theme::of_severity(summary.headline.severity);
        signed(sign, &summary.headline.text, area.width, theme::TITLE)
    };
    let height = picture_height(area, summary.connect_from.is_some());
    let [picture, _, headline, rows, rest] = Layout::vertical([
        Constraint::Length(height),
        Constraint::Length(u16::from(area.height >= 18 && height > 0)),
        Constraint::Length(u16::try_from(title.len()).unwrap_or(1)),
        Constraint::Length(summary.rows),
        Constraint::Fill(1),
    ])
    .areas(area);
    if let Some(from) = summary.connect_from {
        access_path::draw(frame, picture, from, summary.may_be_green, progress);
    }
    frame.render_widget(Paragraph::new(title), headline);
    frame.set_cursor_position(headline.as_position());
    (rows, rest)
}

/// Returns what came of it and what the simulator says, which comes first where that matters more.
pub fn in_order(
    mut came: Vec<Line<'static>>,
    mut proof: Vec<Line<'static>>,
    proof_first: bool,
) -> Vec<Line<'static>> {
    if proof_first {
        std::mem::swap(&mut came, &mut proof);
    }
    if !came.is_empty() && !proof.is_empty() {
        came.push(Line::default());
    }
    came.append(&mut proof);
    came
}
