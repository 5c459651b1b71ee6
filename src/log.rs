//! The log file: causes of errors with AWS's codes and request IDs. Only its owner may read it.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use crate::state_folder;

/// Our own notes; of the libraries only warnings, which hold no secrets.
const FILTER: &str = "warn,sagemaker_ssh_setup=info";

/// Starts logging. Where the file cannot be written there is no log; nothing depends on it.
pub fn start() {
    let Some(folder) = state_folder::path() else {
        return;
    };
    if state_folder::make(&folder).is_err() {
        return;
    }
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(folder.join("log"));
    if let Ok(file) = file {
        let _ = tracing_subscriber::fmt()
            .with_writer(Mutex::new(file))
            .with_ansi(false)
            .with_env_filter(EnvFilter::new(FILTER))
            .try_init();
    }
}
