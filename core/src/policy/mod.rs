//! What administrators demand, and whether something may be done under it. Pure: no clock, no file, no network.
//! `table` defines the keys; `Policy::decide` is the only gate.

mod action;
mod bundle;
mod decide;
mod effective;
mod file;
mod form;
pub mod generate;
mod key;
mod merge;
mod order;
mod pin;
mod proof;
mod rules;
mod source;
mod suggest;
mod table;
mod text;
mod value;

pub use action::{ACTIONS, Action, System};
pub use bundle::{Bundle, BundleError, LARGEST, MAGIC, Order, OrderKind, Reader, SKEW_MS, SigningKey};
pub use decide::{Decision, Denied, Needed, level_of};
pub use effective::{Choices, Entry, Feedback, NOT_ENFORCED, Origin, Policy};
pub use file::{Broken, Line, parse};
pub use key::{Definition, Form, Initial, Key, Merge, Type};
pub use merge::Merged;
pub use order::{is_looser, stricter};
pub use rules::{AutoDownload, ClipRules, LocationMode, LocationRules, LockRules, PhotoRules, Retention};
pub use source::{Layer, Note, Rank, Source, State};
pub use suggest::nearest;
pub use text::{Language, Words};
pub use value::{List, Reading, Value, read};

#[cfg(test)]
mod tests;
