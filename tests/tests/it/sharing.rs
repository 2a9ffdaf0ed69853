//! Sharing that is given up at each of its steps, refused, or cut off: it ends all the same, and the others know.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use qroc_core::client::{Action, Client, Error, NewRoom, ShareRequest, Verb};
use qroc_core::clock::SystemClock;
use qroc_core::geo::Place;
use qroc_core::geo::pace::Wanted;
use qroc_core::geo::replay::Step;
use qroc_core::location::Replay;
use qroc_core::model::Shared;
use qroc_core::store::codes::RoomKind;
use qroc_server::{Embedded, Options};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use crate::location::stored;
use crate::policy::apply;
use crate::proxy::{Proxy, Turn};
use crate::talk::{Officer, server};
use crate::terminal::{server_with, two_officers, until};

const FIXES: i64 = 3;
/// What an end waits for at most, as the guide says, and a little.
const END: Duration = Duration::from_secs(40);

/// A receiver with three fixes, then nothing more.
fn three() -> Box<Replay> {
    let steps = (1..=FIXES).map(|number| Step {
        offset_ms: number * 100,
        place: Place::new(38.7 + number as f64 * 1e-3, -9.1, Some(4.0)).expect("on earth"),
        speed_mps: None,
        heading_deg: None,
        altitude_m: None,
    });
    Box::new(Replay::new(steps.collect(), 1.0, Arc::new(SystemClock)))
}

fn request(room: &str) -> ShareRequest {
    ShareRequest { room: room.to_owned(), wanted: Wanted::Chase, lasting: None }
}

/// A step of sharing, as the server sees it: which kind of request.
fn step(path: &str) -> Option<&'static str> {
    [
        "/createRoom",
        "/pushrules/global/room/",
        "/state/eu.qroc.track/",
        "/state/org.matrix.msc3672.beacon_info/",
        "/send/m.room.encrypted/",
        "/leave",
    ]
    .into_iter()
    .find(|kind| path.contains(kind))
}

/// Syncs and sends until `stop`.
async fn run(client: &Client, stop: impl Future<Output = ()>) {
    let (items, unread) = mpsc::channel(1);
    drop(unread);
    client.run(items, stop).await.expect("run");
}

/// Lets the nth step from now on come to nothing for whoever asked: the answer is late, or the request itself.
fn give_up_at(proxy: &Proxy, nth: usize, arrives: bool) -> (Arc<Notify>, Arc<Mutex<Vec<&'static str>>>) {
    let (given, steps) = (Arc::new(Notify::new()), Arc::new(Mutex::new(Vec::new())));
    let (tell, seen) = (given.clone(), steps.clone());
    let count = AtomicUsize::new(0);
    proxy.rule(move |asked| {
        let Some(kind) = step(&asked.path) else { return Turn::Pass };
        let number = count.fetch_add(1, Ordering::SeqCst);
        if number > nth {
            return Turn::Pass;
        }
        seen.lock().expect("steps").push(kind);
        if number < nth {
            return Turn::Pass;
        }
        tell.notify_one();
        let late = Duration::from_millis(400);
        if arrives { Turn::Overdue(late) } else { Turn::Late(late) }
    });
    (given, steps)
}

fn admin(server: &Embedded, path: &str) -> Value {
    server.admin("GET", &format!("/_synapse/admin/v1/{path}"), None).expect("admin")
}

/// What the server says of an officer's sharing in a room.
fn is_live(server: &Embedded, room: &str, user: &str) -> Option<bool> {
    let state = admin(server, &format!("rooms/{room}/state"));
    let state = state["state"].as_array().expect("state");
    let info = state
        .iter()
        .find(|event| event["type"] == "org.matrix.msc3672.beacon_info" && event["state_key"] == user)?;
    info["content"]["live"].as_bool()
}

async fn room_of_two(lisbon: &Officer, madrid: &Officer, name: &str) -> String {
    let room = NewRoom { name: name.into(), invite: vec![madrid.name.clone()], kind: RoomKind::Group };
    let room = lisbon.client.create_room(room).await.expect("room");
    madrid.sync().await;
    madrid.client.join(&room).await.expect("join");
    lisbon.sync().await;
    room
}

/// Shares until a step is given up, then goes on: in the same process, or after it was closed. Says whether one was.
async fn share(lisbon: &mut Option<Officer>, room: &str, given: &Notify, proxy: &Proxy, again: bool) -> bool {
    let gave_up = Mutex::new(false);
    {
        let client = &lisbon.as_ref().expect("lisbon").client;
        let sharing = client.begin_sharing(request(room)).await.expect("begun");
        let mut going = Box::pin(sharing.go_on(three(), std::future::pending()));
        let stop = async {
            given.notified().await;
            *gave_up.lock().expect("flag") = true;
        };
        let ended: Option<Shared> = tokio::select! {
            shared = &mut going => Some(shared.expect("shared")),
            () = run(client, stop) => None,
        };
        let shared = match ended {
            None if again => None,
            None => tokio::select! {
                shared = timeout(END, &mut going) => Some(shared.expect("a sharing that ends").expect("shared")),
                () = run(client, std::future::pending()) => None,
            },
            ended => ended,
        };
        if let Some(shared) = shared {
            assert_eq!((shared.fixes, shared.waiting, shared.sent), (FIXES, 0, FIXES), "{shared:?}");
            return *gave_up.lock().expect("flag");
        }
    }
    let same = lisbon.take().expect("lisbon").again().await;
    proxy.pass();
    let stop = Action::StopSharing { room: room.to_owned(), txn: None };
    tokio::select! {
        told = same.client.perform(stop, Some(END)) => match told {
            Ok(outcome) => assert_eq!(outcome.sent().state, "sent"),
            // It had ended and all was told before.
            Err(error) => assert!(matches!(error, Error::Location(_)), "{error}"),
        },
        () = run(&same.client, std::future::pending()) => unreachable!(),
    }
    *lisbon = Some(same);
    *gave_up.lock().expect("flag")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sharing_ends_whichever_of_its_steps_was_given_up() {
    let server = server(Options::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let proxy = Proxy::start(server.port());
    let mut phone = Some(Officer::sign_in(&proxy.url(), "lisbon", dir.path()).await);
    let user = phone.as_ref().expect("lisbon").name.clone();
    let madrid = Officer::sign_in(&server.base_url(), "madrid", dir.path()).await;
    let mut met = BTreeSet::new();
    let mut rooms = Vec::new();
    for (arrives, again) in [(true, false), (false, true)] {
        for nth in 0.. {
            let name = format!("Step {nth}, {arrives}");
            let room = room_of_two(phone.as_ref().expect("lisbon"), &madrid, &name).await;
            let (given, steps) = give_up_at(&proxy, nth, arrives);
            let gave_up = share(&mut phone, &room, &given, &proxy, again).await;
            let lisbon = phone.as_ref().expect("lisbon");
            let steps = steps.lock().expect("steps").clone();
            println!("arrives {arrives}, opened again {again}: {steps:?}");
            proxy.pass();
            // What arrived late comes by the sync, and is put right.
            tokio::time::sleep(Duration::from_millis(500)).await;
            for _ in 0..3 {
                lisbon.sync().await;
            }
            madrid.sync().await;
            assert_ne!(is_live(&server, &room, &lisbon.name), Some(true), "{steps:?}");
            let tracks = madrid.client.tracks(&room, Some(&lisbon.name), false).await;
            let fixes: usize = tracks.map_or(0, |tracks| tracks.iter().map(|track| track.fixes.len()).sum());
            // Closed in the middle, not all of the three were measured.
            if !again {
                assert_eq!(fixes, usize::try_from(FIXES).unwrap(), "{steps:?}");
            }
            met.extend(steps);
            rooms.push(room);
            if !gave_up {
                break;
            }
        }
    }
    for kind in [
        "/createRoom",
        "/pushrules/global/room/",
        "/state/eu.qroc.track/",
        "/state/org.matrix.msc3672.beacon_info/",
        "/send/m.room.encrypted/",
    ] {
        assert!(met.contains(kind), "{kind} was never given up");
    }
    // Each room with its companion, and nothing else: what was made and not named is named or left.
    let joined = admin(&server, &format!("users/{user}/joined_rooms"));
    assert_eq!(joined["total"], rooms.len() * 2, "{joined}");
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_put_out_while_sharing_shares_no_more_and_syncs_on() {
    let server = server(Options::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let lisbon = Officer::sign_in(&server.base_url(), "lisbon", dir.path()).await;
    let madrid = Officer::sign_in(&server.base_url(), "madrid", dir.path()).await;
    let room = room_of_two(&lisbon, &madrid, "Harbour").await;
    // Nobody made a companion here, and Madrid may not: what was measured waits for the room itself.
    let sharing = madrid.client.begin_sharing(request(&room)).await.expect("begun");
    let end = sharing.go_on(three(), std::future::pending());
    assert!(timeout(Duration::from_secs(1), end).await.is_err(), "without a sync nobody is told");
    let put_out = Action::Membership {
        room: room.clone(),
        verb: Verb::Kick,
        user: Some(madrid.name.clone()),
        txn: None,
    };
    lisbon.perform(put_out).await;
    let summary = madrid.sync().await;
    assert_eq!(summary.rooms, 0, "{summary:?}");
    madrid.sync().await;
    assert_eq!(is_live(&server, &room, &madrid.name), None);
    let stop = Action::StopSharing { room, txn: None };
    let error = madrid.client.perform(stop, None).await.expect_err("over");
    assert!(matches!(error, Error::Location(_)), "{error}");
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_is_told_though_no_companion_can_be_made() {
    let server = server(Options::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let proxy = Proxy::start(server.port());
    let lisbon = Officer::sign_in(&proxy.url(), "lisbon", dir.path()).await;
    let madrid = Officer::sign_in(&server.base_url(), "madrid", dir.path()).await;
    let room = room_of_two(&lisbon, &madrid, "Harbour").await;
    proxy.rule(|asked| {
        if asked.path.contains("/createRoom") {
            Turn::json(503, json!({ "errcode": "M_UNKNOWN", "error": "not now" }))
        } else {
            Turn::Pass
        }
    });
    let shared =
        lisbon.client.share_location(request(&room), three(), std::future::pending()).await.expect("shared");
    // The end is told after a grace; what was measured waits for a companion, and is not lost.
    assert_eq!((shared.fixes, shared.sent, shared.waiting), (FIXES, 0, FIXES), "{shared:?}");
    assert_eq!(is_live(&server, &room, &lisbon.name), Some(false));
    let tries = proxy.asked("/createRoom").len();
    assert!((2..=8).contains(&tries), "{tries} tries in half a minute");
    proxy.pass();
    tokio::time::sleep(Duration::from_secs(5)).await;
    for _ in 0..3 {
        lisbon.sync().await;
    }
    madrid.sync().await;
    let tracks = madrid.client.tracks(&room, Some(&lisbon.name), false).await.expect("tracks");
    assert_eq!(tracks[0].fixes.len(), 3);
    drop(server);
}

#[test]
fn positions_leave_no_more_often_than_allowed() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, _, room) = two_officers(&server.base_url());
    let track = qroc_fixtures::path("car.gpx").display().to_string();
    let share = || {
        let args = ["location", "share", &room, "--pace", "chase", "--track", &track, "--speed", "10"];
        lisbon.command(&args).stdout(std::process::Stdio::null()).spawn().expect("qroc")
    };
    // When batches came to the companion, in milliseconds from one to the next.
    let gaps = |since: usize| -> Vec<i64> {
        let mut times: Vec<i64> =
            stored(&server).iter().filter(|event| event.room != room).map(|event| event.ts).collect();
        times.sort_unstable();
        times.iter().skip(since).zip(times.iter().skip(since + 1)).map(|(from, to)| to - from).collect()
    };
    let stop = |mut share: std::process::Child| {
        lisbon.run(&["location", "stop", &room]).one();
        assert!(share.wait().expect("ended").success());
    };

    let free = share();
    until("batches as often as the pace is", || gaps(0).len() >= 3);
    assert!(gaps(0).iter().skip(1).any(|gap| *gap < 8_000), "{:?}", gaps(0));
    stop(free);

    apply(&lisbon, &json!({ "location.min_interval_s": 12 }));
    let before = gaps(0).len() + 1;
    let bound = share();
    until("batches as often as is allowed", || gaps(before).len() >= 2);
    // The time on the way to the server is not ours; the first one has the keys to carry too.
    assert!(gaps(before).iter().all(|gap| *gap >= 10_000), "{:?}", gaps(before));
    stop(bound);
}
