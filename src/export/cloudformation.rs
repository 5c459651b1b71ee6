//! A CloudFormation template for stacks and StackSets: the inline policies, and the tier of every region that it is
//! deployed to. What CloudFormation cannot do is said in its metadata.

use serde_json::{Map, Value, json};

use crate::model::new_role::TAG;
use crate::model::region::ACTIVATION_TIER;
use crate::model::{Choices, Identity, NewRole, Partition, RoleArn, Tier};
use crate::plan::role_document::full_access_arn;
use crate::plan::{Item, Plan, RoleDocument, State, Target, permission_set};
use crate::policy::template::{CLIENT_POLICY, Place, RolePolicy, SERVER_POLICY};

/// Stand in for what is known only where the template is deployed.
const PARTITION: &str = "${AWS::Partition}";
const ACCOUNT: &str = "${AWS::AccountId}";

/// The template.
///
/// # Errors
/// Only when serialisation fails, which no plan causes.
pub(super) fn template(plan: &Plan) -> Result<String, serde_json::Error> {
    let mut parameters = Map::new();
    let mut resources = Map::new();
    let mut conditions = Map::new();
    let roles = roles(plan);
    if !roles.is_empty() {
        parameters.insert(
            "IamRegion".to_owned(),
            json!({
                "Type": "String",
                "AllowedPattern": "[a-z]{2}(-[a-z]+)+-[0-9]+",
                "Description": "IAM is global: the policies are written by the stack in this one of the regions that it is deployed to, and by no other.",
            }),
        );
        conditions.insert(
            "WritesIam".to_owned(),
            json!({"Fn::Equals": [{"Ref": "AWS::Region"}, {"Ref": "IamRegion"}]}),
        );
    }
    for role in &roles {
        role.parameters(&plan.identity.account, &mut parameters);
        role.resources(plan.choices.shell_access, &mut resources);
    }
    if has_service_setting(plan) {
        parameters.insert(
            "SetTier".to_owned(),
            json!({
                "Type": "String",
                "Default": "true",
                "AllowedValues": ["true", "false"],
                "Description": "Whether the stack sets the instance tier of its region. Say false where advanced instances are on already: deleting the stack would turn them off.",
            }),
        );
        conditions.insert(
            "SetsTier".to_owned(),
            json!({"Fn::Equals": [{"Ref": "SetTier"}, "true"]}),
        );
        tier(&mut resources);
    }
    if resources.is_empty() {
        // A template without resources is none; this one does nothing.
        resources.insert(
            "NothingToDo".to_owned(),
            json!({"Type": "AWS::CloudFormation::WaitConditionHandle"}),
        );
    }
    let mut outputs = Map::new();
    if !roles.is_empty() {
        outputs.insert(
            "Policies".to_owned(),
            json!({
                "Description": "Whether this stack has written the policies.",
                "Value": {"Fn::If": ["WritesIam", "written by this stack", {"Fn::Sub": "not by this stack, but by the one in ${IamRegion}, if there is one"}]},
            }),
        );
    }
    let description = if roles.iter().all(RoleResource::has_its_trust) {
        "Prepares accounts and regions for SageMaker SSH Helper: the advanced-instances tier, and new roles with their trust \
         policies and inline policies; see Metadata."
    } else {
        "Prepares accounts and regions for SageMaker SSH Helper: the advanced-instances tier, and the inline policies of the \
         roles. Not the trust policy of roles that are there; see Metadata."
    };
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description,
        "Metadata": {"Notes": notes(plan, &roles)},
        "Parameters": parameters,
        "Conditions": conditions,
        "Resources": resources,
        "Outputs": outputs,
    });
    serde_json::to_string_pretty(&template).map(|text| crate::text::clean_json(text + "\n"))
}

/// Returns whether the partition has a resource for the tier: cfn-lint knows it in commercial regions alone.
fn has_service_setting(plan: &Plan) -> bool {
    plan.identity.partition.as_str() == "aws"
}

/// Returns what whoever deploys it has to know.
fn notes(plan: &Plan, roles: &[RoleResource]) -> Vec<String> {
    let mut notes = vec![
        format!(
            "For whoever deploys stacks. Made with sagemaker-ssh-setup {} from a plan for the account {}, for any account of \
             the same partition: names and paths of the roles are parameters. The plan: {}",
            env!("CARGO_PKG_VERSION"),
            plan.identity.account,
            super::fingerprint(plan)
        ),
        "An inline policy of the same name is deleted with the stack. Whether CloudFormation replaces one that is there before \
         the stack, or refuses, is not known to this program: look first with sagemaker-ssh-setup check."
            .to_owned(),
    ];
    if !roles.iter().all(RoleResource::has_its_trust) {
        notes.push(
            "What CloudFormation cannot do: it can write a trust policy only for a role that the stack itself owns, and only \
             as a whole. Letting Systems Manager assume SageMaker roles that are there is therefore not part of this template, \
             and without it nobody can connect. In each account: sagemaker-ssh-setup apply with the roles of that account, \
             which finds the policies and the tier in place; or by hand with sagemaker-ssh-setup guide."
                .to_owned(),
        );
    }
    let makes_roles = roles.iter().any(|role| role.made.is_some());
    if makes_roles {
        notes.push(
            "Roles that are made here belong to the stack, trust and all, and are deleted with it. A stack in an account in which \
             there is a role of that name fails, and takes nothing over. Users and roles that may assume a new one have to be in \
             each account under the same names."
                .to_owned(),
        );
    }
    let mut new = plan.choices.asked_new_roles().flat_map(NewRole::assumed_by);
    if new.any(|who| permission_set::name(who.name()).is_some()) {
        notes.push(format!(
            "An Identity Center role that may assume a new one has another name in every account: this template is for the account {} \
             alone, unless its ARN is replaced.",
            plan.identity.account
        ));
    }
    let capability = if makes_roles {
        "CAPABILITY_NAMED_IAM"
    } else {
        "CAPABILITY_IAM"
    };
    notes.push(format!(
        "Deploy it in every region in which people will connect, the one of IamRegion among them, with {capability}."
    ));
    notes.push(if has_service_setting(plan) {
        "The tier is set by AWS::SSM::ServiceSetting. Deleting the stack resets it to the default, standard, whatever it was \
         before the stack: then Session Manager reaches no hybrid node of the region any more, and AWS refuses it while the \
         region has more than 1,000 of them. Where advanced instances are on already, leave the tier out with the parameter \
         SetTier=false."
            .to_owned()
    } else {
        format!(
            "The tier is not part of it: CloudFormation has no resource for it in this partition. In each region: aws ssm \
             update-service-setting --setting-id {ACTIVATION_TIER} --setting-value {}",
            Tier::Advanced.value()
        )
    });
    for item in &plan.items {
        if let State::Blocked { reason, remedy, .. } = &item.state {
            notes.push(crate::text::clean(&format!(
                "Blocked in the account {}: {}. {reason} {remedy}",
                plan.identity.account, item.target
            )));
        }
    }
    notes
}

/// A role, and which policies it gets.
struct RoleResource {
    /// `SageMakerRole1`.
    label: String,
    name: String,
    /// With leading and trailing slash.
    path: String,
    is_sagemaker: bool,
    is_server: bool,
    is_client: bool,
    /// The role itself, where it is made here.
    made: Option<MadeRole>,
}

/// A role that is made by the stack.
struct MadeRole {
    document: RoleDocument,
    /// Whether it gets the managed policy that the console gives execution roles.
    has_full_access: bool,
}

fn roles(plan: &Plan) -> Vec<RoleResource> {
    let Choices {
        connect_from,
        sagemaker_roles,
        user_roles,
        ..
    } = &plan.choices;
    let path = |name: &String| {
        let arn = plan.role_arns.get(name)?.parse::<RoleArn>().ok()?;
        Some(arn.path)
    };
    // What AWS would refuse makes the whole stack roll back.
    let can = |name: &String, policy: RolePolicy| {
        let mut items = plan.items.iter();
        let blocked = |item: &Item| {
            matches!(item.state, State::Blocked { .. })
                && matches!(&item.target, Target::Policy { role, policy: other } if role == name && *other == policy)
        };
        !items.any(blocked)
    };
    let role = |label: String, name: &String, is_sagemaker: bool, is_client: bool| RoleResource {
        made: made(plan, name),
        label,
        name: name.clone(),
        path: path(name).unwrap_or_else(|| "/".to_owned()),
        is_sagemaker,
        is_server: is_sagemaker && can(name, RolePolicy::Server),
        is_client: is_client && can(name, RolePolicy::Client),
    };
    let sagemaker = sagemaker_roles.iter().enumerate().map(|(number, name)| {
        let is_client = connect_from.uses_studio()
            || connect_from.uses_user_roles() && user_roles.contains(name);
        role(
            format!("SageMakerRole{}", number + 1),
            name,
            true,
            is_client,
        )
    });
    let asked = if connect_from.uses_user_roles() {
        user_roles.as_slice()
    } else {
        &[]
    };
    let users = asked
        .iter()
        .filter(|name| !sagemaker_roles.contains(name))
        .enumerate()
        .map(|(number, name)| role(format!("UserRole{}", number + 1), name, false, true));
    let roles = sagemaker.chain(users);
    roles
        .filter(|role| role.is_server || role.is_client)
        .collect()
}

/// A role that the plan makes, for whatever account the template is deployed to.
fn made(plan: &Plan, name: &str) -> Option<MadeRole> {
    let new = plan
        .choices
        .new_role(name)
        .filter(|_| plan.is_to_be_made(name))?;
    let partition = Partition::placeholder(PARTITION);
    let place = Place {
        partition: &partition,
        account: ACCOUNT,
    };
    let mut made = RoleDocument::of_new(new, place, plan.choices.harden_trust).ok()?;
    // Whoever is let in is named by the ARN of the account that the plan is for.
    let Identity {
        partition, account, ..
    } = &plan.identity;
    let here = format!("arn:{partition}:iam::{account}:");
    let there = format!("arn:{PARTITION}:iam::{ACCOUNT}:");
    let trust = made.trust().replace(&here, &there);
    made.assume_role_policy_document = serde_json::from_str(&trust).ok()?;
    made.permissions_boundary = made
        .permissions_boundary
        .map(|arn| arn.replace(&here, &there));
    Some(MadeRole {
        document: made.made_by(&super::fingerprint(plan)),
        has_full_access: new.has_full_access(),
    })
}

impl RoleResource {
    /// Returns whether the template lets in whoever has to assume it: the trust policy of a role that is there is not its to write.
    fn has_its_trust(&self) -> bool {
        self.made.is_some() || !self.is_sagemaker
    }

    fn parameters(&self, account: &str, parameters: &mut Map<String, Value>) {
        if self.made.is_some() {
            parameters.insert(
                format!("{}Name", self.label),
                json!({
                    "Type": "String",
                    "Default": self.name,
                    "AllowedPattern": "[A-Za-z0-9+=,.@_-]{1,64}",
                    "ConstraintDescription": "The name of a role, without a path.",
                    "Description": if self.is_sagemaker {
                        "The name of the new role that SageMaker runs under"
                    } else {
                        "The name of the new role that people have when they connect"
                    },
                }),
            );
            return;
        }
        let what = if self.is_sagemaker {
            "A role that SageMaker runs under"
        } else {
            "A role that people have when they connect"
        };
        parameters.insert(
            format!("{}Name", self.label),
            json!({
                "Type": "String",
                "AllowedPattern": "[A-Za-z0-9+=,.@_-]{1,64}",
                "ConstraintDescription": "The name of a role, without its path and not its ARN.",
                "Description": format!("{what}, by name. In the account {account}: {}", self.name),
            }),
        );
        if self.is_server {
            parameters.insert(
                format!("{}Path", self.label),
                json!({
                    "Type": "String",
                    "AllowedPattern": "/(.+/)?",
                    "Description": format!("The path of that role, with its slashes. In the account {account}: {}", self.path),
                }),
            );
        }
    }

    fn resources(&self, shell_access: bool, resources: &mut Map<String, Value>) {
        // The templates are filled in with what CloudFormation fills in.
        let partition = Partition::placeholder(PARTITION);
        let place = Place {
            partition: &partition,
            account: ACCOUNT,
        };
        let label = &self.label;
        let path = if self.made.is_some() {
            "/".to_owned()
        } else {
            format!("${{{label}Path}}")
        };
        let arn = format!("arn:{PARTITION}:iam::{ACCOUNT}:role{path}${{{label}Name}}");
        // A name through its resource makes the role come first.
        let role_name = match &self.made {
            Some(made) => {
                resources.insert(label.clone(), self.resource(made));
                json!({"Ref": label})
            }
            None => json!({"Ref": format!("{label}Name")}),
        };
        let mut add = |what: &str, name: &str, document: &Value| {
            resources.insert(
                format!("{label}{what}Policy"),
                json!({
                    "Type": "AWS::IAM::RolePolicy",
                    "Condition": "WritesIam",
                    "Properties": {
                        "RoleName": role_name,
                        "PolicyName": name,
                        "PolicyDocument": substituted(document),
                    },
                }),
            );
        };
        if let (true, Ok(policy)) = (self.is_server, place.server_policy(&arn)) {
            add("Server", SERVER_POLICY, policy.value());
        }
        if let (true, Ok(policy)) = (self.is_client, place.client_policy(shell_access)) {
            add("Client", CLIENT_POLICY, policy.value());
        }
    }
}

impl RoleResource {
    /// A role that is made.
    fn resource(
        &self,
        MadeRole {
            document: made,
            has_full_access,
        }: &MadeRole,
    ) -> Value {
        let mut properties = json!({
            "RoleName": {"Ref": format!("{}Name", self.label)},
            "Path": made.path,
            "Description": made.description,
            "AssumeRolePolicyDocument": substituted(&made.assume_role_policy_document),
            "Tags": [{"Key": TAG, "Value": made.maker()}],
        });
        if let Some(properties) = properties.as_object_mut() {
            if *has_full_access {
                let arn = full_access_arn(&Partition::placeholder(PARTITION));
                properties.insert("ManagedPolicyArns".to_owned(), json!([{"Fn::Sub": arn}]));
            }
            if let Some(arn) = &made.permissions_boundary {
                let arn = substituted(&arn.as_str().into());
                properties.insert("PermissionsBoundary".to_owned(), arn);
            }
        }
        json!({"Type": "AWS::IAM::Role", "Condition": "WritesIam", "Properties": properties})
    }
}

/// Texts in which CloudFormation has to fill something in, marked for it; IAM's own variables are kept from it.
fn substituted(value: &Value) -> Value {
    match value {
        Value::String(text) if text.contains("${AWS::") => {
            json!({"Fn::Sub": text.replace("${aws:", "${!aws:")})
        }
        Value::Array(list) => list.iter().map(substituted).collect(),
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (key.clone(), substituted(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// The tier of the region the stack is in.
fn tier(resources: &mut Map<String, Value>) {
    resources.insert(
        "ActivationTier".to_owned(),
        json!({
            "Type": "AWS::SSM::ServiceSetting",
            "Condition": "SetsTier",
            "Properties": {"SettingId": ACTIVATION_TIER, "SettingValue": Tier::Advanced.value()},
        }),
    );
}
