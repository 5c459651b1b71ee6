//! What is known of a role besides what the plan changes, for those who decide.

use crate::model::RoleReading;
use crate::policy::Document;
use crate::policy::admitted::{self, Admitted};
use crate::policy::meaning::strings;
use crate::policy::template::RolePolicy;

/// What somebody who decides has to know of a role, besides what changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleFacts {
    /// The names of its inline and attached policies, but for the two that this program writes.
    pub other_policies: Vec<String>,
    /// Everybody whom its trust policy lets in.
    pub admitted: Vec<Admitted>,
}

impl RoleFacts {
    pub(super) fn of(reading: &RoleReading) -> Self {
        let attached = reading.attached.iter().map(|policy| &policy.name);
        let names = reading.inline.keys().chain(attached);
        let others = names.filter(|name| RolePolicy::named(name).is_none());
        let trust = Document::parse(reading.trust.as_str()).ok();
        let admitted = trust.as_ref().map(|trust| admitted::between(None, trust));
        let admitted = admitted.into_iter().flatten();
        Self {
            other_policies: others.cloned().collect(),
            admitted: admitted.map(|(_, admitted)| admitted).collect(),
        }
    }

    /// Returns the conditions under which people are let in, where each of them is about the session's name; none where
    /// somebody is let in without.
    pub fn session_name_conditions(&self) -> Option<Vec<&str>> {
        let people = self.admitted.iter();
        let people = people.filter(|admitted| !admitted.is_service());
        let conditions: Option<Vec<&str>> = people
            .map(|admitted| {
                let condition = admitted.condition.as_deref()?;
                let is_about_it = condition.to_lowercase().contains(SESSION_NAME);
                is_about_it.then_some(condition)
            })
            .collect();
        conditions.filter(|conditions| !conditions.is_empty())
    }
}

/// Returns whether a role's own policies give it everything on everything, so that the client policy adds nothing to what it
/// may do.
pub fn is_administrator(reading: &RoleReading) -> bool {
    let is_everything = |text: &str| {
        let document = Document::parse(text).ok();
        document.is_some_and(|document| {
            document.statements().into_iter().any(|statement| {
                let is_star = |key| strings(statement.get(key)).contains(&"*");
                statement
                    .get("Effect")
                    .is_some_and(|effect| effect == "Allow")
                    && is_star("Action")
                    && is_star("Resource")
                    && !statement.contains_key("Condition")
            })
        })
    };
    let by_name = |arn: &str| arn.ends_with(":iam::aws:policy/AdministratorAccess");
    let attached = reading.attached.iter();
    let mut by_attached = attached.map(|policy| {
        by_name(&policy.arn) || policy.document.as_deref().is_some_and(is_everything)
    });
    by_attached.any(|is| is) || reading.inline.values().any(|text| is_everything(text))
}

/// The key of a condition on the session's name, as it stands in JSON; keys of conditions have no case.
const SESSION_NAME: &str = "\"sts:rolesessionname\"";

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn facts(statements: &Value) -> RoleFacts {
        let trust = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let trust = Document::parse(trust.as_str()).unwrap();
        let admitted = admitted::between(None, &trust).into_iter();
        RoleFacts {
            admitted: admitted.map(|(_, admitted)| admitted).collect(),
            ..RoleFacts::default()
        }
    }

    #[test]
    fn a_session_name_is_asked_for_only_where_everybody_is_asked() {
        let named = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole",
            "Condition": {"StringLike": {"STS:RoleSessionName": "${aws:username}"}}});
        let free = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/a"}, "Action": "sts:AssumeRole"});
        let denied = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:RoleSessionName": "x"}}});
        let service = json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
        for (statements, is_asked) in [
            (json!([named, service]), true),
            (json!([named, free]), false),
            (json!([free, denied]), false),
            (json!([service]), false),
        ] {
            let facts = facts(&statements);
            assert_eq!(
                facts.session_name_conditions().is_some(),
                is_asked,
                "{statements}"
            );
        }
    }
}
