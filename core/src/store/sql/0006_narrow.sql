-- What a message costs on its way out: fewer indexes that a local echo touches.
DROP INDEX event_by_place;
DROP INDEX event_items;
DROP INDEX event_by_time;
DROP INDEX event_by_room_time;
DROP INDEX outbox_by_room;
CREATE INDEX        event_by_place    ON event (chunk, idx, shown) WHERE chunk IS NOT NULL;
CREATE INDEX event_by_time ON event (ts)
  WHERE type = 'm.room.message' AND shown = 1 AND redacted = 0 AND chunk IS NOT NULL;
CREATE INDEX event_by_room_time ON event (room, ts)
  WHERE type = 'm.room.message' AND shown = 1 AND redacted = 0 AND chunk IS NOT NULL;
