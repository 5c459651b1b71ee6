//! Putting a run back.

use super::carry_out::may_be_asked;
use super::{CommandContext, events, guides};
use crate::apply::{Aim, Job};
use crate::cli::{Output, UndoArgs};
use crate::exit::Exit;
use crate::journal::GUIDE_PREFIX;
use crate::survey;
use crate::undo::{self, UndoError};

pub(super) async fn run(mut context: CommandContext, arguments: &UndoArgs) -> Result<Exit, Exit> {
    if let Some(guide) = arguments
        .run
        .as_deref()
        .filter(|run| run.starts_with(GUIDE_PREFIX))
    {
        return guides::undo(context, guide).await;
    }
    may_be_asked(context.printer, arguments.yes)?;
    let known = context.known().await?;
    let records = context.records.clone();
    let run = arguments.run.as_deref();
    let preparing = async {
        let identity = survey::with_alias(&known.account, &known.identity).await;
        undo::prepare(&known.account, &identity, &records, run).await
    };
    match context.reading(preparing).await? {
        Ok(undo) => {
            for run in &undo.passed_over {
                context.printer.print_err(&format!(
                    "Nothing of the run {run} can be put back now; this is an older one. \"undo {run}\" says why."
                ));
            }
            let job = Job {
                plan: undo.plan,
                only: None,
                aim: Aim::PutBack(undo.reversal),
                continues: undo.continues,
            };
            context.carry_out(&known.account, job, arguments.yes).await
        }
        Err(error @ UndoError::Nothing(_)) => {
            context.printer.print_err(&error.to_string());
            if context.output == Output::Json {
                events::nothing_to_do(None, None);
            }
            Ok(Exit::Done)
        }
        Err(error) => {
            context.printer.print_err(&error.to_string());
            Err(Exit::Failed)
        }
    }
}
