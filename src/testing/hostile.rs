//! Input that no honest writer makes, for the tests of every parser.

use proptest::prelude::*;

/// A sample with bytes put in, taken out and overwritten, or bytes that never were one.
pub(crate) fn bytes(sample: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(&b""[..]),
        Just(&b"null"[..]),
        Just(&b"{"[..]),
        Just(&b"]"[..]),
        Just(&b"\""[..]),
        Just(&b"-1e999"[..]),
        Just(&b"18446744073709551616"[..]),
        Just(&b"\\ud800"[..]),
        Just(&b"\xff\0"[..]),
        Just(&b"[[[[[[[[[[[[[[[["[..]),
    ];
    let edit = (0..=sample.len(), 0..24_usize, piece);
    let edited = prop::collection::vec(edit, 1..5).prop_map(move |edits| {
        let mut bytes = sample.as_bytes().to_vec();
        for (at, taken, piece) in edits {
            let at = at.min(bytes.len());
            let end = (at + taken).min(bytes.len());
            bytes.splice(at..end, piece.iter().copied());
        }
        bytes
    });
    prop_oneof![
        6 => edited,
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => "[\\[\\]{}\",:0-9a-z\\\\]{0,60}".prop_map(String::into_bytes),
    ]
}
