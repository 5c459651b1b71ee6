//! Tests over the embedded account through the real AWS SDK, and of the built program in a pseudo-terminal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod apply;
mod faults;
mod policies;
