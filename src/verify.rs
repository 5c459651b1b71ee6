//! What the policy simulator knows: whether somebody may do what is needed.

pub mod preflight;
pub mod words;

pub use preflight::{Need, Preflight};
