//! Where a document says something else than it should, statement by statement, in meaning.

use serde_json::{Map, Value};

use super::Document;
use super::meaning::{Meaning, is_within, strings};

/// A statement of a policy document.
pub type Statement = Map<String, Value>;

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
    /// Returns what is wrong, in one sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Version { found } => {
                format!("Its \"Version\" is {found}, and has to be \"2012-10-17\".")
            }
            Self::Missing { wanted } => format!("A statement is missing: {}.", name(wanted)),
            Self::Differs {
                number,
                found,
                wanted,
            } => match slip(found, wanted) {
                Some(slip) => format!("Statement {number} differs: {slip}"),
                None => format!("Statement {number} differs: {}.", name(found)),
            },
            Self::Extra { number, found } => {
                format!("Statement {number} does not belong here: {}.", name(found))
            }
        }
    }

    /// The statement as it is, where there is one.
    pub fn found(&self) -> Option<&Statement> {
        match self {
            Self::Differs { found, .. } | Self::Extra { found, .. } => Some(found),
            Self::Version { .. } | Self::Missing { .. } => None,
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
    // What is neither as it should be nor tolerated, and what is half of something that is missing.
    let is_odd = |statement: &Statement| {
        let half = || missing.iter().any(|wanted| is_within(statement, wanted));
        let whole = satisfied.iter().any(|wanted| is_within(statement, wanted));
        !whole && (!allowed.grants_all_of(statement) || half())
    };
    let mut odd: Vec<(usize, &Statement)> = (1..)
        .zip(found.statements())
        .filter(|(_, statement)| is_odd(statement))
        .collect();
    let mut pairs = pairs(&missing, &odd);
    for wanted in missing {
        let pair = pairs.iter().position(|(missing, _)| *missing == wanted);
        let wanted = wanted.clone();
        deviations.push(match pair.map(|pair| pairs.swap_remove(pair)) {
            Some((_, (number, found))) => {
                odd.retain(|(other, _)| *other != number);
                Deviation::Differs {
                    number,
                    found: found.clone(),
                    wanted,
                }
            }
            None => Deviation::Missing { wanted },
        });
    }
    for (number, found) in odd {
        // It says what it should, and more besides.
        let wanted = satisfied.iter().find(|wanted| is_within(wanted, found));
        let found = found.clone();
        deviations.push(match wanted {
            Some(wanted) => Deviation::Differs {
                number,
                found,
                wanted: (*wanted).clone(),
            },
            None => Deviation::Extra { number, found },
        });
    }
    deviations
}

/// Returns what differs between two statements, in one sentence, where it is a single value or a placeholder of the manual
/// that was left in.
fn slip(found: &Statement, wanted: &Statement) -> Option<String> {
    let (mut pairs, mut shapes) = (Vec::new(), true);
    let (found, wanted) = (
        Value::from(without_sid(found)),
        Value::from(without_sid(wanted)),
    );
    pair_values(&found, &wanted, &mut pairs, &mut shapes);
    pairs.retain(|(found, wanted)| found != wanted);
    pairs.dedup();
    if !shapes || pairs.is_empty() {
        return None;
    }
    let parts: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(found, wanted)| differing_part(found, wanted))
        .collect();
    let (found, wanted) = *parts.first()?;
    if parts.iter().any(|part| *part != (found, wanted)) {
        return None;
    }
    Some(if found.contains("<<") {
        format!("{found} is a placeholder of the manual; it has to be {wanted}.")
    } else {
        format!("{found} has to be {wanted}.")
    })
}

fn without_sid(statement: &Statement) -> Statement {
    let mut statement = statement.clone();
    statement.shift_remove("Sid");
    statement
}

/// Collects the texts that stand in the same places; `same_shape` becomes false where the places themselves differ.
fn pair_values<'a>(
    found: &'a Value,
    wanted: &'a Value,
    pairs: &mut Vec<(&'a str, &'a str)>,
    same_shape: &mut bool,
) {
    match (found, wanted) {
        (Value::String(found), Value::String(wanted)) => pairs.push((found, wanted)),
        (Value::Object(found), Value::Object(wanted)) if found.len() == wanted.len() => {
            for (key, wanted) in wanted {
                match found.get(key) {
                    Some(found) => pair_values(found, wanted, pairs, same_shape),
                    None => *same_shape = false,
                }
            }
        }
        (Value::Array(found), Value::Array(wanted)) if found.len() == wanted.len() => {
            for (found, wanted) in found.iter().zip(wanted) {
                pair_values(found, wanted, pairs, same_shape);
            }
        }
        (found, wanted) => *same_shape &= found == wanted,
    }
}

/// The parts between colons in which two texts differ, as in ARNs; the whole texts where they differ in more than one.
fn differing_part<'a>(found: &'a str, wanted: &'a str) -> (&'a str, &'a str) {
    let (parts, others): (Vec<&str>, Vec<&str>) =
        (found.split(':').collect(), wanted.split(':').collect());
    let mut differing = parts
        .iter()
        .zip(&others)
        .filter(|(one, other)| one != other);
    match (differing.next(), differing.next()) {
        (Some((one, other)), None) if found.starts_with("arn:") && parts.len() == others.len() => {
            (one, other)
        }
        _ => (found, wanted),
    }
}

pub(super) type Pair<'a> = (&'a Statement, (usize, &'a Statement));

/// Each missing statement with the odd one that it most likely was meant to be, or takes the place of: the likeliest pairs
/// first.
pub(super) fn pairs<'a>(
    missing: &[&'a Statement],
    odd: &[(usize, &'a Statement)],
) -> Vec<Pair<'a>> {
    let mut all: Vec<(f64, Pair)> = Vec::new();
    for wanted in missing {
        for candidate in odd {
            if are_related(wanted, candidate.1) {
                all.push((likeness(wanted, candidate.1), (wanted, *candidate)));
            }
        }
    }
    all.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let mut pairs: Vec<Pair> = Vec::new();
    for (_, (wanted, candidate)) in all {
        let is_taken = |(other, found): &Pair| *other == wanted || found.0 == candidate.0;
        if !pairs.iter().any(is_taken) {
            pairs.push((wanted, candidate));
        }
    }
    pairs
}

/// How alike two words have to be, for one to be taken for the other mistyped.
const MISTYPED: f64 = 0.85;

/// Returns whether two statements have an action, a resource or a principal in common, or one that is mistyped.
fn are_related(one: &Statement, other: &Statement) -> bool {
    let words = |statement: &Statement| {
        let principals = match statement.get("Principal") {
            Some(Value::Object(kinds)) => {
                kinds.values().flat_map(|who| strings(Some(who))).collect()
            }
            other => strings(other),
        };
        let mut words = strings(statement.get("Action"));
        words.extend(strings(statement.get("Resource")));
        words.extend(principals);
        let words = words.into_iter().filter(|word| *word != "*");
        words.map(str::to_lowercase).collect::<Vec<_>>()
    };
    let others = words(other);
    words(one).iter().any(|word| {
        others.iter().any(|other| {
            word == other || strsim::normalized_damerau_levenshtein(word, other) >= MISTYPED
        })
    })
}

/// Returns how much of two statements is the same, from 0 to 1, whatever the order of their keys.
fn likeness(one: &Statement, other: &Statement) -> f64 {
    let text = |statement: &Statement| {
        let mut statement = statement.clone();
        statement.shift_remove("Sid");
        statement.sort_keys();
        Value::from(statement).to_string()
    };
    let (one, other) = (text(one), text(other));
    strsim::normalized_damerau_levenshtein(&one, &other)
}

/// Returns whether one of some statements says all that this one says.
pub fn is_said(statement: &Statement, statements: &[Statement]) -> bool {
    statements.iter().any(|other| is_within(statement, other))
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
            ["Statement 3 differs: ssm:TerminateSesion has to be ssm:TerminateSession."]
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
            ["Statement 6 differs: 999999999999 has to be 123456789012."]
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
    fn each_statement_is_held_against_the_one_that_it_was_meant_to_be() {
        let partition = Partition::default();
        let place = Place {
            partition: &partition,
            account: "123456789012",
        };
        let server = place
            .server_policy("arn:aws:iam::123456789012:role/R")
            .unwrap();
        let named = |value: serde_json::Value, wanted: &Document, most: &Document| {
            let found = Document::parse(value.to_string()).unwrap();
            let deviations = deviations(&found, wanted, most);
            let sentences = deviations.iter().map(Deviation::sentence);
            sentences.collect::<Vec<_>>()
        };
        // One is missing, and another one mistyped that has the same resource.
        let mut value = server.value().clone();
        let list = value["Statement"].as_array_mut().unwrap();
        list[1]["Action"] = "ssm:AddTagToResource".into();
        list.remove(0);
        assert_eq!(
            named(value, &server, &server),
            [
                "A statement is missing: iam:PassRole on role/R.",
                "Statement 1 differs: ssm:AddTagToResource has to be ssm:AddTagsToResource."
            ]
        );
        // What is tolerated is not taken for what is missing.
        let mut value = client(true).value().clone();
        value["Statement"].as_array_mut().unwrap().remove(3);
        assert_eq!(
            named(value, &client(false), &client(true)),
            ["A statement is missing: ssm:StartSession on document/AWS-StartSSHSession."]
        );
        // More than it should say is no reason to take it out.
        let mut value = client(false).value().clone();
        value["Statement"][1]["Action"]
            .as_array_mut()
            .unwrap()
            .push("ssm:DeleteActivation".into());
        assert_eq!(
            named(value, &client(false), &client(true)),
            [
                "Statement 2 differs: ssm:SendCommand, ssm:StartSession and 1 more on managed-instance/mi-*."
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
