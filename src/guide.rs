//! The guide through the AWS console: the plan as steps that a person carries out by hand, and what a reading says of
//! each. Pure; nothing of it writes.

mod console;
mod page;
mod standing;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

pub use page::{Page, Paste};
pub use standing::Standing;

use crate::model::{RoleKind, RoleReading, Survey};
use crate::plan::{Item, Plan, Target, permission_set};
use crate::policy::Document;
use crate::policy::deviation::lacking;
use crate::policy::template::CLIENT_POLICY;
use crate::policy::trust;

/// The parts of the manual setup, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    SystemsManager,
    SageMakerRole,
    UserRole,
    /// Only where people connect from SageMaker Studio.
    Studio,
}

impl Part {
    pub fn title(self) -> &'static str {
        match self {
            Self::SystemsManager => "Systems Manager",
            Self::SageMakerRole => "The SageMaker role",
            Self::UserRole => "The user role",
            Self::Studio => "Connecting from SageMaker Studio",
        }
    }

    /// The part that an item belongs to.
    pub fn of(target: &Target, plan: &Plan) -> Self {
        match target {
            Target::Tier { .. } => Self::SystemsManager,
            Target::Policy { role, policy } if policy == CLIENT_POLICY => {
                if plan.choices.sagemaker_roles.contains(role)
                    && plan.choices.connect_from.uses_studio()
                {
                    Self::Studio
                } else {
                    Self::UserRole
                }
            }
            Target::Trust { .. } | Target::Policy { .. } => Self::SageMakerRole,
        }
    }
}

/// The plan's items in the order of the manual setup.
pub fn steps(plan: &Plan) -> Vec<&Item> {
    let mut steps: Vec<&Item> = plan.items.iter().collect();
    steps.sort_by_key(|item| Part::of(&item.target, plan));
    steps
}

/// What is read at once: a region's tier, or a role with all that the plan looks at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    Region(String),
    Role(String),
}

impl Subject {
    pub fn of(target: &Target) -> Self {
        match target {
            Target::Tier { region } => Self::Region(region.clone()),
            Target::Trust { role } | Target::Policy { role, .. } => Self::Role(role.clone()),
        }
    }
}

type Statement = Map<String, Value>;

/// What the guide remembers besides what was read.
#[derive(Clone, Debug, Default)]
pub struct Guide {
    /// Statements of documents that are extended, which must not get lost by a paste.
    kept: BTreeMap<Target, Vec<Statement>>,
    /// What somebody says was done, and cannot be read.
    by_hand: BTreeSet<Target>,
}

impl Guide {
    /// Takes a reading in. What it shows for the first time has to stay, unless something else is missing: then
    /// somebody is in the middle of mending it.
    pub fn look(&mut self, plan: &Plan, survey: &Survey) {
        for item in &plan.items {
            let Some(document) = extended(&item.target, survey) else {
                continue;
            };
            if !self.lost(&item.target, survey).is_empty() {
                continue;
            }
            let of_others = document
                .statements()
                .into_iter()
                .filter(|statement| trust::is_of_others(statement));
            let of_others = of_others.cloned().collect();
            self.kept.insert(item.target.clone(), of_others);
        }
    }

    /// Statements that were there and are gone.
    pub fn lost(&self, target: &Target, survey: &Survey) -> Vec<&Statement> {
        let kept = self.kept.get(target).map_or(&[][..], Vec::as_slice);
        match extended(target, survey) {
            Some(document) => lacking(&document, kept),
            None => Vec::new(),
        }
    }

    /// Ticks what cannot be read, or takes the tick back; false where it can be read, and so is not ticked by hand.
    pub fn tick(&mut self, item: &Item, survey: &Survey) -> bool {
        let standing = self.standing(item, survey);
        match standing {
            Standing::Unread => self.by_hand.insert(item.target.clone()),
            Standing::ByHand => self.by_hand.remove(&item.target),
            _ => false,
        }
    }

    /// What was ticked by hand and still cannot be read.
    pub fn ticked(&self, plan: &Plan, survey: &Survey) -> BTreeSet<Target> {
        let ticked = plan
            .items
            .iter()
            .filter(|item| self.standing(item, survey) == Standing::ByHand);
        ticked.map(|item| item.target.clone()).collect()
    }

    pub fn standing(&self, item: &Item, survey: &Survey) -> Standing {
        match Standing::of(item, survey) {
            Standing::Unread if self.by_hand.contains(&item.target) => Standing::ByHand,
            standing => standing,
        }
    }

    /// A step's page. `arn` is the role's, as far as it is known without reading the role.
    pub fn page(&self, item: &Item, plan: &Plan, survey: &Survey, arn: Option<&str>) -> Page {
        let standing = self.standing(item, survey);
        let lost = self.lost(&item.target, survey);
        let lost: Vec<Statement> = lost.into_iter().cloned().collect();
        page::page(item, plan, survey, standing, &lost, arn)
    }
}

fn reading<'a>(target: &Target, survey: &'a Survey) -> Option<&'a RoleReading> {
    survey.roles.get(target.role()?)?.as_ref().ok()
}

/// The document that a step extends, where it does not stand for itself: it holds what others wrote.
fn extended(target: &Target, survey: &Survey) -> Option<Document> {
    let reading = reading(target, survey)?;
    let text = match target {
        Target::Trust { .. } => Some(&reading.trust),
        Target::Policy { .. } if reading.kind() == RoleKind::IdentityCenter => {
            reading.inline.get(permission_set::INLINE_POLICY)
        }
        Target::Policy { .. } | Target::Tier { .. } => None,
    };
    Document::parse(text?.as_str()).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
