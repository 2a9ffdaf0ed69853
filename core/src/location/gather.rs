//! Own fixes on their way: kept, thinned, put into batches. All inside the caller's transactions.

use rusqlite::Transaction;
use serde_json::Value;

use super::message;
use crate::geo::thin::over_time;
use crate::geo::{Fix, codec};
use crate::ids::{RoomRow, UserRow};
use crate::store::changes::{Change, Changes};
use crate::store::shares::{self, Own, Waiting};
use crate::store::{StoreError, fixes};

/// Fixes of a full batch: its share of what every event costs is small, and losing it is no disaster.
pub const FULL_BATCH: usize = 240;
/// More than so many do not wait: then the oldest become coarser.
pub const MOST_WAITING: usize = 20_000;
/// How coarse, in metres.
const COARSE_M: f64 = 10.0;

/// Keeps a fix, to be sent and for the own map. One that the format cannot carry is left out.
pub fn take(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    own: UserRow,
    share: &Own,
    fix: &Fix,
) -> Result<(), StoreError> {
    if codec::encode(std::slice::from_ref(fix)).is_err() {
        return Ok(());
    }
    shares::push(tx, share.room, fix)?;
    let tracker = fixes::tracker(tx, share.room, own, &share.tag)?;
    fixes::take(tx, tracker, std::slice::from_ref(fix))?;
    changes.note(Change::Location(share.room));
    Ok(())
}

/// Decides which of the gathered fixes are sent.
pub fn choose(tx: &Transaction<'_>, room: RoomRow, tolerance_m: f64) -> Result<(), StoreError> {
    let gathered = shares::waiting(tx, room, false, usize::MAX)?;
    sift(tx, &gathered, tolerance_m)?;
    let all = shares::count_waiting(tx, room)?;
    if all > MOST_WAITING {
        let ready = shares::waiting(tx, room, true, usize::MAX)?;
        sift(tx, &ready, COARSE_M)?;
        let left = shares::count_waiting(tx, room)?;
        if left > MOST_WAITING {
            // Still too many: every second one of the older half.
            let ready = shares::waiting(tx, room, true, left / 2)?;
            for waiting in ready.iter().step_by(2) {
                shares::drop_waiting(tx, waiting.id)?;
            }
        }
    }
    Ok(())
}

fn sift(tx: &Transaction<'_>, waiting: &[Waiting], tolerance_m: f64) -> Result<(), StoreError> {
    let way: Vec<Fix> = waiting.iter().map(|waiting| waiting.fix).collect();
    for (waiting, kept) in waiting.iter().zip(over_time(&way, tolerance_m)) {
        if kept {
            shares::choose(tx, waiting.id)?;
        } else {
            shares::drop_waiting(tx, waiting.id)?;
        }
    }
    Ok(())
}

/// Takes the oldest chosen fixes out and writes the content that carries them, with their number.
pub fn batch(tx: &Transaction<'_>, share: &Own) -> Result<Option<(Value, usize)>, StoreError> {
    let ready = shares::waiting(tx, share.room, true, FULL_BATCH)?;
    let way: Vec<Fix> = ready.iter().map(|waiting| waiting.fix).collect();
    let Ok(bytes) = codec::encode(&way) else { return Ok(None) };
    for waiting in &ready {
        shares::drop_waiting(tx, waiting.id)?;
    }
    Ok(Some((message::track(&share.tag, &bytes), way.len())))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use rusqlite::Connection;

    use super::{MOST_WAITING, batch, choose, take};
    use crate::geo::{Fix, codec};
    use crate::ids::RoomRow;
    use crate::store::changes::Changes;
    use crate::store::testing::database;
    use crate::store::{events, rooms, shares};

    fn began(connection: &mut Connection, way: impl Iterator<Item = Fix>) -> (RoomRow, shares::Own) {
        let tx = connection.transaction().expect("transaction");
        let room = rooms::ensure(&tx, "!harbour").expect("room");
        let lisbon = events::user(&tx, "@lisbon:x").expect("user");
        let share = shares::begin(&tx, room, "tag", 0, 1_000_000).expect("begin");
        for fix in way {
            take(&tx, &mut Changes::default(), lisbon, &share, &fix).expect("take");
        }
        tx.commit().expect("commit");
        (room, share)
    }

    fn zigzag(second: i64) -> Fix {
        let lat = 38.7 + if second % 2 == 0 { 0.0 } else { 0.01 };
        Fix::at(second * 1000, lat, -9.1 + second as f64 * 1e-5).expect("on earth")
    }

    #[test]
    fn what_waits_goes_out_once_and_in_order() {
        let mut connection = database();
        let (room, share) = began(&mut connection, (0..500).map(zigzag));
        let tx = connection.transaction().expect("transaction");
        assert!(batch(&tx, &share).expect("batch").is_none(), "nothing is chosen yet");
        choose(&tx, room, 0.5).expect("choose");
        let mut sent = Vec::new();
        while let Some((content, count)) = batch(&tx, &share).expect("batch") {
            let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
            let fixes =
                codec::decode(&engine.decode(content["track"].as_str().unwrap()).unwrap()).expect("sound");
            assert_eq!(fixes.len(), count);
            sent.extend(fixes);
        }
        assert_eq!(sent, (0..500).map(zigzag).collect::<Vec<_>>());
        assert_eq!(shares::own(&tx, room).expect("own").expect("share").fixes, 500);
    }

    #[test]
    fn a_long_time_without_network_stays_bounded_and_keeps_its_ends() {
        let mut connection = database();
        let count = i64::try_from(MOST_WAITING).unwrap() + 5;
        let (room, _) = began(&mut connection, (0..count).map(zigzag));
        let tx = connection.transaction().expect("transaction");
        choose(&tx, room, 0.5).expect("choose");
        let left = shares::waiting(&tx, room, true, usize::MAX).expect("waiting");
        assert!(left.len() <= MOST_WAITING && left.len() > MOST_WAITING / 2, "{}", left.len());
        assert_eq!(left.last().expect("last").fix, zigzag(count - 1));
    }
}
