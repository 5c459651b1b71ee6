//! What the admin wants.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Identity, NewRole, Purpose};
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
    /// Those of the chosen roles that are to be made, where they are not there yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new_roles: Vec<NewRole>,
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
            && sorted(&self.new_roles) == sorted(&other.new_roles)
    }

    /// The chosen role of this name, where it is one to be made.
    pub fn new_role(&self, name: &str) -> Option<&NewRole> {
        let mut new = self.asked_new_roles();
        new.find(|new| new.name == name)
    }

    /// The roles to be made, as far as they are asked for: without user roles where nobody comes with one.
    pub fn asked_new_roles(&self) -> impl Iterator<Item = &NewRole> {
        let for_people = self.connect_from.uses_user_roles();
        let new = self.new_roles.iter();
        new.filter(move |new| for_people || new.is_sagemaker())
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
        let is_there = |role: &&str| self.new_role(role).is_none();
        for role in self
            .sagemaker_roles
            .iter()
            .map(String::as_str)
            .filter(is_there)
        {
            words.extend(option("--sagemaker-role", role));
        }
        for role in self.asked_user_roles().into_iter().filter(is_there) {
            words.extend(option("--user-role", role));
        }
        words.extend(self.new_role_arguments());
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

    /// The options for the roles to be made. On the command line all new user roles let in the same people, and all new roles
    /// have the same boundary; where the choices differ in that, the first one's stand there.
    fn new_role_arguments(&self) -> Vec<String> {
        let mut words = Vec::new();
        let new: Vec<&NewRole> = self.asked_new_roles().collect();
        for role in &new {
            let flag = if role.is_sagemaker() {
                "--new-sagemaker-role"
            } else {
                "--new-user-role"
            };
            words.extend(option(flag, &role.name));
        }
        let is_without = |new: &&NewRole| new.is_sagemaker() && !new.has_full_access();
        if new.iter().any(is_without) {
            words.push("--without-full-access".to_owned());
        }
        let people = new.iter().find_map(|new| match &new.purpose {
            Purpose::People {
                assumed_by,
                own_session_names,
            } => Some((assumed_by, *own_session_names)),
            Purpose::Sagemaker { .. } => None,
        });
        if let Some((assumed_by, own_session_names)) = people {
            for who in assumed_by {
                words.extend(option("--assumed-by", who.arn()));
            }
            if own_session_names {
                words.push("--own-session-names".to_owned());
            }
        }
        if let Some(boundary) = new.iter().find_map(|new| new.boundary.as_ref()) {
            words.extend(option("--permissions-boundary", boundary));
        }
        words
    }

    /// User roles matter only where people come with one.
    fn asked_user_roles(&self) -> BTreeSet<&str> {
        let asked = self.connect_from.uses_user_roles();
        let roles: &[String] = if asked { &self.user_roles } else { &[] };
        roles.iter().map(String::as_str).collect()
    }
}

fn sorted<T: Ord>(list: &[T]) -> BTreeSet<&T> {
    list.iter().collect()
}
