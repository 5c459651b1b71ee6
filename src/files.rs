//! Reading and writing files with care: plain files alone, nothing without end, nobody else's.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// The most bytes of a plan, or of a record. A plan for a hundred roles has about 2 MB.
pub const LARGEST: u64 = 32_000_000;

/// Opens a file of this program's own: not through a link, and only when it is a plain file that belongs to this user and
/// that nobody else may write. Never waits for somebody at the other end.
///
/// # Errors
/// When it cannot be opened, or is not such a file.
pub fn open_own(path: &Path, how: &OpenOptions) -> io::Result<File> {
    let file = opened(path, how, OFlags::NOFOLLOW)?;
    let metadata = file.metadata()?;
    belongs_to_us(&metadata)?;
    if metadata.mode() & 0o022 != 0 {
        return Err(io::Error::other(
            "others may write it, so nobody knows whose words it holds. Look at it, then take that right away (chmod go-w)",
        ));
    }
    Ok(file)
}

/// Returns whether something belongs to the user that this program runs as; root is no exception.
///
/// # Errors
/// When it belongs to somebody else, with the way out.
pub fn belongs_to_us(metadata: &Metadata) -> io::Result<()> {
    let (owner, us) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner == us {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "it belongs to another user (number {owner}), and this program runs as user number {us}. Run it as that user, or set \
         XDG_STATE_HOME to a folder of your own"
    )))
}

/// Returns what a plain file holds.
///
/// # Errors
/// When it cannot be read, is no plain file, or is larger than [`LARGEST`].
pub fn read(path: &Path) -> io::Result<String> {
    let bytes = read_to_end(&opened(
        path,
        OpenOptions::new().read(true),
        OFlags::empty(),
    )?)?;
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is no text"))
}

/// Returns what is left of an open file.
///
/// # Errors
/// When it cannot be read, or is larger than [`LARGEST`].
pub fn read_to_end(file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other(format!(
            "it is larger than {LARGEST} bytes, which no file of this program is"
        )));
    }
    Ok(bytes)
}

/// Makes a file that was not there, for its owner alone.
///
/// # Errors
/// When it cannot be made, or something of that name is there.
pub fn new(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Writes a file that was not there, for its owner alone.
///
/// # Errors
/// When it cannot be written, or something of that name is there.
pub fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = new(path)?;
    let written = file.write_all(text.as_bytes());
    if written.is_err() {
        // Half of it would be taken for the whole.
        let _ = std::fs::remove_file(path);
    }
    written
}

/// Writes a file for its owner alone. An older one is there until the new one is whole. Where the path is a descriptor that
/// the caller opened, such as `/dev/stdout`, it is written there.
///
/// # Errors
/// When it cannot be written, or something is there that is no plain file.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    if is_descriptor(path) {
        return File::options()
            .write(true)
            .open(path)?
            .write_all(text.as_bytes());
    }
    match path.metadata() {
        Ok(metadata) if !metadata.is_file() => return Err(not_plain()),
        _ => {}
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = new(&part)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    written
}

/// Returns whether a path stands for something that is open already, or for nothing.
fn is_descriptor(path: &Path) -> bool {
    ["/dev/stdout", "/dev/stderr", "/dev/null"]
        .into_iter()
        .any(|known| path == Path::new(known))
        || ["/dev/fd", "/proc/self/fd"]
            .into_iter()
            .any(|folder| path.parent() == Some(Path::new(folder)))
}

/// Opens a plain file. A pipe without anybody at its other end would be waited for otherwise.
fn opened(path: &Path, how: &OpenOptions, flags: OFlags) -> io::Result<File> {
    let flags = (flags | OFlags::NONBLOCK).bits();
    let flags = i32::try_from(flags).map_err(io::Error::other)?;
    let file = how.clone().custom_flags(flags).open(path);
    let file = file.map_err(|error| {
        if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
            io::Error::other("it is a link, and is not followed")
        } else {
            error
        }
    })?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(not_plain())
    }
}

fn not_plain() -> io::Error {
    io::Error::other("it is no plain file")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn folder(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("files-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn pipe(path: &Path) {
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        let (here, kind) = (rustix::fs::CWD, rustix::fs::FileType::Fifo);
        rustix::fs::mknodat(here, path, kind, mode, 0).unwrap();
    }

    #[test]
    fn plain_files_are_read_and_nothing_else_is_waited_for() {
        let folder = folder("plain");
        pipe(&folder.join("pipe"));
        for (path, why) in [
            (folder.join("pipe"), "no plain file"),
            (folder.clone(), "no plain file"),
            ("/dev/zero".into(), "no plain file"),
            (folder.join("none"), "No such file"),
        ] {
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains(why), "{path:?}: {error}");
        }
        // Nothing of this size is on the disk.
        let large = File::create(folder.join("large")).unwrap();
        large.set_len(LARGEST + 1).unwrap();
        let error = read(&folder.join("large")).unwrap_err().to_string();
        assert!(error.contains("larger than 32000000 bytes"), "{error}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_of_ones_own_is_no_link_and_nobody_else_may_write_it() {
        let folder = folder("own");
        let (path, link) = (folder.join("file"), folder.join("link"));
        write(&path, "text").unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        symlink(&path, &link).unwrap();
        let mut how = OpenOptions::new();
        how.read(true);
        assert!(open_own(&path, &how).is_ok());
        let error = open_own(&link, &how).unwrap_err().to_string();
        assert!(error.contains("is a link"), "{error}");
        for mode in [0o620, 0o602] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = open_own(&path, &how).unwrap_err().to_string();
            assert!(error.contains("others may write it"), "{error}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn nothing_but_a_plain_file_is_written_over() {
        let folder = folder("over");
        pipe(&folder.join("pipe"));
        let error = write(&folder.join("pipe"), "secret").unwrap_err();
        assert!(error.to_string().contains("no plain file"), "{error}");
        assert!(write(Path::new("/dev/null"), "text").is_ok());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
