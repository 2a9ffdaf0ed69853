//! Jobs that take in and show.

use std::time::Instant;

use anyhow::Result;
use qroc_core::client::{Access, Client};
use qroc_core::model::Item;

use super::LIMIT;
use crate::meter::{self, Meter};
use crate::protocol::{Report, Task, milliseconds, ready};
use qroc_bench::world::{COMMON, RARE};

pub(super) async fn cold(task: &Task) -> Result<Report> {
    let client = task.sign_in().await?;
    synced(task, client).await
}

pub(super) async fn encrypted(task: &Task) -> Result<Report> {
    let client = task.sign_in().await?;
    client.sync_once(LIMIT).await?;
    synced(task, client).await
}

async fn synced(task: &Task, client: Client) -> Result<Report> {
    ready()?;
    let meter = Meter::start()?;
    let summary = client.sync_once(LIMIT).await?;
    let cost = meter.stop()?;
    client.close().await;
    Ok(Report {
        cost,
        seen: summary.events,
        undecryptable: summary.undecryptable,
        bytes: size(&task.dir, "qroc.db")?,
        ..Report::default()
    })
}

pub(super) async fn warm(task: &Task) -> Result<Report> {
    if task.evicted {
        meter::evict(&task.dir)?;
    }
    let meter = Meter::start()?;
    let client = task.open(Access::Read).await?;
    let page = client.rooms(None, 20)?;
    Ok(Report { cost: meter.stop()?, seen: page.len(), ..Report::default() })
}

pub(super) async fn timeline(task: &Task) -> Result<Report> {
    let client = task.open(Access::Read).await?;
    // As a screen does before: the list is there.
    client.rooms(None, 20)?;
    if task.evicted {
        meter::evict(&task.dir)?;
    }
    let meter = Meter::start()?;
    let items = client.timeline(task.room()?, None, task.count, true).await?;
    Ok(Report { cost: meter.stop()?, seen: items.len(), undecryptable: sealed(&items), ..Report::default() })
}

fn sealed(items: &[Item]) -> usize {
    items.iter().filter(|item| item.body.is_none() && item.kind != "m.room.member").count()
}

pub(super) async fn scroll(task: &Task) -> Result<Report> {
    let client = task.open(Access::Read).await?;
    let first = client.timeline(task.room()?, None, 50, true).await?;
    let meter = Meter::start()?;
    let report = page_back(task, &client, first, (50, true)).await?;
    Ok(Report { cost: meter.stop()?, ..report })
}

pub(super) async fn paginated(task: &Task) -> Result<Report> {
    let client = task.sign_in().await?;
    client.sync_once(LIMIT).await?;
    ready()?;
    client.sync_once(LIMIT).await?;
    let meter = Meter::start()?;
    let first = client.timeline(task.room()?, None, 100, false).await?;
    let report = page_back(task, &client, first, (100, false)).await?;
    Ok(Report { cost: meter.stop()?, ..report })
}

/// Pages back until so many are seen, or the room begins.
async fn page_back(
    task: &Task,
    client: &Client,
    mut page: Vec<Item>,
    (step, offline): (usize, bool),
) -> Result<Report> {
    let mut report = Report::default();
    loop {
        report.seen = report.seen.saturating_add(page.len());
        report.undecryptable = report.undecryptable.saturating_add(sealed(&page));
        let Some(oldest) = page.first() else { break };
        if report.seen >= task.count {
            break;
        }
        page = client.timeline(task.room()?, Some(&oldest.cursor), step, offline).await?;
    }
    Ok(report)
}

pub(super) async fn members(task: &Task) -> Result<Report> {
    let client = task.open(Access::Read).await?;
    client.rooms(None, 20)?;
    let meter = Meter::start()?;
    client.timeline(task.room()?, None, 50, true).await?;
    let page = client.members_page(task.room()?, None, None, 50).await?;
    Ok(Report { cost: meter.stop()?, seen: page.len(), ..Report::default() })
}

pub(super) async fn search(task: &Task) -> Result<Report> {
    let client = task.open(Access::Read).await?;
    let mut report = Report::default();
    for (name, words) in [("common", COMMON), ("rare", RARE), ("prefix", "har"), ("two words", "harbour ba")]
    {
        let mut times = Vec::new();
        for _ in 0..20 {
            let started = Instant::now();
            let hits = client.search(words, None, 50)?;
            times.push(milliseconds(started));
            report.seen = report.seen.max(hits.len());
        }
        report.times.push((format!("{name}, first"), times.iter().take(1).copied().collect()));
        report.times.push((name.to_owned(), times));
    }
    Ok(report)
}

/// Bytes of all files below a directory whose name begins with `prefix`.
fn size(dir: &std::path::Path, prefix: &str) -> Result<u64> {
    let mut sum = 0_u64;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sum = sum.saturating_add(size(&entry.path(), prefix)?);
        } else if entry.file_name().to_string_lossy().starts_with(prefix) {
            sum = sum.saturating_add(entry.metadata()?.len());
        }
    }
    Ok(sum)
}
