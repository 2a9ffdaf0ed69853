//! A client that is not ours, within reach of the tests in their tool chain: who connects talks to one of their own, as
//! `tests/peer/peer.py` says.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context as _, Result};

/// Listens on loopback for as long as this program runs, and returns the port.
///
/// # Errors
/// Where set-up has not installed the client.
pub(super) fn listen() -> Result<u16> {
    let python = qroc_fixtures::cache::dir().join("python/peer/bin/python");
    if !python.exists() {
        anyhow::bail!("matrix-nio is not installed: run `make setup`");
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let python = python.clone();
            thread::spawn(move || serve(&python, stream));
        }
    });
    Ok(port)
}

/// Lets it read from and write to the connection, in a folder that is gone afterwards.
fn serve(python: &std::path::Path, stream: TcpStream) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let input = OwnedFd::from(stream.try_clone()?);
    Command::new(python)
        .arg("-I")
        .arg(crate::root().join("tests/peer/peer.py"))
        .current_dir(folder.path())
        .stdin(Stdio::from(input))
        .stdout(Stdio::from(OwnedFd::from(stream)))
        .stderr(Stdio::null())
        .status()?;
    Ok(())
}
