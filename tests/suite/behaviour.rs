//! What the wizard does, told as key scripts; what counts is the account afterwards.

use ratatui::style::Color;
use sagemaker_ssh_setup::apply::Outcome;
use sagemaker_ssh_setup::demo::{Seed, Timing};
use sagemaker_ssh_setup::exit::Exit;
use sagemaker_ssh_setup::journal::Records;
use sagemaker_ssh_setup::messages::outcome::plain;
use sagemaker_ssh_setup::terminal::{JobSignal, Stop};
use sagemaker_ssh_setup::wizard::WizardExit;
use serde_json::{Value, json};

use super::documents::content;
use super::faults::Fault;
use super::play::{Play, Setup, prompt};

const FRESH: &str = "AmazonSageMaker-ExecutionRole-20240131T101010";

/// The statements of a role's trust policy.
fn statements(play: &Play, role: &str) -> Vec<Value> {
    let trust: Value = serde_json::from_str(&play.demo.roles()[role].trust).unwrap();
    trust["Statement"].as_array().unwrap().clone()
}

/// What Done says of all suggested roles.
async fn done_with_all_roles(play: &mut Play) -> String {
    play.keys("{Admin/console}<enter><enter>").await;
    play.keys("{Recommender}a<enter>").await;
    play.keys("{DataEngineer}<space><enter>").await;
    play.keys("{standard}<space><enter>").await;
    play.keys("{to change}{!still being read}").await;
    play.keys("<enter>{y apply}{!Asking AWS}y").await;
    play.wait("ready. 16 changes").await;
    let screen = play.screen();
    let said = screen
        .lines()
        .find(|line| line.contains("written and read back"));
    said.unwrap().trim().to_owned()
}

#[tokio::test(start_paused = true)]
async fn in_an_account_that_throttles_it_comes_to_the_same_end() {
    let mut quick = prompt();
    let mut slow = prompt();
    slow.faults.pace_iam(4, 8);
    let wanted = done_with_all_roles(&mut quick).await;
    assert_eq!(done_with_all_roles(&mut slow).await, wanted);
    assert!(wanted.contains("Partly ready. 16 changes"), "{wanted}");
    assert!(slow.faults.throttled() > 0, "that limit tests nothing");
}

#[tokio::test(start_paused = true)]
async fn enter_space_and_y_alone_lead_to_done() {
    let mut play = Setup::default().start();
    let before = play.demo.roles();
    play.walk_to_confirm()
        .await
        .keys("y{Ready. 4 changes}<enter>")
        .await;
    let statements = statements(&play, FRESH);
    assert_eq!(statements.len(), 3);
    assert_eq!(
        statements[2]["Principal"],
        json!({"Service": "ssm.amazonaws.com"})
    );
    let after = play.demo.roles();
    assert!(after[FRESH].inline.contains_key("SSHSageMakerServerPolicy"));
    assert!(
        after["Admin"]
            .inline
            .contains_key("SSHSageMakerClientPolicy")
    );
    assert_eq!(after["Admin"].inline["all"], before["Admin"].inline["all"]);
    assert_eq!(play.demo.tier("eu-west-1").as_deref(), Some("advanced"));
    let others = after
        .iter()
        .filter(|(name, _)| !["Admin", FRESH].contains(&name.as_str()));
    for (name, role) in others {
        assert_eq!(role, &before[name], "{name}");
    }
    let WizardExit::Ran {
        report,
        interrupted,
        ..
    } = play.ending().await
    else {
        panic!("nothing was carried out");
    };
    assert!(report.is_verified() && !interrupted);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_before_the_confirmation() {
    let mut play = Setup::default().start();
    play.keys("{Admin/console}yyyy<enter>y<enter>").await;
    play.keys("{Recommender}y<space>y<enter>").await;
    play.keys("{DataEngineer}y<space>y<enter>").await;
    play.keys("{standard}{!still being read}y<space>y<enter>")
        .await;
    play.keys("{4 to change}yyyy").await;
    assert!(play.screen().contains("Preview"));
    // On the question itself, Enter says what the keys do, and does nothing.
    play.keys("<enter>{Go back}{!Asking AWS}<enter>{y applies 4 changes, Esc goes back.}")
        .await;
    play.keys("<enter><enter>q{Leave?}y{Leave?}").await;
    assert_eq!(play.faults.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn keys_typed_before_the_question_was_drawn_do_not_answer_it() {
    let mut play = Setup::default().start();
    play.walk_to_confirm()
        .await
        .keys("<esc>{4 to change}")
        .await;
    // Sent in one go: the second key comes before the question is on the screen.
    play.keys("<enter>y{Go back}{!Asking AWS}").await;
    play.settle().await;
    assert!(play.screen().contains("Step 7/8"), "{}", play.screen());
    assert_eq!(play.faults.writes(), Vec::<String>::new());
    play.keys("y{Ready. 4 changes}").await;
}

#[tokio::test(start_paused = true)]
async fn a_yes_while_aws_is_still_asked_says_so_and_wants_a_second_one() {
    let slow = Fault::Slow(std::time::Duration::from_secs(20));
    let mut play = Setup::default().start();
    play.walk_to_confirm()
        .await
        .keys("<esc>{4 to change}")
        .await;
    play.faults.add("SimulatePrincipalPolicy", 99, slow);
    play.keys("<enter>{Go back}{Asking AWS whether}").await;
    let asking = play.body();
    play.keys("y{AWS is still being asked. y once more}").await;
    assert_eq!(play.faults.writes(), Vec::<String>::new());
    // What comes late moves nothing that was there.
    play.gone("Asking AWS").await;
    let places = |body: &str| -> Vec<(usize, String)> {
        let lines = body
            .lines()
            .map(|line| line.trim_end_matches(['█', '│', ' ']));
        let lines = lines.enumerate().filter(|(_, line)| !line.is_empty());
        lines.map(|(row, line)| (row, line.to_owned())).collect()
    };
    let answered = places(&play.body());
    let is_kept = |line: &(usize, String)| line.1.contains("Asking") || answered.contains(line);
    assert!(
        places(&asking).iter().all(is_kept),
        "{asking}\n{answered:#?}"
    );
    // A second one in the same breath is none.
    play.keys("<esc>{4 to change}<enter>{Asking AWS whether}")
        .await;
    play.keys_at_once("yy").await;
    assert_eq!(play.faults.writes(), Vec::<String>::new());
    play.keys("{once more}y{Ready. 4 changes}").await;
}

#[tokio::test(start_paused = true)]
async fn what_can_be_answered_is_seen_on_a_small_screen_too() {
    let mut play = prompt();
    play.walk_to_confirm().await.resize(60, 12).await;
    for _ in 0..6 {
        play.keys("{y    Apply 4 changes}{Esc back}<pgdn>").await;
    }
    assert_eq!(play.faults.writes(), Vec::<String>::new());
    play.keys("y{Ready. 4 changes}").await;
}

#[tokio::test(start_paused = true)]
async fn going_back_loses_nothing_that_was_picked() {
    let mut play = Setup::default().start();
    play.walk_to_confirm()
        .await
        .keys("<esc><esc><esc><esc><esc><esc><esc><esc>{Step 1/8}")
        .await;
    play.keys("<enter><enter>{1 picked of 12 roles}").await;
    play.keys("<enter>{1 picked of 9 roles}").await;
    play.keys("<enter>{1 picked of 34 regions}").await;
    play.keys("<enter>{4 to change}").await;
    // Studio asks for no user role, and the other answers are still there.
    play.keys("<esc><esc><esc><esc>{Connect from}<down><enter><enter>")
        .await;
    play.keys("{1 picked of 34 regions}<enter>{4 to change}")
        .await;
    assert!(!play.screen().contains("Admin\n"), "{}", play.screen());
}

#[tokio::test(start_paused = true)]
async fn with_nothing_picked_enter_says_how_to_pick() {
    let mut play = Setup::default().start();
    play.keys("{acme}<enter><enter>{Recommender}").await;
    play.keys("<enter>{Space picks a role}").await;
    assert!(play.screen().contains("Step 3/8"));
}

#[tokio::test(start_paused = true)]
async fn leaving_asks_once_something_was_picked_and_not_before() {
    let mut play = Setup::default().start();
    play.keys("{acme}q").await;
    assert!(matches!(
        play.ending().await,
        WizardExit::Left {
            interrupted: false,
            ..
        }
    ));

    let mut play = Setup::default().start();
    play.keys("{acme}<enter><enter>{Recommender}<space>q").await;
    play.keys("{is forgotten}<esc>{!is forgotten}qy{is forgotten}q")
        .await;
    assert!(matches!(
        play.ending().await,
        WizardExit::Left {
            interrupted: false,
            ..
        }
    ));
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_leaves_at_any_step_and_nothing_was_changed() {
    let way = [
        "",
        "<enter>",
        "<enter>",
        "<space><enter>",
        "<space><enter>",
        "<space><enter>",
        "<enter>",
    ];
    let marks = [
        "acme",
        "My own",
        "Recommender",
        "DataEngineer",
        "standard",
        "4 to change",
        "Go back",
    ];
    for last in 0..way.len() {
        let mut play = Setup::default().start();
        for (keys, mark) in way.iter().zip(marks).take(last + 1) {
            play.keys(keys)
                .await
                .wait(mark)
                .await
                .keys("{!reading}{!still being read}")
                .await;
        }
        play.keys("<ctrl-c>").await;
        assert_eq!(play.faults.writes(), Vec::<String>::new(), "{last}");
        assert!(
            matches!(
                play.ending().await,
                WizardExit::Left {
                    interrupted: true,
                    ..
                }
            ),
            "{last}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_while_loading_and_while_typing_works_too() {
    let mut play = Setup::default().start_with(|faults| faults.add("*", 99, Fault::Hang));
    play.keys("{Asking AWS}<ctrl-c>").await;
    assert!(matches!(
        play.ending().await,
        WizardExit::Left {
            interrupted: true,
            ..
        }
    ));
    let mut play = Setup::default().start();
    play.keys("{acme}<enter><enter>{Recommender}/abc<ctrl-c>")
        .await;
    assert!(matches!(
        play.ending().await,
        WizardExit::Left {
            interrupted: true,
            ..
        }
    ));
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_during_apply_finishes_what_is_under_way_and_begins_nothing_else() {
    let timing = Timing {
        throttled_writes: 0,
        ..Timing::REALISTIC
    };
    let mut play = Setup {
        timing,
        ..Setup::default()
    }
    .start();
    play.walk_to_confirm()
        .await
        .keys("y{working}<ctrl-c>")
        .await;
    play.keys("{Stopping}{What now}").await;
    let screen = play.screen();
    assert!(screen.contains("not begun"), "{screen}");
    play.keys("<enter>").await;
    let roles = play.demo.roles();
    let tier = play.demo.tier("eu-west-1");
    let WizardExit::Ran { report, .. } = play.ending().await else {
        panic!("nothing was carried out");
    };
    // What is said to be done is there, and what is said to be skipped is not.
    let is_there = |target: &str| match target {
        "tier:eu-west-1" => tier.as_deref() == Some("advanced"),
        "policy:Admin/SSHSageMakerClientPolicy" => roles["Admin"]
            .inline
            .contains_key("SSHSageMakerClientPolicy"),
        target if target == format!("trust:{FRESH}") => {
            roles[FRESH].trust.contains("ssm.amazonaws.com")
        }
        target => {
            assert_eq!(target, format!("policy:{FRESH}/SSHSageMakerServerPolicy"));
            roles[FRESH].inline.contains_key("SSHSageMakerServerPolicy")
        }
    };
    assert_eq!(report.outcomes.len(), 4);
    for (target, outcome) in &report.outcomes {
        let target = target.to_string();
        match outcome {
            Outcome::Done => assert!(is_there(&target), "{target}"),
            Outcome::Skipped => assert!(!is_there(&target), "{target}"),
            other => panic!("{target}: {other:?}"),
        }
    }
    // It waits for the role's trust policy, which was under way at the most.
    let last = report.outcomes.iter().find(|(target, _)| {
        target.to_string() == format!("policy:{FRESH}/SSHSageMakerServerPolicy")
    });
    assert!(matches!(last, Some((_, Outcome::Skipped))));
}

#[tokio::test(start_paused = true)]
async fn a_closed_terminal_during_apply_ends_the_run_in_order() {
    for by_signal in [true, false] {
        let mut play = Setup::default().start();
        play.walk_to_confirm().await.keys("y{Step 8/8}").await;
        if by_signal {
            play.stop(Stop::HangUp).await;
        } else {
            play.close_terminal();
        }
        let demo = play.demo.clone();
        let WizardExit::Ran {
            report,
            interrupted,
            ..
        } = play.ending().await
        else {
            panic!("nothing was carried out");
        };
        assert!(interrupted);
        let trust = &demo.roles()[FRESH].trust;
        let done = report
            .outcomes
            .iter()
            .any(|(target, outcome)| target.to_string().starts_with("trust:") && outcome.is_done());
        assert_eq!(trust.contains("ssm.amazonaws.com"), done);
    }
}

#[tokio::test(start_paused = true)]
async fn what_failed_can_be_tried_again() {
    let mut play = prompt();
    play.walk_to_confirm().await;
    play.faults.add(
        "PutRolePolicy",
        2,
        Fault::Refused(403, "AccessDenied", "not authorized"),
    );
    play.keys("y{2 of 4 changes done}{retry what failed}").await;
    assert!(
        !play.demo.roles()["Admin"]
            .inline
            .contains_key("SSHSageMakerClientPolicy")
    );
    let writes = play.faults.writes().len();
    play.keys("r{Ready. 4 changes written}").await;
    // Only what failed was written again, and the whole of the plan is reported.
    assert_eq!(play.faults.writes().len(), writes + 2);
    assert!(
        play.demo.roles()["Admin"]
            .inline
            .contains_key("SSHSageMakerClientPolicy")
    );
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_fails_too_forgets_nothing_of_the_first_try() {
    let mut play = prompt();
    play.walk_to_confirm().await;
    play.faults.add(
        "PutRolePolicy",
        99,
        Fault::Refused(403, "AccessDenied", "not authorized"),
    );
    play.keys("y{2 of 4 changes done}").await;
    // The credentials expire before the second try.
    play.faults.add(
        "GetCallerIdentity",
        99,
        Fault::Refused(403, "ExpiredToken", "expired"),
    );
    play.keys("r{have expired}{2 of 4 changes done}").await;
    play.keys("<enter>").await;
    let WizardExit::Ran { plan, report, .. } = play.ending().await else {
        panic!("nothing was carried out");
    };
    assert_eq!(Exit::of_report(&report), Exit::Partly);
    let plain = plain(&plan, &report, &Records::in_memory()).join("\n");
    assert!(plain.contains("To undo") && report.run.is_some(), "{plain}");
}

#[tokio::test(start_paused = true)]
async fn roles_of_another_account_are_not_kept() {
    let mut play = Setup::default().start();
    play.keys("{acme}<enter><enter>{Recommender}<space><esc><esc>")
        .await;
    play.wait("Step 1/8").await;
    let other = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                 <Arn>arn:aws:iam::999999999999:user/other</Arn><UserId>AIDA</UserId><Account>999999999999</Account>\
                 </GetCallerIdentityResult></GetCallerIdentityResponse>";
    play.faults
        .add("GetCallerIdentity", 1, Fault::Answer("text/xml", other));
    play.keys("r{999999999999}{belong to another account}")
        .await;
    play.keys("<enter><enter>{0 picked}").await;
    // The same account read again keeps them.
    play.keys("<space><esc><esc>r{belong to another account}")
        .await;
    play.keys("<enter><enter>{0 picked}{Recommender}<space><esc><esc>r")
        .await;
    play.keys("{acme-ml-dev}<enter><enter>{1 picked of 12}")
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_typed_role_that_cannot_be_read_can_be_unpicked_after_reading_again() {
    let denied = Fault::Refused(403, "AccessDenied", "no");
    let mut play = Setup::default().start_with(|faults| {
        faults.add("ListRoles", 99, denied.clone());
        faults.add("GetRole", 99, denied);
    });
    play.keys("{Admin/console}<enter><enter>{not allowed}<enter>")
        .await;
    play.keys("{t takes the ARN}tSecret<enter>{not readable}")
        .await;
    play.keys("<esc><esc>r{Admin/console}<enter><enter>{not readable}")
        .await;
    play.keys("<space>{0 picked}").await;
}

#[tokio::test(start_paused = true)]
async fn a_check_that_finds_something_missing_does_not_claim_a_write() {
    let mut play = prompt();
    play.walk_to_confirm()
        .await
        .keys("y{Ready. 4 changes}<enter>")
        .await;
    let demo = play.demo.clone();
    let mut play = Setup {
        source: Some(demo.source()),
        ..Setup::default()
    }
    .start();
    play.walk_to_regions()
        .await
        .keys("{!still being read}<space><enter>{0 to change}")
        .await;
    play.keys("<enter>{nothing to write}").await;
    let account = demo.source().connect(None).await.unwrap();
    account
        .write_trust(FRESH, r#"{"Version":"2012-10-17","Statement":[]}"#)
        .await
        .unwrap();
    play.keys("v{Nothing was written, and 1 item could not be found in place}<enter>")
        .await;
    let WizardExit::Ran { report, .. } = play.ending().await else {
        panic!("nothing was carried out");
    };
    assert_eq!(Exit::of_report(&report), Exit::Failed);
}

#[tokio::test(start_paused = true)]
async fn every_page_of_roles_arrives_while_the_list_can_be_used() {
    let mut seed = Seed::shipped().unwrap();
    let model = seed.roles[0].clone();
    for number in 0..2500 {
        let mut role = model.clone();
        role.name = format!("bulk-{number:04}");
        seed.roles.push(role);
    }
    let mut play = Setup {
        seed: Some(seed),
        ..Setup::default()
    }
    .start();
    play.keys("{Admin/console}<enter><enter>{more are coming}")
        .await;
    play.keys("<down><space>{1 picked}").await;
    play.keys("{of 2512 roles}{!more are coming}").await;
    play.keys("G{bulk-2499}").await;
    play.keys("/churn<enter>{ChurnTraining}{1 of the picked not shown}")
        .await;
}

#[tokio::test(start_paused = true)]
async fn roles_can_be_typed_and_pasted_where_they_may_not_be_listed() {
    let denied = Fault::Refused(
        403,
        "AccessDenied",
        "not authorized to perform: iam:ListRoles",
    );
    let mut play = Setup::default().start_with(|faults| faults.add("ListRoles", 99, denied));
    play.keys("{Admin/console}<enter><enter>{not allowed}t")
        .await;
    play.paste(&format!(
        "arn:aws:iam::123456789012:role/service-role/{FRESH}\nLegacyNotebook\n"
    ))
    .await;
    play.keys("<enter>{2 picked of 2 roles}{+ to set up}").await;
    play.keys("<enter>tarn:aws:iam::999999999999:role/x<enter>")
        .await;
    play.keys("{belongs to the account}<esc>tDataScientist<enter>{~ differs}")
        .await;
    play.keys("<enter>{standard}{!still being read}<space><enter>")
        .await;
    play.keys("{6 to change}<enter>{Go back}{!Asking AWS}y")
        .await;
    play.wait("Ready. 6 changes").await;
    assert_eq!(statements(&play, FRESH).len(), 3);
    assert_eq!(statements(&play, "LegacyNotebook").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_paste_where_nothing_is_typed_does_nothing() {
    let mut play = Setup::default().start();
    play.walk_to_confirm()
        .await
        .paste("y\ny\n")
        .await
        .wait("Go back")
        .await;
    assert_eq!(play.faults.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_profile_switch_starts_everything_anew() {
    let mut play = Setup::default().start();
    play.keys("{acme}<enter><enter>{Recommender}<space><esc><esc>")
        .await;
    play.wait("Step 1/8").await;
    let calls = play.faults.calls().len();
    play.keys("p{acme-sandbox}<down><enter>").await;
    play.keys("{acme-ml-prod (210987654321)}{Roles         4}{DEMO · nothing real}")
        .await;
    play.keys("p{acme-sandbox}<enter>{acme-ml-dev (123456789012)}{Roles         39}")
        .await;
    let again = &play.faults.calls()[calls..];
    for action in [
        "GetCallerIdentity",
        "ListRoles",
        "GetServiceSetting",
        "GetParametersByPath",
    ] {
        assert!(again.iter().any(|call| call == action), "{action}");
    }
    play.keys("<enter><enter>{0 picked of 12 roles}").await;
}

#[tokio::test(start_paused = true)]
async fn after_a_continuation_the_whole_screen_is_drawn_again() {
    let mut play = Setup::default().start();
    play.walk_to_regions().await.wait("standard").await;
    play.gone("still being read").await;
    let screen = play.screen();
    play.job_signal(JobSignal::Continue).await;
    assert_eq!(play.screen(), screen);
}

#[tokio::test(start_paused = true)]
async fn the_roles_are_listed_while_the_caller_is_still_asked_for() {
    // The identity hangs, and the list does not wait for it.
    let mut play =
        Setup::default().start_with(|faults| faults.add("GetCallerIdentity", 1, Fault::Hang));
    play.wait("Asking AWS who you are. |").await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert!(play.faults.calls().iter().any(|call| call == "ListRoles"));
}

#[tokio::test(start_paused = true)]
async fn bad_days_are_told_in_a_sentence_with_the_way_out() {
    for (fault, words, advice) in [
        (
            Fault::Refused(403, "ExpiredToken", "expired"),
            "have expired",
            "aws sso login",
        ),
        (
            Fault::Refused(403, "InvalidClientTokenId", "invalid"),
            "does not accept",
            "AWS_REGION",
        ),
        (Fault::Html(200), "not AWS", "HTTPS_PROXY"),
        (Fault::Html(503), "not AWS", "HTTPS_PROXY"),
        (Fault::Unreachable, "could not be reached", "network"),
        (Fault::Hang, "in time", "network"),
    ] {
        let mut play = Setup::default().start_with(|faults| faults.add("*", 999, fault));
        play.wait(words)
            .await
            .wait(advice)
            .await
            .wait("press r")
            .await;
        let screen = play.screen();
        assert!(!screen.contains("[31m"), "{screen}");
    }
}

#[tokio::test(start_paused = true)]
async fn reading_again_mends_what_was_wrong() {
    let mut play = Setup::default().start_with(|faults| {
        faults.add(
            "GetCallerIdentity",
            1,
            Fault::Refused(403, "ExpiredToken", "expired"),
        );
    });
    play.keys("{have expired}r{acme-ml-dev}").await;
}

#[tokio::test(start_paused = true)]
async fn resizing_at_any_moment_to_any_size_is_survived() {
    let mut play = Setup::default().start();
    let sizes = [
        (1, 1),
        (2, 1),
        (1, 30),
        (300, 1),
        (20, 5),
        (40, 10),
        (79, 7),
        (80, 8),
        (99, 24),
        (100, 24),
        (300, 100),
    ];
    let marks = [
        "acme",
        "My own",
        "Recommender",
        "DataEngineer",
        "standard",
        "4 to change",
        "Go back",
    ];
    let way = [
        "",
        "<enter>",
        "<enter>",
        "<space><enter>",
        "<space><enter>",
        "<space><enter>",
        "<enter>",
    ];
    for (keys, mark) in way.iter().zip(marks) {
        play.resize(80, 24)
            .await
            .keys(keys)
            .await
            .wait(mark)
            .await
            .keys("{!reading}{!still being read}")
            .await;
        for (width, height) in sizes {
            play.resize(width, height).await.keys("?<esc>").await;
        }
    }
    play.resize(80, 24).await.keys("m{1 of 4}").await;
    for (width, height) in sizes {
        play.resize(width, height)
            .await
            .keys("n<down><pgdn>p<end>")
            .await;
    }
    play.resize(80, 24).await.keys("<esc>{4 to change}").await;
    play.keys("<enter>{Go back}{!Asking AWS}").await;
    play.keys("y").await;
    for (width, height) in sizes {
        play.resize(width, height).await;
    }
    play.resize(80, 24).await.wait("Ready. 4 changes").await;
    for (width, height) in sizes {
        play.resize(width, height).await.keys("l").await;
    }
}

#[tokio::test(start_paused = true)]
async fn hostile_descriptions_cannot_move_the_cursor_or_break_a_line() {
    let mut seed = Seed::shipped().unwrap();
    seed.roles[0].description =
        "a\tb\r\n\u{85}c\u{202e}d\u{200b}e \u{1F9D1}\u{200D}\u{1F4BB} wide 日本語".into();
    let mut play = Setup {
        seed: Some(seed),
        ..Setup::default()
    }
    .start();
    play.keys("{acme}<enter><enter>{Description}").await;
    let screen = play.screen();
    assert!(screen.lines().count() <= 24);
    assert!(
        !screen
            .chars()
            .any(|c| c.is_control() && c != '\n' || c == '\u{202e}'),
        "{screen:?}"
    );
    assert!(screen.contains("日"), "{screen}");
}

#[tokio::test(start_paused = true)]
async fn the_plan_can_be_saved_and_never_over_another_file() {
    let folder =
        std::env::temp_dir().join(format!("sagemaker-ssh-setup-test-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut play = Setup {
        folder: folder.clone(),
        size: (200, 24),
        ..Setup::default()
    }
    .start();
    play.walk_to_confirm()
        .await
        .keys("<esc>{4 to change}")
        .await;
    // The file is written by a real thread, which the test's clock does not wait for.
    play.keys("w{plan-123456789012.json}").await;
    play.keys("<down>w{plan-123456789012-2.json}").await;
    let text =
        std::fs::read_to_string(folder.join("sagemaker-ssh-setup-plan-123456789012.json")).unwrap();
    let saved: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(saved["items"].as_array().unwrap().len(), 4);
    let trust = saved["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["id"] == format!("trust:{FRESH}"))
        .unwrap();
    assert_eq!(
        content(trust["before"].as_str().unwrap()),
        content(&play.demo.roles()[FRESH].trust)
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_plan_can_be_exported_instead_of_carried_out() {
    let folder = super::cut_off::Folder::new("export");
    std::fs::create_dir_all(&folder.0).unwrap();
    let setup = Setup {
        folder: folder.0.clone(),
        ..Setup::default()
    };
    let mut play = setup.start();
    play.walk_to_confirm().await.keys("e").await;
    play.wait("The files are in").await;
    // Once more: nothing is written over.
    play.keys("<pgdn><pgdn>{review.md is for those who decide}{!The files are in}")
        .await;
    play.keys("e{The files are in}").await;
    let held = |name: &str| {
        let files = std::fs::read_dir(folder.0.join(name)).unwrap();
        let mut files: Vec<String> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        files
    };
    let all = [
        "main.tf",
        "plan.json",
        "review.md",
        "set-up.sh",
        "template.json",
        "trust-AmazonSageMaker-ExecutionRole-20240131T101010.former.json",
        "users.md",
    ];
    assert_eq!(held("sagemaker-ssh-setup-123456789012"), all);
    assert_eq!(held("sagemaker-ssh-setup-123456789012-2"), all);
    assert!(play.faults.writes().is_empty());
    // The question still stands.
    play.keys("y{Ready. 4 changes}").await;
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_change_between_preview_and_apply_is_not_overwritten() {
    let mut play = prompt();
    play.walk_to_confirm().await;
    let theirs = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let account = play.demo.source().connect(None).await.unwrap();
    account.write_trust(FRESH, theirs).await.unwrap();
    play.keys("y{3 of 4 changes done}{Somebody changed it}")
        .await;
    assert_eq!(play.demo.roles()[FRESH].trust, theirs);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_breaks_the_program_is_no_silent_end() {
    let mut play = Setup::default().start();
    play.keys("{acme}#").await;
    let run = std::panic::AssertUnwindSafe(play.ending());
    let ended = futures::FutureExt::catch_unwind(run).await;
    assert!(ended.is_err());
}

#[tokio::test(start_paused = true)]
async fn colour_never_stands_without_a_sign_or_a_word() {
    let mut play = Setup::default().start();
    play.keys("{acme}<enter><enter>{Recommender}a").await;
    play.keys("{!reading}{✓ in place}").await;
    let cells = play.cells();
    let signs = [("✓", Color::Green), ("~", Color::Yellow)];
    for (sign, color) in signs {
        let found = cells
            .content
            .iter()
            .filter(|cell| cell.symbol() == sign)
            .collect::<Vec<_>>();
        assert!(
            !found.is_empty() && found.iter().all(|cell| cell.fg == color),
            "{sign}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn regions_that_aws_names_and_the_program_does_not_know_are_added() {
    // An empty page with a successor is legal, and the list mixes partitions and rubbish.
    let first = r#"{"Parameters":[],"NextToken":"more"}"#;
    let second = r#"{"Parameters":[{"Value":"eu-new-9"},{"Value":"cn-new-1"},{"Value":"a.b/c"},{"Value":"us-east-1"}]}"#;
    let mut play = Setup::default().start_with(|faults| {
        faults.add(
            "GetParametersByPath",
            1,
            Fault::Answer("application/x-amz-json-1.1", first),
        );
        faults.add(
            "GetParametersByPath",
            1,
            Fault::Answer("application/x-amz-json-1.1", second),
        );
    });
    play.walk_to_regions().await;
    play.keys("{of 35 regions}{!still being read}G").await;
    let screen = play.screen();
    assert!(
        screen.contains("Other") && screen.contains("eu-new-9"),
        "{screen}"
    );
    play.keys("<space><enter>{4 to change}").await;
    assert!(!play.screen().contains("cn-new-1"));
}

#[tokio::test(start_paused = true)]
async fn where_aws_names_no_regions_the_shipped_list_does() {
    let denied = Fault::Refused(400, "AccessDeniedException", "no");
    let mut play =
        Setup::default().start_with(|faults| faults.add("GetParametersByPath", 9, denied));
    play.walk_to_regions().await;
    play.keys("{of 34 regions}{!still being read}").await;
}

/// What is shown depends on what happened alone: nothing but events changes the state, and drawing changes nothing.
#[tokio::test(start_paused = true)]
async fn a_recorded_wizard_plays_again_to_the_same_screen() {
    for script in [
        "",
        "{Admin/console}<enter><enter>/exec<enter>{Recommender}<space><down><down><space>{in place}{!reading}A<tab>jj",
        "{Admin/console}p{acme-prod}<down><esc>",
        "{Admin/console}<enter><down><enter>{Recommender}{to set up}t?<esc>tarn:aws:iam::12:role/x<enter>{twelve digits}",
    ] {
        let mut play = Setup::at((120, 40)).start();
        play.keys("{Regions       34}{By its policies}").await;
        play.keys(script).await;
        let shown = play.screen();
        assert_eq!(play.replayed().await, shown, "{script}");
    }
    let mut play = Setup::at((120, 40)).start();
    play.walk_to_confirm().await;
    let shown = play.screen();
    assert_eq!(play.replayed().await, shown);
    play.keys("y{What now}{!Asking}").await;
    let shown = play.screen();
    assert_eq!(play.replayed().await, shown);
    play.keys("u{Put back 4 changes}{!Asking AWS}y{Put back: 4 changes}")
        .await;
    let shown = play.screen();
    assert_eq!(play.replayed().await, shown);
    let mut play = Setup::at((80, 24)).start();
    play.walk_to_confirm().await;
    play.keys("m{1 of 4}nnn{4 of 4}<enter>{0 of 4 in place}")
        .await;
    let shown = play.screen();
    assert_eq!(play.replayed().await, shown);
    // Keys that came before the question was drawn are dropped the second time, too.
    let mut play = Setup::at((80, 24)).start();
    play.keys("{Admin/console}<enter><enter>{Recommender}<space>{to set up}<enter>")
        .await;
    play.keys("{DataEngineer}<space>{to set up}<enter>{standard}{!still being read}<space><enter>")
        .await;
    play.wait("4 to change")
        .await
        .keys_at_once("<enter>y")
        .await;
    play.wait("Go back").await.gone("Asking AWS").await;
    let shown = play.screen();
    assert_eq!(play.replayed().await, shown);
}
