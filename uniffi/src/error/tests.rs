use std::collections::BTreeSet;

use qroc_core::client::Error;
use qroc_core::crypto::{CryptoError, WrongCode, WrongKey};
use qroc_core::kind::ErrorKind;
use qroc_core::net::NetError;
use qroc_core::recovery::RecoveryError;
use qroc_core::store::StoreError;
use qroc_core::verify::VerifyError;

use super::{QrocError, error_text_keys, sorting};

const SECRET: &str = "@ana:harbour.example";

fn samples() -> Vec<Error> {
    let refused = |status, errcode: &str| {
        Error::Net(NetError::Refused {
            status,
            errcode: errcode.to_owned(),
            message: SECRET.to_owned(),
            body: Box::default(),
        })
    };
    let mut all = vec![
        Error::Net(NetError::Unreachable(SECRET.to_owned())),
        Error::Net(NetError::Tls(SECRET.to_owned())),
        Error::Net(NetError::NotMatrix(SECRET.to_owned())),
        Error::Net(NetError::BadAddress(SECRET.to_owned())),
        Error::Net(NetError::Request(SECRET.to_owned())),
        Error::Net(NetError::Unauthorized { errcode: SECRET.to_owned(), soft: true }),
        refused(403, "M_FORBIDDEN"),
        refused(404, "M_NOT_FOUND"),
        refused(403, SECRET),
        Error::Store(StoreError::Io(std::io::Error::other(SECRET))),
        Error::NoSuchRoom(SECRET.to_owned()),
        Error::NoSuchEvent(SECRET.to_owned()),
        Error::BadInput(SECRET.to_owned()),
        Error::Handover(SECRET.to_owned()),
        Error::AmbiguousRoom { name: SECRET.to_owned(), ids: vec![SECRET.to_owned()] },
        Error::Closed,
        Error::SignedOutForGood,
    ];
    all.extend([
        Error::Recovery(RecoveryError::Exists),
        Error::Recovery(RecoveryError::NotVerified),
        Error::Recovery(RecoveryError::NoRecovery),
        Error::Recovery(RecoveryError::Crypto(CryptoError::Wrong(WrongKey::Mistyped))),
        Error::Recovery(RecoveryError::Crypto(CryptoError::Wrong(WrongKey::Another))),
        Error::Verify(VerifyError::NoWay(SECRET.to_owned())),
        Error::Verify(VerifyError::Nobody(SECRET.to_owned())),
        Error::Crypto(CryptoError::Changed(vec![SECRET.to_owned()])),
    ]);
    let codes =
        [WrongCode::Unreadable, WrongCode::Other, WrongCode::Keys, WrongCode::NoIdentity, WrongCode::NotNow];
    all.extend(codes.map(|wrong| Error::Verify(VerifyError::Crypto(CryptoError::Code(wrong)))));
    let kinds = [
        ErrorKind::Network,
        ErrorKind::RateLimited,
        ErrorKind::SignedOut,
        ErrorKind::Forbidden,
        ErrorKind::Policy,
        ErrorKind::NotFound,
        ErrorKind::BadInput,
        ErrorKind::BadFile,
        ErrorKind::InUse,
        ErrorKind::Storage,
        ErrorKind::BadServer,
        ErrorKind::Cancelled,
        ErrorKind::Internal,
    ];
    all.extend(kinds.map(|kind| Error::Owner { kind, message: SECRET.to_owned() }));
    all
}

#[test]
fn nothing_of_a_user_or_a_library_is_in_an_error() {
    for error in samples() {
        let shown = QrocError::from(error);
        for text in [shown.to_string(), format!("{shown:?}")] {
            assert!(!text.contains("ana"), "{text}");
        }
    }
}

#[test]
fn every_code_is_listed_with_its_text() {
    let keys: BTreeSet<String> = error_text_keys().into_iter().collect();
    assert_eq!(keys.len(), sorting::CODES.len(), "a code twice");
    for error in samples() {
        let said = format!("{error:?}");
        let code = QrocError::from(error).to_string();
        assert!(keys.contains(&format!("error_{code}")), "{code} of {said} is not listed");
    }
}

#[test]
fn a_code_of_no_use_says_why() {
    let wrong = |wrong| QrocError::from(Error::Verify(VerifyError::Crypto(CryptoError::Code(wrong))));
    let keys = wrong(WrongCode::Keys);
    assert!(matches!(&keys, QrocError::Forbidden { code, .. } if code == "code_other_keys"), "{keys:?}");
    let other = wrong(WrongCode::Other);
    assert!(matches!(&other, QrocError::BadInput { code, .. } if code == "code_of_another"), "{other:?}");
    let none = QrocError::of_file(&qroc_core::media::Error::NoCode);
    assert!(matches!(&none, QrocError::BadInput { code, .. } if code == "no_code"), "{none:?}");
}

#[test]
fn a_refused_word_is_no_reason_to_sign_in() {
    assert!(matches!(QrocError::from(Error::Closed), QrocError::Closed { .. }));
    assert!(matches!(QrocError::from(Error::NotSignedIn), QrocError::SignIn { .. }));
    let held = QrocError::from(Error::Store(StoreError::DiskFull));
    assert!(matches!(held, QrocError::Storage { code, .. } if code == "disk_full"));
}
