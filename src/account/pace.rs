//! IAM is one endpoint with unpublished limits, and everything else that works in the account shares them: after it
//! said that calls come too fast, all calls to it leave more time between them, and less again with time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use tokio::time::Instant;

use super::error::{ErrorKind, kind_of_code};

/// Calls a second after the first that was too fast, at most.
const FIRST: f64 = 10.0;
/// What becomes of that with each one more.
const SLOWER: f64 = 0.7;
/// Calls a second, at least: what a call waits here is part of its time limit, with some twenty others before it.
const LEAST: f64 = 3.0;
/// Calls a second more, with each second.
const GROWTH: f64 = 0.5;
/// Calls a second from which on no time is left between them.
const FREE: f64 = 50.0;

/// When calls may go out.
#[derive(Debug, Default)]
struct Pace {
    slowed: Option<Slowed>,
    /// When the last call went out, or will.
    last: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Slowed {
    /// Calls a second then.
    rate: f64,
    at: Instant,
}

impl Pace {
    /// Calls a second; none when they are free to go out.
    fn rate(&self, now: Instant) -> Option<f64> {
        let slowed = self.slowed?;
        let rate = slowed.rate + GROWTH * (now - slowed.at).as_secs_f64();
        (rate < FREE).then_some(rate)
    }

    /// When one more call may go out.
    fn turn(&mut self, now: Instant) -> Instant {
        let turn = match (self.rate(now), self.last) {
            (Some(rate), Some(last)) => now.max(last + Duration::from_secs_f64(rate.recip())),
            _ => now,
        };
        self.last = Some(turn);
        turn
    }

    /// A call that went out at this time was too fast.
    fn slow_down(&mut self, went_out: Instant, now: Instant) {
        // Those that were on their way already say nothing new.
        if self.slowed.is_some_and(|slowed| went_out <= slowed.at) {
            return;
        }
        let rate = self.rate(now).map_or(FIRST, |rate| rate * SLOWER);
        self.slowed = Some(Slowed {
            rate: rate.clamp(LEAST, FIRST),
            at: now,
        });
    }
}

/// An HTTP client that keeps the pace, over another one.
#[derive(Clone, Debug)]
pub(super) struct Paced<T> {
    pace: Arc<Mutex<Pace>>,
    inner: T,
}

impl Paced<SharedHttpClient> {
    pub(super) fn over(inner: SharedHttpClient) -> Self {
        Self {
            pace: Arc::default(),
            inner,
        }
    }
}

impl<T> Paced<T> {
    fn pace(&self) -> MutexGuard<'_, Pace> {
        // Whatever a broken task left is a pace.
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpClient for Paced<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Paced {
            pace: Arc::clone(&self.pace),
            inner: self.inner.http_connector(settings, components),
        })
    }
}

impl HttpConnector for Paced<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let now = Instant::now();
            let turn = this.pace().turn(now);
            if turn > now {
                tokio::time::sleep_until(turn).await;
            }
            let mut answer = this.inner.call(request).await?;
            if is_too_fast(&mut answer).await? {
                this.pace().slow_down(turn, Instant::now());
            }
            Ok(answer)
        })
    }
}

/// Whether IAM refused a call for coming too fast.
async fn is_too_fast(answer: &mut HttpResponse) -> Result<bool, ConnectorError> {
    if answer.status().is_success() {
        return Ok(false);
    }
    let body = ByteStream::new(answer.take_body()).collect().await;
    let body = body
        .map_err(|error| ConnectorError::io(error.into()))?
        .into_bytes();
    let text = String::from_utf8_lossy(&body);
    let code = text
        .split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once('<'));
    let is_too_fast = code.is_some_and(|(code, _)| kind_of_code(code, "") == ErrorKind::Throttled);
    *answer.body_mut() = SdkBody::from(body);
    Ok(is_too_fast)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(begin: Instant, seconds: f64) -> Instant {
        begin + Duration::from_secs_f64(seconds)
    }

    /// How long after that time each of so many calls goes out that are made at once, in milliseconds.
    fn turns(pace: &mut Pace, now: Instant, calls: usize) -> Vec<u128> {
        (0..calls)
            .map(|_| (pace.turn(now) - now).as_millis())
            .collect()
    }

    #[test]
    fn calls_go_out_at_once_until_one_was_too_fast() {
        let begin = Instant::now();
        let mut pace = Pace::default();
        assert_eq!(turns(&mut pace, begin, 4), [0, 0, 0, 0]);
        pace.slow_down(begin, after(begin, 0.08));
        assert_eq!(turns(&mut pace, after(begin, 1.0), 1), [0]);
        // Ten a second then, and half a call more after a second.
        assert_eq!(turns(&mut pace, after(begin, 1.08), 3), [15, 110, 205]);
    }

    #[test]
    fn what_was_on_its_way_slows_down_once() {
        let begin = Instant::now();
        let mut pace = Pace::default();
        for _ in 0..5 {
            pace.slow_down(begin, begin);
        }
        assert_eq!(pace.rate(begin), Some(FIRST));
        pace.slow_down(after(begin, 0.1), after(begin, 0.1));
        // A tenth of a second had made it a little faster.
        let rate = pace.rate(after(begin, 0.1));
        assert_eq!(rate, Some((FIRST + GROWTH * 0.1) * SLOWER));
    }

    #[test]
    fn a_turn_is_never_longer_than_the_slowest_pace_and_calls_are_free_again() {
        let begin = Instant::now();
        let mut pace = Pace::default();
        let mut now = begin;
        for _ in 0..50 {
            now = after(now, 0.01);
            pace.slow_down(now, now);
        }
        assert_eq!(pace.rate(now), Some(LEAST));
        pace.turn(now);
        assert_eq!(turns(&mut pace, now, 2), [333, 666]);
        let seconds = (FREE - LEAST) / GROWTH;
        assert!(pace.rate(after(now, seconds - 1.0)).is_some());
        assert_eq!(pace.rate(after(now, seconds)), None);
        assert_eq!(turns(&mut pace, after(now, seconds), 3), [0, 0, 0]);
    }
}
