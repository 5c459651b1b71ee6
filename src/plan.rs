//! The plan: what differs between what is there and what is wanted, as an ordered list of changes. Pure.
//! Every face of the program shows or carries out this list; none of them decides anything itself.

mod change;
mod check;
pub mod checked;
mod chosen;
mod facts;
pub mod format;
mod inline;
mod nodes;
pub(crate) mod permission_set;
pub mod readiness;
pub mod role_document;
mod saved;
mod target;
mod tier;

use std::collections::BTreeMap;

pub use change::{Change, Edit, TierValue};
pub use check::SHARED_USER_ID;
pub(crate) use check::replaced;
pub use facts::{RoleFacts, is_administrator};
pub use nodes::PRICE;
pub use role_document::RoleDocument;
pub use saved::Altered;
pub use target::{Target, UnknownTarget};
pub(crate) use tier::{not_accepted, tier_content};

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{Choices, Identity, NodeReading, Survey};
use crate::policy::same::is_same_content;
use crate::policy::template::RolePolicy;
use chosen::{ChosenRole, roles, unusable, with_new_roles};

/// What is, or shall be, in one place of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// There is no such policy. Writing it is deleting.
    Absent,
    /// A document's exact text, or the value of a tier.
    Text(String),
    /// The value of a tier that nobody has set. Writing it is a reset.
    Default(String),
}

impl Content {
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Absent => None,
            Self::Text(text) | Self::Default(text) => Some(text),
        }
    }

    /// Returns the role that it is the text of; none of anything else.
    pub fn role(&self) -> Option<RoleDocument> {
        self.text().and_then(RoleDocument::parse)
    }

    /// Returns the same; of a role, without the policies of it that are items of their own. They are looked at for
    /// themselves.
    #[must_use]
    pub fn without_items<'a>(self, of: &Target, items: impl Iterator<Item = &'a Target>) -> Self {
        let whole = match of {
            Target::Role { .. } => self.role(),
            _ => None,
        };
        let own = items.filter(|item| item.role() == of.role());
        whole.map_or(self, |whole| Self::Text(whole.without(own).text()))
    }

    /// Returns whether it is the same document, or the same value of a tier; who set a tier does not matter.
    pub fn is_same(&self, other: &Self) -> bool {
        is_same_content(self.text(), other.text())
    }
}

/// Somebody else's hand: what was expected in a place, and what was found there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub expected: Content,
    pub found: Content,
}

/// What kind of thing is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// What is there could not be read this time, so that nobody knows whether it is in place.
    Unread,
    /// What is there may not be read.
    ReadDenied,
    /// There is no such role.
    NotFound,
    /// The region is not enabled for the account.
    RegionDisabled,
    /// Only another role helps: nobody may change this one, or Systems Manager could not use it.
    OtherRole,
    /// Identity Center made the role from a permission set, and the set's inline policy has to be extended.
    PermissionSet,
    /// The same, and the set's inline policy cannot be extended: it needs a managed policy.
    UnextendablePermissionSet,
    /// The trust policy names a principal that was deleted.
    DeletedPrincipal,
    /// The trust policy denies Systems Manager the role.
    Denial,
    /// Systems Manager may assume the role, without the conditions that were asked for.
    NotHardened,
    TrustQuota,
    InlineQuota,
    /// A role of the name that a new one was to have is there, and is another one.
    NameTaken,
    /// A document cannot be understood safely.
    UnparsableDocument,
    /// Somebody changed it since it was planned or written.
    Changed,
}

impl Obstacle {
    /// Returns whether nobody knows what is there.
    pub fn is_unread(self) -> bool {
        matches!(self, Self::Unread | Self::ReadDenied | Self::NotFound)
    }
}

/// What has to happen for an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Change(Change),
    /// Nothing; the text says what was found.
    InPlace(String),
    /// It cannot be done by this program: why, and the way out.
    Blocked {
        obstacle: Obstacle,
        reason: String,
        remedy: String,
        /// The document that the way out needs.
        wanted: Option<String>,
        /// What was expected there and what was found, where that is the reason.
        difference: Option<Difference>,
    },
}

impl State {
    /// Somebody else has to do something first.
    pub(crate) fn blocked(
        obstacle: Obstacle,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::Blocked {
            obstacle,
            reason: reason.into(),
            remedy: remedy.into(),
            wanted: None,
            difference: None,
        }
    }

    /// Nobody knows what is there.
    pub(crate) fn unread(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::blocked(Obstacle::Unread, reason, remedy)
    }

    /// A refusal with the document that somebody else can put in its place.
    pub(crate) fn with_document(mut self, document: Option<String>) -> Self {
        if let Self::Blocked { wanted, .. } = &mut self {
            *wanted = document;
        }
        self
    }

    /// A refusal because of what somebody else did.
    pub(crate) fn with_difference(mut self, other: Option<Difference>) -> Self {
        if let Self::Blocked { difference, .. } = &mut self {
            *difference = other;
        }
        self
    }
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
    /// Returns whether it is the policy of one of these roles.
    pub fn is_among(&self, roles: &std::collections::BTreeSet<(String, RolePolicy)>) -> bool {
        matches!(&self.target, Target::Policy { role, policy } if roles.contains(&(role.clone(), *policy)))
    }

    /// Returns whether it is blocked by this kind of thing.
    pub fn is_blocked_by(&self, kind: Obstacle) -> bool {
        matches!(&self.state, State::Blocked { obstacle, .. } if *obstacle == kind)
    }

    pub fn change(&self) -> Option<&Change> {
        match &self.state {
            State::Change(change) => Some(change),
            State::InPlace(_) | State::Blocked { .. } => None,
        }
    }
}

/// What a check says of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    InPlace,
    /// There is nothing of it.
    Missing,
    /// Something is there that says something else.
    Differs,
    /// It is not in place, and AWS would refuse it.
    Blocked,
    /// It could not be read.
    Unknown,
}

impl Item {
    pub fn finding(&self) -> Finding {
        match (&self.state, &self.target) {
            (State::InPlace(_), _) => Finding::InPlace,
            (State::Change(_), Target::Trust { .. }) => Finding::Missing,
            (State::Change(change), _) if change.before_text().is_none() => Finding::Missing,
            (State::Change(_), _) => Finding::Differs,
            (State::Blocked { obstacle, .. }, _) if obstacle.is_unread() => Finding::Unknown,
            (State::Blocked { obstacle, .. }, _) if *obstacle == Obstacle::NotHardened => {
                Finding::Differs
            }
            (State::Blocked { .. }, _) => Finding::Blocked,
        }
    }
}

/// The whole plan for one account.
#[derive(Clone, Debug)]
pub struct Plan {
    pub identity: Identity,
    pub choices: Choices,
    /// The run that this plan puts back; none for setting up.
    pub undoes: Option<String>,
    /// Regions first, then role by role: trust before policies.
    pub items: Vec<Item>,
    /// The size of each chosen role's inline policies after the plan, and the quota, in characters.
    pub inline_sizes: Vec<InlineSize>,
    /// The ARNs of the chosen roles that were read, by name.
    pub role_arns: BTreeMap<String, String>,
    /// What else is known of the chosen roles that were read, by name.
    pub facts: BTreeMap<String, RoleFacts>,
    /// Chosen roles that nobody can use in that way, whatever is written: the role, for which policy it was chosen, and why.
    pub unusable: Vec<(String, RolePolicy, &'static str)>,
    /// How many hybrid nodes the chosen regions have, as far as somebody asked.
    pub nodes: BTreeMap<String, NodeReading>,
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
    /// Those of the changes that replace a policy.
    pub replaced: usize,
    pub in_place: usize,
    pub blocked: usize,
}

impl Plan {
    /// The items of one role.
    pub fn of_role<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a Item> {
        let items = self.items.iter();
        items.filter(move |item| item.target.role() == Some(role))
    }

    /// The first chosen role that was not read; none where all were.
    pub fn unread_role(&self) -> Option<&str> {
        let Choices {
            sagemaker_roles,
            user_roles,
            ..
        } = &self.choices;
        let mut roles = sagemaker_roles.iter().chain(user_roles);
        let role = roles.find(|role| !self.role_arns.contains_key(*role));
        role.map(String::as_str)
    }

    /// Computes the plan. What is chosen but was not read counts as blocked, with that reason.
    pub fn new(survey: &Survey, choices: &Choices) -> Self {
        let there = survey;
        let survey = &with_new_roles(there, choices);
        let mut items: Vec<Item> = choices
            .regions
            .iter()
            .map(|region| tier::tier(region, survey.tiers.get(region), survey.quotas))
            .collect();
        let mut inline_sizes = Vec::new();
        for role in roles(choices) {
            let role = role.held_against(there, survey);
            let (role_items, size) = check::role(&role, survey, choices);
            items.extend(role_items);
            inline_sizes.extend(size);
        }
        Self {
            identity: survey.identity.clone(),
            choices: choices.clone(),
            undoes: None,
            items,
            inline_sizes,
            facts: roles(choices)
                .into_iter()
                .filter_map(|role| {
                    let reading = survey.roles.get(role.name)?.as_ref().ok()?;
                    Some((role.name.to_owned(), RoleFacts::of(reading)))
                })
                .collect(),
            role_arns: roles(choices)
                .into_iter()
                .filter_map(|role| survey.roles.get(role.name)?.as_ref().ok())
                .map(|reading| (reading.name.clone(), reading.arn.clone()))
                .collect(),
            unusable: unusable(survey, choices),
            nodes: survey
                .nodes
                .iter()
                .filter(|(region, _)| choices.regions.contains(region))
                .map(|(region, nodes)| (region.clone(), nodes.clone()))
                .collect(),
        }
    }

    /// A chosen role's ARN; where it was not read, the one that it has without a path.
    pub fn role_arn(&self, role: &str) -> String {
        let (partition, account) = (&self.identity.partition, &self.identity.account);
        let known = self.role_arns.get(role).cloned();
        known.unwrap_or_else(|| format!("arn:{partition}:iam::{account}:role/{role}"))
    }

    /// The region for what needs one: where the admin works if that was chosen, else the first that was.
    pub fn home_or_first_region(&self) -> &str {
        let (home, chosen) = (&self.identity.home_region, &self.choices.regions);
        match chosen.first() {
            Some(first) if !chosen.contains(home) => first,
            _ => home,
        }
    }

    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for item in &self.items {
            match &item.state {
                State::Change(change) => {
                    totals.changes += 1;
                    totals.replaced += usize::from(change.replaces() && !change.puts_back);
                }
                State::InPlace(_) => totals.in_place += 1,
                State::Blocked { .. } => totals.blocked += 1,
            }
        }
        totals
    }

    /// Returns whether all of it is in place.
    pub fn is_in_place(&self) -> bool {
        self.totals().in_place == self.items.len()
    }

    /// Returns whether the plan makes this role.
    pub fn is_to_be_made(&self, role: &str) -> bool {
        let role = role.to_owned();
        let change = self.change_of(&Target::Role { role });
        change.is_some_and(|change| change.after() != Content::Absent)
    }

    /// The change that is planned for a target.
    pub fn change_of(&self, target: &Target) -> Option<&Change> {
        self.changes()
            .find(|(item, _)| item.target == *target)
            .map(|(_, change)| change)
    }

    pub fn changes(&self) -> impl Iterator<Item = (&Item, &Change)> {
        self.items
            .iter()
            .filter_map(|item| item.change().map(|change| (item, change)))
    }
}

/// Everything that is asked for with these choices, in the order of a plan.
pub fn targets(choices: &Choices) -> Vec<Target> {
    let regions = choices.regions.iter();
    let tiers = regions.map(|region| Target::Tier {
        region: region.clone(),
    });
    let roles = roles(choices);
    let of_roles = roles.iter().flat_map(check::targets);
    tiers.chain(of_roles).collect()
}

/// The items of the chosen roles alone, without anything else that a plan knows.
pub fn items_of_roles(survey: &Survey, choices: &Choices) -> Vec<Item> {
    let there = survey;
    let survey = &with_new_roles(there, choices);
    let roles = roles(choices).into_iter();
    let items = roles.map(|role| {
        let role = role.held_against(there, survey);
        check::role(&role, survey, choices).0
    });
    items.flatten().collect()
}

#[cfg(test)]
mod tests;
