//! The state of a role that is to be made: free to be made, there as it would be, or somebody else's.

use super::Role;
use crate::model::TrustedKind;
use crate::model::new_role::TAG;
use crate::plan::chosen::has_no_other_policy;
use crate::plan::role_document::{RoleDocument, full_access_arn, is_full_access};
use crate::plan::{Change, Content, Difference, Edit, Obstacle, State, permission_set};
use crate::policy::document::{Document, DocumentError, size};
use crate::policy::meaning::Meaning;
use crate::policy::trust;

impl Role<'_> {
    /// Returns the refusal to touch a role that has the name of a new one and was not made by this program.
    pub(super) fn taken(&self) -> Option<State> {
        let new = self.chosen.new.filter(|_| !self.chosen.is_to_be_made)?;
        if self.reading.made_by.is_some() {
            return None;
        }
        let wanted = RoleDocument::of_new(new, self.place, self.choices.harden_trust).ok()?;
        let found = RoleDocument::of_reading(self.reading);
        let reason = format!(
            "A role of this name is there already, and this program did not make it: it has no tag {TAG}. A role that is there is \
             never taken over."
        );
        let remedy = "Give the new role another name, or choose the role that is there. Where somebody has just made it by hand \
                      for this, add the tag.";
        let taken = State::blocked(Obstacle::NameTaken, reason, remedy);
        Some(taken.with_difference(Some(Difference {
            expected: Content::Text(wanted.text()),
            found: Content::Text(found.text()),
        })))
    }

    /// Returns whether a role that was made before lets in all whom the new one would.
    fn lets_in_all(&self) -> bool {
        let wanted = self.chosen.new.and_then(|new| {
            let document = RoleDocument::of_new(new, self.place, self.choices.harden_trust).ok()?;
            Document::parse(document.trust()).ok()
        });
        let found = Document::parse(self.reading.trust.as_str()).ok();
        match (found, wanted) {
            (Some(found), Some(wanted)) => Meaning::of(&found).covers(&Meaning::of(&wanted)),
            _ => false,
        }
    }

    /// Returns whether the trust policy of a role that was made before is not as it was made, so that it is looked at like that
    /// of any other SageMaker role.
    pub(super) fn has_other_trust(&self) -> bool {
        self.chosen.is_sagemaker && !self.chosen.is_to_be_made && !self.lets_in_all()
    }

    /// The role itself, of one that was made before.
    fn made_before(&self) -> State {
        let trust = Document::parse(self.reading.trust.as_str());
        let is_for_sagemaker = trust.is_ok_and(|trust| trust::is_sagemaker_role(&trust));
        if self.lets_in_all() || self.chosen.is_sagemaker && is_for_sagemaker {
            return State::InPlace("The role is there, made by this program.".to_owned());
        }
        State::blocked(
            Obstacle::Changed,
            "This program made the role, and its trust policy does not let in all who are asked for: somebody changed it, or others \
             were asked for then.",
            "Let them in under Trust relationships in the IAM console, or give the new role another name.",
        )
    }

    /// The role itself, of a new one.
    pub(super) fn whole(&self) -> Result<State, DocumentError> {
        let Some(new) = self.chosen.new.filter(|_| self.chosen.is_to_be_made) else {
            return Ok(self.made_before());
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
        let Some(new) = self.chosen.new else {
            return Vec::new();
        };
        let is_to_be_made = matches!(state, State::Change(_));
        let lets_in = |kind| new.assumed_by().iter().any(|who| who.kind() == kind);
        let breaks = new
            .assumed_by()
            .iter()
            .any(|who| permission_set::name(who.name()).is_some());
        [
            (
                !new.is_sagemaker() && has_no_other_policy(self.reading),
                "A hybrid node belongs to whoever submits the job. People who submit jobs with this role need more than the \
                 client policy, such as sagemaker:CreateTrainingJob, iam:PassRole on the SageMaker role, and s3:PutObject for \
                 their key: this program does not give it.",
            ),
            (
                is_to_be_made && !new.is_sagemaker() && !new.fixes_all_session_names(),
                "Session names are free: whoever may assume the role can take another person's name, and so open sessions to that \
                 person's nodes. Only for IAM users can the trust fix the name.",
            ),
            (
                is_to_be_made && lets_in(TrustedKind::Account),
                "The role lets in everybody whom IAM lets: people need sts:AssumeRole on it in a policy of their own as well.",
            ),
            (
                is_to_be_made && lets_in(TrustedKind::Role),
                "A session that begins with another role lasts at most one hour (role chaining), then people connect again.",
            ),
            (
                is_to_be_made && breaks,
                "The trust names an Identity Center role. When the permission set is deleted and made anew, that role is another \
                 one, and the trust has to be written again.",
            ),
            (
                is_to_be_made && new.is_sagemaker() && !new.has_full_access(),
                "The role begins without AmazonSageMakerFullAccess.",
            ),
        ]
        .into_iter()
        .filter(|(applies, _)| *applies)
        .map(|(_, text)| text.to_owned())
        .collect()
    }
}
