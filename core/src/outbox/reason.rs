//! Why an action waits or failed: a code for scripts, words for people, and what the user can do. Stored as one text,
//! code first, so that the words stay those of the moment.

use super::OutboxError;
use crate::crypto::CryptoError;
use crate::net::NetError;
use crate::store::codes::AccountState;

/// Sorts why an action was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The server cannot be reached.
    Network,
    /// The server was asked, and whether it has the action is not known.
    Unanswered,
    /// The server asks to wait.
    RateLimited,
    /// The server says something that no server should say.
    BadServer,
    /// The sign-in is refused or has ended.
    SignedOut,
    /// The account is locked.
    Locked,
    /// The account may only read.
    Suspended,
    /// The account's time is over.
    Expired,
    /// The server takes nothing this large.
    TooLarge,
    /// The server or a rule of the room forbids it.
    Forbidden,
    /// The user is no longer in the room.
    LeftRoom,
    /// The room is not there any more.
    RoomGone,
    /// The room is not encrypted.
    NotEncrypted,
    /// The sealed file is not there any more or cannot be read.
    BadFile,
    /// What it belongs to was not sent.
    Needs,
    /// What it is about does not exist.
    NotFound,
    /// A verified identity in the room has changed.
    IdentityChanged,
    /// A fault of this program.
    Internal,
}

const ALL: [Reason; 18] = [
    Reason::Network,
    Reason::Unanswered,
    Reason::RateLimited,
    Reason::BadServer,
    Reason::SignedOut,
    Reason::Locked,
    Reason::Suspended,
    Reason::Expired,
    Reason::TooLarge,
    Reason::Forbidden,
    Reason::LeftRoom,
    Reason::RoomGone,
    Reason::NotEncrypted,
    Reason::BadFile,
    Reason::Needs,
    Reason::NotFound,
    Reason::IdentityChanged,
    Reason::Internal,
];

impl Reason {
    /// Returns the stable code that scripts match on.
    pub fn code(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Unanswered => "unanswered",
            Self::RateLimited => "rate_limited",
            Self::BadServer => "bad_server",
            Self::SignedOut => "signed_out",
            Self::Locked => "locked",
            Self::Suspended => "suspended",
            Self::Expired => "expired",
            Self::TooLarge => "too_large",
            Self::Forbidden => "forbidden",
            Self::LeftRoom => "left_room",
            Self::RoomGone => "room_gone",
            Self::NotEncrypted => "not_encrypted",
            Self::BadFile => "bad_file",
            Self::Needs => "needs",
            Self::NotFound => "not_found",
            Self::IdentityChanged => "identity_changed",
            Self::Internal => "internal",
        }
    }

    /// Says what the user can do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Network | Self::Unanswered => {
                "it is sent when the network is back; cancel it to give it up"
            }
            Self::RateLimited => "it is sent when the server's time is over",
            Self::BadServer => "it is tried again; tell an administrator if this goes on",
            Self::SignedOut => {
                "sync finds out whether the sign-in has ended; sign in again if it asks for it"
            }
            Self::Locked => "an administrator has locked the account; it is sent once that is undone",
            Self::Suspended => "ask an administrator to lift the suspension, then retry, or cancel",
            Self::Expired => "ask an administrator to renew the account; it is sent then",
            Self::TooLarge => "cancel it and send something smaller",
            Self::Forbidden => "ask a moderator of the room, then retry, or cancel",
            Self::LeftRoom => "join the room again, then retry, or cancel",
            Self::RoomGone => "cancel it; the room does not exist any more",
            Self::NotEncrypted => "cancel it; nothing is sent to a room that is not encrypted",
            Self::BadFile => "cancel it and send the file again",
            Self::Needs => "retry what it belongs to, or cancel",
            Self::NotFound => "cancel it",
            Self::IdentityChanged => "verify them again, or confirm the change, then retry",
            Self::Internal => "retry; if that does not help, cancel",
        }
    }

    /// Says why nothing is sent while the account is in this state.
    pub fn of_account(state: AccountState) -> Option<Self> {
        match state {
            AccountState::Active => None,
            AccountState::SoftSignedOut | AccountState::RefusedOnce => Some(Self::SignedOut),
            AccountState::Locked => Some(Self::Locked),
            AccountState::Suspended => Some(Self::Suspended),
            AccountState::Expired => Some(Self::Expired),
        }
    }

    /// Reads the reason of a stored text.
    pub fn of(stored: &str) -> Option<Self> {
        let (code, _) = stored.split_once(": ")?;
        ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// Writes the reason and its words as one text.
    pub(super) fn with(self, words: impl std::fmt::Display) -> String {
        format!("{}: {words}", self.code())
    }

    /// Sorts an error; `asked` says that the request which makes the action real had begun.
    pub(super) fn sort(error: &OutboxError, asked: bool) -> Self {
        match error {
            OutboxError::Net(error) | OutboxError::Crypto(CryptoError::Net(error)) => net(error, asked),
            OutboxError::Crypto(CryptoError::Changed(_)) => Self::IdentityChanged,
            OutboxError::NotAMember | OutboxError::Removed | OutboxError::Banned => Self::LeftRoom,
            OutboxError::RoomGone => Self::RoomGone,
            OutboxError::NotEncrypted => Self::NotEncrypted,
            OutboxError::NoSuchEvent | OutboxError::NotQueued => Self::NotFound,
            OutboxError::NotYours => Self::Forbidden,
            OutboxError::TooLarge { .. } | OutboxError::UploadTooLarge { .. } => Self::TooLarge,
            OutboxError::Needs => Self::Needs,
            OutboxError::NotSent(_) | OutboxError::Stopped => Self::Needs,
            OutboxError::Store(_) | OutboxError::Crypto(_) | OutboxError::Malformed => Self::Internal,
        }
    }
}

fn net(error: &NetError, asked: bool) -> Reason {
    match error {
        NetError::RateLimited { .. } => Reason::RateLimited,
        NetError::Unauthorized { errcode, .. } if errcode == "M_USER_LOCKED" => Reason::Locked,
        NetError::Unauthorized { .. } => Reason::SignedOut,
        NetError::Refused { errcode, .. } if errcode == "M_USER_SUSPENDED" => Reason::Suspended,
        NetError::Refused { errcode, .. } if errcode == "ORG_MATRIX_EXPIRED_ACCOUNT" => Reason::Expired,
        NetError::Refused { status: 413, .. } => Reason::TooLarge,
        NetError::Refused { errcode, .. } if errcode == "M_TOO_LARGE" => Reason::TooLarge,
        NetError::Refused { status: 404, .. } => Reason::NotFound,
        NetError::Refused { .. } => Reason::Forbidden,
        NetError::Source(_) => Reason::BadFile,
        NetError::Unreachable(_) | NetError::Tls(_) => Reason::Network,
        NetError::Broken(_) | NetError::Timeout | NetError::ServerFault { .. } if asked => Reason::Unanswered,
        NetError::NotMatrix(_) | NetError::TooLarge if asked => Reason::Unanswered,
        NetError::Broken(_) | NetError::Timeout | NetError::ServerFault { .. } => Reason::Network,
        NetError::NotMatrix(_) | NetError::TooLarge => Reason::BadServer,
        NetError::BadAddress(_) | NetError::Request(_) | NetError::TokensNotKept => Reason::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, Reason};

    #[test]
    fn a_reason_is_found_again_in_what_was_stored() {
        for reason in ALL {
            assert_eq!(Reason::of(&reason.with("the server said: no")), Some(reason));
            assert!(!reason.advice().is_empty());
        }
        assert_eq!(Reason::of("the server refused"), None);
    }
}
