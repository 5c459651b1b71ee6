//! The state of a role's trust policy: Systems Manager is let in already, can be, or something stands against it.

use super::Role;
use crate::plan::{Change, Edit, Obstacle, State};
use crate::policy::document::{Document, DocumentError, size};
use crate::policy::trust::{self, Access};

impl Role<'_> {
    pub(super) fn trust(&self) -> Result<State, DocumentError> {
        let text = &self.reading.trust;
        let document = Document::parse(text.as_str())?;
        match trust::systems_manager_access(&document, self.place, self.regions()) {
            Access::Allowed { .. } if self.choices.harden_trust && self.is_open(&document) => {
                return Ok(self.not_hardened(&document));
            }
            Access::Allowed { conditional: true } => {
                return Ok(State::InPlace(
                    "Systems Manager may already assume this role, under a condition that this account satisfies."
                        .to_owned(),
                ));
            }
            Access::Allowed { conditional: false } => {
                return Ok(State::InPlace(
                    "Systems Manager may already assume this role.".to_owned(),
                ));
            }
            Access::Denied => {
                return Ok(State::blocked(
                    Obstacle::Denial,
                    "A statement of the trust policy denies Systems Manager this role, and a denial always wins.",
                    "Whoever wrote that statement has to remove it in the IAM console, or choose another role.",
                ));
            }
            Access::NotAllowed | Access::UnmetCondition => {}
        }
        let deleted = trust::deleted_principals(&document);
        if !deleted.is_empty() {
            return Ok(State::blocked(
                Obstacle::DeletedPrincipal,
                format!(
                    "The trust policy still names a principal that was deleted ({}), and AWS refuses a trust policy \
                     that is sent back with one.",
                    deleted.join(", ")
                ),
                "Remove that principal under Trust relationships in the IAM console, then read the role again.",
            ));
        }
        let statement = self.place.trust_statement(self.choices.harden_trust);
        let extended = statement.and_then(|statement| document.with_statement(&statement))?;
        let (length, quotas) = (size(extended.text()), self.survey.quotas);
        if length > quotas.trust {
            let whose = if quotas.read {
                "this account's quota"
            } else {
                "AWS's default quota"
            };
            return Ok(State::blocked(
                Obstacle::TrustQuota,
                format!(
                    "With one statement more the trust policy has {length} characters, and {whose} is {}.",
                    quotas.trust
                ),
                "Ask for a higher role trust policy length in the Service Quotas console, or shorten the policy.",
            ));
        }
        Ok(State::Change(Change {
            edit: Edit::Trust {
                role: self.reading.name.clone(),
                before: text.clone(),
                after: extended.text().to_owned(),
            },
            puts_back: false,
        }))
    }

    fn is_open(&self, trust: &Document) -> bool {
        let regions = self.regions();
        let mut statements = trust.statements().into_iter();
        statements.any(|statement| trust::is_open(statement, self.place, regions))
    }

    /// Existing statements are never altered, so that somebody else has to.
    fn not_hardened(&self, trust: &Document) -> State {
        let hardened = trust::hardened(trust, self.place, self.regions());
        let remedy = if hardened.is_some() {
            "Put the conditions on that statement in the IAM console, under Trust relationships; \"guide\" shows the text. \
             Or do without hardened trust."
        } else {
            "That statement is for others too, whom the conditions would keep out: give Systems Manager a statement of its \
             own in the IAM console, under Trust relationships. Or do without hardened trust."
        };
        State::blocked(
            Obstacle::NotHardened,
            "Systems Manager may assume this role already, but not only on behalf of this account: the statement has no \
             condition for it, or one that holds for every account. Existing statements are never altered by this program.",
            remedy,
        )
        .with_document(hardened.map(|document| document.text().to_owned()))
    }

    pub(super) fn trust_warnings(&self) -> Vec<String> {
        let Ok(trust) = Document::parse(self.reading.trust.as_str()) else {
            return Vec::new();
        };
        let regions = self.regions();
        let unmet =
            trust::systems_manager_access(&trust, self.place, regions) == Access::UnmetCondition;
        let unclear = trust::may_be_denied(&trust, self.place, regions);
        let denials = unclear.iter().map(|condition| {
            format!(
                "A statement may deny Systems Manager this role: its condition ({condition}) cannot be judged from here."
            )
        });
        [
            (
                !trust::is_sagemaker_role(&trust),
                "SageMaker itself may not assume this role, so no job runs under it. Is it the right one?",
            ),
            (
                unmet,
                "A statement for Systems Manager is there, but under a condition that this account does not meet or \
                 that cannot be judged from here. It stays as it is.",
            ),
        ]
        .into_iter()
        .filter(|(applies, _)| *applies)
        .map(|(_, text)| text.to_owned())
        .chain(denials)
        .collect()
    }
}
