//! The roles of a side that are to be made: in the list among the others, and picked.

use std::sync::Arc;

use super::RolesPage;
use crate::model::NewRole;
use crate::wizard::session::Session;
use crate::wizard::widget::picker::Entry;

impl RolesPage {
    /// The roles that are to be made, whether they are picked or not.
    pub fn new_roles(&self) -> &[NewRole] {
        &self.new_roles
    }

    /// The role to be made that the form is about: the one under the cursor, else the first.
    pub fn new_role_to_change(&self) -> Option<&NewRole> {
        let current = self.current();
        let mut new = self.new_roles.iter();
        let here = new.find(|new| Some(&new.name) == current.as_ref());
        here.or_else(|| self.new_roles.first())
    }

    /// Picks a role that is to be made, in place of another one where that is named.
    pub fn set_new_role(&mut self, new: &NewRole, before: Option<&str>) {
        match self
            .new_roles
            .iter_mut()
            .find(|role| Some(role.name.as_str()) == before)
        {
            Some(role) => {
                self.picker.unpick(&role.name);
                role.clone_from(new);
            }
            None => self.new_roles.push(new.clone()),
        }
        self.picker.clear_filter();
        self.picker.pick(&new.name);
        self.picker.focus(&new.name);
    }

    /// All roles that are made have the same boundary.
    pub fn set_boundary(&mut self, boundary: Option<&str>) {
        for new in &mut self.new_roles {
            new.boundary = boundary.map(str::to_owned);
        }
    }

    /// Puts the roles that are to be made into the list, where their names belong.
    pub(super) fn insert_new_roles(&self, entries: &mut Vec<Arc<Entry>>) {
        for new in &self.new_roles {
            if entries.iter().any(|entry| entry.id == new.name) {
                continue;
            }
            let name = new.name.to_lowercase();
            let place = entries.partition_point(|entry| entry.id.to_lowercase() < name);
            let entry = Entry {
                id: new.name.clone(),
                haystack: name,
                group: String::new(),
                is_default_cursor: true,
            };
            entries.insert(place, Arc::new(entry));
        }
    }
}

/// Returns whether a role that was to be made has been read, and so is there.
pub(super) fn is_there(new: &NewRole, session: &Session) -> bool {
    let reading = session.findings.readings.get(&new.name);
    reading.is_some_and(|reading| reading.ready().is_some())
}
