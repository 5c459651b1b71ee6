//! Whether two texts are the same document. IAM gives a trust policy back in a layout of its own, with lists in an order
//! that may be another one at every reading, so a document is never recognised by its text alone.

use serde_json::{Map, Value};

use super::document::strict;

/// Returns whether two texts are the same document: equal JSON up to white space, the order of keys, the order of what
/// a list holds (statements, principals, actions, condition values), and one value in place of a list of it. Texts that
/// are not JSON objects, or that repeat a key, are the same only byte for byte.
pub fn is_same_document(one: &str, other: &str) -> bool {
    one == other
        || match (strict(one), strict(other)) {
            (Some(one @ Value::Object(_)), Some(other @ Value::Object(_))) => {
                normal_form(&one) == normal_form(&other)
            }
            _ => false,
        }
}

/// The same for what may be missing: two absences are the same.
pub fn is_same_content(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => is_same_document(one, other),
        (one, other) => one == other,
    }
}

/// Returns whether two statements are the same, in the sense of [`is_same_document`].
pub fn is_same_statement(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    object_form(one) == object_form(other)
}

/// Returns whether one of some statements is the same as this one.
pub fn contains_statement<'a>(
    statements: impl IntoIterator<Item = &'a Map<String, Value>>,
    statement: &Map<String, Value>,
) -> bool {
    statements
        .into_iter()
        .any(|other| is_same_statement(other, statement))
}

/// A text that two values have in common exactly when they are the same.
pub(super) fn normal_form(value: &Value) -> String {
    match value {
        Value::Object(object) => object_form(object),
        Value::Array(list) => {
            let mut items: Vec<String> = list.iter().map(normal_form).collect();
            if let [one] = &items[..] {
                return one.clone();
            }
            items.sort_unstable();
            format!("[{}]", items.join(","))
        }
        scalar => scalar.to_string(),
    }
}

fn object_form(object: &Map<String, Value>) -> String {
    let mut members: Vec<String> = object
        .iter()
        .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), normal_form(value)))
        .collect();
    members.sort_unstable();
    format!("{{{}}}", members.join(","))
}

/// The value in the layout of another one, as far as they have the same parts: keys and list entries in its order, one
/// value or a list as it writes them. Used to show what differs and nothing else.
pub(super) fn laid_out_like(value: &Value, model: &Value) -> Value {
    match (value, model) {
        (Value::Object(object), Value::Object(model)) => {
            let mut laid_out = Map::new();
            for (key, like) in model {
                if let Some(value) = object.get(key) {
                    laid_out.insert(key.clone(), laid_out_like(value, like));
                }
            }
            for (key, value) in object {
                if !laid_out.contains_key(key) {
                    laid_out.insert(key.clone(), value.clone());
                }
            }
            Value::Object(laid_out)
        }
        (Value::Array(list), Value::Array(model)) => list_laid_out_like(list, model),
        (Value::Array(list), model) => match &list[..] {
            [one] => laid_out_like(one, model),
            _ => value.clone(),
        },
        (one, Value::Array(model)) => list_laid_out_like(std::slice::from_ref(one), model),
        (scalar, _) => scalar.clone(),
    }
}

/// Returns what both lists hold stands where the model has it; what only the first one holds takes the places that are
/// left, and then the end.
fn list_laid_out_like(list: &[Value], model: &[Value]) -> Value {
    let mut rest: Vec<(String, &Value)> =
        list.iter().map(|item| (normal_form(item), item)).collect();
    let mut places: Vec<Option<Value>> = model
        .iter()
        .map(|like| {
            let form = normal_form(like);
            let found = rest.iter().position(|(other, _)| *other == form)?;
            Some(laid_out_like(rest.remove(found).1, like))
        })
        .collect();
    let mut rest = rest.into_iter().map(|(_, item)| item);
    for (place, like) in places.iter_mut().zip(model) {
        if place.is_none() {
            *place = rest.next().map(|item| laid_out_like(item, like));
        }
    }
    let places = places.into_iter().flatten();
    Value::Array(places.chain(rest.cloned()).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn iams_own_layout_is_the_same_document() {
        let [written, given_back] = [
            include_str!("../../tests/cases/37-iam-reorders-principals/trust.json"),
            include_str!(
                "../../tests/cases/37-iam-reorders-principals/trust-as-iam-gives-it-back.json"
            ),
        ];
        assert_ne!(written, given_back);
        assert!(is_same_document(written, given_back));
    }

    #[test]
    fn one_value_and_a_list_of_it_are_the_same() {
        assert!(is_same_document(
            r#"{"Statement":{"Action":["a"]}}"#,
            r#"{"Statement":[{"Action":"a"}]}"#
        ));
    }

    #[test]
    fn what_is_written_differently_in_a_value_is_another_document() {
        for (one, other) in [
            (r#"{"a":1}"#, r#"{"a":"1"}"#),
            (r#"{"a":true}"#, r#"{"a":"true"}"#),
            (r#"{"a":"x"}"#, r#"{"A":"x"}"#),
            (r#"{"a":["x","x"]}"#, r#"{"a":["x"]}"#),
            (r#"{"a":["x","y"]}"#, r#"{"a":["x"]}"#),
            (r#"{"a":[]}"#, "{}"),
            (r#"{"a":"[\"x\",\"y\"]"}"#, r#"{"a":["x","y"]}"#),
        ] {
            assert!(!is_same_document(one, other), "{one} {other}");
        }
    }

    #[test]
    fn what_is_no_object_or_repeats_a_key_is_the_same_byte_for_byte_alone() {
        for (one, other) in [
            ("standard", "advanced"),
            ("[1]", "[ 1]"),
            ("{", "{ "),
            (r#"{"a":1,"a":2}"#, r#"{"a":1, "a":2}"#),
        ] {
            assert!(!is_same_document(one, other), "{one}");
            assert!(is_same_document(one, one));
        }
    }

    #[test]
    fn a_layout_is_taken_over_and_what_differs_stays() {
        let model = json!({"Version": 1, "Statement": [
            {"Sid": "a", "Principal": {"AWS": ["1", "2", "3"]}},
            {"Sid": "b", "Action": "x"},
        ]});
        let value = json!({"Statement": [
            {"Action": ["x"], "Sid": "b"},
            {"Principal": {"AWS": ["3", "4", "1"]}, "Sid": "a"},
            {"Sid": "new"},
        ], "Version": 1});
        let expected = json!({"Version": 1, "Statement": [
            {"Sid": "a", "Principal": {"AWS": ["1", "4", "3"]}},
            {"Sid": "b", "Action": "x"},
            {"Sid": "new"},
        ]});
        let laid_out = laid_out_like(&value, &model);
        assert_eq!(laid_out.to_string(), expected.to_string());
    }
}
