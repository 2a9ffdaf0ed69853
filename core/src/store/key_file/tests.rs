use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use tempfile::TempDir;

use super::*;
use crate::store::vault::{Cost, FileVault, PassphraseVault};

mod damage;
mod locking;
mod wiping;

const USER: &str = "@inspector.needle:police.example";
const SERVER: &str = "https://matrix.needle.example";

fn passphrase(text: &str) -> PassphraseVault {
    PassphraseVault::with_cost(text.to_owned().into(), Cost { memory_kib: 64, passes: 1, lanes: 1 })
}

/// A profile with one account, in a directory of its own beside its key.
struct Profile {
    root: TempDir,
    dir: PathBuf,
    vault: FileVault,
}

impl Drop for Profile {
    /// What keeps it open lies outside the directory.
    fn drop(&mut self) {
        if let Ok(locked) = KeyFile::read(&self.dir) {
            let _ = session::SESSION.remove(&self.dir, &locked.header.file_id);
        }
    }
}

impl Profile {
    async fn new() -> (Self, Unlocked) {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("profile");
        let vault = FileVault::new(root.path().join("vault.key"));
        let mut unlocked = KeyFile::create(&dir, &vault, "QROC").await.unwrap();
        unlocked.add_account(USER, SERVER).unwrap();
        unlocked.save().unwrap();
        (Self { root, dir, vault }, unlocked)
    }

    fn path(&self) -> PathBuf {
        self.dir.join(FILE_NAME)
    }

    async fn unlock(&self) -> Result<Unlocked, KeyFileError> {
        KeyFile::read(&self.dir)?.unlock(&self.vault).await
    }
}

#[tokio::test]
async fn what_was_saved_is_there_at_the_next_start() {
    let (profile, mut unlocked) = Profile::new().await;
    let lock = LockPolicy { required: true, max_attempts: Some(3), ..LockPolicy::default() };
    unlocked.set_policy(Some(b"{\"org.name\":\"needle\"}".to_vec()), lock.clone(), Some(72));
    unlocked.note_contact(1_000);
    let madrid = unlocked.add_account("@b:madrid", "https://madrid").unwrap();
    unlocked.save().unwrap();

    let locked = KeyFile::read(&profile.dir).unwrap();
    assert_eq!(locked.lock_policy(), &lock);
    assert_eq!(locked.attempts_left(), Some(3));
    let clock = locked.offline_clock();
    assert!(!clock.is_over(1_000 + 72 * 3_600_000) && clock.is_over(1_001 + 72 * 3_600_000));
    // The remembered vault is found without being told.
    let vault = FileVault::from_parameters(&locked.slots()[0].vault.parameters).unwrap();
    let mut again = locked.unlock(&vault).await.unwrap();
    assert_eq!(again.accounts(), unlocked.accounts());
    assert_eq!(again.policy(), unlocked.policy());
    assert_eq!(
        (again.accounts()[0].user_id.as_str(), again.accounts()[0].homeserver.as_str()),
        (USER, SERVER)
    );
    assert_ne!(again.accounts()[0].db, madrid.db);

    again.remove_account(madrid.number).unwrap();
    assert!(matches!(again.remove_account(madrid.number), Err(KeyFileError::NoSuchAccount)));
    assert!(matches!(again.add_account(USER, SERVER), Err(KeyFileError::AccountExists)));
    assert_eq!(again.add_account("@c:porto", "https://porto").unwrap().number, 3);
}

#[tokio::test]
async fn only_the_owner_can_read_it_and_it_names_nobody() {
    let (profile, mut unlocked) = Profile::new().await;
    unlocked.set_policy(Some(b"needle policy".to_vec()), LockPolicy::default(), None);
    unlocked.save().unwrap();
    assert_eq!(fs::metadata(profile.path()).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(fs::metadata(&profile.dir).unwrap().permissions().mode() & 0o7777, 0o700);

    let bytes = fs::read(profile.path()).unwrap();
    let raw = unlocked.accounts()[0].db.to_raw_hex();
    let key = hex::decode(raw.as_bytes()).unwrap();
    let device = unlocked.device_key.expose();
    let needles: [&[u8]; 8] = [
        b"needle",
        b"police.example",
        &raw.as_bytes()[..16],
        &key[..8],
        &device[..8],
        &hex::encode(device).into_bytes()[..16],
        &fs::read(profile.vault.path()).unwrap()[..8],
        &unlocked.body.attempts_start.expose()[..8],
    ];
    for needle in needles {
        assert!(!bytes.windows(needle.len()).any(|window| window == needle));
    }
    assert_eq!(fs::read_dir(&profile.dir).unwrap().count(), 1);
    let shown = format!("{unlocked:?} {:?}", unlocked.accounts());
    assert!(!shown.contains("inspector") && !shown.contains(raw.as_str()));
}

#[tokio::test]
async fn a_wrong_passphrase_changes_nothing() {
    let root = tempfile::tempdir().unwrap();
    KeyFile::create(root.path(), &passphrase("seven hills"), "QROC").await.unwrap();
    let before = fs::read(root.path().join(FILE_NAME)).unwrap();
    let locked = KeyFile::read(root.path()).unwrap();
    let refused = locked.unlock(&passphrase("six hills")).await;
    assert!(matches!(refused, Err(KeyFileError::Vault(VaultError::WrongSecret))));
    locked.unlock(&passphrase("seven hills")).await.unwrap();
    assert_eq!(fs::read(root.path().join(FILE_NAME)).unwrap(), before);

    let other = locked.unlock(&FileVault::new("nowhere")).await.unwrap_err();
    assert!(other.to_string().contains("another vault: passphrase"));
}

#[tokio::test]
async fn a_moved_vault_file_is_named_and_works_from_its_new_place() {
    let (profile, _) = Profile::new().await;
    let moved = profile.root.path().join("elsewhere.key");
    fs::rename(profile.vault.path(), &moved).unwrap();
    let error = profile.unlock().await.unwrap_err();
    assert!(matches!(error, KeyFileError::Vault(VaultError::Gone(_))));
    assert!(error.to_string().contains("vault.key"));
    KeyFile::read(&profile.dir).unwrap().unlock(&FileVault::new(moved)).await.unwrap();
}

#[tokio::test]
async fn a_second_sign_in_never_replaces_the_first() {
    let (profile, _) = Profile::new().await;
    let before = fs::read(profile.path()).unwrap();
    let other = FileVault::new(profile.root.path().join("other.key"));
    assert!(matches!(KeyFile::create(&profile.dir, &other, "QROC").await, Err(KeyFileError::Exists)));
    fs::write(profile.path(), "garbage").unwrap();
    assert!(matches!(KeyFile::create(&profile.dir, &other, "QROC").await, Err(KeyFileError::Exists)));
    assert_eq!(fs::read(profile.path()).unwrap(), b"garbage");
    fs::write(profile.path(), before).unwrap();
    profile.unlock().await.unwrap();
}

#[tokio::test]
async fn attempts_are_counted_while_locked_and_cleared_by_the_owner_alone() {
    let (profile, mut owner) = Profile::new().await;
    let mut locked = KeyFile::read(&profile.dir).unwrap();
    assert_eq!(locked.count_attempt(10).unwrap(), 1);
    // Another process counts on from what is on the disk.
    assert_eq!(KeyFile::read(&profile.dir).unwrap().count_attempt(20).unwrap(), 2);
    assert_eq!(locked.count_attempt(30).unwrap(), 3);

    owner.note_contact(5);
    owner.save().unwrap();
    let locked = KeyFile::read(&profile.dir).unwrap();
    assert_eq!((locked.attempts(), locked.last_attempt_ms(), locked.attempts_left()), (3, Some(30), Some(2)));
    let mut unlocked = locked.unlock(&profile.vault).await.unwrap();
    unlocked.clear_attempts();
    unlocked.save().unwrap();
    let locked = KeyFile::read(&profile.dir).unwrap();
    assert_eq!((locked.attempts(), locked.last_attempt_ms()), (0, None));
    locked.unlock(&profile.vault).await.unwrap();
}

#[tokio::test]
async fn two_processes_do_not_overwrite_each_other() {
    let (profile, mut first) = Profile::new().await;
    let mut second = profile.unlock().await.unwrap();
    first.add_account("@b:madrid", "https://madrid").unwrap();
    first.save().unwrap();
    second.note_contact(1);
    assert!(matches!(second.save(), Err(KeyFileError::Changed)));
    assert_eq!(profile.unlock().await.unwrap().accounts().len(), 2);
}

/// What is not read again is known by its stamp, and that is believed once the file has been left alone for a while.
#[tokio::test]
async fn a_file_that_was_left_alone_is_read_again_as_soon_as_anything_differs() {
    let (profile, mut ours) = Profile::new().await;
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    assert!(!ours.reload().unwrap());
    assert!(!ours.reload().unwrap());
    ours.note_contact(7);
    assert!(ours.reload().unwrap(), "what was not saved is given up");
    assert_eq!(ours.offline_clock().last_contact_ms, 0);
    assert!(!ours.reload().unwrap());
    let mut other = profile.unlock().await.unwrap();
    other.note_contact(1);
    other.save().unwrap();
    assert!(ours.reload().unwrap(), "what another process saved is seen at once");
    assert_eq!(ours.offline_clock().last_contact_ms, 1);
    begin_wipe(&profile.dir).unwrap();
    assert!(matches!(ours.reload(), Err(KeyFileError::WipePending)));
}

#[tokio::test]
async fn a_replacement_that_dies_leaves_old_or_new() {
    let mut seen = [0, 0];
    for after in 0.. {
        let (profile, mut unlocked) = Profile::new().await;
        unlocked.add_account("@b:madrid", "https://madrid").unwrap();
        let (result, died) = crash::at(after, || unlocked.save());
        assert_eq!(result.is_err(), died && after < 6, "{after}");
        let accounts = profile.unlock().await.unwrap().accounts().len();
        seen[accounts - 1] += 1;
        // The next save works, whatever lies around.
        unlocked.note_contact(1);
        unlocked.save().unwrap();
        assert_eq!(profile.unlock().await.unwrap().accounts().len(), 2);
        assert_eq!(fs::read_dir(&profile.dir).unwrap().count(), 1);
        if !died {
            break;
        }
    }
    assert!(seen[0] >= 4 && seen[1] >= 2, "{seen:?}");
}

#[tokio::test]
async fn a_first_sign_in_that_dies_can_be_repeated() {
    for after in 0..4 {
        let root = tempfile::tempdir().unwrap();
        let vault = FileVault::new(root.path().join("vault.key"));
        let dir = root.path().join("profile");
        fs::create_dir(&dir).unwrap();
        let handle = vault.create("QROC").await.unwrap();
        let (result, died) = crash::at(after, || disk::replace(&dir, &handle.0));
        assert!(result.is_err() && died);
        assert!(matches!(KeyFile::read(&dir), Err(KeyFileError::Missing)));
        KeyFile::create(&dir, &vault, "QROC").await.unwrap();
    }
}

#[tokio::test]
async fn a_failed_save_keeps_the_changes_and_leaves_nothing_behind() {
    let (profile, mut unlocked) = Profile::new().await;
    fs::create_dir(profile.dir.join("device.key.new")).unwrap();
    unlocked.add_account("@b:madrid", "https://madrid").unwrap();
    assert!(unlocked.save().is_err());
    assert_eq!(profile.unlock().await.unwrap().accounts().len(), 1);
    fs::remove_dir(profile.dir.join("device.key.new")).unwrap();
    unlocked.save().unwrap();
    assert_eq!(profile.unlock().await.unwrap().accounts().len(), 2);
}

#[tokio::test]
async fn the_old_file_is_overwritten_where_it_lay() {
    use std::io::Read as _;
    let (profile, mut unlocked) = Profile::new().await;
    let mut old = fs::File::open(profile.path()).unwrap();
    unlocked.save().unwrap();
    let mut bytes = Vec::new();
    old.read_to_end(&mut bytes).unwrap();
    assert!(bytes.len() > 200 && bytes.iter().all(|byte| *byte == 0));
}

#[tokio::test]
async fn a_link_in_the_place_of_the_file_is_not_followed() {
    let (profile, _) = Profile::new().await;
    let real = profile.root.path().join("real");
    fs::rename(profile.path(), &real).unwrap();
    symlink(&real, profile.path()).unwrap();
    assert!(KeyFile::read(&profile.dir).is_err());
    assert!(matches!(KeyFile::read(&profile.dir.join("nowhere")), Err(KeyFileError::Missing)));
}
