//! Files of messages, looked at without being saved.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use qroc_core::client::{Contents as Core, Error, Lifecycle, Part, Playback as CorePlayback};
use qroc_core::media::PLAYED_RATE;

use crate::error::QrocError;
use crate::live::Live;
use crate::records::contents::ContentsRights;
use crate::records::outgoing::Downloaded;
use crate::runtime::{change, read};

/// A file of a message, proven to the last byte and read without being saved: nothing of it lies on the disk in plain.
/// What is freed may be thrown out to make room for others.
#[derive(uniffi::Object)]
pub struct Contents {
    core: Arc<Core>,
    _live: Live,
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contents")
    }
}

impl Contents {
    pub(crate) async fn open(
        life: Arc<Lifecycle>,
        room: String,
        event_id: String,
        part: Part,
    ) -> Result<Arc<Self>, QrocError> {
        let core = read(async move { life.client()?.contents(&room, &event_id, part).await }).await?;
        Ok(Arc::new(Self { core: Arc::new(core), _live: Live::contents() }))
    }
}

#[uniffi::export]
impl Contents {
    /// Returns its length in bytes. From memory.
    pub fn length(&self) -> u64 {
        self.core.length()
    }

    /// Returns its name, safe to be a file's. From memory.
    pub fn name(&self) -> String {
        self.core.name().to_owned()
    }

    /// Returns its MIME type, by content. From memory.
    pub fn mime(&self) -> String {
        self.core.mime().to_owned()
    }

    /// Says what policy lets be done with it besides looking. A read: it ends with its caller.
    ///
    /// # Errors
    /// As `read_at`.
    pub async fn rights(&self) -> Result<ContentsRights, QrocError> {
        let core = self.core.clone();
        read(async move { core.rights().map(ContentsRights::from) }).await
    }

    /// Reads up to `count` bytes from `offset` on; fewer mean the end. For players: any place costs the same. A read: it
    /// ends with its caller.
    ///
    /// # Errors
    /// `NotFound` once the message was removed, `Locked`, `SignIn`, `Closed`, `Storage`.
    pub async fn read_at(&self, offset: u64, count: u32) -> Result<Vec<u8>, QrocError> {
        let core = self.core.clone();
        read(async move { core.read_at(offset, u64::from(count)).await }).await
    }

    /// Reads all of it. A read: it ends with its caller.
    ///
    /// # Errors
    /// `BadInput` where it is longer than 64 MiB, else as `read_at`.
    pub async fn bytes(&self) -> Result<Vec<u8>, QrocError> {
        let core = self.core.clone();
        read(async move { core.bytes().await }).await
    }

    /// Plays its sound: of a voice message, a recording or a clip, from a time on. It is decoded as fast as it is taken. A
    /// read: it ends with its caller.
    ///
    /// # Errors
    /// As `read_at`.
    pub async fn play(&self, from: Duration) -> Result<Arc<Playback>, QrocError> {
        let core = self.core.clone();
        let from_ms = u64::try_from(from.as_millis()).unwrap_or(u64::MAX);
        let core = read(async move { core.play(from_ms) }).await?;
        Ok(Arc::new(Playback { core: Arc::new(core), _live: Live::contents() }))
    }

    /// Saves it to `to`: a directory, or the file's path. A change: it runs to its end.
    ///
    /// # Errors
    /// `Policy` (`share.save_to_device`), `BadInput` where `to` is taken, `Storage`, else as `read_at`.
    pub async fn save(&self, to: String, overwrite: bool) -> Result<Downloaded, QrocError> {
        let core = self.core.clone();
        change(async move {
            Ok::<_, Error>(Downloaded::from(core.save(PathBuf::from(to).as_path(), overwrite).await?))
        })
        .await
    }

    /// Puts a copy into the directory `to` for another program that is to open it. Whoever asked removes the copy. A
    /// change: it runs to its end.
    ///
    /// # Errors
    /// `Policy` (`share.open_external`), `Storage`, else as `read_at`.
    pub async fn hand_out(&self, to: String) -> Result<Downloaded, QrocError> {
        let core = self.core.clone();
        change(async move { Ok::<_, Error>(Downloaded::from(core.hand_out(PathBuf::from(to).as_path()).await?)) })
            .await
    }
}

/// A file that is played. Freeing it stops it.
#[derive(uniffi::Object)]
pub struct Playback {
    core: Arc<CorePlayback>,
    _live: Live,
}

impl fmt::Debug for Playback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Playback")
    }
}

#[uniffi::export]
impl Playback {
    /// Returns how many samples are a second. From memory.
    pub fn rate(&self) -> u32 {
        PLAYED_RATE
    }

    /// Waits for the next samples, about a fifth of a second: one channel, 16 bits each with a sign, the lower byte first.
    /// `None` after the last ones. To be pulled by one reader. A read: it ends with its caller.
    ///
    /// # Errors
    /// `BadInput` for what has no sound, or is damaged: it has ended then. As `Contents.read_at` else.
    pub async fn next(&self) -> Result<Option<Vec<u8>>, QrocError> {
        let core = self.core.clone();
        let samples = read(async move { core.next().await }).await?;
        Ok(samples.map(|samples| samples.into_iter().flat_map(i16::to_le_bytes).collect()))
    }
}
