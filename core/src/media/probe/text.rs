//! Plain text and markup.

use std::str;

use super::super::cursor::contains;
use super::{Kind, Probe};

pub(super) fn recognise(head: &[u8]) -> Option<Probe> {
    if is_wide(head) {
        return Some(Probe::new(Kind::Text, "text/plain", "txt"));
    }
    let text = utf8(head)?;
    if text.is_empty()
        || text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\x0C' | '\x1B'))
    {
        return None;
    }
    let start: String = text.trim_start_matches('\u{FEFF}').trim_start().chars().take(1024).collect();
    let start = start.to_ascii_lowercase();
    // Markup that can carry scripts is saved under a name that no browser opens.
    Some(if start.starts_with("<!doctype html") || start.starts_with("<html") {
        Probe::new(Kind::Text, "text/html", "txt")
    } else if contains(start.as_bytes(), b"<svg") && start.starts_with('<') {
        Probe::new(Kind::Text, "image/svg+xml", "txt")
    } else if start.starts_with("<?xml") {
        Probe::new(Kind::Text, "text/xml", "xml")
    } else {
        Probe::new(Kind::Text, "text/plain", "txt")
    })
}

/// The head of a file may end within a character.
fn utf8(head: &[u8]) -> Option<&str> {
    match str::from_utf8(head) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => str::from_utf8(head.get(..error.valid_up_to())?).ok(),
        Err(_) => None,
    }
}

fn is_wide(head: &[u8]) -> bool {
    let unit: fn([u8; 2]) -> u16 = match head {
        [0xFF, 0xFE, ..] => u16::from_le_bytes,
        [0xFE, 0xFF, ..] => u16::from_be_bytes,
        _ => return false,
    };
    let units = head.chunks_exact(2).skip(1).filter_map(|pair| pair.try_into().ok()).map(unit);
    char::decode_utf16(units.take(2048)).all(|c| c.is_ok_and(|c| !c.is_control() || c.is_whitespace()))
}
