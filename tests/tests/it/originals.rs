//! Evidence: the unchanged bytes of a photo, what is said of them, and who signed it, proven by us and by another
//! client; facts of the camera only where the sender lets them go.

use std::fs;

use qroc_server::Options;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::peer::Peer;
use crate::terminal::{Officer, server_with, two_officers};

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn attachment(officer: &Officer, room: &str, event: &str) -> Value {
    let items = officer.offline(room);
    items.iter().find(|item| item["event_id"] == event).expect("item")["attachment"].clone()
}

#[test]
fn an_original_is_the_same_to_the_byte_and_signed() {
    let server = server_with(Options::default(), &["lisbon", "madrid", "porto"]);
    let url = server.base_url();
    let (lisbon, madrid, room) = two_officers(&url);
    let mut porto = Peer::sign_in(&url, "porto");
    lisbon.run(&["room", "invite", &room, &porto.user]).one();
    porto.join(&room);
    lisbon.sync();
    let path = qroc_fixtures::path("exif_gps.jpg");
    let source = fs::read(&path).expect("photo");
    let photo = path.display().to_string();
    let event =
        lisbon.sent(&["send-file", &room, &photo, "--original", "--capture-info", "--caption", "Gate"]);

    // Seen by the other officer: what was prepared, what is said of the original, when and with what it was taken.
    madrid.sync();
    let seen = attachment(&madrid, &room, &event);
    assert_eq!(seen["original"]["sha256"], sha256(&source).as_str());
    assert_eq!(seen["original"]["bytes"], source.len());
    let capture = json!({ "taken_at": "2099-09-29T10:10:10", "make": "Make", "model": "XXX-XXX", "lat": null, "lon": null });
    assert_eq!(seen["capture"], capture, "the photo names a place that is none on Earth");
    let texts = madrid.texts(&room);
    assert_eq!(texts, ["Gate"], "the bytes are no message of their own");

    let got = madrid.run(&["download", &room, &event, "--to", "got.jpg"]).one();
    assert!(fs::read(madrid.file("got.jpg")).expect("got") == source);
    assert_eq!((&got["original"], &got["signature"]), (&json!(true), &json!("valid")), "{got}");
    assert_eq!(got["sha256"], sha256(&source).as_str());
    let by = got["signed_by"].as_str().expect("signed");
    assert!(by.starts_with(&lisbon.user), "{by}");
    let leftovers = fs::read_dir(madrid.file(".")).expect("dir").flatten();
    assert!(leftovers.into_iter().all(|entry| !entry.file_name().to_string_lossy().starts_with(".qroc-")));
    let prepared = madrid.run(&["download", &room, &event, "--to", "small.jpg", "--prepared"]).one();
    assert_eq!(prepared["original"], false);
    let small = fs::read(madrid.file("small.jpg")).expect("small");
    assert!(small != source && !small.windows(4).any(|window| window == b"Exif"));

    // Another client, another implementation of Ed25519, the key from the server.
    porto.sees(&room, &event);
    let said = porto.ask(json!({"do": "verify_original", "event": event}));
    assert_eq!(said["valid"], true, "{said}");
    assert_eq!(said["said"]["sha256"], sha256(&source).as_str());
    assert_eq!(said["changed_is_valid"], false, "a changed statement must not pass: {said}");
    let to = porto.file("original");
    porto.ask(json!({"do": "download", "event": event, "to": to, "part": "original"}));
    assert!(fs::read(&to).expect("original") == source);
}

#[test]
fn without_being_asked_nothing_of_the_camera_goes_along() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let photo = qroc_fixtures::path("exif_gps.jpg").display().to_string();
    let event = lisbon.sent(&["send-file", &room, &photo]);
    madrid.sync();
    let seen = attachment(&madrid, &room, &event);
    assert_eq!((&seen["capture"], &seen["original"]), (&Value::Null, &Value::Null));
    let voice = qroc_fixtures::path("example.opus").display().to_string();
    let sent = lisbon.run(&["send-file", &room, &voice, "--as", "voice"]).one();
    assert_eq!((&sent["mime"], &sent["state"]), (&json!("audio/ogg"), &json!("sent")));
    assert!(sent["duration_ms"].as_u64().is_some_and(|ms| (11_300..11_400).contains(&ms)), "{sent}");
    let (kind, message) = lisbon.run(&["send-file", &room, &photo, "--as", "voice"]).error(6);
    assert!(kind == "bad_file" && message.contains("not a sound recording"), "{message}");
    // A document with an original is that original.
    let plan = qroc_fixtures::path("crazyones.pdf");
    let event = lisbon.sent(&["send-file", &room, &plan.display().to_string(), "--original"]);
    madrid.sync();
    let got = madrid.run(&["download", &room, &event, "--to", "plan.pdf"]).one();
    assert_eq!((&got["original"], &got["signature"]), (&json!(true), &json!("valid")), "{got}");
    assert!(fs::read(madrid.file("plan.pdf")).expect("plan") == fs::read(plan).expect("source"));
}

#[test]
fn policy_decides_what_of_a_photo_goes_along() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, _madrid, room) = two_officers(&server.base_url());
    let photo = qroc_fixtures::path("exif_gps.jpg").display().to_string();
    let sends = |policy: Value, more: &[&str]| {
        fs::write(lisbon.file("policy.json"), policy.to_string()).expect("policy");
        lisbon.run(&["policy", "apply", "policy.json", "--as-mdm"]).all();
        let event = lisbon.sent(&[&["send-file", &room, &photo], more].concat());
        lisbon.sync();
        let seen = attachment(&lisbon, &room, &event);
        (seen["capture"].is_object(), seen["original"].is_object())
    };
    assert_eq!(sends(json!({}), &["--capture-info"]), (true, false), "by choice");
    assert_eq!(sends(json!({ "share.capture_info": "ask" }), &[]), (false, false), "by choice");
    assert_eq!(sends(json!({ "share.capture_info": "off" }), &["--capture-info"]), (false, false));
    assert_eq!(sends(json!({ "share.capture_info": "always" }), &[]), (true, false));
    assert_eq!(sends(json!({ "share.keep_original": true }), &[]), (false, true));
    assert_eq!(sends(json!({ "share.keep_original": false }), &["--original"]), (false, true));
}
