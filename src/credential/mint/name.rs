//! The names of tokens: whose it is, since when, and unique.

use jiff::Timestamp;

use crate::env;

const PREFIX: &str = "dci";
const RANDOM_LENGTH: usize = 8;

/// `dci-MACHINE-UTCTIME-RANDOM`: whose it is, since when, and unique. 3 to 63 lower-case letters,
/// digits and dashes: what the API, the console and Terraform all accept.
pub(super) fn new() -> String {
    let time = Timestamp::from_second(env::now()).unwrap_or_default();
    let random: String = std::iter::repeat_with(|| fastrand::char('a'..='z'))
        .take(RANDOM_LENGTH)
        .collect();
    format!(
        "{PREFIX}-{}-{}-{random}",
        this_machine(),
        time.strftime("%Y%m%dt%H%M%Sz")
    )
}

fn machine(name: &str) -> String {
    const LONGEST: usize = 24;
    let words: Vec<String> = name
        .to_ascii_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect();
    let mut name = words.join("-");
    name.truncate(LONGEST);
    let name = name.trim_end_matches('-');
    if name.is_empty() { "machine" } else { name }.to_owned()
}

/// Whether a user name is the name of a token that this program mints, here or elsewhere.
pub fn is_minted(username: &str) -> bool {
    machine_of(username).is_some()
}

/// The machine that minted a token, by its name. Read from the end: a machine's name may hold what
/// looks like a time.
pub fn machine_of(username: &str) -> Option<&str> {
    let mut parts = username.rsplitn(3, '-');
    let (random, time, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let is_time = time.len() == 16
        && time.bytes().enumerate().all(|(n, byte)| match n {
            8 => byte == b't',
            15 => byte == b'z',
            _ => byte.is_ascii_digit(),
        });
    let is_random =
        random.len() == RANDOM_LENGTH && random.bytes().all(|byte| byte.is_ascii_lowercase());
    rest.strip_prefix(PREFIX)?
        .strip_prefix('-')
        .filter(|machine| is_time && is_random && !machine.is_empty())
}

/// This machine, as it is called in the names of its tokens.
pub fn this_machine() -> String {
    machine(&env::machine())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_every_reader_of_the_rules_accepts() {
        let name = new();
        assert!((3..=63).contains(&name.len()), "{name}");
        assert!(name.starts_with("dci-"), "{name}");
        assert!(
            name.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        );
        assert!(is_minted(&name), "{name}");
        assert_ne!(new(), new());
    }

    #[test]
    fn machines_of_any_name_fit() {
        for (name, fitted) in [
            ("build-7", "build-7"),
            ("Büro.PC_1", "b-ro-pc-1"),
            ("---", "machine"),
            ("", "machine"),
            (
                "ip-10-0-0-1.eu-central-1.example",
                "ip-10-0-0-1-eu-central-1",
            ),
            ("abcdefghijklmnopqrstuvw-xyz", "abcdefghijklmnopqrstuvw"),
        ] {
            assert_eq!(machine(name), fitted);
        }
    }

    #[test]
    fn other_names_are_a_persons() {
        for name in [
            "jane",
            "dci",
            "dci-x",
            "dci--20261123t213001z-abcdefgh",
            "dci-host-20261123t213001z-abc",
            "dci-host-20261123t21300z-abcdefgh",
            "xdci-host-20261123t213001z-abcdefgh",
            "",
        ] {
            assert!(!is_minted(name), "{name}");
        }
        assert!(is_minted("dci-a-b-20261123t213001z-abcdefgh"));
    }
}
