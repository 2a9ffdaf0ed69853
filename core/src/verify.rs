//! Verifications as two people go through them: asked for, compared, confirmed. From device to device, or in a room
//! that both are in.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;
use tokio::time::Instant;

use crate::crypto::{Crypto, CryptoError, Held, Reason, RoomMessage, RoomRules, Step, Want, WrongCode};
use crate::kind::ErrorKind;
use crate::net::{Call, Http, NetError, part};
use crate::roster::{self, RosterError};
use crate::store::codes::{Membership, RoomKind};
use crate::store::rooms::Room;
use crate::store::{Store, StoreError, rooms};

/// Whoever accepted begins as well where the other, whose turn it is, does not.
const THEIR_TURN: Duration = Duration::from_secs(5);
/// The same where the other may be about to show or to scan a code.
const THEIR_CHOICE: Duration = Duration::from_secs(30);
/// Rooms among which one with the other is looked for.
const ROOMS: usize = 500;

/// Says why a verification does not go on.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// The keys or the network.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The network or the server.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no way to the other.
    #[error(
        "{0} has several devices and is in no room with you: make a room with them first, or name one device"
    )]
    NoWay(String),
    /// There is nobody to be verified.
    #[error("{0} is not known, or has no device with keys")]
    Nobody(String),
}

impl VerifyError {
    /// Sorts the error by what the caller can do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Crypto(error) => error.kind(),
            Self::Net(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::NoWay(_) | Self::Nobody(_) => ErrorKind::NotFound,
        }
    }
}

impl From<RosterError> for VerifyError {
    fn from(error: RosterError) -> Self {
        match error {
            RosterError::Net(error) => Self::Net(error),
            RosterError::Store(error) => Self::Store(error),
        }
    }
}

/// Goes through verifications for one account.
#[derive(Debug)]
pub struct Verifier {
    store: Arc<Store>,
    crypto: Arc<Crypto>,
    http: Http,
    own: String,
}

impl Verifier {
    /// Stands on the account's parts.
    pub fn new(store: Arc<Store>, crypto: Arc<Crypto>, http: Http, own: &str) -> Self {
        Self { store, crypto, http, own: own.to_owned() }
    }

    /// Asks for a verification: of one device, of the own account by all its devices, or of another person. Takes up
    /// the one that they have asked for, where they have.
    ///
    /// # Errors
    /// `Nobody`, `NoWay`; the network's; faults of the store.
    pub async fn ask(&self, want: &Want) -> Result<Held, VerifyError> {
        let (user_id, device_id) = (want.user_id(), want.device_id());
        self.crypto.look_up_user(&self.http, user_id).await?;
        // What is over must not stand in the way of what begins.
        self.crypto.end_late().await?;
        let to_device = match (device_id, user_id == self.own) {
            (Some(id), _) => Some(Some(id.to_owned())),
            (None, true) => Some(None),
            (None, false) => match self.room_with(user_id)? {
                Some(room) if room.kind == RoomKind::Direct => None,
                room => {
                    let devices = self.crypto.devices_of(user_id).await?;
                    match (devices.as_slice(), room) {
                        ([], _) => return Err(VerifyError::Nobody(user_id.to_owned())),
                        ([(only, ..)], _) => Some(Some(only.clone())),
                        (_, Some(_)) => None,
                        (_, None) => return Err(VerifyError::NoWay(user_id.to_owned())),
                    }
                }
            },
        };
        let (held, steps) = match to_device {
            Some(device) => self.crypto.ask_device(want, device.as_deref()).await?,
            None => {
                let room = self.room_with(user_id)?.ok_or_else(|| VerifyError::NoWay(user_id.to_owned()))?;
                let txn_id = format!("qroc-{}", ruma::TransactionId::new());
                let send =
                    async |content| self.send_in_room(&room, "m.room.message", &content, &txn_id).await;
                self.crypto.ask_in_room(want, &room.room_id, send).await?
            }
        };
        self.send(steps).await?;
        Ok(held)
    }

    /// Does what needs no person: begins once both are ready, with a code of ours where it is to be `by_code` and the
    /// other knows codes, answers a beginning, ends what is late. `ready_since` is kept by the caller.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn go_on(
        &self,
        held: &mut Held,
        by_code: bool,
        ready_since: &mut Option<Instant>,
    ) -> Result<(), VerifyError> {
        // Takes over what it has come to meanwhile.
        held.stage();
        let closing = held.close()?;
        if !closing.is_empty() {
            // First why, which the machine has queued.
            self.send_queued().await?;
            self.send(closing).await?;
        }
        let steps = if held.is_begun() && held.has_request() {
            held.accept()?
        } else if held.is_ready() && by_code && held.knows_codes() {
            held.show().await?;
            Vec::new()
        } else if held.is_ready() {
            let since = *ready_since.get_or_insert_with(Instant::now);
            let turn = if held.knows_codes() { THEIR_CHOICE } else { THEIR_TURN };
            if held.is_ours() || since.elapsed() > turn { held.begin().await? } else { Vec::new() }
        } else if held.is_shown() && !by_code {
            held.begin().await?
        } else {
            Vec::new()
        };
        self.send(steps).await?;
        if held.is_late() && !held.is_over() {
            self.crypto.end_late().await?;
            self.send_queued().await?;
        }
        Ok(())
    }

    /// Takes up what the other asked for.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn accept(&self, held: &Held) -> Result<(), VerifyError> {
        self.send(held.accept()?).await
    }

    /// Takes the code that the other device shows. One that names other keys ends it.
    ///
    /// # Errors
    /// `Crypto` with `Code` where it is of no use: another can be scanned, unless its keys differ; the network's; faults of
    /// the store.
    pub async fn scan(&self, held: &mut Held, bytes: &[u8]) -> Result<(), VerifyError> {
        held.stage();
        match held.scan(bytes).await {
            Err(wrong @ CryptoError::Code(WrongCode::Keys)) => {
                self.cancel(held, Reason::KeyMismatch).await?;
                Err(wrong.into())
            }
            scanned => self.send(scanned?).await,
        }
    }

    /// Says that the signs are the same on both sides, or that the other's screen says that it scanned our code.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn confirm(&self, held: &Held) -> Result<(), VerifyError> {
        self.send(held.confirm().await?).await
    }

    /// Ends it, and tells the other why.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn cancel(&self, held: &Held, reason: Reason) -> Result<(), VerifyError> {
        self.send(held.cancel(reason)?).await
    }

    async fn send(&self, steps: Vec<Step>) -> Result<(), VerifyError> {
        for step in steps {
            if let Some(message) = self.crypto.take_step(&self.http, step).await? {
                self.send_message(&message).await?;
            }
        }
        Ok(())
    }

    /// Sends what verifications want sent.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn send_queued(&self) -> Result<(), VerifyError> {
        self.crypto.flush(&self.http).await?;
        while let Some(held) = self.crypto.next_given_up() {
            let told = self.cancel(&held, Reason::Cancelled).await;
            if let Err(error) = told.as_ref()
                && matches!(error.kind(), ErrorKind::Network | ErrorKind::RateLimited)
            {
                return told;
            }
            self.crypto.told_given_up(&held);
        }
        for message in self.crypto.room_messages().await? {
            self.send_message(&message).await?;
        }
        Ok(())
    }

    async fn send_message(&self, message: &RoomMessage) -> Result<(), VerifyError> {
        // A room that was left meanwhile; the other side runs out of time.
        let event_id = match self.store.read(|connection| rooms::find(connection, &message.room_id))? {
            Some(room) => {
                let sent = self.send_in_room(&room, &message.kind, &message.content, &message.txn_id).await;
                match sent {
                    Err(VerifyError::Net(error)) if !error.is_transient() => "$refused".to_owned(),
                    other => other?,
                }
            }
            None => "$gone".to_owned(),
        };
        Ok(self.crypto.room_message_sent(message, &event_id).await?)
    }

    async fn send_in_room(
        &self,
        room: &Room,
        kind: &str,
        content: &Value,
        txn_id: &str,
    ) -> Result<String, VerifyError> {
        #[derive(Deserialize)]
        struct Sent {
            event_id: String,
        }
        let members = roster::readers(&self.store, &self.http, room).await?;
        let rules = self.store.read(|connection| {
            let state = |kind: &str| {
                let content = rooms::state(connection, room.id, kind, "")?;
                Ok::<_, StoreError>(content.and_then(|content| serde_json::from_str(&content).ok()))
            };
            Ok::<_, StoreError>(RoomRules {
                encryption: state("m.room.encryption")?,
                history: state("m.room.history_visibility")?,
            })
        })?;
        let Ok(room_id) = ruma::RoomId::parse(&room.room_id) else {
            return Err(VerifyError::Nobody(room.room_id.clone()));
        };
        let sealed =
            self.crypto.encrypt(&self.http, &room_id, &members, &rules, kind, content).await?.content;
        let path = format!(
            "/_matrix/client/v3/rooms/{}/send/m.room.encrypted/{}",
            part(&room.room_id),
            part(txn_id)
        );
        let sent: Sent = self.http.json(Call::put(&path, &sealed)).await?;
        Ok(sent.event_id)
    }

    /// Finds the room for it: a direct one, else the smallest.
    fn room_with(&self, user_id: &str) -> Result<Option<Room>, StoreError> {
        self.store.read(|connection| {
            let mut best: Option<Room> = None;
            for room in rooms::page(connection, None, None, ROOMS)? {
                let is_in = |member: &rooms::Member| {
                    member.user_id == user_id && member.membership == Membership::Join
                };
                if room.membership != Membership::Join
                    || !room.encrypted
                    || !rooms::members(connection, room.id)?.iter().any(is_in)
                {
                    continue;
                }
                let rank = |room: &Room| (room.kind != RoomKind::Direct, room.members);
                if best.as_ref().is_none_or(|best| rank(&room) < rank(best)) {
                    best = Some(room);
                }
            }
            Ok(best)
        })
    }
}
