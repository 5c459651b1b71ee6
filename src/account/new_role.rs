//! Making a role and deleting it, and who there is that could be let in.

use aws_sdk_iam::types::Tag;

use super::iam::once;
use super::pages::{MANY, Pages};
use super::{Account, CallError, ErrorKind, answer_of_aws};
use crate::model::new_role::TAG;

impl Account {
    /// Makes a role, in a single attempt; a role of that name that is there is left alone and is an error. The tag names the
    /// run.
    ///
    /// # Errors
    /// As AWS refuses it; see `CallError::may_have_taken_effect`.
    pub async fn create_role(&self, role: &RoleToMake<'_>) -> Result<(), CallError> {
        const ACTION: &str = "iam:CreateRole";
        let tag = Tag::builder().key(TAG).value(role.run).build();
        let tag = tag.map_err(|_| CallError::configuration("The run has no ID.".to_owned()))?;
        let call = self
            .iam
            .create_role()
            .role_name(role.name)
            .path(role.path)
            .description(role.description)
            .assume_role_policy_document(role.trust)
            .set_permissions_boundary(role.boundary.map(str::to_owned))
            .tags(tag);
        let call = self.to_iam(call.customize().config_override(once()));
        answer_of_aws(ACTION, None, call.send().await).map(drop)
    }

    /// Deletes a role, in a single attempt. IAM refuses it while the role has any policy.
    ///
    /// # Errors
    /// As AWS refuses it; see `CallError::may_have_taken_effect`.
    pub async fn delete_role(&self, role: &str) -> Result<(), CallError> {
        const ACTION: &str = "iam:DeleteRole";
        let call = self.iam.delete_role().role_name(role);
        let call = self.to_iam(call.customize().config_override(once()));
        answer_of_aws(ACTION, None, call.send().await).map(drop)
    }

    /// Attaches a managed policy to a role, in a single attempt.
    ///
    /// # Errors
    /// As AWS refuses it; see `CallError::may_have_taken_effect`.
    pub async fn attach_policy(&self, role: &str, arn: &str) -> Result<(), CallError> {
        const ACTION: &str = "iam:AttachRolePolicy";
        let call = self
            .iam
            .attach_role_policy()
            .role_name(role)
            .policy_arn(arn);
        let call = self.to_iam(call.customize().config_override(once()));
        answer_of_aws(ACTION, None, call.send().await).map(drop)
    }

    /// Detaches a managed policy from a role, in a single attempt.
    ///
    /// # Errors
    /// As AWS refuses it; see `CallError::may_have_taken_effect`.
    pub async fn detach_policy(&self, role: &str, arn: &str) -> Result<(), CallError> {
        const ACTION: &str = "iam:DetachRolePolicy";
        let call = self
            .iam
            .detach_role_policy()
            .role_name(role)
            .policy_arn(arn);
        let call = self.to_iam(call.customize().config_override(once()));
        answer_of_aws(ACTION, None, call.send().await).map(drop)
    }

    /// The ARNs of the managed policies that are attached to a role; none where there is no such role.
    ///
    /// # Errors
    /// When they may not be read.
    pub async fn attached_arns(&self, role: &str) -> Result<Vec<String>, CallError> {
        match self.attached_policies(role).await {
            Ok(policies) => Ok(policies.into_iter().map(|policy| policy.arn).collect()),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// The ARNs of all IAM users of the account.
    ///
    /// # Errors
    /// Mostly for lack of the permission.
    pub async fn users(&self) -> Result<Vec<String>, CallError> {
        const ACTION: &str = "iam:ListUsers";
        let (mut users, mut pages) = (Vec::new(), Pages::of(ACTION, MANY));
        while !pages.have_ended() {
            let call = self.iam.list_users().set_marker(pages.token());
            let answer = self
                .to_iam(call.customize())
                .send()
                .await
                .map_err(CallError::of(ACTION, None))?;
            let next = answer.marker().filter(|_| answer.is_truncated());
            pages.turn(answer.users().len(), next)?;
            users.extend(answer.users().iter().map(|user| user.arn().to_owned()));
        }
        Ok(users)
    }
}

/// What a role is made from.
#[derive(Clone, Copy, Debug)]
pub struct RoleToMake<'a> {
    pub name: &'a str,
    pub path: &'a str,
    pub description: &'a str,
    pub trust: &'a str,
    pub boundary: Option<&'a str>,
    /// The ID of the run that makes it.
    pub run: &'a str,
}
