//! Rooms made, left, and who is in them: with people who cannot be invited, and without a network.

use qroc_server::Options;
use serde_json::{Value, json};

use crate::terminal::{Officer, server_with, two_officers};

#[test]
fn a_room_is_made_although_somebody_cannot_be_invited() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let lisbon = Officer::sign_in(&server.base_url(), "lisbon");
    let madrid = Officer::sign_in(&server.base_url(), "madrid");
    let stranger = "@stranger:elsewhere.example";
    let args = [
        "room",
        "create",
        "Harbour",
        "--invite",
        stranger,
        "--invite",
        &madrid.user,
        "--invite",
        &madrid.user,
    ];
    let ended = lisbon.run(&args);
    let (kind, message) = ended.error(1);
    assert_eq!(kind, "forbidden");
    assert!(message.contains(stranger) && !message.contains(&madrid.user), "{message}");
    let made: Value = serde_json::from_str(ended.out().lines().next().expect("the room")).expect("JSON");
    assert_eq!(made["refused"][0]["user_id"], stranger);
    let rooms = lisbon.run(&["rooms"]).all();
    assert_eq!((rooms.len(), &rooms[0]["room_id"]), (1, &made["room_id"]));
    madrid.sync();
    assert_eq!(madrid.run(&["rooms"]).one()["membership"], "invite");
    madrid.run(&["room", "join", "Harbour"]).one();
    lisbon.sync();
    lisbon.say("Harbour", "All that could come have come");
    madrid.sync();
    assert_eq!(madrid.texts("Harbour"), ["All that could come have come"]);
    lisbon.run(&["room", "create", "Night watch"]).one();
    let rooms = lisbon.run(&["rooms"]).all();
    assert_eq!((&rooms[0]["name"], &rooms[1]["name"]), (&json!("Night watch"), &json!("Harbour")));
    let items = madrid.run(&["timeline", "Harbour"]).all();
    let changes: Vec<(&str, &str)> = items
        .iter()
        .filter_map(|item| {
            let whom = item["change"]["user_id"].as_str().unwrap_or_default();
            Some((item["change"]["what"].as_str()?, whom))
        })
        .collect();
    let (one, other) = (lisbon.user.as_str(), madrid.user.as_str());
    let all = [
        ("created", ""),
        ("joined", one),
        ("encrypted", ""),
        ("named", ""),
        ("invited", other),
        ("joined", other),
    ];
    assert_eq!(changes, all);
}

#[test]
fn inviting_and_leaving_without_a_network_happens_later_in_order() {
    let mut server = server_with(Options::default(), &["lisbon", "madrid", "porto"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let porto = Officer::sign_in(&server.base_url(), "porto");
    server.stop().expect("stopped");
    let queued = lisbon.run(&["room", "invite", "Harbour", &porto.user, "--queue"]).one();
    assert_eq!((&queued["membership"], &queued["state"]), (&json!("invite"), &json!("queued")));
    lisbon.run(&["send", "Harbour", "For Porto too", "--queue"]).one();
    let late = madrid.run(&["room", "leave", "Harbour", "--timeout", "1"]);
    assert_eq!(late.status(), 4, "{}", late.err());
    // It shows already, as it will.
    let members = lisbon.run(&["room", "members", &room]).all();
    let member = members.iter().find(|member| member["user_id"] == porto.user.as_str());
    assert_eq!(member.expect("member")["membership"], "invite");
    assert!(madrid.run(&["rooms"]).all().is_empty());
    let waiting = lisbon.run(&["queue"]).all();
    assert_eq!((waiting.len(), &waiting[0]["kind"]), (2, &json!("membership")));

    server.restart().expect("restarted");
    assert_eq!(lisbon.sync()["sent"], 2);
    porto.sync();
    porto.run(&["room", "join", "Harbour"]).one();
    porto.sync();
    assert_eq!(porto.texts(&room), ["For Porto too"]);
    // The sync tells of the room before the leaving is sent, and does not bring it back.
    assert_eq!(madrid.sync()["sent"], 1);
    madrid.sync();
    assert!(madrid.run(&["rooms"]).all().is_empty());
    lisbon.sync();
    let members = lisbon.run(&["room", "members", &room]).all();
    assert!(!members.iter().any(|member| member["user_id"] == madrid.user.as_str()), "{members:?}");
}

#[test]
fn what_a_room_does_not_allow_is_refused_and_taken_back_here() {
    let server = server_with(Options::default(), &["lisbon", "madrid", "porto"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let (kind, message) = madrid.run(&["room", "kick", "Harbour", &lisbon.user]).error(1);
    assert_eq!(kind, "forbidden");
    assert!(message.contains("queue"), "{message}");
    let failed = madrid.run(&["queue"]).one();
    assert_eq!((&failed["state"], &failed["reason"]), (&json!("failed"), &json!("forbidden")));
    let is_in = |user: &str| {
        let members = madrid.run(&["room", "members", &room]).all();
        members.iter().any(|member| member["user_id"] == user && member["membership"] == "join")
    };
    assert!(is_in(&lisbon.user), "taken back");
    let id = failed["id"].to_string();
    madrid.run(&["queue", "--cancel", &id]).one();
    assert!(is_in(&lisbon.user));
    // Twice the same is once.
    lisbon.run(&["room", "kick", "Harbour", &madrid.user]).one();
    lisbon.run(&["room", "kick", "Harbour", &madrid.user]).one();
    assert!(lisbon.run(&["queue"]).all().is_empty());
}
