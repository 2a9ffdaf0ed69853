//! Clips on their way: small, without metadata, never in plain on the disk, the same at the other end.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use qroc_server::Options;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::peer::Peer;
use crate::terminal::{Officer, program, server_with, two_officers, until};

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn fixture(name: &str) -> String {
    qroc_fixtures::path(name).display().to_string()
}

#[test]
fn a_clip_reaches_another_officer_and_another_client() {
    let server = server_with(Options::default(), &["lisbon", "madrid", "porto"]);
    let url = server.base_url();
    let (lisbon, madrid, room) = two_officers(&url);
    let mut porto = Peer::sign_in(&url, "porto");
    lisbon.run(&["room", "invite", &room, &porto.user]).one();
    porto.join(&room);
    lisbon.sync();
    let sent = lisbon.run(&["send-file", &room, &fixture("bigbuckbunny.mp4"), "--caption", "Gate"]).one();
    assert_eq!(
        (&sent["mime"], &sent["width"], &sent["height"]),
        (&json!("video/mp4"), &json!(1280), &json!(720))
    );
    assert!(sent["duration_ms"].as_u64().is_some_and(|ms| (5200..5400).contains(&ms)), "{sent}");
    assert!(sent["sent_bytes"].as_u64() <= sent["source_bytes"].as_u64());
    assert!(sent["thumbnail_bytes"].as_u64().is_some() && sent["blurhash"].as_str().is_some());
    let event = sent["event_id"].as_str().expect("sent").to_owned();

    madrid.sync();
    let items = madrid.offline(&room);
    let item = items.iter().find(|item| item["event_id"] == event.as_str()).expect("item");
    assert_eq!((&item["msgtype"], &item["body"]), (&json!("m.video"), &json!("Gate")));
    let attachment = &item["attachment"];
    assert_eq!(attachment["name"], "bigbuckbunny.mp4");
    assert_eq!((&attachment["width"], &attachment["height"]), (&json!(1280), &json!(720)));
    assert_eq!(attachment["duration_ms"], sent["duration_ms"]);
    madrid.run(&["download", &room, &event, "--to", "got.mp4"]).one();
    let got = fs::read(madrid.file("got.mp4")).expect("got");
    assert_eq!(sent["sha256"], sha256(&got).as_str());

    porto.sees(&room, &event);
    for (part, kind) in [("file", "video/mp4"), ("thumbnail", "image/jpeg")] {
        let to = porto.file(part);
        porto.ask(json!({"do": "download", "event": event, "to": to, "part": part}));
        let bytes = fs::read(&to).expect("download");
        if part == "file" {
            assert!(bytes == got);
        } else {
            assert!(bytes.starts_with(&[0xFF, 0xD8]), "{kind}");
        }
    }
}

/// Every byte that a process and its children write to a regular file, by path; and every file opened to be written.
struct Written {
    files: Vec<(String, Vec<u8>)>,
    opened: BTreeSet<String>,
}

fn watched(officer: &Officer, args: &[&str]) -> (Value, Written) {
    let log = officer.file("trace");
    let shaped = officer.command(args);
    let mut command = Command::new("strace");
    command
        .args(["-f", "-y", "-xx", "-s", "10000000", "-o"])
        .arg(&log)
        .args(["-e", "trace=open,openat,creat,memfd_create,write,pwrite64,writev,pwritev,pwritev2"])
        .arg(program())
        .args(shaped.get_args())
        .env_clear()
        .current_dir(shaped.get_current_dir().expect("dir"))
        .stdin(Stdio::null());
    for (key, value) in shaped.get_envs() {
        command.env(key, value.expect("value"));
    }
    let output = command.output().expect("strace is installed by `make setup`");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said} {}", String::from_utf8_lossy(&output.stderr));
    let mut written = Written { files: Vec::new(), opened: BTreeSet::new() };
    for line in fs::read_to_string(&log).expect("trace").lines() {
        let Some((call, rest)) = line.split_once(' ').and_then(|(_, line)| line.trim_start().split_once('('))
        else {
            continue;
        };
        if call.contains("write") {
            let Some(path) = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')) else {
                continue;
            };
            // With `-xx` paths are spelled too.
            let path = String::from_utf8_lossy(&spelled(path.0)).into_owned();
            if path.starts_with('/') && !path.starts_with("/dev/") {
                written.files.push((path, rest.split('"').skip(1).step_by(2).flat_map(spelled).collect()));
            }
        } else if ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TMPFILE"].iter().any(|flag| rest.contains(flag))
            || call == "memfd_create"
        {
            let name = rest.split('"').nth(1).map(spelled).unwrap_or_default();
            written.opened.insert(String::from_utf8_lossy(&name).into_owned());
        }
    }
    fs::remove_file(&log).expect("trace");
    (serde_json::from_str(said.lines().last().expect("answer")).expect("json"), written)
}

fn spelled(text: &str) -> Vec<u8> {
    if !text.starts_with("\\x") {
        return text.as_bytes().to_vec();
    }
    text.split("\\x").skip(1).filter_map(|byte| u8::from_str_radix(byte.get(..2)?, 16).ok()).collect()
}

/// Pieces of a file that no other file has.
fn pieces(bytes: &[u8]) -> Vec<&[u8]> {
    let step = (bytes.len() / 200).max(32);
    let varied = |piece: &&[u8]| piece.iter().collect::<BTreeSet<_>>().len() > 16;
    bytes.chunks(step).filter_map(|chunk| chunk.get(..32)).filter(varied).collect()
}

/// The first of the pieces that stands anywhere in these bytes.
fn held<'a>(bytes: &[u8], pieces: &[&'a [u8]]) -> Option<&'a [u8]> {
    let begins: BTreeSet<&[u8]> = pieces.iter().map(|piece| &piece[..8]).collect();
    let mut pairs = vec![false; 1 << 16];
    for begin in &begins {
        pairs[usize::from(begin[0]) << 8 | usize::from(begin[1])] = true;
    }
    let at = bytes.windows(8).enumerate().filter(|(_, window)| {
        pairs[usize::from(window[0]) << 8 | usize::from(window[1])] && begins.contains(window)
    });
    at.flat_map(|(at, _)| pieces.iter().filter(move |piece| bytes[at..].starts_with(piece))).copied().next()
}

#[test]
fn no_plain_byte_of_a_clip_reaches_the_disk_while_it_is_sent() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, _madrid, room) = two_officers(&server.base_url());
    for (clip, more) in [("bigbuckbunny.mp4", &[][..]), ("bikes.mp4", &["--trim", "1-4"])] {
        let source = fixture(clip);
        let (sent, written) = watched(&lisbon, &[&["send-file", &room, &source], more].concat());
        // What was made, to be looked for: made again, it is the same.
        let made = lisbon.path("made.mp4");
        lisbon.run(&[&["media", &source, "--to", &made, "--force"], more].concat()).one();
        let made = fs::read(&made).expect("made");
        assert_eq!(sent["sha256"], sha256(&made).as_str(), "not the same twice");

        let profile = lisbon.profile().display().to_string();
        let outside: Vec<&String> = written
            .opened
            .iter()
            .filter(|path| {
                !path.starts_with(&profile) && !path.starts_with("/dev/") && !path.starts_with("/proc/")
            })
            .collect();
        assert_eq!(outside, Vec::<&String>::new(), "opened to be written outside the profile");
        let total: usize = written.files.iter().map(|(_, bytes)| bytes.len()).sum();
        assert!(total > made.len() * 2, "spool and sealed file were not seen: {total}");
        let source = fs::read(&source).expect("source");
        let (of_made, of_source) = (pieces(&made), pieces(&source));
        assert!(of_made.len() > 50 && of_source.len() > 50);
        assert!(held(&made, &of_made).is_some() && held(&made[1..], &of_made[1..]).is_some());
        for (path, bytes) in &written.files {
            assert_eq!(held(bytes, &of_made), None, "plain bytes of what was made in {path}");
            assert_eq!(held(bytes, &of_source), None, "plain bytes of the source in {path}");
            for name in [b"ftyp".as_slice(), b"moov", b"mdat", b"stco", b"avc1", b"\xFF\xD8\xFF\xE0", b"JFIF"]
            {
                let found = bytes.windows(name.len()).position(|window| window == name);
                // Four bytes of ciphertext can be anything, once in four thousand million.
                assert!(found.is_none(), "{name:?} in {path} at {found:?}");
            }
        }
    }
}

#[test]
fn memory_does_not_grow_with_the_length_of_a_clip() {
    const SLACK: u64 = 16 * 1024 * 1024;
    let officer = Officer::new("nobody");
    let (short, long) = (fixture("bigbuckbunny.mp4"), officer.file("long.mp4"));
    let looped = Command::new("ffmpeg")
        .args(["-v", "error", "-stream_loop", "49", "-i", &short, "-c", "copy"])
        .arg(&long)
        .status()
        .expect("ffmpeg");
    assert!(looped.success() && fs::metadata(&long).expect("long").len() > 3 * SLACK);
    let peak = |clip: &str| {
        let said = officer.run(&["media", clip, "--to", "out.mp4", "--force"]).one();
        said["peak_bytes"].as_u64().expect("Linux counts it")
    };
    let (of_short, of_long) = (peak(&short), peak(&long.display().to_string()));
    assert!(of_long < of_short + SLACK, "{of_short} for 5 s, {of_long} for 4 minutes");
}

#[test]
fn a_process_killed_while_it_codes_leaves_nothing_and_the_next_one_works() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, _madrid, room) = two_officers(&server.base_url());
    let media = lisbon.profile().join("accounts/1/media");
    let args = ["send-file", &room, &fixture("bigbuckbunny.mp4"), "--trim", "0.1-5.2"];
    let mut child = lisbon.command(&args).spawn().expect("qroc");
    let id = child.id();
    let children = || fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    let workers = || {
        let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
        threads
            .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
            .collect::<String>()
    };
    until("a process that prepares", || !workers().trim().is_empty() || !children().trim().is_empty());
    let worker: u32 = workers().split_whitespace().next().expect("worker").parse().expect("id");
    std::thread::sleep(Duration::from_millis(300));
    child.kill().expect("kill");
    child.wait().expect("ended");
    // Whoever it worked for is gone: it ends by itself.
    until("the end of what prepares", || !fs::exists(format!("/proc/{worker}")).unwrap_or(true));
    assert_eq!(lisbon.run(&["queue"]).all(), Vec::<Value>::new());
    lisbon.sync();
    assert_eq!(fs::read_dir(&media).expect("media").count(), 0, "what was half sealed is taken away");
    assert_eq!(lisbon.run(&args).one()["state"], "sent");
}

/// What is linked is loaded by every process, whatever it is for.
#[test]
fn the_program_starts_without_ffmpeg() {
    let program = fs::read(program()).expect("program");
    let has = |name: &str| program.windows(name.len()).any(|found| found == name.as_bytes());
    for library in ["avcodec", "avfilter", "avformat", "avutil", "swresample", "swscale"] {
        assert!(!has(&format!("lib{library}.so")), "{library} is linked: a function is missing in late.rs");
    }
    assert!(has("avformat_open_input"), "but it can use it");
}
