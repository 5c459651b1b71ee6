//! The plan as JSON: a public format with a version. It is saved, shown, read back by `apply FILE`, and kept in the
//! record of a run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::readiness::Readiness;
use super::{Change, Content, Item, Plan, State, Target};
use crate::model::{Choices, Endpoint, NodeReading};
use crate::text::{clean, clean_json};

const FORMAT: &str = "sagemaker-ssh-setup/plan";
pub(super) const VERSION: u64 = 1;

/// A plan in its public form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanFile {
    #[schemars(extend("const" = "sagemaker-ssh-setup/plan"))]
    format: String,
    #[schemars(extend("const" = 1))]
    version: u64,
    pub account: String,
    pub partition: String,
    /// The ARN of the caller who made the plan.
    pub identity: String,
    /// Where requests went when the plan was made, where that was not AWS.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<Endpoint>,
    pub choices: Choices,
    /// How many hybrid nodes the chosen regions have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodesFile>,
    /// The run that the plan puts back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
    pub items: Vec<ItemFile>,
    /// Who will be able to connect; none where something is put back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readiness: Option<Readiness>,
}

/// An item in its public form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemFile<S = ItemState> {
    /// `tier:REGION`, `role:ROLE`, `attached:ROLE/NAME`, `trust:ROLE` or `policy:ROLE/NAME`.
    pub id: String,
    pub state: S,
    pub summary: String,
    /// The exact text of the document, so that it can be put back byte for byte, or the tier's value; null where there
    /// is no such policy.
    pub before: Option<String>,
    /// Likewise, what will be there.
    pub after: Option<String>,
    /// The tier before is the default that nobody has set.
    #[serde(default, skip_serializing_if = "is_false")]
    pub before_is_default: bool,
    /// The tier goes back to that default.
    #[serde(default, skip_serializing_if = "is_false")]
    pub after_is_default: bool,
    pub reason: Option<String>,
    /// Where it is blocked: what to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "way_out")]
    pub remedy: Option<String>,
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// How many hybrid nodes a region has, in its public form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodesFile {
    pub region: String,
    /// Null where it is not known.
    pub all: Option<usize>,
    pub online: Option<usize>,
    /// False where there are more than were counted.
    pub complete: bool,
    /// What those that are online cost a month on the advanced tier, in US dollars.
    pub dollars_a_month: Option<u64>,
}

impl NodesFile {
    fn of((region, nodes): (&String, &NodeReading)) -> Self {
        let count = nodes.as_ref().ok();
        Self {
            region: region.clone(),
            all: count.map(|count| count.all),
            online: count.map(|count| count.online),
            complete: count.is_some_and(|count| count.is_complete),
            dollars_a_month: count.map(|count| count.dollars_a_month()),
        }
    }
}

/// The public words for an item's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ItemState {
    Change,
    InPlace,
    Blocked,
}

/// Why a text is not a plan that can be used. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    #[error(
        "This is not a plan: it is no JSON, or is damaged ({0}). Make one with \"plan --out FILE\"."
    )]
    NotJson(serde_json::Error),
    #[error("This is JSON, but not a plan of this program. Make one with \"plan --out FILE\".")]
    Foreign,
    #[error(
        "This plan has the version {0} of the format, and this program reads version {VERSION}. Use the program that \
         made it, or plan again."
    )]
    Version(u64),
    #[error("This plan is damaged: {0}. Plan again with \"plan --out FILE\".")]
    Damaged(String),
}

/// What is read first, to tell a foreign file from a damaged one.
#[derive(Deserialize)]
struct Head {
    format: Option<serde_json::Value>,
    version: Option<serde_json::Value>,
}

impl PlanFile {
    pub fn of(plan: &Plan) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            account: plan.identity.account.clone(),
            partition: plan.identity.partition.as_str().to_owned(),
            identity: plan.identity.arn.clone(),
            endpoints: plan.identity.endpoints.clone(),
            choices: plan.choices.clone(),
            nodes: plan.nodes.iter().map(NodesFile::of).collect(),
            undoes: plan.undoes.clone(),
            items: plan
                .items
                .iter()
                .map(|item| entry(item, state(item)))
                .collect(),
            readiness: Readiness::predicted(plan).map(|(readiness, _)| readiness),
        }
    }

    fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| clean_json(text + "\n"))
    }

    /// Reads a plan back.
    ///
    /// # Errors
    /// When it is not a whole plan of this program and version.
    pub fn parse(text: &str) -> Result<Self, PlanFileError> {
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(PlanFileError::NotJson)?;
        let head = Head::deserialize(&value).map_err(|_| PlanFileError::Foreign)?;
        if head.format.as_ref().and_then(serde_json::Value::as_str) != Some(FORMAT) {
            return Err(PlanFileError::Foreign);
        }
        match head.version.as_ref().and_then(serde_json::Value::as_u64) {
            Some(VERSION) => {}
            Some(version) => return Err(PlanFileError::Version(version)),
            None => return Err(PlanFileError::Damaged("its version is missing".to_owned())),
        }
        // From the text, not from the value: a key that is there twice has to be refused.
        let file: Self = serde_json::from_str(text)
            .map_err(|error| PlanFileError::Damaged(error.to_string()))?;
        file.changes()?;
        Ok(file)
    }

    /// The changes, with what each is about.
    ///
    /// # Errors
    /// When an ID is none, or stands there twice, or a change lacks a document.
    pub fn changes(&self) -> Result<Vec<(Target, Change)>, PlanFileError> {
        let damaged = |what: String| PlanFileError::Damaged(what);
        // What could not have been chosen is not carried out, whoever wrote it there.
        let mut new = self.choices.new_roles.iter();
        if let Some(new) = new.find(|new| !new.is_possible(&self.partition, &self.account)) {
            let name = clean(&new.name);
            return Err(damaged(format!(
                "the role {name} could not be made like this"
            )));
        }
        let mut seen = std::collections::BTreeSet::new();
        let mut changes = Vec::new();
        for item in &self.items {
            let target: Target = item
                .id
                .parse()
                .map_err(|error: super::UnknownTarget| damaged(error.to_string()))?;
            if !seen.insert(target.clone()) {
                return Err(damaged(format!("the item {} is there twice", item.id)));
            }
            if item.state != ItemState::Change {
                continue;
            }
            let before = content(item.before.as_deref(), item.before_is_default);
            let after = content(item.after.as_deref(), item.after_is_default);
            let change = Change::of(&target, before, after, self.undoes.is_some());
            let change = change.ok_or_else(|| {
                damaged(format!("the item {} does not say what changes", item.id))
            })?;
            changes.push((target, change));
        }
        Ok(changes)
    }
}

fn content(text: Option<&str>, default: bool) -> Content {
    match text {
        None => Content::Absent,
        Some(text) if default => Content::Default(text.to_owned()),
        Some(text) => Content::Text(text.to_owned()),
    }
}

impl Plan {
    /// The plan in its public format, laid out for reading, with a line break at the end.
    ///
    /// # Errors
    /// Only when serialisation fails, which no plan causes.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        PlanFile::of(self).to_json()
    }

    /// The same, where more is known of who can connect.
    ///
    /// # Errors
    /// Only when serialisation fails, which no plan causes.
    pub fn to_json_for(&self, readiness: Option<&Readiness>) -> Result<String, serde_json::Error> {
        let mut file = PlanFile::of(self);
        file.readiness = readiness.cloned();
        file.to_json()
    }
}

fn state(item: &Item) -> ItemState {
    match item.state {
        State::Change(_) => ItemState::Change,
        State::InPlace(_) => ItemState::InPlace,
        State::Blocked { .. } => ItemState::Blocked,
    }
}

pub(super) fn entry<S>(item: &Item, state: S) -> ItemFile<S> {
    let (reason, remedy) = match &item.state {
        State::Change(_) => (None, None),
        State::InPlace(found) => (Some(found), None),
        State::Blocked { reason, remedy, .. } => (Some(reason), Some(remedy)),
    };
    let (before, after) = item
        .change()
        .map(|change| (change.before(), change.after()))
        .unzip();
    let text = |content: &Option<Content>| {
        let text = content.as_ref().and_then(Content::text);
        text.map(str::to_owned)
    };
    let default = |content: &Option<Content>| matches!(content, Some(Content::Default(_)));
    ItemFile {
        id: item.target.to_string(),
        state,
        summary: item.summary(),
        before: text(&before),
        after: text(&after),
        before_is_default: default(&before),
        after_is_default: default(&after),
        reason: reason.cloned(),
        remedy: remedy.cloned(),
        warnings: item.warnings.clone(),
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use serde_json::json;

    use super::super::tests::{ACCOUNT, SAGEMAKER_TRUST, role, sagemaker, survey};
    use super::*;

    fn plan(trust: &str) -> Plan {
        Plan::new(&survey(vec![role("R", "/", trust)]), &sagemaker("R"))
    }

    #[test]
    fn the_saved_plan_holds_exact_documents_under_its_format_and_version() {
        let odd = SAGEMAKER_TRUST.replace(r#""Action""#, r#" "Action" "#);
        let saved: serde_json::Value =
            serde_json::from_str(&plan(&odd).to_json().unwrap()).unwrap();
        assert_eq!(saved["format"], "sagemaker-ssh-setup/plan");
        assert_eq!(saved["version"], 1);
        assert_eq!(saved["account"], ACCOUNT);
        assert_eq!(saved["choices"]["connect_from"], "laptop");
        let ids: Vec<_> = saved["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].clone())
            .collect();
        assert_eq!(
            ids,
            [
                json!("tier:eu-west-1"),
                json!("trust:R"),
                json!("policy:R/SSHSageMakerServerPolicy")
            ]
        );
        assert_eq!(saved["items"][0]["state"], "blocked");
        assert_eq!(saved["items"][1]["before"], odd);
        assert_eq!(saved["items"][2]["before"], serde_json::Value::Null);
    }

    #[test]
    fn a_saved_plan_is_read_back_with_every_change_as_it_was() {
        let plan = plan(SAGEMAKER_TRUST);
        let read = PlanFile::parse(&plan.to_json().unwrap()).unwrap();
        let changes: Vec<_> = plan
            .changes()
            .map(|(item, change)| (item.target.clone(), change.clone()))
            .collect();
        assert_eq!(read.changes().unwrap(), changes);
        assert_eq!(read.choices, plan.choices);
    }

    #[test]
    fn what_is_no_plan_of_this_version_is_refused_with_the_reason() {
        let good = plan(SAGEMAKER_TRUST).to_json().unwrap();
        let refused = |text: &str| PlanFile::parse(text).unwrap_err().to_string();
        for (text, reason) in [
            ("", "no JSON"),
            (&good[..good.len() / 2], "no JSON"),
            ("[1]", "not a plan of this program"),
            ("{}", "not a plan of this program"),
            (
                r#"{"format":"other/plan","version":1}"#,
                "not a plan of this program",
            ),
            (
                &good.replace("\"version\": 1", "\"version\": 2"),
                "version 2",
            ),
            (
                &good.replace("\"version\": 1", "\"version\": \"1\""),
                "version is missing",
            ),
            (
                &good.replace("\"account\"", "\"konto\""),
                "missing field `account`",
            ),
            (
                &good.replace(
                    "\"shell_access\": false",
                    r#""shell_access": false, "new_roles": [{"name": "N", "for": "people",
                    "assumed_by": ["arn:aws:iam::999999999999:root"], "own_session_names": false}]"#,
                ),
                "the role N could not be made",
            ),
            (&good.replace("trust:R", "trust:"), "not the ID of an item"),
            (&good.replace("trust:R", "tier:eu-west-1"), "is there twice"),
            (
                &good.replace("\"state\": \"change\"", "\"state\": \"rename\""),
                "unknown variant",
            ),
            (
                &good.replace(
                    "\"id\": \"trust:R\"",
                    "\"id\": \"trust:R\", \"id\": \"trust:S\"",
                ),
                "duplicate field",
            ),
        ] {
            let said = refused(text);
            assert!(said.contains(reason), "{reason}: {said}");
        }
    }

    #[test]
    fn ids_are_read_as_they_are_written() {
        for id in [
            "tier:eu-west-1",
            "trust:R",
            "policy:R/SSHSageMakerServerPolicy",
            "role:R",
            "attached:R/AmazonSageMakerFullAccess",
        ] {
            assert_eq!(id.parse::<Target>().unwrap().to_string(), id);
        }
        for id in [
            "",
            "tier",
            "tier:EU",
            "trust:a b",
            "trust:a/b",
            "policy:R",
            "policy:/P",
            "role:a/b",
            "attached:R/AdministratorAccess",
            "user:R",
        ] {
            assert!(id.parse::<Target>().is_err(), "{id}");
        }
    }
}
