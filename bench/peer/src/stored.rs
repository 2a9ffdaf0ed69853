//! Waits until the event cache has stored what was told of rooms.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use matrix_sdk::Client;
use matrix_sdk::deserialized_responses::TimelineEventKind;
use matrix_sdk::ruma::OwnedRoomId;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(600);

pub(crate) struct Stored {
    rooms: watch::Receiver<BTreeSet<OwnedRoomId>>,
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
        let (seen, rooms) = watch::channel(BTreeSet::new());
        // A task of its own: the channel holds 128, an answer 200 rooms. What is missed shows as a room too few.
        let listening = tokio::spawn(async move {
            while let Ok(update) = updates.recv().await {
                seen.send_modify(|rooms: &mut BTreeSet<OwnedRoomId>| {
                    rooms.insert(update.room_id);
                });
            }
        });
        Ok(Self { rooms, _listening: listening })
    }

    pub(crate) async fn rooms(&mut self, count: usize) -> Result<()> {
        timeout(LIMIT, self.rooms.wait_for(|rooms| rooms.len() >= count))
            .await
            .with_context(|| format!("{count} rooms were not stored in time"))??;
        Ok(())
    }

    /// Waits until so many events are stored and none is undecryptable.
    pub(crate) async fn events(&mut self, client: &Client, count: usize) -> Result<Found> {
        let waiting = async {
            loop {
                self.rooms.borrow_and_update();
                let found = found(client).await?;
                if found.events >= count && found.undecryptable == 0 {
                    return Ok(found);
                }
                self.rooms.changed().await?;
            }
        };
        match timeout(LIMIT, waiting).await {
            Ok(found) => found,
            Err(_) => bail!("{count} events were not stored in time: {:?}", found(client).await?),
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
