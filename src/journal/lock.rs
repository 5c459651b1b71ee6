//! One run per account at a time. The operating system lets go of the lock when the program ends in any way.
//! A lock that ends before is let go of by name: closing the file is not enough while a process that was just started
//! still holds a copy of it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::files;

/// Somebody who only looks whether a run is going on holds its lock for a moment.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(50);

/// The account's lock, held while this lives.
#[derive(Debug)]
pub(super) struct Lock(File);

/// Why the lock is not ours.
pub(super) enum NotLocked {
    /// The run that holds it; empty while it is beginning.
    HeldBy(String),
    Failed(io::Error),
}

impl Lock {
    /// Takes the account's lock, as soon as nobody has it.
    pub(super) async fn take(folder: &Path, account: &str) -> Result<Self, NotLocked> {
        let path = path(folder, account);
        let mut how = OpenOptions::new();
        how.create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600);
        let file = files::open_own(&path, &how).map_err(NotLocked::Failed)?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => {
                    // The run whose name stood there has ended.
                    file.set_len(0).map_err(NotLocked::Failed)?;
                    return Ok(Self(file));
                }
                Err(TryLockError::WouldBlock) => tokio::time::sleep(PAUSE).await,
                Err(TryLockError::Error(error)) => return Err(NotLocked::Failed(error)),
            }
        }
        Err(NotLocked::HeldBy(name_in(&file)))
    }

    /// Says which run holds it.
    pub(super) fn name(&self, run: &str) -> io::Result<()> {
        (&self.0).write_all(run.as_bytes())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Where this fails, the file's end does it.
        let _ = self.0.unlock();
    }
}

/// The run that holds the account's lock; empty while it is beginning, none when nobody does.
pub(super) fn holder(folder: &Path, account: &str) -> Option<String> {
    let path = path(folder, account);
    let file = files::open_own(&path, OpenOptions::new().read(true)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(name_in(&file)),
        Ok(()) | Err(TryLockError::Error(_)) => {
            // Where nothing was locked there is nothing to let go of.
            let _ = file.unlock();
            None
        }
    }
}

/// The run whose name stands in the lock.
fn name_in(lock: &File) -> String {
    let name = files::read_to_end(lock).unwrap_or_default();
    String::from_utf8(name).unwrap_or_default()
}

fn path(folder: &Path, account: &str) -> PathBuf {
    // Twelve digits; whatever answered for AWS cannot lead elsewhere.
    let account: String = account
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    folder.join(format!("{account}.lock"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_that_was_started_meanwhile_holds_nobody_up() {
        let folder = std::env::temp_dir().join(format!("lock-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (account, run) = ("123456789012", "20240131-101010");
        let lock = Lock::take(&folder, account).await.ok().unwrap();
        lock.name(run).unwrap();
        // A process has the files of the one that starts it, until it runs its own program.
        let copy = lock.0.try_clone().unwrap();
        assert_eq!(holder(&folder, account).as_deref(), Some(run));
        drop(lock);
        assert_eq!(holder(&folder, account), None);
        assert!(Lock::take(&folder, account).await.is_ok());
        drop(copy);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
