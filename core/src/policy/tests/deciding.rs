use serde_json::{Value as Json, json};

use super::super::*;
use super::managed;

/// What a key forbids, with the value that forbids it.
fn stops() -> Vec<(Key, Json, Action<'static>)> {
    let png = |bytes| Action::SendFile { mime: "image/png", executable: false, bytes };
    let program = Action::SendFile { mime: "application/x-executable", executable: true, bytes: 1 };
    let madrid = Action::Invite { server: "madrid.example", own: "lisbon.example" };
    vec![
        (Key::ShareMimeAllow, json!(["application/pdf"]), png(1)),
        (Key::ShareMimeAllow, json!("none"), png(1)),
        (Key::ShareMimeDeny, json!(["image/*"]), png(1)),
        (Key::ShareMimeDeny, json!("executables"), program),
        (Key::ShareMaxUploadMb, json!(1), png((1 << 20) + 1)),
        (Key::MediaVideoMaxS, json!(60), Action::SendClip { voice: false, seconds: 61 }),
        (Key::MediaVoiceMaxS, json!(60), Action::SendClip { voice: true, seconds: 61 }),
        (Key::ShareSaveToDevice, json!(false), Action::Save),
        (Key::ShareOpenExternal, json!(false), Action::OpenExternal),
        (Key::ShareExport, json!(false), Action::Export),
        (Key::SharePrint, json!(false), Action::Print),
        (Key::ShareScreenshots, json!(false), Action::Screenshot),
        (Key::ShareClipboard, json!("app"), Action::Copy { inside: false }),
        (Key::ShareClipboard, json!("none"), Action::Copy { inside: true }),
        (Key::ShareReason, json!("always"), Action::Share { foreign: false, stated: false, known: true }),
        (Key::ShareReason, json!("foreign"), Action::Share { foreign: true, stated: false, known: true }),
        (Key::ShareReason, json!("foreign"), Action::Share { foreign: false, stated: false, known: false }),
        (Key::ShareReason, json!("room"), Action::Share { foreign: true, stated: false, known: false }),
        (Key::SharePurposes, json!(["detection"]), Action::StatePurpose { purpose: "prevention" }),
        (Key::ShareClassificationCeiling, json!("restricted"), Action::Classify { level: "secret" }),
        (Key::ShareClassificationCeiling, json!("restricted"), Action::Classify { level: "hush" }),
        (Key::ShareReleasableTo, json!("none"), Action::Release { server: "police.example" }),
        (Key::ShareReleasableTo, json!(["*.eu"]), Action::Release { server: "police.example" }),
        (Key::ShareForward, json!("network"), Action::Forward { foreign: true }),
        (Key::ShareForward, json!("none"), Action::Forward { foreign: false }),
        (Key::LocationMode, json!("off"), Action::SendPosition),
        (Key::LocationMode, json!("off"), Action::SharePosition { minutes: Some(1) }),
        (Key::LocationMode, json!("forced"), Action::StopPosition),
        (Key::LocationMaxDurationMin, json!(30), Action::SharePosition { minutes: Some(31) }),
        (Key::LocationMaxDurationMin, json!(30), Action::SharePosition { minutes: None }),
        (Key::RoomsCreate, json!(false), Action::CreateRoom),
        (Key::RoomsCreate, json!(false), Action::CreateBroadcast),
        (Key::RoomsBroadcastCreate, json!(false), Action::CreateBroadcast),
        (Key::RoomsInviteForeign, json!(false), madrid),
        (Key::RoomsFederationAllow, json!(["*.police.example"]), madrid),
        (Key::RoomsGuests, json!(false), Action::AdmitGuests),
        (Key::CallsAllowed, json!(false), Action::Call { video: false, group: false }),
        (Key::CallsVideo, json!(false), Action::Call { video: true, group: false }),
        (Key::CallsGroup, json!(false), Action::Call { video: false, group: true }),
        (Key::AccountMaxAccounts, json!(1), Action::AddAccount { present: 1 }),
        (Key::AccountMaxDevices, json!(2), Action::AddDevice { devices: 3 }),
        (Key::AccountUsername, json!("lisbon"), Action::SignIn { server: "x", user: "@madrid:x" }),
        (Key::ServerAllowOther, json!(false), Action::SignIn { server: "https://x.example", user: "a" }),
        (Key::AccountReadonlyProfile, json!(true), Action::ChangeProfile),
        (Key::NetMeteredSync, json!(false), Action::Fetch { metered: true }),
        (Key::MediaAutoDownload, json!("never"), Action::FetchFiles { metered: false }),
        (Key::MediaAutoDownload, json!("wifi"), Action::FetchFiles { metered: true }),
        (Key::LockBiometric, json!(false), Action::ShowPresence),
        (Key::DeviceMinOsAndroid, json!("14"), Action::RunOn { system: System::Android, version: "13.1" }),
        (Key::DeviceMinOsAndroid, json!("14"), Action::RunOn { system: System::Android, version: "" }),
        (Key::DeviceMinOsIos, json!("17.2"), Action::RunOn { system: System::Ios, version: "17.1.9" }),
        (Key::DeviceIntegrity, json!("block"), Action::Trust { tampered: true }),
        (Key::DeviceIntegrity, json!("wipe"), Action::Trust { tampered: true }),
        (Key::MessagesReadReceipts, json!(false), Action::SendReceipt),
        (Key::MessagesTyping, json!(false), Action::SendTyping),
        (Key::AccountSecondFactor, json!(true), Action::SendUnconfirmed),
        (Key::E2eeRequire, json!(true), Action::SendClear),
        (Key::LockRequired, json!(true), Action::Unlocked { protected: false }),
        (Key::AppMinVersion, json!("2"), Action::Run { version: "1.9.9" }),
        (Key::LogExport, json!(false), Action::ExportLog),
        (Key::DataKeyBackup, json!("off"), Action::BackUpKeys),
        (Key::DataRecoveryMinLength, json!(20), Action::RecoveryPassphrase { letters: 19 }),
    ]
}

#[test]
fn each_key_stops_its_action_and_without_it_the_action_is_allowed() {
    let free = Policy::default();
    for (key, value, action) in stops() {
        let holds = managed(&json!({ key.name(): value }));
        let answer = holds.decide(action);
        assert!(!answer.allowed, "{} = {value} does not stop {action:?}", key.name());
        assert_eq!((answer.key, answer.source.to_string().as_str()), (key, "mdm"), "{action:?}");
        assert_ne!(answer.needed, Needed::Nothing);
        let denied = answer.permit(action).unwrap_err();
        assert!(denied.to_string().contains(key.name()) && denied.to_string().contains("mdm"), "{denied}");
        // Built in: nothing goes out clear, whoever is asked; programs and long shares are stopped by default, and
        // files are not fetched where that costs.
        let defaults = [Key::E2eeRequire, Key::ShareMimeDeny, Key::LocationMaxDurationMin, Key::LogExport];
        let costs = action == Action::FetchFiles { metered: true };
        if !defaults.contains(&key) && !costs {
            assert!(free.decide(action).allowed, "{action:?} without any source");
            assert_eq!(free.decide(action).permit(action), Ok(()));
        }
    }
}

#[test]
fn every_action_has_a_name_that_is_read_back() {
    for (name, about) in ACTIONS {
        let text = if about.is_empty() { (*name).to_owned() } else { format!("{name}:{about}") };
        assert_eq!(Action::parse(&text).expect(name).name(), *name);
        assert_eq!(Action::parse(name).expect(name).name(), *name);
    }
    let named: std::collections::BTreeSet<_> = stops().iter().map(|(_, _, action)| action.name()).collect();
    let all: std::collections::BTreeSet<_> = ACTIONS.iter().map(|(name, _)| *name).collect();
    assert_eq!(named, all, "an action that no key stops, or one without a name");
    assert_eq!(Action::parse("dance"), None);
}

#[test]
fn the_server_and_the_name_are_fixed_where_the_mdm_fixes_them() {
    let holds = managed(&json!({
        "server.allow_other": false, "server.homeserver_url": "https://police.example", "account.username": "lisbon",
    }));
    let sign_in = |server, user| holds.decide(Action::SignIn { server, user }).allowed;
    assert!(
        sign_in("https://police.example", "lisbon")
            && sign_in("https://police.example/", "@Lisbon:police.example")
    );
    assert!(!sign_in("https://evil.example", "lisbon") && !sign_in("https://police.example", "madrid"));
    let open = managed(&json!({ "server.homeserver_url": "https://police.example" }));
    assert!(open.decide(Action::SignIn { server: "https://other.example", user: "x" }).allowed);
}

#[test]
fn people_of_the_own_server_may_always_be_invited() {
    let holds = managed(&json!({ "rooms.invite_foreign": false, "rooms.federation_allow": "none" }));
    assert!(holds.decide(Action::Invite { server: "Lisbon.example", own: "lisbon.example" }).allowed);
    let some = managed(&json!({ "rooms.federation_allow": "*.police.example, gendarmerie.example" }));
    let may = |server| some.decide(Action::Invite { server, own: "lisbon.example" }).allowed;
    assert!(may("a.police.example") && may("Gendarmerie.example"));
    assert!(!may("police.example") && !may("evilpolice.example") && !may("x.gendarmerie.example"));
}

#[test]
#[ignore = "measures: cargo test --release -p qroc-core -- --ignored --nocapture costs"]
#[allow(clippy::print_stderr, clippy::cast_precision_loss, reason = "a measurement")]
fn costs() {
    let full: Json = stops()
        .into_iter()
        .map(|(key, value, _)| (key.name().to_owned(), value))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let text = full.to_string();
    let rounds: u32 = 200;
    let begun = std::time::Instant::now();
    let mut holds = Policy::default();
    for _ in 0..rounds {
        let layers: Vec<_> = [Source::mdm(), super::admin("b"), Source::bundle()]
            .into_iter()
            .map(|source| {
                let lines = parse(&text).unwrap();
                Layer::read(source, lines.iter().map(|line| (line.key.as_str(), &line.value)), None)
            })
            .collect();
        holds = Policy::resolve(&Merged::all(&layers), &Choices::new(), &Choices::new());
    }
    let merging = begun.elapsed().as_secs_f64() * 1e3 / f64::from(rounds);
    let actions: Vec<_> = stops().into_iter().map(|(_, _, action)| action).collect();
    let begun = std::time::Instant::now();
    let mut allowed = 0;
    for _ in 0..10_000 {
        for action in &actions {
            allowed +=
                usize::from(std::hint::black_box(&holds).decide(std::hint::black_box(*action)).allowed);
        }
    }
    let deciding = begun.elapsed().as_secs_f64() * 1e9 / (10_000.0 * actions.len() as f64);
    eprintln!(
        "reading and merging three sources: {merging:.3} ms; one decision: {deciding:.0} ns ({allowed})"
    );
    assert!(merging <= 1.0 && deciding <= 1000.0);
}
