//! Two officers on a real homeserver, through the core's own client.

use std::path::{Path, PathBuf};
use std::time::Duration;

use qroc_core::client::{Access, Action, Client, Login, NewRoom, Options};
use qroc_core::secret::SecretBytes;
use qroc_core::store::codes::RoomKind;
use qroc_core::store::vault::{Cost, PassphraseVault};
use qroc_server::{Embedded, Options as ServerOptions};

pub const PASSWORD: &str = "golden-hour";

/// One officer's phone: a profile on this disk.
pub struct Officer {
    pub name: String,
    pub client: Client,
    pub profile: PathBuf,
}

pub fn vault() -> PassphraseVault {
    // Cheap on purpose: what a passphrase costs is tested where it is made.
    PassphraseVault::with_cost(
        SecretBytes::new(b"test passphrase".to_vec()),
        Cost { memory_kib: 8, passes: 1, lanes: 1 },
    )
}

impl Officer {
    pub async fn sign_in(server: &str, name: &str, dir: &Path) -> Self {
        let profile = dir.join(format!("{name}-profile"));
        let login = Login { server, user: name, password: PASSWORD, device_name: Some("test") };
        let (client, signed) =
            Client::login(&profile, &vault(), login, Options::default()).await.expect("sign in");
        Self { name: signed.user_id, client, profile }
    }

    pub async fn again(self) -> Self {
        let Self { name, client, profile } = self;
        client.close().await;
        let access = Access::Own { wait: Duration::from_secs(5) };
        let client = Client::open(&profile, &vault(), access, Options::default()).await.expect("open");
        Self { name, client, profile }
    }

    pub async fn sync(&self) -> qroc_core::model::SyncSummary {
        self.client.sync_once(Some(Duration::from_secs(60))).await.expect("sync")
    }

    pub async fn send(&self, room: &str, body: &str) -> String {
        let action =
            Action::Send { room: room.into(), body: body.into(), reply: None, thread: None, txn: None };
        self.perform(action).await
    }

    pub async fn perform(&self, action: Action) -> String {
        let outcome = self.client.perform(action, Some(Duration::from_secs(30))).await.expect("queued");
        let sent = outcome.sent().clone();
        assert_eq!(sent.state, "sent", "{sent:?}");
        sent.event_id.unwrap_or_default()
    }

    pub async fn texts(&self, room: &str) -> Vec<String> {
        let items = self.client.timeline(room, None, 1000, false).await.expect("timeline");
        items.into_iter().filter(|item| item.kind == "m.room.message").filter_map(|item| item.body).collect()
    }
}

pub async fn server(options: ServerOptions, users: &[&str]) -> Embedded {
    let users: Vec<String> = users.iter().map(|user| (*user).to_owned()).collect();
    tokio::task::spawn_blocking(move || {
        let server = Embedded::start(options).expect("server");
        for user in &users {
            server.register(user, PASSWORD, false).expect("register");
        }
        server
    })
    .await
    .expect("started")
}

#[tokio::test(flavor = "multi_thread")]
async fn two_officers_talk_and_the_server_reads_nothing() {
    let server = server(ServerOptions::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let url = server.base_url();
    let lisbon = Officer::sign_in(&url, "lisbon", dir.path()).await;
    let madrid = Officer::sign_in(&url, "madrid", dir.path()).await;

    let room = NewRoom { name: "Harbour".into(), invite: vec![madrid.name.clone()], kind: RoomKind::Group };
    let room = lisbon.client.create_room(room).await.expect("room");
    madrid.sync().await;
    assert_eq!(madrid.client.rooms(None, 10).expect("rooms")[0].membership, "invite");
    madrid.client.join(&room).await.expect("join");
    lisbon.sync().await;

    let first = lisbon.send(&room, "Suspect at pier four").await;
    let summary = madrid.sync().await;
    assert_eq!(summary.undecryptable, 0, "{summary:?}");
    assert_eq!(madrid.texts(&room).await, ["Suspect at pier four"]);
    assert_eq!(madrid.client.rooms(None, 10).expect("rooms")[0].unread, 1);

    let answer = Action::Send {
        room: "Harbour".into(),
        body: "On our way".into(),
        reply: Some(first.clone()),
        thread: None,
        txn: None,
    };
    madrid.perform(answer).await;
    lisbon
        .perform(Action::Edit {
            room: room.clone(),
            event: first.clone(),
            body: "Suspect at pier five".into(),
            txn: None,
        })
        .await;
    madrid
        .perform(Action::React { room: room.clone(), event: first.clone(), key: "👍".into(), txn: None })
        .await;
    for officer in [&lisbon, &madrid] {
        officer.sync().await;
        assert_eq!(officer.texts(&room).await, ["Suspect at pier five", "On our way"], "{}", officer.name);
        let items = officer.client.timeline(&room, None, 50, true).await.expect("timeline");
        let edited =
            items.iter().find(|item| item.event_id.as_deref() == Some(first.as_str())).expect("item");
        assert!(edited.edited && edited.encrypted);
        assert_eq!(edited.reactions["👍"], std::slice::from_ref(&madrid.name));
        let reply = items.iter().find(|item| item.body.as_deref() == Some("On our way")).expect("reply");
        assert_eq!(reply.reply_to.as_deref(), Some(first.as_str()));
        assert_eq!(officer.client.search("pier five", None, 10).expect("search").len(), 1);
        assert_eq!(officer.client.search("four", None, 10).expect("search").len(), 0);
    }

    madrid.perform(Action::Read { room: room.clone(), txn: None }).await;
    assert_eq!(madrid.client.rooms(None, 10).expect("rooms")[0].unread, 0);
    lisbon.perform(Action::Redact { room: room.clone(), event: first.clone(), txn: None }).await;
    madrid.sync().await;
    assert_eq!(madrid.texts(&room).await, ["On our way"]);

    let madrid = madrid.again().await;
    assert_eq!(madrid.texts(&room).await, ["On our way"]);
    let again = madrid.sync().await;
    assert_eq!(again.events, 0, "nothing comes twice");
    drop(server);
}

/// Lisbon and Madrid in the room Harbour, both up to date.
pub async fn pair(server: &Embedded, dir: &Path) -> (Officer, Officer, String) {
    let lisbon = Officer::sign_in(&server.base_url(), "lisbon", dir).await;
    let madrid = Officer::sign_in(&server.base_url(), "madrid", dir).await;
    let room = NewRoom { name: "Harbour".into(), invite: vec![madrid.name.clone()], kind: RoomKind::Group };
    let room = lisbon.client.create_room(room).await.expect("room");
    madrid.sync().await;
    madrid.client.join(&room).await.expect("join");
    lisbon.sync().await;
    (lisbon, madrid, room)
}
