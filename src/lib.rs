//! Prepares an AWS account for SageMaker SSH Helper: look, plan, show, carry out.

pub mod account;
pub mod apply;
mod backoff;
pub mod cli;
pub mod commands;
#[cfg(feature = "demo")]
pub mod demo;
pub mod exit;
pub mod explain;
pub mod export;
mod files;
pub mod guide;
pub mod journal;
mod log;
pub mod model;
pub mod plan;
pub mod policy;
mod secrets;
mod state_folder;
pub mod survey;
pub mod terminal;
pub mod text;
pub mod undo;
pub mod verify;
pub mod wizard;
