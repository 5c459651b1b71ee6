//! Who can connect, as it is said before and after a run: never "done", and nothing green, where nobody can.

use ratatui::style::Color;
use sagemaker_ssh_setup::demo::Seed;
use sagemaker_ssh_setup::exit::Exit;
use sagemaker_ssh_setup::wizard::WizardExit;

use super::commands::{Desk, WANTED};
use super::faults::Fault;
use super::play::{Play, prompt};

const SSO: &str = "AWSReservedSSO_DataScience_8c7b6a5948372615";

/// A set-up in which nobody can connect afterwards: no container can register.
pub const LOCKED: [&str; 8] = [
    "apply",
    "--yes",
    "--sagemaker-role",
    "LockedTraining",
    "--user-role",
    "DataScientist",
    "--regions",
    "eu-west-1",
];

/// Whether a cell with a sign or a letter is green.
fn has_green(play: &Play) -> bool {
    let cells = play.cells();
    let mut cells = cells.content.iter();
    cells.any(|cell| cell.fg == Color::Green && !cell.symbol().trim().is_empty())
}

#[tokio::test(start_paused = true)]
async fn where_nobody_can_connect_nothing_says_done_and_nothing_is_green() {
    let mut play = prompt();
    play.keys("{Admin/console}<enter><enter>{Recommender}tLockedTraining<enter>{1 picked}<enter>")
        .await;
    play.keys(&format!("{{DataEngineer}}t{SSO}<enter>{{1 picked}}<enter>"))
        .await;
    play.keys("{!still being read}<space><enter>").await;
    play.keys("{Not ready. After this, nobody can connect yet}<enter>")
        .await;
    play.keys("{LockedTraining: containers cannot register}")
        .await;
    let confirm = play.screen();
    assert!(confirm.contains("nobody can connect with it"), "{confirm}");
    play.keys("y{Not ready. 2 changes written and read back}")
        .await;
    let screen = play.screen();
    assert!(!screen.contains("Done"), "{screen}");
    assert!(screen.contains("Nobody can connect yet:"), "{screen}");
    // What was written is ticked in its own line; of the heading and the way nothing is green.
    let cells = play.cells();
    let width = usize::from(cells.area.width);
    let mut above = cells.content.chunks(width).take(8).flatten();
    assert!(above.all(|cell| cell.fg != Color::Green), "{screen}");
    play.keys("<enter>").await;
    let WizardExit::Ran { report, .. } = play.ending().await else {
        panic!("nothing was carried out");
    };
    assert_eq!(Exit::of_report(&report), Exit::Partly);
}

#[tokio::test(start_paused = true)]
async fn before_the_question_it_is_said_that_people_will_be_able_to_connect() {
    let mut play = prompt();
    play.walk_to_confirm().await;
    assert!(
        play.screen()
            .contains("Ready. After this, people can connect.")
    );
    play.keys("y{Ready. 4 changes}").await;
    assert!(has_green(&play));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_the_simulator_denies_takes_the_ready_back() {
    let mut play = prompt();
    play.walk_to_confirm().await;
    let denied = r#"<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults><member><EvalActionName>ssm:CreateActivation</EvalActionName><EvalDecision>explicitDeny</EvalDecision><EvalResourceName>*</EvalResourceName></member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"#;
    play.keys("{!Asking AWS}").await;
    play.faults.add(
        "SimulatePrincipalPolicy",
        99,
        Fault::Answer("text/xml", denied),
    );
    play.keys("y{Not ready. 4 changes written and read back}")
        .await;
    play.keys("<enter>").await;
    let WizardExit::Ran { report, .. } = play.ending().await else {
        panic!("nothing was carried out");
    };
    assert_eq!(Exit::of_report(&report), Exit::NotVerified);
}

#[test]
fn a_run_says_who_could_connect_by_what_it_left() {
    let desk = Desk::with(Seed::shipped().unwrap());
    desk.run(&LOCKED).ends_with(3);
    let printed = desk.run(&["runs", "last"]).ends_with(0);
    assert!(
        printed.out.contains("Not ready. Nobody can connect yet:"),
        "{}",
        printed.out
    );
    assert!(
        printed
            .out
            .contains("! LockedTraining: containers cannot register."),
        "{}",
        printed.out
    );
    desk.run(&["undo", "--yes"]).ends_with(0);
    let printed = desk.run(&["runs", "last"]).ends_with(0);
    assert!(!printed.out.contains("connect"), "{}", printed.out);
    desk.run(&[&["apply", "--yes"], &WANTED[..]].concat())
        .ends_with(0);
    let json = desk.run(&["runs", "last", "--output", "json"]).json();
    assert_eq!(json["readiness"]["state"], "ready");
}

#[tokio::test(start_paused = true)]
async fn the_preview_takes_back_what_a_boundary_takes_back() {
    let mut play = prompt();
    play.keys("{Admin/console}<enter><enter>{Recommender}tRecommender-ExecutionRole<enter>{1 picked}<enter>")
        .await;
    play.keys(
        "{DataEngineer}tDataScientist<enter>{1 picked}<enter>{!still being read}<space><enter>",
    )
    .await;
    play.keys("{Not ready. After this, nobody can connect yet}")
        .await;
}

#[test]
fn roles_that_nobody_can_use_are_not_ready_whatever_is_written() {
    // The two roles of a set-up, each on the other's side.
    let desk = Desk::with(Seed::shipped().unwrap());
    let swapped = [
        "apply",
        "--yes",
        "--sagemaker-role",
        "DataScientist",
        "--user-role",
        "ChurnTraining",
        "--regions",
        "eu-west-1",
    ];
    let printed = desk.run(&swapped).ends_with(4);
    for why in [
        "SageMaker itself may not assume the role, so no job runs under it.",
        "No person may assume the role: its trust policy lets in AWS services and programs alone.",
    ] {
        assert!(printed.out.contains(why), "{}", printed.out);
    }
    assert!(printed.out.contains("Not ready."), "{}", printed.out);
}

/// What the shipped account is asked for with a role whose boundary denies all of it.
fn with_a_boundary(command: &'static str) -> [&'static str; 7] {
    [
        command,
        "--sagemaker-role",
        "Recommender-ExecutionRole",
        "--user-role",
        "MLEngineer",
        "--regions",
        "eu-central-1",
    ]
}

#[test]
fn what_the_simulator_denies_is_not_ready_in_any_command() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let plan = desk.run(&with_a_boundary("plan")).ends_with(2);
    assert!(
        plan.out
            .contains("Not ready. After this, nobody can connect yet:"),
        "{}",
        plan.out
    );
    let json = [&with_a_boundary("plan")[..], &["--output", "json"]].concat();
    assert_eq!(desk.run(&json).json()["readiness"]["state"], "not-ready");
    let apply = [&with_a_boundary("apply")[..], &["--yes"]].concat();
    let applied = desk.run(&apply).ends_with(4);
    assert!(!applied.out.contains("# Connecting"), "{}", applied.out);
    // Nothing is left to change, and nobody can connect all the same.
    desk.run(&apply).ends_with(4);
    desk.run(&with_a_boundary("plan")).ends_with(4);
    desk.run(&with_a_boundary("check")).ends_with(4);
}

#[tokio::test(start_paused = true)]
async fn a_simulator_that_has_not_heard_of_it_yet_is_asked_again() {
    let mut play = prompt();
    play.walk_to_confirm().await;
    let not_yet = r#"<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults><member><EvalActionName>ssm:CreateActivation</EvalActionName><EvalDecision>implicitDeny</EvalDecision><EvalResourceName>*</EvalResourceName></member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"#;
    play.keys("{!Asking AWS}").await;
    let fault = Fault::Answer("text/xml", not_yet);
    play.faults.add("SimulatePrincipalPolicy", 1, fault);
    play.keys("y{Asking AWS who can connect.}").await;
    assert!(!play.screen().contains("Ready"), "{}", play.screen());
    play.keys("{Ready. 4 changes written and read back}").await;
}
