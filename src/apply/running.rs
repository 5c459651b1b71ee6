//! What all changes of a run share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::{BoxFuture, Shared};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::{Event, Job};
use crate::account::{Account, AttemptSink};
use crate::journal::Journal;
use crate::plan::Target;

/// The run's record once it is open, or why nothing may be begun.
pub(super) type Opening = Shared<BoxFuture<'static, Result<Arc<Journal>, String>>>;

pub(super) struct Run {
    pub account: Account,
    pub job: Job,
    pub opening: Opening,
    pub cancel: CancellationToken,
    pub events: UnboundedSender<Event>,
}

impl Run {
    pub(super) fn tell(&self, event: Event) {
        // Nobody listening is no reason to stop half-way.
        let _ = self.events.send(event);
    }

    /// The connection, with a change told of retries.
    pub(super) fn account_for(&self, target: &Target, retries: &Held) -> Account {
        let (target, retries) = (target.clone(), retries.clone());
        self.account.observed_by(AttemptSink::new(move |retry| {
            retries.tell(Event::Retry(target.clone(), retry));
        }))
    }
}

/// Events of a change that has not been told of yet: they wait for that.
#[derive(Clone)]
pub(super) struct Held {
    waiting: Arc<Mutex<Option<Vec<Event>>>>,
    events: UnboundedSender<Event>,
}

impl Held {
    pub(super) fn new(events: &UnboundedSender<Event>) -> Self {
        Self {
            waiting: Arc::new(Mutex::new(Some(Vec::new()))),
            events: events.clone(),
        }
    }

    fn tell(&self, event: Event) {
        match self.waiting().as_mut() {
            Some(waiting) => waiting.push(event),
            None => drop(self.events.send(event)),
        }
    }

    /// From now on everything is told at once.
    pub(super) fn release(&self) {
        for event in self.waiting().take().unwrap_or_default() {
            let _ = self.events.send(event);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Option<Vec<Event>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
