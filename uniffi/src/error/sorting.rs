//! Which error of the core is which code, and what a screen does about it.

use std::time::Duration;

use qroc_core::attachments::AttachmentError;
use qroc_core::client::Error;
use qroc_core::crypto::{CryptoError, WrongCode, WrongKey};
use qroc_core::ingest::IngestError;
use qroc_core::kind::ErrorKind;
use qroc_core::media::Error as MediaError;
use qroc_core::net::NetError;
use qroc_core::outbox::{OutboxError, Reason};
use qroc_core::ports::image_decoder::DecoderFault;
use qroc_core::ports::key_vault::VaultError;
use qroc_core::recovery::RecoveryError;
use qroc_core::store::StoreError;
use qroc_core::store::key_file::KeyFileError;
use qroc_core::sync::SyncError;
use qroc_core::verify::VerifyError;

/// What a screen does about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Network,
    RateLimited(Duration),
    SignIn,
    Locked,
    Forbidden,
    Policy { key: &'static str, source: &'static str },
    NotFound,
    BadInput,
    InUse,
    Storage,
    Closed,
    Internal,
}

/// Every code there is. A code, once released, never gets another meaning.
pub(super) const CODES: &[(&str, Action)] = &[
    ("server_unreachable", Action::Network),
    ("server_timeout", Action::Network),
    ("server_certificate", Action::Network),
    ("server_fault", Action::Network),
    ("server_unusable", Action::Network),
    ("rate_limited", Action::RateLimited(Duration::ZERO)),
    ("not_signed_in", Action::SignIn),
    ("wrong_password", Action::SignIn),
    ("signed_out", Action::SignIn),
    ("keys_gone", Action::SignIn),
    ("destroyed_by_attempts", Action::SignIn),
    ("destroyed_offline", Action::SignIn),
    ("account_deactivated", Action::SignIn),
    ("user_presence_needed", Action::Locked),
    ("device_locked", Action::Locked),
    ("wrong_passphrase", Action::Locked),
    ("sealed", Action::Locked),
    ("wrong_pin", Action::Locked),
    ("wait_for_attempt", Action::Locked),
    ("no_attempt_left", Action::Locked),
    ("vault_unavailable", Action::Locked),
    ("other_vault", Action::Locked),
    ("account_held", Action::Locked),
    ("account_locked", Action::Locked),
    ("account_suspended", Action::Forbidden),
    ("account_expired", Action::Locked),
    ("refused_by_server", Action::Forbidden),
    ("not_a_member", Action::Forbidden),
    ("not_yours", Action::Forbidden),
    ("not_verified", Action::Forbidden),
    ("code_other_keys", Action::Forbidden),
    ("identity_changed", Action::Forbidden),
    ("policy", Action::Policy { key: "", source: "" }),
    ("room_not_encrypted", Action::Policy { key: "e2ee.require", source: "built in" }),
    ("not_found", Action::NotFound),
    ("room_not_found", Action::NotFound),
    ("message_not_found", Action::NotFound),
    ("no_attachment", Action::NotFound),
    ("not_queued", Action::NotFound),
    ("no_recovery_key", Action::NotFound),
    ("nobody_to_verify", Action::NotFound),
    ("no_way_to_verify", Action::NotFound),
    ("bad_input", Action::BadInput),
    ("no_code", Action::BadInput),
    ("code_unreadable", Action::BadInput),
    ("code_of_another", Action::BadInput),
    ("code_no_identity", Action::BadInput),
    ("code_not_now", Action::BadInput),
    ("recovery_key_exists", Action::BadInput),
    ("wrong_recovery_key", Action::BadInput),
    ("other_recovery_key", Action::BadInput),
    ("bad_address", Action::BadInput),
    ("ambiguous_room", Action::BadInput),
    ("already_signed_in", Action::BadInput),
    ("being_sent", Action::BadInput),
    ("message_too_large", Action::BadInput),
    ("bad_file", Action::BadInput),
    ("bad_bundle", Action::BadInput),
    ("no_pin", Action::BadInput),
    ("file_unreadable", Action::BadInput),
    ("file_empty", Action::BadInput),
    ("file_damaged", Action::BadInput),
    ("file_not_a_picture", Action::BadInput),
    ("file_not_a_clip", Action::BadInput),
    ("file_not_a_recording", Action::BadInput),
    ("file_too_long", Action::BadInput),
    ("nothing_left", Action::BadInput),
    ("file_unsupported", Action::BadInput),
    ("file_too_large", Action::BadInput),
    ("file_exists", Action::BadInput),
    ("file_tampered", Action::BadInput),
    ("profile_in_use", Action::InUse),
    ("owner_gone", Action::InUse),
    ("storage", Action::Storage),
    ("disk_full", Action::Storage),
    ("read_only", Action::Storage),
    ("damaged", Action::Storage),
    ("newer_version", Action::Storage),
    ("closed", Action::Closed),
    ("cancelled", Action::Internal),
    ("port_failed", Action::Internal),
    ("port_timeout", Action::Internal),
    ("not_initialised", Action::Internal),
    ("no_threads", Action::Internal),
    ("panic", Action::Internal),
    ("internal", Action::Internal),
];

fn known(code: &'static str) -> (Action, &'static str) {
    let action = CODES.iter().find(|(known, _)| *known == code).map(|(_, action)| *action);
    (action.unwrap_or(Action::Internal), code)
}

/// Sorts an error of the core.
pub(super) fn sort(error: &Error) -> (Action, &'static str) {
    match error {
        Error::Net(error) | Error::ShareOutOfReach(error) => net(error),
        Error::Store(error) => store(error),
        Error::KeyFile(error) => key_file(error),
        Error::Crypto(error) => crypto(error),
        Error::Sync(error) => sync(error),
        Error::Outbox(error) => outbox(error),
        Error::Recovery(error) => recovery(error),
        Error::Verify(error) => verify(error),
        Error::Location(error) => of_kind(error.kind()),
        Error::Map(error) => of_kind(error.kind()),
        Error::Attachment(error) => attachment(error),
        Error::Denied(_) | Error::TooManyDevices { .. } => known("policy"),
        Error::Bundle(_) => known("bad_bundle"),
        Error::DestroyedByAttempts { .. } => known("destroyed_by_attempts"),
        Error::DestroyedOffline => known("destroyed_offline"),
        Error::ScreenLocked => known("sealed"),
        Error::ShareRevoked => known("keys_gone"),
        Error::NotSignedIn | Error::Ended => known("not_signed_in"),
        Error::AlreadySignedIn => known("already_signed_in"),
        Error::Held(_) => known("account_held"),
        Error::SignedOutForGood => known("signed_out"),
        Error::NotInvited { .. } | Error::NotSent(_) => known("refused_by_server"),
        Error::NoSuchRoom(_) => known("room_not_found"),
        Error::AmbiguousRoom { .. } => known("ambiguous_room"),
        Error::NoSuchEvent(_) => known("message_not_found"),
        Error::BadInput(_) => known("bad_input"),
        Error::Closed => known("closed"),
        Error::Owner { kind, .. } => of_kind(*kind),
        Error::Handover(_) => known("owner_gone"),
    }
}

fn of_kind(kind: ErrorKind) -> (Action, &'static str) {
    known(match kind {
        ErrorKind::Network => "server_unreachable",
        ErrorKind::RateLimited => "rate_limited",
        ErrorKind::SignedOut => "not_signed_in",
        ErrorKind::Forbidden => "refused_by_server",
        ErrorKind::Policy => "policy",
        ErrorKind::NotFound => "not_found",
        ErrorKind::BadInput => "bad_input",
        ErrorKind::BadFile => "bad_file",
        ErrorKind::InUse => "profile_in_use",
        ErrorKind::Storage => "storage",
        ErrorKind::BadServer => "server_unusable",
        ErrorKind::Cancelled => "cancelled",
        ErrorKind::Internal => "internal",
    })
}

fn net(error: &NetError) -> (Action, &'static str) {
    known(match error {
        NetError::Unreachable(_) | NetError::Broken(_) => "server_unreachable",
        NetError::Timeout => "server_timeout",
        NetError::Tls(_) => "server_certificate",
        NetError::RateLimited { retry_after } => return (Action::RateLimited(*retry_after), "rate_limited"),
        NetError::Unauthorized { errcode, .. } if errcode == "M_USER_LOCKED" => "account_locked",
        NetError::Unauthorized { .. } => "signed_out",
        NetError::Refused { errcode, status, .. } => match errcode.as_str() {
            "M_USER_DEACTIVATED" => "account_deactivated",
            "M_USER_LOCKED" => "account_locked",
            "M_USER_SUSPENDED" => "account_suspended",
            "ORG_MATRIX_EXPIRED_ACCOUNT" => "account_expired",
            _ if *status == 404 => "not_found",
            _ => "refused_by_server",
        },
        NetError::ServerFault { .. } => "server_fault",
        NetError::NotMatrix(_) | NetError::TooLarge => "server_unusable",
        NetError::BadAddress(_) => "bad_address",
        NetError::Request(_) => "internal",
        NetError::Source(_) => "file_unreadable",
        NetError::TokensNotKept => "storage",
    })
}

fn store(error: &StoreError) -> (Action, &'static str) {
    known(match error {
        StoreError::Missing | StoreError::WrongKey | StoreError::Damaged => "damaged",
        StoreError::Exists | StoreError::Io(_) | StoreError::DiskFault(_) => "storage",
        StoreError::NewerSchema { .. } => "newer_version",
        StoreError::DiskFull => "disk_full",
        StoreError::ReadOnly => "read_only",
        StoreError::InUse => "profile_in_use",
        StoreError::Closed => "closed",
        StoreError::NotFound(_) => "not_found",
        StoreError::Malformed(_) | StoreError::Sql(_) | StoreError::MemoryNotZeroed => "internal",
        StoreError::Fault => "panic",
    })
}

fn key_file(error: &KeyFileError) -> (Action, &'static str) {
    known(match error {
        KeyFileError::Missing | KeyFileError::WipePending | KeyFileError::WipeNotBegun => "not_signed_in",
        KeyFileError::Exists | KeyFileError::AccountExists => "already_signed_in",
        KeyFileError::NotAKeyFile
        | KeyFileError::Truncated
        | KeyFileError::Damaged(_)
        | KeyFileError::Tampered
        | KeyFileError::NoSuchAccount => "damaged",
        KeyFileError::NewerVersion { .. } | KeyFileError::UnsupportedSlot(_) => "newer_version",
        KeyFileError::OtherVault(_) => "other_vault",
        KeyFileError::Sealed => "sealed",
        KeyFileError::NoPin => "no_pin",
        KeyFileError::ShareNeeded => "sealed",
        KeyFileError::WrongPin { .. } => "wrong_pin",
        KeyFileError::TooEarly { .. } => "wait_for_attempt",
        KeyFileError::Exhausted => "no_attempt_left",
        KeyFileError::Vault(error) => vault(error),
        KeyFileError::Changed | KeyFileError::InUse => "profile_in_use",
        KeyFileError::DiskFull => "disk_full",
        KeyFileError::ReadOnly => "read_only",
        KeyFileError::Io(_) => "storage",
        KeyFileError::TooLarge | KeyFileError::NoRandomness(_) => "internal",
    })
}

fn vault(error: &VaultError) -> &'static str {
    match error {
        VaultError::UserPresenceNeeded => "user_presence_needed",
        VaultError::LockedUntilFirstUnlock => "device_locked",
        VaultError::Gone(_) => "keys_gone",
        VaultError::WrongSecret => "wrong_passphrase",
        VaultError::Exposed { .. } | VaultError::Malformed(_) => "storage",
        VaultError::Unavailable { .. } => "vault_unavailable",
    }
}

fn crypto(error: &CryptoError) -> (Action, &'static str) {
    match error {
        CryptoError::Net(error) => net(error),
        CryptoError::Store(_) => known("storage"),
        CryptoError::Database(error) => store(error),
        CryptoError::NoSuchDevice | CryptoError::NoIdentity => known("nobody_to_verify"),
        CryptoError::Wrong(WrongKey::Another) => known("other_recovery_key"),
        CryptoError::Wrong(_) => known("wrong_recovery_key"),
        CryptoError::Changed(_) => known("identity_changed"),
        CryptoError::Code(wrong) => known(match wrong {
            WrongCode::Unreadable => "code_unreadable",
            WrongCode::Other => "code_of_another",
            WrongCode::Keys => "code_other_keys",
            WrongCode::NoIdentity => "code_no_identity",
            WrongCode::NotNow => "code_not_now",
        }),
        CryptoError::OtherIdentity => of_kind(error.kind()),
        CryptoError::Olm(_)
        | CryptoError::Megolm(_)
        | CryptoError::Json(_)
        | CryptoError::Account
        | CryptoError::Signature(_) => known("internal"),
    }
}

fn recovery(error: &RecoveryError) -> (Action, &'static str) {
    match error {
        RecoveryError::Crypto(error) => crypto(error),
        RecoveryError::Store(error) => store(error),
        RecoveryError::Exists => known("recovery_key_exists"),
        RecoveryError::NotVerified => known("not_verified"),
        RecoveryError::NoRecovery | RecoveryError::Empty => known("no_recovery_key"),
    }
}

fn verify(error: &VerifyError) -> (Action, &'static str) {
    match error {
        VerifyError::Crypto(error) => crypto(error),
        VerifyError::Net(error) => net(error),
        VerifyError::Store(error) => store(error),
        VerifyError::NoWay(_) => known("no_way_to_verify"),
        VerifyError::Nobody(_) => known("nobody_to_verify"),
    }
}

fn sync(error: &SyncError) -> (Action, &'static str) {
    match error {
        SyncError::Net(error) => net(error),
        SyncError::Store(error) | SyncError::Ingest(IngestError::Store(error)) => store(error),
        SyncError::Crypto(error) | SyncError::Ingest(IngestError::Crypto(error)) => crypto(error),
        SyncError::Ingest(IngestError::Account) => known("internal"),
    }
}

fn outbox(error: &OutboxError) -> (Action, &'static str) {
    match error {
        OutboxError::Store(error) => store(error),
        OutboxError::Net(error) => net(error),
        OutboxError::Crypto(error) => crypto(error),
        OutboxError::NotAMember | OutboxError::Removed | OutboxError::Banned => known("not_a_member"),
        OutboxError::RoomGone => known("room_not_found"),
        OutboxError::NotSent(_) | OutboxError::Needs => known("bad_input"),
        OutboxError::UploadTooLarge { .. } => known("file_too_large"),
        OutboxError::Stopped => known("cancelled"),
        OutboxError::NotEncrypted => known("room_not_encrypted"),
        OutboxError::NoSuchEvent => known("message_not_found"),
        OutboxError::NotYours => known("not_yours"),
        OutboxError::NotQueued => known("not_queued"),
        OutboxError::TooLarge { .. } => known("message_too_large"),
        OutboxError::Malformed => known("internal"),
    }
}

pub(super) fn of_reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Network => "server_unreachable",
        Reason::Unanswered => "server_timeout",
        Reason::RateLimited => "rate_limited",
        Reason::BadServer => "server_unusable",
        Reason::SignedOut => "signed_out",
        Reason::Locked => "account_locked",
        Reason::Suspended => "account_suspended",
        Reason::Expired => "account_expired",
        Reason::TooLarge => "file_too_large",
        Reason::Forbidden => "refused_by_server",
        Reason::LeftRoom => "not_a_member",
        Reason::RoomGone => "room_not_found",
        Reason::NotEncrypted => "room_not_encrypted",
        Reason::BadFile => "file_unreadable",
        Reason::Needs => "bad_input",
        Reason::NotFound => "message_not_found",
        Reason::IdentityChanged => "identity_changed",
        Reason::Internal => "internal",
    }
}

fn attachment(error: &AttachmentError) -> (Action, &'static str) {
    known(match error {
        AttachmentError::File { error, .. } => media(error),
        AttachmentError::TooLarge { .. } | AttachmentError::TooLargeToShow { .. } => "file_too_large",
        AttachmentError::Denied(_) => "policy",
        AttachmentError::Apart { kind, .. } => return of_kind(*kind),
        AttachmentError::Crashed { .. } => "file_damaged",
        AttachmentError::Decoder(DecoderFault::TimedOut) => "port_timeout",
        AttachmentError::Decoder(DecoderFault::Failed | DecoderFault::Nonsense) => "port_failed",
        AttachmentError::NoWorker(_) => "internal",
        AttachmentError::DiskFull => "disk_full",
        AttachmentError::NoAttachment => "no_attachment",
        AttachmentError::BadKeys => "file_damaged",
        AttachmentError::Net(error) => return net(error),
        AttachmentError::Store(error) => return store(error),
        AttachmentError::Own(_) => "storage",
    })
}

pub(super) fn media(error: &MediaError) -> &'static str {
    match error {
        MediaError::Empty => "file_empty",
        MediaError::Truncated { .. } | MediaError::Damaged { .. } | MediaError::BadKey => "file_damaged",
        MediaError::NotAnImage { .. } => "file_not_a_picture",
        MediaError::NotAVideo { .. } => "file_not_a_clip",
        MediaError::NotASound { .. } => "file_not_a_recording",
        MediaError::NothingInside => "file_damaged",
        MediaError::NoCode => "no_code",
        MediaError::UnsupportedFormat(_) | MediaError::NoCodec | MediaError::NoFfmpeg(_) => {
            "file_unsupported"
        }
        MediaError::TooLong { .. } => "file_too_long",
        MediaError::NothingLeft { .. } => "nothing_left",
        MediaError::OverBudget(_) => "file_too_large",
        MediaError::TooManyPixels { .. } | MediaError::TooLarge { .. } => "file_too_large",
        MediaError::NotAFile | MediaError::Io(_) => "file_unreadable",
        MediaError::Exists => "file_exists",
        MediaError::Tampered => "file_tampered",
        MediaError::Cancelled => "cancelled",
    }
}
