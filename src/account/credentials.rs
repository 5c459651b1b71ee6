//! Which credentials are used, in the AWS CLI's order: a named profile alone; else the environment's keys; else the
//! profile of `AWS_PROFILE`; else the default profile, and only then a web identity, a container or an instance.

use std::path::PathBuf;

use aws_credential_types::Credentials;
use aws_sdk_sts::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_types::SdkConfig;
use aws_types::region::Region;

use aws_config::credential_process::CredentialProcessProvider;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::login::LoginCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::provider_config::ProviderConfig;
use aws_config::sso::SsoCredentialsProvider;
use aws_config::web_identity_token::{StaticConfiguration, WebIdentityTokenCredentialsProvider};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};

use super::CallError;
use super::error::{CredentialsFailure, ErrorKind, innermost};
use super::mfa::CodePrompt;
use super::profiles::{Profiles, Section};

/// A role session's name where the profile gives none.
const SESSION_NAME: &str = env!("CARGO_PKG_NAME");
const DEFAULT_PROFILE: &str = "default";

/// Where credentials come from, as far as files and environment say.
#[derive(Debug)]
pub(super) enum Selection {
    Environment,
    Profile(String, ProfileSource),
    /// A web identity of the environment, a container (CloudShell), an instance.
    Surroundings,
}

/// Where a profile's credentials come from.
#[derive(Debug)]
pub(super) enum ProfileSource {
    Keys(Credentials),
    Process(String),
    IdentityCenter {
        /// The name of the `sso-session` section, where there is one.
        session: Option<String>,
        start_url: String,
        region: String,
        account: String,
        role: String,
    },
    /// `aws login`.
    Login(String),
    WebIdentity(StaticConfiguration),
    /// What `credential_source` names.
    Named(NamedSource),
    Role(Box<RoleSource>),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum NamedSource {
    Environment,
    Instance,
    Container,
}

/// A role that a profile assumes with the credentials of another one.
#[derive(Debug)]
pub(super) struct RoleSource {
    profile: String,
    arn: String,
    session_name: Option<String>,
    external_id: Option<String>,
    duration_seconds: Option<i32>,
    mfa_serial: Option<String>,
    base: ProfileSource,
}

/// The name of the profile that was asked for, on the command line or in the environment.
pub(super) fn named_profile(
    profile: Option<&str>,
    environment: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let variable = |name| environment(name).filter(|value| !value.is_empty());
    let named = profile.map(str::to_owned);
    // In this order, as botocore has it.
    named
        .or_else(|| variable("AWS_DEFAULT_PROFILE"))
        .or_else(|| variable("AWS_PROFILE"))
}

impl Selection {
    /// What is used.
    ///
    /// # Errors
    /// When the profile that was asked for does not exist, or does not lead to credentials.
    pub(super) fn of(
        profile: Option<&str>,
        environment: impl Fn(&str) -> Option<String>,
        profiles: &Profiles,
    ) -> Result<Self, CallError> {
        let named = named_profile(profile, &environment);
        if let Some(name) = &named
            && profiles.get(name).is_none()
        {
            return Err(CallError::unknown_profile(name, &profiles.names()));
        }
        let has_keys = environment("AWS_ACCESS_KEY_ID").is_some_and(|key| !key.is_empty());
        if profile.is_none() && has_keys {
            return Ok(Self::Environment);
        }
        if let Some(name) = named {
            let source = ProfileSource::of(profiles, &name, &mut Vec::new())?;
            return match source {
                Some(source) => Ok(Self::Profile(name, source)),
                None => Err(CallError::no_credentials_in(&name)),
            };
        }
        let source = ProfileSource::of(profiles, DEFAULT_PROFILE, &mut Vec::new())?;
        Ok(source.map_or(Self::Surroundings, |source| {
            Self::Profile(DEFAULT_PROFILE.to_owned(), source)
        }))
    }

    /// The profile whose other settings hold, region and endpoints among them.
    pub(super) fn settings_profile(&self) -> &str {
        match self {
            Self::Profile(name, _) => name,
            Self::Environment | Self::Surroundings => DEFAULT_PROFILE,
        }
    }

    /// Where the credentials come from, in words; none where that is known only once they have come.
    pub(super) fn label(&self) -> Option<String> {
        match self {
            Self::Environment => Some("environment variables".to_owned()),
            Self::Profile(name, source) => {
                let how = source.how();
                Some(if how.is_empty() {
                    format!("profile {name}")
                } else {
                    format!("profile {name} ({how})")
                })
            }
            Self::Surroundings => None,
        }
    }

    /// The provider of the credentials; nothing is asked yet.
    pub(super) fn provider(
        self,
        sdk: &SdkConfig,
        config: &ProviderConfig,
        prompt: &CodePrompt,
    ) -> SharedCredentialsProvider {
        match self {
            Self::Environment => {
                SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new())
            }
            Self::Profile(name, source) => source.provider(&name, sdk, config, prompt),
            Self::Surroundings => {
                let web_identity = WebIdentityTokenCredentialsProvider::builder();
                let container = EcsCredentialsProvider::builder();
                let instance = ImdsCredentialsProvider::builder();
                SharedCredentialsProvider::new(
                    CredentialsProviderChain::first_try(
                        "WebIdentityToken",
                        web_identity.configure(config).build(),
                    )
                    .or_else("Container", container.configure(config).build())
                    .or_else("Instance", instance.configure(config).build()),
                )
            }
        }
    }
}

impl ProfileSource {
    /// The source of a profile's credentials; none where it has none. `chain` are the profiles that led here.
    fn of(
        profiles: &Profiles,
        name: &str,
        chain: &mut Vec<String>,
    ) -> Result<Option<Self>, CallError> {
        let Some(section) = profiles.get(name) else {
            return match chain.last() {
                None => Ok(None),
                Some(from) => Err(CallError::configuration(format!(
                    "The profile {from} has source_profile = {name}, and there is no profile of that name. {}",
                    CallError::known_profiles(&profiles.names())
                ))),
            };
        };
        let is_repeated = chain.iter().any(|known| known == name);
        let value = |key: &str| section.get(key).filter(|value| !value.is_empty()).cloned();
        let role_arn = value("role_arn").filter(|_| value("web_identity_token_file").is_none());
        if let (Some(arn), false) = (role_arn, is_repeated) {
            let base = match (value("source_profile"), value("credential_source")) {
                (Some(source), None) => {
                    chain.push(name.to_owned());
                    Self::of(profiles, &source, chain)?
                        .ok_or_else(|| CallError::no_credentials_in(&source))?
                }
                (None, Some(source)) => Self::Named(NamedSource::of(name, &source)?),
                _ => {
                    return Err(CallError::configuration(format!(
                        "The profile {name} has role_arn, and needs either source_profile or credential_source with it."
                    )));
                }
            };
            return Ok(Some(Self::Role(Box::new(RoleSource {
                profile: name.to_owned(),
                arn,
                session_name: value("role_session_name"),
                external_id: value("external_id"),
                duration_seconds: value("duration_seconds").and_then(|text| text.parse().ok()),
                mfa_serial: value("mfa_serial"),
                base,
            }))));
        }
        if is_repeated && chain.last().is_some_and(|last| last != name) {
            let way = chain.join(", ");
            return Err(CallError::configuration(format!(
                "The profiles {way} lead to each other by source_profile, and none of them to credentials."
            )));
        }
        Self::without_role(profiles, name, section)
    }

    /// The source of a profile that assumes no role, or of one that is its own source.
    fn without_role(
        profiles: &Profiles,
        name: &str,
        section: &Section,
    ) -> Result<Option<Self>, CallError> {
        let value = |key: &str| section.get(key).filter(|value| !value.is_empty()).cloned();
        if let (Some(file), Some(role_arn)) = (value("web_identity_token_file"), value("role_arn"))
        {
            return Ok(Some(Self::WebIdentity(StaticConfiguration {
                web_identity_token_file: PathBuf::from(file),
                role_arn,
                session_name: value("role_session_name").unwrap_or_else(|| SESSION_NAME.to_owned()),
            })));
        }
        if let (Some(account), Some(role)) = (value("sso_account_id"), value("sso_role_name")) {
            let session = value("sso_session");
            let of_session = match &session {
                Some(session) => Some(profiles.sso_session(session).ok_or_else(|| {
                    CallError::configuration(format!(
                        "The profile {name} has sso_session = {session}, and the config file has no section \
                         [sso-session {session}]."
                    ))
                })?),
                None => None,
            };
            let setting = |key: &str| {
                let inherited = of_session.and_then(|section| section.get(key).cloned());
                inherited.or_else(|| value(key)).ok_or_else(|| {
                    CallError::configuration(format!(
                        "The profile {name} is for Identity Center, and {key} is missing."
                    ))
                })
            };
            return Ok(Some(Self::IdentityCenter {
                start_url: setting("sso_start_url")?,
                region: setting("sso_region")?,
                session,
                account,
                role,
            }));
        }
        if let Some(session) = value("login_session") {
            return Ok(Some(Self::Login(session)));
        }
        if let Some(key) = value("aws_access_key_id") {
            let secret = value("aws_secret_access_key").ok_or_else(|| {
                CallError::configuration(format!(
                    "The profile {name} has aws_access_key_id, and no aws_secret_access_key."
                ))
            })?;
            let token = value("aws_session_token");
            return Ok(Some(Self::Keys(Credentials::new(
                key,
                secret,
                token,
                None,
                "ProfileFile",
            ))));
        }
        Ok(value("credential_process").map(Self::Process))
    }

    /// How the credentials are obtained, in a few words.
    fn how(&self) -> String {
        match self {
            Self::Keys(_) => String::new(),
            Self::Process(_) => "credential process".to_owned(),
            Self::IdentityCenter { .. } => "Identity Center".to_owned(),
            Self::Login(_) => "aws login".to_owned(),
            Self::WebIdentity(_) => "web identity token".to_owned(),
            Self::Named(NamedSource::Environment) => "environment variables".to_owned(),
            Self::Named(NamedSource::Instance) => "EC2 instance".to_owned(),
            Self::Named(NamedSource::Container) => "container".to_owned(),
            Self::Role(role) => {
                let name = role.arn.rsplit('/').next().unwrap_or(&role.arn);
                let mfa = role.mfa_serial.as_ref().map_or("", |_| ", MFA");
                format!("role {name}{mfa}")
            }
        }
    }

    fn provider(
        self,
        profile: &str,
        sdk: &SdkConfig,
        config: &ProviderConfig,
        prompt: &CodePrompt,
    ) -> SharedCredentialsProvider {
        match self {
            Self::Keys(keys) => SharedCredentialsProvider::new(keys),
            Self::Process(command) => SharedCredentialsProvider::new(OfProfile {
                profile: profile.to_owned(),
                how: How::Process,
                inner: CredentialProcessProvider::new(command),
            }),
            Self::IdentityCenter {
                session,
                start_url,
                region,
                account,
                role,
            } => {
                let mut builder = SsoCredentialsProvider::builder()
                    .configure(config)
                    .start_url(start_url)
                    .region(Region::new(region))
                    .account_id(account)
                    .role_name(role);
                builder.set_session_name(session);
                SharedCredentialsProvider::new(OfProfile {
                    profile: profile.to_owned(),
                    how: How::SignIn("aws sso login"),
                    inner: builder.build(),
                })
            }
            Self::Login(session) => SharedCredentialsProvider::new(OfProfile {
                profile: profile.to_owned(),
                how: How::SignIn("aws login"),
                inner: LoginCredentialsProvider::builder(session)
                    .configure(config)
                    .build(),
            }),
            Self::WebIdentity(configuration) => SharedCredentialsProvider::new(
                WebIdentityTokenCredentialsProvider::builder()
                    .configure(config)
                    .static_configuration(configuration)
                    .build(),
            ),
            Self::Named(NamedSource::Environment) => {
                SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new())
            }
            Self::Named(NamedSource::Instance) => SharedCredentialsProvider::new(
                ImdsCredentialsProvider::builder().configure(config).build(),
            ),
            Self::Named(NamedSource::Container) => SharedCredentialsProvider::new(
                EcsCredentialsProvider::builder().configure(config).build(),
            ),
            Self::Role(role) => {
                let role = *role;
                let base = role.base.provider(&role.profile, sdk, config, prompt);
                SharedCredentialsProvider::new(AssumedRole {
                    sdk: sdk.to_builder().credentials_provider(base).build(),
                    prompt: prompt.clone(),
                    profile: role.profile,
                    arn: role.arn,
                    session_name: role.session_name,
                    external_id: role.external_id,
                    duration_seconds: role.duration_seconds,
                    mfa_serial: role.mfa_serial,
                })
            }
        }
    }
}

impl NamedSource {
    fn of(profile: &str, source: &str) -> Result<Self, CallError> {
        match source {
            "Environment" => Ok(Self::Environment),
            "Ec2InstanceMetadata" => Ok(Self::Instance),
            "EcsContainer" => Ok(Self::Container),
            other => Err(CallError::configuration(format!(
                "The profile {profile} has credential_source = {other}; it can be Environment, Ec2InstanceMetadata or \
                 EcsContainer."
            ))),
        }
    }
}

/// A provider that says of which profile it is when it fails.
#[derive(Debug)]
struct OfProfile<T> {
    profile: String,
    how: How,
    inner: T,
}

/// What helps when it fails.
#[derive(Clone, Copy, Debug)]
enum How {
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
struct AssumedRole {
    /// With the credentials of the source.
    sdk: SdkConfig,
    prompt: CodePrompt,
    profile: String,
    arn: String,
    session_name: Option<String>,
    external_id: Option<String>,
    duration_seconds: Option<i32>,
    mfa_serial: Option<String>,
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

/// The failure that a provider of ours reported, wherever it stands among the causes.
pub(super) fn failure_in(error: &(dyn std::error::Error + 'static)) -> Option<CredentialsFailure> {
    super::error::find::<CredentialsFailure>(error).cloned()
}

/// What an error of a provider means.
pub(super) fn failure(error: &CredentialsError, label: &str) -> CredentialsFailure {
    if let Some(failure) = failure_in(error) {
        return failure;
    }
    let text = DisplayErrorContext(error).to_string();
    let kind = match error {
        CredentialsError::CredentialsNotLoaded(_) => ErrorKind::NoCredentials,
        CredentialsError::ProviderTimedOut(_) => ErrorKind::TimedOut,
        _ if text.to_lowercase().contains("expired") => ErrorKind::Expired,
        _ => ErrorKind::CredentialsFailed,
    };
    let message = format!(
        "The credentials of the {label} could not be obtained: {}",
        innermost(error)
    );
    CredentialsFailure { kind, message }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn selected(
        config: &str,
        credentials: &str,
        profile: Option<&str>,
        environment: &[(&str, &str)],
    ) -> Result<String, String> {
        let profiles = Profiles::of_texts(config, credentials);
        let get = |name: &str| {
            let mut found = environment.iter().filter(|(known, _)| *known == name);
            found.next().map(|(_, value)| (*value).to_owned())
        };
        Selection::of(profile, get, &profiles)
            .map(|selection| {
                selection
                    .label()
                    .unwrap_or_else(|| "surroundings".to_owned())
            })
            .map_err(|error| error.to_string())
    }

    const KEYS: &str = "[dev]\naws_access_key_id = A\naws_secret_access_key = s\n";

    #[test]
    fn the_order_is_the_aws_clis() {
        let key = ("AWS_ACCESS_KEY_ID", "A");
        let profile = ("AWS_PROFILE", "dev");
        for (named, environment, expected) in [
            (Some("dev"), vec![key], "profile dev"),
            (None, vec![key, profile], "environment variables"),
            (None, vec![profile], "profile dev"),
            (None, vec![("AWS_DEFAULT_PROFILE", "dev")], "profile dev"),
            (None, vec![], "surroundings"),
            (None, vec![("AWS_PROFILE", "")], "surroundings"),
        ] {
            assert_eq!(selected("", KEYS, named, &environment).unwrap(), expected);
        }
        let default = "[default]\naws_access_key_id = A\naws_secret_access_key = s\n";
        assert_eq!(selected("", default, None, &[]).unwrap(), "profile default");
    }

    #[test]
    fn what_was_named_and_is_not_there_stops_everything() {
        let config = include_str!("../../tests/cases/23-aws-profile-that-does-not-exist/config");
        let credentials =
            include_str!("../../tests/cases/23-aws-profile-that-does-not-exist/credentials");
        let named =
            |profile: &str| selected(config, credentials, None, &[("AWS_PROFILE", profile)]);
        let error = named("prdo").unwrap_err();
        assert!(
            error.contains("prdo does not exist. There are: dev, prod."),
            "{error}"
        );
        let error = named("prod").unwrap_err();
        assert!(error.contains("source_profile = gone"), "{error}");
        assert!(error.contains("There are: dev, prod."), "{error}");
        assert_eq!(named("dev").unwrap(), "profile dev");
        // Also with keys in the environment, as in the AWS CLI.
        let both = [("AWS_PROFILE", "prdo"), ("AWS_ACCESS_KEY_ID", "A")];
        assert!(selected(config, credentials, None, &both).is_err());
        // A profile without credentials never leads on to a container or an instance.
        let error = selected("[profile x]\nregion = eu-west-1\n", "", Some("x"), &[]).unwrap_err();
        assert!(
            error.contains("The profile x has no credentials"),
            "{error}"
        );
    }

    #[test]
    fn each_kind_of_profile_is_known() {
        let config = include_str!("../../tests/cases/19-mfa-serial-profile/config");
        let credentials = include_str!("../../tests/cases/19-mfa-serial-profile/credentials");
        assert_eq!(
            selected(config, credentials, Some("admin-mfa"), &[]).unwrap(),
            "profile admin-mfa (role Admin, MFA)"
        );
        let config = include_str!("../../tests/cases/21-sso-session-with-blanks/config");
        assert_eq!(
            selected(config, "", Some("work"), &[]).unwrap(),
            "profile work (Identity Center)"
        );
        let config = include_str!("../../tests/cases/26-credential-process-that-asks/config");
        assert_eq!(
            selected(config, "", Some("slow"), &[]).unwrap(),
            "profile slow (credential process)"
        );
        let own = "[profile self]\nrole_arn = arn:aws:iam::123456789012:role/R\nsource_profile = self\n\
                   aws_access_key_id = A\naws_secret_access_key = s\n";
        assert_eq!(
            selected(own, "", Some("self"), &[]).unwrap(),
            "profile self (role R)"
        );
    }

    #[test]
    fn what_is_wrong_with_a_profile_is_named() {
        for (config, expected) in [
            (
                "[profile x]\nrole_arn = a\nsource_profile = y\n[profile y]\nrole_arn = b\nsource_profile = x\n",
                "lead to each other",
            ),
            (
                "[profile x]\nrole_arn = a\n",
                "needs either source_profile or credential_source",
            ),
            (
                "[profile x]\nrole_arn = a\ncredential_source = Moon\n",
                "credential_source = Moon",
            ),
            (
                "[profile x]\nsso_session = Gone\nsso_account_id = 1\nsso_role_name = r\n",
                "no section [sso-session Gone]",
            ),
            (
                "[profile x]\naws_access_key_id = A\n",
                "no aws_secret_access_key",
            ),
        ] {
            let error = selected(config, "", Some("x"), &[]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
