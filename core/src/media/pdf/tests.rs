//! Real PDFs, judged by exiftool and Poppler.

use std::path::Path;
use std::process::Command;

use super::*;

/// What exiftool may say of a PDF that tells nothing.
const NEEDED: &[&str] = &[
    "SourceFile",
    "ExifTool:",
    "System:",
    "File:",
    "PDF:PDFVersion",
    "PDF:PageCount",
    "PDF:Linearized",
    "PDF:Language",
    "PDF:TaggedPDF",
    "PDF:PageMode",
    "PDF:PageLayout",
    "PDF:HasXFA",
    "PDF:EmbeddedImage",
    "JFIF:",
    "Composite:",
];

fn said(file: &Path) -> Vec<String> {
    let out = Command::new("exiftool").args(["-j", "-G1", "-a", "-ee"]).arg(file).output().unwrap();
    let all: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let all = all[0].as_object().unwrap();
    let told = all.keys().filter(|name| !NEEDED.iter().any(|needed| name.starts_with(needed)));
    told.cloned().collect()
}

/// Every page as pixels.
fn pages(file: &Path) -> Vec<u8> {
    let out = Command::new("pdftoppm").args(["-r", "50"]).arg(file).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

fn text(file: &Path) -> Vec<u8> {
    Command::new("pdftotext").arg(file).arg("-").output().unwrap().stdout
}

#[test]
fn authors_go_and_pages_stay() {
    let folder = tempfile::tempdir().unwrap();
    for (name, tells) in [
        ("author.pdf", "PDF:Author"),
        ("xmp.pdf", "XMP-"),
        ("linearized.pdf", "PDF:Author"),
        ("form.pdf", "PDF:Creator"),
        ("photo.pdf", "PDF:Creator"),
        ("attachment.pdf", "PDF:Producer"),
        ("crazyones.pdf", "PDF:Producer"),
    ] {
        let path = qroc_fixtures::path(name);
        let before = said(&path);
        assert!(before.iter().any(|tag| tag.starts_with(tells)), "{name}: {before:?}");
        let source = std::fs::read(&path).unwrap();
        let made = strip_pdf(&source).unwrap_or_else(|| panic!("{name} was left as it is"));
        let file = folder.path().join(name);
        std::fs::write(&file, &made).unwrap();
        assert_eq!(said(&file), Vec::<String>::new(), "{name}");
        assert!(pages(&path) == pages(&file), "{name}: other pages");
        assert!(text(&path) == text(&file), "{name}: another text");
        assert!(made.len() <= source.len() + source.len() / 10, "{name}: {} {}", made.len(), source.len());
        assert!(strip_pdf(&made).is_some_and(|twice| twice.len() == made.len()), "{name}: not settled");
    }
}

#[test]
fn what_a_camera_wrote_into_a_photo_inside_goes() {
    let source = std::fs::read(qroc_fixtures::path("photo.pdf")).unwrap();
    let photo = std::fs::read(qroc_fixtures::path("exif_gps.jpg")).unwrap();
    let mut document = load(&source).unwrap();
    let picture = document.objects.values_mut().find_map(|object| {
        let stream = object.as_stream_mut().ok()?;
        stream.filters().is_ok_and(|filters| filters == [b"DCTDecode"]).then_some(stream)
    });
    picture.unwrap().set_content(photo);
    let source = saved(&mut document, false).unwrap();
    let holds = |bytes: &[u8]| bytes.windows(6).any(|window| window == b"Exif\0\0");
    assert!(holds(&source));
    let made = strip_pdf(&source).unwrap();
    assert!(!holds(&made));
}

#[test]
fn what_would_break_is_left_alone() {
    for name in ["encrypted.pdf", "owned.pdf"] {
        let encrypted = std::fs::read(qroc_fixtures::path(name)).unwrap();
        assert!(strip_pdf(&encrypted).is_none(), "{name}");
    }
    let source = std::fs::read(qroc_fixtures::path("author.pdf")).unwrap();
    let mut document = load(&source).unwrap();
    let mut signature = Dictionary::new();
    signature.set("Type", "Sig");
    signature.set("ByteRange", Object::Array(vec![0.into(), 1.into(), 2.into(), 3.into()]));
    let id = document.add_object(signature);
    document.catalog_mut().unwrap().set("Perms", id);
    let signed = saved(&mut document, false).unwrap();
    assert!(strip_pdf(&signed).is_none(), "its signature would be worth nothing");
    assert!(strip_pdf(b"").is_none() && strip_pdf(b"%PDF-1.7\n").is_none());
}

#[test]
fn damage_never_ends_in_a_panic_or_a_worse_file() {
    let mut seed = 11_usize;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for name in ["author.pdf", "crazyones.pdf"] {
        let source = std::fs::read(qroc_fixtures::path(name)).unwrap();
        for _ in 0..40 {
            assert!(strip_pdf(&source[..next(source.len())]).is_none_or(|made| load(&made).is_some()));
            let mut bad = source.clone();
            for _ in 0..4 {
                let at = next(bad.len());
                bad[at] = u8::try_from(next(256)).unwrap();
            }
            assert!(strip_pdf(&bad).is_none_or(|made| load(&made).is_some()));
        }
    }
}
