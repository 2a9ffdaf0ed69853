//! Areas on the map: drawn, changed and taken away; who is inside, who comes in, who is nearest.

use std::time::Duration;

use qroc_core::geo::area::{Area, AreaKind, Shape};
use qroc_core::geo::exchange::{cot, tak};
use qroc_core::geo::pace::Wanted;
use qroc_server::Options;
use serde_json::json;

use crate::location::{drive, share, two};
use crate::talk::server;
use crate::terminal;

#[tokio::test(flavor = "multi_thread")]
async fn areas_are_drawn_changed_and_taken_away_by_those_who_may() {
    let server = server(Options::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (lisbon, madrid, room) = two(&server.base_url(), dir.path()).await;
    let way = drive("car.gpx", 3);
    let circle = |radius| Area {
        kind: AreaKind::Cordon,
        name: "Pier four".into(),
        colour: Some("#cc0000".into()),
        valid_from: None,
        valid_to: None,
        shape: Shape::circle(way[2].place, radius).expect("circle"),
    };
    let wait = Some(Duration::from_secs(30));
    let (id, outcome) = lisbon.client.put_area(&room, None, &circle(100.0), wait).await.expect("drawn");
    assert_eq!(outcome.sent().state, "sent");
    share(&madrid.client, &room, Wanted::Chase, way.clone(), 5.0).await;
    madrid.sync().await;
    lisbon.sync().await;
    for officer in [&lisbon, &madrid] {
        let areas = officer.client.areas(&room).expect("areas");
        assert_eq!(
            (areas.len(), areas[0].area_id.as_str(), areas[0].name.as_str()),
            (1, id.as_str(), "Pier four")
        );
        assert_eq!(areas[0].author, lisbon.name);
        // The sharing is over, so nobody is known to be inside.
        assert!(areas[0].inside.is_empty());
    }
    let refused = madrid.client.put_area(&room, Some(id.clone()), &circle(5.0), wait).await;
    assert!(refused.is_err(), "it is not hers, and she is no moderator");
    lisbon.client.put_area(&room, Some(id.clone()), &circle(300.0), wait).await.expect("changed");
    madrid.sync().await;
    assert_eq!(madrid.client.areas(&room).expect("areas")[0].geometry, circle(300.0).shape.to_geojson());
    lisbon.client.remove_area(&room, "Pier four", wait).await.expect("removed");
    madrid.sync().await;
    for officer in [&lisbon, &madrid] {
        assert!(officer.client.areas(&room).expect("areas").is_empty());
    }
    drop(server);
}

#[test]
fn who_is_where_is_told_grouped_and_handed_to_a_control_room() {
    let server = terminal::server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = terminal::two_officers(&server.base_url());
    let start = drive("car.gpx", 1)[0].place;
    let middle = format!("{:.6},{:.6}", start.lat, start.lon);
    let cordon = ["location", "area", "add", &room, "Pier four", "--circle", &middle, "--radius", "2000"];
    lisbon.run(&cordon).one();
    madrid.sync();
    let track = qroc_fixtures::path("car.gpx").display().to_string();
    let mut share = madrid
        .command(&["location", "share", &room, "--pace", "chase", "--track", &track, "--speed", "5"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("qroc");

    // Told once, by the watcher's own device; a cordon drawn anew around somebody is told at once.
    let told = lisbon.run(&["location", "watch", &room, "--areas", "--for", "12"]).all();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0]["what"], &told[0]["area"]), (&json!("enter"), &json!("Pier four")), "{told:?}");
    assert_eq!(told[0]["user_id"], madrid.user.as_str());
    let hot = ["location", "area", "add", &room, "Smoke", "--kind", "plume", "--circle", &middle];
    lisbon.run(&[&hot[..], &["--radius", "3000"]].concat()).one();
    let told = lisbon.run(&["location", "watch", &room, "--areas", "--for", "3"]).all();
    let names: Vec<_> = told.iter().map(|one| one["area"].as_str().expect("name")).collect();
    assert!(names.contains(&"Pier four") && names.contains(&"Smoke"), "{told:?}");

    // Nearest to a place a kilometre to the north.
    let north = format!("{:.6},{:.6}", start.lat + 0.009, start.lon);
    let nearest = lisbon.run(&["location", "nearest", &room, &north]).one();
    assert_eq!(nearest["user_id"], madrid.user.as_str());
    let metres = nearest["distance_m"].as_f64().expect("metres");
    assert!((300.0..3_000.0).contains(&metres), "{nearest}");

    // Those inside get a room of their own.
    let list = lisbon.run(&["location", "area", "list", &room]).all();
    assert_eq!(list[0]["inside"], json!([madrid.user]), "{list:?}");
    let group = lisbon.run(&["location", "area", "group", &room, "Pier four", "At pier four"]).one();
    assert_eq!(group["invited"], json!([madrid.user]));
    let (kind, message) = lisbon.run(&["location", "area", "group", &room, "Pier nine", "x"]).error(2);
    assert!(kind == "bad_input" && message.contains("Pier nine"), "{message}");

    // A control room's TAK sees them, and what it marks becomes an area.
    for name in ["officers.cot", "officers.tak"] {
        assert_eq!(lisbon.run(&["location", "cot", &room, "--to", name]).one()["officers"], 1);
        let file = std::fs::read(lisbon.file(name)).expect("file");
        let events = match name {
            "officers.cot" => cot::read_all(std::str::from_utf8(&file).expect("text")).expect("events"),
            _ => tak::read(&file).expect("events"),
        };
        assert_eq!((events.len(), events[0].uid.as_str()), (1, madrid.user.as_str()));
        assert!((events[0].place.lat - start.lat).abs() < 0.02, "{events:?}");
        let mark = ["location", "area", "add", &room, name, "--kind", "point", "--file", name];
        assert_eq!(lisbon.run(&mark).one()["kind"], "point");
    }
    std::fs::write(lisbon.file("bad.cot"), "<event>\n</event>").expect("file");
    let bad = ["location", "area", "add", &room, "x", "--kind", "point", "--file", "bad.cot"];
    let (kind, message) = lisbon.run(&bad).error(6);
    assert!(kind == "bad_file" && message.contains("line 1"), "{message}");

    madrid.run(&["location", "stop", &room]).one();
    assert!(share.wait().expect("ended").success());
    lisbon.sync();
    let (_, message) = lisbon.run(&["location", "area", "group", &room, "Pier four", "Again"]).error(2);
    assert!(message.contains("nobody"), "{message}");
}
