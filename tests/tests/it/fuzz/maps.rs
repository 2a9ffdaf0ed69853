//! Map files and their tiles.

use std::fs;

use qroc_core::geo::tile;
use qroc_core::map::MapFile;

use super::{fuzz, mutate};

/// A map with little in it: the header and directory of a real one, with room for its first tiles only.
fn small() -> Vec<Vec<u8>> {
    let whole = fs::read(qroc_fixtures::path("firenze.pmtiles")).expect("fixture");
    let mut cut = whole[..60_000].to_vec();
    let tiles = u64::from_le_bytes(whole[56..64].try_into().expect("eight"));
    cut[64..72].copy_from_slice(&(60_000 - tiles).to_le_bytes());
    let mut leaf = fs::read(qroc_fixtures::path("leaf.pmtiles")).expect("fixture");
    // It does not say what its tiles are.
    leaf[99] = 1;
    vec![cut, leaf]
}

#[test]
fn map_files() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("map.pmtiles");
    let mut opened = 0;
    let mut read = 0;
    fuzz("pmtiles", &small(), mutate::bytes, |input| {
        fs::write(&path, input).expect("written");
        let Ok(map) = MapFile::open(&path) else { return };
        opened += 1;
        let about = map.about();
        assert!(about.west <= about.east && about.south <= about.north && about.min_zoom <= about.max_zoom);
        for (z, x, y) in [(0, 0, 0), (1, 1, 0), (5, 17, 11), (8, 136, 93), (14, 8704, 5972), (30, 7, 7)] {
            if let Ok(Some(tile)) = map.tile(z, x, y) {
                assert!(tile.len() <= 4 << 20);
                read += 1;
                let _ = map.shapes(z, x, y);
            }
        }
    });
    // Else this would try nothing but the first check.
    assert!(opened > 10 && read > 10, "{opened} {read}");
}

#[test]
fn vector_tiles() {
    let map = MapFile::open(&qroc_fixtures::path("firenze.pmtiles")).expect("map");
    let good = [(0, 0, 0), (6, 34, 23), (8, 136, 93), (10, 544, 373)];
    let good = good.map(|(z, x, y)| map.tile(z, x, y).expect("read").expect("there"));
    fuzz("mvt", &good, mutate::bytes, |input| {
        if let Ok(shapes) = tile::read(input) {
            let points = shapes.iter().flat_map(|shape| &shape.lines).flatten();
            assert!(points.clone().count() <= input.len());
            assert!(points.clone().all(|(x, y)| x.abs() <= 32_767 && y.abs() <= 32_767));
        }
    });
}
