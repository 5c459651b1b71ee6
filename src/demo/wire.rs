//! How the services write on the wire: forms, percent-encoded documents, XML.

use std::collections::HashMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str};

const XML: &str = "text/xml";
const JSON: &str = "application/x-amz-json-1.1";

/// An answer before it gets onto the wire.
pub(super) struct Response {
    pub status: u16,
    /// The content type.
    pub kind: &'static str,
    pub body: String,
}

/// RFC 3986's unreserved characters stay as they are.
pub(super) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The fields of a form.
pub(super) fn form(body: &str) -> HashMap<String, String> {
    let decode = |text: &str| {
        percent_decode_str(&text.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    body.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect()
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// An answer of IAM's to this call.
pub(super) fn result(action: &str, content: &str) -> Response {
    xml(&format!(
        "<{action}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{action}Result>{content}\
         </{action}Result></{action}Response>"
    ))
}

pub(super) fn xml(body: &str) -> Response {
    response(200, XML, body.to_owned())
}

/// An answer of Systems Manager's.
pub(super) fn json(body: &serde_json::Value) -> Response {
    response(200, JSON, body.to_string())
}

fn response(status: u16, kind: &'static str, body: String) -> Response {
    Response { status, kind, body }
}

/// A refusal, as the service of this code writes it.
pub(super) fn refusal(is_json: bool, code: &str, message: &str) -> Response {
    let status = match code {
        "NoSuchEntity" => 404,
        "EntityAlreadyExists" | "DeleteConflict" => 409,
        _ => 400,
    };
    if is_json {
        let body = serde_json::json!({"__type": code, "message": message});
        response(status, JSON, body.to_string())
    } else {
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{}</Message></Error>\
             <RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>",
            escaped(message)
        );
        response(status, XML, body)
    }
}
