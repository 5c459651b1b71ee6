//! A Markdown sheet for those who connect: what they install, their AWS profile, the first command, and what to look at when
//! it does not work (SageMaker SSH Helper's README and FAQ). Complete without the program at hand.

use crate::plan::SHARED_USER_ID;
use crate::plan::readiness::{Basis, Readiness, ReadinessLevel};
use crate::plan::{Plan, permission_set};
use crate::text::clean_lines;

/// The name of the profile that everything is written with.
pub const PROFILE: &str = "sagemaker-ssh";

/// The name of the profile that signs in to Identity Center, where that leads to a role.
const SIGN_IN: &str = "sagemaker-ssh-sign-in";

/// Prints one's user ID.
pub const WHO_AM_I: &str = "aws sts get-caller-identity --query UserId --output text";

/// Returns what a person with a role adds to `~/.aws/config`: for a role of Identity Center the form that signs in
/// there, for any other one the form that assumes it.
pub fn profile(plan: &Plan, role: &str) -> Vec<String> {
    let identity = &plan.identity;
    let region = plan.home_or_first_region();
    let mut lines = vec![format!("[profile {PROFILE}]")];
    if let Some(set) = permission_set::name(role) {
        lines.extend([
            "sso_session = YOUR-SSO-SESSION".to_owned(),
            format!("sso_account_id = {}", identity.account),
            format!("sso_role_name = {set}"),
        ]);
        lines.push(format!("region = {region}"));
        return lines;
    }
    let sets = permission_sets(plan, role);
    let source = if sets.is_empty() { "default" } else { SIGN_IN };
    lines.extend([
        format!("role_arn = {}", plan.role_arn(role)),
        "role_session_name = YOUR-NAME".to_owned(),
        format!("source_profile = {source}"),
        format!("region = {region}"),
    ]);
    if let Some(set) = sets.first() {
        lines.extend([
            String::new(),
            format!("[profile {SIGN_IN}]"),
            "sso_session = YOUR-SSO-SESSION".to_owned(),
            format!("sso_account_id = {}", identity.account),
            format!("sso_role_name = {set}"),
            format!("region = {region}"),
        ]);
    }
    lines
}

/// The permission sets whose roles may assume a role, where nobody else of the account may.
fn permission_sets<'a>(plan: &'a Plan, role: &str) -> Vec<&'a str> {
    let admitted = plan.facts.get(role).map(|facts| &facts.admitted);
    let people = admitted
        .into_iter()
        .flatten()
        .filter(|who| !who.is_service());
    let sets: Option<Vec<&str>> = people
        .map(|who| permission_set::name(who.principal.rsplit('/').next()?))
        .collect();
    sets.unwrap_or_default()
}

/// Returns whether a role's trust policy asks IAM users for their name as session name.
fn asks_for_user_name(plan: &Plan, role: &str) -> bool {
    let facts = plan.facts.get(role).into_iter();
    let mut admitted = facts.flat_map(|facts| &facts.admitted);
    admitted.any(|who| {
        let condition = who.condition.as_deref().unwrap_or_default();
        condition.contains("sts:RoleSessionName") && condition.contains("${aws:username}")
    })
}

/// Returns what has to be filled in there, and why.
pub fn about_profile(plan: &Plan, role: &str) -> Vec<&'static str> {
    if permission_set::name(role).is_some() {
        return vec![
            "YOUR-SSO-SESSION is the session that `aws configure sso` has made on your computer; `aws sso login --profile \
             sagemaker-ssh` signs in. Your session name is your user name there, always the same: nothing else is needed.",
        ];
    }
    let name = if asks_for_user_name(plan, role) {
        "YOUR-NAME is the name of your IAM user: the role's trust policy lets IAM users in under no other."
    } else {
        "YOUR-NAME is one name per person, always the same: without it each program gets another session name, and so \
         another user ID, and people lose their own nodes."
    };
    let sets = permission_sets(plan, role);
    let mut about = vec![name];
    if sets.is_empty() {
        about.push(
            "`source_profile` names the profile whose credentials may assume the role; where it is not `default`, write its \
             name.",
        );
    } else {
        about.push(
            "YOUR-SSO-SESSION is the session that `aws configure sso` has made on your computer; `aws sso login --profile \
             sagemaker-ssh-sign-in` signs in. A session with the role lasts at most one hour, because it begins with another \
             role; then connect again.",
        );
    }
    if sets.len() > 1 {
        about.push(
            "`sso_role_name` is one of several that may assume the role: write the name of your own permission set there.",
        );
    }
    about
}

/// The sheet, which begins with who cannot connect, where that is known and not nobody.
pub fn sheet(plan: &Plan, who: Option<(&Readiness, Basis)>) -> String {
    let identity = &plan.identity;
    let regions = plan.choices.regions.join(", ");
    let mut sheet = Sheet::default();
    sheet.say("# Connecting to SageMaker with SSH");
    sheet.say(&format!(
        "For those who connect to training jobs, endpoints, notebooks or Studio in the AWS account {}, in {regions}.",
        identity.account_label()
    ));
    if who.is_some_and(|(_, basis)| basis == Basis::Planned) {
        sheet.say("**Not set up yet:** all of this holds once the set-up was carried out.");
    }
    if let Some((readiness, basis)) = who.filter(|(who, _)| who.state != ReadinessLevel::Ready) {
        sheet.say(&format!("**{}**", readiness.headline(basis)));
        let obstacles = readiness.obstacles();
        let obstacles: Vec<_> = obstacles.iter().map(|text| format!("- {text}")).collect();
        sheet.say(&obstacles.join("\n"));
    }
    let has_profile = plan.choices.connect_from.uses_user_roles();
    sheet.say(if has_profile {
        "## Once, on your computer"
    } else {
        "## Once"
    });
    sheet.say(
        "Install SageMaker SSH Helper, and with its script the AWS CLI and the Session Manager plugin:",
    );
    sheet.block(
        "sh",
        &["pip install sagemaker-ssh-helper", "sm-local-configure"],
    );
    if plan.choices.connect_from.uses_user_roles() {
        for role in &plan.choices.user_roles {
            with_role(plan, role, &mut sheet);
        }
    }
    if plan.choices.connect_from.uses_studio() {
        from_studio(&mut sheet);
    }
    let region = plan.home_or_first_region();
    sheet.say("## The job");
    sheet.say("SageMaker SSH Helper has to be in it. Where a training job is submitted:");
    sheet.block(
        "python",
        &[
            "from sagemaker_ssh_helper.wrapper import SSHEstimatorWrapper",
            "",
            "estimator = PyTorch(..., dependencies=[SSHEstimatorWrapper.dependency_dir()])",
            "SSHEstimatorWrapper.create(estimator, connection_wait_time_seconds=600)",
            "estimator.fit(wait=False)",
        ],
    );
    sheet.say("and at the beginning of the training script:");
    sheet.block(
        "python",
        &[
            "import sagemaker_ssh_helper",
            "sagemaker_ssh_helper.setup_and_start_ssh()",
        ],
    );
    sheet.say(&format!(
        "Endpoints, processing jobs and notebooks have wrappers of their own: see the helper's README. The job has to run under \
         {}, and to be submitted with the credentials that you connect with: the node belongs to whoever submitted it.",
        one_of(&plan.choices.sagemaker_roles)
    ));
    for role in without_other_policies(plan) {
        sheet.say(&format!(
            "The role {role} is new, and has no policy yet by which jobs can be submitted. Ask whoever set the account up for one: a \
             node belongs to whoever submitted its job."
        ));
    }
    if has_profile {
        sheet.say(
            "Start Python with these set; a profile that is given to `boto3.Session` alone does not count.",
        );
        sheet.block("sh", &environment(region));
    }
    sheet.say(
        "On a notebook instance or in Studio as the server, `LOCAL_USER_ID` of the lifecycle configuration has to be the \
         UserId of your computer, as this prints it there:",
    );
    sheet.block("sh", &[WHO_AM_I]);
    sheet.say("## Is it right?");
    sheet.say(
        "Ask twice, in two terminals: the same line has to come both times, and it has to be the `SSHOwner` in the log of \
         the job.",
    );
    sheet.block("sh", &[WHO_AM_I]);
    sheet.say("## When it does not work");
    sheet.say(&format!(
        "- *AccessDeniedException* for `ssm:StartSession` or `ssm:SendCommand`: the node is not yours, or your user ID has \
         changed since the job was submitted. Ask for it twice, as above.\n\
         - *Enable advanced-instances tier*: you ask in another region than that of the job. Set both variables \
         to it, as `AWS_REGION={region} AWS_DEFAULT_REGION={region}`.\n\
         - *TargetNotConnected*: the container does not run any more, runs under another role, or cannot reach Systems \
         Manager; its log says which.\n\
         - Nothing of it helps: send the whole text of the error to whoever set the account up; `sagemaker-ssh-setup check` \
         says what is in place."
    ));
    sheet.text
}

/// The user roles that were made and may do nothing but connect.
fn without_other_policies(plan: &Plan) -> Vec<&str> {
    let new = plan.choices.asked_new_roles();
    let new = new
        .filter(|new| !new.is_sagemaker())
        .map(|new| new.name.as_str());
    let has_none = |role: &&str| {
        let facts = plan.facts.get(*role);
        facts.is_some_and(|facts| facts.other_policies.is_empty())
    };
    new.filter(has_none).collect()
}

fn with_role(plan: &Plan, role: &str, sheet: &mut Sheet) {
    let others = plan.choices.user_roles.len() > 1;
    let whose = if others { ", if that is yours" } else { "" };
    sheet.say(&format!("## With the role {role}{whose}"));
    sheet.say("Add this to `~/.aws/config`:");
    let lines = profile(plan, role);
    sheet.block("ini", &lines);
    for text in about_profile(plan, role) {
        sheet.say(text);
    }
    sheet.say(if plan.choices.regions.len() > 1 {
        "In each terminal, before anything else, with the region that the job runs in:"
    } else {
        "In each terminal, before anything else:"
    });
    sheet.block("sh", &environment(plan.home_or_first_region()));
    sheet.say("See what runs, and connect:");
    sheet.block(
        "sh",
        &["sm-ssh list", "sm-ssh connect NAME.training.sagemaker"],
    );
}

/// Returns what every command is given: the profile, and the region in both of its variables.
fn environment(region: &str) -> [String; 3] {
    [
        format!("export AWS_PROFILE={PROFILE}"),
        format!("export AWS_REGION={region}"),
        format!("export AWS_DEFAULT_REGION={region}"),
    ]
}

fn from_studio(sheet: &mut Sheet) {
    sheet.say("## From SageMaker Studio");
    sheet.say("No profile is needed: Studio runs under its execution role. In a terminal there:");
    sheet.block(
        "sh",
        &[
            "pip install sagemaker-ssh-helper",
            "sm-ssh list",
            "sm-ssh connect NAME.training.sagemaker",
        ],
    );
    sheet.say(SHARED_USER_ID);
}

fn one_of(roles: &[String]) -> String {
    match roles {
        [one] => format!("the role {one}"),
        more => format!("one of the roles {}", more.join(", ")),
    }
}

/// A Markdown text that grows.
#[derive(Default)]
struct Sheet {
    text: String,
}

impl Sheet {
    fn say(&mut self, paragraph: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(&clean_lines(paragraph));
        self.text.push('\n');
    }

    fn block(&mut self, language: &str, lines: &[impl AsRef<str>]) {
        let lines: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
        self.say(&format!("```{language}\n{}\n```", lines.join("\n")));
    }
}
