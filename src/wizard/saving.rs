//! Writing what is handed over: never over anything that is there, and for its owner alone.

use std::fs::DirBuilder;
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::export::File;
use crate::files;
use crate::guide::Paste;

/// How many names are tried before giving up.
const NAMES: u32 = 1000;

/// Writes a plan under a name that is not taken yet.
///
/// # Errors
/// When it cannot be written.
pub fn plan(folder: &Path, account: &str, text: &str) -> io::Result<PathBuf> {
    let stem = format!("sagemaker-ssh-setup-plan-{account}");
    under_a_new_name(folder, &stem, ".json", |path| files::write_new(path, text))
}

/// Writes the sheet for those who connect under a name that is not taken yet.
///
/// # Errors
/// When it cannot be written.
pub fn sheet(folder: &Path, account: &str, text: &str) -> io::Result<PathBuf> {
    let stem = format!("sagemaker-ssh-setup-users-{account}");
    under_a_new_name(folder, &stem, ".md", |path| files::write_new(path, text))
}

/// Writes a text to paste under a name that is not taken yet.
///
/// # Errors
/// When it cannot be written.
pub fn paste(folder: &Path, paste: &Paste) -> io::Result<PathBuf> {
    let stem = paste.file.trim_end_matches(".json");
    let text = format!("{}\n", paste.text);
    under_a_new_name(folder, stem, ".json", |path| files::write_new(path, &text))
}

/// Writes files into a new folder.
///
/// # Errors
/// When one of them cannot be written.
pub fn files(folder: &Path, account: &str, files: &[File]) -> io::Result<PathBuf> {
    let stem = format!("sagemaker-ssh-setup-{account}");
    let made = under_a_new_name(folder, &stem, "", |path| {
        DirBuilder::new().mode(0o700).create(path)
    })?;
    for file in files {
        files::write_new(&made.join(&file.name), &file.text)?;
    }
    Ok(made)
}

fn under_a_new_name(
    folder: &Path,
    stem: &str,
    ending: &str,
    make: impl Fn(&Path) -> io::Result<()>,
) -> io::Result<PathBuf> {
    for number in 1..=NAMES {
        let number = if number == 1 {
            String::new()
        } else {
            format!("-{number}")
        };
        let path = folder.join(format!("{stem}{number}{ending}"));
        match make(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("a thousand of them are here already"))
}
