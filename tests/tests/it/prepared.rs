//! An officer whose server is told beforehand what it says: for thousands of messages in a moment. The core is the real
//! one, and so is the encryption of whoever talks to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use qroc_bench::peer::Peer;
use qroc_bench::server::{News, Server};
use qroc_bench::world::{self, Dice, OWN, PEER, Room, START_TS};
use qroc_core::client::{self, Action, Client, Login};
use serde_json::{Value, json};

use crate::talk::vault;

/// As many events as one answer holds.
const ANSWER: usize = 100;

/// Lisbon, with Madrid in a room that has a key.
pub struct Officer {
    pub client: Client,
    pub room: String,
    pub profile: PathBuf,
    pub server: Server,
    pub peer: Peer,
    pub dice: Dice,
    told: u64,
}

impl Officer {
    /// Tokens end after five minutes, once somebody says what the time is.
    pub async fn meet(dir: &Path, options: client::Options) -> Self {
        let (server, url) = Server::start(Vec::new()).await.expect("server");
        server.set_time(START_TS);
        server.end_tokens_after(300_000);
        let room = world::room_id(1);
        server.set_members(&room, &[OWN, PEER]);
        let peer = Peer::join(&server).await.expect("peer");
        let profile = dir.join("profile");
        let login = Login { server: &url, user: "lisbon", password: "golden-hour", device_name: None };
        let (client, _) = Client::login(&profile, &vault(), login, options).await.expect("sign in");
        let mut dice = Dice::new(7);
        let state = world::state(&mut dice, 1, &[PEER.to_owned()], true);
        let initial = world::initial(&state, &[], 2, None).to_string();
        let lisbon = Self { client, room, profile, server, peer, dice, told: 0 };
        lisbon.sync().await;
        lisbon.peer.meet().await.expect("met");
        let rooms = vec![Room { id: lisbon.room.clone(), initial }];
        lisbon.server.tell(News { rooms, to_device: Vec::new() });
        lisbon.sync().await;
        lisbon
    }

    /// What Madrid says, as the server holds it. Returns its id too.
    pub async fn hears(&mut self, text: &str, ts: i64) -> (String, Value) {
        let content = self.peer.encrypt(&self.room, text).await.expect("encrypted");
        self.event("m.room.encrypted", ts, &content)
    }

    /// The same for what is not encrypted.
    pub fn event(&mut self, kind: &str, ts: i64, content: &Value) -> (String, Value) {
        let id = self.dice.event_id();
        (id.clone(), world::event(id, PEER, kind, ts, content))
    }

    /// Has the next syncs tell these events; the first also what comes between devices.
    pub fn tell(&mut self, events: &[Value], mut to_device: Vec<Value>) {
        for part in events.chunks(ANSWER) {
            self.told += 1;
            let told =
                json!({ "timeline": part, "num_live": part.len(), "bump_stamp": self.told }).to_string();
            let rooms = vec![Room { id: self.room.clone(), initial: told }];
            self.server.tell(News { rooms, to_device: std::mem::take(&mut to_device) });
        }
    }

    /// Returns how many messages cannot be read yet.
    pub async fn sync(&self) -> usize {
        self.client.sync_once(Some(Duration::from_secs(60))).await.expect("sync").undecryptable
    }

    pub async fn say(&self, body: &str) {
        let room = self.room.clone();
        let action = Action::Send { room, body: body.into(), reply: None, thread: None, txn: None };
        let outcome = self.client.perform(action, Some(Duration::from_secs(30))).await.expect("queued");
        assert_eq!(outcome.sent().state, "sent", "{:?}", outcome.sent());
    }

    pub async fn texts(&self) -> Vec<String> {
        let items = self.client.timeline(&self.room, None, 1_000_000, true).await.expect("timeline");
        items.into_iter().filter(|item| item.kind == "m.room.message").filter_map(|item| item.body).collect()
    }

    pub fn account(&self) -> PathBuf {
        self.profile.join("accounts/1")
    }

    /// Bytes of the database and of its log.
    pub fn bytes(&self) -> (u64, u64) {
        let size = |name: &str| fs::metadata(self.account().join(name)).map_or(0, |found| found.len());
        (size("qroc.db"), size("qroc.db-wal"))
    }
}
