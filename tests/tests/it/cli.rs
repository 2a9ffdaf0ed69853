//! What scripts rely on: the field names that every command prints, as `docs/cli.md` writes them.

use std::fs;

use qroc_server::Options;
use serde_json::{Value, json};

use crate::terminal::{Officer, server_with, two_officers};

const SENT: &[&str] = &["txn_id", "event_id", "state"];
const FILE: &[&str] = &["mime", "source_bytes", "sent_bytes", "thumbnail_bytes", "sha256", "blurhash"];

#[track_caller]
fn has(object: &Value, fields: &[&str]) {
    for field in fields {
        assert!(object.get(field).is_some(), "no {field} in {object}");
    }
}

#[test]
fn every_command_prints_the_fields_that_scripts_know() {
    let server = server_with(Options::default(), &["lisbon", "madrid", "porto"]);
    let url = server.base_url();
    let lisbon = Officer::new("lisbon");
    let signed = lisbon.login(&url, "lisbon", &["--device-name", "Van 3"]).one();
    has(&signed, &["user_id", "device_id", "homeserver"]);
    assert_eq!((&signed["user_id"], &signed["homeserver"]), (&json!("@lisbon:qroc.test"), &json!(url)));
    let madrid = Officer::sign_in(&url, "@madrid:qroc.test");

    let room = lisbon.run(&["room", "create", "Harbour", "--invite", &madrid.user]).one();
    has(&room, &["room_id"]);
    let room = room["room_id"].as_str().expect("id").to_owned();
    has(&madrid.sync(), &["rooms", "events", "sent", "undecryptable", "took_ms"]);
    assert_eq!(madrid.run(&["rooms"]).one()["membership"], "invite");
    let joined = madrid.run(&["room", "join", "Harbour"]).one();
    assert_eq!((&joined["room_id"], &joined["membership"]), (&json!(room), &json!("join")));
    lisbon.sync();
    messages(&lisbon, &madrid, &room);
    files(&lisbon, &madrid, &room);

    let status = lisbon.run(&["status"]).one();
    has(&status, &["user_id", "device_id", "last_sync_ts", "queued", "verified", "backup", "db_bytes"]);
    assert_eq!((&status["state"], &status["verified"]), (&json!("active"), &json!(true)));
    let invited = lisbon.run(&["room", "invite", "Harbour", "@porto:qroc.test"]).one();
    assert_eq!((&invited["user_id"], &invited["membership"]), (&json!("@porto:qroc.test"), &json!("invite")));
    lisbon.sync();
    let members = lisbon.run(&["room", "members", "Harbour"]).all();
    assert_eq!(members.len(), 3);
    for member in &members {
        has(member, &["room_id", "user_id", "membership", "power", "display_name"]);
    }
    let kicked = lisbon.run(&["room", "kick", "Harbour", "@porto:qroc.test"]).one();
    assert_eq!(kicked["membership"], "leave");
    lisbon.sync();
    assert_eq!(lisbon.run(&["room", "members", "Harbour"]).all().len(), 2);
    let direct =
        lisbon.run(&["room", "create", "Madrid", "--kind", "direct", "--invite", &madrid.user]).one();
    assert_eq!(
        lisbon.run(&["room", "info", direct["room_id"].as_str().expect("id")]).one()["kind"],
        "direct"
    );
    let left = lisbon.run(&["room", "leave", "Madrid"]).one();
    assert_eq!(left["membership"], "leave");

    devices(&lisbon, &url);
    let gone = lisbon.run(&["logout"]).one();
    has(&gone, &["destroyed"]);
    assert_eq!(gone["server_informed"], true);
    assert_eq!(lisbon.run(&["status"]).error(5).0, "signed_out");
    let wiped = madrid.run(&["wipe", "--yes"]).one();
    assert_eq!(wiped["server_informed"], false);
    assert!(wiped["destroyed"].as_u64() > Some(1), "{wiped}");
}

fn messages(lisbon: &Officer, madrid: &Officer, room: &str) {
    let sent = lisbon.run(&["send", "Harbour", "Two cars at pier four", "--txn", "first"]).one();
    has(&sent, SENT);
    assert_eq!((&sent["txn_id"], &sent["state"]), (&json!("first"), &json!("sent")));
    let first = sent["event_id"].as_str().expect("id").to_owned();
    madrid.sync();
    for args in [
        &["send", "Harbour", "Seen", "--reply", &first][..],
        &["send", "Harbour", "In the thread", "--thread", &first],
        &["react", "Harbour", &first, "👍"],
        &["location", "send", "Harbour", "38.7,-9.1", "--accuracy", "5"],
        &["read", "Harbour"],
    ] {
        let sent = madrid.run(args).one();
        has(&sent, SENT);
        assert_eq!(sent["state"], "sent", "{args:?}");
    }
    lisbon.sync();
    has(&lisbon.run(&["edit", "Harbour", &first, "Two cars at pier five"]).one(), SENT);
    let wrong = lisbon.say(room, "Wrong room");
    has(&lisbon.run(&["redact", room, &wrong]).one(), SENT);
    lisbon.sync();

    let items = lisbon.timeline("Harbour");
    for item in &items {
        has(
            item,
            &[
                "cursor",
                "event_id",
                "txn_id",
                "sender",
                "ts",
                "type",
                "msgtype",
                "body",
                "state",
                "edited",
                "redacted",
                "undecryptable",
                "reply_to",
                "thread",
                "reactions",
                "receipts",
                "attachment",
                "location",
            ],
        );
    }
    let of =
        |body: &str| items.iter().find(|item| item["body"] == body).unwrap_or_else(|| panic!("no {body}"));
    let item = of("Two cars at pier five");
    assert_eq!(
        (&item["edited"], &item["txn_id"], &item["state"]),
        (&json!(true), &json!("first"), &json!("sent"))
    );
    assert_eq!(item["reactions"], json!({"👍": [madrid.user]}));
    assert_eq!(of("Seen")["reply_to"], first.as_str());
    assert_eq!(of("In the thread")["thread"], first.as_str());
    let place = items.iter().find(|item| !item["location"].is_null()).expect("place");
    has(&place["location"], &["lat", "lon", "accuracy_m", "ts"]);
    let read = items.iter().find(|item| item["receipts"] == json!([madrid.user]));
    assert!(read.is_some(), "{items:#?}");

    // Pages are stitched without loss or overlap.
    let mut whole = Vec::new();
    let mut before: Option<String> = None;
    loop {
        let mut args = vec!["timeline", "Harbour", "--limit", "3"];
        if let Some(cursor) = &before {
            args.extend(["--before", cursor]);
        }
        let page = lisbon.run(&args).all();
        let Some(oldest) = page.first() else { break };
        before = Some(oldest["cursor"].as_str().expect("cursor").to_owned());
        whole.splice(0..0, page);
    }
    assert_eq!(whole, items);
    assert_eq!(lisbon.run(&["timeline", "Harbour", "--offline"]).all(), items);

    let rooms = madrid.run(&["rooms", "--filter", "arb", "--limit", "1"]).one();
    has(
        &rooms,
        &[
            "room_id",
            "name",
            "membership",
            "encrypted",
            "unread",
            "at_least",
            "highlights",
            "members",
            "last_ts",
            "last_sender",
            "last_body",
        ],
    );
    assert_eq!((&rooms["kind"], &rooms["encrypted"]), (&json!("group"), &json!(true)));
    assert!(madrid.run(&["rooms", "--filter", "nowhere"]).all().is_empty());
    let hit = lisbon.run(&["search", "pier fiv", "--room", "Harbour"]).one();
    has(&hit, &["room_id", "ts", "snippet", "score"]);
    assert_eq!(hit["event_id"], first.as_str());
    assert!(lisbon.run(&["search", "wrong"]).all().is_empty(), "what was removed is not found");
}

fn files(lisbon: &Officer, madrid: &Officer, room: &str) {
    let photo = qroc_fixtures::path("hopper.jpg").display().to_string();
    let sent = lisbon.run(&["send-file", "Harbour", &photo, "--caption", "Witness"]).one();
    has(&sent, SENT);
    has(&sent, FILE);
    let event = sent["event_id"].as_str().expect("id");
    madrid.sync();
    let items = madrid.timeline(room);
    let item = items.iter().find(|item| item["event_id"] == event).expect("item");
    has(&item["attachment"], &["name", "mime", "bytes", "sha256", "width", "height", "duration_ms"]);
    assert_eq!((&item["msgtype"], &item["body"]), (&json!("m.image"), &json!("Witness")));
    let got = madrid.run(&["download", room, event, "--to", "got.jpg"]).one();
    has(&got, &["path", "bytes", "mime", "sha256"]);
    assert_eq!((&got["sha256"], &got["bytes"]), (&sent["sha256"], &sent["sent_bytes"]));
    let kept = fs::read(madrid.file("got.jpg")).expect("got");
    assert_eq!(madrid.run(&["download", room, event, "--to", "got.jpg"]).error(2).0, "bad_input");
    assert_eq!(fs::read(madrid.file("got.jpg")).expect("kept"), kept);
    madrid.run(&["download", room, event, "--to", "got.jpg", "--force"]).one();

    let made = lisbon.run(&["media", &photo, "--to", "prepared.jpg"]).one();
    has(&made, FILE);
    has(&made, &["path", "width", "height", "duration_ms", "took_ms", "peak_bytes"]);
    assert_eq!((&made["sha256"], &made["sent_bytes"]), (&sent["sha256"], &sent["sent_bytes"]));

    let queued = lisbon.run(&["send", room, "Later", "--queue"]).one();
    has(&queued, SENT);
    let waiting = lisbon.run(&["queue"]).one();
    has(&waiting, &["id", "room_id", "kind", "state", "attempts", "next_ts", "error"]);
    let id = waiting["id"].to_string();
    assert_eq!(lisbon.run(&["queue", "--retry", &id]).one()["state"], "queued");
    assert_eq!(lisbon.run(&["queue", "--cancel", &id]).one()["state"], "cancelled");
    lisbon.sync();
    assert!(lisbon.run(&["queue"]).all().is_empty());
    assert!(!lisbon.texts(room).contains(&"Later".to_owned()), "what was given up is not there");
}

fn devices(lisbon: &Officer, url: &str) {
    let other = Officer::sign_in(url, "lisbon");
    let list = lisbon.run(&["devices"]).all();
    for device in &list {
        has(device, &["device_id", "name", "trust", "last_seen_ts"]);
    }
    assert_eq!(list.iter().filter(|device| device["trust"] == "this").count(), 1);
    assert!(list.iter().any(|device| device["name"] == "Van 3"));
    let id = other.run(&["status"]).one()["device_id"].as_str().expect("id").to_owned();
    lisbon.run(&["devices", "--sign-out", &id, "--password-file", "password"]).one();
    assert!(lisbon.run(&["devices"]).all().iter().all(|device| device["device_id"] != id.as_str()));
    let refused = other.run(&["sync", "--once"]).error(5);
    assert_eq!(refused.0, "signed_out", "{refused:?}");
}

#[test]
fn names_find_rooms_and_options_may_stand_anywhere() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, _madrid, room) = two_officers(&server.base_url());
    let second = lisbon.run(&["room", "create", "Harbour"]).one()["room_id"].as_str().expect("id").to_owned();
    let (kind, message) = lisbon.run(&["send", "Harbour", "Which?"]).error(2);
    assert_eq!(kind, "bad_input");
    assert!(message.contains(&room) && message.contains(&second), "{message}");
    lisbon.say(&room, "This one");
    assert_eq!(lisbon.texts(&second), Vec::<String>::new());
    let profile = lisbon.profile().display().to_string();
    let ended =
        lisbon.command(&["rooms", "--profile", &profile]).env_remove("QROC_PROFILE").output().expect("run");
    assert_eq!(String::from_utf8_lossy(&ended.stdout).lines().count(), 2);
}
