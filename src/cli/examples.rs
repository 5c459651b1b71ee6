//! Examples for the help of each command.

pub(super) const PLAN_EXAMPLES: &str = "Examples:
  sagemaker-ssh-setup plan --sagemaker-role MySageMakerRole \\
      --user-role DataScientist --regions eu-west-1
  sagemaker-ssh-setup plan --sagemaker-role MySageMakerRole \\
      --connect-from studio --regions eu-west-1,us-east-1 --out plan.json";

pub(super) const APPLY_EXAMPLES: &str = "Examples:
  sagemaker-ssh-setup apply --sagemaker-role MySageMakerRole \\
      --user-role DataScientist --regions eu-west-1
  sagemaker-ssh-setup apply --new-sagemaker-role Training \
      --new-user-role Connect --regions eu-west-1 \
      --assumed-by arn:aws:iam::123456789012:user/jane
  sagemaker-ssh-setup apply plan.json --yes --output json
  sagemaker-ssh-setup apply --same-as last   (after a run that was cut off)";

pub(super) const CHECK_EXAMPLES: &str = "Examples:
  sagemaker-ssh-setup check --sagemaker-role MySageMakerRole \\
      --user-role DataScientist --regions eu-west-1
  sagemaker-ssh-setup check --same-as last --output json
  sagemaker-ssh-setup check --same-as last --live=eu-west-1
  sagemaker-ssh-setup check --same-as last --nodes
  sagemaker-ssh-setup check --all";

pub(super) const EXPLAIN_EXAMPLES: &str = "Examples:
  sagemaker-ssh-setup explain \"An error occurred (TargetNotConnected) when calling ...\"
  sagemaker-ssh-setup explain - < job.log
  sagemaker-ssh-setup explain \"AccessDeniedException ... ssm:StartSession\" --same-as last";

pub(super) const GUIDE_EXAMPLES: &str = "Examples:
  sagemaker-ssh-setup guide                  (asks for roles and regions first)
  sagemaker-ssh-setup guide --sagemaker-role MySageMakerRole \\
      --user-role DataScientist --regions eu-west-1";

pub(super) const UNDO_EXAMPLES: &str = "Examples:
  sagemaker-ssh-setup undo                   (the newest run of this account)
  sagemaker-ssh-setup undo 20240131-101010 --yes";

pub(super) const RUNS_EXAMPLES: &str = "Examples:
  sagemaker-ssh-setup runs
  sagemaker-ssh-setup runs last --output json";

pub(super) const EXPORT_EXAMPLES: &str = "Example:
  sagemaker-ssh-setup export review --sagemaker-role MySageMakerRole \\
      --user-role DataScientist --regions eu-west-1 --out handover";

pub(super) const SCHEMA_EXAMPLES: &str = "Example:
  sagemaker-ssh-setup schema plan > plan.schema.json";

pub(super) const COMPLETIONS_EXAMPLES: &str = "Example:
  sagemaker-ssh-setup completions bash > \\
      ~/.local/share/bash-completion/completions/sagemaker-ssh-setup";

pub(super) const MAN_EXAMPLES: &str = "Example:
  sagemaker-ssh-setup man ~/.local/share/man/man1";

pub(super) const EXAMPLES: &str = "Examples:
  sagemaker-ssh-setup                  set up the account of your current AWS credentials
  sagemaker-ssh-setup --profile prod   the same with another profile
";
