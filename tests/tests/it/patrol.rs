//! Many officers on patrol at once, under the limits of a real server: nothing lost, how late, how dear.

use std::time::{Duration, Instant};

use qroc_core::client::NewRoom;
use qroc_core::geo::pace::Wanted;
use qroc_core::geo::replay::Step;
use qroc_core::kind::ErrorKind;
use qroc_core::store::codes::RoomKind;
use qroc_server::{Limits, Options};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::location::{cost, drive, percentile, share, stored, watch};
use crate::talk::{Officer, server};

/// Bytes of a beacon of others, as clients get it: what a position costs without batches.
const BEACON: usize = 807;
/// A whole country has no such patrol, but these are real roads and paths.
const TRACKS: [&str; 4] = ["car.gpx", "garmin-activity.gpx", "korita-zbevnica.gpx", "mojstrovka.gpx"];

/// A part of a real track for each officer.
fn way(number: usize, seconds: usize) -> Vec<Step> {
    let skip = number / TRACKS.len() * 3 % 120;
    let way = drive(TRACKS[number % TRACKS.len()], seconds + skip).split_off(skip);
    let first = way[0].offset_ms;
    way.into_iter().map(|step| Step { offset_ms: step.offset_ms - first, ..step }).collect()
}

/// Makes the accounts without limits, then lets `count` officers patrol for so long under `limits`.
#[allow(clippy::print_stdout, reason = "a measurement")]
async fn patrol(count: usize, seconds: usize, limits: Limits, slowest_ms: i64) {
    let names: Vec<String> = (0..count).map(|number| format!("patrol{number}")).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).chain(["centre"]).collect();
    let mut server = server(Options::default(), &all).await;
    let dir = tempfile::tempdir().expect("dir");
    let url = server.base_url();
    let centre = Officer::sign_in(&url, "centre", dir.path()).await;
    let mut officers = Vec::new();
    for name in &names {
        officers.push(Officer::sign_in(&url, name, dir.path()).await);
    }
    let invite = officers.iter().map(|officer| officer.name.clone()).collect();
    let room = NewRoom { name: "Search".into(), invite, kind: RoomKind::Group };
    let room = centre.client.create_room(room).await.expect("room");
    for officer in &officers {
        settled(officer).await;
        officer.client.join(&room).await.expect("join");
    }
    settled(&centre).await;
    // The first one on the map makes the companion; the others come in by themselves.
    share(&centre.client, &room, Wanted::Chase, drive("car.gpx", 2), 2.0).await;
    for officer in &officers {
        settled(officer).await;
    }
    settled(&centre).await;
    println!("{count} officers are ready");
    server.options_mut().limits = limits;
    server.restart().expect("restarted");
    let before = stored(&server).len();
    let asked = || std::fs::read_to_string(server.data_dir().join("homeserver.log")).expect("log");
    let earlier = requests(&asked());
    let (stop, stopped) = oneshot::channel();
    let begun = Instant::now();
    let sharing = async {
        let mut running = JoinSet::new();
        for (number, officer) in officers.into_iter().enumerate() {
            let room = room.clone();
            running.spawn(async move {
                let way = way(number, seconds);
                let measured = i64::try_from(way.len()).expect("short");
                let shared = share(&officer.client, &room, Wanted::Patrol, way, 1.0).await;
                assert_eq!(shared.fixes, measured, "{}", officer.name);
                (officer, shared)
            });
        }
        let mut done = Vec::new();
        while let Some(shared) = running.join_next().await {
            done.push(shared.expect("shared"));
        }
        let took = begun.elapsed();
        // What found no time to be sent within half a minute after the end goes out now.
        let mut left = 0;
        for (officer, shared) in &done {
            left += shared.waiting;
            if shared.waiting > 0 {
                settled(officer).await;
            }
        }
        // The last batches are on their way to the screen.
        tokio::time::sleep(Duration::from_secs(5)).await;
        let _ = stop.send(());
        (done, took, left)
    };
    let ((done, took, left), seen) = tokio::join!(sharing, watch(&centre.client, &room, stopped));
    let minutes = took.as_secs_f64() / 60.0;
    let measured: i64 = done.iter().map(|(_, shared)| shared.fixes).sum();
    let mut ages: Vec<i64> = seen.iter().map(|(came, position)| came - position.ts).collect();
    let (middle, high) = (percentile(&mut ages, 50), percentile(&mut ages, 95));
    let events = stored(&server);
    let (bytes, _) = cost(&events[before..]);
    let hours = count as f64 * minutes / 60.0;
    let requests = requests(&asked()).saturating_sub(earlier);
    println!(
        "{count} on patrol for {minutes:.1} min, limits {limits:?}: {measured} fixes measured, {} came, {left} waited at \
         the end; fix to other screen p50 {middle} ms, p95 {high} ms",
        seen.len()
    );
    println!(
        "  per measured fix {:.1} bytes (a beacon each: {BEACON}); per officer-hour {:.0} events sent (beacons at 1 Hz: \
         3600), {:.0} requests of all kinds",
        bytes as f64 / measured as f64,
        (events.len() - before) as f64 / hours,
        requests as f64 / hours,
    );
    // Nothing lost, nothing twice: what each phone kept of its own way, as far as it was sent, is on the map of the
    // centre, from the first fix to the last.
    let mut times: Vec<_> = seen.iter().map(|(_, position)| (&position.user_id, position.ts)).collect();
    times.sort_unstable();
    times.dedup();
    assert_eq!(times.len(), seen.len(), "nothing twice");
    settled(&centre).await;
    for (officer, _) in &done {
        let own = officer.client.tracks(&room, Some(&officer.name), true).await.expect("own");
        let known = centre.client.tracks(&room, Some(&officer.name), true).await.expect("known");
        let (own, known) = (&own.last().expect("own").fixes, &known.last().expect("known").fixes);
        assert_eq!(
            (own[0].ts, own.last().unwrap().ts),
            (known[0].ts, known.last().unwrap().ts),
            "{}",
            officer.name
        );
        let worst = qroc_core::geo::thin::errors_m(own, known).into_iter().fold(0.0, f64::max);
        assert!(worst <= 1.0, "{}: a part of the way is missing: {worst} m", officer.name);
    }
    assert!(bytes < usize::try_from(measured).unwrap() * BEACON / 8, "{bytes} bytes");
    assert!(high <= slowest_ms, "p95 {high} ms");
    drop(server);
}

/// Syncs; a machine that is all of the phones and the server at once may be late, and is asked again as a phone would.
async fn settled(officer: &Officer) {
    let mut last = None;
    for _ in 0..5 {
        match officer.client.sync_once(Some(Duration::from_secs(60))).await {
            Ok(_) => return,
            Err(error) if error.kind() == ErrorKind::Network => last = Some(error),
            Err(error) => panic!("{}: {error}", officer.name),
        }
    }
    panic!("{}: {last:?}", officer.name);
}

/// Requests that the server's log tells of.
fn requests(log: &str) -> usize {
    log.lines().filter(|line| line.contains(" Processed request: ")).count()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "some minutes"]
async fn twenty_officers_on_patrol_under_a_servers_own_limits() {
    // Gathered for 25 s; within 30 s on a machine that does nothing else.
    patrol(20, 60, Limits::Synapse, 40_000).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long"]
async fn two_hundred_officers_on_patrol_lose_nothing() {
    // One machine is the server and all of the phones: how late it is says little about either.
    patrol(officers(), 120, Limits::Kit, 120_000).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long"]
async fn two_hundred_officers_on_patrol_under_a_servers_own_limits_lose_nothing() {
    patrol(officers(), 120, Limits::Synapse, 120_000).await;
}

fn officers() -> usize {
    std::env::var("QROC_OFFICERS").ok().and_then(|count| count.parse().ok()).unwrap_or(200)
}
