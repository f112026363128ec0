//! A Docker engine with its own directories, and an image for it.

use std::{
    fs,
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use crate::{namespace::ROOT, needs, server::Server};

/// The output of a container of the image.
pub(crate) const GREETING: &str = "hello from an image that was there and back";

/// The cgroup of the containers, with a name of its own so that it can be removed.
const CGROUP: &str = "docker-credential-ionos-e2e";

/// A running engine.
pub(crate) struct Engine {
    _server: Server,
    socket: PathBuf,
    _cgroup: Cgroup,
}

impl Engine {
    /// Starts an engine below `dir` that trusts this authority.
    pub(crate) fn start(dir: &Path, ca_file: &Path) -> Self {
        fs::create_dir_all(dir).unwrap();
        let socket = dir.join("docker.sock");
        // The daemon does not start if the machine's daemon.json contradicts the flags.
        fs::write(dir.join("daemon.json"), "{}").unwrap();
        let mut command = Command::new("dockerd");
        command
            .arg("--config-file")
            .arg(dir.join("daemon.json"))
            .arg("--data-root")
            .arg(dir.join("data"))
            .arg("--exec-root")
            .arg(dir.join("exec"))
            .arg("--pidfile")
            .arg(dir.join("pid"))
            .arg(format!("--host=unix://{}", socket.display()))
            .args(["--iptables=false", "--ip6tables=false", "--bridge=none"])
            .args(["--exec-opt", "native.cgroupdriver=cgroupfs"])
            .arg(format!("--cgroup-parent=/{CGROUP}"))
            .env_clear()
            .env("PATH", needs::PATH)
            .env("HOME", dir)
            .env("SSL_CERT_FILE", ca_file);
        let server = Server::start("dockerd", command, &dir.join("log"), || answers(&socket));
        Self {
            _server: server,
            socket,
            _cgroup: Cgroup,
        }
    }

    /// The value for `DOCKER_HOST`.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }
}

/// Whether the engine accepts connections on its socket.
fn answers(socket: &Path) -> bool {
    let Ok(mut stream) = UnixStream::connect(socket) else {
        return false;
    };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut answer = String::new();
    stream.write_all(b"GET /_ping HTTP/1.0\r\n\r\n").is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.contains(" 200 ")
}

/// Removes the empty cgroups of the containers, which no namespace contains. Dropped after the
/// engine.
struct Cgroup;

impl Drop for Cgroup {
    fn drop(&mut self) {
        let root = Path::new("/sys/fs/cgroup");
        let hierarchies = fs::read_dir(root).into_iter().flatten().flatten();
        for dir in hierarchies
            .map(|entry| entry.path())
            .chain([root.to_owned()])
        {
            let ours = dir.join(CGROUP);
            // An interrupted container leaves its cgroup behind.
            for left in fs::read_dir(&ours).into_iter().flatten().flatten() {
                let _ = fs::remove_dir(left.path());
            }
            let _ = fs::remove_dir(ours);
        }
    }
}

/// Writes a tar file with a root file system of one static program, `/hello`.
pub(crate) fn image(dir: &Path) -> String {
    // Compiled once, because compiling takes longer than some scenarios.
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let built = BUILT.get_or_init(|| build(&Path::new(ROOT).join("image")));
    let tar = dir.join("image.tar");
    fs::copy(built, &tar).unwrap();
    tar.to_str().expect("a plain path").to_owned()
}

fn build(dir: &Path) -> PathBuf {
    let root = dir.join("root");
    fs::create_dir_all(&root).unwrap();
    let source = dir.join("hello.rs");
    fs::write(&source, format!("fn main() {{ println!(\"{GREETING}\") }}")).unwrap();
    // The machine has rustc and a linker, because it compiled this test.
    let mut compiler = Command::new("rustc");
    compiler
        .args([
            "-Ctarget-feature=+crt-static",
            "-Cstrip=symbols",
            "-Copt-level=s",
            "-o",
        ])
        .arg(root.join("hello"))
        .arg(source);
    succeed(compiler);
    let tar = dir.join("image.tar");
    let mut pack = Command::new("tar");
    pack.arg("-C").arg(&root).arg("-cf").arg(&tar).arg(".");
    succeed(pack);
    tar
}

fn succeed(mut command: Command) {
    let done = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(
        done.status.success(),
        "{command:?}: {}\n{said}",
        done.status
    );
}
