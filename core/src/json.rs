//! How deep JSON may be nested.

/// What the reader of JSON goes down to, and more than anything of the protocol needs.
pub const DEEPEST: usize = 127;

/// Says whether the brackets of JSON are nested deeper than `DEEPEST`. The reader refuses that too, but only in what it
/// reads into values: what is passed over, or kept as it came, has no limit of its own.
pub fn is_too_deep(bytes: &[u8]) -> bool {
    let mut depth = 0_usize;
    let (mut in_text, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'[' | b'{' => {
                depth = depth.saturating_add(1);
                if depth > DEEPEST {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_deep_as_the_reader_goes() {
        for deep in [1, DEEPEST, DEEPEST + 1, 50_000] {
            let text = format!("{}{}", "[".repeat(deep), "]".repeat(deep));
            let read = serde_json::from_str::<serde_json::Value>(&text);
            assert_eq!(is_too_deep(text.as_bytes()), read.is_err(), "{deep}");
        }
        assert!(!is_too_deep(format!(r#"{{"text":"\\\"{}"}}"#, "[".repeat(500)).as_bytes()), "in a text");
        assert!(!is_too_deep("[],".repeat(500).as_bytes()), "beside each other");
    }
}
