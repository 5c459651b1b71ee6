//! Roles, their trust policies and their inline policies.

use std::collections::BTreeMap;

use aws_config::retry::RetryConfig;
use aws_sdk_iam::types::{AttachedPermissionsBoundary, RoleLastUsed, Tag};
use aws_smithy_types::date_time::Format;
use futures::future;
use futures::stream::{self, Stream, StreamExt, TryStreamExt};

use super::pages::{FEW, MANY, Pages};
use super::{Account, CallError, ErrorKind, answer_of_aws};
use crate::model::new_role::TAG;
use crate::model::{AttachedPolicy, LastUsed, Quotas, RoleArn, RoleReading, RoleSummary};
use crate::policy::document::decoded;
use crate::text::clean;

/// The most that IAM gives a page.
const PAGE: i32 = 1000;
/// The most bytes of a document. AWS gives a trust policy at most 8,192 characters, all inline policies of a role together
/// 10,240, and a managed policy 6,144.
const LARGEST_DOCUMENT: usize = 256 * 1024;
/// The most bytes of a list of roles.
const LARGEST_LIST: usize = 256 * 1024 * 1024;
/// Inline policies of a role that are read side by side.
const SIDE_BY_SIDE: usize = 4;

impl Account {
    /// The account's alias, where it has one, safe to be shown.
    ///
    /// # Errors
    /// Mostly for lack of the permission.
    pub async fn alias(&self) -> Result<Option<String>, CallError> {
        let answer = self
            .to_iam(self.iam.list_account_aliases().customize())
            .send()
            .await
            .map_err(CallError::of("iam:ListAccountAliases", None))?;
        Ok(answer.account_aliases().first().map(|alias| clean(alias)))
    }

    /// The account's own size limits for policies.
    ///
    /// # Errors
    /// Mostly for lack of the permission.
    pub async fn quotas(&self) -> Result<Quotas, CallError> {
        let answer = self
            .to_iam(self.iam.get_account_summary().customize())
            .send()
            .await
            .map_err(CallError::of("iam:GetAccountSummary", None))?;
        let quota = |name: &str| {
            let value = answer.summary_map()?.get(&name.into())?;
            usize::try_from(*value).ok().filter(|value| *value > 0)
        };
        let defaults = Quotas::default();
        let (trust, inline) = (
            quota("AssumeRolePolicySizeQuota"),
            quota("RolePolicySizeQuota"),
        );
        Ok(Quotas {
            trust: trust.unwrap_or(defaults.trust),
            inline: inline.unwrap_or(defaults.inline),
            read: trust.is_some(),
            has_version_1_tokens: quota("GlobalEndpointTokenVersion") == Some(1),
        })
    }

    /// All roles of the account, page by page. The stream ends after an error.
    pub fn roles(
        &self,
    ) -> impl Stream<Item = Result<Vec<RoleSummary>, CallError>> + Send + 'static {
        const ACTION: &str = "iam:ListRoles";
        let account = self.clone();
        let start = (Pages::of(ACTION, MANY), 0);
        stream::try_unfold(start, move |(mut pages, mut size)| {
            let account = account.clone();
            async move {
                if pages.have_ended() {
                    return Ok(None);
                }
                account.ready().await?;
                let answer = account
                    .to_iam(
                        account
                            .iam
                            .list_roles()
                            .max_items(PAGE)
                            .set_marker(pages.token())
                            .customize(),
                    )
                    .send()
                    .await
                    .map_err(CallError::of(ACTION, None))?;
                let next = answer.marker().filter(|_| answer.is_truncated());
                pages.turn(answer.roles().len(), next)?;
                let page: Vec<RoleSummary> = answer.roles().iter().map(summary).collect();
                for role in &page {
                    account.is_its_own(ACTION, &role.arn)?;
                    size += role.size();
                }
                if size > LARGEST_LIST {
                    let what = format!("the list has more than {LARGEST_LIST} bytes");
                    return Err(CallError::too_large(ACTION, what));
                }
                Ok(Some((page, (pages, size))))
            }
        })
    }

    /// Everything of one role that the plan looks at. Attached policies are read only where their name is in
    /// `managed_of_interest`.
    ///
    /// # Errors
    /// When any part cannot be read: half a reading would make a wrong plan.
    pub async fn role(
        &self,
        name: &str,
        managed_of_interest: &[&str],
    ) -> Result<RoleReading, CallError> {
        let attached = async {
            let mut attached = self.attached_policies(name).await?;
            for policy in &mut attached {
                if managed_of_interest.contains(&policy.name.as_str()) {
                    policy.document = Some(self.managed_policy(&policy.arn).await?);
                }
            }
            Ok::<_, CallError>(attached)
        };
        let parts = futures::join!(self.get_role(name), self.inline_policies(name), attached);
        // Always in this order, so that it is the same error each time.
        let (role, inline, attached) = (parts.0?, parts.1?, parts.2?);
        Ok(RoleReading {
            name: role.role_name().to_owned(),
            path: role.path().to_owned(),
            arn: role.arn().to_owned(),
            trust: trust_of(&role)?,
            description: role.description().unwrap_or_default().to_owned(),
            boundary: boundary_arn(role.permissions_boundary()),
            made_by: maker(role.tags()),
            inline,
            attached,
            last_used: last_used(role.role_last_used()),
        })
    }

    /// A role's ARN, with its path.
    ///
    /// # Errors
    /// When there is no such role, or it may not be read.
    pub async fn role_arn(&self, role: &str) -> Result<String, CallError> {
        self.get_role(role).await.map(|role| role.arn().to_owned())
    }

    /// A role's trust policy, decoded.
    ///
    /// # Errors
    /// When there is no such role, or it may not be read.
    pub async fn trust(&self, role: &str) -> Result<String, CallError> {
        trust_of(&self.get_role(role).await?)
    }

    /// An inline policy of a role, decoded; none when the role has no policy of that name.
    ///
    /// # Errors
    /// When it may not be read.
    pub async fn inline_policy(
        &self,
        role: &str,
        policy: &str,
    ) -> Result<Option<String>, CallError> {
        let answer = self
            .to_iam(
                self.iam
                    .get_role_policy()
                    .role_name(role)
                    .policy_name(policy)
                    .customize(),
            )
            .send()
            .await;
        match answer.map_err(CallError::of("iam:GetRolePolicy", None)) {
            Ok(answer) => text("iam:GetRolePolicy", answer.policy_document()).map(Some),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a role's trust policy, in a single attempt.
    ///
    /// # Errors
    /// As AWS refuses it; see `CallError::may_have_taken_effect`.
    pub async fn write_trust(&self, role: &str, document: &str) -> Result<(), CallError> {
        const ACTION: &str = "iam:UpdateAssumeRolePolicy";
        let call = self
            .iam
            .update_assume_role_policy()
            .role_name(role)
            .policy_document(document);
        let call = self.to_iam(call.customize().config_override(once()));
        answer_of_aws(ACTION, None, call.send().await).map(drop)
    }

    /// Writes an inline policy of a role, in a single attempt.
    ///
    /// # Errors
    /// As AWS refuses it; see `CallError::may_have_taken_effect`.
    pub async fn write_inline_policy(
        &self,
        role: &str,
        policy: &str,
        document: &str,
    ) -> Result<(), CallError> {
        const ACTION: &str = "iam:PutRolePolicy";
        let call = self
            .iam
            .put_role_policy()
            .role_name(role)
            .policy_name(policy)
            .policy_document(document);
        let call = self.to_iam(call.customize().config_override(once()));
        answer_of_aws(ACTION, None, call.send().await).map(drop)
    }

    /// Deletes an inline policy of a role, in a single attempt.
    ///
    /// # Errors
    /// As AWS refuses it; see `CallError::may_have_taken_effect`.
    pub async fn delete_inline_policy(&self, role: &str, policy: &str) -> Result<(), CallError> {
        const ACTION: &str = "iam:DeleteRolePolicy";
        let call = self
            .iam
            .delete_role_policy()
            .role_name(role)
            .policy_name(policy);
        let call = self.to_iam(call.customize().config_override(once()));
        answer_of_aws(ACTION, None, call.send().await).map(drop)
    }

    async fn get_role(&self, name: &str) -> Result<aws_sdk_iam::types::Role, CallError> {
        const ACTION: &str = "iam:GetRole";
        self.to_iam(self.iam.get_role().role_name(name).customize())
            .send()
            .await
            .map_err(CallError::of(ACTION, None))?
            .role
            // Policies are made with the ARN: half of one, cut off on the way, must not get into them.
            .filter(|role| {
                let arn = role.arn().parse::<RoleArn>();
                arn.is_ok_and(|arn| {
                    let said = (role.role_name(), role.path());
                    (arn.name.as_str(), arn.path.as_str()) == said
                })
            })
            .ok_or_else(|| CallError::not_aws(ACTION, "role with its ARN"))
            .and_then(|role| {
                self.is_its_own(ACTION, role.arn())?;
                Ok(role)
            })
    }

    /// Makes sure that a role belongs to the account that the credentials belong to.
    pub(super) fn is_its_own(&self, action: &'static str, arn: &str) -> Result<(), CallError> {
        match (self.number.get(), arn.parse::<RoleArn>()) {
            (Some(number), Ok(arn)) if *number != arn.account => {
                Err(CallError::other_account(action, number, &arn.account))
            }
            _ => Ok(()),
        }
    }

    /// All inline policies of a role by name, decoded.
    async fn inline_policies(&self, role: &str) -> Result<BTreeMap<String, String>, CallError> {
        stream::iter(self.inline_policy_names(role).await?)
            .map(|policy| async move {
                let text = self.inline_policy(role, &policy).await?;
                // Deleted between the two calls: then it is not there.
                Ok(text.map(|text| (policy, text)))
            })
            .buffered(SIDE_BY_SIDE)
            .try_filter_map(future::ok)
            .try_collect()
            .await
    }

    async fn inline_policy_names(&self, role: &str) -> Result<Vec<String>, CallError> {
        const ACTION: &str = "iam:ListRolePolicies";
        let (mut names, mut pages) = (Vec::new(), Pages::of(ACTION, FEW));
        while !pages.have_ended() {
            let answer = self
                .to_iam(
                    self.iam
                        .list_role_policies()
                        .role_name(role)
                        .set_marker(pages.token())
                        .customize(),
                )
                .send()
                .await
                .map_err(CallError::of(ACTION, None))?;
            let next = answer.marker().filter(|_| answer.is_truncated());
            pages.turn(answer.policy_names().len(), next)?;
            names.extend_from_slice(answer.policy_names());
        }
        Ok(names)
    }

    pub(super) async fn attached_policies(
        &self,
        role: &str,
    ) -> Result<Vec<AttachedPolicy>, CallError> {
        const ACTION: &str = "iam:ListAttachedRolePolicies";
        let (mut policies, mut pages) = (Vec::new(), Pages::of(ACTION, FEW));
        while !pages.have_ended() {
            let answer = self
                .to_iam(
                    self.iam
                        .list_attached_role_policies()
                        .role_name(role)
                        .set_marker(pages.token())
                        .customize(),
                )
                .send()
                .await
                .map_err(CallError::of(ACTION, None))?;
            let page = answer.attached_policies();
            let next = answer.marker().filter(|_| answer.is_truncated());
            pages.turn(page.len(), next)?;
            policies.extend(page.iter().map(attached));
        }
        Ok(policies)
    }

    /// The default version of a managed policy, decoded.
    async fn managed_policy(&self, arn: &str) -> Result<String, CallError> {
        let policy = self
            .to_iam(self.iam.get_policy().policy_arn(arn).customize())
            .send()
            .await
            .map_err(CallError::of("iam:GetPolicy", None))?;
        let version = policy
            .policy()
            .and_then(|policy| policy.default_version_id())
            .ok_or_else(|| CallError::not_aws("iam:GetPolicy", "default version"))?;
        let answer = self
            .to_iam(
                self.iam
                    .get_policy_version()
                    .policy_arn(arn)
                    .version_id(version)
                    .customize(),
            )
            .send()
            .await
            .map_err(CallError::of("iam:GetPolicyVersion", None))?;
        answer
            .policy_version()
            .and_then(|version| version.document())
            .ok_or_else(|| CallError::not_aws("iam:GetPolicyVersion", "document"))
            .and_then(|document| text("iam:GetPolicyVersion", document))
    }
}

/// A single attempt: before a write is tried again, what is there has to be read and compared again.
pub(super) fn once() -> aws_sdk_iam::config::Builder {
    aws_sdk_iam::Config::builder().retry_config(RetryConfig::disabled())
}

/// A role's trust policy, decoded. Every role has one.
fn trust_of(role: &aws_sdk_iam::types::Role) -> Result<String, CallError> {
    const ACTION: &str = "iam:GetRole";
    let document = role
        .assume_role_policy_document()
        .ok_or_else(|| CallError::not_aws(ACTION, "trust policy"))?;
    text(ACTION, document)
}

/// When and where a role was last used, where IAM says that.
pub(super) fn last_used(used: Option<&RoleLastUsed>) -> Option<LastUsed> {
    let used = used?;
    let time = used.last_used_date()?.fmt(Format::DateTime).ok()?;
    Some(LastUsed {
        day: time.split('T').next()?.to_owned(),
        region: used.region().unwrap_or_default().to_owned(),
    })
}

/// The ARN of a permissions boundary, where one is set.
pub(super) fn boundary_arn(boundary: Option<&AttachedPermissionsBoundary>) -> Option<String> {
    let arn = boundary?.permissions_boundary_arn();
    arn.map(str::to_owned)
}

/// What of this program made a role, where it did.
pub(super) fn maker(tags: &[Tag]) -> Option<String> {
    let tag = tags.iter().find(|tag| tag.key() == TAG)?;
    Some(tag.value().to_owned())
}

/// An attached policy, without its document.
pub(super) fn attached(policy: &aws_sdk_iam::types::AttachedPolicy) -> AttachedPolicy {
    AttachedPolicy {
        name: policy.policy_name().unwrap_or_default().to_owned(),
        arn: policy.policy_arn().unwrap_or_default().to_owned(),
        document: None,
    }
}

/// A document, decoded.
pub(super) fn text(action: &'static str, wire: &str) -> Result<String, CallError> {
    let document = decoded(wire).map_err(|_| CallError::not_aws(action, "readable document"))?;
    if document.len() > LARGEST_DOCUMENT {
        let what = format!("a document has more than {LARGEST_DOCUMENT} bytes");
        return Err(CallError::too_large(action, what));
    }
    Ok(document.into_owned())
}

fn summary(role: &aws_sdk_iam::types::Role) -> RoleSummary {
    RoleSummary {
        name: role.role_name().to_owned(),
        path: role.path().to_owned(),
        arn: role.arn().to_owned(),
        // The list only suggests; a role that is chosen is read again.
        trust: text(
            "iam:ListRoles",
            role.assume_role_policy_document().unwrap_or_default(),
        )
        .unwrap_or_default(),
        description: role.description().unwrap_or_default().to_owned(),
    }
}
