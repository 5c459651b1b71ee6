//! What has to hold of a plan for a role whose documents are anybody's text: nothing breaks, nothing is lost, what is no
//! policy is refused with where and why, and once is enough.

use std::collections::BTreeMap;

use sagemaker_ssh_setup::model::{
    Choices, ConnectFrom, Identity, Partition, Quotas, RoleReading, Survey,
};
use sagemaker_ssh_setup::plan::{Change, Plan, State, Target};
use sagemaker_ssh_setup::policy::Document;
use sagemaker_ssh_setup::policy::template::{CLIENT_POLICY, RolePolicy, SERVER_POLICY};
use serde_json::Value;

const ACCOUNT: &str = "123456789012";
const ROLE: &str = "Anybody";

/// The role's documents: its trust policy, and its two inline policies where there are such.
#[derive(Clone, Debug)]
pub struct Documents {
    pub trust: String,
    pub server: Option<String>,
    pub client: Option<String>,
}

impl Documents {
    fn survey(&self) -> Survey {
        let mut inline = BTreeMap::new();
        for (name, text) in [(SERVER_POLICY, &self.server), (CLIENT_POLICY, &self.client)] {
            inline.extend(text.iter().map(|text| (name.to_owned(), text.clone())));
        }
        let role = RoleReading {
            name: ROLE.into(),
            path: "/".into(),
            arn: format!("arn:aws:iam::{ACCOUNT}:role/{ROLE}"),
            trust: self.trust.clone(),
            boundary: None,
            inline,
            attached: Vec::new(),
            description: String::new(),
            made_by: None,
            last_used: None,
        };
        Survey {
            identity: Identity {
                account: ACCOUNT.into(),
                arn: format!("arn:aws:iam::{ACCOUNT}:user/admin"),
                user_id: "AIDAEXAMPLE".into(),
                partition: Partition::default(),
                alias: None,
                credentials: String::new(),
                home_region: "eu-west-1".into(),
                region_configured: true,
                endpoints: Vec::new(),
            },
            quotas: Quotas::default(),
            roles: [(ROLE.to_owned(), Ok(role))].into(),
            tiers: BTreeMap::new(),
            nodes: BTreeMap::new(),
        }
    }

    /// As they are once a change is made.
    fn change(&mut self, target: &Target, change: &Change) {
        let after = change.after_text().map(str::to_owned);
        match target {
            Target::Trust { .. } => self.trust = after.unwrap(),
            Target::Policy {
                policy: RolePolicy::Server,
                ..
            } => self.server = after,
            Target::Policy { .. } => self.client = after,
            Target::Tier { .. } | Target::Role { .. } | Target::FullAccess { .. } => {}
        }
    }
}

/// Plans for such a role, carries the plan out in mind, and plans again.
pub fn assert_planned_well(documents: &Documents, harden_trust: bool) {
    let choices = Choices {
        connect_from: ConnectFrom::Studio,
        sagemaker_roles: vec![ROLE.into()],
        harden_trust,
        ..Choices::default()
    };
    let mut after = documents.clone();
    for item in &Plan::new(&documents.survey(), &choices).items {
        match &item.state {
            State::Change(change) => {
                assert_keeps(&item.target, change, documents);
                after.change(&item.target, change);
            }
            State::Blocked { reason, remedy, .. } => {
                let said = format!("{reason} {remedy}");
                assert!(reason.ends_with('.') && remedy.ends_with('.'), "{said:?}");
            }
            State::InPlace(_) => {
                let is_trust = matches!(item.target, Target::Trust { .. });
                assert!(!is_trust || Document::parse(documents.trust.as_str()).is_ok());
            }
        }
    }
    let again = Plan::new(&after.survey(), &choices);
    let left: Vec<_> = again.changes().map(|(item, _)| &item.target).collect();
    assert!(left.is_empty(), "once is not enough for {left:?}");
}

/// A trust policy keeps all that it has, in its order, and gets one statement; an inline policy is recorded as it was.
fn assert_keeps(target: &Target, change: &Change, documents: &Documents) {
    let after = Document::parse(change.after_text().unwrap()).unwrap();
    match target {
        Target::Trust { .. } => {
            assert_eq!(change.before_text(), Some(documents.trust.as_str()));
            let before = Document::parse(documents.trust.as_str()).unwrap();
            let (old, new) = (before.statements(), after.statements());
            assert_eq!(old[..], new[..old.len()]);
            assert_eq!(old.len() + 1, new.len());
            let around = |document: &Document| {
                let mut value = document.value().clone();
                value["Statement"] = Value::Null;
                value.to_string()
            };
            assert_eq!(around(&before), around(&after));
        }
        Target::Policy {
            policy: RolePolicy::Server,
            ..
        } => {
            assert_eq!(change.before_text(), documents.server.as_deref());
        }
        Target::Policy { .. } => {
            assert_eq!(change.before_text(), documents.client.as_deref());
        }
        Target::Tier { .. } | Target::Role { .. } | Target::FullAccess { .. } => {}
    }
}
