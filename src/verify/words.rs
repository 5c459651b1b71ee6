//! What was asked and tried, in a person's words.

use super::claim::{Claim, Proved, Verdict};
use super::live::{Live, Remnant, Trial};
use super::preflight::{Need, Preflight};
use crate::model::Denial;
use crate::text::counted;

/// How many needs are named before the rest is counted.
const NAMED: usize = 4;

/// What a sentence of a preflight says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Allowed,
    Denied,
    /// It may be denied, or it is not known.
    Unknown,
    /// It is good to know, and keeps nobody from connecting.
    Noted,
}

/// What may be done and what not, a sentence each. Empty where nothing is needed.
pub fn sentences(preflight: &Preflight) -> Vec<(Answer, String)> {
    if preflight.permissions.is_empty() {
        return Vec::new();
    }
    if preflight.is_allowed() {
        let text = "By its policies, this identity may do all that is needed.";
        return vec![(Answer::Allowed, text.to_owned())];
    }
    let mut said = Vec::new();
    for (denial, answer, before, after) in [
        (
            Denial::NotAllowed,
            Answer::Denied,
            "No policy allows this identity",
            "",
        ),
        (
            Denial::Explicit,
            Answer::Denied,
            "A policy denies this identity",
            " A denial always wins.",
        ),
        (
            Denial::Boundary,
            Answer::Denied,
            "The permissions boundary of this identity does not allow",
            "",
        ),
        (
            Denial::Organization,
            Answer::Unknown,
            "A service control policy seems to deny this identity",
            " About those the simulator is not always right.",
        ),
    ] {
        let needs = preflight.denied(|found| found == denial);
        if !needs.is_empty() {
            said.push((answer, format!("{before}: {}.{after}", named(&needs))));
        }
    }
    if let Some(why) = preflight.unknown_because() {
        let text = format!("Whether this identity may do all that is needed is not known. {why}");
        said.push((Answer::Unknown, text));
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

/// What will not work although a plan was carried out: each reason once, with the roles that it is about.
pub fn foreseen(foreseen: &[Proved]) -> Vec<(Answer, String)> {
    let mut reasons: Vec<(Answer, String, Vec<&str>)> = Vec::new();
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
        if proved.claim.is_about_containers() && proved.verdict.is_wrong() {
            // Once is enough to keep a container out.
            if named.contains(&&proved.role) {
                continue;
            }
            named.push(&proved.role);
        }
        let (answer, before) = match proved.verdict {
            Verdict::Wrong(Some(_)) => (Answer::Denied, "What is written will not be enough. "),
            Verdict::Wrong(None) => (Answer::Denied, ""),
            Verdict::True | Verdict::Shared | Verdict::Doubtful | Verdict::Unknown(_) => {
                (Answer::Unknown, "")
            }
        };
        let reason = format!("{before}{}", proved.reason().unwrap_or_default());
        match reasons.iter_mut().find(|(_, known, _)| *known == reason) {
            Some((_, _, roles)) => roles.push(&proved.role),
            None => reasons.push((answer, reason, vec![&proved.role])),
        }
    }
    let unknown = unknown.map(|why| {
        let text = format!("Whether the roles will work then is not known. {why}");
        (Answer::Unknown, text)
    });
    reasons
        .into_iter()
        .map(|(answer, reason, roles)| {
            let roles = first_of(roles.into_iter().map(str::to_owned));
            (answer, format!("{roles}: {reason}"))
        })
        .chain(unknown)
        .collect()
}

/// Whether something is no news after what else is known: whoever can open everybody's sessions has no need of a tag.
fn follows(proved: &Proved, known: &[Proved]) -> bool {
    let opens_all = |other: &Proved| {
        other.role == proved.role
            && other.claim == Claim::StartsNobodyElsesSessions
            && other.verdict.is_wrong()
    };
    proved.claim == Claim::TagsNoNodes && known.iter().any(opens_all)
}

/// What the simulator says of each role: one sentence where all is as it should be, and one for each thing that is not. What is
/// not known for one reason is one thing.
pub fn proof(proved: &[Proved]) -> Vec<(Answer, String)> {
    let mut said = Vec::new();
    for of_role in proved.chunk_by(|one, next| one.role == next.role) {
        let role = of_role.first().map_or("", |proved| &proved.role);
        let (good, others): (Vec<_>, Vec<_>) = of_role
            .iter()
            .partition(|proved| proved.verdict == Verdict::True);
        let mut unknown: Vec<(&str, usize)> = Vec::new();
        for proved in others.iter().filter(|proved| !follows(proved, of_role)) {
            let answer = match &proved.verdict {
                Verdict::Unknown(why) => {
                    match unknown.iter_mut().find(|(known, _)| known == why) {
                        Some((_, count)) => *count += 1,
                        None => unknown.push((why, 1)),
                    }
                    continue;
                }
                Verdict::Wrong(_) if proved.is_serious() => Answer::Denied,
                Verdict::True | Verdict::Shared | Verdict::Wrong(_) => Answer::Noted,
                Verdict::Doubtful => Answer::Unknown,
            };
            let why = proved.reason().unwrap_or_default();
            said.push((answer, format!("{role}: {why}")));
        }
        for (why, count) in unknown {
            let questions = counted(count, "question");
            said.push((
                Answer::Unknown,
                format!("{role}: {questions} not answered. {why}"),
            ));
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
        said.push((Answer::Allowed, text));
    }
    said
}

/// What a live check came to, a line each.
pub fn tried(live: &Live) -> Vec<String> {
    let trials = live.trials.iter().map(|(role, trial)| match trial {
        Trial::Works => format!("Systems Manager took the role {role}, by a real activation."),
        Trial::Refused { tries, why } => {
            format!("Systems Manager refused the role {role} after {tries} tries. {why}")
        }
        Trial::Unknown(why) => {
            format!("Whether Systems Manager takes the role {role} is not known. {why}")
        }
    });
    trials.chain(live.remnants.iter().map(remnant)).collect()
}

/// What may be left of a live check, and how to get rid of it.
pub fn remnant(remnant: &Remnant) -> String {
    let Remnant { region, id, why } = remnant;
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
        let proved = |claim, verdict| Proved {
            role: "R".to_owned(),
            claim,
            verdict,
            actions: vec!["iam:PassRole"],
        };
        let wrong = || Verdict::Wrong(Some(Denial::Boundary));
        let (creates, passes) = (
            Claim::CreatesActivations,
            Claim::PassesItselfToSystemsManager,
        );
        let twice = foreseen(&[proved(creates, wrong()), proved(passes, wrong())]);
        assert_eq!(twice.len(), 1, "{twice:?}");
        let said = foreseen(&[proved(creates, Verdict::Doubtful), proved(passes, wrong())]);
        let answers: Vec<Answer> = said.iter().map(|(answer, _)| *answer).collect();
        assert_eq!(answers, [Answer::Unknown, Answer::Denied], "{said:?}");
        assert!(said[1].1.contains("iam:PassRole"), "{said:?}");
    }
}
