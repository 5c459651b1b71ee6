//! `check --all`: an account of which nothing is known.

use sagemaker_ssh_setup::demo::Seed;
use serde_json::{Value, json};

use super::commands::Desk;
use super::faults::Fault;

const ROLE: &str = "arn:aws:iam::123456789012:role/LegacyNotebook";

/// The shipped account with what an older manual and the CDK leave behind.
fn with_leftovers() -> Seed {
    let mut seed = Seed::shipped().unwrap();
    for role in &mut seed.roles {
        let (name, statements) = match role.name.as_str() {
            "LegacyNotebook" => (
                "SageMakerSSMPolicy",
                json!([
                    {"Effect": "Allow", "Action": "iam:PassRole", "Resource": ROLE},
                    {"Effect": "Allow", "Action": "ssm:CreateActivation", "Resource": "*"}
                ]),
            ),
            "lambda-resize" => (
                "TrustRelationshipLambdaPolicy",
                json!([{"Effect": "Allow", "Action": ["iam:UpdateAssumeRolePolicy"], "Resource": ROLE}]),
            ),
            "Analyst" => (
                "SSMDenyAccessNotOwner",
                json!([{"Effect": "Deny", "Action": "ssm:StartSession", "Resource": "*"}]),
            ),
            _ => continue,
        };
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        role.inline.insert(name.to_owned(), document);
    }
    seed
}

#[test]
fn every_role_and_every_region_stands_in_a_table() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let printed = desk.run(&["check", "--all"]).ends_with(0);
    let row = |name: &str| {
        let line = printed.out.lines().find(|line| line.starts_with(name));
        let line = line.unwrap_or_else(|| panic!("{name}: {}", printed.out));
        line.split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for (name, cells) in [
        (
            "AmazonSageMaker-ExecutionRole-20240502T093000",
            ["SageMaker", "in place", "in place", "in place"],
        ),
        (
            "AmazonSageMaker-ExecutionRole-20240131T101010",
            ["SageMaker", "missing", "missing", "-"],
        ),
        (
            "FeatureStore-ExecutionRole",
            ["SageMaker", "in place", "in place", "in place"],
        ),
        ("LockedTraining", ["SageMaker", "blocked", "missing", "-"]),
        ("MLEngineer", ["people", "-", "-", "in place"]),
        ("DataScientist", ["people", "-", "-", "differs"]),
    ] {
        assert_eq!(row(name)[1..], cells, "{name}: {}", printed.out);
    }
    for name in ["github-deploy", "Analyst", "AWSServiceRoleForAmazonSSM"] {
        assert!(!printed.out.contains(name), "{name}: {}", printed.out);
    }
    assert_eq!(
        row("eu-central-1"),
        ["eu-central-1", "advanced", "5, 4 online"]
    );
    assert_eq!(row("eu-west-1"), ["eu-west-1", "standard", "3, 2 online"]);
    assert!(
        printed.out.contains("regions more without the tier"),
        "{}",
        printed.out
    );
    assert!(
        printed
            .out
            .contains("! FeatureStore-ExecutionRole: AWS CodeBuild may assume the role."),
        "{}",
        printed.out
    );
    let conclusion = "By these documents people can connect with AmazonSageMaker-ExecutionRole-20240502T093000, \
        FeatureStore-ExecutionRole, MLEngineer, to containers under";
    assert!(printed.out.contains(conclusion), "{}", printed.out);
}

#[test]
fn what_older_set_ups_leave_behind_is_reported_and_not_touched() {
    let desk = Desk::with(with_leftovers());
    let before = desk.aws.demo.roles();
    let json = desk
        .run(&["check", "--all", "--output", "json"])
        .ends_with(0)
        .json();
    let leftovers: Vec<(&str, &str)> = json["leftovers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["role"].as_str().unwrap(), one["kind"].as_str().unwrap()))
        .collect();
    for expected in [
        ("LegacyNotebook", "older-policy"),
        ("LegacyNotebook", "unconditioned-pass-role"),
        ("lambda-resize", "rewrites-trust"),
        ("Analyst", "older-policy"),
        ("FeatureStore-ExecutionRole", "codebuild-trust"),
    ] {
        assert!(leftovers.contains(&expected), "{expected:?}: {leftovers:?}");
    }
    // What is written as it should be is no leftover.
    assert!(
        !leftovers.contains(&("FeatureStore-ExecutionRole", "unconditioned-pass-role")),
        "{leftovers:?}"
    );
    assert_eq!(desk.aws.demo.roles(), before);
}

#[test]
fn where_all_roles_may_not_be_read_those_of_sagemaker_are_and_that_is_said() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let denied = Fault::Refused(403, "AccessDenied", "no");
    desk.aws
        .faults
        .add("GetAccountAuthorizationDetails", 99, denied.clone());
    let json = desk.run(&["check", "--all", "--output", "json"]).json();
    assert!(json["incomplete"].is_string(), "{json:#}");
    let names: Vec<&str> = json["roles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|role| role["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"ChurnTraining") && !names.contains(&"MLEngineer"),
        "{names:?}"
    );
    let trust = |name: &str| {
        let roles = json["roles"].as_array().unwrap();
        roles.iter().find(|role| role["name"] == name).unwrap()["trust"].clone()
    };
    assert_eq!(trust("FeatureStore-ExecutionRole"), json!("in-place"));
    let printed = desk.run(&["check", "--all"]);
    assert!(
        printed
            .out
            .contains("! Only roles that SageMaker may assume were looked at."),
        "{}",
        printed.out
    );
    // Without the list of roles there is nothing to say.
    desk.aws.faults.add("ListRoles", 99, denied);
    let printed = desk.run(&["check", "--all"]).ends_with(1);
    assert!(printed.err.contains("iam:ListRoles"), "{}", printed.err);
}

#[test]
fn an_account_in_which_nobody_can_connect_ends_with_another_code() {
    let mut seed = Seed::shipped().unwrap();
    seed.advanced.clear();
    let desk = Desk::with(seed);
    let printed = desk.run(&["check", "--all"]).ends_with(2);
    assert!(
        printed
            .out
            .contains("Nobody can connect: there is no region with the advanced tier."),
        "{}",
        printed.out
    );
    let mut seed = Seed::shipped().unwrap();
    seed.roles.clear();
    let printed = Desk::with(seed).run(&["check", "--all"]).ends_with(2);
    assert!(
        printed
            .out
            .contains("There is no role that SageMaker may assume"),
        "{}",
        printed.out
    );
}

#[test]
fn a_role_that_others_make_up_for_is_called_so() {
    let mut seed = Seed::shipped().unwrap();
    for role in seed
        .roles
        .iter_mut()
        .filter(|role| role.name == "DataScientist")
    {
        let all = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        role.inline.insert("all".to_owned(), all);
    }
    let desk = Desk::with(seed);
    let json: Value = desk.run(&["check", "--all", "--output", "json"]).json();
    let roles = json["roles"].as_array().unwrap();
    let role = roles
        .iter()
        .find(|role| role["name"] == "DataScientist")
        .unwrap();
    assert_eq!(role["client"], json!("by-others"));
}

#[test]
fn it_takes_no_choices() {
    let desk = Desk::with(Seed::shipped().unwrap());
    for more in [
        &["--regions", "eu-west-1"][..],
        &["--live"],
        &["--nodes"],
        &["--same-as", "last"],
    ] {
        desk.run(&[&["check", "--all"], more].concat())
            .ends_with(64);
    }
}

#[test]
fn what_could_not_be_read_stands_in_the_table_and_is_no_proof_of_anything() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let denied = Fault::Refused(403, "AccessDenied", "no");
    for call in ["GetAccountAuthorizationDetails", "GetRole"] {
        desk.aws.faults.add(call, 999, denied.clone());
    }
    let printed = desk.run(&["check", "--all"]).ends_with(1);
    let row = printed
        .out
        .lines()
        .find(|line| line.starts_with("ChurnTraining"));
    assert!(
        row.is_some_and(|row| row.contains("unknown")),
        "{}",
        printed.out
    );
    let said = "Whether anybody can connect is not known: not everything could be read.";
    assert!(printed.out.contains(said), "{}", printed.out);
}
