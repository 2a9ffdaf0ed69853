//! Files on their way out: prepared apart from everything else, then queued like any message.

use std::path::PathBuf;

use super::action::Outcome;
use super::{Error, Inner, Owner};
use crate::attachments::{Job, TreatAs};
use crate::ids::RoomRow;
use crate::media::{self, Kind, Limits, Trim};
use crate::model::SentFile;
use crate::outbox::{OutboxError, Outgoing};
use crate::policy::{Action, Key, Origin, Policy};
use crate::progress::{Cancel, Progress};
use crate::store::account;

/// A file that is to be sent.
pub(super) struct Wish {
    pub(super) path: PathBuf,
    pub(super) caption: Option<String>,
    pub(super) treat_as: TreatAs,
    pub(super) trim: Option<Trim>,
}

/// Stops the work when whoever waits for it gives up.
struct GivesUp(Cancel);

impl Drop for GivesUp {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Inner {
    /// Prepares and seals a file, and queues the message with it.
    pub(super) async fn queue_file(
        &self,
        owner: &Owner,
        room: RoomRow,
        wish: Wish,
        txn_id: String,
    ) -> Result<Outcome, Error> {
        // The same action again is one action: prepared twice, its second copy would stay.
        if let Some(sent) = self.known(room, &txn_id)? {
            return Ok(Outcome::Sent(sent));
        }
        let Wish { path, caption, treat_as, trim } = wish;
        let policy = self.mdm.policy();
        let (mime, executable) = self.may_send(&policy, path.clone()).await?;
        let limits = limits(&policy);
        let job = Job { caption, treat_as, trim, limits, ..Job::new(&self.media_dir(), &path)? };
        let (apart, work) = (self.apart.clone(), job.clone());
        let cancel = Cancel::default();
        let _gives_up = GivesUp(cancel.clone());
        let mut progress = Progress::silent(cancel);
        let sealed = tokio::task::spawn_blocking(move || apart.seal(&work, &mut progress))
            .await
            .map_err(|_| Error::BadInput("the file could not be prepared".to_owned()))??;
        // What came of it is judged as well: a photo that became another kind, a clip that did not get small enough.
        let executable = executable && sealed.mime == mime;
        if let Err(error) = self.judge_file(&policy, &sealed.mime, executable, sealed.sent_bytes).await {
            job.forget();
            return Err(error);
        }
        let outgoing = Outgoing {
            kind: "m.room.message".to_owned(),
            content: sealed.content,
            txn_id,
            uploads: sealed.uploads,
        };
        let largest = outgoing.uploads.iter().map(|(_, _, bytes)| *bytes).max().unwrap_or(0);
        let put = match self.store.read(account::server)?.max_upload_bytes {
            Some(most) if largest > most => Err(OutboxError::UploadTooLarge { bytes: largest, most }.into()),
            _ => self.put(owner, room, outgoing).await,
        };
        let sent = match put {
            Ok(sent) => sent,
            Err(error) => {
                job.forget();
                return Err(error);
            }
        };
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
        }))
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
        self.judge_file(policy, probed.mime, executable, if shrinks { 0 } else { bytes }).await?;
        Ok((probed.mime, executable))
    }

    async fn judge_file(
        &self,
        policy: &Policy,
        mime: &str,
        executable: bool,
        bytes: u64,
    ) -> Result<(), Error> {
        let wish = Action::SendFile { mime, executable, bytes };
        let decision = policy.decide(wish);
        // A length that nobody set is a limit of this program, told where the file is sealed.
        if decision.key == Key::ShareMaxUploadMb && *decision.source == Origin::Default {
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
