//! What a document means, apart from how it is written: order, string-or-list, white space, Sids and the split into
//! statements do not matter to IAM and do not matter here.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Document;

/// Keys whose values are sets, and which a statement may as well spell out as several statements.
const EXPANDED: [&str; 2] = ["Action", "Resource"];
/// Keys whose values are sets that belong together.
const SETS: [&str; 2] = ["NotAction", "NotResource"];

/// A document as a set of grants: one entry for each principal and action on each resource under each condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// `2012-10-17` switches policy variables on, so it is part of the meaning. Absent means `2008-10-17`.
    version: String,
    grants: BTreeSet<String>,
}

impl Meaning {
    pub fn of(document: &Document) -> Self {
        let version = document
            .value()
            .get("Version")
            .and_then(Value::as_str)
            .unwrap_or("2008-10-17")
            .to_owned();
        let grants = document.statements().into_iter().flat_map(grants);
        let grants = grants.map(|grant| grant.key).collect();
        Self { version, grants }
    }

    /// Returns whether this means at least `least` and at most `most`.
    pub fn lies_between(&self, least: &Self, most: &Self) -> bool {
        self.covers(least) && self.grants.is_subset(&most.grants)
    }

    /// Returns whether this means at least `other`.
    pub fn covers(&self, other: &Self) -> bool {
        self.version == other.version && self.grants.is_superset(&other.grants)
    }

    /// Returns whether all that a statement grants, or denies, stands here.
    pub fn grants_all_of(&self, statement: &Map<String, Value>) -> bool {
        grants(statement)
            .iter()
            .all(|grant| self.grants.contains(&grant.key))
    }
}

/// Returns what an earlier document grants, or denies, and a later one does not, each as `ssm:StartSession on *`; none where one of
/// them cannot be understood.
pub fn gone(before: Option<&str>, after: Option<&str>) -> Option<Vec<String>> {
    let before = Document::parse(before?).ok()?;
    let after = Meaning::of(&Document::parse(after?).ok()?);
    let mut gone = Vec::new();
    for statement in before.statements() {
        let missing = grants(statement).into_iter();
        let missing = missing.filter(|grant| !after.grants.contains(&grant.key));
        gone.extend(missing.map(|grant| label(statement, &grant)));
    }
    gone.dedup();
    Some(gone)
}

/// What a grant is about, for a person.
fn label(statement: &Map<String, Value>, grant: &Grant) -> String {
    let denial = if statement
        .get("Effect")
        .is_some_and(|effect| effect == "Deny")
    {
        "the denial of "
    } else {
        ""
    };
    // As somebody wrote it, with its capitals.
    let actions = strings(statement.get("Action")).into_iter();
    let mut written = actions.filter(|action| action.eq_ignore_ascii_case(&grant.action));
    let action = match written.next() {
        Some(action) => action.to_owned(),
        None => format!(
            "everything but {}",
            strings(statement.get("NotAction")).join(", ")
        ),
    };
    let resource = if grant.resource.is_empty() {
        "what it names"
    } else {
        &grant.resource
    };
    let condition = if statement.contains_key("Condition") {
        ", under a condition"
    } else {
        ""
    };
    format!("{denial}{action} on {resource}{condition}")
}

/// So many of a list are named.
const NAMED: usize = 4;

/// The first of a list, and how many more there are.
pub fn named(list: &[String]) -> String {
    let first = list.get(..NAMED).unwrap_or(list).join(", ");
    match list.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// Returns whether two documents mean the same.
pub fn same(one: &Document, other: &Document) -> bool {
    Meaning::of(one) == Meaning::of(other)
}

/// Returns whether one statement says nothing that the other does not say too.
pub(super) fn is_within(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let keys = |statement| grants(statement).into_iter().map(|grant| grant.key);
    let other: BTreeSet<String> = keys(other).collect();
    keys(one).all(|grant| other.contains(&grant))
}

/// The texts under a key that may hold one string or a list of them.
pub fn strings(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// One combination of principal, action and resource of a statement.
struct Grant {
    /// All of it, the same for all that means the same.
    key: String,
    /// In small letters.
    action: String,
    resource: String,
}

/// One entry for each combination of principal, action and resource of a statement.
fn grants(statement: &Map<String, Value>) -> Vec<Grant> {
    let mut rest = Map::new();
    for (key, value) in statement {
        let plain = match key.as_str() {
            "Sid" | "Principal" | "Action" | "Resource" => continue,
            "Condition" => condition(value),
            "NotPrincipal" => not_principal(value),
            key if SETS.contains(&key) => sorted_set(value, key == "NotAction"),
            _ => value.clone(),
        };
        rest.insert(key.clone(), plain);
    }
    rest.sort_keys();
    let rest = Value::Object(rest).to_string();
    let [actions, resources] = EXPANDED.map(|key| match statement.get(key) {
        None => vec![String::new()],
        some => match sorted_set(some.unwrap_or(&Value::Null), key == "Action") {
            // An empty list grants nothing that IAM would accept; it must not make the statement vanish.
            Value::Array(list) if !list.is_empty() => list.iter().map(Value::to_string).collect(),
            other => vec![other.to_string()],
        },
    });
    let granted: Vec<(&String, &String)> = actions
        .iter()
        .flat_map(|action| resources.iter().map(move |resource| (action, resource)))
        .collect();
    let plain = |json: &str| json.trim_matches('"').to_owned();
    let whos = principals(statement.get("Principal"));
    let mut grants = Vec::with_capacity(whos.len() * granted.len());
    for who in &whos {
        grants.extend(granted.iter().map(|(action, resource)| Grant {
            key: format!("{who}{action} on {resource} {rest}"),
            action: plain(action),
            resource: plain(resource),
        }));
    }
    grants
}

/// Each principal by its kind; an empty text where the statement names none.
fn principals(value: Option<&Value>) -> Vec<String> {
    let Some(Value::Object(kinds)) = value else {
        let whoever = value.map(|whoever| format!("{whoever} "));
        return vec![whoever.unwrap_or_default()];
    };
    let each = kinds.iter().flat_map(|(kind, who)| {
        let who = match sorted_set(who, false) {
            // As with actions, nobody is not nothing.
            Value::Array(list) if !list.is_empty() => list,
            other => vec![other],
        };
        who.into_iter().map(move |who| format!("{kind} {who} "))
    });
    let each: Vec<String> = each.collect();
    if each.is_empty() {
        vec!["{} ".to_owned()]
    } else {
        each
    }
}

/// A string or list of strings as a sorted list without repetition; actions have no case.
fn sorted_set(value: &Value, lower: bool) -> Value {
    let list = match value {
        Value::Array(list) => list.clone(),
        other => vec![other.clone()],
    };
    let set: BTreeSet<String> = list
        .iter()
        .map(|item| match item {
            Value::String(text) if lower => text.to_ascii_lowercase(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect();
    set.into_iter().map(Value::from).collect()
}

fn not_principal(value: &Value) -> Value {
    match value {
        Value::Object(kinds) => {
            let mut plain: Map<_, _> = kinds
                .iter()
                .map(|(kind, who)| (kind.clone(), sorted_set(who, false)))
                .collect();
            plain.sort_keys();
            Value::Object(plain)
        }
        other => other.clone(),
    }
}

/// Condition keys have no case; values are sets; `true` and `"true"` are one. Two keys that differ only in case stay
/// two.
fn condition(value: &Value) -> Value {
    let Value::Object(operators) = value else {
        return value.clone();
    };
    let mut plain = Map::new();
    for (operator, keys) in operators {
        let keys = match keys {
            Value::Object(keys) => {
                let mut pairs: Vec<String> = keys
                    .iter()
                    .map(|(key, values)| {
                        format!("{} {}", key.to_ascii_lowercase(), sorted_set(values, false))
                    })
                    .collect();
                pairs.sort_unstable();
                Value::from(pairs)
            }
            other => other.clone(),
        };
        plain.insert(operator.clone(), keys);
    }
    plain.sort_keys();
    Value::Object(plain)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn document(statements: &str) -> Document {
        Document::parse(format!(
            r#"{{"Version":"2012-10-17","Statement":{statements}}}"#
        ))
        .unwrap()
    }

    #[test]
    fn writing_does_not_matter() {
        let one = document(
            r#"[{"Sid":"x","Effect":"Allow","Action":["ssm:B","ssm:A"],"Resource":"r",
                "Condition":{"StringEquals":{"aws:Key":["2","1"]},"Bool":{"k":true}}}]"#,
        );
        let other = document(
            r#"{"Effect":"Allow","Resource":["r"],"Action":["SSM:a","ssm:b"],
               "Condition":{"Bool":{"k":"true"},"StringEquals":{"AWS:key":["1","2"]}}}"#,
        );
        assert!(same(&one, &other));
    }

    #[test]
    fn a_statement_split_in_two_means_the_same() {
        let one = document(r#"[{"Effect":"Allow","Action":"s:A","Resource":["r","q"]}]"#);
        let two = document(
            r#"[{"Effect":"Allow","Action":"s:A","Resource":"q"},{"Effect":"Allow","Action":"s:A","Resource":"r"}]"#,
        );
        assert!(same(&one, &two));
    }

    #[test]
    fn principals_of_one_statement_may_have_one_each() {
        let one = document(
            r#"[{"Effect":"Allow","Principal":{"Service":["a","b"],"AWS":"c"},"Action":"sts:AssumeRole"}]"#,
        );
        let three = document(
            r#"[{"Effect":"Allow","Principal":{"AWS":["c"]},"Action":"sts:AssumeRole"},
                {"Effect":"Allow","Principal":{"Service":"b"},"Action":"sts:AssumeRole"},
                {"Effect":"Allow","Principal":{"Service":"a"},"Action":"sts:AssumeRole"}]"#,
        );
        assert!(same(&one, &three));
        let other_kind = document(
            r#"[{"Effect":"Allow","Principal":{"Service":["a","b","c"]},"Action":"sts:AssumeRole"}]"#,
        );
        assert!(!same(&one, &other_kind));
    }

    #[test]
    fn what_changes_who_may_do_what_matters() {
        let base = r#"{"Effect":"Allow","Action":["s:A","s:B"],"Resource":"r","Condition":{"StringEquals":{"k":"v"}}}"#;
        let variants = [
            base.replace("Allow", "Deny"),
            base.replace("s:B", "s:C"),
            base.replace(r#""r""#, r#"["r","q"]"#),
            base.replace(r#""r""#, r#""R""#),
            base.replace(r#""v""#, r#""w""#),
            base.replace("StringEquals", "StringLike"),
            base.replace("Action", "NotAction"),
            base.replace(r#","Condition":{"StringEquals":{"k":"v"}}"#, ""),
            base.replace(r#""k":"v""#, r#""k":"v","K":"w""#),
            base.replace(r#"["s:A","s:B"]"#, "[]"),
            base.replace(r#""Effect""#, r#""Odd":1,"Effect""#),
        ];
        for variant in variants {
            assert!(!same(&document(base), &document(&variant)), "{variant}");
        }
        let old = Document::parse(format!(r#"{{"Statement":{base}}}"#)).unwrap();
        assert!(
            !same(&document(base), &old),
            "the version switches policy variables on"
        );
    }

    #[test]
    fn not_action_lists_are_not_split() {
        let one = document(r#"[{"Effect":"Allow","NotAction":["s:A","s:B"],"Resource":"r"}]"#);
        let two = document(
            r#"[{"Effect":"Allow","NotAction":"s:A","Resource":"r"},{"Effect":"Allow","NotAction":"s:B","Resource":"r"}]"#,
        );
        assert!(!same(&one, &two));
    }
}
