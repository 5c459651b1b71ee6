//! The record of every run: what was planned, what was there before each write (durably, before the write), and what
//! came of it. From it a run is listed, found when it was cut off, and put back.

mod lock;
mod record;
mod reversal;
mod runs;
mod store;
pub mod words;
mod writing;

pub use record::{Ended, Record, RecordError, RunState, Step, Verdict};
pub use reversal::Reversal;
pub use runs::Runs;
pub use store::{JournalError, NewRun, Records};
pub use writing::Journal;
