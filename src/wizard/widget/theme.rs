//! How things look. Text has the terminal's own foreground, plain, bold, dim or reversed; colour, out of the terminal's own
//! sixteen, is for signs alone, and a word stands beside each.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier, Style};

use crate::plan::readiness::ReadinessLevel;
use crate::text::{self, Severity};

/// How the screen may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub color: bool,
    pub unicode: bool,
}

pub const PLAIN: Style = Style::new();
pub const TITLE: Style = Style::new().add_modifier(Modifier::BOLD);
/// What is secondary. Bright black would be invisible on some palettes.
pub const DIM: Style = Style::new().add_modifier(Modifier::DIM);
/// A key's name.
pub const KEY: Style = TITLE;
/// The line under the cursor.
pub const CURSOR: Style = Style::new().add_modifier(Modifier::REVERSED);

/// The colours of signs.
pub const GOOD: Style = Style::new().fg(Color::Green);
pub const WARN: Style = Style::new().fg(Color::Yellow);
pub const BAD: Style = Style::new().fg(Color::Red);
pub const ACCENT: Style = Style::new().fg(Color::Cyan);

/// A sign and its colour.
pub type Sign = (&'static str, Style);

/// The mark of the line under the cursor.
pub const HERE: Sign = ("›", ACCENT);
pub const CHECK: &str = "✓";
pub const CROSS: &str = "✗";
pub const DIFFERS: &str = "~";
pub const TO_DO: &str = "+";
pub const BLOCKED: &str = "!";
pub const UNKNOWN: &str = "?";
pub const BY_HAND: &str = "○";
pub const DOT: &str = "·";

/// The sign and the colour of a message.
pub fn of_severity(severity: Severity) -> Sign {
    match severity {
        Severity::Good => (CHECK, GOOD),
        Severity::Info => (DOT, PLAIN),
        Severity::Warning => (BLOCKED, WARN),
        Severity::Error => (CROSS, BAD),
        Severity::Unknown => (UNKNOWN, WARN),
    }
}

/// The sign and the colour of who can connect.
pub fn of_readiness(outcome: ReadinessLevel) -> Sign {
    match outcome {
        ReadinessLevel::Ready => (CHECK, GOOD),
        ReadinessLevel::Partly => (BLOCKED, WARN),
        ReadinessLevel::NotReady => (BLOCKED, BAD),
    }
}

/// Signs that every font has.
const SPINNER: [&str; 4] = ["|", "/", "-", "\\"];

/// The spinner's sign at a tick.
pub fn spinner(tick: usize) -> &'static str {
    SPINNER.get(tick % SPINNER.len()).copied().unwrap_or(" ")
}

/// The last thing done to a drawn screen: what the terminal cannot show is replaced.
pub fn adapt(buffer: &mut Buffer, look: Look) {
    if look.color && look.unicode {
        return;
    }
    for cell in &mut buffer.content {
        if !look.color {
            cell.fg = Color::Reset;
            cell.bg = Color::Reset;
        }
    }
    if !look.unicode {
        let width = usize::from(buffer.area.width).max(1);
        for row in buffer.content.chunks_mut(width) {
            spell_out(row);
        }
    }
}

/// A blank that may go: the first of two, or the last before a line of a box; the end of the row counts as a blank.
fn gap(row: &[Cell], from: usize) -> Option<usize> {
    let is = |place: usize, what: &[&str]| {
        row.get(place)
            .is_none_or(|cell| what.contains(&cell.symbol()))
    };
    let lines = ["│", "|"];
    let mut places = (from..row.len()).take_while(|place| !is(*place, &lines));
    places.find(|place| is(*place, &[" "]) && (is(*place + 1, &[" "]) || is(*place + 1, &lines)))
}

/// Replaces the signs of a row by ASCII. A word is longer than its sign: what follows moves to the right, up to a blank
/// that goes; without such a place, a letter has to do.
fn spell_out(row: &mut [Cell]) {
    let mut at = 0;
    while at < row.len() {
        let Some(cell) = row.get(at).filter(|cell| !cell.symbol().is_ascii()) else {
            at += 1;
            continue;
        };
        let (symbol, style) = (cell.symbol().to_owned(), cell.style());
        let word = text::ascii_sign(&symbol);
        let mut room = 1;
        // The blank that follows the sign stays.
        while let (true, Some(gap)) = (room < word.len(), gap(row, at + 1 + room)) {
            if let Some(moved) = row.get_mut(at + 1..=gap) {
                moved.rotate_right(1);
            }
            room += 1;
        }
        let spelt = if room < word.len() {
            text::ascii_letter(&symbol)
        } else {
            word
        };
        for (cell, letter) in row.iter_mut().skip(at).zip(spelt.chars()) {
            cell.set_char(letter).set_style(style);
        }
        at += spelt.len();
    }
}
