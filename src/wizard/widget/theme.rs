//! Colours by meaning, out of the terminal's own sixteen; a sign or a word always stands beside a colour.

use ratatui::buffer::Buffer;
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
pub const DIM: Style = Style::new().fg(Color::DarkGray);
pub const GOOD: Style = Style::new().fg(Color::Green);
pub const WARN: Style = Style::new().fg(Color::Yellow);
pub const BAD: Style = Style::new().fg(Color::Red);
pub const ACCENT: Style = Style::new().fg(Color::Cyan);
pub const KEY: Style = Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD);
/// The line under the cursor.
pub const CURSOR: Style = Style::new().add_modifier(Modifier::REVERSED);

pub const CHECK: &str = "✓";
pub const CROSS: &str = "✗";
pub const DIFFERS: &str = "~";
pub const TO_DO: &str = "+";
pub const BLOCKED: &str = "!";
pub const UNKNOWN: &str = "?";
pub const BY_HAND: &str = "○";
pub const DOT: &str = "·";

/// The sign and the colour of a message.
pub fn of_severity(severity: Severity) -> (&'static str, Style) {
    match severity {
        Severity::Good => (CHECK, GOOD),
        Severity::Info => (DOT, PLAIN),
        Severity::Warning => (BLOCKED, WARN),
        Severity::Error => (CROSS, BAD),
        Severity::Unknown => (UNKNOWN, WARN),
    }
}

/// The sign and the colour of who can connect.
pub fn of_readiness(outcome: ReadinessLevel) -> (&'static str, Style) {
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

/// The last thing done to a drawn screen: what the terminal cannot show is replaced, one cell for one cell.
pub fn adapt(buffer: &mut Buffer, look: Look) {
    if look.color && look.unicode {
        return;
    }
    for cell in &mut buffer.content {
        if !look.color {
            // Dimming carries meaning that colour had.
            if cell.fg == Color::DarkGray {
                cell.modifier.insert(Modifier::DIM);
            }
            cell.fg = Color::Reset;
            cell.bg = Color::Reset;
        }
        if !look.unicode && !cell.symbol().is_ascii() {
            let sign = text::ascii_sign(cell.symbol());
            cell.set_symbol(sign);
        }
    }
}
