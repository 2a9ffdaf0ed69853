//! A second process that shows one event beside the owner: neither takes anything from the other.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use qroc_server::Options;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::proxy::{Proxy, Turn};
use crate::terminal::{server_with, two_officers, until};

#[test]
fn a_second_process_shows_an_event_while_the_first_syncs_and_neither_loses_anything() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let proxy = Proxy::start(server.port());
    let (lisbon, madrid, room) = two_officers(&proxy.url());
    let mut sync = lisbon.follow();
    proxy.asked("");
    // The owner hears of everything a little later.
    proxy.rule(|asked| match String::from_utf8_lossy(&asked.body).contains(r#""conn_id":"main""#) {
        true => Turn::Overdue(Duration::from_millis(600)),
        false => Turn::Pass,
    });
    let texts: Vec<String> = (0..12).map(|n| format!("Alert {n}")).collect();
    let mut events = Vec::new();
    for text in &texts {
        let event = madrid.say(&room, text);
        let shown = lisbon.run(&["notification", &room, &event]).one();
        assert_eq!((&shown["body"], &shown["undecryptable"]), (&json!(text), &json!(null)));
        assert_eq!((&shown["sender"], &shown["room_name"]), (&json!(madrid.user), &json!("Harbour")));
        assert_eq!(shown["attention"], "unread");
        events.push(event);
    }
    // Several at once, of what is known and what is not.
    let last = madrid.say(&room, "Last");
    thread::scope(|scope| {
        for event in events.iter().chain([&last]) {
            let (lisbon, room) = (&lisbon, &room);
            scope.spawn(move || lisbon.run(&["notification", room, event]).one());
        }
    });
    // What came the one way may be printed before what came the other; each is printed once.
    let mut printed = Vec::new();
    while printed.len() < texts.len() + 1 {
        let item = sync.next();
        if item["type"] == "m.room.message" {
            printed.push(item["body"].as_str().expect("body").to_owned());
        }
    }
    printed.sort();
    let mut expected: Vec<String> = texts.iter().cloned().chain(["Last".to_owned()]).collect();
    expected.sort();
    assert_eq!(printed, expected);
    assert_eq!(sync.end(Signal::INT), Some(130));

    // The second process had a connection of its own, and never asked for what the server hands out once.
    let mut own = 0;
    for asked in proxy.asked("/sync?") {
        let body: Value = serde_json::from_slice(&asked.body).expect("JSON");
        if body["conn_id"] == "notify" {
            own += 1;
            assert_eq!(body["extensions"], json!({}));
            assert!(!asked.path.contains("pos="));
        }
    }
    assert!(own > 0, "some were fetched before the owner had them");
    let summary = lisbon.sync();
    assert_eq!((&summary["events"], &summary["undecryptable"]), (&json!(0), &json!(0)));
    let mut all = texts;
    all.push("Last".to_owned());
    assert_eq!(lisbon.texts(&room), all);
}

#[test]
fn what_was_shown_while_nobody_synced_is_taken_over_once_and_in_order() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    madrid.say(&room, "Known");
    lisbon.sync();
    let texts: Vec<String> = (0..30).map(|n| format!("Wolframite {n}")).collect();
    let events: Vec<String> = texts.iter().map(|text| madrid.say(&room, text)).collect();
    // The key is the one of before, so nothing but the event is needed: nobody becomes the owner.
    for n in [29, 3, 17] {
        let shown = lisbon.run(&["notification", &room, &events[n]]).one();
        assert_eq!(shown["body"], texts[n].as_str());
    }
    let inbox = lisbon.profile().join("accounts/1/inbox");
    let files: Vec<_> = fs::read_dir(&inbox).expect("inbox").flatten().map(|entry| entry.path()).collect();
    assert_eq!(files.len(), 3);
    for path in files {
        let bytes = fs::read(path).expect("file");
        for needle in ["Wolframite", "madrid", &room, "m.room"] {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle.as_bytes()), "{needle}");
        }
    }
    assert_eq!(lisbon.texts(&room), ["Known"]);
    let summary = lisbon.sync();
    assert_eq!(fs::read_dir(&inbox).expect("inbox").count(), 0);
    // Pages in between are fetched as ever.
    lisbon.timeline(&room);
    let all: Vec<String> = std::iter::once("Known".to_owned()).chain(texts).collect();
    assert_eq!(lisbon.texts(&room), all, "{summary}");
    assert_eq!(lisbon.sync()["events"], 0);
}

#[test]
fn where_nobody_owns_the_profile_the_key_is_fetched_too() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let event = madrid.say(&room, "With a new key");
    let shown = lisbon.run(&["notification", &room, &event]).one();
    assert_eq!((&shown["body"], &shown["undecryptable"]), (&json!("With a new key"), &json!(null)));
    assert_eq!(lisbon.texts(&room), ["With a new key"]);
    assert_eq!(lisbon.sync()["events"], 0);
    let (kind, _) = lisbon.run(&["notification", &room, "$none", "--timeout", "1"]).error(1);
    assert_eq!(kind, "not_found");
    // Tokens that ended are the owner's to renew, whoever that is.
    let options = Options::default().refreshable_access_token_lifetime(Duration::from_secs(3));
    let short = server_with(options, &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&short.base_url());
    madrid.say(&room, "First");
    lisbon.sync();
    let sync = lisbon.follow();
    thread::sleep(Duration::from_secs(4));
    let event = madrid.say(&room, "Late");
    assert_eq!(lisbon.run(&["notification", &room, &event]).one()["body"], "Late");
    assert_eq!(sync.end(Signal::INT), Some(130));
    thread::sleep(Duration::from_secs(4));
    let event = madrid.say(&room, "Later");
    assert_eq!(lisbon.run(&["notification", &room, &event]).one()["body"], "Later");
    assert_eq!(lisbon.run(&["status"]).one()["state"], "active");
    lisbon.sync();
    assert_eq!(lisbon.texts(&room), ["First", "Late", "Later"]);
}

#[test]
fn an_owner_that_crashed_is_replaced_at_once() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    for round in 0..3 {
        let sync = lisbon.follow();
        lisbon.run(&["send", "Harbour", &format!("Round {round}"), "--queue"]).one();
        assert_eq!(sync.end(Signal::KILL), None);
        // What needs the profile for itself does not wait for anybody, nor does the next owner.
        let begun = Instant::now();
        lisbon.run(&["devices"]).all();
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
        let mut next = lisbon.follow();
        let event = madrid.say(&room, &format!("Seen {round}"));
        next.sees(&format!("Seen {round}"));
        assert_eq!(lisbon.run(&["notification", &room, &event]).one()["body"], format!("Seen {round}"));
        until("the queue", || lisbon.run(&["queue"]).all().is_empty());
        assert_eq!(next.end(Signal::KILL), None);
    }
    lisbon.sync();
    madrid.sync();
    let rounds =
        |texts: Vec<String>| texts.into_iter().filter(|text| text.starts_with("Round")).collect::<Vec<_>>();
    for officer in [&lisbon, &madrid] {
        let seen = officer.offline(&room);
        let expected = ["Round 0", "Round 1", "Round 2"];
        assert_eq!(rounds(officer.texts(&room)), expected, "{}: {seen:?}", officer.user);
    }
}
