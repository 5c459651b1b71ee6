//! What the policy simulator knows: whether somebody may do what is needed, and whether what was set up works.

pub mod assertion;
pub mod audit;
pub mod live;
pub mod nodes;
pub mod preflight;
pub mod proof;

pub use assertion::CheckResult;
pub use preflight::{Need, Preflight};
