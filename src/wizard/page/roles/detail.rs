//! A role as a line of the list, and as much as is known of it in the pane.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::Side;
use crate::model::{Identity, RoleKind, RoleReading, RoleSummary};
use crate::policy::document::size;
use crate::wizard::session::{Load, RoleState, Session};
use crate::wizard::widget::text::{clean, fitted, labelled};
use crate::wizard::widget::theme;

/// A blank, a sign, a blank and the longest word: `Identity Center`.
const VERDICT_WIDTH: usize = 18;
/// Where the values of the pane stand.
const COLUMN: usize = 13;

/// Sign, word and colour of a role in the list.
fn verdict(summary: &RoleSummary, side: Side, session: &Session) -> (&'static str, String, Style) {
    match summary.kind() {
        RoleKind::ServiceLinked => {
            return (theme::BLOCKED, "belongs to AWS".to_owned(), theme::DIM);
        }
        RoleKind::IdentityCenter => {
            return (theme::BLOCKED, "Identity Center".to_owned(), theme::DIM);
        }
        RoleKind::Ordinary => {}
    }
    if side == Side::SageMaker && summary.is_too_long() {
        return (theme::BLOCKED, "name too long".to_owned(), theme::DIM);
    }
    match session
        .findings
        .role_state(summary, side == Side::SageMaker, &session.choices)
    {
        RoleState::Unread => ("", String::new(), theme::PLAIN),
        RoleState::Reading => ("", "reading".to_owned(), theme::DIM),
        RoleState::InPlace => (theme::CHECK, "in place".to_owned(), theme::GOOD),
        RoleState::Differs => (theme::DIFFERS, "differs".to_owned(), theme::WARN),
        RoleState::ToDo => (theme::TO_DO, "to set up".to_owned(), theme::ACCENT),
        RoleState::Blocked(_) => (theme::BLOCKED, "blocked".to_owned(), theme::BAD),
        RoleState::Failed(_) => (theme::CROSS, "not readable".to_owned(), theme::BAD),
    }
}

/// The role as a line of the list.
pub(super) fn row(name: &str, width: usize, side: Side, session: &Session) -> Line<'static> {
    let Some(role) = session.findings.roles.get(name) else {
        return Line::raw(name.to_owned());
    };
    let (sign, word, style) = verdict(&role.summary, side, session);
    let own = session
        .findings
        .identity
        .ready()
        .and_then(Identity::own_role)
        .is_some_and(|own| own == name);
    let mark = if own { " (yours)" } else { "" };
    let verdict = if word.is_empty() {
        String::new()
    } else {
        format!("{sign} {word}")
    };
    let room = width.saturating_sub(VERDICT_WIDTH);
    let name_style = if style == theme::DIM {
        theme::DIM
    } else {
        theme::PLAIN
    };
    let name_room = room.saturating_sub(mark.len());
    let name = clean(name);
    let name = crate::wizard::widget::text::shortened(&name, name_room);
    Line::from(vec![
        Span::styled(fitted(&format!("{name}{mark}"), room), name_style),
        Span::styled(format!(" {verdict}"), style),
    ])
}

/// Everything known of a role, for the pane.
pub(super) fn lines(
    summary: &RoleSummary,
    side: Side,
    session: &Session,
    width: u16,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut say = |label: &str, text: &str, style: Style| {
        lines.extend(labelled(label, &clean(text), COLUMN, width, style));
    };
    match session
        .findings
        .role_state(summary, side == Side::SageMaker, &session.choices)
    {
        RoleState::Unread | RoleState::Reading => {
            say("State", &format!("{} reading", session.spinner), theme::DIM);
        }
        RoleState::InPlace => say(
            "State",
            &format!("{} everything is in place", theme::CHECK),
            theme::GOOD,
        ),
        RoleState::Differs => say(
            "State",
            &format!(
                "{} a policy of that name has other contents; the preview shows the difference",
                theme::DIFFERS
            ),
            theme::WARN,
        ),
        RoleState::ToDo => say(
            "State",
            &format!("{} to set up", theme::TO_DO),
            theme::ACCENT,
        ),
        RoleState::Blocked(why) => say("State", &format!("{} {why}", theme::BLOCKED), theme::BAD),
        RoleState::Failed(why) => say("State", &format!("{} {why}", theme::CROSS), theme::BAD),
    }
    let arn = if summary.arn.is_empty() {
        "not read yet"
    } else {
        &summary.arn
    };
    say("ARN", arn, theme::PLAIN);
    if !summary.description.is_empty() {
        say("Description", &summary.description, theme::PLAIN);
    }
    if let Some(Load::Ready(reading)) = session.findings.readings.get(&summary.name) {
        for (label, text) in facts(reading) {
            say(label, &text, theme::PLAIN);
        }
    }
    lines
}

/// Trust, policies and boundary of a role, each on a line.
fn facts(reading: &RoleReading) -> Vec<(&'static str, String)> {
    let inline: Vec<String> = reading
        .inline
        .iter()
        .map(|(name, text)| format!("{name} ({} characters)", size(text)))
        .collect();
    let attached: Vec<&str> = reading
        .attached
        .iter()
        .map(|policy| policy.name.as_str())
        .collect();
    let none = |list: String| {
        if list.is_empty() {
            "none".to_owned()
        } else {
            list
        }
    };
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

/// Returns who may assume the role, as the trust policy's Allow statements name them.
fn principals(trust: &str) -> Vec<String> {
    use crate::policy::{Document, meaning::strings};
    let Ok(document) = Document::parse(trust) else {
        return vec!["a document that cannot be read".to_owned()];
    };
    let allowing = document
        .statements()
        .into_iter()
        .filter(|s| s.get("Effect").is_some_and(|e| e == "Allow"));
    let mut names: Vec<String> = allowing
        .filter_map(|statement| statement.get("Principal"))
        .flat_map(|principal| match principal.as_object() {
            Some(kinds) => kinds
                .values()
                .flat_map(|who| strings(Some(who)))
                .map(str::to_owned)
                .collect(),
            None => vec![principal.as_str().unwrap_or("?").to_owned()],
        })
        .collect();
    names.dedup();
    names
}
