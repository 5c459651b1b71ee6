//! One record: a file of JSON lines that is only ever appended to, so that a program that is killed leaves a true one.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Choices, Endpoint};
use crate::plan::format::{ItemState, PlanFile, PlanFileError};
use crate::plan::{Change, Content, Target};

pub(super) const FORMAT: &str = "sagemaker-ssh-setup/record";
pub(super) const VERSION: u64 = 1;

/// A run's ID is the time of its beginning: `20240131-101010`.
pub(super) const ID: &str = "%Y%m%d-%H%M%S";

/// Seconds after which AWS takes no request any more: its signature is too old then.
const REQUEST_EXPIRY: i64 = 15 * 60;

/// A line of a record.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub(super) enum JournalLine {
    Begin(Box<Head>),
    /// Written and flushed to the disk before the first write of a change.
    Before {
        id: String,
        at: String,
        /// Null where there was no such policy.
        former: Option<Kept>,
    },
    After {
        id: String,
        at: String,
        outcome: OutcomeKind,
        /// Why it is not done.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// What was read back, where it means what was planned but is not the same document.
        #[serde(skip_serializing_if = "Option::is_none")]
        found: Option<Kept>,
        /// An attempt got no answer and was given up for another one; it may still take effect.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        abandoned: bool,
    },
    End {
        at: String,
        /// Everything was read once more and is as it should be.
        verified: bool,
        /// Stopped by the user or a signal.
        interrupted: bool,
    },
    /// Nothing is left to do about it. Of a run that was cut off: all that it wanted is in place.
    Settled {
        at: String,
        /// All that it wrote is as it was before.
        #[serde(default)]
        put_back: bool,
    },
}

/// The first line: whose run it is, and what it is going to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub format: String,
    pub version: u64,
    pub run: String,
    pub at: String,
    pub program: String,
    /// The run that this one puts back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
    /// The run that was cut off, or had failures, and that this one goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<String>,
    pub plan: PlanFile,
}

/// A document or a tier's value as it was found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    text: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    default: bool,
}

impl Kept {
    pub(super) fn of(content: &Content) -> Option<Self> {
        let text = content.text()?.to_owned();
        let default = matches!(content, Content::Default(_));
        Some(Self { text, default })
    }

    fn content(kept: Option<Self>) -> Content {
        match kept {
            None => Content::Absent,
            Some(Self {
                text,
                default: true,
            }) => Content::Default(text),
            Some(Self { text, .. }) => Content::Text(text),
        }
    }
}

/// How a change ended, in the words of the record and of the JSON output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeKind {
    /// Written and read back.
    Done,
    /// It was as planned without this run.
    AlreadyThere,
    /// Accepted by AWS, but not read back.
    NotSeenYet,
    /// What was there was not what the plan saw; nothing was written.
    Stale,
    /// Written, and then somebody wrote something else.
    Overwritten,
    /// Refused; nothing was written.
    Failed,
    /// It may or may not have been written.
    Unknown,
    /// Not begun.
    Skipped,
    /// The record could not be written, so the change was not made.
    NotRecorded,
}

impl OutcomeKind {
    fn may_have_written(self) -> bool {
        match self {
            Self::Done | Self::NotSeenYet | Self::Overwritten | Self::Unknown => true,
            Self::AlreadyThere | Self::Stale | Self::Failed | Self::Skipped | Self::NotRecorded => {
                false
            }
        }
    }

    fn is_done(self) -> bool {
        matches!(self, Self::Done | Self::AlreadyThere)
    }
}

/// What a record says of one change of its plan.
#[derive(Clone, Debug)]
pub struct RecordedStep {
    pub target: Target,
    pub planned: Change,
    /// What was there before the write; none when the run did not come to it.
    pub former: Option<Content>,
    /// None when the run was cut off before it was known.
    pub outcome: Option<OutcomeKind>,
    pub reason: Option<String>,
    /// When its end was recorded: UTC, RFC 3339.
    ended: Option<String>,
    /// What was read back, where it is not the planned document.
    found: Option<Content>,
    /// An attempt got no answer, and may still take effect.
    pub(super) abandoned: bool,
}

/// A change of a run, judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// It is, or was, as planned.
    Done,
    /// Nothing was written.
    NotDone,
    /// It may or may not have been written.
    Uncertain,
}

impl RecordedStep {
    pub fn verdict(&self) -> StepState {
        match (&self.former, self.outcome) {
            (_, Some(outcome)) if outcome.is_done() => StepState::Done,
            (_, Some(outcome)) if outcome.may_have_written() => StepState::Uncertain,
            (Some(_), None) => StepState::Uncertain,
            (_, Some(_)) | (None, None) => StepState::NotDone,
        }
    }

    /// Returns what AWS accepted in place of what, and how long ago; none where it was not accepted, or where the clock
    /// went back since.
    pub(super) fn accepted(&self, run: &str) -> Option<(&Content, Content, Duration)> {
        let (former, outcome) = (self.former.as_ref()?, self.outcome?);
        let ended: Timestamp = self.ended.as_ref()?.parse().ok()?;
        let age = Duration::try_from(Timestamp::now().duration_since(ended)).ok()?;
        let accepted = matches!(outcome, OutcomeKind::Done | OutcomeKind::NotSeenYet);
        accepted.then_some((former, self.planned.after_run(run), age))
    }

    /// Returns what was there before, when this run wrote something or may have.
    pub fn written_over(&self) -> Option<&Content> {
        self.former
            .as_ref()
            .filter(|_| self.outcome.is_none_or(OutcomeKind::may_have_written))
    }

    /// Returns what the run of this ID, whose step it is, left there, or may have left.
    pub(super) fn left(&self, run: &str) -> impl Iterator<Item = Content> {
        [Some(self.planned.after_run(run)), self.found.clone()]
            .into_iter()
            .flatten()
    }
}

/// A record, read.
#[derive(Clone, Debug)]
pub struct Record {
    pub run: String,
    /// When it began: UTC, RFC 3339.
    pub began: String,
    pub state: RunState,
    /// The time of the last line: UTC, RFC 3339.
    pub last_activity: String,
    pub undoes: Option<String>,
    pub continues: Option<String>,
    /// The version of the program that wrote it.
    pub program: String,
    pub account: String,
    pub partition: String,
    /// The ARN of the caller.
    pub identity: String,
    /// Where requests went, where that was not AWS.
    pub endpoints: Vec<Endpoint>,
    pub choices: Choices,
    pub steps: Vec<RecordedStep>,
    /// Items that the plan could not change, with the reason.
    pub blocked: Vec<(String, String)>,
    pub(super) is_resolved: bool,
    /// All that it wrote was found to be as before.
    pub(super) put_back: bool,
}

/// How far a run has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunState {
    /// The program that writes the record is still there.
    Running,
    /// The program was killed in the middle of it.
    CutOff,
    Ended {
        /// UTC, RFC 3339.
        at: String,
        /// Everything was read once more and is as it should be.
        verified: bool,
        /// Stopped by the user or a signal.
        interrupted: bool,
    },
}

/// Why a record cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("it is no record of this program, or its beginning is lost")]
    Foreign,
    #[error("it has version {0} of the format, and this program reads version {VERSION}")]
    Version(u64),
    #[error("it says of itself that it is the record of the run {0}")]
    OtherRun(String),
    #[error("it names \"{0}\" as a run, which is the ID of none")]
    NoId(String),
    #[error("line {line} is damaged: {what}")]
    Damaged { line: usize, what: String },
    #[error(transparent)]
    Plan(#[from] PlanFileError),
}

impl Record {
    /// Reads a record's whole lines.
    ///
    /// # Errors
    /// When any other line is not what it should be.
    pub fn parse(text: &str) -> Result<Self, RecordError> {
        let mut lines = text.lines().enumerate();
        let (_, first) = lines.next().ok_or(RecordError::Foreign)?;
        let head = head(first)?;
        let steps = head.plan.changes()?;
        let others = head.undoes.iter().chain(&head.continues);
        if let Some(id) = others.chain([&head.run]).find(|id| !is_id(id)) {
            return Err(RecordError::NoId(id.clone()));
        }
        let blocked = head
            .plan
            .items
            .iter()
            .filter(|item| item.state == ItemState::Blocked)
            .map(|item| (item.id.clone(), item.reason.clone().unwrap_or_default()))
            .collect();
        let mut record = Self {
            run: head.run,
            last_activity: head.at.clone(),
            began: head.at,
            state: RunState::CutOff,
            undoes: head.undoes,
            continues: head.continues,
            program: head.program,
            account: head.plan.account,
            partition: head.plan.partition,
            identity: head.plan.identity,
            endpoints: head.plan.endpoints,
            choices: head.plan.choices,
            steps: steps
                .into_iter()
                .map(|(target, planned)| RecordedStep {
                    target,
                    planned,
                    former: None,
                    outcome: None,
                    reason: None,
                    ended: None,
                    found: None,
                    abandoned: false,
                })
                .collect(),
            blocked,
            is_resolved: false,
            put_back: false,
        };
        let places: BTreeMap<String, usize> = record
            .steps
            .iter()
            .enumerate()
            .map(|(place, step)| (step.target.to_string(), place))
            .collect();
        for (number, line) in lines {
            let damaged = |what: String| RecordError::Damaged {
                line: number + 1,
                what,
            };
            let line: JournalLine =
                serde_json::from_str(line).map_err(|error| damaged(error.to_string()))?;
            record
                .take(line, &places)
                .map_err(|what| damaged(what.to_owned()))?;
        }
        Ok(record)
    }

    fn take(
        &mut self,
        line: JournalLine,
        places: &BTreeMap<String, usize>,
    ) -> Result<(), &'static str> {
        match line {
            JournalLine::Begin(_) => return Err("a record begins once"),
            JournalLine::Before { id, at, former } => {
                self.step(&id, places)?.former = Some(Kept::content(former));
                self.last_activity = at;
            }
            JournalLine::After {
                id,
                at,
                outcome,
                reason,
                found,
                abandoned,
            } => {
                self.last_activity.clone_from(&at);
                let step = self.step(&id, places)?;
                step.ended = Some(at);
                step.outcome = Some(outcome);
                step.reason = reason;
                step.found = found.map(|kept| Kept::content(Some(kept)));
                step.abandoned = abandoned;
            }
            JournalLine::End {
                at,
                verified,
                interrupted,
            } => {
                self.state = RunState::Ended {
                    at,
                    verified,
                    interrupted,
                };
            }
            JournalLine::Settled { put_back, .. } => {
                self.is_resolved = true;
                self.put_back |= put_back;
            }
        }
        Ok(())
    }

    fn step(
        &mut self,
        id: &str,
        places: &BTreeMap<String, usize>,
    ) -> Result<&mut RecordedStep, &'static str> {
        let place = places.get(id).copied();
        place
            .and_then(|place| self.steps.get_mut(place))
            .ok_or("it is about no change of the plan")
    }

    /// Returns whether it was to set up the same.
    pub fn was_to_set_up(&self, choices: &Choices) -> bool {
        self.undoes.is_none() && self.choices.is_same(choices)
    }

    /// Returns whether the program was killed in the middle of it.
    pub fn was_cut_off(&self) -> bool {
        self.state == RunState::CutOff
    }

    /// Returns whether nothing of it could arrive any more when the other run began.
    pub(super) fn was_over_before(&self, other: &Self) -> bool {
        let time = |text: &str| text.parse::<Timestamp>();
        match (time(&self.last_activity), time(&other.began)) {
            (Ok(last), Ok(began)) => began.duration_since(last).as_secs() > REQUEST_EXPIRY,
            _ => false,
        }
    }

    /// Returns whether something of it may still arrive.
    pub fn may_still_arrive(&self) -> bool {
        self.is_younger_than(REQUEST_EXPIRY)
    }

    /// Returns whether it gave its last sign less than so many seconds ago, or nobody can tell because the clock went
    /// back since. What was written then may not show yet.
    pub fn is_younger_than(&self, seconds: i64) -> bool {
        let last: Result<Timestamp, _> = self.last_activity.parse();
        last.is_ok_and(|last| Timestamp::now().duration_since(last).as_secs() < seconds)
    }

    /// Returns whether everything was read once more at its end and was as it should be.
    pub fn is_verified(&self) -> bool {
        matches!(self.state, RunState::Ended { verified: true, .. })
    }

    /// Returns whether it wrote anything, or may have.
    pub fn may_have_written(&self) -> bool {
        self.steps.iter().any(|step| step.written_over().is_some())
    }

    /// The places of which nobody knows whether the run wrote there.
    pub fn uncertain_targets(&self) -> Vec<Target> {
        let uncertain = self.of(StepState::Uncertain);
        uncertain.map(|step| step.target.clone()).collect()
    }

    /// The changes that are judged so.
    pub fn of(&self, verdict: StepState) -> impl Iterator<Item = &RecordedStep> {
        self.steps
            .iter()
            .filter(move |step| step.verdict() == verdict)
    }
}

/// Returns whether a text is a run's ID.
fn is_id(text: &str) -> bool {
    DateTime::strptime(ID, text).is_ok_and(|time| time.strftime(ID).to_string() == text)
}

/// Returns how many bytes are whole lines. A last line without its end was being written when the program was killed,
/// and may be cut within a character; it does not count.
pub(super) fn whole_lines(bytes: &[u8]) -> usize {
    let end = bytes.iter().rposition(|b| *b == b'\n');
    end.map_or(0, |end| end + 1)
}

fn head(line: &str) -> Result<Head, RecordError> {
    #[derive(Deserialize)]
    struct Marks {
        format: Option<String>,
        version: Option<u64>,
    }
    let marks: Marks = serde_json::from_str(line).map_err(|_| RecordError::Foreign)?;
    match (marks.format.as_deref(), marks.version) {
        (Some(FORMAT), Some(VERSION)) => {}
        (Some(FORMAT), Some(version)) => return Err(RecordError::Version(version)),
        _ => return Err(RecordError::Foreign),
    }
    match serde_json::from_str(line) {
        Ok(JournalLine::Begin(head)) => Ok(*head),
        Ok(_) => Err(RecordError::Foreign),
        Err(error) => Err(RecordError::Damaged {
            line: 1,
            what: error.to_string(),
        }),
    }
}
