//! The `*` and `?` of IAM patterns.

/// Returns whether `pattern` matches all of `text`: `*` is any run of characters, `?` any one.
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    // Backtracks only to the last star, so the time is bounded by pattern times text.
    let (mut p, mut t, mut star) = (0, 0, None);
    while let Some(&c) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&q) if q == '?' || q == c => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((star_p, star_t)) => {
                    p = star_p + 1;
                    t = star_t + 1;
                    star = Some((star_p, t));
                }
                None => return false,
            },
        }
    }
    pattern
        .get(p..)
        .is_some_and(|rest| rest.iter().all(|c| *c == '*'))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks_match_as_iam_means_them() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("sts:*", "sts:assumerole", true),
            ("sts:assume*role", "sts:assumerole", true),
            ("sts:assumerol?", "sts:assumerole", true),
            ("sts:assumerole?", "sts:assumerole", false),
            (
                "arn:aws:ssm:*:1:*",
                "arn:aws:ssm:eu-west-1:1:managed-instance/mi-1",
                true,
            ),
            (
                "arn:aws:ssm:*:2:*",
                "arn:aws:ssm:eu-west-1:1:managed-instance/mi-1",
                false,
            ),
            ("*a*b*c", "xaxbxbxc", true),
            ("*a*b*c", "xaxbxbx", false),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }
}
