//! When SQLite moves rows between pages it leaves a copy of some in the part of a page that holds nothing, whatever
//! `secure_delete` says, and does not come back when the row itself is erased. So no page is written with such bytes.

use zeroize::Zeroizing;

/// First bytes of the pages that hold texts: of indexes inside, and the leaves of indexes and tables. No other page
/// of the file begins with one of these and has cells: overflow pages and the list of free ones begin with a page's
/// number, whose first byte is 0, the map of pages begins with one of 1 to 5, and 2 stands there before four zeros.
const INDEX_INSIDE: u8 = 2;
const INDEX_LEAF: u8 = 10;
const TABLE_LEAF: u8 = 13;

/// Returns a page as it is to be written, where that is not as it is. `page` ends before SQLCipher's own bytes.
pub(super) fn blanked(page: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let number = |at: usize| Some(usize::from(u16::from_be_bytes(page.get(at..)?.first_chunk().copied()?)));
    let cells = number(3)?;
    let header = match *page.first()? {
        INDEX_LEAF | TABLE_LEAF => 8_usize,
        INDEX_INSIDE if cells > 0 => 12,
        _ => return None,
    };
    let from = header.checked_add(cells.checked_mul(2)?)?;
    let to = number(5)?;
    if page.get(from..to)?.iter().all(|byte| *byte == 0) {
        return None;
    }
    let mut clean = Zeroizing::new(page.to_vec());
    clean.get_mut(from..to)?.fill(0);
    Some(clean)
}

#[cfg(test)]
mod tests {
    use super::blanked;
    use crate::store::events;
    use crate::store::search::tests::plain;
    use crate::store::timeline::tests::{Talk, message};

    /// How many pages hold this.
    fn holding<'a>(pages: impl Iterator<Item = &'a [u8]>, needle: &[u8]) -> usize {
        pages.filter(|page| page.windows(needle.len()).any(|window| window == needle)).count()
    }

    #[test]
    fn what_sqlite_leaves_of_rows_that_moved_is_in_the_gaps() {
        let dir = tempfile::tempdir().expect("dir");
        let mut talk = Talk::on(plain(dir.path()));
        let mut all = Vec::new();
        for number in 0..4_000_u32 {
            let text = |length: u32| format!("qqsecret{number}qq {}", "y".repeat(length as usize));
            let new = |length| message("@bob:x", &format!("${number}"), &text(length));
            let id = talk.hears(&new(0));
            let mixed = number.wrapping_mul(2_654_435_761) >> 16;
            talk.write(|tx| events::update(tx, id, &new(20 + mixed % 280)));
            all.push(id);
            // What came a little before is read only now, and grows where it stands.
            let earlier = number.saturating_sub(1 + mixed % 50);
            if number % 3 == 0 && earlier < number {
                let body = format!("qqsecret{earlier}qq {}", "z".repeat(100 + (mixed % 200) as usize));
                let grown = message("@bob:x", &format!("${earlier}"), &body);
                let id = all[earlier as usize];
                talk.write(|tx| events::update(tx, id, &grown));
            }
        }
        for id in all {
            talk.write(|tx| events::redact(tx, id));
        }
        talk.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("checkpoint");
        let size = talk.db.pragma_query_value(None, "page_size", |row| row.get::<_, u16>(0)).expect("size");
        let size = usize::from(size);
        let file = std::fs::read(dir.path().join("plain.db")).expect("file");
        let left = holding(file.chunks(size), b"qqsecret");
        assert!(left > 0, "SQLite cleans up by itself now");
        let written: Vec<Vec<u8>> = file
            .chunks(size)
            .map(|page| blanked(page).map_or_else(|| page.to_vec(), |clean| clean.to_vec()))
            .collect();
        assert_eq!(holding(written.iter().map(Vec::as_slice), b"qqsecret"), 0, "of {left}");
        // What is written is the same database.
        let again = dir.path().join("again.db");
        std::fs::write(&again, written.concat()).expect("file");
        let again = rusqlite::Connection::open(again).expect("open");
        let whole: String = again.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checked");
        assert_eq!(whole, "ok");
    }

    /// A page of 40 bytes with two cells from its 30th on.
    fn page(kind: u8) -> Vec<u8> {
        let mut page = vec![7; 40];
        page[..8].copy_from_slice(&[kind, 0, 0, 0, 2, 0, 30, 0]);
        page
    }

    #[test]
    fn between_the_list_of_cells_and_the_cells_nothing_is_written() {
        for (kind, header) in [(13, 8), (10, 8), (2, 12)] {
            let mut wanted = page(kind);
            wanted[header + 4..30].fill(0);
            let clean = blanked(&page(kind)).expect("changed");
            assert_eq!(*clean, wanted, "{kind}");
            assert!(blanked(&clean).is_none(), "nothing more to do");
        }
    }

    #[test]
    fn other_pages_and_broken_ones_stay_as_they_are() {
        for kind in [0, 1, 3, 4, 5, 8, 16] {
            assert!(blanked(&page(kind)).is_none(), "{kind}");
        }
        // The map of pages, of a file whose first page behind it is free.
        assert!(blanked(&[&[2, 0, 0, 0, 0][..], &[5, 0, 0, 0, 9].repeat(7)].concat()).is_none());
        let mut beyond = page(13);
        beyond[5..7].copy_from_slice(&[0, 41]);
        assert!(blanked(&beyond).is_none());
        beyond[3..5].copy_from_slice(&[255, 255]);
        assert!(blanked(&beyond).is_none());
        for length in 0..8 {
            assert!(blanked(&page(13)[..length]).is_none());
        }
    }
}
