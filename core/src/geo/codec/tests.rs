use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::Value;

use super::{Batch, CodecError, MOST_FIXES, decode, encode};
use crate::geo::{Fix, Source};
use prost::Message as _;

const VECTORS: &str = include_str!("../../../../docs/track-vectors.json");

fn fix() -> impl Strategy<Value = Fix> {
    let place = (0_i64..100_000_000_000_000, -90_000_000..=90_000_000, -180_000_000..=180_000_000);
    let rest = (
        option::of(0_u32..=10_000_000),
        option::of(0_u32..=100_000),
        option::of(0_u16..360),
        option::of(-200_000..=1_000_000),
        0_i64..5,
        option::of(0_u8..=100),
    );
    (place, rest).prop_map(
        |((ts, lat_e6, lon_e6), (accuracy_dm, speed_dms, heading_deg, altitude_dm, source, battery))| Fix {
            ts,
            lat_e6,
            lon_e6,
            accuracy_dm,
            speed_dms,
            heading_deg,
            altitude_dm,
            source: Source::from_code(source),
            battery,
        },
    )
}

/// A vehicle at 1 Hz with everything that a phone says.
fn drive(count: i32) -> Vec<Fix> {
    (0..count)
        .map(|second| Fix {
            ts: 1_763_800_000_000 + i64::from(second) * 1000,
            lat_e6: 38_707_100 + second * 103 + second % 3,
            lon_e6: -9_135_490 - second * 71 + second % 5,
            accuracy_dm: Some(40 + u32::try_from(second % 4).unwrap()),
            speed_dms: Some(139 + u32::try_from(second % 7).unwrap()),
            heading_deg: Some(331 + u16::try_from(second % 3).unwrap()),
            altitude_dm: Some(120 - second % 6),
            source: Some(Source::Gnss),
            battery: Some(87),
        })
        .collect()
}

#[test]
fn the_published_vectors_hold() {
    let vectors: Value = serde_json::from_str(VECTORS).expect("json");
    let list = vectors["vectors"].as_array().expect("list");
    assert!(list.len() >= 5);
    for vector in list {
        let name = vector["name"].as_str().expect("name");
        let bytes = hex::decode(vector["hex"].as_str().expect("hex")).expect("hex");
        if vector["error"].is_string() {
            assert!(decode(&bytes).is_err(), "{name}");
            continue;
        }
        let fixes = decode(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let told: Vec<Value> = fixes.iter().map(told).collect();
        assert_eq!(Value::Array(told), vector["fixes"], "{name}");
        assert_eq!(hex::encode(encode(&fixes).expect("encode")), vector["hex"], "{name}");
    }
}

fn told(fix: &Fix) -> Value {
    serde_json::json!({
        "ts": fix.ts, "lat_e6": fix.lat_e6, "lon_e6": fix.lon_e6, "accuracy_dm": fix.accuracy_dm,
        "speed_dms": fix.speed_dms, "heading_deg": fix.heading_deg, "altitude_dm": fix.altitude_dm,
        "source": fix.source.map(Source::code), "battery": fix.battery,
    })
}

#[test]
fn a_fix_of_a_steady_drive_takes_seven_bytes() {
    let minute = drive(60);
    let bytes = encode(&minute).expect("encode");
    assert_eq!(decode(&bytes).expect("decode"), minute);
    assert!(bytes.len() <= 60 * 7, "{} bytes", bytes.len());
    let five = encode(&drive(5)).expect("encode").len();
    assert!(five <= 90, "{five} bytes");
}

#[test]
fn what_is_no_batch_is_refused_whole() {
    let good = encode(&drive(20)).expect("encode");
    let read = |change: &dyn Fn(&mut Batch)| {
        let mut batch = Batch::decode(good.as_slice()).expect("sound");
        change(&mut batch);
        decode(&batch.encode_to_vec())
    };
    assert_eq!(decode(&[]), Err(CodecError::Malformed));
    assert_eq!(encode(&[]), Err(CodecError::Empty));
    assert_eq!(encode(&drive(1025)), Err(CodecError::TooLarge));
    assert_eq!(read(&|batch| batch.version = 2), Err(CodecError::Newer(2)));
    assert_eq!(read(&|batch| batch.count = 0), Err(CodecError::Empty));
    assert_eq!(read(&|batch| batch.count = u32::MAX), Err(CodecError::TooLarge));
    assert_eq!(read(&|batch| batch.count = 3), Err(CodecError::Malformed), "a column longer than the batch");
    assert_eq!(read(&|batch| batch.lat = vec![90_000_001]), Err(CodecError::OutOfRange));
    assert_eq!(read(&|batch| batch.time = vec![i64::MAX, i64::MAX]), Err(CodecError::OutOfRange));
    assert_eq!(read(&|batch| batch.heading = vec![361]), Err(CodecError::OutOfRange));
    assert_eq!(read(&|batch| batch.battery = vec![-1]), Err(CodecError::OutOfRange));
    assert_eq!(
        read(&|batch| batch.source = vec![9]).expect("a later source").first().expect("fix").source,
        None
    );
    for cut in 1..good.len() {
        // A cut batch is refused, or it ended where a column did: then it has as many fixes as before.
        if let Ok(fixes) = decode(good.get(..cut).expect("cut")) {
            assert_eq!(fixes.len(), 20);
        }
    }
}

proptest! {
    #[test]
    fn any_fixes_in_any_order_come_back(fixes in vec(fix(), 1..200)) {
        prop_assert_eq!(decode(&encode(&fixes).expect("encode")).expect("decode"), fixes);
    }

    /// Batches are told apart by their fixes alone: whichever are lost, doubled or late, the rest is whole.
    #[test]
    fn batches_stand_alone(
        fixes in vec(fix(), 1..200),
        order in vec((any::<prop::sample::Index>(), any::<bool>()), 0..20),
    ) {
        let sent: Vec<Vec<u8>> = fixes.chunks(17).map(|chunk| encode(chunk).expect("encode")).collect();
        let mut arrived: std::collections::BTreeSet<usize> = std::collections::BTreeSet::new();
        let mut track = std::collections::BTreeMap::new();
        for (index, twice) in &order {
            let which = index.index(sent.len());
            arrived.insert(which);
            for _ in 0..=u8::from(*twice) {
                for fix in decode(&sent[which]).expect("decode") {
                    track.insert((fix.ts, fix.lat_e6, fix.lon_e6), fix);
                }
            }
        }
        let wanted: Vec<Fix> = fixes.chunks(17).enumerate().filter(|(which, _)| arrived.contains(which)).flat_map(|(_, chunk)| chunk.to_vec()).collect();
        for fix in &wanted {
            prop_assert!(track.contains_key(&(fix.ts, fix.lat_e6, fix.lon_e6)));
        }
        prop_assert!(track.len() <= wanted.len());
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..300)) {
        if let Ok(fixes) = decode(&bytes) {
            prop_assert!(!fixes.is_empty() && fixes.len() <= MOST_FIXES);
            prop_assert_eq!(decode(&encode(&fixes).expect("sound")).expect("sound"), fixes);
        }
    }

    #[test]
    fn a_damaged_batch_is_refused_or_is_another(position in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut bytes = encode(&drive(30)).expect("encode");
        let position = position.index(bytes.len());
        bytes[position] ^= 1 << bit;
        let _ = decode(&bytes);
    }
}
