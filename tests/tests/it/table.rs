//! Every real file through the pipeline, judged by exiftool, as the table of `docs/media.md`. `QROC_WRITE_TABLE=1`
//! writes the table anew; otherwise it has to say what happens, but for lengths and times.

#![allow(clippy::cast_precision_loss, reason = "seconds to be read")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::terminal::Officer;

const BEGIN: &str = "<!-- table: written by tests/tests/it/table.rs -->\n";
const END: &str = "<!-- end of table -->";
/// What a file needs to be shown; all other groups of exiftool tell something.
const NEEDED: &[&str] = &[
    "ExifTool",
    "System",
    "File",
    "Composite",
    "JFIF",
    // How the colours of a JPEG are coded (APP14).
    "Adobe",
    "PDF",
    "RIFF",
    "GIF",
    "PNG",
    "PNG-pHYs",
    "QuickTime",
    "Opus",
    "Vorbis",
    "FLAC",
    "MPEG",
    "ZIP",
    "Meta",
    "AAC",
    "Ogg",
    "PNG-aNIM",
];
/// What tells something in the groups that are needed.
const TELLING: &[&str] = &[
    "Comment",
    "Title",
    "Author",
    "Artist",
    "Software",
    "Creator",
    "Producer",
    "Subject",
    "Keywords",
    "Company",
    "CreateDate",
    "ModifyDate",
    "Copyright",
    "Album",
    "Description",
    "Encoder",
    "Make",
    "Model",
    "GPSCoordinates",
    "TrackCreateDate",
    "TrackModifyDate",
    "MediaCreateDate",
    "MediaModifyDate",
    "XMP",
    "Textual",
    "HandlerVendorID",
];

fn fixtures() -> Vec<String> {
    let wanted = |name: &String| !name.ends_with(".gpx");
    qroc_fixtures::names().into_iter().filter(wanted).collect()
}

fn told(file: &Path) -> Vec<String> {
    let out = Command::new("exiftool").args(["-j", "-G1", "-a", "-ee"]).arg(file).output().expect("exiftool");
    let all: Value = serde_json::from_slice(&out.stdout).expect("json");
    let mut found = Vec::new();
    for (name, value) in all[0].as_object().expect("object") {
        let Some((group, tag)) = name.split_once(':') else { continue };
        let needed = NEEDED.contains(&group) || group.starts_with("Track") || group.starts_with("PNG");
        let zero = value.as_str().is_some_and(|value| value.starts_with("0000:00:00"));
        if group != "System" && !zero && (!needed || TELLING.contains(&tag)) {
            found.push(name.clone());
        }
    }
    found
}

fn row(officer: &Officer, name: &str) -> (String, String) {
    let source = qroc_fixtures::path(name);
    let before = told(&source).len();
    let out = format!("made-{name}");
    let voice = name == "example.opus";
    let mut args = vec!["media".to_owned(), source.display().to_string(), "--to".to_owned(), out.clone()];
    if voice {
        args.extend(["--as".to_owned(), "voice".to_owned()]);
    }
    let ended = officer.run(&args);
    if ended.status() != 0 {
        let (kind, message) = ended.error(6);
        assert_eq!(kind, "bad_file", "{name}");
        let reason = message.rsplit_once(": ").map_or(message.clone(), |(_, reason)| reason.to_owned());
        let stable = format!("| `{name}` | refused: {reason} |");
        return (stable.clone(), format!("{stable} | | | |"));
    }
    let said = ended.one();
    let left = told(&officer.file(&out));
    let is_document = said["metadata_left"] == true;
    assert!(left.is_empty() || is_document, "{name}: {left:?}");
    let number = |key: &str| said[key].as_u64();
    // JPEG takes two to four times as much as the codecs of clips.
    let coded = [".heic", ".hif", ".avif"].iter().any(|ending| name.ends_with(ending));
    let most = number("source_bytes").map(|bytes| if coded { bytes * 4 } else { bytes } + 512);
    assert!(number("sent_bytes") <= most, "{name}: {said}");
    let size = match (number("width"), number("height"), number("duration_ms")) {
        (Some(width), Some(height), Some(ms)) => format!("{width} × {height}, {:.1} s", ms as f64 / 1000.0),
        (Some(width), Some(height), None) => format!("{width} × {height}"),
        (_, _, Some(ms)) => format!("{:.1} s", ms as f64 / 1000.0),
        _ => String::new(),
    };
    let left = if is_document { "as it was".to_owned() } else { format!("{before} → {}", left.len()) };
    let stable = format!("| `{name}` | {} |", said["mime"].as_str().expect("mime"));
    let full = format!(
        "{stable} {size} | {left} | {} → {} | {} |",
        number("source_bytes").expect("bytes"),
        number("sent_bytes").expect("bytes"),
        number("took_ms").expect("ms"),
    );
    fs::remove_file(officer.file(&out)).expect("made");
    (stable, full)
}

#[test]
fn the_table_says_what_becomes_of_every_real_file() {
    let officer = Officer::new("nobody");
    let rows: Vec<(String, String)> = fixtures().iter().map(|name| row(&officer, name)).collect();
    assert!(rows.len() > 60);
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("top").join("docs/media.md");
    let text = fs::read_to_string(&path).expect("docs/media.md");
    let (before, rest) = text.split_once(BEGIN).expect("the table's begin");
    let (table, after) = rest.split_once(END).expect("the table's end");
    if std::env::var_os("QROC_WRITE_TABLE").is_some() {
        let head =
            "| File | Becomes | Size | Facts that exiftool finds | Bytes | ms |\n|---|---|---|---|---|---|\n";
        let lines: String = rows.iter().map(|(_, full)| format!("{full}\n")).collect();
        fs::write(&path, format!("{before}{BEGIN}{head}{lines}{END}{after}")).expect("write");
        return;
    }
    for (stable, _) in &rows {
        assert!(table.lines().any(|line| line.starts_with(stable.as_str())), "not in the table: {stable}");
    }
    assert_eq!(table.lines().count(), rows.len() + 2, "rows of files that are no more");
}
