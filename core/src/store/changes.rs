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
pub struct Changes(BTreeSet<Change>);

impl Changes {
    /// Notes one change; noting it twice is noting it once.
    pub fn note(&mut self, change: Change) {
        self.0.insert(change);
    }

    /// Says whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says whether this was changed.
    pub fn contains(&self, change: Change) -> bool {
        self.0.contains(&change)
    }

    /// Returns what changed, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = Change> + '_ {
        self.0.iter().copied()
    }
}

/// The changes of one commit, shared by all who listen.
pub type Published = Arc<Changes>;
