//! What is taken from AWS's answers for the screen and the log: its own words, made fit to be shown, and the request's ID.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

/// The principal that AWS does not accept, where that is what its message is about: `Invalid principal in policy:
/// "AWS":"arn:…"`.
pub(super) fn refused_principal(message: &str) -> Option<String> {
    if !message.to_lowercase().contains("principal") {
        return None;
    }
    let quoted = message.split('"').skip(1).step_by(2);
    let named =
        quoted.filter(|text| !["AWS", "Service", "Federated", "CanonicalUser"].contains(text));
    let named = named.last().map(clean).filter(|text| !text.is_empty());
    Some(
        named.map_or("A principal that the policy names".to_owned(), |name| {
            format!("The principal {name}")
        }),
    )
}

/// A message of unknown origin on one line, without control characters, not longer than is useful.
pub(super) fn clean(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let words: Vec<_> = line.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// The ID by which AWS finds the request.
pub(super) fn request_id<E>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    let response = error.raw_response()?;
    ["x-amzn-requestid", "x-amz-request-id"]
        .into_iter()
        .find_map(|name| response.headers().get(name))
        .map(str::to_owned)
}
