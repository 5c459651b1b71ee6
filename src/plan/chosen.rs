//! The chosen roles: what each is chosen for, whether it is there or to be made, and whether anybody could use it.

use std::borrow::Cow;

use super::role_document::{self, RoleDocument};
use crate::model::{Choices, NewRole, RoleReading, Survey, UnreadCause};
use crate::policy::template::{Place, RolePolicy};
use crate::policy::{Document, trust};

/// A chosen role and what it is chosen for. A role may be both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChosenRole<'a> {
    pub(super) name: &'a str,
    pub(super) is_sagemaker: bool,
    pub(super) needs_client: bool,
    /// What it was to be made as.
    pub(super) new: Option<&'a NewRole>,
    /// Whether there is no such role yet.
    pub(super) is_to_be_made: bool,
}

impl ChosenRole<'_> {
    /// Takes in whether the role is there, from the survey and the one with the roles that are to be made.
    pub(super) fn held_against(self, there: &Survey, with_new: &Survey) -> Self {
        let is_read = |survey: &Survey| survey.roles.get(self.name).is_some_and(Result::is_ok);
        Self {
            is_to_be_made: is_read(with_new) && !is_read(there),
            ..self
        }
    }
}

/// The survey with the roles that are to be made as they will be read; one that is there already stays as it was read.
pub(super) fn with_new_roles<'a>(survey: &'a Survey, choices: &Choices) -> Cow<'a, Survey> {
    let mut survey = Cow::Borrowed(survey);
    for new in choices.asked_new_roles() {
        let Some(Err(unread)) = survey.roles.get(&new.name) else {
            continue;
        };
        let place = Place::of(&survey.identity);
        let document = RoleDocument::of_new(new, place, choices.harden_trust);
        if let (UnreadCause::NotFound, Ok(document)) = (unread.cause, document) {
            let reading = role_document::reading_of_new(new, &document, place);
            let roles = &mut survey.to_mut().roles;
            roles.insert(new.name.clone(), Ok(reading));
        }
    }
    survey
}

/// SageMaker roles that SageMaker may not assume, and user roles that no person may assume.
pub(super) fn unusable(
    survey: &Survey,
    choices: &Choices,
) -> Vec<(String, RolePolicy, &'static str)> {
    let trust = |role: &String| {
        let reading = survey.roles.get(role)?.as_ref().ok()?;
        Document::parse(reading.trust.as_str()).ok()
    };
    let no_job = "SageMaker itself may not assume the role, so no job runs under it.";
    let nobody =
        "No person may assume the role: its trust policy lets in AWS services and programs alone.";
    let of_sagemaker = choices
        .sagemaker_roles
        .iter()
        .filter(|role| trust(role).is_some_and(|trust| !trust::is_sagemaker_role(&trust)));
    let of_people = choices.user_roles.iter().filter(|role| {
        choices.connect_from.uses_user_roles()
            && trust(role).is_some_and(|trust| !trust::is_for_people(&trust))
    });
    let of_sagemaker = of_sagemaker.map(|role| (role.clone(), RolePolicy::Server, no_job));
    let without = choices.asked_new_roles().filter(|new| {
        let reading = survey
            .roles
            .get(&new.name)
            .and_then(|role| role.as_ref().ok());
        // Where it is to get the managed policy, that is an item of its own.
        let is_bare = new.is_sagemaker() && !new.has_full_access();
        is_bare && reading.is_some_and(has_no_other_policy)
    });
    let without = without.map(|new| (new.name.clone(), RolePolicy::Server, NO_OTHER_POLICY));
    let of_people = of_people.map(|role| (role.clone(), RolePolicy::Client, nobody));
    of_sagemaker.chain(without).chain(of_people).collect()
}

/// What is said of a new SageMaker role that may do nothing but answer sessions.
pub(super) const NO_OTHER_POLICY: &str = "The new role has no other policy: no job runs under it before it may read its data, fetch its \
     image and write its log.";

/// Returns whether a role has no policy besides those that this program writes.
pub(super) fn has_no_other_policy(reading: &RoleReading) -> bool {
    let is_ours = |name: &String| RolePolicy::named(name).is_some();
    let attached = reading.attached.iter().map(|policy| &policy.name);
    reading.inline.keys().chain(attached).all(is_ours)
}

pub(super) fn roles(choices: &Choices) -> Vec<ChosenRole<'_>> {
    let mut roles: Vec<ChosenRole> = choices
        .sagemaker_roles
        .iter()
        .map(|name| ChosenRole {
            name,
            is_sagemaker: true,
            needs_client: choices.connect_from.uses_studio(),
            new: choices.new_role(name),
            is_to_be_made: false,
        })
        .collect();
    if choices.connect_from.uses_user_roles() {
        for name in &choices.user_roles {
            match roles.iter_mut().find(|role| role.name == name) {
                Some(role) => role.needs_client = true,
                None => roles.push(ChosenRole {
                    name,
                    is_sagemaker: false,
                    needs_client: true,
                    new: choices.new_role(name),
                    is_to_be_made: false,
                }),
            }
        }
    }
    roles
}
