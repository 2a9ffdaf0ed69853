//! A week in half a minute: the clocks are turned on by hours, tokens end, connections are forgotten, one-time keys are
//! used up by others; and nothing grows but by what was said.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use qroc_core::client::{self, Action, Client, Login, NewRoom};
use qroc_core::store::codes::RoomKind;
use qroc_server::{Embedded, Options};
use serde_json::{Value, json};

use crate::proxy::{Proxy, Turn};
use crate::seed::times;
use crate::talk::{PASSWORD, vault};
use crate::weather::Wrong;

const HOURS: i64 = 6;
const STEPS: usize = 28;
/// Others take so many one-time keys in a step: more than a device offers in a day.
const CLAIMED: usize = 20;

struct Officer {
    user: String,
    device: String,
    client: Client,
    clock: Arc<Wrong>,
    proxy: Proxy,
    forgotten: Arc<AtomicBool>,
    account: std::path::PathBuf,
}

impl Officer {
    async fn sign_in(server: &Embedded, name: &str, dir: &Path) -> Self {
        let (proxy, clock) = (Proxy::start(server.port()), Arc::<Wrong>::default());
        let forgotten = Arc::<AtomicBool>::default();
        let forget = forgotten.clone();
        proxy.rule(move |asked| match asked.path.contains("/sync") && forget.swap(false, Ordering::SeqCst) {
            true => Turn::json(400, json!({"errcode": "M_UNKNOWN_POS", "error": "Connection expired"})),
            false => Turn::Pass,
        });
        let options = client::Options { clock: clock.clone(), ..client::Options::default() };
        let url = proxy.url();
        let login = Login { server: &url, user: name, password: PASSWORD, device_name: None };
        let (client, signed) =
            Client::login(&dir.join(name), &vault(), login, options).await.expect("sign in");
        let account = dir.join(name).join("accounts/1");
        Self { user: signed.user_id, device: signed.device_id, client, clock, proxy, forgotten, account }
    }

    async fn sync(&self) {
        let summary = self.client.sync_once(Some(Duration::from_secs(60))).await.expect("sync");
        assert_eq!(summary.undecryptable, 0, "{}: {summary:?}", self.user);
    }

    async fn say(&self, room: &str, text: String) {
        let action = Action::Send { room: room.into(), body: text, reply: None, thread: None, txn: None };
        let outcome = self.client.perform(action, Some(Duration::from_secs(30))).await.expect("queued");
        assert_eq!(outcome.sent().state, "sent", "{:?}", outcome.sent());
    }

    /// Bytes of the database and of its log.
    fn bytes(&self) -> (u64, u64) {
        let size = |name: &str| fs::metadata(self.account.join(name)).map_or(0, |found| found.len());
        (size("qroc.db"), size("qroc.db-wal"))
    }
}

async fn asked(server: &Arc<Embedded>, path: &str, token: &str, body: Value) -> Value {
    let (server, path, token) = (server.clone(), path.to_owned(), token.to_owned());
    let ask = move || server.request("POST", &path, Some(&token), Some(&body)).expect("asked");
    let (status, answer) = tokio::task::spawn_blocking(ask).await.expect("asked");
    assert_eq!(status, 200, "{answer}");
    answer
}

#[test]
fn a_week_of_use_leaves_everything_readable_and_nothing_growing() {
    let each = times("QROC_SOAK", 4);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    runtime.block_on(async {
        let kit = tokio::task::spawn_blocking(|| {
            let server = Embedded::start(Options::default()).expect("server");
            for name in ["lisbon", "madrid", "porto"] {
                server.register(name, PASSWORD, false).expect("register");
            }
            let porto = server.login("porto", PASSWORD).expect("login");
            (Arc::new(server), porto)
        });
        let (server, porto) = kit.await.expect("started");
        let dir = tempfile::tempdir().expect("dir");
        let lisbon = Officer::sign_in(&server, "lisbon", dir.path()).await;
        let madrid = Officer::sign_in(&server, "madrid", dir.path()).await;
        let room =
            NewRoom { name: "Harbour".into(), invite: vec![madrid.user.clone()], kind: RoomKind::Group };
        let room = lisbon.client.create_room(room).await.expect("room");
        madrid.sync().await;
        madrid.client.join(&room).await.expect("join");
        lisbon.sync().await;
        let mut said = Vec::new();
        let mut claimed = 0;
        for step in 0..STEPS {
            for officer in [&lisbon, &madrid] {
                for number in 0..each {
                    let text = format!("{} {step}.{number}", officer.user);
                    officer.say(&room, text.clone()).await;
                    said.push(text);
                }
            }
            for _ in 0..CLAIMED {
                let claim = json!({"one_time_keys": {&lisbon.user: {&lisbon.device: "signed_curve25519"}}});
                let answer =
                    asked(&server, "/_matrix/client/v3/keys/claim", &porto.access_token, claim).await;
                claimed += usize::from(answer["one_time_keys"][&lisbon.user][&lisbon.device].is_object());
            }
            for officer in [&lisbon, &madrid] {
                officer.clock.0.fetch_add(HOURS * 3_600_000, Ordering::SeqCst);
                officer.forgotten.store(step % 4 == 3, Ordering::SeqCst);
                officer.sync().await;
                assert!(officer.bytes().1 < 8 << 20, "step {step}: a log of {:?} bytes", officer.bytes());
            }
        }
        assert_eq!(claimed, STEPS * CLAIMED, "there was always a key left to be claimed");
        for officer in [&lisbon, &madrid] {
            officer.sync().await;
            let items = officer.client.timeline(&room, None, 100_000, false).await.expect("timeline");
            let texts: Vec<String> = items
                .into_iter()
                .filter(|item| item.kind == "m.room.message")
                .filter_map(|item| item.body)
                .collect();
            assert_eq!(texts, said, "{}", officer.user);
            let renewed = officer.proxy.asked("/refresh").len();
            assert!(
                (STEPS..STEPS * 3).contains(&renewed),
                "{}: tokens were renewed {renewed} times",
                officer.user
            );
            let (bytes, _) = officer.bytes();
            let most = 1_200_000 + 4_000 * said.len() as u64;
            assert!(bytes < most, "{}: {bytes} bytes for {} messages", officer.user, said.len());
            eprintln!(
                "{}: {} messages, {renewed} tokens, {claimed} keys claimed, {bytes} bytes",
                officer.user,
                said.len()
            );
        }
        for officer in [lisbon, madrid] {
            officer.client.close().await;
        }
        tokio::task::spawn_blocking(move || drop(server)).await.expect("stopped");
    });
    let begun = std::time::Instant::now();
    while runtime.metrics().num_alive_tasks() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "tasks are still running");
        std::thread::sleep(Duration::from_millis(50));
    }
}
