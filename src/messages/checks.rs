//! What the policy simulator and a real activation say.

use super::{Message, Severity};
use crate::model::Denial;
use crate::text::counted;
use crate::verify::assertion::{Assertion, CheckResult, Verdict};
use crate::verify::live::{Live, RemainingActivation, Trial};
use crate::verify::preflight::{Need, Preflight};

/// How many needs are named before the rest is counted.
const NAMED: usize = 4;

/// What is said in place of who can connect afterwards, where not all of a plan may be written.
pub const NOT_ALL_MAY_BE_WRITTEN: &str =
    "You may not write all of this, so that nobody can say who can connect afterwards.";

/// Returns what may be done and what not, a sentence each. Empty where nothing is needed.
pub fn preflight(preflight: &Preflight) -> Vec<Message> {
    if preflight.permissions.is_empty() {
        return Vec::new();
    }
    if preflight.is_allowed() {
        let text = "By its policies, this identity may do all that is needed.";
        return vec![Message::new(Severity::Good, text)];
    }
    let mut said = Vec::new();
    for (denial, severity, before, after) in [
        (
            Denial::NotAllowed,
            Severity::Error,
            "No policy allows this identity",
            "",
        ),
        (
            Denial::Explicit,
            Severity::Error,
            "A policy denies this identity",
            " A denial always wins.",
        ),
        (
            Denial::Boundary,
            Severity::Error,
            "The permissions boundary of this identity does not allow",
            "",
        ),
        (
            Denial::Organization,
            Severity::Unknown,
            "A service control policy seems to deny this identity",
            " About those the simulator is not always right.",
        ),
    ] {
        let needs = preflight.denied(|found| found == denial);
        if !needs.is_empty() {
            let text = format!("{before}: {}.{after}", named(&needs));
            said.push(Message::new(severity, text));
        }
    }
    if let Some(why) = preflight.unknown_because() {
        let text = format!("Whether this identity may do all that is needed is not known. {why}");
        said.push(Message::new(Severity::Unknown, text));
    }
    said
}

fn named(needs: &[&Need]) -> String {
    let name = |need: &Need| {
        // What distinguishes an ARN stands at its end.
        let resource = need.resource.rsplit(':').next().unwrap_or_default();
        match resource {
            "*" => need.action.to_owned(),
            resource => format!("{} on {resource}", need.action),
        }
    };
    first_of(needs.iter().map(|need| name(need)))
}

/// The first few; the rest is counted.
fn first_of(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let first: Vec<String> = names.take(NAMED).collect();
    match more {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// Returns what will not work although a plan was carried out: each reason once, with the roles that it is about.
pub fn foreseen(foreseen: &[CheckResult]) -> Vec<Message> {
    let mut reasons: Vec<(Severity, String, Vec<&str>)> = Vec::new();
    let (mut unknown, mut named) = (None, Vec::new());
    for proved in foreseen {
        if let Verdict::Unknown(why) = &proved.verdict {
            unknown.get_or_insert(why);
            continue;
        }
        if follows(proved, foreseen) {
            continue;
        }
        // What is only a doubt does not stand for what is certain.
        if proved.assertion.is_about_containers() && proved.verdict.is_wrong() {
            // Once is enough to keep a container out.
            if named.contains(&&proved.role) {
                continue;
            }
            named.push(&proved.role);
        }
        let (severity, before) = match proved.verdict {
            Verdict::Wrong(Some(_)) => (Severity::Error, "What is written will not be enough. "),
            Verdict::Wrong(None) => (Severity::Error, ""),
            Verdict::True | Verdict::Shared | Verdict::Inconclusive | Verdict::Unknown(_) => {
                (Severity::Unknown, "")
            }
        };
        let reason = format!("{before}{}", proved.reason().unwrap_or_default());
        match reasons.iter_mut().find(|(_, known, _)| *known == reason) {
            Some((_, _, roles)) => roles.push(&proved.role),
            None => reasons.push((severity, reason, vec![&proved.role])),
        }
    }
    let unknown = unknown.map(|why| {
        let text = format!("Whether the roles will work then is not known. {why}");
        Message::new(Severity::Unknown, text)
    });
    reasons
        .into_iter()
        .map(|(severity, reason, roles)| {
            let roles = first_of(roles.into_iter().map(str::to_owned));
            Message::new(severity, format!("{roles}: {reason}"))
        })
        .chain(unknown)
        .collect()
}

/// Returns whether something is no news after what else is known: whoever can open everybody's sessions has no need of
/// a tag.
fn follows(proved: &CheckResult, known: &[CheckResult]) -> bool {
    let opens_all = |other: &CheckResult| {
        other.role == proved.role
            && other.assertion == Assertion::StartsNobodyElsesSessions
            && other.verdict.is_wrong()
    };
    proved.assertion == Assertion::TagsNoNodes && known.iter().any(opens_all)
}

/// Returns what the simulator says of each role: one sentence where all is as it should be, and one for each thing that
/// is not. What is not known for one reason is one thing.
pub fn proof(proved: &[CheckResult]) -> Vec<Message> {
    let mut said = Vec::new();
    for of_role in proved.chunk_by(|one, next| one.role == next.role) {
        let role = of_role.first().map_or("", |proved| &proved.role);
        let (good, others): (Vec<_>, Vec<_>) = of_role
            .iter()
            .partition(|proved| proved.verdict == Verdict::True);
        let mut unknown: Vec<(&str, usize)> = Vec::new();
        for proved in others.iter().filter(|proved| !follows(proved, of_role)) {
            let severity = match &proved.verdict {
                Verdict::Unknown(why) => {
                    match unknown.iter_mut().find(|(known, _)| known == why) {
                        Some((_, count)) => *count += 1,
                        None => unknown.push((why, 1)),
                    }
                    continue;
                }
                Verdict::Wrong(_) if proved.is_serious() => Severity::Error,
                Verdict::True | Verdict::Shared | Verdict::Wrong(_) => Severity::Warning,
                Verdict::Inconclusive => Severity::Unknown,
            };
            let why = proved.reason().unwrap_or_default();
            said.push(Message::new(severity, format!("{role}: {why}")));
        }
        for (why, count) in unknown {
            let questions = counted(count, "question");
            let text = format!("{role}: {questions} not answered. {why}");
            said.push(Message::new(Severity::Unknown, text));
        }
        let text = match (good.len(), others.is_empty()) {
            (0, _) => continue,
            (_, true) => format!(
                "{role}: all that a connection calls is allowed, and what has to stay denied is ({}).",
                counted(good.len(), "question")
            ),
            (good, false) => format!(
                "{role}: the other {} are answered as they should be.",
                counted(good, "question")
            ),
        };
        said.push(Message::new(Severity::Good, text));
    }
    said
}

/// Returns what a live check came to.
pub fn live(live: &Live) -> Vec<Message> {
    let mut said = Vec::new();
    for (role, trial) in &live.trials {
        said.push(match trial {
            Trial::Works => Message::new(
                Severity::Good,
                format!("{role}: Systems Manager accepted it."),
            ),
            Trial::Refused { tries, why } => Message::new(
                Severity::Error,
                format!("{role}: refused after {tries} tries. {why}"),
            ),
            Trial::Unknown(why) => {
                Message::new(Severity::Unknown, format!("{role}: not known. {why}"))
            }
        });
    }
    for (region, id) in &live.removed {
        let text =
            format!("Another check had left the activation {id} in {region}; it was removed.");
        said.push(Message::new(Severity::Info, text));
    }
    let remaining = live.remaining.iter();
    said.extend(remaining.map(|left| {
        let severity = if left.id.is_some() {
            Severity::Error
        } else {
            Severity::Unknown
        };
        Message::new(severity, how_to_delete(left))
    }));
    let made = live.trials.iter().any(|(_, trial)| *trial == Trial::Works);
    if made && live.remaining.is_empty() {
        let text = "What was made was deleted, and read back that it has gone.";
        said.push(Message::new(Severity::Info, text));
    }
    said
}

/// Returns what may be left of a live check, and how to get rid of it.
fn how_to_delete(remaining: &RemainingActivation) -> String {
    let RemainingActivation { region, id, why } = remaining;
    match id {
        Some(id) => format!(
            "The activation {id} in {region} was not deleted: {why} Nobody knows its code, and it expires within the hour. \
             To delete it: aws ssm delete-activation --activation-id {id} --region {region}"
        ),
        None => format!(
            "It is not known whether an activation stayed behind in {region}: {why} If one did, nobody knows its code, and \
             it expires within the hour. A live check with that region among its regions removes it."
        ),
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_a_container_out_is_said_once_and_never_hidden_by_a_doubt() {
        let proved = |assertion, verdict| CheckResult {
            role: "R".to_owned(),
            assertion,
            verdict,
            actions: vec!["iam:PassRole"],
        };
        let wrong = || Verdict::Wrong(Some(Denial::Boundary));
        let (creates, passes) = (
            Assertion::CreatesActivations,
            Assertion::PassesItselfToSystemsManager,
        );
        let twice = foreseen(&[proved(creates, wrong()), proved(passes, wrong())]);
        assert_eq!(twice.len(), 1, "{twice:?}");
        let said = foreseen(&[
            proved(creates, Verdict::Inconclusive),
            proved(passes, wrong()),
        ]);
        let severities: Vec<Severity> = said.iter().map(|said| said.severity).collect();
        assert_eq!(severities, [Severity::Unknown, Severity::Error], "{said:?}");
        assert!(said[1].text.contains("iam:PassRole"), "{said:?}");
    }
}
