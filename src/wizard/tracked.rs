//! A value that tells whether it may have changed since somebody looked, so that what is made of it can be kept.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};

/// A value with a number that no tracked value had before it was last changed.
#[derive(Debug)]
pub struct Tracked<T> {
    value: T,
    revision: u64,
}

fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl<T> Tracked<T> {
    pub fn new(value: T) -> Self {
        Self {
            value,
            revision: next(),
        }
    }

    pub fn revision(&self) -> u64 {
        self.revision
    }
}

impl<T: Default> Default for Tracked<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Deref for Tracked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Tracked<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.revision = next();
        &mut self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_keeps_the_number_and_changing_gives_a_new_one() {
        let mut list = Tracked::new(vec![1]);
        let other = Tracked::new(vec![1]);
        assert_ne!(list.revision(), other.revision());
        let before = list.revision();
        assert_eq!(list.len(), 1);
        assert_eq!(list.revision(), before);
        list.push(2);
        assert_ne!(list.revision(), before);
    }
}
