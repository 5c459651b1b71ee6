//! What is recorded on this computer.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::guides;
use super::printer::{Printer, emit, show_difference};
use crate::cli::{Common, Output, RunsArgs};
use crate::exit::Exit;
use crate::journal::{OutcomeKind, Record, RecordedStep, Records, RunState, Runs, StepState};
use crate::messages::record as record_messages;
use crate::model::identity::who;
use crate::model::{Choices, Endpoint};
use crate::plan::readiness::{Basis, Readiness};
use crate::plan::{self, Content, Target};
use crate::text::{clean_json, did_you_mean, local_time};

pub(super) fn run(records: &Records, arguments: &RunsArgs, common: &Common) -> Exit {
    let printer = Printer::new(arguments.printed.output, common.ascii);
    let runs = match records.all() {
        Ok(runs) => runs,
        Err(error) => {
            printer.print_err(&format!("The records cannot be read: {error}."));
            return Exit::Failed;
        }
    };
    match &arguments.run {
        None => list(printer, records, &runs, arguments.printed.output),
        Some(run) => one(printer, records, &runs, run, arguments.printed.output),
    }
}

fn list(printer: Printer, records: &Records, runs: &Runs, output: Output) -> Exit {
    for (id, error) in &runs.damaged {
        printer.print_err(&format!(
            "The record of the run {id} cannot be used: {error}."
        ));
    }
    if output == Output::Json {
        let list = runs.records.iter();
        return emit_json(&RunList {
            format: "sagemaker-ssh-setup/runs",
            version: 1,
            runs: list.map(|record| entry(records, runs, record)).collect(),
            guides: guides::all(printer, records)
                .iter()
                .map(guides::entry)
                .collect(),
        });
    }
    let guides = guides::all(printer, records);
    if runs.records.is_empty() && guides.is_empty() {
        printer.print("No runs are recorded.");
    }
    if !runs.records.is_empty() {
        printer.print("RUN              BEGAN (LOCAL)     WHAT       BY WHOM, IN WHICH ACCOUNT");
    }
    for record in &runs.records {
        printer.print(&format!(
            "{}  {}  {:<9}  {} in {}",
            record.run,
            local_time(&record.began),
            kind(record),
            who(&record.identity),
            record.account
        ));
        printer.print(&format!("{:17}{}", "", places(record)));
        printer.print(&format!("{:17}{}", "", result(runs, record)));
    }
    if !runs.records.is_empty() && !guides.is_empty() {
        printer.print("");
    }
    for guide in &guides {
        for line in guides::lines(guide) {
            printer.print(&line);
        }
    }
    Exit::Done
}

/// The roles and the regions that a run was about.
fn places(record: &Record) -> String {
    let choices = &record.choices;
    let roles: Vec<&str> = choices.roles().map(String::as_str).collect();
    format!("{}; {}", roles.join(", "), choices.regions.join(", "))
}

fn one(printer: Printer, records: &Records, runs: &Runs, run: &str, output: Output) -> Exit {
    let guides = guides::all(printer, records);
    if let Some(guide) = guides.iter().find(|guide| guide.guide == run) {
        if output == Output::Json {
            return emit_json(guide);
        }
        guides::show(printer, guide);
        return Exit::Done;
    }
    let found = match run {
        "last" => runs.records.last(),
        run => runs.find(run),
    };
    let Some(record) = found else {
        let damaged = runs.damaged.iter().find(|(id, _)| id == run);
        let why = if let Some((_, error)) = damaged {
            format!("The record of the run {run} cannot be used: {error}.")
        } else {
            let nearest = did_you_mean(run, runs.records.iter().map(|record| record.run.as_str()));
            format!("There is no run {run}.{nearest} \"runs\" lists what is recorded.")
        };
        printer.print_err(&why);
        return Exit::Failed;
    };
    if output == Output::Json {
        return emit_json(&detail(records, runs, record));
    }
    let mut lines = vec![
        format!("Run           {}  ({})", record.run, kind(record)),
        format!("Began         {} (local time)", local_time(&record.began)),
        format!(
            "Ended         {}",
            match &record.state {
                RunState::Running => "still going on".to_owned(),
                RunState::CutOff => "cut off".to_owned(),
                RunState::Ended { at, .. } => format!("{} (local time)", local_time(at)),
            }
        ),
        format!("Chosen        {}", places(record)),
        format!("Account       {}", record.account),
        format!("Signed in as  {}", record.identity),
    ];
    let endpoints = record.endpoints.iter();
    lines.extend(endpoints.map(|endpoint| format!("Endpoint      {}", endpoint.label())));
    lines.extend([
        format!("Program       {}", record.program),
        format!("Result        {}", result(runs, record)),
    ]);
    for (label, other) in [
        ("Puts back", &record.undoes),
        ("Goes on with", &record.continues),
    ] {
        lines.extend(other.iter().map(|other| format!("{label:<14}{other}")));
    }
    let path = records.path(&record.run);
    lines.extend(path.map(|path| format!("Record        {}", path.display())));
    let mut steps = Vec::new();
    for step in &record.steps {
        let word = match step.verdict() {
            StepState::Done => "done",
            StepState::NotDone => "not done",
            StepState::Uncertain => "uncertain",
        };
        let why = step.reason.as_ref();
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        steps.push((format!("{word:<14}{}{why}", step.target), step));
    }
    for (id, reason) in &record.blocked {
        lines.push(format!("{:<14}{id}: {reason}", "blocked"));
    }
    for line in lines {
        printer.print(&line);
    }
    for (line, step) in steps {
        printer.print("");
        printer.print(&line);
        let planned = &step.planned;
        match &step.former {
            // What was there before, and what the run put there.
            Some(former) => {
                show_difference(printer, &step.target, former.text(), planned.after_text());
            }
            None => printer.print("    the run did not come to it"),
        }
    }
    if let Some(readiness) = readiness(record) {
        printer.print("");
        printer.print(
            "By what this run wrote and read back; what the simulator said is not recorded:",
        );
        printer.print(&readiness.headline(Basis::Found));
        for obstacle in readiness.obstacles() {
            printer.print(&format!("! {obstacle}"));
        }
    }
    Exit::Done
}

/// Returns who could connect by what a run left: what it did not change was in place, or is recorded as blocked. None
/// of a run that put something back, or that goes on.
fn readiness(record: &Record) -> Option<Readiness> {
    if record.undoes.is_some() || record.state == RunState::Running {
        return None;
    }
    let judged = |target: Target| {
        let mut blocked = record.blocked.iter();
        if let Some((_, reason)) = blocked.find(|(id, _)| *id == target.to_string()) {
            // A trust statement that is not hardened lets everybody in all the same; the record does not tell them apart.
            let is_certain =
                !(record.choices.harden_trust && matches!(target, Target::Trust { .. }));
            return (target, (is_certain.then_some(false), Some(reason.as_str())));
        }
        let step = record.steps.iter().find(|step| step.target == target);
        let answer = match step.map(RecordedStep::verdict) {
            None | Some(StepState::Done) => (Some(true), None),
            Some(StepState::NotDone) => (Some(false), Some("It was not done.")),
            Some(StepState::Uncertain) => (None, Some("Whether it was done is not certain.")),
        };
        (target, answer)
    };
    let targets = plan::targets(&record.choices).into_iter();
    Some(Readiness::of_items(targets.map(judged)))
}

fn kind(record: &Record) -> &'static str {
    if record.undoes.is_some() {
        "put back"
    } else {
        "set up"
    }
}

fn result(runs: &Runs, record: &Record) -> String {
    let mut text = record_messages::result(record);
    if let Some(later) = runs.went_on(record) {
        text = format!("{text}, gone on with in {}", later.run);
    }
    if runs.is_undone(record) {
        text += ", put back since";
    }
    text
}

/// A run in its public form.
#[derive(Serialize, JsonSchema)]
struct RunEntry<'a> {
    run: &'a str,
    #[schemars(extend("enum" = ["set-up", "undo"]))]
    kind: &'static str,
    account: &'a str,
    partition: &'a str,
    identity: &'a str,
    began: &'a str,
    ended: Option<&'a str>,
    #[schemars(extend("enum" = ["running", "cut-off", "ended"]))]
    state: &'static str,
    verified: bool,
    interrupted: bool,
    done: usize,
    not_done: usize,
    uncertain: usize,
    undoes: Option<&'a str>,
    continues: Option<&'a str>,
    put_back: bool,
    record: Option<PathBuf>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct RunList<'a> {
    #[schemars(extend("const" = "sagemaker-ssh-setup/runs"))]
    format: &'static str,
    #[schemars(extend("const" = 1))]
    version: u32,
    runs: Vec<RunEntry<'a>>,
    /// Guides whose former documents are kept.
    guides: Vec<guides::GuideEntry>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct RunDetail<'a> {
    #[schemars(extend("const" = "sagemaker-ssh-setup/run"))]
    format: &'static str,
    #[schemars(extend("const" = 1))]
    version: u32,
    #[serde(flatten)]
    run: RunEntry<'a>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    endpoints: &'a [Endpoint],
    choices: &'a Choices,
    /// Who could connect by what the run left.
    #[serde(skip_serializing_if = "Option::is_none")]
    readiness: Option<Readiness>,
    items: Vec<StepEntry<'a>>,
}

/// A change of a run in its public form. `former` is null where there was no such policy, and where the run did not
/// come to it; `recorded` tells them apart.
#[derive(Serialize, JsonSchema)]
struct StepEntry<'a> {
    id: String,
    #[schemars(extend("enum" = ["done", "not-done", "uncertain", "blocked"]))]
    state: &'static str,
    outcome: Option<OutcomeKind>,
    recorded: bool,
    former: Option<&'a str>,
    after: Option<&'a str>,
    reason: Option<&'a str>,
}

fn entry<'a>(records: &Records, runs: &Runs, record: &'a Record) -> RunEntry<'a> {
    let count = |verdict| record.of(verdict).count();
    let (state, ended, interrupted) = match &record.state {
        RunState::Running => ("running", None, false),
        RunState::CutOff => ("cut-off", None, false),
        RunState::Ended {
            at, interrupted, ..
        } => ("ended", Some(at.as_str()), *interrupted),
    };
    RunEntry {
        run: &record.run,
        kind: if record.undoes.is_some() {
            "undo"
        } else {
            "set-up"
        },
        account: &record.account,
        partition: &record.partition,
        identity: &record.identity,
        began: &record.began,
        state,
        ended,
        verified: record.is_verified(),
        interrupted,
        done: count(StepState::Done),
        not_done: count(StepState::NotDone),
        uncertain: count(StepState::Uncertain),
        undoes: record.undoes.as_deref(),
        continues: record.continues.as_deref(),
        put_back: runs.is_undone(record),
        record: records.path(&record.run),
    }
}

fn detail<'a>(records: &Records, runs: &Runs, record: &'a Record) -> RunDetail<'a> {
    let items = record.steps.iter().map(|step| StepEntry {
        id: step.target.to_string(),
        state: match step.verdict() {
            StepState::Done => "done",
            StepState::NotDone => "not-done",
            StepState::Uncertain => "uncertain",
        },
        outcome: step.outcome,
        recorded: step.former.is_some(),
        former: step.former.as_ref().and_then(Content::text),
        after: step.planned.after_text(),
        reason: step.reason.as_deref(),
    });
    let blocked = record.blocked.iter().map(|(id, reason)| StepEntry {
        id: id.clone(),
        state: "blocked",
        outcome: None,
        recorded: false,
        former: None,
        after: None,
        reason: Some(reason),
    });
    RunDetail {
        format: "sagemaker-ssh-setup/run",
        version: 1,
        run: entry(records, runs, record),
        endpoints: &record.endpoints,
        choices: &record.choices,
        readiness: readiness(record),
        items: items.chain(blocked).collect(),
    }
}

fn emit_json(value: &impl Serialize) -> Exit {
    match serde_json::to_string_pretty(value) {
        Ok(text) => match emit(clean_json(text + "\n")) {
            Ok(()) => Exit::Done,
            Err(_) => Exit::Failed,
        },
        // Only the path of a record that is no text can do that.
        Err(_) => Exit::Failed,
    }
}
