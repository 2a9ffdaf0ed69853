//! The map of a device: put in place, fetched from the organisation's server alone, drawn below a picture.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use qroc_core::client::{Client, Managed};
use qroc_core::kind::ErrorKind;
use qroc_core::store::fixes::View;
use qroc_server::Options;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::location::{drive, share, two};
use crate::talk::{Officer, server};
use crate::terminal;

/// What a server of files answers.
#[derive(Clone, Copy, PartialEq)]
enum Answer {
    Map,
    Half,
    Page,
    Missing,
    Elsewhere,
}

/// A server of one file; counts what it was asked, and keeps whether anybody said who they are.
struct Files {
    url: String,
    asked: Arc<AtomicUsize>,
    signed: Arc<AtomicUsize>,
}

async fn files(answer: Answer) -> Files {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let url =
        format!("http://127.0.0.1:{}/maps/florence.pmtiles", listener.local_addr().expect("address").port());
    let (asked, signed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count, names) = (asked.clone(), signed.clone());
    tokio::spawn(async move {
        let map = fs::read(qroc_fixtures::path("firenze.pmtiles")).expect("fixture");
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => request.push(byte),
                    Err(_) => break,
                }
            }
            let request = String::from_utf8_lossy(&request).to_ascii_lowercase();
            count.fetch_add(1, Ordering::SeqCst);
            if request.contains("authorization") || request.contains("access_token") {
                names.fetch_add(1, Ordering::SeqCst);
            }
            let head = |status: &str, length: usize| {
                format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n")
                    .into_bytes()
            };
            let whole =
                [head("200 OK\r\nlast-modified: Sun, 06 Nov 1994 08:49:37 GMT", map.len()), map.clone()]
                    .concat();
            let bytes = match answer {
                Answer::Map if request.contains("if-modified-since: sun, 06 nov 1994 08:49:37 gmt") => {
                    head("304 Not Modified", 0)
                }
                Answer::Map => whole,
                Answer::Half => whole[..whole.len() / 2].to_vec(),
                Answer::Page => [head("200 OK", 20), b"<html>please sign in".to_vec()].concat(),
                Answer::Missing => head("404 Not Found", 0),
                Answer::Elsewhere => {
                    b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
                        .to_vec()
                }
            };
            let _ = stream.write_all(&bytes).await;
        }
    });
    Files { url, asked, signed }
}

async fn says(client: &Client, url: Option<&str>) {
    let said = url.map(|url| vec![("location.map_url".to_owned(), json!(url))]);
    client.take_managed(&Managed { name: "mdm".into(), said }).await.expect("managed");
}

fn left(officer: &Officer) -> Vec<String> {
    let folder = officer.profile.join("accounts/1");
    let names = fs::read_dir(folder).expect("folder").flatten().map(|entry| entry.file_name());
    names.filter_map(|name| name.into_string().ok()).filter(|name| name.starts_with("map")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_map_comes_from_where_policy_says_and_from_nowhere_else() {
    let server = server(Options::default(), &["lisbon"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let lisbon = Officer::sign_in(&server.base_url(), "lisbon", dir.path()).await;
    let client = &lisbon.client;
    let error = client.fetch_map().await.expect_err("nothing is said");
    assert!(error.kind() == ErrorKind::BadInput && error.to_string().contains("location.map_url"), "{error}");
    assert!(client.about_map().await.expect("none").is_none());
    assert!(client.map_shapes(0, 0, 0).await.expect("none").is_none());

    // What is no map, or not all of it, or somewhere else, changes nothing and leaves nothing.
    for (answer, kind) in [
        (Answer::Half, ErrorKind::Network),
        (Answer::Page, ErrorKind::BadFile),
        (Answer::Missing, ErrorKind::NotFound),
        (Answer::Elsewhere, ErrorKind::Forbidden),
    ] {
        let files = files(answer).await;
        says(client, Some(&files.url)).await;
        let error = client.fetch_map().await.expect_err("no map");
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(left(&lisbon), Vec::<String>::new(), "{error}");
    }
    let own = files(Answer::Map).await;
    says(client, Some(&own.url)).await;
    let about = client.fetch_map().await.expect("fetched").expect("new");
    assert_eq!((about.max_zoom, about.attribution.as_deref()), (14, Some("Protomaps © OpenStreetMap")));
    assert!(client.fetch_map().await.expect("asked").is_none(), "no newer");
    assert_eq!(
        (own.asked.load(Ordering::SeqCst), own.signed.load(Ordering::SeqCst)),
        (2, 0),
        "nobody said who"
    );
    assert!(client.map_shapes(14, 8704, 5972).await.expect("read").expect("there").len() > 5_000);
    assert_eq!(client.map_tile(14, 8704, 5972).await.expect("read").expect("there").len(), 332_948);
    let error = client.map_tile(3, 8, 0).await.expect_err("no such tile");
    assert_eq!(error.kind(), ErrorKind::BadInput);
    // What is worse does not replace it; reading goes on from memory of nothing but the file.
    let page = files(Answer::Half).await;
    says(client, Some(&page.url)).await;
    client.fetch_map().await.expect_err("half");
    assert_eq!(left(&lisbon), ["map.pmtiles"]);
    assert_eq!(client.about_map().await.expect("read"), Some(about));
    // Reading asks nobody.
    assert_eq!((own.asked.load(Ordering::SeqCst), page.asked.load(Ordering::SeqCst)), (2, 1));
    assert!(client.remove_map().expect("removed") && !client.remove_map().expect("gone"));
    assert!(client.about_map().await.expect("none").is_none());
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_officers_are_a_number_from_afar_and_themselves_from_near() {
    let server = server(Options::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (lisbon, madrid, room) = two(&server.base_url(), dir.path()).await;
    for officer in [&lisbon, &madrid] {
        let way = drive("car.gpx", 2);
        share(&officer.client, &room, qroc_core::geo::pace::Wanted::Chase, way, 2.0).await;
    }
    for _ in 0..5 {
        madrid.sync().await;
        lisbon.sync().await;
        if lisbon.client.positions(Some(&room)).expect("positions").len() == 2 {
            break;
        }
    }
    let at = drive("car.gpx", 1)[0].place;
    #[expect(clippy::cast_possible_truncation, reason = "degrees")]
    let (lat, lon) = ((at.lat * 1e6) as i32, (at.lon * 1e6) as i32);
    let view = View { south: lat - 500, west: lon - 500, north: lat + 500, east: lon + 500 };
    let far = lisbon.client.clusters(Some(&room), view, 5).expect("clusters");
    assert_eq!(far.iter().map(|one| one.count).collect::<Vec<_>>(), [2], "{far:?}");
    assert!(far[0].position.is_none() && (far[0].lat - at.lat).abs() < 0.01, "{far:?}");
    assert!(far[0].south <= far[0].lat && far[0].lat <= far[0].north, "{far:?}");
    let near = lisbon.client.clusters(Some(&room), view, 20).expect("clusters");
    let names: Vec<_> = near.iter().map(|one| one.position.as_ref().expect("one").user_id.as_str()).collect();
    assert!(names.len() == 2 && names.contains(&lisbon.name.as_str()), "{near:?}");
    assert_eq!(
        lisbon.client.clusters(Some(&room), view, 5).expect("again"),
        far,
        "nothing of it is by chance"
    );
    drop(server);
}

#[test]
fn a_picture_of_a_room_lies_on_the_map() {
    let server = terminal::server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, _madrid, room) = terminal::two_officers(&server.base_url());
    let (kind, message) = lisbon.run(&["location", "map-file"]).error(1);
    assert!(kind == "not_found" && message.contains("--take"), "{message}");
    let map = qroc_fixtures::path("firenze.pmtiles").display().to_string();
    let taken = lisbon.run(&["location", "map-file", "--take", &map]).one();
    assert_eq!((&taken["state"], &taken["max_zoom"]), (&json!("taken"), &json!(14)), "{taken}");
    fs::write(lisbon.file("bad.pmtiles"), b"<html>").expect("file");
    let (kind, message) = lisbon.run(&["location", "map-file", "--take", "bad.pmtiles"]).error(6);
    assert!(kind == "bad_file" && message.contains("PMTiles"), "{message}");
    assert_eq!(lisbon.run(&["location", "map-file"]).one()["bytes"], 3_939_701);

    let cordon =
        ["location", "area", "add", &room, "Ponte Vecchio", "--circle", "43.7680,11.2531", "--radius", "200"];
    lisbon.run(&cordon).one();
    let drawn = lisbon.run(&["location", "map", &room, "--to", "florence.svg"]).one();
    assert_eq!((&drawn["map"], &drawn["areas"]), (&json!(true), &json!(1)), "{drawn}");
    let picture = fs::read_to_string(lisbon.file("florence.svg")).expect("picture");
    assert!(picture.contains("#aad3df") && picture.contains("Protomaps © OpenStreetMap"), "the Arno");
    let drawn = lisbon.run(&["location", "map", &room, "--to", "florence.png"]).one();
    let pixels = image(&lisbon.file("florence.png"));
    let water = pixels.iter().filter(|pixel| **pixel == [0xaa, 0xd3, 0xdf]).count();
    assert!(water > 20_000, "{water} pixels of the Arno in {drawn}");
    assert_eq!(lisbon.run(&["location", "map-file", "--remove"]).one()["state"], "removed");
    let drawn = lisbon.run(&["location", "map", &room, "--to", "bare.svg"]).one();
    assert_eq!(drawn["map"], false);
}

/// The picture's colours, read by another program.
fn image(path: &std::path::Path) -> Vec<[u8; 3]> {
    let read = std::process::Command::new("convert")
        .arg(path)
        .args(["-depth", "8", "rgb:-"])
        .output()
        .expect("convert");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    read.stdout.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
}
