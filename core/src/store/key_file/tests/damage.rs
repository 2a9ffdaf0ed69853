use std::fs;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::attempts::Attempts;
use super::super::frame::Frame;
use super::*;

type Named = fn(&KeyFileError) -> bool;

fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    let at = bytes.len() - 32;
    let checksum = Sha256::digest(&bytes[..at]);
    bytes[at..].copy_from_slice(&checksum);
    bytes
}

/// Puts a header edited by hand into the file, with a checksum that fits.
fn edit(profile: &Profile, change: impl FnOnce(&mut Value)) {
    let mut frame = Frame::decode(&fs::read(profile.path()).unwrap()).unwrap();
    let mut header = serde_json::from_slice(&frame.header).unwrap();
    change(&mut header);
    frame.header = serde_json::to_vec(&header).unwrap();
    fs::write(profile.path(), frame.encode().unwrap()).unwrap();
}

#[tokio::test]
async fn every_byte_counts() {
    let (profile, _) = Profile::new().await;
    KeyFile::read(&profile.dir).unwrap().count_attempt(77).unwrap();
    let good = fs::read(profile.path()).unwrap();
    let time = good.windows(12).position(|window| window == b"\"last_ms\":77").unwrap() + 10;
    let mut found = [0; 2];
    for at in 0..good.len() {
        for bit in [0x01, 0x20, 0x80] {
            let mut bytes = good.clone();
            bytes[at] ^= bit;
            fs::write(profile.path(), &bytes).unwrap();
            assert!(profile.unlock().await.is_err(), "byte {at} of {}", good.len());
            found[0] += 1;

            if at >= good.len() - 32 {
                continue;
            }
            fs::write(profile.path(), with_checksum(bytes)).unwrap();
            // The time of the last attempt is the one thing that nothing vouches for.
            if !(time..time + 2).contains(&at) {
                assert!(profile.unlock().await.is_err(), "byte {at} of {}, checksum mended", good.len());
                found[1] += 1;
            }
        }
    }
    assert!(found[0] > 2_000 && found[1] > 2_000, "{found:?}");
    fs::write(profile.path(), &good).unwrap();
    profile.unlock().await.unwrap();
}

#[tokio::test]
async fn a_file_cut_off_anywhere_is_called_cut_off() {
    let (profile, _) = Profile::new().await;
    let good = fs::read(profile.path()).unwrap();
    for length in 0..good.len() {
        fs::write(profile.path(), &good[..length]).unwrap();
        let error = KeyFile::read(&profile.dir).unwrap_err();
        assert!(matches!(error, KeyFileError::Truncated), "{length}: {error}");
        assert_eq!(fs::metadata(profile.path()).unwrap().len(), u64::try_from(length).unwrap());
    }
    fs::write(profile.path(), [good.as_slice(), b"x"].concat()).unwrap();
    assert!(matches!(KeyFile::read(&profile.dir), Err(KeyFileError::Damaged("length"))));
}

#[tokio::test]
async fn each_fault_has_its_own_name_and_the_file_stays() {
    let (profile, mut unlocked) = Profile::new().await;
    let good = fs::read(profile.path()).unwrap();
    let mut newer = good.clone();
    newer[11] = 2;
    let mut huge = good.clone();
    huge[12..16].copy_from_slice(&[0xff; 4]);
    let faults: [(&[u8], Named); 5] = [
        (b"-----BEGIN PRIVATE KEY-----", |error| matches!(error, KeyFileError::NotAKeyFile)),
        (&[0; 4096], |error| matches!(error, KeyFileError::NotAKeyFile)),
        (&newer, |error| matches!(error, KeyFileError::NewerVersion { found: 2, known: 1 })),
        (&huge, |error| matches!(error, KeyFileError::Truncated)),
        (b"", |error| matches!(error, KeyFileError::Truncated)),
    ];
    for (bytes, expected) in faults {
        fs::write(profile.path(), bytes).unwrap();
        let error = KeyFile::read(&profile.dir).unwrap_err();
        assert!(expected(&error), "{error}");
        let error = unlocked.save().unwrap_err();
        assert!(expected(&error), "{error}");
        assert_eq!(fs::read(profile.path()).unwrap(), bytes);
    }
    fs::remove_file(profile.path()).unwrap();
    assert!(matches!(unlocked.save(), Err(KeyFileError::Missing)));
    assert!(!profile.path().exists());
}

#[tokio::test]
async fn a_policy_loosened_by_hand_is_noticed() {
    let (profile, _) = Profile::new().await;
    edit(&profile, |header| header["lock"]["max_attempts"] = Value::Null);
    assert_eq!(KeyFile::read(&profile.dir).unwrap().attempts_left(), None);
    assert!(matches!(profile.unlock().await, Err(KeyFileError::Tampered)));
}

#[tokio::test]
async fn an_attempt_counter_set_back_by_hand_is_noticed() {
    let (profile, unlocked) = Profile::new().await;
    let mut locked = KeyFile::read(&profile.dir).unwrap();
    for now in 1..=4 {
        locked.count_attempt(now).unwrap();
    }
    let mut frame = Frame::decode(&fs::read(profile.path()).unwrap()).unwrap();
    let mut one = Attempts::decode(&frame.state).unwrap();
    one.count = 1;
    let none = Attempts::none(&Secret::random().unwrap());
    for forged in [one, none] {
        frame.state = forged.encode().unwrap();
        fs::write(profile.path(), frame.encode().unwrap()).unwrap();
        assert!(matches!(profile.unlock().await, Err(KeyFileError::Tampered)));
    }
    drop(unlocked);
}

#[tokio::test]
async fn slots_of_later_versions_are_named_and_do_not_hide_ours() {
    let (profile, _) = Profile::new().await;
    let good = fs::read(profile.path()).unwrap();
    for kind in ["duress", "smartcard"] {
        fs::write(profile.path(), &good).unwrap();
        edit(&profile, |header| header["slots"][0]["kind"] = json!(kind));
        let error = profile.unlock().await.unwrap_err();
        assert!(matches!(&error, KeyFileError::UnsupportedSlot(found) if found == kind), "{error}");
    }
    fs::write(profile.path(), &good).unwrap();
    for kind in ["vault_pin", "vault_pin_share"] {
        edit(&profile, |header| header["slots"][0]["kind"] = json!(kind));
        assert!(matches!(profile.unlock().await, Err(KeyFileError::Sealed)), "{kind}");
    }
    edit(&profile, |header| header["slots"] = json!([]));
    assert!(matches!(profile.unlock().await, Err(KeyFileError::OtherVault(_))));
    edit(&profile, |header| header["surprise"] = json!(1));
    assert!(matches!(profile.unlock().await, Err(KeyFileError::Damaged("header"))));
}

#[tokio::test]
async fn a_slot_or_a_body_of_another_profile_does_not_fit() {
    let (lisbon, _) = Profile::new().await;
    let root = tempfile::tempdir().unwrap();
    KeyFile::create(root.path(), &lisbon.vault, "QROC").await.unwrap();
    let theirs = Frame::decode(&fs::read(root.path().join(FILE_NAME)).unwrap()).unwrap();
    let mut ours = Frame::decode(&fs::read(lisbon.path()).unwrap()).unwrap();
    let slots = serde_json::from_slice::<Value>(&theirs.header).unwrap()["slots"].clone();
    ours.body = theirs.body;
    fs::write(lisbon.path(), ours.encode().unwrap()).unwrap();
    assert!(matches!(lisbon.unlock().await, Err(KeyFileError::Tampered)));
    edit(&lisbon, |header| header["slots"] = slots);
    assert!(matches!(lisbon.unlock().await, Err(KeyFileError::Vault(VaultError::WrongSecret))));
}
