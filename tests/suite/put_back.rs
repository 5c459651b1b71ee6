//! Putting a run back: exactly, as one with what it went on with, and never over what somebody else wrote.

use std::time::Duration;

use sagemaker_ssh_setup::apply::{Aim, Job, Outcome};
use sagemaker_ssh_setup::exit::Exit;
use sagemaker_ssh_setup::journal::{RunState, Step};
use sagemaker_ssh_setup::model::Choices;
use sagemaker_ssh_setup::plan::{Obstacle, Plan, State, Target};
use sagemaker_ssh_setup::{survey, undo};

use super::cut_off::{REGION, SAGEMAKER, Scene, USER};
use super::documents::{content, with_id};
use super::faults::{Death, Fault};

const DENIED: Fault = Fault::Refused(403, "AccessDenied", "not authorized");

#[tokio::test(start_paused = true)]
async fn undo_leaves_alone_what_somebody_changed_since_and_shows_the_difference() {
    let scene = Scene::new().await;
    let before = scene.held();
    scene.run(&scene.set_up().await).await;
    let ours = scene.held().roles[SAGEMAKER].trust.clone();
    let theirs = with_id(&ours);
    scene.account.write_trust(SAGEMAKER, &theirs).await.unwrap();
    let job = scene.put_back(None).await;
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
    scene.run(&job).await;
    let held = scene.held();
    assert_eq!(content(&held.roles[SAGEMAKER].trust), content(&theirs));
    assert_eq!(held.roles[USER], before.roles[USER]);
    assert_eq!(held.tier, before.tier);
}

#[tokio::test(start_paused = true)]
async fn what_changes_between_showing_and_putting_back_is_not_overwritten() {
    let scene = Scene::new().await;
    scene.run(&scene.set_up().await).await;
    let job = scene.put_back(None).await;
    let ours = scene.held().roles[SAGEMAKER].trust.clone();
    let theirs = with_id(&ours);
    scene.account.write_trust(SAGEMAKER, &theirs).await.unwrap();
    let report = scene.run(&job).await;
    assert_eq!(report.not_done().len(), 1, "{report:?}");
    assert!(!report.is_verified());
    let held = scene.held();
    assert_eq!(content(&held.roles[SAGEMAKER].trust), content(&theirs));
}

#[tokio::test(start_paused = true)]
async fn a_tier_that_somebody_had_set_to_standard_goes_back_to_that_value() {
    let scene = Scene::new().await;
    let identity = scene.account.identity().await.unwrap();
    let standard = sagemaker_ssh_setup::model::Tier::Standard;
    scene
        .account
        .write_tier(REGION, &standard, &identity.account, &identity.partition)
        .await
        .unwrap();
    scene.run(&scene.set_up().await).await;
    assert_eq!(scene.held().tier.as_deref(), Some("advanced"));
    scene.run(&scene.put_back(None).await).await;
    assert_eq!(scene.held().tier.as_deref(), Some("standard"));
}

#[tokio::test(start_paused = true)]
async fn undo_after_undo_goes_back_run_by_run() {
    let scene = Scene::new().await;
    let states = {
        let mut states = vec![scene.held()];
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
            let identity = scene.account.identity().await.unwrap();
            let survey = survey::chosen(&scene.account, &identity, &choices).await;
            let job = Job {
                plan: Plan::new(&survey, &choices),
                only: None,
                aim: Aim::SetUp,
                continues: None,
            };
            assert!(scene.run(&job).await.is_verified());
            states.push(scene.held());
        }
        states
    };
    for state in states.iter().rev().skip(1) {
        assert!(scene.run(&scene.put_back(None).await).await.is_verified());
        assert_eq!(scene.held(), *state);
    }
    let identity = scene.account.identity().await.unwrap();
    let nothing = undo::prepare(&scene.account, &identity, &scene.records, None).await;
    assert!(
        matches!(nothing, Err(undo::UndoError::Nothing(_))),
        "{nothing:?}"
    );
    // An undo that was undone can be undone again.
    let last = scene
        .records
        .all()
        .unwrap()
        .records
        .last()
        .unwrap()
        .run
        .clone();
    assert!(
        scene
            .run(&scene.put_back(Some(&last)).await)
            .await
            .is_verified()
    );
    assert_eq!(scene.held(), states[1]);
    assert!(scene.run(&scene.put_back(None).await).await.is_verified());
    assert_eq!(scene.held(), states[0]);
}

/// A SageMaker role alone.
fn of_role(name: &str) -> Choices {
    Choices {
        sagemaker_roles: vec![name.into()],
        ..Choices::default()
    }
}

impl Scene {
    async fn dies_at(&self, call: usize) {
        let job = self.set_up().await;
        let death = Death { call, after: true };
        assert!(self.run_and_die(&job, death));
    }

    fn trust(&self) -> String {
        self.held().roles[SAGEMAKER].trust.clone()
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
    let scene = Scene::new().await;
    let before = scene.held();
    // The trust is written, and then the program dies.
    scene.dies_at(11).await;
    let theirs = with_id(&before.roles[SAGEMAKER].trust);
    assert_ne!(scene.trust(), before.roles[SAGEMAKER].trust);
    scene.account.write_trust(SAGEMAKER, &theirs).await.unwrap();
    let job = scene.set_up().await;
    assert!(job.continues.is_some());
    assert!(scene.run(&job).await.is_verified());
    assert!(scene.run(&scene.put_back(None).await).await.is_verified());
    assert_eq!(content(&scene.trust()), content(&theirs));
    assert_eq!(scene.held().roles[USER], before.roles[USER]);
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_left_something_is_not_taken_for_a_whole_one() {
    let scene = Scene::new().await;
    let first = of_role("Recommender-ExecutionRole");
    scene.run(&scene.set_up_as(first).await).await;
    scene.run(&scene.set_up().await).await;
    // The role's policy cannot be read while the second run is put back.
    scene.faults.add("GetRolePolicy", 99, DENIED);
    let report = scene.run(&scene.put_back(None).await).await;
    scene.faults.clear();
    assert_eq!(Exit::of_report(&report), Exit::Partly, "{report:?}");
    let runs = scene.records.all().unwrap();
    assert!(!runs.is_undone(&runs.records[1]));
    // The next undo takes what is left of the same run, not the one before it.
    let job = scene.put_back(None).await;
    assert_eq!(job.plan.undoes.as_ref(), Some(&runs.records[1].run));
    assert_eq!(job.continues.as_ref(), Some(&runs.records[2].run));
    let report = scene.run(&job).await;
    assert_eq!(Exit::of_report(&report), Exit::Done, "{report:?}");
    // Both parts of the undo are undone as one.
    let last = scene.records.all().unwrap().records.pop().unwrap().run;
    let redo = scene.put_back(Some(&last)).await;
    assert_eq!(redo.plan.totals().changes, 4);
    assert!(scene.run(&redo).await.is_verified());
}

#[tokio::test(start_paused = true)]
async fn without_the_record_of_the_first_part_nothing_is_put_back_by_halves() {
    let scene = Scene::new().await;
    scene.dies_at(11).await;
    let first = scene.newest();
    scene.run(&scene.set_up().await).await;
    std::fs::remove_file(first).unwrap();
    let held = scene.held();
    for run in [
        None,
        Some(scene.records.all().unwrap().records[0].run.as_str()),
    ] {
        let refused = scene.refused(run).await;
        assert!(
            matches!(refused, undo::UndoError::Damaged { .. }),
            "{refused:?}"
        );
    }
    assert_eq!(scene.held(), held);
}

#[tokio::test(start_paused = true)]
async fn a_record_cut_within_a_character_is_read_to_the_line_before() {
    let scene = Scene::new().await;
    scene.dies_at(11).await;
    let path = scene.newest();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend("{\"record\":\"after\",\"reason\":\"…".as_bytes());
    bytes.pop();
    std::fs::write(&path, bytes).unwrap();
    let runs = scene.records.all().unwrap();
    assert!(runs.damaged.is_empty(), "{:?}", runs.damaged);
    assert_eq!(runs.records[0].state, RunState::CutOff);
    assert!(scene.put_back(None).await.plan.totals().changes > 0);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_gone_is_said_to_be_gone_and_the_rest_goes_back() {
    let scene = Scene::new().await;
    let before = scene.held();
    scene.run(&scene.set_up().await).await;
    let gone = Fault::Refused(404, "NoSuchEntity", "The role cannot be found.");
    scene.faults.add("GetRole", 99, gone.clone());
    let job = scene.put_back(None).await;
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
    scene.run(&job).await;
    assert_eq!(scene.held().tier, before.tier);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_shows_late_is_waited_for_before_anything_counts_as_undone() {
    let scene = Scene::new().await;
    let before = scene.held();
    let mut job = scene.set_up().await;
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
    assert!(scene.run_and_die(&job, death));
    assert_eq!(scene.held(), before);
    let arrives = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let document = change.after_text().unwrap();
        scene
            .account
            .write_trust(SAGEMAKER, document)
            .await
            .unwrap();
    };
    let run = scene.records.all().unwrap().records[0].run.clone();
    let (undo, ()) = futures::join!(scene.put_back(Some(&run)), arrives);
    assert_eq!(undo.plan.totals().changes, 1, "{:?}", undo.plan.items);
    assert!(scene.run(&undo).await.is_verified());
    assert_eq!(scene.held(), before);
}

#[tokio::test(start_paused = true)]
async fn the_record_of_another_try_speaks_only_of_what_was_tried_again() {
    let scene = Scene::new().await;
    scene.faults.add("PutRolePolicy", 2, DENIED);
    let job = scene.set_up().await;
    let report = scene.run(&job).await;
    let again = Job {
        only: Some(report.not_done().into_iter().cloned().collect()),
        continues: report.run.clone(),
        ..job
    };
    assert!(scene.run(&again).await.is_verified());
    let runs = scene.records.all().unwrap();
    let steps: Vec<usize> = runs.records.iter().map(|run| run.steps.len()).collect();
    assert_eq!(steps, [4, 2]);
}

#[tokio::test(start_paused = true)]
async fn what_arrives_after_the_undo_is_not_forgotten() {
    let scene = Scene::new().await;
    let before = scene.held();
    scene.faults.add("PutRolePolicy", 99, Fault::Unreachable);
    let job = scene.set_up().await;
    let report = scene.run(&job).await;
    assert_eq!(report.uncertain(), 2, "{report:?}");
    scene.faults.clear();
    let undo = scene.put_back(None).await;
    assert_eq!(undo.plan.totals().changes, 2);
    let warned = undo.plan.items.iter().filter(|item| {
        item.warnings
            .iter()
            .any(|text| text.contains("not certain"))
    });
    assert_eq!(warned.count(), 2);
    assert!(scene.run(&undo).await.is_verified());
    assert_eq!(scene.held(), before);
    // Now what was on its way arrives.
    for (item, change) in job.plan.changes() {
        if let sagemaker_ssh_setup::plan::Target::Policy { role, policy } = &item.target {
            let document = change.after_text().unwrap();
            scene
                .account
                .write_inline_policy(role, policy.name(), document)
                .await
                .unwrap();
        }
    }
    let undo = scene.put_back(None).await;
    assert_eq!(undo.plan.totals().changes, 2);
    assert!(scene.run(&undo).await.is_verified());
    assert_eq!(scene.held(), before);
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_was_stopped_before_its_last_reading_does_not_bar_the_way_to_older_runs() {
    let scene = Scene::new().await;
    let before = scene.held();
    let first = of_role("Recommender-ExecutionRole");
    scene.run(&scene.set_up_as(first).await).await;
    scene.run(&scene.set_up().await).await;
    let undo = scene.put_back(None).await;
    // Died in the last reading: everything is put back, and nobody has said so.
    let death = Death {
        call: 12,
        after: false,
    };
    let mut last_reading = death;
    while !scene.run_and_die(&undo, last_reading) {
        last_reading.call -= 1;
    }
    let mut undone = Vec::new();
    for _ in 0..3 {
        let identity = scene.account.identity().await.unwrap();
        let prepared = undo::prepare(&scene.account, &identity, &scene.records, None).await;
        let Ok(undo) = prepared else { break };
        undone.push(undo.plan.undoes.clone().unwrap());
        let job = Job {
            plan: undo.plan,
            only: None,
            aim: Aim::PutBack(undo.reversal),
            continues: undo.continues,
        };
        scene.run(&job).await;
    }
    let runs = scene.records.all().unwrap();
    assert_eq!(scene.held(), before);
    assert!(undone.contains(&runs.records[0].run), "{undone:?}");
}

#[tokio::test(start_paused = true)]
async fn what_goes_back_is_the_recorded_text_byte_for_byte() {
    let scene = Scene::new().await;
    scene.run(&scene.set_up().await).await;
    let runs = scene.records.all().unwrap();
    let trust = |step: &&Step| matches!(step.target, Target::Trust { .. });
    let recorded = runs.records[0].steps.iter().find(trust).unwrap();
    let recorded = recorded.former.as_ref().unwrap().text().unwrap().to_owned();
    assert!(scene.run(&scene.put_back(None).await).await.is_verified());
    let written = scene.demo.written_trust(SAGEMAKER).unwrap();
    assert_eq!(written, recorded);
}

#[tokio::test(start_paused = true)]
async fn what_means_the_same_as_the_former_document_is_not_the_former_document() {
    let scene = Scene::new().await;
    let former = scene.trust();
    scene.run(&scene.set_up().await).await;
    let job = scene.put_back(None).await;
    // The same in meaning, by another hand, between the question and the answer.
    let alike = former.replace("\"Sid\":\"KeepMe\"", "\"Sid\":\"KeepThis\"");
    assert_ne!(alike, former);
    scene.account.write_trust(SAGEMAKER, &alike).await.unwrap();
    let report = scene.run(&job).await;
    let (_, outcome) = report
        .outcomes
        .iter()
        .find(|(target, _)| target.to_string() == format!("trust:{SAGEMAKER}"))
        .unwrap();
    assert!(matches!(outcome, Outcome::Stale { .. }), "{outcome:?}");
    assert!(!report.is_complete());
    assert_eq!(content(&scene.trust()), content(&alike));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_given_up_may_arrive_after_the_undo_and_is_put_back_too() {
    let scene = Scene::new().await;
    let before = scene.held();
    // The first attempt gets no answer, the second one does.
    scene
        .faults
        .add("UpdateAssumeRolePolicy", 1, Fault::Unreachable);
    let job = scene.set_up().await;
    assert!(scene.run(&job).await.is_verified());
    let planned = scene.trust();
    let undo = scene.put_back(None).await;
    let warned = undo.plan.items.iter().flat_map(|item| &item.warnings);
    assert!(
        warned
            .into_iter()
            .any(|text| text.contains("may still arrive"))
    );
    assert!(scene.run(&undo).await.is_verified());
    assert_eq!(scene.held(), before);
    let runs = scene.records.all().unwrap();
    assert!(!runs.is_undone(&runs.records[0]));
    scene
        .account
        .write_trust(SAGEMAKER, &planned)
        .await
        .unwrap();
    let again = scene.put_back(None).await;
    assert_eq!(again.plan.totals().changes, 1);
    assert!(scene.run(&again).await.is_verified());
    assert_eq!(scene.held(), before);
}

#[tokio::test(start_paused = true)]
async fn a_run_of_which_nothing_can_be_put_back_does_not_bar_the_way_to_older_ones() {
    let scene = Scene::new().await;
    let before = scene.held();
    let first = of_role("Recommender-ExecutionRole");
    scene.run(&scene.set_up_as(first).await).await;
    // Another run writes one trust, and somebody changes it.
    let second = of_role("ChurnTraining");
    scene.faults.add("PutRolePolicy", 9, DENIED);
    scene.run(&scene.set_up_as(second).await).await;
    scene.faults.clear();
    let theirs = with_id(&scene.held().roles["ChurnTraining"].trust);
    scene
        .account
        .write_trust("ChurnTraining", &theirs)
        .await
        .unwrap();
    let identity = scene.account.identity().await.unwrap();
    let undo = undo::prepare(&scene.account, &identity, &scene.records, None)
        .await
        .unwrap();
    let runs = scene.records.all().unwrap();
    assert_eq!(undo.passed_over, [runs.records[1].run.clone()]);
    assert_eq!(undo.plan.undoes.as_ref(), Some(&runs.records[0].run));
    assert!(scene.run(&scene.put_back(None).await).await.is_verified());
    let held = scene.held();
    assert_eq!(
        held.roles["Recommender-ExecutionRole"],
        before.roles["Recommender-ExecutionRole"]
    );
    assert_eq!(
        content(&held.roles["ChurnTraining"].trust),
        content(&theirs)
    );
}
