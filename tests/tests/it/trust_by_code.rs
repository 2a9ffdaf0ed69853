//! One device shows a code, the other scans it: own devices, other people, codes that are of no use, and giving up.

use qroc_core::client::{Client, Verifying};
use qroc_core::crypto::{Code, Reason, Stage};
use qroc_core::kind::ErrorKind;
use qroc_server::Options as ServerOptions;
use serde_json::Value;

use crate::recovery::{Phone, until};
use crate::talk;
use crate::terminal::{server_with, two_officers};
use crate::trust::{PATIENCE, asked, end, three};

/// Follows until there is a code, or word that the other cannot scan one.
async fn code(verifying: &Verifying) -> Option<Code> {
    let code = async {
        loop {
            match verifying.next().await.expect("stage").expect("open") {
                Stage::Code { shown } => return shown,
                Stage::Waiting | Stage::Asked | Stage::Starting => {}
                other => panic!("{other:?}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, code).await.expect("a code")
}

async fn scanned(verifying: &Verifying) {
    let scanned = async {
        loop {
            match verifying.next().await.expect("stage").expect("open") {
                Stage::Scanned => return,
                Stage::Code { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, scanned).await.expect("scanned");
}

/// One asks, the other takes it up, each has a code to show.
async fn meet(asks: &Client, who: &str, answers: &Client) -> ((Verifying, Code), (Verifying, Code)) {
    let ours = asks.verify(who).await.expect("asked");
    ours.by_code();
    let theirs = asked(answers).await;
    theirs.by_code();
    theirs.accept().await.expect("accepted");
    let (one, other) = tokio::join!(code(&ours), code(&theirs));
    ((ours, one.expect("ours")), (theirs, other.expect("theirs")))
}

async fn done(shows: &Verifying, code: &Code, scans: &Verifying) {
    scans.scan(&code.bytes).await.expect("scanned");
    scanned(shows).await;
    shows.confirm().await.expect("confirmed");
    assert_eq!(tokio::join!(end(shows), end(scans)), (Stage::Done, Stage::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_device_and_a_new_one_scan_each_other() {
    let server = talk::server(ServerOptions::default(), &["lisbon"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let url = server.base_url();
    let phone = Phone::sign_in(&url, "lisbon", &dir.path().join("phone")).await;
    // The new one shows, the old one scans; then the other way round.
    for (name, new_shows) in [("tablet", true), ("desk", false)] {
        let new = Phone::sign_in(&url, "lisbon", &dir.path().join(name)).await;
        assert!(!new.client.status().expect("status").verified);
        let ((ours, our_code), (theirs, their_code)) = meet(&new.client, &new.user, &phone.client).await;
        assert_eq!(our_code.dark.len(), our_code.side * our_code.side);
        assert_ne!(our_code.bytes, their_code.bytes);
        match new_shows {
            true => done(&ours, &our_code, &theirs).await,
            false => done(&theirs, &their_code, &ours).await,
        }
        until("the new one verified", async || new.client.status().expect("status").verified).await;
        until("the secrets", async || new.client.has_secrets().await.expect("secrets")).await;
        until("both know", async || {
            let devices = phone.client.devices().await.expect("devices");
            let id = new.client.status().expect("status").device_id;
            devices.iter().any(|device| device.device_id == id && device.trust == "verified")
        })
        .await;
        new.close().await;
    }
    phone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_scan_each_other_in_their_room_and_without_one() {
    let server = talk::server(ServerOptions::default(), &["lisbon", "madrid", "porto"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let url = server.base_url();
    let ([lisbon, madrid, porto], _) = three(&url, dir.path()).await;
    // In the room of the two, the one who asked shows.
    let ((ours, our_code), (theirs, _)) = meet(&lisbon.client, &madrid.user, &madrid.client).await;
    done(&ours, &our_code, &theirs).await;
    // From device to device, the one who was asked shows.
    let ((ours, _), (theirs, their_code)) = meet(&porto.client, &lisbon.user, &lisbon.client).await;
    done(&theirs, &their_code, &ours).await;
    for (one, other) in [(&lisbon, &madrid), (&madrid, &lisbon), (&porto, &lisbon), (&lisbon, &porto)] {
        until("trust", async || one.client.trust(&other.user).await.expect("trust").trust == "verified")
            .await;
    }
    assert_eq!(porto.client.trust(&madrid.user).await.expect("trust").trust, "unverified");
    for phone in [lisbon, madrid, porto] {
        phone.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_of_no_use_verify_nobody() {
    let server = talk::server(ServerOptions::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let url = server.base_url();
    let lisbon = Phone::sign_in(&url, "lisbon", &dir.path().join("lisbon")).await;
    let madrid = Phone::sign_in(&url, "madrid", &dir.path().join("madrid")).await;
    let cancelled = |by_us, reason| Stage::Cancelled { by_us, reason };

    // Somebody in between shows a code with a key of their own.
    let ((ours, our_code), (theirs, _)) = meet(&lisbon.client, &madrid.user, &madrid.client).await;
    let mut forged = our_code.bytes.clone();
    let keys = forged.len() - 16 - 64;
    forged[keys] ^= 1;
    let wrong = theirs.scan(&forged).await.expect_err("other keys");
    assert!(wrong.kind() == ErrorKind::Forbidden || wrong.kind() == ErrorKind::BadInput, "{wrong}");
    if wrong.kind() == ErrorKind::BadInput {
        // No point of the curve.
        theirs.cancel().await.expect("cancelled");
    }
    assert!(matches!(end(&ours).await, Stage::Cancelled { by_us: false, .. }));

    // The code of another time, then what is none, then the right one, with a secret that is not ours.
    let ((ours, new_code), (theirs, _)) = meet(&lisbon.client, &madrid.user, &madrid.client).await;
    for (bytes, words) in
        [(our_code.bytes.as_slice(), "another verification"), (b"MATRIX".as_slice(), "no code")]
    {
        let wrong = theirs.scan(bytes).await.expect_err("of no use");
        assert_eq!(wrong.kind(), ErrorKind::BadInput, "{wrong}");
        assert!(wrong.to_string().contains(words), "{wrong}");
    }
    let mut guessed = new_code.bytes.clone();
    *guessed.last_mut().expect("secret") ^= 1;
    theirs.scan(&guessed).await.expect("its keys are right");
    for side in [&ours, &theirs] {
        assert!(matches!(end(side).await, Stage::Cancelled { reason: Reason::KeyMismatch, .. }));
    }

    // Scanned by somebody else: the other's screen says nothing of it.
    let ((ours, new_code), (theirs, _)) = meet(&lisbon.client, &madrid.user, &madrid.client).await;
    theirs.scan(&new_code.bytes).await.expect("scanned");
    scanned(&ours).await;
    ours.mismatch().await.expect("told");
    assert_eq!(end(&theirs).await, cancelled(false, Reason::KeyMismatch));
    assert_eq!(end(&ours).await, cancelled(true, Reason::KeyMismatch));

    // Cancelled with a code on the screen, by either.
    let ((ours, _), (theirs, _)) = meet(&madrid.client, &lisbon.user, &lisbon.client).await;
    theirs.cancel().await.expect("cancelled");
    assert_eq!(end(&ours).await, cancelled(false, Reason::Cancelled));
    for (one, other) in [(&lisbon, &madrid), (&madrid, &lisbon)] {
        assert_eq!(one.client.trust(&other.user).await.expect("trust").trust, "unverified");
    }

    // Nothing can be scanned: both compare signs instead.
    let ((ours, _), (theirs, _)) = meet(&madrid.client, &lisbon.user, &lisbon.client).await;
    ours.by_signs();
    let (one, other) = tokio::join!(crate::trust::signs(&ours), crate::trust::signs(&theirs));
    assert_eq!((one.len(), &one), (7, &other));
    crate::trust::confirm(&ours, &theirs).await;
    until("trust", async || lisbon.client.trust(&madrid.user).await.expect("trust").trust == "verified")
        .await;
    lisbon.close().await;
    madrid.close().await;
}

#[test]
fn two_terminals_show_and_scan_a_picture() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, _) = two_officers(&server.base_url());
    // Nobody to ask.
    let (kind, message) = lisbon.run(&["verify", &madrid.user, "--qr"]).error(2);
    assert_eq!(kind, "bad_input");
    assert!(message.contains("--scan") && message.contains("--yes-if-scanned"), "{message}");
    let (_, message) =
        lisbon.run(&["verify", &madrid.user, "--qr", "--yes-if-scanned", "--show-to", "code.gif"]).error(2);
    assert!(message.contains(".png"), "{message}");

    // Nobody is there.
    let (kind, message) = lisbon
        .run(&["verify", &madrid.user, "--qr", "--show-to", "never.png", "--yes-if-scanned", "--for", "3"])
        .error(1);
    assert_eq!(kind, "not_found");
    assert!(message.contains("nobody answered in time") && !lisbon.file("never.png").exists(), "{message}");
    // The request that nobody took up is in nobody's way.
    madrid.sync();

    let shows = |file: &str| {
        let args = ["verify", &madrid.user, "--qr", "--show-to", file, "--yes-if-scanned", "--for", "120"];
        lisbon.command(&args).spawn().expect("verify")
    };
    let scans = |file: &str| {
        madrid
            .command(&["verify", &lisbon.user, "--qr", "--scan", file, "--for", "120"])
            .spawn()
            .expect("verify")
    };
    let (one, other) = (shows("unseen.png"), scans("words"));
    // Neither a picture nor base64. An end that comes before the code is shown may be one of two requests that crossed.
    crate::terminal::until("the code", || lisbon.file("unseen.png").exists());
    std::fs::write(madrid.file("draft"), "Nothing to scan here").expect("draft");
    std::fs::rename(madrid.file("draft"), madrid.file("words")).expect("words");
    let (one, other) = (one.wait_with_output().expect("ends"), other.wait_with_output().expect("ends"));
    assert_eq!(other.status.code(), Some(6), "{}", String::from_utf8_lossy(&other.stderr));
    assert_eq!(one.status.code(), Some(1), "{}", String::from_utf8_lossy(&one.stderr));
    let said = String::from_utf8_lossy(&one.stderr);
    assert!(said.contains("the other side cancelled"), "{said}");

    let (one, other) = (shows("code.png"), scans(&lisbon.path("code.png")));
    let (one, other) = (one.wait_with_output().expect("ends"), other.wait_with_output().expect("ends"));
    for (ended, states) in
        [(&one, ["code", "scanned", "done"].as_slice()), (&other, ["code", "done"].as_slice())]
    {
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        let out = String::from_utf8_lossy(&ended.stdout);
        let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let said: Vec<&str> = lines.iter().filter_map(|line| line["state"].as_str()).collect();
        let said: Vec<&str> = said.into_iter().filter(|state| *state != "waiting").collect();
        assert_eq!(said, states, "{out}");
        assert_eq!(lines.last().expect("line")["trust"], "verified");
    }
    for (officer, other) in [(&lisbon, &madrid), (&madrid, &lisbon)] {
        let devices = officer.run(&["devices", &other.user]).all();
        assert!(devices.iter().all(|device| device["trust"] == "verified"), "{devices:?}");
    }
}
