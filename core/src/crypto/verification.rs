//! Verifications with the machine: who asked for one, how far each is, and the steps that a person takes.

mod code;
mod crossing;
mod opening;

use std::sync::PoisonError;

use matrix_sdk_crypto::types::requests::OutgoingVerificationRequest;
use matrix_sdk_crypto::{
    CancelInfo, QrVerification, Sas, SasState, Verification, VerificationRequest, VerificationRequestState,
};
use ruma::api::client::keys::upload_signatures;
use ruma::events::key::verification::cancel::CancelCode;
use ruma::{EventId, RoomId, UserId};
use serde_json::Value;
use tokio::sync::watch;

pub use self::code::{Code, WrongCode};
pub use self::crossing::{APART, Want};

pub(super) use self::crossing::Wanted;
pub(super) use self::opening::Early;

use super::CryptoError;
use super::engine::Crypto;
use super::outgoing::RoomMessage;
use crate::net::Http;

/// Names a verification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flow {
    /// Who is at the other end.
    pub user_id: String,
    /// The transaction, or the event that began it.
    pub id: String,
}

/// One of the seven signs that two people compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emoji {
    /// The sign.
    pub symbol: &'static str,
    /// Its English name in the Matrix specification.
    pub word: &'static str,
}

/// Why a verification ended without a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Somebody ended it.
    Cancelled,
    /// Nobody went on in time.
    TimedOut,
    /// The signs differ.
    Mismatch,
    /// The keys are not those that were verified.
    KeyMismatch,
    /// Another device of the same account took it up.
    TakenElsewhere,
    /// The two programs do not understand each other.
    Protocol,
}

/// How far a verification is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// We asked; the other has not answered.
    Waiting,
    /// The other asks; it is for us to accept.
    Asked,
    /// Both want it; the programs agree on a secret.
    Starting,
    /// To be compared by the two people.
    Compare {
        /// Seven signs; none where the other program has none.
        emoji: Vec<Emoji>,
        /// The same as three numbers.
        numbers: [u16; 3],
    },
    /// To be verified by a code: show ours, or scan theirs, whichever is easier.
    Code {
        /// Ours; none where the other cannot scan.
        shown: Option<Code>,
    },
    /// The other says that it has scanned our code. The person is to confirm that the other's screen says so too.
    Scanned,
    /// We confirmed, or scanned; the other has not confirmed yet.
    Confirmed,
    /// Both confirmed.
    Done,
    /// It ended without a result.
    Cancelled {
        /// Whether this side ended it.
        by_us: bool,
        /// Why.
        reason: Reason,
    },
}

/// What is to be sent for a verification.
#[derive(Debug)]
pub enum Step {
    /// Through a room.
    Room(RoomMessage),
    /// From device to device.
    Device(Box<matrix_sdk_crypto::types::requests::ToDeviceRequest>),
    /// Signatures to publish.
    Signatures(Box<upload_signatures::v3::Request>),
}

/// A verification as the machine holds it. It stays readable after the machine forgets it.
#[derive(Clone, Debug)]
pub struct Held {
    flow: Flow,
    request: Option<VerificationRequest>,
    sas: Option<Sas>,
    qr: Option<QrVerification>,
    /// By a code, once both are ready.
    coded: bool,
}

impl Held {
    /// Names it.
    pub fn flow(&self) -> &Flow {
        &self.flow
    }

    /// Returns the other's device, once one has taken part.
    pub fn device_id(&self) -> Option<String> {
        match (&self.sas, &self.request) {
            (Some(sas), _) => Some(sas.other_device_id().to_string()),
            (None, Some(request)) => request.other_device_id().map(|id| id.to_string()),
            (None, None) => None,
        }
    }

    /// Says whether this side asked for it.
    pub fn is_ours(&self) -> bool {
        match (&self.request, &self.sas) {
            (Some(request), _) => request.we_started(),
            (None, Some(sas)) => sas.we_started(),
            (None, None) => false,
        }
    }

    fn follow_request(&mut self) {
        let state = self.request.as_ref().map(VerificationRequest::state);
        let Some(VerificationRequestState::Transitioned { verification, .. }) = state else { return };
        match verification {
            // Whoever shows a code may find that the other begins with signs.
            Verification::SasV1(sas) => (self.sas, self.qr) = (Some(*sas), None),
            Verification::QrV1(qr) => self.qr = Some(*qr),
            // Kinds that are not asked for.
            _ => {}
        }
    }

    /// Says how far it is.
    pub fn stage(&mut self) -> Stage {
        self.follow_request();
        let of_request = self.request.as_ref().map(VerificationRequest::state);
        // A request is done when the other says so; what it was about may still be written here.
        if let Some(sas) = &self.sas {
            // Older programs begin without asking first.
            if self.request.is_none() && !sas.we_started() && self.is_begun() {
                return Stage::Asked;
            }
            return match (of_sas(&sas.state()), of_request) {
                (Stage::Cancelled { .. }, _) | (Stage::Done, _) | (_, None) => of_sas(&sas.state()),
                (_, Some(VerificationRequestState::Cancelled(info))) => cancelled(&info),
                (stage, Some(_)) => stage,
            };
        }
        if let Some(qr) = &self.qr {
            return match (code::stage(qr), of_request) {
                (stage @ (Stage::Cancelled { .. } | Stage::Done), _) => stage,
                (_, Some(VerificationRequestState::Cancelled(info))) => cancelled(&info),
                (stage, _) => stage,
            };
        }
        match of_request {
            Some(VerificationRequestState::Ready { .. }) if self.coded => Stage::Code { shown: None },
            Some(VerificationRequestState::Created { .. }) => Stage::Waiting,
            Some(VerificationRequestState::Requested { .. }) => Stage::Asked,
            Some(VerificationRequestState::Ready { .. } | VerificationRequestState::Transitioned { .. }) => {
                Stage::Starting
            }
            Some(VerificationRequestState::Done) => Stage::Done,
            Some(VerificationRequestState::Cancelled(info)) => cancelled(&info),
            None => Stage::Cancelled { by_us: false, reason: Reason::TimedOut },
        }
    }

    /// Says whether the two programs agreed and nobody has begun yet.
    pub fn is_ready(&self) -> bool {
        let begun = self.sas.is_some() || self.qr.is_some();
        !begun && self.request.as_ref().is_some_and(VerificationRequest::is_ready)
    }

    /// Says whether the other began and waits for our program's word.
    pub fn is_begun(&self) -> bool {
        matches!(self.sas.as_ref().map(Sas::state), Some(SasState::Started { .. }))
    }

    /// Says whether it began with a question.
    pub fn has_request(&self) -> bool {
        self.request.is_some()
    }

    /// Says whether it is over, one way or the other.
    pub fn is_over(&mut self) -> bool {
        matches!(self.stage(), Stage::Done | Stage::Cancelled { .. })
    }

    /// Says whether it is too late to go on.
    pub fn is_late(&self) -> bool {
        match (&self.sas, &self.request) {
            (Some(sas), _) => sas.timed_out(),
            (None, Some(request)) => request.timed_out(),
            (None, None) => true,
        }
    }

    /// Takes up what the other asked for.
    pub fn accept(&self) -> Result<Vec<Step>, CryptoError> {
        let step = match (&self.sas, &self.request) {
            (Some(sas), _) => sas.accept(),
            (None, Some(request)) => request.accept_with_methods(code::methods()),
            (None, None) => None,
        };
        steps(step)
    }

    /// Begins with signs, once both are ready.
    pub async fn begin(&mut self) -> Result<Vec<Step>, CryptoError> {
        self.coded = false;
        let Some(request) = &self.request else { return Ok(Vec::new()) };
        match request.start_sas().await? {
            Some((sas, step)) => {
                (self.sas, self.qr) = (Some(sas), None);
                steps(Some(step))
            }
            None => Ok(Vec::new()),
        }
    }

    /// Says that the signs are the same, or that the other's screen says that it has scanned our code.
    pub async fn confirm(&self) -> Result<Vec<Step>, CryptoError> {
        if let (None, Some(qr)) = (&self.sas, &self.qr) {
            return steps(qr.confirm_scanning());
        }
        let Some(sas) = &self.sas else { return Ok(Vec::new()) };
        let (requests, signatures) = sas.confirm().await?;
        let mut list = steps(requests)?;
        list.extend(signatures.map(|upload| Step::Signatures(Box::new(upload))));
        Ok(list)
    }

    /// Ends it: the signs differ, or somebody does not want to go on.
    pub fn cancel(&self, reason: Reason) -> Result<Vec<Step>, CryptoError> {
        let code = match reason {
            Reason::Mismatch if self.sas.is_none() => CancelCode::KeyMismatch,
            Reason::Mismatch => CancelCode::MismatchedSas,
            Reason::KeyMismatch => CancelCode::KeyMismatch,
            Reason::TimedOut => CancelCode::Timeout,
            Reason::Cancelled | Reason::TakenElsewhere | Reason::Protocol => CancelCode::User,
        };
        let step = match (&self.sas, &self.qr, &self.request) {
            (Some(sas), ..) => sas.cancel_with_code(code),
            (None, Some(qr), _) => qr.cancel_with_code(code),
            (None, None, Some(request)) => request.cancel(),
            (None, None, None) => None,
        };
        steps(step)
    }
}

fn steps(requests: impl IntoIterator<Item = OutgoingVerificationRequest>) -> Result<Vec<Step>, CryptoError> {
    let step = |request| match request {
        OutgoingVerificationRequest::ToDevice(message) => Ok(Step::Device(Box::new(message))),
        OutgoingVerificationRequest::InRoom(message) => Ok(Step::Room(RoomMessage::of(&message)?)),
    };
    requests.into_iter().map(step).collect()
}

fn of_sas(state: &SasState) -> Stage {
    match state {
        SasState::Created { .. } | SasState::Accepted { .. } | SasState::Started { .. } => Stage::Starting,
        SasState::KeysExchanged { emojis, decimals } => Stage::Compare {
            emoji: emojis.iter().flat_map(|list| &list.emojis).map(emoji).collect(),
            numbers: [decimals.0, decimals.1, decimals.2],
        },
        SasState::Confirmed => Stage::Confirmed,
        SasState::Done { .. } => Stage::Done,
        SasState::Cancelled(info) => cancelled(info),
    }
}

fn emoji(of: &matrix_sdk_crypto::Emoji) -> Emoji {
    Emoji { symbol: of.symbol, word: of.description }
}

fn cancelled(info: &CancelInfo) -> Stage {
    let reason = match info.cancel_code() {
        CancelCode::User => Reason::Cancelled,
        CancelCode::Timeout => Reason::TimedOut,
        CancelCode::MismatchedSas | CancelCode::MismatchedCommitment => Reason::Mismatch,
        CancelCode::KeyMismatch | CancelCode::UserMismatch => Reason::KeyMismatch,
        CancelCode::Accepted => Reason::TakenElsewhere,
        _ => Reason::Protocol,
    };
    Stage::Cancelled { by_us: info.cancelled_by_us(), reason }
}

fn asked(want: &Want, id: String, request: VerificationRequest) -> Held {
    let flow = Flow { user_id: want.user_id().to_owned(), id };
    want.set_asked(&flow);
    Held { flow, request: Some(request), sas: None, qr: None, coded: false }
}

impl Crypto {
    /// Follows what verifications and trust depend on: the number changes whenever one of them may have.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.news.follow()
    }

    /// Takes a verification that somebody asked for and nobody has taken up, nor wanted of them.
    pub fn take_asked(&self) -> Option<Held> {
        self.take_first(|held| !self.is_wanted(&held.flow.user_id, held.device_id().as_deref()))
    }

    /// Takes one that a user, and where it is named this device, asked for.
    pub fn take_asked_by(&self, user_id: &str, device_id: Option<&str>) -> Option<Held> {
        self.take_first(|held| {
            held.flow.user_id == user_id && device_id.is_none_or(|id| held.device_id().as_deref() == Some(id))
        })
    }

    fn take_first(&self, fits: impl Fn(&Held) -> bool) -> Option<Held> {
        let mut asked = self.news.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|flow| self.held(flow).is_some_and(|mut held| !held.is_over()));
        let held = asked.iter().filter_map(|flow| self.held(flow)).find(fits)?;
        asked.retain(|flow| *flow != held.flow);
        Some(held)
    }

    fn held(&self, flow: &Flow) -> Option<Held> {
        let user = UserId::parse(&flow.user_id).ok()?;
        let request = self.machine.get_verification_request(&user, &flow.id);
        let (sas, qr) = match self.machine.get_verification(&user, &flow.id) {
            Some(Verification::SasV1(sas)) => (Some(*sas), None),
            Some(Verification::QrV1(qr)) => (None, Some(*qr)),
            // Kinds that are not asked for, or none yet.
            Some(_) | None => (None, None),
        };
        if request.is_none() && sas.is_none() {
            return None;
        }
        let coded = qr.is_some();
        Some(Held { flow: flow.clone(), request, sas, qr, coded })
    }

    /// Asks a device for a verification; without one, all other devices of the own account. Where they have asked
    /// meanwhile that is taken up instead.
    ///
    /// # Errors
    /// `NoSuchDevice`; faults of the store.
    pub async fn ask_device(
        &self,
        want: &Want,
        device_id: Option<&str>,
    ) -> Result<(Held, Vec<Step>), CryptoError> {
        let user = UserId::parse(want.user_id()).map_err(|_| CryptoError::NoSuchDevice)?;
        let methods = code::methods();
        let _no_answer_before = self.news.asking.lock().await;
        if let Some(asked) = self.take_wanted(want)? {
            return Ok(asked);
        }
        let (request, step) = match device_id {
            Some(id) => {
                let device = self.machine.get_device(&user, id.into(), None).await?;
                device.ok_or(CryptoError::NoSuchDevice)?.request_verification_with_methods(methods)
            }
            None => {
                let identity = self.machine.get_identity(&user, None).await?.and_then(|it| it.own());
                let identity = identity.ok_or(CryptoError::NoSuchDevice)?;
                identity.request_verification_with_methods(methods).await?
            }
        };
        Ok((asked(want, request.flow_id().as_str().to_owned(), request), steps(Some(step))?))
    }

    /// Asks a user for a verification through a room: `send` sends the content and returns the id of its event. Where
    /// they have asked meanwhile that is taken up instead.
    ///
    /// # Errors
    /// `NoIdentity` where the user has published none; what `send` says; faults of the store.
    pub async fn ask_in_room<E: From<CryptoError>>(
        &self,
        want: &Want,
        room_id: &str,
        send: impl AsyncFnOnce(Value) -> Result<String, E>,
    ) -> Result<(Held, Vec<Step>), E> {
        let user = UserId::parse(want.user_id()).map_err(|_| CryptoError::NoIdentity)?;
        let room = RoomId::parse(room_id).map_err(|_| CryptoError::NoIdentity)?;
        let identity = self.machine.get_identity(&user, None).await.map_err(CryptoError::from)?;
        let identity = identity.and_then(|it| it.other()).ok_or(CryptoError::NoIdentity)?;
        let methods = || Some(code::methods());
        let content = serde_json::to_value(identity.verification_request_content(methods()));
        let _no_answer_before = self.news.asking.lock().await;
        if let Some(asked) = self.take_wanted(want)? {
            return Ok(asked);
        }
        let event_id = send(content.map_err(CryptoError::from)?).await?;
        let event = EventId::parse(&event_id).map_err(|_| CryptoError::NoIdentity)?;
        let request = identity.request_verification(&room, &event, methods());
        Ok((asked(want, event_id, request), Vec::new()))
    }

    fn take_wanted(&self, want: &Want) -> Result<Option<(Held, Vec<Step>)>, CryptoError> {
        let Some(held) = self.take_asked_by(want.user_id(), want.device_id()) else { return Ok(None) };
        let steps = held.accept()?;
        Ok(Some((held, steps)))
    }

    /// Sends a step that goes from device to device, or publishes signatures.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn take_step(&self, http: &Http, step: Step) -> Result<Option<RoomMessage>, CryptoError> {
        let _one_at_a_time = self.outgoing.lock().await;
        match step {
            Step::Room(message) => return Ok(Some(message)),
            Step::Device(message) => self.deliver_to_device(http, &message.txn_id, &message).await?,
            Step::Signatures(upload) => self.deliver_signatures(http, *upload).await?,
        }
        self.news.tell();
        Ok(None)
    }

    /// Ends what nobody goes on with in time.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn end_late(&self) -> Result<(), CryptoError> {
        self.nudge(Vec::new()).await?;
        self.news.tell();
        Ok(())
    }
}
