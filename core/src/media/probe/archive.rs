//! ZIP and the many formats that are ZIP archives: told apart by the names of their members.

use super::super::cursor::{Cursor, contains};
use super::{Kind, Probe};

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const MAX_NAMES: usize = 20_000;

pub(super) fn is_zip(head: &[u8]) -> bool {
    head.starts_with(LOCAL) || head.starts_with(b"PK\x05\x06") || head.starts_with(b"PK\x07\x08")
}

pub(super) fn recognise(head: &[u8], tail: &[u8]) -> Probe {
    let mut names = member_names(head, LOCAL, 26, 30);
    names.extend(member_names(tail, CENTRAL, 28, 46));
    let has = |name: &str| names.contains(&name.as_bytes());
    let has_in = |folder: &str| names.iter().any(|found| found.starts_with(folder.as_bytes()));

    if has("AndroidManifest.xml") || has("classes.dex") {
        return Probe::executable("application/vnd.android.package-archive");
    }
    if names.iter().any(|name| name.starts_with(b"Payload/") && contains(name, b".app/")) {
        return Probe::executable("application/x-ios-app");
    }
    if has("AppxManifest.xml") || has("AppxBlockMap.xml") {
        return Probe::executable("application/appx");
    }
    if let Some(found) = declared(head) {
        return found;
    }
    // Checked first: such a file runs code when its macros are allowed.
    if names.iter().any(|name| name.ends_with(b"vbaProject.bin")) {
        return Probe::new(Kind::Document, "application/vnd.ms-office.macro-enabled", "bin");
    }
    if has_in("word/") {
        let mime = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        return Probe::new(Kind::Document, mime, "docx");
    }
    if has_in("xl/") {
        let mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        return Probe::new(Kind::Document, mime, "xlsx");
    }
    if has_in("ppt/") {
        let mime = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
        return Probe::new(Kind::Document, mime, "pptx");
    }
    if has("META-INF/MANIFEST.MF") {
        return Probe::executable("application/java-archive");
    }
    Probe::new(Kind::Archive, "application/zip", "zip")
}

/// OpenDocument and EPUB say what they are in a first, uncompressed member.
fn declared(head: &[u8]) -> Option<Probe> {
    let rest = head.get(30..)?.strip_prefix(b"mimetype")?;
    let is = |mime: &str| contains(rest.get(..rest.len().min(120)).unwrap_or_default(), mime.as_bytes());
    let (mime, extension) = [
        ("application/epub+zip", "epub"),
        ("application/vnd.oasis.opendocument.text", "odt"),
        ("application/vnd.oasis.opendocument.spreadsheet", "ods"),
        ("application/vnd.oasis.opendocument.presentation", "odp"),
        ("application/vnd.oasis.opendocument.graphics", "odg"),
    ]
    .into_iter()
    .find(|(mime, _)| is(mime))?;
    Some(Probe::new(Kind::Document, mime, extension))
}

fn member_names<'a>(bytes: &'a [u8], mark: &[u8], length_at: usize, name_at: usize) -> Vec<&'a [u8]> {
    let mut names = Vec::new();
    let mut rest = bytes;
    while names.len() < MAX_NAMES {
        let Some(at) = rest.windows(mark.len()).position(|window| window == mark) else { break };
        let header = rest.get(at..).unwrap_or_default();
        let length = header.get(length_at..).and_then(|field| Cursor::new(field).le16()).unwrap_or_default();
        if let Some(name) = header.get(name_at..).and_then(|found| found.get(..usize::from(length))) {
            names.push(name);
        }
        rest = header.get(mark.len()..).unwrap_or_default();
    }
    names
}
