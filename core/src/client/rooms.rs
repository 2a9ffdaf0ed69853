//! Rooms made and joined, which is done on the server at once, since there is nothing to show before; who is in them,
//! and what waits to be sent.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Action, Client, Error, Inner, Owner, Wish, handover};
use crate::ids::OutboxRow;
use crate::net::{Backoff, Call, NetError, part};
use crate::outbox::{self, Cancelled, Verb};
use crate::store::Durability;
use crate::store::codes::{Membership, RoomKind, SendState};
use crate::store::rooms::{self, Room};

/// How long a rate limit is waited out for a person at a screen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A room as it is to be made. It is always encrypted.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// What it is called; readable by the server.
    pub name: String,
    /// Whom to invite.
    pub invite: Vec<String>,
    /// What it is for.
    pub kind: RoomKind,
}

#[derive(Deserialize)]
struct RoomId {
    room_id: String,
}

impl Client {
    /// Makes a room, invites, and returns the room's id. The room is in the list when this returns.
    ///
    /// People are invited one by one once the room is there, so that one who cannot be invited costs nobody else.
    ///
    /// # Errors
    /// `BadInput` for a malformed user id, the server's refusal, the network's: then there is no room. `NotInvited`
    /// where there is one, and not everybody could be invited to it.
    pub async fn create_room(&self, room: NewRoom) -> Result<String, Error> {
        self.gate()?;
        let is_broadcast = room.kind == RoomKind::Broadcast;
        self.inner.permit(if is_broadcast { Wish::CreateBroadcast } else { Wish::CreateRoom }).await?;
        self.inner.permit_sending().await?;
        let policy = self.policy();
        let admins = match room.kind {
            RoomKind::Direct | RoomKind::Track => &[],
            RoomKind::Group | RoomKind::Broadcast | RoomKind::Incident => policy.room_admins(),
        };
        let admins: Vec<_> = admins.iter().filter(|admin| **admin != self.inner.account.user_id).collect();
        let mut invite = BTreeSet::new();
        for user in &room.invite {
            self.inner.check_invite(user).await?;
            invite.insert(user.clone());
        }
        invite.extend(admins.iter().map(|admin| (*admin).clone()));
        let body = request(&room, &admins, self.names_creator(admins.is_empty()).await?);
        let answer: RoomId = self.patiently("/_matrix/client/v3/createRoom", &body).await?;
        let room_id = answer.room_id;
        let mut refused = Vec::new();
        for user in &invite {
            let path = format!("/_matrix/client/v3/rooms/{}/invite", part(&room_id));
            let direct = room.kind == RoomKind::Direct;
            if let Err(error) = self.invite_to(&path, user, direct).await {
                refused.push((user.clone(), error.to_string()));
            }
        }
        if room.kind == RoomKind::Direct
            && let Err(error) = self.note_direct(&room.invite, &room_id).await
        {
            // Other programs then show it as any room; what this one shows is in the room itself.
            tracing::warn!(kind = error.kind().code(), "a direct room is not noted as one");
        }
        // A sync that was waiting meanwhile may bring the room before its encryption: nothing could be sent there yet.
        let whole = |room: &Room| room.membership == Membership::Join && room.encrypted;
        self.until(&room_id, whole).await?;
        if refused.is_empty() { Ok(room_id) } else { Err(Error::NotInvited { room_id, refused }) }
    }

    async fn invite_to(&self, path: &str, user: &str, direct: bool) -> Result<(), Error> {
        let mut body = json!({ "user_id": user });
        if let (true, Some(body)) = (direct, body.as_object_mut()) {
            body.insert("is_direct".to_owned(), json!(true));
        }
        self.patiently::<Value>(path, &body).await.map(drop)
    }

    /// Joins a room and returns its id. The room is in the list when this returns.
    ///
    /// # Errors
    /// The server's refusal, the network's.
    pub async fn join(&self, room: &str) -> Result<String, Error> {
        self.gate()?;
        let target = match self.inner.resolve(room) {
            Ok(known) => known.room_id,
            Err(_) if room.starts_with('!') || room.starts_with('#') => room.to_owned(),
            Err(error) => return Err(error),
        };
        let owner = self.owner()?;
        // Before the server has heard: if nobody waits for the answer, the past is taken all the same.
        owner.recovery.joining(&target).await?;
        let answer: RoomId =
            self.patiently(&format!("/_matrix/client/v3/join/{}", part(&target)), &json!({})).await?;
        self.until_membership(&answer.room_id, Membership::Join).await?;
        owner.recovery.joined(&answer.room_id).await?;
        Ok(answer.room_id)
    }

    /// Leaves a room, or declines an invitation. Queued where the server cannot be reached.
    ///
    /// # Errors
    /// `NoSuchRoom`, the server's refusal.
    pub async fn leave(&self, room: &str) -> Result<(), Error> {
        self.change(room, Verb::Leave, None).await
    }

    /// Invites a user. Queued where the server cannot be reached.
    ///
    /// # Errors
    /// `NoSuchRoom`, `BadInput` for a malformed user id, the server's refusal.
    pub async fn invite(&self, room: &str, user: &str) -> Result<(), Error> {
        self.change(room, Verb::Invite, Some(user)).await
    }

    /// Removes a user from a room. Queued where the server cannot be reached.
    ///
    /// # Errors
    /// As `invite`.
    pub async fn kick(&self, room: &str, user: &str) -> Result<(), Error> {
        self.change(room, Verb::Kick, Some(user)).await
    }

    /// Lets guest accounts into a room that they are invited to, or no more. New rooms let none in.
    ///
    /// # Errors
    /// `Denied` by `rooms.guests`; `NoSuchRoom`, the server's refusal, the network's.
    pub async fn admit_guests(&self, room: &str, on: bool) -> Result<(), Error> {
        self.gate()?;
        if on {
            self.inner.permit(Wish::AdmitGuests).await?;
        }
        let room = self.inner.resolve(room)?;
        let content = json!({ "guest_access": if on { "can_join" } else { "forbidden" } });
        self.inner.set_state(self.owner()?, &room, "m.room.guest_access", "", &content).await?;
        Ok(())
    }

    /// Returns who has to be named beside others who are given power in a new room: in the newest room versions the
    /// creator stands above the list and may not be in it.
    async fn names_creator(&self, nobody_else: bool) -> Result<Option<&str>, Error> {
        if nobody_else {
            return Ok(None);
        }
        let owner = self.owner()?;
        let answer: Value = owner.http.json(Call::get("/_matrix/client/v3/capabilities")).await?;
        let version = answer.pointer("/capabilities/m.room_versions/default").and_then(Value::as_str);
        let old = version.and_then(|version| version.parse::<u32>().ok()).is_some_and(|version| version < 12);
        Ok(old.then_some(self.inner.account.user_id.as_str()))
    }

    async fn change(&self, room: &str, verb: Verb, user: Option<&str>) -> Result<(), Error> {
        let (room, user) = (room.to_owned(), user.map(str::to_owned));
        let outcome =
            self.perform(Action::Membership { room, verb, user, txn: None }, Some(PATIENCE)).await?;
        match outcome.sent() {
            sent if sent.state == SendState::Failed.as_str() => {
                Err(Error::NotSent(sent.error.clone().unwrap_or_else(|| "the server refused it".to_owned())))
            }
            _ => Ok(()),
        }
    }

    /// Lets a failed or waiting action try again now.
    ///
    /// # Errors
    /// `NotQueued`; `Needs` and `NotSent` where what it belongs to is not there.
    pub async fn retry(&self, id: i64) -> Result<(), Error> {
        match &self.inner.owner {
            Some(owner) => {
                self.gate()?;
                self.inner.retry(owner, id).await
            }
            None => handover::retry(&self.inner, id).await,
        }
    }

    /// Takes an action back, at whatever stage it is, and says what came of that.
    ///
    /// # Errors
    /// `NotQueued`.
    pub async fn cancel(&self, id: i64) -> Result<Cancelled, Error> {
        match &self.inner.owner {
            Some(owner) => Ok(owner.sender.cancel(OutboxRow(id)).await?),
            None => handover::cancel(&self.inner, id).await,
        }
    }

    /// Waits out rate limits, within reason; repeats nothing else, since it may have happened.
    async fn patiently<T: for<'de> Deserialize<'de>>(&self, path: &str, body: &Value) -> Result<T, Error> {
        let owner = self.owner()?;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            match owner.http.json(Call::post(path, body).within(PATIENCE)).await {
                Err(NetError::RateLimited { retry_after })
                    if tokio::time::Instant::now() + retry_after < deadline =>
                {
                    tokio::time::sleep(retry_after).await;
                }
                Err(error) => {
                    self.inner.judge(owner, Err(&error)).await?;
                    return Err(error.into());
                }
                Ok(answer) => return Ok(answer),
            }
        }
    }

    /// Syncs until the room list knows what just happened on the server.
    async fn until_membership(&self, room_id: &str, wanted: Membership) -> Result<(), Error> {
        self.until(room_id, |room| room.membership == wanted).await
    }

    async fn until(&self, room_id: &str, is_so: impl Fn(&Room) -> bool) -> Result<(), Error> {
        let owner = self.owner()?;
        let mut backoff = Backoff::default();
        for _ in 0..20 {
            let known = self.inner.store.read(|connection| rooms::find(connection, room_id))?;
            if known.is_some_and(|room| is_so(&room)) {
                return Ok(());
            }
            if owner.sync.step(Duration::from_secs(1)).await.is_err() {
                tokio::time::sleep(backoff.wait()).await;
            }
        }
        // It happened; the next sync shows it.
        Ok(())
    }

    async fn note_direct(&self, users: &[String], room_id: &str) -> Result<(), Error> {
        let owner = self.owner()?;
        let stored = self
            .inner
            .store
            .read(|connection| crate::store::account::account_data(connection, 0, "m.direct"))?;
        let mut direct: serde_json::Map<String, Value> =
            stored.and_then(|content| serde_json::from_str(&content).ok()).unwrap_or_default();
        for user in users {
            if let Some(list) = direct.entry(user.clone()).or_insert_with(|| json!([])).as_array_mut() {
                list.push(json!(room_id));
            }
        }
        let path =
            format!("/_matrix/client/v3/user/{}/account_data/m.direct", part(&self.inner.account.user_id));
        owner.http.done(Call::put(&path, &Value::Object(direct))).await?;
        Ok(())
    }
}

impl Inner {
    /// Says whether this user may be invited.
    pub(super) async fn check_invite(&self, user: &str) -> Result<(), Error> {
        check_user(user)?;
        let server = |user: &str| user.split_once(':').map_or("", |(_, server)| server).to_owned();
        let (server, own) = (server(user), server(&self.account.user_id));
        self.permit(Wish::Invite { server: &server, own: &own }).await
    }

    pub(super) async fn retry(&self, owner: &Owner, id: i64) -> Result<(), Error> {
        let own = self.account.user_id.clone();
        self.store
            .write(Durability::Full, move |tx, changes| outbox::retry(tx, changes, &own, OutboxRow(id)))
            .await?;
        owner.sender.wake();
        Ok(())
    }
}

pub(super) fn check_user(user: &str) -> Result<String, Error> {
    match ruma::UserId::parse(user) {
        Ok(_) => Ok(user.to_owned()),
        Err(_) => Err(Error::BadInput(format!("{user:?} is not a user id; one looks like @name:server"))),
    }
}

/// The power levels that later features need are there from the first day: an older room would refuse them for ever.
fn request(room: &NewRoom, admins: &[&String], creator: Option<&str>) -> Value {
    let mut request = json!({
        "name": room.name,
        "is_direct": room.kind == RoomKind::Direct,
        "preset": if room.kind == RoomKind::Direct { "trusted_private_chat" } else { "private_chat" },
        "visibility": "private",
        "creation_content": { "eu.qroc.kind": room.kind.as_str() },
        "initial_state": [
            { "type": "m.room.encryption", "state_key": "", "content": { "algorithm": "m.megolm.v1.aes-sha2" } },
            { "type": "m.room.history_visibility", "state_key": "", "content": { "history_visibility": "shared" } },
            { "type": "m.room.guest_access", "state_key": "", "content": { "guest_access": "forbidden" } },
        ],
        "power_level_content_override": { "events": {
            "m.room.name": 50,
            "m.room.topic": 50,
            "m.room.avatar": 50,
            "m.room.canonical_alias": 50,
            "m.room.power_levels": 100,
            "m.room.history_visibility": 100,
            "m.room.encryption": 100,
            "m.room.server_acl": 100,
            "m.room.tombstone": 100,
            "m.room.retention": 100,
            "org.matrix.msc3672.beacon_info": 0,
            "org.matrix.msc3401.call.member": 0,
            "eu.qroc.track": 50,
            "eu.qroc.purpose": 50,
            "eu.qroc.classification": 50,
            "eu.qroc.area": 50,
        } },
    });
    if room.kind == RoomKind::Broadcast
        && let Some(levels) = request.get_mut("power_level_content_override").and_then(Value::as_object_mut)
    {
        // Few send to many.
        levels.insert("events_default".to_owned(), json!(50));
    }
    if !admins.is_empty() {
        let powerful = admins.iter().map(|admin| admin.as_str()).chain(creator);
        let users: serde_json::Map<_, _> = powerful.map(|user| (user.to_owned(), json!(100))).collect();
        if let Some(levels) = request.get_mut("power_level_content_override").and_then(Value::as_object_mut) {
            levels.insert("users".to_owned(), Value::Object(users));
        }
    }
    request
}
