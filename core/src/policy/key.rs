//! What a key is: its type, its default, how two values of it become one. The list itself is in `table`.

pub use super::table::Key;
use super::value::{List, Value};

/// What a value has to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// True or false.
    Flag,
    /// A whole number within bounds, both allowed.
    Number {
        /// Smallest.
        least: u64,
        /// Largest.
        most: u64,
        /// What is counted, for people: `s`, `min`, `h`, `days`, `MB`, `m`, or nothing.
        unit: &'static str,
    },
    /// One of these words, in the order of strictness where the merge rule asks for one: loosest first.
    Choice(&'static [&'static str]),
    /// A text of this form.
    Text(Form),
    /// Texts of this form, or `all`.
    List(Form),
}

/// What a text has to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Any text of one line.
    Plain,
    /// An `https:` address; plain `http:` to this machine alone.
    Url,
    /// The scheme, host and port of an `https:` address.
    Origin,
    /// `host` or `host:port`.
    Host,
    /// A server's name, or `*.` and the end of names.
    Server,
    /// `@name:server`.
    User,
    /// A name to sign in with, or `@name:server`.
    Login,
    /// `#rrggbb`.
    Color,
    /// Numbers with dots: `14`, `17.2`, `0.1.0`.
    Version,
    /// `22:00-06:00`.
    Hours,
    /// `type/subtype`, `type/*`, or `executables`.
    Mime,
    /// A language's code: `el`, `pt-BR`.
    Language,
    /// Base64 of 32 bytes.
    Key,
    /// A certificate in PEM.
    Pem,
}

/// How two sources that set the same key become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// True where one says so.
    Or,
    /// True where all say so.
    And,
    /// The smaller number, or the earlier word.
    Min,
    /// The larger number, the later word, the newer version.
    Max,
    /// What all lists have.
    Meet,
    /// What one list has.
    Join,
    /// The later word.
    Stricter,
    /// The strongest source's; two of equal strength that differ: neither.
    Top,
}

impl Merge {
    /// Returns the rule's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Min => "min",
            Self::Max => "max",
            Self::Meet => "meet",
            Self::Join => "join",
            Self::Stricter => "stricter",
            Self::Top => "top",
        }
    }
}

/// A default, as the table writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initial {
    /// No value: a state of its own, never a number.
    Unset,
    /// A flag.
    Flag(bool),
    /// A number.
    Number(u64),
    /// A word.
    Choice(&'static str),
    /// A list without a bound.
    All,
    /// A list.
    List(&'static [&'static str]),
}

impl Initial {
    /// Returns it as a value; nothing where it is unset.
    pub fn value(self) -> Option<Value> {
        match self {
            Self::Unset => None,
            Self::Flag(flag) => Some(Value::Flag(flag)),
            Self::Number(number) => Some(Value::Number(number)),
            Self::Choice(word) => Some(Value::Choice(word)),
            Self::All => Some(Value::List(List::All)),
            Self::List(list) => {
                Some(Value::List(List::Only(list.iter().map(|text| (*text).to_owned()).collect())))
            }
        }
    }
}

/// Everything about one key but its words.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// Which key.
    pub key: Key,
    /// Its name, dotted.
    pub name: &'static str,
    /// What its values look like.
    pub kind: Type,
    /// Holds where nobody says anything, on a managed device.
    pub default: Initial,
    /// The same on a device without any source.
    pub unmanaged: Initial,
    /// How sources merge.
    pub merge: Merge,
    /// Accepted from the device's MDM alone.
    pub mdm_only: bool,
    /// Where no source sets it, the user may make it stricter, not looser.
    pub tighten_only: bool,
    /// First version that enforces it; none: not enforced by this version.
    pub since: Option<&'static str>,
}

impl Definition {
    /// Returns the part before the first dot.
    pub fn category(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(category, _)| category)
    }

    pub(super) const fn new(
        key: Key,
        name: &'static str,
        kind: Type,
        default: Initial,
        merge: Merge,
    ) -> Self {
        Self {
            key,
            name,
            kind,
            default,
            unmanaged: default,
            merge,
            mdm_only: false,
            tighten_only: false,
            since: None,
        }
    }

    pub(super) const fn marked(mut self, marks: &[Mark]) -> Self {
        let mut rest = marks;
        while let Some((mark, more)) = rest.split_first() {
            match *mark {
                Mark::Mdm => self.mdm_only = true,
                Mark::Tighten => self.tighten_only = true,
                Mark::Since(version) => self.since = Some(version),
                Mark::Unmanaged(value) => self.unmanaged = value,
            }
            rest = more;
        }
        self
    }
}

/// What is particular about a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    Mdm,
    Tighten,
    Since(&'static str),
    Unmanaged(Initial),
}

impl Key {
    /// Finds a key by its name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.name() == name)
    }

    /// Returns its name, dotted.
    pub fn name(self) -> &'static str {
        self.definition().name
    }
}

impl Key {
    /// Says what a value of this key may be, in words for an administrator.
    pub fn allowed(self) -> String {
        match self.definition().kind {
            Type::Flag => "true or false".to_owned(),
            Type::Number { least, most, unit } => {
                format!("{least} to {most}{}{unit}", if unit.is_empty() { "" } else { " " })
            }
            Type::Choice(words) => words.join(", "),
            Type::Text(form) => form.describe().to_owned(),
            Type::List(form) => format!("list of {}", form.describe()),
        }
    }
}
