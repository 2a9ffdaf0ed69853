//! Evidence-grade originals: what is said of the unchanged bytes, signed by the device that sent them, and how it is
//! proven. `docs/protocol.md` has the form.

use std::path::Path;

use ruma::CanonicalJsonValue;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::AttachmentError;

/// Facts of the camera in a message with a file.
pub const CAPTURE: &str = "eu.qroc.capture";
/// What is said of the unchanged bytes, in the message with the prepared file; and the type of the event with them.
pub const ORIGINAL: &str = "eu.qroc.original";

/// The unchanged file, sealed in parts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SealedOriginal {
    /// What is said of it, before who, where and when is added and signed.
    pub statement: Value,
    /// Its parts, with empty addresses.
    pub parts: Value,
    /// What must be on the server first: JSON pointer, file in the media directory, length.
    pub uploads: Vec<(String, String, i64)>,
}

impl SealedOriginal {
    /// Completes what is said of it.
    #[must_use]
    pub fn said_by(&self, user_id: &str, device_id: &str, room_id: &str, ts: i64) -> Value {
        let mut statement = self.statement.clone();
        if let Some(statement) = statement.as_object_mut() {
            statement.insert("user_id".to_owned(), json!(user_id));
            statement.insert("device_id".to_owned(), json!(device_id));
            statement.insert("room_id".to_owned(), json!(room_id));
            statement.insert("ts".to_owned(), json!(ts));
        }
        statement
    }

    /// The content of the event that carries the bytes.
    #[must_use]
    pub fn content(&self) -> Value {
        let of = |key: &str| self.statement.get(key).cloned().unwrap_or(Value::Null);
        json!({
            "version": 1,
            "sha256": of("sha256"),
            "size": of("size"),
            "mimetype": of("mimetype"),
            "name": of("name"),
            "parts": self.parts,
        })
    }
}

/// The bytes that are signed: the statement as canonical JSON, without `signatures`.
///
/// # Errors
/// `BadKeys` where it is no object or has fractions.
pub fn signed_text(statement: &Value) -> Result<String, AttachmentError> {
    let mut object = statement.as_object().cloned().ok_or(AttachmentError::BadKeys)?;
    object.remove("signatures");
    let canonical =
        CanonicalJsonValue::try_from(Value::Object(object)).map_err(|_| AttachmentError::BadKeys)?;
    Ok(canonical.to_string())
}

/// What a statement names that its proof needs.
#[derive(Clone, Debug, Deserialize)]
pub struct Said {
    /// Of the whole file, in hexadecimal.
    pub sha256: String,
    /// Bytes of the whole file.
    pub size: u64,
    /// Who.
    pub user_id: String,
    /// With which device.
    pub device_id: String,
    /// In which room.
    pub room_id: String,
    /// Ed25519 signatures by user and key.
    #[serde(default)]
    pub signatures: std::collections::BTreeMap<String, std::collections::BTreeMap<String, String>>,
}

impl Said {
    /// Reads a statement out of the content of a message.
    #[must_use]
    pub fn in_content(content: &Value) -> Option<(Self, &Value)> {
        let statement = content.get(ORIGINAL)?;
        Some((serde_json::from_value(statement.clone()).ok()?, statement))
    }

    /// The signature of the device that it names.
    #[must_use]
    pub fn signature(&self) -> Option<&str> {
        let key = format!("ed25519:{}", self.device_id);
        self.signatures.get(&self.user_id)?.get(&key).map(String::as_str)
    }
}

/// Puts the parts of an original together at `dest`; they were opened and proven one by one. Only the whole, with the
/// hash that was signed, appears there.
///
/// # Errors
/// `File` with `Tampered` where the whole is another file, `Exists`; what the file system says.
pub fn join(
    parts: &[std::path::PathBuf],
    said: &Said,
    dest: &Path,
    overwrite: bool,
) -> Result<(), AttachmentError> {
    use std::io::{Read as _, Write as _};

    use sha2::{Digest as _, Sha256};

    let wrong = |error: crate::media::Error| AttachmentError::File { path: dest.to_owned(), error };
    let folder = dest.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let io = |error: std::io::Error| wrong(error.into());
    let mut whole =
        tempfile::Builder::new().prefix(".qroc-").suffix(".part").tempfile_in(folder).map_err(io)?;
    let (mut hash, mut size) = (Sha256::new(), 0_u64);
    let mut buffer = vec![0; 64 * 1024];
    for part in parts {
        let mut part = std::fs::File::open(part).map_err(io)?;
        loop {
            let count = part.read(&mut buffer).map_err(io)?;
            if count == 0 {
                break;
            }
            let bytes = buffer.get(..count).unwrap_or_default();
            hash.update(bytes);
            size = size.saturating_add(u64::try_from(count).unwrap_or_default());
            whole.write_all(bytes).map_err(io)?;
        }
    }
    if size != said.size || hex::encode(hash.finalize()) != said.sha256 {
        return Err(wrong(crate::media::Error::Tampered));
    }
    whole.as_file().sync_all().map_err(io)?;
    let moved = if overwrite { whole.persist(dest) } else { whole.persist_noclobber(dest) };
    moved.map(|_| ()).map_err(|failed| match failed.error.kind() {
        std::io::ErrorKind::AlreadyExists => wrong(crate::media::Error::Exists),
        _ => io(failed.error),
    })
}
