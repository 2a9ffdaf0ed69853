-- What is known of the server, besides what it supports.
CREATE TABLE server (
  id                INTEGER PRIMARY KEY CHECK (id = 1),
  max_upload_bytes  INTEGER,                   -- NULL: it did not say
  token_lifetime_ms INTEGER                    -- of an access token; NULL: not known
) STRICT;

CREATE TABLE inbox (                           -- seals what a second process hands over in files
  id  INTEGER PRIMARY KEY CHECK (id = 1),
  key BLOB    NOT NULL
) STRICT;

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

-- What the user took back when the server may have had it already: what becomes of it is removed there.
CREATE TABLE recalled (
  txn_id TEXT    NOT NULL,
  room   INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  ts     INTEGER NOT NULL,
  PRIMARY KEY (txn_id, room)
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_waiting ON outbox (room) WHERE after IS NOT NULL;
