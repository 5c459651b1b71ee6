//! A role that is made, by the built program's commands and through the console, step by step.

use sagemaker_ssh_setup::account::RoleToMake;
use sagemaker_ssh_setup::policy::template::{CLIENT_POLICY, SERVER_POLICY};
use serde_json::Value;

use super::commands::Desk;
use super::guide::{copied, guide};
use super::new_role::{CONNECT, TRAIN, wanted};
use super::program::{Run, against};

const WANTED: [&str; 8] = [
    "--new-sagemaker-role",
    TRAIN,
    "--new-user-role",
    CONNECT,
    "--assumed-by",
    "arn:aws:iam::123456789012:user/ben,account",
    "--regions",
    "eu-west-1",
];

fn with<'a>(command: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&[command], &WANTED[..], more].concat()
}

#[test]
fn the_commands_plan_make_check_and_undo() {
    let desk = Desk::new();
    let before = desk.aws.demo.roles();
    let plan = desk.run(&with("plan", &["--out", "plan.json", "--output", "json"]));
    let file: Value = serde_json::from_str(&plan.ends_with(2).out).unwrap();
    let new = &file["choices"]["new_roles"];
    assert_eq!(
        (&new[0]["name"], &new[0]["for"]),
        (&TRAIN.into(), &"sagemaker".into())
    );
    assert_eq!(new[1]["assumed_by"][1], "arn:aws:iam::123456789012:root");
    let check = desk.run(&with("check", &[])).ends_with(2);
    assert!(check.out.contains("role:NewTraining"), "{}", check.out);
    // The command that mends it says the same choices.
    let fix = check
        .out
        .lines()
        .find(|line| line.contains("apply --new-sagemaker-role"));
    let fix = fix.unwrap_or_else(|| panic!("{}", check.out));
    assert!(
        fix.contains("--assumed-by") && fix.contains(":root"),
        "{fix}"
    );
    let printed = desk.run(&["apply", "plan.json", "--yes", "--output", "json"]);
    let lines = printed.ends_with(0).lines();
    let made = lines
        .iter()
        .any(|line| line["event"] == "done" && line["id"] == "role:NewTraining");
    assert!(made, "{lines:?}");
    desk.run(&with("check", &[])).ends_with(0);
    // As roles that are there they are as good.
    let there = [
        "check",
        "--sagemaker-role",
        TRAIN,
        "--user-role",
        CONNECT,
        "--regions",
        "eu-west-1",
    ];
    desk.run(&there).ends_with(0);
    // The same plan again finds everything, and the same choices are known from the run.
    desk.run(&["apply", "plan.json", "--yes"]).ends_with(0);
    desk.run(&["plan", "--same-as", "last"]).ends_with(0);
    let runs = desk.run(&["runs", "last"]).ends_with(0).out;
    assert!(runs.contains("role:NewTraining"), "{runs}");
    let undo = desk.run(&["undo", "--yes"]).ends_with(0);
    assert!(undo.out.contains("role:NewTraining"), "{}", undo.out);
    assert_eq!(desk.aws.demo.roles(), before);
}

#[test]
fn what_is_wrong_with_a_new_role_is_said_before_anything_is_read() {
    let desk = Desk::new();
    let plan = |words: &[&str]| {
        let regions = ["--regions", "eu-west-1"];
        let printed = desk
            .run(&[&["plan"], words, &regions].concat())
            .ends_with(64);
        printed.err
    };
    let sagemaker = ["--new-sagemaker-role", TRAIN];
    for (words, said) in [
        (&["--new-user-role", CONNECT][..], "--assumed-by"),
        (
            &["--new-user-role", CONNECT, "--assumed-by", "ben"],
            "nobody who could assume a role",
        ),
        (
            &[
                "--new-user-role",
                CONNECT,
                "--assumed-by",
                "arn:aws:iam::999999999999:user/x",
            ],
            "belongs to the account 999999999999",
        ),
        (
            &[
                "--new-user-role",
                CONNECT,
                "--assumed-by",
                "account",
                "--own-session-names",
            ],
            "locked out",
        ),
        (
            &[
                "--new-user-role",
                CONNECT,
                "--assumed-by",
                "arn:aws:iam::123456789012:user/ben,account",
                "--own-session-names",
            ],
            "does not go with",
        ),
        (
            &["--new-user-role", "a b", "--assumed-by", "account"],
            "letters, digits",
        ),
        (
            &["--new-user-role", TRAIN, "--assumed-by", "account"],
            "asked for twice",
        ),
        (
            &[
                "--new-user-role",
                CONNECT,
                "--assumed-by",
                "account",
                "--permissions-boundary",
                "B",
            ],
            "not the ARN of a managed policy",
        ),
        (
            &["--user-role", "Admin", "--own-session-names"],
            "--new-user-role",
        ),
        (&["--assumed-by", "account"], "--new-user-role"),
    ] {
        let err = plan(&[&sagemaker[..], words].concat());
        assert!(err.contains(said), "{words:?}: {err}");
    }
    let err = plan(&["--user-role", "Admin"]);
    assert!(
        err.contains("--new-sagemaker-role NAME, to make one"),
        "{err}"
    );
    let err = plan(&[
        "--sagemaker-role",
        "ChurnTraining",
        "--user-role",
        "Admin",
        "--without-full-access",
    ]);
    assert!(err.contains("--new-sagemaker-role"), "{err}");
    assert!(desk.aws.faults.writes().is_empty());
}

#[test]
fn an_organization_that_demands_a_boundary_is_told_of() {
    let desk = Desk::new();
    let denied = super::faults::Fault::Refused(403, "AccessDenied", "not authorized");
    desk.aws.faults.add("CreateRole", 99, denied);
    let printed = desk.run(&with("apply", &["--yes"]));
    assert_eq!(printed.code, Some(3), "{printed:?}");
    assert!(
        printed.out.contains("--permissions-boundary ARN"),
        "{}",
        printed.out
    );
    assert!(
        printed
            .out
            .contains("role:NewTraining comes first and is not done")
    );
}

#[tokio::test(start_paused = true)]
async fn the_guide_leads_through_the_making_of_a_role_and_sees_it() {
    let mut play = guide(wanted()).await;
    let person = play.demo.source().connect(None).await.unwrap();
    play.keys("{1 of 6}<enter>{2 of 6}{Make the role NewTraining}{tick AmazonSageMakerFullAccess}")
        .await;
    let trust = copied(&mut play).await;
    // One of that name that lets in somebody else is in the way.
    let by_hand = |name, trust| RoleToMake {
        name,
        path: "/",
        description: "",
        trust,
        boundary: None,
        run: "by-hand",
    };
    let wrong = trust.replace("sagemaker.amazonaws.com", "glue.amazonaws.com");
    person
        .create_role(&by_hand(TRAIN, wrong.as_str()))
        .await
        .unwrap();
    play.keys("{Something is in the way}").await;
    person.delete_role(TRAIN).await.unwrap();
    play.keys("{there is no role of this name}").await;
    person
        .create_role(&by_hand(TRAIN, trust.as_str()))
        .await
        .unwrap();
    play.keys("{In place. The role is there, made by this program}<enter>{3 of 6}")
        .await;
    let arn = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess";
    person.attach_policy(TRAIN, arn).await.unwrap();
    play.keys("{In place. The policy is attached}<enter>{4 of 6}")
        .await;
    let server = copied(&mut play).await;
    let written = person.write_inline_policy(TRAIN, SERVER_POLICY, &server);
    written.await.unwrap();
    play.keys("{In place. The role carries this inline policy}<enter>{5 of 6}")
        .await;
    let trust = copied(&mut play).await;
    person
        .create_role(&by_hand(CONNECT, trust.as_str()))
        .await
        .unwrap();
    play.keys("{In place. The role is there, made by this program}<enter>{6 of 6}")
        .await;
    let client = copied(&mut play).await;
    let written = person.write_inline_policy(CONNECT, CLIENT_POLICY, &client);
    written.await.unwrap();
    play.keys("{In place. The role carries this inline policy}")
        .await;
    assert_eq!(play.faults.writes(), Vec::<String>::new());
}

#[test]
fn an_apply_that_may_not_write_all_of_it_does_not_say_who_can_connect_afterwards() {
    let mut seed = sagemaker_ssh_setup::demo::Seed::shipped().unwrap();
    let of_auditor = seed.profiles.remove("acme-prod").unwrap();
    let desk = Desk::with(of_auditor);
    let words = [
        "apply",
        "--sagemaker-role",
        "Forecast-Training",
        "--user-role",
        "OnCall",
        "--regions",
        "eu-west-1",
    ];
    let mut run = Run::start(&words, &against(&desk.aws.address));
    run.wait("Type the whole word yes:");
    let out = String::from_utf8_lossy(&run.raw).into_owned();
    assert!(
        out.contains("so that nobody can say who can connect afterwards"),
        "{out}"
    );
    assert!(!out.contains("After this, people can connect"), "{out}");
    run.keys("no\r");
    assert_eq!(run.ended(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_guide_with_new_roles_is_kept_and_its_way_back_is_shown() {
    let folder = super::cut_off::Folder::new("guide-new-role");
    let records = sagemaker_ssh_setup::journal::Records::in_folder(folder.0.clone());
    let mut play = super::play::Setup {
        timing: sagemaker_ssh_setup::demo::Timing::INSTANT,
        start: sagemaker_ssh_setup::wizard::Start::Guide(Some(
            sagemaker_ssh_setup::wizard::Chosen {
                choices: wanted(),
                arns: Vec::new(),
            },
        )),
        records: records.clone(),
        ..super::play::Setup::default()
    }
    .start();
    play.keys("{1 of 6}{Not yet: the tier is standard}<enter>{there is no role of this name}")
        .await;
    play.keys("q{What you did in the console stays}q").await;
    play.ending().await;
    let guides = records.guides().unwrap();
    assert!(guides.damaged.is_empty(), "{:?}", guides.damaged);
    let kept: Vec<String> = guides.records[0].documents.keys().cloned().collect();
    assert!(kept.contains(&"role:NewTraining".to_owned()), "{kept:?}");
}
