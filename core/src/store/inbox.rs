//! What a second process hands over to the owner: events in sealed files beside the database, which only the owner
//! writes. A file is complete or not there; taking it over twice changes nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::StoreError;
use super::vault::envelope;
use crate::secret::{Secret, fill_random};

const BOUND: &[u8] = b"eu.qroc.inbox 1";
/// A file that is not complete yet.
const PART: &str = "part";
/// More than this is no event.
const LARGEST: u64 = 1 << 20;

/// An event as the server sent it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Handed {
    /// The room's Matrix id.
    pub room_id: String,
    /// The event.
    pub event: Box<RawValue>,
}

/// Makes the key of the files, once.
pub fn make_key(tx: &Transaction<'_>) -> Result<(), StoreError> {
    if key(tx)?.is_none() {
        let key = Secret::<32>::random().map_err(|_| io::Error::other("no randomness"))?;
        tx.prepare_cached("INSERT OR IGNORE INTO inbox (id, key) VALUES (1, ?1)")?
            .execute([key.expose().as_slice()])?;
    }
    Ok(())
}

/// Reads the key of the files.
pub fn key(connection: &Connection) -> Result<Option<Secret<32>>, StoreError> {
    let bytes: Option<Zeroizing<Vec<u8>>> = connection
        .prepare_cached("SELECT key FROM inbox WHERE id = 1")?
        .query_row([], |row| row.get(0).map(Zeroizing::new))
        .optional()?;
    Ok(bytes.and_then(|bytes| Secret::from_slice(&bytes)))
}

/// Puts an event into the inbox `dir`, made if need be. Files are taken over in the order of `now_ms`.
///
/// # Errors
/// `DiskFull`, `ReadOnly`, `Io`; then nothing is there.
pub fn put(dir: &Path, key: &Secret<32>, handed: &Handed, now_ms: i64) -> Result<(), StoreError> {
    let plain = serde_json::to_vec(handed).map_err(io::Error::other)?;
    let sealed =
        envelope::seal(key, Zeroizing::new(plain), BOUND).map_err(|_| io::Error::other("no randomness"))?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(super::open::io)?;
    let mut name = [0; 16];
    fill_random(&mut name).map_err(|_| io::Error::other("no randomness"))?;
    let path = dir.join(format!("{now_ms:016x}-{}", hex::encode(name)));
    let part = path.with_extension(PART);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&part)
        .and_then(|mut file| {
            file.write_all(&sealed)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&part, &path))
        .and_then(|()| File::open(dir)?.sync_all());
    written.map_err(|error| {
        let _ = fs::remove_file(&part);
        super::open::io(error)
    })
}

/// Says whether anything lies in the inbox.
pub fn holds_any(dir: &Path) -> bool {
    fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some())
}

/// Lists what lies in the inbox. Files that cannot be opened are removed: what they hold comes by sync as well.
pub fn list(dir: &Path, key: &Secret<32>) -> Vec<(PathBuf, Handed)> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_some() {
            continue;
        }
        let bytes = match fs::metadata(&path) {
            Ok(about) if about.is_file() && about.len() <= LARGEST => fs::read(&path).unwrap_or_default(),
            Ok(_) | Err(_) => Vec::new(),
        };
        match envelope::open(key, &bytes, BOUND).and_then(|plain| serde_json::from_slice(&plain).ok()) {
            Some(handed) => found.push((path, handed)),
            None => drop(fs::remove_file(&path)),
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handed(text: &str) -> Handed {
        let event = RawValue::from_string(format!(r#"{{"event_id":"${text}"}}"#)).expect("json");
        Handed { room_id: "!room:needle.example".to_owned(), event }
    }

    #[test]
    fn what_is_put_in_is_listed_sealed_and_anything_else_is_thrown_out() {
        let root = tempfile::tempdir().expect("dir");
        let dir = root.path().join("inbox");
        let key = Secret::random().expect("random");
        assert!(list(&dir, &key).is_empty());
        put(&dir, &key, &handed("one"), 2).expect("put");
        put(&dir, &key, &handed("two"), 1).expect("put");
        fs::write(dir.join("half.part"), "half").expect("file");
        fs::write(dir.join("strange"), "not ours").expect("file");
        let found = list(&dir, &key);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|(_, handed)| handed.room_id == "!room:needle.example"));
        assert!(found[0].1.event.get().contains("$two"), "in order");
        for (path, _) in &found {
            let bytes = fs::read(path).expect("file");
            assert!(!bytes.windows(6).any(|window| window == b"needle"));
        }
        assert!(!dir.join("strange").exists() && dir.join("half.part").exists());
        // With another key none of it is an event.
        assert!(list(&dir, &Secret::random().expect("random")).is_empty());
    }
}
