//! How the form of a new role is drawn.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use tui_input::Input;

use super::{Field, NewRoleDialog};
use crate::model::TrustedKind;
use crate::model::new_role::FULL_ACCESS;
use crate::plan::permission_set;
use crate::text::Severity;
use crate::wizard::page::roles::Side;
use crate::wizard::session::Load;
use crate::wizard::widget::frame::window;
use crate::wizard::widget::text::{clean, field, mark, said, shortened, wrapped};
use crate::wizard::widget::theme;

/// Where the fields' contents stand.
const COLUMN: u16 = 13;

impl NewRoleDialog {
    pub fn draw(&mut self, frame: &mut Frame, spinner: &str) {
        let area = frame.area();
        let width = area.width.min(84);
        let room = width.saturating_sub(4);
        let title = match self.side {
            Side::SageMaker => "A new SageMaker role",
            Side::User => "A new user role",
        };
        let intro = match self.side {
            Side::SageMaker => {
                "SageMaker and Systems Manager may assume it, and nobody else. It becomes a part of the plan; nothing is written \
                 now."
            }
            Side::User => {
                "People assume it with their own credentials. It becomes a part of the plan; nothing is written now."
            }
        };
        // On a small screen the fields come before what is said of them.
        let is_small = area.height < 18;
        let intro = if is_small {
            Vec::new()
        } else {
            wrapped(intro, room, "", theme::PLAIN)
        };
        let (below, choice_row) = self.below(room, is_small);
        let error = self.error.as_ref();
        let error = error.map_or_else(Vec::new, |error| said(Severity::Error, error, room));
        let fixed = intro.len() + below.len() + error.len() + 4;
        let list = if self.side == Side::User {
            let most = usize::from(area.height.saturating_sub(2)).saturating_sub(fixed + 3);
            (self.who.shown().count().max(1)).clamp(1, most.clamp(3, 12)) + 1
        } else {
            0
        };
        let height = u16::try_from(fixed + list).unwrap_or(u16::MAX);
        let inner = window(frame, width, height.min(area.height), title);
        let inner = Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(2),
            ..inner
        };
        let lines = |lines: &Vec<Line>| Constraint::Length(u16::try_from(lines.len()).unwrap_or(0));
        let [intro_place, name, list_place, below_place, error_place] = Layout::vertical([
            lines(&intro),
            Constraint::Length(2),
            Constraint::Length(u16::try_from(list).unwrap_or(0)),
            lines(&below),
            lines(&error),
        ])
        .areas(inner);
        frame.render_widget(Paragraph::new(intro), intro_place);
        let boundary_row = below.len().saturating_sub(1);
        frame.render_widget(Paragraph::new(below), below_place);
        frame.render_widget(Paragraph::new(error), error_place);
        let boundary_place = Rect {
            y: below_place.y + u16::try_from(boundary_row).unwrap_or(0),
            height: 1.min(below_place.height),
            ..below_place
        };
        let name_place = Rect {
            y: name.bottom().saturating_sub(1),
            height: 1.min(name.height),
            ..name
        };
        // The field that has the keys has the terminal's cursor, and so comes last.
        self.draw_list(frame, list_place, spinner);
        draw_input(
            frame,
            name_place,
            "Name",
            &self.name,
            self.focus == Field::Name,
        );
        let is_in_boundary = self.focus == Field::Boundary;
        draw_input(
            frame,
            boundary_place,
            "Boundary",
            &self.boundary,
            is_in_boundary,
        );
        if matches!(self.focus, Field::FullAccess | Field::OwnSessionNames) {
            let row = u16::try_from(choice_row).unwrap_or(0);
            frame.set_cursor_position(Position::new(below_place.x, below_place.y + row));
        }
    }

    /// What stands below the name and the list: what letting these in means, a choice, and the boundary's line, which is drawn
    /// for itself; and in which line the choice is.
    fn below(&self, room: u16, is_small: bool) -> (Vec<Line<'static>>, usize) {
        let about = self.about_who().into_iter().filter(|_| !is_small);
        let mut lines: Vec<Line> = about
            .flat_map(|text| wrapped(text, room, "  ", theme::DIM))
            .collect();
        let (field, is_on, text, meaning) = match (self.side, self.full_access) {
            (Side::SageMaker, true) => (
                Field::FullAccess,
                true,
                FULL_ACCESS,
                "As the console's execution roles have it: jobs find their data in buckets with sagemaker in the name, and may \
                 do nearly everything in SageMaker, under other SageMaker roles too.",
            ),
            (Side::SageMaker, false) => (
                Field::FullAccess,
                false,
                FULL_ACCESS,
                "Nothing is attached: no job runs under the role before somebody gives it what its jobs need (their data, image \
                 and log).",
            ),
            (Side::User, _) => (
                Field::OwnSessionNames,
                self.own_session_names,
                "IAM users have to name their session after themselves",
                "Their hybrid nodes stay theirs, whatever their profile says; who names it otherwise is not let in.",
            ),
        };
        if !is_small {
            lines.push(Line::default());
        }
        let row = lines.len();
        lines.push(Line::from(vec![
            mark(self.focus == field),
            Span::raw(if is_on { "[x] " } else { "[ ] " }),
            Span::raw(text),
        ]));
        if is_small {
            lines.push(Line::default());
            return (lines, row);
        }
        let beside = wrapped(meaning, room.saturating_sub(6), "", theme::DIM);
        lines.extend(beside.into_iter().map(|mut line| {
            line.spans.insert(0, Span::raw("      "));
            line
        }));
        lines.extend([Line::default(), Line::default()]);
        (lines, row)
    }

    /// What letting these in means, in a sentence each.
    fn about_who(&self) -> Vec<&'static str> {
        let picked = self.assumed_by();
        let has = |kind| picked.iter().any(|who| who.kind() == kind);
        let has_set = picked
            .iter()
            .any(|who| permission_set::name(who.name()).is_some());
        [
            (
                has(TrustedKind::User) || has(TrustedKind::Role),
                "Who is named here needs no policy besides.",
            ),
            (
                has(TrustedKind::Account),
                "Everybody: they need sts:AssumeRole on this role in a policy of their own as well.",
            ),
            (
                has(TrustedKind::Role),
                "With another role before it, a session lasts one hour at most (role chaining).",
            ),
            (
                has_set,
                "Should the permission set be made anew, its role is another one, and is not let in any more.",
            ),
        ]
        .into_iter()
        .filter(|(applies, _)| *applies)
        .map(|(_, text)| text)
        .collect()
    }

    fn draw_list(&mut self, frame: &mut Frame, area: Rect, spinner: &str) {
        if self.side != Side::User {
            return;
        }
        let [head, list] =
            Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
        let more = match &self.users {
            Load::Waiting => format!(" · listing IAM users {spinner}"),
            Load::Failed(_) => " · no list of users: paste ARNs".to_owned(),
            Load::Ready(_) => String::new(),
        };
        let label = "  Who may assume it  ";
        let width = u16::try_from(label.len()).unwrap_or(0);
        let [title, head] =
            Layout::horizontal([Constraint::Length(width), Constraint::Fill(1)]).areas(head);
        frame.render_widget(Line::styled(label, theme::TITLE), title);
        self.who.draw_head(frame, head, "principal", &more);
        let everybody = self.everybody.arn().to_owned();
        let is_here = self.focus == Field::Who;
        self.who.draw(frame, list, is_here, |entry, width| {
            let text = if entry.id == everybody {
                "everybody of the account whom IAM lets".to_owned()
            } else {
                shown(&entry.id)
            };
            Line::raw(shortened(&clean(&text), width))
        });
    }
}

/// `user jane`, `role Dev`, or the permission set of a role.
fn shown(arn: &str) -> String {
    let name = arn.rsplit('/').next().unwrap_or_default();
    match permission_set::name(name) {
        Some(set) => format!("role {name} (permission set {set})"),
        None if arn.contains(":user/") => format!("user {name}"),
        None => format!("role {name}"),
    }
}

/// A text field with its label, and the terminal's cursor in it where it has the keys.
fn draw_input(frame: &mut Frame, area: Rect, label: &str, input: &Input, is_here: bool) {
    let room = usize::from(area.width.saturating_sub(COLUMN));
    let (text, column) = field(input, room);
    let label = format!("{label:<11}");
    let shown = if text.is_empty() && !is_here {
        Span::styled("none; only where your organization demands one", theme::DIM)
    } else {
        Span::raw(text)
    };
    let line = Line::from(vec![
        mark(is_here),
        Span::styled(label, theme::TITLE),
        shown,
    ]);
    frame.render_widget(line, area);
    if is_here {
        let column = COLUMN.saturating_add(u16::try_from(column).unwrap_or(u16::MAX));
        let x = area.x.saturating_add(column);
        frame.set_cursor_position(Position::new(x.min(area.right().saturating_sub(1)), area.y));
    }
}
