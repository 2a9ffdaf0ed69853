//! What is kept in memory never differs from the database.

use std::future::Future as _;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use matrix_sdk_crypto::store::CryptoStore as _;
use matrix_sdk_crypto::store::types::{Changes, DeviceChanges, IdentityChanges, PendingChanges};
use matrix_sdk_crypto::testing::{get_device, get_own_identity};
use matrix_sdk_crypto::{Account, CryptoStoreError, DeviceData, LocalTrust};
use ruma::{device_id, room_id, user_id};

use super::super::cache::{Caches, Forget, Found, Identity, Touched};
use super::super::{Error, SqlCryptoStore};
use super::{create, key, on};
use crate::clock::ManualClock;
use crate::store::crypto::device;
use crate::store::{Durability, Store, StoreError};

fn trusted(trust: LocalTrust) -> DeviceData {
    DeviceData::new(get_device().as_device_keys().clone(), trust)
}

fn save(device: DeviceData) -> Changes {
    Changes { devices: DeviceChanges { changed: vec![device], ..Default::default() }, ..Default::default() }
}

async fn trust(store: &SqlCryptoStore) -> Option<LocalTrust> {
    let device = get_device();
    let found = store.get_device(device.user_id(), device.device_id()).await.expect("device");
    found.map(|device| device.local_trust_state())
}

#[tokio::test]
async fn a_failed_save_changes_neither_the_database_nor_what_is_in_memory() {
    let dir = tempfile::tempdir().expect("dir");
    let store = on(&create(dir.path()));
    store.save_changes(save(trusted(LocalTrust::Verified))).await.expect("save");
    assert_eq!(trust(&store).await, Some(LocalTrust::Verified));

    let touched = Touched { devices_of: [get_device().user_id().to_owned()].into(), ..Touched::default() };
    let failed = store.write(Durability::Full, touched, |tx| {
        device::remove(tx, get_device().user_id().as_str(), get_device().device_id().as_str())?;
        Err::<(), Error>(StoreError::DiskFull.into())
    });
    assert!(matches!(failed.await, Err(Error::Store(StoreError::DiskFull))));
    assert_eq!(trust(&store).await, Some(LocalTrust::Verified));
}

#[tokio::test]
async fn without_the_writer_saving_fails_and_another_process_is_seen_after_clearing() {
    let dir = tempfile::tempdir().expect("dir");
    let owner = on(&create(dir.path()));
    owner.save_changes(save(trusted(LocalTrust::Unset))).await.expect("save");
    let reader = on(&Arc::new(Store::open_reader(dir.path(), &key()).expect("reader")));
    assert_eq!(trust(&reader).await, Some(LocalTrust::Unset));

    let failed = reader.save_changes(save(trusted(LocalTrust::BlackListed))).await;
    assert!(matches!(failed, Err(Error::Store(StoreError::Closed))));
    assert_eq!(trust(&reader).await, Some(LocalTrust::Unset));

    owner.save_changes(save(trusted(LocalTrust::Verified))).await.expect("save");
    reader.clear_caches();
    assert_eq!(trust(&reader).await, Some(LocalTrust::Verified));
}

#[tokio::test]
async fn a_save_that_nobody_waits_for_is_still_seen() {
    let dir = tempfile::tempdir().expect("dir");
    let store = on(&create(dir.path()));
    store.save_changes(save(trusted(LocalTrust::Unset))).await.expect("save");
    assert_eq!(trust(&store).await, Some(LocalTrust::Unset));
    let (release, held) = std::sync::mpsc::channel::<()>();
    let busy = store.store.write(Durability::Normal, move |_, _| {
        let _ = held.recv();
        Ok::<_, StoreError>(())
    });
    let mut busy = pin!(busy);
    let context = &mut Context::from_waker(Waker::noop());
    assert!(busy.as_mut().poll(context).is_pending(), "the writer is busy");
    {
        let mut given_up = pin!(store.save_changes(save(trusted(LocalTrust::Ignored))));
        assert!(given_up.as_mut().poll(context).is_pending(), "queued, not waited for");
    }
    assert_eq!(trust(&store).await, Some(LocalTrust::Unset), "not committed yet");
    release.send(()).expect("writer");
    store.store.write(Durability::Normal, |_, _| Ok::<_, StoreError>(())).await.expect("the one after it");
    assert_eq!(trust(&store).await, Some(LocalTrust::Ignored));
}

#[test]
fn what_was_read_before_a_save_is_not_kept_after_it() {
    let caches = Arc::new(Caches::new());
    let user_id = get_own_identity().user_id().to_owned();
    let kept = |caches: &Caches| matches!(caches.identities.get(&user_id), Found::Here(_));
    let Found::Missing(early) = caches.identities.get(&user_id) else { panic!("empty") };
    let touched = Touched { identities: [user_id.clone()].into(), ..Touched::default() };
    drop(Forget { caches: caches.clone(), touched });
    caches.identities.put(early, user_id.clone(), Identity::new(None));
    assert!(!kept(&caches), "read before the save");
    let Found::Missing(late) = caches.identities.get(&user_id) else { panic!("empty") };
    caches.identities.put(late, user_id.clone(), Identity::new(None));
    assert!(kept(&caches), "read after it");
    drop(Forget { caches: caches.clone(), touched: Touched::default() });
    assert!(kept(&caches), "untouched");
    caches.clear();
    assert!(!kept(&caches));
}

#[tokio::test]
async fn a_flag_that_a_caller_changed_and_did_not_save_is_not_handed_out() {
    let dir = tempfile::tempdir().expect("dir");
    let store = on(&create(dir.path()));
    let identity = get_own_identity();
    let changes = || Changes {
        identities: IdentityChanges { changed: vec![identity.clone().into()], ..Default::default() },
        ..Default::default()
    };
    store.save_changes(changes()).await.expect("save");
    let verified = async || {
        let found = store.get_user_identity(identity.user_id()).await.expect("identity").expect("some");
        found.own().expect("own").clone()
    };
    verified().await.mark_as_verified();
    assert!(!verified().await.is_verified(), "as in the database");
    identity.mark_as_verified();
    store.save_changes(changes()).await.expect("save");
    assert!(verified().await.is_verified());

    let room_id = room_id!("!r:x.org");
    let account = Account::with_device_id(user_id!("@a:x.org"), device_id!("A"));
    let (_, session) = account.create_group_session_pair_with_defaults(room_id).await;
    store.save_inbound_group_sessions(vec![session.clone()], None).await.expect("save");
    let found = async || store.get_inbound_group_session(room_id, session.session_id()).await.expect("get");
    found().await.expect("some").mark_as_backed_up();
    assert!(!found().await.expect("some").backed_up());
    let ids = [(room_id, session.session_id())];
    store.mark_inbound_group_sessions_as_backed_up("1", &ids).await.expect("mark");
    assert!(found().await.expect("some").backed_up());
    store.reset_backup_state().await.expect("reset");
    assert!(!found().await.expect("some").backed_up());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_and_readers_at_once_end_with_what_the_database_holds() {
    let dir = tempfile::tempdir().expect("dir");
    let database = create(dir.path());
    let store = Arc::new(on(&database));
    let states = [LocalTrust::Verified, LocalTrust::BlackListed, LocalTrust::Ignored, LocalTrust::Unset];
    for _ in 0..20 {
        let mut tasks = Vec::new();
        for state in states {
            let (writer, reader) = (store.clone(), store.clone());
            tasks.push(tokio::spawn(async move {
                writer.save_changes(save(trusted(state))).await.expect("save");
            }));
            tasks.push(tokio::spawn(async move {
                for _ in 0..20 {
                    trust(&reader).await;
                    tokio::task::yield_now().await;
                }
            }));
        }
        for task in tasks {
            task.await.expect("task");
        }
        assert_eq!(trust(&store).await, trust(&on(&database)).await);
    }
}

#[tokio::test]
async fn closed_means_closed_until_opened_again() {
    let dir = tempfile::tempdir().expect("dir");
    let store = on(&create(dir.path()));
    assert!(matches!(store.get_own_device().await, Err(Error::AccountUnset)));
    let account = Account::with_device_id(user_id!("@a:x.org"), device_id!("A"));
    store.save_pending_changes(PendingChanges { account: Some(account) }).await.expect("save");
    store.close().await.expect("close");
    assert!(matches!(store.load_account().await, Err(Error::Store(StoreError::Closed))));
    assert!(matches!(store.save_changes(Changes::default()).await, Err(Error::Store(StoreError::Closed))));
    assert!(store.get_static_account().is_none());
    store.reopen().await.expect("reopen");
    assert!(store.load_account().await.expect("load").is_some());
    assert!(store.get_size().await.expect("size").expect("known") > 4096);
    assert!(matches!(CryptoStoreError::from(Error::AccountUnset), CryptoStoreError::AccountUnset));
}

fn logged(dir: &Path) -> u64 {
    std::fs::metadata(dir.join("qroc.db-wal")).expect("log").len()
}

#[tokio::test]
async fn a_lease_that_is_refused_or_held_writes_nothing() {
    let dir = tempfile::tempdir().expect("dir");
    let clock = ManualClock::new(1_000);
    let store = SqlCryptoStore::new(create(dir.path()), Arc::new(clock.clone()));
    let take = async |holder| store.try_take_leased_lock(300, "sync", holder).await.expect("lease");
    assert_eq!(take("alice").await, Some(1));
    let before = logged(dir.path());
    assert_eq!(take("alice").await, Some(1));
    assert_eq!(take("bob").await, None);
    clock.advance(299);
    assert_eq!(take("bob").await, None);
    store.save_changes(Changes::default()).await.expect("nothing to save");
    assert_eq!(logged(dir.path()), before);
    clock.advance(1);
    assert_eq!(take("bob").await, Some(2), "it was over");
    assert_eq!(take("alice").await, None);
    assert!(logged(dir.path()) > before);
}

#[tokio::test]
async fn of_a_key_that_comes_twice_in_one_sync_what_opens_more_is_kept() {
    use matrix_sdk_crypto::olm::{ExportedRoomKey, InboundGroupSession};
    use matrix_sdk_crypto::types::EventEncryptionAlgorithm;
    use matrix_sdk_crypto::vodozemac::megolm::{GroupSession, InboundGroupSession as Megolm, SessionConfig};

    let room = room_id!("!room:x");
    let mut megolm =
        Megolm::new(&GroupSession::new(SessionConfig::default()).session_key(), SessionConfig::default());
    let mut from = |index| {
        let exported = ExportedRoomKey {
            algorithm: EventEncryptionAlgorithm::MegolmV1AesSha2,
            room_id: room.to_owned(),
            sender_key: get_device().curve25519_key().expect("key"),
            session_id: megolm.session_id(),
            session_key: megolm.export_at(index).expect("index"),
            sender_claimed_keys: Default::default(),
            forwarding_curve25519_key_chain: Vec::new(),
            shared_history: false,
        };
        InboundGroupSession::from_export(&exported).expect("session")
    };
    let (first, later) = (from(0), from(3));
    for both in [[&first, &later], [&later, &first]] {
        let dir = tempfile::tempdir().expect("dir");
        let store = on(&create(dir.path()));
        let sessions = both.map(Clone::clone).to_vec();
        let changes = Changes { inbound_group_sessions: sessions, ..Changes::default() };
        store.save_changes(changes).await.expect("save");
        let kept = store.get_inbound_group_session(room, first.session_id()).await.expect("read");
        assert_eq!(kept.expect("kept").first_known_index(), 0);
    }
}
