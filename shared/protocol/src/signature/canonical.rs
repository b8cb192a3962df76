//! The one place that turns an element into canonical bytes (Exclusive XML Canonicalization 1.0).

use bergshamra_c14n::{C14nMode, C14nSink, canonicalize_doc_to};
use bergshamra_xml::NodeSet;
use uppsala::{Document, NodeId};

use crate::saml::{Reason, Refusal};
use crate::xml::Element;

/// Longest canonical text, in bytes. It is longer than what was sent: a namespace that was declared once is repeated in
/// each element that uses it.
const MAX_CANONICAL_BYTES: usize = 1024 * 1024;

/// Canonical text of `element`, without the subtree at `without`.
///
/// A canonicalization that fails quietly and yields nothing, or yields another element, would let the digest of
/// nothing stand for anything: the result has to be text that starts with the element's own tag.
pub(super) fn canonicalize(
    element: Element<'_>,
    without: Option<Element<'_>>,
    prefixes: &[String],
) -> Result<String, Refusal> {
    let document = element.document();
    let mut visible = NodeSet::tree_without_comments(element.node(), document);
    if let Some(excluded) = without {
        hide_subtree(document, excluded.node(), &mut visible);
    }
    let mut output = Bounded { bytes: Vec::new(), is_full: false };
    canonicalize_doc_to(document, C14nMode::Exclusive, Some(&visible), prefixes, &mut output)
        .map_err(|_| Reason::CanonicalForm)?;
    if output.is_full {
        return Err(Reason::CanonicalForm.into());
    }
    let text = String::from_utf8(output.bytes).map_err(|_| Reason::CanonicalForm)?;
    if starts_with_tag(&text, element.local_name()) { Ok(text) } else { Err(Reason::CanonicalForm.into()) }
}

/// Keeps what is written up to the limit, and remembers if there was more.
struct Bounded {
    bytes: Vec<u8>,
    is_full: bool,
}

impl C14nSink for Bounded {
    fn write(&mut self, bytes: &[u8]) {
        self.is_full |= self.bytes.len() + bytes.len() > MAX_CANONICAL_BYTES;
        if !self.is_full {
            self.bytes.extend_from_slice(bytes);
        }
    }
}

fn hide_subtree(document: &Document<'_>, node: NodeId, visible: &mut NodeSet) {
    visible.remove_id(node);
    for child in document.children_iter(node) {
        hide_subtree(document, child, visible);
    }
}

/// Whether the text starts with `<name` or `<prefix:name`.
fn starts_with_tag(text: &str, local_name: &str) -> bool {
    let Some(tag) = text.strip_prefix('<') else { return false };
    let name = tag.split([' ', '>']).next().unwrap_or_default();
    name.rsplit(':').next() == Some(local_name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{document_element, parse};

    #[test]
    fn the_excluded_subtree_leaves_no_trace_and_unused_namespaces_go() {
        let document = parse("<a xmlns='urn:a' xmlns:x='urn:x' c='1' b='2'>t<s><u/></s><v/></a>").unwrap();
        let root = document_element(&document).unwrap();
        let inner = root.only_child("urn:a", "s");
        let text = canonicalize(root, inner, &[]).unwrap();
        assert_eq!(text, "<a xmlns=\"urn:a\" b=\"2\" c=\"1\">t<v></v></a>");
    }

    #[test]
    fn a_listed_prefix_is_kept() {
        let document = parse("<a xmlns:xs='urn:xs'><b/></a>").unwrap();
        let inner = document_element(&document).unwrap().only_child("", "b").unwrap();
        assert_eq!(canonicalize(inner, None, &["xs".into()]).unwrap(), "<b xmlns:xs=\"urn:xs\"></b>");
    }

    #[test]
    fn a_canonical_form_over_a_megabyte_is_refused() {
        let text =
            |times: usize| format!("<r xmlns:p='urn:{}'>{}</r>", "p".repeat(240), "<p:a/>".repeat(times));
        let length = |times: usize| {
            let text = text(times);
            let document = parse(&text).unwrap();
            canonicalize(document_element(&document).unwrap(), None, &[]).map(|text| text.len())
        };
        // Each `<p:a/>` becomes `<p:a xmlns:p="urn:ppp…"></p:a>`.
        assert_eq!(length(3_900).unwrap(), "<r></r>".len() + 3_900 * 266);
        assert_eq!(length(4_000).unwrap_err().reason, Reason::CanonicalForm);
    }

    #[test]
    fn an_empty_canonical_form_is_refused() {
        let document = parse("<a><b/></a>").unwrap();
        let root = document_element(&document).unwrap();
        assert_eq!(canonicalize(root, Some(root), &[]).unwrap_err().reason, Reason::CanonicalForm);
        assert!(!starts_with_tag("<c:d e=\"f\">", "e"));
        assert!(starts_with_tag("<c:d e=\"f\">", "d"));
    }
}
