//! `qroc` and matrix-nio, an independent client, on one server: what either sends, the other reads.

use std::fs;
use std::path::Path;

use qroc_server::Options;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::peer::Peer;
use crate::terminal::{Officer, server_with};

fn item<'a>(items: &'a [Value], event: &str) -> &'a Value {
    items.iter().find(|item| item["event_id"] == event).unwrap_or_else(|| panic!("no {event} in {items:#?}"))
}

fn sha256(path: &Path) -> String {
    hex::encode(Sha256::digest(fs::read(path).expect("file")))
}

/// The messages of a room as qroc lists them: neither state, nor edits, nor reactions.
fn messages(items: &[Value]) -> Vec<String> {
    let messages = items.iter().filter(|item| item["type"] == "m.room.message");
    messages.map(|item| item["event_id"].as_str().expect("sent").to_owned()).collect()
}

/// The same as nio lists them.
fn peer_messages(events: &[Value]) -> Vec<String> {
    let messages = events.iter().filter(|event| {
        event["type"] == "m.room.message" && event["content"]["m.relates_to"]["rel_type"] != "m.replace"
    });
    messages.map(|event| event["event_id"].as_str().expect("id").to_owned()).collect()
}

/// Everything that two people do in a room, each with the other's client.
fn converse(lisbon: &Officer, porto: &mut Peer, room: &str) {
    let mut order = Vec::new();
    for round in 0..3 {
        let ours = lisbon.say(room, &format!("Lisbon {round}: två bilar 🚓"));
        porto.sees(room, &ours);
        let theirs = porto.say(room, &format!("Porto {round}: à vista"));
        lisbon.sync();
        order.extend([ours, theirs]);
    }
    let events = porto.list(room);
    let (first, second) = (order[0].clone(), order[1].clone());
    assert_eq!(item(&events, &first)["content"]["body"], "Lisbon 0: två bilar 🚓");
    assert_eq!(item(&events, &first)["encrypted"], true);
    let items = lisbon.offline(room);
    assert_eq!(item(&items, &second)["body"], "Porto 0: à vista");
    assert_eq!(item(&items, &second)["sender"], porto.user.as_str());

    let ours = lisbon.sent(&["send", room, "Understood", "--reply", &second]);
    let theirs = porto.event(json!({"do": "send", "room": room, "body": "Repeat", "reply": first}));
    let our_edit = lisbon.sent(&["edit", room, &order[2], "Lisbon 1: three cars"]);
    porto.event(json!({"do": "edit", "room": room, "event": order[3], "body": "Porto 1: none"}));
    let our_reaction = lisbon.sent(&["react", room, &second, "👍"]);
    porto.event(json!({"do": "react", "room": room, "event": first, "key": "❤️"}));
    order.extend([ours.clone(), theirs.clone()]);
    porto.sees(room, &our_reaction);
    lisbon.sync();

    let items = lisbon.offline(room);
    assert_eq!(item(&items, &theirs)["reply_to"], first.as_str());
    assert_eq!(item(&items, &order[2])["body"], "Lisbon 1: three cars");
    assert_eq!(item(&items, &order[3])["body"], "Porto 1: none");
    assert_eq!(item(&items, &order[3])["edited"], true);
    assert_eq!(item(&items, &first)["reactions"], json!({"❤️": [porto.user]}));
    assert_eq!(item(&items, &second)["reactions"], json!({"👍": [lisbon.user]}));
    let events = porto.list(room);
    assert_eq!(item(&events, &ours)["content"]["m.relates_to"]["m.in_reply_to"]["event_id"], second.as_str());
    let edit = item(&events, &our_edit);
    assert_eq!(edit["content"]["m.new_content"]["body"], "Lisbon 1: three cars");
    assert_eq!(edit["content"]["m.relates_to"]["event_id"], order[2].as_str());
    let reaction = item(&events, &our_reaction);
    assert_eq!((&reaction["type"], &reaction["encrypted"]), (&json!("m.reaction"), &json!(true)));
    assert_eq!(
        reaction["content"]["m.relates_to"],
        json!({"rel_type": "m.annotation", "event_id": second, "key": "👍"})
    );

    let redaction = lisbon.sent(&["redact", room, &order[4]]);
    porto.sees(room, &redaction);
    assert_eq!(item(&porto.list(room), &redaction)["redacts"], order[4].as_str());
    porto.event(json!({"do": "redact", "room": room, "event": order[5]}));
    lisbon.sync();
    let items = lisbon.offline(room);
    for gone in [&order[4], &order[5]] {
        let gone = item(&items, gone);
        assert_eq!((&gone["redacted"], &gone["body"]), (&json!(true), &Value::Null));
    }

    order.extend(files(lisbon, porto, room));
    order.extend(places(lisbon, porto, room));

    // The same messages in the same order on both sides, and each could be read.
    let items = lisbon.timeline(room);
    assert_eq!(messages(&items), order);
    assert!(items.iter().all(|item| item["undecryptable"].is_null()), "{items:#?}");
    porto.sees(room, order.last().expect("messages"));
    let events = porto.list(room);
    assert_eq!(peer_messages(&events), order);
    assert!(events.iter().all(|event| event["undecryptable"] == false), "{events:#?}");
    let summary = lisbon.sync();
    assert_eq!((&summary["events"], &summary["undecryptable"]), (&json!(0), &json!(0)));
}

fn files(lisbon: &Officer, porto: &mut Peer, room: &str) -> Vec<String> {
    let report: Vec<u8> =
        (0..300_001_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    fs::write(lisbon.file("report.bin"), &report).expect("report");
    fs::write(porto.file("plan.bin"), &report[7..]).expect("plan");
    let sent = lisbon.run(&["send-file", room, "report.bin", "--caption", "Read this", "--as", "file"]).one();
    assert_eq!((&sent["state"], sent["source_bytes"].as_u64()), (&json!("sent"), Some(report.len() as u64)));
    let ours = sent["event_id"].as_str().expect("id").to_owned();
    porto.sees(room, &ours);
    let event = item(&porto.list(room), &ours).clone();
    assert_eq!(event["class"], "RoomEncryptedFile");
    assert_eq!(
        (&event["content"]["filename"], &event["content"]["body"]),
        (&json!("report.bin"), &json!("Read this"))
    );
    porto.ask(json!({"do": "download", "event": ours, "to": porto.file("got.bin")}));
    assert_eq!(fs::read(porto.file("got.bin")).expect("got"), report, "byte-identical");

    let theirs = porto.event(
        json!({"do": "send_file", "room": room, "path": porto.file("plan.bin"), "mime": "application/x-plan"}),
    );
    lisbon.sync();
    let attachment = item(&lisbon.offline(room), &theirs)["attachment"].clone();
    assert_eq!(
        (&attachment["name"], attachment["bytes"].as_u64()),
        (&json!("plan.bin"), Some(report.len() as u64 - 7))
    );
    let got = lisbon.run(&["download", room, &theirs, "--to", "."]).one();
    let path = lisbon.file(got["path"].as_str().expect("path"));
    assert_eq!(fs::read(&path).expect("got"), &report[7..], "byte-identical");
    assert_eq!(got["sha256"], sha256(&path));

    // A photo: the place where it was taken is gone, the preview opens as well.
    let photo = qroc_fixtures::path("exif_gps.jpg");
    let before = fs::read(&photo).expect("photo");
    assert!(before.windows(4).any(|part| part == b"Exif"));
    let sent = lisbon.run(&["send-file", room, &photo.display().to_string()]).one();
    let ours_photo = sent["event_id"].as_str().expect("id").to_owned();
    porto.sees(room, &ours_photo);
    let event = item(&porto.list(room), &ours_photo).clone();
    assert_eq!(
        (&event["class"], &event["content"]["msgtype"]),
        (&json!("RoomEncryptedImage"), &json!("m.image"))
    );
    porto.ask(json!({"do": "download", "event": ours_photo, "to": porto.file("photo.jpg")}));
    let got = fs::read(porto.file("photo.jpg")).expect("got");
    assert!(got.starts_with(&[0xff, 0xd8, 0xff]) && !got.windows(4).any(|part| part == b"Exif"));
    assert_eq!(sent["sha256"], sha256(&porto.file("photo.jpg")));
    assert_eq!(event["content"]["info"]["size"].as_u64(), Some(got.len() as u64));
    if !sent["thumbnail_bytes"].is_null() {
        let to = porto.file("preview");
        let opened = porto.ask(json!({"do": "download", "event": ours_photo, "to": to, "part": "thumbnail"}));
        assert_eq!(opened["bytes"], sent["thumbnail_bytes"]);
    }

    let photo = qroc_fixtures::path("hopper.jpg");
    let theirs_photo = porto.event(
        json!({"do": "send_file", "room": room, "path": photo, "mime": "image/jpeg", "msgtype": "m.image"}),
    );
    lisbon.sync();
    let shown = item(&lisbon.offline(room), &theirs_photo).clone();
    assert_eq!((&shown["msgtype"], &shown["attachment"]["mime"]), (&json!("m.image"), &json!("image/jpeg")));
    lisbon.run(&["download", room, &theirs_photo, "--to", "hopper.jpg"]).one();
    assert_eq!(sha256(&lisbon.file("hopper.jpg")), sha256(&photo));
    vec![ours, theirs, ours_photo, theirs_photo]
}

fn places(lisbon: &Officer, porto: &mut Peer, room: &str) -> Vec<String> {
    let ours = lisbon.sent(&["location", "send", room, "38.7071,-9.13549", "--accuracy", "12"]);
    porto.sees(room, &ours);
    let event = item(&porto.list(room), &ours).clone();
    assert_eq!(
        (&event["type"], &event["content"]["msgtype"]),
        (&json!("m.room.message"), &json!("m.location"))
    );
    let uri = event["content"]["geo_uri"].as_str().expect("geo_uri");
    assert!(uri.starts_with("geo:38.7071,-9.13549") && uri.ends_with("u=12"), "{uri}");
    let theirs = porto.event(json!({"do": "send_location", "room": room, "lat": -33.9, "lon": 18.42}));
    lisbon.sync();
    let location = item(&lisbon.offline(room), &theirs)["location"].clone();
    assert_eq!(
        (location["lat"].as_f64(), location["lon"].as_f64(), location["accuracy_m"].as_f64()),
        (Some(-33.9), Some(18.42), Some(8.0))
    );
    vec![ours, theirs]
}

#[test]
fn an_independent_client_makes_a_room_and_talks_with_qroc() {
    let server = server_with(Options::default(), &["lisbon", "porto"]);
    let url = server.base_url();
    let lisbon = Officer::sign_in(&url, "lisbon");
    let mut porto = Peer::sign_in(&url, "porto");
    let made = porto.ask(json!({"do": "create_room", "name": "Night watch", "invite": [lisbon.user]}));
    let room = made["room_id"].as_str().expect("id").to_owned();
    lisbon.sync();
    lisbon.run(&["room", "join", "Night watch"]).one();
    assert_eq!(lisbon.run(&["room", "info", &room]).one()["encrypted"], true);
    porto.ask(json!({"do": "sync", "room": room, "member": lisbon.user}));
    converse(&lisbon, &mut porto, &room);
}

#[test]
fn qroc_makes_a_room_and_talks_with_an_independent_client() {
    let server = server_with(Options::default(), &["lisbon", "porto"]);
    let url = server.base_url();
    let lisbon = Officer::sign_in(&url, "lisbon");
    let mut porto = Peer::sign_in(&url, "porto");
    let room = lisbon.run(&["room", "create", "Harbour", "--invite", &porto.user]).one();
    let room = room["room_id"].as_str().expect("id").to_owned();
    porto.join(&room);
    lisbon.sync();
    converse(&lisbon, &mut porto, &room);
}

#[test]
fn what_was_sent_while_qroc_was_away_is_read_later_whatever_comes_first() {
    let server = server_with(Options::default(), &["lisbon", "madrid", "porto"]);
    let url = server.base_url();
    let lisbon = Officer::sign_in(&url, "lisbon");
    let mut porto = Peer::sign_in(&url, "porto");
    let room = porto.ask(json!({"do": "create_room", "name": "Night watch", "invite": [lisbon.user]}));
    let room = room["room_id"].as_str().expect("id").to_owned();
    lisbon.sync();
    lisbon.run(&["room", "join", &room]).one();
    porto.ask(json!({"do": "sync", "room": room, "member": lisbon.user}));

    // More than the newest 20 that a sync answer brings, while no qroc runs.
    let texts: Vec<String> = (0..45).map(|n| format!("While you were away {n}")).collect();
    for text in &texts {
        porto.say(&room, text);
    }
    let summary = lisbon.sync();
    assert_eq!(summary["undecryptable"], 0, "{summary}");
    assert_eq!(crate::terminal::texts(&lisbon.timeline(&room)), texts);

    // The key comes after the message: first kept with the reason, then it can be read without asking again.
    let madrid = Officer::sign_in(&url, "madrid");
    lisbon.run(&["room", "invite", &room, &madrid.user]).all();
    madrid.sync();
    madrid.run(&["room", "join", &room]).one();
    porto.ask(json!({"do": "sync", "room": room, "member": madrid.user}));
    porto.ask(json!({"do": "hold_keys"}));
    let late = porto.say(&room, "The key is late");
    for officer in [&lisbon, &madrid] {
        let summary = officer.sync();
        assert!(summary["undecryptable"].as_i64() >= Some(1), "{summary}");
        let sealed = item(&officer.offline(&room), &late).clone();
        assert!(sealed["undecryptable"].is_string() && sealed["body"].is_null(), "{sealed}");
    }
    porto.ask(json!({"do": "release_keys"}));
    for officer in [&lisbon, &madrid] {
        officer.sync();
        let opened = item(&officer.offline(&room), &late).clone();
        assert_eq!((&opened["body"], &opened["undecryptable"]), (&json!("The key is late"), &Value::Null));
        let found = officer.run(&["search", "late"]).all();
        assert_eq!(found.len(), 1, "{found:?}");
    }
    assert_eq!(lisbon.sync()["undecryptable"], 0);
}
