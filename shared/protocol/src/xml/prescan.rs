//! A linear look at the bytes before the parser sees them.
//!
//! A general parser compares every attribute of an element with every other, so one element with 20,000 attributes
//! costs seconds, and canonicalization looks at every namespace in scope of every element. This scan bounds what one tag
//! may hold and what a place may inherit, and names the constructs we refuse while the place is known.

use super::{MAX_DEPTH, XmlError};

/// Longest tag accepted, in bytes, from `<` to `>`.
const MAX_TAG_BYTES: usize = 4 * 1024;
/// Most elements accepted in a message. A response of the largest size with nothing but group names has half of it.
const MAX_ELEMENTS: usize = 8_000;
/// The same for metadata, which may be larger, and of a whole federation.
const MAX_METADATA_ELEMENTS: usize = 40_000;
/// Most attributes accepted on one element, namespace declarations included.
const MAX_ATTRIBUTES: usize = 64;
/// Most namespaces declared by an element and those around it: for each prefix, the parser looks through all of them.
const MAX_NAMESPACES: usize = 64;
/// Longest namespace name accepted, in bytes: the parser copies it to every element and attribute that uses it, and a
/// canonical form may repeat it with each.
const MAX_NAMESPACE_BYTES: usize = 256;

/// Checks a message: UTF-8, tag length, elements, attributes per element, namespaces, depth, and that there is one root;
/// refuses DTDs, processing instructions and references to entities other than XML's five. Comments pass: metadata has
/// them, and the gate for signed messages refuses them.
pub(crate) fn prescan(bytes: &[u8]) -> Result<&str, XmlError> {
    scan(bytes, MAX_ELEMENTS)
}

/// Checks metadata in the same way.
pub(crate) fn prescan_metadata(bytes: &[u8]) -> Result<&str, XmlError> {
    scan(bytes, MAX_METADATA_ELEMENTS)
}

fn scan(bytes: &[u8], most_elements: usize) -> Result<&str, XmlError> {
    let text = std::str::from_utf8(bytes).map_err(|_| XmlError::NotUtf8)?;
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut position = Position { declared: Vec::new(), roots: 0, elements_left: most_elements };
    if rest.starts_with("<?xml") {
        rest = after(rest, "?>")?;
    }
    while let Some(at) = rest.find(['<', '&']) {
        let (_, markup) = rest.split_at(at);
        rest =
            if markup.starts_with('&') { skip_reference(markup)? } else { position.skip_markup(markup)? };
    }
    Ok(text)
}

struct Position {
    /// How many namespaces each open element declares.
    declared: Vec<usize>,
    roots: usize,
    elements_left: usize,
}

impl Position {
    /// Steps over one `<…>` construct and returns what follows it.
    fn skip_markup<'t>(&mut self, markup: &'t str) -> Result<&'t str, XmlError> {
        if markup.starts_with("<!--") {
            return after(markup, "-->");
        }
        if markup.starts_with("<![CDATA[") {
            return after(markup, "]]>");
        }
        if markup.starts_with("<!") {
            return Err(XmlError::Doctype);
        }
        if markup.starts_with("<?") {
            return Err(XmlError::ProcessingInstruction);
        }
        let (tag, rest, namespaces) = split_tag(markup)?;
        if tag.starts_with("</") {
            self.declared.pop().ok_or(XmlError::Malformed)?;
            return Ok(rest);
        }
        self.elements_left = self.elements_left.checked_sub(1).ok_or(XmlError::TooManyElements)?;
        if self.declared.is_empty() {
            self.roots += 1;
            if self.roots > 1 {
                return Err(XmlError::SeveralRoots);
            }
        }
        if self.declared.len() == MAX_DEPTH {
            return Err(XmlError::TooDeep);
        }
        if self.declared.iter().sum::<usize>() + namespaces > MAX_NAMESPACES {
            return Err(XmlError::TooManyNamespaces);
        }
        if !tag.ends_with("/>") {
            self.declared.push(namespaces);
        }
        Ok(rest)
    }
}

/// Splits after the `>` that ends the tag, which is the first one outside quotes, and counts the namespaces declared.
fn split_tag(markup: &str) -> Result<(&str, &str, usize), XmlError> {
    let mut quoted: Option<(u8, usize)> = None;
    let (mut attributes, mut namespaces, mut is_namespace) = (0, 0, false);
    for (at, byte) in markup.bytes().enumerate() {
        if at >= MAX_TAG_BYTES {
            return Err(XmlError::TagTooLong);
        }
        match (quoted, byte) {
            (Some((quote, from)), _) if byte == quote => {
                if is_namespace && at - from > MAX_NAMESPACE_BYTES {
                    return Err(XmlError::TooManyNamespaces);
                }
                quoted = None;
            }
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quoted = Some((byte, at + 1)),
            (None, b'=') => {
                attributes += 1;
                is_namespace = markup.get(..at).is_some_and(declares_namespace);
                namespaces += usize::from(is_namespace);
            }
            (None, b'>') => {
                let (tag, rest) = markup.split_at_checked(at + 1).ok_or(XmlError::Malformed)?;
                return Ok((tag, rest, namespaces));
            }
            (None, _) => {}
        }
        if attributes > MAX_ATTRIBUTES {
            return Err(XmlError::TooManyAttributes);
        }
    }
    Err(XmlError::Malformed)
}

/// Whether what stands before a `=` ends in `xmlns` or `xmlns:prefix`.
fn declares_namespace(before: &str) -> bool {
    let name =
        before.trim_ascii_end().rsplit(|c: char| c.is_ascii_whitespace() || c == '"' || c == '\'').next();
    name.is_some_and(|name| name == "xmlns" || name.starts_with("xmlns:"))
}

/// Steps over `&name;`. Only XML's five names and character references exist without a DTD (XML 1.0 §4.1, §4.6).
fn skip_reference(text: &str) -> Result<&str, XmlError> {
    const PREDEFINED: [&str; 5] = ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;"];
    if PREDEFINED.iter().any(|name| text.starts_with(name)) || text.starts_with("&#") {
        return text.get(1..).ok_or(XmlError::Malformed);
    }
    Err(XmlError::EntityReference)
}

fn after<'t>(text: &'t str, end: &str) -> Result<&'t str, XmlError> {
    text.split_once(end).map(|(_, rest)| rest).ok_or(XmlError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Option<XmlError> {
        prescan(text.as_bytes()).err()
    }

    #[test]
    fn ordinary_documents_pass() {
        for text in [
            "<a/>",
            "<?xml version=\"1.0\"?>\n<a b='>' c=\"&lt;\"><b/>&#10;<![CDATA[ <x & y> ]]></a>\n",
            "\u{feff}<a><!-- <b> & --></a>",
        ] {
            assert_eq!(refusal(text), None, "{text}");
        }
    }

    #[test]
    fn a_message_may_have_8000_elements_and_metadata_40000() {
        let text = |n: usize| format!("<a>{}</a>", "<b/>".repeat(n - 1));
        assert_eq!(refusal(&text(8_000)), None);
        assert_eq!(refusal(&text(8_001)), Some(XmlError::TooManyElements));
        assert_eq!(prescan_metadata(text(40_000).as_bytes()).err(), None);
        assert_eq!(prescan_metadata(text(40_001).as_bytes()).err(), Some(XmlError::TooManyElements));
    }

    #[test]
    fn a_tag_may_have_64_attributes_and_not_65() {
        let tag = |n: usize| format!("<a {}/>", (0..n).map(|i| format!("b{i}='' ")).collect::<String>());
        assert_eq!(refusal(&tag(64)), None);
        assert_eq!(refusal(&tag(65)), Some(XmlError::TooManyAttributes));
    }

    #[test]
    fn a_tag_may_be_4_kilobytes_long_and_not_a_byte_more() {
        let tag = |n: usize| format!("<{}/>", "a".repeat(n - 3));
        assert_eq!(refusal(&tag(4096)), None);
        assert_eq!(refusal(&tag(4097)), Some(XmlError::TagTooLong));
    }

    #[test]
    fn at_one_place_64_namespaces_may_be_declared_and_not_65() {
        let nest = |counts: &[usize]| -> String {
            let declare = |n: &usize| (0..*n).map(|i| format!(" xmlns:n{i} = 'urn:n'")).collect::<String>();
            let open: String = counts.iter().map(|n| format!("<a{}>", declare(n))).collect();
            format!("{open}{}", "</a>".repeat(counts.len()))
        };
        assert_eq!(refusal(&nest(&[40, 24])), None);
        assert_eq!(refusal(&nest(&[40, 0, 25])), Some(XmlError::TooManyNamespaces));
        // What has been closed doesn't count.
        let siblings = "<b xmlns='urn:b' c='xmlns:d=1'></b><b\txmlns='urn:b'/>".repeat(100);
        assert_eq!(refusal(&format!("<a>{siblings}</a>")), None);
    }

    #[test]
    fn a_namespace_name_may_be_256_bytes_long_and_not_a_byte_more() {
        for declaration in ["xmlns", "xmlns:n"] {
            let named =
                |n: usize| format!("<a {declaration}=\"{}\" b='{}'/>", "n".repeat(n), "c".repeat(999));
            assert_eq!(refusal(&named(256)), None);
            assert_eq!(refusal(&named(257)), Some(XmlError::TooManyNamespaces));
        }
    }

    #[test]
    fn nesting_may_be_48_deep_and_not_49() {
        let nest = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
        assert_eq!(refusal(&nest(48)), None);
        assert_eq!(refusal(&nest(49)), Some(XmlError::TooDeep));
    }

    #[test]
    fn each_refused_construct_is_named() {
        assert_eq!(refusal("<!DOCTYPE a><a/>"), Some(XmlError::Doctype));
        assert_eq!(refusal("<a>&b;</a>"), Some(XmlError::EntityReference));
        assert_eq!(refusal("<a><?b c?></a>"), Some(XmlError::ProcessingInstruction));
        assert_eq!(refusal("<a/><b/>"), Some(XmlError::SeveralRoots));
        assert_eq!(refusal("<a"), Some(XmlError::Malformed));
        assert_eq!(refusal("</a>"), Some(XmlError::Malformed));
        assert_eq!(prescan(&[0xff, 0xfe]).err(), Some(XmlError::NotUtf8));
    }

    #[test]
    fn an_entity_inside_an_attribute_is_seen_by_the_parser() {
        assert_eq!(super::super::parse("<a b='&c;'/>").err(), Some(XmlError::Malformed));
    }
}
