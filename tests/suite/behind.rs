//! Readings that are behind: for some seconds after a write, IAM shows now what is there and now what was there before.

use std::time::Duration;

use sagemaker_ssh_setup::apply::Outcome;
use sagemaker_ssh_setup::demo::Timing;
use sagemaker_ssh_setup::plan::{Obstacle, State};

use super::cut_off::Setup;
use super::documents::with_id;

async fn setup(lag: u64) -> Setup {
    let timing = Timing {
        latency: true,
        replica_lag: Duration::from_secs(lag),
        ..Timing::INSTANT
    };
    Setup::in_manner(timing).await
}

fn is_whole(outcomes: &[(sagemaker_ssh_setup::plan::Target, Outcome)]) -> bool {
    outcomes
        .iter()
        .all(|(_, outcome)| matches!(outcome, Outcome::Done))
}

#[tokio::test(start_paused = true)]
async fn a_run_and_its_undo_at_once_are_whole_whatever_the_readings_show_in_between() {
    for lag in [1, 3, 10, 30] {
        let mut setup = setup(lag).await;
        let before = setup.contents();
        for round in 0..5 {
            let job = setup.set_up().await;
            assert_eq!(job.plan.totals().changes, 4, "{lag} s, round {round}");
            let report = setup.run(&job).await;
            assert!(
                report.is_verified() && is_whole(&report.outcomes),
                "{report:?}"
            );
            if round % 2 == 1 {
                // Another process knows by the record alone.
                setup.connect_anew().await;
            }
            let undo = setup.put_back(None).await;
            assert_eq!(undo.plan.totals().changes, 4, "{lag} s, round {round}");
            let report = setup.run(&undo).await;
            assert!(
                report.is_verified() && is_whole(&report.outcomes),
                "{report:?}"
            );
            assert_eq!(setup.contents(), before, "{lag} s, round {round}");
            if round % 2 == 0 {
                setup.connect_anew().await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_undo_of_an_undo_is_not_misled_by_what_either_run_had_found() {
    let mut setup = setup(20).await;
    let planned = super::cut_off::as_planned().await;
    setup.run(&setup.set_up().await).await;
    let undo = setup.put_back(None).await;
    setup.run(&undo).await;
    setup.connect_anew().await;
    let undone = setup.records.all().unwrap().records[1].run.clone();
    let again = setup.put_back(Some(&undone)).await;
    assert_eq!(again.plan.totals().changes, 4);
    let report = setup.run(&again).await;
    assert!(
        report.is_verified() && is_whole(&report.outcomes),
        "{report:?}"
    );
    assert_eq!(setup.contents(), planned);
}

#[tokio::test(start_paused = true)]
async fn a_second_run_and_a_check_right_after_a_run_find_everything_in_place() {
    let mut setup = setup(30).await;
    setup.run(&setup.set_up().await).await;
    for _ in 0..6 {
        setup.connect_anew().await;
        let job = setup.set_up().await;
        assert!(job.plan.is_in_place(), "{:?}", job.plan);
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_wrote_is_believed_at_once_and_what_was_taken_back_after_a_minute() {
    let setup = setup(0).await;
    let former = setup
        .account
        .trust(super::cut_off::SAGEMAKER)
        .await
        .unwrap();
    setup.run(&setup.set_up().await).await;
    let write = async |text: &str| {
        let role = super::cut_off::SAGEMAKER;
        setup.account.write_trust(role, text).await.unwrap();
    };
    let start = tokio::time::Instant::now();
    write(&with_id(&former)).await;
    let undo = setup.put_back(None).await;
    let is_changed = |state: &State| {
        matches!(
            state,
            State::Blocked {
                obstacle: Obstacle::Changed,
                ..
            }
        )
    };
    let changed = undo
        .plan
        .items
        .iter()
        .filter(|item| is_changed(&item.state));
    assert_eq!(changed.count(), 1);
    assert!(start.elapsed() < Duration::from_secs(20));
    // Exactly what was there before the run could be a reading that is behind.
    write(&former).await;
    let undo = setup.put_back(None).await;
    assert_eq!(
        (undo.plan.totals().changes, undo.plan.totals().in_place),
        (3, 1)
    );
    assert!(start.elapsed() > Duration::from_secs(50));
    // After a minute nothing waits any more.
    tokio::time::advance(Duration::from_mins(1)).await;
    let start = tokio::time::Instant::now();
    setup.put_back(None).await;
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn where_nothing_was_written_lately_nothing_waits() {
    let setup = setup(0).await;
    let start = tokio::time::Instant::now();
    setup.set_up().await;
    assert!(start.elapsed() < Duration::from_secs(5));
}
