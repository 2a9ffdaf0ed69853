//! QROC core.

pub mod media;
