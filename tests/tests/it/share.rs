//! Half of the lock's key is held by the organisation's server: without it neither vault nor PIN opens anything.

use std::fs;

use qroc_core::clock::{Clock as _, SystemClock};
use qroc_core::secret::SecretBytes;
use qroc_core::store::key_file::{KeyFile, KeyFileError};
use qroc_core::store::vault::FileVault;
use qroc_server::{Options as ServerOptions, ShareService};
use serde_json::{Value, json};

use crate::policy::{apply, forbidden};
use crate::terminal::{Ended, Officer, server_with, two_officers};

fn pin(officer: &Officer, text: &str) -> String {
    fs::write(officer.file("pin"), format!("{text}\n")).expect("pin");
    officer.path("pin")
}

fn unlock(officer: &Officer, text: &str) -> Ended {
    let pin = pin(officer, text);
    officer.run(&["unlock", "--pin-file", &pin])
}

fn seal(officer: &Officer) {
    assert_eq!(officer.run(&["lock"]).one()["state"], "sealed");
}

#[test]
fn half_of_the_key_is_fetched_to_unlock() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let mut service = ShareService::start(&server).expect("service");
    let (lisbon, _madrid, room) = two_officers(&server.base_url());
    lisbon.say(&room, "Before");
    let policy = |grace: u32| -> Value {
        json!({ "lock.remote_share": true, "lock.share_url": service.base_url(), "lock.offline_grace_min": grace })
    };
    let (without, with) = (policy(0), policy(60));

    // A PIN that was set without it does not do any more, and none is set where the server cannot be reached.
    lisbon.run(&["lock", "set", "--pin-file", &pin(&lisbon, "736204")]).one();
    apply(&lisbon, &without);
    forbidden(&lisbon.run(&["rooms"]), "lock.remote_share", "mdm");
    apply(&lisbon, &json!({ "lock.remote_share": true }));
    let (kind, message) = lisbon.run(&["lock", "set", "--pin-file", &pin(&lisbon, "918273")]).error(2);
    assert!(kind == "bad_input" && message.contains("lock.share_url"), "{message}");
    apply(&lisbon, &without);
    service.stop().expect("stopped");
    assert_eq!(lisbon.run(&["lock", "set", "--pin-file", &pin(&lisbon, "918273")]).error(4).0, "network");
    service.run().expect("runs");
    lisbon.run(&["lock", "set", "--pin-file", &pin(&lisbon, "918273")]).one();
    assert_eq!(lisbon.texts(&room), ["Before"]);
    seal(&lisbon);
    assert_eq!(unlock(&lisbon, "918273").one()["state"], "unlocked");
    assert_eq!(lisbon.texts(&room), ["Before"]);
    assert_eq!(service.audit().expect("audit"), ["made", "opened"]);

    // Without the service nothing opens it, the right PIN included, and no attempt is lost.
    seal(&lisbon);
    service.stop().expect("stopped");
    assert_eq!(unlock(&lisbon, "918273").error(4).0, "network");
    assert_eq!(lisbon.run(&["lock", "status"]).one()["attempts_left"], 5);
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    let vault = FileVault::new(lisbon.file("vault.key"));
    let secret = SecretBytes::from("918273".to_owned());
    let opened = runtime.block_on(async {
        let mut locked = KeyFile::read(&lisbon.profile()).expect("key file");
        locked.unlock_with_pin(&vault, &secret, &SystemClock.moment()).await
    });
    assert!(matches!(opened, Err(KeyFileError::ShareNeeded)), "{opened:?}");

    // A wrong one is counted here and there.
    service.run().expect("runs");
    let (_, message) = unlock(&lisbon, "000111").error(5);
    assert!(message.contains("4 attempts left"), "{message}");
    assert_eq!(unlock(&lisbon, "918273").one()["state"], "unlocked");
    assert_eq!(service.audit().expect("audit"), ["made", "opened", "wrong", "opened"]);

    // For a while it works without the service, and no longer.
    apply(&lisbon, &with);
    seal(&lisbon);
    assert_eq!(unlock(&lisbon, "918273").one()["state"], "unlocked");
    service.stop().expect("stopped");
    seal(&lisbon);
    assert!(unlock(&lisbon, "000111").error(5).1.contains("4 attempts left"));
    assert_eq!(unlock(&lisbon, "918273").one()["state"], "unlocked");
    apply(&lisbon, &without);
    seal(&lisbon);
    assert_eq!(unlock(&lisbon, "918273").error(4).0, "network");
    apply_sealed(&lisbon);

    // Revoked, it is noise for good: also where the service is gone, and whatever was kept in memory.
    service.run().expect("runs");
    assert_eq!(unlock(&lisbon, "918273").one()["state"], "unlocked");
    apply(&lisbon, &with);
    seal(&lisbon);
    assert_eq!(unlock(&lisbon, "918273").one()["state"], "unlocked");
    seal(&lisbon);
    assert_eq!(service.revoke(&lisbon.user).expect("revoked"), 1);
    assert!(unlock(&lisbon, "918273").error(5).1.contains("destroyed its half"));
    service.stop().expect("stopped");
    assert_eq!(unlock(&lisbon, "918273").error(4).0, "network");
    assert_eq!(lisbon.run(&["rooms"]).error(5).0, "signed_out");
    // What is left can be removed, as ever.
    lisbon.run(&["wipe", "--yes"]).one();
    let left = |dir: &std::path::Path| fs::read_dir(dir).map(Iterator::count).unwrap_or(0);
    assert_eq!(left(&lisbon.profile()), 0);
    assert!(fs::read_dir(lisbon.file(".")).expect("dir").all(|entry| {
        let name = entry.expect("entry").file_name();
        !name.to_string_lossy().ends_with(".share") && !name.to_string_lossy().ends_with(".session")
    }));
}

/// A sealed profile takes no policy; it says so, and nothing opens.
fn apply_sealed(officer: &Officer) {
    let (kind, _) = officer.run(&["policy", "apply", "policy.json", "--as-mdm"]).error(5);
    assert_eq!(kind, "signed_out");
}

#[test]
fn too_many_wrong_ones_destroy_the_servers_half() {
    let server = server_with(ServerOptions::default(), &["lisbon"]);
    let service = ShareService::start(&server).expect("service");
    let lisbon = Officer::sign_in(&server.base_url(), "lisbon");
    let policy =
        json!({ "lock.remote_share": true, "lock.share_url": service.base_url(), "lock.max_attempts": 50 });
    apply(&lisbon, &policy);
    lisbon.run(&["lock", "set", "--pin-file", &pin(&lisbon, "918273")]).one();
    seal(&lisbon);
    // Whoever has a copy of the disk and the vault guesses at the service, with whatever program.
    let mut told = Vec::new();
    for guess in ["000111", "111000", "222000", "333000"] {
        let copy = Officer::new("copy");
        copy_dir(&lisbon.profile(), &copy.profile());
        told.push(
            lisbon
                .command(&["unlock", "--pin-file", &pin(&lisbon, guess)])
                .env("QROC_PROFILE", copy.profile())
                .output()
                .expect("qroc")
                .status
                .code(),
        );
        if told.len() == 3 {
            // After the third a time has to pass, and the service holds to it whoever asks.
            std::thread::sleep(std::time::Duration::from_millis(5_200));
        }
    }
    assert_eq!(told, [Some(5); 4]);
    assert!(unlock(&lisbon, "918273").error(5).1.contains("destroyed its half"));
    let heard = service.audit().expect("audit");
    assert_eq!(heard, ["made", "wrong", "wrong", "wrong", "revoked_by_attempts", "refused_revoked"]);
}

fn copy_dir(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).expect("dir");
    for entry in fs::read_dir(from).expect("dir") {
        let entry = entry.expect("entry");
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_dir(&source, &target);
        } else if entry.file_type().expect("type").is_file() {
            fs::copy(source, target).expect("copied");
        }
    }
}
