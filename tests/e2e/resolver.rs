//! Name resolution of the static program, which uses musl's resolver.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::thread;

use crate::needs;
use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST};
use crate::support::helper::{Done, Home};

/// The static program that `.ci/run` builds.
pub(crate) const STATIC: &str = "target/x86_64-unknown-linux-musl/release/docker-credential-ionos";

/// Programs that this scenario needs.
pub(crate) const PROGRAMS: &[&str] = &[STATIC];

/// Address of the name server.
const SERVER: &str = "192.0.2.53";
/// Address of a name server that never answers.
const SILENT: &str = "192.0.2.54";

/// The types of DNS records.
const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;

/// The name server's answer for a name.
enum Entry {
    /// IPv4 addresses, all of them this machine.
    V4(u8),
    /// The same, over TCP only: the answer over UDP is truncated.
    Truncated(u8),
    /// The IPv6 address of this machine.
    V6,
    Alias(&'static str),
    /// The name exists and has no address.
    Empty,
    /// The server fails (SERVFAIL).
    Broken,
}

const ZONE: &[(&str, Entry)] = &[
    ("api.example.test", Entry::V4(1)),
    ("many.example.test", Entry::V4(30)),
    ("large.example.test", Entry::Truncated(200)),
    ("six.example.test", Entry::V6),
    ("alias.example.test", Entry::Alias("api.example.test")),
    ("short.corp.test", Entry::V4(1)),
    ("api.sub.corp.test", Entry::V4(1)),
    ("empty.example.test", Entry::Empty),
    ("broken.example.test", Entry::Broken),
];

/// Resolves names with many `/etc/resolv.conf`. Nothing listens at the addresses, so a refused
/// connection shows that a name was resolved.
pub(crate) fn story() -> Option<String> {
    for address in [SERVER, SILENT] {
        let address = ["address", "replace", address, "dev", "lo"];
        let added = Command::new("ip")
            .args(address)
            .env("PATH", needs::PATH)
            .status();
        assert!(added.unwrap().success());
    }
    serve();
    let _silent = UdpSocket::bind((SILENT, 53)).unwrap();

    let server = format!("nameserver {SERVER}\n");
    let with = |lines: &str| format!("{lines}\n{server}");
    let silent = format!("nameserver {SILENT}\n");
    let resolved = "Connection refused".to_owned();
    let refused = |name: &str, why: &str| format!("cannot resolve '{name}': {why}");
    let unknown = |name| refused(name, "Name does not resolve");
    let unanswered = |name| refused(name, "no name server answers");

    for (resolv_conf, name, result) in [
        (server.clone(), "api.example.test", resolved.clone()),
        (server.clone(), "alias.example.test", resolved.clone()),
        (server.clone(), "six.example.test", resolved.clone()),
        (server.clone(), "many.example.test", resolved.clone()),
        (server.clone(), "large.example.test", resolved.clone()),
        (
            format!("{silent}{server}"),
            "api.example.test",
            resolved.clone(),
        ),
        (
            with("search other.test corp.test"),
            "short",
            resolved.clone(),
        ),
        (with("domain corp.test"), "short", resolved.clone()),
        // A name with a dot is completed by `search` only if `ndots` is larger than 1.
        (with("search corp.test"), "api.sub", unknown("api.sub")),
        (
            with("search corp.test\noptions ndots:5"),
            "api.sub",
            resolved.clone(),
        ),
        (
            with("search corp.test\noptions ndots:5"),
            "api.example.test",
            resolved.clone(),
        ),
        (
            server.clone(),
            "none.example.test",
            unknown("none.example.test"),
        ),
        (
            server.clone(),
            "empty.example.test",
            refused("empty.example.test", "Name has no usable address"),
        ),
        (
            server.clone(),
            "broken.example.test",
            unanswered("broken.example.test"),
        ),
        (
            silent.clone(),
            "api.example.test",
            unanswered("api.example.test"),
        ),
        (
            format!("{silent}options timeout:1 attempts:1\n"),
            "api.example.test",
            unanswered("api.example.test"),
        ),
        // Without a server in the file, musl asks this machine, which has no name server.
        (
            String::new(),
            "api.example.test",
            unanswered("api.example.test"),
        ),
        (silent, "in-hosts.example.test", resolved),
    ] {
        if name.starts_with("six") && !Path::new("/proc/net/if_inet6").exists() {
            continue;
        }
        let done = get(&resolv_conf, name);
        let seen = done.failure();
        let wanted = format!("no connection to {name}: {result} (");
        assert!(seen.contains(&wanted), "{resolv_conf}{name}: {seen}");
    }
    None
}

/// Runs a `get` that needs this name, with these files in `/etc`.
fn get(resolv_conf: &str, name: &str) -> Done {
    let home = Home::new();
    let resolv_conf = home.file("resolv.conf", resolv_conf);
    let hosts = home.file("hosts", "127.0.0.1 localhost in-hosts.example.test\n");
    let program = needs::find(STATIC).expect("it is among the programs");
    let mounted = r#"mount --bind "$1" /etc/resolv.conf && mount --bind "$2" /etc/hosts && exec "$3" get "$4""#;
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-c", mounted, "sh", &resolv_conf, &hosts])
        .arg(program)
        .arg(DEMO_HOST)
        .env_clear()
        .env("PATH", needs::PATH)
        .env("HOME", home.path())
        .env("IONOS_TOKEN", ACCOUNT_TOKEN)
        .env("IONOS_API_URL", format!("https://{name}"))
        .env("IONOS_CR_TIMEOUT", "2s");
    let mut done = Done::from(command.output().unwrap());
    // With the host as an argument, the message is only on stderr.
    done.stdout.clone_from(&done.stderr);
    done
}

/// Starts the name server, which ends with this process.
fn serve() {
    let udp = UdpSocket::bind((SERVER, 53)).unwrap();
    let tcp = TcpListener::bind((SERVER, 53)).unwrap();
    thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, client)) = udp.recv_from(&mut query) {
            let _ = udp.send_to(&answer(&query[..length], false), client);
        }
    });
    thread::spawn(move || {
        for mut stream in tcp.incoming().flatten() {
            let mut length = [0; 2];
            stream.read_exact(&mut length).unwrap();
            let mut query = vec![0; u16::from_be_bytes(length).into()];
            stream.read_exact(&mut query).unwrap();
            let answer = answer(&query, true);
            let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
            stream.write_all(&[&length[..], &answer].concat()).unwrap();
        }
    });
}

/// The answer to a query with one question (RFC 1035, section 4).
fn answer(query: &[u8], over_tcp: bool) -> Vec<u8> {
    let mut labels = Vec::new();
    let mut at = 12;
    while query[at] != 0 {
        let end = at + 1 + usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..end]).into_owned());
        at = end;
    }
    let kind = u16::from_be_bytes([query[at + 1], query[at + 2]]);
    let question = &query[12..at + 5];
    let entry = entry_of(&labels.join("."));
    // Response, recursion desired and available; then the response code.
    let flags: u16 = match entry {
        None => 0x8183,
        Some(Entry::Broken) => 0x8182,
        Some(Entry::Truncated(_)) if !over_tcp => 0x8380,
        Some(_) => 0x8180,
    };
    let records = match entry {
        Some(Entry::Alias(target)) => {
            let name: Vec<u8> = target
                .split('.')
                .flat_map(|label| {
                    [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat()
                })
                .chain([0])
                .collect();
            let mut records = vec![record(&[0xC0, 12], CNAME, &name)];
            records.extend(
                entry_of(target)
                    .into_iter()
                    .flat_map(|entry| addresses(entry, &name, kind)),
            );
            records
        }
        Some(Entry::Truncated(_)) if !over_tcp => Vec::new(),
        Some(entry) => addresses(entry, &[0xC0, 12], kind),
        None => Vec::new(),
    };
    let count = u16::try_from(records.len()).unwrap();
    let header = [flags, 1, count, 0, 0].map(u16::to_be_bytes).concat();
    [&query[..2], &header, question, &records.concat()].concat()
}

fn entry_of(name: &str) -> Option<&'static Entry> {
    let found = ZONE.iter().find(|(known, _)| *known == name);
    found.map(|(_, entry)| entry)
}

fn addresses(entry: &Entry, owner: &[u8], kind: u16) -> Vec<Vec<u8>> {
    match (entry, kind) {
        (Entry::V4(count) | Entry::Truncated(count), A) => (1..=*count)
            .map(|last| record(owner, A, &[127, 0, 0, last]))
            .collect(),
        (Entry::V6, AAAA) => vec![record(owner, AAAA, &std::net::Ipv6Addr::LOCALHOST.octets())],
        _ => Vec::new(),
    }
}

fn record(owner: &[u8], kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    let class_and_lifetime = [0, 1, 0, 0, 0, 60];
    [
        owner,
        &kind.to_be_bytes(),
        &class_and_lifetime,
        &length.to_be_bytes(),
        data,
    ]
    .concat()
}
