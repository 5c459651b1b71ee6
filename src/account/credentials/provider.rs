//! Providers of credentials that say of which profile they are when they fail, and the session of a role.

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_types::SdkConfig;

use super::{SESSION_NAME, failure_in};
use crate::account::error::{CredentialsFailure, ErrorKind, innermost};
use crate::account::mfa::CodePrompt;

/// A provider that says of which profile it is when it fails.
#[derive(Debug)]
pub(super) struct OfProfile<T> {
    pub(super) profile: String,
    pub(super) how: How,
    pub(super) inner: T,
}

/// What helps when it fails.
#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    /// The output of another program.
    Process,
    /// A person signs in with this command.
    SignIn(&'static str),
}

impl<T: ProvideCredentials> ProvideCredentials for OfProfile<T> {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let answer = self.inner.provide_credentials().await;
            answer.map_err(|error| self.failure(&error))
        })
    }
}

impl<T> OfProfile<T> {
    fn failure(&self, error: &CredentialsError) -> CredentialsError {
        let (profile, why) = (&self.profile, innermost(error));
        match self.how {
            How::Process => {
                let why = why
                    .strip_prefix("Error retrieving credentials: ")
                    .unwrap_or(&why);
                failed(
                    ErrorKind::CredentialsFailed,
                    format!("The credential process of the profile {profile} failed: {why}"),
                )
            }
            How::SignIn(command) => {
                let profile = crate::text::shell_word(profile);
                failed(
                    ErrorKind::NotSignedIn {
                        command: format!("{command} --profile {profile}"),
                    },
                    format!(
                        "There are no credentials of the profile {}; its session may have expired ({why}).",
                        self.profile
                    ),
                )
            }
        }
    }
}

/// The session of a role, with a code where the profile asks for one.
#[derive(Debug)]
pub(super) struct AssumedRole {
    /// With the credentials of the source.
    pub(super) sdk: SdkConfig,
    pub(super) prompt: CodePrompt,
    pub(super) profile: String,
    pub(super) arn: String,
    pub(super) session_name: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) duration_seconds: Option<i32>,
    pub(super) mfa_serial: Option<String>,
}

impl AssumedRole {
    async fn credentials(&self) -> provider::Result {
        let code = match &self.mfa_serial {
            None => None,
            Some(serial) => {
                let code = self.prompt.code(&self.profile, serial).await;
                Some(code.ok_or_else(|| self.needs_code(serial))?)
            }
        };
        let session_name = self.session_name.clone().unwrap_or_else(|| {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            format!("{SESSION_NAME}-{}", now.unwrap_or_default().as_secs())
        });
        let answer = aws_sdk_sts::Client::new(&self.sdk)
            .assume_role()
            .role_arn(&self.arn)
            .role_session_name(session_name)
            .set_external_id(self.external_id.clone())
            .set_duration_seconds(self.duration_seconds)
            .set_serial_number(self.mfa_serial.clone())
            .set_token_code(code)
            .send()
            .await
            .map_err(|error| {
                if let Some(failure) = failure_in(&error) {
                    return CredentialsError::provider_error(failure);
                }
                tracing::warn!(
                    profile = self.profile,
                    code = error.code(),
                    "role not assumed"
                );
                let why = match (error.code(), error.message()) {
                    (Some(code), Some(message)) => format!("{code}, {message}"),
                    _ => innermost(&error),
                };
                failed(
                    ErrorKind::CredentialsFailed,
                    format!(
                        "The role {} of the profile {} could not be assumed: {why}",
                        self.arn, self.profile
                    ),
                )
            })?;
        let keys = answer
            .credentials()
            .ok_or_else(|| CredentialsError::unhandled("the answer has no credentials"))?;
        let expiry = std::time::SystemTime::try_from(*keys.expiration());
        Ok(Credentials::new(
            keys.access_key_id(),
            keys.secret_access_key(),
            Some(keys.session_token().to_owned()),
            expiry.ok(),
            "AssumedRole",
        ))
    }

    fn needs_code(&self, serial: &str) -> CredentialsError {
        failed(
            ErrorKind::MfaNeeded {
                profile: self.profile.clone(),
            },
            format!(
                "The profile {} asks for a code of the MFA device {serial}, and none was given.",
                self.profile
            ),
        )
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

fn failed(kind: ErrorKind, message: String) -> CredentialsError {
    CredentialsError::provider_error(CredentialsFailure { kind, message })
}
