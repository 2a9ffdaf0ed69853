//! The desktop's management: a policy file that only root can write.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use qroc_core::client::Managed;
use qroc_core::policy;

use crate::output::Output;

/// Where administrators of a desktop put it.
const FILE: &str = "/etc/qroc/policy.json";
/// What its source is called beside those of others.
const NAME: &str = "system";

/// Reads what the machine's administrator demands. A file that others than root could write is not one of root's; one
/// that makes no sense leaves what holds.
pub(crate) fn read(output: &Output) -> Vec<Managed> {
    let path = Path::new(FILE);
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return vec![Managed { name: NAME.to_owned(), said: None }];
        }
        Err(error) => {
            output.note(&format!("{FILE} is not read ({error}); the policy that held goes on to hold"));
            return Vec::new();
        }
    };
    if ![Some(path), path.parent()].into_iter().flatten().all(is_roots) {
        output.note(&format!("{FILE} is passed over: others than root can write it"));
        return Vec::new();
    }
    match policy::parse(&text) {
        Ok(lines) => {
            let said = lines.into_iter().map(|line| (line.key, line.value)).collect();
            vec![Managed { name: NAME.to_owned(), said: Some(said) }]
        }
        Err(error) => {
            output.note(&format!("{FILE} cannot be used: {error}; the policy that held goes on to hold"));
            Vec::new()
        }
    }
}

fn is_roots(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.uid() == 0 && about.mode() & 0o022 == 0)
}
