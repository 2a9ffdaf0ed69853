//! The timeline of a room.

use std::sync::Arc;

use qroc_core::client::{Stream, TimelineSource};

use crate::error::QrocError;
use crate::pulled::Pulled;
use crate::records::diff::TimelineDiff;
use crate::runtime::read;

/// The newest messages of a room, oldest first, kept up to date. Pulled: `next` says what to change.
#[derive(Debug, uniffi::Object)]
pub struct Timeline {
    list: Pulled<TimelineSource>,
}

impl Timeline {
    pub(crate) fn new(stream: Stream<TimelineSource>) -> Arc<Self> {
        Arc::new(Self { list: Pulled::new(stream) })
    }
}

#[uniffi::export]
impl Timeline {
    /// Waits until there is something to change, and says what: first a `Reset`, and again after `restart` or where
    /// the reader fell far behind. What changes while nobody waits comes in one batch. `None` ends it: the timeline
    /// or the client was closed. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Locked` or `SignIn` while contents are hidden, `Storage`. The next call tries again.
    pub async fn next(&self) -> Result<Option<Vec<TimelineDiff>>, QrocError> {
        self.list.next().await
    }

    /// Makes the timeline longer by up to `count` older messages, fetched from the server where they are not stored;
    /// they come with the next pull. It begins with 50. Returns whether there may be more behind them. A read: it
    /// ends with its caller; what was fetched stays.
    ///
    /// # Errors
    /// `Network` where they cannot be fetched: what is stored comes all the same. `Locked`, `SignIn`, `Storage`.
    pub async fn load_older(&self, count: u32) -> Result<bool, QrocError> {
        let stream = self.list.stream().clone();
        read(async move { stream.load_older(usize::try_from(count).unwrap_or(usize::MAX)).await }).await
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
