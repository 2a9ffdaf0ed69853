//! Jobs that take in and show.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::{StreamExt as _, pin_mut};
use matrix_sdk::ruma::RoomId;
use matrix_sdk::{Client, Room, RoomMemberships};
use matrix_sdk_ui::eyeball_im::{Vector, VectorDiff};
use matrix_sdk_ui::room_list_service::filters::new_filter_non_left;
use matrix_sdk_ui::timeline::{RoomExt as _, Timeline, TimelineItem};
use tokio::time::timeout;

use crate::account;
use crate::meter::{self, Meter};
use crate::protocol::{Report, Task, ready};
use crate::stored::{Found, Stored, found};

/// When nothing more comes by itself.
const LATE: Duration = Duration::from_millis(500);

pub(crate) async fn cold(task: &Task) -> Result<Report> {
    let client = account::sign_in(task).await?;
    ready()?;
    let meter = Meter::start()?;
    let mut stored = Stored::watch(&client)?;
    let service = account::service(&client).await?;
    service.start().await;
    stored.rooms(&client, task.count, task.events).await?;
    let cost = meter.stop()?;
    let Found { events: seen, undecryptable } = found(&client).await?;
    service.stop().await;
    drop((service, stored, client));
    Ok(Report { cost, seen, undecryptable, bytes: account::folded(&task.dir)?, ..Report::default() })
}

pub(crate) async fn warm(task: &Task) -> Result<Report> {
    if task.evicted {
        meter::evict(&task.dir)?;
    }
    let meter = Meter::start()?;
    let client = account::open(task).await?;
    let service = account::service(&client).await?;
    let list = service.room_list_service().all_rooms().await?;
    let (entries, controller) = list.entries_with_dynamic_adapters(20);
    controller.set_filter(Box::new(new_filter_non_left()));
    pin_mut!(entries);
    let diffs = entries.next().await.context("the list of rooms ended")?;
    let mut seen = 0;
    for diff in diffs {
        if let VectorDiff::Reset { values } = diff {
            for room in &values {
                seen += usize::from(room.cached_display_name().is_some());
            }
        }
    }
    Ok(Report { cost: meter.stop()?, seen, ..Report::default() })
}

fn room(client: &Client, task: &Task) -> Result<Room> {
    let id = RoomId::parse(task.room.as_deref().context("no room is named")?)?;
    client.get_room(&id).context("there is no such room")
}

fn events(items: &Vector<Arc<TimelineItem>>) -> usize {
    items.iter().filter(|item| item.as_event().is_some()).count()
}

fn undecryptable(items: &Vector<Arc<TimelineItem>>) -> usize {
    let sealed = |item: &&Arc<TimelineItem>| {
        item.as_event().is_some_and(|event| event.content().is_unable_to_decrypt())
    };
    items.iter().filter(sealed).count()
}

/// Pages back until so many events are seen, or the room begins. What was paged reaches the timeline by a task of its own, so
/// it is waited for before more is asked.
async fn page_back(timeline: &Timeline, count: usize, step: u16) -> Result<Vector<Arc<TimelineItem>>> {
    let (mut items, changes) = timeline.subscribe().await;
    pin_mut!(changes);
    let mut at_start = false;
    while events(&items) < count {
        if !at_start {
            at_start = timeline.paginate_backwards(step).await?;
        }
        match timeout(LATE, changes.next()).await {
            Ok(Some(diffs)) => diffs.into_iter().for_each(|diff| diff.apply(&mut items)),
            Ok(None) => break,
            Err(_) if at_start => break,
            Err(_) => {}
        }
    }
    Ok(items)
}

pub(crate) async fn timeline(task: &Task) -> Result<Report> {
    let client = account::open(task).await?;
    client.event_cache().subscribe()?;
    let room = room(&client, task)?;
    if task.evicted {
        meter::evict(&task.dir)?;
    }
    let meter = Meter::start()?;
    let timeline = room.timeline().await?;
    let items = page_back(&timeline, task.count, 50).await?;
    let cost = meter.stop()?;
    Ok(Report { cost, seen: events(&items), undecryptable: undecryptable(&items), ..Report::default() })
}

pub(crate) async fn scroll(task: &Task) -> Result<Report> {
    let client = account::open(task).await?;
    client.event_cache().subscribe()?;
    let timeline = room(&client, task)?.timeline().await?;
    page_back(&timeline, 50, 50).await?;
    let meter = Meter::start()?;
    let items = page_back(&timeline, task.count, 50).await?;
    let cost = meter.stop()?;
    Ok(Report { cost, seen: events(&items), undecryptable: undecryptable(&items), ..Report::default() })
}

/// Signs in, and syncs until the room that is there before everything else is known.
async fn first_room(task: &Task) -> Result<(Client, Stored, matrix_sdk_ui::sync_service::SyncService)> {
    let client = account::sign_in(task).await?;
    let stored = Stored::watch(&client)?;
    let service = account::service(&client).await?;
    let (rooms, news) = client.rooms_stream();
    pin_mut!(news);
    service.start().await;
    if rooms.is_empty() {
        news.next().await.context("no room came")?;
    }
    Ok((client.clone(), stored, service))
}

pub(crate) async fn encrypted(task: &Task) -> Result<Report> {
    let (client, mut stored, service) = first_room(task).await?;
    ready()?;
    let meter = Meter::start()?;
    stored.events(&client, 20, task.count).await?;
    let cost = meter.stop()?;
    let Found { events: seen, undecryptable } = found(&client).await?;
    service.stop().await;
    drop((service, stored, client));
    Ok(Report { cost, seen, undecryptable, bytes: account::folded(&task.dir)?, ..Report::default() })
}

pub(crate) async fn paginated(task: &Task) -> Result<Report> {
    let (client, mut stored, service) = first_room(task).await?;
    ready()?;
    stored.events(&client, 1, 20).await?;
    let timeline = room(&client, task)?.timeline().await?;
    let meter = Meter::start()?;
    let items = page_back(&timeline, task.count, 100).await?;
    let cost = meter.stop()?;
    service.stop().await;
    Ok(Report { cost, seen: events(&items), undecryptable: undecryptable(&items), ..Report::default() })
}

pub(crate) async fn members(task: &Task) -> Result<Report> {
    let client = account::open(task).await?;
    client.event_cache().subscribe()?;
    let room = room(&client, task)?;
    let meter = Meter::start()?;
    let _timeline = room.timeline().await?;
    // It has no pages of members.
    let members = room.members_no_sync(RoomMemberships::JOIN).await?;
    let cost = meter.stop()?;
    if members.len() != task.count {
        bail!("{} members are known", members.len());
    }
    Ok(Report { cost, seen: members.len().min(50), ..Report::default() })
}
