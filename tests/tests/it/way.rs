//! All that leaves the device goes the way that its management names.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use qroc_server::Options as ServerOptions;
use serde_json::json;

use crate::policy::apply;
use crate::terminal::{server_with, two_officers};

/// A proxy as an organisation has one: takes whole addresses, one request on each connection, and counts them.
struct ForwardProxy {
    port: u16,
    asked: Arc<AtomicU64>,
}

impl ForwardProxy {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("port");
        let port = listener.local_addr().expect("address").port();
        let asked = Arc::<AtomicU64>::default();
        let counted = asked.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counted = counted.clone();
                // A connection that breaks is one side's business.
                thread::spawn(move || forward(stream, &counted));
            }
        });
        Self { port, asked }
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }
}

fn forward(stream: TcpStream, counted: &AtomicU64) -> std::io::Result<()> {
    let mut from = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    from.read_line(&mut line)?;
    let (method, rest) = line.split_once(" http://").unwrap_or_else(|| panic!("no whole address: {line}"));
    let (server, path) = rest.split_once('/').expect("a path");
    counted.fetch_add(1, Ordering::SeqCst);
    let (server, mut head) = (server.to_owned(), format!("{method} /{path}"));
    let mut length = 0;
    loop {
        line.clear();
        from.read_line(&mut line)?;
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().expect("length");
        }
        if line.trim().is_empty() {
            break;
        }
        if !lower.starts_with("connection:") && !lower.starts_with("proxy-") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    let mut to = TcpStream::connect(server)?;
    to.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    to.write_all(&body)?;
    std::io::copy(&mut to, &mut &stream)?;
    stream.shutdown(Shutdown::Both)
}

#[test]
fn all_goes_through_the_proxy_that_policy_names() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let proxy = ForwardProxy::start();
    lisbon.say(&room, "Straight there");
    assert_eq!(proxy.asked(), 0);

    apply(&lisbon, &json!({ "net.proxy_url": format!("http://127.0.0.1:{}", proxy.port) }));
    lisbon.say(&room, "Through it");
    let sent = proxy.asked();
    assert!(sent > 0);
    madrid.say(&room, "And back");
    lisbon.sync();
    assert!(proxy.asked() > sent);
    assert_eq!(lisbon.texts(&room), ["Straight there", "Through it", "And back"]);
    let steps = lisbon.run(&["net", "check"]).all();
    assert!(steps.iter().all(|step| step["ok"] == true), "{steps:?}");
    let trust = steps.iter().find(|step| step["step"] == "trust").expect("trust");
    assert!(trust["detail"].as_str().expect("detail").contains("through http://127.0.0.1:"), "{trust}");

    // Where it does not answer nothing goes around it.
    let nobody =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("port").local_addr().expect("address").port();
    apply(&lisbon, &json!({ "net.proxy_url": format!("http://127.0.0.1:{nobody}") }));
    assert_eq!(lisbon.run(&["sync", "--once", "--for", "5"]).error(4).0, "network");
    apply(&lisbon, &json!({}));
    let before = proxy.asked();
    lisbon.sync();
    assert_eq!(proxy.asked(), before);
}
