//! A picture to look at: tracks, officers and areas of a room, on the map of this device.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use qroc_core::geo::picture::svg;
use qroc_core::kind::ErrorKind;
use qroc_core::policy::Action;
use resvg::{tiny_skia, usvg};
use serde::Serialize;

use super::file;
use crate::failure::Failure;
use crate::session::Session;

/// What `location map` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  qroc location map 'Operation Tejo' --to tejo.png
  qroc location map ops --to ops.svg --force")]
pub(crate) struct MapArgs {
    /// Id, alias or name of the room
    room: String,
    /// The new file; its name says the format
    #[arg(long, value_name = "FILE.(svg|png)")]
    to: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

#[derive(Serialize)]
struct Drawn {
    path: String,
    officers: usize,
    tracks: usize,
    areas: usize,
    /// Whether the device's map lies below.
    map: bool,
}

pub(super) async fn run(args: MapArgs, session: &Session) -> Result<(), Failure> {
    let MapArgs { room, to, force } = args;
    let as_png = match to.extension().and_then(|end| end.to_str()).unwrap_or_default() {
        "svg" => false,
        "png" => true,
        _ => return Err(Failure::usage(format!("{}: the name ends in .svg or .png", to.display()))),
    };
    let read = async |client: &qroc_core::client::Client| {
        client.permit(Action::Export).await?;
        Ok(client.scene(&room)?)
    };
    let scene = session.reading(read).await?;
    let picture = svg(&scene).ok_or_else(|| {
        Failure::new(
            ErrorKind::NotFound,
            "no position and no area is known in this room; `qroc sync --once` fetches them",
        )
    })?;
    let bytes = if as_png { png(&picture, &to)? } else { picture.into_bytes() };
    file::write(&to, &bytes, force)?;
    let drawn = Drawn {
        path: to.display().to_string(),
        officers: scene.marks.len(),
        tracks: scene.ways.len(),
        areas: scene.areas.len(),
        map: scene.base.is_some(),
    };
    session.output.one(&drawn, |drawn| {
        format!(
            "{} officers, {} tracks, {} areas in {}",
            drawn.officers, drawn.tracks, drawn.areas, drawn.path
        )
    })
}

fn png(picture: &str, to: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |reason: String| Failure::new(ErrorKind::Internal, format!("{}: {reason}", to.display()));
    let mut fonts = usvg::fontdb::Database::new();
    // One font of our own: a picture looks the same wherever it is made.
    fonts.load_font_data(dejavu::sans::regular().to_vec());
    fonts.load_font_data(dejavu::sans::bold().to_vec());
    let options = usvg::Options { fontdb: Arc::new(fonts), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(picture, &options).map_err(|error| failed(error.to_string()))?;
    let size = tree.size().to_int_size();
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height())
        .ok_or_else(|| failed("the picture is too large".to_owned()))?;
    resvg::render(&tree, tiny_skia::Transform::identity(), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use qroc_core::geo::Place;
    use qroc_core::geo::picture::{Mark, Scene, svg};

    use super::*;

    #[test]
    fn the_picture_has_words_and_colours() {
        let place = Place { lat: 38.7071, lon: -9.1355, accuracy_m: Some(30.0) };
        let mark =
            |label: &str| Mark { label: label.to_owned(), place, heading_deg: Some(90.0), stale: false };
        let dark = |label: &str| {
            let scene = Scene { title: "Harbour".to_owned(), marks: vec![mark(label)], ..Scene::default() };
            let bytes = png(&svg(&scene).unwrap(), Path::new("x.png")).unwrap();
            let pixels = tiny_skia::Pixmap::decode_png(&bytes).unwrap();
            assert_eq!((pixels.width(), pixels.height()), (1200, 900));
            pixels.pixels().iter().filter(|pixel| pixel.red() < 100).count()
        };
        let (named, nameless) = (dark("@lisbon:example.org"), dark(""));
        assert!(nameless > 50 && named > nameless + 100, "{named} {nameless}");
    }
}
