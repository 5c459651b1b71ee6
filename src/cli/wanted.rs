//! The options that say what is wanted in the account.

use clap::Args;

use super::{CHOICES, Place};

/// What is wanted in the account.
#[derive(Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "What is wanted")]
pub struct Wanted {
    /// A role that SageMaker runs under, by name or ARN; may be given several times, or several with commas between.
    #[arg(long = "sagemaker-role", value_name = "ROLE")]
    pub sagemaker_roles: Vec<String>,

    /// A role that people have when they connect, by name or ARN; may be given several times, or several with commas between.
    #[arg(long = "user-role", value_name = "ROLE")]
    pub user_roles: Vec<String>,

    /// Regions in which people will connect, with commas between; may be given several times.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub regions: Vec<String>,

    /// Where people connect from [default: laptop].
    #[arg(long, value_enum, value_name = "PLACE")]
    pub connect_from: Option<Place>,

    /// Add account and source conditions to the new trust statement.
    #[arg(long)]
    pub harden_trust: bool,

    /// Also allow plain Session Manager shells.
    #[arg(long)]
    pub shell_access: bool,

    #[command(flatten)]
    pub new: WantedNewRoles,

    /// Want the same as in an earlier run: its ID, or "last".
    #[arg(
        long,
        value_name = "RUN",
        conflicts_with_all = CHOICES,
        help_heading = "What is wanted"
    )]
    pub same_as: Option<String>,
}

/// Roles that are to be made.
#[derive(Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Roles to be made")]
pub struct WantedNewRoles {
    /// A role of this name that is to be made for SageMaker to run under; may be given several times. It gets
    /// AmazonSageMakerFullAccess, as the console's execution roles do.
    #[arg(
        id = "new_sagemaker_roles",
        long = "new-sagemaker-role",
        value_name = "NAME"
    )]
    pub sagemaker_roles: Vec<String>,

    /// A role of this name that is to be made for people who connect; may be given several times. Needs --assumed-by.
    #[arg(
        id = "new_user_roles",
        long = "new-user-role",
        value_name = "NAME",
        requires = "assumed_by"
    )]
    pub user_roles: Vec<String>,

    /// Who may assume the new user roles: the ARN of an IAM user or role of this account, one of Identity Center's included,
    /// or "account" for everybody whom IAM lets, who then need sts:AssumeRole in a policy of their own; may be given several
    /// times.
    #[arg(long, value_name = "ARN", requires = "new_user_roles")]
    pub assumed_by: Vec<String>,

    /// IAM users who assume the new user roles have to name their session after themselves, which keeps their hybrid nodes
    /// theirs.
    #[arg(long, requires = "new_user_roles")]
    pub own_session_names: bool,

    /// Do not attach AmazonSageMakerFullAccess to the new SageMaker roles: no job runs under them before somebody gives them
    /// what their jobs need.
    #[arg(long, requires = "new_sagemaker_roles")]
    pub without_full_access: bool,

    /// The permissions boundary of the new roles, where the organization demands one.
    #[arg(long, value_name = "ARN")]
    pub permissions_boundary: Option<String>,
}
