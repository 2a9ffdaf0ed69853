//! The one error that screens see: a variant for what the screen does about it, a stable code for what it was, a key
//! for its text. No words of a library and nothing of a user is in it.

mod sorting;

use std::time::Duration;

use qroc_core::client::Error;
use qroc_core::media;
use qroc_core::outbox::Reason;
use thiserror::Error as ThisError;
use tokio::task::JoinError;

use sorting::{Action, sort};

/// Says what a screen can do. `code` is stable and names the cause; `text_key` names the text to show, in the app's
/// languages (`error_text_keys` lists them all).
#[derive(Clone, Debug, PartialEq, Eq, ThisError, uniffi::Error)]
pub enum QrocError {
    /// The network or the server cannot be used now: offer to try again. What was queued is sent by itself.
    #[error("{code}")]
    Network {
        /// What it was.
        code: String,
        /// Names its text.
        text_key: String,
    },
    /// The server asks to wait.
    #[error("{code}")]
    RateLimited {
        /// What it was.
        code: String,
        /// Names its text.
        text_key: String,
        /// How long.
        retry_after: Duration,
    },
    /// Nobody is signed in, or not any more: show the sign-in.
    #[error("{code}")]
    SignIn {
        /// What it was.
        code: String,
        /// Names its text.
        text_key: String,
    },
    /// Contents are locked: ask for what unlocks them, or say who can.
    #[error("{code}")]
    Locked {
        /// What it was.
        code: String,
        /// Names its text.
        text_key: String,
    },
    /// The server, or a rule of the room, forbids it.
    #[error("{code}")]
    Forbidden {
        /// What it was.
        code: String,
        /// Names its text.
        text_key: String,
    },
    /// The organisation's policy forbids it: explain by key and source.
    #[error("{code}")]
    Policy {
        /// What it was.
        code: String,
        /// Names its text.
        text_key: String,
        /// The key of the policy that decided, such as `e2ee.require`.
        policy_key: String,
        /// Where its value comes from, such as `built in`.
        policy_source: String,
    },
    /// What was named does not exist here.
    #[error("{code}")]
    NotFound {
        /// What it was.
        code: String,
        /// Names its text.
        text_key: String,
    },
    /// What was given cannot be used: a word, an id, a file.
    #[error("{code}")]
    BadInput {
        /// What it was.
        code: String,
        /// Names its text.
        text_key: String,
    },
    /// Another process has the profile open.
    #[error("{code}")]
    InUse {
        /// What it was.
        code: String,
        /// Names its text.
        text_key: String,
    },
    /// The device's storage cannot be read or written.
    #[error("{code}")]
    Storage {
        /// What it was.
        code: String,
        /// Names its text.
        text_key: String,
    },
    /// The object was closed: make a new one.
    #[error("{code}")]
    Closed {
        /// What it was.
        code: String,
        /// Names its text.
        text_key: String,
    },
    /// A fault of this program or of the platform's own code.
    #[error("{code}")]
    Internal {
        /// What it was.
        code: String,
        /// Names its text.
        text_key: String,
    },
}

/// Lists the keys of all texts that an error can name, for an app's test that each is translated. From memory.
#[uniffi::export]
pub fn error_text_keys() -> Vec<String> {
    sorting::CODES.iter().map(|(code, _)| text_key(code)).collect()
}

fn text_key(code: &str) -> String {
    format!("error_{code}")
}

impl QrocError {
    /// Makes the error of a code in the list.
    pub(crate) fn of(code: &'static str) -> Self {
        let action = sorting::CODES.iter().find(|(known, _)| *known == code).map(|(_, action)| *action);
        Self::made(action.unwrap_or(Action::Internal), code)
    }

    fn made(action: Action, code: &str) -> Self {
        let (code, text_key) = (code.to_owned(), text_key(code));
        match action {
            Action::Network => Self::Network { code, text_key },
            Action::RateLimited(retry_after) => Self::RateLimited { code, text_key, retry_after },
            Action::SignIn => Self::SignIn { code, text_key },
            Action::Locked => Self::Locked { code, text_key },
            Action::Forbidden => Self::Forbidden { code, text_key },
            Action::Policy { key, source } => {
                Self::Policy { code, text_key, policy_key: key.to_owned(), policy_source: source.to_owned() }
            }
            Action::NotFound => Self::NotFound { code, text_key },
            Action::BadInput => Self::BadInput { code, text_key },
            Action::InUse => Self::InUse { code, text_key },
            Action::Storage => Self::Storage { code, text_key },
            Action::Closed => Self::Closed { code, text_key },
            Action::Internal => Self::Internal { code, text_key },
        }
    }

    /// What the queue says about an action that failed.
    pub(crate) fn of_reason(stored: Option<&str>) -> Self {
        Self::of(sorting::of_reason(stored.and_then(Reason::of).unwrap_or(Reason::Internal)))
    }

    /// What is wrong with a file that is only read from memory.
    pub(crate) fn of_file(error: &media::Error) -> Self {
        Self::of(sorting::media(error))
    }

    pub(crate) fn no_threads() -> Self {
        Self::of("no_threads")
    }

    /// What a task's end without an answer means. A panic's own words stay behind: they may hold anything.
    pub(crate) fn of_task(error: &JoinError) -> Self {
        Self::of(if error.is_panic() { "panic" } else { "cancelled" })
    }
}

impl From<Error> for QrocError {
    fn from(error: Error) -> Self {
        let (action, code) = sort(&error);
        tracing::debug!(code, "an error for the screen");
        if let Some(denied) = error.denied() {
            return Self::Policy {
                code: code.to_owned(),
                text_key: text_key(code),
                policy_key: denied.key.clone(),
                policy_source: denied.origin.clone(),
            };
        }
        Self::made(action, code)
    }
}

/// What a port that does not answer as agreed ran into.
#[derive(Clone, Debug, PartialEq, Eq, ThisError, uniffi::Error)]
pub enum PortFault {
    /// The platform's code threw something.
    #[error("the platform's code failed")]
    Failed,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for PortFault {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed
    }
}

#[cfg(test)]
mod tests;
