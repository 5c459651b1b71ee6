//! What was there when a guide began, kept beside the records of runs: a guide that is begun again compares with it, and a
//! person can find the way back.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::ID;
use super::store::{Place, Records, ids_in, next_id};
use super::writing::{now, off_the_loop};
use crate::model::{Choices, Identity};
use crate::plan::Target;
use crate::{files, state_folder};

const FORMAT: &str = "sagemaker-ssh-setup/guide";
const VERSION: u64 = 1;
/// What IDs of guides begin with, so that nobody takes one for a run's.
pub const PREFIX: &str = "guide-";

/// A guide, and the documents that it was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuideRecord {
    format: String,
    version: u64,
    /// Its ID, `guide-20240131-101010`.
    pub guide: String,
    pub began: String,
    /// When everything was in place; from then on nothing is compared with it.
    pub ended: Option<String>,
    pub account: String,
    pub partition: String,
    pub identity: String,
    pub choices: Choices,
    /// By the ID of the item; null where there was no such policy.
    pub documents: BTreeMap<String, Option<String>>,
    /// Statements of these that are gone, and that somebody says were meant to go.
    #[serde(default)]
    pub let_go: BTreeMap<String, Vec<Value>>,
}

/// What is kept of guides.
#[derive(Debug, Default)]
pub struct Guides {
    pub records: Vec<GuideRecord>,
    /// IDs of those that cannot be used, with the reason.
    pub damaged: Vec<(String, io::Error)>,
}

impl GuideRecord {
    /// A guide that begins now.
    pub fn new(identity: &Identity, choices: &Choices) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            guide: format!("{PREFIX}{}", next_id(None).strftime(ID)),
            began: now(),
            ended: None,
            account: identity.account.clone(),
            partition: identity.partition.as_str().to_owned(),
            identity: identity.arn.clone(),
            choices: choices.clone(),
            documents: BTreeMap::new(),
            let_go: BTreeMap::new(),
        }
    }

    /// Returns what it is about, in the order of their IDs.
    pub fn targets(&self) -> impl Iterator<Item = (Target, Option<&str>)> {
        let documents = self.documents.iter();
        documents.filter_map(|(id, former)| Some((id.parse().ok()?, former.as_deref())))
    }

    fn parse(id: &str, text: &str) -> io::Result<Self> {
        let record: Self = serde_json::from_str(text)?;
        let is_known = record.format == FORMAT && record.version == VERSION;
        let is_document = |id: &String| {
            let target = id.parse::<Target>();
            // Of a tier there is nothing to keep.
            matches!(target, Ok(target) if !matches!(target, Target::Tier { .. }))
        };
        if !is_known || record.guide != id || !record.documents.keys().all(is_document) {
            return Err(io::Error::other("it is no record of a guide"));
        }
        Ok(record)
    }
}

impl Records {
    /// All guides that are kept, the oldest first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn guides(&self) -> io::Result<Guides> {
        let mut found = Guides::default();
        let (records, damaged) = (&mut found.records, &mut found.damaged);
        match self.place() {
            Place::Nowhere => {}
            Place::Memory(memory) => {
                records.extend(super::memory::held(memory).guides.values().cloned());
            }
            Place::Folder(folder) => {
                let ids = ids_in(folder, &guides(folder), ".json")?;
                for id in ids.into_iter().filter(|id| id.starts_with(PREFIX)) {
                    match read(&file(folder, &id), &id) {
                        Ok(record) => records.push(record),
                        Err(error) => damaged.push((id, error)),
                    }
                }
            }
        }
        Ok(found)
    }

    /// The guide in this account that was begun and has not come to its end.
    pub fn open_guide(&self, identity: &Identity) -> Option<GuideRecord> {
        let mut records = self.guides().ok()?.records.into_iter().rev();
        records.find(|record| {
            record.ended.is_none()
                && record.account == identity.account
                && record.partition == identity.partition.as_str()
        })
    }

    /// Writes what is known of a guide in place of what was known before.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn keep_guide(&self, record: GuideRecord) -> io::Result<()> {
        match self.place() {
            Place::Nowhere => Err(io::Error::other("there is no home to keep it in")),
            Place::Memory(memory) => {
                let mut memory = super::memory::held(memory);
                memory.guides.insert(record.guide.clone(), record);
                Ok(())
            }
            Place::Folder(folder) => {
                let folder = folder.clone();
                let written = off_the_loop(move || write(&folder, &record)).await;
                written.map_err(io::Error::other)?
            }
        }
    }

    /// Everything that a guide was about is in place: nothing is compared with it any more.
    pub async fn end_guide(&self, record: GuideRecord) {
        let guide = record.guide.clone();
        let ended = GuideRecord {
            ended: Some(now()),
            ..record
        };
        if let Err(error) = self.keep_guide(ended).await {
            tracing::warn!(guide, %error, "the end of a guide could not be kept");
        }
    }
}

fn guides(folder: &Path) -> PathBuf {
    folder.join("guides")
}

fn file(folder: &Path, id: &str) -> PathBuf {
    guides(folder).join(format!("{id}.json"))
}

fn write(folder: &Path, record: &GuideRecord) -> io::Result<()> {
    state_folder::make(folder)?;
    state_folder::make(&guides(folder))?;
    let text = serde_json::to_string_pretty(record)?;
    files::write(&file(folder, &record.guide), &(text + "\n"))
}

fn read(path: &Path, id: &str) -> io::Result<GuideRecord> {
    let file = files::open_own(path, OpenOptions::new().read(true))?;
    let bytes = files::read_to_end(&file)?;
    let text = String::from_utf8(bytes).map_err(io::Error::other)?;
    GuideRecord::parse(id, &text)
}
