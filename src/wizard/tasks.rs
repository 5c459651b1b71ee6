//! Work that runs beside the loop and sends its answers to it. Each piece has a slot and an attempt number: starting a
//! slot anew cancels what runs there (a file that is being written is still written), and an answer of an older attempt is
//! dropped.

mod lists;
mod verify;

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::events::{Event, EventSender};
use super::role_list::ListedRole;
use super::saving;
use crate::account::{Account, CallError, CodePrompt, CodeRequest, Source};
use crate::apply::{self, Job};
use crate::export::File;
use crate::guide::verify::Verified;
use crate::guide::{Paste, Subject};
use crate::journal::{GuideRecord, Record, Records};
use crate::messages::record::Found;
use crate::model::{Identity, NodeReading, Partition, Quotas, Region, RoleReading, TierReading};
use crate::plan::Target;
use crate::survey;
use crate::undo::{self, Undo};
use crate::verify::CheckResult;
use crate::verify::Preflight;
use crate::verify::live::Live;
use crate::verify::nodes::Nodes;
use crate::verify::proof::Proof;

/// Roles that are read closely at the same time.
const READINGS_AT_ONCE: usize = 4;
/// Roles that are read at the same time because they are in sight; the others are for those that are picked.
const IN_SIGHT_AT_ONCE: usize = 2;
/// The list has to rest this long before roles are read because they are in sight.
const REST: Duration = Duration::from_millis(150);

/// What a task has to say. Each is dealt with in `update.rs`.
#[derive(Clone, Debug)]
pub enum Answer {
    Connected(Box<Result<Account, CallError>>),
    /// The profile asks for a code.
    MfaCode(CodeRequest),
    Identity(Box<Result<Identity, CallError>>),
    Quotas(Quotas),
    RolesPage(Vec<ListedRole>),
    RolesEnd(Result<(), CallError>),
    Regions(Vec<Region>),
    Tier(String, TierReading),
    Role(String, Box<Result<RoleReading, CallError>>),
    Profiles(Result<Vec<String>, CallError>),
    /// The ARNs of the IAM users.
    Users(Result<Vec<String>, CallError>),
    Run(Box<apply::RunEvent>),
    /// What was written, in a sentence, or why it was not.
    Saved(Result<String, String>),
    /// The runs of this account that were cut off, and why not all records could be looked at.
    CutOff(Vec<Record>, Option<String>),
    /// What is there now in the uncertain places of this run.
    CutOffFound(String, Found),
    Undo(Box<Result<Undo, String>>),
    /// A text of the guide is in this file, or why it is not.
    Written(Target, Result<String, String>),
    GeneralPreflight(Preflight),
    Preflight(Preflight),
    /// What will not work although the plan was carried out.
    Foreseen(Vec<CheckResult>),
    Proof(Proof),
    /// How many hybrid nodes a region has.
    NodeCount(String, NodeReading),
    /// The nodes of the chosen roles.
    Nodes(Nodes),
    /// What a live check is doing, and what it came to.
    LiveSaid(String),
    Live(Box<Live>),
    /// What the guide has read of a subject.
    Checked(Subject, SubjectReading),
    /// What is kept of a guide that was begun before, and has not come to its end.
    GuideFound(Option<Box<GuideRecord>>),
    /// What was there could not be kept, and why.
    GuideNotKept(String),
    /// The end of a guide.
    GuideEnd(Box<Verified>),
    /// The task of this slot broke.
    Panicked(Slot),
}

/// A reading of a subject.
#[derive(Clone, Debug)]
pub enum SubjectReading {
    Tier(TierReading),
    Role(Box<Result<RoleReading, CallError>>),
}

/// What a task is for. Only one runs in each slot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    Connection,
    Identity,
    Roles,
    Regions,
    Tiers,
    NodeCounts,
    Nodes,
    Prewarm,
    Role(String),
    RolesInSight,
    Profiles,
    Users,
    Apply,
    Save,
    CutOff,
    CutOffFound,
    Undo,
    /// What may be done in general, and what the plan that is asked about needs.
    GeneralPreflight,
    Preflight,
    Foresight,
    /// Whether what was set up works.
    Proof,
    /// A real activation.
    Live,
    Check(Subject),
    GuideEnd,
    GuideRecord,
    Quotas,
}

/// An answer with the slot and attempt that it comes from.
#[derive(Clone, Debug)]
pub struct Envelope {
    slot: Slot,
    attempt: u64,
    answer: Answer,
}

/// Where a task puts its answers.
#[derive(Clone)]
struct Outlet {
    slot: Slot,
    attempt: u64,
    events: EventSender,
}

impl Outlet {
    fn send(&self, answer: Answer) {
        self.events.send(Event::Answer(Box::new(Envelope {
            slot: self.slot.clone(),
            attempt: self.attempt,
            answer,
        })));
    }
}

struct Running {
    attempt: u64,
    handle: AbortOnDropHandle<()>,
}

/// All tasks. Dropping it ends them.
pub struct Tasks {
    events: EventSender,
    running: HashMap<Slot, Running>,
    attempts: u64,
    readings: Arc<Semaphore>,
    /// Nothing is started: the answers come from a recording.
    is_replay: bool,
}

impl Tasks {
    pub fn new(events: EventSender, is_replay: bool) -> Self {
        Self {
            events,
            running: HashMap::new(),
            attempts: 0,
            readings: Arc::new(Semaphore::new(READINGS_AT_ONCE)),
            is_replay,
        }
    }

    /// The answer, unless it comes from an attempt that was superseded.
    pub fn accept(&self, envelope: Envelope) -> Option<Answer> {
        let current = self.running.get(&envelope.slot)?;
        (current.attempt == envelope.attempt).then_some(envelope.answer)
    }

    /// Returns whether anything is under way.
    pub fn is_busy(&self) -> bool {
        self.running
            .values()
            .any(|running| !running.handle.is_finished())
    }

    /// Ends what runs in a slot; nothing of it arrives any more.
    pub fn stop(&mut self, slot: &Slot) {
        self.running.remove(slot);
    }

    /// Ends everything.
    pub fn stop_all(&mut self) {
        self.running.clear();
    }

    fn start<F, Work>(&mut self, slot: Slot, work: F)
    where
        F: FnOnce(Outlet) -> Work,
        Work: Future<Output = ()> + Send + 'static,
    {
        self.attempts += 1;
        let attempt = self.attempts;
        let outlet = Outlet {
            slot: slot.clone(),
            attempt,
            events: self.events.clone(),
        };
        let work = work(outlet.clone());
        let broken = slot.clone();
        let is_replay = self.is_replay;
        let task = tokio::spawn(async move {
            if is_replay {
                return;
            }
            if AssertUnwindSafe(work).catch_unwind().await.is_err() {
                outlet.send(Answer::Panicked(broken));
            }
        });
        let handle = AbortOnDropHandle::new(task);
        // The older task, if any, is dropped and so cancelled here.
        self.running.insert(slot, Running { attempt, handle });
    }

    pub fn connect(&mut self, source: Source, profile: Option<String>) {
        self.start(Slot::Connection, |out| async move {
            let asks = out.clone();
            let prompt = CodePrompt::new(move |request| {
                asks.send(Answer::MfaCode(request));
            });
            let account = source.connect_asking(profile.as_deref(), &prompt).await;
            out.send(Answer::Connected(Box::new(account)));
        });
    }

    /// Who is calling; then the account's alias and quotas, which may be denied. What this program wrote a moment ago is
    /// known to the connection before anything else is read.
    pub fn identity(&mut self, account: Account, records: Records) {
        self.start(Slot::Identity, |out| async move {
            let identity = match account.identity().await {
                Ok(identity) => identity,
                Err(error) => return out.send(Answer::Identity(Box::new(Err(error)))),
            };
            let runs = tokio::task::spawn_blocking(move || records.all());
            if let Ok(Ok(runs)) = runs.await {
                runs.note_recent_writes(&identity.account, account.recent_writes());
            }
            out.send(Answer::Identity(Box::new(Ok(identity.clone()))));
            let (alias, quotas) = futures::join!(account.alias(), account.quotas());
            if let Ok(alias @ Some(_)) = alias {
                out.send(Answer::Identity(Box::new(Ok(Identity {
                    alias,
                    ..identity
                }))));
            }
            out.send(Answer::Quotas(quotas.unwrap_or_default()));
        });
    }

    pub fn roles(&mut self, account: &Account) {
        let mut pages = Box::pin(account.roles());
        self.start(Slot::Roles, |out| async move {
            while let Some(page) = pages.next().await {
                match page {
                    // Their trust policies are looked at here, so that no key has to wait for it.
                    Ok(page) => out.send(Answer::RolesPage(
                        page.into_iter().map(ListedRole::new).collect(),
                    )),
                    Err(error) => return out.send(Answer::RolesEnd(Err(error))),
                }
            }
            out.send(Answer::RolesEnd(Ok(())));
        });
    }

    /// The partition's regions at once, those that AWS names besides as soon as they are known.
    pub fn regions(&mut self, account: Account, partition: Partition) {
        self.start(Slot::Regions, |out| async move {
            out.send(Answer::Regions(Region::shipped(&partition)));
            let further = survey::further_regions(&account, &partition).await;
            if !further.is_empty() {
                out.send(Answer::Regions(further));
            }
        });
    }

    pub fn tiers(&mut self, account: &Account, regions: Vec<String>) {
        let mut tiers = Box::pin(survey::tiers(account, regions));
        self.start(Slot::Tiers, |out| async move {
            while let Some((region, tier)) = tiers.next().await {
                out.send(Answer::Tier(region, tier));
            }
        });
    }

    /// How many hybrid nodes there are.
    pub fn node_counts(&mut self, account: &Account, regions: Vec<String>) {
        let mut counts = Box::pin(survey::node_counts(account, regions));
        self.start(Slot::NodeCounts, |out| async move {
            while let Some((region, nodes)) = counts.next().await {
                out.send(Answer::NodeCount(region, nodes));
            }
        });
    }

    /// Opens the connections that the changes will need, while a person reads the question: AWS closes what nobody uses.
    pub fn prewarm(&mut self, account: &Account, regions: Vec<String>) {
        let tiers = Box::pin(survey::tiers(account, regions));
        self.start(Slot::Prewarm, |_| {
            tiers.for_each(|_| std::future::ready(()))
        });
    }

    /// Reads a picked role.
    pub fn role(&mut self, account: Account, name: String) {
        let permits = Arc::clone(&self.readings);
        self.start(Slot::Role(name.clone()), |out| async move {
            let _permit = permits.acquire().await;
            let reading = survey::role(&account, &name).await;
            out.send(Answer::Role(name, Box::new(reading)));
        });
    }

    /// Reads the roles in sight, in this order, once the list rests.
    pub fn roles_in_sight(&mut self, account: Account, names: Vec<String>) {
        let permits = Arc::clone(&self.readings);
        self.start(Slot::RolesInSight, |out| async move {
            tokio::time::sleep(REST).await;
            let read = |name: String| {
                let (account, permits, out) = (&account, &permits, &out);
                async move {
                    let _permit = permits.acquire().await;
                    let reading = survey::role(account, &name).await;
                    out.send(Answer::Role(name, Box::new(reading)));
                }
            };
            let each = futures::stream::iter(names);
            each.for_each_concurrent(IN_SIGHT_AT_ONCE, read).await;
        });
    }

    /// Carries a confirmed plan out.
    pub fn apply(
        &mut self,
        account: Account,
        job: Job,
        records: Records,
        cancel: CancellationToken,
    ) {
        self.start(Slot::Apply, |out| async move {
            let (sender, mut receiver) = mpsc::unbounded_channel();
            let run = async {
                apply::run(&account, &job, &records, &cancel, &sender).await;
                drop(sender);
            };
            let pass_on = async {
                while let Some(event) = receiver.recv().await {
                    out.send(Answer::Run(Box::new(event)));
                }
            };
            futures::join!(run, pass_on);
        });
    }

    /// Looks for runs in this account that were cut off.
    pub fn cut_off(&mut self, records: Records, account: String) {
        self.start(Slot::CutOff, |out| async move {
            let found = tokio::task::spawn_blocking(move || match records.all() {
                Ok(runs) => {
                    let records = runs.cut_off(&account).into_iter().cloned().collect();
                    (records, runs.trouble())
                }
                Err(error) => {
                    let trouble = format!("The records of earlier runs cannot be read: {error}.");
                    (Vec::new(), Some(trouble))
                }
            });
            let (records, trouble) = found.await.unwrap_or_default();
            out.send(Answer::CutOff(records, trouble));
        });
    }

    /// Reads what is there now in the uncertain places of a run that was cut off.
    pub fn look_at_cut_off(&mut self, account: Account, record: &Record) {
        let (run, targets) = (record.run.clone(), record.uncertain_targets());
        self.start(Slot::CutOffFound, |out| async move {
            let found = survey::contents(&account, targets).await;
            out.send(Answer::CutOffFound(run, found));
        });
    }

    /// Makes the plan that puts a run back.
    pub fn undo(&mut self, account: Account, identity: Identity, records: Records, run: String) {
        self.start(Slot::Undo, |out| async move {
            let undo = undo::prepare(&account, &identity, &records, Some(&run)).await;
            let undo = undo.map_err(|error| error.to_string());
            out.send(Answer::Undo(Box::new(undo)));
        });
    }

    /// Reads a subject of the guide anew.
    pub fn check(&mut self, account: Account, subject: Subject) {
        self.start(Slot::Check(subject.clone()), |out| async move {
            let checked = match &subject {
                Subject::Region(region) => {
                    SubjectReading::Tier(survey::tier(&account, region).await)
                }
                Subject::Role(name) => {
                    SubjectReading::Role(Box::new(survey::role(&account, name).await))
                }
            };
            out.send(Answer::Checked(subject, checked));
        });
    }

    /// Reads the account's size limits anew.
    pub fn quotas(&mut self, account: Account) {
        self.start(Slot::Quotas, |out| async move {
            if let Ok(quotas) = account.quotas().await {
                out.send(Answer::Quotas(quotas));
            }
        });
    }

    /// Writes a text of the guide to a file.
    pub fn write_paste(&mut self, folder: PathBuf, target: Target, paste: Paste) {
        self.start(Slot::Save, |out| async move {
            let place = folder.display().to_string();
            let written = tokio::task::spawn_blocking(move || saving::paste(&folder, &paste)).await;
            let written = written.unwrap_or_else(|error| Err(std::io::Error::other(error)));
            let written = match written {
                Ok(path) => Ok(path.display().to_string()),
                Err(error) => Err(format!("{place}: {error}")),
            };
            out.send(Answer::Written(target, written));
        });
    }

    pub fn save(&mut self, folder: PathBuf, account: String, text: String) {
        self.write("The plan is in", move || {
            saving::plan(&folder, &account, &text)
        });
    }

    /// Writes the sheet for those who connect.
    pub fn write_sheet(&mut self, folder: PathBuf, account: String, text: String) {
        self.write("The sheet is in", move || {
            saving::sheet(&folder, &account, &text)
        });
    }

    /// Hands a plan over as files in a new folder.
    pub fn export(&mut self, folder: PathBuf, account: String, files: Vec<File>) {
        self.write("The files are in", move || {
            saving::files(&folder, &account, &files)
        });
    }

    fn write(
        &mut self,
        said: &'static str,
        work: impl FnOnce() -> std::io::Result<PathBuf> + Send + 'static,
    ) {
        self.start(Slot::Save, |out| async move {
            let written = tokio::task::spawn_blocking(work).await;
            let written = written.unwrap_or_else(|error| Err(std::io::Error::other(error)));
            out.send(Answer::Saved(match written {
                Ok(path) => Ok(format!("{said} {}.", path.display())),
                Err(error) => Err(error.to_string()),
            }));
        });
    }
}
