//! A server's timeline as a list, and a client that sees stretches of it in every order that a network allows.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseError};
use rusqlite::Connection;

use super::{fill, live};
use crate::ids::{ChunkRow, EventRow, RoomRow};
use crate::store::chunks::{self, Chunk};
use crate::store::codes::{Notify, SendState, Undecryptable};
use crate::store::events::{self, NewEvent, Relation};
use crate::store::rooms;

#[derive(Clone, Debug)]
enum Step {
    /// Others say something.
    Post(usize),
    /// The user says something: a local echo.
    Say,
    /// An echo reaches the server.
    Send(prop::sample::Index),
    /// The server's answer to a send reaches the client.
    Confirm(prop::sample::Index),
    /// One sync with at most so many events; `told` says whether own events bear their transaction id.
    Sync { limit: usize, told: bool },
    /// The last response is applied once more: the process ended before it noted the position.
    Replay,
    /// The server does not know the client's position any more.
    Forget,
    /// A gap's events are asked for.
    Ask(prop::sample::Index, usize),
    /// The answer to the oldest question comes.
    Answer { told: bool },
    /// Both at once.
    Fill(prop::sample::Index, usize),
}

fn step() -> impl Strategy<Value = Step> {
    use prop::sample::Index;
    prop_oneof![
        4 => (1..7_usize).prop_map(Step::Post),
        2 => Just(Step::Say),
        2 => any::<Index>().prop_map(Step::Send),
        2 => any::<Index>().prop_map(Step::Confirm),
        6 => (0..6_usize, any::<bool>()).prop_map(|(limit, told)| Step::Sync { limit, told }),
        2 => Just(Step::Replay),
        1 => Just(Step::Forget),
        2 => (any::<Index>(), 1..6_usize).prop_map(|(gap, limit)| Step::Ask(gap, limit)),
        2 => any::<bool>().prop_map(|told| Step::Answer { told }),
        3 => (any::<Index>(), 1..6_usize).prop_map(|(gap, limit)| Step::Fill(gap, limit)),
    ]
}

#[derive(Clone, Debug)]
struct Response {
    events: Vec<String>,
    before: Option<String>,
    holed: bool,
}

#[derive(Clone, Debug)]
struct Echo {
    row: EventRow,
    event_id: Option<String>,
    confirmed: bool,
}

/// One entry of the client's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Event(String),
    Gap(usize),
}

struct World {
    client: Connection,
    room: RoomRow,
    server: Vec<String>,
    said: usize,
    written: usize,
    echoes: Vec<Echo>,
    /// How much of the server's timeline the client was told of.
    pos: Option<usize>,
    last: Option<Response>,
    asked: Vec<(Chunk, Vec<String>, Option<String>)>,
}

fn said_by(sender: &str) -> NewEvent {
    NewEvent {
        event_id: None,
        txn_id: None,
        sender: sender.to_owned(),
        ts: 0,
        kind: "m.room.message".to_owned(),
        state_key: None,
        content: "{}".to_owned(),
        encrypted: false,
        shown: true,
        notify: Notify::Nothing,
        relation: Relation::NONE,
        reply_to: None,
        thread: None,
        redacted: false,
        send_state: SendState::Sent,
        undecryptable: Undecryptable::Readable,
        session_id: None,
    }
}

impl World {
    fn new() -> Self {
        crate::store::sqlcipher::zero_freed_memory();
        let mut client = Connection::open_in_memory().expect("open");
        client.pragma_update(None, "foreign_keys", true).expect("pragma");
        client.set_prepared_statement_cache_capacity(64);
        crate::store::migrate::create(&mut client).expect("schema");
        let tx = client.transaction().expect("begin");
        let room = rooms::ensure(&tx, "!room:x").expect("room");
        tx.commit().expect("commit");
        Self {
            client,
            room,
            server: Vec::new(),
            said: 0,
            written: 0,
            echoes: Vec::new(),
            pos: None,
            last: None,
            asked: Vec::new(),
        }
    }

    fn post(&mut self, count: usize) {
        for _ in 0..count {
            self.said += 1;
            self.server.push(format!("${}", self.said));
        }
    }

    fn say(&mut self) {
        self.written += 1;
        let tx = self.client.transaction().expect("begin");
        let txn_id = Some(format!("txn{}", self.written));
        let echo = NewEvent { txn_id, send_state: SendState::Queued, ..said_by("@me:x") };
        let row = events::insert(&tx, self.room, &echo).expect("insert");
        tx.commit().expect("commit");
        self.echoes.push(Echo { row, event_id: None, confirmed: false });
    }

    fn send(&mut self, which: prop::sample::Index) {
        let waiting: Vec<usize> =
            (0..self.echoes.len()).filter(|i| self.echoes[*i].event_id.is_none()).collect();
        if !waiting.is_empty() {
            self.post(1);
            self.echoes[*which.get(&waiting)].event_id = self.server.last().cloned();
        }
    }

    fn confirm(&mut self, which: prop::sample::Index) {
        let sent: Vec<usize> = (0..self.echoes.len())
            .filter(|i| self.echoes[*i].event_id.is_some() && !self.echoes[*i].confirmed)
            .collect();
        if !sent.is_empty() {
            let echo = &mut self.echoes[*which.get(&sent)];
            let tx = self.client.transaction().expect("begin");
            events::set_sent(&tx, echo.row, SendState::Sent, echo.event_id.as_deref()).expect("sent");
            tx.commit().expect("commit");
            echo.confirmed = true;
        }
    }

    /// What the sync does before it places: each event gets or has its row.
    fn rows(&self, tx: &rusqlite::Transaction<'_>, batch: &[String], told: bool) -> Vec<EventRow> {
        let row = |event_id: &String| {
            if let Some(known) = events::find(tx, self.room, event_id).expect("find") {
                return known.id;
            }
            let own = self.echoes.iter().find(|echo| echo.event_id.as_ref() == Some(event_id));
            match own {
                Some(echo) if told => {
                    events::set_sent(tx, echo.row, SendState::Sent, Some(event_id)).expect("sent");
                    echo.row
                }
                _ => {
                    let event = NewEvent { event_id: Some(event_id.clone()), ..said_by("@other:x") };
                    events::insert(tx, self.room, &event).expect("insert")
                }
            }
        };
        batch.iter().map(row).collect()
    }

    fn sync(&mut self, limit: usize, told: bool) {
        let end = self.server.len();
        let start = match self.pos {
            None => end.saturating_sub(limit),
            Some(pos) => pos.max(end.saturating_sub(limit)),
        };
        let holed = self.pos != Some(start);
        let before = (start > 0).then(|| start.to_string());
        let response = Response { events: self.server[start..].to_vec(), before, holed };
        self.apply(&response, told);
        self.last = Some(response);
        // An empty window tells nothing of what lies before it.
        if !(holed && start == end) {
            self.pos = Some(end);
        }
    }

    fn apply(&mut self, response: &Response, told: bool) {
        let tx = self.client.unchecked_transaction().expect("begin");
        let rows = self.rows(&tx, &response.events, told);
        live(&tx, self.room, &rows, response.before.as_deref(), response.holed).expect("live");
        tx.commit().expect("commit");
    }

    fn gaps(&self) -> Vec<Chunk> {
        self.links().into_iter().filter(|chunk| chunk.gap.is_some()).collect()
    }

    fn ask(&mut self, gap: Chunk, limit: usize) {
        let token: usize = gap.gap.as_deref().expect("a gap").parse().expect("a token");
        let token = token.min(self.server.len());
        let start = token.saturating_sub(limit);
        let events = self.server[start..token].iter().rev().cloned().collect();
        self.asked.push((gap, events, (start > 0).then(|| start.to_string())));
    }

    fn answer(&mut self, told: bool) -> bool {
        if self.asked.is_empty() {
            return false;
        }
        let (gap, events, end) = self.asked.remove(0);
        let tx = self.client.unchecked_transaction().expect("begin");
        let rows = self.rows(&tx, &events, told);
        let closed = fill(&tx, &gap, &rows, end.as_deref()).expect("fill");
        assert_eq!(closed, chunks::find(&tx, gap.id).expect("find").is_none());
        tx.commit().expect("commit");
        true
    }

    fn run(&mut self, step: &Step) {
        match step {
            Step::Post(count) => self.post(*count),
            Step::Say => self.say(),
            Step::Send(which) => self.send(*which),
            Step::Confirm(which) => self.confirm(*which),
            Step::Sync { limit, told } => self.sync(*limit, *told),
            Step::Replay => {
                if let Some(last) = self.last.clone() {
                    self.apply(&last, true);
                }
            }
            Step::Forget => self.pos = None,
            Step::Ask(which, limit) => {
                let gaps = self.gaps();
                if !gaps.is_empty() {
                    self.ask(which.get(&gaps).clone(), *limit);
                }
            }
            Step::Answer { told } => {
                self.answer(*told);
            }
            Step::Fill(which, limit) => {
                let gaps = self.gaps();
                if !gaps.is_empty() && self.asked.is_empty() {
                    self.ask(which.get(&gaps).clone(), *limit);
                    self.answer(true);
                }
            }
        }
    }

    /// The chunk list, oldest first, checked in both directions.
    fn links(&self) -> Vec<Chunk> {
        let mut found = Vec::new();
        let mut at = chunks::tail(&self.client, self.room).expect("tail");
        let mut newer: Option<ChunkRow> = None;
        while let Some(id) = at {
            let chunk = chunks::get(&self.client, id).expect("a link leads to a chunk");
            assert_eq!(chunk.next, newer, "linked both ways; the tail is the last");
            newer = Some(id);
            at = chunk.prev;
            found.push(chunk);
        }
        let all: i64 =
            self.client.query_row("SELECT count(*) FROM chunk", [], |row| row.get(0)).expect("count");
        assert_eq!(i64::try_from(found.len()), Ok(all), "no chunk is off the list");
        found.reverse();
        found
    }

    fn timeline(&self) -> Vec<Seen> {
        let mut seen = Vec::new();
        let mut statement =
            self.client.prepare("SELECT event_id FROM event WHERE chunk = ?1 ORDER BY idx").expect("sql");
        for chunk in self.links() {
            match chunk.gap {
                Some(token) => seen.push(Seen::Gap(token.parse().expect("token"))),
                None => {
                    let rows = statement.query_map([chunk.id], |row| row.get(0)).expect("events");
                    seen.extend(rows.map(|id| Seen::Event(id.expect("what is placed has an id"))));
                }
            }
        }
        seen
    }

    fn placed(&self) -> Vec<String> {
        self.timeline()
            .into_iter()
            .filter_map(|seen| match seen {
                Seen::Event(id) => Some(id),
                Seen::Gap(_) => None,
            })
            .collect()
    }

    /// Whatever the server did.
    fn check_rows(&self) -> Result<(), TestCaseError> {
        let placed = self.placed();
        let once: BTreeSet<&String> = placed.iter().collect();
        prop_assert_eq!(once.len(), placed.len(), "each event has one place");
        let strays: i64 = self
            .client
            .query_row(
                "SELECT count(*) FROM event WHERE chunk IS NULL AND (event_id IS NOT NULL) > (txn_id IS NOT NULL)",
                [],
                |row| row.get(0),
            )
            .expect("count");
        prop_assert_eq!(strays, 0, "what came from the server has its place");
        for echo in &self.echoes {
            let row = events::get(&self.client, echo.row).expect("an echo keeps its row");
            if echo.confirmed {
                prop_assert_eq!(&row.event_id, &echo.event_id);
            }
        }
        Ok(())
    }

    /// Of a server that only appends.
    fn check_order(&self) -> Result<(), TestCaseError> {
        let at = |id: &String| self.server.iter().position(|known| known == id).expect("the server has it");
        let seen = self.timeline();
        let mut last: Option<usize> = None;
        let mut gap: Option<usize> = None;
        for entry in &seen {
            match entry {
                Seen::Gap(token) => gap = Some(*token),
                Seen::Event(id) => {
                    let here = at(id);
                    let expected = last.map_or(0, |last| last + 1);
                    match gap.take() {
                        None => {
                            prop_assert_eq!(here, expected, "nothing is missing without a gap: {:?}", seen)
                        }
                        Some(token) => {
                            prop_assert!(here >= expected, "in the server's order: {:?}", seen);
                            prop_assert!(token >= here, "the token leads to all that is missing: {:?}", seen);
                        }
                    }
                    last = Some(here);
                }
            }
        }
        if let (Some(pos), Some(last)) = (self.pos, last)
            && gap.is_none()
        {
            prop_assert!(last + 1 >= pos, "nothing is missing at the end: {:?}", seen);
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<(), TestCaseError> {
        while self.answer(true) {}
        for index in 0..self.echoes.len() {
            if self.echoes[index].event_id.is_none() {
                self.post(1);
                self.echoes[index].event_id = self.server.last().cloned();
            }
            let echo = &mut self.echoes[index];
            let tx = self.client.transaction().expect("begin");
            events::set_sent(&tx, echo.row, SendState::Sent, echo.event_id.as_deref()).expect("sent");
            tx.commit().expect("commit");
            echo.confirmed = true;
        }
        self.sync(3, false);
        let mut rounds = 0;
        while let Some(gap) = chunks::newest_gap(&self.client, self.room).expect("gap") {
            self.ask(gap, 4);
            self.answer(false);
            rounds += 1;
            prop_assert!(rounds < 1_000, "filling comes to an end: {:?}", self.timeline());
        }
        self.check_rows()
    }
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 300,
        rng_seed: RngSeed::Fixed(0x0051_5243),
        failure_persistence: None,
        max_shrink_iters: 4_000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_client_never_misses_doubles_or_shuffles_an_event(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        for step in &steps {
            world.run(step);
            world.check_rows()?;
            world.check_order()?;
        }
        world.settle()?;
        world.check_order()?;
        prop_assert_eq!(world.placed(), world.server, "with all gaps filled it is the server's timeline");
    }

    #[test]
    fn a_server_restored_from_a_backup_costs_the_client_nothing(
        before in prop::collection::vec(step(), 1..40),
        whole in any::<bool>(),
        lost in 1..30_usize,
        after in prop::collection::vec(step(), 1..40),
    ) {
        let mut world = World::new();
        for step in &before {
            world.run(step);
        }
        if whole {
            world.settle()?;
        }
        let known = world.placed();
        let keep = world.server.len().saturating_sub(lost);
        let gone = world.server.split_off(keep);
        world.echoes.retain(|echo| echo.event_id.as_ref().is_none_or(|id| !gone.contains(id)));
        world.pos = None;
        world.last = None;
        for step in &after {
            world.run(step);
            world.check_rows()?;
        }
        world.settle()?;
        let placed = world.placed();
        // A token from before the backup leads anywhere afterwards: only a client without gaps need learn everything.
        for id in known.iter().chain(world.server.iter().filter(|_| whole)) {
            prop_assert!(placed.contains(id), "{} is lost: {:?}", id, placed);
        }
    }
}
