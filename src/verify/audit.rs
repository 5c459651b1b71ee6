//! An account without a list of roles: what is set up in it, by whatever means, and what older set-ups have left behind. Pure;
//! the reading is in `survey::all`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::model::{Choices, ConnectFrom, RoleKind, RoleReading, Survey};
use crate::plan::{Finding, Item, Plan, Target};
use crate::policy::meaning::strings;
use crate::policy::template::RolePolicy;
use crate::policy::{Document, trust};

/// The names of the server policy in older editions of SageMaker SSH Helper's manual and in its CDK tests.
const OLDER_SERVER: [&str; 2] = ["SageMakerSSMPolicy", "SSHSageMakerCorePolicy"];
/// What the older manual gave to those who connect.
const OLDER_CLIENT: [&str; 1] = ["SSMDenyAccessNotOwner"];

/// Returns what is wanted of an account of which nothing was said: every role that SageMaker may assume, and every role
/// that carries one of the two policies under any of its names.
pub fn choices(survey: &Survey) -> Choices {
    let (mut sagemaker_roles, mut user_roles) = (Vec::new(), Vec::new());
    for (name, role) in &survey.roles {
        let Ok(role) = role else {
            // What could not be read was listed as one that SageMaker may assume.
            sagemaker_roles.push(name.clone());
            continue;
        };
        if role.kind() == RoleKind::ServiceLinked {
            continue;
        }
        let is_sagemaker =
            parsed(&role.trust).is_some_and(|document| trust::is_sagemaker_role(&document));
        if is_sagemaker || carries(role, RolePolicy::Server) {
            sagemaker_roles.push(role.name.clone());
        } else if carries(role, RolePolicy::Client) {
            user_roles.push(role.name.clone());
        }
    }
    Choices {
        connect_from: ConnectFrom::Both,
        sagemaker_roles,
        user_roles,
        regions: survey.tiers.keys().cloned().collect(),
        ..Choices::default()
    }
}

fn parsed(text: &str) -> Option<Document> {
    Document::parse(text).ok()
}

/// Returns whether a role has a policy of one of these names, whatever it says.
fn carries(role: &RoleReading, policy: RolePolicy) -> bool {
    let older: &[&str] = match policy {
        RolePolicy::Server => &OLDER_SERVER,
        RolePolicy::Client => &OLDER_CLIENT,
    };
    let is_meant = |name: &str| name == policy.name() || older.contains(&name);
    let mut attached = role.attached.iter();
    role.inline.keys().any(|name| is_meant(name)) || attached.any(|policy| is_meant(&policy.name))
}

/// A line of the table: a role, and how each part of it stands; none where the part is not asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRow {
    pub role: String,
    pub is_sagemaker: bool,
    pub trust: Option<Finding>,
    pub server: Option<Finding>,
    pub client: Option<Finding>,
    /// The policies that are missing, and that other policies of the role make up for.
    pub given: Vec<RolePolicy>,
    /// The policies that are in place, and that something takes back.
    pub denied: Vec<RolePolicy>,
}

impl RoleRow {
    /// Returns whether containers under it can register.
    pub fn takes_containers(&self) -> bool {
        self.trust == Some(Finding::InPlace) && self.has(RolePolicy::Server)
    }

    /// Returns whether people can connect with it.
    pub fn lets_people_connect(&self) -> bool {
        self.has(RolePolicy::Client)
    }

    fn has(&self, policy: RolePolicy) -> bool {
        let finding = match policy {
            RolePolicy::Server => self.server,
            RolePolicy::Client => self.client,
        };
        match finding {
            Some(Finding::InPlace) => !self.denied.contains(&policy),
            Some(_) => self.given.contains(&policy),
            None => false,
        }
    }
}

/// Whether the needs of a policy are met, by role and policy; none where that is not known, missing where nobody asked.
pub type Met = BTreeMap<(String, RolePolicy), Option<bool>>;

/// The items of a plan for [`choices`] that stand in the table.
pub fn items<'a>(survey: &Survey, plan: &'a Plan) -> Vec<&'a Item> {
    let stands = |item: &&Item| match &item.target {
        Target::Policy {
            role,
            policy: RolePolicy::Client,
        } => {
            let reading = survey
                .roles
                .get(role)
                .and_then(|reading| reading.as_ref().ok());
            !plan.choices.sagemaker_roles.contains(role)
                || reading.is_some_and(|role| carries(role, RolePolicy::Client))
        }
        _ => true,
    };
    plan.items.iter().filter(stands).collect()
}

/// The table, from a plan for [`choices`].
pub fn rows(survey: &Survey, plan: &Plan, met: &Met) -> Vec<RoleRow> {
    let choices = &plan.choices;
    let items = items(survey, plan);
    let names = choices.roles();
    let row = |name: &String| {
        let finding = |target: Target| {
            let mut items = items.iter();
            items
                .find(|item| item.target == target)
                .map(|item| item.finding())
        };
        let policy = |policy| {
            finding(Target::Policy {
                role: name.clone(),
                policy,
            })
        };
        let those_met = |is_in_place: bool, answer: bool| {
            let both = RolePolicy::BOTH.into_iter();
            let meant = both.filter(|which| {
                (policy(*which) == Some(Finding::InPlace)) == is_in_place
                    && met.get(&(name.clone(), *which)) == Some(&Some(answer))
            });
            meant.collect()
        };
        RoleRow {
            role: name.clone(),
            is_sagemaker: choices.sagemaker_roles.contains(name),
            trust: finding(Target::Trust { role: name.clone() }),
            server: policy(RolePolicy::Server),
            client: policy(RolePolicy::Client),
            given: those_met(false, true),
            denied: those_met(true, false),
        }
    };
    names.map(row).collect()
}

/// Something that an older set-up has left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    pub role: String,
    pub kind: LeftoverKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftoverKind {
    /// A policy of this name, which an older edition of the manual or the tests of the CDK used.
    OlderPolicy(String),
    /// This policy allows `iam:PassRole` to any service.
    UnconditionedPassRole(String),
    /// AWS CodeBuild may assume the role.
    CodeBuildTrust,
    /// A function may rewrite trust policies, by this policy of its role.
    RewritesTrust(String),
}

impl LeftoverKind {
    /// Its word in the JSON output.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::OlderPolicy(_) => "older-policy",
            Self::UnconditionedPassRole(_) => "unconditioned-pass-role",
            Self::CodeBuildTrust => "codebuild-trust",
            Self::RewritesTrust(_) => "rewrites-trust",
        }
    }

    /// Returns what it is, and what to do.
    pub fn sentence(&self) -> String {
        match self {
            Self::OlderPolicy(name) => format!(
                "The policy {name} is of an older edition of the helper's manual. With the policy of today in place it can go."
            ),
            Self::UnconditionedPassRole(name) => format!(
                "The policy {name} allows iam:PassRole to any service: code under this role can hand its permissions on. The \
                 condition iam:PassedToService = ssm.amazonaws.com limits it."
            ),
            Self::CodeBuildTrust => {
                "AWS CodeBuild may assume the role. The CDK adds that for sm-docker; without sm-docker it can go.".to_owned()
            }
            Self::RewritesTrust(name) => format!(
                "A Lambda function may rewrite trust policies with it ({name}). The CDK of SageMaker SSH Helper makes one \
                 (TrustRelationshipLambdaPolicy), which replaces the whole trust policy when its stack is deployed, and so undoes what \
                 others have added."
            ),
        }
    }
}

/// Returns what older set-ups have left behind, in the roles of the table and in those of Lambda functions.
pub fn leftovers<'a>(
    roles: impl Iterator<Item = &'a RoleReading>,
    choices: &Choices,
) -> Vec<Leftover> {
    let mut found = Vec::new();
    for role in roles {
        let trust = parsed(&role.trust);
        let lets_in = |service: &str| {
            trust
                .as_ref()
                .is_some_and(|trust| trust::lets_in(trust, service))
        };
        let mut note = |kind| {
            found.push(Leftover {
                role: role.name.clone(),
                kind,
            });
        };
        if lets_in("lambda.amazonaws.com") {
            for name in allowing(role, "iam:updateassumerolepolicy", |_| true) {
                note(LeftoverKind::RewritesTrust(name));
            }
        }
        let is_sagemaker = choices.sagemaker_roles.contains(&role.name);
        if !is_sagemaker && !choices.user_roles.contains(&role.name) {
            continue;
        }
        let inline = role.inline.keys();
        let names = inline.chain(role.attached.iter().map(|policy| &policy.name));
        for name in names.filter(|name| {
            OLDER_SERVER.contains(&name.as_str()) || OLDER_CLIENT.contains(&name.as_str())
        }) {
            note(LeftoverKind::OlderPolicy(name.clone()));
        }
        if is_sagemaker {
            for name in allowing(role, "iam:passrole", |statement| {
                !names_a_service(statement)
            }) {
                note(LeftoverKind::UnconditionedPassRole(name));
            }
            if lets_in("codebuild.amazonaws.com") {
                note(LeftoverKind::CodeBuildTrust);
            }
        }
    }
    found
}

/// The policies that are read of a role and name this action in a statement that allows it and is meant.
fn allowing(
    role: &RoleReading,
    action: &str,
    is_meant: impl Fn(&Map<String, Value>) -> bool,
) -> Vec<String> {
    let attached = role.attached.iter();
    let attached = attached.filter_map(|policy| Some((&policy.name, policy.document.as_ref()?)));
    let documents = role.inline.iter().chain(attached);
    let allows = |text: &String| {
        let document = parsed(text);
        let statements = document
            .as_ref()
            .map(Document::statements)
            .unwrap_or_default();
        statements.into_iter().any(|statement| {
            let actions = strings(statement.get("Action"));
            statement.get("Effect").and_then(Value::as_str) == Some("Allow")
                && actions
                    .iter()
                    .any(|named| named.eq_ignore_ascii_case(action))
                && is_meant(statement)
        })
    };
    let found = documents.filter(|(_, text)| allows(text));
    found.map(|(name, _)| name.clone()).collect()
}

/// Returns whether a statement is limited to services to which the role may be handed.
fn names_a_service(statement: &Map<String, Value>) -> bool {
    let condition = statement.get("Condition").and_then(Value::as_object);
    let keys = condition.into_iter().flat_map(Map::values);
    let mut keys = keys.filter_map(Value::as_object).flat_map(Map::keys);
    keys.any(|key| key.eq_ignore_ascii_case("iam:PassedToService"))
}
