//! A whole role as one document: what a new one is made from, and what is there of it afterwards. By it is decided whether a
//! role is still as a run left it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Target;
use crate::model::new_role::{
    DESCRIPTION, FULL_ACCESS, NewRole, Purpose, TAG, Trusted, TrustedKind,
};
use crate::model::{AttachedPolicy, Partition, RoleReading};
use crate::policy::Document;
use crate::policy::document::{DocumentError, strict};
use crate::policy::meaning;
use crate::policy::template::Place;

/// A role with the names of its policies. The keys are those of IAM's API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RoleDocument {
    pub path: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The trust policy; a string where it is no JSON.
    pub assume_role_policy_document: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<String>,
    /// What made it. Empty in a plan: the run has no ID yet.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub tags: Map<String, Value>,
    /// Names of its inline policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inline_policies: Vec<String>,
    /// ARNs of its attached policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attached_policies: Vec<String>,
}

impl RoleDocument {
    /// What is to be made.
    ///
    /// # Errors
    /// Never with the shipped templates, which a test reads.
    pub fn of_new(new: &NewRole, place: Place, harden_trust: bool) -> Result<Self, DocumentError> {
        let trust = trust(new, place, harden_trust)?;
        Ok(Self {
            path: "/".to_owned(),
            description: DESCRIPTION.to_owned(),
            assume_role_policy_document: trust.value().clone(),
            permissions_boundary: new.boundary.clone(),
            tags: Map::new(),
            inline_policies: Vec::new(),
            attached_policies: Vec::new(),
        })
    }

    /// What is there.
    pub fn of_reading(reading: &RoleReading) -> Self {
        let trust = strict(&reading.trust);
        let maker = reading.made_by.as_ref();
        let inline = reading.inline.keys();
        let attached = reading.attached.iter().map(|policy| &policy.arn);
        Self {
            path: reading.path.clone(),
            description: reading.description.clone(),
            assume_role_policy_document: trust.unwrap_or_else(|| reading.trust.clone().into()),
            permissions_boundary: reading.boundary.clone(),
            tags: maker
                .map(|maker| (TAG.to_owned(), maker.clone().into()))
                .into_iter()
                .collect(),
            inline_policies: inline.cloned().collect(),
            attached_policies: attached.cloned().collect(),
        }
    }

    /// Reads a document's text.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Its text, laid out for reading.
    pub fn text(&self) -> String {
        // A value of JSON always has a text.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The trust policy's text.
    pub fn trust(&self) -> String {
        match &self.assume_role_policy_document {
            Value::String(text) => text.clone(),
            trust => trust.to_string(),
        }
    }

    /// What made it, as its tag says.
    pub fn maker(&self) -> Option<&str> {
        self.tags.get(TAG).and_then(Value::as_str)
    }

    /// The same, made by this run; one that names its maker already stays as it is.
    #[must_use]
    pub fn made_by(mut self, run: &str) -> Self {
        self.tags.entry(TAG).or_insert_with(|| run.into());
        self
    }

    /// The same without the policies that these items are about.
    #[must_use]
    pub fn without<'a>(mut self, items: impl Iterator<Item = &'a Target>) -> Self {
        for item in items {
            match item {
                Target::Policy { policy, .. } => {
                    self.inline_policies.retain(|name| name != policy.name());
                }
                Target::FullAccess { .. } => {
                    self.attached_policies.retain(|arn| !is_full_access(arn));
                }
                Target::Tier { .. } | Target::Role { .. } | Target::Trust { .. } => {}
            }
        }
        self
    }

    /// Returns whether both let in the same, under the same boundary: what decides whether a role that is there is the one that
    /// is asked for.
    pub fn does_the_same(&self, other: &Self) -> bool {
        self.permissions_boundary == other.permissions_boundary
            && match (
                Document::parse(self.trust()),
                Document::parse(other.trust()),
            ) {
                (Ok(one), Ok(other)) => meaning::same(&one, &other),
                _ => false,
            }
    }
}

/// Returns the text of a role as it is made by this run: with the tag that names it.
pub fn made_by(text: &str, run: &str) -> String {
    RoleDocument::parse(text)
        .map_or_else(|| text.to_owned(), |document| document.made_by(run).text())
}

/// The ARN of the managed policy that the SageMaker console gives execution roles.
pub fn full_access_arn(partition: &Partition) -> String {
    format!("arn:{partition}:iam::aws:policy/{FULL_ACCESS}")
}

/// Returns whether it is the ARN of that policy.
pub fn is_full_access(arn: &str) -> bool {
    arn.ends_with(&format!(":iam::aws:policy/{FULL_ACCESS}"))
}

/// A new role as it will be read, without what has items of its own.
pub(super) fn reading_of_new(new: &NewRole, document: &RoleDocument, place: Place) -> RoleReading {
    let attached = new.has_full_access().then(|| AttachedPolicy {
        name: FULL_ACCESS.to_owned(),
        arn: full_access_arn(place.partition),
        document: None,
    });
    RoleReading {
        name: new.name.clone(),
        path: document.path.clone(),
        arn: format!(
            "arn:{}:iam::{}:role/{}",
            place.partition, place.account, new.name
        ),
        trust: document.trust(),
        description: document.description.clone(),
        boundary: document.permissions_boundary.clone(),
        made_by: None,
        inline: std::collections::BTreeMap::new(),
        attached: attached.into_iter().collect(),
        last_used: None,
    }
}

/// The trust policy of a new role.
fn trust(new: &NewRole, place: Place, harden_trust: bool) -> Result<Document, DocumentError> {
    let statements = match &new.purpose {
        Purpose::Sagemaker { .. } => vec![
            json!({
                "Effect": "Allow",
                "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": "sts:AssumeRole"
            }),
            place.trust_statement(harden_trust)?,
        ],
        Purpose::People {
            assumed_by,
            own_session_names,
        } => {
            let (users, others): (Vec<&Trusted>, Vec<&Trusted>) = assumed_by
                .iter()
                .partition(|who| *own_session_names && who.kind() == TrustedKind::User);
            let condition = json!({"StringLike": {"sts:RoleSessionName": "${aws:username}"}});
            let users = people(&users, Some(condition));
            let others = people(&others, None);
            users.into_iter().chain(others).collect()
        }
    };
    let trust = json!({"Version": "2012-10-17", "Statement": statements});
    Document::parse(trust.to_string())
}

/// The statement that lets some people in; none for nobody.
fn people(who: &[&Trusted], condition: Option<Value>) -> Option<Value> {
    let arns: Vec<&str> = who.iter().map(|who| who.arn()).collect();
    let principal: Value = match &arns[..] {
        [] => return None,
        [one] => (*one).into(),
        several => several.into(),
    };
    let mut statement = json!({
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "sts:AssumeRole"
    });
    if let (Some(condition), Some(object)) = (condition, statement.as_object_mut()) {
        object.insert("Condition".to_owned(), condition);
    }
    Some(statement)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::policy::same::is_same_document;
    use crate::policy::trust::{self, Access};

    const ACCOUNT: &str = "123456789012";

    fn document(new: &NewRole, harden: bool) -> RoleDocument {
        let partition = Partition::default();
        let place = Place {
            partition: &partition,
            account: ACCOUNT,
        };
        RoleDocument::of_new(new, place, harden).unwrap()
    }

    fn sagemaker() -> NewRole {
        NewRole {
            name: "R".to_owned(),
            purpose: Purpose::Sagemaker { full_access: true },
            boundary: None,
        }
    }

    #[test]
    fn a_new_sagemaker_role_lets_in_sagemaker_and_systems_manager_and_nobody_else() {
        let partition = Partition::default();
        let place = Place {
            partition: &partition,
            account: ACCOUNT,
        };
        for harden in [false, true] {
            let trust = Document::parse(document(&sagemaker(), harden).trust()).unwrap();
            assert!(trust::is_sagemaker_role(&trust) && !trust::is_for_people(&trust));
            let regions = ["eu-west-1".to_owned()];
            let access = trust::systems_manager_access(&trust, place, &regions);
            assert_eq!(
                access,
                Access::Allowed {
                    conditional: harden
                }
            );
            assert_eq!(trust.statements().len(), 2);
        }
    }

    #[test]
    fn only_users_have_to_name_their_sessions_after_themselves() {
        let partition = Partition::default();
        let trusted = |word: &str| Trusted::read(word, &partition, ACCOUNT).unwrap();
        let (jane, dev) = (
            trusted("arn:aws:iam::123456789012:user/jane"),
            trusted("arn:aws:iam::123456789012:role/Dev"),
        );
        let new = |assumed_by: Vec<Trusted>, own_session_names| NewRole {
            name: "P".to_owned(),
            purpose: Purpose::People {
                assumed_by,
                own_session_names,
            },
            boundary: None,
        };
        let both = document(&new(vec![jane.clone(), dev.clone()], true), false);
        let statements = json!([
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/jane"}, "Action": "sts:AssumeRole",
             "Condition": {"StringLike": {"sts:RoleSessionName": "${aws:username}"}}},
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/Dev"}, "Action": "sts:AssumeRole"}
        ]);
        assert_eq!(
            both.assume_role_policy_document.get("Statement"),
            Some(&statements)
        );
        let trust = Document::parse(both.trust()).unwrap();
        assert!(trust::is_for_people(&trust) && !trust::is_sagemaker_role(&trust));
        let free = document(&new(vec![jane, dev], false), false);
        assert!(!free.text().contains("RoleSessionName"));
        assert!(!free.does_the_same(&both));
    }

    #[test]
    fn what_somebody_adds_makes_it_another_document_and_iams_layout_does_not() {
        let made = document(&sagemaker(), false).made_by("20240131-101010");
        assert_eq!(made.maker(), Some("20240131-101010"));
        assert_eq!(made.clone().made_by("20250131-101010"), made);
        let turned = made.text().replace(
            "\"Action\": \"sts:AssumeRole\"",
            "\"Action\": [\"sts:AssumeRole\"]",
        );
        assert!(is_same_document(&made.text(), &turned));
        assert_eq!(RoleDocument::parse(&made.text()), Some(made.clone()));
        let changes: [fn(&mut RoleDocument); 5] = [
            |role| role.inline_policies.push("team".to_owned()),
            |role| {
                role.attached_policies
                    .push("arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned());
            },
            |role| role.description.push('.'),
            |role| role.permissions_boundary = Some("arn:aws:iam::aws:policy/B".to_owned()),
            |role| role.tags.clear(),
        ];
        for change in changes {
            let mut other = made.clone();
            change(&mut other);
            assert!(!is_same_document(&made.text(), &other.text()), "{other:?}");
        }
    }
}
