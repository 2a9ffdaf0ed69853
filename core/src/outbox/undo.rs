//! What becomes of queued actions that are refused, tried again, or taken back, and of what waits for them.

use std::time::Duration;

use rusqlite::Transaction;

use super::queue::{note, payload_event, reconsider};
use super::reason::Reason;
use super::send::Sender;
use super::{OutboxError, membership, setting};
use crate::ids::OutboxRow;
use crate::store::changes::Changes;
use crate::store::codes::{OutboxKind, SendState};
use crate::store::outbox::{self, Queued};
use crate::store::{Durability, StoreError, events, rooms};

/// How long taking back waits for the answer to a request that is under way.
const PATIENCE: Duration = Duration::from_secs(10);

/// What taking an action back came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// The server never had it.
    Gone,
    /// It is gone here; the server may have had it. If so it is removed there as soon as that is known.
    Recalled,
    /// Too late: the server has it.
    Sent {
        /// As this event; none for what is no event.
        event_id: Option<String>,
    },
}

impl Sender {
    /// Takes an action back, at whatever stage it is, with its local effect. What waits for it fails.
    ///
    /// Where the request is under way, its answer is waited for, 10 s at most.
    ///
    /// # Errors
    /// `NotQueued`; faults of the database.
    pub async fn cancel(&self, id: OutboxRow) -> Result<Cancelled, OutboxError> {
        let known =
            self.store.read(|connection| outbox::get(connection, id))?.ok_or(OutboxError::NotQueued)?;
        let held = self.tries.hold(id);
        let answered = self.tries.settle(id, PATIENCE).await;
        let now_ms = self.clock.now_ms();
        let cancelled = self
            .store
            .write(Durability::Full, move |tx, changes| cancel(tx, changes, &known, answered, now_ms))
            .await?;
        drop(held);
        self.wake();
        Ok(cancelled)
    }
}

/// Returns what it came to.
fn cancel(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    known: &Queued,
    answered: bool,
    now_ms: i64,
) -> Result<Cancelled, OutboxError> {
    let Some(queued) = outbox::get(tx, known.id)? else {
        let event_id = outbox::sent(tx, known.room, &known.txn_id)?;
        return Ok(Cancelled::Sent { event_id });
    };
    // What was asked by a process that was killed left no trace: so whatever comes under this id is removed.
    if queued.kind == OutboxKind::Event {
        outbox::recall(tx, queued.room, &queued.txn_id, now_ms)?;
    }
    fail_waiting(tx, &queued, "what it belongs to was taken back")?;
    outbox::delete(tx, changes, queued.id)?;
    if queued.state != SendState::Failed {
        undo(tx, &queued)?;
    }
    if let Some(row) = queued.event {
        let event = events::get(tx, row)?;
        events::set_sent(tx, row, SendState::Failed, None)?;
        reconsider(tx, &event)?;
        events::delete(tx, row)?;
    }
    rooms::refresh_last(tx, queued.room, now_ms)?;
    note(changes, queued.room);
    let unsure = !answered || queued.error.as_deref().and_then(Reason::of) == Some(Reason::Unanswered);
    Ok(if unsure { Cancelled::Recalled } else { Cancelled::Gone })
}

/// Shows a refusal, takes back what cannot be shown, and fails what waits for it.
pub(super) fn fail(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    action: &Queued,
    error: &str,
) -> Result<(), StoreError> {
    // The sync may have told that the server has it, or the user taken it back.
    let Some(queued) = outbox::get(tx, action.id)? else { return Ok(()) };
    show_failed(tx, &queued, queued.attempts.saturating_add(1), error)?;
    undo(tx, &queued)?;
    fail_waiting(tx, &queued, "what it belongs to was not sent")?;
    note(changes, queued.room);
    Ok(())
}

fn show_failed(tx: &Transaction<'_>, queued: &Queued, attempts: u32, error: &str) -> Result<(), StoreError> {
    outbox::set_state(tx, queued.id, SendState::Failed, attempts, 0, Some(error))?;
    if let Some(row) = queued.event {
        events::set_sent(tx, row, SendState::Failed, None)?;
        reconsider(tx, &events::get(tx, row)?)?;
    }
    Ok(())
}

fn fail_waiting(tx: &Transaction<'_>, target: &Queued, words: &str) -> Result<(), StoreError> {
    for waiting in outbox::waiting_for(tx, target.room, &target.txn_id)? {
        if waiting.state != SendState::Failed {
            show_failed(tx, &waiting, waiting.attempts, &Reason::Needs.with(words))?;
            fail_waiting(tx, &waiting, words)?;
        }
    }
    Ok(())
}

/// Takes back what an action that is not an event did locally.
fn undo(tx: &Transaction<'_>, queued: &Queued) -> Result<(), StoreError> {
    match queued.kind {
        OutboxKind::Redaction => redacting(tx, queued, false),
        OutboxKind::Membership => membership::undo(tx, queued),
        OutboxKind::Setting => setting::undo(tx, queued),
        // What was read stays read here.
        OutboxKind::Event | OutboxKind::Read => Ok(()),
    }
}

fn redacting(tx: &Transaction<'_>, queued: &Queued, hidden: bool) -> Result<(), StoreError> {
    if let Some(event_id) = payload_event(queued)
        && let Some(target) = events::find(tx, queued.room, &event_id)?
    {
        events::set_redacting(tx, target.id, hidden)?;
        reconsider(tx, &target)?;
    }
    Ok(())
}

/// Lets a failed or waiting action try again now, and what failed because of it wait for it again. What the server
/// asked to delay keeps its time.
///
/// # Errors
/// `NotQueued`; `Needs` and `NotSent` where what it belongs to is gone or failed; faults of the database.
pub fn retry(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    own: &str,
    id: OutboxRow,
) -> Result<(), OutboxError> {
    let queued = outbox::get(tx, id)?.ok_or(OutboxError::NotQueued)?;
    if let Some(after) = queued.after {
        match outbox::get(tx, after)? {
            None => return Err(OutboxError::Needs),
            Some(target) if target.state == SendState::Failed => {
                return Err(OutboxError::NotSent(target.id.0));
            }
            Some(_) => {}
        }
    }
    let limited = queued.error.as_deref().and_then(Reason::of) == Some(Reason::RateLimited);
    match queued.state {
        SendState::Failed => {
            again(tx, own, &queued)?;
            revive_waiting(tx, own, &queued)?;
        }
        SendState::Queued if limited => {}
        SendState::Queued => outbox::set_state(tx, id, SendState::Queued, 0, 0, None)?,
        // It is being tried just now.
        SendState::Sending | SendState::Sent => {}
    }
    note(changes, queued.room);
    Ok(())
}

fn again(tx: &Transaction<'_>, own: &str, queued: &Queued) -> Result<(), OutboxError> {
    outbox::set_state(tx, queued.id, SendState::Queued, 0, 0, None)?;
    match queued.kind {
        OutboxKind::Redaction => redacting(tx, queued, true)?,
        OutboxKind::Membership => membership::redo(tx, own, queued)?,
        OutboxKind::Setting => setting::redo(tx, queued)?,
        OutboxKind::Event | OutboxKind::Read => {}
    }
    if let Some(row) = queued.event {
        events::set_sent(tx, row, SendState::Queued, None)?;
        reconsider(tx, &events::get(tx, row)?)?;
    }
    Ok(())
}

fn revive_waiting(tx: &Transaction<'_>, own: &str, target: &Queued) -> Result<(), OutboxError> {
    for waiting in outbox::waiting_for(tx, target.room, &target.txn_id)? {
        if waiting.state == SendState::Failed
            && waiting.error.as_deref().and_then(Reason::of) == Some(Reason::Needs)
        {
            again(tx, own, &waiting)?;
            revive_waiting(tx, own, &waiting)?;
        }
    }
    Ok(())
}
