//! Codes that one device shows and the other scans: drawn in the terminal or into a file, and read from a picture.

use std::io::{Cursor, ErrorKind as Io, Write as _};
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::{GrayImage, ImageFormat, Luma};
use qroc_core::crypto::Code;
use qroc_core::kind::ErrorKind;
use qroc_core::media;

use crate::failure::Failure;

/// Light modules around a code, by which scanners find it.
const QUIET: usize = 4;
/// Pixels of a module in a picture.
const SCALE: usize = 8;
/// No picture or text is longer.
const LONGEST: u64 = 64 * 1024 * 1024;

/// Writes what a code says as text.
pub(super) fn text(code: &Code) -> String {
    STANDARD.encode(&code.bytes)
}

fn is_dark(code: &Code, row: usize, column: usize) -> bool {
    let (Some(row), Some(column)) = (row.checked_sub(QUIET), column.checked_sub(QUIET)) else { return false };
    row < code.side
        && column < code.side
        && code.dark.get(row * code.side + column).copied().unwrap_or_default()
}

/// Draws a code for a terminal, black on white whatever its colours are: two rows a line.
pub(super) fn blocks(code: &Code) -> String {
    let side = code.side + 2 * QUIET;
    let line = |row: usize| {
        let cell = |column| match (is_dark(code, row, column), is_dark(code, row + 1, column)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        format!("\u{1b}[30;107m{}\u{1b}[0m", (0..side).map(cell).collect::<String>())
    };
    (0..side).step_by(2).map(line).collect::<Vec<_>>().join("\n")
}

fn png(code: &Code) -> Result<Vec<u8>, Failure> {
    let failed = |_| Failure::new(ErrorKind::Internal, "the code cannot be drawn");
    let pixels = (code.side + 2 * QUIET) * SCALE;
    let width =
        u32::try_from(pixels).map_err(|_| Failure::new(ErrorKind::Internal, "the code is too large"))?;
    let place = |pixel: u32| usize::try_from(pixel).unwrap_or(usize::MAX) / SCALE;
    let picture = GrayImage::from_fn(width, width, |x, y| {
        Luma([if is_dark(code, place(y), place(x)) { 0 } else { 255 }])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).map_err(failed)?;
    Ok(bytes.into_inner())
}

fn svg(code: &Code) -> String {
    let side = code.side + 2 * QUIET;
    let dark = (0..side * side).filter(|at| is_dark(code, at / side, at % side));
    let path: String = dark.map(|at| format!("M{} {}h1v1h-1z", at % side, at / side)).collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path d=\"{path}\"/></svg>\n"
    )
}

/// Says whether a file's name says how a code is to be drawn.
pub(super) fn check_name(to: &Path) -> Result<(), Failure> {
    match to.extension().and_then(|end| end.to_str()) {
        Some("png" | "svg") => Ok(()),
        _ => Err(Failure::usage(format!("{}: the name ends in .svg or .png", to.display()))),
    }
}

/// Draws a code into a new file, which is there at once and whole: who waits for it may read it.
pub(super) fn write(code: &Code, to: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(ErrorKind::BadFile, format!("cannot write {}: {error}", to.display()))
    };
    let bytes = match to.extension().and_then(|end| end.to_str()) {
        Some("svg") => svg(code).into_bytes(),
        _ => png(code)?,
    };
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(&bytes).map_err(failed)?;
    file.persist_noclobber(to).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Waits for a file and reads the code in it: a picture of one, or what it says as base64.
pub(super) async fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let shown = path.display().to_string();
    let bad = |what: &str| Failure::new(ErrorKind::BadFile, format!("{shown}: {what}"));
    let bytes = loop {
        match std::fs::metadata(path) {
            Ok(found) if found.len() > LONGEST => {
                return Err(bad("this is too large for a picture of a code"));
            }
            Ok(found) if found.len() > 0 => match std::fs::read(path) {
                Ok(bytes) => break bytes,
                Err(error) => return Err(bad(&error.to_string())),
            },
            Ok(_) => {}
            Err(error) if error.kind() == Io::NotFound => {}
            Err(error) => return Err(bad(&error.to_string())),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    if image::guess_format(&bytes).is_err() {
        let text = std::str::from_utf8(&bytes).ok().and_then(|text| STANDARD.decode(text.trim()).ok());
        return text.ok_or_else(|| bad("this is neither a picture nor a code as base64"));
    }
    match tokio::task::spawn_blocking(move || media::code_in_picture(&bytes)).await {
        Ok(found) => found.map_err(|error| bad(&error.to_string())),
        Err(_) => Err(bad("this cannot be looked through")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A real code, as the specification's format has it, drawn by the library that the core draws with.
    fn code() -> Code {
        let bytes: Vec<u8> =
            [b"MATRIX\x02\x00\x00\x0cabcdefghijkl".as_slice(), &[0xfe; 64], &[7; 16]].concat();
        let drawn = matrix_code(&bytes);
        Code { side: drawn.0, dark: drawn.1, bytes }
    }

    fn matrix_code(bytes: &[u8]) -> (usize, Vec<bool>) {
        let drawn = qrcode::QrCode::new(bytes).unwrap();
        let side = drawn.width();
        (side, drawn.into_colors().into_iter().map(|colour| colour == qrcode::Color::Dark).collect())
    }

    #[tokio::test]
    async fn what_is_drawn_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let code = code();
        let picture = dir.path().join("code.png");
        write(&code, &picture).unwrap();
        assert_eq!(read(&picture).await.unwrap(), code.bytes);
        let again = format!("{:?}", write(&code, &picture).unwrap_err());
        assert!(again.contains("code.png"), "{again}");
        // As it is seen by a camera: smaller, turned, grey, on something else.
        let seen = image::open(&picture).unwrap().rotate90().thumbnail(300, 300);
        let mut table = image::DynamicImage::ImageLuma8(GrayImage::from_pixel(640, 480, Luma([140])));
        image::imageops::overlay(&mut table, &seen, 120, 80);
        let photo = dir.path().join("photo.jpg");
        table.to_rgb8().save(&photo).unwrap();
        assert_eq!(read(&photo).await.unwrap(), code.bytes);
        let typed = dir.path().join("typed");
        std::fs::write(&typed, format!("{}\n", text(&code))).unwrap();
        assert_eq!(read(&typed).await.unwrap(), code.bytes);
    }

    #[tokio::test]
    async fn what_is_no_code_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            std::fs::write(dir.path().join(name), bytes).unwrap();
            dir.path().join(name)
        };
        let mut blank = Cursor::new(Vec::new());
        GrayImage::from_pixel(64, 64, Luma([255])).write_to(&mut blank, ImageFormat::Png).unwrap();
        let blank = blank.into_inner();
        for (name, bytes, words) in [
            ("blank.png", blank.as_slice(), "no code in this picture"),
            ("cut.png", &blank[..40], "is damaged"),
            ("words", b"not a code", "neither a picture nor a code"),
        ] {
            let error = format!("{:?}", read(&file(name, bytes)).await.unwrap_err());
            assert!(error.contains(name) && error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_terminal_and_an_svg_show_the_same_modules() {
        let code = code();
        let lines = blocks(&code);
        assert_eq!(lines.lines().count(), (code.side + 2 * QUIET).div_ceil(2));
        let dark = lines.chars().map(|cell| match cell {
            '█' => 2,
            '▀' | '▄' => 1,
            _ => 0,
        });
        let wanted = code.dark.iter().filter(|dark| **dark).count();
        assert_eq!(dark.sum::<usize>(), wanted);
        assert_eq!(svg(&code).matches("h1v1h-1z").count(), wanted);
    }
}
