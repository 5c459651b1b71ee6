//! The built program in a pseudo-terminal: a whole run, how it leaves, and bad days with AWS's own credential chain.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// Longer than the program takes for anything, on a slow machine.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Sends a signal to a process that was started here.
pub fn send(id: u32, signal: Signal) {
    let id = Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
    kill_process(id, signal).unwrap();
}

/// The program, and the terminal that it believes in.
pub struct Run {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    keyboard: Option<Box<dyn Write + Send>>,
    output: Receiver<Vec<u8>>,
    reading: Option<JoinHandle<()>>,
    pub raw: Vec<u8>,
    screen: vt100::Parser,
    pub home: PathBuf,
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

impl Run {
    /// Starts it with nothing of the environment but what is given.
    pub fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let program = env!("CARGO_BIN_EXE_sagemaker-ssh-setup");
        Self::start_program(program, arguments, environment)
    }

    /// The same with another program.
    pub fn start_program(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let home = std::env::temp_dir().join(format!(
            "sagemaker-ssh-setup-home-{}-{number}",
            std::process::id()
        ));
        std::fs::create_dir_all(&home).unwrap();
        let size = |n| std::num::NonZero::<u16>::new(n).unwrap();
        let pty_size = PtySize {
            rows: 24,
            cols: 80,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pty = native_pty_system().openpty(pty_size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        command.cwd(&home);
        for (name, value) in [
            ("HOME", home.to_str().unwrap()),
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            // Nobody answers there in a test.
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ] {
            command.env(name, value);
        }
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let keyboard = pty.master.take_writer().unwrap();
        let mut reader = pty.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        let reading = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            master: Some(pty.master),
            keyboard: Some(keyboard),
            output,
            reading: Some(reading),
            raw: Vec::new(),
            screen: vt100::Parser::new(size(24), size(80), 0),
            home,
        }
    }

    /// Reads until a condition holds.
    pub fn until(&mut self, what: &str, met: impl Fn(&Self) -> bool) {
        let end = Instant::now() + TIMEOUT;
        while !met(self) {
            let left = end.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => {
                    self.screen.process(&bytes);
                    self.raw.extend(bytes);
                }
                Err(error) => panic!(
                    "waited for {what}: {error}; the screen:\n{}",
                    self.screen.screen().contents()
                ),
            }
        }
    }

    pub fn wait(&mut self, text: &str) -> &mut Self {
        self.until(text, |run| run.screen.screen().contents().contains(text));
        self
    }

    pub fn gone(&mut self, text: &str) -> &mut Self {
        self.until(text, |run| !run.screen.screen().contents().contains(text));
        self
    }

    pub fn keys(&mut self, keys: &str) -> &mut Self {
        self.keyboard
            .as_mut()
            .unwrap()
            .write_all(keys.as_bytes())
            .unwrap();
        self
    }

    /// Closes the terminal, with everything that holds it open.
    fn hang_up(&mut self) {
        self.output = channel().1;
        // The reader notices that nobody listens when something is drawn.
        self.keys("?");
        self.reading.take().unwrap().join().unwrap();
        self.keyboard = None;
        self.master = None;
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    fn signal(&self, signal: Signal) {
        send(self.id(), signal);
    }

    /// Waits for the end and gives the exit code; everything that was printed has been read then.
    pub fn ended(&mut self) -> u32 {
        let end = Instant::now() + TIMEOUT;
        loop {
            while let Ok(bytes) = self.output.try_recv() {
                self.screen.process(&bytes);
                self.raw.extend(bytes);
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
                    self.screen.process(&bytes);
                    self.raw.extend(bytes);
                }
                return ExitStatus::exit_code(&status);
            }
            assert!(
                Instant::now() < end,
                "it does not end; the screen:\n{}",
                self.screen.screen().contents()
            );
            std::thread::yield_now();
        }
    }

    /// Whether the terminal is as it was: alternate screen and bracketed paste off, cursor on.
    fn assert_restored(&self) {
        self.assert_shell_has_the_screen();
        let screen = self.screen.screen();
        assert!(!screen.bracketed_paste(), "bracketed paste is still on");
        let modes = format!(
            "{:?}",
            self.master
                .as_ref()
                .unwrap()
                .get_termios()
                .unwrap()
                .local_flags
        );
        assert!(
            modes.contains("ICANON") && modes.contains("ECHO"),
            "raw mode is still on: {modes}"
        );
    }

    /// Whether the alternate screen is off and the cursor on; a shell has modes of its own at its prompt.
    pub fn assert_shell_has_the_screen(&self) {
        let screen = self.screen.screen();
        assert!(
            !screen.alternate_screen(),
            "the alternate screen is still on"
        );
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
    }

    /// What stays on the terminal.
    pub fn left(&self) -> String {
        self.screen.screen().contents()
    }

    /// Says yes. A key that comes in the very moment in which the question is drawn is dropped, so it is said again
    /// until it is heard; where changes are being made it means nothing.
    pub fn confirm(&mut self) -> &mut Self {
        let end = Instant::now() + TIMEOUT;
        while !self.screen.screen().contents().contains("Step 8/8") {
            assert!(
                Instant::now() < end,
                "the screen:\n{}",
                self.screen.screen().contents()
            );
            self.keys("y");
            while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(500)) {
                self.screen.process(&bytes);
                self.raw.extend(bytes);
                if self.screen.screen().contents().contains("Step 8/8") {
                    break;
                }
            }
        }
        self
    }

    /// Picks the first of everything and goes to the last question.
    pub fn walk_to_confirm(&mut self) -> &mut Self {
        self.wait("Admin/console")
            .keys("\r")
            .wait("My own")
            .keys("\r");
        self.wait("Recommender")
            .keys(" ")
            .wait("to set up")
            .keys("\r");
        self.wait("DataEngineer")
            .keys(" ")
            .wait("to set up")
            .keys("\r");
        self.wait("standard")
            .gone("still being read")
            .keys(" ")
            .wait("1 picked")
            .keys("\r");
        self.wait("4 to change").keys("\r").wait("Go back")
    }
}

/// Credentials that no service accepts, and an endpoint on this machine.
pub fn against(endpoint: &str) -> [(&str, &str); 4] {
    [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "no-secret"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL", endpoint),
    ]
}

/// An HTTP server on this machine that answers by the request's text; its address.
pub fn server(answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer = std::sync::Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), answer) = (stream, answer.clone()) else {
                return;
            };
            std::thread::spawn(move || {
                let request = read_request(&mut stream);
                let (status, body) = answer(&request);
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                );
                let _ = stream.write_all((head + &body).as_bytes());
            });
        }
    });
    address
}

/// A request with its body.
pub fn read_request(stream: &mut impl Read) -> String {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut buffer) {
            Ok(count @ 1..) => request.extend_from_slice(&buffer[..count]),
            _ => return text,
        }
    }
}

/// An endpoint that answers everything with a proxy's page.
fn proxy_page() -> String {
    server(|_| (200, "<html>\x1b[31mPlease sign in\x1b[0m</html>".to_owned()))
}

/// An endpoint that knows who is calling, vends credentials as a container does, and denies everything else.
fn narrow_aws() -> String {
    server(|request| {
        if request.starts_with("GET /credentials") {
            let body = r#"{"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"no-secret","Token":"no-token","Expiration":"2999-01-01T00:00:00Z"}"#;
            (200, body.to_owned())
        } else if request.contains("Action=AssumeRole") {
            let body = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
                        <AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>no-secret</SecretAccessKey>\
                        <SessionToken>no-token</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>\
                        <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/Ops/x</Arn>\
                        <AssumedRoleId>AROAEXAMPLE:x</AssumedRoleId></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>";
            (200, body.to_owned())
        } else if request.contains("Action=GetCallerIdentity") {
            let body = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                        <Arn>arn:aws:iam::123456789012:user/admin</Arn><UserId>AIDAEXAMPLE</UserId><Account>123456789012</Account>\
                        </GetCallerIdentityResult></GetCallerIdentityResponse>";
            (200, body.to_owned())
        } else {
            let body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
            (403, body.to_owned())
        }
    })
}

#[test]
fn every_source_of_credentials_is_used_and_named() {
    let endpoint = narrow_aws();
    let credentials = format!("{endpoint}/credentials");
    let config = std::env::temp_dir().join(format!(
        "sagemaker-ssh-setup-sources-{}",
        std::process::id()
    ));
    let process =
        r#"echo '{"Version":1,"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"no-secret"}'"#;
    std::fs::write(
        &config,
        format!(
            "[profile made]\ncredential_process = {process}\n\
             [profile base]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = no-secret\n\
             [profile ops]\nrole_arn = arn:aws:iam::123456789012:role/Ops\nsource_profile = base\n"
        ),
    )
    .unwrap();
    let config_path = config.to_str().unwrap().to_owned();
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "no-secret"),
    ];
    let container = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", credentials.as_str());
    let common = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_CONFIG_FILE", &config_path),
    ];
    for (more, arguments, label) in [
        (&keys[..], &[][..], "environment variables"),
        (&[container], &[], "container"),
        (
            &[container, ("AWS_EXECUTION_ENV", "CloudShell")],
            &[],
            "CloudShell",
        ),
        (
            &[("AWS_PROFILE", "made")],
            &[],
            "profile made (credential process)",
        ),
        // Without a region of its own, as many such profiles are.
        (&[], &["--profile", "ops"], "profile ops"),
        // A profile that is asked for comes before keys of the environment, as in the AWS CLI.
        (
            &keys,
            &["--profile", "made"],
            "profile made (credential process)",
        ),
    ] {
        let mut run = Run::start(arguments, &[&common[..], more].concat());
        run.wait("user admin")
            .wait(&format!("Credentials   {label}"));
    }
    std::fs::remove_file(&config).unwrap();
}

#[test]
fn without_a_region_a_stand_in_is_named() {
    let endpoint = narrow_aws();
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "no-secret"),
    ];
    let mut run = Run::start(&[], &environment);
    run.wait("none configured; us-east-1 stands in")
        .wait("Set AWS_REGION");
}

#[cfg(feature = "demo")]
mod embedded {
    use super::*;

    #[test]
    fn a_whole_run_ends_well_and_leaves_plain_lines() {
        let mut run = Run::start(&["--demo"], &[]);
        run.walk_to_confirm()
            .confirm()
            .wait("Ready. 4 changes written and read back")
            .keys("\r");
        assert_eq!(run.ended(), 0);
        run.assert_restored();
        let left = run.left();
        for line in [
            "acme-ml-dev (123456789012)",
            "4 changes written and read back",
            "4 in place · 0 not yet · 0 blocked",
        ] {
            assert!(left.contains(line), "{line}:\n{left}");
        }
        assert!(
            !run.home.join(".local").exists(),
            "the embedded account leaves no file"
        );
    }

    /// Speech and braille follow the terminal's cursor: it stands on the line, or in the field, that the keys act on.
    #[test]
    fn the_cursor_follows_every_move() {
        let mut run = Run::start(&["--demo"], &[]);
        let on = |run: &mut Run, line: &str| {
            run.until(&format!("the cursor on {line:?}"), |run| {
                let screen = run.screen.screen();
                let (row, column) = screen.cursor_position();
                let lines: Vec<String> = screen.rows(0, 80).collect();
                let there = lines.get(usize::from(row)).cloned().unwrap_or_default();
                let before: String = there.chars().take(usize::from(column)).collect();
                let behind = there.strip_prefix(&before).unwrap_or_default();
                let is_in_field =
                    line.ends_with('|') && before.trim_end().ends_with(line.trim_end_matches('|'));
                !screen.hide_cursor() && (behind.starts_with(line) || is_in_field)
            });
        };
        // The keys, what has to be there and to be gone afterwards, and where the cursor stands then.
        let steps = [
            ("", "Roles         39", "", "SageMaker SSH Helper opens"),
            ("\r", "", "", "› (*) My own computer"),
            ("\x1b[B", "", "", "› (*) SageMaker Studio"),
            ("k", "", "", "› (*) My own computer"),
            (
                "\r",
                "ChurnTraining",
                "",
                "› [ ] AmazonSageMaker-ExecutionRole-20240131T101010",
            ),
            ("jj", "", "", "› [ ] ChurnTraining"),
            (" ", "", "", "› [x] ChurnTraining"),
            ("/", "", "", "/|"),
            ("leg", "", "", "leg|"),
            ("\r", "clear the filter", "", "› [ ] LegacyNotebook"),
            ("\x1b", "ChurnTraining", "/ leg", "› [x] ChurnTraining"),
            ("t", "Type or paste", "", ">|"),
            ("arn", "", "", "> arn|"),
            ("\x1b", "", "Type or paste", "› [x] ChurnTraining"),
            ("\t", "", "", "State"),
            ("\t", "", "", "› [x] ChurnTraining"),
            ("\r", "DataEngineer", "", "› [ ] Admin"),
            ("j \r", "standard", "still being read", "› [ ] eu-west-1"),
            (" \r", "4 to change", "Asking AWS", "› + "),
            ("j", "", "", "› ~!"),
            ("\r", "Go back", "Asking AWS", "y    Apply 4 changes"),
            ("?", "", "", "The last question."),
            ("\x1b", "", "The last question.", "y    Apply 4 changes"),
        ];
        for (keys, there, gone, line) in steps {
            run.keys(keys).wait(there);
            if !gone.is_empty() {
                run.gone(gone);
            }
            on(&mut run, line);
        }
    }

    /// What was written into files is named once more at the end.
    #[test]
    fn files_are_named_in_the_last_lines() {
        let mut run = Run::start(&["--demo"], &[]);
        run.walk_to_confirm().gone("Asking AWS");
        run.keys("e").wait("The files are in");
        run.keys("q").wait("Leave?").keys("q");
        assert_eq!(run.ended(), 0);
        let left: String = run.left().split_whitespace().collect();
        assert!(
            left.contains("Nothingwaschanged.WrittenThefilesarein/"),
            "{left}"
        );
    }

    #[test]
    fn rubbish_in_the_environment_changes_nothing() {
        let rubbish = [
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1/rubbish"),
            ("AWS_ENDPOINT_URL_IAM", "rubbish"),
            ("AWS_PROFILE", "rubbish"),
            ("AWS_REGION", "rubbish"),
            ("AWS_CONFIG_FILE", "/rubbish"),
            ("AWS_RETRY_MODE", "legacy"),
            ("AWS_MAX_ATTEMPTS", "0"),
            ("AWS_ACCESS_KEY_ID", "rubbish"),
            ("HTTPS_PROXY", "http://127.0.0.1:1"),
        ];
        let mut run = Run::start(&["--demo"], &rubbish);
        run.walk_to_confirm().confirm().wait("Ready. 4 changes");
    }

    #[test]
    fn ctrl_c_restores_the_terminal_and_says_that_nothing_was_changed() {
        let mut run = Run::start(&["--demo"], &[]);
        run.walk_to_confirm().keys("\x03");
        assert_eq!(run.ended(), 130);
        run.assert_restored();
        assert!(
            run.left().contains("Nothing was changed."),
            "{}",
            run.left()
        );
    }

    #[test]
    fn quitting_is_no_error() {
        let mut run = Run::start(&["--demo"], &[]);
        run.wait("Admin/console").keys("q");
        assert_eq!(run.ended(), 0);
        run.assert_restored();
    }

    #[test]
    fn signals_restore_the_terminal() {
        for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
            let mut run = Run::start(&["--demo"], &[]);
            run.wait("Admin/console").signal(signal);
            assert_eq!(run.ended(), 130, "{signal:?}");
            run.assert_restored();
        }
    }

    #[test]
    fn a_signal_during_apply_lets_what_is_under_way_finish_and_says_what_was_done() {
        let mut run = Run::start(&["--demo"], &[]);
        run.walk_to_confirm()
            .confirm()
            .wait("working")
            .signal(Signal::TERM);
        assert_eq!(run.ended(), 130);
        run.assert_restored();
        assert!(
            run.left().contains("Not done") && run.left().contains("stopped before it"),
            "{}",
            run.left()
        );
    }

    #[test]
    fn a_closed_terminal_ends_the_program() {
        let mut run = Run::start(&["--demo"], &[]);
        run.wait("Admin/console").hang_up();
        assert_eq!(run.ended(), 130);
    }

    #[cfg(debug_assertions)]
    #[test]
    fn a_panic_restores_the_terminal_before_it_is_reported() {
        let mut run = Run::start(&["--demo", "--break-on", "#"], &[]);
        run.wait("Admin/console").keys("#");
        assert_eq!(run.ended(), 101);
        run.assert_restored();
        assert!(run.left().contains("broken on purpose"), "{}", run.left());
    }

    #[test]
    fn no_colour_means_no_colour() {
        let mut run = Run::start(&["--demo"], &[("NO_COLOR", "1"), ("LANG", "C")]);
        run.wait("Admin/console")
            .keys("\r")
            .wait("My own")
            .keys("q");
        assert_eq!(run.ended(), 0);
        let text = String::from_utf8_lossy(&run.raw);
        assert!(text.is_ascii(), "{text:?}");
        for colour in 30..38 {
            assert!(
                !text.contains(&format!("\x1b[{colour}m"))
                    && !text.contains(&format!(";{colour}m")),
                "{colour}"
            );
        }
    }

    #[test]
    fn a_profile_and_the_embedded_account_exclude_each_other() {
        let mut run = Run::start(&["--demo", "--profile", "x"], &[]);
        assert_eq!(run.ended(), 64);
    }
}

#[test]
fn without_credentials_it_says_how_to_sign_in() {
    let mut run = Run::start(&[], &[]);
    run.wait("No AWS credentials were found")
        .wait("aws sso login")
        .wait("press r")
        .keys("q");
    assert_eq!(run.ended(), 0);
    run.assert_restored();
}

#[test]
fn an_unknown_profile_is_named_with_those_that_there_are() {
    let mut run = Run::start(&["--profile", "nope"], &[]);
    run.wait("The profile nope does not exist")
        .wait("No profile is configured yet");
}

#[test]
fn profiles_of_both_files_are_offered_and_can_be_switched_to() {
    let config =
        std::env::temp_dir().join(format!("sagemaker-ssh-setup-config-{}", std::process::id()));
    let credentials = config.with_extension("credentials");
    std::fs::write(
        &config,
        "[default]\nregion = eu-west-1\n[profile from-config]\nregion = eu-west-3\n",
    )
    .unwrap();
    std::fs::write(
        &credentials,
        "[from-credentials]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = x\n",
    )
    .unwrap();
    let environment = [
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.to_str().unwrap()),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
    ];
    let mut run = Run::start(&[], &environment);
    run.wait("press r")
        .keys("p")
        .wait("from-config")
        .wait("from-credentials");
    // The last one has credentials, so now it is the endpoint that fails.
    run.keys("G\r").wait("could not be reached");
    std::fs::remove_file(&config).unwrap();
    std::fs::remove_file(&credentials).unwrap();
}

#[test]
fn an_endpoint_that_nobody_answers_at_is_named_as_such() {
    let mut run = Run::start(&[], &against("http://127.0.0.1:1"));
    run.wait("AWS could not be reached")
        .wait("AWS_ENDPOINT_URL");
    // The cause is in the log, and the secret is not.
    let log =
        std::fs::read_to_string(run.home.join(".local/state/sagemaker-ssh-setup/log")).unwrap();
    assert!(log.contains("sts:GetCallerIdentity"), "{log}");
    assert!(!log.contains("no-secret"), "{log}");
}

#[test]
fn a_proxys_page_is_not_taken_for_aws() {
    let mut run = Run::start(&[], &against(&proxy_page()));
    run.wait("is not AWS").wait("HTTPS_PROXY");
}

#[test]
fn values_of_the_environment_that_break_the_sdk_do_not_break_the_program() {
    for (name, value) in [
        ("AWS_RETRY_MODE", "legacy"),
        ("AWS_MAX_ATTEMPTS", "0"),
        ("AWS_REGION", "x y"),
        ("AWS_RETRY_MODE", "?"),
    ] {
        let mut run = Run::start(&[], &[(name, value)]);
        run.wait("press r").keys("q");
        assert_eq!(run.ended(), 0, "{name}={value}");
    }
}

#[test]
fn without_a_terminal_it_says_so_and_does_nothing() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_sagemaker-ssh-setup"))
        .env_clear()
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("needs a terminal"));
}

#[test]
fn a_dumb_terminal_is_told_so() {
    let mut run = Run::start(&[], &[("TERM", "dumb")]);
    assert_eq!(run.ended(), 64);
    assert!(run.left().contains("TERM=dumb"));
}

#[test]
fn help_version_and_wrong_words_have_their_exit_codes() {
    for (arguments, code) in [
        (&["--help"][..], 0),
        (&["--version"], 0),
        (&["--nonsense"], 64),
        (&["nonsense"], 64),
    ] {
        let mut run = Run::start(arguments, &[]);
        assert_eq!(run.ended(), code, "{arguments:?}");
    }
}
