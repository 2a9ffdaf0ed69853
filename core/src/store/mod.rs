//! The device-level key file and the vaults that open it.

pub mod key_file;
pub mod vault;
