//! What an error means that somebody has met; with choices, what a check says of it.

use std::io::{self, IsTerminal, Read};

use schemars::JsonSchema;
use serde::Serialize;

use super::CommandContext;
use super::printer::in_the_background;
use crate::cli::{ExplainArgs, Output, Wanted};
use crate::exit::Exit;
use crate::explain::{self, Checks, Explanation};
use crate::text::clean_json;
use crate::verify::{nodes, proof};

/// An explanation in its public form.
#[derive(Serialize, JsonSchema)]
pub(super) struct ExplanationFile {
    #[schemars(extend("const" = "sagemaker-ssh-setup/explanation"))]
    format: &'static str,
    #[schemars(extend("const" = 1))]
    version: u64,
    /// What the text is about; null where it is not known.
    title: Option<&'static str>,
    /// The likeliest first.
    causes: Vec<CauseFile>,
}

/// A cause in its public form.
#[derive(Serialize, JsonSchema)]
struct CauseFile {
    cause: &'static str,
    what_to_do: &'static str,
    command: Option<String>,
    /// Without choices each is `open`.
    #[schemars(extend("enum" = ["this-is-it", "ruled-out", "open"]))]
    judgement: &'static str,
}

pub(super) async fn explain(
    mut context: CommandContext,
    arguments: &ExplainArgs,
) -> Result<Exit, Exit> {
    let text = text(&mut context, arguments).await?;
    if text.trim().is_empty() {
        context
            .printer
            .print_err("There is no text to explain. Nothing was asked.");
        return Err(Exit::Usage);
    }
    let explanation = if arguments.wanted == Wanted::default() {
        explain::explain(&text, None)
    } else {
        checked(&mut context, arguments, &text).await?
    };
    match (context.output, &explanation) {
        (Output::Json, _) => context.emit(&json(&context, explanation.as_ref())?)?,
        (Output::Text, Some(explanation)) => {
            for line in explain::lines(explanation) {
                context.printer.print(&line);
            }
        }
        (Output::Text, None) => context.printer.print(explain::UNKNOWN),
    }
    Ok(if explanation.is_some() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// The text that was given, or the end of what comes from standard input.
async fn text(context: &mut CommandContext, arguments: &ExplainArgs) -> Result<String, Exit> {
    let words = arguments.text.join(" ");
    if !words.is_empty() && words != "-" {
        return Ok(words);
    }
    if std::io::stdin().is_terminal() && words.is_empty() {
        context.printer.print_err(
            "missing: the text of the error, in quotes; or -, with the text on standard input.",
        );
        return Err(Exit::Usage);
    }
    let read = in_the_background(|| end_of(std::io::stdin().lock()));
    let read = context.reading(read).await?;
    let read = read.unwrap_or_else(|error| Err(io::Error::other(error)));
    let bytes =
        read.map_err(|error| context.failed(&format!("Standard input cannot be read: {error}.")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The last bytes of what is read, as many as are looked at.
fn end_of(mut input: impl Read) -> io::Result<Vec<u8>> {
    let (mut end, mut piece) = (Vec::new(), vec![0; explain::LONGEST]);
    loop {
        let read = input.read(&mut piece)?;
        if read == 0 {
            return Ok(end);
        }
        end.extend(piece.iter().take(read));
        let excess = end.len().saturating_sub(explain::LONGEST);
        end.drain(..excess);
    }
}

/// With the checks that decide.
async fn checked(
    context: &mut CommandContext,
    arguments: &ExplainArgs,
    text: &str,
) -> Result<Option<Explanation>, Exit> {
    let (known, plan) = context.plan(&arguments.wanted).await?;
    let checks = async {
        let proof = proof::prove(&known.account, &plan).await;
        let nodes = nodes::look(&known.account, &plan, &plan.choices.regions).await;
        (proof, nodes)
    };
    let (proof, nodes) = context.reading(checks).await?;
    let checks = Checks {
        plan: &plan,
        proof: Some(&proof),
        nodes: Some(&nodes),
    };
    Ok(explain::explain(text, Some(checks)))
}

fn json(context: &CommandContext, explanation: Option<&Explanation>) -> Result<String, Exit> {
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
                judgement: cause.judgement.as_str(),
            })
            .collect(),
    };
    let text = serde_json::to_string_pretty(&file);
    context.json(text.map(|text| clean_json(text + "\n")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_log_the_end_is_kept() {
        let log = [
            vec![b'x'; 3 * explain::LONGEST],
            b"TargetNotConnected".to_vec(),
        ]
        .concat();
        let end = end_of(&log[..]).unwrap();
        assert_eq!(end.len(), explain::LONGEST);
        assert!(end.ends_with(b"TargetNotConnected"));
        assert_eq!(end_of(&b"short"[..]).unwrap(), b"short");
    }
}
