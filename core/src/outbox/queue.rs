//! Queues actions: the local effect and the durable entry in one transaction.

use rusqlite::{Connection, Transaction};
use serde_json::{Value, json};

use super::membership::Verb;
use super::{OutboxError, membership};
use crate::ids::{EventRow, OutboxRow, RoomRow};
use crate::ingest::mark;
use crate::ingest::relate::choose_edit;
use crate::ingest::{advance_read, classify};
use crate::store::changes::{Change, Changes};
use crate::store::codes::{Membership, Notify, OutboxKind, RelType, SendState, Undecryptable};
use crate::store::events::{self, NewEvent, Relation, Stored};
use crate::store::outbox::{self, NewAction, Queued};
use crate::store::rooms::{self, Room};
use crate::store::{StoreError, shares, timeline};

/// An event of at most 65,536 bytes fits after encryption and with its envelope.
const LARGEST_CONTENT: usize = 40_000;

/// Who queues, and when.
#[derive(Clone, Debug)]
pub struct Queue {
    /// This account.
    pub own: String,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
    /// Whether a read marker stays between this account and its server.
    pub private_receipts: bool,
}

/// An event that is to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Its type before encryption.
    pub kind: String,
    /// Its content before encryption.
    pub content: Value,
    /// Makes a repeated call the same message.
    pub txn_id: String,
    /// Sealed bytes that must be on the server first: JSON pointer, file, length.
    pub uploads: Vec<(String, String, i64)>,
}

/// What a queued action can be followed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Ours.
    pub txn_id: String,
    /// The server's id, where the same action was sent before.
    pub event_id: Option<String>,
}

impl Queue {
    /// Queues an event and shows it at once.
    ///
    /// # Errors
    /// `NotAMember`, `TooLarge`, for an edit `NoSuchEvent` and `NotYours`; faults of the database.
    pub fn event(
        &self,
        tx: &Transaction<'_>,
        changes: &mut Changes,
        room: RoomRow,
        outgoing: &Outgoing,
    ) -> Result<Ticket, OutboxError> {
        if let Some(ticket) = known(tx, room, &outgoing.txn_id)? {
            return Ok(ticket);
        }
        let room = joined(tx, room)?;
        if !room.encrypted {
            return Err(OutboxError::NotEncrypted);
        }
        let mut outgoing = outgoing.clone();
        let after = anchor(tx, room.id, &mut outgoing.content)?;
        let content = outgoing.content.to_string();
        if content.len() > LARGEST_CONTENT {
            return Err(OutboxError::TooLarge { bytes: content.len(), most: LARGEST_CONTENT });
        }
        let class = classify(&outgoing.kind, false, &outgoing.content, None);
        let target = self.target(tx, room.id, &class.relation)?;
        let event = NewEvent {
            event_id: None,
            txn_id: Some(outgoing.txn_id.clone()),
            sender: self.own.clone(),
            ts: self.now_ms,
            kind: outgoing.kind.clone(),
            state_key: None,
            content: content.clone(),
            encrypted: room.encrypted,
            shown: class.shown,
            notify: Notify::Nothing,
            relation: class.relation,
            reply_to: class.reply_to,
            thread: class.thread,
            redacted: false,
            send_state: SendState::Queued,
            undecryptable: Undecryptable::Readable,
            session_id: None,
        };
        let row = events::insert(tx, room.id, &event)?;
        if let Some(target) = target {
            choose_edit(tx, &target)?;
        }
        mark::relate(tx, &events::get(tx, row)?)?;
        let payload = json!({ "type": outgoing.kind, "content": outgoing.content }).to_string();
        let action =
            self.insert(tx, &room, OutboxKind::Event, &outgoing.txn_id, Some(row), &payload, after)?;
        for (pointer, file, bytes) in &outgoing.uploads {
            outbox::insert_upload(tx, action, pointer, file, *bytes)?;
        }
        rooms::refresh_last(tx, room.id, self.now_ms)?;
        note(changes, room.id);
        Ok(Ticket { txn_id: outgoing.txn_id.clone(), event_id: None })
    }

    /// Finds what an edit is for, and refuses one of somebody else's words.
    fn target(
        &self,
        tx: &Transaction<'_>,
        room: RoomRow,
        relation: &Relation,
    ) -> Result<Option<Stored>, OutboxError> {
        let Some(to) = &relation.to else { return Ok(None) };
        let target = events::find(tx, room, to)?.ok_or(OutboxError::NoSuchEvent)?;
        if relation.kind == RelType::Edit && events::user_id(tx, target.sender)? != self.own {
            return Err(OutboxError::NotYours);
        }
        Ok(Some(target).filter(|_| relation.kind == RelType::Edit))
    }

    /// Queues the removal of an event's content and hides it at once.
    ///
    /// # Errors
    /// `NotAMember`, `NoSuchEvent`; faults of the database.
    pub fn redaction(
        &self,
        tx: &Transaction<'_>,
        changes: &mut Changes,
        room: RoomRow,
        event_id: &str,
        txn_id: &str,
    ) -> Result<Ticket, OutboxError> {
        if let Some(ticket) = known(tx, room, txn_id)? {
            return Ok(ticket);
        }
        let room = joined(tx, room)?;
        let target = events::find(tx, room.id, event_id)?.ok_or(OutboxError::NoSuchEvent)?;
        events::set_redacting(tx, target.id, true)?;
        reconsider(tx, &target)?;
        let payload = json!({ "event_id": event_id }).to_string();
        self.insert(tx, &room, OutboxKind::Redaction, txn_id, None, &payload, None)?;
        rooms::refresh_last(tx, room.id, self.now_ms)?;
        note(changes, room.id);
        Ok(Ticket { txn_id: txn_id.to_owned(), event_id: None })
    }

    /// Marks a room as read up to its newest event and queues the receipt. Returns nothing where all is read.
    ///
    /// # Errors
    /// `NotAMember`; faults of the database.
    pub fn read(
        &self,
        tx: &Transaction<'_>,
        changes: &mut Changes,
        room: RoomRow,
        txn_id: &str,
    ) -> Result<Option<Ticket>, OutboxError> {
        if let Some(ticket) = known(tx, room, txn_id)? {
            return Ok(Some(ticket));
        }
        let room = joined(tx, room)?;
        let Some(event_id) = timeline::newest_event_id(tx, room.id)? else { return Ok(None) };
        if !advance_read(tx, room.id, &event_id)? && room.unread == 0 && !room.at_least {
            return Ok(None);
        }
        let unread = timeline::unread(tx, room.id, Some(&event_id))?;
        rooms::set_unread(tx, room.id, unread.unread, unread.highlights, unread.at_least)?;
        outbox::supersede(tx, room.id, OutboxKind::Read)?;
        let payload = json!({ "event_id": event_id, "private": self.private_receipts }).to_string();
        self.insert(tx, &room, OutboxKind::Read, txn_id, None, &payload, None)?;
        note(changes, room.id);
        Ok(Some(Ticket { txn_id: txn_id.to_owned(), event_id: None }))
    }

    /// Changes who is in a room and queues that.
    ///
    /// # Errors
    /// `NotAMember`; faults of the database.
    pub fn membership(
        &self,
        tx: &Transaction<'_>,
        changes: &mut Changes,
        room: RoomRow,
        verb: Verb,
        user_id: &str,
        txn_id: &str,
    ) -> Result<Ticket, OutboxError> {
        if let Some(ticket) = known(tx, room, txn_id)? {
            return Ok(ticket);
        }
        let room = rooms::get(tx, room)?;
        let may = match verb {
            Verb::Leave => matches!(room.membership, Membership::Join | Membership::Invite),
            Verb::Invite | Verb::Kick => room.membership == Membership::Join,
        };
        if !may {
            return Err(OutboxError::NotAMember);
        }
        if verb == Verb::Leave {
            // Where the officer leaves, nothing more is told; the companion is left by the next sync.
            shares::forget(tx, room.id)?;
            changes.note(Change::Location(room.id));
        }
        let payload = membership::apply(tx, &room, &self.own, verb, user_id)?;
        self.insert(tx, &room, OutboxKind::Membership, txn_id, None, &payload, None)?;
        note(changes, room.id);
        changes.note(Change::Room(room.id));
        Ok(Ticket { txn_id: txn_id.to_owned(), event_id: None })
    }

    #[expect(clippy::too_many_arguments, reason = "one row, written in one place")]
    pub(super) fn insert(
        &self,
        tx: &Transaction<'_>,
        room: &Room,
        kind: OutboxKind,
        txn_id: &str,
        event: Option<EventRow>,
        payload: &str,
        after: Option<OutboxRow>,
    ) -> Result<OutboxRow, StoreError> {
        let action = NewAction { room: room.id, kind, txn_id, event, payload, after, now_ms: self.now_ms };
        outbox::insert(tx, &action)
    }
}

/// Where a content says what it stands to.
const ANCHORS: [&str; 2] = ["/m.relates_to/event_id", "/m.relates_to/m.in_reply_to/event_id"];

/// Puts the event ids in that became known since, and returns the action that has to be sent before.
fn anchor(
    tx: &Transaction<'_>,
    room: RoomRow,
    content: &mut Value,
) -> Result<Option<OutboxRow>, OutboxError> {
    let mut after = None;
    for pointer in ANCHORS {
        let Some(place) = content.pointer_mut(pointer) else { continue };
        let Some(txn_id) = place.as_str().and_then(|text| text.strip_prefix(events::PLACEHOLDER)) else {
            continue;
        };
        let target = events::find_txn(tx, room, txn_id)?.ok_or(OutboxError::NoSuchEvent)?;
        if let Some(event_id) = target.event_id {
            *place = json!(event_id);
            continue;
        }
        let waiting = outbox::find_txn(tx, room, txn_id)?.ok_or(OutboxError::NoSuchEvent)?;
        if waiting.state == SendState::Failed {
            return Err(OutboxError::NotSent(waiting.id.0));
        }
        after = after.max(Some(waiting.id));
    }
    Ok(after)
}

pub(super) fn note(changes: &mut Changes, room: RoomRow) {
    changes.note(Change::Outbox);
    changes.note(Change::Timeline(room));
    changes.note(Change::RoomList);
}

pub(super) fn joined(connection: &Connection, room: RoomRow) -> Result<Room, OutboxError> {
    let room = rooms::get(connection, room)?;
    if room.membership == Membership::Join { Ok(room) } else { Err(OutboxError::NotAMember) }
}

/// The same transaction id twice is one action, queued or sent.
pub(super) fn known(
    connection: &Connection,
    room: RoomRow,
    txn_id: &str,
) -> Result<Option<Ticket>, StoreError> {
    if let Some(event_id) = outbox::sent(connection, room, txn_id)? {
        return Ok(Some(Ticket { txn_id: txn_id.to_owned(), event_id: Some(event_id) }));
    }
    Ok(outbox::find_txn(connection, room, txn_id)?
        .map(|queued| Ticket { txn_id: queued.txn_id, event_id: None }))
}

/// An edit that is being redacted gives back the text before it; so does one that is not after all. So for marks.
pub(super) fn reconsider(tx: &Transaction<'_>, changed: &Stored) -> Result<(), StoreError> {
    if let Relation { kind: RelType::Edit, to: Some(to), .. } = &changed.relation
        && let Some(target) = events::find(tx, changed.room, to)?
    {
        choose_edit(tx, &target)?;
    }
    mark::relate(tx, changed)
}

pub(super) fn payload_event(queued: &Queued) -> Option<String> {
    let payload: Value = serde_json::from_str(&queued.payload).ok()?;
    payload.get("event_id")?.as_str().map(str::to_owned)
}
