use std::time::{Duration, SystemTime};

use qroc_core::model;

use super::change::{MemberChange, RoomChange};
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

#[test]
fn every_word_of_the_core_for_a_change_is_one_here() {
    let change = |what| {
        let (user_id, text) = (Some("@madrid:s".to_owned()), Some("Harbour".to_owned()));
        RoomChange::of(model::Change { what, user_id, user_name: None, text })
    };
    let (name, reason) = (Some("Harbour".to_owned()), Some("Harbour".to_owned()));
    assert_eq!(change("created"), Some(RoomChange::Created));
    assert_eq!(change("encrypted"), Some(RoomChange::Encrypted));
    assert_eq!(change("named"), Some(RoomChange::Named { name: name.clone() }));
    assert_eq!(change("topic"), Some(RoomChange::Topic { topic: name }));
    assert_eq!(change("picture"), Some(RoomChange::Picture));
    assert_eq!(change("closed"), Some(RoomChange::Closed { reason: reason.clone() }));
    let members = [
        ("asked", MemberChange::Asked),
        ("invited", MemberChange::Invited),
        ("joined", MemberChange::Joined),
        ("left", MemberChange::Left),
        ("removed", MemberChange::Removed),
        ("banned", MemberChange::Banned),
    ];
    for (word, became) in members {
        let user_id = "@madrid:s".to_owned();
        let wanted = RoomChange::Member { change: became, user_id, user_name: None, reason: reason.clone() };
        assert_eq!(change(word), Some(wanted));
    }
    assert_eq!(change("a word of the next version"), None);
}
