//! What came of a guide.

use super::outcome::{first_of, plain_head, plain_people, read_back, with_readiness};
use super::{Message, Severity};
use crate::guide::verify::{GuideResult, Verified};
use crate::plan::Plan;
use crate::text::{clean, counted};

/// The result in one line: who can connect, and what is in place.
pub fn headline(result: &Verified) -> Message {
    let readiness = result
        .as_ref()
        .ok()
        .and_then(|result| result.readiness.as_ref());
    with_readiness(readiness, what_was_found(result))
}

/// Returns what the last reading shows.
pub fn what_was_found(result: &Verified) -> Message {
    let Ok(result) = result else {
        return Message::new(Severity::Error, "The last reading failed.");
    };
    if result.is_complete() {
        let text = "Everything is in place. This program wrote nothing.";
        return Message::new(Severity::Good, text);
    }
    let (in_place, all) = (result.plan.totals().in_place, result.plan.items.len());
    let mut text = format!("{in_place} of {all} in place");
    if !result.ticked.is_empty() {
        let ticked = result.ticked.len();
        text = format!("{text}, {ticked} ticked by hand and not checked");
    }
    if !result.lost.is_empty() {
        let statements = counted(result.lost.len(), "statement");
        text = format!("{text}; {statements} of a former policy gone");
    }
    Message::new(Severity::Warning, format!("{text}."))
}

/// Returns what the guide leaves open, one plain line each.
fn open(result: &GuideResult) -> Vec<String> {
    let items = result.open().into_iter().map(|item| {
        let label = if result.ticked.contains(&item.target) {
            "Not checked"
        } else {
            "Not in place"
        };
        format!("{label:<14}{}", item.target)
    });
    let lost = result.lost.iter();
    let lost = lost.map(|(target, name)| format!("Gone          {target}: {name}"));
    let let_go = result.let_go.iter();
    let let_go = let_go.map(|(target, name)| format!("Let go        {target}: {name}"));
    lost.chain(let_go).chain(items).collect()
}

/// About ten plain lines: account, result, verification, what is open.
pub fn plain(plan: &Plan, verified: &Verified) -> Vec<String> {
    let mut lines = plain_head(plan, &headline(verified));
    match verified {
        Ok(result) => {
            lines.extend(plain_people(result.readiness.as_ref()));
            lines.push(read_back(Some(&result.plan)));
            lines.extend(first_of(open(result)));
        }
        Err(why) => {
            lines.push(format!("              {why}"));
            lines.push(read_back(None));
        }
    }
    lines.iter().map(|line| clean(line)).collect()
}
