-- What bought the tokens in use: buys them again where a purchase that was stuck on its way took them away.
CREATE TABLE spare_token (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  token TEXT    NOT NULL
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
