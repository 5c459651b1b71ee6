//! What is said before anything is written about roles that will not work all the same: boundaries, denials, the
//! organization, and other policies that open what has to stay closed.

use sagemaker_ssh_setup::demo::{Seed, SeedRole, Timing};
use serde_json::{Value, json};

use super::commands::{SAGEMAKER, WANTED};
use super::faults::Fault;
use super::loopback::Loopback;
use super::play::{Play, Setup};
use super::program::{Run, against};

const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/TeamBoundary";
const USER: &str = "DataScientist";

/// The shipped account, with one role changed.
fn with_role(name: &str, change: impl Fn(&mut SeedRole)) -> Seed {
    let mut seed = Seed::shipped().unwrap();
    let roles = seed.roles.iter_mut();
    roles.filter(|role| role.name == name).for_each(change);
    seed
}

fn policy(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// What `apply` says at a terminal, until it asks.
fn said_before_the_question(seed: Seed, prepare: impl FnOnce(&Loopback)) -> String {
    let aws = Loopback::with(seed);
    prepare(&aws);
    let arguments = [&["apply"], &WANTED[..]].concat();
    let mut run = Run::start(&arguments, &against(&aws.address));
    run.wait("Type the whole word yes:");
    let said = String::from_utf8_lossy(&run.raw).into_owned();
    run.keys("\u{3}");
    assert_eq!(run.ended(), 130);
    assert_eq!(aws.faults.writes(), Vec::<String>::new());
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn of_roles_that_will_work_nothing_is_said() {
    let said = said_before_the_question(Seed::shipped().unwrap(), |_| {});
    assert!(said.contains("may do all that is needed"), "{said}");
    for text in [
        "will not be enough",
        "each other's hybrid nodes",
        "service control",
    ] {
        assert!(!said.contains(text), "{said}");
    }
}

#[test]
fn a_boundary_that_takes_it_back_is_named_with_what_it_breaks() {
    let seed = with_role(SAGEMAKER, |role| role.boundary = Some(BOUNDARY.into()));
    let said = said_before_the_question(seed, |_| {});
    let warning = format!(
        "! {SAGEMAKER}: What is written will not be enough. Containers cannot register: AccessDeniedException for \
         ssm:CreateActivation in the log of the job. The role's permissions boundary does not allow it"
    );
    assert!(said.contains(&warning), "{said}");
    assert!(
        !said.contains(&format!("{USER}: What is written")),
        "{said}"
    );
}

#[test]
fn a_boundary_that_allows_it_is_no_hindrance() {
    let mut seed = with_role(SAGEMAKER, |role| role.boundary = Some(BOUNDARY.into()));
    for boundary in &mut seed.policies {
        boundary.document = policy(&json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]));
    }
    let said = said_before_the_question(seed, |_| {});
    assert!(!said.contains("will not be enough"), "{said}");
}

#[test]
fn a_denial_in_another_policy_is_named() {
    let denial = policy(&json!([{"Effect": "Deny", "Action": "ssm:*", "Resource": "*"}]));
    let seed = with_role(USER, |role| {
        role.inline.insert("guard".into(), denial.clone());
    });
    let said = said_before_the_question(seed, |_| {});
    let warning =
        format!("! {USER}: What is written will not be enough. People with this role cannot");
    assert!(said.contains(&warning), "{said}");
}

#[test]
fn a_policy_that_opens_other_peoples_sessions_is_named_beforehand() {
    let wide = policy(&json!([{"Effect": "Allow", "Action": "ssm:StartSession", "Resource": "*"}]));
    let of_another_name = with_role(USER, |role| {
        role.inline.clear();
        role.inline.insert("wide".into(), wide.clone());
    });
    let said = said_before_the_question(of_another_name, |_| {});
    let warning = format!("! {USER}: People with this role can open sessions to each other's");
    assert!(said.contains(&warning), "{said}");
    // What the plan replaces is gone afterwards.
    let replaced = with_role(USER, |role| {
        let name = "SSHSageMakerClientPolicy".to_owned();
        role.inline.insert(name, wide.clone());
    });
    let said = said_before_the_question(replaced, |_| {});
    assert!(!said.contains("each other's hybrid nodes"), "{said}");
}

#[test]
fn what_the_organization_seems_to_deny_is_a_doubt_and_not_a_fact() {
    let denied = "<SimulatePrincipalPolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
        <SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults><member>\
        <EvalActionName>ssm:CreateActivation</EvalActionName><EvalResourceName>*</EvalResourceName>\
        <EvalDecision>implicitDeny</EvalDecision><OrganizationsDecisionDetail><AllowedByOrganizations>false\
        </AllowedByOrganizations></OrganizationsDecisionDetail></member></EvaluationResults>\
        </SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>";
    let said = said_before_the_question(Seed::shipped().unwrap(), |aws| {
        aws.faults.add(
            "SimulatePrincipalPolicy",
            99,
            Fault::Answer("text/xml", denied),
        );
    });
    let warning = format!(
        "? {SAGEMAKER}: A service control policy of the organization seems to deny ssm:CreateActivation;"
    );
    assert!(said.contains(&warning), "{said}");
}

#[tokio::test(start_paused = true)]
async fn the_wizard_says_it_at_the_last_question_and_the_simulators_silence_hinders_nobody() {
    let start = |prepared: bool| async move {
        let mut play = Setup {
            size: (120, 40),
            timing: Timing::INSTANT,
            seed: Some(with_role(SAGEMAKER, |role| {
                role.boundary = Some(BOUNDARY.into());
            })),
            ..Setup::default()
        }
        .start_with(|faults| {
            if prepared {
                faults.add(
                    "SimulatePrincipalPolicy",
                    99,
                    Fault::Refused(403, "AccessDenied", "no"),
                );
            }
        });
        play.walk_to_confirm().await;
        play
    };
    let mut play: Play = start(false).await;
    play.wait(&format!(
        "✗ {SAGEMAKER}: What is written will not be enough."
    ))
    .await;
    play.keys("{Not ready. After this, nobody can connect yet:}")
        .await;
    // Admin may do everything already, and so may open everybody's sessions.
    play.wait("✗ Admin: People with this role can open").await;
    let mut play = start(true).await;
    play.wait("? Whether this identity may do all that is needed is not known")
        .await;
    assert!(
        !play.screen().contains("will not be enough"),
        "{}",
        play.screen()
    );
    play.keys("y{Ready. 4 changes}").await;
}
