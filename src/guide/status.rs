//! How a step stands.

use serde_json::json;

use super::{Extended, Statement, extended};
use crate::model::Survey;
use crate::plan::{Change, Item, Obstacle, State, Target};
use crate::policy::Document;
use crate::policy::deviation::{Deviation, deviations};
use crate::policy::same::{contains_statement, is_same_statement};
use crate::policy::template::{Place, RolePolicy};
use crate::policy::trust;

/// How a step stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepStatus {
    /// It has not been read yet.
    Reading,
    InPlace,
    /// Nothing of it is there.
    NotYet,
    /// Something of it is there, and says something else.
    Differs(Vec<Deviation>),
    /// It is there, and something that was there before is gone.
    Lost,
    /// It is not there, and is done elsewhere: in a permission set of the organization.
    Elsewhere,
    /// Something else has to be done first.
    Blocked,
    /// It could not be read this time, or there is nothing to read.
    Unknown,
    /// It may not be read.
    Denied,
    /// It may not be read, and somebody says that it was done.
    ByHand,
}

impl StepStatus {
    /// `first` is what the document that is extended had when it was read first.
    pub(super) fn of(item: &Item, survey: &Survey, first: &[Statement]) -> Self {
        let is_read = match &item.target {
            Target::Tier { region } => survey.tiers.contains_key(region),
            Target::Role { role }
            | Target::FullAccess { role }
            | Target::Trust { role }
            | Target::Policy { role, .. } => survey.roles.contains_key(role),
        };
        match &item.state {
            _ if !is_read => Self::Reading,
            State::InPlace(_) => Self::InPlace,
            State::Blocked { obstacle, .. } => match obstacle {
                Obstacle::ReadDenied => Self::Denied,
                Obstacle::PermissionSet => permission_set_deviation(item, survey, first),
                obstacle if obstacle.is_unread() => Self::Unknown,
                _ => Self::Blocked,
            },
            State::Change(change) => match &item.target {
                Target::Tier { .. } | Target::Role { .. } | Target::FullAccess { .. } => {
                    Self::NotYet
                }
                Target::Trust { .. } => trust_deviation(&item.target, change, survey, first),
                Target::Policy { policy, .. } => policy_deviation(*policy, change, survey),
            },
        }
    }

    /// Returns whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::InPlace | Self::ByHand)
    }

    /// The status in one sentence.
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
                let now = item.change().and_then(|change| change.before_text());
                format!("Not yet: the tier is {}.", now.unwrap_or("not known"))
            }
            (Self::NotYet, Target::Role { .. }) => "Not yet: there is no role of this name.".to_owned(),
            (Self::NotYet, Target::FullAccess { .. }) => {
                "Not yet: the policy is not attached to the role.".to_owned()
            }
            (Self::NotYet, Target::Trust { .. }) => {
                "Not yet: no statement lets Systems Manager assume the role.".to_owned()
            }
            (Self::NotYet, Target::Policy { policy, .. }) => {
                format!("Not yet: the role has no inline policy named {policy}.")
            }
            (Self::Differs(_), Target::Trust { .. }) => {
                "Not right yet: a statement was meant for Systems Manager, but it does not let it in from this account."
                    .to_owned()
            }
            (Self::Differs(_), _) => {
                "Not right yet: the policy is there, and says something else.".to_owned()
            }
            (Self::Elsewhere, _) => {
                format!("Not yet, and the way leads through the permission set. {reason}")
            }
            (Self::Blocked, _) => format!("Something is in the way. {reason}"),
            (Self::Lost, _) => {
                "Not right: what is wanted is there, but something that was there before is gone."
                    .to_owned()
            }
            (Self::Unknown, _) => format!("It is not known whether this is in place. {reason}"),
            (Self::Denied, _) => format!("This cannot be checked. {reason}"),
            (Self::ByHand, _) => format!("Ticked by hand, not checked. {reason}"),
        }
    }
}

/// A statement that was pasted to let Systems Manager in, and does not: the last one that was not there before.
fn trust_deviation(
    target: &Target,
    change: &Change,
    survey: &Survey,
    first: &[Statement],
) -> StepStatus {
    let Extended::There(found) = extended(target, survey) else {
        return StepStatus::NotYet;
    };
    let is_pasted = |statement: &Statement| {
        trust::is_meant_for_systems_manager(statement) && !contains_statement(first, statement)
    };
    let pasted = (1..)
        .zip(found.statements())
        .filter(|(_, statement)| is_pasted(statement))
        .last();
    let after = change.after_text();
    let wanted = after.and_then(|after| Document::parse(after).ok());
    let wanted = wanted
        .as_ref()
        .and_then(|wanted| wanted.statements().pop().cloned());
    match (pasted, wanted) {
        (Some((number, found)), Some(wanted)) => StepStatus::Differs(vec![Deviation::Differs {
            number,
            found: found.clone(),
            wanted,
        }]),
        _ => StepStatus::NotYet,
    }
}

/// Returns what was pasted into a permission set's policy since the guide began, and is not right yet.
fn permission_set_deviation(item: &Item, survey: &Survey, first: &[Statement]) -> StepStatus {
    let State::Blocked {
        wanted: Some(merged),
        ..
    } = &item.state
    else {
        return StepStatus::Elsewhere;
    };
    let (Extended::There(found), Ok(merged)) = (
        extended(&item.target, survey),
        Document::parse(merged.as_str()),
    ) else {
        return StepStatus::Elsewhere;
    };
    let there = found.statements();
    let pasted: Vec<&Statement> = there
        .iter()
        .filter(|statement| !contains_statement(first, statement))
        .copied()
        .collect();
    let missing = merged.statements();
    let missing = missing
        .into_iter()
        .filter(|statement| !contains_statement(there.iter().copied(), statement));
    let whole = |statements: Vec<&Statement>| {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        Document::parse(document.to_string()).ok()
    };
    let (Some(pasted_document), Some(missing), Some(most)) = (
        whole(pasted.clone()),
        whole(missing.collect()),
        place(survey).client_policy(true).ok(),
    ) else {
        return StepStatus::Elsewhere;
    };
    if pasted.is_empty() {
        return StepStatus::Elsewhere;
    }
    let mut deviations = deviations(&pasted_document, &missing, &most);
    for deviation in &mut deviations {
        if let Deviation::Differs { number, found, .. } | Deviation::Extra { number, found } =
            deviation
        {
            let place = there
                .iter()
                .position(|statement| is_same_statement(statement, found));
            *number = place.map_or(*number, |place| place + 1);
        }
    }
    StepStatus::Differs(deviations)
}

fn place(survey: &Survey) -> Place<'_> {
    Place::of(&survey.identity)
}

fn policy_deviation(policy: RolePolicy, change: &Change, survey: &Survey) -> StepStatus {
    let parsed = |text| Document::parse(text).ok();
    let (Some(before), Some(wanted)) = (change.before_text(), change.after_text().and_then(parsed))
    else {
        return StepStatus::NotYet;
    };
    let found = parsed(before);
    let Some(found) = found else {
        // It is there and cannot be understood.
        return StepStatus::Differs(Vec::new());
    };
    // Shell access is tolerated where it is not asked for.
    let most = match policy {
        RolePolicy::Client => place(survey).client_policy(true).ok(),
        RolePolicy::Server => None,
    };
    let most = most.unwrap_or_else(|| wanted.clone());
    StepStatus::Differs(deviations(&found, &wanted, &most))
}
