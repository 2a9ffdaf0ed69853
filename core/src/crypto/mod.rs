//! End-to-end encryption: matrix-sdk-crypto on our database.

pub mod store;
