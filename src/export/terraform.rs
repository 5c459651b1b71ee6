//! The plan for Terraform's AWS provider. What Terraform cannot express without owning more than the plan changes is said
//! in the file.

use std::fmt::Write;

use crate::model::RoleArn;
use crate::model::new_role::TAG;
use crate::model::region::activation_tier_arn;
use crate::plan::{Change, Content, Plan, RoleDocument, State, Target};
use crate::policy::document::pretty;
use crate::text::counted;
use crate::text::{clean, clean_json};

/// Ends a document; no line of JSON can be this word.
const END: &str = "END_OF_DOCUMENT";

/// The file.
pub(super) fn configuration(plan: &Plan) -> String {
    let mut out = head(plan);
    providers(plan, &mut out);
    for (number, (item, change)) in plan.changes().enumerate() {
        resource(plan, number + 1, &item.target, change, &mut out);
    }
    out
}

fn head(plan: &Plan) -> String {
    let changes: Vec<_> = plan.changes().collect();
    let has = |wanted: fn(&Target) -> bool| changes.iter().any(|(item, _)| wanted(&item.target));
    let mut lines = vec![
        format!(
            "Prepares the AWS account {} for SageMaker SSH Helper: {}, planned with sagemaker-ssh-setup {}.",
            plan.identity.account,
            counted(changes.len(), "change"),
            env!("CARGO_PKG_VERSION")
        ),
        format!("The plan: {}", super::fingerprint(plan)),
        String::new(),
        "  terraform init".to_owned(),
        "  terraform plan     has to show nothing to destroy, and of roles that are there a new trust policy alone".to_owned(),
        "  terraform apply".to_owned(),
        String::new(),
        "From then on Terraform owns what stands here. To take it back:".to_owned(),
        String::new(),
    ];
    let roles = changes.iter().enumerate();
    let roles = roles.filter_map(|(number, (item, _))| match &item.target {
        Target::Trust { role } => Some(role_label(number + 1, role)),
        Target::Tier { .. }
        | Target::Role { .. }
        | Target::FullAccess { .. }
        | Target::Policy { .. } => None,
    });
    lines.extend(roles.map(|label| format!("  terraform state rm aws_iam_role.{label}")));
    lines.extend([
        "  terraform destroy".to_owned(),
        String::new(),
        "That deletes the inline policies and the roles that are made here, and resets the tiers to the default, standard."
            .to_owned(),
        "A policy or a tier that was another one before is put back by hand: review.md of the same export has it.".to_owned(),
    ]);
    if has(|target| matches!(target, Target::Trust { .. })) {
        lines.extend([
            "Roles that are there are protected and keep the trust policy that they have then, so that Terraform has to let go of"
                .to_owned(),
            "them first; review.md has the former one.".to_owned(),
        ]);
    }
    lines.extend([
        String::new(),
        "For whoever carries the changes out; review.md is for whoever decides about them."
            .to_owned(),
    ]);
    if has(|target| matches!(target, Target::Trust { .. })) {
        lines.extend([
            String::new(),
            "What Terraform cannot do: it has no resource for a trust policy alone. The role itself is imported, with"
                .to_owned(),
            "everything ignored but its trust policy, and protected from being destroyed. Its trust policy is the whole"
                .to_owned(),
            "document below: what others add to it later, Terraform takes away again. Where another configuration manages"
                .to_owned(),
            "the role, leave the import and the role out here and add the last statement there.".to_owned(),
        ]);
    }
    if has(|target| matches!(target, Target::Role { .. })) {
        lines.extend([
            String::new(),
            "A role that is made here belongs to Terraform: what others change in its trust policy, Terraform changes back, and"
                .to_owned(),
            "terraform destroy deletes the role, whoever uses it by then.".to_owned(),
        ]);
    }
    if has(is_policy) {
        lines.extend([
            String::new(),
            "Where another configuration owns a role's inline policies as a whole (inline_policy blocks of aws_iam_role, or"
                .to_owned(),
            "aws_iam_role_policies_exclusive), it takes away at its next apply what is written here, or the two differ for"
                .to_owned(),
            "ever. Then leave aws_iam_role_policy out here, and add the policy there: as another inline_policy block, or as"
                .to_owned(),
            "a resource of its own whose name stands in policy_names.".to_owned(),
        ]);
    }
    if changes.iter().any(|(_, change)| change.replaces()) {
        lines.extend([
            String::new(),
            "An inline policy that is there with other contents is imported and replaced; Terraform does not put it back."
                .to_owned(),
        ]);
    }
    for item in &plan.items {
        if let State::Blocked { reason, remedy, .. } = &item.state {
            lines.push(String::new());
            lines.push(clean(&format!("NOT PART OF THIS FILE: {}", item.target)));
            lines.push(clean(&format!("{reason} {remedy}")));
        }
    }
    let mut out = String::new();
    for line in lines {
        out.push_str(format!("# {line}").trim_end());
        out.push('\n');
    }
    out
}

fn is_policy(target: &Target) -> bool {
    matches!(target, Target::Policy { .. })
}

/// The provider of the account, and one for each region with a tier.
fn providers(plan: &Plan, out: &mut String) {
    let account = quoted(&plan.identity.account);
    out.push_str(
        "
terraform {
  required_version = \">= 1.5\"
  required_providers {
    aws = {
      source  = \"hashicorp/aws\"
      version = \">= 5.0\"
    }
  }
}
",
    );
    let mut provider = |alias: &str, region: &str| {
        let region = quoted(region);
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "\nprovider \"aws\" {{\n{alias}  region              = {region}\n  allowed_account_ids = [{account}]\n}}\n"
        );
    };
    provider("", &plan.identity.home_region);
    for (item, _) in plan.changes() {
        if let Target::Tier { region } = &item.target {
            let alias = format!("  alias               = \"{}\"\n", word(region));
            provider(&alias, region);
        }
    }
}

fn resource(plan: &Plan, number: usize, target: &Target, change: &Change, out: &mut String) {
    let after = change.after_text().unwrap_or_default();
    let _ = match target {
        Target::Tier { region } => {
            let (partition, account) = (&plan.identity.partition, &plan.identity.account);
            let arn = activation_tier_arn(partition, region, account);
            let word = word(region);
            if let Content::Text(_) = change.before() {
                // Somebody has set it: without an import Terraform would take it for its own.
                import(
                    out,
                    &format!("aws_ssm_service_setting.{word}"),
                    &arn,
                    &format!("  provider = aws.{word}\n"),
                );
            }
            write!(
                out,
                "\nresource \"aws_ssm_service_setting\" \"{word}\" {{\n  provider      = aws.{word}\n  setting_id    = {}\n  \
                 setting_value = {}\n}}\n",
                quoted(&arn),
                quoted(after)
            )
        }
        Target::Role { role } => {
            let made = RoleDocument::parse(after);
            let made = made.map(|made| made.made_by(&super::fingerprint(plan)));
            let Some(made) = made else {
                return;
            };
            let boundary = made
                .permissions_boundary
                .as_ref()
                .map_or_else(String::new, |arn| {
                    format!("  permissions_boundary = {}\n", quoted(arn))
                });
            write!(
                out,
                "\nresource \"aws_iam_role\" \"{}\" {{\n  name = {}\n  path = {}\n  description = {}\n{boundary}  \
                 assume_role_policy = {}\n\n  tags = {{\n    {TAG} = {}\n  }}\n}}\n",
                role_label(number, role),
                quoted(role),
                quoted(&made.path),
                quoted(&made.description),
                document(&pretty(&made.trust())),
                quoted(made.maker().unwrap_or_default())
            )
        }
        Target::FullAccess { role } => write!(
            out,
            "\nresource \"aws_iam_role_policy_attachment\" \"attached_{number}_{}\" {{\n  role = {}\n  policy_arn = {}\n}}\n",
            word(role),
            name_of(plan, role),
            quoted(after)
        ),
        Target::Trust { role } => {
            let label = role_label(number, role);
            let path = path(plan, role);
            import(out, &format!("aws_iam_role.{label}"), role, "");
            write!(
                out,
                "\nresource \"aws_iam_role\" \"{label}\" {{\n  name = {}\n  path = {}\n  \
                 assume_role_policy = {}\n\n  lifecycle {{\n    prevent_destroy = true\n    ignore_changes  = \
                 [description, force_detach_policies, max_session_duration, permissions_boundary, tags, tags_all]\n  }}\n}}\n",
                quoted(role),
                quoted(&path),
                document(after)
            )
        }
        Target::Policy { role, policy } => {
            let label = format!("policy_{number}_{}", word(role));
            if change.replaces() {
                let id = format!("{role}:{policy}");
                import(out, &format!("aws_iam_role_policy.{label}"), &id, "");
            }
            write!(
                out,
                "\nresource \"aws_iam_role_policy\" \"{label}\" {{\n  name = {}\n  role = {}\n  policy = {}\n}}\n",
                quoted(policy.name()),
                name_of(plan, role),
                document(after)
            )
        }
    };
}

/// A role's name; of one that is made here, through its resource, so that it comes first.
fn name_of(plan: &Plan, role: &str) -> String {
    let made = Target::Role {
        role: role.to_owned(),
    };
    let mut changes = plan.changes();
    match changes.position(|(item, _)| item.target == made) {
        Some(place) => format!("aws_iam_role.{}.name", role_label(place + 1, role)),
        None => quoted(role),
    }
}

/// The name of a role's resource.
fn role_label(number: usize, role: &str) -> String {
    format!("role_{number}_{}", word(role))
}

fn import(out: &mut String, to: &str, id: &str, provider: &str) {
    let id = quoted(id);
    let width = if provider.is_empty() { 2 } else { 8 };
    let _ = write!(
        out,
        "\nimport {{\n{provider}  {:<width$} = {to}\n  {:<width$} = {id}\n}}\n",
        "to", "id"
    );
}

/// A role with another path would be another role, made anew.
fn path(plan: &Plan, role: &str) -> String {
    let arn = plan.role_arns.get(role).map(|arn| arn.parse::<RoleArn>());
    match arn {
        Some(Ok(arn)) => arn.path,
        _ => "/".to_owned(),
    }
}

/// Returns what may stand in the name of a resource.
fn word(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}

/// A string in quotation marks.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", literal(&text.replace('\n', "\\n")))
}

/// A document as it stands; what cannot be shown as an escape.
fn document(text: &str) -> String {
    let text = clean_json(text.to_owned());
    format!("chomp(<<{END}\n{}\n{END}\n  )", literal(&text))
}

/// Terraform takes nothing of it for a template.
fn literal(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_for_a_template() {
        assert_eq!(quoted("a\"${b}%{c}\\"), r#""a\"$${b}%%{c}\\""#);
        assert_eq!(word("eu-west-1"), "eu_west_1");
    }
}
