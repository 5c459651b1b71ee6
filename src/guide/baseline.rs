//! A document that the guide extends, and what it was when the guide began.

use super::{is_of_permission_set, reading};
use crate::model::Survey;
use crate::plan::{Plan, Target, permission_set};
use crate::policy::Document;
use crate::policy::deviation::{self, Statement};
use crate::policy::same::contains_statement;
use crate::policy::template::Place;
use crate::policy::trust;

/// A document as it was when the guide began. It never moves: what came later is new.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Baseline {
    /// All statements; none where there was no document.
    pub(super) first: Vec<Statement>,
    /// Statements that must not get lost.
    pub(super) kept: Vec<Statement>,
    /// Statements of these that are gone, and were meant to go.
    pub(super) let_go: Vec<Statement>,
    /// Statements that others added since.
    pub(super) added: Vec<Statement>,
    /// Statements that the last reading had for Systems Manager. While these change, somebody is pasting.
    pub(super) ours: Vec<Statement>,
}

impl Baseline {
    /// Of a document, or of none.
    pub(super) fn of(document: Option<&Document>, plan: &Plan) -> Self {
        let Some(document) = document else {
            return Self::default();
        };
        Self {
            first: document.statements().into_iter().cloned().collect(),
            kept: what_has_to_stay(document, plan),
            let_go: Vec::new(),
            added: Vec::new(),
            ours: ours(document),
        }
    }

    /// Takes in what others have added, which is not what comes together with something for Systems Manager: that is a paste,
    /// and may be a slip.
    pub(super) fn observe(&mut self, document: &Document) {
        let ours = ours(document);
        let is_unchanged = ours.len() == self.ours.len()
            && ours
                .iter()
                .all(|statement| contains_statement(&self.ours, statement));
        if is_unchanged {
            let is_new = |statement: &&Statement| {
                !deviation::is_said(statement, &self.first)
                    && !contains_statement(&self.added, statement)
                    && !trust::is_meant_for_systems_manager(statement)
            };
            let statements = document.statements().into_iter();
            let added: Vec<Statement> = statements.filter(is_new).cloned().collect();
            self.added.extend(added);
        }
        self.ours = ours;
    }
}

/// Statements that are for Systems Manager, or were meant for it.
fn ours(document: &Document) -> Vec<Statement> {
    let statements = document.statements().into_iter();
    let ours = statements.filter(|statement| trust::is_meant_for_systems_manager(statement));
    ours.cloned().collect()
}

/// Returns what has to stay of a document: all but a denial that is in the way, and principals that were deleted.
fn what_has_to_stay(document: &Document, plan: &Plan) -> Vec<Statement> {
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

/// The document that a step extends, where it does not stand for itself: it holds what others wrote.
pub(super) enum Extended {
    There(Document),
    Gone,
    Unread,
    /// A step with a document of its own, or none.
    Other,
}

pub(super) fn extended(target: &Target, survey: &Survey) -> Extended {
    let text = match (target, reading(target, survey)) {
        (Target::Tier { .. } | Target::Role { .. } | Target::FullAccess { .. }, _) => {
            return Extended::Other;
        }
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
