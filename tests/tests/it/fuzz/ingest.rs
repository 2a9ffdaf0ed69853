//! Whole sync answers and pages of history, into a real database.

use std::sync::Arc;

use qroc_core::clock::SystemClock;
use qroc_core::crypto::Crypto;
use qroc_core::ingest::{self, Attention, Context, IngestError};
use qroc_core::secret::DbKey;
use qroc_core::sliding::Answer;
use qroc_core::store::timeline::{self, Wanted};
use qroc_core::store::{Durability, Store, StoreError, chunks, rooms};
use serde_json::Value;

use super::{bend_json, corpus, fuzz};

const OWN: &str = "@lisbon:qroc.test";
/// So many answers, then a new profile.
const PER_PROFILE: usize = 150;

struct Scene {
    store: Arc<Store>,
    crypto: Arc<Crypto>,
    attention: Attention,
    _dir: tempfile::TempDir,
}

impl Scene {
    async fn set() -> Self {
        let dir = tempfile::tempdir().expect("dir");
        let store = Arc::new(Store::create(dir.path(), &DbKey::random().expect("key")).expect("store"));
        let crypto = Crypto::open(store.clone(), Arc::new(SystemClock), OWN, "DEVICE").await.expect("crypto");
        let attention = Attention::load(&store, OWN).expect("rules");
        Self { store, crypto: Arc::new(crypto), attention, _dir: dir }
    }

    /// Takes an answer twice over, pages back where it left a hole, and reads all there is.
    async fn take(&mut self, input: &[u8]) -> Result<(), IngestError> {
        let Ok(answer) = Answer::read(input) else { return Ok(()) };
        let chunk =
            answer.rooms.iter().flat_map(|room| room.timeline.iter().rev().cloned()).collect::<Vec<_>>();
        let prepared = ingest::prepare(&self.store, &self.crypto, &mut self.attention, answer).await?;
        let context = Context { own: OWN.into(), now_ms: 1_790_000_000_000 };
        let again = context.clone();
        let (first, second) = self
            .store
            .write(Durability::Normal, move |tx, changes| {
                let first = ingest::apply(tx, changes, &context, &prepared)?;
                Ok::<_, StoreError>((first, ingest::apply(tx, changes, &context, &prepared)?))
            })
            .await?;
        assert!(
            second.new_events.is_empty(),
            "the same answer again brought something new: {first:?} {second:?}"
        );
        let list = self.store.read(|connection| rooms::page(connection, None, None, 100))?;
        for room in list {
            if let Some(gap) = self.store.read(|connection| chunks::newest_gap(connection, room.id))? {
                let older = ingest::prepare_older(
                    &self.store,
                    &self.crypto,
                    &self.attention,
                    &room.room_id,
                    chunk.clone(),
                )
                .await?;
                let context = again.clone();
                self.store
                    .write(Durability::Normal, move |tx, changes| {
                        ingest::apply_older(tx, changes, &context, room.id, &gap, &older, Some("t-older"))
                    })
                    .await?;
            }
            let wanted = Wanted { before: None, limit: 50, across_gaps: true };
            let page = self.store.read(|connection| timeline::page(connection, room.id, wanted))?;
            for item in page.items {
                let shown = qroc_core::timeline::item(&room.room_id, item);
                serde_json::to_string(&shown).expect("a script can read it");
            }
        }
        Ok(())
    }
}

#[test]
fn what_a_server_says_becomes_rows_or_nothing() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runtime");
    let mut scene = runtime.block_on(Scene::set());
    let mut taken = 0;
    let good: Vec<Vec<u8>> =
        corpus("sync").into_iter().filter(|input| serde_json::from_slice::<Value>(input).is_ok()).collect();
    fuzz("ingest", &good, bend_json, |input| {
        taken += 1;
        if taken % PER_PROFILE == 0 {
            scene.store.check().expect("whole");
            scene = runtime.block_on(Scene::set());
        }
        // What an answer says is never an error.
        runtime.block_on(scene.take(input)).expect("taken");
    });
    scene.store.check().expect("whole");
}
