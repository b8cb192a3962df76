//! SCIM 2.0 without the network: resources as clients send them, filters, changes, projections (RFC 7643, RFC 7644), and
//! cursors (RFC 9865).
//!
//! Identity providers bend the rules, each in its own way. What they mean is understood where it is clear; what could be read
//! in two ways is refused. Nothing here panics, recurses without a bound, or takes more than linear time by much.

mod bulk;
mod document;
mod error;
mod filter;
mod json;
mod list;
mod patch;
mod path;
mod projection;
pub mod schema;
mod search;
mod sort;

pub use bulk::{BulkMethod, BulkOperation, BulkRequest, resolve};
pub use document::{Document, Incoming, Meta, read_resource, read_value};
pub use error::{ScimError, ScimType};
pub use filter::{Asked, Filter, Indexed, Lookup, fold};
pub use list::list_response;
pub use patch::{Member, MemberChange, Patch};
pub use projection::Projection;
pub use schema::{ResourceKind, resource_types, schema, schemas, service_provider_config};
pub use search::SearchRequest;
pub use sort::Sort;

/// What is too much.
#[derive(Debug, Clone, Copy)]
pub struct Limits;

impl Limits {
    /// Bytes of a filter.
    pub const FILTER_BYTES: usize = 4096;
    /// Parentheses, brackets and `not` inside one another.
    pub const FILTER_DEPTH: usize = 32;
    /// Comparisons in a filter.
    pub const FILTER_TERMS: usize = 64;
    /// Operations of a PATCH; each member of one without a path counts.
    pub const PATCH_OPERATIONS: usize = 1000;
    /// Comparisons of a PATCH: elements that are there with those that its filters and lists name. A text counts once more
    /// for each 64 bytes.
    pub const PATCH_COMPARISONS: usize = 1_000_000;
    /// Operations of a bulk request.
    pub const BULK_OPERATIONS: usize = 100;
    /// Bytes of a bulk request.
    pub const BULK_PAYLOAD: usize = 1024 * 1024;
    /// Resources of a page.
    pub const PAGE: usize = 200;
    /// E-mail addresses of a user.
    pub const EMAILS: usize = 20;
    /// Values of any other attribute that has many.
    pub const ELEMENTS: usize = 1000;
    /// Bytes of a resource as JSON: an event holds it twice, and an item of the table has 400 KB.
    pub const DOCUMENT_BYTES: usize = 64 * 1024;
    /// Bytes of a request about a user. Clients send back what they were shown, and that may name 1,000 groups beside the
    /// document. A group's request names members and has no such bound of its own.
    pub const USER_BODY_BYTES: usize = 8 * Self::DOCUMENT_BYTES;
    /// Names of one object of a body, and of the attributes of a resource.
    pub const NAMES: usize = 1024;
    /// Values of a body, of any type: as many as the longest list of members has that fits into 4 MB.
    pub const VALUES: usize = 250_000;
    /// Objects and arrays inside one another. Events hold a resource some levels deeper, and the table refuses more than 32.
    pub const NESTING: usize = 24;
    /// Attributes that a projection names.
    pub const PROJECTED: usize = 128;
}
