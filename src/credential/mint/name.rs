//! The names of tokens: which machine and installation made a token, and when.
//!
//! `dci-MACHINE-INSTALLATION-UTCTIME-RANDOM`, 3 to 63 characters of `[a-z][-a-z0-9]*[a-z0-9]`: the
//! API, the console and Terraform all accept these. Release 0.1.0 left the installation out; its
//! names are recognised by their shorter random part.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use siphasher::sip::SipHasher13;

use crate::env;

const PREFIX: &str = "dci";
/// Followed by `z`, which jiff would take for a time zone.
const TIME: &str = "%Y%m%dt%H%M%S";
const RANDOM_LENGTH: usize = 10;
/// In the names of 0.1.0.
const RANDOM_LENGTH_0_1_0: usize = 8;
/// The length of an installation's id.
pub(super) const ID_LENGTH: usize = 6;
/// The length of a machine's part.
const LONGEST_MACHINE: usize = 24;

/// A new, unique name.
pub(super) fn new(installation: &str) -> String {
    let time = Timestamp::from_second(env::now()).unwrap_or_default();
    let random: String = std::iter::repeat_with(|| fastrand::char('a'..='z'))
        .take(RANDOM_LENGTH)
        .collect();
    format!(
        "{PREFIX}-{}-{installation}-{}z-{random}",
        this_machine(),
        time.strftime(TIME)
    )
}

/// Who made a token and when, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maker<'a> {
    /// The machine, as it is called in token names.
    pub machine: &'a str,
    /// The installation; `None` in the names of 0.1.0.
    pub installation: Option<&'a str>,
    /// When it was made, in seconds since 1970 by the machine's clock.
    pub made_at: i64,
}

impl<'a> Maker<'a> {
    /// Reads a token's name. `None` if this program does not make such names. Reads from the end,
    /// because a machine's name may contain what looks like a time.
    pub fn of(token_name: &'a str) -> Option<Self> {
        let is_plain =
            |byte: u8| byte == b'-' || byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if token_name.len() > 63 || !token_name.bytes().all(is_plain) {
            return None;
        }
        let mut parts = token_name.rsplitn(3, '-');
        let (random, time, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let time = time.strip_suffix('z').filter(|it| it.len() == 15)?;
        let made_at = DateTime::strptime(TIME, time).and_then(|it| TimeZone::UTC.to_timestamp(it));
        let made_at = made_at.ok()?.as_second();
        let maker = rest.strip_prefix(PREFIX)?.strip_prefix('-')?;
        let (machine, installation) = match random.len() {
            RANDOM_LENGTH => {
                let (machine, id) = maker.rsplit_once('-')?;
                (id.len() == ID_LENGTH).then_some((machine, Some(id)))?
            }
            RANDOM_LENGTH_0_1_0 => (maker, None),
            _ => return None,
        };
        let is_random = random.bytes().all(|byte| byte.is_ascii_lowercase());
        (is_random && !machine.is_empty()).then_some(Self {
            machine,
            installation,
            made_at,
        })
    }
}

/// Whether a user name is the name of a token that this program mints, here or elsewhere.
pub fn is_minted(username: &str) -> bool {
    Maker::of(username).is_some()
}

/// This machine, as it is called in the names of its tokens.
pub fn this_machine() -> String {
    machine(&env::machine())
}

/// A name that is too long ends in a hash, so that two machines whose names begin alike differ.
fn machine(name: &str) -> String {
    let words: Vec<String> = name
        .to_ascii_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect();
    let mut fitted = words.join("-");
    if fitted.is_empty() {
        return "machine".into();
    }
    if fitted.len() > LONGEST_MACHINE {
        fitted.truncate(LONGEST_MACHINE - ID_LENGTH - 1);
        fitted = format!("{}-{}", fitted.trim_end_matches('-'), digest(name));
    }
    fitted
}

/// A short hash that is the same on every platform and in every release.
pub(super) fn digest(text: &str) -> String {
    letters(SipHasher13::new().hash(text.as_bytes()))
}

/// Lower-case letters and digits for a number, beginning with a letter.
pub(super) fn letters(mut number: u64) -> String {
    const CHARACTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut next = |base: u64| {
        let digit = usize::try_from(number % base).unwrap_or_default();
        number /= base;
        char::from(CHARACTERS[digit])
    };
    let first = next(26);
    std::iter::once(first)
        .chain(std::iter::repeat_with(|| next(36)).take(ID_LENGTH - 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_names_follow_the_strictest_rule() {
        let name = new("a1b2c3");
        assert!((3..=63).contains(&name.len()), "{name}");
        assert!(name.starts_with("dci-"), "{name}");
        assert!(
            name.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        );
        let maker = Maker::of(&name).unwrap();
        assert_eq!(maker.machine, this_machine());
        assert_eq!(maker.installation, Some("a1b2c3"));
        assert!((env::now() - maker.made_at).abs() < 60, "{name}");
        assert_ne!(new("a1b2c3"), new("a1b2c3"));
        let longest = PREFIX.len() + LONGEST_MACHINE + ID_LENGTH + 16 + RANDOM_LENGTH;
        assert_eq!(longest + "----".len(), 63);
    }

    #[test]
    fn long_machine_names_end_in_a_hash() {
        for (name, fitted) in [
            ("build-7", "build-7"),
            ("Büro.PC_1", "b-ro-pc-1"),
            ("---", "machine"),
            ("", "machine"),
        ] {
            assert_eq!(machine(name), fitted);
        }
        let (one, other) = (
            machine("ip-10-0-0-1.eu-central-1.example"),
            machine("ip-10-0-0-1.eu-central-2.example"),
        );
        assert_ne!(one, other);
        for name in [one, other] {
            assert!(name.starts_with("ip-10-0-0-1-eu-ce-"), "{name}");
            assert!(name.len() <= LONGEST_MACHINE, "{name}");
        }
    }

    #[test]
    fn letters_begin_with_a_letter() {
        for number in [0, 1, 25, 26, u64::MAX] {
            let id = letters(number);
            assert_eq!(id.len(), ID_LENGTH);
            assert!(id.starts_with(|c: char| c.is_ascii_lowercase()), "{id}");
            assert!(
                id.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()),
                "{id}"
            );
        }
    }

    #[test]
    fn names_of_0_1_0_have_no_installation() {
        let of_0_1_0 = Maker::of("dci-a-b-20261123t213001z-abcdefgh");
        assert_eq!(
            of_0_1_0,
            Some(Maker {
                machine: "a-b",
                installation: None,
                made_at: 1_795_469_401,
            })
        );
    }

    #[test]
    fn names_of_other_shapes_are_not_ours() {
        for name in [
            "jane",
            "dci",
            "dci-x",
            "dci--20261123t213001z-abcdefgh",
            "dci-host-20261123t213001z-abc",
            "dci-host-20261123t21300z-abcdefgh",
            "dci-host-20261323t213001z-abcdefgh",
            "dci-host-2026112t0213001z-abcdefgh",
            "dci-host-20261123t213001z-abcdefghij",
            "dci-Host-a1b2c3-20261123t213001z-abcdefghij",
            "dci-../x-a1b2c3-20261123t213001z-abcdefghij",
            "xdci-host-20261123t213001z-abcdefgh",
            "",
        ] {
            assert!(!is_minted(name), "{name}");
        }
        assert!(is_minted("dci-host-a1b2c3-20261123t213001z-abcdefghij"));
    }
}
