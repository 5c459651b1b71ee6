//! How long the parts take that run while somebody is waiting: planning, comparing, extending, filtering.
//! `cargo bench`

use std::collections::BTreeMap;

use divan::{Bencher, black_box};
use sagemaker_ssh_setup::model::{
    Choices, ConnectFrom, Identity, Partition, Quotas, RoleReading, Survey, Tier, TierReading,
};
use sagemaker_ssh_setup::plan::Plan;
use sagemaker_ssh_setup::policy::template::Place;
use sagemaker_ssh_setup::policy::{Document, meaning};

const ACCOUNT: &str = "123456789012";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn main() {
    divan::main();
}

fn names(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("Team-{number:05}-ExecutionRole"))
        .collect()
}

/// A survey of fresh roles and all regions, and the choice of all of them.
fn account(roles: usize) -> (Survey, Choices) {
    let names = names(roles);
    let readings = names.iter().map(|name| {
        let reading = RoleReading {
            name: name.clone(),
            path: "/".into(),
            arn: format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
            trust: TRUST.into(),
            boundary: None,
            inline: BTreeMap::new(),
            attached: Vec::new(),
            last_used: None,
            description: String::new(),
            made_by: None,
        };
        (name.clone(), Ok(reading))
    });
    let survey = Survey {
        identity: Identity {
            account: ACCOUNT.into(),
            arn: format!("arn:aws:iam::{ACCOUNT}:user/admin"),
            user_id: "AIDAEXAMPLE".into(),
            partition: Partition::default(),
            alias: None,
            credentials: "environment".into(),
            home_region: "eu-west-1".into(),
            region_configured: true,
            endpoints: Vec::new(),
        },
        quotas: Quotas::default(),
        roles: readings.collect(),
        tiers: BTreeMap::from([(
            "eu-west-1".to_owned(),
            TierReading::Known {
                tier: Tier::Standard,
                default: true,
                pending: false,
            },
        )]),
        nodes: BTreeMap::new(),
    };
    let choices = Choices {
        connect_from: ConnectFrom::Both,
        sagemaker_roles: names,
        regions: vec!["eu-west-1".into()],
        ..Choices::default()
    };
    (survey, choices)
}

#[divan::bench(args = [1, 10, 100])]
fn plan_for_roles(bencher: Bencher, roles: usize) {
    let (survey, choices) = account(roles);
    bencher.bench(|| Plan::new(black_box(&survey), black_box(&choices)));
}

#[divan::bench]
fn extend_a_trust_policy(bencher: Bencher) {
    let partition = Partition::default();
    let place = Place {
        partition: &partition,
        account: ACCOUNT,
    };
    bencher.bench(|| {
        let document = Document::parse(black_box(TRUST))?;
        document.with_statement(&place.trust_statement(true)?)
    });
}

#[divan::bench]
fn compare_two_client_policies(bencher: Bencher) {
    let partition = Partition::default();
    let place = Place {
        partition: &partition,
        account: ACCOUNT,
    };
    let policies = (place.client_policy(false), place.client_policy(true));
    bencher.bench(|| match black_box(&policies) {
        (Ok(one), Ok(other)) => meaning::same(one, other),
        _ => false,
    });
}
