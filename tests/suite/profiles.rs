//! Credentials as the AWS CLI finds them: the built program with config files of its own, against a server on this machine.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::cut_off::Folder;
use super::program::{Run, read_request};

const PLAN: [&str; 7] = [
    "plan",
    "--sagemaker-role",
    "R",
    "--connect-from",
    "studio",
    "--regions",
    "eu-west-1",
];
const ADMIN: &str = "arn:aws:iam::123456789012:user/admin";

/// A server that knows every caller, and gives role credentials to whoever brings the right code.
struct Aws {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

fn answer(request: &str) -> (u16, String) {
    let sts = |action: &str, result: &str| {
        let xmlns = "https://sts.amazonaws.com/doc/2011-06-15/";
        (
            200,
            format!(
                "<{action}Response xmlns=\"{xmlns}\"><{action}Result>{result}</{action}Result></{action}Response>"
            ),
        )
    };
    let refused = |message: &str| {
        let error = format!(
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>{message}</Message></Error></ErrorResponse>"
        );
        (403, error)
    };
    if request.contains("Action=AssumeRole") {
        if request.contains("SerialNumber") && !request.contains("TokenCode=123456") {
            return refused(
                "MultiFactorAuthentication failed with invalid MFA one time pass code.",
            );
        }
        return sts(
            "AssumeRole",
            "<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
             <SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>",
        );
    }
    if request.contains("Action=GetCallerIdentity") {
        let who = format!(
            "<Arn>{ADMIN}</Arn><UserId>AIDAEXAMPLE</UserId><Account>123456789012</Account>"
        );
        return sts("GetCallerIdentity", &who);
    }
    if request.starts_with("GET /creds") {
        let keys = r#"{"AccessKeyId":"ASIACONTAINER","SecretAccessKey":"s","Token":"t","Expiration":"2999-01-01T00:00:00Z"}"#;
        return (200, keys.to_owned());
    }
    if request.starts_with("GET /federation/credentials") {
        let keys = r#"{"roleCredentials":{"accessKeyId":"ASIASSO","secretAccessKey":"s","sessionToken":"t","expiration":32472144000000}}"#;
        return (200, keys.to_owned());
    }
    refused("no")
}

fn serve(mut stream: impl Read + Write, requests: &Mutex<Vec<String>>) {
    let request = read_request(&mut stream);
    let (status, body) = answer(&request);
    requests.lock().unwrap().push(request);
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all((head + &body).as_bytes());
    let _ = stream.flush();
}

impl Aws {
    fn start() -> Self {
        Self::over("http", |stream, requests| serve(stream, &requests))
    }

    /// The same behind a certificate that a company's proxy has signed.
    fn start_signed_anew() -> Self {
        use rustls::pki_types::pem::PemObject;
        use rustls::pki_types::{CertificateDer, PrivateKeyDer};
        let folder = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/cases/24-tls-inspection-ca-bundle"
        );
        let certificate = CertificateDer::from_pem_file(format!("{folder}/cert.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(format!("{folder}/key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let config = Arc::new(config);
        Self::over("https", move |stream, requests| {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            serve(rustls::StreamOwned::new(session, stream), &requests);
        })
    }

    fn over(
        scheme: &str,
        handle: impl Fn(TcpStream, Arc<Mutex<Vec<String>>>) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("{scheme}://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let (noted, handle) = (Arc::clone(&requests), Arc::new(handle));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), handle, noted) = (stream, Arc::clone(&handle), Arc::clone(&noted))
                else {
                    return;
                };
                std::thread::spawn(move || handle(stream, noted));
            }
        });
        Self { address, requests }
    }

    /// The access keys with which requests of this action were signed.
    fn keys(&self, action: &str) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let of_action = requests
            .iter()
            .filter(|request| request.contains(&format!("Action={action}")));
        of_action
            .filter_map(|request| {
                let (_, rest) = request.split_once("Credential=")?;
                rest.split('/').next().map(str::to_owned)
            })
            .collect()
    }
}

/// Somebody's computer with these files.
struct Home {
    folder: Folder,
}

struct Printed {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Home {
    fn with(config: &str, credentials: &str) -> Self {
        let folder = Folder::new("profiles");
        std::fs::create_dir_all(folder.0.join(".aws")).unwrap();
        std::fs::write(folder.0.join(".aws/config"), config).unwrap();
        std::fs::write(folder.0.join(".aws/credentials"), credentials).unwrap();
        Self { folder }
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Printed {
        let output = Command::new(env!("CARGO_BIN_EXE_sagemaker-ssh-setup"))
            .args(arguments)
            .env_clear()
            .env("HOME", &self.folder.0)
            .env("PATH", std::env::var("PATH").unwrap())
            .env("LANG", "C.UTF-8")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(environment.iter().copied())
            .current_dir(&self.folder.0)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Printed {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The wizard; `HOME` is this one.
    fn wizard(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
        let home = self.folder.0.to_str().unwrap();
        let path = std::env::var("PATH").unwrap();
        let own = [("HOME", home), ("PATH", path.as_str())];
        Run::start(arguments, &[&own[..], environment].concat())
    }
}

const BLANKS: (&str, &str) = (
    include_str!("../cases/20-profile-name-with-blanks/config"),
    include_str!("../cases/20-profile-name-with-blanks/credentials"),
);

#[test]
fn credentials_of_a_container_never_go_through_a_proxy() {
    let (aws, proxy) = (Aws::start(), Aws::start());
    let home = Home::with("", "");
    let container = format!("{}/creds", aws.address.replace("127.0.0.1", "localhost"));
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        let environment = [
            (variable, proxy.address.as_str()),
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.as_str()),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "CONTAINERSECRET"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL", aws.address.as_str()),
        ];
        let printed = home.run(&PLAN, &environment);
        assert!(
            printed.out.contains("Credentials   container"),
            "{}{}",
            printed.out,
            printed.err
        );
        assert_eq!(
            aws.keys("GetCallerIdentity").last().unwrap(),
            "ASIACONTAINER"
        );
        assert_eq!(proxy.requests.lock().unwrap().len(), 0, "{variable}");
    }
}

#[test]
fn case_20_names_with_blanks_and_quotation_marks_are_profiles_like_any_other() {
    let aws = Aws::start();
    let home = Home::with(BLANKS.0, BLANKS.1);
    let endpoint = ("AWS_ENDPOINT_URL", aws.address.as_str());
    for (arguments, environment, key) in [
        (
            vec!["--profile", "My Work"],
            vec![endpoint],
            "AKIAEXAMPLEEXAMPLE01",
        ),
        (
            vec![],
            vec![endpoint, ("AWS_PROFILE", "My Work")],
            "AKIAEXAMPLEEXAMPLE01",
        ),
        (
            vec!["--profile", "quoted"],
            vec![endpoint],
            "AKIAEXAMPLEEXAMPLE02",
        ),
        (vec![], vec![endpoint], "AKIAEXAMPLEEXAMPLE00"),
    ] {
        let printed = home.run(&[&PLAN[..], &arguments].concat(), &environment);
        assert!(
            printed.out.contains("Signed in as"),
            "{}{}",
            printed.out,
            printed.err
        );
        assert_eq!(aws.keys("GetCallerIdentity").last().unwrap(), key);
    }
    let mut wizard = home.wizard(&[], &[endpoint]);
    wizard
        .wait("user admin")
        .keys("p")
        .wait("My Work")
        .wait("quoted");
}

#[test]
fn case_19_a_profile_that_asks_for_a_code_gets_one() {
    let aws = Aws::start();
    let home = Home::with(
        include_str!("../cases/19-mfa-serial-profile/config"),
        include_str!("../cases/19-mfa-serial-profile/credentials"),
    );
    let environment = [("AWS_ENDPOINT_URL", aws.address.as_str())];
    // Nobody can be asked.
    let printed = home.run(
        &[&PLAN[..], &["--profile", "admin-mfa"]].concat(),
        &environment,
    );
    assert_eq!(printed.code, Some(1));
    for word in [
        "admin-mfa",
        "MFA",
        "arn:aws:iam::123456789012:mfa/phone",
        "aws configure export-credentials",
    ] {
        assert!(printed.err.contains(word), "{word}: {}", printed.err);
    }
    for word in ["No AWS credentials", "sso"] {
        assert!(!printed.err.contains(word), "{word}: {}", printed.err);
    }
    // In the wizard: without a code, with a wrong one, with the right one.
    let mut wizard = home.wizard(&["--profile", "admin-mfa"], &environment);
    wizard
        .wait("MFA code")
        .keys("\x1b")
        .wait("none was given")
        .keys("r");
    wizard
        .wait("MFA code")
        .keys("999999\r")
        .wait("invalid MFA one time pass code");
    wizard
        .keys("p")
        .wait("Enter chooses it")
        .keys("\x1b")
        .gone("Enter chooses it");
    wizard.keys("r").wait("MFA code").keys("123456\r");
    wizard
        .wait("user admin")
        .wait("profile admin-mfa (role Admin, MFA)");
    assert_eq!(aws.keys("GetCallerIdentity").last().unwrap(), "ASIAROLE");
    let assumed = aws.keys("AssumeRole");
    assert!(
        assumed.iter().all(|key| key == "AKIAEXAMPLEEXAMPLE00"),
        "{assumed:?}"
    );
    // At a terminal the commands ask, too.
    let arguments = [&["--profile", "admin-mfa"], &PLAN[..]].concat();
    let mut plan = home.wizard(&arguments, &environment);
    plan.wait("asks for the code of the MFA device")
        .keys("123456\r")
        .wait("would not begin");
}

#[test]
fn what_a_role_profile_says_of_its_session_is_honoured() {
    let aws = Aws::start();
    let config = format!(
        "[profile role]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/Ops\nsource_profile = base\n\
         role_session_name = me@example\nexternal_id = ex/1\nduration_seconds = 7200\nservices = local\n\
         [services local]\nsts =\n  endpoint_url = {0}\niam =\n  endpoint_url = {0}\nssm =\n  endpoint_url = {0}\n",
        aws.address
    );
    let credentials = "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n";
    let home = Home::with(&config, credentials);
    // No endpoint in the environment: the profile's services are asked, also for the role.
    let printed = home.run(&[&PLAN[..], &["--profile", "role"]].concat(), &[]);
    assert!(
        printed
            .out
            .contains("Credentials   profile role (role Ops)"),
        "{}{}",
        printed.out,
        printed.err
    );
    assert_eq!(aws.keys("AssumeRole"), ["AKIABASE"]);
    assert_eq!(aws.keys("GetCallerIdentity"), ["ASIAROLE"]);
    let requests = aws.requests.lock().unwrap();
    let assumed = requests
        .iter()
        .find(|request| request.contains("Action=AssumeRole"))
        .unwrap();
    for said in [
        "RoleSessionName=me%40example",
        "ExternalId=ex%2F1",
        "DurationSeconds=7200",
    ] {
        assert!(assumed.contains(said), "{said}: {assumed}");
    }
}

#[test]
fn case_21_a_session_of_identity_center_may_have_blanks_in_its_name() {
    let aws = Aws::start();
    let config = include_str!("../cases/21-sso-session-with-blanks/config");
    let home = Home::with(config, "");
    let environment = [
        ("AWS_ENDPOINT_URL", aws.address.as_str()),
        ("AWS_PROFILE", "work"),
    ];
    // Not signed in: said as such, for this profile.
    let printed = home.run(&PLAN, &environment);
    assert_eq!(printed.code, Some(1));
    assert!(
        printed.err.contains("aws sso login --profile work"),
        "{}",
        printed.err
    );
    assert!(
        !printed.err.contains("No AWS credentials"),
        "{}",
        printed.err
    );
    // Signed in by "aws sso login": the token is kept under the hash of the session's name.
    let cache = home.folder.0.join(".aws/sso/cache");
    std::fs::create_dir_all(&cache).unwrap();
    let token = r#"{"accessToken":"token","expiresAt":"2999-01-01T00:00:00Z","region":"eu-west-1","startUrl":"https://example.awsapps.com/start"}"#;
    std::fs::write(
        cache.join("204ad4b9731f737f3f80683e2c37a7c6ad58355d.json"),
        token,
    )
    .unwrap();
    let printed = home.run(&PLAN, &environment);
    assert!(
        printed.out.contains("profile work (Identity Center)"),
        "{}{}",
        printed.out,
        printed.err
    );
    assert_eq!(aws.keys("GetCallerIdentity"), ["ASIASSO"]);
    // A session that there is not.
    let home = Home::with(
        &config.replace("sso-session 'My Corp'", "sso-session Other"),
        "",
    );
    let printed = home.run(&PLAN, &environment);
    assert!(
        printed.err.contains("[sso-session My Corp]"),
        "{}",
        printed.err
    );
}

#[test]
fn case_22_a_file_that_the_aws_cli_reads_is_read_and_one_that_nobody_reads_is_named() {
    let aws = Aws::start();
    let config = include_str!("../cases/22-one-odd-line-spoils-the-file/config");
    let credentials = include_str!("../cases/22-one-odd-line-spoils-the-file/credentials");
    let environment = [("AWS_ENDPOINT_URL", aws.address.as_str())];
    let home = Home::with(config, credentials);
    let good = [&PLAN[..], &["--profile", "good"]].concat();
    let printed = home.run(&good, &environment);
    assert!(
        printed.out.contains("profile good"),
        "{}{}",
        printed.out,
        printed.err
    );
    let home = Home::with(&format!("{config}\nnonsense\n"), credentials);
    let says = |text: &str| {
        for word in [
            ".aws/config",
            "line 11",
            "neither a [section] nor key = value",
        ] {
            assert!(text.contains(word), "{word}: {text}");
        }
    };
    for arguments in [
        good,
        [&["check"], &PLAN[1..]].concat(),
        vec!["undo", "--yes"],
    ] {
        let printed = home.run(&arguments, &environment);
        assert_eq!(printed.code, Some(1), "{arguments:?}");
        says(&printed.err);
    }
    let mut wizard = home.wizard(&["--profile", "good"], &environment);
    wizard.wait("line 11").keys("p").wait("neither");
}

#[test]
fn case_23_a_profile_that_does_not_exist_never_leads_to_an_instances_credentials() {
    let metadata = Aws::start();
    let home = Home::with(
        include_str!("../cases/23-aws-profile-that-does-not-exist/config"),
        include_str!("../cases/23-aws-profile-that-does-not-exist/credentials"),
    );
    let plan = |profile: &str, arguments: &[&str]| {
        let environment = [
            ("AWS_PROFILE", profile),
            ("AWS_EC2_METADATA_DISABLED", "false"),
            (
                "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                metadata.address.as_str(),
            ),
            (
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                metadata.address.as_str(),
            ),
            ("AWS_ENDPOINT_URL", metadata.address.as_str()),
        ];
        let printed = home.run(&[&PLAN[..], arguments].concat(), &environment);
        assert_eq!(printed.code, Some(1), "{}", printed.out);
        printed.err
    };
    let error = plan("prdo", &[]);
    assert!(
        error.contains("The profile prdo does not exist. Did you mean prod? There are: dev, prod."),
        "{error}"
    );
    let error = plan("dev", &["--profile", "typo"]);
    assert!(error.contains("The profile typo does not exist"), "{error}");
    let error = plan("prod", &[]);
    assert!(error.contains("source_profile = gone"), "{error}");
    assert_eq!(metadata.requests.lock().unwrap().len(), 0);
}

#[test]
fn case_24_a_certificate_that_a_proxy_signed_anew_is_trusted_when_it_is_named() {
    let aws = Aws::start_signed_anew();
    let ca = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/cases/24-tls-inspection-ca-bundle/ca.pem"
    );
    let keys = "[default]\naws_access_key_id = A\naws_secret_access_key = s\n";
    let config = include_str!("../cases/24-tls-inspection-ca-bundle/config");
    let with_bundle = Home::with(&config.replace("/etc/company/ca.pem", ca), keys);
    let plain = Home::with("[default]\nregion = eu-west-1\n", keys);
    let endpoint = ("AWS_ENDPOINT_URL", aws.address.as_str());
    for (home, environment) in [
        (&plain, vec![endpoint, ("AWS_CA_BUNDLE", ca)]),
        (&plain, vec![endpoint, ("SSL_CERT_FILE", ca)]),
        (&with_bundle, vec![endpoint]),
    ] {
        let printed = home.run(&PLAN, &environment);
        assert!(
            printed.out.contains("Signed in as"),
            "{}{}",
            printed.out,
            printed.err
        );
    }
    let printed = plain.run(&PLAN, &[endpoint]);
    assert_eq!(printed.code, Some(1));
    for word in [
        "certificate",
        "not trusted",
        "AWS_CA_BUNDLE",
        "ca_bundle",
        "SSL_CERT_FILE",
    ] {
        assert!(printed.err.contains(word), "{word}: {}", printed.err);
    }
    for (bundle, why) in [
        ("/nowhere/ca.pem", "No such file"),
        ("/dev/null", "no usable certificate"),
    ] {
        let printed = plain.run(&PLAN, &[endpoint, ("AWS_CA_BUNDLE", bundle)]);
        assert_eq!(printed.code, Some(1));
        assert!(
            printed.err.contains("AWS_CA_BUNDLE names the file"),
            "{}",
            printed.err
        );
        assert!(printed.err.contains(why), "{}", printed.err);
    }
}

/// The process of case 26, which takes some seconds and notes each start.
fn slow_process(seconds: u32) -> String {
    let config = include_str!("../cases/26-credential-process-that-asks/config");
    config
        .replace("sh -c \"", "sh -c \"echo started >> starts; ")
        .replace("sleep 15", &format!("sleep {seconds}"))
}

#[test]
fn case_26_a_credential_process_that_takes_its_time_is_waited_for_and_started_once() {
    let aws = Aws::start();
    // Longer than any call may take by itself.
    let home = Home::with(&slow_process(12), "");
    let environment = [
        ("AWS_ENDPOINT_URL", aws.address.as_str()),
        ("AWS_PROFILE", "slow"),
    ];
    let printed = home.run(&PLAN, &environment);
    assert!(
        printed.out.contains("profile slow (credential process)"),
        "{}{}",
        printed.out,
        printed.err
    );
    let starts = std::fs::read_to_string(home.folder.0.join("starts")).unwrap();
    assert_eq!(starts, "started\n");
    assert_eq!(aws.keys("GetCallerIdentity"), ["AKIAEXAMPLEEXAMPLE00"]);
}

#[test]
fn a_credential_process_that_fails_says_why_and_one_that_hangs_can_be_left() {
    let failing = "[profile slow]\nregion = eu-west-1\ncredential_process = sh -c \"echo Key not touched >&2; exit 3\"\n";
    let home = Home::with(failing, "");
    let environment = [
        ("AWS_PROFILE", "slow"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
    ];
    let printed = home.run(&PLAN, &environment);
    assert_eq!(printed.code, Some(1));
    for word in [
        "credential process of the profile slow failed",
        "Key not touched",
    ] {
        assert!(printed.err.contains(word), "{word}: {}", printed.err);
    }
    let state = home.folder.0.join(".local/state/sagemaker-ssh-setup");
    for entry in std::fs::read_dir(state).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(!text.contains("Key not touched"), "{}", path.display());
    }
    // Ctrl-C leaves while it hangs, in the wizard as well; what it writes to the terminal is drawn over.
    let hanging = "[profile slow]\nregion = eu-west-1\ncredential_process = sh -c \"printf '\\n\\nTOUCH YOUR KEY\\n' > /dev/tty; sleep 3; echo {}\"\n";
    let home = Home::with(hanging, "");
    let mut wizard = home.wizard(&[], &environment);
    let began = Instant::now();
    wizard.wait("Asking AWS").wait("TOUCH YOUR KEY");
    wizard
        .wait("credential process of the profile slow failed")
        .gone("TOUCH YOUR KEY");
    wizard.keys("r").wait("Asking AWS").keys("\x03");
    assert_eq!(wizard.ended(), 130);
    assert!(began.elapsed() < Duration::from_secs(30));
}
