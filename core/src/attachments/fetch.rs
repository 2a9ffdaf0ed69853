//! A file that came: fetched, proven, opened.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::stream;
use ruma::MxcUri;
use ruma::events::room::EncryptedFile;
use serde_json::Value;
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::AttachmentError;
use crate::media::{self, HEAD_BYTES, Opened, SealKey};
use crate::net::{Http, NetError, part};

/// A server that sends nothing for so long has stopped.
const STALLED: std::time::Duration = std::time::Duration::from_secs(60);

/// Where a server hands out what is at an address.
pub(super) fn address(mxc: &str) -> Result<String, AttachmentError> {
    let (server, media_id) = <&MxcUri>::from(mxc).parts().map_err(|_| AttachmentError::BadKeys)?;
    Ok(format!("/_matrix/client/v1/media/download/{}/{}", part(server.as_str()), part(media_id)))
}

/// An answer, piece by piece. However long the whole takes, a piece that does not come ends it.
pub(super) struct Pieces(reqwest::Response);

pub(super) fn pieces(response: reqwest::Response) -> Pieces {
    Pieces(response)
}

impl Pieces {
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, NetError> {
        let piece = tokio::time::timeout(STALLED, self.0.chunk()).await.map_err(|_| NetError::Timeout)?;
        Ok(piece?)
    }
}

/// What was fetched.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Where it is.
    pub path: PathBuf,
    /// Length and hash.
    pub opened: Opened,
    /// MIME type by content.
    pub mime: String,
}

/// Fetches the file attached to a message with this content, opens it, and puts it where `to` says: into that
/// directory under a safe name, or at that path. What does not match its hash never gets there.
///
/// # Errors
/// `NoAttachment`, `BadKeys`, `File` (`Exists` without `overwrite`, `Tampered`), the network's.
pub async fn fetch(
    http: &Http,
    content: &Value,
    to: &Path,
    overwrite: bool,
) -> Result<Fetched, AttachmentError> {
    let file = content.get("file").ok_or(AttachmentError::NoAttachment)?;
    let file: EncryptedFile = serde_json::from_value(file.clone()).map_err(|_| AttachmentError::BadKeys)?;
    let path = address(file.url.as_str())?;
    let said =
        content.pointer("/info/mimetype").and_then(Value::as_str).unwrap_or("application/octet-stream");
    let name =
        content.get("filename").or_else(|| content.get("body")).and_then(Value::as_str).unwrap_or("file");
    let dest = if to.is_dir() { to.join(media::safe_name(name, said)) } else { to.to_owned() };
    if !overwrite && dest.symlink_metadata().is_ok() {
        return Err(AttachmentError::File { path: dest, error: media::Error::Exists });
    }
    let response = http.download(&path).await?;
    let stream = stream::try_unfold(pieces(response), |mut pieces| async move {
        let piece = pieces.next().await.map_err(std::io::Error::other)?;
        Ok::<_, std::io::Error>(piece.map(|piece| (piece, pieces)))
    });
    let stream = Box::pin(stream);
    let key = SealKey::from(file);
    let target = dest.clone();
    let bridge = SyncIoBridge::new(StreamReader::new(stream));
    let opened = tokio::task::spawn_blocking(move || {
        let mut reader = BufReader::with_capacity(64 * 1024, bridge);
        media::open_to_file(&mut reader, &key, &target, overwrite, &mut |_| true)
    })
    .await
    .map_err(|_| AttachmentError::Own(std::io::Error::other("the writer stopped")))?
    .map_err(|error| AttachmentError::File { path: dest.clone(), error })?;
    let mime = File::open(&dest)
        .and_then(|file| {
            let mut head = Vec::new();
            file.take(u64::try_from(HEAD_BYTES).unwrap_or(0)).read_to_end(&mut head)?;
            Ok(media::probe(&head).mime.to_owned())
        })
        .unwrap_or_else(|_| said.to_owned());
    Ok(Fetched { path: dest, opened, mime })
}
