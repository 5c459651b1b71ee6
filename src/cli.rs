//! The command line: what it takes, and how it explains itself.

mod examples;
mod wanted;

use std::path::PathBuf;
use std::{env, io};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::exit::Exit;
use crate::export;
use crate::model::ConnectFrom;
use crate::text::{clean, option};
pub use wanted::{Wanted, WantedNewRoles};

use examples::{
    APPLY_EXAMPLES, CHECK_EXAMPLES, COMPLETIONS_EXAMPLES, EXAMPLES, EXPLAIN_EXAMPLES,
    EXPORT_EXAMPLES, GUIDE_EXAMPLES, MAN_EXAMPLES, PLAN_EXAMPLES, RUNS_EXAMPLES, SCHEMA_EXAMPLES,
    UNDO_EXAMPLES,
};

/// Prepares an AWS account for SageMaker SSH Helper. Without a command: a wizard that reads what is there, shows what
/// would change, and changes nothing before you confirm it. The commands do the same for scripts and pipelines.
#[derive(Debug, Parser)]
#[command(version, long_version = long_version(), after_help = after_help(), subcommand_help_heading = "Commands for scripts")]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,

    #[command(subcommand)]
    pub command: Option<Command>,

    /// Panic on this key, to try how the terminal is restored.
    #[cfg(debug_assertions)]
    #[arg(long, hide = true, value_name = "KEY")]
    pub break_on: Option<char>,
}

/// Taken by every command.
#[derive(Debug, Args)]
pub struct Common {
    /// Try it on an account embedded in the program: no AWS account, no network, nothing that lasts.
    #[cfg(feature = "demo")]
    #[arg(long, global = true, conflicts_with = "profile")]
    pub demo: bool,

    /// Use this profile of your AWS configuration.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,

    /// Plain ASCII signs.
    #[arg(long, global = true)]
    pub ascii: bool,

    /// Where AWS_ENDPOINT_URL or the profile leads to another computer over plain HTTP: write there without being asked
    /// about that.
    #[arg(long, global = true)]
    pub insecure_endpoint: bool,
}

impl Common {
    /// Returns what another command needs to be given for the same account.
    pub fn account(&self) -> Vec<String> {
        #[cfg(feature = "demo")]
        if self.demo {
            return vec!["--demo".to_owned()];
        }
        let named = |name: &String| option("--profile", name);
        self.profile.as_ref().map_or_else(Vec::new, named)
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what would change. Writes nothing; exit code 2 when there is anything to change.
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(PlanArgs),
    /// Carry a plan out: shows it, asks, writes, and reads everything back.
    #[command(after_help = APPLY_EXAMPLES)]
    Apply(ApplyArgs),
    /// Say what is in place and what is not, what breaks, and what fixes it. Writes nothing, unless --live is given; exit
    /// code 0 when everything is in place.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Say what an error means that somebody has met: its causes, what tells them apart, and the command. Writes nothing and
    /// sends the text nowhere; with choices it also checks which cause it is.
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Put a run back, exactly: shows what it would do, asks, writes, and reads everything back; of a guide, shows the way
    /// back by hand.
    #[command(after_help = UNDO_EXAMPLES)]
    Undo(UndoArgs),
    /// List the runs and guides that are recorded on this computer, or show one of them.
    #[command(after_help = RUNS_EXAMPLES)]
    Runs(RunsArgs),
    /// Be led through the AWS console step by step, and see what is in place. Writes nothing; needs a terminal.
    #[command(after_help = GUIDE_EXAMPLES)]
    Guide(GuideArgs),
    /// Hand the plan over as a file.
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportArgs),
    /// Print the JSON Schema of what a command prints with --output json.
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema {
        /// Which document.
        document: Document,
    },
    /// Print completions for a shell.
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions { shell: clap_complete::Shell },
    /// Write the manual pages into a folder.
    #[command(after_help = MAN_EXAMPLES)]
    Man {
        /// The folder; pages of the same name in it are replaced.
        folder: PathBuf,
    },
}

/// What says by itself what is wanted, and so excludes a plan or a run that says it.
const CHOICES: [&str; 12] = [
    "sagemaker_roles",
    "user_roles",
    "new_sagemaker_roles",
    "new_user_roles",
    "assumed_by",
    "own_session_names",
    "without_full_access",
    "permissions_boundary",
    "regions",
    "connect_from",
    "harden_trust",
    "shell_access",
];

/// Where people connect from, as it is written on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Place {
    /// Their own computer; they need a user role.
    Laptop,
    /// SageMaker Studio; they come with the SageMaker role.
    Studio,
    /// Both.
    Both,
}

impl From<Place> for ConnectFrom {
    fn from(place: Place) -> Self {
        match place {
            Place::Laptop => Self::Laptop,
            Place::Studio => Self::Studio,
            Place::Both => Self::Both,
        }
    }
}

/// For whom the output is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs: on standard output nothing else; what is for people goes to standard error.
    Json,
}

/// How a command prints.
#[derive(Debug, Args)]
pub struct Printed {
    /// For whom the output is.
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORM",
        help_heading = "Options"
    )]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pub wanted: Wanted,

    /// Also write the plan to this file, for "apply FILE".
    #[arg(long, value_name = "FILE", help_heading = "Options")]
    pub out: Option<PathBuf>,

    #[command(flatten)]
    pub printed: Printed,
}

#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// A plan written by "plan --out FILE". What has changed since then is not written.
    #[arg(
        value_name = "FILE",
        conflicts_with_all = CHOICES,
        conflicts_with = "same_as"
    )]
    pub file: Option<PathBuf>,

    #[command(flatten)]
    pub wanted: Wanted,

    /// Do not ask.
    #[arg(long, help_heading = "Options")]
    pub yes: bool,

    #[command(flatten)]
    pub printed: Printed,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub wanted: Wanted,

    /// Look at the whole account instead: every role that SageMaker may assume, every role with one of the two policies, under
    /// today's names and older ones, and every region; and what older set-ups have left behind.
    #[arg(
        long,
        conflicts_with_all = CHOICES,
        conflicts_with_all = ["same_as", "live", "nodes"],
        help_heading = "Options"
    )]
    pub all: bool,

    /// Also create a real activation with each SageMaker role and delete it at once: in REGION, or in your
    /// home region if it is among the regions, else in the first of them. The one thing that "check" ever writes.
    #[arg(long, value_name = "REGION", num_args = 0..=1, require_equals = true, help_heading = "Options")]
    pub live: Option<Option<String>>,

    /// Also look which hybrid nodes of the SageMaker roles are there, online or not, and whose they are by their tag SSHOwner:
    /// in all regions that are checked, or in these.
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 0.., require_equals = true, help_heading = "Options")]
    pub nodes: Option<Vec<String>>,

    #[command(flatten)]
    pub printed: Printed,
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The text of the error, or a part of it, in quotes; "-" reads it from standard input.
    pub text: Vec<String>,

    #[command(flatten)]
    pub wanted: Wanted,

    #[command(flatten)]
    pub printed: Printed,
}

#[derive(Debug, Args)]
pub struct GuideArgs {
    #[command(flatten)]
    pub wanted: Wanted,
}

#[derive(Debug, Args)]
pub struct UndoArgs {
    /// The run to put back, as "runs" lists it; without it the newest of this account that can be put back.
    pub run: Option<String>,

    /// Do not ask.
    #[arg(long, help_heading = "Options")]
    pub yes: bool,

    #[command(flatten)]
    pub printed: Printed,
}

#[derive(Debug, Args)]
pub struct RunsArgs {
    /// Show this run with each of its changes; "last" is the newest.
    pub run: Option<String>,

    #[command(flatten)]
    pub printed: Printed,
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The form of the file.
    pub format: Form,

    #[command(flatten)]
    pub wanted: Wanted,

    /// Write it into this folder instead of standard output.
    #[arg(long, value_name = "DIR", help_heading = "Options")]
    pub out: Option<PathBuf>,

    /// Replace the file there, if there is one.
    #[arg(long, requires = "out", help_heading = "Options")]
    pub force: bool,
}

/// What is printed for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// Printed by "plan", "plan --out" and "export json".
    Plan,
    /// Printed by "check".
    Check,
    /// Printed by "check --all".
    Audit,
    /// Printed by "explain".
    Explanation,
    /// A line of "apply" and "undo".
    Events,
    /// Printed by "runs".
    Runs,
    /// Printed by "runs RUN".
    Run,
}

/// The forms in which a plan can be handed over.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Form {
    /// For those who decide: everything in words, with every document (Markdown).
    Review,
    /// For those who connect afterwards: a sheet with their profile and first commands (Markdown).
    Users,
    /// For those who carry it out: a shell script of AWS CLI calls.
    Shell,
    /// For those who carry it out with Terraform.
    Terraform,
    /// For stacks and StackSets over many accounts and regions; without the trust policy.
    #[value(name = "cloudformation")]
    CloudFormation,
    /// The plan, with every document before and after.
    Json,
}

impl From<Form> for export::Form {
    fn from(form: Form) -> Self {
        match form {
            Form::Review => Self::Review,
            Form::Users => Self::Users,
            Form::Shell => Self::Shell,
            Form::Terraform => Self::Terraform,
            Form::CloudFormation => Self::CloudFormation,
            Form::Json => Self::Json,
        }
    }
}

/// The version, the commit, and how it was built.
fn long_version() -> String {
    let demo = if cfg!(feature = "demo") {
        "with"
    } else {
        "without"
    };
    format!(
        "{}\ncommit {}\nbuilt as {} for {} by {}, {demo} the demo account",
        env!("CARGO_PKG_VERSION"),
        env!("BUILD_COMMIT"),
        env!("BUILD_PROFILE"),
        env!("BUILD_TARGET"),
        env!("BUILD_COMPILER"),
    )
}

fn after_help() -> String {
    let demo = if cfg!(feature = "demo") {
        "  sagemaker-ssh-setup --demo           try it without an AWS account\n"
    } else {
        ""
    };
    let codes: Vec<String> = Exit::ALL
        .into_iter()
        .map(|exit| format!("  {:<5}{}", exit as u8, exit.meaning()))
        .collect();
    format!("{EXAMPLES}{demo}\nExit codes:\n{}", codes.join("\n"))
}

/// Reads the command line. Help and errors are printed here; then there is nothing to run.
///
/// # Errors
/// With the exit code to end with.
pub fn parse() -> Result<Cli, Exit> {
    Cli::try_parse().map_err(|error| {
        let is_error = error.use_stderr();
        // The error repeats arguments; with those as they can be shown it is the same.
        let shown = env::args_os().map(|argument| clean(&argument.to_string_lossy()));
        let error = Cli::try_parse_from(shown).err().unwrap_or(error);
        // Nobody reads it: then there is nobody to tell.
        let _ = error.print();
        if is_error { Exit::Usage } else { Exit::Done }
    })
}

/// Completions for a shell.
pub fn completions(shell: clap_complete::Shell) -> Vec<u8> {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
}

/// The manual pages, each with its file's name: the program's own, and one for each command.
///
/// # Errors
/// When a page cannot be made.
pub fn manual() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut program = Cli::command();
    // Options for every command stand on every page.
    program.build();
    let name = program.get_name().to_owned();
    let mut pages = vec![program.clone()];
    for command in program.get_subcommands() {
        let full = format!("{name}-{}", command.get_name());
        if command.get_name() != "help" {
            pages.push(command.clone().name(full.clone()).display_name(full));
        }
    }
    let page = |command: clap::Command| {
        let file = format!("{}.1", command.get_name());
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        Ok((file, page))
    };
    pages.into_iter().map(page).collect()
}

#[cfg(test)]
mod tests;
