//! A record as it is typed and shown.

use crate::dns::{
    Action, Change, RecordData, RecordName, RecordSet, RecordType, Refusal, TTL, Text, Zone,
    is_name_character,
};
use serde::Deserialize;

/// The longest text in a TXT record, in bytes, as with Route 53.
const LONGEST_TEXT: usize = 4000;

/// What was typed, or what stood in the row whose button was pressed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RecordForm {
    pub(super) name: String,
    pub(super) r#type: String,
    pub(super) value: String,
}

/// What is wrong with what was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FieldProblem {
    pub(super) field: &'static str,
    pub(super) sentence: String,
}

/// One record in the table.
#[derive(Debug)]
pub(super) struct RecordRow {
    /// Within the zone; `@` for the zone itself.
    pub(super) label: String,
    pub(super) name: String,
    pub(super) record_type: RecordType,
    /// As it stands in the zone, character strings in quotation marks.
    pub(super) value: String,
}

impl RecordRow {
    pub(super) fn of(zone: &Zone) -> Vec<Self> {
        let rows = zone.record_sets().iter().flat_map(|set| {
            let name = set.name.to_string();
            let label = name.strip_suffix(&zone.name().to_string()).unwrap_or(&name).trim_end_matches('.');
            let label = if label.is_empty() { "@" } else { label }.to_owned();
            let row = move |value| Self {
                label: label.clone(),
                name: name.clone(),
                record_type: set.record_type(),
                value,
            };
            set.values().into_iter().map(row)
        });
        rows.collect()
    }
}

impl FieldProblem {
    fn new(field: &'static str, sentence: impl Into<String>) -> Self {
        Self { field, sentence: sentence.into() }
    }

    /// What the zone says about a record that it doesn't take.
    pub(super) fn of(refusals: &[Refusal]) -> Self {
        let sentence = match refusals.first() {
            Some(Refusal::CnameAtApex { .. }) => {
                "The domain itself has other records, and a CNAME stands alone. Choose a name below it, or type TXT."
            }
            Some(Refusal::CnameBesideOthers { .. }) => {
                "There are other records at this name, and a CNAME stands alone. Delete them first, or choose another \
                 name."
            }
            Some(Refusal::BesideCname { .. } | Refusal::Exists { .. }) => {
                "There is a CNAME at this name, and it stands alone. Delete it first, or choose another name."
            }
            Some(other) => return Self::new("name", other.to_string()),
            None => "The zone doesn't take this record.",
        };
        Self::new("name", sentence)
    }
}

impl RecordForm {
    /// The change that adds the record.
    pub(super) fn change(&self, zone: &Zone) -> Result<Change, FieldProblem> {
        let name = full_name(zone, &self.name)?;
        match RecordType::parse(&self.r#type) {
            Some(RecordType::Cname) => {
                let data = RecordData::Cname(target(&name, &self.value)?);
                Ok(Change { action: Action::Create, record_set: RecordSet { name, ttl: TTL, data } })
            }
            Some(RecordType::Txt) => {
                let mut texts = existing_texts(zone, &name);
                let text = typed_text(&self.value)?;
                if texts.contains(&text) {
                    return Err(FieldProblem::new(
                        "value",
                        "This name has a TXT record of this value already.",
                    ));
                }
                texts.push(text);
                let data = RecordData::Txt(texts);
                Ok(Change { action: Action::Upsert, record_set: RecordSet { name, ttl: TTL, data } })
            }
            None => Err(FieldProblem::new("type", "Choose TXT or CNAME.")),
        }
    }

    /// The change that takes the record away; none when it isn't there.
    pub(super) fn deletion(&self, zone: &Zone) -> Option<Change> {
        let name = RecordName::parse(&self.name).ok()?;
        let existing = zone.record_set(&name, RecordType::parse(&self.r#type)?)?;
        let data = match &existing.data {
            RecordData::Cname(_) => None,
            RecordData::Txt(texts) => {
                let gone = Text::parse(&self.value).ok()?;
                let left: Vec<_> = texts.iter().filter(|text| **text != gone).cloned().collect();
                if left.len() == texts.len() {
                    return None;
                }
                Some(RecordData::Txt(left)).filter(|_| texts.len() > 1)
            }
        };
        Some(match data {
            Some(data) => {
                Change { action: Action::Upsert, record_set: RecordSet { data, ..existing.clone() } }
            }
            None => Change { action: Action::Delete, record_set: existing.clone() },
        })
    }
}

fn existing_texts(zone: &Zone, name: &RecordName) -> Vec<Text> {
    match zone.record_set(name, RecordType::Txt).map(|set| &set.data) {
        Some(RecordData::Txt(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

/// What was typed is a name within the zone, or the full name all the same.
fn full_name(zone: &Zone, typed: &str) -> Result<RecordName, FieldProblem> {
    let typed = typed.trim().trim_end_matches('.').to_ascii_lowercase();
    if typed.is_empty() || typed == "@" {
        return Ok(zone.name().clone());
    }
    let name = parse_name("name", &typed)?;
    if name.is_within(zone.name()) {
        return Ok(name);
    }
    parse_name("name", &format!("{typed}.{}", zone.domain()))
}

/// Whom a CNAME may stand for: any other name.
fn target(name: &RecordName, typed: &str) -> Result<RecordName, FieldProblem> {
    let typed = unquoted(typed.trim()).trim_end_matches('.').to_ascii_lowercase();
    if typed.is_empty() {
        return Err(FieldProblem::new("value", "Enter the name that this one stands for."));
    }
    let target = parse_name("value", &typed)?;
    if target == *name {
        return Err(FieldProblem::new("value", "A CNAME leads to another name, not to itself."));
    }
    Ok(target)
}

fn parse_name(field: &'static str, text: &str) -> Result<RecordName, FieldProblem> {
    let unusual = text.chars().find(|next| !is_name_character(*next) && !matches!(next, '.' | '*'));
    if let Some(unusual) = unusual {
        let sentence = format!("A name has letters, digits, hyphens, underscores and dots, not “{unusual}”.");
        return Err(FieldProblem::new(field, sentence));
    }
    RecordName::parse(text).map_err(|_| {
        FieldProblem::new(field, "Between dots there are 1 to 63 characters, and a name has at most 253.")
    })
}

/// The text, whether it was pasted bare or as it stands in a zone file.
fn typed_text(typed: &str) -> Result<Text, FieldProblem> {
    let typed = typed.trim();
    let text = Text::parse(typed).unwrap_or_else(|_| Text::plain(unquoted(typed)));
    match text.strings().map(<[u8]>::len).sum::<usize>() {
        0 => Err(FieldProblem::new("value", "Enter the text of the record.")),
        1..=LONGEST_TEXT => Ok(text),
        length => {
            let sentence = format!("A text has at most {LONGEST_TEXT} bytes; this one has {length}.");
            Err(FieldProblem::new("value", sentence))
        }
    }
}

/// Without the quotation marks around it.
fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text)
}
