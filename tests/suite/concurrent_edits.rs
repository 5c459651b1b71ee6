//! Somebody else at work in the same account: what they do before each single call of a run. What they did stays, no
//! statement is lost, nothing is called done that is not there, and what is put back leaves theirs alone.

use std::time::Duration;

use aws_sdk_iam::config::{BehaviorVersion, Credentials, Region};
use sagemaker_ssh_setup::account::Account;
use sagemaker_ssh_setup::apply::Report;
use sagemaker_ssh_setup::demo::Demo;
use sagemaker_ssh_setup::model::{Partition, Tier};
use sagemaker_ssh_setup::policy::document::Document;
use sagemaker_ssh_setup::policy::template::CLIENT_POLICY;
use serde_json::{Map, Value, json};

use super::cut_off::{Contents, REGION, SAGEMAKER, Setup, USER, assert_record_agrees};
use super::faults::{Fault, Faults, Hook};

/// More than anything may take, on the test's clock.
const TIMEOUT: Duration = Duration::from_mins(20);
const THEIR_POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Theirs","Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;

/// What somebody else does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interference {
    ExtendsTheTrust,
    RewritesThePolicy,
    DeletesTheRole,
    TurnsTheTierOn,
    DisablesTheRegion,
    LetsTheCredentialsExpire,
}

impl Interference {
    const ALL: [Self; 6] = [
        Self::ExtendsTheTrust,
        Self::RewritesThePolicy,
        Self::DeletesTheRole,
        Self::TurnsTheTierOn,
        Self::DisablesTheRegion,
        Self::LetsTheCredentialsExpire,
    ];

    /// It, as a piece of work.
    async fn prepared(self, demo: &Demo, faults: &Faults) -> Hook {
        let other = demo.source().connect(None).await.unwrap();
        let (demo, faults) = (demo.clone(), faults.clone());
        Box::pin(async move { self.done(&other, &demo, &faults).await })
    }

    async fn done(self, other: &Account, demo: &Demo, faults: &Faults) {
        match self {
            Self::ExtendsTheTrust => {
                let trust =
                    Document::parse(other.trust(SAGEMAKER).await.unwrap().as_str()).unwrap();
                let theirs = json!({
                    "Sid": "Theirs",
                    "Effect": "Allow",
                    "Principal": {"Service": "glue.amazonaws.com"},
                    "Action": "sts:AssumeRole"
                });
                let trust = trust.with_statement(&theirs).unwrap();
                other.write_trust(SAGEMAKER, trust.text()).await.unwrap();
            }
            Self::RewritesThePolicy => {
                let written = other.write_inline_policy(USER, CLIENT_POLICY, THEIR_POLICY);
                written.await.unwrap();
            }
            Self::DeletesTheRole => delete_role(demo, SAGEMAKER).await,
            Self::TurnsTheTierOn => {
                let partition = Partition::default();
                let written = other.write_tier(REGION, &Tier::Advanced, "123456789012", &partition);
                written.await.unwrap();
            }
            Self::DisablesTheRegion => {
                let refused = Fault::Refused(400, "UnrecognizedClientException", "invalid token");
                faults.add(&format!("*@{REGION}"), u32::MAX, refused);
            }
            Self::LetsTheCredentialsExpire => {
                let expired = Fault::Refused(403, "ExpiredToken", "The token is expired");
                faults.add("*", u32::MAX, expired);
            }
        }
    }

    /// Whether it still stands in the account.
    fn stands(self, held: &Contents) -> bool {
        match self {
            Self::ExtendsTheTrust => held.roles[SAGEMAKER].trust.contains("Theirs"),
            Self::RewritesThePolicy => {
                held.roles[USER]
                    .inline
                    .get(CLIENT_POLICY)
                    .map(String::as_str)
                    == Some(THEIR_POLICY)
            }
            Self::DeletesTheRole => !held.roles.contains_key(SAGEMAKER),
            Self::TurnsTheTierOn => held.tier.as_deref() == Some("advanced"),
            Self::DisablesTheRegion | Self::LetsTheCredentialsExpire => true,
        }
    }

    /// Whether it came after the program looked and before it wrote. AWS gives no way to notice that.
    fn is_in_the_gap(self, before: &[(String, String)]) -> bool {
        match self {
            Self::ExtendsTheTrust => {
                has(before, "GetRole", SAGEMAKER)
                    && !has(before, "UpdateAssumeRolePolicy", SAGEMAKER)
            }
            Self::RewritesThePolicy => {
                let policy = format!("{USER}/{CLIENT_POLICY}");
                has(before, "GetRolePolicy", &policy) && !has(before, "PutRolePolicy", &policy)
            }
            _ => false,
        }
    }

    /// Whether the program looks again after it.
    fn can_be_seen(self, after: &[(String, String)]) -> bool {
        match self {
            Self::ExtendsTheTrust | Self::DeletesTheRole => has(after, "GetRole", SAGEMAKER),
            Self::RewritesThePolicy => {
                has(after, "GetRolePolicy", &format!("{USER}/{CLIENT_POLICY}"))
            }
            _ => true,
        }
    }
}

fn has(calls: &[(String, String)], action: &str, subject: &str) -> bool {
    calls.contains(&(action.to_owned(), subject.to_owned()))
}

pub fn iam(demo: &Demo) -> aws_sdk_iam::Client {
    let config = aws_sdk_iam::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(demo.http())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(
            "AKIAEXAMPLE",
            "secret",
            None,
            None,
            "test",
        ))
        .build();
    aws_sdk_iam::Client::from_conf(config)
}

async fn delete_role(demo: &Demo, role: &str) {
    let iam = iam(demo);
    let inline = iam.list_role_policies().role_name(role).send().await;
    for name in inline.unwrap().policy_names() {
        let deleted = iam.delete_role_policy().role_name(role).policy_name(name);
        deleted.send().await.unwrap();
    }
    let attached = iam.list_attached_role_policies().role_name(role).send();
    for policy in attached.await.unwrap().attached_policies() {
        let detached = iam.detach_role_policy().role_name(role);
        let detached = detached.set_policy_arn(policy.policy_arn().map(str::to_owned));
        detached.send().await.unwrap();
    }
    iam.delete_role().role_name(role).send().await.unwrap();
}

async fn in_time<T>(row: &str, work: impl Future<Output = T>) -> T {
    let ended = tokio::time::timeout(TIMEOUT, work).await;
    ended.unwrap_or_else(|_| panic!("{row}: it does not end"))
}

fn statements(text: &str) -> Vec<Map<String, Value>> {
    let document = Document::parse(text).unwrap();
    document.statements().into_iter().cloned().collect()
}

/// Every statement of every trust policy is still there; roles that were deleted aside.
fn assert_no_statement_is_lost(row: &str, former: &Contents, now: &Contents) {
    for (name, role) in &now.roles {
        let there = statements(&role.trust);
        for statement in statements(&former.roles[name].trust) {
            assert!(
                there.contains(&statement),
                "{row}: {name} lost {statement:?}"
            );
        }
    }
}

/// A run with something done before one of its calls.
struct Played {
    row: String,
    setup: Setup,
    former: Contents,
    report: Report,
    in_the_gap: bool,
    can_be_seen: bool,
}

/// Plays a run; none where it ended before that call.
async fn play(deed: Interference, call: usize) -> Option<Played> {
    let row = format!("{deed:?} before call {call}");
    let setup = Setup::new().await;
    let former = setup.contents();
    let job = setup.set_up().await;
    let interlude = deed.prepared(&setup.demo, &setup.faults).await;
    setup.faults.before_call(call, interlude);
    let report = in_time(&row, setup.run(&job)).await;
    let came = !setup.faults.is_to_come();
    let calls = setup.faults.calls_with_subjects();
    let (before, after) = calls.split_at_checked(call - 1).unwrap_or_default();
    let (in_the_gap, can_be_seen) = (deed.is_in_the_gap(before), deed.can_be_seen(after));
    setup.faults.clear();
    came.then_some(Played {
        row,
        setup,
        former,
        report,
        in_the_gap,
        can_be_seen,
    })
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_does_at_any_moment_of_a_run_stays_and_is_never_called_ours() {
    let (mut rows, mut gaps) = (0, 0);
    for deed in Interference::ALL {
        for call in 1.. {
            let Some(played) = Box::pin(play(deed, call)).await else {
                assert!(call > 20, "{deed:?}: only {call} calls");
                break;
            };
            let Played {
                row,
                setup,
                former,
                report,
                in_the_gap,
                can_be_seen,
            } = &played;
            let now = setup.contents();
            rows += 1;
            gaps += usize::from(*in_the_gap);
            assert_no_statement_is_lost(row, former, &now);
            assert!(
                *in_the_gap || deed.stands(&now),
                "{row}: theirs was overwritten"
            );
            // What is called verified is there, read by somebody who was not part of it.
            if report.is_verified() && *can_be_seen {
                let plan = setup.set_up().await.plan;
                assert!(
                    deed != Interference::DeletesTheRole && plan.is_in_place(),
                    "{row}: {:?}",
                    report.outcomes
                );
            }
            if deed == Interference::TurnsTheTierOn
                || deed == Interference::LetsTheCredentialsExpire
            {
                assert_record_agrees(setup).await;
            }
            assert_theirs_outlives_an_undo(deed, &played).await;
        }
    }
    println!(
        "{rows} runs with somebody else at work; {gaps} times between the last look and the write"
    );
    assert!(gaps > 0 && gaps < rows / 10, "{gaps} of {rows}");
}

/// Puts back what the run did, as far as that can be.
async fn assert_theirs_outlives_an_undo(deed: Interference, played: &Played) {
    let (row, setup) = (&played.row, &played.setup);
    // What was on its way has arrived by now, or never will.
    tokio::time::sleep(Duration::from_mins(16)).await;
    if played.report.run.is_none() {
        return;
    }
    let stood = deed.stands(&setup.contents());
    if let Ok(undo) = in_time(row, setup.try_put_back()).await {
        in_time(row, setup.run(&undo)).await;
    }
    let now = setup.contents();
    assert_no_statement_is_lost(row, &played.former, &now);
    match deed {
        // Nobody can tell whose advanced tier it is, once the run was told that it wrote it.
        Interference::TurnsTheTierOn => {}
        Interference::DisablesTheRegion | Interference::LetsTheCredentialsExpire => {
            assert_eq!(now, played.former, "{row}");
        }
        _ => assert!(played.in_the_gap || !stood || deed.stands(&now), "{row}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_failed_with_expired_credentials_at_any_moment_comes_to_its_end_with_new_ones() {
    let planned = super::cut_off::as_planned().await;
    for call in 1.. {
        let Some(played) = Box::pin(play(Interference::LetsTheCredentialsExpire, call)).await
        else {
            break;
        };
        let Played { row, setup, .. } = &played;
        let again = setup.set_up().await;
        let report = in_time(row, setup.run(&again)).await;
        assert!(
            again.plan.totals().changes == 0 || report.is_verified(),
            "{row}: {report:?}"
        );
        assert_eq!(setup.contents(), planned, "{row}");
    }
}
