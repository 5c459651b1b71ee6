//! A run for programs: one JSON object a line, the last of them with the sum.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::printer::emit;
use crate::apply::{Outcome, Report, RunEvent};
use crate::journal::OutcomeKind;
use crate::model::Endpoint;
use crate::plan::readiness::Readiness;
use crate::plan::{Difference, Plan, State, Target};
use crate::text::clean_json;

/// A line of a run, as things happen; the last is `finished`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(super) enum EventLine<'a> {
    Started {
        id: String,
    },
    /// A call is made again.
    Retry {
        id: String,
        attempt: u32,
        reason: String,
        waited_ms: u64,
    },
    Done {
        id: String,
        outcome: OutcomeKind,
        took_ms: u64,
    },
    Failed {
        id: String,
        outcome: OutcomeKind,
        reason: Option<String>,
        /// Of what was not begun because it was no longer as expected, there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        took_ms: Option<u64>,
        #[serde(flatten)]
        differing: Option<Differing<'a>>,
    },
    Skipped {
        id: String,
        /// How it ended, in the words of the record, or `blocked`: the plan itself does not carry it out.
        #[schemars(extend("enum" = ["skipped", "blocked"]))]
        outcome: &'static str,
        reason: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        took_ms: Option<u64>,
    },
    Finished(Finished<'a>),
}

/// What was expected and what was found; null where there is, or was to be, no such policy.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Differing<'a> {
    expected: Option<&'a str>,
    found: Option<&'a str>,
}

/// The sum of a run.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct Finished<'a> {
    applied: usize,
    failed: usize,
    skipped: usize,
    verified: bool,
    /// Null where nothing was begun.
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

fn print(line: &EventLine<'_>) {
    // Nothing that is printed here can fail to be JSON.
    if let Ok(text) = serde_json::to_string(line) {
        // Nobody reading is no reason to stop half-way.
        let _ = emit(clean_json(text + "\n"));
    }
}

pub(super) fn tell(plan: &Plan, event: &RunEvent) {
    match event {
        RunEvent::Started(target) => print(&EventLine::Started {
            id: target.to_string(),
        }),
        RunEvent::Retry(target, retry) => print(&EventLine::Retry {
            id: target.to_string(),
            attempt: retry.attempt,
            reason: retry.reason.clone(),
            waited_ms: milliseconds(retry.waited),
        }),
        RunEvent::Ended(target, outcome, took) => print(&ended(plan, target, outcome, *took)),
        RunEvent::Waiting(_) | RunEvent::Verifying | RunEvent::Finished(_) => {}
    }
}

fn ended<'a>(
    plan: &'a Plan,
    target: &Target,
    outcome: &'a Outcome,
    took: Duration,
) -> EventLine<'a> {
    let (id, took_ms) = (target.to_string(), milliseconds(took));
    let reason = outcome.explanation(target);
    match outcome {
        outcome if outcome.is_done() => EventLine::Done {
            id,
            outcome: outcome.kind(),
            took_ms,
        },
        Outcome::Skipped | Outcome::NotBegun(_) => EventLine::Skipped {
            id,
            outcome: "skipped",
            reason,
            took_ms: Some(took_ms),
        },
        outcome => EventLine::Failed {
            id,
            outcome: outcome.kind(),
            reason,
            took_ms: Some(took_ms),
            differing: plan
                .change_of(target)
                .and_then(|change| outcome.differing(change))
                .map(|(expected, found)| Differing { expected, found }),
        },
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
        let id = item.target.to_string();
        let reason = Some(format!("{reason} {remedy}"));
        print(&match difference {
            Some(Difference { expected, found }) => EventLine::Failed {
                id,
                outcome: OutcomeKind::Stale,
                reason,
                took_ms: None,
                differing: Some(Differing {
                    expected: expected.text(),
                    found: found.text(),
                }),
            },
            None => EventLine::Skipped {
                id,
                outcome: "blocked",
                reason,
                took_ms: None,
            },
        });
    }
}

/// The sum of a run.
pub(super) fn finished(plan: &Plan, report: &Report) {
    let is_skipped = |(_, outcome): &&(Target, Outcome)| {
        matches!(outcome, Outcome::Skipped | Outcome::NotBegun(_))
    };
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
    print(&EventLine::Finished(Finished {
        applied: report.done(),
        failed: ended - report.done() + refused,
        skipped: not_begun + blocked,
        verified: report.is_complete(),
        run: report.run.as_deref(),
        endpoints: &plan.identity.endpoints,
        reason: report.refused.as_deref().or(report.record_lost.as_deref()),
        readiness: report.readiness.clone(),
    }));
}

/// The sum where there is nothing to change; without a plan, because there is no run to put back.
pub(super) fn nothing_to_do(plan: Option<&Plan>, readiness: Option<Readiness>) {
    let (refused, blocked) = plan.map(refused_and_blocked).unwrap_or_default();
    print(&EventLine::Finished(Finished {
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
    }));
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
