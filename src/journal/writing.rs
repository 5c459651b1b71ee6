//! The writing of a record. What was said to be recorded is on the disk.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::error::JournalError;
use super::lock::Lock;
use super::memory::{Memory, held};
use super::record::{JournalLine, Kept, OutcomeKind, whole_lines};
use crate::files;
use crate::plan::{Content, Target};

/// The record of the run that is going on. As long as it lives, no other run begins in the account.
#[derive(Debug)]
pub struct Journal {
    run: String,
    sink: Sink,
    /// After a failed write the file may end in the middle of a line, so that nothing may follow.
    broken: Arc<AtomicBool>,
}

/// Where it is written, and what keeps other runs out meanwhile.
#[derive(Debug)]
pub(super) enum Sink {
    File {
        file: Arc<Mutex<File>>,
        _lock: Lock,
    },
    Memory {
        memory: Arc<Mutex<Memory>>,
        account: String,
    },
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Self::Memory { memory, account } = self {
            held(memory).busy.remove(account);
        }
    }
}

impl Journal {
    pub(super) fn new(run: String, sink: Sink) -> Self {
        Self {
            run,
            sink,
            broken: Arc::default(),
        }
    }

    /// The run's ID.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Records what is there before a write; when this returns, it is on the disk.
    ///
    /// # Errors
    /// When it cannot be written: then the change must not be made.
    pub async fn before(&self, target: &Target, former: &Content) -> Result<(), JournalError> {
        let line = JournalLine::Before {
            id: target.to_string(),
            at: now(),
            former: Kept::of(former),
        };
        self.append(line, true).await
    }

    /// Records what came of a change. `found` is what was read back, where it is not the planned document; `abandoned` that
    /// an attempt got no answer and may still take effect.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn after(
        &self,
        target: &Target,
        outcome: OutcomeKind,
        reason: Option<String>,
        found: Option<&Content>,
        abandoned: bool,
    ) -> Result<(), JournalError> {
        let line = JournalLine::After {
            id: target.to_string(),
            at: now(),
            outcome,
            reason,
            found: found.and_then(Kept::of),
            abandoned,
        };
        // Should the machine lose power now, the change counts as uncertain, which is safe.
        self.append(line, false).await
    }

    /// Records that the run has come to its end.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn end(&self, verified: bool, interrupted: bool) -> Result<(), JournalError> {
        let line = JournalLine::End {
            at: now(),
            verified,
            interrupted,
        };
        self.append(line, true).await
    }

    async fn append(&self, entry: JournalLine, durable: bool) -> Result<(), JournalError> {
        let text = line(&entry)?;
        match &self.sink {
            Sink::Memory { memory, .. } => {
                held(memory).append(&self.run, &text);
                Ok(())
            }
            Sink::File { file, .. } => {
                let (file, broken) = (Arc::clone(file), Arc::clone(&self.broken));
                off_the_loop(move || append_to(&file, &broken, &text, durable))
                    .await
                    .and_then(|written| written.map_err(|error| error.to_string()))
                    .map_err(JournalError::Write)
            }
        }
    }
}

/// Runs blocking work where it holds nobody up.
pub(super) async fn off_the_loop<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| error.to_string())
}

/// UTC, RFC 3339.
pub(super) fn now() -> String {
    format!("{:.3}", Timestamp::now())
}

/// An entry with its end.
pub(super) fn line(line: &JournalLine) -> Result<String, JournalError> {
    let text =
        serde_json::to_string(line).map_err(|error| JournalError::Write(error.to_string()))?;
    Ok(text + "\n")
}

fn append_to(file: &Mutex<File>, broken: &AtomicBool, text: &str, durable: bool) -> io::Result<()> {
    let mut file = held(file);
    if broken.load(Ordering::SeqCst) {
        return Err(io::Error::other("an earlier part of it was lost"));
    }
    let written = file.write_all(text.as_bytes());
    let written = written.and_then(|()| if durable { file.sync_data() } else { Ok(()) });
    if written.is_err() {
        broken.store(true, Ordering::SeqCst);
    }
    written
}

/// Appends to a record that nobody writes any more. The program may have been killed in the middle of a line; that line
/// does not count, and goes.
pub(super) fn append_repaired(path: &Path, text: &str) -> io::Result<()> {
    let how = OpenOptions::new().read(true).append(true).clone();
    let mut file = files::open_own(path, &how)?;
    let whole = files::read_to_end(&file)?;
    let end = whole_lines(&whole);
    if end < whole.len() {
        file.set_len(u64::try_from(end).map_err(io::Error::other)?)?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_data()
}
