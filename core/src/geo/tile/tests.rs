use proptest::prelude::*;
use prost::Message as _;

use super::{BadTile, Feature, Form, Ground, Layer, Tile, TileAt, Value, lines, mercator, read, unmercator};

fn tile(layer: &str, kind: &str, form: i32, geometry: &[u32], extent: Option<u32>, version: u32) -> Vec<u8> {
    let value = |text: &str| Value { text: Some(text.into()) }.encode_to_vec().into();
    let feature = Feature { tags: vec![0, 0, 1, 1], form, geometry: geometry.to_vec() };
    let layer = Layer {
        name: layer.into(),
        features: vec![feature.encode_to_vec().into()],
        keys: vec!["kind".into(), "name".into()],
        values: vec![value(kind), value("Via Roma")],
        extent,
        version: Some(version),
    };
    Tile { layers: vec![layer.encode_to_vec().into()] }.encode_to_vec()
}

/// The example of the specification, 4.3.5.3: two areas, of which the second has a hole.
const AREAS: [u32; 33] = [
    9, 0, 0, 26, 20, 0, 0, 20, 19, 0, 15, 9, 22, 2, 26, 18, 0, 0, 18, 17, 0, 15, 9, 4, 13, 26, 0, 8, 8, 0, 0,
    7, 15,
];

#[test]
fn the_examples_of_the_specification_are_read_as_it_says() {
    let points = lines(&[17, 10, 14, 3, 9], Form::Points, 4096).expect("points");
    assert_eq!(points, [vec![(5, 7)], vec![(3, 2)]]);
    let both = lines(&[9, 4, 4, 18, 0, 16, 16, 0, 9, 17, 17, 10, 4, 8], Form::Lines, 4096).expect("lines");
    assert_eq!(both, [vec![(2, 2), (2, 10), (10, 10)], vec![(1, 1), (3, 5)]]);
    let rings = lines(&AREAS, Form::Rings, 4096).expect("areas");
    assert_eq!(rings[0], [(0, 0), (10, 0), (10, 10), (0, 10)]);
    assert_eq!(rings[1], [(11, 11), (20, 11), (20, 20), (11, 20)]);
    assert_eq!(rings[2], [(13, 13), (13, 17), (17, 17), (17, 13)]);
    assert_eq!(rings.len(), 3);
}

#[test]
fn layers_are_known_by_name_and_units_are_the_same_for_all() {
    let way = [9, 0, 0, 10, 1024, 512];
    let street = read(&tile("roads", "minor_road", 2, &way, Some(1024), 2)).expect("street");
    assert_eq!((street[0].ground, street[0].name.as_deref()), (Ground::Street, Some("Via Roma")));
    assert_eq!(street[0].lines, [vec![(0, 0), (2048, 1024)]], "512 of 1024 is half of the tile");
    for (layer, kind, ground) in [
        ("transportation", "motorway", Ground::Motorway),
        ("streets", "residential", Ground::Street),
        ("transit", "railway", Ground::Railway),
        ("water_lines", "river", Ground::Waterway),
        ("boundary", "", Ground::Border),
    ] {
        let shapes = read(&tile(layer, kind, 2, &way, None, 2)).expect(layer);
        assert_eq!(shapes[0].ground, ground, "{layer}");
    }
    for (layer, kind) in [("mask", "x"), ("pois", "cafe"), ("transportation", "ferry"), ("buildings", "x")] {
        assert_eq!(read(&tile(layer, kind, 2, &way, None, 2)).expect(layer), [], "{layer}");
    }
    assert_eq!(read(&tile("roads", "minor_road", 0, &way, None, 1)).expect("no form"), []);
}

#[test]
fn what_makes_no_sense_is_named() {
    let reason = |form, geometry: &[u32]| read(&tile("roads", "path", form, geometry, None, 2)).map(drop);
    for (geometry, words) in [
        (&[9_u32, 0][..], "feature 1 of layer \"roads\": it ends in the middle of a step"),
        (&[10, 2, 2][..], "feature 1 of layer \"roads\": a line begins nowhere"),
        (&[9, 0, 0, 15][..], "feature 1 of layer \"roads\": what is no area is closed"),
        (&[9, 0, 0, 11, 1, 1][..], "feature 1 of layer \"roads\": it has a command that is not known"),
        (&[!7_u32 | 1][..], "feature 1 of layer \"roads\": it ends in the middle of a step"),
    ] {
        assert_eq!(reason(2, geometry).unwrap_err().to_string(), words);
    }
    let newer = read(&tile("roads", "path", 2, &[9, 0, 0], None, 3)).unwrap_err();
    assert_eq!(newer, BadTile::Version { layer: "roads".into(), version: 3 });
    let flat = read(&tile("roads", "path", 2, &[9, 0, 0], Some(0), 2)).unwrap_err();
    assert!(flat.to_string().contains("no extent"), "{flat}");
    assert!(matches!(read(b"<html>"), Err(BadTile::Malformed(_))));
    assert_eq!(read(b"").expect("an empty tile is one"), []);
    // Far away, again and again: nothing overflows, and what is drawn stays near.
    let far: Vec<u32> = [vec![9, 0, 0, (1000 << 3) | 2], vec![u32::MAX - 1; 2000]].concat();
    let shapes = read(&tile("roads", "path", 2, &far, Some(1), 2)).expect("far");
    assert!(shapes[0].lines[0].iter().all(|(x, y)| x.abs() <= 32_767 && y.abs() <= 32_767));
}

#[test]
fn tiles_cover_a_part_also_across_the_antimeridian() {
    let florence = TileAt::covering((11.25, 43.77), (11.25, 43.77), 14, 1).expect("one");
    assert_eq!(florence, [TileAt { z: 14, x: 8704, y: 5972 }]);
    let fiji = TileAt::covering((179.0, -17.0), (181.0, -16.0), 4, 9).expect("few");
    assert_eq!(fiji.iter().map(|tile| tile.address()).collect::<Vec<_>>(), [(4, 15, 8), (4, 0, 8)]);
    assert!((fiji[1].degrees((0, 0)).0 - 180.0).abs() < 1e-9, "it goes on beyond 180");
    assert_eq!(TileAt::covering((-180.0, -90.0), (180.0, 90.0), 10, 64), None);
}

proptest! {
    #[test]
    fn a_place_comes_back_from_mercators_square(lon in -180.0..180.0, lat in -85.0..85.0) {
        let (x, y) = mercator(lon, lat);
        let (again_lon, again_lat) = unmercator(x, y);
        prop_assert!((again_lon - lon).abs() < 1e-9 && (again_lat - lat).abs() < 1e-9);
        prop_assert!((0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y));
    }

    #[test]
    fn whatever_the_pen_is_told_it_ends_and_stays_near(
        commands in prop::collection::vec(any::<u32>(), 0..200), extent in 1_i64..100_000
    ) {
        for form in [Form::Points, Form::Lines, Form::Rings] {
            if let Ok(lines) = lines(&commands, form, extent) {
                let points = lines.iter().map(Vec::len).sum::<usize>();
                prop_assert!(points * 2 <= commands.len());
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        let _ = read(&bytes);
    }

    #[test]
    fn what_is_drawn_is_read(steps in prop::collection::vec((-4000_i32..4000, -4000_i32..4000), 2..40)) {
        let zigzag = |number: i32| u32::from_ne_bytes(((number << 1) ^ (number >> 31)).to_ne_bytes());
        let mut commands = vec![9, 0, 0, (u32::try_from(steps.len()).unwrap() << 3) | 2];
        commands.extend(steps.iter().flat_map(|(x, y)| [zigzag(*x), zigzag(*y)]));
        let way = &read(&tile("roads", "path", 2, &commands, None, 2)).unwrap()[0].lines[0];
        let mut at = (0_i32, 0_i32);
        for ((x, y), read) in steps.iter().zip(&way[1..]) {
            at = (at.0 + x, at.1 + y);
            prop_assert_eq!((at.0.clamp(-32_767, 32_767), at.1.clamp(-32_767, 32_767)), *read);
        }
    }
}
