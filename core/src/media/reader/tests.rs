use std::io::{Cursor, Write as _};

use proptest::prelude::*;

use super::*;
use crate::media::{SealedInfo, seal};

fn sealed(plain: &[u8]) -> (SealedInfo, Vec<u8>) {
    let mut bytes = Vec::new();
    let info = seal(&mut Cursor::new(plain), &mut bytes, &mut |_| true).unwrap();
    (info, bytes)
}

fn plain(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * 7 + at / 251) % 251).unwrap()).collect()
}

fn in_file(bytes: &[u8]) -> SealedBytes {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    SealedBytes::in_file(file).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_place_is_as_it_was(length in 0_usize..200_000, steps in prop::collection::vec((0_u64..220_000, 0_usize..70_000), 1..20)) {
        let source = plain(length);
        let (info, bytes) = sealed(&source);
        for place in [in_file(&bytes), SealedBytes::in_memory(Arc::new(bytes.clone()))] {
            let reader = ProvenReader::prove(place, &info.key, &mut |_| true).unwrap();
            prop_assert_eq!(reader.length(), length as u64);
            for (offset, wanted) in &steps {
                let mut buffer = vec![0; *wanted];
                let count = reader.read_at(*offset, &mut buffer).unwrap();
                let from = usize::try_from(*offset).unwrap().min(length);
                let expected = &source[from..(from + wanted).min(length)];
                prop_assert!(&buffer[..count] == expected, "{} bytes at {}", wanted, offset);
            }
        }
    }
}

#[test]
fn one_bit_anywhere_is_noticed_before_anything_is_read() {
    let (info, bytes) = sealed(&plain(100_000));
    for at in [0, 1, 50_000, 65_535, 65_536, 99_999] {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        let refused = ProvenReader::prove(in_file(&bad), &info.key, &mut |_| true);
        assert!(matches!(refused, Err(Error::Tampered)), "{at}: {refused:?}");
    }
    for bad in [&bytes[..99_999], &[&bytes[..], &[0]].concat()] {
        let refused = ProvenReader::prove(in_file(bad), &info.key, &mut |_| true);
        assert!(matches!(refused, Err(Error::Tampered)));
    }
    let stopped = ProvenReader::prove(in_file(&bytes), &info.key, &mut |_| false);
    assert!(matches!(stopped, Err(Error::Cancelled)));
}

#[test]
fn a_place_beyond_everything_is_the_end() {
    let (info, bytes) = sealed(&plain(1000));
    let reader = ProvenReader::prove(in_file(&bytes), &info.key, &mut |_| true).unwrap();
    for offset in [1000, 1001] {
        assert_eq!(reader.read_at(offset, &mut [0; 16]).unwrap(), 0, "{offset}");
    }
    let mut again = Vec::new();
    reader.sealed().read_to_end(&mut again).unwrap();
    assert!(again == bytes);
}
