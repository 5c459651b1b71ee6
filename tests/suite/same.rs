//! Which texts are the same document: whatever the layout, and nothing else.

use proptest::prelude::*;
use proptest::sample::Index;
use sagemaker_ssh_setup::policy::same::is_same_document;
use serde_json::{Map, Value, json};

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~]{0,8}".prop_map(Value::from),
        prop::sample::select(vec!["sts:AssumeRole", "\",\"", "[]", "é", ""]).prop_map(Value::from),
    ]
}

/// Objects and lists of any kind but lists directly within lists, which policies do not have.
fn any_value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 32, 4, |inner| {
        let object = prop::collection::btree_map("[a-e]{1,2}", inner, 0..4)
            .prop_map(|members| Value::Object(members.into_iter().collect()));
        let item = prop_oneof![scalar(), object.clone()];
        prop_oneof![
            object,
            prop::collection::vec(item, 0..4).prop_map(Value::from),
        ]
    })
}

fn any_document() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[A-E]{1,2}", any_value(), 1..5)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

/// The same in another order, with lists of one as their value where a coin says so.
fn shuffled(value: &Value, coins: &mut impl FnMut(usize) -> usize) -> Value {
    match value {
        Value::Object(object) => {
            let mut members: Vec<(&String, &Value)> = object.iter().collect();
            let mut out = Map::new();
            while !members.is_empty() {
                let (key, value) = members.swap_remove(coins(members.len()));
                out.insert(key.clone(), shuffled(value, coins));
            }
            out.into()
        }
        Value::Array(list) => {
            let mut list: Vec<&Value> = list.iter().collect();
            let mut out = Vec::new();
            while !list.is_empty() {
                out.push(shuffled(list.swap_remove(coins(list.len())), coins));
            }
            if out.len() == 1 && coins(2) == 0 {
                out.remove(0)
            } else {
                out.into()
            }
        }
        scalar if coins(4) == 0 => json!([scalar]),
        scalar => scalar.clone(),
    }
}

/// Every value within another one, as the steps that lead there.
fn paths(value: &Value, here: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let path = format!("{here}/{key}");
                paths(value, &path, found);
                found.push(path);
            }
        }
        Value::Array(list) => {
            for (number, value) in list.iter().enumerate() {
                let path = format!("{here}/{number}");
                paths(value, &path, found);
                found.push(path);
            }
        }
        _ => {}
    }
}

/// A value that no generated document has.
const NEW: &str = "something that was not there";

/// The document with one value changed, added or removed.
fn mutated(document: &Value, place: Index, kind: usize) -> Value {
    let mut found = Vec::new();
    paths(document, "", &mut found);
    let path = place.get(&found);
    let mut mutated = document.clone();
    let (parent, last) = path.rsplit_once('/').unwrap();
    match (kind, mutated.pointer_mut(parent).unwrap()) {
        (0, Value::Object(object)) => drop(object.insert(last.to_owned(), NEW.into())),
        (0, Value::Array(items)) => items[last.parse::<usize>().unwrap()] = NEW.into(),
        (1, Value::Object(object)) => drop(object.insert(NEW.to_owned(), 1.into())),
        (1, Value::Array(items)) => items.push(NEW.into()),
        (_, Value::Object(object)) => drop(object.shift_remove(last)),
        (_, Value::Array(items)) => drop(items.remove(last.parse().unwrap())),
        (_, scalar) => panic!("{scalar} holds nothing"),
    }
    mutated
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn shuffled_lists_and_keys_and_white_space_keep_it_the_same(
        document in any_document(),
        coins in prop::collection::vec(any::<Index>(), 64),
        pretty in any::<bool>(),
    ) {
        let mut next = coins.iter().cycle();
        let mut coin = |sides: usize| next.next().unwrap().index(sides);
        let mut other = shuffled(&document, &mut coin);
        if !other.is_object() {
            other = document.clone();
        }
        let text = if pretty {
            serde_json::to_string_pretty(&other).unwrap()
        } else {
            other.to_string()
        };
        prop_assert!(is_same_document(&document.to_string(), &text), "{document}\n{text}");
        prop_assert!(is_same_document(&text, &document.to_string()));
    }

    #[test]
    fn one_value_changed_added_or_removed_makes_it_another_one(
        document in any_document(),
        place in any::<Index>(),
        kind in 0usize..3,
    ) {
        let other = mutated(&document, place, kind);
        prop_assert!(!is_same_document(&document.to_string(), &other.to_string()), "{document}\n{other}");
    }

    #[test]
    fn any_text_is_the_same_as_itself_and_nothing_panics(one in ".{0,40}", other in ".{0,40}") {
        prop_assert!(is_same_document(&one, &one));
        prop_assert_eq!(is_same_document(&one, &other), is_same_document(&other, &one));
    }
}
