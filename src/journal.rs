//! The record of every run: what was planned, what was there before each write (durably, before the write), and what
//! came of it. From it a run is listed, found when it was cut off, and put back.

mod error;
mod guides;
mod lock;
mod memory;
mod record;
mod reversal;
mod runs;
mod store;
mod writing;

pub use error::JournalError;
pub use guides::{GuideRecord, PREFIX as GUIDE_PREFIX};
pub use record::{OutcomeKind, Record, RecordError, RecordedStep, RunState, StepState};
pub use reversal::Reversal;
pub use runs::{Runs, to_continue};
pub use store::{Claim, NewRun, Records};
pub use writing::Journal;
