use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{Look, statement};
use crate::ids::EventRow;
use crate::store::codes::MessageKind;
use crate::store::events::{self, NewEvent};
use crate::store::search::tests::edit;
use crate::store::search::{Filter, Wanted, by_time};
use crate::store::timeline::tests::{Talk, message};
use crate::text::Query;

/// What the index says, read to its end.
fn by_index(talk: &Talk, query: &Query, filter: &Filter, limit: usize) -> Vec<EventRow> {
    let wanted = Wanted::new(&talk.db, query, filter).expect("speakers").expect("something");
    let mut statement = talk
        .db
        .prepare("SELECT rowid FROM event_fts WHERE event_fts MATCH ?1 ORDER BY rowid")
        .expect("statement");
    let matching: Vec<EventRow> = statement
        .query_map([&wanted.expression], |row| row.get(0))
        .expect("rows")
        .collect::<Result<_, _>>()
        .expect("rows");
    by_time(&talk.db, &matching, filter, limit).expect("sorted")
}

/// What the messages themselves say; nothing where they leave it to the index.
fn by_look(talk: &Talk, query: &Query, filter: &Filter, limit: usize) -> Option<Vec<EventRow>> {
    let wanted = Wanted::new(&talk.db, query, filter).expect("speakers").expect("something");
    let mut statement = statement(&talk.db, filter).expect("statement");
    let mut look = Look::new(&talk.db, &mut statement, filter).expect("begun");
    look.newest(&wanted.test, limit).expect("looked")
}

const WORDS: [&str; 8] = ["Évora", "evo", "van", "vanilla", "white", "Straße 7", "a", "van's"];

/// One message: words, who sends it, when, whether it waits to be sent, has a file, is edited or removed.
type Said = (Vec<usize>, u8, i64, u8);

fn tell(talk: &mut Talk, said: &[Said]) {
    let other = Talk::ensure(&talk.db, "!other:x");
    for (number, (words, sender, ts, what)) in said.iter().enumerate() {
        let body = words.iter().filter_map(|word| WORDS.get(*word).copied()).collect::<Vec<_>>().join(" ");
        let sender = ["@bob:x", "@van:x", "@evora:x"][usize::from(*sender) % 3];
        let room = if what % 2 == 0 { talk.room } else { other };
        let content = match what / 2 % 3 {
            0 => serde_json::json!({ "msgtype": "m.image", "body": body, "filename": "white van.jpg" }),
            1 => serde_json::json!({ "msgtype": "m.file", "body": body }),
            _ => serde_json::json!({ "msgtype": "m.text", "body": body }),
        };
        let event_id = format!("${number}");
        let event = NewEvent { ts: *ts, content: content.to_string(), ..message(sender, &event_id, "") };
        if what % 7 == 3 {
            talk.write(|tx| events::insert(tx, room, &event));
            continue;
        }
        let row = talk.hears_in(room, &event);
        match what % 11 {
            4 => {
                let new = edit(sender, &format!("$e{number}"), &event_id, "vanilla, then white");
                let new = talk.hears_in(room, &new);
                talk.write(|tx| events::set_edit(tx, row, Some(new)));
            }
            7 => talk.write(|tx| events::redact(tx, row)),
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 120, rng_seed: RngSeed::Fixed(11), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn the_messages_say_what_the_index_says(
        said in prop::collection::vec((prop::collection::vec(0..WORDS.len(), 0..5), any::<u8>(), 0..40_i64, any::<u8>()), 1..60),
        typed in prop::sample::select(vec![
            "van", "va*", "evora", "evo*", "white van", "\"white van\"", "\"van white\"", "strasse", "7", "a", "s",
            "vanil* white", "\"white va", "jpg", "bob", "\"evo van\"", "nothing",
        ]),
        limit in 1..20_usize,
        narrowed in any::<u8>(),
    ) {
        let mut talk = Talk::new();
        tell(&mut talk, &said);
        let van = events::find_user(&talk.db, "@van:x").expect("found");
        let filter = Filter {
            room: (narrowed & 1 != 0).then_some(talk.room),
            sender: van.filter(|_| narrowed & 2 != 0),
            kind: (narrowed & 4 != 0).then_some(MessageKind::Image),
            since: (narrowed & 8 != 0).then_some(10),
            until: (narrowed & 16 != 0).then_some(30),
        };
        for query in [Query::parse(typed), Query::parse(typed).beginnings()] {
            let looked = by_look(&talk, &query, &filter, limit).expect("few enough to be looked at");
            prop_assert_eq!(looked, by_index(&talk, &query, &filter, limit), "{}", typed);
        }
    }
}

#[test]
fn what_is_rare_among_the_newest_is_left_to_the_index() {
    let mut talk = Talk::new();
    for number in 0..400_i64 {
        let body = if number < 40 { "needle" } else { "straw" };
        talk.hears(&NewEvent { ts: number, ..message("@bob:x", &format!("${number}"), body) });
    }
    let filter = Filter::default();
    for (typed, limit, looks) in
        [("straw", 50, true), ("needle", 50, false), ("needle", 1, false), ("none", 1, false)]
    {
        let looked = by_look(&talk, &Query::parse(typed), &filter, limit);
        assert_eq!(looked.is_some(), looks, "{typed}");
    }
    // Where there is no more, nothing is left to ask for.
    let old = Filter { until: Some(50), ..filter };
    assert_eq!(by_look(&talk, &Query::parse("needle"), &old, 50).map(|found| found.len()), Some(40));
}
