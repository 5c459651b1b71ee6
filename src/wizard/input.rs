//! What a person types, stamped with the screen that was drawn when it came. A key that was typed before the
//! confirmation was on the screen must not confirm anything, and a paste is never taken for keys.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// More text than this at once was not typed, even where a slow line delivers several keys together.
const MOST_TYPED: usize = 16;
/// So many different characters make a text: a key that is held down makes one.
const FEWEST_LETTERS: usize = 4;
/// So many characters behind a line end are text and no keys.
const FEWEST_BEHIND_LINE_END: usize = 4;

/// An event, and how many screens had been drawn when it came.
#[derive(Debug)]
pub struct Stamped {
    pub screen: u64,
    pub event: Event,
}

/// Events that came together.
#[derive(Debug)]
struct Burst {
    screen: u64,
    events: Vec<Event>,
}

/// Where events come in.
#[derive(Clone, Debug)]
pub struct InputSender {
    sender: UnboundedSender<Burst>,
    drawn: Arc<AtomicU64>,
}

/// Where the loop takes them out.
#[derive(Debug)]
pub struct InputReceiver {
    receiver: UnboundedReceiver<Burst>,
    /// The rest of the last burst.
    waiting: VecDeque<Stamped>,
    drawn: Arc<AtomicU64>,
}

/// Both ends.
pub fn channel() -> (InputSender, InputReceiver) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let drawn = Arc::new(AtomicU64::new(0));
    let input = InputSender {
        sender,
        drawn: Arc::clone(&drawn),
    };
    let receiver = InputReceiver {
        receiver,
        waiting: VecDeque::new(),
        drawn,
    };
    (input, receiver)
}

impl InputSender {
    /// How many screens have been drawn by now.
    pub fn stamp(&self) -> u64 {
        self.drawn.load(Ordering::SeqCst)
    }

    /// Hands events over that came together, now; false when the loop has ended.
    pub fn send(&self, events: Vec<Event>) -> bool {
        self.send_stamped(self.stamp(), events)
    }

    /// The same for events of which the first came when so many screens had been drawn.
    pub fn send_stamped(&self, screen: u64, events: Vec<Event>) -> bool {
        self.sender.send(Burst { screen, events }).is_ok()
    }
}

impl InputReceiver {
    /// The next event; none when the terminal has gone. `is_typing` says whether a text field is open.
    pub async fn next(&mut self, is_typing: bool) -> Option<Stamped> {
        while self.waiting.is_empty() {
            let Burst { screen, events } = self.receiver.recv().await?;
            let events = with_pastes(events, is_typing).into_iter();
            self.waiting
                .extend(events.map(|event| Stamped { screen, event }));
        }
        self.waiting.pop_front()
    }

    /// Another screen is now on the terminal. Gives its number.
    pub fn another_screen(&self) -> u64 {
        self.drawn.fetch_add(1, Ordering::SeqCst) + 1
    }
}

/// The events of a burst, with a paste in place of keys that were not typed: some terminals, GNU screen among them, hand a
/// pasted text over as keys, and each line end would be Enter.
fn with_pastes(burst: Vec<Event>, is_typing: bool) -> Vec<Event> {
    let mut events = Vec::new();
    // Each run of characters for itself; a change of the window's size in between does not end it.
    let (mut run, mut text) = (Vec::new(), String::new());
    let end_run = |run: &mut Vec<Event>, text: &mut String, events: &mut Vec<Event>| {
        let (run, text) = (std::mem::take(run), std::mem::take(text));
        if is_pasted(&text, is_typing) {
            events.push(Event::Paste(text));
        } else {
            events.extend(run);
        }
    };
    for event in burst {
        match (character(&event), &event) {
            (Some(c), _) => {
                text.push(c);
                run.push(event);
            }
            (None, Event::Resize(..) | Event::FocusGained | Event::FocusLost) => events.push(event),
            (None, _) => {
                end_run(&mut run, &mut text, &mut events);
                events.push(event);
            }
        }
    }
    end_run(&mut run, &mut text, &mut events);
    events
}

/// The character of a key that may be part of a text.
fn character(event: &Event) -> Option<char> {
    let Event::Key(KeyEvent {
        code,
        modifiers,
        kind: KeyEventKind::Press,
        ..
    }) = event
    else {
        return None;
    };
    // In raw mode a line feed comes as Ctrl-J.
    if *code == KeyCode::Char('j') && *modifiers == KeyModifiers::CONTROL {
        return Some('\n');
    }
    if modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
        return None;
    }
    match code {
        KeyCode::Char(c) => Some(*c),
        KeyCode::Enter => Some('\n'),
        KeyCode::Tab => Some('\t'),
        _ => None,
    }
}

fn is_pasted(text: &str, is_typing: bool) -> bool {
    let is_text = |part: &str, length: usize| {
        let letters: BTreeSet<char> = part.chars().filter(|c| !c.is_whitespace()).collect();
        part.chars().count() >= length && letters.len() >= FEWEST_LETTERS
    };
    let goes_on = || {
        let mut lines = text.split('\n').skip(1);
        lines.any(|line| is_text(line, FEWEST_BEHIND_LINE_END))
    };
    is_text(text, MOST_TYPED + 1) || is_typing && goes_on()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Event> {
        let code = |c| match c {
            '\r' => KeyCode::Enter,
            c => KeyCode::Char(c),
        };
        text.chars()
            .map(|c| Event::Key(KeyEvent::from(code(c))))
            .collect()
    }

    fn is_taken_for_a_paste(text: &str, is_typing: bool) -> bool {
        matches!(with_pastes(keys(text), is_typing)[..], [Event::Paste(_)])
    }

    #[test]
    fn a_text_that_comes_at_once_is_a_paste() {
        let arns = "arn:aws:iam::123456789012:role/Train1\rTrain2\rservice-role-quick\r";
        assert!(is_taken_for_a_paste(arns, true));
        assert!(is_taken_for_a_paste(arns, false));
        // Behind a line end, also a short one; with a field open the first line is its text.
        assert!(is_taken_for_a_paste("One\rTrain2\r", true));
    }

    #[test]
    fn keys_that_a_slow_line_delivers_together_are_keys() {
        for text in [
            "jjj ",
            "  j j\r",
            "jjjjjjjjjjjjjjjjjjjjjjjjjj",
            "y",
            "qy",
            "ajijk g",
        ] {
            assert!(!is_taken_for_a_paste(text, false), "{text}");
        }
        // What was typed into a field, taken, and some keys for the list behind it.
        for text in ["churn\r ", "churn\r j \r", "Train1\r", "ChurnTraining"] {
            assert!(!is_taken_for_a_paste(text, true), "{text}");
        }
        let mut events = keys("ab ");
        events.push(Event::Key(KeyEvent::from(KeyCode::Down)));
        events.extend(keys("jj\r"));
        assert_eq!(with_pastes(events.clone(), true), events);
    }

    #[test]
    fn a_paste_is_known_with_line_feeds_and_with_other_events_in_between() {
        let line_feed = Event::Key(KeyEvent::new(KeyCode::Char('j'), KeyModifiers::CONTROL));
        let mut events = keys("arn:aws:iam::123456");
        events.push(Event::Resize(80, 24));
        events.extend(keys("789012:role/Train1"));
        events.push(line_feed);
        events.extend(keys("Train2"));
        events.push(Event::Key(KeyEvent::from(KeyCode::Down)));
        assert_eq!(
            with_pastes(events, false),
            [
                Event::Resize(80, 24),
                Event::Paste("arn:aws:iam::123456789012:role/Train1\nTrain2".to_owned()),
                Event::Key(KeyEvent::from(KeyCode::Down)),
            ]
        );
    }
}
