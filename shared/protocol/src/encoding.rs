//! Base64 as it travels inside XML and PEM: standard alphabet, padded, wrapped anywhere.

use base64::{Engine, engine::general_purpose::STANDARD};

/// Decodes base64 after taking out white space, as `xs:base64Binary` allows it between any two characters.
pub(crate) fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let compact: Vec<u8> = text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    STANDARD.decode(compact).ok()
}

/// Encodes base64 on one line.
pub(crate) fn encode_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
