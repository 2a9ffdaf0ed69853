//! Finding messages: on this device, in a moment, without a network.

use super::{Client, Error};
use crate::model::SearchHit;
use crate::store::codes::MessageKind;
use crate::store::search::{self, Filter};
use crate::store::{StoreError, events};
use crate::text::Query;

/// What is searched for. What is not said does not matter.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Words, beginnings of words (`pat*`) and phrases (`"white van"`); in texts, captions, names of files and of
    /// senders. Case and accents do not matter. May be empty where something else is asked for.
    pub text: String,
    /// Id, alias or name of the room.
    pub room: Option<String>,
    /// User id of the sender.
    pub sender: Option<String>,
    /// Kind of message.
    pub kind: Option<MessageKind>,
    /// Not before, in milliseconds since 1970.
    pub since_ts: Option<i64>,
    /// Before, in milliseconds since 1970.
    pub until_ts: Option<i64>,
}

impl Client {
    /// Finds messages by their words, newest first, in one room or in all.
    ///
    /// # Errors
    /// As `find`.
    pub fn search(&self, text: &str, room: Option<&str>, limit: usize) -> Result<Vec<SearchHit>, Error> {
        self.find(
            &Search { text: text.to_owned(), room: room.map(str::to_owned), ..Search::default() },
            limit,
        )
    }

    /// Finds messages, newest first; what waits to be sent is among them. Where whole words give fewer than `limit`,
    /// beginnings of words count too.
    ///
    /// # Errors
    /// `BadInput` where there is neither a word nor a sender, room or kind; `NoSuchRoom`, `AmbiguousRoom`, `Held`.
    pub fn find(&self, wanted: &Search, limit: usize) -> Result<Vec<SearchHit>, Error> {
        self.gate()?;
        let query = Query::parse(&wanted.text);
        let narrowed = wanted.room.is_some() || wanted.sender.is_some() || wanted.kind.is_some();
        if query.is_empty() && (!narrowed || wanted.text.chars().any(|letter| !letter.is_whitespace())) {
            return Err(Error::BadInput("there is no word to search for".to_owned()));
        }
        let room = wanted.room.as_deref().map(|room| self.inner.resolve(room)).transpose()?;
        let hits = self.inner.store.read(|connection| {
            let sender = match &wanted.sender {
                Some(user_id) => match events::find_user(connection, user_id)? {
                    Some(user) => Some(user),
                    None => return Ok(Vec::new()),
                },
                None => None,
            };
            let filter = Filter {
                room: room.map(|room| room.id),
                sender,
                kind: wanted.kind,
                since: wanted.since_ts,
                until: wanted.until_ts,
            };
            search::find(connection, &query, &filter, limit)
        });
        let hits: Vec<search::Hit> = hits.map_err(|error: StoreError| Error::from(error))?;
        Ok(hits.into_iter().map(view).collect())
    }
}

fn view(hit: search::Hit) -> SearchHit {
    SearchHit {
        room_id: hit.room_id,
        event_id: hit.event_id,
        ts: hit.ts,
        snippet: hit.snippet,
        score: hit.score,
        cursor: hit.row.0.to_string(),
        sender: hit.sender,
        sender_name: hit.sender_name,
        kind: hit.kind.as_str(),
        parts: hit.parts,
    }
}
