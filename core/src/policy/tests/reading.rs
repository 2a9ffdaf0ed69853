use serde_json::{Value as Json, json};

use super::super::*;
use super::{layer, layer_after};

fn says(key: Key, said: Json) -> Option<Value> {
    match read(key.definition(), &said) {
        Reading::Value(value) => Some(value),
        Reading::Unset | Reading::Malformed(_) => None,
    }
}

#[test]
fn consoles_spell_the_same_thing_in_many_ways() {
    for yes in [json!(true), json!("true"), json!(1), json!("TRUE "), json!(1.0), json!("1"), json!("yes")] {
        assert_eq!(says(Key::LockRequired, yes.clone()), Some(Value::Flag(true)), "{yes}");
    }
    for no in [json!(false), json!("false"), json!(0), json!("0"), json!("off")] {
        assert_eq!(says(Key::LockRequired, no.clone()), Some(Value::Flag(false)), "{no}");
    }
    for eight in [json!(8), json!("8"), json!(8.0), json!(" 8 "), json!("8.0")] {
        assert_eq!(says(Key::LockMinLength, eight.clone()), Some(Value::Number(8)), "{eight}");
    }
    assert_eq!(says(Key::NetMinTls, json!(1.3)), Some(Value::Choice("1.3")));
    assert_eq!(says(Key::ShareClassificationCeiling, json!("Top Secret")), Some(Value::Choice("top_secret")));
    let both = Some(Value::List(List::Only(vec!["image/jpeg".to_owned(), "image/png".to_owned()])));
    for list in [
        json!(["image/png", "image/jpeg"]),
        json!("[\"image/jpeg\", \"IMAGE/PNG\"]"),
        json!("image/png, image/jpeg"),
        json!("image/png\nimage/jpeg\n"),
    ] {
        assert_eq!(says(Key::ShareMimeAllow, list.clone()), both, "{list}");
    }
    assert_eq!(
        says(Key::ServerHomeserverUrl, json!("https://Police.Example/")),
        Some(Value::Text("https://police.example".to_owned()))
    );
    assert_eq!(says(Key::AppMinVersion, json!("1.2.0")), Some(Value::Text("1.2".to_owned())));
}

#[test]
fn what_makes_no_sense_is_malformed_and_nothing_is_guessed() {
    let wrong = [
        (Key::LockRequired, json!("flase")),
        (Key::LockRequired, json!(2)),
        (Key::LockRequired, json!([])),
        (Key::LockMinLength, json!(3)),
        (Key::LockMinLength, json!(-1)),
        (Key::LockMinLength, json!(6.5)),
        (Key::LockMinLength, json!("six")),
        (Key::LockMinLength, json!(1e300)),
        (Key::LockMinLength, json!(true)),
        (Key::ShareClipboard, json!("some")),
        (Key::ServerHomeserverUrl, json!("http://police.example")),
        (Key::ServerHomeserverUrl, json!("https://a:b@police.example")),
        (Key::ServerSpkiPins, json!(["c2hvcnQ="])),
        (Key::ShareMimeAllow, json!(["image"])),
        (Key::ShareMimeAllow, json!({})),
        (Key::ShareMimeAllow, json!("[\"image/png\"")),
        (Key::ShareMimeAllow, json!([1, {}])),
        (Key::PushQuietHours, json!("22:00-24:00")),
        (Key::BrandingPrimary, json!("blue")),
        (Key::RoomsAdmins, json!(["lisbon"])),
        (Key::ServerCaCertificates, json!(["-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"])),
    ];
    for (key, said) in wrong {
        assert!(matches!(read(key.definition(), &said), Reading::Malformed(_)), "{} {said}", key.name());
    }
    for nothing in [json!(null), json!(""), json!("  ")] {
        assert_eq!(read(Key::LockMinLength.definition(), &nothing), Reading::Unset);
    }
}

#[test]
fn a_malformed_value_keeps_the_last_good_one_and_is_reported() {
    let good = layer(Source::mdm(), &json!({ "lock.min_length": 10, "rooms.create": false }));
    let bad = layer_after(
        Source::mdm(),
        &json!({ "lock.min_length": "ten", "rooms.create": "nein", "lock.history": "x" }),
        Some(&good),
    );
    assert_eq!(bad.values, good.values);
    let note = bad.notes.iter().find(|note| note.key == "lock.min_length").unwrap();
    assert_eq!(note.state, State::Error);
    assert_eq!(note.reason, "\"ten\" is not a whole number; the last good value stays: 10");
    assert_eq!(bad.notes.len(), 3);
    // Taken away is another thing: then nobody sets it.
    let gone = layer_after(Source::mdm(), &json!({ "rooms.create": "" }), Some(&bad));
    assert!(gone.values.is_empty());
}

#[test]
fn a_key_that_comes_twice_is_no_way_to_loosen_it() {
    let lines = parse("{\n  \"lock.min_length\": 8,\n  \"lock.min_length\": 4, \"rooms.create\": true, \"rooms.create\": 1}").unwrap();
    let layer = Layer::read(Source::mdm(), lines.iter().map(|line| (line.key.as_str(), &line.value)), None);
    assert_eq!(layer.values.keys().collect::<Vec<_>>(), [&Key::RoomsCreate]);
    assert!(layer.notes[0].reason.contains("twice"), "{layer:?}");
}

#[test]
fn a_file_says_where_each_key_stands_and_where_it_is_broken() {
    let lines = parse("{\n  \"a.b\": {\"c\": [1, \"x,\\\"{\"]},\n\t\"ä\": 2, \"d\": null\n}\n").unwrap();
    let places: Vec<_> = lines.iter().map(|line| (line.key.as_str(), line.line, line.column)).collect();
    assert_eq!(places, [("a.b", 2, 3), ("ä", 3, 2), ("d", 3, 10)]);
    let broken = parse("{\n  \"lock.required\": true,\n  \"rooms.create\" false\n}").unwrap_err();
    assert_eq!((broken.line, broken.column), (3, 18));
    assert!(!broken.reason.contains("line"), "{broken}");
    for wrong in ["", "[]", "1", "{\"a\":1}{", "\"x\"", "{\"a\":}"] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
    assert!(parse(&"[".repeat(100_000)).is_err());
}

#[test]
fn a_misspelt_key_finds_the_one_that_was_meant() {
    for (wrong, meant) in [
        ("lock.min_lenght", Key::LockMinLength),
        ("lock.minLength", Key::LockMinLength),
        ("share.mime_deni", Key::ShareMimeDeny),
        ("media.max_upload_mb", Key::ShareMaxUploadMb),
        ("server.homserver_url", Key::ServerHomeserverUrl),
        ("LOCK-REQUIRED", Key::LockRequired),
    ] {
        assert_eq!(nearest(wrong), Some(meant), "{wrong}");
    }
    for wrong in ["", "colour_of_the_sky", "x", &"y".repeat(1000)] {
        assert_eq!(nearest(wrong), None, "{wrong}");
    }
}
