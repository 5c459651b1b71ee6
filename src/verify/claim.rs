//! What has to be true of a role, asked in the policy simulator with concrete resources and context: what it has to be
//! allowed, and what has to stay denied.

use crate::account::{Account, Question};
use crate::model::{Denial, Permission};
use crate::plan::Plan;
use crate::policy::trust::SYSTEMS_MANAGER;

/// Whose session it is thought to be, and somebody else's.
const ONESELF: &str = "AROAEXAMPLEID:oneself";
const ELSE: &str = "AROAEXAMPLEID:somebody-else";
/// A service that no SageMaker role has to be handed to.
const OTHER_SERVICE: &str = "ec2.amazonaws.com";

/// What has to be true of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    CreatesActivations,
    PassesItselfToSystemsManager,
    PassesItselfToNobodyElse,
    StartsOwnSessions,
    StartsNobodyElsesSessions,
}

impl Claim {
    pub(super) const OF_SAGEMAKER_ROLES: [Self; 3] = [
        Self::CreatesActivations,
        Self::PassesItselfToSystemsManager,
        Self::PassesItselfToNobodyElse,
    ];
    pub(super) const OF_CLIENTS: [Self; 2] =
        [Self::StartsOwnSessions, Self::StartsNobodyElsesSessions];

    /// Its name in the JSON output.
    pub fn id(self) -> &'static str {
        match self {
            Self::CreatesActivations => "creates-activations",
            Self::PassesItselfToSystemsManager => "passes-itself-to-systems-manager",
            Self::PassesItselfToNobodyElse => "passes-itself-to-nobody-else",
            Self::StartsOwnSessions => "starts-own-sessions",
            Self::StartsNobodyElsesSessions => "starts-nobody-elses-sessions",
        }
    }

    /// What is claimed, after the role's name.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::CreatesActivations => "may register its containers with Systems Manager",
            Self::PassesItselfToSystemsManager => "may be handed to Systems Manager",
            Self::PassesItselfToNobodyElse => "may not be handed to other services",
            Self::StartsOwnSessions => "may start sessions on a person's own nodes",
            Self::StartsNobodyElsesSessions => "may not start sessions on other people's nodes",
        }
    }

    /// What it means for people when it is not true.
    pub fn consequence(self) -> &'static str {
        match self {
            Self::CreatesActivations => {
                "Containers cannot register: AccessDeniedException for ssm:CreateActivation in the log of the job."
            }
            Self::PassesItselfToSystemsManager => {
                "Containers cannot register: AccessDeniedException for iam:PassRole in the log of the job."
            }
            Self::PassesItselfToNobodyElse => {
                "Another policy of the role allows iam:PassRole more widely than SSH needs. SSH works all the same."
            }
            Self::StartsOwnSessions => {
                "People with this role cannot connect: AccessDeniedException for ssm:StartSession."
            }
            Self::StartsNobodyElsesSessions => {
                "People with this role can open sessions to each other's nodes. Another policy of the role allows it."
            }
        }
    }

    /// Whether something is broken or open when it is not true; else it is only good to know.
    pub fn is_serious(self) -> bool {
        self != Self::PassesItselfToNobodyElse
    }

    /// Whether it is about a role that containers run under, and not about people.
    pub fn is_about_containers(self) -> bool {
        Self::OF_SAGEMAKER_ROLES.contains(&self)
    }

    fn is_allowed(self) -> bool {
        match self {
            Self::CreatesActivations
            | Self::PassesItselfToSystemsManager
            | Self::StartsOwnSessions => true,
            Self::PassesItselfToNobodyElse | Self::StartsNobodyElsesSessions => false,
        }
    }

    /// What is asked about.
    pub fn action(self) -> &'static str {
        match self {
            Self::CreatesActivations => "ssm:CreateActivation",
            Self::PassesItselfToSystemsManager | Self::PassesItselfToNobodyElse => "iam:PassRole",
            Self::StartsOwnSessions | Self::StartsNobodyElsesSessions => "ssm:StartSession",
        }
    }

    fn context(self) -> Vec<(&'static str, &'static str)> {
        let owner = |owner| vec![("ssm:resourceTag/SSHOwner", owner), ("aws:userid", ONESELF)];
        match self {
            Self::CreatesActivations => Vec::new(),
            Self::PassesItselfToSystemsManager => vec![("iam:PassedToService", SYSTEMS_MANAGER)],
            Self::PassesItselfToNobodyElse => vec![("iam:PassedToService", OTHER_SERVICE)],
            Self::StartsOwnSessions => owner(ONESELF),
            Self::StartsNobodyElsesSessions => owner(ELSE),
        }
    }
}

/// What the simulator says of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it should be.
    True,
    /// By its policies it is as it should be, but all who come with this role are one and the same to AWS.
    Shared,
    /// It is not; with what stands against it, where it is denied and should not be.
    Wrong(Option<Denial>),
    /// A service control policy seems to deny it; about those the simulator is known to be wrong now and then.
    Doubtful,
    /// Nobody knows; the sentence says why.
    Unknown(String),
}

impl Verdict {
    /// Its word in the JSON output.
    pub fn word(&self) -> &'static str {
        match self {
            Self::True => "true",
            Self::Shared => "shared",
            Self::Wrong(_) => "wrong",
            Self::Doubtful | Self::Unknown(_) => "unknown",
        }
    }

    /// Whether a claim about somebody's session, or about a container, is known not to hold.
    pub fn is_wrong(&self) -> bool {
        matches!(self, Self::Wrong(_))
    }
}

/// A claim about a role, and whether it is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    pub role: String,
    pub claim: Claim,
    pub verdict: Verdict,
}

impl Proved {
    /// What it means that it is wrong, and what stands against it; or why it is not known. None where it is true.
    pub fn reason(&self) -> Option<String> {
        match &self.verdict {
            Verdict::True => None,
            Verdict::Shared => Some(
                "In SageMaker Studio that does not keep people apart: all sessions of an execution role have the same user \
                 ID, so everybody who shares it, and every job that runs under it, can open each other's nodes. The way out \
                 is one execution role per user profile."
                    .to_owned(),
            ),
            Verdict::Unknown(why) => Some(why.clone()),
            Verdict::Doubtful => Some(format!(
                "A service control policy of the organization seems to deny {}; the simulator is not always right about \
                 those. A live check, or a first job, tells.",
                self.claim.action()
            )),
            Verdict::Wrong(denial) => {
                let because = denial.map(|denial| format!(" {}", because(denial)));
                Some(self.claim.consequence().to_owned() + &because.unwrap_or_default())
            }
        }
    }

    /// Whether it keeps somebody from connecting.
    pub fn is_an_obstacle(&self) -> bool {
        self.is_serious() && self.claim != Claim::StartsNobodyElsesSessions
    }

    /// Whether something is broken or open.
    pub fn is_serious(&self) -> bool {
        self.verdict.is_wrong() && self.claim.is_serious()
    }
}

/// What stands against it, and the way out.
fn because(denial: Denial) -> &'static str {
    match denial {
        Denial::NotAllowed => "No policy of the role allows it.",
        Denial::Explicit => {
            "A policy of the role denies it, and a denial always wins: look for it among the role's policies."
        }
        Denial::Boundary => {
            "The role's permissions boundary does not allow it: whoever looks after the boundary has to."
        }
        Denial::Organization => "A service control policy of the organization seems to deny it.",
    }
}

impl Claim {
    /// Asks whether it is true of a role, when the role has these policies besides its own.
    pub(super) async fn ask(
        self,
        account: &Account,
        plan: &Plan,
        role_arn: &str,
        policies: &[String],
    ) -> Verdict {
        let resource = resource(plan, role_arn, self);
        let action = self.action();
        let answer = account
            .simulate(&Question {
                principal: role_arn,
                actions: &[action.to_owned()],
                resources: std::slice::from_ref(&resource),
                context: &self.context(),
                policies,
            })
            .await;
        match answer {
            Ok(permissions) => {
                let permission = permissions.get(&(action.to_owned(), resource));
                verdict(self, permission)
            }
            Err(error) => Verdict::Unknown(error.sentence()),
        }
    }
}

fn verdict(claim: Claim, permission: Option<&Permission>) -> Verdict {
    match permission {
        None => Verdict::Unknown("AWS does not say.".to_owned()),
        Some(Permission::Unknown(why)) => Verdict::Unknown(why.clone()),
        Some(permission) if (*permission == Permission::Allowed) == claim.is_allowed() => {
            Verdict::True
        }
        Some(Permission::Denied(Denial::Organization)) => Verdict::Doubtful,
        Some(Permission::Denied(denial)) => Verdict::Wrong(Some(*denial)),
        Some(Permission::Allowed) => Verdict::Wrong(None),
    }
}

/// A concrete resource: the simulator is wrong about patterns with conditions on tags.
fn resource(plan: &Plan, role_arn: &str, claim: Claim) -> String {
    let identity = &plan.identity;
    let region = plan.home_or_first_region();
    let (partition, account) = (&identity.partition, &identity.account);
    match claim {
        Claim::CreatesActivations => "*".to_owned(),
        Claim::PassesItselfToSystemsManager | Claim::PassesItselfToNobodyElse => {
            role_arn.to_owned()
        }
        Claim::StartsOwnSessions | Claim::StartsNobodyElsesSessions => {
            format!("arn:{partition}:ssm:{region}:{account}:managed-instance/mi-0123456789abcdef0")
        }
    }
}
