//! The whole screen: surroundings, step, and what lies over it. Changes nothing but scroll offsets.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::state::Load;
use super::steps::roles::Context;
use super::steps::{COUNT, Step};
use super::ui::frame::{RailStep, Surroundings, window};
use super::ui::text::{clean, wrapped};
use super::ui::{frame, keys, theme};
use super::{Overlay, Wizard, profile_entries};
use crate::plan::words::counted;

/// A spinner is shown only for what takes longer than this, so that nothing flickers.
const PATIENCE_MS: u128 = 100;

pub(super) fn draw(frame: &mut Frame, wizard: &mut Wizard) {
    let bindings = wizard.bindings();
    let around = Surroundings {
        who: who(wizard),
        progress: format!("Step {}/{COUNT} ", wizard.step.number()),
        title: wizard.step.title(),
        rail: rail(wizard),
        status: wizard.status.clone(),
        bindings: &bindings,
    };
    let body = frame::draw(frame, &around);
    let spinner = spinner(wizard);
    draw_step(frame, body, wizard, spinner);
    draw_overlay(frame, wizard, &bindings, spinner);
    theme::adapt(frame.buffer_mut(), wizard.options.look);
}

fn spinner(wizard: &Wizard) -> &'static str {
    let elapsed = wizard.busy_since.map_or(0, |since| since.elapsed().as_millis());
    if elapsed < PATIENCE_MS {
        return " ";
    }
    theme::spinner(wizard.options.look, usize::try_from(elapsed / 100).unwrap_or(0))
}

fn who(wizard: &Wizard) -> String {
    match &wizard.findings.identity {
        Load::Ready(identity) => [identity.account_label(), identity.who(), identity.credentials.clone()].join(" · "),
        Load::Waiting | Load::Failed(_) => "SageMaker SSH Helper setup".to_owned(),
    }
}

/// The steps on the left, with what was answered.
fn rail(wizard: &Wizard) -> Vec<RailStep> {
    let choices = wizard.choices();
    Step::ALL
        .into_iter()
        .filter(|step| step.is_asked(choices.connect_from))
        .map(|step| RailStep {
            title: step.title(),
            done: step < wizard.step,
            current: step == wizard.step,
            answer: answer(step, wizard, &choices),
        })
        .collect()
}

fn answer(step: Step, wizard: &Wizard, choices: &crate::model::Choices) -> String {
    let some = |count: usize, noun| if count == 0 { String::new() } else { counted(count, noun) };
    match step {
        Step::Account => wizard.findings.identity.ready().map(|identity| identity.account.clone()).unwrap_or_default(),
        Step::ConnectFrom => wizard.connect_from.answer().to_owned(),
        Step::SageMakerRoles => some(choices.sagemaker_roles.len(), "role"),
        Step::UserRoles => some(choices.user_roles.len(), "role"),
        Step::Regions => some(choices.regions.len(), "region"),
        Step::Preview | Step::Confirm | Step::Apply => String::new(),
    }
}

fn draw_step(frame: &mut Frame, body: Rect, wizard: &mut Wizard, spinner: &str) {
    let choices = wizard.choices();
    let plan = if wizard.step == Step::Preview { wizard.plan() } else { None };
    let still_reading = wizard.findings.still_reading(&choices);
    let former = wizard.options.former.clone();
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
        Step::Preview => wizard.preview.draw(frame, body, plan.as_ref(), still_reading, spinner),
        Step::Confirm => {
            if let Some(confirm) = &mut wizard.confirm {
                confirm.draw(frame, body, &former);
            }
        }
        Step::Apply => {
            if let Some(apply) = &mut wizard.apply {
                apply.draw(frame, body, spinner, &former);
            }
        }
    }
}

fn draw_overlay(frame: &mut Frame, wizard: &mut Wizard, bindings: &[keys::Binding], spinner: &str) {
    let step = wizard.step;
    match &mut wizard.overlay {
        None => {}
        Some(Overlay::Help(scroll)) => {
            let height = frame.area().height.saturating_sub(2);
            let place = window(frame, 76, height, step.title());
            let width = place.width.saturating_sub(1);
            let mut lines = wrapped(step.help(), width, "", theme::PLAIN);
            lines.push(Line::default());
            let mut said: Vec<keys::Action> = Vec::new();
            for binding in bindings {
                if said.contains(&binding.action) {
                    continue;
                }
                said.push(binding.action);
                let codes: Vec<String> = bindings
                    .iter()
                    .filter(|other| other.action == binding.action)
                    .map(|other| keys::name(other.code))
                    .collect();
                lines.push(Line::from(vec![
                    Span::styled(format!("  {:<14}", codes.join(" ")), theme::KEY),
                    Span::raw(binding.label),
                ]));
            }
            lines.push(Line::from(vec![
                Span::styled(format!("  {:<14}", "Ctrl-C"), theme::KEY),
                Span::raw(if step == Step::Apply { "stop after what is under way" } else { "leave; nothing is changed" }),
            ]));
            lines.push(Line::default());
            lines.push(Line::styled("Esc closes this.", theme::DIM));
            scroll.draw(frame, place, lines);
        }
        Some(Overlay::Profiles { picker, names }) => {
            let place = window(frame, 60, 16, "Profile");
            match names {
                Load::Waiting => frame.render_widget(Line::raw(format!(" {spinner} Reading your AWS configuration.")), place),
                Load::Failed(error) => {
                    frame.render_widget(Paragraph::new(wrapped(&error.to_string(), place.width, "", theme::BAD)), place);
                }
                Load::Ready(names) if names.is_empty() => {
                    let text = "No profiles are configured. \"aws configure sso\" or \"aws login\" makes one. Esc closes this.";
                    frame.render_widget(Paragraph::new(wrapped(text, place.width, "", theme::WARN)), place);
                }
                Load::Ready(names) => {
                    let entries = profile_entries(names);
                    let current = picker.current(&entries).map(|entry| entry.id.clone());
                    let lines: Vec<Line> = visible(names, current.as_deref(), usize::from(place.height).saturating_sub(2))
                        .iter()
                        .map(|name| {
                            let here = Some(name.as_str()) == current.as_deref();
                            let style = if here { theme::CURSOR } else { theme::PLAIN };
                            Line::from(vec![Span::raw(" "), Span::styled(format!(" {} ", clean(name)), style)])
                        })
                        .chain([Line::default(), Line::styled(" Enter takes it, Esc closes.", theme::DIM)])
                        .collect();
                    frame.render_widget(Paragraph::new(lines), place);
                }
            }
        }
        Some(Overlay::Quit) => {
            let place = window(frame, 52, 6, "Leave?");
            let mut lines = wrapped("What you picked is forgotten. Nothing was changed in the account.", place.width, "", theme::PLAIN);
            lines.push(Line::default());
            lines.push(Line::from(vec![
                Span::styled("y", theme::KEY),
                Span::raw(" leave   "),
                Span::styled("n", theme::KEY),
                Span::raw(" stay"),
            ]));
            frame.render_widget(Paragraph::new(lines), place);
        }
    }
}

/// As many names as fit, with the current one among them.
fn visible<'a>(names: &'a [String], current: Option<&str>, room: usize) -> &'a [String] {
    let here = names.iter().position(|name| Some(name.as_str()) == current).unwrap_or(0);
    let start = (here + 1).saturating_sub(room.max(1));
    let end = (start + room).min(names.len());
    names.get(start..end).unwrap_or_default()
}
