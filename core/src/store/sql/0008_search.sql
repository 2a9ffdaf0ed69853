-- Words are folded by the program before they are indexed, so the index holds no text of its own to read back, and its
-- rows are made anew after this step.
DROP TABLE event_fts;
DROP VIEW event_text;
CREATE VIRTUAL TABLE event_fts USING fts5 (
  words, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 0'
);
INSERT INTO event_fts (event_fts, rank) VALUES ('secure-delete', 1);

CREATE TABLE speaker (                         -- who has written something, by name
  user  INTEGER PRIMARY KEY REFERENCES user (id),
  words TEXT    NOT NULL                       -- folded, a space on either side of each
) STRICT;
