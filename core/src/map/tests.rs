use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{MapError, MapFile};
use crate::geo::Place;
use crate::geo::picture::{Mark, Scene, Sheet, svg};
use crate::geo::tile::{Ground, TileAt};
use crate::kind::ErrorKind;

fn florence() -> Vec<u8> {
    fs::read(qroc_fixtures::path("firenze.pmtiles")).expect("fixture")
}

fn written(dir: &Path, bytes: &[u8]) -> PathBuf {
    let path = dir.join("map.pmtiles");
    fs::write(&path, bytes).expect("written");
    path
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

/// A map with one directory, one tile and, where given, a leaf directory: as the specification says, by hand.
fn map(root: &[u8], leaves: &[u8], tiles: &[u8]) -> Vec<u8> {
    let parts = [root, b"", leaves, tiles];
    let mut bytes = b"PMTiles\x03".to_vec();
    let mut at = 127_u64;
    for part in parts {
        bytes.extend(at.to_le_bytes());
        bytes.extend((part.len() as u64).to_le_bytes());
        at += part.len() as u64;
    }
    bytes.extend([0; 24]);
    // Clustered; gzip twice; vectors; zooms 0 to 14; the whole earth.
    bytes.extend([1, 2, 2, 1, 0, 14]);
    for edge in [-1_800_000_000_i32, -850_000_000, 1_800_000_000, 850_000_000] {
        bytes.extend(edge.to_le_bytes());
    }
    bytes.extend([0; 9]);
    assert_eq!(bytes.len(), 127);
    parts.iter().for_each(|part| bytes.extend(*part));
    bytes
}

fn varint(mut number: u64, to: &mut Vec<u8>) {
    while number > 0x7f {
        to.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    to.push(u8::try_from(number).unwrap());
}

/// Entries of a directory: id, run (0: a directory), length, offset.
fn directory(entries: &[(u64, u64, u64, u64)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    varint(entries.len() as u64, &mut bytes);
    let mut before = 0;
    for (id, ..) in entries {
        varint(id - before, &mut bytes);
        before = *id;
    }
    entries.iter().for_each(|(_, run, ..)| varint(*run, &mut bytes));
    entries.iter().for_each(|(_, _, length, _)| varint(*length, &mut bytes));
    entries.iter().for_each(|(.., offset)| varint(offset + 1, &mut bytes));
    gzip(&bytes)
}

#[test]
fn a_real_map_says_what_it_is_and_gives_its_tiles() {
    let map = MapFile::open(&qroc_fixtures::path("firenze.pmtiles")).expect("a map");
    let about = map.about();
    assert_eq!((about.min_zoom, about.max_zoom, about.bytes), (0, 14, 3_939_701));
    assert!((about.west - 11.154_026).abs() < 1e-6 && (about.north - 43.832_545_5).abs() < 1e-6, "{about:?}");
    assert_eq!(about.attribution.as_deref(), Some("Protomaps © OpenStreetMap"), "no HTML");
    // What another implementation (Python, pmtiles 3.8.1) found in the middle of Florence.
    let tile = map.tile(14, 8704, 5972).expect("read").expect("there");
    assert_eq!(tile.len(), 332_948);
    let shapes = map.shapes(14, 8704, 5972).expect("read").expect("there");
    let count = |ground| shapes.iter().filter(|shape| shape.ground == ground).count();
    assert_eq!(count(Ground::Water), 31);
    assert_eq!(count(Ground::Waterway), 16);
    assert_eq!(count(Ground::Building), 3565);
    assert_eq!((count(Ground::Street), count(Ground::Road), count(Ground::Path)), (455, 66, 1803));
    assert_eq!((count(Ground::Land), count(Ground::Place)), (1, 8));
    let names: BTreeSet<&str> = shapes.iter().filter_map(|shape| shape.name.as_deref()).collect();
    assert!(names.contains("Firenze") && names.contains("Ponte Vecchio"), "{names:?}");
    assert!(map.tile(14, 0, 0).expect("read").is_none(), "there is no tile of the Pacific");
    assert!(map.tile(22, 0, 0).expect("read").is_none(), "nor any that deep");
    for (z, x, y) in [(31, 0, 0), (200, 0, 0), (0, 1, 0), (14, 0, 1 << 14)] {
        let error = map.tile(z, x, y).unwrap_err();
        assert!(
            matches!(error, MapError::NoSuchTile { .. }) && error.kind() == ErrorKind::BadInput,
            "{error}"
        );
    }
}

#[test]
fn every_tile_of_a_real_map_is_read() {
    let map = MapFile::open(&qroc_fixtures::path("firenze.pmtiles")).expect("a map");
    let about = map.about().clone();
    let mut read = 0;
    for z in 0..=14 {
        let tiles =
            TileAt::covering((about.west, about.south), (about.east, about.north), z, 200).expect("few");
        for (z, x, y) in tiles.into_iter().map(TileAt::address) {
            let shapes = map.shapes(z, x, y).unwrap_or_else(|error| panic!("{z}/{x}/{y}: {error}"));
            read += usize::from(shapes.is_some_and(|shapes| !shapes.is_empty()));
        }
    }
    assert_eq!(read, 108, "as many as the header says");
}

#[test]
fn a_directory_below_the_first_leads_to_its_tiles() {
    let dir = tempfile::tempdir().expect("dir");
    let tile = gzip(b"");
    let leaf = directory(&[(5, 2, tile.len() as u64, 0)]);
    let root = directory(&[(0, 1, tile.len() as u64, 0), (5, 0, leaf.len() as u64, 0)]);
    let map = MapFile::open(&written(dir.path(), &map(&root, &leaf, &tile))).expect("map");
    assert_eq!(map.tile(0, 0, 0).expect("read"), Some(Vec::new()));
    assert_eq!(map.tile(2, 0, 0).expect("read"), Some(Vec::new()), "the first tile of zoom 2 is number 5");
    assert_eq!(map.tile(2, 1, 0).expect("read"), Some(Vec::new()), "and its run has two");
    assert_eq!(map.tile(2, 1, 1).expect("read"), None);
    // Made by another program; it does not say what its tiles are, so here they are called vectors.
    let mut other = fs::read(qroc_fixtures::path("leaf.pmtiles")).expect("fixture");
    other[99] = 1;
    let map = MapFile::open(&written(dir.path(), &other)).expect("map");
    assert!(map.tile(0, 0, 0).is_ok_and(|tile| tile.is_some()));
}

#[test]
fn what_is_no_whole_map_is_refused_by_name() {
    let dir = tempfile::tempdir().expect("dir");
    let good = florence();
    let words = |bytes: &[u8]| {
        let error = MapFile::open(&written(dir.path(), bytes)).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::BadFile, "{error}");
        error.to_string()
    };
    for (bytes, part) in [
        (&b""[..], "does not begin"),
        (&b"<html>404"[..], "does not begin"),
        (&b"PMTiles\x02"[..], "version 2"),
        (&b"PMTiles\x03"[..], "ends after 8 bytes"),
        (&good[..100], "ends after 100 bytes"),
        (&good[..good.len() - 1], "ends after 3939700 bytes of 3939701"),
    ] {
        let said = words(bytes);
        assert!(said.contains(part), "{said}");
    }
    let changed = |at: usize, to: &[u8]| {
        let mut bytes = good.clone();
        bytes[at..at + to.len()].copy_from_slice(to);
        words(&bytes)
    };
    for (at, to, part) in [
        (8, &u64::MAX.to_le_bytes()[..], "has no end"),
        (16, &(3_u64 << 20).to_le_bytes()[..], "its directory is larger"),
        (32, &0x3f_0000_u64.to_le_bytes()[..], "ends after"),
        (97, &[9][..], ""),
        (98, &[4][..], "Zstd"),
        (99, &[2][..], "Png"),
        (101, &[31][..], "make no sense"),
        (102, &i32::MAX.to_le_bytes()[..], "make no sense"),
        (127, &[0; 8][..], "decompressed"),
    ] {
        let said = changed(at, to);
        assert!(said.contains(part), "{at}: {said}");
    }
    for name in ["raster.pmtiles", "brotli.pmtiles"] {
        let error = MapFile::open(&qroc_fixtures::path(name)).expect_err(name);
        assert!(matches!(error, MapError::Unsupported(_)), "{error}");
    }
    assert_eq!(MapFile::open(&dir.path().join("none")).expect_err("none").kind(), ErrorKind::NotFound);
    assert_eq!(MapFile::open(dir.path()).expect_err("a folder").kind(), ErrorKind::BadFile);
}

#[test]
fn bombs_and_circles_are_named_and_cost_nothing() {
    let dir = tempfile::tempdir().expect("dir");
    let zeros = vec![0; 64 << 20];
    let bomb = gzip(&zeros);
    assert!(bomb.len() < 100_000);
    let refused = |bytes: &[u8]| MapFile::open(&written(dir.path(), bytes)).expect_err("refused");
    assert!(matches!(refused(&map(&bomb, b"", b"")), MapError::TooLarge(_)));

    let length = bomb.len() as u64;
    let root = directory(&[(0, 1, length, 0), (1, 0, length, 0)]);
    let opened = MapFile::open(&written(dir.path(), &map(&root, &bomb, &bomb))).expect("it opens");
    for (z, x, y) in [(0, 0, 0), (1, 0, 0)] {
        let error = opened.tile(z, x, y).expect_err("a bomb");
        assert!(matches!(error, MapError::TooLarge(_)), "{error}");
    }
    // A directory that leads to itself.
    let mut round = directory(&[(0, 0, 30, 0)]);
    round = directory(&[(0, 0, round.len() as u64, 0)]);
    let circle = MapFile::open(&written(dir.path(), &map(&round, &round, b""))).expect("it opens");
    assert!(matches!(circle.tile(3, 1, 1), Err(MapError::Damaged(_))));
    // A directory that leads out of its part, and a tile that is longer than any.
    let outside = directory(&[(0, 1, 99, 1 << 40)]);
    let lost = MapFile::open(&written(dir.path(), &map(&outside, b"", b"tile"))).expect("it opens");
    assert!(matches!(lost.tile(0, 0, 0), Err(MapError::Damaged(_))));
    let large = vec![1; 5 << 20];
    let root = directory(&[(0, 1, large.len() as u64, 0)]);
    let wide = MapFile::open(&written(dir.path(), &map(&root, b"", &large))).expect("it opens");
    assert!(matches!(wide.tile(0, 0, 0), Err(MapError::TooLarge(_))));
    // What was cut while it was open.
    let open = MapFile::open(&written(dir.path(), &florence())).expect("map");
    fs::OpenOptions::new().write(true).open(dir.path().join("map.pmtiles")).unwrap().set_len(2_000).unwrap();
    assert!(matches!(open.tile(14, 8704, 5972), Err(MapError::Damaged(_))));
}

#[test]
fn a_picture_lies_on_the_map_that_is_there() {
    let map = MapFile::open(&qroc_fixtures::path("firenze.pmtiles")).expect("a map");
    let at = |lat, lon| Mark {
        label: "Firenze 1".into(),
        place: Place { lat, lon, accuracy_m: Some(20.0) },
        heading_deg: None,
        stale: false,
    };
    let mut scene = Scene { marks: vec![at(43.7680, 11.2531), at(43.7731, 11.2560)], ..Scene::default() };
    scene.base = map.base(&Sheet::around(&scene).expect("sheet")).expect("read");
    let picture = svg(&scene).expect("picture");
    let document = roxmltree::Document::parse(&picture).expect("sound");
    let texts: Vec<&str> = document.descendants().filter_map(|node| node.text()).collect();
    assert!(texts.contains(&"Protomaps © OpenStreetMap"), "whose map it is");
    assert!(texts.contains(&"Firenze 1"));
    let drawn = |colour: &str| document.descendants().any(|node| node.attribute("fill") == Some(colour));
    assert!(drawn("#aad3df") && drawn("#d9d0c9"), "water and buildings");
    let elsewhere = Scene { marks: vec![at(38.7, -9.1)], ..Scene::default() };
    assert!(map.base(&Sheet::around(&elsewhere).expect("sheet")).expect("read").is_none(), "not Lisbon");
}
