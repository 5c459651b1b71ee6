//! IAM is one endpoint with unpublished limits, and everything else that works in the account shares them: after it
//! said that calls come too fast, all calls to it leave more time between them, and less again with time.
//!
//! The SDK's adaptive retries do not do: they begin with half a call a second when the first call of all is throttled, let
//! those that wait go on in no order, measure by the system's clock, and are off where retries are, as for every write.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::time::Instant;

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
/// What was on its way when the calls were slowed down says nothing new.
const ON_ITS_WAY: Duration = Duration::from_millis(500);

/// When calls may go out. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace(Arc<Mutex<Schedule>>);

#[derive(Debug, Default)]
struct Schedule {
    /// Calls a second, and since when.
    slowed: Option<(f64, Instant)>,
    /// When the last call went out, or will.
    last: Option<Instant>,
}

impl Schedule {
    /// Calls a second; none when they are free to go out.
    fn rate(&self, now: Instant) -> Option<f64> {
        let (rate, since) = self.slowed?;
        let rate = rate + GROWTH * (now - since).as_secs_f64();
        (rate < FREE).then_some(rate)
    }
}

impl Pace {
    fn lock(&self) -> MutexGuard<'_, Schedule> {
        // Whatever a broken task left is a pace.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when one more call may go out.
    fn turn(&self, now: Instant) -> Instant {
        let mut schedule = self.lock();
        let turn = match (schedule.rate(now), schedule.last) {
            (Some(rate), Some(last)) => now.max(last + Duration::from_secs_f64(rate.recip())),
            _ => now,
        };
        schedule.last = Some(turn);
        turn
    }

    /// A call was too fast.
    pub(super) fn slow_down(&self, now: Instant) {
        let mut schedule = self.lock();
        let rate = match schedule.slowed {
            Some((_, since)) if now - since < ON_ITS_WAY => return,
            _ => schedule.rate(now).map_or(FIRST, |rate| rate * SLOWER),
        };
        schedule.slowed = Some((rate.clamp(LEAST, FIRST), now));
    }
}

/// An HTTP client that keeps the pace, over another one.
#[derive(Clone, Debug)]
pub(super) struct Paced<T> {
    pace: Pace,
    inner: T,
}

impl Paced<SharedHttpClient> {
    pub(super) fn over(inner: SharedHttpClient, pace: &Pace) -> Self {
        let pace = pace.clone();
        Self { pace, inner }
    }
}

impl HttpClient for Paced<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Paced {
            pace: self.pace.clone(),
            inner: self.inner.http_connector(settings, components),
        })
    }
}

impl HttpConnector for Paced<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let now = Instant::now();
            let turn = this.pace.turn(now);
            if turn > now {
                tokio::time::sleep_until(turn).await;
            }
            this.inner.call(request).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(begin: Instant, seconds: f64) -> Instant {
        begin + Duration::from_secs_f64(seconds)
    }

    /// Returns how long after that time each of so many calls goes out that are made at once, in milliseconds.
    fn turns(pace: &Pace, now: Instant, calls: usize) -> Vec<u128> {
        (0..calls)
            .map(|_| (pace.turn(now) - now).as_millis())
            .collect()
    }

    #[test]
    fn calls_go_out_at_once_until_one_was_too_fast() {
        let begin = Instant::now();
        let pace = Pace::default();
        assert_eq!(turns(&pace, begin, 4), [0, 0, 0, 0]);
        pace.slow_down(after(begin, 0.08));
        assert_eq!(turns(&pace, after(begin, 1.0), 1), [0]);
        // Ten a second then, and half a call more after a second.
        assert_eq!(turns(&pace, after(begin, 1.08), 3), [15, 110, 205]);
    }

    #[test]
    fn what_was_on_its_way_slows_down_once() {
        let begin = Instant::now();
        let pace = Pace::default();
        let rate = |after_begin| pace.lock().rate(after(begin, after_begin));
        for _ in 0..5 {
            pace.slow_down(begin);
            pace.slow_down(after(begin, 0.1));
        }
        assert_eq!(rate(0.0), Some(FIRST));
        pace.slow_down(after(begin, 0.5));
        // Half a second had made it a little faster.
        assert_eq!(rate(0.5), Some((FIRST + GROWTH * 0.5) * SLOWER));
    }

    #[test]
    fn a_turn_is_never_longer_than_the_slowest_pace_and_calls_are_free_again() {
        let begin = Instant::now();
        let pace = Pace::default();
        let mut now = begin;
        for _ in 0..50 {
            now = after(now, 0.5);
            pace.slow_down(now);
        }
        assert_eq!(pace.lock().rate(now), Some(LEAST));
        pace.turn(now);
        assert_eq!(turns(&pace, now, 2), [333, 666]);
        let seconds = (FREE - LEAST) / GROWTH;
        assert!(pace.lock().rate(after(now, seconds - 1.0)).is_some());
        assert_eq!(pace.lock().rate(after(now, seconds)), None);
        assert_eq!(turns(&pace, after(now, seconds), 3), [0, 0, 0]);
    }
}
