//! The embedded account's description, and the state that is made from it.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::Value;
use winterbaume_core::DEFAULT_ACCOUNT_ID;
use winterbaume_iam::views::{
    AttachedPolicyView, IamStateView, InlinePolicyView, ManagedPolicyView, PolicyVersionView,
    RoleView,
};

const CREATED: &str = "2024-01-31T10:10:10Z";

/// An account, as `assets/demo-account.json` describes it.
#[derive(Clone, Debug, Deserialize)]
pub struct Seed {
    #[serde(default)]
    pub alias: Option<String>,
    /// The home region.
    pub region: String,
    pub caller: Caller,
    #[serde(default)]
    pub profiles: Vec<String>,
    /// Regions that the account has not opted in to.
    #[serde(default)]
    pub not_enabled: Vec<String>,
    /// The version of the session tokens that the global STS endpoint gives.
    #[serde(default = "version_2")]
    pub token_version: u8,
    /// Regions in which advanced instances are already on.
    #[serde(default)]
    pub advanced: Vec<String>,
    /// Managed policies that are attached to nothing, such as permissions boundaries.
    #[serde(default)]
    pub policies: Vec<SeedPolicy>,
    pub roles: Vec<SeedRole>,
}

/// Who STS says is calling.
#[derive(Clone, Debug, Deserialize)]
pub struct Caller {
    pub arn: String,
    pub user_id: String,
}

/// A role; documents as JSON, or as a string for an exact text.
#[derive(Clone, Debug, Deserialize)]
pub struct SeedRole {
    pub name: String,
    #[serde(default = "root_path")]
    pub path: String,
    #[serde(default)]
    pub description: String,
    pub trust: Value,
    #[serde(default)]
    pub inline: BTreeMap<String, Value>,
    #[serde(default)]
    pub attached: Vec<SeedPolicy>,
    #[serde(default)]
    pub boundary: Option<String>,
}

/// A managed policy.
#[derive(Clone, Debug, Deserialize)]
pub struct SeedPolicy {
    pub name: String,
    pub document: Value,
}

fn version_2() -> u8 {
    2
}

fn root_path() -> String {
    "/".to_owned()
}

impl Seed {
    /// The description that is shipped.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn shipped() -> Result<Self, serde_json::Error> {
        serde_json::from_str(include_str!("../../assets/demo-account.json"))
    }

    pub(super) fn iam_state(&self) -> IamStateView {
        let mut policies = HashMap::new();
        for policy in &self.policies {
            manage("/", policy, 0, &mut policies);
        }
        let roles = self
            .roles
            .iter()
            .enumerate()
            .map(|(number, role)| {
                let attached = role
                    .attached
                    .iter()
                    .map(|policy| attach(role, policy, &mut policies))
                    .collect();
                (role.name.clone(), role_view(number, role, attached))
            })
            .collect();
        IamStateView {
            roles,
            policies,
            account_aliases: self.alias.iter().cloned().collect(),
            ..IamStateView::default()
        }
    }
}

fn role_view(
    number: usize,
    role: &SeedRole,
    attached_policies: Vec<AttachedPolicyView>,
) -> RoleView {
    RoleView {
        name: role.name.clone(),
        role_id: format!("AROAEXAMPLEROLE{number:06}"),
        account_id: DEFAULT_ACCOUNT_ID.to_owned(),
        path: role.path.clone(),
        arn: format!(
            "arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role{}{}",
            role.path, role.name
        ),
        assume_role_policy_document: text(&role.trust),
        description: role.description.clone(),
        create_date: Some(CREATED.to_owned()),
        max_session_duration: 3600,
        tags: HashMap::new(),
        attached_policies,
        inline_policies: role
            .inline
            .iter()
            .map(|(name, document)| InlinePolicyView {
                policy_name: name.clone(),
                policy_document: text(document),
            })
            .collect(),
        permissions_boundary: role.boundary.clone(),
    }
}

/// Makes the managed policy, under a path of the role's own, and refers to it.
fn attach(
    role: &SeedRole,
    policy: &SeedPolicy,
    policies: &mut HashMap<String, ManagedPolicyView>,
) -> AttachedPolicyView {
    AttachedPolicyView {
        policy_name: policy.name.clone(),
        policy_arn: manage(&format!("/{}/", role.name), policy, 1, policies),
    }
}

/// Makes a managed policy under a path; gives its ARN.
fn manage(
    path: &str,
    policy: &SeedPolicy,
    attachment_count: u32,
    policies: &mut HashMap<String, ManagedPolicyView>,
) -> String {
    let arn = format!(
        "arn:aws:iam::{DEFAULT_ACCOUNT_ID}:policy{path}{}",
        policy.name
    );
    let document = text(&policy.document);
    let view = ManagedPolicyView {
        policy_name: policy.name.clone(),
        policy_id: format!("ANPAEXAMPLE{:06}", policies.len()),
        arn: arn.clone(),
        path: path.to_owned(),
        default_version_id: "v1".to_owned(),
        description: String::new(),
        create_date: Some(CREATED.to_owned()),
        update_date: Some(CREATED.to_owned()),
        is_attachable: true,
        document: document.clone(),
        versions: vec![PolicyVersionView {
            version_id: "v1".to_owned(),
            document,
            is_default_version: true,
            create_date: Some(CREATED.to_owned()),
        }],
        tags: HashMap::new(),
        attachment_count,
    };
    policies.insert(arn.clone(), view);
    arn
}

fn text(document: &Value) -> String {
    match document {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
