//! What a message that carries signatures must not contain, whatever its shape.

use std::collections::HashSet;

use uppsala::{Document, NodeKind};

use super::XmlError;

/// Attributes that some XML stack somewhere treats as an ID. Two stacks that disagree about which element `#x` means
/// are how signatures get wrapped, so every one of these has to be unique, and none may be in a namespace.
const ID_ATTRIBUTES: [&str; 4] = ["ID", "Id", "id", "AssertionID"];

/// Refuses comments, processing instructions, duplicate or namespaced IDs, and relative namespace names (canonical
/// XML is undefined for them, and some implementations then digest nothing: Canonical XML 1.0 §1.3).
pub(crate) fn check_signed_message(document: &Document<'_>) -> Result<(), XmlError> {
    let mut ids = HashSet::new();
    for node in document.descendants(document.root()) {
        match document.node_kind(node) {
            Some(NodeKind::Comment(_)) => return Err(XmlError::Comment),
            Some(NodeKind::ProcessingInstruction(_)) => return Err(XmlError::ProcessingInstruction),
            Some(NodeKind::Element(element)) => {
                if element.namespace_declarations.iter().any(|(_, name)| !is_absolute_or_empty(name)) {
                    return Err(XmlError::RelativeNamespace);
                }
                let is_id = |name: &str| ID_ATTRIBUTES.contains(&name);
                for attribute in element.attributes.iter().filter(|a| is_id(&a.name.local_name)) {
                    if attribute.name.namespace_uri.as_deref().is_some_and(|uri| !uri.is_empty()) {
                        return Err(XmlError::NamespacedId);
                    }
                    if !ids.insert(attribute.value.as_ref()) {
                        return Err(XmlError::DuplicateId);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A URI reference is absolute when it starts with a scheme (RFC 3986 §3.1). The empty name undeclares a default.
fn is_absolute_or_empty(name: &str) -> bool {
    let scheme = |s: &str| {
        s.starts_with(|c: char| c.is_ascii_alphabetic())
            && s.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    };
    name.is_empty() || name.split_once(':').is_some_and(|(before, _)| scheme(before))
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
    }
}
