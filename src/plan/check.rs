//! Each item's state: the "in place" rules, and what AWS would refuse.

mod new_role;
mod trust;

use super::facts::is_administrator;
use super::inline::Inline;
use super::{Change, ChosenRole, Edit, InlineSize, Item, Obstacle, State, Target, permission_set};
use crate::model::role::LONGEST_PATH_AND_NAME;
use crate::model::{Choices, RoleKind, RoleReading, Survey, UnreadCause};
use crate::policy::denial::denials;
use crate::policy::document::{Document, DocumentError};
use crate::policy::meaning::{self, Meaning};
use crate::policy::template::{Place, RolePolicy};

/// What connecting from Studio means: SageMaker names all sessions of an execution role "SageMaker" (SageMaker SSH Helper's FAQ).
pub const SHARED_USER_ID: &str = "From Studio, everybody who shares an execution role, and every job that runs under it, has the same user ID: they can \
     open each other's hybrid nodes. The way out is one execution role per user profile.";

/// All items of one role, and how full its inline policies get.
pub(super) fn role(
    chosen: &ChosenRole,
    survey: &Survey,
    choices: &Choices,
) -> (Vec<Item>, Option<InlineSize>) {
    let all = |state: &State| {
        let targets = targets(chosen).into_iter();
        targets
            .map(|target| item(&target, state.clone(), Vec::new()))
            .collect()
    };
    let reading = match survey.roles.get(chosen.name) {
        Some(Ok(reading)) => reading,
        Some(Err(unread)) => {
            let obstacle = match unread.cause {
                UnreadCause::Denied => Obstacle::ReadDenied,
                UnreadCause::NotFound => Obstacle::NotFound,
                UnreadCause::Other => Obstacle::Unread,
            };
            let remedy = match unread.cause {
                UnreadCause::NotFound => "Check its name and read it again, or leave it out.",
                UnreadCause::Denied | UnreadCause::Other => "Read it again then, or leave it out.",
            };
            let state = State::blocked(obstacle, unread.why.clone(), remedy);
            return (all(&state), None);
        }
        None => {
            let state = State::unread(
                "This role has not been read yet.",
                "Wait for the reading, or go back and read it again.",
            );
            return (all(&state), None);
        }
    };
    let place = Place::of(&survey.identity);
    let role = Role {
        reading,
        chosen,
        survey,
        choices,
        place,
    };
    if let Some(taken) = role.taken() {
        return (all(&taken), None);
    }
    let mut inline = Inline::of(reading, survey.quotas.inline);
    let mut parts = parts(chosen);
    if chosen.new.is_some() && role.has_other_trust() {
        parts.insert(1, Part::Trust);
    }
    let items = parts
        .iter()
        .map(|part| {
            let target = &part.target(chosen.name);
            let state = match part {
                Part::Role => role.whole(),
                Part::FullAccess => Ok(role.full_access()),
                Part::Trust => role.trust(),
                Part::Policy(policy) => role.policy(*policy, &mut inline),
            };
            let state = state.unwrap_or_else(|why| {
                State::blocked(
                    Obstacle::UnparsableDocument,
                    format!("This cannot be planned: {why}."),
                    "Look at the document in the IAM console and mend it there.",
                )
            });
            // What is in place stays in place, whoever may change the role.
            let state = match state {
                State::InPlace(_) => state,
                State::Change(_) | State::Blocked { .. } => role
                    .refusal(target, wanted(target, &state))
                    .unwrap_or(state),
            };
            let warnings = role.warnings(target, &state);
            item(target, state, warnings)
        })
        .collect();
    (
        warn_about_blocked_siblings(items),
        Some(inline.size(chosen.name)),
    )
}

/// The policy that an item would write.
fn wanted<'a>(target: &Target, state: &'a State) -> Option<&'a str> {
    match (target, state) {
        (Target::Policy { .. }, State::Change(change)) => change.after_text(),
        _ => None,
    }
}

/// A change helps nobody while another item of the same role is blocked; that is said where the change is.
fn warn_about_blocked_siblings(mut items: Vec<Item>) -> Vec<Item> {
    let stands_in_the_way = |item: &Item| match item.state {
        // The role works all the same.
        State::Blocked { obstacle, .. } => obstacle != Obstacle::NotHardened,
        State::Change(_) | State::InPlace(_) => false,
    };
    if items.iter().any(stands_in_the_way) {
        for item in items.iter_mut().filter(|item| item.change().is_some()) {
            item.warnings.push(
                "Alone this is not enough: another item of this role is blocked, and the role will not work before that \
                 is mended."
                    .to_owned(),
            );
        }
    }
    items
}

fn item(target: &Target, state: State, warnings: Vec<String>) -> Item {
    Item {
        target: target.clone(),
        state,
        warnings,
    }
}

/// What a role is asked for.
#[derive(Clone, Copy)]
enum Part {
    Role,
    FullAccess,
    Trust,
    Policy(RolePolicy),
}

impl Part {
    fn target(self, role: &str) -> Target {
        let role = role.to_owned();
        match self {
            Self::Role => Target::Role { role },
            Self::FullAccess => Target::FullAccess { role },
            Self::Trust => Target::Trust { role },
            Self::Policy(policy) => Target::Policy { role, policy },
        }
    }
}

/// The items that a chosen role has, whatever is there.
pub(super) fn targets(chosen: &ChosenRole) -> Vec<Target> {
    let parts = parts(chosen).into_iter();
    parts.map(|part| part.target(chosen.name)).collect()
}

fn parts(chosen: &ChosenRole) -> Vec<Part> {
    let mut parts = Vec::new();
    match chosen.new {
        // Its trust is made with it.
        Some(new) => {
            parts.push(Part::Role);
            parts.extend(new.has_full_access().then_some(Part::FullAccess));
        }
        None => parts.extend(chosen.is_sagemaker.then_some(Part::Trust)),
    }
    if chosen.is_sagemaker {
        parts.push(Part::Policy(RolePolicy::Server));
    }
    if chosen.needs_client {
        parts.push(Part::Policy(RolePolicy::Client));
    }
    parts
}

struct Role<'a> {
    reading: &'a RoleReading,
    chosen: &'a ChosenRole<'a>,
    survey: &'a Survey,
    choices: &'a Choices,
    place: Place<'a>,
}

impl Role<'_> {
    /// Returns why AWS would refuse every change of this role, or Systems Manager could not use it; with the policy
    /// that is wanted, where the way out needs it.
    fn refusal(&self, target: &Target, wanted: Option<&str>) -> Option<State> {
        let other_role = |reason: String, remedy: &str| {
            State::blocked(Obstacle::OtherRole, reason, remedy)
                .with_document(wanted.map(str::to_owned))
        };
        let length = self.reading.path_and_name_length();
        match self.reading.kind() {
            RoleKind::ServiceLinked => Some(other_role(
                "This role belongs to an AWS service, and only that service may change it.".to_owned(),
                "Choose a role that your account made.",
            )),
            RoleKind::IdentityCenter if matches!(target, Target::Trust { .. }) => Some(other_role(
                "IAM Identity Center made this role, and nobody can change its trust policy.".to_owned(),
                "Choose a SageMaker role that your account made.",
            )),
            RoleKind::IdentityCenter => {
                Some(permission_set::blocked(self.reading, wanted, self.regions()))
            },
            RoleKind::Ordinary => {
                (self.chosen.is_sagemaker && length > LONGEST_PATH_AND_NAME).then(|| {
                    let reason = format!(
                        "Path and name of this role are {length} characters together, and Systems Manager takes at most \
                         {LONGEST_PATH_AND_NAME}."
                    );
                    other_role(reason, "Use a SageMaker role with a shorter path or name.")
                })
            }
        }
    }

    /// The regions in which the trust has to hold.
    fn regions(&self) -> &[String] {
        self.choices.regions_or_home(&self.survey.identity)
    }

    fn policy(&self, policy: RolePolicy, inline: &mut Inline) -> Result<State, DocumentError> {
        let name = policy.name();
        let wanted = self.template(policy, self.choices.shell_access)?;
        // Shell access that somebody granted is not taken away by not asking for it.
        let (least, most) = (
            Meaning::of(&wanted),
            Meaning::of(&self.template(policy, true)?),
        );
        let found = |text: &str| {
            Document::parse(text)
                .is_ok_and(|document| Meaning::of(&document).lies_between(&least, &most))
        };
        let before = self.reading.inline.get(name);
        if before.is_some_and(|text| found(text)) {
            return Ok(State::InPlace(
                "The role carries this inline policy already.".to_owned(),
            ));
        }
        let managed =
            self.reading.attached.iter().find(|policy| {
                policy.name == name && policy.document.as_deref().is_some_and(found)
            });
        if let Some(policy) = managed {
            return Ok(State::InPlace(format!(
                "A managed policy with the same meaning is attached ({}).",
                policy.arn
            )));
        }
        let is_from_set = self.reading.kind() == RoleKind::IdentityCenter;
        if is_from_set && permission_set::gives(self.reading, &wanted, self.regions()) {
            return Ok(State::InPlace(
                "The inline policy of the role's permission set gives it already.".to_owned(),
            ));
        }
        let after = wanted.text().trim_end().to_owned();
        // What goes to the set is not the role's to count.
        if let (Err(total), false) = (inline.put(name, &after), is_from_set) {
            return Ok(State::blocked(
                Obstacle::InlineQuota,
                format!(
                    "The role's inline policies would have {total} characters together, and AWS takes at most {}.",
                    inline.quota
                ),
                "Move one of the role's inline policies into a managed policy, then read the role again.",
            ));
        }
        Ok(State::Change(Change {
            edit: Edit::Policy {
                role: self.reading.name.clone(),
                policy,
                before: before.cloned(),
                after: Some(after),
            },
            puts_back: false,
        }))
    }

    fn warnings(&self, target: &Target, state: &State) -> Vec<String> {
        let mut warnings = match (target, state) {
            (_, State::Blocked { .. }) | (Target::Tier { .. } | Target::FullAccess { .. }, _) => {
                return Vec::new();
            }
            (Target::Role { .. }, _) => return self.warnings_of_new(state),
            (Target::Trust { .. }, _) => self.trust_warnings(),
            (Target::Policy { policy, .. }, State::Change(change)) => {
                self.policy_warnings(*policy, change)
            }
            (Target::Policy { policy, .. }, State::InPlace(_)) => self.denials_elsewhere(*policy),
        };
        let is_client = matches!(
            target,
            Target::Policy {
                policy: RolePolicy::Client,
                ..
            }
        );
        if is_client && is_administrator(self.reading) {
            let text = "The role may do everything in the account already: people with it can open other people's sessions, too.";
            warnings.push(text.to_owned());
        }
        if is_client && self.chosen.is_sagemaker && self.choices.connect_from.uses_studio() {
            warnings.push(SHARED_USER_ID.to_owned());
        }
        warnings.extend(self.reading.boundary.as_ref().map(|boundary| {
            format!("The role has a permissions boundary ({boundary}), which can take back what its policies give.")
        }));
        warnings
    }

    fn policy_warnings(&self, policy: RolePolicy, change: &Change) -> Vec<String> {
        let mut warnings: Vec<String> = change
            .before_text()
            .zip(change.after_text())
            .map(|(before, after)| replaced(before, after))
            .into_iter()
            .collect();
        if self
            .reading
            .attached
            .iter()
            .any(|attached| attached.name == policy.name())
        {
            warnings.push(format!(
                "A managed policy named {policy} is attached as well and says something else. It stays."
            ));
        }
        warnings.extend(self.denials_elsewhere(policy));
        warnings
    }

    /// Returns what other inline policies of the role deny, or may deny, of what this policy allows.
    fn denials_elsewhere(&self, policy: RolePolicy) -> Vec<String> {
        let Ok(wanted) = self.template(policy, self.choices.shell_access) else {
            return Vec::new();
        };
        let others = self
            .reading
            .inline
            .iter()
            .filter(|(name, _)| *name != policy.name());
        let documents = others.filter_map(|(name, text)| {
            let document = Document::parse(text.as_str()).ok()?;
            Some((name, denials(&document, &wanted, self.regions())))
        });
        let warnings = documents.flat_map(|(name, denials)| {
            denials.into_iter().map(move |denial| {
                let (action, condition) = (&denial.action, denial.condition());
                if denial.is_certain {
                    format!(
                        "The role's inline policy {name} denies {action}, and a denial always wins: this policy alone \
                         will not do."
                    )
                } else {
                    format!(
                        "The role's inline policy {name} may deny {action}: the condition of its statement ({condition}) \
                         cannot be judged from here."
                    )
                }
            })
        });
        warnings.collect()
    }

    /// The policy of this name as it is wanted for the role.
    fn template(&self, policy: RolePolicy, shell: bool) -> Result<Document, DocumentError> {
        match policy {
            RolePolicy::Server => self.place.server_policy(&self.reading.arn),
            RolePolicy::Client => self.place.client_policy(shell),
        }
    }
}

/// Returns what replacing an inline policy of the same name takes away.
pub fn replaced(before: &str, after: &str) -> String {
    match meaning::gone(Some(before), Some(after)) {
        Some(gone) if gone.is_empty() => {
            "The policy is there but incomplete; it is replaced by the complete one.".to_owned()
        }
        Some(gone) => format!(
            "The policy is there with other contents and is replaced. Gone: {}.",
            meaning::named(&gone)
        ),
        None => "The policy is there but cannot be understood; it is replaced.".to_owned(),
    }
}
