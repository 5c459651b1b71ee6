//! Texts of AWS without what must not be kept.

/// A text without session tokens, signatures and activation codes: AWS's answer to a wrong signature repeats the request
/// that it is about.
pub(super) fn without_secrets(text: &str) -> String {
    const BEFORE: [&str; 6] = [
        "x-amz-security-token:",
        "x-amz-security-token=",
        "signature=",
        "credential=",
        "activationcode\":\"",
        "activationcode\\\":\\\"",
    ];
    let lower = text.to_ascii_lowercase();
    let mut out = String::new();
    let mut rest = 0;
    while let Some(start) = BEFORE
        .into_iter()
        .filter_map(|before| Some(lower.get(rest..)?.find(before)? + rest + before.len()))
        .min()
    {
        out.push_str(text.get(rest..start).unwrap_or_default());
        out.push('…');
        let value = text.get(start..).unwrap_or_default();
        let ends = |c: char| c.is_whitespace() || ",&\"'<\\;".contains(c);
        let blanks = value.len() - value.trim_start_matches(' ').len();
        let length = value.get(blanks..).unwrap_or_default().find(ends);
        rest = length.map_or(text.len(), |length| start + blanks + length);
    }
    out.push_str(text.get(rest..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_repeats_of_a_request_is_not_kept() {
        let text = "The Canonical String for this request should have been 'POST\n/\nhost:iam.amazonaws.com\n\
                    x-amz-date:20240131T101010Z\nX-Amz-Security-Token:FwoGZX/abc+d==\n\nhost;x-amz-date' \
                    Credential=AKIDEXAMPLE/20240131, Signature=0123abcd";
        let kept = without_secrets(text);
        for secret in ["FwoGZX", "AKIDEXAMPLE", "0123abcd"] {
            assert!(!kept.contains(secret), "{kept}");
        }
        assert!(kept.contains("x-amz-date:20240131T101010Z") && kept.contains("host;x-amz-date"));
        // As the debug form writes it.
        let debug = format!("{text:?}");
        assert!(!without_secrets(&debug).contains("FwoGZX"));
        assert_eq!(without_secrets("nothing to hide"), "nothing to hide");
        let activation = r#"{"ActivationCode":"qwerty","ActivationId":"1"}"#;
        for text in [activation.to_owned(), format!("{activation:?}")] {
            let kept = without_secrets(&text);
            assert!(
                !kept.contains("qwerty") && kept.contains("ActivationId"),
                "{kept}"
            );
        }
    }
}
