//! Row ids of our own tables, as types, so that a room cannot be passed where an event is meant.

macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl rusqlite::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(self.0.into())
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                value.as_i64().map(Self)
            }
        }
    };
}

row_id!(
    /// Names a row of `room`.
    RoomRow
);
row_id!(
    /// Names a row of `user`.
    UserRow
);
row_id!(
    /// Names a row of `event`.
    EventRow
);
row_id!(
    /// Names a row of `chunk`: a run of events without holes, or a gap.
    ChunkRow
);
row_id!(
    /// Names a row of `outbox`; later rows were queued later.
    OutboxRow
);
row_id!(
    /// Names a row of `tracker`: one thing that moves.
    TrackerRow
);
