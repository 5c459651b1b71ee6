//! The plan in a person's words: one sentence an item, why it is needed, and the API call that does it.

use super::{Item, Plan, State, Target, Totals};
use crate::model::Tier;
use crate::policy::template::SERVER_POLICY;

impl Target {
    /// What the change does: "Let Systems Manager assume the role X."
    pub fn sentence(&self) -> String {
        match self {
            Self::Tier { region } => format!("Turn on advanced instances in {region}."),
            Self::Trust { role } => format!("Let Systems Manager assume the role {role}."),
            Self::Policy { role, policy } => format!("Give the role {role} the policy {policy}."),
        }
    }

    /// A few characters for a narrow column.
    pub fn short(&self) -> String {
        match self {
            Self::Tier { region } => format!("Tier of {region}"),
            Self::Trust { role } => format!("Trust of {role}"),
            Self::Policy { role, policy } => {
                let which = if policy == SERVER_POLICY {
                    "Server"
                } else {
                    "Client"
                };
                format!("{which} policy of {role}")
            }
        }
    }

    /// Why SageMaker SSH Helper needs it.
    pub fn why(&self) -> &'static str {
        match self {
            Self::Tier { .. } => {
                "Session Manager reaches SageMaker's containers only as advanced instances. The tier counts for all \
                 hybrid nodes of this account in the region, and each running one is charged by the hour."
            }
            Self::Trust { .. } => {
                "A SageMaker container registers with Systems Manager under this role, and Systems Manager has to be \
                 able to assume it. One statement is added; everything that is there stays."
            }
            Self::Policy { policy, .. } if policy == SERVER_POLICY => {
                "With it the container may register itself with Systems Manager, name its owner, and answer sessions. \
                 It may hand only this role over, and to Systems Manager alone."
            }
            Self::Policy { .. } => {
                "With it people may open sessions to nodes that carry their own user ID as owner, and to no others."
            }
        }
    }

    /// The AWS API call that makes the change, and its parameters apart from the document.
    pub fn api_call(&self) -> String {
        match self {
            Self::Tier { region } => format!(
                "ssm:UpdateServiceSetting  (in {region})\n  SettingId     /ssm/managed-instance/activation-tier\n  \
                 SettingValue  {}",
                Tier::Advanced
            ),
            Self::Trust { role } => {
                format!(
                    "iam:UpdateAssumeRolePolicy\n  RoleName        {role}\n  PolicyDocument  as below"
                )
            }
            Self::Policy { role, policy } => format!(
                "iam:PutRolePolicy\n  RoleName        {role}\n  PolicyName      {policy}\n  PolicyDocument  as below"
            ),
        }
    }

    /// The AWS CLI command that puts the change back, where no document is needed for it.
    pub fn put_back(&self, change: &super::Change) -> String {
        match (self, &change.before) {
            (Self::Tier { region }, Some(before)) if !change.was_default => format!(
                "aws ssm update-service-setting --region {region} --setting-id \
                 /ssm/managed-instance/activation-tier --setting-value {before}"
            ),
            (Self::Tier { region }, _) => format!(
                "aws ssm reset-service-setting --region {region} --setting-id /ssm/managed-instance/activation-tier"
            ),
            (Self::Policy { role, policy }, None) => {
                format!("aws iam delete-role-policy --role-name {role} --policy-name {policy}")
            }
            (Self::Policy { role, policy }, Some(_)) => {
                format!(
                    "aws iam put-role-policy --role-name {role} --policy-name {policy} with the former document"
                )
            }
            (Self::Trust { role }, _) => {
                format!(
                    "aws iam update-assume-role-policy --role-name {role} with the former document"
                )
            }
        }
    }
}

impl Item {
    /// The item in one sentence, for a person.
    pub fn summary(&self) -> String {
        match &self.state {
            State::Change(_) => self.target.sentence(),
            State::InPlace(found) => format!("{}: in place. {found}", self.target.short()),
            State::Blocked { reason, .. } => format!("{}: blocked. {reason}", self.target.short()),
        }
    }
}

impl Totals {
    /// `3 to change · 4 in place · 1 blocked`.
    pub fn line(self, separator: &str) -> String {
        format!(
            "{} to change {separator} {} in place {separator} {} blocked",
            self.changes, self.in_place, self.blocked
        )
    }
}

impl Plan {
    /// What confirming does, in one sentence.
    pub fn sentence(&self) -> String {
        let (mut tiers, mut trusts, mut policies) = (0, 0, 0);
        for (item, _) in self.changes() {
            match item.target {
                Target::Tier { .. } => tiers += 1,
                Target::Trust { .. } => trusts += 1,
                Target::Policy { .. } => policies += 1,
            }
        }
        let parts: Vec<String> = [
            (tiers, "turns on advanced instances in", "region"),
            (trusts, "adds a statement to the trust of", "role"),
            (policies, "writes", "inline policy"),
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

/// `1 change`, `3 changes`, `2 inline policies`.
pub fn counted(count: usize, noun: &str) -> String {
    match (count, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn numbers_and_nouns_agree() {
        assert_eq!(counted(1, "change"), "1 change");
        assert_eq!(counted(0, "region"), "0 regions");
        assert_eq!(counted(2, "inline policy"), "2 inline policies");
    }
}
