-- Received files are kept sealed; the sending of files can be held.
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
