#![allow(clippy::cast_possible_truncation)]

use std::io::Cursor;

use proptest::prelude::*;
use ruma::mxc_uri;

use super::*;

fn sealed(plain: &[u8]) -> (Vec<u8>, SealedInfo) {
    let mut out = Vec::new();
    let info = seal(&mut Cursor::new(plain), &mut out, &mut |_| true).unwrap();
    (out, info)
}

fn opened(sealed: &[u8], key: &SealKey) -> (Result<Opened, Error>, Vec<u8>) {
    let mut out = Vec::new();
    let outcome = open(&mut Cursor::new(sealed), &mut out, key, &mut |_| true);
    (outcome, out)
}

/// Gives a few bytes at a time, and is interrupted now and then.
struct Slow<'a> {
    rest: &'a [u8],
    sizes: Vec<usize>,
    turn: usize,
}

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.turn += 1;
        let size = self.sizes[self.turn % self.sizes.len()];
        if size == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = size.min(buffer.len()).min(self.rest.len());
        buffer[..count].copy_from_slice(&self.rest[..count]);
        self.rest = &self.rest[count..];
        Ok(count)
    }
}

#[test]
fn what_alice_seals_bob_opens() {
    let (bytes, info) = sealed(b"abc");
    assert_ne!(bytes, b"abc");
    assert_eq!((info.plain_bytes, info.sealed_bytes), (3, 3));
    assert_eq!(info.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    let (outcome, plain) = opened(&bytes, &info.key);
    assert_eq!(plain, b"abc");
    assert_eq!(outcome.unwrap(), Opened { plain_bytes: 3, sha256: info.sha256 });
}

#[test]
fn the_key_travels_as_an_encrypted_file_of_the_specification() {
    let (bytes, info) = sealed(b"abc");
    let file = info.key.clone().into_file(mxc_uri!("mxc://example.org/abc").to_owned());
    let json = serde_json::to_value(&file).unwrap();
    assert_eq!(json["v"], "v2");
    assert_eq!(json["key"]["alg"], "A256CTR");
    assert!(json["iv"].as_str().unwrap().ends_with("AAAAAAAAAAA"), "the counter starts at zero");
    assert!(json["hashes"]["sha256"].is_string());

    let mut bare = serde_json::to_value(&info.key).unwrap();
    bare["url"] = json["url"].clone();
    assert_eq!(bare, json);
    let received: EncryptedFile = serde_json::from_value(json).unwrap();
    assert_eq!(opened(&bytes, &received.into()).1, b"abc");
    let stored: SealedInfo = serde_json::from_str(&serde_json::to_string(&info).unwrap()).unwrap();
    assert_eq!(opened(&bytes, &stored.key).1, b"abc");
}

#[test]
fn a_file_sealed_by_another_client_opens() {
    let key: SealKey = serde_json::from_value(serde_json::json!({
        "v": "v2",
        "key": {
            "kty": "oct", "alg": "A256CTR", "ext": true, "key_ops": ["decrypt", "encrypt"],
            "k": "Voq2nkPme_x8no5-Tjq_laDAdxE6iDbxnlQXxwFPgE4"
        },
        "iv": "i0DovxYdJEcAAAAAAAAAAA",
        "hashes": { "sha256": "ANdt819a8bZl4jKy3Z+jcqtiNICa2y0AW4BBJ/iQRAU" }
    }))
    .unwrap();
    let bytes = [
        179, 154, 118, 127, 186, 127, 110, 33, 203, 33, 33, 134, 67, 100, 173, 46, 235, 27, 215, 172, 36, 26,
        75, 47, 33, 160,
    ];
    let (outcome, plain) = opened(&bytes, &key);
    assert!(outcome.is_ok());
    assert_eq!(plain.len(), bytes.len());
    assert_eq!(String::from_utf8(plain).unwrap(), "It's a secret to everybody");
}

#[test]
fn an_unusable_key_says_so() {
    let (bytes, info) = sealed(b"abc");
    let mut json = serde_json::to_value(&info.key).unwrap();
    json["hashes"] = serde_json::json!({});
    let without: SealKey = serde_json::from_value(json).unwrap();
    assert!(matches!(opened(&bytes, &without).0, Err(Error::BadKey)));
}

#[test]
fn the_key_is_not_shown() {
    let (_, info) = sealed(b"abc");
    let json = serde_json::to_value(&info.key).unwrap();
    let shown = format!("{info:?}");
    assert!(!shown.contains(json["key"]["k"].as_str().unwrap()), "{shown}");
}

#[test]
fn the_last_chunk_is_held_back_until_the_hash_is_proven() {
    for size in [1, 1000, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK, 3 * CHUNK + 17] {
        let plain: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
        let (mut bytes, info) = sealed(&plain);
        let (outcome, out) = opened(&bytes, &info.key);
        assert!(outcome.is_ok());
        assert!(out == plain);

        bytes[size - 1] ^= 1;
        let (outcome, out) = opened(&bytes, &info.key);
        assert!(matches!(outcome, Err(Error::Tampered)));
        let whole_chunks = (size - 1) / CHUNK * CHUNK;
        assert!(out.len() <= whole_chunks, "{} of {size} bytes were released", out.len());
    }
}

#[test]
fn empty_longer_and_shorter_files_are_told_apart() {
    let (bytes, info) = sealed(b"");
    assert_eq!((info.plain_bytes, bytes.len()), (0, 0));
    assert_eq!(opened(&bytes, &info.key).0.unwrap().plain_bytes, 0);
    assert!(matches!(opened(b"x", &info.key).0, Err(Error::Tampered)));

    let (bytes, info) = sealed(&[7; 5000]);
    assert!(matches!(opened(&bytes[..4999], &info.key).0, Err(Error::Tampered)));
    assert!(matches!(opened(b"", &info.key).0, Err(Error::Tampered)));
    assert!(matches!(opened(&[&bytes[..], b"x"].concat(), &info.key).0, Err(Error::Tampered)));
    let (_, other) = sealed(&[7; 5000]);
    assert!(matches!(opened(&bytes, &other.key).0, Err(Error::Tampered)));
}

#[test]
fn progress_counts_up_and_cancels() {
    let plain = vec![1; 5 * CHUNK + 3];
    let mut seen = Vec::new();
    let (mut out, mut source) = (Vec::new(), Cursor::new(&plain));
    let info = seal(&mut source, &mut out, &mut |done| {
        seen.push(done);
        true
    })
    .unwrap();
    assert!(seen.is_sorted() && seen.last() == Some(&info.plain_bytes));

    let mut stop = |done: u64| done < 2 * CHUNK as u64;
    assert!(matches!(seal(&mut Cursor::new(&plain), &mut Vec::new(), &mut stop), Err(Error::Cancelled)));
    let mut partial = Vec::new();
    let outcome = open(&mut Cursor::new(&out), &mut partial, &info.key, &mut stop);
    assert!(matches!(outcome, Err(Error::Cancelled)));
    assert_eq!(partial.len(), 2 * CHUNK);
}

#[test]
fn a_source_that_fails_is_not_called_tampered() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let (bytes, info) = sealed(&[7; 5000]);
    let mut source = Cursor::new(&bytes[..100]).chain(Broken);
    let outcome = open(&mut source, &mut Vec::new(), &info.key, &mut |_| true);
    assert!(matches!(outcome, Err(Error::Io(error)) if error.kind() == io::ErrorKind::ConnectionReset));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_size_in_any_pieces_comes_back(
        size in prop_oneof![0..2000_usize, (CHUNK - 2)..(CHUNK + 3), (2 * CHUNK - 2)..(2 * CHUNK + 3)],
        sizes in prop::collection::vec(prop_oneof![0..5_usize, 1000..100_000_usize], 1..6),
    ) {
        // Something is given in each round.
        let sizes = [sizes, vec![4096]].concat();
        let plain: Vec<u8> = (0..size).map(|i| (i * 31 % 256) as u8).collect();
        let mut out = Vec::new();
        let mut source = Slow { rest: &plain, sizes: sizes.clone(), turn: 0 };
        let info = seal(&mut source, &mut out, &mut |_| true).unwrap();
        let mut back = Vec::new();
        let mut source = Slow { rest: &out, sizes, turn: 0 };
        let opened = open(&mut source, &mut back, &info.key, &mut |_| true).unwrap();
        prop_assert!(back == plain);
        prop_assert_eq!(opened.sha256, info.sha256);
    }

    #[test]
    fn any_flipped_bit_is_refused(size in 1..3000_usize, at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let (mut bytes, info) = sealed(&vec![9; size]);
        let at = at.index(size);
        bytes[at] ^= 1 << bit;
        let (outcome, out) = opened(&bytes, &info.key);
        prop_assert!(matches!(outcome, Err(Error::Tampered)));
        prop_assert!(out.is_empty());
    }
}
