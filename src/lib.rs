//! Prepares an AWS account for SageMaker SSH Helper: look, plan, show, carry out, prove.
//!
//! # What flows where
//!
//! ```text
//!   AWS ◀──▶ account ──▶ survey ──▶ plan ──▶ wizard, commands, guide, export     shown, asked, handed over
//!               ▲          │         │
//!               │          │         └──▶ apply ──▶ journal (record) ──▶ undo    carried out, put back
//!               │          └──▶ verify (preflight, proof, nodes, live, audit)    does it work?
//!               └── demo: an account inside the process, under the same SDK
//! ```
//!
//! 1. [`account`] calls AWS, and is the one place that knows the SDK's types, but for the connector of [`demo`].
//! 2. [`survey`] reads everything that a plan looks at into a [`model::Survey`].
//! 3. [`plan::Plan::new`] is pure: from a survey and [`model::Choices`] to a list of items, each with a
//!    [`plan::Target`] and a [`plan::State`]: in place, a [`plan::Change`], or blocked with the reason and the way out.
//! 4. [`plan::readiness`] says of a plan, before or after, who can connect.
//! 5. [`apply::run()`] carries out a plan that was confirmed. One change is read, compared with the plan, recorded,
//!    written and read back, in a straight line (`apply/step.rs`).
//! 6. [`journal`] records what was there before each write; [`undo`] makes the plan that puts it back.
//! 7. [`verify`] asks the policy simulator, looks for real nodes, or makes a real activation.
//!
//! # Which module may use which
//!
//! A module uses only those below it, or beside it.
//!
//! ```text
//!   main
//!   cli  commands  wizard                             the two front ends
//!   messages  export  explain  exit                   what both say and hand over, and how both end
//!   apply  undo  guide                                what is done with a plan
//!   verify  survey  journal                           reading, proving, recording
//!   account  demo                                     AWS, and the account inside the process
//!   plan  policy                                      pure: what would change, and what documents mean
//!   model  terminal  text  files  log                 plain values, small helpers
//!   backoff  secrets  state_folder
//! ```
//!
//! The sentences about items, changes and outcomes are methods of those types; they are written in `messages/plan.rs` and
//! `messages/outcome.rs`, where somebody looks for sentences, and modules below may call them as they call any method.
//!
//! # A screen of the wizard, and the files that draw it
//!
//! ```text
//!  acme-ml-dev (123456789012) · Admin/console        Step 5/7   wizard/view.rs, widget/frame.rs
//!  Preview                                                      wizard/page/step.rs, the title
//!                    │ ✓ Ready. After this, people can connect. plan/readiness.rs, the sentence
//!  ✓ Account         │ 4 to change · 0 in place · 0 blocked
//!    123456789012    │ [ ] hardened trust (h)  [ ] shell (s)    wizard/page/preview.rs, the body;
//!  ✓ Connect from    │ › +  Tier of eu-west-1                   each page has a file there
//!  › Preview         │ In words ─────────────────────────────
//!  · Confirm         │ Turn on the advanced-instances tier in eu-west-1. messages/plan.rs, the sentences of items
//!  · Apply           │ Session Manager reaches containers …
//!    ▲               │
//!    └ the rail      │
//!  Enter go on  Esc back  d details  ? help                     the page's bindings(), widget/keys.rs
//! ```
//!
//! # How the wizard works
//!
//! ```text
//!   keys, signals, answers ──▶ wizard/events.rs ──▶ app.rs ──▶ page or dialog: handle() ──▶ effects
//!                                   ▲       the clock ──▲ │                                    │
//!                                   │                     ▼ an answer                          ▼
//!                                tasks.rs ◀────────── update.rs            effect.rs, runs.rs, guide_checks.rs
//!                                   ▲                                                          │
//!                                   └──────────────────────────────────────────────────────────┘
//! ```
//!
//! [`wizard::run()`] takes one event after another. A key goes to the dialog that is open, else to the page that is shown,
//! and comes back as effects: show another page, start a task, say something. What a task answers is dealt with in
//! `update.rs`. After each event the session is derived anew: choices, and the plan of them; what a page needs to have read
//! is asked for there (`App::refresh`). Pages and dialogs change their own state alone. Drawing changes nothing but scroll
//! offsets.

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
pub mod messages;
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
