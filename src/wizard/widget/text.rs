//! Text to fit a width: wrapping and shortening.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

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

/// A label with a text beside it, wrapped under itself: `Account   acme (123456789012)`.
pub fn labelled(
    label: &str,
    text: &str,
    column: usize,
    width: u16,
    style: Style,
) -> Vec<Line<'static>> {
    let room = usize::from(width).saturating_sub(column).max(1);
    let room = u16::try_from(room).unwrap_or(u16::MAX);
    wrap(text, room, "")
        .into_iter()
        .enumerate()
        .map(|(number, line)| {
            let head = if number == 0 { label } else { "" };
            let pad = column.saturating_sub(head.width());
            Line::from(vec![
                Span::styled(format!("{head}{}", " ".repeat(pad)), super::theme::DIM),
                Span::styled(line, style),
            ])
        })
        .collect()
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
