//! Why something is shared, how secret it is, and with which networks.

use std::fs;

use qroc_server::Options as ServerOptions;
use serde_json::{Value, json};

use crate::policy::{apply, forbidden};
use crate::terminal::{Officer, server_with, two_officers};

fn said(officer: &Officer, room: &str, event: &str) -> Value {
    let items = officer.offline(room);
    items.iter().find(|item| item["event_id"] == event).expect("item")["said"].clone()
}

#[test]
fn why_how_secret_and_with_whom() {
    let mut server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    fs::write(lisbon.file("plan.txt"), "north gate").expect("plan");
    let send = |more: &[&str]| lisbon.run(&[&["send", room.as_str(), "Pier four"], more].concat());
    let event = |ended: crate::terminal::Ended| ended.one()["event_id"].as_str().expect("sent").to_owned();

    // Said by choice: sealed with the message, seen by those who read it, and it outlives an edit.
    let first = event(send(&["--purpose", "detection", "--classification", "secret"]));
    lisbon.run(&["edit", &room, &first, "Pier five"]).one();
    let plain = event(send(&[]));
    madrid.sync();
    let expected = json!({ "purpose": "detection", "classification": "secret" });
    assert_eq!((said(&madrid, &room, &first), said(&madrid, &room, &plain)), (expected, Value::Null));
    forbidden(&send(&["--purpose", "curiosity"]), "share.purposes", "default");
    assert_eq!(send(&["--classification", "hush"]).error(2).0, "bad_input");

    // A reason, always, of what is on the list.
    apply(&lisbon, &json!({ "share.reason": "always", "share.purposes": ["patrol", "detection"] }));
    for args in [
        &["send", room.as_str(), "x"][..],
        &["send-file", &room, "plan.txt"],
        &["location", "send", &room, "38.7,-9.1"],
        &["forward", &room, &plain, "--from", &room],
    ] {
        forbidden(&lisbon.run(args), "share.reason", "mdm");
        lisbon.sent(&[args, &["--purpose", "patrol"]].concat());
    }
    forbidden(&send(&["--purpose", "prevention"]), "share.purposes", "mdm");
    lisbon.run(&["react", &room, &plain, "👍"]).one();

    // Once for the room.
    apply(&lisbon, &json!({ "share.reason": "room" }));
    forbidden(&send(&[]), "share.reason", "mdm");
    forbidden(&lisbon.run(&["room", "purpose", &room, "curiosity"]), "share.purposes", "default");
    lisbon.run(&["room", "purpose", &room, "detection"]).one();
    lisbon.sync();
    event(send(&[]));

    // Nothing more secret than allowed: of its own, by its room, or because it was when it came.
    let ceiling = json!({ "share.classification_ceiling": "restricted" });
    apply(&lisbon, &ceiling);
    forbidden(&send(&["--classification", "confidential"]), "share.classification_ceiling", "mdm");
    event(send(&["--classification", "restricted"]));
    let forward = || lisbon.run(&["forward", &room, &first, "--from", &room]);
    forbidden(&forward(), "share.classification_ceiling", "mdm");
    let classify = |level: &str| lisbon.run(&["room", "classify", &room, level]);
    forbidden(&classify("secret"), "share.classification_ceiling", "mdm");
    apply(&lisbon, &json!({}));
    let on = event(forward());
    assert_eq!(said(&lisbon, &room, &on), json!({ "purpose": null, "classification": "secret" }));
    classify("secret").one();
    lisbon.sync();
    apply(&lisbon, &ceiling);
    forbidden(&send(&[]), "share.classification_ceiling", "mdm");
    apply(&lisbon, &json!({ "share.classification_ceiling": "secret" }));
    event(send(&[]));

    // Somebody of another network is there. The server is not: what is asked is asked before anything is queued.
    server.stop().expect("stopped");
    let queued = |more: &[&str]| send(&[&["--queue"], more].concat());
    apply(&lisbon, &json!({ "share.reason": "foreign", "share.releasable_to": ["*.gendarmerie.example"] }));
    assert_eq!(queued(&[]).one()["state"], "queued", "all are of one network, and the room has a purpose");
    lisbon.run(&["room", "invite", &room, "@vigo:police.example", "--queue"]).one();
    forbidden(&queued(&[]), "share.reason", "mdm");
    forbidden(&queued(&["--purpose", "detection"]), "share.releasable_to", "mdm");
    apply(&lisbon, &json!({ "share.reason": "foreign", "share.releasable_to": ["police.example"] }));
    assert_eq!(queued(&["--purpose", "detection"]).one()["state"], "queued");
    apply(&lisbon, &json!({}));
    assert_eq!(queued(&[]).one()["state"], "queued");
}
