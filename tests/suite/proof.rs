//! What `check` asks the policy simulator about roles that have everything, and what it makes of the answers.

use sagemaker_ssh_setup::demo::Seed;
use serde_json::{Value, json};

use super::commands::{Desk, WANTED};
use super::faults::Fault;
use super::play::Setup;

const USER: &str = "DataScientist";
const SAGEMAKER: &str = "AmazonSageMaker-ExecutionRole-20240131T101010";

/// A desk with everything set up, and one more inline policy on a role.
fn desk(role: &str, statements: &Value) -> Desk {
    let mut seed = Seed::shipped().unwrap();
    for found in seed.roles.iter_mut().filter(|found| found.name == role) {
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        found.inline.insert("another".into(), policy);
    }
    let desk = Desk::with(seed);
    desk.run(&command("apply", &["--yes"]));
    desk
}

fn command<'a>(name: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&[name], &WANTED[..], more].concat()
}

fn nothing() -> Value {
    json!([{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}])
}

/// The verdicts by role and claim.
fn verdicts(desk: &Desk, code: i32) -> Vec<(String, String)> {
    let printed = desk
        .run(&command("check", &["--output", "json"]))
        .ends_with(code);
    let json = printed.json();
    let proof = json["proof"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    proof
        .iter()
        .map(|proved| (text(&proved["assertion"]), text(&proved["verdict"])))
        .collect()
}

fn wrong(desk: &Desk, code: i32) -> Vec<String> {
    let verdicts = verdicts(desk, code);
    let wrong = verdicts
        .into_iter()
        .filter(|(_, verdict)| verdict == "wrong");
    wrong.map(|(claim, _)| claim).collect()
}

#[test]
fn what_was_set_up_is_allowed_as_it_should_and_denied_as_it_should() {
    let desk = desk(USER, &nothing());
    let verdicts = verdicts(&desk, 0);
    let expected = [
        "creates-activations",
        "passes-itself-to-systems-manager",
        "tags-its-activations",
        "answers-sessions",
        "reports-its-node",
        "tags-no-nodes",
        "passes-itself-to-nobody-else",
        "fetches-keys",
        "finds-nodes",
        "starts-own-sessions",
        "runs-own-commands",
        "starts-nobody-elses-sessions",
        "tags-no-nodes",
        "leaves-keys",
        "searches-logs",
        "lists-jobs",
    ];
    let expected = expected.map(|claim| (claim.to_owned(), "true".to_owned()));
    assert_eq!(verdicts, expected);
    let printed = desk.run(&command("check", &[])).ends_with(0);
    for line in [
        "By AWS's policy simulator:",
        "good      AmazonSageMaker-ExecutionRole-20240131T101010: all that a connection calls is allowed, and what has to stay \
         denied is (8 questions).",
        "good      DataScientist: all that a connection calls is allowed, and what has to stay denied is (8 questions).",
    ] {
        assert!(printed.out.contains(line), "{}", printed.out);
    }
    let mine = [
        "Simulate",
        "Get",
        "List",
        "DescribeInstance",
        "UpdateService",
        "UpdateAssume",
        "PutRole",
    ];
    let calls = desk.aws.faults.calls();
    assert!(
        calls
            .iter()
            .all(|call| mine.iter().any(|verb| call.starts_with(verb)))
    );
}

#[test]
fn a_role_that_opens_other_peoples_sessions_is_found_out() {
    let wide = json!([{"Effect": "Allow", "Action": "ssm:StartSession", "Resource": "*"}]);
    let desk = desk(USER, &wide);
    assert_eq!(wrong(&desk, 4), ["starts-nobody-elses-sessions"]);
    let printed = desk.run(&command("check", &[])).ends_with(4);
    assert!(
        printed
            .out
            .contains("Every setting is in place, and that is not enough"),
        "{}",
        printed.out
    );
    assert!(
        printed.out.contains("BAD       DataScientist"),
        "{}",
        printed.out
    );
    assert!(
        printed
            .out
            .contains("open sessions to each other's hybrid nodes"),
        "{}",
        printed.out
    );
}

#[test]
fn a_denial_elsewhere_is_found_out() {
    let denial = json!([{"Effect": "Deny", "Action": "ssm:*", "Resource": "*"}]);
    assert_eq!(
        wrong(&desk(USER, &denial), 4),
        ["finds-nodes", "starts-own-sessions", "runs-own-commands"]
    );
    assert_eq!(
        wrong(&desk(SAGEMAKER, &denial), 4),
        [
            "creates-activations",
            "tags-its-activations",
            "reports-its-node"
        ]
    );
}

#[test]
fn more_than_ssh_needs_is_told_and_is_no_failure() {
    let wide = json!([{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]);
    assert_eq!(
        wrong(&desk(SAGEMAKER, &wide), 0),
        ["passes-itself-to-nobody-else"]
    );
}

#[test]
fn what_the_simulator_does_not_say_is_unknown_and_no_failure() {
    let desk = desk(USER, &nothing());
    let asked = || {
        let calls = desk.aws.faults.calls().into_iter();
        calls
            .filter(|call| call == "SimulatePrincipalPolicy")
            .count()
    };
    let before = asked();
    let denied = Fault::Refused(403, "AccessDenied", "no");
    desk.aws.faults.add("SimulatePrincipalPolicy", 99, denied);
    assert!(
        verdicts(&desk, 0)
            .iter()
            .all(|(_, verdict)| verdict == "unknown")
    );
    // Refused once, it is not asked again and again.
    assert!(asked() - before <= 2, "{} {before}", asked());
}

#[tokio::test(start_paused = true)]
async fn the_wizard_shows_it_at_the_end() {
    let mut play = Setup::default().start();
    play.walk_to_confirm()
        .await
        .keys("y{Ready. 4 changes}")
        .await;
    play.resize(140, 60).await;
    play.wait("By AWS's policy simulator:").await;
    play.wait(
        "✓ AmazonSageMaker-ExecutionRole-20240131T101010: all that a connection calls is allowed",
    )
    .await;
    play.wait("✓ Admin: the other 6 questions are answered as they should be.")
        .await;
    // An administrator may do everything, and so this too.
    play.wait("✗ Admin: People with this role can open sessions to each other's hybrid nodes.")
        .await;
    // Of what is put back nothing is claimed.
    play.keys("u{Put back 4 changes}{!Asking AWS}y").await;
    play.wait("Put back: 4 changes").await;
    play.settle().await;
    assert!(
        !play.screen().contains("policy simulator"),
        "{}",
        play.screen()
    );
}

#[test]
fn of_what_is_not_in_place_nothing_is_claimed() {
    let desk = Desk::with(Seed::shipped().unwrap());
    assert_eq!(verdicts(&desk, 2), []);
}

/// Roles that are set up in the account as it is shipped, and a region.
const SET_UP: [&str; 7] = [
    "check",
    "--sagemaker-role",
    SET_UP_SAGEMAKER,
    "--user-role",
    SET_UP_USER,
    "--regions",
    "eu-central-1",
];
const SET_UP_SAGEMAKER: &str = "AmazonSageMaker-ExecutionRole-20240502T093000";
const SET_UP_USER: &str = "MLEngineer";

/// What is not true of a role that has one more statement, with the exit code.
fn wrong_with(role: &str, statement: &Value, more: &[&str]) -> (Vec<String>, i32) {
    let mut seed = Seed::shipped().unwrap();
    for found in seed.roles.iter_mut().filter(|found| found.name == role) {
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
        found.inline.insert("another".into(), policy);
    }
    let desk = Desk::with(seed);
    let printed = desk.run(&[&SET_UP, more, &["--output", "json"]].concat());
    let json = printed.json();
    let wrong = json["proof"].as_array().unwrap().iter();
    let wrong = wrong.filter(|proved| proved["verdict"] == "wrong");
    let wrong = wrong.map(|proved| proved["assertion"].as_str().unwrap().to_owned());
    (wrong.collect(), printed.code.unwrap())
}

#[test]
fn every_call_of_a_connection_is_asked_about() {
    let (code_of_a_denial, code_of_advice) = (4, 0);
    for (role, claim, code, actions) in [
        (
            SET_UP_SAGEMAKER,
            "creates-activations",
            code_of_a_denial,
            &["ssm:CreateActivation"][..],
        ),
        (
            SET_UP_SAGEMAKER,
            "tags-its-activations",
            code_of_a_denial,
            &["ssm:AddTagsToResource"],
        ),
        (
            SET_UP_SAGEMAKER,
            "answers-sessions",
            code_of_a_denial,
            &[
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
                "ec2messages:GetMessages",
                "ec2messages:AcknowledgeMessage",
                "ec2messages:DeleteMessage",
                "ec2messages:SendReply",
            ],
        ),
        (
            SET_UP_SAGEMAKER,
            "reports-its-node",
            code_of_a_denial,
            &["ssm:UpdateInstanceInformation"],
        ),
        (
            SET_UP_SAGEMAKER,
            "passes-itself-to-systems-manager",
            code_of_a_denial,
            &["iam:PassRole"],
        ),
        (
            SET_UP_SAGEMAKER,
            "fetches-keys",
            code_of_advice,
            &["s3:GetObject"],
        ),
        (
            SET_UP_USER,
            "finds-nodes",
            code_of_a_denial,
            &["ssm:DescribeInstanceInformation", "ssm:ListTagsForResource"],
        ),
        (
            SET_UP_USER,
            "starts-own-sessions",
            code_of_a_denial,
            &["ssm:StartSession"],
        ),
        (
            SET_UP_USER,
            "runs-own-commands",
            code_of_a_denial,
            &["ssm:SendCommand", "ssm:GetCommandInvocation"],
        ),
        (
            SET_UP_USER,
            "leaves-keys",
            code_of_advice,
            &["s3:ListBucket", "s3:PutObject"],
        ),
        (
            SET_UP_USER,
            "searches-logs",
            code_of_advice,
            &["logs:StartQuery", "logs:GetQueryResults"],
        ),
        (
            SET_UP_USER,
            "lists-jobs",
            code_of_advice,
            &["sagemaker:ListTrainingJobs", "sagemaker:ListApps"],
        ),
    ] {
        for action in actions {
            let statement = json!({"Effect": "Deny", "Action": action, "Resource": "*"});
            let found = wrong_with(role, &statement, &[]);
            assert_eq!(found, (vec![claim.to_owned()], code), "{action}");
        }
    }
}

#[test]
fn each_document_of_a_session_is_asked_about() {
    for (action, document, claim) in [
        (
            "ssm:StartSession",
            "AWS-StartSSHSession",
            "starts-own-sessions",
        ),
        ("ssm:SendCommand", "AWS-RunShellScript", "runs-own-commands"),
    ] {
        let resource = format!("arn:aws:ssm:*::document/{document}");
        let statement = json!({"Effect": "Deny", "Action": action, "Resource": resource});
        let found = wrong_with(SET_UP_USER, &statement, &[]);
        assert_eq!(found, (vec![claim.to_owned()], 4), "{document}");
    }
}

#[test]
fn what_has_to_stay_denied_is_asked_about_on_both_sides() {
    for (role, action, claim) in [
        (SET_UP_SAGEMAKER, "ssm:AddTagsToResource", "tags-no-nodes"),
        (SET_UP_USER, "ssm:AddTagsToResource", "tags-no-nodes"),
        (
            SET_UP_USER,
            "ssm:SendCommand",
            "starts-nobody-elses-sessions",
        ),
        (
            SET_UP_USER,
            "ssm:StartSession",
            "starts-nobody-elses-sessions",
        ),
    ] {
        let statement = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
        let found = wrong_with(role, &statement, &[]);
        assert_eq!(found, (vec![claim.to_owned()], 4), "{role} {action}");
    }
}

#[test]
fn actions_that_aws_does_not_take_together_are_asked_about_one_by_one() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let message = "Invalid Input Actions: [a] and [b] require different authorization information.";
    let refusal = Fault::Refused(400, "InvalidInput", message);
    desk.aws.faults.add("SimulatePrincipalPolicy", 1, refusal);
    let printed = desk
        .run(&[&SET_UP[..], &["--output", "json"]].concat())
        .ends_with(0);
    let json = printed.json();
    let proof = json["proof"].as_array().unwrap();
    assert!(
        proof.len() > 10 && proof.iter().all(|proved| proved["verdict"] == "true"),
        "{json:#}"
    );
}

#[test]
fn a_role_that_may_do_everything_is_not_said_to_be_kept_out() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let mut command = SET_UP;
    command[4] = "Admin";
    let printed = desk.run(&command);
    assert!(
        printed.out.contains(
            "Nobody is kept out by that: by AWS's policy simulator, other policies of the role"
        ),
        "{}",
        printed.out
    );
    assert!(
        printed.out.contains("Ready. People can connect."),
        "{}",
        printed.out
    );
    assert!(
        !printed.out.contains("Unless another policy"),
        "{}",
        printed.out
    );
    // One that may not is.
    command[4] = "Analyst";
    let printed = desk.run(&command);
    assert!(
        printed
            .out
            .contains("Unless another policy of the role allows it"),
        "{}",
        printed.out
    );
    assert!(
        printed.out.contains("Not ready. Nobody can connect yet:"),
        "{}",
        printed.out
    );
}

#[test]
fn a_denial_of_other_regions_is_no_denial_of_this_one() {
    let elsewhere = |region: &str| {
        json!({
            "Effect": "Deny",
            "Action": "ssm:*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": region}}
        })
    };
    let found = wrong_with(SET_UP_USER, &elsewhere("eu-central-1"), &[]);
    assert_eq!(found, (Vec::new(), 0));
    let (wrong, code) = wrong_with(SET_UP_USER, &elsewhere("us-east-1"), &[]);
    assert_eq!((wrong.len(), code), (3, 4), "{wrong:?}");
}
