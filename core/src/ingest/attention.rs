//! Asks the account's push rules how loudly an event asks for attention.

use std::sync::Arc;

use ruma::events::AnySyncTimelineEvent;
use ruma::push::{Action, PushConditionPowerLevelsCtx, PushConditionRoomCtx, Ruleset, Tweak};
use ruma::serde::Raw;
use ruma::{OwnedUserId, RoomId, UInt, UserId};
use serde_json::value::RawValue;

use super::IngestError;
use crate::crypto::NewKey;
use crate::json;
use crate::store::codes::Notify;
use crate::store::events::NewEvent;
use crate::store::{Store, StoreError, account, events, rooms};

/// What decides how loudly events ask for attention.
#[derive(Clone, Debug)]
pub struct Attention {
    own: OwnedUserId,
    rules: Arc<Ruleset>,
    /// Keys that were stored when the events which wait for them were not: looked at once.
    pub(super) overdue: Vec<NewKey>,
}

impl Attention {
    /// Reads the account's push rules; without any, the protocol's defaults.
    ///
    /// # Errors
    /// Faults of the store, or a malformed own user id.
    pub fn load(store: &Store, own: &str) -> Result<Self, IngestError> {
        let own = UserId::parse(own).map_err(|_| IngestError::Account)?;
        let (stored, overdue) = store.read(|connection| {
            Ok::<_, StoreError>((
                account::account_data(connection, 0, "m.push_rules")?,
                events::overdue(connection)?,
            ))
        })?;
        let overdue =
            overdue.into_iter().map(|(room_id, session_id)| NewKey { room_id, session_id }).collect();
        Ok(Self { rules: Arc::new(rules(stored.as_deref(), &own)), own, overdue })
    }

    pub(super) fn update(&mut self, content: &str) {
        self.rules = Arc::new(rules(Some(content), &self.own));
    }

    /// `whole` is the event as it came, decrypted.
    pub(super) async fn of(
        &self,
        event: &NewEvent,
        whole: Box<RawValue>,
        context: &PushConditionRoomCtx,
    ) -> Notify {
        // Only what people see can ask for their attention.
        if event.sender == self.own.as_str()
            || event.redacted
            || !(event.shown || event.relation.to.is_some())
        {
            return Notify::Nothing;
        }
        // The rules read it as a tree and panic where that cannot be; better too loud than overlooked.
        if json::is_too_deep(whole.get().as_bytes()) {
            return Notify::Unread;
        }
        let raw: Raw<AnySyncTimelineEvent> = Raw::from_json(whole);
        let actions = self.rules.get_actions(&raw, context).await;
        let highlight = actions.iter().any(|action| matches!(action, Action::SetTweak(Tweak::Highlight(yes)) if *yes == ruma::push::HighlightTweakValue::Yes));
        match (highlight, actions.iter().any(Action::should_notify)) {
            (true, _) => Notify::Highlight,
            (false, true) => Notify::Unread,
            (false, false) => Notify::Nothing,
        }
    }
}

fn rules(content: Option<&str>, own: &UserId) -> Ruleset {
    #[derive(serde::Deserialize)]
    struct Content {
        global: Ruleset,
    }
    content
        .and_then(|content| serde_json::from_str::<Content>(content).ok())
        .map_or_else(|| Ruleset::server_default(own), |content| content.global)
}

pub(super) fn context(
    store: &Store,
    attention: &Attention,
    room_id: &str,
    joined: Option<i64>,
) -> Result<Option<PushConditionRoomCtx>, StoreError> {
    let Ok(room) = RoomId::parse(room_id) else { return Ok(None) };
    let (members, levels, name) = store.read(|connection| {
        let Some(known) = rooms::find(connection, room_id)? else { return Ok((2, None, None)) };
        let levels = rooms::state(connection, known.id, "m.room.power_levels", "")?;
        let name = rooms::member_name(connection, known.id, attention.own.as_str())?;
        Ok::<_, StoreError>((known.members, levels, name))
    })?;
    let members = UInt::new_saturating(u64::try_from(joined.unwrap_or(members)).unwrap_or(2));
    let name = name.unwrap_or_else(|| attention.own.localpart().to_owned());
    let mut context = PushConditionRoomCtx::new(room, members, attention.own.clone(), name);
    context.power_levels = levels.as_deref().and_then(power_levels);
    Ok(Some(context))
}

fn power_levels(content: &str) -> Option<PushConditionPowerLevelsCtx> {
    use ruma::events::room::power_levels::{
        RoomPowerLevels, RoomPowerLevelsEventContent, RoomPowerLevelsSource,
    };
    let content: RoomPowerLevelsEventContent = serde_json::from_str(content).ok()?;
    let levels = RoomPowerLevels::new(
        RoomPowerLevelsSource::Original(content),
        &ruma::room_version_rules::AuthorizationRules::V12,
        Vec::new(),
    );
    Some(levels.into())
}
