//! How the services write on the wire: forms, percent-encoded documents, XML.

use std::collections::HashMap;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str};

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
pub(super) fn result(action: &str, content: &str) -> HttpResponse {
    xml(&format!(
        "<{action}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{action}Result>{content}\
         </{action}Result></{action}Response>"
    ))
}

pub(super) fn xml(body: &str) -> HttpResponse {
    response(http::StatusCode::OK.into(), "text/xml", body.to_owned())
}

/// An answer of Systems Manager's.
pub(super) fn json(body: &serde_json::Value) -> HttpResponse {
    let kind = "application/x-amz-json-1.1";
    response(http::StatusCode::OK.into(), kind, body.to_string())
}

pub(super) fn response(status: StatusCode, kind: &'static str, body: String) -> HttpResponse {
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response.headers_mut().insert("content-type", kind);
    response
}
