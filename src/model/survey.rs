//! What is there: everything that the plan is computed from.

use std::collections::BTreeMap;

use super::{Identity, NodeReading, RoleReading, TierReading};

/// What the account summary says: size limits in characters, and the version of session tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// `AssumeRolePolicySizeQuota`: one trust policy.
    pub trust: usize,
    /// `RolePolicySizeQuota`: all inline policies of one role together.
    pub inline: usize,
    /// False when the account's own numbers could not be read and these are AWS's defaults.
    pub read: bool,
    /// Whether sessions of the global STS endpoint get tokens of version 1, which only the default regions take
    /// (`GlobalEndpointTokenVersion` of the account summary).
    pub has_version_1_tokens: bool,
}

impl Default for Quotas {
    /// AWS's defaults (IAM and STS quotas, IAM User Guide).
    fn default() -> Self {
        Self {
            trust: 2048,
            inline: 10_240,
            read: false,
            has_version_1_tokens: false,
        }
    }
}

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    pub cause: UnreadCause,
    /// The sentence for a person, with the way out.
    pub why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnreadCause {
    /// It may not be read.
    Denied,
    /// There is no such thing.
    NotFound,
    /// It may be read another time.
    Other,
}

/// A reading of the account.
#[derive(Clone, Debug)]
pub struct Survey {
    pub identity: Identity,
    pub quotas: Quotas,
    /// By role name.
    pub roles: BTreeMap<String, Result<RoleReading, Unread>>,
    /// By region code.
    pub tiers: BTreeMap<String, TierReading>,
    /// How many hybrid nodes there are, by region code; a region that was not asked about is missing.
    pub nodes: BTreeMap<String, NodeReading>,
}
