//! The errors that people meet (SageMaker SSH Helper's FAQ, sources and issues; Systems Manager User Guide).

use super::{Case, Cause, Decider};
use crate::export::users::WHO_AM_I;

/// What AWS says where something takes back what a policy allows.
const DENIED: &[&str] = &[
    "explicitdeny",
    "nopermissionsboundaryallows",
    "noservicecontrolpolicyallows",
];
const CHECK: &str = "sagemaker-ssh-setup check CHOICES --nodes";
const TAGS: &str = "aws ssm list-tags-for-resource --resource-type ManagedInstance --resource-id NODE --region REGION";

pub(super) const CASES: &[Case] = &[
    Case {
        title: "Systems Manager does not open sessions to hybrid nodes on the standard instance tier.",
        marks: &[
            &["advancedinstancestier"],
            &["enableadvancedinstances"],
            &["sessionmanagerwithyouronpremises"],
        ],
        causes: &[
            Cause {
                text: "The advanced-instances tier is not on in the region of the node.",
                what_to_do: "This prints \"advanced\" where it is on; the program turns it on. A change takes some minutes to count.",
                command: Some(
                    "aws ssm get-service-setting --setting-id /ssm/managed-instance/activation-tier --query \
                     ServiceSetting.SettingValue --region REGION",
                ),
                decided_by: Some(Decider::Tier),
            },
            Cause {
                text: "It is on, and your client asks in another region than that of the node.",
                what_to_do: "Set both variables to the region that the job runs in, in the terminal where you connect.",
                command: Some("export AWS_REGION=REGION AWS_DEFAULT_REGION=REGION"),
                decided_by: None,
            },
        ],
    },
    Case {
        title: "Systems Manager knows the node, and the node does not answer.",
        marks: &[
            &["targetnotconn"],
            &["isnotconnected"],
            &["notconnectedstate"],
        ],
        causes: &[
            Cause {
                text: "The container does not run any more, or has not come so far yet.",
                what_to_do: "The job has to be in progress, and its log has to show that the agent has started. Endpoints and \
                             training jobs keep a container only as long as they run.",
                command: Some("sagemaker-ssh-setup check --same-as last --nodes"),
                decided_by: None,
            },
            Cause {
                text: "The job runs under another role than the one that was set up.",
                what_to_do: "Compare the role of the job (\"role=\" of the estimator) with the roles of the set-up. The log of the \
                             job has AccessDeniedException then.",
                command: Some(CHECK),
                decided_by: None,
            },
            Cause {
                text: "The container cannot reach Systems Manager: a VPC without a NAT gateway and without endpoints.",
                what_to_do: "It needs a way to ssm, ssmmessages, ec2messages, sts and s3; the log of the job shows time-outs then.",
                command: Some(
                    "aws ec2 describe-vpc-endpoints --query 'VpcEndpoints[].ServiceName' --region REGION",
                ),
                decided_by: None,
            },
            Cause {
                text: "A service control policy of the organization denies ssmmessages.",
                what_to_do: "Everything registers then, and nobody can connect. Whoever looks after the organization's policies \
                             has to allow ssmmessages in this region.",
                command: None,
                decided_by: None,
            },
        ],
    },
    Case {
        title: "Systems Manager may not assume the role that the container registers with.",
        marks: &[
            &["missingssmserviceprincipal"],
            &["nonexistentrole"],
            &["ssmserviceprincipalintrustpolicy"],
        ],
        causes: &[
            Cause {
                text: "The role's trust policy does not let Systems Manager (ssm.amazonaws.com) assume it.",
                what_to_do: "The program adds the one statement that is missing, and keeps all others.",
                command: Some(CHECK),
                decided_by: Some(Decider::Trust),
            },
            Cause {
                text: "The job runs under another role than the one that was set up.",
                what_to_do: "The log of the job names the role; compare it with the roles of the set-up.",
                command: None,
                decided_by: None,
            },
            Cause {
                text: "It was set up a moment ago: IAM needs some minutes to spread a change.",
                what_to_do: "Start the job again. A live check tries it as a container does.",
                command: Some("sagemaker-ssh-setup check --same-as last --live"),
                decided_by: None,
            },
            Cause {
                text: "Path and name of the role have more than 64 characters together.",
                what_to_do: "Systems Manager takes no longer ones. Only another role helps; the program says so of each role.",
                command: None,
                decided_by: None,
            },
        ],
    },
    Case {
        title: "The container may not register with Systems Manager.",
        marks: &[
            &["accessdenied", "createactivation"],
            &["notauthorizedtoperformssmcreateactivation"],
            &["accessdenied", "iampassrole"],
            &["notauthorizedtoperformiampassrole"],
            &["notauthorizedtoperformssmaddtagstoresource"],
            &["failedtofindagentidentity"],
            &["updateinstanceinformation", "accessdenied"],
            &["notauthorizedtoperformssmupdateinstanceinformation"],
        ],
        causes: &[
            Cause {
                text: "The role of the job lacks the policy SSHSageMakerServerPolicy, or a part of it.",
                what_to_do: "The check says which, and the program adds it.",
                command: Some(CHECK),
                decided_by: Some(Decider::ServerPolicy),
            },
            Cause {
                text: "Systems Manager may not assume the role.",
                what_to_do: "Further up in the log of the job stands \"missing ssm service principal in trust policy\" then.",
                command: Some(CHECK),
                decided_by: Some(Decider::Trust),
            },
            Cause {
                text: "The job runs under another role than the one that was set up.",
                what_to_do: "The error names the role that was in use: compare it with the roles of the set-up.",
                command: None,
                decided_by: None,
            },
            Cause {
                text: "A permissions boundary, or a service control policy, takes it back.",
                what_to_do: "The error says \"with an explicit deny\" or \"because no permissions boundary allows\" then. Whoever \
                             looks after it has to allow the action.",
                command: None,
                decided_by: Some(Decider::Words(DENIED)),
            },
        ],
    },
    Case {
        title: "You may not use this node.",
        marks: &[
            &["accessdenied", "startsession"],
            &["accessdenied", "sendcommand"],
            &["notauthorizedtoperformssmstartsession"],
            &["notauthorizedtoperformssmsendcommand"],
        ],
        causes: &[
            Cause {
                text: "The node is not yours: its tag SSHOwner is another user ID than the one that you have now.",
                what_to_do: "Without role_session_name in the profile every program gets another session name, and people lose \
                             their own nodes. Ask for your user ID twice: the same line has to come, and it has to be the \
                             node's tag. Then submit the job again, with the same profile as you connect with.",
                command: Some(WHO_AM_I),
                decided_by: Some(Decider::Owner),
            },
            Cause {
                text: "Your role lacks the policy SSHSageMakerClientPolicy, or a part of it.",
                what_to_do: "The check says which, and the program adds it.",
                command: Some(CHECK),
                decided_by: Some(Decider::ClientPolicy),
            },
            Cause {
                text: "LOCAL_USER_ID of a notebook or of Studio was never filled in, or is that of another computer.",
                what_to_do: "It has to be the user ID of the computer that connects. The tag SSHOwner of the node shows what it is.",
                command: Some(TAGS),
                decided_by: None,
            },
            Cause {
                text: "A permissions boundary, or a service control policy, takes it back.",
                what_to_do: "The error says \"with an explicit deny\" or \"because no permissions boundary allows\" then.",
                command: None,
                decided_by: Some(Decider::Words(DENIED)),
            },
        ],
    },
    Case {
        title: "Your role may not look nodes up, or read what came of a command.",
        marks: &[
            &["notauthorizedtoperformssmdescribeinstanceinformation"],
            &["notauthorizedtoperformssmlisttagsforresource"],
            &["notauthorizedtoperformssmgetcommandinvocation"],
            &["accessdenied", "describeinstanceinformation"],
            &["accessdenied", "listtagsforresource"],
            &["accessdenied", "getcommandinvocation"],
        ],
        causes: &[Cause {
            text: "Your role lacks the policy SSHSageMakerClientPolicy, or a part of it.",
            what_to_do: "The check says which, and the program adds it.",
            command: Some(CHECK),
            decided_by: Some(Decider::ClientPolicy),
        }],
    },
    Case {
        title: "Your role may not list what runs, or search the logs.",
        marks: &[
            &["notauthorizedtoperformsagemakerlist"],
            &["notauthorizedtoperformlogs"],
            &["accessdenied", "listtrainingjobs"],
            &["accessdenied", "listendpoints"],
            &["accessdenied", "startquery"],
        ],
        causes: &[Cause {
            text: "\"sm-ssh list\" asks SageMaker for jobs, and the node of an endpoint is looked for in the logs.",
            what_to_do: "Allow the action that the error names. Connecting to a training job by its name works without.",
            command: Some(CHECK),
            decided_by: None,
        }],
    },
    Case {
        title: "Systems Manager does not take the name of the role.",
        marks: &[
            &["iamrole", "failedtosatisfyconstraint"],
            &["lengthlessthanorequalto64"],
        ],
        causes: &[Cause {
            text: "Path and name of the role have more than 64 characters together.",
            what_to_do: "Only another role helps; the program says so of each role.",
            command: Some(CHECK),
            decided_by: None,
        }],
    },
    Case {
        title: "You may not open plain Session Manager shells.",
        marks: &[
            &[
                "notauthorizedtoperformssmstartsession",
                "ssmsessionmanagerrunshell",
            ],
            &["accessdenied", "startsession", "ssmsessionmanagerrunshell"],
            &["ssmsessionmanagerrunshell"],
        ],
        causes: &[Cause {
            text: "\"aws ssm start-session --target\" needs the document SSM-SessionManagerRunShell, which SSH does not.",
            what_to_do: "Connect with \"sm-ssh connect\", or let the program add it (s on the preview, --shell-access).",
            command: None,
            decided_by: None,
        }],
    },
    Case {
        title: "Systems Manager does not know the node here.",
        marks: &[&["invalidinstanceid"], &["instancesnotinavalidstate"]],
        causes: &[
            Cause {
                text: "Your client asks in another region than that of the node.",
                what_to_do: "Set both variables to the region that the job runs in.",
                command: Some("export AWS_REGION=REGION AWS_DEFAULT_REGION=REGION"),
                decided_by: None,
            },
            Cause {
                text: "The container has ended, or its agent is not connected.",
                what_to_do: "The check lists which nodes are online.",
                command: Some("sagemaker-ssh-setup check --same-as last --nodes"),
                decided_by: None,
            },
        ],
    },
    Case {
        title: "The region has as many hybrid nodes as it may have.",
        marks: &[
            &["registrationlimitexceeded"],
            &["registrationlimit", "20000"],
        ],
        causes: &[Cause {
            text: "Nodes of ended jobs stay registered until somebody deregisters them.",
            what_to_do: "Deregister those that are offline and the helper's own: sm-ssh-deregister-instances offers every hybrid \
                         node that is offline, also those that have nothing to do with SageMaker. Look at each before you say yes.",
            command: Some("sagemaker-ssh-setup check --same-as last --nodes"),
            decided_by: None,
        }],
    },
    Case {
        title: "Too many containers register at the same time.",
        marks: &[
            &["throttling", "createactivation"],
            &["rateexceeded", "createactivation"],
        ],
        causes: &[Cause {
            text: "AWS takes only a few activations a second in a region.",
            what_to_do: "Start the jobs some seconds apart, or with fewer instances each; the helper tries again by itself for a while.",
            command: None,
            decided_by: None,
        }],
    },
    Case {
        title: "AWS cannot be reached from there.",
        marks: &[
            &["connecttimeout"],
            &["couldnotconnecttotheendpoint"],
            &["iotimeout", "amazonaws"],
            &["readtimeoutonendpoint"],
            &["connectionrefused", "amazonaws"],
            &["requestcanceled", "amazonaws"],
        ],
        causes: &[
            Cause {
                text: "The container runs in a VPC without a NAT gateway and without endpoints.",
                what_to_do: "It needs a way to ssm, ssmmessages, ec2messages, sts and s3 of the region.",
                command: Some(
                    "aws ec2 describe-vpc-endpoints --query 'VpcEndpoints[].ServiceName' --region REGION",
                ),
                decided_by: None,
            },
            Cause {
                text: "The security group of the endpoints does not let the container in.",
                what_to_do: "It has to allow HTTPS (443) from the subnets of the job.",
                command: None,
                decided_by: None,
            },
            Cause {
                text: "On your own computer: no network, a proxy, or another region than you meant.",
                what_to_do: "This has to answer there.",
                command: Some("aws sts get-caller-identity --region REGION"),
                decided_by: None,
            },
        ],
    },
    Case {
        title: "The public key did not get to the container.",
        marks: &[
            &["permissiondenied", "publickey"],
            &["accessdenied", "putobject"],
            &["accessdenied", "getobject"],
            &["accessdenied", "listbucket"],
            &["accessdenied", "listobjects"],
            &["notauthorizedtoperforms3"],
            &["403", "headobject"],
            &["403", "headbucket"],
            &["nosuchbucket"],
        ],
        causes: &[
            Cause {
                text: "Your role may not write to the bucket sagemaker-REGION-ACCOUNT, or the container's role may not read there.",
                what_to_do: "sm-ssh leaves your key under ssh-authorized-keys/, and the container fetches it. The check asks about \
                             both roles; a bucket policy it does not see.",
                command: Some(CHECK),
                decided_by: None,
            },
            Cause {
                text: "The bucket is another one, or is not there.",
                what_to_do: "Name the one that both may use, for the job and for you.",
                command: Some(
                    "export SSH_AUTHORIZED_KEYS_PATH=s3://YOUR-BUCKET/ssh-authorized-keys/",
                ),
                decided_by: None,
            },
        ],
    },
    Case {
        title: "The agent may register, and may not talk to Systems Manager.",
        marks: &[
            &["accessdenied", "ssmmessages"],
            &["accessdenied", "ec2messages"],
            &["notauthorizedtoperformssmmessages"],
            &["notauthorizedtoperformec2messages"],
        ],
        causes: &[
            Cause {
                text: "The role of the job lacks a part of the policy SSHSageMakerServerPolicy.",
                what_to_do: "The check says which, and the program adds it.",
                command: Some(CHECK),
                decided_by: Some(Decider::ServerPolicy),
            },
            Cause {
                text: "A service control policy of the organization denies it.",
                what_to_do: "Whoever looks after the organization's policies has to allow ssmmessages and ec2messages there.",
                command: None,
                decided_by: None,
            },
        ],
    },
    Case {
        title: "You may not assume the role that your profile names.",
        marks: &[
            &["notauthorizedtoperformstsassumerole"],
            &["accessdenied", "assumerole"],
        ],
        causes: &[
            Cause {
                text: "The role's trust policy does not let you in, or your own policies do not allow sts:AssumeRole on it.",
                what_to_do: "In one account, a trust policy that names you is enough; one that names the account needs your own \
                             policy as well.",
                command: Some(
                    "aws iam get-role --role-name ROLE --query Role.AssumeRolePolicyDocument",
                ),
                decided_by: None,
            },
            Cause {
                text: "source_profile of the profile names other credentials than you meant.",
                what_to_do: "This shows whose they are.",
                command: Some("aws sts get-caller-identity"),
                decided_by: None,
            },
        ],
    },
    Case {
        title: "Your credentials have ended.",
        marks: &[
            &["securitytokenincludedintherequestisexpired"],
            &["expiredtoken"],
            &["ssosession", "expired"],
            &["errorloadingssotoken"],
            &["tokenhasexpired"],
        ],
        causes: &[Cause {
            text: "A session lasts some hours; one by role chaining an hour at most.",
            what_to_do: "Sign in again, in the terminal where you connect.",
            command: Some("aws sso login --profile sagemaker-ssh"),
            decided_by: None,
        }],
    },
    Case {
        title: "The Session Manager plugin is missing on your computer.",
        marks: &[
            &["sessionmanagerpluginisnotfound"],
            &["sessionmanagerplugin", "notfound"],
        ],
        causes: &[Cause {
            text: "The AWS CLI needs it to open sessions.",
            what_to_do: "The helper's script installs it.",
            command: Some("sm-local-configure"),
            decided_by: None,
        }],
    },
    Case {
        title: "A role of SageMaker Unified Studio.",
        marks: &[&["datazoneusrrole"]],
        causes: &[Cause {
            text: "With these roles SageMaker SSH Helper has an open fault (its issue 73): jobs do not register even where all is in \
                   place.",
            what_to_do: "Run the job under an execution role of your own.",
            command: None,
            decided_by: None,
        }],
    },
];

/// What is looked for where none of the others is found.
pub(super) const GENERAL: &[Case] = &[Case {
    title: "SSH says only that the tunnel ended; why, stands above it.",
    marks: &[
        &["kexexchangeidentification"],
        &["connectionclosedbyunknownport65535"],
        &["connectionclosedbyremotehost"],
    ],
    causes: &[Cause {
        text: "The command that opens the tunnel failed.",
        what_to_do: "Give the lines above this one to \"explain\": mostly TargetNotConnected, AccessDeniedException, or the tier.",
        command: None,
        decided_by: None,
    }],
}];
