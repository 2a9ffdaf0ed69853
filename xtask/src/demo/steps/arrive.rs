//! The homeserver, the two sign-ins, the room.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use qroc_server::{Embedded, Options};
use serde_json::{Value, json};

use crate::demo::officer::{Officer, PASSPHRASE, PASSWORD, number, text};
use crate::demo::report::Report;
use crate::demo::{ROOM, Scene};

pub(in crate::demo) fn homeserver(report: &mut Report) -> Result<Embedded> {
    let server = Embedded::start(Options::default())?;
    let version = server.admin("GET", "/_synapse/admin/v1/server_version", None)?;
    let version = text(&version, "server_version");
    report.check(
        !version.is_empty(),
        format!("Synapse {version} answers at {}", server.base_url()),
        || "no version".to_owned(),
    )?;
    for user in ["lisbon", "madrid"] {
        server.register(user, PASSWORD, false)?;
    }
    let users = server.admin("GET", "/_synapse/admin/v2/users?admins=false", None)?;
    let users = users.get("users").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut names: Vec<&str> = users.iter().map(|user| text(user, "name")).collect();
    names.sort_unstable();
    report.equal(
        &names,
        &vec!["@lisbon:qroc.test", "@madrid:qroc.test"],
        "it has the accounts of two officers",
    )?;
    Ok(server)
}

pub(in crate::demo) fn sign_in(scene: &mut Scene) -> Result<()> {
    let server = scene.server.base_url();
    for officer in [&scene.lisbon, &scene.madrid] {
        let report = &mut scene.report;
        let signed_in = officer.sign_in(report, &server)?;
        let status = officer.one(&["status"])?;
        let facts = json!([text(&status, "user_id"), text(&status, "state"), status.get("verified")]);
        let user = format!("@{}:qroc.test", officer.name);
        let device = text(&signed_in, "device_id");
        report.equal(
            &facts,
            &json!([user, "active", true]),
            format!("{user} is signed in on device {device}, vouched for by the account's own identity"),
        )?;
    }
    let report = &mut scene.report;
    let key = mode(&scene.lisbon.key_file())?;
    report.equal(&key, &0o600, "lisbon's key lies in a key file that only its owner can read (0600)")?;
    for officer in [&scene.lisbon, &scene.madrid] {
        let files = open_to_others(officer)?;
        report.equal(
            &files,
            &Vec::new(),
            format!("nobody else can read a file of {}'s profile", officer.name),
        )?;
    }
    let status = scene.madrid.status_with_passphrase("another passphrase")?;
    report.equal(&status, &Some(5), "madrid's profile does not open with another passphrase (status 5)")?;
    scene.secret("the account's password", PASSWORD);
    scene.secret("madrid's passphrase", PASSPHRASE);
    scene.secret("lisbon's vault key", fs::read(scene.lisbon.key_file())?);
    Ok(())
}

fn mode(path: &Path) -> Result<u32> {
    let found = fs::metadata(path).with_context(|| format!("no file {}", path.display()))?;
    Ok(found.permissions().mode() & 0o777)
}

/// The files of a profile that group or others have rights to, if the folder let them in at all.
fn open_to_others(officer: &Officer) -> Result<Vec<String>> {
    let mut open = Vec::new();
    for path in [vec![officer.profile.clone()], super::super::scan::files(&officer.profile)?].concat() {
        let mode = mode(&path)?;
        if mode & 0o077 != 0 {
            open.push(format!("{} {mode:o}", path.display()));
        }
    }
    Ok(open)
}

pub(in crate::demo) fn room(scene: &mut Scene) -> Result<()> {
    let Scene { report, lisbon, madrid, .. } = scene;
    let made = lisbon.shown(report, &["room", "create", ROOM, "--invite", "@madrid:qroc.test"])?;
    let room_id = text(&made, "room_id").to_owned();
    madrid.one(&["sync", "--once", "--for", "20"])?;
    let invited = madrid.all(&["rooms"])?;
    let seen: Vec<_> = invited.iter().map(|room| [text(room, "name"), text(room, "membership")]).collect();
    report.equal(&seen, &vec![[ROOM, "invite"]], format!("madrid is invited to {ROOM:?}"))?;
    madrid.shown(report, &["room", "join", ROOM])?;
    for officer in [&*lisbon, &*madrid] {
        officer.one(&["sync", "--once", "--for", "20"])?;
        let info = officer.one(&["room", "info", ROOM])?;
        let facts = json!([text(&info, "room_id"), info.get("encrypted"), number(&info, "members")]);
        report.equal(
            &facts,
            &json!([room_id, true, 2]),
            format!("{} sees an encrypted room with 2 members", officer.name),
        )?;
    }
    let state = scene.server.admin("GET", &format!("/_synapse/admin/v1/rooms/{room_id}/state"), None)?;
    let state = state.get("state").and_then(Value::as_array).cloned().unwrap_or_default();
    let encryption = state.iter().find(|event| text(event, "type") == "m.room.encryption");
    let algorithm = encryption.and_then(|event| event.pointer("/content/algorithm")).and_then(Value::as_str);
    scene.report.equal(
        &algorithm,
        &Some("m.megolm.v1.aes-sha2"),
        "the server's state of the room demands Megolm",
    )?;
    scene.room_id = room_id;
    Ok(())
}

/// Sends a text as lisbon without waiting for the server; it is durable when this returns.
pub(in crate::demo) fn queue(officer: &Officer, text: &str) -> Result<Value> {
    officer.one(&["send", ROOM, text, "--queue"])
}
