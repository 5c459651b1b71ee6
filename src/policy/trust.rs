//! What a trust policy says about services, and how it is extended. It is never replaced.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::condition::{self, Met, systems_manager_request};
use super::document::Document;
use super::meaning::strings;
use super::template::Place;
use super::wildcard;

/// The service principal that needs to assume SageMaker roles.
pub const SYSTEMS_MANAGER: &str = "ssm.amazonaws.com";
/// An account that is nobody's.
const SOME_OTHER_ACCOUNT: &str = "000000000000";
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

/// Returns whether SageMaker may assume the role, which is what makes it a SageMaker role.
pub fn is_sagemaker_role(trust: &Document) -> bool {
    lets_in(trust, SAGEMAKER)
}

/// Returns whether a service may assume the role, leaving conditions and denials aside.
pub fn lets_in(trust: &Document, service: &str) -> bool {
    let mut statements = trust.statements().into_iter();
    statements.any(|statement| effect(statement) == "Allow" && allows(statement, service))
}

/// Identity providers behind which programs sign in, and no people: a part of the provider's address.
const PROGRAMS: [&str; 8] = [
    "actions.githubusercontent.com",
    "gitlab.",
    "oidc.eks.",
    "oidc.circleci.com",
    "agent.buildkite.com",
    "app.terraform.io",
    "api.bitbucket.org",
    "vstoken.dev.azure.com",
];

/// Returns whether accounts, users, other roles or people of an identity provider may assume the role, and not services and
/// programs alone.
pub fn is_for_people(trust: &Document) -> bool {
    let is_program = |provider: &str| PROGRAMS.iter().any(|part| provider.contains(part));
    trust.statements().into_iter().any(|statement| {
        effect(statement) == "Allow"
            && statement.get("Principal").is_some_and(|principal| {
                let providers = strings(principal.get("Federated"));
                principal.is_string()
                    || principal.get("AWS").is_some()
                    || providers.into_iter().any(|provider| !is_program(provider))
            })
    })
}

/// Returns whether Systems Manager may assume the role from this account in each of the regions.
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

/// Returns whether a statement lets Systems Manager in on behalf of other accounts too: without a condition, or under
/// one that holds for them as well, such as a wildcard for `aws:SourceAccount`.
pub fn is_open(statement: &Map<String, Value>, place: Place, regions: &[String]) -> bool {
    let other = Place {
        account: SOME_OTHER_ACCOUNT,
        ..place
    };
    effect(statement) == "Allow"
        && allows(statement, SYSTEMS_MANAGER)
        && answers(statement, other, regions).contains(&Met::Yes)
}

/// The document with the conditions of a hardened statement put on each statement that is open; none where one of them is for
/// others too, whom the conditions would keep out.
pub fn hardened(trust: &Document, place: Place, regions: &[String]) -> Option<Document> {
    let mut value = trust.value().clone();
    let wanted = place.trust_statement(true).ok()?;
    let wanted = wanted.get("Condition")?.as_object()?;
    let statements: Vec<&mut Map<String, Value>> = match value.get_mut("Statement")? {
        Value::Object(one) => vec![one],
        Value::Array(list) => list.iter_mut().filter_map(Value::as_object_mut).collect(),
        _ => return None,
    };
    for statement in statements {
        if !is_open(statement, place, regions) {
            continue;
        }
        if !is_for_systems_manager_alone(statement) {
            return None;
        }
        let condition = statement
            .entry("Condition")
            .or_insert_with(|| Value::Object(Map::new()))
            .as_object_mut()?;
        for (operator, keys) in wanted {
            let there = condition
                .entry(operator)
                .or_insert_with(|| Value::Object(Map::new()))
                .as_object_mut()?;
            let keys = keys.as_object()?;
            // IAM does not tell capitals from small letters in keys.
            there.retain(|key, _| keys.keys().all(|new| !new.eq_ignore_ascii_case(key)));
            there.extend(keys.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
    }
    Document::parse(value.to_string()).ok()
}

/// Returns whether a statement names Systems Manager, whatever it says of it.
pub fn names_systems_manager(statement: &Map<String, Value>) -> bool {
    let services = statement.get("Principal").and_then(|p| p.get("Service"));
    strings(services).contains(&SYSTEMS_MANAGER)
}

/// Returns whether a statement allows something to Systems Manager and to nobody else, also under a mistyped name such
/// as `ssm.eu-west-1.amazonaws.com`.
pub fn is_for_systems_manager_alone(statement: &Map<String, Value>) -> bool {
    let principal = statement.get("Principal").and_then(Value::as_object);
    let services = principal.map_or_else(Vec::new, |kinds| strings(kinds.get("Service")));
    let alone = principal.is_some_and(|kinds| kinds.len() == 1) && !services.is_empty();
    effect(statement) == "Allow"
        && alone
        && services.iter().all(|service| service.starts_with("ssm"))
}

/// Returns whether a statement allows something to Systems Manager alone, or to a service whose name is that of Systems
/// Manager with one letter wrong, such as `sms.amazonaws.com`.
pub fn is_meant_for_systems_manager(statement: &Map<String, Value>) -> bool {
    if is_for_systems_manager_alone(statement) {
        return true;
    }
    let principal = statement.get("Principal").and_then(Value::as_object);
    let services = principal.map_or_else(Vec::new, |kinds| strings(kinds.get("Service")));
    let is_slip = |service: &&str| strsim::damerau_levenshtein(service, SYSTEMS_MANAGER) == 1;
    let alone = principal.is_some_and(|kinds| kinds.len() == 1) && !services.is_empty();
    effect(statement) == "Allow" && alone && services.iter().all(is_slip)
}

/// Returns whether a statement certainly keeps Systems Manager out, so that it has to go.
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

/// The conditions, each in a few words, under which a statement may deny Systems Manager the role, and which cannot be
/// judged from here.
pub fn may_be_denied(trust: &Document, place: Place, regions: &[String]) -> Vec<String> {
    let statements = trust.statements().into_iter();
    let unclear = statements.filter(|statement| {
        effect(statement) == "Deny"
            && denies(statement)
            && answers(statement, place, regions).contains(&Met::Unknown)
    });
    unclear
        .filter_map(|statement| statement.get("Condition").map(condition::name))
        .collect()
}

/// Returns whether the statement's condition is met, for each region.
fn answers(statement: &Map<String, Value>, place: Place, regions: &[String]) -> Vec<Met> {
    let answer = |region: &String| match statement.get("Condition") {
        None => Met::Yes,
        Some(block) => condition::met(block, true, &systems_manager_request(place, region)),
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

/// Returns whether an Allow statement names the service as principal and `sts:AssumeRole` as action. Wider ways to
/// write it are not taken for granted.
fn allows(statement: &Map<String, Value>, service: &str) -> bool {
    let services = statement.get("Principal").and_then(|p| p.get("Service"));
    strings(services).contains(&service) && assume_role_matches(statement.get("Action"))
}

/// Returns whether a Deny statement reaches Systems Manager and `sts:AssumeRole`, in whatever way it is written.
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
mod tests;
