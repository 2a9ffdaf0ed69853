//! What waits to be sent: what belongs to something unsent, and taking back at every stage.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use qroc_server::{Embedded, Options};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::proxy::{Proxy, Turn};
use crate::terminal::{Officer, server_with, two_officers, until};

/// Lisbon talks through a proxy, Madrid does not.
fn apart(server: &Embedded) -> (Proxy, Officer, Officer, String) {
    let proxy = Proxy::start(server.port());
    let lisbon = Officer::sign_in(&proxy.url(), "lisbon");
    let madrid = Officer::sign_in(&server.base_url(), "madrid");
    let room = lisbon.run(&["room", "create", "Harbour", "--invite", &madrid.user]).one();
    madrid.sync();
    madrid.run(&["room", "join", "Harbour"]).one();
    lisbon.sync();
    (proxy, lisbon, madrid, room["room_id"].as_str().expect("room_id").to_owned())
}

fn ids(officer: &Officer) -> Vec<String> {
    officer.run(&["queue"]).all().iter().map(|item| item["id"].to_string()).collect()
}

fn shown(officer: &Officer, room: &str) -> Vec<Value> {
    officer.offline(room).into_iter().filter(|item| item["type"] == "m.room.message").collect()
}

/// A message and all that can be done with it, while the server is away.
fn say_much(lisbon: &Officer) {
    for args in [
        &["send", "Harbour", "Frist", "--txn", "m1", "--queue"][..],
        &["edit", "Harbour", "m1", "First", "--queue"],
        &["react", "Harbour", "m1", "👍", "--queue"],
        &["send", "Harbour", "Answer", "--reply", "m1", "--txn", "m2", "--queue"],
        &["send", "Harbour", "In the thread", "--thread", "m1", "--reply", "m2", "--queue"],
    ] {
        assert_eq!(lisbon.run(args).one()["state"], "queued", "{args:?}");
    }
}

#[test]
fn what_belongs_to_something_unsent_waits_for_it_and_names_it() {
    let mut server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    server.stop().expect("stopped");
    say_much(&lisbon);
    let queue = lisbon.run(&["queue"]).all();
    assert_eq!(queue.len(), 5);
    assert!(queue[1..].iter().all(|item| item["after"].is_i64()), "{queue:?}");
    // It shows already, as it will.
    let check = |items: &[Value], first: &Value| {
        let bodies: Vec<_> = items.iter().map(|item| item["body"].as_str().expect("body")).collect();
        assert_eq!(bodies, ["First", "Answer", "In the thread"]);
        assert_eq!(items[0]["edited"], true);
        assert_eq!(items[0]["reactions"]["👍"], json!(["@lisbon:qroc.test"]));
        assert_eq!((&items[1]["reply_to"], &items[2]["thread"]), (first, first));
    };
    check(&shown(&lisbon, &room), &json!("m1"));

    server.restart().expect("restarted");
    assert_eq!(lisbon.sync()["sent"], 5);
    madrid.sync();
    for officer in [&lisbon, &madrid] {
        let items = shown(officer, &room);
        check(&items, &items[0]["event_id"]);
        assert_eq!(items[2]["reply_to"], items[1]["event_id"]);
    }
    // An own message answers to its name ever after.
    lisbon.sent(&["edit", "Harbour", "m1", "First, again"]);
    madrid.sync();
    assert_eq!(shown(&madrid, &room)[0]["body"], "First, again");
}

#[test]
fn what_waits_for_something_taken_back_fails_and_is_never_sent() {
    let mut server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    server.stop().expect("stopped");
    say_much(&lisbon);
    let queue = ids(&lisbon);
    let cancelled = lisbon.run(&["queue", "--cancel", &queue[0]]).one();
    assert_eq!(cancelled["state"], "cancelled");
    let left = lisbon.run(&["queue"]).all();
    assert_eq!(left.len(), 4);
    for item in &left {
        assert_eq!((&item["state"], &item["reason"]), (&json!("failed"), &json!("needs")), "{item}");
        assert!(item["advice"].as_str().is_some_and(|advice| advice.contains("cancel")));
        let (kind, _) = lisbon.run(&["queue", "--retry", &item["id"].to_string()]).error(2);
        assert_eq!(kind, "bad_input");
    }
    server.restart().expect("restarted");
    assert_eq!(lisbon.sync()["sent"], 0);
    for id in ids(&lisbon) {
        lisbon.run(&["queue", "--cancel", &id]).one();
    }
    assert!(shown(&lisbon, &room).is_empty() && ids(&lisbon).is_empty());

    // Removing what was not sent is taking it back; the server never hears of it.
    server.stop().expect("stopped");
    lisbon.run(&["send", "Harbour", "Wrong room", "--txn", "m9", "--queue"]).one();
    assert_eq!(lisbon.run(&["redact", "Harbour", "m9"]).one()["state"], "sent");
    assert!(shown(&lisbon, &room).is_empty() && ids(&lisbon).is_empty());
    server.restart().expect("restarted");
    assert_eq!(lisbon.sync()["sent"], 0);
    madrid.sync();
    assert!(shown(&madrid, &room).is_empty());
}

#[test]
fn what_failed_is_retried_with_all_that_waits_for_it() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let proxy = Proxy::start(server.port());
    let (lisbon, madrid, room) = two_officers(&proxy.url());
    proxy.rule(|asked| match asked.path.contains("/send/m.room.encrypted/m1") {
        true => Turn::json(413, json!({"errcode": "M_TOO_LARGE", "error": "event too large"})),
        false => Turn::Pass,
    });
    say_much(&lisbon);
    lisbon.sync();
    let queue = lisbon.run(&["queue"]).all();
    let reasons: Vec<_> = queue.iter().map(|item| item["reason"].as_str().expect("reason")).collect();
    assert_eq!(reasons, ["too_large", "needs", "needs", "needs", "needs"], "{queue:?}");
    let (_, message) = lisbon.run(&["react", "Harbour", "m1", "x"]).error(2);
    assert!(message.contains(&queue[0]["id"].to_string()), "{message}");
    // One of them alone cannot go.
    lisbon.run(&["queue", "--retry", &queue[1]["id"].to_string()]).error(2);
    proxy.pass();
    lisbon.run(&["queue", "--retry", &queue[0]["id"].to_string()]).one();
    assert_eq!(lisbon.sync()["sent"], 5);
    madrid.sync();
    for officer in [&lisbon, &madrid] {
        assert_eq!(officer.texts(&room), ["First", "Answer", "In the thread"]);
    }
}

#[test]
fn taking_back_while_the_request_is_under_way_says_what_happened() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (proxy, lisbon, madrid, room) = apart(&server);
    let lisbon_first = lisbon.say(&room, "Before");
    madrid.sync();
    let sync = lisbon.follow();

    // The server has it, its answer is on the way: too late, and said so. The sync does not tell it either.
    let slow = |part: &'static str, turn: fn() -> Turn| {
        proxy.rule(move |asked| match asked.method == "PUT" && asked.path.contains(part) {
            true => turn(),
            false if asked.path.contains("/sync?") => Turn::Late(Duration::from_secs(8)),
            false => Turn::Pass,
        });
        thread::sleep(Duration::from_millis(200));
        // The long poll under way is answered, and the next one held.
        madrid.run(&["react", "Harbour", &lisbon_first, "👀"]).one();
        thread::sleep(Duration::from_millis(800));
    };
    slow("/send/", || Turn::Overdue(Duration::from_secs(3)));
    lisbon.run(&["send", "Harbour", "Too late", "--txn", "late", "--queue"]).one();
    until("it to be under way", || {
        lisbon.run(&["queue"]).all().first().is_some_and(|item| item["state"] == "sending")
    });
    assert_eq!(shown(&lisbon, &room)[1]["state"], "sending");
    let (kind, message) = lisbon.run(&["queue", "--cancel", &ids(&lisbon)[0]]).error(1);
    assert!(kind == "forbidden" && message.contains("$"), "{message}");
    assert!(ids(&lisbon).is_empty());

    // Its answer is lost: it is gone here, and removed there once it shows that it came.
    slow("/send/", || Turn::Lose);
    lisbon.run(&["send", "Harbour", "Perhaps", "--txn", "lost", "--queue"]).one();
    until("the lost answer", || {
        lisbon.run(&["queue"]).all().first().is_some_and(|item| item["reason"] == "unanswered")
    });
    let recalled = lisbon.run(&["queue", "--cancel", &ids(&lisbon)[0]]).one();
    assert_eq!(recalled["state"], "recalled");
    proxy.pass();
    until("the removal", || {
        madrid.sync();
        madrid.texts(&room) == ["Before", "Too late"] && ids(&lisbon).is_empty()
    });
    assert_eq!(lisbon.texts(&room), ["Before", "Too late"]);

    // An upload stops at once, and its message is never sent.
    fs::write(lisbon.file("plan.txt"), "north gate".repeat(1000)).expect("file");
    slow("/upload/", || Turn::Late(Duration::from_secs(20)));
    lisbon.run(&["send-file", "Harbour", "plan.txt", "--queue"]).one();
    until("the upload", || {
        lisbon.run(&["queue"]).all().first().is_some_and(|item| item["state"] == "sending")
    });
    let begun = Instant::now();
    assert_eq!(lisbon.run(&["queue", "--cancel", &ids(&lisbon)[0]]).one()["state"], "cancelled");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    proxy.pass();
    lisbon.say(&room, "After");
    assert_eq!(sync.end(Signal::INT), Some(130));
    assert_eq!(lisbon.strays(), 0);
    madrid.sync();
    for officer in [&lisbon, &madrid] {
        assert_eq!(officer.texts(&room), ["Before", "Too late", "After"]);
    }
}

#[test]
fn what_is_taken_back_after_a_kill_in_the_middle_is_removed_there_too() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (proxy, lisbon, madrid, room) = apart(&server);
    lisbon.say(&room, "Before");
    proxy.rule(|asked| match asked.path.as_str() {
        path if path.contains("/send/") => Turn::Overdue(Duration::from_secs(30)),
        path if path.contains("/sync?") => Turn::Late(Duration::from_secs(30)),
        _ => Turn::Pass,
    });
    let sync = lisbon.follow();
    lisbon.run(&["send", "Harbour", "Killed", "--txn", "killed", "--queue"]).one();
    until("the server to have it", || {
        madrid.sync();
        madrid.texts(&room).len() == 2
    });
    // Nothing of the try is on the disk, as far as this profile knows it was never made.
    assert_eq!(sync.end(Signal::KILL), None);
    lisbon.run(&["queue", "--cancel", &ids(&lisbon)[0]]).one();
    assert_eq!(lisbon.texts(&room), ["Before"]);
    proxy.pass();
    lisbon.sync();
    lisbon.sync();
    assert!(ids(&lisbon).is_empty());
    madrid.sync();
    for officer in [&lisbon, &madrid] {
        assert_eq!(officer.texts(&room), ["Before"]);
    }
}
