//! What the policy simulator knows: whether somebody may do what is needed, and whether what was set up works.

pub mod live;
pub mod preflight;
pub mod proof;
pub mod words;

pub use preflight::{Need, Preflight};
