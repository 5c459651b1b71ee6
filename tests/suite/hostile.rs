//! Names, documents and messages that want to move the cursor, forge a line or turn the text round: in the plain output
//! of every command, and on every screen.

use sagemaker_ssh_setup::demo::{Seed, Timing};
use serde_json::{Value, json};

use super::commands::{Desk, Printed, SAGEMAKER, WANTED};
use super::faults::Fault;
use super::play::{Play, Setup};

/// Clears the screen in two ways, writes a line of its own, goes up, turns the text round, rings.
const RUBBISH: &str = "x\u{1b}[2J\u{9b}2J\r\n* FORGED\n* FORGED\u{85}* FORGED\u{2028}\u{1b}[1A\u{202e}gnirts\u{7}\u{200b}\u{61c}é日本e\u{301}";
/// What of it XML can carry; documents come percent-encoded and carry all of it.
const IN_XML: &str =
    "x\u{9b}2J\n* FORGED\u{85}* FORGED\u{2028}\u{202e}gnirts\u{200b}\u{61c}é日本e\u{301}";
/// What of it IAM takes in a document.
const IN_DOCUMENT: &str = "x\u{1b}[2J\u{9b}2J\r\n* FORGED\u{85}* FORGED\u{ad}\u{7}é";
const MESSAGE: Fault = Fault::Refused(403, "AccessDenied", RUBBISH);
const UNKNOWN: Fault = Fault::Refused(418, "x\u{1b}[2J\n* FORGED", RUBBISH);

/// An account in which everything that can be said with any characters says the worst.
fn seed() -> Seed {
    let mut seed = Seed::shipped().unwrap();
    seed.alias = Some(IN_XML.into());
    seed.caller.arn = format!("arn:aws:sts::123456789012:assumed-role/Admin/{IN_XML}");
    let statement = json!({
        "Sid": IN_DOCUMENT,
        "Effect": "Deny",
        "Principal": {"Service": IN_DOCUMENT},
        "Action": IN_DOCUMENT,
        "Condition": {"StringEquals": {IN_DOCUMENT: IN_DOCUMENT}}
    });
    for role in &mut seed.roles {
        role.description = IN_XML.into();
        if let Some(Value::Array(statements)) = role.trust.get_mut("Statement") {
            statements.push(statement.clone());
        }
        let document = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": IN_DOCUMENT, "Resource": IN_DOCUMENT
        }]});
        role.inline
            .insert("SSHSageMakerClientPolicy".into(), document);
    }
    seed
}

/// Nothing that is printed does anything but stand there, and no line begins with what somebody else wrote.
fn assert_harmless(what: &str, text: &str) {
    let acts = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
    };
    if let Some(place) = text.find(acts) {
        let around: String = text[..place].chars().rev().take(80).collect();
        let around: String = around.chars().rev().collect();
        panic!("{what}: {:?} after {around}", text[place..].chars().next());
    }
    let forged = |line: &str| {
        line.trim_start_matches([' ', '│', '+', '-', '~'])
            .starts_with("* FORGED")
    };
    assert!(!text.lines().any(forged), "{what}: a forged line in {text}");
}

fn assert_all_harmless(what: &str, printed: &Printed) {
    assert_harmless(what, &printed.out);
    assert_harmless(what, &printed.err);
}

fn with<'a>(command: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&[command], &WANTED[..], more].concat()
}

/// Every command that prints for people or programs, in an order in which each has something to say.
fn commands() -> Vec<Vec<&'static str>> {
    let mut commands = Vec::new();
    for output in ["text", "json"] {
        commands.extend([
            with("plan", &["--output", output]),
            with("check", &["--live", "--output", output]),
            with("apply", &["--yes", "--output", output]),
            with("check", &["--output", output]),
            vec!["runs", "--output", output],
            vec!["runs", "last", "--output", output],
            vec!["undo", "--yes", "--output", output],
        ]);
    }
    commands.push(with("export", &["review"]));
    commands.push(with("export", &["json"]));
    commands
}

#[test]
fn what_the_account_holds_cannot_act_on_the_terminal_in_plain_output() {
    let desk = Desk::with(seed());
    let mut seen = String::new();
    let forms = ["shell", "terraform", "cloudformation"];
    let exports = forms.map(|form| with("export", &[form]));
    for command in commands().into_iter().chain(exports) {
        let printed = desk.run(&command);
        assert_all_harmless(&command.join(" "), &printed);
        seen += &printed.out;
    }
    // It was there to be shown.
    assert!(seen.contains("FORGED"), "{seen}");
}

#[test]
fn what_aws_says_cannot_act_on_the_terminal_in_plain_output() {
    let actions = [
        "GetCallerIdentity",
        "GetRole",
        "GetServiceSetting",
        "UpdateAssumeRolePolicy",
        "PutRolePolicy",
        "SimulatePrincipalPolicy",
        "DescribeActivations",
        "CreateActivation",
    ];
    // Side by side: most of the time goes by waiting for what may pass.
    std::thread::scope(|scope| {
        for action in actions {
            for fault in [MESSAGE, UNKNOWN] {
                scope.spawn(move || {
                    let desk = Desk::with(Seed::shipped().unwrap());
                    for command in commands() {
                        desk.aws.faults.add(action, u32::MAX, fault.clone());
                        let printed = desk.run(&command);
                        desk.aws.faults.clear();
                        assert_all_harmless(&format!("{action}: {}", command.join(" ")), &printed);
                    }
                    let log = desk.path(".local/state/sagemaker-ssh-setup/log");
                    assert_harmless("the log", &std::fs::read_to_string(log).unwrap());
                });
            }
        }
    });
}

#[test]
fn what_is_typed_cannot_act_on_the_terminal_in_plain_output() {
    let desk = Desk::with(Seed::shipped().unwrap());
    for command in [
        vec![
            "plan",
            "--sagemaker-role",
            RUBBISH,
            "--user-role",
            RUBBISH,
            "--regions",
            RUBBISH,
        ],
        vec![
            "plan",
            "--sagemaker-role",
            SAGEMAKER,
            "--user-role",
            RUBBISH,
            "--regions",
            "eu-west-1",
        ],
        vec!["check", "--same-as", RUBBISH],
        vec!["undo", RUBBISH],
        vec!["runs", RUBBISH],
        vec!["apply", RUBBISH],
        vec!["plan", "--profile", RUBBISH, "--same-as", "last"],
        vec![RUBBISH],
        vec!["--output", RUBBISH],
        with("check", &["--live=x\u{1b}[2J"]),
    ] {
        let printed = desk.run(&command);
        assert_ne!(printed.code, Some(0), "{command:?}");
        assert_all_harmless(&format!("{command:?}"), &printed);
    }
}

/// Everything that stands on the screen, step by step, in the two sizes that matter.
#[tokio::test(start_paused = true)]
async fn neither_can_act_on_any_screen() {
    for size in [(80, 24), (120, 40)] {
        let mut play: Play = Setup {
            size,
            timing: Timing::INSTANT,
            seed: Some(seed()),
            ..Setup::default()
        }
        .start();
        play.faults.add("PutRolePolicy", 1, UNKNOWN);
        let keys = [
            ("", "nothing real"),
            ("<enter>", "Where do people"),
            ("<enter>", "Recommender"),
            ("<space>", "Description"),
            ("<enter>", "DataEngineer"),
            ("<space>", "Description"),
            ("<enter>", "standard"),
            ("<space>", "1 picked of 34"),
            ("<enter>", "to change"),
            ("ddd", "to change"),
            ("<enter>", "Go back"),
            ("m", "1 of"),
            ("nnn", "of"),
            ("<esc><esc><esc><esc>", "to change"),
            ("<enter>", "Go back"),
            ("y", "written and read back"),
            ("l", "Log"),
            ("lx", "This creates"),
            ("c", "By a real activation"),
            ("<esc>u", "Put back"),
            ("{!Asking AWS}y", "Put back:"),
        ];
        let mut seen = String::new();
        for (key, awaited) in keys {
            play.keys(key).await;
            play.wait(awaited).await;
            for _ in 0..20 {
                let screen = play.screen();
                assert_harmless(&format!("{size:?} after {key}"), &screen);
                seen += &screen;
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                play.settle().await;
            }
        }
        assert!(seen.contains("FORGED"), "{seen}");
    }
}
