//! Why something is shared, how it is classified and with whom: what policy demands before anything leaves.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Action, Client, Error, Inner, Wish};
use crate::ids::RoomRow;
use crate::model::Said;
use crate::policy::level_of;
use crate::store::rooms;

/// The room's own purpose and classification: readable by the server, so words of a list alone.
const PURPOSE: &str = "eu.qroc.purpose";
const CLASSIFICATION: &str = "eu.qroc.classification";

impl Action {
    /// Says something of what is sent.
    #[must_use]
    pub fn saying(self, said: Said) -> Self {
        if said.is_empty() { self } else { Self::Stated { said, what: Box::new(self) } }
    }

    /// Takes apart what is said and what is done.
    pub(super) fn apart(self) -> (Said, Self) {
        match self {
            Self::Stated { said, what } => (said, what.apart().1),
            other => (Said::default(), other),
        }
    }
}

impl Client {
    /// Says what a room is for, for everything that is shared there. The server can read it.
    ///
    /// # Errors
    /// `Denied` by `share.purposes`; `NoSuchRoom`, the server's refusal, the network's.
    pub async fn set_room_purpose(&self, room: &str, purpose: &str) -> Result<(), Error> {
        self.gate()?;
        self.inner.permit(Wish::StatePurpose { purpose }).await?;
        self.say_of_room(room, PURPOSE, json!({ "v": 1, "purpose": purpose })).await
    }

    /// Says how everything that is shared in a room is classified. The server can read it.
    ///
    /// # Errors
    /// `Denied` by `share.classification_ceiling`, `BadInput` for what is no level; `NoSuchRoom`, the server's refusal,
    /// the network's.
    pub async fn classify_room(&self, room: &str, level: &str) -> Result<(), Error> {
        self.gate()?;
        check_level(level)?;
        self.inner.permit(Wish::Classify { level }).await?;
        self.say_of_room(room, CLASSIFICATION, json!({ "v": 1, "classification": level })).await
    }

    async fn say_of_room(&self, room: &str, kind: &str, content: Value) -> Result<(), Error> {
        let room = self.inner.resolve(room)?;
        self.inner.set_state(self.owner()?, &room, kind, "", &content).await?;
        Ok(())
    }
}

impl Inner {
    /// Asks whether something may be shared with a room, with what is said of it.
    pub(super) async fn may_share(&self, room: RoomRow, said: &Said) -> Result<(), Error> {
        if said.is_empty() && !self.mdm.policy().asks_of_shares() {
            return Ok(());
        }
        let said_of_room = |kind: &str, field: &str| {
            let content = self.store.read(|connection| rooms::state(connection, room, kind, ""))?;
            let content: Value =
                content.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
            Ok::<_, Error>(content.get(field).and_then(Value::as_str).map(str::to_owned))
        };
        let known = said_of_room(PURPOSE, "purpose")?.is_some();
        let of_room = said_of_room(CLASSIFICATION, "classification")?;
        let foreign = self.other_networks(room)?;
        let (stated, is_foreign) = (said.purpose.is_some(), !foreign.is_empty());
        self.permit(Wish::Share { foreign: is_foreign, stated, known }).await?;
        if let Some(purpose) = &said.purpose {
            self.permit(Wish::StatePurpose { purpose }).await?;
        }
        if let Some(level) = &said.classification {
            check_level(level)?;
        }
        for level in said.classification.iter().chain(&of_room) {
            self.permit(Wish::Classify { level }).await?;
        }
        for server in &foreign {
            self.permit(Wish::Release { server }).await?;
        }
        Ok(())
    }

    /// The servers of those in a room who are of another network.
    pub(super) fn other_networks(&self, room: RoomRow) -> Result<BTreeSet<String>, Error> {
        let server =
            |user: &str| user.split_once(':').map(|(_, server)| server.to_owned()).unwrap_or_default();
        let own = server(&self.account.user_id);
        let members = self.store.read(|connection| rooms::members(connection, room))?;
        let mut servers: BTreeSet<String> = members.iter().map(|member| server(&member.user_id)).collect();
        servers.remove(&own);
        Ok(servers)
    }
}

/// The higher of two classifications; what is no level is lower than any.
pub(super) fn higher(one: Option<String>, other: Option<String>) -> Option<String> {
    let level = |said: &Option<String>| said.as_deref().and_then(level_of);
    if level(&one) >= level(&other) { one } else { other }
}

fn check_level(level: &str) -> Result<(), Error> {
    match level_of(level) {
        Some(_) => Ok(()),
        None => Err(Error::BadInput(format!("{level:?} is no classification"))),
    }
}
