//! Vaults that need nothing of the platform: a key file and a passphrase.

pub mod envelope;
pub mod file;
pub mod passphrase;

pub use file::FileVault;
pub use passphrase::{Cost, PassphraseVault, derive};

/// Vaults whose `destroy` has nothing to destroy: what opens them is with the person.
pub const KEEP_NOTHING: [&str; 2] = [FileVault::KIND, PassphraseVault::KIND];
