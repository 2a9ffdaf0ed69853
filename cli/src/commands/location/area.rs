//! Areas on the map of a room: cordons, search sectors, plumes, routes, points.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use qroc_core::geo::Place;
use qroc_core::geo::area::{Area, AreaKind, Shape, is_colour};
use qroc_core::geo::exchange::Collection;
use qroc_core::kind::ErrorKind;
use qroc_core::model;
use serde::Serialize;

use super::file;
use crate::coordinates::Point;
use crate::failure::Failure;
use crate::output::Value;
use crate::session::Session;

/// How long the server is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What `location area` does.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Example:\n  qroc location area add 'Operation Tejo' 'Pier four' --circle 38.7071,-9.1355 --radius 150"
)]
pub(crate) enum AreaCommand {
    /// Draw an area
    Add(AddArgs),
    /// List areas, with who is inside
    List(ListArgs),
    /// Take an area away
    Remove(RemoveArgs),
    /// Make a room of those who are inside an area now
    Group(GroupArgs),
}

/// What an area is for.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum KindArg {
    /// Nobody goes in
    Cordon,
    /// Somebody searches it
    Sector,
    /// Where something drifts
    Plume,
    /// A way to take
    Route,
    /// A place that matters
    Point,
}

/// What `location area add` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  qroc location area add 'Operation Tejo' 'Pier four' --circle 38.7071,-9.1355 --radius 150
  qroc location area add ops 'Sector 7' --kind sector --corner 38.70,-9.14 --corner 38.71,-9.14 --corner 38.71,-9.13
  qroc location area add ops 'Way in' --kind route --file way.gpx --for 120")]
pub(crate) struct AddArgs {
    /// Id, alias or name of the room
    room: String,
    /// What it is called
    name: String,
    /// What it is for
    #[arg(long, value_enum, default_value = "cordon")]
    kind: KindArg,
    /// The middle of a circle
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true, requires = "radius", group = "where")]
    circle: Option<Point>,
    /// Its radius in metres
    #[arg(long, value_name = "M", requires = "circle")]
    radius: Option<f64>,
    /// A corner; three or more make an area, two or more a route, one a point
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true, group = "where")]
    corner: Vec<Point>,
    /// The first area, way or place of a file
    #[arg(long, value_name = "FILE.(gpx|geojson|kml|cot|tak)", group = "where")]
    file: Option<PathBuf>,
    /// A colour, such as #cc0000
    #[arg(long, value_name = "#RRGGBB", value_parser = colour)]
    colour: Option<String>,
    /// Counts for so many minutes from now on
    #[arg(long = "for", value_name = "MINUTES", value_parser = clap::value_parser!(i64).range(1..=5_256_000))]
    lasting: Option<i64>,
    /// Draw this one anew instead of another
    #[arg(long, value_name = "AREA_ID")]
    id: Option<String>,
}

/// What `location area list` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc location area list 'Operation Tejo'")]
pub(crate) struct ListArgs {
    /// Id, alias or name of the room
    room: String,
}

/// What `location area remove` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc location area remove 'Operation Tejo' 'Pier four'")]
pub(crate) struct RemoveArgs {
    /// Id, alias or name of the room
    room: String,
    /// Id or name of the area
    area: String,
}

/// What `location area group` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc location area group 'Operation Tejo' 'Pier four' 'Pier four now'")]
pub(crate) struct GroupArgs {
    /// Id, alias or name of the room
    room: String,
    /// Id or name of the area
    area: String,
    /// What the new room is called
    name: String,
}

#[derive(Serialize)]
struct Grouped {
    room_id: String,
    invited: Vec<String>,
}

fn colour(text: &str) -> Result<String, String> {
    if is_colour(text) {
        Ok(text.to_owned())
    } else {
        Err("a colour is # and six hexadecimal digits".to_owned())
    }
}

pub(super) async fn run(command: AreaCommand, session: &Session) -> Result<(), Failure> {
    match command {
        AreaCommand::Add(args) => add(args, session).await,
        AreaCommand::List(ListArgs { room }) => {
            let areas = session.reading(async |client| Ok(client.areas(&room)?)).await?;
            session.output.list(&areas, &["Kind", "Name", "Inside", "Area"], |area| {
                vec![
                    Value::Plain(area.kind.clone()),
                    Value::Strong(area.name.clone()),
                    Value::Plain(area.inside.join(", ")),
                    Value::Id(area.area_id.clone()),
                ]
            })
        }
        AreaCommand::Remove(RemoveArgs { room, area }) => {
            let (area, outcome) = session
                .handing(async |client| Ok(client.remove_area(&room, &area, Some(PATIENCE)).await?))
                .await?;
            report(&area, "removed", outcome.sent(), session)
        }
        AreaCommand::Group(GroupArgs { room, area, name }) => {
            let (room_id, invited) = session
                .owning(async |client| {
                    client.sync_once(None).await?;
                    Ok(client.group_inside(&room, &area, &name).await?)
                })
                .await?;
            session.output.one(&Grouped { room_id, invited }, |made| {
                format!("Made {}, and invited {}", made.room_id, made.invited.join(", "))
            })
        }
    }
}

async fn add(args: AddArgs, session: &Session) -> Result<(), Failure> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    let area = Area {
        kind: match args.kind {
            KindArg::Cordon => AreaKind::Cordon,
            KindArg::Sector => AreaKind::Sector,
            KindArg::Plume => AreaKind::Plume,
            KindArg::Route => AreaKind::Route,
            KindArg::Point => AreaKind::Point,
        },
        name: args.name.clone(),
        colour: args.colour.clone(),
        valid_from: args.lasting.map(|_| now),
        valid_to: args.lasting.map(|minutes| now.saturating_add(minutes.saturating_mul(60_000))),
        shape: shape(&args)?,
    };
    let AddArgs { room, id, .. } = args;
    let (drawn, outcome) = session
        .handing(async |client| {
            let (id, outcome) = client.put_area(&room, id, &area, Some(PATIENCE)).await?;
            let drawn = client.areas(&room)?.into_iter().find(|drawn| drawn.area_id == id);
            Ok((drawn, outcome))
        })
        .await?;
    let drawn = drawn.ok_or_else(|| Failure::new(ErrorKind::NotFound, "the area is not there any more"))?;
    report(&drawn, "drawn", outcome.sent(), session)
}

fn report(area: &model::Area, what: &str, sent: &model::Sent, session: &Session) -> Result<(), Failure> {
    if sent.state == "failed" {
        let reason = sent.error.as_deref().unwrap_or("the server refused it");
        return Err(Failure::new(ErrorKind::Forbidden, format!("not {what}: {reason}")));
    }
    session.output.one(area, |area| format!("{what}: {} {} ({})", area.kind, area.name, area.area_id))?;
    if sent.state == "sent" {
        return Ok(());
    }
    Err(Failure::Waiting("the server does not have it yet; the next `qroc sync` sends it".to_owned()))
}

fn shape(args: &AddArgs) -> Result<Shape, Failure> {
    let place = |point: &Point| Place { lat: point.lat, lon: point.lon, accuracy_m: None };
    let bad = |error: qroc_core::geo::area::BadArea| Failure::usage(error.to_string());
    if let (Some(middle), Some(radius)) = (&args.circle, args.radius) {
        return Shape::circle(place(middle), radius).map_err(bad);
    }
    if let Some(path) = &args.file {
        let found = file::read(path)?;
        return of_file(&found)
            .map_err(|error| Failure::new(ErrorKind::BadFile, format!("{}: {error}", path.display())));
    }
    let corners: Vec<Place> = args.corner.iter().map(place).collect();
    match (corners.as_slice(), args.kind) {
        ([], _) => Err(Failure::usage("say where: --circle with --radius, --corner, or --file")),
        ([only], _) => Ok(Shape::point(*only)),
        (_, KindArg::Route) => Shape::way(&corners).map_err(bad),
        _ => Shape::polygon(&[corners]).map_err(bad),
    }
}

fn of_file(found: &Collection) -> Result<Shape, qroc_core::geo::area::BadArea> {
    if let Some(area) = found.areas.first() {
        return Shape::polygon(&area.rings);
    }
    let way: Vec<Place> = found.longest().points.iter().map(|point| point.place).collect();
    match (way.is_empty(), found.places.first()) {
        (false, _) => Shape::way(&way),
        (true, Some(point)) => Ok(Shape::point(point.place)),
        (true, None) => {
            Err(qroc_core::geo::area::BadArea("there is no area, way or place in this file".to_owned()))
        }
    }
}
