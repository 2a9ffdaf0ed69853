use proptest::prelude::*;
use serde_json::json;

use super::{Answer, Position};

fn answer(pos: &str, count: u64) -> Answer {
    Answer { pos: pos.to_owned(), count: Some(count), ..Answer::default() }
}

#[test]
fn the_first_answer_fills_a_screen_and_the_window_grows_until_all_rooms_are_covered() {
    let mut at = Position::default();
    assert_eq!(at.request("main")["lists"]["all"]["ranges"], json!([[0, 19]]));
    let mut asked = Vec::new();
    for turn in 0..5 {
        asked.push(at.window);
        at = at.after(&answer(&format!("p{turn}"), 300));
    }
    assert_eq!(asked, [0, 220, 420, 420, 420]);
    assert!(at.covers_all());
    let forgotten = Position { to_device_since: Some("t7".into()), ..at }.restarted();
    assert_eq!(forgotten.pos, None);
    assert!(!forgotten.covers_all());
    assert!(forgotten.request("main")["extensions"]["to_device"].get("since").is_none());
}

#[test]
fn what_makes_no_sense_costs_itself_only() {
    let body = json!({
        "pos": "5",
        "lists": { "all": { "count": 2 } },
        "rooms": {
            "!good:x": { "initial": true, "timeline": [{ "type": 5 }, "not an event"], "joined_count": 2 },
            "!half:x": { "timeline": "none", "prev_batch": "t5", "joined_count": 3 },
            "!odd:x": { "timeline": [{ "type": "m" }], "required_state": null, "joined_count": -1.5, "heroes": {} },
            "!bad:x": 42,
            "no-room": {},
        },
        "extensions": {
            "to_device": { "next_batch": "t1", "events": [] },
            "e2ee": { "device_lists": 7 },
            "typing": { "rooms": { "!good:x": { "type": "m.typing", "content": { "user_ids": ["@a:x"] } } } },
        },
    });
    let answer = Answer::read(body.to_string().as_bytes()).expect("read");
    let room = |id: &str| answer.rooms.iter().find(|room| room.room_id == id).expect("room");
    assert_eq!(answer.rooms.len(), 2);
    assert_eq!(room("!good:x").timeline.len(), 2);
    let odd = room("!odd:x");
    assert_eq!((odd.limited, odd.timeline.len(), odd.joined_count), (false, 1, None));
    assert_eq!(answer.skipped, 6);
    assert_eq!(answer.unreadable, ["!bad:x", "!half:x"], "what comes only once is asked for again");
    assert!(answer.device_lists_lost && !answer.is_empty());
    assert_eq!(answer.to_device_since.as_deref(), Some("t1"));
    assert_eq!(answer.typing["!good:x"], ["@a:x"]);
    assert!(Answer::read(b"<html>").is_err());
    assert!(Answer::read(b"{}").is_err());
}

proptest! {
    #[test]
    fn the_window_never_shrinks_and_ends_above_any_count(counts in prop::collection::vec(0_u64..5_000, 1..60)) {
        let mut at = Position::default();
        for (turn, count) in counts.iter().enumerate() {
            let next = at.after(&answer(&turn.to_string(), *count));
            prop_assert!(next.window >= at.window);
            at = next;
        }
        let last = *counts.last().expect("one");
        for turn in 0..30 {
            at = at.after(&answer(&format!("end{turn}"), last));
        }
        prop_assert!(at.covers_all());
        let still = at.after(&answer("still", last));
        prop_assert_eq!(still.window, at.window, "an idle connection asks the same again");
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Answer::read(&bytes);
    }

    #[test]
    fn a_position_from_the_server_stays_inside_the_query(pos in any::<String>()) {
        let at = Position { pos: Some(pos), ..Position::default() };
        let path = at.path(false, 1);
        prop_assert!(path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'));
        prop_assert_eq!(path.matches('&').count(), 1);
    }
}
