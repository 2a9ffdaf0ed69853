//! What a write changed, published to screens after its commit.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ids::RoomRow;

/// Names one thing that a screen may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The account's tokens or state.
    Account,
    /// Order or contents of the room list.
    RoomList,
    /// Name, members, or other facts of a room.
    Room(RoomRow),
    /// Items of a room's timeline.
    Timeline(RoomRow),
    /// What waits to be sent.
    Outbox,
    /// Positions, shares or areas of a room.
    Location(RoomRow),
}

/// Collects the changes of one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    noted: BTreeSet<Change>,
    unneeded: Vec<String>,
}

impl Changes {
    /// Notes one change; noting it twice is noting it once.
    pub fn note(&mut self, change: Change) {
        self.noted.insert(change);
    }

    /// Says whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.noted.is_empty()
    }

    /// Says whether this was changed.
    pub fn contains(&self, change: Change) -> bool {
        self.noted.contains(&change)
    }

    /// Returns what changed, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = Change> + '_ {
        self.noted.iter().copied()
    }

    /// Notes a sealed file that nobody needs once this is committed: it is removed then, whoever waits.
    pub fn drop_file(&mut self, name: String) {
        self.unneeded.push(name);
    }

    pub(super) fn take_unneeded(&mut self) -> Vec<String> {
        std::mem::take(&mut self.unneeded)
    }
}

/// The changes of one commit, shared by all who listen.
pub type Published = Arc<Changes>;
