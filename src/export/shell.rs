//! A POSIX shell script of AWS CLI calls that does exactly the plan. The part that is the same for every plan is
//! `assets/export/driver.sh`; here are the changes, each as a few functions.

use std::fmt::Write;

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Value, json};

use crate::model::new_role::{FULL_ACCESS, TAG};
use crate::model::region::{ACTIVATION_TIER, activation_tier_arn};
use crate::plan::role_document::full_access_arn;
use crate::plan::{Change, Content, Item, Plan, RoleDocument, State, Target};
use crate::text::counted;
use crate::text::shell_quoted as quoted;

const DRIVER: &str = include_str!("../../assets/export/driver.sh");

/// The script.
///
/// # Errors
/// Only when serialisation fails, which no plan causes.
pub(super) fn script(plan: &Plan) -> Result<String, serde_json::Error> {
    let changes: Vec<(&Item, &Change)> = plan.changes().collect();
    let mut out = head(plan, changes.len());
    for (number, (item, change)) in changes.iter().enumerate() {
        out.push_str(&functions(plan, number + 1, item, change)?);
    }
    out.push_str(DRIVER);
    Ok(out)
}

fn head(plan: &Plan, changes: usize) -> String {
    let numbers = |numbers: &mut dyn Iterator<Item = usize>| {
        let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
        numbers.join(" ")
    };
    let mut lines = vec![
        "#!/bin/sh".to_owned(),
        format!(
            "# Prepares the AWS account {} for SageMaker SSH Helper: {}, planned with sagemaker-ssh-setup {}.",
            plan.identity.account,
            counted(changes, "change"),
            env!("CARGO_PKG_VERSION")
        ),
        format!("# The plan: {}", super::fingerprint(plan)),
        "#".to_owned(),
        "# It shows what it would do and asks. It refuses when anything is no longer as it was planned, reads back"
            .to_owned(),
        "# everything that it writes, and does nothing twice. --help lists its options.".to_owned(),
        "#".to_owned(),
        "# Needs a POSIX shell and the AWS CLI, signed in to the account.".to_owned(),
        "# Exit codes: 0 done or nothing to do, 1 failed or refused and nothing written, 2 there is something to write"
            .to_owned(),
        "# (--check), 3 partly written or put back, 5 all of this script is written and something is not part of it, 64 wrong"
            .to_owned(),
        "# usage, 130 interrupted.".to_owned(),
        "#".to_owned(),
        "# For whoever carries the changes out; review.md is for whoever decides about them.".to_owned(),
    ];
    for item in &plan.items {
        if let State::Blocked { reason, remedy, .. } = &item.state {
            lines.push("#".to_owned());
            lines.push(format!(
                "# NOT PART OF THIS SCRIPT: {}",
                comment(&item.target.to_string())
            ));
            lines.push(format!("# {}", comment(&format!("{reason} {remedy}"))));
        }
    }
    lines.extend([
        // Directives of shellcheck; both things are meant.
        "#".to_owned(),
        "# Functions are called by name and number; documents keep their dollar signs.".to_owned(),
        "# shellcheck disable=SC2016,SC2317,SC2329".to_owned(),
        "set -u".to_owned(),
        "# What changes how the AWS CLI prints and asks, versions 1 and 2, and how Git Bash hands paths over.".to_owned(),
        "AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off AWS_DEFAULT_OUTPUT=json AWS_CLI_FILE_ENCODING=UTF-8".to_owned(),
        "PYTHONUTF8=1 PYTHONIOENCODING=utf-8 MSYS_NO_PATHCONV=1 MSYS2_ARG_CONV_EXCL='*'".to_owned(),
        "export AWS_PAGER AWS_CLI_AUTO_PROMPT AWS_DEFAULT_OUTPUT AWS_CLI_FILE_ENCODING".to_owned(),
        "export PYTHONUTF8 PYTHONIOENCODING MSYS_NO_PATHCONV MSYS2_ARG_CONV_EXCL".to_owned(),
        String::new(),
        format!("ACCOUNT={}", quoted(&plan.identity.account)),
        format!("REGION={}", quoted(&plan.identity.home_region)),
        format!("SETTING={}", quoted(ACTIVATION_TIER)),
        format!("ITEMS={}", quoted(&numbers(&mut (1..=changes)))),
        format!("UNDO_ITEMS={}", quoted(&numbers(&mut (1..=changes).rev()))),
    ]);
    lines.extend(not_part(plan));
    lines.join("\n") + "\n"
}

/// Returns how many things the script leaves out, and the function that says which.
fn not_part(plan: &Plan) -> Vec<String> {
    let blocked = plan.items.iter().filter_map(|item| match &item.state {
        State::Blocked { reason, .. } => Some(format!("  {}: {reason}", item.target)),
        State::Change(_) | State::InPlace(_) => None,
    });
    let blocked: Vec<String> = blocked.map(|text| quoted(&comment(&text))).collect();
    let mut lines = vec![
        format!("NOT_PART={}", blocked.len()),
        String::new(),
        "not_part() {".to_owned(),
    ];
    if blocked.is_empty() {
        lines.push("    :".to_owned());
    }
    let print = |text: &String| format!("    printf '%s\\n' {text}");
    lines.extend(blocked.iter().map(print));
    lines.push("}".to_owned());
    lines
}

/// Returns what one change is called, what is there before and after it as the AWS CLI prints it, and the calls that
/// make it and put it back.
fn functions(
    plan: &Plan,
    number: usize,
    item: &Item,
    change: &Change,
) -> Result<String, serde_json::Error> {
    let target = &item.target;
    let back = change.clone().reversed();
    // The script is no run: a role that it makes names the plan.
    let after = change.after_run(&super::fingerprint(plan));
    let value = |text: &str| format!("printf '%s' {}", quoted(text));
    let mut out = String::new();
    for (name, body) in [
        ("name", value(change.sentence().trim_end_matches('.'))),
        ("undo_name", value(back.sentence().trim_end_matches('.'))),
        ("needs", needs(plan, target)),
        ("before", value(&shown(target, &change.before())?)),
        ("after", value(&shown(target, &after)?)),
        ("read", reading(plan, target)),
        ("do", writing(plan, target, &after)),
        ("undo", writing(plan, target, &change.before())),
    ] {
        // Writing to a string cannot fail.
        let _ = write!(out, "\n{name}_{number}() {{\n    {body}\n}}\n");
    }
    Ok(out)
}

/// The change that makes the role of a target, by number; none of others.
fn making(plan: &Plan, target: &Target) -> Option<usize> {
    let role = target.role()?.to_owned();
    let made = Target::Role { role };
    let mut changes = plan.changes();
    let place = changes.position(|(item, _)| item.target == made)?;
    (made != *target).then_some(place + 1)
}

/// Says which change has to be there before this one is made.
fn needs(plan: &Plan, target: &Target) -> String {
    making(plan, target).map_or_else(|| ":".to_owned(), |number| format!("printf '%s' {number}"))
}

/// The queries for the inline and the attached policies of a role that are no changes of this plan.
fn policies_of_others(plan: &Plan, role: &str) -> (String, String) {
    let changed: Vec<&Target> = plan
        .changes()
        .map(|(item, _)| &item.target)
        .filter(|target| target.role() == Some(role))
        .collect();
    let ours: Vec<String> = changed
        .iter()
        .filter_map(|target| match target {
            Target::Policy { policy, .. } => Some(format!("@!='{policy}'")),
            _ => None,
        })
        .collect();
    let inline = if ours.is_empty() {
        "PolicyNames".to_owned()
    } else {
        format!("PolicyNames[?{}]", ours.join(" && "))
    };
    let has_full_access = changed
        .iter()
        .any(|target| matches!(target, Target::FullAccess { .. }));
    let attached = if has_full_access {
        format!("AttachedPolicies[?PolicyName!='{FULL_ACCESS}'].PolicyArn")
    } else {
        "AttachedPolicies[].PolicyArn".to_owned()
    };
    (inline, attached)
}

/// The call that reads what is there.
fn reading(plan: &Plan, target: &Target) -> String {
    match target {
        Target::Tier { region } => format!("read_tier {}", quoted(region)),
        Target::Role { role } => {
            let (inline, attached) = policies_of_others(plan, role);
            format!(
                "read_role {} {} {}",
                quoted(role),
                quoted(&inline),
                quoted(&attached)
            )
        }
        Target::FullAccess { role } => format!("read_attached {}", quoted(role)),
        Target::Trust { role } => format!("read_trust {}", quoted(role)),
        Target::Policy { role, policy } => {
            let call = if making(plan, target).is_some() {
                "read_policy_of_new"
            } else {
                "read_policy"
            };
            format!("{call} {} {}", quoted(role), quoted(policy.name()))
        }
    }
}

/// The call after which this is there.
fn writing(plan: &Plan, target: &Target, content: &Content) -> String {
    let join = |words: &[&str]| words.join(" \\\n        ");
    let iam = |call: &str, role: &str| {
        format!(
            "aws iam {call} --region \"$REGION\" --role-name={}",
            quoted(role)
        )
    };
    let document = |text: &str| format!("--policy-document={}", quoted(text));
    match (target, content) {
        (Target::Tier { region }, content) => {
            let (partition, account) = (&plan.identity.partition, &plan.identity.account);
            let arn = activation_tier_arn(partition, region, account);
            let (call, value) = match content {
                Content::Text(value) => (
                    "update-service-setting",
                    format!(" --setting-value {}", quoted(value)),
                ),
                Content::Default(_) | Content::Absent => ("reset-service-setting", String::new()),
            };
            join(&[
                &format!("aws ssm {call} --region {}", quoted(region)),
                &format!("--setting-id {}{value}", quoted(&arn)),
            ])
        }
        (Target::Role { role }, content) => {
            let Some(made) = content.text().and_then(RoleDocument::parse) else {
                return iam("delete-role", role);
            };
            let boundary = made
                .permissions_boundary
                .as_ref()
                .map(|arn| format!("--permissions-boundary={}", quoted(arn)));
            let words = [
                iam("create-role", role),
                format!(
                    "--path={} --description={}",
                    quoted(&made.path),
                    quoted(&made.description)
                ),
                format!(
                    "--tags {}",
                    quoted(&format!(
                        "Key={TAG},Value={}",
                        made.maker().unwrap_or_default()
                    ))
                ),
                format!("--assume-role-policy-document={}", quoted(&made.trust())),
            ];
            let words: Vec<String> = words.into_iter().chain(boundary).collect();
            join(&words.iter().map(String::as_str).collect::<Vec<_>>())
        }
        (Target::FullAccess { role }, content) => {
            let call = match content {
                Content::Absent => "detach-role-policy",
                Content::Text(_) | Content::Default(_) => "attach-role-policy",
            };
            let arn = full_access_arn(&plan.identity.partition);
            join(&[&iam(call, role), &format!("--policy-arn={}", quoted(&arn))])
        }
        (Target::Trust { role }, content) => join(&[
            &iam("update-assume-role-policy", role),
            &document(content.text().unwrap_or_default()),
        ]),
        (Target::Policy { role, policy }, Content::Absent) => join(&[
            &iam("delete-role-policy", role),
            &format!("--policy-name={}", quoted(policy.name())),
        ]),
        (Target::Policy { role, policy }, content) => join(&[
            &iam("put-role-policy", role),
            &format!("--policy-name={}", quoted(policy.name())),
            &document(content.text().unwrap_or_default()),
        ]),
    }
}

/// Returns what the AWS CLI prints for it: documents laid out with four blanks.
fn shown(target: &Target, content: &Content) -> Result<String, serde_json::Error> {
    let Some(text) = content.text() else {
        return Ok("(none)".to_owned());
    };
    if let Target::Tier { .. } | Target::FullAccess { .. } = target {
        return Ok(text.to_owned());
    }
    let value = match (target, RoleDocument::parse(text)) {
        (Target::Role { .. }, Some(role)) => as_read(&role),
        _ => serde_json::from_str(text)?,
    };
    let mut bytes = Vec::new();
    let formatter = PrettyFormatter::with_indent(b"    ");
    value.serialize(&mut Serializer::with_formatter(&mut bytes, formatter))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A role as `read_role` prints it.
fn as_read(role: &RoleDocument) -> Value {
    json!({
        "Role": {
            "Path": role.path,
            "Description": role.description,
            "AssumeRolePolicyDocument": role.assume_role_policy_document,
            "PermissionsBoundary": role.permissions_boundary,
            "MadeBy": role.maker(),
        },
        "InlinePolicies": role.inline_policies,
        "AttachedPolicies": role.attached_policies,
    })
}

/// One line of a comment.
fn comment(text: &str) -> String {
    crate::text::clean(text)
}
