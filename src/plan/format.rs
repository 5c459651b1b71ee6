//! The plan as JSON: a public format with a version, saved from the wizard for review.

use serde::Serialize;

use super::{Item, Plan, State};
use crate::model::Choices;

const FORMAT: &str = "sagemaker-ssh-setup/plan";
const VERSION: u32 = 1;

#[derive(Serialize)]
struct PlanFile<'a> {
    format: &'static str,
    version: u32,
    account: &'a str,
    partition: &'a str,
    /// The ARN of the caller who made the plan.
    identity: &'a str,
    choices: &'a Choices,
    items: Vec<ItemEntry<'a>>,
}

/// `before` and `after` are the exact text of the document, so that it can be put back byte for byte, or the tier's
/// value.
#[derive(Serialize)]
struct ItemEntry<'a> {
    id: String,
    state: &'static str,
    summary: String,
    before: Option<&'a str>,
    after: Option<&'a str>,
    reason: Option<&'a str>,
    warnings: &'a [String],
}

impl Plan {
    /// The plan in its public format, laid out for reading, with a line break at the end.
    ///
    /// # Errors
    /// Only when serialisation fails, which no plan causes.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let file = PlanFile {
            format: FORMAT,
            version: VERSION,
            account: &self.identity.account,
            partition: self.identity.partition.as_str(),
            identity: &self.identity.arn,
            choices: &self.choices,
            items: self.items.iter().map(entry).collect(),
        };
        serde_json::to_string_pretty(&file).map(|text| text + "\n")
    }
}

fn entry(item: &Item) -> ItemEntry<'_> {
    let (state, reason) = match &item.state {
        State::Change(_) => ("change", None),
        State::InPlace(found) => ("in-place", Some(found.as_str())),
        State::Blocked { reason, .. } => ("blocked", Some(reason.as_str())),
    };
    ItemEntry {
        id: item.target.to_string(),
        state,
        summary: item.summary(),
        before: item.change().and_then(|change| change.before.as_deref()),
        after: item.change().map(|change| change.after.as_str()),
        reason,
        warnings: &item.warnings,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use serde_json::json;

    use super::super::tests::{ACCOUNT, SAGEMAKER_TRUST, role, sagemaker, survey};
    use super::*;

    #[test]
    fn the_saved_plan_holds_exact_documents_under_its_format_and_version() {
        let odd = SAGEMAKER_TRUST.replace(r#""Action""#, r#" "Action" "#);
        let plan = Plan::new(&survey(vec![role("R", "/", &odd)]), &sagemaker("R"));
        let saved: serde_json::Value = serde_json::from_str(&plan.to_json().unwrap()).unwrap();
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
}
