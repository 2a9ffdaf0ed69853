//! Photos against sharp, clips against FFmpeg's command line, sealing against OpenSSL's: the same work on the same file.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::figures::{Aims, Both, Lines, Target, times_of};
use crate::meter::Cost;
use crate::protocol::{Job, Report, milliseconds};
use crate::run::{Bench, Side, Start, nothing};

/// What is worked on and what the peer needs lies here, and stays for the next run.
fn cache() -> Result<PathBuf> {
    let folder = qroc_fixtures::cache::dir().join("bench");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        bail!("{command:?}: {errors}");
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned() + &errors)
}

fn ffmpeg(arguments: &[&str]) -> Result<String> {
    output(Command::new("ffmpeg").args(["-nostdin", "-hide_banner", "-y"]).args(arguments))
}

/// Makes a file of a fixture, once.
fn made(name: &str, fixture: &str, arguments: &[&str]) -> Result<PathBuf> {
    let file = cache()?.join(name);
    if !file.exists() {
        let source = qroc_fixtures::find(fixture)?;
        let half = cache()?.join(format!("half-{name}"));
        let input: Vec<&str> = if name.ends_with(".mp4") { vec!["-stream_loop", "3"] } else { Vec::new() };
        let paths = [source, half.clone()].map(|path| path.display().to_string());
        let [source, target] = paths.each_ref().map(String::as_str);
        ffmpeg(&[&input, ["-loglevel", "error", "-i", source].as_slice(), arguments, &[target]].concat())?;
        std::fs::rename(half, &file)?;
    }
    Ok(file)
}

/// Runs both by turns; the peer is a command, not a child of ours.
async fn turns(
    bench: &Bench,
    start: Start<'_>,
    seen: usize,
    peer: Option<impl Fn() -> Result<Report>>,
) -> Result<Both> {
    bench
        .with_peer(peer.as_ref().map(|_| "a command"))
        .pairs(bench.runs.min(5), seen, async |side| match (side, &peer) {
            (Side::Peer, Some(peer)) => peer(),
            _ => bench.start(Side::Ours, start.clone(), nothing).await,
        })
        .await
}

struct Size {
    name: &'static str,
    filter: &'static str,
    longer: usize,
    height: u32,
}

pub(super) async fn photo(lines: &mut Lines, bench: &Bench) -> Result<()> {
    let sizes = [
        Size {
            name: "12 MP → 1600×1200",
            filter: "scale=4000:3000:flags=lanczos",
            longer: 1600,
            height: 1200,
        },
        Size {
            name: "2725×2225 → 720×588",
            filter: "scale=2725:2225:flags=lanczos",
            longer: 720,
            height: 588,
        },
    ];
    for size in sizes {
        one_size(lines, bench, &size).await?;
    }
    Ok(())
}

async fn one_size(lines: &mut Lines, bench: &Bench, size: &Size) -> Result<()> {
    let name = format!("photo-{}.jpg", size.longer);
    let arguments = ["-frames:v", "1", "-vf", size.filter, "-q:v", "2", "-pix_fmt", "yuvj420p"];
    let source = made(&name, "fujifilm.mpo", &arguments)?;
    let dir = tempfile::tempdir_in(".")?;
    let (ours, theirs) = (dir.path().join("ours"), dir.path().join("peer"));
    std::fs::create_dir(&ours)?;
    std::fs::create_dir(&theirs)?;
    let packages = cache()?.join("sharp");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peer/sharp/photo.mjs");
    let longer = size.longer.to_string();
    let sharp = || -> Result<Report> {
        let mut command = Command::new("node");
        command.arg(script).arg(&packages).arg(&source).arg(&longer).arg(&theirs);
        Ok(serde_json::from_str(&output(&mut command)?)?)
    };
    let sharp = packages.join("node_modules").exists().then_some(sharp);
    let start = Start { file: Some(&source), count: size.longer, ..Start::new(Job::Photo, &ours) };
    let both = turns(bench, start, size.longer, sharp).await?;
    let mut times = |what: &str, target, ours: &str, peer: &str| {
        lines.add(
            &format!("{}: {what}", size.name),
            "ms",
            target,
            &times_of(&both.ours, ours),
            &times_of(&both.peer, peer),
        );
    };
    times("with preview and blurhash; sharp: the photo alone", Target::Ratio(1.0), "warm", "warm");
    times("sharp: with preview", Target::None, "warm", "with preview");
    lines.both(&format!("{}: file", size.name), "kB", Target::None, &both, |report| {
        crate::figures::whole(report.bytes) / 1e3
    });
    let like = |folder: &Path| ssim(&folder.join("photo.jpg"), &source, (size.longer, size.height));
    let peer = if both.peer.is_empty() { Vec::new() } else { vec![like(&theirs)?] };
    // As good to three places: the eye sees no more.
    let target = peer.first().map_or(Target::None, |peer| Target::AtLeast(peer - 0.001));
    lines.add(&format!("{}: SSIM", size.name), "", target, &[like(&ours)?], &peer);
    Ok(())
}

/// How alike a picture is to its source at the same size.
fn ssim(picture: &Path, source: &Path, (width, height): (usize, u32)) -> Result<f64> {
    let filter = format!(
        "[1:v]scale={width}:{height}:flags=lanczos+accurate_rnd+full_chroma_int[a];[0:v]scale={width}:{height}[b];[b][a]ssim"
    );
    let [picture, source] = [picture, source].map(|path| path.display().to_string());
    let said = ffmpeg(&["-i", &picture, "-i", &source, "-lavfi", &filter, "-f", "null", "-"])?;
    let all = said.rsplit_once("All:").map(|(_, rest)| rest).and_then(|rest| rest.split_whitespace().next());
    Ok(all.context("FFmpeg said nothing of SSIM")?.parse()?)
}

pub(super) async fn clip(lines: &mut Lines, bench: &Bench) -> Result<()> {
    let made_of = [
        "-t",
        "20",
        "-vf",
        "scale=1920:1080",
        "-r",
        "30",
        "-pix_fmt",
        "yuv420p",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-crf",
        "18",
        "-c:a",
        "aac",
        "-ac",
        "2",
        "-b:a",
        "128k",
    ];
    let source = made("clip.mp4", "bigbuckbunny.mp4", &made_of)?;
    let dir = tempfile::tempdir_in(".")?;
    let out = dir.path().join("peer.mp4").display().to_string();
    let file = source.display().to_string();
    // The encoder's settings are the core's.
    let arguments = [
        "-benchmark",
        "-loglevel",
        "info",
        "-i",
        &file,
        "-vf",
        "scale=1280:720",
        "-pix_fmt",
        "yuv420p",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-crf",
        "23",
        "-maxrate",
        "2000k",
        "-bufsize",
        "4000k",
        "-x264-params",
        "sync-lookahead=0:sliced-threads=1:rc-lookahead=5",
        "-c:a",
        "aac",
        "-b:a",
        "128k",
        "-map_metadata",
        "-1",
        "-movflags",
        "+faststart",
        &out,
    ];
    let peer = || {
        let begun = Instant::now();
        let said = ffmpeg(&arguments)?;
        let cost = Cost { wall_ms: milliseconds(begun), ..benchmark(&said)? };
        Ok(Report { cost, seen: 720, bytes: std::fs::metadata(&out)?.len(), ..Report::default() })
    };
    let start = Start { file: Some(&source), ..Start::new(Job::Clip, dir.path()) };
    let both = turns(bench, start, 720, Some(peer)).await?;
    let aims = Aims { wall: Target::Ratio(1.05), peak: Target::AtMost(150.0), ..Aims::default() };
    lines.cost("", &both, aims);
    lines.both("file", "MB", Target::None, &both, |report| crate::figures::mega(report.bytes));
    Ok(())
}

/// What FFmpeg says of itself.
fn benchmark(said: &str) -> Result<Cost> {
    let number = |name: &str| -> Result<f64> {
        let rest = said.rsplit_once(name).with_context(|| format!("FFmpeg did not say {name}"))?.1;
        let digits: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        Ok(digits.parse()?)
    };
    let peak = number("maxrss=")?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "kibibytes of one process")]
    Ok(Cost {
        cpu_ms: (number("utime=")? + number("stime=")?) * 1e3,
        peak_kib: peak as u64,
        ..Cost::default()
    })
}

/// AES-256-CTR and SHA-256 one after the other, as whoever has OpenSSL alone would seal. Ours hashes what was there before, too.
pub(super) async fn seal(lines: &mut Lines, bench: &Bench) -> Result<()> {
    const BYTES: usize = 256 << 20;
    let dir = tempfile::tempdir_in(".")?;
    let source = dir.path().join("plain");
    std::fs::write(&source, (0..BYTES / 8).flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>())?;
    let sealed = dir.path().join("peer");
    let peer = || {
        let begun = Instant::now();
        let (key, iv) = ("1b".repeat(32), "2c".repeat(16));
        let mut seal = Command::new("openssl");
        seal.args(["enc", "-aes-256-ctr", "-K", &key, "-iv", &iv, "-in"])
            .arg(&source)
            .arg("-out")
            .arg(&sealed);
        output(&mut seal)?;
        output(Command::new("openssl").args(["dgst", "-sha256"]).arg(&sealed))?;
        let cost = Cost { wall_ms: milliseconds(begun), ..Cost::default() };
        Ok(Report { cost, seen: BYTES, bytes: std::fs::metadata(&sealed)?.len(), ..Report::default() })
    };
    let start = Start { file: Some(&source), ..Start::new(Job::Seal, dir.path()) };
    let both = turns(bench, start, BYTES, Some(peer)).await?;
    lines.both("wall", "ms", Target::Ratio(1.25), &both, |report| report.cost.wall_ms);
    let peak = both.ours.iter().map(|report| crate::figures::whole(report.cost.peak_kib) / 1024.0);
    lines.add("peak memory", "MiB", Target::AtMost(25.0), &peak.collect::<Vec<_>>(), &[]);
    Ok(())
}
