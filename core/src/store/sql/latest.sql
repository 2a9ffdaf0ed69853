-- One file per account. Comments stand beside what they explain; docs/schema.md has the picture.
-- Times are milliseconds since 1970. Enumerations are integers whose meaning is in store/codes.rs.

CREATE TABLE account (
  id            INTEGER PRIMARY KEY CHECK (id = 1),
  user_id       TEXT    NOT NULL,
  device_id     TEXT    NOT NULL,
  homeserver    TEXT    NOT NULL,             -- base URL without a slash at its end
  access_token  TEXT    NOT NULL,
  refresh_token TEXT,
  expires_ts    INTEGER,                      -- of the access token; NULL: it does not
  state         INTEGER NOT NULL DEFAULT 0,   -- AccountState
  refused_ts    INTEGER,                      -- first hard refusal, until a second one confirms it
  versions      TEXT    NOT NULL DEFAULT '',  -- last answer of /versions, JSON
  identity      INTEGER NOT NULL DEFAULT 0,   -- IdentityState: is our cross-signing identity published
  generation    INTEGER NOT NULL DEFAULT 0    -- raised by each new owner of the writer
) STRICT;

-- What is known of the server, besides what it supports.
CREATE TABLE server (
  id                INTEGER PRIMARY KEY CHECK (id = 1),
  max_upload_bytes  INTEGER,                   -- NULL: it did not say
  token_lifetime_ms INTEGER                    -- of an access token; NULL: not known
) STRICT;

-- What bought the tokens in use: buys them again where a purchase that was stuck on its way took them away.
CREATE TABLE spare_token (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  token TEXT    NOT NULL
) STRICT;

CREATE TABLE sync_conn (
  conn_id         TEXT    PRIMARY KEY NOT NULL,
  pos             TEXT,
  to_device_since TEXT,
  window          INTEGER NOT NULL DEFAULT 0,  -- how many rooms the list asked for
  last_ts         INTEGER NOT NULL DEFAULT 0   -- of the last answer
) STRICT;

CREATE TABLE inbox (                           -- seals what a second process hands over in files
  id  INTEGER PRIMARY KEY CHECK (id = 1),
  key BLOB    NOT NULL
) STRICT;

CREATE TABLE user (
  id      INTEGER PRIMARY KEY,
  user_id TEXT    NOT NULL UNIQUE
) STRICT;

CREATE TABLE room (
  id               INTEGER PRIMARY KEY,
  room_id          TEXT    NOT NULL UNIQUE,
  kind             INTEGER NOT NULL DEFAULT 0,    -- RoomKind
  membership       INTEGER NOT NULL DEFAULT 0,    -- Membership
  hidden           INTEGER NOT NULL DEFAULT 0,    -- companion rooms, rooms that were left
  encrypted        INTEGER NOT NULL DEFAULT 0,
  name             TEXT    NOT NULL DEFAULT '',   -- as shown: set, or made of members
  topic            TEXT    NOT NULL DEFAULT '',
  alias            TEXT    NOT NULL DEFAULT '',
  members          INTEGER NOT NULL DEFAULT 0,    -- joined
  invited          INTEGER NOT NULL DEFAULT 0,
  members_complete INTEGER NOT NULL DEFAULT 0,    -- table member holds them all
  heroes           TEXT    NOT NULL DEFAULT '[]', -- JSON names, for rooms without one
  tail             INTEGER,                       -- newest chunk
  bump_ts          INTEGER NOT NULL DEFAULT 0,    -- recency in the list
  unread           INTEGER NOT NULL DEFAULT 0,
  highlights       INTEGER NOT NULL DEFAULT 0,
  at_least         INTEGER NOT NULL DEFAULT 0,    -- a gap lies above the read marker
  read_event       TEXT,                          -- own read receipt
  last_ts          INTEGER NOT NULL DEFAULT 0,    -- newest item, kept for the list
  last_sender      TEXT,
  last_body        TEXT
) STRICT;
CREATE INDEX room_by_recency ON room (hidden, bump_ts DESC, id DESC);

CREATE TABLE member (
  room       INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  user       INTEGER NOT NULL REFERENCES user (id),
  membership INTEGER NOT NULL,                 -- Membership
  name       TEXT,
  PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE room_state (                      -- current state but for members
  room      INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  type      TEXT    NOT NULL,
  state_key TEXT    NOT NULL,
  event_id  TEXT,
  sender    INTEGER REFERENCES user (id),
  content   TEXT    NOT NULL,                  -- JSON
  PRIMARY KEY (room, type, state_key)
) STRICT;

CREATE TABLE account_data (
  room    INTEGER NOT NULL DEFAULT 0,          -- 0: of the account
  type    TEXT    NOT NULL,
  content TEXT    NOT NULL,                    -- JSON
  PRIMARY KEY (room, type)
) STRICT;

CREATE TABLE receipt (
  room     INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  user     INTEGER NOT NULL REFERENCES user (id),
  thread   TEXT    NOT NULL DEFAULT '',        -- '': the room as a whole
  event_id TEXT    NOT NULL,
  ts       INTEGER NOT NULL,
  PRIMARY KEY (room, user, thread)
) STRICT, WITHOUT ROWID;
CREATE INDEX receipt_by_event ON receipt (room, event_id);

-- The timeline of a room is a linked list of chunks; a gap is a row of its own that holds the token it is filled with.
-- The position of an event is (chunk, idx): filling a gap prepends with smaller idx and renumbers nothing.
CREATE TABLE chunk (
  id   INTEGER PRIMARY KEY,
  room INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  prev INTEGER,                                -- older neighbour
  next INTEGER,                                -- newer neighbour
  gap  TEXT                                    -- token of a gap; NULL: a run of events
) STRICT;
CREATE INDEX chunk_by_room ON chunk (room);

CREATE TABLE event (
  id         INTEGER PRIMARY KEY,
  room       INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  event_id   TEXT,                             -- NULL until the server has it
  txn_id     TEXT,                             -- ours, on events of this device
  chunk      INTEGER REFERENCES chunk (id),    -- NULL: not seen in a sync yet
  idx        INTEGER,
  sender     INTEGER NOT NULL REFERENCES user (id),
  ts         INTEGER NOT NULL,
  type       TEXT    NOT NULL,                 -- decrypted; m.room.encrypted while it is not
  state_key  TEXT,
  content    TEXT    NOT NULL,                 -- JSON, decrypted
  encrypted  INTEGER NOT NULL DEFAULT 0,       -- came end-to-end encrypted
  shown      INTEGER NOT NULL DEFAULT 0,       -- an item of the timeline
  notify     INTEGER NOT NULL DEFAULT 0,       -- Notify, by the push rules
  rel_type   INTEGER NOT NULL DEFAULT 0,       -- RelType
  rel_to     TEXT,                             -- event id
  rel_key    TEXT,                             -- of a reaction
  reply_to   TEXT,
  thread     TEXT,                             -- root's event id
  edit       INTEGER,                          -- newest valid edit
  redacted   INTEGER NOT NULL DEFAULT 0,
  send_state INTEGER NOT NULL DEFAULT 0,       -- SendState; 0: the server has it
  utd        INTEGER NOT NULL DEFAULT 0,       -- Undecryptable; 0: readable
  session_id TEXT,                             -- Megolm session that an undecryptable event waits for
  expire_ts  INTEGER,
  purpose    TEXT                              -- why it was shared
) STRICT;
CREATE UNIQUE INDEX event_by_id       ON event (event_id, room) WHERE event_id IS NOT NULL;
CREATE UNIQUE INDEX event_by_txn      ON event (txn_id, room) WHERE txn_id IS NOT NULL;
CREATE INDEX        event_by_place    ON event (chunk, idx, shown) WHERE chunk IS NOT NULL;
CREATE INDEX        event_by_notify   ON event (chunk, idx, notify) WHERE notify > 0;
CREATE INDEX        event_unplaced    ON event (room, id)    WHERE chunk IS NULL;
CREATE INDEX        event_by_relation ON event (rel_to)      WHERE rel_to IS NOT NULL;
CREATE INDEX event_by_thread ON event (room, thread, ts) WHERE thread IS NOT NULL;
CREATE INDEX        event_by_edit     ON event (edit)        WHERE edit IS NOT NULL;
CREATE INDEX        event_by_session  ON event (session_id)  WHERE session_id IS NOT NULL;
CREATE INDEX        event_by_expiry   ON event (expire_ts)   WHERE expire_ts IS NOT NULL;
-- What search walks, in all rooms and in one. What waits to be sent has no place yet, and is looked through.
CREATE INDEX event_by_time ON event (ts)
  WHERE type = 'm.room.message' AND shown = 1 AND redacted = 0 AND chunk IS NOT NULL;
CREATE INDEX event_by_room_time ON event (room, ts)
  WHERE type = 'm.room.message' AND shown = 1 AND redacted = 0 AND chunk IS NOT NULL;

-- The words that search sees, of the newest edit, of nothing redacted; folded by the program.
CREATE VIRTUAL TABLE event_fts USING fts5 (
  words, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 0'
);
INSERT INTO event_fts (event_fts, rank) VALUES ('secure-delete', 1);

CREATE TABLE speaker (                         -- who has written something, by name
  user  INTEGER PRIMARY KEY REFERENCES user (id),
  words TEXT    NOT NULL                       -- folded, a space on either side of each
) STRICT;

-- What the user did and the server does not have yet, in the order in which it was done.
CREATE TABLE outbox (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  room       INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  kind       INTEGER NOT NULL,                 -- OutboxKind
  txn_id     TEXT    NOT NULL,
  event      INTEGER REFERENCES event (id),    -- the local echo
  payload    TEXT    NOT NULL,                 -- JSON, by kind
  after      INTEGER,                          -- outbox row whose event id this one needs
  state      INTEGER NOT NULL DEFAULT 1,       -- SendState
  attempts   INTEGER NOT NULL DEFAULT 0,
  next_ts    INTEGER NOT NULL DEFAULT 0,       -- not before
  error      TEXT,
  created_ts INTEGER NOT NULL,
  UNIQUE (txn_id, room)
) STRICT;
CREATE INDEX outbox_waiting ON outbox (room) WHERE after IS NOT NULL;
-- What a transaction id became where no row of event says it: the same id twice is one action.
CREATE TABLE sent_txn (
  txn_id   TEXT    NOT NULL,
  room     INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  event_id TEXT    NOT NULL,
  ts       INTEGER NOT NULL,
  PRIMARY KEY (txn_id, room)
) STRICT, WITHOUT ROWID;

-- What the user took back when the server may have had it already: what becomes of it is removed there.
CREATE TABLE recalled (
  txn_id TEXT    NOT NULL,
  room   INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  ts     INTEGER NOT NULL,
  PRIMARY KEY (txn_id, room)
) STRICT, WITHOUT ROWID;

CREATE TABLE owed_key (                        -- a room key that a device could not be given with the message
  id         INTEGER PRIMARY KEY,
  room       INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  user_id    TEXT    NOT NULL,
  device_id  TEXT    NOT NULL,
  session_id TEXT    NOT NULL,
  content    TEXT    NOT NULL,                 -- JSON of m.room_key, as of the first message that it missed
  since_ts   INTEGER NOT NULL,
  UNIQUE (user_id, device_id, session_id)
) STRICT;

CREATE TABLE upload (                          -- sealed bytes that must be on the server before their message
  id      INTEGER PRIMARY KEY,
  outbox  INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
  pointer TEXT    NOT NULL,                    -- JSON pointer to where the message wants the address
  file    TEXT    NOT NULL,                    -- name in the account's media directory; ciphertext
  bytes   INTEGER NOT NULL,
  mxc     TEXT,                                -- reserved on the server
  done    INTEGER NOT NULL DEFAULT 0           -- the server has the bytes
) STRICT;
CREATE INDEX upload_by_outbox ON upload (outbox);

CREATE TABLE media (                           -- sealed bytes kept from the server
  mxc     TEXT    PRIMARY KEY NOT NULL,
  file    TEXT    NOT NULL,
  bytes   INTEGER NOT NULL,
  used_ts INTEGER NOT NULL
) STRICT;

CREATE TABLE media_use (                       -- what events the kept bytes are of: without one they go
  event INTEGER NOT NULL REFERENCES event (id) ON DELETE CASCADE,
  mxc   TEXT    NOT NULL REFERENCES media (mxc) ON DELETE CASCADE,
  PRIMARY KEY (event, mxc)
) STRICT, WITHOUT ROWID;
CREATE INDEX media_use_by_mxc ON media_use (mxc);
CREATE TABLE media_rule (                      -- as policy says
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  most_bytes INTEGER NOT NULL                  -- of all kept bytes; 0: none are
) STRICT;
CREATE TABLE paused (                          -- the user holds the sending of its files
  outbox INTEGER PRIMARY KEY REFERENCES outbox (id) ON DELETE CASCADE
) STRICT;

-- How long what people write stays: what policy says.
CREATE TABLE retention_rule (
  id           INTEGER PRIMARY KEY CHECK (id = 1),
  message_ms   INTEGER,                        -- NULL: for ever
  file_ms      INTEGER,
  floor_ms     INTEGER NOT NULL,               -- nothing goes sooner
  honour_rooms INTEGER NOT NULL,               -- what a room says counts
  below        INTEGER                         -- events with smaller rows have yet to be dated anew
) STRICT;
CREATE TABLE retention (                       -- what follows for a room; no row: for ever
  room       INTEGER PRIMARY KEY REFERENCES room (id) ON DELETE CASCADE,
  message_ms INTEGER,
  file_ms    INTEGER
) STRICT;
CREATE TABLE file_expiry (                     -- when the file of a message goes, where that is before the message
  event  INTEGER PRIMARY KEY REFERENCES event (id) ON DELETE CASCADE,
  due_ts INTEGER NOT NULL
) STRICT;
CREATE INDEX file_expiry_by_ts ON file_expiry (due_ts);
-- The time by the server, and where the device's own clocks stood then.
CREATE TABLE known_time (
  id       INTEGER PRIMARY KEY CHECK (id = 1),
  ms       INTEGER NOT NULL,
  doubt_ms INTEGER NOT NULL,                   -- so much more has passed if the wall clock was right
  wall_ms  INTEGER NOT NULL,
  boot     TEXT,                               -- which run of the device
  up_ms    INTEGER NOT NULL                    -- since that began
) STRICT;

CREATE TABLE draft (
  room   INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  thread TEXT    NOT NULL DEFAULT '',
  body   TEXT    NOT NULL,
  ts     INTEGER NOT NULL,
  PRIMARY KEY (room, thread)
) STRICT, WITHOUT ROWID;

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

-- End-to-end encryption. Values are matrix-sdk-crypto's pickles; the file as a whole is encrypted, they are not again.
CREATE TABLE crypto_value (
  key   TEXT PRIMARY KEY NOT NULL,             -- account, identity, backup keys, batch token, custom/…
  value BLOB NOT NULL
) STRICT;
CREATE TABLE crypto_olm_session (
  session_id TEXT    PRIMARY KEY NOT NULL,
  sender_key TEXT    NOT NULL,
  data       BLOB    NOT NULL
) STRICT;
CREATE INDEX crypto_olm_session_by_sender ON crypto_olm_session (sender_key);
CREATE TABLE crypto_olm_hash (
  sender_key TEXT NOT NULL,
  hash       TEXT NOT NULL,
  PRIMARY KEY (hash, sender_key)
) STRICT, WITHOUT ROWID;
CREATE TABLE crypto_inbound_session (
  id               INTEGER PRIMARY KEY,
  room_id          TEXT    NOT NULL,
  session_id       TEXT    NOT NULL,
  sender_key       TEXT    NOT NULL,
  sender_data_type INTEGER NOT NULL,
  backed_up        INTEGER NOT NULL DEFAULT 0,
  data             BLOB    NOT NULL,
  UNIQUE (session_id, room_id)
) STRICT;
CREATE INDEX crypto_inbound_by_sender ON crypto_inbound_session (sender_key, sender_data_type, session_id);
CREATE INDEX crypto_inbound_by_room   ON crypto_inbound_session (room_id);
CREATE INDEX crypto_inbound_to_backup ON crypto_inbound_session (id) WHERE backed_up = 0;
CREATE TABLE crypto_outbound_session (
  room_id TEXT PRIMARY KEY NOT NULL,
  data    BLOB NOT NULL
) STRICT;
CREATE TABLE crypto_withheld (
  room_id    TEXT NOT NULL,
  session_id TEXT NOT NULL,
  data       BLOB NOT NULL,
  PRIMARY KEY (room_id, session_id)
) STRICT;
CREATE TABLE crypto_device (
  user_id   TEXT NOT NULL,
  device_id TEXT NOT NULL,
  data      BLOB NOT NULL,
  PRIMARY KEY (user_id, device_id)
) STRICT;
CREATE TABLE crypto_identity (
  user_id TEXT PRIMARY KEY NOT NULL,
  data    BLOB NOT NULL
) STRICT;
CREATE TABLE crypto_tracked_user (
  user_id TEXT    PRIMARY KEY NOT NULL,
  dirty   INTEGER NOT NULL
) STRICT;
CREATE TABLE crypto_secret_request (
  request_id TEXT    PRIMARY KEY NOT NULL,
  info       TEXT    NOT NULL UNIQUE,          -- what is asked for
  sent       INTEGER NOT NULL,
  data       BLOB    NOT NULL
) STRICT;
CREATE TABLE crypto_secret_inbox (
  id     INTEGER PRIMARY KEY,
  name   TEXT NOT NULL,
  secret BLOB NOT NULL
) STRICT;
CREATE INDEX crypto_secret_inbox_by_name ON crypto_secret_inbox (name);
CREATE TABLE crypto_room (
  room_id        TEXT PRIMARY KEY NOT NULL,
  settings       BLOB,
  pending_bundle BLOB,
  downloaded_all INTEGER NOT NULL DEFAULT 0    -- all its keys were fetched from the backup
) STRICT;
CREATE TABLE crypto_bundle (
  room_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  data    BLOB NOT NULL,
  PRIMARY KEY (room_id, user_id)
) STRICT;
CREATE TABLE crypto_lease (
  key        TEXT    PRIMARY KEY NOT NULL,
  holder     TEXT    NOT NULL,
  expires_ts INTEGER NOT NULL,
  generation INTEGER NOT NULL
) STRICT;
CREATE TABLE denial (
  id     INTEGER PRIMARY KEY,
  ts     INTEGER NOT NULL,
  action TEXT    NOT NULL,
  key    TEXT    NOT NULL,                     -- the policy key that forbids it
  source TEXT    NOT NULL,
  value  TEXT    NOT NULL
) STRICT;

CREATE TABLE room_pref (                       -- how this account has a room; a room without a row: as any other
  room      INTEGER PRIMARY KEY REFERENCES room (id) ON DELETE CASCADE,
  favourite INTEGER NOT NULL DEFAULT 0,
  low       INTEGER NOT NULL DEFAULT 0,        -- of low priority
  loudness  INTEGER NOT NULL DEFAULT 0         -- Loudness
) STRICT;

CREATE TABLE mark (                            -- what counts of what was said about a message later
  event   INTEGER PRIMARY KEY REFERENCES event (id) ON DELETE CASCADE,
  said_by INTEGER NOT NULL REFERENCES event (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX mark_by_event ON mark (said_by);
