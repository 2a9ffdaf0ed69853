//! Which servers are believed: real certificates, made here, in front of the real homeserver.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use qroc_core::client::{self, Client, Login, Managed};
use qroc_core::kind::ErrorKind;
use qroc_server::Options;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::talk::{PASSWORD, vault};

/// An authority and a certificate for this machine that it signed.
struct Papers {
    dir: PathBuf,
}

impl Papers {
    fn make(dir: &Path) -> Self {
        fs::create_dir(dir).expect("dir");
        let papers = Self { dir: dir.to_owned() };
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
        papers.openssl(&[
            &[
                "req",
                "-x509",
                "-days",
                "30",
                "-subj",
                "/CN=Police authority",
                "-keyout",
                "ca.key",
                "-out",
                "ca.pem",
            ],
            &curve[..],
        ]);
        papers.openssl(&[
            &["req", "-subj", "/CN=127.0.0.1", "-keyout", "server.key", "-out", "server.csr"],
            &curve[..],
        ]);
        fs::write(
            papers.dir.join("names"),
            "subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n",
        )
        .expect("names");
        papers.openssl(&[&[
            "x509",
            "-req",
            "-in",
            "server.csr",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-days",
            "30",
            "-extfile",
            "names",
            "-out",
            "server.pem",
        ]]);
        papers
    }

    fn openssl(&self, args: &[&[&str]]) -> Vec<u8> {
        let done =
            Command::new("openssl").args(args.concat()).current_dir(&self.dir).output().expect("openssl");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        done.stdout
    }

    fn authority(&self) -> String {
        fs::read_to_string(self.dir.join("ca.pem")).expect("certificate").trim().to_owned()
    }

    /// The pin of a certificate's key, made without our own code.
    fn pin(&self, name: &str) -> String {
        let pem = self.openssl(&[&["x509", "-in", name, "-noout", "-pubkey"]]);
        fs::write(self.dir.join("public"), pem).expect("key");
        let der = self.openssl(&[&["pkey", "-pubin", "-in", "public", "-outform", "DER"]]);
        fs::write(self.dir.join("der"), der).expect("key");
        STANDARD.encode(self.openssl(&[&["dgst", "-sha256", "-binary", "der"]]))
    }

    fn config(&self, old: bool) -> Arc<ServerConfig> {
        let read = |name: &str| fs::read(self.dir.join(name)).expect("file");
        let chain =
            ["server.pem", "ca.pem"].map(|name| CertificateDer::from_pem_slice(&read(name)).expect("PEM"));
        let key = PrivateKeyDer::from_pem_slice(&read("server.key")).expect("key");
        let versions: &[_] = if old { &[&rustls::version::TLS12] } else { &[&rustls::version::TLS13] };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain.to_vec(), key)
            .expect("certificate");
        Arc::new(config)
    }
}

/// Takes TLS off and hands on to the homeserver.
struct Front {
    url: String,
    config: Arc<Mutex<Arc<ServerConfig>>>,
}

impl Front {
    async fn start(upstream: u16, config: Arc<ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
        let url = format!("https://127.0.0.1:{}", listener.local_addr().expect("address").port());
        let front = Self { url, config: Arc::new(Mutex::new(config)) };
        let shared = front.config.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let config = shared.lock().expect("config").clone();
                tokio::spawn(async move {
                    // One that turns away is what is being tested.
                    let Ok(mut inside) = TlsAcceptor::from(config).accept(stream).await else { return };
                    let Ok(mut server) = TcpStream::connect(("127.0.0.1", upstream)).await else { return };
                    let _ = tokio::io::copy_bidirectional(&mut inside, &mut server).await;
                });
            }
        });
        front
    }
}

fn managed(policy: &Value) -> Managed {
    let said = policy.as_object().expect("object").iter().map(|(key, value)| (key.clone(), value.clone()));
    Managed { name: "system".to_owned(), said: Some(said.collect()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_servers_that_policy_believes_are_talked_to() {
    let server = crate::talk::server(Options::default(), &["lisbon"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (ours, theirs) = (Papers::make(&dir.path().join("ours")), Papers::make(&dir.path().join("theirs")));
    let front = Front::start(server.port(), ours.config(false)).await;
    let believed = json!([ours.authority()]);
    let profile = dir.path().join("profile");
    let sign_in = async |policy: Value| {
        let login = Login { server: &front.url, user: "lisbon", password: PASSWORD, device_name: None };
        let options = client::Options { managed: vec![managed(&policy)], ..client::Options::default() };
        Client::login(&profile, &vault(), login, options).await
    };
    // Nobody knows this authority; another's word is none; a pin that nobody has, and pins that do not meet.
    for policy in [
        json!({}),
        json!({ "server.ca_certificates": [theirs.authority()] }),
        json!({ "server.ca_certificates": believed, "server.spki_pins": [theirs.pin("server.pem")] }),
        json!({ "server.ca_certificates": believed, "server.spki_pins": [] }),
    ] {
        let error = sign_in(policy.clone()).await.expect_err("refused");
        assert!(
            error.kind() == ErrorKind::Network && error.to_string().contains("certificate"),
            "{policy}: {error}"
        );
        assert!(!profile.join("device.key").exists(), "nothing is left behind");
    }
    // An old server, where policy wants a new one.
    let strict = json!({ "server.ca_certificates": believed, "net.min_tls": "1.3" });
    *front.config.lock().expect("config") = ours.config(true);
    assert_eq!(sign_in(strict.clone()).await.expect_err("refused").kind(), ErrorKind::Network);
    *front.config.lock().expect("config") = ours.config(false);

    let (client, _) = sign_in(strict).await.expect("believed");
    let minute = Some(Duration::from_secs(60));
    client.sync_once(minute).await.expect("sync");
    // Another word holds at once, without a restart; the last good one stays where another makes no sense.
    let pins = [ours.pin("server.pem"), theirs.pin("server.pem")];
    for (policy, good) in [
        (json!({ "server.ca_certificates": believed, "server.spki_pins": [pins[1]] }), false),
        (json!({ "server.ca_certificates": believed, "server.spki_pins": [pins[1], pins[0]] }), true),
        (json!({ "server.ca_certificates": believed, "server.spki_pins": [ours.pin("ca.pem")] }), true),
        (json!({}), false),
        (json!({ "server.ca_certificates": [theirs.authority(), ours.authority()] }), true),
    ] {
        client.take_managed(&managed(&policy)).await.expect("taken");
        let synced = client.sync_once(if good { minute } else { Some(Duration::from_secs(2)) }).await;
        assert_eq!(synced.is_ok(), good, "{policy}: {synced:?}");
    }
    // A server that is old is talked to where policy does not mind, and not where it does.
    *front.config.lock().expect("config") = ours.config(true);
    let trusted = |least: &str| json!({ "server.ca_certificates": believed, "net.min_tls": least });
    client.take_managed(&managed(&trusted("1.3"))).await.expect("taken");
    client.sync_once(Some(Duration::from_secs(2))).await.expect_err("too old");
    client.take_managed(&managed(&trusted("1.2"))).await.expect("taken");
    client.sync_once(minute).await.expect("sync");
    client.close().await;
}
