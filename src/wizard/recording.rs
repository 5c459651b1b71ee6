//! A run of the wizard, recorded event by event, and played again without AWS: what is shown depends on events alone.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::events::Event;

/// What the loop did.
#[derive(Clone, Debug)]
pub enum Step {
    Draw,
    Event(Box<Event>),
}

/// Everything that the loop of a run did, with the time since its beginning.
#[derive(Clone, Debug)]
pub struct Recording {
    began: Instant,
    steps: Arc<Mutex<Vec<(Duration, Step)>>>,
}

impl Default for Recording {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            steps: Arc::default(),
        }
    }
}

impl Recording {
    pub(super) fn add(&self, step: Step) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        steps.push((self.began.elapsed(), step));
    }

    /// The steps so far.
    pub fn steps(&self) -> Vec<(Duration, Step)> {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        steps.clone()
    }
}
