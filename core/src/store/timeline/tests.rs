use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

use super::{Item, Unread, Wanted, by_event_id, by_rows, page, unread};
use crate::ids::{EventRow, RoomRow};
use crate::store::codes::{Notify, RelType, SendState, Undecryptable};
use crate::store::events::{self, NewEvent, Relation};
use crate::store::search::residue;
use crate::store::{StoreError, chunks, outbox, placing, rooms};

/// A room on a phone, and who says what in it.
pub(in crate::store) struct Talk {
    pub(in crate::store) db: Connection,
    pub(in crate::store) room: RoomRow,
    said: i64,
}

pub(in crate::store) fn text(body: &str) -> String {
    serde_json::json!({ "msgtype": "m.text", "body": body }).to_string()
}

pub(in crate::store) fn message(sender: &str, event_id: &str, body: &str) -> NewEvent {
    NewEvent {
        event_id: Some(event_id.to_owned()),
        txn_id: None,
        sender: sender.to_owned(),
        ts: 0,
        kind: "m.room.message".to_owned(),
        state_key: None,
        content: text(body),
        encrypted: true,
        shown: true,
        notify: Notify::Unread,
        relation: Relation::NONE,
        reply_to: None,
        thread: None,
        redacted: false,
        send_state: SendState::Sent,
        undecryptable: Undecryptable::Readable,
        session_id: None,
    }
}

impl Talk {
    pub(in crate::store) fn new() -> Self {
        crate::store::sqlcipher::zero_freed_memory();
        Self::on(Connection::open_in_memory().expect("open"))
    }

    pub(in crate::store) fn on(mut db: Connection) -> Self {
        db.set_prepared_statement_cache_capacity(128);
        db.pragma_update(None, "foreign_keys", true).expect("pragma");
        crate::store::migrate::create(&mut db).expect("schema");
        let room = Self::ensure(&db, "!harbour:x");
        Self { db, room, said: 0 }
    }

    pub(in crate::store) fn ensure(db: &Connection, room_id: &str) -> RoomRow {
        let tx = db.unchecked_transaction().expect("begin");
        let room = rooms::ensure(&tx, room_id).expect("room");
        tx.commit().expect("commit");
        room
    }

    pub(in crate::store) fn write<T>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError>,
    ) -> T {
        let tx = self.db.unchecked_transaction().expect("begin");
        let done = work(&tx).expect("write");
        residue::clear(&tx).expect("cleared");
        tx.commit().expect("commit");
        done
    }

    /// What a sync brings at the end.
    pub(in crate::store) fn hears(&mut self, event: &NewEvent) -> EventRow {
        self.hears_in(self.room, event)
    }

    pub(in crate::store) fn hears_in(&mut self, room: RoomRow, event: &NewEvent) -> EventRow {
        self.said += 1;
        let event = NewEvent { ts: if event.ts == 0 { self.said } else { event.ts }, ..event.clone() };
        self.write(|tx| {
            let id = events::insert(tx, room, &event)?;
            placing::live(tx, room, &[id], None, false)?;
            Ok(id)
        })
    }

    /// The same, behind a hole.
    fn hears_after_a_gap(&mut self, event: &NewEvent) -> EventRow {
        self.write(|tx| {
            let id = events::insert(tx, self.room, event)?;
            placing::live(tx, self.room, &[id], Some("token"), true)?;
            Ok(id)
        })
    }

    fn says(&mut self, txn_id: &str) -> EventRow {
        let echo = NewEvent {
            event_id: None,
            txn_id: Some(txn_id.to_owned()),
            send_state: SendState::Queued,
            notify: Notify::Nothing,
            ..message("@me:x", "", txn_id)
        };
        self.write(|tx| events::insert(tx, self.room, &echo))
    }

    fn sends(&self, echo: EventRow, event_id: &str) {
        self.write(|tx| events::set_sent(tx, echo, SendState::Sent, Some(event_id)));
    }

    fn syncs(&self, rows: &[EventRow]) {
        self.write(|tx| placing::live(tx, self.room, rows, None, false));
    }

    fn reads(&self, sender: &str, event_id: &str) {
        self.write(|tx| {
            let user = events::user(tx, sender)?;
            rooms::set_receipt(tx, self.room, user, "", event_id, self.said)
        });
    }

    fn closes_the_gap(&self) {
        self.write(|tx| {
            let gap = chunks::newest_gap(tx, self.room)?.expect("a gap");
            placing::fill(tx, &gap, &[], None)
        });
    }

    fn page(&self, wanted: Wanted) -> super::Page {
        page(&self.db, self.room, wanted).expect("page")
    }

    fn all(&self) -> Vec<Item> {
        self.page(Wanted { before: None, limit: 10_000, across_gaps: true }).items
    }

    fn item(&self, event_id: &str) -> Item {
        by_event_id(&self.db, self.room, event_id).expect("read").expect("an item")
    }

    fn unread(&self, read: Option<&str>) -> Unread {
        unread(&self.db, self.room, read).expect("unread")
    }
}

pub(in crate::store) fn hidden(event: NewEvent) -> NewEvent {
    NewEvent { shown: false, notify: Notify::Nothing, ..event }
}

fn reaction(sender: &str, event_id: &str, to: &str, key: &str) -> NewEvent {
    let relation = Relation { kind: RelType::Reaction, to: Some(to.to_owned()), key: Some(key.to_owned()) };
    NewEvent { relation, kind: "m.reaction".to_owned(), ..hidden(message(sender, event_id, "")) }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 100, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn paging_with_any_limits_gives_each_item_once_and_in_order(
        kinds in prop::collection::vec(0..5_u8, 0..60),
        limits in prop::collection::vec(1..9_usize, 1..9),
        echoes in 0..4_usize,
        across_gaps in any::<bool>(),
    ) {
        let mut talk = Talk::new();
        let mut wanted: Vec<Vec<EventRow>> = vec![Vec::new()];
        for (number, kind) in kinds.iter().enumerate() {
            let event = message("@bob:x", &format!("${number}"), "x");
            match kind {
                0 => { talk.hears(&hidden(event)); }
                1 if number > 0 => {
                    let id = talk.hears_after_a_gap(&event);
                    wanted.push(vec![id]);
                }
                _ => {
                    let id = talk.hears(&event);
                    wanted.last_mut().expect("a run").push(id);
                }
            }
        }
        for number in 0..echoes {
            let id = talk.says(&format!("txn{number}"));
            wanted.last_mut().expect("a run").push(id);
        }
        let wanted = if across_gaps { wanted.concat() } else { wanted.pop().expect("the newest run") };
        let mut seen: Vec<EventRow> = Vec::new();
        let mut limits = limits.iter().cycle();
        loop {
            let limit = *limits.next().expect("cycle");
            let page = talk.page(Wanted { before: seen.first().copied(), limit, across_gaps });
            prop_assert!(page.items.len() <= limit);
            prop_assert_eq!(page.gap.is_some() && across_gaps, false);
            let last = page.items.len() < limit;
            seen.splice(0..0, page.items.iter().map(|item| item.id));
            if last {
                prop_assert_eq!(page.gap.is_some(), !across_gaps && kinds.iter().skip(1).any(|kind| *kind == 1));
                break;
            }
        }
        prop_assert_eq!(&seen, &wanted);
        let found = by_rows(&talk.db, &seen).expect("rows");
        prop_assert_eq!(found.into_iter().map(|(_, item)| item.id).collect::<Vec<_>>(), wanted);
    }
}

#[test]
fn a_cursor_outlives_the_way_from_echo_to_sent_event() {
    let mut talk = Talk::new();
    let hello = talk.hears(&message("@bob:x", "$hello", "hello"));
    let first = talk.says("first");
    let second = talk.says("second");
    let before = |talk: &Talk, id| {
        let page = talk.page(Wanted { before: Some(id), limit: 9, across_gaps: true });
        page.items.into_iter().map(|item| item.id).collect::<Vec<_>>()
    };
    assert_eq!(before(&talk, second), [hello, first]);
    talk.sends(first, "$first");
    assert_eq!(before(&talk, second), [hello, first], "the server has it, no sync brought it");
    talk.syncs(&[first]);
    assert_eq!(before(&talk, second), [hello, first]);
    talk.sends(second, "$second");
    talk.syncs(&[second]);
    assert_eq!(before(&talk, second), [hello, first]);
    assert_eq!(before(&talk, first), [hello]);
    let other = Talk::ensure(&talk.db, "!other:x");
    let wanted = Wanted { before: Some(first), limit: 1, across_gaps: true };
    assert!(matches!(page(&talk.db, other, wanted), Err(StoreError::NotFound("event"))));
}

#[test]
fn a_sync_that_is_faster_than_the_answer_leaves_one_row_the_echos() {
    let mut talk = Talk::new();
    let echo = talk.says("echo");
    talk.hears(&message("@me:x", "$echo", "echo"));
    talk.hears(&message("@bob:x", "$after", "after"));
    talk.sends(echo, "$echo");
    let items = talk.all();
    assert_eq!(
        items.iter().map(|item| item.event_id.as_deref()).collect::<Vec<_>>(),
        [Some("$echo"), Some("$after")]
    );
    assert_eq!(items[0].id, echo);
    assert_eq!(items[0].state, SendState::Sent);
}

#[test]
fn unread_counts_what_asks_for_attention_behind_the_marker() {
    let mut talk = Talk::new();
    assert_eq!(talk.unread(None), Unread::default());
    talk.hears(&message("@bob:x", "$1", "one"));
    talk.hears(&hidden(message("@bob:x", "$2", "hidden")));
    talk.hears(&NewEvent { notify: Notify::Highlight, ..message("@bob:x", "$3", "you!") });
    talk.hears(&reaction("@bob:x", "$4", "$1", "👍"));
    talk.hears(&message("@bob:x", "$5", "five"));
    let count = |unread, highlights, at_least| Unread { unread, highlights, at_least };
    assert_eq!(talk.unread(None), count(3, 1, false), "never read, and the start of the room is known");
    assert_eq!(talk.unread(Some("$1")), count(2, 1, false));
    assert_eq!(talk.unread(Some("$2")), count(2, 1, false), "the marker may stand on what is not shown");
    assert_eq!(talk.unread(Some("$4")), count(1, 0, false));
    assert_eq!(talk.unread(Some("$5")), count(0, 0, false));
    assert_eq!(talk.unread(Some("$before-all-that-is-known")), count(3, 1, false));

    talk.hears_after_a_gap(&message("@bob:x", "$9", "nine"));
    assert_eq!(talk.unread(Some("$5")), count(1, 0, true), "a gap lies above the marker");
    assert_eq!(talk.unread(Some("$unknown")), count(1, 0, true));
    assert_eq!(talk.unread(None), count(1, 0, true));
    assert_eq!(talk.unread(Some("$9")), count(0, 0, false), "a gap below it does not matter");
    talk.closes_the_gap();
    assert_eq!(talk.unread(Some("$3")), count(2, 0, false));

    let echo = talk.says("echo");
    talk.sends(echo, "$echo");
    assert_eq!(talk.unread(Some("$echo")), count(0, 0, false), "who answers has read");
    let redacted = by_event_id(&talk.db, talk.room, "$9").expect("read").expect("item").id;
    talk.write(|tx| events::redact(tx, redacted));
    assert_eq!(talk.unread(Some("$3")), count(1, 0, false), "what was removed asks for nothing");
}

#[test]
fn a_receipt_on_a_hidden_event_belongs_to_the_item_before() {
    let mut talk = Talk::new();
    talk.hears(&message("@alice:x", "$1", "one"));
    talk.hears(&reaction("@bob:x", "$2", "$1", "👍"));
    talk.hears(&message("@alice:x", "$3", "three"));
    talk.hears(&hidden(message("@carol:x", "$4", "hidden")));
    talk.reads("@bob:x", "$2");
    talk.reads("@carol:x", "$4");
    talk.reads("@alice:x", "$3");
    assert_eq!(talk.item("$1").receipts, ["@bob:x"], "on his own reaction");
    assert_eq!(talk.item("$3").receipts, ["@carol:x"], "not of the sender");
    let older = talk.page(Wanted { before: Some(talk.item("$3").id), limit: 1, across_gaps: true });
    assert_eq!(older.items[0].receipts, ["@bob:x"], "not those of the page before");

    talk.hears_after_a_gap(&hidden(message("@carol:x", "$8", "hidden")));
    talk.hears(&message("@alice:x", "$9", "nine"));
    talk.reads("@dave:x", "$8");
    assert_eq!(talk.item("$3").receipts, ["@carol:x"], "who knows what lies in the gap");
    talk.closes_the_gap();
    assert_eq!(talk.item("$3").receipts, ["@carol:x", "@dave:x"]);
    assert!(talk.item("$9").receipts.is_empty());
    assert_eq!(
        by_rows(&talk.db, &[talk.item("$3").id]).expect("rows")[0].1.receipts,
        ["@carol:x", "@dave:x"]
    );
}

#[test]
fn reactions_are_one_per_person_and_key_and_vanish_when_redacted() {
    let mut talk = Talk::new();
    let one = talk.hears(&message("@alice:x", "$1", "one"));
    talk.hears(&reaction("@bob:x", "$2", "$1", "👍"));
    let twice = talk.hears(&reaction("@bob:x", "$3", "$1", "👍"));
    talk.hears(&reaction("@bob:x", "$4", "$1", "🚓"));
    let carols = talk.hears(&reaction("@carol:x", "$5", "$1", "👍"));
    let of = |talk: &Talk| {
        let item = talk.item("$1");
        assert_eq!(by_rows(&talk.db, &[one]).expect("rows")[0].1.reactions, item.reactions);
        assert_eq!(talk.all()[0].reactions, item.reactions);
        item.reactions.into_iter().map(|(key, who)| (key, who.join(" "))).collect::<Vec<_>>()
    };
    let pairs = |list: &[(&str, &str)]| {
        list.iter().map(|(k, w)| ((*k).to_owned(), (*w).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(of(&talk), pairs(&[("👍", "@bob:x @carol:x"), ("🚓", "@bob:x")]));
    talk.write(|tx| events::redact(tx, carols));
    talk.write(|tx| events::redact(tx, twice));
    assert_eq!(of(&talk), pairs(&[("👍", "@bob:x"), ("🚓", "@bob:x")]));
}

#[test]
fn the_list_shows_the_newest_item_wherever_it_is() {
    let mut talk = Talk::new();
    let last = |talk: &Talk| {
        talk.write(|tx| rooms::refresh_last(tx, talk.room, i64::MAX));
        rooms::get(&talk.db, talk.room).expect("room").last_body
    };
    assert_eq!(last(&talk), None);
    talk.hears(&message("@bob:x", "$1", "hello"));
    talk.hears_after_a_gap(&hidden(message("@bob:x", "$2", "hidden")));
    assert_eq!(last(&talk).as_deref(), Some("hello"), "the newest run has no item");
    let echo = talk.says("echo");
    assert_eq!(last(&talk).as_deref(), Some("echo"));
    talk.write(|tx| events::delete(tx, echo));
    assert_eq!(last(&talk).as_deref(), Some("hello"), "of what was taken back nothing stays");
}

fn plan(db: &Connection, sql: &str) -> String {
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("a statement");
    // Whatever its parameters are bound to: the plan is the same.
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().expect("plan") {
        steps.push(row.get::<_, String>(3).expect("step"));
    }
    steps.join("\n")
}

#[test]
fn what_was_fetched_of_a_thread_counts_before_any_timeline_shows_it() {
    let mut talk = Talk::new();
    talk.hears(&message("@bob:x", "$root", "x"));
    for (event_id, redacted) in [("$1", false), ("$2", false), ("$3", true)] {
        let thread = Some("$root".to_owned());
        let answer = NewEvent { thread, redacted, ts: 7, ..message("@bob:x", event_id, "y") };
        talk.write(|tx| crate::store::aside::put(tx, talk.room, &answer)).expect("new");
    }
    let items = talk.page(Wanted { before: None, limit: 9, across_gaps: true }).items;
    let threads: Vec<_> =
        items.iter().map(|item| item.around.thread.as_ref().map(|thread| thread.count)).collect();
    assert_eq!(threads, [Some(2)], "one item, with what is said under it");
    assert_eq!(crate::store::dress::threads(&talk.db, talk.room, 9).expect("threads"), ["$root"]);
}

/// Collects the statements that run, as they are, and shows how each would be run.
#[test]
fn the_first_screens_are_read_through_indexes() {
    let statements = Arc::new(Mutex::new(Vec::new()));
    let mut talk = Talk::new();
    for number in 0..9 {
        talk.hears(&message("@bob:x", &format!("${number}"), "x"));
    }
    talk.hears_after_a_gap(&message("@bob:x", "$9", "x"));
    let echo = talk.says("echo");
    talk.reads("@carol:x", "$5");
    talk.write(|tx| {
        let action = outbox::NewAction {
            room: talk.room,
            kind: crate::store::codes::OutboxKind::Event,
            txn_id: "echo",
            event: Some(echo),
            payload: "{}",
            after: None,
            now_ms: 0,
        };
        outbox::insert(tx, &action)
    });
    let screens = |talk: &Talk| {
        rooms::page(&talk.db, None, None, 20).expect("list");
        talk.page(Wanted { before: None, limit: 20, across_gaps: true });
        talk.unread(Some("$5"));
        assert_eq!(by_rows(&talk.db, &[echo]).expect("rows").len(), 1);
        assert_eq!(outbox::heads(&talk.db).expect("heads").len(), 1);
        crate::store::crowd::page(&talk.db, talk.room, None, Some("a"), 20).expect("members");
        crate::store::dress::in_thread(&talk.db, talk.room, "$1", 20).expect("thread");
        crate::store::dress::threads(&talk.db, talk.room, 20).expect("threads");
        crate::store::drafts::get(&talk.db, talk.room, "").expect("draft");
        let query = crate::text::Query::parse("x");
        crate::store::search::find(&talk.db, &query, &Default::default(), 9).expect("search");
        talk.write(|tx| rooms::refresh_last(tx, talk.room, 0));
        talk.write(|tx| {
            let gap = chunks::newest_gap(tx, talk.room)?.expect("gap");
            placing::fill(tx, &gap, &[], Some("older"))
        });
        talk.write(|tx| events::set_sent(tx, echo, SendState::Sent, Some("$echo")));
    };
    let note = {
        let statements = Arc::clone(&statements);
        move |event: TraceEvent<'_>| {
            if let TraceEvent::Stmt(statement, _) = event {
                statements.lock().expect("lock").push(statement.sql().to_string());
            }
        }
    };
    talk.db.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(note)).expect("trace");
    screens(&talk);
    let mut ran = std::mem::take(&mut *statements.lock().expect("lock"));
    ran.retain(|sql| {
        ["SELECT", "UPDATE", "WITH", "INSERT"].iter().any(|verb| sql.trim_start().starts_with(verb))
    });
    ran.sort();
    ran.dedup();
    assert!(ran.len() > 15, "{ran:#?}");
    let mut seen = String::new();
    for sql in ran.iter().filter(|sql| !sql.contains("'main'.")) {
        let plan = plan(&talk.db, sql);
        for scan in [
            "SCAN e\n",
            "SCAN event\n",
            "SCAN room\n",
            "SCAN r\n",
            "SCAN u\n",
            "SCAN o\n",
            "SCAN chunk\n",
            "SCAN m\n",
            "SCAN p\n",
            "SCAN d\n",
            "TEMP B-TREE",
        ] {
            let reactions = sql.contains("DISTINCT e.rel_key") && scan == "TEMP B-TREE";
            // What waits to be sent is little, and an index of it costs each message twice.
            let queue = sql.contains("FROM outbox o") && matches!(scan, "SCAN o\n" | "TEMP B-TREE");
            assert!(reactions || queue || !format!("{plan}\n").contains(scan), "{sql}\n{plan}");
        }
        seen.push_str(&plan);
        seen.push('\n');
    }
    for index in [
        "room USING INDEX room_by_recency (hidden=? AND ",
        "e USING INDEX event_by_place (chunk=? AND idx<?)",
        "e USING INDEX event_unplaced (room=? AND id<?)",
        "event USING COVERING INDEX event_by_notify (chunk=? AND idx>?)",
        "e USING INDEX event_by_relation (rel_to=?)",
        "r USING COVERING INDEX receipt_by_event (room=? AND event_id=?)",
        "event_fts VIRTUAL TABLE INDEX",
    ] {
        assert!(seen.contains(index), "{index} in\n{seen}");
    }
}
