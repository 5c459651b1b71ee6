//! A policy document: its exact text, and the JSON that the text holds.
//! The text is kept byte for byte, because it is what goes back into the account.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A JSON object with its original text.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    text: String,
    value: Value,
}

/// Why a text is not a document that can safely be read or extended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    #[error("the document is not text: {0}")]
    NotText(String),
    #[error("the document is not JSON: {0}")]
    NotJson(String),
    #[error("the document is not a JSON object")]
    NotAnObject,
    #[error("the document says \"{0}\" twice in one place, so what it means is not certain")]
    RepeatedKey(String),
    #[error("the document has no \"Statement\"")]
    NoStatement,
    #[error("\"Statement\" is neither an object nor a list of objects")]
    OddStatement,
}

impl Document {
    /// Reads a plain JSON document.
    ///
    /// # Errors
    /// When the text is no JSON object, repeats a key, or has no usable `Statement`.
    pub fn parse(text: impl Into<String>) -> Result<Self, DocumentError> {
        let text = text.into();
        let Strict(value) = serde_json::from_str(&text).map_err(|error| {
            let message = error.to_string();
            match message.strip_prefix(REPEATED) {
                Some(rest) => DocumentError::RepeatedKey(
                    rest.rsplit_once(" at line")
                        .map_or(rest, |(key, _)| key)
                        .to_owned(),
                ),
                None => DocumentError::NotJson(message),
            }
        })?;
        let object = value.as_object().ok_or(DocumentError::NotAnObject)?;
        match object.get("Statement").ok_or(DocumentError::NoStatement)? {
            Value::Object(_) => {}
            Value::Array(list) if list.iter().all(Value::is_object) => {}
            _ => return Err(DocumentError::OddStatement),
        }
        Ok(Self { text, value })
    }

    /// The exact text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole document as JSON.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The statements, whether the document writes one object or a list.
    pub fn statements(&self) -> Vec<&Map<String, Value>> {
        match self.value.get("Statement") {
            Some(Value::Object(one)) => vec![one],
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_object).collect(),
            _ => Vec::new(),
        }
    }

    /// The document with one statement more, everything else of the text unchanged.
    ///
    /// # Errors
    /// When the place of `Statement` cannot be found in the text.
    pub fn with_statement(&self, statement: &Value) -> Result<Self, DocumentError> {
        let (start, end) = statement_span(&self.text).ok_or(DocumentError::NoStatement)?;
        let (Some(head), Some(old), Some(tail)) = (
            self.text.get(..start),
            self.text.get(start..end),
            self.text.get(end..),
        ) else {
            return Err(DocumentError::NoStatement);
        };
        let new = match old.strip_suffix(']') {
            // An empty list takes no comma.
            Some(open) if open.trim_end().ends_with('[') => {
                format!("{}{statement}]", open.trim_end())
            }
            Some(open) => format!("{},{statement}]", open.trim_end()),
            None => format!("[{old},{statement}]"),
        };
        Self::parse(format!("{head}{new}{tail}"))
    }
}

/// The text that IAM sent, decoded. IAM percent-encodes documents (RFC 3986); a document that is already plain is
/// left as it is, so that a `%` inside it survives.
///
/// # Errors
/// When the decoded bytes are no text: a guess would go back into the account.
pub fn decoded(wire: &str) -> Result<Cow<'_, str>, DocumentError> {
    if wire.trim_start().starts_with('{') {
        Ok(Cow::Borrowed(wire))
    } else {
        percent_decode_str(wire)
            .decode_utf8()
            .map_err(|error| DocumentError::NotText(error.to_string()))
    }
}

/// The size that counts against IAM's quotas: characters, without white space between the JSON's parts
/// ("IAM doesn't count white space", IAM User Guide, quotas). White space inside strings is counted here, which can
/// only make the result too large.
pub fn size(text: &str) -> usize {
    let (mut inside, mut escaped, mut count) = (false, false, 0);
    for c in text.chars() {
        if inside || !c.is_ascii_whitespace() {
            count += 1;
        }
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            _ => {}
        }
    }
    count
}

/// The document laid out for reading: two blanks of indentation, keys in their order.
pub fn pretty(text: &str) -> String {
    serde_json::from_str::<Value>(text)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok())
        .unwrap_or_else(|| text.to_owned())
}

/// Returns where the value of the top-level `Statement` stands in the text, in bytes.
fn statement_span(text: &str) -> Option<(usize, usize)> {
    #[derive(serde::Deserialize)]
    struct Top<'a> {
        #[serde(borrow, rename = "Statement")]
        statement: &'a serde_json::value::RawValue,
    }
    let top: Top = serde_json::from_str(text).ok()?;
    let raw = top.statement.get();
    // The raw value borrows from the text, so their distance is its position.
    let start = (raw.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    Some((start, start + raw.len()))
}

/// The JSON of a text in which no object repeats a key; none where it is something else.
pub(crate) fn strict(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().map(|Strict(value)| value)
}

const REPEATED: &str = "repeated key ";

/// A JSON value in which no object repeats a key.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_f64<E>(self, v: f64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(value)) = seq.next_element()? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((key, Strict(value))) = map.next_entry::<String, Strict>()? {
            if object.contains_key(&key) {
                return Err(serde::de::Error::custom(format!("{REPEATED}{key}")));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn extended(text: &str) -> String {
        let document = Document::parse(text).unwrap();
        document
            .with_statement(&json!({"Effect": "Allow"}))
            .unwrap()
            .text()
            .to_owned()
    }

    #[test]
    fn one_statement_is_added_and_every_other_byte_stays() {
        for (before, after) in [
            (
                r#"{"Statement":[{"Sid":"a"}]}"#,
                r#"{"Statement":[{"Sid":"a"},{"Effect":"Allow"}]}"#,
            ),
            (
                r#"{"Statement":{"Sid":"a"}}"#,
                r#"{"Statement":[{"Sid":"a"},{"Effect":"Allow"}]}"#,
            ),
            (
                r#"{"Statement":[ ]}"#,
                r#"{"Statement":[{"Effect":"Allow"}]}"#,
            ),
            (
                "{ \"Id\": 1.50e3,\n \"Statement\" : [ {\"Sid\":\"]\"}\n ],\t\"X\":[1, 2] }",
                "{ \"Id\": 1.50e3,\n \"Statement\" : [ {\"Sid\":\"]\"},{\"Effect\":\"Allow\"}],\t\"X\":[1, 2] }",
            ),
        ] {
            assert_eq!(extended(before), after);
        }
    }

    #[test]
    fn what_is_no_policy_is_refused_with_the_reason() {
        let error = |text: &str| Document::parse(text).unwrap_err();
        assert!(matches!(error("<html>"), DocumentError::NotJson(_)));
        assert_eq!(error("[]"), DocumentError::NotAnObject);
        assert_eq!(error("{}"), DocumentError::NoStatement);
        assert_eq!(error(r#"{"Statement":"x"}"#), DocumentError::OddStatement);
        assert_eq!(error(r#"{"Statement":[1]}"#), DocumentError::OddStatement);
        assert_eq!(
            error(r#"{"Statement":[{"Condition":{"a":1,"a":2}}]}"#),
            DocumentError::RepeatedKey("a".into())
        );
        assert_eq!(
            error(r#"{"Statement":[],"Statement":[]}"#),
            DocumentError::RepeatedKey("Statement".into())
        );
    }

    #[test]
    fn encoded_documents_are_decoded_once_and_plain_ones_left_alone() {
        let plain = r#"{"Statement":[],"Id":"a%2Fb 100% +"}"#;
        assert_eq!(decoded(plain).unwrap(), plain);
        let encoded =
            percent_encoding::utf8_percent_encode(plain, percent_encoding::NON_ALPHANUMERIC)
                .to_string();
        assert_eq!(decoded(&encoded).unwrap(), plain);
        assert!(matches!(decoded("%7B%ff"), Err(DocumentError::NotText(_))));
    }

    #[test]
    fn white_space_between_parts_does_not_count() {
        assert_eq!(
            size("{ \"a b\" :\n\t[ 1 , \"\\\" \" ] }"),
            size("{\"a b\":[1,\"\\\" \"]}")
        );
        assert_eq!(size("{\"a b\":1}"), 9);
    }
}
