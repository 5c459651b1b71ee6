//! The guide through the console: key scripts, while another client of the account does the steps, some of them
//! wrongly. Nothing that the guide sends may write.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use sagemaker_ssh_setup::account::Account;
use sagemaker_ssh_setup::demo::{Seed, Timing};
use sagemaker_ssh_setup::exit::Exit;
use sagemaker_ssh_setup::journal::{GuideRecord, Records};
use sagemaker_ssh_setup::messages::guide::plain;
use sagemaker_ssh_setup::model::{Choices, ConnectFrom, Partition, Tier};
use sagemaker_ssh_setup::policy::Document;
use sagemaker_ssh_setup::policy::template::{CLIENT_POLICY, Place, SERVER_POLICY};
use sagemaker_ssh_setup::wizard::{Chosen, Start, WizardExit};
use serde_json::{Value, json};

use super::commands::Desk;
use super::cut_off::Folder;
use super::documents::content;
use super::faults::{Fault, Faults};
use super::loopback::Loopback;
use super::play::{Play, Setup};
use super::program::{Run, against};

const ROLE: &str = "AmazonSageMaker-ExecutionRole-20240131T101010";
const USER: &str = "DataEngineer";
const REGION: &str = "eu-west-1";
const ACCOUNT: &str = "123456789012";

fn choices() -> Choices {
    Choices {
        sagemaker_roles: vec![ROLE.into()],
        user_roles: vec![USER.into()],
        regions: vec![REGION.into()],
        ..Choices::default()
    }
}

fn setup(choices: Choices) -> Setup {
    Setup {
        timing: Timing::INSTANT,
        start: Start::Guide(Some(Chosen {
            choices,
            arns: Vec::new(),
        })),
        ..Setup::default()
    }
}

pub async fn guide(choices: Choices) -> Play {
    let mut play = setup(choices).start();
    play.wait("This program changes nothing here").await;
    play
}

/// Somebody else, in front of the console.
struct Person(Account);

impl Person {
    async fn of(play: &Play) -> Self {
        Self(play.demo.source().connect(None).await.unwrap())
    }

    async fn sets_tier(&self, tier: Tier) {
        let partition = Partition::default();
        let written = self.0.write_tier(REGION, &tier, ACCOUNT, &partition).await;
        written.unwrap();
    }

    async fn pastes_trust(&self, text: &str) {
        self.0.write_trust(ROLE, text).await.unwrap();
    }

    async fn pastes_policy(&self, role: &str, policy: &str, text: &str) {
        let written = self.0.write_inline_policy(role, policy, text).await;
        written.unwrap();
    }

    async fn trust(&self) -> String {
        self.0.trust(ROLE).await.unwrap()
    }
}

/// What the key `c` hands over.
pub async fn copied(play: &mut Play) -> String {
    play.keys("c").await;
    let end = tokio::time::Instant::now() + Duration::from_mins(1);
    loop {
        if let Some(text) = play.copied.lock().unwrap().pop() {
            return text;
        }
        assert!(
            tokio::time::Instant::now() < end,
            "nothing was copied:\n{}",
            play.screen()
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn statements(text: &str) -> Vec<Value> {
    let value: Value = serde_json::from_str(text).unwrap();
    value["Statement"].as_array().unwrap().clone()
}

fn client_policy() -> String {
    let partition = Partition::default();
    let place = Place {
        partition: &partition,
        account: ACCOUNT,
    };
    place.client_policy(false).unwrap().text().to_owned()
}

#[tokio::test(start_paused = true)]
async fn from_the_question_through_every_step_to_done_without_a_write_of_its_own() {
    let mut play = Setup {
        timing: Timing::INSTANT,
        ..Setup::default()
    }
    .start();
    play.walk_to_confirm().await.keys("m").await;
    play.wait("1 of 4 · 0 in place").await;
    let person = Person::of(&play).await;

    // Each tick comes true without a key.
    play.wait("Not yet: the tier is standard").await;
    person.sets_tier(Tier::Advanced).await;
    play.wait("✓ In place. The advanced").await;
    play.wait("In place. Enter goes on").await;

    play.keys("<enter>{2 of 4}").await;
    let trust = copied(&mut play).await;
    let former = person.trust().await;
    // IAM gives lists in another order at each reading.
    let kept = |text: &str| {
        let kept = statements(text).into_iter().take(2);
        kept.map(|statement| content(&statement.to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(kept(&trust), kept(&former));
    assert_eq!(statements(&trust).len(), 3);
    person.pastes_trust(&trust).await;
    play.wait("✓ In place. Systems Manager may already assume")
        .await;

    play.keys("<enter>{3 of 4}").await;
    let server = copied(&mut play).await;
    person.pastes_policy(ROLE, SERVER_POLICY, &server).await;
    play.wait("✓ In place. The role carries this inline policy")
        .await;

    play.keys("<enter>{4 of 4}").await;
    let client = copied(&mut play).await;
    person.pastes_policy("Admin", CLIENT_POLICY, &client).await;
    play.wait("4 of 4 · 4 in place").await;
    play.keys("<enter>{Everything is in place.}").await;
    // Below what the policy simulator has to say of an administrator who is chosen as a user role.
    play.resize(80, 60)
        .await
        .wait("[profile sagemaker-ssh]")
        .await;
    assert_eq!(play.faults.writes(), Vec::<String>::new());

    play.keys("<enter>").await;
    let WizardExit::Guided { plan, verified, .. } = play.ending().await else {
        panic!("it did not come to its end");
    };
    assert_eq!(
        Exit::of_guide(verified.as_ref().as_ref().unwrap()),
        Exit::Done
    );
    let lines = plain(&plan, &verified).join("\n");
    assert!(
        lines.contains("Read back     4 in place · 0 not yet · 0 blocked"),
        "{lines}"
    );
    assert!(!lines.contains("undo"), "{lines}");
}

#[tokio::test(start_paused = true)]
async fn all_ticks_come_true_while_the_guide_rests_on_its_first_step() {
    let mut play = guide(choices()).await;
    play.wait("1 of 4 · 0 in place").await;
    let person = Person::of(&play).await;
    let (server, client) = {
        let partition = Partition::default();
        let place = Place {
            partition: &partition,
            account: ACCOUNT,
        };
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/service-role/{ROLE}");
        (place.server_policy(&arn).unwrap(), client_policy())
    };
    person.pastes_policy(USER, CLIENT_POLICY, &client).await;
    person
        .pastes_policy(ROLE, SERVER_POLICY, server.text())
        .await;
    play.wait("1 of 4 · 2 in place").await;
    let trust = Document::parse(person.trust().await).unwrap();
    let statement = serde_json::json!(
        {"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}
    );
    person
        .pastes_trust(trust.with_statement(&statement).unwrap().text())
        .await;
    person.sets_tier(Tier::Advanced).await;
    play.wait("1 of 4 · 4 in place").await;
    assert_eq!(play.faults.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_wrongly_pasted_policy_is_named_by_the_statement_that_differs() {
    let mut play = guide(choices()).await;
    let person = Person::of(&play).await;
    play.keys("nnn{4 of 4}").await;
    let wrong = client_policy().replace("ssm:TerminateSession", "ssm:TerminateSesion");
    person.pastes_policy(USER, CLIENT_POLICY, &wrong).await;
    play.wait("Not right yet: the policy is there, and says something else")
        .await;
    play.wait("Statement 3 differs: ssm:TerminateSesion has to be ssm:TerminateSession.")
        .await;
    play.resize(80, 60).await;
    play.wait("-   \"Action\": \"ssm:TerminateSesion\"").await;
    play.wait("+   \"Action\": \"ssm:TerminateSession\"").await;
    // The text to paste is the whole of it still.
    let text = copied(&mut play).await;
    assert_eq!(statements(&text), statements(&client_policy()));
    person.pastes_policy(USER, CLIENT_POLICY, &text).await;
    play.wait("4 of 4 · 1 in place").await;
}

#[tokio::test(start_paused = true)]
async fn what_was_done_stays_ticked_and_what_was_undone_does_not() {
    let mut play = guide(choices()).await;
    let person = Person::of(&play).await;
    person.sets_tier(Tier::Advanced).await;
    play.wait("1 of 4 · 1 in place").await;
    play.keys("<enter><enter><esc><esc>").await;
    play.keys("{1 of 4 · 1 in place}{✓ In place}").await;
    play.keys("<enter>{2 of 4}").await;
    person.sets_tier(Tier::Standard).await;
    // Seen from another step too.
    play.wait("No longer in place: Tier of eu-west-1").await;
    play.wait("2 of 4 · 0 in place").await;
    play.keys("<esc>{Not yet: the tier is standard}").await;
    // Out of the guide and in again, nothing is forgotten.
    person.sets_tier(Tier::Advanced).await;
    play.wait("1 of 4 · 1 in place").await;
    play.keys("<esc>{Preview}").await;
    play.keys("<enter>{1 in place}").await;
    assert_eq!(play.faults.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_statement_that_a_paste_has_lost_is_named_and_comes_back_with_the_text() {
    let mut play = guide(choices()).await;
    let person = Person::of(&play).await;
    let former = person.trust().await;
    play.keys("n{2 of 4}").await;
    play.wait("Not yet: no statement lets").await;
    // As in the manual, word for word: the partner's statement is gone.
    let manual = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"},
        {"Effect":"Allow","Principal":{"Service":"ssm.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    person.pastes_trust(manual).await;
    play.wait("Gone since the guide began: \"KeepMe\", \"Partner\"")
        .await;
    play.wait("Not right: what is wanted is there").await;
    assert!(
        play.screen().contains("2 of 4 · 0 in place"),
        "{}",
        play.screen()
    );
    let text = copied(&mut play).await;
    let each = |text: &str| -> Vec<_> {
        let statements = statements(text).into_iter();
        statements.map(|one| content(&one.to_string())).collect()
    };
    let back = each(&text);
    for statement in each(&former) {
        assert!(back.contains(&statement), "{statement}");
    }
    person.pastes_trust(&text).await;
    play.gone("Gone since the guide began").await;
    play.wait("✓ In place.").await;
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_is_not_called_done_unless_it_was_meant_to_go() {
    let mut play = guide(choices()).await;
    let person = Person::of(&play).await;
    play.keys("n{2 of 4}").await;
    play.wait("Not yet: no statement lets").await;
    let alone = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Principal":{"Service":"ssm.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    person.pastes_trust(alone).await;
    person.sets_tier(Tier::Advanced).await;
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/service-role/{ROLE}");
    let partition = Partition::default();
    let place = Place {
        partition: &partition,
        account: ACCOUNT,
    };
    let server = place.server_policy(&arn).unwrap();
    person
        .pastes_policy(ROLE, SERVER_POLICY, server.text())
        .await;
    person
        .pastes_policy(USER, CLIENT_POLICY, &client_policy())
        .await;
    play.wait("2 of 4 · 3 in place").await;
    play.keys("nnn").await;
    play.wait("2 statements of a former policy gone").await;
    play.wait("began: \"Partner\"").await;
    play.wait("SageMaker itself").await;
    assert!(
        !play.screen().contains("sm-ssh connect"),
        "{}",
        play.screen()
    );
    // Back, and it was meant.
    play.keys("<esc>{4 of 4}pp").await;
    play.wait("Gone since the guide began").await;
    play.keys("<space>{stay deleted}<space>{2 of 4 · 4 in place}")
        .await;
    play.keys("nnn{Everything is in place}").await;
    play.keys("q").await;
    let WizardExit::Guided { plan, verified, .. } = play.ending().await else {
        panic!("it did not come to its end");
    };
    assert_eq!(
        Exit::of_guide(verified.as_ref().as_ref().unwrap()),
        Exit::Done
    );
    assert!(plan.choices.is_same(&choices()));
}

#[tokio::test(start_paused = true)]
async fn a_text_with_others_statements_is_read_again_before_it_is_handed_over() {
    let mut play = guide(choices()).await;
    let person = Person::of(&play).await;
    play.keys("an{2 of 4}").await;
    play.wait("Not yet: no statement lets").await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    // Nobody watches; a colleague adds something.
    let colleague = serde_json::json!(
        {"Sid": "Colleague", "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "sts:AssumeRole"}
    );
    let trust = Document::parse(person.trust().await).unwrap();
    person
        .pastes_trust(trust.with_statement(&colleague).unwrap().text())
        .await;
    assert!(copied(&mut play).await.contains("Colleague"));
    // Where it cannot be read again, that is said with it.
    play.faults.add("*", 999, Fault::Unreachable);
    play.keys("c{could not be read again: compare it first}")
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_check_is_answered_while_another_one_hangs() {
    let mut play = guide(choices()).await;
    play.wait("Not yet: the tier").await;
    play.faults.add("GetRole", 99, Fault::Hang);
    tokio::time::sleep(Duration::from_secs(7)).await;
    let person = Person::of(&play).await;
    person.sets_tier(Tier::Advanced).await;
    let asked = tokio::time::Instant::now();
    play.keys("v{✓ In place. The advanced}").await;
    assert!(
        asked.elapsed() < Duration::from_secs(1),
        "{:?}",
        asked.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_reading_can_be_left() {
    for (key, text) in [("<esc>", "4 of 4"), ("q", ""), ("<ctrl-c>", "")] {
        let mut play = guide(choices()).await;
        play.keys("nnn{4 of 4}").await;
        play.faults.add("*", 99, Fault::Hang);
        play.keys("<enter>{Reading everything once more}").await;
        play.keys(key).await;
        if text.is_empty() {
            assert!(matches!(
                play.ending().await,
                WizardExit::Left { guided: true, .. }
            ));
        } else {
            play.wait(text).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_last_reading_that_fails_says_so_and_not_that_nothing_was_changed() {
    let mut play = guide(choices()).await;
    play.keys("nnn{4 of 4}").await;
    let expired = Fault::Refused(403, "ExpiredToken", "The security token is expired");
    play.faults.add("*", 99, expired);
    play.keys("<enter>{The last reading failed}").await;
    play.wait("credentials have expired").await;
    assert!(
        !play.screen().contains("Nothing was changed"),
        "{}",
        play.screen()
    );
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_not_there_cannot_be_ticked() {
    let mut play = guide(Choices {
        sagemaker_roles: vec!["NoSuchRole".into()],
        ..choices()
    })
    .await;
    play.keys("n{It is not known whether this is in place}")
        .await;
    play.keys("<space>").await;
    assert!(!play.screen().contains("Ticked"), "{}", play.screen());
    assert!(!play.screen().contains("Space"), "{}", play.screen());
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_adds_meanwhile_is_in_the_text_and_is_missed_when_it_goes() {
    let mut play = guide(choices()).await;
    let person = Person::of(&play).await;
    play.keys("n{2 of 4}").await;
    let old_text = copied(&mut play).await;
    let colleague = serde_json::json!(
        {"Sid": "Colleague", "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "sts:AssumeRole"}
    );
    let trust = Document::parse(person.trust().await).unwrap();
    let trust = trust.with_statement(&colleague).unwrap();
    person.pastes_trust(trust.text()).await;
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert!(copied(&mut play).await.contains("Colleague"));
    // What was copied before is pasted now.
    person.pastes_trust(&old_text).await;
    play.wait("Somebody added \"Colleague\" since the guide began")
        .await;
    assert!(copied(&mut play).await.contains("Colleague"));
}

#[tokio::test(start_paused = true)]
async fn a_trust_statement_under_the_wrong_condition_is_shown_beside_the_right_one() {
    let mut play = guide(Choices {
        harden_trust: true,
        ..choices()
    })
    .await;
    let person = Person::of(&play).await;
    play.keys("n{2 of 4}").await;
    let text = copied(&mut play).await;
    person
        .pastes_trust(&text.replace(&format!("\"{ACCOUNT}\""), "\"210987654321\""))
        .await;
    play.wait("a statement was meant for Systems Manager, but")
        .await;
    play.resize(100, 70).await;
    play.wait("Statement 3 differs: 210987654321 has to be 123456789012")
        .await;
    assert!(
        play.screen()
            .contains("-       \"aws:SourceAccount\": \"210987654321\""),
        "{}",
        play.screen()
    );
    assert!(
        play.screen()
            .contains("+       \"aws:SourceAccount\": \"123456789012\""),
        "{}",
        play.screen()
    );
    person.pastes_trust(&text).await;
    play.wait("2 of 4 · 1 in place").await;
}

const DENIED: Fault = Fault::Refused(403, "AccessDenied", "not authorized to perform this");

#[tokio::test(start_paused = true)]
async fn what_may_not_be_read_is_said_and_ticked_by_hand() {
    let deny = |faults: &Faults| faults.add("GetRole", 999, DENIED);
    let mut play = setup(choices()).start_with(deny);
    play.wait("Not yet: the tier").await;
    let person = Person::of(&play).await;
    person.sets_tier(Tier::Advanced).await;
    play.keys("{1 in place}n").await;
    play.wait("? This cannot be checked.").await;
    play.resize(80, 40).await;
    play.wait("Add the statement below").await;
    // The statement alone: nobody knows what is there.
    let text = copied(&mut play).await;
    assert!(
        text.contains("ssm.amazonaws.com") && !text.contains("Version"),
        "{text}"
    );
    play.keys("<space>{○ Ticked by hand, not checked}").await;
    play.keys("<space>{? This cannot be checked.}").await;
    play.keys("<space>n{3 of 4}").await;
    // The listing knows the path, so the ARN is right.
    assert!(
        copied(&mut play)
            .await
            .contains(&format!("role/service-role/{ROLE}"))
    );
    play.keys("<space>n<space>{4 of 4 · 1 in place · 3 not checked}")
        .await;
    play.keys("<enter>{1 of 4 in place, 3 ticked by hand and not checked}")
        .await;
    play.wait("Trust of AmazonSageMaker").await;
    play.keys("<enter>").await;
    let WizardExit::Guided { verified, .. } = play.ending().await else {
        panic!("it did not come to its end");
    };
    assert_eq!(
        Exit::of_guide(verified.as_ref().as_ref().unwrap()),
        Exit::NotVerified
    );
}

#[tokio::test(start_paused = true)]
async fn a_hand_tick_gives_way_to_what_is_read() {
    let deny = |faults: &Faults| faults.add("GetRole", 999, DENIED);
    let mut play = setup(choices()).start_with(deny);
    play.keys("{Not yet}n{? This cannot be checked.}").await;
    play.keys("<space>{○ Ticked by hand}").await;
    play.faults.clear();
    play.keys("v{Not yet: no statement lets}").await;
    // What can be read is not ticked by hand.
    play.keys("<space>").await;
    assert!(
        play.screen().contains("2 of 4 · 0 in place"),
        "{}",
        play.screen()
    );
}

#[tokio::test(start_paused = true)]
async fn a_check_that_fails_keeps_what_was_seen_and_says_that_it_is_older() {
    let mut play = guide(choices()).await;
    let person = Person::of(&play).await;
    person.sets_tier(Tier::Advanced).await;
    play.wait("1 of 4 · 1 in place").await;
    play.faults.add("*", 999, Fault::Unreachable);
    play.keys("v{The last check failed, so this is older}")
        .await;
    assert!(play.screen().contains("✓ In place."), "{}", play.screen());
    assert!(play.screen().contains("1 of 4 · 1 in place"));
    play.keys("n{Not yet: no statement lets}").await;
    play.faults.clear();
    play.keys("v{!The last check failed}").await;
}

#[tokio::test(start_paused = true)]
async fn the_checks_are_gentle_and_can_be_stopped() {
    let mut play = guide(choices()).await;
    play.wait("Not yet").await;
    let before = play.faults.calls().len();
    tokio::time::sleep(Duration::from_mins(1)).await;
    let calls = play.faults.calls().len() - before;
    // Twelve times a tier, and in turn one of two roles at four calls or so.
    assert!((24..=80).contains(&calls), "{calls} calls in a minute");
    play.keys("a{Checks only when you type v}").await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    let before = play.faults.calls().len();
    tokio::time::sleep(Duration::from_mins(10)).await;
    assert_eq!(play.faults.calls().len(), before, "it was stopped");
    let person = Person::of(&play).await;
    person.sets_tier(Tier::Advanced).await;
    play.keys("v{1 in place}").await;
    // Elsewhere nobody watches.
    play.keys("a{Checks by itself}<esc>{Preview}").await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    let before = play.faults.calls().len();
    tokio::time::sleep(Duration::from_mins(10)).await;
    assert_eq!(play.faults.calls().len(), before, "the guide is not open");
}

#[tokio::test(start_paused = true)]
async fn an_identity_center_role_is_led_through_its_permission_set() {
    let sso = "AWSReservedSSO_DataScience_8c7b6a5948372615";
    let choices = Choices {
        user_roles: vec![sso.into()],
        ..choices()
    };
    let mut play = guide(choices.clone()).await;
    play.keys("nnn{4 of 4}").await;
    play.wait("Permission sets, then DataScience").await;
    assert!(
        play.screen()
            .contains("+ Not yet, and the way leads through"),
        "{}",
        play.screen()
    );
    let merged = copied(&mut play).await;
    let merged_statements = statements(&merged);
    assert_eq!(merged_statements[0]["Sid"], "Notebooks");
    assert_eq!(merged_statements[1..], statements(&client_policy())[..]);

    // Identity Center has brought it to the role.
    let mut seed = Seed::shipped().unwrap();
    for role in seed.roles.iter_mut().filter(|role| role.name == sso) {
        let text = Value::String(merged.clone());
        role.inline.insert("AwsSSOInlinePolicy".into(), text);
    }
    let mut play = Setup {
        seed: Some(seed),
        ..setup(choices)
    }
    .start();
    play.keys("{1 in place}nnn").await;
    play.wait("permission set gives it already").await;
}

#[tokio::test(start_paused = true)]
async fn what_is_in_the_way_is_a_step_and_after_it_comes_the_ordinary_one() {
    // A deleted principal in the trust policy.
    let role = "Geospatial-ExecutionRole";
    let mut play = guide(Choices {
        sagemaker_roles: vec![role.into()],
        ..choices()
    })
    .await;
    play.keys("n{Take out the principal AROAEXAMPLEDELETED012}")
        .await;
    let person = Person::of(&play).await;
    let sagemaker = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    person.0.write_trust(role, sagemaker).await.unwrap();
    play.wait("Replace the whole text by the one below").await;
    // That it is gone was meant: the text does not bring it back.
    let text = copied(&mut play).await;
    assert!(!text.contains("AROAEXAMPLEDELETED012"), "{text}");
    person.0.write_trust(role, &text).await.unwrap();
    play.wait("✓ In place.").await;
    assert_eq!(play.faults.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn connecting_from_studio_is_a_part_of_its_own_at_the_end() {
    let choices = Choices {
        connect_from: ConnectFrom::Both,
        ..choices()
    };
    let mut play = Setup {
        size: (140, 40),
        ..setup(choices)
    }
    .start();
    play.wait("1 of 5").await;
    let screen = play.screen();
    let order = [
        "│ Systems Manager",
        "Tier of eu-west-1",
        "│ The SageMaker role",
        "Trust of AmazonS",
        "Server policy of",
        "│ The user role",
        "Client policy of DataEngineer",
        "Connecting from SageMaker Studio",
        "Client policy of…",
    ];
    let places: Vec<_> = order.iter().map(|text| screen.rfind(text)).collect();
    assert!(places.iter().all(Option::is_some), "{places:?}\n{screen}");
    assert!(places.is_sorted(), "{places:?}\n{screen}");
}

#[tokio::test(start_paused = true)]
async fn the_guide_by_itself_asks_for_everything_and_never_offers_to_apply() {
    let mut play = Setup {
        timing: Timing::INSTANT,
        start: Start::Guide(None),
        ..Setup::default()
    }
    .start();
    play.wait("Step 1/7").await.walk_to_regions().await;
    play.keys("{standard}{!still being read}<space><enter>{4 to change}<enter>{1 of 4}")
        .await;
    assert!(play.screen().contains("Step 7/7"), "{}", play.screen());
    play.keys("yyyy").await;
    assert_eq!(play.faults.writes(), Vec::<String>::new());
    play.keys("q{What you did in the console stays}q").await;
    assert!(matches!(
        play.ending().await,
        WizardExit::Left {
            interrupted: false,
            guided: true,
            ..
        }
    ));
}

#[tokio::test(start_paused = true)]
async fn a_text_is_written_to_a_file_and_never_over_one() {
    let folder = super::cut_off::Folder::new("guide");
    std::fs::create_dir_all(&folder.0).unwrap();
    let mut play = Setup {
        folder: folder.0.clone(),
        ..setup(choices())
    }
    .start();
    play.keys("{1 of 4}nn{3 of 4}").await;
    play.resize(200, 60).await;
    play.keys("w{It was written to}").await;
    play.keys("w{-2.json}").await;
    let path = folder.0.join(format!("{SERVER_POLICY}-{ROLE}.json"));
    let written = std::fs::read_to_string(path).unwrap();
    assert_eq!(written.trim_end(), copied(&mut play).await);
}

#[tokio::test(start_paused = true)]
async fn finishing_too_early_says_what_is_not_in_place_and_leads_back() {
    let mut play = guide(choices()).await;
    play.keys("nnn{4 of 4}").await;
    play.keys("<enter>{0 of 4 in place}").await;
    play.keys("<esc>{4 of 4 · 0 in place}").await;
    play.keys("<enter>{0 of 4 in place}q").await;
    let WizardExit::Guided { verified, .. } = play.ending().await else {
        panic!("it did not come to its end");
    };
    assert_eq!(
        Exit::of_guide(verified.as_ref().as_ref().unwrap()),
        Exit::Changes
    );
}

#[tokio::test(start_paused = true)]
async fn another_accounts_credentials_end_the_guide_as_they_end_a_run() {
    let mut play = guide(choices()).await;
    play.keys("nnn{4 of 4}").await;
    let other = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::210987654321:user/x</Arn><UserId>AIDAX</UserId><Account>210987654321</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    play.faults
        .add("GetCallerIdentity", 1, Fault::Answer("text/xml", other));
    play.keys("<enter>{210987654321. Nothing was changed}")
        .await;
}

const WANTED: [&str; 7] = [
    "guide",
    "--sagemaker-role",
    ROLE,
    "--user-role",
    USER,
    "--regions",
    REGION,
];

/// The texts that a terminal was asked to copy, as they stand between the sequence's beginning and end.
fn asked_to_copy(raw: &[u8], begin: &str, end: &str) -> Vec<String> {
    let raw = String::from_utf8_lossy(raw).into_owned();
    let parts = raw.split(begin).skip(1);
    let texts = parts.map(|rest| rest.split(end).next().unwrap().to_owned());
    texts.collect()
}

#[test]
fn the_built_program_leads_through_an_account_over_http_and_writes_nothing() {
    let aws = Loopback::start();
    let mut run = Run::start(&WANTED, &against(&aws.address));
    run.wait("1 of 4").wait("This program changes nothing here");
    run.wait("Not yet: the tier is standard").keys("n");
    run.wait("2 of 4").wait("Not yet: no statement lets");
    let person = Person(aws.block_on(aws.demo.source().connect(None)).unwrap());
    let trust = Document::parse(aws.block_on(person.trust())).unwrap();
    let statement = serde_json::json!(
        {"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}
    );
    let extended = trust.with_statement(&statement).unwrap();
    aws.block_on(person.pastes_trust(extended.text()));
    run.wait("In place. Systems Manager may already assume");
    run.keys("q")
        .wait("What you did in the console stays")
        .keys("q");
    assert_eq!(run.ended(), 0);
    assert!(
        run.left().contains("This program changed nothing."),
        "{}",
        run.left()
    );
    assert_eq!(aws.faults.writes(), Vec::<String>::new());
}

#[test]
fn a_way_back_is_promised_only_where_what_was_there_is_kept() {
    let aws = Loopback::start();
    let demo: Vec<&str> = WANTED.iter().copied().chain(["--demo"]).collect();
    let trials: [(&[&str], bool); 2] = [(&WANTED, true), (&demo, false)];
    for (arguments, is_kept) in trials {
        let mut run = Run::start(arguments, &against(&aws.address));
        run.wait("Not yet: the tier is standard").keys("n");
        run.wait("Not yet: no statement lets");
        let guides = run.home.join(".local/state/sagemaker-ssh-setup/guides");
        let is_there = || {
            let files = std::fs::read_dir(&guides).into_iter().flatten();
            let mut paths = files.map(|file| file.unwrap().path());
            paths.any(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "json")
            })
        };
        for _ in 0..1000 {
            if !is_kept || is_there() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        run.keys("qq");
        assert_eq!(run.ended(), 0);
        let promised = run.left().contains("undo guide-");
        assert_eq!(promised, is_kept, "{}", run.left());
    }
}

#[test]
fn a_text_is_copied_by_the_terminals_own_sequence_and_through_tmux_wrapped() {
    let aws = Loopback::start();
    for tmux in [false, true] {
        let mut environment = against(&aws.address).to_vec();
        if tmux {
            environment.push(("TMUX", "/tmp/tmux-0/default,1,0"));
        }
        let mut run = Run::start(&WANTED, &environment);
        run.wait("Not yet: the tier is standard").keys("n");
        run.wait("Not yet: no statement lets").keys("c");
        run.wait("Sent to the terminal").keys("qq");
        assert_eq!(run.ended(), 0);
        let plain = asked_to_copy(&run.raw, "\u{1b}]52;c;", "\u{1b}\\");
        // The same again, wrapped: its escapes doubled.
        let wrapped = asked_to_copy(
            &run.raw,
            "\u{1b}Ptmux;\u{1b}\u{1b}]52;c;",
            "\u{1b}\u{1b}\\\u{1b}\\",
        );
        assert_eq!(wrapped.len(), usize::from(tmux));
        let sent = plain.first().unwrap();
        assert!(wrapped.iter().all(|wrapped| wrapped == sent));
        let text = String::from_utf8(from_base64(sent)).unwrap();
        assert_eq!(statements(&text).len(), 3, "{text}");
    }
}

/// Decodes base64 (RFC 4648), which the tests have no other use for.
fn from_base64(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        other => panic!("{other} is no base64"),
    };
    let mut bytes = Vec::new();
    for chunk in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = chunk
            .iter()
            .fold(0u32, |bits, c| (bits << 6) | u32::from(digit(*c)));
        let bits = bits << (6 * (4 - chunk.len()));
        bytes.extend(&bits.to_be_bytes()[1..chunk.len()]);
    }
    bytes
}

#[test]
fn what_is_missing_is_named_before_the_guide_begins() {
    let aws = Loopback::start();
    let mut run = Run::start(&WANTED[..5], &against(&aws.address));
    assert_eq!(run.ended(), 64);
    assert!(
        run.left().contains("missing: --regions A,B"),
        "{}",
        run.left()
    );
    // A name that is wrong is said before the screen is taken.
    let wrong = [&WANTED[..2], &["NoSuchRole"], &WANTED[3..]].concat();
    let mut run = Run::start(&wrong, &against(&aws.address));
    assert_eq!(run.ended(), 1);
    assert!(
        run.left().contains("There is no such role"),
        "{}",
        run.left()
    );
    let calls = aws.faults.calls().len();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_sagemaker-ssh-setup"))
        .args(WANTED)
        .env_clear()
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("needs a terminal"), "{said}");
    assert_eq!(
        aws.faults.calls().len(),
        calls,
        "nothing is asked without a terminal"
    );
}

/// A check that is under way when somebody finishes arrives in the guide all the same, so that checking goes on afterwards.
#[tokio::test(start_paused = true)]
async fn a_check_under_way_at_the_end_does_not_stop_the_checks_after_coming_back() {
    let mut play = Setup {
        timing: Timing {
            latency: true,
            ..Timing::INSTANT
        },
        ..setup(choices())
    }
    .start();
    play.keys("{1 of 4 · 0 in place}nnn<enter>").await;
    play.keys("{0 of 4 in place}<esc>{4 of 4 · 0 in place}")
        .await;
    let person = Person::of(&play).await;
    person
        .pastes_policy("DataEngineer", CLIENT_POLICY, &client_policy())
        .await;
    play.wait("4 of 4 · 1 in place").await;
    play.keys("v{Checking.}{In place}").await;
}

#[tokio::test]
async fn a_guides_record_is_ones_own_plain_file_and_says_its_own_name() {
    type Spoil = fn(&Path, &str);
    let spoils: [(Spoil, &str); 3] = [
        (
            |path, _| std::fs::set_permissions(path, Permissions::from_mode(0o666)).unwrap(),
            "others may write it",
        ),
        (
            |path, _| {
                let victim = path.with_file_name("victim");
                std::fs::rename(path, &victim).unwrap();
                symlink(victim, path).unwrap();
            },
            "it is a link, and is not followed",
        ),
        (
            |path, text| std::fs::write(path, text.replace("\"guide-", "\"guide-2")).unwrap(),
            "it is no record of a guide",
        ),
    ];
    let account = super::cut_off::Setup::new().await;
    let identity = account.set_up().await.plan.identity;
    for (spoil, why) in spoils {
        let folder = Folder::new("spoilt-guide");
        let records = Records::in_folder(folder.0.clone());
        let record = GuideRecord::new(&identity, &choices());
        let file = folder
            .0
            .join("guides")
            .join(format!("{}.json", record.guide));
        records.keep_guide(record.clone()).await.unwrap();
        assert_eq!(records.guides().unwrap().records, [record]);
        spoil(&file, &std::fs::read_to_string(&file).unwrap());
        let found = records.guides().unwrap();
        assert_eq!(found.records, []);
        let damaged = found.damaged[0].1.to_string();
        assert!(damaged.contains(why), "{damaged}");
        assert!(records.open_guide(&identity).is_none());
    }
}

#[tokio::test]
async fn guides_are_not_read_where_the_state_folder_is_a_link() {
    let folder = Folder::new("linked-guides");
    let (state, elsewhere) = (folder.0.join("state"), folder.0.join("elsewhere"));
    std::fs::create_dir_all(elsewhere.join("guides")).unwrap();
    symlink(&elsewhere, &state).unwrap();
    let error = Records::in_folder(state).guides().unwrap_err().to_string();
    assert!(error.contains("is a link, and is not followed"), "{error}");
}

/// What was there is kept on this computer: a guide that is begun another day names what was lost since, `runs` lists it, and
/// `undo` shows the way back.
#[tokio::test(start_paused = true)]
async fn a_guide_begun_another_day_names_what_was_lost_since() {
    let folder = Folder::new("guides");
    let records = || Records::in_folder(folder.0.clone());
    let begun = |seed: Option<Seed>| Setup {
        records: records(),
        seed,
        ..setup(choices())
    };
    let mut play = begun(None).start();
    play.keys("{1 of 4}n{2 of 4}{Not yet}").await;
    let kept = tokio::time::timeout(Duration::from_mins(1), async {
        while records().guides().unwrap().records.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    kept.await.unwrap();
    play.keys("<esc><esc>qq").await;
    let WizardExit::Left {
        guided: true,
        kept: Some(kept),
        ..
    } = play.ending().await
    else {
        panic!("nothing was kept");
    };
    let guides = records().guides().unwrap().records;
    assert_eq!(guides.len(), 1);
    assert_eq!(guides[0].guide, kept);
    let trust = guides[0].documents[&format!("trust:{ROLE}")]
        .clone()
        .unwrap();
    assert!(trust.contains("KeepMe"), "{trust}");
    let file = folder.0.join("guides").join(format!("{kept}.json"));
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    // The next day the manual's two statements stand there, and nothing else.
    let mut seed = Seed::shipped().unwrap();
    let role = seed
        .roles
        .iter_mut()
        .find(|role| role.name == ROLE)
        .unwrap();
    let service = |name: &str| json!({"Effect": "Allow", "Principal": {"Service": name}, "Action": "sts:AssumeRole"});
    role.trust = json!({"Version": "2012-10-17", "Statement": [service("sagemaker.amazonaws.com"), service("ssm.amazonaws.com")]});
    let mut play = begun(Some(seed)).start();
    play.keys("{1 of 4}n{2 of 4}{Not right}").await;
    play.wait(" UTC): \"KeepMe\"").await;
    // It is asked once whether it was meant to go, and that can be taken back.
    play.keys("<space>{stay deleted}<esc>{Not right}").await;
    play.keys("<space>{stay deleted}<space>{In place}").await;
    play.wait("you said that it was meant to: \"KeepMe\"").await;
    play.keys("nn<enter>{it was meant to: \"KeepMe\"}<esc>pp{2 of 4}")
        .await;
    play.keys("<space>{Not right}").await;
}

/// The ten pastes that people get wrong, and what is shown each time.
#[tokio::test(start_paused = true)]
async fn the_usual_mistakes_are_named() {
    let server = || {
        let partition = Partition::default();
        let place = Place {
            partition: &partition,
            account: ACCOUNT,
        };
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/service-role/{ROLE}");
        place.server_policy(&arn).unwrap().text().to_owned()
    };
    for (role, name, change, said) in [
        (
            ROLE,
            "SSHSagemakerServerPolicy",
            None,
            "inline policy SSHSagemakerServerPolicy that says the same",
        ),
        (
            ROLE,
            "SSHServerPolicy",
            Some(("ssm:", "ssn:")),
            "Not yet: the role has no inline policy named",
        ),
        (
            ROLE,
            "SSHSageMakerServerPolici",
            Some(("ssm:", "ssn:")),
            "nearly the name, and its text differs",
        ),
        (
            USER,
            SERVER_POLICY,
            None,
            "since the guide began: that is another role.",
        ),
        (
            ROLE,
            SERVER_POLICY,
            Some((ACCOUNT, "<<ACCOUNT_ID>>")),
            "<<ACCOUNT_ID>> is a placeholder of the manual; it has to be",
        ),
        (
            ROLE,
            SERVER_POLICY,
            Some((ROLE, "LegacyEc2")),
            "role/service-role/LegacyEc2 has to be",
        ),
        (
            ROLE,
            SERVER_POLICY,
            Some((
                "ssm:UpdateInstanceInformation",
                "ssm:UpdateInstanceInformatin",
            )),
            "ssm:UpdateInstanceInformatin has to be ssm:UpdateInstanceInformation.",
        ),
    ] {
        let mut play = guide(choices()).await;
        let person = Person::of(&play).await;
        play.keys("nn{3 of 4}{Not yet}").await;
        let text = server();
        let text = change.map_or(text.clone(), |(from, to)| text.replace(from, to));
        person.pastes_policy(role, name, &text).await;
        play.resize(160, 50).await.wait(said).await;
    }
    // The other policy's text under this one's name.
    let mut play = guide(choices()).await;
    let person = Person::of(&play).await;
    play.keys("nn{3 of 4}{Not yet}").await;
    person
        .pastes_policy(ROLE, SERVER_POLICY, &client_policy())
        .await;
    play.resize(160, 50)
        .await
        .wait("This is the text of SSHSageMakerClientPolicy.")
        .await;
    // A letter wrong in the service, and the tier in another region.
    play.keys("<esc>{2 of 4}").await;
    let trust = person.trust().await;
    let text = copied(&mut play).await;
    let slip = text.replace("ssm.amazonaws.com", "sms.amazonaws.com");
    person.pastes_trust(&slip).await;
    play.wait("sms.amazonaws.com has to be ssm.amazonaws.com.")
        .await;
    assert!(!copied(&mut play).await.contains("sms.amazonaws.com"));
    person.pastes_trust(&text).await;
    play.wait("✓ In place").await;
    person.pastes_trust(&trust).await;
    play.wait("No longer in place").await;
    play.keys("<esc>{1 of 4}{Not yet: the tier}").await;
}

/// `runs` lists what a guide has kept, and `undo` shows the way back by hand and says when it is done.
#[test]
fn what_a_guide_kept_is_listed_and_the_way_back_is_shown_and_checked() {
    let desk = Desk::new();
    let state = desk.home.0.join(".local/state/sagemaker-ssh-setup");
    let records = Records::in_folder(state);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let person = runtime
        .block_on(desk.aws.demo.source().connect(None))
        .unwrap();
    let identity = runtime.block_on(person.identity()).unwrap();
    let mut record = GuideRecord::new(&identity, &choices());
    let trust = runtime.block_on(person.trust(ROLE)).unwrap();
    let client = format!("policy:{USER}/{CLIENT_POLICY}");
    record
        .documents
        .insert(format!("trust:{ROLE}"), Some(trust.clone()));
    record.documents.insert(client.clone(), None);
    let guide = record.guide.clone();
    runtime.block_on(records.keep_guide(record)).unwrap();

    let listed = desk.run(&["runs"]).ends_with(0);
    assert!(listed.out.contains(&format!("by hand in {ACCOUNT}")));
    let shown = desk.run(&["runs", &guide]).ends_with(0);
    assert!(shown.out.contains("\"Sid\": \"KeepMe\""), "{}", shown.out);
    let same = desk.run(&["undo", &guide]).ends_with(0);
    assert!(same.out.contains("Everything is as it was"), "{}", same.out);

    let write = async {
        let statement = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ssm.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        person.write_trust(ROLE, statement).await.unwrap();
        let policy = client_policy();
        person
            .write_inline_policy(USER, CLIENT_POLICY, &policy)
            .await
            .unwrap();
    };
    runtime.block_on(write);
    let before = desk.aws.demo.roles();
    let other = desk.run(&["undo", &guide, "--yes"]).ends_with(2);
    for said in [
        "section=trust_relationships",
        "choose Edit trust policy, and put this text back:",
        "\"Sid\": \"KeepMe\"",
        &format!("remove the policy {CLIENT_POLICY}."),
        "2 documents not as before.",
    ] {
        assert!(other.out.contains(said), "{said}: {}", other.out);
    }
    assert_eq!(desk.aws.demo.roles(), before, "it wrote");
    runtime.block_on(async { person.write_trust(ROLE, &trust).await.unwrap() });
    let less = desk.run(&["undo", &guide]).ends_with(2);
    assert!(
        less.out.contains(&format!("= trust:{ROLE}: as it was")),
        "{}",
        less.out
    );
    desk.run(&["undo", "guide-20200101-000000"]).ends_with(1);
    desk.run(&["undo", &guide, "--output", "json"])
        .ends_with(64);
}
