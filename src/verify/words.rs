//! What was asked and tried, in a person's words.

use super::live::Remnant;
use super::preflight::{Need, Preflight};
use crate::model::Denial;

/// How many needs are named before the rest is counted.
const NAMED: usize = 4;

/// What a sentence of a preflight says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Allowed,
    Denied,
    /// It may be denied, or it is not known.
    Unknown,
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
    let name = |need: &&Need| {
        // What distinguishes an ARN stands at its end.
        let resource = need.resource.rsplit(':').next().unwrap_or_default();
        match resource {
            "*" => need.action.to_owned(),
            resource => format!("{} on {resource}", need.action),
        }
    };
    let first: Vec<String> = needs.iter().take(NAMED).map(name).collect();
    let first = first.join(", ");
    match needs.len().checked_sub(NAMED) {
        Some(more @ 1..) => format!("{first} and {more} more"),
        _ => first,
    }
}

/// What may be left of a live check, and how to get rid of it.
pub fn remnant(remnant: &Remnant) -> String {
    let Remnant { region, id, why } = remnant;
    let after = "Nobody knows its code, and it expires within the hour.";
    match id {
        Some(id) => format!(
            "The activation {id} in {region} was not deleted: {why} {after} To delete it: aws ssm delete-activation \
             --activation-id {id} --region {region}"
        ),
        None => format!(
            "It is not known whether an activation stayed behind in {region}: {why} {after} The next live check \
             removes it."
        ),
    }
}
