//! `WWW-Authenticate`: how a server wants its clients to authenticate.

/// One challenge of a `WWW-Authenticate` header: a scheme and its parameters.
#[derive(Debug, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The challenges in one header (RFC 9110, 11.6.1): `Basic realm="x", Bearer realm="y",service=z`.
    /// A comma separates both challenges and parameters, so a word without `=` before a blank begins
    /// a challenge. What cannot be read ends the list.
    pub(crate) fn parse_all(header: &str) -> Vec<Self> {
        let mut challenges: Vec<Self> = Vec::new();
        let mut rest = header;
        loop {
            rest = rest.trim_start_matches([',', ' ', '\t']);
            let end = rest.find([',', ' ', '\t', '=']).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            if word.is_empty() {
                return challenges;
            }
            rest = after.trim_start_matches([' ', '\t']);
            match (rest.strip_prefix('='), challenges.last_mut()) {
                (Some(value), Some(challenge)) => {
                    let Some((value, after)) = take_value(value.trim_start()) else {
                        return challenges;
                    };
                    challenge.parameters.push((word.to_owned(), value));
                    rest = after;
                }
                (Some(_), None) => return challenges,
                (None, _) => challenges.push(Self {
                    scheme: word.to_owned(),
                    parameters: Vec::new(),
                }),
            }
        }
    }

    /// Whether it is of this scheme.
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// A quoted string or a token, and what follows. `None` for a quoted string without an end.
fn take_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, after) = text.split_at(text.find(',').unwrap_or(text.len()));
        return Some((value.trim_end().to_owned(), after));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(header: &str) -> Vec<String> {
        let shown = |challenge: &Challenge| {
            let parameters = challenge.parameters.iter();
            let parameters: Vec<_> = parameters.map(|(key, it)| format!("{key}={it}")).collect();
            format!("{} {}", challenge.scheme, parameters.join(" "))
        };
        Challenge::parse_all(header).iter().map(shown).collect()
    }

    #[test]
    fn header_is_split_into_its_challenges() {
        for (header, challenges) in [
            (
                "Bearer realm=\"https://auth.example.com/token?a=b\",service=\"registry, eu\", scope=x",
                &["Bearer realm=https://auth.example.com/token?a=b service=registry, eu scope=x"][..],
            ),
            (
                "Basic realm=\"a\", Bearer realm=\"b\",service=c",
                &["Basic realm=a", "Bearer realm=b service=c"],
            ),
            (
                "Negotiate, basic  realm = \"a \\\"b\\\"\" ,charset=UTF-8",
                &["Negotiate ", "basic realm=a \"b\" charset=UTF-8"],
            ),
            (",, Basic", &["Basic "]),
            ("Bearer realm=\"x", &["Bearer "]),
            ("realm=x", &[]),
            ("", &[]),
        ] {
            assert_eq!(shown(header), challenges, "{header}");
        }
    }

    #[test]
    fn parameter_is_found_in_any_case() {
        let [challenge] = &Challenge::parse_all("Bearer realm=x,Service=y")[..] else {
            panic!("not one challenge")
        };
        assert_eq!(challenge.parameter("service"), Some("y"));
        assert_eq!(challenge.parameter("scope"), None);
    }
}
