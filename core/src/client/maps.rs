//! The map of the device: put in place whole or not at all, fetched from the organisation's own server, read off the
//! threads that draw.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::{Client, Error, Inner};
use crate::geo::cluster;
use crate::geo::tile::Shape;
use crate::map::{About, MapError, MapFile};
use crate::model::{self, Cluster};
use crate::net::{self, NetError};
use crate::store::fixes::View;

const NAME: &str = "map.pmtiles";
/// What is not whole yet; the next try begins it anew.
const PART: &str = "map.part";
/// A server that says nothing for longer has gone.
const SILENCE: Duration = Duration::from_secs(60);
/// More than the streets of a continent.
const LARGEST: u64 = 64 << 30;

/// The open map, and by what it is known again: another file under the same name is another map.
#[derive(Debug, Default)]
pub(super) struct Opened(Mutex<Option<(Stamp, Arc<MapFile>)>>);

type Stamp = (u64, u64, u64, i64, i64);

fn stamp(about: &fs::Metadata) -> Stamp {
    (about.dev(), about.ino(), about.size(), about.mtime(), about.mtime_nsec())
}

impl Inner {
    fn map_path(&self) -> PathBuf {
        self.dir.join(NAME)
    }

    fn map(&self) -> Result<Option<Arc<MapFile>>, MapError> {
        let path = self.map_path();
        let mut opened = self.map.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = match fs::metadata(&path) {
            Ok(about) => stamp(&about),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *opened = None;
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        if let Some((_, map)) = opened.as_ref().filter(|(then, _)| *then == now) {
            return Ok(Some(map.clone()));
        }
        *opened = None;
        let map = Arc::new(MapFile::open(&path)?);
        *opened = Some((now, map.clone()));
        Ok(Some(map))
    }

    /// Looks whether the part is a whole map, and makes it the map, as old as its server says.
    fn keep_map(&self, part: &File, modified: Option<SystemTime>) -> Result<About, MapError> {
        let path = self.dir.join(PART);
        let about = MapFile::open(&path)?.about().clone();
        // Of what nobody dates, anything is newer.
        part.set_modified(modified.unwrap_or(SystemTime::UNIX_EPOCH))?;
        part.sync_all()?;
        fs::rename(&path, self.map_path())?;
        File::open(&self.dir)?.sync_all()?;
        Ok(about)
    }

    /// It lies there unsealed: where nothing is to be kept, there is none.
    pub(super) fn remove_map(&self) -> Result<(), Error> {
        match fs::remove_file(self.map_path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(MapError::from(error).into()),
            _ => Ok(()),
        }
    }

    fn may_keep_map(&self) -> Result<(), MapError> {
        if self.mdm.policy().keeps_nothing() { Err(MapError::NotKept) } else { Ok(()) }
    }

    fn begin_map(&self) -> Result<File, MapError> {
        let mut options = File::options();
        Ok(options.write(true).create(true).truncate(true).mode(0o600).open(self.dir.join(PART))?)
    }
}

/// What is not whole goes with whoever was making it, also where they were given up; once it is the map it has another name.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // What cannot be removed is begun anew by the next try.
        let _ = fs::remove_file(&self.0);
    }
}

impl Client {
    /// Opens the map of this device, where it has one. Blocks, for as long as a few reads of the disk take.
    ///
    /// # Errors
    /// `Map` where the file is none that can be read, `Held`.
    pub fn map(&self) -> Result<Option<Arc<MapFile>>, Error> {
        self.gate()?;
        Ok(self.inner.map()?)
    }

    /// Reads what is on a tile of the map: columns and rows count from the north-west. `None` where there is no map, or
    /// nothing of it there.
    ///
    /// # Errors
    /// As `map`; `Map` also for a tile that there cannot be, and for one that cannot be read.
    pub async fn map_shapes(&self, z: u8, x: u32, y: u32) -> Result<Option<Vec<Shape>>, Error> {
        self.reading_map(move |map| map.shapes(z, x, y)).await
    }

    /// Reads a tile of the map as it is stored: a Mapbox Vector Tile, not compressed.
    ///
    /// # Errors
    /// As `map_shapes`.
    pub async fn map_tile(&self, z: u8, x: u32, y: u32) -> Result<Option<Vec<u8>>, Error> {
        self.reading_map(move |map| map.tile(z, x, y)).await
    }

    /// Says what the map of this device is, where it has one.
    ///
    /// # Errors
    /// As `map`.
    pub async fn about_map(&self) -> Result<Option<About>, Error> {
        self.reading_map(|map| Ok(Some(map.about().clone()))).await
    }

    async fn reading_map<T: Send + 'static>(
        &self,
        read: impl FnOnce(&MapFile) -> Result<Option<T>, MapError> + Send + 'static,
    ) -> Result<Option<T>, Error> {
        self.gate()?;
        let inner = self.inner.clone();
        in_background(move || match inner.map()? {
            Some(map) => read(&map),
            None => Ok(None),
        })
        .await
    }

    /// Copies a map file into its place, in the account's folder. What was there stays until the new one is whole.
    ///
    /// # Errors
    /// `Map`, `Held`, `InUse` where another process owns the profile.
    pub async fn take_map(&self, from: &Path) -> Result<About, Error> {
        self.gate()?;
        self.owner()?;
        self.inner.may_keep_map()?;
        let (inner, from) = (self.inner.clone(), from.to_owned());
        in_background(move || {
            MapFile::open(&from)?;
            let _part = Part(inner.dir.join(PART));
            let mut part = inner.begin_map()?;
            io::copy(&mut File::open(&from)?, &mut part)?;
            inner.keep_map(&part, None)
        })
        .await
    }

    /// Fetches the map from where policy says (`location.map_url`), and from nowhere else; the server is told nothing of
    /// who asks. `None` where it is no newer than what is here. What was there stays until the new one is whole.
    ///
    /// # Errors
    /// `BadInput` where policy names no address, `Map`, the network's, `Held`, `InUse` where another process owns the
    /// profile.
    pub async fn fetch_map(&self) -> Result<Option<About>, Error> {
        self.gate()?;
        let owner = self.owner()?;
        self.inner.may_keep_map()?;
        let policy = self.policy();
        let Some(address) = policy.map_url() else {
            return Err(Error::BadInput(
                "policy names no server for maps: location.map_url is not set".to_owned(),
            ));
        };
        let since = fs::metadata(self.inner.map_path()).and_then(|about| about.modified()).ok();
        let Some(mut answer) = owner.http.fetch(address, since).await? else { return Ok(None) };
        if answer.content_length().is_some_and(|bytes| bytes > LARGEST) {
            return Err(NetError::TooLarge.into());
        }
        let modified = net::modified(&answer);
        let _part = Part(self.inner.dir.join(PART));
        let mut part = self.inner.begin_map()?;
        let mut written: u64 = 0;
        while let Some(piece) = next(&mut answer).await? {
            written = written.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            if written > LARGEST {
                return Err(NetError::TooLarge.into());
            }
            part = in_background(move || {
                part.write_all(&piece)?;
                Ok(part)
            })
            .await?;
        }
        let inner = self.inner.clone();
        in_background(move || inner.keep_map(&part, modified)).await.map(Some)
    }

    /// Takes the map away. Says whether there was one.
    ///
    /// # Errors
    /// `Map`, `Held`, `InUse` where another process owns the profile.
    pub fn remove_map(&self) -> Result<bool, Error> {
        self.gate()?;
        self.owner()?;
        match fs::remove_file(self.inner.map_path()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(MapError::from(error).into()),
        }
    }

    /// Puts who is in a part of the map together where they could not be told apart at a zoom (0: the whole earth is 256
    /// pixels wide; each further one is twice as large). From north to south. Those at the edge come whole.
    ///
    /// # Errors
    /// As `positions`.
    pub fn clusters(&self, room: Option<&str>, part: View, zoom: u8) -> Result<Vec<Cluster>, Error> {
        let positions = self.positions_within(room, part.widened(zoom))?;
        let places: Vec<(f64, f64)> = positions.iter().map(|position| (position.lon, position.lat)).collect();
        let groups = cluster::group(&places, zoom);
        let mut positions: Vec<Option<model::Position>> = positions.into_iter().map(Some).collect();
        let taken = groups.into_iter().map(|group| {
            group.into_iter().filter_map(|index| positions.get_mut(index)?.take()).collect::<Vec<_>>()
        });
        Ok(taken.filter_map(Cluster::of).collect())
    }
}

async fn next(answer: &mut reqwest::Response) -> Result<Option<bytes::Bytes>, NetError> {
    match tokio::time::timeout(SILENCE, answer.chunk()).await {
        Ok(piece) => Ok(piece?),
        Err(_) => Err(NetError::Timeout),
    }
}

async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MapError> + Send + 'static,
) -> Result<T, Error> {
    let stopped = |_| MapError::Io(io::Error::other("the reader of the map stopped"));
    Ok(tokio::task::spawn_blocking(work).await.map_err(stopped)??)
}
