//! Two officers on a real homeserver go through the golden hour with `qroc`; every step checks what it did.
//!
//! Nothing here knows an answer beforehand but what it sent itself: numbers and names come from `qroc --json`, from the
//! server's own API, from exiftool and from the bytes on the disk.

mod build;
mod exif;
mod live;
mod officer;
mod report;
mod scan;
mod steps;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result, bail};
use qroc_server::Embedded;
use signal_hook::consts::{SIGINT, SIGTERM};
use tempfile::TempDir;

use live::Live;
use officer::Officer;
use report::Report;
use scan::Needle;

const ROOM: &str = "Harbour incident";

/// How the demo runs.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A `qroc` that is built already; without one, a release is built from this checkout.
    pub qroc: Option<PathBuf>,
}

/// What the steps work on and hand to each other.
struct Scene {
    report: Report,
    server: Embedded,
    lisbon: Officer,
    madrid: Officer,
    /// Madrid's `qroc sync`, while it runs.
    madrid_live: Option<Live>,
    room_id: String,
    /// The message that is answered, edited and reacted to.
    first: String,
    /// Whatever nobody but the two officers may read.
    secrets: Vec<Needle>,
    dir: TempDir,
}

type Step = (&'static str, fn(&mut Scene) -> Result<()>);

const STEPS: &[Step] = &[
    ("Two officers sign in", steps::arrive::sign_in),
    ("An incident room", steps::arrive::room),
    ("Messages both ways", steps::talk::messages),
    ("Reply, edit, reaction, read", steps::talk::relations),
    ("A position", steps::place::send),
    ("A photo that knew where it was taken", steps::photo::send),
    ("A process killed while it sends", steps::killed::send),
    ("Madrid is out of reach, then back", steps::offline::send),
    ("What the server still reads", steps::server_view::list),
    ("Search without a network", steps::search::find),
    ("What the disks give away", steps::bytes::search),
];

/// Builds `qroc`, then runs the demo and prints what each step checked.
///
/// # Errors
/// When a step finds something not as it should be; what it found is printed.
pub fn run(options: Options) -> Result<()> {
    // The terminal sends Ctrl-C to every process of the demo: those end, the step fails, and all is cleaned up.
    let asked = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, asked.clone())?;
    }
    let qroc = match options.qroc {
        Some(path) => path.canonicalize().with_context(|| format!("no program at {}", path.display()))?,
        None => build::release()?,
    };
    let mut report = Report::new(asked);
    report.title("The golden hour: lisbon and madrid, two officers on a homeserver of their own");
    report.step("A homeserver", STEPS.len())?;
    let dir = tempfile::Builder::new().prefix("qroc-demo-").tempdir()?;
    let folder = dir.path().canonicalize()?;
    let server = match steps::arrive::homeserver(&mut report) {
        Ok(server) => server,
        Err(error) => return Err(report.failed(&error)),
    };
    let mut scene = Scene {
        report,
        lisbon: Officer::new("lisbon", &qroc, &folder, officer::Vault::KeyFile),
        madrid: Officer::new("madrid", &qroc, &folder, officer::Vault::Passphrase),
        server,
        madrid_live: None,
        room_id: String::new(),
        first: String::new(),
        secrets: Vec::new(),
        dir,
    };
    let done = STEPS.iter().try_for_each(|(title, step)| {
        scene.report.step(title, STEPS.len())?;
        step(&mut scene)
    });
    let Scene { mut report, server, madrid_live, dir, .. } = scene;
    let result = done.map_err(|error| report.failed(&error));
    drop(madrid_live);
    let data = server.data_dir().to_owned();
    drop(server);
    dir.close().context("cannot remove the officers' folder")?;
    let left = [folder, data].into_iter().find(|folder| folder.exists());
    match (result, left) {
        (Err(error), _) => Err(error),
        (Ok(()), Some(left)) => bail!("{} was not removed", left.display()),
        (Ok(()), None) => {
            report.end();
            Ok(())
        }
    }
}

impl Scene {
    /// Notes something that was sent, to look for it later where it must not be.
    fn secret(&mut self, what: &str, bytes: impl AsRef<[u8]>) {
        self.secrets.push(Needle::new(what, bytes.as_ref()));
    }

    /// Lisbon sends a text to the room; it is on the server when this returns.
    fn lisbon_says(&mut self, text: &str) -> Result<String> {
        self.secret("a message", text);
        let reply = self.lisbon.shown(&self.report, &["send", ROOM, text])?;
        officer::sent(&reply)
    }

    fn live(&mut self) -> Result<&mut Live> {
        self.madrid_live.as_mut().context("madrid's `qroc sync` does not run")
    }

    fn folder(&self) -> &Path {
        self.dir.path()
    }
}
