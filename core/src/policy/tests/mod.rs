mod bundles;
mod deciding;
mod generated;
mod properties;
mod reading;
mod words;

use serde_json::{Value as Json, json};

use super::*;

pub(super) fn layer(source: Source, said: &Json) -> Layer {
    layer_after(source, said, None)
}

pub(super) fn layer_after(source: Source, said: &Json, before: Option<&Layer>) -> Layer {
    let object = said.as_object().expect("an object");
    Layer::read(source, object.iter().map(|(key, value)| (key.as_str(), value)), before)
}

pub(super) fn admin(name: &str) -> Source {
    Source { rank: Rank::Mdm, name: name.to_owned() }
}

pub(super) fn policy(layers: &[Layer]) -> Policy {
    Policy::resolve(&Merged::all(layers), &Choices::new(), &Choices::new())
}

pub(in super::super) fn managed(said: &Json) -> Policy {
    policy(&[layer(Source::mdm(), said)])
}

#[test]
fn every_row_of_the_table_is_sound() {
    assert_eq!(Key::ALL.len(), 113);
    for (place, key) in Key::ALL.iter().enumerate() {
        let definition = key.definition();
        assert_eq!((definition.key, *key as usize), (*key, place));
        assert_eq!(Key::find(definition.name), Some(*key));
        for default in [definition.default, definition.unmanaged] {
            if let Some(value) = default.value() {
                let json = serde_json::to_value(&value).unwrap();
                assert_eq!(read(definition, &json), Reading::Value(value), "{}", definition.name);
            }
        }
        let fits = matches!(
            (definition.kind, definition.merge),
            (_, Merge::Top)
                | (Type::Flag, Merge::Or | Merge::And)
                | (Type::Number { .. }, Merge::Min | Merge::Max)
                | (Type::Choice(_), Merge::Min | Merge::Max | Merge::Stricter)
                | (Type::Text(Form::Version), Merge::Max)
                | (Type::List(_), Merge::Meet | Merge::Join)
        );
        assert!(fits, "{} cannot be merged by {}", definition.name, definition.merge.as_str());
    }
}

#[test]
fn without_a_source_little_is_forbidden_and_with_the_first_the_table_holds() {
    let free = Policy::default();
    assert!(!free.is_managed() && free.decide(Action::Save).allowed);
    assert!(!free.lock().required && free.decide(Action::Copy { inside: false }).allowed);
    for key in [Key::ShareOpenExternal, Key::ShareExport, Key::SharePrint, Key::ShareScreenshots] {
        assert_eq!(free.value(key), Some(&Value::Flag(true)));
    }
    let managed = managed(&json!({}));
    assert!(managed.is_managed() && managed.lock().required);
    let denied = managed.decide(Action::Save);
    assert_eq!(
        (denied.allowed, denied.key, denied.source),
        (false, Key::ShareSaveToDevice, &Origin::Default)
    );
}

#[test]
fn the_user_may_choose_what_nobody_sets_and_only_tighten_some() {
    let chosen = Choices::from([
        (Key::LockMinLength, Value::Number(4)),
        (Key::LockMaxAttempts, Value::Number(3)),
        (Key::E2eeRequire, Value::Flag(false)),
        (Key::MediaImageQuality, Value::Number(100)),
        (Key::ShareMaxUploadMb, Value::Number(500)),
    ]);
    let source = layer(Source::mdm(), &json!({ "share.max_upload_mb": 20 }));
    let holds = Policy::resolve(&Merged::of(&source), &Choices::new(), &chosen);
    assert_eq!(holds.lock().min_length, 6, "only tighter");
    assert_eq!(holds.lock().max_attempts, Some(3));
    assert_eq!(holds.value(Key::E2eeRequire), Some(&Value::Flag(true)));
    assert_eq!(holds.photo().quality, Some(100), "free");
    assert_eq!(holds.value(Key::ShareMaxUploadMb), Some(&Value::Number(20)), "set by a source");
    assert!(
        holds.entry(Key::ShareMaxUploadMb).is_locked() && !holds.entry(Key::MediaImageQuality).is_locked()
    );
}

#[test]
fn strongest_wins_where_a_key_says_so_and_equals_that_differ_leave_what_was() {
    let modes = |one: &str, other: &str| {
        let one = layer(admin("a"), &json!({ "location.mode": one }));
        let other = layer(admin("b"), &json!({ "location.mode": other }));
        let bundle = layer(Source::bundle(), &json!({ "location.mode": "off" }));
        Merged::all([&bundle, &one, &other])
    };
    let agreed = Policy::resolve(&modes("forced", "forced"), &Choices::new(), &Choices::new());
    assert_eq!(agreed.location().mode, LocationMode::Forced);
    assert_eq!(agreed.entry(Key::LocationMode).origin.to_string(), "mdm:a+mdm:b");
    let kept = agreed.to_keep();
    let torn = Policy::resolve(&modes("forced", "user"), &kept, &Choices::new());
    assert_eq!(torn.location().mode, LocationMode::Forced, "the last good value");
    assert!(torn.entry(Key::LocationMode).conflict);
    let told = torn.feedback(&layer(admin("a"), &json!({ "location.mode": "forced" })));
    assert_eq!((told[0].state, told[0].key.as_str()), (State::Error, "location.mode"));
    assert!(told[0].reason.as_ref().unwrap().contains("mdm:b"), "{told:?}");
    let never = Policy::resolve(&modes("forced", "user"), &Choices::new(), &Choices::new());
    assert_eq!(never.location().mode, LocationMode::User, "the default, not the weaker source");
}

#[test]
fn limits_meet_unset_as_no_limit_and_lists_know_all_and_none() {
    let set = |said: Json| Merged::of(&layer(admin(&said.to_string()), &said));
    let merged = |one: Json, other: Json, key: Key| set(one).with(&set(other)).value(key).cloned();
    assert_eq!(
        merged(json!({}), json!({ "data.message_days": 30 }), Key::DataMessageDays),
        Some(Value::Number(30))
    );
    let list =
        |items: &[&str]| Some(Value::List(List::Only(items.iter().map(|item| (*item).to_owned()).collect())));
    let mime = |one: Json, other: Json| {
        merged(json!({ "share.mime_allow": one }), json!({ "share.mime_allow": other }), Key::ShareMimeAllow)
    };
    assert_eq!(mime(json!("all"), json!(["image/png"])), list(&["image/png"]));
    assert_eq!(
        mime(json!(["image/*", "text/plain"]), json!("image/png,image/jpeg")),
        list(&["image/jpeg", "image/png"])
    );
    assert_eq!(mime(json!("none"), json!("all")), list(&[]));
    assert_eq!(mime(json!("all"), json!("*")), Some(Value::List(List::All)));
    let (a, b) =
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=");
    let pins =
        merged(json!({ "server.spki_pins": [a] }), json!({ "server.spki_pins": [b] }), Key::ServerSpkiPins);
    assert_eq!(pins, list(&[]), "pins that do not intersect: connect nowhere, which is not: no pins");
}

#[test]
fn of_two_values_the_stricter_one_holds_in_either_order() {
    let mime = |items: &[&str]| json!(items);
    for (name, loose, strict, whole) in [
        ("lock.required", json!(false), json!(true), json!(true)),
        ("rooms.create", json!(true), json!(false), json!(false)),
        ("lock.min_length", json!(8), json!(10), json!(10)),
        ("lock.max_attempts", json!(9), json!(3), json!(3)),
        ("location.precision_m", json!(10), json!(100), json!(100)),
        ("share.max_upload_mb", json!(50), json!(0), json!(0)),
        ("net.min_tls", json!("1.2"), json!("1.3"), json!("1.3")),
        ("log.level", json!("debug"), json!("warn"), json!("warn")),
        ("app.min_version", json!("1.9"), json!("1.10"), json!("1.10")),
        ("lock.kind", json!("pin"), json!("password"), json!("password")),
        ("lock.on_max_attempts", json!("logout"), json!("wipe"), json!("wipe")),
        ("share.clipboard", json!("any"), json!("app"), json!("app")),
        ("share.clipboard", json!("app"), json!("none"), json!("none")),
        ("share.reason", json!("never"), json!("always"), json!("always")),
        ("media.auto_download", json!("always"), json!("never"), json!("never")),
        ("data.key_backup", json!("forced"), json!("off"), json!("off")),
        ("share.classification_ceiling", json!("secret"), json!("restricted"), json!("restricted")),
        ("share.mime_allow", json!("all"), json!(["image/*"]), mime(&["image/*"])),
        ("share.mime_deny", json!("none"), json!(["image/*"]), mime(&["image/*"])),
        ("share.mime_deny", json!(["text/plain"]), json!(["image/*"]), mime(&["image/*", "text/plain"])),
        ("rooms.federation_allow", json!(["a.x", "b.x"]), json!(["*.x", "c.y"]), mime(&["a.x", "b.x"])),
        ("rooms.admins", json!(["@a:x"]), json!(["@b:x"]), mime(&["@a:x", "@b:x"])),
    ] {
        let key = Key::find(name).unwrap();
        for (one, other) in [(&loose, &strict), (&strict, &loose)] {
            let one = layer(admin("one"), &json!({ name: one }));
            let other = layer(admin("other"), &json!({ name: other }));
            let holds = policy(&[one, other]);
            let value = holds.value(key).map(|value| serde_json::to_value(value).unwrap());
            assert_eq!(value, Some(whole.clone()), "{name}: {loose} and {strict}");
        }
    }
}

#[test]
fn how_long_messages_and_files_stay_is_told_as_it_was_said() {
    let holds =
        managed(&json!({ "data.message_days": 7, "data.file_days": 90, "data.floor_days": 30 })).retention();
    let said = (holds.message_days, holds.file_days, holds.floor_days, holds.honour_rooms);
    assert_eq!(said, (Some(7), Some(90), Some(30), true));
    let holds = managed(&json!({ "data.honour_room_retention": false })).retention();
    assert_eq!((holds.message_days, holds.file_days, holds.honour_rooms), (None, None, false));
}

#[test]
fn each_source_is_told_what_became_of_each_key() {
    let mdm = layer(
        Source::mdm(),
        &json!({
            "lock.min_lenght": 9, "share.max_upload_mb": -1, "lock.max_attempts": "9", "calls.allowed": false,
            "data.message_days": "", "rooms.create": "no",
        }),
    );
    let bundle =
        layer(Source::bundle(), &json!({ "lock.max_attempts": 3, "server.spki_pins": [], "org.name": "PJ" }));
    let holds = policy(&[mdm.clone(), bundle.clone()]);
    let told = holds.feedback(&mdm);
    let of = |key: &str| told.iter().find(|line| line.key == key).unwrap_or_else(|| panic!("{key}"));
    assert_eq!(of("lock.min_lenght").state, State::Ignored);
    assert!(of("lock.min_lenght").reason.as_ref().unwrap().contains("lock.min_length"));
    assert_eq!(of("share.max_upload_mb").state, State::Error);
    let reason = of("share.max_upload_mb").reason.clone().unwrap();
    assert!(reason.contains("-1") && reason.contains("leave the key out"), "{reason}");
    assert_eq!(of("lock.max_attempts").state, State::Ignored);
    assert_eq!(of("lock.max_attempts").reason.as_deref(), Some("3 holds, from bundle"));
    assert_eq!(
        (of("calls.allowed").state, of("calls.allowed").reason.as_deref()),
        (State::Ignored, Some(NOT_ENFORCED))
    );
    assert_eq!(of("data.message_days").state, State::Ignored);
    assert_eq!((of("rooms.create").state, &of("rooms.create").reason), (State::Applied, &None));
    assert_eq!(told.len(), 6);
    let told = holds.feedback(&bundle);
    let pins = told.iter().find(|line| line.key == "server.spki_pins").unwrap();
    assert_eq!(pins.reason.as_deref(), Some("only the device's MDM may set this key"));
}
