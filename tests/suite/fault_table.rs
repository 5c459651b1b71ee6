//! Every kind of call with every kind of fault, once and for ever, while a plan is made, carried out and put back. What
//! has to hold is the same in every row: it ends, it says what happened and what to do, the account holds what was there
//! or what was planned, the record tells the truth, and undo puts everything back.

use std::time::Duration;

use sagemaker_ssh_setup::apply::{Job, Outcome, Report};
use sagemaker_ssh_setup::exit::Exit;
use sagemaker_ssh_setup::journal::Records;
use sagemaker_ssh_setup::messages::outcome as outcome_messages;
use sagemaker_ssh_setup::plan::{Obstacle, Plan, State};

use super::cut_off::{Contents, Setup, as_planned, assert_record_agrees};
use super::faults::Fault;

/// Everything that is called to plan, to carry out and to put back.
const CALLS: [&str; 14] = [
    "GetCallerIdentity",
    "GetRole",
    "ListRolePolicies",
    "GetRolePolicy",
    "ListAttachedRolePolicies",
    "GetPolicy",
    "GetPolicyVersion",
    "GetServiceSetting",
    "DescribeInstanceInformation",
    "UpdateServiceSetting",
    "UpdateAssumeRolePolicy",
    "PutRolePolicy",
    "DeleteRolePolicy",
    "ResetServiceSetting",
];

const fn refused(status: u16, code: &'static str, message: &'static str) -> Fault {
    Fault::Refused(status, code, message)
}

/// What can go wrong with a call.
fn faults() -> Vec<(&'static str, Fault)> {
    let explicit =
        "User is not authorized to perform this with an explicit deny in a service control policy";
    vec![
        ("throttled", refused(400, "Throttling", "Rate exceeded")),
        (
            "throttled by Systems Manager",
            refused(400, "ThrottlingException", "Rate exceeded"),
        ),
        (
            "too many updates",
            refused(400, "TooManyUpdates", "There are concurrent updates"),
        ),
        (
            "changed by somebody else",
            refused(409, "ConcurrentModification", "Another request changes it"),
        ),
        (
            "IAM failed",
            refused(500, "ServiceFailure", "The request failed"),
        ),
        (
            "Systems Manager failed",
            refused(500, "InternalServerError", "An internal error"),
        ),
        (
            "not available",
            refused(503, "ServiceUnavailable", "Try later"),
        ),
        (
            "denied",
            refused(
                403,
                "AccessDenied",
                "User is not authorized to perform this",
            ),
        ),
        (
            "denied by Systems Manager",
            refused(400, "AccessDeniedException", "User is not authorized"),
        ),
        (
            "denied by the organization",
            refused(403, "AccessDenied", explicit),
        ),
        (
            "expired",
            refused(403, "ExpiredToken", "The security token is expired"),
        ),
        (
            "expired in Systems Manager",
            refused(
                400,
                "ExpiredTokenException",
                "The security token is expired",
            ),
        ),
        (
            "the region disappears",
            refused(
                400,
                "UnrecognizedClientException",
                "The security token is invalid",
            ),
        ),
        (
            "the key is gone",
            refused(403, "InvalidClientTokenId", "The security token is invalid"),
        ),
        (
            "a wrong signature",
            refused(403, "SignatureDoesNotMatch", "The signature does not match"),
        ),
        (
            "the clock is wrong",
            refused(
                403,
                "SignatureDoesNotMatch",
                "Signature expired: 20240131T101010Z is now earlier than 20240131T111010Z",
            ),
        ),
        (
            "a quota is used up",
            refused(
                409,
                "LimitExceeded",
                "Cannot exceed quota for ACLSizePerRole: 2048",
            ),
        ),
        (
            "a document is refused",
            refused(
                400,
                "MalformedPolicyDocument",
                "Invalid principal in policy",
            ),
        ),
        (
            "a role that only AWS may change",
            refused(400, "UnmodifiableEntity", "Only modifiable by AWS"),
        ),
        (
            "it is gone",
            refused(404, "NoSuchEntity", "It cannot be found."),
        ),
        (
            "a code nobody knows",
            refused(418, "Teapot", "\u{1b}[31mshort and stout\u{202e}"),
        ),
        ("a proxy's page as an answer", Fault::Html(200)),
        ("a proxy's page as an error", Fault::Html(502)),
        (
            "half an answer",
            Fault::Answer("text/xml", "<GetRoleResponse><GetRoleResult><Role><Ro"),
        ),
        (
            "an empty answer",
            Fault::Answer("application/x-amz-json-1.1", "{}"),
        ),
        ("unreachable", Fault::Unreachable),
        ("the answer is lost", Fault::LostReply),
        ("it hangs", Fault::Hang),
    ]
}

/// How often it goes wrong before it goes well.
const TIMES: [u32; 2] = [1, u32::MAX];
/// What may pass by itself also goes wrong for a while.
const A_WHILE: u32 = 3;

/// More than anything may take, on the test's clock.
const TIMEOUT: Duration = Duration::from_mins(20);

/// A row of the table, for the messages of a failing test.
struct Row {
    call: &'static str,
    name: &'static str,
    fault: Fault,
    times: u32,
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {} x {}", self.call, self.name, self.times)
    }
}

/// Codes that Systems Manager alone gives.
const OF_SYSTEMS_MANAGER: [&str; 6] = [
    "ThrottlingException",
    "TooManyUpdates",
    "InternalServerError",
    "AccessDeniedException",
    "ExpiredTokenException",
    "UnrecognizedClientException",
];
/// Codes that IAM and STS alone give.
const OF_IAM: [&str; 9] = [
    "Throttling",
    "ConcurrentModification",
    "ServiceFailure",
    "AccessDenied",
    "ExpiredToken",
    "LimitExceeded",
    "MalformedPolicyDocument",
    "UnmodifiableEntity",
    "NoSuchEntity",
];

/// Whether the service of a call could fail like this; a code that nobody knows is tried with every call.
fn is_possible(call: &str, fault: &Fault) -> bool {
    let of_others: &[&str] = if call.ends_with("ServiceSetting") {
        &OF_IAM
    } else {
        &OF_SYSTEMS_MANAGER
    };
    !matches!(fault, Fault::Refused(_, code, _) if of_others.contains(code))
}

/// A row for every fault of every call that is made without one.
fn rows(made: &[String]) -> impl Iterator<Item = Row> {
    let is_made = |call: &&str| made.iter().any(|action| action == call);
    let calls: Vec<_> = CALLS.into_iter().filter(is_made).collect();
    assert!(calls.len() >= 6, "{calls:?}");
    calls.into_iter().flat_map(|call| {
        let faults = faults().into_iter();
        let possible = faults.filter(move |(_, fault)| is_possible(call, fault));
        possible.flat_map(move |(name, fault)| {
            let times = TIMES.into_iter().chain(passes(&fault).then_some(A_WHILE));
            times.map(move |times| Row {
                call,
                name,
                fault: fault.clone(),
                times,
            })
        })
    })
}

/// The calls that are made from a number of calls on.
fn made_since(setup: &Setup, before: usize) -> Vec<String> {
    setup.faults.calls().split_off(before)
}

/// Whether waiting can help.
fn passes(fault: &Fault) -> bool {
    let codes = [
        "Throttling",
        "ThrottlingException",
        "TooManyUpdates",
        "ServiceFailure",
        "InternalServerError",
    ];
    match fault {
        Fault::Refused(_, code, _) => codes.contains(code),
        fault => matches!(fault, Fault::Unreachable | Fault::LostReply | Fault::Hang),
    }
}

async fn in_time<T>(row: &Row, work: impl Future<Output = T>) -> T {
    let ended = tokio::time::timeout(TIMEOUT, work).await;
    ended.unwrap_or_else(|_| panic!("{row}: it does not end"))
}

/// A sentence for a person, and a way out: nothing that moves a cursor, and nothing half.
fn assert_plain(row: &Row, text: &str) {
    assert!(
        text.ends_with(['.', '…']) && text.contains(". "),
        "{row}: neither sentence nor way out: {text}"
    );
    assert!(!text.chars().any(char::is_control), "{row}: {text:?}");
    assert!(!text.contains('<'), "{row}: markup: {text}");
}

/// Everything that a report says, as it is printed at the end.
fn assert_says_why(row: &Row, job: &Job, report: &Report) {
    if let Some(why) = &report.refused {
        assert_plain(row, why);
    }
    for (target, outcome) in &report.outcomes {
        match outcome.explanation(target) {
            Some(why) => assert_plain(row, &why),
            None => assert!(outcome.is_done(), "{row}: {outcome:?} without a word"),
        }
    }
    let is_whole = Exit::of_report(report) == Exit::Done;
    let all_done = report.outcomes.len() == job.plan.totals().changes
        && report.outcomes.iter().all(|(_, outcome)| outcome.is_done());
    assert!(!is_whole || all_done, "{row}: called whole, and is not");
    let lines = outcome_messages::plain(&job.plan, report, &Records::in_memory());
    assert!(
        lines.iter().all(|line| !line.chars().any(char::is_control)),
        "{row}: {lines:?}"
    );
}

/// Each thing is as it was, or as it was planned.
fn assert_former_or_planned(row: &Row, former: &Contents, planned: &Contents, now: &Contents) {
    assert!(
        now.tier == former.tier || now.tier == planned.tier,
        "{row}: {:?}",
        now.tier
    );
    assert_eq!(
        now.roles.keys().collect::<Vec<_>>(),
        former.roles.keys().collect::<Vec<_>>(),
        "{row}"
    );
    for (name, role) in &now.roles {
        let (before, after) = (&former.roles[name], &planned.roles[name]);
        assert!(
            role.trust == before.trust || role.trust == after.trust,
            "{row}: {name}"
        );
        for policy in before
            .inline
            .keys()
            .chain(role.inline.keys())
            .chain(after.inline.keys())
        {
            let text = role.inline.get(policy);
            assert!(
                text == before.inline.get(policy) || text == after.inline.get(policy),
                "{row}: {name}/{policy}"
            );
        }
    }
}

/// Puts back whatever a run may have done, and makes sure that all of it has gone back.
async fn assert_goes_back(row: &Row, setup: &Setup, former: &Contents) {
    // What was on its way has arrived by now, or never will.
    tokio::time::sleep(Duration::from_mins(16)).await;
    let wrote = setup
        .records
        .all()
        .unwrap()
        .records
        .iter()
        .any(|record| record.undoes.is_none() && record.may_have_written());
    if wrote {
        let undo = in_time(row, setup.put_back(None)).await;
        let report = in_time(row, setup.run(&undo)).await;
        assert!(report.is_verified(), "{row}: {report:?}");
    }
    assert_eq!(setup.contents(), *former, "{row}");
}

#[tokio::test(start_paused = true)]
async fn a_run_with_any_call_spoilt_in_any_way_loses_nothing_and_can_be_put_back() {
    let planned = as_planned().await;
    let (mut count, mut whole) = (0, 0);
    let plain = Setup::new().await;
    let job = plain.set_up().await;
    let before = plain.faults.calls().len();
    plain.run(&job).await;
    let made = made_since(&plain, before);
    for row in rows(&made) {
        let setup = Setup::new().await;
        let former = setup.contents();
        let job = setup.set_up().await;
        setup.faults.add(row.call, row.times, row.fault.clone());
        let report = in_time(&row, setup.run(&job)).await;
        setup.faults.clear();
        assert_says_why(&row, &job, &report);
        assert_former_or_planned(&row, &former, &planned, &setup.contents());
        assert_record_agrees(&setup).await;
        whole += usize::from(Exit::of_report(&report) == Exit::Done);
        // What did not go well is tried again, now that nothing is in the way.
        if !report.not_done().is_empty() {
            let again = Job {
                only: Some(report.not_done().into_iter().cloned().collect()),
                continues: report.run.clone(),
                ..job.clone()
            };
            let report = in_time(&row, setup.run(&again)).await;
            assert_eq!(report.refused, None, "{row}");
            assert!(
                report.outcomes.iter().all(|(_, outcome)| outcome.is_done()),
                "{row}: {:?}",
                report.outcomes
            );
            assert_eq!(setup.contents(), planned, "{row}");
        }
        assert_goes_back(&row, &setup, &former).await;
        count += 1;
    }
    println!("{count} runs with a fault; {whole} of them came through whole");
    assert_eq!(count, rows(&made).count());
    assert!((1..count).contains(&whole), "{whole}");
}

#[tokio::test(start_paused = true)]
async fn an_undo_with_any_call_spoilt_in_any_way_loses_nothing_and_comes_to_its_end_later() {
    let mut count = 0;
    let plain = Setup::new().await;
    plain.run(&plain.set_up().await).await;
    let before = plain.faults.calls().len();
    let job = plain.put_back(None).await;
    plain.run(&job).await;
    let made = made_since(&plain, before);
    for row in rows(&made) {
        let setup = Setup::new().await;
        let former = setup.contents();
        let report = setup.run(&setup.set_up().await).await;
        assert!(report.is_verified(), "{row}");
        let run = report.run.unwrap();
        let planned = setup.contents();
        setup.faults.add(row.call, row.times, row.fault.clone());
        let undone = in_time(&row, setup.try_put_back()).await;
        match undone {
            Ok(job) => {
                let report = in_time(&row, setup.run(&job)).await;
                assert_says_why(&row, &job, &report);
            }
            Err(why) => assert!(why.ends_with('.'), "{row}: {why}"),
        }
        setup.faults.clear();
        assert_former_or_planned(&row, &former, &planned, &setup.contents());
        assert_record_agrees(&setup).await;
        // Later, with nothing in the way, the rest goes back.
        tokio::time::sleep(Duration::from_mins(16)).await;
        if setup.contents() != former {
            // By its name: where AWS said that nothing is there, the run counts as put back.
            let undo = in_time(&row, setup.put_back(Some(&run))).await;
            in_time(&row, setup.run(&undo)).await;
        }
        assert_eq!(setup.contents(), former, "{row}");
        count += 1;
    }
    println!("{count} undos with a fault");
    assert_eq!(count, rows(&made).count());
}

#[tokio::test(start_paused = true)]
async fn a_plan_with_any_call_spoilt_in_any_way_is_right_or_says_what_is_not_known() {
    let setup = Setup::new().await;
    let whole = setup.set_up().await.plan;
    let made = made_since(&setup, 0);
    let mut count = 0;
    for row in rows(&made) {
        let setup = Setup::new().await;
        let former = setup.contents();
        setup.faults.add(row.call, row.times, row.fault.clone());
        let plan = in_time(&row, setup.try_set_up()).await;
        setup.faults.clear();
        match plan {
            Err(why) => assert_plain(&row, &why),
            Ok(job) => assert_right_or_unknown(&row, &job.plan, &whole),
        }
        assert_eq!(setup.contents(), former, "{row}: planning writes nothing");
        count += 1;
    }
    println!("{count} plans with a fault");
}

/// Each item is what it would be without the fault, or is said not to be known.
fn assert_right_or_unknown(row: &Row, plan: &Plan, whole: &Plan) {
    assert_eq!(plan.items.len(), whole.items.len(), "{row}");
    for (item, right) in plan.items.iter().zip(&whole.items) {
        assert_eq!(item.target, right.target, "{row}");
        match &item.state {
            State::Blocked {
                obstacle,
                reason,
                remedy,
                ..
            } if obstacle.is_unread() || *obstacle == Obstacle::RegionDisabled => {
                assert_plain(row, &format!("{reason} {remedy}"));
            }
            State::Change(change) => {
                let right = right.change().unwrap();
                assert!(
                    change.before().is_same(&right.before()),
                    "{row}: {}",
                    item.target
                );
                assert!(
                    change.after().is_same(&right.after()),
                    "{row}: {}",
                    item.target
                );
            }
            state => assert_eq!(*state, right.state, "{row}: {}", item.target),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn renewed_credentials_let_a_run_go_on() {
    let setup = Setup::new().await;
    let job = setup.set_up().await;
    let expired = refused(403, "ExpiredToken", "The security token is expired");
    setup.faults.add("PutRolePolicy", u32::MAX, expired);
    let report = setup.run(&job).await;
    let said = report
        .outcomes
        .iter()
        .filter_map(|(target, outcome)| match outcome {
            Outcome::Failed(_) => outcome.explanation(target),
            _ => None,
        });
    let said: Vec<String> = said.collect();
    assert_eq!(said.len(), 2, "{:?}", report.outcomes);
    assert!(
        said.iter().all(|text| text.contains("Renew them")),
        "{said:?}"
    );
    setup.faults.clear();
    let again = Job {
        only: Some(report.not_done().into_iter().cloned().collect()),
        continues: report.run.clone(),
        ..job
    };
    assert!(setup.run(&again).await.is_complete());
}
