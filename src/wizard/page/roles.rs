//! Choosing roles: the SageMaker roles, or the roles that people come with.

mod detail;
mod typing;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::text::Severity;
use crate::wizard::effect::Effect;
use crate::wizard::role_list::ListedRole;
use crate::wizard::session::{Findings, Load, Session};
use crate::wizard::widget::frame::framed;
use crate::wizard::widget::keys::{self, Action, Binding, MOVES, hint, quiet};
use crate::wizard::widget::picker::{FILTERING, Picker};
use crate::wizard::widget::scroll::Scroll;
use crate::wizard::widget::text::wrapped;
use crate::wizard::widget::theme;
use detail::row;
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
    typing: Option<Typing>,
    detail: Scroll,
    /// Whether the keys move the detail pane.
    in_detail: bool,
}

/// The keys that are not typed while roles are.
const TYPING: [Binding; 2] = [
    hint(KeyCode::Enter, Action::Next, "take it"),
    hint(KeyCode::Esc, Action::Back, "close"),
];

/// From this width on the detail pane stands beside the list, and names still fit.
const WIDE: u16 = 120;

impl RolesPage {
    pub fn new(side: Side) -> Self {
        Self {
            side,
            picker: Picker::default(),
            show_all: false,
            typing: None,
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
            hint(KeyCode::Esc, Action::Back, "back"),
            hint(KeyCode::Char('/'), Action::Filter, "filter"),
            hint(KeyCode::Char('A'), Action::ShowAll, all),
            hint(KeyCode::Char('t'), Action::TypeRole, "type one"),
            hint(KeyCode::Tab, Action::OtherPane, "pane"),
            quiet(
                KeyCode::Char('a'),
                Action::PickAll,
                "pick all that are shown",
            ),
            quiet(KeyCode::Char('i'), Action::Invert, "invert what is picked"),
        ];
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
        self.picker.set_entries(entries.collect());
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
                    "Type t to give a role's ARN or name; one at least."
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
            Action::OtherPane => self.in_detail = !self.in_detail,
            _ if self.in_detail && self.detail.act(action) => {}
            _ => {
                let before = self.current();
                self.picker.act(action);
                if before != self.current() {
                    self.detail.to_top();
                }
            }
        }
        Vec::new()
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
                let roles = typing.take(session.findings.identity.ready());
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
        let mut line = self.picker.head("role");
        if session.findings.roles_end.is_waiting() {
            line.push_span(Span::styled(
                format!(" · more are coming {}", session.spinner),
                theme::DIM,
            ));
        }
        frame.render_widget(line, head);
        let (list, detail) = if body.width >= WIDE {
            let [list, _, detail] = Layout::horizontal([
                Constraint::Percentage(50),
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
        let (side, active) = (self.side, !self.in_detail);
        self.picker.draw(frame, list, active, |entry, width| {
            row(&entry.id, width, side, session)
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
                let text = format!(
                    "{} {}{some} {}",
                    theme::CROSS,
                    error.sentence(),
                    error.advice()
                );
                lines.extend(wrapped(&text, room, "  ", theme::BAD));
                lines.extend(wrapped(
                    "You can type or paste a role's ARN with t.",
                    room,
                    "",
                    theme::PLAIN,
                ));
            }
            Load::Ready(()) if self.picker.is_empty() && self.picker.count() == 0 => {
                let text = match (session.findings.roles.is_empty(), self.side) {
                    (true, _) => {
                        "This account has no roles yet. Make one in the IAM console, or in SageMaker under Domains."
                    }
                    (false, Side::SageMaker) => {
                        "No role here trusts SageMaker. A shows all roles; t lets you type one."
                    }
                    (false, Side::User) => {
                        "No role here is for people. A shows all roles; t lets you type one."
                    }
                };
                lines.extend(wrapped(text, room, "", theme::WARN));
            }
            Load::Ready(()) if self.picker.shows_nothing() => {
                lines.push(Line::styled(
                    "Nothing matches the filter. Esc clears it.",
                    theme::WARN,
                ));
            }
            Load::Waiting if self.picker.is_empty() => {
                lines.push(Line::raw(format!("{} Listing the roles.", session.spinner)));
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
        let role = self
            .current()
            .and_then(|name| session.findings.roles.get(&name));
        let lines = role.map_or_else(Vec::new, |role| {
            detail::lines(
                &role.summary,
                self.side,
                session,
                inner.width.saturating_sub(1),
            )
        });
        self.detail.draw(frame, inner, lines);
    }
}
