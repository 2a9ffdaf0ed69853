//! Full text, with the homeserver stopped.

use std::net::{Ipv4Addr, TcpStream};

use anyhow::Result;

use crate::demo::Scene;
use crate::demo::officer::text;

pub(in crate::demo) fn find(scene: &mut Scene) -> Result<()> {
    scene.server.stop()?;
    let answer = TcpStream::connect((Ipv4Addr::LOCALHOST, scene.server.port()));
    scene.report.check(answer.is_err(), "the homeserver is stopped: nothing answers any more", || {
        "its port is open".to_owned()
    })?;
    for officer in [&scene.lisbon, &scene.madrid] {
        for (words, expected) in [
            ("grey van", 1),
            // The message, and the photo by its name.
            ("pier five", 2),
            // What an edit replaced is not found any more.
            ("pier four", 0),
            // Accents are folded, beginnings of words match.
            ("sao ben", 2),
            ("checkpoint", 20),
        ] {
            let hits = officer.all(&["search", words])?;
            let first = hits.first().map(|hit| text(hit, "snippet")).unwrap_or_default();
            let shown = if first.is_empty() { String::new() } else { format!(", newest: {first}") };
            let what = format!("{} finds “{words}” in {expected} messages{shown}", officer.name);
            scene.report.equal(&hits.len(), &expected, what)?;
        }
    }
    Ok(())
}
