//! What a check found as JSON: a public format with a version.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::format::{ItemFile, VERSION, entry};
use super::readiness::Readiness;
use super::{Finding, Plan};
use crate::model::{Choices, Endpoint};
use crate::policy::template::RolePolicy;
use crate::text::clean_json;

const CHECK: &str = "sagemaker-ssh-setup/check";

/// What a check found, in its public form.
#[derive(Serialize, JsonSchema)]
pub struct CheckFile<'a> {
    #[schemars(extend("const" = "sagemaker-ssh-setup/check"))]
    format: &'static str,
    #[schemars(extend("const" = 1))]
    version: u64,
    account: &'a str,
    partition: &'a str,
    identity: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    endpoints: &'a [Endpoint],
    choices: &'a Choices,
    in_place: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    readiness: Option<&'a Readiness>,
    items: Vec<FindingFile>,
    /// The command that makes the changes that can be made; null where there is none.
    fix_command: Option<&'a str>,
    proof: &'a [ProofFile],
    /// What a real activation showed.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<&'a LiveFile>,
    /// The hybrid nodes that are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<&'a [RegionNodesFile]>,
}

/// The hybrid nodes of a region, in their public form.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RegionNodesFile {
    pub region: String,
    /// Why they are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// All hybrid nodes of the region.
    pub all: usize,
    pub online: usize,
    pub complete: bool,
    /// Those of the chosen SageMaker roles.
    pub nodes: Vec<NodeFile>,
    /// Further nodes of those roles, whose owner was not asked for.
    pub further: usize,
}

/// A hybrid node, in its public form.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NodeFile {
    pub id: String,
    pub name: String,
    pub role: String,
    pub online: bool,
    /// In seconds since 1970.
    pub last_ping: Option<i64>,
    /// The value of the tag `SSHOwner`; null where there is none, or it is not known.
    pub owner: Option<String>,
    /// What the owner is.
    #[schemars(extend("enum" = ["good", "placeholder", "unstable", "shared", "no-user-id", "none", "unknown"]))]
    pub owner_kind: &'static str,
}

/// An item of a check.
#[derive(Serialize, JsonSchema)]
struct FindingFile {
    #[serde(flatten)]
    item: ItemFile<Finding>,
    /// What people run into while it is not in place; null where it is, or where that is not known.
    impact: Option<String>,
    /// Whether other policies of the role give all that a policy that is missing would.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    given_by_others: bool,
}

/// What a check knows besides the plan.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    /// The roles to which other policies give all that the one that is asked for would.
    pub given: &'a BTreeSet<(String, RolePolicy)>,
    pub readiness: Option<&'a Readiness>,
    pub fix_command: Option<&'a str>,
    pub proof: &'a [ProofFile],
    pub live: Option<&'a LiveFile>,
    pub nodes: Option<&'a [RegionNodesFile]>,
}

/// What a live check came to, in its public form.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LiveFile {
    pub region: String,
    pub roles: Vec<TrialFile>,
    /// Activations that an earlier check left behind, and that were removed.
    pub removed: Vec<RemainingFile>,
    /// Activations of this program's that may still be there.
    pub remaining: Vec<RemainingFile>,
}

/// What came of a role, in its public form.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TrialFile {
    pub role: String,
    #[schemars(extend("enum" = ["works", "refused", "unknown"]))]
    pub verdict: &'static str,
    pub reason: Option<String>,
}

/// An activation, in its public form; its ID is null where only its region is known.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RemainingFile {
    pub region: String,
    pub id: Option<String>,
}

/// What the policy simulator says of a role, in its public form.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ProofFile {
    pub role: String,
    #[schemars(extend("enum" = ["creates-activations", "passes-itself-to-systems-manager", "tags-its-activations", "answers-sessions", "reports-its-node", "passes-itself-to-nobody-else", "fetches-keys", "finds-nodes", "starts-own-sessions", "runs-own-commands", "opens-shells", "starts-nobody-elses-sessions", "tags-no-nodes", "leaves-keys", "searches-logs", "lists-jobs"]))]
    pub assertion: &'static str,
    /// `shared`: people connect from SageMaker Studio, where all sessions of an execution role have one user ID.
    #[schemars(extend("enum" = ["true", "wrong", "shared", "unknown"]))]
    pub verdict: &'static str,
    pub reason: Option<String>,
    /// The actions that are not as they should be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<&'static str>,
}

impl Plan {
    /// Returns what was found, in the public format of a check: the plan's, with each item's finding as its state.
    ///
    /// # Errors
    /// Only when serialisation fails, which no plan causes.
    pub fn check_to_json(&self, checked: &Checked<'_>) -> Result<String, serde_json::Error> {
        let file = CheckFile {
            format: CHECK,
            version: VERSION,
            account: &self.identity.account,
            partition: self.identity.partition.as_str(),
            identity: &self.identity.arn,
            endpoints: &self.identity.endpoints,
            choices: &self.choices,
            in_place: self.is_in_place(),
            readiness: checked.readiness,
            items: self
                .items
                .iter()
                .map(|item| FindingFile {
                    item: entry(item, item.finding()),
                    impact: item.impact().filter(|_| !item.is_among(checked.given)),
                    given_by_others: item.is_among(checked.given),
                })
                .collect(),
            fix_command: checked.fix_command,
            proof: checked.proof,
            live: checked.live,
            nodes: checked.nodes,
        };
        serde_json::to_string_pretty(&file).map(|text| clean_json(text + "\n"))
    }
}
