//! Files on their way, as objects: each is moved by a task of the library, whichever screen looks.

mod moving;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use qroc_core::client::{Error, Lifecycle, Part, new_txn_id};
use qroc_core::outbox::OutboxError;
use tokio::sync::{Notify, watch};

use crate::contents::Contents;
use crate::error::QrocError;
use crate::latest::{Followed, latest};
use crate::live::Live;
use crate::records::outgoing::{NewFile, SentFile};
use crate::records::transfer::TransferState;
use crate::room::Room;
use crate::runtime::{change, detached};

#[uniffi::export]
impl Room {
    /// Begins to prepare, seal and send a file, as `send_file`, and returns at once. A change: it runs to its end, also
    /// where nobody keeps the transfer.
    ///
    /// # Errors
    /// None by itself: what is wrong with the file is told by the transfer.
    pub async fn upload(&self, file: NewFile) -> Result<Arc<Transfer>, QrocError> {
        let (life, room) = (self.life(), self.room_id());
        let txn_id = file.txn_id.clone().unwrap_or_else(new_txn_id);
        let file = NewFile { txn_id: Some(txn_id.clone()), ..file };
        change(
            async move { Ok::<_, Error>(Transfer::begin(life, room, Task::Up { file: Some(file), txn_id })) },
        )
        .await
    }

    /// Takes up a file that is queued already, such as one of an earlier run of the app, by the transaction id of its
    /// message. From memory.
    pub fn upload_of(&self, txn_id: String) -> Arc<Transfer> {
        Transfer::begin(self.life(), self.room_id(), Task::Up { file: None, txn_id })
    }

    /// Begins to fetch a file of a message to be looked at, and returns at once: `Transfer.contents` has it in the end.
    /// Freeing the transfer ends it, and leaves nothing behind. From memory.
    pub fn fetch(&self, event_id: String, part: Part) -> Arc<Transfer> {
        Transfer::begin(self.life(), self.room_id(), Task::Down { event_id, part })
    }
}

/// A file on its way to the server or from there. What is sent goes on whether or not this is kept; what is fetched ends
/// with it.
#[derive(uniffi::Object)]
pub struct Transfer {
    life: Arc<Lifecycle>,
    shared: Arc<Shared>,
    state: Followed<TransferState>,
    _live: Live,
}

/// What screens and the task that moves it both see.
#[derive(Debug)]
struct Shared {
    room: String,
    task: Task,
    /// Stops what is not queued yet, or is fetched.
    stop: watch::Sender<bool>,
    again: Notify,
    /// Where it is queued.
    queued: Mutex<Option<i64>>,
    sent: Mutex<Option<SentFile>>,
    contents: Mutex<Option<Arc<Contents>>>,
}

#[derive(Debug)]
enum Task {
    Up { file: Option<NewFile>, txn_id: String },
    Down { event_id: String, part: Part },
}

impl fmt::Debug for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transfer")
    }
}

impl Transfer {
    fn begin(life: Arc<Lifecycle>, room: String, task: Task) -> Arc<Self> {
        let (tell, state) = latest();
        let shared = Arc::new(Shared {
            room,
            task,
            stop: watch::channel(false).0,
            again: Notify::new(),
            queued: Mutex::default(),
            sent: Mutex::default(),
            contents: Mutex::default(),
        });
        let (worker, life_of_worker) = (shared.clone(), life.clone());
        detached(async move {
            worker.work(&life_of_worker, &tell).await;
            tell.over();
        });
        Arc::new(Self { life, shared, state, _live: Live::transfer() })
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        if matches!(self.shared.task, Task::Down { .. }) {
            self.shared.stop.send_replace(true);
        }
    }
}

#[uniffi::export]
impl Transfer {
    /// Waits for another state than the last one that was told, and tells it; the first one at once, progress at most ten
    /// times a second. One that nobody pulled in time is left out. `None` after the last one, and once this or the client
    /// was closed. A read: it ends with its caller, and the transfer goes on.
    ///
    /// # Errors
    /// `Internal`.
    pub async fn next(&self) -> Result<Option<TransferState>, QrocError> {
        self.state.next().await
    }

    /// Gives it up, or takes its message back, which the server does not have then. Nothing of it is left. A change: it
    /// runs to its end.
    ///
    /// # Errors
    /// `NotFound` where the server has it by now, `Closed`, `Storage`.
    pub async fn cancel(&self) -> Result<(), QrocError> {
        self.shared.stop.send_replace(true);
        match self.state.now(|now| now.cloned()) {
            Some(TransferState::Done) => return Err(QrocError::of("not_queued")),
            Some(TransferState::Cancelled) => return Ok(()),
            _ => {}
        }
        let (life, shared) = (self.life.clone(), self.shared.clone());
        change(async move { shared.take_back(&life).await }).await
    }

    /// Lets what failed or waits try again now. A change: it runs to its end.
    ///
    /// # Errors
    /// `Closed`, `Storage`.
    pub async fn retry(&self) -> Result<(), QrocError> {
        self.shared.again.notify_one();
        let (Some(id), life) = (self.shared.queued(), self.life.clone()) else { return Ok(()) };
        change(async move {
            match life.client()?.retry(id).await {
                // It was sent in between.
                Err(Error::Outbox(OutboxError::NotQueued)) => Ok(()),
                done => done,
            }
        })
        .await
    }

    /// Returns the transaction id of the message that the file is sent with; it names it in the timeline. Nothing for a
    /// file that is fetched. From memory.
    pub fn txn_id(&self) -> Option<String> {
        match &self.shared.task {
            Task::Up { txn_id, .. } => Some(txn_id.clone()),
            Task::Down { .. } => None,
        }
    }

    /// Returns what is sent, once it was prepared by this transfer. From memory.
    pub fn sent_file(&self) -> Option<SentFile> {
        self.shared.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns what was fetched, once that is done. From memory.
    pub fn contents(&self) -> Option<Arc<Contents>> {
        self.shared.contents.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins anew for another reader: the next pull tells the state at once. From memory.
    pub fn restart(&self) {
        self.state.restart();
    }

    /// Ends the pulling: a pull that waits returns at once. From memory.
    pub fn end(&self) {
        self.state.end();
    }
}
