//! Files are prepared apart from everything else: whoever sends a file chooses what a decoder has to read, and a
//! crash or an endless loop in one must cost that file alone.
//!
//! A process of its own where the platform allows one: it gets the file's path, writes only sealed bytes, and is held
//! to its share of memory and time by the kernel. Elsewhere a thread of its own, given up when its time is over.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};

use super::{AttachmentError, Job, Sealed, seal};
use crate::kind::ErrorKind;
use crate::media;
use crate::progress::{Cancel, Progress, Report};

/// Between two looks at whether to go on.
const LOOK: Duration = Duration::from_millis(50);
/// What was asked to stop may put its things away for so long.
const LEAVE: Duration = Duration::from_millis(500);
/// Beyond the budget, within which the work ends itself.
const GRACE: Duration = Duration::from_secs(5);

/// Where files are prepared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Apart {
    /// On a thread of its own.
    #[default]
    Thread,
    /// In a process of its own.
    Process {
        /// A program that calls [`serve`].
        program: PathBuf,
        /// What makes it do that.
        args: Vec<String>,
    },
}

/// One line of what the process says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Report(Report),
    Sealed(Box<Sealed>),
    Failed {
        kind: String,
        message: String,
        #[serde(default)]
        too_long_s: Option<u64>,
    },
}

impl Apart {
    /// Prepares and seals a file. Blocking, until it is done or `progress` says to stop.
    ///
    /// # Errors
    /// Those of [`seal`]; `Crashed`, `NoWorker`. Nothing is left behind.
    pub fn seal(&self, job: &Job, progress: &mut Progress) -> Result<Sealed, AttachmentError> {
        let done = match self {
            Self::Thread => on_thread(job, progress),
            Self::Process { program, args } => in_process(program, args, job, progress),
        };
        if done.is_err() {
            job.forget();
        }
        done
    }
}

fn until(job: &Job) -> Instant {
    Instant::now() + Duration::from_secs(job.limits.budget.max_seconds.into()) + GRACE
}

/// Follows the lines until one ends it; `None` where they stop without one.
fn follow(
    lines: &Receiver<Line>,
    job: &Job,
    progress: &mut Progress,
    until: Instant,
) -> Option<Result<Sealed, AttachmentError>> {
    let wrong = |error| AttachmentError::File { path: job.path.clone(), error };
    let mut last = Report { done: 0, total: 0, left_ms: None };
    loop {
        match lines.recv_timeout(LOOK) {
            Ok(Line::Report(report)) => last = report,
            Ok(Line::Sealed(sealed)) => return Some(Ok(*sealed)),
            Ok(Line::Failed { kind, message, too_long_s }) => {
                let kind = ErrorKind::from_code(&kind).unwrap_or(ErrorKind::Internal);
                return Some(Err(AttachmentError::Apart { kind, message, too_long_s }));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return None,
        }
        if !progress.step(last.done, last.total) {
            return Some(Err(wrong(media::Error::Cancelled)));
        }
        if Instant::now() >= until {
            return Some(Err(wrong(media::Error::OverBudget("time"))));
        }
    }
}

fn on_thread(job: &Job, progress: &mut Progress) -> Result<Sealed, AttachmentError> {
    let (tell, lines) = mpsc::channel();
    // In this process an error is told as it is; between processes only its words and its kind can be.
    let (fail, failure) = mpsc::channel();
    // Its own, so that giving up on it stops it as soon as it looks.
    let cancel = Cancel::default();
    let (stop, work) = (cancel.clone(), job.clone());
    let thread = std::thread::Builder::new().name("qroc-media".to_owned()).spawn(move || {
        let reports = tell.clone();
        let mut progress = Progress::new(cancel, move |report| {
            let _ = reports.send(Line::Report(report));
        });
        match seal(&work, &mut progress) {
            Ok(sealed) => drop(tell.send(Line::Sealed(Box::new(sealed)))),
            Err(error) => drop(fail.send(error)),
        }
    });
    thread.map_err(AttachmentError::NoWorker)?;
    let done = follow(&lines, job, progress, until(job));
    stop.cancel();
    let crashed = |_| AttachmentError::Crashed { path: job.path.clone() };
    done.unwrap_or_else(|| Err(failure.try_recv().unwrap_or_else(crashed)))
}

impl Line {
    fn failed(error: &AttachmentError) -> Self {
        let (kind, message) = (error.kind().code().to_owned(), error.to_string());
        Self::Failed { kind, message, too_long_s: error.too_long_s() }
    }
}

fn in_process(
    program: &PathBuf,
    args: &[String],
    job: &Job,
    progress: &mut Progress,
) -> Result<Sealed, AttachmentError> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(AttachmentError::NoWorker)?;
    let broken = || AttachmentError::NoWorker(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
    let mut stdin = child.stdin.take().ok_or_else(broken)?;
    let stdout = child.stdout.take().ok_or_else(broken)?;
    let mut order = serde_json::to_vec(job).map_err(|_| broken())?;
    order.push(b'\n');
    // A process that is gone already shows below.
    let _ = stdin.write_all(&order).and_then(|()| stdin.flush());
    let (tell, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let Ok(line) = serde_json::from_str(&line) else { break };
            if tell.send(line).is_err() {
                break;
            }
        }
    });
    let done = follow(&lines, job, progress, until(job));
    // The end of its input tells it to stop.
    drop(stdin);
    end(&mut child);
    done.unwrap_or_else(|| Err(AttachmentError::Crashed { path: job.path.clone() }))
}

fn end(child: &mut Child) {
    let by = Instant::now() + LEAVE;
    while Instant::now() < by {
        match child.try_wait() {
            Ok(None) => std::thread::sleep(Duration::from_millis(2)),
            Ok(Some(_)) | Err(_) => return,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Is the other end: takes one job from standard input, does it under its limits, says how it went on standard output.
/// The end of standard input stops it: whoever asked is gone.
///
/// # Errors
/// When standard input or output cannot be used.
pub fn serve() -> std::io::Result<()> {
    let mut stdin = BufReader::new(std::io::stdin());
    let mut order = String::new();
    stdin.read_line(&mut order)?;
    let job: Job = serde_json::from_str(&order).map_err(std::io::Error::other)?;
    confine(&job);
    let cancel = Cancel::default();
    let stop = cancel.clone();
    std::thread::spawn(move || {
        let _ = stdin.read(&mut [0]);
        stop.cancel();
        std::thread::sleep(LEAVE);
        std::process::exit(1);
    });
    let mut progress = Progress::new(cancel, |report| {
        let _ = say(&Line::Report(report));
    });
    let line = match seal(&job, &mut progress) {
        Ok(mut sealed) => {
            sealed.peak_bytes = peak_bytes();
            Line::Sealed(Box::new(sealed))
        }
        Err(error) => Line::failed(&error),
    };
    say(&line)
}

fn say(line: &Line) -> std::io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    let mut out = std::io::stdout().lock();
    out.write_all(&text)?;
    out.flush()
}

/// What the kernel holds this process to. A core dump would put pictures on the disk.
fn confine(job: &Job) {
    let budget = &job.limits.budget;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let seconds = u64::from(budget.max_seconds).saturating_mul(u64::try_from(processors).unwrap_or(1));
    let most = |value| Rlimit { current: Some(value), maximum: Some(value) };
    for (resource, value) in [
        (Resource::Core, 0),
        (Resource::As, budget.max_memory_bytes),
        (Resource::Cpu, seconds.saturating_add(GRACE.as_secs())),
    ] {
        // Where the kernel refuses, the budgets of the work itself still hold.
        let _ = setrlimit(resource, most(value));
    }
}

/// The most memory that this process had at once, where the system counts it.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Budget, Limits};

    fn job(folder: &std::path::Path, seconds: u32) -> Job {
        let budget = Budget { max_seconds: seconds, ..Budget::default() };
        let path = qroc_fixtures::path("hopper.jpg");
        Job { limits: Limits { budget, ..Limits::default() }, ..Job::new(folder, &path).unwrap() }
    }

    fn shell(script: &str) -> Apart {
        Apart::Process { program: "/bin/sh".into(), args: vec!["-c".into(), script.into()] }
    }

    #[test]
    fn a_decoder_that_crashes_costs_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let job = job(folder.path(), 60);
        let script =
            format!("read job; echo half > {}/{}00; kill -SEGV $$", folder.path().display(), job.prefix);
        let crashed = shell(&script).seal(&job, &mut Progress::default());
        assert!(matches!(crashed, Err(AttachmentError::Crashed { .. })), "{crashed:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "what was half made is left");
        let sealed = Apart::Thread.seal(&job, &mut Progress::default()).unwrap();
        assert_eq!(sealed.mime, "image/jpeg");
    }

    #[test]
    fn a_thread_says_what_was_wrong_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("empty.jpg");
        std::fs::write(&path, "").unwrap();
        let empty = Job { path, ..job(folder.path(), 60) };
        let wrong = Apart::Thread.seal(&empty, &mut Progress::default());
        assert!(matches!(wrong, Err(AttachmentError::File { error: media::Error::Empty, .. })), "{wrong:?}");
    }

    #[test]
    fn one_that_never_ends_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let begun = Instant::now();
        let endless = shell("while :; do :; done").seal(&job(folder.path(), 0), &mut Progress::default());
        let Err(AttachmentError::File { error: media::Error::OverBudget("time"), .. }) = endless else {
            panic!("{endless:?}")
        };
        assert!(begun.elapsed() < GRACE + LEAVE + Duration::from_secs(3));
    }

    #[test]
    fn giving_up_ends_it_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let cancel = Cancel::default();
        let stop = cancel.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            stop.cancel();
        });
        let begun = Instant::now();
        let given_up = shell("sleep 60").seal(&job(folder.path(), 60), &mut Progress::silent(cancel));
        assert_eq!(given_up.unwrap_err().kind(), ErrorKind::Cancelled);
        assert!(begun.elapsed() < Duration::from_secs(3));
    }

    #[test]
    fn what_the_process_says_is_passed_on() {
        let folder = tempfile::tempdir().unwrap();
        let says = shell(r#"echo '{"failed":{"kind":"bad_file","message":"it is a trap"}}'"#);
        let said = says.seal(&job(folder.path(), 60), &mut Progress::default()).unwrap_err();
        assert_eq!((said.kind(), said.to_string()), (ErrorKind::BadFile, "it is a trap".to_owned()));
        let none = Apart::Process { program: "/none".into(), args: Vec::new() };
        let none = none.seal(&job(folder.path(), 60), &mut Progress::default());
        assert!(matches!(none, Err(AttachmentError::NoWorker(_))));
    }
}
