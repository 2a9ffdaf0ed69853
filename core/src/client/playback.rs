//! The sound of a file of a message, played piece by piece: decoded in memory as fast as somebody listens.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};

use super::{Contents, Error};
use crate::attachments::AttachmentError;
use crate::media::{self, HEAD_BYTES, PLAYED_RATE};
use crate::progress::Cancel;

/// Samples of a piece: a fifth of a second.
const PIECE: usize = PLAYED_RATE as usize / 5;
/// Pieces that are decoded ahead.
const AHEAD: usize = 5;

/// A file that is played. Whoever lets it go stops it.
pub struct Playback {
    contents: Arc<Contents>,
    pieces: Mutex<mpsc::Receiver<Result<Vec<i16>, media::Error>>>,
    cancel: Cancel,
}

impl std::fmt::Debug for Playback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Playback")
    }
}

impl Drop for Playback {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Contents {
    /// Plays its sound from `from_ms` milliseconds on. Nothing of it is on the disk. To be called within a runtime.
    ///
    /// # Errors
    /// As `read_at`.
    pub fn play(self: &Arc<Self>, from_ms: u64) -> Result<Playback, Error> {
        let reader = self.plain()?;
        let (say, pieces) = mpsc::channel(AHEAD);
        let cancel = Cancel::default();
        let stops = cancel.clone();
        tokio::task::spawn_blocking(move || {
            let mut piece = Vec::with_capacity(PIECE);
            let mut hand_on = |samples: &[i16]| {
                piece.extend_from_slice(samples);
                if piece.len() < PIECE {
                    return !stops.is_cancelled();
                }
                // Waits for as long as nobody takes the ones before.
                say.blocking_send(Ok(std::mem::replace(&mut piece, Vec::with_capacity(PIECE)))).is_ok()
            };
            let mut head = vec![0; HEAD_BYTES];
            let played = reader.read_at(0, &mut head).and_then(|count| {
                let mime = media::probe(head.get(..count).unwrap_or_default()).mime;
                media::play(reader.plain(), mime, from_ms, stops.clone(), &mut hand_on)
            });
            let last = match played {
                Ok(()) if piece.is_empty() => return,
                Ok(()) => Ok(piece),
                Err(error) => Err(error),
            };
            let _ = say.blocking_send(last);
        });
        Ok(Playback { contents: self.clone(), pieces: Mutex::new(pieces), cancel })
    }
}

impl Playback {
    /// Waits for the next samples: from -32768 to 32767, one channel, `PLAYED_RATE` a second. Nothing after the last ones.
    ///
    /// # Errors
    /// As `Contents::read_at`; what is wrong with the file. It has ended then.
    pub async fn next(&self) -> Result<Option<Vec<i16>>, Error> {
        // What was locked or removed meanwhile is not heard any more.
        self.contents.check()?;
        let piece = self.pieces.lock().await.recv().await;
        let unheard = |error| AttachmentError::File { path: self.contents.name().into(), error };
        Ok(piece.transpose().map_err(unheard)?)
    }
}
