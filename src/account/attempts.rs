//! Makes the SDK's retries visible while they happen, and tells the pace of calls that came too fast.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::time::Instant;

use super::Account;
use super::error::{ErrorKind, kind_of_code};
use super::pace::Pace;

/// A call that is being made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The number of the attempt that starts now; the first retry is 2.
    pub attempt: u32,
    /// Why the attempt before failed: AWS's code, or what happened to the connection.
    pub reason: String,
    /// How long was waited in between.
    pub waited: Duration,
}

/// Receives retries as they start. The default one drops them.
#[derive(Clone)]
pub struct AttemptSink(Arc<dyn Fn(Retry) + Send + Sync>);

impl AttemptSink {
    pub fn new(receive: impl Fn(Retry) + Send + Sync + 'static) -> Self {
        Self(Arc::new(receive))
    }
}

impl Default for AttemptSink {
    fn default() -> Self {
        Self::new(|_| {})
    }
}

impl fmt::Debug for AttemptSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AttemptSink")
    }
}

/// Interceptor for calls whose error type is `E`.
struct Attempts<E> {
    sink: AttemptSink,
    /// What is told of calls that come too fast; none for services that have their limits in each region.
    pace: Option<Pace>,
    error: PhantomData<fn() -> E>,
}

/// The helper of one service: a call of it that tells of its retries, whatever its operation.
macro_rules! watched {
    ($helper:ident, $service:ident, $pace:expr) => {
        impl Account {
            pub(super) fn $helper<T, E, B>(
                &self,
                call: $service::client::customize::CustomizableOperation<T, E, B>,
            ) -> $service::client::customize::CustomizableOperation<T, E, B>
            where
                E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
            {
                let pace: fn(&Self) -> Option<Pace> = $pace;
                call.interceptor(Attempts::<E> {
                    sink: self.attempts.clone(),
                    pace: pace(self),
                    error: PhantomData,
                })
            }
        }
    };
}

watched!(to_iam, aws_sdk_iam, |account| Some(account.pace.clone()));
watched!(to_ssm, aws_sdk_ssm, |_| None);
watched!(to_sts, aws_sdk_sts, |_| None);

impl<E> fmt::Debug for Attempts<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attempts")
    }
}

/// How the attempt before ended.
#[derive(Clone, Debug)]
struct LastFailure {
    reason: String,
    at: Instant,
}

impl Storable for LastFailure {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl<E> Intercept for Attempts<E>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    fn name(&self) -> &'static str {
        "Attempts"
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let attempts = cfg.load::<RequestAttempts>();
        let attempt = attempts.map_or(1, RequestAttempts::attempts);
        if let (true, Some(last)) = (attempt > 1, cfg.load::<LastFailure>()) {
            (self.sink.0)(Retry {
                attempt,
                reason: last.reason.clone(),
                waited: last.at.elapsed(),
            });
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Err(error)) = context.output_or_error() {
            let code = error
                .as_operation_error()
                .and_then(|error| error.downcast_ref::<E>())
                .and_then(ProvideErrorMetadata::code);
            if let (Some(pace), Some(ErrorKind::Throttled)) =
                (&self.pace, code.map(|code| kind_of_code(code, "")))
            {
                pace.slow_down(Instant::now());
            }
            let reason = match code {
                Some(code) => code.to_owned(),
                None if error.is_timeout_error() => "no answer in time".to_owned(),
                None if error.is_connector_error() => "the connection failed".to_owned(),
                None => "the answer could not be read".to_owned(),
            };
            cfg.interceptor_state().store_put(LastFailure {
                reason,
                at: Instant::now(),
            });
        }
        Ok(())
    }
}
