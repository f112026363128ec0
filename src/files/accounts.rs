//! The local users and groups: `/etc/passwd` and `/etc/group`.
//!
//! The C library's functions also query directory services, but calling them needs `unsafe` code.
//! A group that is not in these files counts as one with other members.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read as _;

/// In bytes. Larger than these files are.
const LARGEST: u64 = 1024 * 1024;

/// The name of a user, if the user is a local one.
pub(super) fn user_name(uid: u32) -> Option<String> {
    let name = |line: Line| (line.number(2)? == uid).then(|| line.field(0).map(str::to_owned))?;
    read("/etc/passwd")
        .lines()
        .find_map(|line| name(Line(line)))
}

/// A user for a message: `alice (uid 1000)` or `uid 1000`.
pub(super) fn shown_user(uid: u32) -> String {
    match user_name(uid) {
        Some(name) => format!("{} (uid {uid})", crate::error::one_line(&name)),
        None => format!("uid {uid}"),
    }
}

/// Whether the group has no other members than these users.
pub(super) fn is_private_group(gid: u32, users: &[u32]) -> bool {
    let (passwd, group) = (read("/etc/passwd"), read("/etc/group"));
    let mut names = HashSet::new();
    for line in passwd.lines().map(Line) {
        let (uid, primary) = (line.number(2), line.number(3));
        if uid.is_some_and(|uid| users.contains(&uid)) {
            names.extend(line.field(0));
        } else if primary == Some(gid) {
            return false;
        }
    }
    let group = group.lines().map(Line).find(|it| it.number(2) == Some(gid));
    group.is_some_and(|group| {
        let members = group.field(3).unwrap_or_default().split(',');
        members
            .filter(|it| !it.is_empty())
            .all(|it| names.contains(it))
    })
}

/// A line of fields between colons.
#[derive(Clone, Copy)]
struct Line<'a>(&'a str);

impl<'a> Line<'a> {
    fn field(self, index: usize) -> Option<&'a str> {
        self.0.split(':').nth(index)
    }

    fn number(self, index: usize) -> Option<u32> {
        self.field(index)?.parse().ok()
    }
}

fn read(path: &str) -> String {
    let mut content = Vec::new();
    if let Ok(file) = File::open(path) {
        let _ = file.take(LARGEST).read_to_end(&mut content);
    }
    String::from_utf8_lossy(&content).into_owned()
}
