//! The timeline of a room.

use std::sync::Arc;

use qroc_core::client::{Stream, TimelineSource};

use crate::error::QrocError;
use crate::live::Live;
use crate::records::diff::TimelineDiff;
use crate::runtime::read;

/// The newest messages of a room, oldest first, kept up to date. Pulled: `next` says what to change.
#[derive(Debug, uniffi::Object)]
pub struct Timeline {
    stream: Arc<Stream<TimelineSource>>,
    _live: Live,
}

impl Timeline {
    pub(crate) fn new(stream: Stream<TimelineSource>) -> Arc<Self> {
        Arc::new(Self { stream: Arc::new(stream), _live: Live::list() })
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
        loop {
            let (stream, pull) = (self.stream.clone(), Live::pull());
            let ready = read(async move {
                let _pull = pull;
                stream.ready().await
            });
            if !ready.await? {
                return Ok(None);
            }
            let steps = self.stream.take();
            if !steps.is_empty() {
                return Ok(Some(steps.into_iter().map(Into::into).collect()));
            }
        }
    }

    /// Makes the timeline longer by up to `count` older messages, fetched from the server where they are not stored;
    /// they come with the next pull. It begins with 50. Returns whether there may be more behind them. A read: it
    /// ends with its caller; what was fetched stays.
    ///
    /// # Errors
    /// `Network` where they cannot be fetched: what is stored comes all the same. `Locked`, `SignIn`, `Storage`.
    pub async fn load_older(&self, count: u32) -> Result<bool, QrocError> {
        let stream = self.stream.clone();
        read(async move { stream.load_older(usize::try_from(count).unwrap_or(usize::MAX)).await }).await
    }

    /// Begins anew for another reader: the next pull gives a `Reset`. From memory.
    pub fn restart(&self) {
        self.stream.restart();
    }

    /// Ends it: a pull that waits returns at once. From memory.
    pub fn end(&self) {
        self.stream.close();
    }
}
