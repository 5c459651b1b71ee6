//! A record in a person's words.

use crate::journal::{Record, RunState, StepState};
use crate::text::counted;

/// A run that was cut off: which, what was done, what was not, and what is uncertain.
pub fn cut_off(record: &Record) -> Vec<String> {
    let what = match &record.undoes {
        Some(undone) => format!(", which was putting {undone} back,"),
        None => String::new(),
    };
    let mut lines = vec![format!(
        "The run {}{what} in the account {} was cut off.",
        record.run, record.account
    )];
    if !record.may_have_written() {
        lines.push("It had changed nothing yet.".to_owned());
    }
    for (verdict, label) in [
        (StepState::Done, "Done"),
        (StepState::Uncertain, "Uncertain, written or not"),
        (StepState::NotDone, "Not done"),
    ] {
        let ids: Vec<String> = record
            .of(verdict)
            .map(|step| step.target.to_string())
            .collect();
        if !ids.is_empty() {
            lines.push(format!("{label}: {}", ids.join(", ")));
        }
    }
    lines
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
