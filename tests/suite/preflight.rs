//! Before anything is written: whether the caller may do it, by the policy simulator, and what is said when that is not
//! known.

use sagemaker_ssh_setup::demo::{Seed, Timing};
use serde_json::{Value, json};

use super::commands::WANTED;
use super::faults::{Fault, Faults};
use super::loopback::Loopback;
use super::play::{Play, Setup};
use super::program::{Run, against};

/// An account whose caller has these statements.
fn caller_with(statements: &Value) -> Seed {
    let mut seed = Seed::shipped().unwrap();
    for role in seed.roles.iter_mut().filter(|role| role.name == "Admin") {
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        role.inline.insert("all".into(), policy);
    }
    seed
}

async fn asked(seed: Seed, prepare: impl FnOnce(&Faults)) -> Play {
    let mut play = Setup {
        timing: Timing::INSTANT,
        seed: Some(seed),
        ..Setup::default()
    }
    .start_with(prepare);
    play.walk_to_confirm().await;
    play
}

#[tokio::test(start_paused = true)]
async fn an_administrator_may_do_everything() {
    let mut play = Setup::default().start();
    play.wait("✓ By its policies, this identity may do all that is needed")
        .await;
    play.walk_to_confirm().await;
    // What speaks against it stands above what does not.
    play.wait("✗ Admin: People with this role can open sessions")
        .await;
    play.keys("<pgdn>").await;
    play.wait("✓ By its policies, this identity may do all that is needed")
        .await;
    assert!(
        play.faults
            .calls()
            .contains(&"SimulatePrincipalPolicy".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_named_and_comes_as_a_policy() {
    let seed = caller_with(&json!([
        {"Effect": "Allow", "Action": ["iam:Get*", "iam:List*", "iam:Simulate*", "ssm:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::123456789012:role/Admin"}
    ]));
    let mut play = asked(seed, |_| {}).await;
    play.wait("✗ No policy allows this identity").await;
    play.keys("<pgdn>").await;
    play.wait("iam:UpdateAssumeRolePolicy on").await;
    play.keys("c{Sent to the terminal}").await;
    let policy: Value = serde_json::from_str(&play.copied.lock().unwrap().pop().unwrap()).unwrap();
    // On this role alone: on the other one it is allowed.
    assert_eq!(
        policy["Statement"],
        json!([{
            "Effect": "Allow",
            "Action": ["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"],
            "Resource": ["arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole-20240131T101010"]
        }])
    );
    assert_eq!(play.faults.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_denial_is_told_from_a_lack_and_no_policy_is_offered_against_it() {
    let seed = caller_with(&json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "ssm:UpdateServiceSetting", "Resource": "*"}
    ]));
    let mut play = asked(seed, |_| {}).await;
    play.wait("✗ A policy denies this identity: ssm:UpdateServiceSetting")
        .await;
    assert!(!play.screen().contains("copy policy"), "{}", play.screen());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_known_is_not_guessed() {
    let denied = Fault::Refused(403, "AccessDenied", "no");
    let throttled = Fault::Refused(400, "Throttling", "Rate exceeded");
    for (fault, why) in [
        (denied, "You are not allowed to call"),
        (throttled, "AWS is throttling"),
        (Fault::Html(200), "is not AWS"),
        (Fault::Hang, "in time"),
    ] {
        let prepare = |faults: &Faults| faults.add("SimulatePrincipalPolicy", 999, fault);
        let mut play = asked(Seed::shipped().unwrap(), prepare).await;
        play.resize(120, 40).await;
        play.wait("? Whether this identity may do all that is needed is not known")
            .await;
        play.wait(why).await;
        // It is no hindrance: AWS itself has the last word.
        play.keys("y{Ready. 4 changes}").await;
    }
    for (arn, why) in [
        ("arn:aws:iam::123456789012:root", "The root user's"),
        (
            "arn:aws:sts::123456789012:federated-user/somebody",
            "federated",
        ),
    ] {
        let mut seed = Seed::shipped().unwrap();
        seed.caller.arn = arn.to_owned();
        let mut play = Setup {
            seed: Some(seed),
            size: (120, 40),
            ..Setup::default()
        }
        .start();
        play.wait(why).await;
        assert!(
            !play
                .faults
                .calls()
                .contains(&"SimulatePrincipalPolicy".to_owned())
        );
    }
}

#[test]
fn the_command_says_it_before_it_asks() {
    let aws = Loopback::with(caller_with(&json!([
        {"Effect": "Allow", "Action": ["iam:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "ssm:GetServiceSetting", "Resource": "*"}
    ])));
    let arguments = [&["apply"], &WANTED[..]].concat();
    let mut run = Run::start(&arguments, &against(&aws.address));
    run.wait("Type the whole word yes:");
    let said = String::from_utf8_lossy(&run.raw).into_owned();
    let place = said
        .find("No policy allows this identity: ssm:UpdateServiceSetting on")
        .unwrap();
    assert!(place < said.find("Type the whole word yes:").unwrap());
    assert!(said.contains("\"ssm:UpdateServiceSetting\""), "{said}");
    run.keys("\u{3}");
    assert_eq!(run.ended(), 130);
    assert_eq!(aws.faults.writes(), Vec::<String>::new());
}
