//! The state of a role that is to be made: free to be made, there as it would be, or somebody else's.

use super::Role;
use crate::model::TrustedKind;
use crate::plan::role_document::{RoleDocument, full_access_arn, is_full_access};
use crate::plan::{Change, Content, Difference, Edit, Obstacle, State, permission_set};
use crate::policy::document::{DocumentError, size};

impl Role<'_> {
    /// Returns the refusal to touch a role that has the name of a new one and is another one; none where it is free, or the
    /// role there is the one that is asked for.
    pub(super) fn taken(&self) -> Option<State> {
        let new = self.chosen.new.filter(|_| !self.chosen.is_to_be_made)?;
        let wanted = RoleDocument::of_new(new, self.place, self.choices.harden_trust).ok()?;
        let found = RoleDocument::of_reading(self.reading);
        (!found.does_the_same(&wanted)).then(|| {
            let reason = "A role of this name is there already, and it is not as the new one would be: a role that is there is \
                          never taken over.";
            let remedy = "Give the new role another name, or choose the role that is there.";
            State::blocked(Obstacle::NameTaken, reason, remedy).with_difference(Some(Difference {
                expected: Content::Text(wanted.text()),
                found: Content::Text(found.text()),
            }))
        })
    }

    /// The role itself, of a new one.
    pub(super) fn whole(&self) -> Result<State, DocumentError> {
        let Some(new) = self.chosen.new.filter(|_| self.chosen.is_to_be_made) else {
            return Ok(State::InPlace(
                "A role of this name is there, and lets in whom the new one would.".to_owned(),
            ));
        };
        let document = RoleDocument::of_new(new, self.place, self.choices.harden_trust)?;
        let length = size(&document.trust());
        if length > self.survey.quotas.trust {
            let quota = self.survey.quotas.trust;
            return Ok(State::blocked(
                Obstacle::TrustQuota,
                format!(
                    "The trust policy would have {length} characters, and the quota is {quota}."
                ),
                "Let fewer principals in, or everybody whom IAM lets.",
            ));
        }
        Ok(State::Change(Change {
            edit: Edit::Role {
                role: new.name.clone(),
                before: None,
                after: Some(document.text()),
            },
            puts_back: false,
        }))
    }

    /// The managed policy that the SageMaker console gives execution roles.
    pub(super) fn full_access(&self) -> State {
        let attached = &self.reading.attached;
        if !self.chosen.is_to_be_made && attached.iter().any(|policy| is_full_access(&policy.arn)) {
            return State::InPlace("The policy is attached already.".to_owned());
        }
        State::Change(Change {
            edit: Edit::FullAccess {
                role: self.reading.name.clone(),
                before: None,
                after: Some(full_access_arn(self.place.partition)),
            },
            puts_back: false,
        })
    }

    /// Returns what those have to know who make a role.
    pub(super) fn warnings_of_new(&self, state: &State) -> Vec<String> {
        let (Some(new), State::Change(_)) = (self.chosen.new, state) else {
            return Vec::new();
        };
        let lets_in = |kind| new.assumed_by().iter().any(|who| who.kind() == kind);
        let breaks = new
            .assumed_by()
            .iter()
            .any(|who| permission_set::name(who.name()).is_some());
        [
            (
                !new.is_sagemaker(),
                "A hybrid node belongs to whoever submits the job. People who submit jobs with this role need more than the \
                 client policy, such as sagemaker:CreateTrainingJob and iam:PassRole on the SageMaker role: this program does \
                 not give it.",
            ),
            (
                lets_in(TrustedKind::Account),
                "The role lets in everybody whom IAM lets: people need sts:AssumeRole on it in a policy of their own as well.",
            ),
            (
                lets_in(TrustedKind::Role),
                "A session that begins with another role lasts at most one hour (role chaining), then people connect again.",
            ),
            (
                breaks,
                "The trust names an Identity Center role. When the permission set is deleted and made anew, that role is another \
                 one, and the trust has to be written again.",
            ),
            (
                new.is_sagemaker() && !new.has_full_access(),
                "The role begins without AmazonSageMakerFullAccess.",
            ),
        ]
        .into_iter()
        .filter(|(applies, _)| *applies)
        .map(|(_, text)| text.to_owned())
        .collect()
    }
}
