//! Trust in people and devices, and how a verification goes.

use std::fmt;

use qroc_core::crypto::{Code, Emoji, Reason, Stage};
use qroc_core::model;

use super::count;

/// What is believed of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum UserTrust {
    /// It is the account in use.
    Own,
    /// The keys were compared, by this device or by one that it trusts.
    Verified,
    /// The keys are taken as the server gives them.
    Unverified,
    /// The keys are others than before, and nobody has looked at that: say so before more is said.
    Changed,
}

impl UserTrust {
    /// Reads the model's word.
    pub(crate) fn of_word(word: &str) -> Self {
        match word {
            "this" => Self::Own,
            "verified" => Self::Verified,
            "changed" => Self::Changed,
            _ => Self::Unverified,
        }
    }
}

impl From<model::PersonTrust> for UserTrust {
    fn from(trust: model::PersonTrust) -> Self {
        Self::of_word(trust.trust)
    }
}

/// One of the seven signs that two people compare.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct VerificationEmoji {
    /// The sign.
    pub symbol: String,
    /// Names its word in the app's languages: `emoji_` and its English name in the Matrix specification, as in
    /// `emoji_light_bulb`.
    pub word_key: String,
}

impl From<Emoji> for VerificationEmoji {
    fn from(emoji: Emoji) -> Self {
        let word = emoji.word.to_lowercase().replace([' ', '-'], "_");
        Self { symbol: emoji.symbol.to_owned(), word_key: format!("emoji_{word}") }
    }
}

/// Why a verification ended without a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum VerificationReason {
    /// Somebody ended it.
    Cancelled,
    /// Nobody went on in time.
    TimedOut,
    /// The signs differ: somebody may be in between.
    Mismatch,
    /// The keys are not those that were compared.
    KeyMismatch,
    /// Another device of the same account took it up.
    TakenElsewhere,
    /// The two programs do not understand each other.
    Protocol,
}

impl From<Reason> for VerificationReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Cancelled => Self::Cancelled,
            Reason::TimedOut => Self::TimedOut,
            Reason::Mismatch => Self::Mismatch,
            Reason::KeyMismatch => Self::KeyMismatch,
            Reason::TakenElsewhere => Self::TakenElsewhere,
            Reason::Protocol => Self::Protocol,
        }
    }
}

/// A code that this device shows, for the other one to scan.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct VerificationCode {
    /// What it says, in the format of the Matrix specification. Nobody else is to know it.
    pub bytes: Vec<u8>,
    /// Modules in a row. A margin of four light ones belongs around them, or scanners do not find it.
    pub side: u32,
    /// A byte for each module, row by row from the top left: 1 where it is dark, else 0.
    pub modules: Vec<u8>,
}

impl fmt::Debug for VerificationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationCode").field("side", &self.side).finish_non_exhaustive()
    }
}

impl From<Code> for VerificationCode {
    fn from(code: Code) -> Self {
        let Code { bytes, side, dark } = code;
        Self { bytes, side: count(side), modules: dark.into_iter().map(u8::from).collect() }
    }
}

/// How far a verification is.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum VerificationStage {
    /// We asked; the other has not answered.
    Waiting,
    /// The other asks: `accept` or `cancel`.
    Asked,
    /// Both want it; the programs agree on a secret.
    Starting,
    /// To be compared by the two people: `confirm` or `mismatch`.
    Compare {
        /// Seven signs; none where the other program has none.
        emoji: Vec<VerificationEmoji>,
        /// The same as three numbers.
        numbers: Vec<u16>,
    },
    /// To be verified by a code: the other scans ours, or we `scan` theirs, whichever is easier; `by_signs` where neither
    /// can be. Only where it was to be done `by_code`.
    Code {
        /// Ours; none where the other cannot scan.
        shown: Option<VerificationCode>,
    },
    /// The other says that it has scanned our code: `confirm` if the other's screen says so too, else `mismatch`.
    Scanned,
    /// We confirmed, or scanned; the other has not confirmed yet.
    Confirmed,
    /// Both confirmed. The last one.
    Done,
    /// It ended without a result. The last one.
    Cancelled {
        /// Whether this side ended it.
        by_us: bool,
        /// Why.
        reason: VerificationReason,
    },
}

impl From<Stage> for VerificationStage {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Waiting => Self::Waiting,
            Stage::Asked => Self::Asked,
            Stage::Starting => Self::Starting,
            Stage::Code { shown } => Self::Code { shown: shown.map(VerificationCode::from) },
            Stage::Scanned => Self::Scanned,
            Stage::Compare { emoji, numbers } => Self::Compare {
                emoji: emoji.into_iter().map(VerificationEmoji::from).collect(),
                numbers: numbers.to_vec(),
            },
            Stage::Confirmed => Self::Confirmed,
            Stage::Done => Self::Done,
            Stage::Cancelled { by_us, reason } => Self::Cancelled { by_us, reason: reason.into() },
        }
    }
}
