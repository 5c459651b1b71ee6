//! What each permission is for.

use crate::model::new_role::FULL_ACCESS;

/// What each permission of the policies is for (SageMaker SSH Helper's documentation; Systems Manager User Guide).
pub(super) const PURPOSES: [(&str, &str); 23] = [
    (
        "iam:PassRole",
        "hands this very role, and no other, to Systems Manager when the container registers",
    ),
    (
        "ssm:AddTagsToResource",
        "tags the registration with its owner (`SSHOwner`)",
    ),
    (
        "ssm:CreateActivation",
        "registers the container as a hybrid node",
    ),
    (
        "ssm:UpdateInstanceInformation",
        "reports that the node is alive; only for nodes that have an owner",
    ),
    (
        "ssm:ListAssociations",
        "asked by the Systems Manager agent when it starts",
    ),
    (
        "ssm:ListInstanceAssociations",
        "asked by the Systems Manager agent when it starts",
    ),
    (
        "ec2messages:AcknowledgeMessage",
        "the agent's channel for commands",
    ),
    (
        "ec2messages:DeleteMessage",
        "the agent's channel for commands",
    ),
    (
        "ec2messages:GetMessages",
        "the agent's channel for commands",
    ),
    ("ec2messages:SendReply", "the agent's channel for commands"),
    (
        "ssmmessages:CreateControlChannel",
        "the agent's channel for sessions",
    ),
    (
        "ssmmessages:CreateDataChannel",
        "the agent's channel for sessions",
    ),
    (
        "ssmmessages:OpenControlChannel",
        "the agent's channel for sessions",
    ),
    (
        "ssmmessages:OpenDataChannel",
        "the agent's channel for sessions",
    ),
    ("ssm:DescribeInstanceInformation", "finds the node of a job"),
    ("ssm:ListTagsForResource", "sees whose node it is"),
    (
        "ssm:GetCommandInvocation",
        "reads what came of a command that was sent",
    ),
    (
        "ssm:SendCommand",
        "puts the person's SSH key on the node; only on nodes whose `SSHOwner` is the person",
    ),
    (
        "ssm:StartSession",
        "opens the tunnel for SSH; only to nodes whose `SSHOwner` is the person",
    ),
    ("ssm:TerminateSession", "ends a session; only one's own"),
    (
        "logs:StartQuery",
        "looks for the node's ID in the log of a SageMaker job",
    ),
    ("logs:GetQueryResults", "reads what that query found"),
    (
        "sts:AssumeRole",
        "lets SageMaker, Systems Manager or people act as the role; who, stands above",
    ),
];

pub(super) fn purpose(action: &str) -> Option<&'static str> {
    if action == FULL_ACCESS {
        return Some(
            "what jobs need: their data, image and log; a policy of AWS's, and wider than that",
        );
    }
    let known = PURPOSES.into_iter().find(|(known, _)| *known == action);
    known.map(|(_, purpose)| purpose)
}
