//! How a step stands.

use super::{extended, reading};
use crate::model::{Partition, Survey};
use crate::plan::{Change, Content, Item, Obstacle, State, Target};
use crate::policy::Document;
use crate::policy::deviation::{Deviation, deviations};
use crate::policy::template::{CLIENT_POLICY, Place};
use crate::policy::trust;

/// How a step stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has not been read yet.
    Reading,
    InPlace,
    /// Nothing of it is there.
    NotYet,
    /// Something of it is there, and says something else.
    Differs(Vec<Deviation>),
    /// Something else has to be done first.
    Blocked,
    /// It cannot be read.
    Unread,
    /// It cannot be read, and somebody says that it was done.
    ByHand,
}

impl Standing {
    pub(super) fn of(item: &Item, survey: &Survey) -> Self {
        let is_read = match &item.target {
            Target::Tier { region } => survey.tiers.contains_key(region),
            Target::Trust { role } | Target::Policy { role, .. } => survey.roles.contains_key(role),
        };
        match &item.state {
            _ if !is_read => Self::Reading,
            State::InPlace(_) => Self::InPlace,
            State::Blocked { obstacle, .. } if *obstacle == Obstacle::Unread => Self::Unread,
            State::Blocked { .. } => Self::Blocked,
            State::Change(change) => match &item.target {
                Target::Tier { .. } => Self::NotYet,
                Target::Trust { .. } => trust_deviation(&item.target, change, survey),
                Target::Policy { role, policy } => policy_deviation(role, policy, change, survey),
            },
        }
    }

    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::InPlace | Self::ByHand)
    }

    /// The standing in one sentence.
    pub(super) fn sentence(&self, item: &Item) -> String {
        let reason = match &item.state {
            State::InPlace(found) => found.clone(),
            State::Blocked { reason, .. } => reason.clone(),
            State::Change(_) => String::new(),
        };
        match (self, &item.target) {
            (Self::Reading, _) => "Reading what is there.".to_owned(),
            (Self::InPlace, _) => format!("In place. {reason}"),
            (Self::NotYet, Target::Tier { .. }) => {
                let now = item.change().and_then(|change| change.before.text());
                format!("Not yet: the tier is {}.", now.unwrap_or("not known"))
            }
            (Self::NotYet, Target::Trust { .. }) => {
                "Not yet: no statement lets Systems Manager assume the role.".to_owned()
            }
            (Self::NotYet, Target::Policy { policy, .. }) => {
                format!("Not yet: the role has no inline policy named {policy}.")
            }
            (Self::Differs(_), Target::Trust { .. }) => {
                "Not right yet: there is a statement for Systems Manager, but it does not let it in from this account."
                    .to_owned()
            }
            (Self::Differs(_), _) => {
                "Not right yet: the policy is there, and says something else.".to_owned()
            }
            (Self::Blocked, _) => format!("Something is in the way. {reason}"),
            (Self::Unread, _) => format!("This cannot be checked. {reason}"),
            (Self::ByHand, _) => format!("Ticked by hand, not checked. {reason}"),
        }
    }
}

/// A statement for Systems Manager that does not do: the last one, for that is where people paste.
fn trust_deviation(target: &Target, change: &Change, survey: &Survey) -> Standing {
    let Some(found) = extended(target, survey) else {
        return Standing::NotYet;
    };
    let nearest = (1..)
        .zip(found.statements())
        .filter(|(_, statement)| trust::names_systems_manager(statement))
        .last();
    let wanted = change
        .after
        .text()
        .and_then(|after| Document::parse(after).ok());
    let wanted = wanted
        .as_ref()
        .and_then(|wanted| wanted.statements().pop().cloned());
    match (nearest, wanted) {
        (Some((number, found)), Some(wanted)) => Standing::Differs(vec![Deviation::Differs {
            number,
            found: found.clone(),
            wanted,
        }]),
        _ => Standing::NotYet,
    }
}

fn policy_deviation(role: &str, policy: &str, change: &Change, survey: &Survey) -> Standing {
    let parsed = |content: &Content| content.text().and_then(|text| Document::parse(text).ok());
    let (found, wanted) = match (&change.before, parsed(&change.after)) {
        (Content::Absent, _) | (_, None) => return Standing::NotYet,
        (before, Some(wanted)) => (parsed(before), wanted),
    };
    let Some(found) = found else {
        // It is there and cannot be understood.
        return Standing::Differs(Vec::new());
    };
    let target = Target::Policy {
        role: role.to_owned(),
        policy: policy.to_owned(),
    };
    let most = reading(&target, survey)
        .filter(|_| policy == CLIENT_POLICY)
        .and_then(|_| most(&survey.identity.partition, &survey.identity.account));
    let most = most.unwrap_or_else(|| wanted.clone());
    Standing::Differs(deviations(&found, &wanted, &most))
}

/// The client policy with shell access, which is tolerated where it is not asked for.
fn most(partition: &Partition, account: &str) -> Option<Document> {
    Place { partition, account }.client_policy(true).ok()
}
