//! What came of a run in a person's words.

use super::{Outcome, Report};
use crate::guide::Ending;
use crate::journal::Records;
use crate::plan::readiness::{self, Basis};
use crate::plan::words::counted;
use crate::plan::{Content, Plan, Target};
use crate::text::clean;

/// How good the news is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Good,
    /// Done as far as it goes, or not certain.
    Mixed,
    Bad,
}

/// The result in one line: who can connect, and what was done for it.
pub fn headline(plan: &Plan, report: &Report) -> (Mood, String) {
    let (mood, text) = what_was_done(plan, report);
    let Some(readiness) = &report.readiness else {
        return (mood, text);
    };
    let mood = match (readiness.state, mood) {
        (readiness::Outcome::NotReady, _) => Mood::Bad,
        (readiness::Outcome::Partly, Mood::Good) => Mood::Mixed,
        (readiness::Outcome::Partly | readiness::Outcome::Ready, mood) => mood,
    };
    (mood, format!("{}. {text}", readiness.title()))
}

/// What became of the changes.
pub fn what_was_done(plan: &Plan, report: &Report) -> (Mood, String) {
    let (done, total) = (report.done(), report.outcomes.len());
    if let Some(ending) = &report.guided {
        return after_a_guide(report, ending);
    }
    if report.refused.is_some() && !report.may_have_changed_something() {
        return (Mood::Bad, "Nothing was changed.".to_owned());
    }
    if done < total {
        let uncertain = match report.uncertain() {
            0 => String::new(),
            uncertain => format!(", {uncertain} uncertain"),
        };
        let changes = counted(total, "change");
        return (Mood::Bad, format!("{done} of {changes} done{uncertain}."));
    }
    if report.verification.is_none() {
        let changes = counted(total, "change");
        return (
            Mood::Mixed,
            format!("{changes} done; stopped before the last reading."),
        );
    }
    if !report.is_verified() {
        let items = counted(report.unverified().len(), "item");
        let text = if total == 0 {
            format!("Nothing was written, and {items} could not be found in place.")
        } else {
            format!("Written, but the last reading does not show {items} in place.")
        };
        return (Mood::Mixed, text);
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
        0 => (Mood::Good, text),
        blocked => {
            let items = counted(blocked, "item");
            let verb = if blocked == 1 { "is" } else { "are" };
            (Mood::Mixed, format!("{text} {items} {verb} blocked."))
        }
    }
}

/// What the last reading of a guide shows.
fn after_a_guide(report: &Report, ending: &Ending) -> (Mood, String) {
    let Some(now) = &report.verification else {
        return match &report.refused {
            Some(_) => (Mood::Bad, "The last reading failed.".to_owned()),
            None => (Mood::Mixed, "The last reading was stopped.".to_owned()),
        };
    };
    if report.is_complete() {
        let text = "Everything is in place. This program wrote nothing.";
        return (Mood::Good, text.to_owned());
    }
    let mut text = format!("{} of {} in place", now.totals().in_place, now.items.len());
    if !ending.ticked.is_empty() {
        let ticked = ending.ticked.len();
        text = format!("{text}, {ticked} ticked by hand and not checked");
    }
    if !ending.lost.is_empty() {
        let statements = counted(ending.lost.len(), "statement");
        text = format!("{text}; {statements} of a former policy gone");
    }
    (Mood::Mixed, format!("{text}."))
}

/// Why a change did not end well, and what to do.
pub fn explanation(target: &Target, outcome: &Outcome) -> Option<String> {
    let text = match outcome {
        Outcome::Done | Outcome::AlreadyThere => return None,
        Outcome::NotSeenYet => match target {
            Target::Tier { .. } => "AWS accepted it and does not show it yet: the change of the tier is under way, which takes \
                                    some minutes. Check again then."
                .to_owned(),
            Target::Trust { .. } | Target::Policy { .. } => {
                "AWS accepted it and does not show it yet. IAM may take some minutes; try again then.".to_owned()
            }
        },
        Outcome::Stale {
            found: Content::Absent,
        } => "Somebody deleted it after it was planned. Nothing was written. Plan again to see what is there now."
            .to_owned(),
        Outcome::Stale { .. } => {
            "Somebody changed it after it was planned. Nothing was written. Plan again to see what is there now."
                .to_owned()
        }
        Outcome::Overwritten { .. } => {
            "It was written, or may have been, and then somebody wrote something else. Look at it in the console, and \
             plan again."
                .to_owned()
        }
        Outcome::Failed(error) => {
            format!("{} {} It was not changed.", error.sentence(), error.advice())
        }
        Outcome::Unknown(error) => {
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
        Outcome::Unread(error) => format!(
            "It was written, or may have been, and could not be read back. {} {}",
            error.sentence(),
            error.advice()
        ),
        Outcome::Skipped => "The run was stopped before it.".to_owned(),
        Outcome::NotRecorded(why) => {
            format!("{why} What is there has to be recorded first, so it was not changed. Make room, and try again.")
        }
    };
    Some(text)
}

/// What a guide leaves open, one line each.
fn open(report: &Report) -> Vec<String> {
    let Some(ending) = &report.guided else {
        return Vec::new();
    };
    let items = report.unverified().into_iter().map(|item| {
        let label = if ending.ticked.contains(&item.target) {
            "Not checked"
        } else {
            "Not in place"
        };
        format!("{label:<14}{}", item.target)
    });
    let lost = ending
        .lost
        .iter()
        .map(|(target, name)| format!("Gone          {target}: {name}"));
    lost.chain(items).collect()
}

/// So many of a list stand in the plain lines.
const SHOWN: usize = 6;

/// The first lines of a list, and how many more there are.
fn first_of(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(SHOWN);
    if more > 0 {
        lines.truncate(SHOWN);
        lines.push(format!("              and {more} more"));
    }
    lines
}

/// About ten plain lines: account, result, verification, what is not done, how to put it back.
pub fn plain(plan: &Plan, report: &Report, records: &Records) -> Vec<String> {
    let (_, headline) = headline(plan, report);
    let mut lines = vec![
        format!("Account       {}", plan.identity.account_label()),
        format!("Signed in as  {}", plan.identity.arn),
        format!("Credentials   {}", plan.identity.credentials),
        format!("Result        {headline}"),
    ];
    lines.extend(
        report
            .refused
            .iter()
            .map(|why| format!("              {why}")),
    );
    // The heading stands in the result.
    if let Some(readiness) = &report.readiness {
        let sentence = readiness.sentence(Basis::Found);
        lines.push(format!("People        {sentence}"));
        let obstacles = readiness.obstacles().into_iter();
        let obstacles = obstacles.map(|obstacle| format!("              {obstacle}"));
        lines.extend(first_of(obstacles.collect()));
    }
    let verified = match &report.verification {
        Some(now) => {
            let run = if report.guided.is_some() {
                "guide"
            } else {
                "run"
            };
            format!("after the {run}: {}", now.totals_line("·"))
        }
        None => "not read again".to_owned(),
    };
    lines.push(format!("Verification  {verified}"));
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
                explanation(target, outcome)?
            ))
        })
        .collect();
    let not_done = if report.guided.is_some() {
        open(report)
    } else {
        not_done
    };
    lines.extend(first_of(not_done));
    if let Some(run) = report
        .run
        .as_ref()
        .filter(|_| report.may_have_changed_something())
    {
        match records.path(run) {
            Some(path) => {
                let label = if plan.undoes.is_some() {
                    "Take back"
                } else {
                    "Put back"
                };
                lines.push(format!("{label:<14}sagemaker-ssh-setup undo {run}"));
                lines.push(format!("Record        {}", path.display()));
            }
            None => lines.push("Put back      the embedded account is forgotten now".to_owned()),
        }
    }
    if let Some(why) = &report.record_lost {
        lines.push(format!("Record        {why}"));
    }
    lines.iter().map(|line| clean(line)).collect()
}
