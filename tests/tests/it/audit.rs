//! What policy refused is told to those whom policy names: each refusal once, whatever happens in between.

use qroc_server::Options as ServerOptions;
use serde_json::{Value, json};

use crate::policy::{apply, forbidden};
use crate::terminal::{Officer, server_with, two_officers, until};

/// Debug builds of the program die at this write boundary.
const AT: &str = "QROC_DIE_AT_WRITE";

fn auditing(readers: &[&str]) -> Value {
    json!({ "rooms.create": false, "org.audit_recipients": readers })
}

fn refuse(officer: &Officer, name: &str) {
    forbidden(&officer.run(&["room", "create", name]), "rooms.create", "mdm");
}

/// Takes up invitations, and returns what a reader of the audit is told, oldest first, with what programs read of it.
fn told(reader: &Officer) -> Vec<String> {
    reader.sync();
    for room in reader.run(&["rooms"]).all() {
        if room["membership"] == "invite" {
            reader.run(&["room", "join", room["room_id"].as_str().expect("id")]).one();
        }
    }
    reader.sync();
    let rooms = reader.run(&["rooms"]).all();
    let audit = rooms.iter().filter(|room| room["name"] != "Harbour");
    let items = audit.flat_map(|room| reader.timeline(room["room_id"].as_str().expect("id")));
    let bodies = items.filter(|item| item["type"] == "m.room.message").map(|item| {
        assert_eq!(item["undecryptable"], Value::Null, "{item}");
        item["body"].as_str().expect("body").to_owned()
    });
    bodies.flat_map(|body| body.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn what_was_refused_is_told_to_whom_policy_names() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid", "porto", "vigo"]);
    let url = server.base_url();
    let (lisbon, _madrid, room) = two_officers(&url);
    let porto = Officer::sign_in(&url, "porto");
    // Nobody is named yet, and then it is not to be sent: it stays here.
    apply(&lisbon, &json!({ "rooms.create": false }));
    refuse(&lisbon, "Pier");
    lisbon.sync();
    apply(
        &lisbon,
        &json!({ "rooms.create": false, "org.audit_recipients": [porto.user], "audit.upload": false }),
    );
    lisbon.sync();
    assert_eq!(told(&porto), Vec::<String>::new());

    // What was refused before is told too, and what is refused without a network waits for one.
    apply(&lisbon, &auditing(&[&porto.user]));
    refuse(&lisbon, "Quay");
    lisbon.sync();
    let heard = told(&porto);
    assert_eq!(heard.len(), 2, "{heard:?}");
    for line in &heard {
        assert!(line.contains("create_room: rooms.create = false (mdm)") && line.starts_with("20"), "{line}");
    }
    lisbon.sync();
    assert_eq!(told(&porto), heard, "once each");

    // Killed at every write on the way: each is told once, in order.
    let mut refused = 2;
    for at in 1..400 {
        refuse(&lisbon, "Bridge");
        refused += 1;
        let ended = lisbon
            .command(&["sync", "--once", "--for", "60"])
            .env(AT, at.to_string())
            .output()
            .expect("sync");
        if ended.status.success() {
            assert!(at > 5, "it died at {} writes", at - 1);
            break;
        }
        assert_eq!(ended.status.code(), None, "{}", String::from_utf8_lossy(&ended.stderr));
    }
    lisbon.sync();
    let heard = told(&porto);
    assert_eq!(heard.len(), refused, "{heard:#?}");
    assert!(heard.is_sorted(), "{heard:#?}");

    // Whom policy names no more is told no more, though still in the room; who is named now is.
    let vigo = Officer::sign_in(&url, "vigo");
    apply(&lisbon, &auditing(&[&vigo.user]));
    refuse(&lisbon, "Gate");
    lisbon.sync();
    assert_eq!(told(&vigo).len(), 1);
    porto.sync();
    let rooms = porto.run(&["rooms"]).all();
    let items = porto.timeline(rooms[0]["room_id"].as_str().expect("id"));
    let unread = items.iter().filter(|item| !item["undecryptable"].is_null()).count();
    assert_eq!(unread, 1, "{items:#?}");

    // A process that goes on tells at once what another one is refused.
    let sync = lisbon.follow();
    apply(&lisbon, &json!({ "location.mode": "off", "org.audit_recipients": [vigo.user] }));
    forbidden(&lisbon.run(&["location", "send", &room, "38.7,-9.1"]), "location.mode", "mdm");
    let mut heard = Vec::new();
    until("the refusal", || {
        heard = told(&vigo);
        heard.len() > 1
    });
    drop(sync);
    assert!(heard.len() == 2 && heard[1].contains("location.mode = off (mdm)"), "{heard:?}");
}
