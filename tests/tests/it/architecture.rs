//! The architecture is a test; the checker itself is shown to fail on what it forbids.

use xtask::architecture::{Source, check, check_checkout, layers};

#[test]
fn the_architecture_holds() {
    let faults = check_checkout().unwrap();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn source(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

fn faults(sources: &[(&str, &str)], document: &str) -> Vec<String> {
    let sources: Vec<Source> = sources.iter().map(|(path, text)| source(path, text)).collect();
    check(&sources, document)
}

#[track_caller]
fn one_fault(path: &str, text: &str, expected: &str) {
    let found = faults(&[(path, text)], "");
    assert!(matches!(&found[..], [fault] if fault.contains(expected)), "{expected:?} is not {found:?}");
}

#[test]
fn what_is_allowed_passes() {
    let found = faults(
        &[
            ("core/src/lib.rs", "pub mod client; pub use client::Client;"),
            ("core/src/client.rs", "use crate::{sync, store::{Store, pool}}; use super::net;"),
            (
                "core/src/sync.rs",
                "//! Not crate::rooms.\nuse crate::ingest; const NAME: &str = \"crate::rooms\";",
            ),
            (
                "core/src/sync/plan.rs",
                "use super::window; use crate::sync::reduce; fn f() { crate::ids::f() }",
            ),
            ("core/src/crypto/store.rs", "use crate::store::Store; mod tests { use super::*; }"),
            ("core/src/store/mod.rs", "mod pool; use self::pool::Pool; use super::clock::Clock;"),
            ("cli/src/main.rs", "use crate::anything;"),
        ],
        "",
    );
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_forbidden_import_is_seen_however_it_is_written() {
    one_fault("core/src/model.rs", "use crate::store::Store;", "core/src/model.rs:1: model");
    one_fault("core/src/sync.rs", "\nuse crate::{ids, rooms::Rooms};", "core/src/sync.rs:2: sync");
    one_fault("core/src/sync/plan.rs", "use super::super::rooms as r;", "imports rooms");
    one_fault("core/src/sync.rs", "mod inner { fn f() { super::super::rooms::f() } }", "imports rooms");
    one_fault("core/src/store.rs", "fn f() -> crate::net::Client { todo!() }", "imports net");
    one_fault(
        "core/src/store.rs",
        "fn f() { assert!(vec![crate::media::ok()].is_empty()) }",
        "imports media",
    );
    one_fault("core/src/store.rs", "use super::*;", "crate::* is in no layer");
    one_fault("core/src/store.rs", "use crate::Error;", "crate::Error is in no layer");
    one_fault("core/src/helpers.rs", "", "module helpers is in no layer");
}

#[test]
fn a_circle_is_seen_beside_the_layers() {
    let found = faults(
        &[("core/src/crypto.rs", "use crate::store;"), ("core/src/store/keys.rs", "use crate::crypto;")],
        "",
    );
    assert!(found.iter().any(|fault| fault.contains("crypto → store → crypto")), "{found:?}");
}

#[test]
fn a_long_file_is_seen_in_every_language() {
    let text = "\n".repeat(layers::LONGEST);
    assert!(faults(&[("cli/src/main.rs", &text)], "").is_empty());
    let text = "\n".repeat(layers::LONGEST + 1);
    for path in ["cli/src/main.rs", "server/embedded/launch.py", "android/App.kt", "ios/App.swift"] {
        one_fault(path, &text, "split it");
    }
}

#[test]
fn unsafe_code_and_its_table_agree() {
    const TABLE: &str =
        "# Doc\n\n## Unsafe code\n\n| File | Why |\n|---|---|\n| `core/src/store/key.rs` | key |\n\n## Next";
    let code = ("core/src/store/key.rs", "fn f() { unsafe { g() } }");
    assert!(faults(&[code], TABLE).is_empty());
    assert!(faults(&[("core/src/store.rs", "// unsafe\nconst A: &str = \"unsafe\";")], "").is_empty());
    one_fault(code.0, code.1, "does not list");
    one_fault("cli/src/main.rs", "m! { (unsafe { g() }) }", "does not list");
    let found = faults(&[(code.0, "fn f() {}")], TABLE);
    assert!(found[0].contains("listed, but has no unsafe code"), "{found:?}");
}
