//! What the task does that moves a file.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use qroc_core::client::{Cancelled, Error, Lifecycle, Link, Part, Sending};
use qroc_core::kind::ErrorKind;
use qroc_core::outbox::OutboxError;
use qroc_core::progress::{Cancel, Progress};
use tokio::sync::watch;

use super::{Shared, Task};
use crate::contents::Contents;
use crate::error::QrocError;
use crate::latest::Teller;
use crate::records::outgoing::{NewFile, SentFile};
use crate::records::reason;
use crate::records::transfer::{TransferProgress, TransferState};

/// Between two looks at whether fetching has begun.
const SOON: Duration = Duration::from_millis(20);
const NOTHING: TransferProgress = TransferProgress { done: 0, total: 0, left: None };

impl Shared {
    pub(super) async fn work(&self, life: &Arc<Lifecycle>, tell: &Teller<TransferState>) {
        match &self.task {
            Task::Up { file, txn_id } => {
                if let Some(file) = file
                    && !self.prepare(life, tell, file).await
                {
                    return;
                }
                self.follow(life, tell, txn_id).await;
            }
            Task::Down { event_id, part } => self.fetch(life, tell, event_id, *part).await,
        }
    }

    /// Returns whether there is a message by now.
    async fn prepare(&self, life: &Arc<Lifecycle>, tell: &Teller<TransferState>, file: &NewFile) -> bool {
        loop {
            match self.prepare_once(life, tell, file).await {
                Ok(sent) => {
                    *self.sent.lock().unwrap_or_else(PoisonError::into_inner) = sent;
                    return true;
                }
                Err(error) if *self.stop.borrow() && error.kind() == ErrorKind::Cancelled => {
                    tell.tell(TransferState::Cancelled);
                    return false;
                }
                Err(error) => tell.tell(TransferState::failed(&error.into())),
            }
            if !self.tries_again(life, tell).await {
                return false;
            }
        }
    }

    async fn prepare_once(
        &self,
        life: &Arc<Lifecycle>,
        tell: &Teller<TransferState>,
        file: &NewFile,
    ) -> Result<Option<SentFile>, Error> {
        let client = life.client()?;
        let (cancel, told) = (Cancel::default(), tell.clone());
        tell.tell(TransferState::Preparing { progress: NOTHING });
        let progress = Progress::new(cancel.clone(), move |report| {
            told.tell(TransferState::Preparing { progress: report.into() });
        });
        let sending = client.send_file(file.clone().into_action(self.room.clone()), progress);
        tokio::pin!(sending);
        // Asked to stop, it is waited for: what was queued by then is taken back.
        let sent = tokio::select! {
            sent = &mut sending => sent,
            () = self.stopped() => {
                cancel.cancel();
                sending.await
            }
        };
        sent.map(SentFile::of)
    }

    /// Follows the message until the server has it.
    async fn follow(&self, life: &Arc<Lifecycle>, tell: &Teller<TransferState>, txn_id: &str) {
        let mut known = None;
        loop {
            let Ok(client) = life.client() else { return };
            let now = match client.sending_changes(&self.room, txn_id, known.as_ref()).await {
                Ok(Some(now)) => now,
                Ok(None) => return,
                Err(error) => return tell.tell(TransferState::failed(&error.into())),
            };
            drop(client);
            let (id, state) = shown(&now);
            *self.queued.lock().unwrap_or_else(PoisonError::into_inner) = id;
            if id.is_some() && *self.stop.borrow() {
                // Asked for before there was anything to take back. Where that fails it is sent, and told so.
                let _ = self.take_back(life).await;
            }
            let is_over = state.is_over();
            tell.tell(state);
            if is_over {
                return;
            }
            known = Some(now);
        }
    }

    async fn stopped(&self) {
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    pub(super) async fn take_back(&self, life: &Arc<Lifecycle>) -> Result<(), Error> {
        let Some(id) = self.queued() else { return Ok(()) };
        match life.client()?.cancel(id).await? {
            Cancelled::Gone | Cancelled::Recalled => Ok(()),
            Cancelled::Sent { .. } => Err(Error::from(OutboxError::NotQueued)),
        }
    }

    pub(super) fn queued(&self) -> Option<i64> {
        *self.queued.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch(&self, life: &Arc<Lifecycle>, tell: &Teller<TransferState>, event_id: &str, part: Part) {
        loop {
            tell.tell(TransferState::Moving { progress: NOTHING });
            let fetched = tokio::select! {
                fetched = self.fetch_once(life, tell, event_id, part) => fetched,
                () = self.stopped() => return tell.tell(TransferState::Cancelled),
                () = gone(life.link()) => return,
            };
            match fetched {
                Ok(contents) => {
                    *self.contents.lock().unwrap_or_else(PoisonError::into_inner) = Some(contents);
                    return tell.tell(TransferState::Done);
                }
                Err(error) => tell.tell(TransferState::failed(&error)),
            }
            if !self.tries_again(life, tell).await {
                return;
            }
        }
    }

    async fn fetch_once(
        &self,
        life: &Arc<Lifecycle>,
        tell: &Teller<TransferState>,
        event_id: &str,
        part: Part,
    ) -> Result<Arc<Contents>, QrocError> {
        let opening = Contents::open(life.clone(), self.room.clone(), event_id.to_owned(), part);
        tokio::pin!(opening);
        let client = life.client()?;
        let mut reports = loop {
            if let Some(reports) = client.fetching(&self.room, event_id, part)? {
                break reports;
            }
            // Until it has begun.
            tokio::select! {
                opened = &mut opening => return opened,
                () = tokio::time::sleep(SOON) => {}
            }
        };
        loop {
            let report = *reports.borrow_and_update();
            tell.tell(TransferState::Moving { progress: report.into() });
            tokio::select! {
                opened = &mut opening => return opened,
                changed = reports.changed() => if changed.is_err() { return opening.await },
            }
        }
    }

    /// Waits until somebody wants another try. False: it was given up.
    async fn tries_again(&self, life: &Arc<Lifecycle>, tell: &Teller<TransferState>) -> bool {
        tokio::select! {
            () = self.again.notified() => true,
            () = self.stopped() => {
                tell.tell(TransferState::Cancelled);
                false
            }
            () = gone(life.link()) => false,
        }
    }
}

async fn gone(mut link: watch::Receiver<Link>) {
    let _ = link.wait_for(|link| matches!(link, Link::Ended(_))).await;
}

/// How a queued message is shown, and what names it in the queue.
fn shown(sending: &Sending) -> (Option<i64>, TransferState) {
    match sending {
        Sending::Queued { id, error } => {
            (Some(*id), TransferState::Waiting { reason: reason(error.clone()) })
        }
        Sending::Uploading { id, report } => {
            (Some(*id), TransferState::Moving { progress: (*report).into() })
        }
        Sending::Failed { id, error } => {
            (Some(*id), TransferState::failed(&QrocError::of_reason(error.as_deref())))
        }
        Sending::Sent => (None, TransferState::Done),
        Sending::Gone => (None, TransferState::Cancelled),
    }
}
