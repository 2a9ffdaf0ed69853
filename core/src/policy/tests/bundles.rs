use proptest::prelude::*;
use serde_json::json;

use super::super::*;

const NOW: i64 = 1_800_000_000_000;
const DAY: i64 = 86_400_000;

fn signer() -> SigningKey {
    SigningKey::read("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=").expect("32 bytes")
}

fn bundle() -> Bundle {
    Bundle {
        key: signer().public_bytes(),
        issued_ms: NOW,
        expires_ms: NOW + 30 * DAY,
        serial: 7,
        audience: vec!["police.example".to_owned()],
        keys: vec![
            ("lock.min_length".to_owned(), json!(8)),
            ("share.save_to_device".to_owned(), json!(false)),
        ],
        orders: vec![Order {
            nonce: [0xAB; 16],
            user: "@lisbon:police.example".to_owned(),
            device: "VAN3".to_owned(),
            what: OrderKind::Wipe,
        }],
    }
}

fn reader(now_ms: i64) -> Reader<'static> {
    Reader { user: "@lisbon:police.example", device: "VAN3", now_ms }
}

#[test]
fn what_is_signed_is_read_again_and_the_document_shows_its_bytes() {
    let bytes = bundle().sign(&signer());
    assert_eq!(Bundle::open(&bytes, &[signer().public_bytes()]).unwrap(), bundle());
    let page = include_str!("../../../../docs/policy-bundle.md");
    let vector: String =
        page.split("```hex\n").nth(1).unwrap().split("```").next().unwrap().split_whitespace().collect();
    assert_eq!(vector, hex::encode(&bytes), "docs/policy-bundle.md shows other bytes");
    assert!(page.contains(&signer().public()), "docs/policy-bundle.md shows another key");
}

#[test]
fn only_a_believed_key_is_believed() {
    let bytes = bundle().sign(&signer());
    let other = SigningKey::generate().unwrap();
    assert_eq!(Bundle::open(&bytes, &[]), Err(BundleError::NoKeys));
    assert_eq!(Bundle::open(&bytes, &[other.public_bytes()]), Err(BundleError::UnknownKey));
    // Signed by a stranger in the name of the believed key.
    let ours = hex::encode(signer().public_bytes());
    let forged = hex::encode(bundle().sign(&other)).replace(&hex::encode(other.public_bytes()), &ours);
    let forged = hex::decode(forged).unwrap();
    assert_eq!(Bundle::open(&forged, &[signer().public_bytes()]), Err(BundleError::BadSignature));
    assert_eq!(Bundle::open(b"{\"a\":1}", &[signer().public_bytes()]), Err(BundleError::NotABundle));
    assert_eq!(Bundle::open(MAGIC, &[signer().public_bytes()]), Err(BundleError::Damaged));
}

#[test]
fn time_and_audience_are_checked_with_an_hour_of_grace() {
    const HOUR: i64 = SKEW_MS;
    let bundle = bundle();
    for (now_ms, expected) in [
        (NOW, Ok(())),
        (NOW - HOUR, Ok(())),
        (NOW - HOUR - 1, Err(BundleError::NotYet)),
        (NOW + 30 * DAY + HOUR, Ok(())),
        (NOW + 30 * DAY + HOUR + 1, Err(BundleError::Expired)),
    ] {
        assert_eq!(bundle.check(reader(now_ms)), expected, "{now_ms}");
    }
    for (audience, meant) in [
        (&[][..], true),
        (&["*"], true),
        (&["@lisbon:police.example"], true),
        (&["device:VAN3"], true),
        (&["porto.example", "police.example"], true),
        (&["@madrid:police.example"], false),
        (&["device:VAN4"], false),
        (&["example"], false),
        (&["lisbon"], false),
    ] {
        let audience = audience.iter().map(|name| (*name).to_owned()).collect();
        let bundle = Bundle { audience, ..bundle.clone() };
        assert_eq!(bundle.check(reader(NOW)).is_ok(), meant, "{:?}", bundle.audience);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bit_of_a_bundle_can_be_turned(bit in 0..8_u8, place in any::<prop::sample::Index>()) {
        let mut bytes = bundle().sign(&signer());
        let at = place.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(Bundle::open(&bytes, &[signer().public_bytes()]).is_err());
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Bundle::open(&[MAGIC.as_slice(), &bytes].concat(), &[signer().public_bytes()]);
    }
}
