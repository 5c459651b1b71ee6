//! The terminal front end. `app.rs` takes events and owns the state; pages and dialogs answer a key with effects, which
//! `effect.rs`, `runs.rs` and `guide_checks.rs` carry out; what tasks answer is dealt with in `update.rs`.

mod app;
mod dialog;
mod effect;
pub mod events;
mod guide_checks;
mod new_roles;
mod page;
pub mod recording;
mod report;
mod role_list;
mod runs;
mod saving;
mod session;
mod tasks;
mod update;
mod view;
pub mod widget;

use std::path::PathBuf;

use crate::apply::Report;
use crate::guide::verify::Verified;
use crate::journal::Records;
use crate::model::{Choices, TypedRole};
use crate::plan::Plan;
use crate::terminal::Clipboard;
use crate::verify::live::Live;
use app::App;
pub use app::{replay, run};
use recording::Recording;
use widget::theme::Look;

/// Where the wizard leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// To the question whether to carry the plan out.
    SetUp,
    /// To the guide, at once where the choices are made already. Nothing can be written on this way.
    Guide(Option<Chosen>),
}

/// Choices that are made already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    pub choices: Choices,
    /// The roles that were given by their ARN, or by a session's.
    pub arns: Vec<TypedRole>,
}

/// What the wizard is started with.
#[derive(Clone, Debug)]
pub struct Options {
    pub look: Look,
    pub profile: Option<String>,
    /// Where saved plans go.
    pub folder: PathBuf,
    /// Where the records of runs go.
    pub records: Records,
    pub start: Start,
    /// Where copied texts go.
    pub clipboard: Clipboard,
    /// Plain HTTP to another computer is accepted.
    pub insecure_endpoint: bool,
    /// Where everything that happens is recorded, to be played again.
    pub recording: Option<Recording>,
    /// Panics on this key: the restoring of the terminal has to be tried somehow.
    pub break_on: Option<char>,
}

/// How the wizard ended, and which files it wrote, a sentence each.
#[derive(Clone, Debug)]
pub struct WizardEnd {
    pub exit: WizardExit,
    pub written: Vec<String>,
}

/// How the wizard ended.
#[derive(Clone, Debug)]
pub enum WizardExit {
    /// Left before anything was carried out.
    Left {
        interrupted: bool,
        /// A guide was open: something may have been done by hand.
        guided: bool,
        /// The ID under which it is kept what was there before that guide.
        kept: Option<String>,
    },
    Ran {
        plan: Box<Plan>,
        report: Box<Report>,
        /// What a live check came to, where there was one.
        live: Option<Live>,
        interrupted: bool,
    },
    /// The end of a guide.
    Guided {
        /// The plan that the guide led through.
        plan: Box<Plan>,
        verified: Box<Verified>,
        /// The ID under which it is kept what was there before.
        kept: Option<String>,
        interrupted: bool,
    },
    /// A task of the program broke; whether changes were being made.
    Broken { task: String, applying: bool },
}
