//! Records that are forgotten with the program: the embedded account's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::guides::GuideRecord;

/// Records by ID, and the accounts in which a run is going on.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) records: BTreeMap<String, String>,
    pub(super) busy: BTreeSet<String>,
    pub(super) guides: BTreeMap<String, GuideRecord>,
}

impl Memory {
    pub(super) fn append(&mut self, run: &str, line: &str) {
        if let Some(record) = self.records.get_mut(run) {
            record.push_str(line);
        }
    }
}

/// Returns what the mutex holds, whatever became of others who held it.
pub(super) fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
