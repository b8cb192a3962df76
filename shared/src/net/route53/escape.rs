//! How Route 53 writes bytes that aren't printable, in names and in TXT values alike: a backslash and three *octal* digits
//! (a zone file's would be decimal).

/// The byte that an escape at the start of a text stands for, and what follows it.
pub(super) fn octal(text: &[u8]) -> Option<(u8, &[u8])> {
    match text {
        [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', rest @ ..] => {
            Some((((a - b'0') << 6) | ((b - b'0') << 3) | (c - b'0'), rest))
        }
        _ => None,
    }
}
