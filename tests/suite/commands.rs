//! The built program's commands against an account served on this machine: what they print, what they leave, and how
//! they end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use rustix::process::Signal;
use sagemaker_ssh_setup::demo::{DemoRole, Seed, SeedRole};
use sagemaker_ssh_setup::model::Partition;
use sagemaker_ssh_setup::policy::template::Place;
use serde_json::{Value, json};

use super::cut_off::Folder;
use super::documents::{content, with_id};
use super::faults::{Death, Fault};
use super::loopback::Loopback;
use super::program::{Run, against, send};

pub const SAGEMAKER: &str = "AmazonSageMaker-ExecutionRole-20240131T101010";
const KEY_ID: &str = "AKIDOFTHETEST";
const SECRET: &str = "secret-of-the-test";
const TOKEN: &str = "token-of-the-test";
/// Four changes.
pub const WANTED: [&str; 6] = [
    "--sagemaker-role",
    SAGEMAKER,
    "--user-role",
    "DataScientist",
    "--regions",
    "eu-west-1",
];
/// One change, of a user role; the SageMaker role and the region are in place.
const ONE: [&str; 6] = [
    "--sagemaker-role",
    "AmazonSageMaker-ExecutionRole-20240502T093000",
    "--user-role",
    "Admin",
    "--regions",
    "us-east-1",
];

/// An account, and somebody's computer.
pub struct Desk {
    pub aws: Loopback,
    pub home: Folder,
}

/// What a command printed, and its exit code.
#[derive(Debug)]
pub struct Printed {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Printed {
    /// The only JSON object on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The JSON objects on standard output, one a line.
    pub fn lines(&self) -> Vec<Value> {
        let parse = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {self:?}"))
        };
        self.out.lines().map(parse).collect()
    }

    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }
}

pub fn with<'a>(command: &'a str, wanted: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [&[command], wanted, more].concat()
}

impl Desk {
    pub fn new() -> Self {
        Self::with(Seed::shipped().unwrap())
    }

    pub fn with(seed: Seed) -> Self {
        let home = Folder::new("desk");
        std::fs::create_dir_all(&home.0).unwrap();
        Self {
            aws: Loopback::with(seed),
            home,
        }
    }

    /// The account behind something that stands in front of it.
    pub fn behind(in_front: impl FnOnce(SharedHttpClient) -> SharedHttpClient) -> Self {
        let home = Folder::new("desk");
        std::fs::create_dir_all(&home.0).unwrap();
        Self {
            aws: Loopback::behind(Seed::shipped().unwrap(), in_front),
            home,
        }
    }

    /// Runs it with more in its environment.
    pub fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Printed {
        let mut command = self.command(arguments);
        command.envs(environment.iter().copied());
        printed(command.spawn().unwrap())
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sagemaker-ssh-setup"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", &self.home.0)
            .env("LANG", "C.UTF-8")
            .env("AWS_ACCESS_KEY_ID", KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", SECRET)
            .env("AWS_SESSION_TOKEN", TOKEN)
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ENDPOINT_URL", &self.aws.address)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .current_dir(&self.home.0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Printed {
        printed(self.command(arguments).spawn().unwrap())
    }

    /// Runs it, and sends it a signal at a call of AWS.
    pub fn run_and_signal(&self, arguments: &[&str], signal: Signal, death: Death) -> Printed {
        let child = self.command(arguments).spawn().unwrap();
        let id = child.id();
        self.aws.faults.die(death, move || send(id, signal));
        let printed = printed(child);
        self.aws.faults.clear();
        printed
    }

    /// Runs it, and sends it a signal while AWS takes its time to answer this action.
    pub fn run_and_interrupt(&self, arguments: &[&str], signal: Signal, action: &str) -> Printed {
        let slow = Fault::Slow(Duration::from_secs(2));
        self.aws.faults.add(action, 1, slow);
        let began = self.aws.faults.calls().len();
        let child = self.command(arguments).spawn().unwrap();
        let id = child.id();
        let has_come = || {
            let calls = self.aws.faults.calls();
            calls.iter().skip(began).any(|call| call == action)
        };
        while !has_come() {
            std::thread::sleep(Duration::from_millis(5));
        }
        send(id, signal);
        printed(child)
    }

    fn roles(&self) -> BTreeMap<String, DemoRole> {
        self.aws.demo.roles()
    }

    fn tier(&self, region: &str) -> Option<String> {
        self.aws.demo.tier(region)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.0.join(name)
    }
}

pub fn printed(child: std::process::Child) -> Printed {
    let output = child.wait_with_output().unwrap();
    Printed {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

const JSON: [&str; 2] = ["--output", "json"];
const DENIED: Fault = Fault::Refused(403, "AccessDenied", "not authorized");
/// Longer than a test waits.
const FOR_EVER: Fault = Fault::Slow(Duration::from_hours(1));

/// What has to be so before a command, for it to end with a code.
type Prepare = fn(&Desk);

#[test]
fn every_command_ends_with_every_exit_code_that_it_can_have() {
    let nothing: Prepare = |_| {};
    let set_up: Prepare = |desk| {
        desk.run(&with("apply", &WANTED, &["--yes"])).ends_with(0);
    };
    let one_set_up: Prepare = |desk| {
        desk.run(&with("apply", &ONE, &["--yes"])).ends_with(0);
    };
    let denied: Prepare = |desk| desk.aws.faults.add("*", 99, DENIED);
    let blocked = [
        "--sagemaker-role",
        "AmazonSageMaker-ExecutionRole-20240502T093000",
        "--connect-from",
        "studio",
        "--regions",
        "af-south-1",
    ];
    let plan = |more: &[&'static str]| with("plan", &WANTED, more);
    let check = |more: &[&'static str]| with("check", &WANTED, more);
    let apply = |more: &[&'static str]| with("apply", &WANTED, more);
    let apply_one = |more: &[&'static str]| with("apply", &ONE, more);
    let cases: Vec<(Vec<&str>, Prepare, i32)> = vec![
        (plan(&[]), set_up, 0),
        (plan(&[]), denied, 1),
        (plan(&[]), nothing, 2),
        (vec!["plan"], nothing, 64),
        (with("plan", &blocked, &["--shell-access"]), nothing, 2),
        (check(&[]), set_up, 0),
        (check(&[]), denied, 1),
        (check(&[]), nothing, 2),
        (vec!["check", "--same-as", "last"], nothing, 1),
        (vec!["check", "--same-as", "last"], set_up, 0),
        (apply(&["--yes"]), nothing, 0),
        (apply(&["--yes"]), set_up, 0),
        (
            apply(&["--yes"]),
            |desk| {
                for action in [
                    "UpdateServiceSetting",
                    "UpdateAssumeRolePolicy",
                    "PutRolePolicy",
                ] {
                    desk.aws.faults.add(action, 99, DENIED);
                }
            },
            1,
        ),
        (vec!["apply", "no-such-file", "--yes"], nothing, 1),
        (
            apply(&["--yes"]),
            |desk| desk.aws.faults.add("PutRolePolicy", 99, DENIED),
            3,
        ),
        (
            apply_one(&["--yes"]),
            // The last reading asks for the names of the policies; the steps do not.
            |desk| desk.aws.faults.add_after("ListRolePolicies", 2, 99, DENIED),
            4,
        ),
        (apply(&[]), nothing, 64),
        (vec!["apply"], nothing, 64),
        (vec!["undo", "--yes"], nothing, 0),
        (vec!["undo", "--yes"], set_up, 0),
        (vec!["undo", "20000101-000000", "--yes"], nothing, 1),
        (
            vec!["undo", "--yes"],
            |desk| {
                desk.run(&with("apply", &ONE, &["--yes"])).ends_with(0);
                desk.aws.faults.add("DeleteRolePolicy", 99, DENIED);
            },
            1,
        ),
        (
            vec!["undo", "--yes"],
            |desk| {
                desk.run(&with("apply", &WANTED, &["--yes"])).ends_with(0);
                desk.aws.faults.add("DeleteRolePolicy", 99, DENIED);
            },
            3,
        ),
        (
            vec!["undo", "--yes"],
            |desk| {
                desk.run(&with("apply", &ONE, &["--yes"])).ends_with(0);
                // Read to plan, before the write, and after it; then the last reading.
                desk.aws.faults.add_after("GetRolePolicy", 3, 99, DENIED);
            },
            4,
        ),
        (vec!["undo"], one_set_up, 64),
        (vec!["runs"], nothing, 0),
        (vec!["runs"], set_up, 0),
        (vec!["runs", "last"], set_up, 0),
        (vec!["runs", "20000101-000000"], set_up, 1),
        (vec!["runs", "--nonsense"], nothing, 64),
    ];
    let mut tried = 0;
    for (arguments, prepare, code) in &cases {
        for output in [&[][..], &JSON] {
            let desk = Desk::new();
            prepare(&desk);
            let arguments = [&arguments[..], output].concat();
            let printed = desk.run(&arguments);
            assert_eq!(printed.code, Some(*code), "{arguments:?}: {printed:#?}");
            if *code != 0 {
                let said = format!("{}{}", printed.out, printed.err);
                assert!(said.len() > 20, "{arguments:?}: it says why: {said}");
            }
            if output == JSON {
                // Nothing but JSON, if anything.
                printed.lines_or_object();
            }
            tried += 1;
        }
    }
    for (arguments, prepare, code) in [
        (with("export", &[], &["json"]), nothing, 64),
        (with("export", &["json"], &WANTED), nothing, 0),
        (with("export", &["review"], &WANTED), nothing, 0),
        (with("export", &["shell"], &WANTED), nothing, 0),
        (with("export", &["terraform"], &WANTED), nothing, 0),
        (with("export", &["cloudformation"], &WANTED), nothing, 0),
        (with("export", &["json"], &WANTED), denied, 1),
        (vec!["completions", "bash"], nothing, 0),
        (vec!["completions", "perl"], nothing, 64),
        (vec!["man", "pages"], nothing, 0),
        (vec!["--help"], nothing, 0),
        (vec!["nonsense"], nothing, 64),
    ] {
        let desk = Desk::new();
        prepare(&desk);
        desk.run(&arguments).ends_with(code);
        tried += 1;
    }
    println!("{tried} ends");
}

impl Printed {
    /// Standard output is JSON: one object, or one a line, or nothing.
    fn lines_or_object(&self) {
        if serde_json::from_str::<Value>(&self.out).is_err() {
            self.lines();
        }
    }
}

#[test]
fn every_command_that_asks_aws_can_be_interrupted() {
    for arguments in [
        with("plan", &WANTED, &[]),
        with("check", &WANTED, &JSON),
        with("apply", &WANTED, &["--yes"]),
        with("export", &["json"], &WANTED),
        vec!["undo", "--yes"],
    ] {
        for signal in [Signal::INT, Signal::TERM] {
            let desk = Desk::new();
            let first = Death {
                call: 1,
                after: false,
            };
            let printed = desk
                .run_and_signal(&arguments, signal, first)
                .ends_with(130);
            assert!(printed.out.is_empty(), "{printed:?}");
            assert!(
                printed.err.contains("Nothing was changed"),
                "{arguments:?}: {printed:?}"
            );
        }
    }
}

#[test]
fn an_interrupted_apply_finishes_what_is_under_way_and_says_what_was_done() {
    let desk = Desk::new();
    let arguments = with("apply", &WANTED, &["--yes", "--output", "json"]);
    let printed = desk.run_and_interrupt(&arguments, Signal::TERM, "UpdateAssumeRolePolicy");
    let lines = printed.ends_with(130).lines();
    let last = lines.last().unwrap();
    assert_eq!(last["event"], "finished");
    assert_eq!(last["verified"], false);
    // What was under way is done, what comes after it in the same role is not begun; the others may have begun or not.
    let outcome = |id: String| {
        let of_item = |line: &&Value| line["id"] == *id && line["outcome"].is_string();
        lines.iter().find(of_item).unwrap()["outcome"].clone()
    };
    assert_eq!(outcome(format!("trust:{SAGEMAKER}")), "done");
    let behind = format!("policy:{SAGEMAKER}/SSHSageMakerServerPolicy");
    assert_eq!(outcome(behind), "skipped");
    let count = |key: &str| last[key].as_u64().unwrap();
    assert_eq!(
        (count("applied") + count("skipped"), count("failed")),
        (4, 0)
    );
    assert!(desk.roles()[SAGEMAKER].trust.contains("ssm.amazonaws.com"));
}

#[test]
fn the_whole_way_from_plan_to_undo_leaves_the_account_as_it_was() {
    let desk = Desk::new();
    let before = (desk.roles(), desk.tier("eu-west-1"));
    desk.run(&with("plan", &WANTED, &[])).ends_with(2);
    let applied = desk.run(&with("apply", &WANTED, &["--yes", "--output", "json"]));
    let lines = applied.ends_with(0).lines();
    let last = lines.last().unwrap();
    let run = last["run"].as_str().unwrap();
    assert_eq!(
        *last,
        json!({
            "event": "finished", "applied": 4, "failed": 0, "skipped": 0, "verified": true, "run": run,
            "endpoints": [{"services": "STS, IAM, Systems Manager", "url": desk.aws.address}],
            "readiness": {
                "state": "ready",
                "containers": [{"name": SAGEMAKER, "ready": true}],
                "people": [{"name": "DataScientist", "ready": true}],
                "regions": [{"name": "eu-west-1", "ready": true}],
            },
        })
    );
    desk.run(&with("check", &WANTED, &[])).ends_with(0);
    desk.run(&with("plan", &WANTED, &[])).ends_with(0);
    assert_ne!((desk.roles(), desk.tier("eu-west-1")), before);
    desk.run(&["undo", "--yes"]).ends_with(0);
    assert_eq!((desk.roles(), desk.tier("eu-west-1")), before);
    let listed = desk.run(&["runs", "--output", "json"]).ends_with(0).json();
    let runs = listed["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0]["put_back"], true);
    assert_eq!(runs[1]["undoes"], run);
    let text = desk.run(&["runs"]).ends_with(0).out;
    assert!(
        text.contains("4 changes done, verified, put back since"),
        "{text}"
    );
}

#[test]
fn a_killed_program_is_told_of_and_its_run_is_put_back_or_gone_on_with() {
    let desk = Desk::new();
    let before = (desk.roles(), desk.tier("eu-west-1"));
    desk.run(&with("apply", &WANTED, &["--yes"])).ends_with(0);
    let planned = (desk.roles(), desk.tier("eu-west-1"));
    desk.run(&["undo", "--yes"]).ends_with(0);
    let calls = desk.count_calls(&with("plan", &WANTED, &[]));
    let mut recorded = 0;
    // From before the record to the last reading. Every single point is tried in the process itself, with a clock that
    // does not wait for late writes.
    for call in ((calls + 1)..(calls + 17)).step_by(3) {
        for go_on in [false, true] {
            let death = Death { call, after: true };
            let killed =
                desk.run_and_signal(&with("apply", &WANTED, &["--yes"]), Signal::KILL, death);
            assert_eq!(killed.code, None, "it ended before call {call}: {killed:?}");
            let last = desk
                .run(&["runs", "last", "--output", "json"])
                .ends_with(0)
                .json();
            // Before the record was opened there is nothing to tell of.
            let is_recorded = last["state"] == "cut-off";
            recorded += usize::from(is_recorded);
            if go_on {
                let again = desk.run(&["apply", "--same-as", "last", "--yes"]);
                let told = again.err.contains("was cut off");
                assert_eq!(told, is_recorded, "{call}: {again:?}");
                again.ends_with(0);
                assert_eq!((desk.roles(), desk.tier("eu-west-1")), planned, "{call}");
                desk.run(&with("check", &WANTED, &[])).ends_with(0);
            }
            let undone = desk.run(&["undo", "--yes"]);
            let told = undone.err.contains("was cut off");
            assert_eq!(told, is_recorded && !go_on, "{call}: {undone:?}");
            undone.ends_with(0);
            assert_eq!((desk.roles(), desk.tier("eu-west-1")), before, "{call}");
        }
    }
    // The first readings go out beside the question whose account it is, so that the second point may be before the
    // record or after it.
    assert!(recorded > 7, "{recorded}");
}

impl Desk {
    fn count_calls(&self, arguments: &[&str]) -> usize {
        let before = self.aws.faults.calls().len();
        self.run(arguments);
        self.aws.faults.calls().len() - before
    }
}

#[test]
fn a_saved_plan_is_carried_out_as_it_was_looked_at() {
    let desk = Desk::new();
    let printed = desk.run(&with(
        "plan",
        &WANTED,
        &["--out", "plan.json", "--output", "json"],
    ));
    let file = std::fs::read_to_string(desk.path("plan.json")).unwrap();
    assert_eq!(printed.ends_with(2).out, file);
    desk.run(&["apply", "plan.json"]).ends_with(64);
    assert!(desk.aws.faults.writes().is_empty());
    desk.run(&["apply", "plan.json", "--yes"]).ends_with(0);
    desk.run(&with("check", &WANTED, &[])).ends_with(0);
    // Once more: everything is there.
    desk.run(&["apply", "plan.json", "--yes"]).ends_with(0);
}

#[test]
fn a_stale_plan_writes_nothing_over_what_it_did_not_see() {
    let desk = Desk::new();
    desk.run(&with("plan", &WANTED, &["--out", "plan.json"]))
        .ends_with(2);
    let trust = desk.roles()[SAGEMAKER].trust.clone();
    let theirs = with_id(&trust);
    desk.aws.block_on(async {
        let account = desk.aws.demo.source().connect(None).await.unwrap();
        account.write_trust(SAGEMAKER, &theirs).await.unwrap();
    });
    let printed = desk
        .run(&["apply", "plan.json", "--yes", "--output", "json"])
        .ends_with(3);
    let id = format!("trust:{SAGEMAKER}");
    let stale = printed
        .lines()
        .into_iter()
        .find(|line| line["id"] == *id)
        .unwrap();
    assert_eq!(
        (&stale["event"], &stale["outcome"]),
        (&json!("failed"), &json!("stale"))
    );
    let shown = |key: &str| content(stale[key].as_str().unwrap());
    assert_eq!(
        (shown("expected"), shown("found")),
        (content(&trust), content(&theirs))
    );
    assert!(stale["reason"].as_str().unwrap().contains("Plan again"));
    assert_eq!(content(&desk.roles()[SAGEMAKER].trust), content(&theirs));
    let last = printed.lines().pop().unwrap();
    assert_eq!((&last["applied"], &last["failed"]), (&json!(3), &json!(1)));
    // People see the difference too.
    let text = desk.run(&["apply", "plan.json", "--yes"]).ends_with(1).out;
    assert!(text.contains("+   \"Id\": \"theirs\""), "{text}");
}

#[test]
fn a_plan_that_was_damaged_altered_or_made_elsewhere_changes_nothing() {
    let desk = Desk::new();
    desk.run(&with("plan", &WANTED, &["--out", "plan.json"]))
        .ends_with(2);
    let good = std::fs::read_to_string(desk.path("plan.json")).unwrap();
    for (text, reason) in [
        (String::new(), "no JSON"),
        (good[..good.len() / 2].to_owned(), "no JSON"),
        ("{}".to_owned(), "not a plan of this program"),
        (
            good.replacen("\"version\": 1", "\"version\": 2", 1),
            "version 2",
        ),
        (good.replace("123456789012", "210987654321"), "210987654321"),
        (
            good.replace("ssm.amazonaws.com", "ec2.amazonaws.com"),
            "altered",
        ),
        (
            good.replacen("\"after\": \"advanced\"", "\"after\": \"premium\"", 1),
            "altered",
        ),
        (
            good.replacen("policy:DataScientist", "policy:Admin", 1),
            "altered",
        ),
    ] {
        assert_ne!(text, good, "{reason}");
        std::fs::write(desk.path("other.json"), text).unwrap();
        let printed = desk
            .run(&["apply", "other.json", "--yes", "--output", "json"])
            .ends_with(1);
        assert!(printed.err.contains(reason), "{reason}: {printed:?}");
        assert!(printed.out.is_empty(), "{printed:?}");
    }
    assert!(
        desk.aws
            .faults
            .writes()
            .iter()
            .all(|call| call == "GetCallerIdentity")
    );
    assert!(!desk.path(".local/state/sagemaker-ssh-setup/runs").exists());
}

#[test]
fn what_is_missing_is_named_with_its_flag_and_aws_is_not_asked() {
    let desk = Desk::new();
    let named = |arguments: &[&str], flags: &[&str]| {
        let printed = desk.run(arguments).ends_with(64);
        for flag in flags {
            assert!(printed.err.contains(flag), "{flag}: {printed:?}");
        }
    };
    named(&["plan"], &["--sagemaker-role", "--user-role", "--regions"]);
    named(
        &["check", "--connect-from", "studio", "--regions", ","],
        &["--sagemaker-role", "--regions"],
    );
    // That nobody can be asked is said before anything else.
    named(&with("apply", &WANTED, &[]), &["--yes"]);
    named(&["undo"], &["--yes"]);
    assert!(desk.aws.faults.calls().is_empty());
    for (role, reason) in [
        ("arn:aws:iam::999999999999:role/x", "999999999999"),
        ("arn:aws:iam::123456789012:user/me", "not of a role"),
        ("a b", "looks like"),
    ] {
        let arguments = ["plan", "--sagemaker-role", role, "--connect-from", "studio"];
        named(
            &[&arguments[..], &["--regions", "eu-west-1"]].concat(),
            &[reason],
        );
    }
    named(
        &[
            "plan",
            "--sagemaker-role",
            "x",
            "--connect-from",
            "studio",
            "--regions",
            "eu-west-9,us-east-1,nowhere",
        ],
        &[
            "no region eu-west-9",
            "Did you mean eu-west-",
            "no region nowhere",
        ],
    );
}

#[test]
fn roles_are_taken_by_arn_and_regions_in_any_form() {
    let desk = Desk::new();
    let arn = format!("arn:aws:iam::123456789012:role/service-role/{SAGEMAKER}");
    let plan = desk
        .run(&[
            "plan",
            "--sagemaker-role",
            &arn,
            "--sagemaker-role",
            SAGEMAKER,
            "--user-role",
            "DataScientist",
            "--regions",
            "us-east-1,eu-west-1",
            "--regions",
            "eu-west-1",
            "--output",
            "json",
        ])
        .ends_with(2)
        .json();
    assert_eq!(plan["choices"]["sagemaker_roles"], json!([SAGEMAKER]));
    assert_eq!(
        plan["choices"]["regions"],
        json!(["eu-west-1", "us-east-1"])
    );
}

#[test]
fn no_credential_token_or_signature_is_in_any_record_log_or_output() {
    let desk = Desk::new();
    desk.aws.faults.add("PutRolePolicy", 1, Fault::LostReply);
    desk.aws.faults.add("ListAccountAliases", 9, DENIED);
    let mut all = String::new();
    let mut note = |printed: Printed| {
        all.push_str(&printed.out);
        all.push_str(&printed.err);
    };
    note(desk.run(&with("plan", &WANTED, &["--out", "plan.json"])));
    note(desk.run(&with("apply", &WANTED, &["--yes", "--output", "json"])));
    let death = Death {
        call: 8,
        after: true,
    };
    note(desk.run_and_signal(&["undo", "--yes"], Signal::KILL, death));
    desk.aws.faults.add("*", 1, Fault::Html(502));
    note(desk.run(&with("check", &WANTED, &[])));
    note(desk.run(&["undo", "--yes"]));
    note(desk.run(&["runs", "last", "--output", "json"]));
    read_all(&desk.home.0, &mut all);
    assert!(all.contains("call failed") && all.contains("sagemaker-ssh-setup/record"));
    let mut secrets = desk.aws.signatures.lock().unwrap().clone();
    assert!(secrets.len() > 20 && secrets.iter().all(|signature| signature.len() == 64));
    secrets.extend([KEY_ID, SECRET, TOKEN].map(str::to_owned));
    for secret in secrets {
        assert!(!all.contains(&secret), "{secret}");
    }
}

fn read_all(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, all);
        } else {
            all.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn a_state_directory_that_cannot_be_written_stops_everything() {
    let desk = Desk::new();
    std::fs::write(desk.path("taken"), "a file").unwrap();
    let mut command = desk.command(&with("apply", &WANTED, &["--yes", "--output", "json"]));
    let taken = desk.path("taken");
    let printed = printed(command.env("XDG_STATE_HOME", &taken).spawn().unwrap()).ends_with(1);
    assert_eq!(printed.lines().pop().unwrap()["run"], Value::Null);
    assert!(printed.err.contains("taken"), "{printed:?}");
    let writes = desk.aws.faults.writes();
    assert!(writes.is_empty(), "{writes:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_before_the_write_that_could_not_be_recorded() {
    let desk = Desk::new();
    let before = desk.roles();
    // A limit on the size of files is a disk that is full after so many bytes: the beginning fits, and little more.
    let run = |blocks: u32| {
        let arguments = with("apply", &WANTED, &["--yes", "--output", "json"]).join(" ");
        let program = env!("CARGO_BIN_EXE_sagemaker-ssh-setup");
        let script = format!("ulimit -f {blocks}; exec {program} {arguments}");
        let mut command = Command::new("sh");
        command.args(["-c", &script]);
        let template = desk.command(&[]);
        command.env_clear();
        for (name, value) in template.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        printed(command.spawn().unwrap())
    };
    let mut ends = Vec::new();
    for blocks in (1..=64).step_by(2) {
        let printed = run(blocks);
        let last = printed.lines().pop().unwrap();
        let applied = last["applied"].as_u64().unwrap();
        ends.push((printed.code, applied));
        // Whatever was written is in the record, and goes back.
        desk.run(&["undo", "--yes"]).ends_with(0);
        assert_eq!(desk.roles(), before, "{blocks}: {printed:?}");
        if printed.code == Some(0) {
            break;
        }
    }
    assert!(ends.contains(&(Some(1), 0)), "{ends:?}");
    assert_eq!(ends.last().unwrap(), &(Some(0), 4), "{ends:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_no_success() {
    let desk = Desk::new();
    for arguments in [
        with("export", &["json"], &WANTED),
        with("plan", &WANTED, &JSON),
        with("check", &WANTED, &JSON),
        vec!["runs", "--output", "json"],
        vec!["completions", "bash"],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let mut command = desk.command(&arguments);
        let printed = printed(command.stdout(full.unwrap()).spawn().unwrap());
        assert_eq!(printed.code, Some(1), "{arguments:?}: {printed:?}");
    }
}

#[test]
fn a_role_that_is_not_the_one_that_is_meant_stops_everything() {
    let desk = Desk::new();
    let wrong_path = format!("arn:aws:iam::123456789012:role/other/{SAGEMAKER}");
    let wrong = [
        "--sagemaker-role",
        &wrong_path,
        "--connect-from",
        "studio",
        "--regions",
        "eu-west-1",
    ];
    let printed = desk.run(&with("apply", &wrong, &["--yes"])).ends_with(64);
    assert!(printed.err.contains("service-role"), "{printed:?}");
    let missing = with("apply", &WANTED, &["--user-role", "no-such-role", "--yes"]);
    let printed = desk.run(&missing).ends_with(1);
    assert!(printed.err.contains("no-such-role"), "{printed:?}");
    assert!(desk.aws.faults.writes().is_empty());
}

#[test]
fn the_text_is_for_people_and_fits_any_terminal() {
    let desk = Desk::new();
    let mut command = desk.command(&with("plan", &WANTED, &[]));
    let printed = printed(command.env("LANG", "C").spawn().unwrap()).ends_with(2);
    assert!(printed.out.is_ascii(), "{}", printed.out);
    let text = desk.run(&with("check", &WANTED, &[])).ends_with(2).out;
    assert!(
        text.contains("missing   trust:") && text.contains("0 of 4 in place"),
        "{text}"
    );
}

#[test]
fn check_says_what_breaks_and_which_command_mends_it() {
    let desk = Desk::new();
    let json = [&WANTED[..], &["--output", "json"]].concat();
    let found = desk.run(&with("check", &json, &[])).ends_with(2).json();
    let text = desk.run(&with("check", &WANTED, &[])).ends_with(2).out;
    let breaks = |id: &str| {
        let items = found["items"].as_array().unwrap();
        let item = items
            .iter()
            .find(|item| item["id"].as_str().unwrap().starts_with(id));
        item.unwrap()["impact"].as_str().unwrap().to_owned()
    };
    for (id, error) in [
        ("tier:", "Enable advanced-instances tier"),
        (
            "trust:",
            "Nonexistent role or missing ssm service principal in trust policy",
        ),
        (
            "policy:AmazonSageMaker",
            "(AccessDeniedException) when calling the CreateActivation",
        ),
        (
            "policy:DataScientist",
            "(AccessDeniedException) when calling the StartSession",
        ),
    ] {
        assert!(breaks(id).contains(error), "{id}: {}", breaks(id));
        assert!(text.contains(&breaks(id)), "{text}");
    }
    // The command, typed as it stands, mends it; then nothing breaks and nothing is to be mended.
    let mend = found["fix_command"].as_str().unwrap();
    assert!(text.contains(&format!("To fix it:\n  {mend}\n")), "{text}");
    let words: Vec<&str> = mend.split(' ').skip(1).chain(["--yes"]).collect();
    desk.run(&words).ends_with(0);
    let found = desk.run(&with("check", &json, &[])).ends_with(0).json();
    assert_eq!(found["fix_command"], Value::Null);
    for item in found["items"].as_array().unwrap() {
        assert_eq!(item["impact"], Value::Null, "{item}");
    }
    // What cannot be read breaks nothing that is known.
    desk.aws.faults.add("GetServiceSetting", 99, DENIED);
    let found = desk.run(&with("check", &json, &[])).json();
    assert_eq!(found["items"][0]["state"], "unknown");
    assert_eq!(found["items"][0]["impact"], Value::Null);
}

#[test]
fn check_claims_no_more_than_it_knows() {
    let breaks = |change: &dyn Fn(&mut SeedRole), more: &[&'static str]| {
        let mut seed = Seed::shipped().unwrap();
        let roles = seed.roles.iter_mut();
        roles
            .filter(|role| role.name == "DataScientist")
            .for_each(change);
        let desk = Desk::with(seed);
        let more = [more, &JSON[..]].concat();
        let found = desk.run(&with("check", &WANTED, &more)).ends_with(2).json();
        found["items"].as_array().unwrap().last().unwrap()["impact"].clone()
    };
    let client = "SSHSageMakerClientPolicy";
    // Something else may allow it.
    let none = breaks(&|role| role.inline.clear(), &[]);
    assert!(
        none.as_str()
            .unwrap()
            .starts_with("Unless another policy of the role allows it: People")
    );
    // It lacks a part.
    let narrow = breaks(&|_| {}, &[]);
    let said = "Unless the policies of the role allow it in other words: People";
    assert!(narrow.as_str().unwrap().starts_with(said), "{narrow}");
    // It gives more than is wanted: people connect all the same.
    let more_than = |role: &mut SeedRole| {
        let partition = Partition::default();
        let place = Place {
            partition: &partition,
            account: "123456789012",
        };
        let mut policy = place.client_policy(false).unwrap().value().clone();
        let wide = json!({"Effect": "Allow", "Action": "ssm:StartSession", "Resource": "*"});
        policy["Statement"].as_array_mut().unwrap().push(wide);
        role.inline.insert(client.into(), policy);
    };
    assert_eq!(breaks(&more_than, &[]), Value::Null);
    // Only the shell is missing: SSH works.
    let desk = Desk::new();
    desk.run(&with("apply", &WANTED, &["--yes"])).ends_with(0);
    let more = [&["--shell-access"], &JSON[..]].concat();
    let found = desk.run(&with("check", &WANTED, &more)).ends_with(2).json();
    for item in found["items"].as_array().unwrap() {
        assert_eq!(item["impact"], Value::Null, "{item}");
    }
}

#[test]
fn no_command_mends_it_that_would_not_begin() {
    let desk = Desk::new();
    let more = ["--user-role", "NoSuchRole", "--output", "json"];
    let found = desk.run(&with("check", &WANTED, &more)).json();
    assert_eq!(found["fix_command"], Value::Null);
}

/// What is printed for programs is held against the schema that the program prints of it, by a validator of others.
#[test]
fn what_is_printed_for_programs_is_as_its_schema_says() {
    let desk = Desk::new();
    let here = ["--regions", "af-south-1", "--output", "json"];
    let plan = desk.run(&with("plan", &WANTED, &here)).json();
    assert_valid(&desk, "plan", &[plan]);
    let check = with("check", &WANTED, &here);
    for more in [None, Some("--live"), Some("--nodes")] {
        let check = [&check[..], more.as_slice()].concat();
        assert_valid(&desk, "check", &[desk.run(&check).json()]);
    }
    desk.aws.faults.add(
        "UpdateAssumeRolePolicy",
        1,
        Fault::Refused(400, "Throttling", "slow down"),
    );
    desk.aws.faults.add("PutRolePolicy", 99, DENIED);
    let apply = with("apply", &WANTED, &[&here[..], &["--yes"]].concat());
    let mut lines = desk.run(&apply).lines();
    desk.aws.faults.clear();
    lines.extend(desk.run(&["undo", "--yes", "--output", "json"]).lines());
    let events = lines.iter().map(|line| line["event"].as_str().unwrap());
    let seen: std::collections::BTreeSet<&str> = events.collect();
    let all = ["done", "failed", "finished", "retry", "skipped", "started"];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), all);
    assert_valid(&desk, "events", &lines);
    for (document, words) in [
        ("runs", &["runs"][..]),
        ("run", &["runs", "last"]),
        ("audit", &["check", "--all"]),
        ("explanation", &["explain", "TargetNotConnected"]),
    ] {
        let printed = desk.run(&[words, &["--output", "json"]].concat()).json();
        assert_valid(&desk, document, &[printed]);
    }
}

/// Each is valid by the schema, and has no key that the schema does not name.
fn assert_valid(desk: &Desk, document: &str, printed: &[Value]) {
    let mut schema = desk.run(&["schema", document]).json();
    jsonschema::meta::validate(&schema).unwrap();
    forbid_other_keys(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    for value in printed {
        let errors = validator.iter_errors(value);
        let errors: Vec<String> = errors
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{document}: {errors:#?}");
    }
    // It can fail: without any one of its keys, or with another one, the same is not valid.
    let valid = printed.first().unwrap().as_object().unwrap();
    let mut other = valid.clone();
    other.insert("another".to_owned(), Value::Null);
    assert!(!validator.is_valid(&Value::Object(other)), "{document}");
    for key in ["format", "version", "event"] {
        let mut less = valid.clone();
        if less.shift_remove(key).is_some() {
            assert!(
                !validator.is_valid(&Value::Object(less)),
                "{document}: {key}"
            );
        }
    }
}

fn forbid_other_keys(schema: &mut Value) {
    match schema {
        Value::Object(keys) => {
            for (key, value) in keys.iter_mut() {
                // The values of an example or of a list of words are no schemas.
                if key != "enum" && key != "const" {
                    forbid_other_keys(value);
                }
            }
            if keys.get("type").is_some_and(|kind| kind == "object") {
                keys.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(forbid_other_keys),
        _ => {}
    }
}

/// Somebody at a terminal is asked, and only a yes is a yes.
#[test]
fn at_a_terminal_apply_shows_the_plan_and_asks() {
    let answers = [
        ("yes\r", 0, true),
        ("y\r", 1, false),
        ("YES\r", 1, false),
        ("no\r", 1, false),
        ("\x03", 130, false),
    ];
    for (answer, code, changed) in answers {
        let desk = Desk::new();
        let before = desk.roles();
        let mut run = Run::start(&with("apply", &WANTED, &[]), &against(&desk.aws.address));
        run.wait("Type the whole word yes:");
        let seen = String::from_utf8_lossy(&run.raw).into_owned();
        assert!(seen.contains("Let Systems Manager assume"), "{seen}");
        // The sum stands directly above the question.
        let sum = seen
            .find("+ Add one statement to the trust of Amazon")
            .unwrap();
        let sum = &seen[sum..];
        for part in [
            "~ Replace the client policy of DataScientist (gone: ssm:StartSession on *)",
            "+ Turn on the advanced-instances tier in eu-west-1",
            "As            Admin/console (environment variables) in acme-ml-dev (123456789012)",
            "Options       no plain shells; the new trust statement has no conditions.",
            "Cost          ",
            "To undo       \"sagemaker-ssh-setup undo\".",
        ] {
            assert!(sum.contains(part), "{part}: {sum}");
        }
        assert!(sum.lines().count() < 14, "{sum}");
        assert_eq!(desk.roles(), before);
        run.keys(answer);
        assert_eq!(run.ended(), code, "{answer:?}: {}", run.left());
        assert_eq!(
            desk.roles() != before,
            changed,
            "{answer:?}: {}",
            run.left()
        );
    }
}

#[test]
fn a_hanging_call_is_given_up_by_a_signal() {
    let desk = Desk::new();
    desk.aws.faults.add("GetCallerIdentity", 9, FOR_EVER);
    let child = desk.command(&with("plan", &WANTED, &[])).spawn().unwrap();
    while desk.aws.faults.calls().is_empty() {
        std::thread::yield_now();
    }
    send(child.id(), Signal::INT);
    printed(child).ends_with(130);
}

#[test]
fn a_plan_with_a_role_that_cannot_be_read_promises_nothing() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let words = [
        "plan",
        "--sagemaker-role",
        "ChurnTrainin",
        "--user-role",
        "DataScientist",
        "--regions",
        "eu-west-1",
    ];
    let printed = desk.run(&words).ends_with(1);
    let said = "The role ChurnTrainin could not be read, and \"apply\" would not begin.";
    assert!(printed.out.contains(said), "{}", printed.out);
    assert!(!printed.out.contains("carries it out"), "{}", printed.out);
}
