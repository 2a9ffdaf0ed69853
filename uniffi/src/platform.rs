//! What the platform gives before anything else: certificates that it trusts, and a place for logs.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use qroc_core::client::Options;
use qroc_core::ports::image_decoder as port;

use crate::decoder::{Decoder, ImageDecoder};
use crate::error::{PortFault, QrocError};
use crate::records::policy::ManagedConfig;
use crate::{log, runtime};

/// How loud a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, uniffi::Enum)]
pub enum LogLevel {
    /// A fault of this program.
    Error,
    /// Something that went wrong and was dealt with.
    Warn,
    /// What happens, seldom.
    Info,
    /// What happens, in detail.
    Debug,
}

/// One line of the log. Holds no names, ids, texts or keys.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct LogRecord {
    /// When.
    pub time: SystemTime,
    /// How loud.
    pub level: LogLevel,
    /// Which part of the core.
    pub target: String,
    /// What, with its fields as `name=value`.
    pub line: String,
}

/// Takes the log, on a thread of its own: it may be slow, throw, or call the core. Lines that come while it is busy
/// wait, up to a thousand; more are dropped and counted.
#[uniffi::export(foreign)]
pub trait LogSink: Send + Sync {
    /// Takes one line.
    fn log(&self, record: LogRecord) -> Result<(), PortFault>;
}

/// What the platform gives.
#[derive(Clone, uniffi::Record)]
pub struct Platform {
    /// Certificates (PEM) of authorities that are trusted besides the system's; an organisation's own.
    pub authorities: Vec<String>,
    /// What the device's management says; what changes later goes to `Client.take_managed`.
    #[uniffi(default)]
    pub managed: Vec<ManagedConfig>,
    /// Reads pictures that the core cannot read; without it they are refused, or sent as files.
    pub image_decoder: Option<Arc<dyn ImageDecoder>>,
    /// Takes the log; without it nothing is logged.
    pub log_sink: Option<Arc<dyn LogSink>>,
    /// Nothing less loud is logged.
    pub log_level: LogLevel,
}

static OPTIONS: RwLock<Option<Options>> = RwLock::new(None);

/// Prepares the library; to be called once, before anything else, when the app starts. Calling it again replaces what
/// the platform gave; clients that are open keep what they began with. Returns at once.
///
/// # Errors
/// `Internal` where the system gives no threads.
#[uniffi::export]
pub fn init(platform: Platform) -> Result<(), QrocError> {
    runtime::start()?;
    log::install(platform.log_sink, platform.log_level);
    let managed = platform.managed.into_iter().map(Into::into).collect();
    let image_decoder =
        platform.image_decoder.map(|decoder| Arc::new(Decoder(decoder)) as Arc<dyn port::ImageDecoder>);
    let options = Options { authorities: platform.authorities, managed, image_decoder, ..Options::default() };
    *OPTIONS.write().unwrap_or_else(PoisonError::into_inner) = Some(options);
    Ok(())
}

pub(crate) fn options() -> Result<Options, QrocError> {
    let options = OPTIONS.read().unwrap_or_else(PoisonError::into_inner).clone();
    let options = options.ok_or_else(|| QrocError::of("not_initialised"))?;
    Ok(Options { device: crate::surroundings::device(), ..options })
}
