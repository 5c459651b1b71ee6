//! What `check` asks the policy simulator about roles that have everything, and what it makes of the answers.

use sagemaker_ssh_setup::demo::Seed;
use serde_json::{Value, json};

use super::commands::{Desk, WANTED};
use super::faults::Fault;
use super::play::Scene;

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
    desk.run(&command("apply", &["--yes"])).ends_with(0);
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
        .map(|proved| (text(&proved["claim"]), text(&proved["verdict"])))
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
        "passes-itself-to-nobody-else",
        "starts-own-sessions",
        "starts-nobody-elses-sessions",
    ];
    let expected = expected.map(|claim| (claim.to_owned(), "true".to_owned()));
    assert_eq!(verdicts, expected);
    let printed = desk.run(&command("check", &[])).ends_with(0);
    for line in [
        "By AWS's policy simulator:",
        "true      DataScientist may start sessions on a person's own nodes",
        "true      DataScientist may not start sessions on other people's nodes",
    ] {
        assert!(printed.out.contains(line), "{}", printed.out);
    }
    let mine = [
        "Simulate",
        "Get",
        "List",
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
        printed.out.contains("Everything is in place."),
        "{}",
        printed.out
    );
    assert!(
        printed.out.contains("WRONG     DataScientist"),
        "{}",
        printed.out
    );
    assert!(
        printed.out.contains("open sessions to each other's nodes"),
        "{}",
        printed.out
    );
}

#[test]
fn a_denial_elsewhere_is_found_out() {
    let denial = json!([{"Effect": "Deny", "Action": "ssm:*", "Resource": "*"}]);
    assert_eq!(wrong(&desk(USER, &denial), 4), ["starts-own-sessions"]);
    assert_eq!(wrong(&desk(SAGEMAKER, &denial), 4), ["creates-activations"]);
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
    let denied = Fault::Refused(403, "AccessDenied", "no");
    desk.aws.faults.add("SimulatePrincipalPolicy", 99, denied);
    assert!(
        verdicts(&desk, 0)
            .iter()
            .all(|(_, verdict)| verdict == "unknown")
    );
}

#[tokio::test(start_paused = true)]
async fn the_wizard_shows_it_at_the_end() {
    let mut play = Scene::default().start();
    play.walk_to_confirm()
        .await
        .keys("y{Ready. 4 changes}")
        .await;
    play.resize(140, 60).await;
    play.wait("By AWS's policy simulator:").await;
    play.wait("✓ Admin may start sessions on a person's own nodes")
        .await;
    play.wait("✓ AmazonSageMaker-ExecutionRole-20240131T101010 may be handed to Systems Manager")
        .await;
    // An administrator may do everything, and so this too.
    play.wait("✗ Admin may not start sessions on other people's nodes: People with this role can")
        .await;
    // Of what is put back nothing is claimed.
    play.keys("u{Put back 4 changes}y").await;
    play.wait("Put back: 4 changes").await;
    play.settle().await;
    assert!(
        !play.screen().contains("policy simulator"),
        "{}",
        play.screen()
    );
}

#[test]
fn of_what_is_not_in_place_nothing_is_asked() {
    let desk = Desk::with(Seed::shipped().unwrap());
    assert_eq!(verdicts(&desk, 2), []);
    assert!(
        !desk
            .aws
            .faults
            .calls()
            .contains(&"SimulatePrincipalPolicy".to_owned())
    );
}
