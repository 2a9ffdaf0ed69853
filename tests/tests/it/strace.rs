//! What the program asks of the kernel, in order, as strace saw it; and the kernel's answers made bad.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::terminal::{Officer, program};

/// Says whether processes can be traced here: some containers refuse it.
pub fn works() -> bool {
    static WORKS: OnceLock<bool> = OnceLock::new();
    *WORKS.get_or_init(|| {
        let tried = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).output();
        let works = tried.is_ok_and(|output| output.status.success());
        if !works {
            eprintln!("NOT TESTED: strace is not installed, or this place refuses to trace processes");
        }
        works
    })
}

/// The program as this officer would run it, under strace.
pub fn command(officer: &Officer, options: &[&str], args: &[&str]) -> Command {
    let plain = officer.command(args);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq"]).args(options).arg("--").arg(program()).args(plain.get_args());
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(plain.get_current_dir().expect("dir"));
    for (name, value) in plain.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// One thing that happened, in the order in which it was asked for; a sync when it was done.
#[derive(Clone, Debug)]
pub enum Happened {
    Created(PathBuf),
    Written {
        path: PathBuf,
        offset: Option<usize>,
        bytes: Vec<u8>,
    },
    Shortened {
        path: PathBuf,
        length: usize,
    },
    Removed(PathBuf),
    Renamed(PathBuf, PathBuf),
    MadeDir(PathBuf),
    Synced(PathBuf),
    /// Bytes that left through a socket.
    Sent(Vec<u8>),
    /// Bytes on standard output.
    Said(Vec<u8>),
}

const WATCHED: &str = "trace=openat,write,pwrite64,writev,sendto,sendmsg,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat";

/// Runs the program to its end and tells what happened. It must end well.
pub fn watch(officer: &Officer, args: &[&str]) -> Vec<Happened> {
    let log = officer.file("strace.log");
    let name = log.display().to_string();
    let options = ["-y", "-xx", "-s", "2000000", "-e", WATCHED, "-o", &name];
    let output = command(officer, &options, args).output().expect("strace");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(&log).expect("trace");
    std::fs::remove_file(&log).expect("trace");
    read(&text)
}

fn read(text: &str) -> Vec<Happened> {
    let mut all = Vec::new();
    // What a thread began while another's call was told in between.
    let mut begun: std::collections::BTreeMap<&str, &str> = std::collections::BTreeMap::new();
    for line in text.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        if let Some(first) = call.strip_suffix("<unfinished ...>") {
            begun.insert(thread, first);
            // What is written counts from when it is asked for.
            all.extend(happened(first));
        } else if let Some(rest) = call.strip_prefix("<... ") {
            let result = rest.rsplit_once(" = ").map_or("", |(_, result)| result);
            if let Some(first) = begun.remove(thread).filter(|_| !result.starts_with('-')) {
                all.extend(finished(first, result));
            }
        } else if let Some((first, result)) =
            call.rsplit_once(" = ").filter(|(_, said)| !said.starts_with('-'))
        {
            all.extend(happened(first));
            all.extend(finished(first, result));
        }
    }
    all
}

/// What counts when it begins.
fn happened(call: &str) -> Option<Happened> {
    let (name, rest) = call.split_once('(')?;
    let strings = strings(rest);
    let path = fd_path(rest);
    match name {
        "write" | "pwrite64" | "writev" | "sendto" | "sendmsg" => {
            let bytes = strings.concat();
            let path = path?;
            let text = path.to_string_lossy();
            if text.starts_with("socket:") || text.starts_with("TCP") {
                return Some(Happened::Sent(bytes));
            }
            if rest.starts_with("1<") {
                return Some(Happened::Said(bytes));
            }
            let offset = if name == "pwrite64" { last_number(rest) } else { None };
            path.is_absolute().then_some(Happened::Written { path, offset, bytes })
        }
        "ftruncate" => Some(Happened::Shortened { path: path?, length: last_number(rest)? }),
        "unlink" | "unlinkat" => {
            let name = to_path(strings.last()?);
            Some(Happened::Removed(match path {
                Some(dir) if !name.is_absolute() => dir.join(name),
                _ => name,
            }))
        }
        "rename" | "renameat" | "renameat2" => {
            Some(Happened::Renamed(to_path(strings.first()?), to_path(strings.get(1)?)))
        }
        _ => None,
    }
}

/// What counts when it is done.
fn finished(call: &str, result: &str) -> Option<Happened> {
    let (name, rest) = call.split_once('(')?;
    match name {
        "fsync" | "fdatasync" => Some(Happened::Synced(fd_path(rest)?)),
        "openat" if rest.contains("O_CREAT") => Some(Happened::Created(fd_path(result)?)),
        "mkdir" | "mkdirat" => Some(Happened::MadeDir(to_path(strings(rest).first()?))),
        _ => None,
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| byte.is_ascii_hexdigit()).collect();
    digits.chunks(2).filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

fn to_path(bytes: &[u8]) -> PathBuf {
    Path::new(&String::from_utf8_lossy(bytes).into_owned()).to_owned()
}

/// The path of the first descriptor, `9<\x2f…>`.
fn fd_path(text: &str) -> Option<PathBuf> {
    let (_, rest) = text.split_once('<')?;
    let (inside, _) = rest.split_once('>')?;
    Some(if inside.starts_with("\\x") {
        to_path(&unescape(&inside.replace("\\x", "")))
    } else {
        inside.into()
    })
}

/// All quoted strings.
fn strings(text: &str) -> Vec<Vec<u8>> {
    text.split('"').skip(1).step_by(2).map(|inside| unescape(&inside.replace("\\x", ""))).collect()
}

fn last_number(text: &str) -> Option<usize> {
    let inside = text.trim_end().trim_end_matches(')');
    inside.rsplit(", ").next()?.trim().parse().ok()
}

#[test]
fn a_trace_is_read() {
    let text = r#"7  openat(AT_FDCWD<\x2f>, "\x2f\x61", O_WRONLY|O_CREAT|O_CLOEXEC, 0777) = 3<\x2f\x61>
7  pwrite64(3<\x2f\x61>, "\x68\x69", 2, 5) = 2
8  fdatasync(3<\x2f\x61> <unfinished ...>
7  sendto(9<socket:[7]>, "\x50", 1, MSG_NOSIGNAL, NULL, 0) = 1
8  <... fdatasync resumed>) = 0
7  write(1<\x2f\x62>, "\x6f\x6b", 2) = 2
7  pwrite64(3<\x2f\x61>, "\x68\x69", 2, 5) = -1 ENOSPC (No space left on device) (INJECTED)"#;
    let told: Vec<String> = read(text).iter().map(|happened| format!("{happened:?}")).collect();
    assert_eq!(
        told,
        [
            r#"Created("/a")"#,
            r#"Written { path: "/a", offset: Some(5), bytes: [104, 105] }"#,
            "Sent([80])",
            r#"Synced("/a")"#,
            "Said([111, 107])",
        ]
    );
}
