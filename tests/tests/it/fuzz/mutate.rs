//! Makes foreign input out of good input: as bytes, and as JSON that is still JSON.

use serde_json::{Map, Value, json};

use crate::seed::Dice;

/// Changes a few bytes, as a broken line or a hostile hand would.
pub fn bytes(dice: &mut Dice, input: &[u8], other: &[u8]) -> Vec<u8> {
    let mut made = input.to_vec();
    for _ in 0..1 + dice.below(6) {
        let at = usize::try_from(dice.below(made.len() as u64 + 1)).expect("index");
        let length = usize::try_from(dice.below(64)).expect("length").min(made.len() - at);
        match dice.below(8) {
            0 if at < made.len() => made[at] ^= 1 << dice.below(8),
            1 if at < made.len() => made[at] = *dice.pick(&[0, 1, 0x7f, 0x80, 0xfe, 0xff, b'"', b'{', b'\\']),
            2 => drop(made.drain(at..at + length)),
            3 => {
                let again = made[at..at + length].to_vec();
                made.splice(at..at, again);
            }
            4 => made.truncate(at),
            5 if !other.is_empty() => {
                let from = usize::try_from(dice.below(other.len() as u64)).expect("index");
                made.truncate(at);
                made.extend_from_slice(&other[from..]);
            }
            6 => {
                // Lengths and counts of binary formats, either way round.
                let number = *dice.pick(&[0_u32, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX, 65_535, 65_536]);
                let word = if dice.percent(50) { number.to_be_bytes() } else { number.to_le_bytes() };
                for (place, byte) in made[at..].iter_mut().zip(word) {
                    *place = byte;
                }
            }
            _ => made.insert(at, u8::try_from(dice.below(256)).expect("byte")),
        }
    }
    made
}

/// Changes a few nodes of a JSON text; it stays JSON.
pub fn json(dice: &mut Dice, input: &Value, other: &Value) -> Value {
    let mut made = input.clone();
    for _ in 0..1 + dice.below(5) {
        let nodes = count(&made);
        let at = dice.below(nodes);
        let donor = node(other, &mut dice.below(count(other))).cloned().unwrap_or_default();
        change(&mut made, &mut at.clone(), dice, donor);
    }
    made
}

fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(list) => Box::new(list.iter()),
        Value::Object(map) => Box::new(map.values()),
        _ => Box::new(std::iter::empty()),
    }
}

fn count(value: &Value) -> u64 {
    1 + children(value).map(count).sum::<u64>()
}

fn node<'a>(value: &'a Value, at: &mut u64) -> Option<&'a Value> {
    if *at == 0 {
        return Some(value);
    }
    *at -= 1;
    children(value).find_map(|child| node(child, at))
}

/// Goes to the node in that place, and does something to it.
fn change(value: &mut Value, at: &mut u64, dice: &mut Dice, donor: Value) -> bool {
    if *at == 0 {
        *value = changed(std::mem::take(value), dice, donor);
        return true;
    }
    *at -= 1;
    let mut children: Vec<&mut Value> = match value {
        Value::Array(list) => list.iter_mut().collect(),
        Value::Object(map) => map.values_mut().collect(),
        _ => Vec::new(),
    };
    children.iter_mut().any(|child| change(child, at, dice, donor.clone()))
}

fn changed(value: Value, dice: &mut Dice, donor: Value) -> Value {
    match (dice.below(7), value) {
        (0, _) => donor,
        (1 | 2, _) => strange(dice),
        (3, Value::Array(mut list)) if !list.is_empty() => {
            let at = usize::try_from(dice.below(list.len() as u64)).expect("index");
            let again = list[at].clone();
            list.push(again);
            Value::Array(list)
        }
        (4, Value::Array(mut list)) if !list.is_empty() => {
            list.reverse();
            Value::Array(list)
        }
        (3, Value::Object(map)) if !map.is_empty() => {
            let gone = usize::try_from(dice.below(map.len() as u64)).expect("index");
            let kept = map.into_iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, pair)| pair);
            Value::Object(kept.collect())
        }
        (4, Value::Object(map)) => {
            // The same values under each other's names.
            let (names, mut values): (Vec<String>, Vec<Value>) = map.into_iter().unzip();
            if !values.is_empty() {
                values.rotate_left(1);
            }
            Value::Object(names.into_iter().zip(values).collect::<Map<_, _>>())
        }
        (5, Value::String(text)) => {
            let bent = bytes(dice, text.as_bytes(), b"\xe2\x80\xae");
            Value::String(String::from_utf8_lossy(&bent).into_owned())
        }
        (_, value) => value,
    }
}

fn strange(dice: &mut Dice) -> Value {
    let words = [
        "",
        "!",
        "@",
        "$",
        "#",
        "\u{0}",
        "\u{202e}txt.exe",
        "a\u{301}\u{1f468}\u{200d}\u{1f469}",
        "mxc://",
        "mxc://a/../b",
        "geo:91,181;u=-1",
        "geo:nan,inf",
        "m.room.message",
        "m.room.encrypted",
        "m.replace",
        "$first",
        "join",
        "../../etc/passwd",
    ];
    match dice.below(14) {
        0 => Value::Null,
        1 => json!(-1),
        2 => json!(u64::MAX),
        3 => json!(i64::MIN),
        4 => json!(1e308),
        5 => json!(0.1),
        6 => json!(true),
        7 => json!([]),
        8 => json!({}),
        9 => (0..200).fold(json!(1), |inner, _| json!([inner])),
        10 => (0..200).fold(json!(1), |inner, _| json!({ "m.relates_to": inner })),
        11 => json!("x".repeat(70_000)),
        _ => json!(*dice.pick(&words)),
    }
}
