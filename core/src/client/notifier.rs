//! A second process that shows one event, as a notification extension does: beside an owner it reads, and hands over
//! what it fetched; where nobody owns the profile and something is missing, it is the owner for a moment.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::open::unlock;
use super::owner::without_refresh;
use super::{Access, Client, Error, Options, handover};
use crate::crypto::Crypto;
use crate::ingest::{self, Attention};
use crate::kind::ErrorKind;
use crate::model::{Notification, PolicyLine};
use crate::net::{Homeserver, Http};
use crate::ports::key_vault::KeyVault;
use crate::store::codes::{Notify, Undecryptable};
use crate::store::events::NewEvent;
use crate::store::inbox::{self, Handed};
use crate::store::key_file::Unlocked;
use crate::store::{StoreError, account, events, retention, rooms};
use crate::{notify, session};

/// How often is looked whether the owner has what is missing.
const LOOK: Duration = Duration::from_millis(250);

/// Shows single events of one account, in a process of its own.
pub struct Notifier {
    client: Client,
    profile: PathBuf,
    keys: Unlocked,
    options: Options,
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notifier")
    }
}

impl Notifier {
    /// Opens a profile for reading, beside an owner or alone. No network is touched.
    ///
    /// # Errors
    /// `NotSignedIn`, the vault's, the database's.
    pub async fn open(profile: &Path, vault: &dyn KeyVault, options: Options) -> Result<Self, Error> {
        let keys = unlock(profile, vault, &*options.clock).await?;
        let client = Client::open_with(profile, keys.clone(), Access::Read, &options).await?;
        Ok(Self { client, profile: profile.to_owned(), keys, options })
    }

    /// Fetches and decrypts one event of a room, given by id, alias or name, and leaves it for the owner. Waits up to `patience` for a key that is on its
    /// way; without it the notification says why it has no text.
    ///
    /// # Errors
    /// `Held`, `NoSuchRoom`, `NoSuchEvent`, the network's.
    pub async fn fetch(&self, room: &str, event_id: &str, patience: Duration) -> Result<Notification, Error> {
        self.client.gate()?;
        let room_id = match self.client.inner.resolve(room) {
            Ok(known) => known.room_id,
            // The room may be newer than what is stored.
            Err(_) if room.starts_with('!') => room.to_owned(),
            Err(error) => return Err(error),
        };
        let room_id = room_id.as_str();
        let deadline = Instant::now() + patience;
        let mut fetched: Option<Notification> = None;
        loop {
            if let Some(known) = self.known(room_id, event_id)? {
                return Ok(known);
            }
            let mut failed = None;
            match self.ask(room_id, event_id).await {
                Ok(notification) if notification.undecryptable.is_none() => return Ok(notification),
                Ok(notification) => fetched = Some(notification),
                Err(error) if matches!(error.kind(), ErrorKind::SignedOut) => failed = Some(error),
                Err(error) => return Err(error),
            }
            // The key, or a new token, is the owner's to fetch.
            let left = deadline.saturating_duration_since(Instant::now());
            match Client::open_with(&self.profile, self.keys.clone(), self.at_once(), &self.options).await {
                Ok(owner) => {
                    let synced = owner.sync_once(Some(left.max(LOOK))).await;
                    owner.close().await;
                    let known = self.known(room_id, event_id)?;
                    return match (known.or(fetched), synced, failed) {
                        (Some(notification), _, _) => Ok(notification),
                        (None, Err(error), _) | (None, Ok(_), Some(error)) => Err(error),
                        (None, Ok(_), None) => Err(Error::NoSuchEvent(event_id.to_owned())),
                    };
                }
                Err(error) if error.kind() == ErrorKind::InUse => {
                    if failed.is_some() {
                        handover::renew_tokens(&self.client.inner).await;
                    }
                }
                Err(error) => return Err(error),
            }
            if left.is_zero() {
                return fetched
                    .ok_or_else(|| failed.unwrap_or_else(|| Error::NoSuchEvent(event_id.to_owned())));
            }
            tokio::time::sleep(LOOK.min(left)).await;
        }
    }

    /// Tells what holds for each key of the policy.
    pub fn policy_lines(&self) -> Vec<PolicyLine> {
        self.client.policy_lines()
    }

    fn at_once(&self) -> Access {
        Access::Own { wait: Duration::ZERO }
    }

    /// Closes the database and frees the keys.
    pub async fn close(self) {
        self.client.close().await;
    }

    /// Reads what the owner has stored already.
    fn known(&self, room_id: &str, event_id: &str) -> Result<Option<Notification>, Error> {
        let inner = &self.client.inner;
        let found = inner.store.read(|connection| {
            let Some(room) = rooms::find(connection, room_id)? else { return Ok(None) };
            let Some(event) = events::find(connection, room.id, event_id)? else { return Ok(None) };
            if retention::is_past(connection, event.id)? {
                return Ok(None);
            }
            let sender = events::user_id(connection, event.sender)?;
            let name = rooms::member_name(connection, room.id, &sender)?;
            let notify = events::notify(connection, event.id)?;
            Ok::<_, StoreError>(Some((room, event, sender, name, notify)))
        })?;
        Ok(found.filter(|(_, event, ..)| event.undecryptable == Undecryptable::Readable).map(
            |(room, event, sender, sender_name, notify)| Notification {
                room_id: room.room_id,
                room_name: room.name,
                event_id: event_id.to_owned(),
                sender,
                sender_name,
                ts: event.ts,
                kind: event.kind,
                body: body(&event.content).filter(|_| !event.redacted),
                attention: notify.as_str(),
                undecryptable: None,
            },
        ))
    }

    /// Asks the server, and leaves what can be read in the inbox.
    async fn ask(&self, room_id: &str, event_id: &str) -> Result<Notification, Error> {
        let inner = &self.client.inner;
        let store = &inner.store;
        // The owner may have renewed the tokens since.
        let account = store.read(account::load)?;
        let server = Homeserver::parse(&account.homeserver)?;
        let http = Http::new(&server, &inner.trust(), self.options.clock.clone())?;
        let http = without_refresh(&http, &account);
        let stable = session::has_stable_sync(&account.versions);
        let event = notify::fetch(&http, stable, room_id, event_id).await?;
        let event = event.ok_or_else(|| Error::NoSuchEvent(event_id.to_owned()))?;
        let clock = self.options.clock.clone();
        let crypto =
            Crypto::open_reading(Arc::clone(store), clock, &account.user_id, &account.device_id).await?;
        crypto.shut(inner.has_to_be_confirmed()?);
        let attention = Attention::load(store, &account.user_id)?;
        let list = vec![event.clone()];
        let read = ingest::prepare_older(store, &crypto, &attention, room_id, list).await?;
        let read = read.into_iter().next().ok_or_else(|| Error::NoSuchEvent(event_id.to_owned()))?;
        let notification = self.view(room_id, event_id, &read)?;
        if notification.undecryptable.is_none()
            && let Some(key) = store.read(inbox::key)?
        {
            let handed = Handed { room_id: room_id.to_owned(), event };
            inbox::put(&inner.inbox_dir(), &key, &handed, self.options.clock.now_ms())?;
        }
        Ok(notification)
    }

    fn view(&self, room_id: &str, event_id: &str, event: &NewEvent) -> Result<Notification, Error> {
        let (room, sender_name) = self.client.inner.store.read(|connection| {
            let Some(room) = rooms::find(connection, room_id)? else { return Ok((None, None)) };
            let name = rooms::member_name(connection, room.id, &event.sender)?;
            Ok::<_, StoreError>((Some(room), name))
        })?;
        let readable = event.undecryptable == Undecryptable::Readable;
        Ok(Notification {
            room_id: room_id.to_owned(),
            room_name: room.map(|room| room.name).unwrap_or_default(),
            event_id: event_id.to_owned(),
            sender: event.sender.clone(),
            sender_name,
            ts: event.ts,
            kind: event.kind.clone(),
            body: body(&event.content).filter(|_| readable && !event.redacted),
            // What cannot be read may be anything.
            attention: if readable { event.notify } else { Notify::Unread }.as_str(),
            undecryptable: Some(event.undecryptable.as_str()).filter(|_| !readable),
        })
    }
}

fn body(content: &str) -> Option<String> {
    let content: serde_json::Value = serde_json::from_str(content).ok()?;
    let text = content.pointer("/m.new_content/body").or_else(|| content.get("body"))?;
    text.as_str().map(str::to_owned)
}
