//! Where a document says something else than it should, statement by statement, in meaning.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Document;
use super::meaning::{Meaning, is_within, strings};

type Statement = Map<String, Value>;

/// One thing in which a document deviates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deviation {
    /// It is written in another version of the policy language.
    Version { found: String },
    /// Nothing in it corresponds to this statement.
    Missing { wanted: Statement },
    /// A statement (counted from one) comes nearest to a wanted one, and says something else.
    Differs {
        number: usize,
        found: Statement,
        wanted: Statement,
    },
    /// A statement (counted from one) has no place in it.
    Extra { number: usize, found: Statement },
}

impl Deviation {
    /// What is wrong, in one sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Version { found } => {
                format!("Its \"Version\" is {found}, and has to be \"2012-10-17\".")
            }
            Self::Missing { wanted } => format!("A statement is missing: {}.", name(wanted)),
            Self::Differs { number, found, .. } => {
                format!("Statement {number} differs: {}.", name(found))
            }
            Self::Extra { number, found } => {
                format!("Statement {number} does not belong here: {}.", name(found))
            }
        }
    }

    /// The statement as it is, and as it has to be.
    pub fn texts(&self) -> (Option<String>, Option<String>) {
        let text = |statement: &Statement| Value::from(statement.clone()).to_string();
        match self {
            Self::Version { .. } => (None, None),
            Self::Missing { wanted } => (None, Some(text(wanted))),
            Self::Differs { found, wanted, .. } => (Some(text(found)), Some(text(wanted))),
            Self::Extra { found, .. } => (Some(text(found)), None),
        }
    }
}

/// In what `found` deviates from `wanted`. What it says beyond that is no deviation as long as it stays within `most`.
pub fn deviations(found: &Document, wanted: &Document, most: &Document) -> Vec<Deviation> {
    let mut deviations = Vec::new();
    let version = |document: &Document| document.value().get("Version").cloned();
    if version(found) != version(wanted) {
        let found = version(found).map_or("not given".to_owned(), |version| version.to_string());
        deviations.push(Deviation::Version { found });
    }
    let (there, allowed) = (Meaning::of(found), Meaning::of(most));
    let (satisfied, missing): (Vec<_>, Vec<_>) = wanted
        .statements()
        .into_iter()
        .partition(|statement| there.grants_all_of(statement));
    let mut candidates: Vec<(usize, &Statement)> = (1..)
        .zip(found.statements())
        .filter(|(_, statement)| {
            !satisfied
                .iter()
                .any(|satisfied| is_within(statement, satisfied))
        })
        .collect();
    for wanted in missing {
        let nearest = candidates
            .iter()
            .enumerate()
            .map(|(place, (_, candidate))| (shared(candidate, wanted), place))
            .filter(|(shared, _)| *shared > 0)
            // The first of several that are equally near.
            .max_by_key(|(shared, place)| (*shared, std::cmp::Reverse(*place)));
        let wanted = wanted.clone();
        deviations.push(match nearest {
            Some((_, place)) => {
                let (number, found) = candidates.remove(place);
                Deviation::Differs {
                    number,
                    found: found.clone(),
                    wanted,
                }
            }
            None => Deviation::Missing { wanted },
        });
    }
    let extra = candidates
        .into_iter()
        .filter(|(_, statement)| !allowed.grants_all_of(statement))
        .map(|(number, found)| Deviation::Extra {
            number,
            found: found.clone(),
        });
    deviations.extend(extra);
    deviations
}

/// Those of some statements that a document does not have any more.
pub fn lacking<'a>(found: &Document, statements: &'a [Statement]) -> Vec<&'a Statement> {
    let there = Meaning::of(found);
    statements
        .iter()
        .filter(|statement| !there.grants_all_of(statement))
        .collect()
}

/// A statement in a few words: its Sid, or whom and what it is about.
pub fn name(statement: &Statement) -> String {
    if let Some(Value::String(sid)) = statement.get("Sid").filter(|sid| **sid != "") {
        return format!("\"{sid}\"");
    }
    let denies = statement.get("Effect").and_then(Value::as_str) == Some("Deny");
    let actions = strings(statement.get("Action").or(statement.get("NotAction")));
    let what = match actions[..] {
        [] => "no action".to_owned(),
        [one] => one.to_owned(),
        [one, two] => format!("{one} and {two}"),
        [one, two, ..] => format!("{one}, {two} and {} more", actions.len() - 2),
    };
    let place = match strings(statement.get("Resource"))[..] {
        // What distinguishes an ARN stands at its end.
        [one] if one != "*" => format!(" on {}", one.rsplit(':').next().unwrap_or(one)),
        _ => String::new(),
    };
    let principal = match statement.get("Principal") {
        Some(Value::Object(kinds)) => kinds
            .values()
            .flat_map(|who| strings(Some(who)))
            .collect::<Vec<_>>()
            .join(", "),
        Some(Value::String(everybody)) => everybody.clone(),
        _ => String::new(),
    };
    let verb = if denies { "denies " } else { "" };
    if principal.is_empty() {
        format!("{verb}{what}{place}")
    } else {
        format!("{verb}{what}{place} for {principal}")
    }
}

/// How many words two statements have in common that say what they are about.
fn shared(one: &Statement, other: &Statement) -> usize {
    words(one).intersection(&words(other)).count()
}

fn words(statement: &Statement) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for (key, value) in statement {
        if !["Sid", "Effect"].contains(&key.as_str()) {
            collect(value, &mut words);
        }
    }
    words.remove("*");
    words
}

fn collect(value: &Value, words: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            words.insert(text.to_lowercase());
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, words)),
        Value::Object(keys) => {
            for (key, value) in keys {
                words.insert(key.to_lowercase());
                collect(value, words);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::model::Partition;
    use crate::policy::template::Place;

    fn client(shell: bool) -> Document {
        let partition = Partition::default();
        let place = Place {
            partition: &partition,
            account: "123456789012",
        };
        place.client_policy(shell).unwrap()
    }

    fn sentences(found: &str) -> Vec<String> {
        let found = Document::parse(found).unwrap();
        deviations(&found, &client(false), &client(true))
            .iter()
            .map(Deviation::sentence)
            .collect()
    }

    #[test]
    fn what_means_the_same_deviates_in_nothing() {
        assert_eq!(sentences(client(false).text()), [""; 0]);
        assert_eq!(sentences(client(true).text()), [""; 0]);
    }

    #[test]
    fn the_statement_that_was_pasted_wrongly_is_named_and_no_other() {
        let text = client(false).text().to_owned();
        let mistyped = text.replace("ssm:TerminateSession", "ssm:TerminateSesion");
        assert_eq!(
            sentences(&mistyped),
            ["Statement 3 differs: ssm:TerminateSesion on session/*."]
        );
        // Everybody's sessions instead of one's own.
        let open = text.replace("\"StringEquals\"", "\"StringNotEquals\"");
        assert_eq!(
            sentences(&open),
            ["Statement 2 differs: ssm:SendCommand and ssm:StartSession on managed-instance/mi-*."]
        );
        let other_account = text.replace("logs:*:123456789012", "logs:*:999999999999");
        assert_eq!(
            sentences(&other_account),
            ["Statement 6 differs: logs:StartQuery on /aws/sagemaker/*."]
        );
        let old = text.replace("2012-10-17", "2008-10-17");
        assert_eq!(
            sentences(&old),
            ["Its \"Version\" is \"2008-10-17\", and has to be \"2012-10-17\"."]
        );
    }

    #[test]
    fn a_statement_too_few_and_one_too_many_are_named() {
        let mut value = client(false).value().clone();
        let statements = value["Statement"].as_array_mut().unwrap();
        statements.remove(3);
        statements.push(serde_json::json!(
            {"Sid": "Mine", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        ));
        assert_eq!(
            sentences(&value.to_string()),
            [
                "A statement is missing: ssm:StartSession on document/AWS-StartSSHSession.",
                "Statement 6 does not belong here: \"Mine\"."
            ]
        );
    }

    #[test]
    fn both_sides_of_a_difference_are_at_hand() {
        let mistyped = client(false).text().replace("ssm:Term", "ssm:Trem");
        let found = Document::parse(mistyped).unwrap();
        let deviations = deviations(&found, &client(false), &client(false));
        let (found, wanted) = deviations[0].texts();
        assert!(found.unwrap().contains("ssm:Trem"));
        assert!(wanted.unwrap().contains("ssm:Term"));
    }

    #[test]
    fn a_statement_that_was_lost_is_found_out() {
        let whole = client(false);
        let statements: Vec<Statement> = whole.statements().into_iter().cloned().collect();
        assert!(lacking(&whole, &statements).is_empty());
        let mut value = whole.value().clone();
        value["Statement"].as_array_mut().unwrap().remove(0);
        let rest = Document::parse(value.to_string()).unwrap();
        assert_eq!(lacking(&rest, &statements), [&statements[0]]);
    }

    #[test]
    fn a_statement_is_named_by_whom_and_what_it_is_about() {
        let name = |text: &str| name(&serde_json::from_str(text).unwrap());
        assert_eq!(
            name(
                r#"{"Effect":"Deny","Principal":{"Service":"ssm.amazonaws.com"},"Action":"sts:AssumeRole"}"#
            ),
            "denies sts:AssumeRole for ssm.amazonaws.com"
        );
        assert_eq!(
            name(r#"{"Effect":"Allow","Action":["a:1","a:2","a:3"]}"#),
            "a:1, a:2 and 1 more"
        );
        assert_eq!(name("{}"), "no action");
    }
}
