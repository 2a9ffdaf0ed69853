//! What the generated Swift lacks: cancelling, a look at the library before it is used, and SwiftPM's layout.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// SwiftPM's targets: Swift, and the header with its module map.
const SWIFT: &str = "QrocCore";
const HEADER: &str = "QrocCoreFFI";

/// Puts what was generated in `made` into the folders of the package's targets in `out`. A file that has not changed
/// is not written, so that nothing is compiled again.
///
/// # Errors
/// When the generated code is not as expected, or files cannot be written.
pub(super) fn finish(made: &Path, out: &Path, version: &str) -> Result<()> {
    let read = |name: &str| {
        let file = made.join(name);
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
    };
    let swift = cancellable(&read(&format!("{SWIFT}.swift"))?)?;
    let header = format!(
        "{}\n// By this name whatever the bindings are.\nconst char *_Nonnull qroc_library_version(void);\n",
        read(&format!("{HEADER}.h"))?
    );
    let map = format!("module {HEADER} {{\n    header \"{HEADER}.h\"\n    export *\n}}\n");
    let constant = format!(
        "import {HEADER}\n\n\
         /// The library that these bindings were made from.\n\
         public let qrocBindingsVersion = \"{version}\"\n\n\
         /// The library that is linked.\n\
         public func qrocLinkedVersion() -> String {{\n    \
         String(String(cString: qroc_library_version()).dropFirst(\"qroc-library:\".utf8.count))\n}}\n"
    );
    write(&out.join(SWIFT), &format!("{SWIFT}.swift"), &swift)?;
    write(&out.join(SWIFT), "QrocBindingsVersion.swift", &constant)?;
    write(&out.join(HEADER), &format!("{HEADER}.h"), &header)?;
    write(&out.join(HEADER), "module.modulemap", &map)
}

fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    let file = folder.join(name);
    if fs::read_to_string(&file).is_ok_and(|found| found == text) {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// Cancels the library's future with the task that waits for it. UniFFI leaves it running, and ends the program where
/// a future was cancelled.
fn cancellable(text: &str) -> Result<String> {
    const LOOP: (&str, &str) = ("    var pollResult: Int8;\n    repeat {", "\n\n    return try liftFunc(");
    let mut made =
        replaced(text, "fatalError(\"Cancellation not supported yet\")", "throw CancellationError()")?;
    made = replaced(
        &made,
        "    freeFunc: (UInt64) -> (),\n",
        "    freeFunc: (UInt64) -> (),\n    cancelFunc: @escaping (UInt64) -> (),\n",
    )?;
    let begin = made.find(LOOP.0).context("the generated code does not wait as expected")?;
    let length =
        made.get(begin..).and_then(|rest| rest.find(LOOP.1)).context("the generated code never ends")?;
    made.replace_range(begin..begin + length, WAITING);
    made = replaced(
        &made,
        "fileprivate func uniffiRustCallAsync<",
        &format!("{CANCELLING}fileprivate func uniffiRustCallAsync<"),
    )?;
    let mut calls = String::with_capacity(made.len() + 8192);
    let mut count = 0;
    for line in made.lines() {
        calls.push_str(line);
        calls.push('\n');
        if line.trim_start().starts_with("freeFunc: ffi_") {
            calls.push_str(
                &line.replace("freeFunc: ", "cancelFunc: ").replace("_future_free_", "_future_cancel_"),
            );
            calls.push('\n');
            count += 1;
        }
    }
    let wanted = text.matches("await uniffiRustCallAsync(").count();
    if count != wanted {
        bail!("{count} of {wanted} asynchronous calls of the generated code can be cancelled");
    }
    Ok(calls)
}

fn replaced(text: &str, from: &str, to: &str) -> Result<String> {
    if text.matches(from).count() != 1 {
        bail!("the generated code does not have once {from:?}");
    }
    Ok(text.replacen(from, to, 1))
}

const CANCELLING: &str = "\
/// Cancels a future of the library, at the earliest when it has begun: a change is made even if its task is cancelled.
fileprivate final class QrocCancelling: @unchecked Sendable {
    private let lock = NSLock()
    private let cancel: () -> ()
    private var hasBegun = false
    private var isWanted = false

    init(_ cancel: @escaping () -> ()) {
        self.cancel = cancel
    }

    func begun() {
        if lock.withLock({ hasBegun = true; return isWanted }) { cancel() }
    }

    func wanted() {
        if lock.withLock({ isWanted = true; return hasBegun }) { cancel() }
    }
}

";

/// No handler runs any more when `withTaskCancellationHandler` has returned, so that none sees a freed future.
const WAITING: &str = "    let cancelling = QrocCancelling { cancelFunc(rustFuture) }
    await withTaskCancellationHandler {
        var pollResult: Int8
        repeat {
            pollResult = await withUnsafeContinuation {
                pollFunc(
                    rustFuture,
                    { handle, pollResult in
                        uniffiFutureContinuationCallback(handle: handle, pollResult: pollResult)
                    },
                    uniffiContinuationHandleMap.insert(obj: $0)
                )
                cancelling.begun()
            }
        } while pollResult != UNIFFI_RUST_FUTURE_POLL_READY
    } onCancel: {
        cancelling.wanted()
    }";

#[cfg(test)]
mod tests {
    use super::cancellable;

    const GENERATED: &str = "\
            fatalError(\"Cancellation not supported yet\")
fileprivate func uniffiRustCallAsync<F, T>(
    freeFunc: (UInt64) -> (),
) {
    var pollResult: Int8;
    repeat {
    } while pollResult != UNIFFI_RUST_FUTURE_POLL_READY

    return try liftFunc(x)
}
        try  await uniffiRustCallAsync(
            freeFunc: ffi_qroc_ffi_rust_future_free_void,
";

    #[test]
    fn each_call_can_be_cancelled() {
        let made = cancellable(GENERATED).expect("as expected");
        assert!(made.contains("            cancelFunc: ffi_qroc_ffi_rust_future_cancel_void,\n"), "{made}");
        assert!(made.contains("throw CancellationError()") && made.contains("onCancel:"), "{made}");
    }

    #[test]
    fn other_generated_code_is_refused() {
        for part in ["freeFunc: ffi_", "fatalError", "var pollResult", "freeFunc: (UInt64)"] {
            let other = GENERATED.replace(part, "something else");
            assert!(cancellable(&other).is_err(), "{part}");
        }
    }
}
