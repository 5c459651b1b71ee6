//! Choosing roles: the SageMaker roles, or the roles that people come with.

mod detail;
mod new_roles;
mod typing;

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use crate::model::{NewRole, RoleKind};
use crate::text::{Severity, counted};
use crate::wizard::effect::Effect;
use crate::wizard::role_list::ListedRole;
use crate::wizard::session::{Findings, Load, RoleState, Session};
use crate::wizard::widget::frame::framed;
use crate::wizard::widget::keys::{self, Action, Binding, MOVES, hint, quiet};
use crate::wizard::widget::picker::{Entry, FILTERING, Picker, filter_bindings};
use crate::wizard::widget::scroll::Scroll;
use crate::wizard::widget::text::{said, wrapped};
use crate::wizard::widget::theme;
use detail::{LAST_USED_WIDTH, LONGEST_MARK, VERDICT_WIDTH, row, row_of_new};
use new_roles::is_there;
use typing::Typing;

/// Which roles are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    SageMaker,
    User,
}

/// The step's own state.
#[derive(Debug)]
pub struct RolesPage {
    side: Side,
    pub picker: Picker,
    show_all: bool,
    /// Whether the only role that fits was picked already, so that it stays unpicked once somebody unpicks it.
    has_picked_only: bool,
    typing: Option<Typing>,
    /// The roles that are to be made for this side.
    new_roles: Vec<NewRole>,
    detail: Scroll,
    /// Whether the keys move the detail pane.
    in_detail: bool,
}

/// The keys that are not typed while roles are.
const TYPING: [Binding; 2] = [
    hint(KeyCode::Enter, Action::Next, "add it"),
    hint(KeyCode::Esc, Action::Back, "close"),
];

/// The columns that the detail pane needs beside the list.
const DETAIL_WIDTH: usize = 50;
/// The mark of the cursor, the box and the bar.
const BOX_WIDTH: usize = 7;

impl Side {
    /// The side that a role is made for.
    pub fn of(new: &NewRole) -> Self {
        if new.is_sagemaker() {
            Self::SageMaker
        } else {
            Self::User
        }
    }
}

impl RolesPage {
    pub fn new(side: Side) -> Self {
        Self {
            side,
            picker: Picker::default(),
            show_all: false,
            has_picked_only: false,
            typing: None,
            new_roles: Vec::new(),
            detail: Scroll::default(),
            in_detail: false,
        }
    }

    pub fn is_typing(&self) -> bool {
        self.typing.is_some() || self.picker.is_filtering()
    }

    pub fn bindings(&self, session: &Session) -> Vec<Binding> {
        if self.typing.is_some() {
            return TYPING.to_vec();
        }
        if self.picker.is_filtering() {
            return FILTERING.to_vec();
        }
        let all = if self.show_all {
            "suggested only"
        } else {
            "all roles"
        };
        let mut bindings = vec![
            hint(KeyCode::Char(' '), Action::Toggle, "pick"),
            hint(KeyCode::Enter, Action::Next, "go on"),
        ];
        bindings.extend(filter_bindings(&self.picker, self.in_detail));
        let new = if self.new_roles.is_empty() {
            "new role"
        } else {
            "change new role"
        };
        bindings.extend([
            hint(KeyCode::Char('n'), Action::NewRole, new),
            hint(KeyCode::Char('v'), Action::ShowAll, all),
            hint(KeyCode::Char('t'), Action::TypeRole, "type one"),
            hint(
                KeyCode::Tab,
                Action::OtherPane,
                if self.in_detail { "list" } else { "details" },
            ),
            quiet(
                KeyCode::Char('a'),
                Action::PickAll,
                "pick all that are shown",
            ),
            quiet(KeyCode::Char('i'), Action::Invert, "invert what is picked"),
        ]);
        if matches!(session.findings.roles_end, Load::Failed(_)) {
            bindings.push(hint(KeyCode::Char('r'), Action::Reload, "list again"));
        }
        bindings.extend(MOVES);
        bindings
    }

    /// Brings the list up to date: what fits this side, and whatever is picked.
    pub fn rebuild(&mut self, findings: &Findings) {
        let is_listed = |role: &&ListedRole| {
            self.show_all || self.fits(role) || self.picker.is_picked(&role.summary.name)
        };
        let roles = findings.roles.iter().filter(is_listed);
        let entries = roles.map(|role| role.entry(self.side == Side::SageMaker));
        let mut entries: Vec<Arc<Entry>> = entries.collect();
        self.insert_new_roles(&mut entries);
        self.picker.set_entries(entries);
        self.pick_only_one(findings);
    }

    /// The only role that fits, once all are listed; none where there are several.
    fn only_one<'a>(&self, findings: &'a Findings) -> Option<&'a str> {
        findings.roles_end.ready()?;
        let mut fitting = findings.roles.iter().filter(|role| self.fits(role));
        let only = fitting.next().filter(|_| fitting.next().is_none())?;
        let is_ordinary = only.summary.kind() == RoleKind::Ordinary;
        is_ordinary.then_some(only.summary.name.as_str())
    }

    fn pick_only_one(&mut self, findings: &Findings) {
        if self.has_picked_only {
            return;
        }
        self.has_picked_only = findings.roles_end.ready().is_some();
        if let (Some(only), 0) = (self.only_one(findings), self.picker.count()) {
            self.picker.pick(only);
        }
    }

    /// What is read of the roles in sight while nobody asks for it: those nearest to the cursor first.
    pub fn in_sight(&self) -> Vec<String> {
        self.picker.in_sight()
    }

    /// Takes a role out of what is picked.
    pub fn unpick(&mut self, name: &str) {
        self.picker.unpick(name);
    }

    fn fits(&self, role: &ListedRole) -> bool {
        match self.side {
            Side::SageMaker => role.is_sagemaker,
            Side::User => role.is_for_people && !role.is_sagemaker,
        }
    }

    pub fn handle(&mut self, action: Action, session: &Session) -> Vec<Effect> {
        match action {
            Action::Next if self.picker.count() == 0 => {
                let text = if session.findings.roles.is_empty() {
                    "n makes a role, t takes the ARN or name of one; one at least."
                } else if self.picker.shows_nothing() && self.picker.has_filter() {
                    "Nothing matches the filter, and nothing is picked. Esc clears the filter."
                } else {
                    "Space picks a role; one at least."
                };
                return vec![Effect::say(Severity::Warning, text)];
            }
            Action::Next => return vec![Effect::Next],
            Action::Back if self.close() => {}
            Action::Back => return vec![Effect::Back],
            Action::Reload => return vec![Effect::ListRoles],
            Action::ShowAll => self.show_all = !self.show_all,
            Action::TypeRole => self.typing = Some(Typing::default()),
            Action::NewRole => return vec![Effect::AskNewRole(self.side)],
            Action::OtherPane => self.in_detail = !self.in_detail,
            _ if self.in_detail && self.detail.act(action) => {}
            _ => {
                let before = self.current();
                self.picker.act(action);
                if before != self.current() {
                    self.detail.to_top();
                }
                if action == Action::PickAll {
                    return vec![self.say_how_many(session)];
                }
            }
        }
        Vec::new()
    }

    /// Returns how many are picked now, and how many of them AWS would refuse to change.
    fn say_how_many(&self, session: &Session) -> Effect {
        let picked: Vec<&str> = self.picker.picked().collect();
        let is_refused = |name: &&&str| {
            let role = session.findings.roles.get(name).map(|role| &role.summary);
            role.is_some_and(|role| {
                let is_sagemaker = self.side == Side::SageMaker;
                let state = session
                    .findings
                    .role_state(role, is_sagemaker, &session.choices);
                role.kind() != RoleKind::Ordinary
                    || is_sagemaker && role.is_too_long()
                    || matches!(state, RoleState::Blocked(_))
            })
        };
        let refused = picked.iter().filter(is_refused).count();
        let text = match (picked.len(), refused) {
            (0, _) => "Nothing is picked any more.".to_owned(),
            (count, 0) => format!("{} picked.", counted(count, "role")),
            (count, refused) => {
                format!(
                    "{} picked; {refused} of them cannot be changed here.",
                    counted(count, "role")
                )
            }
        };
        Effect::say(Severity::Info, text)
    }

    /// The role under the cursor.
    pub fn current(&self) -> Option<String> {
        self.picker.current().map(|entry| entry.id.clone())
    }

    /// Closes what is open; whether anything was.
    fn close(&mut self) -> bool {
        if self.typing.take().is_some() {
            return true;
        }
        if self.picker.has_filter() || self.picker.is_filtering() {
            self.picker.clear_filter();
            return true;
        }
        std::mem::take(&mut self.in_detail)
    }

    /// A key while something is typed; the roles that were typed are added once they are right.
    pub fn type_key(&mut self, key: KeyEvent, session: &Session) -> Vec<Effect> {
        let Some(typing) = &mut self.typing else {
            self.picker.type_filter(key);
            return Vec::new();
        };
        match keys::find(&TYPING, &key) {
            Some(Action::Next) => {
                let roles = typing.take(&session.findings);
                if let Some(last) = roles.last() {
                    for role in &roles {
                        self.picker.pick(&role.name);
                    }
                    self.picker.focus(&last.name);
                    self.typing = None;
                }
                return vec![Effect::AddTyped(roles)];
            }
            Some(_) => self.typing = None,
            None => typing.key(key),
        }
        Vec::new()
    }

    /// A paste: into the field that is open, or nowhere.
    pub fn paste(&mut self, text: &str) {
        match &mut self.typing {
            Some(typing) => typing.paste(text),
            None if self.picker.is_filtering() => self.picker.paste(text),
            None => {}
        }
    }

    pub fn draw(&mut self, frame: &mut Frame, area: Rect, session: &Session) {
        let question = match self.side {
            Side::SageMaker => "Which roles do SageMaker jobs, endpoints and notebooks run under?",
            Side::User => "Which roles do people have when they connect from their computer?",
        };
        let question = wrapped(question, area.width, "", theme::PLAIN);
        let [question_place, head, body] = Layout::vertical([
            Constraint::Length(u16::try_from(question.len()).unwrap_or(1)),
            Constraint::Length(1),
            Constraint::Fill(1),
        ])
        .areas(area);
        frame.render_widget(Paragraph::new(question), question_place);
        let more = if session.findings.roles_end.is_waiting() {
            format!(" · more are coming {}", session.spinner)
        } else {
            String::new()
        };
        self.picker.draw_head(frame, head, "role", &more);
        // The list has the columns that its names need; the rest is the pane's, where that is enough.
        let needed = BOX_WIDTH + self.picker.longest() + LONGEST_MARK + VERDICT_WIDTH;
        let width = usize::from(body.width);
        let (list, detail) = if width >= needed + DETAIL_WIDTH {
            let with_use = needed + LAST_USED_WIDTH;
            let needed = if width >= with_use + DETAIL_WIDTH {
                with_use
            } else {
                needed
            };
            let [list, _, detail] = Layout::horizontal([
                Constraint::Length(u16::try_from(needed).unwrap_or(u16::MAX)),
                Constraint::Length(1),
                Constraint::Fill(1),
            ])
            .areas(body);
            (list, Some(detail))
        } else if body.height >= 14 && body.width >= 50 {
            let height = (body.height / 3).max(7);
            let [list, detail] =
                Layout::vertical([Constraint::Fill(1), Constraint::Length(height)]).areas(body);
            (list, Some(detail))
        } else {
            (body, None)
        };
        let list = self.draw_trouble(frame, list, session);
        let (side, active) = (self.side, !self.in_detail && self.typing.is_none());
        let shows_last_used = usize::from(list.width) >= needed + LAST_USED_WIDTH;
        let new_roles = &self.new_roles;
        let picked: Vec<String> = self.picker.picked().map(str::to_owned).collect();
        self.picker.draw(frame, list, active, |entry, width| {
            let mut new = new_roles.iter().filter(|new| !is_there(new, session));
            match new.find(|new| new.name == entry.id) {
                Some(new) => row_of_new(new, picked.contains(&new.name), width),
                None => row(&entry.id, width, side, shows_last_used, session),
            }
        });
        if let (Some(place), false) = (detail, self.picker.is_empty()) {
            self.draw_detail(frame, place, session);
        }
        if let Some(typing) = &self.typing {
            typing.draw(frame, area);
        }
    }

    /// Draws why the list is short or empty, above it. Returns the place that is left.
    fn draw_trouble(&self, frame: &mut Frame, area: Rect, session: &Session) -> Rect {
        let room = area.width.saturating_sub(1);
        let mut lines = Vec::new();
        match &session.findings.roles_end {
            Load::Failed(error) => {
                let some = if session.findings.roles.is_empty() {
                    ""
                } else {
                    " What is shown came before that."
                };
                let text = format!("{}{some} {}", error.sentence(), error.advice());
                lines.extend(said(Severity::Error, &text, room));
                lines.extend(wrapped(
                    "You can type or paste a role's ARN with t.",
                    room,
                    "",
                    theme::PLAIN,
                ));
            }
            Load::Ready(()) if self.picker.is_empty() && self.picker.count() == 0 => {
                let text = match (session.findings.roles.is_empty(), self.side) {
                    (true, Side::SageMaker) => {
                        "This account has no roles yet. n makes one for SageMaker; it becomes a part of the plan, and nothing is \
                         written before you confirm that."
                    }
                    (true, Side::User) => {
                        "This account has no roles yet. n makes one for people; it becomes a part of the plan, and nothing is \
                         written before you confirm that."
                    }
                    (false, Side::SageMaker) => {
                        "No role here trusts SageMaker. n makes one; v shows all roles; t lets you type one."
                    }
                    (false, Side::User) => {
                        "No role here is for people. n makes one; v shows all roles; t lets you type one."
                    }
                };
                lines.extend(said(Severity::Warning, text, room));
            }
            Load::Ready(()) if self.picker.shows_nothing() => {
                lines.push(Line::raw("Nothing matches the filter. Esc clears it."));
            }
            Load::Waiting if self.picker.is_empty() => {
                lines.push(Line::raw(format!("Listing the roles. {}", session.spinner)));
            }
            Load::Ready(())
                if self
                    .only_one(&session.findings)
                    .is_some_and(|only| self.picker.is_picked(only))
                    && self.picker.count() == 1 =>
            {
                let text = "It is the only one that fits, so it is picked already.";
                lines.extend(wrapped(text, room, "", theme::PLAIN));
            }
            Load::Waiting | Load::Ready(()) => {}
        }
        let height = u16::try_from(lines.len())
            .unwrap_or(u16::MAX)
            .min(area.height);
        let [place, rest] =
            Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]).areas(area);
        frame.render_widget(Paragraph::new(lines), place);
        rest
    }

    fn draw_detail(&mut self, frame: &mut Frame, area: Rect, session: &Session) {
        let title = if self.in_detail {
            "› The role"
        } else {
            "The role"
        };
        let inner = framed(frame, area, title);
        let current = self.current();
        let mut new = self.new_roles.iter().filter(|new| !is_there(new, session));
        let new = new.find(|new| Some(&new.name) == current.as_ref());
        let role = current.and_then(|name| session.findings.roles.get(&name));
        let lines = if let Some(new) = new {
            detail::lines_of_new(new, inner.width.saturating_sub(1))
        } else {
            role.map_or_else(Vec::new, |role| {
                detail::lines(
                    &role.summary,
                    self.side,
                    session,
                    inner.width.saturating_sub(1),
                )
            })
        };
        self.detail.draw(frame, inner, lines);
        if self.in_detail {
            self.detail.set_cursor_on_top(frame, inner);
        }
    }
}
