//! Putting back and going on in the wizard: `u` on Done, and the notice of a run that was cut off.

use sagemaker_ssh_setup::exit::Exit;
use sagemaker_ssh_setup::model::{Choices, ConnectFrom};
use sagemaker_ssh_setup::terminal::Stop;
use sagemaker_ssh_setup::wizard::WizardExit;

use super::cut_off;
use super::documents::{content, with_id};
use super::faults::{Death, Fault};
use super::play::{Play, Setup};

/// A wizard that has set everything up.
async fn done() -> Play {
    let mut play = Setup::default().start();
    play.walk_to_confirm()
        .await
        .keys("y{Ready. 4 changes}")
        .await;
    play
}

#[tokio::test(start_paused = true)]
async fn u_puts_everything_back_once_it_was_confirmed() {
    let mut play = Setup::default().start();
    let before = play.demo.roles();
    play.walk_to_confirm()
        .await
        .keys("y{Ready. 4 changes}")
        .await;
    let planned = play.demo.roles();
    play.keys("u{Put back 4 changes}").await;
    assert!(play.screen().contains("acme-ml-dev (123456789012)"));
    assert_eq!(play.demo.roles(), planned, "shown, not written");
    play.keys("{!Asking AWS}y{Put back: 4 changes}").await;
    assert_eq!(play.demo.roles(), before);
    assert_eq!(play.demo.tier("eu-west-1"), None);
    // And once more: the undo is undone.
    play.keys("u{Put back 4 changes}").await;
    play.keys("{!Asking AWS}y{Put back: 4 changes}").await;
    assert_eq!(play.demo.roles(), planned);
    play.keys("<enter>").await;
    let WizardExit::Ran { plan, report, .. } = play.ending().await else {
        panic!("nothing was carried out");
    };
    assert!(plan.undoes.is_some());
    assert_eq!(Exit::of_report(&report), Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn not_confirming_leads_back_to_what_was_done() {
    let mut play = done().await;
    let planned = play.demo.roles();
    for key in ["<esc>", "<enter>{Esc goes back}<esc>", "n<esc>"] {
        play.keys("u{Put back 4 changes}").await;
        play.keys(key).await.wait("Ready. 4 changes").await;
    }
    assert_eq!(play.demo.roles(), planned);
    play.keys("u{Put back 4 changes}").await;
    play.stop(Stop::Interrupt).await;
    let WizardExit::Ran { plan, report, .. } = play.ending().await else {
        panic!("the run that was carried out is not told of");
    };
    assert!(plan.undoes.is_none() && report.is_verified());
}

#[tokio::test(start_paused = true)]
async fn u_means_nothing_before_anything_was_changed() {
    let mut play = Setup::default().start();
    play.walk_to_confirm().await.keys("u").await;
    assert!(play.screen().contains("Apply 4 changes"));
    play.faults.add(
        "*",
        99,
        Fault::Refused(403, "AccessDenied", "not authorized"),
    );
    play.keys("y{Nothing was changed}").await;
    play.keys("u").await;
    assert!(play.screen().contains("Nothing was changed"));
    assert!(!play.screen().contains("u undo"), "{}", play.screen());
}

#[tokio::test(start_paused = true)]
async fn what_was_done_in_two_tries_is_put_back_as_one() {
    let mut play = Setup::default().start();
    let before = play.demo.roles();
    play.walk_to_confirm().await;
    play.faults.add(
        "PutRolePolicy",
        2,
        Fault::Refused(403, "AccessDenied", "not authorized"),
    );
    play.keys("y{What now}").await;
    play.keys("r{Ready. 4 changes}").await;
    play.keys("u{Put back 4 changes}").await;
    play.keys("{!Asking AWS}y{Put back: 4 changes}").await;
    assert_eq!(play.demo.roles(), before);
    assert_eq!(play.demo.tier("eu-west-1"), None);
}

#[tokio::test(start_paused = true)]
async fn what_failed_to_go_back_can_be_tried_again() {
    let mut play = Setup::default().start();
    let before = play.demo.roles();
    play.walk_to_confirm().await.keys("y").await;
    play.keys("{Ready. 4 changes}u").await;
    play.keys("{Put back 4 changes}{!Asking AWS}").await;
    play.faults.add(
        "DeleteRolePolicy",
        2,
        Fault::Refused(403, "AccessDenied", "not authorized"),
    );
    play.keys("y{What now}").await;
    play.keys("r{Put back: 4 changes}").await;
    assert_eq!(play.demo.roles(), before);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_changed_since_is_shown_and_left_alone() {
    let mut play = done().await;
    let account = play.demo.source().connect(None).await.unwrap();
    let role = "AmazonSageMaker-ExecutionRole-20240131T101010";
    let ours = play.demo.roles()[role].trust.clone();
    let theirs = with_id(&ours);
    account.write_trust(role, &theirs).await.unwrap();
    play.resize(80, 60).await;
    play.keys("u{Put back 3 changes}").await;
    play.keys("{Somebody changed it}{+   \"Id\": \"theirs\"}")
        .await;
    play.keys("{!Asking AWS}y{Put back: 3 changes}").await;
    play.wait("1 item is blocked").await;
    let held = play.demo.roles();
    assert_eq!(content(&held[role].trust), content(&theirs));
}

#[tokio::test(start_paused = true)]
async fn while_the_account_is_read_for_an_undo_nothing_else_can_be_begun() {
    let mut play = Setup::default().start();
    play.walk_to_confirm().await;
    play.faults.add(
        "PutRolePolicy",
        2,
        Fault::Refused(403, "AccessDenied", "not authorized"),
    );
    play.keys("y{What now}").await;
    let writes = play.faults.writes().len();
    // Without time passing, nothing has been read yet when r and y are typed.
    play.keys("ury").await;
    assert!(play.screen().contains("Esc leaves it"), "{}", play.screen());
    assert_eq!(play.faults.writes().len(), writes);
    play.keys("<esc>{!Esc leaves it}").await;
    play.keys("r{Ready. 4 changes}").await;
    assert!(play.screen().contains("Ready"), "{}", play.screen());
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_failed_altogether_hides_nothing_of_the_run_before() {
    let mut play = done().await;
    play.keys("u{Put back 4 changes}").await;
    for action in [
        "DeleteRolePolicy",
        "UpdateAssumeRolePolicy",
        "ResetServiceSetting",
    ] {
        play.faults.add(
            action,
            99,
            Fault::Refused(403, "AccessDenied", "not authorized"),
        );
    }
    play.keys("{!Asking AWS}y{0 of 4 changes done}").await;
    play.wait("What now").await;
    play.faults.clear();
    // It can be asked for again, and leaving tells of what is in the account.
    play.keys("u{Put back 4 changes}").await;
    play.keys("<esc>{0 of 4 changes done}").await;
    play.keys("<enter>").await;
    let WizardExit::Ran { plan, report, .. } = play.ending().await else {
        panic!("nothing was carried out");
    };
    assert!(plan.undoes.is_none() && report.is_verified());
}

#[tokio::test(start_paused = true)]
async fn another_try_that_is_denied_does_not_forget_what_may_have_been_written() {
    let mut play = Setup::default().start();
    play.walk_to_confirm().await;
    // Every trust write is lost on the way back, and does not show.
    play.faults
        .add("UpdateAssumeRolePolicy", 99, Fault::Unreachable);
    play.keys("y{What now}").await;
    play.wait("not certain").await;
    play.faults.add(
        "GetRole",
        99,
        Fault::Refused(403, "AccessDenied", "not authorized"),
    );
    play.keys("r{Trying again}").await;
    play.keys("{What now}{not certain}").await;
}

/// A computer on which a run was killed at a call.
async fn after_death(call: usize) -> (cut_off::Setup, Play) {
    let dead = cut_off::Setup::new().await;
    let job = dead.set_up().await;
    let death = Death { call, after: true };
    assert!(dead.run_and_die(&job, death));
    let play = Setup {
        source: Some(dead.demo.source()),
        records: dead.records.clone(),
        ..Setup::default()
    };
    let play = play.start();
    (dead, play)
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_cut_off_is_gone_on_with_with_the_same_choices() {
    let (dead, mut play) = after_death(8).await;
    play.keys("{was cut off}f").await;
    play.keys("{hardened trust}{!still being read}").await;
    for role in [
        "AmazonSageMaker-ExecutionRole-20240131T101010",
        super::cut_off::USER,
    ] {
        assert!(play.screen().contains(role), "{}", play.screen());
    }
    play.keys("<enter>{with the run}").await;
    play.keys("{!Asking AWS}y{written and read back}").await;
    // Both parts go back as one.
    play.keys("u{Put back 4 changes}").await;
    play.keys("{!Asking AWS}y{Put back: 4 changes}").await;
    let fresh = cut_off::Setup::new().await;
    assert_eq!(dead.contents(), fresh.contents());
    let runs = dead.records.all().unwrap();
    assert!(runs.cut_off("123456789012").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_cut_off_is_put_back() {
    let (dead, mut play) = after_death(8).await;
    play.keys("{was cut off}u").await;
    play.keys("{Go back}{!Asking AWS}y").await;
    play.wait("Put back: ").await;
    let fresh = cut_off::Setup::new().await;
    assert_eq!(dead.contents(), fresh.contents());
}

#[tokio::test(start_paused = true)]
async fn regions_that_are_not_listed_are_gone_on_with_too() {
    let dead = cut_off::Setup::new().await;
    let choices = Choices {
        sagemaker_roles: vec![cut_off::SAGEMAKER.into()],
        connect_from: ConnectFrom::Studio,
        regions: vec!["eu-west-1".into(), "xx-new-1".into()],
        ..Choices::default()
    };
    let job = dead.set_up_as(choices).await;
    let death = Death {
        call: 4,
        after: true,
    };
    assert!(dead.run_and_die(&job, death));
    let play = Setup {
        source: Some(dead.demo.source()),
        records: dead.records.clone(),
        ..Setup::default()
    };
    let mut play = play.start();
    play.keys("{was cut off}f").await;
    play.wait("Tier of xx-new-1").await;
    play.keys("{!still being read}<enter>").await;
    play.wait("with the run").await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_cut_off_can_wait() {
    let (dead, mut play) = after_death(8).await;
    let held = dead.contents();
    play.keys("{was cut off}<esc>").await;
    play.keys("{!was cut off}<enter>").await;
    play.keys("{My own computer}<esc>q").await;
    assert!(matches!(
        play.ending().await,
        WizardExit::Left {
            interrupted: false,
            ..
        }
    ));
    assert_eq!(dead.contents(), held);
    let runs = dead.records.all().unwrap();
    assert_eq!(runs.cut_off("123456789012").len(), 1, "it is told of again");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_cut_off_before_it_changed_anything_is_told_of_too() {
    let (_dead, mut play) = after_death(2).await;
    play.wait("It had changed nothing yet").await;
    assert!(!play.screen().contains("undo"), "{}", play.screen());
    play.keys("u").await;
    assert!(play.screen().contains("was cut off"));
}
