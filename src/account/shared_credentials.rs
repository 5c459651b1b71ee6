//! The credentials of a connection: obtained once for all calls, without a time limit, and anew when they expire. A
//! credential process may ask a person, and a code may have to be typed, so this never runs within a call's time limit
//! and never twice at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature as Feature;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use tokio::time::Instant;

use super::credentials;
use super::error::CredentialsFailure;

/// Credentials that expire sooner than this are obtained anew.
const MARGIN: Duration = Duration::from_mins(1);
/// Credentials that do not say when they expire are obtained anew after this time, as the SDK does.
const WITHOUT_EXPIRY: Duration = Duration::from_mins(15);
/// A failure counts for all calls that were made at the same time.
const FAILURE: Duration = Duration::from_secs(2);

type Obtained = Result<Credentials, CredentialsFailure>;

/// Clones share everything.
#[derive(Clone, Debug)]
pub(super) struct SharedCredentials {
    provider: SharedCredentialsProvider,
    inside: Arc<Mutex<Inside>>,
    in_cloudshell: bool,
}

#[derive(Debug)]
struct Inside {
    /// Where the credentials come from, in words.
    label: Option<String>,
    last: Option<(Obtained, Instant)>,
    running: Option<Shared<BoxFuture<'static, Obtained>>>,
}

impl SharedCredentials {
    /// `label` says where they come from, where that is known beforehand.
    pub(super) fn new(
        provider: SharedCredentialsProvider,
        label: Option<String>,
        in_cloudshell: bool,
    ) -> Self {
        Self {
            provider,
            inside: Arc::new(Mutex::new(Inside {
                label,
                last: None,
                running: None,
            })),
            in_cloudshell,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn label(&self) -> String {
        let label = self.lock().label.clone();
        label.unwrap_or_else(|| "the AWS credential chain".to_owned())
    }

    /// The credentials, as soon as there are any.
    ///
    /// # Errors
    /// With what went wrong when they were obtained.
    pub(super) async fn get(&self) -> Obtained {
        let running = {
            let mut inside = self.lock();
            if let Some((answer, at)) = &inside.last
                && is_good(answer, *at)
            {
                return answer.clone();
            }
            if let Some(running) = &inside.running {
                running.clone()
            } else {
                // A task of its own: a caller that gives up must not end it.
                let task = tokio::spawn(self.clone().obtain());
                let running = async move {
                    task.await.unwrap_or_else(|error| {
                        let error = CredentialsError::unhandled(error);
                        Err(credentials::failure(&error, "connection"))
                    })
                };
                let running = running.boxed().shared();
                inside.running = Some(running.clone());
                running
            }
        };
        running.await
    }

    async fn obtain(self) -> Obtained {
        let answer = self.provider.provide_credentials().await;
        let mut inside = self.lock();
        if let (Ok(credentials), None) = (&answer, &inside.label) {
            let features = credentials.get_property::<Vec<Feature>>();
            let features = features.map_or(&[][..], Vec::as_slice);
            inside.label = Some(describe(features, self.in_cloudshell).to_owned());
        }
        let label = inside.label.clone();
        let label = label.as_deref().unwrap_or("AWS credential chain");
        let answer = answer.map_err(|error| credentials::failure(&error, label));
        inside.last = Some((answer.clone(), Instant::now()));
        inside.running = None;
        answer
    }
}

fn is_good(answer: &Obtained, at: Instant) -> bool {
    match answer {
        Err(_) => at.elapsed() < FAILURE,
        Ok(credentials) => match credentials.expiry() {
            Some(expiry) => expiry
                .duration_since(SystemTime::now())
                .is_ok_and(|left| left > MARGIN),
            None => at.elapsed() < WITHOUT_EXPIRY,
        },
    }
}

impl ProvideCredentials for SharedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let answer = self.get().await;
            answer.map_err(CredentialsError::provider_error)
        })
    }
}

/// CloudShell sets `AWS_EXECUTION_ENV` in its shell start-up file; where that was changed, its credentials endpoint
/// gives it away.
pub(super) fn in_cloudshell(get: impl Fn(&str) -> Option<String>) -> bool {
    get("AWS_EXECUTION_ENV").is_some_and(|value| value == "CloudShell")
        || get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
            .is_some_and(|uri| uri.contains("localhost:1338"))
}

fn describe(features: &[Feature], in_cloudshell: bool) -> &'static str {
    let has = |feature: &Feature| features.contains(feature);
    if has(&Feature::CredentialsEnvVarsStsWebIdToken)
        || has(&Feature::CredentialsProfileStsWebIdToken)
    {
        "web identity token"
    } else if in_cloudshell {
        "CloudShell"
    } else if has(&Feature::CredentialsHttp) {
        "container"
    } else if has(&Feature::CredentialsImds) {
        "EC2 instance"
    } else {
        "the AWS credential chain"
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn origins_have_a_name_that_a_person_knows() {
        for (features, shell, expected) in [
            (vec![Feature::CredentialsHttp], true, "CloudShell"),
            (vec![Feature::CredentialsHttp], false, "container"),
            (vec![Feature::CredentialsImds], false, "EC2 instance"),
            (
                vec![Feature::CredentialsEnvVarsStsWebIdToken],
                false,
                "web identity token",
            ),
            (vec![], false, "the AWS credential chain"),
        ] {
            assert_eq!(describe(&features, shell), expected);
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

    /// Takes a minute, fails the first time, and counts how many times it was asked.
    #[derive(Debug)]
    struct Slow(Arc<AtomicU32>);

    impl ProvideCredentials for Slow {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(async {
                let count = self.0.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_mins(1)).await;
                if count == 0 {
                    return Err(CredentialsError::not_loaded("nothing yet"));
                }
                let expiry = SystemTime::now() + Duration::from_hours(1);
                Ok(Credentials::new("A", "s", None, Some(expiry), "test"))
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn however_many_ask_and_give_up_it_is_obtained_once() {
        let count = Arc::new(AtomicU32::new(0));
        let slow = SharedCredentialsProvider::new(Slow(Arc::clone(&count)));
        let shared = SharedCredentials::new(slow, None, false);
        for _ in 0..5 {
            let given_up = tokio::time::timeout(Duration::from_secs(1), shared.get()).await;
            assert!(given_up.is_err());
        }
        // All that wait hear of the same failure, and so does who comes right after.
        let (one, other) = futures::join!(shared.get(), shared.get());
        assert!(one.is_err() && other.is_err() && shared.get().await.is_err());
        assert_eq!(count.load(Ordering::SeqCst), 1);
        tokio::time::sleep(FAILURE).await;
        assert!(shared.get().await.is_ok() && shared.get().await.is_ok());
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }
}
