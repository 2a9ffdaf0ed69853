//! Files are prepared by a second process of this program, which has no profile and sees one file.

use std::process::ExitCode;

use qroc_core::attachments::{self, Apart};

/// Makes this program that process; for nobody but itself.
const WORD: &str = "prepare-file-from-standard-input";

/// Where files are prepared: in a process of this program, or on a thread where it cannot find itself.
pub(crate) fn apart() -> Apart {
    match std::env::current_exe() {
        Ok(program) => Apart::Process { program, args: vec![WORD.to_owned()] },
        Err(_) => Apart::Thread,
    }
}

/// Does that, where this process was started for it.
pub(crate) fn run() -> Option<ExitCode> {
    if std::env::args_os().nth(1)? != WORD {
        return None;
    }
    Some(if attachments::serve().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
