//! The steps from the list that a screen shows to the list that is stored. Steps are applied in order; an index counts
//! in the list as the steps before left it.

use qroc_core::diff::Diff;
use qroc_core::model;
use qroc_core::store::fixes;

use super::count;
use super::item::TimelineItem;
use super::outgoing::QueueItem;
use super::position::Position;
use super::room::RoomSummary;

/// One step of the room list.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
pub enum RoomListDiff {
    /// The whole list is this.
    Reset {
        /// The rooms.
        items: Vec<RoomSummary>,
    },
    /// A room is put in.
    Insert {
        /// Where it stands then.
        index: u32,
        /// The room.
        item: RoomSummary,
    },
    /// A room has changed.
    Set {
        /// Where it stands.
        index: u32,
        /// What it is now.
        item: RoomSummary,
    },
    /// A room is taken out.
    Remove {
        /// Where it stood.
        index: u32,
    },
}

/// One step of a timeline.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
pub enum TimelineDiff {
    /// The whole list is this, oldest first.
    Reset {
        /// The items.
        items: Vec<TimelineItem>,
    },
    /// An item is put in.
    Insert {
        /// Where it stands then.
        index: u32,
        /// The item.
        item: TimelineItem,
    },
    /// An item has changed.
    Set {
        /// Where it stands.
        index: u32,
        /// What it is now.
        item: TimelineItem,
    },
    /// An item is taken out.
    Remove {
        /// Where it stood.
        index: u32,
    },
}

/// One step of the queue.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
pub enum QueueDiff {
    /// The whole list is this, oldest first.
    Reset {
        /// The actions.
        items: Vec<QueueItem>,
    },
    /// An action is put in.
    Insert {
        /// Where it stands then.
        index: u32,
        /// The action.
        item: QueueItem,
    },
    /// An action has changed.
    Set {
        /// Where it stands.
        index: u32,
        /// What it is now.
        item: QueueItem,
    },
    /// An action is taken out.
    Remove {
        /// Where it stood.
        index: u32,
    },
}

/// One step of who is where.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
pub enum PositionDiff {
    /// The whole list is this, newest first.
    Reset {
        /// The positions.
        items: Vec<Position>,
    },
    /// A position is put in.
    Insert {
        /// Where it stands then.
        index: u32,
        /// The position.
        item: Position,
    },
    /// A position has changed.
    Set {
        /// Where it stands.
        index: u32,
        /// What it is now.
        item: Position,
    },
    /// A position is taken out.
    Remove {
        /// Where it stood.
        index: u32,
    },
}

macro_rules! from_core {
    ($mirror:ident, $item:ty) => {
        impl From<Diff<$item>> for $mirror {
            fn from(step: Diff<$item>) -> Self {
                match step {
                    Diff::Reset { items } => {
                        Self::Reset { items: items.into_iter().map(Into::into).collect() }
                    }
                    Diff::Insert { index, item } => Self::Insert { index: count(index), item: item.into() },
                    Diff::Set { index, item } => Self::Set { index: count(index), item: item.into() },
                    Diff::Remove { index } => Self::Remove { index: count(index) },
                }
            }
        }
    };
}

from_core!(RoomListDiff, model::Room);
from_core!(TimelineDiff, model::Item);
from_core!(QueueDiff, model::QueueItem);
from_core!(PositionDiff, fixes::Position);
