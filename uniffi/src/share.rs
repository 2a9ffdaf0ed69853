//! Sharing the own position live, with fixes from the platform's receiver.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use qroc_core::client::{Error, Lifecycle, Link, ShareRequest};
use qroc_core::geo::pace::Pace;
use qroc_core::ports::location_source::{self as port, Reading, Unavailable};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::error::{PortFault, QrocError};
use crate::live::Live;
use crate::records::position::{LocationReading, NewShare, SharedPositions};
use crate::runtime::{change, read};

/// After a fault of the platform's receiver.
const AGAIN: Duration = Duration::from_secs(1);
/// Readings that wait to be kept.
const WAITING: usize = 64;

/// Says where the device is: the platform's receiver. Called on threads of the core, by one sharing at a time; it may
/// take its time, and may call the core. What it throws counts as no signal, and it is asked again a second later.
#[uniffi::export(foreign)]
#[async_trait]
pub trait LocationSource: Send + Sync {
    /// Waits for the next reading; `None` when there will be no more, which ends the sharing.
    async fn next(&self) -> Result<Option<LocationReading>, PortFault>;

    /// Says how it is going, so that the receiver can rest.
    async fn set_pace(&self, pace: Pace) -> Result<(), PortFault>;
}

/// A sharing of the own position that goes on. Every fix is kept as it comes, also without the network, and sent while
/// the client is in the foreground. Freeing it ends it. Closing the client leaves it as the end of the process does:
/// what was kept is sent by the next run, and the others see it until its time is over or `Room.stop_sharing` says so.
#[derive(Debug, uniffi::Object)]
pub struct LocationShare {
    stop: watch::Sender<bool>,
    end: watch::Receiver<Option<End>>,
    _live: Live,
}

type End = Result<SharedPositions, QrocError>;

impl LocationShare {
    /// Begins: what is wrong with the request is said at once.
    pub(crate) async fn begin(
        life: Arc<Lifecycle>,
        room: String,
        share: NewShare,
        source: Arc<dyn LocationSource>,
    ) -> Result<Arc<Self>, QrocError> {
        let (stop, stopped) = watch::channel(false);
        let (told, end) = watch::channel(None);
        let (begun, has_begun) = oneshot::channel();
        let request = ShareRequest { room, wanted: share.pace.into(), lasting: share.duration };
        let sharing = async move {
            let client = match life.client() {
                Ok(client) => client,
                Err(error) => return drop(begun.send(Err(error))),
            };
            let sharing = match client.begin_sharing(request).await {
                Ok(sharing) => sharing,
                Err(error) => return drop(begun.send(Err(error))),
            };
            let _ = begun.send(Ok(()));
            let over = tokio::select! {
                over = sharing.go_on(Box::new(Receiver::start(source)), asked(stopped)) => over,
                () = gone(life.link()) => Err(Error::Closed),
            };
            told.send_replace(Some(over.map(SharedPositions::from).map_err(QrocError::from)));
        };
        change(async move {
            tokio::spawn(sharing);
            has_begun.await.unwrap_or(Err(Error::Closed))
        })
        .await?;
        Ok(Arc::new(Self { stop, end, _live: Live::share() }))
    }
}

impl Drop for LocationShare {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

#[uniffi::export]
impl LocationShare {
    /// Ends it; `ended` says when the others know. From memory.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until it is over, by `stop`, its time, the end of the receiver, policy, or by leaving the room, and for
    /// up to half a minute until the others know. Says what it came to. A read: it ends with its caller, and the
    /// sharing goes on.
    ///
    /// # Errors
    /// `Closed` where the client was closed meanwhile, `Storage`.
    pub async fn ended(&self) -> Result<SharedPositions, QrocError> {
        let mut end = self.end.clone();
        read(async move {
            match end.wait_for(Option::is_some).await.as_deref() {
                Ok(Some(end)) => end.clone(),
                // The task was lost to a fault.
                Ok(None) | Err(_) => Err(QrocError::of("panic")),
            }
        })
        .await
    }
}

async fn asked(mut stopped: watch::Receiver<bool>) {
    // Without anybody who could ask, it was freed.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn gone(mut link: watch::Receiver<Link>) {
    let _ = link.wait_for(|link| matches!(link, Link::Ended(_))).await;
}

/// The platform's receiver, as the core sees it. Asked by a task of its own: an answer is never given up half-way.
struct Receiver {
    readings: mpsc::Receiver<Reading>,
    pace: watch::Sender<Option<Pace>>,
    tasks: [JoinHandle<()>; 2],
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver")
    }
}

impl Receiver {
    fn start(source: Arc<dyn LocationSource>) -> Self {
        let (out, readings) = mpsc::channel(WAITING);
        let (pace, paces) = watch::channel(None);
        let tasks = [tokio::spawn(pump(source.clone(), out)), tokio::spawn(tell(source, paces))];
        Self { readings, pace, tasks }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn pump(source: Arc<dyn LocationSource>, out: mpsc::Sender<Reading>) {
    loop {
        let reading = match source.next().await {
            Ok(Some(reading)) => reading.into(),
            Ok(None) => return,
            Err(_) => {
                tokio::time::sleep(AGAIN).await;
                Reading::Unavailable(Unavailable::NoSignal)
            }
        };
        if out.send(reading).await.is_err() {
            return;
        }
    }
}

/// Tells the newest pace; one that hangs holds nobody else up.
async fn tell(source: Arc<dyn LocationSource>, mut paces: watch::Receiver<Option<Pace>>) {
    while paces.changed().await.is_ok() {
        let pace = *paces.borrow_and_update();
        if let Some(pace) = pace {
            let _ = source.set_pace(pace).await;
        }
    }
}

#[async_trait]
impl port::LocationSource for Receiver {
    async fn next(&mut self) -> Option<Reading> {
        self.readings.recv().await
    }

    fn set_pace(&mut self, pace: Pace) {
        self.pace.send_if_modified(|told| told.replace(pace) != Some(pace));
    }
}
