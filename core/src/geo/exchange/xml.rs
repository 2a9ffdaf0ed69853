//! What the XML formats share: reading with line numbers, escaping.

use roxmltree::{Document, Node, ParsingOptions};

use super::BadFile;
use crate::geo::Place;

/// No file has more elements: what is larger is no track but an attack on memory.
const MOST_NODES: u32 = 4_000_000;

/// Parses a document. Entities of its own are refused.
pub(super) fn parse(text: &str) -> Result<Document<'_>, BadFile> {
    let text = text.trim_start_matches('\u{feff}');
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options)
        .map_err(|error| BadFile { line: error.pos().row, reason: format!("this is no sound XML: {error}") })
}

/// The error for an element.
pub(super) fn bad(node: Node<'_, '_>, reason: impl Into<String>) -> BadFile {
    BadFile { line: node.document().text_pos_at(node.range().start).row, reason: reason.into() }
}

/// The first child of a name, whatever its namespace.
pub(super) fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.is_element() && child.tag_name().name() == name)
}

/// The text of a child.
pub(super) fn text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(node, name)?.text().map(str::trim).filter(|text| !text.is_empty())
}

/// A number in a child; an error where it is there and is none.
pub(super) fn number(node: Node<'_, '_>, name: &str) -> Result<Option<f64>, BadFile> {
    let Some(found) = child(node, name) else { return Ok(None) };
    let Some(text) = found.text().map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Some(number)),
        _ => Err(bad(found, format!("{text:?} in <{name}> is not a number"))),
    }
}

/// A place of two attributes.
pub(super) fn place(node: Node<'_, '_>, lat: &str, lon: &str) -> Result<Place, BadFile> {
    let degrees = |name: &str| {
        let text = node
            .attribute(name)
            .ok_or_else(|| bad(node, format!("<{}> has no {name}", node.tag_name().name())))?;
        text.trim()
            .parse::<f64>()
            .map_err(|_| bad(node, format!("{name}={text:?} is not a number of degrees")))
    };
    let (lat, lon) = (degrees(lat)?, degrees(lon)?);
    Place::new(lat, lon, None).ok_or_else(|| bad(node, format!("{lat},{lon} is not a place on the earth")))
}

/// Escapes text for an element or an attribute; what XML cannot hold is left out.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            character if u32::from(character) < 0x20 || matches!(character, '\u{fffe}' | '\u{ffff}') => {}
            character => escaped.push(character),
        }
    }
    escaped
}
