//! From a source of credentials to clients: AWS's own chain, with explicit retries and time limits, or a given wire.

use std::sync::Arc;
use std::time::Duration;

use aws_config::default_provider::region::DefaultRegionChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder as HttpBuilder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use aws_types::os_shim_internal::{Env, Fs};
use aws_types::region::Region as SdkRegion;

use super::credentials::Origin;
use super::inline_names::InlineNames;
use super::pace::Paced;
use super::{Account, AttemptSink, CallError};

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
    /// The names offered for a profile switch; any of them leads to the same account.
    pub profiles: Vec<String>,
}

impl Source {
    /// The profiles of the AWS config and credentials files, sorted.
    ///
    /// # Errors
    /// When a file is there but cannot be read.
    pub async fn profiles(&self) -> Result<Vec<String>, CallError> {
        match self {
            Self::Wire(wire) => Ok(wire.profiles.clone()),
            Self::Chain => {
                let files = EnvConfigFiles::default();
                let set = aws_config::profile::load(&Fs::real(), &Env::real(), &files, None)
                    .await
                    .map_err(|error| CallError::configuration(&error))?;
                let mut names: Vec<_> = set.profiles().map(str::to_owned).collect();
                names.sort_unstable();
                Ok(names)
            }
        }
    }

    /// Prepares the clients; no request is made yet.
    ///
    /// # Errors
    /// When the named profile does not exist.
    pub async fn connect(&self, profile: Option<&str>) -> Result<Account, CallError> {
        let (sdk, origin) = match self {
            Self::Chain => chain(self, profile).await?,
            Self::Wire(wire) => {
                let label =
                    profile.map_or_else(|| wire.label.clone(), |name| format!("profile {name}"));
                (wire_config(wire), Origin::fixed(label))
            }
        };
        let region = sdk.region().map(ToString::to_string);
        let region_configured = region.is_some();
        let home_region = region.unwrap_or_else(|| STAND_IN_REGION.to_owned());
        let sdk = sdk
            .into_builder()
            .region(SdkRegion::new(home_region.clone()))
            .build();
        Ok(Account {
            sts: aws_sdk_sts::Client::new(&sdk),
            iam: iam(&sdk),
            sdk,
            credentials: origin,
            home_region,
            region_configured,
            attempts: AttemptSink::default(),
            inline_names: InlineNames::default(),
        })
    }
}

/// IAM's client keeps a pace of its own; all clones share it.
fn iam(sdk: &SdkConfig) -> aws_sdk_iam::Client {
    let mut config = aws_sdk_iam::config::Builder::from(sdk);
    if let Some(http) = sdk.http_client() {
        config = config.http_client(Paced::over(http));
    }
    aws_sdk_iam::Client::from_conf(config.build())
}

async fn chain(source: &Source, profile: Option<&str>) -> Result<(SdkConfig, Origin), CallError> {
    let http = http_client();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .retry_config(retries())
        .timeout_config(time_limits())
        .http_client(http.clone());
    if let Ok(name) = AppName::new(env!("CARGO_PKG_NAME")) {
        loader = loader.app_name(name);
    }
    if let Some(name) = profile {
        let known = source.profiles().await?;
        if !known.iter().any(|profile| profile == name) {
            return Err(CallError::unknown_profile(name, &known));
        }
        // The chain would prefer credentials of the environment; a profile that was asked for comes first, as in the
        // AWS CLI.
        let region = DefaultRegionChain::builder()
            .profile_name(name)
            .build()
            .region()
            .await;
        let region = region.unwrap_or_else(|| SdkRegion::new(STAND_IN_REGION));
        let config = ProviderConfig::without_region()
            .with_region(Some(region))
            .with_http_client(http.clone());
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&config)
            .profile_name(name)
            .build();
        loader = loader.profile_name(name).credentials_provider(provider);
    }
    let sdk = loader.load().await;
    let origin = Origin::for_chain(profile);
    let sdk = match sdk.credentials_provider() {
        Some(provider) => {
            let watched = SharedCredentialsProvider::new(origin.watch(provider));
            sdk.into_builder().credentials_provider(watched).build()
        }
        None => sdk,
    };
    Ok((sdk, origin))
}

fn wire_config(wire: &Wire) -> SdkConfig {
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(SdkRegion::new(wire.region.clone()))
        .http_client(wire.http.clone())
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

/// One client, and so one pool of connections, for everything. `HTTPS_PROXY` and its kin are honoured, as in the AWS
/// CLI.
fn http_client() -> SharedHttpClient {
    HttpBuilder::new().build_with_connector_fn(|settings, components| {
        let mut builder = Connector::builder().proxy_config(ProxyConfig::from_env());
        if let Some(settings) = settings {
            builder = builder.connector_settings(settings.clone());
        }
        builder.set_sleep_impl(
            components.and_then(aws_sdk_sts::config::RuntimeComponents::sleep_impl),
        );
        builder
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build()
    })
}
