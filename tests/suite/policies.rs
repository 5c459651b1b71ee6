//! Extending trust policies, over documents that nobody thought of.

#[path = "../fuzz/any_role.rs"]
mod any_role;

use any_role::{Documents, assert_planned_well};
use proptest::prelude::*;
use sagemaker_ssh_setup::model::Partition;
use sagemaker_ssh_setup::policy::deviation::{deviations, lacking};
use sagemaker_ssh_setup::policy::document::{decoded, size};
use sagemaker_ssh_setup::policy::template::Place;
use sagemaker_ssh_setup::policy::trust::{
    Access, hardened, is_for_systems_manager_alone, is_open, systems_manager_access,
};
use sagemaker_ssh_setup::policy::{Document, meaning};
use serde_json::{Map, Value};

/// Conditions of a statement for Systems Manager, from one that holds for everybody to one that holds for this account alone.
const CONDITIONS: [&str; 6] = [
    "{}",
    r#"{"StringLike":{"aws:SourceAccount":"*"}}"#,
    r#"{"ArnLike":{"AWS:SourceARN":["arn:aws:ssm:*:*:*"]}}"#,
    r#"{"StringEquals":{"aws:sourceaccount":["123456789012","999999999999"]}}"#,
    r#"{"StringEquals":{"aws:SourceAccount":"123456789012"}}"#,
    r#"{"StringEquals":{"aws:SourceOrgID":"o-1"}}"#,
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any_text(), inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Texts with everything that could confuse a splice: quotes, brackets, escapes, the words of the grammar.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,12}",
        Just("Statement".to_owned()),
        Just("\"],[{\\".to_owned()),
        Just("a%2Fb 100%".to_owned()),
        Just("\u{202e}\u{7}".to_owned()),
    ]
}

/// One or several strings.
fn one_or_list(choices: Vec<&'static str>) -> impl Strategy<Value = Value> {
    let one = prop::sample::select(choices);
    prop_oneof![
        one.clone().prop_map(Value::from),
        prop::collection::vec(one.prop_map(Value::from), 0..3).prop_map(Value::from),
    ]
}

fn principal() -> impl Strategy<Value = Value> {
    let services = one_or_list(vec![
        "sagemaker.amazonaws.com",
        "ssm.amazonaws.com",
        "ec2.amazonaws.com",
    ]);
    let people = one_or_list(vec![
        "arn:aws:iam::999999999999:root",
        "*",
        "AROAEXAMPLEDELETED12",
    ]);
    prop_oneof![
        services.prop_map(|services| serde_json::json!({"Service": services})),
        people.prop_map(|people| serde_json::json!({"AWS": people})),
        Just(Value::from("*")),
        any_json(),
    ]
}

fn statement() -> impl Strategy<Value = Value> {
    let actions = one_or_list(vec!["sts:AssumeRole", "sts:TagSession", "sts:*", "*"]);
    (
        prop::sample::select(vec!["Allow", "Deny"]),
        principal(),
        actions,
        prop::option::of(any_json()),
        prop::collection::vec((any_text(), any_json()), 0..3),
    )
        .prop_map(|(effect, principal, action, condition, more)| {
            let mut statement: Map<String, Value> = more.into_iter().collect();
            statement.insert("Effect".into(), effect.into());
            statement.insert("Principal".into(), principal);
            statement.insert("Action".into(), action);
            if let Some(condition) = condition {
                statement.insert("Condition".into(), condition);
            }
            Value::Object(statement)
        })
}

/// A trust policy as text: an object or a list of statements, unknown keys around it, compact or laid out.
fn trust() -> impl Strategy<Value = String> {
    let statements = prop_oneof![
        statement(),
        prop::collection::vec(statement(), 0..4).prop_map(Value::from),
    ];
    let more = || prop::collection::vec((any_text(), any_json()), 0..3);
    (statements, more(), more(), any::<bool>(), any::<bool>()).prop_map(
        |(statements, before, after, old, laid_out)| {
            let mut document: Map<String, Value> = before.into_iter().collect();
            document.insert(
                "Version".into(),
                if old { "2008-10-17" } else { "2012-10-17" }.into(),
            );
            document.insert("Statement".into(), statements);
            for (key, value) in after {
                document.entry(key).or_insert(value);
            }
            let document = Value::Object(document);
            if laid_out {
                serde_json::to_string_pretty(&document).unwrap()
            } else {
                document.to_string()
            }
        },
    )
}

/// A policy, any JSON, or no JSON at all.
fn any_document() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => trust(),
        2 => any_json().prop_map(|value| value.to_string()),
        1 => (trust(), 0usize..400).prop_map(|(text, cut)| text.chars().take(cut).collect()),
        1 => any_text(),
    ]
}

fn statements(document: &Document) -> Vec<Value> {
    document
        .statements()
        .into_iter()
        .cloned()
        .map(Value::Object)
        .collect()
}

fn without_statement(document: &Document) -> Value {
    let mut value = document.value().clone();
    value["Statement"] = Value::Null;
    value
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn extending_keeps_every_statement_and_key_in_its_order(text in trust(), hardened: bool) {
        let partition = Partition::default();
        let place = Place { partition: &partition, account: "123456789012" };
        let before = Document::parse(text.as_str()).unwrap();
        let added = place.trust_statement(hardened).unwrap();
        let after = before.with_statement(&added).unwrap();
        let mut expected = statements(&before);
        expected.push(added);
        prop_assert_eq!(statements(&after), expected);
        prop_assert_eq!(without_statement(&after).to_string(), without_statement(&before).to_string());
        prop_assert!(size(after.text()) > size(before.text()));
    }

    #[test]
    fn extending_is_enough_and_once_is_enough(text in trust(), hardened: bool) {
        let partition = Partition::default();
        let place = Place { partition: &partition, account: "123456789012" };
        let regions = ["eu-west-1".to_owned()];
        let before = Document::parse(text.as_str()).unwrap();
        let access = systems_manager_access(&before, place, &regions);
        if matches!(access, Access::NotAllowed | Access::UnmetCondition) {
            let after = before.with_statement(&place.trust_statement(hardened).unwrap()).unwrap();
            prop_assert_eq!(
                systems_manager_access(&after, place, &regions),
                Access::Allowed { conditional: hardened }
            );
        }
    }

    #[test]
    fn what_is_hardened_lets_systems_manager_in_for_this_account_alone_and_everybody_else_as_before(
        text in trust(),
        conditions in prop::collection::vec(prop::sample::select(CONDITIONS.to_vec()), 0..4),
    ) {
        let partition = Partition::default();
        let place = Place { partition: &partition, account: "123456789012" };
        let regions = ["eu-west-1".to_owned()];
        let mut before = Document::parse(text.as_str()).unwrap();
        for condition in conditions {
            let mut statement = place.trust_statement(false).unwrap();
            statement["Condition"] = serde_json::from_str(condition).unwrap();
            before = before.with_statement(&statement).unwrap();
        }
        let is_open = |document: &Document| {
            document.statements().into_iter().any(|statement| is_open(statement, place, &regions))
        };
        let Some(after) = hardened(&before, place, &regions) else {
            // A statement that is for others too stands in the way.
            prop_assert!(is_open(&before));
            return Ok(());
        };
        prop_assert!(!is_open(&after));
        let access = |document: &Document| systems_manager_access(document, place, &regions);
        let allowed = |access| matches!(access, Access::Allowed { .. });
        prop_assert_eq!(allowed(access(&before)), allowed(access(&after)));
        for (old, new) in statements(&before).iter().zip(statements(&after)) {
            let alone = old.as_object().is_some_and(is_for_systems_manager_alone);
            prop_assert!(alone || *old == new, "{} {}", old, new);
        }
    }

    #[test]
    fn a_plan_for_a_role_with_any_documents_loses_nothing_and_once_is_enough(
        trust in any_document(),
        server in prop::option::of(any_document()),
        client in prop::option::of(any_document()),
        hardened: bool,
    ) {
        assert_planned_well(&Documents { trust, server, client }, hardened);
    }

    #[test]
    fn what_iam_encodes_is_decoded_to_the_same_bytes(text in trust()) {
        let encoded = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string();
        prop_assert_eq!(decoded(&encoded).unwrap(), text.as_str());
        prop_assert_eq!(decoded(&text).unwrap(), text.as_str());
    }

    #[test]
    fn meaning_does_not_depend_on_layout_order_or_split(text in trust(), turn in 0usize..5) {
        let one = Document::parse(text.as_str()).unwrap();
        let mut value = one.value().clone();
        let mut list = statements(&one);
        let places = list.len().max(1);
        list.rotate_left(turn % places);
        for statement in &mut list {
            let object = statement.as_object_mut().unwrap();
            object.insert("Sid".into(), turn.into());
            if let Some(Value::Array(actions)) = object.get_mut("Action") {
                actions.reverse();
            }
            *object = std::mem::take(object).into_iter().rev().collect();
        }
        value["Statement"] = list.into();
        let other = Document::parse(value.to_string()).unwrap();
        prop_assert!(meaning::same(&one, &other));
    }

    #[test]
    fn two_documents_deviate_in_nothing_exactly_when_they_mean_the_same(one in trust(), other in trust(), take in any::<bool>()) {
        let wanted = Document::parse(one.as_str()).unwrap();
        // Something of its own, or some of the same.
        let found = if take {
            Document::parse(other.as_str()).unwrap()
        } else {
            let mut value = wanted.value().clone();
            value["Statement"] = statements(&wanted).into_iter().skip(1).collect();
            Document::parse(value.to_string()).unwrap()
        };
        let deviations = deviations(&found, &wanted, &wanted);
        prop_assert_eq!(deviations.is_empty(), meaning::same(&found, &wanted), "{:?}", deviations);
        for deviation in deviations {
            prop_assert!(!deviation.sentence().is_empty());
        }
    }

    #[test]
    fn nothing_is_lacking_after_extending_and_everything_is_in_an_empty_document(text in trust()) {
        let before = Document::parse(text.as_str()).unwrap();
        let there: Vec<_> = before.statements().into_iter().cloned().collect();
        let after = before.with_statement(&serde_json::json!({"Effect": "Allow"})).unwrap();
        prop_assert!(lacking(&after, &there).is_empty());
        let empty = Document::parse(r#"{"Statement":[]}"#).unwrap();
        prop_assert_eq!(lacking(&empty, &there).len(), there.len());
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in trust(), cut in 0usize..400, junk in any_text()) {
        // Real policies, damaged somewhere.
        let cut = text.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(text.len());
        for damaged in [format!("{}{junk}", &text[..cut]), format!("{}{junk}{}", &text[..cut], &text[cut..])] {
            let Ok(text) = decoded(&damaged) else { continue };
            if let Ok(document) = Document::parse(text.as_ref()) {
                let after = document.with_statement(&serde_json::json!({})).unwrap();
                prop_assert_eq!(statements(&after).len(), statements(&document).len() + 1);
            }
        }
    }
}
