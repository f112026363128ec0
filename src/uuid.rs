//! The ids of registries and tokens at the API.

/// Whether a string is a UUID. Only UUIDs are put into the path of a request, because a
/// changed file must not choose the path.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(n, byte)| match n {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
