//! Real clips through the pipeline, judged by FFmpeg's own programs and exiftool.

#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]

mod judge;
mod refused;

use std::process::Command;

use judge::{dressed, fixture, frames, judge, metadata, run, sane, stream};

use super::*;

#[test]
fn a_clip_that_fits_keeps_its_pictures() {
    let out = run(&fixture("bigbuckbunny.mp4"), &Limits::default(), None).unwrap();
    assert_eq!(out.video.handling, Handling::Stripped);
    assert_eq!((out.video.width, out.video.height), (1280, 720));
    sane(&out);
    assert_eq!(frames(&out.file), frames(&fixture("bigbuckbunny.mp4")));
}

#[test]
fn a_clip_that_is_too_high_is_made_smaller() {
    let limits = Limits { video_max_height: 360, ..Limits::default() };
    let out = run(&fixture("bigbuckbunny.mp4"), &limits, None).unwrap();
    assert_eq!(out.video.handling, Handling::Encoded);
    assert_eq!((out.video.width, out.video.height), (640, 360));
    sane(&out);
    assert_eq!(frames(&out.file).len(), frames(&fixture("bigbuckbunny.mp4")).len());
}

#[test]
fn a_clip_from_a_telephone_held_upright_stands_upright() {
    let folder = tempfile::tempdir().unwrap();
    let portrait = dressed(
        &folder,
        "phone.mov",
        "bikes.mp4",
        &["-t", "2"],
        &[
            "-c",
            "copy",
            "-metadata:s:v:0",
            "rotate=90",
            "-metadata",
            "location=+38.7071-009.1355/",
            "-metadata",
            "creation_time=2026-01-02T03:04:05Z",
            "-metadata",
            "com.apple.quicktime.model=SECRET",
            "-movflags",
            "use_metadata_tags",
        ],
    );
    let before = metadata(&portrait).join(" ");
    assert!(before.contains("38.7") || before.contains("SECRET"), "{before}");
    let out = run(&portrait, &Limits::default(), None).unwrap();
    assert_eq!((out.video.width, out.video.height), (272, 640));
    sane(&out);
    assert!(!out.bytes.windows(6).any(|window| window == b"SECRET"));
}

#[test]
fn high_dynamic_range_is_brought_down() {
    let folder = tempfile::tempdir().unwrap();
    let hdr = dressed(
        &folder,
        "hdr.mkv",
        "bikes.mp4",
        &["-t", "1"],
        &[
            "-an",
            "-vf",
            "zscale=tin=709:min=709:pin=709:rin=limited:t=smpte2084:m=2020_ncl:p=2020:r=limited:npl=100,format=yuv420p10le",
            "-c:v",
            "libx265",
            "-preset",
            "ultrafast",
            "-crf",
            "16",
            "-x265-params",
            "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
            "-color_primaries",
            "bt2020",
            "-color_trc",
            "smpte2084",
            "-colorspace",
            "bt2020nc",
        ],
    );
    let out = run(&hdr, &Limits::default(), None).unwrap();
    assert_eq!(out.video.range, DynamicRange::ToneMapped);
    sane(&out);
    let judged = judge(&out.file);
    assert_eq!(stream(&judged, "video").unwrap()["color_transfer"], "bt709");
    // About as bright as the clip that it was made of, which PQ shown as it is would not be.
    let (was, is) = (brightness(&fixture("bikes.mp4")), brightness(&out.file));
    assert!((was - is).abs() < 30.0, "{was} {is}");
}

/// Mean level of the first second, 0 to 255.
fn brightness(file: &Path) -> f64 {
    let out = Command::new("ffmpeg")
        .args(["-v", "error", "-t", "1", "-i"])
        .arg(file)
        .args(["-vf", "scale=16:16,format=gray", "-f", "rawvideo", "-"])
        .output()
        .unwrap();
    out.stdout.iter().map(|level| f64::from(*level)).sum::<f64>() / out.stdout.len() as f64
}

#[test]
fn uneven_times_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    // Every third picture is left out, so that times are 1, 2, 1, 2 apart.
    let uneven = dressed(
        &folder,
        "uneven.mkv",
        "bikes.mp4",
        &["-t", "4"],
        &[
            "-an",
            "-vf",
            "select='mod(n,3)',scale=480:204",
            "-vsync",
            "vfr",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-crf",
            "18",
            "-pix_fmt",
            "yuv422p",
        ],
    );
    let out = run(&uneven, &Limits::default(), None).unwrap();
    assert_eq!(out.video.handling, Handling::Encoded);
    sane(&out);
    let (was, is) = (times(&uneven), times(&out.file));
    assert_eq!(was.len(), is.len());
    assert!(was.iter().zip(&is).all(|(was, is)| (was - is).abs() < 0.003), "{was:?} {is:?}");
}

fn times(file: &Path) -> Vec<f64> {
    let out = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v", "-show_entries", "frame=pts_time", "-of", "csv=p=0"])
        .arg(file)
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let all: Vec<f64> = text.lines().filter_map(|line| line.trim_matches(',').parse().ok()).collect();
    all.iter().map(|time| time - all[0]).collect()
}

/// A flash and a beep every second: what is seen and heard begins together however far the sound begins late.
#[test]
fn sound_stays_with_the_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("beep.mkv");
    let out = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "color=black:s=320x240:r=25:d=6,drawbox=c=white:t=fill:enable='lt(mod(t,1),0.2)'",
        ])
        .args(["-f", "lavfi", "-i", "sine=1000:d=5.5,volume='if(lt(mod(t+0.5,1),0.2),1,0)':eval=frame"])
        .args([
            "-filter_complex",
            "[1]asetpts=PTS+0.5/TB[a]",
            "-map",
            "0:v",
            "-map",
            "[a]",
            "-c:v",
            "mpeg4",
            "-q:v",
            "2",
            "-c:a",
            "pcm_s16le",
        ])
        .arg(&made)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    for trim in [None, Some(Trim { from_ms: 2000, until_ms: None })] {
        let out = run(&made, &Limits::default(), trim).unwrap();
        sane(&out);
        let sounds = onsets(&out.file);
        let pictures = flashes(&out.file);
        assert!(sounds.len() >= 3, "{sounds:?}");
        for sound in sounds {
            let nearest = pictures.iter().map(|flash| (flash - sound).abs()).fold(f64::MAX, f64::min);
            assert!(nearest < 0.045, "sound at {sound}, pictures at {pictures:?}, {trim:?}");
        }
    }
}

fn onsets(file: &Path) -> Vec<f64> {
    let out = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(["-vn", "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", "8000", "-f", "s16le", "-"])
        .output()
        .unwrap();
    let loud: Vec<bool> = out
        .stdout
        .chunks_exact(160)
        .map(|part| part.chunks_exact(2).any(|s| i16::from_le_bytes([s[0], s[1]]).unsigned_abs() > 1000))
        .collect();
    starts(&loud, 0.01)
}

fn flashes(file: &Path) -> Vec<f64> {
    let out = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(["-vf", "fps=25,scale=1:1,format=gray", "-f", "rawvideo", "-"])
        .output()
        .unwrap();
    starts(&out.stdout.iter().map(|level| *level > 128).collect::<Vec<_>>(), 0.04)
}

fn starts(on: &[bool], step: f64) -> Vec<f64> {
    on.windows(2)
        .enumerate()
        .filter(|(_, pair)| !pair[0] && pair[1])
        .map(|(at, _)| (at + 1) as f64 * step)
        .collect()
}

#[test]
fn a_part_is_cut_out() {
    let trim = Trim { from_ms: 3000, until_ms: Some(5000) };
    let out = run(&fixture("bikes.mp4"), &Limits::default(), Some(trim)).unwrap();
    sane(&out);
    assert!((1950..=2050).contains(&out.video.duration_ms), "{}", out.video.duration_ms);
    assert_eq!(frames(&out.file).len(), 50);
    let nothing = Trim { from_ms: 60_000, until_ms: None };
    assert!(matches!(
        run(&fixture("bikes.mp4"), &Limits::default(), Some(nothing)),
        Err(Error::NothingLeft { .. })
    ));
}

#[test]
fn containers_and_codecs_of_other_cameras() {
    let folder = tempfile::tempdir().unwrap();
    let cases: &[(&str, &[&str])] = &[
        (
            "a.webm",
            &[
                "-t",
                "1",
                "-vf",
                "scale=320:-2",
                "-c:v",
                "libvpx-vp9",
                "-cpu-used",
                "8",
                "-deadline",
                "realtime",
                "-c:a",
                "libopus",
            ],
        ),
        ("b.3gp", &["-t", "1", "-vf", "scale=176:144", "-c:v", "h263", "-an"]),
        ("c.mkv", &["-t", "1", "-c", "copy"]),
        ("d.avi", &["-t", "1", "-c:v", "mpeg4", "-c:a", "mp3"]),
        ("e.ts", &["-t", "1", "-c", "copy", "-f", "mpegts"]),
        ("f.mov", &["-t", "1", "-vf", "scale=320:-2", "-c:v", "mjpeg", "-c:a", "pcm_s16le"]),
        (
            "g.mp4",
            &[
                "-t",
                "1",
                "-vf",
                "scale=320:-2",
                "-c:v",
                "libx265",
                "-preset",
                "ultrafast",
                "-x265-params",
                "log-level=none",
            ],
        ),
        ("h.mp4", &["-t", "1", "-vf", "scale=320:-2", "-c:v", "libaom-av1", "-cpu-used", "8", "-an"]),
    ];
    for (name, how) in cases {
        let clip = dressed(&folder, name, "bigbuckbunny.mp4", &[], how);
        match run(&clip, &Limits::default(), None) {
            Ok(out) => sane(&out),
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

#[test]
fn notes_inside_the_stream_are_taken_out() {
    let folder = tempfile::tempdir().unwrap();
    let noted = dressed(
        &folder,
        "noted.mp4",
        "bikes.mp4",
        &[],
        &["-c", "copy", "-bsf:v", "h264_metadata=sei_user_data=086f3693-b7b3-4f2c-9653-21492feee5b8+SECRET"],
    );
    assert!(std::fs::read(&noted).unwrap().windows(6).any(|window| window == b"SECRET"));
    let out = run(&noted, &Limits::default(), None).unwrap();
    assert_eq!(out.video.handling, Handling::Stripped);
    sane(&out);
    assert!(!out.bytes.windows(6).any(|window| window == b"SECRET"));
    assert!(!out.bytes.windows(4).any(|window| window == b"x264"));
    assert_eq!(frames(&out.file), frames(&noted));
}

#[test]
fn a_clip_that_was_coded_better_does_not_grow() {
    let folder = tempfile::tempdir().unwrap();
    for crf in ["30", "40", "48"] {
        let small = dressed(
            &folder,
            "small.mp4",
            "bikes.mp4",
            &["-t", "5"],
            &["-an", "-c:v", "libx265", "-crf", crf, "-x265-params", "log-level=none"],
        );
        sane(&run(&small, &Limits::default(), None).unwrap());
    }
}

#[test]
fn clips_of_other_people() {
    for (name, size) in [
        ("flashmob.mkv", (384, 288)),
        ("quicktime.mp4", (190, 240)),
        ("sample1080.mp4", (1280, 720)),
        // Pixels of 128 to 117.
        ("carphone.mp4", (192, 144)),
    ] {
        let out =
            run(&fixture(name), &Limits::default(), None).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((out.video.width, out.video.height), size, "{name}");
        sane(&out);
    }
    let long = run(&fixture("10min.mkv"), &Limits::default(), None).map(|out| out.video).unwrap_err();
    assert!(matches!(long, Error::TooLong { seconds: 600, limit: 300 }), "{long}");
    for name in ["truncated.mov", "truncated.avi"] {
        let cut = run(&fixture(name), &Limits::default(), None).map(|out| out.video);
        assert!(matches!(cut, Err(Error::Truncated { .. } | Error::Damaged { .. })), "{name}: {cut:?}");
    }
}
