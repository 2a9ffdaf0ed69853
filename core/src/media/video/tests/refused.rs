//! Clips that are not sent: too long, too much, broken, or something else.

use std::io::Write as _;
use std::process::Command;

use super::super::*;
use super::judge::{fixture, run};
use crate::media::limits::Budget;
use crate::progress::Cancel;

#[test]
fn it_stops_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let cancel = Cancel::default();
    let stop = cancel.clone();
    let mut told = 0;
    let mut progress = Progress::new(cancel, move |report| {
        told += 1;
        assert!(report.total > 0);
        if told == 2 {
            stop.cancel();
        }
    });
    let limits = Limits { video_max_height: 240, ..Limits::default() };
    let stopped = prepare_video(&fixture("bikes.mp4"), folder.path(), &limits, None, &mut progress);
    assert!(matches!(stopped, Err(Error::Cancelled)), "{stopped:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_costs_too_much_is_refused() {
    let bikes = fixture("bikes.mp4");
    let refused = |limits: Limits| run(&bikes, &limits, None).map(|out| out.video).unwrap_err();
    let long = refused(Limits { video_max_s: 5, ..Limits::default() });
    assert!(matches!(long, Error::TooLong { seconds: 10, limit: 5 }), "{long}");
    let budget = |budget: Budget| Limits { video_max_height: 240, budget, ..Limits::default() };
    let frames = refused(budget(Budget { max_frames: 100, ..Budget::default() }));
    assert!(matches!(frames, Error::OverBudget("frames")), "{frames}");
    let pixels = refused(budget(Budget { max_pixels: 1000, ..Budget::default() }));
    assert!(
        matches!(pixels, Error::TooManyPixels { .. } | Error::NothingInside | Error::Damaged { .. }),
        "{pixels}"
    );
    let time = refused(budget(Budget { max_seconds: 0, ..Budget::default() }));
    assert!(matches!(time, Error::OverBudget("time")), "{time}");
    let bytes = refused(budget(Budget { max_clip_bytes: 1000, ..Budget::default() }));
    assert!(matches!(bytes, Error::TooLarge { limit: 1000 }), "{bytes}");
    let upload = refused(Limits { max_upload_bytes: 1000, ..Limits::default() });
    assert!(matches!(upload, Error::TooLarge { limit: 1000 }), "{upload}");
}

#[test]
fn ten_hours_of_two_pictures_a_second_end_soon() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("long.mkv");
    let out = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "color=black:s=16x16:r=2:d=36000", "-c:v", "mpeg4"])
        .arg(&made)
        .output()
        .unwrap();
    assert!(out.status.success());
    let begun = std::time::Instant::now();
    let long = run(&made, &Limits::default(), None).map(|out| out.video).unwrap_err();
    assert!(matches!(long, Error::TooLong { seconds: 36_000, .. }), "{long}");
    // One that does not say how long it is, is found out on the way.
    let bytes = std::fs::read(&made).unwrap();
    let at = bytes.windows(2).position(|id| id == [0x44, 0x89]).unwrap();
    let mut hidden = bytes.clone();
    hidden[at] = 0xEC;
    hidden[at + 1] = 0x80 | 9;
    let silent = folder.path().join("silent.mkv");
    std::fs::write(&silent, hidden).unwrap();
    let long = run(&silent, &Limits::default(), None).map(|out| out.video).unwrap_err();
    assert!(matches!(long, Error::TooLong { .. } | Error::Damaged { .. }), "{long}");
    assert!(begun.elapsed().as_secs() < 60);
}

#[test]
fn broken_clips_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.mp4");
    let whole = std::fs::read(fixture("bigbuckbunny.mp4")).unwrap();
    let refused = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        run(&file, &Limits::default(), None).map(|out| out.video.handling)
    };
    assert!(matches!(refused(b""), Err(Error::Empty)));
    assert!(matches!(refused(b"words"), Err(Error::NotAVideo { .. })));
    for part in [1, 10, 100, 500, 900] {
        let cut = refused(&whole[..whole.len() * part / 1000]);
        assert!(matches!(cut, Err(Error::Truncated { .. } | Error::Damaged { .. })), "{part}: {cut:?}");
    }
    let mut noise = whole.clone();
    let mut seed = 7_u32;
    for byte in noise.iter_mut().skip(4096).step_by(61) {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (seed >> 24) as u8;
    }
    let noisy = refused(&noise);
    assert!(
        matches!(noisy, Err(Error::Damaged { .. } | Error::Truncated { .. } | Error::NothingInside)),
        "{noisy:?}"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_play_list_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret.ts");
    std::fs::copy(fixture("bikes.mp4"), &secret).unwrap();
    let list = format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{}\n#EXT-X-ENDLIST\n",
        secret.display()
    );
    let file = std::fs::File::create_new(folder.path().join("list.mp4")).unwrap();
    (&file).write_all(list.as_bytes()).unwrap();
    let file = std::fs::File::open(folder.path().join("list.mp4")).unwrap();
    let watch = crate::media::ffmpeg::Watch::new(Cancel::default(), &Budget::default());
    let opened = crate::media::ffmpeg::Source::open(file, "video/mp4", &Budget::default(), &watch);
    assert!(matches!(opened.map(|_| ()), Err(Error::Damaged { .. } | Error::UnsupportedFormat(_))));
}
