//! Names, and the records at them: TXT and CNAME, which is all that proving a domain needs.

use super::presentation::{self, MAX_STRING, TextProblem};
use hickory_proto::rr::{LowerName, Name};
use portico_shared::domain::domain_name::DomainName;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// A name in the DNS, in lower case. Names are ordered from the root down, as Route 53 lists them. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordName(Arc<LowerName>);

/// A text that is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a name of labels of 1 to 63 characters, at most 255 in all, such as _portico.acme.com")]
pub struct InvalidName;

impl RecordName {
    /// Reads a name, with or without its trailing dot.
    ///
    /// # Errors
    /// A character that is not printable ASCII, a label that is empty or too long, the root.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let labels = presentation::read_labels(text).filter(|labels| !labels.is_empty());
        let name = Name::from_labels(labels.ok_or(InvalidName)?).map_err(|_| InvalidName)?;
        Ok(Self(Arc::new(LowerName::new(&name))))
    }

    /// Whether the name is `zone` or below it.
    pub fn is_within(&self, zone: &Self) -> bool {
        zone.0.zone_of(&self.0)
    }

    /// As the DNS library has it.
    pub(super) fn as_name(&self) -> Name {
        Name::from(LowerName::clone(&self.0))
    }
}

impl TryFrom<&DomainName> for RecordName {
    type Error = InvalidName;

    fn try_from(domain: &DomainName) -> Result<Self, InvalidName> {
        Self::parse(domain.as_str())
    }
}

impl TryFrom<String> for RecordName {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::parse(&text)
    }
}

impl From<RecordName> for String {
    fn from(name: RecordName) -> Self {
        name.to_string()
    }
}

impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&presentation::write_labels(self.0.iter()))
    }
}

impl fmt::Debug for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The types of record that can be added, in the order in which Route 53 lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordType {
    /// Another name for a name.
    Cname,
    /// Text.
    Txt,
}

impl RecordType {
    /// Reads `TXT` or `CNAME`.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Cname, Self::Txt].into_iter().find(|known| known.as_str() == text)
    }

    /// `TXT` or `CNAME`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cname => "CNAME",
            Self::Txt => "TXT",
        }
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The value of one TXT record: its character strings, each of at most 255 bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text(Vec<Vec<u8>>);

impl Text {
    /// Reads character strings in quotation marks.
    ///
    /// # Errors
    /// [`TextProblem`].
    pub fn parse(text: &str) -> Result<Self, TextProblem> {
        presentation::read_strings(text).map(Self)
    }

    /// A text of any length, cut into as many character strings as it takes.
    pub fn plain(text: &str) -> Self {
        let strings: Vec<_> = text.as_bytes().chunks(MAX_STRING).map(<[u8]>::to_vec).collect();
        Self(if strings.is_empty() { vec![Vec::new()] } else { strings })
    }

    /// The character strings.
    pub fn strings(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(Vec::as_slice)
    }
}

impl TryFrom<String> for Text {
    type Error = TextProblem;

    fn try_from(text: String) -> Result<Self, TextProblem> {
        Self::parse(&text)
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.to_string()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&presentation::write_strings(&self.0))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The values at a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "values", rename_all = "UPPERCASE")]
pub enum RecordData {
    /// The name that this one stands for.
    Cname(RecordName),
    /// One or more texts.
    Txt(Vec<Text>),
}

/// All records of one type at one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSet {
    /// Where they are.
    pub name: RecordName,
    /// How long resolvers may keep them, in seconds.
    pub ttl: u32,
    /// What they say.
    #[serde(flatten)]
    pub data: RecordData,
}

impl RecordSet {
    /// TXT records whose values are plain texts.
    ///
    /// # Errors
    /// `name` is none.
    pub fn txt(name: &str, texts: &[&str]) -> Result<Self, InvalidName> {
        let texts = texts.iter().copied().map(Text::plain).collect();
        Ok(Self { name: RecordName::parse(name)?, ttl: super::TTL, data: RecordData::Txt(texts) })
    }

    /// A CNAME record.
    ///
    /// # Errors
    /// `name` or `target` is none.
    pub fn cname(name: &str, target: &str) -> Result<Self, InvalidName> {
        let target = RecordData::Cname(RecordName::parse(target)?);
        Ok(Self { name: RecordName::parse(name)?, ttl: super::TTL, data: target })
    }

    /// The records' type.
    pub fn record_type(&self) -> RecordType {
        match self.data {
            RecordData::Cname(_) => RecordType::Cname,
            RecordData::Txt(_) => RecordType::Txt,
        }
    }

    /// By what the sets of a zone are told apart and ordered.
    pub(super) fn key(&self) -> (&RecordName, RecordType) {
        (&self.name, self.record_type())
    }

    /// The values as text.
    pub fn values(&self) -> Vec<String> {
        match &self.data {
            RecordData::Cname(target) => vec![target.to_string()],
            RecordData::Txt(texts) => texts.iter().map(Text::to_string).collect(),
        }
    }

    /// Whether both say the same: the order of values is nothing in the DNS.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        let sorted = |set: &Self| {
            let mut values = set.values();
            values.sort();
            (set.record_type(), set.ttl, values)
        };
        sorted(self) == sorted(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RecordName {
        RecordName::parse(text).unwrap()
    }

    #[test]
    fn names_are_compared_in_lower_case_and_ordered_from_the_root_down() {
        assert_eq!(name("A.Example"), name("a.example."));
        let mut names = ["b.example", "a.b.example", "z.a.example", "example", "acme.com"].map(name);
        names.sort();
        assert_eq!(
            names.map(String::from),
            ["acme.com.", "example.", "z.a.example.", "b.example.", "a.b.example."]
        );
        assert!(name("x.acme.example").is_within(&name("acme.example")));
        assert!(!name("notacme.example").is_within(&name("acme.example")));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let long = "x".repeat(64);
        let deep = "x.".repeat(128);
        for text in ["", ".", "a..b", ".a", "a b", "ä.example", &long, &deep] {
            assert_eq!(RecordName::parse(text), Err(InvalidName), "{text}");
        }
    }

    #[test]
    fn a_long_text_is_cut_into_character_strings() {
        let lengths = |length: usize| -> Vec<usize> {
            Text::plain(&"x".repeat(length)).strings().map(<[u8]>::len).collect()
        };
        assert_eq!((lengths(0), lengths(255), lengths(256)), (vec![0], vec![255], vec![255, 1]));
    }

    #[test]
    fn a_record_set_is_kept_in_words_that_a_person_can_read() {
        let set = RecordSet::txt("_portico.acme.example", &["a", "b"]).unwrap();
        let json = serde_json::to_value(&set).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "name": "_portico.acme.example.", "ttl": 60, "type": "TXT", "values": ["\"a\"", "\"b\""]
            })
        );
        assert_eq!(serde_json::from_value::<RecordSet>(json).unwrap(), set);
    }
}
