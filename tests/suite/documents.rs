//! Documents compared by content, without the program's own help.

use serde_json::Value;

/// A document with every list in one order and single values in place of lists of one.
pub fn content(text: &str) -> Value {
    fn ordered(value: Value) -> Value {
        match value {
            Value::Object(object) => {
                let mut members: Vec<_> = object.into_iter().collect();
                members.sort_by(|one, other| one.0.cmp(&other.0));
                let members = members.into_iter();
                Value::Object(members.map(|(key, value)| (key, ordered(value))).collect())
            }
            Value::Array(list) => {
                let mut list: Vec<Value> = list.into_iter().map(ordered).collect();
                list.sort_by_key(ToString::to_string);
                if list.len() == 1 {
                    list.remove(0)
                } else {
                    list.into()
                }
            }
            scalar => scalar,
        }
    }
    ordered(serde_json::from_str(text).unwrap())
}

/// A document as somebody else changes it: with an ID.
pub fn with_id(text: &str) -> String {
    let mut value: Value = serde_json::from_str(text).unwrap();
    value["Id"] = "theirs".into();
    value.to_string()
}
