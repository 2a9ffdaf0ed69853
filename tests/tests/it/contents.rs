//! Files looked at without being saved, and what of them is kept: sealed, bounded, gone when it has to be.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use qroc_core::client::{Action, Client, Managed, NewRoom, Part, TreatAs};
use qroc_core::kind::ErrorKind;
use qroc_core::store::codes::RoomKind;
use qroc_server::Options as ServerOptions;
use serde_json::{Value, json};

use crate::proxy::{Proxy, Turn};
use crate::seed::{Dice, Repeat, seed};
use crate::talk::{Officer, server};

pub async fn obeys(client: &Client, said: Value) {
    let said = said.as_object().expect("object").iter().map(|(key, value)| (key.clone(), value.clone()));
    let managed = Managed { name: "system".to_owned(), said: Some(said.collect()) };
    client.take_managed(&managed).await.expect("policy");
}

pub fn file(room: &str, path: &Path) -> Action {
    Action::SendFile {
        room: room.to_owned(),
        path: path.to_owned(),
        caption: None,
        treat_as: TreatAs::Auto,
        trim: None,
        original: false,
        capture_info: false,
        txn: None,
    }
}

pub async fn two(url: &str, dir: &Path) -> (Officer, Officer, String) {
    let ana = Officer::sign_in(url, "ana", dir).await;
    let rui = Officer::sign_in(url, "rui", dir).await;
    let room = NewRoom { name: "Harbour".into(), invite: vec![rui.name.clone()], kind: RoomKind::Group };
    let room = ana.client.create_room(room).await.expect("room");
    rui.sync().await;
    rui.client.join(&room).await.expect("join");
    ana.sync().await;
    (ana, rui, room)
}

/// Bytes that are like no other file's.
pub fn noise(path: &Path, length: usize, seed: u64) -> Vec<u8> {
    let mut dice = Dice::new(seed);
    let bytes: Vec<u8> =
        std::iter::repeat_with(|| dice.next().to_le_bytes()).flatten().take(length).collect();
    fs::write(path, &bytes).expect("file");
    bytes
}

fn kept(officer: &Officer) -> Vec<PathBuf> {
    let entries = fs::read_dir(officer.profile.join("accounts/1/media")).expect("media");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("entry").path()).collect();
    files.sort();
    files
}

fn has(files: &[PathBuf], needle: &[u8]) -> bool {
    files.iter().any(|path| fs::read(path).expect("file").windows(needle.len()).any(|part| part == needle))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_waits_is_looked_at_before_the_server_has_it() {
    let mut server = server(ServerOptions::default(), &["ana", "rui"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (ana, rui, room) = two(&server.base_url(), dir.path()).await;
    server.stop().expect("stopped");
    let path = dir.path().join("plan.bin");
    let bytes = noise(&path, 300_000, 7);
    let sent = ana.client.perform(file(&room, &path), None).await.expect("queued").sent().clone();
    fs::remove_file(&path).expect("gone");
    let waits = ana.client.contents(&room, &sent.txn_id, Part::File).await.expect("waits");
    assert!(waits.bytes().await.expect("bytes") == bytes);
    server.restart().expect("restarted");
    ana.sync().await;
    // The open one goes on, and so does the name.
    assert!(waits.bytes().await.expect("bytes") == bytes);
    let sent = ana.client.contents(&room, &sent.txn_id, Part::File).await.expect("sent");
    assert!(sent.bytes().await.expect("bytes") == bytes);
    assert_eq!(kept(&ana).len(), 1);
    drop(rui);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_place_of_a_clip_is_read_without_anything_plain_on_the_disk() {
    let server = server(ServerOptions::default(), &["ana", "rui"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (ana, rui, room) = two(&server.base_url(), dir.path()).await;
    let clip = qroc_fixtures::path("bikes.mp4");
    let outcome = ana.client.perform(file(&room, &clip), Some(Duration::from_secs(60))).await.expect("sent");
    let event = outcome.sent().event_id.clone().expect("sent");
    rui.sync().await;
    let contents = rui.client.contents(&room, &event, Part::File).await.expect("clip");
    let whole = contents.bytes().await.expect("bytes");
    let saved = contents.save(&dir.path().join("saved.mp4"), false).await.expect("saved");
    let source = fs::read(&saved.path).expect("saved");
    assert!(whole == source && contents.mime() == "video/mp4");
    let mut dice = Dice::new(seed());
    let _repeat = Repeat(format!("QROC_SEED={}", seed()));
    for _ in 0..300 {
        let offset = dice.below(contents.length() + 1000);
        let count = dice.below(100_000);
        let read = contents.read_at(offset, count).await.expect("read");
        let from = usize::try_from(offset).expect("offset").min(source.len());
        let until = (from + usize::try_from(count).expect("count")).min(source.len());
        assert!(read == source[from..until], "{count} bytes at {offset}");
    }
    let sealed = kept(&rui);
    assert_eq!(sealed.len(), 1);
    for part in [&b"ftyp"[..], b"moov", b"mdat"] {
        assert!(has(&[PathBuf::from(&saved.path)], part) && !has(&sealed, part));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_obeys_policy() {
    const EACH: usize = 5 << 20;
    let server = server(ServerOptions::default(), &["ana", "rui"]).await;
    let proxy = Proxy::start(server.port());
    let dir = tempfile::tempdir().expect("dir");
    let (ana, rui, room) = two(&proxy.url(), dir.path()).await;
    obeys(&rui.client, json!({ "data.cache_mb": 16, "share.save_to_device": true })).await;
    let mut sent = Vec::new();
    for turn in 0..4 {
        let path = dir.path().join(format!("{turn}.bin"));
        let bytes = noise(&path, EACH, turn);
        sent.push((ana.perform(file(&room, &path)).await, bytes));
    }
    rui.sync().await;
    let look = async |turn: usize| {
        let (event, bytes): &(String, Vec<u8>) = &sent[turn];
        let contents = rui.client.contents(&room, event, Part::File).await.expect("contents");
        assert!(contents.bytes().await.expect("bytes") == *bytes);
        contents
    };
    let here = |turn: usize| rui.client.has_contents(&room, &sent[turn].0, Part::File).expect("known");
    let shown = look(0).await;
    for turn in 1..4 {
        drop(look(turn).await);
    }
    let status = rui.client.status().expect("status");
    assert_eq!((status.cache_files, status.cache_bytes), (3, 3 * EACH as u64), "no more than 16 MB");
    assert_eq!(
        [here(0), here(1), here(2), here(3)],
        [true, false, true, true],
        "0 is shown, 1 is the oldest"
    );
    assert_eq!(kept(&rui).len(), 3);
    drop(shown);

    // Kept nowhere but in memory, what is on the disk goes at once, and comes back by itself.
    obeys(&rui.client, json!({ "data.local_media": "stream", "share.save_to_device": true })).await;
    assert_eq!(kept(&rui), Vec::<PathBuf>::new());
    proxy.asked("");
    let streamed = look(2).await;
    drop(look(2).await);
    assert_eq!(kept(&rui), Vec::<PathBuf>::new(), "nothing on the disk");
    assert_eq!(proxy.asked("/media/download/").len(), 1, "in memory the second time");
    ana.perform(Action::Redact { room: room.clone(), event: sent[2].0.clone(), txn: None }).await;
    rui.sync().await;
    assert_eq!(streamed.bytes().await.expect_err("gone").kind(), ErrorKind::NotFound);
    let got = dir.path().join("got.bin");
    let which = qroc_core::client::Which::Best;
    rui.client.download(&room, &sent[3].0, &got, false, which).await.expect("saved");
    assert!(fs::read(&got).expect("got") == sent[3].1);
    // What is sent leaves no copy either.
    let path = dir.path().join("answer.bin");
    noise(&path, 1000, 99);
    rui.perform(file(&room, &path)).await;
    assert_eq!(kept(&rui), Vec::<PathBuf>::new());
    // A wipe leaves nothing, whatever was kept.
    obeys(&rui.client, json!({})).await;
    drop(look(3).await);
    assert_eq!(kept(&rui).len(), 1);
    let profile = rui.profile.clone();
    qroc_core::client::wipe(&profile).await.expect("wiped");
    assert!(!profile.join("accounts/1/media").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_on_its_way_or_on_the_disk_is_never_shown() {
    let server = server(ServerOptions::default(), &["ana", "rui"]).await;
    let proxy = Proxy::start(server.port());
    let dir = tempfile::tempdir().expect("dir");
    let (ana, rui, room) = two(&proxy.url(), dir.path()).await;
    let path = dir.path().join("plan.bin");
    let bytes = noise(&path, 200_000, 3);
    let event = ana.perform(file(&room, &path)).await;
    rui.sync().await;
    proxy.rule(|asked| {
        if !asked.path.contains("/media/download/") {
            return Turn::Pass;
        }
        Turn::Change(Box::new(|mut body| {
            body[100_000] ^= 1;
            body
        }))
    });
    let changed = rui.client.contents(&room, &event, Part::File).await.expect_err("changed");
    assert_eq!(changed.kind(), ErrorKind::BadFile);
    proxy.rule(|asked| if asked.path.contains("/media/download/") { Turn::Cut(128) } else { Turn::Pass });
    let cut = rui.client.contents(&room, &event, Part::File).await.expect_err("cut");
    assert_eq!(cut.kind(), ErrorKind::Network);
    assert_eq!(kept(&rui), Vec::<PathBuf>::new(), "nothing half is left");
    // Given up in the middle.
    let slow = Duration::from_millis(20);
    proxy.rule(
        move |asked| {
            if asked.path.contains("/media/download/") { Turn::Slow(100, slow) } else { Turn::Pass }
        },
    );
    let look = rui.client.contents(&room, &event, Part::File);
    assert!(tokio::time::timeout(Duration::from_millis(600), look).await.is_err());
    assert_eq!(kept(&rui), Vec::<PathBuf>::new(), "nothing half is left");
    proxy.pass();
    drop(rui.client.contents(&room, &event, Part::File).await.expect("whole"));

    // Whoever bends a bit of what is kept while the program does not run gains nothing.
    let rui = rui.again().await;
    let file = kept(&rui).remove(0);
    let mut sealed = fs::read(&file).expect("sealed");
    sealed[7] ^= 1;
    fs::write(&file, &sealed).expect("bent");
    proxy.asked("");
    let contents = rui.client.contents(&room, &event, Part::File).await.expect("fetched again");
    assert!(contents.bytes().await.expect("bytes") == bytes);
    assert_eq!(proxy.asked("/media/download/").len(), 1);
    assert_eq!(kept(&rui).len(), 1);
    // One that is shorter, or gone, is fetched again as well.
    for turn in 0..2 {
        let file = kept(&rui).remove(0);
        if turn == 0 {
            fs::write(&file, b"short").expect("short")
        } else {
            fs::remove_file(&file).expect("gone")
        }
        let again = rui.client.contents(&room, &event, Part::File).await.expect("fetched again");
        assert!(again.bytes().await.expect("bytes") == bytes, "{turn}");
        assert_eq!((proxy.asked("/media/download/").len(), kept(&rui).len()), (1, 1), "{turn}");
    }
}

#[test]
fn killed_while_a_file_comes_nothing_of_it_stays() {
    let server = crate::terminal::server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let proxy = Proxy::start(server.port());
    let (lisbon, madrid, room) = crate::terminal::two_officers(&proxy.url());
    let bytes = noise(&lisbon.file("plan.bin"), 400_000, 5);
    let event = lisbon.sent(&["send-file", &room, "plan.bin"]);
    madrid.sync();
    let pause = Duration::from_millis(30);
    proxy.rule(
        move |asked| {
            if asked.path.contains("/media/download/") { Turn::Slow(100, pause) } else { Turn::Pass }
        },
    );
    let files = || fs::read_dir(madrid.profile().join("accounts/1/media")).expect("media").count();
    let mut child = madrid.command(&["download", &room, &event, "--to", "got.bin"]).spawn().expect("qroc");
    crate::terminal::until("the first bytes", || files() > 0);
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert_eq!((files(), madrid.file("got.bin").exists()), (1, false), "killed in the middle");
    proxy.pass();
    madrid.sync();
    assert_eq!((files(), madrid.strays()), (0, 0), "the next start takes it away");
    madrid.run(&["download", &room, &event, "--to", "got.bin"]).one();
    assert!(fs::read(madrid.file("got.bin")).expect("got") == bytes);
    assert_eq!((files(), madrid.strays()), (1, 0), "and keeps what is whole");
}
