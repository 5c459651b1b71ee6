//! The embedded account behind `--demo`: a small company's AWS account inside the process, under the real AWS SDK.
//! It reads nothing from the environment and opens no socket.

mod activations;
mod edge;
mod readings;
mod roles;
mod seed;
mod simulator;
mod tiers;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use winterbaume_core::{DEFAULT_ACCOUNT_ID, StateViewError, StatefulService};
use winterbaume_iam::IamService;

use crate::account::{Source, Wire};
pub use seed::{Seed, SeedRole};

/// IAM is global; its state is kept where its endpoint says it is.
const IAM_REGION: &str = "us-east-1";

/// Why the embedded account could not be built.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("the embedded account's description cannot be read: {0}")]
    Seed(#[from] serde_json::Error),
    #[error("the embedded account cannot be filled: {0}")]
    State(#[from] StateViewError),
}

/// The embedded account. Clones share one state.
#[derive(Clone)]
pub struct Demo {
    state: Arc<edge::Account>,
    http: SharedHttpClient,
}

/// How true to life the embedded account is.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Answers take about as long as AWS's.
    pub latency: bool,
    /// How many writes to IAM are throttled before the first succeeds.
    pub throttled_writes: u32,
    /// For how long after a write a reading of a role may still show what was there before it.
    pub replica_lag: Duration,
    /// Whether inline policies, too, come back in a layout of IAM's own. Trust policies always do.
    pub lays_out_inline: bool,
}

impl Manner {
    /// As `--demo` shows it.
    pub const LIFELIKE: Self = Self {
        latency: true,
        throttled_writes: 1,
        replica_lag: Duration::ZERO,
        lays_out_inline: false,
    };
    /// At once and without trouble.
    pub const PROMPT: Self = Self {
        latency: false,
        throttled_writes: 0,
        replica_lag: Duration::ZERO,
        lays_out_inline: false,
    };
}

/// A role as the embedded account holds it: the trust policy in IAM's layout with sorted lists, inline policies as they
/// were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRole {
    pub trust: String,
    pub inline: BTreeMap<String, String>,
}

impl Demo {
    /// The account of `assets/demo-account.json`.
    ///
    /// # Errors
    /// Only when the shipped description is damaged.
    pub async fn start(manner: Manner) -> Result<Self, DemoError> {
        Self::with(Seed::shipped()?, manner).await
    }

    /// An account of one's own.
    ///
    /// # Errors
    /// When the description cannot be turned into a state.
    pub async fn with(seed: Seed, manner: Manner) -> Result<Self, DemoError> {
        let iam = IamService::new();
        iam.restore(DEFAULT_ACCOUNT_ID, IAM_REGION, seed.iam_state())
            .await?;
        let state = Arc::new(edge::Account {
            tiers: tiers::Tiers::advanced_in(&seed.advanced),
            seed,
            iam,
            manner,
            throttled_writes: AtomicU32::new(manner.throttled_writes),
            readings: readings::Readings::default(),
            activations: activations::Activations::default(),
        });
        let http = SharedHttpClient::new(edge::Edge::new(Arc::clone(&state)));
        Ok(Self { state, http })
    }

    /// The account as a source of connections.
    pub fn source(&self) -> Source {
        self.source_through(self.http.clone())
    }

    /// The account's own HTTP client, for a connector that stands in front of it.
    pub fn http(&self) -> SharedHttpClient {
        self.http.clone()
    }

    /// The account as a source, behind another HTTP client.
    pub fn source_through(&self, http: SharedHttpClient) -> Source {
        let credentials = Credentials::new(
            "AKIAIOSFODNN7EXAMPLE",
            "embedded",
            None,
            None,
            "embedded account",
        );
        Source::Wire(Arc::new(Wire {
            http,
            credentials: SharedCredentialsProvider::new(credentials),
            region: self.state.seed.region.clone(),
            label: "embedded account".to_owned(),
            profiles: self.state.seed.profiles.clone(),
        }))
    }

    /// The hybrid activations that there are, as `DescribeActivations` gives them, each with its region.
    pub fn activations(&self) -> Vec<(String, serde_json::Value)> {
        self.state.activations.all()
    }

    /// What the account holds: every role by name.
    pub async fn roles(&self) -> BTreeMap<String, HeldRole> {
        let state = self
            .state
            .iam
            .snapshot(DEFAULT_ACCOUNT_ID, IAM_REGION)
            .await;
        state
            .roles
            .into_iter()
            .map(|(name, role)| {
                let inline = role
                    .inline_policies
                    .into_iter()
                    .map(|p| (p.policy_name, p.policy_document))
                    .collect();
                let held = HeldRole {
                    trust: readings::in_iams_layout(&role.assume_role_policy_document, 0),
                    inline,
                };
                (name, held)
            })
            .collect()
    }

    /// The trust policy of a role exactly as it was last written.
    pub async fn written_trust(&self, role: &str) -> Option<String> {
        let role = self.state.role(role).await?;
        Some(role.assume_role_policy_document)
    }

    /// What the account holds: the tier of a region, none where nobody has set it.
    pub fn tier(&self, region: &str) -> Option<String> {
        self.state.tiers.of(region)
    }
}
