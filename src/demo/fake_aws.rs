//! The HTTP client that the SDK gets: it takes requests apart, and has the embedded account answer them as AWS does, with
//! regions that are not enabled, time that passes, a throttled call.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::activations::Activations;
use super::iam::Iam;
use super::seed::{Caller, SeedNode};
use super::simulator::{self, Question};
use super::tiers::Tiers;
use super::wire::{Response, escaped, form, json as json_answer, refusal, result, xml};
use super::{IAM_REGION, Seed, Timing};
use crate::model::{Partition, Region};
use crate::policy::template::Place;
use crate::policy::trust::{self, Access};
use crate::policy::{Document, admitted};

/// `GetParametersByPath` gives at most ten a page.
const PARAMETERS_A_PAGE: usize = 10;

/// The account behind the fake.
pub(super) struct FakeAws {
    pub(super) seed: Seed,
    pub(super) iam: Iam,
    pub(super) tiers: Tiers,
    pub(super) timing: Timing,
    pub(super) throttled_writes: AtomicU32,
    pub(super) activations: Activations,
    pub(super) sessions: Sessions,
}

/// The sessions that were opened, by access key.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Caller>>);

impl Sessions {
    fn open(&self, caller: Caller) -> String {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = format!("ASIAEMBEDDED{:08}", sessions.len());
        sessions.insert(key.clone(), caller);
        key
    }

    fn of(&self, key: &str) -> Option<Caller> {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(key).cloned()
    }
}

/// The HTTP client that the SDK gets, and its only connector.
#[derive(Clone)]
pub(super) struct Edge {
    pub(super) account: Arc<FakeAws>,
}

impl Edge {
    pub(super) fn new(account: Arc<FakeAws>) -> Self {
        Self { account }
    }
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Edge")
    }
}

impl HttpClient for Edge {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Edge {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let fake = self.clone();
        HttpConnectorFuture::new(async move {
            let Response { status, kind, body } = fake.answer(request).await;
            let status = StatusCode::try_from(status);
            let status = status.map_err(|error| ConnectorError::other(error.into(), None))?;
            let mut response = HttpResponse::new(status, SdkBody::from(body));
            let headers = response.headers_mut();
            headers.insert("content-type", kind);
            headers.insert("x-amzn-requestid", "00000000-0000-0000-0000-000000000000");
            Ok(response)
        })
    }
}

/// A request, understood as far as the fake needs it.
pub(super) struct Call {
    service: String,
    region: String,
    pub(super) action: String,
    /// The access key that it is signed with.
    key: String,
    /// Form fields of IAM and STS, string fields of Systems Manager.
    fields: HashMap<String, String>,
}

impl Call {
    fn of(request: &HttpRequest) -> Self {
        let host = request.uri().split("://").nth(1).unwrap_or_default();
        let host = host.split(['/', ':']).next().unwrap_or_default();
        let mut labels = host.split('.');
        let service = labels.next().unwrap_or_default().to_owned();
        let region = labels
            .next()
            .filter(|label| *label != "amazonaws")
            .unwrap_or(IAM_REGION)
            .to_owned();
        let body = request.body().bytes().unwrap_or_default();
        let (action, fields) = if let Some(target) = request.headers().get("x-amz-target") {
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            let fields = body.as_object().into_iter().flatten();
            let fields =
                fields.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
            (
                target.rsplit('.').next().unwrap_or_default().to_owned(),
                fields.collect(),
            )
        } else {
            let fields = form(&String::from_utf8_lossy(body));
            (fields.get("Action").cloned().unwrap_or_default(), fields)
        };
        let signed = request.headers().get("authorization");
        let key = signed.and_then(|signed| signed.split("Credential=").nth(1)?.split('/').next());
        Self {
            service,
            region,
            action,
            key: key.unwrap_or_default().to_owned(),
            fields,
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// A field that the SDK always sends.
    pub(super) fn text(&self, name: &str) -> &str {
        self.field(name).unwrap_or_default()
    }

    fn writes(&self) -> bool {
        [
            "Put", "Update", "Create", "Delete", "Reset", "Attach", "Detach",
        ]
        .iter()
        .any(|verb| self.action.starts_with(verb))
    }

    /// About what such a call takes from Europe; the same for the same call, so that no two runs differ.
    fn latency(&self) -> Duration {
        let spread: u64 = self
            .region
            .bytes()
            .chain(self.action.bytes())
            .map(u64::from)
            .sum();
        let base = match (self.service.as_str(), self.writes()) {
            ("ssm", false) => 80 + spread % 13 * 25,
            ("ssm", true) => 200 + spread % 13 * 40,
            (_, false) => 60 + spread % 7 * 10,
            (_, true) => 180 + spread % 7 * 20,
        };
        Duration::from_millis(base)
    }
}

impl Edge {
    async fn answer(&self, request: HttpRequest) -> Response {
        let call = Call::of(&request);
        let account = &self.account;
        if account.timing.latency {
            tokio::time::sleep(call.latency()).await;
        }
        if call.service == "iam" && call.writes() {
            let left =
                account
                    .throttled_writes
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
            if left.is_ok() {
                return error(&call, "Throttling", "Rate exceeded");
            }
        }
        if call.service == "ssm" && account.seed.not_enabled.contains(&call.region) {
            let message = "The security token included in the request is invalid.";
            return error(&call, "UnrecognizedClientException", message);
        }
        if account.seed.is_strict && call.writes() && !self.may(&call) {
            let message = format!(
                "User: {} is not authorized to perform: {}:{} because no identity-based policy allows the action",
                account.seed.caller.arn, call.service, call.action
            );
            return error(&call, "AccessDenied", &message);
        }
        match (call.service.as_str(), call.action.as_str()) {
            ("sts", "GetCallerIdentity") => self.caller(&call),
            ("sts", "AssumeRole") => self.assume_role(&call),
            ("iam", "ListRoles") => self.list_roles(&call),
            ("iam", "GetAccountSummary") => self.summary(),
            ("iam", "ListAccountAliases") => self.aliases(),
            (
                "iam",
                "GetRole" | "GetRolePolicy" | "ListRolePolicies" | "ListAttachedRolePolicies",
            ) => self.role_reading(&call),
            ("iam", "GetAccountAuthorizationDetails") => self.all_roles(&call),
            ("iam", "GetPolicy" | "GetPolicyVersion") => self.managed_policy(&call),
            ("iam", "UpdateAssumeRolePolicy" | "PutRolePolicy") => self.write_document(&call),
            ("iam", "ListUsers") => self.users(&call),
            ("iam", "ListInstanceProfilesForRole") => result(
                &call.action,
                "<IsTruncated>false</IsTruncated><InstanceProfiles></InstanceProfiles>",
            ),
            ("iam", "CreateRole") => self.create_role(&call),
            (
                "iam",
                "DeleteRole" | "DeleteRolePolicy" | "AttachRolePolicy" | "DetachRolePolicy",
            ) => self.change_role(&call),
            ("iam", "SimulatePrincipalPolicy") => self.simulated(&call),
            ("ssm", "GetServiceSetting" | "UpdateServiceSetting" | "ResetServiceSetting") => {
                self.tier(&call)
            }
            ("ssm", "DescribeInstanceInformation" | "ListTagsForResource") => {
                let body = request.body().bytes().unwrap_or_default();
                let body = serde_json::from_slice(body).unwrap_or_default();
                self.nodes(&call, &body)
            }
            ("ssm", "GetParametersByPath") => Self::parameters(&call),
            ("ssm", "CreateActivation" | "DeleteActivation" | "DescribeActivations") => {
                let body = request.body().bytes().unwrap_or_default();
                let body = serde_json::from_slice(body).unwrap_or_default();
                self.activation(&call, &body)
            }
            _ => error(
                &call,
                "InvalidAction",
                "The embedded account does not know this call.",
            ),
        }
    }

    /// Returns whether the caller's policies allow a call that writes.
    fn may(&self, call: &Call) -> bool {
        let seed = &self.account.seed;
        let (partition, account) = (seed.partition(), seed.account());
        let name = seed.caller.arn.split('/').nth(1).unwrap_or_default();
        let caller = format!("arn:{partition}:iam::{account}:role/{name}");
        let resource = match call
            .field("RoleName")
            .map(|name| self.account.iam.role(name))
        {
            Some(Some(role)) => role.arn(),
            Some(None) => format!(
                "arn:{partition}:iam::{account}:role/{}",
                call.text("RoleName")
            ),
            None => "*".to_owned(),
        };
        let action = format!("{}:{}", call.service, call.action);
        let policies = simulator::policies_of(&self.account.iam, &caller);
        policies.is_some_and(|policies| simulator::may(&policies, &action, &resource))
    }

    /// Returns who signed: a session that was opened here, or whom the account's description names.
    fn caller(&self, call: &Call) -> Response {
        let session = self.account.sessions.of(&call.key);
        let caller = session.as_ref().unwrap_or(&self.account.seed.caller);
        let account = self.account.seed.account();
        xml(&format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <Arn>{}</Arn><UserId>{}</UserId><Account>{account}</Account></GetCallerIdentityResult>\
             </GetCallerIdentityResponse>",
            escaped(&caller.arn),
            escaped(&caller.user_id),
        ))
    }

    /// Opens a session of a role that lets anybody of this account in.
    fn assume_role(&self, call: &Call) -> Response {
        let (arn, session) = (call.text("RoleArn"), call.text("RoleSessionName"));
        let name = arn.rsplit('/').next().unwrap_or_default();
        let role = self.account.iam.role(name).filter(|role| {
            let trust = Document::parse(role.trust.as_str());
            role.arn() == arn && trust.is_ok_and(|trust| lets_account_in(&trust, &role.account))
        });
        let Some(role) = role else {
            return error(call, "AccessDenied", "It may not be assumed.");
        };
        let key = self.account.sessions.open(Caller {
            arn: format!(
                "arn:{}:sts::{}:assumed-role/{name}/{session}",
                role.partition, role.account
            ),
            user_id: format!("{}:{session}", role.id),
        });
        xml(&format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
             <AccessKeyId>{key}</AccessKeyId><SecretAccessKey>embedded</SecretAccessKey>\
             <SessionToken>embedded</SessionToken><Expiration>2099-01-31T10:10:10Z</Expiration></Credentials>\
             </AssumeRoleResult></AssumeRoleResponse>"
        ))
    }

    /// The numbers of the account summary that the program reads, as AWS has them by default.
    fn summary(&self) -> Response {
        let numbers = [
            ("AssumeRolePolicySizeQuota", 2048),
            ("RolePolicySizeQuota", 10_240),
            (
                "GlobalEndpointTokenVersion",
                i32::from(self.account.seed.token_version),
            ),
        ];
        let entries = numbers.iter().fold(String::new(), |list, (key, value)| {
            list + &format!("<entry><key>{key}</key><value>{value}</value></entry>")
        });
        let content = format!("<SummaryMap>{entries}</SummaryMap>");
        result("GetAccountSummary", &content)
    }

    fn aliases(&self) -> Response {
        let alias = self.account.seed.alias.as_ref();
        let alias = alias.map(|alias| format!("<member>{}</member>", escaped(alias)));
        let alias = alias.unwrap_or_default();
        let content =
            format!("<IsTruncated>false</IsTruncated><AccountAliases>{alias}</AccountAliases>");
        result("ListAccountAliases", &content)
    }

    /// Returns what the policy simulator says.
    fn simulated(&self, call: &Call) -> Response {
        let question = Question::new(&call.fields);
        match simulator::policies_of(&self.account.iam, question.principal()) {
            Some(policies) => result(&call.action, &question.answer(&policies)),
            None => error(call, "NoSuchEntity", "The role cannot be found."),
        }
    }

    /// Reads, sets or resets a region's tier.
    fn tier(&self, call: &Call) -> Response {
        let tiers = &self.account.tiers;
        let answer = match (call.action.as_str(), call.field("SettingValue")) {
            ("GetServiceSetting", _) => tiers.setting(&call.region, self.account.seed.account()),
            ("UpdateServiceSetting", Some(value)) => {
                tiers.set(&call.region, value);
                json!({})
            }
            ("ResetServiceSetting", _) => {
                tiers.reset(&call.region);
                tiers.setting(&call.region, self.account.seed.account())
            }
            _ => return error(call, "ValidationException", "Missing 'SettingValue'"),
        };
        json_answer(&answer)
    }

    fn activation(&self, call: &Call, body: &Value) -> Response {
        let activations = &self.account.activations;
        let answer = match call.action.as_str() {
            "CreateActivation" if !self.is_usable(call) => {
                let message = "Nonexistent role or missing ssm service principal in trust policy";
                return error(call, "ValidationException", message);
            }
            "CreateActivation" => activations.create(&call.region, body),
            "DescribeActivations" => activations.describe(&call.region, body),
            _ => {
                let id = call.field("ActivationId").unwrap_or_default();
                if !activations.delete(&call.region, id) {
                    return error(call, "InvalidActivationId", "There is no such activation.");
                }
                json!({})
            }
        };
        json_answer(&answer)
    }

    /// The hybrid nodes of a region, in pages, or the tags of one.
    fn nodes(&self, call: &Call, body: &Value) -> Response {
        let nodes = &self.account.seed.nodes;
        let here = nodes.iter().filter(|node| node.region == call.region);
        if call.action == "ListTagsForResource" {
            let id = call.text("ResourceId");
            return match here.into_iter().find(|node| node.id == id) {
                None => error(call, "InvalidResourceId", ""),
                Some(node) => {
                    let tags = node.tags.iter();
                    let tags = tags.map(|(key, value)| json!({"Key": key, "Value": value}));
                    json_answer(&json!({"TagList": tags.collect::<Vec<_>>()}))
                }
            };
        }
        let start = call.field("NextToken").and_then(|token| token.parse().ok());
        let (start, size) = (
            start.unwrap_or(0),
            body["MaxResults"].as_u64().unwrap_or(50),
        );
        let end = start + usize::try_from(size).unwrap_or(50);
        let all: Vec<&SeedNode> = here.collect();
        let page: Vec<_> = all
            .iter()
            .take(end)
            .skip(start)
            .map(|node| node.described())
            .collect();
        let next = (end < all.len()).then(|| end.to_string());
        json_answer(&json!({"InstanceInformationList": page, "NextToken": next}))
    }

    /// Returns whether the role of an activation exists, and Systems Manager may assume it.
    fn is_usable(&self, call: &Call) -> bool {
        let wanted = call.field("IamRole").unwrap_or_default();
        let name = wanted.rsplit('/').next().unwrap_or_default();
        let Some(role) = self.account.iam.role(name) else {
            return false;
        };
        let place = Place {
            partition: &role.partition,
            account: &role.account,
        };
        let regions = [call.region.clone()];
        let access = Document::parse(role.trust.as_str())
            .map(|document| trust::systems_manager_access(&document, place, &regions));
        let path = role.path.trim_start_matches('/');
        format!("{path}{name}") == wanted && matches!(access, Ok(Access::Allowed { .. }))
    }

    /// The public parameters that name SageMaker's regions; every partition's, unsorted, as AWS does it.
    fn parameters(call: &Call) -> Response {
        let mut regions: Vec<Region> = ["cn-north-1", "us-east-1", "us-gov-west-1"]
            .into_iter()
            .flat_map(|region| Region::shipped(&Partition::of_region(region)))
            .collect();
        regions.reverse();
        let path = call.field("Path").unwrap_or_default();
        let start: usize = call
            .field("NextToken")
            .and_then(|token| token.parse().ok())
            .unwrap_or(0);
        let page: Vec<_> = regions
            .iter()
            .skip(start)
            .take(PARAMETERS_A_PAGE)
            .map(|region| json!({"Name": format!("{path}/{}", region.code), "Type": "String", "Value": region.code}))
            .collect();
        let mut answer = json!({"Parameters": page});
        let end = start + PARAMETERS_A_PAGE;
        if let (true, Some(object)) = (end < regions.len(), answer.as_object_mut()) {
            object.insert("NextToken".to_owned(), end.to_string().into());
        }
        json_answer(&answer)
    }
}

/// Returns whether a trust policy lets somebody of this account in, without a condition.
fn lets_account_in(trust: &Document, account: &str) -> bool {
    let admitted = admitted::between(None, trust);
    admitted.iter().any(|(_, who)| {
        let principal = &who.principal;
        who.condition.is_none() && principal.starts_with("AWS ") && principal.contains(account)
    })
}

pub(super) fn error(call: &Call, code: &str, message: &str) -> Response {
    refusal(call.service == "ssm", code, message)
}
