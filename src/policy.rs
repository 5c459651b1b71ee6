//! IAM policy documents as text and as meaning: read, compare, extend, measure, fill in. Pure.

pub mod admitted;
pub mod condition;
pub mod denial;
pub mod deviation;
pub mod difference;
pub mod document;
pub mod meaning;
pub mod same;
pub mod template;
pub mod trust;
pub(crate) mod wildcard;

pub use document::{Document, DocumentError};
