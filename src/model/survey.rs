//! What is there: everything that the plan is computed from.

use std::collections::BTreeMap;

use super::{Identity, RoleReading, TierReading};

/// Size limits of an account, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// `AssumeRolePolicySizeQuota`: one trust policy.
    pub trust: usize,
    /// `RolePolicySizeQuota`: all inline policies of one role together.
    pub inline: usize,
    /// False when the account's own numbers could not be read and these are AWS's defaults.
    pub read: bool,
}

impl Default for Quotas {
    /// AWS's defaults (IAM and STS quotas, IAM User Guide).
    fn default() -> Self {
        Self {
            trust: 2048,
            inline: 10_240,
            read: false,
        }
    }
}

/// A reading of the account.
#[derive(Clone, Debug)]
pub struct Survey {
    pub identity: Identity,
    pub quotas: Quotas,
    /// By role name. An error is the sentence that says why the role could not be read.
    pub roles: BTreeMap<String, Result<RoleReading, String>>,
    /// By region code.
    pub tiers: BTreeMap<String, TierReading>,
}
