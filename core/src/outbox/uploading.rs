//! How far the files of an action are on their way up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::sync::watch;

use crate::ids::OutboxRow;
use crate::progress::{Cancel, Progress, Report};
use crate::store::outbox::Upload;

/// How far uploads are, by their actions; what is not under way is not there.
pub type Uploads = BTreeMap<OutboxRow, Report>;

/// Tells how far the files of one action are, for as long as it is kept.
#[derive(Clone, Debug)]
pub(super) struct Uploading {
    told: Arc<Told>,
    /// Bytes of its files that are there already.
    before: u64,
    total: u64,
}

#[derive(Debug)]
struct Told {
    action: OutboxRow,
    all: watch::Sender<Uploads>,
    progress: Mutex<Progress>,
}

impl Drop for Told {
    fn drop(&mut self) {
        self.all.send_modify(|all| {
            all.remove(&self.action);
        });
    }
}

impl Uploading {
    pub(super) fn begin(all: &watch::Sender<Uploads>, action: OutboxRow, uploads: &[Upload]) -> Self {
        let tell = all.clone();
        let progress = Progress::new(Cancel::default(), move |report| {
            tell.send_modify(|all| {
                all.insert(action, report);
            });
        });
        let total = uploads.iter().map(length).fold(0, u64::saturating_add);
        let told = Told { action, all: all.clone(), progress: Mutex::new(progress) };
        let this = Self { told: Arc::new(told), before: 0, total };
        this.step(0);
        this
    }

    /// Notes that a file is there.
    pub(super) fn done(&mut self, upload: &Upload) {
        self.before = self.before.saturating_add(length(upload));
        self.step(0);
    }

    /// Counts the pieces of the file that is next.
    pub(super) fn count<S>(&self, pieces: S) -> impl Stream<Item = std::io::Result<Bytes>> + use<S>
    where
        S: Stream<Item = std::io::Result<Bytes>>,
    {
        let (this, mut read) = (self.clone(), 0_u64);
        pieces.inspect(move |piece| {
            let length = piece.as_ref().map_or(0, |piece| u64::try_from(piece.len()).unwrap_or(0));
            read = read.saturating_add(length);
            this.step(read);
        })
    }

    fn step(&self, of_this: u64) {
        let done = self.before.saturating_add(of_this);
        self.told.progress.lock().unwrap_or_else(PoisonError::into_inner).step(done, self.total);
    }
}

fn length(upload: &Upload) -> u64 {
    u64::try_from(upload.bytes).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::{StreamExt as _, stream};
    use tokio::sync::watch;

    use super::Uploading;
    use crate::ids::OutboxRow;
    use crate::store::outbox::Upload;

    fn upload(bytes: i64) -> Upload {
        Upload { id: 1, pointer: String::new(), file: String::new(), bytes, mxc: None, done: false }
    }

    #[tokio::test]
    async fn the_files_of_an_action_are_counted_together_and_forgotten_with_it() {
        let (all, seen) = watch::channel(super::Uploads::new());
        let uploads = [upload(10), upload(90)];
        let mut telling = Uploading::begin(&all, OutboxRow(7), &uploads);
        let report = |seen: &watch::Receiver<super::Uploads>| seen.borrow().get(&OutboxRow(7)).copied();
        assert_eq!(report(&seen).map(|now| (now.done, now.total)), Some((0, 100)));
        telling.done(&uploads[0]);
        tokio::time::sleep(std::time::Duration::from_millis(110)).await;
        let pieces = stream::iter([Ok(Bytes::from_static(&[0; 40])), Ok(Bytes::from_static(&[0; 50]))]);
        let mut counted = Box::pin(telling.count(pieces));
        assert!(counted.next().await.is_some());
        assert_eq!(report(&seen).map(|now| now.done), Some(50));
        drop(counted);
        drop(telling);
        assert_eq!(report(&seen), None);
    }
}
