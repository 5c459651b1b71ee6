//! A run for programs: one JSON object a line, the last of them with the sum.

use std::time::Duration;

use serde::Serialize;

use super::printer::emit;
use crate::apply::{Outcome, Report, RunEvent};
use crate::model::Endpoint;
use crate::plan::readiness::Readiness;
use crate::plan::{Difference, Plan, State, Target};
use crate::text::clean_json;

/// A line. Fields that say nothing about its event are left out.
#[derive(Debug, Default, Serialize)]
struct EventLine<'a> {
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// How it ended, in the words of the record, or `blocked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<LineOutcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waited_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: Option<u64>,
    #[serde(flatten)]
    differing: Option<Differing<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum LineOutcome {
    Run(crate::journal::OutcomeKind),
    /// The plan itself does not carry it out.
    Plan(&'static str),
}

/// Null where there is, or was to be, no such policy.
#[derive(Debug, Serialize)]
struct Differing<'a> {
    expected: Option<&'a str>,
    found: Option<&'a str>,
}

/// The last line.
#[derive(Debug, Serialize)]
struct Finished<'a> {
    event: &'static str,
    applied: usize,
    failed: usize,
    skipped: usize,
    verified: bool,
    run: Option<&'a str>,
    /// Where requests went, where that was not AWS.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    endpoints: &'a [Endpoint],
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Who can connect by the last reading; none where something was put back, or nothing was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    readiness: Option<Readiness>,
}

fn print(line: &impl Serialize) {
    // Nothing that is printed here can fail to be JSON.
    if let Ok(text) = serde_json::to_string(line) {
        // Nobody reading is no reason to stop half-way.
        let _ = emit(clean_json(text + "\n"));
    }
}

pub(super) fn tell(plan: &Plan, event: &RunEvent) {
    match event {
        RunEvent::Started(target) => print(&EventLine {
            event: "started",
            id: Some(target.to_string()),
            ..EventLine::default()
        }),
        RunEvent::Retry(target, retry) => print(&EventLine {
            event: "retry",
            id: Some(target.to_string()),
            attempt: Some(retry.attempt),
            reason: Some(retry.reason.clone()),
            waited_ms: Some(milliseconds(retry.waited)),
            ..EventLine::default()
        }),
        RunEvent::Ended(target, outcome, took) => print(&EventLine {
            event: match outcome {
                outcome if outcome.is_done() => "done",
                Outcome::Skipped => "skipped",
                _ => "failed",
            },
            id: Some(target.to_string()),
            outcome: Some(LineOutcome::Run(outcome.kind())),
            reason: outcome.explanation(target),
            took_ms: Some(milliseconds(*took)),
            differing: plan
                .change_of(target)
                .and_then(|change| outcome.differing(change))
                .map(|(expected, found)| Differing { expected, found }),
            ..EventLine::default()
        }),
        RunEvent::Waiting(_) | RunEvent::Verifying | RunEvent::Finished(_) => {}
    }
}

/// The items that are not carried out at all: what is no longer as it was expected has failed, the rest is skipped.
pub(super) fn blocked(plan: &Plan) {
    for item in &plan.items {
        let State::Blocked {
            reason,
            remedy,
            difference,
            ..
        } = &item.state
        else {
            continue;
        };
        let (event, outcome) = match difference {
            Some(_) => (
                "failed",
                LineOutcome::Run(crate::journal::OutcomeKind::Stale),
            ),
            None => ("skipped", LineOutcome::Plan("blocked")),
        };
        print(&EventLine {
            event,
            id: Some(item.target.to_string()),
            outcome: Some(outcome),
            reason: Some(format!("{reason} {remedy}")),
            differing: difference
                .as_ref()
                .map(|Difference { expected, found }| Differing {
                    expected: expected.text(),
                    found: found.text(),
                }),
            ..EventLine::default()
        });
    }
}

/// The sum of a run.
pub(super) fn finished(plan: &Plan, report: &Report) {
    let is_skipped = |(_, outcome): &&(Target, Outcome)| matches!(outcome, Outcome::Skipped);
    // Of a run that was refused as a whole, no change was begun.
    let not_begun = match &report.refused {
        Some(_) => plan.totals().changes,
        None => report.outcomes.iter().filter(is_skipped).count(),
    };
    let ended = report
        .outcomes
        .iter()
        .filter(|end| !is_skipped(end))
        .count();
    let (refused, blocked) = refused_and_blocked(plan);
    print(&Finished {
        event: "finished",
        applied: report.done(),
        failed: ended - report.done() + refused,
        skipped: not_begun + blocked,
        verified: report.is_complete(),
        run: report.run.as_deref(),
        endpoints: &plan.identity.endpoints,
        reason: report.refused.as_deref().or(report.record_lost.as_deref()),
        readiness: report.readiness.clone(),
    });
}

/// The sum where there is nothing to change; without a plan, because there is no run to put back.
pub(super) fn nothing_to_do(plan: Option<&Plan>, readiness: Option<Readiness>) {
    let (refused, blocked) = plan.map(refused_and_blocked).unwrap_or_default();
    print(&Finished {
        event: "finished",
        applied: 0,
        failed: refused,
        skipped: blocked,
        verified: refused + blocked == 0,
        run: None,
        endpoints: plan
            .map(|plan| &plan.identity.endpoints[..])
            .unwrap_or_default(),
        reason: None,
        readiness,
    });
}

/// Returns how many items are refused because they are no longer as expected, and how many are blocked for other
/// reasons.
fn refused_and_blocked(plan: &Plan) -> (usize, usize) {
    let refused = |state: &State| {
        matches!(
            state,
            State::Blocked {
                difference: Some(_),
                ..
            }
        )
    };
    let refused = plan
        .items
        .iter()
        .filter(|item| refused(&item.state))
        .count();
    (refused, plan.totals().blocked - refused)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
