//! What can go wrong between here and the server.

use std::time::Duration;

use thiserror::Error;

use crate::kind::ErrorKind;

/// Says why a request has no usable answer.
#[derive(Debug, Error)]
pub enum NetError {
    /// No connection: nothing was asked.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// The connection broke: the server may have been asked.
    #[error("the connection to the server broke: {0}")]
    Broken(String),
    /// No answer in time.
    #[error("the server did not answer in time")]
    Timeout,
    /// The server's certificate is not accepted.
    #[error("the server's certificate is not accepted: {0}")]
    Tls(String),
    /// The server asks to slow down.
    #[error("the server asks to wait {} ms", retry_after.as_millis())]
    RateLimited {
        /// How long to wait before the next try.
        retry_after: Duration,
    },
    /// The access token is not accepted.
    #[error("the server does not accept the sign-in ({errcode})")]
    Unauthorized {
        /// The server's code, such as `M_UNKNOWN_TOKEN`.
        errcode: String,
        /// The session may come back: by refreshing, signing in again, or being unlocked.
        soft: bool,
    },
    /// The server refused the request.
    #[error("the server refused: {message} ({errcode})")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The server's code, such as `M_FORBIDDEN`.
        errcode: String,
        /// The server's words.
        message: String,
        /// The whole body, for interactive authentication.
        body: Box<serde_json::Value>,
    },
    /// The server has a fault of its own.
    #[error("the server has a fault (status {status})")]
    ServerFault {
        /// HTTP status.
        status: u16,
    },
    /// What answered is not a Matrix server, or its answer cannot be read.
    #[error("the answer is not a Matrix server's: {0}")]
    NotMatrix(String),
    /// The answer is longer than any that a server should give.
    #[error("the server's answer is too large")]
    TooLarge,
    /// The address cannot be used.
    #[error("{0}")]
    BadAddress(String),
    /// The request could not be written.
    #[error("the request could not be made: {0}")]
    Request(String),
    /// What was to be sent could not be read.
    #[error("reading what was to be sent failed: {0}")]
    Source(#[from] std::io::Error),
    /// New tokens could not be kept, so they were not used.
    #[error("the new sign-in tokens could not be stored")]
    TokensNotKept,
}

impl NetError {
    /// Sorts the error by what the caller can do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreachable(_)
            | Self::Broken(_)
            | Self::Timeout
            | Self::Tls(_)
            | Self::ServerFault { .. } => ErrorKind::Network,
            Self::RateLimited { .. } => ErrorKind::RateLimited,
            Self::Unauthorized { .. } => ErrorKind::SignedOut,
            Self::Refused { status: 404, .. } => ErrorKind::NotFound,
            Self::Refused { .. } => ErrorKind::Forbidden,
            Self::BadAddress(_) => ErrorKind::BadInput,
            Self::NotMatrix(_) | Self::TooLarge => ErrorKind::BadServer,
            Self::Request(_) => ErrorKind::Internal,
            Self::Source(_) => ErrorKind::BadFile,
            Self::TokensNotKept => ErrorKind::Storage,
        }
    }

    /// Says whether the same request may succeed later without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_)
            | Self::Broken(_)
            | Self::Timeout
            | Self::Tls(_)
            | Self::RateLimited { .. }
            | Self::ServerFault { .. }
            | Self::NotMatrix(_)
            | Self::TooLarge
            | Self::TokensNotKept => true,
            // A proxy that answers 401 for half a minute must not fail a message.
            Self::Unauthorized { .. } => true,
            Self::Refused { .. } | Self::BadAddress(_) | Self::Request(_) | Self::Source(_) => false,
        }
    }

    /// Returns the server's error code where it gave one.
    pub fn errcode(&self) -> Option<&str> {
        match self {
            Self::Refused { errcode, .. } | Self::Unauthorized { errcode, .. } => Some(errcode),
            _ => None,
        }
    }
}

impl From<reqwest::Error> for NetError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Timeout;
        }
        let connecting = error.is_connect();
        // The chain holds the cause; the address is left out, it may hold a room or a user.
        let error = error.without_url();
        let mut words = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            words = inner.to_string();
            cause = inner.source();
        }
        match connecting {
            _ if words.contains("certificate") => Self::Tls(words),
            true => Self::Unreachable(words),
            false => Self::Broken(words),
        }
    }
}
