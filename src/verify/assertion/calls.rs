//! The calls that the assertions are about, and how the policy simulator is asked about them, with concrete resources and context.
//! They are those of SageMaker SSH Helper (its sources; AWS-RunShellScript and AWS-StartSSHSession are the documents that it
//! names).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use futures::stream::{self, StreamExt};

use super::{Assertion, Verdict};
use crate::account::{Account, ErrorKind, Question};
use crate::model::{Denial, Permission};
use crate::plan::Plan;
use crate::policy::trust::SYSTEMS_MANAGER;

/// Whose session it is thought to be, and somebody else's.
const OWN_USER_ID: &str = "AROAEXAMPLEID:oneself";
const OTHER_USER_ID: &str = "AROAEXAMPLEID:somebody-else";
/// The simulator is easily throttled.
const AT_ONCE: usize = 2;
/// A service that no SageMaker role has to be handed to.
const OTHER_SERVICE: &str = "ec2.amazonaws.com";

/// What an action is done to, with the context of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum On {
    Anything,
    RoleForSystemsManager,
    RoleForOthers,
    OwnNode,
    OthersNode,
    SshDocument,
    CommandDocument,
    ShellDocument,
    Bucket,
    Key,
    Logs,
}

use On::{
    Anything, Bucket, CommandDocument, Key, Logs, OthersNode, OwnNode, RoleForOthers,
    RoleForSystemsManager, ShellDocument, SshDocument,
};

/// A call: what is done, and to what.
type Call = (&'static str, On);

impl Assertion {
    /// The calls that it is about. It is true when each of them is allowed, or each is denied.
    fn calls(self) -> &'static [Call] {
        match self {
            Self::CreatesActivations => &[("ssm:CreateActivation", Anything)],
            Self::PassesItselfToSystemsManager => &[("iam:PassRole", RoleForSystemsManager)],
            Self::TagsItsActivations => &[("ssm:AddTagsToResource", RoleForSystemsManager)],
            Self::AnswersSessions => &[
                ("ssmmessages:CreateControlChannel", Anything),
                ("ssmmessages:CreateDataChannel", Anything),
                ("ssmmessages:OpenControlChannel", Anything),
                ("ssmmessages:OpenDataChannel", Anything),
                ("ec2messages:AcknowledgeMessage", Anything),
                ("ec2messages:DeleteMessage", Anything),
                ("ec2messages:GetMessages", Anything),
                ("ec2messages:SendReply", Anything),
            ],
            Self::ReportsItsNode => &[("ssm:UpdateInstanceInformation", OwnNode)],
            Self::PassesItselfToNobodyElse => &[("iam:PassRole", RoleForOthers)],
            Self::FetchesKeys => &[("s3:GetObject", Key)],
            Self::FindsNodes => &[
                ("ssm:DescribeInstanceInformation", Anything),
                ("ssm:ListTagsForResource", Anything),
            ],
            Self::StartsOwnSessions => &[
                ("ssm:StartSession", OwnNode),
                ("ssm:StartSession", SshDocument),
            ],
            Self::RunsOwnCommands => &[
                ("ssm:SendCommand", OwnNode),
                ("ssm:SendCommand", CommandDocument),
                ("ssm:GetCommandInvocation", Anything),
            ],
            Self::OpensShells => &[("ssm:StartSession", ShellDocument)],
            Self::StartsNobodyElsesSessions => &[
                ("ssm:StartSession", OthersNode),
                ("ssm:SendCommand", OthersNode),
            ],
            Self::TagsNoNodes => &[("ssm:AddTagsToResource", OthersNode)],
            Self::LeavesKeys => &[("s3:ListBucket", Bucket), ("s3:PutObject", Key)],
            Self::SearchesLogs => &[
                ("logs:StartQuery", Logs),
                ("logs:GetQueryResults", Anything),
            ],
            Self::ListsJobs => &[
                ("sagemaker:ListApps", Anything),
                ("sagemaker:ListEndpoints", Anything),
                ("sagemaker:ListTrainingJobs", Anything),
                ("sagemaker:ListProcessingJobs", Anything),
                ("sagemaker:ListTransformJobs", Anything),
                ("sagemaker:ListNotebookInstances", Anything),
            ],
        }
    }
}

impl On {
    /// A concrete resource: the simulator is wrong about patterns with conditions on tags.
    fn resource(self, plan: &Plan, role_arn: &str) -> String {
        let identity = &plan.identity;
        let region = plan.home_or_first_region();
        let (partition, account) = (&identity.partition, &identity.account);
        let bucket = format!("arn:{partition}:s3:::sagemaker-{region}-{account}");
        match self {
            Self::Anything => "*".to_owned(),
            Self::RoleForSystemsManager | Self::RoleForOthers => role_arn.to_owned(),
            Self::OwnNode | Self::OthersNode => {
                format!(
                    "arn:{partition}:ssm:{region}:{account}:managed-instance/mi-0123456789abcdef0"
                )
            }
            Self::SshDocument => {
                format!("arn:{partition}:ssm:{region}::document/AWS-StartSSHSession")
            }
            Self::CommandDocument => {
                format!("arn:{partition}:ssm:{region}::document/AWS-RunShellScript")
            }
            Self::ShellDocument => {
                format!(
                    "arn:{partition}:ssm:{region}:{account}:document/SSM-SessionManagerRunShell"
                )
            }
            Self::Bucket => bucket,
            Self::Key => format!("{bucket}/ssh-authorized-keys/key.pub"),
            Self::Logs => format!(
                "arn:{partition}:logs:{region}:{account}:log-group:/aws/sagemaker/Endpoints/example:*"
            ),
        }
    }

    /// Returns what the call brings with it. Without the region, a condition on it would seem to be met by its absence.
    fn context(self, region: &str) -> Vec<(&'static str, &str)> {
        let mut context = vec![("aws:RequestedRegion", region)];
        let owner = |owner| {
            [
                ("ssm:resourceTag/SSHOwner", owner),
                ("aws:userid", OWN_USER_ID),
            ]
        };
        match self {
            Self::RoleForSystemsManager => context.push(("iam:PassedToService", SYSTEMS_MANAGER)),
            Self::RoleForOthers => context.push(("iam:PassedToService", OTHER_SERVICE)),
            Self::OwnNode => context.extend(owner(OWN_USER_ID)),
            Self::OthersNode => context.extend(owner(OTHER_USER_ID)),
            _ => {}
        }
        context
    }
}

/// Asks about assertions of a role, when the role has these policies besides its own: one question for all actions on one
/// resource. After one that AWS refused, it is not asked any more; why, is in `refused`.
pub(in crate::verify) async fn ask(
    account: &Account,
    plan: &Plan,
    role_arn: &str,
    assertions: &[Assertion],
    policies: &[String],
    refused: &OnceLock<String>,
) -> Vec<(Assertion, Verdict, Vec<&'static str>)> {
    let mut questions: BTreeMap<On, BTreeSet<&'static str>> = BTreeMap::new();
    for (action, on) in assertions.iter().flat_map(|assertion| assertion.calls()) {
        questions.entry(*on).or_default().insert(action);
    }
    let questions: Vec<_> = questions
        .into_iter()
        .map(|(on, actions)| async move {
            let resource = on.resource(plan, role_arn);
            let asked: Vec<String> = actions.iter().map(|action| (*action).to_owned()).collect();
            let question = Question {
                principal: role_arn,
                actions: &asked,
                resources: std::slice::from_ref(&resource),
                context: &on.context(plan.home_or_first_region()),
                policies,
            };
            let said = match refused.get() {
                Some(why) => Err(why.clone()),
                None => account.simulate(&question).await.map_err(|error| {
                    let why = error.sentence();
                    // A role that has gone, or a question that is no good, says nothing of the others.
                    let is_about_this = error.kind == ErrorKind::NotFound
                        || error.code.as_deref() == Some("InvalidInput");
                    if !is_about_this {
                        let _ = refused.set(why.clone());
                    }
                    why
                }),
            };
            let permission = |action: &str| match &said {
                Ok(permissions) => {
                    let said = permissions.get(&(action.to_owned(), resource.clone()));
                    let silent = || Permission::Unknown("AWS does not say.".to_owned());
                    said.cloned().unwrap_or_else(silent)
                }
                Err(why) => Permission::Unknown(why.clone()),
            };
            let answers = actions
                .into_iter()
                .map(|action| ((action, on), permission(action)));
            answers.collect::<Vec<_>>()
        })
        .collect();
    let answers: Vec<_> = stream::iter(questions).buffered(AT_ONCE).collect().await;
    let answers = answers.into_iter().flatten().collect();
    let judged = assertions.iter().map(|assertion| {
        let (verdict, actions) = judged(*assertion, &answers);
        (*assertion, verdict, actions)
    });
    judged.collect()
}

/// The worst that is said of an assertion's calls, and of which actions.
fn judged(
    assertion: Assertion,
    answers: &BTreeMap<Call, Permission>,
) -> (Verdict, Vec<&'static str>) {
    let rank = |verdict: &Verdict| match verdict {
        Verdict::True | Verdict::Shared => 0,
        Verdict::Unknown(_) => 1,
        Verdict::Inconclusive => 2,
        Verdict::Wrong(_) => 3,
    };
    let (mut worst, mut actions) = (Verdict::True, Vec::new());
    for call in assertion.calls() {
        let verdict = verdict(assertion, answers.get(call));
        if rank(&verdict) > rank(&worst) {
            worst = verdict;
            actions = vec![call.0];
        } else if rank(&verdict) == rank(&worst) && rank(&verdict) > 0 && !actions.contains(&call.0)
        {
            actions.push(call.0);
        }
    }
    (worst, actions)
}

fn verdict(assertion: Assertion, permission: Option<&Permission>) -> Verdict {
    match permission {
        None => Verdict::Unknown("AWS does not say.".to_owned()),
        Some(Permission::Unknown(why)) => Verdict::Unknown(why.clone()),
        Some(permission) if (*permission == Permission::Allowed) == assertion.is_allowed() => {
            Verdict::True
        }
        Some(Permission::Denied(Denial::Organization)) => Verdict::Inconclusive,
        Some(Permission::Denied(denial)) => Verdict::Wrong(Some(*denial)),
        Some(Permission::Allowed) => Verdict::Wrong(None),
    }
}
