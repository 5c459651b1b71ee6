//! The whole screen: surroundings, step, and what lies over it. Changes nothing but scroll offsets.

use ratatui::backend::{Backend, ClearType};
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal};

use super::overlay::Overlay;
use super::state::Load;
use super::steps::apply::ApplyStep;
use super::steps::roles::Context;
use super::steps::{COUNT, Step};
use super::ui::frame::{RailStep, Surroundings};
use super::ui::{frame, theme};
use super::{Start, Wizard};
use crate::apply::Report;
use crate::plan::readiness::Readiness;
use crate::plan::words::counted;

/// A spinner is shown only for what takes longer than this, so that nothing flickers.
const PATIENCE_MS: u128 = 100;

pub(super) fn draw(frame: &mut Frame, wizard: &mut Wizard) {
    let bindings = wizard.bindings();
    let shown = wizard.overlay.as_ref().map(Overlay::bindings);
    let around = Surroundings {
        who: who(wizard),
        progress: progress(wizard),
        title: title(wizard),
        rail: rail(wizard),
        status: wizard.status.clone(),
        bindings: shown.as_ref().unwrap_or(&bindings),
    };
    let body = frame::draw(frame, &around);
    let spinner = spinner(wizard);
    draw_step(frame, body, wizard, spinner);
    let step = if wizard.is_guided() {
        Step::Guide
    } else {
        wizard.step
    };
    let applying = wizard.is_applying() && !wizard.is_guided();
    if let Some(overlay) = &mut wizard.overlay {
        overlay.draw(frame, step, &bindings, spinner, applying);
    }
    theme::adapt(frame.buffer_mut(), wizard.options.look);
}

fn title(wizard: &Wizard) -> &'static str {
    let done = wizard
        .apply
        .as_ref()
        .is_some_and(|apply| !apply.is_running());
    let report = wizard
        .apply
        .as_ref()
        .and_then(|apply| apply.report.as_ref());
    let is_complete = report.is_some_and(Report::is_complete);
    if wizard.step != Step::Apply {
        wizard.step.title()
    } else if wizard.is_guided() && !(done && is_complete) {
        Step::Guide.title()
    } else if done && !wizard.apply.as_ref().is_some_and(ApplyStep::awaits_proof) {
        let readiness = report.and_then(|report| report.readiness.as_ref());
        readiness.map_or("Done", Readiness::title)
    } else {
        Step::Apply.title()
    }
}

/// Without a question to confirm, the way to the guide is one step shorter.
fn progress(wizard: &Wizard) -> String {
    let count = if wizard.options.start == Start::SetUp {
        COUNT
    } else {
        COUNT - 1
    };
    format!("Step {}/{count} ", wizard.step.number().min(count))
}

/// Whether a step is on the way that was taken.
fn is_on_the_way(step: Step, wizard: &Wizard) -> bool {
    let leads_to_guide = wizard.is_guided() || wizard.options.start != Start::SetUp;
    match step {
        Step::Confirm => wizard.options.start == Start::SetUp,
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

fn spinner(wizard: &Wizard) -> &'static str {
    let elapsed = wizard
        .busy_since
        .map_or(0, |since| since.elapsed().as_millis());
    if elapsed < PATIENCE_MS {
        return " ";
    }
    theme::spinner(usize::try_from(elapsed / 100).unwrap_or(0))
}

fn who(wizard: &Wizard) -> String {
    match &wizard.findings.identity {
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
fn rail(wizard: &Wizard) -> Vec<RailStep> {
    let choices = wizard.choices();
    let finished = wizard.step == Step::Apply
        && wizard
            .apply
            .as_ref()
            .is_some_and(|apply| !apply.is_running());
    Step::ALL
        .into_iter()
        .filter(|step| step.is_asked(choices.connect_from) && is_on_the_way(*step, wizard))
        .map(|step| RailStep {
            title: step.title(),
            done: step < wizard.step || finished,
            current: step == wizard.step && !finished,
            answer: answer(step, wizard, &choices),
        })
        .collect()
}

fn answer(step: Step, wizard: &Wizard, choices: &crate::model::Choices) -> String {
    let some = |count: usize, noun| {
        if count == 0 {
            String::new()
        } else {
            counted(count, noun)
        }
    };
    match step {
        Step::Account => wizard
            .findings
            .identity
            .ready()
            .map(|identity| identity.account.clone())
            .unwrap_or_default(),
        Step::ConnectFrom => wizard.connect_from.answer().to_owned(),
        Step::SageMakerRoles => some(choices.sagemaker_roles.len(), "role"),
        Step::UserRoles => some(choices.user_roles.len(), "role"),
        Step::Regions => some(choices.regions.len(), "region"),
        Step::Preview | Step::Confirm | Step::Guide | Step::Apply => String::new(),
    }
}

fn draw_step(frame: &mut Frame, body: Rect, wizard: &mut Wizard, spinner: &str) {
    let choices = wizard.choices();
    let still_reading = wizard.findings.still_reading(&choices);
    let records = wizard.options.records.clone();
    let findings = &wizard.findings;
    let context = Context {
        findings,
        choices: &choices,
        spinner,
    };
    match wizard.step {
        Step::Account => wizard.account_step.draw(frame, body, findings, spinner),
        Step::ConnectFrom => wizard.connect_from.draw(frame, body),
        Step::SageMakerRoles => wizard.sagemaker_roles.draw(frame, body, &context),
        Step::UserRoles => wizard.user_roles.draw(frame, body, &context),
        Step::Regions => wizard.regions.draw(frame, body, findings, spinner),
        Step::Preview => {
            let plan = wizard.known.as_ref().map(|known| &known.plan);
            let preview = &mut wizard.preview;
            preview.draw(frame, body, plan, still_reading, spinner);
        }
        Step::Confirm => {
            if let Some(confirm) = &mut wizard.confirm {
                confirm.draw(frame, body);
            }
        }
        Step::Guide => {
            wizard.with_guide(|guide, scene| guide.draw(frame, body, scene, spinner));
        }
        Step::Apply => {
            if let Some(apply) = &mut wizard.apply {
                apply.draw(frame, body, spinner, &records);
            }
        }
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
