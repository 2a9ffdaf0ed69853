//! The own name, as everybody on the server sees it.

use serde_json::{Value, json};

use super::{Client, Error, Wish};
use crate::net::{Call, part};

/// A longer one is cut by most programs, in bytes.
const LONGEST: usize = 256;

impl Client {
    /// Returns the name that others see; nothing where there is none.
    ///
    /// # Errors
    /// The network's, `Held`.
    pub async fn display_name(&self) -> Result<Option<String>, Error> {
        self.gate()?;
        let answer: Value = self.owner()?.http.json(Call::get(&self.name_path())).await?;
        Ok(answer.get("displayname").and_then(Value::as_str).map(str::to_owned))
    }

    /// Changes the name that others see. The server can read it.
    ///
    /// # Errors
    /// `Denied` by `account.readonly_profile`, `BadInput` for one without letters or with more than 256 bytes, the
    /// server's refusal, the network's, `Held`.
    pub async fn set_display_name(&self, name: &str) -> Result<(), Error> {
        self.gate()?;
        self.inner.permit(Wish::ChangeProfile).await?;
        let name = name.trim();
        if name.is_empty() || name.len() > LONGEST {
            return Err(Error::BadInput(format!("a name has 1 to {LONGEST} bytes")));
        }
        let body = json!({ "displayname": name });
        self.owner()?.http.done(Call::put(&self.name_path(), &body)).await?;
        Ok(())
    }

    fn name_path(&self) -> String {
        format!("/_matrix/client/v3/profile/{}/displayname", part(&self.inner.account.user_id))
    }
}
