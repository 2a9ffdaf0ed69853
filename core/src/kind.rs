//! What a screen or a script can do about an error: every layer sorts its own errors into these.

/// Sorts an error by what the caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The server or the network cannot be reached now; trying again may help.
    Network,
    /// The server asks to wait; what was queued is sent later by itself.
    RateLimited,
    /// Not signed in, signed out, or sealed.
    SignedOut,
    /// The server or a rule of the room forbids it.
    Forbidden,
    /// Policy forbids it; the words name key and source.
    Policy,
    /// The named thing does not exist here.
    NotFound,
    /// The words of the call are wrong.
    BadInput,
    /// The given file cannot be used.
    BadFile,
    /// Another process owns the profile.
    InUse,
    /// The database or a file of the profile cannot be read or written.
    Storage,
    /// The server said something that no server should say.
    BadServer,
    /// The caller asked to stop.
    Cancelled,
    /// A fault of this program.
    Internal,
}

impl ErrorKind {
    const ALL: [Self; 13] = [
        Self::Network,
        Self::RateLimited,
        Self::SignedOut,
        Self::Forbidden,
        Self::Policy,
        Self::NotFound,
        Self::BadInput,
        Self::BadFile,
        Self::InUse,
        Self::Storage,
        Self::BadServer,
        Self::Cancelled,
        Self::Internal,
    ];

    /// Finds the kind with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Returns the stable code that scripts match on.
    pub fn code(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::RateLimited => "rate_limited",
            Self::SignedOut => "signed_out",
            Self::Forbidden => "forbidden",
            Self::Policy => "policy",
            Self::NotFound => "not_found",
            Self::BadInput => "bad_input",
            Self::BadFile => "bad_file",
            Self::InUse => "in_use",
            Self::Storage => "storage",
            Self::BadServer => "bad_server",
            Self::Cancelled => "cancelled",
            Self::Internal => "internal",
        }
    }
}
