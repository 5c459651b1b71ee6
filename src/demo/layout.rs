//! The layout in which IAM gives trust policies back: without white space, keys in its order, lists in another order at
//! each reading.

use serde_json::{Map, Value};

use super::iam::hash;
use crate::policy::document::strict;

/// The order in which IAM writes the keys of a trust policy; others come after these.
const KEYS: [&str; 10] = [
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Condition",
];

/// A document in IAM's own layout; the order of its lists depends on the turn. In turn 0 they are sorted.
pub(super) fn in_iams_layout(document: &str, turn: u64) -> String {
    match strict(document) {
        Some(value) => laid_out(value, turn).to_string(),
        None => document.to_owned(),
    }
}

fn laid_out(value: Value, turn: u64) -> Value {
    match value {
        Value::Object(object) => {
            let mut members: Vec<(String, Value)> = object.into_iter().collect();
            let place = |key: &str| KEYS.iter().position(|known| *known == key);
            members.sort_by_key(|(key, _)| place(key).unwrap_or(KEYS.len()));
            let members = members.into_iter();
            let members: Map<_, _> = members
                .map(|(key, value)| (key, laid_out(value, turn)))
                .collect();
            members.into()
        }
        Value::Array(mut list) => {
            if !list.iter().any(Value::is_object) {
                list.sort_by_cached_key(|item| {
                    let text = item.to_string();
                    let place = if turn == 0 { 0 } else { hash(&(turn, &text)) };
                    (place, text)
                });
            }
            list.into_iter().map(|item| laid_out(item, turn)).collect()
        }
        scalar => scalar,
    }
}
