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

-- A thread is read from its end.
DROP INDEX event_by_thread;
CREATE INDEX event_by_thread ON event (room, thread, ts) WHERE thread IS NOT NULL;
