use super::{View, arrived, nearest, newest_arrival, positions, prune, take, tracker, tracks, within};
use crate::geo::Fix;
use crate::ids::RoomRow;
use crate::store::testing::database;
use crate::store::{events, rooms, shares};

fn fix(ts: i64, lat_e6: i32, lon_e6: i32) -> Fix {
    Fix { lat_e6, lon_e6, ..Fix::at(ts, 0.0, 0.0).expect("on earth") }
}

const WORLD: View = View { south: -90_000_000, west: -180_000_000, north: 90_000_000, east: 180_000_000 };

#[test]
fn each_fix_is_kept_once_and_the_newest_is_where_somebody_is() {
    let mut connection = database();
    let tx = connection.transaction().expect("transaction");
    let room = rooms::ensure(&tx, "!harbour").expect("room");
    let lisbon = events::user(&tx, "@lisbon:x").expect("user");
    let track = tracker(&tx, room, lisbon, "a").expect("tracker");
    let way: Vec<Fix> = (0..10).map(|at| fix(at * 1000, i32::try_from(at).unwrap(), 5)).collect();
    assert_eq!(take(&tx, track, &way[5..]).expect("take"), 5);
    assert_eq!(take(&tx, track, &way[..7]).expect("take"), 5, "late and doubled");
    assert_eq!(take(&tx, track, &way).expect("take"), 0);
    let now = positions(&tx, Some(room)).expect("positions");
    assert_eq!((now.len(), now[0].fix, now[0].live_until), (1, way[9], None));
    let found = tracks(&tx, room, Some(lisbon), (0, i64::MAX)).expect("tracks");
    assert_eq!(found[0].fixes, way, "in order, however they came");
    let came = arrived(&tx, room, 0, 100).expect("arrived");
    assert_eq!(came.iter().map(|one| one.fix.ts).collect::<Vec<_>>()[..3], [5000, 6000, 7000]);
    assert_eq!(newest_arrival(&tx).expect("mark"), came[9].id);

    let share = shares::Share { event_id: None, live: true, started_ts: 0, ends_ts: 77 };
    shares::set(&tx, room, lisbon, &share).expect("share");
    assert_eq!(positions(&tx, None).expect("positions")[0].live_until, Some(77));

    assert_eq!(prune(&tx, 4000).expect("prune"), 4);
    assert_eq!(within(&tx, None, WORLD).expect("within").len(), 1);
    prune(&tx, 100_000).expect("prune");
    assert_eq!(within(&tx, None, WORLD).expect("within").len(), 0);
    assert_eq!(positions(&tx, None).expect("positions").len(), 0);
}

#[test]
fn what_came_in_the_standard_form_first_says_more_when_its_batch_comes() {
    let mut connection = database();
    let tx = connection.transaction().expect("transaction");
    let room = rooms::ensure(&tx, "!harbour").expect("room");
    let lisbon = events::user(&tx, "@lisbon:x").expect("user");
    let track = tracker(&tx, room, lisbon, "a").expect("tracker");
    let plain = fix(1000, 5, 5);
    let whole = plain.with_speed(Some(9.0)).from_source(crate::geo::Source::Gnss);
    assert_eq!(take(&tx, track, &[plain]).expect("take"), 1);
    assert_eq!(take(&tx, track, &[whole]).expect("take"), 0);
    assert_eq!(take(&tx, track, &[plain]).expect("take"), 0);
    assert_eq!(tracks(&tx, room, None, (0, i64::MAX)).expect("tracks")[0].fixes, [whole]);
    assert_eq!(positions(&tx, None).expect("positions")[0].fix, whole);
}

#[test]
fn an_older_way_that_becomes_known_later_stands_before_the_newer_one() {
    let mut connection = database();
    let tx = connection.transaction().expect("transaction");
    let room = rooms::ensure(&tx, "!harbour").expect("room");
    let (madrid, lisbon) =
        (events::user(&tx, "@madrid:x").expect("user"), events::user(&tx, "@lisbon:x").expect("user"));
    for (user, tag, ts) in [(madrid, "m", 1_000), (lisbon, "new", 9_000), (lisbon, "old", 2_000)] {
        let track = tracker(&tx, room, user, tag).expect("tracker");
        take(&tx, track, &[fix(ts, 5, 5), fix(ts + 50, 5, 6)]).expect("take");
    }
    let found = tracks(&tx, room, None, (0, i64::MAX)).expect("tracks");
    let found: Vec<_> = found.iter().map(|track| (track.user_id.as_str(), track.fixes[0].ts)).collect();
    assert_eq!(found, [("@lisbon:x", 2_000), ("@lisbon:x", 9_000), ("@madrid:x", 1_000)]);
}

#[test]
fn a_view_finds_who_is_in_it_also_across_the_antimeridian() {
    let mut connection = database();
    let tx = connection.transaction().expect("transaction");
    let room = rooms::ensure(&tx, "!fiji").expect("room");
    let other = rooms::ensure(&tx, "!other").expect("room");
    for (name, room, lat, lon) in [
        ("@west:x", room, -16_500_000, 179_999_000),
        ("@east:x", room, -16_500_000, -179_999_000),
        ("@far:x", room, -16_500_000, 0),
        ("@other:x", other, -16_500_000, 179_999_000),
    ] {
        let user = events::user(&tx, name).expect("user");
        let track = tracker(&tx, room, user, "t").expect("tracker");
        take(&tx, track, &[fix(1, lat, lon)]).expect("take");
    }
    let view = View { south: -17_000_000, west: 179_000_000, north: -16_000_000, east: -179_000_000 };
    let names = |room: Option<RoomRow>, view| -> Vec<String> {
        within(&tx, room, view).expect("within").into_iter().map(|one| one.user_id).collect()
    };
    assert_eq!(names(Some(room), view), ["@west:x", "@east:x"]);
    assert_eq!(names(None, view).len(), 3);
    let plain = View { west: -1_000_000, east: 1_000_000, ..view };
    assert_eq!(names(Some(room), plain), ["@far:x"]);
}

#[test]
fn who_shared_twice_is_on_the_map_once_where_they_are_now() {
    let mut connection = database();
    let tx = connection.transaction().expect("transaction");
    let room = rooms::ensure(&tx, "!harbour").expect("room");
    let lisbon = events::user(&tx, "@lisbon:x").expect("user");
    for (tag, ts, lat) in [("first", 1_000, 38_700_000), ("second", 2_000, 38_710_000)] {
        let track = tracker(&tx, room, lisbon, tag).expect("tracker");
        take(&tx, track, &[fix(ts, lat, -9_100_000)]).expect("take");
    }
    let all = within(&tx, None, WORLD).expect("within");
    assert_eq!(all.iter().map(|one| one.fix.ts).collect::<Vec<_>>(), [2_000]);
    let old = View { south: 38_699_000, west: -9_101_000, north: 38_701_000, east: -9_099_000 };
    assert!(within(&tx, Some(room), old).expect("within").is_empty(), "not where they were");
    let place = crate::geo::Place::new(38.7, -9.1, None).expect("on earth");
    let near = nearest(&tx, None, place, 5).expect("nearest");
    assert_eq!(near.iter().map(|one| one.fix.ts).collect::<Vec<_>>(), [2_000]);
}

/// What 5,000 officers with 1,000 fixes each cost: `cargo test --release --workspace --lib -- --ignored --nocapture a_crowd`.
#[tokio::test]
#[ignore = "a measurement of a minute, not a check"]
async fn a_crowd_on_the_map() {
    use std::time::Instant;

    use crate::secret::DbKey;
    use crate::store::{Durability, Store, StoreError};

    const OFFICERS: i32 = 5_000;
    const FIXES: i64 = 1_000;
    let dir = tempfile::tempdir().expect("dir");
    let store = Store::create(dir.path(), &DbKey::random().expect("key")).expect("store");
    let room = store.write(Durability::Normal, |tx, _| rooms::ensure(tx, "!city")).await.expect("room");
    // A city of 20 km, everybody walking.
    let at = |officer: i32, second: i64| {
        let (row, column) = (officer / 71, officer % 71);
        let step = i32::try_from(second).unwrap() * 10;
        fix(
            1_763_800_000_000 + second * 1000,
            38_600_000 + row * 2_800 + step,
            -9_250_000 + column * 3_200 + step,
        )
    };
    for officer in 0..OFFICERS {
        store
            .write(Durability::Normal, move |tx, _| {
                let user = events::user(tx, &format!("@officer{officer}:x"))?;
                let track = tracker(tx, room, user, "t")?;
                let way: Vec<Fix> = (0..FIXES).map(|second| at(officer, second)).collect();
                take(tx, track, &way)
            })
            .await
            .expect("fill");
    }
    let percentile = |mut list: Vec<u128>, percent: usize| {
        list.sort_unstable();
        list[(list.len() - 1) * percent / 100]
    };
    let mut queries = Vec::new();
    let mut found = 0;
    for turn in 0..200_i32 {
        let (south, west) = (38_620_000 + turn * 300, -9_240_000 + turn * 400);
        let view = View { south, west, north: south + 30_000, east: west + 35_000 };
        let begun = Instant::now();
        found += store.read(|connection| within(connection, Some(room), view)).expect("view").len();
        queries.push(begun.elapsed().as_micros());
    }
    let mut updates = Vec::new();
    for second in FIXES..FIXES + 50 {
        let begun = Instant::now();
        store
            .write(Durability::Normal, move |tx, _| {
                for officer in 0..500 {
                    let user = events::find_user(tx, &format!("@officer{officer}:x"))?.expect("user");
                    let track = tracker(tx, room, user, "t")?;
                    take(tx, track, &[at(officer, second)])?;
                }
                Ok::<_, StoreError>(())
            })
            .await
            .expect("update");
        updates.push(begun.elapsed().as_micros());
    }
    let bytes = std::fs::metadata(dir.path().join("qroc.db")).expect("file").len();
    println!(
        "{OFFICERS} officers with {FIXES} fixes, {} MB: a view with {} officers p50 {} µs, p95 {} µs; 500 fixes p50 {} µs, \
         p95 {} µs",
        bytes / 1_000_000,
        found / 200,
        percentile(queries.clone(), 50),
        percentile(queries, 95),
        percentile(updates.clone(), 50),
        percentile(updates, 95)
    );
}
