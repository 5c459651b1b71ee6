//! From AWS's codes, and from what went wrong on the way, to kinds of trouble.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use http_body_util::LengthLimitError;

use super::ErrorKind;

/// The kind of trouble by AWS's code, and where that says little, its message.
pub(in crate::account) fn kind_of_code(code: &str, message: &str) -> ErrorKind {
    match code {
        "ExpiredToken" | "ExpiredTokenException" => ErrorKind::Expired,
        "RequestExpired" | "RequestTimeTooSkewed" => ErrorKind::WrongClock,
        "SignatureDoesNotMatch" | "InvalidSignatureException"
            if message.starts_with("Signature expired")
                || message.starts_with("Signature not yet current") =>
        {
            ErrorKind::WrongClock
        }
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "AuthFailure"
        | "MissingAuthenticationToken"
        | "IncompleteSignature" => ErrorKind::InvalidCredentials,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "OptInRequired" => {
            ErrorKind::Denied {
                by_organization: message.contains("service control policy"),
            }
        }
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded" => ErrorKind::Throttled,
        "EntityAlreadyExists" => ErrorKind::AlreadyExists,
        "DeleteConflict" => ErrorKind::InUse,
        "NoSuchEntity"
        | "ServiceSettingNotFound"
        | "ParameterNotFound"
        | "InvalidActivation"
        | "InvalidActivationId" => ErrorKind::NotFound,
        "ValidationException" if message.contains("service principal in trust policy") => {
            ErrorKind::UnusableRole
        }
        "LimitExceeded" => ErrorKind::LimitExceeded,
        "MalformedPolicyDocument" => ErrorKind::Malformed,
        "UnmodifiableEntity" => ErrorKind::Unmodifiable,
        "TooManyUpdates" | "ConcurrentModification" => ErrorKind::Busy,
        "InternalServerError" | "InternalFailure" | "ServiceFailure" | "ServiceUnavailable" => {
            ErrorKind::Service
        }
        _ => ErrorKind::Other,
    }
}

/// For errors without a code of AWS's: nothing came back, or nothing that makes sense.
pub(super) fn kind_of_transport<E>(error: &SdkError<E, HttpResponse>) -> ErrorKind
where
    E: Error + 'static,
{
    if find::<CredentialsError>(error).is_some() {
        return ErrorKind::NoCredentials;
    }
    if find::<LengthLimitError>(error).is_some() {
        return ErrorKind::TooLarge;
    }
    if DisplayErrorContext(error)
        .to_string()
        .contains("invalid peer certificate")
    {
        return ErrorKind::UntrustedCertificate;
    }
    match error {
        SdkError::TimeoutError(_) => ErrorKind::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => ErrorKind::TimedOut,
        SdkError::DispatchFailure(_) => ErrorKind::Unreachable,
        // The service answered, but not in its own language.
        SdkError::ResponseError(_) | SdkError::ServiceError(_) => ErrorKind::NotAws,
        _ => ErrorKind::Other,
    }
}

/// The first error of type `T` among the causes.
pub(in crate::account) fn find<'a, T: Error + 'static>(
    error: &'a (dyn Error + 'static),
) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The cause at the bottom, which names the trouble best when AWS said nothing.
pub(in crate::account) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
