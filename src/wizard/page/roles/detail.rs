//! A role as a line of the list, and as much as is known of it in the pane.

use ratatui::text::{Line, Span};

use super::Side;
use crate::model::new_role::FULL_ACCESS;
use crate::model::{
    Identity, LastUsed, NewRole, Purpose, RoleKind, RoleReading, RoleSummary, Trusted,
};
use crate::plan::is_administrator;
use crate::policy::document::size;
use crate::policy::{Document, admitted, trust};
use crate::wizard::session::{RoleState, Session};
use crate::wizard::widget::text::{clean, fitted, labelled, labelled_sign, shortened};
use crate::wizard::widget::theme::{self, Sign};

/// A blank, a sign, a blank and the longest words: `via permission set`.
pub(super) const VERDICT_WIDTH: usize = 21;
/// What is left of it on a small screen: room for `to set up`.
const LEAST_VERDICT_WIDTH: usize = 13;
const LEAST_NAME_WIDTH: usize = 24;
/// Two blanks, a day, a blank and the longest code of a region.
pub(super) const LAST_USED_WIDTH: usize = 28;
/// The longest mark behind a name.
pub(super) const LONGEST_MARK: usize = " (yours, administrator)".len();
/// Where the values of the pane stand.
const COLUMN: usize = 13;

const WARNING: Sign = (theme::BLOCKED, theme::WARN);

impl Side {
    fn is_sagemaker(self) -> bool {
        self == Self::SageMaker
    }
}

fn reading<'a>(role: &str, session: &'a Session) -> Option<&'a RoleReading> {
    session.findings.readings.get(role)?.ready()
}

/// Returns why a role cannot serve on this side, in a word for the list and in a sentence; none where it can, or where its trust
/// policy was not read yet.
fn unfit(
    summary: &RoleSummary,
    side: Side,
    session: &Session,
) -> Option<(&'static str, &'static str)> {
    let reading = reading(&summary.name, session)?;
    let trust = Document::parse(reading.trust.as_str()).ok()?;
    match side {
        Side::SageMaker if !trust::is_sagemaker_role(&trust) => Some((
            "no job uses it",
            "SageMaker may not assume this role, so that no job runs under it: it is not a SageMaker role.",
        )),
        Side::User if !trust::is_for_people(&trust) => Some((
            "no person",
            "No person can assume this role: its trust policy lets in AWS services and programs alone.",
        )),
        Side::SageMaker | Side::User => None,
    }
}

/// The sign and the words of a role in the list.
fn verdict(summary: &RoleSummary, side: Side, session: &Session) -> (Sign, &'static str) {
    match summary.kind() {
        RoleKind::ServiceLinked => return (WARNING, "belongs to AWS"),
        RoleKind::IdentityCenter => return (WARNING, "via permission set"),
        RoleKind::Ordinary => {}
    }
    if side.is_sagemaker() && summary.is_too_long() {
        return (WARNING, "name too long");
    }
    let state = session
        .findings
        .role_state(summary, side.is_sagemaker(), &session.choices);
    if let (Some((words, _)), false) = (
        unfit(summary, side, session),
        matches!(state, RoleState::Blocked(_)),
    ) {
        return (WARNING, words);
    }
    match state {
        RoleState::Unread => ((" ", theme::PLAIN), ""),
        RoleState::Reading => ((" ", theme::PLAIN), "reading"),
        RoleState::Failed(_) => ((theme::CROSS, theme::BAD), "not readable"),
        RoleState::Blocked(_) => ((theme::BLOCKED, theme::BAD), "blocked"),
        RoleState::InPlace => ((theme::CHECK, theme::GOOD), "in place"),
        RoleState::Differs => ((theme::DIFFERS, theme::WARN), "differs"),
        RoleState::ToDo => ((theme::TO_DO, theme::ACCENT), "to set up"),
    }
}

/// Returns what is marked behind a role's name.
fn mark(name: &str, side: Side, session: &Session) -> &'static str {
    let identity = session.findings.identity.ready();
    let is_own = identity
        .and_then(Identity::own_role)
        .is_some_and(|own| own == name);
    let may_all = side == Side::User && reading(name, session).is_some_and(is_administrator);
    match (is_own, may_all) {
        (true, true) => " (yours, administrator)",
        (true, false) => " (yours)",
        (false, true) => " (administrator)",
        (false, false) => "",
    }
}

/// `2026-01-31, eu-west-1`.
fn last_used(used: &LastUsed) -> String {
    match used.region.as_str() {
        "" => used.day.clone(),
        region => format!("{}, {region}", used.day),
    }
}

/// The role as a line of the list; with the day and region of its last use where that is asked for.
pub(super) fn row(
    name: &str,
    width: usize,
    side: Side,
    shows_last_used: bool,
    session: &Session,
) -> Line<'static> {
    let Some(role) = session.findings.roles.get(name) else {
        return Line::raw(name.to_owned());
    };
    let ((sign, color), words) = verdict(&role.summary, side, session);
    let mark = mark(name, side, session);
    let used = if shows_last_used { LAST_USED_WIDTH } else { 0 };
    let room = width.saturating_sub(VERDICT_WIDTH + used);
    // On a small screen a name comes before the end of the words.
    let room = room.max(
        width
            .saturating_sub(LEAST_VERDICT_WIDTH)
            .min(LEAST_NAME_WIDTH),
    );
    // Without room for both, the name comes before what is marked.
    let mark = if room < mark.len() + LEAST_NAME_WIDTH / 2 {
        ""
    } else {
        mark
    };
    let name = shortened(&clean(name), room.saturating_sub(mark.len()));
    // What AWS would refuse to change is secondary.
    let style = match role.summary.kind() {
        RoleKind::Ordinary => theme::PLAIN,
        RoleKind::ServiceLinked | RoleKind::IdentityCenter => theme::DIM,
    };
    let mut spans = vec![
        Span::styled(fitted(&format!("{name}{mark}"), room), style),
        Span::styled(format!(" {sign} "), color),
    ];
    if shows_last_used {
        spans.push(Span::styled(fitted(words, VERDICT_WIDTH - 3), style));
        let used = reading(&role.summary.name, session).and_then(|role| role.last_used.as_ref());
        let used = used.map(last_used).unwrap_or_default();
        spans.push(Span::styled(format!("  {used}"), theme::DIM));
    } else {
        spans.push(Span::styled(words, style));
    }
    Line::from(spans)
}

/// A role that is to be made, as a line of the list.
pub(super) fn row_of_new(new: &NewRole, is_picked: bool, width: usize) -> Line<'static> {
    let room = width.saturating_sub(VERDICT_WIDTH);
    let name = shortened(&clean(&new.name), room);
    Line::from(vec![
        Span::raw(fitted(&name, room)),
        Span::styled(format!(" {} ", theme::TO_DO), theme::ACCENT),
        Span::raw(if is_picked { "to be made" } else { "left out" }),
    ])
}

/// What a role will be that is to be made, for the pane.
pub(super) fn lines_of_new(new: &NewRole, width: u16) -> Vec<Line<'static>> {
    let sign = (theme::TO_DO, theme::ACCENT);
    let state = "new: made with everything else where it is picked, once the plan is confirmed; n changes it, Space leaves it out";
    let mut lines = labelled_sign("State", sign, state, COLUMN, width);
    let mut say = |label: &str, text: &str| {
        lines.extend(labelled(label, text, COLUMN, width, theme::PLAIN));
    };
    match &new.purpose {
        Purpose::Sagemaker { full_access } => {
            say("Assumed by", "SageMaker and Systems Manager");
            say("Attached", if *full_access { FULL_ACCESS } else { "none" });
        }
        Purpose::People {
            assumed_by,
            own_session_names,
        } => {
            let names: Vec<&str> = assumed_by.iter().map(Trusted::name).collect();
            say("Assumed by", &names.join(", "));
            if *own_session_names {
                say("Sessions", "IAM users name theirs after themselves");
            }
        }
    }
    say("Boundary", new.boundary.as_deref().unwrap_or("none"));
    lines
}

/// Everything known of a role, for the pane.
pub(super) fn lines(
    summary: &RoleSummary,
    side: Side,
    session: &Session,
    width: u16,
) -> Vec<Line<'static>> {
    let mut lines = state(summary, side, session, width);
    let mut say = |label: &str, text: &str| {
        lines.extend(labelled(label, text, COLUMN, width, theme::PLAIN));
    };
    if !summary.description.is_empty() {
        say("Description", &summary.description);
    }
    let reading = reading(&summary.name, session);
    if let Some(reading) = reading {
        let used = reading.last_used.as_ref();
        let used = used.map_or("not within the last 400 days".to_owned(), last_used);
        say("Last used", &used);
        say("Assumed by", &assumed_by(reading, session));
    }
    let arn = if summary.arn.is_empty() {
        "not read yet"
    } else {
        &summary.arn
    };
    say("ARN", arn);
    for (label, text) in reading.into_iter().flat_map(policies) {
        say(label, &text);
    }
    lines
}

/// The state of a role, and what has to be known before it is picked.
fn state(summary: &RoleSummary, side: Side, session: &Session, width: u16) -> Vec<Line<'static>> {
    let state = session
        .findings
        .role_state(summary, side.is_sagemaker(), &session.choices);
    let (sign, text) = match state {
        RoleState::Unread | RoleState::Reading => {
            let text = format!("reading {}", session.spinner);
            return labelled("State", &text, COLUMN, width, theme::PLAIN);
        }
        RoleState::InPlace => (
            (theme::CHECK, theme::GOOD),
            "everything is in place".to_owned(),
        ),
        RoleState::Differs => (
            (theme::DIFFERS, theme::WARN),
            "a policy of that name has other contents; the preview shows the difference".to_owned(),
        ),
        RoleState::ToDo => ((theme::TO_DO, theme::ACCENT), "to set up".to_owned()),
        RoleState::Blocked(why) => ((theme::BLOCKED, theme::BAD), why),
        RoleState::Failed(why) => ((theme::CROSS, theme::BAD), why),
    };
    let mut lines = labelled_sign("State", sign, &text, COLUMN, width);
    let mut warn = |text: &str| lines.extend(labelled_sign("", WARNING, text, COLUMN, width));
    if let Some((_, why)) = unfit(summary, side, session) {
        warn(why);
    }
    if side == Side::User && summary.kind() == RoleKind::IdentityCenter {
        warn(
            "Pick it all the same: the change goes into its permission set, and the guide (m at the question) leads there. Or n: a \
             new role that people of this permission set may assume; the set stays as it is.",
        );
    }
    let reading = reading(&summary.name, session);
    if side == Side::User && reading.is_some_and(is_administrator) {
        warn(
            "This role may do everything in the account already, and open other people's sessions too. Choose the role that \
             those have who connect.",
        );
    }
    lines
}

/// Everybody whom the trust policy lets in, each once.
fn assumed_by(reading: &RoleReading, session: &Session) -> String {
    let Ok(trust) = Document::parse(reading.trust.as_str()) else {
        return "not known: the trust policy cannot be understood".to_owned();
    };
    let identity = session.findings.identity.ready();
    let account = identity.map_or("", |identity| &identity.account);
    let mut names: Vec<String> = admitted::between(None, &trust)
        .into_iter()
        .map(|(_, admitted)| admitted.name(account))
        .collect();
    names.dedup();
    if names.is_empty() {
        "nobody".to_owned()
    } else {
        names.join(", ")
    }
}

/// The policies and the boundary of a role, each on a line.
fn policies(reading: &RoleReading) -> Vec<(&'static str, String)> {
    let inline = reading.inline.iter();
    let inline: Vec<String> = inline
        .map(|(name, text)| format!("{name} ({} characters)", size(text)))
        .collect();
    let attached = reading.attached.iter();
    let attached: Vec<&str> = attached.map(|policy| policy.name.as_str()).collect();
    let or_none = |list: String| {
        if list.is_empty() {
            "none".to_owned()
        } else {
            list
        }
    };
    let mut facts = vec![
        ("Inline", or_none(inline.join(", "))),
        ("Attached", or_none(attached.join(", "))),
    ];
    if let Some(boundary) = &reading.boundary {
        facts.push(("Boundary", boundary.clone()));
    }
    facts
}
