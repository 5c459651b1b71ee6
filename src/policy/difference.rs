//! The difference between two documents, line by line, laid out as JSON.

use similar::{ChangeTag, TextDiff};

use super::document::{pretty, strict};
use super::same::laid_out_like;

/// Unchanged lines that are shown around a change.
const CONTEXT: usize = 3;

/// A line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Same(String),
    Gone(String),
    New(String),
    /// So many unchanged lines, far from a change.
    Skipped(usize),
}

impl Line {
    /// The sign in front of it: `-`, `+` or a blank.
    pub fn sign(&self) -> char {
        match self {
            Self::Gone(_) => '-',
            Self::New(_) => '+',
            Self::Same(_) | Self::Skipped(_) => ' ',
        }
    }

    pub fn text(&self) -> String {
        match self {
            Self::Same(text) | Self::Gone(text) | Self::New(text) => text.clone(),
            Self::Skipped(count) => {
                format!("… {} unchanged", crate::text::counted(*count, "line"))
            }
        }
    }
}

/// Returns what comes, goes and stays. Where there is no document, all of the other is new, or gone. The later one is
/// laid out like the earlier one, so that only what differs in content is shown.
pub fn difference(before: Option<&str>, after: Option<&str>) -> Vec<Line> {
    let old = before.map(pretty).unwrap_or_default();
    let new = match (before.and_then(strict), after.and_then(strict)) {
        (Some(before), Some(after)) => {
            let after = laid_out_like(&after, &before);
            serde_json::to_string_pretty(&after).unwrap_or_default()
        }
        _ => after.map(pretty).unwrap_or_default(),
    };
    let diff = TextDiff::from_lines(&old, &new);
    let mut lines = Vec::new();
    let mut shown = 0;
    let skipped = |count: usize| (count > 0).then_some(Line::Skipped(count));
    for group in diff.grouped_ops(CONTEXT) {
        let start = group.first().map_or(0, |op| op.old_range().start);
        lines.extend(skipped(start.saturating_sub(shown)));
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let text = change.value().trim_end_matches(['\n', '\r']).to_owned();
            lines.push(match change.tag() {
                ChangeTag::Delete => Line::Gone(text),
                ChangeTag::Insert => Line::New(text),
                ChangeTag::Equal => Line::Same(text),
            });
        }
        shown = group.last().map_or(shown, |op| op.old_range().end);
    }
    lines.extend(skipped(old.lines().count().saturating_sub(shown)));
    lines
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn shown(before: Option<&str>, after: Option<&str>) -> Vec<String> {
        difference(before, after)
            .iter()
            .map(|line| format!("{} {}", line.sign(), line.text()))
            .collect()
    }

    #[test]
    fn what_comes_goes_and_stays_is_marked() {
        let lines = shown(Some(r#"{"a":1,"b":2}"#), Some(r#"{"a":1,"b":3}"#));
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
    fn a_new_document_is_all_plus_and_a_deleted_one_all_minus() {
        let document = Some(r#"{"a":1}"#);
        assert!(
            shown(None, document)
                .iter()
                .all(|line| line.starts_with('+'))
        );
        assert!(
            shown(document, None)
                .iter()
                .all(|line| line.starts_with('-'))
        );
    }

    #[test]
    fn what_is_far_from_a_change_is_counted() {
        let list = |last: u8| format!("[1,2,3,4,5,6,7,8,9,{last}]");
        let lines = shown(Some(&list(10)), Some(&list(11)));
        assert_eq!(lines[0], "  … 7 lines unchanged");
    }

    #[test]
    fn a_difference_in_layout_alone_is_none() {
        let before = r#"{"a":["x","y"],"b":"z"}"#;
        assert_eq!(
            shown(Some(before), Some(r#"{"b": ["z"], "a": ["y", "x"]}"#)),
            ["  … 7 lines unchanged"]
        );
        assert_eq!(
            shown(Some(before), Some(r#"{"b":"z","a":["y","w","x"]}"#))[..6],
            [
                "  {",
                "    \"a\": [",
                "      \"x\",",
                "-     \"y\"",
                "+     \"y\",",
                "+     \"w\"",
            ]
        );
    }
}
