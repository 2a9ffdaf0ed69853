//! Jobs that send, and the one that does nothing.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use matrix_sdk::ruma::RoomId;
use matrix_sdk::ruma::events::room::message::RoomMessageEventContent;
use matrix_sdk::send_queue::{RoomSendQueue, RoomSendQueueUpdate};
use matrix_sdk::{Client, Room};
use matrix_sdk_ui::sync_service::SyncService;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::account;
use crate::meter::Meter;
use crate::protocol::{Report, Task, milliseconds, ready};

const LIMIT: Duration = Duration::from_secs(120);

/// Between two messages of somebody who does not hurry.
const PAUSE: Duration = Duration::from_millis(25);

struct Talk {
    _client: Client,
    service: SyncService,
    queue: RoomSendQueue,
    sent: watch::Receiver<usize>,
}

impl Talk {
    /// Syncs until the room is there.
    async fn begin(task: &Task) -> Result<Self> {
        let client = account::sign_in(task).await?;
        let service = account::service(&client).await?;
        service.start().await;
        let id = RoomId::parse(task.room.as_deref().context("no room is named")?)?;
        let room = known(&client, &id).await?;
        let queue = room.send_queue();
        let (_, mut told) = queue.subscribe().await?;
        let (count, sent) = watch::channel(0);
        // Listened to all the time: the channel holds fewer than a burst brings.
        tokio::spawn(async move {
            loop {
                match told.recv().await {
                    Ok(RoomSendQueueUpdate::SentEvent { .. }) => count.send_modify(|count| *count += 1),
                    Ok(RoomSendQueueUpdate::SendError { error, .. }) => eprintln!("not sent: {error}"),
                    Ok(_) => {}
                    // Then some are never counted, and the run is void.
                    Err(RecvError::Lagged(missed)) => eprintln!("{missed} answers were missed"),
                    Err(RecvError::Closed) => break,
                }
            }
        });
        Ok(Self { _client: client, service, queue, sent })
    }

    /// Sends the message that carries the key: what is measured is an ordinary one.
    async fn with_key(task: &Task) -> Result<Self> {
        let mut talk = Self::begin(task).await?;
        talk.say(0).await?;
        talk.sent(1).await?;
        sleep(Duration::from_millis(500)).await;
        Ok(talk)
    }

    async fn say(&self, number: usize) -> Result<()> {
        let body = format!("Suspect vehicle seen at pier four heading north, unit {number} follows");
        self.queue.send(RoomMessageEventContent::text_plain(body).into()).await?;
        Ok(())
    }

    /// Waits until the server has taken so many in all.
    async fn sent(&mut self, count: usize) -> Result<()> {
        let waiting = self.sent.wait_for(|sent| *sent >= count);
        tokio::time::timeout(LIMIT, waiting).await.context("messages were not sent in time")??;
        Ok(())
    }
}

async fn known(client: &Client, id: &RoomId) -> Result<Room> {
    for _ in 0..1000 {
        match client.get_room(id) {
            Some(room) if room.encryption_state().is_encrypted() => return Ok(room),
            _ => sleep(Duration::from_millis(10)).await,
        }
    }
    bail!("the room did not come")
}

pub(crate) async fn one_by_one(task: &Task) -> Result<Report> {
    let mut talk = Talk::with_key(task).await?;
    ready()?;
    let (mut queued, mut acknowledged) = (Vec::new(), Vec::new());
    let meter = Meter::start()?;
    for number in 0..task.count {
        let started = Instant::now();
        talk.say(number).await?;
        queued.push(milliseconds(started));
        sleep(PAUSE).await;
    }
    talk.sent(1 + task.count).await?;
    let cost = meter.stop()?;
    for number in 0..50 {
        let started = Instant::now();
        talk.say(number).await?;
        talk.sent(2 + task.count + number).await?;
        acknowledged.push(milliseconds(started));
        sleep(PAUSE).await;
    }
    let times = vec![("queued".to_owned(), queued), ("acknowledged".to_owned(), acknowledged)];
    talk.service.stop().await;
    Ok(Report { cost, times, seen: task.count, ..Report::default() })
}

pub(crate) async fn burst(task: &Task) -> Result<Report> {
    let mut talk = Talk::with_key(task).await?;
    ready()?;
    let mut queued = Vec::new();
    let meter = Meter::start()?;
    for number in 0..task.count {
        let started = Instant::now();
        talk.say(number).await?;
        queued.push(milliseconds(started));
    }
    talk.sent(1 + task.count).await?;
    let cost = meter.stop()?;
    talk.service.stop().await;
    Ok(Report { cost, times: vec![("queued".to_owned(), queued)], seen: task.count, ..Report::default() })
}

/// Learns who is in a room. It sends nothing: in a room of 100,000 its first message takes minutes.
pub(crate) async fn crowd(task: &Task) -> Result<Report> {
    let client = account::sign_in(task).await?;
    let service = account::service(&client).await?;
    service.start().await;
    let id = RoomId::parse(task.room.as_deref().context("no room is named")?)?;
    let room = known(&client, &id).await?;
    let meter = Meter::start()?;
    room.sync_members().await?;
    let cost = meter.stop()?;
    service.stop().await;
    Ok(Report { cost, seen: 1, ..Report::default() })
}

pub(crate) async fn idle(task: &Task) -> Result<Report> {
    let client = account::sign_in(task).await?;
    let service = account::service(&client).await?;
    service.start().await;
    sleep(Duration::from_secs(3)).await;
    let meter = Meter::start()?;
    sleep(Duration::from_secs(task.count.try_into()?)).await;
    let cost = meter.stop()?;
    service.stop().await;
    Ok(Report { cost, seen: client.rooms().len(), ..Report::default() })
}
