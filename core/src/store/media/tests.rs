use std::collections::BTreeSet;

use rusqlite::Connection;

use super::*;
use crate::store::testing::database;

/// Three messages with a file each.
fn talk() -> Connection {
    let db = database();
    db.execute_batch(
        "INSERT INTO room (id, room_id) VALUES (1, '!a:x');
         INSERT INTO user (id, user_id) VALUES (1, '@a:x');
         INSERT INTO event (id, room, event_id, sender, ts, type, content)
         VALUES (1, 1, '$1', 1, 1, 'm.room.message', '{}'), (2, 1, '$2', 1, 2, 'm.room.message', '{}'),
           (3, 1, '$3', 1, 3, 'm.room.message', '{}');",
    )
    .expect("rows");
    db
}

fn within<T>(db: &mut Connection, work: impl FnOnce(&Transaction<'_>) -> T) -> (T, Vec<String>) {
    drop(erase::take_files());
    let tx = db.transaction().expect("transaction");
    let done = work(&tx);
    tx.commit().expect("commit");
    (done, erase::take_files())
}

fn keep(db: &mut Connection, event: i64, mxc: &str, file: &str, ts: i64) -> bool {
    within(db, |tx| insert(tx, EventRow(event), mxc, file, 100, ts).expect("insert")).0
}

#[test]
fn a_file_goes_with_the_last_event_that_has_it() {
    let mut db = talk();
    assert!(keep(&mut db, 1, "mxc://x/1", "f1", 1));
    within(&mut db, |tx| link(tx, EventRow(2), "mxc://x/1").expect("link"));
    let (_, dropped) = within(&mut db, |tx| forget(tx, EventRow(1)).expect("forget"));
    assert_eq!(dropped, Vec::<String>::new(), "the other has it still");
    let (_, dropped) = within(&mut db, |tx| crate::store::events::redact(tx, EventRow(2)).expect("redact"));
    assert_eq!(dropped, ["f1"]);
    assert_eq!(find(&db, "mxc://x/1").expect("find"), None);
    // What has no content any more keeps no file either, however late it comes.
    assert!(!keep(&mut db, 2, "mxc://x/1", "late", 5));
    within(&mut db, |tx| link(tx, EventRow(2), "mxc://x/1").expect("link"));
    assert!(!is_linked(&db, EventRow(2), "mxc://x/1").expect("linked"));
    // A row that goes takes its files along with the next look.
    assert!(keep(&mut db, 3, "mxc://x/3", "f3", 5));
    db.execute("DELETE FROM event WHERE id = 3", []).expect("gone");
    let (_, dropped) = within(&mut db, |tx| forget_unused(tx).expect("look"));
    assert_eq!((dropped, count(&db).expect("count")), (vec!["f3".to_owned()], (0, 0)));
}

#[test]
fn what_was_not_looked_at_for_longest_goes_first_but_for_what_is_shown() {
    let mut db = talk();
    for (event, ts) in [(1, 10), (2, 20), (3, 30)] {
        assert!(keep(&mut db, event, &format!("mxc://x/{event}"), &format!("f{event}"), ts));
    }
    within(&mut db, |tx| touch(tx, "mxc://x/1", 40).expect("touch"));
    let pinned = BTreeSet::from(["mxc://x/2".to_owned()]);
    let (_, dropped) = within(&mut db, |tx| shrink(tx, 200, &pinned).expect("shrink"));
    assert_eq!(dropped, ["f3"], "2 is shown, 1 was looked at since");
    let (_, dropped) = within(&mut db, |tx| shrink(tx, 200, &pinned).expect("shrink"));
    assert_eq!((dropped.len(), count(&db).expect("count")), (0, (2, 200)), "it fits");
    let (_, dropped) = within(&mut db, |tx| shrink(tx, 0, &BTreeSet::new()).expect("shrink"));
    assert_eq!(dropped, ["f2", "f1"]);
}

#[test]
fn a_file_that_is_fetched_anew_replaces_the_old_one() {
    let mut db = talk();
    assert!(keep(&mut db, 1, "mxc://x/1", "f1", 1));
    let (_, dropped) =
        within(&mut db, |tx| insert(tx, EventRow(1), "mxc://x/1", "f2", 100, 2).expect("insert"));
    assert_eq!(dropped, ["f1"]);
    let (_, dropped) = within(&mut db, |tx| remove(tx, "mxc://x/1").expect("remove"));
    assert_eq!((dropped, files(&db).expect("files")), (vec!["f2".to_owned()], Vec::new()));
}
