//! Where the credentials came from, in words. The origin is known once they have been used for the first time.

use std::sync::{Arc, Mutex, PoisonError};

use aws_credential_types::credential_feature::AwsCredentialFeature as Feature;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_types::os_shim_internal::Env;

/// A shared note of the credentials' origin.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    profile: Option<String>,
    in_cloudshell: bool,
    label: Arc<Mutex<Option<String>>>,
}

impl Origin {
    /// An origin that is known beforehand.
    pub(super) fn fixed(label: String) -> Self {
        Self {
            profile: None,
            in_cloudshell: false,
            label: Arc::new(Mutex::new(Some(label))),
        }
    }

    pub(super) fn for_chain(profile: Option<&str>) -> Self {
        let env = Env::real();
        Self {
            profile: profile
                .map(str::to_owned)
                .or_else(|| env.get("AWS_PROFILE").ok()),
            in_cloudshell: in_cloudshell(|name| env.get(name).ok()),
            label: Arc::default(),
        }
    }

    /// The provider, noting the origin of what it gives.
    pub(super) fn watch(&self, inner: SharedCredentialsProvider) -> Watched {
        Watched {
            inner,
            origin: self.clone(),
        }
    }

    pub(super) fn label(&self) -> String {
        let label = self
            .label
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        label.unwrap_or_else(|| "the AWS credential chain".to_owned())
    }

    fn note(&self, features: &[Feature]) {
        let label = describe(features, self.profile.as_deref(), self.in_cloudshell);
        *self.label.lock().unwrap_or_else(PoisonError::into_inner) = Some(label);
    }
}

/// CloudShell sets `AWS_EXECUTION_ENV` in its shell start-up file; where that was changed, its credentials endpoint
/// gives it away.
fn in_cloudshell(get: impl Fn(&str) -> Option<String>) -> bool {
    get("AWS_EXECUTION_ENV").is_some_and(|value| value == "CloudShell")
        || get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
            .is_some_and(|uri| uri.contains("localhost:1338"))
}

fn describe(features: &[Feature], profile: Option<&str>, in_cloudshell: bool) -> String {
    let in_profile = |how: &str| {
        let name = profile.unwrap_or("default");
        if how.is_empty() {
            format!("profile {name}")
        } else {
            format!("profile {name} ({how})")
        }
    };
    let has = |feature: &Feature| features.contains(feature);
    if has(&Feature::CredentialsEnvVars) {
        "environment variables".to_owned()
    } else if has(&Feature::CredentialsProfileSso) || has(&Feature::CredentialsSso) {
        in_profile("Identity Center")
    } else if has(&Feature::CredentialsProfileLogin) || has(&Feature::CredentialsLogin) {
        in_profile("aws login")
    } else if has(&Feature::CredentialsProfileProcess) || has(&Feature::CredentialsProcess) {
        in_profile("credential process")
    } else if has(&Feature::CredentialsProfile) {
        in_profile("")
    } else if has(&Feature::CredentialsEnvVarsStsWebIdToken)
        || has(&Feature::CredentialsProfileStsWebIdToken)
    {
        "web identity token".to_owned()
    } else if in_cloudshell {
        "CloudShell".to_owned()
    } else if has(&Feature::CredentialsHttp) {
        "container".to_owned()
    } else if has(&Feature::CredentialsImds) {
        "EC2 instance".to_owned()
    } else {
        "the AWS credential chain".to_owned()
    }
}

#[derive(Debug)]
pub(super) struct Watched {
    inner: SharedCredentialsProvider,
    origin: Origin,
}

impl ProvideCredentials for Watched {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let credentials = self.inner.provide_credentials().await?;
            let features = credentials
                .get_property::<Vec<Feature>>()
                .map_or(&[][..], Vec::as_slice);
            self.origin.note(features);
            Ok(credentials)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_have_a_name_that_a_person_knows() {
        for (features, profile, shell, expected) in [
            (
                vec![Feature::CredentialsEnvVars],
                Some("x"),
                true,
                "environment variables",
            ),
            (
                vec![Feature::CredentialsProfile],
                Some("prod"),
                false,
                "profile prod",
            ),
            (
                vec![Feature::CredentialsProfile],
                None,
                false,
                "profile default",
            ),
            (
                vec![Feature::CredentialsProfileSso],
                Some("dev"),
                false,
                "profile dev (Identity Center)",
            ),
            (vec![Feature::CredentialsHttp], None, true, "CloudShell"),
            (vec![Feature::CredentialsHttp], None, false, "container"),
            (vec![], None, false, "the AWS credential chain"),
        ] {
            assert_eq!(describe(&features, profile, shell), expected);
        }
    }

    #[test]
    fn cloudshell_is_known_by_its_environment() {
        let environment = |name: &'static str, value: &'static str| {
            move |asked: &str| (asked == name).then(|| value.to_owned())
        };
        assert!(in_cloudshell(environment(
            "AWS_EXECUTION_ENV",
            "CloudShell"
        )));
        assert!(in_cloudshell(environment(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://localhost:1338/latest"
        )));
        assert!(!in_cloudshell(environment(
            "AWS_EXECUTION_ENV",
            "AWS_ECS_FARGATE"
        )));
    }
}
