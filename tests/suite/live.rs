//! The live check: a real activation, made on request alone, deleted at once, and removed later where it was cut off.

use std::time::{Duration, SystemTime};

use rustix::process::Signal;
use sagemaker_ssh_setup::demo::Seed;
use sagemaker_ssh_setup::terminal::Stop;
use sagemaker_ssh_setup::wizard::WizardExit;
use serde_json::{Value, json};

use super::commands::{Desk, WANTED};
use super::faults::{Death, Fault};
use super::play::{Play, Setup};

const SAGEMAKER: &str = "AmazonSageMaker-ExecutionRole-20240131T101010";
const NOT_YET: Fault = Fault::Refused(
    400,
    "ValidationException",
    "Nonexistent role or missing ssm service principal in trust policy: arn:aws:iam::1:role/R",
);
const DENIED: Fault = Fault::Refused(400, "AccessDeniedException", "not authorized");

fn command<'a>(name: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&[name], &WANTED[..], more].concat()
}

/// A desk with everything set up, and no calls noted.
fn desk() -> Desk {
    let desk = Desk::with(Seed::shipped().unwrap());
    desk.run(&command("apply", &["--yes"])).ends_with(0);
    desk
}

fn live(desk: &Desk, code: i32) -> Value {
    let printed = desk.run(&command("check", &["--live", "--output", "json"]));
    printed.ends_with(code).json()["live"].take()
}

/// How often this was called.
fn count(calls: &[String], action: &str) -> usize {
    calls.iter().filter(|call| *call == action).count()
}

#[test]
fn an_activation_is_made_with_the_role_and_deleted_and_none_stays() {
    let desk = desk();
    let began = desk.aws.faults.calls().len();
    let printed = desk.run(&command("check", &["--live"])).ends_with(0);
    assert!(
        printed.out.contains("By a real activation in eu-west-1:")
            && printed
                .out
                .contains(&format!("good      {SAGEMAKER}: Systems Manager accepted")),
        "{}",
        printed.out
    );
    let calls = desk.aws.faults.calls().split_off(began);
    let own: Vec<&str> = calls
        .iter()
        .map(String::as_str)
        .filter(|call| call.ends_with("Activation") || call.ends_with("Activations"))
        .collect();
    // Looked for left-overs, made, deleted, read back.
    assert_eq!(
        own,
        [
            "DescribeActivations",
            "CreateActivation",
            "DeleteActivation",
            "DescribeActivations"
        ]
    );
    assert_eq!(desk.aws.demo.activations(), []);
    assert_eq!(
        live(&desk, 0),
        json!({
            "region": "eu-west-1",
            "roles": [{"role": SAGEMAKER, "verdict": "works", "reason": null}],
            "removed": [],
            "remaining": []
        })
    );
}

#[test]
fn without_being_asked_for_none_is_made() {
    let desk = desk();
    let printed = desk.run(&command("check", &["--output", "json"]));
    assert!(printed.ends_with(0).json().get("live").is_none());
    let calls = desk.aws.faults.calls();
    assert_eq!(count(&calls, "CreateActivation"), 0);
    assert_eq!(count(&calls, "DescribeActivations"), 0);
}

#[test]
fn what_is_made_is_for_one_node_for_less_than_an_hour_and_tagged_and_what_stays_is_said() {
    let desk = desk();
    desk.aws.faults.add("DeleteActivation", 99, DENIED);
    let printed = desk.run(&command("check", &["--live"])).ends_with(4);
    let held = desk.aws.demo.activations();
    let [(region, made)] = &held[..] else {
        panic!("{held:?}");
    };
    let id = made["ActivationId"].as_str().unwrap();
    assert_eq!(region, "eu-west-1");
    // With its path, as SageMaker SSH Helper names it.
    assert_eq!(made["IamRole"], format!("service-role/{SAGEMAKER}"));
    assert_eq!(made["RegistrationLimit"], 1);
    assert_eq!(
        made["Tags"],
        json!([{"Key": "sagemaker-ssh-setup", "Value": "check"}])
    );
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let left = made["ExpirationDate"].as_f64().unwrap() - now.unwrap().as_secs_f64();
    assert!((60.0..3600.0).contains(&left), "{left}");
    let remedy = format!("aws ssm delete-activation --activation-id {id} --region eu-west-1");
    for said in [
        "was not deleted",
        "not allowed to call ssm:DeleteActivation",
        &remedy,
    ] {
        assert!(printed.out.contains(said), "{said}: {}", printed.out);
    }
    // The next one, with the permission, removes it.
    desk.aws.faults.clear();
    let found = live(&desk, 0);
    assert_eq!(found["removed"], json!([{"region": "eu-west-1", "id": id}]));
    assert_eq!(desk.aws.demo.activations(), []);
}

#[test]
fn what_could_not_be_read_back_is_not_called_gone() {
    let desk = desk();
    for (delete, said) in [
        (0, "It is not known whether an activation stayed behind in"),
        (
            99,
            "To delete it: aws ssm delete-activation --activation-id",
        ),
    ] {
        let aws = &desk.aws.faults;
        aws.add_after("DescribeActivations", 1, 99, DENIED);
        aws.add("DeleteActivation", delete, DENIED);
        let printed = desk.run(&command("check", &["--live"])).ends_with(4);
        assert!(
            printed.out.contains("Systems Manager accepted it"),
            "{}",
            printed.out
        );
        assert!(printed.out.contains(said), "{}", printed.out);
        aws.clear();
    }
}

#[test]
fn what_aws_does_not_list_yet_is_not_forgotten() {
    let desk = desk();
    let aws = &desk.aws.faults;
    let none = Fault::Answer("application/x-amz-json-1.1", "{\"ActivationList\":[]}");
    aws.add("DescribeActivations", 99, none);
    aws.add("DeleteActivation", 99, DENIED);
    let printed = desk.run(&command("check", &["--live"])).ends_with(4);
    let held = desk.aws.demo.activations();
    let id = held[0].1["ActivationId"].as_str().unwrap();
    let said = format!("BAD       The activation {id} in eu-west-1 was not deleted");
    assert!(printed.out.contains(&said), "{}", printed.out);
    aws.clear();
    // Deleted at the second try, it is not said to remain.
    aws.add(
        "DeleteActivation",
        1,
        Fault::Refused(500, "InternalServerError", "no"),
    );
    let found = live(&desk, 0);
    assert_eq!(found["remaining"], json!([]));
    assert_eq!(desk.aws.demo.activations(), []);
}

#[test]
fn a_region_that_could_not_be_looked_at_is_not_called_clean() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let wanted = [
        "--sagemaker-role",
        SAGEMAKER,
        "--user-role",
        "DataScientist",
        "--regions",
        "eu-west-1,us-east-1",
    ];
    let with = |command, more: &[&'static str]| [&[command], &wanted[..], more].concat();
    desk.run(&with("apply", &["--yes"])).ends_with(0);
    desk.aws
        .faults
        .add("DescribeActivations@us-east-1", 99, DENIED);
    let printed = desk.run(&with("check", &["--live"])).ends_with(4);
    let said = "It is not known whether an activation stayed behind in us-east-1";
    assert!(printed.out.contains(said), "{}", printed.out);
    assert!(
        printed.out.contains("Systems Manager accepted it"),
        "{}",
        printed.out
    );
}

#[test]
fn a_doubt_about_the_organization_stops_no_check_and_a_denial_does() {
    let answer = |detail: &str| {
        format!(
            "<SimulatePrincipalPolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
             <SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults><member>\
             <EvalActionName>ssm:DeleteActivation</EvalActionName><EvalResourceName>*</EvalResourceName>\
             <EvalDecision>implicitDeny</EvalDecision>{detail}</member></EvaluationResults>\
             </SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
        )
        .leak() as &'static str
    };
    let organization = "<OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations>\
                        </OrganizationsDecisionDetail>";
    for (detail, made) in [(organization, 1), ("", 0)] {
        let desk = desk();
        let canned = Fault::Answer("text/xml", answer(detail));
        desk.aws.faults.add("SimulatePrincipalPolicy", 99, canned);
        desk.run(&command("check", &["--live"]));
        let creates = count(&desk.aws.faults.calls(), "CreateActivation");
        assert_eq!(creates, made, "{detail}");
    }
}

#[test]
fn what_a_killed_check_left_is_found_by_its_tag_and_removed_and_nothing_else_is() {
    let desk = desk();
    let began = desk.aws.faults.calls().len();
    desk.run(&command("check", &["--live"])).ends_with(0);
    let calls = desk.aws.faults.calls().split_off(began);
    let create = calls.iter().position(|call| call == "CreateActivation");
    let death = Death {
        call: create.unwrap() + 1,
        after: true,
    };
    let killed = desk.run_and_signal(&command("check", &["--live"]), Signal::KILL, death);
    assert!(killed.out.contains("Creating an activation"), "{killed:?}");
    assert_eq!(desk.aws.demo.activations().len(), 1);
    // Found in any of the regions that are checked, not only in the one where it is tried.
    let regions = [
        "--sagemaker-role",
        SAGEMAKER,
        "--user-role",
        "DataScientist",
    ];
    let elsewhere = [
        &["check"],
        &regions[..],
        &["--regions", "eu-west-1,us-east-1", "--live=us-east-1"],
    ]
    .concat();
    let printed = desk.run(&elsewhere).ends_with(0);
    assert!(
        printed
            .out
            .contains("Another check had left the activation"),
        "{}",
        printed.out
    );
    assert_eq!(desk.aws.demo.activations(), []);
}

#[test]
fn an_interrupted_check_deletes_what_it_made() {
    for signal in [Signal::INT, Signal::TERM] {
        for action in ["CreateActivation", "DeleteActivation"] {
            let desk = desk();
            let printed = desk.run_and_interrupt(&command("check", &["--live"]), signal, action);
            let printed = printed.ends_with(130);
            let said = "what was made is deleted first";
            assert!(printed.err.contains(said), "{printed:?}");
            assert_eq!(desk.aws.demo.activations(), []);
        }
    }
}

#[test]
fn what_could_not_be_found_or_deleted_again_is_not_made() {
    let desk = desk();
    desk.aws.faults.add("DescribeActivations", 99, DENIED);
    let found = live(&desk, 4);
    assert_eq!(found["roles"][0]["verdict"], "unknown");
    // Said once.
    assert_eq!(found["remaining"], json!([]));
    let reason = found["roles"][0]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("Nothing was made.") && reason.contains("ssm:DescribeActivations"),
        "{reason}"
    );
    // The caller's policies say that it may not delete.
    let mut seed = Seed::shipped().unwrap();
    for role in seed.roles.iter_mut().filter(|role| role.name == "Admin") {
        let statements = json!([
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "ssm:DeleteActivation", "Resource": "*"}
        ]);
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        role.inline.insert("all".into(), policy);
    }
    let other = Desk::with(seed);
    other.run(&command("apply", &["--yes"])).ends_with(0);
    let found = live(&other, 4);
    let reason = found["roles"][0]["reason"].as_str().unwrap();
    assert!(
        reason.contains("may not call ssm:DeleteActivation"),
        "{reason}"
    );
    for desk in [&desk, &other] {
        assert_eq!(count(&desk.aws.faults.calls(), "CreateActivation"), 0);
    }
}

#[test]
fn a_region_that_is_not_checked_and_roles_that_are_not_in_place_are_not_tried() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let printed = desk.run(&command("check", &["--live=us-east-1"]));
    let printed = printed.ends_with(64);
    assert!(
        printed.err.contains("us-east-1 is not one of the regions"),
        "{printed:?}"
    );
    let found = live(&desk, 2);
    assert_eq!(found["roles"], json!([]));
    assert_eq!(count(&desk.aws.faults.calls(), "CreateActivation"), 0);
}

/// The wizard at its end, with everything set up.
async fn done(size: (u16, u16)) -> Play {
    let mut play = Setup::at(size).start();
    play.walk_to_confirm().await.keys("y").await;
    play.wait("Ready. 4 changes").await;
    play
}

/// Asks for a live check, and says yes to the question.
async fn say_yes(play: &mut Play) -> &mut Play {
    play.keys("x{This creates}c").await
}

#[tokio::test(start_paused = true)]
async fn the_wizard_asks_waits_for_iam_and_says_so() {
    let mut play = done((100, 40)).await;
    play.faults.add("CreateActivation", 3, NOT_YET);
    // A yes that was typed before the question was on the screen is none.
    play.keys("xc{This creates 1 activation in eu-west-1}")
        .await;
    assert_eq!(count(&play.faults.calls(), "CreateActivation"), 0);
    play.keys("c").await;
    play.wait("Systems Manager does not accept the role yet.")
        .await;
    play.wait("Try 2 of 12 follows in 1 s.").await;
    play.wait("Try 4 of 12 follows in 4 s.").await;
    play.wait("By a real activation in eu-west-1:").await;
    play.wait(&format!("✓ {SAGEMAKER}: Systems Manager accepted"))
        .await;
    play.keys("<esc>{!Try it for real}").await;
    // It stands at the end, too.
    play.keys("G{By a real activation in eu-west-1:}").await;
    assert_eq!(count(&play.faults.calls(), "CreateActivation"), 4);
    assert_eq!(play.demo.activations(), []);
    play.keys("<enter>").await;
    assert!(matches!(
        play.ending().await,
        WizardExit::Ran {
            interrupted: false,
            ..
        }
    ));
}

#[tokio::test(start_paused = true)]
async fn what_a_yes_would_create_stays_in_sight() {
    let mut play = done((100, 40)).await;
    play.resize(80, 14).await;
    play.keys("x{with the role}").await;
    play.keys("<end>{Esc  leave it}").await;
    assert!(
        !play.screen().contains("with the role"),
        "{}",
        play.screen()
    );
    play.wait("This creates 1 activation in eu-west-1").await;
}

#[tokio::test(start_paused = true)]
async fn only_after_the_last_try_it_is_called_refused() {
    let mut play = done((100, 40)).await;
    play.faults.add("CreateActivation", 999, NOT_YET);
    let began = tokio::time::Instant::now();
    say_yes(&mut play).await.wait("Try 12 of 12 follows").await;
    assert!(!play.screen().contains("refused"), "{}", play.screen());
    play.wait("refused after 12 tries").await;
    play.wait("role's trust policy").await;
    // What documents and simulator say counts no more.
    play.wait("Not ready. 4 changes written and read back.")
        .await;
    assert!(began.elapsed().as_secs() > 60, "{:?}", began.elapsed());
    assert_eq!(count(&play.faults.calls(), "CreateActivation"), 12);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_lost_leaves_nothing_behind() {
    for fault in [
        Fault::LostReply,
        Fault::Answer("application/x-amz-json-1.1", "{}"),
        Fault::Hang,
        Fault::Html(502),
        Fault::Refused(500, "InternalServerError", "sorry"),
        Fault::Refused(400, "ExpiredTokenException", "expired"),
        DENIED,
    ] {
        let mut play = done((100, 40)).await;
        play.faults.add("CreateActivation", 1, fault.clone());
        say_yes(&mut play).await.wait("not known.").await;
        assert_eq!(play.demo.activations(), [], "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn leaving_waits_until_what_was_made_is_deleted() {
    for stop in [Stop::Interrupt, Stop::Terminate, Stop::HangUp] {
        let mut play = done((100, 40)).await;
        play.faults.add("CreateActivation", 999, NOT_YET);
        say_yes(&mut play).await.wait("Try 3 of 12").await;
        play.faults.clear();
        // Made by now, and being deleted.
        play.faults
            .add("DeleteActivation", 1, Fault::Slow(Duration::from_secs(5)));
        play.wait("deleting it").await;
        assert_eq!(play.demo.activations().len(), 1);
        play.stop(stop).await;
        if stop == Stop::Interrupt {
            play.wait("By a real activation").await;
            play.keys("<esc><enter>").await;
        }
        let demo = play.demo.clone();
        assert!(
            matches!(play.ending().await, WizardExit::Ran { .. }),
            "{stop:?}"
        );
        assert_eq!(demo.activations(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn what_stays_is_told_after_leaving_too() {
    let mut play = done((100, 40)).await;
    play.faults.add("DeleteActivation", 99, DENIED);
    say_yes(&mut play).await.wait("deleting it").await;
    play.stop(Stop::HangUp).await;
    let WizardExit::Ran {
        live: Some(live),
        interrupted: true,
        ..
    } = play.ending().await
    else {
        panic!("not told");
    };
    let said = sagemaker_ssh_setup::messages::checks::live(&live);
    let said: Vec<String> = said.into_iter().map(|message| message.text).collect();
    let said = said.join("\n");
    assert!(
        said.contains("aws ssm delete-activation --activation-id"),
        "{said}"
    );
    assert!(
        said.contains(&format!("{SAGEMAKER}: Systems Manager accepted it.")),
        "{said}"
    );
}

#[tokio::test(start_paused = true)]
async fn who_is_guided_or_puts_back_is_not_offered_it() {
    let mut play = done((100, 40)).await;
    play.wait("try it for real").await;
    play.keys("u{Put back 4 changes}").await;
    play.keys("{!Asking AWS}y{Put back: 4 changes}").await;
    assert!(
        !play.screen().contains("try it for real"),
        "{}",
        play.screen()
    );
    play.keys("x").await;
    assert!(!play.screen().contains("This creates"), "{}", play.screen());
}
