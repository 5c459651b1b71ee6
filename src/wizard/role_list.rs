//! The roles of the account as they are listed: in the order in which people look names up, and ready to be filtered.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::widget::picker::Entry;
use crate::model::{RoleKind, RoleSummary, TypedRole};
use crate::policy::Document;
use crate::policy::trust;

/// A role of the list, with what its trust policy says of it, so that nothing has to be parsed while drawing.
#[derive(Clone, Debug)]
pub struct ListedRole {
    /// Without the trust policy: it is read again with everything else of the role.
    pub summary: RoleSummary,
    pub is_sagemaker: bool,
    /// Whether accounts, users or an identity provider may assume it, and not services alone.
    pub is_for_people: bool,
    entry: Arc<Entry>,
    /// The same, where it could not be a SageMaker role.
    entry_as_sagemaker: Arc<Entry>,
}

impl ListedRole {
    pub fn new(mut summary: RoleSummary) -> Self {
        let trust = Document::parse(std::mem::take(&mut summary.trust)).ok();
        let is_sagemaker = trust.as_ref().is_some_and(trust::is_sagemaker_role);
        let is_for_people = trust.as_ref().is_none_or(trust::is_for_people);
        let ordinary = summary.kind() != RoleKind::ServiceLinked;
        Self::listed(summary, is_sagemaker && ordinary, is_for_people && ordinary)
    }

    /// A role that somebody typed: nothing is known of it but its name and perhaps its path.
    pub fn typed(role: &TypedRole) -> Self {
        let arn = role.arn.as_ref();
        let summary = RoleSummary {
            name: role.name.clone(),
            path: arn.map_or("/", |arn| &arn.path).to_owned(),
            // Without its path, its ARN is not known.
            arn: arn.map(ToString::to_string).unwrap_or_default(),
            trust: String::new(),
            description: String::new(),
        };
        Self::listed(summary, false, false)
    }

    fn listed(summary: RoleSummary, is_sagemaker: bool, is_for_people: bool) -> Self {
        let is_ordinary = summary.kind() == RoleKind::Ordinary;
        let entry = |is_default_cursor| {
            Arc::new(Entry {
                id: summary.name.clone(),
                haystack: format!("{} {} {}", summary.path, summary.name, summary.description)
                    .to_lowercase(),
                group: String::new(),
                is_default_cursor,
            })
        };
        let as_any = entry(is_ordinary);
        let entry_as_sagemaker = if is_ordinary && summary.is_too_long() {
            entry(false)
        } else {
            Arc::clone(&as_any)
        };
        Self {
            entry: as_any,
            entry_as_sagemaker,
            summary,
            is_sagemaker,
            is_for_people,
        }
    }

    /// Its line in a list of SageMaker roles, or of others.
    pub fn entry(&self, as_sagemaker: bool) -> Arc<Entry> {
        Arc::clone(if as_sagemaker {
            &self.entry_as_sagemaker
        } else {
            &self.entry
        })
    }
}

/// The order of the list: IAM itself does not tell names apart by case.
type Key = (String, String);

/// All roles that are known.
#[derive(Debug, Default)]
pub struct RoleList {
    roles: BTreeMap<Key, ListedRole>,
}

fn key(name: &str) -> Key {
    (name.to_lowercase(), name.to_owned())
}

impl RoleList {
    /// Adds a role, or what is now known better of one.
    pub fn insert(&mut self, role: ListedRole) {
        self.roles.insert(key(&role.summary.name), role);
    }

    /// Adds a role that is not in the list yet.
    pub fn add(&mut self, role: ListedRole) {
        if self.get(&role.summary.name).is_none() {
            self.insert(role);
        }
    }

    pub fn remove(&mut self, name: &str) {
        self.roles.remove(&key(name));
    }

    pub fn get(&self, name: &str) -> Option<&ListedRole> {
        self.roles.get(&key(name))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &ListedRole> {
        self.roles.values()
    }

    pub fn len(&self) -> usize {
        self.roles.len()
    }

    pub fn is_empty(&self) -> bool {
        self.roles.is_empty()
    }
}
