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
use crate::wizard::widget::text::{clean, labelled, labelled_sign, said, wrapped};
use crate::wizard::widget::theme;

/// The step's own state.
#[derive(Debug, Default)]
pub struct AccountPage {
    scroll: Scroll,
}

/// What this program leads to.
const INTRODUCTION: &str = "SageMaker SSH Helper opens SSH sessions into SageMaker's containers, and an AWS account has to be \
                            prepared for it once. Here you choose roles and regions, see every change, and confirm it. \
                            Nothing is written before that.";
/// On a smaller screen the account itself comes first.
const ROOM_FOR_INTRODUCTION: u16 = 16;
/// What cannot be mended from inside, and the way to look around without an account.
const FROM_OUTSIDE: &str = "Then press r, or p for another profile. A variable that is set elsewhere, such as AWS_PROFILE, \
                            reaches this program only when it is started again: q leaves. Only looking? Start it with --demo.";
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
        let mut lines = Vec::new();
        match &findings.identity {
            Load::Waiting => {
                lines.push(Line::raw(format!("Asking AWS who you are. {spinner}")));
                lines.push(Line::default());
                lines.extend(
                    findings.credentials.iter().flat_map(|label| {
                        labelled("Credentials", label, COLUMN, width, theme::PLAIN)
                    }),
                );
            }
            Load::Failed(error) => {
                lines.extend(said(Severity::Error, &error.sentence(), width));
                lines.push(Line::default());
                for text in [error.advice().as_str(), FROM_OUTSIDE] {
                    lines.extend(wrapped(text, width, "", theme::PLAIN));
                    lines.push(Line::default());
                }
                lines.extend(
                    error
                        .request_id
                        .iter()
                        .map(|id| Line::styled(format!("AWS request {}", clean(id)), theme::DIM)),
                );
            }
            Load::Ready(identity) => {
                if area.height >= ROOM_FOR_INTRODUCTION {
                    lines.extend(wrapped(INTRODUCTION, width, "", theme::PLAIN));
                    lines.push(Line::default());
                }
                lines.extend(known(identity, width));
                lines.push(Line::default());
                lines.extend(progress(findings, width, spinner));
            }
        }
        self.scroll.draw(frame, area, lines);
        self.scroll.set_cursor_on_top(frame, area);
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
    .flat_map(|(label, value)| labelled(label, &value, COLUMN, width, theme::PLAIN))
    .collect();
    let mut warn = |text: &str| {
        lines.push(Line::default());
        lines.extend(said(Severity::Warning, text, width));
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
        Load::Waiting => format!("{roles} so far, listing {spinner}"),
        Load::Ready(()) => roles.to_string(),
        Load::Failed(error) => format!("could not be listed: {}", error.sentence()),
    };
    let (known, all) = (findings.tiers.len(), findings.regions.len());
    let regions = if known < all {
        format!("{known} of {all} read {spinner}")
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
        let text = format!("asking AWS {spinner}");
        return labelled("Permissions", &text, COLUMN, width, theme::PLAIN);
    };
    checks::preflight(preflight)
        .into_iter()
        .enumerate()
        .flat_map(|(number, message)| {
            let sign = theme::of_severity(message.severity);
            labelled_sign(label(number), sign, &message.text, COLUMN, width)
        })
        .collect()
}
