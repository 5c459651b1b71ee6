//! Prepares an AWS account for SageMaker SSH Helper: look, plan, show, carry out.

pub mod account;
pub mod apply;
pub mod cli;
#[cfg(feature = "demo")]
pub mod demo;
mod log;
pub mod model;
pub mod plan;
pub mod policy;
pub mod survey;
pub mod terminal;
pub mod wizard;
