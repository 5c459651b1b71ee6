//! The guide through the AWS console: the plan as steps that a person carries out by hand, and what a reading says of
//! each. Pure; nothing of it writes.

mod console;
mod page;
mod status;
pub mod verify;

use std::collections::{BTreeMap, BTreeSet};

pub use page::{Instructions, Paste};
pub use status::StepStatus;

use crate::model::{Choices, RoleKind, RoleReading, Survey};
use crate::plan::{Item, Plan, Target, permission_set};
use crate::policy::Document;
use crate::policy::deviation::{self, Statement, lacking};
use crate::policy::same::contains_statement;
use crate::policy::template::{Place, RolePolicy};
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
            Target::Policy {
                role,
                policy: RolePolicy::Client,
            } => {
                if plan.choices.connect_from.uses_studio()
                    && plan.choices.sagemaker_roles.contains(role)
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
    steps.sort_by_cached_key(|item| Part::of(&item.target, plan));
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

/// What the guide remembers besides what was read.
#[derive(Clone, Debug, Default)]
pub struct Guide {
    /// Documents that are extended: what was in them must not get lost by a paste.
    kept: BTreeMap<Target, Remembered>,
    /// What somebody says was done, and may not be read.
    by_hand: BTreeSet<Target>,
    /// What it was ticked for.
    choices: Choices,
}

/// What is remembered of a document.
#[derive(Clone, Debug)]
struct Remembered {
    /// What must not get lost.
    statements: Vec<Statement>,
    /// As it was when it was read first.
    first: Vec<Statement>,
    /// What the last reading had for Systems Manager alone. While that changes, somebody is pasting.
    ours: Vec<Statement>,
}

impl Remembered {
    fn new(document: &Document, plan: &Plan) -> Self {
        Self {
            statements: to_keep(document, plan),
            first: document.statements().into_iter().cloned().collect(),
            ours: ours(document),
        }
    }

    /// Takes a later reading in: what somebody else added has to stay as well. What comes together with something for
    /// Systems Manager is a paste, and may still be mended.
    fn observe(&mut self, document: &Document, plan: &Plan) {
        let ours = ours(document);
        let is_unchanged = ours.len() == self.ours.len()
            && ours
                .iter()
                .all(|statement| contains_statement(&self.ours, statement));
        if is_unchanged && lacking(document, &self.statements).is_empty() {
            let first = &self.first;
            let stays = |statement: &Statement| {
                contains_statement(first, statement)
                    || !trust::is_for_systems_manager_alone(statement)
            };
            self.statements = to_keep(document, plan).into_iter().filter(stays).collect();
        }
        self.ours = ours;
    }
}

/// Statements for Systems Manager alone.
fn ours(document: &Document) -> Vec<Statement> {
    let statements = document.statements().into_iter();
    let ours = statements.filter(|statement| trust::is_for_systems_manager_alone(statement));
    ours.cloned().collect()
}

impl Guide {
    /// Takes a reading in. What it shows has to stay, unless something is missing: then somebody is in the middle of
    /// mending it.
    pub fn observe(&mut self, plan: &Plan, survey: &Survey) {
        for item in &plan.items {
            let target = &item.target;
            let Extended::There(document) = extended(target, survey) else {
                continue;
            };
            match self.kept.get_mut(target) {
                None => {
                    self.kept
                        .insert(target.clone(), Remembered::new(&document, plan));
                }
                // A permission set's policy comes from elsewhere, in one piece: only what was there first is known.
                Some(kept) if matches!(target, Target::Trust { .. }) => {
                    kept.observe(&document, plan);
                }
                Some(_) => {}
            }
        }
    }

    /// A document as it was when it was read first.
    fn first(&self, target: &Target) -> &[Statement] {
        let kept = self.kept.get(target);
        kept.map_or(&[][..], |kept| &kept.first)
    }

    /// Statements that came since, and not for Systems Manager, in a few words each.
    fn new_ones(&self, target: &Target, survey: &Survey) -> Vec<String> {
        let (Target::Trust { .. }, Extended::There(document)) = (target, extended(target, survey))
        else {
            return Vec::new();
        };
        let first = self.first(target);
        let is_new = |statement: &&Statement| {
            !deviation::is_said(statement, first) && !trust::is_for_systems_manager_alone(statement)
        };
        let new = document.statements().into_iter().filter(is_new);
        new.map(deviation::name).collect()
    }

    /// Statements that were there and are gone.
    pub fn lost(&self, target: &Target, survey: &Survey) -> Vec<&Statement> {
        let kept = self.kept.get(target);
        let kept = kept.map_or(&[][..], |kept| &kept.statements);
        match extended(target, survey) {
            Extended::There(document) => lacking(&document, kept),
            Extended::Gone => kept.iter().collect(),
            Extended::Unread | Extended::Other => Vec::new(),
        }
    }

    /// Space: ticks what may not be read, or takes the tick back; takes it that what is gone was meant to go.
    pub fn tick(&mut self, item: &Item, plan: &Plan, survey: &Survey) {
        let target = &item.target;
        if !self.lost(target, survey).is_empty() {
            self.kept.remove(target);
            return self.observe(plan, survey);
        }
        match self.status(item, survey) {
            StepStatus::Denied => {
                self.by_hand.insert(target.clone());
            }
            StepStatus::ByHand => {
                self.by_hand.remove(target);
            }
            _ => {}
        }
    }

    /// Begins, or begins again. When something else is wanted, what was ticked by hand was something else.
    pub fn begin(&mut self, choices: &Choices) {
        if !self.choices.is_same(choices) {
            self.by_hand.clear();
            self.choices = choices.clone();
        }
    }

    /// The same, in a few words each.
    pub fn lost_names(&self, target: &Target, survey: &Survey) -> Vec<String> {
        let lost = self.lost(target, survey).into_iter();
        lost.map(deviation::name).collect()
    }

    pub fn status(&self, item: &Item, survey: &Survey) -> StepStatus {
        match StepStatus::of(item, survey, self.first(&item.target)) {
            StepStatus::InPlace if !self.lost(&item.target, survey).is_empty() => StepStatus::Lost,
            StepStatus::Denied if self.by_hand.contains(&item.target) => StepStatus::ByHand,
            status => status,
        }
    }

    /// A step's page. `arn` is the role's, as far as it is known without reading the role.
    pub fn page(
        &self,
        item: &Item,
        plan: &Plan,
        survey: &Survey,
        arn: Option<&str>,
    ) -> Instructions {
        let status = self.status(item, survey);
        let lost = self.lost(&item.target, survey);
        let new = self.new_ones(&item.target, survey);
        page::page(item, plan, survey, status, &lost, new, arn)
    }
}

/// Returns what has to stay of a document: all but a denial that is in the way, and principals that were deleted.
fn to_keep(document: &Document, plan: &Plan) -> Vec<Statement> {
    let place = Place::of(&plan.identity);
    let regions = plan.choices.regions_or_home(&plan.identity);
    let stays = document
        .statements()
        .into_iter()
        .filter(|statement| !trust::keeps_out(statement, place, regions))
        // With conditions it is another statement.
        .filter(|statement| {
            let is_hardened = plan.choices.harden_trust
                && trust::is_for_systems_manager_alone(statement)
                && trust::is_open(statement, place, regions);
            !is_hardened
        });
    stays.filter_map(trust::without_deleted).collect()
}

fn reading<'a>(target: &Target, survey: &'a Survey) -> Option<&'a RoleReading> {
    survey.roles.get(target.role()?)?.as_ref().ok()
}

/// Returns whether a policy can be changed only through a permission set, as far as can be known without reading the
/// role.
fn is_of_permission_set(target: &Target, survey: &Survey) -> bool {
    let Target::Policy { role, .. } = target else {
        return false;
    };
    match reading(target, survey) {
        Some(reading) => reading.kind() == RoleKind::IdentityCenter,
        None => permission_set::name(role).is_some(),
    }
}

/// The document that a step extends, where it does not stand for itself: it holds what others wrote.
enum Extended {
    There(Document),
    Gone,
    Unread,
    /// A step with a document of its own, or none.
    Other,
}

fn extended(target: &Target, survey: &Survey) -> Extended {
    let text = match (target, reading(target, survey)) {
        (Target::Tier { .. }, _) => return Extended::Other,
        (_, None) => return Extended::Unread,
        (Target::Trust { .. }, Some(reading)) => Some(&reading.trust),
        (Target::Policy { .. }, Some(reading)) if is_of_permission_set(target, survey) => {
            reading.inline.get(permission_set::INLINE_POLICY)
        }
        (Target::Policy { .. }, Some(_)) => return Extended::Other,
    };
    match text.map(|text| Document::parse(text.as_str())) {
        None => Extended::Gone,
        Some(Ok(document)) => Extended::There(document),
        Some(Err(_)) => Extended::Unread,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests;
