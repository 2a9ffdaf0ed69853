CREATE TABLE denial (
  id     INTEGER PRIMARY KEY,
  ts     INTEGER NOT NULL,
  action TEXT    NOT NULL,
  key    TEXT    NOT NULL,                     -- the policy key that forbids it
  source TEXT    NOT NULL,
  value  TEXT    NOT NULL
) STRICT;
