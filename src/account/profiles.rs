//! The AWS config and credentials files, read as the AWS CLI reads them: section names are split as a shell splits words,
//! so that names with blanks and quotation marks are names like any other. A file that cannot be read stops everything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The keys of a profile or session, in lower case.
pub(super) type Section = BTreeMap<String, String>;

const KEYS: [&str; 3] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
];

/// What both files say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Profiles {
    by_name: BTreeMap<String, Section>,
    sso_sessions: BTreeMap<String, Section>,
    services: BTreeMap<String, Section>,
    /// The profiles that have their keys from the credentials file.
    keyed: BTreeSet<String>,
}

/// Why the files cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ProfilesError {
    #[error("The file {path} cannot be read: {why}.")]
    Unreadable { path: String, why: String },
    #[error("The file {path} cannot be understood: line {line} {what}.")]
    Unparsable {
        path: String,
        line: usize,
        what: String,
    },
}

/// Which of the two files it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Config,
    Credentials,
}

impl Profiles {
    /// Reads the files that the environment names, or those in the home directory. One that does not exist is empty.
    ///
    /// # Errors
    /// When a file is there and cannot be read or understood.
    pub(super) fn of_environment(
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ProfilesError> {
        let mut profiles = Self::default();
        for (variable, name, kind) in [
            ("AWS_CONFIG_FILE", "config", Kind::Config),
            (
                "AWS_SHARED_CREDENTIALS_FILE",
                "credentials",
                Kind::Credentials,
            ),
        ] {
            let named = environment(variable).filter(|path| !path.is_empty());
            let path = named.unwrap_or_else(|| format!("~/.aws/{name}"));
            let Some(path) = expanded(&path, environment("HOME")) else {
                continue;
            };
            profiles.read(&path, kind)?;
        }
        Ok(profiles)
    }

    #[cfg(test)]
    pub(super) fn of_texts(config: &str, credentials: &str) -> Self {
        let mut profiles = Self::default();
        let read = profiles.take(config, "config", Kind::Config);
        assert_eq!(read, Ok(()));
        let read = profiles.take(credentials, "credentials", Kind::Credentials);
        assert_eq!(read, Ok(()));
        profiles
    }

    fn read(&mut self, path: &Path, kind: Kind) -> Result<(), ProfilesError> {
        let shown = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => self.take(&text, &shown, kind),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(ProfilesError::Unreadable {
                path: shown,
                why: error.to_string(),
            }),
        }
    }

    fn take(&mut self, text: &str, path: &str, kind: Kind) -> Result<(), ProfilesError> {
        for (name, section) in parse(text, path)? {
            let words = words(&name);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let place = match (kind, &words[..]) {
                // The AWS CLI takes the name of a section of the credentials file as it stands.
                (Kind::Credentials, _) | (Kind::Config, ["default"] | ["profile", _]) => {
                    &mut self.by_name
                }
                (Kind::Config, ["sso-session", _]) => &mut self.sso_sessions,
                (Kind::Config, ["services", _]) => &mut self.services,
                (Kind::Config, _) => continue,
            };
            let name = match (kind, &words[..]) {
                (Kind::Credentials, _) => name.as_str(),
                (Kind::Config, [.., last]) => last,
                (Kind::Config, []) => continue,
            };
            let of_name = place.entry(name.to_owned()).or_default();
            if kind == Kind::Credentials && section.contains_key("aws_access_key_id") {
                // Keys belong together: none of another pair stays beside them.
                of_name.retain(|key, _| !KEYS.contains(&key.as_str()));
                self.keyed.insert(name.to_owned());
            }
            // What both files say of a profile is one; the credentials file, which comes later, wins.
            of_name.extend(section);
        }
        Ok(())
    }

    pub(super) fn get(&self, profile: &str) -> Option<&Section> {
        self.by_name.get(profile)
    }

    /// Returns whether a profile has its keys from the credentials file.
    pub(super) fn has_keys_of_credentials_file(&self, profile: &str) -> bool {
        self.keyed.contains(profile)
    }

    pub(super) fn sso_session(&self, name: &str) -> Option<&Section> {
        self.sso_sessions.get(name)
    }

    /// The names of all profiles, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        self.by_name.keys().cloned().collect()
    }

    /// The settings of a profile apart from its credentials, as a config file for the SDK in which it is the default one.
    pub(super) fn settings_for_sdk(&self, profile: &str) -> String {
        const SETTINGS: [&str; 7] = [
            "region",
            "endpoint_url",
            "ignore_configured_endpoint_urls",
            "use_fips_endpoint",
            "use_dualstack_endpoint",
            "sdk_ua_app_id",
            "sigv4a_signing_region_set",
        ];
        let mut text = "[default]\n".to_owned();
        let Some(section) = self.get(profile) else {
            return text;
        };
        for key in SETTINGS {
            if let Some(value) = section.get(key) {
                text.extend([key, " = ", value.as_str(), "\n"]);
            }
        }
        let services = section
            .get("services")
            .and_then(|name| self.services.get(name));
        if let Some(services) = services {
            text.push_str("services = named\n[services named]\n");
            for (key, value) in services {
                // Nested settings stand on indented lines.
                text.extend([key.as_str(), " ="]);
                for line in value.lines().filter(|line| !line.is_empty()) {
                    text.extend(["\n  ", line]);
                }
                text.push('\n');
            }
        }
        text
    }
}

fn expanded(path: &str, home: Option<String>) -> Option<PathBuf> {
    match path.strip_prefix("~/") {
        Some(rest) => Some(PathBuf::from(home.filter(|home| !home.is_empty())?).join(rest)),
        None => Some(PathBuf::from(path)),
    }
}

/// The sections of a file, in their order. A key without a value of its own may have nested lines below it.
fn parse(text: &str, path: &str) -> Result<Vec<(String, Section)>, ProfilesError> {
    let mut sections: Vec<(String, Section)> = Vec::new();
    // The last key, and how far its line is indented.
    let mut key: Option<(String, usize)> = None;
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let wrong = |what: &str| ProfilesError::Unparsable {
            path: path.to_owned(),
            line: number + 1,
            what: what.to_owned(),
        };
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        if let (Some((_, section)), Some((key, _))) = (
            sections.last_mut(),
            key.as_ref().filter(|(_, of_key)| indent > *of_key),
        ) {
            if let Some(value) = section.get_mut(key) {
                value.push('\n');
                value.push_str(content);
            }
            continue;
        }
        if let Some(rest) = content.strip_prefix('[') {
            // What stands behind the bracket is no part of the name.
            let (name, _) = rest
                .split_once(']')
                .ok_or_else(|| wrong("begins a section and has no closing bracket"))?;
            sections.push((name.trim().to_owned(), Section::new()));
            key = None;
            continue;
        }
        let Some((_, section)) = sections.last_mut() else {
            return Err(wrong("stands before the first section, such as [default]"));
        };
        let (name, value) = content
            .split_once(['=', ':'])
            .ok_or_else(|| wrong("is neither a [section] nor key = value"))?;
        let name = name.trim().to_lowercase();
        if name.is_empty() {
            return Err(wrong("has no key before its ="));
        }
        section.insert(name.clone(), value.trim().to_owned());
        key = Some((name, indent));
    }
    Ok(sections)
}

/// The words of a section's name, as a shell splits them.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                let quoted = chars.by_ref().take_while(|other| *other != c);
                word.get_or_insert_default().extend(quoted);
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(config: &str, credentials: &str) -> Result<Profiles, ProfilesError> {
        let mut profiles = Profiles::default();
        profiles.take(config, "config", Kind::Config)?;
        profiles.take(credentials, "credentials", Kind::Credentials)?;
        Ok(profiles)
    }

    #[test]
    fn names_with_blanks_and_quotation_marks_are_names() {
        let profiles = read(
            include_str!("../../tests/cases/20-profile-name-with-blanks/config"),
            include_str!("../../tests/cases/20-profile-name-with-blanks/credentials"),
        )
        .unwrap();
        assert_eq!(profiles.names(), ["My Work", "default", "quoted"]);
        let section = profiles.get("My Work").unwrap();
        assert_eq!(section.get("region").unwrap(), "eu-west-1");
        assert!(section.contains_key("aws_access_key_id"));
        let config = include_str!("../../tests/cases/21-sso-session-with-blanks/config");
        let profiles = read(config, "").unwrap();
        let session = profiles.get("work").unwrap().get("sso_session").unwrap();
        assert!(profiles.sso_session(session).is_some());
    }

    #[test]
    fn what_the_aws_cli_takes_is_taken() {
        let config = include_str!("../../tests/cases/22-one-odd-line-spoils-the-file/config");
        let profiles = read(config, "").unwrap();
        assert_eq!(profiles.names(), ["good", "tool1", "tool2"]);
        let tool = profiles.get("tool1").unwrap();
        assert_eq!(tool.get("username").unwrap(), "somebody");
        let nested =
            "[profile x]\nS3 =\n  max = 1\n  # note\n\n  min = 2\nregion: eu-west-1 # here\n";
        let profiles = read(nested, "").unwrap();
        let section = profiles.get("x").unwrap();
        assert_eq!(section.get("s3").unwrap(), "\nmax = 1\nmin = 2");
        assert_eq!(section.get("region").unwrap(), "eu-west-1 # here");
    }

    #[test]
    fn what_cannot_be_understood_is_named_with_its_line() {
        for (config, line, what) in [
            ("region = x\n", 1, "before the first section"),
            ("[default]\nnonsense\n", 2, "neither"),
            ("[default]\n\n[profile x\n", 3, "closing bracket"),
            ("[default]\n= x\n", 2, "no key"),
        ] {
            let error = read(config, "").unwrap_err().to_string();
            assert!(
                error.contains(&format!("config cannot be understood: line {line} ")),
                "{error}"
            );
            assert!(error.contains(what), "{error}");
        }
    }

    #[test]
    fn a_profile_and_its_services_are_handed_to_the_sdk() {
        let config = "[profile a b]\nregion = x\n[profile 'a b']\nregion = eu-west-1\nservices = local\nrole_arn = r\n\
                      [services local]\nsts =\n  endpoint_url = http://127.0.0.1:1\n";
        let profiles = read(config, "").unwrap();
        assert_eq!(
            profiles.settings_for_sdk("a b"),
            "[default]\nregion = eu-west-1\nservices = named\n[services named]\nsts =\n  endpoint_url = http://127.0.0.1:1\n"
        );
        assert_eq!(profiles.settings_for_sdk("none"), "[default]\n");
    }

    #[test]
    fn words_are_split_as_a_shell_does() {
        for (text, expected) in [
            ("profile x", vec!["profile", "x"]),
            ("profile 'My Work'", vec!["profile", "My Work"]),
            ("profile \"a\"b", vec!["profile", "ab"]),
            ("profile My\\ Work", vec!["profile", "My Work"]),
            ("profile ''", vec!["profile", ""]),
            ("", vec![]),
        ] {
            assert_eq!(words(text), expected);
        }
    }
}
