//! What the whole program costs, from outside: start, keys, idling, and how it grows with roles and regions. It talks
//! real HTTP to the embedded account at the end of a long line.
//!
//! ```text
//! cargo bench --bench process [-- start|keys|moves|idle|growth]...    Linux only
//! PROGRAM=target/dist/sagemaker-ssh-setup cargo bench --bench process
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../../tests/suite/faults.rs"]
#[allow(dead_code)]
mod faults;
mod line;
#[path = "../../tests/suite/loopback.rs"]
#[allow(dead_code)]
mod loopback;
mod terminal;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use line::{Line, Log};
use loopback::Loopback;
use sagemaker_ssh_setup::demo::{Seed, SeedRole};
use sagemaker_ssh_setup::model::{Partition, Region};
use serde_json::json;
use terminal::{Frame, Terminal};
use wait4::Wait4;

/// What a call takes from Europe to Virginia and back.
const LATENCY: Duration = Duration::from_millis(80);
const SAGEMAKER_ROLE: &str = "Team-00001-ExecutionRole";
const USER_ROLE: &str = "DataScientist";
/// The places that are measured in: CloudShell's and a large one.
const SIZES: [(u16, u16); 2] = [(80, 24), (200, 60)];

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let is_wanted = |part: &str| wanted.is_empty() || wanted.iter().any(|word| word == part);
    let program = std::env::var("PROGRAM")
        .unwrap_or_else(|_| env!("CARGO_BIN_EXE_sagemaker-ssh-setup").to_owned());
    let program = std::fs::canonicalize(program).unwrap();
    let size = std::fs::metadata(&program).unwrap().len();
    let program = program.to_str().unwrap();
    say(&format!(
        "{program}: {size} bytes; {} ms a call",
        LATENCY.as_millis()
    ));
    if is_wanted("start") {
        start(program);
    }
    if is_wanted("keys") {
        keys(program);
    }
    if is_wanted("moves") {
        moves(program);
    }
    if is_wanted("idle") {
        idle(program);
    }
    if is_wanted("growth") {
        growth(program);
    }
}

#[allow(clippy::print_stdout)]
fn say(text: &str) {
    println!("{text}");
}

/// An account at the end of the line.
struct Account {
    aws: Loopback,
    log: Log,
    home: PathBuf,
}

impl Drop for Account {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

impl Account {
    /// With this many roles that SageMaker may assume, and one that people have.
    fn with(roles: usize) -> Self {
        let mut seed = Seed::shipped().unwrap();
        let sagemaker = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole"
        }]});
        let people = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        }]});
        let inline = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"
        }]});
        let role = |name: String, trust: &serde_json::Value| SeedRole {
            last_used: None,
            description: format!("What {name} is for"),
            name,
            path: "/service-role/".to_owned(),
            trust: trust.clone(),
            inline: BTreeMap::from([("Buckets".to_owned(), inline.clone())]),
            attached: Vec::new(),
            boundary: None,
        };
        seed.roles = (1..roles)
            .map(|number| role(format!("Team-{number:05}-ExecutionRole"), &sagemaker))
            .collect();
        seed.roles.push(role(USER_ROLE.to_owned(), &people));
        seed.not_enabled.clear();
        seed.advanced.clear();
        let log = Log::default();
        let of_line = log.clone();
        let aws = Loopback::behind(seed, |account| {
            SharedHttpClient::new(Line::new(account, LATENCY, of_line))
        });
        let home =
            std::env::temp_dir().join(format!("sagemaker-ssh-setup-bench-{}", std::process::id()));
        std::fs::create_dir_all(&home).unwrap();
        Self { aws, log, home }
    }

    fn environment(&self) -> Vec<(String, String)> {
        [
            ("HOME", self.home.to_str().unwrap()),
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "example"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL", &self.aws.address),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    fn wizard(&self, program: &str, size: (u16, u16)) -> Terminal {
        Terminal::start(program, &[], &self.environment(), &self.home, size)
    }

    /// The wizard with all roles and tiers read, at the list of SageMaker roles; how long after the start that was.
    fn wizard_with_roles(
        &self,
        program: &str,
        size: (u16, u16),
        roles: usize,
    ) -> (Terminal, Duration) {
        let mut wizard = self.wizard(program, size);
        wizard.wait("eu-west-1");
        wizard.keys("\r\r");
        wizard.wait("Which roles do SageMaker");
        let listed = format!(
            "0 picked of {}",
            sagemaker_ssh_setup::text::counted(roles - 1, "role")
        );
        let took = loop {
            let took = wizard.wait(&listed);
            if !wizard.contents().contains("more are coming") {
                break took;
            }
            wizard.quiet(Duration::from_millis(1));
        };
        wizard.quiet(Duration::from_millis(700));
        (wizard, took)
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

/// The value below which this share of them is, from 0 to 1.
fn quantile<T: Copy + Ord>(values: &mut [T], share: f64) -> T {
    values.sort();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )]
    let place = ((values.len() - 1) as f64 * share).round() as usize;
    values[place]
}

/// From nothing to the first whole frame, before any answer.
fn start(program: &str) {
    let account = Account::with(10);
    for size in SIZES {
        let (mut wall, mut cpu) = (Vec::new(), Vec::new());
        for _ in 0..31 {
            let mut wizard = account.wizard(program, size);
            // The last line of the first frame.
            wall.push(wizard.wait("quit"));
            cpu.push(wizard.cpu());
        }
        say(&format!(
            "start to the first frame at {}x{}: {} ms (99 %: {}), {} ms of processor (99 %: {})",
            size.0,
            size.1,
            milliseconds(quantile(&mut wall, 0.5)),
            milliseconds(quantile(&mut wall, 0.99)),
            milliseconds(quantile(&mut cpu, 0.5)),
            milliseconds(quantile(&mut cpu, 0.99)),
        ));
    }
}

/// From a key to the last byte of its frame, and how many bytes that is.
fn keys(program: &str) {
    for roles in [10, 1000, 5000, 50_000] {
        let account = Account::with(roles);
        // So that the account has its pages ready.
        drop(account.wizard_with_roles(program, SIZES[0], roles));
        for size in SIZES {
            let (mut wizard, listed) = account.wizard_with_roles(program, size, roles);
            let resident = wizard.status("VmRSS");
            let moves: Vec<Frame> = (0..40)
                .map(|number| wizard.frame(if number % 8 < 4 { "j" } else { "k" }))
                .collect();
            let mut bytes: Vec<usize> = moves.iter().map(|frame| frame.bytes).collect();
            let mut moves: Vec<Duration> = moves.iter().map(|frame| frame.took).collect();
            let mut typed = Vec::new();
            wizard.frame("/");
            for _ in 0..40 {
                for key in ["e", "a", "m"] {
                    typed.push(wizard.frame(key).took);
                }
                for _ in 0..3 {
                    typed.push(wizard.frame("\u{7f}").took);
                }
            }
            say(&format!(
                "{roles} roles at {}x{}: listed after {} ms; a letter of the filter {} ms (99 %: {}), a move {} ms \
                 (99 %: {}) and {} bytes (most: {}); {} kB resident (most: {})",
                size.0,
                size.1,
                listed.as_millis(),
                milliseconds(quantile(&mut typed, 0.5)),
                milliseconds(quantile(&mut typed, 0.99)),
                milliseconds(quantile(&mut moves, 0.5)),
                milliseconds(quantile(&mut moves, 0.99)),
                quantile(&mut bytes, 0.5),
                quantile(&mut bytes, 1.0),
                resident,
                wizard.status("VmHWM"),
            ));
        }
    }
}

/// How many bytes a move of the cursor is, through lists whose entries are as unlike as in a real account. What is read
/// of an entry when the cursor first comes to it is not counted.
fn moves(program: &str) {
    let account = Account::with(1);
    for size in [SIZES[0], (120, 40), SIZES[1]] {
        for (list, there) in [("roles", "A"), ("regions", " \r \r")] {
            let environment = account.environment();
            let mut wizard =
                Terminal::start(program, &["--demo"], &environment, &account.home, size);
            wizard.wait("User ID");
            wizard.keys("\r\r");
            wizard.wait("Which roles do SageMaker");
            wizard.quiet(Duration::from_secs(1));
            for key in there.chars() {
                wizard.keys(&key.to_string());
                wizard.quiet(Duration::from_secs(1));
            }
            let there_and_back = || ["j"; 45].into_iter().chain(["k"; 45]);
            for key in there_and_back() {
                wizard.bytes_for(key);
            }
            wizard.quiet(Duration::from_secs(2));
            let mut bytes: Vec<usize> = there_and_back()
                .map(|key| wizard.bytes_for(key))
                .filter(|bytes| *bytes > 0)
                .collect();
            say(&format!(
                "a move through the {list} of the embedded account at {}x{}: {} bytes (95 %: {}, most: {}) of {} moves",
                size.0,
                size.1,
                quantile(&mut bytes, 0.5),
                quantile(&mut bytes, 0.95),
                quantile(&mut bytes, 1.0),
                bytes.len(),
            ));
        }
    }
}

/// How often the program wakes while nobody does anything.
fn idle(program: &str) {
    let account = Account::with(10);
    let (mut wizard, _) = account.wizard_with_roles(program, SIZES[0], 10);
    let ways: [(&str, &str); 5] = [
        ("SageMaker roles", ""),
        ("User roles", " \r"),
        // The only user role that fits is picked already.
        ("Regions", "\r"),
        ("Preview", " \r"),
        ("Confirm", "\r"),
    ];
    for (step, keys) in ways {
        wizard.keys(keys);
        wizard.wait(step);
        wizard.quiet(Duration::from_secs(2));
        let wake_ups = wizard.wake_ups(Duration::from_secs(10));
        say(&format!("idle on {step}: {wake_ups} wake-ups in 10 s"));
    }
}

/// What carrying out costs, by roles in the account and regions chosen.
fn growth(program: &str) {
    let regions: Vec<String> = Region::shipped(&Partition::default())
        .into_iter()
        .map(|region| region.code)
        .collect();
    say(
        "| regions | roles in the account | calls | in sequence | wall, s | processor, s | memory, MB |",
    );
    say("|---|---|---|---|---|---|---|");
    for roles in [10, 1000, 5000, 50_000] {
        for count in [1, 16, 34] {
            let account = Account::with(roles);
            let chosen = regions[..count.min(regions.len())].join(",");
            let began = Instant::now();
            let mut child = Command::new(program)
                .args(["apply", "--yes", "--sagemaker-role", SAGEMAKER_ROLE])
                .args(["--user-role", USER_ROLE, "--regions", &chosen])
                .env_clear()
                .envs(account.environment())
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            let memory = terminal::watch_memory(child.id());
            let ended = child.wait4().unwrap();
            let took = began.elapsed();
            assert!(ended.status.success(), "{:?}", ended.status);
            let used = ended.rusage;
            say(&format!(
                "| {count} | {roles} | {} | {} | {:.2} | {:.3} | {} |",
                account.log.calls(),
                account.log.in_sequence(),
                took.as_secs_f64(),
                (used.utime + used.stime).as_secs_f64(),
                memory.join().unwrap() / 1000,
            ));
        }
    }
}
