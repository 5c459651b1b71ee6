//! How IAM shows a role: its trust policy in a layout of IAM's own, with lists in another order at each reading, and for
//! some time after a write now and then what was there before it.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;
use winterbaume_iam::views::RoleView;

use crate::policy::document::strict;

/// The order in which IAM writes the keys of a trust policy; others come after these.
const KEYS: [&str; 10] = [
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Condition",
];

/// What was read and written so far, as far as later readings depend on it.
#[derive(Default)]
pub(super) struct Readings(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    /// How many times each role was read.
    counts: HashMap<String, u64>,
    /// Roles as they were before each write, the oldest first.
    past: BTreeMap<String, Vec<(Instant, RoleView)>>,
}

impl Readings {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a role as it is before a write.
    pub(super) fn keep(&self, role: RoleView) {
        let past = &mut self.lock().past;
        let of_role = past.entry(role.name.clone()).or_default();
        of_role.push((Instant::now(), role));
    }

    /// What a reading shows of a role: after a write of the last `lag`, every other time about, what was there before
    /// all such writes.
    pub(super) fn shown(&self, role: RoleView, lag: Duration) -> RoleView {
        let mut inside = self.lock();
        let count = inside.counts.entry(role.name.clone()).or_default();
        *count += 1;
        let (count, now) = (*count, Instant::now());
        let past = inside.past.get(&role.name).into_iter().flatten();
        let mut recent = past.filter(|(at, _)| now.duration_since(*at) < lag);
        match recent.next() {
            Some((_, before)) if hash(&(count, "replica")).is_multiple_of(2) => before.clone(),
            _ => role,
        }
    }

    /// A document of a role in IAM's own layout, in another order than at the last reading of that role.
    pub(super) fn laid_out(&self, role: &str, document: &str) -> String {
        let count = self.lock().counts.get(role).copied().unwrap_or_default();
        in_iams_layout(document, count)
    }
}

/// A document in IAM's own layout; the order of its lists depends on the turn. In turn 0 they are sorted.
pub(super) fn in_iams_layout(document: &str, turn: u64) -> String {
    match strict(document) {
        Some(value) => laid_out(value, turn).to_string(),
        None => document.to_owned(),
    }
}

fn laid_out(value: Value, turn: u64) -> Value {
    match value {
        Value::Object(object) => {
            let mut members: Vec<(String, Value)> = object.into_iter().collect();
            let place = |key: &str| KEYS.iter().position(|known| *known == key);
            members.sort_by_key(|(key, _)| place(key).unwrap_or(KEYS.len()));
            let members = members.into_iter();
            let members: Map<_, _> = members
                .map(|(key, value)| (key, laid_out(value, turn)))
                .collect();
            members.into()
        }
        Value::Array(mut list) => {
            if !list.iter().any(Value::is_object) {
                list.sort_by_cached_key(|item| {
                    let text = item.to_string();
                    let place = if turn == 0 { 0 } else { hash(&(turn, &text)) };
                    (place, text)
                });
            }
            list.into_iter().map(|item| laid_out(item, turn)).collect()
        }
        scalar => scalar,
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
