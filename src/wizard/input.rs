//! What a person types, stamped with the screen that was drawn when it came. A key that was typed before the
//! confirmation was on the screen must not confirm anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossterm::event::Event;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// An event, and how many screens had been drawn when it came.
#[derive(Debug)]
pub struct Stamped {
    pub screen: u64,
    pub event: Event,
}

/// Where events come in.
#[derive(Clone, Debug)]
pub struct InputSender {
    sender: UnboundedSender<Stamped>,
    drawn: Arc<AtomicU64>,
}

/// Where the loop takes them out.
#[derive(Debug)]
pub struct InputReceiver {
    receiver: UnboundedReceiver<Stamped>,
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
    (input, InputReceiver { receiver, drawn })
}

impl InputSender {
    /// Hands an event over; false when the loop has ended.
    pub fn send(&self, event: Event) -> bool {
        let screen = self.drawn.load(Ordering::SeqCst);
        self.sender.send(Stamped { screen, event }).is_ok()
    }
}

impl InputReceiver {
    /// The next event; none when the terminal has gone.
    pub async fn next(&mut self) -> Option<Stamped> {
        self.receiver.recv().await
    }

    /// Another screen is now on the terminal. Gives its number.
    pub fn another_screen(&self) -> u64 {
        self.drawn.fetch_add(1, Ordering::SeqCst) + 1
    }
}
