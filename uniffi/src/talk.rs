//! What people do with messages besides sending them, and how they have a room.

use qroc_core::client::{Action, Error, MarkAs, Talk};
use qroc_core::store::codes::Loudness;

use crate::error::QrocError;
use crate::records::item::TimelineItem;
use crate::records::outgoing::Sent;
use crate::records::room::RoomMember;
use crate::records::talk::{MessageVersion, SeenBy};
use crate::room::Room;
use crate::runtime::{change, read};

fn limit_of(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

impl Room {
    async fn talk(&self, talk: Talk) -> Result<Sent, QrocError> {
        self.send_action(Action::Talk { room: self.room_id(), talk, txn: None }).await
    }
}

#[uniffi::export]
impl Room {
    /// Sends a message of another room on to this one. A file is neither fetched nor sealed again. A change: it runs to
    /// its end.
    ///
    /// # Errors
    /// `Policy` by `share.forward`, `BadInput` for what was removed, withdrawn or superseded, `NotFound`, as `send` else.
    pub async fn forward(&self, from_room_id: String, event_id: String) -> Result<Sent, QrocError> {
        self.talk(Talk::Forward { from: from_room_id, event: event_id }).await
    }

    /// Says of a message that it is superseded or withdrawn, or holds after all: everybody in the room sees it. For the
    /// sender and moderators. A change: it runs to its end.
    ///
    /// # Errors
    /// `Forbidden` for others, `BadInput` for what is no message, `NotFound`, as `send` else.
    pub async fn mark(
        &self,
        event_id: String,
        state: MarkAs,
        replaced_by: Option<String>,
        reason: Option<String>,
    ) -> Result<Sent, QrocError> {
        self.talk(Talk::Mark { event: event_id, mark: state, replaced_by, reason }).await
    }

    /// Pins a message, or takes it down. It holds here at once. A change: it runs to its end.
    ///
    /// # Errors
    /// `BadInput` for what is not sent yet, `NotFound`, as `send` else.
    pub async fn pin(&self, event_id: String, on: bool) -> Result<Sent, QrocError> {
        self.talk(Talk::Pin { event: event_id, on }).await
    }

    /// Lists what is pinned, in that order; fetched where it is not stored, unless `offline`. A read: it ends with its
    /// caller.
    ///
    /// # Errors
    /// `Network`, `Locked`, `Closed`, `Storage`.
    pub async fn pins(&self, offline: bool) -> Result<Vec<TimelineItem>, QrocError> {
        let (life, room) = (self.life(), self.room_id());
        read(async move {
            let items = life.client()?.pins(&room, offline).await?;
            Ok::<_, Error>(items.into_iter().map(TimelineItem::from).collect())
        })
        .await
    }

    /// Reads one message, also an old one: fetched where it is not stored, unless `offline`. A read: it ends with its
    /// caller.
    ///
    /// # Errors
    /// `NotFound`, `Network`, `Locked`, `Closed`, `Storage`.
    pub async fn message(&self, event_id: String, offline: bool) -> Result<TimelineItem, QrocError> {
        let (life, room) = (self.life(), self.room_id());
        read(async move { life.client()?.message(&room, &event_id, offline).await.map(TimelineItem::from) })
            .await
    }

    /// Lists the versions of a message, oldest first; its edits are asked for, unless `offline`. A read: it ends with its
    /// caller.
    ///
    /// # Errors
    /// As `message`.
    pub async fn history(&self, event_id: String, offline: bool) -> Result<Vec<MessageVersion>, QrocError> {
        let (life, room) = (self.life(), self.room_id());
        read(async move {
            let versions = life.client()?.history(&room, &event_id, offline).await?;
            Ok::<_, Error>(versions.into_iter().map(MessageVersion::from).collect())
        })
        .await
    }

    /// Lists the roots of the threads that are stored, those with the newest message first. A read: it ends with its
    /// caller.
    ///
    /// # Errors
    /// `Locked`, `Closed`, `Storage`.
    pub async fn threads(&self, limit: u32) -> Result<Vec<TimelineItem>, QrocError> {
        let (life, room) = (self.life(), self.room_id());
        read(async move {
            let items = life.client()?.threads(&room, limit_of(limit))?;
            Ok::<_, Error>(items.into_iter().map(TimelineItem::from).collect())
        })
        .await
    }

    /// Reads a thread, oldest first: its root, then at most the newest `limit` messages; what is missing is asked for,
    /// unless `offline`. A read: it ends with its caller.
    ///
    /// # Errors
    /// As `message`.
    pub async fn thread(
        &self,
        root: String,
        limit: u32,
        offline: bool,
    ) -> Result<Vec<TimelineItem>, QrocError> {
        let (life, room) = (self.life(), self.room_id());
        read(async move {
            let items = life.client()?.thread(&room, &root, limit_of(limit), offline).await?;
            Ok::<_, Error>(items.into_iter().map(TimelineItem::from).collect())
        })
        .await
    }

    /// Lists one page of the members that are stored: those behind the one with the cursor `after`, with `filter` as part of
    /// their name or id. A read: it ends with its caller.
    ///
    /// # Errors
    /// `BadInput` for a cursor that is none, `Locked`, `Closed`, `Storage`.
    pub async fn members_page(
        &self,
        after: Option<String>,
        filter: Option<String>,
        limit: u32,
    ) -> Result<Vec<RoomMember>, QrocError> {
        let (life, room) = (self.life(), self.room_id());
        read(async move {
            let members = life
                .client()?
                .members_page(&room, after.as_deref(), filter.as_deref(), limit_of(limit))
                .await?;
            Ok::<_, Error>(members.into_iter().map(RoomMember::from).collect())
        })
        .await
    }

    /// Lists who has read a message, by the receipts that are known: who told so last comes first. A read: it ends with
    /// its caller.
    ///
    /// # Errors
    /// `NotFound`, `Locked`, `Closed`, `Storage`.
    pub async fn seen_by(&self, event_id: String) -> Result<Vec<SeenBy>, QrocError> {
        let (life, room) = (self.life(), self.room_id());
        read(async move {
            let readers = life.client()?.seen_by(&room, &event_id)?;
            Ok::<_, Error>(readers.into_iter().map(SeenBy::from).collect())
        })
        .await
    }

    /// Keeps the room at hand, or not any more; on the account's other devices too. A change: it runs to its end.
    ///
    /// # Errors
    /// `Forbidden`, `Locked`, `Closed`, `Storage`.
    pub async fn set_favourite(&self, on: bool) -> Result<Sent, QrocError> {
        self.talk(Talk::Favourite { on }).await
    }

    /// Gives the room low priority, or not any more. A change: it runs to its end.
    ///
    /// # Errors
    /// As `set_favourite`.
    pub async fn set_low_priority(&self, on: bool) -> Result<Sent, QrocError> {
        self.talk(Talk::LowPriority { on }).await
    }

    /// Says what of the room asks for attention. A change: it runs to its end.
    ///
    /// # Errors
    /// As `set_favourite`.
    pub async fn set_loudness(&self, loudness: Loudness) -> Result<Sent, QrocError> {
        self.talk(Talk::Notify { level: loudness.as_str().to_owned() }).await
    }

    /// Reads the text that is being written for the room, or for a thread in it. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Locked`, `Closed`, `Storage`.
    pub async fn draft(&self, thread: Option<String>) -> Result<Option<String>, QrocError> {
        let (life, room) = (self.life(), self.room_id());
        read(async move { life.client()?.draft(&room, thread.as_deref()) }).await
    }

    /// Keeps a text that is being written, encrypted on this device; an empty one takes it away. `send` with
    /// `clears_draft` takes it away together with the sending. A change: it runs to its end.
    ///
    /// # Errors
    /// `BadInput` for a text that is too long to be sent, `Locked`, `Closed`, `Storage`.
    pub async fn keep_draft(&self, thread: Option<String>, body: String) -> Result<(), QrocError> {
        self.talk(Talk::Draft { thread, body }).await.map(drop)
    }

    /// Tells the others that the user writes, or does not any more; it holds for half a minute. A change: it runs to its
    /// end.
    ///
    /// # Errors
    /// `Policy` by `messages.typing`, `Network`, `RateLimited`, `Locked`, `Closed`.
    pub async fn set_typing(&self, typing: bool) -> Result<(), QrocError> {
        let (life, room) = (self.life(), self.room_id());
        change(async move { life.client()?.set_typing(&room, typing).await }).await
    }

    /// Waits until others than `known` are typing, and lists their user ids. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Locked`, `InUse`, `Closed` once the client ends.
    pub async fn typing_changes(&self, known: Vec<String>) -> Result<Vec<String>, QrocError> {
        let (life, room) = (self.life(), self.room_id());
        read(async move { life.client()?.typing_changes(&room, &known).await }).await
    }
}
