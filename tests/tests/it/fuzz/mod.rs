//! Foreign input of every kind, bent by chance: nothing panics, hangs or is believed. `QROC_FUZZ_SECONDS` says how long
//! each kind is tried; an input that fails is kept as a file, and belongs into `tests/corpus` once it is mended.

mod exchange;
mod ingest;
mod maps;
mod media;
mod mutate;
mod words;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use qroc_core::geo::Place;
use qroc_core::secret::SecretBytes;
use qroc_core::sliding::Answer;
use qroc_core::store::key_file::KeyFile;
use qroc_core::store::vault::{Cost, PassphraseVault};
use serde_json::Value;

use crate::seed::{Dice, seed, times};

/// Nothing that fits into one answer or file may take longer, even unoptimised and on a busy machine.
const SLOWEST: Duration = Duration::from_secs(20);

/// The inputs of one kind that are kept in the repository.
fn corpus(kind: &str) -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(kind);
    let mut files: Vec<PathBuf> =
        fs::read_dir(dir).expect("corpus").flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().map(|path| fs::read(path).expect("file")).collect()
}

/// Tries `check` on every good input as it is, then on bent ones until the time is over.
fn fuzz(
    kind: &str,
    good: &[Vec<u8>],
    bend: impl Fn(&mut Dice, &[u8], &[u8]) -> Vec<u8>,
    mut check: impl FnMut(&[u8]),
) {
    assert!(!good.is_empty(), "{kind}: nothing to begin with");
    let time = Duration::from_secs(times("QROC_FUZZ_SECONDS", 3));
    let mut dice = Dice::new(seed());
    let begun = Instant::now();
    let mut tried = 0;
    let mut slowest = Duration::ZERO;
    while tried < good.len() || begun.elapsed() < time {
        let input = match good.get(tried) {
            Some(input) => input.clone(),
            None => {
                let (one, other) = (dice.pick(good).clone(), dice.pick(good).clone());
                bend(&mut dice, &one, &other)
            }
        };
        let one = Instant::now();
        let done = catch_unwind(AssertUnwindSafe(|| check(&input)));
        let took = one.elapsed();
        slowest = slowest.max(took);
        if done.is_err() || took > SLOWEST {
            let kept = std::env::temp_dir().join(format!("qroc-fuzz-{kind}-{tried}"));
            fs::write(&kept, &input).expect("kept");
            panic!(
                "{kind}: input {tried} of seed {} failed after {took:?}; kept as {}",
                seed(),
                kept.display()
            );
        }
        tried += 1;
    }
    eprintln!("{kind}: {tried} inputs, the slowest took {} ms", slowest.as_millis());
}

/// Half of them as JSON that is still JSON, half as bytes.
fn bend_json(dice: &mut Dice, input: &[u8], other: &[u8]) -> Vec<u8> {
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
    match (read(input), read(other)) {
        (Some(input), Some(other)) if dice.percent(80) => {
            mutate::json(dice, &input, &other).to_string().into_bytes()
        }
        _ => mutate::bytes(dice, input, other),
    }
}

#[test]
fn sync_answers() {
    fuzz("sync", &corpus("sync"), bend_json, |input| {
        if let Ok(answer) = Answer::read(input) {
            assert!(answer.rooms.iter().all(|room| room.room_id.starts_with('!')));
        }
    });
}

#[test]
fn geo_uris() {
    fuzz("geo", &corpus("geo"), mutate::bytes, |input| {
        let text = String::from_utf8_lossy(input);
        if let Some(place) = Place::from_uri(&text) {
            let again = Place::from_uri(&place.to_uri()).expect("what we write we read");
            assert_eq!(again.to_uri(), place.to_uri());
            assert!(place.lat.abs() <= 90.0 && place.lon.abs() <= 180.0, "{place:?}");
        }
    });
}

#[test]
fn file_names() {
    let mimes = ["image/jpeg", "application/pdf", "text/html", "application/x-dosexec", "", "\u{0}/\u{0}"];
    fuzz("name", &corpus("name"), mutate::bytes, |input| {
        for mime in mimes {
            let name = qroc_core::media::safe_name(&String::from_utf8_lossy(input), mime);
            let path = Path::new(&name);
            assert_eq!(
                path.file_name().map(|name| name.to_string_lossy().into_owned()),
                Some(name.clone()),
                "{name:?}"
            );
            assert!(
                !name.starts_with('.') && name.len() <= 255 && !name.contains(['/', '\\', '\0']),
                "{name:?}"
            );
            assert!(
                !name.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)),
                "{name:?}"
            );
        }
    });
}

#[test]
fn key_files() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
    let vault = || {
        let cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };
        PassphraseVault::with_cost(SecretBytes::new(b"right".to_vec()), cost)
    };
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("device.key");
    let mut unlocked = runtime.block_on(KeyFile::create(dir.path(), &vault(), "test")).expect("made");
    let first = fs::read(&path).expect("file");
    let key = unlocked.add_account("@a:x", "https://x").expect("account").db;
    unlocked.save().expect("saved");
    let good = [first, fs::read(&path).expect("file")];
    fuzz("key-file", &good, mutate::bytes, |input| {
        fs::write(&path, input).expect("file");
        let Ok(locked) = KeyFile::read(dir.path()) else { return };
        // What opens at all holds what was sealed, or nothing.
        if let Ok(opened) = runtime.block_on(locked.unlock(&vault())) {
            assert!(opened.accounts().iter().all(|account| account.db == key));
        }
    });
}
