//! What the sender of a message says of it beside its contents.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where it stands in an event's content, sealed with everything else.
const FIELD: &str = "eu.qroc.said";
/// What a sender says is not longer, in bytes.
const LONGEST: usize = 200;

/// Why something is shared, and how it is classified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    /// Why: one of `share.purposes`.
    pub purpose: Option<String>,
    /// `unclassified`, `restricted`, `confidential`, `secret` or `top_secret`.
    pub classification: Option<String>,
}

impl Said {
    /// Reads what is said in the content of an event; nothing where nothing is.
    pub fn of(content: &Value) -> Self {
        let text = |key: &str| {
            let text = content.get(FIELD)?.get(key)?.as_str()?;
            (text.len() <= LONGEST).then(|| text.to_owned())
        };
        Self { purpose: text("purpose"), classification: text("classification") }
    }

    /// Says whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Puts it into the content of an event.
    pub fn seal(&self, content: &mut Value) {
        if let (false, Some(content)) = (self.is_empty(), content.as_object_mut()) {
            let mut said = json!({ "v": 1 });
            if let Some(said) = said.as_object_mut() {
                said.extend(self.purpose.as_ref().map(|why| ("purpose".to_owned(), json!(why))));
                said.extend(
                    self.classification.as_ref().map(|how| ("classification".to_owned(), json!(how))),
                );
            }
            content.insert(FIELD.to_owned(), said);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_comes_back_and_nothing_leaves_no_trace() {
        let said = Said { purpose: Some("detection".into()), classification: Some("secret".into()) };
        let mut content = json!({ "body": "x" });
        Said::default().seal(&mut content);
        assert_eq!(content, json!({ "body": "x" }));
        said.seal(&mut content);
        assert_eq!(Said::of(&content), said);
        for odd in [json!({}), json!({ FIELD: 7 }), json!({ FIELD: { "purpose": "x".repeat(300) } })] {
            assert!(Said::of(&odd).is_empty(), "{odd}");
        }
    }
}
