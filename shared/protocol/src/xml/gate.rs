//! What a message that carries signatures must not contain, whatever its shape.

use std::collections::HashSet;

use uppsala::{Document, NodeKind};

use super::XmlError;

/// Attributes that some XML stack somewhere treats as an ID. Two stacks that disagree about which element `#x` means
/// are how signatures get wrapped, so every one of these has to be unique, and none may be in a namespace.
const ID_ATTRIBUTES: [&str; 4] = ["ID", "Id", "id", "AssertionID"];

/// Refuses comments, processing instructions, duplicate or namespaced IDs, relative namespace names (canonical XML is
/// undefined for them, and some implementations then digest nothing: Canonical XML 1.0 §1.3), and whatever our parser
/// reads in another way than others do.
pub(crate) fn check_signed_message(document: &Document<'_>) -> Result<(), XmlError> {
    check_declaration(document)?;
    let mut ids = HashSet::new();
    for node in document.descendants(document.root()) {
        match document.node_kind(node) {
            Some(NodeKind::Comment(_)) => return Err(XmlError::Comment),
            Some(NodeKind::ProcessingInstruction(_)) => return Err(XmlError::ProcessingInstruction),
            // Line ends of a CDATA section have to be normalized too (XML 1.0 §2.11); the parser doesn't.
            Some(NodeKind::CData(text)) if text.contains('\r') => return Err(XmlError::LineBreak),
            Some(NodeKind::Element(element)) => {
                check_names(element)?;
                check_values(element)?;
                check_ids(element, &mut ids)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// XML 1.1 has other line ends and other names, and bytes in another encoding are another text. The parser takes no
/// notice of either, others do.
fn check_declaration(document: &Document<'_>) -> Result<(), XmlError> {
    let Some(declaration) = &document.xml_declaration else { return Ok(()) };
    let utf8 = declaration.encoding.as_deref().is_none_or(|name| name.eq_ignore_ascii_case("utf-8"));
    if declaration.version == "1.0" && utf8 { Ok(()) } else { Err(XmlError::Declaration) }
}

/// Namespaces in XML 1.0: one colon at most, with a name on both sides (§4); no prefix for no namespace, and `xmlns` is
/// none (§3, §5). The parser lets these through.
fn check_names(element: &uppsala::Element<'_>) -> Result<(), XmlError> {
    if element.name.prefix.as_deref() == Some("xmlns") {
        return Err(XmlError::Name);
    }
    for (prefix, name) in &element.namespace_declarations {
        if name.is_empty() && !prefix.is_empty() {
            return Err(XmlError::Name);
        }
        if !is_absolute_or_empty(name) {
            return Err(XmlError::RelativeNamespace);
        }
    }
    let attributes = element.attributes.iter().map(|attribute| &attribute.name);
    let well_named = std::iter::once(&element.name).chain(attributes).all(|name| is_local(&name.local_name));
    if well_named { Ok(()) } else { Err(XmlError::Name) }
}

/// Whether a name that the parser has let through can stand behind a prefix as well.
fn is_local(name: &str) -> bool {
    let only_inside = |c: char| {
        c.is_ascii_digit()
            || matches!(c, '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
    };
    !name.contains(':') && !name.starts_with(only_inside)
}

/// A line break or a tab in an attribute is to be read as a space (XML 1.0 §3.3.3); the parser keeps it. Written as a
/// character reference it is meant, but no longer told from the other here, and no message needs it.
fn check_values(element: &uppsala::Element<'_>) -> Result<(), XmlError> {
    let broken = element.attributes.iter().any(|attribute| attribute.value.contains(['\t', '\n', '\r']));
    if broken { Err(XmlError::LineBreak) } else { Ok(()) }
}

fn check_ids<'d>(element: &'d uppsala::Element<'_>, ids: &mut HashSet<&'d str>) -> Result<(), XmlError> {
    let is_id = |name: &str| ID_ATTRIBUTES.contains(&name);
    for attribute in element.attributes.iter().filter(|a| is_id(&a.name.local_name)) {
        if attribute.name.namespace_uri.is_some() {
            return Err(XmlError::NamespacedId);
        }
        if !ids.insert(attribute.value.as_ref()) {
            return Err(XmlError::DuplicateId);
        }
    }
    Ok(())
}

/// A URI reference is absolute when it starts with a scheme (RFC 3986 §3.1). No name in use has other characters than
/// these; libxml2 takes some that have for no URI, and writes an `&` unescaped into its canonical form. The empty name
/// undeclares a default.
fn is_absolute_or_empty(name: &str) -> bool {
    let scheme = |s: &str| {
        s.starts_with(|c: char| c.is_ascii_alphabetic())
            && s.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    };
    let known = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$'()*+,;=".contains(c);
    let plain = name.chars().all(known) && name.matches('#').count() <= 1;
    name.is_empty() || plain && name.split_once(':').is_some_and(|(before, _)| scheme(before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::parse;

    fn refusal(text: &str) -> Option<XmlError> {
        check_signed_message(&parse(text).unwrap()).err()
    }

    #[test]
    fn distinct_ids_and_absolute_namespaces_pass() {
        assert_eq!(refusal("<a ID='1' xmlns='urn:x'><b Id='2' xmlns=''/><c xmlns:d='http://d'/></a>"), None);
    }

    #[test]
    fn ids_are_compared_across_their_spellings() {
        assert_eq!(refusal("<a ID='1'><b id='1'/></a>"), Some(XmlError::DuplicateId));
        assert_eq!(refusal("<a AssertionID='1'><b Id='1'/></a>"), Some(XmlError::DuplicateId));
    }

    #[test]
    fn namespaced_ids_comments_and_relative_namespaces_are_refused() {
        assert_eq!(refusal("<a xml:id='1'/>"), Some(XmlError::NamespacedId));
        assert_eq!(refusal("<a xmlns:e='urn:e' e:ID='1'/>"), Some(XmlError::NamespacedId));
        assert_eq!(refusal("<a><!-- b --></a>"), Some(XmlError::Comment));
        assert_eq!(refusal("<a xmlns:n='1'/>"), Some(XmlError::RelativeNamespace));
        assert_eq!(refusal("<a xmlns:n='urn:a b'/>"), Some(XmlError::RelativeNamespace));
        assert_eq!(refusal("<a xmlns:n='urn:a&amp;b'/>"), Some(XmlError::RelativeNamespace));
    }

    #[test]
    fn names_that_xml_namespaces_do_not_allow_are_refused() {
        for text in [
            "<:a/>",
            "<a:/>",
            "<a b:='1'/>",
            "<a :b='1'/>",
            "<a xmlns:n='urn:n'><n:b:c/></a>",
            "<a xmlns:n='urn:n' n:1='2'/>",
            "<a xmlns:n='urn:n'><n:-b/></a>",
            "<a xmlns:n='urn:n'><n:\u{301}b/></a>",
            "<xmlns:a/>",
            "<a xmlns:n=''/>",
            "<a xmlns:n='' n:ID='1'/>",
        ] {
            assert_eq!(refusal(text), Some(XmlError::Name), "{text}");
        }
        assert_eq!(refusal("<_a xmlns:é='urn:n'><é:ü é:_b-1.c='2'/></_a>"), None);
    }

    #[test]
    fn what_readers_normalize_in_different_ways_is_refused() {
        for text in [
            "<a b='1\n2'/>",
            "<a b='1\t2'/>",
            "<a b='1\r\n2'/>",
            "<a b='1&#10;2'/>",
            "<a><![CDATA[1\r\n2]]></a>",
        ] {
            assert_eq!(refusal(text), Some(XmlError::LineBreak), "{text}");
        }
        assert_eq!(refusal("<a\n\tb='1'\r\n>1\t\r\n&#13;<![CDATA[2\n]]></a>"), None);
    }

    #[test]
    fn only_xml_1_0_in_utf_8_passes() {
        let declared = |text: &str| refusal(&format!("<?xml {text}?><a/>"));
        assert_eq!(declared("version='1.0'"), None);
        assert_eq!(declared("version='1.0' encoding='utf-8' standalone='yes'"), None);
        assert_eq!(declared("version='1.1'"), Some(XmlError::Declaration));
        assert_eq!(declared("version='1.0' encoding='ISO-8859-1'"), Some(XmlError::Declaration));
        assert_eq!(declared("version='1.0' encoding='UTF-7'"), Some(XmlError::Declaration));
    }
}
