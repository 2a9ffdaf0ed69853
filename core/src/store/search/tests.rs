use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rusqlite::Connection;

use super::{Filter, Hit, find, rebuild, residue};
use crate::ids::{EventRow, RoomRow};
use crate::secret::DbKey;
use crate::store::changes::Changes;
use crate::store::codes::{Membership, MessageKind, OutboxKind, RelType, SendState};
use crate::store::events::{self, NewEvent, Relation};
use crate::store::timeline::tests::{Talk, hidden, message};
use crate::store::{migrate, open, outbox, rooms};
use crate::text::Query;

fn hits(talk: &Talk, text: &str, room: Option<RoomRow>, limit: usize) -> Vec<Hit> {
    find(&talk.db, &Query::parse(text), &Filter { room, ..Filter::default() }, limit).expect("search")
}

fn filtered(talk: &Talk, text: &str, filter: Filter) -> Vec<String> {
    let hits = find(&talk.db, &Query::parse(text), &filter, 50).expect("search");
    hits.into_iter().map(|hit| hit.event_id.unwrap_or_default()).collect()
}

pub(super) fn found(talk: &Talk, text: &str) -> Vec<String> {
    hits(talk, text, None, 50).into_iter().map(|hit| hit.event_id.unwrap_or_default()).collect()
}

pub(super) fn edit(sender: &str, event_id: &str, of: &str, body: &str) -> NewEvent {
    let new = serde_json::json!({ "msgtype": "m.text", "body": body });
    let content =
        serde_json::json!({ "msgtype": "m.text", "body": format!("* {body}"), "m.new_content": new });
    let relation = Relation { kind: RelType::Edit, to: Some(of.to_owned()), key: None };
    NewEvent { relation, content: content.to_string(), ..hidden(message(sender, event_id, "")) }
}

/// Every word that the index holds, with where it stands.
fn words_of(talk: &Talk) -> Vec<(String, i64, i64)> {
    talk.db
        .execute_batch(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.seen USING fts5vocab (main, event_fts, instance)",
        )
        .expect("vocabulary");
    let mut statement =
        talk.db.prepare("SELECT term, doc, offset FROM temp.seen ORDER BY 1, 2, 3").expect("words");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("rows");
    rows.map(|row| row.expect("row")).collect()
}

/// The index is whole, begins its pages with words that it holds, and holds what it would hold were it made anew.
pub(super) fn sound(talk: &Talk) {
    talk.db.execute("INSERT INTO event_fts (event_fts) VALUES ('integrity-check')", []).expect("whole");
    let held = words_of(talk);
    residue::tests::begin_with_words(talk, &held);
    talk.write(rebuild);
    assert_eq!(held, words_of(talk), "the index agrees with the texts");
}

#[test]
fn words_are_found_without_accents_and_by_their_beginning() {
    let mut talk = Talk::new();
    talk.hears(&message("@bob:x", "$1", "Patrulha em Évora, junto à estação"));
    talk.hears(&message("@bob:x", "$2", "Straße gesperrt, Łódź, Αθήνας"));
    for text in ["strasse", "STRASSE", "Straße", "lodz", "łódź", "αθηνας", "ΑΘΉΝΑΣ", "αθηνασ", "athen"]
    {
        let wanted: &[&str] = if text == "athen" { &[] } else { &["$2"] };
        assert_eq!(found(&talk, text), wanted, "{text}");
    }
    for text in [
        "evora",
        "ÉVORA",
        "E\u{301}vora",
        "patr",
        "em evo",
        "estacao",
        "\u{201e}Évora\u{201c}",
        "evora!",
        "pat-rulha",
    ] {
        let wanted: &[&str] = if text == "pat-rulha" { &[] } else { &["$1"] };
        assert_eq!(found(&talk, text), wanted, "{text}");
    }
    assert_eq!(found(&talk, "gesperrt patrulha"), [""; 0], "all words");
    let hit = hits(&talk, "evora", None, 1).remove(0);
    assert_eq!(
        (hit.room_id.as_str(), hit.snippet.as_str()),
        ("!harbour:x", "Patrulha em [Évora], junto à estação")
    );
    talk.hears(&message("@bob:x", "$3", "Évora, Évora"));
    let scores: Vec<f64> = hits(&talk, "evora", None, 2).iter().map(|hit| hit.score).collect();
    assert!(scores[0] > scores[1], "{scores:?}");
}

#[test]
fn phrases_and_beginnings_are_found_as_they_are_typed() {
    let mut talk = Talk::new();
    talk.hears(&message("@bob:x", "$1", "A white van at the pier"));
    talk.hears(&message("@bob:x", "$2", "The van is white, vanilla white"));
    assert_eq!(found(&talk, "white van"), ["$2", "$1"]);
    assert_eq!(found(&talk, "\"white van\""), ["$1"], "in this order, and whole");
    assert_eq!(found(&talk, "„white van“ pier"), ["$1"]);
    assert_eq!(found(&talk, "vani*"), ["$2"]);
    assert_eq!(found(&talk, "\"is whi"), ["$2"], "a phrase that is being typed goes on");
    assert_eq!(found(&talk, "\"van pier\""), [""; 0]);
    assert_eq!(hits(&talk, "\"white van\"", None, 1)[0].snippet, "A [white van] at the pier");
}

fn file(sender: &str, event_id: &str, msgtype: &str, body: &str, name: &str) -> NewEvent {
    let content = serde_json::json!({ "msgtype": msgtype, "body": body, "filename": name });
    NewEvent { content: content.to_string(), ..message(sender, event_id, "") }
}

#[test]
fn captions_names_of_files_and_of_senders_are_found_and_filters_hold() {
    let mut talk = Talk::new();
    let other = Talk::ensure(&talk.db, "!other:x");
    let bob = talk.write(|tx| {
        let bob = events::user(tx, "@bob:x")?;
        rooms::set_member(tx, talk.room, bob, Membership::Join, Some("Çağla Öztürk"))?;
        Ok(bob)
    });
    talk.hears(&NewEvent { ts: 10, ..file("@bob:x", "$1", "m.image", "North gate", "hopper_étage.jpg") });
    talk.hears(&NewEvent { ts: 20, ..file("@eve:x", "$2", "m.file", "plan.pdf", "plan.pdf") });
    talk.hears_in(other, &NewEvent { ts: 30, ..message("@eve:x", "$3", "The gate is open") });
    assert_eq!(
        (found(&talk, "gate"), found(&talk, "etage")),
        (vec!["$3".into(), "$1".into()], vec!["$1".into()])
    );
    assert_eq!(hits(&talk, "hopper", None, 1)[0].snippet, "[hopper]_étage.jpg");
    assert_eq!(found(&talk, "plan pdf"), ["$2"]);
    assert_eq!((found(&talk, "cagla"), found(&talk, "ozturk north")), (vec!["$1".into()], vec!["$1".into()]));
    assert_eq!(found(&talk, "eve gate"), ["$3"], "without a name, by the id");
    let hit = hits(&talk, "cagla", None, 1).remove(0);
    assert_eq!((hit.sender_name.as_deref(), hit.snippet.as_str()), (Some("Çağla Öztürk"), "North gate"));
    assert_eq!(filtered(&talk, "", Filter { sender: Some(bob), ..Filter::default() }), ["$1"]);
    assert_eq!(filtered(&talk, "", Filter { kind: Some(MessageKind::File), ..Filter::default() }), ["$2"]);
    assert_eq!(filtered(&talk, "gate", Filter { room: Some(other), ..Filter::default() }), ["$3"]);
    assert_eq!(filtered(&talk, "gate", Filter { until: Some(30), ..Filter::default() }), ["$1"]);
    assert_eq!(filtered(&talk, "gate", Filter { since: Some(11), ..Filter::default() }), ["$3"]);
    talk.write(|tx| rooms::set_member(tx, talk.room, bob, Membership::Join, Some("Lisbon 4")));
    assert_eq!((found(&talk, "cagla"), found(&talk, "lisbon")), (vec![], vec!["$1".into()]), "renamed");
    sound(&talk);
}

#[test]
fn an_older_database_is_indexed_anew_when_it_is_opened() {
    crate::store::sqlcipher::zero_freed_memory();
    let mut db = Connection::open_in_memory().expect("open");
    migrate::upgrade_to(&mut db, 4).expect("an older one");
    let content = serde_json::json!({ "msgtype": "m.text", "body": "Łódź, dworzec" }).to_string();
    db.execute_batch(
        "INSERT INTO user (user_id) VALUES ('@ola:x'); INSERT INTO room (room_id) VALUES ('!r:x')",
    )
    .expect("rows");
    db.execute(
        "INSERT INTO event (room, event_id, sender, ts, type, content, shown) VALUES (1, '$1', 1, 5,
           'm.room.message', ?1, 1)",
        [content],
    )
    .expect("event");
    migrate::upgrade(&mut db).expect("upgrade");
    let hits = find(&db, &Query::parse("lodz ola"), &Filter::default(), 5).expect("search");
    assert_eq!(hits[0].snippet, "[Łódź], dworzec");
}

#[test]
fn an_edit_is_found_instead_of_what_it_replaces() {
    let mut talk = Talk::new();
    let original = talk.hears(&message("@bob:x", "$1", "north gate"));
    let first = talk.hears(&edit("@bob:x", "$2", "$1", "south gate"));
    talk.write(|tx| events::set_edit(tx, original, Some(first)));
    assert_eq!((found(&talk, "north"), found(&talk, "south")), (vec![], vec!["$1".to_owned()]));
    sound(&talk);
    talk.write(|tx| events::update(tx, first, &edit("@bob:x", "$2", "$1", "east gate")));
    assert_eq!((found(&talk, "south"), found(&talk, "east")), (vec![], vec!["$1".to_owned()]));
    sound(&talk);
    talk.write(|tx| events::redact(tx, first));
    assert_eq!((found(&talk, "east"), found(&talk, "north")), (vec![], vec!["$1".to_owned()]));
    sound(&talk);
    let second = talk.hears(&edit("@bob:x", "$3", "$1", "west gate"));
    talk.write(|tx| events::set_edit(tx, original, Some(second)));
    talk.write(|tx| events::redact(tx, original));
    assert_eq!(found(&talk, "gate"), [""; 0]);
    assert_eq!(events::get(&talk.db, second).expect("edit").content, "{}", "the edits go with it");
    sound(&talk);
}

#[test]
fn the_newest_come_first_whatever_came_last_and_few_or_many() {
    let mut talk = Talk::new();
    let other = Talk::ensure(&talk.db, "!other:x");
    let mut all: Vec<(i64, String)> = Vec::new();
    // Enough to be walked, not read one by one.
    for number in 0..1_500_i64 {
        // What is stored last is older: a gap was filled.
        let ts = if number < 1_000 { 10_000 + number } else { number };
        let room = if number % 10 == 0 { other } else { talk.room };
        let body = if number % 100 == 0 { "patrol needle" } else { "patrols" };
        talk.hears_in(room, &NewEvent { ts, ..message("@bob:x", &format!("${number}"), body) });
        all.push((ts, format!("${number}")));
    }
    all.sort();
    all.reverse();
    let ids = |keep: &dyn Fn(i64) -> bool, limit: usize| -> Vec<String> {
        let number = |id: &str| id.trim_start_matches('$').parse::<i64>().expect("number");
        all.iter().map(|(_, id)| id.clone()).filter(|id| keep(number(id))).take(limit).collect()
    };
    assert_eq!(found(&talk, "patrols"), ids(&|n| n % 100 != 0, 50), "many");
    assert_eq!(found(&talk, "patrol"), ids(&|_| true, 50), "few as whole words: beginnings count");
    assert_eq!(found(&talk, "needle"), ids(&|n| n % 100 == 0, 50));
    let in_room: Vec<Hit> = hits(&talk, "patrols", Some(other), 70);
    assert!(in_room.iter().all(|hit| hit.room_id == "!other:x"));
    let in_room: Vec<String> = in_room.into_iter().filter_map(|hit| hit.event_id).collect();
    assert_eq!(in_room, ids(&|n| n % 10 == 0 && n % 100 != 0, 70));
    super::warm(&talk.db).expect("prepared");
    assert_eq!(hits(&talk, "patrols", None, 3).len(), 3);
    assert_eq!(hits(&talk, "patrols", None, 0).len(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300, rng_seed: RngSeed::Fixed(3), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_a_person_types_is_harmless(typed in any::<String>(), operators in r#"[a-c"*^:(){}+\-' ]{0,12}( (AND|OR|NOT|NEAR|body:) [a"]{0,3})?"#) {
        let mut talk = Talk::new();
        let first = talk.hears(&message("@bob:x", "$1", &typed));
        talk.hears(&message("@bob:x", "$2", &operators));
        for text in [&typed, &operators, &format!("{typed}{operators}"), &format!("{typed}\0x")] {
            hits(&talk, text, None, 10);
        }
        talk.write(|tx| events::redact(tx, first));
        sound(&talk);
    }
}

/// A plain file has the same pages as an encrypted one, readable: SQLCipher turns each page as a whole into
/// ciphertext below the B-trees. The settings are copied from a real database.
pub(in crate::store) fn plain(dir: &Path) -> Connection {
    crate::store::sqlcipher::zero_freed_memory();
    let real = open::create(
        &dir.join("real.db"),
        &DbKey::new(crate::secret::Secret::from_slice(&[7; 32]).expect("32 bytes"), [9; 16]),
    )
    .expect("real");
    let setting =
        |name: &str| real.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).expect("setting");
    let plain = Connection::open(dir.join("plain.db")).expect("plain");
    let secure = ["OFF", "ON", "FAST"][usize::try_from(setting("secure_delete")).expect("setting")];
    plain.pragma_update(None, "auto_vacuum", setting("auto_vacuum")).expect("vacuum");
    plain.query_row(&format!("PRAGMA secure_delete = {secure}"), [], |_| Ok(())).expect("secure");
    plain.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).expect("wal");
    assert_eq!(
        plain.pragma_query_value(None, "secure_delete", |row| row.get::<_, i64>(0)),
        Ok(setting("secure_delete"))
    );
    plain
}

fn times(talk: &Talk, dir: &Path, needle: &str) -> usize {
    talk.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("checkpoint");
    assert_eq!(fs::metadata(dir.join("plain.db-wal")).map_or(0, |wal| wal.len()), 0);
    let bytes = fs::read(dir.join("plain.db")).expect("file");
    bytes.windows(needle.len()).filter(|window| *window == needle.as_bytes()).count()
}

#[test]
fn of_what_was_removed_no_page_holds_a_word() {
    let dir = tempfile::tempdir().expect("dir");
    let mut talk = Talk::on(plain(dir.path()));
    let long = format!("qqsuspectqq {}qqsuspectqq", "and many more words ".repeat(600));
    let mut removed: Vec<EventRow> = Vec::new();
    let mut edited: Vec<EventRow> = Vec::new();
    for number in 0..600 {
        let body = match number % 20 {
            3 => "the qqsuspectqq is at the harbour".to_owned(),
            5 => long.clone(),
            7 => "qqsuspectqqs".to_owned(),
            _ => format!("word{number} other{}", number % 7),
        };
        let id = talk.hears(&message("@bob:x", &format!("${number}"), &body));
        if [3, 5, 7].contains(&(number % 20)) {
            removed.push(id);
        }
        if number % 20 == 9 {
            let new =
                talk.hears(&edit("@bob:x", &format!("$edit{number}"), &format!("${number}"), "qqsuspectqq"));
            talk.write(|tx| events::set_edit(tx, id, Some(new)));
            edited.push(new);
        }
    }
    let echo = talk.write(|tx| {
        let event_id = None;
        let txn_id = Some("echo".to_owned());
        let state = SendState::Queued;
        let echo =
            NewEvent { event_id, txn_id, send_state: state, ..message("@me:x", "", "qqsuspectqq, I said") };
        let echo = events::insert(tx, talk.room, &echo)?;
        let action = outbox::NewAction {
            room: talk.room,
            kind: OutboxKind::Event,
            txn_id: "echo",
            event: Some(echo),
            payload: r#"{"body":"qqsuspectqq, I said"}"#,
            after: None,
            now_ms: 0,
        };
        let action = outbox::insert(tx, &action)?;
        rooms::refresh_last(tx, talk.room, 0)?;
        Ok((echo, action))
    });
    assert!(times(&talk, dir.path(), "qqsuspectqq") > 60, "the check can see it");
    talk.write(|tx| {
        outbox::delete(tx, &mut Changes::default(), echo.1)?;
        events::delete(tx, echo.0)?;
        for id in edited.iter().chain(&removed) {
            events::redact(tx, *id)?;
        }
        rooms::refresh_last(tx, talk.room, 0)
    });
    assert_eq!(found(&talk, "qqsuspectqq"), [""; 0]);
    assert!(!found(&talk, "word1").is_empty());
    sound(&talk);
    assert_eq!(times(&talk, dir.path(), "qqsuspectqq"), 0);
    assert_eq!(times(&talk, dir.path(), "qqsuspec"), 0, "in the index neither");
}
