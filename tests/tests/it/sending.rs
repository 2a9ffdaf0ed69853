//! What is sent without a server, and under a server's own limits, arrives once and in order.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use qroc_core::client::{Action, TreatAs};
use qroc_server::{Limits, Options};
use serde_json::{Value, json};

use crate::location::two;
use crate::proxy::{Proxy, Turn};
use crate::talk::server;
use crate::terminal::{server_with, two_officers};

#[test]
fn what_is_sent_without_a_server_waits_and_arrives_once() {
    let mut server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let first = lisbon.say(&room, "Before");
    server.stop().expect("stopped");

    let ended = lisbon.run(&["send", "Harbour", "No network", "--timeout", "2", "--txn", "kept"]);
    assert_eq!(ended.status(), 4, "{}", ended.err());
    let said: serde_json::Value = serde_json::from_str(ended.out().trim()).expect("one object");
    assert_eq!((&said["state"], &said["txn_id"]), (&json!("queued"), &json!("kept")));
    for args in [
        &["edit", "Harbour", &first, "Before, edited", "--queue"][..],
        &["react", "Harbour", &first, "👍", "--queue"],
        &["send", "Harbour", "Second", "--queue"],
    ] {
        assert_eq!(lisbon.run(args).one()["state"], "queued");
    }
    let (kind, message) = lisbon.run(&["sync", "--once", "--for", "2"]).error(4);
    assert_eq!(kind, "network", "{message}");
    let waiting = lisbon.run(&["queue"]).all();
    assert_eq!(waiting.len(), 4);
    assert!(waiting[0]["error"].is_string() && waiting[0]["attempts"].as_i64() > Some(0), "{waiting:?}");
    // It shows already, as it will.
    assert_eq!(lisbon.texts(&room), ["Before, edited", "No network", "Second"]);
    let echo = lisbon.offline(&room).pop().expect("item");
    assert_eq!((&echo["state"], &echo["event_id"]), (&json!("queued"), &json!(null)));

    server.restart().expect("restarted");
    let summary = lisbon.sync();
    assert_eq!(summary["sent"], 4, "{summary}");
    assert_eq!(lisbon.sync()["sent"], 0);
    assert_eq!(lisbon.run(&["send", "Harbour", "No network", "--txn", "kept"]).one()["state"], "sent");
    madrid.sync();
    for officer in [&lisbon, &madrid] {
        assert_eq!(officer.texts(&room), ["Before, edited", "No network", "Second"]);
    }
    assert!(lisbon.run(&["queue"]).all().is_empty());
}

#[test]
fn thirty_messages_under_a_servers_own_limits_arrive_in_order_and_once() {
    messages_under_limits(30, "400", 60_000);
}

/// About 17 minutes: `make long`.
#[test]
#[ignore = "takes 17 minutes"]
fn two_hundred_messages_under_a_servers_own_limits_arrive_in_order_and_once() {
    messages_under_limits(200, "1800", 900_000);
}

/// Some of them in another room: the limit is the account's.
fn messages_under_limits(count: usize, patience: &str, at_least_ms: u64) {
    let mut server = server_with(Options::default(), &["lisbon", "madrid"]);
    let proxy = Proxy::start(server.port());
    let (lisbon, madrid, room) = two_officers(&proxy.url());
    let other = lisbon.run(&["room", "create", "Pier"]).one()["room_id"].as_str().expect("id").to_owned();
    server.options_mut().limits = Limits::Synapse;
    server.restart().expect("restarted");
    // When a message was asked for, and until when the server had then asked to wait.
    let waits: Arc<Mutex<Vec<(Instant, Duration)>>> = Arc::default();
    let noted = waits.clone();
    proxy.rule(move |asked| {
        let noted = noted.clone();
        match asked.path.contains("/send/m.room.encrypted/") {
            true => Turn::Change(Box::new(move |body| {
                let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
                if let Some(ms) = answer["retry_after_ms"].as_u64() {
                    noted.lock().expect("waits").push((Instant::now(), Duration::from_millis(ms)));
                }
                body
            })),
            false => Turn::Pass,
        }
    });
    let texts: Vec<String> = (0..count).map(|n| format!("Report {n}")).collect();
    for (n, text) in texts.iter().enumerate() {
        lisbon.run(&["send", if n % 10 == 9 { &other } else { &room }, text, "--queue"]).one();
    }
    proxy.asked("");
    let summary = lisbon.run(&["sync", "--once", "--for", patience]).one();
    assert_eq!(summary["sent"], count, "{summary}");
    let waited = summary["took_ms"].as_u64().expect("ms");
    assert!(waited > at_least_ms, "the limits were met: {waited} ms");
    let asked = proxy.asked("/send/m.room.encrypted/");
    let waits = std::mem::take(&mut *waits.lock().expect("waits"));
    assert!(!waits.is_empty());
    for (since, wait) in &waits {
        let sooner = asked.iter().filter(|asked| asked.at > *since && asked.at < *since + *wait);
        assert_eq!(sooner.count(), 0, "nothing is sent while the server asks to wait {wait:?}");
    }
    assert_eq!(asked.len(), count + waits.len(), "each was asked for once more for each refusal, not more");
    let (texts, others): (Vec<String>, Vec<String>) = {
        let (others, texts): (Vec<_>, Vec<_>) = texts.into_iter().enumerate().partition(|(n, _)| n % 10 == 9);
        (
            texts.into_iter().map(|(_, text)| text).collect(),
            others.into_iter().map(|(_, text)| text).collect(),
        )
    };
    assert_eq!(lisbon.texts(&other), others);
    madrid.sync();
    for officer in [&lisbon, &madrid] {
        let items = officer.timeline(&room);
        assert_eq!(crate::terminal::texts(&items), texts);
        assert!(items.iter().all(|item| item["undecryptable"].is_null()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_sent_twice_under_one_id_is_one_file() {
    let mut server = server(Options::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (lisbon, madrid, room) = two(&server.base_url(), dir.path()).await;
    server.stop().expect("stopped");
    let path = dir.path().join("plan.txt");
    std::fs::write(&path, "north gate").expect("file");
    let action = || Action::SendFile {
        room: room.clone(),
        path: path.clone(),
        caption: None,
        treat_as: TreatAs::Auto,
        trim: None,
        original: false,
        capture_info: false,
        txn: Some("once".to_owned()),
    };
    let sealed = || std::fs::read_dir(lisbon.profile.join("accounts/1/media")).expect("media").count();
    for _ in 0..3 {
        let outcome = lisbon.client.perform(action(), None).await.expect("queued");
        assert_eq!(outcome.sent().state, "queued");
        assert_eq!((sealed(), lisbon.client.queue().expect("queue").len()), (1, 1), "one copy, one message");
    }
    server.restart().expect("restarted");
    lisbon.sync().await;
    let outcome = lisbon.client.perform(action(), None).await.expect("known");
    let kept = lisbon.client.status().expect("status").cache_files;
    assert_eq!((outcome.sent().state, sealed(), kept), ("sent", 1, 1), "kept to be looked at");
    madrid.sync().await;
    assert_eq!(madrid.texts(&room).await, ["plan.txt"]);
}
