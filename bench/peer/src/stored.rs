//! Waits until the event cache has stored what was told of rooms.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use matrix_sdk::Client;
use matrix_sdk::deserialized_responses::TimelineEventKind;
use matrix_sdk::ruma::OwnedRoomId;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(240);

/// A look at the store costs the peer time: taken only when nothing says that something came.
const LOOK: Duration = Duration::from_millis(20);

/// What the event cache says it has stored.
#[derive(Debug, Default)]
struct Told {
    rooms: BTreeSet<OwnedRoomId>,
    /// More was said than the channel holds, so some rooms are missing here.
    missed: bool,
}

pub(crate) struct Stored {
    told: watch::Receiver<Told>,
    _listening: JoinHandle<()>,
}

/// What is in the event cache's store.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) events: usize,
    pub(crate) undecryptable: usize,
}

impl Stored {
    /// Begins to listen, which a client must before it syncs.
    pub(crate) fn watch(client: &Client) -> Result<Self> {
        client.event_cache().subscribe()?;
        let mut updates = client.event_cache().subscribe_to_room_generic_updates();
        let (seen, told) = watch::channel(Told::default());
        let listening = tokio::spawn(async move {
            loop {
                match updates.recv().await {
                    Ok(update) => seen.send_modify(|told| {
                        told.rooms.insert(update.room_id);
                    }),
                    Err(RecvError::Lagged(_)) => seen.send_modify(|told| told.missed = true),
                    Err(RecvError::Closed) => break,
                }
            }
        });
        Ok(Self { told, _listening: listening })
    }

    /// Waits until something of so many rooms is stored, and of all of them `events`.
    pub(crate) async fn rooms(&mut self, client: &Client, rooms: usize, events: usize) -> Result<()> {
        let waiting = self.told.wait_for(|told| told.missed || told.rooms.len() >= rooms);
        let missed = timeout(LIMIT, waiting)
            .await
            .with_context(|| format!("{rooms} rooms were not stored in time"))??
            .missed;
        if missed {
            self.events(client, 0, events).await?;
        }
        Ok(())
    }

    /// Waits until so many events of so many rooms are stored and none is undecryptable.
    pub(crate) async fn events(&mut self, client: &Client, rooms: usize, events: usize) -> Result<Found> {
        let waiting = async {
            self.told.wait_for(|told| told.missed || told.rooms.len() >= rooms).await?;
            loop {
                self.told.borrow_and_update();
                let found = found(client).await?;
                if found.events >= events && found.undecryptable == 0 {
                    return Ok(found);
                }
                let _ = timeout(LOOK, self.told.changed()).await;
            }
        };
        match timeout(LIMIT, waiting).await {
            Ok(found) => found,
            Err(_) => bail!("{events} events were not stored in time: {:?}", found(client).await?),
        }
    }
}

pub(crate) async fn found(client: &Client) -> Result<Found> {
    let store = client.event_cache_store().lock().await?;
    let store = store.as_clean().context("another process wrote into the event cache")?;
    let mut found = Found::default();
    for room in client.rooms() {
        for event in store.get_room_events(room.room_id(), None, None).await? {
            found.events += 1;
            if matches!(event.kind, TimelineEventKind::UnableToDecrypt { .. }) {
                found.undecryptable += 1;
            }
        }
    }
    Ok(found)
}
