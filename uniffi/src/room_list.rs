//! The room list.

use std::sync::Arc;

use qroc_core::client::{RoomListSource, Stream};

use crate::error::QrocError;
use crate::live::Live;
use crate::records::diff::RoomListDiff;
use crate::runtime::read;

/// The rooms of an account, newest first, kept up to date. Pulled: `next` says what to change.
#[derive(Debug, uniffi::Object)]
pub struct RoomList {
    stream: Arc<Stream<RoomListSource>>,
    _live: Live,
}

impl RoomList {
    pub(crate) fn new(stream: Stream<RoomListSource>) -> Arc<Self> {
        Arc::new(Self { stream: Arc::new(stream), _live: Live::list() })
    }
}

#[uniffi::export]
impl RoomList {
    /// Waits until there is something to change, and says what: first a `Reset`, and again after `restart` or where
    /// the reader fell far behind. What changes while nobody waits comes in one batch. `None` ends it: the list or the
    /// client was closed. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Locked` or `SignIn` while contents are hidden, `Storage`. The next call tries again.
    pub async fn next(&self) -> Result<Option<Vec<RoomListDiff>>, QrocError> {
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

    /// Makes the list longer by up to `count` rooms; they come with the next pull. It begins with 50. From memory.
    pub fn load_more(&self, count: u32) {
        self.stream.extend(usize::try_from(count).unwrap_or(usize::MAX));
    }

    /// Shows only rooms with this as part of their name; without one, all. From memory.
    pub fn set_filter(&self, filter: Option<String>) {
        self.stream.set_filter(filter);
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
