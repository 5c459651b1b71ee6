//! A CloudFormation template for stacks and StackSets: the inline policies, and the tier of every region that it is
//! deployed to. What CloudFormation cannot do is said in its metadata.

use serde_json::{Map, Value, json};

use crate::model::region::ACTIVATION_TIER;
use crate::model::{Choices, Partition, RoleArn, Tier};
use crate::plan::{Plan, State};
use crate::policy::template::{CLIENT_POLICY, Place, SERVER_POLICY};

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
    parameters.insert(
        "IamRegion".to_owned(),
        json!({
            "Type": "String",
            "Default": plan.identity.home_region,
            "Description": "IAM is global: the policies are written by the stack in this one of the regions.",
        }),
    );
    parameters.insert(
        "SetTier".to_owned(),
        json!({
            "Type": "String",
            "Default": "true",
            "AllowedValues": ["true", "false"],
            "Description": "Whether the stack sets the instance tier of its region. Say false where advanced instances are on already: deleting the stack would turn them off.",
        }),
    );
    for role in roles(plan) {
        role.parameters(&mut parameters);
        role.resources(plan.choices.shell_access, &mut resources);
    }
    tier(&mut resources);
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Prepares accounts and regions for SageMaker SSH Helper: the advanced instance tier, and the inline \
                        policies of the roles. Not the trust policy; see Metadata.",
        "Metadata": {"Notes": notes(plan)},
        "Parameters": parameters,
        "Conditions": {
            "WritesIam": {"Fn::Equals": [{"Ref": "AWS::Region"}, {"Ref": "IamRegion"}]},
            "SetsTier": {"Fn::Equals": [{"Ref": "SetTier"}, "true"]},
        },
        "Resources": resources,
    });
    serde_json::to_string_pretty(&template).map(|text| crate::text::clean_json(text + "\n"))
}

/// Returns what whoever deploys it has to know.
fn notes(plan: &Plan) -> Vec<String> {
    let mut notes = vec![
        format!(
            "Made with sagemaker-ssh-setup {} for the account {}; for other accounts give the names and paths of their \
             roles as parameters.",
            env!("CARGO_PKG_VERSION"),
            plan.identity.account
        ),
        "What CloudFormation cannot do: it can write a trust policy only for a role that the stack itself owns, and only \
         as a whole. Letting Systems Manager assume the SageMaker roles is therefore not part of this template. The shell \
         script of the same export does it, and so does the console."
            .to_owned(),
        "The tier is set by AWS::SSM::ServiceSetting. Deleting the stack resets it to the default, standard, whatever it was \
         before the stack: then Session Manager reaches no hybrid node of the region any more, and AWS refuses it while the \
         region has more than 1,000 of them. Where advanced instances are on already, leave the tier out with the parameter \
         SetTier=false."
            .to_owned(),
        "An inline policy of the same name with other contents is replaced, and deleted with the stack.".to_owned(),
        "Deploy it in every region in which people will connect, with CAPABILITY_IAM.".to_owned(),
    ];
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
    is_client: bool,
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
    let role = |label: String, name: &String, is_sagemaker: bool, is_client: bool| RoleResource {
        label,
        name: name.clone(),
        path: path(name).unwrap_or_else(|| "/".to_owned()),
        is_sagemaker,
        is_client,
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
    sagemaker.chain(users).collect()
}

impl RoleResource {
    fn parameters(&self, parameters: &mut Map<String, Value>) {
        let what = if self.is_sagemaker {
            "A role that SageMaker runs under"
        } else {
            "A role that people have when they connect"
        };
        parameters.insert(
            format!("{}Name", self.label),
            json!({"Type": "String", "Default": self.name, "Description": format!("{what}.")}),
        );
        if self.is_sagemaker {
            parameters.insert(
                format!("{}Path", self.label),
                json!({
                    "Type": "String",
                    "Default": self.path,
                    "AllowedPattern": "/(.+/)?",
                    "Description": "The path of that role, with its slashes.",
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
        let arn = format!("arn:{PARTITION}:iam::{ACCOUNT}:role${{{label}Path}}${{{label}Name}}");
        let mut add = |what: &str, name: &str, document: &Value| {
            resources.insert(
                format!("{label}{what}Policy"),
                json!({
                    "Type": "AWS::IAM::RolePolicy",
                    "Condition": "WritesIam",
                    "Properties": {
                        "RoleName": {"Ref": format!("{label}Name")},
                        "PolicyName": name,
                        "PolicyDocument": substituted(document),
                    },
                }),
            );
        };
        if let (true, Ok(policy)) = (self.is_sagemaker, place.server_policy(&arn)) {
            add("Server", SERVER_POLICY, policy.value());
        }
        if let (true, Ok(policy)) = (self.is_client, place.client_policy(shell_access)) {
            add("Client", CLIENT_POLICY, policy.value());
        }
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
