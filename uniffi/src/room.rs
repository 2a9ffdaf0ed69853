//! One room: who is in it, and what is sent there.

use std::path::PathBuf;
use std::sync::Arc;

use qroc_core::client::{Action, Compose, Error, Lifecycle, Outcome, Part, Talk, TreatAs, Which};
use qroc_core::media::PassingFile;
use qroc_core::store::StoreError;

use crate::contents::Contents;
use crate::error::QrocError;
use crate::fault;
use crate::live::Live;
use crate::positions::Positions;
use crate::records::item::TimelineItem;
use crate::records::outgoing::{Downloaded, NewFile, NewMessage, NewPlace, Sent, SentFile};
use crate::records::position::NewShare;
use crate::records::room::{RoomMember, RoomSummary};
use crate::runtime::{change, read};
use crate::share::{LocationShare, LocationSource};
use crate::timeline::Timeline;

/// A room of a client. Whatever is sent is durable and shown in the timeline when the call returns; it goes to the
/// server while the client is in the foreground.
#[derive(Debug, uniffi::Object)]
pub struct Room {
    life: Arc<Lifecycle>,
    room_id: String,
    _live: Live,
}

impl Room {
    pub(crate) fn new(life: Arc<Lifecycle>, room_id: String) -> Arc<Self> {
        Arc::new(Self { life, room_id, _live: Live::room() })
    }

    pub(crate) fn life(&self) -> Arc<Lifecycle> {
        self.life.clone()
    }

    async fn act(&self, action: Action) -> Result<Outcome, QrocError> {
        let life = self.life.clone();
        change(async move {
            let client = life.client()?;
            fault::point("send");
            client.perform(action, None).await
        })
        .await
    }

    pub(crate) async fn send_action(&self, action: Action) -> Result<Sent, QrocError> {
        Ok(self.act(action).await?.sent().clone().into())
    }
}

#[uniffi::export]
impl Room {
    /// Returns the Matrix id. From memory.
    pub fn room_id(&self) -> String {
        self.room_id.clone()
    }

    /// Reads what the list shows of the room. A read: it ends with its caller.
    ///
    /// # Errors
    /// `NotFound` once it was forgotten, `Locked`, `Closed`, `Storage`.
    pub async fn summary(&self) -> Result<RoomSummary, QrocError> {
        let (life, room) = (self.life.clone(), self.room_id.clone());
        read(async move { life.client()?.room(&room).map(RoomSummary::from) }).await
    }

    /// Lists who is joined or invited, as far as it is stored. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Locked`, `Closed`, `Storage`.
    pub async fn members(&self) -> Result<Vec<RoomMember>, QrocError> {
        let (life, room) = (self.life.clone(), self.room_id.clone());
        read(async move {
            let members = life.client()?.members(&room).await?;
            Ok::<_, Error>(members.into_iter().map(RoomMember::from).collect())
        })
        .await
    }

    /// Lists the user ids of who else is typing, by the last answer of the server. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Locked`, `Closed`, `InUse`.
    pub async fn typing(&self) -> Result<Vec<String>, QrocError> {
        let (life, room) = (self.life.clone(), self.room_id.clone());
        read(async move { life.client()?.typing(&room) }).await
    }

    /// Opens the timeline, to be pulled. A read: it ends with its caller.
    ///
    /// # Errors
    /// `NotFound`, `Locked`, `Closed`, `Storage`.
    pub async fn timeline(&self) -> Result<Arc<Timeline>, QrocError> {
        let (life, room) = (self.life.clone(), self.room_id.clone());
        read(async move { life.client()?.watch_timeline(&room) }).await.map(Timeline::new)
    }

    /// Reads one page of the timeline, oldest first; `before` is the cursor of an item. Fetches what is missing for
    /// the page from the server, unless `offline`. A read: it ends with its caller.
    ///
    /// # Errors
    /// `BadInput` for a cursor of another room, `Network`, `Locked`, `Closed`, `Storage`.
    pub async fn page(
        &self,
        before: Option<String>,
        limit: u32,
        offline: bool,
    ) -> Result<Vec<TimelineItem>, QrocError> {
        let (life, room) = (self.life.clone(), self.room_id.clone());
        read(async move {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let items = life.client()?.timeline(&room, before.as_deref(), limit, offline).await?;
            Ok::<_, Error>(items.into_iter().map(TimelineItem::from).collect())
        })
        .await
    }

    /// Sends a text, which is Markdown unless it is `plain`. A change: it runs to its end.
    ///
    /// # Errors
    /// `BadInput` without a text, `NotFound` for what it answers, `Forbidden`, `Policy`, `Locked`, `Closed`, `Storage`.
    pub async fn send(&self, message: NewMessage) -> Result<Sent, QrocError> {
        let NewMessage { body, reply_to, thread, txn_id, mentions, mentions_room, plain, clears_draft } =
            message;
        let compose = Compose { body, reply: reply_to, thread, mentions, mentions_room, plain, clears_draft };
        let (room, talk) = (self.room_id.clone(), Talk::Say(compose));
        self.send_action(Action::Talk { room, talk, txn: txn_id }).await
    }

    /// Replaces the text of an own message. A change: it runs to its end.
    ///
    /// # Errors
    /// As `send`; `Forbidden` for a message of somebody else.
    pub async fn edit(&self, event_id: String, body: String) -> Result<Sent, QrocError> {
        self.send_action(Action::Edit { room: self.room_id.clone(), event: event_id, body, txn: None }).await
    }

    /// Reacts to a message. A change: it runs to its end.
    ///
    /// # Errors
    /// As `send`.
    pub async fn react(&self, event_id: String, key: String) -> Result<Sent, QrocError> {
        self.send_action(Action::React { room: self.room_id.clone(), event: event_id, key, txn: None }).await
    }

    /// Removes the content of a message, for everybody. A change: it runs to its end.
    ///
    /// # Errors
    /// As `send`.
    pub async fn redact(&self, event_id: String) -> Result<Sent, QrocError> {
        self.send_action(Action::Redact { room: self.room_id.clone(), event: event_id, txn: None }).await
    }

    /// Marks everything as read. A change: it runs to its end.
    ///
    /// # Errors
    /// `Forbidden`, `Locked`, `Closed`, `Storage`.
    pub async fn mark_read(&self) -> Result<Sent, QrocError> {
        self.send_action(Action::Read { room: self.room_id.clone(), txn: None }).await
    }

    /// Prepares, seals and sends a file; the file itself is not needed after. A change: it runs to its end.
    ///
    /// # Errors
    /// `BadInput` for the file, as `send` else.
    pub async fn send_file(&self, file: NewFile) -> Result<SentFile, QrocError> {
        let outcome = self.act(file.into_action(self.room_id.clone())).await?;
        SentFile::of(outcome).ok_or_else(|| QrocError::of("internal"))
    }

    /// Sends what a microphone gave as a voice message: a WAV file, or another recording that the core reads, from memory.
    /// It is coded anew at an even loudness, and nothing of it is on the disk in plain. A change: it runs to its end.
    ///
    /// # Errors
    /// `BadInput` for what is no recording, `Policy` where it lasts too long (`media.voice_max_s`) or may not be sent, as
    /// `send` else; `Storage` where the system has no files in memory.
    pub async fn send_voice(
        &self,
        recording: Vec<u8>,
        txn_id: Option<String>,
    ) -> Result<SentFile, QrocError> {
        let (life, room) = (self.life.clone(), self.room_id.clone());
        let outcome = change(async move {
            let file = PassingFile::new("voice", &recording).map_err(StoreError::Io).map_err(Error::Store)?;
            let action = Action::SendFile {
                room,
                path: file.path().to_owned(),
                caption: None,
                treat_as: TreatAs::Voice,
                trim: None,
                original: false,
                capture_info: false,
                txn: txn_id,
            };
            life.client()?.perform(action, None).await
        });
        SentFile::of(outcome.await?).ok_or_else(|| QrocError::of("internal"))
    }

    /// Sends a position, once. A change: it runs to its end.
    ///
    /// # Errors
    /// `BadInput` for what is no place on the earth, as `send` else.
    pub async fn send_place(&self, place: NewPlace) -> Result<Sent, QrocError> {
        let NewPlace { lat, lon, accuracy_m, txn_id } = place;
        self.send_action(Action::Location { room: self.room_id.clone(), lat, lon, accuracy_m, txn: txn_id })
            .await
    }

    /// Begins to share the own position live, with fixes from `source`. A change: it runs to its end; a sharing that
    /// nobody waited for ends at once.
    ///
    /// # Errors
    /// `Policy`, `Forbidden`, `BadInput` where this device shares with the room already, `Locked`, `Closed`, `Storage`.
    pub async fn share_location(
        &self,
        share: NewShare,
        source: Arc<dyn LocationSource>,
    ) -> Result<Arc<LocationShare>, QrocError> {
        LocationShare::begin(self.life.clone(), self.room_id.clone(), share, source).await
    }

    /// Stops sharing the own position with the room, whoever began it: also a run of the app that ended without. The
    /// others are told while the client is in the foreground, or in the background goes on. A change: it runs to its end.
    ///
    /// # Errors
    /// `BadInput` where nothing is shared, `Locked`, `Closed`, `Storage`.
    pub async fn stop_sharing(&self) -> Result<(), QrocError> {
        self.act(Action::StopSharing { room: self.room_id.clone(), txn: None }).await.map(drop)
    }

    /// Opens the list of where everybody in the room is, to be pulled. A read: it ends with its caller.
    ///
    /// # Errors
    /// `NotFound`, `Locked`, `Closed`, `Storage`.
    pub async fn positions(&self) -> Result<Arc<Positions>, QrocError> {
        let (life, room) = (self.life.clone(), self.room_id.clone());
        read(async move { life.client()?.follow_positions(Some(&room)) }).await.map(Positions::new)
    }

    /// Opens a file of a message to be looked at without being saved: one that was sent from here also while it waits
    /// to be sent, one that was looked at before also without the network. A read: it ends with its caller, and leaves
    /// nothing behind then.
    ///
    /// # Errors
    /// `NotFound` without a file or for a removed message, `BadInput` where the file was changed on its way or is larger
    /// than what may be kept, `Network`, `Locked`, `SignIn`, `Closed`, `Storage`.
    pub async fn contents(&self, event_id: String, part: Part) -> Result<Arc<Contents>, QrocError> {
        Contents::open(self.life.clone(), self.room_id.clone(), event_id, part).await
    }

    /// Says whether a file of a message can be looked at without the network. A read: it ends with its caller.
    ///
    /// # Errors
    /// `NotFound` without a file or for a removed message, `Locked`, `SignIn`, `Closed`, `Storage`.
    pub async fn has_contents(&self, event_id: String, part: Part) -> Result<bool, QrocError> {
        let (life, room) = (self.life.clone(), self.room_id.clone());
        read(async move { life.client()?.has_contents(&room, &event_id, part) }).await
    }

    /// Fetches the file of a message and opens it to `to`: a directory, or the file's path. A read: it ends with its
    /// caller, and leaves nothing behind then.
    ///
    /// # Errors
    /// `NotFound` without a file, `BadInput` where `to` is taken or the file was changed on its way, `Network`.
    pub async fn download(
        &self,
        event_id: String,
        to: String,
        overwrite: bool,
    ) -> Result<Downloaded, QrocError> {
        let (life, room) = (self.life.clone(), self.room_id.clone());
        read(async move {
            let client = life.client()?;
            let file = client
                .download(&room, &event_id, PathBuf::from(to).as_path(), overwrite, Which::Best)
                .await?;
            Ok::<_, Error>(Downloaded::from(file))
        })
        .await
    }

    /// Invites a user. A change: it runs to its end.
    ///
    /// # Errors
    /// `BadInput` for what is no user id, `Forbidden`, `Network`, `RateLimited`, `Locked`, `Closed`.
    pub async fn invite(&self, user_id: String) -> Result<(), QrocError> {
        let (life, room) = (self.life.clone(), self.room_id.clone());
        change(async move { life.client()?.invite(&room, &user_id).await }).await
    }

    /// Removes a user from the room. A change: it runs to its end.
    ///
    /// # Errors
    /// As `invite`.
    pub async fn kick(&self, user_id: String) -> Result<(), QrocError> {
        let (life, room) = (self.life.clone(), self.room_id.clone());
        change(async move { life.client()?.kick(&room, &user_id).await }).await
    }

    /// Leaves the room, or declines the invitation. A change: it runs to its end.
    ///
    /// # Errors
    /// `Network`, `RateLimited`, `Locked`, `Closed`, `Storage`.
    pub async fn leave(&self) -> Result<(), QrocError> {
        let (life, room) = (self.life.clone(), self.room_id.clone());
        change(async move { life.client()?.leave(&room).await }).await
    }
}
