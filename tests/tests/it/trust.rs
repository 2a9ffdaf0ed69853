//! Signs are compared: own devices, other people, programs that are not ours; and what happens when keys change.

use std::time::Duration;

use qroc_core::client::{Client, NewRoom, Verifying};
use qroc_core::crypto::{Reason, Stage};
use qroc_core::store::codes::RoomKind;
use qroc_server::Options as ServerOptions;
use serde_json::json;

use crate::peer::Peer;
use crate::recovery::{Phone, until};
use crate::talk;

const PATIENCE: Duration = Duration::from_secs(90);

async fn asked(client: &Client) -> Verifying {
    let asked = tokio::time::timeout(PATIENCE, client.next_verification()).await.expect("somebody asks");
    asked.expect("a verification").expect("open")
}

/// Follows until the signs are there.
async fn signs(verifying: &Verifying) -> Vec<&'static str> {
    let signs = async {
        loop {
            match verifying.next().await.expect("stage").expect("open") {
                Stage::Compare { emoji, .. } => return emoji.iter().map(|sign| sign.symbol).collect(),
                Stage::Cancelled { by_us, reason } => panic!("cancelled: {by_us} {reason:?}"),
                Stage::Waiting | Stage::Asked | Stage::Starting | Stage::Confirmed | Stage::Done => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, signs).await.expect("signs")
}

async fn end(verifying: &Verifying) -> Stage {
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
async fn meet(asks: &Client, who: &str, answers: &Client) -> (Verifying, Verifying) {
    let ours = asks.verify(who).await.expect("asked");
    let theirs = asked(answers).await;
    assert!(ours.is_ours() && !theirs.is_ours());
    assert_eq!(theirs.next().await.expect("stage"), Some(Stage::Asked));
    theirs.accept().await.expect("accepted");
    let (one, other) = tokio::join!(signs(&ours), signs(&theirs));
    assert_eq!((one.len(), &one), (7, &other));
    (ours, theirs)
}

async fn confirm(ours: &Verifying, theirs: &Verifying) {
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

#[tokio::test(flavor = "multi_thread")]
async fn two_people_verify_each_other_in_their_room_and_without_one() {
    let server = talk::server(ServerOptions::default(), &["lisbon", "madrid", "porto"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let url = server.base_url();
    let lisbon = Phone::sign_in(&url, "lisbon", &dir.path().join("lisbon")).await;
    let madrid = Phone::sign_in(&url, "madrid", &dir.path().join("madrid")).await;
    let porto = Phone::sign_in(&url, "porto", &dir.path().join("porto")).await;
    let direct = NewRoom { name: "Madrid".into(), invite: vec![madrid.user.clone()], kind: RoomKind::Direct };
    let direct = lisbon.client.create_room(direct).await.expect("room");
    until("the invitation", async || !madrid.client.rooms(None, 9).expect("rooms").is_empty()).await;
    madrid.client.join(&direct).await.expect("join");
    until("madrid in the room", async || {
        let members = lisbon.client.members(&direct).await.expect("members");
        members.iter().any(|member| member.user_id == madrid.user && member.membership == "join")
    })
    .await;
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
