//! Keys of what was said before we came, from whoever invited us: fetched, opened, taken in. What is noted as awaited is
//! looked for until it came, so that a process that dies begins anew.

use zeroize::Zeroizing;

use super::{Recovery, RecoveryError, Sink};
use crate::crypto::{CryptoError, SentHistory};
use crate::kind::ErrorKind;
use crate::media::{self, SealKey};
use crate::net::{Call, NetError, part};
use crate::store::codes::Membership;
use crate::store::crypto::room;
use crate::store::{Durability, StoreError, rooms};

/// A long room's keys on a slow line.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);
/// Bytes of about 50,000 keys; whoever invites may claim to have more.
const LARGEST: usize = 32 << 20;

impl Recovery {
    /// Notes that this device joins a room, so that keys of its past are taken from whoever invited us. Nothing where
    /// nobody did. Durable when it returns.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn joining(&self, room_id: &str) -> Result<(), RecoveryError> {
        let Some(inviter) = self.store.read(|connection| room::inviter(connection, room_id))? else {
            return Ok(());
        };
        Ok(self.crypto.await_history(room_id, &inviter).await?)
    }

    /// Notes that a room was joined: nobody's invitation is waited for any more.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn joined(&self, room_id: &str) -> Result<(), RecoveryError> {
        let room_id = room_id.to_owned();
        self.store.write(Durability::Normal, move |tx, _| room::forget_inviter(tx, &room_id)).await?;
        self.crypto.look_at_backup();
        Ok(())
    }

    /// Takes what inviters have sent of the rooms that were joined. `came` gets the keys that became known.
    ///
    /// # Errors
    /// The network's, after which it is due still; faults of the store.
    pub async fn take_histories(&self, came: Sink<'_>) -> Result<(), RecoveryError> {
        let _one_at_a_time = self.one_at_a_time.lock().await;
        let mut waits = Ok(());
        for sent in self.crypto.sent_histories().await? {
            let joined = self.store.read(|connection| {
                let room = rooms::find(connection, &sent.room_id)?;
                Ok::<_, StoreError>(room.is_some_and(|room| room.membership == Membership::Join))
            })?;
            if !joined {
                continue;
            }
            match self.open_history(&sent).await {
                Ok(Some(opened)) => came(self.crypto.take_history(&self.http, &sent, &opened).await?),
                Ok(None) => {
                    tracing::warn!("the keys of the past cannot be opened");
                    self.crypto.give_up_history(&sent).await?;
                }
                Err(error) if is_final(&error) => {
                    tracing::warn!(kind = error.kind().code(), "the keys of the past cannot be fetched");
                    self.crypto.give_up_history(&sent).await?;
                }
                // Another inviter's may come all the same.
                Err(error) => waits = Err(CryptoError::from(error).into()),
            }
        }
        waits
    }

    /// Nothing where what is there is not what was sealed.
    async fn open_history(&self, sent: &SentHistory) -> Result<Option<Zeroizing<Vec<u8>>>, NetError> {
        let Ok((server, media_id)) = sent.file.url.parts() else { return Ok(None) };
        let path = format!("/_matrix/client/v1/media/download/{}/{}", part(server.as_str()), part(media_id));
        let sealed = self.http.call_for(Call::get(&path).within(PATIENCE), LARGEST).await?;
        let key = SealKey::from(sent.file.clone());
        let (mut source, mut opened): (&[u8], _) =
            (&sealed, Zeroizing::new(Vec::with_capacity(sealed.len())));
        let proven = media::open(&mut source, &mut *opened, &key, &mut |_| true);
        Ok(proven.is_ok().then_some(opened))
    }
}

/// Whether the server will never give it.
fn is_final(error: &NetError) -> bool {
    let refused = !error.is_transient() && error.kind() != ErrorKind::SignedOut;
    refused || matches!(error, NetError::TooLarge)
}
