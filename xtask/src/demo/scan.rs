//! Searches the raw bytes of every file of a folder, in the forms that programs write text in.

use std::fs;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Shorter ones are found by chance in ciphertext.
const SHORTEST: usize = 8;

/// Something to look for.
#[derive(Clone, Debug)]
pub(super) struct Needle {
    pub(super) what: String,
    bytes: Vec<u8>,
}

impl Needle {
    pub(super) fn new(what: &str, bytes: &[u8]) -> Self {
        Self { what: what.to_owned(), bytes: bytes.to_owned() }
    }

    /// As it is; for text as UTF-16 and with JSON's escapes; as hexadecimal and, wherever it stands in a longer
    /// text, as base64.
    pub(super) fn forms(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut forms = vec![
            ("plain", self.bytes.clone()),
            ("hexadecimal", hex::encode(&self.bytes).into_bytes()),
            ("hexadecimal", hex::encode_upper(&self.bytes).into_bytes()),
        ];
        if let Ok(text) = std::str::from_utf8(&self.bytes) {
            let units: Vec<u16> = text.encode_utf16().collect();
            forms.push(("UTF-16", units.iter().flat_map(|unit| unit.to_le_bytes()).collect()));
            if !text.is_ascii() {
                let escape = |unit: &u16| match u8::try_from(*unit) {
                    Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
                    _ => format!("\\u{unit:04x}"),
                };
                forms.push(("escaped", units.iter().map(escape).collect::<String>().into_bytes()));
            }
        }
        for (before, cut) in [(0, 0), (1, 2), (2, 3)] {
            let shifted = [vec![0; before], self.bytes.clone()].concat();
            for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                let mut text = engine.encode(&shifted).into_bytes();
                // The outer characters hold bits of what stands before and after.
                if shifted.len() % 3 != 0 {
                    text.pop();
                }
                forms.push(("base64", text.split_off(cut.min(text.len()))));
            }
        }
        forms.retain(|(_, bytes)| bytes.len() >= SHORTEST);
        forms
    }
}

/// What a search came to.
#[derive(Debug, Default)]
pub(super) struct Searched {
    pub(super) files: usize,
    pub(super) bytes: u64,
    /// Byte sequences that were looked for.
    pub(super) forms: usize,
    /// One line for each file and thing that it gives away.
    pub(super) found: Vec<String>,
}

/// Searches all files below a folder.
pub(super) fn search(folder: &Path, needles: &[Needle]) -> Result<Searched> {
    let mut patterns = Vec::new();
    let mut names = Vec::new();
    for needle in needles {
        for (form, bytes) in needle.forms() {
            patterns.push(bytes);
            names.push(format!("{} ({form})", needle.what));
        }
    }
    let automaton = AhoCorasick::new(&patterns)?;
    let mut searched = Searched { forms: patterns.len(), ..Searched::default() };
    for file in files(folder)? {
        let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        searched.files += 1;
        searched.bytes += bytes.len() as u64;
        let mut here: Vec<String> = automaton
            .find_iter(&bytes)
            .filter_map(|found| names.get(found.pattern().as_usize()))
            .map(|name| format!("{name} in {}", file.display()))
            .collect();
        here.sort();
        here.dedup();
        searched.found.append(&mut here);
    }
    Ok(searched)
}

/// All files below a folder.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if entry.file_type()?.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_every_form_and_at_every_place() {
        let text = "Café by the pier 👍🏽";
        let needle = [Needle::new("it", text.as_bytes())];
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut haystacks = vec![text.as_bytes().to_vec(), utf16, hex::encode(text).into_bytes()];
        haystacks.push(b"{\"body\":\"Caf\\u00e9 by the pier \\ud83d\\udc4d\\ud83c\\udffd\"}".to_vec());
        for before in 0..6 {
            let inside = format!("{}{text}, {}", "-".repeat(before), "+".repeat(before));
            haystacks.push(STANDARD_NO_PAD.encode(inside).into_bytes());
        }
        for haystack in haystacks {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir(dir.path().join("deep")).unwrap();
            fs::write(dir.path().join("deep/file"), [&[0xff; 9][..], &haystack, &[0; 9]].concat()).unwrap();
            fs::write(dir.path().join("other"), "Cafe by the pier").unwrap();
            let searched = search(dir.path(), &needle).unwrap();
            assert_eq!((searched.files, searched.found.len()), (2, 1), "{searched:?}");
        }
    }
}
