//! Signs are compared: own devices, other people, programs that are not ours; and what happens when keys change.

use std::path::Path;
use std::time::Duration;

use qroc_core::client::{Action, Client, Managed, NewRoom, Verifying};
use qroc_core::crypto::{Reason, Stage};
use qroc_core::store::codes::RoomKind;
use qroc_server::Options as ServerOptions;
use serde_json::{Value, json};

use crate::peer::Peer;
use crate::recovery::{Phone, until};
use crate::talk::{self, PASSWORD};
use crate::terminal::{Officer, server_with, two_officers};

pub const PATIENCE: Duration = Duration::from_secs(90);

pub async fn asked(client: &Client) -> Verifying {
    let asked = tokio::time::timeout(PATIENCE, client.next_verification()).await.expect("somebody asks");
    asked.expect("a verification").expect("open")
}

/// Follows until the signs are there.
pub async fn signs(verifying: &Verifying) -> Vec<&'static str> {
    let signs = async {
        loop {
            match verifying.next().await.expect("stage").expect("open") {
                Stage::Compare { emoji, .. } => return emoji.iter().map(|sign| sign.symbol).collect(),
                Stage::Cancelled { by_us, reason } => panic!("cancelled: {by_us} {reason:?}"),
                Stage::Waiting
                | Stage::Asked
                | Stage::Starting
                | Stage::Code { .. }
                | Stage::Scanned
                | Stage::Confirmed
                | Stage::Done => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, signs).await.expect("signs")
}

pub async fn end(verifying: &Verifying) -> Stage {
    let end = async {
        loop {
            let stage = verifying.next().await.expect("stage").expect("open");
            if matches!(stage, Stage::Done | Stage::Cancelled { .. }) {
                return stage;
            }
        }
    };
    tokio::time::timeout(PATIENCE, end).await.expect("end")
}

/// One asks, the other takes it up, both see the same signs.
pub async fn meet(asks: &Client, who: &str, answers: &Client) -> (Verifying, Verifying) {
    let ours = asks.verify(who).await.expect("asked");
    let theirs = asked(answers).await;
    assert!(ours.is_ours() && !theirs.is_ours());
    assert_eq!(theirs.next().await.expect("stage"), Some(Stage::Asked));
    theirs.accept().await.expect("accepted");
    let (one, other) = tokio::join!(signs(&ours), signs(&theirs));
    assert_eq!((one.len(), &one), (7, &other));
    (ours, theirs)
}

pub async fn confirm(ours: &Verifying, theirs: &Verifying) {
    ours.confirm().await.expect("confirmed");
    theirs.confirm().await.expect("confirmed");
    assert_eq!(tokio::join!(end(ours), end(theirs)), (Stage::Done, Stage::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_device_is_verified_by_an_old_one_and_reads_the_history() {
    let server = talk::server(ServerOptions::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let url = server.base_url();
    let phone = Phone::sign_in(&url, "lisbon", &dir.path().join("phone")).await;
    let madrid = talk::Officer::sign_in(&url, "madrid", dir.path()).await;
    let room = NewRoom { name: "Harbour".into(), invite: vec![madrid.name.clone()], kind: RoomKind::Group };
    let room = phone.client.create_room(room).await.expect("room");
    madrid.sync().await;
    madrid.client.join(&room).await.expect("join");
    madrid.send(&room, "Before the tablet").await;
    phone.client.create_recovery_key(None, false).await.expect("key");
    until("the backup", async || phone.client.recovery().expect("recovery").backup == "on").await;
    until("the message", async || {
        let items = phone.client.timeline(&room, None, 100, true).await.expect("timeline");
        items.iter().any(|item| item.body.as_deref() == Some("Before the tablet"))
    })
    .await;
    until("its key in the backup", async || phone.client.recovery().expect("recovery").waiting == 0).await;

    let tablet = Phone::sign_in(&url, "lisbon", &dir.path().join("tablet")).await;
    assert!(!tablet.client.status().expect("status").verified);
    // At once: the phone has not heard of the tablet yet. The new one asks all others.
    let (ours, theirs) = meet(&tablet.client, &tablet.user, &phone.client).await;
    let begun = std::time::Instant::now();
    confirm(&ours, &theirs).await;
    until("the tablet verified", async || tablet.client.status().expect("status").verified).await;
    until("the secrets", async || tablet.client.has_secrets().await.expect("secrets")).await;
    eprintln!("the secrets took {:?} after the verification", begun.elapsed());
    until("the history", async || {
        let items = tablet.client.timeline(&room, None, 100, false).await.expect("timeline");
        items.iter().any(|item| item.body.as_deref() == Some("Before the tablet"))
    })
    .await;
    let status = tablet.client.status().expect("status");
    assert_eq!((status.backup, status.recovery), ("on", "on"));
    for device in [&phone, &tablet] {
        let devices = device.client.devices().await.expect("devices");
        let mut trust: Vec<&str> = devices.iter().map(|device| device.trust).collect();
        trust.sort_unstable();
        assert_eq!(trust, ["this", "verified"]);
    }
    // With the account's keys it can verify the next one.
    let third = Phone::sign_in(&url, "lisbon", &dir.path().join("third")).await;
    let id = third.client.status().expect("status").device_id;
    let (ours, theirs) = meet(&tablet.client, &id, &third.client).await;
    confirm(&ours, &theirs).await;
    until("the third's secrets", async || third.client.has_secrets().await.expect("secrets")).await;
    for device in [phone, tablet, third] {
        device.close().await;
    }
}

/// Lisbon and madrid, who have a room of the two, and porto, who is in no room.
pub async fn three(url: &str, dir: &Path) -> ([Phone; 3], String) {
    let lisbon = Phone::sign_in(url, "lisbon", &dir.join("lisbon")).await;
    let madrid = Phone::sign_in(url, "madrid", &dir.join("madrid")).await;
    let porto = Phone::sign_in(url, "porto", &dir.join("porto")).await;
    let direct = NewRoom { name: "Madrid".into(), invite: vec![madrid.user.clone()], kind: RoomKind::Direct };
    let direct = lisbon.client.create_room(direct).await.expect("room");
    until("the invitation", async || !madrid.client.rooms(None, 9).expect("rooms").is_empty()).await;
    madrid.client.join(&direct).await.expect("join");
    until("madrid in the room", async || {
        let members = lisbon.client.members(&direct).await.expect("members");
        members.iter().any(|member| member.user_id == madrid.user && member.membership == "join")
    })
    .await;
    ([lisbon, madrid, porto], direct)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_verify_each_other_in_their_room_and_without_one() {
    let server = talk::server(ServerOptions::default(), &["lisbon", "madrid", "porto"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let url = server.base_url();
    let ([lisbon, madrid, porto], direct) = three(&url, dir.path()).await;
    // In the room of the two.
    let (ours, theirs) = meet(&lisbon.client, &madrid.user, &madrid.client).await;
    confirm(&ours, &theirs).await;
    // From device to device: they are in no room together.
    let (ours, theirs) = meet(&porto.client, &lisbon.user, &lisbon.client).await;
    confirm(&ours, &theirs).await;
    for (one, other) in [(&lisbon, &madrid), (&madrid, &lisbon), (&porto, &lisbon), (&lisbon, &porto)] {
        until("trust", async || one.client.trust(&other.user).await.expect("trust").trust == "verified")
            .await;
        let devices = one.client.devices_of(&other.user).await.expect("devices");
        assert!(devices.iter().all(|device| device.trust == "verified"), "{devices:?}");
    }
    assert_eq!(porto.client.trust(&madrid.user).await.expect("trust").trust, "unverified");
    let members = lisbon.client.members(&direct).await.expect("members");
    let trust = |user: &str| members.iter().find(|member| member.user_id == user).expect("member").trust;
    assert_eq!((trust(&lisbon.user), trust(&madrid.user)), ("this", "verified"));
    // What the programs said to each other is no message.
    let items = madrid.client.timeline(&direct, None, 100, true).await.expect("timeline");
    assert!(items.iter().all(|item| item.kind.starts_with("m.room.")), "{items:#?}");
    assert!(items.iter().all(|item| item.kind != "m.room.message"), "{items:#?}");
    for phone in [lisbon, madrid, porto] {
        phone.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_or_differs_verifies_nobody() {
    let server = talk::server(ServerOptions::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let url = server.base_url();
    let lisbon = Phone::sign_in(&url, "lisbon", &dir.path().join("lisbon")).await;
    let madrid = Phone::sign_in(&url, "madrid", &dir.path().join("madrid")).await;
    let cancelled = |by_us, reason| Stage::Cancelled { by_us, reason };

    // Not taken up.
    let ours = lisbon.client.verify(&madrid.user).await.expect("asked");
    let theirs = asked(&madrid.client).await;
    theirs.cancel().await.expect("cancelled");
    assert_eq!(end(&ours).await, cancelled(false, Reason::Cancelled));
    assert_eq!(end(&theirs).await, cancelled(true, Reason::Cancelled));
    // Taken back.
    let ours = madrid.client.verify(&lisbon.user).await.expect("asked");
    let theirs = asked(&lisbon.client).await;
    ours.cancel().await.expect("cancelled");
    assert_eq!(end(&theirs).await, cancelled(false, Reason::Cancelled));
    // The signs differ.
    let (ours, theirs) = meet(&lisbon.client, &madrid.user, &madrid.client).await;
    theirs.mismatch().await.expect("told");
    assert_eq!(end(&ours).await, cancelled(false, Reason::Mismatch));
    assert_eq!(end(&theirs).await, cancelled(true, Reason::Mismatch));
    // One confirmed, the other did not.
    let (ours, theirs) = meet(&lisbon.client, &madrid.user, &madrid.client).await;
    ours.confirm().await.expect("confirmed");
    theirs.cancel().await.expect("cancelled");
    assert!(matches!(end(&ours).await, Stage::Cancelled { by_us: false, .. }));
    for (one, other) in [(&lisbon, &madrid), (&madrid, &lisbon)] {
        assert_eq!(one.client.trust(&other.user).await.expect("trust").trust, "unverified");
    }
    // After all that it still works.
    let (ours, theirs) = meet(&madrid.client, &lisbon.user, &lisbon.client).await;
    confirm(&ours, &theirs).await;
    lisbon.close().await;
    madrid.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_ask_at_the_same_moment_come_together() {
    let server = talk::server(ServerOptions::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let url = server.base_url();
    let lisbon = Phone::sign_in(&url, "lisbon", &dir.path().join("lisbon")).await;
    let madrid = Phone::sign_in(&url, "madrid", &dir.path().join("madrid")).await;
    // From device to device, then in a room, then two devices of one account.
    let come_together = async |one: &Phone, other: &Phone, whom: [&str; 2]| {
        // Neither hears of the other before both have asked.
        for phone in [one, other] {
            phone.life.background(Duration::ZERO).await.expect("quiet");
        }
        let ours = one.client.verify(whom[0]).await.expect("asked");
        let theirs = other.client.verify(whom[1]).await.expect("asked");
        assert!(ours.is_ours() && theirs.is_ours(), "both asked");
        for phone in [one, other] {
            phone.life.foreground().expect("foreground");
        }
        // Whoever looks for requests is not handed the one that the other waits for.
        let (same, others) = tokio::join!(async { tokio::join!(signs(&ours), signs(&theirs)) }, async {
            tokio::time::timeout(Duration::from_secs(2), one.client.next_verification()).await
        });
        assert_eq!((same.0.len(), &same.0), (7, &same.1));
        assert!(others.is_err(), "{others:?}");
        assert_ne!(ours.is_ours(), theirs.is_ours(), "one gave way");
        confirm(&ours, &theirs).await;
    };
    come_together(&lisbon, &madrid, [&madrid.user, &lisbon.user]).await;
    let direct = NewRoom { name: "Madrid".into(), invite: vec![madrid.user.clone()], kind: RoomKind::Direct };
    let direct = lisbon.client.create_room(direct).await.expect("room");
    until("the invitation", async || !madrid.client.rooms(None, 9).expect("rooms").is_empty()).await;
    madrid.client.join(&direct).await.expect("join");
    until("madrid in the room", async || {
        let members = lisbon.client.members(&direct).await.expect("members");
        members.iter().any(|member| member.user_id == madrid.user && member.membership == "join")
    })
    .await;
    come_together(&madrid, &lisbon, [&lisbon.user, &madrid.user]).await;
    let tablet = Phone::sign_in(&url, "lisbon", &dir.path().join("tablet")).await;
    let id = tablet.client.status().expect("status").device_id;
    come_together(&lisbon, &tablet, [&id, &lisbon.user]).await;
    for phone in [lisbon, madrid, tablet] {
        phone.close().await;
    }
}

fn read_signs(output: &std::process::Output) -> Vec<Value> {
    let out = String::from_utf8_lossy(&output.stdout);
    out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Both ask at the same time.
fn together(
    (lisbon, lisbon_file): (&Officer, &str),
    (madrid, madrid_file): (&Officer, &str),
) -> (std::process::Child, std::process::Child) {
    let start = |officer: &Officer, other: &str, file: &str| {
        officer.command(&["verify", other, "--yes-if-emoji", file, "--for", "120"]).spawn().expect("verify")
    };
    (start(lisbon, &madrid.user, lisbon_file), start(madrid, &lisbon.user, madrid_file))
}

#[test]
fn two_officers_verify_each_other_at_their_terminals() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    // What one shows is what the other has to see: the file is written when the signs are there.
    let (mut one, other) = together((&lisbon, "signs"), (&madrid, "signs"));
    let shown = {
        use std::io::BufRead as _;
        let lines = std::io::BufReader::new(one.stdout.take().expect("stdout")).lines();
        let mut shown = String::new();
        for line in lines {
            let line = line.expect("line");
            if line.contains("\"compare\"") {
                std::fs::write(lisbon.file("signs"), &line).expect("signs");
                std::fs::write(madrid.file("signs"), &line).expect("signs");
            }
            shown = line;
        }
        shown
    };
    assert!(one.wait().expect("ends").success(), "{shown}");
    let theirs = other.wait_with_output().expect("ends");
    assert!(theirs.status.success(), "{}", String::from_utf8_lossy(&theirs.stderr));
    assert_eq!(serde_json::from_str::<Value>(&shown).expect("JSON")["state"], "done");
    assert_eq!(read_signs(&theirs).last().expect("line")["trust"], "verified");
    for (officer, other) in [(&lisbon, &madrid), (&madrid, &lisbon)] {
        let devices = officer.run(&["devices", &other.user]).all();
        assert!(devices.iter().all(|device| device["trust"] == "verified"), "{devices:?}");
    }
    let members = lisbon.run(&["room", "members", &room]).all();
    assert!(
        members
            .iter()
            .any(|member| member["user_id"] == madrid.user.as_str() && member["trust"] == "verified")
    );

    let (kind, _) = lisbon.run(&["verify", "NOSUCHDEVICE", "--yes-if-emoji", "signs"]).error(1);
    assert_eq!(kind, "not_found");
}

#[test]
fn signs_that_differ_verify_nobody_and_both_terminals_say_why() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, _) = two_officers(&server.base_url());
    std::fs::write(madrid.file("wrong"), "🐶 🐶 🐶 🐶 🐶 🐶 🐶").expect("wrong");
    let (one, other) = together((&lisbon, "never"), (&madrid, "wrong"));
    let (one, other) = (one.wait_with_output().expect("ends"), other.wait_with_output().expect("ends"));
    for ended in [one, other] {
        assert_eq!(ended.status.code(), Some(1), "{}", String::from_utf8_lossy(&ended.stderr));
        assert!(String::from_utf8_lossy(&ended.stderr).contains("somebody may be in between"));
    }
}

#[test]
fn unverified_devices_get_no_key_where_policy_says_so() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let apply = |policy: Value| {
        std::fs::write(lisbon.file("policy.json"), policy.to_string()).expect("policy");
        lisbon.run(&["policy", "apply", "policy.json", "--as-mdm"]).all();
    };
    lisbon.say(&room, "For all devices");
    madrid.sync();
    assert_eq!(madrid.texts(&room), ["For all devices"]);
    apply(json!({"e2ee.exclude_unverified": true, "lock.required": false}));
    lisbon.say(&room, "For verified ones");
    madrid.sync();
    assert_eq!(madrid.texts(&room), ["For all devices"], "not verified, not given the key");

    // The identity changes while it is not verified: shown, and nothing is held up.
    let mut nio = Peer::sign_in(&server.base_url(), "madrid");
    let change = |nio: &mut Peer| {
        nio.ask(json!({"do": "reset_identity", "password": PASSWORD}));
    };
    change(&mut nio);
    lisbon.sync();
    let trust = |who: &Officer| {
        let members = who.run(&["room", "members", &room]).all();
        let member =
            members.iter().find(|member| member["user_id"] == madrid.user.as_str()).expect("member").clone();
        member["trust"].as_str().expect("trust").to_owned()
    };
    assert_eq!(trust(&lisbon), "changed");
    lisbon.say(&room, "Not held up");
    let taken = lisbon.run(&["verify", &madrid.user, "--accept-change"]).one();
    assert_eq!(taken["trust"], "unverified");
    assert_eq!(trust(&lisbon), "unverified");
    apply(json!({"e2ee.exclude_unverified": false, "lock.required": false}));
    lisbon.say(&room, "For all again");
    madrid.sync();
    assert_eq!(madrid.texts(&room).last().map(String::as_str), Some("For all again"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verified_identity_that_changed_is_shown_and_holds_up_what_is_sent() {
    let server = talk::server(ServerOptions::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let url = server.base_url();
    let lisbon = Phone::sign_in(&url, "lisbon", &dir.path().join("lisbon")).await;
    let madrid = Phone::sign_in(&url, "madrid", &dir.path().join("madrid")).await;
    let room = NewRoom { name: "Harbour".into(), invite: vec![madrid.user.clone()], kind: RoomKind::Group };
    let room = lisbon.client.create_room(room).await.expect("room");
    until("the invitation", async || !madrid.client.rooms(None, 9).expect("rooms").is_empty()).await;
    madrid.client.join(&room).await.expect("join");
    let (ours, theirs) = meet(&lisbon.client, &madrid.user, &madrid.client).await;
    confirm(&ours, &theirs).await;
    let said =
        vec![("e2ee.exclude_unverified".to_owned(), json!(true)), ("lock.required".to_owned(), json!(false))];
    let managed = Managed { name: String::new(), said: Some(said) };
    lisbon.client.take_managed(&managed).await.expect("policy");
    let send = async |text: &str| {
        let action =
            Action::Send { room: room.clone(), body: text.into(), reply: None, thread: None, txn: None };
        lisbon.client.perform(action, Some(Duration::from_secs(30))).await
    };
    assert_eq!(send("For verified ones").await.expect("sent").sent().state, "sent");
    until("the message", async || {
        let items = madrid.client.timeline(&room, None, 100, true).await.expect("timeline");
        items.iter().any(|item| item.body.as_deref() == Some("For verified ones"))
    })
    .await;

    let user = madrid.user.clone();
    let reset = url.clone();
    tokio::task::spawn_blocking(move || {
        let mut nio = Peer::sign_in(&reset, "madrid");
        nio.ask(json!({"do": "reset_identity", "password": PASSWORD}));
    })
    .await
    .expect("reset");
    until("the change", async || lisbon.client.trust(&user).await.expect("trust").trust == "changed").await;
    let held = send("Held up").await.expect("queued").sent().clone();
    assert_ne!(held.state, "sent");
    let why = held.error.expect("why");
    assert!(why.starts_with("identity_changed") && why.contains(&user), "{why}");
    let waiting = lisbon.client.queue().expect("queue");
    assert_eq!((waiting.len(), waiting[0].reason), (1, Some("identity_changed")), "{waiting:?}");
    lisbon.client.accept_change(&user).await.expect("accepted");
    lisbon.client.retry(waiting[0].id).await.expect("retried");
    until("the queue", async || lisbon.client.queue().expect("queue").is_empty()).await;
    assert_eq!(lisbon.client.trust(&user).await.expect("trust").trust, "unverified");
    // The phone was compared under the identity that is no more: it counts as little as any other device now.
    let devices = lisbon.client.devices_of(&user).await.expect("devices");
    assert!(devices.iter().all(|device| device.trust == "unverified"), "{devices:?}");
    until("what is not for it", async || {
        let items = madrid.client.timeline(&room, None, 100, true).await.expect("timeline");
        items.iter().any(|item| item.undecryptable.is_some())
    })
    .await;
    let items = madrid.client.timeline(&room, None, 100, true).await.expect("timeline");
    assert!(items.iter().all(|item| item.body.as_deref() != Some("Held up")), "{items:#?}");
    // And the other's own phone says that its account has another identity now.
    until("the phone's standing", async || !madrid.client.status().expect("status").verified).await;
    lisbon.close().await;
    madrid.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signs_are_compared_with_a_client_that_is_not_ours() {
    let server = talk::server(ServerOptions::default(), &["lisbon", "porto"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let url = server.base_url();
    let lisbon = Phone::sign_in(&url, "lisbon", &dir.path().join("lisbon")).await;
    let sign_in = url.clone();
    let mut peer = tokio::task::spawn_blocking(move || Peer::sign_in(&sign_in, "porto")).await.expect("peer");
    let (user, device) = (peer.user.clone(), peer.device.clone());
    // nio shows its signs and confirms what it sees; the test compares.
    for nio_begins in [true, false] {
        let own = lisbon.user.clone();
        let theirs = tokio::task::spawn_blocking(move || {
            let shown = peer.ask(json!({"do": "verify", "user": own, "begin": nio_begins}));
            (shown, peer)
        });
        let ours = if nio_begins {
            let ours = asked(&lisbon.client).await;
            assert_eq!(ours.next().await.expect("stage"), Some(Stage::Asked));
            ours.accept().await.expect("accepted");
            ours
        } else {
            lisbon.client.verify(&format!("{user}/{device}")).await.expect("asked")
        };
        let shown = signs(&ours).await;
        ours.confirm().await.expect("confirmed");
        let (theirs, back) = theirs.await.expect("peer");
        peer = back;
        assert_eq!(json!(shown), theirs["emoji"], "nio begins: {nio_begins}");
        assert_eq!(theirs["verified"], true);
        let devices = lisbon.client.devices_of(&user).await.expect("devices");
        let trust = devices.iter().find(|it| it.device_id == device).expect("device").trust;
        assert_eq!(trust, "verified", "nio begins: {nio_begins}");
    }
    lisbon.close().await;
}
