//! The program's own folder, under the XDG state directory. Only its owner may look into it.

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::files::belongs_to_us;

const NAME: &str = "sagemaker-ssh-setup";

/// `$XDG_STATE_HOME/sagemaker-ssh-setup`, or under `~/.local/state`; none where there is no home.
pub fn path() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.state_dir()?.join(NAME))
}

/// Makes a folder, with those above it, that only its owner may look into.
///
/// # Errors
/// When it cannot be made, is a link, or belongs to somebody else.
pub fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    close_to_others(folder)
}

/// Makes sure that a folder is this user's, and closes it to everybody else.
///
/// # Errors
/// When it is not there, is a link, or belongs to somebody else.
pub fn close_to_others(folder: &Path) -> io::Result<()> {
    let metadata = folder.symlink_metadata()?;
    let wrong = |why: &str| {
        let folder = folder.display();
        io::Error::other(format!("{folder} cannot be used: {why}"))
    };
    if metadata.is_symlink() {
        return Err(wrong(
            "it is a link, and is not followed. Name the folder itself with XDG_STATE_HOME",
        ));
    }
    belongs_to_us(&metadata).map_err(|error| wrong(&error.to_string()))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    Ok(())
}
