//! Which inline policies roles had when they were last read, so that the next reading need not wait for their names.
//! What is there is decided by AWS's list alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Names = BTreeMap<String, BTreeSet<String>>;

/// Names of inline policies by role. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct InlineNames(Arc<Mutex<Names>>);

impl InlineNames {
    /// What the role had, as far as is known.
    pub(super) fn of(&self, role: &str) -> BTreeSet<String> {
        self.held().get(role).cloned().unwrap_or_default()
    }

    /// The list has been read.
    pub(super) fn note(&self, role: &str, names: &[String]) {
        let names = names.iter().cloned().collect();
        self.held().insert(role.to_owned(), names);
    }

    /// One was written.
    pub(super) fn add(&self, role: &str, policy: &str) {
        let mut held = self.held();
        let names = held.entry(role.to_owned()).or_default();
        names.insert(policy.to_owned());
    }

    fn held(&self) -> MutexGuard<'_, Names> {
        // Only guesses are kept here: whatever a broken task left is good enough.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
