//! The difference between two documents, line by line, laid out as JSON.

use ratatui::text::Line;
use similar::{ChangeTag, TextDiff};

use super::{text, theme};
use crate::policy::document::pretty;

/// Unchanged lines that are shown around a change.
const CONTEXT: usize = 3;

/// The difference as lines of at most `width` columns. Unchanged parts far from a change are counted, not shown.
pub fn lines(before: Option<&str>, after: &str, width: u16) -> Vec<Line<'static>> {
    let (before, after) = (before.map(pretty).unwrap_or_default(), pretty(after));
    let diff = TextDiff::from_lines(&before, &after);
    let mut lines = Vec::new();
    let mut shown = 0;
    for group in diff.grouped_ops(CONTEXT) {
        let start = group.first().map_or(0, |op| op.old_range().start);
        lines.extend(unchanged(start.saturating_sub(shown)));
        for op in &group {
            for change in diff.iter_changes(op) {
                let (sign, style) = match change.tag() {
                    ChangeTag::Delete => ("- ", theme::BAD),
                    ChangeTag::Insert => ("+ ", theme::GOOD),
                    ChangeTag::Equal => ("  ", theme::PLAIN),
                };
                let body = change.value().trim_end_matches(['\n', '\r']);
                for (number, part) in text::wrap(body, width.saturating_sub(2), "  ")
                    .into_iter()
                    .enumerate()
                {
                    let sign = if number == 0 || style != theme::PLAIN {
                        sign
                    } else {
                        "  "
                    };
                    lines.push(Line::styled(format!("{sign}{part}"), style));
                }
            }
        }
        shown = group.last().map_or(shown, |op| op.old_range().end);
    }
    let total = before.lines().count();
    lines.extend(unchanged(total.saturating_sub(shown)));
    lines
}

fn unchanged(count: usize) -> Option<Line<'static>> {
    (count > 0).then(|| {
        let count = crate::plan::words::counted(count, "line");
        Line::styled(format!("  … {count} unchanged"), theme::DIM)
    })
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn shown(before: Option<&str>, after: &str) -> Vec<String> {
        lines(before, after, 80)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn what_comes_goes_and_stays_is_marked() {
        let lines = shown(Some(r#"{"a":1,"b":2}"#), r#"{"a":1,"b":3}"#);
        assert_eq!(
            lines,
            [
                "  {",
                "    \"a\": 1,",
                "-   \"b\": 2",
                "+   \"b\": 3",
                "  }"
            ]
        );
    }

    #[test]
    fn a_new_document_is_all_plus() {
        assert!(
            shown(None, r#"{"a":1}"#)
                .iter()
                .all(|line| line.starts_with('+'))
        );
    }

    #[test]
    fn what_is_far_from_a_change_is_counted() {
        let list = |last: u8| format!("[1,2,3,4,5,6,7,8,9,{last}]");
        let lines = shown(Some(&list(10)), &list(11));
        assert_eq!(lines[0], "  … 7 lines unchanged");
    }
}
