use super::*;
use crate::clock::{Moment, Uptime};
use crate::secret::SecretBytes;
use crate::store::vault::Cost;

const QUICK: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };

fn pin(text: &str) -> SecretBytes {
    text.to_owned().into()
}

/// Seconds since the device's start, in its first or a later run, whatever the clock says.
fn at(clock_s: i64, boot: &str, up_s: u64) -> Moment {
    Moment { now_ms: clock_s * 1000, up: Some(Uptime { boot: boot.to_owned(), ms: up_s * 1000 }) }
}

async fn with_pin(profile: &Profile, unlocked: &mut Unlocked) {
    unlocked.set_pin(&profile.vault, &pin("736204"), 6, true, QUICK, 1_000).await.unwrap();
}

fn limit(unlocked: &mut Unlocked, attempts: Option<u32>) {
    let lock = LockPolicy { max_attempts: attempts, ..LockPolicy::default() };
    unlocked.set_policy(None, lock, None);
    unlocked.save().unwrap();
}

#[tokio::test]
async fn sealed_only_the_pin_and_the_vault_together_open_it() {
    let (profile, mut unlocked) = Profile::new().await;
    assert!(matches!(KeyFile::seal(&profile.dir), Err(KeyFileError::NoPin)));
    with_pin(&profile, &mut unlocked).await;
    // Nobody sealed it yet: later processes open it as before.
    assert_eq!(profile.unlock().await.unwrap().accounts(), unlocked.accounts());
    assert!(KeyFile::seal(&profile.dir).unwrap());
    assert!(!KeyFile::seal(&profile.dir).unwrap(), "sealed already");
    assert!(matches!(profile.unlock().await, Err(KeyFileError::Sealed)));

    let mut locked = KeyFile::read(&profile.dir).unwrap();
    assert!(locked.has_pin() && !locked.is_unlocked());
    let now = at(10, "a", 10);
    let wrong = locked.unlock_with_pin(&profile.vault, &pin("000000"), &now).await;
    assert!(matches!(wrong, Err(KeyFileError::WrongPin { left: Some(4) })), "{wrong:?}");
    let opened = locked.unlock_with_pin(&profile.vault, &pin("736204"), &now).await.unwrap();
    assert_eq!(opened.accounts(), unlocked.accounts());
    assert_eq!(KeyFile::read(&profile.dir).unwrap().attempts(), 0, "a right one clears the count");
    assert!(matches!(profile.unlock().await, Err(KeyFileError::Sealed)), "for this process alone");
    opened.stay_open(&profile.vault).await.unwrap();
    profile.unlock().await.unwrap();

    // The vault of another device is no help, nor is the PIN without any.
    KeyFile::seal(&profile.dir).unwrap();
    let other = FileVault::new(profile.root.path().join("other.key"));
    other.create("QROC").await.unwrap();
    let mut locked = KeyFile::read(&profile.dir).unwrap();
    let refused = locked.unlock_with_pin(&other, &pin("736204"), &now).await;
    assert!(matches!(refused, Err(KeyFileError::Vault(VaultError::WrongSecret))), "{refused:?}");
    assert_eq!(KeyFile::read(&profile.dir).unwrap().attempts(), 0, "no guess was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_kill_wins_a_guess() {
    let (profile, mut unlocked) = Profile::new().await;
    limit(&mut unlocked, Some(3));
    with_pin(&profile, &mut unlocked).await;
    KeyFile::seal(&profile.dir).unwrap();
    let mut guesses = 0;
    for after in 0..40 {
        let mut locked = match KeyFile::read(&profile.dir) {
            Ok(locked) => locked,
            Err(error) => panic!("{error}"),
        };
        let before = locked.attempts();
        let runtime = tokio::runtime::Handle::current();
        let vault = FileVault::new(profile.vault.path());
        // The process dies at each of its steps in turn, with the wrong PIN in its hand.
        let (tried, died) = tokio::task::block_in_place(|| {
            crash::at(after, || {
                runtime.block_on(locked.unlock_with_pin(&vault, &pin("111111"), &at(0, "a", 1_000_000)))
            })
        });
        let counted = KeyFile::read(&profile.dir).unwrap().attempts();
        match tried {
            Err(KeyFileError::WrongPin { .. }) => {
                assert!(counted > before, "{after}: a guess that was not counted")
            }
            Ok(_) => panic!("a wrong PIN opened it"),
            Err(_) => assert!(counted >= before),
        }
        guesses += u32::from(counted > before);
        if counted == 3 {
            break;
        }
        assert!(died || counted > before, "{after}");
    }
    assert!(guesses <= 3, "{guesses} guesses");
    let mut locked = KeyFile::read(&profile.dir).unwrap();
    assert_eq!(locked.attempts_left(), Some(0));
    let right = locked.unlock_with_pin(&profile.vault, &pin("736204"), &at(0, "a", 2_000_000)).await;
    assert!(matches!(right, Err(KeyFileError::Exhausted)), "{right:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_count_is_on_the_disk_before_the_guess_is_made() {
    let (profile, mut unlocked) = Profile::new().await;
    // Long enough to look at the disk meanwhile.
    let slow = Cost { memory_kib: 32 * 1024, passes: 20, lanes: 1 };
    unlocked.set_pin(&profile.vault, &pin("736204"), 6, true, slow, 1_000).await.unwrap();
    KeyFile::seal(&profile.dir).unwrap();
    let mut locked = KeyFile::read(&profile.dir).unwrap();
    let vault = FileVault::new(profile.vault.path());
    let guess =
        tokio::spawn(async move { locked.unlock_with_pin(&vault, &pin("111111"), &at(0, "a", 0)).await });
    while KeyFile::read(&profile.dir).unwrap().attempts() == 0 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(!guess.is_finished(), "counted when the answer was known");
    assert!(matches!(guess.await.unwrap(), Err(KeyFileError::WrongPin { left: Some(4) })));
}

#[tokio::test]
async fn delays_outlive_restarts_and_clocks() {
    let (profile, mut unlocked) = Profile::new().await;
    limit(&mut unlocked, None);
    with_pin(&profile, &mut unlocked).await;
    KeyFile::seal(&profile.dir).unwrap();
    let mut locked = KeyFile::read(&profile.dir).unwrap();
    for _ in 0..3 {
        locked.unlock_with_pin(&profile.vault, &pin("111111"), &at(100, "a", 100)).await.unwrap_err();
    }
    let wait = |moment: &Moment| KeyFile::read(&profile.dir).unwrap().wait_ms(moment);
    assert_eq!(wait(&at(100, "a", 100)), 5_000);
    assert_eq!(wait(&at(10_000_000, "a", 101)), 4_000, "the clock set forward");
    assert_eq!(wait(&at(-10_000_000, "a", 103)), 2_000, "the clock set back");
    assert_eq!(wait(&at(100, "b", 1)), 4_000, "another run of the device counts from its start");
    assert_eq!(wait(&at(100, "a", 105)), 0);
    let early = locked.unlock_with_pin(&profile.vault, &pin("736204"), &at(100, "a", 104)).await;
    assert!(matches!(early, Err(KeyFileError::TooEarly { wait_ms: 1_000 })), "{early:?}");
    assert_eq!(KeyFile::read(&profile.dir).unwrap().attempts(), 3, "and is not counted");
    locked.unlock_with_pin(&profile.vault, &pin("736204"), &at(100, "a", 105)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_is_set_by_halves_never() {
    let mut interrupted = 0;
    for after in 0.. {
        let (profile, mut unlocked) = Profile::new().await;
        let runtime = tokio::runtime::Handle::current();
        let vault = FileVault::new(profile.vault.path());
        let (_, died) = tokio::task::block_in_place(|| {
            crash::at(after, || {
                runtime.block_on(unlocked.set_pin(&vault, &pin("736204"), 6, true, QUICK, 1_000))
            })
        });
        // Whenever it died, the profile opens: as before, or with the PIN that is set.
        profile.unlock().await.unwrap();
        if KeyFile::read(&profile.dir).unwrap().has_pin() {
            KeyFile::seal(&profile.dir).unwrap();
            let mut locked = KeyFile::read(&profile.dir).unwrap();
            locked.unlock_with_pin(&profile.vault, &pin("736204"), &at(0, "a", 0)).await.unwrap();
        }
        if !died {
            break;
        }
        interrupted += 1;
    }
    assert!(interrupted > 5, "{interrupted}");
}

#[tokio::test]
async fn earlier_pins_are_known_without_being_readable() {
    let (profile, mut unlocked) = Profile::new().await;
    for text in ["736204", "190482", "558213"] {
        unlocked.set_pin(&profile.vault, &pin(text), 6, true, QUICK, 1_000).await.unwrap();
    }
    let used =
        async |text: &str, most| profile.unlock().await.unwrap().was_used(&pin(text), most).await.unwrap();
    assert!(used("558213", 1).await && used("736204", 3).await);
    assert!(!used("736204", 2).await && !used("111222", 24).await);
    let bytes = fs::read(profile.path()).unwrap();
    assert!(!bytes.windows(6).any(|window| window == b"558213"));
}

#[tokio::test]
async fn time_without_the_server_is_counted_whatever_the_clock_says() {
    const H: i64 = 3600;
    let (profile, mut unlocked) = Profile::new().await;
    unlocked.set_policy(None, LockPolicy::default(), Some(10));
    unlocked.contact(&at(100 * H, "a", 1000));
    unlocked.save().unwrap();
    let over = |moment: &Moment| KeyFile::read(&profile.dir).unwrap().offline_clock().is_over_at(moment);
    let h = |hours: u64| 1000 + hours * 3600;
    assert!(!over(&at(105 * H, "a", h(5))));
    assert!(!over(&at(9_000 * H, "a", h(5))), "a clock set forward destroys nothing");
    assert!(over(&at(100 * H, "a", h(11))), "a clock set back saves nothing");
    // What was counted in one run of the device is not lost with the next, whatever the clock says there.
    unlocked.carry(&at(106 * H, "a", h(6)));
    unlocked.save().unwrap();
    assert!(!over(&at(107 * H, "b", 3600)));
    assert!(over(&at(0, "b", 5 * 3600)));
    assert!(!over(&at(0, "b", 3 * 3600)));
    assert!(over(&at(111 * H, "b", 60)), "off for the rest of the time");
    unlocked.contact(&at(111 * H, "b", 60));
    unlocked.save().unwrap();
    assert!(!over(&at(112 * H, "b", 3660)));
}

#[tokio::test]
async fn another_process_is_seen() {
    let (profile, mut owner) = Profile::new().await;
    assert!(!owner.reload().unwrap());
    let mut other = profile.unlock().await.unwrap();
    other.set_policy(Some(b"{}".to_vec()), LockPolicy::default(), None);
    other.save().unwrap();
    assert!(owner.reload().unwrap());
    assert_eq!(owner.policy(), Some(&b"{}"[..]));
    begin_wipe(&profile.dir).unwrap();
    assert!(matches!(owner.reload(), Err(KeyFileError::WipePending)));
}

/// Says whether this process holds these bytes anywhere, given turned around so that the question is no find.
fn is_in_memory(turned: &[u8]) -> bool {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = fs::File::open("/proc/self/mem").unwrap();
    let first = turned[0] ^ 0x5A;
    let is_here = |rest: &[u8]| {
        rest.len() >= turned.len() && rest.iter().zip(turned).all(|(byte, turned)| byte ^ 0x5A == *turned)
    };
    let mut found = false;
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (from, rest) = line.split_once('-').unwrap();
        let to = rest.split(' ').next().unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap().min(64 << 20)];
        if memory.seek(SeekFrom::Start(from)).is_ok() && memory.read_exact(&mut bytes).is_ok() {
            found |= bytes.iter().enumerate().any(|(at, byte)| *byte == first && is_here(&bytes[at..]));
        }
        zeroize::Zeroize::zeroize(&mut bytes);
    }
    found
}

fn turned(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| byte ^ 0x5A).collect()
}

#[tokio::test]
async fn sealed_no_key_is_in_memory() {
    let (profile, mut unlocked) = Profile::new().await;
    with_pin(&profile, &mut unlocked).await;
    let device = turned(&unlocked.device_key.expose()[..]);
    let database = {
        let raw = unlocked.accounts()[0].db.to_raw_hex();
        let bytes = zeroize::Zeroizing::new(hex::decode(&raw.as_bytes()[..64]).unwrap());
        turned(&bytes)
    };
    assert!(is_in_memory(&device), "the search finds what is there");
    let dir = account_dir(&profile.dir, 1);
    fs::create_dir_all(&dir).unwrap();
    let store = crate::store::Store::create(&dir, &unlocked.accounts()[0].db).unwrap();
    drop(store);
    drop(unlocked);
    KeyFile::seal(&profile.dir).unwrap();
    assert!(!is_in_memory(&device), "the device key");
    assert!(!is_in_memory(&database), "the key of the database");
}
