//! JSON Schema of what the commands print, made from the types that are printed.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use super::audit::AuditFile;
use super::events::EventLine;
use super::explain::ExplanationFile;
use super::runs::{RunDetail, RunList};
use crate::cli::Document;
use crate::plan::checked::CheckFile;
use crate::plan::format::PlanFile;
use crate::text::clean_json;

/// Returns the schema of a document, with a line break at its end.
///
/// # Errors
/// Only when serialisation fails, which no schema causes.
pub(super) fn of(document: Document) -> Result<String, serde_json::Error> {
    match document {
        Document::Plan => schema::<PlanFile>(),
        Document::Check => schema::<CheckFile<'static>>(),
        Document::Audit => schema::<AuditFile>(),
        Document::Explanation => schema::<ExplanationFile>(),
        Document::Events => schema::<EventLine<'static>>(),
        Document::Runs => schema::<RunList<'static>>(),
        Document::Run => schema::<RunDetail<'static>>(),
    }
}

fn schema<T: JsonSchema>() -> Result<String, serde_json::Error> {
    // What is printed, not what is read: a key that is always printed is required.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<T>();
    serde_json::to_string_pretty(&schema).map(|text| clean_json(text + "\n"))
}
