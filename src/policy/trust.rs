//! What a trust policy says about services, and how it is extended. It is never replaced.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::condition::{self, Met};
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
        .any(|statement| effect(statement) == "Allow" && allows(statement, SAGEMAKER))
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
        let answers = || answers(statement, place, regions);
        match effect(statement) {
            // A denial in one of the regions is enough.
            "Deny" if denies(statement) && answers().contains(&Met::Yes) => return Access::Denied,
            "Allow" if allows(statement, SYSTEMS_MANAGER) => {
                let everywhere =
                    !regions.is_empty() && answers().iter().all(|met| *met == Met::Yes);
                access = match (statement.get("Condition"), access) {
                    (_, Access::Allowed { conditional: false }) | (None, _) => {
                        Access::Allowed { conditional: false }
                    }
                    (Some(_), _) if everywhere => Access::Allowed { conditional: true },
                    (Some(_), Access::NotAllowed) => Access::UnmetCondition,
                    (Some(_), access) => access,
                };
            }
            _ => {}
        }
    }
    access
}

/// Whether a statement names Systems Manager, whatever it says of it.
pub fn names_systems_manager(statement: &Map<String, Value>) -> bool {
    let services = statement.get("Principal").and_then(|p| p.get("Service"));
    strings(services).contains(&SYSTEMS_MANAGER)
}

/// Whether a statement allows something to Systems Manager and to nobody else, also under a mistyped name such as
/// `ssm.eu-west-1.amazonaws.com`.
pub fn is_for_systems_manager_alone(statement: &Map<String, Value>) -> bool {
    let principal = statement.get("Principal").and_then(Value::as_object);
    let services = principal.map_or_else(Vec::new, |kinds| strings(kinds.get("Service")));
    let alone = principal.is_some_and(|kinds| kinds.len() == 1) && !services.is_empty();
    effect(statement) == "Allow"
        && alone
        && services.iter().all(|service| service.starts_with("ssm"))
}

/// Whether a statement certainly keeps Systems Manager out, so that it has to go.
pub fn keeps_out(statement: &Map<String, Value>, place: Place, regions: &[String]) -> bool {
    effect(statement) == "Deny"
        && denies(statement)
        && answers(statement, place, regions).contains(&Met::Yes)
}

/// A statement without principals that were deleted; none where it names nobody else.
pub fn without_deleted(statement: &Map<String, Value>) -> Option<Map<String, Value>> {
    let mut statement = statement.clone();
    for key in ["Principal", "NotPrincipal"] {
        let Some(Value::Object(kinds)) = statement.get_mut(key) else {
            continue;
        };
        let names = strings(kinds.get("AWS"));
        let alive: Vec<Value> = names
            .iter()
            .filter(|name| !is_unique_id(name))
            .map(|name| Value::from(*name))
            .collect();
        if alive.len() == names.len() {
            continue;
        }
        if alive.is_empty() {
            kinds.shift_remove("AWS");
        } else {
            kinds.insert("AWS".to_owned(), alive.into());
        }
        if kinds.is_empty() {
            return None;
        }
    }
    Some(statement)
}

/// Whether a statement may deny Systems Manager the role, under a condition that cannot be judged from here.
pub fn may_be_denied(trust: &Document, place: Place, regions: &[String]) -> bool {
    trust.statements().into_iter().any(|statement| {
        effect(statement) == "Deny"
            && denies(statement)
            && answers(statement, place, regions).contains(&Met::Unknown)
    })
}

/// Whether the statement's condition is met, for each region.
fn answers(statement: &Map<String, Value>, place: Place, regions: &[String]) -> Vec<Met> {
    let answer = |region: &String| match statement.get("Condition") {
        None => Met::Yes,
        Some(condition) => condition::met(condition, place, region),
    };
    regions.iter().map(answer).collect()
}

/// The IDs of deleted roles and users that the policy still names. IAM shows them in place of the ARN, and refuses a
/// document that is sent back with one ("Invalid principal in policy").
pub fn deleted_principals(trust: &Document) -> Vec<String> {
    let statements = trust.statements().into_iter();
    let found: BTreeSet<String> = statements.flat_map(deleted_in).collect();
    found.into_iter().collect()
}

fn deleted_in(statement: &Map<String, Value>) -> Vec<String> {
    let names = ["Principal", "NotPrincipal"]
        .into_iter()
        .flat_map(|key| strings(statement.get(key).and_then(|p| p.get("AWS"))));
    names
        .filter(|name| is_unique_id(name))
        .map(str::to_owned)
        .collect()
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

/// Whether an Allow statement names the service as principal and `sts:AssumeRole` as action. Wider ways to write it
/// are not taken for granted.
fn allows(statement: &Map<String, Value>, service: &str) -> bool {
    let services = statement.get("Principal").and_then(|p| p.get("Service"));
    strings(services).contains(&service) && assume_role_matches(statement.get("Action"))
}

/// Whether a Deny statement reaches Systems Manager and `sts:AssumeRole`, in whatever way it is written.
fn denies(statement: &Map<String, Value>) -> bool {
    let names = |key: &str| {
        let principal = statement.get(key)?;
        let services = strings(principal.get("Service"));
        let people = strings(principal.get("AWS"));
        let everybody = principal == "*" || people.contains(&"*") || services.contains(&"*");
        Some(everybody || services.contains(&SYSTEMS_MANAGER))
    };
    let reaches = names("Principal") == Some(true) || names("NotPrincipal") == Some(false);
    let action = match statement.get("NotAction") {
        Some(others) => !assume_role_matches(Some(others)),
        None => assume_role_matches(statement.get("Action")),
    };
    reaches && action
}

fn assume_role_matches(actions: Option<&Value>) -> bool {
    strings(actions).into_iter().any(|action| {
        wildcard::matches(
            &action.to_ascii_lowercase(),
            &ASSUME_ROLE.to_ascii_lowercase(),
        )
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
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
    fn what_is_for_systems_manager_alone_is_told_from_what_others_share() {
        let alone = |statement: Value| is_for_systems_manager_alone(statement.as_object().unwrap());
        let with = |principal: Value| json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
        assert!(alone(allow(None)));
        assert!(alone(with(json!({"Service": ["ssm.amazonaws.com"]}))));
        for others in [
            json!({"Service": "sagemaker.amazonaws.com"}),
            json!({"Service": ["sagemaker.amazonaws.com", "ssm.amazonaws.com"]}),
            json!({"Service": "ssm.amazonaws.com", "AWS": "arn:aws:iam::1:root"}),
        ] {
            assert!(!alone(with(others)));
        }
    }

    #[test]
    fn only_a_denial_that_certainly_holds_has_to_go() {
        let partition = Partition::default();
        let place = Place {
            partition: &partition,
            account: "123456789012",
        };
        let keeps_out = |statement: Value| {
            keeps_out(
                statement.as_object().unwrap(),
                place,
                &["eu-west-1".to_owned()],
            )
        };
        let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:*"});
        assert!(keeps_out(deny.clone()));
        // A guardrail of the organization stays.
        let mut guardrail = deny;
        guardrail["Condition"] = json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-example"}});
        assert!(!keeps_out(guardrail));
        assert!(!keeps_out(allow(None)));
    }

    #[test]
    fn the_living_stay_when_the_deleted_go() {
        let rest = |principal: Value| {
            let statement =
                json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
            without_deleted(statement.as_object().unwrap()).map(|rest| rest["Principal"].clone())
        };
        let root = "arn:aws:iam::123456789012:root";
        assert_eq!(
            rest(json!({"AWS": ["AROAEXAMPLEDELETED012", root]})),
            Some(json!({"AWS": [root]}))
        );
        assert_eq!(
            rest(json!({"AWS": "AROAEXAMPLEDELETED012", "Service": "s"})),
            Some(json!({"Service": "s"}))
        );
        assert_eq!(rest(json!({"AWS": "AROAEXAMPLEDELETED012"})), None);
        assert_eq!(rest(json!("*")), Some(json!("*")));
    }

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
    fn a_denial_wins_over_everything_however_it_is_written() {
        let ssm = json!({"Service": "ssm.amazonaws.com"});
        let role = json!("sts:AssumeRole");
        for deny in [
            json!({"Effect": "Deny", "Principal": ssm, "Action": role}),
            json!({"Effect": "Deny", "Principal": ssm, "Action": "*"}),
            json!({"Effect": "Deny", "Principal": "*", "Action": role}),
            json!({"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": role}),
            json!({"Effect": "Deny", "NotPrincipal": {"Service": "sagemaker.amazonaws.com"}, "Action": role}),
            json!({"Effect": "Deny", "Principal": ssm, "NotAction": "sts:TagSession"}),
            // In one of the two regions is enough.
            json!({"Effect": "Deny", "Principal": ssm, "Action": role, "Condition":
                {"ArnLike": {"aws:SourceArn": "arn:aws:ssm:eu-west-1:*:*"}}}),
            json!({"Effect": "Deny", "Principal": "*", "Action": role, "Condition":
                {"StringNotEquals": {"aws:SourceAccount": "999999999999"}}}),
        ] {
            assert_eq!(
                access(&json!([allow(None), deny])),
                Access::Denied,
                "{deny}"
            );
        }
    }

    #[test]
    fn a_denial_that_means_others_does_not_count() {
        let role = json!("sts:AssumeRole");
        for deny in [
            json!({"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::1:root"}, "Action": role}),
            json!({"Effect": "Deny", "NotPrincipal": {"Service": "ssm.amazonaws.com"}, "Action": role}),
            json!({"Effect": "Deny", "Principal": "*", "NotAction": "sts:Assume*"}),
            json!({"Effect": "Deny", "Principal": "*", "Action": "sts:TagSession"}),
            json!({"Effect": "Deny", "Principal": "*", "Action": role, "Condition":
                {"StringNotEquals": {"aws:SourceAccount": "123456789012"}}}),
        ] {
            assert_eq!(access(&json!([allow(None), deny])), ALLOWED, "{deny}");
        }
    }

    #[test]
    fn a_denial_that_cannot_be_judged_is_known_as_such() {
        let partition = Partition::default();
        let place = Place {
            partition: &partition,
            account: "123456789012",
        };
        let regions = ["eu-west-1".to_owned()];
        let may = |condition: Value| {
            let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": condition});
            let text = json!({"Statement": [allow(None), deny]}).to_string();
            may_be_denied(&Document::parse(text).unwrap(), place, &regions)
        };
        assert!(may(
            json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}})
        ));
        assert!(!may(
            json!({"StringNotEquals": {"aws:SourceAccount": "123456789012"}})
        ));
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
