//! What other programs say of a clip: FFmpeg's and exiftool.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::super::*;

pub(super) struct Out {
    pub(super) video: Video,
    pub(super) bytes: Vec<u8>,
    pub(super) file: PathBuf,
    _folder: tempfile::TempDir,
}

pub(super) fn run(source: &Path, limits: &Limits, trim: Option<Trim>) -> Result<Out, Error> {
    let folder = tempfile::tempdir().unwrap();
    let mut video = prepare_video(source, folder.path(), limits, trim, &mut Progress::default())?;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the spool has a name");
    let mut bytes = Vec::new();
    video.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, video.bytes);
    let file = folder.path().join("out.mp4");
    std::fs::File::create(&file).unwrap().write_all(&bytes).unwrap();
    Ok(Out { video, bytes, file, _folder: folder })
}

pub(super) fn judge(file: &Path) -> Value {
    let out = Command::new("ffprobe")
        .args(["-v", "error", "-show_streams", "-show_format", "-of", "json"])
        .arg(file)
        .output()
        .expect("ffprobe is installed by `make setup`");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

pub(super) fn stream<'a>(judged: &'a Value, kind: &str) -> Option<&'a Value> {
    judged["streams"].as_array().unwrap().iter().find(|stream| stream["codec_type"] == kind)
}

/// Decodes all of it; FFmpeg's program prints what it cannot decode.
pub(super) fn plays(file: &Path) {
    let out = Command::new("ffmpeg")
        .args(["-v", "warning", "-xerror", "-i"])
        .arg(file)
        .args(["-f", "null", "-"])
        .output()
        .unwrap();
    assert!(out.status.success() && out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
}

/// What exiftool finds beside what a player needs.
pub(super) fn metadata(file: &Path) -> Vec<String> {
    const NEEDED: &[&str] = &[
        "SourceFile",
        "File:",
        "ExifTool:",
        "Composite:",
        "System:",
        "QuickTime:MajorBrand",
        "QuickTime:MinorVersion",
        "QuickTime:CompatibleBrands",
        "QuickTime:MovieHeaderVersion",
        "QuickTime:TimeScale",
        "QuickTime:Duration",
        "QuickTime:Preferred",
        "QuickTime:Preview",
        "QuickTime:Poster",
        "QuickTime:Selection",
        "QuickTime:CurrentTime",
        "QuickTime:NextTrackID",
        "QuickTime:MatrixStructure",
        "QuickTime:MediaData",
        "Track",
    ];
    const TRACK: &[&str] = &[
        "TrackHeaderVersion",
        "TrackID",
        "TrackDuration",
        "TrackLayer",
        "TrackVolume",
        "ImageWidth",
        "ImageHeight",
        "MatrixStructure",
        "MediaHeaderVersion",
        "MediaTimeScale",
        "MediaDuration",
        "MediaLanguageCode",
        "HandlerType",
        "GraphicsMode",
        "OpColor",
        "CompressorID",
        "SourceImageWidth",
        "SourceImageHeight",
        "XResolution",
        "YResolution",
        "BitDepth",
        "PixelAspectRatio",
        "ColorProfiles",
        "ColorPrimaries",
        "TransferCharacteristics",
        "MatrixCoefficients",
        "VideoFullRangeFlag",
        "VideoFrameRate",
        "Balance",
        "AudioFormat",
        "AudioChannels",
        "AudioBitsPerSample",
        "AudioSampleRate",
        "BufferSize",
        "MaxBitrate",
        "AverageBitrate",
    ];
    let out = Command::new("exiftool").args(["-j", "-G1", "-ee"]).arg(file).output().unwrap();
    let all: Value = serde_json::from_slice(&out.stdout).unwrap();
    let unneeded = |name: &str, value: &Value| {
        let tag = name.split_once(':').map_or(name, |(_, tag)| tag);
        // A date of zero is no date.
        if value == "0000:00:00 00:00:00" {
            return false;
        }
        if name.starts_with("Track") {
            return !TRACK.contains(&tag);
        }
        !NEEDED.iter().any(|needed| name.starts_with(needed))
    };
    all[0]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(k, v)| unneeded(k, v))
        .map(|(k, v)| format!("{k}={v}"))
        .collect()
}

pub(super) fn sane(out: &Out) {
    plays(&out.file);
    assert_eq!(metadata(&out.file), Vec::<String>::new());
    let at = |needle: &[u8]| out.bytes.windows(4).position(|window| window == needle).unwrap();
    assert!(at(b"moov") < at(b"mdat"), "the index is behind the data");
    let judged = judge(&out.file);
    let picture = stream(&judged, "video").unwrap();
    assert_eq!(picture["codec_name"], "h264");
    assert_eq!(picture["pix_fmt"], "yuv420p");
    assert_eq!(picture["width"], out.video.width);
    assert_eq!(picture["height"], out.video.height);
    assert!(picture.get("side_data_list").is_none(), "a player would have to turn it");
    assert_eq!(stream(&judged, "audio").is_some(), out.video.has_sound);
    if let Some(sound) = stream(&judged, "audio") {
        assert_eq!(sound["codec_name"], "aac");
    }
    let seconds: f64 = judged["format"]["duration"].as_str().unwrap().parse().unwrap();
    assert!(
        (seconds * 1000.0 - out.video.duration_ms as f64).abs() < 150.0,
        "{seconds} {}",
        out.video.duration_ms
    );
    assert!(out.video.bytes <= out.video.source_bytes);
    assert!(!out.video.blurhash.is_empty());
}

pub(super) fn fixture(name: &str) -> PathBuf {
    qroc_fixtures::path(name)
}

/// A real clip in another coat, made by FFmpeg's program.
pub(super) fn dressed(
    folder: &tempfile::TempDir,
    name: &str,
    source: &str,
    before: &[&str],
    after: &[&str],
) -> PathBuf {
    let made = folder.path().join(name);
    let out = Command::new("ffmpeg")
        .args(["-v", "error", "-y"])
        .args(before)
        .arg("-i")
        .arg(fixture(source))
        .args(after)
        .arg(&made)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    made
}

/// A hash of every decoded picture.
pub(super) fn frames(file: &Path) -> Vec<String> {
    let out = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(["-map", "0:v:0", "-f", "framemd5", "-"])
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.rsplit(',').next().unwrap().trim().to_owned())
        .collect()
}
