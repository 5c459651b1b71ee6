//! Prepares an AWS account for SageMaker SSH Helper: look, plan, show, carry out.

pub mod model;
pub mod policy;
pub mod plan;
pub mod account;
pub mod apply;
pub mod survey;
#[cfg(feature = "demo")]
pub mod demo;
