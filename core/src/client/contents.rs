//! A received or sent file, looked at without being saved: proven, then read in memory or by range. Looking asks nobody;
//! saving asks policy.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use serde_json::Value;

use super::{Client, Error, Inner, Owner, Wish};
use crate::attachments::{self, AttachmentError, CacheRules, Pin, Wanted};
use crate::ids::{EventRow, RoomRow};
use crate::media::{self, HEAD_BYTES, ProvenReader, SealKey, SealedBytes};
use crate::model::{ContentsRights, Downloaded};
use crate::store::{StoreError, events, media as kept, outbox, retention, timeline};

/// No more is read at once.
const MOST_AT_ONCE: u64 = 64 << 20;

/// Which file of a message is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The small picture; of a picture without one, itself.
    Preview,
    /// What was sent.
    File,
}

/// A file that was proven and can be read at any place, while it is kept and its message has its content.
pub struct Contents {
    client: Weak<Inner>,
    event: EventRow,
    key: SealKey,
    reader: Arc<ProvenReader>,
    name: String,
    mime: String,
    /// Sealed files of the own queue need none.
    _pin: Option<Pin>,
}

impl std::fmt::Debug for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contents").field("length", &self.reader.length()).finish_non_exhaustive()
    }
}

/// Where a file stands in a message.
pub(super) struct Place {
    pub(super) pointer: &'static str,
    pub(super) file: Value,
    /// Its length, as the sender says.
    pub(super) bytes: Option<u64>,
}

impl Place {
    /// Finds a file in the content of a message.
    pub(super) fn of(content: &Value, part: Part) -> Option<Self> {
        let at = |pointer: &'static str, size: &str| {
            let file = content.pointer(pointer).filter(|file| file.is_object())?.clone();
            Some(Self { pointer, file, bytes: content.pointer(size).and_then(Value::as_u64) })
        };
        let whole = || at("/file", "/info/size");
        match part {
            Part::File => whole(),
            Part::Preview => at("/info/thumbnail_file", "/info/thumbnail_info/size").or_else(|| {
                whole().filter(|_| content.get("msgtype").and_then(Value::as_str) == Some("m.image"))
            }),
        }
    }

    fn upload(&self) -> String {
        format!("{}/url", self.pointer)
    }
}

impl Client {
    /// Opens a file of a message to be looked at: one that was sent here from what was sealed, a received one from
    /// what is kept or from the server. Every byte is proven before the first is handed out.
    ///
    /// # Errors
    /// `NoSuchEvent`, `NoAttachment`, `TooLargeToShow`, a file that was changed on its way, the network's, `Held`.
    pub async fn contents(&self, room: &str, event_id: &str, part: Part) -> Result<Contents, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?;
        self.inner.contents(self.owner()?, room.id, event_id, part).await
    }

    /// Says whether a file of a message can be looked at without the network.
    ///
    /// # Errors
    /// `NoSuchEvent`, `NoAttachment`, `Held`.
    pub fn has_contents(&self, room: &str, event_id: &str, part: Part) -> Result<bool, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?;
        let (event, content) = self.inner.event_content(room.id, event_id)?;
        let place = Place::of(&content, part).ok_or(AttachmentError::NoAttachment)?;
        let own =
            self.inner.store.read(|connection| outbox::upload_of(connection, event, &place.upload()))?;
        let mxc = place.file.get("url").and_then(Value::as_str).unwrap_or_default();
        Ok(own.is_some() || self.owner()?.cache.has(mxc)?)
    }
}

impl Inner {
    /// Opens a file of a message.
    pub(super) async fn contents(
        self: &Arc<Self>,
        owner: &Owner,
        room: RoomRow,
        event_id: &str,
        part: Part,
    ) -> Result<Contents, Error> {
        let (event, content) = self.event_content(room, event_id)?;
        let place = Place::of(&content, part).ok_or(AttachmentError::NoAttachment)?;
        let key: SealKey =
            serde_json::from_value(place.file.clone()).map_err(|_| AttachmentError::BadKeys)?;
        let (reader, pin) = match self.own_sealed(event, &place, &key).await? {
            Some(reader) => (reader, None),
            None => {
                owner.cache.obey(self.cache_rules()).await?;
                let (reader, pin) = owner.cache.get(&Wanted::read(event, &place.file, place.bytes)?).await?;
                (reader, Some(pin))
            }
        };
        let mut head = vec![0; HEAD_BYTES];
        let count = reader.read_at(0, &mut head).map_err(unreadable)?;
        let mime = media::probe(head.get(..count).unwrap_or_default()).mime.to_owned();
        let text = |key: &str| content.get(key).and_then(Value::as_str);
        let name = text("filename").or_else(|| text("body")).unwrap_or("file");
        Ok(Contents {
            client: Arc::downgrade(self),
            event,
            key,
            name: media::safe_name(name, &mime),
            mime,
            reader: Arc::new(reader),
            _pin: pin,
        })
    }
}

impl Inner {
    pub(super) fn cache_rules(&self) -> CacheRules {
        CacheRules { most_bytes: self.mdm.policy().received_files().0 }
    }

    /// Fetches the file of a message into what is kept, unless it is there, waits to be sent, is longer than `largest`
    /// bytes, or nothing is kept. Says whether it came.
    pub(super) async fn fetch_into_cache(
        &self,
        owner: &Owner,
        event: EventRow,
        content: &Value,
        largest: u64,
    ) -> Result<bool, Error> {
        let rules = self.cache_rules();
        let Some(place) = Place::of(content, Part::File) else { return Ok(false) };
        let wanted = Wanted::read(event, &place.file, place.bytes)?;
        let fits = place.bytes.is_some_and(|bytes| bytes <= largest.min(rules.most_bytes));
        let own = self.store.read(|connection| outbox::upload_of(connection, event, &place.upload()))?;
        if !fits || own.is_some() || owner.cache.has(&wanted.mxc)? {
            return Ok(false);
        }
        owner.cache.obey(rules).await?;
        owner.cache.get(&wanted).await?;
        Ok(true)
    }

    /// Lets the cache do what policy says now.
    pub(super) async fn tend_cache(&self, owner: &Owner) -> Result<(), Error> {
        owner.cache.forget_removed()?;
        Ok(owner.cache.obey(self.cache_rules()).await?)
    }

    /// Finds a message by its event id, or an own one by its transaction id, and reads its newest content.
    pub(super) fn event_content(&self, room: RoomRow, event_id: &str) -> Result<(EventRow, Value), Error> {
        let missing = || Error::NoSuchEvent(event_id.to_owned());
        let key = self.store.read(|connection| match events::find(connection, room, event_id)? {
            Some(found) => Ok(Some(found)),
            None => events::find_txn(connection, room, event_id),
        })?;
        let (row, key) = key.and_then(|found| Some((found.id, found.key()?))).ok_or_else(missing)?;
        let (item, is_over) = self.store.read(|connection| {
            let item = timeline::by_event_id(connection, room, &key)?;
            Ok::<_, StoreError>((item, retention::is_file_past(connection, row)?))
        })?;
        let item = item.filter(|item| !item.redacted && !is_over).ok_or_else(missing)?;
        Ok((row, serde_json::from_str(&item.content).unwrap_or_default()))
    }

    /// What was sealed for a message that waits to be sent.
    async fn own_sealed(
        &self,
        event: EventRow,
        place: &Place,
        key: &SealKey,
    ) -> Result<Option<ProvenReader>, Error> {
        let upload = self.store.read(|connection| outbox::upload_of(connection, event, &place.upload()))?;
        // It may have been sent since: then it is where received files are.
        let Some(file) =
            upload.and_then(|upload| std::fs::File::open(self.media_dir().join(upload.file)).ok())
        else {
            return Ok(None);
        };
        let bytes = SealedBytes::in_file(file).map_err(AttachmentError::Own)?;
        attachments::prove(bytes.clone(), key.clone()).await?;
        Ok(Some(ProvenReader::proven(bytes, key).map_err(unreadable)?))
    }
}

impl Contents {
    /// Returns its length in bytes.
    pub fn length(&self) -> u64 {
        self.reader.length()
    }

    /// Returns its name, safe to be a file's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its MIME type, by content.
    pub fn mime(&self) -> &str {
        &self.mime
    }

    /// Says what may be done with it now besides looking.
    ///
    /// # Errors
    /// As `read_at`.
    pub fn rights(&self) -> Result<ContentsRights, Error> {
        let inner = self.inner()?;
        let policy = inner.mdm.policy();
        let denied = |wish: Wish<'_>| policy.decide(wish).permit(wish).err().map(|denied| *denied);
        Ok(ContentsRights { save: denied(Wish::Save), open_external: denied(Wish::OpenExternal) })
    }

    /// Reads up to `count` bytes from `offset` on, at most 64 MiB; fewer mean the end.
    ///
    /// # Errors
    /// `Held` and the like while contents are hidden, `NoSuchEvent` once the message has lost its content, `Closed`.
    pub async fn read_at(&self, offset: u64, count: u64) -> Result<Vec<u8>, Error> {
        self.inner()?;
        let left = self.reader.length().saturating_sub(offset);
        let count = usize::try_from(count.min(left).min(MOST_AT_ONCE)).unwrap_or(0);
        let reader = self.reader.clone();
        let read = tokio::task::spawn_blocking(move || {
            let mut bytes = vec![0; count];
            let count = reader.read_at(offset, &mut bytes)?;
            bytes.truncate(count);
            Ok(bytes)
        });
        read.await.map_err(|_| stopped())?.map_err(|error| unreadable(error).into())
    }

    /// Reads all of it.
    ///
    /// # Errors
    /// As `read_at`; `TooLargeToShow` where it is longer than 64 MiB.
    pub async fn bytes(&self) -> Result<Vec<u8>, Error> {
        if self.length() > MOST_AT_ONCE {
            return Err(AttachmentError::TooLargeToShow { limit: MOST_AT_ONCE }.into());
        }
        self.read_at(0, MOST_AT_ONCE).await
    }

    /// Puts it where the officer wants it: into that directory under a safe name, or at that path. Policy is asked
    /// (`share.save_to_device`).
    ///
    /// # Errors
    /// `Denied`; as `read_at`; what is wrong with the place.
    pub async fn save(&self, to: &Path, overwrite: bool) -> Result<Downloaded, Error> {
        let inner = self.inner()?;
        inner.permit(Wish::Save).await?;
        self.write(to, overwrite).await
    }

    /// Puts a copy into a directory for another program that is to open it. Policy is asked (`share.open_external`).
    /// Whoever asked removes the copy.
    ///
    /// # Errors
    /// As `save`.
    pub async fn hand_out(&self, to: &Path) -> Result<Downloaded, Error> {
        let inner = self.inner()?;
        inner.permit(Wish::OpenExternal).await?;
        self.write(to, true).await
    }

    pub(super) async fn write(&self, to: &Path, overwrite: bool) -> Result<Downloaded, Error> {
        let dest = if to.is_dir() { to.join(&self.name) } else { to.to_owned() };
        let (reader, key, target) = (self.reader.clone(), self.key.clone(), dest.clone());
        let opened = tokio::task::spawn_blocking(move || {
            media::open_to_file(&mut reader.sealed(), &key, &target, overwrite, &mut |_| true)
        });
        let opened = opened
            .await
            .map_err(|_| stopped())?
            .map_err(|error| AttachmentError::File { path: dest.clone(), error })?;
        Ok(Downloaded {
            path: dest.display().to_string(),
            bytes: opened.plain_bytes,
            mime: self.mime.clone(),
            sha256: opened.sha256,
            original: false,
            signed_by: None,
            signature: None,
        })
    }

    /// Says whether it may be looked at now.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.inner().map(drop)
    }

    /// What it is read with where it may be.
    pub(super) fn plain(&self) -> Result<Arc<ProvenReader>, Error> {
        self.inner()?;
        Ok(self.reader.clone())
    }

    fn inner(&self) -> Result<Arc<Inner>, Error> {
        let inner = self.client.upgrade().filter(|inner| !*inner.ended.borrow()).ok_or(Error::Closed)?;
        inner.gate()?;
        if !inner.store.read(|connection| kept::has_content(connection, self.event))? {
            return Err(AttachmentError::NoAttachment.into());
        }
        Ok(inner)
    }
}

fn unreadable(error: media::Error) -> AttachmentError {
    AttachmentError::File { path: PathBuf::from("the attachment"), error }
}

fn stopped() -> Error {
    StoreError::Io(std::io::Error::other("the reader stopped")).into()
}
