//! How full a role's inline policies get: AWS counts all of them together, without white space.

use super::InlineSize;
use crate::model::RoleReading;
use crate::policy::document::size;

/// The inline policies of a role as the plan goes on, in characters.
pub(super) struct Inline<'a> {
    reading: &'a RoleReading,
    now: usize,
    after: usize,
    pub(super) quota: usize,
}

impl<'a> Inline<'a> {
    pub(super) fn of(reading: &'a RoleReading, quota: usize) -> Self {
        let now = reading.inline.values().map(|text| size(text)).sum();
        Self {
            reading,
            now,
            after: now,
            quota,
        }
    }

    /// Counts a policy that replaces the one of its name.
    ///
    /// # Errors
    /// With the total in characters, when it would be over the quota; nothing is counted then.
    pub(super) fn put(&mut self, name: &str, text: &str) -> Result<(), usize> {
        let old = self.reading.inline.get(name).map_or(0, |text| size(text));
        let total = self.after + size(text) - old;
        if total > self.quota {
            return Err(total);
        }
        self.after = total;
        Ok(())
    }

    pub(super) fn size(&self, role: &str) -> InlineSize {
        InlineSize {
            role: role.to_owned(),
            now: self.now,
            after: self.after,
            quota: self.quota,
        }
    }
}
