//! The plan as files for those who carry it out, or decide on it, elsewhere. Pure: each form is made from the plan alone.

mod cloudformation;
mod review;
mod shell;
mod terraform;
pub mod users;

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

/// A file of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub name: &'static str,
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
    Ok(File { name, text })
}
