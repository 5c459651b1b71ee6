//! A role where there is none: made, read back, recorded and deleted again, on good days and on bad ones. What is
//! somebody else's is never taken over and never deleted.

use std::time::Duration;

use sagemaker_ssh_setup::account::{Account, RoleToMake};
use sagemaker_ssh_setup::apply::{Outcome, Report};
use sagemaker_ssh_setup::demo::{Demo, Timing};
use sagemaker_ssh_setup::journal::StepState;
use sagemaker_ssh_setup::messages::outcome as outcome_messages;
use sagemaker_ssh_setup::model::new_role::TAG;
use sagemaker_ssh_setup::model::{Choices, NewRole, Partition, Purpose, Trusted};
use sagemaker_ssh_setup::plan::readiness::ReadinessLevel;
use sagemaker_ssh_setup::plan::{Obstacle, State, Target};
use sagemaker_ssh_setup::policy::template::{CLIENT_POLICY, SERVER_POLICY};

use super::cut_off::{Contents, REGION, Setup, every_death};
use super::faults::{Death, Fault, Hook};

pub const TRAIN: &str = "NewTraining";
pub const CONNECT: &str = "NewConnect";
const FULL_ACCESS: &str = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess";
/// A trust policy of somebody else's.
const THEIRS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"glue.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
/// More than anything may take, on the test's clock.
const TIMEOUT: Duration = Duration::from_mins(20);

fn trusted(word: &str) -> Trusted {
    Trusted::read(word, &Partition::default(), "123456789012").unwrap()
}

fn train() -> NewRole {
    NewRole {
        name: TRAIN.to_owned(),
        purpose: Purpose::Sagemaker { full_access: true },
        boundary: None,
    }
}

fn connect() -> NewRole {
    NewRole {
        name: CONNECT.to_owned(),
        purpose: Purpose::People {
            assumed_by: vec![trusted("arn:aws:iam::123456789012:user/ben")],
            own_session_names: true,
        },
        boundary: None,
    }
}

pub fn choices(new_roles: &[NewRole]) -> Choices {
    let names = |is_sagemaker: bool| {
        let of = new_roles
            .iter()
            .filter(move |new| new.is_sagemaker() == is_sagemaker);
        of.map(|new| new.name.clone()).collect()
    };
    Choices {
        sagemaker_roles: names(true),
        user_roles: names(false),
        regions: vec![REGION.into()],
        new_roles: new_roles.to_vec(),
        ..Choices::default()
    }
}

pub fn wanted() -> Choices {
    choices(&[train(), connect()])
}

/// What the account holds, without the tag that names the run.
pub fn apart_from_tags(contents: &Contents) -> Contents {
    let mut contents = contents.clone();
    for role in contents.roles.values_mut() {
        role.tags.clear();
    }
    contents
}

pub async fn as_planned() -> Contents {
    let setup = Setup::new().await;
    let job = setup.set_up_as(wanted()).await;
    assert_eq!(job.plan.totals().changes, 6);
    let report = setup.run(&job).await;
    assert!(report.is_verified(), "{report:?}");
    setup.contents()
}

/// Puts the newest run back, after everything that was on its way has arrived.
async fn undo(setup: &Setup) -> Option<Report> {
    tokio::time::sleep(Duration::from_mins(16)).await;
    let undo = setup.try_put_back().await.ok()?;
    Some(setup.run(&undo).await)
}

#[tokio::test(start_paused = true)]
async fn two_new_roles_are_made_whole_and_undo_leaves_the_account_as_it_was() {
    let setup = Setup::new().await;
    let before = setup.contents();
    let job = setup.set_up_as(wanted()).await;
    let ids: Vec<String> = job
        .plan
        .items
        .iter()
        .map(|item| item.target.to_string())
        .collect();
    assert_eq!(
        ids,
        [
            "tier:eu-west-1",
            "role:NewTraining",
            "attached:NewTraining/AmazonSageMakerFullAccess",
            "policy:NewTraining/SSHSageMakerServerPolicy",
            "role:NewConnect",
            "policy:NewConnect/SSHSageMakerClientPolicy",
        ]
    );
    let report = setup.run(&job).await;
    assert!(report.is_verified(), "{report:?}");
    let readiness = report.readiness.clone().unwrap();
    assert_eq!(readiness.state, ReadinessLevel::Ready, "{readiness:?}");
    let held = setup.contents();
    let (train, connect) = (&held.roles[TRAIN], &held.roles[CONNECT]);
    assert_eq!(train.attached, [FULL_ACCESS]);
    assert_eq!(train.inline.keys().collect::<Vec<_>>(), [SERVER_POLICY]);
    assert_eq!(connect.inline.keys().collect::<Vec<_>>(), [CLIENT_POLICY]);
    assert!(train.trust.contains("sagemaker.amazonaws.com") && train.trust.contains("ssm."));
    assert!(connect.trust.contains("user/ben") && connect.trust.contains("${aws:username}"));
    for role in [train, connect] {
        assert_eq!(role.tags.get(TAG), report.run.as_ref());
    }
    // Again there is nothing to do, and nothing is called new.
    let again = setup.set_up_as(wanted()).await;
    assert!(again.plan.is_in_place(), "{:?}", again.plan.items);
    let undo = setup.run(&setup.put_back(None).await).await;
    assert!(undo.is_verified(), "{undo:?}");
    assert_eq!(setup.contents(), before);
    // What was deleted comes back whole, too: undo is a run like others.
    let report = setup.run(&setup.put_back(undo.run.as_deref()).await).await;
    assert!(report.is_verified(), "{report:?}");
    assert_eq!(apart_from_tags(&setup.contents()), apart_from_tags(&held));
}

#[tokio::test(start_paused = true)]
async fn while_replicas_lag_a_new_role_is_waited_for() {
    let timing = Timing {
        replica_lag: Duration::from_secs(20),
        ..Timing::INSTANT
    };
    let setup = Setup::in_manner(timing).await;
    let before = setup.contents();
    let job = setup.set_up_as(wanted()).await;
    let report = setup.run(&job).await;
    assert!(report.is_verified(), "{report:?}");
    assert_eq!(
        apart_from_tags(&setup.contents()),
        apart_from_tags(&as_planned().await)
    );
    let report = setup.run(&setup.put_back(None).await).await;
    assert!(report.is_verified(), "{report:?}");
    assert_eq!(setup.contents(), before);
}

#[tokio::test(start_paused = true)]
async fn a_boundary_is_put_on_and_one_that_does_not_exist_is_refused() {
    let setup = Setup::new().await;
    let before = setup.contents();
    let with = |arn: &str| {
        choices(&[
            NewRole {
                boundary: Some(arn.to_owned()),
                ..train()
            },
            connect(),
        ])
    };
    let known = "arn:aws:iam::123456789012:policy/TeamBoundary";
    let job = setup
        .set_up_as(with("arn:aws:iam::123456789012:policy/None"))
        .await;
    let report = setup.run(&job).await;
    // Nothing is written to a role that was not made.
    let not_begun = report.outcomes.iter().filter(|(target, outcome)| {
        target.role() == Some(TRAIN) && matches!(outcome, Outcome::NotBegun(_))
    });
    assert_eq!(not_begun.count(), 2, "{report:?}");
    assert!(!setup.contents().roles.contains_key(TRAIN));
    undo(&setup).await.unwrap();
    assert_eq!(setup.contents(), before);
    let job = setup.set_up_as(with(known)).await;
    let report = setup.run(&job).await;
    let held = setup.contents();
    assert_eq!(
        held.roles[TRAIN].boundary,
        Some(known.to_owned()),
        "{report:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_killed_at_any_point_can_be_gone_on_with_and_put_back_whole() {
    let planned = as_planned().await;
    let deaths = every_death(async |setup, death: Death| {
        let before = setup.contents();
        let job = setup.set_up_as(wanted()).await;
        if !setup.run_and_die(&job, death) {
            return false;
        }
        let again = setup.set_up_as(wanted()).await;
        setup.run(&again).await;
        assert_eq!(
            apart_from_tags(&setup.contents()),
            apart_from_tags(&planned),
            "{death:?}"
        );
        let report = setup.run(&setup.put_back(None).await).await;
        assert!(report.is_verified(), "{death:?}: {report:?}");
        assert_eq!(setup.contents(), before, "{death:?}");
        true
    })
    .await;
    assert!(deaths > 40, "{deaths}");
}

#[tokio::test(start_paused = true)]
async fn a_run_killed_at_any_point_can_be_put_back_and_so_can_an_undo() {
    let deaths = every_death(async |setup, death: Death| {
        let before = setup.contents();
        let job = setup.set_up_as(wanted()).await;
        if !setup.run_and_die(&job, death) {
            return false;
        }
        undo(setup).await;
        assert_eq!(setup.contents(), before, "{death:?}");
        true
    })
    .await;
    let undone = every_death(async |setup, death: Death| {
        let before = setup.contents();
        setup.run(&setup.set_up_as(wanted()).await).await;
        let job = setup.put_back(None).await;
        if !setup.run_and_die(&job, death) {
            return false;
        }
        let run = setup.records.all().unwrap().records[0].run.clone();
        let again = setup.put_back(Some(&run)).await;
        setup.run(&again).await;
        assert_eq!(setup.contents(), before, "{death:?}");
        true
    })
    .await;
    assert!(deaths > 40 && undone > 20, "{deaths}, {undone}");
}

#[tokio::test(start_paused = true)]
async fn any_call_that_fails_in_any_way_leaves_nothing_that_undo_does_not_take_away() {
    let refused = Fault::Refused;
    let faults = [
        refused(400, "Throttling", "Rate exceeded"),
        refused(403, "AccessDenied", "User is not authorized"),
        refused(
            409,
            "LimitExceeded",
            "Cannot exceed quota for RolesPerAccount: 1000",
        ),
        refused(409, "EntityAlreadyExists", "Role already exists."),
        refused(409, "DeleteConflict", "Cannot delete entity"),
        refused(404, "NoSuchEntity", "The role cannot be found."),
        refused(
            400,
            "MalformedPolicyDocument",
            "Invalid principal in policy",
        ),
        refused(500, "ServiceFailure", "The request failed"),
        Fault::LostReply,
        Fault::Unreachable,
        Fault::Hang,
        Fault::Html(200),
    ];
    let planned = as_planned().await;
    let mut rows = 0;
    for call in [
        "CreateRole",
        "AttachRolePolicy",
        "PutRolePolicy",
        "GetRole",
        "ListAttachedRolePolicies",
        "ListRolePolicies",
        "DetachRolePolicy",
        "DeleteRole",
    ] {
        for fault in &faults {
            for times in [1, u32::MAX] {
                let row = format!("{call}, {fault:?} x {times}");
                let is_of_undo = call.starts_with('D');
                let setup = Setup::new().await;
                let before = setup.contents();
                let job = setup.set_up_as(wanted()).await;
                if !is_of_undo {
                    setup.faults.add(call, times, fault.clone());
                }
                let report = tokio::time::timeout(TIMEOUT, setup.run(&job)).await;
                let report = report.unwrap_or_else(|_| panic!("{row}: it does not end"));
                let all_done = report.outcomes.iter().all(|(_, outcome)| outcome.is_done());
                if report.is_verified() && all_done {
                    setup.faults.clear();
                    let now = apart_from_tags(&setup.contents());
                    assert_eq!(now, apart_from_tags(&planned), "{row}");
                }
                let lines = outcome_messages::plain(&job.plan, &report, &setup.records);
                for (target, outcome) in &report.outcomes {
                    let said = outcome.explanation(target);
                    assert!(outcome.is_done() || said.is_some(), "{row}: {lines:?}");
                }
                setup.faults.clear();
                if is_of_undo {
                    setup.faults.add(call, times, fault.clone());
                    let undo = setup.put_back(None).await;
                    let report = tokio::time::timeout(TIMEOUT, setup.run(&undo)).await;
                    let report = report.unwrap_or_else(|_| panic!("{row}: it does not end"));
                    setup.faults.clear();
                    assert!(
                        !report.is_verified() || setup.contents() == before,
                        "{row}: {report:?}"
                    );
                }
                if let Some(record) = setup.records.all().unwrap().records.first() {
                    tokio::time::sleep(Duration::from_mins(16)).await;
                    let run = record.run.clone();
                    let undo = setup.put_back(Some(&run)).await;
                    setup.run(&undo).await;
                }
                assert_eq!(setup.contents(), before, "{row}");
                rows += 1;
            }
        }
    }
    println!("{rows} rows");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_of_the_creation_is_ours_by_the_tag_and_anybody_elses_is_not() {
    let setup = Setup::new().await;
    let job = setup.set_up_as(wanted()).await;
    setup.faults.add("CreateRole", 2, Fault::LostReply);
    let report = setup.run(&job).await;
    assert!(report.is_verified(), "{report:?}");
    // Somebody makes the same role by hand at the same moment: the same, but for the tag.
    let setup = Setup::new().await;
    let job = setup.set_up_as(wanted()).await;
    let made = Deed::MakesTheSameRole.prepared(&setup.demo).await;
    made.await;
    let report = setup.run(&job).await;
    let (_, outcome) = report
        .outcomes
        .iter()
        .find(|(target, _)| target.to_string() == "role:NewTraining")
        .unwrap();
    assert!(matches!(outcome, Outcome::Stale { .. }), "{outcome:?}");
    let held = &setup.contents().roles[TRAIN];
    assert!(
        held.inline.is_empty() && held.attached.is_empty(),
        "{held:?}"
    );
}

/// What somebody else does in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    MakesAnotherRole,
    MakesTheSameRole,
    AttachesAPolicy,
    AddsAnInlinePolicy,
    ChangesTheTrust,
    DeletesTheRole,
}

impl Deed {
    const ALL: [Self; 6] = [
        Self::MakesAnotherRole,
        Self::MakesTheSameRole,
        Self::AttachesAPolicy,
        Self::AddsAnInlinePolicy,
        Self::ChangesTheTrust,
        Self::DeletesTheRole,
    ];

    pub async fn prepared(self, demo: &Demo) -> Hook {
        let other = demo.source().connect(None).await.unwrap();
        Box::pin(async move {
            // Where the role is not there yet, or is there already, AWS refuses them.
            let _ = self.done(&other).await;
        })
    }

    async fn done(self, other: &Account) -> Result<(), String> {
        let theirs = |trust| RoleToMake {
            name: TRAIN,
            path: "/",
            description: "theirs",
            trust,
            boundary: None,
            run: "theirs",
        };
        let same = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["sagemaker.amazonaws.com","ssm.amazonaws.com"]},"Action":"sts:AssumeRole"}]}"#;
        let done = match self {
            Self::MakesAnotherRole => other.create_role(&theirs(THEIRS)).await,
            Self::MakesTheSameRole => other.create_role(&theirs(same)).await,
            Self::AttachesAPolicy => {
                let arn = "arn:aws:iam::123456789012:policy/TeamBoundary";
                other.attach_policy(TRAIN, arn).await
            }
            Self::AddsAnInlinePolicy => other.write_inline_policy(TRAIN, "Theirs", THEIRS).await,
            Self::ChangesTheTrust => other.write_trust(TRAIN, THEIRS).await,
            Self::DeletesTheRole => {
                let _ = other.detach_policy(TRAIN, FULL_ACCESS).await;
                let _ = other.delete_inline_policy(TRAIN, SERVER_POLICY).await;
                other.delete_role(TRAIN).await
            }
        };
        done.map_err(|error| error.to_string())
    }

    /// Whether what they did is to be seen in the role.
    fn stands(self, contents: &Contents) -> bool {
        let role = contents.roles.get(TRAIN);
        match self {
            Self::MakesAnotherRole | Self::MakesTheSameRole => {
                role.is_some_and(|role| role.tags.get(TAG).is_some_and(|run| run == "theirs"))
            }
            Self::AttachesAPolicy => role.is_some_and(|role| {
                role.attached
                    .iter()
                    .any(|arn| arn.ends_with("TeamBoundary"))
            }),
            Self::AddsAnInlinePolicy => role.is_some_and(|role| role.inline.contains_key("Theirs")),
            Self::ChangesTheTrust => role.is_some_and(|role| role.trust.contains("glue")),
            Self::DeletesTheRole => role.is_none(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_does_to_the_role_at_any_moment_stays() {
    let mut rows = 0;
    for deed in Deed::ALL {
        for call in 1.. {
            let row = format!("{deed:?} before call {call}");
            let setup = Setup::new().await;
            let before = setup.contents();
            let job = setup.set_up_as(wanted()).await;
            let hook = deed.prepared(&setup.demo).await;
            setup.faults.before_call(call, hook);
            let report = tokio::time::timeout(TIMEOUT, setup.run(&job))
                .await
                .unwrap();
            if setup.faults.is_to_come() {
                assert!(call > 20, "{deed:?}: only {call} calls");
                break;
            }
            setup.faults.clear();
            rows += 1;
            let now = setup.contents();
            let stands = deed.stands(&now);
            if matches!(deed, Deed::MakesAnotherRole | Deed::MakesTheSameRole) && stands {
                // Theirs got nothing from us.
                let role = &now.roles[TRAIN];
                assert!(role.inline.is_empty() && role.attached.is_empty(), "{row}");
                assert!(
                    !report.is_complete() || deed == Deed::MakesTheSameRole,
                    "{row}"
                );
            }
            let readiness = report.readiness.as_ref();
            if deed == Deed::DeletesTheRole && stands {
                let after = setup.set_up_as(wanted()).await;
                let is_seen = report
                    .verification
                    .as_ref()
                    .is_some_and(|plan| plan.totals().changes > 0);
                assert!(
                    !is_seen || readiness.is_none_or(|who| who.state != ReadinessLevel::Ready),
                    "{row}"
                );
                assert!(!after.plan.is_in_place(), "{row}");
            }
            undo(&setup).await;
            let end = setup.contents();
            if stands && deed != Deed::DeletesTheRole {
                assert!(deed.stands(&end), "{row}: theirs is gone");
            } else if deed == Deed::DeletesTheRole || !stands {
                assert_eq!(apart_from_tags(&end), apart_from_tags(&before), "{row}");
            }
            // Nothing else than that role stays.
            let others = |contents: &Contents| {
                let mut contents = contents.clone();
                contents.roles.remove(TRAIN);
                contents
            };
            assert_eq!(others(&end), others(&before), "{row}");
        }
    }
    println!("{rows} runs with somebody else at work");
}

#[tokio::test(start_paused = true)]
async fn undo_says_what_was_added_to_the_role_and_leaves_it() {
    for (deed, said) in [
        (
            Deed::AttachesAPolicy,
            "attached policies: arn:aws:iam::123456789012:policy/TeamBoundary",
        ),
        (Deed::AddsAnInlinePolicy, "inline policies: Theirs"),
        (Deed::ChangesTheTrust, "another trust policy"),
    ] {
        let setup = Setup::new().await;
        setup.run(&setup.set_up_as(wanted()).await).await;
        deed.prepared(&setup.demo).await.await;
        tokio::time::sleep(Duration::from_mins(2)).await;
        let undo = setup.put_back(None).await;
        let target = Target::Role {
            role: TRAIN.to_owned(),
        };
        let item = undo.plan.items.iter().find(|item| item.target == target);
        let State::Blocked {
            reason, obstacle, ..
        } = &item.unwrap().state
        else {
            panic!("{deed:?}: {item:?}");
        };
        assert_eq!(*obstacle, Obstacle::Changed);
        assert!(
            reason.contains(said) && reason.contains("it stays"),
            "{reason}"
        );
        setup.run(&undo).await;
        let held = setup.contents();
        assert!(
            deed.stands(&held) && !held.roles.contains_key(CONNECT),
            "{deed:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_whose_policy_somebody_changed_stays_whole() {
    let setup = Setup::new().await;
    setup.run(&setup.set_up_as(wanted()).await).await;
    let other = setup.demo.source().connect(None).await.unwrap();
    let written = other.write_inline_policy(TRAIN, SERVER_POLICY, THEIRS);
    written.await.unwrap();
    tokio::time::sleep(Duration::from_mins(2)).await;
    let undo = setup.put_back(None).await;
    let report = setup.run(&undo).await;
    let held = setup.contents();
    assert_eq!(held.roles[TRAIN].inline[SERVER_POLICY], THEIRS);
    assert!(!held.roles.contains_key(CONNECT), "{report:?}");
    let said = outcome_messages::plain(&undo.plan, &report, &setup.records).join("\n");
    assert!(said.contains("blocked"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_taken_is_never_taken_over() {
    let setup = Setup::new().await;
    let taken = NewRole {
        name: "ChurnTraining".to_owned(),
        ..train()
    };
    let before = setup.contents();
    let job = setup.set_up_as(choices(&[taken, connect()])).await;
    let blocked = job.plan.of_role("ChurnTraining").filter(|item| {
        matches!(
            &item.state,
            State::Blocked {
                obstacle: Obstacle::NameTaken,
                difference: Some(_),
                ..
            }
        )
    });
    assert_eq!(blocked.count(), 3);
    setup.run(&job).await;
    let held = setup.contents();
    assert_eq!(held.roles["ChurnTraining"], before.roles["ChurnTraining"]);
}

#[tokio::test(start_paused = true)]
async fn without_any_other_policy_a_new_sagemaker_role_is_not_called_ready() {
    let setup = Setup::new().await;
    let bare = NewRole {
        purpose: Purpose::Sagemaker { full_access: false },
        ..train()
    };
    let job = setup.set_up_as(choices(&[bare, connect()])).await;
    let report = setup.run(&job).await;
    assert!(report.is_verified(), "{report:?}");
    let readiness = report.readiness.unwrap();
    assert_eq!(readiness.state, ReadinessLevel::NotReady);
    assert!(
        readiness.obstacles()[0].contains("no job runs under it"),
        "{readiness:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_record_says_of_a_killed_creation_that_it_is_uncertain() {
    let setup = Setup::new().await;
    let job = setup.set_up_as(choices(&[train()])).await;
    let mut seen = 0;
    for call in 1..40 {
        let setup = Setup::new().await;
        if !setup.run_and_die(&job, Death { call, after: true }) {
            break;
        }
        let runs = setup.records.all().unwrap();
        let Some(record) = runs.records.last() else {
            continue;
        };
        let is_there = setup.contents().roles.contains_key(TRAIN);
        let made = record
            .steps
            .iter()
            .find(|step| matches!(step.target, Target::Role { .. }));
        match made.unwrap().verdict() {
            StepState::Done => assert!(is_there),
            StepState::NotDone => assert!(!is_there),
            StepState::Uncertain => seen += 1,
        }
    }
    assert!(seen > 0);
}

use super::play::Setup as Wizard;

#[tokio::test(start_paused = true)]
async fn an_empty_account_comes_to_ready_with_n_twice() {
    let mut play = Wizard::at((80, 24)).start();
    play.keys("{acme-ml-dev (123456789012)}p{acme-sandbox}<down><down><enter>")
        .await;
    play.keys("{acme-lab (321098765432)}<enter><enter>{no roles yet}<enter>{n makes a role}")
        .await;
    play.keys("n{A new SageMaker role}<tab><space>{no job runs under the role}<space><enter>")
        .await;
    play.keys("{is part of the plan}{+ to be made}<enter>{no roles yet}n{user dana}<enter>")
        .await;
    play.keys("{Space picks who may assume it}<down><space>{1 picked of 4 principals}<enter>")
        .await;
    play.keys("{is part of the plan}<enter>{standard}{!still being read}<space><enter>")
        .await;
    play.keys("{✓ Ready. After this}{6 to change}<enter>{Apply 6 changes}{!Asking AWS}y")
        .await;
    play.keys("{✓ Ready. 6 changes written and read back.}")
        .await;
    // Undo leaves nothing.
    play.keys("u{Delete the role}{Put back 6 changes}{!Asking AWS}y{Put back: 6 changes}")
        .await;
}

#[tokio::test(start_paused = true)]
async fn from_an_identity_center_role_a_new_one_leads_to_ready_without_its_permission_set() {
    let mut play = Wizard::at((110, 40)).start();
    play.keys(
        "{Roles         39}<enter><enter>{Recommender}tChurnTraining<enter>{1 picked}<enter>",
    )
    .await;
    play.keys("{people have}/reservedsso_data<enter>{via permission set}n{[x] role AWSReservedSSO_DataScience}")
        .await;
    play.keys("{Should the permission set be made anew}<enter>{is part of the plan}<enter>")
        .await;
    play.keys(
        "{standard}{!still being read}<space><enter>{Ready. After this}<enter>{!Asking AWS}y",
    )
    .await;
    play.keys(
        "{Ready. 5 changes}{source_profile = sagemaker-ssh-sign-in}{sso_role_name = DataScience}",
    )
    .await;
    let role = &play.demo.roles()["SageMaker-SSH-User"];
    assert!(
        role.trust
            .contains("AWSReservedSSO_DataScience_8c7b6a5948372615")
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_roles_name_and_boundary_are_held_against_what_there_is() {
    let mut play = Wizard::at((100, 40)).start();
    play.keys("{Roles         39}<enter><enter>{Recommender}n{A new SageMaker role}")
        .await;
    let name = "<end>".to_owned() + &"<backspace>".repeat(30);
    play.keys(&format!(
        "{name}<enter>{{A role needs a name}}churntraining<enter>"
    ))
    .await;
    play.keys("{There is a role of this name already: ChurnTraining}<end>-2<tab><tab>x<enter>")
        .await;
    play.keys("{not the ARN of a managed policy}<backspace>arn:aws:iam::123456789012:policy/TeamBoundary<enter>")
        .await;
    play.keys(
        "{churntraining-2 is part of the plan}n{A new SageMaker role}<esc>{!A new SageMaker role}",
    )
    .await;
    // What is said once holds for both, and what is left out is not made.
    play.keys("<enter>{people have}n{policy/TeamBoundary}{user amira}<esc><esc>{churntraining-2}<space>{0 picked}")
        .await;
    play.keys("<enter>{one at least}").await;
    assert_eq!(play.faults.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn where_users_cannot_be_listed_their_arns_are_pasted() {
    let mut play = Wizard::at((100, 40)).start();
    let denied = Fault::Refused(403, "AccessDenied", "no");
    play.faults.add("ListUsers", 9, denied);
    play.keys(
        "{Roles         39}<enter><enter>{Recommender}tChurnTraining<enter>{1 picked}<enter>",
    )
    .await;
    play.keys("{people have}n{no list of users: paste ARNs}<tab>")
        .await;
    play.paste("arn:aws:iam::999999999999:user/zoe").await;
    play.keys("{belongs to the account 999999999999}").await;
    play.paste("arn:aws:iam::123456789012:user/zoe").await;
    play.keys("{[x] user zoe}<enter>{is part of the plan}")
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_shows_late_is_ours_when_what_failed_is_tried_again() {
    let setup = Setup::new().await;
    let before = setup.contents();
    let mut job = setup.set_up_as(wanted()).await;
    // The role is made, nobody answers, and it cannot be read for a while.
    setup.faults.add("CreateRole", 99, Fault::LostReply);
    setup.faults.add_after("GetRole", 3, 99, Fault::Unreachable);
    let report = setup.run(&job).await;
    assert!(!report.is_verified(), "{report:?}");
    assert!(setup.contents().roles.contains_key(TRAIN));
    setup.faults.clear();
    tokio::time::sleep(Duration::from_mins(16)).await;
    job.only = Some(report.not_done().into_iter().cloned().collect());
    job.continues = report.run;
    let report = setup.run(&job).await;
    assert!(report.is_verified(), "{report:?}");
    let report = setup.run(&setup.put_back(None).await).await;
    assert!(report.is_verified(), "{report:?}");
    assert_eq!(setup.contents(), before);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_this_program_did_not_make_is_not_the_new_one_however_alike_it_is() {
    // The commonest trust policy there is: the account itself.
    let everybody = NewRole {
        name: "MLEngineer".to_owned(),
        purpose: Purpose::People {
            assumed_by: vec![trusted("account")],
            own_session_names: false,
        },
        boundary: None,
    };
    let setup = Setup::new().await;
    let before = setup.contents();
    let wanted = choices(&[train(), everybody]);
    let job = setup.set_up_as(wanted).await;
    let blocked = job.plan.of_role("MLEngineer").filter(|item| {
        matches!(&item.state, State::Blocked { obstacle: Obstacle::NameTaken, reason, .. } if reason.contains("no tag"))
    });
    assert_eq!(blocked.count(), 2, "{:?}", job.plan.items);
    setup.run(&job).await;
    assert_eq!(
        setup.contents().roles["MLEngineer"],
        before.roles["MLEngineer"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_role_that_was_made_and_extended_since_stays_in_place() {
    let setup = Setup::new().await;
    setup.run(&setup.set_up_as(wanted()).await).await;
    let other = setup.demo.source().connect(None).await.unwrap();
    let trust = other.trust(CONNECT).await.unwrap();
    let one_more = trust.replace(
        "\"arn:aws:iam::123456789012:user/ben\"",
        "[\"arn:aws:iam::123456789012:user/ben\",\"arn:aws:iam::123456789012:user/amira\"]",
    );
    assert_ne!(one_more, trust);
    other.write_trust(CONNECT, &one_more).await.unwrap();
    tokio::time::sleep(Duration::from_mins(2)).await;
    assert!(setup.set_up_as(wanted()).await.plan.is_in_place());
    // With somebody else asked for, it is said that they are not let in; nobody is let in by itself.
    let others = NewRole {
        purpose: Purpose::People {
            assumed_by: vec![trusted("arn:aws:iam::123456789012:user/team/chiara")],
            own_session_names: false,
        },
        ..connect()
    };
    let plan = setup.set_up_as(choices(&[train(), others])).await.plan;
    let role = plan
        .items
        .iter()
        .find(|item| item.target.to_string() == "role:NewConnect");
    assert!(role.unwrap().is_blocked_by(Obstacle::Changed), "{role:?}");
    // Hardened later, the trust of the SageMaker role is looked at like any other.
    let hardened = Choices {
        harden_trust: true,
        ..wanted()
    };
    let plan = setup.set_up_as(hardened).await.plan;
    let trust = plan
        .items
        .iter()
        .find(|item| item.target.to_string() == "trust:NewTraining");
    assert!(
        trust.unwrap().is_blocked_by(Obstacle::NotHardened),
        "{trust:?}"
    );
    assert_eq!(plan.totals().blocked, 1);
}

#[tokio::test(start_paused = true)]
async fn undo_knows_which_policies_on_the_role_are_the_runs_own() {
    // Somebody gives the user role what submitting jobs takes; the run did not attach that.
    let setup = Setup::new().await;
    setup.run(&setup.set_up_as(wanted()).await).await;
    let other = setup.demo.source().connect(None).await.unwrap();
    other.attach_policy(CONNECT, FULL_ACCESS).await.unwrap();
    tokio::time::sleep(Duration::from_mins(2)).await;
    let undo = setup.put_back(None).await;
    let role = undo
        .plan
        .items
        .iter()
        .find(|item| item.target.to_string() == "role:NewConnect");
    let State::Blocked { reason, .. } = &role.unwrap().state else {
        panic!("{role:?}");
    };
    assert!(reason.contains("AmazonSageMakerFullAccess"), "{reason}");
    setup.run(&undo).await;
    let held = setup.contents();
    assert_eq!(held.roles[CONNECT].attached, [FULL_ACCESS]);
    assert!(!held.roles.contains_key(TRAIN));
}

/// Deletes the new SageMaker role with everything on it, and makes one of that name for somebody else.
async fn replaced_by_somebody(setup: &Setup) {
    let other = setup.demo.source().connect(None).await.unwrap();
    let _ = Deed::DeletesTheRole.done(&other).await;
    Deed::MakesAnotherRole.done(&other).await.unwrap();
    tokio::time::sleep(Duration::from_mins(2)).await;
}

#[tokio::test(start_paused = true)]
async fn undo_takes_nothing_from_a_role_that_is_another_one_by_now_and_redo_gives_it_nothing() {
    let setup = Setup::new().await;
    setup.run(&setup.set_up_as(wanted()).await).await;
    replaced_by_somebody(&setup).await;
    let other = setup.demo.source().connect(None).await.unwrap();
    // With the very same policies on it.
    let made = as_planned().await;
    let server = &made.roles[TRAIN].inline[SERVER_POLICY];
    other
        .write_inline_policy(TRAIN, SERVER_POLICY, server)
        .await
        .unwrap();
    other.attach_policy(TRAIN, FULL_ACCESS).await.unwrap();
    tokio::time::sleep(Duration::from_mins(2)).await;
    let theirs = setup.contents().roles[TRAIN].clone();
    let undo = setup.run(&setup.put_back(None).await).await;
    assert_eq!(setup.contents().roles[TRAIN], theirs, "{undo:?}");

    let setup = Setup::new().await;
    setup.run(&setup.set_up_as(wanted()).await).await;
    let undo = setup.run(&setup.put_back(None).await).await;
    assert!(undo.is_verified(), "{undo:?}");
    replaced_by_somebody(&setup).await;
    let theirs = setup.contents().roles[TRAIN].clone();
    let redo = setup.put_back(undo.run.as_deref()).await;
    let on_theirs = redo.plan.of_role(TRAIN);
    let left: Vec<_> = on_theirs.filter(|item| item.change().is_some()).collect();
    assert!(left.is_empty(), "{left:?}");
    setup.run(&redo).await;
    let held = setup.contents();
    assert_eq!(held.roles[TRAIN], theirs);
    assert!(held.roles.contains_key(CONNECT));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_differs_by_case_alone_is_taken() {
    let setup = Setup::new().await;
    let shouted = NewRole {
        name: "LEGACYNOTEBOOK".to_owned(),
        ..train()
    };
    let plan = setup.set_up_as(choices(&[shouted, connect()])).await.plan;
    let mut items = plan.of_role("LEGACYNOTEBOOK");
    let is_blocked = |item: &sagemaker_ssh_setup::plan::Item| matches!(&item.state, State::Blocked { reason, .. } if reason.contains("a role LegacyNotebook"));
    assert!(items.all(is_blocked), "{:?}", plan.items);
}

#[tokio::test(start_paused = true)]
async fn of_a_creation_that_was_cut_off_it_is_said_whose_the_role_is() {
    let mut said_of_ours = 0;
    for call in 1..30 {
        let setup = Setup::new().await;
        let job = setup.set_up_as(choices(&[train()])).await;
        if !setup.run_and_die(&job, Death { call, after: true }) {
            break;
        }
        let runs = setup.records.all().unwrap();
        let Some(record) = runs.records.last() else {
            continue;
        };
        let role = Target::Role {
            role: TRAIN.to_owned(),
        };
        if !record.uncertain_targets().contains(&role)
            || !setup.contents().roles.contains_key(TRAIN)
        {
            continue;
        }
        let found =
            sagemaker_ssh_setup::survey::contents(&setup.account, record.uncertain_targets()).await;
        let said = sagemaker_ssh_setup::messages::record::cut_off(record, Some(&found));
        let said: Vec<&str> = said.iter().map(|message| message.text.as_str()).collect();
        let said = said.join("\n");
        assert!(
            said.contains("New role NewTraining: written, as read just now."),
            "{said}"
        );
        said_of_ours += 1;
        // What is to be gone on with leads to Ready.
        let again = setup.set_up_as(choices(&[train()])).await;
        assert!(again.plan.unusable.is_empty(), "{:?}", again.plan.unusable);
    }
    assert!(said_of_ours > 0);
}
