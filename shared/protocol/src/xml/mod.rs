//! Reading XML that a stranger wrote: bounds first, then one parser, then a gate, then small reading helpers.

mod element;
mod gate;
mod prescan;

pub(crate) use element::{Element, document_element};
pub(crate) use gate::check_signed_message;
pub(crate) use prescan::{prescan, prescan_metadata};

use uppsala::{Document, Parser};

/// Deepest nesting accepted, in elements. Real responses stay below 12.
pub(crate) const MAX_DEPTH: usize = 48;

/// Why a text is not XML that we read. Every variant is a limit or a construct that SAML messages never need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum XmlError {
    #[error("the bytes are not UTF-8")]
    NotUtf8,
    #[error("a tag is longer than the limit")]
    TagTooLong,
    #[error("the document has more elements than the limit")]
    TooManyElements,
    #[error("an element has more attributes than the limit")]
    TooManyAttributes,
    #[error("namespaces are declared beyond the limits")]
    TooManyNamespaces,
    #[error("elements are nested deeper than the limit")]
    TooDeep,
    #[error("the document declares a DTD")]
    Doctype,
    #[error("the document uses an entity that XML does not predefine")]
    EntityReference,
    #[error("the document holds a processing instruction")]
    ProcessingInstruction,
    #[error("the document holds a comment")]
    Comment,
    #[error("the document has more than one root element")]
    SeveralRoots,
    #[error("two elements have the same ID")]
    DuplicateId,
    #[error("an ID attribute is in a namespace")]
    NamespacedId,
    #[error("a namespace name is not an absolute URI")]
    RelativeNamespace,
    #[error("a name is not one that XML namespaces allow")]
    Name,
    #[error("an attribute or a CDATA section holds a line break or a tab")]
    LineBreak,
    #[error("the document declares another XML version than 1.0 or another encoding than UTF-8")]
    Declaration,
    #[error("the text is not well-formed XML")]
    Malformed,
}

/// Parses a text that [`prescan`] has let through. DTDs are refused a second time here, by the parser itself.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, XmlError> {
    let depth = u32::try_from(MAX_DEPTH).unwrap_or(u32::MAX);
    Parser::new().with_forbid_dtd(true).with_max_depth(depth).parse(text).map_err(|_| XmlError::Malformed)
}
