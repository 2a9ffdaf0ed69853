//! Questions to the person at the terminal, and secrets from files. A secret is never an argument and never shown.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::Path;

use dialoguer::{Confirm, Password};
use qroc_core::kind::ErrorKind;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::interrupt::Interrupt;

/// No password is longer, and a wrong file is not read to its end.
const LONGEST: u64 = 64 * 1024;

/// Says whether there is a person to ask.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Reads a secret from a file, or from standard input for `-`: all of it but one line end.
pub(crate) async fn secret_from(path: &Path, interrupt: &Interrupt) -> Result<Zeroizing<String>, Failure> {
    let path = path.to_owned();
    // A pipe may never end.
    let read = tokio::task::spawn_blocking(move || read_secret(&path));
    let read = async {
        read.await.unwrap_or_else(|_| Err(Failure::new(ErrorKind::Internal, "the secret could not be read")))
    };
    interrupt.or(read).await
}

fn read_secret(path: &Path) -> Result<Zeroizing<String>, Failure> {
    if path == Path::new("-") {
        return secret(io::stdin().lock(), "standard input");
    }
    let shown = path.display().to_string();
    match File::open(path) {
        Ok(file) => secret(file, &shown),
        Err(error) => Err(Failure::new(ErrorKind::BadFile, format!("cannot read {shown}: {error}"))),
    }
}

fn secret(source: impl Read, name: &str) -> Result<Zeroizing<String>, Failure> {
    let bad = |what: &str| Failure::new(ErrorKind::BadFile, format!("{name} {what}"));
    // Room for all of it, so that no copy is left behind by growing.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(LONGEST).unwrap_or_default() + 1));
    let read = source.take(LONGEST + 1).read_to_end(&mut bytes);
    let read = read.map_err(|error| bad(&format!("cannot be read: {error}")))?;
    if read as u64 > LONGEST {
        return Err(bad("is too large for a password"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| bad("is not UTF-8 text"))?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(bad("is empty"));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

/// Asks for a secret without showing it; `twice` where a slip could not be undone.
pub(crate) async fn ask_secret(
    what: &'static str,
    twice: bool,
    interrupt: &Interrupt,
) -> Result<Zeroizing<String>, Failure> {
    let question = move || {
        let mut ask = Password::new().with_prompt(what).report(false);
        if twice {
            ask = ask.with_confirmation("Once more", "They differ. Once more from the start");
        }
        ask.interact().map(Zeroizing::new)
    };
    ask(question, interrupt).await
}

/// Asks for yes or no; no is what Enter means.
pub(crate) async fn confirm(question: String, interrupt: &Interrupt) -> Result<bool, Failure> {
    ask(move || Confirm::new().with_prompt(question).default(false).interact(), interrupt).await
}

async fn ask<T: Send + 'static>(
    question: impl FnOnce() -> dialoguer::Result<T> + Send + 'static,
    interrupt: &Interrupt,
) -> Result<T, Failure> {
    let _restored = Echo(tcgetattr(io::stdin()).ok());
    let answer = async {
        let answered = tokio::task::spawn_blocking(question).await;
        match answered {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) | Err(_) => Err(Failure::usage("nobody answered")),
        }
    };
    interrupt.or(answer).await
}

/// Puts the terminal back: a question that nobody waits for any more still holds it without echo.
struct Echo(Option<Termios>);

impl Drop for Echo {
    fn drop(&mut self) {
        if let Some(terminal) = &self.0 {
            // A terminal that is gone needs no echo.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, terminal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_the_file_without_its_line_end() {
        for (file, expected) in
            [("pass word", "pass word"), ("secret\n", "secret"), ("x\r\n", "x"), (" x \n\n", " x \n")]
        {
            assert_eq!(*secret(file.as_bytes(), "f").unwrap(), expected);
        }
    }

    #[test]
    fn a_file_that_is_no_secret_is_refused() {
        for wrong in [b"".to_vec(), b"\n".to_vec(), vec![0xff], vec![b'x'; 64 * 1024 + 1]] {
            assert_eq!(secret(wrong.as_slice(), "f").unwrap_err().kind(), Some(ErrorKind::BadFile));
        }
        let missing = read_secret(Path::new("/nowhere/password"));
        assert_eq!(missing.unwrap_err().kind(), Some(ErrorKind::BadFile));
    }
}
