//! The plan as files for those who carry it out, or decide on it, elsewhere. Pure: each form is made from the plan alone.

mod cloudformation;
mod review;
mod shell;
mod terraform;
pub mod users;

use sha2::{Digest, Sha256};

use crate::plan::Plan;
use crate::plan::readiness::Readiness;

/// A form in which the plan can be handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For those who decide: everything in words, with every document.
    Review,
    /// For those who connect afterwards.
    Users,
    /// For those who carry it out with the AWS CLI.
    Shell,
    /// For those who carry it out with Terraform.
    Terraform,
    /// For stacks and StackSets.
    CloudFormation,
    /// The plan in its public format.
    Json,
}

impl Form {
    pub const ALL: [Self; 6] = [
        Self::Review,
        Self::Users,
        Self::Shell,
        Self::Terraform,
        Self::CloudFormation,
        Self::Json,
    ];
}

/// Which file is for whom, in one line.
pub fn readers() -> &'static str {
    "review.md is for those who decide, users.md for those who connect, set-up.sh or main.tf for those who carry it out, \
     template.json for stacks over many accounts, plan.json for \"apply FILE\""
}

/// A file of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub text: String,
}

/// The plan in a form.
///
/// # Errors
/// Only when serialisation fails, which no plan causes.
pub fn file(plan: &Plan, form: Form) -> Result<File, serde_json::Error> {
    let (name, text) = match form {
        Form::Review => ("review.md", review::document(plan)),
        Form::Users => {
            let predicted = Readiness::predicted(plan);
            let predicted = predicted
                .as_ref()
                .map(|(readiness, basis)| (readiness, *basis));
            ("users.md", users::sheet(plan, predicted))
        }
        Form::Shell => ("set-up.sh", shell::script(plan)?),
        Form::Terraform => ("main.tf", terraform::configuration(plan)),
        Form::CloudFormation => ("template.json", cloudformation::template(plan)?),
        Form::Json => ("plan.json", plan.to_json()?),
    };
    Ok(File {
        name: name.to_owned(),
        text,
    })
}

/// The plan in a form, with the files that belong to it: the former documents that the review names.
///
/// # Errors
/// As [`file()`].
pub fn files(plan: &Plan, form: Form) -> Result<Vec<File>, serde_json::Error> {
    let mut files = vec![file(plan, form)?];
    if form == Form::Review {
        files.extend(former_documents(plan));
    }
    Ok(files)
}

/// The documents that the plan changes as they are now, each in a file of its own, as `review.md` names them.
pub fn former_documents(plan: &Plan) -> Vec<File> {
    let changes = plan
        .changes()
        .filter(|(item, _)| item.target.role().is_some());
    let former = changes.filter_map(|(item, change)| {
        Some(File {
            name: review::former_file(&item.target),
            text: change.before_text()?.to_owned(),
        })
    });
    former.collect()
}

/// A text by which the same plan is known in all of its files: the SHA-256 sum of `plan.json`.
fn fingerprint(plan: &Plan) -> String {
    plan.to_json()
        .map_or_else(|_| "not known".to_owned(), |text| fingerprint_of(&text))
}

/// The same of the text of a saved plan.
pub fn fingerprint_of(text: &str) -> String {
    let sum = Sha256::digest(text.as_bytes());
    let hex = sum
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    format!("sha256:{hex}")
}
