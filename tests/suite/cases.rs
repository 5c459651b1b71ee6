//! Situations that people reported in public, over the embedded account; their documents are in `tests/cases`.

use sagemaker_ssh_setup::apply::Outcome;
use sagemaker_ssh_setup::demo::{Seed, SeedRole, Timing};
use sagemaker_ssh_setup::exit::Exit;
use sagemaker_ssh_setup::model::{Choices, ConnectFrom};
use sagemaker_ssh_setup::plan::{Item, Obstacle, Plan, State};
use serde_json::{Value, json};

use super::commands::{Desk, SAGEMAKER as SERVICE_ROLE};
use super::cut_off::{REGION, SAGEMAKER, Setup, USER};
use super::documents::content;
use super::faults::Fault;
use super::play;

fn seed_with(role: Value) -> Seed {
    let role: SeedRole = serde_json::from_value(role).unwrap();
    let mut seed = Seed::shipped().unwrap();
    seed.roles.push(role);
    seed
}

fn item<'a>(plan: &'a Plan, id: &str) -> &'a Item {
    let mut items = plan.items.iter();
    items.find(|item| item.target.to_string() == id).unwrap()
}

/// The plan for a role of this trust, connecting from Studio.
async fn plan_of_trust(trust: &str) -> (Setup, Plan) {
    let role = json!({"name": "Cased", "trust": trust});
    let setup = Setup::with(seed_with(role), Timing::INSTANT).await;
    let choices = Choices {
        connect_from: ConnectFrom::Studio,
        sagemaker_roles: vec!["Cased".into()],
        regions: vec![REGION.into()],
        ..Choices::default()
    };
    let plan = setup.set_up_as(choices).await.plan;
    (setup, plan)
}

#[tokio::test(start_paused = true)]
async fn case_07_a_principal_of_a_closed_account_is_named_in_awss_words() {
    let setup = Setup::new().await;
    let trust = include_str!("../cases/07-closed-account-root/trust.json");
    setup.account.write_trust(SAGEMAKER, trust).await.unwrap();
    let before = setup.contents();
    let job = setup.set_up().await;
    assert_eq!(job.plan.totals().changes, 4);
    let said = "Invalid principal in policy: \"AWS\":\"arn:aws:iam::999999999999:root\"";
    setup.faults.add(
        "UpdateAssumeRolePolicy",
        9,
        Fault::Refused(400, "MalformedPolicyDocument", said),
    );
    let report = setup.run(&job).await;
    assert_eq!(Exit::of_report(&report), Exit::Partly);
    assert_eq!(report.done(), 3);
    let failed = report
        .outcomes
        .iter()
        .find(|(_, outcome)| matches!(outcome, Outcome::Failed(_)));
    let (target, outcome) = failed.unwrap();
    let text = outcome.explanation(target).unwrap();
    assert!(text.contains(said), "{text}");
    for word in [
        "The principal arn:aws:iam::999999999999:root",
        "deleted",
        "closed",
        "mistyped",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(!text.contains("AROA"), "{text}");
    let trust = &setup.contents().roles[SAGEMAKER].trust;
    assert_eq!(*trust, before.roles[SAGEMAKER].trust);
}

#[tokio::test(start_paused = true)]
async fn a_malformed_document_speaks_of_principals_only_where_aws_does() {
    let setup = Setup::new().await;
    let job = setup.set_up().await;
    setup.faults.add(
        "UpdateAssumeRolePolicy",
        9,
        Fault::Refused(
            400,
            "MalformedPolicyDocument",
            "Has prohibited field Resource",
        ),
    );
    let report = setup.run(&job).await;
    let texts = report
        .outcomes
        .iter()
        .filter_map(|(target, outcome)| outcome.explanation(target));
    let texts: Vec<String> = texts.collect();
    assert!(
        texts[0].contains("Has prohibited field Resource"),
        "{texts:?}"
    );
    assert!(!texts[0].contains("principal"), "{texts:?}");
}

#[tokio::test(start_paused = true)]
async fn case_09_an_account_number_without_quotation_marks_counts_as_its_text() {
    let trust = include_str!("../cases/09-account-number-unquoted-allow/trust.json");
    let (_, plan) = plan_of_trust(trust).await;
    let trusted = &item(&plan, "trust:Cased").state;
    assert!(matches!(trusted, State::InPlace(_)), "{trusted:?}");
    // Another account's number lets nobody in, and is left as it is.
    let (_, plan) = plan_of_trust(&trust.replace("123456789012}", "999999999999}")).await;
    let change = item(&plan, "trust:Cased").change().unwrap();
    let after = change.after_text().unwrap();
    assert!(after.contains(":999999999999}"), "{after}");
    assert_eq!(content(after)["Statement"].as_array().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn case_10_a_guard_that_lets_the_own_account_in_is_no_denial() {
    let trust = include_str!("../cases/10-account-number-unquoted-deny/trust.json");
    let (_, plan) = plan_of_trust(trust).await;
    let trusted = item(&plan, "trust:Cased");
    assert!(matches!(trusted.state, State::InPlace(_)), "{trusted:?}");
    assert_eq!(trusted.warnings, [""; 0]);
    // Every call of a service is one.
    let guard = r#""StringNotEquals":{"aws:SourceAccount":123456789012}"#;
    assert!(trust.contains(guard));
    let by_service = trust.replace(
        guard,
        r#""BoolIfExists":{"aws:PrincipalIsAWSService":false}"#,
    );
    let (_, plan) = plan_of_trust(&by_service).await;
    assert!(matches!(
        item(&plan, "trust:Cased").state,
        State::InPlace(_)
    ));
    // What cannot be judged is a warning that names the condition.
    let unclear = trust.replace(guard, r#""StringNotEquals":{"aws:PrincipalOrgID":"o-1"}"#);
    let (_, plan) = plan_of_trust(&unclear).await;
    let trusted = item(&plan, "trust:Cased");
    assert!(matches!(trusted.state, State::InPlace(_)), "{trusted:?}");
    assert!(
        trusted.warnings[0].contains("(StringNotEquals aws:PrincipalOrgID)"),
        "{trusted:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn case_17_what_keeps_people_out_of_each_others_nodes_stays() {
    let document =
        include_str!("../cases/17-owner-deny-in-permission-set/inline-AwsSSOInlinePolicy.json");
    let name = "AWSReservedSSO_DataScience_0123456789abcdef";
    let people = json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                                      "Action": "sts:AssumeRole"}});
    let choices = |role: &str| Choices {
        user_roles: vec![role.to_owned()],
        regions: vec![REGION.into()],
        ..Choices::default()
    };
    let set = json!({"name": name, "path": "/aws-reserved/sso.amazonaws.com/eu-west-1/", "trust": people,
                     "inline": {"AwsSSOInlinePolicy": document}});
    let setup = Setup::with(seed_with(set), Timing::INSTANT).await;
    let plan = setup.set_up_as(choices(name)).await.plan;
    let client = item(&plan, &format!("policy:{name}/SSHSageMakerClientPolicy"));
    let State::Blocked {
        obstacle: Obstacle::PermissionSet,
        reason,
        remedy,
        wanted: Some(wanted),
        ..
    } = &client.state
    else {
        panic!("{client:?}");
    };
    assert!(
        !format!("{reason} {remedy}").contains("take"),
        "{reason} {remedy}"
    );
    for sid in ["Work", "NotOthersNodes", "NotOthersCommands"] {
        assert!(wanted.contains(sid), "{wanted}");
    }
    // The same two statements in an ordinary role: the policy is planned, and nothing is said against them.
    let ordinary =
        json!({"name": "People", "trust": people, "inline": {"SSMDenyAccessNotOwner": document}});
    let setup = Setup::with(seed_with(ordinary), Timing::INSTANT).await;
    let plan = setup.set_up_as(choices("People")).await.plan;
    let client = item(&plan, "policy:People/SSHSageMakerClientPolicy");
    assert!(
        client.change().is_some() && client.warnings.is_empty(),
        "{client:?}"
    );
    // What certainly denies is said, and what may deny is said with its condition.
    for (from, to, expected) in [
        ("StringNotEquals", "StringEquals", "denies ssm:SendCommand"),
        (
            "\"ssm:resourceTag/SSHOwner\"",
            "\"aws:PrincipalTag/Team\"",
            "(StringNotEquals aws:PrincipalTag/Team)",
        ),
    ] {
        let other = document.replace(from, to);
        let role = json!({"name": "People", "trust": people, "inline": {"Guard": other}});
        let setup = Setup::with(seed_with(role), Timing::INSTANT).await;
        let plan = setup.set_up_as(choices("People")).await.plan;
        let client = item(&plan, "policy:People/SSHSageMakerClientPolicy");
        assert!(client.change().is_some(), "{client:?}");
        assert!(
            client.warnings.iter().any(|text| text.contains(expected)),
            "{client:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_policy_breaks_is_judged_with_its_denials_and_its_version() {
    let setup = Setup::new().await;
    let wanted = setup.set_up().await.plan;
    let id = format!("policy:{USER}/SSHSageMakerClientPolicy");
    let whole = item(&wanted, &id)
        .change()
        .unwrap()
        .after_text()
        .unwrap()
        .to_owned();
    let breaks = async |text: String| {
        let policy = "SSHSageMakerClientPolicy";
        setup
            .account
            .write_inline_policy(USER, policy, &text)
            .await
            .unwrap();
        item(&setup.set_up().await.plan, &id).impact()
    };
    let mut denied: Value = serde_json::from_str(&whole).unwrap();
    let statements = denied["Statement"].as_array_mut().unwrap();
    statements.push(json!({"Effect": "Deny", "Action": "ssm:StartSession", "Resource": "*"}));
    let text = breaks(denied.to_string()).await.unwrap();
    assert!(
        text.starts_with("The policy denies ssm:StartSession"),
        "{text}"
    );
    for version in ["\"2008-10-17\"", ""] {
        let old = match version {
            "" => {
                let mut value: Value = serde_json::from_str(&whole).unwrap();
                value.as_object_mut().unwrap().shift_remove("Version");
                value.to_string()
            }
            version => whole.replace("\"2012-10-17\"", version),
        };
        let text = breaks(old).await.unwrap();
        assert!(text.contains("${aws:userid} is plain text"), "{text}");
        assert!(
            text.contains("People with this role cannot connect"),
            "{text}"
        );
    }
    // More than is wanted breaks nothing.
    let mut more: Value = serde_json::from_str(&whole).unwrap();
    let statements = more["Statement"].as_array_mut().unwrap();
    statements.push(json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}));
    assert_eq!(breaks(more.to_string()).await, None);
}

#[test]
fn case_18_a_sessions_arn_leads_to_the_role_and_a_wrong_path_to_the_right_one() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let plan = |role: &str| {
        desk.run(&[
            "plan",
            "--sagemaker-role",
            role,
            "--connect-from",
            "studio",
            "--regions",
            "eu-west-1",
            "--output",
            "json",
        ])
    };
    let arn = format!("arn:aws:iam::123456789012:role/service-role/{SERVICE_ROLE}");
    let session = format!("arn:aws:sts::123456789012:assumed-role/{SERVICE_ROLE}/SageMaker");
    for typed in [SERVICE_ROLE, arn.as_str(), session.as_str()] {
        let plan = plan(typed).ends_with(2).json();
        let server =
            plan["items"].as_array().unwrap().iter().find(|item| {
                item["id"] == format!("policy:{SERVICE_ROLE}/SSHSageMakerServerPolicy")
            });
        let after = server.unwrap()["after"].as_str().unwrap().to_owned();
        assert!(after.contains(&arn), "{after}");
    }
    for (typed, right) in [
        (
            format!("arn:aws:iam::123456789012:role/{SERVICE_ROLE}"),
            arn.as_str(),
        ),
        (
            "arn:aws:iam::123456789012:role/service-role/DataScientist".to_owned(),
            "arn:aws:iam::123456789012:role/DataScientist",
        ),
    ] {
        let printed = plan(&typed).ends_with(64);
        assert!(
            printed.err.contains(&format!("There is no role {typed}")),
            "{printed:?}"
        );
        assert!(printed.err.contains(&format!("is {right};")), "{printed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_18_the_wizard_gets_there_too() {
    for (typed, said) in [
        (
            format!("arn:aws:sts::123456789012:assumed-role/{SERVICE_ROLE}/SageMaker"),
            None,
        ),
        (
            format!("arn:aws:iam::123456789012:role/{SERVICE_ROLE}"),
            Some("There is no role arn:aws:iam::123456789012:role/AmazonSageMaker"),
        ),
    ] {
        let mut play = play::Setup::at((160, 50)).start();
        play.keys("{Admin/console}<enter><enter>").await;
        play.keys("{Recommender}t").await;
        play.paste(&typed).await.keys("<enter>").await;
        if let Some(said) = said {
            play.wait(said).await;
        }
        play.wait("1 picked").await;
        // The role that there is, with its path.
        play.keys("/ExecutionRole-20240131<enter>").await;
        play.wait("role/service-role/AmazonSage").await;
        assert!(
            !play.screen().contains("assumed-role/Amazon"),
            "{}",
            play.screen()
        );
    }
}

#[test]
fn case_27_a_region_that_takes_no_credentials_has_two_causes() {
    let region = "ap-east-1";
    let asked = |command: &str, version: u8| {
        let mut seed = Seed::shipped().unwrap();
        seed.not_enabled = vec![region.to_owned()];
        seed.token_version = version;
        let desk = Desk::with(seed);
        let wanted = [
            "--sagemaker-role",
            SERVICE_ROLE,
            "--user-role",
            "DataScientist",
        ];
        let regions = ["--regions", "ap-east-1,eu-west-1", "--output", "json"];
        let printed = desk
            .run(&[&[command], &wanted[..], &regions].concat())
            .ends_with(2);
        let json = printed.json();
        let items = json["items"].as_array().unwrap().clone();
        let find = |id: &str| items.iter().find(|item| item["id"] == *id).unwrap().clone();
        assert_ne!(find("tier:eu-west-1")["state"], "blocked");
        let blocked = find(&format!("tier:{region}"));
        assert_eq!(blocked["state"], "blocked", "{blocked}");
        let text = |key: &str| blocked[key].as_str().unwrap().to_owned();
        (text("reason"), text("remedy"))
    };
    for command in ["plan", "check"] {
        for (version, first, second) in [
            (2, "not enabled for the account", "token is of version 1"),
            (1, "token is of version 1", "not enabled for the account"),
        ] {
            let (reason, remedy) = asked(command, version);
            let (one, other) = (reason.find(first), reason.find(second));
            assert!(one.is_some() && one < other, "{reason}");
            for way in ["AWS Regions", "AWS_STS_REGIONAL_ENDPOINTS=regional"] {
                assert!(remedy.contains(way), "{remedy}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_32_a_paste_without_brackets_goes_into_the_field_or_nowhere() {
    let arns = "arn:aws:iam::123456789012:role/ChurnTraining<enter>LockedTraining<enter>Recommender-ExecutionRole<enter>";
    let mut play = play::Setup::default().start();
    play.keys("{Admin/console}<enter><enter>").await;
    play.wait("Recommender").await;
    // With no field open it is nothing at all.
    let before = play.screen();
    play.keys_at_once(arns)
        .await
        .wait("goes into a text field")
        .await;
    play.keys("<down><up>{!goes into a text field}").await;
    assert_eq!(play.screen(), before);
    // With the field open all three are in it, and Enter takes them.
    play.keys("t{Type or paste}").await;
    play.keys_at_once(arns).await;
    assert!(play.screen().contains("Type or paste"), "{}", play.screen());
    play.keys("<enter>{3 picked}").await;
    assert!(play.screen().contains("SageMaker roles") && !play.has_ended());
    // A line after the other, as a terminal may hand them over.
    play.keys("t{Type or paste}").await;
    play.keys_at_once("Admin<enter>Analyst<enter>").await;
    assert!(play.screen().contains("Admin Analyst"), "{}", play.screen());
}

#[tokio::test(start_paused = true)]
async fn keys_that_a_slow_line_delivers_together_act_as_keys() {
    let mut play = play::Setup::default().start();
    play.wait("Admin/console")
        .await
        .keys_at_once("<enter><enter>")
        .await;
    play.wait("Recommender")
        .await
        .keys_at_once("/churn<enter><space>")
        .await;
    play.wait("1 picked").await.keys_at_once("<esc> j j").await;
    play.wait("picked").await;
    assert!(
        play.screen().contains("SageMaker roles"),
        "{}",
        play.screen()
    );
}

#[tokio::test(start_paused = true)]
async fn a_tier_that_does_not_show_yet_does_not_speak_of_iam() {
    let setup = Setup::new().await;
    let job = setup.set_up().await;
    let standard = r#"{"ServiceSetting":{"SettingValue":"standard","Status":"PendingUpdate"}}"#;
    setup.faults.add(
        "GetServiceSetting",
        999,
        Fault::Answer("application/x-amz-json-1.1", standard),
    );
    let report = setup.run(&job).await;
    let (target, outcome) = report
        .outcomes
        .iter()
        .find(|(target, _)| target.role().is_none())
        .unwrap();
    assert!(matches!(outcome, Outcome::NotSeenYet), "{outcome:?}");
    let text = outcome.explanation(target).unwrap();
    assert!(
        text.contains("under way") && !text.contains("IAM"),
        "{text}"
    );
    // Read now, it is no default, and that a change is under way is said.
    let plan = setup.set_up().await.plan;
    let tier = item(&plan, &format!("tier:{REGION}"));
    assert!(tier.warnings[0].contains("PendingUpdate"), "{tier:?}");
    let change = tier.change().unwrap();
    assert_eq!(
        change.before(),
        sagemaker_ssh_setup::plan::Content::Text("standard".into())
    );
}

#[tokio::test(start_paused = true)]
async fn no_advice_is_given_twice_in_one_message() {
    let setup = Setup::new().await;
    let job = setup.set_up().await;
    for fault in [
        Fault::Refused(500, "ServiceFailure", "try again"),
        Fault::Refused(400, "Throttling", "Rate exceeded"),
        Fault::Unreachable,
        Fault::LostReply,
    ] {
        setup.faults.add("PutRolePolicy", 99, fault);
        let report = setup.run(&job).await;
        for (target, outcome) in &report.outcomes {
            let text = outcome.explanation(target).unwrap_or_default();
            assert!(
                text.to_lowercase().matches("a minute").count() <= 1,
                "{text}"
            );
        }
        setup.faults.clear();
        setup.run(&setup.put_back(None).await).await;
    }
    let choices = Choices {
        sagemaker_roles: vec!["Nobody".into()],
        ..super::cut_off::wanted()
    };
    let plan = setup.set_up_as(choices).await.plan;
    let State::Blocked { reason, remedy, .. } = &item(&plan, "trust:Nobody").state else {
        panic!("{plan:?}");
    };
    assert_eq!(
        format!("{reason} {remedy}").matches("name").count(),
        2,
        "{reason} {remedy}"
    );
}

#[tokio::test(start_paused = true)]
async fn from_studio_other_peoples_nodes_are_not_called_closed() {
    let setup = Setup::new().await;
    let choices = Choices {
        connect_from: ConnectFrom::Both,
        ..super::cut_off::wanted()
    };
    let job = setup.set_up_as(choices).await;
    let report = setup.run(&job).await;
    let plan = report.verification.unwrap();
    let proved = sagemaker_ssh_setup::verify::proof::prove(&setup.account, &plan).await;
    let of = |role: &str| {
        let mut proved = proved.assertions.iter();
        proved
            .find(|proved| {
                proved.role == role && proved.assertion.id() == "starts-nobody-elses-sessions"
            })
            .unwrap()
    };
    assert_eq!(of(USER).verdict.as_str(), "true");
    let shared = of(SAGEMAKER);
    assert_eq!(shared.verdict.as_str(), "shared");
    assert!(!shared.is_serious());
    assert!(
        shared
            .reason()
            .unwrap()
            .contains("one execution role per user profile")
    );
}
