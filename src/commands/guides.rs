//! Guides that are kept on this computer: what was there before, and the way back by hand.

use schemars::JsonSchema;
use serde::Serialize;

use super::CommandContext;
use super::printer::{Printer, show_foreign};
use crate::cli::Output;
use crate::exit::Exit;
use crate::guide::way_back;
use crate::journal::{GuideRecord, Records};
use crate::plan::Target;
use crate::policy::document::pretty;
use crate::policy::same::is_same_content;
use crate::survey;
use crate::text::{counted, local_time};

/// A guide in its public form.
#[derive(Serialize, JsonSchema)]
pub(super) struct GuideEntry {
    guide: String,
    account: String,
    began: String,
    /// When everything was in place; null where that was not seen.
    ended: Option<String>,
    /// The IDs of the items whose former documents are kept.
    documents: Vec<String>,
}

pub(super) fn entry(record: &GuideRecord) -> GuideEntry {
    GuideEntry {
        guide: record.guide.clone(),
        account: record.account.clone(),
        began: record.began.clone(),
        ended: record.ended.clone(),
        documents: record.documents.keys().cloned().collect(),
    }
}

/// The guides that are kept; those that cannot be read are named.
pub(super) fn all(printer: Printer, records: &Records) -> Vec<GuideRecord> {
    match records.guides() {
        Ok(found) => {
            for (id, error) in found.damaged {
                printer.print_err(&format!(
                    "The record of the guide {id} cannot be used: {error}."
                ));
            }
            found.records
        }
        Err(error) => {
            printer.print_err(&format!("The records of guides cannot be read: {error}."));
            Vec::new()
        }
    }
}

/// Two lines of the list of runs.
pub(super) fn lines(record: &GuideRecord) -> [String; 2] {
    let documents = counted(record.documents.len(), "document");
    let state = if record.ended.is_some() {
        "everything was in place at its end"
    } else {
        "not at its end"
    };
    let began = local_time(&record.began);
    [
        format!("{}  {began}  by hand in {}", record.guide, record.account),
        format!("{:17}{documents} kept, {state}", ""),
    ]
}

/// A guide with every document that is kept.
pub(super) fn show(printer: Printer, record: &GuideRecord) {
    for line in [
        format!("Guide         {}", record.guide),
        format!("Began         {} (local time)", local_time(&record.began)),
        format!(
            "Ended         {}",
            record.ended.as_deref().unwrap_or("not at its end")
        ),
        format!("Account       {}", record.account),
        format!("Signed in as  {}", record.identity),
    ] {
        printer.print(&line);
    }
    for (target, former) in record.targets() {
        printer.print("");
        printer.print(&format!("{target}: as it was"));
        show_former(printer, former);
    }
    printer.print("");
    printer.print(&format!(
        "\"undo {}\" compares with what is there now, and shows the way back.",
        record.guide
    ));
}

fn show_former(printer: Printer, former: Option<&str>) {
    let Some(former) = former else {
        return printer.print("    there was no such policy");
    };
    for line in pretty(former).lines() {
        printer.print(&format!("    {line}"));
    }
}

/// Compares what is there with what was there when a guide began, and shows the way back by hand. Writes nothing.
pub(super) async fn undo(mut context: CommandContext, guide: &str) -> Result<Exit, Exit> {
    let found = all(context.printer, &context.records);
    let Some(record) = found.into_iter().find(|record| record.guide == guide) else {
        let text = format!("There is no guide {guide}. \"runs\" lists what is recorded.");
        return Err(context.failed(&text));
    };
    if context.output == Output::Json {
        context
            .printer
            .print_err("A guide is put back by hand: there is no JSON of it. Nothing was changed.");
        return Err(Exit::Usage);
    }
    let known = context.known().await?;
    if known.identity.account != record.account {
        let text = format!(
            "This guide was in the account {}, and the credentials belong to {}. Nothing was changed.",
            record.account, known.identity.account
        );
        return Err(context.failed(&text));
    }
    let targets: Vec<Target> = record.targets().map(|(target, _)| target).collect();
    let now = context
        .reading(survey::contents(&known.account, targets))
        .await?;
    let printer = context.printer;
    printer.print(&format!(
        "What was there when the guide began, {}. This program writes nothing here.",
        record.began
    ));
    let (mut differ, mut unknown) = (0, 0);
    for (target, former) in record.targets() {
        printer.print("");
        match now.get(&target) {
            Some(Ok(found)) if is_same_content(former, found.text()) => {
                printer.print(&format!("= {target}: as it was"));
            }
            Some(Ok(found)) => {
                differ += 1;
                printer.print(&format!("~ {target}: not as it was"));
                show_foreign(printer, &target, former, found.text());
                let partition = &known.identity.partition;
                for line in way_back(&target, former.is_some(), partition) {
                    printer.print(&format!("    {line}"));
                }
                show_former(printer, former);
            }
            Some(Err(why)) => {
                unknown += 1;
                printer.print(&format!("? {target}: could not be read. {why}"));
            }
            None => unknown += 1,
        }
    }
    printer.print("");
    Ok(match (differ, unknown) {
        (0, 0) => {
            printer.print("Everything is as it was when the guide began.");
            Exit::Done
        }
        (0, _) => Exit::Failed,
        (differ, _) => {
            let documents = counted(differ, "document");
            printer.print(&format!(
                "{documents} not as before. The same command says when that has changed."
            ));
            Exit::Changes
        }
    })
}
