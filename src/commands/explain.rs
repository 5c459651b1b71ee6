//! What an error means that somebody has met; with choices, what a check says of it.

use std::io::{IsTerminal, Read};

use serde::Serialize;

use super::Visit;
use crate::cli::{ExplainArgs, Output, Wanted};
use crate::exit::Exit;
use crate::explain::{self, Checks, Explanation};
use crate::text::clean_json;
use crate::verify::{nodes, proof};

/// An explanation in its public form.
#[derive(Serialize)]
struct ExplanationFile {
    format: &'static str,
    version: u64,
    /// What the text is about; null where it is not known.
    title: Option<&'static str>,
    /// The likeliest first.
    causes: Vec<CauseFile>,
}

/// A cause in its public form.
#[derive(Serialize)]
struct CauseFile {
    cause: &'static str,
    what_to_do: &'static str,
    command: Option<String>,
    /// `this-is-it`, `ruled-out` or `open`.
    judgement: &'static str,
}

pub(super) async fn explain(mut visit: Visit, arguments: &ExplainArgs) -> Result<Exit, Exit> {
    let text = text(&visit, arguments)?;
    let explanation = if arguments.wanted == Wanted::default() {
        explain::explain(&text, None)
    } else {
        checked(&mut visit, arguments, &text).await?
    };
    match (visit.output, &explanation) {
        (Output::Json, _) => visit.emit(&json(&visit, explanation.as_ref())?)?,
        (Output::Text, Some(explanation)) => {
            for line in explain::lines(explanation) {
                visit.people.say(&line);
            }
        }
        (Output::Text, None) => visit.people.say(explain::UNKNOWN),
    }
    Ok(if explanation.is_some() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// The text that was given, or that comes from standard input.
fn text(visit: &Visit, arguments: &ExplainArgs) -> Result<String, Exit> {
    let words = arguments.text.join(" ");
    if !words.is_empty() && words != "-" {
        return Ok(words);
    }
    if std::io::stdin().is_terminal() && words.is_empty() {
        visit.people.complain(
            "missing: the text of the error, in quotes; or -, with the text on standard input.",
        );
        return Err(Exit::Usage);
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(explain::LONGEST).unwrap_or(u64::MAX);
    let read = std::io::stdin().lock().take(most).read_to_end(&mut bytes);
    read.map_err(|error| visit.failed(&format!("Standard input cannot be read: {error}.")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// With the checks that decide.
async fn checked(
    visit: &mut Visit,
    arguments: &ExplainArgs,
    text: &str,
) -> Result<Option<Explanation>, Exit> {
    let (known, plan) = visit.plan(&arguments.wanted).await?;
    let checks = async {
        let proved = proof::prove(&known.account, &plan).await;
        let given = proof::given_by_others(&known.account, &plan).await;
        let nodes = nodes::look(&known.account, &plan, &plan.choices.regions).await;
        (proved, given, nodes)
    };
    let (proved, given, nodes) = visit.reading(checks).await?;
    let checks = Checks {
        plan: &plan,
        given: &given,
        proved: &proved,
        nodes: Some(&nodes),
    };
    Ok(explain::explain(text, Some(checks)))
}

fn json(visit: &Visit, explanation: Option<&Explanation>) -> Result<String, Exit> {
    let causes = explanation.into_iter().flat_map(|found| &found.causes);
    let file = ExplanationFile {
        format: "sagemaker-ssh-setup/explanation",
        version: 1,
        title: explanation.map(|found| found.title),
        causes: causes
            .map(|cause| CauseFile {
                cause: cause.text,
                what_to_do: cause.what_to_do,
                command: cause.command.clone(),
                judgement: cause.judgement.word(),
            })
            .collect(),
    };
    let text = serde_json::to_string_pretty(&file);
    visit.json(text.map(|text| clean_json(text + "\n")))
}
