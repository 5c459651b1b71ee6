//! Growing waits.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(8);

/// Waits of a quarter of a second and then twice as long each time, up to eight seconds; for ever.
pub fn growing_waits() -> impl Iterator<Item = Duration> {
    std::iter::successors(Some(FIRST), |wait| Some((*wait * 2).min(LONGEST)))
}
