//! Where policy says so, a new device waits until another one of the account or the recovery key has confirmed it.

use std::path::Path;
use std::time::Duration;

use qroc_core::client::{Action, Client, Error, Lifecycle, Login, Managed, NewRoom, Options, Outcome};
use qroc_core::store::codes::RoomKind;
use qroc_server::Options as ServerOptions;
use serde_json::json;

use crate::recovery::{Phone, until};
use crate::talk::{self, PASSWORD, vault};
use crate::trust::{confirm, meet};

/// A device that its management tells to wait.
async fn waiting(url: &str, profile: &Path) -> Phone {
    let said = vec![("account.second_factor".to_owned(), json!(true))];
    let managed = Managed { name: "system".to_owned(), said: Some(said) };
    let options = Options { managed: vec![managed], ..Options::default() };
    let login = Login { server: url, user: "lisbon", password: PASSWORD, device_name: None };
    let (client, signed) = Client::login(profile, &vault(), login, options).await.expect("sign in");
    let life = Lifecycle::new(client);
    life.foreground().expect("foreground");
    let client = life.client().expect("client");
    Phone { life, client, user: signed.user_id }
}

async fn say(phone: &Phone, room: &str, body: &str) -> Result<Outcome, Error> {
    let action = Action::Send { room: room.into(), body: body.into(), reply: None, thread: None, txn: None };
    phone.client.perform(action, Some(Duration::from_secs(30))).await
}

async fn sends(phone: &Phone, room: &str, body: &str) {
    assert_eq!(say(phone, room, body).await.expect("queued").sent().state, "sent", "{body}");
}

async fn texts(phone: &Phone, room: &str) -> Vec<String> {
    let items = phone.client.timeline(room, None, 100, false).await.expect("timeline");
    items.into_iter().filter_map(|item| item.body).collect()
}

/// Sees that something came, and nothing of what it says; sends nothing, makes nothing.
async fn is_shut(phone: &Phone, room: &str, came: usize) -> Vec<&'static str> {
    until("the room", async || phone.client.rooms(None, 9).expect("rooms").len() == 1).await;
    let unread = async || {
        let items = phone.client.timeline(room, None, 100, false).await.expect("timeline");
        assert!(items.iter().all(|item| item.body.is_none()), "{items:#?}");
        items.iter().filter_map(|item| item.undecryptable).collect::<Vec<_>>()
    };
    until("the messages", async || unread().await.len() == came).await;
    assert!(phone.client.search("from", None, 10).expect("search").is_empty());
    let harbour = NewRoom { name: "Pier".into(), invite: Vec::new(), kind: RoomKind::Group };
    for refused in
        [say(phone, room, "Too early").await.map(drop), phone.client.create_room(harbour).await.map(drop)]
    {
        let refused = refused.expect_err("not confirmed");
        assert_eq!(refused.denied().expect("by policy").key, "account.second_factor", "{refused}");
    }
    assert!(phone.client.queue().expect("queue").is_empty());
    unread().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_device_waits_until_it_is_confirmed() {
    let server = talk::server(ServerOptions::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let url = server.base_url();
    // The account's first device confirms itself.
    let phone = waiting(&url, &dir.path().join("phone/profile")).await;
    let madrid = Phone::sign_in(&url, "madrid", &dir.path().join("madrid/profile")).await;
    let room = NewRoom { name: "Harbour".into(), invite: vec![madrid.user.clone()], kind: RoomKind::Group };
    let room = phone.client.create_room(room).await.expect("room");
    until("the invitation", async || !madrid.client.rooms(None, 9).expect("rooms").is_empty()).await;
    madrid.client.join(&room).await.expect("join");
    sends(&phone, &room, "From the phone before").await;
    let key = phone.client.create_recovery_key(None, false).await.expect("key");
    phone.client.recovery_key_shown().await.expect("noted");

    let tablet = waiting(&url, &dir.path().join("tablet/profile")).await;
    // Madrid gives the tablet the key of what is sent now, the phone is told not to.
    sends(&madrid, &room, "From madrid meanwhile").await;
    sends(&phone, &room, "From the phone meanwhile").await;
    let why = is_shut(&tablet, &room, 3).await;
    assert_eq!(why.iter().filter(|why| **why == "withheld").count(), 1, "{why:?}");
    until("the backup", async || phone.client.recovery().expect("recovery").waiting == 0).await;
    let mut said = vec!["From the phone before", "From madrid meanwhile", "From the phone meanwhile"];

    // Confirmed by the phone, it goes on as it is.
    let (ours, theirs) = meet(&tablet.client, &tablet.user, &phone.client).await;
    confirm(&ours, &theirs).await;
    until("all messages", async || texts(&tablet, &room).await == said).await;
    sends(&tablet, &room, "From the tablet").await;
    said.push("From the tablet");
    until("the tablet's message", async || {
        texts(&madrid, &room).await.last().is_some_and(|it| it == "From the tablet")
    })
    .await;
    until("the backup", async || tablet.client.recovery().expect("recovery").waiting == 0).await;

    // Another one, by the recovery key.
    let spare = waiting(&url, &dir.path().join("spare/profile")).await;
    is_shut(&spare, &room, 4).await;
    assert!(spare.client.restore(&key).await.expect("restored").verified);
    until("all messages", async || texts(&spare, &room).await == said).await;
    sends(&spare, &room, "From the spare one").await;

    // Who is not told to wait does not.
    let free = Phone::sign_in(&url, "lisbon", &dir.path().join("free/profile")).await;
    until("the room", async || free.client.rooms(None, 9).expect("rooms").len() == 1).await;
    sends(&free, &room, "From the free one").await;
    for phone in [phone, madrid, tablet, spare, free] {
        phone.close().await;
    }
}
