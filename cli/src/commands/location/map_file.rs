//! The map of this device: a file that lies below pictures, also without a network.

use std::path::PathBuf;

use clap::Args;
use qroc_core::kind::ErrorKind;
use qroc_core::map::About;
use serde::Serialize;

use crate::failure::Failure;
use crate::session::Session;

/// What `location map-file` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  qroc location map-file
  qroc location map-file --take lisbon.pmtiles
  qroc location map-file --fetch")]
pub(crate) struct MapFileArgs {
    /// Copy a map file (PMTiles 3 with vector tiles) into the profile
    #[arg(long, value_name = "FILE.pmtiles", group = "what")]
    take: Option<PathBuf>,
    /// Fetch it from where policy says (location.map_url), where that is newer
    #[arg(long, group = "what")]
    fetch: bool,
    /// Take it away
    #[arg(long, group = "what")]
    remove: bool,
}

#[derive(Serialize)]
struct Told {
    state: &'static str,
    #[serde(flatten)]
    about: Option<About>,
}

pub(super) async fn run(args: MapFileArgs, session: &Session) -> Result<(), Failure> {
    let MapFileArgs { take, fetch, remove } = args;
    let missing =
        || Failure::new(ErrorKind::NotFound, "there is no map on this device; --take or --fetch gets one");
    let (state, about) = if let Some(from) = take {
        ("taken", Some(session.owning(async |client| Ok(client.take_map(&from).await?)).await?))
    } else if fetch {
        session
            .owning(async |client| match client.fetch_map().await? {
                Some(about) => Ok(("fetched", Some(about))),
                None => Ok(("unchanged", client.about_map().await?)),
            })
            .await?
    } else if remove {
        if !session.owning(async |client| Ok(client.remove_map()?)).await? {
            return Err(missing());
        }
        ("removed", None)
    } else {
        let about = session.reading(async |client| Ok(client.about_map().await?)).await?;
        ("here", Some(about.ok_or_else(missing)?))
    };
    session.output.one(&Told { state, about }, words)
}

fn words(told: &Told) -> String {
    let Some(about) = &told.about else { return format!("The map is {}", told.state) };
    let said = about.attribution.as_deref().unwrap_or("nobody is named as its source");
    format!(
        "{}: {:.4},{:.4} to {:.4},{:.4}, zoom {} to {}, {:.1} MB; {said}",
        told.state,
        about.south,
        about.west,
        about.north,
        about.east,
        about.min_zoom,
        about.max_zoom,
        about.bytes as f64 / 1e6,
    )
}
