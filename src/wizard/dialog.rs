//! The dialogs over a page: the help, the choice of a profile, questions, and what they lead to.

mod cut_off;
mod explain;
mod insecure;
mod live_check;
mod mfa_code;
mod new_role;
mod nodes;

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::effect::Effect;
use super::page::Step;
use super::session::Load;
use super::widget::frame::window;
use super::widget::keys::{self, Action, Binding, MOVES, hint, quiet};
use super::widget::picker::{Entry, Picker};
use super::widget::scroll::Scroll;
use super::widget::text::{clean, mark, said, wrapped};
use super::widget::theme;
use crate::account::CallError;
use crate::journal::Record;
use crate::plan::Target;
use crate::text::{Severity, counted};
pub use cut_off::CutOff;
pub use explain::ExplainDialog;
pub use insecure::Insecure;
pub use live_check::LiveCheck;
pub use mfa_code::MfaCode;
pub use new_role::NewRoleDialog;
pub use nodes::NodesDialog;

/// A dialog with its own state.
#[derive(Debug)]
pub enum Dialog {
    Help(Scroll),
    Profiles(Box<ProfilesDialog>),
    /// Whether to leave; a guide may be open.
    Quit {
        guided: bool,
    },
    /// Whether these statements of a document were meant to go.
    LetGo {
        target: Target,
        names: Vec<String>,
    },
    /// A run that was cut off.
    CutOff(Box<CutOff>),
    /// What is there now is being read, to put this run back.
    Undoing(String),
    /// A real activation is asked about, made, or told of.
    Live(Box<LiveCheck>),
    /// Which nodes there are, and whose.
    Nodes(NodesDialog),
    /// An error is explained.
    Explain(Box<ExplainDialog>),
    /// A profile asks for a code.
    MfaCode(Box<MfaCode>),
    /// A role that is to be made.
    NewRole(Box<NewRoleDialog>),
    /// Whether to go on over plain HTTP.
    Insecure(Insecure),
}

/// The profiles to choose from.
#[derive(Debug)]
pub struct ProfilesDialog {
    picker: Picker,
    pub names: Load<Vec<String>>,
}

/// The keys that close a dialog.
const fn close(label: &'static str) -> [Binding; 2] {
    [
        hint(KeyCode::Esc, Action::Back, label),
        quiet(KeyCode::Char('q'), Action::Back, label),
    ]
}

impl Dialog {
    pub fn help() -> Self {
        Self::Help(Scroll::default())
    }

    pub fn quit(guided: bool) -> Self {
        Self::Quit { guided }
    }

    pub fn let_go(target: Target, names: Vec<String>) -> Self {
        Self::LetGo { target, names }
    }

    pub fn profiles() -> Self {
        Self::Profiles(Box::new(ProfilesDialog {
            picker: Picker::default(),
            names: Load::Waiting,
        }))
    }

    /// One of several runs that were cut off.
    pub fn cut_off(record: Record, others: usize) -> Self {
        Self::CutOff(Box::new(CutOff::new(record, others)))
    }

    /// Returns whether letters are typed into it.
    pub fn is_typing(&self) -> bool {
        match self {
            Self::MfaCode(_) => true,
            Self::Explain(view) => view.is_asking(),
            Self::NewRole(form) => form.is_typing(),
            _ => false,
        }
    }

    /// The keys that work while it is open.
    pub fn bindings(&self) -> Vec<Binding> {
        let mut bindings = Vec::new();
        match self {
            Self::Help(_) => {
                bindings.extend(close("close"));
                bindings.extend(
                    [KeyCode::Char('?'), KeyCode::Enter]
                        .map(|code| quiet(code, Action::Back, "close")),
                );
                bindings.push(hint(
                    KeyCode::Char('e'),
                    Action::Explain,
                    "explain an error",
                ));
                bindings.extend(MOVES);
            }
            Self::Profiles(profiles) => {
                if !profiles.picker.is_empty() {
                    bindings.extend([
                        hint(KeyCode::Enter, Action::Next, "choose"),
                        hint(KeyCode::Up, Action::Up, "up"),
                        hint(KeyCode::Down, Action::Down, "down"),
                    ]);
                }
                bindings.extend(close("close"));
                bindings.extend(MOVES);
            }
            // The key that applies changes answers none of these.
            Self::Quit { .. } => bindings.extend([
                hint(KeyCode::Char('q'), Action::Quit, "leave"),
                hint(KeyCode::Esc, Action::Back, "stay"),
            ]),
            Self::LetGo { .. } => bindings.extend([
                hint(KeyCode::Char(' '), Action::Next, "it was meant to go"),
                hint(KeyCode::Esc, Action::Back, "no"),
            ]),
            Self::CutOff(cut_off) => bindings.extend(cut_off.bindings()),
            Self::Undoing(_) => bindings.extend(close("leave it")),
            Self::Live(live) => bindings.extend(live.bindings()),
            Self::Nodes(_) => bindings.extend(NodesDialog::bindings()),
            Self::Explain(view) => bindings.extend(view.bindings()),
            Self::MfaCode(_) => bindings.extend(MfaCode::bindings()),
            Self::NewRole(form) => bindings.extend(form.bindings()),
            Self::Insecure(_) => bindings.extend(Insecure::bindings()),
        }
        bindings
    }

    pub fn on_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let action = keys::find(&self.bindings(), &key);
        match self {
            Self::MfaCode(code) => code.on_key(key, action),
            Self::Explain(dialog) => dialog.on_key(key, action),
            Self::NewRole(form) => form.on_key(key),
            _ => action.map_or_else(Vec::new, |action| self.handle(action)),
        }
    }

    fn handle(&mut self, action: Action) -> Vec<Effect> {
        match (self, action) {
            (Self::Undoing(_), _) => return vec![Effect::CloseDialog, Effect::StopUndo],
            (Self::Live(live), action) => return live.handle(action),
            (Self::Nodes(nodes), action) => return nodes.handle(action),
            (Self::Insecure(_), action) => return Insecure::handle(action),
            (Self::CutOff(cut_off), action) => return cut_off.handle(action),
            (Self::LetGo { target, .. }, Action::Next) => {
                return vec![Effect::CloseDialog, Effect::LetGo(target.clone())];
            }
            (Self::Profiles(profiles), Action::Next) => return profiles.chosen(),
            (_, Action::Back) => return vec![Effect::CloseDialog],
            (_, Action::Quit) => return vec![Effect::Leave],
            (Self::Help(_), Action::Explain) => return vec![Effect::Explain],
            (Self::Help(scroll), action) => drop(scroll.act(action)),
            (Self::Profiles(profiles), action) => drop(profiles.picker.act(action)),
            (
                Self::Quit { .. }
                | Self::LetGo { .. }
                | Self::MfaCode(_)
                | Self::NewRole(_)
                | Self::Explain(_),
                _,
            ) => {}
        }
        Vec::new()
    }

    /// A pasted text: into the field that is open, or nowhere.
    pub fn paste(&mut self, text: &str) {
        match self {
            Self::MfaCode(code) => code.paste(text),
            Self::Explain(dialog) => dialog.paste(text),
            Self::NewRole(form) => form.paste(text),
            Self::Help(_)
            | Self::Profiles(_)
            | Self::Quit { .. }
            | Self::LetGo { .. }
            | Self::CutOff(_)
            | Self::Undoing(_)
            | Self::Live(_)
            | Self::Nodes(_)
            | Self::Insecure(_) => {}
        }
    }

    pub fn draw(
        &mut self,
        frame: &mut Frame,
        step: Step,
        bindings: &[Binding],
        spinner: &str,
        applying: bool,
    ) {
        match self {
            Self::Help(scroll) => draw_help(frame, scroll, step, bindings, applying),
            Self::Profiles(profiles) => profiles.draw(frame, spinner),
            Self::Quit { guided } => draw_quit(frame, *guided),
            Self::LetGo { target, names } => draw_let_go(frame, target, names),
            Self::CutOff(cut_off) => cut_off.draw(frame, spinner),
            Self::Undoing(run) => draw_undoing(frame, run, spinner),
            Self::Live(live) => live.draw(frame, spinner),
            Self::Nodes(nodes) => nodes.draw(frame, spinner),
            Self::Explain(view) => view.draw(frame),
            Self::MfaCode(code) => code.draw(frame),
            Self::NewRole(form) => form.draw(frame, spinner),
            Self::Insecure(insecure) => insecure.draw(frame),
        }
    }
}

impl ProfilesDialog {
    /// The names are known, or why they are not.
    pub fn set_names(&mut self, names: Result<Vec<String>, CallError>) {
        let entry = |name: &String| {
            Arc::new(Entry {
                id: name.clone(),
                haystack: name.to_lowercase(),
                group: String::new(),
                is_default_cursor: true,
            })
        };
        self.names = match names {
            Ok(names) => {
                self.picker.set_entries(names.iter().map(entry).collect());
                Load::Ready(names)
            }
            Err(error) => Load::Failed(error),
        };
    }

    fn chosen(&self) -> Vec<Effect> {
        let current = self.picker.current();
        let switch = |entry: &Entry| Effect::SwitchProfile(entry.id.clone());
        vec![current.map_or(Effect::CloseDialog, switch)]
    }

    fn draw(&self, frame: &mut Frame, spinner: &str) {
        let place = window(frame, 60, 16, "Profile");
        let lines = match &self.names {
            Load::Waiting => vec![Line::raw(format!(
                "Reading your AWS configuration. {spinner}"
            ))],
            Load::Failed(error) => said(Severity::Error, &error.to_string(), place.width),
            Load::Ready(names) if names.is_empty() => wrapped(
                "No profiles are configured. \"aws configure sso\" or \"aws login\" makes one. Esc closes this.",
                place.width,
                "",
                theme::PLAIN,
            ),
            Load::Ready(names) => {
                let (lines, row) = self.list(names, place);
                frame.set_cursor_position(Position::new(place.x, place.y + row));
                lines
            }
        };
        frame.render_widget(Paragraph::new(lines), place);
    }

    /// As many names as fit, with the current one among them, and the row of that.
    fn list(&self, names: &[String], place: Rect) -> (Vec<Line<'static>>, u16) {
        let current = self.picker.current().map(|entry| entry.id.clone());
        let here = names
            .iter()
            .position(|name| Some(name) == current.as_ref())
            .unwrap_or(0);
        let height = place.height.saturating_sub(2).max(1);
        let mut scroll = Scroll::default();
        scroll.show(here..=here, height);
        let window = scroll.window(names.len(), height);
        let row = u16::try_from(here.saturating_sub(window.start)).unwrap_or(0);
        let rows = names
            .iter()
            .enumerate()
            .skip(window.start)
            .take(window.len())
            .map(|(number, name)| {
                let style = if number == here {
                    theme::CURSOR
                } else {
                    theme::PLAIN
                };
                Line::from(vec![
                    mark(number == here),
                    Span::styled(format!(" {} ", clean(name)), style),
                ])
            });
        let hint = Line::styled(" Enter chooses it, Esc closes this.", theme::DIM);
        (rows.chain([Line::default(), hint]).collect(), row)
    }
}

/// A text in a window of its own height, as far as there is room for it; gives the place inside.
fn draw_text(
    frame: &mut Frame,
    width: u16,
    title: &str,
    scroll: &mut Scroll,
    lines: Vec<Line<'static>>,
) -> Rect {
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let height = height.min(frame.area().height.saturating_sub(2));
    let place = window(frame, width, height, title);
    scroll.draw(frame, place, lines);
    place
}

fn draw_help(
    frame: &mut Frame,
    scroll: &mut Scroll,
    step: Step,
    bindings: &[Binding],
    applying: bool,
) {
    let height = frame.area().height.saturating_sub(2);
    let place = window(frame, 76, height, step.title());
    let width = place.width.saturating_sub(1);
    let mut lines = wrapped(step.help(), width, "", theme::PLAIN);
    lines.push(Line::default());
    let row = |keys: &str, label: &'static str| {
        Line::from(vec![
            Span::styled(format!("  {keys:<14}"), theme::KEY),
            Span::raw(label),
        ])
    };
    let mut said: Vec<Action> = Vec::new();
    for binding in bindings {
        if !said.contains(&binding.action) {
            said.push(binding.action);
            let same = bindings
                .iter()
                .filter(|other| other.action == binding.action);
            let mut codes: Vec<String> = same.map(|other| keys::name(other.code)).collect();
            codes.dedup();
            lines.push(row(&codes.join(" "), binding.label));
        }
    }
    let ctrl_c = match (applying, step) {
        (true, _) => "stop after what is under way",
        (false, Step::Apply) => "leave",
        (false, _) => "leave; nothing is changed",
    };
    lines.push(row(
        "e, from here",
        "explain an error that somebody has met",
    ));
    lines.push(row("Ctrl-C", ctrl_c));
    lines.push(Line::default());
    lines.push(Line::styled("Esc closes this.", theme::DIM));
    scroll.draw(frame, place, lines);
}

/// A question in a window of its own, with the keys that answer it.
fn draw_question(frame: &mut Frame, title: &str, text: &str, answers: [(&str, &str); 2]) {
    let width = frame.area().width.min(66).saturating_sub(2);
    let mut lines = wrapped(&clean(text), width, "", theme::PLAIN);
    lines.push(Line::default());
    lines.extend(answers.map(|(key, what)| {
        Line::from(vec![
            Span::styled(format!("{key:<7}"), theme::KEY),
            Span::raw(what.to_owned()),
        ])
    }));
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let place = window(frame, 66, height, title);
    frame.render_widget(Paragraph::new(lines), place);
}

fn draw_quit(frame: &mut Frame, guided: bool) {
    let text = if guided {
        "What you did in the console stays. The guide can be begun again at any time."
    } else {
        "What you picked is forgotten. Nothing was changed in the account."
    };
    draw_question(frame, "Leave?", text, [("q", "leave"), ("Esc", "stay")]);
}

fn draw_let_go(frame: &mut Frame, target: &Target, names: &[String]) {
    let statements = counted(names.len(), "statement");
    let text = format!(
        "{}: {statements} of others stay deleted: {}. The guide goes on without them, and says so at its end.",
        target.short(),
        names.join(", ")
    );
    let answers = [("Space", "it was meant to go"), ("Esc", "no")];
    draw_question(frame, "Was it meant to go?", &text, answers);
}

fn draw_undoing(frame: &mut Frame, run: &str, spinner: &str) {
    let place = window(frame, 60, 6, "Put back");
    let text = format!("Reading what is there now, to put the run {run} back. {spinner}");
    let mut lines = wrapped(&clean(&text), place.width, "  ", theme::PLAIN);
    lines.push(Line::default());
    lines.push(Line::styled("Esc leaves it.", theme::DIM));
    frame.render_widget(Paragraph::new(lines), place);
}
