//! The "in place" rules and the refusals, as a plan over surveys made by hand.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::exit::Exit;
use crate::model::{
    AttachedPolicy, ConnectFrom, Partition, Quotas, RoleReading, Tier, TierReading,
};
use crate::policy::template::{CLIENT_POLICY, Place, SERVER_POLICY};
use crate::policy::{Document, document::size};

pub(super) const ACCOUNT: &str = "123456789012";
pub(super) const SAGEMAKER_TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn identity() -> Identity {
    Identity {
        account: ACCOUNT.into(),
        arn: format!("arn:aws:sts::{ACCOUNT}:assumed-role/Admin/me"),
        user_id: "AROAADMIN:me".into(),
        partition: Partition::default(),
        alias: None,
        credentials: "environment".into(),
        home_region: "eu-west-1".into(),
        region_configured: true,
        endpoints: Vec::new(),
    }
}

pub(super) fn place(partition: &Partition) -> Place<'_> {
    Place {
        partition,
        account: ACCOUNT,
    }
}

pub(super) fn role(name: &str, path: &str, trust: &str) -> RoleReading {
    RoleReading {
        name: name.into(),
        path: path.into(),
        arn: format!("arn:aws:iam::{ACCOUNT}:role{path}{name}"),
        trust: trust.into(),
        boundary: None,
        inline: BTreeMap::new(),
        attached: Vec::new(),
        description: String::new(),
        made_by: None,
        last_used: None,
    }
}

pub(super) fn survey(roles: Vec<RoleReading>) -> Survey {
    Survey {
        identity: identity(),
        quotas: Quotas::default(),
        roles: roles
            .into_iter()
            .map(|role| (role.name.clone(), Ok(role)))
            .collect(),
        tiers: BTreeMap::new(),
        nodes: BTreeMap::new(),
    }
}

pub(super) fn sagemaker(name: &str) -> Choices {
    Choices {
        sagemaker_roles: vec![name.into()],
        regions: vec!["eu-west-1".into()],
        ..Choices::default()
    }
}

/// The plan's items without tiers, by ID.
pub(super) fn items(survey: &Survey, choices: &Choices) -> BTreeMap<String, Item> {
    Plan::new(survey, choices)
        .items
        .into_iter()
        .filter(|item| item.target.role().is_some())
        .map(|item| (item.target.to_string(), item))
        .collect()
}

fn reason(item: &Item) -> &str {
    match &item.state {
        State::Blocked { reason, remedy, .. } => {
            assert!(!remedy.is_empty());
            reason
        }
        other => panic!("not blocked: {other:?}"),
    }
}

#[test]
fn a_fresh_sagemaker_role_gets_trust_and_server_policy() {
    let items = items(
        &survey(vec![role("R", "/", SAGEMAKER_TRUST)]),
        &sagemaker("R"),
    );
    assert_eq!(
        items.keys().collect::<Vec<_>>(),
        ["policy:R/SSHSageMakerServerPolicy", "trust:R"]
    );
    let trust = items["trust:R"].change().unwrap();
    assert_eq!(trust.before_text(), Some(SAGEMAKER_TRUST));
    let after = Document::parse(trust.after_text().unwrap()).unwrap();
    assert_eq!(after.statements().len(), 2);
    assert!(
        items["policy:R/SSHSageMakerServerPolicy"]
            .change()
            .unwrap()
            .before_text()
            .is_none()
    );
}

#[test]
fn the_access_path_decides_who_gets_which_policy() {
    let survey = survey(vec![
        role("S", "/", SAGEMAKER_TRUST),
        role("U", "/", SAGEMAKER_TRUST),
    ]);
    let ids = |connect_from| {
        let choices = Choices {
            connect_from,
            user_roles: vec!["U".into()],
            ..sagemaker("S")
        };
        items(&survey, &choices).into_keys().collect::<Vec<_>>()
    };
    let (server, client) = (
        "policy:S/SSHSageMakerServerPolicy",
        "policy:S/SSHSageMakerClientPolicy",
    );
    let user = "policy:U/SSHSageMakerClientPolicy";
    assert_eq!(ids(ConnectFrom::Laptop), [server, user, "trust:S"]);
    assert_eq!(ids(ConnectFrom::Studio), [client, server, "trust:S"]);
    assert_eq!(ids(ConnectFrom::Both), [client, server, user, "trust:S"]);
}

#[test]
fn a_role_chosen_twice_is_planned_once() {
    let survey = survey(vec![role("S", "/", SAGEMAKER_TRUST)]);
    let choices = Choices {
        user_roles: vec!["S".into()],
        ..sagemaker("S")
    };
    let plan = Plan::new(&survey, &choices);
    let ids: Vec<_> = plan
        .items
        .iter()
        .map(|item| item.target.to_string())
        .collect();
    assert_eq!(
        ids,
        [
            "tier:eu-west-1",
            "trust:S",
            "policy:S/SSHSageMakerServerPolicy",
            "policy:S/SSHSageMakerClientPolicy"
        ]
    );
}

#[test]
fn applying_the_plan_to_the_survey_leaves_nothing_to_do() {
    for harden_trust in [false, true] {
        for shell_access in [false, true] {
            let choices = Choices {
                connect_from: ConnectFrom::Both,
                harden_trust,
                shell_access,
                ..sagemaker("R")
            };
            let mut reading = role("R", "/", SAGEMAKER_TRUST);
            let plan = Plan::new(&survey(vec![reading.clone()]), &choices);
            for (item, change) in plan.changes() {
                match &item.target {
                    Target::Trust { .. } => {
                        change.after_text().unwrap().clone_into(&mut reading.trust);
                    }
                    Target::Policy { policy, .. } => {
                        let text = change.after_text().unwrap();
                        reading.inline.insert(policy.to_string(), text.to_owned());
                    }
                    Target::Tier { .. } | Target::Role { .. } | Target::FullAccess { .. } => {}
                }
            }
            for (id, item) in items(&survey(vec![reading]), &choices) {
                assert!(matches!(item.state, State::InPlace(_)), "{id}: {item:?}");
            }
        }
    }
}

#[test]
fn a_trust_without_the_conditions_that_were_asked_for_differs() {
    let hardened = Choices {
        harden_trust: true,
        ..sagemaker("R")
    };
    let partition = Partition::default();
    let ours = place(&partition).trust_statement(true).unwrap()["Condition"].clone();
    let state = |condition: Option<serde_json::Value>| {
        let mut statement = place(&partition).trust_statement(false).unwrap();
        if let Some(condition) = condition {
            statement["Condition"] = condition;
        }
        let trust = Document::parse(SAGEMAKER_TRUST).unwrap();
        let trust = trust.with_statement(&statement).unwrap();
        let plan = Plan::new(&survey(vec![role("R", "/", trust.text())]), &hardened);
        let item = plan.items[1].clone();
        assert_eq!(item.target.to_string(), "trust:R");
        let exit = Exit::of_plan(&Plan {
            items: vec![item.clone()],
            ..plan
        });
        (item, exit)
    };
    for open in [
        None,
        Some(json!({"StringLike": {"aws:SourceAccount": "*"}})),
        Some(json!({"ArnLike": {"aws:SourceArn": "arn:aws:ssm:*:*:*"}})),
        Some(json!({"Bool": {"aws:PrincipalIsAWSService": "true"}})),
    ] {
        let (item, exit) = state(open);
        assert!(item.is_blocked_by(Obstacle::NotHardened), "{item:?}");
        assert_eq!((item.finding(), exit), (Finding::Differs, Exit::Changes));
        assert_eq!(item.impact(), None);
        let State::Blocked {
            wanted: Some(wanted),
            ..
        } = &item.state
        else {
            panic!("{item:?}");
        };
        // What is shown as the way out is what counts as in place then.
        let plan = Plan::new(&survey(vec![role("R", "/", wanted)]), &hardened);
        assert!(matches!(plan.items[1].state, State::InPlace(_)));
    }
    for closed in [
        ours,
        json!({"StringEquals": {"aws:SourceAccount": ACCOUNT}}),
        json!({"ArnLike": {"aws:SourceArn": format!("arn:aws:ssm:*:{ACCOUNT}:*")}}),
    ] {
        let (item, exit) = state(Some(closed));
        assert_eq!((item.finding(), exit), (Finding::InPlace, Exit::Done));
    }
}

#[test]
fn no_condition_is_advised_that_would_keep_others_out() {
    let shared = SAGEMAKER_TRUST.replace(
        r#""sagemaker.amazonaws.com""#,
        r#"["sagemaker.amazonaws.com","ssm.amazonaws.com"]"#,
    );
    assert_ne!(shared, SAGEMAKER_TRUST);
    let hardened = Choices {
        harden_trust: true,
        ..sagemaker("R")
    };
    let plan = Plan::new(&survey(vec![role("R", "/", &shared)]), &hardened);
    let State::Blocked { wanted, remedy, .. } = &plan.items[1].state else {
        panic!("{:?}", plan.items[1]);
    };
    assert_eq!(*wanted, None);
    assert!(remedy.contains("a statement of its own"), "{remedy}");
}

#[test]
fn a_managed_policy_of_the_same_name_and_meaning_is_in_place() {
    let partition = Partition::default();
    let mut reading = role("R", "/", SAGEMAKER_TRUST);
    let document = place(&partition).server_policy(&reading.arn).unwrap();
    let attach = |text: &str| {
        vec![AttachedPolicy {
            name: SERVER_POLICY.into(),
            arn: format!("arn:aws:iam::{ACCOUNT}:policy/{SERVER_POLICY}"),
            document: Some(text.into()),
        }]
    };
    reading.attached = attach(document.text());
    let id = format!("policy:R/{SERVER_POLICY}");
    let same = items(&survey(vec![reading.clone()]), &sagemaker("R"));
    assert!(matches!(&same[&id].state, State::InPlace(found) if found.contains("managed")));
    reading.attached = attach(
        &document
            .text()
            .replace("CreateActivation", "DeleteActivation"),
    );
    let other = items(&survey(vec![reading]), &sagemaker("R"));
    assert!(other[&id].change().is_some());
    assert!(
        other[&id]
            .warnings
            .iter()
            .any(|warning| warning.contains("attached as well"))
    );
}

#[test]
fn shell_access_found_in_place_is_not_taken_away_but_missing_one_is_added_when_wanted() {
    let partition = Partition::default();
    let state = |found: bool, wanted: bool| {
        let mut reading = role("U", "/", SAGEMAKER_TRUST);
        let text = place(&partition)
            .client_policy(found)
            .unwrap()
            .text()
            .to_owned();
        reading.inline.insert(CLIENT_POLICY.into(), text);
        let choices = Choices {
            user_roles: vec!["U".into()],
            shell_access: wanted,
            ..Choices::default()
        };
        items(&survey(vec![reading]), &choices)[&format!("policy:U/{CLIENT_POLICY}")]
            .change()
            .is_none()
    };
    assert!(state(false, false) && state(true, true) && state(true, false));
    assert!(!state(false, true));
}

#[test]
fn a_differing_policy_is_replaced_with_a_warning_that_names_what_goes() {
    let mut reading = role("U", "/", SAGEMAKER_TRUST);
    let old = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ssm:StartSession","Resource":"*"}]}"#;
    reading.inline.insert(CLIENT_POLICY.into(), old.into());
    let choices = Choices {
        user_roles: vec!["U".into()],
        ..Choices::default()
    };
    let items = items(&survey(vec![reading]), &choices);
    let item = &items[&format!("policy:U/{CLIENT_POLICY}")];
    assert_eq!(item.change().unwrap().before_text(), Some(old));
    assert!(
        item.warnings[0].contains("Gone: ssm:StartSession on *."),
        "{:?}",
        item.warnings
    );
}

#[test]
fn a_long_path_and_name_does_not_matter_for_a_user_role() {
    let name = "x".repeat(60);
    let choices = Choices {
        user_roles: vec![name.clone()],
        ..Choices::default()
    };
    let items = items(
        &survey(vec![role(&name, "/service-role/", SAGEMAKER_TRUST)]),
        &choices,
    );
    assert!(
        items[&format!("policy:{name}/{CLIENT_POLICY}")]
            .change()
            .is_some()
    );
}

#[test]
fn quotas_are_counted_without_white_space_and_over_all_inline_policies() {
    // One character below, and one above, what the quota allows.
    let partition = Partition::default();
    let reading = role("R", "/", SAGEMAKER_TRUST);
    let server = size(
        place(&partition)
            .server_policy(&reading.arn)
            .unwrap()
            .text(),
    );
    for (room, fits) in [(0, true), (1, false)] {
        let mut reading = reading.clone();
        let frame = r#"{"Statement":[],"Id":""}"#;
        let filler = "x".repeat(10_240 - server - size(frame) + room);
        reading.inline.insert(
            "other".into(),
            format!(" {{\n\"Statement\" : [ ],\t\"Id\":\"{filler}\" }} "),
        );
        let items = items(&survey(vec![reading]), &sagemaker("R"));
        let item = &items["policy:R/SSHSageMakerServerPolicy"];
        assert_eq!(item.change().is_some(), fits, "{item:?}");
        if !fits {
            assert!(reason(item).contains("10241 characters"), "{item:?}");
        }
    }
}

#[test]
fn the_trust_quota_is_the_accounts_own() {
    let filler = format!(r#","Id":"{}"}}"#, "x".repeat(2048));
    let trust = format!("{}{filler}", SAGEMAKER_TRUST.strip_suffix('}').unwrap());
    let mut survey = survey(vec![role("R", "/", &trust)]);
    assert!(reason(&items(&survey, &sagemaker("R"))["trust:R"]).contains("default quota is 2048"));
    survey.quotas = Quotas {
        trust: 4096,
        inline: 10_240,
        read: true,
        ..Quotas::default()
    };
    assert!(
        items(&survey, &sagemaker("R"))["trust:R"]
            .change()
            .is_some()
    );
}

#[test]
fn a_trust_that_cannot_be_read_safely_is_blocked_and_never_rewritten() {
    for trust in [
        "<html>",
        "{}",
        r#"{"Statement":[{"Effect":"Allow","Effect":"Deny"}]}"#,
    ] {
        let items = items(&survey(vec![role("R", "/", trust)]), &sagemaker("R"));
        assert!(
            reason(&items["trust:R"]).starts_with("This cannot be planned"),
            "{trust}"
        );
    }
}

#[test]
fn what_an_admin_should_know_before_confirming_is_said_with_the_change() {
    let warnings = |trust: &str, id: &str| {
        let items = items(&survey(vec![role("R", "/", trust)]), &sagemaker("R"));
        items[id].warnings.join(" ")
    };
    let people = SAGEMAKER_TRUST.replace("sagemaker.amazonaws.com", "ec2.amazonaws.com");
    assert!(warnings(&people, "trust:R").contains("SageMaker itself may not assume this role"));
    assert_eq!(warnings(SAGEMAKER_TRUST, "trust:R"), "");
    let deny = r#"{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"Bool":{"aws:SecureTransport":"false"}}},{"Effect":"Allow""#;
    let may_deny = SAGEMAKER_TRUST.replacen(r#"{"Effect":"Allow""#, deny, 1);
    assert!(warnings(&may_deny, "trust:R").contains("may deny"));
    // The trust is blocked, so the policy alone does not help.
    let deleted = SAGEMAKER_TRUST.replace(
        r#""Principal":{"#,
        r#""Principal":{"AWS":"AIDAEXAMPLEDELETED12","#,
    );
    assert!(
        warnings(&deleted, "policy:R/SSHSageMakerServerPolicy")
            .contains("Alone this is not enough")
    );
}

#[test]
fn regions_are_planned_by_their_tier() {
    let mut survey = survey(Vec::new());
    let readings = [
        (
            "a",
            TierReading::Known {
                tier: Tier::Standard,
                default: true,
                pending: false,
            },
        ),
        (
            "b",
            TierReading::Known {
                tier: Tier::Advanced,
                default: false,
                pending: false,
            },
        ),
        ("c", TierReading::NotAccepted),
        ("d", TierReading::Denied("no".into())),
        ("e", TierReading::Failed("gone".into())),
    ];
    survey.tiers = readings
        .into_iter()
        .map(|(code, reading)| (code.to_owned(), reading))
        .collect();
    let choices = Choices {
        regions: ["a", "b", "c", "d", "e", "f"].map(str::to_owned).to_vec(),
        ..Choices::default()
    };
    let plan = Plan::new(&survey, &choices);
    let totals = plan.totals();
    assert_eq!((totals.changes, totals.in_place, totals.blocked), (1, 1, 4));
    let (item, change) = plan.changes().next().unwrap();
    assert_eq!(item.target.to_string(), "tier:a");
    assert_eq!(
        (&change.before(), change.after_text()),
        (&Content::Default("standard".into()), Some("advanced"))
    );
}
