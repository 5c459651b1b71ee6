//! The log file: causes of errors with AWS's codes, and the former value of everything that is written.
//! Only its owner may read it.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::Mutex;

use etcetera::BaseStrategy;
use tracing_subscriber::EnvFilter;

/// Our own notes; of the libraries only warnings, which hold no secrets.
const FILTER: &str = "warn,sagemaker_ssh_setup=info";

/// Starts logging; the file's path, or nothing where it cannot be written.
pub fn start() -> Option<PathBuf> {
    let folder = etcetera::choose_base_strategy()
        .ok()?
        .state_dir()?
        .join("sagemaker-ssh-setup");
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)
        .ok()?;
    let path = folder.join("log");
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&path)
        .ok()?;
    tracing_subscriber::fmt()
        .with_writer(Mutex::new(file))
        .with_ansi(false)
        .with_env_filter(EnvFilter::new(FILTER))
        .try_init()
        .ok()?;
    Some(path)
}
