//! The plan in a person's words: one sentence an item, why it is needed, and the API call that does it.

use std::collections::BTreeSet;

use crate::model::new_role::{FULL_ACCESS, TAG};
use crate::model::region::ACTIVATION_TIER;
use crate::model::{Choices, NewRole, Tier};
use crate::plan::{
    Change, Content, Edit, Finding, Item, Obstacle, Plan, RoleDocument, State, Target, TierValue,
    Totals,
};
use crate::policy::Document;
use crate::policy::admitted::{self, Admitted, PrincipalChange};
use crate::policy::denial::{denials, has_variables};
use crate::policy::deviation::lacking;
use crate::policy::template::{self, RolePolicy};
use crate::text::counted;

impl Target {
    /// A few characters for a narrow column.
    pub fn short(&self) -> String {
        match self {
            Self::Tier { region } => format!("Tier of {region}"),
            Self::Role { role } => format!("New role {role}"),
            Self::FullAccess { role } => format!("SageMaker access of {role}"),
            Self::Trust { role } => format!("Trust of {role}"),
            Self::Policy { role, policy } => {
                let which = match policy {
                    RolePolicy::Server => "Server",
                    RolePolicy::Client => "Client",
                };
                format!("{which} policy of {role}")
            }
        }
    }

    /// Returns what an option that is on adds to it.
    pub fn with_options(&self, choices: &Choices) -> Option<&'static str> {
        match self {
            Self::Role { role }
                if choices.harden_trust
                    && choices.new_role(role).is_some_and(NewRole::is_sagemaker) =>
            {
                Some(
                    "Hardened (h): the statement for Systems Manager has conditions, so that it may assume the role for requests of \
                 this account alone.",
                )
            }
            Self::Trust { .. } if choices.harden_trust => Some(
                "Hardened (h): the statement has conditions, so that Systems Manager may assume the role for requests of this \
                 account alone.",
            ),
            Self::Policy {
                policy: RolePolicy::Client,
                ..
            } if choices.shell_access => Some(
                "With shell access (s): people may also open plain shells on their nodes from the console or the AWS CLI, without \
                 an SSH key.",
            ),
            Self::Tier { .. }
            | Self::Role { .. }
            | Self::FullAccess { .. }
            | Self::Trust { .. }
            | Self::Policy { .. } => None,
        }
    }

    /// Returns why SageMaker SSH Helper needs it.
    pub fn why(&self) -> &'static str {
        match self {
            Self::Tier { .. } => {
                "Session Manager reaches SageMaker's containers only where this tier of Systems Manager is on. It counts for \
                 all hybrid nodes of this account in the region, and each running one is charged by the hour."
            }
            Self::Role { .. } => {
                "No role that is there is to be used for this, so one is made. Its trust policy lets in those below and nobody \
                 else; what it may do is given to it by changes of their own."
            }
            Self::FullAccess { .. } => {
                "The managed policy that the SageMaker console gives execution roles: with it jobs read and write S3 buckets \
                 with sagemaker in their name, fetch images, write logs, and do nearly everything in SageMaker, jobs under other \
                 roles included that SageMaker may assume (iam:PassRole). Without it the role may do nothing but answer sessions, \
                 until somebody gives it what its jobs need."
            }
            Self::Trust { .. } => {
                "A SageMaker container registers with Systems Manager under this role, and Systems Manager has to be \
                 able to assume it. One statement is added; everything that is there stays."
            }
            Self::Policy {
                policy: RolePolicy::Server,
                ..
            } => {
                "With it the container may register itself with Systems Manager, name its owner, and answer sessions. \
                 It may hand only this role over, and to Systems Manager alone."
            }
            Self::Policy {
                policy: RolePolicy::Client,
                ..
            } => {
                "With it people may open sessions to hybrid nodes that carry their own user ID as owner, and to no others."
            }
        }
    }
}

/// What is said of a policy that is missing where `Item::is_among` holds.
pub const GIVEN_BY_OTHERS: &str = "Nobody is kept out by that: by AWS's policy simulator, other policies of the role give all that is needed.";

impl Item {
    /// Returns what people run into as it is; none where it is in place, or where that is not known.
    pub fn impact(&self) -> Option<String> {
        match self.finding() {
            Finding::InPlace | Finding::Unknown => None,
            // Nobody is kept out by it.
            _ if self.is_blocked_by(Obstacle::NotHardened) => None,
            _ if self.is_blocked_by(Obstacle::UnparsableDocument) => None,
            Finding::Missing | Finding::Differs | Finding::Blocked => match &self.target {
                Target::Tier { .. }
                | Target::Role { .. }
                | Target::FullAccess { .. }
                | Target::Trust { .. } => Some(self.target.consequence()),
                Target::Policy { .. } => {
                    let why = self.impact_reason()?;
                    Some(format!("{why}: {}", self.target.consequence()))
                }
            },
        }
    }

    /// Returns why SSH does not work with the policy that is there, or on which condition it does; none where that
    /// policy gives all of what is wanted.
    fn impact_reason(&self) -> Option<String> {
        let before = self.change().and_then(|change| change.before_text());
        let after = self.change().and_then(|change| change.after_text());
        let parsed = |text: Option<&str>| Document::parse(text?).ok();
        let (Some(before), Some(after)) = (parsed(before), parsed(after)) else {
            return Some("Unless another policy of the role allows it".to_owned());
        };
        let certain = denials(&before, &after, &[])
            .into_iter()
            .find(|denial| denial.is_certain);
        if let Some(denial) = certain {
            return Some(format!(
                "The policy denies {}, and a denial always wins",
                denial.action
            ));
        }
        if after.text().contains("${") && !has_variables(&before) {
            return Some(
                "The policy is in a version of the policy language without variables, where ${aws:userid} is plain text; \
                 unless another policy of the role allows it"
                    .to_owned(),
            );
        }
        let wanted: Vec<_> = after
            .statements()
            .into_iter()
            .filter(|statement| !template::is_for_shells(statement))
            .cloned()
            .collect();
        let lacks = !lacking(&before, &wanted).is_empty();
        // Wildcards may say the same.
        lacks.then(|| "Unless the policies of the role allow it in other words".to_owned())
    }
}

impl Target {
    /// Returns what people run into while it is not in place, with the words of the error.
    pub fn consequence(&self) -> String {
        match self {
            Self::Tier { region } => format!(
                "Nobody can connect in {region}: \"An error occurred (BadRequest) when calling the StartSession operation: \
                 Enable advanced-instances tier to use Session Manager with your on-premises instances\"."
            ),
            Self::Role { .. } => "Nobody can use a role that is not there.".to_owned(),
            Self::FullAccess { .. } => {
                "Jobs under this role cannot read their data, fetch their image or write their log, unless another policy \
                 allows it: AccessDenied in the log of the job."
                    .to_owned()
            }
            Self::Trust { .. } => {
                "Containers cannot register: \"An error occurred (ValidationException) when calling the CreateActivation \
                 operation: Nonexistent role or missing ssm service principal in trust policy\", and then \"failed to \
                 find agent identity\", in the log of the job."
                    .to_owned()
            }
            Self::Policy {
                policy: RolePolicy::Server,
                ..
            } => {
                "Containers cannot register or answer: \"An error occurred (AccessDeniedException) when calling the \
                 CreateActivation operation\", or AccessDenied for another ssm: action, in the log of the job."
                    .to_owned()
            }
            Self::Policy {
                policy: RolePolicy::Client,
                ..
            } => {
                "People with this role cannot connect: \"An error occurred (AccessDeniedException) when calling the \
                 StartSession operation\"."
                    .to_owned()
            }
        }
    }

    /// Returns what it is set up for: "Let Systems Manager assume the role X."
    pub fn goal(&self) -> String {
        match self {
            Self::Tier { region } => format!("Turn on the advanced-instances tier in {region}."),
            Self::Role { role } => format!("Make the role {role}."),
            Self::FullAccess { role } => {
                format!("Attach the managed policy {FULL_ACCESS} to the role {role}.")
            }
            Self::Trust { role } => format!("Let Systems Manager assume the role {role}."),
            Self::Policy { role, policy } => format!("Give the role {role} the policy {policy}."),
        }
    }
}

/// What stands above the list of those who may assume a role.
pub const WHO_THEN: &str = "Who may assume the role then:";

impl Change {
    /// Everybody whom the trust policy lets in afterwards, and who is gone; empty for anything else than a trust policy.
    pub fn admitted(&self) -> Vec<(PrincipalChange, Admitted)> {
        let parsed = |text: &String| Document::parse(text.as_str()).ok();
        let of_role = |text: &String| Document::parse(RoleDocument::parse(text)?.trust()).ok();
        let (before, after) = match &self.edit {
            Edit::Trust { before, after, .. } => (parsed(before), parsed(after)),
            Edit::Role { before, after, .. } => (
                before.as_ref().and_then(of_role),
                after.as_ref().and_then(of_role),
            ),
            Edit::Tier { .. } | Edit::FullAccess { .. } | Edit::Policy { .. } => (None, None),
        };
        after.map_or_else(Vec::new, |after| admitted::between(before.as_ref(), &after))
    }

    /// `+` for what is new, `~` for what takes the place of something, `-` for what is deleted.
    pub fn sign(&self) -> &'static str {
        match (self.before(), self.after()) {
            (_, Content::Absent) => "-",
            (Content::Absent, _) => "+",
            _ if self.puts_back || self.replaces() => "~",
            _ => "+",
        }
    }

    /// Returns what it does: "Let Systems Manager assume the role X."
    pub fn sentence(&self) -> String {
        match &self.edit {
            Edit::Tier { after, .. } if after.text() == Tier::Advanced.value() => {
                self.target().goal()
            }
            Edit::Tier { region, after, .. } => {
                format!(
                    "Set the instance tier of {region} back to {}.",
                    after.text()
                )
            }
            Edit::Role {
                role, after: None, ..
            } => format!("Delete the role {role}."),
            Edit::Role { role, .. } if self.puts_back => format!("Make the role {role} again."),
            Edit::FullAccess {
                role, after: None, ..
            } => format!("Detach the managed policy {FULL_ACCESS} from the role {role}."),
            Edit::Trust { role, .. } if self.puts_back => {
                format!("Put the former trust policy of the role {role} back.")
            }
            Edit::Policy {
                role,
                policy,
                after: None,
                ..
            } => format!("Delete the policy {policy} of the role {role}."),
            Edit::Policy { role, policy, .. } if self.puts_back => {
                format!("Put the former policy {policy} of the role {role} back.")
            }
            Edit::Policy {
                role,
                policy,
                before: Some(_),
                ..
            } => format!("Replace the policy {policy} of the role {role}."),
            Edit::Role { .. }
            | Edit::FullAccess { .. }
            | Edit::Trust { .. }
            | Edit::Policy { .. } => self.target().goal(),
        }
    }

    /// The AWS API call that makes it, and its parameters apart from the document.
    pub fn api_call(&self) -> String {
        match &self.edit {
            Edit::Tier {
                region,
                after: TierValue::Set(value),
                ..
            } => format!(
                "ssm:UpdateServiceSetting  (in {region})\n  SettingId     {ACTIVATION_TIER}\n  SettingValue  {value}"
            ),
            Edit::Tier { region, .. } => {
                format!("ssm:ResetServiceSetting  (in {region})\n  SettingId     {ACTIVATION_TIER}")
            }
            Edit::Role {
                role, after: None, ..
            } => format!("iam:DeleteRole\n  RoleName        {role}"),
            Edit::Role { role, after, .. } => {
                let boundary = after.as_deref().and_then(RoleDocument::parse);
                let boundary = boundary.and_then(|document| document.permissions_boundary);
                let boundary = boundary.map_or_else(String::new, |arn| {
                    format!("\n  PermissionsBoundary       {arn}")
                });
                format!(
                    "iam:CreateRole\n  RoleName                  {role}{boundary}\n  Tags                      {TAG} = the run's ID\n  \
                     Path, Description and AssumeRolePolicyDocument as below"
                )
            }
            Edit::FullAccess {
                role,
                after,
                before,
            } => {
                let call = if after.is_some() {
                    "iam:AttachRolePolicy"
                } else {
                    "iam:DetachRolePolicy"
                };
                let arn = after.as_deref().or(before.as_deref()).unwrap_or_default();
                format!("{call}\n  RoleName   {role}\n  PolicyArn  {arn}")
            }
            Edit::Trust { role, .. } => {
                format!(
                    "iam:UpdateAssumeRolePolicy\n  RoleName        {role}\n  PolicyDocument  as below"
                )
            }
            Edit::Policy {
                role,
                policy,
                after: None,
                ..
            } => {
                format!(
                    "iam:DeleteRolePolicy\n  RoleName        {role}\n  PolicyName      {policy}"
                )
            }
            Edit::Policy { role, policy, .. } => format!(
                "iam:PutRolePolicy\n  RoleName        {role}\n  PolicyName      {policy}\n  PolicyDocument  as below"
            ),
        }
    }
}

impl Item {
    /// The item in one sentence, for a person.
    pub fn summary(&self) -> String {
        match &self.state {
            State::Change(change) => change.sentence(),
            State::InPlace(found) => format!("{}: in place. {found}", self.target.short()),
            State::Blocked { reason, .. } => format!("{}: blocked. {reason}", self.target.short()),
        }
    }
}

impl Totals {
    /// `3 to change (1 replaced) · 4 in place · 1 blocked`.
    pub fn line(self, separator: &str) -> String {
        let replaced = match self.replaced {
            0 => String::new(),
            count => format!(" ({count} replaced)"),
        };
        format!(
            "{} to change{replaced} {separator} {} in place {separator} {} blocked",
            self.changes, self.in_place, self.blocked
        )
    }
}

impl Plan {
    /// Returns how many items are in which state: `3 to change · 4 in place · 1 blocked`, or of an undoing `3 to put
    /// back · 1 as before · 1 blocked`.
    pub fn totals_line(&self, separator: &str) -> String {
        let totals = self.totals();
        if self.undoes.is_none() {
            return totals.line(separator);
        }
        let Totals {
            changes,
            in_place,
            blocked,
            ..
        } = totals;
        format!(
            "{changes} to put back {separator} {in_place} as before {separator} {blocked} blocked"
        )
    }

    /// Returns who from other accounts is let in by a trust policy that is written, in a sentence; none where nobody
    /// is.
    pub fn let_in_from_elsewhere(&self) -> Option<String> {
        let account = &self.identity.account;
        let mut names = BTreeSet::new();
        for (_, change) in self.changes() {
            let admitted = change.admitted().into_iter();
            let elsewhere = admitted.filter(|(change, admitted)| {
                *change != PrincipalChange::Gone && admitted.is_from_elsewhere(account)
            });
            names.extend(elsewhere.map(|(_, admitted)| admitted.principal));
        }
        let names: Vec<String> = names.into_iter().collect();
        (!names.is_empty()).then(|| {
            format!(
                "Lets in from outside of this account: {}.",
                names.join(", ")
            )
        })
    }

    /// Returns what confirming does, in one sentence.
    pub fn sentence(&self) -> String {
        let (mut tiers, mut trusts, mut policies, mut replaced, mut deleted) = (0, 0, 0, 0, 0);
        let (mut made, mut gone, mut attached, mut detached) = (0, 0, 0, 0);
        for (_, change) in self.changes() {
            match &change.edit {
                Edit::Tier { .. } => tiers += 1,
                Edit::Role { after: None, .. } => gone += 1,
                Edit::Role { .. } => made += 1,
                Edit::FullAccess { after: None, .. } => detached += 1,
                Edit::FullAccess { .. } => attached += 1,
                Edit::Trust { .. } => trusts += 1,
                Edit::Policy { after: None, .. } => deleted += 1,
                Edit::Policy { .. } if change.replaces() && !change.puts_back => replaced += 1,
                Edit::Policy { .. } => policies += 1,
            }
        }
        let (tier, trust, policy) = if self.undoes.is_some() {
            (
                "puts the former instance tier back in",
                "puts the former trust policy back on",
                "puts back",
            )
        } else {
            (
                "turns on the advanced-instances tier in",
                "adds a statement to the trust of",
                "creates",
            )
        };
        let verb = if self.undoes.is_some() {
            "makes again"
        } else {
            "makes"
        };
        let parts: Vec<String> = [
            (made, verb, "role"),
            (attached, "attaches a managed policy to", "role"),
            (tiers, tier, "region"),
            (trusts, trust, "role"),
            (policies, policy, "inline policy"),
            (replaced, "replaces", "inline policy"),
            (deleted, "deletes", "inline policy"),
            (detached, "detaches a managed policy from", "role"),
            (gone, "deletes", "role"),
        ]
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, verb, noun)| format!("{verb} {}", counted(count, noun)))
        .collect();
        let what = match parts.split_last() {
            None => "changes nothing".to_owned(),
            Some((last, [])) => last.clone(),
            Some((last, first)) => format!("{} and {last}", first.join(", ")),
        };
        format!(
            "This {what} in the account {}.",
            self.identity.account_label()
        )
    }
}
