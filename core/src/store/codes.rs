//! What the integers in the tables mean. A number, once released, is never given another meaning.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};

macro_rules! code {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Returns the word that scripts see.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl rusqlite::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(match self { $(Self::$variant => $number,)+ }.into())
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                match value.as_i64()? {
                    $($number => Ok(Self::$variant),)+
                    other => Err(FromSqlError::OutOfRange(other)),
                }
            }
        }
    };
}

code! {
    /// What the server lets this sign-in do.
    AccountState {
        /// Everything.
        Active = 0 "active",
        /// The token ended and could not be refreshed: sign in again, data stays.
        SoftSignedOut = 1 "signed_out_soft",
        /// The account is locked: content is hidden, nothing is deleted.
        Locked = 2 "locked",
        /// Reading only.
        Suspended = 3 "suspended",
        /// The account's time is over.
        Expired = 4 "expired",
        /// The server refuses the sign-in; sealed until a second question confirms it.
        RefusedOnce = 5 "refused",
    }
}

code! {
    /// Whether this account's cross-signing identity vouches for this device.
    IdentityState {
        /// Not looked at yet.
        Unknown = 0 "unknown",
        /// This device published the identity and holds its private keys.
        Owned = 1 "owned",
        /// Another device published it; this one waits to be verified.
        Foreign = 2 "foreign",
    }
}

code! {
    /// What a room is for.
    RoomKind {
        /// People talk.
        Group = 0 "group",
        /// Two people talk.
        Direct = 1 "direct",
        /// Few write, many read.
        Broadcast = 2 "broadcast",
        /// An incident.
        Incident = 3 "incident",
        /// Carries the tracks of another room; never listed.
        Track = 4 "track",
    }
}

code! {
    /// A user's standing in a room.
    Membership {
        /// Gone, or never there.
        Leave = 0 "leave",
        /// Invited.
        Invite = 1 "invite",
        /// A member.
        Join = 2 "join",
        /// Asked to join.
        Knock = 3 "knock",
        /// Not allowed back.
        Ban = 4 "ban",
    }
}

impl Membership {
    /// Reads the protocol's word; an unknown one is no membership.
    pub fn from_word(word: &str) -> Self {
        match word {
            "join" => Self::Join,
            "invite" => Self::Invite,
            "knock" => Self::Knock,
            "ban" => Self::Ban,
            _ => Self::Leave,
        }
    }
}

code! {
    /// How an event stands to another.
    RelType {
        /// It does not.
        None = 0 "none",
        /// Replaces its text.
        Edit = 1 "edit",
        /// Reacts to it.
        Reaction = 2 "reaction",
        /// Removes its content.
        Redaction = 3 "redaction",
        /// Any other relation: kept, not acted on.
        Other = 4 "other",
    }
}

code! {
    /// Where an own event or action is on its way.
    SendState {
        /// The server has it.
        Sent = 0 "sent",
        /// Waits for its turn, the network, or a limit.
        Queued = 1 "queued",
        /// Under way.
        Sending = 2 "sending",
        /// Refused; waits for the user.
        Failed = 3 "failed",
    }
}

code! {
    /// How loudly an event asks for attention.
    Notify {
        /// Not at all.
        Nothing = 0 "nothing",
        /// Counts as unread.
        Unread = 1 "unread",
        /// Counts as a highlight too.
        Highlight = 2 "highlight",
    }
}

code! {
    /// Why an event cannot be read.
    Undecryptable {
        /// It can.
        Readable = 0 "readable",
        /// The key has not come (yet).
        MissingKey = 1 "missing_key",
        /// The sender does not share the key with this device.
        Withheld = 2 "withheld",
        /// What came is damaged or forged.
        Damaged = 3 "damaged",
        /// The algorithm is not known.
        Unsupported = 4 "unsupported",
    }
}

code! {
    /// What a queued action is.
    OutboxKind {
        /// An event for the room, encrypted where the room is.
        Event = 0 "message",
        /// A redaction.
        Redaction = 1 "redaction",
        /// A read receipt and marker.
        Read = 2 "read",
        /// A change of membership.
        Membership = 3 "membership",
        /// How the account has a room, or what is pinned there.
        Setting = 4 "setting",
    }
}

code! {
    /// What kind of message a search asks for.
    MessageKind {
        /// Words alone.
        Text = 0 "text",
        /// A picture.
        Image = 1 "image",
        /// A clip.
        Video = 2 "video",
        /// A recording.
        Audio = 3 "audio",
        /// Any other file.
        File = 4 "file",
        /// A position.
        Place = 5 "place",
    }
}

impl MessageKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Text, Self::Image, Self::Video, Self::Audio, Self::File, Self::Place];

    /// Sorts a message by the protocol's word; an unknown one is words.
    pub fn of_msgtype(msgtype: &str) -> Self {
        match msgtype {
            "m.image" => Self::Image,
            "m.video" => Self::Video,
            "m.audio" => Self::Audio,
            "m.file" => Self::File,
            "m.location" => Self::Place,
            _ => Self::Text,
        }
    }
}

code! {
    /// What of a room asks for this account's attention.
    Loudness {
        /// Everything.
        All = 0 "all",
        /// What names the user.
        Mentions = 1 "mentions",
        /// Nothing.
        Nothing = 2 "none",
    }
}

impl Loudness {
    /// Reads the word; an unknown one is everything.
    pub fn of_word(word: &str) -> Self {
        match word {
            "mentions" => Self::Mentions,
            "none" => Self::Nothing,
            _ => Self::All,
        }
    }
}
