//! IAM roles: what a page of the list says, and what a closer reading adds.

use std::collections::BTreeMap;

/// A role as `ListRoles` gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSummary {
    pub name: String,
    /// With leading and trailing slash.
    pub path: String,
    pub arn: String,
    /// The trust policy's text, decoded.
    pub trust: String,
    pub description: String,
}

/// Who may change a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleKind {
    Ordinary,
    /// Only the AWS service that owns it may change it.
    ServiceLinked,
    /// Made by IAM Identity Center from a permission set; changed only through that set.
    IdentityCenter,
}

impl RoleKind {
    /// The kind, by the path that AWS reserves for it.
    pub fn of_path(path: &str) -> Self {
        if path.starts_with("/aws-service-role/") {
            Self::ServiceLinked
        } else if path.starts_with("/aws-reserved/sso.amazonaws.com/") {
            Self::IdentityCenter
        } else {
            Self::Ordinary
        }
    }
}

impl RoleSummary {
    pub fn kind(&self) -> RoleKind {
        RoleKind::of_path(&self.path)
    }

    /// Its bytes in memory, roughly.
    pub fn size(&self) -> usize {
        let texts = [
            &self.name,
            &self.path,
            &self.arn,
            &self.trust,
            &self.description,
        ];
        texts.into_iter().map(String::len).sum()
    }

    /// Returns whether Systems Manager could not take the role, were it a SageMaker role.
    pub fn is_too_long(&self) -> bool {
        path_and_name_length(&self.path, &self.name) > LONGEST_PATH_AND_NAME
    }
}

/// `CreateActivation`'s `IamRole` takes this many characters, and SageMaker SSH Helper hands over path and name.
pub const LONGEST_PATH_AND_NAME: usize = 64;

fn path_and_name_length(path: &str, name: &str) -> usize {
    path.trim_start_matches('/').len() + name.len()
}

/// Everything of a role that the plan looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleReading {
    pub name: String,
    pub path: String,
    pub arn: String,
    /// The trust policy's text, decoded, byte for byte.
    pub trust: String,
    pub description: String,
    /// The ARN of the permissions boundary, where one is set.
    pub boundary: Option<String>,
    /// What of this program made it, where it did: the value of its tag, see [`TAG`](super::new_role::TAG).
    pub made_by: Option<String>,
    /// Inline policies by name, decoded.
    pub inline: BTreeMap<String, String>,
    pub attached: Vec<AttachedPolicy>,
    /// When it was last used; none where it was not within the last 400 days, or where IAM does not say.
    pub last_used: Option<LastUsed>,
}

/// When and where a role was last used (`RoleLastUsed`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUsed {
    /// The day in UTC: `2026-01-31`.
    pub day: String,
    /// The code of the region; empty where IAM does not say.
    pub region: String,
}

/// A managed policy attached to a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedPolicy {
    pub name: String,
    pub arn: String,
    /// The default version's text; read only for policies that the plan may count as in place.
    pub document: Option<String>,
}

impl RoleReading {
    pub fn kind(&self) -> RoleKind {
        RoleKind::of_path(&self.path)
    }

    /// The characters of `service-role/Name`: how SageMaker SSH Helper hands the role to Systems Manager.
    pub fn path_and_name_length(&self) -> usize {
        path_and_name_length(&self.path, &self.name)
    }
}
