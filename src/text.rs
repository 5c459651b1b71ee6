//! Small things about text: numbers with their nouns, and text of unknown origin made safe for a terminal.

use std::time::Duration;

/// How good the news of a sentence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// As it should be.
    Good,
    /// Neither good nor bad.
    Info,
    /// To be read, and keeps nobody from going on.
    Warning,
    /// Not as it should be.
    Error,
    /// Not known.
    Unknown,
}

/// A text on one line: control characters and those that change the direction of writing are shown as `?`.
pub fn clean(text: &str) -> String {
    let shown = |c| if is_unsafe(c) { '?' } else { c };
    text.chars().map(shown).collect()
}

/// Returns whether a terminal may do something else with it than show it.
fn is_unsafe(c: char) -> bool {
    let directs = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    c.is_control() || directs
}

/// The text, line by line safe to be shown.
pub fn clean_lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(clean).collect();
    lines.join("\n")
}

/// JSON that says the same and is safe for a terminal: what `clean` does not show is written as an escape. Line breaks and
/// tabs, which stand between its parts only, stay; carriage returns, which do as well, go.
pub fn clean_json(json: String) -> String {
    let is_escaped = |c: char| c != '\n' && c != '\t' && is_unsafe(c);
    if !json.contains(is_escaped) {
        return json;
    }
    let shown = |c| {
        if is_escaped(c) {
            // All of them are in the first plane.
            format!("\\u{:04x}", u32::from(c))
        } else {
            c.to_string()
        }
    };
    json.chars().filter(|c| *c != '\r').map(shown).collect()
}

/// A text as one word of a POSIX shell, in quotes where it needs them.
pub fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-+=,.@/:".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        shell_quoted(text)
    }
}

/// An option of a command line with its value: two words, or one where the value would be taken for an option.
pub fn option(name: &str, value: &str) -> Vec<String> {
    if value.starts_with('-') {
        vec![format!("{name}={value}")]
    } else {
        vec![name.to_owned(), value.to_owned()]
    }
}

/// A text of any characters as one word of a POSIX shell. What a terminal or an editor would not show, or show in another
/// order, is written as octal numbers.
pub fn shell_quoted(text: &str) -> String {
    let mut word = "'".to_owned();
    for c in text.chars() {
        if c == '\'' {
            word.push_str(r"'\''");
        } else if c != '\n' && c != '\t' && is_unsafe(c) {
            let octal = |byte: &u8| format!("\\{byte:03o}");
            let bytes: String = c.to_string().as_bytes().iter().map(octal).collect();
            word.push_str("'\"$(printf '");
            word.push_str(&bytes);
            word.push_str("')\"'");
        } else {
            word.push(c);
        }
    }
    word + "'"
}

/// How alike a name has to be to what was typed, from 0 to 1.
const ALIKE: f64 = 0.7;

/// Returns the name that was most likely meant by what was typed; none where no name is like it.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let alike = |name: &str| strsim::jaro_winkler(&typed, &name.to_lowercase());
    let rated = names.into_iter().map(|name| (alike(name), name));
    let best = rated.max_by(|(one, _), (other, _)| one.total_cmp(other));
    // Half of the letters may be the same by chance.
    let (_, name) = best.filter(|(alike, _)| *alike >= ALIKE)?;
    let least = typed.chars().count().max(name.chars().count()).div_ceil(2);
    (strsim::damerau_levenshtein(&typed, &name.to_lowercase()) <= least).then_some(name)
}

/// A question behind a name that is none: ` Did you mean X?`, or nothing.
pub fn did_you_mean<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    nearest(typed, names).map_or_else(String::new, |name| format!(" Did you mean {name}?"))
}

/// A time (RFC 3339) as people read it where this computer stands: `2026-01-31 10:10`. What is no time stays as it is.
pub fn local_time(time: &str) -> String {
    let Ok(time_stamp) = time.parse::<jiff::Timestamp>() else {
        return time.to_owned();
    };
    let there = time_stamp.to_zoned(jiff::tz::TimeZone::system());
    there.strftime("%Y-%m-%d %H:%M").to_string()
}

/// `0.4 s`.
pub fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// `1 change`, `3 changes`, `2 inline policies`.
pub fn counted(count: usize, noun: &str) -> String {
    match (count, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {noun}s"),
    }
}

/// The nearest ASCII sign, or a word for it.
pub fn ascii_sign(symbol: &str) -> &'static str {
    match symbol {
        "✗" => "x",
        "·" | "─" | "━" | "╌" => "-",
        "│" | "┃" | "▏" => "|",
        "╭" | "╮" | "╰" | "╯" | "├" | "┤" | "┬" | "┴" | "┼" => "+",
        "→" | "▶" | "▸" | "›" => ">",
        "←" | "◀" | "‹" => "<",
        "↑" => "Up",
        "↓" => "Down",
        "✓" => "ok",
        "…" => "...",
        "●" | "•" => "*",
        "○" => "o",
        "█" => "#",
        _ => "?",
    }
}

/// The same in one letter, where there is no room for a word.
pub fn ascii_letter(symbol: &str) -> &'static str {
    match symbol {
        "↑" => "^",
        "✓" | "↓" => "v",
        "…" => ".",
        other => ascii_sign(other),
    }
}

/// A line in ASCII, for a terminal that can show no more.
pub fn ascii(line: &str) -> String {
    let mut bytes = [0; 4];
    line.chars()
        .map(|c| match c {
            c if c.is_ascii() => c.to_string(),
            c => ascii_sign(c.encode_utf8(&mut bytes)).to_owned(),
        })
        .collect()
}

/// Returns whether the locale's characters are UTF-8.
pub fn locale_is_utf8() -> bool {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    let locale = locale.unwrap_or_default().to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_a_cursor_is_left() {
        assert_eq!(clean("a\u{1b}[31mb\nc\u{202e}d"), "a?[31mb?c?d");
        let value = serde_json::json!({"a\u{9b}": ["\u{1b}\u{7f}\u{85}", "\u{202e}é\u{feff}\n"]});
        let json = clean_json(serde_json::to_string_pretty(&value).unwrap());
        assert!(!json.chars().any(|c| c != '\n' && is_unsafe(c)), "{json:?}");
        assert!(json.contains('é'), "{json}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&json).unwrap(),
            value
        );
    }

    #[test]
    fn a_word_of_the_shell_holds_anything() {
        assert_eq!(
            shell_word("arn:aws:iam::1:role/a-b_c+d=e,f.g@h"),
            "arn:aws:iam::1:role/a-b_c+d=e,f.g@h"
        );
        assert_eq!(shell_word("a b"), "'a b'");
        assert_eq!(shell_word(""), "''");
        assert_eq!(
            shell_quoted("a\u{9b}\r\nb\u{202e}"),
            "'a'\"$(printf '\\302\\233')\"''\"$(printf '\\015')\"'\nb'\"$(printf '\\342\\200\\256')\"''"
        );
        assert_eq!(clean_json("{\r\n\"a\":\r1}".to_owned()), "{\n\"a\":1}");
        assert_eq!(shell_quoted(r"it's $(x) `y` \"), r"'it'\''s $(x) `y` \'");
    }

    #[test]
    fn a_name_is_offered_only_where_it_is_like_what_was_typed() {
        let names = ["ChurnTraining", "DataScientist", "Admin", "eu-west-1"];
        for (typed, near) in [
            ("ChrunTraining", Some("ChurnTraining")),
            ("churntraining", Some("ChurnTraining")),
            ("DataScience", Some("DataScientist")),
            ("eu-wst-1", Some("eu-west-1")),
            ("Zulu", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, names), near, "{typed}");
        }
    }

    #[test]
    fn numbers_and_nouns_agree() {
        assert_eq!(counted(1, "change"), "1 change");
        assert_eq!(counted(0, "region"), "0 regions");
        assert_eq!(counted(2, "inline policy"), "2 inline policies");
    }
}
