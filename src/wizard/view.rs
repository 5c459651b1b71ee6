//! The whole screen: surroundings, step, and what lies over it. Changes nothing but scroll offsets.

use ratatui::backend::{Backend, ClearType};
use ratatui::{Frame, Terminal};

use super::App;
use super::page::Step;
use super::session::Load;
use super::widget::frame::{RailEntry, RailState, Surroundings};
use super::widget::{frame, theme};
use crate::model::Choices;
use crate::text::counted;

pub(super) fn draw(frame: &mut Frame, app: &mut App) {
    let bindings = app.bindings();
    let shown = app.dialog.as_ref().map(super::dialog::Dialog::bindings);
    let around = Surroundings {
        who: who(app),
        progress: progress(app),
        title: app.pages.shown.title(),
        rail: rail(app),
        status: app.status.clone(),
        bindings: shown.as_ref().unwrap_or(&bindings),
    };
    let body = frame::draw(frame, &around);
    // Wherever the page does not say otherwise.
    frame.set_cursor_position(body.as_position());
    app.pages.draw(frame, body, &app.session);
    let (step, spinner) = (app.pages.shown.step(), app.session.spinner);
    let applying = app.is_applying();
    if let Some(dialog) = &mut app.dialog {
        dialog.draw(frame, step, &bindings, spinner, applying);
    }
    theme::adapt(frame.buffer_mut(), app.options.look);
}

/// The steps on the way that was taken, in their order.
fn way(app: &App) -> impl Iterator<Item = Step> {
    let connect_from = app.session.choices.connect_from;
    let steps = Step::ALL.into_iter();
    steps.filter(move |step| step.is_asked(connect_from) && is_on_the_way(*step, app))
}

fn progress(app: &App) -> String {
    let shown = app.pages.shown.step();
    let number = way(app).take_while(|step| *step <= shown).count();
    format!("Step {number}/{} ", way(app).count())
}

/// Returns whether a step is on the way that was taken.
fn is_on_the_way(step: Step, app: &App) -> bool {
    let leads_to_guide = app.is_guided() || app.session.leads_to_guide;
    match step {
        Step::Confirm => !app.session.leads_to_guide,
        Step::Guide => leads_to_guide,
        Step::Apply => !leads_to_guide,
        Step::Account
        | Step::ConnectFrom
        | Step::SageMakerRoles
        | Step::UserRoles
        | Step::Regions
        | Step::Preview => true,
    }
}

fn who(app: &App) -> String {
    let is_demo = app.source.is_demo();
    let mut parts = Vec::new();
    if is_demo {
        parts.push("DEMO · nothing real".to_owned());
    }
    match &app.session.findings.identity {
        Load::Ready(identity) => {
            parts.extend([identity.account_label(), identity.who()]);
            // Where nothing is real, the account says it all.
            if !is_demo {
                parts.push(identity.credentials.clone());
            }
        }
        Load::Waiting | Load::Failed(_) => parts.push("SageMaker SSH Helper setup".to_owned()),
    }
    parts.join(" · ")
}

/// The steps on the left, with what was answered.
fn rail(app: &App) -> Vec<RailEntry> {
    let choices = &app.session.choices;
    let shown = app.pages.shown.step();
    way(app)
        .map(|step| RailEntry {
            title: step.title(),
            state: match app.pages.shown.end() {
                Some(severity) if step == shown => RailState::Ended(severity),
                None if step == shown => RailState::Here,
                _ if step < shown => RailState::Done,
                _ => RailState::Ahead,
            },
            answer: answer(step, app, choices),
        })
        .collect()
}

fn answer(step: Step, app: &App, choices: &Choices) -> String {
    let some = |count: usize, noun| {
        if count == 0 {
            String::new()
        } else {
            counted(count, noun)
        }
    };
    match step {
        Step::Account => {
            let identity = app.session.findings.identity.ready();
            identity.map_or_else(String::new, |identity| identity.account.clone())
        }
        Step::ConnectFrom => app.pages.forms.connect_from.answer().to_owned(),
        Step::SageMakerRoles => some(choices.sagemaker_roles.len(), "role"),
        Step::UserRoles => some(choices.user_roles.len(), "role"),
        Step::Regions => some(choices.regions.len(), "region"),
        Step::Preview | Step::Confirm | Step::Guide | Step::Apply => String::new(),
    }
}

/// Makes the next frame one that is written as a whole. `Terminal::clear` would ask the terminal where its cursor is, and
/// not every terminal answers.
pub fn forget_screen<B: Backend>(terminal: &mut Terminal<B>) -> Result<(), B::Error> {
    terminal.backend_mut().clear_region(ClearType::All)?;
    // The frame that was drawn last is what the next one is compared with.
    terminal.swap_buffers();
    Ok(())
}
