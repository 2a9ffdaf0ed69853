//! The summary's words, and which items lack theirs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use uniffi_meta::{FieldMetadata, FnParamMetadata, Metadata, MetadataGroup, ObjectImpl, Type};

const HEAD: &str = "# The API for Kotlin and Swift

Made by `cargo run -p xtask --features bindings -- api` from the library; a check fails when it is out of date. Names are Rust's: Kotlin and
Swift write them in their own way (`load_older` is `loadOlder`). The hand-written layers on top are
`android/bridge` and `ios`.

*async* methods wait; what they do when their caller stops waiting is in their docs: a *read* ends, a *change* runs to
its end. Others answer from memory.
";

struct Callable<'a> {
    name: &'a str,
    is_async: bool,
    inputs: &'a [FnParamMetadata],
    output: Option<String>,
    throws: Option<&'a Type>,
    docs: Option<&'a String>,
}

impl Callable<'_> {
    fn line(&self) -> String {
        let inputs: Vec<String> =
            self.inputs.iter().map(|input| format!("{}: {}", input.name, word(&input.ty))).collect();
        let mut line = format!("{}({})", self.name, inputs.join(", "));
        if let Some(output) = &self.output {
            let _ = write!(line, " -> {output}");
        }
        if let Some(throws) = self.throws {
            let _ = write!(line, " throws {}", word(throws));
        }
        let is_async = if self.is_async { "async " } else { "" };
        format!("- `{is_async}{line}`: {}\n", first(self.docs))
    }
}

/// Lists the exported items that have no docs.
pub(super) fn without_docs(group: &MetadataGroup) -> Vec<String> {
    let mut bare = Vec::new();
    let mut look = |name: String, docs: &Option<String>| {
        if docs.as_ref().is_none_or(|docs| docs.trim().is_empty()) {
            bare.push(name);
        }
    };
    for item in &group.items {
        match item {
            Metadata::Func(item) => look(item.name.clone(), &item.docstring),
            Metadata::Object(item) => look(item.name.clone(), &item.docstring),
            Metadata::CallbackInterface(item) => look(item.name.clone(), &item.docstring),
            Metadata::CustomType(item) => look(item.name.clone(), &item.docstring),
            Metadata::Constructor(item) => look(format!("{}.{}", item.self_name, item.name), &item.docstring),
            Metadata::Method(item) => look(format!("{}.{}", item.self_name, item.name), &item.docstring),
            Metadata::TraitMethod(item) => {
                look(format!("{}.{}", item.trait_name, item.name), &item.docstring)
            }
            Metadata::Record(item) => {
                look(item.name.clone(), &item.docstring);
                for field in &item.fields {
                    look(format!("{}.{}", item.name, field.name), &field.docstring);
                }
            }
            Metadata::Enum(item) => {
                look(item.name.clone(), &item.docstring);
                for variant in &item.variants {
                    look(format!("{}.{}", item.name, variant.name), &variant.docstring);
                    for field in &variant.fields {
                        look(format!("{}.{}.{}", item.name, variant.name, field.name), &field.docstring);
                    }
                }
            }
            Metadata::Namespace(_)
            | Metadata::UdlFile(_)
            | Metadata::UniffiTrait(_)
            | Metadata::ObjectTraitImpl(_) => {}
        }
    }
    bare
}

/// Writes the whole summary.
pub(super) fn summary(group: &MetadataGroup) -> String {
    let mut functions = String::new();
    let mut objects: BTreeMap<&str, String> = BTreeMap::new();
    let mut ports: BTreeMap<&str, String> = BTreeMap::new();
    let mut errors: BTreeMap<&str, String> = BTreeMap::new();
    let mut data: BTreeMap<&str, String> = BTreeMap::new();
    for item in &group.items {
        match item {
            Metadata::Func(item) => functions.push_str(
                &Callable {
                    name: &item.name,
                    is_async: item.is_async,
                    inputs: &item.inputs,
                    output: item.return_type.as_ref().map(word),
                    throws: item.throws.as_ref(),
                    docs: item.docstring.as_ref(),
                }
                .line(),
            ),
            Metadata::Object(item) => {
                let part = format!("\n### {}\n{}\n\n", item.name, first(item.docstring.as_ref()));
                match item.imp {
                    ObjectImpl::Struct => objects.insert(&item.name, part),
                    ObjectImpl::Trait(_) => ports.insert(&item.name, part),
                };
            }
            Metadata::Record(item) => {
                let mut part = format!("\n### {}\n{}\n\n", item.name, first(item.docstring.as_ref()));
                for field in &item.fields {
                    let _ = writeln!(part, "- `{}`: {}", typed(field), first(field.docstring.as_ref()));
                }
                data.insert(&item.name, part);
            }
            Metadata::Enum(item) => {
                let mut part = format!("\n### {}\n{}\n\n", item.name, first(item.docstring.as_ref()));
                for variant in &item.variants {
                    let fields: Vec<String> = variant.fields.iter().map(typed).collect();
                    let fields = if fields.is_empty() {
                        String::new()
                    } else {
                        format!(" {{ {} }}", fields.join(", "))
                    };
                    let docs = first(variant.docstring.as_ref());
                    let _ = writeln!(part, "- `{}{fields}`: {docs}", variant.name);
                }
                if item.shape.is_error() { &mut errors } else { &mut data }.insert(&item.name, part);
            }
            _ => {}
        }
    }
    for item in &group.items {
        let (owner, callable) = match item {
            Metadata::Constructor(item) => (
                &item.self_name,
                Callable {
                    name: &format!("{}.{}", item.self_name, item.name),
                    is_async: item.is_async,
                    inputs: &item.inputs,
                    output: Some(item.self_name.clone()),
                    throws: item.throws.as_ref(),
                    docs: item.docstring.as_ref(),
                }
                .line(),
            ),
            Metadata::Method(item) => (
                &item.self_name,
                Callable {
                    name: &item.name,
                    is_async: item.is_async,
                    inputs: &item.inputs,
                    output: item.return_type.as_ref().map(word),
                    throws: item.throws.as_ref(),
                    docs: item.docstring.as_ref(),
                }
                .line(),
            ),
            Metadata::TraitMethod(item) => (
                &item.trait_name,
                Callable {
                    name: &item.name,
                    is_async: item.is_async,
                    inputs: &item.inputs,
                    output: item.return_type.as_ref().map(word),
                    throws: item.throws.as_ref(),
                    docs: item.docstring.as_ref(),
                }
                .line(),
            ),
            _ => continue,
        };
        for parts in [&mut objects, &mut ports] {
            if let Some(part) = parts.get_mut(owner.as_str()) {
                part.push_str(&callable);
            }
        }
    }
    let joined = |parts: BTreeMap<&str, String>| parts.into_values().collect::<String>();
    format!(
        "{HEAD}\n## Functions\n\n{functions}\n## Objects\n{}\n## What the platform implements\n{}\n## Errors\n{}\n## Records and enums\n{}",
        joined(objects),
        joined(ports),
        joined(errors),
        joined(data)
    )
}

fn typed(field: &FieldMetadata) -> String {
    format!("{}: {}", field.name, word(&field.ty))
}

fn word(ty: &Type) -> String {
    match ty {
        Type::UInt8 => "u8".to_owned(),
        Type::Int8 => "i8".to_owned(),
        Type::UInt16 => "u16".to_owned(),
        Type::Int16 => "i16".to_owned(),
        Type::UInt32 => "u32".to_owned(),
        Type::Int32 => "i32".to_owned(),
        Type::UInt64 => "u64".to_owned(),
        Type::Int64 => "i64".to_owned(),
        Type::Float32 => "f32".to_owned(),
        Type::Float64 => "f64".to_owned(),
        Type::Boolean => "bool".to_owned(),
        Type::String => "string".to_owned(),
        Type::Bytes => "bytes".to_owned(),
        Type::Timestamp => "time".to_owned(),
        Type::Duration => "duration".to_owned(),
        Type::Object { name, .. }
        | Type::Record { name, .. }
        | Type::Enum { name, .. }
        | Type::CallbackInterface { name, .. }
        | Type::Custom { name, .. } => name.clone(),
        Type::Box { inner_type } => word(inner_type),
        Type::Optional { inner_type } => format!("{}?", word(inner_type)),
        Type::Sequence { inner_type } | Type::Set { inner_type } => format!("[{}]", word(inner_type)),
        Type::Map { key_type, value_type } => format!("[{}: {}]", word(key_type), word(value_type)),
    }
}

/// The first paragraph, in one line.
fn first(docs: Option<&String>) -> String {
    let docs = docs.map_or("", |docs| docs.as_str());
    let lines = docs.trim().lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}
