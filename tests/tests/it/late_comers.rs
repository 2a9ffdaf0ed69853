//! Officers who are invited later read what was said before, where the room shows it, and where whoever invites them has
//! the keys.

use std::os::unix::process::ExitStatusExt as _;

use qroc_core::client::NewRoom;
use qroc_core::store::codes::RoomKind;
use qroc_server::{Embedded, Options as ServerOptions};
use serde_json::json;

use crate::proxy::{Proxy, Turn};
use crate::recovery::{Phone, until};
use crate::talk::{self, PASSWORD};
use crate::terminal::{Officer, server_with};

/// Has a room show its past, or not.
fn shows(server: &Embedded, user: &str, room: &str, visibility: &str) {
    let side = server.login(user, PASSWORD).expect("login");
    let path = format!("/_matrix/client/v3/rooms/{room}/state/m.room.history_visibility");
    let (token, content) = (Some(side.access_token.as_str()), json!({"history_visibility": visibility}));
    assert_eq!(server.request("PUT", &path, token, Some(&content)).expect("state").0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_invited_later_reads_what_was_said_before() {
    let server = talk::server(ServerOptions::default(), &["lisbon", "madrid", "porto"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let url = server.base_url();
    let lisbon = talk::Officer::sign_in(&url, "lisbon", dir.path()).await;
    let porto = talk::Officer::sign_in(&url, "porto", dir.path()).await;
    let room = NewRoom { name: "Harbour".into(), invite: vec![porto.name.clone()], kind: RoomKind::Group };
    let room = lisbon.client.create_room(room).await.expect("room");
    porto.sync().await;
    porto.client.join(&room).await.expect("join");
    lisbon.sync().await;
    lisbon.send(&room, "Suspect at pier four").await;
    porto.sync().await;
    porto.send(&room, "We are on our way").await;
    lisbon.sync().await;

    // One phone is there when the invitation comes.
    let madrid = Phone::sign_in(&url, "madrid", &dir.path().join("madrid")).await;
    lisbon.client.invite(&room, &madrid.user).await.expect("invited");
    until("the invitation", async || !madrid.client.rooms(None, 9).expect("rooms").is_empty()).await;
    madrid.client.join(&room).await.expect("join");
    let said = ["Suspect at pier four", "We are on our way"];
    let reads = async |phone: &Phone| {
        let items = phone.client.timeline(&room, None, 100, false).await.expect("timeline");
        let texts: Vec<String> = items.into_iter().filter_map(|item| item.body).collect();
        said.iter().all(|text| texts.iter().any(|other| other == text))
    };
    until("what was said before", async || reads(&madrid).await).await;
    // And what is said from now on.
    lisbon.sync().await;
    lisbon.send(&room, "Welcome").await;
    until("the welcome", async || {
        let items = madrid.client.timeline(&room, None, 100, true).await.expect("timeline");
        items.iter().any(|item| item.body.as_deref() == Some("Welcome"))
    })
    .await;
    // It was given to madrid, not to the account's next device, which has nobody's word yet.
    let next = Phone::sign_in(&url, "madrid", &dir.path().join("next")).await;
    until("the room", async || next.client.rooms(None, 9).expect("rooms").len() == 1).await;
    assert!(!reads(&next).await);
    madrid.close().await;
    next.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_hides_its_past_gives_no_keys() {
    let server = talk::server(ServerOptions::default(), &["lisbon", "madrid"]).await;
    let proxy = Proxy::start(server.port());
    let dir = tempfile::tempdir().expect("dir");
    let lisbon = talk::Officer::sign_in(&proxy.url(), "lisbon", dir.path()).await;
    let madrid = talk::Officer::sign_in(&server.base_url(), "madrid", dir.path()).await;
    let make = async |name: &str| {
        let room = NewRoom { name: name.into(), invite: Vec::new(), kind: RoomKind::Group };
        lisbon.client.create_room(room).await.expect("room")
    };
    let (hiding, opened, shown) = (make("Hiding").await, make("Opened").await, make("Shown").await);
    for room in [&hiding, &opened] {
        shows(&server, "lisbon", room, "joined");
    }
    lisbon.sync().await;
    for room in [&hiding, &opened, &shown] {
        lisbon.send(room, "Only for those who are here").await;
    }
    // One shows from now on what is said from now on.
    shows(&server, "lisbon", &opened, "shared");
    lisbon.sync().await;
    let uploads = |room: &str| {
        let room = room.to_owned();
        let (proxy, lisbon, madrid) = (&proxy, &lisbon, &madrid);
        async move {
            proxy.asked("");
            lisbon.client.invite(&room, &madrid.name).await.expect("invited");
            madrid.sync().await;
            madrid.client.join(&room).await.expect("join");
            madrid.sync().await;
            let asked = proxy.asked("/media/").into_iter().filter(|asked| asked.method != "GET").count();
            (asked, madrid.texts(&room).await)
        }
    };
    let nothing: Vec<String> = Vec::new();
    assert_eq!(uploads(&hiding).await, (0, nothing.clone()));
    assert_eq!(uploads(&opened).await, (0, nothing));
    assert_eq!(uploads(&shown).await, (1, vec!["Only for those who are here".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_cannot_be_given_or_opened_hold_nobody_up() {
    let server = talk::server(ServerOptions::default(), &["lisbon", "madrid", "porto"]).await;
    let (proxy, theirs) = (Proxy::start(server.port()), Proxy::start(server.port()));
    let dir = tempfile::tempdir().expect("dir");
    let lisbon = talk::Officer::sign_in(&proxy.url(), "lisbon", dir.path()).await;
    let madrid = talk::Officer::sign_in(&theirs.url(), "madrid", dir.path()).await;
    let porto = talk::Officer::sign_in(&server.base_url(), "porto", dir.path()).await;
    let room = NewRoom { name: "Harbour".into(), invite: Vec::new(), kind: RoomKind::Group };
    let room = lisbon.client.create_room(room).await.expect("room");
    lisbon.send(&room, "Before").await;
    // The server takes no files.
    proxy.rule(|asked| match asked.path.contains("/media/v3/upload") {
        true => Turn::json(403, json!({"errcode": "M_FORBIDDEN", "error": "no files"})),
        false => Turn::Pass,
    });
    lisbon.client.invite(&room, &porto.name).await.expect("invited all the same");
    porto.sync().await;
    porto.client.join(&room).await.expect("join");
    porto.sync().await;
    assert!(porto.texts(&room).await.is_empty());
    proxy.pass();
    // What comes is not what was sealed.
    theirs.rule(|asked| match asked.path.contains("/media/download/") {
        true => Turn::Change(Box::new(|mut bytes| {
            bytes[0] ^= 1;
            bytes
        })),
        false => Turn::Pass,
    });
    lisbon.client.invite(&room, &madrid.name).await.expect("invited");
    madrid.sync().await;
    madrid.client.join(&room).await.expect("join");
    madrid.sync().await;
    assert!(theirs.asked("/media/download/").len() == 1 && madrid.texts(&room).await.is_empty());
    madrid.sync().await;
    assert!(theirs.asked("/media/download/").is_empty(), "it is not fetched for ever");
    lisbon.sync().await;
    lisbon.send(&room, "From now on").await;
    madrid.sync().await;
    assert_eq!(madrid.texts(&room).await, ["From now on"]);
}

#[test]
fn killed_while_they_are_given_and_taken() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let url = server.base_url();
    let (lisbon, madrid) = (Officer::sign_in(&url, "lisbon"), Officer::sign_in(&url, "madrid"));
    let room = lisbon.run(&["room", "create", "Harbour"]).one();
    let room = room["room_id"].as_str().expect("room_id").to_owned();
    lisbon.say(&room, "Before");
    let until_whole = |officer: &Officer, args: &[&str]| {
        let mut at = 1;
        loop {
            let ended =
                officer.command(args).env("QROC_DIE_AT_WRITE", at.to_string()).output().expect("qroc");
            if ended.status.signal() != Some(9) {
                eprintln!("{args:?}: killed at each of {} write boundaries", at - 1);
                return ended;
            }
            at += 1;
            assert!(at < 100, "no end");
        }
    };
    until_whole(&lisbon, &["room", "invite", &room, &madrid.user]);
    lisbon.sync();
    until_whole(&madrid, &["sync", "--once", "--for", "60"]);
    until_whole(&madrid, &["room", "join", &room]);
    until_whole(&madrid, &["sync", "--once", "--for", "60"]);
    madrid.sync();
    madrid.timeline(&room);
    assert_eq!(madrid.texts(&room), ["Before"]);
}
