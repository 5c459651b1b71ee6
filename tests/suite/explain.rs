//! An error that somebody has met is explained: by the command, from standard input, with the checks that decide, and in the
//! wizard.

use sagemaker_ssh_setup::demo::Seed;
use serde_json::Value;

use super::commands::Desk;
use super::play::prompt;

const TARGET: &str = "An error occurred (TargetNotConnected)\n   when calling the StartSession operation:\n   mi-0123456789abcdef0 is not connected.";
const TIER: &str = "An error occurred (BadRequest) when calling the StartSession operation: Enable advanced-instances tier to use Session Manager with your on-premises instances";
const DENIED: &str = "An error occurred (AccessDeniedException) when calling the StartSession operation: User: arn:aws:sts::123456789012:assumed-role/MLEngineer/x is not authorized to perform: ssm:StartSession on resource: arn:aws:ssm:eu-central-1:123456789012:managed-instance/mi-0b2200000000000a2";

fn explained(text: &str, more: &[&str]) -> (String, Option<i32>) {
    let desk = Desk::with(Seed::shipped().unwrap());
    let printed = desk.run(&[&["explain", text], more].concat());
    (printed.out, printed.code)
}

fn choices(region: &'static str) -> [&'static str; 6] {
    [
        "--sagemaker-role",
        "AmazonSageMaker-ExecutionRole-20240502T093000",
        "--user-role",
        "MLEngineer",
        "--regions",
        region,
    ]
}

#[test]
fn an_error_in_three_lines_leads_to_its_causes() {
    let (out, code) = explained(TARGET, &[]);
    assert_eq!(code, Some(0));
    assert!(
        out.starts_with("Systems Manager knows the node, and the node does not answer."),
        "{out}"
    );
    assert!(
        out.contains("\n1. The container does not run any more"),
        "{out}"
    );
    assert!(
        out.contains("\n3. The container cannot reach Systems Manager: a VPC"),
        "{out}"
    );
}

#[test]
fn without_choices_nothing_is_asked_of_aws() {
    let desk = Desk::with(Seed::shipped().unwrap());
    desk.run(&["explain", TIER]).ends_with(0);
    assert_eq!(desk.aws.faults.calls(), Vec::<String>::new());
}

#[test]
fn what_is_not_known_says_so_and_offers_a_check() {
    let (out, code) = explained("Segmentation fault", &[]);
    assert_eq!(code, Some(1));
    assert!(
        out.contains("not one that this program knows") && out.contains("check"),
        "{out}"
    );
}

#[test]
fn with_choices_the_check_decides() {
    let (out, _) = explained(TIER, &choices("eu-west-1"));
    assert!(
        out.contains("1. THIS IS IT: The advanced-instances tier is not on"),
        "{out}"
    );
    let (out, _) = explained(TIER, &choices("eu-central-1"));
    assert!(
        out.contains("1. It is on, and your client asks in another region"),
        "{out}"
    );
    assert!(
        out.contains("2. Ruled out by the check: The advanced-instances tier is not on"),
        "{out}"
    );
    // The node that is named has an owner that a program made up.
    let (out, _) = explained(DENIED, &choices("eu-central-1"));
    assert!(
        out.contains("1. THIS IS IT: The node is not yours"),
        "{out}"
    );
    assert!(
        out.contains("Ruled out by the check: Your role lacks the policy"),
        "{out}"
    );
}

#[test]
fn programs_get_the_same() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let words = [
        &["explain", TIER, "--output", "json"],
        &choices("eu-west-1")[..],
    ]
    .concat();
    let json = desk.run(&words).ends_with(0).json();
    assert_eq!(json["causes"][0]["judgement"], "this-is-it", "{json:#}");
    let command = json["causes"][0]["command"].as_str().unwrap();
    assert!(
        command.starts_with("aws ssm get-service-setting"),
        "{command}"
    );
    let json = desk
        .run(&["explain", "nothing", "--output", "json"])
        .ends_with(1)
        .json();
    assert_eq!(json["title"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn the_wizard_explains_from_its_help() {
    let mut play = prompt();
    play.keys("{Admin/console}?{explain an error}e{Paste the error}")
        .await;
    play.paste(TARGET).await;
    play.keys("{TargetNotConnected}<enter>{Systems Manager knows the node}{1. The container does not run}").await;
    play.keys("<esc>{!Explain an error}").await;
    // Typed letters are text there, and no keys.
    play.keys("?eqqq{> qqq}<enter>{not one that this program}<esc>{Step 1/8}")
        .await;
}

#[test]
fn the_cause_of_a_log_wins_over_what_ssh_says_last() {
    let log = format!(
        "{TARGET}\nkex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535"
    );
    let (out, _) = explained(&log, &[]);
    assert!(out.starts_with("Systems Manager knows the node"), "{out}");
    let (out, _) = explained("Connection closed by UNKNOWN port 65535", &[]);
    assert!(
        out.starts_with("SSH says only that the tunnel ended"),
        "{out}"
    );
}

#[test]
fn a_role_that_the_error_names_is_the_one_that_is_judged() {
    let other = DENIED.replace("MLEngineer", "Analyst");
    let (out, _) = explained(&other, &choices("eu-central-1"));
    assert!(
        !out.contains("Ruled out by the check: Your role lacks"),
        "{out}"
    );
    // What the text itself says comes first.
    let explicit = format!("{DENIED} with an explicit deny in a service control policy");
    let (out, _) = explained(&explicit, &[]);
    assert!(
        out.contains("1. THIS IS IT: A permissions boundary, or a service control policy"),
        "{out}"
    );
}

#[test]
fn the_command_for_the_check_is_the_one_for_what_was_chosen() {
    let (out, _) = explained(DENIED, &choices("eu-central-1"));
    let command = "sagemaker-ssh-setup check --sagemaker-role AmazonSageMaker-ExecutionRole-20240502T093000 --user-role MLEngineer \
                   --regions eu-central-1 --nodes";
    let ruled_out = explained(TARGET, &choices("eu-central-1")).0;
    assert!(
        ruled_out.contains(command) || out.contains(command),
        "{out} {ruled_out}"
    );
}

#[test]
fn without_a_text_nothing_is_explained() {
    let (_, code) = explained("", &[]);
    assert_eq!(code, Some(64));
    let (_, code) = explained("  ", &[]);
    assert_eq!(code, Some(64));
}
