//! What people say and set in a room beside plain texts: texts with everything that goes along, forwarded messages,
//! marks, pins, favourites, loudness, drafts.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::action::{Outcome, queued};
use super::content::{self, Words, content_of};
use super::stating::higher;
use super::{Error, Inner, Owner, Wish};
use crate::ids::RoomRow;
use crate::model::{Said, Sent};
use crate::outbox::{Outgoing, Setting, Ticket};
use crate::policy::Denied;
use crate::store::changes::Change;
use crate::store::codes::{Loudness, Membership, SendState, Undecryptable};
use crate::store::{Durability, StoreError, drafts, events, marks, rooms};
use crate::text::markdown::Person;

/// A draft is no longer than what can be sent, nearly.
const LONGEST_DRAFT: usize = 32_768;
/// More people than this are named by naming everybody.
const MOST_NAMED: usize = 50;
const LONGEST_REASON: usize = 1_000;

/// A text with everything that goes along.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Compose {
    /// The text; Markdown, unless `plain`.
    pub body: String,
    /// Event id of what it answers.
    pub reply: Option<String>,
    /// Event id of its thread's root.
    pub thread: Option<String>,
    /// Matrix ids of those who are to notice, besides those whose id stands in the text.
    pub mentions: Vec<String>,
    /// Whether everybody in the room is to notice.
    pub mentions_room: bool,
    /// Sent as it is typed.
    pub plain: bool,
    /// The draft for this place goes with it.
    pub clears_draft: bool,
}

/// Kinds of file that run when they are opened, as their senders say.
const PROGRAMS: [&str; 12] = [
    "application/x-executable",
    "application/x-mach-binary",
    "application/vnd.android.dex",
    "application/vnd.android.package-archive",
    "application/java-archive",
    "application/wasm",
    "application/vnd.microsoft.portable-executable",
    "application/x-ms-shortcut",
    "application/x-rpm",
    "application/vnd.ms-htmlhelp",
    "application/vnd.debian.binary-package",
    "text/x-script",
];

/// What is said of a message later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkAs {
    /// Something else takes its place.
    Superseded,
    /// It holds no more.
    Withdrawn,
    /// It holds, whatever was said before.
    Valid,
}

impl MarkAs {
    fn word(self) -> &'static str {
        match self {
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
            Self::Valid => "valid",
        }
    }
}

/// What is said or set in a room.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "talk")]
pub enum Talk {
    /// A text.
    Say(Compose),
    /// A message that is sent on.
    Forward {
        /// Id, alias or name of the room that it is in.
        from: String,
        /// Which message.
        event: String,
    },
    /// Something said of a message later.
    Mark {
        /// Which message.
        event: String,
        /// What is said.
        mark: MarkAs,
        /// Event id of what takes its place.
        replaced_by: Option<String>,
        /// Why, in words.
        reason: Option<String>,
    },
    /// A message that is pinned, or not any more.
    Pin {
        /// Which message.
        event: String,
        /// Whether it is.
        on: bool,
    },
    /// A room that is wanted at hand, or not any more.
    Favourite {
        /// Whether it is.
        on: bool,
    },
    /// A room that is of low priority, or not any more.
    LowPriority {
        /// Whether it is.
        on: bool,
    },
    /// What of a room asks for attention.
    Notify {
        /// `all`, `mentions` or `none`.
        level: String,
    },
    /// A text that is being written; an empty one is none.
    Draft {
        /// Event id of the thread's root.
        thread: Option<String>,
        /// The text.
        body: String,
    },
}

impl Talk {
    /// Says whether others get something by it.
    pub(super) fn is_sending(&self) -> bool {
        matches!(self, Self::Say(_) | Self::Forward { .. } | Self::Mark { .. } | Self::Pin { .. })
    }
}

impl Inner {
    /// Does it here, and queues what the server is to know.
    pub(super) async fn talk(
        &self,
        owner: &Owner,
        room: RoomRow,
        talk: Talk,
        said: &Said,
        txn_id: String,
    ) -> Result<Outcome, Error> {
        match talk {
            Talk::Say(compose) => self.say(owner, room, compose, said, txn_id).await,
            Talk::Forward { from, event } => self.forward(owner, room, (&from, &event), said, txn_id).await,
            Talk::Mark { event, mark, replaced_by, reason } => {
                let content = self.mark(room, &event, mark, replaced_by, reason)?;
                self.queue_event(owner, room, marks::KIND, content, txn_id).await
            }
            Talk::Pin { event, on } => {
                let event_id = self.stored(room, &event).map(|stored| stored.event_id);
                let event_id = match event_id {
                    Ok(Some(event_id)) => event_id,
                    // What is not stored can be unpinned all the same.
                    _ if !on && event.starts_with('$') => event,
                    Ok(None) => {
                        return Err(Error::BadInput("a message can be pinned once it is sent".to_owned()));
                    }
                    Err(error) => return Err(error),
                };
                self.set(owner, room, Setting::Pin { event_id, on }, txn_id).await
            }
            Talk::Favourite { on } => self.set(owner, room, Setting::Favourite { on }, txn_id).await,
            Talk::LowPriority { on } => self.set(owner, room, Setting::Low { on }, txn_id).await,
            Talk::Notify { level } => {
                if Loudness::of_word(&level).as_str() != level {
                    return Err(Error::BadInput(format!("{level:?} is none of all, mentions, none")));
                }
                self.set(owner, room, Setting::Loudness { level }, txn_id).await
            }
            Talk::Draft { thread, body } => self.keep_draft(room, thread, body, txn_id).await,
        }
    }

    /// Queues a text.
    pub(super) async fn say(
        &self,
        owner: &Owner,
        room: RoomRow,
        compose: Compose,
        said: &Said,
        txn_id: String,
    ) -> Result<Outcome, Error> {
        if compose.body.is_empty() {
            return Err(Error::BadInput("there is no text to send".to_owned()));
        }
        let locate =
            |event: &Option<String>| event.as_deref().map(|event| self.locate(room, event)).transpose();
        let (reply, thread) = (locate(&compose.reply)?, locate(&compose.thread)?);
        let words = self.words(room, &compose, reply.as_deref())?;
        let mut content = content::message(words, reply, thread);
        said.seal(&mut content);
        let outgoing = Outgoing { kind: "m.room.message".to_owned(), content, txn_id, uploads: Vec::new() };
        let (queue, draft) =
            (self.as_queue(), compose.clears_draft.then(|| compose.thread.unwrap_or_default()));
        let ticket: Ticket = self
            .store
            .write(Durability::Full, move |tx, changes| {
                let ticket = queue.event(tx, changes, room, &outgoing)?;
                if let Some(thread) = draft {
                    drafts::clear(tx, room, &thread)?;
                }
                Ok::<_, crate::outbox::OutboxError>(ticket)
            })
            .await?;
        owner.sender.wake();
        Ok(Outcome::Sent(queued(ticket)))
    }

    /// Finds who is named in a text, and formats it.
    pub(super) fn words(
        &self,
        room: RoomRow,
        compose: &Compose,
        reply: Option<&str>,
    ) -> Result<Words, Error> {
        let mut named: Vec<Person> = Vec::new();
        let mut ids = compose.mentions.clone();
        ids.extend(content::ids_in(&compose.body));
        let own = &self.account.user_id;
        self.store.read(|connection| {
            if let Some(reply) = reply
                && let Some(answered) = events::find(connection, room, reply)?
            {
                ids.push(events::user_id(connection, answered.sender)?);
            }
            for user_id in ids.drain(..) {
                if user_id == *own
                    || named.len() >= MOST_NAMED
                    || named.iter().any(|one| one.user_id == user_id)
                {
                    continue;
                }
                let Some(user) = events::find_user(connection, &user_id)? else { continue };
                // Only who is in the room can notice.
                if matches!(
                    rooms::membership(connection, room, user)?,
                    Some(Membership::Join | Membership::Invite)
                ) {
                    let name =
                        rooms::member_name(connection, room, &user_id)?.unwrap_or_else(|| user_id.clone());
                    named.push(Person { user_id, name });
                }
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(Words::new(&compose.body, named, compose.mentions_room, compose.plain))
    }

    /// The one place where it is decided whether a message may be sent on, and as what.
    async fn forward(
        &self,
        owner: &Owner,
        to: RoomRow,
        (from, event): (&str, &str),
        said: &Said,
        txn_id: String,
    ) -> Result<Outcome, Error> {
        let from = self.resolve(from)?.id;
        let stored = self.stored(from, event)?;
        if stored.redacted
            || stored.undecryptable != Undecryptable::Readable
            || stored.kind != "m.room.message"
        {
            return Err(Error::BadInput("there is nothing in this message that could be sent on".to_owned()));
        }
        let (sender, mark) = self.store.read(|connection| {
            Ok::<_, StoreError>((
                events::user_id(connection, stored.sender)?,
                marks::get(connection, stored.id)?,
            ))
        })?;
        if let Some(mark) = mark {
            let said: Value = serde_json::from_str(&mark.content).unwrap_or_default();
            let state = said.get("state").and_then(Value::as_str).unwrap_or("withdrawn");
            return Err(Error::BadInput(format!(
                "this message was {state} by {}: it is not sent on",
                mark.sender
            )));
        }
        let foreign = !self.other_networks(to)?.is_empty();
        self.permit(Wish::Forward { foreign }).await?;
        let content = content_of(self, from, &stored.key().unwrap_or_else(|| event.to_owned()))?;
        // It is as secret as it was; why it is sent on is another matter.
        let classification = higher(Said::of(&content).classification, said.classification.clone());
        let said = Said { classification, ..said.clone() };
        self.may_share(to, &said).await?;
        self.may_carry(&content).await?;
        tracing::debug!(foreign, "a message is sent on");
        let mut content = sent_on(content, &sender, stored.ts)
            .ok_or_else(|| Error::BadInput("the file of this message is not on the server yet".to_owned()))?;
        said.seal(&mut content);
        self.queue_event(owner, to, "m.room.message", content, txn_id).await
    }

    /// A file that may not be sent may not be sent on either.
    async fn may_carry(&self, content: &Value) -> Result<(), Error> {
        let Some(info) = content.get("file").and(content.get("info")) else { return Ok(()) };
        let mime = info.get("mimetype").and_then(Value::as_str).unwrap_or("application/octet-stream");
        let bytes = info.get("size").and_then(Value::as_u64).unwrap_or(0);
        let policy = self.mdm.policy();
        let executable = PROGRAMS.contains(&mime);
        let file = Wish::SendFile { mime, executable, bytes };
        for wish in [Some(file), content::clip(content)].into_iter().flatten() {
            let denied: Result<(), Box<Denied>> = policy.decide(wish).permit(wish);
            if let Err(denied) = denied {
                self.note_denied(&denied).await;
                return Err(denied.into());
            }
        }
        Ok(())
    }

    fn mark(
        &self,
        room: RoomRow,
        event: &str,
        mark: MarkAs,
        replaced_by: Option<String>,
        reason: Option<String>,
    ) -> Result<Value, Error> {
        let stored = self.stored(room, event)?;
        if stored.kind != "m.room.message" || stored.redacted {
            return Err(Error::BadInput("only a message can be marked".to_owned()));
        }
        let allowed = self.store.read(|connection| {
            Ok::<_, StoreError>(
                events::user_id(connection, stored.sender)? == self.account.user_id
                    || marks::is_moderator(connection, room, &self.account.user_id)?,
            )
        })?;
        if !allowed {
            return Err(crate::outbox::OutboxError::NotYours.into());
        }
        if replaced_by.is_some() && mark != MarkAs::Superseded {
            return Err(Error::BadInput("only what is superseded has something in its place".to_owned()));
        }
        if reason.as_deref().is_some_and(|reason| reason.len() > LONGEST_REASON) {
            return Err(Error::BadInput(format!("a reason has at most {LONGEST_REASON} bytes")));
        }
        let replaced_by = replaced_by.map(|event| self.locate(room, &event)).transpose()?;
        if replaced_by.as_deref().is_some_and(|event| event.starts_with(events::PLACEHOLDER)) {
            return Err(Error::BadInput("what takes its place has to be sent first".to_owned()));
        }
        let target = stored.key().unwrap_or_else(|| event.to_owned());
        let mut content = json!({
            "v": 1,
            "state": mark.word(),
            "m.relates_to": { "rel_type": marks::KIND, "event_id": target },
        });
        if let Some(content) = content.as_object_mut() {
            content.extend(replaced_by.map(|event| ("replaced_by".to_owned(), json!(event))));
            content.extend(reason.map(|reason| ("reason".to_owned(), json!(reason))));
        }
        Ok(content)
    }

    async fn set(
        &self,
        owner: &Owner,
        room: RoomRow,
        setting: Setting,
        txn_id: String,
    ) -> Result<Outcome, Error> {
        let (queue, txn) = (self.as_queue(), txn_id.clone());
        let ticket = self
            .store
            .write(Durability::Full, move |tx, changes| queue.setting(tx, changes, room, &setting, &txn))
            .await?;
        owner.sender.wake();
        Ok(Outcome::Sent(ticket.map_or_else(|| done(txn_id), queued)))
    }

    async fn keep_draft(
        &self,
        room: RoomRow,
        thread: Option<String>,
        body: String,
        txn_id: String,
    ) -> Result<Outcome, Error> {
        if body.len() > LONGEST_DRAFT {
            return Err(Error::BadInput(format!("a draft has at most {LONGEST_DRAFT} bytes")));
        }
        let now_ms = self.clock.now_ms();
        self.store
            .write(Durability::Normal, move |tx, changes| {
                if drafts::set(tx, room, &thread.unwrap_or_default(), &body, now_ms)? {
                    changes.note(Change::RoomList);
                    changes.note(Change::Room(room));
                }
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(Outcome::Sent(done(txn_id)))
    }
}

/// Nothing is to be told to the server.
fn done(txn_id: String) -> Sent {
    Sent { txn_id, event_id: None, state: SendState::Sent.as_str(), error: None }
}

/// What of a message may be said elsewhere: its words and its file, which is neither fetched nor sealed again. Not
/// whom it named and answered, nor what its sender said of its making.
fn sent_on(content: Value, sender: &str, ts: i64) -> Option<Value> {
    const KEPT: [&str; 13] = [
        "msgtype",
        "body",
        "format",
        "formatted_body",
        "filename",
        "info",
        "file",
        "geo_uri",
        "org.matrix.msc3488.location",
        "org.matrix.msc3488.asset",
        "org.matrix.msc3488.ts",
        "org.matrix.msc3245.voice",
        "org.matrix.msc1767.audio",
    ];
    let Value::Object(content) = content else { return None };
    let known = content.get("eu.qroc.forwarded").cloned();
    let answers = content.get("m.relates_to").is_some();
    let mut kept: Map<String, Value> =
        content.into_iter().filter(|(key, _)| KEPT.contains(&key.as_str())).collect();
    if let Some(file) = kept.get("file")
        && !file.get("url").and_then(Value::as_str).is_some_and(|url| url.starts_with("mxc://"))
    {
        return None;
    }
    if answers && let Some(body) = kept.get("body").and_then(Value::as_str) {
        kept.insert("body".to_owned(), json!(crate::text::without_quote(body)));
    }
    // Whoever wrote it first is named, however often it is sent on.
    let origin = known.unwrap_or_else(|| json!({ "v": 1, "sender": sender, "ts": ts }));
    kept.insert("eu.qroc.forwarded".to_owned(), origin);
    kept.insert("m.mentions".to_owned(), json!({}));
    Some(Value::Object(kept))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::sent_on;

    #[test]
    fn a_message_that_is_sent_on_says_nothing_of_where_it_was() {
        let message = json!({
            "msgtype": "m.image", "body": "> <@a:x> old\n\ngate", "filename": "a.jpg", "info": { "w": 1 },
            "file": { "url": "mxc://x/1", "key": {} },
            "m.relates_to": { "m.in_reply_to": { "event_id": "$secret" } },
            "m.mentions": { "user_ids": ["@a:x"] },
            "eu.qroc.capture": { "place": "geo:1,2" },
            "eu.qroc.original": { "room_id": "!secret" },
        });
        let on = sent_on(message, "@bob:x", 7).expect("content");
        assert_eq!(
            on,
            json!({
                "msgtype": "m.image", "body": "gate", "filename": "a.jpg", "info": { "w": 1 },
                "file": { "url": "mxc://x/1", "key": {} },
                "eu.qroc.forwarded": { "v": 1, "sender": "@bob:x", "ts": 7 }, "m.mentions": {},
            })
        );
        let again = sent_on(on, "@eve:x", 9).expect("content");
        assert_eq!(again["eu.qroc.forwarded"]["sender"], "@bob:x", "who wrote it first");
        assert_eq!(sent_on(json!({ "msgtype": "m.file", "file": { "url": null } }), "@a:x", 1), None);
    }
}
