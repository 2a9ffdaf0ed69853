//! Two machines, one of them on our database.

use std::collections::BTreeMap;
use std::sync::Arc;

use matrix_sdk_crypto::store::CryptoStore;
use matrix_sdk_crypto::types::events::room::encrypted::EncryptedEvent;
use matrix_sdk_crypto::types::requests::AnyOutgoingRequest;
use matrix_sdk_crypto::{
    DecryptionSettings, EncryptionSettings, EncryptionSyncChanges, OlmMachine, TrustRequirement,
};
use matrix_sdk_test::ruma_response_from_json;
use ruma::api::client::keys::{claim_keys, get_keys, upload_keys};
use ruma::api::client::to_device::send_event_to_device;
use ruma::events::AnyToDeviceEvent;
use ruma::serde::Raw;
use ruma::{DeviceId, OwnedUserId, RoomId, UserId, device_id, room_id, user_id};
use serde_json::{Value, json};

use super::super::SqlCryptoStore;

pub(super) const TRUST: DecryptionSettings =
    DecryptionSettings { sender_device_trust_requirement: TrustRequirement::Untrusted };

/// The keys that a server would hold for one device.
pub(super) struct Uploaded {
    user_id: OwnedUserId,
    device_id: String,
    device_keys: Value,
    one_time_keys: BTreeMap<String, Value>,
}

async fn upload(machine: &OlmMachine) -> Uploaded {
    let mut uploaded = None;
    for request in machine.outgoing_requests().await.expect("requests") {
        if let AnyOutgoingRequest::KeysUpload(keys) = request.request() {
            uploaded = Some(Uploaded {
                user_id: machine.user_id().to_owned(),
                device_id: machine.device_id().to_string(),
                device_keys: serde_json::to_value(&keys.device_keys).expect("keys"),
                one_time_keys: serde_json::from_value(
                    serde_json::to_value(&keys.one_time_keys).expect("keys"),
                )
                .expect("keys"),
            });
            let answer: upload_keys::v3::Response =
                ruma_response_from_json(&json!({ "one_time_key_counts": { "signed_curve25519": 50 } }));
            machine.mark_request_as_sent(request.request_id(), &answer).await.expect("uploaded");
        }
    }
    uploaded.expect("an upload")
}

async fn query(machine: &OlmMachine, of: &[&Uploaded]) {
    let mut device_keys = json!({});
    for keys in of {
        device_keys[keys.user_id.as_str()][keys.device_id.as_str()] = keys.device_keys.clone();
    }
    let answer: get_keys::v3::Response = ruma_response_from_json(&json!({ "device_keys": device_keys }));
    machine.update_tracked_users(of.iter().map(|keys| &*keys.user_id)).await.expect("tracked");
    for request in machine.outgoing_requests().await.expect("requests") {
        if let AnyOutgoingRequest::KeysQuery(_) = request.request() {
            machine.mark_request_as_sent(request.request_id(), &answer).await.expect("queried");
        }
    }
}

async fn claim(machine: &OlmMachine, from: &mut Uploaded) {
    let users = [from.user_id.clone()];
    let missing =
        machine.get_missing_sessions(users.iter().map(|user_id| &**user_id)).await.expect("missing");
    let Some((id, _)) = missing else { return };
    let (key_id, key) = from.one_time_keys.pop_first().expect("a key");
    let answer: claim_keys::v3::Response = ruma_response_from_json(&json!({
        "one_time_keys": { from.user_id.as_str(): { from.device_id.as_str(): { key_id: key } } }
    }));
    machine.mark_request_as_sent(&id, &answer).await.expect("claimed");
}

/// Brings the key of `room_id` from one machine to the other, the way a server would.
pub(super) async fn share(from: &OlmMachine, to: &OlmMachine, room_id: &RoomId) {
    let settings = EncryptionSettings { rotation_period_msgs: 10_000, ..EncryptionSettings::default() };
    let requests = from.share_room_key(room_id, [to.user_id()].into_iter(), settings).await.expect("shared");
    let mut events = Vec::new();
    for request in requests {
        for content in request.messages.values().flat_map(BTreeMap::values) {
            let event = json!({ "sender": from.user_id(), "type": request.event_type, "content": content });
            events.push(Raw::<AnyToDeviceEvent>::from_json_string(event.to_string()).expect("event"));
        }
        let answer = send_event_to_device::v3::Response::new();
        from.mark_request_as_sent(&request.txn_id, &answer).await.expect("sent");
    }
    let sync = EncryptionSyncChanges {
        to_device_events: events,
        changed_devices: &Default::default(),
        one_time_keys_counts: &Default::default(),
        unused_fallback_keys: None,
        next_batch_token: None,
    };
    let (_, keys) = to.receive_sync_changes(sync, &TRUST).await.expect("received");
    assert_eq!(keys.len(), 1, "the key arrived");
}

pub(super) async fn say(from: &OlmMachine, room_id: &RoomId, index: usize) -> Raw<EncryptedEvent> {
    let content =
        Raw::from_json_string(json!({ "msgtype": "m.text", "body": index.to_string() }).to_string());
    let encrypted = from
        .encrypt_room_event_raw(room_id, "m.room.message", &content.expect("content"))
        .await
        .expect("encrypt");
    let event = json!({
        "event_id": format!("${index}:x.org"),
        "origin_server_ts": 1_700_000_000_000_u64,
        "sender": from.user_id(),
        "type": "m.room.encrypted",
        "content": encrypted.content,
    });
    Raw::from_json_string(event.to_string()).expect("event")
}

async fn machine(user_id: &UserId, device_id: &DeviceId, store: Arc<SqlCryptoStore>) -> OlmMachine {
    OlmMachine::with_store(user_id, device_id, store, None).await.expect("machine")
}

/// Alice on our database, Bob in memory; he can write to her.
pub(super) async fn pair(store: Arc<SqlCryptoStore>) -> (OlmMachine, OlmMachine) {
    let alice = machine(user_id!("@alice:x.org"), device_id!("ALICE"), store).await;
    let bob = OlmMachine::new(user_id!("@bob:x.org"), device_id!("BOB")).await;
    let (mut of_alice, of_bob) = (upload(&alice).await, upload(&bob).await);
    query(&alice, &[&of_alice, &of_bob]).await;
    query(&bob, &[&of_alice, &of_bob]).await;
    claim(&bob, &mut of_alice).await;
    (alice, bob)
}

#[tokio::test]
async fn a_thousand_events_of_a_session_are_decrypted_with_a_handful_of_reads() {
    let dir = tempfile::tempdir().expect("dir");
    let database = super::create(dir.path());
    let store = Arc::new(super::on(&database));
    let room_id = room_id!("!station:x.org");
    let (alice, bob) = pair(store.clone()).await;
    share(&bob, &alice, room_id).await;
    let mut events = Vec::new();
    for index in 0..1_000 {
        events.push(say(&bob, room_id, index).await);
    }

    let before = store.reads();
    for event in &events {
        alice.decrypt_room_event(event, room_id, &TRUST).await.expect("decrypted");
    }
    let warm = store.reads() - before;

    store.clear_caches();
    let before = store.reads();
    for event in &events {
        alice.decrypt_room_event(event, room_id, &TRUST).await.expect("decrypted");
    }
    let cold = store.reads() - before;
    println!("reads for 1,000 events: {warm}, {cold} with empty caches");
    assert!(warm < 10 && cold < 10, "{warm} {cold}");
}

#[tokio::test]
async fn a_machine_goes_on_where_the_process_before_it_ended() {
    let dir = tempfile::tempdir().expect("dir");
    let room_id = room_id!("!station:x.org");
    let (bob, event) = {
        let (alice, bob) = pair(Arc::new(super::on(&super::create(dir.path())))).await;
        share(&bob, &alice, room_id).await;
        alice.bootstrap_cross_signing(true).await.expect("identity");
        let event = say(&bob, room_id, 1).await;
        alice.decrypt_room_event(&event, room_id, &TRUST).await.expect("before");
        (bob, event)
    };
    let database = Arc::new(crate::store::Store::open(dir.path(), &super::key()).expect("open"));
    let store = Arc::new(super::on(&database));
    let alice = machine(user_id!("@alice:x.org"), device_id!("ALICE"), store.clone()).await;
    alice.decrypt_room_event(&event, room_id, &TRUST).await.expect("the same event again");
    assert!(alice.cross_signing_status().await.is_complete());
    assert!(alice.get_identity(alice.user_id(), None).await.expect("identity").is_some());

    let other = room_id!("!patrol:x.org");
    share(&bob, &alice, other).await;
    let event = say(&bob, other, 2).await;
    alice.decrypt_room_event(&event, other, &TRUST).await.expect("a new key over the old olm session");
    let sender_key = bob.identity_keys().curve25519.to_base64();
    assert_eq!(store.get_sessions(&sender_key).await.expect("sessions").expect("some").len(), 1);
}
