//! What this program wrote a moment ago. IAM is eventually consistent: for some seconds after a write, one reading may
//! show what was there before it and the next one what is there. A reading that shows an earlier state of the last
//! minute is therefore not believed before that minute is over.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::policy::same::is_same_content;

/// How long a reading may contradict a write.
pub const PROPAGATION: Duration = Duration::from_mins(1);

/// The writes of the last minute, by the ID of the item that they belong to. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct RecentWrites(Arc<Mutex<BTreeMap<String, Vec<Write>>>>);

/// A document or the value of a tier; none where there was no such policy.
type Text = Option<String>;

#[derive(Debug)]
struct Write {
    former: Text,
    written: Text,
    /// When every reading has to show it.
    until: Instant,
}

impl RecentWrites {
    /// Notes a write that AWS accepted that long ago.
    pub fn note(&self, id: &str, former: Option<&str>, written: Option<&str>, age: Duration) {
        let left = PROPAGATION.saturating_sub(age);
        if left.is_zero() {
            return;
        }
        let write = Write {
            former: former.map(str::to_owned),
            written: written.map(str::to_owned),
            until: Instant::now() + left,
        };
        self.lock().entry(id.to_owned()).or_default().push(write);
    }

    /// Forgets what was written to an item: another write may have followed, and nobody knows whether it took effect.
    pub fn forget(&self, id: &str) {
        self.lock().remove(id);
    }

    /// Until when this content of an item is not to be believed, because it is an earlier one than that which was
    /// written last; none where it may be believed now.
    pub fn doubtful_until(&self, id: &str, found: Option<&str>) -> Option<Instant> {
        let now = Instant::now();
        let mut writes = self.lock();
        let writes = writes.get_mut(id)?;
        writes.retain(|write| write.until > now);
        let (last, earlier) = writes.split_last()?;
        if is_same_content(last.written.as_deref(), found) {
            return None;
        }
        let was_there = earlier
            .iter()
            .flat_map(|write| [&write.former, &write.written])
            .chain([&last.former])
            .any(|text| is_same_content(text.as_deref(), found));
        was_there.then_some(last.until)
    }

    /// Returns whether anything was written in the last minute.
    pub fn is_empty(&self) -> bool {
        let now = Instant::now();
        !self
            .lock()
            .values()
            .flatten()
            .any(|write| write.until > now)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Write>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_earlier_state_is_doubted_for_a_minute_and_nothing_else_is() {
        let recent = RecentWrites::default();
        let doubted = |found: Option<&str>| recent.doubtful_until("x", found).is_some();
        assert!(!doubted(None));
        recent.note("x", None, Some(r#"{"a":["1","2"]}"#), Duration::ZERO);
        assert!(doubted(None) && !recent.is_empty());
        assert!(!doubted(Some(r#"{"a": ["2","1"]}"#)));
        assert!(!doubted(Some("somebody else's")));
        // Written over again: now the first two states are earlier ones.
        recent.note("x", Some(r#"{"a":["1","2"]}"#), Some("{}"), Duration::ZERO);
        assert!(doubted(None) && doubted(Some(r#"{"a":["2","1"]}"#)) && !doubted(Some("{}")));
        tokio::time::advance(PROPAGATION).await;
        assert!(!doubted(None) && recent.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_put_back_is_not_an_earlier_state() {
        let recent = RecentWrites::default();
        recent.note("x", Some("a"), Some("b"), Duration::from_secs(30));
        recent.note("x", Some("b"), Some("a"), Duration::from_secs(2));
        assert_eq!(recent.doubtful_until("x", Some("a")), None);
        assert!(recent.doubtful_until("x", Some("b")).is_some());
        // A write of which nobody knows whether it took effect may have brought it about.
        recent.forget("x");
        assert_eq!(recent.doubtful_until("x", Some("b")), None);
        // What is older than a minute is not noted at all.
        recent.note("y", Some("a"), Some("b"), PROPAGATION);
        assert_eq!(recent.doubtful_until("y", Some("a")), None);
    }
}
