use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::changes::{Change, Changes};
use super::{DATABASE, Durability, Store, StoreError};
use crate::secret::DbKey;

fn key() -> DbKey {
    DbKey::new(crate::secret::Secret::from_slice(&[7; 32]).expect("32 bytes"), [9; 16])
}

async fn say(store: &Store, body: &'static str) -> Result<(), StoreError> {
    store
        .write(Durability::Full, move |tx, changes: &mut Changes| {
            tx.execute("INSERT INTO account_data (type, content) VALUES (?1, '{}')", [body])?;
            changes.note(Change::RoomList);
            Ok(())
        })
        .await
}

fn said(store: &Store) -> Vec<String> {
    store
        .read(|connection| {
            let mut statement = connection.prepare_cached("SELECT type FROM account_data ORDER BY type")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok::<_, StoreError>(rows.collect::<Result<_, _>>()?)
        })
        .expect("read")
}

fn holds(dir: &Path, needle: &[u8]) -> bool {
    fs::read_dir(dir).expect("dir").any(|entry| {
        let bytes = fs::read(entry.expect("entry").path()).expect("file");
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

#[tokio::test]
async fn what_was_written_is_there_again_and_nothing_of_it_is_readable_on_disk() {
    let dir = tempfile::tempdir().expect("dir");
    let store = Store::create(dir.path(), &key()).expect("create");
    let mut changes = store.subscribe();
    say(&store, "the-suspect-is-at-the-harbour").await.expect("write");
    assert!(changes.recv().await.expect("published").contains(Change::RoomList));
    assert_eq!(said(&store), ["the-suspect-is-at-the-harbour"]);
    assert!(!holds(dir.path(), b"harbour"), "while open, write-ahead log included");
    assert!(!holds(dir.path(), b"SQLite format"));
    drop(store);
    assert!(!holds(dir.path(), b"harbour"), "after closing");
    let again = Store::open(dir.path(), &key()).expect("open");
    assert_eq!(said(&again), ["the-suspect-is-at-the-harbour"]);
    for name in [DATABASE, "owner.lock"] {
        let mode = fs::metadata(dir.path().join(name)).expect("file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_failed_write_changes_nothing_and_says_nothing() {
    let dir = tempfile::tempdir().expect("dir");
    let store = Store::create(dir.path(), &key()).expect("create");
    let mut changes = store.subscribe();
    let failed = store
        .write(Durability::Normal, |tx, changes| {
            tx.execute("INSERT INTO account_data (type, content) VALUES ('half', '{}')", [])?;
            changes.note(Change::Outbox);
            Err::<(), _>(StoreError::NotFound("room"))
        })
        .await;
    assert!(matches!(failed, Err(StoreError::NotFound("room"))));
    assert!(said(&store).is_empty());
    assert!(changes.try_recv().is_err());
}

#[tokio::test]
async fn readers_cannot_write_and_a_second_owner_is_told_so() {
    let dir = tempfile::tempdir().expect("dir");
    let owner = Store::create(dir.path(), &key()).expect("create");
    assert!(matches!(Store::open(dir.path(), &key()), Err(StoreError::InUse)));
    let reader = Store::open_reader(dir.path(), &key()).expect("reader");
    say(&owner, "x").await.expect("write");
    assert_eq!(said(&reader), ["x"], "a reader sees the owner's commits");
    assert!(matches!(say(&reader, "y").await, Err(StoreError::Closed)));
    let refused =
        reader.read(|connection| Ok::<_, StoreError>(connection.execute("DELETE FROM account_data", [])?));
    assert!(matches!(refused, Err(StoreError::ReadOnly)), "{refused:?}");
}

#[test]
fn each_reason_not_to_open_has_its_own_words_and_leaves_the_file_alone() {
    let dir = tempfile::tempdir().expect("dir");
    assert!(matches!(Store::open(dir.path(), &key()), Err(StoreError::Missing)));
    drop(Store::create(dir.path(), &key()).expect("create"));
    assert!(matches!(Store::create(dir.path(), &key()), Err(StoreError::Exists)));
    assert!(matches!(
        Store::open(
            dir.path(),
            &DbKey::new(crate::secret::Secret::from_slice(&[7; 32]).expect("32 bytes"), [1; 16])
        ),
        Err(StoreError::WrongKey)
    ));

    let path = dir.path().join(DATABASE);
    let whole = fs::read(&path).expect("file");
    let mut bent = whole.clone();
    bent[100] ^= 1;
    let tries: [(&str, &[u8]); 3] =
        [("a bent first page", &bent), ("five bytes", &whole[..5]), ("nothing", &[])];
    for (what, bytes) in tries {
        fs::write(&path, bytes).expect("write");
        let opened = Store::open(dir.path(), &key());
        assert!(matches!(opened, Err(StoreError::Damaged)), "{what}: {opened:?}");
        assert_eq!(fs::read(&path).expect("file"), bytes, "{what}: left as it was");
    }

    fs::write(&path, &whole).expect("write");
    let connection = super::open::writer(&path, &key()).expect("open");
    connection.pragma_update(None, "user_version", 99).expect("version");
    drop(connection);
    assert!(matches!(Store::open(dir.path(), &key()), Err(StoreError::NewerSchema { found: 99, .. })));
}

#[tokio::test]
async fn a_full_disk_changes_nothing_and_is_over_when_there_is_room_again() {
    let dir = tempfile::tempdir().expect("dir");
    let store = Store::create(dir.path(), &key()).expect("create");
    say(&store, "before").await.expect("write");
    let pages = |most: u32| {
        let store = &store;
        async move {
            let set = store.write(Durability::Normal, move |tx, _| {
                Ok::<_, StoreError>(tx.query_row(&format!("PRAGMA max_page_count = {most}"), [], |_| Ok(()))?)
            });
            set.await.expect("limit");
        }
    };
    pages(1).await;
    let failed = store
        .write(Durability::Full, |tx, _| {
            tx.execute("INSERT INTO account_data (type, content) VALUES ('big', hex(zeroblob(500000)))", [])?;
            Ok::<_, StoreError>(())
        })
        .await;
    assert!(matches!(failed, Err(StoreError::DiskFull)), "{failed:?}");
    assert_eq!(said(&store), ["before"]);
    pages(1_000_000).await;
    say(&store, "later").await.expect("write");
    assert_eq!(said(&store), ["before", "later"]);
}

#[tokio::test]
async fn a_fault_in_the_middle_of_a_write_takes_it_back_and_the_writer_goes_on() {
    let dir = tempfile::tempdir().expect("dir");
    let store = Store::create(dir.path(), &key()).expect("create");
    say(&store, "before").await.expect("write");
    let mut changes = store.subscribe();
    let fault = store
        .write(Durability::Full, |tx, changes: &mut Changes| -> Result<(), StoreError> {
            tx.execute("INSERT INTO account_data (type, content) VALUES ('half', '{}')", [])?;
            changes.note(Change::RoomList);
            panic!("a fault of the program");
        })
        .await;
    assert!(matches!(fault, Err(StoreError::Fault)), "{fault:?}");
    assert_eq!(said(&store), ["before"]);
    assert!(changes.try_recv().is_err(), "nothing was published");
    say(&store, "later").await.expect("the writer goes on");
    drop(store);
    assert_eq!(said(&Store::open(dir.path(), &key()).expect("open")), ["before", "later"]);
}

#[test]
fn a_file_with_larger_pages_opens_with_what_its_log_holds() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join(DATABASE);
    let former = super::open::create_with(&path, &key(), 4096).expect("create");
    former
        .execute("INSERT INTO account_data (type, content) VALUES ('in the log', '{}')", [])
        .expect("write");
    // As after a kill: copied with its log, which nobody has folded in.
    let after = tempfile::tempdir().expect("dir");
    for name in [DATABASE, "qroc.db-wal"] {
        fs::copy(dir.path().join(name), after.path().join(name)).expect("copy");
    }
    assert!(fs::metadata(after.path().join("qroc.db-wal")).expect("log").len() > 0);
    for access in [Store::open, Store::open_reader] {
        assert_eq!(said(&access(after.path(), &key()).expect("open")), ["in the log"]);
    }
    let store = Store::open(after.path(), &key()).expect("open");
    let size = |store: &Store| {
        let size = |db: &rusqlite::Connection| {
            db.query_row("PRAGMA cipher_page_size", [], |row| row.get::<_, String>(0))
        };
        store.read(|db| Ok::<_, StoreError>(size(db)?))
    };
    assert_eq!(size(&store).expect("size"), "4096");
    let new = tempfile::tempdir().expect("dir");
    assert_eq!(size(&Store::create(new.path(), &key()).expect("create")).expect("size"), "2048");
}

#[tokio::test]
async fn what_is_tidied_gets_small_and_idle_writes_nothing() {
    let dir = tempfile::tempdir().expect("dir");
    let store = Store::create(dir.path(), &key()).expect("create");
    // Ten megabytes that go again, and a search index in many parts.
    let write = |from: usize| {
        store.write(Durability::Normal, move |tx, _| {
            for number in from..from + 50 {
                let text = format!("harbour word{number} {}", "x".repeat(4_000));
                tx.execute(
                    "INSERT INTO account_data (type, content) VALUES (?1, ?2)",
                    (number.to_string(), &text),
                )?;
                tx.execute(
                    "INSERT INTO event_fts (rowid, words) VALUES (?1, ?2)",
                    (i64::try_from(number).ok(), &text),
                )?;
            }
            Ok::<_, StoreError>(())
        })
    };
    store
        .write(Durability::Normal, |tx, _| {
            Ok::<_, StoreError>(tx.execute_batch(
                "INSERT INTO event_fts (event_fts, rank) VALUES ('automerge', 0);
                 INSERT INTO event_fts (event_fts, rank) VALUES ('crisismerge', 100);",
            )?)
        })
        .await
        .expect("set");
    for turn in 0..40 {
        write(turn * 50).await.expect("write");
    }
    let parts = || {
        store.read(|connection| {
            let sql = "SELECT count(DISTINCT segid) FROM event_fts_idx";
            Ok::<_, StoreError>(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?)
        })
    };
    assert!(parts().expect("parts") > 12, "{:?}", parts());
    store
        .write(Durability::Normal, |tx, _| Ok::<_, StoreError>(tx.execute("DELETE FROM account_data", [])?))
        .await
        .expect("deleted");
    let size = |name: &str| fs::metadata(dir.path().join(name)).map_or(0, |found| found.len());
    let before = size(DATABASE);
    let mut steps = 0;
    while store.tidy().await.expect("tidied") {
        steps += 1;
        assert!(steps < 1_000, "it comes to an end");
    }
    assert!(parts().expect("parts") <= 12, "{:?}", parts());
    let free = store.read(|connection| {
        Ok::<_, StoreError>(
            connection.pragma_query_value(None, "freelist_count", |row| row.get::<_, i64>(0))?,
        )
    });
    assert!(steps > 10 && free.expect("free") <= 256, "{steps} steps");
    assert!(size("qroc.db-wal") < 8 << 20, "a log of {} bytes", size("qroc.db-wal"));
    // Asked again and again there is nothing to do, and nothing is written.
    let written = || {
        (
            size(DATABASE),
            size("qroc.db-wal"),
            fs::metadata(dir.path().join("qroc.db-wal")).ok().map(|log| log.modified().ok()),
        )
    };
    let still = written();
    for _ in 0..3 {
        *store.tidied.lock().expect("tidied") = None;
        assert!(!store.tidy().await.expect("tidied"));
    }
    assert_eq!(written(), still);
    drop(store);
    assert!(size(DATABASE) < before, "{} of {before}", size(DATABASE));
    Store::open(dir.path(), &key()).expect("open").check().expect("whole");
}
