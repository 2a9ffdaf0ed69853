//! Tokens whose renewal is stuck on its way and delivered after the next one: the server takes the newer ones away, and
//! nobody is signed out by it.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use qroc_core::client::{self, Access, Client, Login};
use qroc_server::{Embedded, Options};
use serde_json::Value;

use crate::proxy::{Proxy, Turn};
use crate::talk::{PASSWORD, vault};
use crate::weather::Wrong;

const HOUR_MS: i64 = 3_600_000;

struct Officer {
    proxy: Proxy,
    clock: Arc<Wrong>,
    /// What became of the renewal that came late.
    late: Arc<Mutex<Vec<String>>>,
}

impl Officer {
    async fn sign_in(server: &Embedded, name: &str, profile: &Path) -> (Self, Client) {
        let (proxy, clock) = (Proxy::start(server.port()), Arc::<Wrong>::default());
        let officer = Self { proxy, clock, late: Arc::default() };
        let url = officer.proxy.url();
        let login = Login { server: &url, user: name, password: PASSWORD, device_name: None };
        let (client, _) = Client::login(profile, &vault(), login, officer.options()).await.expect("sign in");
        client.sync_once(Some(Duration::from_secs(30))).await.expect("sync");
        (officer, client)
    }

    fn options(&self) -> client::Options {
        client::Options { clock: self.clock.clone(), ..client::Options::default() }
    }

    /// The tokens are due. Their first renewal is stuck; it reaches the server when that has done the second, and before
    /// the answer to that is here. Afterwards nothing gets through, where `cut`.
    fn tangle(&self, cut: bool) {
        self.proxy.asked("");
        self.clock.0.fetch_add(HOUR_MS, Ordering::SeqCst);
        let (proxy, late, mut renewals) = (self.proxy.clone(), self.late.clone(), 0);
        self.proxy.rule(move |asked| {
            if !asked.path.contains("/refresh") {
                return if cut && renewals > 1 { Turn::Drop } else { Turn::Pass };
            }
            renewals += 1;
            let (proxy, late) = (proxy.clone(), late.clone());
            match renewals {
                1 => Turn::Stuck,
                2 => Turn::Change(Box::new(move |body| {
                    *late.lock().expect("late") = proxy.deliver();
                    body
                })),
                _ if cut => Turn::Drop,
                _ => Turn::Pass,
            }
        });
    }

    /// The refresh tokens that were used, the first of them called 0.
    fn used(&self) -> Vec<usize> {
        let mut known: Vec<String> = Vec::new();
        let mut used = Vec::new();
        for asked in self.proxy.asked("/refresh") {
            let body: Value = serde_json::from_slice(&asked.body).expect("JSON");
            let token = body["refresh_token"].as_str().expect("token").to_owned();
            used.push(known.iter().position(|known| *known == token).unwrap_or_else(|| {
                known.push(token);
                known.len() - 1
            }));
        }
        used
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_is_delivered_late_signs_nobody_out() {
    let server = crate::talk::server(Options::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let half_a_minute = Some(Duration::from_secs(30));

    // While the client runs.
    let (officer, client) = Officer::sign_in(&server, "lisbon", &dir.path().join("lisbon")).await;
    officer.tangle(false);
    client.sync_once(half_a_minute).await.expect("the sign-in holds");
    assert_eq!(*officer.late.lock().expect("late"), ["200 OK"], "the server did take the newer tokens away");
    assert_eq!(officer.used(), [0, 0, 1, 0], "what bought them buys them again");
    assert_eq!(client.status().expect("status").state, "active");
    officer.clock.0.fetch_add(HOUR_MS, Ordering::SeqCst);
    client.sync_once(half_a_minute).await.expect("and from then on the tokens are renewed as ever");
    assert_eq!(officer.used(), [0]);
    client.close().await;

    // Where it was closed before it could see that.
    let profile = dir.path().join("madrid");
    let (officer, client) = Officer::sign_in(&server, "madrid", &profile).await;
    officer.tangle(true);
    let _ = client.sync_once(Some(Duration::from_secs(2))).await;
    assert_eq!(*officer.late.lock().expect("late"), ["200 OK"]);
    client.close().await;
    officer.proxy.asked("");
    officer.proxy.pass();
    let access = Access::Own { wait: Duration::from_secs(5) };
    let client = Client::open(&profile, &vault(), access, officer.options()).await.expect("open");
    client.sync_once(half_a_minute).await.expect("the sign-in holds");
    assert_eq!(officer.used(), [0, 1]);
    assert_eq!(client.status().expect("status").state, "active");
    client.close().await;
}
