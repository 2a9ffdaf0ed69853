//! How a command ends other than well: the words for a person, the code for a script, the exit status.

use std::io;

use qroc_core::attachments::AttachmentError;
use qroc_core::client;
use qroc_core::kind::ErrorKind;
use qroc_core::location::LocationError;
use qroc_core::media;
use qroc_core::outbox::OutboxError;
use qroc_core::policy::Denied;
use qroc_core::ports::key_vault::VaultError;
use qroc_core::recovery::RecoveryError;
use qroc_core::store::key_file::KeyFileError;

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
    /// Policy forbids it: status 3.
    Denied(Box<Denied>),
    /// A policy file with mistakes in it, one of them told: status 1.
    Faulty(String),
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
            Self::Denied(_) => Some(ErrorKind::Policy),
            Self::Faulty(_) | Self::Waiting(_) | Self::ReaderGone => None,
        }
    }

    /// Returns the exit status of `cli.md`.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::Said { kind, .. } => status(*kind),
            Self::Denied(_) => status(ErrorKind::Policy),
            Self::Faulty(_) => 1,
            Self::Waiting(_) => status(ErrorKind::Network),
            Self::ReaderGone => 0,
        }
    }
}

pub(crate) fn status(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Storage
        | ErrorKind::BadServer
        | ErrorKind::Internal => 1,
        ErrorKind::BadInput => 2,
        ErrorKind::Policy => 3,
        ErrorKind::Network | ErrorKind::RateLimited => 4,
        ErrorKind::SignedOut => 5,
        ErrorKind::BadFile => 6,
        ErrorKind::InUse => 7,
        ErrorKind::Cancelled => 130,
    }
}

/// Says what to do about an error, where the error itself does not.
fn advice(error: &client::Error) -> Option<&'static str> {
    use client::Error;
    match error {
        Error::NoSuchRoom(_) => Some("`qroc rooms` lists them"),
        Error::NoSuchEvent(_) => Some("`qroc timeline ROOM` shows them"),
        Error::Owner { kind: ErrorKind::NotFound, .. } => {
            Some("`qroc rooms` lists the rooms, `qroc timeline ROOM` the messages")
        }
        Error::AmbiguousRoom { .. } => Some("use the id"),
        Error::Outbox(OutboxError::NotQueued | OutboxError::NotSent(_) | OutboxError::Needs) => {
            Some("`qroc queue` shows what waits")
        }
        Error::Recovery(RecoveryError::Exists) => Some("--replace does it all the same"),
        Error::Recovery(RecoveryError::NotVerified) => Some("`qroc verify`, `qroc recovery restore`"),
        Error::Recovery(RecoveryError::NoRecovery) => {
            Some("`qroc recovery create` on a verified device makes one")
        }
        Error::Location(LocationError::NotSharing) => Some("`qroc location share ROOM` begins"),
        Error::Outbox(OutboxError::NotAMember) => Some("`qroc room join ROOM` joins it"),
        Error::Attachment(error) => about_file(error),
        Error::KeyFile(KeyFileError::Missing) => Some("`qroc login SERVER USER` signs in"),
        other => match other.kind() {
            ErrorKind::InUse => Some("stop the running `qroc sync` or application, or try again"),
            ErrorKind::Network => Some("check the connection and try again"),
            ErrorKind::RateLimited => Some("try again later"),
            _ => None,
        },
    }
}

fn about_file(error: &AttachmentError) -> Option<&'static str> {
    match error {
        AttachmentError::File { error: media::Error::Exists, .. } => Some("--force replaces it"),
        _ => None,
    }
}

fn with_advice(message: String, advice: Option<&str>) -> String {
    match advice {
        Some(advice) if !message.contains('`') => format!("{message}; {advice}"),
        Some(_) | None => message,
    }
}

impl From<client::Error> for Failure {
    fn from(error: client::Error) -> Self {
        if let Some(denied) = error.denied() {
            return Self::Denied(Box::new(denied.clone()));
        }
        let message = with_advice(error.to_string(), advice(&error));
        Self::Said { kind: error.kind(), message }
    }
}

impl From<AttachmentError> for Failure {
    fn from(error: AttachmentError) -> Self {
        if let AttachmentError::Denied(denied) = error {
            return Self::Denied(denied);
        }
        Self::Said { kind: error.kind(), message: with_advice(error.to_string(), about_file(&error)) }
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
    use qroc_core::net::NetError;

    use super::*;

    #[test]
    fn every_kind_has_the_status_that_scripts_know() {
        let expected = [
            (ErrorKind::Network, 4),
            (ErrorKind::RateLimited, 4),
            (ErrorKind::SignedOut, 5),
            (ErrorKind::Forbidden, 1),
            (ErrorKind::Policy, 3),
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
    fn an_error_says_what_to_do() {
        let told = |error: client::Error| match Failure::from(error) {
            Failure::Said { kind, message } => (kind, message),
            other => panic!("{other:?}"),
        };
        let (kind, message) = told(client::Error::NoSuchRoom("x".to_owned()));
        assert_eq!(kind, ErrorKind::NotFound);
        assert_eq!(message, "there is no room called \"x\"; `qroc rooms` lists them");
        let (kind, message) = told(client::Error::Handover("it went away".to_owned()));
        assert_eq!(kind, ErrorKind::InUse);
        assert!(message.contains("`qroc sync`"), "{message}");
    }

    #[test]
    fn a_refusal_is_status_1_and_policy_status_3() {
        let refused = NetError::Refused {
            status: 400,
            errcode: "M_UNKNOWN".to_owned(),
            message: "no".to_owned(),
            body: Box::default(),
        };
        assert_eq!(Failure::from(client::Error::from(refused)).status(), 1);
        assert_eq!(Failure::from(client::Error::from(NetError::BadAddress("x".to_owned()))).status(), 2);
        let own = Failure::from(client::Error::from(OutboxError::NotEncrypted));
        assert_eq!(own.status(), 3);
        let member = Failure::from(client::Error::from(OutboxError::NotAMember));
        assert_eq!(member.status(), 1);
    }

    #[test]
    fn a_closed_pipe_is_no_fault_and_a_full_disk_is() {
        let closed = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(closed.status(), 0);
        assert_eq!(Failure::from(io::Error::from(io::ErrorKind::StorageFull)).status(), 1);
    }
}
