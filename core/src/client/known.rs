//! How an action stands that was queued.

use super::{Error, Inner};
use crate::ids::RoomRow;
use crate::model::Sent;
use crate::store::codes::SendState;
use crate::store::{StoreError, outbox};

impl Inner {
    /// Returns how an action stands; what is nowhere any more was sent, or was no event.
    pub(super) fn sent_state(&self, room: RoomRow, txn_id: &str) -> Result<Sent, Error> {
        let sent = Sent { txn_id: txn_id.to_owned(), event_id: None, state: "sent", error: None };
        Ok(self.known(room, txn_id)?.unwrap_or(sent))
    }

    /// Returns how an action stands that was queued under this id; `None` where there was none.
    pub(super) fn known(&self, room: RoomRow, txn_id: &str) -> Result<Option<Sent>, Error> {
        let (queued, event_id) = self.store.read(|connection| {
            Ok::<_, StoreError>((
                outbox::find_txn(connection, room, txn_id)?,
                outbox::sent(connection, room, txn_id)?,
            ))
        })?;
        let txn_id = txn_id.to_owned();
        Ok(match (queued, event_id) {
            (None, None) => None,
            (None, event_id) => Some(Sent { txn_id, event_id, state: "sent", error: None }),
            (Some(queued), _) => {
                let state = if queued.state == SendState::Failed { "failed" } else { "queued" };
                Some(Sent { txn_id, event_id: None, state, error: queued.error })
            }
        })
    }
}
