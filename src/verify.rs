//! What the policy simulator knows: whether somebody may do what is needed, and whether what was set up works.

pub mod audit;
pub mod claim;
pub mod live;
pub mod nodes;
pub mod preflight;
pub mod proof;

pub use claim::Proved;
pub use preflight::{Need, Preflight};
