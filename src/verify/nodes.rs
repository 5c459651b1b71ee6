//! The hybrid nodes that are really there, and whose they are: what people see when they connect. Reads only.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt};
use jiff::Timestamp;

use crate::account::Account;
use crate::model::{Node, NodeCount};
use crate::plan::Plan;
use crate::survey::REGIONS_AT_ONCE;

/// The most nodes of a region that are listed.
const MOST: usize = 5000;
/// The most nodes of a region whose owner is asked for: each is a call of its own.
const LOOKED_AT: usize = 100;
/// How many owners are asked for side by side.
const AT_ONCE: usize = 4;
/// The owner in the example of SageMaker SSH Helper's documentation.
const EXAMPLE: &str = "AIDACKCEVSQ6C2EXAMPLE";
/// How the session names begin that programs make up, each process another one: botocore (with it the AWS CLI), and the SDKs
/// for Rust, Java, Go and JavaScript.
const MADE_UP: [&str; 6] = [
    "botocore-session-",
    "assume-role-from-profile-",
    "assume-role-provider-",
    "aws-sdk-java-",
    "aws-go-sdk-",
    "aws-sdk-js-",
];

/// What an owner's tag is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A user ID that stays the same.
    Person,
    /// The placeholder of the helper's example.
    Placeholder,
    /// A session name that a program made up.
    Unstable,
    /// A session of SageMaker's own.
    Shared,
    /// No user ID at all.
    NoUserId,
    /// There is no such tag.
    Nobody,
}

impl Owner {
    /// Judges the value of the tag.
    pub fn of(tag: Option<&str>) -> Self {
        let Some(tag) = tag.map(str::trim).filter(|tag| !tag.is_empty()) else {
            return Self::Nobody;
        };
        if tag.starts_with(EXAMPLE) {
            return Self::Placeholder;
        }
        let is_number = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
        let is_id = |text: &str, kind: &str| {
            text.starts_with(kind)
                && text.len() >= 16
                && text
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        match tag.split_once(':') {
            None if is_id(tag, "AIDA") || is_number(tag) => Self::Person,
            Some((role, session)) if is_id(role, "AROA") || is_number(role) => {
                let time = session.rsplit('-').next().unwrap_or_default();
                let ends_in_a_time = time.len() >= 10 && time.bytes().all(|b| b.is_ascii_digit());
                if session == "SageMaker" {
                    Self::Shared
                } else if ends_in_a_time
                    || MADE_UP.iter().any(|made_up| session.starts_with(made_up))
                {
                    Self::Unstable
                } else {
                    Self::Person
                }
            }
            None | Some(_) => Self::NoUserId,
        }
    }

    /// Its word in the outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "good",
            Self::Placeholder => "placeholder",
            Self::Unstable => "unstable",
            Self::Shared => "shared",
            Self::NoUserId => "no-user-id",
            Self::Nobody => "none",
        }
    }

    /// Returns what it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Person => "Whoever has this user ID can connect.",
            Self::Placeholder => {
                "It is the example of the helper's documentation: nobody has this user ID, so nobody can connect."
            }
            Self::Unstable => {
                "A program made this session name up, and makes another one up each time: whoever submitted the job cannot \
                 connect to it."
            }
            Self::Shared => {
                "SageMaker opened the session (Studio, a notebook, a pipeline): everybody who shares its execution role, and \
                 every job under it, can connect, and nobody from a computer of their own."
            }
            Self::NoUserId => "It is no user ID, so nobody has it, and nobody can connect.",
            Self::Nobody => "It has no owner, so the client policy lets nobody connect.",
        }
    }

    /// Returns what to do; none where nothing has to be done.
    pub fn remedy(self) -> Option<&'static str> {
        match self {
            Self::Person => None,
            Self::Placeholder | Self::NoUserId => Some(
                "Set LOCAL_USER_ID (or ~/.sm-ssh-owner) to what \"aws sts get-caller-identity --query UserId --output text\" \
                 prints on the computer that connects, and start it again.",
            ),
            Self::Unstable => Some(
                "Give the profile a role_session_name (\"export users\" has the profile), and submit the job again with it.",
            ),
            Self::Shared => Some(
                "For one person each: one execution role per user profile. To connect from a computer of one's own, submit \
                 the job from there.",
            ),
            Self::Nobody => Some(
                "If it is a container of the helper's, its role may not tag its activations (ssm:AddTagsToResource on \
                 itself), or an old version of the helper runs in it.",
            ),
        }
    }
}

/// A node of a chosen role, and the value of its owner's tag, or why that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub node: Node,
    pub owner: Result<Option<String>, String>,
}

/// What is there in a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InRegion {
    /// All hybrid nodes of the region.
    pub count: NodeCount,
    /// Nodes of the chosen SageMaker roles, those that are online first.
    pub nodes: Vec<Seen>,
    /// Further nodes of those roles, whose owner was not asked for.
    pub further: usize,
}

/// What was found in each region, or the sentence that says why it could not be read.
pub type Nodes = BTreeMap<String, Result<InRegion, String>>;

/// Looks for the nodes of the chosen SageMaker roles.
pub async fn look(account: &Account, plan: &Plan, regions: &[String]) -> Nodes {
    let looks: Vec<_> = regions
        .iter()
        .map(|region| async move { (region.clone(), in_region(account, plan, region).await) })
        .collect();
    stream::iter(looks)
        .buffer_unordered(REGIONS_AT_ONCE)
        .collect()
        .await
}

async fn in_region(account: &Account, plan: &Plan, region: &str) -> Result<InRegion, String> {
    let listed = account.hybrid_nodes(region, MOST).await;
    let (nodes, is_complete) = listed.map_err(|error| error.sentence())?;
    let count = NodeCount::of(&nodes, is_complete);
    let is_meant = |node: &Node| {
        let name = node.role_name();
        plan.choices.sagemaker_roles.iter().any(|role| role == name)
    };
    let mut nodes: Vec<Node> = nodes.into_iter().filter(is_meant).collect();
    nodes.sort_by_key(|node| (!node.online, std::cmp::Reverse(node.last_ping)));
    let further = nodes.split_off(nodes.len().min(LOOKED_AT)).len();
    let looks: Vec<_> = nodes
        .into_iter()
        .map(|node| async move {
            let owner = account.node_owner(region, &node.id).await;
            let owner = owner.map_err(|error| error.sentence());
            Seen { node, owner }
        })
        .collect();
    let nodes = stream::iter(looks).buffered(AT_ONCE).collect().await;
    Ok(InRegion {
        count,
        nodes,
        further,
    })
}

impl Seen {
    /// Returns whether it is there, and since when it is not.
    pub fn presence(&self) -> String {
        let last = self
            .node
            .last_ping
            .and_then(|at| Timestamp::from_second(at).ok());
        let last = last.map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string());
        match (self.node.online, last) {
            (true, Some(last)) => format!("online, last heard of {last}"),
            (true, None) => "online".to_owned(),
            (false, Some(last)) => format!("not online since {last}"),
            (false, None) => "not online".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_judged_by_whether_somebody_keeps_that_user_id() {
        for (tag, owner) in [
            (Some("AROAEXAMPLEROLEID0001:terry"), Owner::Person),
            (
                Some("AROAEXAMPLEROLEID0001:terry@example.com"),
                Owner::Person,
            ),
            (Some("AROAEXAMPLEROLEID0001:jdoe1234567890"), Owner::Person),
            (Some("AIDAEXAMPLEUSERID0001"), Owner::Person),
            (Some("123456789012"), Owner::Person),
            (Some("123456789012:federated"), Owner::Person),
            (Some("AIDACKCEVSQ6C2EXAMPLE:terry@SSO"), Owner::Placeholder),
            (
                Some("AROAEXAMPLEROLEID0001:botocore-session-1700000000"),
                Owner::Unstable,
            ),
            (
                Some("AROAEXAMPLEROLEID0001:assume-role-from-profile-1700000000123"),
                Owner::Unstable,
            ),
            (
                Some("AROAEXAMPLEROLEID0001:1700000000123456789"),
                Owner::Unstable,
            ),
            (Some("AROAEXAMPLEROLEID0001:SageMaker"), Owner::Shared),
            (Some("AROAEXAMPLEROLEID0001:SageMaker-2"), Owner::Person),
            (Some("terry"), Owner::NoUserId),
            (Some("terry:SageMaker"), Owner::NoUserId),
            (Some(" "), Owner::Nobody),
            (None, Owner::Nobody),
        ] {
            assert_eq!(Owner::of(tag), owner, "{tag:?}");
        }
    }
}
