//! What policy says before there is a profile: who is proposed, on which device, and how many accounts there may be.

use std::path::{Path, PathBuf};

use super::policy::before_profile;
use super::{Device, Error, Login, Managed, Wish};
use crate::net::Http;
use crate::policy::Policy;
use crate::session;
use crate::store::key_file::{FILE_NAME, KeyFile, account_dir};

/// What a screen fills in before somebody signs in, and what counts where a field is left empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposed {
    /// Address of the server.
    pub server: Option<String>,
    /// Name of the user.
    pub user: Option<String>,
    /// Whether nobody else may sign in.
    pub user_is_fixed: bool,
}

/// Returns what the device's management proposes to whoever signs in.
pub fn proposed(managed: &[Managed]) -> Proposed {
    of(&before_profile(managed))
}

fn of(policy: &Policy) -> Proposed {
    let (server, fixed, hint) = policy.proposed();
    Proposed {
        server: server.map(str::to_owned),
        user: fixed.or(hint).map(str::to_owned),
        user_is_fixed: fixed.is_some(),
    }
}

/// Fills in what is proposed where nothing is said.
pub(super) fn complete<'a>(login: Login<'a>, proposed: &'a Proposed) -> Result<Login<'a>, Error> {
    let or = |said: &'a str, proposed: &'a Option<String>, what: &str| match (said, proposed) {
        ("", Some(proposed)) => Ok(proposed.as_str()),
        ("", None) => Err(Error::BadInput(format!("nobody proposes {what}: say it"))),
        (said, _) => Ok(said),
    };
    Ok(Login {
        server: or(login.server, &proposed.server, "a server")?,
        user: or(login.user, &proposed.user, "a user")?,
        ..login
    })
}

/// Asks policy whether somebody may sign in on this device, with one more account than there are.
pub(super) fn may_enter(policy: &Policy, device: &Device, profile: &Path) -> Result<(), Error> {
    device.judge(policy)?;
    let wish = Wish::AddAccount { present: accounts_beside(profile) };
    // A default counts accounts where somebody manages the device.
    if policy.is_managed() {
        policy.decide(wish).permit(wish)?;
    }
    Ok(())
}

/// Asks policy whether the account may have one device more, and signs the one out that was chosen to go where it may not.
/// With room to spare the server is not asked. `own` is the new sign-in: user, device, password.
pub(super) async fn make_room(
    policy: &Policy,
    http: &Http,
    own: (&str, &str, &str),
    instead_of: Option<&str>,
) -> Result<(), Error> {
    if !policy.is_managed() {
        return Ok(());
    }
    let (user, device, password) = own;
    let mut chosen = instead_of.filter(|chosen| *chosen != device);
    loop {
        let mut devices = session::devices(http).await?;
        let wish = Wish::AddDevice { devices: u64::try_from(devices.len()).unwrap_or(u64::MAX) };
        let Err(denied) = policy.decide(wish).permit(wish) else { return Ok(()) };
        match chosen.take() {
            Some(chosen) => session::sign_out_device(http, user, chosen, password).await?,
            None => {
                devices.retain(|(id, ..)| id != device);
                return Err(Error::TooManyDevices { denied, devices });
            }
        }
    }
}

/// Counts the profiles with an account that lie beside this one: a program keeps those of a device in one directory.
fn accounts_beside(profile: &Path) -> u64 {
    let Ok(profile) = std::path::absolute(profile) else { return 0 };
    let entries = profile.parent().and_then(|parent| std::fs::read_dir(parent).ok());
    let others = entries.into_iter().flatten().flatten().map(|entry| entry.path());
    let has_account = |other: &PathBuf| {
        other.join(FILE_NAME).is_file()
            && KeyFile::read(other).is_ok_and(|locked| locked.was_saved())
            && account_dir(other, 1).exists()
    };
    let count = others.filter(|other| *other != profile).filter(has_account).count();
    u64::try_from(count).unwrap_or(u64::MAX)
}
