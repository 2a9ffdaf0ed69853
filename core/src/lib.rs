//! QROC core.
