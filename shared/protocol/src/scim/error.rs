//! SCIM's errors (RFC 7644 §3.12, RFC 9865 §2.1), without HTTP around them.

/// What kind of error it is, in the RFC's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScimType {
    /// The filter can't be understood.
    InvalidFilter,
    /// More than can be answered, or done, at once.
    TooMany,
    /// Another resource has the value.
    Uniqueness,
    /// The attribute can't be changed like that.
    Mutability,
    /// The body isn't of the form that was expected.
    InvalidSyntax,
    /// The path of a PATCH operation can't be understood.
    InvalidPath,
    /// The path of a PATCH operation leads to nothing.
    NoTarget,
    /// A value is of the wrong type, or a required one is missing.
    InvalidValue,
    /// The cursor isn't one of ours.
    InvalidCursor,
}

impl ScimType {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidCursor => "invalidCursor",
        }
    }
}

/// What is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct ScimError {
    /// The HTTP status that says so.
    pub status: u16,
    /// The kind, where the RFC has a name for it.
    pub scim_type: Option<ScimType>,
    /// What was expected, what came, what to do: for the admin who reads their provider's log.
    pub detail: String,
}

impl ScimError {
    /// 400 of a kind.
    pub(super) fn bad(kind: ScimType, detail: impl Into<String>) -> Self {
        Self { status: 400, scim_type: Some(kind), detail: detail.into() }
    }

    pub(super) fn syntax(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidSyntax, detail)
    }

    pub(super) fn filter(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidFilter, detail)
    }

    pub(super) fn path(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidPath, detail)
    }

    pub(super) fn too_many(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::TooMany, detail)
    }

    pub(super) fn value(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidValue, detail)
    }
}

/// The beginning of what came, fit for a message.
pub(super) fn excerpt(text: &str) -> String {
    const MOST: usize = 100;
    let mut short: String =
        text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    short
}

/// What a JSON value is, for a message.
pub(super) fn what(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("the boolean {value}"),
        Value::Number(value) => format!("the number {}", excerpt(&value.to_string())),
        Value::String(value) => format!("the text “{}”", excerpt(value)),
        Value::Array(values) => format!("an array of {}", values.len()),
        Value::Object(_) => "an object".to_owned(),
    }
}
