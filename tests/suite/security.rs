//! What somebody else may try: on the way to AWS, in the state folder, with files that are none.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use sagemaker_ssh_setup::demo::Seed;
use serde_json::{Value, json};

use super::commands::{Desk, SAGEMAKER, WANTED, with};
use super::cut_off::Folder;
use super::faults::Fault;
use super::program::{Run, read_request, server};

const STRANGER: &str = "arn:aws:iam::666666666666:root";
/// A name that leads nowhere but through the proxy.
const ELSEWHERE: &str = "http://aws.example";

/// Somebody on the way who rewrites answers.
#[derive(Clone, Debug)]
struct Rewritten<T>(T, fn(String) -> String);

impl HttpClient for Rewritten<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.0.http_connector(settings, components);
        SharedHttpConnector::new(Rewritten(inner, self.1))
    }
}

impl HttpConnector for Rewritten<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (answer, rewrite) = (self.0.call(request), self.1);
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await?;
            let body = answer.body().bytes().unwrap_or_default();
            let body = rewrite(String::from_utf8(body.to_vec()).unwrap());
            *answer.body_mut() = SdkBody::from(body);
            Ok(answer)
        })
    }
}

fn rewriting(rewrite: fn(String) -> String) -> Desk {
    Desk::behind(|account| SharedHttpClient::new(Rewritten(account, rewrite)))
}

/// Lets a stranger into every trust policy on its way.
fn with_stranger(body: String) -> String {
    const TAG: (&str, &str) = ("<AssumeRolePolicyDocument>", "</AssumeRolePolicyDocument>");
    let Some((head, rest)) = body.split_once(TAG.0) else {
        return body;
    };
    let (document, tail) = rest.split_once(TAG.1).unwrap();
    let document = percent_encoding::percent_decode_str(document)
        .decode_utf8()
        .unwrap();
    let mut document: Value = serde_json::from_str(&document).unwrap();
    let strange =
        json!({"Effect": "Allow", "Principal": {"AWS": STRANGER}, "Action": "sts:AssumeRole"});
    document["Statement"].as_array_mut().unwrap().push(strange);
    let document = document.to_string();
    let document =
        percent_encoding::utf8_percent_encode(&document, percent_encoding::NON_ALPHANUMERIC);
    format!(
        "{head}{}{document}{}{}",
        TAG.0,
        TAG.1,
        with_stranger(tail.to_owned())
    )
}

#[test]
fn who_is_forged_into_a_trust_on_the_way_is_seen_and_nothing_is_written_unasked() {
    let desk = rewriting(with_stranger);
    let way = [
        ("AWS_ENDPOINT_URL", ELSEWHERE),
        ("HTTP_PROXY", desk.aws.address.as_str()),
    ];
    let endpoint = "Endpoint      http://aws.example (STS, IAM, Systems Manager)";
    let stranger = format!("      AWS {STRANGER} (another account)");
    for (command, code) in [
        (with("plan", &WANTED, &[]), 2),
        (with("check", &WANTED, &[]), 2),
    ] {
        let shown = desk.run_with(&command, &way).ends_with(code);
        let all = shown.out + &shown.err;
        assert!(all.contains(endpoint), "{all}");
        assert!(all.contains("! Requests go to http://aws.example over plain HTTP."));
        assert!(command[0] == "check" || all.contains(&stranger), "{all}");
    }
    let plan = with("plan", &WANTED, &["--output", "json"]);
    let plan = desk.run_with(&plan, &way).ends_with(2).json();
    assert_eq!(plan["endpoints"][0]["url"], ELSEWHERE);

    let asked = desk.aws.faults.calls().len();
    for command in [
        with("apply", &WANTED, &["--yes"]),
        with("check", &WANTED, &["--live"]),
        vec!["undo", "--yes"],
    ] {
        let refused = desk.run_with(&command, &way).ends_with(64);
        assert!(
            refused.err.contains("missing: --insecure-endpoint. "),
            "{refused:?}"
        );
    }
    assert_eq!(desk.aws.faults.calls().len(), asked);

    let apply = ["--yes", "--insecure-endpoint", "--output", "json"];
    let applied = desk.run_with(&with("apply", &WANTED, &apply), &way);
    let applied = applied.ends_with(0).lines();
    assert_eq!(applied.last().unwrap()["endpoints"][0]["url"], ELSEWHERE);
    let run = desk.run(&["runs", "last"]).ends_with(0).out;
    assert!(run.contains(endpoint), "{run}");
}

#[test]
fn who_is_let_in_stands_above_the_question_at_a_terminal() {
    let desk = rewriting(with_stranger);
    let environment = against_elsewhere(&desk.aws.address);
    let mut run = Run::start(&with("apply", &WANTED, &[]), &environment);
    run.wait("Type the whole word yes:");
    let seen = String::from_utf8_lossy(&run.raw).into_owned();
    assert!(seen.contains(&format!("AWS {STRANGER} (another account)")));
    assert!(
        seen.contains("! Lets in from outside of this account: "),
        "{seen}"
    );
    assert!(seen.contains("over plain HTTP"), "{seen}");
    run.keys("no\r");
    assert_eq!(run.ended(), 1);
}

fn against_elsewhere(proxy: &str) -> [(&str, &str); 5] {
    [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "no-secret"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL", ELSEWHERE),
        ("HTTP_PROXY", proxy),
    ]
}

#[test]
fn the_wizard_asks_once_whether_to_go_on_over_plain_http() {
    let desk = Desk::new();
    let environment = against_elsewhere(&desk.aws.address);
    let mut run = Run::start(&[], &environment);
    run.wait("Not encrypted").wait("http://aws.example");
    // Only an answer closes it.
    run.keys("\x1b").keys("\r").wait("Not encrypted");
    run.keys("p")
        .wait("Profile")
        .keys("\x1b")
        .wait("Not encrypted");
    run.keys("g").gone("Not encrypted").wait("Endpoint");
    run.wait("over plain HTTP");
    let answers = || {
        let calls = desk.aws.faults.calls();
        calls
            .iter()
            .filter(|call| *call == "GetCallerIdentity")
            .count()
    };
    assert_eq!(answers(), 1);
    run.keys("r").until("the second answer", |_| answers() == 2);
    run.wait("Signed in as")
        .keys("\r")
        .wait("Where do people")
        .gone("Not encrypted");
    run.keys("q");
    assert_eq!(run.ended(), 0);

    let mut run = Run::start(&[], &environment);
    run.wait("Not encrypted").keys("q");
    assert_eq!(run.ended(), 0);

    let mut run = Run::start(&["--insecure-endpoint"], &environment);
    run.wait("Signed in as").keys("\r").wait("Where do people");
    run.keys("q");
    assert_eq!(run.ended(), 0);
}

#[test]
fn an_endpoint_on_this_computer_is_named_and_asks_for_nothing() {
    let desk = Desk::new();
    let plan = desk.run(&with("plan", &WANTED, &[])).ends_with(2).out;
    let endpoint = format!("Endpoint      {} (STS, ", desk.aws.address);
    assert!(plan.contains(&endpoint), "{plan}");
    assert!(!plan.contains("plain HTTP"), "{plan}");
    // One service elsewhere, by the profile; its password is nobody's business.
    let config = "[default]\nservices = s\n[services s]\niam =\n  endpoint_url = https://me:pass@iam.example/x\n";
    std::fs::write(desk.path("config"), config).unwrap();
    let config = desk.path("config");
    let way = [
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_ENDPOINT_URL_STS", desk.aws.address.as_str()),
        ("HTTPS_PROXY", "http://127.0.0.1:9"),
    ];
    let mut run = Run::start(
        &[],
        &[
            &way[..],
            &[
                ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
                ("AWS_SECRET_ACCESS_KEY", "no-secret"),
            ],
        ]
        .concat(),
    );
    run.wait("https://iam.example/x (IAM)");
    run.wait(&format!("{} (STS)", desk.aws.address));
    assert!(!String::from_utf8_lossy(&run.raw).contains("pass@"));
    for odd in [
        "",
        "nonsense",
        "http://[::1",
        "ftp://aws.example",
        "http://",
    ] {
        let plan = with("plan", &WANTED, &[]);
        let refused = desk.run_with(&plan, &[("AWS_ENDPOINT_URL_IAM", odd)]);
        let refused = refused.ends_with(1);
        assert!(refused.err.contains("which is no address"), "{refused:?}");
    }
}

#[test]
fn credentials_of_a_container_or_an_instance_never_go_through_a_proxy() {
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let noted = Arc::clone(&seen);
    let proxy = server(move |request| {
        noted.lock().unwrap().push(request.to_owned());
        (200, "{}".to_owned())
    });
    let container = server(|request| {
        if request.starts_with("GET /creds") && request.contains("CONTAINERSECRET") {
            let keys = r#"{"AccessKeyId":"ASIACONTAINER","SecretAccessKey":"s","Token":"t","Expiration":"2999-01-01T00:00:00Z"}"#;
            return (200, keys.to_owned());
        }
        (404, String::new())
    });
    let full = format!("{container}/creds");
    let sources: [&[(&str, &str)]; 3] = [
        &[
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", full.as_str()),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "CONTAINERSECRET"),
        ],
        &[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds")],
        // The instance's metadata.
        &[],
    ];
    let desk = Desk::new();
    std::thread::scope(|scope| {
        for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            for source in sources {
                let (desk, proxy) = (&desk, &proxy);
                scope.spawn(move || {
                    let mut command = desk.command(&with("plan", &WANTED, &[]));
                    for unset in [
                        "AWS_ACCESS_KEY_ID",
                        "AWS_SECRET_ACCESS_KEY",
                        "AWS_SESSION_TOKEN",
                        "AWS_ENDPOINT_URL",
                        "AWS_EC2_METADATA_DISABLED",
                    ] {
                        command.env_remove(unset);
                    }
                    // Where STS is asked then, the proxy may see; it is not AWS.
                    command.env("AWS_ENDPOINT_URL", "http://sts.example");
                    command.env(variable, proxy).envs(source.iter().copied());
                    let output = command.output().unwrap();
                    assert_eq!(output.status.code(), Some(1), "{output:?}");
                });
            }
        }
    });
    let seen = seen.lock().unwrap();
    // With the container's credentials, which came directly, STS was asked through the proxy.
    assert!(seen.iter().any(|request| request.contains("ASIACONTAINER")));
    for request in &*seen {
        assert!(request.starts_with("POST http://sts.example/"), "{request}");
        assert!(!request.contains("CONTAINERSECRET"), "{request}");
    }
}

#[test]
fn answers_about_another_account_are_refused() {
    for (rewrite, said) in [
        (
            (|body: String| body.replace("iam::123456789012:role", "iam::888888888888:role"))
                as fn(String) -> String,
            "iam:GetRole",
        ),
        (
            |body| body.replace("sts::123456789012:", "sts::999999999999:"),
            "sts:GetCallerIdentity",
        ),
    ] {
        let desk = rewriting(rewrite);
        let before = desk.aws.demo.roles();
        let apply = desk.run(&with("apply", &WANTED, &["--yes"]));
        assert_ne!(apply.code, Some(0));
        let all = format!("{}{}", apply.out, apply.err);
        let why = format!("What answered {said} is not AWS (the answer is about the account");
        assert!(all.contains(&why), "{all}");
        assert_eq!(desk.aws.demo.roles(), before);
    }
}

#[test]
fn an_answer_without_end_is_named_and_takes_no_memory() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            std::thread::spawn(move || {
                read_request(&mut stream);
                let head = b"HTTP/1.1 200 X\r\nContent-Type: text/xml\r\n\r\n<a>";
                let mut open = stream.write_all(head);
                while open.is_ok() {
                    open = stream.write_all(&vec![b'x'; 65_536]);
                }
            });
        }
    });
    let desk = Desk::new();
    let mut command = desk.command(&with("plan", &WANTED, &[]));
    command.env("AWS_ENDPOINT_URL", address);
    let mut child = command.spawn().unwrap();
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    let ended = wait4::Wait4::wait4(&mut child).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{err}");
    assert!(
        err.contains("What answered sts:GetCallerIdentity is larger than anything that AWS"),
        "{err}"
    );
    assert!(ended.rusage.maxrss < 300 * 1024 * 1024, "{ended:?}");
}

#[test]
fn documents_and_plans_that_are_too_large_are_named() {
    let mut seed = Seed::shipped().unwrap();
    let document = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "x:y", "Resource": "z".repeat(300_000)
    }]});
    let role = seed.roles.iter_mut().find(|role| role.name == SAGEMAKER);
    role.unwrap().inline.insert("Large".to_owned(), document);
    let desk = Desk::with(seed);
    let plan = desk.run(&with("plan", &WANTED, &[]));
    let why = "What answered iam:GetRolePolicy is larger than anything that AWS answers (a document has more than 262144";
    assert!(plan.out.contains(why), "{plan:?}");

    let large = std::fs::File::create(desk.path("large.json")).unwrap();
    large.set_len(33_000_000).unwrap();
    let refused = desk.run(&["apply", "large.json", "--yes"]).ends_with(1);
    assert!(
        refused.err.contains("larger than 32000000 bytes"),
        "{refused:?}"
    );
}

#[test]
fn trust_that_is_not_hardened_is_no_success_where_hardening_was_asked_for() {
    let desk = Desk::new();
    desk.run(&with("apply", &WANTED, &["--yes"])).ends_with(0);
    desk.run(&with("check", &WANTED, &[])).ends_with(0);
    let check = desk.run(&with("check", &WANTED, &["--harden-trust"]));
    let check = check.ends_with(2);
    assert!(
        check.out.contains(&format!(
            "differs   trust:{SAGEMAKER}  Systems Manager may assume this role already"
        )),
        "{check:?}"
    );
    let check = desk.run(&with(
        "check",
        &WANTED,
        &["--harden-trust", "--output", "json"],
    ));
    let check = check.ends_with(2).json();
    assert_eq!(check["in_place"], false);
    assert_eq!(check["items"][1]["state"], "differs");
    desk.run(&with("plan", &WANTED, &["--harden-trust"]))
        .ends_with(2);
    let before = desk.aws.demo.roles();
    desk.run(&with("apply", &WANTED, &["--harden-trust", "--yes"]))
        .ends_with(1);
    assert_eq!(desk.aws.demo.roles(), before);
}

/// The record of a run that set up, and its folder.
fn with_record(desk: &Desk) -> std::path::PathBuf {
    desk.run(&with("apply", &WANTED, &["--yes"])).ends_with(0);
    let runs = desk.path(".local/state/sagemaker-ssh-setup/runs");
    let mut records = std::fs::read_dir(runs).unwrap();
    records.next().unwrap().unwrap().path()
}

fn pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

#[test]
fn a_record_is_ones_own_plain_file_and_says_its_own_name() {
    type Spoil = fn(&Path, &str);
    let spoils: [(Spoil, &str); 7] = [
        (
            |path, _| {
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666)).unwrap();
            },
            "others may write it",
        ),
        (
            |path, text| {
                let victim = path.with_file_name("victim");
                std::fs::write(&victim, text).unwrap();
                std::fs::remove_file(path).unwrap();
                symlink(victim, path).unwrap();
            },
            "it is a link, and is not followed",
        ),
        (
            |path, _| {
                std::fs::remove_file(path).unwrap();
                pipe(path);
            },
            "it is no plain file",
        ),
        (
            |path, text| {
                let run = path.file_stem().unwrap().to_str().unwrap();
                std::fs::write(path, text.replace(run, "../../../../victim")).unwrap();
            },
            "it names \"../../../../victim\" as a run, which is the ID of none",
        ),
        (
            |path, text| {
                let run = path.file_stem().unwrap().to_str().unwrap();
                std::fs::write(path, text.replace(run, "20240131-101010")).unwrap();
            },
            "it says of itself that it is the record of the run 20240131-101010",
        ),
        (
            |path, text| {
                let other = "policy:DataScientist/AnyName";
                let ours = "policy:DataScientist/SSHSageMakerClientPolicy";
                std::fs::write(path, text.replace(ours, other)).unwrap();
            },
            "\"policy:DataScientist/AnyName\" is not the ID of an item",
        ),
        (
            |path, _| {
                let large = std::fs::File::create(path).unwrap();
                large.set_len(33_000_000).unwrap();
            },
            "larger than 32000000 bytes",
        ),
    ];
    std::thread::scope(|scope| {
        for (spoil, why) in spoils {
            scope.spawn(move || {
                let desk = Desk::new();
                let record = with_record(&desk);
                let text = std::fs::read_to_string(&record).unwrap();
                spoil(&record, &text);
                let before = desk.aws.demo.roles();
                let runs = desk.run(&["runs"]).ends_with(0);
                assert!(runs.err.contains(why), "{runs:?}");
                let undo = desk.run(&["undo", "--yes"]).ends_with(1);
                assert!(undo.err.contains(why), "{undo:?}");
                assert_eq!(desk.aws.demo.roles(), before);
            });
        }
    });
}

#[test]
fn the_state_folder_is_closed_no_link_and_nobody_elses() {
    let desk = Desk::new();
    with_record(&desk);
    let state = desk.path(".local/state/sagemaker-ssh-setup");
    for folder in [state.clone(), state.join("runs")] {
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
        desk.run(&["runs"]).ends_with(0);
        assert_eq!(folder.metadata().unwrap().mode() & 0o777, 0o700);
    }
    let elsewhere = desk.path("elsewhere");
    std::fs::rename(&state, &elsewhere).unwrap();
    symlink(&elsewhere, &state).unwrap();
    let refused = |why: &str| {
        desk.run(&["runs"]).ends_with(1);
        for command in [
            vec!["undo", "--yes"],
            with("apply", &WANTED, &["--user-role", "Admin", "--yes"]),
        ] {
            let printed = desk.run(&command).ends_with(1);
            let all = printed.out + &printed.err;
            assert!(all.contains(why), "{all}");
        }
    };
    refused("is a link, and is not followed");
    std::fs::remove_file(&state).unwrap();
    std::fs::rename(&elsewhere, &state).unwrap();
    if rustix::process::geteuid().is_root() {
        // Only root can give a folder away, and only root could read it then.
        for theirs in [state.join("runs"), state.clone()] {
            std::os::unix::fs::chown(&theirs, Some(12345), None).unwrap();
            refused(
                "belongs to another user (number 12345), and this program runs as user number 0",
            );
            std::os::unix::fs::chown(&theirs, Some(0), None).unwrap();
        }
    }
    desk.run(&["runs"]).ends_with(0);
}

#[test]
fn nothing_is_waited_for_that_is_no_file() {
    let desk = Desk::new();
    pipe(&desk.path("pipe"));
    let plan = desk.run(&["apply", "pipe", "--yes"]).ends_with(1);
    assert!(plan.err.contains("it is no plain file"), "{plan:?}");
    let out = desk.run(&with("plan", &WANTED, &["--out", "pipe"]));
    let out = out.ends_with(1);
    assert!(out.err.contains("it is no plain file"), "{out:?}");
    let state = desk.path(".local/state/sagemaker-ssh-setup");
    std::fs::create_dir_all(&state).unwrap();
    pipe(&state.join("123456789012.lock"));
    let apply = desk.run(&with("apply", &WANTED, &["--yes"])).ends_with(1);
    let all = apply.out + &apply.err;
    assert!(all.contains("it is no plain file"), "{all}");
    pipe(&desk.path("log-is-a-pipe"));
}

#[test]
fn an_export_replaces_nothing_unless_it_is_told_to() {
    let desk = Desk::new();
    let export = |more: &[&str]| {
        let wanted = [&["shell", "--out", "a/b"], &WANTED[..], more].concat();
        desk.run(&with("export", &wanted, &[]))
    };
    export(&[]).ends_with(0);
    for folder in ["a", "a/b"] {
        assert_eq!(desk.path(folder).metadata().unwrap().mode() & 0o777, 0o700);
    }
    std::fs::write(desk.path("a/b/set-up.sh"), "somebody's").unwrap();
    let refused = export(&[]).ends_with(1);
    assert!(
        refused.err.contains("only --force replaces it"),
        "{refused:?}"
    );
    let there = || std::fs::read_to_string(desk.path("a/b/set-up.sh")).unwrap();
    assert_eq!(there(), "somebody's");
    export(&["--force"]).ends_with(0);
    assert!(there().starts_with("#!/bin/sh"));
}

#[test]
fn thousands_of_runs_are_listed_and_passed_over_without_reading_aws_for_each() {
    let desk = Desk::new();
    let record = with_record(&desk);
    let text = std::fs::read_to_string(&record).unwrap();
    desk.run(&["undo", "--yes"]).ends_with(0);
    let run = record.file_stem().unwrap().to_str().unwrap();
    let id = |number: usize| {
        let (minutes, seconds) = (number / 60, number % 60);
        format!(
            "20200101-{:02}{:02}{seconds:02}",
            minutes / 60,
            minutes % 60
        )
    };
    let write = |number: usize, more: &str| {
        let own = format!("\"run\":\"{}\"{more}", id(number));
        let text = text.replace(&format!("\"run\":\"{run}\""), &own);
        let path = record.with_file_name(format!("{}.jsonl", id(number)));
        std::fs::write(path, text).unwrap();
    };
    // One that stands alone a hundred times; a chain that goes on; a chain of undoings.
    for number in 0..100 {
        write(number, "");
    }
    for number in 1000..4000 {
        let before = id(number - 1);
        let more = |key: &str| format!(",\"{key}\":\"{before}\"");
        write(
            number,
            &if number == 1000 {
                String::new()
            } else {
                more("continues")
            },
        );
        write(
            number + 4000,
            &if number == 1000 {
                String::new()
            } else {
                format!(",\"undoes\":\"{}\"", id(number + 3999))
            },
        );
    }
    let runs = desk.run(&["runs"]).ends_with(0);
    // A head, and three lines each.
    assert_eq!(runs.out.lines().count(), 1 + 3 * 6102);
    let before = desk.aws.faults.calls().len();
    let undo = desk.run(&["undo", "--yes"]).ends_with(0);
    assert!(undo.out.contains("nothing to"), "{undo:?}");
    let calls = desk.aws.faults.calls();
    let read = calls[before..].iter().filter(|call| *call == "GetRole");
    assert_eq!(read.count(), 1);
}

#[test]
fn what_another_program_says_is_shown_and_not_stored() {
    let desk = Desk::new();
    let config = "[default]\ncredential_process = sh -c 'echo HUNTER2 >&2; exit 1'\n";
    std::fs::write(desk.path("config"), config).unwrap();
    let mut command = desk.command(&with("plan", &WANTED, &[]));
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env("AWS_CONFIG_FILE", desk.path("config"))
        .env("PATH", std::env::var("PATH").unwrap())
        .stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("HUNTER2"));
    // Something was noted, and not this.
    desk.aws.faults.add(
        "GetCallerIdentity",
        9,
        Fault::Refused(
            403,
            "Weird",
            "\u{1b}]52;c;\u{7}\nforged line\n{\"x-amz-security-token\":\"HUNTER2\"}",
        ),
    );
    desk.run(&with("plan", &WANTED, &[])).ends_with(1);
    let log = desk.path(".local/state/sagemaker-ssh-setup/log");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("Weird"), "{log}");
    assert!(!log.contains("HUNTER2"), "{log}");
    let acts = |c: char| c.is_control() && c != '\n';
    assert!(!log.contains(acts), "{log:?}");
    assert!(!log.lines().any(|line| line.starts_with("forged")), "{log}");
}

#[test]
fn a_role_whose_name_begins_with_a_hyphen_can_be_named() {
    let mut seed = Seed::shipped().unwrap();
    for role in &mut seed.roles {
        if role.name == SAGEMAKER {
            role.name = "-rf".to_owned();
        }
    }
    let desk = Desk::with(seed);
    let wanted = [
        "--sagemaker-role=-rf",
        "--user-role",
        "DataScientist",
        "--regions",
        "eu-west-1",
    ];
    let check = desk.run(&with("check", &wanted, &[])).ends_with(2).out;
    let (_, mend) = check.split_once("sagemaker-ssh-setup apply ").unwrap();
    let mut words: Vec<&str> = mend.split_whitespace().collect();
    assert!(words.contains(&"--sagemaker-role=-rf"), "{mend}");
    words.insert(0, "apply");
    words.push("--yes");
    desk.run(&words).ends_with(0);
    let script = desk.run(&with("export", &["shell"], &wanted)).ends_with(0);
    assert!(script.out.contains("--role-name='DataScientist'") || script.out.contains("ITEMS=''"));
}

/// A profile that is chosen instead is another account: nothing of the first is asked, shown or offered any more.
#[test]
fn another_profile_in_place_of_plain_http_begins_anew() {
    let desk = Desk::new();
    let folder = Folder::new("plain-http");
    std::fs::create_dir_all(&folder.0).unwrap();
    let config = folder.0.join("config");
    let keys =
        "aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = no-secret\nregion = eu-west-1\n";
    let profiles = format!(
        "[default]\n{keys}endpoint_url = {ELSEWHERE}\n[profile safe]\n{keys}endpoint_url = {}\n",
        desk.aws.address
    );
    std::fs::write(&config, profiles).unwrap();
    let environment = [
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("HTTP_PROXY", &desk.aws.address),
        ("NO_PROXY", "127.0.0.1"),
    ];
    let guide = with("guide", &WANTED, &[]);
    for words in [&[][..], &guide] {
        let mut run = Run::start(words, &environment);
        run.wait("Not encrypted")
            .keys("p")
            .wait("Profile")
            .wait("safe");
        run.keys("j\r").gone("Not encrypted").wait("profile safe");
        run.wait("Step 1/").wait(&desk.aws.address);
        run.keys("\r").wait("Where do people").gone("Not encrypted");
        run.keys("\x03");
        assert_eq!(run.ended(), 130);
    }
}
