//! How a file stands on its way.

use std::time::Duration;

use qroc_core::progress::Report;

use crate::error::QrocError;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct TransferProgress {
    /// What is done, in the unit of `total`.
    pub done: u64,
    /// All of it: bytes, or of a clip that is being prepared milliseconds. 0 while it is not known.
    pub total: u64,
    /// How long the rest takes if it goes on like this; missing at the start.
    pub left: Option<Duration>,
}

impl From<Report> for TransferProgress {
    fn from(report: Report) -> Self {
        Self { done: report.done, total: report.total, left: report.left_ms.map(Duration::from_millis) }
    }
}

/// How a file stands on its way.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum TransferState {
    /// It is made small and sealed, before it is sent. Not durable yet: the message is there when this is over.
    Preparing {
        /// How far that is.
        progress: TransferProgress,
    },
    /// Its message is queued, and waits for its turn, the network, or a limit.
    Waiting {
        /// Why the last try failed: a word such as `network`.
        reason: Option<String>,
    },
    /// It is on its way to the server, or from there.
    Moving {
        /// How far that is.
        progress: TransferProgress,
    },
    /// It did not work: `retry` or `cancel`.
    Failed {
        /// A stable word for what it was.
        code: String,
        /// Names its text, in the app's languages.
        text_key: String,
    },
    /// It is there. The last one.
    Done,
    /// It was taken back, or given up. The last one.
    Cancelled,
}

impl TransferState {
    pub(crate) fn failed(error: &QrocError) -> Self {
        let code = error.to_string();
        Self::Failed { text_key: format!("error_{code}"), code }
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self, Self::Done | Self::Cancelled)
    }
}
