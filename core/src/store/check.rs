//! Reads a whole database and says whether all of it makes sense: every page, every index, every reference.

use super::{Store, StoreError};

impl Store {
    /// Checks every page, index and reference. Takes as long as reading the whole file.
    ///
    /// # Errors
    /// `Damaged` where anything does not fit; faults of reading.
    pub fn check(&self) -> Result<(), StoreError> {
        self.read(|connection| {
            // Reads every page in use, log included, so each one's authentication code is checked as well.
            let mut words = connection.prepare("PRAGMA integrity_check")?;
            let said: Vec<String> = words.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            if said != ["ok"] {
                return Err(StoreError::Damaged);
            }
            let mut references = connection.prepare("PRAGMA foreign_key_check")?;
            // No two events stand at one place.
            let mut doubled = connection.prepare(
                "SELECT 1 FROM event WHERE chunk IS NOT NULL GROUP BY chunk, idx HAVING count(*) > 1",
            )?;
            if references.exists([])? || doubled.exists([])? { Err(StoreError::Damaged) } else { Ok(()) }
        })
    }
}
