//! The steps, and which comes after which. Decided here alone, without a terminal.

use crate::model::{Choices, ConnectFrom};

/// A screen of the wizard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    Account,
    ConnectFrom,
    SageMakerRoles,
    UserRoles,
    Regions,
    Preview,
    Confirm,
    /// Through the console by hand, in place of Apply.
    Guide,
    Apply,
}

impl Step {
    pub const ALL: [Self; 9] = [
        Self::Account,
        Self::ConnectFrom,
        Self::SageMakerRoles,
        Self::UserRoles,
        Self::Regions,
        Self::Preview,
        Self::Confirm,
        Self::Guide,
        Self::Apply,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::ConnectFrom => "Connect from",
            Self::SageMakerRoles => "SageMaker roles",
            Self::UserRoles => "User roles",
            Self::Regions => "Regions",
            Self::Preview => "Preview",
            Self::Confirm => "Confirm",
            Self::Guide => "Guide",
            Self::Apply => "Apply",
        }
    }

    /// Returns whether the answers so far make this step necessary.
    pub fn is_asked(self, connect_from: ConnectFrom) -> bool {
        self != Self::UserRoles || connect_from.uses_user_roles()
    }

    /// Returns whether a plan leads to it: then it is begun, not stepped to, and has its own way back.
    fn is_an_end(self) -> bool {
        matches!(self, Self::Guide | Self::Apply)
    }

    /// The step after this one; none after Confirm.
    pub fn next(self, choices: &Choices) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|step| *step > self && step.is_asked(choices.connect_from))
            .filter(|step| !step.is_an_end())
    }

    /// The step before this one; none before what a plan leads to.
    pub fn previous(self, choices: &Choices) -> Option<Self> {
        Self::ALL
            .into_iter()
            .rev()
            .find(|step| *step < self && step.is_asked(choices.connect_from))
            .filter(|_| !self.is_an_end())
    }

    /// Returns what is asked and why, for the help.
    pub fn help(self) -> &'static str {
        match self {
            Self::Account => {
                "SageMaker SSH Helper needs a few settings in an AWS account. This is the account that your credentials \
                 belong to; everything that follows happens there. Nothing is written before you confirm it at the end."
            }
            Self::ConnectFrom => {
                "Where people sit decides who needs which permission. From their own computer they come with a user \
                 role. From SageMaker Studio they come with the SageMaker role itself. AWS has two ways of its own that need \
                 neither this set-up nor the tier that it pays for: remote debugging of training jobs (EnableRemoteDebug, \
                 a shell alone), and Studio's remote access (your own VS Code in a Studio space)."
            }
            Self::SageMakerRoles => {
                "The role that training jobs, endpoints and notebooks run under. To find it: it is the role= of your \
                 Estimator, or what get_execution_role() returns; in Studio it stands under Domain, User profile, Execution \
                 role. A container registers with Systems Manager under it, so Systems Manager has to be able to assume it. \
                 Suggested are the roles that SageMaker may assume; v shows all. Where there is none, n makes one; it becomes a \
                 part of the plan. Signs: + to set up, ✓ in place, ~ differs, \
                 ! to be read before you pick it."
            }
            Self::UserRoles => {
                "The role that people have when they run sm-ssh on their own computer. To find it: \"aws sts \
                 get-caller-identity\" says assumed-role/ROLE/NAME there. An IAM user connects through a role that it may \
                 assume: choose that one. A role of IAM Identity Center (AWSReservedSSO_...) is changed via its permission set. It \
                 gets the permission to open sessions to hybrid nodes that carry people's own user ID. Suggested are the \
                 roles that people may assume; v shows all. Where there is none, or people have Identity Center roles alone, n \
                 makes one that they may assume."
            }
            Self::Regions => {
                "Session Manager reaches SageMaker's containers only in regions where the advanced-instances tier of \
                 Systems Manager is on. Choose every region in which people will connect. Marked are the region that you work \
                 in, and those in which the chosen roles were last used."
            }
            Self::Preview => {
                "Everything that would change, and why. Existing trust policies are extended by one statement and never \
                 replaced. What is in place already stays untouched. Signs: + is new, ~ replaces what is there, ✓ is in \
                 place, ! is blocked, or behind another sign a warning to read. Hardened trust (h): the new statement lets \
                 Systems Manager in for this account's requests alone. Shell access (s): people may open plain shells without an SSH key, \
                 too; SageMaker SSH Helper does not need that."
            }
            Self::Confirm => {
                "The last question. Each document is read again before it is written; if it is no longer what you saw \
                 in the preview, that change stops and says so. y applies, and answers no other question. The guide leads you through the AWS console instead, and only \
                 reads. Export writes nothing in the account: it makes a folder \
                 with a document for those who decide, a shell script, Terraform, CloudFormation, and the plan itself."
            }
            Self::Guide => {
                "Each step shows what to do in the AWS console, and the text to paste. This program only reads here: every \
                 5 seconds it looks whether the step is in place, and says what differs. What it may not read, you can tick \
                 with Space. Signs: ✓ in place, + to do, ~ differs, ! something is in the way, ? cannot be read, ○ ticked \
                 by hand."
            }
            Self::Apply => {
                "Each change is read, recorded, written and read back. What failed can be tried again. What was done can \
                 be put back exactly, from the record: it is shown and asked first."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(connect_from: ConnectFrom) -> Vec<Step> {
        let choices = Choices {
            connect_from,
            ..Choices::default()
        };
        std::iter::successors(Some(Step::Account), |step| step.next(&choices)).collect()
    }

    #[test]
    fn user_roles_are_asked_for_only_where_people_come_with_one() {
        let all = [
            Step::Account,
            Step::ConnectFrom,
            Step::SageMakerRoles,
            Step::UserRoles,
            Step::Regions,
            Step::Preview,
            Step::Confirm,
        ];
        assert_eq!(way(ConnectFrom::Laptop), all);
        assert_eq!(way(ConnectFrom::Both), all);
        assert!(!way(ConnectFrom::Studio).contains(&Step::UserRoles));
    }

    #[test]
    fn going_back_is_going_on_reversed() {
        for connect_from in [ConnectFrom::Laptop, ConnectFrom::Studio, ConnectFrom::Both] {
            let choices = Choices {
                connect_from,
                ..Choices::default()
            };
            let mut back: Vec<_> =
                std::iter::successors(Some(Step::Confirm), |step| step.previous(&choices))
                    .collect();
            back.reverse();
            assert_eq!(back, way(connect_from));
        }
    }

    #[test]
    fn applying_is_neither_stepped_to_nor_left_backwards() {
        let choices = Choices::default();
        assert_eq!(Step::Confirm.next(&choices), None);
        assert_eq!(Step::Guide.previous(&choices), None);
        assert_eq!(Step::Apply.previous(&choices), None);
    }
}
