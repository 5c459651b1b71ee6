//! Which credentials are used, in the AWS CLI's order: a named profile alone; else the environment's keys; else the
//! profile of `AWS_PROFILE`; else the default profile, and only then a web identity, a container or an instance.

mod provider;

use std::path::PathBuf;

use aws_credential_types::Credentials;
use aws_sdk_sts::error::DisplayErrorContext;
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
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;

use super::CallError;
use super::error::{CredentialsFailure, ErrorKind, innermost};
use super::mfa::CodePrompt;
use super::profiles::{Profiles, Section};
use provider::{AssumedRole, How, OfProfile};

/// A role session's name where the profile gives none.
const SESSION_NAME: &str = env!("CARGO_PKG_NAME");
pub(super) const DEFAULT_PROFILE: &str = "default";

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
    /// The profile of the base.
    base_profile: String,
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
    /// Returns what is used.
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
        // As in the AWS CLI, a web identity comes before all of a profile but a role.
        let is_set = |name: &str| environment(name).is_some_and(|value| !value.is_empty());
        let has_web_identity = is_set("AWS_WEB_IDENTITY_TOKEN_FILE") && is_set("AWS_ROLE_ARN");
        let source =
            source.filter(|source| matches!(source, ProfileSource::Role(_)) || !has_web_identity);
        Ok(source.map_or(Self::Surroundings, |source| {
            Self::Profile(DEFAULT_PROFILE.to_owned(), source)
        }))
    }

    /// Returns where the credentials come from, in words; none where that is known only once they have come.
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
        // Another profile's source with keys of its own gives these, whatever role it assumes itself.
        let gives_keys = !chain.is_empty() && value("aws_access_key_id").is_some();
        let role_arn =
            value("role_arn").filter(|_| value("web_identity_token_file").is_none() && !gives_keys);
        if let (Some(arn), false) = (role_arn, is_repeated) {
            let base_profile = value("source_profile").unwrap_or_else(|| name.to_owned());
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
                base_profile,
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
        let keys = || keys(name, section);
        // In this order, as botocore has it.
        if profiles.has_keys_of_credentials_file(name) {
            return keys();
        }
        if let Some(session) = value("login_session") {
            return Ok(Some(Self::Login(session)));
        }
        match value("credential_process") {
            Some(command) => Ok(Some(Self::Process(command))),
            None => keys(),
        }
    }

    /// Returns how the credentials are obtained, in a few words.
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
                let base = role.base.provider(&role.base_profile, sdk, config, prompt);
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

/// The keys that a profile holds itself.
fn keys(profile: &str, section: &Section) -> Result<Option<ProfileSource>, CallError> {
    let value = |key: &str| section.get(key).filter(|value| !value.is_empty()).cloned();
    let Some(key) = value("aws_access_key_id") else {
        return Ok(None);
    };
    let secret = value("aws_secret_access_key").ok_or_else(|| {
        CallError::configuration(format!(
            "The profile {profile} has aws_access_key_id, and no aws_secret_access_key."
        ))
    })?;
    let token = value("aws_session_token");
    let keys = Credentials::new(key, secret, token, None, "ProfileFile");
    Ok(Some(ProfileSource::Keys(keys)))
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

/// The failure that a provider of ours reported, wherever it stands among the causes.
pub(super) fn failure_in(error: &(dyn std::error::Error + 'static)) -> Option<CredentialsFailure> {
    super::error::find::<CredentialsFailure>(error).cloned()
}

/// Returns what an error of a provider means.
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
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
