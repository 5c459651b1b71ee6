//! The embedded account's answers about roles and their policies, and its writes.

use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use super::fake_aws::{Call, Edge, error};
use super::iam::{NewRole, StoredRole};
use super::layout::in_iams_layout;
use super::wire::{ENCODED, Response, escaped, result};

/// How many entries a list has on a page unless the call says otherwise.
const A_PAGE: usize = 100;

impl Edge {
    /// Roles, in the order of their names. Lists do not show boundaries (IAM API reference, ListRoles).
    pub(super) fn list_roles(&self, call: &Call) -> Response {
        let (page, more) = page(call, self.account.iam.roles());
        let roles = members(page.iter().map(|role| self.described(role)));
        result(&call.action, &format!("{more}<Roles>{roles}</Roles>"))
    }

    /// All roles with all their policies, and on the first page the account's own managed policies.
    pub(super) fn all_roles(&self, call: &Call) -> Response {
        let iam = &self.account.iam;
        let named = |arn: &String| {
            let name = escaped(arn.rsplit('/').next().unwrap_or_default());
            format!(
                "<PolicyName>{name}</PolicyName><PolicyArn>{}</PolicyArn>",
                escaped(arn)
            )
        };
        let (page, more) = page(call, iam.roles());
        let roles = members(page.iter().map(|role| {
            let inline = members(role.inline.iter().map(|(name, document)| {
                let document = utf8_percent_encode(document, ENCODED);
                format!("<PolicyName>{}</PolicyName><PolicyDocument>{document}</PolicyDocument>", escaped(name))
            }));
            format!(
                "{}<RolePolicyList>{inline}</RolePolicyList><AttachedManagedPolicies>{}</AttachedManagedPolicies>",
                self.described(role),
                members(role.attached.iter().map(named))
            )
        }));
        let is_first = call.field("Marker").is_none();
        let policies = iam.policies().into_iter().filter(|_| is_first);
        let policies = members(policies.map(|(arn, document)| {
            format!(
                "<PolicyName>{}</PolicyName><Arn>{}</Arn><PolicyVersionList><member><Document>{}</Document><VersionId>v1\
                 </VersionId><IsDefaultVersion>true</IsDefaultVersion></member></PolicyVersionList>",
                escaped(arn.rsplit('/').next().unwrap_or_default()),
                escaped(&arn),
                utf8_percent_encode(&document, ENCODED)
            )
        }));
        let content = format!(
            "{more}<RoleDetailList>{roles}</RoleDetailList><Policies>{policies}</Policies>"
        );
        result(&call.action, &content)
    }

    /// A role, one of its inline policies, or the names of its policies.
    pub(super) fn role_reading(&self, call: &Call) -> Response {
        let account = &self.account;
        let name = call.text("RoleName");
        let Some(role) = account.iam.read(name, account.timing.replica_lag) else {
            return no_role(call);
        };
        let content = match call.action.as_str() {
            "GetRole" => {
                let boundary = role.boundary.as_ref().map(|arn| {
                    format!(
                        "<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>\
                         <PermissionsBoundaryArn>{}</PermissionsBoundaryArn></PermissionsBoundary>",
                        escaped(arn)
                    )
                });
                let described = self.described(&role);
                let used = role.last_used.as_ref().map(|used| {
                    let (day, region) = (escaped(&used.day), escaped(&used.region));
                    format!(
                        "<RoleLastUsed><LastUsedDate>{day}T10:10:10Z</LastUsedDate><Region>{region}</Region></RoleLastUsed>"
                    )
                });
                let (boundary, used) = (boundary.unwrap_or_default(), used.unwrap_or_default());
                let tags = members(role.tags.iter().map(|(key, value)| {
                    format!(
                        "<Key>{}</Key><Value>{}</Value>",
                        escaped(key),
                        escaped(value)
                    )
                }));
                format!("<Role>{described}{boundary}<Tags>{tags}</Tags>{used}</Role>")
            }
            "GetRolePolicy" => {
                let wanted = call.text("PolicyName");
                let Some(document) = role.inline.get(wanted) else {
                    return no_policy(call);
                };
                let document = if account.timing.lays_out_inline {
                    in_iams_layout(document, account.iam.readings(name))
                } else {
                    document.clone()
                };
                format!(
                    "<RoleName>{}</RoleName><PolicyName>{}</PolicyName><PolicyDocument>{}</PolicyDocument>",
                    escaped(name),
                    escaped(wanted),
                    utf8_percent_encode(&document, ENCODED)
                )
            }
            "ListAttachedRolePolicies" => {
                let (page, more) = page(call, role.attached);
                let policies = members(page.iter().map(|arn| {
                    let name = arn.rsplit('/').next().unwrap_or_default();
                    format!(
                        "<PolicyName>{}</PolicyName><PolicyArn>{}</PolicyArn>",
                        escaped(name),
                        escaped(arn)
                    )
                }));
                format!("{more}<AttachedPolicies>{policies}</AttachedPolicies>")
            }
            _ => {
                let (page, more) = page(call, role.inline.into_keys().collect());
                let names = members(page.iter().map(|name| escaped(name)));
                format!("{more}<PolicyNames>{names}</PolicyNames>")
            }
        };
        result(&call.action, &content)
    }

    /// A managed policy, or its only version.
    pub(super) fn managed_policy(&self, call: &Call) -> Response {
        let arn = call.text("PolicyArn");
        let Some(document) = self.account.iam.policy(arn) else {
            let message = format!("Policy {arn} was not found.");
            return error(call, "NoSuchEntity", &message);
        };
        let name = arn.rsplit('/').next().unwrap_or_default();
        let content = if call.action == "GetPolicy" {
            format!(
                "<Policy><PolicyName>{}</PolicyName><Arn>{}</Arn><DefaultVersionId>v1</DefaultVersionId></Policy>",
                escaped(name),
                escaped(arn)
            )
        } else {
            format!(
                "<PolicyVersion><Document>{}</Document><VersionId>v1</VersionId>\
                 <IsDefaultVersion>true</IsDefaultVersion></PolicyVersion>",
                utf8_percent_encode(&document, ENCODED)
            )
        };
        result(&call.action, &content)
    }

    /// Writes a document of a role, unless AWS would refuse it.
    pub(super) fn write_document(&self, call: &Call) -> Response {
        let (name, policy) = (call.text("RoleName"), call.text("PolicyName").to_owned());
        let document = call.text("PolicyDocument").to_owned();
        let is_trust = call.action == "UpdateAssumeRolePolicy";
        if let Some(refusal) = self.protection(call) {
            return refusal;
        }
        if let Some(refusal) = refusal_of_document(call, &document, is_trust) {
            return refusal;
        }
        self.account.iam.write(name, |role| {
            if is_trust {
                role.trust = document;
            } else {
                role.inline.insert(policy, document);
            }
        });
        result(&call.action, "")
    }

    /// The IAM users.
    pub(super) fn users(&self, call: &Call) -> Response {
        let (page, more) = page(call, self.account.iam.users());
        let users = members(page.iter().map(|arn| {
            let name = arn.rsplit('/').next().unwrap_or_default();
            format!(
                "<Path>/</Path><UserName>{}</UserName><UserId>AIDAEXAMPLE</UserId><Arn>{}</Arn>\
                 <CreateDate>2024-01-31T10:10:10Z</CreateDate>",
                escaped(name),
                escaped(arn)
            )
        }));
        result(&call.action, &format!("{more}<Users>{users}</Users>"))
    }

    /// Makes a role.
    pub(super) fn create_role(&self, call: &Call) -> Response {
        let (name, trust) = (call.text("RoleName"), call.text("AssumeRolePolicyDocument"));
        if let Some(refusal) = refusal_of_document(call, trust, true) {
            return refusal;
        }
        let boundary = call.field("PermissionsBoundary");
        let is_known = |arn| self.account.iam.policy(arn).is_some();
        if !boundary.is_none_or(is_known) {
            let message = "Scope ARN: it does not exist or is not attachable.";
            return error(call, "NoSuchEntity", message);
        }
        if name.len() > 64 || !call.text("Description").is_ascii() {
            return error(call, "ValidationError", "A value is not allowed");
        }
        let tags = (1..).map_while(|number| {
            let field = |part| call.field(&format!("Tags.member.{number}.{part}"));
            Some((field("Key")?.to_owned(), field("Value")?.to_owned()))
        });
        let new = NewRole {
            path: call.field("Path").unwrap_or("/").to_owned(),
            description: call.text("Description").to_owned(),
            trust: trust.to_owned(),
            boundary: boundary.map(str::to_owned),
            tags: tags.collect(),
        };
        if let Some(role) = self.account.iam.create(name, new) {
            let described = self.described(&role);
            result(&call.action, &format!("<Role>{described}</Role>"))
        } else {
            let message = format!("Role with name {name} already exists.");
            error(call, "EntityAlreadyExists", &message)
        }
    }

    /// Deletes a role or one of its inline policies, attaches a managed policy, or detaches one.
    pub(super) fn change_role(&self, call: &Call) -> Response {
        let iam = &self.account.iam;
        let (name, policy, arn) = (
            call.text("RoleName"),
            call.text("PolicyName"),
            call.text("PolicyArn"),
        );
        if let Some(refusal) = self.protection(call) {
            return refusal;
        }
        let done = match call.action.as_str() {
            "DeleteRolePolicy" => iam.write(name, |role| role.inline.remove(policy).is_some()),
            "AttachRolePolicy" if iam.policy(arn).is_none() => Some(false),
            "AttachRolePolicy" => iam.write(name, |role| {
                role.attached.retain(|other| other != arn);
                role.attached.push(arn.to_owned());
                true
            }),
            "DetachRolePolicy" => iam.write(name, |role| {
                let before = role.attached.len();
                role.attached.retain(|other| other != arn);
                role.attached.len() < before
            }),
            _ => {
                let role = iam.role(name);
                if role.is_some_and(|role| !role.inline.is_empty() || !role.attached.is_empty()) {
                    let message = "Cannot delete entity, must delete policies first.";
                    return error(call, "DeleteConflict", message);
                }
                iam.delete(name);
                Some(true)
            }
        };
        match done {
            Some(true) => result(&call.action, ""),
            Some(false) | None => no_policy(call),
        }
    }

    /// Returns why a role cannot be changed: there is none, or it belongs to AWS.
    fn protection(&self, call: &Call) -> Option<Response> {
        let name = call.text("RoleName");
        // A replica that does not know the role yet may take the call.
        match self.account.iam.read(name, self.account.timing.replica_lag) {
            None => Some(no_role(call)),
            Some(role) if role.is_protected() => {
                let message =
                    format!("Cannot perform the operation on the protected role '{name}'");
                Some(error(call, "UnmodifiableEntity", &message))
            }
            Some(_) => None,
        }
    }

    /// A role's members in an answer.
    fn described(&self, role: &StoredRole) -> String {
        let trust = in_iams_layout(&role.trust, self.account.iam.readings(&role.name));
        format!(
            "<Path>{}</Path><RoleName>{}</RoleName><RoleId>{}</RoleId><Arn>{}</Arn>\
             <CreateDate>2024-01-31T10:10:10Z</CreateDate><Description>{}</Description>\
             <AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument>\
             <MaxSessionDuration>3600</MaxSessionDuration>",
            escaped(&role.path),
            escaped(&role.name),
            escaped(&role.id),
            escaped(&role.arn()),
            escaped(&role.description),
            utf8_percent_encode(&trust, ENCODED),
        )
    }
}

/// Returns why IAM does not take a document.
fn refusal_of_document(call: &Call, document: &str, is_trust: bool) -> Option<Response> {
    let malformed = |message| Some(error(call, "MalformedPolicyDocument", message));
    if document.chars().any(|character| character > '\u{ff}') {
        Some(error(call, "ValidationError", "A character is not allowed"))
    } else if serde_json::from_str::<Value>(document).is_err() {
        malformed("This policy contains invalid Json")
    } else if is_trust && (document.contains("\"AROA") || document.contains("\"AIDA")) {
        // A principal that was deleted stands there with its ID.
        malformed("Invalid principal in policy")
    } else {
        None
    }
}

fn no_role(call: &Call) -> Response {
    let name = call.text("RoleName");
    let message = format!("The role with name {name} cannot be found.");
    error(call, "NoSuchEntity", &message)
}

fn no_policy(call: &Call) -> Response {
    let name = call.field("PolicyName").unwrap_or(call.text("PolicyArn"));
    let message = format!("The role policy with name {name} cannot be found.");
    error(call, "NoSuchEntity", &message)
}

/// The page of a list that a call asks for, and what says in the answer whether there is more.
fn page<T>(call: &Call, all: Vec<T>) -> (Vec<T>, String) {
    let number = |field| call.field(field).and_then(|number| number.parse().ok());
    let start: usize = number("Marker").unwrap_or(0);
    let end = start + number("MaxItems").unwrap_or(A_PAGE);
    let more = if end < all.len() {
        format!("<IsTruncated>true</IsTruncated><Marker>{end}</Marker>")
    } else {
        "<IsTruncated>false</IsTruncated>".to_owned()
    };
    let page = all.into_iter().skip(start).take(end - start);
    (page.collect(), more)
}

fn members(contents: impl Iterator<Item = String>) -> String {
    contents.fold(String::new(), |list, content| {
        list + "<member>" + &content + "</member>"
    })
}
