//! Everybody whom a trust policy lets in, by principal: what has to be seen of it, however long it is.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::document::Document;
use super::same::normal_form;

/// A principal of an Allow statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Admitted {
    /// As the document names it: `Service ssm.amazonaws.com`, `AWS arn:aws:iam::123456789012:root`.
    pub principal: String,
    /// The condition under which it is let in, on one line and always in the same layout; none where there is none.
    pub condition: Option<String>,
}

/// How it is between two documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrincipalChange {
    /// Is let in before and after.
    Stays,
    New,
    Gone,
}

impl PrincipalChange {
    /// The sign in front of it: a blank, `+` or `-`.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Stays => " ",
            Self::New => "+",
            Self::Gone => "-",
        }
    }
}

impl Admitted {
    /// The account that it belongs to, where it names one.
    fn account(&self) -> Option<&str> {
        let name = self.principal.strip_prefix("AWS ")?;
        let number = if name.starts_with("arn:") {
            name.split(':').nth(4)?
        } else {
            name
        };
        let is_number = number.len() == 12 && number.bytes().all(|b| b.is_ascii_digit());
        is_number.then_some(number)
    }

    /// Returns whether it belongs to another account.
    fn is_foreign(&self, account: &str) -> bool {
        self.account().is_some_and(|number| number != account)
    }

    /// Returns whether anybody outside of this account is let in, AWS services aside.
    pub fn is_from_elsewhere(&self, account: &str) -> bool {
        self.is_foreign(account) || self.is_everybody()
    }

    /// Returns whether it is an AWS service.
    pub fn is_service(&self) -> bool {
        self.principal.starts_with("Service ")
    }

    fn is_everybody(&self) -> bool {
        self.principal == "*" || self.principal == "AWS *" || self.principal.starts_with(ALL_BUT)
    }

    /// In a line: who, whether from another account, and under which condition.
    pub fn text(&self, account: &str) -> String {
        let condition = self.condition.as_ref();
        let condition = condition.map(|condition| format!(", only if {condition}"));
        format!("{}{}", self.name(account), condition.unwrap_or_default())
    }

    /// Who, and whether from another account.
    pub fn name(&self, account: &str) -> String {
        let whose = if self.is_everybody() {
            " (everybody)"
        } else if self.is_foreign(account) {
            " (another account)"
        } else {
            ""
        };
        format!("{}{whose}", self.principal)
    }
}

/// How a principal begins that stands for all but some.
const ALL_BUT: &str = "all but ";

/// Everybody whom either document lets in, those that are new first.
pub fn between(before: Option<&Document>, after: &Document) -> Vec<(PrincipalChange, Admitted)> {
    let (before, after) = (before.map(of).unwrap_or_default(), of(after));
    let marked = |change, list: Vec<&Admitted>| {
        let list: Vec<Admitted> = list.into_iter().cloned().collect();
        list.into_iter().map(move |admitted| (change, admitted))
    };
    let new = marked(PrincipalChange::New, after.difference(&before).collect());
    let gone = marked(PrincipalChange::Gone, before.difference(&after).collect());
    let stays = marked(
        PrincipalChange::Stays,
        after.intersection(&before).collect(),
    );
    new.chain(gone).chain(stays).collect()
}

fn of(document: &Document) -> BTreeSet<Admitted> {
    let statements = document.statements().into_iter();
    let allowing = statements.filter(|statement| {
        statement
            .get("Effect")
            .is_some_and(|effect| effect != "Deny")
    });
    allowing.flat_map(by_statement).collect()
}

fn by_statement(statement: &Map<String, Value>) -> Vec<Admitted> {
    let mut names = Vec::new();
    if let Some(principal) = statement.get("Principal") {
        names.extend(named(principal));
    }
    if let Some(others) = statement.get("NotPrincipal") {
        names.push(format!("{ALL_BUT}{}", named(others).join(", ")));
    }
    let condition = statement.get("Condition").map(normal_form);
    let admitted = names.into_iter().map(|principal| Admitted {
        principal,
        condition: condition.clone(),
    });
    admitted.collect()
}

/// The names in a principal, each with its kind.
fn named(principal: &Value) -> Vec<String> {
    let Value::Object(kinds) = principal else {
        return texts(principal);
    };
    let names = kinds.iter().flat_map(|(kind, names)| {
        let names = texts(names).into_iter();
        names.map(move |name| format!("{kind} {name}"))
    });
    names.collect()
}

/// A name, or each of a list; what is no text stands as JSON.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(before: &Value, after: &Value) -> Vec<String> {
        let document = |value: &Value| Document::parse(value.to_string()).unwrap();
        let admitted = between(Some(&document(before)), &document(after));
        let line = |(change, admitted): (PrincipalChange, Admitted)| {
            format!("{} {}", change.sign(), admitted.text("123456789012"))
        };
        admitted.into_iter().map(line).collect()
    }

    fn allow(principal: &Value) -> Value {
        json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
    }

    #[test]
    fn everybody_who_is_let_in_is_named_and_marked() {
        let ours = allow(&json!({"Service": ["sagemaker.amazonaws.com"], "AWS": "123456789012"}));
        let strange = allow(&json!({"AWS": "arn:aws:iam::666666666666:root"}));
        let new = allow(&json!({"Service": "ssm.amazonaws.com"}));
        let open = allow(&json!("*"));
        let before = json!({"Statement": [ours, open]});
        let after = json!({"Statement": [ours, strange, new]});
        assert_eq!(
            lines(&before, &after),
            [
                "+ AWS arn:aws:iam::666666666666:root (another account)",
                "+ Service ssm.amazonaws.com",
                "- * (everybody)",
                "  AWS 123456789012",
                "  Service sagemaker.amazonaws.com",
            ]
        );
    }

    #[test]
    fn a_condition_belongs_to_who_is_let_in_and_a_denial_lets_nobody_in() {
        let mut hardened = allow(&json!({"Service": "ssm.amazonaws.com"}));
        hardened["Condition"] = json!({"StringEquals": {"aws:SourceAccount": "1"}});
        let plain = allow(&json!({"Service": "ssm.amazonaws.com"}));
        let mut denied = allow(&json!("*"));
        denied["Effect"] = json!("Deny");
        assert_eq!(
            lines(
                &json!({"Statement": [hardened, denied]}),
                &json!({"Statement": [plain]})
            ),
            [
                "+ Service ssm.amazonaws.com",
                r#"- Service ssm.amazonaws.com, only if {"StringEquals":{"aws:SourceAccount":"1"}}"#,
            ]
        );
    }

    #[test]
    fn principals_that_are_written_in_other_ways_are_named_too() {
        let but = json!({"Effect": "Allow", "NotPrincipal": {"AWS": ["a", "b"]}, "Action": "*"});
        let odd = allow(&json!({"AWS": ["*", 7], "Federated": "cognito-identity.amazonaws.com"}));
        let none = json!({"Statement": []});
        assert_eq!(
            lines(&none, &json!({"Statement": [but, odd]})),
            [
                "+ AWS * (everybody)",
                "+ AWS 7",
                "+ Federated cognito-identity.amazonaws.com",
                "+ all but AWS a, AWS b (everybody)",
            ]
        );
    }
}
