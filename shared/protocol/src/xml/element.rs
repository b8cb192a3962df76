//! Reading helpers: an element with its document, looked at by namespace and never by prefix.

use std::collections::BTreeMap;

use uppsala::{Document, NodeId, NodeKind};

/// One element of a parsed document. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Element<'d> {
    document: &'d Document<'d>,
    node: NodeId,
}

/// The root element. Absent only in a document that was never parsed.
pub(crate) fn document_element<'d>(document: &'d Document<'d>) -> Option<Element<'d>> {
    document.document_element().map(|node| Element { document, node })
}

impl<'d> Element<'d> {
    pub(crate) fn document(self) -> &'d Document<'d> {
        self.document
    }

    pub(crate) fn node(self) -> NodeId {
        self.node
    }

    pub(crate) fn local_name(self) -> &'d str {
        self.document.element(self.node).map_or("", |e| e.name.local_name.as_ref())
    }

    pub(crate) fn namespace(self) -> &'d str {
        self.document.element(self.node).and_then(|e| e.name.namespace_uri.as_deref()).unwrap_or("")
    }

    pub(crate) fn is(self, namespace: &str, local_name: &str) -> bool {
        self.local_name() == local_name && self.namespace() == namespace
    }

    /// An attribute in no namespace. The parser's own lookup ignores namespaces, so it isn't used.
    pub(crate) fn attribute(self, local_name: &str) -> Option<&'d str> {
        let attributes = &self.document.element(self.node)?.attributes;
        attributes
            .iter()
            .find(|a| a.name.local_name == local_name && a.name.namespace_uri.is_none())
            .map(|a| a.value.as_ref())
    }

    /// Child elements in document order, text left out.
    pub(crate) fn elements(self) -> impl Iterator<Item = Element<'d>> {
        let document = self.document;
        document
            .children_iter(self.node)
            .filter(|node| document.element(*node).is_some())
            .map(move |node| Element { document, node })
    }

    /// Child elements of one name.
    pub(crate) fn children(self, namespace: &str, local_name: &str) -> impl Iterator<Item = Element<'d>> {
        self.elements().filter(move |e| e.is(namespace, local_name))
    }

    /// The child of this name, when there is exactly one.
    pub(crate) fn only_child(self, namespace: &str, local_name: &str) -> Option<Element<'d>> {
        let mut found = self.children(namespace, local_name);
        found.next().filter(|_| found.next().is_none())
    }

    /// This element and everything below it.
    pub(crate) fn subtree(self) -> impl Iterator<Item = Element<'d>> {
        let document = self.document;
        let below = document.descendants(self.node).into_iter().filter(move |node| *node != self.node);
        std::iter::once(self.node)
            .chain(below)
            .filter(|node| document.element(*node).is_some())
            .map(move |node| Element { document, node })
    }

    /// The namespaces that are declared here or around it, by prefix: the innermost declaration counts. An undeclared
    /// default is left out.
    pub(crate) fn namespaces_in_scope(self) -> BTreeMap<&'d str, &'d str> {
        let mut found = BTreeMap::new();
        for node in std::iter::once(self.node).chain(self.document.ancestors(self.node)) {
            let declared = self.document.element(node).map(|e| e.namespace_declarations.as_slice());
            for (prefix, name) in declared.unwrap_or_default() {
                found.entry(prefix.as_ref()).or_insert(name.as_ref());
            }
        }
        found.retain(|_, name| !name.is_empty());
        found
    }

    /// All text below this element, joined, XML white space trimmed at both ends: some IdPs indent their values.
    pub(crate) fn text(self) -> String {
        self.document.text_content_deep(self.node).trim_matches([' ', '\t', '\r', '\n']).to_owned()
    }

    /// The same, of an element that has no child elements; otherwise nothing.
    pub(crate) fn leaf_text(self) -> Option<String> {
        self.elements().next().is_none().then(|| self.text())
    }

    /// The text of an element that holds nothing but one text node: no CDATA, no child, no comment.
    pub(crate) fn single_text(self) -> Option<&'d str> {
        let mut children = self.document.children_iter(self.node);
        match (children.next().and_then(|node| self.document.node_kind(node)), children.next()) {
            (Some(NodeKind::Text(text)), None) => Some(text.as_ref()),
            _ => None,
        }
    }

    /// Whether there is text other than white space directly inside this element.
    pub(crate) fn has_own_text(self) -> bool {
        self.document.children_iter(self.node).any(|node| match self.document.node_kind(node) {
            Some(NodeKind::Text(text) | NodeKind::CData(text)) => !text.trim().is_empty(),
            _ => false,
        })
    }
}
