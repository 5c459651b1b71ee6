//! The text that a step has somebody paste.

use serde_json::Value;

use super::page::Draft;
use super::{Extended, Statement, StepStatus, extended};
use crate::plan::{Obstacle, RoleDocument, State, Target, permission_set};
use crate::policy::Document;
use crate::policy::deviation::Deviation;
use crate::policy::document::{pretty, size};
use crate::policy::same::contains_statement;
use crate::policy::template::{Place, RolePolicy};

/// A text to paste.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paste {
    /// Whether it takes the place of all that is there; else it is added.
    pub whole: bool,
    /// Whether it holds what others wrote, and so has to be made from a fresh reading.
    pub holds_others: bool,
    pub text: String,
    /// A name for a file of it.
    pub file: String,
}

impl Draft<'_> {
    pub(super) fn paste(&self) -> Option<Paste> {
        let target = &self.item.target;
        let file = match target {
            Target::Tier { .. } | Target::FullAccess { .. } => return None,
            Target::Role { role } => {
                // In the console the trust policy is all that a role is made from.
                let document = self.item.change()?.after_text()?;
                let trust = RoleDocument::parse(document)?.trust();
                return Some(Paste {
                    whole: true,
                    holds_others: false,
                    text: pretty(&trust).trim_end().to_owned(),
                    file: format!("trust-{role}.json"),
                });
            }
            Target::Trust { role } => format!("trust-{role}.json"),
            Target::Policy { role, .. } if self.is_of_permission_set() => {
                let set = permission_set::name(role).unwrap_or(role);
                format!("permission-set-{set}.json")
            }
            Target::Policy { role, policy } => format!("{policy}-{role}.json"),
        };
        let (whole, text) = match (&self.item.state, self.obstacle()) {
            (State::Change(change), _) => (true, change.after_text()?.to_owned()),
            (State::InPlace(_), _) => match extended(target, self.survey) {
                Extended::There(document) if !self.back.is_empty() => {
                    (true, document.text().to_owned())
                }
                _ => return None,
            },
            (State::Blocked { wanted, .. }, Some(Obstacle::UnextendablePermissionSet)) => {
                let text = pretty(wanted.as_deref()?).trim_end().to_owned();
                return Some(Paste {
                    whole: true,
                    holds_others: false,
                    text,
                    file,
                });
            }
            (
                State::Blocked { wanted, .. },
                Some(Obstacle::PermissionSet | Obstacle::NotHardened),
            ) => (true, wanted.clone()?),
            (_, Some(Obstacle::Unread | Obstacle::ReadDenied))
                if *self.status != StepStatus::Reading =>
            {
                let is_added =
                    matches!(target, Target::Trust { .. }) || self.is_of_permission_set();
                (!is_added, self.unseen()?)
            }
            _ => return None,
        };
        let wrong = self.pasted_wrongly();
        let text = if self.back.is_empty() && wrong.is_empty() {
            text
        } else {
            mended(&text, &wrong, self.back)?
        };
        let is_trust = matches!(target, Target::Trust { .. });
        if is_trust && whole && size(&text) > self.survey.quotas.trust {
            // AWS would refuse it. What is gone stands on the page by itself.
            return None;
        }
        let text = pretty(&text).trim_end().to_owned();
        let is_trust_or_set = is_trust || self.is_of_permission_set();
        Some(Paste {
            whole,
            holds_others: whole && is_trust_or_set,
            text,
            file,
        })
    }

    /// Statements that came since the guide began and are not right, of a document that is extended.
    fn pasted_wrongly(&self) -> Vec<&Statement> {
        let is_extended =
            matches!(self.item.target, Target::Trust { .. }) || self.is_of_permission_set();
        match self.status {
            StepStatus::Differs(deviations) if is_extended => {
                deviations.iter().filter_map(Deviation::found).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Returns what is wanted where nothing can be read: the whole policy, or the statement alone.
    fn unseen(&self) -> Option<String> {
        let identity = &self.plan.identity;
        let place = Place::of(identity);
        let choices = &self.plan.choices;
        match &self.item.target {
            Target::Tier { .. } | Target::Role { .. } | Target::FullAccess { .. } => None,
            Target::Trust { .. } => {
                let statement = place.trust_statement(choices.harden_trust).ok()?;
                Some(statement.to_string())
            }
            Target::Policy {
                role,
                policy: RolePolicy::Server,
            } => {
                let arn = self.arn.map(str::to_owned);
                let arn = arn.unwrap_or_else(|| self.plan.role_arn(role));
                let policy = place.server_policy(&arn).ok()?;
                Some(policy.text().to_owned())
            }
            Target::Policy {
                policy: RolePolicy::Client,
                ..
            } => {
                let policy = place.client_policy(choices.shell_access).ok()?;
                Some(policy.text().to_owned())
            }
        }
    }
}

/// A document without what is wrong in it, and with what it had before. One of the same Sid takes the other's place: Sids
/// are unique.
fn mended(text: &str, wrong: &[&Statement], lost: &[&Statement]) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let mut statements: Vec<Value> = document
        .statements()
        .into_iter()
        .filter(|statement| !contains_statement(wrong.iter().copied(), statement))
        .cloned()
        .map(Value::from)
        .collect();
    for statement in lost {
        let sid = statement.get("Sid");
        let same = |other: &&mut Value| sid.is_some() && other.get("Sid") == sid;
        match statements.iter_mut().find(same) {
            Some(other) => *other = (*statement).clone().into(),
            None => statements.push((*statement).clone().into()),
        }
    }
    let mut whole = document.value().clone();
    *whole.get_mut("Statement")? = statements.into();
    Some(whole.to_string())
}
