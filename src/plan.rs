//! The plan: what differs between what is there and what is wanted, as an ordered list of changes. Pure.
//! Every face of the program shows or carries out this list; none of them decides anything itself.

mod check;
pub mod format;
pub mod words;

use std::collections::BTreeMap;
use std::fmt;

use crate::model::{Choices, Identity, Survey};

/// What one item of the plan is about. Its display form is the item's ID in every output.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// The activation tier of a region.
    Tier { region: String },
    /// The trust policy of a role.
    Trust { role: String },
    /// An inline policy of a role.
    Policy { role: String, policy: String },
}

impl Target {
    /// The role that the item belongs to; items of one role are carried out one after another.
    pub fn role(&self) -> Option<&str> {
        match self {
            Self::Tier { .. } => None,
            Self::Trust { role } | Self::Policy { role, .. } => Some(role),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tier { region } => write!(f, "tier:{region}"),
            Self::Trust { role } => write!(f, "trust:{role}"),
            Self::Policy { role, policy } => write!(f, "policy:{role}/{policy}"),
        }
    }
}

/// A write, with all that is needed to compare before it and to put it back after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The document or value that is there; none when there is no such policy yet.
    pub before: Option<String>,
    /// The document or value that will be there.
    pub after: String,
    /// For a tier: nobody has set it yet, so putting it back is a reset.
    pub was_default: bool,
}

/// What has to happen for an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Change(Change),
    /// Nothing; the text says what was found.
    InPlace(String),
    /// It cannot be done by this program: why, and the way out.
    Blocked {
        reason: String,
        way_out: String,
        /// The document that the way out needs.
        wanted: Option<String>,
    },
}

/// One line of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub target: Target,
    pub state: State,
    /// Sentences that the admin should read before confirming.
    pub warnings: Vec<String>,
}

impl Item {
    pub fn change(&self) -> Option<&Change> {
        match &self.state {
            State::Change(change) => Some(change),
            State::InPlace(_) | State::Blocked { .. } => None,
        }
    }
}

/// The whole plan for one account.
#[derive(Clone, Debug)]
pub struct Plan {
    pub identity: Identity,
    pub choices: Choices,
    /// Regions first, then role by role: trust before policies.
    pub items: Vec<Item>,
    /// The size of each chosen role's inline policies after the plan, and the quota, in characters.
    pub inline_sizes: Vec<InlineSize>,
    /// The ARNs of the chosen roles that were read, by name.
    pub role_arns: BTreeMap<String, String>,
}

/// How full a role's inline policies are, in characters without white space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlineSize {
    pub role: String,
    pub now: usize,
    pub after: usize,
    pub quota: usize,
}

/// How many items are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub changes: usize,
    pub in_place: usize,
    pub blocked: usize,
}

impl Plan {
    /// Computes the plan. What is chosen but was not read counts as blocked, with that reason.
    pub fn new(survey: &Survey, choices: &Choices) -> Self {
        let mut items: Vec<Item> = choices
            .regions
            .iter()
            .map(|region| check::tier(region, survey.tiers.get(region)))
            .collect();
        let mut inline_sizes = Vec::new();
        for role in roles(choices) {
            let (role_items, size) = check::role(&role, survey, choices);
            items.extend(role_items);
            inline_sizes.extend(size);
        }
        Self {
            identity: survey.identity.clone(),
            choices: choices.clone(),
            items,
            inline_sizes,
            role_arns: roles(choices)
                .into_iter()
                .filter_map(|role| survey.roles.get(role.name)?.as_ref().ok())
                .map(|reading| (reading.name.clone(), reading.arn.clone()))
                .collect(),
        }
    }

    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for item in &self.items {
            match item.state {
                State::Change(_) => totals.changes += 1,
                State::InPlace(_) => totals.in_place += 1,
                State::Blocked { .. } => totals.blocked += 1,
            }
        }
        totals
    }

    pub fn changes(&self) -> impl Iterator<Item = (&Item, &Change)> {
        self.items
            .iter()
            .filter_map(|item| item.change().map(|change| (item, change)))
    }
}

/// A chosen role and what it is chosen for. A role may be both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChosenRole<'a> {
    name: &'a str,
    is_sagemaker: bool,
    needs_client: bool,
}

fn roles(choices: &Choices) -> Vec<ChosenRole<'_>> {
    let mut roles: Vec<ChosenRole> = choices
        .sagemaker_roles
        .iter()
        .map(|name| ChosenRole {
            name,
            is_sagemaker: true,
            needs_client: choices.connect_from.uses_studio(),
        })
        .collect();
    if choices.connect_from.uses_user_roles() {
        for name in &choices.user_roles {
            match roles.iter_mut().find(|role| role.name == name) {
                Some(role) => role.needs_client = true,
                None => roles.push(ChosenRole {
                    name,
                    is_sagemaker: false,
                    needs_client: true,
                }),
            }
        }
    }
    roles
}

#[cfg(test)]
mod tests;
