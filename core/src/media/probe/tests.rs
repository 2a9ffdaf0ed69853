use std::io::Cursor;

use image::ImageFormat as Known;
use proptest::prelude::*;

use super::*;
use crate::media::testing;

fn mime(head: &[u8]) -> &'static str {
    probe(head).mime
}

fn zip(names: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut central = Vec::new();
    for name in names {
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let at = u32::try_from(out.len()).unwrap().to_le_bytes();
        out.extend([b"PK\x03\x04".as_slice(), &[0; 22], &length, &[0; 2], name.as_bytes()].concat());
        central
            .extend([b"PK\x01\x02".as_slice(), &[0; 24], &length, &[0; 12], &at, name.as_bytes()].concat());
    }
    [out, central, b"PK\x05\x06".to_vec(), vec![0; 18]].concat()
}

fn compound(entry: &str) -> Vec<u8> {
    let mut file = vec![0; 512 * 200];
    file[..8].copy_from_slice(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
    file[30] = 9;
    file[48] = 180;
    let name: Vec<u8> = entry.encode_utf16().flat_map(u16::to_le_bytes).collect();
    file[181 * 512..181 * 512 + name.len()].copy_from_slice(&name);
    file
}

#[test]
fn pictures_are_recognised() {
    let picture = image::DynamicImage::from(testing::picture(16, 16));
    for (file, format) in [
        (testing::told_jpeg(16, 16, 1), ImageFormat::Jpeg),
        (testing::told_png(&picture), ImageFormat::Png),
        (testing::apng(16, 16), ImageFormat::Png),
        (testing::told_webp(16, 16, 1), ImageFormat::WebP),
        (testing::animated_webp(16, 16), ImageFormat::WebP),
        (testing::gif(16, 16, 2), ImageFormat::Gif),
        (testing::file(&picture, Known::Bmp), ImageFormat::Bmp),
        (testing::file(&picture, Known::Tiff), ImageFormat::Tiff),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), ImageFormat::Heif),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic".to_vec(), ImageFormat::Heif),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf".to_vec(), ImageFormat::Avif),
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1miafMA1B".to_vec(), ImageFormat::Avif),
        (b"8BPS\0\x01".to_vec(), ImageFormat::Other("image/vnd.adobe.photoshop")),
    ] {
        let found = probe(&file);
        assert_eq!(found.kind, Kind::Image(format));
        assert_eq!(found.mime, format.mime());
    }
}

#[test]
fn clips_and_sounds_are_recognised() {
    for (head, expected) in [
        (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42".as_slice(), "video/mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video/quicktime"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "video/quicktime"),
        (b"\0\0\0\x18ftyp3gp5\0\0\0\0isom3gp5", "video/3gpp"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0isommp42", "audio/mp4"),
        (b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
        (b"\x1A\x45\xDF\xA3\xA3\x42\x86\x81\x01\x42\x82\x88matroska", "video/x-matroska"),
        (b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
        (b"\xFF\xFB\x90\x64\0\0", "audio/mpeg"),
        (b"\xFF\xF1\x50\x80", "audio/aac"),
        (b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead", "audio/ogg"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\x24\0\0\0AVI LIST", "video/x-msvideo"),
        (b"#!AMR\n", "audio/amr"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
    ] {
        assert_eq!(mime(head), expected, "{head:?}");
    }
}

#[test]
fn documents_and_archives_are_recognised() {
    assert_eq!(mime(b"%PDF-1.7\n"), "application/pdf");
    assert_eq!(mime(b"{\\rtf1\\ansi"), "application/rtf");
    let office = |names: &[&str]| probe(&zip(names)).extension;
    assert_eq!(office(&["[Content_Types].xml", "_rels/.rels", "word/document.xml"]), "docx");
    assert_eq!(office(&["[Content_Types].xml", "xl/workbook.xml"]), "xlsx");
    assert_eq!(office(&["[Content_Types].xml", "ppt/presentation.xml"]), "pptx");
    assert_eq!(office(&["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"]), "bin");
    assert_eq!(probe(&zip(&["a.txt"])).kind, Kind::Archive);
    assert_eq!(probe(b"7z\xBC\xAF\x27\x1C\0\x04").kind, Kind::Archive);
    let odt = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\x27\0\0\0\x27\0\0\0\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.text";
    assert_eq!(probe(odt).extension, "odt");
    for (entry, extension) in [("WordDocument", "doc"), ("Workbook", "xls"), ("PowerPoint Document", "ppt")] {
        let found = probe_reader(&mut Cursor::new(compound(entry))).unwrap();
        assert_eq!((found.kind, found.extension), (Kind::Document, extension));
    }
}

#[test]
fn what_runs_is_recognised_under_any_name() {
    let mut program = vec![0; 200];
    program[..2].copy_from_slice(b"MZ");
    program[60] = 128;
    program[128..132].copy_from_slice(b"PE\0\0");
    for head in [
        b"\x7FELF\x02\x01\x01\0".as_slice(),
        &program,
        b"\xCF\xFA\xED\xFE\x07\0\0\x01",
        b"\xCA\xFE\xBA\xBE\0\0\0\x02",
        b"#!/bin/sh\nrm -rf ~",
        b"\xEF\xBB\xBF#! /usr/bin/env python3\n",
        b"@ECHO OFF\r\n",
        b"<?php system($_GET[0]);",
        b"[Desktop Entry]\nExec=sh",
        b"[InternetShortcut]\r\nURL=file:",
        b"L\0\0\0\x01\x14\x02\0\0\0\0\0",
        b"dex\n035\0",
        b"\0asm\x01\0\0\0",
        &zip(&["AndroidManifest.xml", "classes.dex"]),
        &zip(&["META-INF/MANIFEST.MF", "a/B.class"]),
        &zip(&["Payload/", "Payload/A.app/Info.plist"]),
    ] {
        let found = probe(head);
        assert_eq!((found.kind, found.extension), (Kind::Executable, "bin"), "{head:?} is {}", found.mime);
    }
}

#[test]
fn an_index_at_the_end_of_a_large_archive_is_found() {
    let many: Vec<String> = (0..3000).map(|i| format!("res/drawable/{i:060}.png")).collect();
    let mut names: Vec<&str> = many.iter().map(String::as_str).collect();
    names.push("AndroidManifest.xml");
    let file = zip(&names);
    assert_eq!(probe(&file[..HEAD_BYTES]).kind, Kind::Archive);
    assert_eq!(probe_reader(&mut Cursor::new(&file)).unwrap().kind, Kind::Executable);
}

#[test]
fn text_is_text_and_the_rest_is_opaque() {
    for text in
        ["MZ is how this text begins, and that is all", "Straße", "a,b\n1,2\n", "#!not a script", "{}"]
    {
        assert_eq!(probe(text.as_bytes()).kind, Kind::Text, "{text}");
    }
    assert_eq!(probe(&"ä".repeat(100).as_bytes()[..101]).kind, Kind::Text);
    assert_eq!(probe(b"\xFF\xFEh\0i\0").kind, Kind::Text);
    assert_eq!(mime(b"<!DOCTYPE html><p>"), "text/html");
    assert_eq!(mime(b"<?xml version=\"1.0\"?>\n<svg xmlns=\"\">"), "image/svg+xml");
    assert_eq!(probe(b"").kind, Kind::Opaque);
    assert_eq!(probe(&[0; 100]).kind, Kind::Opaque);
    assert_eq!(probe(b"\x01\x02\x03\x90\x91").kind, Kind::Opaque);
}

#[test]
fn a_reader_goes_back_to_its_start_and_an_empty_one_says_so() {
    let mut file = Cursor::new(testing::jpeg(16, 16));
    assert_eq!(probe_reader(&mut file).unwrap().extension, "jpg");
    assert_eq!(file.position(), 0);
    assert!(matches!(probe_reader(&mut Cursor::new(b"")), Err(Error::Empty)));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(
        start in prop::sample::select(vec![
            b"".as_slice(), b"PK\x03\x04", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", b"\0\0\0\x18ftyp", b"MZ", b"RIFF",
            b"\x1A\x45\xDF\xA3", b"OggS", b"\xFF\xFE", b"#!", b"<", b"ID3",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..2048),
    ) {
        let file = [start, &bytes].concat();
        let _ = probe(&file);
        if !file.is_empty() {
            probe_reader(&mut Cursor::new(&file)).unwrap();
        }
    }
}
