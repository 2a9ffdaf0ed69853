use serde_json::json;

use super::*;
use crate::store::codes::{OutboxKind, SendState};
use crate::store::events::{self, Relation};
use crate::store::now::{self, Now};
use crate::store::outbox::NewAction;
use crate::store::search;
use crate::store::timeline::tests::{Talk, hidden, message, text};
use crate::store::timeline::{self, Wanted};

const DAY: i64 = 86_400_000;

fn it_is(day: i64) {
    now::set(Now { sure_ms: day * DAY, likely_ms: day * DAY });
}

fn on(day: i64, event: NewEvent) -> NewEvent {
    NewEvent { ts: day * DAY, ..event }
}

fn edit(event_id: &str, to: &str, body: &str) -> NewEvent {
    let relation = Relation { kind: RelType::Edit, to: Some(to.to_owned()), key: None };
    let content = json!({ "body": format!("* {body}"), "m.new_content": { "body": body } }).to_string();
    NewEvent { relation, content, ..hidden(message("@madrid:x", event_id, "")) }
}

fn reaction(event_id: &str, to: &str) -> NewEvent {
    let relation =
        Relation { kind: RelType::Reaction, to: Some(to.to_owned()), key: Some("👍".to_owned()) };
    NewEvent { relation, kind: "m.reaction".to_owned(), ..hidden(message("@madrid:x", event_id, "")) }
}

fn file(event_id: &str, caption: &str, mxc: &str) -> NewEvent {
    let content = json!({ "msgtype": "m.file", "body": caption, "filename": "plan.pdf", "info": { "size": 7,
        "thumbnail_file": { "url": "mxc://x/small", "key": { "k": "small-key" } } },
        "file": { "url": mxc, "key": { "k": "file-key" } } });
    NewEvent { content: content.to_string(), ..message("@madrid:x", event_id, "") }
}

struct Scene(Talk);

impl Scene {
    fn with(rules: Rules) -> Self {
        now::set(Now::UNKNOWN);
        let talk = Talk::new();
        talk.write(|tx| set_rules(tx, &rules));
        Self(talk)
    }

    fn hears(&mut self, event: &NewEvent) -> EventRow {
        self.0.hears(event)
    }

    /// On the day on which it was said.
    fn hears_on(&mut self, day: i64, event: NewEvent) -> EventRow {
        it_is(day);
        self.0.hears(&on(day, event))
    }

    /// Everything that is due, and what was dropped besides.
    fn expire(&self, most: usize) -> (usize, Vec<String>) {
        let mut changes = Changes::default();
        let mut rounds = 0;
        while !self.0.write(|tx| expire_some(tx, &mut changes, most)).is_empty() {
            rounds += 1;
        }
        (rounds, changes.take_unneeded().into_iter().chain(crate::store::erase::take_files()).collect())
    }

    fn texts(&self) -> Vec<String> {
        let wanted = Wanted { before: None, limit: 100, across_gaps: true };
        let page = timeline::page(&self.0.db, self.0.room, wanted).expect("page");
        let body = |item: timeline::Item| {
            let content: Value = serde_json::from_str(&item.content).expect("JSON");
            content["body"].as_str().unwrap_or_default().to_owned()
        };
        page.items.into_iter().map(body).collect()
    }

    fn count(&self, table: &str) -> i64 {
        self.0.db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).expect("count")
    }

    fn finds(&self, word: &str) -> usize {
        let query = crate::text::Query::parse(word);
        search::find(&self.0.db, &query, &Default::default(), 10).expect("search").len()
    }
}

fn messages(days: i64) -> Rules {
    Rules { message_ms: Some(days * DAY), ..Rules::default() }
}

#[test]
fn the_stricter_of_policy_and_room_holds_and_the_floor_bounds_both() {
    let state = |ms: i64| Some(json!({ "max_lifetime": ms }).to_string());
    let of = |rules: Rules, state: Option<String>| Limits::of(&rules, state.as_deref());
    assert_eq!(of(Rules::default(), None), Limits::NONE);
    assert_eq!(of(messages(30), None).message_ms, Some(30 * DAY));
    assert_eq!(of(messages(30), state(DAY)).message_ms, Some(DAY));
    assert_eq!(of(messages(30), state(90 * DAY)).message_ms, Some(30 * DAY));
    assert_eq!(of(Rules::default(), state(DAY)).message_ms, Some(DAY), "without any policy");
    assert_eq!(of(Rules { honour_rooms: false, ..Rules::default() }, state(DAY)), Limits::NONE);
    let floored = Rules { floor_ms: 7 * DAY, file_ms: Some(DAY), ..messages(30) };
    assert_eq!(of(floored, state(1)), Limits { message_ms: Some(7 * DAY), file_ms: None });
    assert_eq!(of(floored, None), Limits { message_ms: Some(30 * DAY), file_ms: Some(7 * DAY) });
    // What makes no sense says nothing.
    for odd in ["{\"max_lifetime\": 0}", "{\"max_lifetime\": -5}", "{\"max_lifetime\": \"day\"}", "[]", "{"] {
        assert_eq!(of(messages(30), Some(odd.to_owned())).message_ms, Some(30 * DAY), "{odd}");
    }
}

#[test]
fn a_message_goes_with_all_that_belongs_to_it_and_with_nothing_else() {
    let mut scene = Scene::with(messages(7));
    it_is(1);
    scene.hears_on(1, message("@madrid:x", "$old", "Zeppelin first"));
    scene.hears_on(2, edit("$edit", "$old", "Zeppelin edited"));
    scene.hears_on(5, file("$file", "Xylophone", "mxc://x/file"));
    let state = NewEvent { state_key: Some(String::new()), ..hidden(message("@madrid:x", "$name", "")) };
    scene.hears_on(1, NewEvent { kind: "m.room.name".to_owned(), ..state });
    scene.hears_on(
        1,
        NewEvent { kind: "eu.qroc.area".to_owned(), ..hidden(message("@madrid:x", "$area", "")) },
    );
    scene.hears_on(9, message("@madrid:x", "$young", "Harbour"));
    // The newest of all stands to the oldest, and is what was read last.
    scene.hears_on(9, reaction("$like", "$old"));
    let target = events::find(&scene.0.db, scene.0.room, "$old").expect("read").expect("row");
    let choice = events::find(&scene.0.db, scene.0.room, "$edit").expect("read").expect("row");
    scene.0.write(|tx| {
        events::set_edit(tx, target.id, Some(choice.id))?;
        rooms::set_read(tx, scene.0.room, "$like")?;
        tx.execute(
            "INSERT INTO media (mxc, file, bytes, used_ts) VALUES ('mxc://x/file', 'a', 1, 0), ('mxc://x/small', 'b', 1, 0),
               ('mxc://x/other', 'c', 1, 0)",
            [],
        )?;
        for (event, mxc) in [("$file", "mxc://x/file"), ("$file", "mxc://x/small"), ("$young", "mxc://x/other")] {
            let row = events::find(tx, scene.0.room, event)?.expect("row").id;
            crate::store::media::link(tx, row, mxc)?;
        }
        rooms::refresh_last(tx, scene.0.room, 9 * DAY)
    });
    it_is(7);
    assert_eq!(scene.expire(10), (0, Vec::new()), "nothing is due yet");
    assert_eq!((scene.finds("edited"), scene.finds("xylophone")), (1, 1));
    it_is(9);
    assert_eq!(scene.expire(10).0, 1);
    assert_eq!(scene.texts(), ["Xylophone", "Harbour"]);
    let left: Vec<String> = ["$old", "$edit", "$like", "$file", "$name", "$area", "$young"]
        .into_iter()
        .filter(|id| events::is_known(&scene.0.db, scene.0.room, id).expect("read"))
        .map(str::to_owned)
        .collect();
    assert_eq!(left, ["$file", "$name", "$area", "$young"]);
    assert_eq!((scene.finds("zeppelin"), scene.finds("edited"), scene.finds("xylophone")), (0, 0, 1));
    let read = rooms::get(&scene.0.db, scene.0.room).expect("room").read_event;
    assert_eq!(read.as_deref(), Some("$young"), "all is still read");
    assert_eq!(timeline::unread(&scene.0.db, scene.0.room, read.as_deref()).expect("unread").unread, 0);
    it_is(13);
    let (_, mut dropped) = scene.expire(10);
    dropped.sort();
    assert_eq!(dropped, ["a", "b"], "its sealed copies, and nobody else's");
    assert_eq!((scene.count("media"), scene.count("file_expiry")), (1, 0));
    it_is(1000);
    scene.expire(1);
    assert_eq!(scene.texts(), Vec::<String>::new());
    assert_eq!(scene.count("event"), 2, "state and areas stay");
}

#[test]
fn what_is_past_its_time_is_not_read_before_it_is_erased() {
    let mut scene = Scene::with(messages(7));
    scene.hears_on(1, message("@madrid:x", "$old", "Zeppelin"));
    let row = scene.hears_on(2, message("@madrid:x", "$last", "Harbour"));
    scene.0.write(|tx| rooms::refresh_last(tx, scene.0.room, 2 * DAY));
    let last = || rooms::get(&scene.0.db, scene.0.room).expect("room").last_body;
    assert_eq!((scene.texts().len(), last().as_deref()), (2, Some("Harbour")));
    // The wall clock says so after a long sleep, and nobody else yet.
    now::set(Now { sure_ms: 3 * DAY, likely_ms: 8 * DAY });
    assert_eq!((scene.texts(), last().as_deref()), (vec!["Harbour".to_owned()], Some("Harbour")));
    assert_eq!(scene.finds("zeppelin"), 0);
    now::set(Now { sure_ms: 3 * DAY, likely_ms: 400 * DAY });
    assert_eq!((scene.texts().len(), last(), scene.finds("harbour")), (0, None, 0));
    assert!(timeline::by_event_id(&scene.0.db, scene.0.room, "$last").expect("read").is_none());
    assert!(timeline::by_rows(&scene.0.db, &[row]).expect("read").is_empty());
    assert_eq!(scene.expire(10).0, 0, "and nothing is erased for that");
    it_is(3);
    assert_eq!((scene.texts().len(), last().as_deref()), (2, Some("Harbour")), "the clock was wrong");
}

#[test]
fn a_file_goes_before_its_message_with_its_keys() {
    let mut scene = Scene::with(Rules { file_ms: Some(2 * DAY), ..messages(7) });
    it_is(1);
    let row = scene.hears(&on(1, file("$file", "Quokka", "mxc://x/file")));
    scene.hears(&on(1, message("@madrid:x", "$word", "An address is mxc://x/word, and no file")));
    let original = hidden(file("$original", "", "mxc://x/part"));
    scene.hears(&on(1, NewEvent { kind: "eu.qroc.original".to_owned(), ..original }));
    assert!(!is_file_past(&scene.0.db, row).expect("read"));
    it_is(3);
    assert!(is_file_past(&scene.0.db, row).expect("read"), "refused before it is taken out");
    assert!(scene.expire(10).0 > 0);
    assert_eq!(scene.texts(), ["Quokka", "An address is mxc://x/word, and no file"]);
    assert!(!events::is_known(&scene.0.db, scene.0.room, "$original").expect("read"));
    let content: Value =
        serde_json::from_str(&events::get(&scene.0.db, row).expect("row").content).expect("JSON");
    assert_eq!(content, json!({ "msgtype": "m.file", "body": "Quokka", "eu.qroc.file_expired": true }));
    assert_eq!((scene.finds("quokka"), scene.count("file_expiry")), (1, 0));
    it_is(8);
    scene.expire(10);
    assert_eq!(scene.count("event"), 0);
}

#[test]
fn another_rule_dates_anew_what_is_stored() {
    let mut scene = Scene::with(Rules::default());
    it_is(1);
    for number in 0..10 {
        scene.hears(&on(1, file(&format!("${number}"), "Plan", "mxc://x/file")));
    }
    let again = |rules: Rules| {
        scene.0.write(|tx| set_rules(tx, &rules));
        let mut steps = 1;
        while scene.0.write(|tx| date_some(tx, 3)) {
            steps += 1;
        }
        steps
    };
    assert_eq!(next_due(&scene.0.db).expect("read"), None);
    assert_eq!(again(Rules { file_ms: Some(2 * DAY), ..messages(7) }), 4);
    assert_eq!((next_due(&scene.0.db).expect("read"), scene.count("file_expiry")), (Some(3 * DAY), 10));
    again(messages(5));
    assert_eq!((next_due(&scene.0.db).expect("read"), scene.count("file_expiry")), (Some(6 * DAY), 0));
    // A room's own word.
    scene.0.write(|tx| {
        let user = events::user(tx, "@madrid:x")?;
        rooms::set_state(tx, scene.0.room, STATE, "", None, user, "{\"max_lifetime\": 1000}")?;
        settle(tx, scene.0.room)
    });
    while scene.0.write(|tx| date_some(tx, 3)) {}
    assert_eq!(next_due(&scene.0.db).expect("read"), Some(DAY + 1000));
    again(Rules { honour_rooms: false, ..Rules::default() });
    assert_eq!(next_due(&scene.0.db).expect("read"), None);
    assert!(!is_any(&scene.0.db).expect("read"));
}

#[test]
fn what_waits_to_be_sent_counts_from_now_and_goes_with_its_copies() {
    let scene = Scene::with(messages(7));
    it_is(400);
    // This device's clock is a year behind.
    let echo = NewEvent {
        event_id: None,
        txn_id: Some("t".to_owned()),
        send_state: SendState::Queued,
        ts: 35 * DAY,
        ..message("@me:x", "", "Not sent yet")
    };
    let room = scene.0.room;
    let row = scene.0.write(|tx| {
        let row = events::insert(tx, room, &echo)?;
        let payload =
            json!({ "content": serde_json::from_str::<Value>(&text("Not sent yet")).expect("JSON") });
        let payload = payload.to_string();
        let action = NewAction {
            room,
            kind: OutboxKind::Event,
            txn_id: "t",
            event: Some(row),
            payload: &payload,
            after: None,
            now_ms: 35 * DAY,
        };
        let action = outbox::insert(tx, &action)?;
        outbox::insert_upload(tx, action, "/file/url", "sealed", 7)?;
        Ok(row)
    });
    assert_eq!(scene.expire(10).0, 0, "it is not a year old");
    it_is(406);
    assert_eq!(scene.expire(10).0, 0);
    // On its way just now it is left alone; afterwards it goes.
    it_is(408);
    scene.0.write(|tx| events::set_sent(tx, row, SendState::Sending, None));
    assert_eq!(scene.expire(10).0, 0);
    scene.0.write(|tx| events::set_sent(tx, row, SendState::Failed, None));
    assert_eq!(scene.expire(10), (1, vec!["sealed".to_owned()]));
    assert_eq!((scene.count("event"), scene.count("outbox"), scene.count("upload")), (0, 0, 0));
}

#[test]
fn what_the_server_tells_again_stays_away() {
    let mut scene = Scene::with(messages(7));
    it_is(1);
    scene.hears(&on(1, message("@madrid:x", "$known", "Known")));
    it_is(9);
    let overdue = |event: &NewEvent| is_overdue(&scene.0.db, scene.0.room, event).expect("read");
    assert!(overdue(&on(2, message("@madrid:x", "$new", "Old"))));
    assert!(!overdue(&on(3, message("@madrid:x", "$new", "Young"))));
    assert!(!overdue(&on(1, message("@madrid:x", "$known", "Known"))), "it goes in its own time");
    let state = NewEvent { state_key: Some(String::new()), ..message("@madrid:x", "$state", "") };
    assert!(!overdue(&on(1, state)));
    // Nobody knows what time it is: nothing is left out.
    now::set(Now { sure_ms: i64::MIN, likely_ms: 400 * DAY });
    assert!(!overdue(&on(2, message("@madrid:x", "$new", "Old"))));
}

#[test]
fn a_sender_whose_clock_runs_ahead_keeps_nothing_longer() {
    let mut scene = Scene::with(messages(7));
    it_is(1);
    scene.hears(&on(400, message("@madrid:x", "$ahead", "Ahead")));
    assert_eq!(next_due(&scene.0.db).expect("read"), Some(8 * DAY));
}
