//! The program's own folder, under the XDG state directory. Only its owner may look into it.

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

const NAME: &str = "sagemaker-ssh-setup";

/// `$XDG_STATE_HOME/sagemaker-ssh-setup`, or under `~/.local/state`; none where there is no home.
pub fn path() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.state_dir()?.join(NAME))
}

/// Makes a folder, with those above it, that only its owner may look into.
///
/// # Errors
/// When it cannot be made, or belongs to somebody else.
pub fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    if folder.metadata()?.permissions().mode() & 0o077 != 0 {
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    Ok(())
}
