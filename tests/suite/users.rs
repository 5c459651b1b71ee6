//! The sheet for those who connect: that what it tells people to do keeps their nodes theirs, that it is at hand where it is
//! needed, and what it says for each kind of role.

use std::fmt::Write as _;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use sagemaker_ssh_setup::demo::{Demo, Seed, Timing};
use serde_json::json;

use super::commands::{Desk, WANTED};
use super::play::prompt;
use super::readiness::LOCKED;

const KEYS: &str = "[profile default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = embedded\n";

const CHURN: [&str; 4] = [
    "--sagemaker-role",
    "ChurnTraining",
    "--user-role",
    "DataScientist",
];

fn command<'a>(name: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&[name], &WANTED[..], more].concat()
}

fn sheet(desk: &Desk, more: &[&str]) -> String {
    let words = [&["export", "users", "--regions", "eu-west-1"], more].concat();
    desk.run(&words).ends_with(0).out
}

/// The profile as the sheet prints it, with the reader's own name filled in.
fn profile(sheet: &str) -> String {
    let (_, rest) = sheet.split_once("```ini\n").unwrap();
    let (profile, _) = rest.split_once("```").unwrap();
    profile.replace("YOUR-NAME", "terry")
}

/// The user ID of a process that has this configuration and takes the profile of the sheet.
async fn user_id(demo: &Demo, config: &str) -> String {
    let files = EnvConfigFiles::builder()
        .with_contents(EnvConfigFileKind::Config, config)
        .build();
    let region = aws_sdk_sts::config::Region::new("eu-west-1");
    let provider = ProfileFileCredentialsProvider::builder()
        .profile_files(files)
        .profile_name("sagemaker-ssh")
        .configure(
            &ProviderConfig::empty()
                .with_http_client(demo.http())
                .with_region(Some(region.clone())),
        )
        .build();
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(aws_sdk_sts::config::BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(provider))
        .http_client(demo.http())
        .region(region)
        .build();
    let client = aws_sdk_sts::Client::from_conf(config);
    let answer = client.get_caller_identity().send().await.unwrap();
    answer.user_id().unwrap().to_owned()
}

#[test]
fn two_processes_with_the_profile_of_the_sheet_are_one_person_and_without_its_session_name_two() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let printed = sheet(&desk, &CHURN);
    let demo = Demo::with(Seed::shipped().unwrap(), Timing::INSTANT);
    let config = format!("{KEYS}{}", profile(&printed));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let user_id = |config: &str| runtime.block_on(user_id(&demo, config));
    let (job, connection) = (user_id(&config), user_id(&config));
    assert!(job.ends_with(":terry"), "{job}");
    assert_eq!(job, connection);

    let without: String = config
        .lines()
        .filter(|line| !line.starts_with("role_session_name"))
        .fold(String::new(), |mut text, line| {
            writeln!(text, "{line}").unwrap();
            text
        });
    let job = user_id(&without);
    std::thread::sleep(std::time::Duration::from_millis(5));
    let connection = user_id(&without);
    assert_ne!(
        job, connection,
        "a session name of its own for each process"
    );
}

#[test]
fn the_user_id_of_the_profile_is_the_one_that_the_policy_lets_in() {
    // The policy compares the tag of the node with the user ID, variable for value.
    let desk = Desk::with(Seed::shipped().unwrap());
    desk.run(&command("apply", &["--yes"])).ends_with(0);
    let role = &desk.aws.demo.roles()["DataScientist"];
    let policy: serde_json::Value =
        serde_json::from_str(&role.inline["SSHSageMakerClientPolicy"]).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let own = statements
        .iter()
        .find(|statement| statement["Action"] == json!(["ssm:SendCommand", "ssm:StartSession"]));
    assert_eq!(
        own.unwrap()["Condition"]["StringEquals"]["ssm:resourceTag/SSHOwner"],
        "${aws:userid}"
    );
}

#[test]
fn people_of_identity_center_get_their_own_form_and_people_in_studio_none() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let sso = sheet(
        &desk,
        &[
            "--sagemaker-role",
            "ChurnTraining",
            "--user-role",
            "AWSReservedSSO_DataScience_8c7b6a5948372615",
        ],
    );
    for line in [
        "sso_session = YOUR-SSO-SESSION",
        "sso_account_id = 123456789012",
        "sso_role_name = DataScience",
    ] {
        assert!(sso.contains(line), "{sso}");
    }
    assert!(!sso.contains("role_session_name"), "{sso}");
    let studio = sheet(
        &desk,
        &[
            "--sagemaker-role",
            "ChurnTraining",
            "--connect-from",
            "studio",
        ],
    );
    assert!(
        !studio.contains("[profile") && studio.contains("open each other's hybrid nodes"),
        "{studio}"
    );
}

#[test]
fn the_sheet_says_all_that_people_do() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let printed = sheet(&desk, &CHURN);
    for needed in [
        "pip install sagemaker-ssh-helper",
        "role_session_name = YOUR-NAME",
        "lose their own nodes",
        "`source_profile`",
        "export AWS_PROFILE=sagemaker-ssh",
        "export AWS_REGION=eu-west-1",
        "export AWS_DEFAULT_REGION=eu-west-1",
        "sm-ssh connect NAME.training.sagemaker",
        "submitted with the credentials that you connect with",
        "SSHEstimatorWrapper.create(estimator",
        "sagemaker_ssh_helper.setup_and_start_ssh()",
        "LOCAL_USER_ID",
        "aws sts get-caller-identity --query UserId --output text",
        "Ask twice",
        "TargetNotConnected",
    ] {
        assert!(printed.contains(needed), "{needed}: {printed}");
    }
}

#[test]
fn apply_prints_the_sheet_where_somebody_can_connect_and_only_there() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let printed = desk.run(&command("apply", &["--yes"])).ends_with(0);
    assert!(
        printed.out.contains("role_session_name = YOUR-NAME"),
        "{}",
        printed.out
    );
    assert!(
        printed.out.contains("# Connecting to SageMaker with SSH"),
        "{}",
        printed.out
    );
    let undone = desk.run(&["undo", "--yes"]).ends_with(0);
    assert!(!undone.out.contains("# Connecting"), "{}", undone.out);
    let nobody = desk.run(&LOCKED).ends_with(3);
    assert!(!nobody.out.contains("# Connecting"), "{}", nobody.out);
}

#[test]
fn what_the_simulator_denies_after_apply_takes_the_ready_back() {
    let mut seed = Seed::shipped().unwrap();
    for role in seed
        .roles
        .iter_mut()
        .filter(|role| role.name == "DataScientist")
    {
        let deny = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Action": "ssm:StartSession", "Resource": "*"}
        ]});
        role.inline.insert("deny".into(), deny);
    }
    let desk = Desk::with(seed);
    let printed = desk.run(&command("apply", &["--yes"])).ends_with(4);
    assert!(
        printed
            .out
            .contains("Not ready. 4 changes written and read back."),
        "{}",
        printed.out
    );
    assert!(!printed.out.contains("# Connecting"), "{}", printed.out);
}

#[tokio::test(start_paused = true)]
async fn the_last_screen_writes_and_copies_the_sheet() {
    let folder = super::cut_off::Folder::new("sheet");
    std::fs::create_dir_all(&folder.0).unwrap();
    let mut play = super::play::Setup {
        timing: Timing::INSTANT,
        folder: folder.0.clone(),
        ..super::play::Setup::default()
    }
    .start();
    play.walk_to_confirm().await;
    play.keys("y{Ready. 4 changes}c{Sent to the terminal}w{The sheet is in}")
        .await;
    let copied = play.copied.lock().unwrap().clone();
    let written = folder.0.join("sagemaker-ssh-setup-users-123456789012.md");
    assert_eq!(copied, [std::fs::read_to_string(written).unwrap()]);
    assert!(copied[0].starts_with("# Connecting to SageMaker with SSH"));
}

#[tokio::test(start_paused = true)]
async fn where_nobody_can_connect_there_is_no_sheet_to_write() {
    let mut play = prompt();
    play.keys("{Admin/console}<enter><enter>{Recommender}tLockedTraining<enter>{1 picked}<enter>")
        .await;
    play.keys("{DataEngineer}tDataScientist<enter>{1 picked}<enter>")
        .await;
    play.keys("{!still being read}<space><enter>{Not ready}<enter>{By its policies}{!Asking AWS}y{Not ready. 3 changes}")
        .await;
    assert!(!play.screen().contains("w sheet"), "{}", play.screen());
}
