//! The shipped policies (`assets/policies`), filled in for one account. They are the seed document's, with the
//! partition as one more placeholder.

use std::fmt;

use serde_json::{Map, Value};

use super::Document;
use super::document::DocumentError;
use crate::model::{Identity, Partition};

/// The inline policy of SageMaker roles.
pub const SERVER_POLICY: &str = "SSHSageMakerServerPolicy";
/// The inline policy of those who connect.
pub const CLIENT_POLICY: &str = "SSHSageMakerClientPolicy";

/// One of the two inline policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RolePolicy {
    /// Of SageMaker roles.
    Server,
    /// Of those who connect.
    Client,
}

impl RolePolicy {
    pub const BOTH: [Self; 2] = [Self::Server, Self::Client];

    /// The name that it has in the account.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => SERVER_POLICY,
            Self::Client => CLIENT_POLICY,
        }
    }

    /// The policy of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::BOTH.into_iter().find(|policy| policy.name() == name)
    }
}

impl fmt::Display for RolePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

const SERVER: &str = include_str!("../../assets/policies/SSHSageMakerServerPolicy.json");
const CLIENT: &str = include_str!("../../assets/policies/SSHSageMakerClientPolicy.json");
const SHELL_ACCESS: &str = include_str!("../../assets/policies/shell-access-statement.json");
const TRUST_STATEMENT: &str = include_str!("../../assets/policies/trust-statement.json");
const TRUST_CONDITION: &str = include_str!("../../assets/policies/trust-condition.json");

/// The account that the templates are filled in for.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub partition: &'a Partition,
    /// Twelve digits.
    pub account: &'a str,
}

impl<'a> Place<'a> {
    /// The account that the caller belongs to.
    pub fn of(identity: &'a Identity) -> Self {
        Self {
            partition: &identity.partition,
            account: &identity.account,
        }
    }
}

impl Place<'_> {
    /// The server policy for the role with this ARN.
    ///
    /// # Errors
    /// Never with the shipped templates, which a test reads.
    pub fn server_policy(self, role_arn: &str) -> Result<Document, DocumentError> {
        Document::parse(self.fill(SERVER, Some(role_arn)))
    }

    /// The client policy, on request with the statement for a plain shell.
    ///
    /// # Errors
    /// Never with the shipped templates, which a test reads.
    pub fn client_policy(self, shell_access: bool) -> Result<Document, DocumentError> {
        let policy = Document::parse(self.fill(CLIENT, None))?;
        if shell_access {
            let statement = serde_json::from_str(&self.fill(SHELL_ACCESS, None))
                .map_err(|error| DocumentError::NotJson(error.to_string()))?;
            let extended = policy.with_statement(&statement)?;
            Document::parse(format!("{}\n", super::document::pretty(extended.text())))
        } else {
            Ok(policy)
        }
    }

    /// The statement that lets Systems Manager assume a role; hardened, for requests of this account alone
    /// (confused deputy, Systems Manager User Guide).
    ///
    /// # Errors
    /// Never with the shipped templates, which a test reads.
    pub fn trust_statement(self, hardened: bool) -> Result<Value, DocumentError> {
        let read = |template: &str| {
            serde_json::from_str::<Map<String, Value>>(&self.fill(template, None))
                .map_err(|error| DocumentError::NotJson(error.to_string()))
        };
        let mut statement = read(TRUST_STATEMENT)?;
        if hardened {
            statement.insert("Condition".to_owned(), read(TRUST_CONDITION)?.into());
        }
        Ok(statement.into())
    }

    fn fill(self, template: &str, role_arn: Option<&str>) -> String {
        let text = template
            .replace("<<PARTITION>>", self.partition.as_str())
            .replace("<<ACCOUNT_ID>>", self.account);
        match role_arn {
            Some(arn) => text.replace("<<SAGEMAKER_ROLE_ARN>>", arn),
            None => text,
        }
    }
}

/// Returns whether a statement is the one that shell access adds: SSH does without it.
pub fn is_for_shells(statement: &Map<String, Value>) -> bool {
    let resource = statement.get("Resource").and_then(Value::as_str);
    resource.is_some_and(|resource| resource.ends_with(":document/SSM-SessionManagerRunShell"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The JSON blocks of the seed document, in their order: trust policy, server policy, client policy.
    fn seed() -> Vec<Value> {
        include_str!("../../tests/seed/IAM_SSM_Setup.md")
            .split("```json")
            .skip(1)
            .map(|rest| serde_json::from_str(rest.split("```").next().unwrap()).unwrap())
            .collect()
    }

    /// A place that leaves the seed's own placeholders standing.
    fn seed_place(partition: &Partition) -> Place<'_> {
        Place {
            partition,
            account: "<<ACCOUNT_ID>>",
        }
    }

    #[test]
    fn the_shipped_templates_are_the_seed_documents_policies() {
        let seed = seed();
        assert_eq!(seed.len(), 3);
        let partition = Partition::default();
        let place = seed_place(&partition);
        assert_eq!(
            place.trust_statement(false).unwrap(),
            seed[0]["Statement"][1]
        );
        let server = place.server_policy("<<SAGEMAKER_ROLE_ARN>>").unwrap();
        assert_eq!(server.value(), &seed[1]);
        assert_eq!(place.client_policy(false).unwrap().value(), &seed[2]);
    }

    #[test]
    fn every_placeholder_is_filled_in_for_the_partition() {
        for region in ["cn-north-1", "us-gov-west-1"] {
            let partition = Partition::of_region(region);
            let place = Place {
                partition: &partition,
                account: "123456789012",
            };
            let arn = format!("arn:{partition}:iam::123456789012:role/x");
            for text in [
                place.server_policy(&arn).unwrap().text().to_owned(),
                place.client_policy(true).unwrap().text().to_owned(),
                place.trust_statement(true).unwrap().to_string(),
            ] {
                assert!(!text.contains("<<"), "{text}");
                assert!(!text.contains("arn:aws:"), "{text}");
            }
        }
    }

    #[test]
    fn hardening_constrains_the_account_and_the_source_of_systems_manager_alone() {
        let partition = Partition::default();
        let place = Place {
            partition: &partition,
            account: "123456789012",
        };
        let statement = place.trust_statement(true).unwrap();
        assert_eq!(
            statement["Principal"],
            json!({"Service": "ssm.amazonaws.com"})
        );
        assert_eq!(
            statement["Condition"],
            json!({
                "StringEquals": {"aws:SourceAccount": "123456789012"},
                "ArnLike": {"aws:SourceArn": "arn:aws:ssm:*:123456789012:*"}
            })
        );
    }

    #[test]
    fn shell_access_adds_one_statement() {
        let partition = Partition::default();
        let place = seed_place(&partition);
        let (plain, shell) = (
            place.client_policy(false).unwrap(),
            place.client_policy(true).unwrap(),
        );
        assert_eq!(shell.statements().len(), plain.statements().len() + 1);
        assert_eq!(
            shell.statements()[..plain.statements().len()],
            plain.statements()[..]
        );
        let for_shells = |statement: &&Map<String, Value>| is_for_shells(statement);
        assert_eq!(shell.statements().into_iter().filter(for_shells).count(), 1);
        assert!(is_for_shells(shell.statements().last().unwrap()));
        let added = shell.statements().last().unwrap()["Resource"].clone();
        assert_eq!(
            added,
            json!("arn:aws:ssm:*:<<ACCOUNT_ID>>:document/SSM-SessionManagerRunShell")
        );
    }
}
