//! The difference between two documents on the screen.

use ratatui::text::{Line, Span};

use super::{text, theme};
use crate::messages::plan::WHO_THEN;
use crate::plan::Change;
use crate::policy::admitted::PrincipalChange;
use crate::policy::difference::{self, difference};

/// The difference below something that it belongs to.
pub fn indented(before: Option<&str>, after: Option<&str>, width: u16) -> Vec<Line<'static>> {
    let indent = |mut line: Line<'static>| {
        line.spans.insert(0, "    ".into());
        line
    };
    let lines = lines(before, after, width.saturating_sub(4));
    lines.into_iter().map(indent).collect()
}

/// Everybody whom a trust policy lets in afterwards, those included that the difference leaves out; empty for anything else
/// than a trust policy.
pub fn admitted(change: &Change, account: &str, width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (change, admitted) in change.admitted() {
        let color = match change {
            PrincipalChange::Stays => theme::PLAIN,
            PrincipalChange::Gone => theme::BAD,
            PrincipalChange::New => theme::GOOD,
        };
        let sign = (change.sign(), color);
        let text = admitted.text(account);
        lines.extend(text::signed(sign, &text, width, theme::PLAIN));
    }
    if !lines.is_empty() {
        lines.insert(0, Line::styled(WHO_THEN, theme::DIM));
    }
    lines
}

/// The difference as lines of at most `width` columns.
pub fn lines(before: Option<&str>, after: Option<&str>, width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for line in difference(before, after) {
        let (color, style) = match line {
            difference::Line::Same(_)
            | difference::Line::Skipped(_)
            | difference::Line::SkippedStatements(_) => (theme::DIM, theme::DIM),
            difference::Line::Gone(_) => (theme::BAD, theme::PLAIN),
            difference::Line::New(_) => (theme::GOOD, theme::PLAIN),
        };
        // Every line of a wrapped one carries the sign.
        let parts = text::wrap(&text::clean(&line.text()), width.saturating_sub(2), "  ");
        for part in parts {
            lines.push(Line::from(vec![
                Span::styled(format!("{} ", line.sign()), color),
                Span::styled(part, style),
            ]));
        }
    }
    lines
}
