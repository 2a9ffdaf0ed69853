//! Jobs that send, and the one that does nothing.

use std::time::{Duration, Instant};

use anyhow::Result;
use qroc_core::client::{Action, Client};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use super::LIMIT;
use crate::meter::Meter;
use crate::protocol::{Report, Task, milliseconds, ready};

/// Between two messages of somebody who does not hurry.
const PAUSE: Duration = Duration::from_millis(25);

fn text(room: &str, number: usize) -> Action {
    let body = format!("Suspect vehicle seen at pier four heading north, unit {number} follows");
    Action::Send { room: room.to_owned(), body, reply: None, thread: None, txn: None }
}

/// Syncs, sends the message that carries the key, and goes on syncing while `sending` sends.
async fn talk(task: &Task, sending: impl AsyncFnOnce(&Client) -> Result<Report>) -> Result<Report> {
    let client = task.sign_in().await?;
    client.sync_once(LIMIT).await?;
    client.perform(text(task.room()?, 0), LIMIT).await?;
    client.sync_once(LIMIT).await?;
    ready()?;
    let (items, mut told) = mpsc::channel(64);
    let (stop, stopped) = oneshot::channel::<()>();
    let running = client.run(items, async {
        let _ = stopped.await;
    });
    let listening = async { while told.recv().await.is_some() {} };
    let measured = async {
        let report = sending(&client).await;
        let _ = stop.send(());
        report
    };
    let (ran, (), report) = tokio::join!(running, listening, measured);
    ran?;
    report
}

async fn queued(client: &Client, task: &Task, pause: Duration) -> Result<Vec<f64>> {
    let mut times = Vec::with_capacity(task.count);
    for number in 0..task.count {
        let started = Instant::now();
        client.perform(text(task.room()?, number), None).await?;
        times.push(milliseconds(started));
        if !pause.is_zero() {
            sleep(pause).await;
        }
    }
    client.queue_sent().await?;
    Ok(times)
}

pub(super) async fn one_by_one(task: &Task) -> Result<Report> {
    talk(task, async |client| {
        let meter = Meter::start()?;
        let queued = queued(client, task, PAUSE).await?;
        let cost = meter.stop()?;
        let mut acknowledged = Vec::new();
        for number in 0..50 {
            let started = Instant::now();
            client.perform(text(task.room()?, number), LIMIT).await?;
            acknowledged.push(milliseconds(started));
            sleep(PAUSE).await;
        }
        let times = vec![("queued".to_owned(), queued), ("acknowledged".to_owned(), acknowledged)];
        Ok(Report { cost, times, seen: task.count, ..Report::default() })
    })
    .await
}

pub(super) async fn burst(task: &Task) -> Result<Report> {
    talk(task, async |client| {
        let meter = Meter::start()?;
        let queued = queued(client, task, Duration::ZERO).await?;
        let cost = meter.stop()?;
        Ok(Report { cost, times: vec![("queued".to_owned(), queued)], seen: task.count, ..Report::default() })
    })
    .await
}

/// The first message in a room: who is there is asked, and each of their devices gets the key.
pub(super) async fn keys(task: &Task) -> Result<Report> {
    let client = task.sign_in().await?;
    client.sync_once(LIMIT).await?;
    let meter = Meter::start()?;
    client.perform(text(task.room()?, 0), LIMIT).await?;
    let cost = meter.stop()?;
    client.sync_once(LIMIT).await?;
    client.close().await;
    Ok(Report { cost, seen: 1, ..Report::default() })
}

pub(super) async fn idle(task: &Task) -> Result<Report> {
    let client = task.sign_in().await?;
    client.sync_once(LIMIT).await?;
    let seen = client.rooms(None, 1000)?.len();
    let (items, _told) = mpsc::channel(64);
    let measured = async {
        sleep(Duration::from_secs(3)).await;
        let meter = Meter::start()?;
        sleep(Duration::from_secs(task.count.try_into()?)).await;
        meter.stop()
    };
    let (stop, stopped) = oneshot::channel();
    let run = client.run(items, async {
        let _ = stop.send(measured.await);
    });
    run.await?;
    Ok(Report { cost: stopped.await??, seen, ..Report::default() })
}
