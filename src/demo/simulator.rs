//! The embedded account's policy simulator: a principal's own policies against actions, resources and context entries.
//! Conditions are evaluated by the evaluator of the program.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::iam::Iam;
use super::wire::escaped;
use crate::policy::condition::{self, ContextValue, Met};
use crate::policy::meaning::strings;
use crate::policy::wildcard;

/// What is asked of it: the fields of the request, by name.
pub(super) struct Question<'a> {
    fields: &'a HashMap<String, String>,
}

impl<'a> Question<'a> {
    pub(super) fn new(fields: &'a HashMap<String, String>) -> Self {
        Self { fields }
    }

    pub(super) fn principal(&self) -> &'a str {
        self.fields
            .get("PolicySourceArn")
            .map_or("", String::as_str)
    }

    /// The members of a list, `Name.member.1` and so on.
    fn list(&self, name: &str) -> Vec<&'a str> {
        (1..)
            .map_while(|number| self.fields.get(&format!("{name}.member.{number}")))
            .map(String::as_str)
            .collect()
    }

    /// Context keys have no case.
    fn context(&self) -> HashMap<String, String> {
        (1..)
            .map_while(|number| {
                let entry = format!("ContextEntries.member.{number}");
                let key = self.fields.get(&format!("{entry}.ContextKeyName"))?;
                let value = self
                    .fields
                    .get(&format!("{entry}.ContextKeyValues.member.1"))?;
                Some((key.to_ascii_lowercase(), value.clone()))
            })
            .collect()
    }

    /// Returns what stands in the answer, from the principal's policies and those that it is thought to have.
    pub(super) fn answer(&self, principal: &Policies) -> String {
        let thought = self.list("PolicyInputList").into_iter();
        let thought = thought.filter_map(|text| serde_json::from_str(text).ok());
        let policies = &Policies {
            own: principal.own.iter().cloned().chain(thought).collect(),
            boundary: principal.boundary.clone(),
        };
        let context = self.context();
        let mut resources = self.list("ResourceArns");
        if resources.is_empty() {
            resources.push("*");
        }
        let results: String = self
            .list("ActionNames")
            .into_iter()
            .map(|action| result(policies, action, &resources, &context))
            .collect();
        format!("<IsTruncated>false</IsTruncated><EvaluationResults>{results}</EvaluationResults>")
    }
}

/// One result an action; the most restrictive decision stands for all resources, and each has its own beside it.
fn result(
    policies: &Policies,
    action: &str,
    resources: &[&str],
    context: &HashMap<String, String>,
) -> String {
    let decisions: Vec<Decision> = resources
        .iter()
        .map(|resource| policies.decide(action, resource, context))
        .collect();
    let mut each = String::new();
    for (resource, decision) in resources.iter().zip(&decisions) {
        let within = policies.boundary.as_ref().map(|boundary| {
            let within = decide(boundary, action, resource, context) == Decision::Allowed;
            format!(
                "<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>{within}\
                 </AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>"
            )
        });
        each.extend([
            "<member><EvalResourceName>",
            &escaped(resource),
            "</EvalResourceName><EvalResourceDecision>",
            decision.as_str(),
            "</EvalResourceDecision>",
            &within.unwrap_or_default(),
            "</member>",
        ]);
    }
    let worst = decisions
        .into_iter()
        .max()
        .unwrap_or(Decision::ImplicitDeny);
    format!(
        "<member><EvalActionName>{}</EvalActionName><EvalDecision>{}</EvalDecision><EvalResourceName>*</EvalResourceName>\
         <ResourceSpecificResults>{each}</ResourceSpecificResults></member>",
        escaped(action),
        worst.as_str()
    )
}

/// From the least to the most restrictive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Decision {
    Allowed,
    ImplicitDeny,
    ExplicitDeny,
}

impl Decision {
    fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ImplicitDeny => "implicitDeny",
            Self::ExplicitDeny => "explicitDeny",
        }
    }
}

/// What decides for a principal.
pub(super) struct Policies {
    own: Vec<Value>,
    /// Where there is one, it has to allow as well.
    boundary: Option<Vec<Value>>,
}

impl Policies {
    fn decide(&self, action: &str, resource: &str, context: &HashMap<String, String>) -> Decision {
        let decide = |policies: &Vec<Value>| decide(policies, action, resource, context);
        let limit = self.boundary.as_ref().map_or(Decision::Allowed, decide);
        decide(&self.own).max(limit)
    }
}

fn decide(
    policies: &[Value],
    action: &str,
    resource: &str,
    context: &HashMap<String, String>,
) -> Decision {
    let mut decision = Decision::ImplicitDeny;
    let statements = policies.iter().flat_map(|policy| {
        let has_variables = policy.get("Version").and_then(Value::as_str) == Some("2012-10-17");
        let statements = statements(policy).into_iter();
        statements.map(move |statement| (statement, has_variables))
    });
    for (statement, has_variables) in statements {
        if !applies(statement, action, resource, has_variables, context) {
            continue;
        }
        if statement.get("Effect").and_then(Value::as_str) == Some("Deny") {
            return Decision::ExplicitDeny;
        }
        decision = Decision::Allowed;
    }
    decision
}

fn statements(policy: &Value) -> Vec<&Map<String, Value>> {
    match policy.get("Statement") {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_object).collect(),
        Some(Value::Object(one)) => vec![one],
        _ => Vec::new(),
    }
}

fn applies(
    statement: &Map<String, Value>,
    action: &str,
    resource: &str,
    has_variables: bool,
    context: &HashMap<String, String>,
) -> bool {
    let any = |key: &str, text: &str, lower: bool| {
        let patterns = strings(statement.get(key));
        patterns.into_iter().any(|pattern| {
            if lower {
                wildcard::matches(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
            } else {
                wildcard::matches(pattern, text)
            }
        })
    };
    let of = |these: &str, others: &str, text: &str, lower: bool| {
        if statement.contains_key(others) {
            !any(others, text, lower)
        } else {
            any(these, text, lower)
        }
    };
    of("Action", "NotAction", action, true)
        && of("Resource", "NotResource", resource, false)
        && statement.get("Condition").is_none_or(|block| {
            let value = |key: &str| match context.get(key) {
                Some(value) => ContextValue::Is(value.clone()),
                None => ContextValue::Absent,
            };
            condition::met(block, has_variables, &value) == Met::Yes
        })
}

/// Returns whether a principal may make a call on a resource.
pub(super) fn may(principal: &Policies, action: &str, resource: &str) -> bool {
    principal.decide(action, resource, &HashMap::new()) == Decision::Allowed
}

/// All policies of the role with this ARN; none where there is no such.
pub(super) fn policies_of(iam: &Iam, arn: &str) -> Option<Policies> {
    if iam.users().iter().any(|user| user == arn) {
        // The users of this account are its administrators.
        let all = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
        return Some(Policies {
            own: vec![all],
            boundary: None,
        });
    }
    let role = iam.role(arn.rsplit('/').next()?);
    let role = role.filter(|role| role.arn() == arn)?;
    let parsed = |text: String| serde_json::from_str(&text).ok();
    let attached = role.attached.iter().filter_map(|arn| iam.policy(arn));
    let own = role.inline.into_values().chain(attached);
    Some(Policies {
        own: own.filter_map(parsed).collect(),
        // A boundary that has gone allows nothing.
        boundary: role
            .boundary
            .map(|arn| iam.policy(&arn).and_then(parsed).into_iter().collect()),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::Partition;
    use crate::policy::template::Place;

    fn decision(
        policy: &Value,
        action: &str,
        resource: &str,
        context: &[(&str, &str)],
    ) -> Decision {
        let context = context
            .iter()
            .map(|(key, value)| (key.to_ascii_lowercase(), (*value).to_owned()))
            .collect();
        decide(std::slice::from_ref(policy), action, resource, &context)
    }

    #[test]
    fn a_session_may_be_started_on_ones_own_node_alone() {
        let partition = Partition::default();
        let place = Place {
            partition: &partition,
            account: "123456789012",
        };
        let policy = place.client_policy(false).unwrap().value().clone();
        let node = "arn:aws:ssm:eu-west-1:123456789012:managed-instance/mi-0123456789abcdef0";
        let asked = |owner: &str| {
            let context = [
                ("ssm:resourceTag/SSHOwner", owner),
                ("aws:userid", "AROA:me"),
            ];
            decision(&policy, "ssm:StartSession", node, &context)
        };
        assert_eq!(asked("AROA:me"), Decision::Allowed);
        assert_eq!(asked("AROA:you"), Decision::ImplicitDeny);
        assert_eq!(
            decision(&policy, "ssm:StartSession", node, &[]),
            Decision::ImplicitDeny
        );
    }

    #[test]
    fn a_denial_wins_and_what_is_not_named_is_not_allowed() {
        let policy = json!({"Statement": [
            {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
            {"Effect": "Deny", "NotAction": ["iam:Get*", "iam:PutRolePolicy"], "Resource": "*"},
            {"Effect": "Deny", "Action": "iam:PutRolePolicy", "NotResource": "arn:aws:iam::1:role/Mine"}
        ]});
        let asked = |action: &str, resource: &str| decision(&policy, action, resource, &[]);
        assert_eq!(asked("iam:GetRole", "r"), Decision::Allowed);
        assert_eq!(asked("iam:DeleteRole", "r"), Decision::ExplicitDeny);
        assert_eq!(
            asked("iam:PutRolePolicy", "arn:aws:iam::1:role/Mine"),
            Decision::Allowed
        );
        assert_eq!(
            asked("iam:PutRolePolicy", "arn:aws:iam::1:role/Other"),
            Decision::ExplicitDeny
        );
        assert_eq!(asked("ssm:GetServiceSetting", "r"), Decision::ExplicitDeny);
    }
}
