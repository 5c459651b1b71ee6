//! The difference between two documents: statement by statement, and within one line by line, laid out as JSON.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::deviation::{Statement, pairs};
use super::document::{pretty, strict};
use super::same::{is_same_statement, laid_out_like, normal_form};
use crate::text::counted;

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
    /// So many unchanged statements.
    SkippedStatements(usize),
}

impl Line {
    /// The sign in front of it: `-`, `+` or a blank.
    pub fn sign(&self) -> &'static str {
        match self {
            Self::Gone(_) => "-",
            Self::New(_) => "+",
            Self::Same(_) | Self::Skipped(_) | Self::SkippedStatements(_) => " ",
        }
    }

    pub fn text(&self) -> String {
        match self {
            Self::Same(text) | Self::Gone(text) | Self::New(text) => text.clone(),
            Self::Skipped(count) => {
                format!("… {} unchanged", counted(*count, "line"))
            }
            Self::SkippedStatements(count) => {
                format!("… {} unchanged", counted(*count, "statement"))
            }
        }
    }
}

/// Returns what comes, goes and stays. Where there is no document, all of the other is new, or gone. Policies are compared
/// statement by statement; the later one is laid out like the earlier one, so that only what differs in content is shown.
pub fn difference(before: Option<&str>, after: Option<&str>) -> Vec<Line> {
    let (Some(old), Some(new)) = (before.and_then(strict), after.and_then(strict)) else {
        let text = |document: Option<&str>| document.map(pretty).unwrap_or_default();
        return by_line(&text(before), &text(after));
    };
    match (statements(&old), statements(&new)) {
        (Some(old_statements), Some(new_statements)) => {
            let mut lines = outside_of_statements(&old, &new);
            lines.extend(by_statement(&old_statements, &new_statements));
            lines
        }
        _ => of_values(&old, &new),
    }
}

/// The statements of a policy; none where it is no policy.
fn statements(policy: &Value) -> Option<Vec<&Statement>> {
    match policy.get("Statement")? {
        Value::Object(one) => Some(vec![one]),
        Value::Array(list) => list.iter().map(Value::as_object).collect(),
        _ => None,
    }
}

fn outside_of_statements(old: &Value, new: &Value) -> Vec<Line> {
    let [old, new] = [old, new].map(|policy| {
        let mut rest = policy.clone();
        if let Some(rest) = rest.as_object_mut() {
            rest.shift_remove("Statement");
        }
        rest
    });
    if normal_form(&old) == normal_form(&new) {
        return Vec::new();
    }
    of_values(&old, &new)
}

/// Statements that both have are counted; one that comes in place of another is compared with it; the others come or go as a
/// whole.
fn by_statement(old: &[&Statement], new: &[&Statement]) -> Vec<Line> {
    let mut coming: Vec<&Statement> = new.to_vec();
    let mut going = Vec::new();
    for (number, statement) in old.iter().enumerate() {
        match coming
            .iter()
            .position(|other| is_same_statement(other, statement))
        {
            Some(same) => drop(coming.remove(same)),
            None => going.push((number, *statement)),
        }
    }
    let mut pairs = pairs(&coming, &going);
    let (mut lines, mut unchanged) = (Vec::new(), 0);
    for (number, statement) in old.iter().enumerate() {
        if going.iter().all(|(other, _)| *other != number) {
            unchanged += 1;
            continue;
        }
        lines.extend(unchanged_statements(&mut unchanged));
        let old = Value::from((*statement).clone());
        match pairs.iter().position(|(_, (other, _))| *other == number) {
            Some(pair) => {
                let (new, _) = pairs.swap_remove(pair);
                coming.retain(|other| !std::ptr::eq(*other, new));
                lines.extend(of_values(&old, &Value::from(new.clone())));
            }
            None => lines.extend(whole(&old, Line::Gone)),
        }
    }
    lines.extend(unchanged_statements(&mut unchanged));
    for statement in coming {
        lines.extend(whole(&Value::from(statement.clone()), Line::New));
    }
    lines
}

fn unchanged_statements(count: &mut usize) -> Option<Line> {
    let count = std::mem::take(count);
    (count > 0).then_some(Line::SkippedStatements(count))
}

fn whole(value: &Value, line: fn(String) -> Line) -> Vec<Line> {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.lines().map(|text| line(text.to_owned())).collect()
}

fn of_values(old: &Value, new: &Value) -> Vec<Line> {
    let new = laid_out_like(new, old);
    let text = |value| serde_json::to_string_pretty(value).unwrap_or_default();
    by_line(&text(old), &text(&new))
}

fn by_line(old: &str, new: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(old, new);
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
    #[test]
    fn policies_are_compared_statement_by_statement() {
        let before = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"ssm:StartSession","Resource":"*"},
            {"Effect":"Allow","Action":"s3:GetObject","Resource":"a"},
            {"Effect":"Deny","Action":"kms:Decrypt","Resource":"k"}]}"#;
        let after = r#"{"Version":"2012-10-17","Statement":[
            {"Resource":["a"],"Effect":"Allow","Action":["s3:GetObject"]},
            {"Effect":"Allow","Action":["ssm:StartSession"],"Resource":"arn:aws:ssm:*:1:managed-instance/*"},
            {"Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}]}"#;
        assert_eq!(
            shown(Some(before), Some(after)),
            [
                "  {",
                "    \"Effect\": \"Allow\",",
                "    \"Action\": \"ssm:StartSession\",",
                "-   \"Resource\": \"*\"",
                "+   \"Resource\": \"arn:aws:ssm:*:1:managed-instance/*\"",
                "  }",
                "  … 1 statement unchanged",
                "- {",
                "-   \"Effect\": \"Deny\",",
                "-   \"Action\": \"kms:Decrypt\",",
                "-   \"Resource\": \"k\"",
                "- }",
                "+ {",
                "+   \"Effect\": \"Allow\",",
                "+   \"Action\": \"sts:GetCallerIdentity\",",
                "+   \"Resource\": \"*\"",
                "+ }",
            ]
        );
    }

    #[test]
    fn a_difference_outside_of_the_statements_is_shown() {
        let policy =
            |version| format!(r#"{{"Version":"{version}","Statement":{{"Effect":"Allow"}}}}"#);
        let lines = shown(Some(&policy("2008-10-17")), Some(&policy("2012-10-17")));
        assert_eq!(
            lines,
            [
                "  {",
                "-   \"Version\": \"2008-10-17\"",
                "+   \"Version\": \"2012-10-17\"",
                "  }",
                "  … 1 statement unchanged",
            ]
        );
    }
}
