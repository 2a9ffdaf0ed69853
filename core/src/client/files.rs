//! Files on their way out: prepared apart from everything else, then queued like any message.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::action::Outcome;
use super::{Error, Inner, Owner};
use crate::attachments::original::{self, ORIGINAL, Said};
use crate::attachments::{Job, Sealed, TreatAs};
use crate::ids::RoomRow;
use crate::media::{self, Kind, Limits, Trim};
use crate::model::{self, Downloaded, Sent, SentFile};
use crate::outbox::{OutboxError, Outgoing};
use crate::policy::{Action, Key, Origin, Policy};
use crate::progress::Progress;
use crate::store::{account, events, rooms};

/// A file that is to be sent.
pub(super) struct Wish {
    pub(super) path: PathBuf,
    pub(super) caption: Option<String>,
    pub(super) treat_as: TreatAs,
    pub(super) trim: Option<Trim>,
    pub(super) original: bool,
    pub(super) capture_info: bool,
    pub(super) said: model::Said,
}

impl Inner {
    /// Prepares and seals a file, and queues the message with it.
    pub(super) async fn queue_file(
        &self,
        owner: &Owner,
        room: RoomRow,
        wish: Wish,
        txn_id: String,
        progress: Progress,
    ) -> Result<Outcome, Error> {
        let Wish { path, caption, treat_as, trim, original, capture_info, said } = wish;
        let policy = self.mdm.policy();
        let (original, capture_info) = goes_along(&policy, original, capture_info);
        // The same action again is one action: prepared twice, its second copy would stay.
        if let Some(sent) = self.known(room, &txn_id)?
            && (!original || self.known(room, &original_txn(&txn_id))?.is_some())
        {
            return Ok(Outcome::Sent(sent));
        }
        let (mime, executable) = self.may_send(&policy, path.clone()).await?;
        let limits = limits(&policy);
        let job = Job {
            caption,
            treat_as,
            trim,
            original,
            capture_info,
            limits,
            ..Job::new(&self.media_dir(), &path)?
        };
        let sealed = self.prepare(&job, progress).await;
        if let Err(Error::Attachment(error)) = &sealed
            && let Some(seconds) = error.too_long_s()
        {
            // Where a source bounds it, the key is told, not the program's own limit.
            self.judge_file(&policy, Action::SendClip { voice: treat_as == TreatAs::Voice, seconds }).await?;
        }
        let sealed = sealed?;
        // What came of it is judged as well: a photo that became another kind, a clip that did not get small enough.
        let executable = executable && sealed.mime == mime;
        let bytes = if sealed.original.is_some() { sealed.source_bytes } else { sealed.sent_bytes };
        let wish = Action::SendFile { mime: &sealed.mime, executable, bytes };
        if let Err(error) = self.judge_file(&policy, wish).await {
            job.forget();
            return Err(error);
        }
        let queued = self.queue_sealed(owner, room, &sealed, &said, &txn_id).await;
        let sent = queued.inspect_err(|_| job.forget())?;
        // From here on the message stands: its sealed files are wanted, whatever becomes of the original.
        if let Some(original) = &sealed.original {
            let bytes = Outgoing {
                kind: ORIGINAL.to_owned(),
                content: original.content(),
                txn_id: original_txn(&txn_id),
                uploads: original.uploads.clone(),
            };
            self.put(owner, room, bytes).await?;
        }
        Ok(Outcome::File(SentFile {
            sent,
            mime: sealed.mime,
            source_bytes: sealed.source_bytes,
            sent_bytes: sealed.sent_bytes,
            thumbnail_bytes: sealed.thumbnail_bytes,
            sha256: sealed.sha256,
            blurhash: sealed.blurhash,
            width: sealed.size.map(|(width, _)| width),
            height: sealed.size.map(|(_, height)| height),
            duration_ms: sealed.duration_ms,
            metadata_left: sealed.metadata_left,
        }))
    }

    /// Queues the message with what was prepared, and what is said of the unchanged file.
    async fn queue_sealed(
        &self,
        owner: &Owner,
        room: RoomRow,
        sealed: &Sealed,
        said: &model::Said,
        txn_id: &str,
    ) -> Result<Sent, Error> {
        let uploads =
            sealed.uploads.iter().chain(sealed.original.iter().flat_map(|original| &original.uploads));
        let largest = uploads.map(|(_, _, bytes)| *bytes).max().unwrap_or(0);
        if let Some(most) = self.store.read(account::server)?.max_upload_bytes.filter(|most| largest > *most)
        {
            return Err(OutboxError::UploadTooLarge { bytes: largest, most }.into());
        }
        let mut content = sealed.content.clone();
        said.seal(&mut content);
        if let (Some(original), Some(content)) = (&sealed.original, content.as_object_mut()) {
            let room_id = self.store.read(|connection| rooms::get(connection, room))?.room_id;
            let account::Account { user_id, device_id, .. } = &self.account;
            let mut statement = original.said_by(user_id, device_id, &room_id, self.clock.now_ms());
            let signatures = owner.crypto.sign(&original::signed_text(&statement)?).await?;
            if let Some(statement) = statement.as_object_mut() {
                statement.insert("signatures".to_owned(), signatures);
            }
            content.insert(ORIGINAL.to_owned(), statement);
        }
        let message = Outgoing {
            kind: "m.room.message".to_owned(),
            content,
            txn_id: txn_id.to_owned(),
            uploads: sealed.uploads.clone(),
        };
        self.put(owner, room, message).await
    }

    /// Fetches the unchanged file of a message, in parts, and proves that it is the one that was signed.
    pub(super) async fn fetch_original(
        &self,
        owner: &Owner,
        room: RoomRow,
        content: &Value,
        to: &Path,
        overwrite: bool,
    ) -> Result<Option<Downloaded>, Error> {
        let Some((said, statement)) = Said::in_content(content) else { return Ok(None) };
        let kept = self
            .store
            .read(|connection| events::contents_of(connection, room, &said.user_id, ORIGINAL))?
            .into_iter()
            .filter_map(|content| serde_json::from_str::<Value>(&content).ok())
            .find(|content| content.get("sha256").and_then(Value::as_str) == Some(&said.sha256));
        let Some(kept) = kept else { return Ok(None) };
        let text = |key: &str| statement.get(key).and_then(Value::as_str);
        let mime = text("mimetype").unwrap_or("application/octet-stream").to_owned();
        let dest = if to.is_dir() {
            to.join(media::safe_name(text("name").unwrap_or("original"), &mime))
        } else {
            to.to_owned()
        };
        if !overwrite && dest.symlink_metadata().is_ok() {
            let error = media::Error::Exists;
            return Err(crate::attachments::AttachmentError::File { path: dest, error }.into());
        }
        let signature = self.worth(owner, &said, statement, room).await?;
        // Beside where it goes: whoever chose that place may have the plain file there, and nowhere else.
        let beside = dest.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let work = tempfile::Builder::new().prefix(".qroc-").tempdir_in(beside).map_err(|error| {
            crate::attachments::AttachmentError::File { path: dest.clone(), error: error.into() }
        })?;
        let mut parts = Vec::new();
        for (index, part) in kept.get("parts").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let path = work.path().join(index.to_string());
            crate::attachments::fetch(&owner.http, part, &path, false).await?;
            parts.push(path);
        }
        let (join_to, joined) = (dest.clone(), said.clone());
        tokio::task::spawn_blocking(move || original::join(&parts, &joined, &join_to, overwrite))
            .await
            .map_err(|_| Error::BadInput("the file could not be put together".to_owned()))??;
        drop(work);
        Ok(Some(Downloaded {
            path: dest.display().to_string(),
            bytes: said.size,
            mime,
            sha256: said.sha256.clone(),
            original: true,
            signed_by: Some(format!("{} {}", said.user_id, said.device_id)),
            signature: Some(signature),
        }))
    }

    /// Says what the signature of a statement is worth.
    async fn worth(
        &self,
        owner: &Owner,
        said: &Said,
        statement: &Value,
        room: RoomRow,
    ) -> Result<&'static str, Error> {
        let room_id = self.store.read(|connection| rooms::get(connection, room))?.room_id;
        let Some(signature) = said.signature().filter(|_| said.room_id == room_id) else {
            return Ok("invalid");
        };
        let text = original::signed_text(statement)?;
        let signed = owner.crypto.is_signed(&text, &said.user_id, &said.device_id, signature).await?;
        Ok(match signed {
            Some(true) => "valid",
            Some(false) => "invalid",
            None => "unknown_device",
        })
    }

    /// Asks the gate about a file as it lies there: about its kind, and about its length where it goes as it is.
    /// Returns its kind.
    async fn may_send(&self, policy: &Policy, path: PathBuf) -> Result<(&'static str, bool), Error> {
        let looked = tokio::task::spawn_blocking(move || {
            let mut file = media::open_regular(&path)?;
            Ok::<_, media::Error>((media::probe_reader(&mut file)?, file.metadata()?.len()))
        });
        // What cannot be looked at is told by whoever prepares it, with its path.
        let Ok(Ok((probed, bytes))) = looked.await else { return Ok(("", false)) };
        let executable = probed.kind == Kind::Executable;
        let shrinks = matches!(probed.kind, Kind::Image(_) | Kind::Video);
        let bytes = if shrinks { 0 } else { bytes };
        self.judge_file(policy, Action::SendFile { mime: probed.mime, executable, bytes }).await?;
        Ok((probed.mime, executable))
    }

    async fn judge_file(&self, policy: &Policy, wish: Action<'_>) -> Result<(), Error> {
        let decision = policy.decide(wish);
        // A length that nobody set is a limit of this program, told where the file is sealed.
        let length = [Key::ShareMaxUploadMb, Key::MediaVideoMaxS, Key::MediaVoiceMaxS];
        if length.contains(&decision.key) && *decision.source == Origin::Default {
            return Ok(());
        }
        match decision.permit(wish) {
            Ok(()) => Ok(()),
            Err(denied) => {
                self.note_denied(&denied).await;
                Err(denied.into())
            }
        }
    }
}

/// What policy says about preparing files. A length that a source set is judged by the gate, which names it.
fn limits(policy: &Policy) -> Limits {
    let (rules, usual) = (policy.photo(), Limits::default());
    let clips = policy.clips();
    let (most, is_set) = policy.max_upload_bytes();
    Limits {
        max_upload_bytes: if is_set { u64::MAX } else { most.unwrap_or(usual.max_upload_bytes) },
        image_max_px: rules.max_px.unwrap_or(usual.image_max_px),
        image_quality: rules.quality.unwrap_or(usual.image_quality),
        video_max_height: clips.max_height.unwrap_or(usual.video_max_height),
        video_kbps: clips.kbps.unwrap_or(usual.video_kbps),
        video_max_s: clips.max_s.unwrap_or(usual.video_max_s),
        voice_max_s: clips.voice_max_s.unwrap_or(usual.voice_max_s),
        strip_metadata: rules.strip_metadata,
        ..usual
    }
}

/// What goes along besides the prepared file: by the sender's choice, as far as policy leaves one.
fn goes_along(policy: &Policy, original: bool, capture_info: bool) -> (bool, bool) {
    let (keeps_original, capture) = policy.evidence();
    let capture_info = match capture {
        "off" => false,
        "always" => true,
        _ => capture_info,
    };
    (original || keeps_original, capture_info)
}

/// The transaction of the unchanged file that follows a message.
pub(super) fn original_txn(txn_id: &str) -> String {
    format!("{txn_id}.original")
}
