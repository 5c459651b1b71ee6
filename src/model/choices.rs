//! What the admin wants.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Identity;
use crate::text::option;

/// Where people start their SSH sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectFrom {
    #[default]
    Laptop,
    Studio,
    Both,
}

impl ConnectFrom {
    /// Its word on the command line and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Laptop => "laptop",
            Self::Studio => "studio",
            Self::Both => "both",
        }
    }

    /// Returns whether people come with a role of their own, which then needs the client policy.
    pub fn uses_user_roles(self) -> bool {
        matches!(self, Self::Laptop | Self::Both)
    }

    /// Returns whether SageMaker Studio is a client too, so that SageMaker roles carry both policies.
    pub fn uses_studio(self) -> bool {
        matches!(self, Self::Studio | Self::Both)
    }
}

/// The admin's choices; roles by name, regions by code, each in the order shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Choices {
    pub connect_from: ConnectFrom,
    pub sagemaker_roles: Vec<String>,
    pub user_roles: Vec<String>,
    pub regions: Vec<String>,
    /// Adds account and source conditions to the Systems Manager trust statement.
    pub harden_trust: bool,
    /// Lets people open a plain shell besides SSH (`SSM-SessionManagerRunShell`).
    pub shell_access: bool,
}

impl Choices {
    /// Returns whether the same is wanted, in whatever order it was chosen.
    pub fn is_same(&self, other: &Self) -> bool {
        self.connect_from == other.connect_from
            && sorted(&self.sagemaker_roles) == sorted(&other.sagemaker_roles)
            && self.asked_user_roles() == other.asked_user_roles()
            && sorted(&self.regions) == sorted(&other.regions)
            && self.harden_trust == other.harden_trust
            && self.shell_access == other.shell_access
    }

    /// The chosen roles, of both kinds.
    pub fn roles(&self) -> impl Iterator<Item = &String> {
        self.sagemaker_roles.iter().chain(&self.user_roles)
    }

    /// The chosen regions; with none chosen, the one that the caller works in.
    pub fn regions_or_home<'a>(&'a self, identity: &'a Identity) -> &'a [String] {
        match &self.regions[..] {
            [] => std::slice::from_ref(&identity.home_region),
            chosen => chosen,
        }
    }

    /// The command line options that say the same.
    pub fn arguments(&self) -> Vec<String> {
        let mut words = Vec::new();
        for role in &self.sagemaker_roles {
            words.extend(option("--sagemaker-role", role));
        }
        for role in self.asked_user_roles() {
            words.extend(option("--user-role", role));
        }
        words.extend(option("--regions", &self.regions.join(",")));
        if self.connect_from != ConnectFrom::default() {
            words.extend(option("--connect-from", self.connect_from.as_str()));
        }
        if self.harden_trust {
            words.push("--harden-trust".to_owned());
        }
        if self.shell_access {
            words.push("--shell-access".to_owned());
        }
        words
    }

    /// User roles matter only where people come with one.
    fn asked_user_roles(&self) -> std::collections::BTreeSet<&str> {
        let asked = self.connect_from.uses_user_roles();
        sorted(if asked { &self.user_roles } else { &[] })
    }
}

fn sorted(names: &[String]) -> std::collections::BTreeSet<&str> {
    names.iter().map(String::as_str).collect()
}
