//! The encodings in which other programs repeat a secret.

use std::str;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::{PIECE, SHORT_PIECE};

/// Escapes in escapes, such as `%2565`.
const DEPTH: usize = 3;

/// A string unchanged and with its escapes decoded, each also without spaces and without everything
/// but letters and digits, in lower case.
pub(super) fn readings(text: &str) -> Vec<Vec<u8>> {
    let mut text = text.to_lowercase().into_bytes();
    let mut readings = Vec::new();
    for _ in 0..=DEPTH {
        let decoded = unescaped(&text);
        let is_last = decoded == text;
        readings.extend([letters(&text), without_spaces(&text), text]);
        if is_last {
            break;
        }
        text = decoded;
    }
    readings
}

/// A secret unchanged, without spaces, without everything but letters and digits, in hexadecimal
/// digits and in base64, in lower case. Each with the shortest piece that is no coincidence.
pub(super) fn forms(secret: &str) -> Vec<(Vec<u8>, usize)> {
    if secret.is_empty() {
        return Vec::new();
    }
    let folded = secret.to_lowercase().into_bytes();
    let hex = secret
        .bytes()
        .flat_map(|byte| format!("{byte:02x}").into_bytes());
    let letters = Some(letters(&folded)).filter(|it| it.len() >= SHORT_PIECE);
    let mut forms = vec![without_spaces(&folded), hex.collect(), folded];
    // A string has three base64 forms, depending on the number of bytes before it.
    for (before, mixed) in [(0, 0), (1, 2), (2, 3)] {
        let bytes = [&[0; 2][..before], secret.as_bytes()].concat();
        let mut form = STANDARD_NO_PAD.encode(&bytes).into_bytes();
        // The characters at the ends depend on the neighbours, too.
        form.drain(..mixed);
        if bytes.len() % 3 != 0 {
            form.pop();
        }
        let url_safe = form.iter().map(|byte| match byte {
            b'+' => b'-',
            b'/' => b'_',
            byte => byte.to_ascii_lowercase(),
        });
        forms.push(url_safe.collect());
        forms.push(form.to_ascii_lowercase());
    }
    forms.retain(|form| !form.is_empty());
    let forms = forms.into_iter().map(|form| (form, SHORT_PIECE));
    forms.chain(letters.map(|form| (form, PIECE))).collect()
}

fn without_spaces(text: &[u8]) -> Vec<u8> {
    let is_kept = |byte: &u8| !byte.is_ascii_whitespace() && !byte.is_ascii_control();
    text.iter().copied().filter(is_kept).collect()
}

fn letters(text: &[u8]) -> Vec<u8> {
    let is_kept = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    text.iter().copied().filter(is_kept).collect()
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        let (bytes, length) = escape(rest).unwrap_or_else(|| (vec![*first], 1));
        decoded.extend(bytes.to_ascii_lowercase());
        rest = &rest[length..];
    }
    decoded
}

/// What the escape of a URL, of JSON, C or HTML at the start stands for, and its length.
fn escape(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let number =
        |digits: &[u8], radix| u32::from_str_radix(str::from_utf8(digits).ok()?, radix).ok();
    let byte = |digits: &[u8]| Some(vec![u8::try_from(number(digits, 16)?).ok()?]);
    let character = |code| Some(char::from_u32(code?)?.to_string().into_bytes());
    match text {
        [b'%', digits @ ..] => Some((byte(digits.get(..2)?)?, 3)),
        [b'\\', b'x', digits @ ..] => Some((byte(digits.get(..2)?)?, 4)),
        [b'\\', b'u', digits @ ..] => Some((character(number(digits.get(..4)?, 16))?, 6)),
        [b'\\', escaped, ..] => Some((vec![*escaped], 2)),
        [b'&', rest @ ..] => {
            let length = rest.iter().take(10).position(|byte| *byte == b';')?;
            let bytes = match &rest[..length] {
                [b'#', b'x', digits @ ..] => character(number(digits, 16))?,
                [b'#', digits @ ..] => character(number(digits, 10))?,
                b"lt" => vec![b'<'],
                b"gt" => vec![b'>'],
                b"amp" => vec![b'&'],
                b"quot" => vec![b'"'],
                b"apos" => vec![b'\''],
                _ => return None,
            };
            Some((bytes, length + 2))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_urls_json_c_and_html_are_decoded() {
        for (text, decoded) in [
            (r"a\u003cb\x3cc\/d\\e", r"a<b<c/d\e"),
            ("a%3cb%c3%a9", "a<bé"),
            ("a&lt;b&#60;c&#x3c;d&amp;e&quot;f&apos;", "a<b<c<d&e\"f'"),
            (
                r"%,%4,\,\u12,\ud800,&,&x;,&#;",
                r"%,%4,,\u12,\ud800,&,&x;,&#;",
            ),
        ] {
            let decoded = decoded.as_bytes().to_vec();
            assert_eq!(unescaped(text.as_bytes()), decoded, "{text}");
        }
    }
}
