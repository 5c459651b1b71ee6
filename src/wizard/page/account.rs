//! Which account is set up, and with whose credentials.

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::messages::checks;
use crate::model::endpoint::insecurity;
use crate::model::{Identity, Principal};
use crate::text::Severity;
use crate::wizard::effect::Effect;
use crate::wizard::session::{Findings, Load, Session};
use crate::wizard::widget::keys::{Action, Binding, MOVES, hint};
use crate::wizard::widget::scroll::Scroll;
use crate::wizard::widget::text::{clean, labelled, wrapped};
use crate::wizard::widget::theme;

/// The step's own state.
#[derive(Debug, Default)]
pub struct AccountPage {
    scroll: Scroll,
}

/// Where the values stand.
const COLUMN: usize = 14;

impl AccountPage {
    pub fn bindings(session: &Session) -> Vec<Binding> {
        let findings = &session.findings;
        let mut bindings = Vec::new();
        if findings.identity.ready().is_some() {
            bindings.push(hint(KeyCode::Enter, Action::Next, "go on"));
        }
        bindings.push(hint(KeyCode::Char('p'), Action::Profiles, "other profile"));
        bindings.push(hint(KeyCode::Char('r'), Action::Reload, "read again"));
        if findings.missing_policy().is_some() {
            bindings.push(hint(KeyCode::Char('c'), Action::Copy, "copy policy"));
        }
        bindings.extend(MOVES);
        bindings
    }

    pub fn handle(&mut self, action: Action, session: &Session) -> Vec<Effect> {
        let findings = &session.findings;
        match action {
            Action::Next if findings.identity.ready().is_none() => {
                let text = "Who you are is not known yet.";
                vec![Effect::say(Severity::Warning, text)]
            }
            Action::Next => vec![Effect::Next],
            Action::Profiles => vec![Effect::ChooseProfile],
            Action::Reload => vec![Effect::Connect],
            Action::Copy => {
                let policy = findings.missing_policy();
                policy.map(Effect::copy).into_iter().collect()
            }
            other => {
                self.scroll.act(other);
                Vec::new()
            }
        }
    }

    pub fn draw(&mut self, frame: &mut Frame, area: Rect, session: &Session) {
        let (findings, spinner) = (&session.findings, session.spinner);
        let width = area.width.saturating_sub(1);
        let mut lines = vec![Line::default()];
        match &findings.identity {
            Load::Waiting => {
                lines.push(Line::raw(format!("{spinner} Asking AWS who you are.")));
                lines.push(Line::default());
                lines.extend(findings.credentials.iter().flat_map(|label| {
                    labelled("Credentials", &clean(label), COLUMN, width, theme::PLAIN)
                }));
            }
            Load::Failed(error) => {
                lines.extend(wrapped(
                    &format!("{} {}", theme::CROSS, error.sentence()),
                    width,
                    "  ",
                    theme::BAD,
                ));
                lines.push(Line::default());
                lines.extend(wrapped(&error.advice(), width, "", theme::PLAIN));
                lines.push(Line::default());
                lines.extend(wrapped(
                    "Then press r. Or press p for another profile.",
                    width,
                    "",
                    theme::PLAIN,
                ));
                lines.extend(
                    error
                        .request_id
                        .iter()
                        .map(|id| Line::styled(format!("AWS request {}", clean(id)), theme::DIM)),
                );
            }
            Load::Ready(identity) => {
                lines.extend(known(identity, width));
                lines.push(Line::default());
                lines.extend(progress(findings, width, spinner));
            }
        }
        self.scroll.draw(frame, area, lines);
    }
}

fn known(identity: &Identity, width: u16) -> Vec<Line<'static>> {
    let region = if identity.region_configured {
        identity.home_region.clone()
    } else {
        format!("none configured; {} stands in", identity.home_region)
    };
    let endpoints = identity.endpoints.iter();
    let mut lines: Vec<Line> = [
        ("Account", identity.account_label()),
        ("Signed in as", identity.arn.clone()),
        ("User ID", identity.user_id.clone()),
        ("Credentials", identity.credentials.clone()),
        ("Region", region),
        ("Partition", identity.partition.to_string()),
    ]
    .into_iter()
    .chain(endpoints.map(|endpoint| ("Endpoint", endpoint.label())))
    .flat_map(|(label, value)| labelled(label, &clean(&value), COLUMN, width, theme::PLAIN))
    .collect();
    let mut warn = |text: &str| {
        lines.push(Line::default());
        lines.extend(wrapped(
            &format!("{} {text}", theme::BLOCKED),
            width,
            "  ",
            theme::WARN,
        ));
    };
    if let Some(warning) = insecurity(&identity.endpoints) {
        warn(&warning);
    }
    if identity.principal() == Principal::Root {
        warn(
            "You are signed in as the root user. It may do everything, and AWS advises against using it. \
             An administrator's role does as well.",
        );
    }
    if !identity.region_configured {
        warn(
            "Set AWS_REGION to the region that you work in, then start again; or choose the region later.",
        );
    }
    lines
}

/// Returns what is being read meanwhile.
fn progress(findings: &Findings, width: u16, spinner: &str) -> Vec<Line<'static>> {
    let roles = findings.roles.len();
    let roles = match &findings.roles_end {
        Load::Waiting => format!("{roles} so far {spinner}"),
        Load::Ready(()) => roles.to_string(),
        Load::Failed(error) => format!("could not be listed: {}", error.sentence()),
    };
    let (known, all) = (findings.tiers.len(), findings.regions.len());
    let regions = if known < all {
        format!("{known} of {all} {spinner}")
    } else {
        all.to_string()
    };
    let mut lines: Vec<Line> = [("Roles", roles), ("Regions", regions)]
        .into_iter()
        .flat_map(|(label, value)| labelled(label, &value, COLUMN, width, theme::PLAIN))
        .collect();
    lines.extend(permissions(findings, width, spinner));
    lines
}

/// Returns what the caller may do in general. The roles that are chosen are asked about again, before anything is
/// written.
fn permissions(findings: &Findings, width: u16, spinner: &str) -> Vec<Line<'static>> {
    let label = |number: usize| if number == 0 { "Permissions" } else { "" };
    let Some(preflight) = &findings.preflight else {
        return labelled("Permissions", spinner, COLUMN, width, theme::PLAIN);
    };
    checks::preflight(preflight)
        .into_iter()
        .enumerate()
        .flat_map(|(number, message)| {
            let (sign, style) = theme::of_severity(message.severity);
            let text = clean(&format!("{sign} {}", message.text));
            labelled(label(number), &text, COLUMN, width, style)
        })
        .collect()
}
