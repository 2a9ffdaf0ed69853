//! The raw bytes of both profiles and of all that the homeserver keeps, searched for everything that was sent.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use crate::demo::report::Report;
use crate::demo::scan::{self, Needle};
use crate::demo::{ROOM, Scene};

/// How a database begins that is not encrypted.
const PLAIN_DATABASE: &[u8] = b"SQLite format 3\0";
const DECOY: &str = "decoy";

pub(in crate::demo) fn search(scene: &mut Scene) -> Result<()> {
    prove(scene)?;
    // A profile hides more than messages: a lost phone does not tell who spoke with whom where.
    let mut names = scene.secrets.clone();
    for (what, text) in [
        ("the room's name", ROOM),
        ("the room's id", &scene.room_id),
        ("a user's id", "@lisbon:qroc.test"),
        ("a user's id", "@madrid:qroc.test"),
        ("an event's id", &scene.first),
    ] {
        names.push(Needle::new(what, text.as_bytes()));
    }
    for officer in [&scene.lisbon, &scene.madrid] {
        let what = format!("{}'s profile", officer.name);
        let folder = officer.profile.clone();
        let plain = databases(&folder)?;
        scene.report.check(
            plain.0 > 0 && plain.1 == 0,
            format!("{what}: the database (files: {}) is no plain SQLite", plain.0),
            || format!("{} databases, {} plain", plain.0, plain.1),
        )?;
        nothing(&mut scene.report, &what, &folder, &names)?;
    }
    let server = scene.server.data_dir().to_owned();
    let name = scan::search(&server, &[Needle::new("the room's name", ROOM.as_bytes())])?;
    scene.report.check(
        name.found.iter().any(|found| found.ends_with("homeserver.db")),
        "the server's database is searched in the same way: the room's name, which it may read, is found",
        || format!("{:?}", name.found),
    )?;
    let media = scan::files(&server.join("media"))?;
    scene.report.check(!media.is_empty(), format!("its media store holds {} files", media.len()), || {
        "an empty media store".to_owned()
    })?;
    let secrets = scene.secrets.clone();
    nothing(&mut scene.report, "the server's database, media store and logs", &server, &secrets)
}

/// The search must find what is there, or that it finds nothing means nothing.
fn prove(scene: &mut Scene) -> Result<()> {
    let folder = scene.folder().join(DECOY);
    fs::create_dir(&folder)?;
    let mut planted = 0;
    for (number, needle) in scene.secrets.iter().enumerate() {
        for (form, bytes) in needle.forms() {
            planted += 1;
            let text = [&[0x9d; 7][..], &bytes, &[0x9d; 7]].concat();
            fs::write(folder.join(format!("{number}-{form}-{planted}")), text)?;
        }
    }
    let searched = scan::search(&folder, &scene.secrets)?;
    fs::remove_dir_all(&folder)?;
    let mut files: Vec<&str> = searched.found.iter().filter_map(|line| line.rsplit('/').next()).collect();
    files.dedup();
    scene.report.equal(
        &files.len(),
        &planted,
        format!(
            "the search itself works: {} secrets planted in {planted} files, as text, UTF-16, hexadecimal, base64: all found",
            scene.secrets.len()
        ),
    )
}

fn nothing(report: &mut Report, what: &str, folder: &Path, needles: &[Needle]) -> Result<()> {
    let searched = scan::search(folder, needles)?;
    if searched.files == 0 || searched.bytes == 0 {
        bail!("{what}: there is nothing to search");
    }
    report.equal(
        &searched.found,
        &Vec::new(),
        format!(
            "{what}: {} files, {:.1} MB, {} byte sequences of {} secrets: nothing found",
            searched.files,
            searched.bytes as f64 / 1e6,
            searched.forms,
            needles.len()
        ),
    )
}

/// How many database files there are, and how many of them are plain.
fn databases(folder: &Path) -> Result<(usize, usize)> {
    let mut count = (0, 0);
    for file in scan::files(folder)? {
        if file.extension().is_some_and(|extension| extension == "db") {
            count.0 += 1;
            count.1 += usize::from(fs::read(&file)?.starts_with(PLAIN_DATABASE));
        }
    }
    Ok(count)
}
