//! A program that is killed at any point of a run, and what the next one makes of it: the account ends exactly as
//! planned, or exactly as before.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use sagemaker_ssh_setup::account::Account;
use sagemaker_ssh_setup::apply::{self, Aim, Job, Outcome, Report};
use sagemaker_ssh_setup::demo::{Demo, DemoRole, Seed, Timing};
use sagemaker_ssh_setup::journal::{Records, RunState, StepState};
use sagemaker_ssh_setup::model::Choices;
use sagemaker_ssh_setup::plan::{Plan, Target};
use sagemaker_ssh_setup::{survey, undo};
use serde_json::json;
use tokio::sync::Notify;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use super::documents::{content, with_id};
use super::faults::{Death, Fault, Faults};

pub const SAGEMAKER: &str = "AmazonSageMaker-ExecutionRole-20240131T101010";
/// A role of people, without any policy of its own.
pub const USER: &str = "DataEngineer";
pub const REGION: &str = "eu-west-1";

/// A folder that goes with the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let id = std::process::id();
        Self(std::env::temp_dir().join(format!("sagemaker-ssh-setup-{name}-{id}-{number}")))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Everything that the account holds and a run could change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    pub roles: BTreeMap<String, DemoRole>,
    pub tier: Option<String>,
}

/// Four changes, one of them a replaced policy.
pub fn wanted() -> Choices {
    Choices {
        sagemaker_roles: vec![SAGEMAKER.into()],
        user_roles: vec![USER.into()],
        regions: vec![REGION.into()],
        ..Choices::default()
    }
}

pub struct Setup {
    pub demo: Demo,
    pub faults: Faults,
    pub account: Account,
    pub records: Records,
    folder: Folder,
}

impl Setup {
    pub async fn new() -> Self {
        Self::in_manner(Timing::INSTANT).await
    }

    /// Another connection, as another process makes it: what was written lately is known from the records alone.
    pub async fn connect_anew(&mut self) {
        let source = self.demo.source_through(self.faults.http());
        let account = source.connect(None).await.unwrap();
        let runs = self.records.all().unwrap();
        runs.note_recent_writes("123456789012", account.recent_writes());
        self.account = account;
    }

    pub async fn in_manner(timing: Timing) -> Self {
        Self::with(Seed::shipped().unwrap(), timing).await
    }

    pub async fn with(seed: Seed, timing: Timing) -> Self {
        let demo = Demo::with(seed, timing);
        let faults = Faults::before(demo.http());
        let source = demo.source_through(faults.http());
        let account = source.connect(None).await.unwrap();
        let folder = Folder::new("records");
        Self {
            demo,
            faults,
            account,
            records: Records::in_folder(folder.0.clone()),
            folder,
        }
    }

    pub fn contents(&self) -> Contents {
        Contents {
            roles: self.demo.roles(),
            tier: self.demo.tier(REGION),
        }
    }

    pub async fn set_up(&self) -> Job {
        self.set_up_as(wanted()).await
    }

    pub async fn set_up_as(&self, choices: Choices) -> Job {
        self.planned(choices).await.unwrap()
    }

    /// The same, or why who is calling is not known.
    pub async fn try_set_up(&self) -> Result<Job, String> {
        self.planned(wanted()).await
    }

    async fn planned(&self, choices: Choices) -> Result<Job, String> {
        let identity = self.account.identity().await;
        let identity = identity.map_err(|error| error.to_string())?;
        let survey = survey::chosen(&self.account, &identity, &choices).await;
        let plan = Plan::new(&survey, &choices);
        let runs = self.records.all().unwrap();
        let cut_off = runs.cut_off(&identity.account);
        let same = |run: &&&sagemaker_ssh_setup::journal::Record| {
            run.undoes.is_none() && run.choices.is_same(&choices)
        };
        Ok(Job {
            plan,
            only: None,
            aim: Aim::SetUp,
            continues: cut_off.iter().find(same).map(|run| run.run.clone()),
        })
    }

    pub async fn put_back(&self, run: Option<&str>) -> Job {
        self.reversed(run).await.unwrap()
    }

    /// Puts the newest run back, or says why it cannot be.
    pub async fn try_put_back(&self) -> Result<Job, String> {
        self.reversed(None).await
    }

    async fn reversed(&self, run: Option<&str>) -> Result<Job, String> {
        let identity = self.account.identity().await;
        let identity = identity.map_err(|error| error.to_string())?;
        let undo = undo::prepare(&self.account, &identity, &self.records, run).await;
        let undo = undo.map_err(|error| error.to_string())?;
        Ok(Job {
            plan: undo.plan,
            only: None,
            aim: Aim::PutBack(undo.reversal),
            continues: undo.continues,
        })
    }

    pub async fn run(&self, job: &Job) -> Report {
        let (sender, _receiver) = unbounded_channel();
        let cancel = CancellationToken::new();
        apply::run(&self.account, job, &self.records, &cancel, &sender).await
    }

    /// Carries a job out and dies at a call; whether it came to that. It runs on threads of its own, all of which have
    /// ended when this returns: nothing of a dead program goes on.
    pub fn run_and_die(&self, job: &Job, death: Death) -> bool {
        let died = Arc::new(Notify::new());
        let told = Arc::clone(&died);
        self.faults.die(death, move || told.notify_one());
        let (account, job, records) = (self.account.clone(), job.clone(), self.records.clone());
        let life = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .start_paused(true)
                .build()
                .unwrap();
            runtime.block_on(async {
                let (sender, _receiver) = unbounded_channel();
                let cancel = CancellationToken::new();
                tokio::select! {
                    () = died.notified() => true,
                    _ = apply::run(&account, &job, &records, &cancel, &sender) => false,
                }
            })
        });
        let died = life.join().unwrap();
        self.faults.clear();
        // A program that another test is starting has the lock open, too, until it begins.
        let is_locked = || {
            let runs = self.records.all().unwrap();
            let newest = runs.records.last();
            newest.is_some_and(|record| record.state == RunState::Running)
        };
        for _ in 0..1000 {
            if !is_locked() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        died
    }

    /// The newest record's file, whatever is in it.
    pub fn newest(&self) -> PathBuf {
        let runs = std::fs::read_dir(self.folder.0.join("runs")).unwrap();
        runs.map(|entry| entry.unwrap().path()).max().unwrap()
    }
}

/// Every point between two calls of a run, with the call before it lost or answered.
pub async fn every_death(case: impl AsyncFn(&Setup, Death) -> bool) -> usize {
    let mut deaths = 0;
    for call in 1.. {
        for after in [false, true] {
            let setup = Setup::new().await;
            if !case(&setup, Death { call, after }).await {
                return deaths;
            }
            deaths += 1;
        }
    }
    deaths
}

/// What the record says has to agree with what the account holds.
async fn assert_told_truly(setup: &Setup, before: &Contents) {
    let runs = setup.records.all().unwrap();
    let Some(record) = runs.records.last() else {
        // Killed before the record was opened: then nothing was changed.
        assert_eq!(setup.contents(), *before);
        return;
    };
    assert_eq!(record.state, RunState::CutOff);
    assert_record_agrees(setup).await;
}

/// What the newest record says of each change agrees with what the account holds.
pub async fn assert_record_agrees(setup: &Setup) {
    let runs = setup.records.all().unwrap();
    assert!(runs.damaged.is_empty(), "{:?}", runs.damaged);
    let held = setup.contents();
    for step in runs.records.last().iter().flat_map(|record| &record.steps) {
        let now = match &step.target {
            Target::Tier { .. } => held.tier.clone().or(Some("standard".to_owned())),
            Target::Role { .. } | Target::FullAccess { .. } => {
                panic!("{}: no role is made here", step.target)
            }
            Target::Trust { role } => Some(held.roles[role].trust.clone()),
            Target::Policy { role, policy } => held.roles[role].inline.get(policy.name()).cloned(),
        };
        // A tier's value is no document.
        let told = |text: Option<&str>| match &step.target {
            Target::Tier { .. } => text.map(|text| json!(text)),
            _ => text.map(content),
        };
        let now = told(now.as_deref());
        let (before, after) = (&step.planned.before(), &step.planned.after());
        let (before, after) = (told(before.text()), told(after.text()));
        match step.verdict() {
            StepState::Done => assert_eq!(now, after),
            StepState::NotDone => assert_eq!(now, before),
            StepState::Uncertain => assert!(now == after || now == before),
        }
        if let Some(former) = &step.former {
            assert_eq!(told(former.text()), before);
        }
    }
}

pub async fn as_planned() -> Contents {
    let setup = Setup::new().await;
    let job = setup.set_up().await;
    assert_eq!(job.plan.totals().changes, 4);
    assert!(setup.run(&job).await.is_verified());
    setup.contents()
}

#[tokio::test(start_paused = true)]
async fn a_run_killed_at_any_point_can_be_gone_on_with_and_put_back_whole() {
    let planned = as_planned().await;
    let deaths = every_death(async |setup, death| {
        let before = setup.contents();
        let job = setup.set_up().await;
        if !setup.run_and_die(&job, death) {
            return false;
        }
        assert_told_truly(setup, &before).await;
        let again = setup.set_up().await;
        setup.run(&again).await;
        assert_eq!(setup.contents(), planned, "{death:?}");
        // Both runs are put back as one.
        let runs = setup.records.all().unwrap();
        assert!(runs.cut_off("123456789012").is_empty(), "{death:?}");
        let undo = setup.put_back(None).await;
        let report = setup.run(&undo).await;
        assert!(report.is_verified(), "{death:?}: {report:?}");
        assert_eq!(setup.contents(), before, "{death:?}");
        true
    })
    .await;
    println!("{deaths} deaths, gone on with");
    assert!(deaths > 40, "{deaths}");
}

#[tokio::test(start_paused = true)]
async fn a_run_killed_at_any_point_can_be_put_back() {
    let deaths = every_death(async |setup, death| {
        let before = setup.contents();
        let job = setup.set_up().await;
        if !setup.run_and_die(&job, death) {
            return false;
        }
        let mut may_still_arrive = false;
        if let Some(record) = setup.records.all().unwrap().records.last() {
            let undo = setup.put_back(Some(&record.run)).await;
            setup.run(&undo).await;
            // As long as something may arrive that nobody has put back, the run is told of.
            may_still_arrive =
                undo.plan.totals().changes == 0 && record.of(StepState::Uncertain).next().is_some();
        }
        assert_eq!(setup.contents(), before, "{death:?}");
        let runs = setup.records.all().unwrap();
        assert!(
            runs.cut_off("123456789012").is_empty() != may_still_arrive,
            "{death:?}: {runs:?}"
        );
        true
    })
    .await;
    println!("{deaths} deaths, put back");
    assert!(deaths > 40, "{deaths}");
}

#[tokio::test(start_paused = true)]
async fn an_undo_killed_at_any_point_can_be_gone_on_with_and_undone_whole() {
    let planned = as_planned().await;
    let deaths = every_death(async |setup, death| {
        let before = setup.contents();
        setup.run(&setup.set_up().await).await;
        let run = setup.records.all().unwrap().records[0].run.clone();
        let job = setup.put_back(Some(&run)).await;
        if !setup.run_and_die(&job, death) {
            return false;
        }
        let again = setup.put_back(Some(&run)).await;
        setup.run(&again).await;
        assert_eq!(setup.contents(), before, "{death:?}");
        // Undoing the undo, in however many pieces it was made, sets everything up again.
        let runs = setup.records.all().unwrap();
        let last = runs.records.last().unwrap();
        if last.undoes.is_some() {
            let redo = setup.put_back(Some(&last.run)).await;
            let report = setup.run(&redo).await;
            assert!(report.is_verified(), "{death:?}: {report:?}");
            assert_eq!(setup.contents(), planned, "{death:?}");
        }
        true
    })
    .await;
    println!("{deaths} deaths of an undo");
    assert!(deaths > 30, "{deaths}");
}

#[tokio::test(start_paused = true)]
async fn a_record_torn_at_any_byte_still_leads_back() {
    let setup = Setup::new().await;
    let before = setup.contents();
    let job = setup.set_up().await;
    setup.run(&job).await;
    let planned = setup.contents();
    let whole = std::fs::read(setup.newest()).unwrap();
    let first_line = whole.iter().position(|b| *b == b'\n').unwrap() + 1;
    // The last former value is on the disk from here on; before that, the writes after it did not happen.
    let text = String::from_utf8(whole.clone()).unwrap();
    let recorded = text.rfind("\"record\":\"before\"").unwrap();
    let recorded = recorded + text[recorded..].find('\n').unwrap() + 1;
    assert!(first_line < recorded);
    for end in recorded..=whole.len() {
        std::fs::write(setup.newest(), &whole[..end]).unwrap();
        let undo = setup.put_back(None).await;
        assert_eq!(undo.plan.totals().changes, 4, "torn after {end} bytes");
    }
    for end in first_line..recorded {
        std::fs::write(setup.newest(), &whole[..end]).unwrap();
        let runs = setup.records.all().unwrap();
        assert!(runs.damaged.is_empty(), "torn after {end} bytes");
    }
    std::fs::write(setup.newest(), &whole[..recorded]).unwrap();
    let undo = setup.put_back(None).await;
    assert_ne!(planned, before);
    assert!(setup.run(&undo).await.is_verified());
    assert_eq!(setup.contents(), before);
}

#[tokio::test(start_paused = true)]
async fn a_settled_record_that_was_torn_is_whole_again() {
    let setup = Setup::new().await;
    let job = setup.set_up().await;
    let death = Death {
        call: 2,
        after: false,
    };
    assert!(setup.run_and_die(&job, death));
    let path = setup.newest();
    let mut torn = std::fs::read(&path).unwrap();
    torn.extend(b"{\"record\":\"bef");
    std::fs::write(&path, torn).unwrap();
    let run = setup.records.all().unwrap().records[0].run.clone();
    setup.records.mark_resolved(&run, false).await;
    let runs = setup.records.all().unwrap();
    assert!(runs.damaged.is_empty() && runs.cut_off("123456789012").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_ends_verified_not_doubled_and_is_put_back() {
    let setup = Setup::new().await;
    let before = setup.contents();
    for action in [
        "UpdateAssumeRolePolicy",
        "PutRolePolicy",
        "UpdateServiceSetting",
    ] {
        setup.faults.add(action, 1, Fault::LostReply);
    }
    let report = setup.run(&setup.set_up().await).await;
    assert!(report.is_verified(), "{report:?}");
    assert_eq!(setup.contents(), as_planned().await);
    for action in [
        "UpdateAssumeRolePolicy",
        "DeleteRolePolicy",
        "PutRolePolicy",
        "ResetServiceSetting",
    ] {
        setup.faults.add(action, 1, Fault::LostReply);
    }
    let report = setup.run(&setup.put_back(None).await).await;
    assert!(report.is_verified(), "{report:?}");
    assert_eq!(setup.contents(), before);
}

#[tokio::test(start_paused = true)]
async fn two_runs_in_one_account_exclude_each_other_and_a_dead_one_excludes_nobody() {
    let setup = Setup::new().await;
    let job = setup.set_up().await;
    let new = || sagemaker_ssh_setup::journal::NewRun {
        plan: &job.plan,
        continues: None,
    };
    let claim = setup.records.claim(&job.plan.identity.account).await;
    let first = claim.unwrap().begin(new()).await.unwrap();
    let report = setup.run(&job).await;
    let why = report.refused.unwrap();
    assert!(
        why.contains("Another run") && why.contains(first.run()),
        "{why}"
    );
    assert!(setup.faults.writes().is_empty());
    assert_eq!(
        setup.records.all().unwrap().records[0].state,
        RunState::Running
    );
    drop(first);
    assert_eq!(
        setup.records.all().unwrap().records[0].state,
        RunState::CutOff
    );
    assert!(setup.run(&job).await.is_verified());
}

/// What the other run wrote while it was waited for is neither overwritten nor taken for what was there before.
#[tokio::test(start_paused = true)]
async fn what_another_run_writes_before_it_ends_is_seen_by_the_next_one() {
    let setup = Setup::new().await;
    let job = setup.set_up().await;
    let claim = setup.records.claim(&job.plan.identity.account).await;
    let other = setup.demo.source().connect(None).await.unwrap();
    let former = other.trust(SAGEMAKER).await.unwrap();
    let theirs = with_id(&former);
    let ending = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        other.write_trust(SAGEMAKER, &theirs).await.unwrap();
        drop(claim);
    };
    let (report, ()) = futures::join!(setup.run(&job), ending);
    let trust = report
        .outcomes
        .iter()
        .find(|(target, _)| target.to_string().starts_with("trust:"));
    assert!(
        matches!(trust, Some((_, Outcome::Stale { .. }))),
        "{report:?}"
    );
    let held = setup.contents();
    assert_eq!(content(&held.roles[SAGEMAKER].trust), content(&theirs));
}

#[tokio::test(start_paused = true)]
async fn where_the_record_cannot_be_written_nothing_is_changed() {
    let setup = Setup::new().await;
    let before = setup.contents();
    let job = setup.set_up().await;
    // A file stands where the folder should be: not even root can write below it.
    std::fs::write(&setup.folder.0, "in the way").unwrap();
    let report = setup.run(&job).await;
    let why = report.refused.unwrap();
    assert!(
        why.contains("record") && why.contains("XDG_STATE_HOME"),
        "{why}"
    );
    assert_eq!(setup.contents(), before);
    std::fs::remove_file(&setup.folder.0).unwrap();
}

#[tokio::test(start_paused = true)]
async fn records_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let setup = Setup::new().await;
    setup.run(&setup.set_up().await).await;
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let record = setup.newest();
    assert_eq!(mode(&record), 0o600);
    assert_eq!(mode(record.parent().unwrap()), 0o700);
    assert_eq!(mode(&setup.folder.0), 0o700);
}

#[tokio::test(start_paused = true)]
async fn records_of_other_programs_and_versions_are_named_and_never_guessed_at() {
    let setup = Setup::new().await;
    setup.run(&setup.set_up().await).await;
    let whole = std::fs::read_to_string(setup.newest()).unwrap();
    for (text, reason) in [
        (String::new(), "no record of this program"),
        ("{}\n".to_owned(), "no record of this program"),
        (
            whole.replacen("\"version\":1", "\"version\":2", 1),
            "version 2",
        ),
        (
            whole.replacen("\"record\":\"before\"", "\"record\":\"rename\"", 1),
            "is damaged",
        ),
        (
            whole.replace(
                "\"id\":\"tier:eu-west-1\",\"at\"",
                "\"id\":\"tier:eu-west-9\",\"at\"",
            ),
            "no change of the plan",
        ),
    ] {
        std::fs::write(setup.newest(), text).unwrap();
        let runs = setup.records.all().unwrap();
        let (_, error) = &runs.damaged[0];
        assert!(error.to_string().contains(reason), "{reason}: {error}");
        let identity = setup.account.identity().await.unwrap();
        let undo = undo::prepare(&setup.account, &identity, &setup.records, None).await;
        assert!(
            matches!(undo, Err(undo::UndoError::Damaged { .. })),
            "{undo:?}"
        );
    }
}

/// Moves a record to another time, as if the clock had been wrong when it was made.
fn moved_in_time(setup: &Setup, hours: i64) -> String {
    let file = setup.newest();
    let run = file.file_stem().unwrap().to_str().unwrap().to_owned();
    let id = jiff::civil::DateTime::strptime("%Y%m%d-%H%M%S", &run).unwrap();
    let id = id.checked_add(jiff::Span::new().hours(hours)).unwrap();
    let id = id.strftime("%Y%m%d-%H%M%S").to_string();
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
            for key in ["at", "began"] {
                if let Some(time) = line.get(key).and_then(serde_json::Value::as_str) {
                    let time: jiff::Timestamp = time.parse().unwrap();
                    let time = time + jiff::Span::new().hours(hours);
                    line[key] = time.to_string().into();
                }
            }
            if line.get("run").is_some() {
                line["run"] = id.clone().into();
            }
            line.to_string()
        })
        .collect();
    let text = lines.join("\n") + "\n";
    std::fs::write(file.with_file_name(format!("{id}.jsonl")), text).unwrap();
    std::fs::remove_file(file).unwrap();
    id
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_loses_no_run_and_promises_nothing() {
    for hours in [30, -30] {
        let before = Setup::new().await.contents();
        // The trust policy was on its way when it was killed.
        let mut call = 1;
        let setup = loop {
            let setup = Setup::new().await;
            let job = setup.set_up().await;
            setup.run_and_die(&job, Death { call, after: false });
            let written = "UpdateAssumeRolePolicy".to_owned();
            if setup.faults.calls().contains(&written) {
                break setup;
            }
            call += 1;
        };
        let cut_off = moved_in_time(&setup, hours);
        let runs = setup.records.all().unwrap();
        assert!(runs.damaged.is_empty(), "{:?}", runs.damaged);
        let [record] = &runs.cut_off("123456789012")[..] else {
            panic!("{runs:?}");
        };
        assert_eq!(record.run, cut_off);
        // From the future nobody can tell how long ago it was.
        assert_eq!(record.may_still_arrive(), hours > 0);
        // A later run comes later in the list as well, and both go back as one.
        let again = setup.set_up().await;
        assert_eq!(again.continues.as_ref(), Some(&cut_off));
        let report = setup.run(&again).await;
        assert!(report.run.unwrap() > cut_off);
        let undo = setup.put_back(None).await;
        setup.run(&undo).await;
        assert_eq!(setup.contents(), before, "{hours}");
    }
}
