//! The log file: causes of errors with AWS's codes and request IDs. Only its owner may read it.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Mutex;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::secrets::without_secrets;
use crate::text::clean;
use crate::{files, state_folder};

/// The most characters of a line.
const LONGEST: usize = 20_000;

/// A file into which each note goes as one line that does nothing to a terminal and holds no secret, whatever AWS or another
/// program said.
struct Lines<W>(W);

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, note: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(note);
        let text = clean(&without_secrets(text.trim_end_matches('\n')));
        let line = match text.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…\n", text.get(..end).unwrap_or_default()),
            None => text + "\n",
        };
        self.0.write_all(line.as_bytes())?;
        Ok(note.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

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
            .with_writer(Mutex::new(Lines(file)))
            .with_ansi(false)
            .with_filter(filter);
        let _ = tracing_subscriber::registry().with(notes).try_init();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_one_line_without_secrets_whatever_it_says() {
        let mut lines = Lines(Vec::new());
        let note = "WARN cause=\u{1b}]52;c;cm0=\u{7}\nforged line\u{9b}31m \"x-amz-security-token\":\"SECRET\"\n";
        assert_eq!(lines.write(note.as_bytes()).unwrap(), note.len());
        lines.write_all(b"again\n").unwrap();
        lines.write_all("x".repeat(LONGEST + 1).as_bytes()).unwrap();
        let text = String::from_utf8(lines.0).unwrap();
        let written: Vec<&str> = text.split_terminator('\n').collect();
        assert_eq!(written.len(), 3, "{text}");
        assert!(!text.contains("SECRET") && !text.contains('\u{1b}') && !text.contains('\u{9b}'));
        assert_eq!(written[1], "again");
        assert_eq!(written[2].chars().count(), LONGEST + 1);
    }
}
