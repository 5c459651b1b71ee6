//! The code of an MFA device, which a profile asks for.

use crossterm::event::{Event, KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use tui_input::backend::crossterm::EventHandler;
use tui_input::{Input, InputRequest};

use crate::account::CodeRequest;
use crate::wizard::effect::Effect;
use crate::wizard::widget::frame::window;
use crate::wizard::widget::keys::{Action, Binding, hint};
use crate::wizard::widget::scroll::Scroll;
use crate::wizard::widget::text::{clean, wrapped};
use crate::wizard::widget::theme;

/// More than this is no code.
const LONGEST: usize = 32;

/// The field, and whoever waits for what is typed into it.
#[derive(Debug)]
pub struct MfaCode {
    request: Option<CodeRequest>,
    input: Input,
}

impl MfaCode {
    pub fn new(request: CodeRequest) -> Self {
        Self {
            request: Some(request),
            input: Input::default(),
        }
    }

    pub fn bindings() -> Vec<Binding> {
        vec![
            hint(KeyCode::Enter, Action::Next, "hand it over"),
            hint(KeyCode::Esc, Action::Back, "without a code"),
        ]
    }

    /// Does what the key is bound to, or types it.
    pub fn on_key(&mut self, key: KeyEvent, action: Option<Action>) -> Vec<Effect> {
        match (action, key.code) {
            (Some(Action::Back), _) => return vec![Effect::CloseDialog],
            (Some(_), _) if self.input.value().is_empty() => {}
            (Some(_), _) => {
                if let Some(request) = self.request.take() {
                    request.answer(self.input.value());
                }
                return vec![Effect::CloseDialog];
            }
            (None, KeyCode::Char(c)) if !is_part_of_code(c) => {}
            (None, _) => {
                self.input.handle_event(&Event::Key(key));
            }
        }
        Vec::new()
    }

    pub fn paste(&mut self, text: &str) {
        let code = text.chars().filter(|c| is_part_of_code(*c));
        let room = LONGEST.saturating_sub(self.input.value().len());
        for c in code.take(room) {
            self.input.handle(InputRequest::InsertChar(c));
        }
    }

    pub fn draw(&self, frame: &mut Frame) {
        let (profile, serial) = match &self.request {
            Some(request) => (request.profile.as_str(), request.serial.as_str()),
            None => return,
        };
        let width = frame.area().width.min(72);
        let text = clean(&format!(
            "The profile {profile} asks for the code of the MFA device {serial}."
        ));
        let mut lines = wrapped(&text, width.saturating_sub(4), "", theme::PLAIN);
        lines.push(Line::default());
        let row = lines.len();
        lines.push(Line::raw(format!("> {}", self.input.value())));
        lines.push(Line::default());
        lines.push(Line::styled(
            "Enter hands it over. Esc goes on without; then r or another profile.",
            theme::DIM,
        ));
        let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
        let place = window(frame, width, height, "MFA code");
        frame.render_widget(Paragraph::new(lines), place);
        Scroll::default().set_cursor_in(frame, place, row, 2 + self.input.visual_cursor());
    }
}

fn is_part_of_code(c: char) -> bool {
    c.is_ascii_alphanumeric()
}
