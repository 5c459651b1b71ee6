//! The AWS client. What goes in and out are types of `model` and `CallError`; no `aws_*` type leaves this module, but for
//! the connector of the embedded account. One credentials provider, one identity cache and one HTTP client serve all clients.

mod activations;
mod all_roles;
mod attempts;
mod bounded;
mod connect;
mod credentials;
mod endpoints;
mod error;
mod http;
mod iam;
mod mfa;
mod new_role;
mod nodes;
mod pace;
mod pages;
mod profiles;
mod recent;
mod shared_credentials;
mod simulator;
mod ssm;
mod sts;

pub use attempts::{AttemptSink, Retry};
pub use connect::{Source, Wire};
pub use error::{CallError, ErrorKind};
pub use mfa::{CodePrompt, CodeRequest};
pub use new_role::RoleToMake;
pub use recent::{PROPAGATION, RecentWrites};
pub use simulator::Question;

use std::error::Error;
use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use aws_types::region::Region as SdkRegion;
use aws_types::request_id::RequestId;

use crate::model::Endpoint;

/// A connection to one account with one set of credentials. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Account {
    sdk: SdkConfig,
    sts: aws_sdk_sts::Client,
    iam: aws_sdk_iam::Client,
    credentials: shared_credentials::SharedCredentials,
    home_region: String,
    region_configured: bool,
    attempts: AttemptSink,
    recent: RecentWrites,
    /// When calls to IAM may go out.
    pace: pace::Pace,
    /// Where requests go, where that is not AWS.
    endpoints: Vec<Endpoint>,
    /// The number of the account that STS named first, once it has.
    number: Arc<OnceLock<String>>,
}

impl Account {
    /// The region that the configuration names, or the stand-in where it names none.
    pub fn home_region(&self) -> &str {
        &self.home_region
    }

    /// Returns where requests go, where that is not AWS.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Returns where the credentials come from, in words: "profile prod", "environment variables", "CloudShell". What
    /// is not known before the first request is said in general.
    pub fn credentials(&self) -> String {
        self.credentials.label()
    }

    /// Waits until there are credentials: a person may be asked for a code, or by a credential process. Calls that are made
    /// afterwards have nothing to wait for within their time limits.
    ///
    /// # Errors
    /// When there are none.
    pub async fn ready(&self) -> Result<(), CallError> {
        match self.credentials.get().await {
            Ok(_) => Ok(()),
            Err(failure) => Err(CallError::of_credentials(failure)),
        }
    }

    /// Returns what this program wrote in the account less than a minute ago.
    pub fn recent_writes(&self) -> &RecentWrites {
        &self.recent
    }

    /// The same connection, reporting each retry of its calls.
    #[must_use]
    pub fn observed_by(&self, sink: AttemptSink) -> Self {
        Self {
            attempts: sink,
            ..self.clone()
        }
    }

    fn ssm(&self, region: &str) -> aws_sdk_ssm::Client {
        let config = aws_sdk_ssm::config::Builder::from(&self.sdk)
            .region(SdkRegion::new(region.to_owned()))
            .build();
        aws_sdk_ssm::Client::from_conf(config)
    }
}

/// Returns the answer to a call whose answer may be empty, such as that to a write. Any page with status 200 would do for an
/// empty answer; AWS's carries a request ID.
fn answer_of_aws<T, E>(
    action: &'static str,
    region: Option<&str>,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<T, CallError>
where
    T: RequestId,
    E: ProvideErrorMetadata + Error + 'static,
{
    let answer = answer.map_err(CallError::of(action, region))?;
    match answer.request_id() {
        Some(_) => Ok(answer),
        None => Err(CallError::not_aws(action, "request ID")),
    }
}
