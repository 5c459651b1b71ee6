//! Everything that the loop hears of, in one order: what a person types, answers of tasks, signals. The clock is the loop's
//! own. A key that was typed before a question was on the screen must not answer it, and a paste is never taken for keys.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::tasks::Envelope;
use crate::terminal::{JobSignal, Stop};

/// More text than this at once was not typed, even where a slow line delivers several keys together.
const MOST_TYPED: usize = 16;
/// So many different characters make a text: a key that is held down makes one.
const FEWEST_LETTERS: usize = 4;
/// So many characters behind a line end are text and no keys.
const FEWEST_BEHIND_LINE_END: usize = 4;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// What was typed, and how many screens had been shown when it came.
    Input {
        screen: u64,
        input: Input,
    },
    /// What a task has to say.
    Answer(Box<Envelope>),
    Stop(Stop),
    Job(JobSignal),
    /// It is time to look at the account again.
    CheckDue,
    /// Something moves on the screen.
    Tick,
}

/// What comes over the channel: keys may come several at once.
#[derive(Debug)]
enum Sent {
    Burst { screen: u64, inputs: Vec<Input> },
    Event(Event),
}

/// Where events come in.
#[derive(Clone, Debug)]
pub struct EventSender {
    sender: UnboundedSender<Sent>,
    drawn: Arc<AtomicU64>,
}

/// Where a terminal's keys come in. When it goes, the terminal has gone.
#[derive(Debug)]
pub struct InputSender(EventSender);

/// Where the loop takes events out.
#[derive(Debug)]
pub struct EventReceiver {
    receiver: UnboundedReceiver<Sent>,
    /// The rest of the last burst.
    waiting: VecDeque<Event>,
    /// Something else that came behind answers.
    unread: Option<Sent>,
    sender: EventSender,
}

/// Both ends.
pub fn channel() -> (EventSender, EventReceiver) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let sender = EventSender {
        sender,
        drawn: Arc::new(AtomicU64::new(0)),
    };
    let receiver = EventReceiver {
        receiver,
        waiting: VecDeque::new(),
        unread: None,
        sender: sender.clone(),
    };
    (sender, receiver)
}

impl EventSender {
    /// Hands an event over. Whether the loop has ended is of no consequence to whoever has something to say.
    pub fn send(&self, event: Event) {
        let _ = self.sender.send(Sent::Event(event));
    }

    /// The terminal's end.
    pub fn input(&self) -> InputSender {
        InputSender(self.clone())
    }
}

impl InputSender {
    /// Returns how many screens have been drawn by now.
    pub fn stamp(&self) -> u64 {
        self.0.drawn.load(Ordering::SeqCst)
    }

    /// Hands over what was typed at once, now; false when the loop has ended.
    pub fn send(&self, inputs: Vec<Input>) -> bool {
        self.send_stamped(self.stamp(), inputs)
    }

    /// The same for what came first when so many screens had been drawn.
    pub fn send_stamped(&self, screen: u64, inputs: Vec<Input>) -> bool {
        let burst = Sent::Burst { screen, inputs };
        self.0.sender.send(burst).is_ok()
    }
}

impl Drop for InputSender {
    fn drop(&mut self) {
        self.0.send(Event::Stop(Stop::HangUp));
    }
}

impl EventReceiver {
    /// The next event. `is_typing` says whether a text field is open.
    pub async fn next(&mut self, is_typing: bool) -> Event {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return event;
            }
            let sent = match self.unread.take() {
                Some(sent) => Some(sent),
                None => self.receiver.recv().await,
            };
            // This end holds a sender itself, so that the channel is never closed.
            if let Some(sent) = sent {
                self.queue(sent, is_typing);
            }
        }
    }

    /// The next event, if it is there already and is an answer: several of them are worth one frame.
    pub fn next_answer(&mut self) -> Option<Event> {
        if self.waiting.is_empty() && self.unread.is_none() {
            match self.receiver.try_recv().ok()? {
                Sent::Event(event @ Event::Answer(_)) => return Some(event),
                other => self.unread = Some(other),
            }
        }
        None
    }

    fn queue(&mut self, sent: Sent, is_typing: bool) {
        match sent {
            Sent::Event(event) => self.waiting.push_back(event),
            Sent::Burst { screen, inputs } => {
                let inputs = with_pastes(inputs, is_typing).into_iter();
                self.waiting
                    .extend(inputs.map(|input| Event::Input { screen, input }));
            }
        }
    }

    /// Returns where tasks put their answers.
    pub fn sender(&self) -> EventSender {
        self.sender.clone()
    }

    /// Another screen is now on the terminal. Gives its number.
    pub fn another_screen(&self) -> u64 {
        self.sender.drawn.fetch_add(1, Ordering::SeqCst) + 1
    }
}

/// The events of a burst, with a paste in place of keys that were not typed: some terminals, GNU screen among them, hand a
/// pasted text over as keys, and each line end would be Enter.
fn with_pastes(burst: Vec<Input>, is_typing: bool) -> Vec<Input> {
    let mut events = Vec::new();
    // Each run of characters for itself; a change of the window's size in between does not end it.
    let (mut run, mut text) = (Vec::new(), String::new());
    let end_run = |run: &mut Vec<Input>, text: &mut String, events: &mut Vec<Input>| {
        let (run, text) = (std::mem::take(run), std::mem::take(text));
        if is_pasted(&text, is_typing) {
            events.push(Input::Paste(text));
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
            (None, Input::Resize(..) | Input::FocusGained | Input::FocusLost) => events.push(event),
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
fn character(event: &Input) -> Option<char> {
    let Input::Key(KeyEvent {
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

    fn keys(text: &str) -> Vec<Input> {
        let code = |c| match c {
            '\r' => KeyCode::Enter,
            c => KeyCode::Char(c),
        };
        text.chars()
            .map(|c| Input::Key(KeyEvent::from(code(c))))
            .collect()
    }

    fn is_taken_for_a_paste(text: &str, is_typing: bool) -> bool {
        matches!(with_pastes(keys(text), is_typing)[..], [Input::Paste(_)])
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
        events.push(Input::Key(KeyEvent::from(KeyCode::Down)));
        events.extend(keys("jj\r"));
        assert_eq!(with_pastes(events.clone(), true), events);
    }

    #[test]
    fn a_paste_is_known_with_line_feeds_and_with_other_events_in_between() {
        let line_feed = Input::Key(KeyEvent::new(KeyCode::Char('j'), KeyModifiers::CONTROL));
        let mut events = keys("arn:aws:iam::123456");
        events.push(Input::Resize(80, 24));
        events.extend(keys("789012:role/Train1"));
        events.push(line_feed);
        events.extend(keys("Train2"));
        events.push(Input::Key(KeyEvent::from(KeyCode::Down)));
        assert_eq!(
            with_pastes(events, false),
            [
                Input::Resize(80, 24),
                Input::Paste("arn:aws:iam::123456789012:role/Train1\nTrain2".to_owned()),
                Input::Key(KeyEvent::from(KeyCode::Down)),
            ]
        );
    }
}
