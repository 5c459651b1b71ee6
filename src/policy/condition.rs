//! Whether a request meets a condition block (IAM User Guide, condition operators). What is known of the request comes
//! from outside, so that one evaluator serves trust policies, role policies and the embedded policy simulator.

use serde_json::Value;

use super::template::Place;
use super::wildcard;

/// The answer; keys and operators that this program does not know make it unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    Yes,
    No,
    Unknown,
}

/// What is known of one key of a request's context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextValue {
    Is(String),
    /// A value of the request that stands for any of its kind, such as somebody's user ID: what refers to it by a variable
    /// is equal to it, and what spells a value out may be.
    StandsFor(String),
    /// The request does not carry the key.
    Absent,
    Unknown,
}

/// Looks a key of the context up, given in lower case: condition keys have no case.
pub type Context<'a> = dyn Fn(&str) -> ContextValue + 'a;

/// Returns what Systems Manager's request to assume a role carries, made for an account in a region.
pub fn systems_manager_request<'a>(
    place: Place<'a>,
    region: &'a str,
) -> impl Fn(&str) -> ContextValue + 'a {
    move |key| match key {
        "aws:sourceaccount" => ContextValue::Is(place.account.to_owned()),
        // A managed node is what Systems Manager assumes the role for.
        "aws:sourcearn" => ContextValue::Is(format!(
            "arn:{}:ssm:{region}:{}:managed-instance/mi-0123456789abcdef0",
            place.partition, place.account
        )),
        "aws:principalisawsservice" => ContextValue::Is("true".to_owned()),
        "aws:principalservicename" => ContextValue::Is("ssm.amazonaws.com".to_owned()),
        _ => ContextValue::Unknown,
    }
}

/// Evaluates a condition block: all its keys have to be met. Policy variables such as `${aws:userid}` are replaced only
/// where the policy's version knows them; else they are plain text.
pub fn met(condition: &Value, has_variables: bool, context: &Context) -> Met {
    let Value::Object(operators) = condition else {
        return Met::Unknown;
    };
    let mut all = Met::Yes;
    for (operator, keys) in operators {
        let Value::Object(keys) = keys else {
            return Met::Unknown;
        };
        for (key, patterns) in keys {
            let found = context(&key.to_ascii_lowercase());
            let stands_for = matches!(found, ContextValue::StandsFor(_));
            let pattern = |text: String| {
                if has_variables && text.contains("${") {
                    filled_in(&text, context)
                } else {
                    // No value of AWS's holds a variable's text.
                    let says = |text: &String| text == "*" || text.contains("${");
                    Some(text).filter(|text| !stands_for || says(text))
                }
            };
            let patterns: Vec<Option<String>> = texts(patterns).into_iter().map(pattern).collect();
            match key_met(operator, &found, &patterns) {
                Met::No => return Met::No,
                Met::Unknown => all = Met::Unknown,
                Met::Yes => {}
            }
        }
    }
    all
}

/// A condition in a few words: its operators and keys.
pub fn name(condition: &Value) -> String {
    let operators = condition.as_object().into_iter().flatten();
    let words = operators.flat_map(|(operator, keys)| {
        let keys = keys.as_object().into_iter().flatten();
        keys.map(move |(key, _)| format!("{operator} {key}"))
    });
    words.collect::<Vec<_>>().join(", ")
}

/// The values of a condition key as text: IAM takes numbers and Booleans without quotation marks, and compares them as
/// text (IAM JSON policy grammar).
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Number(_) | Value::Bool(_) => vec![value.to_string()],
        Value::Null | Value::Object(_) => Vec::new(),
    }
}

/// A text with its policy variables replaced; none where one of them is not known.
pub(super) fn filled_in(text: &str, context: &Context) -> Option<String> {
    let mut parts = text.split("${");
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}')?;
        match context(&name.to_ascii_lowercase()) {
            ContextValue::Is(value) | ContextValue::StandsFor(value) => out.push_str(&value),
            ContextValue::Absent | ContextValue::Unknown => return None,
        }
        out.push_str(rest);
    }
    Some(out)
}

/// Returns whether one key is met. A pattern of which nothing is known may match or not.
fn key_met(operator: &str, found: &ContextValue, patterns: &[Option<String>]) -> Met {
    let (plain, if_exists) = match operator.strip_suffix("IfExists") {
        Some(plain) => (plain, true),
        None => (operator, false),
    };
    if plain == "Null" {
        let is_absent = match found {
            ContextValue::Is(_) | ContextValue::StandsFor(_) => "false",
            ContextValue::Absent => "true",
            ContextValue::Unknown => return Met::Unknown,
        };
        return answer(patterns, |pattern| pattern.eq_ignore_ascii_case(is_absent));
    }
    let (compare, negated): (fn(&str, &str) -> bool, bool) = match plain {
        "StringEquals" => (|pattern, value| pattern == value, false),
        "StringNotEquals" => (|pattern, value| pattern == value, true),
        "StringEqualsIgnoreCase" | "Bool" => (str::eq_ignore_ascii_case, false),
        "StringNotEqualsIgnoreCase" => (str::eq_ignore_ascii_case, true),
        "StringLike" => (wildcard::matches, false),
        "StringNotLike" => (wildcard::matches, true),
        "ArnLike" | "ArnEquals" => (arn_matches, false),
        "ArnNotLike" | "ArnNotEquals" => (arn_matches, true),
        _ => return Met::Unknown,
    };
    match found {
        ContextValue::Unknown => Met::Unknown,
        ContextValue::Absent if negated || if_exists => Met::Yes,
        ContextValue::Absent => Met::No,
        ContextValue::Is(value) | ContextValue::StandsFor(value) => {
            let met = answer(patterns, |pattern| compare(pattern, value));
            match (met, negated) {
                (Met::Yes, true) => Met::No,
                (Met::No, true) => Met::Yes,
                (met, _) => met,
            }
        }
    }
}

fn answer(patterns: &[Option<String>], matches: impl Fn(&str) -> bool) -> Met {
    if patterns.iter().flatten().any(|pattern| matches(pattern)) {
        Met::Yes
    } else if patterns.iter().any(Option::is_none) {
        Met::Unknown
    } else {
        Met::No
    }
}

/// The ARN operators compare the six parts one by one (IAM User Guide, condition operators).
fn arn_matches(pattern: &str, arn: &str) -> bool {
    let (pattern, arn): (Vec<_>, Vec<_>) = (
        pattern.splitn(6, ':').collect(),
        arn.splitn(6, ':').collect(),
    );
    pattern.len() == 6
        && arn.len() == 6
        && pattern
            .iter()
            .zip(arn)
            .all(|(pattern, part)| wildcard::matches(pattern, part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Partition;
    use serde_json::json;

    fn of_systems_manager(condition: &Value) -> Met {
        let partition = Partition::default();
        let place = Place {
            partition: &partition,
            account: "123456789012",
        };
        met(
            condition,
            true,
            &systems_manager_request(place, "eu-west-1"),
        )
    }

    #[test]
    fn conditions_are_met_not_met_or_not_known() {
        let here = "arn:aws:ssm:eu-west-1:123456789012:*";
        for (condition, expected) in [
            (json!({}), Met::Yes),
            (
                json!({"StringEquals": {"aws:SourceAccount": "123456789012"}}),
                Met::Yes,
            ),
            (
                json!({"StringEquals": {"AWS:sourceaccount": ["1", "123456789012"]}}),
                Met::Yes,
            ),
            (
                json!({"StringEqualsIfExists": {"aws:SourceAccount": "123456789012"}}),
                Met::Yes,
            ),
            (
                json!({"StringEquals": {"aws:SourceAccount": "999999999999"}}),
                Met::No,
            ),
            (
                json!({"StringNotEquals": {"aws:SourceAccount": "123456789012"}}),
                Met::No,
            ),
            (
                json!({"StringNotEquals": {"aws:SourceAccount": "999999999999"}}),
                Met::Yes,
            ),
            (
                json!({"ArnLike": {"aws:SourceArn": "arn:aws:ssm:*:123456789012:*"}}),
                Met::Yes,
            ),
            (
                json!({"ArnEquals": {"aws:SourceArn": [here, "x"]}}),
                Met::Yes,
            ),
            (
                json!({"ArnLike": {"aws:SourceArn": "arn:aws:ssm:us-east-1:123456789012:*"}}),
                Met::No,
            ),
            // A star does not reach over a colon in an ARN operator; in a string operator it does.
            (
                json!({"ArnLike": {"aws:SourceArn": "arn:aws:*:123456789012:*"}}),
                Met::No,
            ),
            (
                json!({"StringLike": {"aws:SourceArn": "arn:aws:*:123456789012:*"}}),
                Met::Yes,
            ),
            (
                json!({"StringEquals": {"aws:SourceOrgID": "o-1"}}),
                Met::Unknown,
            ),
            (json!({"Bool": {"aws:SourceAccount": "true"}}), Met::No),
            (
                json!({"NumericEquals": {"aws:SourceAccount": 1}}),
                Met::Unknown,
            ),
            (json!({"StringEquals": "x"}), Met::Unknown),
            (json!("x"), Met::Unknown),
            // What is certainly not met decides, whatever else is not known.
            (
                json!({"StringEquals": {"sts:ExternalId": "x", "aws:SourceAccount": "9"}}),
                Met::No,
            ),
            (
                json!({"StringEquals": {"aws:SourceAccount": "123456789012", "sts:ExternalId": "x"}}),
                Met::Unknown,
            ),
            // Without quotation marks, and in a list.
            (
                json!({"StringEquals": {"aws:SourceAccount": 123_456_789_012_u64}}),
                Met::Yes,
            ),
            (
                json!({"StringNotEquals": {"aws:SourceAccount": [1, 123_456_789_012_u64]}}),
                Met::No,
            ),
            (
                json!({"Bool": {"aws:PrincipalIsAWSService": false}}),
                Met::No,
            ),
            (
                json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}),
                Met::Yes,
            ),
            (
                json!({"BoolIfExists": {"aws:PrincipalIsAWSService": ["false"]}}),
                Met::No,
            ),
            (json!({"Null": {"aws:SourceAccount": "true"}}), Met::No),
            (json!({"Null": {"aws:SourceAccount": false}}), Met::Yes),
        ] {
            assert_eq!(of_systems_manager(&condition), expected, "{condition}");
        }
    }

    #[test]
    fn variables_are_replaced_only_where_the_version_knows_them() {
        let context = |key: &str| match key {
            "aws:userid" | "ssm:resourcetag/sshowner" => ContextValue::Is("A:me".to_owned()),
            "aws:username" => ContextValue::Absent,
            _ => ContextValue::Unknown,
        };
        let owner =
            |operator: &str, value: &str| json!({operator: {"ssm:resourceTag/SSHOwner": value}});
        // Somebody's ID that is spelt out may be this one, or another.
        let anybody = |_: &str| ContextValue::StandsFor("A:me".to_owned());
        for (value, expected) in [
            ("B:*", Met::Unknown),
            ("*", Met::Yes),
            ("${aws:userid}", Met::Yes),
        ] {
            let condition = owner("StringLike", value);
            assert_eq!(met(&condition, true, &anybody), expected, "{value}");
        }
        let own = owner("StringEquals", "${aws:userid}");
        assert_eq!(met(&own, true, &context), Met::Yes);
        assert_eq!(met(&own, false, &context), Met::No);
        let others = owner("StringNotEquals", "${aws:userid}");
        assert_eq!(met(&others, true, &context), Met::No);
        assert_eq!(met(&others, false, &context), Met::Yes);
        let unknown = owner("StringEquals", "${aws:sourceidentity}");
        assert_eq!(met(&unknown, true, &context), Met::Unknown);
        // A key that the request does not carry.
        let absent = |operator: &str| json!({operator: {"aws:username": "x"}});
        for (operator, expected) in [
            ("StringEquals", Met::No),
            ("StringEqualsIfExists", Met::Yes),
            ("StringNotEquals", Met::Yes),
            ("Null", Met::No),
        ] {
            assert_eq!(
                met(&absent(operator), true, &context),
                expected,
                "{operator}"
            );
        }
    }

    #[test]
    fn a_condition_is_named_by_its_operators_and_keys() {
        let condition = json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}, "Bool": {"aws:SecureTransport": true}});
        assert_eq!(
            name(&condition),
            "StringNotEquals aws:PrincipalOrgID, Bool aws:SecureTransport"
        );
    }
}
