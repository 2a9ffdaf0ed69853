//! Long absences, gaps, late keys, and rooms with much history.

use std::time::Duration;

use qroc_server::Options;

use crate::talk::{Officer, pair, server};

#[tokio::test(flavor = "multi_thread")]
async fn after_a_long_absence_everything_is_there_once_and_in_order() {
    let server = server(Options::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (lisbon, madrid, room) = pair(&server, dir.path()).await;
    lisbon.send(&room, "seen").await;
    madrid.sync().await;

    let told: Vec<String> = (0..70).map(|number| format!("message {number}")).collect();
    for text in &told {
        lisbon.send(&room, text).await;
    }
    madrid.sync().await;
    let offline = madrid.client.timeline(&room, None, 20, true).await.expect("timeline");
    assert_eq!(offline.last().and_then(|item| item.body.clone()).as_deref(), Some("message 69"));

    // Paging back over the gap, in pages of odd sizes, meets every message once.
    let mut seen: Vec<String> = Vec::new();
    let mut before: Option<String> = None;
    loop {
        let page = madrid.client.timeline(&room, before.as_deref(), 17, false).await.expect("page");
        let Some(first) = page.first() else { break };
        before = Some(first.cursor.clone());
        let mut texts: Vec<String> = page
            .into_iter()
            .filter(|item| item.kind == "m.room.message")
            .filter_map(|item| item.body)
            .collect();
        texts.append(&mut seen);
        seen = texts;
    }
    let expected: Vec<String> = std::iter::once("seen".to_owned()).chain(told).collect();
    assert_eq!(seen, expected);

    // Fetched once: the same offline, and after a restart.
    let madrid = madrid.again().await;
    let offline = madrid.client.timeline(&room, None, 1000, true).await.expect("timeline");
    let texts: Vec<String> = offline
        .into_iter()
        .filter(|item| item.kind == "m.room.message")
        .filter_map(|item| item.body)
        .collect();
    assert_eq!(texts, expected);
    assert_eq!(madrid.client.rooms(None, 5).expect("rooms")[0].unread, 71);
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_signs_in_later_says_why_it_cannot_read_and_reads_what_comes_after() {
    let server = server(Options::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (lisbon, madrid, room) = pair(&server, dir.path()).await;
    lisbon.send(&room, "before").await;
    madrid.sync().await;
    std::fs::create_dir(dir.path().join("second")).expect("dir");
    let second = Officer::sign_in(&server.base_url(), "madrid", &dir.path().join("second")).await;
    let summary = second.sync().await;
    assert_eq!(summary.undecryptable, 1, "{summary:?}");
    assert!(
        !second.client.status().expect("status").verified,
        "a second sign-in does not replace the identity"
    );
    let items = second.client.timeline(&room, None, 50, true).await.expect("timeline");
    let unread = items.iter().find(|item| item.kind == "m.room.encrypted").expect("kept");
    assert_eq!((unread.undecryptable, unread.body.as_deref()), (Some("missing_key"), None));
    lisbon.sync().await;
    lisbon.send(&room, "after").await;
    second.sync().await;
    madrid.sync().await;
    assert_eq!(second.texts(&room).await, ["after"]);
    assert_eq!(madrid.texts(&room).await, ["before", "after"]);
    assert!(madrid.client.status().expect("status").verified, "the first device keeps its identity");
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_and_comes_back_costs_nothing() {
    let mut server = server(Options::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (lisbon, madrid, room) = pair(&server, dir.path()).await;
    lisbon.send(&room, "one").await;
    madrid.sync().await;
    let server = tokio::task::spawn_blocking(move || {
        server.stop().expect("stop");
        server
    })
    .await
    .expect("stopped");
    let action = |body: &str| qroc_core::client::Action::Send {
        room: room.clone(),
        body: body.into(),
        reply: None,
        thread: None,
        txn: None,
    };
    for body in ["two", "three"] {
        let outcome =
            lisbon.client.perform(action(body), Some(Duration::from_millis(300))).await.expect("queued");
        assert_eq!(outcome.sent().state, "queued");
    }
    assert!(lisbon.client.sync_once(Some(Duration::from_secs(1))).await.is_err());
    let texts = lisbon.client.timeline(&room, None, 10, true).await.expect("timeline");
    assert_eq!(texts.last().map(|item| item.state), Some("queued"));
    let lisbon = lisbon.again().await;
    assert_eq!(lisbon.client.queue().expect("queue").len(), 2);

    let mut server = server;
    let server = tokio::task::spawn_blocking(move || {
        server.restart().expect("restart");
        server
    })
    .await
    .expect("restarted");
    lisbon.sync().await;
    madrid.sync().await;
    assert_eq!(lisbon.client.queue().expect("queue").len(), 0);
    for officer in [&lisbon, &madrid] {
        assert_eq!(officer.texts(&room).await, ["one", "two", "three"], "{}", officer.name);
    }
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_write_before_either_reads_lose_nothing() {
    let server = server(Options::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (lisbon, madrid, room) = pair(&server, dir.path()).await;
    lisbon.send(&room, "one").await;
    madrid.send(&room, "two").await;
    // Madrid's session is new to Lisbon, who shares the key again, from where it is by now; Madrid gets both at once.
    lisbon.sync().await;
    lisbon.send(&room, "three").await;
    let summary = madrid.sync().await;
    assert_eq!(summary.undecryptable, 0, "{summary:?}");
    for officer in [&lisbon, &madrid] {
        officer.sync().await;
        assert_eq!(officer.texts(&room).await, ["one", "two", "three"], "{}", officer.name);
    }
    drop(server);
}
