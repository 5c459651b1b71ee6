//! Role ARNs and role names as a person types them, with errors that say what is wrong and show a right one.

use std::fmt;
use std::str::FromStr;

use super::{Identity, Partition};

/// An IAM role's ARN, taken apart: `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleArn {
    pub partition: Partition,
    /// Twelve digits.
    pub account: String,
    /// With leading and trailing slash; `/` where there is none.
    pub path: String,
    pub name: String,
}

/// Why a text is not a role's ARN or name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoleArnError {
    #[error("No role was given. A role looks like {EXAMPLE}.")]
    Empty,
    #[error("This is not a role's ARN. It looks like {EXAMPLE}.")]
    NotAnArn,
    #[error("This ARN belongs to {0}, not to IAM. A role's ARN looks like {EXAMPLE}.")]
    WrongService(String),
    #[error("This is a session of the role {0}, not the role itself.")]
    Session(String),
    #[error("This is the ARN of a {0}, not of a role. A role's ARN looks like {EXAMPLE}.")]
    WrongKind(String),
    #[error("The account number has to be twelve digits, as in {EXAMPLE}.")]
    Account,
    #[error(
        "IAM role names are 1 to 64 letters, digits or any of _+=,.@- and this one is not. Example: {EXAMPLE}."
    )]
    Name,
}

const EXAMPLE: &str = "arn:aws:iam::123456789012:role/service-role/MySageMakerRole";

impl FromStr for RoleArn {
    type Err = RoleArnError;

    fn from_str(text: &str) -> Result<Self, RoleArnError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(RoleArnError::Empty);
        }
        let partition = Partition::of_arn(text).ok_or(RoleArnError::NotAnArn)?;
        let fields: Vec<&str> = text.splitn(6, ':').collect();
        let [_, _, service, _, account, resource] = fields[..] else {
            return Err(RoleArnError::NotAnArn);
        };
        let (kind, rest) = resource.split_once('/').ok_or(RoleArnError::NotAnArn)?;
        if service == "sts" && kind == "assumed-role" {
            let role = rest.split('/').next().unwrap_or(rest);
            return Err(RoleArnError::Session(printable(role)));
        }
        if service != "iam" {
            return Err(RoleArnError::WrongService(printable(service)));
        }
        if kind != "role" {
            return Err(RoleArnError::WrongKind(printable(kind)));
        }
        if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
            return Err(RoleArnError::Account);
        }
        let (path, name) = match rest.rsplit_once('/') {
            Some((path, name)) => (format!("/{path}/"), name),
            None => ("/".to_owned(), rest),
        };
        if !is_role_name(name) || !path.bytes().all(|b| (0x21..=0x7e).contains(&b)) {
            return Err(RoleArnError::Name);
        }
        Ok(Self {
            partition,
            account: account.to_owned(),
            path,
            name: name.to_owned(),
        })
    }
}

/// A role as a person types it: by its name, by its ARN, or by the ARN of a session, which does not have the role's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedRole {
    pub name: String,
    /// None where only the name is known.
    pub arn: Option<RoleArn>,
}

impl TypedRole {
    /// Reads what was typed; of this account, where it is known.
    ///
    /// # Errors
    /// With a sentence that says what is wrong, and shows a right one.
    pub fn read(word: &str, identity: Option<&Identity>) -> Result<Self, String> {
        let word = word.trim();
        if is_role_name(word) && identity.is_some() {
            return Ok(Self {
                name: word.to_owned(),
                arn: None,
            });
        }
        let (name, arn) = match word.parse::<RoleArn>() {
            Ok(arn) => (arn.name.clone(), Some(arn)),
            Err(RoleArnError::Session(name)) if is_role_name(&name) => (name, None),
            Err(error) => return Err(error.to_string()),
        };
        let account = word.split(':').nth(4).unwrap_or_default();
        match identity {
            Some(identity) if identity.account != account => Err(format!(
                "This role belongs to the account {account}, and you are signed in to {}.",
                identity.account
            )),
            Some(identity) if Partition::of_arn(word).as_ref() != Some(&identity.partition) => {
                Err(format!(
                    "This role belongs to another partition, and you are signed in to {}.",
                    identity.partition
                ))
            }
            _ => Ok(Self { name, arn }),
        }
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "arn:{}:iam::{}:role{}{}",
            self.partition, self.account, self.path, self.name
        )
    }
}

/// Returns whether a text may be the name of an IAM role (`[\w+=,.@-]{1,64}`, IAM API reference).
pub fn is_role_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
}

/// Returns whether a text may be the name of an inline policy (`[\w+=,.@-]{1,128}`, IAM API reference).
pub fn is_policy_name(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
}

/// Returns what a person typed, shortened and without control characters, for use in an error.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_role_arn_is_taken_apart_and_put_together_again() {
        for text in [
            "arn:aws:iam::123456789012:role/Simple",
            "arn:aws-us-gov:iam::123456789012:role/service-role/team/Deep_1",
        ] {
            assert_eq!(text.parse::<RoleArn>().unwrap().to_string(), text);
        }
        let deep: RoleArn = " arn:aws:iam::123456789012:role/a/b/N ".parse().unwrap();
        assert_eq!((deep.path.as_str(), deep.name.as_str()), ("/a/b/", "N"));
    }

    #[test]
    fn each_mistake_is_named() {
        let error = |text: &str| text.parse::<RoleArn>().unwrap_err();
        assert_eq!(error("  "), RoleArnError::Empty);
        assert_eq!(error("hello"), RoleArnError::NotAnArn);
        assert_eq!(
            error("arn:aws:iam::123456789012:role"),
            RoleArnError::NotAnArn
        );
        assert_eq!(
            error("arn:aws:s3:::bucket/key"),
            RoleArnError::WrongService("s3".into())
        );
        assert_eq!(
            error("arn:aws:sts::123456789012:assumed-role/Admin/me"),
            RoleArnError::Session("Admin".into())
        );
        assert_eq!(
            error("arn:aws:iam::123456789012:user/me"),
            RoleArnError::WrongKind("user".into())
        );
        assert_eq!(error("arn:aws:iam::12345:role/x"), RoleArnError::Account);
        assert_eq!(
            error("arn:aws:iam::123456789012:role/a b"),
            RoleArnError::Name
        );
        assert_eq!(error("arn:aws:iam::123456789012:role/"), RoleArnError::Name);
        let long = format!("arn:aws:iam::123456789012:role/{}", "x".repeat(65));
        assert_eq!(error(&long), RoleArnError::Name);
    }

    #[test]
    fn every_error_shows_a_right_one() {
        for text in ["", "x", "arn:aws:s3:::b/k", "arn:aws:iam::1:role/x"] {
            let error = text.parse::<RoleArn>().unwrap_err().to_string();
            assert!(error.contains("arn:aws:iam::123456789012:role/"), "{error}");
        }
    }

    fn identity() -> Identity {
        Identity {
            account: "123456789012".into(),
            arn: "arn:aws:sts::123456789012:assumed-role/Admin/me".into(),
            user_id: "AROA:me".into(),
            partition: Partition::default(),
            alias: None,
            credentials: String::new(),
            home_region: "eu-west-1".into(),
            region_configured: true,
            endpoints: Vec::new(),
        }
    }

    #[test]
    fn a_typed_role_is_an_arn_of_this_account_or_a_name() {
        let read = |word: &str| {
            TypedRole::read(word, Some(&identity()))
                .map(|role| (role.name, role.arn.map(|arn| arn.to_string())))
        };
        assert_eq!(read("Simple").unwrap(), ("Simple".to_owned(), None));
        let arn = "arn:aws:iam::123456789012:role/service-role/Deep";
        assert_eq!(
            read(arn).unwrap(),
            ("Deep".to_owned(), Some(arn.to_owned()))
        );
        // A session's ARN has the role's name and not its path.
        let session = "arn:aws:sts::123456789012:assumed-role/Deep/SageMaker";
        assert_eq!(read(session).unwrap(), ("Deep".to_owned(), None));
        assert!(
            read("arn:aws:sts::999999999999:assumed-role/Deep/SageMaker")
                .unwrap_err()
                .contains("999999999999")
        );
        assert!(
            read("arn:aws:iam::999999999999:role/x")
                .unwrap_err()
                .contains("999999999999")
        );
        assert!(
            read("arn:aws-cn:iam::123456789012:role/x")
                .unwrap_err()
                .contains("another partition")
        );
        assert!(
            read("no role at all!")
                .unwrap_err()
                .contains("arn:aws:iam::123456789012:role/")
        );
    }
}
