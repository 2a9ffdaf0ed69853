//! The core for Kotlin and Swift: objects with a life, records and enums, lists that are pulled.
//!
//! Holds no rules. Nothing here waits on the calling thread: what touches disk or network runs on the core's own
//! threads, and what is not asynchronous is answered from memory. Two kinds of asynchronous methods: *reads* stop when
//! the caller stops waiting; *changes* run to their end all the same. Each method says which it is.
// What a call waits for goes deep into the cryptography's own futures.
#![recursion_limit = "256"]
#![allow(
    unsafe_code,
    reason = "what the macros of UniFFI make; written by hand there is one line, in version.rs"
)]

mod client;
mod code;
mod contents;
mod decoder;
mod error;
mod fault;
mod latest;
mod live;
mod lock;
mod log;
mod map;
mod notifier;
mod platform;
mod policy;
mod positions;
mod pulled;
mod push;
mod queue;
mod records;
mod recovery;
mod room;
mod room_list;
mod runtime;
mod share;
mod states;
mod surroundings;
mod talk;
mod timeline;
mod transfer;
mod trust;
mod vault;
mod verification;
mod version;

pub use client::{Client, account_exists, wipe};
pub use code::{code_in_frame, code_in_picture};
pub use contents::{Contents, Playback};
pub use decoder::{DecodedImage, ImageDecoder};
pub use error::{PortFault, QrocError, error_text_keys};
pub use live::{LiveObjects, live_objects};
pub use lock::{lock_status, unlock};
pub use notifier::Notifier;
pub use platform::{LogLevel, LogRecord, LogSink, Platform, init};
pub use policy::PolicyChanges;
pub use positions::Positions;
pub use push::{PushRegistration, PushService, PushState};
pub use queue::SendQueue;
pub use records::account::{Destroyed, Device, DeviceTrust, LoginDetails, SignedIn, Status, SyncSummary};
pub use records::contents::{ContentsRights, Objection};
pub use records::diff::{PositionDiff, QueueDiff, RoomListDiff, TimelineDiff};
pub use records::item::{
    Attachment, ItemContent, Location, MediaKind, Reaction, TextKind, TimelineItem, Unreadable,
};
pub use records::lock::{LockState, LockStatus};
pub use records::map::{MapGround, MapInfo, MapPart, MapShape, PositionCluster};
pub use records::notification::{Attention, Notification};
pub use records::outgoing::{
    Downloaded, NewFile, NewMessage, NewPlace, NewRoom, QueueItem, QueuedKind, Sent, SentFile,
    SignatureCheck, Trim,
};
pub use records::policy::{
    ManagedConfig, ManagedValue, PolicyAction, PolicyChange, PolicyDecision, PolicyLine, PolicyState,
    PolicyValue,
};
pub use records::position::{
    Fix, FixSource, LocationReading, NewShare, Position, SharePace, SharedPositions, Track,
};
pub use records::recovery::{BackupState, RecoveryKeyState, RecoveryStatus, Restored};
pub use records::room::{RoomMember, RoomSummary};
pub use records::search::{SearchHit, SearchQuery, SnippetPart};
pub use records::talk::{
    Draft, ForwardedFrom, MessageMark, MessageVersion, QuotedMessage, SeenBy, TextBlock, TextRun,
    ThreadSummary,
};
pub use records::transfer::{TransferProgress, TransferState};
pub use records::trust::{
    UserTrust, VerificationCode, VerificationEmoji, VerificationReason, VerificationStage,
};
pub use recovery::{RecoveryKey, RecoveryStates};
pub use room::Room;
pub use room_list::RoomList;
pub use share::{LocationShare, LocationSource};
pub use states::{Connection, ConnectionStates};
pub use surroundings::{DeviceFacts, DeviceSystem, ProposedSignIn, proposed_sign_in, tell_device};
pub use timeline::Timeline;
pub use transfer::Transfer;
pub use vault::{KeyVault, Vault, VaultFault};
pub use verification::{Verification, VerificationRequests};
pub use version::{library_version, qroc_library_version};

uniffi::setup_scaffolding!("qroc");
