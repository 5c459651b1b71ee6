//! The log file: causes of errors with AWS's codes and request IDs. Only its owner may read it.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Mutex;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::{files, state_folder};

/// Starts logging. Where the file cannot be written there is no log; nothing depends on it.
pub fn start() {
    let Some(folder) = state_folder::path() else {
        return;
    };
    if state_folder::make(&folder).is_err() {
        return;
    }
    let mut how = OpenOptions::new();
    how.create(true).append(true).mode(0o600);
    if let Ok(file) = files::open_own(&folder.join("log"), &how) {
        // Our own notes; of the libraries only warnings, which hold no secrets.
        let filter = Targets::new()
            .with_default(LevelFilter::WARN)
            .with_target(env!("CARGO_CRATE_NAME"), LevelFilter::INFO);
        let notes = tracing_subscriber::fmt::layer()
            .with_writer(Mutex::new(file))
            .with_ansi(false)
            .with_filter(filter);
        let _ = tracing_subscriber::registry().with(notes).try_init();
    }
}
