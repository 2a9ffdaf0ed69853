//! What runs when it is opened.

use super::super::cursor::{Cursor, length};
use super::Probe;

pub(super) fn recognise(head: &[u8]) -> Option<Probe> {
    let mime = match head {
        [0x7F, b'E', b'L', b'F', ..] => "application/x-executable",
        [0xFE, 0xED, 0xFA, 0xCE | 0xCF, ..] | [0xCE | 0xCF, 0xFA, 0xED, 0xFE, ..] => {
            "application/x-mach-binary"
        }
        // A Java class and a universal Mach-O program share these four bytes; both run.
        [0xCA, 0xFE, 0xBA, 0xBE, ..] => "application/x-mach-binary",
        [b'd', b'e', b'x', b'\n', ..] => "application/vnd.android.dex",
        [0, b'a', b's', b'm', ..] => "application/wasm",
        [b'M', b'Z', ..] if is_windows_program(head) => "application/vnd.microsoft.portable-executable",
        [b'L', 0, 0, 0, 1, 0x14, 2, 0, ..] => "application/x-ms-shortcut",
        [0xED, 0xAB, 0xEE, 0xDB, ..] => "application/x-rpm",
        [b'I', b'T', b'S', b'F', ..] => "application/vnd.ms-htmlhelp",
        _ if head.starts_with(b"!<arch>\ndebian") => "application/vnd.debian.binary-package",
        _ if is_script(head) => "text/x-script",
        _ => return None,
    };
    Some(Probe::executable(mime))
}

/// Text may begin with these two letters: a program says where its real header is, or at least is not text.
fn is_windows_program(head: &[u8]) -> bool {
    let header = head.get(60..).and_then(|rest| Cursor::new(rest).le32()).map(length);
    let signature = header.and_then(|at| head.get(at..)?.get(..2));
    signature.is_some_and(|found| found == b"PE" || found == b"NE" || found == b"LE")
        || head.iter().take(512).any(|byte| *byte == 0)
}

fn is_script(head: &[u8]) -> bool {
    const STARTS: &[&str] = &[
        "@echo ",
        "<?php",
        "<script",
        "<job",
        "<hta:",
        "<package",
        "[desktop entry]",
        "[internetshortcut]",
        "windows registry editor",
        "regedit4",
    ];
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    if let Some(rest) = text.strip_prefix(b"#!") {
        let path = rest.trim_ascii_start();
        return path.starts_with(b"/");
    }
    let text = text.trim_ascii_start();
    STARTS.iter().any(|start| {
        text.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start.as_bytes()))
    })
}
