//! Whether the server answers.

use std::sync::{Arc, Mutex, PoisonError};

use qroc_core::client::{Ending, Error, Link};
use tokio::sync::watch;

use crate::error::QrocError;
use crate::live::Live;
use crate::runtime::read;

/// Whether the server answers, as a screen says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Connection {
    /// Nobody asks it: the client is in the background.
    Idle,
    /// It was asked and has not answered yet.
    Connecting,
    /// It answers.
    Online,
    /// It cannot be reached; asked again by itself.
    Offline,
    /// It refuses the sign-in: contents are hidden, the status says why.
    Held,
    /// The client was closed or signed out here.
    Closed,
    /// The server ended the sign-in, or the profile was wiped: keys and data are gone.
    SignedOut,
    /// The program or the storage has a fault: open the profile again.
    Failed,
}

impl From<Link> for Connection {
    fn from(link: Link) -> Self {
        match link {
            Link::Idle => Self::Idle,
            Link::Connecting => Self::Connecting,
            Link::Online => Self::Online,
            Link::Offline => Self::Offline,
            Link::Held => Self::Held,
            Link::Ended(Ending::Closed) => Self::Closed,
            Link::Ended(Ending::SignedOut) => Self::SignedOut,
            Link::Ended(Ending::Fault) => Self::Failed,
        }
    }
}

/// Follows whether the server answers. Pulled; a state that nobody pulled in time is left out.
#[derive(Debug, uniffi::Object)]
pub struct ConnectionStates {
    link: watch::Receiver<Link>,
    told: Arc<Mutex<Option<Connection>>>,
    closed: watch::Sender<bool>,
    _live: Live,
}

impl ConnectionStates {
    pub(crate) fn new(link: watch::Receiver<Link>) -> Arc<Self> {
        Arc::new(Self { link, told: Arc::default(), closed: watch::channel(false).0, _live: Live::list() })
    }
}

#[uniffi::export]
impl ConnectionStates {
    /// Waits for another state than the last one that was told, and tells it; the first one at once. `None` ends it:
    /// this was closed, or `Closed` has been told. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Internal`.
    pub async fn next(&self) -> Result<Option<Connection>, QrocError> {
        let (mut link, told) = (self.link.clone(), self.told.clone());
        let mut closed = self.closed.subscribe();
        let pull = Live::pull();
        let state = read(async move {
            let _pull = pull;
            let last = *told.lock().unwrap_or_else(PoisonError::into_inner);
            if last == Some(Connection::Closed) {
                return Ok(None);
            }
            let other = link.wait_for(|link| Some(Connection::from(*link)) != last);
            let state = tokio::select! {
                _ = closed.wait_for(|closed| *closed) => None,
                // A client that is gone was closed.
                found = other => Some(found.map_or(Connection::Closed, |link| (*link).into())),
            };
            Ok::<_, Error>(state)
        })
        .await?;
        if let Some(state) = state {
            *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
        }
        Ok(state)
    }

    /// Begins anew for another reader: the next pull tells the state at once. From memory.
    pub fn restart(&self) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Ends it: a pull that waits returns at once. From memory.
    pub fn end(&self) {
        self.closed.send_replace(true);
    }
}
