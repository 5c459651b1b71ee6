//! What a tier means for the hybrid nodes that a region has already: what they cost, and what they can no longer do.

use super::{Edit, Plan, Target, TierValue};
use crate::model::{NodeCount, NodeReading, Tier};
use crate::text::counted;

/// The most nodes of a region with which the tier can go back to standard (Systems Manager User Guide).
const MOST_STANDARD: usize = 1000;
/// What is said where nothing else is known.
pub const PRICE: &str =
    "On the advanced tier a hybrid node costs about 5 US dollars a month while it is online.";

impl Plan {
    /// Returns what the change of a region's tier means for the nodes that are there. None where it does not change, or
    /// where nobody asked how many there are.
    pub fn about_nodes(&self, region: &str) -> Option<String> {
        let turns_on = self.turns_tiers_on();
        let changes = self.regions_to_change().any(|changed| changed == region);
        let nodes = self.nodes.get(region).filter(|_| changes)?;
        Some(match nodes {
            Err(why) => format!("How many hybrid nodes there are is not known. {why} {PRICE}"),
            Ok(count) => sentence(*count, turns_on),
        })
    }

    /// The sum of it over all regions whose tier changes; none where no tier changes.
    pub fn about_all_nodes(&self) -> Option<String> {
        let regions: Vec<&str> = self.regions_to_change().collect();
        let asked: Vec<(&str, &NodeReading)> = regions
            .iter()
            .filter_map(|region| Some((*region, self.nodes.get(*region)?)))
            .collect();
        if asked.is_empty() {
            return None;
        }
        let known = asked.iter().filter_map(|(_, nodes)| nodes.as_ref().ok());
        let count = known.fold(None, |sum: Option<NodeCount>, count| {
            Some(sum.map_or(*count, |sum| NodeCount {
                all: sum.all + count.all,
                online: sum.online + count.online,
                is_complete: sum.is_complete && count.is_complete,
            }))
        });
        let mut text = match count {
            Some(count) => sentence(count, self.turns_tiers_on()),
            None => PRICE.to_owned(),
        };
        let unknown: Vec<&str> = asked
            .iter()
            .filter(|(_, nodes)| nodes.is_err())
            .map(|(region, _)| *region)
            .collect();
        if let [first, more @ ..] = &unknown[..] {
            let others = match more.len() {
                0 => String::new(),
                more => format!(" and {}", counted(more, "other region")),
            };
            text = format!("{text} How many there are in {first}{others} is not known.");
        }
        Some(text)
    }

    /// Returns whether tiers go on, and not back: an undoing of an undoing turns them on, too.
    fn turns_tiers_on(&self) -> bool {
        let mut tiers = self.changes().filter_map(|(_, change)| match &change.edit {
            Edit::Tier { after, .. } => Some(after),
            Edit::Role { .. }
            | Edit::FullAccess { .. }
            | Edit::Trust { .. }
            | Edit::Policy { .. } => None,
        });
        tiers.any(|after| matches!(after, TierValue::Set(value) if value == Tier::Advanced.value()))
    }

    /// The regions whose tier changes.
    pub fn regions_to_change(&self) -> impl Iterator<Item = &str> {
        self.changes().filter_map(|(item, _)| match &item.target {
            Target::Tier { region } => Some(region.as_str()),
            Target::Role { .. }
            | Target::FullAccess { .. }
            | Target::Trust { .. }
            | Target::Policy { .. } => None,
        })
    }
}

fn sentence(count: NodeCount, turns_on: bool) -> String {
    let at_least = if count.is_complete {
        "about"
    } else {
        "at least"
    };
    let (text, dollars) = (count.text(), count.dollars_a_month());
    match (turns_on, count.online) {
        (true, 0) => format!(
            "There: {text}. Nothing is charged until one is online, then about 5 US dollars a month each."
        ),
        (true, _) => format!(
            "Already there: {text}. Those online will cost {at_least} {dollars} US dollars a month, each further one about 5."
        ),
        (false, online) => {
            let limit = if count.all > MOST_STANDARD || !count.is_complete {
                " AWS takes the standard tier back for at most 1,000 nodes a region."
            } else {
                ""
            };
            if online == 0 && count.is_complete {
                format!("There: {text}, so nobody loses a session.{limit}")
            } else {
                format!(
                    "There: {text}. On the standard tier nobody can open sessions to them any more; it saves {at_least} \
                     {dollars} US dollars a month.{limit}"
                )
            }
        }
    }
}
