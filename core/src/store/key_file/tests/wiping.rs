use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use super::*;

const FILES: usize = 9;

/// Fills the profile with what a running program leaves, and with what is not ours.
fn fill(profile: &Profile) {
    let account = account_dir(&profile.dir, 1);
    for sub in ["media/ab", "inbox"] {
        fs::create_dir_all(account.join(sub)).unwrap();
    }
    fs::create_dir(profile.dir.join("media")).unwrap();
    for name in ["qroc.db", "qroc.db-wal", "owner.lock", "media/ab/1", "inbox/1"] {
        fs::write(account.join(name), "sealed").unwrap();
    }
    drop(UnixListener::bind(profile.dir.join("owner.sock")).unwrap());
    // Links are removed, what they name is not.
    let outside = profile.root.path().join("outside");
    fs::create_dir_all(&outside).unwrap();
    fs::write(outside.join("diary.txt"), "mine").unwrap();
    symlink(&outside, account.join("media/link")).unwrap();
    symlink(outside.join("diary.txt"), profile.dir.join("media/diary")).unwrap();
    fs::write(profile.dir.join("notes.txt"), "mine").unwrap();
}

fn is_wiped(profile: &Profile) {
    let left: Vec<_> = fs::read_dir(&profile.dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["notes.txt"]);
    assert_eq!(fs::read(profile.root.path().join("outside/diary.txt")).unwrap(), b"mine");
    assert!(matches!(KeyFile::read(&profile.dir), Err(KeyFileError::Missing)));
}

#[tokio::test]
async fn a_wipe_takes_what_is_ours_and_no_more() {
    let (profile, unlocked) = Profile::new().await;
    fill(&profile);
    assert!(matches!(finish_wipe(&profile.dir), Err(KeyFileError::WipeNotBegun)));
    let slots = begin_wipe(&profile.dir).unwrap();
    assert_eq!(slots, unlocked.header.slots);
    assert_eq!(finish_wipe(&profile.dir).unwrap(), FILES);
    is_wiped(&profile);
    assert_eq!(finish_wipe(&profile.dir).unwrap(), 0);
    assert!(matches!(begin_wipe(&profile.dir), Err(KeyFileError::Missing)));
    KeyFile::create(&profile.dir, &profile.vault, "QROC").await.unwrap();
}

#[tokio::test]
async fn from_the_first_step_on_the_keys_are_gone() {
    let (profile, mut owner) = Profile::new().await;
    let length = fs::metadata(profile.path()).unwrap().len();
    begin_wipe(&profile.dir).unwrap();
    let bytes = fs::read(profile.path()).unwrap();
    assert_eq!(u64::try_from(bytes.len()).unwrap(), length);
    assert!(bytes.starts_with(b"QROCWIPE") && bytes[8..].iter().all(|byte| *byte == 0));
    // A running owner cannot bring them back, nor can a sign-in take the place.
    assert!(matches!(owner.save(), Err(KeyFileError::WipePending)));
    let other = KeyFile::create(&profile.dir, &profile.vault, "QROC").await;
    assert!(matches!(other, Err(KeyFileError::WipePending)));
    assert_eq!(fs::read(profile.path()).unwrap(), bytes);
}

#[tokio::test]
async fn an_intent_alone_ends_in_a_wipe() {
    let (profile, _) = Profile::new().await;
    fill(&profile);
    set_wipe_intent(&profile.dir).unwrap();
    assert!(matches!(KeyFile::read(&profile.dir), Err(KeyFileError::WipePending)));
    set_wipe_intent(&profile.dir).unwrap();
    assert_eq!(finish_wipe(&profile.dir).unwrap(), FILES);
    is_wiped(&profile);
}

#[tokio::test]
async fn a_wipe_that_dies_anywhere_is_finished_at_the_next_start() {
    let mut interrupted = 0;
    for after in 0.. {
        let (profile, _) = Profile::new().await;
        fill(&profile);
        fs::copy(profile.path(), profile.dir.join("device.key.new")).unwrap();
        let ((), died) = crash::at(after, || {
            if begin_wipe(&profile.dir).is_ok() {
                let _ = finish_wipe(&profile.dir);
            }
        });
        match KeyFile::read(&profile.dir) {
            Err(KeyFileError::WipePending) => {
                finish_wipe(&profile.dir).unwrap();
            }
            Err(KeyFileError::Missing) => assert_eq!(finish_wipe(&profile.dir).unwrap(), 0),
            other => panic!("neither wiped nor pending after {after}: {other:?}"),
        }
        is_wiped(&profile);
        if !died {
            break;
        }
        interrupted += 1;
    }
    assert!(interrupted > 15, "{interrupted}");
}

#[tokio::test]
async fn a_damaged_or_missing_key_file_stops_no_wipe() {
    let faults: [fn(&Profile); 4] = [
        |profile| fs::write(profile.path(), "").unwrap(),
        |profile| fs::write(profile.path(), [7; 99]).unwrap(),
        |profile| fs::write(profile.path(), &fs::read(profile.path()).unwrap()[..50]).unwrap(),
        |profile| fs::remove_file(profile.path()).unwrap(),
    ];
    for fault in faults {
        let (profile, _) = Profile::new().await;
        fill(&profile);
        fault(&profile);
        begin_wipe(&profile.dir).unwrap();
        finish_wipe(&profile.dir).unwrap();
        is_wiped(&profile);
    }
}

#[test]
fn a_directory_that_is_no_profile_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("accounts/alice")).unwrap();
    fs::write(root.path().join("accounts/alice/books.ods"), "mine").unwrap();
    assert!(matches!(begin_wipe(root.path()), Err(KeyFileError::Missing)));
    fs::write(root.path().join(FILE_NAME), "-----BEGIN PRIVATE KEY-----").unwrap();
    assert!(matches!(begin_wipe(root.path()), Err(KeyFileError::NotAKeyFile)));
    assert!(matches!(set_wipe_intent(root.path()), Err(KeyFileError::NotAKeyFile)));
    assert!(matches!(finish_wipe(root.path()), Err(KeyFileError::WipeNotBegun)));
    assert_eq!(fs::read(root.path().join("accounts/alice/books.ods")).unwrap(), b"mine");
    assert!(matches!(begin_wipe(&root.path().join("nowhere")), Err(KeyFileError::Missing)));
}

#[tokio::test]
async fn an_account_that_links_elsewhere_takes_nothing_with_it() {
    let (profile, _) = Profile::new().await;
    fill(&profile);
    fs::remove_dir_all(profile.dir.join("accounts")).unwrap();
    symlink(profile.root.path().join("outside"), profile.dir.join("accounts")).unwrap();
    begin_wipe(&profile.dir).unwrap();
    finish_wipe(&profile.dir).unwrap();
    is_wiped(&profile);
}

/// A platform's vault: it keeps its keys itself.
#[derive(Debug)]
struct Keychain {
    inner: FileVault,
    destroyed: std::sync::Mutex<Vec<crate::ports::key_vault::KeyHandle>>,
    locked: std::sync::atomic::AtomicBool,
}

#[async_trait::async_trait]
impl KeyVault for Keychain {
    fn kind(&self) -> &str {
        "keychain"
    }
    fn parameters(&self) -> std::collections::BTreeMap<String, String> {
        self.inner.parameters()
    }
    async fn create(&self, label: &str) -> Result<crate::ports::key_vault::KeyHandle, VaultError> {
        self.inner.create(label).await
    }
    async fn wrap(
        &self,
        handle: &crate::ports::key_vault::KeyHandle,
        secret: &Secret<32>,
        aad: &[u8],
    ) -> Result<crate::ports::key_vault::Wrapped, VaultError> {
        self.inner.wrap(handle, secret, aad).await
    }
    async fn unwrap(
        &self,
        handle: &crate::ports::key_vault::KeyHandle,
        wrapped: &crate::ports::key_vault::Wrapped,
        aad: &[u8],
    ) -> Result<Secret<32>, VaultError> {
        self.inner.unwrap(handle, wrapped, aad).await
    }
    async fn destroy(&self, handle: &crate::ports::key_vault::KeyHandle) -> Result<(), VaultError> {
        if self.locked.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(VaultError::LockedUntilFirstUnlock);
        }
        self.destroyed.lock().unwrap().push(handle.clone());
        Ok(())
    }
}

#[tokio::test]
async fn the_vaults_own_key_goes_too_wherever_the_wipe_was_interrupted() {
    let mut interrupted = 0;
    for after in 0.. {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("profile");
        let vault = Keychain {
            inner: FileVault::new(root.path().join("vault.key")),
            destroyed: std::sync::Mutex::default(),
            locked: true.into(),
        };
        let unlocked = KeyFile::create(&dir, &vault, "QROC").await.unwrap();
        let handle = unlocked.header.slots[0].handle.clone();
        let ((), died) = crash::at(after, || {
            if begin_wipe(&dir).is_ok() {
                let _ = finish_wipe(&dir);
            }
        });
        if KeyFile::read(&dir).is_ok() {
            // It died before its first step: the profile lives, and so does its key.
            vault.locked.store(false, std::sync::atomic::Ordering::SeqCst);
            assert_eq!((vaults_with_keys(&dir).len(), destroy_vault_keys(&dir, &vault).await), (0, 0));
            KeyFile::read(&dir).unwrap().unlock(&vault).await.unwrap();
            vault.locked.store(true, std::sync::atomic::Ordering::SeqCst);
            begin_wipe(&dir).unwrap();
        }
        finish_wipe(&dir).unwrap();
        assert_eq!(vaults_with_keys(&dir)[0].kind, "keychain", "after {after}");
        // A vault that cannot be asked now is asked at the next start.
        assert_eq!(destroy_vault_keys(&dir, &vault).await, 0);
        assert_eq!(destroy_vault_keys(&dir, &passphrase("x")).await, 0);
        vault.locked.store(false, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(destroy_vault_keys(&dir, &vault).await, 1);
        assert_eq!(*vault.destroyed.lock().unwrap(), [handle]);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0, "nothing is left");
        if !died {
            break;
        }
        interrupted += 1;
    }
    assert!(interrupted > 5, "{interrupted}");
}
