//! A client that lives as long as the app does: shared by many calls, syncing while the app is used, closed once.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::{Client, Error};
use crate::kind::ErrorKind;
use crate::model::Destroyed;

/// How long calls that are under way may hold up closing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Nobody asks it.
    Idle,
    /// It was asked and has not answered yet.
    Connecting,
    /// It answers.
    Online,
    /// It cannot be reached; asked again by itself.
    Offline,
    /// It refuses the sign-in; contents stay hidden until that is cleared.
    Held,
    /// Nothing is asked any more.
    Ended(Ending),
}

/// Why nothing is asked any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The client was closed or signed out.
    Closed,
    /// The server ended the sign-in, or the profile was wiped: keys and data are gone.
    SignedOut,
    /// The database or the program has a fault; opening again may help.
    Fault,
}

/// What the app wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Idle,
    Foreground,
    Background(Instant),
    Closing,
}

/// A client shared by the screens of an app.
pub struct Lifecycle {
    client: Mutex<Option<Arc<Client>>>,
    mode: watch::Sender<Mode>,
    /// Whether the task that syncs is there; changed together with the mode.
    running: Mutex<bool>,
    at_rest: watch::Sender<bool>,
    link: watch::Sender<Link>,
}

impl fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lifecycle").field("mode", &*self.mode.borrow()).finish_non_exhaustive()
    }
}

impl Lifecycle {
    /// Takes a client that was opened. Nothing is synced before `foreground`.
    pub fn new(client: Client) -> Arc<Self> {
        let link = client.inner.link.clone();
        Arc::new(Self {
            client: Mutex::new(Some(Arc::new(client))),
            mode: watch::channel(Mode::Idle).0,
            running: Mutex::new(false),
            at_rest: watch::channel(true).0,
            link,
        })
    }

    /// Returns the client.
    ///
    /// # Errors
    /// `Closed`.
    pub fn client(&self) -> Result<Arc<Client>, Error> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(Error::Closed)
    }

    /// Follows whether the server answers.
    pub fn link(&self) -> watch::Receiver<Link> {
        self.link.subscribe()
    }

    /// Syncs and sends from now on, until `background` or `close`. Returns at once; again is no change.
    ///
    /// # Errors
    /// `Closed`; `InUse` where another process owns the profile.
    pub fn foreground(self: &Arc<Self>) -> Result<(), Error> {
        let client = self.client()?;
        client.owner()?;
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if *self.mode.borrow() == Mode::Closing {
            return Err(Error::Closed);
        }
        self.mode.send_replace(Mode::Foreground);
        if !std::mem::replace(&mut *running, true) {
            self.at_rest.send_replace(false);
            let life = self.clone();
            tokio::spawn(async move {
                // However it ends, a panic included, the next `foreground` starts anew.
                let mut rest = AtRest { life: &life, ending: Some(Ending::Fault) };
                rest.ending = life.work(&client).await;
            });
        }
        Ok(())
    }

    /// Goes on until what is queued is sent, at most until `limit` is over; then nothing runs. Returns whether all
    /// was sent (what failed does not count). A `foreground` meanwhile wins, and ends the waiting.
    ///
    /// # Errors
    /// `Closed`; faults of the store.
    pub async fn background(self: &Arc<Self>, limit: Duration) -> Result<bool, Error> {
        let client = self.client()?;
        let deadline = Instant::now().checked_add(limit).unwrap_or_else(|| Instant::now() + PATIENCE);
        {
            let _running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            if *self.mode.borrow() == Mode::Closing {
                return Err(Error::Closed);
            }
            self.mode.send_replace(Mode::Background(deadline));
        }
        let mut mode = self.mode.subscribe();
        let mut at_rest = self.at_rest.subscribe();
        tokio::select! {
            _ = at_rest.wait_for(|rest| *rest) => {}
            _ = mode.wait_for(|mode| !matches!(mode, Mode::Background(_))) => {}
        }
        client.is_queue_sent()
    }

    /// Ends everything and closes the database. Lists end, waiting pulls return at once. What was begun is finished,
    /// for at most ten seconds. Closing twice is closing once.
    pub async fn close(&self) {
        if let Some(last) = self.alone().await {
            last.close().await;
        }
    }

    /// Signs out and destroys the profile.
    ///
    /// # Errors
    /// `Closed`; `InUse` where a call does not come to its end; what the file system says.
    pub async fn logout(&self) -> Result<Destroyed, Error> {
        self.client()?.owner()?;
        match self.alone().await {
            Some(last) => last.logout().await,
            None => Err(Error::Store(crate::store::StoreError::InUse)),
        }
    }

    /// Stops what runs and takes the client back from everybody. Nobody gets it any more, whatever comes of this.
    async fn alone(&self) -> Option<Client> {
        let mut shared = self.client.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        {
            let _running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            self.mode.send_replace(Mode::Closing);
        }
        shared.inner.ended.send_replace(true);
        let deadline = Instant::now() + PATIENCE;
        let _ = tokio::time::timeout_at(deadline, self.at_rest.subscribe().wait_for(|rest| *rest)).await;
        self.link.send_replace(Link::Ended(Ending::Closed));
        loop {
            match Arc::try_unwrap(shared) {
                Ok(client) => return Some(client),
                Err(_) if Instant::now() >= deadline => return None,
                Err(still) => shared = still,
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Runs until the app wants nothing any more. Returns why it ended where that is for good.
    async fn work(&self, client: &Client) -> Option<Ending> {
        loop {
            self.link.send_replace(Link::Connecting);
            // Nobody listens to single items: lists follow what commits publish.
            let (items, _) = mpsc::channel(1);
            match client.run(items, self.until_unwanted(client)).await {
                Ok(_) => {
                    let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
                    match *self.mode.borrow() {
                        Mode::Foreground => continue,
                        Mode::Idle | Mode::Background(_) | Mode::Closing => {
                            *running = false;
                            return None;
                        }
                    }
                }
                Err(error) if error.kind() == ErrorKind::SignedOut => {
                    client.inner.ended.send_replace(true);
                    return Some(Ending::SignedOut);
                }
                Err(error) => {
                    tracing::error!(kind = error.kind().code(), "the sync stopped");
                    return Some(Ending::Fault);
                }
            }
        }
    }

    async fn until_unwanted(&self, client: &Client) {
        let mut mode = self.mode.subscribe();
        loop {
            let now = *mode.borrow_and_update();
            match now {
                Mode::Foreground => {
                    if mode.changed().await.is_err() {
                        return;
                    }
                }
                Mode::Background(deadline) => tokio::select! {
                    _ = mode.changed() => {}
                    () = tokio::time::sleep_until(deadline) => return,
                    _ = client.queue_sent() => return,
                },
                Mode::Idle | Mode::Closing => return,
            }
        }
    }
}

/// Says that nothing runs, also where the task ends by a panic.
struct AtRest<'a> {
    life: &'a Lifecycle,
    ending: Option<Ending>,
}

impl Drop for AtRest<'_> {
    fn drop(&mut self) {
        let link = self.ending.map_or(Link::Idle, Link::Ended);
        let mut running = self.life.running.lock().unwrap_or_else(PoisonError::into_inner);
        // A task that found nothing to do has said so itself, and another may have begun since.
        if self.ending.is_some() {
            *running = false;
        }
        if !*running {
            self.life.link.send_replace(link);
            self.life.at_rest.send_replace(true);
        }
    }
}
