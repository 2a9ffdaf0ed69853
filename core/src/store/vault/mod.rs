//! Vaults that need nothing of the platform: a key file and a passphrase.

pub mod envelope;
pub mod file;
pub mod passphrase;

pub use file::FileVault;
pub use passphrase::{Cost, PassphraseVault, derive};
