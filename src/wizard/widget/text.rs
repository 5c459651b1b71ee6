//! Text to fit a width: wrapping and shortening.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use tui_input::Input;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::theme::{self, Sign};
use crate::text::Severity;
pub use crate::text::clean;

/// Wraps a text at blanks into lines of at most `width` columns; further lines of a paragraph start with `indent`.
/// Nothing is cut: a word that is longer than a line is broken.
pub fn wrap(text: &str, width: u16, indent: &str) -> Vec<String> {
    let width = usize::from(width).max(1);
    let indent = if indent.width() < width { indent } else { "" };
    text.split('\n')
        .flat_map(|line| {
            // A line of JSON keeps its own indentation when it goes on.
            let own: String = line
                .chars()
                .take_while(|c| *c == ' ')
                .take(width / 2)
                .collect();
            let further = format!("{own}{indent}");
            let options = textwrap::Options::new(width)
                .subsequent_indent(&further)
                .word_splitter(textwrap::WordSplitter::NoHyphenation);
            textwrap::wrap(line, options)
                .into_iter()
                .map(std::borrow::Cow::into_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The same as styled lines.
pub fn wrapped(text: &str, width: u16, indent: &str, style: Style) -> Vec<Line<'static>> {
    wrap(text, width, indent)
        .into_iter()
        .map(|line| Line::styled(line, style))
        .collect()
}

/// A sign in its colour with a text beside it, wrapped under itself.
pub fn signed((sign, color): Sign, text: &str, width: u16, style: Style) -> Vec<Line<'static>> {
    let column = sign.width() + 1;
    let room = usize::from(width).saturating_sub(column).max(1);
    let room = u16::try_from(room).unwrap_or(u16::MAX);
    let beside = |(number, line): (usize, String)| {
        let before = if number == 0 {
            Span::styled(
                format!("{sign} "),
                color.add_modifier(style.add_modifier & Modifier::BOLD),
            )
        } else {
            Span::raw(" ".repeat(column))
        };
        Line::from(vec![before, Span::styled(line, style)])
    };
    let lines = wrap(&clean(text), room, "");
    lines.into_iter().enumerate().map(beside).collect()
}

/// A sentence with the sign that says how good the news is.
pub fn said(severity: Severity, text: &str, width: u16) -> Vec<Line<'static>> {
    signed(theme::of_severity(severity), text, width, theme::PLAIN)
}

/// A label with a text beside it, wrapped under itself: `Account   acme (123456789012)`.
pub fn labelled(
    label: &str,
    text: &str,
    column: usize,
    width: u16,
    style: Style,
) -> Vec<Line<'static>> {
    let room = room_beside(column, width);
    beside(label, column, wrapped(&clean(text), room, "", style))
}

/// A label with a sentence and its sign beside it.
pub fn labelled_sign(
    label: &str,
    sign: Sign,
    text: &str,
    column: usize,
    width: u16,
) -> Vec<Line<'static>> {
    let room = room_beside(column, width);
    beside(label, column, signed(sign, text, room, theme::PLAIN))
}

fn room_beside(column: usize, width: u16) -> u16 {
    let room = usize::from(width).saturating_sub(column).max(1);
    u16::try_from(room).unwrap_or(u16::MAX)
}

fn beside(label: &str, column: usize, lines: Vec<Line<'static>>) -> Vec<Line<'static>> {
    let with_label = |(number, line): (usize, Line<'static>)| {
        let head = if number == 0 { label } else { "" };
        let pad = column.saturating_sub(head.width());
        let head = Span::styled(format!("{head}{}", " ".repeat(pad)), theme::DIM);
        let style = line.style;
        let spans = line.spans.into_iter().map(|span| span.patch_style(style));
        std::iter::once(head).chain(spans).collect()
    };
    lines.into_iter().enumerate().map(with_label).collect()
}

/// At most `width` columns; what does not fit is replaced by an ellipsis in the middle, so that both the beginning and
/// the end of a long name can be read.
pub fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let Some(room) = width.checked_sub(1) else {
        return String::new();
    };
    let tail_room = room / 2;
    let graphemes: Vec<&str> = text.graphemes(true).collect();
    let head = fitting(graphemes.iter().copied(), room - tail_room);
    let tail = fitting(graphemes.iter().rev().copied(), tail_room);
    let tail: String = tail.graphemes(true).rev().collect();
    format!("{head}…{tail}")
}

fn fitting<'a>(graphemes: impl Iterator<Item = &'a str>, room: usize) -> String {
    let mut used = 0;
    graphemes
        .take_while(|grapheme| {
            used += grapheme.width();
            used <= room
        })
        .collect()
}

/// The mark in front of a line of a list: whether the keys act on it.
pub fn mark(is_here: bool) -> Span<'static> {
    let (sign, color) = theme::HERE;
    if is_here {
        Span::styled(format!("{sign} "), color.add_modifier(Modifier::BOLD))
    } else {
        Span::raw("  ")
    }
}

/// Returns what is seen of a field of at most `room` columns, and the column of its cursor.
pub fn field(input: &Input, room: usize) -> (String, usize) {
    let skip = input.visual_scroll(room.max(1));
    let value = clean(input.value());
    let mut column = 0;
    let shown = value.graphemes(true).skip_while(|grapheme| {
        let is_before = column < skip;
        column += grapheme.width();
        is_before
    });
    let shown: Vec<&str> = shown.collect();
    let text = fitting(shown.into_iter(), room.max(1));
    (text, input.visual_cursor().saturating_sub(skip))
}

/// Padded with blanks to `width` columns, or shortened to them.
pub fn fitted(text: &str, width: usize) -> String {
    let text = shortened(text, width);
    let pad = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(pad))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_loses_no_word_and_keeps_to_the_width() {
        let text =
            "a resource arn:aws:iam::123456789012:role/service-role/AmazonSageMaker and more";
        for width in 1..90 {
            let lines = wrap(text, width, "  ");
            assert!(
                lines.iter().all(|line| line.width() <= usize::from(width)),
                "{width}: {lines:?}"
            );
            let joined: String = lines.concat().split_whitespace().collect();
            assert_eq!(
                joined,
                text.split_whitespace().collect::<String>(),
                "{width}"
            );
        }
    }

    #[test]
    fn a_wrapped_line_of_json_goes_on_under_itself() {
        assert_eq!(
            wrap("    \"Resource\": \"abc def\"", 18, "  "),
            ["    \"Resource\":", "      \"abc def\""]
        );
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(
            shortened("AmazonSageMaker-ExecutionRole-20240131", 20),
            "AmazonSage…-20240131"
        );
        assert_eq!(shortened("short", 20), "short");
        assert_eq!(shortened("日本語日本語", 7), "日…語");
        assert_eq!(shortened("abc", 0), "");
    }
}
