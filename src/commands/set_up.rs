//! plan, apply and export, and the beginning that they share with the other commands.

use std::fs::DirBuilder;
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use futures::StreamExt;

use super::carry_out::may_be_asked;
use super::printer::{emit, show_plan, show_readiness};
use super::{CommandContext, Connected};
use crate::apply::{Aim, Job};
use crate::cli::{ApplyArgs, ExportArgs, Output, PlanArgs, Wanted};
use crate::exit::Exit;
use crate::export::{self, Form};
use crate::files;
use crate::journal::to_continue;
use crate::model::{Choices, Survey};
use crate::plan::format::PlanFile;
use crate::plan::{Item, Plan};
use crate::survey;
use crate::verify::proof;

pub(super) async fn plan(mut context: CommandContext, arguments: &PlanArgs) -> Result<Exit, Exit> {
    let (known, plan) = context.plan(&arguments.wanted).await?;
    let outlook = context
        .reading(proof::outlook(&known.account, &plan))
        .await?;
    let readiness = outlook.as_ref().map(|(readiness, _)| readiness);
    let text = context.json(plan.to_json_for(readiness))?;
    if let Some(path) = &arguments.out {
        let saved = {
            let (path, text) = (path.clone(), text.clone());
            context
                .with_files(move || files::write(&path, &text))
                .await?
        };
        context.saved(path, saved)?;
    }
    match arguments.printed.output {
        Output::Json => context.emit(&text)?,
        Output::Text => {
            show_plan(context.printer, &plan);
            if let Some((readiness, basis)) = &outlook {
                show_readiness(context.printer, readiness, *basis);
            }
            context.printer.print("");
            let changes = plan.totals().changes;
            let said = match (plan.unread_role(), changes, &arguments.out) {
                (Some(role), ..) => format!(
                    "Nothing was written. The role {role} could not be read, and \"apply\" would not begin."
                ),
                (None, 0, _) if plan.totals().blocked > 0 => {
                    "There is nothing that can be changed.".to_owned()
                }
                (None, 0, _) => "There is nothing to change.".to_owned(),
                (None, _, None) => {
                    "Nothing was written. \"apply\" with the same options carries it out."
                        .to_owned()
                }
                (None, _, Some(_)) => {
                    "Nothing was written in the account. \"apply FILE\" carries the saved plan out."
                        .to_owned()
                }
            };
            context.printer.print(&said);
        }
    }
    Ok(if plan.unread_role().is_some() {
        Exit::Failed
    } else {
        Exit::of_plan(&plan).unless_nobody_can(readiness)
    })
}

pub(super) async fn export(
    mut context: CommandContext,
    arguments: &ExportArgs,
) -> Result<Exit, Exit> {
    let (_, plan) = context.plan(&arguments.wanted).await?;
    let form: Form = arguments.format.into();
    let Some(folder) = &arguments.out else {
        let file = export::file(&plan, form);
        let file = file.map_err(|error| context.failed(&error))?;
        context.emit(&file.text)?;
        return Ok(Exit::Done);
    };
    let files = export::files(&plan, form);
    for file in files.map_err(|error| context.failed(&error))? {
        let path = folder.join(&file.name);
        let saved = {
            let (folder, path, force) = (folder.clone(), path.clone(), arguments.force);
            let write = move || {
                DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(folder)?;
                if force {
                    files::write(&path, &file.text)
                } else {
                    files::write_new(&path, &file.text)
                }
            };
            context.with_files(write).await?
        };
        let saved = saved.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                io::Error::other("it is there already, and only --force replaces it")
            }
            _ => error,
        });
        context.saved(&path, saved)?;
    }
    Ok(Exit::Done)
}

pub(super) async fn apply(
    mut context: CommandContext,
    arguments: &ApplyArgs,
) -> Result<Exit, Exit> {
    may_be_asked(context.printer, arguments.yes)?;
    let (known, plan) = match &arguments.file {
        None => context.plan(&arguments.wanted).await?,
        Some(path) => context.saved_plan(path).await?,
    };
    context.all_roles_read(&plan)?;
    let cut_off = known.runs.as_ref().ok().into_iter();
    let cut_off = cut_off.flat_map(|runs| runs.cut_off(&plan.identity.account));
    let continues = to_continue(cut_off, &plan.choices);
    let continues = continues.map(|record| record.run.clone());
    let job = Job {
        aim: Aim::SetUp,
        only: None,
        continues,
        plan,
    };
    context.carry_out(&known.account, job, arguments.yes).await
}

impl CommandContext {
    /// Works with files while a stop is still obeyed.
    async fn with_files<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<io::Result<T>, Exit> {
        let done = self.reading(tokio::task::spawn_blocking(work)).await?;
        Ok(done.unwrap_or_else(|error| Err(io::Error::other(error))))
    }

    /// The plan for what is wanted, from a fresh reading.
    pub(super) async fn plan(&mut self, wanted: &Wanted) -> Result<(Connected, Plan), Exit> {
        self.complete(wanted)?;
        let known = self.known().await?;
        let choices = self.choices(&known, wanted).await?;
        let plan = self.planned(&known, &choices).await?;
        self.same_arns(wanted, &plan)?;
        Ok((known, plan))
    }

    async fn planned(&mut self, known: &Connected, choices: &Choices) -> Result<Plan, Exit> {
        let survey = survey::chosen(&known.account, &known.identity, choices);
        let nodes = survey::node_counts(&known.account, choices.regions.clone()).collect();
        let reading = async { futures::join!(survey, nodes) };
        let (survey, nodes) = self.reading(Box::pin(reading)).await?;
        Ok(Plan::new(&Survey { nodes, ..survey }, choices))
    }

    /// A saved plan, held against what is there now.
    async fn saved_plan(&mut self, path: &Path) -> Result<(Connected, Plan), Exit> {
        let failed = |context: &Self, why: String| {
            context
                .printer
                .print_err(&format!("{}: {why}", path.display()));
            Exit::Failed
        };
        let text = {
            let path = path.to_owned();
            self.with_files(move || files::read(&path)).await?
        };
        let text = text.map_err(|error| failed(self, format!("It cannot be read: {error}.")))?;
        let file = PlanFile::parse(&text).map_err(|error| failed(self, error.to_string()))?;
        if let Some(run) = &file.undoes {
            let why = format!("This plan puts a run back. \"undo {run}\" does that.");
            return Err(failed(self, why));
        }
        let saved = file
            .changes()
            .map_err(|error| failed(self, error.to_string()))?;
        let known = self.known().await?;
        if file.account != known.identity.account
            || file.partition != known.identity.partition.as_str()
        {
            let why = format!(
                "The plan is for the account {} in the partition {}, and you are signed in to {} in {}. Nothing was \
                 changed. Use a profile of that account, or plan again.",
                file.account, file.partition, known.identity.account, known.identity.partition
            );
            return Err(failed(self, why));
        }
        let plan = self.planned(&known, &file.choices).await?;
        let plan = plan
            .restricted_to(&saved)
            .map_err(|error| failed(self, error.to_string()))?;
        self.printer
            .print(&format!("Plan          {}", export::fingerprint_of(&text)));
        Ok((known, plan))
    }

    /// Half of what was wanted is not begun: a role that cannot be read is most likely not the one that is meant.
    fn all_roles_read(&self, plan: &Plan) -> Result<(), Exit> {
        let Some(role) = plan.unread_role() else {
            return Ok(());
        };
        let why = plan.of_role(role).next().map(Item::summary);
        let why = why.unwrap_or_default();
        self.printer.print_err(&format!(
            "The role {role} could not be read, so nothing is begun. {why} Nothing was changed."
        ));
        Err(Exit::Failed)
    }

    pub(super) fn emit(&self, text: &str) -> Result<(), Exit> {
        emit(text).map_err(|error| {
            self.printer
                .print_err(&format!("Standard output cannot be written: {error}."));
            Exit::Failed
        })
    }

    pub(super) fn json(&self, text: Result<String, serde_json::Error>) -> Result<String, Exit> {
        text.map_err(|error| self.failed(&error))
    }

    fn saved(&self, path: &Path, saved: io::Result<()>) -> Result<(), Exit> {
        let path = path.display();
        match saved {
            Ok(()) => {
                self.printer.print_err(&format!("Written to {path}."));
                Ok(())
            }
            Err(error) => {
                self.printer
                    .print_err(&format!("{path} cannot be written: {error}."));
                Err(Exit::Failed)
            }
        }
    }
}
