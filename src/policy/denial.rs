//! Which statements of a role's policies deny what a wanted policy allows. A denial counts where its condition is
//! certainly met; where that cannot be judged it is only mentioned, and where it is not met it is nothing.

use serde_json::Value;

use super::Document;
use super::condition::{self, Context, ContextValue, Met, filled_in};
use super::deviation::Statement;
use super::meaning::strings;
use super::wildcard;

/// The user ID of somebody who asks for what is theirs.
const OWN_USER_ID: &str = "AROAEXAMPLEID:oneself";
/// What stands for anything in the name of a resource.
const ANYTHING: &str = "0123456789abcdef0";

/// A statement that denies something of what is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeniedAction {
    pub statement: Statement,
    /// The first action that it denies.
    pub action: String,
    /// False where its condition cannot be judged from here.
    pub is_certain: bool,
}

impl DeniedAction {
    /// Its condition in a few words; empty where it has none.
    pub fn condition(&self) -> String {
        self.statement
            .get("Condition")
            .map(condition::name)
            .unwrap_or_default()
    }
}

/// Returns whether the version of a document knows policy variables.
pub fn has_variables(document: &Document) -> bool {
    document.value().get("Version").and_then(Value::as_str) == Some("2012-10-17")
}

/// The statements of a document that deny, or may deny, what another one allows to people or containers in one of the
/// regions. `regions` may be empty where they are not known.
pub fn denials(document: &Document, wanted: &Document, regions: &[String]) -> Vec<DeniedAction> {
    let has_variables = has_variables(document);
    let unknown = [String::from("any-region")];
    let regions = if regions.is_empty() {
        &unknown
    } else {
        regions
    };
    let denies =
        |statement: &&&Statement| statement.get("Effect").and_then(Value::as_str) == Some("Deny");
    let statements = document.statements();
    let denying = statements.iter().filter(denies);
    denying
        .filter_map(|statement| {
            let mut reached = wanted.statements().into_iter().flat_map(|allowed| {
                let regions = regions.iter();
                regions.filter_map(move |region| {
                    denied_action(statement, allowed, region, has_variables)
                })
            });
            let first = reached.next()?;
            let certain = std::iter::once(first.clone())
                .chain(reached)
                .find(|(_, is_certain)| *is_certain);
            let (action, is_certain) = certain.unwrap_or(first);
            Some(DeniedAction {
                statement: (*statement).clone(),
                action,
                is_certain,
            })
        })
        .collect()
}

/// The first action of an allowing statement that a denying one reaches, and whether that is certain.
fn denied_action(
    deny: &Statement,
    allow: &Statement,
    region: &str,
    has_variables: bool,
) -> Option<(String, bool)> {
    let context = |key: &str| context_of(allow, region, key);
    let reaches = |these: &str, others: &str, matches: &dyn Fn(&str) -> bool| {
        if deny.contains_key(others) {
            !strings(deny.get(others)).into_iter().any(matches)
        } else {
            strings(deny.get(these)).into_iter().any(matches)
        }
    };
    let action = strings(allow.get("Action")).into_iter().find(|action| {
        let lower = action.to_ascii_lowercase();
        let matches = |pattern: &str| wildcard::matches(&pattern.to_ascii_lowercase(), &lower);
        reaches("Action", "NotAction", &matches)
    })?;
    // A resource with a variable that is not known may be the one or not.
    let is_reached = |unknown: bool| {
        strings(allow.get("Resource")).into_iter().any(|resource| {
            let resource = concrete(resource, region);
            let matches = |pattern: &str| {
                let filled = if has_variables {
                    filled_in(pattern, &context)
                } else {
                    Some(pattern.to_owned())
                };
                filled.map_or(unknown, |pattern| wildcard::matches(&pattern, &resource))
            };
            reaches("Resource", "NotResource", &matches)
        })
    };
    let (one, other) = (is_reached(false), is_reached(true));
    let met = match deny.get("Condition") {
        _ if !one && !other => Met::No,
        None => Met::Yes,
        Some(block) => condition::met(block, has_variables, &context as &Context),
    };
    match met {
        Met::Yes => Some((action.to_owned(), one && other)),
        Met::Unknown => Some((action.to_owned(), false)),
        Met::No => None,
    }
}

/// A resource that a pattern stands for, in a region.
fn concrete(pattern: &str, region: &str) -> String {
    if pattern == "*" {
        // Calls that are about no resource.
        return pattern.to_owned();
    }
    let mut fields: Vec<&str> = pattern.splitn(6, ':').collect();
    if let Some(place @ &mut "*") = fields.get_mut(3) {
        *place = region;
    }
    fields.join(":").replace('*', ANYTHING)
}

/// Returns what is known of a request that an allowing statement is meant for: that its condition is met, by somebody
/// who asks for what is theirs.
fn context_of(allow: &Statement, region: &str, key: &str) -> ContextValue {
    match key {
        "aws:userid" => return ContextValue::StandsFor(OWN_USER_ID.to_owned()),
        "aws:requestedregion" if region != "any-region" => {
            return ContextValue::Is(region.to_owned());
        }
        "aws:principalisawsservice" => return ContextValue::Is("false".to_owned()),
        _ => {}
    }
    let operators = ["StringEquals", "StringLike"].into_iter();
    let keys = operators.filter_map(|operator| allow.get("Condition")?.get(operator)?.as_object());
    let mut values = keys
        .flatten()
        .filter(|(name, _)| name.eq_ignore_ascii_case(key));
    match values.next().and_then(|(_, value)| value.as_str()) {
        Some(value) if value.contains(['$', '*']) => ContextValue::StandsFor(
            value
                .replace("${aws:userid}", OWN_USER_ID)
                .replace('*', ANYTHING),
        ),
        Some(value) => ContextValue::Is(value.to_owned()),
        None => ContextValue::Unknown,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::Partition;
    use crate::policy::template::Place;

    fn found(statement: &str, version: &str) -> Vec<(String, bool)> {
        let partition = Partition::default();
        let place = Place {
            partition: &partition,
            account: "123456789012",
        };
        let document = format!(r#"{{"Version":"{version}","Statement":[{statement}]}}"#);
        let document = Document::parse(document).unwrap();
        let regions = ["eu-west-1".to_owned()];
        denials(&document, &place.client_policy(false).unwrap(), &regions)
            .into_iter()
            .map(|denial| (denial.action, denial.is_certain))
            .collect()
    }

    #[test]
    fn a_denial_counts_where_it_is_certain_and_is_mentioned_where_it_cannot_be_judged() {
        let start = |certain| vec![("ssm:StartSession".to_owned(), certain)];
        for (statement, expected) in [
            (
                r#"{"Effect":"Deny","Action":"ssm:Start*","Resource":"*"}"#,
                start(true),
            ),
            (
                r#"{"Effect":"Allow","Action":"ssm:Start*","Resource":"*"}"#,
                vec![],
            ),
            (
                r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#,
                vec![],
            ),
            // Everybody else's nodes are kept closed, and that is good.
            (
                r#"{"Effect":"Deny","Action":"ssm:StartSession","Resource":"arn:aws:ssm:*:*:managed-instance/*",
                    "Condition":{"StringNotEquals":{"ssm:resourceTag/SSHOwner":"${aws:userid}"}}}"#,
                vec![],
            ),
            (
                r#"{"Effect":"Deny","Action":"ssm:StartSession","Resource":"arn:aws:ssm:*:*:managed-instance/*",
                    "Condition":{"StringEquals":{"ssm:resourceTag/SSHOwner":"${aws:userid}"}}}"#,
                start(true),
            ),
            (
                r#"{"Effect":"Deny","Action":"ssm:StartSession","Resource":"*",
                    "Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}"#,
                start(false),
            ),
            (
                r#"{"Effect":"Deny","Action":"ssm:StartSession","Resource":"arn:aws:ssm:us-east-1:*:*"}"#,
                vec![],
            ),
            (
                r#"{"Effect":"Deny","Action":"ssm:StartSession","Resource":"*",
                    "Condition":{"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}}}"#,
                start(true),
            ),
            // Who is exempt is not known from here; neither is what an unknown variable stands for.
            (
                r#"{"Effect":"Deny","Action":"ssm:StartSession","Resource":"*",
                    "Condition":{"StringNotLike":{"aws:userid":["AROA123ABC:*"]}}}"#,
                start(false),
            ),
            (
                r#"{"Effect":"Deny","Action":"ssm:StartSession",
                    "Resource":"arn:aws:ssm:*:${aws:PrincipalAccount}:managed-instance/*"}"#,
                start(false),
            ),
            (
                r#"{"Effect":"Deny","NotAction":["logs:*","ssm:D*","ssm:L*","ssm:G*","ssm:S*","ssm:T*"],"Resource":"*"}"#,
                vec![],
            ),
        ] {
            assert_eq!(found(statement, "2012-10-17"), expected, "{statement}");
        }
    }

    #[test]
    fn in_the_older_version_a_variable_is_plain_text_and_the_owner_is_somebody_else() {
        let statement = r#"{"Effect":"Deny","Action":"ssm:StartSession","Resource":"arn:aws:ssm:*:*:managed-instance/*",
            "Condition":{"StringNotEquals":{"ssm:resourceTag/SSHOwner":"${aws:userid}"}}}"#;
        assert_eq!(
            found(statement, "2008-10-17"),
            [("ssm:StartSession".to_owned(), true)]
        );
    }
}
