//! Names and ids, ours and as Route 53 writes them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::escape;

/// The longest id in characters, whatever it names.
const MOST_CHARACTERS: usize = 32;

/// A text that isn't a name or an id of Route 53.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct InvalidName {
    /// What was expected.
    pub expected: &'static str,
}

/// The id of a hosted zone, such as `Z0123456789ABCDEFGHIJ`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct HostedZoneId(String);

impl HostedZoneId {
    /// Reads an id, also where `/hostedzone/` stands before it, as in Route 53's answers.
    ///
    /// # Errors
    /// [`InvalidName`] if it isn't 4 to 32 capital letters and digits. (Those that AWS gives out begin with a `Z`.)
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let expected = "the id of a Route 53 hosted zone, such as Z0123456789ABCDEFGHIJ";
        let id = text.strip_prefix("/hostedzone/").unwrap_or(text);
        let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        if (4..=MOST_CHARACTERS).contains(&id.len()) && id.bytes().all(capital) {
            Ok(Self(id.to_owned()))
        } else {
            Err(InvalidName { expected })
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id of a change that Route 53 took on, such as `C2682N5HXP0BZ4`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct ChangeId(String);

impl ChangeId {
    /// Reads an id, also where `/change/` stands before it, as in Route 53's answers.
    ///
    /// # Errors
    /// [`InvalidName`] if it isn't 1 to 32 letters and digits.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let id = text.strip_prefix("/change/").unwrap_or(text);
        if (1..=MOST_CHARACTERS).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(id.to_owned()))
        } else {
            Err(InvalidName { expected: "the id of a Route 53 change, such as C2682N5HXP0BZ4" })
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The full name of a record, such as `_portico.acme.com`: in A-labels and lower case, without a trailing dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct RecordName(String);

impl RecordName {
    /// Reads a name. Letters become lower case, and one trailing dot is dropped.
    ///
    /// # Errors
    /// [`InvalidName`] if it isn't at most 253 characters of labels with 1 to 63 letters, digits, hyphens and underscores.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(plain);
        if name.len() <= 253 && name.split('.').all(label) {
            Ok(Self(name))
        } else {
            Err(InvalidName { expected: "the full name of a DNS record, such as _portico.acme.com" })
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn labels(&self) -> Vec<&[u8]> {
        self.0.split('.').map(str::as_bytes).collect()
    }

    /// Whether a name that Route 53 wrote is this one.
    pub(super) fn is(&self, written: &WrittenName) -> bool {
        self.labels() == written.0
    }

    /// Whether it is the name of the zone or a name under it. Labels are compared, not texts: `notacme.com` isn't in `acme.com`.
    pub(super) fn is_within(&self, zone: &WrittenName) -> bool {
        let labels = self.labels();
        let start = labels.len().checked_sub(zone.labels());
        start.and_then(|start| labels.get(start..)).is_some_and(|end| end == zone.0)
    }
}

macro_rules! as_text {
    ($($name:ident)+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    )+};
}

as_text! { HostedZoneId ChangeId RecordName }

/// A name as Route 53 writes it, taken apart: its labels in lower case. An escaped dot belongs to its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrittenName(Vec<Vec<u8>>);

impl WrittenName {
    /// Takes a name apart, with or without its trailing dot.
    pub(super) fn read(written: &str) -> Self {
        let mut labels = vec![Vec::new()];
        let mut rest = written.strip_suffix('.').unwrap_or(written).as_bytes();
        while let [first, after @ ..] = rest {
            let escaped = escape::octal(rest);
            let (byte, after) = escaped.unwrap_or((*first, after));
            match labels.last_mut() {
                Some(label) if escaped.is_some() || byte != b'.' => label.push(byte.to_ascii_lowercase()),
                _ => labels.push(Vec::new()),
            }
            rest = after;
        }
        Self(labels)
    }

    /// How many labels it has.
    pub(super) fn labels(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_with_and_without_what_route_53_puts_before_it() {
        assert_eq!(HostedZoneId::parse("/hostedzone/Z0123ABC").unwrap().as_str(), "Z0123ABC");
        assert_eq!(ChangeId::parse("/change/C2682N5HXP0BZ4").unwrap().as_str(), "C2682N5HXP0BZ4");
        let long = format!("Z{}", "A".repeat(32));
        for bad in ["", "Z", "Z12", "z0123abc", "Z0123 BC", "Z0123/BC", "/change/Z0123ABC", &long] {
            assert!(HostedZoneId::parse(bad).is_err(), "{bad}");
        }
        for bad in ["", "/change/", "C2682/N5", "/hostedzone/C2682", &long] {
            assert!(ChangeId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_record_has_one_spelling() {
        for text in ["_portico.acme.com", "_Portico.ACME.com."] {
            assert_eq!(RecordName::parse(text).unwrap().as_str(), "_portico.acme.com");
        }
        let (label, name) = ("a".repeat(64), "a.".repeat(127) + "com");
        for bad in [
            "",
            ".",
            "acme..com",
            "acme.com..",
            "*.acme.com",
            "b\u{fc}cher.com",
            "a b.com",
            "a\\056b.com",
            &label,
            &name,
        ] {
            assert!(RecordName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_that_route_53_escaped_is_recognized_and_an_escaped_dot_parts_nothing() {
        let name = RecordName::parse("_portico.acme.com").unwrap();
        for written in
            ["_portico.acme.com.", "_portico.acme.com", "_PORTICO.Acme.com.", r"\137portico.acme.com."]
        {
            assert!(name.is(&WrittenName::read(written)), "{written}");
        }
        for written in
            [r"_portico\056acme.com.", "portico.acme.com.", "_portico.acme.com.uk.", "acme.com.", ""]
        {
            assert!(!name.is(&WrittenName::read(written)), "{written}");
        }
    }

    #[test]
    fn a_zone_holds_its_own_name_and_what_is_under_it_by_whole_labels() {
        let name = RecordName::parse("_portico.eu.acme.com").unwrap();
        for zone in ["_portico.eu.acme.com.", "eu.acme.com.", "ACME.com.", "com."] {
            assert!(name.is_within(&WrittenName::read(zone)), "{zone}");
        }
        for zone in ["u.acme.com.", "a._portico.eu.acme.com.", "acme.org.", r"eu\056acme.com."] {
            assert!(!name.is_within(&WrittenName::read(zone)), "{zone}");
        }
    }
}
