//! Who is asked, and what happens when the server goes away, comes back, or gives tokens that end at once.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use qroc_server::Options;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::proxy::{Proxy, Turn};
use crate::terminal::{Officer, program, server_with, two_officers, until};

/// A door that nobody should knock at. Counts who does.
fn elsewhere() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("port");
    let address = format!("127.0.0.1:{}", listener.local_addr().expect("address").port());
    let knocks = Arc::new(AtomicUsize::new(0));
    let counted = knocks.clone();
    thread::spawn(move || {
        for _ in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (address, knocks)
}

/// Runs the program under strace, which writes down every address that it connects or sends to.
fn traced(officer: &Officer, log: &Path, args: &[&str]) -> Output {
    let plain = officer.command(args);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-A", "-e", "trace=connect,sendto,sendmsg,bind", "-o"]).arg(log);
    command.arg(program()).args(plain.get_args());
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(plain.get_current_dir().expect("dir"));
    for (name, value) in plain.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    // A proxy of the environment leads nowhere either.
    command.env("http_proxy", "http://127.0.0.1:9").env("https_proxy", "http://127.0.0.1:9");
    command.output().expect("strace")
}

#[test]
fn no_host_but_the_configured_one_is_asked() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    fs::write(lisbon.file("plan.txt"), "north gate").expect("file");
    let first = lisbon.say(&room, "https://elsewhere.example/picture.png");
    let file = lisbon.sent(&["send-file", &room, "plan.txt"]);
    madrid.sync();

    // What an answer says about other hosts is not followed: redirects, well-known files, addresses in messages.
    let (other, knocks) = elsewhere();
    let proxy = Proxy::start(server.port());
    let target = other.clone();
    proxy.rule(move |asked| {
        let target = target.clone();
        match asked.path.as_str() {
            path if path.ends_with("/login") => Turn::Change(Box::new(move |body| {
                let mut answer: Value = serde_json::from_slice(&body).expect("JSON");
                answer["well_known"] = json!({"m.homeserver": {"base_url": format!("http://{target}")}});
                answer["home_server"] = json!(target);
                answer.to_string().into_bytes()
            })),
            path if path.contains("/devices") => {
                let headers: &'static str =
                    Box::leak(format!("Location: http://{target}/x\r\n").into_boxed_str());
                Turn::Answer { status: 302, kind: "text/plain", body: Vec::new(), headers }
            }
            _ => Turn::Pass,
        }
    });
    let lured = Officer::new("lured");
    let signed = lured.login(&proxy.url(), "lisbon", &[]).one();
    assert_eq!(signed["homeserver"], proxy.url().as_str());
    lured.sync();
    lured.run(&["devices"]).error(1);
    assert_eq!(knocks.load(Ordering::SeqCst), 0, "an answer led elsewhere");
    assert!(proxy.asked("").len() > 5);

    if Command::new("strace").arg("-V").output().is_err() {
        eprintln!("strace is not installed: who is asked was checked through redirects only");
        return;
    }
    let log = madrid.file("trace");
    let mut seen = BTreeSet::new();
    for args in [
        &["sync", "--once"][..],
        &["send", &room, "Seen"],
        &["send-file", &room, "password"],
        &["download", &room, &file, "--to", "got.txt"],
        &["timeline", &room],
        &["react", &room, &first, "👍"],
        &["location", "send", &room, "38.7,-9.1"],
        &["devices"],
        &["rooms"],
        &["logout"],
    ] {
        let ended = traced(&madrid, &log, args);
        assert!(ended.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ended.stderr));
        for line in fs::read_to_string(&log).expect("trace").lines() {
            if line.contains("AF_INET") {
                seen.insert(
                    line.split_once('{').map_or(line, |(_, rest)| rest).split('}').next().unwrap().to_owned(),
                );
            }
        }
        fs::remove_file(&log).expect("trace");
    }
    let own =
        format!("sa_family=AF_INET, sin_port=htons({}), sin_addr=inet_addr(\"127.0.0.1\")", server.port());
    assert_eq!(seen, BTreeSet::from([own]));
}

#[test]
fn a_server_that_restarts_in_the_middle_loses_nothing() {
    let mut server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let mut sync = lisbon.follow();
    madrid.say(&room, "Before");
    sync.sees("Before");
    server.kill().expect("killed");
    let queued = lisbon.run(&["send", &room, "In between", "--timeout", "1"]);
    assert_eq!(queued.status(), 4, "{}", queued.err());
    server.restart().expect("restarted");
    until("what waited", || {
        madrid.sync();
        madrid.texts(&room).contains(&"In between".to_owned())
    });
    madrid.say(&room, "After");
    sync.sees("After");
    assert_eq!(sync.end(Signal::INT), Some(130));
    for officer in [&lisbon, &madrid] {
        assert_eq!(officer.texts(&room), ["Before", "In between", "After"]);
    }
}

#[test]
fn tokens_that_end_at_once_are_renewed_once_each_and_nobody_is_signed_out() {
    let options = Options::default().refreshable_access_token_lifetime(Duration::from_secs(3));
    let server = server_with(options, &["lisbon", "madrid"]);
    let proxy = Proxy::start(server.port());
    let (lisbon, madrid, room) = two_officers(&proxy.url());
    proxy.asked("");
    let sync = lisbon.follow();
    let texts: Vec<String> = (0..36).map(|n| format!("Report {n}")).collect();
    thread::scope(|scope| {
        for part in texts.chunks(9) {
            let (lisbon, room) = (&lisbon, &room);
            scope.spawn(move || {
                for text in part {
                    lisbon.say(room, text);
                    thread::sleep(Duration::from_millis(900));
                }
            });
        }
    });
    let used: Vec<String> =
        proxy.asked("/refresh").iter().map(|asked| String::from_utf8_lossy(&asked.body).into()).collect();
    assert!(used.len() >= 3, "tokens ended meanwhile: {}", used.len());
    let different: BTreeSet<&String> = used.iter().collect();
    assert_eq!(different.len(), used.len(), "each was renewed once");
    assert_eq!(lisbon.run(&["status"]).one()["state"], "active");
    assert_eq!(sync.end(Signal::INT), Some(130));
    // Ended long ago, it is renewed before anything else.
    thread::sleep(Duration::from_secs(4));
    assert_eq!(lisbon.sync()["undecryptable"], 0);
    assert_eq!(lisbon.run(&["status"]).one()["state"], "active");
    madrid.sync();
    let sorted = |officer: &Officer| officer.texts(&room).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(sorted(&madrid), texts.iter().cloned().collect());
    assert_eq!((madrid.texts(&room).len(), lisbon.texts(&room)), (36, madrid.texts(&room)));
}

#[test]
fn the_way_to_the_server_is_told_step_by_step() {
    let server = server_with(Options::default(), &["lisbon"]);
    let lisbon = Officer::sign_in(&server.base_url(), "lisbon");
    let names = |steps: &[Value]| -> Vec<String> {
        steps.iter().map(|step| step["step"].as_str().expect("step").to_owned()).collect()
    };
    let alone = lisbon.run(&["net", "check"]).all();
    let all =
        ["address", "trust", "name", "connection", "server", "clock", "latency", "sign_in", "sync", "media"];
    assert_eq!(names(&alone), all);
    assert!(alone.iter().all(|step| step["ok"] == true && step["took_ms"].is_u64()), "{alone:?}");
    assert_eq!(alone[7]["detail"], json!(lisbon.user));
    assert_eq!(alone[9]["detail"], "files of up to 100 MiB");

    // Beside a program that owns the profile, and nothing of that program's own sync is lost by it.
    let mut running = lisbon.command(&["sync"]).spawn().expect("sync");
    until("it owns the profile", || lisbon.run(&["status"]).one()["last_sync_ts"].is_i64());
    assert_eq!(names(&lisbon.run(&["net", "check"]).all()), all);
    running.kill().expect("kill");
    running.wait().expect("wait");

    let address = server.base_url().trim_start_matches("http://").to_owned();
    drop(server);
    let gone = lisbon.run(&["net", "check"]);
    gone.error(4);
    let told: Vec<Value> = gone.out().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(names(&told[..4]), ["address", "trust", "name", "connection"]);
    assert_eq!(told[3]["ok"], json!(false));

    // Something else answers there.
    let other = TcpListener::bind(&address).expect("port");
    thread::spawn(move || {
        for stream in other.incoming().flatten() {
            use std::io::{Read as _, Write as _};
            let mut stream = stream;
            let _ = stream.read(&mut [0; 4096]);
            let page = "<html>Welcome to the guest network</html>";
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
            let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{page}", page.len());
        }
    });
    let portal = lisbon.run(&["net", "check"]);
    portal.error(4);
    let text = portal.out();
    assert!(text.contains(r#""step":"server","ok":false"#), "{text}");
}
