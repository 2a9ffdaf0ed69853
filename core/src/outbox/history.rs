//! The keys of what was said before, for whoever is invited: sealed, stored at the server, and told to their devices before
//! the invitation is. A try that is repeated stores them once more, which nobody sees.

use std::sync::PoisonError;

use bytes::Bytes;
use futures_util::stream;
use reqwest::Method;
use serde_json::Value;

use super::OutboxError;
use super::send::Sender;
use super::transmit::ContentUri;
use crate::kind::ErrorKind;
use crate::media;
use crate::net::NetError;
use crate::store::outbox::Queued;
use crate::store::{StoreError, rooms};

/// Tries that are remembered as having given the keys already.
const REMEMBERED: usize = 64;

impl Sender {
    /// Gives a user that is about to be invited the keys of the past, where the room shows it. What the server refuses is
    /// left: the invitation goes out all the same.
    ///
    /// # Errors
    /// The network's, faults of the store: then the invitation waits.
    pub(super) async fn share_history(&self, action: &Queued, user_id: &str) -> Result<(), OutboxError> {
        if self.has_shared(&action.txn_id) {
            return Ok(());
        }
        let shown = self.store.read(|connection| {
            let room = rooms::get(connection, action.room)?;
            let visibility = rooms::state(connection, action.room, "m.room.history_visibility", "")?;
            let visibility: Value =
                visibility.and_then(|content| serde_json::from_str(&content).ok()).unwrap_or_default();
            let visibility = visibility.get("history_visibility").and_then(Value::as_str);
            // Without a word the specification says that the past is shown.
            let shown = matches!(visibility, None | Some("shared" | "world_readable"));
            Ok::<_, StoreError>(room.encrypted && shown)
        })?;
        if shown {
            match self.share(&action.room_id, user_id).await {
                Err(error) if error.net().is_some_and(NetError::is_transient) => return Err(error),
                Err(error) if matches!(error.kind(), ErrorKind::Storage | ErrorKind::SignedOut) => {
                    return Err(error);
                }
                Err(error) => {
                    tracing::warn!(kind = error.kind().code(), "the keys of the past are not given")
                }
                Ok(()) => {}
            }
        }
        let mut shared = self.shared_histories.lock().unwrap_or_else(PoisonError::into_inner);
        shared.retain(|txn_id| *txn_id != action.txn_id);
        shared.push(action.txn_id.clone());
        if shared.len() > REMEMBERED {
            shared.remove(0);
        }
        Ok(())
    }

    fn has_shared(&self, txn_id: &str) -> bool {
        let shared = self.shared_histories.lock().unwrap_or_else(PoisonError::into_inner);
        shared.iter().any(|other| other == txn_id)
    }

    async fn share(&self, room_id: &str, user_id: &str) -> Result<(), OutboxError> {
        let Some(keys) = self.crypto.gather_history(room_id).await? else { return Ok(()) };
        let mut sealed = Vec::with_capacity(keys.len());
        let info = media::seal(&mut keys.as_slice(), &mut sealed, &mut |_| true)
            .map_err(|_| OutboxError::Malformed)?;
        let (length, sealed) = (u64::try_from(sealed.len()).unwrap_or(u64::MAX), Bytes::from(sealed));
        let source = || Ok(stream::iter([Ok::<_, std::io::Error>(sealed.clone())]));
        let answer = self.http.upload(Method::POST, "/_matrix/media/v3/upload", length, source).await?;
        let answer: ContentUri = serde_json::from_slice(&answer)
            .map_err(|_| NetError::NotMatrix("an upload got no address".to_owned()))?;
        let file = info.key.into_file(answer.content_uri.as_str().into());
        Ok(self.crypto.give_history(&self.http, room_id, user_id, file).await?)
    }
}
