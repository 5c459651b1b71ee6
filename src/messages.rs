//! The sentences that both front ends say: each fact once, with how good the news is. The wizard and the commands lay
//! them out.

pub mod checks;
pub mod guide;
pub mod nodes;
pub mod outcome;
pub mod plan;
pub mod record;
pub mod sum;

pub use crate::text::Severity;

/// A sentence, and how good the news is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub severity: Severity,
    pub text: String,
}

impl Message {
    pub fn new(severity: Severity, text: impl Into<String>) -> Self {
        Self {
            severity,
            text: text.into(),
        }
    }
}
