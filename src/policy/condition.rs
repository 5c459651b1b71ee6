//! Whether a request that Systems Manager makes for an account in a region meets a condition block.

use serde_json::Value;

use super::meaning::strings;
use super::template::Place;
use super::wildcard;

/// The answer; keys and operators that this program does not know make it unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    Yes,
    No,
    Unknown,
}

/// Evaluates a condition block: all its keys have to be met.
pub fn met(condition: &Value, place: Place, region: &str) -> Met {
    let Value::Object(operators) = condition else {
        return Met::Unknown;
    };
    let mut all = Met::Yes;
    for (operator, keys) in operators {
        let Value::Object(keys) = keys else {
            return Met::Unknown;
        };
        for (key, patterns) in keys {
            match key_met(operator, key, &strings(Some(patterns)), place, region) {
                Met::No => return Met::No,
                Met::Unknown => all = Met::Unknown,
                Met::Yes => {}
            }
        }
    }
    all
}

fn key_met(operator: &str, key: &str, patterns: &[&str], place: Place, region: &str) -> Met {
    let value = match key.to_ascii_lowercase().as_str() {
        "aws:sourceaccount" => place.account.to_owned(),
        // What Systems Manager stands for when it assumes a role for a managed node.
        "aws:sourcearn" => format!(
            "arn:{}:ssm:{region}:{}:managed-instance/mi-0123456789abcdef0",
            place.partition, place.account
        ),
        _ => return Met::Unknown,
    };
    let any = |matches: &dyn Fn(&str) -> bool| patterns.iter().any(|pattern| matches(pattern));
    let met = match operator.strip_suffix("IfExists").unwrap_or(operator) {
        "StringEquals" => any(&|pattern| pattern == value),
        "StringNotEquals" => !any(&|pattern| pattern == value),
        "StringEqualsIgnoreCase" => any(&|pattern| pattern.eq_ignore_ascii_case(&value)),
        "StringNotEqualsIgnoreCase" => !any(&|pattern| pattern.eq_ignore_ascii_case(&value)),
        "StringLike" => any(&|pattern| wildcard::matches(pattern, &value)),
        "StringNotLike" => !any(&|pattern| wildcard::matches(pattern, &value)),
        "ArnLike" | "ArnEquals" => any(&|pattern| arn_matches(pattern, &value)),
        "ArnNotLike" | "ArnNotEquals" => !any(&|pattern| arn_matches(pattern, &value)),
        _ => return Met::Unknown,
    };
    if met { Met::Yes } else { Met::No }
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

    #[test]
    fn conditions_are_met_not_met_or_not_known() {
        let partition = Partition::default();
        let place = Place {
            partition: &partition,
            account: "123456789012",
        };
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
            (json!({"Bool": {"aws:SourceAccount": "true"}}), Met::Unknown),
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
        ] {
            assert_eq!(met(&condition, place, "eu-west-1"), expected, "{condition}");
        }
    }
}
