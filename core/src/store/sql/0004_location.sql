CREATE INDEX room_state_track ON room_state (room) WHERE type = 'eu.qroc.track' AND state_key = '';

-- The room that carries the tracks of another, its parent. Never listed.
CREATE TABLE companion (
  room   INTEGER PRIMARY KEY REFERENCES room (id) ON DELETE CASCADE,
  parent INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX companion_by_parent ON companion (parent);

-- Who says to share positions in a room, and until when: state that the server can read.
CREATE TABLE share (
  room       INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  user       INTEGER NOT NULL REFERENCES user (id),
  event_id   TEXT,                             -- of the state event
  live       INTEGER NOT NULL,
  started_ts INTEGER NOT NULL,
  ends_ts    INTEGER NOT NULL,
  PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;

-- One thing that moves: a device's sharing in a room, with its newest fix.
CREATE TABLE tracker (
  id       INTEGER PRIMARY KEY,
  room     INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE, -- that is shared with, never its companion
  user     INTEGER NOT NULL REFERENCES user (id),
  tag      TEXT    NOT NULL,                   -- of the sharing; '': positions in the standard form
  ts       INTEGER NOT NULL DEFAULT -1,        -- of its newest fix; -1: none
  lat      INTEGER NOT NULL DEFAULT 0,         -- 1e-6 degrees
  lon      INTEGER NOT NULL DEFAULT 0,         -- 1e-6 degrees
  accuracy INTEGER,                            -- decimetres
  speed    INTEGER,                            -- decimetres per second
  heading  INTEGER,                            -- degrees
  altitude INTEGER,                            -- decimetres
  source   INTEGER,                            -- geo::Source
  battery  INTEGER,                            -- percent
  UNIQUE (room, user, tag)
) STRICT;
CREATE VIRTUAL TABLE tracker_place USING rtree_i32 (id, lat_min, lat_max, lon_min, lon_max);

CREATE TABLE fix (                             -- in the order in which they came
  id       INTEGER PRIMARY KEY,
  tracker  INTEGER NOT NULL REFERENCES tracker (id) ON DELETE CASCADE,
  ts       INTEGER NOT NULL,
  lat      INTEGER NOT NULL,
  lon      INTEGER NOT NULL,
  accuracy INTEGER,
  speed    INTEGER,
  heading  INTEGER,
  altitude INTEGER,
  source   INTEGER,
  battery  INTEGER
) STRICT;
CREATE UNIQUE INDEX fix_by_time ON fix (tracker, ts);

-- What this device shares; gone when all of it is sent.
CREATE TABLE own_share (
  room       INTEGER PRIMARY KEY REFERENCES room (id) ON DELETE CASCADE,
  tag        TEXT    NOT NULL,
  started_ts INTEGER NOT NULL,
  ends_ts    INTEGER NOT NULL,
  ended      INTEGER NOT NULL DEFAULT 0,       -- no more fixes: what is left is sent, then the end is told
  info_event TEXT,                             -- the state event, once the server has it
  beacon_ts  INTEGER NOT NULL DEFAULT 0,       -- when a position last went out in the standard form
  fixes      INTEGER NOT NULL DEFAULT 0        -- taken from the receiver
) STRICT;
CREATE TABLE own_fix (                         -- waits to be sent, in order
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  room     INTEGER NOT NULL REFERENCES own_share (room) ON DELETE CASCADE,
  ready    INTEGER NOT NULL DEFAULT 0,         -- chosen to be sent; 0: may still be left out
  ts       INTEGER NOT NULL,
  lat      INTEGER NOT NULL,
  lon      INTEGER NOT NULL,
  accuracy INTEGER,
  speed    INTEGER,
  heading  INTEGER,
  altitude INTEGER,
  source   INTEGER,
  battery  INTEGER
) STRICT;
CREATE INDEX own_fix_by_room ON own_fix (room, ready, id);
CREATE TABLE own_batch (                       -- what went into the outbox
  txn_id TEXT    PRIMARY KEY NOT NULL,
  room   INTEGER NOT NULL REFERENCES own_share (room) ON DELETE CASCADE,
  fixes  INTEGER NOT NULL,
  bytes  INTEGER                               -- as sent; NULL until the server has it
) STRICT;
CREATE INDEX own_batch_by_room ON own_batch (room);

CREATE TABLE area (                            -- newest version of each; the versions are events
  id         INTEGER PRIMARY KEY,
  room       INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  area_id    TEXT    NOT NULL,
  author     INTEGER NOT NULL REFERENCES user (id),
  ts         INTEGER NOT NULL,                 -- of the version
  event_id   TEXT,                             -- of the version; NULL while it waits to be sent
  removed    INTEGER NOT NULL DEFAULT 0,
  kind       TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  colour     TEXT,
  valid_from INTEGER,
  valid_to   INTEGER,
  geometry   TEXT    NOT NULL,                 -- GeoJSON
  UNIQUE (room, area_id)
) STRICT;
