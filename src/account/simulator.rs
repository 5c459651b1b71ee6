//! IAM's policy simulator: what a role or a user may do, by its own policies.

use std::collections::BTreeMap;

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, PolicyEvaluationDecisionType};

use super::pages::{MANY, Pages};
use super::{Account, CallError};
use crate::model::{Denial, Permission};

const ACTION: &str = "iam:SimulatePrincipalPolicy";

/// What the simulator is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Question<'a> {
    /// The ARN of a role or a user.
    pub principal: &'a str,
    pub actions: &'a [String],
    pub resources: &'a [String],
    /// Condition keys with their values.
    pub context: &'a [(&'a str, &'a str)],
    /// Policies that it is to be thought to have besides its own.
    pub policies: &'a [String],
}

impl Account {
    /// Returns whether a role or a user (not a session) may do each action on each resource, by action and resource.
    /// What the simulator does not answer is missing. Actions that it does not take together (`InvalidInput`, "require
    /// different authorization information") are asked about one by one.
    ///
    /// # Errors
    /// When it may not be asked, or does not answer. It is easily throttled.
    pub async fn simulate(
        &self,
        question: &Question<'_>,
    ) -> Result<BTreeMap<(String, String), Permission>, CallError> {
        let together = self.simulate_together(question).await;
        let is_refused = |error: &CallError| error.code.as_deref() == Some("InvalidInput");
        if !together.as_ref().is_err_and(is_refused) || question.actions.len() < 2 {
            return together;
        }
        let mut permissions = BTreeMap::new();
        for action in question.actions {
            let actions = std::slice::from_ref(action);
            let question = Question {
                actions,
                ..*question
            };
            permissions.extend(self.simulate_together(&question).await?);
        }
        Ok(permissions)
    }

    async fn simulate_together(
        &self,
        question: &Question<'_>,
    ) -> Result<BTreeMap<(String, String), Permission>, CallError> {
        let entry = |(key, value): &(&str, &str)| {
            ContextEntry::builder()
                .context_key_name(*key)
                .context_key_type(ContextKeyTypeEnum::String)
                .context_key_values(*value)
                .build()
        };
        let Question {
            principal,
            actions,
            resources,
            context,
            policies,
        } = *question;
        let mut permissions = BTreeMap::new();
        let mut pages = Pages::of(ACTION, MANY);
        while !pages.have_ended() {
            let answer = self
                .to_iam(
                    self.iam
                        .simulate_principal_policy()
                        .policy_source_arn(principal)
                        .set_action_names(Some(actions.to_vec()))
                        .set_resource_arns(Some(resources.to_vec()))
                        .set_policy_input_list((!policies.is_empty()).then(|| policies.to_vec()))
                        .set_context_entries(Some(context.iter().map(entry).collect()))
                        .set_marker(pages.token())
                        .customize(),
                )
                .send()
                .await
                .map_err(CallError::of(ACTION, None))?;
            let next = answer.marker().filter(|_| answer.is_truncated());
            pages.turn(answer.evaluation_results().len(), next)?;
            for result in answer.evaluation_results() {
                let by_organization = result
                    .organizations_decision_detail()
                    .is_some_and(|detail| !detail.allowed_by_organizations());
                let by_boundary =
                    |detail: Option<&aws_sdk_iam::types::PermissionsBoundaryDecisionDetail>| {
                        detail.is_some_and(|detail| !detail.allowed_by_permissions_boundary())
                    };
                let action = result.eval_action_name();
                for each in result.resource_specific_results() {
                    let boundary = by_boundary(each.permissions_boundary_decision_detail());
                    let decision = each.eval_resource_decision();
                    let permission = permission(decision, by_organization, boundary);
                    permissions.insert(key(action, each.eval_resource_name()), permission);
                }
                // The decision for all is that for each when it is a yes, and when there is only one.
                let decision = result.eval_decision();
                let boundary = by_boundary(result.permissions_boundary_decision_detail());
                let is_for_each =
                    resources.len() == 1 || *decision == PolicyEvaluationDecisionType::Allowed;
                for resource in resources.iter().filter(|_| is_for_each) {
                    permissions
                        .entry(key(action, resource))
                        .or_insert_with(|| permission(decision, by_organization, boundary));
                }
            }
        }
        Ok(permissions)
    }
}

fn key(action: &str, resource: &str) -> (String, String) {
    (action.to_owned(), resource.to_owned())
}

fn permission(
    decision: &PolicyEvaluationDecisionType,
    by_organization: bool,
    by_boundary: bool,
) -> Permission {
    match decision {
        PolicyEvaluationDecisionType::Allowed => Permission::Allowed,
        _ if by_organization => Permission::Denied(Denial::Organization),
        _ if by_boundary => Permission::Denied(Denial::Boundary),
        PolicyEvaluationDecisionType::ExplicitDeny => Permission::Denied(Denial::Explicit),
        PolicyEvaluationDecisionType::ImplicitDeny => Permission::Denied(Denial::NotAllowed),
        other => Permission::Unknown(format!("AWS answers {}.", other.as_str())),
    }
}
