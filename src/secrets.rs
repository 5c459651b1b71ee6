//! Texts of AWS without what must not be kept.

use std::sync::LazyLock;

use regex_lite::{Captures, Error, Regex};

/// What may stand between a name and its secret: the signs of JSON, XML, headers and queries, and what quotes or encodes them.
const BETWEEN: &str = r#"((?:[ \t]*(?:\\u00(?:22|3a|3d)|&(?:quot|gt|#34|#39|#x22);|%(?:20|22|3a|3d)|\\?["'], ?\\?["']|[\\"':=>\[]))+[ \t]*)"#;

/// Names that stand before a secret.
const NAMES: &str = "(x-amz-security-token|x-amz-signature|signature|credential|activationcode|session[_ ]?token\
                     |secret_?access_?key|secret_?key|access_?key_?id)";

/// The patterns of a header with its whole value, and of a name with its secret.
static PATTERNS: LazyLock<Result<(Regex, Regex), Error>> = LazyLock::new(|| {
    let header = Regex::new(&format!(r#"(?i)(authorization){BETWEEN}([^\r\n"'<&\\]+)"#))?;
    let named = Regex::new(&format!(r#"(?i){NAMES}{BETWEEN}([^\s,&"'<\\;)}}\]]+)"#))?;
    Ok((header, named))
});

/// A text without session tokens, keys, signatures and activation codes: AWS's answer to a wrong signature repeats the request
/// that it is about, and other answers may do so in forms of their own.
pub(crate) fn without_secrets(text: &str) -> String {
    let Ok((header, named)) = &*PATTERNS else {
        return "…".to_owned();
    };
    let text = header.replace_all(text, |found: &Captures| match &found[3] {
        // What follows the scheme has names of its own.
        value if value.to_ascii_lowercase().starts_with("aws4-") => found[0].to_owned(),
        _ => format!("{}{}…", &found[1], &found[2]),
    });
    named.replace_all(&text, "$1$2…").into_owned()
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
        for plain in [
            "nothing to hide",
            "Signature expired: 20240131T101010Z is now earlier than 20240131T102000Z",
            "SignedHeaders=host;x-amz-date;x-amz-security-token, more",
            "The security token included in the request is invalid",
        ] {
            assert_eq!(without_secrets(plain), plain);
        }
        let activation = r#"{"ActivationCode":"qwerty","ActivationId":"1"}"#;
        for text in [activation.to_owned(), format!("{activation:?}")] {
            let kept = without_secrets(&text);
            assert!(
                !kept.contains("qwerty") && kept.contains("ActivationId"),
                "{kept}"
            );
        }
    }

    #[test]
    fn a_secret_is_cut_in_every_form_in_which_it_is_repeated() {
        for text in [
            r#"{"x-amz-security-token":"HUNTER+/=","a":1}"#,
            r#"{"X-Amz-Security-Token": ["HUNTER"]}"#,
            r#"x-amz-security-token="HUNTER" x-amz-date="1""#,
            r#"{\"x-amz-security-token\":\"HUNTER\"}"#,
            r#"[["X-Amz-Security-Token","HUNTER"],["host","iam"]]"#,
            r#"[["X-Amz-Security-Token", "HUNTER"]]"#,
            "X-Amz-Security-Token: HUNTER\r\nHost: iam",
            "x-amz-security-token%3AHUNTER%2Fmore%0Ahost",
            "X-Amz-Security-Token%3DHUNTER&X-Amz-Date=1",
            "&quot;x-amz-security-token&quot;:&quot;HUNTER&quot;",
            "<SessionToken>HUNTER</SessionToken>",
            "<SecretAccessKey> HUNTER </SecretAccessKey>",
            "aws_session_token = HUNTER",
            "Authorization: Bearer HUNTER",
            r#"{"authorization":"HUNTER more HUNTER"}"#,
            "Authorization: AWS4-HMAC-SHA256 Credential=HUNTER/20240131, SignedHeaders=host, Signature=HUNTER",
            "x-amz-signature=HUNTER&",
        ] {
            for text in [text.to_owned(), text.to_uppercase(), format!("{text:?}")] {
                let kept = without_secrets(&text);
                assert!(!kept.contains("HUNTER"), "{text} -> {kept}");
                assert!(kept.contains('…'), "{kept}");
            }
        }
    }
}
