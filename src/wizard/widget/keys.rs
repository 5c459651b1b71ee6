//! Keys and what they do. The hints at the bottom and the help are made from the same list that is asked when a key
//! comes, so they cannot lie.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key can ask for. Which of them work is said by the step's list of bindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Next,
    Back,
    Quit,
    Help,
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Toggle,
    PickAll,
    Invert,
    Filter,
    ShowAll,
    TypeRole,
    NewRole,
    PreviousField,
    Profiles,
    Reload,
    OtherPane,
    CycleView,
    NextToLookAt,
    HardenTrust,
    ShellAccess,
    SavePlan,
    Export,
    Guide,
    Copy,
    CopyLink,
    WriteText,
    Check,
    AutoCheck,
    Apply,
    FullLog,
    Follow,
    RetryFailed,
    Undo,
    Live,
    Nodes,
    Explain,
}

/// A key, what it does, and how the hint names it.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    pub code: KeyCode,
    pub action: Action,
    pub label: &'static str,
    /// Whether it stands in the hints at the bottom; the help shows all.
    pub hinted: bool,
}

/// A binding that is hinted.
pub const fn hint(code: KeyCode, action: Action, label: &'static str) -> Binding {
    Binding {
        code,
        action,
        label,
        hinted: true,
    }
}

/// A binding that only the help shows.
pub const fn quiet(code: KeyCode, action: Action, label: &'static str) -> Binding {
    Binding {
        code,
        action,
        label,
        hinted: false,
    }
}

/// Moving in a list or a text.
pub const MOVES: [Binding; 10] = [
    quiet(KeyCode::Up, Action::Up, "up"),
    quiet(KeyCode::Char('k'), Action::Up, "up"),
    quiet(KeyCode::Down, Action::Down, "down"),
    quiet(KeyCode::Char('j'), Action::Down, "down"),
    quiet(KeyCode::PageUp, Action::PageUp, "a page up"),
    quiet(KeyCode::PageDown, Action::PageDown, "a page down"),
    quiet(KeyCode::Home, Action::Top, "to the top"),
    quiet(KeyCode::Char('g'), Action::Top, "to the top"),
    quiet(KeyCode::End, Action::Bottom, "to the bottom"),
    quiet(KeyCode::Char('G'), Action::Bottom, "to the bottom"),
];

/// Returns what the key does, where it does anything.
pub fn find(bindings: &[Binding], key: &KeyEvent) -> Option<Action> {
    if key
        .modifiers
        .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
    {
        return None;
    }
    bindings
        .iter()
        .find(|binding| binding.code == key.code)
        .map(|binding| binding.action)
}

/// The key's name as it stands on a keyboard.
pub fn name(code: KeyCode) -> String {
    match code {
        KeyCode::Char(' ') => "Space".to_owned(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Left => "←".to_owned(),
        KeyCode::Right => "→".to_owned(),
        KeyCode::Up => "↑".to_owned(),
        KeyCode::Down => "↓".to_owned(),
        KeyCode::PageUp => "PgUp".to_owned(),
        KeyCode::PageDown => "PgDn".to_owned(),
        other => other.to_string(),
    }
}
