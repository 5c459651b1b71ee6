//! Tests over the embedded account through the real AWS SDK, and of the built program in a pseudo-terminal.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::too_many_lines
)]

mod apply;
mod audit;
mod behaviour;
mod behind;
mod cases;
mod commands;
mod concurrent_edits;
mod cut_off;
mod documents;
mod explain;
mod exports;
mod fault_table;
mod faults;
mod first_use;
mod guide;
mod hostile;
mod live;
mod loopback;
mod monkey;
mod new_role;
mod new_role_commands;
mod new_role_exports;
mod nodes;
mod pictures;
mod plans;
mod play;
mod policies;
mod predicted_failures;
mod preflight;
mod profiles;
mod program;
mod proof;
mod put_back;
mod readiness;
mod recorded;
mod same;
mod screens;
mod security;
#[cfg(all(feature = "demo", target_os = "linux"))]
mod suspended;
mod undoing;
mod users;
