use std::time::{Duration, SystemTime};

use super::{reason, time, time_or_never};

#[test]
fn times_of_all_ages_are_times() {
    assert_eq!(time(1_500), SystemTime::UNIX_EPOCH + Duration::from_millis(1_500));
    assert_eq!(time(-1_500), SystemTime::UNIX_EPOCH - Duration::from_millis(1_500));
    assert_eq!(time_or_never(0), None);
    // Whatever a hostile server says: no panic.
    let _ = (time(i64::MAX), time(i64::MIN));
}

#[test]
fn of_a_failure_only_its_kind_is_shown() {
    assert_eq!(reason(Some("network: cannot reach 10.0.0.1".to_owned())).as_deref(), Some("network"));
    assert_eq!(reason(Some("The server says @ana:x".to_owned())).as_deref(), Some("internal"));
    assert_eq!(reason(None), None);
}
