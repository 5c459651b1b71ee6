mod watch;

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::model::{
    Choices, ConnectFrom, Identity, Partition, Quotas, RoleReading, Tier, TierReading,
};
use crate::policy::document::pretty;

const ACCOUNT: &str = "123456789012";
const SAGEMAKER: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn identity(region: &str) -> Identity {
    let partition = Partition::of_region(region);
    Identity {
        account: ACCOUNT.into(),
        arn: format!("arn:{partition}:sts::{ACCOUNT}:assumed-role/Admin/me"),
        user_id: "AROA:me".into(),
        partition,
        alias: None,
        credentials: "environment".into(),
        home_region: region.into(),
        region_configured: true,
        endpoints: Vec::new(),
    }
}

fn role(region: &str, name: &str, path: &str, trust: &str) -> RoleReading {
    let partition = Partition::of_region(region);
    RoleReading {
        name: name.into(),
        path: path.into(),
        arn: format!("arn:{partition}:iam::{ACCOUNT}:role{path}{name}"),
        trust: trust.into(),
        boundary: None,
        inline: BTreeMap::new(),
        attached: Vec::new(),
        description: String::new(),
        made_by: None,
        last_used: None,
    }
}

/// A survey of one region and some roles.
fn survey(region: &str, tier: TierReading, roles: Vec<RoleReading>) -> Survey {
    Survey {
        identity: identity(region),
        quotas: Quotas::default(),
        roles: roles
            .into_iter()
            .map(|role| (role.name.clone(), Ok(role)))
            .collect(),
        tiers: BTreeMap::from([(region.to_owned(), tier)]),
        nodes: BTreeMap::new(),
    }
}

fn standard() -> TierReading {
    TierReading::Known {
        tier: Tier::Standard,
        default: true,
        pending: false,
    }
}

fn choices(region: &str) -> Choices {
    Choices {
        sagemaker_roles: vec!["S".into()],
        user_roles: vec!["U".into()],
        regions: vec![region.into()],
        ..Choices::default()
    }
}

/// The page of each step, by the item's ID, in the guide's order.
fn pages(survey: &Survey, choices: &Choices) -> Vec<(String, Instructions)> {
    let plan = Plan::new(survey, choices);
    let guide = Guide::default();
    steps(&plan)
        .into_iter()
        .map(|item| {
            let page = guide.page(item, &plan, survey, None);
            (item.target.to_string(), page)
        })
        .collect()
}

fn both(region: &str) -> Vec<RoleReading> {
    vec![
        role(region, "S", "/service-role/", SAGEMAKER),
        role(region, "U", "/", SAGEMAKER),
    ]
}

/// The page of one item.
fn page(survey: &Survey, choices: &Choices, id: &str) -> Instructions {
    let mut pages = pages(survey, choices).into_iter();
    pages.find(|(found, _)| found == id).unwrap().1
}

#[test]
fn the_steps_are_in_the_manuals_order() {
    let choices = Choices {
        connect_from: ConnectFrom::Both,
        ..choices("eu-west-1")
    };
    let survey = survey("eu-west-1", standard(), both("eu-west-1"));
    let order: Vec<(Part, String)> = pages(&survey, &choices)
        .into_iter()
        .map(|(id, page)| (page.part, id))
        .collect();
    let expected = [
        (Part::SystemsManager, "tier:eu-west-1"),
        (Part::SageMakerRole, "trust:S"),
        (Part::SageMakerRole, "policy:S/SSHSageMakerServerPolicy"),
        (Part::UserRole, "policy:U/SSHSageMakerClientPolicy"),
        (Part::Studio, "policy:S/SSHSageMakerClientPolicy"),
    ];
    assert_eq!(
        order,
        expected.map(|(part, id)| (part, id.to_owned())).to_vec()
    );
}

#[test]
fn the_text_to_paste_is_what_the_plan_would_write() {
    let (survey, choices) = (
        survey("eu-west-1", standard(), both("eu-west-1")),
        choices("eu-west-1"),
    );
    let plan = Plan::new(&survey, &choices);
    for (id, page) in pages(&survey, &choices) {
        let change = plan.change_of(&id.parse().unwrap()).unwrap();
        match page.paste {
            None => assert_eq!(page.part, Part::SystemsManager),
            Some(paste) => {
                assert!(paste.whole);
                assert_eq!(paste.text, pretty(change.after_text().unwrap()).trim_end());
                assert!(!paste.file.contains('/'), "{}", paste.file);
            }
        }
        assert_eq!(page.status, StepStatus::NotYet, "{id}");
    }
}

#[test]
fn every_step_names_what_is_real_and_links_into_its_own_partition() {
    for (region, host) in [
        ("eu-west-1", "console.aws.amazon.com/"),
        ("cn-north-1", "console.amazonaws.cn/"),
        ("us-gov-west-1", "console.amazonaws-us-gov.com/"),
    ] {
        let survey = survey(region, standard(), both(region));
        for (id, page) in pages(&survey, &choices(region)) {
            let link = page.link.unwrap();
            assert!(
                link.starts_with("https://") && link.contains(host),
                "{id}: {link}"
            );
            let way = page.way.join("\n");
            let name = match page.part {
                Part::SystemsManager => region,
                Part::SageMakerRole => "Roles, then S.",
                Part::UserRole | Part::Studio => "Roles, then U.",
            };
            assert!(way.contains(name), "{id}: {way}");
            let sentences = page.why.matches(". ").count() + 1;
            assert!((1..=2).contains(&sentences), "{id}: {}", page.why);
        }
    }
}

#[test]
fn where_no_console_is_known_no_link_is_made_up() {
    let region = "eusc-de-east-1";
    let survey = survey(region, standard(), both(region));
    for (id, page) in pages(&survey, &choices(region)) {
        assert_eq!(page.link, None, "{id}");
        assert!(!page.way.is_empty(), "{id}");
    }
}

#[test]
fn everything_that_is_in_the_way_has_a_way_around_it() {
    let region = "eu-west-1";
    let long = "L".repeat(60);
    let deleted = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "AROAEXAMPLEDELETED012"}, "Action": "sts:AssumeRole"}
    ]})
    .to_string();
    let denied = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]})
    .to_string();
    let full = SAGEMAKER.replace(
        "\"Effect\"",
        &format!("\"Sid\":\"{}\",\"Effect\"", "x".repeat(1950)),
    );
    let odd = SAGEMAKER.replace("\"Effect\"", "\"Effect\":\"Deny\",\"Effect\"");
    let service_linked = role(
        region,
        "S",
        "/aws-service-role/ssm.amazonaws.com/",
        SAGEMAKER,
    );
    let sso = role(
        region,
        "AWSReservedSSO_Data_0123456789abcdef",
        "/aws-reserved/sso.amazonaws.com/",
        SAGEMAKER,
    );
    let mut stuffed = role(region, "S", "/", SAGEMAKER);
    stuffed
        .inline
        .insert("big".into(), SAGEMAKER.replace("sts:", &"s".repeat(10_000)));
    let cases = [
        (
            role(region, "S", "/", &deleted),
            "trust:S",
            "Take out the principal AROAEXAMPLEDELETED012",
        ),
        (
            role(region, "S", "/", &denied),
            "trust:S",
            "Ask whoever wrote it",
        ),
        (
            role(region, "S", "/", &full),
            "trust:S",
            "Role trust policy length",
        ),
        (
            role(region, "S", "/", &odd),
            "trust:S",
            "Mend what is said above",
        ),
        (
            role(region, &long, "/long/", SAGEMAKER),
            "trust:",
            "shorter path or name",
        ),
        (
            service_linked,
            "trust:S",
            "Choose a role that your account made",
        ),
        (sso.clone(), "trust:", "Choose a SageMaker role"),
        (
            stuffed,
            "policy:S/SSHSageMakerServerPolicy",
            "Attach policies",
        ),
    ];
    for (reading, id, words) in cases {
        let name = reading.name.clone();
        let id = if id == "trust:" {
            format!("trust:{name}")
        } else {
            id.to_owned()
        };
        let choices = Choices {
            sagemaker_roles: vec![name],
            user_roles: Vec::new(),
            ..choices(region)
        };
        let page = page(&survey(region, standard(), vec![reading]), &choices, &id);
        assert_eq!(page.status, StepStatus::Blocked, "{id}");
        let way = page.way.join("\n");
        assert!(way.contains(words), "{id}: {way}");
        assert_eq!(page.paste, None, "{id}");
    }
    // The permission set comes with its text.
    let choices = Choices {
        user_roles: vec![sso.name.clone()],
        ..choices(region)
    };
    let id = format!("policy:{}/SSHSageMakerClientPolicy", sso.name);
    let page = page(&survey(region, standard(), vec![sso]), &choices, &id);
    assert!(page.way.join("\n").contains("Permission sets, then Data."));
    assert_eq!(
        page.link.unwrap(),
        "https://console.aws.amazon.com/singlesignon/"
    );
    assert_eq!(page.paste.unwrap().file, "permission-set-Data.json");
}

#[test]
fn a_region_is_enabled_first() {
    let survey = survey("eu-west-1", TierReading::NotAccepted, both("eu-west-1"));
    let page = page(&survey, &choices("eu-west-1"), "tier:eu-west-1");
    assert_eq!(page.status, StepStatus::Blocked);
    assert!(
        page.way
            .join("\n")
            .contains("Under AWS Regions find eu-west-1")
    );
    assert!(page.link.unwrap().contains("billing/home#/account"));
}

#[test]
fn what_is_being_read_asks_for_nothing() {
    let mut survey = survey("eu-west-1", standard(), both("eu-west-1"));
    survey.roles.clear();
    survey.tiers.clear();
    for (id, page) in pages(&survey, &choices("eu-west-1")) {
        assert_eq!(page.status, StepStatus::Reading, "{id}");
        assert!(page.way.is_empty() && page.paste.is_none(), "{id}");
        assert_eq!(page.link, None, "{id}");
    }
}

#[test]
fn what_is_in_place_shows_where_it_stands_and_nothing_to_paste() {
    let (region, choices) = ("eu-west-1", choices("eu-west-1"));
    let mut survey = survey(region, standard(), both(region));
    let plan = Plan::new(&survey, &choices);
    for (item, change) in plan.changes() {
        let text = change.after_text().unwrap().to_owned();
        match &item.target {
            Target::Tier { region } => {
                let tier = TierReading::Known {
                    tier: Tier::Advanced,
                    default: false,
                    pending: false,
                };
                survey.tiers.insert(region.clone(), tier);
            }
            Target::Role { .. } | Target::FullAccess { .. } => panic!("no role is made here"),
            Target::Trust { role } => {
                survey.roles.get_mut(role).unwrap().as_mut().unwrap().trust = text;
            }
            Target::Policy { role, policy } => {
                let reading = survey.roles.get_mut(role).unwrap().as_mut().unwrap();
                reading.inline.insert(policy.to_string(), text);
            }
        }
    }
    for (id, page) in pages(&survey, &choices) {
        assert_eq!(page.status, StepStatus::InPlace, "{id}");
        assert!(page.paste.is_none() && !page.way.is_empty(), "{id}");
        assert!(page.link.is_some(), "{id}");
    }
}
