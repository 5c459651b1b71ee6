//! What is known of a role besides what the plan changes, for those who decide.

use crate::model::RoleReading;
use crate::policy::template::RolePolicy;
use crate::policy::{Document, admitted};

/// What somebody who decides has to know of a role, besides what changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleFacts {
    /// The names of its inline and attached policies, but for the two that this program writes.
    pub other_policies: Vec<String>,
    /// Whom its trust policy names.
    pub principals: Vec<String>,
    /// Whether its trust policy names the session.
    pub fixes_session_name: bool,
}

impl RoleFacts {
    pub(super) fn of(reading: &RoleReading) -> Self {
        let attached = reading.attached.iter().map(|policy| &policy.name);
        let names = reading.inline.keys().chain(attached);
        let others = names.filter(|name| RolePolicy::named(name).is_none());
        let trust = Document::parse(reading.trust.as_str()).ok();
        let admitted = trust.as_ref().map(|trust| admitted::between(None, trust));
        let admitted = admitted.into_iter().flatten();
        Self {
            other_policies: others.cloned().collect(),
            principals: admitted.map(|(_, admitted)| admitted.principal).collect(),
            fixes_session_name: reading.trust.contains("sts:RoleSessionName"),
        }
    }
}
