//! How the services write on the wire: forms, percent-encoded documents, XML.

use std::collections::HashMap;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use percent_encoding::{
    AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode,
};

/// RFC 3986's unreserved characters stay as they are.
pub(super) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
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

/// Percent-encodes the text of every element of this name.
pub(super) fn encode_element(body: &str, tag: &str) -> String {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let mut parts = body.split(&open);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (text, rest) = part.split_once(&close).unwrap_or((part, ""));
        let plain = unescaped(text);
        for piece in [
            &open,
            &utf8_percent_encode(&plain, ENCODED).to_string(),
            &close,
            rest,
        ] {
            out.push_str(piece);
        }
    }
    out
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

pub(super) fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

pub(super) fn xml(body: &str) -> HttpResponse {
    response(http::StatusCode::OK.into(), "text/xml", body.to_owned())
}

pub(super) fn response(status: StatusCode, kind: &'static str, body: String) -> HttpResponse {
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response.headers_mut().insert("content-type", kind);
    response
}

/// The request with each character of its form as one byte, which is how winterbaume reads it: IAM's documents hold
/// characters up to U+00FF. None when there is one that IAM does not take.
pub(super) fn a_byte_a_character(mut request: HttpRequest) -> Option<HttpRequest> {
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    let fields: Option<Vec<String>> = form(&body)
        .into_iter()
        .map(|(key, value)| {
            let bytes: Result<Vec<u8>, _> = value.chars().map(u8::try_from).collect();
            let value = percent_encode(&bytes.ok()?, ENCODED).to_string();
            Some(format!("{key}={value}"))
        })
        .collect();
    let body = fields?.join("&");
    request
        .headers_mut()
        .insert("content-length", body.len().to_string());
    *request.body_mut() = SdkBody::from(body);
    Some(request)
}
