//! The question whether to go on over plain HTTP to another computer.

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::text::Severity;
use crate::wizard::effect::Effect;
use crate::wizard::widget::frame::window;
use crate::wizard::widget::keys::{Action, Binding, hint};
use crate::wizard::widget::text::said;
use crate::wizard::widget::theme;

/// What that means, in a sentence.
#[derive(Debug)]
pub struct Insecure {
    meaning: String,
}

/// The keys that answer it, with what each does.
const CHOICES: [(char, Action, &str, &str); 3] = [
    (
        'g',
        Action::Next,
        "go on",
        "go on all the same; it is not asked again",
    ),
    (
        'p',
        Action::Profiles,
        "other profile",
        "choose another profile",
    ),
    ('q', Action::Quit, "leave", "leave; nothing was changed"),
];

impl Insecure {
    pub fn new(meaning: String) -> Self {
        Self { meaning }
    }

    pub fn bindings() -> Vec<Binding> {
        let binding = |(key, action, label, _)| hint(KeyCode::Char(key), action, label);
        CHOICES.into_iter().map(binding).collect()
    }

    /// It stays until it is answered: what is behind it may be forged.
    pub fn handle(action: Action) -> Vec<Effect> {
        match action {
            Action::Next => vec![Effect::AcceptPlainHttp],
            Action::Profiles => vec![Effect::ChooseProfile],
            Action::Quit => vec![Effect::Leave],
            _ => Vec::new(),
        }
    }

    pub fn draw(&self, frame: &mut Frame) {
        let width = frame.area().width.min(72).saturating_sub(4);
        let mut lines = said(Severity::Warning, &self.meaning, width);
        lines.push(Line::default());
        for (key, _, _, text) in CHOICES {
            lines.push(Line::from(vec![
                Span::styled(format!("{key:<5}"), theme::KEY),
                Span::raw(text),
            ]));
        }
        let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
        let height = height.min(frame.area().height.saturating_sub(2));
        let place = window(frame, 72, height, "Not encrypted");
        frame.render_widget(Paragraph::new(lines), place);
    }
}
