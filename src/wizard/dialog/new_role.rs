//! A role that is to be made: its name, and for whom it is. Nothing is written here; it becomes a part of the plan.

mod view;

use std::collections::BTreeSet;
use std::sync::Arc;

use crossterm::event::{Event, KeyCode, KeyEvent};
use tui_input::backend::crossterm::EventHandler;
use tui_input::{Input, InputRequest};

use crate::account::CallError;
use crate::model::new_role::{TrustedError, bad_name, is_policy_arn};
use crate::model::{Identity, NewRole, Partition, Purpose, Trusted, TrustedKind};
use crate::wizard::effect::Effect;
use crate::wizard::page::roles::Side;
use crate::wizard::session::Load;
use crate::wizard::widget::keys::{self, Action, Binding, MOVES, hint, quiet};
use crate::wizard::widget::picker::{Entry, FILTERING, Picker};

/// More than this is neither a name nor an ARN.
const LONGEST: usize = 300;

/// A part of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Name,
    FullAccess,
    Who,
    OwnSessionNames,
    Boundary,
}

/// The form.
#[derive(Debug)]
pub struct NewRoleDialog {
    side: Side,
    /// The name of the new role that this one takes the place of.
    before: Option<String>,
    name: Input,
    full_access: bool,
    /// Those who may be let in, by ARN.
    who: Picker,
    /// ARNs of roles that could be let in.
    roles: Vec<String>,
    users: Load<Vec<String>>,
    everybody: Trusted,
    own_session_names: bool,
    boundary: Input,
    focus: Field,
    error: Option<String>,
}

impl NewRoleDialog {
    /// The form for a new role of this side, filled in with what was said before, or with a name to begin with.
    pub fn new(
        side: Side,
        identity: &Identity,
        before: Option<&NewRole>,
        roles: Vec<String>,
    ) -> Self {
        let text = |text: &str| Input::new(text.to_owned());
        let mut form = Self {
            side,
            before: before.map(|before| before.name.clone()),
            name: text(match side {
                Side::SageMaker => "SageMaker-SSH-Execution",
                Side::User => "SageMaker-SSH-User",
            }),
            full_access: true,
            who: Picker::default(),
            roles,
            users: Load::Waiting,
            everybody: Trusted::account(&identity.partition, &identity.account),
            own_session_names: false,
            boundary: Input::default(),
            focus: Field::Name,
            error: None,
        };
        if let Some(before) = before {
            form.name = text(&before.name);
            form.boundary = text(before.boundary.as_deref().unwrap_or_default());
            match &before.purpose {
                Purpose::Sagemaker { full_access } => form.full_access = *full_access,
                Purpose::People {
                    assumed_by,
                    own_session_names,
                } => {
                    form.own_session_names = *own_session_names;
                    for who in assumed_by {
                        form.let_in(who);
                    }
                }
            }
        }
        form.list();
        form
    }

    /// Lets somebody in from the beginning.
    pub fn let_in(&mut self, who: &Trusted) {
        self.who.pick(who.arn());
        self.who.focus(who.arn());
    }

    /// The boundary of another new role, where none was said for this one.
    pub fn with_boundary(&mut self, arn: &str) {
        if self.boundary.value().is_empty() {
            self.boundary = Input::new(arn.to_owned());
        }
    }

    /// The users are known, or why they are not.
    pub fn set_users(&mut self, users: Result<Vec<String>, CallError>) {
        self.users = match users {
            Ok(users) => Load::Ready(users),
            Err(error) => Load::Failed(error),
        };
        self.list();
    }

    /// Says why the role cannot be made so.
    pub fn refuse(&mut self, why: String) {
        self.error = Some(why);
        self.focus = Field::Name;
    }

    fn list(&mut self) {
        // Whoever is picked is listed, whether IAM has named them yet or not.
        let is_user = |arn: &&str| arn.contains(":user/");
        let listed = self.users.ready().map_or(&[][..], Vec::as_slice);
        let users = listed.iter().map(String::as_str);
        let users = users.chain(self.who.picked().filter(is_user));
        let users: BTreeSet<(String, &str)> = users.map(|arn| (arn.to_lowercase(), arn)).collect();
        let users = users.into_iter().map(|(_, arn)| arn);
        let arns = [self.everybody.arn()].into_iter().chain(users);
        let arns = arns.chain(self.roles.iter().map(String::as_str));
        let entry = |arn: &str| {
            Arc::new(Entry {
                id: arn.to_owned(),
                haystack: arn.to_lowercase(),
                group: String::new(),
                is_default_cursor: arn != self.everybody.arn(),
            })
        };
        let entries = arns.map(entry).collect();
        self.who.set_entries(entries);
    }

    fn fields(&self) -> &'static [Field] {
        match self.side {
            Side::SageMaker => &[Field::Name, Field::FullAccess, Field::Boundary],
            Side::User => &[
                Field::Name,
                Field::Who,
                Field::OwnSessionNames,
                Field::Boundary,
            ],
        }
    }

    fn is_text(&self) -> bool {
        matches!(self.focus, Field::Name | Field::Boundary)
    }

    pub fn is_typing(&self) -> bool {
        self.is_text() || self.who.is_filtering()
    }

    pub fn bindings(&self) -> Vec<Binding> {
        if self.who.is_filtering() {
            return FILTERING.to_vec();
        }
        let mut bindings = vec![
            hint(KeyCode::Enter, Action::Next, "add it to the plan"),
            hint(KeyCode::Esc, Action::Back, "leave it"),
            hint(KeyCode::Tab, Action::OtherPane, "next field"),
            quiet(KeyCode::BackTab, Action::PreviousField, "field before"),
        ];
        match self.focus {
            Field::Name | Field::Boundary => bindings.extend([
                quiet(KeyCode::Down, Action::OtherPane, "next field"),
                quiet(KeyCode::Up, Action::PreviousField, "field before"),
            ]),
            Field::FullAccess | Field::OwnSessionNames => {
                bindings.push(hint(KeyCode::Char(' '), Action::Toggle, "on or off"));
                bindings.extend([
                    quiet(KeyCode::Down, Action::OtherPane, "next field"),
                    quiet(KeyCode::Up, Action::PreviousField, "field before"),
                ]);
            }
            Field::Who => {
                bindings.push(hint(KeyCode::Char(' '), Action::Toggle, "pick"));
                bindings.push(hint(KeyCode::Char('/'), Action::Filter, "filter"));
                bindings.extend(MOVES);
            }
        }
        bindings
    }

    /// Does what the key is bound to, or types it.
    pub fn on_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        if self.who.is_filtering() {
            self.who.type_filter(key);
            return Vec::new();
        }
        self.error = None;
        let action = keys::find(&self.bindings(), &key);
        match (action, self.focus) {
            (Some(Action::Next), _) => return self.done(),
            (Some(Action::Back), Field::Who) if self.who.has_filter() => self.who.clear_filter(),
            (Some(Action::Back), _) => return vec![Effect::CloseDialog],
            (Some(Action::OtherPane), _) => self.move_focus(true),
            (Some(Action::PreviousField), _) => self.move_focus(false),
            (Some(Action::Toggle), Field::FullAccess) => self.full_access = !self.full_access,
            (Some(Action::Toggle), Field::OwnSessionNames) => {
                self.own_session_names = !self.own_session_names;
            }
            (Some(action), Field::Who) => drop(self.who.act(action)),
            (None, Field::Name) => drop(self.name.handle_event(&Event::Key(key))),
            (None, Field::Boundary) => drop(self.boundary.handle_event(&Event::Key(key))),
            _ => {}
        }
        Vec::new()
    }

    /// A pasted text: into the field that is open, or nowhere.
    pub fn paste(&mut self, text: &str) {
        let input = match self.focus {
            Field::Name => &mut self.name,
            Field::Boundary => &mut self.boundary,
            Field::Who if self.who.is_filtering() => return self.who.paste(text),
            Field::Who => return self.paste_principals(text),
            Field::FullAccess | Field::OwnSessionNames => return,
        };
        // The first line is the field's.
        let line = text.trim_start().lines().next().unwrap_or_default();
        for c in line.chars().filter(|c| !c.is_control()).take(LONGEST) {
            input.handle(InputRequest::InsertChar(c));
        }
    }

    /// Lets in whoever is named by a pasted text, an ARN each.
    fn paste_principals(&mut self, text: &str) {
        self.error = None;
        for word in Trusted::separated(text) {
            match self.principal(&word) {
                Ok(who) => {
                    let is_listed = self.roles.iter().any(|arn| arn == who.arn());
                    if !is_listed && who.kind() == TrustedKind::Role {
                        self.roles.push(who.arn().to_owned());
                    }
                    self.let_in(&who);
                }
                Err(why) => self.error = Some(why.to_string()),
            }
        }
        self.list();
    }

    fn move_focus(&mut self, forward: bool) {
        let fields = self.fields();
        let here = fields.iter().position(|field| *field == self.focus);
        let step = if forward { 1 } else { fields.len() - 1 };
        let there = here.map_or(0, |here| (here + step) % fields.len());
        self.focus = fields.get(there).copied().unwrap_or(Field::Name);
    }

    /// Those who are let in, in the order of the list.
    fn assumed_by(&self) -> Vec<Trusted> {
        let picked = self.who.picked();
        picked.filter_map(|arn| self.principal(arn).ok()).collect()
    }

    /// Somebody of this account, by ARN.
    fn principal(&self, word: &str) -> Result<Trusted, TrustedError> {
        let everybody = self.everybody.arn();
        let account = everybody.split(':').nth(4).unwrap_or_default();
        let partition = Partition::of_arn(everybody).unwrap_or_default();
        Trusted::read(word, &partition, account)
    }

    fn done(&mut self) -> Vec<Effect> {
        match self.role() {
            Ok(role) => vec![Effect::AddNewRole(Box::new(role), self.before.clone())],
            Err((field, why)) => {
                self.error = Some(why);
                self.focus = field;
                Vec::new()
            }
        }
    }

    /// The role as it was said.
    ///
    /// # Errors
    /// With the field that is not right, and why.
    fn role(&self) -> Result<NewRole, (Field, String)> {
        let name = self.name.value().trim();
        if let Some(why) = bad_name(name) {
            return Err((Field::Name, why.to_owned()));
        }
        let boundary = self.boundary.value().trim();
        if !boundary.is_empty() && !is_policy_arn(boundary) {
            let why = "This is not the ARN of a managed policy. It looks like arn:aws:iam::123456789012:policy/Boundary; leave \
                       it empty where none is demanded.";
            return Err((Field::Boundary, why.to_owned()));
        }
        let assumed_by = self.assumed_by();
        let purpose = match self.side {
            Side::SageMaker => Purpose::Sagemaker {
                full_access: self.full_access,
            },
            Side::User if assumed_by.is_empty() => {
                let why = "Space picks who may assume it; one at least.";
                return Err((Field::Who, why.to_owned()));
            }
            Side::User => {
                let has = |kind| assumed_by.iter().any(|who| who.kind() == kind);
                if self.own_session_names && has(TrustedKind::Account) {
                    let why = "Everybody whom IAM lets could come in under any name, IAM users too: pick the users alone, or do \
                               without their session names.";
                    return Err((Field::OwnSessionNames, why.to_owned()));
                }
                if self.own_session_names && !has(TrustedKind::User) {
                    let why = "No IAM user is picked, so that there is nobody whose session could be named.";
                    return Err((Field::OwnSessionNames, why.to_owned()));
                }
                Purpose::People {
                    own_session_names: self.own_session_names,
                    assumed_by,
                }
            }
        };
        Ok(NewRole {
            name: name.to_owned(),
            purpose,
            boundary: (!boundary.is_empty()).then(|| boundary.to_owned()),
        })
    }
}
