//! A run that was cut off: what became of it, by the record and by what is there now, and what can be done about it.

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::text::{Line, Span};

use super::{close, draw_text};
use crate::journal::Record;
use crate::messages::record::{self as messages, Found};
use crate::text::{Severity, counted};
use crate::wizard::effect::Effect;
use crate::wizard::widget::keys::{Action, Binding, MOVES, hint};
use crate::wizard::widget::scroll::Scroll;
use crate::wizard::widget::text::{clean, said, wrapped};
use crate::wizard::widget::theme;

/// Such a run, and how far down its story is scrolled.
#[derive(Debug)]
pub struct CutOff {
    pub record: Record,
    /// How many more there are.
    others: usize,
    /// What is there now in the places that are uncertain; none while it is being read.
    found: Option<Found>,
    scroll: Scroll,
}

impl CutOff {
    pub fn new(record: Record, others: usize) -> Self {
        Self {
            found: record.uncertain_targets().is_empty().then(Found::new),
            record,
            others,
            scroll: Scroll::default(),
        }
    }

    pub fn on_found(&mut self, found: Found) {
        self.found = Some(found);
    }

    pub fn bindings(&self) -> Vec<Binding> {
        let offered = self.choices().into_iter();
        let mut bindings: Vec<Binding> = offered
            .map(|(key, action, label, _)| hint(KeyCode::Char(key), action, label))
            .collect();
        bindings.extend(close("later"));
        let is_free = |binding: &Binding| bindings.iter().all(|other| other.code != binding.code);
        let moves: Vec<Binding> = MOVES.into_iter().filter(is_free).collect();
        bindings.extend(moves);
        bindings
    }

    /// What can be done about it: the key, what it does, and the same in a word and in a sentence.
    fn choices(&self) -> Vec<(char, Action, &'static str, &'static str)> {
        let finish = (
            'f',
            Action::Next,
            "finish it",
            "finish it: plan again with the same choices",
        );
        let undo = (
            'u',
            Action::Undo,
            "undo it",
            "undo what it did; it is shown and asked first",
        );
        match (&self.record.undoes, self.record.may_have_written()) {
            (Some(_), _) => vec![(
                'u',
                Action::Undo,
                "finish it",
                "finish putting back; it is shown and asked first",
            )],
            (None, true) => vec![finish, undo],
            (None, false) => vec![finish],
        }
    }

    pub fn handle(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Next => {
                let record = Box::new(self.record.clone());
                vec![Effect::CloseDialog, Effect::GoOnWith(record)]
            }
            Action::Undo => {
                let run = self.record.undoes.as_ref().unwrap_or(&self.record.run);
                let run = run.clone();
                vec![Effect::CloseDialog, Effect::Undo(run)]
            }
            Action::Back => vec![Effect::CloseDialog],
            other => {
                self.scroll.act(other);
                Vec::new()
            }
        }
    }

    pub fn draw(&mut self, frame: &mut Frame, spinner: &str) {
        // Two columns of border, one for the bar.
        let width = frame.area().width.min(76).saturating_sub(3);
        let mut lines = Vec::new();
        let mut story = messages::cut_off(&self.record, self.found.as_ref()).into_iter();
        if let Some(first) = story.next() {
            lines.extend(wrapped(&clean(&first.text), width, "", theme::TITLE));
        }
        for message in story {
            lines.extend(said(message.severity, &message.text, width));
        }
        if self.found.is_none() {
            let text = format!("Reading what is there now. {spinner}");
            lines.push(Line::raw(text));
        }
        if self.others > 0 {
            let runs = counted(self.others, "run");
            let text = format!("{runs} more: \"sagemaker-ssh-setup runs\" lists them.");
            lines.extend(said(Severity::Warning, &text, width));
        }
        lines.push(Line::default());
        let choice = |key: &str, text: &'static str| {
            Line::from(vec![
                Span::styled(format!("{key:<5}"), theme::KEY),
                Span::raw(text),
            ])
        };
        for (key, _, _, text) in self.choices() {
            lines.push(choice(&key.to_string(), text));
        }
        lines.push(choice("Esc", "later"));
        draw_text(frame, 76, "A run was cut off", &mut self.scroll, lines);
    }
}
