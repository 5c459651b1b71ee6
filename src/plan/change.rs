//! A write, with all that is needed to compare before it and to put it back after it. What cannot be written, such as no
//! trust policy at all, cannot be said here.

use std::mem;

use super::{Content, Target, role_document};
use crate::policy::template::RolePolicy;

/// A planned write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub edit: Edit,
    /// Something former comes back: then it has to be the same document, not one that means the same.
    pub puts_back: bool,
}

/// What is written where, in place of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    Tier {
        region: String,
        before: TierValue,
        after: TierValue,
    },
    /// A whole role, see [`RoleDocument`](super::RoleDocument); without one after, it is deleted.
    Role {
        role: String,
        before: Option<String>,
        after: Option<String>,
    },
    /// The ARN of the managed policy that is attached; without one after, it is detached.
    FullAccess {
        role: String,
        before: Option<String>,
        after: Option<String>,
    },
    /// Every role has a trust policy.
    Trust {
        role: String,
        before: String,
        after: String,
    },
    /// Without a document after, the inline policy is deleted.
    Policy {
        role: String,
        policy: RolePolicy,
        before: Option<String>,
        after: Option<String>,
    },
}

/// The activation tier of a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TierValue {
    Set(String),
    /// Nobody has set it. Writing it is a reset.
    Default(String),
}

impl TierValue {
    fn of(content: Content) -> Option<Self> {
        match content {
            Content::Absent => None,
            Content::Text(value) => Some(Self::Set(value)),
            Content::Default(value) => Some(Self::Default(value)),
        }
    }

    pub fn text(&self) -> &str {
        match self {
            Self::Set(value) | Self::Default(value) => value,
        }
    }

    fn content(&self) -> Content {
        match self {
            Self::Set(value) => Content::Text(value.clone()),
            Self::Default(value) => Content::Default(value.clone()),
        }
    }
}

impl Change {
    /// The change of a target from one content to another; none where the target cannot have such a content, or where
    /// nothing would change.
    pub fn of(target: &Target, before: Content, after: Content, puts_back: bool) -> Option<Self> {
        if before == after {
            return None;
        }
        let document = |content| match content {
            Content::Text(text) => Some(Some(text)),
            Content::Absent => Some(None),
            Content::Default(_) => None,
        };
        let edit = match target.clone() {
            Target::Tier { region } => Edit::Tier {
                region,
                before: TierValue::of(before)?,
                after: TierValue::of(after)?,
            },
            Target::Role { role } => Edit::Role {
                role,
                before: document(before)?,
                after: document(after)?,
            },
            Target::FullAccess { role } => Edit::FullAccess {
                role,
                before: document(before)?,
                after: document(after)?,
            },
            Target::Trust { role } => Edit::Trust {
                role,
                before: document(before)??,
                after: document(after)??,
            },
            Target::Policy { role, policy } => Edit::Policy {
                role,
                policy,
                before: document(before)?,
                after: document(after)?,
            },
        };
        Some(Self { edit, puts_back })
    }

    /// The change that undoes this one.
    #[must_use]
    pub fn reversed(mut self) -> Self {
        match &mut self.edit {
            Edit::Tier { before, after, .. } => mem::swap(before, after),
            Edit::Trust { before, after, .. } => mem::swap(before, after),
            Edit::Role { before, after, .. }
            | Edit::FullAccess { before, after, .. }
            | Edit::Policy { before, after, .. } => mem::swap(before, after),
        }
        self.puts_back = true;
        self
    }

    /// The item that it belongs to.
    pub fn target(&self) -> Target {
        match &self.edit {
            Edit::Tier { region, .. } => Target::Tier {
                region: region.clone(),
            },
            Edit::Role { role, .. } => Target::Role { role: role.clone() },
            Edit::FullAccess { role, .. } => Target::FullAccess { role: role.clone() },
            Edit::Trust { role, .. } => Target::Trust { role: role.clone() },
            Edit::Policy { role, policy, .. } => Target::Policy {
                role: role.clone(),
                policy: *policy,
            },
        }
    }

    /// Returns what is there before the write.
    pub fn before(&self) -> Content {
        match &self.edit {
            Edit::Tier { before, .. } => before.content(),
            Edit::Trust { before, .. } => Content::Text(before.clone()),
            Edit::Role { before, .. }
            | Edit::FullAccess { before, .. }
            | Edit::Policy { before, .. } => before.clone().map_or(Content::Absent, Content::Text),
        }
    }

    /// Returns what this run leaves there: a role that it makes carries a tag with the run's ID.
    pub fn after_run(&self, run: &str) -> Content {
        match &self.edit {
            Edit::Role {
                after: Some(after), ..
            } => Content::Text(role_document::made_by(after, run)),
            _ => self.after(),
        }
    }

    /// Returns what is there after it.
    pub fn after(&self) -> Content {
        match &self.edit {
            Edit::Tier { after, .. } => after.content(),
            Edit::Trust { after, .. } => Content::Text(after.clone()),
            Edit::Role { after, .. }
            | Edit::FullAccess { after, .. }
            | Edit::Policy { after, .. } => after.clone().map_or(Content::Absent, Content::Text),
        }
    }

    /// The document, or the tier's value, before the write.
    pub fn before_text(&self) -> Option<&str> {
        match &self.edit {
            Edit::Tier { before, .. } => Some(before.text()),
            Edit::Trust { before, .. } => Some(before),
            Edit::Role { before, .. }
            | Edit::FullAccess { before, .. }
            | Edit::Policy { before, .. } => before.as_deref(),
        }
    }

    /// The document, or the tier's value, after it.
    pub fn after_text(&self) -> Option<&str> {
        match &self.edit {
            Edit::Tier { after, .. } => Some(after.text()),
            Edit::Trust { after, .. } => Some(after),
            Edit::Role { after, .. }
            | Edit::FullAccess { after, .. }
            | Edit::Policy { after, .. } => after.as_deref(),
        }
    }

    /// Returns whether an inline policy of that name with other contents goes.
    pub fn replaces(&self) -> bool {
        matches!(
            self.edit,
            Edit::Policy {
                before: Some(_),
                ..
            }
        )
    }
}
