//! What an item of the plan is about, and the ID by which every output calls it.

use std::fmt;
use std::str::FromStr;

use crate::model::arn::is_role_name;
use crate::model::new_role::FULL_ACCESS;
use crate::model::region::is_region_code;
use crate::policy::template::RolePolicy;

/// An item's ID that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not the ID of an item")]
pub struct UnknownTarget(String);

/// What one item of the plan is about. Its display form is the item's ID in every output.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// The activation tier of a region.
    Tier { region: String },
    /// A role that is to be made, with its trust policy.
    Role { role: String },
    /// The trust policy of a role.
    Trust { role: String },
    /// The managed policy `AmazonSageMakerFullAccess` on a new role.
    FullAccess { role: String },
    /// An inline policy of a role.
    Policy { role: String, policy: RolePolicy },
}

impl Target {
    /// Returns whether its names could be names in AWS.
    fn is_plausible(&self) -> bool {
        match self {
            Self::Tier { region } => is_region_code(region),
            Self::Role { role }
            | Self::Trust { role }
            | Self::FullAccess { role }
            | Self::Policy { role, .. } => is_role_name(role),
        }
    }

    /// The role that the item belongs to; items of one role are carried out one after another.
    pub fn role(&self) -> Option<&str> {
        match self {
            Self::Tier { .. } => None,
            Self::Role { role }
            | Self::Trust { role }
            | Self::FullAccess { role }
            | Self::Policy { role, .. } => Some(role),
        }
    }
}

impl FromStr for Target {
    type Err = UnknownTarget;

    fn from_str(id: &str) -> Result<Self, UnknownTarget> {
        let target = id.split_once(':').and_then(|(kind, rest)| match kind {
            "tier" => Some(Self::Tier {
                region: rest.to_owned(),
            }),
            "role" => Some(Self::Role {
                role: rest.to_owned(),
            }),
            "trust" => Some(Self::Trust {
                role: rest.to_owned(),
            }),
            "attached" => {
                let (role, policy) = rest.split_once('/')?;
                let role = role.to_owned();
                (policy == FULL_ACCESS).then_some(Self::FullAccess { role })
            }
            "policy" => {
                let (role, policy) = rest.split_once('/')?;
                Some(Self::Policy {
                    role: role.to_owned(),
                    policy: RolePolicy::named(policy)?,
                })
            }
            _ => None,
        });
        target
            .filter(Target::is_plausible)
            .ok_or_else(|| UnknownTarget(id.to_owned()))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tier { region } => write!(f, "tier:{region}"),
            Self::Role { role } => write!(f, "role:{role}"),
            Self::Trust { role } => write!(f, "trust:{role}"),
            Self::FullAccess { role } => write!(f, "attached:{role}/{FULL_ACCESS}"),
            Self::Policy { role, policy } => write!(f, "policy:{role}/{policy}"),
        }
    }
}
