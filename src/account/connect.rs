//! From a source of credentials to clients: AWS's own chain, with explicit retries and time limits, or a given wire.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::identity::SharedIdentityCache;
use aws_types::SdkConfig;
use aws_types::region::Region as SdkRegion;

use super::bounded::Bounded;
use super::credentials::{DEFAULT_PROFILE, Selection, named_profile};
use super::endpoints;
use super::http;
use super::mfa::CodePrompt;
use super::pace::{Pace, Paced};
use super::profiles::Profiles;
use super::shared_credentials::{SharedCredentials, in_cloudshell};
use super::{Account, AttemptSink, CallError, RecentWrites};

/// Where requests go when no region is configured: the one from which IAM and STS of the `aws` partition answer.
const STAND_IN_REGION: &str = "us-east-1";

/// Where credentials and the connection come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// AWS's own chain: environment, profiles, SSO, `aws login`, processes, container (CloudShell), instance.
    Chain,
    /// An HTTP client given from outside; nothing of the environment is read.
    Wire(Arc<Wire>),
}

/// An account that answers through a given HTTP client.
#[derive(Debug)]
pub struct Wire {
    pub http: SharedHttpClient,
    pub credentials: SharedCredentialsProvider,
    pub region: String,
    /// What stands for the credentials' origin on the screen.
    pub label: String,
    /// Other accounts, by the profile that leads to them.
    pub profiles: BTreeMap<String, Arc<Wire>>,
}

impl Wire {
    /// The profiles, its own first.
    fn names(&self) -> Vec<String> {
        let others = self.profiles.keys().cloned();
        std::iter::once(DEFAULT_PROFILE.to_owned())
            .chain(others)
            .collect()
    }
}

impl Source {
    /// Returns whether it is the embedded account, in which nothing is real.
    pub fn is_demo(&self) -> bool {
        matches!(self, Self::Wire(_))
    }

    /// The profiles of the AWS config and credentials files, sorted.
    ///
    /// # Errors
    /// When a file is there but cannot be read or understood.
    pub async fn profiles(&self) -> Result<Vec<String>, CallError> {
        match self {
            Self::Wire(wire) => Ok(wire.names()),
            Self::Chain => {
                let profiles = profiles().await?;
                Ok(profiles.names())
            }
        }
    }

    /// Prepares the clients; no request is made yet. Nobody is asked for a code.
    ///
    /// # Errors
    /// When the profile does not exist or leads to no credentials, or a file cannot be understood.
    pub async fn connect(&self, profile: Option<&str>) -> Result<Account, CallError> {
        self.connect_asking(profile, &CodePrompt::default()).await
    }

    /// The same; where the profile asks for a code, it is asked for when the first request is made.
    ///
    /// # Errors
    /// As [`Source::connect`].
    pub async fn connect_asking(
        &self,
        profile: Option<&str>,
        prompt: &CodePrompt,
    ) -> Result<Account, CallError> {
        let (sdk, credentials) = match self {
            Self::Chain => chain(profile, prompt).await?,
            Self::Wire(wire) => {
                let label =
                    profile.map_or_else(|| wire.label.clone(), |name| format!("profile {name}"));
                let wire = match profile.filter(|name| *name != DEFAULT_PROFILE) {
                    None => wire,
                    Some(name) => {
                        let Some(other) = wire.profiles.get(name) else {
                            return Err(CallError::unknown_profile(name, &wire.names()));
                        };
                        other
                    }
                };
                let credentials = wire.credentials.clone();
                let credentials = SharedCredentials::new(credentials, Some(label), false);
                (wire_config(wire), credentials)
            }
        };
        let region = sdk.region().map(ToString::to_string);
        let region_configured = region.is_some();
        let home_region = region.unwrap_or_else(|| STAND_IN_REGION.to_owned());
        let sdk = sdk
            .into_builder()
            .region(SdkRegion::new(home_region.clone()))
            .build();
        let endpoints = endpoints::of(&sdk)?;
        let pace = Pace::default();
        Ok(Account {
            sts: aws_sdk_sts::Client::new(&sdk),
            iam: iam(&sdk, &pace),
            sdk,
            credentials,
            home_region,
            region_configured,
            attempts: AttemptSink::default(),
            recent: RecentWrites::default(),
            pace,
            endpoints,
            number: Arc::default(),
        })
    }
}

/// IAM's client keeps a pace of its own; all clones share it.
fn iam(sdk: &SdkConfig, pace: &Pace) -> aws_sdk_iam::Client {
    let mut config = aws_sdk_iam::config::Builder::from(sdk);
    if let Some(http) = sdk.http_client() {
        config = config.http_client(Paced::over(http, pace));
    }
    aws_sdk_iam::Client::from_conf(config.build())
}

async fn chain(
    profile: Option<&str>,
    prompt: &CodePrompt,
) -> Result<(SdkConfig, SharedCredentials), CallError> {
    let profiles = profiles().await?;
    let selection = Selection::of(profile, variable, &profiles)?;
    // Whose other settings hold, region and endpoints among them.
    let settings = named_profile(profile, variable).unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
    let setting = |key: &str| profiles.get(&settings)?.get(key).cloned();
    let http = http::client(ca_bundle(setting("ca_bundle")).await?)
        .map_err(|why| CallError::configuration(format!("TLS cannot be set up: {why}.")))?;
    let http = Bounded::over(http);
    let files = EnvConfigFiles::builder()
        .with_contents(
            EnvConfigFileKind::Config,
            profiles.settings_for_sdk(&settings),
        )
        .build();
    let region = variable("AWS_REGION")
        .or_else(|| variable("AWS_DEFAULT_REGION"))
        .or_else(|| setting("region"))
        .map(SdkRegion::new);
    let region = match (&selection, region) {
        // An instance knows where it is.
        (Selection::Surroundings, None) => {
            let config = ProviderConfig::without_region().with_http_client(http.clone());
            let provider = ImdsRegionProvider::builder().configure(&config).build();
            provider.region().await
        }
        (_, region) => region,
    };
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .profile_files(files)
        .profile_name("default")
        .region(region.clone())
        .retry_config(retries())
        .timeout_config(time_limits())
        .http_client(http.clone())
        .no_credentials();
    if let Ok(name) = AppName::new(env!("CARGO_PKG_NAME")) {
        loader = loader.app_name(name);
    }
    let sdk = loader.load().await;
    let home = region.unwrap_or_else(|| SdkRegion::new(STAND_IN_REGION));
    let config = ProviderConfig::without_region()
        .with_region(Some(home.clone()))
        .with_http_client(http);
    // For the call that assumes a profile's role.
    let sdk_at_home = sdk.to_builder().region(home).build();
    let label = selection.label();
    let provider = selection.provider(&sdk_at_home, &config, prompt);
    let credentials = SharedCredentials::new(provider, label, in_cloudshell(variable));
    let sdk = sdk
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials.clone()))
        .identity_cache(identity_cache())
        .build();
    Ok((sdk, credentials))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The credentials have no time limit of their own: a person may be asked.
fn identity_cache() -> SharedIdentityCache {
    IdentityCache::lazy()
        .load_timeout(Duration::from_hours(1))
        .build()
}

/// The config and credentials files.
async fn profiles() -> Result<Profiles, CallError> {
    let read = tokio::task::spawn_blocking(|| Profiles::of_environment(variable)).await;
    match read {
        Ok(Ok(profiles)) => Ok(profiles),
        Ok(Err(error)) => Err(CallError::configuration(error.to_string())),
        Err(error) => Err(CallError::configuration(error.to_string())),
    }
}

/// The certificates that are trusted in place of the system's, as the AWS CLI has it: those of `AWS_CA_BUNDLE`, or of the
/// profile's `ca_bundle`.
async fn ca_bundle(of_profile: Option<String>) -> Result<Option<Vec<u8>>, CallError> {
    let (name, path) = match (variable("AWS_CA_BUNDLE"), of_profile) {
        (Some(path), _) => ("AWS_CA_BUNDLE", path),
        (None, Some(path)) => ("ca_bundle", path),
        (None, None) => return Ok(None),
    };
    let wrong = |why: String| {
        CallError::configuration(format!(
            "{name} names the file {path}, which cannot be used: {why}."
        ))
    };
    let read = {
        let path = path.clone();
        tokio::task::spawn_blocking(move || std::fs::read(path)).await
    };
    let bytes = read
        .map_err(|error| wrong(error.to_string()))?
        .map_err(|error| wrong(error.to_string()))?;
    let usable = http::usable_certificates(&bytes);
    if usable.is_empty() {
        Err(wrong(
            "it holds no usable certificate in PEM form".to_owned(),
        ))
    } else {
        Ok(Some(usable))
    }
}

fn wire_config(wire: &Wire) -> SdkConfig {
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(SdkRegion::new(wire.region.clone()))
        .http_client(Bounded::over(wire.http.clone()))
        .credentials_provider(wire.credentials.clone())
        .identity_cache(aws_sdk_sts::config::IdentityCache::lazy().build())
        .sleep_impl(TokioSleep::new())
        .retry_config(retries())
        .timeout_config(time_limits());
    if let Ok(name) = AppName::new(env!("CARGO_PKG_NAME")) {
        config = config.app_name(name);
    }
    config.build()
}

/// Set in so many words: without it, some values of `AWS_RETRY_MODE` and `AWS_MAX_ATTEMPTS` make the SDK panic.
fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(5)
        .with_initial_backoff(Duration::from_millis(500))
        .with_max_backoff(Duration::from_secs(8))
}

/// The SDK itself has no limit but the one for connecting.
fn time_limits() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(4))
        .operation_attempt_timeout(Duration::from_secs(10))
        .operation_timeout(Duration::from_secs(45))
        .build()
}
