//! Who wrote a document: taken out of Office and OpenDocument files, where it has parts of its own. Everything else is
//! copied as it lies there, packed as it is.

use std::io::{Read, Seek, Write};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::error::Error;

/// More parts than any document has.
const MOST_PARTS: usize = 20_000;

/// Parts that name people, programs and times, and what stands there after.
const PARTS: &[(&str, &str)] = &[
    (
        "docProps/core.xml",
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>"#,
    ),
    (
        "docProps/app.xml",
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>"#,
    ),
    (
        "docProps/custom.xml",
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>"#,
    ),
    (
        "meta.xml",
        r#"<?xml version="1.0" encoding="UTF-8"?>
<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.2"/>"#,
    ),
];
/// Pictures of the first page. They show what the document may not show any more.
const PICTURES: &[&str] = &[
    "docProps/thumbnail.jpeg",
    "docProps/thumbnail.jpg",
    "docProps/thumbnail.png",
    "docProps/thumbnail.emf",
    "docProps/thumbnail.wmf",
    "Thumbnails/thumbnail.png",
];

/// Says whether a document of this type has such parts.
#[must_use]
pub fn is_strippable(mime: &str) -> bool {
    mime.starts_with("application/vnd.openxmlformats-officedocument.")
        || mime.starts_with("application/vnd.oasis.opendocument.")
}

/// Copies a document without what it says of its author. Nothing is unpacked.
///
/// # Errors
/// [`Error::Damaged`] for an archive that makes no sense, [`Error::OverBudget`], [`Error::Io`].
pub fn strip_document<R: Read + Seek, W: Write + Seek>(
    source: R,
    out: W,
    mime: &'static str,
) -> Result<W, Error> {
    let fault = |error: ZipError| match error {
        ZipError::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => Error::Io(error),
        _ => Error::Damaged { format: mime },
    };
    let mut archive = ZipArchive::new(source).map_err(fault)?;
    if archive.len() > MOST_PARTS {
        return Err(Error::OverBudget("room"));
    }
    let mut made = ZipWriter::new(out);
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).map_err(fault)?;
        let name = part.name().map_err(fault)?.to_string();
        let blank = PARTS.iter().find(|(known, _)| *known == name).map(|(_, blank)| blank.as_bytes());
        let blank = blank.or_else(|| PICTURES.contains(&name.as_str()).then_some([].as_slice()));
        match blank {
            Some(blank) => {
                drop(part);
                made.start_file(name, stored).map_err(fault)?;
                made.write_all(blank)?;
            }
            None => made.raw_copy_file(part).map_err(fault)?,
        }
    }
    made.finish().map_err(fault)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::process::Command;

    use super::*;

    const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

    fn said(file: &std::path::Path) -> String {
        let out = Command::new("exiftool")
            .args(["-G1", "-XML:all", "-XMP:all", "-ZIP:all"])
            .arg(file)
            .output()
            .unwrap();
        String::from_utf8(out.stdout).unwrap()
    }

    #[test]
    fn authors_go_and_every_other_part_stays_as_it_is() {
        for name in ["coreprops.docx", "picture.docx"] {
            let path = qroc_fixtures::path(name);
            let source = std::fs::read(&path).unwrap();
            let made =
                strip_document(Cursor::new(&source), Cursor::new(Vec::new()), DOCX).unwrap().into_inner();
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("out.docx");
            std::fs::write(&file, &made).unwrap();
            let before = said(&path);
            assert!(
                before.contains("Creator") || before.contains("Last Modified By") || name == "picture.docx",
                "{before}"
            );
            let after = said(&file);
            for word in ["Creator", "Modified By", "Title", "Application", "Company", "Steve"] {
                assert!(!after.contains(word), "{name}: {word} in {after}");
            }
            assert!(made.len() <= source.len(), "{name}");
            let (mut was, mut is) = (
                ZipArchive::new(Cursor::new(&source)).unwrap(),
                ZipArchive::new(Cursor::new(&made)).unwrap(),
            );
            assert_eq!(was.len(), is.len());
            for index in 0..was.len() {
                let (mut a, mut b) = (was.by_index_raw(index).unwrap(), is.by_index_raw(index).unwrap());
                let (name_a, name_b) = (a.name().unwrap().to_string(), b.name().unwrap().to_string());
                assert_eq!(name_a, name_b);
                let (mut bytes_a, mut bytes_b) = (Vec::new(), Vec::new());
                a.read_to_end(&mut bytes_a).unwrap();
                b.read_to_end(&mut bytes_b).unwrap();
                assert!(bytes_a == bytes_b || name_a.starts_with("docProps/"), "{name_a}");
            }
        }
    }

    #[test]
    fn damage_is_an_error() {
        let source = std::fs::read(qroc_fixtures::path("coreprops.docx")).unwrap();
        for cut in [0, 10, source.len() / 2, source.len() - 3] {
            let made = strip_document(Cursor::new(&source[..cut]), Cursor::new(Vec::new()), DOCX);
            assert!(matches!(made, Err(Error::Damaged { .. })), "{cut}");
        }
    }
}
