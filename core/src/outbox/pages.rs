//! Which pages of the database a message costs on its way out, counted in the write-ahead log: its page numbers are
//! readable, its pages are not. Counts do not depend on the machine or its load.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::queue::{Outgoing, Queue};
use crate::clock::SystemClock;
use crate::crypto::Crypto;
use crate::ids::RoomRow;
use crate::ingest::{self, Attention, Context, Prepared};
use crate::secret::{DbKey, Secret};
use crate::sliding::Answer;
use crate::store::account::{self, SyncConn};
use crate::store::timeline::Wanted;
use crate::store::{Durability, Store, StoreError, outbox, rooms, timeline};

const OWN: &str = "@lisbon:x";
const ROOM: &str = "!harbour:x";
/// Before the indexes have a usual size, and measured.
const WARM: i64 = 150;
const MEASURED: i32 = 100;

type Pages = BTreeMap<String, usize>;

/// Follows the pages that commits put into the log.
struct Log {
    file: PathBuf,
    salt: Vec<u8>,
    frames: usize,
}

impl Log {
    /// Returns the numbers of the pages written since the last call.
    fn news(&mut self) -> Vec<u32> {
        let bytes = std::fs::read(&self.file).expect("the log");
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four"));
        let size = usize::try_from(number(8)).expect("size");
        if bytes[16..24] != self.salt {
            self.salt = bytes[16..24].to_vec();
            self.frames = 0;
        }
        let mut pages = Vec::new();
        loop {
            let at = 32 + self.frames * (24 + size);
            if bytes.len() < at + 24 + size || bytes[at + 8..at + 16] != self.salt {
                return pages;
            }
            pages.push(number(at));
            self.frames += 1;
        }
    }
}

struct Phone {
    store: Arc<Store>,
    crypto: Arc<Crypto>,
    attention: Attention,
    log: Log,
    pos: i64,
    echoes: Vec<Prepared>,
}

impl Phone {
    async fn new(dir: &std::path::Path) -> Self {
        let key = DbKey::new(Secret::from_slice(&[7; 32]).expect("32 bytes"), [9; 16]);
        let store = Arc::new(Store::create(dir, &key).expect("create"));
        let clock = Arc::new(SystemClock);
        let crypto = Arc::new(Crypto::open(store.clone(), clock, OWN, "PHONE").await.expect("keys"));
        let attention = Attention::load(&store, OWN).expect("rules");
        let log = Log { file: dir.join("qroc.db-wal"), salt: Vec::new(), frames: 0 };
        Self { store, crypto, attention, log, pos: 0, echoes: Vec::new() }
    }

    /// Takes an answer in, as the sync does.
    async fn hears(&mut self, room: Value) {
        self.pos += 1;
        let answer = json!({ "pos": self.pos.to_string(), "rooms": { ROOM: room } });
        let answer = Answer::read(answer.to_string().as_bytes()).expect("an answer");
        let prepared =
            ingest::prepare(&self.store, &self.crypto, &mut self.attention, answer).await.expect("prepared");
        let context = Context { own: OWN.to_owned(), now_ms: 1_000_000 + self.pos * 1000 };
        if self.echoes.len() < 16 && self.store.read(|db| prepared.only_echoes(db, OWN)).expect("read") {
            self.echoes.push(prepared);
            return;
        }
        let mut all = std::mem::take(&mut self.echoes);
        all.push(prepared);
        let conn =
            SyncConn { pos: Some(self.pos.to_string()), last_ts: context.now_ms, ..SyncConn::default() };
        self.store
            .write(Durability::Normal, move |tx, changes| {
                for prepared in &all {
                    ingest::apply(tx, changes, &context, prepared)?;
                }
                account::set_sync_conn(tx, "main", &conn)
            })
            .await
            .expect("applied");
    }

    async fn queues(&self, room: RoomRow, number: i64) -> String {
        let txn_id = format!("qroc-{}", ruma::TransactionId::new());
        let body = format!("Suspect vehicle seen at pier four heading north, unit {number} follows");
        let outgoing = Outgoing {
            kind: "m.room.message".to_owned(),
            content: json!({ "msgtype": "m.text", "body": body, "m.mentions": {} }),
            txn_id: txn_id.clone(),
            uploads: Vec::new(),
        };
        let queue =
            Queue { own: OWN.to_owned(), now_ms: 1_000_000 + self.pos * 1000, private_receipts: false };
        self.store
            .write(Durability::Full, move |tx, changes| queue.event(tx, changes, room, &outgoing))
            .await
            .expect("queued");
        txn_id
    }

    async fn sends(&self, room: RoomRow, txn_id: &str, event_id: &str) {
        let (txn_id, event_id) = (txn_id.to_owned(), event_id.to_owned());
        self.store
            .write(Durability::Normal, move |tx, changes| {
                let queued = outbox::find_txn(tx, room, &txn_id)?.expect("queued");
                outbox::arrived(tx, changes, &queued, &event_id, 0)
            })
            .await
            .expect("sent");
    }

    /// Names the B-trees of pages.
    fn name(&self, pages: &[u32]) -> Vec<String> {
        self.store
            .read(|connection| {
                let mut names = BTreeMap::new();
                let mut statement = connection.prepare("SELECT pageno, name FROM dbstat")?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    names.insert(row.get::<_, u32>(0)?, row.get::<_, String>(1)?);
                }
                let named =
                    |page: &u32| names.get(page).cloned().unwrap_or_else(|| "(free or pointers)".to_owned());
                Ok::<_, StoreError>(pages.iter().map(named).collect())
            })
            .expect("names")
    }
}

fn event(kind: &str, sender: &str, event_id: &str, ts: i64, content: &Value) -> Value {
    json!({ "type": kind, "sender": sender, "event_id": event_id, "origin_server_ts": ts, "content": content,
        "unsigned": { "age": 1 } })
}

fn state(kind: &str, key: &str, content: &Value) -> Value {
    let mut event = event(kind, "@madrid:x", &format!("$state-{kind}-{key}"), 1, content);
    event["state_key"] = json!(key);
    event
}

#[tokio::test]
async fn a_message_costs_few_pages() {
    let dir = tempfile::tempdir().expect("dir");
    let mut phone = Phone::new(dir.path()).await;
    let required = [
        state("m.room.create", "", &json!({ "room_version": "11" })),
        state("m.room.name", "", &json!({ "name": "Harbour" })),
        state("m.room.encryption", "", &json!({ "algorithm": "m.megolm.v1.aes-sha2" })),
        state("m.room.member", OWN, &json!({ "membership": "join" })),
        state("m.room.member", "@madrid:x", &json!({ "membership": "join" })),
    ];
    phone
        .hears(json!({ "initial": true, "required_state": required, "timeline": [], "joined_count": 2 }))
        .await;
    let room = phone.store.read(|connection| rooms::find(connection, ROOM)).expect("read").expect("room").id;

    let mut total: BTreeMap<&str, Pages> = BTreeMap::new();
    for number in 0..WARM + i64::from(MEASURED) {
        let mut note = |phone: &mut Phone, step| {
            let pages = phone.log.news();
            if number >= WARM {
                for name in phone.name(&pages) {
                    *total.entry(step).or_default().entry(name).or_default() += 1;
                }
            }
        };
        let txn_id = phone.queues(room, number).await;
        note(&mut phone, "queued");
        let event_id = format!("${}", scatter(number));
        phone.sends(room, &txn_id, &event_id).await;
        note(&mut phone, "sent");
        let mut echo = event(
            "m.room.encrypted",
            OWN,
            &event_id,
            1_000_000 + phone.pos * 1000 + 7,
            &json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x" }),
        );
        echo["unsigned"]["transaction_id"] = json!(txn_id);
        phone.hears(json!({ "timeline": [echo], "num_live": 1 })).await;
        note(&mut phone, "heard");
    }
    let per = |pages: usize| f64::from(u32::try_from(pages).expect("few")) / f64::from(MEASURED);
    for (step, pages) in &total {
        println!("{step}: {:.2}", per(pages.values().sum()));
        for (name, pages) in pages {
            println!("    {name}: {:.2}", per(*pages));
        }
    }
    for (step, limit) in [("queued", 13.5), ("sent", 5.0), ("heard", 1.0)] {
        let found = per(total[step].values().sum());
        assert!(found <= limit, "{step}: {found} pages a message, at most {limit}");
    }

    // What waited is written with whatever else comes, and all stand in their order.
    let last = event("m.room.message", "@madrid:x", "$last", 9_000_000, &json!({ "body": "Understood" }));
    phone.hears(json!({ "timeline": [last], "num_live": 1 })).await;
    let wanted = Wanted { before: None, limit: 1_000, across_gaps: true };
    let page = phone.store.read(|db| timeline::page(db, room, wanted)).expect("page");
    let mut said: Vec<String> =
        (0..WARM + i64::from(MEASURED)).map(|number| format!("${}", scatter(number))).collect();
    said.push("$last".to_owned());
    let shown: Vec<String> = page.items.into_iter().filter_map(|item| item.event_id).collect();
    assert_eq!(shown, said);
    phone.store.check().expect("whole");
}

/// Spreads like the ids of events do.
fn scatter(number: i64) -> String {
    use sha2::{Digest as _, Sha256};
    hex::encode(Sha256::digest(number.to_be_bytes())).chars().take(43).collect()
}
