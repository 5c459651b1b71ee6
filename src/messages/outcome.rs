//! What came of a run: who can connect, what was done, and what to do about what was not.

use super::{Message, Severity};
use crate::apply::{Outcome, Report};
use crate::journal::Records;
use crate::plan::readiness::{self, Basis, Readiness};
use crate::plan::{Content, Plan, Target, Totals};
use crate::text::{clean, counted};

/// The result in one line: who can connect, and what was done for it.
pub fn headline(plan: &Plan, report: &Report) -> Message {
    with_readiness(report.readiness.as_ref(), what_was_done(plan, report))
}

/// Returns what was done, behind who can connect: that is no good news where nobody can.
pub(super) fn with_readiness(readiness: Option<&Readiness>, done: Message) -> Message {
    let Some(readiness) = readiness else {
        return done;
    };
    let severity = match (readiness.state, done.severity) {
        (readiness::ReadinessLevel::NotReady, _) => Severity::Error,
        (readiness::ReadinessLevel::Partly, Severity::Good) => Severity::Warning,
        (readiness::ReadinessLevel::Partly | readiness::ReadinessLevel::Ready, severity) => {
            severity
        }
    };
    Message::new(severity, format!("{}. {}", readiness.title(), done.text))
}

/// Returns what became of the changes.
pub fn what_was_done(plan: &Plan, report: &Report) -> Message {
    let (severity, text) = changes(plan, report);
    Message::new(severity, text)
}

fn changes(plan: &Plan, report: &Report) -> (Severity, String) {
    let (done, total) = (report.done(), report.outcomes.len());
    if report.refused.is_some() && !report.may_have_changed_something() {
        return (Severity::Error, "Nothing was changed.".to_owned());
    }
    if done < total {
        let uncertain = match report.uncertain() {
            0 => String::new(),
            uncertain => format!(", {uncertain} uncertain"),
        };
        let changes = counted(total, "change");
        return (
            Severity::Error,
            format!("{done} of {changes} done{uncertain}."),
        );
    }
    if report.verification.is_none() {
        let changes = counted(total, "change");
        let text = format!("{changes} done; stopped before the last reading.");
        return (Severity::Unknown, text);
    }
    if !report.is_verified() {
        let items = counted(report.unverified().len(), "item");
        let text = if total == 0 {
            format!("Nothing was written, and {items} could not be found in place.")
        } else {
            format!("Written, but the last reading does not show {items} in place.")
        };
        return (Severity::Unknown, text);
    }
    let written = counted(report.written(), "change");
    let there = total - report.written();
    let text = match (report.written(), plan.undoes.is_some()) {
        (0, true) => "Nothing had to be put back.".to_owned(),
        (0, false) if total == 0 && report.blocked.is_empty() => {
            "Everything is in place. Nothing was written.".to_owned()
        }
        (0, false) => "Nothing was written.".to_owned(),
        (_, true) if there > 0 => {
            format!("Put back: {written}, each read back; {there} put back already.")
        }
        (_, true) => format!("Put back: {written}, each read back."),
        (_, false) if there > 0 => {
            format!("{written} written and read back, {there} there already.")
        }
        (_, false) => format!("{written} written and read back."),
    };
    match report.blocked.len() {
        0 => (Severity::Good, text),
        blocked => {
            let items = counted(blocked, "item");
            let verb = if blocked == 1 { "is" } else { "are" };
            (Severity::Warning, format!("{text} {items} {verb} blocked."))
        }
    }
}

impl Outcome {
    /// Returns why a change of this target did not end well, and what to do; none where it did.
    pub fn explanation(&self, target: &Target) -> Option<String> {
        let text = match self {
        Self::Done | Self::AlreadyThere => return None,
        Self::NotSeenYet => match target {
            Target::Tier { .. } => "AWS accepted it and does not show it yet: the change of the tier is under way, which takes \
                                    some minutes. Check again then."
                .to_owned(),
            Target::Role { .. } | Target::FullAccess { .. } | Target::Trust { .. } | Target::Policy { .. } => {
                "AWS accepted it and does not show it yet. IAM may take some minutes; try again then.".to_owned()
            }
        },
        Self::Stale {
            found: Content::Absent,
        } => "Somebody deleted it after it was planned. Nothing was written. Plan again to see what is there now."
            .to_owned(),
        Self::Stale { .. } if matches!(target, Target::Role { .. }) => {
            "Somebody made a role of this name after it was planned, and a role that is there is never taken over. Nothing was \
             written. Choose another name, or the role that is there."
                .to_owned()
        }
        Self::Stale { .. } => {
            "Somebody changed it after it was planned. Nothing was written. Plan again to see what is there now."
                .to_owned()
        }
        Self::Overwritten { .. } => {
            "It was written, or may have been, and then somebody wrote something else. Look at it in the console, and \
             plan again."
                .to_owned()
        }
        Self::Failed(error) => {
            format!("{} {} It was not changed.", error.sentence(), error.advice())
        }
        Self::Unknown(error) => {
            let again = if error.says_to_wait() {
                ""
            } else {
                " Try again in a minute."
            };
            format!(
                "{} The account does not show the change, but it may still arrive. {}{again}",
                error.sentence(),
                error.advice()
            )
        }
        Self::Unread(error) => format!(
            "It was written, or may have been, and could not be read back. {} {}",
            error.sentence(),
            error.advice()
        ),
        Self::Skipped => "The run was stopped before it.".to_owned(),
        Self::NotBegun(before) => format!("It was not begun, because {before} comes first and is not done."),
        Self::NotRecorded(why) => {
            format!("{why} What is there has to be recorded first, so it was not changed. Make room, and try again.")
        }
    };
        Some(text)
    }
}

/// So many of a list stand in the plain lines.
const SHOWN: usize = 6;

/// The first lines of a list, and how many more there are.
pub(super) fn first_of(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(SHOWN);
    if more > 0 {
        lines.truncate(SHOWN);
        lines.push(format!("              and {more} more"));
    }
    lines
}

/// The first plain lines of an end: whose account it is, and the result.
pub(super) fn plain_head(plan: &Plan, headline: &Message) -> Vec<String> {
    vec![
        format!("Account       {}", plan.identity.account_label()),
        format!("Signed in as  {}", plan.identity.arn),
        format!("Credentials   {}", plan.identity.credentials),
        format!("Result        {}", headline.text),
    ]
}

/// The plain line of what the last reading showed.
pub(super) fn read_back(now: Option<&Plan>) -> String {
    let text = match now {
        None => "not read again".to_owned(),
        Some(now) => {
            let Totals {
                changes,
                in_place,
                blocked,
                ..
            } = now.totals();
            let done = if now.undoes.is_some() {
                "as before"
            } else {
                "in place"
            };
            format!("{in_place} {done} · {changes} not yet · {blocked} blocked")
        }
    };
    format!("Read back     {text}")
}

/// Returns who can connect, in plain lines; the heading stands in the result.
pub(super) fn plain_people(readiness: Option<&Readiness>) -> Vec<String> {
    let Some(readiness) = readiness else {
        return Vec::new();
    };
    let sentence = readiness.sentence(Basis::Found);
    let obstacles = readiness.obstacles().into_iter();
    let obstacles = obstacles.map(|obstacle| format!("              {obstacle}"));
    let mut lines = vec![format!("People        {sentence}")];
    lines.extend(first_of(obstacles.collect()));
    lines
}

/// About ten plain lines: account, result, verification, what is not done, how to put it back.
pub fn plain(plan: &Plan, report: &Report, records: &Records) -> Vec<String> {
    let mut lines = plain_head(plan, &headline(plan, report));
    lines.extend(
        report
            .refused
            .iter()
            .map(|why| format!("              {why}")),
    );
    lines.extend(plain_people(report.readiness.as_ref()));
    lines.push(read_back(report.verification.as_ref()));
    let not_done: Vec<String> = report
        .outcomes
        .iter()
        .filter_map(|(target, outcome)| {
            let label = if outcome.may_have_written() {
                "Uncertain"
            } else {
                "Not done"
            };
            Some(format!(
                "{label:<14}{target}: {}",
                outcome.explanation(target)?
            ))
        })
        .collect();
    lines.extend(first_of(not_done));
    if let Some(run) = report
        .run
        .as_ref()
        .filter(|_| report.may_have_changed_something())
    {
        let label = if plan.undoes.is_some() {
            "To redo"
        } else {
            "To undo"
        };
        match records.path(run) {
            Some(path) => {
                lines.push(format!("{label:<14}sagemaker-ssh-setup undo {run}"));
                lines.push(format!("Record        {}", path.display()));
            }
            None => lines.push(format!(
                "{label:<14}not needed: the demo account is forgotten now"
            )),
        }
    }
    if let Some(why) = &report.record_lost {
        lines.push(format!("Record        {why}"));
    }
    lines.iter().map(|line| clean(line)).collect()
}
