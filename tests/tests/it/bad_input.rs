//! Wrong words, wrong files, wrong rooms: each a clear error with its status, nothing lost, nothing left behind.

use std::fs;
use std::path::Path;

use qroc_server::Options;
use serde_json::Value;

use crate::proxy::{Proxy, Turn};
use crate::terminal::{Officer, server_with, two_officers};

fn is_bare(officer: &Officer) -> bool {
    let empty = |dir: &Path| fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none());
    (!officer.profile().exists() || empty(&officer.profile())) && !officer.file("vault.key").exists()
}

#[test]
fn a_refused_sign_in_leaves_nothing_behind() {
    let server = server_with(Options::default(), &["lisbon"]);
    let url = server.base_url();
    let officer = Officer::new("lisbon");
    fs::write(officer.file("password"), "wrong\n").expect("password");
    let (kind, message) = officer.login(&url, "lisbon", &[]).error(1);
    assert_eq!(kind, "forbidden");
    assert!(message.to_lowercase().contains("password"), "{message}");
    assert!(is_bare(&officer));
    officer.login(&url, "nobody", &[]).error(1);
    officer.login("http://127.0.0.1:9", "lisbon", &[]).error(4);
    officer.login("http://example.org", "lisbon", &[]).error(2);
    officer.login(&url, "@lisbon:elsewhere.org", &[]).error(1);
    assert!(is_bare(&officer));

    // Something that is no homeserver answers.
    let proxy = Proxy::start(server.port());
    let page = b"<!DOCTYPE html><html><body>Sign in to this network</body></html>".to_vec();
    for status in [200, 404, 511] {
        let body = page.clone();
        proxy.rule(move |_| Turn::Answer { status, kind: "text/html", body: body.clone(), headers: "" });
        let ended = officer.login(&proxy.url(), "lisbon", &[]);
        let (kind, message) = ended.error(if status == 511 { 4 } else { 1 });
        assert_eq!(kind, if status == 511 { "network" } else { "bad_server" }, "{message}");
        assert!(!message.contains('<'), "{message}");
        assert!(is_bare(&officer));
    }

    // The same profile then takes the right password, and no second account.
    fs::write(officer.file("password"), crate::talk::PASSWORD).expect("password");
    officer.login(&url, "lisbon", &[]).one();
    let before = officer.run(&["status"]).one();
    let (kind, message) = officer.login(&url, "lisbon", &[]).error(2);
    assert_eq!(kind, "bad_input");
    assert!(message.contains("logout"), "{message}");
    assert_eq!(officer.run(&["status"]).one()["device_id"], before["device_id"]);
}

#[test]
fn a_room_or_message_that_is_not_there_is_said_so() {
    let server = server_with(Options::default(), &["lisbon", "madrid", "porto"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let own = lisbon.say(&room, "Mine");
    madrid.sync();
    for args in [
        &["send", "Pier", "x"][..],
        &["timeline", "Pier"],
        &["timeline", "Pier", "--offline"],
        &["room", "info", "!none:qroc.test"],
        &["room", "members", "#none:qroc.test"],
        &["send-file", "Pier", "password"],
        &["edit", &room, "$none", "x"],
        &["download", &room, "$none", "--to", "x"],
        &["download", &room, &own, "--to", "x"],
        &["search", "x", "--room", "Pier"],
        &["queue", "--cancel", "77"],
    ] {
        assert_eq!(lisbon.run(args).error(1).0, "not_found", "{args:?}");
    }
    let (_, message) = lisbon.run(&["send", "Pier", "x"]).error(1);
    assert!(message.contains("Pier") && message.contains("qroc rooms"), "{message}");
    // Somebody else's message is not edited, and nobody without an invitation gets in.
    madrid.run(&["edit", &room, &own, "Yours"]).error(1);
    let porto = Officer::sign_in(&server.base_url(), "porto");
    assert_eq!(porto.run(&["room", "join", &room]).error(1).0, "forbidden");
    assert_eq!(porto.run(&["room", "join", "#none:qroc.test"]).error(1).0, "not_found");
    assert_eq!(porto.run(&["send", &room, "x"]).error(1).0, "not_found");
    for args in [
        &["search", "!!!"][..],
        &["timeline", &room, "--before", "x"],
        &["timeline", &room, "--before", "999999"],
        &["room", "create", "X", "--invite", "porto"],
        &["send", &room, ""],
    ] {
        assert_eq!(lisbon.run(args).error(2).0, "bad_input", "{args:?}");
    }

    // Not a member any more: refused here at once, refused by the server where the news is late.
    lisbon.run(&["room", "kick", &room, &madrid.user]).one();
    let ended = madrid.run(&["send", &room, "Still here?"]);
    let (kind, message) = ended.error(1);
    assert_eq!(kind, "forbidden", "{message}");
    assert_eq!(madrid.run(&["queue"]).one()["state"], "failed");
    madrid.sync();
    assert_eq!(madrid.run(&["send", &room, "And now?"]).error(1).0, "forbidden");
    assert_eq!(madrid.offline(&room).iter().filter(|item| item["body"] == "Mine").count(), 1);
    lisbon.sync();
    assert_eq!(lisbon.texts(&room), ["Mine"]);
}

#[test]
fn a_file_that_cannot_be_sent_is_status_6_and_loses_nothing() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    fs::create_dir(lisbon.file("folder")).expect("folder");
    fs::write(lisbon.file("empty.jpg"), "").expect("empty");
    let photo = fs::read(qroc_fixtures::path("hopper.jpg")).expect("photo");
    fs::write(lisbon.file("half.jpg"), &photo[..photo.len() / 2]).expect("half");
    fs::write(lisbon.file("text.jpg"), "not a photo").expect("text");
    let large = fs::File::create(lisbon.file("large.bin")).expect("large");
    large.set_len(200 << 20).expect("sparse");
    let truncated = qroc_fixtures::path("truncated.jpg").display().to_string();
    let broken = qroc_fixtures::path("broken.png").display().to_string();
    let bomb = qroc_fixtures::path("decompression_bomb.gif").display().to_string();
    for (file, more, word) in [
        ("folder", None, "regular file"),
        ("none.jpg", None, "No such file"),
        ("empty.jpg", None, "empty"),
        ("empty.jpg", Some("image"), "empty"),
        ("half.jpg", None, "ends too early"),
        ("half.jpg", Some("file"), "ends too early"),
        (&truncated, None, ""),
        (&broken, None, ""),
        (&bomb, None, ""),
        ("text.jpg", Some("image"), "not an image"),
        ("large.bin", None, "at most"),
    ] {
        let mut args = vec!["send-file", &room, file];
        args.extend(more.map(|kind| ["--as", kind]).into_iter().flatten());
        let (kind, message) = lisbon.run(&args).error(6);
        assert_eq!(kind, "bad_file", "{args:?}");
        assert!(message.contains(word) && message.contains(file), "{args:?}: {message}");
    }
    assert_eq!(lisbon.strays(), 0, "nothing half sealed is left");
    assert_eq!(lisbon.run(&["queue"]).all(), Vec::<Value>::new());

    // A download goes nowhere it should not, and leaves nothing behind.
    fs::write(lisbon.file("plan.txt"), "north gate").expect("plan");
    let event = lisbon.sent(&["send-file", &room, "plan.txt"]);
    madrid.sync();
    madrid.run(&["download", &room, &event, "--to", "none/plan.txt"]).error(6);
    assert!(!madrid.file("none").exists());
    madrid.run(&["download", &room, &event, "--to", "password"]).error(2);
    assert_eq!(fs::read_to_string(madrid.file("password")).expect("kept").trim(), crate::talk::PASSWORD);
    lisbon.say(&room, "All well");
    madrid.sync();
    assert_eq!(madrid.texts(&room), ["plan.txt", "All well"]);
}
