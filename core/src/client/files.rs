//! Files on their way out: prepared apart from everything else, then queued like any message.

use std::path::PathBuf;

use super::action::Outcome;
use super::{Error, Inner, Owner};
use crate::attachments::{Job, TreatAs};
use crate::ids::RoomRow;
use crate::media::Trim;
use crate::model::SentFile;
use crate::outbox::Outgoing;
use crate::progress::{Cancel, Progress};

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
        let Wish { path, caption, treat_as, trim } = wish;
        let job = Job { caption, treat_as, trim, ..Job::new(&self.media_dir(), &path)? };
        let (apart, work) = (self.apart.clone(), job.clone());
        let cancel = Cancel::default();
        let _gives_up = GivesUp(cancel.clone());
        let mut progress = Progress::silent(cancel);
        let sealed = tokio::task::spawn_blocking(move || apart.seal(&work, &mut progress))
            .await
            .map_err(|_| Error::BadInput("the file could not be prepared".to_owned()))??;
        let outgoing = Outgoing {
            kind: "m.room.message".to_owned(),
            content: sealed.content,
            txn_id,
            uploads: sealed.uploads,
        };
        let sent = match self.put(owner, room, outgoing).await {
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
}
