//! What has to be true of a role: what a connection needs, and what has to stay denied.

mod calls;

use crate::model::Denial;
use crate::plan::SHARED_USER_ID;
pub(super) use calls::ask;

/// What has to be true of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assertion {
    CreatesActivations,
    PassesItselfToSystemsManager,
    TagsItsActivations,
    AnswersSessions,
    ReportsItsNode,
    PassesItselfToNobodyElse,
    FetchesKeys,
    FindsNodes,
    StartsOwnSessions,
    RunsOwnCommands,
    OpensShells,
    StartsNobodyElsesSessions,
    TagsNoNodes,
    LeavesKeys,
    SearchesLogs,
    ListsJobs,
}

/// How much hangs on an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    /// Without it nobody can connect.
    Needed,
    /// Without it, people have less or more than they should.
    Serious,
    /// Good to know: it may work all the same, as the simulator does not see bucket policies, or there is another way.
    Advisory,
}

impl Assertion {
    pub(super) const OF_SAGEMAKER_ROLES: [Self; 8] = [
        Self::CreatesActivations,
        Self::PassesItselfToSystemsManager,
        Self::TagsItsActivations,
        Self::AnswersSessions,
        Self::ReportsItsNode,
        Self::TagsNoNodes,
        Self::PassesItselfToNobodyElse,
        Self::FetchesKeys,
    ];
    const OF_CLIENTS: [Self; 9] = [
        Self::FindsNodes,
        Self::StartsOwnSessions,
        Self::RunsOwnCommands,
        Self::OpensShells,
        Self::StartsNobodyElsesSessions,
        Self::TagsNoNodes,
        Self::LeavesKeys,
        Self::SearchesLogs,
        Self::ListsJobs,
    ];

    /// Returns what is claimed of those who connect.
    pub(super) fn of_clients(shell_access: bool) -> impl Iterator<Item = Self> {
        let assertions = Self::OF_CLIENTS.into_iter();
        assertions.filter(move |assertion| shell_access || *assertion != Self::OpensShells)
    }

    /// Its name in the JSON output.
    pub fn id(self) -> &'static str {
        match self {
            Self::CreatesActivations => "creates-activations",
            Self::PassesItselfToSystemsManager => "passes-itself-to-systems-manager",
            Self::TagsItsActivations => "tags-its-activations",
            Self::AnswersSessions => "answers-sessions",
            Self::ReportsItsNode => "reports-its-node",
            Self::PassesItselfToNobodyElse => "passes-itself-to-nobody-else",
            Self::FetchesKeys => "fetches-keys",
            Self::FindsNodes => "finds-nodes",
            Self::StartsOwnSessions => "starts-own-sessions",
            Self::RunsOwnCommands => "runs-own-commands",
            Self::OpensShells => "opens-shells",
            Self::StartsNobodyElsesSessions => "starts-nobody-elses-sessions",
            Self::TagsNoNodes => "tags-no-nodes",
            Self::LeavesKeys => "leaves-keys",
            Self::SearchesLogs => "searches-logs",
            Self::ListsJobs => "lists-jobs",
        }
    }

    /// Returns what it means for people when it is not true of these actions.
    fn consequence(self, actions: &str) -> String {
        let denied = format!("AccessDeniedException for {actions}");
        match self {
            Self::CreatesActivations | Self::PassesItselfToSystemsManager | Self::TagsItsActivations => {
                format!("Containers cannot register: {denied} in the log of the job.")
            }
            Self::AnswersSessions | Self::ReportsItsNode => format!(
                "Containers register and cannot be reached: TargetNotConnected for people, {denied} in the agent's log."
            ),
            Self::PassesItselfToNobodyElse => {
                "Another policy of the role allows iam:PassRole more widely than SSH needs. SSH works all the same.".to_owned()
            }
            Self::FetchesKeys => format!(
                "The container may not get people's public keys ({denied}), unless the bucket's own policy allows it. People \
                 are then asked for a password, and \"Permission denied (publickey)\" follows. The way out: allow {actions} on \
                 the bucket sagemaker-REGION-ACCOUNT, or name another one with SSH_AUTHORIZED_KEYS_PATH=s3://…"
            ),
            Self::FindsNodes | Self::StartsOwnSessions | Self::RunsOwnCommands => {
                format!("People with this role cannot connect: {denied}.")
            }
            Self::OpensShells => format!("Plain shells do not open: {denied}. SSH works all the same."),
            Self::StartsNobodyElsesSessions => {
                "People with this role can open sessions to each other's hybrid nodes. Another policy of the role allows it."
                    .to_owned()
            }
            Self::TagsNoNodes => format!(
                "Another policy of the role allows {actions} on nodes: whoever may write the tag SSHOwner can make any node \
                 their own, and open sessions to it."
            ),
            Self::LeavesKeys => format!(
                "People's public keys may not get to the container ({denied} from sm-ssh), unless the bucket's own policy \
                 allows it. The way out: allow {actions} on the bucket sagemaker-REGION-ACCOUNT, or name another one with \
                 SSH_AUTHORIZED_KEYS_PATH=s3://…"
            ),
            Self::SearchesLogs => format!(
                "The node of an endpoint or a transform job is not found by its name: {denied}. Connecting by the node's ID \
                 works all the same."
            ),
            Self::ListsJobs => format!(
                "\"sm-ssh list\" shows nothing: {denied}. Connecting by name works all the same."
            ),
        }
    }

    fn weight(self) -> Weight {
        match self {
            Self::CreatesActivations
            | Self::PassesItselfToSystemsManager
            | Self::TagsItsActivations
            | Self::AnswersSessions
            | Self::ReportsItsNode
            | Self::FindsNodes
            | Self::StartsOwnSessions
            | Self::RunsOwnCommands => Weight::Needed,
            Self::OpensShells | Self::StartsNobodyElsesSessions | Self::TagsNoNodes => {
                Weight::Serious
            }
            Self::PassesItselfToNobodyElse
            | Self::FetchesKeys
            | Self::LeavesKeys
            | Self::SearchesLogs
            | Self::ListsJobs => Weight::Advisory,
        }
    }

    /// Returns whether nobody can connect without it.
    pub fn is_needed(self) -> bool {
        self.weight() == Weight::Needed
    }

    /// Returns whether something is broken or open when it is not true; else it is only good to know.
    pub fn is_serious(self) -> bool {
        self.weight() != Weight::Advisory
    }

    /// Returns whether it is needed by containers, and not by people.
    pub fn is_about_containers(self) -> bool {
        self.is_needed() && Self::OF_SAGEMAKER_ROLES.contains(&self)
    }

    fn is_allowed(self) -> bool {
        !matches!(
            self,
            Self::PassesItselfToNobodyElse | Self::StartsNobodyElsesSessions | Self::TagsNoNodes
        )
    }
}

/// What the simulator says of an assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it should be.
    True,
    /// By its policies it is as it should be, but all who come with this role are one and the same to AWS.
    Shared,
    /// It is not; with what stands against it, where it is denied and should not be.
    Wrong(Option<Denial>),
    /// A service control policy seems to deny it; about those the simulator is known to be wrong now and then.
    Inconclusive,
    /// Nobody knows; the sentence says why.
    Unknown(String),
}

impl Verdict {
    /// Its word in the JSON output.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::True => "true",
            Self::Shared => "shared",
            Self::Wrong(_) => "wrong",
            Self::Inconclusive | Self::Unknown(_) => "unknown",
        }
    }

    /// Returns whether an assertion about somebody's session, or about a container, is known not to hold.
    pub fn is_wrong(&self) -> bool {
        matches!(self, Self::Wrong(_))
    }
}

/// A assertion about a role, and whether it is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    pub role: String,
    pub assertion: Assertion,
    pub verdict: Verdict,
    /// The actions that are not as they should be; none where it is true.
    pub actions: Vec<&'static str>,
}

impl CheckResult {
    /// Returns what it means that it is wrong, and what stands against it; or why it is not known. None where it is
    /// true.
    pub fn reason(&self) -> Option<String> {
        match &self.verdict {
            Verdict::True => None,
            Verdict::Shared => Some(SHARED_USER_ID.to_owned()),
            Verdict::Unknown(why) => Some(why.clone()),
            Verdict::Inconclusive => Some(format!(
                "A service control policy of the organization seems to deny {}; the simulator is not always right about \
                 those. A live check, or a first job, tells.",
                self.actions.join(", ")
            )),
            Verdict::Wrong(denial) => {
                let because = denial.map(|denial| format!(" {}", because(denial)));
                let consequence = self.assertion.consequence(&named(&self.actions));
                Some(consequence + &because.unwrap_or_default())
            }
        }
    }

    /// Returns whether it keeps somebody from connecting.
    pub fn is_an_obstacle(&self) -> bool {
        self.verdict.is_wrong() && self.assertion.is_needed()
    }

    /// Returns whether something is broken or open.
    pub fn is_serious(&self) -> bool {
        self.verdict.is_wrong() && self.assertion.is_serious()
    }
}

/// The first actions; the rest is counted.
fn named(actions: &[&str]) -> String {
    match actions {
        [first, second, more @ ..] if more.len() > 1 => {
            format!("{first}, {second} and {} more", more.len())
        }
        few => few.join(", "),
    }
}

/// Returns what stands against it, and the way out.
fn because(denial: Denial) -> &'static str {
    match denial {
        Denial::NotAllowed => "No policy of the role allows it.",
        Denial::Explicit => {
            "A policy of the role denies it, and a denial always wins: look for it among the role's policies."
        }
        Denial::Boundary => {
            "The role's permissions boundary does not allow it: whoever looks after the boundary can allow it there."
        }
        Denial::Organization => "A service control policy of the organization seems to deny it.",
    }
}
