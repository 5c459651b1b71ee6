//! What can go wrong with a call, in two parts: a plain sentence with what to do next, and the cause for the log.

mod kind;
mod words;

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::model::{Unread, UnreadCause};
use crate::secrets::without_secrets;
use crate::text::did_you_mean;
use kind::kind_of_transport;
use words::{clean, refused_principal, request_id};

pub(super) use kind::{find, innermost, kind_of_code};

/// What kind of trouble it is. Decides the sentence, the way out, and whether trying again can help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    NoCredentials,
    UnknownProfile,
    /// The config or credentials file, or a variable, says something that cannot be followed.
    Configuration,
    /// The source of the credentials did not give any.
    CredentialsFailed,
    /// A person has to sign in with this command.
    NotSignedIn {
        command: String,
    },
    /// The profile asks for a code, and nobody could be asked for it.
    MfaNeeded {
        profile: String,
    },
    /// The certificate of what answered is not trusted: a proxy may sign the traffic anew.
    UntrustedCertificate,
    Expired,
    /// The signature or the key is not accepted; in a region's service, the region is not enabled for the account.
    InvalidCredentials,
    /// The signature is from another time.
    WrongClock,
    Denied {
        /// Denied by a service control policy: nobody in the account can allow it.
        by_organization: bool,
    },
    Throttled,
    NotFound,
    /// Something of that name is there already.
    AlreadyExists,
    /// It is not deleted while something belongs to it.
    InUse,
    LimitExceeded,
    Malformed,
    Unmodifiable,
    /// Systems Manager may not assume the role, or has not heard yet that it may.
    UnusableRole,
    /// Somebody else is changing the same thing at this moment.
    Busy,
    Unreachable,
    TimedOut,
    /// What answered is not AWS: a proxy's page, say.
    NotAws,
    /// The answer is larger than any of AWS's.
    TooLarge,
    /// AWS itself failed.
    Service,
    Other,
}

/// Why there are no credentials, as a provider of credentials reports it through the SDK.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct CredentialsFailure {
    pub kind: ErrorKind,
    /// A sentence.
    pub message: String,
}

/// A call that failed.
#[derive(Clone, Debug)]
pub struct CallError {
    pub kind: ErrorKind,
    /// The IAM action, such as `iam:ListRoles`; empty before the first call.
    pub action: &'static str,
    /// The host's region, where it matters.
    pub region: Option<String>,
    /// AWS's error code.
    pub code: Option<String>,
    /// AWS's own message, or the connection's; may hold anything, so it is cleaned before it is shown.
    pub message: String,
    pub request_id: Option<String>,
}

impl CallError {
    pub(super) fn unknown_profile(name: &str, known: &[String]) -> Self {
        let nearest = did_you_mean(name, known.iter().map(String::as_str));
        let known = Self::known_profiles(known);
        Self::local(
            ErrorKind::UnknownProfile,
            format!("The profile {name} does not exist.{nearest} {known}"),
        )
    }

    /// Which profiles there are, in a sentence.
    pub(super) fn known_profiles(known: &[String]) -> String {
        match known {
            [] => "No profile is configured yet.".to_owned(),
            names => format!("There are: {}.", names.join(", ")),
        }
    }

    pub(super) fn no_credentials_in(profile: &str) -> Self {
        Self::configuration(format!(
            "The profile {profile} has no credentials: neither keys nor Identity Center, a role, a process or a login."
        ))
    }

    /// An error of the configuration; the text is a sentence that says what is wrong with it.
    pub(super) fn configuration(sentence: String) -> Self {
        Self::local(ErrorKind::Configuration, sentence)
    }

    /// There are no credentials.
    pub(super) fn of_credentials(failure: CredentialsFailure) -> Self {
        Self::local(failure.kind, failure.message)
    }

    /// A document that cannot be sent.
    pub(crate) fn unusable_document(action: &'static str) -> Self {
        Self {
            action,
            ..Self::local(ErrorKind::Malformed, "it cannot be read".to_owned())
        }
    }

    /// An answer that arrived but lacks what every answer of AWS has.
    pub(super) fn not_aws(action: &'static str, missing: &str) -> Self {
        Self {
            action,
            ..Self::local(ErrorKind::NotAws, format!("the answer has no {missing}"))
        }
    }

    /// An answer that is larger than any of AWS's.
    pub(super) fn too_large(action: &'static str, what: String) -> Self {
        Self {
            action,
            ..Self::local(ErrorKind::TooLarge, what)
        }
    }

    /// An answer about another account than the one that was asked about.
    pub(super) fn other_account(action: &'static str, asked: &str, answered: &str) -> Self {
        let what =
            format!("the answer is about the account {answered}, and {asked} was asked about");
        Self {
            action,
            ..Self::local(ErrorKind::NotAws, what)
        }
    }

    fn local(kind: ErrorKind, message: String) -> Self {
        Self {
            kind,
            action: "",
            region: None,
            code: None,
            message,
            request_id: None,
        }
    }

    /// Understands an SDK error, and writes the cause to the log.
    pub(super) fn of<E>(
        action: &'static str,
        region: Option<&str>,
    ) -> impl FnOnce(SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        move |error| Self::of_sdk(action, region, &error)
    }

    fn of_sdk<E>(
        action: &'static str,
        region: Option<&str>,
        error: &SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        if let Some(failure) = find::<CredentialsFailure>(error) {
            // What other programs said of it is for the screen, not for the log.
            tracing::warn!(action, region, kind = ?failure.kind, "no credentials");
            return Self {
                action,
                ..Self::of_credentials(failure.clone())
            };
        }
        let (code, request_id) = (error.code().map(str::to_owned), request_id(error));
        let status = error
            .raw_response()
            .map(|response| response.status().as_u16());
        let message = match (error.message(), status) {
            (Some(message), _) => without_secrets(message),
            (None, Some(status)) => format!("HTTP status {status}"),
            (None, None) => innermost(error),
        };
        let kind = match code.as_deref() {
            Some(code)
                if kind_of_code(code, &message) == ErrorKind::Other && status >= Some(500) =>
            {
                ErrorKind::Service
            }
            Some(code) => kind_of_code(code, &message),
            None => kind_of_transport(error),
        };
        // That something is not there is often the answer that was hoped for.
        if kind != ErrorKind::NotFound {
            // The log cuts secrets from every note.
            let cause = DisplayErrorContext(error);
            tracing::warn!(action, region, code, request_id, %cause, "call failed");
        }
        Self {
            kind,
            action,
            region: region.map(str::to_owned),
            code,
            message,
            request_id,
        }
    }

    /// Returns what it means for something that was to be read.
    pub fn unread(&self) -> Unread {
        let cause = match self.kind {
            ErrorKind::Denied { .. } => UnreadCause::Denied,
            ErrorKind::NotFound => UnreadCause::NotFound,
            _ => UnreadCause::Other,
        };
        // Where there is no such thing, the way out is not the error's to say.
        let why = match cause {
            UnreadCause::NotFound => self.sentence(),
            UnreadCause::Denied | UnreadCause::Other => self.to_string(),
        };
        Unread { cause, why }
    }

    /// Returns whether the call may have done its work although no good answer came back.
    pub fn may_have_taken_effect(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Unreachable
                | ErrorKind::TimedOut
                | ErrorKind::NotAws
                | ErrorKind::TooLarge
                | ErrorKind::Service
                | ErrorKind::Other
        )
    }

    /// Returns whether waiting and trying again is likely to help.
    pub fn is_passing(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Throttled
                | ErrorKind::Busy
                | ErrorKind::AlreadyExists
                | ErrorKind::InUse
                | ErrorKind::Service
                | ErrorKind::Unreachable
                | ErrorKind::TimedOut
                | ErrorKind::NotAws
        )
    }

    /// The cause in a few words, for the log of a run.
    pub fn in_short(&self) -> String {
        match (&self.code, &self.kind) {
            (Some(code), _) => clean(code),
            (None, ErrorKind::TimedOut) => "no answer in time".to_owned(),
            (None, ErrorKind::Unreachable) => "the connection failed".to_owned(),
            (None, _) => "the answer could not be read".to_owned(),
        }
    }

    /// Returns what happened, in one sentence for a person.
    pub fn sentence(&self) -> String {
        let text = self.words();
        if text.ends_with(['.', '!', '?', '…']) {
            text
        } else {
            text + "."
        }
    }

    fn words(&self) -> String {
        let action = self.action;
        let place = self
            .region
            .as_ref()
            .map(|region| format!(" in {region}"))
            .unwrap_or_default();
        let quoted = || clean(&self.message);
        match &self.kind {
            ErrorKind::NoCredentials => "No AWS credentials were found.".to_owned(),
            ErrorKind::UnknownProfile
            | ErrorKind::Configuration
            | ErrorKind::CredentialsFailed
            | ErrorKind::NotSignedIn { .. }
            | ErrorKind::MfaNeeded { .. } => quoted(),
            ErrorKind::UntrustedCertificate => {
                format!(
                    "The certificate of what answered{place} is not trusted ({}).",
                    quoted()
                )
            }
            ErrorKind::Expired => "The AWS credentials have expired.".to_owned(),
            ErrorKind::InvalidCredentials => {
                format!("AWS does not accept these credentials{place}: {}", quoted())
            }
            ErrorKind::WrongClock => {
                format!("AWS refuses the signature{place}, because it is from another time.")
            }
            ErrorKind::Denied {
                by_organization: true,
            } => {
                format!("A policy of the organization denies {action}{place}.")
            }
            ErrorKind::Denied {
                by_organization: false,
            } => {
                format!("You are not allowed to call {action}{place}.")
            }
            ErrorKind::Throttled => {
                format!("AWS is throttling {action}{place}, also after several tries.")
            }
            ErrorKind::NotFound if self.action == "iam:GetRole" => {
                format!("There is no such role: {}", quoted())
            }
            ErrorKind::NotFound => format!("There is no such thing: {}", quoted()),
            ErrorKind::AlreadyExists => format!("It is there already: {}", quoted()),
            ErrorKind::InUse => format!("AWS does not delete it yet: {}", quoted()),
            ErrorKind::LimitExceeded => {
                format!("AWS refuses it because a quota is used up: {}", quoted())
            }
            ErrorKind::Malformed => format!("AWS does not accept the document: {}", quoted()),
            ErrorKind::Unmodifiable => "Only AWS may change this role.".to_owned(),
            ErrorKind::UnusableRole => {
                format!(
                    "Systems Manager does not accept the role{place}: {}",
                    quoted()
                )
            }
            ErrorKind::Busy => {
                format!("Somebody else is changing the same thing at this moment{place}.")
            }
            ErrorKind::Unreachable => format!("AWS could not be reached{place} ({}).", quoted()),
            ErrorKind::TimedOut => format!("AWS did not answer {action}{place} in time."),
            ErrorKind::NotAws => {
                format!("What answered {action}{place} is not AWS ({}).", quoted())
            }
            ErrorKind::TooLarge => {
                format!(
                    "What answered {action}{place} is larger than anything that AWS answers ({}).",
                    quoted()
                )
            }
            ErrorKind::Service => format!("AWS itself failed at {action}{place}: {}", quoted()),
            ErrorKind::Other => {
                let code = self.code.as_deref().unwrap_or("no code");
                format!("{action}{place} failed with {}: {}", clean(code), quoted())
            }
        }
    }

    /// Returns whether the advice is to wait and try again.
    pub fn says_to_wait(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Throttled | ErrorKind::Busy | ErrorKind::Service
        )
    }

    /// Returns what to do next, in one sentence or two.
    pub fn advice(&self) -> String {
        match &self.kind {
            ErrorKind::NoCredentials => {
                "Sign in with \"aws login\" or \"aws sso login\", make a profile with \"aws configure sso\", or name one with --profile."
                    .to_owned()
            }
            ErrorKind::UnknownProfile => "Choose another profile, or add it with \"aws configure sso\".".to_owned(),
            ErrorKind::Configuration => {
                "Mend it in the AWS config or credentials file, or choose another profile.".to_owned()
            }
            ErrorKind::CredentialsFailed => {
                "The AWS CLI with the same profile says more: aws sts get-caller-identity. Or choose another profile."
                    .to_owned()
            }
            ErrorKind::NotSignedIn { command } => format!("Sign in with \"{command}\", then try again."),
            ErrorKind::MfaNeeded { profile } => format!(
                "At a terminal this program asks for it. Elsewhere make a session first: eval \"$(aws configure \
                 export-credentials --profile {} --format env)\".",
                crate::text::shell_word(profile)
            ),
            ErrorKind::UntrustedCertificate => {
                "A proxy of your company may sign the traffic anew. Name the file with its certificate in AWS_CA_BUNDLE, as \
                 ca_bundle in the profile, or in SSL_CERT_FILE."
                    .to_owned()
            }
            ErrorKind::Expired => {
                "Renew them with \"aws login\" or \"aws sso login\"; in CloudShell wait a moment.".to_owned()
            }
            ErrorKind::WrongClock => {
                "The clock of this computer is wrong by more than five minutes: set it, and try again.".to_owned()
            }
            ErrorKind::InvalidCredentials if self.action.starts_with("sts") => {
                "Check the access key and the region: \"aws sts get-caller-identity\" has to work. For China and \
                 GovCloud set AWS_REGION to a region there."
                    .to_owned()
            }
            ErrorKind::InvalidCredentials => {
                "The region may not be enabled for the account (console, Account, AWS Regions), or the session token is of \
                 version 1, which only the default regions take (AWS_STS_REGIONAL_ENDPOINTS=regional gives another one)."
                    .to_owned()
            }
            ErrorKind::Denied { by_organization } if self.action == "iam:CreateRole" => {
                let ask = if *by_organization {
                    "Ask whoever looks after the organization's service control policies."
                } else {
                    "Ask for the permissions iam:CreateRole and iam:TagRole."
                };
                format!(
                    "{ask} Where roles may be made only with a permissions boundary, name it with the new role \
                     (--permissions-boundary ARN)."
                )
            }
            ErrorKind::Denied { by_organization: true } => {
                "Ask whoever looks after the organization's service control policies.".to_owned()
            }
            ErrorKind::Denied { by_organization: false } => {
                format!("Ask for the permission {}, or use another profile.", self.action)
            }
            ErrorKind::Throttled | ErrorKind::Busy | ErrorKind::Service => {
                "Wait a minute and try again.".to_owned()
            }
            ErrorKind::NotFound => "Check the name; it may have been deleted in the meantime.".to_owned(),
            ErrorKind::AlreadyExists => "Choose another name, or the one that is there.".to_owned(),
            ErrorKind::InUse => {
                "Look in the IAM console at what is attached to it, instance profiles included.".to_owned()
            }
            ErrorKind::LimitExceeded => "Ask for a higher quota in the Service Quotas console.".to_owned(),
            ErrorKind::Malformed => match refused_principal(&self.message) {
                Some(principal) => format!(
                    "{principal} may have been deleted, may belong to an account that was closed, or may be mistyped. AWS \
                     checks every principal of a trust policy at each write: look at it in the IAM console, under Trust \
                     relationships."
                ),
                None => "Look at the role's documents in the IAM console.".to_owned(),
            },
            ErrorKind::Unmodifiable => "Choose a role that your account made.".to_owned(),
            ErrorKind::UnusableRole => {
                "Look at the role's trust policy; after a change, wait some minutes and try again.".to_owned()
            }
            ErrorKind::Unreachable | ErrorKind::TimedOut => {
                "Check the network, HTTPS_PROXY and AWS_ENDPOINT_URL, then try again.".to_owned()
            }
            ErrorKind::NotAws | ErrorKind::TooLarge => {
                "A proxy or a captive portal may stand in between. Check HTTPS_PROXY and AWS_ENDPOINT_URL.".to_owned()
            }
            ErrorKind::Other => "The log file has the whole answer.".to_owned(),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.sentence(), self.advice())
    }
}

impl Error for CallError {}
