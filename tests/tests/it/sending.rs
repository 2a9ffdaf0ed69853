//! What is sent without a server, and under a server's own limits, arrives once and in order.

use qroc_server::{Limits, Options};
use serde_json::json;

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
    let mut server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    server.options_mut().limits = Limits::Synapse;
    server.restart().expect("restarted");
    let texts: Vec<String> = (0..30).map(|n| format!("Report {n}")).collect();
    for text in &texts {
        lisbon.run(&["send", &room, text, "--queue"]).one();
    }
    let summary = lisbon.run(&["sync", "--once", "--for", "400"]).one();
    assert_eq!(summary["sent"], 30, "{summary}");
    let waited = summary["took_ms"].as_u64().expect("ms");
    assert!(waited > 60_000, "the limits were met: {waited} ms");
    madrid.sync();
    for officer in [&lisbon, &madrid] {
        let items = officer.timeline(&room);
        assert_eq!(crate::terminal::texts(&items), texts);
        assert!(items.iter().all(|item| item["undecryptable"].is_null()));
    }
}
