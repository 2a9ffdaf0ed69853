//! Officers on the move, on a real homeserver: how fast, how exact, how many bytes, and nothing lost on the way.

use std::sync::Arc;
use std::time::Instant;

use qroc_core::client::{Client, NewRoom, ShareRequest};
use qroc_core::clock::SystemClock;
use qroc_core::geo::exchange::gpx;
use qroc_core::geo::pace::Wanted;
use qroc_core::geo::replay::{Step, steps};
use qroc_core::geo::thin::errors_m;
use qroc_core::geo::{Fix, Place};
use qroc_core::location::Replay;
use qroc_core::model::{Position, Shared};
use qroc_core::store::codes::RoomKind;
use qroc_server::{Embedded, Options};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::peer::Peer;
use crate::talk::{Officer, server};
use crate::terminal;

/// A real track as a receiver gives it: a fix a second.
pub fn drive(name: &str, seconds: usize) -> Vec<Step> {
    let file = std::fs::read_to_string(qroc_fixtures::path(name)).expect("fixture");
    let recorded = steps(&gpx::read(&file).expect("gpx").longest().points);
    let mut way = Vec::new();
    for pair in recorded.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let mut at = (from.offset_ms + 999) / 1000 * 1000;
        while at < to.offset_ms && way.len() < seconds {
            let part = (at - from.offset_ms) as f64 / (to.offset_ms - from.offset_ms) as f64;
            let mix = |from: f64, to: f64| from + part * (to - from);
            let place = Place::new(
                mix(from.place.lat, to.place.lat),
                mix(from.place.lon, to.place.lon),
                Some(4.0 + part),
            );
            let offset_ms = i64::try_from(way.len()).expect("short") * 1000;
            way.push(Step { offset_ms, place: place.expect("on earth"), ..to });
            at += 1000;
        }
    }
    way
}

pub async fn share(client: &Client, room: &str, wanted: Wanted, way: Vec<Step>, speed: f64) -> Shared {
    let source = Box::new(Replay::new(way, speed, Arc::new(SystemClock)));
    let request = ShareRequest { room: room.to_owned(), wanted, lasting: None };
    client.share_location(request, source, std::future::pending()).await.expect("shared")
}

/// Everything that a watcher sees, each with the time at which it came.
pub async fn watch(client: &Client, room: &str, stop: oneshot::Receiver<()>) -> Vec<(i64, Position)> {
    let (out, mut came) = mpsc::channel(64);
    let seen = async {
        let mut seen = Vec::new();
        while let Some(position) = came.recv().await {
            seen.push((now_ms(), position));
        }
        seen
    };
    let stop = async {
        let _ = stop.await;
    };
    let (watched, seen) = tokio::join!(client.watch_positions(room, out, stop), seen);
    watched.expect("watched");
    seen
}

pub fn now_ms() -> i64 {
    i64::try_from(
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("clock").as_millis(),
    )
    .expect("ms")
}

pub fn percentile(list: &mut [i64], percent: usize) -> i64 {
    list.sort_unstable();
    list[(list.len() - 1) * percent / 100]
}

pub async fn two(url: &str, dir: &std::path::Path) -> (Officer, Officer, String) {
    let lisbon = Officer::sign_in(url, "lisbon", dir).await;
    let madrid = Officer::sign_in(url, "madrid", dir).await;
    let room = NewRoom { name: "Harbour".into(), invite: vec![madrid.name.clone()], kind: RoomKind::Group };
    let room = lisbon.client.create_room(room).await.expect("room");
    madrid.sync().await;
    madrid.client.join(&room).await.expect("join");
    lisbon.sync().await;
    (lisbon, madrid, room)
}

/// An encrypted event that the server holds.
#[derive(Clone, Debug)]
pub struct Stored {
    pub room: String,
    /// When it came, in milliseconds since 1970.
    pub ts: i64,
    /// Bytes, as clients get it.
    pub client: usize,
    /// Bytes, as the server's database holds it.
    pub database: usize,
}

/// The encrypted events of all rooms.
pub fn stored(server: &Embedded) -> Vec<Stored> {
    let script = "import json, sqlite3, sys\n\
        db = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True)\n\
        for room, text in db.execute(\"select room_id, json from event_json\"):\n\
        \x20event = json.loads(text)\n\
        \x20if event['type'] != 'm.room.encrypted': continue\n\
        \x20told = {k: event[k] for k in ('type', 'sender', 'content', 'origin_server_ts') if k in event}\n\
        \x20told['event_id'] = '$' + 'x' * 43\n\
        \x20client = len(json.dumps(told, separators=(',', ':')))\n\
        \x20print(json.dumps(dict(room=room, ts=event['origin_server_ts'],\n\
        \x20\x20client=client, database=len(text))))\n";
    let python = qroc_fixtures::cache::dir().join("python/server/bin/python");
    let ended = std::process::Command::new(python)
        .args(["-I", "-c", script])
        .arg(server.data_dir().join("homeserver.db"))
        .output()
        .expect("python");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout)
        .expect("text")
        .lines()
        .map(|line| {
            let event: Value = serde_json::from_str(line).expect("json");
            let text = |key: &str| event[key].as_str().expect("text").to_owned();
            let number = |key: &str| event[key].as_i64().expect("number");
            let size = |key: &str| usize::try_from(number(key)).expect("size");
            Stored {
                room: text("room"),
                ts: number("ts"),
                client: size("client"),
                database: size("database"),
            }
        })
        .collect()
}

/// What these events cost, in bytes: as clients get them, as the server's database holds them.
pub fn cost<'a>(events: impl IntoIterator<Item = &'a Stored>) -> (usize, usize) {
    events.into_iter().fold((0, 0), |sum, event| (sum.0 + event.client, sum.1 + event.database))
}

/// How far a rebuilt way is from the true one, at the 95th percentile, in metres.
pub fn off_course(way: &[Step], began_ms: i64, seen: &[Fix]) -> f64 {
    let truth: Vec<Fix> = way
        .iter()
        .map(|step| Fix::at(began_ms + step.offset_ms, step.place.lat, step.place.lon).expect("on earth"))
        .collect();
    let mut errors = errors_m(&truth, seen);
    errors.sort_by(f64::total_cmp);
    errors[(errors.len() - 1) * 95 / 100]
}

async fn fixes_of(client: &Client, room: &str) -> Vec<Fix> {
    let tracks = client.tracks(room, None, true).await.expect("tracks");
    tracks.into_iter().next_back().expect("a track").fixes
}

/// Seconds of the chase.
const CHASED: usize = 46;

#[tokio::test(flavor = "multi_thread")]
async fn a_chase_is_on_the_other_screen_within_five_seconds() {
    let server = server(Options::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (lisbon, madrid, room) = two(&server.base_url(), dir.path()).await;
    // Once, so that the companion room is there: an incident begins before the chase does.
    share(&lisbon.client, &room, Wanted::Chase, drive("car.gpx", 2), 1.0).await;
    let madrid_rooms = madrid.sync().await.rooms;
    let before = stored(&server).len();

    let way = drive("car.gpx", CHASED);
    let (stop, stopped) = oneshot::channel();
    let begun = Instant::now();
    let sharing = async {
        let shared = share(&lisbon.client, &room, Wanted::Chase, way.clone(), 1.0).await;
        let _ = stop.send(());
        shared
    };
    let (shared, seen) = tokio::join!(sharing, watch(&madrid.client, &room, stopped));
    println!("shared {shared:?} in {:?}", begun.elapsed());
    assert_eq!((shared.fixes, shared.waiting), (i64::try_from(CHASED).unwrap(), 0));
    // A beacon may overtake the batch before it, whose fixes are then no news.
    assert!(
        seen.len() > 1 && i64::try_from(seen.len()).unwrap() <= shared.sent,
        "{} of {shared:?}",
        seen.len()
    );
    assert!(seen.windows(2).all(|pair| pair[0].1.ts < pair[1].1.ts), "in order");
    for (_, position) in &seen {
        assert!(position.speed.is_some() && position.accuracy_m.is_some() && !position.stale, "{position:?}");
    }
    let off = off_course(&way, seen[0].1.ts, &fixes_of(&madrid.client, &room).await);
    // Of each fix of the receiver: until the other screen shows where the officer was then.
    let mut ages: Vec<i64> = way
        .iter()
        .filter_map(|step| {
            let ts = seen[0].1.ts + step.offset_ms;
            seen.iter().find(|(_, position)| position.ts >= ts).map(|(came, _)| came - ts)
        })
        .collect();
    assert_eq!(ages.len(), CHASED);
    let (middle, high) = (percentile(&mut ages, 50), percentile(&mut ages, 95));
    let events = stored(&server);
    let (batches, beacons): (Vec<_>, Vec<_>) = events[before..].iter().partition(|event| event.room != room);
    let (client, database) = cost(batches.iter().copied());
    let with_beacons = client + cost(beacons.iter().copied()).0;
    println!(
        "chase: fix to other screen p50 {middle} ms, p95 {high} ms; rebuilt way off by {off:.1} m p95; {} batches, {} \
         beacons; {} bytes a fix as clients get batches, {} with beacons, {} in the server's database",
        batches.len(),
        beacons.len(),
        client / CHASED,
        with_beacons / CHASED,
        database / CHASED,
    );
    assert!(off <= 10.0, "{off} m");
    // Within 5 s, and a second for a machine that does much else; the oldest fix of a batch waits four.
    assert!(high <= 6_000, "p95 {high} ms");
    assert!(client / CHASED <= 150, "{} bytes a fix", client / CHASED);

    // The companion is in no list and no count, and the end is known.
    for officer in [&lisbon, &madrid] {
        let summary = officer.sync().await;
        assert_eq!((summary.rooms, summary.undecryptable), (madrid_rooms, 0));
        assert_eq!(officer.client.rooms(None, 10).expect("rooms").len(), 1);
        let items = officer.client.timeline(&room, None, 50, true).await.expect("timeline");
        assert!(items.iter().all(|item| item.kind != "eu.qroc.track" && item.undecryptable.is_none()));
        let positions = officer.client.positions(Some(&room)).expect("positions");
        assert_eq!((positions.len(), positions[0].stale), (1, true), "{positions:?}");
        let tracks = officer.client.tracks(&room, None, false).await.expect("tracks");
        let kept = tracks.iter().map(|track| track.fixes.len()).sum::<usize>();
        assert!(i64::try_from(kept).unwrap() >= shared.sent, "{kept} of {shared:?}");
    }
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_without_a_network_comes_later_in_order_and_small() {
    let mut server = server(Options::default(), &["lisbon", "madrid", "porto"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (lisbon, madrid, room) = two(&server.base_url(), dir.path()).await;
    share(&lisbon.client, &room, Wanted::Patrol, drive("car.gpx", 2), 10.0).await;
    madrid.sync().await;
    let before = stored(&server).len();
    server.stop().expect("stopped");
    let way = drive("car.gpx", 400);
    let shared = share(&lisbon.client, &room, Wanted::Chase, way.clone(), 200.0).await;
    assert_eq!((shared.fixes, shared.sent), (400, 0));
    // What is left out follows from what waits, to two metres.
    assert!(shared.waiting > 40, "{shared:?}");
    let own = fixes_of(&lisbon.client, &room).await;
    assert_eq!(own.len(), 400, "the own way is kept whole");
    let lisbon = lisbon.again().await;
    server.restart().expect("restarted");
    let summary = lisbon.sync().await;
    assert!(summary.sent >= 2, "{summary:?}");
    assert!(lisbon.client.queue().expect("queue").is_empty());
    madrid.sync().await;
    let tracks = madrid.client.tracks(&room, Some(&lisbon.name), true).await.expect("tracks");
    let fixes = &tracks.last().expect("track").fixes;
    assert!(
        i64::try_from(fixes.len()).unwrap() >= shared.waiting,
        "nothing lost: {} of {shared:?}",
        fixes.len()
    );
    assert_eq!((fixes[0].ts, fixes.last().unwrap().ts), (own[0].ts, own.last().unwrap().ts));
    assert!(fixes.iter().all(|fix| own.iter().any(|known| (known.ts, known.lat_e6) == (fix.ts, fix.lat_e6))));
    let worst = errors_m(&own, fixes).into_iter().fold(0.0, f64::max);
    assert!(worst <= 2.1, "{worst} m");
    let events = stored(&server);
    let batches: Vec<_> = events[before..].iter().filter(|event| event.room != room).collect();
    let (client, database) = cost(batches.iter().copied());
    println!(
        "catch-up: {} batches of {} fixes of 400; {:.1} bytes a fix of the receiver as clients get them, {:.1} in the \
         server's database",
        batches.len(),
        fixes.len(),
        client as f64 / 400.0,
        database as f64 / 400.0
    );
    assert!(database / 400 <= 26, "{} bytes a fix", database / 400);

    // Who joins later gets what is sent from then on, without being let into anything by hand.
    let porto = Officer::sign_in(&server.base_url(), "porto", dir.path()).await;
    lisbon.client.invite(&room, &porto.name).await.expect("invite");
    porto.sync().await;
    porto.client.join(&room).await.expect("join");
    lisbon.sync().await;
    share(&lisbon.client, &room, Wanted::Chase, drive("car.gpx", 3), 10.0).await;
    porto.sync().await;
    assert_eq!(
        porto.client.tracks(&room, None, true).await.expect("tracks").last().expect("track").fixes.len(),
        3
    );
    assert_eq!(porto.client.rooms(None, 10).expect("rooms").len(), 1);
    // Who leaves is out of the companion too, and nobody listens to them any more.
    porto.client.leave(&room).await.expect("leave");
    let left = porto.sync().await;
    assert_eq!(left.rooms, 0, "{left:?}");
    drop(server);
}

#[test]
fn a_killed_sharing_loses_nothing_that_was_measured() {
    let server = terminal::server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = terminal::two_officers(&server.base_url());
    let track = qroc_fixtures::path("car.gpx").display().to_string();
    let mut share = lisbon
        .command(&["location", "share", "Harbour", "--pace", "patrol", "--track", &track, "--speed", "40"])
        .spawn()
        .expect("qroc");
    let fixes = || {
        lisbon.run(&["location", "track", "Harbour", "--offline", "--force", "--to", "own.gpx"]).one()["points"].as_i64()
    };
    terminal::until("some fixes", || fixes() >= Some(20));
    let pid = Pid::from_raw(i32::try_from(share.id()).expect("pid")).expect("pid");
    kill_process(pid, Signal::KILL).expect("killed");
    share.wait().expect("ended");
    let kept = fixes().expect("points");
    lisbon.sync();
    madrid.sync();
    madrid.run(&["location", "track", "Harbour", "--to", "seen.gpx"]).one();
    let read =
        |file: std::path::PathBuf| gpx::read(&std::fs::read_to_string(file).expect("file")).expect("gpx");
    let (own, seen) = (read(lisbon.file("own.gpx")).points(), read(madrid.file("seen.gpx")).points());
    assert_eq!(i64::try_from(own.len()), Ok(kept));
    // Thinned on a patrol, but from the first to the last that was measured.
    assert!(seen.len() > 5 && seen.len() <= own.len(), "{} of {}", seen.len(), own.len());
    assert_eq!((seen[0].ts, seen.last().expect("last").ts), (own[0].ts, own.last().expect("last").ts));

    // It is still shared, as far as anybody knows, and can be stopped from here.
    assert_eq!(lisbon.run(&["location", "stop", "Harbour"]).one()["state"], "sent");
    let (kind, message) = lisbon.run(&["location", "stop", "Harbour"]).error(2);
    assert!(kind == "bad_input" && message.contains("location share"), "{kind} {message}");
    assert_eq!(lisbon.run(&["rooms"]).all().len(), 1);
    drop(room);
}

#[test]
fn a_running_sharing_is_watched_and_stopped_from_beside_it() {
    let server = terminal::server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, _) = terminal::two_officers(&server.base_url());
    let track = qroc_fixtures::path("car.gpx").display().to_string();
    let out = std::fs::File::create(lisbon.file("share.json")).expect("file");
    let mut share = lisbon
        .command(&["location", "share", "Harbour", "--pace", "chase", "--track", &track, "--speed", "2"])
        .stdout(out)
        .spawn()
        .expect("qroc");
    terminal::until("the first positions", || {
        madrid.sync();
        !madrid.run(&["location", "watch", "Harbour", "--once"]).all().is_empty()
    });
    let seen = madrid.run(&["location", "watch", "Harbour", "--for", "20"]).all();
    assert!(!seen.is_empty());
    for field in ["user_id", "lat", "lon", "accuracy_m", "age_ms", "speed", "heading", "stale"] {
        assert!(seen[0].get(field).is_some(), "no {field} in {}", seen[0]);
    }
    assert_eq!(seen[0]["stale"], false);
    let beside = lisbon.run(&["location", "watch", "Harbour", "--for", "10"]).all();
    assert!(!beside.is_empty(), "a reader beside the owner sees its fixes");
    assert_eq!(lisbon.run(&["location", "stop", "Harbour"]).one()["state"], "sent");
    assert!(share.wait().expect("ended").success());
    let ended: Value =
        serde_json::from_str(&std::fs::read_to_string(lisbon.file("share.json")).expect("file"))
            .expect("json");
    assert!(ended["fixes"].as_i64() > Some(2) && ended["sent"].as_i64() > Some(1), "{ended}");
    assert_eq!(ended["waiting"], 0, "{ended}");
    assert!(ended["bytes"].as_i64() > Some(400), "{ended}");
    madrid.sync();
    let last = madrid.run(&["location", "watch", "Harbour", "--once"]).one();
    assert_eq!(last["stale"], true, "the end is told");

    let bad = lisbon.file("bad.gpx");
    std::fs::write(&bad, "<gpx><trk><trkseg>\n<trkpt lat=\"91\" lon=\"0\"/></trkseg></trk></gpx>")
        .expect("file");
    let (kind, message) = lisbon.run(&["location", "share", "Harbour", "--track", "bad.gpx"]).error(6);
    assert!(kind == "bad_file" && message.contains("line 2"), "{message}");
    let area =
        ["location", "area", "add", "Harbour", "Pier four", "--circle", "38.7071,-9.1355", "--radius", "150"];
    let drawn = lisbon.run(&area).one();
    for field in ["area_id", "kind", "name", "inside"] {
        assert!(drawn.get(field).is_some(), "no {field} in {drawn}");
    }
    madrid.sync();
    assert_eq!(madrid.run(&["location", "area", "list", "Harbour"]).one()["name"], "Pier four");
    lisbon.run(&["location", "area", "remove", "Harbour", "Pier four"]).one();
    madrid.sync();
    assert!(madrid.run(&["location", "area", "list", "Harbour"]).all().is_empty());
}

#[test]
fn standard_beacons_are_read_and_ours_are_read_by_others() {
    let server = terminal::server_with(Options::default(), &["lisbon", "porto"]);
    let lisbon = terminal::Officer::sign_in(&server.base_url(), "lisbon");
    let mut porto = Peer::sign_in(&server.base_url(), "porto");
    let room = lisbon.run(&["room", "create", "Harbour", "--invite", &porto.user]).one();
    let room = room["room_id"].as_str().expect("id").to_owned();
    porto.join(&room);
    lisbon.sync();
    let now = now_ms();
    let info = porto.event(
        json!({"do": "state", "room": room, "kind": "org.matrix.msc3672.beacon_info", "key": porto.user,
        "content": {"live": true, "timeout": 600_000, "org.matrix.msc3488.ts": now,
            "org.matrix.msc3488.asset": {"type": "m.self"}}}),
    );
    for step in 0..3 {
        let uri = format!("geo:38.70{step},-9.13;u=8");
        porto.event(json!({"do": "custom", "room": room, "kind": "org.matrix.msc3672.beacon", "content": {
            "m.relates_to": {"rel_type": "m.reference", "event_id": info},
            "org.matrix.msc3488.location": {"uri": uri}, "org.matrix.msc3488.ts": now + step}}));
    }
    lisbon.sync();
    let seen = lisbon.run(&["location", "watch", "Harbour", "--once"]).one();
    assert_eq!(
        (&seen["user_id"], &seen["lat"], &seen["accuracy_m"]),
        (&json!(porto.user), &json!(38.702), &json!(8.0))
    );
    assert_eq!((&seen["stale"], &seen["live_until_ts"]), (&json!(false), &json!(now + 600_000)));
    assert!(lisbon.timeline(&room).iter().all(|item| item["type"] != "org.matrix.msc3672.beacon"));

    let track = qroc_fixtures::path("track_with_speed.gpx").display().to_string();
    let shared = lisbon.run(&["location", "share", "Harbour", "--track", &track]).one();
    assert_eq!(shared["fixes"], 3, "{shared}");
    let last = lisbon.say(&room, "Seen");
    porto.sees(&room, &last);
    let events = porto.list(&room);
    let beacons: Vec<&Value> =
        events.iter().filter(|event| event["type"] == "org.matrix.msc3672.beacon").collect();
    assert!(beacons.iter().any(|event| event["sender"] == lisbon.user.as_str()), "{events:#?}");
    let ours = beacons.iter().rfind(|event| event["sender"] == lisbon.user.as_str()).expect("ours");
    assert!(
        ours["content"]["org.matrix.msc3488.location"]["uri"]
            .as_str()
            .expect("uri")
            .starts_with("geo:52.33101")
    );
    // In the room itself nothing but that, and the state that it begins and ends with.
    let tracks =
        events.iter().filter(|event| event["type"] == "eu.qroc.track" && event["encrypted"] == true).count();
    assert_eq!(tracks, 0, "batches are in the companion");
}

#[test]
fn a_second_implementation_reads_the_published_vectors() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let ended = std::process::Command::new("python3")
        .arg("-I")
        .arg(root.join("peer/track.py"))
        .arg("check")
        .arg(root.join("../docs/track-vectors.json"))
        .output()
        .expect("python3");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(String::from_utf8_lossy(&ended.stdout).contains("11 vectors hold"));
}
