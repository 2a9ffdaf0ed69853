//! What a thief of the phone or of the server's disk reads: of the phone nothing, of the server what it must know.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use qroc_server::Options;
use rustix::process::Signal;

use crate::terminal::{Officer, server_with, two_officers};

fn files_under(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(dir) else { return found };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_under(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// The needles that stand anywhere in these files, as text, as UTF-16 and in hexadecimal; and how many bytes were read.
fn readable<'a>(files: &[PathBuf], needles: &[&'a str]) -> (BTreeSet<(&'a str, PathBuf)>, usize) {
    let forms = |needle: &&'a str| {
        let wide: Vec<u8> = needle.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let spelled = hex::encode(needle).into_bytes();
        [needle.as_bytes().to_vec(), wide, spelled].map(|form| (*needle, form))
    };
    let forms: Vec<_> = needles.iter().flat_map(forms).collect();
    // One pass: most places are ruled out by two bytes.
    let mut begins = vec![Vec::new(); 1 << 16];
    for (index, (_, form)) in forms.iter().enumerate() {
        begins[usize::from(form[0]) << 8 | usize::from(form[1])].push(index);
    }
    let mut hits = BTreeSet::new();
    let mut read = 0;
    for path in files {
        let Ok(bytes) = fs::read(path) else { continue };
        read += bytes.len();
        for at in 0..bytes.len().saturating_sub(1) {
            for index in &begins[usize::from(bytes[at]) << 8 | usize::from(bytes[at + 1])] {
                let (needle, form) = &forms[*index];
                if bytes[at..].starts_with(form) {
                    hits.insert((*needle, path.clone()));
                }
            }
        }
    }
    (hits, read)
}

/// Modes: the profile and what is in it belong to this user alone.
fn is_private(officer: &Officer) {
    let mut dirs = vec![officer.profile()];
    while let Some(dir) = dirs.pop() {
        let mode = fs::metadata(&dir).expect("dir").permissions().mode() & 0o777;
        assert_eq!(mode, 0o700, "{}", dir.display());
        for entry in fs::read_dir(&dir).expect("dir").flatten() {
            let kind = entry.file_type().expect("kind");
            if kind.is_dir() {
                dirs.push(entry.path());
            } else if !kind.is_socket() {
                let mode = entry.metadata().expect("file").permissions().mode() & 0o777;
                assert_eq!(mode, 0o600, "{}", entry.path().display());
            }
        }
    }
    assert_eq!(fs::metadata(officer.file("vault.key")).expect("key").permissions().mode() & 0o777, 0o600);
}

/// The tokens of an account, from the server's own database, which does know them.
fn tokens(homeserver: &Path) -> Vec<String> {
    let python = qroc_fixtures::cache::dir().join("python/peer/bin/python");
    let script = "import sqlite3, sys
database = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)
for table in ('access_tokens', 'refresh_tokens'):
    for (token,) in database.execute(f'select token from {table}'):
        print(token)";
    let said = std::process::Command::new(python)
        .args(["-I", "-c", script])
        .arg(homeserver)
        .output()
        .expect("python");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).expect("tokens").lines().map(str::to_owned).collect()
}

#[test]
fn neither_the_phone_nor_the_server_gives_away_what_was_said() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let url = server.base_url();
    let (lisbon, madrid, room) = two_officers(&url);
    let spoken = "Zeppelin at the lighthouse";
    let secret = "Perimeter plan: wolframite quarry, north gate opens at four";
    fs::write(lisbon.file("ochre-dossier.txt"), secret.repeat(200)).expect("file");
    let photo = qroc_fixtures::path("exif_gps.jpg").display().to_string();
    let database = server.data_dir().join("homeserver.db");

    // While sync runs: bodies, names, captions, drafts in the queue.
    let mut sync = lisbon.follow();
    let event = madrid.say(&room, spoken);
    sync.sees(spoken);
    lisbon.sent(&["send", &room, "Understood, xylophone team moves", "--reply", &event]);
    lisbon.sent(&["send-file", &room, "ochre-dossier.txt", "--caption", "Quokka caption"]);
    lisbon.sent(&["send-file", &room, &photo, "--caption", "Tamarind portrait"]);
    lisbon.sent(&["location", "send", &room, "38.70712,-9.13549"]);
    madrid.sync();
    let file =
        madrid.offline(&room).iter().find(|item| item["body"] == "Quokka caption").expect("file")["event_id"]
            .clone();
    madrid.run(&["download", &room, file.as_str().expect("id"), "--to", "got.txt"]).one();
    assert_eq!(fs::read_to_string(madrid.file("got.txt")).expect("got"), secret.repeat(200));
    // What was fetched and what was sent is kept, sealed, among what is searched.
    for officer in [&lisbon, &madrid] {
        let kept = officer.run(&["status"]).one()["cache_files"].as_u64();
        assert!(kept > Some(0) && officer.strays() == 0, "{kept:?}");
    }

    let said = [
        spoken,
        "Zeppelin",
        "xylophone",
        "wolframite",
        "Quokka caption",
        "Tamarind",
        "ochre-dossier",
        "geo:38.7",
        "38.70712",
    ];
    let mut held: Vec<String> = said.iter().map(|text| (*text).to_owned()).collect();
    held.extend([room.clone(), event.clone(), "Harbour".into(), "qroc.test".into(), "@madrid".into()]);
    held.extend(["m.room".into(), "exif_gps".into(), url.clone(), url.replace("http://", ""), "JFIF".into()]);
    held.extend([lisbon.user.clone(), madrid.user.clone()]);
    let known = tokens(&database);
    assert!(known.len() >= 4, "the search for tokens has something to look for: {}", known.len());
    held.extend(known);
    let held: Vec<&str> = held.iter().map(String::as_str).collect();

    for (officer, when) in [(&lisbon, "while sync runs"), (&madrid, "after it ended")] {
        let files = files_under(&officer.profile());
        assert!(files.iter().any(|path| path.ends_with("qroc.db")) && files.len() >= 3, "{files:?}");
        let (hits, read) = readable(&files, &held);
        assert!(hits.is_empty(), "{when}: {hits:?}");
        assert!(read > 50_000, "{when}: only {read} bytes were searched");
        for path in &files {
            let name = path.to_string_lossy();
            assert!(!held.iter().any(|needle| name.contains(needle)), "{name}");
        }
        is_private(officer);
    }
    assert!(lisbon.profile().join("accounts/1/qroc.db-wal").exists(), "the log was among what was searched");
    // Killed in the middle, nothing more is readable than before.
    assert_eq!(sync.end(Signal::KILL), None);
    assert_eq!(readable(&files_under(&lisbon.profile()), &held).0, BTreeSet::new(), "after a kill");
    assert_eq!(lisbon.texts(&room)[0], spoken);

    what_the_server_reads(server.data_dir(), &said, &room, &lisbon);
}

fn what_the_server_reads(data: &Path, said: &[&str], room: &str, lisbon: &Officer) {
    // All it has: database with its log, media, and what it writes down besides.
    let files = files_under(data);
    let named = |part: &str| files.iter().any(|path| path.to_string_lossy().contains(part));
    assert!(named("homeserver.db") && named("/media/local_content/"), "{files:?}");
    let (hits, read) = readable(&files, said);
    assert!(hits.is_empty(), "{hits:?}");
    assert!(read > 500_000, "only {read} bytes were searched");
    // The search does find what is readable there: names, members, who wrote when, and that files were sent.
    let reads =
        ["Harbour", room, &lisbon.user, "@madrid:qroc.test", "m.room.encrypted", "application/octet-stream"];
    let (hits, _) = readable(&files, &reads);
    let found: BTreeSet<&str> = hits.iter().map(|(needle, _)| *needle).collect();
    assert_eq!(found, BTreeSet::from(reads), "the server reads names and members, and no more");
}
