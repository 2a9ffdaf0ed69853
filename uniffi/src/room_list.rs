//! The room list.

use std::sync::Arc;

use qroc_core::client::{RoomListSource, Stream};

use crate::error::QrocError;
use crate::pulled::Pulled;
use crate::records::diff::RoomListDiff;

/// The rooms of an account, newest first, kept up to date. Pulled: `next` says what to change.
#[derive(Debug, uniffi::Object)]
pub struct RoomList {
    list: Pulled<RoomListSource>,
}

impl RoomList {
    pub(crate) fn new(stream: Stream<RoomListSource>) -> Arc<Self> {
        Arc::new(Self { list: Pulled::new(stream) })
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
        self.list.next().await
    }

    /// Makes the list longer by up to `count` rooms; they come with the next pull. It begins with 50. From memory.
    pub fn load_more(&self, count: u32) {
        self.list.stream().extend(usize::try_from(count).unwrap_or(usize::MAX));
    }

    /// Shows only rooms with this as part of their name; without one, all. From memory.
    pub fn set_filter(&self, filter: Option<String>) {
        self.list.stream().set_filter(filter);
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
