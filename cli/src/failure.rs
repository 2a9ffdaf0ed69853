//! How a command ends other than well: the words for a person, the code for a script, the exit status.

use std::io;

use qroc_core::attachments::AttachmentError;
use qroc_core::client;
use qroc_core::kind::ErrorKind;
use qroc_core::ports::key_vault::VaultError;

/// Ends a command.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something to tell.
    Said {
        /// What a script matches on.
        kind: ErrorKind,
        /// One line for a person, with what to do where that is known.
        message: String,
    },
    /// The action is durable but the server does not have it yet; what is on standard output says so already.
    Waiting(String),
    /// Nobody reads standard output any more, which is no fault.
    ReaderGone,
}

impl Failure {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::Said { kind, message: message.into() }
    }

    /// The words of the call are wrong: status 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadInput, message)
    }

    pub(crate) fn interrupted() -> Self {
        Self::new(ErrorKind::Cancelled, "interrupted")
    }

    pub(crate) fn kind(&self) -> Option<ErrorKind> {
        match self {
            Self::Said { kind, .. } => Some(*kind),
            Self::Waiting(_) | Self::ReaderGone => None,
        }
    }

    /// Returns the exit status of `cli.md`.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::Said { kind, .. } => status(*kind),
            Self::Waiting(_) => status(ErrorKind::Network),
            Self::ReaderGone => 0,
        }
    }
}

/// Status 3 belongs to policy, which this version does not have: what is forbidden here, a room or server refused.
pub(crate) fn status(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Storage
        | ErrorKind::BadServer
        | ErrorKind::Internal => 1,
        ErrorKind::BadInput => 2,
        ErrorKind::Network | ErrorKind::RateLimited => 4,
        ErrorKind::SignedOut => 5,
        ErrorKind::BadFile => 6,
        ErrorKind::InUse => 7,
        ErrorKind::Cancelled => 130,
    }
}

/// Says what to do about an error, where the error itself does not.
fn advice(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::SignedOut => Some("`qroc login SERVER USER` signs in"),
        ErrorKind::InUse => Some("stop the running `qroc sync` or application, or try again"),
        ErrorKind::Network => Some("check the connection and try again"),
        ErrorKind::RateLimited => Some("try again later"),
        ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::BadInput
        | ErrorKind::BadFile
        | ErrorKind::Storage
        | ErrorKind::BadServer
        | ErrorKind::Cancelled
        | ErrorKind::Internal => None,
    }
}

impl From<client::Error> for Failure {
    fn from(error: client::Error) -> Self {
        let kind = error.kind();
        let mut message = error.to_string();
        if let Some(advice) = advice(kind)
            && !message.contains('`')
        {
            message = format!("{message}; {advice}");
        }
        Self::Said { kind, message }
    }
}

impl From<AttachmentError> for Failure {
    fn from(error: AttachmentError) -> Self {
        Self::Said { kind: error.kind(), message: error.to_string() }
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        let kind = match &error {
            VaultError::UserPresenceNeeded
            | VaultError::LockedUntilFirstUnlock
            | VaultError::Gone(_)
            | VaultError::WrongSecret
            | VaultError::Unavailable { .. } => ErrorKind::SignedOut,
            VaultError::Exposed { .. } | VaultError::Malformed(_) => ErrorKind::BadFile,
        };
        Self::Said { kind, message: error.to_string() }
    }
}

/// What standard output said.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ReaderGone;
        }
        Self::new(ErrorKind::Internal, format!("cannot write to standard output: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_the_status_that_scripts_know() {
        let expected = [
            (ErrorKind::Network, 4),
            (ErrorKind::RateLimited, 4),
            (ErrorKind::SignedOut, 5),
            (ErrorKind::Forbidden, 1),
            (ErrorKind::NotFound, 1),
            (ErrorKind::BadInput, 2),
            (ErrorKind::BadFile, 6),
            (ErrorKind::InUse, 7),
            (ErrorKind::Storage, 1),
            (ErrorKind::BadServer, 1),
            (ErrorKind::Cancelled, 130),
            (ErrorKind::Internal, 1),
        ];
        for (kind, number) in expected {
            assert_eq!(Failure::new(kind, "x").status(), number, "{kind:?}");
        }
        assert_eq!(Failure::Waiting("no network".to_owned()).status(), 4);
    }

    #[test]
    fn a_closed_pipe_is_no_fault_and_a_full_disk_is() {
        let closed = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(closed.status(), 0);
        assert_eq!(Failure::from(io::Error::from(io::ErrorKind::StorageFull)).status(), 1);
    }
}
