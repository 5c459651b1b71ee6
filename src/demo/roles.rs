//! The embedded account's answers about roles and their inline policies.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use percent_encoding::utf8_percent_encode;
use winterbaume_core::{DEFAULT_ACCOUNT_ID, StatefulService};
use winterbaume_iam::views::RoleView;

use super::IAM_REGION;
use super::edge::{Call, Edge, error};
use super::wire::{ENCODED, escaped, xml};

impl Edge {
    /// A page of roles, in the order of their names.
    pub(super) async fn role_page(&self, call: &Call) -> HttpResponse {
        let state = self
            .account
            .iam
            .snapshot(DEFAULT_ACCOUNT_ID, IAM_REGION)
            .await;
        let mut roles: Vec<_> = state.roles.into_values().collect();
        roles.sort_by(|a, b| a.name.cmp(&b.name));
        let size = call
            .field("MaxItems")
            .and_then(|n| n.parse().ok())
            .unwrap_or(100);
        let start = call
            .field("Marker")
            .and_then(|n| n.parse().ok())
            .unwrap_or(0);
        let page = roles.iter().skip(start).take(size);
        let page = members(page.map(|role| self.described(role)));
        let end = start + size;
        let more = if end < roles.len() {
            format!("<IsTruncated>true</IsTruncated><Marker>{end}</Marker>")
        } else {
            "<IsTruncated>false</IsTruncated>".to_owned()
        };
        xml(&format!(
            "<ListRolesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListRolesResult>{more}<Roles>\
             {page}</Roles></ListRolesResult></ListRolesResponse>"
        ))
    }

    /// A role, one of its inline policies, or their names.
    pub(super) async fn role_reading(&self, call: &Call) -> HttpResponse {
        let account = &self.account;
        let name = call.field("RoleName").unwrap_or_default();
        let Some(role) = account.role(name).await else {
            let message = format!("The role with name {name} cannot be found.");
            return error(call, "NoSuchEntity", &message);
        };
        let role = account.readings.shown(role, account.manner.replica_lag);
        let result = match call.action.as_str() {
            "GetRole" => format!("<Role>{}</Role>", self.described(&role)),
            "GetRolePolicy" => {
                let wanted = call.field("PolicyName").unwrap_or_default();
                let mut policies = role.inline_policies.iter();
                let Some(policy) = policies.find(|policy| policy.policy_name == wanted) else {
                    let message = format!("The role policy with name {wanted} cannot be found.");
                    return error(call, "NoSuchEntity", &message);
                };
                let document = if account.manner.lays_out_inline {
                    account.readings.laid_out(name, &policy.policy_document)
                } else {
                    policy.policy_document.clone()
                };
                format!(
                    "<RoleName>{}</RoleName><PolicyName>{}</PolicyName><PolicyDocument>{}</PolicyDocument>",
                    escaped(name),
                    escaped(wanted),
                    utf8_percent_encode(&document, ENCODED)
                )
            }
            _ => {
                let names = role.inline_policies.iter();
                let names = members(names.map(|policy| escaped(&policy.policy_name)));
                format!("<PolicyNames>{names}</PolicyNames><IsTruncated>false</IsTruncated>")
            }
        };
        let action = &call.action;
        xml(&format!(
            "<{action}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{action}Result>{result}\
             </{action}Result></{action}Response>"
        ))
    }

    /// A role's members in an answer.
    fn described(&self, role: &RoleView) -> String {
        let account = &self.account;
        let trust = account
            .readings
            .laid_out(&role.name, &role.assume_role_policy_document);
        let seeded = account.seeded(&role.name);
        let boundary = seeded.and_then(|role| role.boundary.as_ref()).map(|arn| {
            format!(
                "<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>\
                 <PermissionsBoundaryArn>{}</PermissionsBoundaryArn></PermissionsBoundary>",
                escaped(arn)
            )
        });
        format!(
            "<Path>{}</Path><RoleName>{}</RoleName><RoleId>{}</RoleId><Arn>{}</Arn>\
             <CreateDate>{}</CreateDate><Description>{}</Description>\
             <AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument>\
             <MaxSessionDuration>{}</MaxSessionDuration>{}",
            escaped(&role.path),
            escaped(&role.name),
            escaped(&role.role_id),
            escaped(&role.arn),
            role.create_date
                .as_deref()
                .unwrap_or("2024-01-31T10:10:10Z"),
            escaped(&role.description),
            utf8_percent_encode(&trust, ENCODED),
            role.max_session_duration,
            boundary.unwrap_or_default(),
        )
    }
}

fn members(contents: impl Iterator<Item = String>) -> String {
    contents.fold(String::new(), |list, content| {
        list + "<member>" + &content + "</member>"
    })
}
