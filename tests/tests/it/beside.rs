//! Two processes on one profile, interrupted ones, and the same sending asked for twice.

use std::thread;
use std::time::{Duration, Instant};

use qroc_server::Options;
use rustix::process::Signal;
use serde_json::json;

use crate::terminal::{server_with, two_officers, until};

#[test]
fn beside_a_running_sync_reading_works_and_sending_is_handed_over() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let first = lisbon.say(&room, "Before");
    madrid.sync();
    let mut sync = lisbon.follow();
    madrid.say(&room, "Come in, Lisbon");
    assert_eq!(sync.sees("Come in, Lisbon")["sender"], madrid.user.as_str());

    for args in [
        &["status"][..],
        &["rooms"],
        &["timeline", "Harbour", "--offline"],
        &["search", "Lisbon"],
        &["room", "members", "Harbour"],
        &["room", "info", "Harbour"],
    ] {
        assert!(!lisbon.run(args).all().is_empty(), "{args:?}");
    }
    assert!(lisbon.run(&["queue"]).all().is_empty());

    // What is sent is reported as it would be alone, its errors too.
    std::fs::write(lisbon.file("plan.txt"), "north gate").expect("file");
    let handed = lisbon.run(&["send", "Harbour", "Handed over", "--txn", "once"]).one();
    assert_eq!((&handed["txn_id"], &handed["state"]), (&json!("once"), &json!("sent")));
    let event = handed["event_id"].as_str().expect("id").to_owned();
    for args in [
        &["edit", "Harbour", &first, "Before, edited"][..],
        &["react", "Harbour", &first, "👀"],
        &["location", "send", "Harbour", "38.7,-9.1"],
        &["read", "Harbour"],
    ] {
        lisbon.sent(args);
    }
    // The path is this process's, wherever the owner was started.
    let file = lisbon.run(&["send-file", "Harbour", "plan.txt"]).one();
    assert_eq!((&file["state"], &file["sent_bytes"]), (&json!("sent"), &json!(10)));
    let wrong = lisbon.say(&room, "Wrong");
    lisbon.sent(&["redact", "Harbour", &wrong]);
    assert_eq!(lisbon.run(&["send", "Pier", "x"]).error(1).0, "not_found");
    assert_eq!(lisbon.run(&["react", "Harbour", "$none", "x"]).error(1).0, "not_found");
    assert_eq!(lisbon.run(&["send-file", "Harbour", "."]).error(6).0, "bad_file");
    assert_eq!(lisbon.run(&["send", "Harbour", ""]).error(2).0, "bad_input");
    let queued = lisbon.run(&["send", "Harbour", "No hurry", "--queue"]).one();
    assert!(queued["state"] == "queued" || queued["state"] == "sent", "{queued}");
    until("the queued message", || {
        madrid.sync();
        madrid.texts(&room).contains(&"No hurry".to_owned())
    });
    assert_eq!(madrid.texts(&room)[..3], ["Before, edited", "Come in, Lisbon", "Handed over"]);

    // What only an owner can do waits 5 s for it to go.
    for args in [&["devices"][..], &["sync", "--once"], &["timeline", "Harbour"]] {
        let begun = Instant::now();
        let (kind, message) = lisbon.run(args).error(7);
        let waited = begun.elapsed();
        assert_eq!(kind, "in_use");
        assert!(message.contains("qroc sync"), "{message}");
        assert!(waited >= Duration::from_secs(5) && waited < Duration::from_secs(15), "{args:?} {waited:?}");
    }
    assert!(sync.is_running());
    assert_eq!(sync.end(Signal::INT), Some(130));
    let items = lisbon.timeline(&room);
    assert_eq!(items.iter().filter(|item| item["event_id"] == event.as_str()).count(), 1);
    assert!(!lisbon.profile().join("accounts/1/owner.sock").exists());
}

#[test]
fn wiping_works_while_in_use_and_ends_the_owner() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let sync = lisbon.follow();
    let wiped = lisbon.run(&["wipe", "--yes"]).one();
    assert!(wiped["destroyed"].as_u64() > Some(1), "{wiped}");
    assert_eq!(lisbon.run(&["rooms"]).error(5).0, "signed_out");
    madrid.say(&room, "Are you there?");
    let status = sync.ended();
    assert_eq!(status, Some(5), "the owner finds out");
    let left: Vec<_> = std::fs::read_dir(lisbon.profile()).map_or_else(|_| Vec::new(), Iterator::collect);
    assert!(left.is_empty(), "{left:?}");
    lisbon.login(&server.base_url(), "lisbon", &[]).one();
    lisbon.sync();
    assert_eq!(lisbon.run(&["rooms"]).one()["name"], "Harbour");
}

#[test]
fn the_same_sending_twice_is_one_message_from_two_processes_too() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let first = lisbon.run(&["send", &room, "Once", "--txn", "t1"]).one();
    let again = lisbon.run(&["send", &room, "Once", "--txn", "t1"]).one();
    assert_eq!(first, again);

    for (round, owner) in [("t2", false), ("t3", true)] {
        let following = owner.then(|| lisbon.follow());
        let ended: Vec<_> = thread::scope(|scope| {
            let send = || lisbon.run(&["send", &room, "At once", "--txn", round]);
            let tries: Vec<_> = (0..3).map(|_| scope.spawn(send)).collect();
            tries.into_iter().map(|handle| handle.join().expect("joined").one()).collect()
        });
        for sent in &ended {
            assert_eq!(
                (&sent["state"], &sent["event_id"]),
                (&json!("sent"), &ended[0]["event_id"]),
                "{ended:?}"
            );
        }
        if let Some(following) = following {
            assert_eq!(following.end(Signal::TERM), Some(130));
        }
    }
    madrid.sync();
    assert_eq!(madrid.texts(&room), ["Once", "At once", "At once"]);
    assert_eq!(lisbon.texts(&room), ["Once", "At once", "At once"]);
}

#[test]
fn an_interrupt_ends_sync_with_130_and_leaves_the_profile_usable() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    for signal in [Signal::INT, Signal::TERM] {
        let mut sync = lisbon.follow();
        assert!(sync.is_running());
        assert_eq!(sync.end(signal), Some(130));
        lisbon.say(&room, "Still here");
    }
    // Killed without a word is no different for what comes after.
    assert_eq!(lisbon.follow().end(Signal::KILL), None);
    lisbon.say(&room, "And here");
    madrid.sync();
    assert_eq!(madrid.texts(&room), ["Still here", "Still here", "And here"]);
    let timed = lisbon.command(&["sync", "--for", "1"]).output().expect("run");
    assert_eq!(timed.status.code(), Some(0));
}
