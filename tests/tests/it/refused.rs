//! What a server says no to: each visible in the queue, with why and what can be done, and nothing lost or doubled.

use std::fs;

use qroc_server::{Embedded, Options};
use serde_json::json;

use crate::proxy::{Proxy, Turn};
use crate::talk::PASSWORD;
use crate::terminal::{Officer, server_with, two_officers};

/// The one thing that waits, with its reason.
fn waits(officer: &Officer, state: &str, reason: &str) -> String {
    let item = officer.run(&["queue"]).one();
    assert_eq!((&item["state"], &item["reason"]), (&json!(state), &json!(reason)), "{item}");
    assert!(item["error"].as_str().is_some_and(|error| error.starts_with(reason)), "{item}");
    assert!(item["advice"].as_str().is_some_and(|advice| !advice.is_empty()), "{item}");
    item["id"].to_string()
}

fn retried(officer: &Officer, id: &str) {
    officer.run(&["queue", "--retry", id]).one();
    assert_eq!(officer.sync()["sent"], 1);
    assert!(officer.run(&["queue"]).all().is_empty());
}

fn set_power(server: &Embedded, room: &str, level: i64) {
    let token = server.login("lisbon", PASSWORD).expect("login").access_token;
    let path = format!("/_matrix/client/v3/rooms/{room}/state/m.room.power_levels/");
    let (_, mut levels) = server.request("GET", &path, Some(&token), None).expect("levels");
    levels["events_default"] = json!(level);
    levels["events"]["m.room.encrypted"] = json!(level);
    assert_eq!(server.request("PUT", &path, Some(&token), Some(&levels)).expect("set").0, 200);
}

#[test]
fn a_room_that_forbids_it_and_a_room_that_was_left_are_told_apart() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    set_power(&server, &room, 50);
    assert_eq!(madrid.run(&["send", "Harbour", "May I?"]).error(1).0, "forbidden");
    let id = waits(&madrid, "failed", "forbidden");
    set_power(&server, &room, 0);
    retried(&madrid, &id);

    // Removed while it waited; the news comes with the same sync.
    madrid.run(&["send", "Harbour", "Still here", "--queue"]).one();
    lisbon.run(&["room", "kick", "Harbour", &madrid.user]).one();
    madrid.sync();
    let id = waits(&madrid, "failed", "left_room");
    lisbon.run(&["room", "invite", "Harbour", &madrid.user]).one();
    madrid.sync();
    madrid.run(&["room", "join", "Harbour"]).one();
    retried(&madrid, &id);
    lisbon.sync();
    assert_eq!(lisbon.texts(&room), ["May I?", "Still here"]);
    assert_eq!(madrid.texts(&room), ["May I?", "Still here"]);

    // The room is removed from the server.
    madrid.run(&["send", "Harbour", "Anybody?", "--queue"]).one();
    let path = format!("/_synapse/admin/v1/rooms/{room}");
    server.admin("DELETE", &path, Some(&json!({"purge": true, "block": false}))).expect("deleted");
    madrid.sync();
    let item = madrid.run(&["queue"]).one();
    assert_eq!(item["state"], "failed");
    assert!(item["reason"] == "room_gone" || item["reason"] == "left_room", "{item}");
    madrid.run(&["queue", "--cancel", &item["id"].to_string()]).one();
    assert!(madrid.run(&["queue"]).all().is_empty());
}

#[test]
fn a_suspended_and_a_locked_account_keep_what_waits() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let suspend = |yes: bool| {
        let path = "/_synapse/admin/v1/suspend/@madrid:qroc.test";
        server.admin("PUT", path, Some(&json!({"suspend": yes}))).expect("admin");
    };
    suspend(true);
    assert_eq!(madrid.run(&["send", "Harbour", "One"]).error(1).0, "forbidden");
    let id = waits(&madrid, "failed", "suspended");
    assert_eq!(madrid.run(&["status"]).one()["state"], "suspended");
    suspend(false);
    retried(&madrid, &id);
    assert_eq!(madrid.run(&["status"]).one()["state"], "active");

    let lock = |yes: bool| {
        let path = "/_synapse/admin/v2/users/@madrid:qroc.test";
        server.admin("PUT", path, Some(&json!({"locked": yes}))).expect("admin");
    };
    madrid.run(&["send", "Harbour", "Two", "--queue"]).one();
    lock(true);
    madrid.run(&["sync", "--once", "--for", "5"]).error(5);
    waits(&madrid, "queued", "locked");
    madrid.run(&["timeline", "Harbour", "--offline"]).error(5);
    lock(false);
    assert_eq!(madrid.sync()["sent"], 1);
    lisbon.sync();
    for officer in [&lisbon, &madrid] {
        assert_eq!(officer.texts(&room), ["One", "Two"]);
    }

    // The device is signed out from elsewhere while something waits.
    madrid.run(&["send", "Harbour", "Three", "--queue"]).one();
    let device = madrid.run(&["status"]).one()["device_id"].as_str().expect("id").to_owned();
    let path = format!("/_synapse/admin/v2/users/@madrid:qroc.test/devices/{device}");
    server.admin("DELETE", &path, None).expect("admin");
    madrid.run(&["sync", "--once", "--for", "5"]).error(5);
    waits(&madrid, "queued", "signed_out");
}

#[test]
fn what_is_too_large_is_refused_at_once_or_shown_and_never_waits_for_the_network() {
    let mut server = server_with(Options::default(), &["lisbon", "madrid"]);
    let proxy = Proxy::start(server.port());
    let (lisbon, madrid, room) = two_officers(&proxy.url());
    fs::write(lisbon.file("large.bin"), vec![7_u8; 300_000]).expect("file");
    fs::write(lisbon.file("small.bin"), vec![7_u8; 30_000]).expect("file");
    let bare = || {
        assert_eq!(lisbon.strays(), 0);
    };
    let (kind, _) = lisbon.run(&["send", &room, &"x".repeat(50_000)]).error(2);
    assert_eq!(kind, "bad_input");

    // A limit that became smaller since it was asked for.
    server.options_mut().overrides.insert("max_upload_size".into(), json!("100K"));
    server.restart().expect("restarted");
    let (kind, message) = lisbon.run(&["send-file", &room, "large.bin"]).error(1);
    assert_eq!(kind, "forbidden");
    assert!(message.contains("102400"), "{message}");
    let id = waits(&lisbon, "failed", "too_large");
    lisbon.run(&["queue", "--cancel", &id]).one();
    bare();
    // Now it is known: refused before anything is queued, and what fits goes.
    let (kind, message) = lisbon.run(&["send-file", &room, "large.bin"]).error(6);
    assert_eq!(kind, "bad_file");
    assert!(message.contains("102400"), "{message}");
    assert!(lisbon.run(&["queue"]).all().is_empty());
    bare();
    lisbon.sent(&["send-file", &room, "small.bin"]);

    // A proxy before the server with a limit and a page of its own.
    proxy.rule(|asked| match asked.path.contains("/upload/") {
        true => {
            Turn::Answer { status: 413, kind: "text/html", body: b"<html>413</html>".to_vec(), headers: "" }
        }
        false => Turn::Pass,
    });
    lisbon.run(&["send-file", &room, "small.bin"]).error(1);
    let id = waits(&lisbon, "failed", "too_large");
    proxy.pass();
    retried(&lisbon, &id);
    bare();
    madrid.sync();
    assert_eq!(madrid.texts(&room), ["small.bin", "small.bin"]);
}

#[test]
fn a_device_that_hears_nothing_new_writes_nothing_and_says_when_it_was_answered() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let proxy = Proxy::start(server.port());
    let (lisbon, _madrid, room) = two_officers(&proxy.url());
    lisbon.say(&room, "All quiet");
    let sync = lisbon.follow();
    // Answers as of a long poll that ended, only sooner.
    proxy.rule(|asked| {
        let pos = asked.path.split("pos=").nth(1).map(str::to_owned);
        match pos.filter(|_| asked.path.contains("/sync?timeout=30000")) {
            Some(pos) => {
                std::thread::sleep(std::time::Duration::from_millis(300));
                let pos = pos.replace("%2F", "/");
                Turn::json(
                    200,
                    json!({"pos": pos, "lists": {"all": {"count": 1}}, "rooms": {}, "extensions": {}}),
                )
            }
            None => Turn::Pass,
        }
    });
    let last = || lisbon.run(&["status"]).one()["last_sync_ts"].as_i64().expect("ts");
    let files = || {
        ["qroc.db", "qroc.db-wal"].map(|name| {
            let about = fs::metadata(lisbon.profile().join("accounts/1").join(name)).expect("file");
            (about.len(), about.modified().expect("time"))
        })
    };
    proxy.asked("");
    for _ in 0..2 {
        crate::terminal::until("an idle answer", || !proxy.asked("timeout=30000").is_empty());
    }
    let (before, then) = (files(), last());
    crate::terminal::until("more of them", || last() > then + 1_000);
    assert_eq!(files(), before, "nothing was written");
    let seen = last();
    sync.end(rustix::process::Signal::INT);
    assert!(last() >= seen, "kept at the end");
}
