//! Where records are kept: one file a run, under the program's own folder, for their owner alone.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::civil::DateTime;
use jiff::{Timestamp, ToSpan};

use super::error::JournalError;
use super::lock::{self, Lock, NotLocked};
use super::memory::{Memory, held};
use super::record::{
    FORMAT, Head, ID, JournalLine, Record, RecordError, RunState, VERSION, whole_lines,
};
use super::runs::Runs;
use super::writing::{Journal, Sink, append_repaired, line, now, off_the_loop};
use crate::plan::Plan;
use crate::plan::format::PlanFile;
use crate::{files, state_folder};

/// The place of all records. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Records(Place);

#[derive(Clone, Debug)]
pub(super) enum Place {
    Folder(PathBuf),
    /// For the embedded account: nothing that lasts.
    Memory(Arc<Mutex<Memory>>),
    /// There is no home to keep them in.
    Nowhere,
}

/// What a new run is going to do.
#[derive(Clone, Debug)]
pub struct NewRun<'a> {
    pub plan: &'a Plan,
    /// The run that was cut off, or had failures, and that this one goes on with.
    pub continues: Option<String>,
}

/// An account that no other run can begin in, as long as this or the record that is made of it lives.
#[derive(Debug)]
pub struct Claim(Claimed);

#[derive(Debug)]
enum Claimed {
    Folder(PathBuf, Lock),
    Memory(Arc<Mutex<Memory>>, Sink),
}

impl Claim {
    /// Opens the record of a new run: when this returns, its beginning is on the disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn begin(self, new: NewRun<'_>) -> Result<Journal, JournalError> {
        let head = Head {
            format: FORMAT.to_owned(),
            version: VERSION,
            run: String::new(),
            at: now(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            undoes: new.plan.undoes.clone(),
            continues: new.continues,
            plan: PlanFile::of(new.plan),
        };
        match self.0 {
            Claimed::Memory(memory, sink) => begin_in_memory(&memory, sink, head),
            Claimed::Folder(folder, lock) => off_the_loop(move || {
                begin_file(&folder, lock, head).map_err(|error| begin(&folder, &error))
            })
            .await
            .map_err(JournalError::Write)?,
        }
    }
}

impl Records {
    pub(super) fn place(&self) -> &Place {
        &self.0
    }

    /// In the XDG state directory.
    pub fn of_user() -> Self {
        Self(state_folder::path().map_or(Place::Nowhere, Place::Folder))
    }

    /// In this folder.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self(Place::Folder(folder))
    }

    /// In memory alone, forgotten with the program.
    pub fn in_memory() -> Self {
        Self(Place::Memory(Arc::default()))
    }

    /// Returns whether records outlive the program.
    pub fn last(&self) -> bool {
        !matches!(self.0, Place::Memory(_))
    }

    /// The file of a run's record, where it is kept in one.
    pub fn path(&self, run: &str) -> Option<PathBuf> {
        match &self.0 {
            Place::Folder(folder) => Some(file(&runs(folder), run)),
            Place::Memory(_) | Place::Nowhere => None,
        }
    }

    /// Returns why no run could be recorded, as far as that can be said without beginning one.
    pub fn trouble(&self) -> Option<JournalError> {
        match &self.0 {
            Place::Nowhere => Some(JournalError::Nowhere),
            Place::Memory(_) => None,
            Place::Folder(folder) => {
                let trial = runs(folder).join(format!(".trial-{}", std::process::id()));
                let tried = make(folder).and_then(|()| {
                    // Left there by a program that was killed.
                    let _ = std::fs::remove_file(&trial);
                    files::new(&trial)?;
                    std::fs::remove_file(&trial)
                });
                tried.err().map(|error| begin(folder, &error))
            }
        }
    }

    /// Keeps other runs out of the account.
    ///
    /// # Errors
    /// When another run is going on, or no record could be written.
    pub async fn claim(&self, account: &str) -> Result<Claim, JournalError> {
        match &self.0 {
            Place::Nowhere => Err(JournalError::Nowhere),
            Place::Memory(memory) => {
                if !held(memory).busy.insert(account.to_owned()) {
                    return Err(busy(account.to_owned(), ""));
                }
                let sink = Sink::Memory {
                    memory: Arc::clone(memory),
                    account: account.to_owned(),
                };
                Ok(Claim(Claimed::Memory(Arc::clone(memory), sink)))
            }
            Place::Folder(folder) => {
                make(folder).map_err(|error| begin(folder, &error))?;
                let lock = Lock::take(folder, account).await.map_err(|why| match why {
                    NotLocked::HeldBy(run) => busy(account.to_owned(), &run),
                    NotLocked::Failed(error) => begin(folder, &error),
                })?;
                Ok(Claim(Claimed::Folder(folder.clone(), lock)))
            }
        }
    }

    /// The same as [`Records::all`], where it holds nobody up.
    ///
    /// # Errors
    /// As [`Records::all`].
    pub async fn read(&self) -> io::Result<Runs> {
        let records = self.clone();
        off_the_loop(move || records.all())
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)))
    }

    /// All records, the oldest first. Empty where there are none yet.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn all(&self) -> io::Result<Runs> {
        let ids = match &self.0 {
            Place::Nowhere => BTreeSet::new(),
            Place::Memory(memory) => held(memory).records.keys().cloned().collect(),
            Place::Folder(folder) => ids(folder)?,
        };
        let (mut records, mut damaged) = (Vec::new(), Vec::new());
        for id in ids {
            match self.record(&id) {
                Ok(record) => records.push(record),
                Err(error) => damaged.push((id, error)),
            }
        }
        Ok(Runs::new(records, damaged))
    }

    fn record(&self, id: &str) -> Result<Record, RecordError> {
        let mut record = Record::parse(&self.text(id)?)?;
        if record.run != id {
            // Whatever is done with it would be done to another file.
            return Err(RecordError::OtherRun(record.run));
        }
        if record.was_cut_off() {
            if self.is_running(&record) {
                record.state = RunState::Running;
            } else {
                // It may have ended between the two looks; its lock goes only after its end is written.
                record = Record::parse(&self.text(id)?)?;
            }
        }
        Ok(record)
    }

    /// The whole lines of a record.
    fn text(&self, id: &str) -> io::Result<String> {
        match &self.0 {
            Place::Nowhere => Err(io::ErrorKind::NotFound.into()),
            Place::Memory(memory) => {
                let text = held(memory).records.get(id).cloned();
                text.ok_or_else(|| io::ErrorKind::NotFound.into())
            }
            Place::Folder(folder) => {
                let how = OpenOptions::new().read(true).clone();
                let file = files::open_own(&file(&runs(folder), id), &how)?;
                let mut bytes = files::read_to_end(&file)?;
                bytes.truncate(whole_lines(&bytes));
                String::from_utf8(bytes).map_err(io::Error::other)
            }
        }
    }

    fn is_running(&self, record: &Record) -> bool {
        match &self.0 {
            Place::Nowhere => false,
            Place::Memory(memory) => held(memory).busy.contains(&record.account),
            Place::Folder(folder) => {
                lock::holder(folder, &record.account).is_some_and(|by| by == record.run)
            }
        }
    }

    /// Notes that nothing is left to do about a run, because all that it wanted is in place, or all that it wrote is put
    /// back. Should that be lost, the run is spoken of once more than needed.
    pub async fn mark_resolved(&self, run: &str, put_back: bool) {
        let at = now();
        let Ok(line) = line(&JournalLine::Settled { at, put_back }) else {
            return;
        };
        match &self.0 {
            Place::Nowhere => {}
            Place::Memory(memory) => held(memory).append(run, &line),
            Place::Folder(folder) => {
                let path = file(&runs(folder), run);
                let written = off_the_loop(move || append_repaired(&path, &line)).await;
                let written =
                    written.and_then(|written| written.map_err(|error| error.to_string()));
                if let Err(why) = written {
                    tracing::warn!(
                        run,
                        why,
                        "a run that was cut off could not be marked as resolved"
                    );
                }
            }
        }
    }
}

fn begin(folder: &Path, error: &io::Error) -> JournalError {
    JournalError::Begin {
        folder: folder.display().to_string(),
        why: error.to_string(),
    }
}

fn runs(folder: &Path) -> PathBuf {
    folder.join("runs")
}

fn file(runs: &Path, run: &str) -> PathBuf {
    runs.join(format!("{run}.jsonl"))
}

fn busy(account: String, run: &str) -> JournalError {
    let run = if run.is_empty() {
        String::new()
    } else {
        format!(" ({run})")
    };
    JournalError::Busy { account, run }
}

/// The folders, for their owner alone.
fn make(folder: &Path) -> io::Result<()> {
    let is_new = !runs(folder).exists();
    state_folder::make(folder)?;
    state_folder::make(&runs(folder))?;
    if is_new {
        // The way to the first record has to outlive a loss of power too.
        for folder in folder.ancestors().take(3) {
            File::open(folder)?.sync_all()?;
        }
    }
    Ok(())
}

/// The IDs of all records of runs, the oldest first.
fn ids(folder: &Path) -> io::Result<BTreeSet<String>> {
    ids_in(folder, &runs(folder), ".jsonl")
}

/// The IDs of all records in a part of the state folder, the oldest first; none where there is no such part. Only what is
/// this user's own is believed.
pub(super) fn ids_in(folder: &Path, part: &Path, ending: &str) -> io::Result<BTreeSet<String>> {
    let closed = state_folder::close_to_others(folder);
    match closed.and_then(|()| state_folder::close_to_others(part)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        closed => closed?,
    }
    let entries = std::fs::read_dir(part)?;
    let mut ids = BTreeSet::new();
    for entry in entries {
        let name = entry?.file_name();
        let id = name.to_str().and_then(|name| name.strip_suffix(ending));
        ids.extend(id.filter(|id| !id.starts_with('.')).map(str::to_owned));
    }
    Ok(ids)
}

/// An ID later than all that there are, even where the clock went back.
pub(super) fn next_id(taken: Option<&str>) -> DateTime {
    let now = Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .datetime();
    let after = taken
        .and_then(|taken| DateTime::strptime(ID, taken).ok())
        .and_then(|taken| taken.checked_add(1.second()).ok());
    after.map_or(now, |after| after.max(now))
}

fn begin_in_memory(
    memory: &Mutex<Memory>,
    sink: Sink,
    mut head: Head,
) -> Result<Journal, JournalError> {
    let mut inside = held(memory);
    let taken = inside.records.keys().next_back().map(String::as_str);
    let run = next_id(taken).strftime(ID).to_string();
    head.run.clone_from(&run);
    let text = line(&JournalLine::Begin(Box::new(head)))?;
    inside.records.insert(run.clone(), text);
    drop(inside);
    Ok(Journal::new(run, sink))
}

/// The beginning of a record holds each document before and after; what is found on the way comes once more. A record that
/// became too large could not be read again, and nothing of the run be put back.
fn short_enough(beginning: String) -> io::Result<String> {
    if beginning.len() as u64 > files::LARGEST / 3 {
        return Err(io::Error::other(
            "the plan is too large for one run; choose fewer roles at once",
        ));
    }
    Ok(beginning)
}

/// Writes the beginning under a name of its own, and gives it its name when it is whole and on the disk.
fn begin_file(folder: &Path, lock: Lock, mut head: Head) -> io::Result<Journal> {
    let runs = runs(folder);
    let mut id = next_id(ids(folder)?.last().map(String::as_str));
    let (run, hidden, mut record) = loop {
        let run = id.strftime(ID).to_string();
        // Another account's run may begin in the same second; only one of them can make this file.
        let hidden = runs.join(format!(".{run}.jsonl"));
        match files::new(&hidden) {
            Ok(record) if !file(&runs, &run).exists() => break (run, hidden, record),
            Ok(_) => std::fs::remove_file(&hidden)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        id = id.checked_add(1.second()).map_err(io::Error::other)?;
    };
    head.run.clone_from(&run);
    // Before the record can be seen, so that nobody takes it for one that was cut off.
    lock.name(&run)?;
    let written = line(&JournalLine::Begin(Box::new(head)))
        .map_err(io::Error::other)
        .and_then(short_enough)
        .and_then(|text| record.write_all(text.as_bytes()))
        .and_then(|()| record.sync_all())
        .and_then(|()| std::fs::rename(&hidden, file(&runs, &run)))
        .and_then(|()| File::open(&runs)?.sync_all());
    if let Err(error) = written {
        let _ = std::fs::remove_file(&hidden);
        return Err(error);
    }
    let sink = Sink::File {
        file: Arc::new(Mutex::new(record)),
        _lock: lock,
    };
    Ok(Journal::new(run, sink))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_run_begins_whose_record_could_not_be_read_again() {
        let most = usize::try_from(files::LARGEST / 3).unwrap_or_default();
        assert!(short_enough("x".repeat(most)).is_ok());
        assert!(short_enough("x".repeat(most + 1)).is_err());
    }
}
