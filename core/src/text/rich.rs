//! Formatted text as plain data. What comes as HTML is read by its tokens alone: what is not in the list here becomes
//! nothing, or the words in it; no tree is built, so nothing can be nested too deeply. Nothing is ever fetched.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use serde::Serialize;

/// A paragraph, a line of a list, a piece of code: what stands by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// How many quotations it stands in.
    #[serde(skip_serializing_if = "is_zero")]
    pub quote: u8,
    /// How many lists it stands in.
    #[serde(skip_serializing_if = "is_zero")]
    pub indent: u8,
    /// What stands before the first line of an entry of a list: `•`, or a number with a point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
    /// The words.
    pub runs: Vec<Run>,
}

/// What a block is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// Words.
    #[default]
    Paragraph,
    /// A heading.
    Heading,
    /// Code: each line stands as it is.
    Code,
    /// A line across.
    Rule,
}

/// Words of one look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The words; line breaks are `\n`.
    pub text: String,
    /// How they look.
    #[serde(flatten)]
    pub style: Style,
}

/// How words look, and where they lead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Style {
    /// Bold.
    #[serde(skip_serializing_if = "is_not")]
    pub bold: bool,
    /// Italic.
    #[serde(skip_serializing_if = "is_not")]
    pub italic: bool,
    /// Underlined.
    #[serde(skip_serializing_if = "is_not")]
    pub underline: bool,
    /// Struck out.
    #[serde(skip_serializing_if = "is_not")]
    pub strike: bool,
    /// Code within a line.
    #[serde(skip_serializing_if = "is_not")]
    pub code: bool,
    /// Hidden until it is asked for.
    #[serde(skip_serializing_if = "is_not")]
    pub spoiler: bool,
    /// Where it leads. Not what it says: a screen shows this before it opens it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Matrix id of the person that it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mention: Option<String>,
}

fn is_zero(number: &u8) -> bool {
    *number == 0
}

fn is_not(flag: &bool) -> bool {
    !*flag
}

/// An event has no more room.
const LONGEST: usize = 65_536;
/// What is nested deeper looks like what it is in.
const DEEPEST: usize = 48;
/// More changes of look than this are no text of a person.
const MOST_RUNS: usize = 1_000;
const LONGEST_LINK: usize = 2_048;

/// Reads what other clients send as HTML. `None` where there is nothing to show.
pub fn from_html(html: &str) -> Option<Vec<Block>> {
    if html.len() > LONGEST {
        return None;
    }
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    // What a script would do does not happen: its words are passed over like all others in it.
    while !input.is_empty() {
        let _ = tokenizer.feed(&input);
    }
    tokenizer.end();
    let blocks = tokenizer.sink.0.into_inner().done();
    if blocks.is_empty() { None } else { Some(blocks) }
}

/// The words alone, a line for each block.
pub fn plain(blocks: &[Block]) -> String {
    let line = |block: &Block| block.runs.iter().map(|run| run.text.as_str()).collect::<String>();
    blocks.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Says whether nothing is lost when the words alone are shown.
pub fn is_plain(blocks: &[Block]) -> bool {
    blocks.iter().all(|block| {
        let Block { kind, quote, indent, marker, runs } = block;
        *kind == BlockKind::Paragraph
            && (*quote, *indent, marker) == (0, 0, &None)
            && runs.iter().all(|run| run.style == Style::default())
    })
}

#[derive(Default)]
struct Sink(RefCell<Builder>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut builder = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) => builder.tag(&tag),
            Token::CharacterTokens(text) => {
                builder.words(&text);
                TokenSinkResult::Continue
            }
            Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => TokenSinkResult::Continue,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Words in a line.
    Inline,
    /// Stands by itself.
    Block,
    Heading,
    Quote,
    Pre,
    /// The number of the next entry; 0: bullets.
    List(u32),
    Entry,
    /// A cell of a table.
    Cell,
    /// What is in it is not shown.
    Hidden,
}

struct Open {
    name: String,
    role: Role,
    /// Of the words in it.
    style: Style,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    blocks: Vec<Block>,
    block: Block,
    marker: Option<String>,
    runs: usize,
}

impl Builder {
    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        match tag.kind {
            TagKind::EndTag => {
                self.close(name);
                TokenSinkResult::Continue
            }
            TagKind::StartTag => match name {
                "br" => {
                    self.push("\n");
                    TokenSinkResult::Continue
                }
                "hr" => {
                    self.end_block();
                    self.block = Block { kind: BlockKind::Rule, ..self.fresh() };
                    self.blocks.push(std::mem::take(&mut self.block));
                    TokenSinkResult::Continue
                }
                "img" => {
                    let words = attribute(tag, "alt").or_else(|| attribute(tag, "title")).unwrap_or_default();
                    self.words(&words);
                    TokenSinkResult::Continue
                }
                _ => self.start(name, tag),
            },
        }
    }

    fn start(&mut self, name: &str, tag: &Tag) -> TokenSinkResult<()> {
        let role = match name {
            "script" | "style" | "xmp" | "iframe" | "noembed" | "noframes" | "title" | "textarea"
            | "mx-reply" | "template" => Role::Hidden,
            "p" | "div" | "table" | "tr" | "details" | "summary" | "caption" => Role::Block,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Role::Heading,
            "blockquote" => Role::Quote,
            "pre" => Role::Pre,
            "ul" => Role::List(0),
            "ol" => {
                let start = attribute(tag, "start").and_then(|start| start.parse().ok());
                Role::List(start.unwrap_or(1).clamp(1, 1_000_000_000))
            }
            "li" => Role::Entry,
            "td" | "th" => Role::Cell,
            _ => Role::Inline,
        };
        if !matches!(role, Role::Inline | Role::Hidden | Role::Cell) {
            self.end_block();
        }
        let style = styled(self.style(), name, tag);
        if self.open.len() < DEEPEST {
            if role == Role::Entry {
                self.marker = Some(self.next_marker());
            }
            self.open.push(Open { name: name.to_owned(), role, style });
            self.block = self.fresh();
        }
        match name {
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "xmp" | "iframe" | "noembed" | "noframes" => TokenSinkResult::RawData(RawKind::Rawtext),
            "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
            _ => TokenSinkResult::Continue,
        }
    }

    fn close(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|open| open.name == name) else { return };
        let closed = self.open.split_off(at);
        if closed.iter().any(|open| !matches!(open.role, Role::Inline | Role::Hidden | Role::Cell)) {
            self.end_block();
        }
        if closed.iter().any(|open| open.role == Role::Cell) {
            self.push(" ");
        }
    }

    fn next_marker(&mut self) -> String {
        let list = self.open.iter_mut().rev().find_map(|open| match &mut open.role {
            Role::List(next) => Some(next),
            _ => None,
        });
        match list {
            Some(next) if *next > 0 => {
                let marker = format!("{next}.");
                *next = next.saturating_add(1);
                marker
            }
            _ => "•".to_owned(),
        }
    }

    fn style(&self) -> Style {
        self.open.last().map(|open| open.style.clone()).unwrap_or_default()
    }

    fn is_in(&self, role: Role) -> bool {
        self.open.iter().any(|open| open.role == role)
    }

    fn count(&self, is: impl Fn(Role) -> bool) -> u8 {
        u8::try_from(self.open.iter().filter(|open| is(open.role)).count()).unwrap_or(u8::MAX)
    }

    /// The block that words belong to here, as far as it goes without an end.
    fn fresh(&mut self) -> Block {
        if !self.block.runs.is_empty() {
            return std::mem::take(&mut self.block);
        }
        let kind = if self.is_in(Role::Pre) {
            BlockKind::Code
        } else if self.is_in(Role::Heading) {
            BlockKind::Heading
        } else {
            BlockKind::Paragraph
        };
        Block {
            kind,
            quote: self.count(|role| role == Role::Quote),
            indent: self.count(|role| matches!(role, Role::List(_))),
            marker: None,
            runs: Vec::new(),
        }
    }

    fn end_block(&mut self) {
        let mut block = std::mem::take(&mut self.block);
        if let Some(last) = block.runs.last_mut() {
            let kept = if block.kind == BlockKind::Code {
                last.text.trim_end_matches('\n').len()
            } else {
                last.text.trim_end().len()
            };
            last.text.truncate(kept);
        }
        block.runs.retain(|run| !run.text.is_empty());
        if !block.runs.is_empty() {
            self.blocks.push(block);
        }
        self.block = self.fresh();
    }

    fn words(&mut self, text: &str) {
        if self.is_in(Role::Hidden) {
            return;
        }
        if self.block.kind == BlockKind::Code {
            // The first line break after the tag is not part of it.
            let text =
                if self.block.runs.is_empty() { text.strip_prefix('\n').unwrap_or(text) } else { text };
            self.push(text);
            return;
        }
        let mut line = String::with_capacity(text.len());
        let mut blank = self.block.runs.last().is_none_or(|run| run.text.ends_with([' ', '\n']));
        for letter in text.chars() {
            let space = letter.is_ascii_whitespace();
            if !(space && blank) {
                line.push(if space { ' ' } else { letter });
            }
            blank = space;
        }
        self.push(&line);
    }

    fn push(&mut self, text: &str) {
        if text.is_empty() || self.is_in(Role::Hidden) {
            return;
        }
        if self.block.runs.is_empty() {
            self.block = self.fresh();
            self.block.marker = self.marker.take();
        }
        let style = self.style();
        match self.block.runs.last_mut() {
            Some(last) if last.style == style || self.runs >= MOST_RUNS => last.text.push_str(text),
            _ => {
                self.runs = self.runs.saturating_add(1);
                self.block.runs.push(Run { text: text.to_owned(), style });
            }
        }
    }

    fn done(mut self) -> Vec<Block> {
        self.end_block();
        self.blocks
    }
}

fn styled(mut style: Style, name: &str, tag: &Tag) -> Style {
    match name {
        "b" | "strong" | "th" => style.bold = true,
        "i" | "em" => style.italic = true,
        "u" | "ins" => style.underline = true,
        "s" | "del" | "strike" => style.strike = true,
        "code" | "tt" => style.code = true,
        "span" if attribute(tag, "data-mx-spoiler").is_some() => style.spoiler = true,
        "a" => {
            let target = attribute(tag, "href").and_then(|target| link(&target));
            style.mention = target.as_deref().and_then(person);
            style.link = target.filter(|_| style.mention.is_none());
        }
        _ => {}
    }
    style
}

fn attribute(tag: &Tag, name: &str) -> Option<String> {
    let found = tag.attrs.iter().find(|attribute| &*attribute.name.local == name)?;
    Some(found.value.to_string())
}

/// Schemes that lead to a person or a place, and never run anything.
const SCHEMES: [&str; 6] = ["https", "http", "mailto", "matrix", "geo", "tel"];

/// Returns an address that may be shown as a link.
pub fn link(target: &str) -> Option<String> {
    let target = target.trim();
    let (scheme, _) = target.split_once(':')?;
    let known = SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let sound =
        known && target.len() <= LONGEST_LINK && !target.chars().any(|c| c.is_control() || is_turning(c));
    sound.then(|| target.to_owned())
}

/// Letters that turn the direction of what follows, and make an address read as another.
fn is_turning(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// Returns the user that a link names.
fn person(target: &str) -> Option<String> {
    let name = match target.strip_prefix("https://matrix.to/#/") {
        Some(rest) => decoded(rest.split('?').next().unwrap_or_default()),
        None => {
            format!("@{}", decoded(target.strip_prefix("matrix:u/")?.split('?').next().unwrap_or_default()))
        }
    };
    ruma::UserId::parse(&name).ok().map(|user| user.to_string())
}

fn decoded(text: &str) -> String {
    let whole = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(whole.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
