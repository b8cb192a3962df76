//! A provider's answer as it may be shown: indented, without what is secret in it (signatures, ciphertext, certificates),
//! and with the values about the person masked.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The longest text that is shown, in bytes.
const MOST_BYTES: usize = 40 * 1024;

/// Elements whose content isn't shown.
const SECRET: [&str; 4] = ["SignatureValue", "DigestValue", "CipherValue", "X509Certificate"];
/// Elements whose content is about the person.
const PERSONAL: [&str; 2] = ["NameID", "AttributeValue"];

/// An answer in base64, redacted; `None` where it isn't text that begins like XML.
pub(crate) fn response(saml_response: &str) -> Option<String> {
    let packed: String = saml_response.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = STANDARD.decode(packed).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.trim_start().starts_with('<').then(|| redacted(&text))
}

/// Walks tag by tag. What it is given may be anything: it is text to be shown, nothing is decided by it.
fn redacted(xml: &str) -> String {
    let (mut shown, mut depth, mut rest) = (String::new(), 0_usize, xml);
    while let Some((before, behind)) = rest.split_once('<') {
        let text = before.trim();
        let Some((tag, after)) = behind.split_once('>') else { break };
        if !text.is_empty() {
            indent(&mut shown, depth);
            shown.push_str(&masked(local_name_of_parent(&shown), text));
            shown.push('\n');
        }
        let closing = tag.starts_with('/');
        depth = if closing { depth.saturating_sub(1) } else { depth };
        indent(&mut shown, depth);
        shown.push('<');
        shown.push_str(tag);
        shown.push_str(">\n");
        if !closing && !tag.ends_with('/') && !tag.starts_with('?') && !tag.starts_with('!') {
            depth += 1;
        }
        rest = after;
        if shown.len() > MOST_BYTES {
            shown.push_str("…\n");
            break;
        }
    }
    shown
}

fn indent(shown: &mut String, depth: usize) {
    shown.extend(std::iter::repeat_n("  ", depth.min(20)));
}

/// The name of a tag without its prefix.
fn local_name(tag: &str) -> &str {
    let name = tag.trim_start_matches('/').split([' ', '\t', '\r', '\n', '/']).next().unwrap_or_default();
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// The name of the element in which the next text stands: that of the last line.
fn local_name_of_parent(shown: &str) -> &str {
    let line = shown.trim_end().rsplit('\n').next().unwrap_or_default().trim();
    local_name(line.trim_start_matches('<').trim_end_matches('>'))
}

fn masked(element: &str, text: &str) -> String {
    if SECRET.contains(&element) {
        return "… removed …".to_owned();
    }
    if PERSONAL.contains(&element) {
        let first: String = text.chars().take(1).collect();
        return match text.rsplit_once('@') {
            Some((_, domain)) => format!("{first}•••@{domain}"),
            None => format!("{first}•••"),
        };
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_people_are_not_shown_and_the_rest_is() {
        let xml = "<p:Response ID=\"a\"><ds:SignatureValue>c2VjcmV0</ds:SignatureValue><s:Issuer>https://idp.test</s:Issuer>\
                   <s:NameID Format=\"x\">ada@acme.com</s:NameID><s:Audience>urn:x</s:Audience></p:Response>";
        let shown = response(&STANDARD.encode(xml)).unwrap();
        for part in ["<p:Response ID=\"a\">", "… removed …", "https://idp.test", "a•••@acme.com", "urn:x"]
        {
            assert!(shown.contains(part), "{part} is not in {shown}");
        }
        assert!(!shown.contains("c2VjcmV0") && !shown.contains("ada@"), "{shown}");
    }

    #[test]
    fn anything_is_shown_or_nothing() {
        for text in ["", "not base64!", "AAAA", "PA==", "PDw8PDw+Pj4+", "Pzw/"] {
            let _ = response(text);
        }
    }
}
