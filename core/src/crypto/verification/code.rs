//! Verifying by a code that one device shows and the other scans: it holds the keys that each believes in, and a secret.

use std::fmt;

use matrix_sdk_crypto::matrix_sdk_qrcode::QrVerificationData;
use matrix_sdk_crypto::matrix_sdk_qrcode::qrcode::Color;
use matrix_sdk_crypto::{QrVerification, QrVerificationState, ScanError, VerificationRequest};
use ruma::events::key::verification::VerificationMethod;

use super::super::CryptoError;
use super::{Held, Stage, Step, cancelled, steps};

/// A code to be shown, as it is drawn.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    /// What it says, in the format of the Matrix specification.
    pub bytes: Vec<u8>,
    /// Modules in a row, without the quiet zone of four that belongs around it.
    pub side: usize,
    /// Which modules are dark, row by row from the top left.
    pub dark: Vec<bool>,
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").field("side", &self.side).finish_non_exhaustive()
    }
}

impl Code {
    fn of(shown: &QrVerification) -> Option<Self> {
        let drawn = shown.to_qr_code().ok()?;
        let dark = drawn.to_colors().into_iter().map(|color| color == Color::Dark).collect();
        Some(Self { bytes: shown.to_bytes().ok()?, side: drawn.width(), dark })
    }
}

/// Why a code that was scanned is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongCode {
    /// It is no code of a verification.
    Unreadable,
    /// It belongs to another verification, or an older one.
    Other,
    /// It names other keys than are known here: somebody may be in between.
    Keys,
    /// There is no identity to compare it with.
    NoIdentity,
    /// Nothing is to be scanned now, or the other side shows no code.
    NotNow,
}

impl fmt::Display for WrongCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "this is no code of a verification",
            Self::Other => "this code belongs to another verification: scan the one that is shown now",
            Self::Keys => "this code names other keys than are known here: somebody may be in between",
            Self::NoIdentity => "one of the two has no identity that a code could vouch for",
            Self::NotNow => "there is nothing to be scanned now",
        })
    }
}

impl std::error::Error for WrongCode {}

/// What this program can do, told to the other.
pub(super) fn methods() -> Vec<VerificationMethod> {
    vec![
        VerificationMethod::SasV1,
        VerificationMethod::QrCodeShowV1,
        VerificationMethod::QrCodeScanV1,
        VerificationMethod::ReciprocateV1,
    ]
}

impl Held {
    /// Says whether both agreed and the other can show a code, or scan ours.
    pub fn knows_codes(&self) -> bool {
        let theirs = self.request.as_ref().and_then(VerificationRequest::their_supported_methods);
        theirs.is_some_and(|methods| {
            methods.contains(&VerificationMethod::ReciprocateV1)
                && (methods.contains(&VerificationMethod::QrCodeShowV1)
                    || methods.contains(&VerificationMethod::QrCodeScanV1))
        })
    }

    /// Says whether a code of ours is there and nobody has scanned it.
    pub fn is_shown(&self) -> bool {
        self.sas.is_none()
            && matches!(self.qr.as_ref().map(QrVerification::state), Some(QrVerificationState::Started))
    }

    /// Ends the request of a code that came to nothing: the machine leaves it open, in the way of the next one.
    ///
    /// # Errors
    /// A step that cannot be written.
    pub fn close(&self) -> Result<Vec<Step>, CryptoError> {
        let over =
            matches!(self.qr.as_ref().map(QrVerification::state), Some(QrVerificationState::Cancelled(_)));
        let open =
            self.request.as_ref().filter(|request| over && !request.is_cancelled() && !request.is_done());
        steps(open.and_then(VerificationRequest::cancel))
    }

    /// Makes our code, where both are ready and the other can scan it.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn show(&mut self) -> Result<(), CryptoError> {
        self.coded = true;
        if let (true, Some(request)) = (self.is_ready(), &self.request) {
            self.qr = request.generate_qr_code().await?;
        }
        Ok(())
    }

    /// Takes the code that the other device shows, as it was read.
    ///
    /// # Errors
    /// `Code` where it is of no use; faults of the store.
    pub async fn scan(&mut self, bytes: &[u8]) -> Result<Vec<Step>, CryptoError> {
        let data = QrVerificationData::from_bytes(bytes).map_err(|_| WrongCode::Unreadable)?;
        let request = self.request.as_ref().ok_or(WrongCode::NotNow)?;
        // Scanned again: the other may not have heard of it.
        let again = self.qr.as_ref().is_some_and(QrVerification::reciprocated);
        if self.sas.is_some() || !(self.is_ready() || self.is_shown() || again) {
            return Err(WrongCode::NotNow.into());
        }
        let scanned = request.scan_qr_code(data).await.map_err(|error| match error {
            ScanError::Store(error) => CryptoError::Store(error),
            ScanError::KeyMismatch { .. } => WrongCode::Keys.into(),
            ScanError::FlowIdMismatch { .. } => WrongCode::Other.into(),
            ScanError::MissingCrossSigningIdentity(_) | ScanError::MissingDeviceKeys(..) => {
                WrongCode::NoIdentity.into()
            }
        })?;
        let scanned = scanned.ok_or(WrongCode::NotNow)?;
        let step = scanned.reciprocate();
        self.qr = Some(scanned);
        steps(step)
    }
}

/// How far a verification by code is.
pub(super) fn stage(qr: &QrVerification) -> Stage {
    match qr.state() {
        QrVerificationState::Started => Stage::Code { shown: Code::of(qr) },
        QrVerificationState::Scanned => Stage::Scanned,
        QrVerificationState::Confirmed | QrVerificationState::Reciprocated => Stage::Confirmed,
        QrVerificationState::Done { .. } => Stage::Done,
        QrVerificationState::Cancelled(info) => cancelled(&info),
    }
}
