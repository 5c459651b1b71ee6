//! A role that is to be made, as it was chosen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Partition;
use super::arn::{RoleArn, RoleArnError, is_role_name};

/// The managed policy that the SageMaker console gives execution roles.
pub const FULL_ACCESS: &str = "AmazonSageMakerFullAccess";
/// What every role made by this program says of itself in IAM's lists.
pub const DESCRIPTION: &str = "Made by sagemaker-ssh-setup for SageMaker SSH Helper";
/// The key of the tag that a role made by this program carries. Its value is the ID of the run; of an export, the sum of its plan;
/// of a role made by hand with the guide, a word.
pub const TAG: &str = "sagemaker-ssh-setup";

/// A role that is to be made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct NewRole {
    pub name: String,
    #[serde(flatten)]
    pub purpose: Purpose,
    /// The ARN of a permissions boundary, where the organization demands one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<String>,
}

/// What a new role is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "for", rename_all = "kebab-case")]
pub enum Purpose {
    /// SageMaker runs jobs under it.
    Sagemaker {
        /// Whether it gets the managed policy [`FULL_ACCESS`].
        full_access: bool,
    },
    /// People have it when they connect.
    People {
        /// Who may assume it.
        assumed_by: Vec<Trusted>,
        /// Whether IAM users have to name their session after themselves.
        own_session_names: bool,
    },
}

/// Somebody of the account who may assume a new role: an IAM user or role by its ARN, or with the account's root as ARN everybody
/// whom IAM lets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Trusted(String);

/// What kind of principal somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustedKind {
    User,
    Role,
    /// Everybody in the account whose own policies allow it.
    Account,
}

/// Why a text names nobody who may assume a new role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustedError {
    #[error(
        "This is nobody who could assume a role. Give the ARN of an IAM user or role, as \
         arn:aws:iam::123456789012:user/jane, or \"account\" for everybody whom IAM lets."
    )]
    NotAPrincipal,
    #[error(
        "This belongs to the account {0}, and a new role lets in people of its own account alone."
    )]
    OtherAccount(String),
    #[error("This belongs to another partition than the account's, {0}.")]
    OtherPartition(Partition),
    #[error(transparent)]
    Role(#[from] RoleArnError),
}

impl Trusted {
    /// Reads an ARN of this account, or the word `account`.
    ///
    /// # Errors
    /// With a sentence that says what is wrong.
    pub fn read(word: &str, partition: &Partition, account: &str) -> Result<Self, TrustedError> {
        let word = word.trim();
        if word == "account" {
            return Ok(Self::account(partition, account));
        }
        let of = Partition::of_arn(word).ok_or(TrustedError::NotAPrincipal)?;
        let fields: Vec<&str> = word.splitn(6, ':').collect();
        let [_, _, "iam", "", number, resource] = fields[..] else {
            // A session is no principal that lasts.
            return match word.parse::<RoleArn>() {
                Err(error @ RoleArnError::Session(_)) => Err(error.into()),
                _ => Err(TrustedError::NotAPrincipal),
            };
        };
        if number != account {
            return Err(TrustedError::OtherAccount(
                number
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(64)
                    .collect(),
            ));
        }
        if of != *partition {
            return Err(TrustedError::OtherPartition(partition.clone()));
        }
        let is_path = |path: &str| path.bytes().all(|b| (0x21..=0x7e).contains(&b));
        match resource.split_once('/') {
            None if resource == "root" => {}
            Some(("user" | "role", rest)) => {
                let (path, name) = rest.rsplit_once('/').unwrap_or(("", rest));
                if !is_role_name(name) || !is_path(path) {
                    return Err(TrustedError::NotAPrincipal);
                }
            }
            _ => return Err(TrustedError::NotAPrincipal),
        }
        Ok(Self(word.to_owned()))
    }

    /// The words of a text that names several, with blanks or commas between them. A comma may be part of a name.
    pub fn separated(text: &str) -> Vec<String> {
        let text = text
            .replace(",arn:", " arn:")
            .replace(",account", " account");
        text.split([' ', ';', '\n', '\r', '\t'])
            .map(str::to_owned)
            .filter(|word| !word.is_empty())
            .collect()
    }

    /// Everybody in the account whose own policies allow it.
    pub fn account(partition: &Partition, account: &str) -> Self {
        Self(format!("arn:{partition}:iam::{account}:root"))
    }

    /// The role with this ARN.
    pub fn role(arn: &RoleArn) -> Self {
        Self(arn.to_string())
    }

    pub fn arn(&self) -> &str {
        &self.0
    }

    pub fn kind(&self) -> TrustedKind {
        match self.0.rsplit(':').next().unwrap_or_default() {
            "root" => TrustedKind::Account,
            resource if resource.starts_with("user/") => TrustedKind::User,
            _ => TrustedKind::Role,
        }
    }

    /// The name without its path; for the account, "the account".
    pub fn name(&self) -> &str {
        match self.kind() {
            TrustedKind::Account => "the account",
            TrustedKind::User | TrustedKind::Role => self.0.rsplit('/').next().unwrap_or_default(),
        }
    }
}

impl NewRole {
    /// Returns whether it could have been chosen in an account: a text from elsewhere may say anything.
    pub fn is_possible(&self, partition: &str, account: &str) -> bool {
        let partition = Partition::of_arn(&format!("arn:{partition}")).unwrap_or_default();
        let here =
            |who: &Trusted| Trusted::read(who.arn(), &partition, account).as_ref() == Ok(who);
        let has_people = self.is_sagemaker() || !self.assumed_by().is_empty();
        bad_name(&self.name).is_none()
            && has_people
            && self.assumed_by().iter().all(here)
            && self.boundary.as_deref().is_none_or(is_policy_arn)
    }

    /// Returns whether SageMaker runs jobs under it.
    pub fn is_sagemaker(&self) -> bool {
        matches!(self.purpose, Purpose::Sagemaker { .. })
    }

    /// Returns whether it gets the managed policy [`FULL_ACCESS`].
    pub fn has_full_access(&self) -> bool {
        matches!(self.purpose, Purpose::Sagemaker { full_access: true })
    }

    /// Returns whether everybody who may assume it has to name the session after themselves.
    pub fn fixes_all_session_names(&self) -> bool {
        let is_user = |who: &Trusted| who.kind() == TrustedKind::User;
        matches!(&self.purpose, Purpose::People { assumed_by, own_session_names: true } if assumed_by.iter().all(is_user))
    }

    /// Those who may assume it; nobody of a SageMaker role.
    pub fn assumed_by(&self) -> &[Trusted] {
        match &self.purpose {
            Purpose::People { assumed_by, .. } => assumed_by,
            Purpose::Sagemaker { .. } => &[],
        }
    }
}

/// Returns why a new role cannot have this name; none where it can. Systems Manager takes 64 characters for path and name
/// together, and a new role has no path.
pub fn bad_name(name: &str) -> Option<&'static str> {
    let is_taken_by_aws = |prefix: &str| name.starts_with(prefix);
    if name.is_empty() {
        Some("A role needs a name.")
    } else if name.chars().count() > 64 {
        Some("A role's name has at most 64 characters, for IAM and for Systems Manager.")
    } else if !is_role_name(name) {
        Some("A role's name has letters, digits and _+=,.@- only.")
    } else if is_taken_by_aws("AWSReservedSSO_") || is_taken_by_aws("AWSServiceRoleFor") {
        Some("Names that begin so are AWS's own.")
    } else {
        None
    }
}

/// Returns whether a text is the ARN of a managed policy, as a permissions boundary is.
pub fn is_policy_arn(text: &str) -> bool {
    let fields: Vec<&str> = text.splitn(6, ':').collect();
    let [_, _, "iam", "", owner, resource] = fields[..] else {
        return false;
    };
    let is_owner = owner == "aws" || owner.len() == 12 && owner.bytes().all(|b| b.is_ascii_digit());
    let name = resource.strip_prefix("policy/");
    let name = name.and_then(|name| name.rsplit('/').next());
    Partition::of_arn(text).is_some()
        && is_owner
        && name.is_some_and(super::arn::is_policy_name)
        && resource.bytes().all(|b| (0x21..=0x7e).contains(&b))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn those_who_are_let_in_are_users_roles_or_everybody_of_the_account() {
        let partition = Partition::default();
        let read = |word: &str| Trusted::read(word, &partition, "123456789012");
        for (word, kind, name) in [
            (
                "arn:aws:iam::123456789012:user/jane",
                TrustedKind::User,
                "jane",
            ),
            (
                "arn:aws:iam::123456789012:user/team/a/jane",
                TrustedKind::User,
                "jane",
            ),
            (
                " arn:aws:iam::123456789012:role/Dev ",
                TrustedKind::Role,
                "Dev",
            ),
            (
                "arn:aws:iam::123456789012:root",
                TrustedKind::Account,
                "the account",
            ),
            ("account", TrustedKind::Account, "the account"),
        ] {
            let trusted = read(word).unwrap();
            assert_eq!((trusted.kind(), trusted.name()), (kind, name), "{word}");
        }
        for word in [
            "",
            "jane",
            "*",
            "arn:aws:iam::123456789012:group/g",
            "arn:aws:iam::123456789012:user/",
            "arn:aws:iam::123456789012:user/a b",
            "arn:aws:iam::123456789012:policy/p",
            "arn:aws:sts::123456789012:assumed-role/Dev/me",
            "arn:aws:iam::210987654321:user/jane",
            "arn:aws-cn:iam::123456789012:user/jane",
        ] {
            assert!(read(word).is_err(), "{word}");
        }
    }

    #[test]
    fn a_name_is_held_against_iams_and_systems_managers_rules() {
        assert_eq!(bad_name("SageMaker-Execution"), None);
        assert_eq!(bad_name(&"x".repeat(64)), None);
        for name in [
            "",
            "a b",
            "a/b",
            "ü",
            "AWSReservedSSO_X",
            "AWSServiceRoleForX",
        ] {
            assert!(bad_name(name).is_some(), "{name}");
        }
        assert!(bad_name(&"x".repeat(65)).unwrap().contains("64"));
    }

    #[test]
    fn a_boundary_is_the_arn_of_a_managed_policy() {
        assert!(is_policy_arn(
            "arn:aws:iam::123456789012:policy/team/Boundary"
        ));
        assert!(is_policy_arn("arn:aws:iam::aws:policy/PowerUserAccess"));
        for text in [
            "",
            "Boundary",
            "arn:aws:iam::123456789012:role/R",
            "arn:aws:iam::1:policy/P",
        ] {
            assert!(!is_policy_arn(text), "{text}");
        }
    }
}
