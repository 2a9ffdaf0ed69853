//! What waits to be sent.

use std::sync::Arc;

use qroc_core::client::{Cancelled, Error, Lifecycle, QueueSource, Stream};
use qroc_core::outbox::OutboxError;

use crate::error::QrocError;
use crate::pulled::Pulled;
use crate::records::diff::QueueDiff;
use crate::runtime::change;

/// What waits to be sent, in all rooms, oldest first, kept up to date. Pulled: `next` says what to change.
#[derive(Debug, uniffi::Object)]
pub struct SendQueue {
    life: Arc<Lifecycle>,
    list: Pulled<QueueSource>,
}

impl SendQueue {
    pub(crate) fn new(life: Arc<Lifecycle>, stream: Stream<QueueSource>) -> Arc<Self> {
        Arc::new(Self { life, list: Pulled::new(stream) })
    }
}

#[uniffi::export]
impl SendQueue {
    /// Waits until there is something to change, and says what: first a `Reset`, and again after `restart` or where
    /// the reader fell far behind. What changes while nobody waits comes in one batch. `None` ends it: the queue or
    /// the client was closed. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Locked` or `SignIn` while contents are hidden, `Storage`. The next call tries again.
    pub async fn next(&self) -> Result<Option<Vec<QueueDiff>>, QrocError> {
        self.list.next().await
    }

    /// Lets an action that failed or waits try again now. A change: it runs to its end.
    ///
    /// # Errors
    /// `NotFound` where the server has it by now, `Closed`, `Storage`.
    pub async fn retry(&self, id: i64) -> Result<(), QrocError> {
        let life = self.life.clone();
        change(async move { life.client()?.retry(id).await }).await
    }

    /// Takes an action back that the server does not have. A change: it runs to its end. Where its request is under way
    /// the answer is waited for, 10 s at most; without one it is gone here, and removed there once it shows.
    ///
    /// # Errors
    /// `NotFound` where the server has it by now, `Closed`, `Storage`.
    pub async fn cancel(&self, id: i64) -> Result<(), QrocError> {
        let life = self.life.clone();
        change(async move {
            match life.client()?.cancel(id).await? {
                Cancelled::Gone | Cancelled::Recalled => Ok(()),
                Cancelled::Sent { .. } => Err(Error::from(OutboxError::NotQueued)),
            }
        })
        .await
    }

    /// Begins anew for another reader: the next pull gives a `Reset`. From memory.
    pub fn restart(&self) {
        self.list.stream().restart();
    }

    /// Ends it: a pull that waits returns at once. From memory.
    pub fn end(&self) {
        self.list.stream().close();
    }
}
