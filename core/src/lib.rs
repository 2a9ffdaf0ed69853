//! QROC core.

pub mod ports;
pub mod secret;
pub mod store;
