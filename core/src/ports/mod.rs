//! Traits that the platform implements. They hold no rules: what to do with an answer is decided above.

pub mod image_decoder;
pub mod key_vault;
pub mod location_source;
