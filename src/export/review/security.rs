//! What somebody has to know who answers for the account: what a session is worth, what the permissions allow beyond it, who
//! shares what, what each statement is for, and what is logged.

use serde_json::Value;

use super::{Page, cell, plain};
use crate::model::new_role::FULL_ACCESS;
use crate::plan::{Change, Content, Plan, RoleFacts, SHARED_USER_ID, Target};
use crate::policy::Document;
use crate::policy::deviation::{self, lacking};
use crate::policy::meaning::strings;
use crate::policy::same::contains_statement;
use crate::policy::template::RolePolicy;

/// What a session can do: whoever opens one is root in the container.
pub(super) fn worth(plan: &Plan, page: &mut Page) {
    page.line(
        "Whoever opens a session has a shell as root in the container, and with it the credentials of the SageMaker role for as \
         long as they hold: a session is worth what that role may do.",
    );
    for role in &plan.choices.sagemaker_roles {
        page.line("");
        let Some(facts) = plan.facts.get(role) else {
            page.line(&format!(
                "- {}: its other policies could not be read.",
                plain(role)
            ));
            continue;
        };
        let others = if facts.other_policies.is_empty() {
            "it has no other policies".to_owned()
        } else {
            format!("its other policies are {}", facts.other_policies.join(", "))
        };
        page.line(&format!("- {}: {}.", plain(role), plain(&others)));
    }
    page.line("");
    page.line(
        "The other way round, code that runs under a SageMaker role may create activations (`ssm:CreateActivation`) and hand the \
         role to Systems Manager (`iam:PassRole` on itself). With an activation any machine, also one outside of AWS, can be \
         registered as a hybrid node, and gets the role's credentials, renewed for as long as it stays registered. What limits \
         it: by the server policy the role can hand over itself alone, and to Systems Manager alone, so that nothing is gained that the code does not \
         have already, but time. What detects it: `CreateActivation` and `RegisterManagedInstance` in CloudTrail, and nodes in \
         Fleet Manager that belong to no job. What ends it: deregistering the node, and deleting the activation.",
    );
}

/// Who shares sessions, beyond what the policies keep apart.
pub(super) fn sharing(plan: &Plan, page: &mut Page) {
    if plan.choices.connect_from.uses_studio() {
        page.line("");
        page.line(&format!("**From SageMaker Studio:** {SHARED_USER_ID}"));
    }
    if plan.choices.connect_from.uses_user_roles() {
        for role in &plan.choices.user_roles {
            page.line("");
            page.line(&format!(
                "- {}: {}",
                plain(role),
                plain(&session_names(plan.facts.get(role)))
            ));
        }
    }
}

fn session_names(facts: Option<&RoleFacts>) -> String {
    let Some(facts) = facts else {
        return "its trust policy could not be read.".to_owned();
    };
    if let Some(conditions) = facts.session_name_conditions() {
        return format!(
            "its trust policy has conditions on the name of the session: {}. Whether they give each person another name has to \
             be read there.",
            conditions.join(", ")
        );
    }
    let principals = facts.admitted.iter();
    let principals: Vec<&str> = principals
        .map(|admitted| admitted.principal.as_str())
        .collect();
    format!(
        "may be assumed by {}; its trust policy does not fix the name of the session, so that whoever may assume it chooses that \
         name, and could choose somebody else's.",
        principals.join(", ")
    )
}

/// The two options, chosen or not.
pub(super) fn options(plan: &Plan, page: &mut Page) {
    page.line(if plan.choices.harden_trust {
        "**Hardened trust** is chosen: the new statement lets Systems Manager assume the role only on behalf of this account \
         (`aws:SourceAccount`, `aws:SourceArn`)."
    } else {
        "**Hardened trust** is not chosen: the new statement has no condition, so that Systems Manager may assume the role whichever \
         account it acts for. The hardened form has the conditions `aws:SourceAccount` and `aws:SourceArn` (`--harden-trust`)."
    });
    page.line("");
    page.line(if plan.choices.shell_access {
        "**Shell access** is chosen: people may also open plain Session Manager shells to their own nodes \
         (`ssm:StartSession` on the document SSM-SessionManagerRunShell)."
    } else {
        "**Shell access** is not chosen: sessions are SSH alone (`--shell-access` adds plain Session Manager shells)."
    });
}

/// A row for each statement that is written: for whom, what, on what, under which condition, why.
pub(super) fn statements(plan: &Plan, page: &mut Page) {
    page.line("| who | what | on what | condition | why, and why no narrower |");
    page.line("|---|---|---|---|---|");
    for (item, change) in plan.changes() {
        if let Target::FullAccess { role } = &item.target {
            page.line(&format!(
                "| jobs under {} | `{FULL_ACCESS}`, a managed policy of AWS's | as AWS has it: nearly everything in SageMaker, buckets \
                 with sagemaker in the name, images, logs; `iam:PassRole` of every role to SageMaker | as AWS has it | jobs need their \
                 data, image and log; a policy of your own can be narrower |",
                cell(role)
            ));
            continue;
        }
        let text = match &item.target {
            // Of a role that is made, its trust policy is what allows something.
            Target::Role { .. } => super::trust_of_new(change),
            _ => change.after_text().map(str::to_owned),
        };
        let Ok(after) = Document::parse(text.unwrap_or_default()) else {
            continue;
        };
        let before = change
            .before_text()
            .and_then(|text| Document::parse(text).ok());
        let (who, written) = match &item.target {
            Target::Tier { .. } | Target::FullAccess { .. } => continue,
            Target::Role { role } => {
                let all: Vec<_> = after.statements().into_iter().cloned().collect();
                (format!("those who may assume {role}"), all)
            }
            // One statement is added.
            Target::Trust { role } => {
                let before = before.as_ref().map(Document::statements);
                let before = before.unwrap_or_default();
                let added = after.statements().into_iter();
                let added = added
                    .filter(|statement| !contains_statement(before.iter().copied(), statement));
                (
                    format!("Systems Manager, of {role}"),
                    added.cloned().collect(),
                )
            }
            Target::Policy { role, policy } => {
                let who = match policy {
                    RolePolicy::Server => "containers under",
                    RolePolicy::Client => "people with",
                };
                let all: Vec<_> = after.statements().into_iter().cloned().collect();
                (format!("{who} {role}"), all)
            }
        };
        for statement in written {
            let text = |key: &str| code_list(&strings(statement.get(key)));
            let condition = statement
                .get("Condition")
                .map_or_else(String::new, Value::to_string);
            let condition = if condition.is_empty() {
                "none".to_owned()
            } else {
                format!("`{}`", cell(&condition))
            };
            page.line(&format!(
                "| {} | {} | {} | {condition} | {} |",
                cell(&who),
                text("Action"),
                if statement.contains_key("Resource") {
                    text("Resource")
                } else {
                    "the role".to_owned()
                },
                why(&statement)
            ));
        }
    }
}

fn code_list(texts: &[&str]) -> String {
    let texts: Vec<String> = texts
        .iter()
        .map(|text| format!("`{}`", cell(text)))
        .collect();
    texts.join(", ")
}

/// Why a statement is needed, and why it is no narrower (SageMaker SSH Helper's documentation; the service authorization
/// reference for actions that know no resource).
fn why(statement: &deviation::Statement) -> &'static str {
    let actions = strings(statement.get("Action"));
    let resources = strings(statement.get("Resource"));
    let has = |action: &str| actions.contains(&action);
    let on = |part: &str| resources.iter().any(|resource| resource.contains(part));
    let services = statement
        .get("Principal")
        .and_then(|who| who.get("Service"));
    if has("sts:AssumeRole") && strings(services).contains(&"sagemaker.amazonaws.com") {
        "lets SageMaker run jobs under the new role"
    } else if has("sts:AssumeRole") && services.is_none() {
        "lets people have the new role when they connect; whom, was chosen"
    } else if has("sts:AssumeRole") {
        "lets Systems Manager act as the role for its nodes"
    } else if has("iam:PassRole") {
        "hands this very role to Systems Manager when the container registers; this role and this service alone"
    } else if has("ssm:AddTagsToResource") {
        "tags the registration with its owner; Systems Manager takes the tags of an activation as those of the role"
    } else if has("ssm:CreateActivation") {
        "registers the container, and lets the agent ask and answer; these actions know no resource to name, but for \
         `ssm:ListInstanceAssociations`, which could name managed instances and here lists the associations of any"
    } else if has("ssm:UpdateInstanceInformation") {
        "reports that the node is alive; only nodes that have an owner"
    } else if on("AWS-RunShellScript") {
        "puts the person's SSH key on the node; commands run as root there, on the nodes that the statement for nodes allows"
    } else if on("SSM-SessionManagerRunShell") {
        "a plain shell; chosen as an option"
    } else if on("AWS-StartSSHSession") {
        "opens the tunnel for SSH; the document alone, on the nodes that the statement for nodes allows"
    } else if on("managed-instance") {
        "sessions and commands on nodes whose owner is the caller, and on no others"
    } else if has("ssm:TerminateSession") {
        "ends sessions, one's own alone"
    } else if has("logs:StartQuery") {
        "looks for the node's ID in the logs of SageMaker, and in no others"
    } else if resources == ["*"] {
        "reads which nodes there are and what came of commands; these actions know no resource to name, but for \
         `ssm:ListTagsForResource`, which could name managed instances and here reads the tags of anything in Systems Manager. \
         Whoever knows the IDs of somebody else's command and node can read its output"
    } else {
        "part of the helper's policy"
    }
}

/// What is in a document now, and is not in the one that replaces it; each by name.
pub(super) fn gone(change: &Change) -> Vec<String> {
    let parsed = |content: &Content| Document::parse(content.text()?).ok();
    let (Some(before), Some(after)) = (parsed(&change.before()), parsed(&change.after())) else {
        return Vec::new();
    };
    let statements: Vec<deviation::Statement> = before.statements().into_iter().cloned().collect();
    lacking(&after, &statements)
        .into_iter()
        .map(deviation::name)
        .collect()
}

/// What CloudTrail has, and what it has not.
pub(super) fn logged(page: &mut Page) {
    page.line(
        "CloudTrail has `StartSession`, `ResumeSession`, `TerminateSession` and `SendCommand` with the caller, the node and the \
         document. What is typed in a session is not logged: Session Manager logs no sessions that go through SSH or port \
         forwarding.",
    );
    page.line("");
    page.line(
        "To watch: `CreateActivation` and `RegisterManagedInstance` outside of the running time of jobs; `AddTagsToResource` and \
         `RemoveTagsFromResource` on managed instances; `UpdateServiceSetting` and `ResetServiceSetting` on the activation tier; \
         `UpdateAssumeRolePolicy`, `PutRolePolicy`, `DeleteRolePolicy`, `AttachRolePolicy`, `DetachRolePolicy` and `DeleteRole` on \
         these roles.",
    );
}
