//! Choosing roles: the SageMaker roles, or the roles that people come with.

use crossterm::event::{Event, KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;

use crate::model::arn::is_role_name;
use crate::model::{Choices, Identity, RoleArn, RoleKind, RoleReading, RoleSummary};
use crate::policy::document::size;
use crate::wizard::state::{Findings, ListedRole, Load, RoleState};
use crate::wizard::ui::keys::{Action, Binding, MOVES, hint, quiet};
use crate::wizard::ui::picker::{Entry, Picker};
use crate::wizard::ui::scroll::Scroll;
use crate::wizard::ui::text::{clean, fitted, labelled, wrapped};
use crate::wizard::ui::theme;

/// Which roles are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    SageMaker,
    User,
}

/// A role being typed.
#[derive(Debug, Default)]
struct Typing {
    input: Input,
    error: Option<String>,
}

/// The step's own state.
#[derive(Debug)]
pub struct RolesStep {
    side: Side,
    pub picker: Picker,
    show_all: bool,
    typing: Option<Typing>,
    detail: Scroll,
    /// Whether the keys move the detail pane.
    in_detail: bool,
}

/// Everything outside the step that its screen depends on.
pub struct Context<'a> {
    pub findings: &'a Findings,
    pub choices: &'a Choices,
    pub spinner: &'a str,
}

/// Where the values of the detail pane stand.
const COLUMN: usize = 13;

impl RolesStep {
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

    pub fn bindings(&self, findings: &Findings) -> Vec<Binding> {
        if self.typing.is_some() {
            return vec![
                hint(KeyCode::Enter, Action::Next, "take it"),
                hint(KeyCode::Esc, Action::Back, "close"),
            ];
        }
        if self.picker.is_filtering() {
            return vec![
                hint(KeyCode::Enter, Action::Next, "keep the filter"),
                hint(KeyCode::Esc, Action::Back, "clear it"),
            ];
        }
        let all = if self.show_all { "suggested only" } else { "all roles" };
        let mut bindings = vec![
            hint(KeyCode::Char(' '), Action::Toggle, "pick"),
            hint(KeyCode::Enter, Action::Next, "go on"),
            hint(KeyCode::Char('/'), Action::Filter, "filter"),
            hint(KeyCode::Char('A'), Action::ShowAll, all),
            hint(KeyCode::Char('t'), Action::TypeRole, "type one"),
            hint(KeyCode::Tab, Action::OtherPane, "pane"),
            quiet(KeyCode::Char('a'), Action::PickAll, "pick all that are shown"),
            quiet(KeyCode::Char('i'), Action::Invert, "invert what is picked"),
            hint(KeyCode::Esc, Action::Back, "back"),
        ];
        if matches!(findings.roles_end, Load::Failed(_)) {
            bindings.push(hint(KeyCode::Char('r'), Action::Reload, "list again"));
        }
        bindings.extend(MOVES);
        bindings
    }

    /// The list: what fits this side, and whatever is picked.
    pub fn entries(&self, findings: &Findings) -> Vec<Entry> {
        findings
            .roles
            .values()
            .filter(|role| self.show_all || self.fits(role) || self.picker.is_picked(&role.summary.name))
            .map(|role| {
                let summary = &role.summary;
                let too_long = self.side == Side::SageMaker && path_and_name(summary) > 64;
                Entry {
                    id: summary.name.clone(),
                    haystack: format!("{} {} {}", summary.path, summary.name, summary.description),
                    group: String::new(),
                    welcome: summary.kind() == RoleKind::Ordinary && !too_long,
                }
            })
            .collect()
    }

    fn fits(&self, role: &ListedRole) -> bool {
        match self.side {
            Side::SageMaker => role.is_sagemaker,
            Side::User => role.is_for_people && !role.is_sagemaker,
        }
    }

    /// Acts; the name of a role that was newly picked or that the cursor rests on is asked of the step afterwards.
    pub fn act(&mut self, action: Action, findings: &Findings) {
        match action {
            Action::ShowAll => self.show_all = !self.show_all,
            Action::TypeRole => self.typing = Some(Typing::default()),
            Action::OtherPane => self.in_detail = !self.in_detail,
            _ if self.in_detail && self.detail.act(action) => {}
            _ => {
                let entries = self.entries(findings);
                let before = self.current(findings);
                self.picker.act(action, &entries);
                if before != self.current(findings) {
                    self.detail.to_top();
                }
            }
        }
    }

    /// The role under the cursor.
    pub fn current(&self, findings: &Findings) -> Option<String> {
        self.picker.current(&self.entries(findings)).map(|entry| entry.id.clone())
    }

    /// Esc: closes what is open; whether anything was.
    pub fn close(&mut self) -> bool {
        if self.typing.take().is_some() {
            return true;
        }
        if self.picker.has_filter() || self.picker.is_filtering() {
            self.picker.clear_filter();
            return true;
        }
        std::mem::take(&mut self.in_detail)
    }

    /// A key while something is typed. Gives the roles that were typed, once they are right.
    pub fn type_key(&mut self, key: KeyEvent, findings: &Findings) -> Vec<RoleArn> {
        let Some(typing) = &mut self.typing else {
            let entries = self.entries(findings);
            self.picker.type_filter(key, &entries);
            return Vec::new();
        };
        match key.code {
            KeyCode::Enter => self.take_typed(findings),
            KeyCode::Esc => {
                self.typing = None;
                Vec::new()
            }
            _ => {
                typing.error = None;
                typing.input.handle_event(&Event::Key(key));
                Vec::new()
            }
        }
    }

    /// A paste: into the field that is open, or nowhere.
    pub fn paste(&mut self, text: &str) {
        match &mut self.typing {
            Some(typing) => {
                for c in text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(4096) {
                    typing.input.handle(tui_input::InputRequest::InsertChar(c));
                }
                typing.error = None;
            }
            None if self.picker.is_filtering() => self.picker.paste(text),
            None => {}
        }
    }

    fn take_typed(&mut self, findings: &Findings) -> Vec<RoleArn> {
        let Some(typing) = &mut self.typing else {
            return Vec::new();
        };
        let identity = findings.identity.ready();
        let words: Vec<&str> =
            typing.input.value().split([' ', ',', ';']).filter(|word| !word.is_empty()).collect();
        let words = if words.is_empty() { vec![""] } else { words };
        let typed: Result<Vec<_>, _> = words.into_iter().map(|word| read_role(word, identity)).collect();
        match typed {
            Ok(roles) => {
                for role in &roles {
                    self.picker.pick(&role.name);
                    self.picker.focus(&role.name);
                }
                self.typing = None;
                roles
            }
            Err(error) => {
                typing.error = Some(error);
                Vec::new()
            }
        }
    }

    pub fn draw(&mut self, frame: &mut Frame, area: Rect, cx: &Context) {
        let question = match self.side {
            Side::SageMaker => "Which roles do SageMaker jobs, endpoints and notebooks run under?",
            Side::User => "Which roles do people have when they connect from their computer?",
        };
        let entries = self.entries(cx.findings);
        let [question_place, head, body] =
            Layout::vertical([Constraint::Length(1), Constraint::Length(1), Constraint::Fill(1)]).areas(area);
        frame.render_widget(Line::raw(question), question_place);
        let mut line = self.picker.head(&entries, "role");
        if cx.findings.roles_end.is_waiting() {
            line.push_span(Span::styled(format!(" · more are coming {}", cx.spinner), theme::DIM));
        }
        frame.render_widget(line, head);
        let (list, detail) = if body.width >= 88 {
            let [list, _, detail] =
                Layout::horizontal([Constraint::Percentage(50), Constraint::Length(1), Constraint::Fill(1)]).areas(body);
            (list, Some(detail))
        } else if body.height >= 14 && body.width >= 50 {
            let [list, detail] = Layout::vertical([Constraint::Fill(1), Constraint::Length(7)]).areas(body);
            (list, Some(detail))
        } else {
            (body, None)
        };
        let list = self.draw_trouble(frame, list, cx, entries.is_empty());
        let (side, active) = (self.side, !self.in_detail);
        self.picker.draw(frame, list, &entries, active, |entry, width| row(&entry.id, width, side, cx));
        if let Some(place) = detail {
            self.draw_detail(frame, place, cx);
        }
        self.draw_typing(frame, area);
    }

    /// Why the list is short or empty, above it. Returns the place that is left.
    fn draw_trouble(&self, frame: &mut Frame, area: Rect, cx: &Context, empty: bool) -> Rect {
        let room = area.width.saturating_sub(1);
        let mut lines = Vec::new();
        match &cx.findings.roles_end {
            Load::Failed(error) => {
                let some = if cx.findings.roles.is_empty() { "" } else { " What is shown came before that." };
                let text = format!("{} {}{some} {}", theme::CROSS, error.sentence(), error.advice());
                lines.extend(wrapped(&text, room, "  ", theme::BAD));
                lines.extend(wrapped("You can type or paste a role's ARN with t.", room, "", theme::PLAIN));
            }
            Load::Ready(()) if empty && self.picker.count() == 0 => {
                let text = match (cx.findings.roles.is_empty(), self.side) {
                    (true, _) => "This account has no roles yet. Make one in the IAM console, or in SageMaker under Domains.",
                    (false, Side::SageMaker) => {
                        "No role here trusts SageMaker. A shows all roles; t lets you type one."
                    }
                    (false, Side::User) => "No role here is for people. A shows all roles; t lets you type one.",
                };
                lines.extend(wrapped(text, room, "", theme::WARN));
            }
            Load::Ready(()) if self.picker.visible(&self.entries(cx.findings)).is_empty() => {
                lines.push(Line::styled("Nothing matches the filter. Esc clears it.", theme::WARN));
            }
            Load::Waiting if empty => lines.push(Line::raw(format!("{} Listing the roles.", cx.spinner))),
            Load::Waiting | Load::Ready(()) => {}
        }
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(area.height);
        let [place, rest] = Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]).areas(area);
        frame.render_widget(ratatui::widgets::Paragraph::new(lines), place);
        rest
    }

    fn draw_detail(&mut self, frame: &mut Frame, area: Rect, cx: &Context) {
        let title = if self.in_detail { "› The role" } else { "The role" };
        let borders = if area.width < 70 { ratatui::widgets::Borders::LEFT } else { ratatui::widgets::Borders::TOP };
        let block = ratatui::widgets::Block::new().borders(borders).border_style(theme::DIM);
        let block = if borders == ratatui::widgets::Borders::TOP {
            block.title(Line::styled(format!("{title} "), theme::DIM))
        } else {
            block
        };
        let inner = block.inner(area);
        frame.render_widget(block, area);
        let role = self.current(cx.findings).and_then(|name| cx.findings.roles.get(&name));
        let lines = role.map_or_else(Vec::new, |role| {
            detail(&role.summary, self.side, cx, inner.width.saturating_sub(1))
        });
        self.detail.draw(frame, inner, lines);
    }

    fn draw_typing(&self, frame: &mut Frame, area: Rect) {
        let Some(typing) = &self.typing else {
            return;
        };
        let error = typing.error.as_deref().unwrap_or_default();
        let width = area.width.clamp(20, 90);
        let error = wrapped(error, width.saturating_sub(4), "", theme::BAD);
        let height = 5 + u16::try_from(error.len()).unwrap_or(0);
        let inner = crate::wizard::ui::frame::window(frame, width, height, "Type or paste a role's ARN or name");
        let room = usize::from(inner.width).saturating_sub(4);
        let skip = typing.input.visual_scroll(room);
        let shown: String = clean(typing.input.value()).chars().skip(skip).take(room).collect();
        let mut lines = vec![
            Line::default(),
            Line::from(vec![
                Span::styled(" > ", theme::ACCENT),
                Span::raw(shown),
                Span::styled("█", theme::ACCENT),
            ]),
        ];
        lines.extend(error.into_iter().map(|line| {
            let mut line = line;
            line.spans.insert(0, Span::raw(" "));
            line
        }));
        frame.render_widget(ratatui::widgets::Paragraph::new(lines), inner);
    }
}

/// A role as it was typed: an ARN of this account, or a name.
fn read_role(word: &str, identity: Option<&Identity>) -> Result<RoleArn, String> {
    let role = match (is_role_name(word), identity) {
        (true, Some(identity)) => RoleArn {
            partition: identity.partition.clone(),
            account: identity.account.clone(),
            path: "/".to_owned(),
            name: word.to_owned(),
        },
        _ => word.parse::<RoleArn>().map_err(|error| error.to_string())?,
    };
    match identity {
        Some(identity) if identity.account != role.account => Err(format!(
            "This role belongs to the account {}, and you are signed in to {}.",
            role.account, identity.account
        )),
        Some(identity) if identity.partition != role.partition => Err(format!(
            "This role belongs to the partition {}, and you are signed in to {}.",
            role.partition, identity.partition
        )),
        _ => Ok(role),
    }
}

fn path_and_name(summary: &RoleSummary) -> usize {
    summary.path.trim_start_matches('/').len() + summary.name.len()
}

/// Sign, word and colour of a role in the list.
fn verdict(summary: &RoleSummary, side: Side, cx: &Context) -> (&'static str, String, Style) {
    match summary.kind() {
        RoleKind::ServiceLinked => return (theme::BLOCKED, "belongs to AWS".to_owned(), theme::DIM),
        RoleKind::IdentityCenter => return (theme::BLOCKED, "Identity Center".to_owned(), theme::DIM),
        RoleKind::Ordinary => {}
    }
    if side == Side::SageMaker && path_and_name(summary) > 64 {
        return (theme::BLOCKED, "name too long".to_owned(), theme::DIM);
    }
    match cx.findings.role_state(summary, side == Side::SageMaker, cx.choices) {
        RoleState::Unread => ("", String::new(), theme::PLAIN),
        RoleState::Reading => ("", "reading".to_owned(), theme::DIM),
        RoleState::InPlace => (theme::CHECK, "in place".to_owned(), theme::GOOD),
        RoleState::Differs => (theme::DIFFERS, "differs".to_owned(), theme::WARN),
        RoleState::ToDo => (theme::TO_DO, "to set up".to_owned(), theme::ACCENT),
        RoleState::Blocked(_) => (theme::BLOCKED, "blocked".to_owned(), theme::BAD),
        RoleState::Failed(_) => (theme::CROSS, "not readable".to_owned(), theme::BAD),
    }
}

fn row(name: &str, width: usize, side: Side, cx: &Context) -> Line<'static> {
    let Some(role) = cx.findings.roles.get(name) else {
        return Line::raw(name.to_owned());
    };
    let (sign, word, style) = verdict(&role.summary, side, cx);
    let own = cx.findings.identity.ready().and_then(Identity::own_role).is_some_and(|own| own == name);
    let mark = if own { " (yours)" } else { "" };
    let verdict = if word.is_empty() { String::new() } else { format!("{sign} {word}") };
    let room = width.saturating_sub(17);
    let name_style = if style == theme::DIM { theme::DIM } else { theme::PLAIN };
    let name_room = room.saturating_sub(mark.len());
    let name = clean(name);
    let name = crate::wizard::ui::text::shortened(&name, name_room);
    Line::from(vec![
        Span::styled(fitted(&format!("{name}{mark}"), room), name_style),
        Span::styled(format!(" {verdict}"), style),
    ])
}

fn detail(summary: &RoleSummary, side: Side, cx: &Context, width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut say = |label: &str, text: &str, style: Style| {
        lines.extend(labelled(label, &clean(text), COLUMN, width, style));
    };
    match cx.findings.role_state(summary, side == Side::SageMaker, cx.choices) {
        RoleState::Unread | RoleState::Reading => say("State", &format!("{} reading", cx.spinner), theme::DIM),
        RoleState::InPlace => say("State", &format!("{} everything is in place", theme::CHECK), theme::GOOD),
        RoleState::Differs => say(
            "State",
            &format!("{} a policy of that name has other contents; the preview shows the difference", theme::DIFFERS),
            theme::WARN,
        ),
        RoleState::ToDo => say("State", &format!("{} to set up", theme::TO_DO), theme::ACCENT),
        RoleState::Blocked(why) => say("State", &format!("{} {why}", theme::BLOCKED), theme::BAD),
        RoleState::Failed(why) => say("State", &format!("{} {why}", theme::CROSS), theme::BAD),
    }
    say("ARN", &summary.arn, theme::PLAIN);
    if !summary.description.is_empty() {
        say("Description", &summary.description, theme::PLAIN);
    }
    if let Some(Load::Ready(reading)) = cx.findings.readings.get(&summary.name) {
        for (label, text) in facts(reading) {
            say(label, &text, theme::PLAIN);
        }
    }
    lines
}

/// Trust, policies and boundary of a role, each on a line.
fn facts(reading: &RoleReading) -> Vec<(&'static str, String)> {
    let inline: Vec<String> =
        reading.inline.iter().map(|(name, text)| format!("{name} ({} characters)", size(text))).collect();
    let attached: Vec<&str> = reading.attached.iter().map(|policy| policy.name.as_str()).collect();
    let none = |list: String| if list.is_empty() { "none".to_owned() } else { list };
    let mut facts = vec![
        ("Trusts", none(principals(&reading.trust).join(", "))),
        ("Inline", none(inline.join(", "))),
        ("Attached", none(attached.join(", "))),
    ];
    if let Some(boundary) = &reading.boundary {
        facts.push(("Boundary", boundary.clone()));
    }
    facts
}

/// Who may assume the role, as the trust policy's Allow statements name them.
fn principals(trust: &str) -> Vec<String> {
    use crate::policy::{Document, meaning::strings};
    let Ok(document) = Document::parse(trust) else {
        return vec!["a document that cannot be read".to_owned()];
    };
    let allowing = document.statements().into_iter().filter(|s| s.get("Effect").is_some_and(|e| e == "Allow"));
    let mut names: Vec<String> = allowing
        .filter_map(|statement| statement.get("Principal"))
        .flat_map(|principal| match principal.as_object() {
            Some(kinds) => kinds.values().flat_map(|who| strings(Some(who))).map(str::to_owned).collect(),
            None => vec![principal.as_str().unwrap_or("?").to_owned()],
        })
        .collect();
    names.dedup();
    names
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::Partition;

    fn identity() -> Identity {
        Identity {
            account: "123456789012".into(),
            arn: "arn:aws:sts::123456789012:assumed-role/Admin/me".into(),
            user_id: "AROA:me".into(),
            partition: Partition::default(),
            alias: None,
            credentials: String::new(),
            home_region: "eu-west-1".into(),
            region_configured: true,
        }
    }

    #[test]
    fn a_typed_role_is_an_arn_of_this_account_or_a_name() {
        let read = |word: &str| read_role(word, Some(&identity())).map(|role| role.to_string());
        assert_eq!(read("Simple").unwrap(), "arn:aws:iam::123456789012:role/Simple");
        let arn = "arn:aws:iam::123456789012:role/service-role/Deep";
        assert_eq!(read(arn).unwrap(), arn);
        assert!(read("arn:aws:iam::999999999999:role/x").unwrap_err().contains("999999999999"));
        assert!(read("arn:aws-cn:iam::123456789012:role/x").unwrap_err().contains("aws-cn"));
        assert!(read("no role at all!").unwrap_err().contains("arn:aws:iam::123456789012:role/"));
    }
}
