//! What an action concerns, whichever it is: where, with which file, under which id, and whether others get something.

use std::path::PathBuf;

use super::{Action, Talk};
use crate::outbox::Verb;

impl Action {
    pub(super) fn room(&self) -> &str {
        match self {
            Self::Send { room, .. }
            | Self::Edit { room, .. }
            | Self::React { room, .. }
            | Self::Redact { room, .. }
            | Self::Read { room, .. }
            | Self::SendFile { room, .. }
            | Self::Membership { room, .. }
            | Self::Location { room, .. }
            | Self::Area { room, .. }
            | Self::Talk { room, .. }
            | Self::StopSharing { room, .. } => room,
            Self::Stated { what, .. } => what.room(),
        }
    }

    pub(super) fn path(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::SendFile { path, .. } => Some(path),
            Self::Stated { what, .. } => what.path(),
            _ => None,
        }
    }

    /// Says whether others get something by it.
    pub(super) fn is_sending(&self) -> bool {
        match self {
            Self::Talk { talk, .. } => talk.is_sending(),
            Self::Membership { verb, .. } => *verb != Verb::Leave,
            Self::Stated { what, .. } => what.is_sending(),
            other => !matches!(other, Self::Read { .. } | Self::StopSharing { .. }),
        }
    }

    pub(super) fn txn(&mut self) -> &mut Option<String> {
        match self {
            Self::Send { txn, .. }
            | Self::Edit { txn, .. }
            | Self::React { txn, .. }
            | Self::Redact { txn, .. }
            | Self::Read { txn, .. }
            | Self::SendFile { txn, .. }
            | Self::Membership { txn, .. }
            | Self::Location { txn, .. }
            | Self::Area { txn, .. }
            | Self::Talk { txn, .. }
            | Self::StopSharing { txn, .. } => txn,
            Self::Stated { what, .. } => what.txn(),
        }
    }

    /// Says whether something that came is sent on.
    pub(super) fn is_forward(&self) -> bool {
        matches!(self, Self::Talk { talk: Talk::Forward { .. }, .. })
    }

    /// Says whether contents leave the device with it.
    pub(super) fn is_share(&self) -> bool {
        match self {
            Self::Send { .. } | Self::SendFile { .. } | Self::Location { .. } | Self::Stated { .. } => true,
            Self::Talk { talk, .. } => matches!(talk, Talk::Say(_) | Talk::Forward { .. }),
            _ => false,
        }
    }
}
