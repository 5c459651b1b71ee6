//! Roles that are to be made: asked for, and added to what is chosen. They are written with everything else, after the question.

use super::App;
use super::dialog::{Dialog, NewRoleDialog};
use super::page::roles::Side;
use crate::model::{NewRole, RoleArn, RoleKind, Trusted};
use crate::text::Severity;

impl App {
    /// Asks for a new role of this side. From an Identity Center role on, it is one that people of that permission set may
    /// assume.
    pub(super) fn ask_new_role(&mut self, side: Side) {
        let findings = &self.session.findings;
        let Some(identity) = findings.identity.ready() else {
            let text = "Who you are is not known yet; then a role can be made.";
            return self.say(Severity::Warning, text);
        };
        let page = self.pages.forms.roles(side);
        let listed = findings.roles.iter();
        let people = listed.filter(|role| role.is_for_people && !role.summary.arn.is_empty());
        let roles = people.map(|role| role.summary.arn.clone()).collect();
        let before = page.new_role_to_change();
        let mut form = NewRoleDialog::new(side, identity, before, roles);
        let current = page.current();
        let current = current.and_then(|name| findings.roles.get(&name));
        let set = current.filter(|role| role.summary.kind() == RoleKind::IdentityCenter);
        let set = set.and_then(|role| role.summary.arn.parse::<RoleArn>().ok());
        if let (Some(arn), Side::User, None) = (set, side, before) {
            form.let_in(&Trusted::role(&arn));
        }
        let mut others = self.pages.forms.new_roles();
        if let Some(boundary) = others.find_map(|new| new.boundary.as_ref()) {
            form.with_boundary(boundary);
        }
        self.dialog = Some(Dialog::NewRole(Box::new(form)));
        if let (Side::User, Some(account)) = (side, self.account.clone()) {
            self.tasks.users(account);
        }
    }

    /// Returns why a new role cannot have its name; none where it can.
    fn why_taken(&self, role: &NewRole, before: Option<&str>) -> Option<String> {
        // IAM does not tell names apart by case.
        let name = role.name.to_lowercase();
        let is_same = |other: &str| other.to_lowercase() == name;
        let mut listed = self.session.findings.roles.iter();
        let taken = listed.find(|listed| {
            let name = &listed.summary.name;
            is_same(name) && Some(name.as_str()) != before
        });
        let mut made = self.pages.forms.new_roles();
        let twice = made.find(|other| Some(other.name.as_str()) != before && is_same(&other.name));
        match (taken, twice) {
            (Some(taken), _) => Some(format!(
                "There is a role of this name already: {}. Give the new one another name, or leave this and pick that one.",
                taken.summary.name
            )),
            (None, Some(_)) => Some(
                "The other new role has this name already. Give this one another name.".to_owned(),
            ),
            (None, None) => None,
        }
    }

    /// Adds a role that is to be made, unless there is one of that name.
    pub(super) fn add_new_role(&mut self, role: &NewRole, before: Option<&str>) {
        if let Some(why) = self.why_taken(role, before) {
            if let Some(Dialog::NewRole(form)) = &mut self.dialog {
                form.refuse(why);
            }
            return;
        }
        self.dialog = None;
        let text = format!("{} is part of the plan now.", role.name);
        self.pages.forms.make(role, before);
        self.say(Severity::Good, text);
    }
}
