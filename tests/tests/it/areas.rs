//! Areas on the map: drawn, changed and taken away.

use std::time::Duration;

use qroc_core::geo::area::{Area, AreaKind, Shape};
use qroc_core::geo::pace::Wanted;
use qroc_server::Options;

use crate::location::{drive, share, two};
use crate::talk::server;

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
