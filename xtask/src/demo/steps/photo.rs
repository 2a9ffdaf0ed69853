//! A real photo with a position inside: the position does not travel, the photo arrives bit by bit as it was sealed.

use std::fs;

use anyhow::{Context as _, Result};
use qroc_fixtures::sha256_of;
use serde_json::json;

use crate::demo::exif;
use crate::demo::officer::{number, sent, text, words};
use crate::demo::{ROOM, Scene};

/// From Pillow's tests: a photo of a camera that had no satellite receiver.
const FIXTURE: &str = "canon.jpg";
/// Of the photos with a position that makes sense, one is cut off after its tags and two are HEIC, which this version
/// does not decode. The tags of the first are written into a copy of the photo.
const POSITION: &str = "ultrahdr.jpg";
const NAME: &str = "pier-five.jpg";
const CAPTION: &str = "The van, from the crane";

pub(in crate::demo) fn send(scene: &mut Scene) -> Result<()> {
    let photo = scene.lisbon.folder.join(NAME);
    fs::copy(qroc_fixtures::find(FIXTURE)?, &photo)?;
    exif::copy_position(&qroc_fixtures::find(POSITION)?, &photo)?;
    let tags = exif::read(&photo)?;
    let (lat, lon) = (tags.number("GPS:GPSLatitude"), tags.number("GPS:GPSLongitude"));
    let before = tags.gps().len();
    let camera = tags.text("IFD0:Model");
    scene.report.tell(format!(
        "a copy of a real photo, the fixture {FIXTURE}, {} bytes;",
        fs::metadata(&photo)?.len()
    ));
    scene
        .report
        .tell(format!("exiftool wrote the position of another real photo, {POSITION}, into the copy"));
    scene.report.check(
        before > 0 && lat.is_some_and(|lat| lat != 0.0) && lon.is_some_and(|lon| lon != 0.0),
        format!(
            "before: exiftool reads {before} GPS tags, among them {}, {}; and {camera}, {}",
            lat.unwrap_or_default(),
            lon.unwrap_or_default(),
            tags.text("ExifIFD:DateTimeOriginal"),
        ),
        || format!("{:?}", tags.gps()),
    )?;

    let path = photo.display().to_string();
    let args = ["send-file", ROOM, &path, "--caption", CAPTION];
    let file = scene.lisbon.shown(&scene.report, &args)?;
    let event = sent(&file)?;
    let (source, size) = (number(&file, "source_bytes"), number(&file, "sent_bytes"));
    scene.report.tell(format!(
        "sealed and sent: {size} of {source} bytes as {}, a preview of {} bytes",
        text(&file, "mime"),
        number(&file, "thumbnail_bytes")
    ));
    let item = scene.live()?.wait("the photo", |item| text(item, "event_id") == event)?;
    scene.report.said("madrid", &words(&item));
    let facts = json!([text(&item, "body"), text(&item, "msgtype"), item.pointer("/attachment/bytes")]);
    scene.report.equal(&facts, &json!([CAPTION, "m.image", size]), "madrid sees the photo announced")?;

    stop_following(scene)?;
    let folder = scene.madrid.folder.join("photos");
    fs::create_dir(&folder)?;
    let to = folder.display().to_string();
    let got = scene.madrid.shown(&scene.report, &["download", ROOM, &event, "--to", &to])?;
    let got = folder.join(text(&got, "path"));
    let hash = sha256_of(&got).with_context(|| format!("nothing at {}", got.display()))?;
    let short: String = hash.chars().take(16).collect();
    scene.report.equal(
        &hash.as_str(),
        &text(&file, "sha256"),
        format!("SHA-256 as lisbon sent it: {short}…"),
    )?;

    let tags = exif::read(&got)?;
    let kind = tags.text("File:MIMEType");
    let (width, height) = (tags.text("File:ImageWidth"), tags.text("File:ImageHeight"));
    let whole =
        json!([number(&file, "width").to_string(), number(&file, "height").to_string(), text(&file, "mime")]);
    scene.report.equal(
        &json!([width, height, kind]),
        &whole,
        format!("it is a photo of {width}×{height}, {kind}"),
    )?;
    scene.report.equal(&tags.gps(), &Vec::new(), "after: exiftool reads no GPS tag")?;
    let left = tags.metadata();
    let colour: usize =
        left.iter().filter(|(group, _)| group.starts_with("ICC")).map(|(_, count)| count).sum();
    let rest: Vec<_> = left.iter().filter(|(group, _)| !group.starts_with("ICC")).collect();
    scene.report.equal(
        &rest,
        &Vec::new(),
        format!("no other metadata either; {colour} tags of a colour profile are left"),
    )?;

    let bytes = fs::read(&got)?;
    let pixels =
        bytes.get(bytes.len() / 2..).and_then(|rest| rest.get(..48)).context("a photo without pixels")?;
    scene.secret("pixels of the photo as sent", pixels);
    let original = fs::read(&photo)?;
    let pixels = original.get(original.len() / 2..).and_then(|rest| rest.get(..48)).unwrap_or_default();
    scene.secret("pixels of the photo as taken", pixels);
    for (what, text) in [("a caption", CAPTION), ("a file name", NAME), ("the camera's name", &camera)] {
        scene.secret(what, text);
    }
    for (what, hash) in [("a file's hash", &hash), ("the photo's hash", &sha256_of(&photo)?)] {
        scene.secret(what, hash);
    }
    Ok(())
}

/// Madrid ends the running process, since fetching a file wants the profile for itself.
pub(in crate::demo) fn stop_following(scene: &mut Scene) -> Result<()> {
    let live = scene.madrid_live.take().context("madrid's `qroc sync` does not run")?;
    let pid = live.pid();
    let status = live.stop()?;
    scene.report.equal(
        &status.code(),
        &Some(130),
        format!("madrid's process {pid} ends cleanly when asked (status 130)"),
    )
}
