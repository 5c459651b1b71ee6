//! Before anything is written: may this identity do what the plan needs? Asked action by action on the real resources.
//! What cannot be known is said to be unknown, with the reason; it is never guessed.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt};
use serde_json::{Value, json};

use crate::account::{Account, CallError, Question};
use crate::model::region::activation_tier_arn;
use crate::model::{Denial, Identity, Permission, Principal};
use crate::plan::{Edit, Plan, TierValue};

/// The simulator is easily throttled.
const AT_ONCE: usize = 2;

/// An action that has to be allowed on a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    pub action: &'static str,
    pub resource: String,
}

/// What is needed, and whether it is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preflight {
    pub permissions: Vec<(Need, Permission)>,
}

/// Returns what a plan needs: for each change, reading and writing the one thing.
pub fn needs(plan: &Plan) -> Vec<Need> {
    let identity = &plan.identity;
    let mut needs = BTreeSet::new();
    for (_, change) in plan.changes() {
        let (actions, resource) = match &change.edit {
            Edit::Role { role, after, .. } => {
                let writes: &[&'static str] = match after {
                    Some(_) => &["iam:CreateRole", "iam:TagRole"],
                    None => &["iam:DeleteRole"],
                };
                let reads = [
                    "iam:GetRole",
                    "iam:ListRolePolicies",
                    "iam:ListAttachedRolePolicies",
                ];
                (
                    reads.iter().chain(writes).copied().collect(),
                    plan.role_arn(role),
                )
            }
            Edit::FullAccess { role, after, .. } => {
                let write = match after {
                    Some(_) => "iam:AttachRolePolicy",
                    None => "iam:DetachRolePolicy",
                };
                (
                    vec!["iam:ListAttachedRolePolicies", write],
                    plan.role_arn(role),
                )
            }
            Edit::Tier { region, after, .. } => {
                let write = match after {
                    TierValue::Set(_) => "ssm:UpdateServiceSetting",
                    TierValue::Default(_) => "ssm:ResetServiceSetting",
                };
                let arn = activation_tier_arn(&identity.partition, region, &identity.account);
                (vec!["ssm:GetServiceSetting", write], arn)
            }
            Edit::Trust { role, .. } => (
                vec!["iam:GetRole", "iam:UpdateAssumeRolePolicy"],
                plan.role_arn(role),
            ),
            Edit::Policy { role, after, .. } => {
                let write = match after {
                    None => "iam:DeleteRolePolicy",
                    Some(_) => "iam:PutRolePolicy",
                };
                (vec!["iam:GetRolePolicy", write], plan.role_arn(role))
            }
        };
        needs.extend(actions.into_iter().map(|action| Need {
            action,
            resource: resource.clone(),
        }));
    }
    needs.into_iter().collect()
}

/// Returns what is needed before anything was chosen: on roles as such, and on the tier of the home region.
pub fn general_needs(identity: &Identity) -> Vec<Need> {
    let (partition, account) = (&identity.partition, &identity.account);
    let roles = format!("arn:{partition}:iam::{account}:role/*");
    let tier = activation_tier_arn(partition, &identity.home_region, account);
    let on = |resource: &str, actions: &[&'static str]| {
        let need = |action: &&'static str| Need {
            action,
            resource: resource.to_owned(),
        };
        actions.iter().map(need).collect::<Vec<_>>()
    };
    [
        on("*", &["iam:ListRoles"]),
        on(
            &roles,
            &[
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:ListRolePolicies",
                "iam:ListAttachedRolePolicies",
                "iam:UpdateAssumeRolePolicy",
                "iam:PutRolePolicy",
            ],
        ),
        on(
            &tier,
            &["ssm:GetServiceSetting", "ssm:UpdateServiceSetting"],
        ),
    ]
    .concat()
}

impl Preflight {
    /// Asks the simulator whether the caller may do what a plan needs.
    pub async fn of_plan(account: &Account, plan: &Plan) -> Self {
        let mut new = plan.choices.asked_new_roles();
        let boundary = new.find_map(|new| new.boundary.as_deref());
        // Where the organization lets roles be made only with a boundary, the answer depends on it.
        let context: Vec<_> = boundary
            .map(|arn| ("iam:PermissionsBoundary", arn))
            .into_iter()
            .collect();
        Self::within(account, &plan.identity, needs(plan), &context).await
    }

    /// Asks the simulator.
    pub async fn of(account: &Account, identity: &Identity, needs: Vec<Need>) -> Self {
        Self::within(account, identity, needs, &[]).await
    }

    /// Asks the simulator, with these values of condition keys.
    pub async fn within(
        account: &Account,
        identity: &Identity,
        needs: Vec<Need>,
        context: &[(&str, &str)],
    ) -> Self {
        if needs.is_empty() {
            return Self::default();
        }
        let principal = match principal(account, identity).await {
            Ok(principal) => principal,
            Err(why) => return Self::unknown(needs, &why),
        };
        // Resources that need the same actions are asked about together.
        let mut actions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for need in &needs {
            let of_resource = actions.entry(need.resource.clone()).or_default();
            of_resource.insert(need.action.to_owned());
        }
        let mut groups: BTreeMap<BTreeSet<String>, Vec<String>> = BTreeMap::new();
        for (resource, actions) in actions {
            groups.entry(actions).or_default().push(resource);
        }
        let principal = &principal;
        let answers: Vec<_> = stream::iter(groups)
            .map(|(actions, resources)| async move {
                let actions: Vec<String> = actions.into_iter().collect();
                let question = Question {
                    principal,
                    actions: &actions,
                    resources: &resources,
                    context,
                    ..Question::default()
                };
                let answer = account.simulate(&question).await;
                (resources, answer)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let permission = |need: &Need| {
            let asked = answers
                .iter()
                .find(|(resources, _)| resources.contains(&need.resource));
            match asked.map(|(_, answer)| answer) {
                Some(Ok(permissions)) => {
                    let key = (need.action.to_owned(), need.resource.clone());
                    let silent = || Permission::Unknown("AWS does not say.".to_owned());
                    permissions.get(&key).cloned().unwrap_or_else(silent)
                }
                Some(Err(error)) => Permission::Unknown(error.sentence()),
                None => Permission::Unknown("It was not asked.".to_owned()),
            }
        };
        let permissions = needs.into_iter().map(|need| {
            let permission = permission(&need);
            (need, permission)
        });
        Self {
            permissions: permissions.collect(),
        }
    }

    fn unknown(needs: Vec<Need>, why: &str) -> Self {
        let unknown = |need| (need, Permission::Unknown(why.to_owned()));
        Self {
            permissions: needs.into_iter().map(unknown).collect(),
        }
    }

    /// Returns what is denied, by what stands against it.
    pub fn denied(&self, is_meant: impl Fn(Denial) -> bool) -> Vec<&Need> {
        self.permissions
            .iter()
            .filter(|(_, permission)| {
                matches!(permission, Permission::Denied(denial) if is_meant(*denial))
            })
            .map(|(need, _)| need)
            .collect()
    }

    /// Returns whether something is refused for certain: about the organization's policies the simulator is not always right.
    pub fn is_refused(&self) -> bool {
        !self
            .denied(|denial| denial != Denial::Organization)
            .is_empty()
    }

    /// Returns why something is not known; none where all is.
    pub fn unknown_because(&self) -> Option<&str> {
        self.permissions
            .iter()
            .find_map(|(_, permission)| match permission {
                Permission::Unknown(why) => Some(why.as_str()),
                Permission::Allowed | Permission::Denied(_) => None,
            })
    }

    /// Returns whether everything is allowed, as far as the simulator can tell.
    pub fn is_allowed(&self) -> bool {
        let allowed = |(_, permission): &(Need, Permission)| *permission == Permission::Allowed;
        self.permissions.iter().all(allowed)
    }

    /// The smallest policy that allows what no policy allows; none where nothing is missing.
    pub fn missing_policy(&self) -> Option<String> {
        let missing = self.denied(|denial| denial == Denial::NotAllowed);
        let mut actions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for need in missing {
            let of_resource = actions.entry(&need.resource).or_default();
            of_resource.insert(need.action);
        }
        let mut resources: BTreeMap<BTreeSet<&str>, Vec<&str>> = BTreeMap::new();
        for (resource, actions) in actions {
            resources.entry(actions).or_default().push(resource);
        }
        let statements: Vec<Value> = resources
            .into_iter()
            .map(|(actions, resources)| json!({"Effect": "Allow", "Action": actions, "Resource": resources}))
            .collect();
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        (!statements.is_empty()).then(|| format!("{policy:#}"))
    }
}

/// The role or user whose policies decide, as the simulator wants it named: not the session.
async fn principal(account: &Account, identity: &Identity) -> Result<String, String> {
    match identity.principal() {
        Principal::User(_) => Ok(identity.arn.clone()),
        // The session's ARN has lost the role's path.
        Principal::Session { role, .. } => {
            let arn = account.role_arn(&role).await;
            arn.map_err(|error: CallError| error.sentence())
        }
        Principal::Root => Err("The root user's permissions cannot be simulated.".to_owned()),
        Principal::Federated(_) | Principal::Other => {
            Err("The permissions of a federated user cannot be simulated.".to_owned())
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn need(action: &'static str, resource: &str) -> Need {
        Need {
            action,
            resource: resource.to_owned(),
        }
    }

    #[test]
    fn the_missing_policy_names_what_no_policy_allows_and_nothing_else() {
        let denied = |denial| Permission::Denied(denial);
        let preflight = Preflight {
            permissions: vec![
                (need("iam:GetRole", "a"), Permission::Allowed),
                (need("iam:PutRolePolicy", "a"), denied(Denial::NotAllowed)),
                (need("iam:PutRolePolicy", "b"), denied(Denial::NotAllowed)),
                (need("iam:PutRolePolicy", "c"), denied(Denial::Explicit)),
                (
                    need("ssm:UpdateServiceSetting", "d"),
                    Permission::Unknown("?".into()),
                ),
            ],
        };
        let policy: Value = serde_json::from_str(&preflight.missing_policy().unwrap()).unwrap();
        assert_eq!(
            policy["Statement"],
            json!([{"Effect": "Allow", "Action": ["iam:PutRolePolicy"], "Resource": ["a", "b"]}])
        );
        assert!(!preflight.is_allowed());
        assert_eq!(preflight.unknown_because(), Some("?"));
    }
}
