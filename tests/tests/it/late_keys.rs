//! A device that could not be given the key with the message gets it as soon as it can, without another message.

use qroc_server::Options;
use serde_json::json;

use crate::proxy::{Proxy, Turn};
use crate::terminal::{server_with, two_officers, until};

#[test]
fn a_device_that_had_no_one_time_key_gets_the_key_without_another_message() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let proxy = Proxy::start(server.port());
    let (lisbon, madrid, room) = two_officers(&proxy.url());
    // The server fails, then it has no key of that device.
    for (round, status) in [("First", 502), ("Second", 200)] {
        if status == 200 {
            // A device that signs in now has no session with lisbon's either.
            madrid.run(&["logout"]).one();
            madrid.login(&proxy.url(), "madrid", &[]).one();
            madrid.sync();
            lisbon.sync();
        }
        proxy.rule(move |asked| match asked.path.contains("/keys/claim") {
            true => Turn::json(status, json!({"one_time_keys": {}, "failures": {}})),
            false => Turn::Pass,
        });
        lisbon.say(&room, round);
        madrid.sync();
        lisbon.say(&room, &format!("{round}, once more"));
        madrid.sync();
        let unread = madrid.offline(&room);
        assert!(unread.iter().rev().take(2).all(|item| item["undecryptable"].is_string()), "{unread:?}");

        proxy.pass();
        proxy.asked("");
        lisbon.sync();
        let asked = proxy.asked("/rooms/");
        assert!(!asked.iter().any(|asked| asked.path.contains("/send/")), "no message carried it");
        madrid.sync();
        let texts = madrid.texts(&room);
        assert_eq!(texts[texts.len() - 2..], [round.to_owned(), format!("{round}, once more")]);
        // Nothing is owed any more: the next sync asks for no keys.
        proxy.asked("");
        lisbon.sync();
        assert!(proxy.asked("/keys/claim").is_empty());
    }
}

#[test]
fn a_running_client_gives_the_key_by_itself() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let proxy = Proxy::start(server.port());
    let (lisbon, madrid, room) = two_officers(&proxy.url());
    let mut left = 2;
    proxy.rule(move |asked| {
        if left > 0 && asked.path.contains("/keys/claim") {
            left -= 1;
            return Turn::json(504, json!({}));
        }
        Turn::Pass
    });
    let _sync = lisbon.follow();
    lisbon.say(&room, "Only this");
    madrid.sync();
    assert_eq!(madrid.texts(&room), Vec::<String>::new());
    until("the key", || {
        madrid.sync();
        madrid.texts(&room) == ["Only this"]
    });
}
