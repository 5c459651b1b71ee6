//! Who is signed in: the answer of STS `GetCallerIdentity`, understood.

use super::{Endpoint, Partition};

/// The caller, as STS names it, and where the credentials came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Twelve digits.
    pub account: String,
    pub arn: String,
    /// `AIDA…` of a user, `AROA…:session` of a role's session, the account number of the root user.
    pub user_id: String,
    pub partition: Partition,
    /// The account alias, where there is one and it may be read.
    pub alias: Option<String>,
    /// Where the credentials came from, in words: "profile prod", "environment", "CloudShell".
    pub credentials: String,
    /// The region that the credentials' configuration names, or the stand-in where it names none.
    pub home_region: String,
    /// False when no region was configured and a stand-in is used.
    pub region_configured: bool,
    /// Where requests go, where that is not AWS.
    pub endpoints: Vec<Endpoint>,
}

/// What kind of caller an ARN names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    Root,
    User(String),
    /// The session of a role; the role's path is not part of a session's ARN.
    Session {
        role: String,
        session: String,
    },
    Federated(String),
    Other,
}

impl Principal {
    /// Whom the ARN of a caller names.
    pub fn of_arn(arn: &str) -> Self {
        let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
        let mut parts = resource.splitn(2, '/');
        let (kind, rest) = (parts.next().unwrap_or_default(), parts.next());
        match (kind, rest) {
            ("root", None) => Principal::Root,
            ("user", Some(name)) => Principal::User(last_segment(name)),
            ("assumed-role", Some(rest)) => {
                let (role, session) = rest.split_once('/').unwrap_or((rest, ""));
                Principal::Session {
                    role: role.to_owned(),
                    session: session.to_owned(),
                }
            }
            ("federated-user", Some(name)) => Principal::Federated(name.to_owned()),
            _ => Principal::Other,
        }
    }
}

/// A caller in a few characters, by its ARN: `Admin/console`, `user admin`, `root user`.
pub fn who(arn: &str) -> String {
    match Principal::of_arn(arn) {
        Principal::Root => "root user".to_owned(),
        Principal::User(name) => format!("user {name}"),
        Principal::Session { role, session } => format!("{role}/{session}"),
        Principal::Federated(name) => format!("federated user {name}"),
        Principal::Other => arn.to_owned(),
    }
}

impl Identity {
    pub fn principal(&self) -> Principal {
        Principal::of_arn(&self.arn)
    }

    /// The caller in a few characters.
    pub fn who(&self) -> String {
        who(&self.arn)
    }

    /// The name of the role whose session this is.
    pub fn own_role(&self) -> Option<String> {
        match self.principal() {
            Principal::Session { role, .. } => Some(role),
            _ => None,
        }
    }

    /// `alias (123456789012)`, or the number alone.
    pub fn account_label(&self) -> String {
        match &self.alias {
            Some(alias) => format!("{alias} ({})", self.account),
            None => self.account.clone(),
        }
    }
}

fn last_segment(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(arn: &str) -> Identity {
        Identity {
            account: "123456789012".into(),
            arn: arn.into(),
            user_id: "AIDA".into(),
            partition: Partition::default(),
            alias: None,
            credentials: "environment".into(),
            home_region: "eu-west-1".into(),
            region_configured: true,
            endpoints: Vec::new(),
        }
    }

    #[test]
    fn callers_are_told_apart() {
        let who = |arn: &str| identity(arn).who();
        assert_eq!(who("arn:aws:iam::123456789012:root"), "root user");
        assert_eq!(
            who("arn:aws:iam::123456789012:user/team/admin"),
            "user admin"
        );
        assert_eq!(
            who("arn:aws:sts::123456789012:assumed-role/Admin/console"),
            "Admin/console"
        );
        assert_eq!(
            who("arn:aws:sts::123456789012:federated-user/admin"),
            "federated user admin"
        );
        assert_eq!(who("arn:aws:sts::123456789012:user/moto"), "user moto");
    }
}
