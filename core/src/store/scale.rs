//! What a screen costs does not grow with what is stored. Counted in steps of the database's machine, which are the same
//! on every computer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

use super::timeline::{self, Wanted};
use super::{StoreError, crowd, drafts, dress, rooms, search};
use crate::ids::{RoomRow, UserRow};

/// Steps between two counts.
const STRIDE: i32 = 50;

/// An account with so many rooms of so many messages; the first has so many members.
fn world(rooms: u32, messages: u32, members: u32) -> Connection {
    super::sqlcipher::zero_freed_memory();
    let mut db = Connection::open_in_memory().expect("open");
    super::migrate::create(&mut db).expect("schema");
    let counted = |last: u32| {
        format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {last})")
    };
    db.execute_batch(&format!(
        "BEGIN;
         {users} INSERT INTO user (id, user_id) SELECT i, '@officer' || i || ':x' FROM n;
         {many} INSERT INTO room (id, room_id, name, membership, encrypted, bump_ts, tail)
           SELECT i, '!room' || i || ':x', 'Room ' || i, 2, 1, i, i FROM n;
         {many} INSERT INTO chunk (id, room) SELECT i, i FROM n;
         {users} INSERT INTO member (room, user, membership, name) SELECT 1, i, 2, 'Officer ' || i FROM n;
         {many}, m (j) AS (SELECT 1 UNION ALL SELECT j + 1 FROM m WHERE j < {messages})
         INSERT INTO event (room, event_id, chunk, idx, sender, ts, type, content, encrypted, shown, notify)
           SELECT i, '$' || i || '-' || j, i, j, 1 + j % 7, i * 1000 + j, 'm.room.message',
             '{{\"msgtype\":\"m.text\",\"body\":\"Car ' || j || '\"}}', 1, 1, 1
           FROM n, m;
         COMMIT;",
        users = counted(members),
        many = counted(rooms),
    ))
    .expect("rows");
    db
}

/// Counts the steps of some work.
fn steps<T>(db: &mut Connection, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> (u64, T) {
    let count = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&count);
    let note = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        false
    };
    db.progress_handler(STRIDE, Some(note)).expect("handler");
    let done = work(db).expect("read");
    db.progress_handler(STRIDE, None::<fn() -> bool>).expect("handler");
    (count.load(Ordering::SeqCst) * u64::try_from(STRIDE).expect("stride"), done)
}

/// What the screens of an account cost, by name.
fn screens(db: &mut Connection) -> Vec<(&'static str, u64)> {
    let newest = Wanted { before: None, limit: 50, across_gaps: true };
    let (list, rooms) = steps(db, |db| rooms::page(db, None, None, 50));
    assert_eq!(rooms.len(), 50);
    let (open, page) = steps(db, |db| timeline::page(db, RoomRow(1), newest));
    assert_eq!(page.items.len(), 50);
    let before = page.items.first().map(|item| item.id);
    let (older, _) = steps(db, |db| timeline::page(db, RoomRow(1), Wanted { before, ..newest }));
    let (members, page) = steps(db, |db| crowd::page(db, RoomRow(1), Some(UserRow(20)), None, 50));
    assert_eq!(page.len(), 50);
    let (find, _) = steps(db, |db| rooms::find(db, "!room7:x"));
    let (unread, counted) = steps(db, |db| timeline::unread(db, RoomRow(1), Some("$1-95")));
    assert!(counted.unread >= 5);
    let (draft, _) = steps(db, |db| drafts::get(db, RoomRow(1), ""));
    let (threads, _) = steps(db, |db| dress::threads(db, RoomRow(1), 50));
    vec![
        ("list", list),
        ("open", open),
        ("older", older),
        ("members", members),
        ("find", find),
        ("unread", unread),
        ("draft", draft),
        ("threads", threads),
    ]
}

/// What searches cost, by what is typed: all messages of the world hold the first word, one of eight the second.
fn searches(messages: u32) -> Vec<(&'static str, u64)> {
    let mut db = world(20, messages / 20, 20);
    // As `search::put` writes them.
    db.execute_batch(
        r#"UPDATE event SET content = '{"msgtype":"m.text","body":"Car ' || idx || iif(idx % 8, ' gate', ' pier') || '"}';
         INSERT INTO event_fts (rowid, words)
           SELECT id, ' car ' || idx || iif(idx % 8, ' gate ', ' pier ') || char(0xe000) || 'r' || room FROM event"#,
    )
    .expect("indexed");
    let find = |typed: &'static str, room: Option<RoomRow>| {
        (typed, search::Filter { room, ..search::Filter::default() }, 50)
    };
    let all = [
        find("car", None),
        find("ca", None),
        find("car pier", None),
        find("car pie", None),
        find("\"gate", None),
        find("car", Some(RoomRow(3))),
    ];
    let mut cost = |(typed, filter, limit): &(&'static str, search::Filter, usize)| {
        let query = crate::text::Query::parse(typed);
        let (cost, hits) = steps(&mut db, |db| search::find(db, &query, filter, *limit));
        assert_eq!(hits.len(), *limit, "{typed}");
        (*typed, cost)
    };
    all.iter().map(&mut cost).collect()
}

#[test]
fn the_newest_hits_of_what_is_common_cost_the_same_however_many_there_are() {
    // Of fewer the rarer word is in so few that the index is read to its end.
    for ((typed, small), (_, large)) in searches(6_000).iter().zip(&searches(80_000)) {
        eprintln!("{typed}: {small} steps with 6,000 messages, {large} with 80,000");
        assert!(*large <= small + small / 4 + 500, "{typed}: {small} steps became {large}");
    }
}

#[test]
fn no_screen_costs_more_because_more_is_stored() {
    let small = screens(&mut world(100, 100, 100));
    let large = screens(&mut world(10_000, 100, 100_000));
    for ((name, small), (_, large)) in small.iter().zip(&large) {
        eprintln!("{name}: {small} steps with 100 rooms, {large} with 10,000 rooms and 1,000,000 messages");
        assert!(*large <= small + small / 4 + 500, "{name}: {small} steps became {large}");
    }
}
