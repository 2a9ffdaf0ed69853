use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::*;
use crate::clock::ManualClock;
use crate::policy::{Bundle, OrderKind, Rank, SigningKey};
use crate::store::key_file::KeyFile;
use crate::store::vault::FileVault;

const NOW: i64 = 1_800_000_000_000;

struct Profile {
    root: tempfile::TempDir,
    vault: FileVault,
}

impl Profile {
    async fn new() -> (Self, Mdm) {
        let root = tempfile::tempdir().unwrap();
        let vault = FileVault::new(root.path().join("vault.key"));
        let keys = KeyFile::create(&root.path().join("profile"), &vault, "QROC").await.unwrap();
        let profile = Self { root, vault };
        (profile, Mdm::new(keys, Arc::new(ManualClock::new(NOW))))
    }

    async fn again(&self) -> Mdm {
        let locked = KeyFile::read(&self.root.path().join("profile")).unwrap();
        Mdm::new(locked.unlock(&self.vault).await.unwrap(), Arc::new(ManualClock::new(NOW)))
    }
}

fn said(json: &Json) -> Vec<(String, Json)> {
    json.as_object().unwrap().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn admin(name: &str) -> Source {
    Source { rank: Rank::Mdm, name: name.to_owned() }
}

fn reader() -> Reader<'static> {
    Reader { user: "@lisbon:police.example", device: "VAN3", now_ms: NOW }
}

fn bundle(serial: u64, keys: &Json, signer: &SigningKey) -> Bundle {
    Bundle {
        key: signer.public_bytes(),
        issued_ms: NOW,
        expires_ms: NOW + 1000,
        serial,
        audience: Vec::new(),
        keys: said(keys),
        orders: Vec::new(),
    }
}

#[tokio::test]
async fn screens_hear_once_what_changed_and_why() {
    let (_profile, mdm) = Profile::new().await;
    let mut heard = mdm.subscribe();
    mdm.take(&admin("a"), &said(&json!({ "lock.min_length": 8, "rooms.create": false }))).unwrap();
    let changed = heard.try_recv().unwrap();
    let of = |key: &str| changed.iter().find(|changed| changed.key == key).unwrap();
    assert_eq!(
        (&of("lock.min_length").before, &of("lock.min_length").value),
        (&Some(Value::Number(6)), &Some(Value::Number(8)))
    );
    assert_eq!(of("rooms.create").source, "mdm:a");
    // With the first source the table holds.
    assert_eq!(of("share.save_to_device").source, "default");
    assert!(heard.try_recv().is_err(), "one event");
    mdm.take(&admin("a"), &said(&json!({ "lock.min_length": "8", "rooms.create": 0 }))).unwrap();
    assert!(heard.try_recv().is_err(), "nothing changed");
}

#[tokio::test]
async fn the_last_good_policy_is_there_at_the_next_start() {
    let (profile, mdm) = Profile::new().await;
    mdm.take(&admin("a"), &said(&json!({ "location.mode": "forced", "lock.max_attempts": 3 }))).unwrap();
    mdm.take(&admin("a"), &said(&json!({ "location.mode": "forced", "lock.max_attempts": "three" })))
        .unwrap();
    let again = profile.again().await;
    assert_eq!(again.policy(), mdm.policy());
    assert_eq!(again.feedback(), mdm.feedback(), "with what was wrong");
    assert_eq!(again.with_keys(|keys| keys.lock_policy().max_attempts), Some(3), "readable before unlock");
    // Two that contradict each other leave what was, also after a restart.
    again.take(&admin("b"), &said(&json!({ "location.mode": "off" }))).unwrap();
    for mdm in [&again, &profile.again().await] {
        let entry = mdm.policy().entry(Key::LocationMode).clone();
        assert_eq!((entry.value, entry.conflict), (Some(Value::Choice("forced")), true));
    }
    again.forget(&admin("a")).unwrap();
    assert_eq!(again.policy().value(Key::LocationMode), Some(&Value::Choice("off")));
    again.forget(&admin("b")).unwrap();
    assert!(!again.policy().is_managed());
}

#[tokio::test]
async fn a_process_sees_what_another_put_in_place() {
    let (profile, owner) = Profile::new().await;
    let mut heard = owner.subscribe();
    let other = profile.again().await;
    other.take(&admin(""), &said(&json!({ "rooms.create": false }))).unwrap();
    assert!(owner.policy().decide(Action::CreateRoom).allowed);
    assert!(!owner.refresh().unwrap().is_empty());
    assert!(!owner.policy().decide(Action::CreateRoom).allowed);
    assert!(heard.try_recv().is_ok() && owner.refresh().unwrap().is_empty());
    // Both write: neither takes back what the other did.
    owner.take(&admin("b"), &said(&json!({ "calls.video": false }))).unwrap();
    other.take(&admin("c"), &said(&json!({ "calls.group": false }))).unwrap();
    assert_eq!(profile.again().await.standing().layers.len(), 3);
}

#[tokio::test]
async fn a_bundle_never_goes_back_and_a_stolen_key_blocks_nobody() {
    let (profile, mdm) = Profile::new().await;
    let (old, new) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let believe = |keys: &[&SigningKey]| {
        let keys: Vec<_> = keys.iter().map(|key| key.public()).collect();
        mdm.take(&admin(""), &said(&json!({ "org.policy_keys": keys }))).unwrap();
    };
    let take = |mdm: &Mdm, serial: u64, signer: &SigningKey| {
        let bytes = bundle(serial, &json!({ "lock.max_attempts": serial }), signer).sign(signer);
        mdm.take_bundle(&bytes, reader()).map(drop)
    };
    believe(&[&old]);
    take(&mdm, 5, &old).unwrap();
    assert_eq!(mdm.policy().lock().max_attempts, Some(5));
    for serial in [4, 1] {
        let refused = take(&profile.again().await, serial, &old).unwrap_err();
        assert!(matches!(refused, MdmError::Bundle(BundleError::Rollback { known: 5, .. })), "{refused}");
    }
    take(&mdm, 5, &old).unwrap();
    believe(&[&old, &new]);
    assert!(take(&mdm, 5, &new).is_err(), "serials count for all keys together");
    take(&mdm, u64::MAX, &old).unwrap();
    take(&mdm, 90, &old).unwrap_err();
    take(&mdm, 6, &new).unwrap_err();
    believe(&[&new]);
    take(&mdm, 6, &new).unwrap();
    assert_eq!(mdm.policy().lock().max_attempts, Some(6));
    // Its time is over, what it says is not.
    let late = Reader { now_ms: NOW + 100 * 86_400_000, ..reader() };
    let bytes = bundle(7, &json!({}), &new).sign(&new);
    assert!(matches!(mdm.take_bundle(&bytes, late), Err(MdmError::Bundle(BundleError::Expired))));
    assert_eq!(profile.again().await.policy().lock().max_attempts, Some(6));
}

#[tokio::test]
async fn an_order_waits_until_it_is_done_and_is_done_once() {
    let (profile, mdm) = Profile::new().await;
    let signer = SigningKey::generate().unwrap();
    mdm.take(&admin(""), &said(&json!({ "org.policy_keys": [signer.public()] }))).unwrap();
    let ours = Order::new(OrderKind::Lock, "@lisbon:police.example", "VAN3").unwrap();
    let theirs = Order::new(OrderKind::Wipe, "@lisbon:police.example", "VAN4").unwrap();
    let ordered = |serial| {
        Bundle { orders: vec![theirs.clone(), ours.clone()], ..bundle(serial, &json!({}), &signer) }
            .sign(&signer)
    };
    mdm.take_bundle(&ordered(1), reader()).unwrap();
    assert_eq!(profile.again().await.pending(), std::slice::from_ref(&ours));
    mdm.finish(&ours).unwrap();
    assert!(mdm.pending().is_empty());
    mdm.take_bundle(&ordered(2), reader()).unwrap();
    assert!(profile.again().await.pending().is_empty(), "the nonce is remembered");
}

#[test]
fn damage_is_no_policy_and_no_panic() {
    for bytes in [&b""[..], b"{", b"[]", b"{\"layers\":[{\"mdm\":true}]}", b"\xff\xfe"] {
        assert_eq!(Standing::read(Some(bytes)), Standing::default());
    }
}
