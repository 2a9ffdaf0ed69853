//! What is said of something when it is shared.

use clap::Args;
use qroc_core::client::Action;
use qroc_core::model::Said;

/// Options of everything that shares contents.
#[derive(Debug, Args)]
pub(crate) struct Saying {
    /// Say why it is shared: one of the reasons that policy lists (share.purposes)
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<String>,
    /// Say how it is classified: unclassified, restricted, confidential, secret or top_secret
    #[arg(long, value_name = "LEVEL")]
    classification: Option<String>,
}

impl Saying {
    /// Says it with an action.
    pub(crate) fn with(self, action: Action) -> Action {
        action.saying(Said { purpose: self.purpose, classification: self.classification })
    }
}
