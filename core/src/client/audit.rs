//! The record of what policy refused, on its way to those whom policy names: queued as any message is, in an encrypted room
//! that they read and this account alone writes.

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::sleep;

use super::held::AGAIN;
use super::tending::is_refusal;
use super::{Error, Inner, Owner};
use crate::geo::exchange::write_time;
use crate::kind::ErrorKind;
use crate::net::{Call, part};
use crate::outbox::{OutboxError, Outgoing};
use crate::store::audit::{self, Denial, Telling};
use crate::store::changes::{Change, Published};
use crate::store::codes::Membership;
use crate::store::rooms::{self, Room};
use crate::store::{Durability, StoreError};

/// Type of the room, and of the part of a message that is for programs.
const KIND: &str = "eu.qroc.audit";
/// So many entries go into one message, fewer where they are long.
const MOST: usize = 50;
/// What they may come to, in characters: each stands in the message twice.
const LONGEST: usize = 12_000;

#[derive(Deserialize)]
struct Made {
    room_id: String,
}

impl Inner {
    /// Tells what was refused as long as it is polled. The network's errors are waited out.
    pub(super) async fn keep_telling(&self, owner: &Owner) -> Error {
        let mut changes = self.store.subscribe();
        loop {
            let again = match self.tell_some(owner).await {
                Ok(again) => again,
                Err(error) => return error,
            };
            tokio::select! {
                () = concerns(&mut changes) => {}
                () = owner.returned.notified() => {}
                () = sleep(AGAIN), if again || self.is_untold() => {}
            }
        }
    }

    fn is_untold(&self) -> bool {
        let untold = |connection: &rusqlite::Connection| {
            Ok::<_, StoreError>(!audit::after(connection, audit::telling(connection)?.told, 1)?.is_empty())
        };
        !self.mdm.policy().audit_readers().is_empty() && self.store.read(untold).unwrap_or(false)
    }

    /// Does the next step. Says whether there is more to do at once; what the server does not do now is due again later.
    ///
    /// # Errors
    /// Faults of the store.
    pub(super) async fn tell_some(&self, owner: &Owner) -> Result<bool, Error> {
        match self.tell_denials(owner).await {
            Err(error) if error.kind() == ErrorKind::Storage => Err(error),
            Err(error) => {
                tracing::debug!(kind = error.kind().code(), "the audit waits");
                Ok(false)
            }
            done => done,
        }
    }

    async fn tell_denials(&self, owner: &Owner) -> Result<bool, Error> {
        let policy = self.mdm.policy();
        let own = &self.account.user_id;
        let readers: Vec<String> =
            policy.audit_readers().iter().filter(|user| *user != own).cloned().collect();
        if readers.is_empty() || self.has_to_be_confirmed()? {
            return Ok(false);
        }
        let (telling, waiting) = self.store.read(|connection| {
            let telling = audit::telling(connection)?;
            let waiting = audit::after(connection, telling.told, MOST)?;
            Ok::<_, StoreError>((telling, waiting))
        })?;
        if waiting.is_empty() {
            return Ok(false);
        }
        let Some(room_id) = telling.room.clone() else { return self.make_audit_room(owner, telling).await };
        let known = self.store.read(|connection| match rooms::find(connection, &room_id)? {
            Some(room) => Ok::<_, StoreError>(Some((rooms::members(connection, room.id)?, room))),
            None => Ok(None),
        })?;
        // It comes with the next answer of the sync.
        let Some((members, room)) = known else { return Ok(false) };
        if room.membership != Membership::Join {
            // The officer has left it: what is refused from now on goes to another one.
            return self.make_audit_room(owner, telling).await;
        }
        if !room.encrypted {
            return Ok(false);
        }
        let is_in = |user: &String| members.iter().any(|member| member.user_id == *user);
        if let Some(user) = readers.iter().find(|user| !is_in(user) && !owner.audit_refused.has(user)) {
            // The key is made for them once they are in.
            return self.invite_reader(owner, &room, user).await;
        }
        if !readers.iter().any(is_in) {
            return Ok(false);
        }
        let batch = some(waiting);
        let Some((last, _)) = batch.last() else { return Ok(false) };
        let telling = Telling { told: *last, room: Some(room_id), readers };
        let outgoing = Outgoing {
            kind: "m.room.message".to_owned(),
            content: content(&self.account.device_id, &batch),
            txn_id: format!("qroc-audit-{}-{last}", self.account.device_id),
            uploads: Vec::new(),
        };
        let (queue, room) = (self.as_queue(), room.id);
        self.store
            .write(Durability::Full, move |tx, changes| {
                queue.event(tx, changes, room, &outgoing)?;
                audit::set_telling(tx, &telling).map_err(OutboxError::from)
            })
            .await?;
        owner.sender.wake();
        Ok(true)
    }

    async fn make_audit_room(&self, owner: &Owner, telling: Telling) -> Result<bool, Error> {
        let made: Made = owner.http.json(Call::post("/_matrix/client/v3/createRoom", &request())).await?;
        let telling = Telling { room: Some(made.room_id), ..telling };
        self.store.write(Durability::Full, move |tx, _| audit::set_telling(tx, &telling)).await?;
        Ok(true)
    }

    async fn invite_reader(&self, owner: &Owner, room: &Room, user: &str) -> Result<bool, Error> {
        let path = format!("/_matrix/client/v3/rooms/{}/invite", part(&room.room_id));
        match owner.http.done(Call::post(&path, &json!({ "user_id": user }))).await {
            Ok(_) => {
                // Asked once: where the next answers of the sync do not show it, it was taken back.
                owner.audit_refused.add(user);
                Ok(true)
            }
            Err(error) if is_refusal(&error) => {
                tracing::warn!("somebody who is to receive the audit cannot be invited");
                owner.audit_refused.add(user);
                Ok(true)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// As many as fit into a message, one at least.
fn some(waiting: Vec<(i64, Denial)>) -> Vec<(i64, Denial)> {
    let mut length = 0_usize;
    let mut batch = Vec::new();
    for (id, mut denial) in waiting {
        // A list of certificates says nothing that its beginning does not.
        if denial.value.chars().count() > LONGEST / 4 {
            denial.value = denial.value.chars().take(LONGEST / 4).chain(['…']).collect();
        }
        let more = denial.action.len() + denial.key.len() + denial.source.len() + denial.value.len() + 64;
        if !batch.is_empty() && length.saturating_add(more) > LONGEST {
            break;
        }
        length = length.saturating_add(more);
        batch.push((id, denial));
    }
    batch
}

fn content(device_id: &str, batch: &[(i64, Denial)]) -> Value {
    let line = |denial: &Denial| {
        let at = write_time(denial.ts);
        format!("{at} {}: {} = {} ({})", denial.action, denial.key, denial.value, denial.source)
    };
    let entry = |(id, denial): &(i64, Denial)| {
        json!({ "id": id, "ts": denial.ts, "action": denial.action, "key": denial.key,
                "source": denial.source, "value": denial.value })
    };
    let lines: Vec<_> = batch.iter().map(|(_, denial)| line(denial)).collect();
    json!({
        "msgtype": "m.notice",
        "body": lines.join("\n"),
        KIND: { "v": 1, "device_id": device_id, "denied": batch.iter().map(entry).collect::<Vec<_>>() },
    })
}

fn request() -> Value {
    let state = |kind: &str, content: Value| json!({ "type": kind, "state_key": "", "content": content });
    json!({
        "preset": "private_chat",
        "visibility": "private",
        "creation_content": { "type": KIND },
        "initial_state": [
            state("m.room.encryption", json!({ "algorithm": "m.megolm.v1.aes-sha2" })),
            state("m.room.history_visibility", json!({ "history_visibility": "invited" })),
            state("m.room.guest_access", json!({ "guest_access": "forbidden" })),
        ],
        // This account alone says something there, and alone lets somebody in.
        "power_level_content_override": { "events_default": 100, "invite": 100, "state_default": 100 },
    })
}

/// Waits for what may have changed what is to be told, or to whom.
async fn concerns(changes: &mut Receiver<Published>) {
    loop {
        match changes.recv().await {
            Ok(published) if published.contains(Change::Account) || published.contains(Change::RoomList) => {
                return;
            }
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
