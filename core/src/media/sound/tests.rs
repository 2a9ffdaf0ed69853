//! Real recordings through the pipeline, judged by FFmpeg's own programs and exiftool.

#![allow(clippy::cast_precision_loss)]

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::*;
use crate::progress::Cancel;

struct Out {
    sound: Sound,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

fn run(name: &str, voice: bool, limits: &Limits) -> Result<Out, Error> {
    let folder = tempfile::tempdir().unwrap();
    let prepare = if voice { prepare_voice } else { prepare_sound };
    let mut sound =
        prepare(&qroc_fixtures::path(name), folder.path(), limits, &mut Progress::silent(Cancel::default()))?;
    let mut bytes = Vec::new();
    sound.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, sound.bytes);
    let file = folder.path().join("out");
    std::fs::write(&file, bytes).unwrap();
    Ok(Out { sound, file, _folder: folder })
}

fn judge(file: &std::path::Path) -> Value {
    let out = Command::new("ffprobe")
        .args(["-v", "error", "-show_streams", "-show_format", "-of", "json"])
        .arg(file)
        .output()
        .unwrap();
    assert!(out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn samples(file: &std::path::Path) -> Vec<u8> {
    let out = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(["-map", "0:a:0", "-f", "s16le", "-"])
        .output()
        .unwrap();
    out.stdout
}

fn tags(file: &std::path::Path) -> Vec<String> {
    const TOLD: &[&str] = &[
        "Title",
        "Artist",
        "Album",
        "Comment",
        "Genre",
        "Year",
        "Track",
        "Picture",
        "CoverArt",
        "Composer",
        "Encoder",
        "EncodedBy",
        "Software",
        "Copyright",
        "Performer",
        "Description",
        "Date",
        "UserDefinedText",
        "Lyrics",
    ];
    let out = Command::new("exiftool").args(["-j", "-G1", "-a"]).arg(file).output().unwrap();
    let all: Value = serde_json::from_slice(&out.stdout).unwrap();
    let told = |name: &str| {
        let tag = name.split_once(':').map_or(name, |(_, tag)| tag);
        !name.starts_with("System") && TOLD.contains(&tag)
    };
    all[0]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| told(name))
        .map(|(k, v)| format!("{k}={v}"))
        .collect()
}

#[test]
fn recordings_keep_their_samples_and_lose_their_tags() {
    let mut told = 0;
    for (name, mime, codec) in [
        ("example.opus", "audio/ogg", "opus"),
        ("has-tags.m4a", "audio/mp4", "aac"),
        ("alac.m4a", "audio/mp4", "alac"),
        ("sheep_on_drugs.mp3", "audio/mpeg", "mp3"),
        ("interlude.ogg", "audio/ogg", "vorbis"),
        ("silence.flac", "audio/flac", "flac"),
        ("silence.wav", "audio/wav", "pcm_s16le"),
    ] {
        let source = qroc_fixtures::path(name);
        told += tags(&source).len();
        let out = run(name, false, &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(out.sound.mime, mime, "{name}");
        let judged = judge(&out.file);
        assert_eq!(judged["streams"].as_array().unwrap().len(), 1, "{name}: a cover");
        assert_eq!(judged["streams"][0]["codec_name"], codec, "{name}");
        assert_eq!(tags(&out.file), Vec::<String>::new(), "{name}");
        let (was, is) = (samples(&source), samples(&out.file));
        assert!(was.len().abs_diff(is.len()) <= 4800 * 4, "{name}: {} {}", was.len(), is.len());
        if name != "sheep_on_drugs.mp3" {
            assert!(was == is, "{name}: other samples");
        }
        assert!(out.sound.bytes <= out.sound.source_bytes + 256, "{name}: {:?}", out.sound);
        // By what is heard: in Ogg, ffprobe counts what a decoder has to skip.
        let number =
            |key: &str| judged["streams"][0][key].to_string().replace('"', "").parse::<f64>().unwrap();
        let seconds = is.len() as f64 / 2.0 / number("channels") / number("sample_rate");
        assert!((seconds * 1000.0 - out.sound.duration_ms as f64).abs() < 200.0, "{name} {seconds}");
    }
    assert!(told > 10, "the sources have tags to lose: {told}");
}

#[test]
fn a_voice_message_is_small_even_and_playable() {
    for name in ["example.opus", "alac.m4a", "interlude.ogg", "silence.wav"] {
        let out = run(name, true, &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let judged = judge(&out.file);
        let stream = &judged["streams"][0];
        assert_eq!(
            (stream["codec_name"].as_str(), stream["channels"].as_u64()),
            (Some("opus"), Some(1)),
            "{name}"
        );
        assert_eq!(judged["format"]["format_name"], "ogg", "{name}");
        assert_eq!(tags(&out.file), Vec::<String>::new(), "{name}");
        let seconds: f64 = judged["format"]["duration"].as_str().unwrap().parse().unwrap();
        let rate = out.sound.bytes as f64 * 8.0 / seconds;
        assert!(rate < 30_000.0, "{name}: {rate} bits a second");
        assert!((2..=100).contains(&out.sound.waveform.len()), "{name}");
        assert!(out.sound.waveform.iter().all(|point| *point <= 1024));
        // Every sample of alac.m4a is zero, too.
        if !["silence.wav", "alac.m4a"].contains(&name) {
            assert_eq!(out.sound.waveform.iter().max(), Some(&1024), "{name}");
            let loud = loudness(&out.file);
            assert!((-21.0..=-12.0).contains(&loud), "{name}: {loud} LUFS");
        }
    }
}

/// Integrated loudness by EBU R 128.
fn loudness(file: &std::path::Path) -> f64 {
    let out = Command::new("ffmpeg")
        .args(["-hide_banner", "-i"])
        .arg(file)
        .args(["-af", "ebur128", "-f", "null", "-"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    let summary = text.rsplit_once("Integrated loudness:").unwrap().1;
    summary.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn what_is_no_recording_is_refused() {
    let refused =
        |name: &str, voice: bool, limits: Limits| run(name, voice, &limits).map(|_| ()).unwrap_err();
    assert!(matches!(
        refused("hopper.jpg", true, Limits::default()),
        Error::NotASound { mime: "image/jpeg" }
    ));
    assert!(matches!(refused("bikes.mp4", true, Limits::default()), Error::NotASound { mime: "video/mp4" }));
    assert!(matches!(refused("bikes.mp4", false, Limits::default()), Error::NotASound { .. }));
    let short = Limits { voice_max_s: 5, ..Limits::default() };
    assert!(matches!(refused("example.opus", true, short), Error::TooLong { limit: 5, .. }));
    let cut = refused("truncated.wav", false, Limits::default());
    assert!(matches!(cut, Error::Truncated { format: "audio/wav" }), "{cut}");
    let cut = refused("truncated.flac", false, Limits::default());
    assert!(matches!(cut, Error::Truncated { .. } | Error::Damaged { .. }), "{cut}");
}

/// What a loudspeaker gets, from a reader of bytes in memory.
fn played(name: &str, from_ms: u64) -> Result<Vec<i16>, Error> {
    let bytes = std::fs::read(qroc_fixtures::path(name)).unwrap();
    let mime = crate::media::probe(bytes.get(..crate::media::HEAD_BYTES.min(bytes.len())).unwrap()).mime;
    let mut all = Vec::new();
    play(std::io::Cursor::new(bytes), mime, from_ms, Cancel::default(), &mut |piece| {
        all.extend_from_slice(piece);
        true
    })?;
    Ok(all)
}

#[test]
fn what_is_played_is_what_ffmpeg_plays() {
    for name in ["example.opus", "interlude.ogg", "sheep_on_drugs.mp3", "silence.flac", "bigbuckbunny.mp4"] {
        let out = Command::new("ffmpeg")
            .args(["-v", "error", "-i"])
            .arg(qroc_fixtures::path(name))
            .args(["-map", "0:a:0", "-ac", "1", "-ar", "48000", "-f", "s16le", "-"])
            .output()
            .unwrap();
        let theirs: Vec<i16> =
            out.stdout.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect();
        let ours = played(name, 0).unwrap();
        // Some frames of padding at either end are up to the program.
        assert!(ours.len().abs_diff(theirs.len()) < 4_800, "{name}: {} and {}", ours.len(), theirs.len());
        let power = |samples: &[i16]| {
            let sum: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
            (sum / samples.len().max(1) as f64).sqrt()
        };
        let (here, there) = (power(&ours), power(&theirs));
        assert!((here - there).abs() <= there * 0.02 + 1.0, "{name}: {here} and {there}");
        assert_eq!(there > 100.0, name != "silence.flac", "{name} is heard");
    }
}

#[test]
fn playing_begins_anywhere_stops_at_once_and_refuses_what_has_no_sound() {
    let whole = played("example.opus", 0).unwrap();
    for seconds in [1, 5, 9] {
        let late = played("example.opus", seconds * 1000).unwrap();
        let missing = whole.len().abs_diff(late.len()) as u64;
        assert!(
            missing.abs_diff(seconds * 48_000) < 4_800,
            "{seconds} s are left out, not {missing} samples"
        );
        // The same is heard from there on, but for what a decoder needs to settle.
        let (ours, same) = (&late[24_000..48_000], &whole[whole.len() - late.len()..][24_000..48_000]);
        let off = ours.iter().zip(same).map(|(one, other)| one.abs_diff(*other)).max();
        assert!(off < Some(2_000), "{seconds} s: {off:?}");
    }
    assert!(played("example.opus", 3_600_000).unwrap().len() < 4_800, "nothing is left");

    let bytes = std::fs::read(qroc_fixtures::path("example.opus")).unwrap();
    let mut pieces = 0;
    play(std::io::Cursor::new(bytes.clone()), "audio/ogg", 0, Cancel::default(), &mut |_| {
        pieces += 1;
        pieces < 3
    })
    .unwrap();
    assert_eq!(pieces, 3);
    let cancel = Cancel::default();
    cancel.cancel();
    let stopped = play(std::io::Cursor::new(bytes), "audio/ogg", 0, cancel, &mut |_| true);
    assert!(matches!(stopped, Err(Error::Cancelled)), "{stopped:?}");
    for name in ["hopper.jpg", "truncated.flac", "form.pdf"] {
        let refused = played(name, 0);
        assert!(refused.is_err() || name == "truncated.flac", "{name}: {:?}", refused.map(|all| all.len()));
    }
}
