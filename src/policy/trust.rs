//! What a trust policy says about services, and how it is extended. It is never replaced.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::document::Document;
use super::meaning::strings;
use super::template::Place;
use super::wildcard;

/// The service principal that needs to assume SageMaker roles.
pub const SYSTEMS_MANAGER: &str = "ssm.amazonaws.com";
const SAGEMAKER: &str = "sagemaker.amazonaws.com";
const ASSUME_ROLE: &str = "sts:AssumeRole";

/// Whether Systems Manager may assume a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Without a condition, or with one that leaves everything of this account allowed.
    Allowed {
        /// True when it is allowed only under a condition.
        conditional: bool,
    },
    /// No statement allows it.
    NotAllowed,
    /// A statement for Systems Manager is there, under a condition that this account does not satisfy or that this
    /// program cannot evaluate.
    UnmetCondition,
    /// A statement denies it, and an allowing one would change nothing.
    Denied,
}

/// Whether SageMaker may assume the role, which is what makes it a SageMaker role.
pub fn is_sagemaker_role(trust: &Document) -> bool {
    trust
        .statements()
        .into_iter()
        .any(|statement| effect(statement) == "Allow" && covers(statement, SAGEMAKER))
}

/// Whether accounts, users, other roles or an identity provider may assume the role, and not services alone.
pub fn is_for_people(trust: &Document) -> bool {
    trust.statements().into_iter().any(|statement| {
        effect(statement) == "Allow"
            && statement.get("Principal").is_some_and(|principal| {
                principal.is_string()
                    || principal.get("AWS").is_some()
                    || principal.get("Federated").is_some()
            })
    })
}

/// Whether Systems Manager may assume the role from this account in each of the regions.
pub fn systems_manager_access(trust: &Document, place: Place, regions: &[String]) -> Access {
    let mut access = Access::NotAllowed;
    for statement in trust.statements() {
        if !covers(statement, SYSTEMS_MANAGER) {
            continue;
        }
        let condition = statement.get("Condition");
        match (effect(statement), condition) {
            // A denial under a condition may be meant for others; only what is certain counts.
            ("Deny", None) => return Access::Denied,
            ("Deny", Some(condition)) if satisfied(condition, place, regions) => {
                return Access::Denied;
            }
            ("Allow", None) => access = Access::Allowed { conditional: false },
            ("Allow", Some(condition)) => {
                if access == (Access::Allowed { conditional: false }) {
                    continue;
                }
                if satisfied(condition, place, regions) {
                    access = Access::Allowed { conditional: true };
                } else if access == Access::NotAllowed {
                    access = Access::UnmetCondition;
                }
            }
            _ => {}
        }
    }
    access
}

/// The IDs of deleted roles and users that the policy still names. IAM shows them in place of the ARN, and refuses a
/// document that is sent back with one ("Invalid principal in policy").
pub fn deleted_principals(trust: &Document) -> Vec<String> {
    let mut found = BTreeSet::new();
    for statement in trust.statements() {
        for key in ["Principal", "NotPrincipal"] {
            let names = statement.get(key).and_then(|p| p.get("AWS"));
            found.extend(
                strings(names)
                    .into_iter()
                    .filter(|name| is_unique_id(name))
                    .map(str::to_owned),
            );
        }
    }
    found.into_iter().collect()
}

/// `AROA…` or `AIDA…`: IAM's unique ID of a role or user.
fn is_unique_id(text: &str) -> bool {
    let id = text
        .strip_prefix("AROA")
        .or_else(|| text.strip_prefix("AIDA"));
    id.is_some_and(|rest| {
        rest.len() >= 12
            && rest
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    })
}

fn effect(statement: &Map<String, Value>) -> &str {
    statement
        .get("Effect")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Whether a statement names the service as principal and `sts:AssumeRole` as action.
fn covers(statement: &Map<String, Value>, service: &str) -> bool {
    let services = statement.get("Principal").and_then(|p| p.get("Service"));
    strings(services).contains(&service)
        && strings(statement.get("Action")).into_iter().any(|action| {
            wildcard::matches(
                &action.to_ascii_lowercase(),
                &ASSUME_ROLE.to_ascii_lowercase(),
            )
        })
}

/// Whether a request of Systems Manager for this account, in each of the regions, satisfies a condition. What cannot
/// be evaluated counts as not satisfied.
fn satisfied(condition: &Value, place: Place, regions: &[String]) -> bool {
    let Value::Object(operators) = condition else {
        return false;
    };
    operators.iter().all(|(operator, keys)| {
        let operator = operator.strip_suffix("IfExists").unwrap_or(operator);
        keys.as_object().is_some_and(|keys| {
            keys.iter().all(|(key, patterns)| {
                let patterns = strings(Some(patterns));
                match key.to_ascii_lowercase().as_str() {
                    "aws:sourceaccount" => one_matches(operator, &patterns, place.account),
                    "aws:sourcearn" => {
                        !regions.is_empty()
                            && regions.iter().all(|region| {
                                one_matches(operator, &patterns, &source_arn(place, region))
                            })
                    }
                    _ => false,
                }
            })
        })
    })
}

/// The ARN that Systems Manager stands for when it assumes a role in a region.
fn source_arn(place: Place, region: &str) -> String {
    format!(
        "arn:{}:ssm:{region}:{}:managed-instance/mi-0123456789abcdef0",
        place.partition, place.account
    )
}

fn one_matches(operator: &str, patterns: &[&str], value: &str) -> bool {
    patterns.iter().any(|pattern| match operator {
        "StringEquals" => *pattern == value,
        "StringEqualsIgnoreCase" => pattern.eq_ignore_ascii_case(value),
        "StringLike" | "ArnLike" | "ArnEquals" => wildcard::matches(pattern, value),
        _ => false,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::Partition;
    use serde_json::json;

    fn access(statements: &Value) -> Access {
        let partition = Partition::default();
        let place = Place {
            partition: &partition,
            account: "123456789012",
        };
        let text = json!({"Version": "2008-10-17", "Statement": statements}).to_string();
        let regions = ["eu-west-1".to_owned(), "us-east-1".to_owned()];
        systems_manager_access(&Document::parse(text).unwrap(), place, &regions)
    }

    fn allow(condition: Option<Value>) -> Value {
        let mut statement = json!({
            "Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"
        });
        if let Some(condition) = condition {
            statement
                .as_object_mut()
                .unwrap()
                .insert("Condition".into(), condition);
        }
        statement
    }

    const ALLOWED: Access = Access::Allowed { conditional: false };
    const CONDITIONAL: Access = Access::Allowed { conditional: true };

    #[test]
    fn every_way_to_write_the_same_permission_is_seen() {
        assert_eq!(access(&allow(None)), ALLOWED);
        assert_eq!(access(&json!([allow(None)])), ALLOWED);
        for (services, actions) in [
            (
                json!(["sagemaker.amazonaws.com", "ssm.amazonaws.com"]),
                json!("sts:AssumeRole"),
            ),
            (
                json!("ssm.amazonaws.com"),
                json!(["sts:TagSession", "STS:assumerole"]),
            ),
            (json!("ssm.amazonaws.com"), json!("sts:*")),
            (json!("ssm.amazonaws.com"), json!(["sts:Assume*"])),
        ] {
            let statement =
                json!({"Effect": "Allow", "Principal": {"Service": services}, "Action": actions});
            assert_eq!(access(&statement), ALLOWED, "{statement}");
        }
    }

    #[test]
    fn what_only_resembles_it_does_not_count() {
        for statement in [
            json!({"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}),
            json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}),
            json!({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}),
            json!({"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:TagSession"}),
            json!({"Effect": "Allow", "NotPrincipal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}),
            json!({"Effect": "Allow", "Principal": {"Service": "ssm.eu-west-1.amazonaws.com"}, "Action": "sts:AssumeRole"}),
            json!({"Effect": "Allow"}),
        ] {
            assert_eq!(access(&statement), Access::NotAllowed, "{statement}");
        }
    }

    #[test]
    fn conditions_count_when_this_account_satisfies_them_in_every_region() {
        for (condition, expected) in [
            (
                json!({"StringEquals": {"aws:SourceAccount": "123456789012"}}),
                CONDITIONAL,
            ),
            (
                json!({"StringEquals": {"AWS:sourceaccount": ["1", "123456789012"]}}),
                CONDITIONAL,
            ),
            (
                json!({"StringEquals": {"aws:SourceAccount": "999999999999"}}),
                Access::UnmetCondition,
            ),
            (
                json!({"ArnLike": {"aws:SourceArn": "arn:aws:ssm:*:123456789012:*"}}),
                CONDITIONAL,
            ),
            (
                json!({"ArnLike": {"aws:SourceArn": "arn:aws:ssm:eu-west-1:123456789012:*"}}),
                Access::UnmetCondition,
            ),
            (
                json!({"ArnEquals": {"aws:SourceArn": ["arn:aws:ssm:eu-west-1:123456789012:*", "arn:aws:ssm:us-east-1:123456789012:*"]}}),
                CONDITIONAL,
            ),
            (
                json!({"StringEqualsIfExists": {"aws:SourceAccount": "123456789012"}}),
                CONDITIONAL,
            ),
            (
                json!({"StringNotEquals": {"aws:SourceAccount": "123456789012"}}),
                Access::UnmetCondition,
            ),
            (
                json!({"StringEquals": {"aws:SourceOrgID": "o-1"}}),
                Access::UnmetCondition,
            ),
            (
                json!({"StringEquals": {"aws:SourceAccount": "123456789012", "sts:ExternalId": "x"}}),
                Access::UnmetCondition,
            ),
        ] {
            assert_eq!(
                access(&allow(Some(condition.clone()))),
                expected,
                "{condition}"
            );
        }
    }

    #[test]
    fn the_hardened_statement_satisfies_itself() {
        let partition = Partition::default();
        let place = Place {
            partition: &partition,
            account: "123456789012",
        };
        assert_eq!(access(&place.trust_statement(true)), CONDITIONAL);
    }

    #[test]
    fn a_plain_denial_wins_over_everything() {
        let deny = json!({"Effect": "Deny", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"});
        assert_eq!(access(&json!([allow(None), deny])), Access::Denied);
    }

    #[test]
    fn roles_of_services_and_of_people_are_told_apart() {
        let kinds = |principal: Value| {
            let text = json!({"Statement": {
                "Effect": "Allow", "Principal": principal, "Action": ["sts:AssumeRole", "sts:AssumeRoleWithSAML"]
            }});
            let trust = Document::parse(text.to_string()).unwrap();
            (is_sagemaker_role(&trust), is_for_people(&trust))
        };
        assert_eq!(
            kinds(json!({"Service": "sagemaker.amazonaws.com"})),
            (true, false)
        );
        assert_eq!(
            kinds(json!({"Service": ["ec2.amazonaws.com"]})),
            (false, false)
        );
        assert_eq!(
            kinds(json!({"Federated": "arn:aws:iam::1:saml-provider/x"})),
            (false, true)
        );
        assert_eq!(
            kinds(json!({"Service": "sagemaker.amazonaws.com", "AWS": "arn:aws:iam::1:root"})),
            (true, true)
        );
    }

    #[test]
    fn deleted_principals_are_found_and_living_ones_are_not() {
        let trust = Document::parse(
            json!({"Statement": [
                {"Principal": {"AWS": ["AROAEXAMPLEDELETED12", "arn:aws:iam::1:role/AROAx", "123456789012"]}},
                {"NotPrincipal": {"AWS": "AIDAEXAMPLEDELETED34"}},
            ]})
            .to_string(),
        )
        .unwrap();
        assert_eq!(
            deleted_principals(&trust),
            ["AIDAEXAMPLEDELETED34", "AROAEXAMPLEDELETED12"]
        );
    }
}
