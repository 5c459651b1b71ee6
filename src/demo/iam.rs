//! The embedded account's IAM: its roles and managed policies, and what a reading shows of them. For some time after a
//! write that may be what was there before it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::seed::SeedLastUsed;
use super::{Seed, SeedPolicy};
use crate::model::Partition;
use crate::plan::role_document::full_access_arn;

/// A role; its documents are as they were last written.
#[derive(Clone, Debug)]
pub(super) struct StoredRole {
    pub partition: Partition,
    /// The account's number.
    pub account: String,
    pub name: String,
    pub path: String,
    pub id: String,
    pub description: String,
    pub trust: String,
    /// Inline policies by name.
    pub inline: BTreeMap<String, String>,
    /// ARNs of managed policies.
    pub attached: Vec<String>,
    /// The ARN of the permissions boundary.
    pub boundary: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub last_used: Option<SeedLastUsed>,
}

impl StoredRole {
    pub(super) fn arn(&self) -> String {
        format!(
            "arn:{}:iam::{}:role{}{}",
            self.partition, self.account, self.path, self.name
        )
    }

    /// Returns whether the role belongs to AWS, so that it cannot be changed.
    pub(super) fn is_protected(&self) -> bool {
        self.path.starts_with("/aws-service-role/") || self.path.starts_with("/aws-reserved/")
    }
}

/// What a role is made from.
#[derive(Debug)]
pub(super) struct NewRole {
    pub path: String,
    pub description: String,
    pub trust: String,
    pub boundary: Option<String>,
    pub tags: BTreeMap<String, String>,
}

/// All roles and managed policies.
#[derive(Debug)]
pub(super) struct Iam(Mutex<IamState>);

#[derive(Debug, Default)]
struct IamState {
    partition: Partition,
    account: String,
    roles: BTreeMap<String, StoredRole>,
    /// How many roles there ever were.
    made: usize,
    /// Documents of managed policies by ARN.
    policies: BTreeMap<String, String>,
    /// How many times each role was read.
    readings: BTreeMap<String, u64>,
    /// Each role as it was before each write, the oldest first; none where there was none.
    past: BTreeMap<String, Vec<(Instant, Option<StoredRole>)>>,
    /// ARNs of IAM users.
    users: Vec<String>,
}

impl IamState {
    /// Adds a managed policy under a path; gives its ARN.
    fn manage(&mut self, path: &str, policy: &SeedPolicy) -> String {
        let (partition, account, name) = (&self.partition, &self.account, &policy.name);
        let arn = format!("arn:{partition}:iam::{account}:policy{path}{name}");
        self.policies.insert(arn.clone(), text(&policy.document));
        arn
    }
}

impl Iam {
    pub(super) fn of(seed: &Seed) -> Self {
        let mut state = IamState {
            partition: seed.partition(),
            account: seed.account().to_owned(),
            ..IamState::default()
        };
        for policy in &seed.policies {
            state.manage("/", policy);
        }
        let full_access = full_access_arn(&state.partition);
        let document = include_str!("../../assets/demo-full-access.json");
        state.policies.insert(full_access, document.to_owned());
        let prefix = format!("arn:{}:iam::{}:user/", state.partition, state.account);
        let users = seed.users.iter();
        state.users = users.map(|name| format!("{prefix}{name}")).collect();
        for (number, role) in seed.roles.iter().enumerate() {
            let path = format!("/{}/", role.name);
            let attached = role.attached.iter();
            let attached = attached.map(|policy| state.manage(&path, policy)).collect();
            let inline = role.inline.iter();
            let entry = StoredRole {
                partition: state.partition.clone(),
                account: state.account.clone(),
                name: role.name.clone(),
                path: role.path.clone(),
                id: role_id(number),
                description: role.description.clone(),
                trust: text(&role.trust),
                inline: inline
                    .map(|(name, document)| (name.clone(), text(document)))
                    .collect(),
                attached,
                boundary: role.boundary.clone(),
                tags: BTreeMap::new(),
                last_used: role.last_used.clone(),
            };
            state.roles.insert(role.name.clone(), entry);
        }
        state.made = seed.roles.len();
        Self(Mutex::new(state))
    }

    fn lock(&self) -> MutexGuard<'_, IamState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All roles in the order of their names.
    pub(super) fn roles(&self) -> Vec<StoredRole> {
        self.lock().roles.values().cloned().collect()
    }

    /// A role as it is.
    pub(super) fn role(&self, name: &str) -> Option<StoredRole> {
        self.lock().roles.get(name).cloned()
    }

    /// A role as a reading shows it: for so long after a write, every other time about, what was there before all such
    /// writes.
    pub(super) fn read(&self, name: &str, lag: Duration) -> Option<StoredRole> {
        let mut state = self.lock();
        let role = state.roles.get(name).cloned();
        let readings = state.readings.entry(name.to_owned()).or_default();
        *readings += 1;
        let shows_replica = hash(&(*readings, "replica")).is_multiple_of(2);
        let now = Instant::now();
        let past = state.past.get(name).into_iter().flatten();
        let mut recent = past.filter(|(at, _)| now.duration_since(*at) < lag);
        match recent.next() {
            Some((_, before)) if shows_replica => before.clone(),
            _ => role,
        }
    }

    /// The ARNs of the IAM users.
    pub(super) fn users(&self) -> Vec<String> {
        self.lock().users.clone()
    }

    /// Returns how many times a role was read.
    pub(super) fn readings(&self, name: &str) -> u64 {
        self.lock().readings.get(name).copied().unwrap_or_default()
    }

    /// Changes a role; none where there is no such.
    pub(super) fn write<T>(
        &self,
        name: &str,
        change: impl FnOnce(&mut StoredRole) -> T,
    ) -> Option<T> {
        let mut state = self.lock();
        let before = state.roles.get(name)?.clone();
        let past = state.past.entry(name.to_owned()).or_default();
        past.push((Instant::now(), Some(before)));
        state.roles.get_mut(name).map(change)
    }

    /// Adds a role, unless there is one of that name.
    pub(super) fn create(&self, name: &str, new: NewRole) -> Option<StoredRole> {
        let mut state = self.lock();
        let number = state.made;
        let (partition, account) = (state.partition.clone(), state.account.clone());
        state.made += 1;
        match state.roles.entry(name.to_owned()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(free) => {
                let role = StoredRole {
                    partition,
                    account,
                    name: name.to_owned(),
                    path: new.path,
                    id: role_id(number),
                    description: new.description,
                    trust: new.trust,
                    inline: BTreeMap::new(),
                    attached: Vec::new(),
                    boundary: new.boundary,
                    tags: new.tags,
                    last_used: None,
                };
                let made = free.insert(role).clone();
                let past = state.past.entry(name.to_owned()).or_default();
                past.push((Instant::now(), None));
                Some(made)
            }
        }
    }

    /// Deletes a role.
    pub(super) fn delete(&self, name: &str) {
        let mut state = self.lock();
        if let Some(before) = state.roles.remove(name) {
            let past = state.past.entry(name.to_owned()).or_default();
            past.push((Instant::now(), Some(before)));
        }
    }

    /// The document of a managed policy.
    pub(super) fn policy(&self, arn: &str) -> Option<String> {
        self.lock().policies.get(arn).cloned()
    }

    /// The account's own managed policies, by ARN.
    pub(super) fn policies(&self) -> BTreeMap<String, String> {
        let mut policies = self.lock().policies.clone();
        policies.retain(|arn, _| !arn.contains(":iam::aws:"));
        policies
    }
}

/// The unique ID of the role with this number.
fn role_id(number: usize) -> String {
    format!("AROAEXAMPLEROLE{number:06}")
}

pub(super) fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn text(document: &Value) -> String {
    match document {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
