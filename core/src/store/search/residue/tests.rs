use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::super::tests::{edit, found, sound};
use crate::ids::EventRow;
use crate::store::events;
use crate::store::timeline::tests::{Talk, message};

/// What each page of the index begins with.
fn keys(talk: &Talk) -> Vec<Vec<u8>> {
    let mut statement =
        talk.db.prepare("SELECT term FROM event_fts_idx WHERE length(term) > 1").expect("keys");
    let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).expect("rows");
    rows.map(|row| row.expect("key").split_off(1)).collect()
}

pub(in super::super) fn begin_with_words(talk: &Talk, held: &[(String, i64, i64)]) {
    let words: BTreeSet<&[u8]> = held.iter().map(|(word, _, _)| word.as_bytes()).collect();
    for key in keys(talk) {
        let next = words.range(key.as_slice()..).next();
        assert!(
            next.is_some_and(|word| word.starts_with(&key)),
            "{:?} is left of a word that is gone",
            String::from_utf8_lossy(&key)
        );
    }
}

fn set(talk: &Talk, name: &str, value: i64) {
    talk.db.execute("INSERT INTO event_fts (event_fts, rank) VALUES (?1, ?2)", (name, value)).expect("set");
}

#[test]
fn no_page_of_the_index_begins_with_a_word_that_is_gone() {
    let mut talk = Talk::new();
    set(&talk, "pgsz", 512);
    let mut removed = Vec::new();
    for number in 0..4_000_u32 {
        // As many words as fill several pages of a part, and all begin alike.
        let body = match number % 8 {
            0 => format!("qqsuspect{number:x}x{} stays{number}", number.wrapping_mul(2_654_435_761)),
            rest => format!("word{number} other{rest} qq{number}"),
        };
        let id = talk.hears(&message("@bob:x", &format!("${number}"), &body));
        if number % 8 == 0 {
            removed.push((id, number));
        }
        if number % 500 == 499 {
            // Where a merge goes on, the key is the whole word.
            set(&talk, "merge", -3);
            set(&talk, "merge", 3);
        }
    }
    let begin_so = |talk: &Talk| keys(talk).iter().filter(|key| key.starts_with(b"qqsu")).count();
    assert!(begin_so(&talk) > 3, "{} pages begin with one of them", begin_so(&talk));
    let all = removed.len();
    for (turn, (id, number)) in removed.into_iter().enumerate() {
        match turn % 3 {
            0 => talk.write(|tx| events::redact(tx, id)),
            1 => talk.write(|tx| events::delete(tx, id)),
            _ => {
                let new = edit("@bob:x", &format!("$edit{number}"), &format!("${number}"), "another");
                let new = talk.hears(&new);
                talk.write(|tx| events::set_edit(tx, id, Some(new)));
            }
        }
        if turn == all / 2 {
            set(&talk, "merge", -5);
        }
    }
    assert_eq!(begin_so(&talk), 0, "pages begin with words that are gone");
    assert_eq!(found(&talk, "qqsuspect*"), [""; 0]);
    assert_eq!(found(&talk, "word3999"), ["$3999"]);
    sound(&talk);
}

#[derive(Clone, Debug)]
enum Step {
    Says(String),
    Redacts(usize),
    Edits(usize, String),
    Goes(usize),
    Merges(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Few letters, so that words begin alike; one that FTS5's tables do not know.
    let text = || "([ab]{1,7}|[abé\u{1e900}]{1,4})( [abc]{1,9}){0,4}";
    prop::collection::vec(
        prop_oneof![
            5 => text().prop_map(Step::Says),
            2 => any::<usize>().prop_map(Step::Redacts),
            2 => (any::<usize>(), text()).prop_map(|(which, text)| Step::Edits(which, text)),
            2 => any::<usize>().prop_map(Step::Goes),
            1 => prop_oneof![-4_i64..0, 1_i64..4].prop_map(Step::Merges),
        ],
        1..80,
    )
}

fn pick(said: &mut Vec<(EventRow, String)>, which: usize) -> Option<(EventRow, String)> {
    if said.is_empty() { None } else { Some(said.swap_remove(which % said.len())) }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150, rng_seed: RngSeed::Fixed(5), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_is_said_and_taken_back_the_index_is_sound(steps in steps()) {
        let mut talk = Talk::new();
        // Pages of a few words.
        set(&talk, "pgsz", 48);
        let mut said = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Says(text) => {
                    let event_id = format!("${number}");
                    said.push((talk.hears(&message("@bob:x", &event_id, &text)), event_id));
                }
                Step::Redacts(which) => {
                    if let Some((id, _)) = pick(&mut said, which) {
                        talk.write(|tx| events::redact(tx, id));
                    }
                }
                Step::Edits(which, text) => {
                    if let Some((id, event_id)) = pick(&mut said, which) {
                        let new = talk.hears(&edit("@bob:x", &format!("${number}"), &event_id, &text));
                        talk.write(|tx| events::set_edit(tx, id, Some(new)));
                    }
                }
                Step::Goes(which) => {
                    if let Some((id, _)) = pick(&mut said, which) {
                        talk.write(|tx| events::delete(tx, id));
                    }
                }
                Step::Merges(pages) => set(&talk, "merge", pages),
            }
        }
        sound(&talk);
    }
}
