//! The guide through the AWS console: the plan as steps that a person carries out by hand, and what a reading says of
//! each. Pure; nothing of it writes.

mod baseline;
mod console;
mod hints;
mod page;
mod paste;
mod status;
pub mod verify;

use std::collections::{BTreeMap, BTreeSet};

use baseline::{Baseline, Extended, extended};
use console::Tab;
pub use page::Instructions;
pub use paste::Paste;
pub use status::StepStatus;

use crate::journal::GuideRecord;
use crate::model::new_role::FULL_ACCESS;
use crate::model::{Choices, Partition, RoleKind, RoleReading, Survey, TierReading};
use crate::plan::{Item, Plan, Target, permission_set};
use crate::policy::Document;
use crate::policy::deviation::{self, Statement, lacking};
use crate::policy::same::contains_statement;
use crate::policy::template::RolePolicy;
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
            Target::Role { role } if !plan.choices.sagemaker_roles.contains(role) => Self::UserRole,
            Target::Role { .. }
            | Target::FullAccess { .. }
            | Target::Trust { .. }
            | Target::Policy { .. } => Self::SageMakerRole,
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
            Target::Role { role }
            | Target::FullAccess { role }
            | Target::Trust { role }
            | Target::Policy { role, .. } => Self::Role(role.clone()),
        }
    }
}

/// What the guide remembers besides what was read.
#[derive(Clone, Debug, Default)]
pub struct Guide {
    /// Documents that are extended, as the first reading had them.
    baselines: BTreeMap<Target, Baseline>,
    /// What somebody says was done, and may not be read.
    by_hand: BTreeSet<Target>,
    /// What it was ticked for.
    choices: Choices,
    /// What is kept of it on this computer; none until it was looked for, or where it cannot be kept.
    pub record: Option<GuideRecord>,
    /// When it was begun, where that was another time that the wizard was open.
    begun_before: Option<String>,
    /// The tier of each region as it was read first.
    first_tiers: BTreeMap<String, TierReading>,
    /// Inline policies of each role, by name, as they were read first.
    first_policies: BTreeMap<String, BTreeMap<String, String>>,
}

impl Guide {
    /// Takes a reading in. The first one of a document, its absence included, is what later ones are compared with.
    pub fn observe(&mut self, plan: &Plan, survey: &Survey) {
        for item in &plan.items {
            let document = match extended(&item.target, survey) {
                Extended::There(document) => Some(document),
                Extended::Gone => None,
                Extended::Unread | Extended::Other => continue,
            };
            match (self.baselines.get_mut(&item.target), &document) {
                (None, _) => {
                    let baseline = Baseline::of(document.as_ref(), plan);
                    self.baselines.insert(item.target.clone(), baseline);
                }
                // A permission set's policy comes from elsewhere, in one piece.
                (Some(known), Some(document)) if matches!(item.target, Target::Trust { .. }) => {
                    known.observe(document);
                }
                (Some(_), _) => {}
            }
        }
        for (region, tier) in &survey.tiers {
            let first = self.first_tiers.entry(region.clone());
            first.or_insert_with(|| tier.clone());
        }
        for (role, reading) in &survey.roles {
            if let Ok(reading) = reading {
                let first = self.first_policies.entry(role.clone());
                first.or_insert_with(|| reading.inline.clone());
            }
        }
    }

    /// Goes on with a guide that was begun another day: what was there then is what later readings are compared with.
    pub fn remember(&mut self, record: GuideRecord, plan: &Plan) {
        for (target, former) in record.targets() {
            let is_extended = matches!(target, Target::Trust { .. })
                || matches!(&target, Target::Policy { role, .. } if permission_set::name(role).is_some());
            let Ok(document) = former.map(Document::parse).transpose() else {
                continue;
            };
            if !is_extended {
                continue;
            }
            let mut baseline = Baseline::of(document.as_ref(), plan);
            let let_go = record.let_go.get(&target.to_string());
            let let_go = let_go.into_iter().flatten();
            baseline
                .let_go
                .extend(let_go.filter_map(|statement| statement.as_object().cloned()));
            self.baselines.insert(target, baseline);
        }
        // The minute is enough.
        let minute = record.began.get(..16).unwrap_or(&record.began);
        self.begun_before = Some(format!("{} UTC", minute.replace('T', " ")));
        self.record = Some(record);
    }

    /// Returns when the guide began, in words.
    pub fn since(&self) -> String {
        match &self.begun_before {
            Some(at) => format!("since the guide began ({at})"),
            None => "since the guide began".to_owned(),
        }
    }

    /// Adds what is to be kept and is not yet; none where there is nothing to add, or not everything was read.
    pub fn to_keep(&mut self, plan: &Plan, survey: &Survey) -> Option<GuideRecord> {
        let is_read = |item: &Item| self.status(item, survey) != StepStatus::Reading;
        if !plan.items.iter().all(is_read) {
            return None;
        }
        let known = self.record.clone();
        let mut record = known.unwrap_or_else(|| GuideRecord::new(&plan.identity, &plan.choices));
        for item in &plan.items {
            let now = match (&item.target, reading(&item.target, survey)) {
                // The way back of a role that was made is to delete it.
                (Target::Role { .. }, None) | (Target::FullAccess { .. }, _)
                    if item.change().is_some() =>
                {
                    None
                }
                (Target::Tier { .. } | Target::Role { .. } | Target::FullAccess { .. }, _)
                | (_, None) => continue,
                (Target::Trust { .. }, Some(reading)) => Some(&reading.trust),
                (Target::Policy { policy, .. }, Some(reading)) => {
                    let name = if is_of_permission_set(&item.target, survey) {
                        permission_set::INLINE_POLICY
                    } else {
                        policy.name()
                    };
                    reading.inline.get(name)
                }
            };
            let id = item.target.to_string();
            record.documents.entry(id).or_insert_with(|| now.cloned());
        }
        let let_go = self
            .baselines
            .iter()
            .filter(|(_, known)| !known.let_go.is_empty());
        record.let_go = let_go
            .map(|(target, known)| {
                let statements = known.let_go.iter().cloned().map(serde_json::Value::from);
                (target.to_string(), statements.collect())
            })
            .collect();
        if self.record.as_ref() == Some(&record) || record.documents.is_empty() {
            return None;
        }
        self.record = Some(record.clone());
        Some(record)
    }

    fn baseline(&self, target: &Target) -> Option<&Baseline> {
        self.baselines.get(target)
    }

    /// A document as it was when it was read first.
    fn first(&self, target: &Target) -> &[Statement] {
        let baseline = self.baseline(target);
        baseline.map_or(&[][..], |baseline| &baseline.first)
    }

    /// Statements that came since, and were not meant for Systems Manager, in a few words each.
    fn new_ones(&self, target: &Target, survey: &Survey) -> Vec<String> {
        let (Target::Trust { .. }, Extended::There(document)) = (target, extended(target, survey))
        else {
            return Vec::new();
        };
        let first = self.first(target);
        let is_new = |statement: &&Statement| {
            !deviation::is_said(statement, first) && !trust::is_meant_for_systems_manager(statement)
        };
        let new = document.statements().into_iter().filter(is_new);
        new.map(deviation::name).collect()
    }

    /// Statements that were there and are gone, with those that were meant to go.
    fn gone(&self, target: &Target, survey: &Survey) -> Vec<&Statement> {
        let baseline = self.baseline(target);
        let kept = baseline.map_or(&[][..], |baseline| &baseline.kept);
        match extended(target, survey) {
            Extended::There(document) => lacking(&document, kept),
            Extended::Gone => kept.iter().collect(),
            Extended::Unread | Extended::Other => Vec::new(),
        }
    }

    /// Statements that were there and are gone, and nobody says that they were meant to go.
    pub fn lost(&self, target: &Target, survey: &Survey) -> Vec<&Statement> {
        let gone = self.gone(target, survey).into_iter();
        gone.filter(|statement| !self.is_let_go(target, statement))
            .collect()
    }

    /// The same, in a few words each.
    pub fn lost_names(&self, target: &Target, survey: &Survey) -> Vec<String> {
        let lost = self.lost(target, survey).into_iter();
        lost.map(deviation::name).collect()
    }

    /// Statements that are gone, and were meant to go, in a few words each.
    pub fn let_go_names(&self, target: &Target, survey: &Survey) -> Vec<String> {
        let gone = self.gone(target, survey).into_iter();
        gone.filter(|statement| self.is_let_go(target, statement))
            .map(deviation::name)
            .collect()
    }

    fn is_let_go(&self, target: &Target, statement: &Statement) -> bool {
        let baseline = self.baseline(target);
        baseline.is_some_and(|baseline| contains_statement(&baseline.let_go, statement))
    }

    /// Statements that others added since the guide began, and that are gone again.
    fn added_and_gone(&self, target: &Target, survey: &Survey) -> Vec<&Statement> {
        match (self.baseline(target), extended(target, survey)) {
            (Some(baseline), Extended::There(document)) => lacking(&document, &baseline.added),
            _ => Vec::new(),
        }
    }

    /// Says that what is gone was meant to go.
    pub fn let_go(&mut self, target: &Target, survey: &Survey) {
        let gone: Vec<Statement> = self.lost(target, survey).into_iter().cloned().collect();
        if let Some(baseline) = self.baselines.get_mut(target) {
            baseline.let_go.extend(gone);
        }
    }

    /// Ticks what may not be read, or takes the tick back; takes back that what is gone was meant to go.
    pub fn tick(&mut self, item: &Item, survey: &Survey) {
        let target = &item.target;
        match self.status(item, survey) {
            StepStatus::Denied => {
                self.by_hand.insert(target.clone());
            }
            StepStatus::ByHand => {
                self.by_hand.remove(target);
            }
            _ => {
                if let Some(baseline) = self.baselines.get_mut(target) {
                    baseline.let_go.clear();
                }
            }
        }
    }

    /// Begins, or begins again. When something else is wanted, what was ticked by hand was something else.
    pub fn begin(&mut self, choices: &Choices) {
        if !self.choices.is_same(choices) {
            self.by_hand.clear();
            self.choices = choices.clone();
        }
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
        let target = &item.target;
        let since = Since {
            lost: self.lost(target, survey),
            added_and_gone: self.added_and_gone(target, survey),
            let_go: self.let_go_names(target, survey),
            new: self.new_ones(target, survey),
            hints: self.hints(item, plan, survey),
            is_own: self.is_own(target, survey),
        };
        page::page(item, plan, survey, self.status(item, survey), since, arn)
    }

    /// Returns whether the policy of that name came since the guide began: then whoever reads this pasted it.
    fn is_own(&self, target: &Target, survey: &Survey) -> bool {
        let Target::Policy { role, policy } = target else {
            return false;
        };
        let before = self.first_policies.get(role);
        let before = before.and_then(|policies| policies.get(policy.name()));
        let now = reading(target, survey).and_then(|reading| reading.inline.get(policy.name()));
        now.is_some() && now != before
    }
}

/// What has become of a step since the guide began.
struct Since<'a> {
    lost: Vec<&'a Statement>,
    /// Statements that others added since, and that are gone again.
    added_and_gone: Vec<&'a Statement>,
    let_go: Vec<String>,
    new: Vec<String>,
    /// Sentences about what was probably done instead.
    hints: Vec<String>,
    /// The policy was pasted since.
    is_own: bool,
}

/// Returns how a document is put back in the console, in order, with the nearest link.
pub fn way_back(target: &Target, was_there: bool, partition: &Partition) -> Vec<String> {
    let (link, what) = match target {
        Target::Tier { .. } => return Vec::new(),
        Target::FullAccess { role } => (
            console::role(partition, role, Tab::Permissions),
            format!("On the tab Permissions of the role {role} remove {FULL_ACCESS}."),
        ),
        Target::Role { role } => (
            console::role(partition, role, Tab::Permissions),
            format!("There was no role {role}. Where nothing else uses it now, delete it there."),
        ),
        Target::Trust { role } => (
            console::role(partition, role, Tab::TrustRelationships),
            format!(
                "On the tab Trust relationships of the role {role} choose Edit trust policy, and put this text back:"
            ),
        ),
        Target::Policy { role, policy } => match permission_set::name(role) {
            Some(set) => (
                console::identity_center(partition, None),
                format!(
                    "In IAM Identity Center put this text back as the inline policy of the permission set {set}:"
                ),
            ),
            None => (
                console::role(partition, role, Tab::Permissions),
                if was_there {
                    format!(
                        "On the tab Permissions of the role {role} edit {policy}, and put this text back:"
                    )
                } else {
                    format!("On the tab Permissions of the role {role} remove the policy {policy}.")
                },
            ),
        },
    };
    link.into_iter().chain([what]).collect()
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests;
