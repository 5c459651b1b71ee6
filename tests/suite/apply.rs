//! Plans carried out on the embedded account: what counts is what the account holds afterwards.

use std::collections::BTreeMap;

use sagemaker_ssh_setup::account::Account;
use sagemaker_ssh_setup::apply::{self, Aim, Job, Outcome, Report, RunEvent};
use sagemaker_ssh_setup::demo::{Demo, DemoRole, Timing};
use sagemaker_ssh_setup::exit::Exit;
use sagemaker_ssh_setup::journal::Records;
use sagemaker_ssh_setup::messages::outcome::plain;
use sagemaker_ssh_setup::model::{Choices, ConnectFrom, Partition, Region};
use sagemaker_ssh_setup::plan::{Content, Plan, State, Target};
use sagemaker_ssh_setup::survey;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::faults::{Fault, Faults};

const FRESH: &str = "AmazonSageMaker-ExecutionRole-20240131T101010";

struct Bench {
    demo: Demo,
    faults: Faults,
    account: Account,
    records: Records,
}

impl Bench {
    async fn new(timing: Timing) -> Self {
        let demo = Demo::start(timing).unwrap();
        let faults = Faults::before(demo.http());
        let account = demo
            .source_through(faults.http())
            .connect(None)
            .await
            .unwrap();
        Self {
            demo,
            faults,
            account,
            records: Records::in_memory(),
        }
    }

    async fn plan(&self, choices: &Choices) -> Plan {
        let identity = self.account.identity().await.unwrap();
        Plan::new(
            &survey::chosen(&self.account, &identity, choices).await,
            choices,
        )
    }

    async fn apply(&self, plan: &Plan) -> (Report, Vec<RunEvent>) {
        self.apply_until(plan, &CancellationToken::new()).await
    }

    async fn apply_until(
        &self,
        plan: &Plan,
        cancel: &CancellationToken,
    ) -> (Report, Vec<RunEvent>) {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let job = set_up(plan);
        let report = apply::run(&self.account, &job, &self.records, cancel, &sender).await;
        let mut events = Vec::new();
        while let Ok(event) = receiver.try_recv() {
            events.push(event);
        }
        (report, events)
    }
}

fn set_up(plan: &Plan) -> Job {
    Job {
        plan: plan.clone(),
        only: None,
        aim: Aim::SetUp,
        continues: None,
    }
}

fn choices() -> Choices {
    Choices {
        connect_from: ConnectFrom::Laptop,
        sagemaker_roles: vec![FRESH.into()],
        user_roles: vec!["DataScientist".into()],
        regions: vec!["eu-west-1".into(), "us-east-1".into()],
        ..Choices::default()
    }
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The roles that are not the same in two readings.
fn changed(before: &BTreeMap<String, DemoRole>, after: &BTreeMap<String, DemoRole>) -> Vec<String> {
    after
        .iter()
        .filter(|(name, role)| before.get(*name) != Some(*role))
        .map(|(name, _)| name.clone())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_whole_run_changes_what_was_planned_and_nothing_else() {
    let bench = Bench::new(Timing::REALISTIC).await;
    let before = bench.demo.roles();
    let plan = bench.plan(&choices()).await;
    assert_eq!(plan.totals().changes, 4);
    let (report, events) = bench.apply(&plan).await;
    assert!(report.is_verified(), "{report:?}");
    assert_eq!(report.done(), 4);

    let after = bench.demo.roles();
    assert_eq!(changed(&before, &after), [FRESH, "DataScientist"]);
    // Every byte of the former trust is still there, and one statement came.
    let (old, new) = (&before[FRESH].trust, &after[FRESH].trust);
    assert!(new.starts_with(old.strip_suffix("]}").unwrap()), "{new}");
    let added = value(new)["Statement"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        added,
        json!({"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"})
    );
    assert_eq!(value(new)["Statement"].as_array().unwrap().len(), 3);
    assert!(new.contains(r#""sts:ExternalId":"a%2Fb 100%""#));
    assert_eq!(
        after[FRESH].inline["team-extra"],
        before[FRESH].inline["team-extra"]
    );
    let server = value(&after[FRESH].inline["SSHSageMakerServerPolicy"]);
    assert_eq!(
        server["Statement"][0]["Resource"],
        format!("arn:aws:iam::123456789012:role/service-role/{FRESH}")
    );
    assert_eq!(
        value(&after["DataScientist"].inline["SSHSageMakerClientPolicy"])["Statement"]
            .as_array()
            .unwrap()
            .len(),
        6
    );
    assert_eq!(after["DataScientist"].trust, before["DataScientist"].trust);
    assert_eq!(bench.demo.tier("eu-west-1").as_deref(), Some("advanced"));
    assert_eq!(bench.demo.tier("eu-west-2"), None);
    // The embedded account throttles one write, so that a retry is seen.
    let retries: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            RunEvent::Retry(_, retry) => Some((retry.attempt, retry.reason.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(retries, [(2, "Throttling")]);
}

#[tokio::test(start_paused = true)]
async fn a_second_run_writes_nothing() {
    let bench = Bench::new(Timing::INSTANT).await;
    let plan = bench.plan(&choices()).await;
    bench.apply(&plan).await;
    let writes = bench.faults.writes().len();
    let again = bench.plan(&choices()).await;
    assert_eq!(again.totals().changes, 0);
    let (report, _) = bench.apply(&again).await;
    assert!(report.is_verified());
    assert_eq!(bench.faults.writes().len(), writes);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_did_in_the_meantime_is_not_claimed() {
    let bench = Bench::new(Timing::INSTANT).await;
    let plan = bench.plan(&choices()).await;
    bench.apply(&plan).await;
    let writes = bench.faults.writes().len();
    let (report, _) = bench.apply(&plan).await;
    assert_eq!(bench.faults.writes().len(), writes);
    assert_eq!((report.done(), report.written()), (4, 0));
    let lines = plain(&plan, &report, &Records::in_memory()).join("\n");
    assert!(
        lines.contains("Nothing was written") && !lines.contains("To undo"),
        "{lines}"
    );
}

#[tokio::test(start_paused = true)]
async fn every_role_of_the_embedded_account_is_planned_as_it_was_made_to_be() {
    let bench = Bench::new(Timing::INSTANT).await;
    let state = async |role: &str, harden_trust: bool| {
        let choices = Choices {
            sagemaker_roles: vec![role.into()],
            harden_trust,
            ..Choices::default()
        };
        let plan = bench.plan(&choices).await;
        plan.items
            .iter()
            .map(|item| match &item.state {
                State::Change(_) => "change",
                State::InPlace(_) => "in place",
                State::Blocked { .. } => "blocked",
            })
            .collect::<Vec<_>>()
            .join(", ")
    };
    for (role, expected) in [
        (FRESH, "change, change"),
        (
            "AmazonSageMaker-ExecutionRole-20240502T093000",
            "in place, in place",
        ),
        ("ChurnTraining", "change, change"),
        ("FeatureStore-ExecutionRole", "in place, in place"),
        ("FraudModel-ExecutionRole", "change, blocked"),
        ("Geospatial-ExecutionRole", "blocked, change"),
        ("LegacyNotebook", "change, change"),
        ("LockedTraining", "blocked, change"),
        (
            "ML-Platform-CrossTeam-Training-ExecutionRole-Prod",
            "blocked, blocked",
        ),
        ("Recommender-ExecutionRole", "change, change"),
        ("SharedTraining-ExecutionRole", "change, change"),
        ("StudioDomain-ExecutionRole", "in place, change"),
        ("AWSServiceRoleForSupport", "blocked, blocked"),
        (
            "AWSReservedSSO_DataScience_8c7b6a5948372615",
            "blocked, blocked",
        ),
        ("no-such-role", "blocked, blocked"),
    ] {
        assert_eq!(state(role, false).await, expected, "{role}");
    }
    assert_eq!(
        state("SharedTraining-ExecutionRole", true).await,
        "blocked, change"
    );
}

#[tokio::test(start_paused = true)]
async fn the_cdks_managed_client_policy_counts_as_in_place() {
    let bench = Bench::new(Timing::INSTANT).await;
    let choices = Choices {
        user_roles: vec!["FeatureStore-ExecutionRole".into()],
        ..Choices::default()
    };
    assert_eq!(bench.plan(&choices).await.totals().in_place, 1);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_changed_since_the_plan_is_not_overwritten() {
    let bench = Bench::new(Timing::INSTANT).await;
    let plan = bench.plan(&choices()).await;
    let theirs = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Theirs","Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    bench.account.write_trust(FRESH, theirs).await.unwrap();
    let (report, _) = bench.apply(&plan).await;
    let outcomes: BTreeMap<String, &Outcome> = report
        .outcomes
        .iter()
        .map(|(target, outcome)| (target.to_string(), outcome))
        .collect();
    let trust = outcomes[&format!("trust:{FRESH}")];
    assert!(
        matches!(trust, Outcome::Stale { found: Content::Text(found) } if found == theirs),
        "{trust:?}"
    );
    assert_eq!(bench.demo.roles()[FRESH].trust, theirs);
    // One failure does not stop the others.
    assert_eq!(report.done(), 3);
    assert_eq!(Exit::of_report(&report), Exit::Partly);
    assert!(!report.is_verified());
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_ends_verified_and_not_doubled() {
    for action in [
        "UpdateAssumeRolePolicy",
        "PutRolePolicy",
        "UpdateServiceSetting",
    ] {
        let bench = Bench::new(Timing::INSTANT).await;
        let plan = bench.plan(&choices()).await;
        bench.faults.add(action, 1, Fault::LostReply);
        let (report, _) = bench.apply(&plan).await;
        assert!(report.is_verified(), "{action}: {report:?}");
        let trust = value(&bench.demo.roles()[FRESH].trust);
        assert_eq!(trust["Statement"].as_array().unwrap().len(), 3, "{action}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_never_answers_ends_in_time_as_not_certain_and_the_rest_is_done() {
    let bench = Bench::new(Timing::INSTANT).await;
    let plan = bench.plan(&choices()).await;
    bench.faults.add("UpdateAssumeRolePolicy", 99, Fault::Hang);
    let before = bench.demo.roles()[FRESH].trust.clone();
    let (report, _) = bench.apply(&plan).await;
    assert_eq!(bench.demo.roles()[FRESH].trust, before);
    let not_done = report.not_done();
    assert_eq!(not_done, [&Target::Trust { role: FRESH.into() }]);
    let (_, outcome) = report
        .outcomes
        .iter()
        .find(|(target, _)| target == not_done[0])
        .unwrap();
    assert!(
        matches!(outcome, Outcome::Unknown(error) if error.sentence().contains("in time")),
        "{outcome:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn refusals_are_told_in_plain_words_and_change_nothing() {
    for (fault, words) in [
        (
            Fault::Refused(403, "AccessDenied", "User is not authorized"),
            "not allowed to call iam:PutRolePolicy",
        ),
        (
            Fault::Refused(
                409,
                "LimitExceeded",
                "Maximum policy size of 10240 bytes exceeded",
            ),
            "quota",
        ),
        (
            Fault::Refused(400, "UnmodifiableEntity", "protected"),
            "Only AWS",
        ),
        (
            Fault::Refused(400, "MalformedPolicyDocument", "Invalid principal"),
            "does not accept the document",
        ),
        (
            Fault::Refused(403, "ExpiredToken", "expired"),
            "have expired",
        ),
        (
            Fault::Refused(400, "Throttling", "Rate exceeded"),
            "throttling",
        ),
    ] {
        let bench = Bench::new(Timing::INSTANT).await;
        let plan = bench.plan(&choices()).await;
        let before = bench.demo.roles();
        bench.faults.add("PutRolePolicy", 99, fault.clone());
        let (report, _) = bench.apply(&plan).await;
        let after = bench.demo.roles();
        assert_eq!(before["DataScientist"], after["DataScientist"]);
        let failed: Vec<_> = report
            .outcomes
            .iter()
            .filter_map(|(_, outcome)| match outcome {
                Outcome::Failed(error) => Some(error.to_string()),
                _ => None,
            })
            .collect();
        assert_eq!(failed.len(), 2, "{fault:?}: {report:?}");
        assert!(
            failed.iter().all(|sentence| sentence.contains(words)),
            "{fault:?}: {failed:?}"
        );
        assert!(
            failed
                .iter()
                .all(|sentence| !sentence.chars().any(char::is_control))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_of_which_nobody_knows_whether_it_arrived_is_called_neither_done_nor_failed() {
    for (fault, words) in [
        // The answer to a write is empty, so the SDK takes any page with status 200 for a success.
        (Fault::Html(200), "not AWS"),
        (Fault::Html(503), "not AWS"),
        (Fault::Unreachable, "could not be reached"),
        (
            Fault::Refused(500, "ServiceFailure", "failed"),
            "AWS itself failed",
        ),
        (
            Fault::Refused(503, "SomethingNew", "failed"),
            "AWS itself failed",
        ),
    ] {
        let bench = Bench::new(Timing::INSTANT).await;
        let plan = bench.plan(&choices()).await;
        let before = bench.demo.roles();
        bench.faults.add("PutRolePolicy", 99, fault.clone());
        let (report, _) = bench.apply(&plan).await;
        let unknown: Vec<_> = report
            .outcomes
            .iter()
            .filter_map(|(_, outcome)| match outcome {
                Outcome::Unknown(error) => Some(error.to_string()),
                _ => None,
            })
            .collect();
        assert_eq!(unknown.len(), 2, "{fault:?}: {report:?}");
        assert!(
            unknown.iter().all(|sentence| sentence.contains(words)),
            "{fault:?}: {unknown:?}"
        );
        assert!(!report.is_verified());
        assert_eq!(before["DataScientist"], bench.demo.roles()["DataScientist"]);
    }
}

/// Somebody else's trust policy, written through a connection of their own.
async fn theirs(bench: &Bench) -> String {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Theirs","Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let account = bench.demo.source().connect(None).await.unwrap();
    account.write_trust(FRESH, text).await.unwrap();
    text.to_owned()
}

#[tokio::test(start_paused = true)]
async fn what_somebody_writes_between_two_tries_is_not_overwritten() {
    for fault in [
        Fault::Refused(409, "ConcurrentModification", "busy"),
        Fault::Refused(400, "Throttling", "Rate exceeded"),
        Fault::Refused(500, "ServiceFailure", "failed"),
        Fault::Unreachable,
    ] {
        let bench = Bench::new(Timing::INSTANT).await;
        let plan = bench.plan(&choices()).await;
        bench.faults.add("UpdateAssumeRolePolicy", 1, fault.clone());
        let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
        let cancel = CancellationToken::new();
        let job = set_up(&plan);
        let run = apply::run(&bench.account, &job, &bench.records, &cancel, &sender);
        let other = async {
            // The first try has failed once the second write of the same role is waited for.
            while !bench
                .faults
                .writes()
                .contains(&"UpdateAssumeRolePolicy".to_owned())
            {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            theirs(&bench).await
        };
        let (report, theirs) = futures::join!(run, other);
        while events.try_recv().is_ok() {}
        assert_eq!(bench.demo.roles()[FRESH].trust, theirs, "{fault:?}");
        let trust = &report
            .outcomes
            .iter()
            .find(|(target, _)| target.to_string().starts_with("trust:"))
            .unwrap()
            .1;
        assert!(
            matches!(trust, Outcome::Stale { .. } | Outcome::Overwritten { .. }),
            "{fault:?}: {trust:?}"
        );
        assert!(!report.is_verified());
    }
}

#[tokio::test(start_paused = true)]
async fn a_last_reading_that_fails_verifies_nothing() {
    let bench = Bench::new(Timing::INSTANT).await;
    let plan = bench.plan(&choices()).await;
    // One trust policy and one tier are read before and after they are written.
    for action in ["GetRole", "GetServiceSetting"] {
        let expired = Fault::Refused(403, "ExpiredToken", "expired");
        bench.faults.add_after(action, 2, 999, expired);
    }
    let (report, _) = bench.apply(&plan).await;
    assert_eq!(report.done(), 4);
    assert!(!report.is_verified());
    assert_eq!(report.unverified().len(), plan.items.len(), "{report:?}");
    assert_eq!(Exit::of_report(&report), Exit::NotVerified);
}

#[tokio::test(start_paused = true)]
async fn what_was_known_to_be_blocked_does_not_spoil_the_verification_but_is_not_done() {
    let bench = Bench::new(Timing::INSTANT).await;
    let choices = Choices {
        regions: vec!["eu-west-1".into(), "af-south-1".into()],
        ..choices()
    };
    let plan = bench.plan(&choices).await;
    let (report, _) = bench.apply(&plan).await;
    assert!(report.is_verified(), "{report:?}");
    assert_eq!(Exit::of_report(&report), Exit::Partly);
}

#[tokio::test(start_paused = true)]
async fn too_many_updates_is_waited_out() {
    let bench = Bench::new(Timing::INSTANT).await;
    let plan = bench.plan(&choices()).await;
    bench.faults.add(
        "UpdateServiceSetting",
        2,
        Fault::Refused(400, "TooManyUpdates", "busy"),
    );
    let (report, events) = bench.apply(&plan).await;
    assert!(report.is_verified(), "{report:?}");
    let retries = events.iter().filter(
        |event| matches!(event, RunEvent::Retry(_, retry) if retry.reason == "TooManyUpdates"),
    );
    assert_eq!(retries.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_run_skips_what_was_not_begun() {
    let bench = Bench::new(Timing::INSTANT).await;
    let plan = bench.plan(&choices()).await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let (report, _) = bench.apply_until(&plan, &cancel).await;
    assert!(
        report
            .outcomes
            .iter()
            .all(|(_, outcome)| matches!(outcome, Outcome::Skipped))
    );
    assert_eq!(bench.faults.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_was_stopped_while_the_account_was_made_sure_of_is_not_begun() {
    let bench = Bench::new(Timing::INSTANT).await;
    let plan = bench.plan(&choices()).await;
    let slow = Fault::Slow(std::time::Duration::from_secs(3));
    bench.faults.add("GetCallerIdentity", 1, slow);
    let cancel = CancellationToken::new();
    let stop = async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        cancel.cancel();
    };
    let ((report, events), ()) = futures::join!(bench.apply_until(&plan, &cancel), stop);
    let skipped = |(_, outcome): &(Target, Outcome)| matches!(outcome, Outcome::Skipped);
    assert!(report.outcomes.iter().all(skipped), "{report:?}");
    assert_eq!(report.outcomes.len(), 4);
    assert!(
        !events
            .iter()
            .any(|event| matches!(event, RunEvent::Started(_)))
    );
    assert_eq!(bench.faults.writes(), Vec::<String>::new());
}

/// The first readings go out beside the question whose account it is. One that had to wait for that answer is stale.
#[tokio::test(start_paused = true)]
async fn what_somebody_writes_while_the_account_is_made_sure_of_is_not_overwritten() {
    let bench = Bench::new(Timing::INSTANT).await;
    let plan = bench.plan(&choices()).await;
    let slow = Fault::Slow(std::time::Duration::from_secs(3));
    bench.faults.add("GetCallerIdentity", 1, slow);
    let other = async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        theirs(&bench).await
    };
    let ((report, _), theirs) = futures::join!(bench.apply(&plan), other);
    assert_eq!(bench.demo.roles()[FRESH].trust, theirs);
    let outcome_of = |start| {
        let mut outcomes = report.outcomes.iter();
        let found = outcomes.find(|(target, _)| target.to_string().starts_with(start));
        &found.unwrap().1
    };
    assert!(matches!(outcome_of("trust:"), Outcome::Stale { .. }));
    assert!(matches!(outcome_of("policy:"), Outcome::Done));
}

/// A retry that comes before a change is told of is told after that, and not lost.
#[tokio::test(start_paused = true)]
async fn a_retry_of_a_first_reading_is_told_once_its_change_has_begun() {
    let bench = Bench::new(Timing::INSTANT).await;
    let plan = bench.plan(&choices()).await;
    let slow = Fault::Slow(std::time::Duration::from_secs(5));
    bench.faults.add("GetCallerIdentity", 1, slow);
    let throttled = Fault::Refused(400, "Throttling", "Rate exceeded");
    bench.faults.add("GetRole", 1, throttled);
    let (report, events) = bench.apply(&plan).await;
    assert!(report.is_verified(), "{report:?}");
    let trust = format!("trust:{FRESH}");
    let told: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            RunEvent::Started(target) if target.to_string() == trust => Some("started"),
            RunEvent::Retry(target, _) if target.to_string() == trust => Some("retry"),
            _ => None,
        })
        .collect();
    assert_eq!(told, ["started", "retry"], "{events:?}");
}

/// Two writes to one role never meet, and the second is not held up by the reading back of the first.
#[tokio::test(start_paused = true)]
async fn the_changes_of_a_role_are_made_one_after_another() {
    let bench = Bench::new(Timing::INSTANT).await;
    let plan = bench.plan(&choices()).await;
    let slow = |seconds| Fault::Slow(std::time::Duration::from_secs(seconds));
    bench.faults.add("UpdateAssumeRolePolicy", 1, slow(2));
    // The trust policy: its first reading, and the one that reads it back.
    bench.faults.add_after("GetRole", 1, 1, slow(5));
    let began = tokio::time::Instant::now();
    let (report, events) = bench.apply(&plan).await;
    assert_eq!(report.done(), 4, "{report:?}");
    assert!(report.is_verified());
    let role = |target: &Target| target.role() == Some(FRESH);
    let told: Vec<String> = events
        .iter()
        .filter_map(|event| match event {
            RunEvent::Started(target) if role(target) => Some(format!("began {target}")),
            RunEvent::Ended(target, ..) if role(target) => Some(format!("ended {target}")),
            _ => None,
        })
        .collect();
    let (trust, policy) = (
        format!("trust:{FRESH}"),
        format!("policy:{FRESH}/SSHSageMakerServerPolicy"),
    );
    let expected = [
        format!("began {trust}"),
        format!("ended {trust}"),
        format!("began {policy}"),
        format!("ended {policy}"),
    ];
    assert_eq!(told, expected);
    assert_eq!(began.elapsed().as_secs(), 7, "two to write, five to read");
    // The second is not even read before the first was read back.
    let calls = bench.faults.calls_with_subjects();
    let of_run = &calls[calls.len()
        - calls
            .iter()
            .rev()
            .position(|(a, _)| a == "GetCallerIdentity")
            .unwrap()..];
    let place = |action: &str, subject: &str, number: usize| {
        let mut places =
            (0..of_run.len()).filter(|n| of_run[*n] == (action.to_owned(), subject.to_owned()));
        places.nth(number).unwrap()
    };
    let policy = format!("{FRESH}/SSHSageMakerServerPolicy");
    let order = [
        place("GetRole", FRESH, 0),
        place("UpdateAssumeRolePolicy", FRESH, 0),
        place("GetRole", FRESH, 1),
        place("GetRolePolicy", &policy, 0),
        place("PutRolePolicy", &policy, 0),
    ];
    assert!(order.is_sorted(), "{order:?} of {of_run:?}");
}

/// How many answers are waited for one after another is the same however many regions there are.
#[tokio::test(start_paused = true)]
async fn a_run_waits_no_longer_for_many_regions_than_for_one() {
    const CALL: std::time::Duration = std::time::Duration::from_secs(1);
    let all = Region::shipped(&Partition::default());
    for count in [1, 16, all.len()] {
        let bench = Bench::new(Timing::INSTANT).await;
        bench.faults.add("*", u32::MAX, Fault::Slow(CALL));
        let codes = all.iter().map(|region| region.code.clone());
        let choices = Choices {
            regions: codes.take(count).collect(),
            ..choices()
        };
        let began = tokio::time::Instant::now();
        let plan = bench.plan(&choices).await;
        // Who is calling; a role with its lists; the policies of the lists.
        assert_eq!(began.elapsed(), 3 * CALL, "{count} regions");
        let began = tokio::time::Instant::now();
        let (report, _) = bench.apply(&plan).await;
        assert!(report.is_verified(), "{report:?}");
        // Who is calling; the trust policy read, written and read back; the policy likewise; everything once more.
        assert_eq!(began.elapsed(), 9 * CALL, "{count} regions");
    }
}

/// Many roles, in an account whose limits are low: everything is done, and the limits are hardly touched.
#[tokio::test(start_paused = true)]
async fn an_account_that_throttles_is_asked_more_slowly() {
    const ROLES: usize = 60;
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    for (per_second, at_once) in [(5, 10), (15, 30)] {
        let bench = Bench::new(Timing::INSTANT).await;
        let iam = super::concurrent_edits::iam(&bench.demo);
        let names: Vec<String> = (0..ROLES).map(|n| format!("Team{n}")).collect();
        for name in &names {
            let created = iam.create_role().role_name(name);
            let created = created.assume_role_policy_document(trust);
            created.send().await.unwrap();
        }
        let choices = Choices {
            sagemaker_roles: names,
            ..choices()
        };
        bench.faults.pace_iam(per_second, at_once);
        let plan = bench.plan(&choices).await;
        let (report, _) = bench.apply(&plan).await;
        let pace = format!("{per_second} calls a second, {at_once} at once");
        assert!(report.is_verified(), "{pace}: {report:?}");
        assert_eq!(report.written(), plan.totals().changes, "{pace}");
        let (calls, throttled) = (bench.faults.calls().len(), bench.faults.throttled());
        assert!(throttled > 0, "{pace}: that limit tests nothing");
        assert!(throttled * 10 < calls, "{pace}: {throttled} of {calls}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_reading_shows_what_is_there_and_nothing_of_the_first() {
    let bench = Bench::new(Timing::INSTANT).await;
    let other = bench.demo.source().connect(None).await.unwrap();
    let text = |sid: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"{sid}","Effect":"Deny","Action":"s3:*","Resource":"*"}}]}}"#
        )
    };
    for (policy, sid) in [("Stays", "A"), ("Goes", "B")] {
        other
            .write_inline_policy(FRESH, policy, &text(sid))
            .await
            .unwrap();
    }
    let first = survey::role(&bench.account, FRESH).await.unwrap();
    assert_eq!(first.inline["Goes"], text("B"));
    other.delete_inline_policy(FRESH, "Goes").await.unwrap();
    for (policy, sid) in [("Stays", "A2"), ("Comes", "C")] {
        other
            .write_inline_policy(FRESH, policy, &text(sid))
            .await
            .unwrap();
    }
    let second = survey::role(&bench.account, FRESH).await.unwrap();
    assert_eq!(second.inline["Stays"], text("A2"));
    assert_eq!(second.inline["Comes"], text("C"));
    assert!(!second.inline.contains_key("Goes"));
    // A policy that cannot be read makes the whole reading fail.
    let denied = Fault::Refused(403, "AccessDenied", "not authorized");
    bench.faults.add("GetRolePolicy", 99, denied);
    assert!(survey::role(&bench.account, FRESH).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn credentials_of_another_account_change_nothing() {
    let bench = Bench::new(Timing::INSTANT).await;
    let mut plan = bench.plan(&choices()).await;
    plan.identity.account = "999999999999".into();
    let (report, events) = bench.apply(&plan).await;
    assert!(report.refused.as_deref().unwrap().contains("999999999999"));
    assert!(
        matches!(events[..], [RunEvent::Finished(_)]),
        "nothing is told of changes that are not begun: {events:?}"
    );
    assert_eq!(Exit::of_report(&report), Exit::Failed);
    assert_eq!(bench.faults.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn hardened_trust_and_shell_access_arrive_when_chosen() {
    let bench = Bench::new(Timing::INSTANT).await;
    let choices = Choices {
        connect_from: ConnectFrom::Both,
        harden_trust: true,
        shell_access: true,
        ..choices()
    };
    let plan = bench.plan(&choices).await;
    let (report, _) = bench.apply(&plan).await;
    assert!(report.is_verified(), "{report:?}");
    let roles = bench.demo.roles();
    let trust = value(&roles[FRESH].trust);
    assert_eq!(
        trust["Statement"][2]["Condition"]["StringEquals"]["aws:SourceAccount"],
        "123456789012"
    );
    // Nobody else's statement got a condition.
    assert_eq!(trust["Statement"][0].get("Condition"), None);
    for role in [FRESH, "DataScientist"] {
        let client = &roles[role].inline["SSHSageMakerClientPolicy"];
        assert!(
            client.contains("document/SSM-SessionManagerRunShell"),
            "{role}"
        );
    }
}
