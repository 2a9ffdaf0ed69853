//! Where everybody is.

use std::sync::Arc;

use qroc_core::client::{PositionSource, Stream};

use crate::error::QrocError;
use crate::pulled::Pulled;
use crate::records::diff::PositionDiff;

/// Where everybody is, newest first, of one room or of all, kept up to date. Pulled: `next` says what to change. That a
/// position goes stale is no change: it says from when on it is.
#[derive(Debug, uniffi::Object)]
pub struct Positions {
    list: Pulled<PositionSource>,
}

impl Positions {
    pub(crate) fn new(stream: Stream<PositionSource>) -> Arc<Self> {
        Arc::new(Self { list: Pulled::new(stream) })
    }
}

#[uniffi::export]
impl Positions {
    /// Waits until there is something to change, and says what: first a `Reset`, and again after `restart` or where
    /// the reader fell far behind. What changes while nobody waits comes in one batch. `None` ends it: the list or
    /// the client was closed. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Locked` or `SignIn` while contents are hidden, `Storage`. The next call tries again.
    pub async fn next(&self) -> Result<Option<Vec<PositionDiff>>, QrocError> {
        self.list.next().await
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
