//! The steps of the demo, in their order.

pub(super) mod arrive;
pub(super) mod bytes;
pub(super) mod killed;
pub(super) mod offline;
pub(super) mod photo;
pub(super) mod place;
pub(super) mod search;
pub(super) mod server_view;
pub(super) mod talk;
