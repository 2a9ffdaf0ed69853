//! What is looked at, and what may be done with it.

use qroc_core::client::Part;
use qroc_core::model;
use qroc_core::policy::Denied;

/// Which file of a message is looked at.
#[uniffi::remote(Enum)]
pub enum Part {
    /// The small picture; of a picture without one, itself.
    Preview,
    /// What was sent.
    File,
}

/// What policy has against something.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Objection {
    /// The key that decided, such as `share.save_to_device`.
    pub policy_key: String,
    /// Where its value comes from.
    pub policy_source: String,
}

impl From<Denied> for Objection {
    fn from(denied: Denied) -> Self {
        Self { policy_key: denied.key, policy_source: denied.origin }
    }
}

/// What may be done with a file besides looking at it: nothing stands against it, or what policy has against it.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ContentsRights {
    /// Against saving it.
    pub save: Option<Objection>,
    /// Against opening it with another program.
    pub open_external: Option<Objection>,
}

impl From<model::ContentsRights> for ContentsRights {
    fn from(rights: model::ContentsRights) -> Self {
        Self { save: rights.save.map(Into::into), open_external: rights.open_external.map(Into::into) }
    }
}
