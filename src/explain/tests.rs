#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

/// Texts as people meet them, and how the title of what they mean begins.
const TEXTS: [(&str, &str); 26] = [
    (
        "An error occurred (BadRequest) when calling the StartSession operation: Enable advanced-instances tier to use Session Manager with your on-premises instances",
        "Systems Manager does not open",
    ),
    (
        "An error occurred (TargetNotConnected) when calling the StartSession operation: mi-0123456789abcdef0 is not connected.",
        "Systems Manager knows the node",
    ),
    (
        "botocore.exceptions.ClientError: An error occurred (ValidationException) when calling the CreateActivation operation: Nonexistent role or missing ssm service principal in trust policy: arn:aws:iam::123456789012:role/Training",
        "Systems Manager may not assume",
    ),
    (
        "An error occurred (AccessDeniedException) when calling the CreateActivation operation: User: arn:aws:sts::123456789012:assumed-role/Training/SageMaker is not authorized to perform: ssm:CreateActivation on resource: arn:aws:ssm:eu-west-1:123456789012:*",
        "The container may not register",
    ),
    (
        "User: arn:aws:sts::123456789012:assumed-role/Training/SageMaker is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/Training because no identity-based policy allows the iam:PassRole action",
        "The container may not register",
    ),
    (
        "is not authorized to perform: ssm:AddTagsToResource on resource: arn:aws:iam::123456789012:role/Training",
        "The container may not register",
    ),
    (
        "Error occurred fetching the seelog config file path. failed to find agent identity",
        "The container may not register",
    ),
    (
        "An error occurred (AccessDeniedException) when calling the StartSession operation: User: arn:aws:sts::123456789012:assumed-role/Scientist/botocore-session-1700000000 is not authorized to perform: ssm:StartSession on resource: arn:aws:ssm:eu-west-1:123456789012:managed-instance/mi-0123456789abcdef0 because no identity-based policy allows the ssm:StartSession action",
        "You may not use this node",
    ),
    (
        "An error occurred (AccessDeniedException) when calling the SendCommand operation: User is not authorized to perform: ssm:SendCommand on resource: arn:aws:ssm:eu-west-1:123456789012:managed-instance/mi-0123456789abcdef0",
        "You may not use this node",
    ),
    (
        "is not authorized to perform: ssm:StartSession on resource: arn:aws:ssm:eu-west-1:123456789012:document/SSM-SessionManagerRunShell",
        "You may not open plain",
    ),
    (
        "An error occurred (InvalidInstanceId) when calling the SendCommand operation: Instances [[mi-0123456789abcdef0]] not in a valid state for account 123456789012",
        "Systems Manager does not know",
    ),
    (
        "An error occurred (RegistrationLimitExceeded) when calling the CreateActivation operation: Registration limit of 20000 exceeded",
        "The region has as many",
    ),
    (
        "An error occurred (ThrottlingException) when calling the CreateActivation operation (reached max retries: 4): Rate exceeded",
        "Too many containers",
    ),
    (
        "botocore.exceptions.ConnectTimeoutError: Connect timeout on endpoint URL: \"https://sts.eu-west-1.amazonaws.com/\"",
        "AWS cannot be reached",
    ),
    (
        "botocore.exceptions.EndpointConnectionError: Could not connect to the endpoint URL: \"https://ssm.eu-west-1.amazonaws.com/\"",
        "AWS cannot be reached",
    ),
    (
        "Post \"https://ssmmessages.eu-west-1.amazonaws.com/v1/control-channel/mi-0123456789abcdef0\": dial tcp 52.0.0.1:443: i/o timeout",
        "AWS cannot be reached",
    ),
    (
        "root@mi-0123456789abcdef0: Permission denied (publickey).",
        "The public key",
    ),
    (
        "An error occurred (AccessDenied) when calling the PutObject operation: User: arn:aws:sts::123456789012:assumed-role/Scientist/terry is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::sagemaker-eu-west-1-123456789012/ssh-authorized-keys/x.pub\"",
        "The public key",
    ),
    (
        "fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden",
        "The public key",
    ),
    (
        "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/Training/mi-0123456789abcdef0 is not authorized to perform: ssmmessages:CreateControlChannel",
        "The agent may register",
    ),
    (
        "An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:iam::123456789012:user/terry is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/Scientist",
        "You may not assume the role",
    ),
    (
        "An error occurred (ExpiredTokenException) when calling the StartSession operation: The security token included in the request is expired",
        "Your credentials have ended",
    ),
    (
        "Error loading SSO Token: Token for corp does not exist",
        "Your credentials have ended",
    ),
    (
        "SessionManagerPlugin is not found. Please refer to SessionManager Documentation here: http://docs.aws.amazon.com/console/systems-manager/session-manager-plugin-not-found",
        "The Session Manager plugin",
    ),
    (
        "kex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535",
        "SSH says only",
    ),
    (
        "User: arn:aws:sts::123456789012:assumed-role/datazone_usr_role_abcdef_ghijkl/SageMaker cannot be used",
        "A role of SageMaker Unified",
    ),
];

fn title(text: &str) -> String {
    explain(text, None)
        .map(|found| found.title.to_owned())
        .unwrap_or_default()
}

#[test]
fn every_known_text_is_known_and_leads_to_what_to_do() {
    for (text, begins) in TEXTS {
        let found = explain(text, None).expect(text);
        assert!(found.title.starts_with(begins), "{text}: {}", found.title);
        assert!(!found.causes.is_empty());
    }
}

#[test]
fn a_text_is_known_however_it_is_wrapped() {
    for (text, begins) in TEXTS {
        for width in [7, 20, 43, 80] {
            let chars: Vec<char> = text.chars().collect();
            let lines: Vec<String> = chars
                .chunks(width)
                .map(|line| line.iter().collect())
                .collect();
            for separator in ["\n", "\r\n    ", " │\n│ ", "\u{1b}\n> "] {
                let wrapped = lines.join(separator);
                assert!(title(&wrapped).starts_with(begins), "{wrapped}");
            }
        }
    }
}

#[test]
fn a_text_is_known_with_other_names_and_among_other_lines() {
    for (text, begins) in TEXTS {
        let other = text
            .replace("mi-0123456789abcdef0", "mi-0fedcba9876543210")
            .replace("123456789012", "210987654321")
            .replace("eu-west-1", "us-gov-west-1")
            .replace("arn:aws:", "arn:aws-us-gov:")
            .replace("Training", "team/My_Other-Role");
        assert!(title(&other).starts_with(begins), "{other}");
        let log = format!(
            "2024-01-31 10:10:10 INFO Starting\n{text}\nTraceback (most recent call last):\n  File x.py"
        );
        assert!(title(&log).starts_with(begins), "{log}");
    }
}

#[test]
fn a_text_that_is_cut_is_known_by_what_is_left() {
    for (text, begins) in [
        (
            "Enable advanced-instances tier to use Sess",
            "Systems Manager does not open",
        ),
        (
            "use Session Manager with your on-premises instances",
            "Systems Manager does not open",
        ),
        ("occurred (TargetNotConn", "Systems Manager knows"),
        (
            "mi-0123456789abcdef0 is not connected.",
            "Systems Manager knows",
        ),
        (
            "missing ssm service principal in tru",
            "Systems Manager may not assume",
        ),
        (
            "not authorized to perform: ssm:StartSession on res",
            "You may not use",
        ),
        (
            "Could not connect to the endpoint URL: \"htt",
            "AWS cannot be reached",
        ),
    ] {
        assert!(title(text).starts_with(begins), "{text}: {}", title(text));
    }
}

#[test]
fn what_is_not_known_is_not_guessed() {
    for text in [
        "",
        "   ",
        "Segmentation fault (core dumped)",
        "connected",
        "error",
        "日本語",
    ] {
        assert_eq!(explain(text, None), None, "{text}");
    }
}

#[test]
fn the_command_names_what_the_text_names() {
    let text = "An error occurred (BadRequest) when calling the StartSession operation on arn:aws:ssm:us-east-2:123456789012:managed-instance/mi-0123456789abcdef0: Enable advanced-instances tier";
    let found = explain(text, None).unwrap();
    let commands: Vec<&str> = found
        .causes
        .iter()
        .filter_map(|cause| cause.command.as_deref())
        .collect();
    assert!(
        commands.iter().all(|command| command.contains("us-east-2")),
        "{commands:?}"
    );
    assert!(
        commands.iter().all(|command| !command.contains(" REGION")),
        "{commands:?}"
    );
}

proptest::proptest! {
    #[test]
    fn any_text_is_survived(text in ".{0,400}") {
        let _ = explain(&text, None).map(|found| lines(&found));
    }
}
