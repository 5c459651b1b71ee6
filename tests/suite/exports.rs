//! What is handed over, held against what the program itself does with the same plan.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use sagemaker_ssh_setup::account::{Account, ErrorKind, RoleToMake};
use sagemaker_ssh_setup::demo::{Seed, Timing};
use sagemaker_ssh_setup::export::{self, Form};
use sagemaker_ssh_setup::model::{Choices, ConnectFrom, Tier};
use sagemaker_ssh_setup::plan::Plan;
use sagemaker_ssh_setup::policy::document::pretty;
use serde::Serialize;
use serde_json::Value;

use super::cut_off::{Contents, Folder, REGION, SAGEMAKER, Setup};
use super::documents::{content, with_id};

/// A client policy with other contents stands there, and is replaced.
const USER: &str = "DataScientist";

fn choices() -> Choices {
    Choices {
        sagemaker_roles: vec![SAGEMAKER.into()],
        user_roles: vec![USER.into()],
        regions: vec![REGION.into()],
        ..Choices::default()
    }
}

/// A command called `aws` that hands each call over as a file, and waits for the answer.
const AWS: &str = r#"#!/bin/sh
call=$(mktemp -d "$STAND/call.XXXXXX") || exit 1
for word in "$@"; do printf '%s\0' "$word"; done >"$call/part"
mv "$call/part" "$call/words"
while ! [ -f "$call/code" ]; do sleep 0.01; done
cat "$call/out"
cat "$call/err" >&2
exit "$(cat "$call/code")"
"#;

/// A shell with that command, and the account that answers it.
pub struct Shell<'a> {
    /// The command that runs it: a shell, and its first arguments.
    command: &'static [&'static str],
    folder: Folder,
    account: &'a Account,
}

impl<'a> Shell<'a> {
    pub fn new(setup: &'a Setup, script: &str) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new("shell");
        std::fs::create_dir_all(folder.0.join("bin")).unwrap();
        std::fs::create_dir_all(folder.0.join("calls")).unwrap();
        // The copy is made by a program of its own: a file that this process, or one that it is just starting, still has
        // open for writing cannot be run.
        let source = folder.0.join("aws.sh");
        std::fs::write(&source, AWS).unwrap();
        std::fs::set_permissions(&source, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut copy = Command::new("cp");
        copy.arg(&source).arg(folder.0.join("bin/aws"));
        assert!(copy.status().unwrap().success());
        std::fs::write(folder.0.join("set-up.sh"), script).unwrap();
        Self {
            command: &["sh"],
            folder,
            account: &setup.account,
        }
    }

    fn under(setup: &'a Setup, script: &str, command: &'static [&'static str]) -> Self {
        Self {
            command,
            ..Self::new(setup, script)
        }
    }

    /// Runs the script to its end, answering its calls.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        let path = format!(
            "{}:{}",
            self.folder.0.join("bin").display(),
            std::env::var("PATH").unwrap()
        );
        let child = Command::new(self.command[0])
            .args(&self.command[1..])
            .arg(self.folder.0.join("set-up.sh"))
            .args(arguments)
            .env("PATH", path)
            .env("STAND", self.folder.0.join("calls"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let ended = std::sync::Arc::new(AtomicBool::new(false));
        let over = std::sync::Arc::clone(&ended);
        let waiting = std::thread::spawn(move || {
            let output = child.wait_with_output().unwrap();
            over.store(true, Ordering::SeqCst);
            output
        });
        while !ended.load(Ordering::SeqCst) {
            for call in self.calls() {
                answer(self.account, &call).await;
            }
            tokio::task::yield_now().await;
        }
        waiting.join().unwrap()
    }

    /// The calls that wait for an answer.
    fn calls(&self) -> Vec<PathBuf> {
        let calls = std::fs::read_dir(self.folder.0.join("calls")).unwrap();
        let calls = calls.map(|entry| entry.unwrap().path());
        calls
            .filter(|call| call.join("words").exists() && !call.join("code").exists())
            .collect()
    }
}

/// Does what the AWS CLI would do, and prints what it would print.
async fn answer(account: &Account, call: &Path) {
    let words = std::fs::read_to_string(call.join("words")).unwrap();
    let words: Vec<&str> = words.split_terminator('\0').collect();
    let mut options: HashMap<&str, &str> = HashMap::new();
    let mut rest = words[2..].iter();
    while let Some(word) = rest.next() {
        let option = word.strip_prefix("--").unwrap();
        let (name, value) = match option.split_once('=') {
            Some(pair) => pair,
            None => (option, *rest.next().unwrap()),
        };
        // As the AWS CLI has it: what begins with a hyphen is an option.
        assert!(option.contains('=') || !value.starts_with('-'), "{word}");
        options.insert(name, value);
    }
    let option = |name: &str| options[name];
    let identity = account.identity().await.unwrap();
    let (number, partition) = (identity.account.as_str(), &identity.partition);
    let role = options.get("role-name").copied().unwrap_or_default();
    let arn = |region: &str| {
        format!(
            "arn:{partition}:ssm:{region}:{number}:servicesetting/ssm/managed-instance/activation-tier"
        )
    };
    let answered = match (words[0], words[1]) {
        ("sts", "get-caller-identity") => {
            assert_eq!((option("query"), option("output")), ("Account", "text"));
            Ok(number.to_owned())
        }
        ("iam", "get-role") if option("query").starts_with("Role.{") => {
            let keys = ["Path", "Description", "AssumeRolePolicyDocument", "PermissionsBoundary", "MadeBy"];
            assert!(keys.iter().all(|key| option("query").contains(&format!("{key}: "))));
            match account.role(role, &[]).await {
                Err(error) if error.kind == ErrorKind::NotFound => {
                    return say(call, 254, "", "(NoSuchEntity) when calling GetRole");
                }
                reading => reading.map(|role| {
                    let trust: Value = serde_json::from_str(&role.trust).unwrap();
                    let role = serde_json::json!({
                        "Path": role.path, "Description": role.description, "AssumeRolePolicyDocument": trust,
                        "PermissionsBoundary": role.boundary, "MadeBy": role.made_by,
                    });
                    printed(&role.to_string())
                }),
            }
        }
        ("iam", "list-role-policies") => {
            let ours: Vec<&str> = ["SSHSageMakerServerPolicy", "SSHSageMakerClientPolicy"]
                .into_iter()
                .filter(|name| option("query").contains(&format!("@!='{name}'")))
                .collect();
            assert!(option("query").starts_with("PolicyNames"));
            account.role(role, &[]).await.map(|role| {
                let mut names: Vec<&String> = role.inline.keys().collect();
                names.retain(|name| !ours.contains(&name.as_str()));
                serde_json::json!(names).to_string()
            })
        }
        ("iam", "list-attached-role-policies") => match account.role(role, &[]).await {
            Err(error) if error.kind == ErrorKind::NotFound => {
                return say(call, 254, "", "(NoSuchEntity) when calling ListAttachedRolePolicies");
            }
            reading => reading.map(|role| {
                let (ours, others): (Vec<_>, Vec<_>) = role
                    .attached
                    .iter()
                    .map(|policy| policy.arn.as_str())
                    .partition(|arn| arn.ends_with("/AmazonSageMakerFullAccess"));
                match option("query") {
                    "AttachedPolicies[].PolicyArn" => {
                        serde_json::json!([ours, others].concat()).to_string()
                    }
                    "AttachedPolicies[?PolicyName!='AmazonSageMakerFullAccess'].PolicyArn" => {
                        serde_json::json!(others).to_string()
                    }
                    "AttachedPolicies[?PolicyName=='AmazonSageMakerFullAccess'] | [0].PolicyArn" => {
                        ours.first().copied().unwrap_or("None").to_owned()
                    }
                    other => panic!("{other}"),
                }
            }),
        },
        ("iam", "create-role") => {
            let tag = option("tags").strip_prefix("Key=sagemaker-ssh-setup,Value=");
            let made = RoleToMake {
                name: role,
                path: option("path"),
                description: option("description"),
                trust: option("assume-role-policy-document"),
                boundary: options.get("permissions-boundary").copied(),
                run: tag.unwrap(),
            };
            account.create_role(&made).await.map(|()| String::new())
        }
        ("iam", "delete-role") => account.delete_role(role).await.map(|()| String::new()),
        ("iam", "attach-role-policy") => account
            .attach_policy(role, option("policy-arn"))
            .await
            .map(|()| String::new()),
        ("iam", "detach-role-policy") => account
            .detach_policy(role, option("policy-arn"))
            .await
            .map(|()| String::new()),
        ("iam", "get-role") => {
            assert_eq!(option("query"), "Role.AssumeRolePolicyDocument");
            account.trust(role).await.map(|text| printed(&text))
        }
        ("iam", "get-role-policy") => {
            assert_eq!(option("query"), "PolicyDocument");
            let policy = account.inline_policy(role, option("policy-name")).await;
            match policy {
                Ok(None) => return say(call, 254, "", "(NoSuchEntity) when calling GetRolePolicy"),
                Err(error) if error.kind == ErrorKind::NotFound => {
                    return say(call, 254, "", "(NoSuchEntity) when calling GetRolePolicy");
                }
                policy => policy.map(|text| printed(&text.unwrap())),
            }
        }
        ("iam", "update-assume-role-policy") => account
            .write_trust(role, option("policy-document"))
            .await
            .map(|()| String::new()),
        ("iam", "put-role-policy") => account
            .write_inline_policy(role, option("policy-name"), option("policy-document"))
            .await
            .map(|()| String::new()),
        ("iam", "delete-role-policy") => account
            .delete_inline_policy(role, option("policy-name"))
            .await
            .map(|()| String::new()),
        ("ssm", "get-service-setting") => account
            .tier(option("region"))
            .await
            .map(|setting| setting.tier.value().to_owned()),
        ("ssm", "update-service-setting") => {
            assert_eq!(option("setting-id"), arn(option("region")));
            let tier = Tier::from_value(option("setting-value"));
            account
                .write_tier(option("region"), &tier, number, partition)
                .await
                .map(|()| String::new())
        }
        ("ssm", "reset-service-setting") => {
            assert_eq!(option("setting-id"), arn(option("region")));
            account
                .reset_tier(option("region"), number, partition)
                .await
                .map(|()| String::new())
        }
        other => panic!("the script calls {other:?}"),
    };
    match answered {
        Ok(text) => say(call, 0, &format!("{text}\n"), ""),
        Err(error) => {
            assert_ne!(error.kind, ErrorKind::Other, "{error:?}");
            say(call, 254, "", &error.to_string());
        }
    }
}

fn say(call: &Path, code: u8, out: &str, err: &str) {
    std::fs::write(call.join("out"), out).unwrap();
    std::fs::write(call.join("err"), err).unwrap();
    std::fs::write(call.join("part"), code.to_string()).unwrap();
    std::fs::rename(call.join("part"), call.join("code")).unwrap();
}

/// A document as the AWS CLI prints it: Python's JSON with an indentation of four.
fn printed(document: &str) -> String {
    let value: Value = serde_json::from_str(document).unwrap();
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    value
        .serialize(&mut serde_json::Serializer::with_formatter(
            &mut bytes, formatter,
        ))
        .unwrap();
    String::from_utf8(bytes).unwrap()
}

async fn plan(setup: &Setup) -> Plan {
    setup.set_up_as(choices()).await.plan
}

pub fn script(plan: &Plan) -> String {
    export::file(plan, Form::Shell).unwrap().text
}

/// What `apply` and `undo` of the program make of an account like this.
async fn as_applied(prepare: impl AsyncFn(&Setup)) -> Contents {
    let setup = Setup::new().await;
    prepare(&setup).await;
    let job = setup.set_up_as(choices()).await;
    assert!(setup.run(&job).await.is_verified());
    setup.contents()
}

/// The shells of this machine: the one that every machine has, and those that others have.
fn shells() -> Vec<&'static [&'static str]> {
    let all: [&[&str]; 4] = [&["sh"], &["dash"], &["bash"], &["busybox", "sh"]];
    let is_here = |shell: &&&[&str]| {
        let mut command = Command::new(shell[0]);
        let tried = command.args(&shell[1..]).args(["-c", "exit 0"]).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let (here, missing): (Vec<_>, Vec<_>) = all.into_iter().partition(|shell| is_here(&shell));
    if !missing.is_empty() {
        println!("not tried under {missing:?}: not on this machine");
    }
    here
}

#[tokio::test]
async fn the_script_does_what_apply_does_and_its_undo_puts_it_back() {
    for command in shells() {
        does_what_apply_does(command).await;
    }
}

async fn does_what_apply_does(command: &'static [&'static str]) {
    let setup = Setup::new().await;
    let before = setup.contents();
    let shell = Shell::under(&setup, &script(&plan(&setup).await), command);
    let code = |output: &Output| output.status.code();
    assert_eq!(code(&shell.run(&["--check"]).await), Some(2));
    // Nobody can be asked.
    assert_eq!(code(&shell.run(&[]).await), Some(64));
    assert_eq!(code(&shell.run(&["--nonsense"]).await), Some(64));
    assert_eq!(setup.contents(), before);
    let output = shell.run(&["--yes"]).await;
    assert_eq!(code(&output), Some(0), "{output:?}");
    assert_eq!(setup.contents(), as_applied(async |_| {}).await);
    // Again: nothing is written.
    let writes = setup.faults.writes().len();
    let output = shell.run(&["--yes"]).await;
    assert_eq!(code(&output), Some(0), "{output:?}");
    let again = setup.faults.writes();
    assert_eq!(again.len(), writes, "{again:?}");
    // What an undo would do is asked for without doing it, in either order.
    let applied = setup.contents();
    for words in [["--undo", "--check"], ["--check", "--undo"]] {
        let output = shell.run(&words).await;
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(code(&output), Some(2), "{out}");
        assert!(out.contains("to do     Delete the policy"), "{out}");
    }
    assert_eq!(setup.contents(), applied);
    assert_eq!(code(&shell.run(&["--undo", "--yes"]).await), Some(0));
    assert_eq!(setup.contents(), before);
}

#[tokio::test]
async fn the_scripts_undo_leaves_alone_what_somebody_changed_and_puts_the_rest_back() {
    let setup = Setup::new().await;
    let before = setup.contents();
    let shell = Shell::new(&setup, &script(&plan(&setup).await));
    assert_eq!(shell.run(&["--yes"]).await.status.code(), Some(0));
    let policy = "SSHSageMakerClientPolicy";
    let theirs = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}"#;
    let written = setup.account.write_inline_policy(USER, policy, theirs);
    written.await.unwrap();
    let output = shell.run(&["--undo", "--yes"]).await;
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{err}");
    let said = "put back, 1 left alone: changed by somebody since, or not readable.";
    assert!(err.contains(said), "{err}");
    assert!(!err.contains("Plan again"), "{err}");
    let now = setup.contents();
    assert_eq!(now.roles[SAGEMAKER], before.roles[SAGEMAKER]);
    assert_eq!(now.tier, before.tier);
    assert_eq!(content(&now.roles[USER].inline[policy]), content(theirs));
}

#[tokio::test]
async fn what_is_not_part_of_the_script_is_said_before_the_question_and_at_the_end() {
    let setup = Setup::new().await;
    let role = "AWSReservedSSO_DataScience_8c7b6a5948372615";
    let choices = Choices {
        user_roles: vec![role.into()],
        ..choices()
    };
    let plan = setup.set_up_as(choices).await.plan;
    let shell = Shell::new(&setup, &script(&plan));
    let said =
        format!("  policy:{role}/SSHSageMakerClientPolicy: IAM Identity Center made this role");
    for (words, code) in [
        (&["--check"][..], 2),
        (&["--yes"], 5),
        (&["--yes"], 5),
        (&["--check"], 5),
    ] {
        let output = shell.run(words).await;
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {err}");
        assert!(err.contains(&said), "{words:?}: {err}");
    }
    // It was not written by the script, so that nothing of it is missing once the rest is put back.
    assert_eq!(shell.run(&["--undo", "--yes"]).await.status.code(), Some(0));
}

#[tokio::test]
async fn a_role_that_is_gone_stops_the_script_before_anything_is_written() {
    let setup = Setup::new().await;
    let plan = plan(&setup).await;
    let text = script(&plan).replace(&format!("'{USER}'"), "'NoSuchRole'");
    let shell = Shell::new(&setup, &text);
    let before = setup.contents();
    let output = shell.run(&["--yes"]).await;
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(err.contains("UNREAD    Replace the policy"), "{err}");
    assert_eq!(setup.contents(), before);
}

#[tokio::test]
async fn the_script_keeps_every_byte_of_what_a_shell_would_like_to_expand() {
    let hostile = r#"{ "Version":"2012-10-17","Statement":[{"Sid":"It","Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"it's $(touch /tmp/x) `id` \\ \" ${HOME} !! %s 'a' é C1 DEL"}}}]  }"#;
    // IAM takes these in documents, and no editor shows them.
    let hostile = hostile
        .replace("C1", "\u{9b}2J\u{85}")
        .replace("DEL", "\u{7f}");
    let hostile = hostile.as_str();
    let prepare = async |setup: &Setup| {
        setup.account.write_trust(SAGEMAKER, hostile).await.unwrap();
    };
    let setup = Setup::new().await;
    prepare(&setup).await;
    let before = setup.contents();
    let plan = plan(&setup).await;
    for form in Form::ALL {
        let text = export::file(&plan, form).unwrap().text;
        let raw = |c: char| c.is_control() && c != '\n' && c != '\t';
        assert!(!text.contains(raw), "{form:?}");
    }
    let shell = Shell::new(&setup, &script(&plan));
    let output = shell.run(&["--yes"]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(setup.contents(), as_applied(prepare).await);
    let output = shell.run(&["--yes", "--undo"]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(setup.contents(), before);
    let held = setup.contents();
    assert_eq!(content(&held.roles[SAGEMAKER].trust), content(hostile));
}

#[tokio::test]
async fn the_script_refuses_an_account_that_is_no_longer_as_planned() {
    let setup = Setup::new().await;
    let shell = Shell::new(&setup, &script(&plan(&setup).await));
    let trust = setup.contents().roles[SAGEMAKER].trust.clone();
    let theirs = with_id(&trust);
    setup.account.write_trust(SAGEMAKER, &theirs).await.unwrap();
    let held = setup.contents();
    let output = shell.run(&["--yes"]).await;
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(
        err.contains("CHANGED") && err.contains("\"theirs\""),
        "{err}"
    );
    assert_eq!(setup.contents(), held);
}

#[tokio::test]
async fn the_script_says_what_was_refused_and_does_the_rest() {
    use super::faults::Fault;
    let setup = Setup::new().await;
    let shell = Shell::new(&setup, &script(&plan(&setup).await));
    setup.faults.add(
        "UpdateServiceSetting",
        9,
        Fault::Refused(400, "AccessDeniedException", "not authorized"),
    );
    let output = shell.run(&["--yes"]).await;
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{err}");
    assert!(
        err.contains("FAILED    Turn on the advanced-instances tier"),
        "{err}"
    );
    setup.faults.clear();
    assert_eq!(shell.run(&["--yes"]).await.status.code(), Some(0));
    assert_eq!(setup.contents(), as_applied(async |_| {}).await);
}

#[tokio::test(start_paused = true)]
async fn the_review_is_complete_without_the_program() {
    let setup = Setup::new().await;
    let mut wanted = choices();
    wanted.regions.push("af-south-1".into());
    let plan = setup.set_up_as(wanted).await.plan;
    let review = export::file(&plan, Form::Review).unwrap();
    assert_eq!(review.name, "review.md");
    let text = review.text;
    let mut number = 0;
    for (item, change) in plan.changes() {
        number += 1;
        assert!(text.contains(&format!("### {number}. {}", change.sentence())));
        assert!(text.contains(item.target.why()));
        if item.target.role().is_some() {
            for document in [&change.before(), &change.after()]
                .into_iter()
                .filter_map(|c| c.text())
            {
                assert!(text.contains(pretty(document).trim_end()), "{document}");
            }
        }
    }
    assert_eq!(number, 4);
    for part in [
        "123456789012",
        "assumed-role/Admin/console",
        "is replaced. Gone: ssm:StartSession on",
        "**Gone:** ",
        "not enabled for the account",
        "`SSHOwner` equals `${aws:userid}`",
        "`sts:RoleSessionName`",
        "0.007 US dollars",
        "| people who connect | `ssm:StartSession` |",
        "| Systems Manager | `sts:AssumeRole` |",
        "aws ssm reset-service-setting --region eu-west-1",
        "aws iam delete-role-policy --role-name=AmazonSageMaker-ExecutionRole",
        "Who may assume the role then:\n\n```diff\n+ Service ssm.amazonaws.com\n",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    // What a security team asks, each with an answer under its heading.
    for (heading, answer) in [
        (
            "What a session is worth",
            "a shell as root in the container",
        ),
        ("What a session is worth", "its other policies are"),
        (
            "What a session is worth",
            "any machine, also one outside of AWS",
        ),
        (
            "Each statement that is written",
            "| containers under AmazonSageMaker-ExecutionRole",
        ),
        ("Each statement that is written", "`iam:PassRole`"),
        (
            "Each statement that is written",
            "these actions know no resource to name",
        ),
        ("The options", "**Hardened trust** is not chosen"),
        ("The options", "**Shell access** is not chosen"),
        (
            "How one person is kept out of another's session",
            "DataScientist: may be assumed by",
        ),
        (
            "What is logged, and what to watch",
            "Session Manager logs no sessions that go through SSH",
        ),
        (
            "What is logged, and what to watch",
            "`CreateActivation` and `RegisterManagedInstance`",
        ),
        (
            "How to put it back",
            "trust-AmazonSageMaker-ExecutionRole-20240131T101010.former.json",
        ),
    ] {
        let section = text.split(&format!("\n## {heading}\n")).nth(1);
        let section = section.unwrap_or_else(|| panic!("no heading {heading}"));
        let section = section.split("\n## ").next().unwrap();
        assert!(section.contains(answer), "{heading}: {answer}:\n{section}");
    }
    // It names the plan that the other files are of.
    let json = export::file(&plan, Form::Json).unwrap().text;
    let sum = export::fingerprint_of(&json);
    for form in [
        Form::Review,
        Form::Shell,
        Form::Terraform,
        Form::CloudFormation,
    ] {
        let text = export::file(&plan, form).unwrap().text;
        assert!(text.contains(&sum), "{form:?}");
    }
    // Each former document has a name of its own.
    let former = export::former_documents(&plan);
    let names: std::collections::BTreeSet<&String> = former.iter().map(|file| &file.name).collect();
    assert_eq!(names.len(), former.len());
    for file in &former {
        assert!(text.contains(&file.name), "{}", file.name);
    }
    // With the options, and from Studio, it says something else.
    let other = Choices {
        connect_from: ConnectFrom::Both,
        harden_trust: true,
        shell_access: true,
        ..choices()
    };
    let other = setup.set_up_as(other).await.plan;
    let text = export::file(&other, Form::Review).unwrap().text;
    for part in [
        "**Hardened trust** is chosen",
        "**Shell access** is chosen",
        "**From SageMaker Studio:**",
    ] {
        assert!(text.contains(part), "{part}");
    }
}

/// A Terraform file, read as Terraform reads it.
pub fn evaluated(text: &str) -> hcl::Body {
    use hcl::eval::{Context, Evaluate, FuncArgs, FuncDef, ParamType};
    let chomp = FuncDef::builder()
        .param(ParamType::String)
        .build(|args: FuncArgs| Ok(args[0].as_str().unwrap().trim_end_matches('\n').into()));
    let mut context = Context::new();
    context.declare_func("chomp", chomp);
    // Addresses of providers and resources are names, not values.
    let mut body: hcl::Body = hcl::parse(text).unwrap();
    for block in body.iter_mut().filter_map(hcl::Structure::as_block_mut) {
        for attribute in block
            .body
            .iter_mut()
            .filter_map(hcl::Structure::as_attribute_mut)
        {
            if let Ok(value) = attribute.expr.evaluate(&context) {
                attribute.expr = value.into();
            }
        }
    }
    body
}

/// A block's attribute, as text.
pub fn text_of(block: &hcl::Block, key: &str) -> String {
    let mut attributes = block.body.attributes();
    let attribute = attributes.find(|attribute| attribute.key() == key).unwrap();
    match attribute.expr() {
        hcl::Expression::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[tokio::test(start_paused = true)]
async fn terraform_gets_every_document_of_the_plan_and_of_the_role_nothing_but_its_trust() {
    let setup = Setup::new().await;
    let mut wanted = choices();
    wanted.regions.push("af-south-1".into());
    let plan = setup.set_up_as(wanted).await.plan;
    let file = export::file(&plan, Form::Terraform).unwrap();
    assert_eq!(file.name, "main.tf");
    let body = evaluated(&file.text);
    let resources: Vec<&hcl::Block> = body
        .blocks()
        .filter(|block| block.identifier() == "resource")
        .collect();
    assert_eq!(resources.len(), plan.totals().changes);
    for ((item, change), block) in plan.changes().zip(resources) {
        let after = change.after_text().unwrap();
        let kind = block.labels()[0].as_str();
        match kind {
            "aws_ssm_service_setting" => {
                assert_eq!(text_of(block, "setting_value"), after);
                assert_eq!(
                    text_of(block, "setting_id"),
                    format!(
                        "arn:aws:ssm:{REGION}:123456789012:servicesetting/ssm/managed-instance/activation-tier"
                    )
                );
                assert_eq!(text_of(block, "provider"), "aws.eu_west_1");
            }
            "aws_iam_role" => {
                assert_eq!(text_of(block, "name"), SAGEMAKER);
                assert_eq!(text_of(block, "path"), "/service-role/");
                assert_eq!(text_of(block, "assume_role_policy"), after);
                assert!(file.text.contains("prevent_destroy = true"));
            }
            "aws_iam_role_policy" => {
                assert_eq!(text_of(block, "role"), item.target.role().unwrap());
                assert_eq!(text_of(block, "policy"), after);
            }
            other => panic!("{other}"),
        }
    }
    // The role, and the policy that is there already, are imported before they are changed.
    let imports: Vec<String> = body
        .blocks()
        .filter(|block| block.identifier() == "import")
        .map(|block| text_of(block, "id"))
        .collect();
    assert_eq!(
        imports,
        [
            SAGEMAKER.to_owned(),
            format!("{USER}:SSHSageMakerClientPolicy")
        ]
    );
    assert!(
        file.text
            .contains("# NOT PART OF THIS FILE: tier:af-south-1")
    );
    for owner in ["inline_policy blocks", "aws_iam_role_policies_exclusive"] {
        assert!(file.text.contains(owner), "{owner}");
    }
}

/// A template's value with everything filled in that CloudFormation would fill in for this account.
pub fn filled_in(value: &Value, parameters: &Value) -> Value {
    let fill = |text: &str| {
        let mut text = text
            .replace("${AWS::Partition}", "aws")
            .replace("${AWS::AccountId}", "123456789012")
            .replace("${AWS::Region}", REGION);
        for (name, value) in parameters.as_object().unwrap() {
            text = text.replace(&format!("${{{name}}}"), value.as_str().unwrap());
        }
        assert!(!text.replace("${!", "").contains("${"), "{text}");
        text.replace("${!", "${")
    };
    match value {
        Value::Object(object) => match (object.len(), object.get("Fn::Sub"), object.get("Ref")) {
            (1, Some(Value::String(text)), _) => Value::String(fill(text)),
            (1, _, Some(Value::String(name))) => parameters[name].clone(),
            _ => object
                .iter()
                .map(|(key, value)| (key.clone(), filled_in(value, parameters)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        },
        Value::Array(list) => list
            .iter()
            .map(|value| filled_in(value, parameters))
            .collect(),
        other => other.clone(),
    }
}

#[tokio::test(start_paused = true)]
async fn cloudformation_gets_the_policies_of_the_plan_for_any_account() {
    let setup = Setup::new().await;
    let plan = plan(&setup).await;
    let file = export::file(&plan, Form::CloudFormation).unwrap();
    assert_eq!(file.name, "template.json");
    // Nothing of this account is fixed, but for notes and what parameters begin with.
    let template: Value = serde_json::from_str(&file.text).unwrap();
    let resources = template["Resources"].to_string();
    for fixed in ["123456789012", "arn:aws:", SAGEMAKER, USER] {
        assert!(!resources.contains(fixed), "{fixed}");
    }
    // No name of this account is a default: a StackSet would write it into every other one.
    let parameters = template["Parameters"].as_object().unwrap();
    let defaults: Vec<&String> = parameters
        .iter()
        .filter(|(_, parameter)| parameter.get("Default").is_some())
        .map(|(name, _)| name)
        .collect();
    assert_eq!(defaults, ["SetTier"]);
    let pattern = parameters["SageMakerRole1Name"]["AllowedPattern"]
        .as_str()
        .unwrap();
    assert!(
        !pattern.contains([':', '/']),
        "an ARN is no name: {pattern}"
    );
    let given = serde_json::json!({
        "IamRegion": REGION, "SetTier": "true", "SageMakerRole1Name": SAGEMAKER,
        "SageMakerRole1Path": "/service-role/", "UserRole1Name": USER,
    });
    assert_eq!(given.as_object().unwrap().len(), parameters.len());
    let resources = filled_in(&template["Resources"], &given);
    let mut policies = 0;
    for (item, change) in plan.changes() {
        let sagemaker_ssh_setup::plan::Target::Policy { role, policy } = &item.target else {
            continue;
        };
        policies += 1;
        let resource = resources
            .as_object()
            .unwrap()
            .values()
            .find(|resource| resource["Properties"]["PolicyName"] == policy.name())
            .unwrap();
        assert_eq!(resource["Type"], "AWS::IAM::RolePolicy");
        assert_eq!(resource["Condition"], "WritesIam");
        assert_eq!(resource["Properties"]["RoleName"], **role);
        let after: Value = serde_json::from_str(change.after_text().unwrap()).unwrap();
        assert_eq!(resource["Properties"]["PolicyDocument"], after);
    }
    assert_eq!(policies, 2);
    // The tier is a resource of its own, and can be left out.
    let tier = &resources["ActivationTier"];
    assert_eq!(tier["Type"], "AWS::SSM::ServiceSetting");
    assert_eq!(tier["Condition"], "SetsTier");
    assert_eq!(
        tier["Properties"],
        serde_json::json!({"SettingId": "/ssm/managed-instance/activation-tier", "SettingValue": "advanced"})
    );
    assert_eq!(template["Parameters"]["SetTier"]["Default"], "true");
    assert!(!file.text.contains("Lambda"), "{}", file.text);
    let notes = template["Metadata"]["Notes"].to_string();
    assert!(
        notes.contains("Deleting the stack resets it to the default"),
        "{notes}"
    );
    assert!(notes.contains("What CloudFormation cannot do"), "{notes}");
}

/// AWS has the resource type for the tier in its own partition alone (CloudFormation's registry).
#[tokio::test(start_paused = true)]
async fn each_file_is_of_the_accounts_partition() {
    for (partition, region) in [
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-cn", "cn-northwest-1"),
    ] {
        let seed = include_str!("../../assets/demo-account.json");
        let seed = seed.replace("arn:aws:", &format!("arn:{partition}:"));
        let mut seed: Seed = serde_json::from_str(&seed).unwrap();
        seed.region = region.into();
        let setup = Setup::with(seed, Timing::INSTANT).await;
        let choices = Choices {
            regions: vec![region.into()],
            ..choices()
        };
        let plan = setup.set_up_as(choices).await.plan;
        assert_eq!(plan.totals().changes, 4, "{plan:?}");
        for form in Form::ALL {
            let file = export::file(&plan, form).unwrap();
            let (name, text) = (file.name, file.text);
            assert!(!text.contains("arn:aws:"), "{name}: {text}");
            if form == Form::CloudFormation {
                assert!(!text.contains("AWS::SSM::ServiceSetting"), "{text}");
                assert!(text.contains("update-service-setting"), "{text}");
            }
        }
    }
}

/// What AWS would refuse would make the whole stack roll back.
#[tokio::test(start_paused = true)]
async fn cloudformation_gets_nothing_that_is_blocked() {
    let setup = Setup::new().await;
    let sso = "AWSReservedSSO_DataScience_8c7b6a5948372615";
    let choices = Choices {
        user_roles: vec![sso.into()],
        ..choices()
    };
    let plan = setup.set_up_as(choices).await.plan;
    let file = export::file(&plan, Form::CloudFormation).unwrap();
    let template: Value = serde_json::from_str(&file.text).unwrap();
    let resources = template["Resources"].as_object().unwrap();
    let names: Vec<&String> = resources.keys().collect();
    assert_eq!(names, ["SageMakerRole1ServerPolicy", "ActivationTier"]);
    assert!(template["Parameters"].get("UserRole1Name").is_none());
    let notes = template["Metadata"]["Notes"].to_string();
    assert!(
        notes.contains(&format!("policy:{sso}/SSHSageMakerClientPolicy")),
        "{notes}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_sheet_for_those_who_connect_is_complete_without_the_program() {
    let sso = "AWSReservedSSO_DataScience_8c7b6a5948372615";
    let choices = Choices {
        connect_from: ConnectFrom::Both,
        sagemaker_roles: vec!["ChurnTraining".to_owned()],
        user_roles: vec!["DataScientist".to_owned(), sso.to_owned()],
        regions: vec!["eu-west-1".to_owned()],
        ..Choices::default()
    };
    let plan = Setup::new().await.set_up_as(choices).await.plan;
    let sheet = export::file(&plan, Form::Users).unwrap().text;
    for text in [
        "role_arn = arn:aws:iam::123456789012:role/DataScientist",
        "role_session_name = YOUR-NAME",
        "people lose their own nodes",
        "sso_account_id = 123456789012",
        "sso_role_name = DataScience",
        "pip install sagemaker-ssh-helper",
        "sm-ssh connect NAME.training.sagemaker",
        "AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1",
        "LOCAL_USER_ID",
        "## From SageMaker Studio",
        "can open each other's hybrid nodes",
        // What is not in place yet is said at the top.
        "**Partly ready. After this, not everybody can connect:**",
        &format!("- {sso}: nobody can connect with it."),
    ] {
        assert!(sheet.contains(text), "{text} is missing in:\n{sheet}");
    }
    // A role of Identity Center needs no session name of its own.
    let of_sso = sheet
        .split(&format!("## With the role {sso}"))
        .nth(1)
        .unwrap();
    let of_sso = of_sso.split("\n## ").next().unwrap();
    assert!(!of_sso.contains("role_session_name"), "{of_sso}");
}

/// The folder in which Terraform finds the AWS provider, where both are on this machine: `TF_PLUGIN_MIRROR`, or the usual places.
fn terraform_mirror() -> Option<PathBuf> {
    Command::new("terraform").arg("version").output().ok()?;
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let mut places: Vec<PathBuf> = std::env::var_os("TF_PLUGIN_MIRROR")
        .map(PathBuf::from)
        .into_iter()
        .collect();
    places.extend(home.map(|home| home.join(".terraform.d/plugins")));
    places.extend(
        [
            "/usr/share/terraform/plugins",
            "/usr/local/share/terraform/plugins",
        ]
        .map(PathBuf::from),
    );
    places
        .into_iter()
        .find(|place| place.join("registry.terraform.io/hashicorp/aws").is_dir())
}

/// The real Terraform with the real provider, over the embedded account.
#[test]
fn terraform_carries_the_file_out_destroys_nothing_and_finds_nothing_more_to_do() {
    let desk = super::commands::Desk::new();
    let wanted = [
        "--sagemaker-role",
        SAGEMAKER,
        "--user-role",
        USER,
        "--regions",
        REGION,
    ];
    if terraform_carries_out(&desk, &wanted, false) {
        desk.run(&[&["plan"], &wanted[..]].concat()).ends_with(0);
    }
}

#[test]
fn terraform_makes_new_roles_from_nothing_and_destroys_them_again() {
    let desk = super::commands::Desk::new();
    let before = desk.aws.demo.roles();
    let wanted = [
        "--new-sagemaker-role",
        "NewTraining",
        "--new-user-role",
        "NewConnect",
        "--assumed-by",
        "arn:aws:iam::123456789012:user/ben",
        "--own-session-names",
        "--harden-trust",
        "--regions",
        REGION,
    ];
    terraform_carries_out(&desk, &wanted, true);
    assert_eq!(desk.aws.demo.roles(), before);
    assert_eq!(desk.aws.demo.tier(REGION), None);
}

/// Returns whether Terraform is here, and so has carried the file out, and destroyed it again where that is asked for.
fn terraform_carries_out(
    desk: &super::commands::Desk,
    wanted: &[&str],
    and_destroys: bool,
) -> bool {
    let Some(mirror) = terraform_mirror() else {
        println!(
            "not tried: Terraform or its provider hashicorp/aws is not on this machine (TF_PLUGIN_MIRROR names where)"
        );
        return false;
    };
    let folder = Folder::new("terraform");
    std::fs::create_dir_all(&folder.0).unwrap();
    let config = folder.0.join("rc");
    let mirror = format!(
        "provider_installation {{\n  filesystem_mirror {{\n    path = {:?}\n  }}\n}}\n",
        mirror.display().to_string()
    );
    std::fs::write(&config, mirror).unwrap();
    let file = desk.run(&[&["export", "terraform"], wanted].concat());
    std::fs::write(folder.0.join("main.tf"), file.ends_with(0).out).unwrap();
    let terraform = |words: &[&str]| {
        let output = desk
            .command(&[])
            .get_envs()
            .fold(&mut Command::new("terraform"), |command, (key, value)| {
                command.env(key, value.unwrap_or_default())
            })
            .args(words)
            .env("TF_CLI_CONFIG_FILE", &config)
            .current_dir(&folder.0)
            .output()
            .unwrap();
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        (
            output.status.code(),
            out + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let destroy = ["destroy", "-no-color", "-input=false", "-auto-approve"];
    let destroys = and_destroys.then_some((&destroy[..], "Destroy complete!"));
    let steps = [
        (
            &["init", "-no-color", "-input=false"][..],
            "successfully initialized",
        ),
        (&["validate", "-no-color"], "Success!"),
        (
            &["plan", "-no-color", "-input=false", "-out", "plan.bin"],
            "0 to destroy.",
        ),
        (
            &["apply", "-no-color", "-input=false", "plan.bin"],
            "0 destroyed.",
        ),
        (
            &["plan", "-no-color", "-input=false", "-detailed-exitcode"],
            "No changes.",
        ),
    ];
    for (words, said) in steps.into_iter().chain(destroys) {
        let (code, out) = terraform(words);
        assert_eq!(code, Some(0), "{words:?}: {out}");
        assert!(out.contains(said), "{words:?}: {out}");
    }
    true
}
