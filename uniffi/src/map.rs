//! The map of the device, and officers put together on it.

use std::path::PathBuf;
use std::time::SystemTime;

use qroc_core::client::Error;
use qroc_core::store::fixes::View;

use crate::client::Client;
use crate::error::QrocError;
use crate::records::map::{MapInfo, MapPart, MapShape, PositionCluster};
use crate::records::milliseconds;
use crate::records::position::Track;
use crate::room::Room;
use crate::runtime::{change, read};

#[uniffi::export]
impl Client {
    /// Says what the map file of this device is; `None` where it has none. A read: it ends with its caller.
    ///
    /// # Errors
    /// `BadInput` where the file is no map that can be read, `Locked`, `Closed`, `Storage`.
    pub async fn map(&self) -> Result<Option<MapInfo>, QrocError> {
        let life = self.life().clone();
        read(async move {
            let about = life.client()?.about_map().await?;
            Ok::<_, Error>(about.map(MapInfo::from))
        })
        .await
    }

    /// Reads what is on a tile of the map, in the order in which it is to be drawn. Columns and rows count from the
    /// north-western corner of Mercator's square; at zoom `z` there are 2^z of each. `None` where there is no map, or
    /// nothing of it there. No server is asked. A read: it ends with its caller.
    ///
    /// # Errors
    /// `BadInput` for a tile that there cannot be, or a file that cannot be read, `Locked`, `Closed`, `Storage`.
    pub async fn map_shapes(&self, z: u8, x: u32, y: u32) -> Result<Option<Vec<MapShape>>, QrocError> {
        let life = self.life().clone();
        read(async move {
            let shapes = life.client()?.map_shapes(z, x, y).await?;
            Ok::<_, Error>(shapes.map(|mut shapes| {
                shapes.sort_by_key(|shape| shape.ground);
                shapes.into_iter().map(MapShape::from).collect()
            }))
        })
        .await
    }

    /// Reads a tile of the map as it is: a Mapbox Vector Tile (2.1), not compressed, for a renderer of one's own. `None`
    /// as for `map_shapes`. A read: it ends with its caller.
    ///
    /// # Errors
    /// As `map_shapes`.
    pub async fn map_tile(&self, z: u8, x: u32, y: u32) -> Result<Option<Vec<u8>>, QrocError> {
        let life = self.life().clone();
        read(async move { life.client()?.map_tile(z, x, y).await }).await
    }

    /// Copies a map file (PMTiles 3 with vector tiles) into the profile. What was there stays until the new one is whole. A
    /// change: it runs to its end.
    ///
    /// # Errors
    /// `NotFound`, `BadInput` where the file is no map that can be read, `Locked`, `Closed`, `Storage`.
    pub async fn take_map(&self, path: String) -> Result<MapInfo, QrocError> {
        let life = self.life().clone();
        let taken = change(async move { life.client()?.take_map(&PathBuf::from(path)).await });
        taken.await.map(MapInfo::from)
    }

    /// Fetches the map from where policy says (`location.map_url`), and from nowhere else; the server is not told who
    /// asks. `None` where it is no newer than what is here. A read: it ends with its caller, and leaves nothing behind then.
    ///
    /// # Errors
    /// `BadInput` where policy names no address, or what is there is no map; `NotFound`, `Forbidden`, `Network`, `Locked`,
    /// `Closed`, `Storage`.
    pub async fn fetch_map(&self) -> Result<Option<MapInfo>, QrocError> {
        let life = self.life().clone();
        read(async move {
            let fetched = life.client()?.fetch_map().await?;
            Ok::<_, Error>(fetched.map(MapInfo::from))
        })
        .await
    }

    /// Takes the map away; says whether there was one. A change: it runs to its end.
    ///
    /// # Errors
    /// `Locked`, `Closed`, `Storage`.
    pub async fn remove_map(&self) -> Result<bool, QrocError> {
        let life = self.life().clone();
        change(async move { life.client()?.remove_map() }).await
    }
}

#[uniffi::export]
impl Room {
    /// Reads where everybody of the room, or one user, went between two times, both of them included. Fetches what is
    /// missing from the server, which takes its time, unless `offline`. A read: it ends with its caller.
    ///
    /// # Errors
    /// `BadInput` for a user who is not known, `NotFound`, `Network`, `Locked`, `Closed`, `Storage`.
    pub async fn tracks(
        &self,
        user_id: Option<String>,
        from: SystemTime,
        until: SystemTime,
        offline: bool,
    ) -> Result<Vec<Track>, QrocError> {
        let (life, room) = (self.life(), self.room_id());
        let between = (milliseconds(from), milliseconds(until));
        read(async move {
            let found = life.client()?.tracks_between(&room, user_id.as_deref(), between, offline).await?;
            Ok::<_, Error>(found.into_iter().map(Track::from).collect())
        })
        .await
    }

    /// Puts who is in a part of the map together where they could not be told apart at a zoom, from north to south: at
    /// zoom 0 the whole earth is 256 points wide, and at each further one twice as wide. Groups stay the same when the
    /// map is moved; from zoom 20 on everybody stands alone. A read: it ends with its caller.
    ///
    /// # Errors
    /// `NotFound`, `Locked`, `Closed`, `Storage`.
    pub async fn clusters(&self, part: MapPart, zoom: u8) -> Result<Vec<PositionCluster>, QrocError> {
        let (life, room) = (self.life(), self.room_id());
        read(async move {
            let found = life.client()?.clusters(Some(&room), View::from(part), zoom)?;
            Ok::<_, Error>(found.into_iter().map(PositionCluster::from).collect())
        })
        .await
    }
}
