//! The embedded account behind `--demo`: a small company's AWS account inside the process, under the real AWS SDK.
//! It reads nothing from the environment and opens no socket.

mod activations;
mod fake_aws;
mod iam;
mod layout;
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

use crate::account::{Source, Wire};
use seed::SeedPolicy;
pub use seed::{Seed, SeedLastUsed, SeedNode, SeedRole};

/// Where IAM's endpoint says that it is.
const IAM_REGION: &str = "us-east-1";

/// The embedded account. Clones share one state.
#[derive(Clone)]
pub struct Demo {
    state: Arc<fake_aws::FakeAws>,
    http: SharedHttpClient,
    /// Other accounts, by the profile that leads to them.
    others: BTreeMap<String, Demo>,
}

/// How true to life the embedded account is.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Answers take about as long as AWS's.
    pub latency: bool,
    /// How many writes to IAM are throttled before the first succeeds.
    pub throttled_writes: u32,
    /// For how long after a write a reading of a role may still show what was there before it.
    pub replica_lag: Duration,
    /// Whether inline policies, too, come back in a layout of IAM's own. Trust policies always do.
    pub lays_out_inline: bool,
}

impl Timing {
    /// As `--demo` shows it.
    pub const REALISTIC: Self = Self {
        latency: true,
        throttled_writes: 1,
        replica_lag: Duration::ZERO,
        lays_out_inline: false,
    };
    /// At once and without trouble.
    pub const INSTANT: Self = Self {
        latency: false,
        throttled_writes: 0,
        replica_lag: Duration::ZERO,
        lays_out_inline: false,
    };
}

/// A role as the embedded account holds it: the trust policy in IAM's layout with sorted lists, inline policies as they
/// were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoRole {
    pub trust: String,
    pub inline: BTreeMap<String, String>,
    /// ARNs of managed policies.
    pub attached: Vec<String>,
    /// The ARN of the permissions boundary.
    pub boundary: Option<String>,
    pub tags: BTreeMap<String, String>,
}

impl Demo {
    /// The account of `assets/demo-account.json`.
    ///
    /// # Errors
    /// Only when the shipped description is damaged.
    pub fn start(timing: Timing) -> Result<Self, serde_json::Error> {
        Ok(Self::with(Seed::shipped()?, timing))
    }

    /// An account of one's own.
    pub fn with(seed: Seed, timing: Timing) -> Self {
        let others = seed.profiles.clone().into_iter();
        let others = others.map(|(profile, seed)| (profile, Self::with(seed, timing)));
        let others = others.collect();
        let state = Arc::new(fake_aws::FakeAws {
            tiers: tiers::Tiers::advanced_in(&seed.advanced),
            iam: iam::Iam::of(&seed),
            seed,
            timing,
            throttled_writes: AtomicU32::new(timing.throttled_writes),
            activations: activations::Activations::default(),
            sessions: fake_aws::Sessions::default(),
        });
        let http = SharedHttpClient::new(fake_aws::Edge::new(Arc::clone(&state)));
        Self {
            state,
            http,
            others,
        }
    }

    /// The account as a source of connections.
    pub fn source(&self) -> Source {
        self.source_through(self.http.clone())
    }

    /// The account's own HTTP client, for a connector that stands in front of it.
    pub fn http(&self) -> SharedHttpClient {
        self.http.clone()
    }

    /// The account as a source, behind another HTTP client; the accounts of other profiles are not.
    pub fn source_through(&self, http: SharedHttpClient) -> Source {
        Source::Wire(Arc::new(self.wire(http)))
    }

    fn wire(&self, http: SharedHttpClient) -> Wire {
        let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "embedded", None, None, "demo");
        let others = self.others.iter();
        Wire {
            http,
            credentials: SharedCredentialsProvider::new(credentials),
            region: self.state.seed.region.clone(),
            label: "demo".to_owned(),
            profiles: others
                .map(|(profile, demo)| (profile.clone(), Arc::new(demo.wire(demo.http()))))
                .collect(),
        }
    }

    /// The hybrid activations that there are, as `DescribeActivations` gives them, each with its region.
    pub fn activations(&self) -> Vec<(String, serde_json::Value)> {
        self.state.activations.all()
    }

    /// Returns what the account holds: every role by name.
    pub fn roles(&self) -> BTreeMap<String, DemoRole> {
        let roles = self.state.iam.roles().into_iter();
        roles
            .map(|role| {
                let held = DemoRole {
                    trust: layout::in_iams_layout(&role.trust, 0),
                    inline: role.inline,
                    attached: role.attached,
                    boundary: role.boundary,
                    tags: role.tags,
                };
                (role.name, held)
            })
            .collect()
    }

    /// The trust policy of a role exactly as it was last written.
    pub fn written_trust(&self, role: &str) -> Option<String> {
        self.state.iam.role(role).map(|role| role.trust)
    }

    /// Returns what the account holds: the tier of a region, none where nobody has set it.
    pub fn tier(&self, region: &str) -> Option<String> {
        self.state.tiers.of(region)
    }
}
