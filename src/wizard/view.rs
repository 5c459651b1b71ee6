//! The whole screen: surroundings, step, and what lies over it. Changes nothing but scroll offsets.

use ratatui::backend::{Backend, ClearType};
use ratatui::{Frame, Terminal};

use super::App;
use super::page::{COUNT, Step};
use super::session::Load;
use super::widget::frame::{RailEntry, Surroundings};
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
    app.pages.draw(frame, body, &app.session);
    let (step, spinner) = (app.pages.shown.step(), app.session.spinner);
    let applying = app.is_applying();
    if let Some(dialog) = &mut app.dialog {
        dialog.draw(frame, step, &bindings, spinner, applying);
    }
    theme::adapt(frame.buffer_mut(), app.options.look);
}

/// Without a question to confirm, the way to the guide is one step shorter.
fn progress(app: &App) -> String {
    let count = if app.session.leads_to_guide {
        COUNT - 1
    } else {
        COUNT
    };
    let number = app.pages.shown.step().number();
    format!("Step {}/{count} ", number.min(count))
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
    match &app.session.findings.identity {
        Load::Ready(identity) => [
            identity.account_label(),
            identity.who(),
            identity.credentials.clone(),
        ]
        .join(" · "),
        Load::Waiting | Load::Failed(_) => "SageMaker SSH Helper setup".to_owned(),
    }
}

/// The steps on the left, with what was answered.
fn rail(app: &App) -> Vec<RailEntry> {
    let choices = &app.session.choices;
    let (shown, has_ended) = (app.pages.shown.step(), app.pages.shown.has_ended());
    Step::ALL
        .into_iter()
        .filter(|step| step.is_asked(choices.connect_from) && is_on_the_way(*step, app))
        .map(|step| RailEntry {
            title: step.title(),
            done: step < shown || has_ended,
            current: step == shown && !has_ended,
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
