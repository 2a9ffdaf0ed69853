//! A JSON Schema of the flat file, for editors.

use serde_json::{Map, Value as Json, json};

use super::super::key::{Definition, Form, Key, Type};
use super::super::text::Language;
use super::File;

/// Returns `policy.schema.json`.
pub fn json_schema() -> File {
    let properties: Map<String, Json> =
        Key::ALL.iter().map(|key| (key.name().to_owned(), property(key.definition()))).collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://qroc.eu/policy.schema.json",
        "title": "QROC policy",
        "description": "One flat object with dotted keys. A key that is not there is unset, which is no value.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    File { path: "policy.schema.json".to_owned(), text }
}

fn property(definition: &Definition) -> Json {
    let words = Language::English.words();
    let mut property = match definition.kind {
        Type::Flag => json!({ "type": "boolean" }),
        Type::Number { least, most, .. } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Type::Choice(words) => json!({ "enum": words }),
        Type::Text(form) => text(form),
        Type::List(form) => json!({
            "anyOf": [
                { "type": "array", "items": text(form) },
                { "enum": ["all", "none"] },
            ],
        }),
    };
    if let Some(object) = property.as_object_mut() {
        object.insert("title".to_owned(), json!(words.title(definition.key)));
        object.insert("description".to_owned(), json!(words.description(definition.key)));
        if let Some(default) = definition.default.value() {
            object.insert("default".to_owned(), json!(default));
        }
        object.insert("x-merge".to_owned(), json!(definition.merge.as_str()));
        object.insert("x-mdm-only".to_owned(), json!(definition.mdm_only));
        object.insert("x-enforced-since".to_owned(), json!(definition.since));
    }
    property
}

fn text(form: Form) -> Json {
    match form {
        Form::Plain | Form::Host | Form::Login | Form::Pem => json!({ "type": "string", "minLength": 1 }),
        Form::Url | Form::Origin => json!({ "type": "string", "pattern": "^https?://" }),
        Form::Server => json!({ "type": "string", "pattern": "^(\\*\\.)?[^*@/]+$" }),
        Form::User => json!({ "type": "string", "pattern": "^@[^:]*:.+$" }),
        Form::Color => json!({ "type": "string", "pattern": "^#[0-9A-Fa-f]{6}$" }),
        Form::Version => json!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]+){0,3}$" }),
        Form::Hours => {
            json!({ "type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$" })
        }
        Form::Mime => json!({ "type": "string", "pattern": "^(executables|[^/]+/[^/]+)$" }),
        Form::Language => json!({ "type": "string", "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$" }),
        Form::Key => json!({ "type": "string", "pattern": "^[A-Za-z0-9+/]{43}=?$" }),
    }
}
