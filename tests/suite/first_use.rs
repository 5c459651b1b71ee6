//! What a first-time user and a distrustful admin meet: what is said before a pick, before a yes, and after a mistake.

use sagemaker_ssh_setup::demo::{Seed, SeedRole, Timing};
use sagemaker_ssh_setup::wizard::WizardExit;
use serde_json::json;

use super::commands::{Desk, WANTED};
use super::cut_off;
use super::faults::{Death, Fault};
use super::play::{Play, Setup, prompt};

fn sagemaker_role(name: &str) -> SeedRole {
    SeedRole {
        name: name.to_owned(),
        path: "/".to_owned(),
        description: String::new(),
        trust: json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ]}),
        inline: std::collections::BTreeMap::new(),
        attached: Vec::new(),
        boundary: None,
        last_used: None,
    }
}

fn with_seed(change: impl FnOnce(&mut Seed)) -> Play {
    let mut seed = Seed::shipped().unwrap();
    change(&mut seed);
    Setup {
        seed: Some(seed),
        timing: Timing::INSTANT,
        ..Setup::default()
    }
    .start()
}

#[tokio::test(start_paused = true)]
async fn what_is_known_of_a_role_is_said_before_it_is_picked() {
    let mut play = Setup {
        timing: Timing::INSTANT,
        ..Setup::at((160, 50))
    }
    .start();
    play.keys("{Roles         39}<enter><enter>{~ differs}{2024-01-31, eu-west-1}")
        .await;
    // Every role in sight has a state although the cursor was on one of them.
    let screen = play.screen();
    let states = [
        "to set up",
        "in place",
        "differs",
        "blocked",
        "name too long",
    ];
    let rows = screen.lines().filter(|line| line.contains("[ ]"));
    for row in rows {
        assert!(states.iter().any(|state| row.contains(state)), "{row}");
    }
    assert!(
        !screen.contains('…'),
        "a name is cut although there is room: {screen}"
    );
    play.keys("<space><enter>{Admin (yours, administrator)}")
        .await;
    play.wait("This role may do everything in the account already")
        .await;
    play.keys("/SSO_Data<enter>{via permission set}").await;
    play.wait("Pick it all the same: the change goes into its permission set")
        .await;
    play.keys("<esc>v/github<enter>{no person}").await;
    play.wait("No person can assume this role").await;
    play.keys("<esc><esc>{SageMaker jobs}v/Analyst<enter>{no job runs under it}")
        .await;
    play.keys("?{get_execution_role()}").await;
}

#[tokio::test(start_paused = true)]
async fn all_at_once_says_how_many_and_how_many_of_them_cannot_be_changed() {
    let mut play = prompt();
    play.keys("{Roles         39}<enter><enter>{name too long}{!reading}a")
        .await;
    play.wait("12 roles picked; 4 of them cannot be changed here.")
        .await;
    play.keys("a{Nothing is picked any more.}").await;
}

#[tokio::test(start_paused = true)]
async fn the_only_role_that_fits_is_picked_and_that_is_said() {
    let mut play = with_seed(|seed| {
        let is_kept = |role: &SeedRole| ["ChurnTraining", "Analyst"].contains(&role.name.as_str());
        seed.roles.retain(is_kept);
    });
    play.keys("{Roles         2}<enter><enter>{1 picked of 1 role}")
        .await;
    play.wait("It is the only one that fits, so it is picked already.")
        .await;
    play.keys("<enter>{Analyst}{1 picked of 1 role}<esc>").await;
    // Unpicked, it stays unpicked.
    play.keys("<space>{0 picked}<esc><enter>{0 picked of 1 role}")
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_filter_begins_empty_and_esc_clears_what_was_kept() {
    let mut play = prompt();
    play.keys("{Roles         39}<enter><enter>{ChurnTraining}/churn<enter>")
        .await;
    play.keys("{clear the filter}{!LegacyNotebook}/leg{/ leg}{LegacyNotebook}<enter>")
        .await;
    play.keys("<esc>{ChurnTraining}{SageMaker jobs}").await;
    play.keys("/zzz<enter><enter>{Nothing matches the filter, and nothing is picked.}")
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_not_there_is_neither_picked_nor_counted() {
    let mut play = prompt();
    play.keys("{Roles         39}<enter><enter>{Recommender}tChrunTraining<enter>")
        .await;
    play.keys("{There is no role ChrunTraining in this account. Did you mean ChurnTraining?}")
        .await;
    play.keys("{0 picked}<esc><esc>{Roles         39}").await;
}

#[tokio::test(start_paused = true)]
async fn commas_separate_roles_unless_a_role_is_called_so() {
    let mut play = with_seed(|seed| seed.roles.push(sagemaker_role("A,B")));
    play.keys("{Roles         40}<enter><enter>{Recommender}")
        .await;
    play.keys("tA,B<enter>{1 picked}tChurnTraining,LegacyNotebook<enter>{3 picked}")
        .await;
}

#[test]
fn commas_separate_roles_for_the_commands_too() {
    let mut seed = Seed::shipped().unwrap();
    seed.roles.push(sagemaker_role("A,B"));
    let desk = Desk::with(seed);
    let plan = |roles: &str| {
        let words = ["plan", "--connect-from", "studio", "--regions", "eu-west-1"];
        let words = [&words[..], &["--output", "json", "--sagemaker-role", roles]].concat();
        desk.run(&words).ends_with(2).json()["choices"]["sagemaker_roles"].take()
    };
    assert_eq!(plan("A,B"), json!(["A,B"]));
    assert_eq!(
        plan("ChurnTraining, LegacyNotebook"),
        json!(["ChurnTraining", "LegacyNotebook"])
    );
}

#[test]
fn every_command_names_what_was_most_likely_meant() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let words = [
        "--sagemaker-role",
        "ChrunTraining",
        "--user-role",
        "DataScientits",
    ];
    let words = [&words[..], &["--regions", "eu-west-1"]].concat();
    for command in ["plan", "check", "export"] {
        let words = [&[command][..], &words[..]].concat();
        let words = if command == "export" {
            [&words[..], &["review"]].concat()
        } else {
            words
        };
        let printed = desk.run(&words);
        let all = format!("{}{}", printed.out, printed.err);
        assert!(
            all.contains("Did you mean ChurnTraining?"),
            "{command}: {all}"
        );
        assert!(
            all.contains("Did you mean DataScientist?"),
            "{command}: {all}"
        );
    }
    let apply = [&["apply", "--yes"][..], &words[..]].concat();
    let apply = desk.run(&apply).ends_with(1);
    assert!(
        apply.err.contains("Did you mean ChurnTraining?"),
        "{apply:?}"
    );
    desk.run(&super::commands::with("apply", &WANTED, &["--yes"]))
        .ends_with(0);
    let runs = desk.run(&["runs"]).ends_with(0).out;
    let run = runs
        .lines()
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .to_owned();
    let near = format!("{}9", &run[..run.len() - 1]);
    let wrong = desk.run(&["runs", &near]);
    assert!(
        wrong.err.contains(&format!("Did you mean {run}?")) || near == run,
        "{wrong:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_preview_leads_to_what_needs_a_look() {
    let mut play = prompt();
    play.keys("{Roles         39}<enter><enter>{Recommender}tChurnTraining,FraudModel-ExecutionRole<enter>{2 picked}<enter>")
        .await;
    play.keys("{DataEngineer}tDataScientist<enter>{1 picked}<enter>{standard}{!still being read}a")
        .await;
    play.keys("<enter>{to change}{!Asking AWS}{Tier of 34 regions: 29 to change}")
        .await;
    // Roles come before regions, and each stop is replaced, blocked or warned of.
    let mut stops = Vec::new();
    for _ in 0..4 {
        play.keys("n").await;
        play.settle().await;
        let screen = play.screen();
        let here = screen.lines().find(|line| line.starts_with(" ›")).unwrap();
        stops.push(here.trim().trim_end_matches(['│', '█', ' ']).to_owned());
    }
    assert_eq!(
        stops,
        [
            "› ~! Server policy of ChurnTraining",
            "› +! Trust of FraudModel-ExecutionRole",
            "› !  Server policy of FraudModel-ExecutionRole",
            "› ~! Client policy of DataScientist",
        ]
    );
    play.keys("{ssm:StartSession on *.}d{2/4 Difference}d{3/4 The new document}")
        .await;
    play.keys("d{4/4 The API call}d{1/4 In words}").await;
    play.keys("G{29 regions: us-east-2}<space>{Tier of us-east-1}<space>{!Tier of us-east-1}")
        .await;
    play.keys("gjjjjs{With shell access (s)}")
        .await
        .keys("h")
        .await;
    play.keys("g{Hardened (h): the statement has conditions}")
        .await;
    play.keys("<enter>{Go back}<pgdn>{plain shells are allowed (shell access)}")
        .await;
}

#[tokio::test(start_paused = true)]
async fn the_accounts_of_the_demo_are_three_and_one_may_only_be_read() {
    let mut play = prompt();
    play.keys("{acme-ml-dev (123456789012)}p{acme-prod}<down><enter>")
        .await;
    play.keys("{DEMO · nothing real · acme-ml-prod (210987654321)}")
        .await;
    play.keys(
        "{No policy allows this identity: iam:UpdateAssumeRolePolicy}c{Sent to the terminal}",
    )
    .await;
    play.keys("<enter><enter>{Forecast-Training}<space><enter>{OnCall}tOnCall<enter><enter>")
        .await;
    play.keys("{standard}{!still being read}<space><enter>{to change}{!Asking AWS}<enter>")
        .await;
    play.keys("{Go back}{!Asking AWS}y{0 of 3 changes done}{You are not allowed to call}<enter>")
        .await;
    assert!(matches!(play.ending().await, WizardExit::Ran { .. }));

    let mut play = prompt();
    play.keys("{acme-ml-dev (123456789012)}p{acme-sandbox}<down><down><enter>")
        .await;
    play.keys("{acme-lab (321098765432)}{Roles         0}")
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_live_check_says_its_retries_and_ends_at_once_when_nothing_was_made() {
    let mut play = Setup::at((100, 40)).start();
    play.walk_to_confirm()
        .await
        .keys("y{Ready. 4 changes}")
        .await;
    let broken = Fault::Refused(500, "InternalServerError", "no");
    play.faults.add("DescribeActivations", 99, broken);
    play.keys("x{This creates}c{AWS answered InternalServerError; try 2 after}")
        .await;
    let began = tokio::time::Instant::now();
    play.keys("<esc>{stopped before anything was made.}").await;
    assert!(began.elapsed() < std::time::Duration::from_secs(1));
    assert!(!play.faults.calls().contains(&"CreateActivation".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn of_a_run_that_was_cut_off_it_is_said_what_became_of_the_uncertain() {
    let (mut written, mut not_written) = (0, 0);
    for call in 4..=12 {
        let dead = cut_off::Setup::new().await;
        let job = dead.set_up().await;
        let death = Death { call, after: true };
        assert!(dead.run_and_die(&job, death));
        let mut play = Setup {
            source: Some(dead.demo.source()),
            records: dead.records.clone(),
            ..Setup::at((120, 40))
        }
        .start();
        play.keys("{was cut off}{(local time), by }{finish it}{!Reading what is}")
            .await;
        let screen = play.screen();
        written += usize::from(screen.contains(": written, as read just now."));
        not_written += usize::from(screen.contains(": not written, as read just now."));
        assert!(!screen.contains("not recorded whether"), "{screen}");
        play.keys("<esc>{!was cut off}").await;
    }
    assert!(written > 0 && not_written > 0, "{written}, {not_written}");
}
