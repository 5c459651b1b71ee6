//! What all changes of a run share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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

    /// The connection, with a change told of retries from its start on.
    pub(super) fn account_for(&self, target: &Target, is_told: &Arc<AtomicBool>) -> Account {
        let (target, events) = (target.clone(), self.events.clone());
        let is_told = Arc::clone(is_told);
        self.account.observed_by(AttemptSink::new(move |retry| {
            if is_told.load(Ordering::SeqCst) {
                let _ = events.send(Event::Retry(target.clone(), retry));
            }
        }))
    }
}
