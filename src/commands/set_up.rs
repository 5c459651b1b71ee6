//! plan, apply and export, and the beginning that they share with the other commands.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::say::{emit, show_plan};
use super::{Known, Visit};
use crate::apply::{Aim, Job};
use crate::cli::{ApplyArgs, ExportArgs, Output, PlanArgs, Wanted};
use crate::exit::Exit;
use crate::export;
use crate::model::Choices;
use crate::plan::format::PlanFile;
use crate::plan::{Item, Plan};
use crate::survey;

pub(super) async fn plan(mut visit: Visit, arguments: &PlanArgs) -> Result<Exit, Exit> {
    let (_, plan) = visit.plan(&arguments.wanted).await?;
    let text = visit.json(plan.to_json())?;
    if let Some(path) = &arguments.out {
        let saved = save(path, &text);
        visit.saved(path, saved)?;
    }
    match arguments.printed.output {
        Output::Json => visit.emit(&text)?,
        Output::Text => {
            show_plan(visit.people, &plan);
            visit.people.say("");
            visit.people.say(match (plan.totals().changes, &arguments.out) {
                (0, _) if plan.totals().blocked > 0 => "There is nothing that can be changed.",
                (0, _) => "There is nothing to change.",
                (_, None) => "Nothing was written. \"apply\" with the same options carries it out.",
                (_, Some(_)) => "Nothing was written in the account. \"apply FILE\" carries the saved plan out.",
            });
        }
    }
    Ok(Exit::of_plan(&plan))
}

pub(super) async fn export(mut visit: Visit, arguments: &ExportArgs) -> Result<Exit, Exit> {
    let (_, plan) = visit.plan(&arguments.wanted).await?;
    let file = export::file(&plan, arguments.format.into());
    let file = file.map_err(|error| visit.failed(&error))?;
    match &arguments.out {
        None => visit.emit(&file.text)?,
        Some(folder) => {
            let path = folder.join(file.name);
            let saved = std::fs::create_dir_all(folder).and_then(|()| save(&path, &file.text));
            visit.saved(&path, saved)?;
        }
    }
    Ok(Exit::Done)
}

pub(super) async fn apply(mut visit: Visit, arguments: &ApplyArgs) -> Result<Exit, Exit> {
    let (known, plan) = match &arguments.file {
        None => visit.plan(&arguments.wanted).await?,
        Some(path) => visit.saved_plan(path).await?,
    };
    visit.all_roles_read(&plan)?;
    let continues = same_cut_off(&known, &plan);
    let job = Job {
        aim: Aim::SetUp(known.quotas),
        only: None,
        continues,
        plan,
    };
    visit.carry_out(&known.account, job, arguments.yes).await
}

impl Visit {
    /// The plan for what is wanted, from a fresh reading.
    pub(super) async fn plan(&mut self, wanted: &Wanted) -> Result<(Known, Plan), Exit> {
        self.complete(wanted)?;
        let known = self.known().await?;
        let choices = self.choices(&known, wanted).await?;
        let plan = self.planned(&known, &choices).await?;
        self.same_arns(wanted, &plan)?;
        Ok((known, plan))
    }

    async fn planned(&mut self, known: &Known, choices: &Choices) -> Result<Plan, Exit> {
        let survey = survey::chosen(&known.account, &known.identity, known.quotas, choices);
        Ok(Plan::new(&self.reading(survey).await?, choices))
    }

    /// A saved plan, held against what is there now.
    async fn saved_plan(&mut self, path: &Path) -> Result<(Known, Plan), Exit> {
        let failed = |visit: &Self, why: String| {
            visit.people.complain(&format!("{}: {why}", path.display()));
            Exit::Failed
        };
        let text =
            std::fs::read_to_string(path).map_err(|error| failed(self, error.to_string()))?;
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
            .held_to(&saved)
            .map_err(|error| failed(self, error.to_string()))?;
        Ok((known, plan))
    }

    /// Half of what was wanted is not begun: a role that cannot be read is most likely not the one that is meant.
    fn all_roles_read(&self, plan: &Plan) -> Result<(), Exit> {
        let Some(role) = plan.unread_role() else {
            return Ok(());
        };
        let why = plan.of_role(role).next().map(Item::summary);
        let why = why.unwrap_or_default();
        self.people.complain(&format!(
            "The role {role} could not be read, so nothing is begun. {why} Nothing was changed."
        ));
        Err(Exit::Failed)
    }

    pub(super) fn emit(&self, text: &str) -> Result<(), Exit> {
        emit(text).map_err(|error| {
            self.people
                .complain(&format!("Standard output cannot be written: {error}."));
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
                self.people.complain(&format!("Written to {path}."));
                Ok(())
            }
            Err(error) => {
                self.people
                    .complain(&format!("{path} cannot be written: {error}."));
                Err(Exit::Failed)
            }
        }
    }
}

/// The run that was cut off in this account while it wanted the same.
fn same_cut_off(known: &Known, plan: &Plan) -> Option<String> {
    let cut_off = known.runs.as_ref().ok()?.cut_off(&plan.identity.account);
    let same = cut_off
        .iter()
        .rev()
        .find(|record| record.was_to_set_up(&plan.choices));
    same.map(|record| record.run.clone())
}

/// The plan holds the account's policies: only its owner may read it. An older file is there until the new one is whole.
fn save(path: &Path, text: &str) -> io::Result<()> {
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        // A pipe, say.
        return OpenOptions::new()
            .write(true)
            .open(path)?
            .write_all(text.as_bytes());
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&part)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    written
}
