//! Lists that come in pages. Whatever answers, a list has an end.

use super::CallError;

/// The most pages of a list. AWS gives at most 5,000 roles in an account, up to 1,000 of them a page.
const MOST_PAGES: usize = 1000;
/// The most roles of an account, or regions.
pub(super) const MANY: usize = 100_000;
/// The most entries of a list that belongs to one role. A role's inline policies have 10,240 characters together.
pub(super) const FEW: usize = 1000;

/// How far a list has been read.
#[derive(Debug)]
pub(super) struct Pages {
    action: &'static str,
    /// The most entries.
    most: usize,
    token: Option<String>,
    read: usize,
    entries: usize,
    ended: bool,
}

impl Pages {
    pub(super) fn of(action: &'static str, most: usize) -> Self {
        Self {
            action,
            most,
            token: None,
            read: 0,
            entries: 0,
            ended: false,
        }
    }

    /// Returns what the next page is asked for with: a marker or a token; none for the first page.
    pub(super) fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// Returns whether every page was read.
    pub(super) fn have_ended(&self) -> bool {
        self.ended
    }

    /// Takes note of a page with so many entries, and of where the list goes on.
    ///
    /// # Errors
    /// `TooLarge` when the list is longer than any list of AWS's.
    pub(super) fn turn(&mut self, entries: usize, next: Option<&str>) -> Result<(), CallError> {
        self.read += 1;
        self.entries += entries;
        // A token that does not move would go round for ever.
        self.ended = next.is_none() || next == self.token.as_deref();
        self.token = next.map(str::to_owned);
        if self.entries > self.most {
            let what = format!("the list has more than {} entries", self.most);
            Err(CallError::too_large(self.action, what))
        } else if self.read >= MOST_PAGES && !self.ended {
            let what = format!("the list has more than {MOST_PAGES} pages");
            Err(CallError::too_large(self.action, what))
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::account::ErrorKind;

    /// Reads a list to its end, or until it is refused: the pages that were read, and why it was.
    fn read(
        most: usize,
        page: impl Fn(usize) -> (usize, Option<String>),
    ) -> (usize, Option<String>) {
        let mut pages = Pages::of("iam:ListRoles", most);
        for number in 0.. {
            let (entries, next) = page(number);
            if let Err(error) = pages.turn(entries, next.as_deref()) {
                assert_eq!(error.kind, ErrorKind::TooLarge);
                return (number + 1, Some(error.to_string()));
            }
            if pages.have_ended() {
                return (number + 1, None);
            }
        }
        unreachable!("a list has an end")
    }

    #[test]
    fn a_list_is_read_to_its_end() {
        let list = |number: usize| (1000, (number < 4).then(|| number.to_string()));
        assert_eq!(read(MANY, list), (5, None));
        // A token that does not move is the end.
        assert_eq!(read(MANY, |_| (1000, Some("same".to_owned()))), (2, None));
    }

    #[test]
    fn a_list_without_end_is_refused_and_named() {
        let (pages, why) = read(MANY, |number| (1000, Some(number.to_string())));
        assert_eq!(pages, 101);
        assert!(
            why.unwrap()
                .contains("the list has more than 100000 entries")
        );
        let (pages, why) = read(FEW, |number| (0, Some(number.to_string())));
        assert_eq!(pages, MOST_PAGES);
        assert!(why.unwrap().contains("the list has more than 1000 pages"));
    }
}
