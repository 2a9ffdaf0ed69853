//! Lists that are pulled, and a client that lives as long as an app does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use qroc_core::client::{Action, Ending, Lifecycle, Link, NewRoom};
use qroc_core::diff::{Diff, apply};
use qroc_core::kind::ErrorKind;
use qroc_core::model::{Item, Room};
use qroc_core::store::codes::RoomKind;
use qroc_server::Options as ServerOptions;

use super::talk::{Officer, pair, server};

const PATIENCE: Duration = Duration::from_secs(30);

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("in time")
}

fn text(room: &str, body: &str) -> Action {
    Action::Send { room: room.into(), body: body.into(), reply: None, thread: None, txn: None }
}

fn bodies(items: &[Item]) -> Vec<&str> {
    items
        .iter()
        .filter(|item| item.kind == "m.room.message")
        .filter_map(|item| item.body.as_deref())
        .collect()
}

async fn room_of(officer: &Officer, invite: &[&str]) -> String {
    let invite = invite.iter().map(|user| (*user).to_owned()).collect();
    let room = NewRoom { name: "Harbour".into(), invite, kind: RoomKind::Group };
    officer.client.create_room(room).await.expect("room")
}

#[tokio::test]
async fn two_officers_watch_the_same_room() {
    let server = server(ServerOptions::default(), &["ana", "rui"]).await;
    let dir = tempfile::tempdir().expect("directory");
    let ana = Officer::sign_in(&server.base_url(), "ana", dir.path()).await;
    let rui = Officer::sign_in(&server.base_url(), "rui", dir.path()).await;
    let room = room_of(&ana, &[&rui.name]).await;
    rui.sync().await;
    rui.client.join(&room).await.expect("join");

    let (ana, rui) = (Lifecycle::new(ana.client), Lifecycle::new(rui.client));
    ana.foreground().expect("foreground");
    rui.foreground().expect("foreground");
    let sent = ana.client().expect("open").watch_timeline(&room).expect("timeline");
    let seen = rui.client().expect("open").watch_timeline(&room).expect("timeline");
    let rooms = rui.client().expect("open").room_list(None);

    let mut ours: Vec<Item> = Vec::new();
    let mut theirs: Vec<Item> = Vec::new();
    let mut list: Vec<Room> = Vec::new();
    let first = soon(seen.next()).await.expect("read").expect("open");
    assert!(matches!(first.as_slice(), [Diff::Reset { .. }]), "{first:?}");
    first.into_iter().for_each(|step| assert!(apply(&mut theirs, step)));

    ana.client().expect("open").perform(text(&room, "north gate is closed"), None).await.expect("queued");
    soon(async {
        while bodies(&theirs) != ["north gate is closed"] {
            for step in seen.next().await.expect("read").expect("open") {
                assert!(!matches!(step, Diff::Reset { .. }), "a second reset");
                assert!(apply(&mut theirs, step));
            }
        }
    })
    .await;
    assert_eq!(theirs.last().and_then(|item| item.sender_name.as_deref()), Some("ana"));
    // The echo became the sent event without moving.
    soon(async {
        while !ours.last().is_some_and(|item| item.event_id.is_some() && item.state == "sent") {
            for step in sent.next().await.expect("read").expect("open") {
                assert!(apply(&mut ours, step));
            }
        }
    })
    .await;
    soon(async {
        while list.first().and_then(|room| room.last_body.as_deref()) != Some("north gate is closed") {
            for step in rooms.next().await.expect("read").expect("open") {
                assert!(apply(&mut list, step));
            }
        }
    })
    .await;
    assert_eq!(list.first().map(|room| room.unread), Some(1));

    // Everything that happens while nobody pulls comes at once.
    let before = theirs.len();
    for number in 0..30 {
        let action = text(&room, &format!("checkpoint {number}"));
        rui.client().expect("open").perform(action, None).await.expect("queued");
    }
    assert!(soon(rui.background(PATIENCE)).await.expect("sent"), "all was sent");
    let steps = soon(seen.next()).await.expect("read").expect("open");
    assert_eq!(steps.len(), 30, "one step for each");
    steps.into_iter().for_each(|step| assert!(apply(&mut theirs, step)));
    assert_eq!(theirs.len(), before + 30);
    assert!(theirs.iter().all(|item| item.state == "sent"), "sent in the background");

    ana.close().await;
    rui.close().await;
}

#[tokio::test]
async fn what_is_made_while_a_sync_waits_can_be_talked_in_at_once() {
    let server = server(ServerOptions::default(), &["ana"]).await;
    let dir = tempfile::tempdir().expect("directory");
    let ana = Officer::sign_in(&server.base_url(), "ana", dir.path()).await;
    let life = Lifecycle::new(ana.client);
    life.foreground().expect("foreground");
    soon(life.link().wait_for(|link| *link == Link::Online)).await.expect("open");
    let client = life.client().expect("open");
    for number in 0..10 {
        let room = NewRoom { name: format!("Harbour {number}"), invite: Vec::new(), kind: RoomKind::Group };
        let room = client.create_room(room).await.expect("room");
        client.perform(text(&room, "first words"), None).await.expect("encrypted");
    }
    drop(client);
    life.close().await;
}

#[tokio::test]
async fn a_reader_that_stops_waiting_loses_nothing() {
    let server = server(ServerOptions::default(), &["ana"]).await;
    let dir = tempfile::tempdir().expect("directory");
    let ana = Officer::sign_in(&server.base_url(), "ana", dir.path()).await;
    let room = room_of(&ana, &[]).await;
    let life = Lifecycle::new(ana.client);
    let client = life.client().expect("open");
    let timeline = Arc::new(client.watch_timeline(&room).expect("timeline"));
    timeline.extend(500);
    let mut items: Vec<Item> = Vec::new();
    timeline
        .next()
        .await
        .expect("read")
        .expect("open")
        .into_iter()
        .for_each(|step| assert!(apply(&mut items, step)));

    for number in 0..100 {
        let waiting = tokio::spawn({
            let timeline = timeline.clone();
            async move { timeline.ready().await }
        });
        let action = text(&room, &format!("{number}"));
        client.perform(action, None).await.expect("queued");
        waiting.abort();
        // Whether it was ready when it was dropped or not: what there is, is still there.
        let _ = waiting.await;
    }
    while bodies(&items).len() < 100 {
        for step in soon(timeline.next()).await.expect("read").expect("open") {
            assert!(apply(&mut items, step));
        }
    }
    let wanted: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!(bodies(&items), wanted);

    // Far behind: more commits than are kept for anybody.
    for _ in 0..300 {
        client.perform(Action::Read { room: room.clone(), txn: None }, None).await.expect("queued");
        client.perform(text(&room, "many"), None).await.expect("queued");
    }
    let steps = soon(timeline.next()).await.expect("read").expect("open");
    assert!(matches!(steps.as_slice(), [Diff::Reset { .. }]), "{} steps", steps.len());
    // Another reader of the same list begins anew.
    timeline.restart();
    let steps = soon(timeline.next()).await.expect("read").expect("open");
    assert!(matches!(steps.as_slice(), [Diff::Reset { .. }]), "{} steps", steps.len());
    drop(client);
    life.close().await;
}

#[tokio::test]
async fn closing_ends_what_waits_and_says_so_afterwards() {
    let server = server(ServerOptions::default(), &["ana"]).await;
    let dir = tempfile::tempdir().expect("directory");
    let ana = Officer::sign_in(&server.base_url(), "ana", dir.path()).await;
    let (profile, name) = (ana.profile.clone(), ana.name.clone());
    let life = Lifecycle::new(ana.client);
    life.foreground().expect("foreground");
    life.foreground().expect("again is no change");
    let rooms = Arc::new(life.client().expect("open").room_list(None));
    let queue = life.client().expect("open").watch_queue();
    rooms.next().await.expect("read").expect("open");
    queue.next().await.expect("read").expect("open");

    let one = tokio::spawn({
        let rooms = rooms.clone();
        async move { rooms.next().await }
    });
    let other = tokio::spawn({
        let rooms = rooms.clone();
        async move { rooms.next().await }
    });
    tokio::task::yield_now().await;
    // One list alone first, from within a list; then all with the client.
    queue.close();
    assert_eq!(soon(queue.next()).await.expect("closed").map(|steps| steps.len()), None);
    soon(life.close()).await;
    for waiting in [one, other] {
        assert!(soon(waiting).await.expect("no panic").expect("closed").is_none());
    }
    life.close().await;
    assert_eq!(*life.link().borrow(), Link::Ended(Ending::Closed));
    let closed = life.client().map(drop).expect_err("closed");
    assert_eq!(closed.kind(), ErrorKind::SignedOut);
    assert!(life.foreground().is_err());
    assert!(life.background(PATIENCE).await.is_err());

    // The profile is whole, and nobody holds it.
    let again = qroc_core::client::Client::open(
        &profile,
        &super::talk::vault(),
        qroc_core::client::Access::Own { wait: Duration::ZERO },
        qroc_core::client::Options::default(),
    )
    .await
    .expect("open");
    assert_eq!(again.status().expect("status").user_id, name);
    again.close().await;
}

#[tokio::test]
async fn an_app_that_comes_back_goes_on() {
    let mut server = server(ServerOptions::default(), &["ana"]).await;
    let dir = tempfile::tempdir().expect("directory");
    let ana = Officer::sign_in(&server.base_url(), "ana", dir.path()).await;
    let room = room_of(&ana, &[]).await;
    let life = Lifecycle::new(ana.client);
    let mut link = life.link();
    assert_eq!(*link.borrow(), Link::Idle);
    for round in 0..5 {
        life.foreground().expect("foreground");
        soon(link.wait_for(|link| *link == Link::Online)).await.expect("online");
        let action = text(&room, &format!("round {round}"));
        life.client().expect("open").perform(action, None).await.expect("queued");
        let (life, other) = (life.clone(), life.clone());
        // Back to the foreground while it is on its way to the background: it stays.
        let away = tokio::spawn(async move { life.background(PATIENCE).await });
        tokio::task::yield_now().await;
        other.foreground().expect("foreground");
        soon(away).await.expect("no panic").expect("open");
        soon(other.client().expect("open").queue_sent()).await.expect("sent, so it ran");
        assert!(soon(other.background(PATIENCE)).await.expect("open"));
        soon(link.wait_for(|link| *link == Link::Idle)).await.expect("idle");
    }
    server.stop().expect("stop");
    life.foreground().expect("foreground");
    soon(link.wait_for(|link| *link == Link::Offline)).await.expect("offline");
    let action = text(&room, "nobody hears this");
    life.client().expect("open").perform(action, None).await.expect("queued all the same");
    assert!(!soon(life.background(Duration::from_millis(200))).await.expect("open"), "it still waits");
    life.close().await;
}

/// The sync of an open app waits at the server for half a minute; what is asked for meanwhile waits for no such thing.
#[tokio::test(flavor = "multi_thread")]
async fn history_comes_while_the_sync_waits() {
    let server = server(ServerOptions::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("directory");
    let (ana, rui, room) = pair(&server, dir.path()).await;
    let mut root = String::new();
    for number in 0..120 {
        root = ana.send(&room, &format!("checkpoint {number}")).await;
    }
    let answer = Action::Send {
        room: room.clone(),
        body: "manned".into(),
        reply: None,
        thread: Some(root.clone()),
        txn: None,
    };
    ana.perform(answer).await;
    let edit =
        Action::Edit { room: room.clone(), event: root.clone(), body: "the last one".into(), txn: None };
    ana.perform(edit).await;
    rui.sync().await;

    let rui = Lifecycle::new(rui.client);
    rui.foreground().expect("foreground");
    soon(rui.link().wait_for(|link| *link == Link::Online)).await.expect("open");
    let client = rui.client().expect("open");
    // Until nothing is left to be fetched by itself, and the long wait has begun.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let timeline = client.watch_timeline(&room).expect("timeline");
    let begun = Instant::now();
    let versions = client.history(&room, &root, false).await.expect("history");
    assert_eq!(versions.len(), 2);
    assert_eq!(client.thread(&room, &root, 10, false).await.expect("thread").len(), 2);
    let mut items: Vec<Item> = Vec::new();
    while bodies(&items).first() != Some(&"checkpoint 0") {
        timeline.load_older(50).await.expect("older");
        soon(async {
            for step in timeline.next().await.expect("read").expect("open") {
                assert!(apply(&mut items, step));
            }
        })
        .await;
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "it waited for the sync: {:?}", begun.elapsed());
    drop((timeline, client));
    rui.close().await;
}
