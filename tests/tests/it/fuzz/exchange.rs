//! What others hand over: track batches, maps, policies, documents.

use qroc_core::geo::{Fix, Source as From, codec, exchange};
use qroc_core::media;
use qroc_core::policy::{self, Bundle, Layer, SigningKey, Source};
use serde_json::json;

use super::{bend_json, fuzz, mutate};

fn fixtures(ending: &str) -> Vec<Vec<u8>> {
    let dir = qroc_fixtures::cache::dir().join("fixtures");
    let files = std::fs::read_dir(dir).expect("fixtures: run `make setup`").flatten();
    let mut paths: Vec<_> = files.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == ending));
    paths.sort();
    let all = paths.iter().map(|path| std::fs::read(path).expect("file"));
    all.filter(|bytes| bytes.len() < 60_000).collect()
}

#[test]
fn track_batches() {
    let fix = |number: i32| Fix {
        ts: 1_700_000_000_000 + i64::from(number) * 1000,
        lat_e6: 38_707_100 + number * 17,
        lon_e6: -9_135_490 - number * 23,
        accuracy_dm: Some(120),
        speed_dms: Some(83),
        heading_deg: Some(271),
        altitude_dm: Some(-35),
        source: Some(From::Gnss),
        battery: Some(64),
    };
    let batch = |count: i32| codec::encode(&(0..count).map(fix).collect::<Vec<_>>()).expect("batch");
    fuzz("track", &[batch(1), batch(5), batch(60)], mutate::bytes, |input| {
        if let Ok(fixes) = codec::decode(input) {
            let again = codec::encode(&fixes).expect("what is read can be written");
            assert_eq!(codec::decode(&again).expect("and read again"), fixes);
        }
    });
}

#[test]
fn maps() {
    let mut good = fixtures("gpx");
    let place = r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[-9.1,38.7]},"properties":{"name":"a"}}"#;
    let collection = exchange::geojson::read(place).expect("place");
    good.push(place.into());
    good.push(exchange::kml::write(&collection).into_bytes());
    good.push(exchange::gpx::write(&collection).into_bytes());
    fuzz("map", &good, mutate::bytes, |input| {
        let text = String::from_utf8_lossy(input);
        if let Ok(read) = exchange::gpx::read(&text) {
            assert!(exchange::gpx::read(&exchange::gpx::write(&read)).is_ok(), "{read:?}");
        }
        if let Ok(read) = exchange::kml::read(&text) {
            assert!(exchange::kml::read(&exchange::kml::write(&read)).is_ok(), "{read:?}");
        }
        if let Ok(read) = exchange::geojson::read(&text) {
            assert!(exchange::geojson::read(&exchange::geojson::write(&read)).is_ok(), "{read:?}");
        }
        let _ = exchange::cot::read(&text);
    });
}

#[test]
fn tak_streams() {
    let fix = Fix::at(1_763_800_000_123, 38.7071, -9.13549).expect("on earth").with_speed(Some(3.4));
    let lisbon = exchange::cot::Event::officer("@lisbon:qroc.test", Some("Lisbon 3"), &fix, fix.ts + 90_000);
    let one = exchange::tak::write(&lisbon);
    let good = [one.clone(), one.repeat(3), exchange::cot::write_all([&lisbon, &lisbon]).into_bytes()];
    fuzz("tak", &good, mutate::bytes, |input| {
        if let Ok(read) = exchange::tak::read(input) {
            let written: Vec<u8> = read.iter().flat_map(exchange::tak::write).collect();
            let again = exchange::tak::read(&written).expect("what is read can be written");
            assert_eq!(again.len(), read.len());
        }
        if let Ok(read) = exchange::cot::read_all(&String::from_utf8_lossy(input)) {
            assert!(exchange::cot::read_all(&exchange::cot::write_all(&read)).is_ok(), "{read:?}");
        }
    });
}

#[test]
fn policy_files() {
    let good = json!({
        "lock.required": "true", "lock.min_length": 8, "share.mime_deny": ["image/*", "executables"],
        "location.mode": "forced", "server.homeserver_url": "https://a.example", "no.such": null,
    });
    fuzz("policy", &[good.to_string().into_bytes(), b"{}".to_vec()], bend_json, |input| {
        let Ok(lines) = policy::parse(&String::from_utf8_lossy(input)) else { return };
        let said = lines.iter().map(|line| (line.key.as_str(), &line.value));
        let layer = Layer::read(Source::mdm(), said, None);
        let written = layer.to_json();
        let again =
            Layer::read(Source::mdm(), written.iter().map(|(key, value)| (key.as_str(), value)), None);
        assert_eq!(again.values, layer.values, "{written:?}");
    });
}

#[test]
fn policy_bundles() {
    let signer = SigningKey::generate().expect("key");
    let bundle = Bundle {
        key: signer.public_bytes(),
        issued_ms: 1_700_000_000_000,
        expires_ms: 1_800_000_000_000,
        serial: 7,
        audience: vec!["@lisbon:qroc.test".to_owned()],
        keys: vec![("lock.required".to_owned(), json!(true))],
        orders: Vec::new(),
    };
    let believed = [signer.public_bytes()];
    fuzz("bundle", &[bundle.sign(&signer)], mutate::bytes, |input| {
        // Whatever opens says what was signed, and nothing else.
        if let Ok(opened) = Bundle::open(input, &believed) {
            assert_eq!(opened, bundle);
        }
    });
}

#[test]
fn documents() {
    fuzz("pdf", &fixtures("pdf"), mutate::bytes, |input| {
        if let Some(stripped) = media::strip_pdf(input) {
            assert!(stripped.starts_with(b"%PDF"));
        }
    });
}
