//! The embedded account's description.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::model::Partition;

/// An account, as `assets/demo-account.json` describes it.
#[derive(Clone, Debug, Deserialize)]
pub struct Seed {
    #[serde(default)]
    pub alias: Option<String>,
    /// The home region.
    pub region: String,
    pub caller: Caller,
    /// Other accounts, each behind a profile of its own.
    #[serde(default)]
    pub profiles: BTreeMap<String, Seed>,
    /// Whether the caller may write only what its policies allow.
    #[serde(default)]
    pub is_strict: bool,
    /// Regions that the account has not opted in to.
    #[serde(default)]
    pub not_enabled: Vec<String>,
    /// The version of the session tokens that the global STS endpoint gives.
    #[serde(default = "version_2")]
    pub token_version: u8,
    /// Regions in which advanced instances are already on.
    #[serde(default)]
    pub advanced: Vec<String>,
    /// Managed policies that are attached to nothing, such as permissions boundaries.
    #[serde(default)]
    pub policies: Vec<SeedPolicy>,
    /// Hybrid nodes.
    #[serde(default)]
    pub nodes: Vec<SeedNode>,
    pub roles: Vec<SeedRole>,
    /// Names of IAM users, with their paths.
    #[serde(default)]
    pub users: Vec<String>,
}

/// A hybrid node.
#[derive(Clone, Debug, Deserialize)]
pub struct SeedNode {
    pub region: String,
    pub id: String,
    /// With its path, without the first slash.
    pub role: String,
    #[serde(default = "online")]
    pub ping: String,
    /// In seconds since 1970.
    pub last_ping: f64,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

impl SeedNode {
    /// As `DescribeInstanceInformation` gives it.
    pub(super) fn described(&self) -> Value {
        serde_json::json!({
            "InstanceId": self.id,
            "Name": self.id,
            "PingStatus": self.ping,
            "LastPingDateTime": self.last_ping,
            "IamRole": self.role,
            "ResourceType": "ManagedInstance",
            "PlatformType": "Linux",
        })
    }
}

/// Who STS says is calling.
#[derive(Clone, Debug, Deserialize)]
pub struct Caller {
    pub arn: String,
    pub user_id: String,
}

/// A role; documents as JSON, or as a string for an exact text.
#[derive(Clone, Debug, Deserialize)]
pub struct SeedRole {
    pub name: String,
    #[serde(default = "root_path")]
    pub path: String,
    #[serde(default)]
    pub description: String,
    pub trust: Value,
    #[serde(default)]
    pub inline: BTreeMap<String, Value>,
    #[serde(default)]
    pub attached: Vec<SeedPolicy>,
    #[serde(default)]
    pub boundary: Option<String>,
    #[serde(default)]
    pub last_used: Option<SeedLastUsed>,
}

/// When and where a role was last used.
#[derive(Clone, Debug, Deserialize)]
pub struct SeedLastUsed {
    /// As `2026-01-31`.
    pub day: String,
    pub region: String,
}

/// A managed policy.
#[derive(Clone, Debug, Deserialize)]
pub struct SeedPolicy {
    pub name: String,
    pub document: Value,
}

fn version_2() -> u8 {
    2
}

fn online() -> String {
    "Online".to_owned()
}

fn root_path() -> String {
    "/".to_owned()
}

impl Seed {
    /// The description that is shipped.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn shipped() -> Result<Self, serde_json::Error> {
        serde_json::from_str(include_str!("../../assets/demo-account.json"))
    }

    /// The account's number: the caller's.
    pub(super) fn account(&self) -> &str {
        self.caller.arn.split(':').nth(4).unwrap_or_default()
    }

    /// The partition of the account: the caller's.
    pub(super) fn partition(&self) -> Partition {
        Partition::of_arn(&self.caller.arn).unwrap_or_default()
    }
}
