//! All roles of the account with all their policies, in few calls.

use std::collections::BTreeMap;

use aws_sdk_iam::types::{EntityType, ManagedPolicyDetail, RoleDetail};

use super::iam::{attached, boundary_arn, last_used, maker, text};
use super::pages::{MANY, Pages};
use super::{Account, CallError};
use crate::model::RoleReading;

const ACTION: &str = "iam:GetAccountAuthorizationDetails";
/// The most that IAM gives a page.
const PAGE: i32 = 1000;

impl Account {
    /// Every role with its trust policy, inline policies and attached policies; of those the documents of the account's own
    /// whose name is in `managed_of_interest`.
    ///
    /// # Errors
    /// Mostly for lack of the permission.
    pub async fn all_roles(
        &self,
        managed_of_interest: &[&str],
    ) -> Result<Vec<RoleReading>, CallError> {
        let (mut roles, mut documents) = (Vec::new(), BTreeMap::new());
        let mut pages = Pages::of(ACTION, MANY);
        while !pages.have_ended() {
            let answer = self
                .to_iam(
                    self.iam
                        .get_account_authorization_details()
                        .filter(EntityType::Role)
                        .filter(EntityType::LocalManagedPolicy)
                        .max_items(PAGE)
                        .set_marker(pages.token())
                        .customize(),
                )
                .send()
                .await
                .map_err(CallError::of(ACTION, None))?;
            let next = answer.marker().filter(|_| answer.is_truncated());
            pages.turn(
                answer.role_detail_list().len() + answer.policies().len(),
                next,
            )?;
            for role in answer.role_detail_list() {
                let role = reading(role)?;
                self.is_its_own(ACTION, &role.arn)?;
                roles.push(role);
            }
            for policy in answer.policies() {
                let name = policy.policy_name().unwrap_or_default();
                if managed_of_interest.contains(&name) {
                    documents.extend(document(policy)?);
                }
            }
        }
        for attached in roles.iter_mut().flat_map(|role| &mut role.attached) {
            attached.document = documents.get(&attached.arn).cloned();
        }
        Ok(roles)
    }
}

fn reading(role: &RoleDetail) -> Result<RoleReading, CallError> {
    let trust = role
        .assume_role_policy_document()
        .ok_or_else(|| CallError::not_aws(ACTION, "trust policy"))?;
    let inline = role.role_policy_list().iter().map(|policy| {
        let document = text(ACTION, policy.policy_document().unwrap_or_default())?;
        Ok((
            policy.policy_name().unwrap_or_default().to_owned(),
            document,
        ))
    });
    Ok(RoleReading {
        name: role.role_name().unwrap_or_default().to_owned(),
        path: role.path().unwrap_or("/").to_owned(),
        arn: role.arn().unwrap_or_default().to_owned(),
        trust: text(ACTION, trust)?,
        // The details of an account do not have it.
        description: String::new(),
        boundary: boundary_arn(role.permissions_boundary()),
        made_by: maker(role.tags()),
        inline: inline.collect::<Result<_, CallError>>()?,
        attached: role
            .attached_managed_policies()
            .iter()
            .map(attached)
            .collect(),
        last_used: last_used(role.role_last_used()),
    })
}

/// A managed policy's ARN and the text of its default version, where it is there.
fn document(policy: &ManagedPolicyDetail) -> Result<Option<(String, String)>, CallError> {
    let mut versions = policy.policy_version_list().iter();
    let default = versions.find(|version| version.is_default_version());
    let Some(document) = default.and_then(|version| version.document()) else {
        return Ok(None);
    };
    let arn = policy.arn().unwrap_or_default().to_owned();
    Ok(Some((arn, text(ACTION, document)?)))
}
