//! What people do with messages besides sending them, through a real homeserver: two officers, and a second phone.

use qroc_core::client::{Action, Compose, Error, MarkAs, NewRoom, Search, Talk, TreatAs, Which};
use qroc_core::kind::ErrorKind;
use qroc_core::model::{Item, Room};
use qroc_core::store::codes::{MessageKind, RoomKind};
use qroc_server::Options;
use serde_json::json;

use crate::peer::Peer;
use crate::talk::{Officer, pair, server};

impl Officer {
    /// Does it, and returns the event id where it became an event.
    async fn talks(&self, room: &str, talk: Talk) -> String {
        self.perform(Action::Talk { room: room.to_owned(), talk, txn: None }).await
    }

    async fn says(&self, room: &str, compose: Compose) -> String {
        self.talks(room, Talk::Say(compose)).await
    }

    async fn refuses(&self, room: &str, talk: Talk) -> Error {
        let action = Action::Talk { room: room.to_owned(), talk, txn: None };
        self.client.perform(action, None).await.expect_err("refused")
    }

    async fn item(&self, room: &str, event: &str) -> Item {
        self.client.message(room, event, true).await.expect("item")
    }

    fn room(&self, room: &str) -> Room {
        self.client.room(room).expect("room")
    }
}

fn text(body: &str) -> Compose {
    Compose { body: body.to_owned(), ..Compose::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_formatted_name_people_and_show_what_they_answer_and_how_they_changed() {
    let server = server(Options::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (lisbon, madrid, room) = pair(&server, dir.path()).await;

    let first = lisbon.says(&room, text("**Van** at `AB-12`, @madrid:qroc.test look")).await;
    let plain = lisbon.send(&room, "2 * 3 * 4 <b>no</b>").await;
    madrid.sync().await;
    let item = madrid.item(&room, &first).await;
    assert_eq!(item.body.as_deref(), Some("**Van** at `AB-12`, @madrid:qroc.test look"));
    let runs = item.formatted.expect("formatted").remove(0).runs;
    assert!(runs[0].style.bold && runs[0].text == "Van" && runs[2].style.code, "{runs:?}");
    assert_eq!(runs[4].style.mention.as_deref(), Some("@madrid:qroc.test"), "{runs:?}");
    assert_eq!(item.mentions, ["@madrid:qroc.test"]);
    assert_eq!(madrid.item(&room, &plain).await.formatted, None);
    assert_eq!((madrid.room(&room).unread, madrid.room(&room).highlights), (2, 1));

    let answer = madrid.says(&room, Compose { reply: Some(first.clone()), ..text("Seen") }).await;
    lisbon.sync().await;
    let quote = lisbon.item(&room, &answer).await.quote.expect("quote");
    assert_eq!((quote.known, quote.sender.as_deref()), (true, Some("@lisbon:qroc.test")));
    assert_eq!(quote.body.as_deref(), Some("**Van** at `AB-12`, @madrid:qroc.test look"));
    assert_eq!(lisbon.room(&room).highlights, 1, "who is answered notices");

    for body in ["Van at **CD-34**", "Van left"] {
        lisbon
            .perform(Action::Edit { room: room.clone(), event: first.clone(), body: body.into(), txn: None })
            .await;
    }
    madrid.sync().await;
    let versions = madrid.client.history(&room, &first, false).await.expect("history");
    let bodies: Vec<_> = versions.iter().map(|version| version.body.as_deref().unwrap_or_default()).collect();
    assert_eq!(bodies, ["**Van** at `AB-12`, @madrid:qroc.test look", "Van at **CD-34**", "Van left"]);
    assert_eq!(versions.iter().map(|version| version.current).collect::<Vec<_>>(), [false, false, true]);
    assert!(versions[1].formatted.is_some() && versions[2].formatted.is_none());
    assert_eq!(madrid.item(&room, &answer).await.quote.expect("quote").body.as_deref(), Some("Van left"));

    let root = lisbon.send(&room, "Who is at the gate?").await;
    for body in ["Ana", "And Rui"] {
        madrid.sync().await;
        madrid.says(&room, Compose { thread: Some(root.clone()), ..text(body) }).await;
    }
    lisbon.sync().await;
    assert_eq!(lisbon.item(&room, &root).await.replies.expect("thread").count, 2);
    let threads = lisbon.client.threads(&room, 10).expect("threads");
    assert_eq!(threads.iter().map(|item| item.event_id.clone()).collect::<Vec<_>>(), [Some(root.clone())]);
    let thread = lisbon.client.thread(&room, &root, 10, false).await.expect("thread");
    let bodies: Vec<_> = thread.iter().map(|item| item.body.as_deref().unwrap_or_default()).collect();
    assert_eq!(bodies, ["Who is at the gate?", "Ana", "And Rui"]);

    lisbon.send(&room, "Thanks").await;
    madrid.sync().await;
    madrid.perform(Action::Read { room: room.clone(), txn: None }).await;
    lisbon.sync().await;
    let seen = lisbon.client.seen_by(&room, &root).expect("seen");
    assert_eq!(seen.iter().map(|reader| reader.user_id.as_str()).collect::<Vec<_>>(), ["@madrid:qroc.test"]);

    let found = |search: Search| madrid.client.find(&search, 10).expect("search").len();
    assert_eq!(found(Search { text: "\"at the gate\"".into(), ..Search::default() }), 1);
    assert_eq!(found(Search { text: "lisbon gate".into(), ..Search::default() }), 1, "by the sender's name");
    assert_eq!(found(Search { sender: Some("@madrid:qroc.test".into()), ..Search::default() }), 3);
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_is_shown_however_old_it_is_and_asked_for_once() {
    let server = server(Options::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let lisbon = Officer::sign_in(&server.base_url(), "lisbon", dir.path()).await;
    let madrid = Officer::sign_in(&server.base_url(), "madrid", dir.path()).await;
    let room = NewRoom { name: "Harbour".into(), invite: vec![madrid.name.clone()], kind: RoomKind::Group };
    let room = lisbon.client.create_room(room).await.expect("room");
    // Said while she was invited: she can read it, and it lies before all that her first sync brings.
    let old = lisbon.send(&room, "Łódź, pier four").await;
    for number in 0..25 {
        lisbon.send(&room, &format!("message {number}")).await;
    }
    madrid.sync().await;
    madrid.client.join(&room).await.expect("join");
    lisbon.sync().await;
    let answer = lisbon.says(&room, Compose { reply: Some(old.clone()), ..text("Still so") }).await;
    madrid.sync().await;
    let quote = madrid.item(&room, &answer).await.quote.expect("quote");
    assert_eq!((quote.known, quote.body.as_deref()), (true, Some("Łódź, pier four")));
    let offline = madrid.client.timeline(&room, None, 100, true).await.expect("timeline");
    assert!(
        !offline.iter().any(|item| item.event_id.as_deref() == Some(old.as_str())),
        "no item of the timeline"
    );
    assert_eq!(offline.last().and_then(|item| item.event_id.clone()), Some(answer), "nor at its end");
    assert!(madrid.client.search("lodz", None, 5).expect("search").is_empty());

    // Once the gap is filled it stands in its place, once.
    let all = madrid.texts(&room).await;
    assert_eq!(all.iter().filter(|body| *body == "Łódź, pier four").count(), 1, "{all:?}");
    assert_eq!(all.iter().position(|body| body == "Łódź, pier four"), Some(0));
    assert_eq!(madrid.client.search("lodz", None, 5).expect("search").len(), 1);
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_pins_favourites_and_quiet_rooms_hold_everywhere() {
    let mut server = server(Options::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (lisbon, madrid, room) = pair(&server, dir.path()).await;
    std::fs::create_dir(dir.path().join("second")).expect("dir");
    let second = Officer::sign_in(&server.base_url(), "lisbon", &dir.path().join("second")).await;

    lisbon.talks(&room, Talk::Draft { thread: None, body: "Two cars at".into() }).await;
    let lisbon = lisbon.again().await;
    assert_eq!(lisbon.room(&room).draft.as_deref(), Some("Two cars at"));
    assert_eq!(lisbon.client.drafts(None).expect("drafts").len(), 1);
    lisbon.says(&room, Compose { clears_draft: true, ..text("Two cars at pier four") }).await;
    assert_eq!(lisbon.client.draft(&room, None).expect("draft"), None);

    let pinned = lisbon.send(&room, "Meet at the north gate").await;
    madrid.sync().await;
    lisbon.talks(&room, Talk::Pin { event: pinned.clone(), on: true }).await;
    madrid.sync().await;
    let pins = madrid.client.pins(&room, false).await.expect("pins");
    assert_eq!(pins[0].body.as_deref(), Some("Meet at the north gate"));
    // Without the power to do so it holds only until the server says no.
    let action =
        Action::Talk { room: room.clone(), talk: Talk::Pin { event: pinned.clone(), on: false }, txn: None };
    let outcome =
        madrid.client.perform(action, Some(std::time::Duration::from_secs(30))).await.expect("queued");
    assert_eq!(outcome.sent().state, "failed", "{:?}", outcome.sent());
    assert_eq!(madrid.client.pins(&room, true).await.expect("pins").len(), 1);

    // Set without a network, it holds at once, and everywhere once there is one.
    let stopped = tokio::task::spawn_blocking(move || {
        server.stop().expect("stop");
        server
    });
    let mut server = stopped.await.expect("stopped");
    for talk in
        [Talk::Favourite { on: true }, Talk::LowPriority { on: true }, Talk::LowPriority { on: false }]
    {
        let action = Action::Talk { room: room.clone(), talk, txn: None };
        lisbon.client.perform(action, None).await.expect("queued");
    }
    let quiet = Talk::Notify { level: "mentions".into() };
    lisbon
        .client
        .perform(Action::Talk { room: room.clone(), talk: quiet, txn: None }, None)
        .await
        .expect("queued");
    let here = lisbon.room(&room);
    assert_eq!((here.favourite, here.low_priority, here.notify), (true, false, "mentions"));
    assert_eq!(lisbon.client.queue().expect("queue").len(), 3, "of two that contradict each other the last");
    let started = tokio::task::spawn_blocking(move || {
        server.restart().expect("start");
        server
    });
    let server = started.await.expect("started");
    lisbon.sync().await;
    second.sync().await;
    for officer in [&lisbon, &second] {
        let room = officer.room(&room);
        assert_eq!((room.favourite, room.low_priority, room.notify), (true, false, "mentions"));
    }
    let before = lisbon.room(&room).unread;
    madrid.send(&room, "Nothing new").await;
    madrid.says(&room, text("@lisbon:qroc.test come")).await;
    lisbon.sync().await;
    assert_eq!(
        (lisbon.room(&room).unread, lisbon.room(&room).highlights),
        (before + 1, 1),
        "only what names them"
    );

    // What is read on one phone is read on the other.
    second.sync().await;
    assert!(second.room(&room).highlights + second.room(&room).unread > 0);
    lisbon.perform(Action::Read { room: room.clone(), txn: None }).await;
    second.sync().await;
    assert_eq!((second.room(&room).unread, second.room(&room).highlights), (0, 0));

    madrid.client.set_typing(&room, true).await.expect("typing");
    lisbon.sync().await;
    assert_eq!(lisbon.client.typing_changes(&room, &[]).await.expect("typing"), ["@madrid:qroc.test"]);
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_is_withdrawn_at_every_recipient_and_not_sent_on() {
    let server = server(Options::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (lisbon, madrid, room) = pair(&server, dir.path()).await;
    let other = NewRoom { name: "Pier".into(), invite: vec![lisbon.name.clone()], kind: RoomKind::Group };
    let other = madrid.client.create_room(other).await.expect("room");
    lisbon.sync().await;
    lisbon.client.join(&other).await.expect("join");
    madrid.sync().await;

    let photo = Action::SendFile {
        room: room.clone(),
        path: qroc_fixtures::path("flower2.jpg"),
        caption: Some("North gate".into()),
        treat_as: TreatAs::Image,
        trim: None,
        original: false,
        capture_info: false,
        txn: None,
    };
    let photo = lisbon.perform(photo).await;
    let wrong = lisbon.send(&room, "He wears a red coat").await;
    madrid.sync().await;

    let forwarded = madrid.talks(&other, Talk::Forward { from: room.clone(), event: photo.clone() }).await;
    lisbon.sync().await;
    let item = lisbon.item(&other, &forwarded).await;
    assert_eq!((item.sender.as_str(), item.body.as_deref()), ("@madrid:qroc.test", Some("North gate")));
    assert_eq!(item.forwarded.expect("origin").sender, "@lisbon:qroc.test");
    let get = async |officer: &Officer, room: &str, event: &str, to: &str| {
        let to = dir.path().join(to);
        officer.client.download(room, event, &to, false, Which::Best).await.expect("file").sha256
    };
    assert_eq!(
        get(&lisbon, &other, &forwarded, "forwarded.jpg").await,
        get(&madrid, &room, &photo, "first.jpg").await,
        "the same file"
    );
    let images = Search { kind: Some(MessageKind::Image), room: Some(other.clone()), ..Search::default() };
    assert_eq!(lisbon.client.find(&images, 5).expect("search").len(), 1);

    let right = lisbon.send(&room, "He wears a blue coat").await;
    let superseded = Talk::Mark {
        event: wrong.clone(),
        mark: MarkAs::Superseded,
        replaced_by: Some(right.clone()),
        reason: Some("Wrong man".into()),
    };
    lisbon.talks(&room, superseded).await;
    madrid.sync().await;
    for officer in [&lisbon, &madrid] {
        let mark = officer.item(&room, &wrong).await.mark.expect("mark");
        assert_eq!((mark.state, mark.sender.as_str()), ("superseded", "@lisbon:qroc.test"));
        assert_eq!((mark.replaced_by, mark.reason.as_deref()), (Some(right.clone()), Some("Wrong man")));
    }
    let mark =
        |event: &str, mark| Talk::Mark { event: event.to_owned(), mark, replaced_by: None, reason: None };
    let refused = madrid.refuses(&room, mark(&right, MarkAs::Withdrawn)).await;
    assert_eq!(refused.kind(), ErrorKind::Forbidden, "{refused}");
    let refused = madrid.refuses(&other, Talk::Forward { from: room.clone(), event: wrong.clone() }).await;
    assert!(refused.to_string().contains("superseded by @lisbon:qroc.test"), "{refused}");

    // A moderator may; so may who takes it back.
    let theirs = madrid.send(&room, "I am sure").await;
    lisbon.sync().await;
    lisbon.talks(&room, mark(&theirs, MarkAs::Withdrawn)).await;
    let lifted = lisbon.talks(&room, mark(&wrong, MarkAs::Valid)).await;
    madrid.sync().await;
    assert_eq!(madrid.item(&room, &theirs).await.mark.expect("mark").state, "withdrawn");
    assert_eq!(madrid.item(&room, &wrong).await.mark, None);
    // Removing what was said last gives back what was said before.
    lisbon.perform(Action::Redact { room: room.clone(), event: lifted, txn: None }).await;
    madrid.sync().await;
    assert_eq!(madrid.item(&room, &wrong).await.mark.expect("mark").state, "superseded");
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_client_reads_what_is_formatted_and_cannot_withdraw_the_words_of_others() {
    let server = server(Options::default(), &["lisbon", "porto"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let lisbon = Officer::sign_in(&server.base_url(), "lisbon", dir.path()).await;
    let mut porto = Peer::sign_in(&server.base_url(), "porto");
    let room = NewRoom { name: "Harbour".into(), invite: vec![porto.user.clone()], kind: RoomKind::Group };
    let room = lisbon.client.create_room(room).await.expect("room");
    porto.join(&room);
    lisbon.sync().await;

    let formatted = lisbon.says(&room, text("**Now**, @porto:qroc.test\n- one\n- two")).await;
    let plain = lisbon.send(&room, "2 * 3 * 4, not *yet").await;
    porto.sees(&room, &plain);
    let events = porto.list(&room);
    let content = |event: &str| {
        let found = events.iter().find(|found| found["event_id"] == event).expect("event");
        found["content"].clone()
    };
    let html = content(&formatted)["formatted_body"].as_str().expect("formatted").to_owned();
    assert!(html.contains("<strong>Now</strong>") && html.contains("<li>one</li>"), "{html}");
    assert!(html.contains("<a href=\"https://matrix.to/#/@porto:qroc.test\">"), "{html}");
    assert_eq!(content(&formatted)["m.mentions"], json!({ "user_ids": ["@porto:qroc.test"] }));
    let content = content(&plain);
    assert_eq!((content.get("format"), &content["m.mentions"]), (None, &json!({})));

    let html = "<p>See <a href=\"javascript:x()\">there</a> <img src=\"https://x/y.png\" alt=\"map\">\
                <script>x()</script><b>now</b></p>";
    let theirs = porto.event(json!({"do": "custom", "room": room, "kind": "m.room.message", "content": {
        "msgtype": "m.text", "body": "See there", "format": "org.matrix.custom.html", "formatted_body": html,
        "m.mentions": { "user_ids": ["@lisbon:qroc.test"] },
    }}));
    let withdraw = |event: &str| {
        json!({"do": "custom", "room": room, "kind": "eu.qroc.mark", "content": { "v": 1, "state": "withdrawn",
            "m.relates_to": { "rel_type": "eu.qroc.mark", "event_id": event } }})
    };
    porto.event(withdraw(&plain));
    let last = porto.event(withdraw(&theirs));
    lisbon.sync().await;
    let item = lisbon.item(&room, &theirs).await;
    let runs = item.formatted.expect("formatted").remove(0).runs;
    let drawn: Vec<_> =
        runs.iter().map(|run| (run.text.as_str(), run.style.bold, run.style.link.is_some())).collect();
    assert_eq!(drawn, [("See there map", false, false), ("now", true, false)]);
    assert_eq!(lisbon.room(&room).highlights, 1);
    assert_eq!(item.mark.expect("their own").state, "withdrawn");
    assert_eq!(lisbon.item(&room, &plain).await.mark, None, "not theirs to withdraw");
    assert!(lisbon.client.message(&room, &last, true).await.is_ok(), "it has come");
    drop(server);
}
