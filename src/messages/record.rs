//! A record in a person's words.

use std::collections::BTreeMap;

use super::Message;
use crate::journal::{Record, RecordedStep, RunState, StepState};
use crate::model::identity::who;
use crate::plan::{Content, Target};
use crate::text::{Severity, counted, local_time};

/// What was found now in the places of a run that are uncertain; none while it is being read.
pub type Found = BTreeMap<Target, Result<Content, String>>;

/// A run that was cut off: when, by whom, what was done, what was not, and what became of the uncertain.
pub fn cut_off(record: &Record, found: Option<&Found>) -> Vec<Message> {
    let what = match &record.undoes {
        Some(undone) => format!("putting the run {undone} back"),
        None => "setting this account up".to_owned(),
    };
    let mut said = vec![Message::new(
        Severity::Info,
        format!(
            "A run that was {what} was cut off. It began {} (local time), by {}: {}.",
            local_time(&record.began),
            who(&record.identity),
            record.run
        ),
    )];
    let mut say = |severity, text: String| said.push(Message::new(severity, text));
    if !record.may_have_written() {
        say(Severity::Good, "It had changed nothing yet.".to_owned());
    }
    let short = |steps: Vec<&RecordedStep>| {
        let names = steps.into_iter().map(|step| step.target.short());
        names.collect::<Vec<_>>().join(", ")
    };
    for (verdict, severity, label) in [
        (StepState::Done, Severity::Good, "Done"),
        (StepState::NotDone, Severity::Info, "Not done"),
    ] {
        let steps: Vec<_> = record.of(verdict).collect();
        if !steps.is_empty() {
            say(severity, format!("{label}: {}.", short(steps)));
        }
    }
    for step in record.of(StepState::Uncertain) {
        let name = step.target.short();
        let (severity, what) = became(step, &record.run, found);
        say(severity, format!("{name}: {what}"));
    }
    said
}

/// Returns what became of a change of which the record does not say whether it was made.
fn became(step: &RecordedStep, run: &str, found: Option<&Found>) -> (Severity, String) {
    let Some(found) = found else {
        let text = "it is not recorded whether it was written.";
        return (Severity::Unknown, text.to_owned());
    };
    match found.get(&step.target) {
        Some(Ok(now)) if now.is_same(&step.planned.after_run(run)) => {
            (Severity::Good, "written, as read just now.".to_owned())
        }
        Some(Ok(now)) if now.is_same(&step.planned.before()) => {
            (Severity::Info, "not written, as read just now.".to_owned())
        }
        Some(Ok(_)) => {
            let text = "there is something else now; somebody may have changed it since.";
            (Severity::Warning, text.to_owned())
        }
        Some(Err(why)) => (
            Severity::Unknown,
            format!("it could not be read now. {why}"),
        ),
        None => (Severity::Unknown, "it was not read.".to_owned()),
    }
}

/// Returns what came of a run, in a few words.
pub fn result(record: &Record) -> String {
    let count = |verdict| record.of(verdict).count();
    let (done, uncertain) = (count(StepState::Done), count(StepState::Uncertain));
    let changes = counted(record.steps.len(), "change");
    let mut parts = Vec::new();
    match &record.state {
        RunState::Running => return "still going on".to_owned(),
        RunState::CutOff => parts.push(format!("cut off: {done} of {changes} done")),
        RunState::Ended { .. } if done == record.steps.len() => {
            parts.push(format!("{changes} done"));
        }
        RunState::Ended { .. } => parts.push(format!("{done} of {changes} done")),
    }
    if uncertain > 0 {
        parts.push(format!("{uncertain} uncertain"));
    }
    if !record.blocked.is_empty() {
        parts.push(format!("{} blocked", record.blocked.len()));
    }
    if let RunState::Ended {
        verified,
        interrupted,
        ..
    } = record.state
    {
        let verified = if verified { "verified" } else { "not verified" };
        parts.extend((done > 0).then(|| verified.to_owned()));
        parts.extend(interrupted.then(|| "stopped".to_owned()));
    }
    parts.join(", ")
}
