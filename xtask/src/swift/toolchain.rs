//! A Swift tool chain on a machine that has none: Debian's own, in a folder of the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

const RELEASE: &str = "trixie";
const PACKAGES: &str = "swiftlang,ca-certificates,gcc,libc6-dev,libstdc++-12-dev";
/// Where the package is seen from within; the same for all checkouts.
pub(super) const INSIDE: &str = "/src";

/// How programs of the folder are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// With mounts that only this process and its children see.
    Namespace,
    /// Where mounts are refused: system calls are translated, which is slower.
    Proot,
}

/// A tool chain that works.
#[derive(Debug)]
pub(super) struct Toolchain {
    folder: PathBuf,
    way: Way,
}

impl Toolchain {
    /// Finds it, or makes it: some minutes and 2.5 GB, once.
    ///
    /// # Errors
    /// Where it cannot be made or run: one line says what is missing.
    pub(super) fn ready() -> Result<Self> {
        if cfg!(not(target_os = "linux")) {
            bail!(
                "the Swift tests run on Linux here; elsewhere: swift test, in ios, with Xcode's tool chain"
            );
        }
        let cache = qroc_fixtures::cache::dir();
        fs::create_dir_all(&cache)?;
        let folder = cache.join("swift");
        let lock = fs::File::create(cache.join("swift.lock"))?;
        lock.lock().context("cannot lock the cache")?;
        let way = way()?;
        let toolchain = Self { folder, way };
        if !toolchain.works() {
            toolchain.make()?;
            if !toolchain.works() {
                bail!("the Swift tool chain in {} does not run", toolchain.folder.display());
            }
        }
        Ok(toolchain)
    }

    /// Returns a shell command in the folder `package`, with the variables and no others.
    ///
    /// # Errors
    /// When a path is not UTF-8.
    pub(super) fn command(
        &self,
        package: &Path,
        words: &str,
        variables: &[(&str, String)],
    ) -> Result<Command> {
        let (folder, package) = (self.utf8()?, package.to_str().context("the checkout's path is not UTF-8")?);
        let mut environment = vec!["-i".to_owned(), "PATH=/usr/bin:/bin".to_owned(), "HOME=/tmp".to_owned()];
        environment.extend(variables.iter().map(|(name, value)| format!("{name}={value}")));
        let shell = format!("cd {INSIDE} && {words}");
        let mut command = match self.way {
            Way::Namespace => {
                let mut command = as_root("unshare");
                // The mounts go with the last process that sees them.
                command.args(["--mount", "sh", "-euc"]).arg(
                    "mkdir -p \"$1$3\"; mount --bind /proc \"$1/proc\"; mount --bind \"$2\" \"$1$3\"; shift 3; exec \"$@\"",
                );
                command.args(["sh", folder, package, INSIDE, "chroot"]);
                command.arg(format!(
                    "--userspec={}:{}",
                    rustix::process::getuid().as_raw(),
                    rustix::process::getgid().as_raw()
                ));
                command.arg(folder);
                command
            }
            Way::Proot => {
                let mut command = Command::new("proot");
                command.args([
                    "-r",
                    folder,
                    "-b",
                    "/proc",
                    "-b",
                    "/dev",
                    "-b",
                    &format!("{package}:{INSIDE}"),
                ]);
                command
            }
        };
        command.arg("env").args(environment).args(["bash", "-c", &shell]).stdin(Stdio::null());
        Ok(command)
    }

    /// The folder that it sees as its root.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn utf8(&self) -> Result<&str> {
        self.folder.to_str().context("the cache's path is not UTF-8")
    }

    fn works(&self) -> bool {
        if !self.folder.join("usr/bin/swift").is_symlink() {
            return false;
        }
        let version = self.command(&self.folder, "swift --version && swift format --version", &[]);
        version.is_ok_and(|mut version| version.output().is_ok_and(|output| output.status.success()))
    }

    /// Makes it beside its place, so that a half-made one is never taken for whole.
    fn make(&self) -> Result<()> {
        let partial = self.folder.with_extension("partial");
        remove(&self.folder)?;
        remove(&partial)?;
        installed("debootstrap")?;
        println!("Making a Swift tool chain in {} …", self.folder.display());
        let partial_text = partial.to_str().context("the cache's path is not UTF-8")?;
        let include = format!("--include={PACKAGES}");
        let mut command = match self.way {
            Way::Namespace => {
                let mut command = as_root("unshare");
                command.args(["--mount", "debootstrap"]);
                command
            }
            Way::Proot => as_root("debootstrap"),
        };
        command.args(["--variant=minbase", &include, RELEASE, partial_text]);
        run(&mut command).context("cannot make a Swift tool chain from Debian's packages")?;
        run(as_root("rm").arg("-rf").arg(partial.join("var/cache/apt/archives")))?;
        run(as_root("mv").args(["-T", partial_text, self.utf8()?]))
    }
}

/// Mounts where they are allowed.
fn way() -> Result<Way> {
    let mut mount = as_root("unshare");
    mount.args(["--mount", "mount", "--bind", "/proc", "/proc"]);
    if mount.output().is_ok_and(|output| output.status.success()) {
        return Ok(Way::Namespace);
    }
    installed("proot").context("mounts are refused here, and there is no proot to do without")?;
    Ok(Way::Proot)
}

/// Installs a Debian package of one program when it is missing.
fn installed(program: &str) -> Result<()> {
    let there = |program: &str| {
        let mut shell = Command::new("sh");
        shell.args(["-c", "PATH=\"$PATH:/usr/sbin:/sbin\"; command -v \"$0\"", program]);
        shell.output().is_ok_and(|output| output.status.success())
    };
    if there(program) {
        return Ok(());
    }
    if !there("apt-get") {
        bail!("{program} is missing: install it with your package manager");
    }
    println!("Installing {program} …");
    let apt = |arguments: &[&str]| {
        let mut command = as_root("env");
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]);
        run(command.args(arguments))
    };
    // Old lists may do.
    let _ = apt(&["update"]);
    apt(&["install", "--no-install-recommends", "-y", program])
        .with_context(|| format!("{program} is missing; as root: apt-get install {program}"))
}

/// A command as root; where this is not root, by sudo.
fn as_root(program: &str) -> Command {
    let mut command = if rustix::process::geteuid().is_root() {
        Command::new("env")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "env"]);
        sudo
    };
    // Debian's programs for administrators are not in everybody's path.
    command.arg("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").arg(program);
    command
}

/// Removes a folder of the cache, unless something is still mounted in it.
fn remove(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let inside = format!(" {}/", folder.display());
    if mounts.lines().any(|line| line.contains(&inside)) {
        bail!("something is mounted in {}: unmount it first", folder.display());
    }
    run(as_root("rm").args(["-rf", "--one-file-system"]).arg(folder))
}

fn run(command: &mut Command) -> Result<()> {
    crate::setup::output(command).map(drop)
}
