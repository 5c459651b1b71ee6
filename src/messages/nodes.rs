//! Which hybrid nodes there are, and whose they are.

use super::{Message, Severity};
use crate::verify::nodes::{InRegion, Nodes, Owner, Seen};

/// What is to be made for a node to appear.
pub const HOW_TO_MAKE_ONE: &str = "To make one, run a job with SageMaker SSH Helper in it; the sheet for those who connect (\"export users\") has the lines. Its \
     container appears here after some minutes.";

/// Returns what was found, line by line.
pub fn lines(nodes: &Nodes) -> Vec<Message> {
    let mut said = Vec::new();
    for (region, found) in nodes {
        let found = match found {
            Ok(found) => found,
            Err(why) => {
                said.push(Message::new(
                    Severity::Unknown,
                    format!("{region}: its nodes are not known. {why}"),
                ));
                continue;
            }
        };
        let (seen, all) = (found.nodes.len() + found.further, found.count.text());
        let of_roles = match (seen, found.count.all) {
            (_, 0) => String::new(),
            (0, _) => "; none of these under the chosen SageMaker roles".to_owned(),
            (seen, _) => format!("; {seen} of these under the chosen SageMaker roles"),
        };
        said.push(Message::new(
            Severity::Warning,
            format!("{region}: {all}{of_roles}."),
        ));
        said.extend(found.nodes.iter().map(about));
        if found.further > 0 {
            let text = format!(
                "{region}: of {} more it was not asked whose they are; those that were heard of last stand here.",
                found.further
            );
            said.push(Message::new(Severity::Unknown, text));
        }
    }
    let seen = |found: &InRegion| found.nodes.len() + found.further;
    if !nodes.values().flatten().any(|found| seen(found) > 0) {
        said.push(Message::new(Severity::Warning, HOW_TO_MAKE_ONE.to_owned()));
    }
    said
}

fn about(seen: &Seen) -> Message {
    let (id, role) = (&seen.node.id, seen.node.role_name());
    let node = format!("{id} of {role}, {}", seen.presence());
    match &seen.owner {
        Err(why) => Message::new(
            Severity::Unknown,
            format!("{node}: whose it is is not known. {why}"),
        ),
        Ok(tag) => {
            let owner = Owner::of(tag.as_deref());
            let severity = match owner {
                Owner::Person => Severity::Good,
                Owner::Shared => Severity::Warning,
                _ => Severity::Error,
            };
            let tag = tag.as_deref().unwrap_or("nobody's");
            let remedy = owner
                .remedy()
                .map(|text| format!(" {text}"))
                .unwrap_or_default();
            Message::new(
                severity,
                format!(
                    "{node}: {tag} ({}). {}{remedy}",
                    owner.as_str(),
                    owner.meaning()
                ),
            )
        }
    }
}
