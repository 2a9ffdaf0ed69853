//! Who wrote a PDF: its Info dictionary, its XMP, what programs note for themselves, previews of pages, and the
//! metadata of the photos inside. Pages, fonts and pictures stay as they are coded. What was deleted in an earlier
//! version of the file goes as well.
//!
//! A file that is encrypted or signed, or that is not quite as the standard demands, is left alone: taking it apart
//! could destroy it.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId, SaveOptions, Stream, StringFormat};
use sha2::{Digest as _, Sha256};

use super::probe::ImageFormat;
use super::strip;

/// MIME type of the files that [`strip_pdf`] takes.
pub const PDF: &str = "application/pdf";

/// One stream of objects may unpack to so much.
const MOST_UNPACKED: usize = 64 * 1024 * 1024;
/// Dictionaries within dictionaries; deeper ones are refused.
const DEEPEST: u32 = 64;
/// Entries in which programs keep notes of their own, and when.
const TELLING: &[&[u8]] = &[b"PieceInfo", b"LastModified"];

/// Returns the file without its metadata, or nothing where it has to be left as it is: encrypted, signed, damaged.
/// Takes memory for the file and what is packed in it, a few times over.
#[must_use]
pub fn strip_pdf(source: &[u8]) -> Option<Vec<u8>> {
    // The parser is fuzzed not to panic; if it does, the file goes as it is.
    catch_unwind(AssertUnwindSafe(|| rewritten(source))).ok().flatten()
}

fn load(bytes: &[u8]) -> Option<Document> {
    let options =
        LoadOptions { strict: true, max_decompressed_size: Some(MOST_UNPACKED), ..LoadOptions::default() };
    Document::load_mem_with_options(bytes, options).ok()
}

fn rewritten(source: &[u8]) -> Option<Vec<u8>> {
    let mut document = load(source)?;
    // The empty password opens some: what they forbid would be allowed.
    let is_plain = document.encryption_state.is_none()
        && !document.trailer.has(b"Encrypt")
        && document.xref_recovery.is_none();
    if !is_plain || document.catalog().is_err() {
        return None;
    }
    let pages = document.get_pages().len();
    if pages == 0 || document.objects.values().any(|object| is_signature(object, 0)) {
        return None;
    }
    let packed = document.objects.values().any(|object| is_of_type(object, b"ObjStm"));
    document.trailer.remove(b"Info");
    document.trailer.remove(b"ID");
    let notes: BTreeSet<ObjectId> =
        document.objects.iter().filter(|(_, object)| is_xmp(object)).map(|(id, _)| *id).collect();
    for object in document.objects.values_mut() {
        clean(object, &notes, 0)?;
    }
    document.prune_objects();
    let first = saved(&mut document, packed)?;
    // The two halves of an identifier are the same until somebody changes the file.
    let id = Object::String(Sha256::digest(&first).get(..16)?.to_vec(), StringFormat::Hexadecimal);
    document.trailer.set("ID", Object::Array(vec![id.clone(), id]));
    let made = saved(&mut document, packed)?;
    if document.objects.values().any(is_xmp) {
        return None;
    }
    // What was written is read again: every object has to be there as it was meant.
    let again = load(&made)?;
    let same = document
        .objects
        .iter()
        .filter(|(_, object)| !is_structure(object))
        .all(|(id, object)| again.objects.get(id).is_some_and(|read| same(read, object)));
    (same && again.get_pages().len() == pages).then_some(made)
}

fn saved(document: &mut Document, packed: bool) -> Option<Vec<u8>> {
    let mut made = Vec::new();
    let options =
        SaveOptions { use_object_streams: packed, use_xref_streams: packed, ..SaveOptions::default() };
    document.save_with_options(&mut made, options).ok()?;
    Some(made)
}

/// Streams are compared by what they hold: their length is written anew.
fn same(read: &Object, meant: &Object) -> bool {
    match (read, meant) {
        (Object::Stream(read), Object::Stream(meant)) => read.content == meant.content,
        (read, meant) => read == meant,
    }
}

/// What belongs to the form of a file and is made anew with it.
fn is_structure(object: &Object) -> bool {
    [b"ObjStm".as_slice(), b"XRef", b"Linearized"].into_iter().any(|name| is_of_type(object, name))
}

fn is_of_type(object: &Object, name: &[u8]) -> bool {
    match object {
        Object::Stream(stream) => stream.dict.has_type(name),
        Object::Dictionary(dictionary) => dictionary.has_type(name) || dictionary.has(name),
        _ => false,
    }
}

fn is_xmp(object: &Object) -> bool {
    let Object::Stream(stream) = object else { return false };
    stream.dict.has_type(b"Metadata") || stream.dict.get(b"Subtype").is_ok_and(|name| is_name(name, b"XML"))
}

fn is_name(object: &Object, name: &[u8]) -> bool {
    matches!(object, Object::Name(known) if known == name)
}

fn is_signature(object: &Object, depth: u32) -> bool {
    if depth > DEEPEST {
        return false;
    }
    match object {
        Object::Dictionary(dictionary) => {
            dictionary.has(b"ByteRange") || dictionary.iter().any(|(_, value)| is_signature(value, depth + 1))
        }
        Object::Array(values) => values.iter().any(|value| is_signature(value, depth + 1)),
        _ => false,
    }
}

/// Takes out what tells. Nothing where it is nested beyond reason.
fn clean(object: &mut Object, notes: &BTreeSet<ObjectId>, depth: u32) -> Option<()> {
    if depth > DEEPEST {
        return None;
    }
    match object {
        Object::Dictionary(dictionary) => clean_entries(dictionary, notes, depth),
        Object::Stream(stream) => {
            clean_photo(stream);
            clean_entries(&mut stream.dict, notes, depth)
        }
        Object::Array(values) => values.iter_mut().try_for_each(|value| clean(value, notes, depth + 1)),
        Object::Null
        | Object::Boolean(_)
        | Object::Integer(_)
        | Object::Real(_)
        | Object::Name(_)
        | Object::String(..)
        | Object::Reference(_) => Some(()),
    }
}

fn clean_entries(dictionary: &mut Dictionary, notes: &BTreeSet<ObjectId>, depth: u32) -> Option<()> {
    for name in TELLING {
        dictionary.remove(name);
    }
    if dictionary.has_type(b"Page") {
        dictionary.remove(b"Thumb");
    }
    let to = dictionary.get(b"Metadata").and_then(Object::as_reference);
    if to.is_ok_and(|to| notes.contains(&to)) {
        dictionary.remove(b"Metadata");
    }
    dictionary.iter_mut().try_for_each(|(_, value)| clean(value, notes, depth + 1))
}

/// A photo lies in a PDF as the JPEG that it was, with all that the camera wrote.
fn clean_photo(stream: &mut Stream) {
    let is_jpeg = stream.filters().is_ok_and(|filters| filters == [b"DCTDecode".as_slice()]);
    if is_jpeg
        && let Ok(stripped) = strip::strip(ImageFormat::Jpeg, &stream.content)
        && stripped.bytes.len() < stream.content.len()
    {
        stream.set_content(stripped.bytes);
    }
}

#[cfg(test)]
mod tests;
