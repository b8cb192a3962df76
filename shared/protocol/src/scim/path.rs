//! Names of attributes (RFC 7644 §3.10): `userName`, `name.givenName`, `urn:…:User:manager.value`, without regard to case.

use serde_json::{Map, Value};

use super::schema::{self, Attribute, ENTERPRISE, ResourceKind, Type};

/// The longest name that is read.
const MOST_BYTES: usize = 512;

/// Where a value stands in a resource. Known names are in the RFC's spelling, unknown ones as they came.
#[derive(Debug, Clone)]
pub(super) struct AttributePath {
    /// The extension that has it; `None` for the core schema.
    pub(super) extension: Option<String>,
    /// The attribute; empty where the path is the extension itself.
    pub(super) name: String,
    /// A part of a complex attribute.
    pub(super) sub: Option<String>,
    /// What is known of the attribute.
    pub(super) known: Option<&'static Attribute>,
    /// What is known of the part.
    pub(super) known_sub: Option<&'static Attribute>,
}

impl PartialEq for AttributePath {
    fn eq(&self, other: &Self) -> bool {
        (&self.extension, &self.name, &self.sub) == (&other.extension, &other.name, &other.sub)
    }
}

/// Whether a text can be the name of an attribute (RFC 7643 §2.1), with what clients add to it.
fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'$' || byte == b'_');
    first && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'$'))
}

/// The beginning of a URN, without regard to case.
pub(super) fn is_urn(text: &str) -> bool {
    text.get(..4).is_some_and(|beginning| beginning.eq_ignore_ascii_case("urn:"))
}

impl AttributePath {
    /// Reads a name; `None` where the text can't be one.
    pub(super) fn parse(text: &str, kind: ResourceKind) -> Option<Self> {
        if text.len() > MOST_BYTES {
            return None;
        }
        let Some((extension, rest)) = split_urn(text, kind)? else { return Self::of_core(text, kind) };
        if rest.is_empty() {
            return Some(Self::of_extension(extension));
        }
        if extension == kind.urn() {
            return Self::of_core(rest, kind);
        }
        let known = if extension == ENTERPRISE { kind.enterprise() } else { &[] };
        Self::in_schema(Some(extension), rest, |name| schema::find(known, name))
    }

    /// A member of an extension that no schema knows, by its name as it is.
    pub(super) fn of_member(extension: &str, name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::of_extension(extension.to_owned()) }
    }

    /// A path whose URN no schema knows, in a resource that has an extension with which it begins: only there is it known how
    /// much of it is the URN. The rest is a member's name, in the spelling that the extension has.
    pub(super) fn in_extension_of(resource: &Map<String, Value>, text: &str) -> Option<Self> {
        let begins = |(urn, value): (&'_ String, &'_ Value)| {
            let rest = behind_urn(text, urn).filter(|_| value.is_object())?;
            Some((urn.clone(), rest))
        };
        let (urn, rest) = resource.iter().filter_map(begins).max_by_key(|(urn, _)| urn.len())?;
        if rest.is_empty() {
            return Some(Self::of_extension(urn));
        }
        let there = resource.get(&urn).and_then(Value::as_object).and_then(|members| member(members, rest));
        let as_it_is = || Self::of_member(&urn, rest);
        match there {
            Some(_) => Some(as_it_is()),
            None => Self::in_schema(Some(urn.clone()), rest, |_| None).or_else(|| Some(as_it_is())),
        }
    }

    /// Whether its URN is of an extension that no schema knows.
    pub(super) fn is_foreign(&self, kind: ResourceKind) -> bool {
        self.extension.as_deref().is_some_and(|urn| urn != ENTERPRISE && urn != kind.urn())
    }

    /// What is wrong with a path into an attribute that has no parts.
    pub(super) fn misplaced_part(&self) -> Option<String> {
        let known = self.known.filter(|known| self.sub.is_some() && known.kind != Type::Complex)?;
        Some(format!("{self}: {0} has no parts. Write {0} alone.", known.name))
    }

    /// The whole of an extension.
    pub(super) fn of_extension(extension: String) -> Self {
        Self { extension: Some(extension), name: String::new(), sub: None, known: None, known_sub: None }
    }

    /// A name without a URN: of the core schema, or else of the extension, whose names are used like that.
    fn of_core(text: &str, kind: ResourceKind) -> Option<Self> {
        let core = Self::in_schema(None, text, |name| kind.attribute(name))?;
        if core.known.is_some() {
            return Some(core);
        }
        let extended =
            Self::in_schema(Some(ENTERPRISE.to_owned()), text, |name| schema::find(kind.enterprise(), name))?;
        Some(if extended.known.is_some() { extended } else { core })
    }

    fn in_schema(
        extension: Option<String>,
        text: &str,
        find: impl Fn(&str) -> Option<&'static Attribute>,
    ) -> Option<Self> {
        let (name, sub) = match text.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (text, None),
        };
        if !is_name(name) || !sub.is_none_or(is_name) {
            return None;
        }
        let known = find(name);
        let known_sub = known.zip(sub).and_then(|(known, sub)| known.find_sub(sub));
        let spelt = |known: Option<&'static Attribute>, text: &str| {
            known.map_or(text, |attribute| attribute.name).to_owned()
        };
        Some(Self {
            extension,
            name: spelt(known, name),
            sub: sub.map(|sub| spelt(known_sub, sub)),
            known,
            known_sub,
        })
    }

    /// A name inside the brackets behind an attribute.
    pub(super) fn inside(of: Option<&'static Attribute>, text: &str) -> Option<Self> {
        if text.len() > MOST_BYTES || !is_name(text) {
            return None;
        }
        let known = of.and_then(|of| of.find_sub(text));
        let name = known.map_or(text, |known| known.name).to_owned();
        Some(Self { extension: None, name, sub: None, known, known_sub: None })
    }

    /// What is known of the values that it leads to.
    pub(super) fn leaf(&self) -> Option<&'static Attribute> {
        if self.sub.is_some() { self.known_sub } else { self.known }
    }

    /// Whether it is an attribute of the core schema, or of every resource, with this name.
    pub(super) fn is_core(&self, name: &str) -> bool {
        self.extension.is_none() && self.name == name
    }

    /// The attribute's value in a resource.
    pub(super) fn attribute<'v>(&self, resource: &'v Map<String, Value>) -> Option<&'v Value> {
        let holder = match &self.extension {
            None => resource,
            Some(extension) => member(resource, extension)?.as_object()?,
        };
        member(holder, &self.name)
    }

    /// All values that it leads to: of each element where the attribute has many, and the `value` of a complex one.
    pub(super) fn values<'v>(&self, resource: &'v Map<String, Value>) -> Vec<&'v Value> {
        let Some(value) = self.attribute(resource) else { return Vec::new() };
        let elements = match value {
            Value::Array(elements) => elements.iter().collect(),
            one => vec![one],
        };
        let part = self.sub.as_deref();
        elements.into_iter().filter_map(|element| leaf_of(element, part)).collect()
    }
}

fn leaf_of<'v>(element: &'v Value, part: Option<&str>) -> Option<&'v Value> {
    match (element, part) {
        (Value::Object(object), Some(part)) => member(object, part),
        (Value::Object(object), None) => Some(object.get("value").unwrap_or(element)),
        (simple, Some("value")) => Some(simple),
        (_, Some(_)) => None,
        (simple, None) => Some(simple),
    }
}

/// A member by its name, first as it is written, then without regard to case.
pub(super) fn member<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    object
        .get(name)
        .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// The name under which an object has a member, or shall have it.
pub(super) fn spelling(object: &Map<String, Value>, name: &str) -> String {
    let known = object.keys().find(|key| key.eq_ignore_ascii_case(name));
    known.map_or(name, String::as_str).to_owned()
}

/// What a text has behind a URN and its colon; nothing where it is the URN itself.
fn behind_urn<'t>(text: &'t str, urn: &str) -> Option<&'t str> {
    let beginning = text.get(..urn.len()).filter(|_| is_urn(urn))?;
    match text.get(urn.len()..).filter(|_| beginning.eq_ignore_ascii_case(urn))? {
        "" => Some(""),
        rest => rest.strip_prefix(':').filter(|rest| !rest.is_empty()),
    }
}

/// The URN at the beginning of a text and what follows it; `Some(None)` where there is no URN, `None` where there is nothing
/// behind the colon.
#[allow(clippy::option_option)] // three cases, each with its own way on
fn split_urn(text: &str, kind: ResourceKind) -> Option<Option<(String, &str)>> {
    if !is_urn(text) {
        return Some(None);
    }
    for known in [kind.urn(), ENTERPRISE] {
        let Some(beginning) = text.get(..known.len()) else { continue };
        if beginning.eq_ignore_ascii_case(known) {
            match text.get(known.len()..)?.strip_prefix([':', '.']) {
                Some("") => return None,
                Some(rest) => return Some(Some((known.to_owned(), rest))),
                None if text.len() == known.len() => return Some(Some((known.to_owned(), ""))),
                None => {}
            }
        }
    }
    // An unknown extension: its own name has colons and dots, so the attribute is what stands behind the last colon.
    let (urn, rest) = text.rsplit_once(':')?;
    if rest.is_empty() || urn.len() < 5 {
        return None;
    }
    // `urn:…:2.0:User` by itself is an extension, not an attribute of one.
    if urn.ends_with(|last: char| last.is_ascii_digit()) {
        return Some(Some((text.to_owned(), "")));
    }
    Some(Some((urn.to_owned(), rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(Option<String>, String, Option<String>)> {
        AttributePath::parse(text, ResourceKind::User).map(|path| (path.extension, path.name, path.sub))
    }

    fn path(
        extension: Option<&str>,
        name: &str,
        sub: Option<&str>,
    ) -> Option<(Option<String>, String, Option<String>)> {
        Some((extension.map(str::to_owned), name.to_owned(), sub.map(str::to_owned)))
    }

    #[test]
    fn names_are_understood_in_every_spelling_that_clients_use() {
        assert_eq!(parsed("USERNAME"), path(None, "userName", None));
        assert_eq!(parsed("Name.GivenName"), path(None, "name", Some("givenName")));
        assert_eq!(
            parsed("urn:ietf:params:scim:schemas:core:2.0:user:name.givenname"),
            path(None, "name", Some("givenName"))
        );
        let enterprise = Some(ENTERPRISE);
        assert_eq!(
            parsed(&format!("{ENTERPRISE}:Manager.value")),
            path(enterprise, "manager", Some("value"))
        );
        assert_eq!(parsed(&ENTERPRISE.to_ascii_uppercase()), path(enterprise, "", None));
        assert_eq!(parsed("department"), path(enterprise, "department", None));
        assert_eq!(
            parsed("urn:acme:custom:2.0:User:badge"),
            path(Some("urn:acme:custom:2.0:User"), "badge", None)
        );
        assert_eq!(parsed("urn:acme:custom:2.0:User"), path(Some("urn:acme:custom:2.0:User"), "", None));
        assert_eq!(parsed("meta.lastModified"), path(None, "meta", Some("lastModified")));
        assert_eq!(parsed("shoeSize"), path(None, "shoeSize", None));
    }

    #[test]
    fn what_cannot_be_a_name_is_none() {
        for text in ["", ".", "a.", ".a", "a.b.c", "1a", "a b", "urn:", "urn:x:", "a[b]", &"x".repeat(600)] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
