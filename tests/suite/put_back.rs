//! Putting a run back: exactly, as one with what it went on with, and never over what somebody else wrote.

use std::time::Duration;

use sagemaker_ssh_setup::apply::{Aim, Job, Outcome};
use sagemaker_ssh_setup::exit::Exit;
use sagemaker_ssh_setup::journal::{RecordedStep, RunState};
use sagemaker_ssh_setup::model::Choices;
use sagemaker_ssh_setup::plan::{Obstacle, Plan, State, Target};
use sagemaker_ssh_setup::{survey, undo};

use super::cut_off::{REGION, SAGEMAKER, Setup, USER};
use super::documents::{content, with_id};
use super::faults::{Death, Fault};

const DENIED: Fault = Fault::Refused(403, "AccessDenied", "not authorized");

#[tokio::test(start_paused = true)]
async fn undo_leaves_alone_what_somebody_changed_since_and_shows_the_difference() {
    let setup = Setup::new().await;
    let before = setup.contents();
    setup.run(&setup.set_up().await).await;
    let ours = setup.contents().roles[SAGEMAKER].trust.clone();
    let theirs = with_id(&ours);
    setup.account.write_trust(SAGEMAKER, &theirs).await.unwrap();
    let job = setup.put_back(None).await;
    let totals = job.plan.totals();
    assert_eq!((totals.changes, totals.blocked), (3, 1));
    let refused = job
        .plan
        .items
        .iter()
        .find(|item| item.target.to_string() == format!("trust:{SAGEMAKER}"));
    let sagemaker_ssh_setup::plan::State::Blocked {
        difference: Some(difference),
        ..
    } = &refused.unwrap().state
    else {
        panic!("{refused:?}");
    };
    assert_eq!(
        difference.expected.text().map(content),
        Some(content(&ours))
    );
    assert_eq!(difference.found.text().map(content), Some(content(&theirs)));
    setup.run(&job).await;
    let held = setup.contents();
    assert_eq!(content(&held.roles[SAGEMAKER].trust), content(&theirs));
    assert_eq!(held.roles[USER], before.roles[USER]);
    assert_eq!(held.tier, before.tier);
}

#[tokio::test(start_paused = true)]
async fn what_changes_between_showing_and_putting_back_is_not_overwritten() {
    let setup = Setup::new().await;
    setup.run(&setup.set_up().await).await;
    let job = setup.put_back(None).await;
    let ours = setup.contents().roles[SAGEMAKER].trust.clone();
    let theirs = with_id(&ours);
    setup.account.write_trust(SAGEMAKER, &theirs).await.unwrap();
    let report = setup.run(&job).await;
    assert_eq!(report.not_done().len(), 1, "{report:?}");
    assert!(!report.is_verified());
    let held = setup.contents();
    assert_eq!(content(&held.roles[SAGEMAKER].trust), content(&theirs));
}

#[tokio::test(start_paused = true)]
async fn a_tier_that_somebody_had_set_to_standard_goes_back_to_that_value() {
    let setup = Setup::new().await;
    let identity = setup.account.identity().await.unwrap();
    let standard = sagemaker_ssh_setup::model::Tier::Standard;
    setup
        .account
        .write_tier(REGION, &standard, &identity.account, &identity.partition)
        .await
        .unwrap();
    setup.run(&setup.set_up().await).await;
    assert_eq!(setup.contents().tier.as_deref(), Some("advanced"));
    setup.run(&setup.put_back(None).await).await;
    assert_eq!(setup.contents().tier.as_deref(), Some("standard"));
}

#[tokio::test(start_paused = true)]
async fn undo_after_undo_goes_back_run_by_run() {
    let setup = Setup::new().await;
    let states = {
        let mut states = vec![setup.contents()];
        for (role, region) in [
            (SAGEMAKER, "eu-west-1"),
            ("Recommender-ExecutionRole", "us-east-1"),
        ] {
            let choices = Choices {
                sagemaker_roles: vec![role.into()],
                connect_from: sagemaker_ssh_setup::model::ConnectFrom::Studio,
                regions: vec![region.into()],
                ..Choices::default()
            };
            let identity = setup.account.identity().await.unwrap();
            let survey = survey::chosen(&setup.account, &identity, &choices).await;
            let job = Job {
                plan: Plan::new(&survey, &choices),
                only: None,
                aim: Aim::SetUp,
                continues: None,
            };
            assert!(setup.run(&job).await.is_verified());
            states.push(setup.contents());
        }
        states
    };
    for state in states.iter().rev().skip(1) {
        assert!(setup.run(&setup.put_back(None).await).await.is_verified());
        assert_eq!(setup.contents(), *state);
    }
    let identity = setup.account.identity().await.unwrap();
    let nothing = undo::prepare(&setup.account, &identity, &setup.records, None).await;
    assert!(
        matches!(nothing, Err(undo::UndoError::Nothing(_))),
        "{nothing:?}"
    );
    // An undo that was undone can be undone again.
    let last = setup
        .records
        .all()
        .unwrap()
        .records
        .last()
        .unwrap()
        .run
        .clone();
    assert!(
        setup
            .run(&setup.put_back(Some(&last)).await)
            .await
            .is_verified()
    );
    assert_eq!(setup.contents(), states[1]);
    assert!(setup.run(&setup.put_back(None).await).await.is_verified());
    assert_eq!(setup.contents(), states[0]);
}

/// A SageMaker role alone.
fn of_role(name: &str) -> Choices {
    Choices {
        sagemaker_roles: vec![name.into()],
        ..Choices::default()
    }
}

impl Setup {
    async fn dies_at(&self, call: usize) {
        let job = self.set_up().await;
        let death = Death { call, after: true };
        assert!(self.run_and_die(&job, death));
    }

    fn trust(&self) -> String {
        self.contents().roles[SAGEMAKER].trust.clone()
    }

    async fn refused(&self, run: Option<&str>) -> undo::UndoError {
        let identity = self.account.identity().await.unwrap();
        undo::prepare(&self.account, &identity, &self.records, run)
            .await
            .unwrap_err()
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_wrote_between_two_parts_of_a_run_stays() {
    let setup = Setup::new().await;
    let before = setup.contents();
    // The trust is written, and then the program dies.
    setup.dies_at(11).await;
    let theirs = with_id(&before.roles[SAGEMAKER].trust);
    assert_ne!(setup.trust(), before.roles[SAGEMAKER].trust);
    setup.account.write_trust(SAGEMAKER, &theirs).await.unwrap();
    let job = setup.set_up().await;
    assert!(job.continues.is_some());
    assert!(setup.run(&job).await.is_verified());
    assert!(setup.run(&setup.put_back(None).await).await.is_verified());
    assert_eq!(content(&setup.trust()), content(&theirs));
    assert_eq!(setup.contents().roles[USER], before.roles[USER]);
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_left_something_is_not_taken_for_a_whole_one() {
    let setup = Setup::new().await;
    let first = of_role("Recommender-ExecutionRole");
    setup.run(&setup.set_up_as(first).await).await;
    setup.run(&setup.set_up().await).await;
    // The role's policy cannot be read while the second run is put back.
    setup.faults.add("GetRolePolicy", 99, DENIED);
    let report = setup.run(&setup.put_back(None).await).await;
    setup.faults.clear();
    assert_eq!(Exit::of_report(&report), Exit::Partly, "{report:?}");
    let runs = setup.records.all().unwrap();
    assert!(!runs.is_undone(&runs.records[1]));
    // The next undo takes what is left of the same run, not the one before it.
    let job = setup.put_back(None).await;
    assert_eq!(job.plan.undoes.as_ref(), Some(&runs.records[1].run));
    assert_eq!(job.continues.as_ref(), Some(&runs.records[2].run));
    let report = setup.run(&job).await;
    assert_eq!(Exit::of_report(&report), Exit::Done, "{report:?}");
    // Both parts of the undo are undone as one.
    let last = setup.records.all().unwrap().records.pop().unwrap().run;
    let redo = setup.put_back(Some(&last)).await;
    assert_eq!(redo.plan.totals().changes, 4);
    assert!(setup.run(&redo).await.is_verified());
}

#[tokio::test(start_paused = true)]
async fn without_the_record_of_the_first_part_nothing_is_put_back_by_halves() {
    let setup = Setup::new().await;
    setup.dies_at(11).await;
    let first = setup.newest();
    setup.run(&setup.set_up().await).await;
    std::fs::remove_file(first).unwrap();
    let held = setup.contents();
    for run in [
        None,
        Some(setup.records.all().unwrap().records[0].run.as_str()),
    ] {
        let refused = setup.refused(run).await;
        assert!(
            matches!(refused, undo::UndoError::Damaged { .. }),
            "{refused:?}"
        );
    }
    assert_eq!(setup.contents(), held);
}

#[tokio::test(start_paused = true)]
async fn a_record_cut_within_a_character_is_read_to_the_line_before() {
    let setup = Setup::new().await;
    setup.dies_at(11).await;
    let path = setup.newest();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend("{\"record\":\"after\",\"reason\":\"…".as_bytes());
    bytes.pop();
    std::fs::write(&path, bytes).unwrap();
    let runs = setup.records.all().unwrap();
    assert!(runs.damaged.is_empty(), "{:?}", runs.damaged);
    assert_eq!(runs.records[0].state, RunState::CutOff);
    assert!(setup.put_back(None).await.plan.totals().changes > 0);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_gone_is_said_to_be_gone_and_the_rest_goes_back() {
    let setup = Setup::new().await;
    let before = setup.contents();
    setup.run(&setup.set_up().await).await;
    let gone = Fault::Refused(404, "NoSuchEntity", "The role cannot be found.");
    setup.faults.add("GetRole", 99, gone.clone());
    let job = setup.put_back(None).await;
    let trust = job
        .plan
        .items
        .iter()
        .find(|item| item.target.to_string() == format!("trust:{SAGEMAKER}"))
        .unwrap();
    let State::Blocked {
        reason, obstacle, ..
    } = &trust.state
    else {
        panic!("{trust:?}");
    };
    assert!(
        reason.contains("The role was deleted") && *obstacle == Obstacle::Changed,
        "{trust:?}"
    );
    assert_eq!(job.plan.totals().changes, 3);
    setup.run(&job).await;
    assert_eq!(setup.contents().tier, before.tier);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_shows_late_is_waited_for_before_anything_counts_as_undone() {
    let setup = Setup::new().await;
    let before = setup.contents();
    let mut job = setup.set_up().await;
    let (item, change) = job
        .plan
        .changes()
        .find(|(item, _)| item.target.to_string().starts_with("trust:"))
        .unwrap();
    let change = change.clone();
    job.only = Some(vec![item.target.clone()]);
    // Identity, reading, and then the write: it is on its way when the program dies, and has not arrived.
    let death = Death {
        call: 3,
        after: false,
    };
    assert!(setup.run_and_die(&job, death));
    assert_eq!(setup.contents(), before);
    let arrives = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let document = change.after_text().unwrap();
        setup
            .account
            .write_trust(SAGEMAKER, document)
            .await
            .unwrap();
    };
    let run = setup.records.all().unwrap().records[0].run.clone();
    let (undo, ()) = futures::join!(setup.put_back(Some(&run)), arrives);
    assert_eq!(undo.plan.totals().changes, 1, "{:?}", undo.plan.items);
    assert!(setup.run(&undo).await.is_verified());
    assert_eq!(setup.contents(), before);
}

#[tokio::test(start_paused = true)]
async fn the_record_of_another_try_speaks_only_of_what_was_tried_again() {
    let setup = Setup::new().await;
    setup.faults.add("PutRolePolicy", 2, DENIED);
    let job = setup.set_up().await;
    let report = setup.run(&job).await;
    let again = Job {
        only: Some(report.not_done().into_iter().cloned().collect()),
        continues: report.run.clone(),
        ..job
    };
    assert!(setup.run(&again).await.is_verified());
    let runs = setup.records.all().unwrap();
    let steps: Vec<usize> = runs.records.iter().map(|run| run.steps.len()).collect();
    assert_eq!(steps, [4, 2]);
}

#[tokio::test(start_paused = true)]
async fn what_arrives_after_the_undo_is_not_forgotten() {
    let setup = Setup::new().await;
    let before = setup.contents();
    setup.faults.add("PutRolePolicy", 99, Fault::Unreachable);
    let job = setup.set_up().await;
    let report = setup.run(&job).await;
    assert_eq!(report.uncertain(), 2, "{report:?}");
    setup.faults.clear();
    let undo = setup.put_back(None).await;
    assert_eq!(undo.plan.totals().changes, 2);
    let warned = undo.plan.items.iter().filter(|item| {
        item.warnings
            .iter()
            .any(|text| text.contains("not certain"))
    });
    assert_eq!(warned.count(), 2);
    assert!(setup.run(&undo).await.is_verified());
    assert_eq!(setup.contents(), before);
    // Now what was on its way arrives.
    for (item, change) in job.plan.changes() {
        if let sagemaker_ssh_setup::plan::Target::Policy { role, policy } = &item.target {
            let document = change.after_text().unwrap();
            setup
                .account
                .write_inline_policy(role, policy.name(), document)
                .await
                .unwrap();
        }
    }
    let undo = setup.put_back(None).await;
    assert_eq!(undo.plan.totals().changes, 2);
    assert!(setup.run(&undo).await.is_verified());
    assert_eq!(setup.contents(), before);
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_was_stopped_before_its_last_reading_does_not_bar_the_way_to_older_runs() {
    let setup = Setup::new().await;
    let before = setup.contents();
    let first = of_role("Recommender-ExecutionRole");
    setup.run(&setup.set_up_as(first).await).await;
    setup.run(&setup.set_up().await).await;
    let undo = setup.put_back(None).await;
    // Died in the last reading: everything is put back, and nobody has said so.
    let death = Death {
        call: 12,
        after: false,
    };
    let mut last_reading = death;
    while !setup.run_and_die(&undo, last_reading) {
        last_reading.call -= 1;
    }
    let mut undone = Vec::new();
    for _ in 0..3 {
        let identity = setup.account.identity().await.unwrap();
        let prepared = undo::prepare(&setup.account, &identity, &setup.records, None).await;
        let Ok(undo) = prepared else { break };
        undone.push(undo.plan.undoes.clone().unwrap());
        let job = Job {
            plan: undo.plan,
            only: None,
            aim: Aim::PutBack(undo.reversal),
            continues: undo.continues,
        };
        setup.run(&job).await;
    }
    let runs = setup.records.all().unwrap();
    assert_eq!(setup.contents(), before);
    assert!(undone.contains(&runs.records[0].run), "{undone:?}");
}

#[tokio::test(start_paused = true)]
async fn what_goes_back_is_the_recorded_text_byte_for_byte() {
    let setup = Setup::new().await;
    setup.run(&setup.set_up().await).await;
    let runs = setup.records.all().unwrap();
    let trust = |step: &&RecordedStep| matches!(step.target, Target::Trust { .. });
    let recorded = runs.records[0].steps.iter().find(trust).unwrap();
    let recorded = recorded.former.as_ref().unwrap().text().unwrap().to_owned();
    assert!(setup.run(&setup.put_back(None).await).await.is_verified());
    let written = setup.demo.written_trust(SAGEMAKER).unwrap();
    assert_eq!(written, recorded);
}

#[tokio::test(start_paused = true)]
async fn what_means_the_same_as_the_former_document_is_not_the_former_document() {
    let setup = Setup::new().await;
    let former = setup.trust();
    setup.run(&setup.set_up().await).await;
    let job = setup.put_back(None).await;
    // The same in meaning, by another hand, between the question and the answer.
    let alike = former.replace("\"Sid\":\"KeepMe\"", "\"Sid\":\"KeepThis\"");
    assert_ne!(alike, former);
    setup.account.write_trust(SAGEMAKER, &alike).await.unwrap();
    let report = setup.run(&job).await;
    let (_, outcome) = report
        .outcomes
        .iter()
        .find(|(target, _)| target.to_string() == format!("trust:{SAGEMAKER}"))
        .unwrap();
    assert!(matches!(outcome, Outcome::Stale { .. }), "{outcome:?}");
    assert!(!report.is_complete());
    assert_eq!(content(&setup.trust()), content(&alike));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_given_up_may_arrive_after_the_undo_and_is_put_back_too() {
    let setup = Setup::new().await;
    let before = setup.contents();
    // The first attempt gets no answer, the second one does.
    setup
        .faults
        .add("UpdateAssumeRolePolicy", 1, Fault::Unreachable);
    let job = setup.set_up().await;
    assert!(setup.run(&job).await.is_verified());
    let planned = setup.trust();
    let undo = setup.put_back(None).await;
    let warned = undo.plan.items.iter().flat_map(|item| &item.warnings);
    assert!(
        warned
            .into_iter()
            .any(|text| text.contains("may still arrive"))
    );
    assert!(setup.run(&undo).await.is_verified());
    assert_eq!(setup.contents(), before);
    let runs = setup.records.all().unwrap();
    assert!(!runs.is_undone(&runs.records[0]));
    setup
        .account
        .write_trust(SAGEMAKER, &planned)
        .await
        .unwrap();
    let again = setup.put_back(None).await;
    assert_eq!(again.plan.totals().changes, 1);
    assert!(setup.run(&again).await.is_verified());
    assert_eq!(setup.contents(), before);
}

#[tokio::test(start_paused = true)]
async fn a_run_of_which_nothing_can_be_put_back_does_not_bar_the_way_to_older_ones() {
    let setup = Setup::new().await;
    let before = setup.contents();
    let first = of_role("Recommender-ExecutionRole");
    setup.run(&setup.set_up_as(first).await).await;
    // Another run writes one trust, and somebody changes it.
    let second = of_role("ChurnTraining");
    setup.faults.add("PutRolePolicy", 9, DENIED);
    setup.run(&setup.set_up_as(second).await).await;
    setup.faults.clear();
    let theirs = with_id(&setup.contents().roles["ChurnTraining"].trust);
    setup
        .account
        .write_trust("ChurnTraining", &theirs)
        .await
        .unwrap();
    let identity = setup.account.identity().await.unwrap();
    let undo = undo::prepare(&setup.account, &identity, &setup.records, None)
        .await
        .unwrap();
    let runs = setup.records.all().unwrap();
    assert_eq!(undo.passed_over, [runs.records[1].run.clone()]);
    assert_eq!(undo.plan.undoes.as_ref(), Some(&runs.records[0].run));
    assert!(setup.run(&setup.put_back(None).await).await.is_verified());
    let held = setup.contents();
    assert_eq!(
        held.roles["Recommender-ExecutionRole"],
        before.roles["Recommender-ExecutionRole"]
    );
    assert_eq!(
        content(&held.roles["ChurnTraining"].trust),
        content(&theirs)
    );
}
