//! Reading a ChangeResourceRecordSets request, as strictly as Route 53 does.

use super::answers::NAMESPACE;
use super::error::ServiceError;
use crate::dns::{Action, Change, RecordData, RecordName, RecordSet, RecordType, Text};
use std::collections::BTreeSet;
use uppsala::{Document, NodeId, Parser};

/// The deepest nesting read; a request has eight levels.
const MAX_DEPTH: u32 = 16;
/// The most records in one request; those of an UPSERT count twice.
const MOST_RECORDS: usize = 1000;
/// The most characters in all values of one request; those of an UPSERT count twice.
const MOST_CHARACTERS: usize = 32_000;
/// The longest value, in characters.
const LONGEST_VALUE: usize = 4000;
/// The largest TTL (RFC 2181 §8).
const LARGEST_TTL: u32 = 2_147_483_647;

/// A batch of changes.
#[derive(Debug)]
pub(super) struct ChangeRequest {
    pub(super) comment: Option<String>,
    pub(super) changes: Vec<Change>,
}

/// One change, its parts not yet understood.
struct Asked {
    action: Action,
    name: String,
    record_type: RecordType,
    ttl: u32,
    values: Vec<String>,
}

/// Reads a request. What has the wrong form is `InvalidInput` and ends the reading; what the records say wrong is collected.
pub(super) fn read(body: &[u8]) -> Result<ChangeRequest, ServiceError> {
    let text = std::str::from_utf8(body).map_err(|_| invalid_xml("it is not UTF-8"))?;
    let parser = Parser::new().with_forbid_dtd(true).with_max_depth(MAX_DEPTH);
    let document = parser.parse(text).map_err(|problem| invalid_xml(&problem.to_string()))?;
    let root = document.document_element().ok_or_else(|| invalid_xml("it has no element"))?;
    let root = Element { document: &document, id: root };
    if !root.is("ChangeResourceRecordSetsRequest") {
        return Err(invalid_xml("expected the element ChangeResourceRecordSetsRequest"));
    }
    let batch = root.child("ChangeBatch")?;
    let changes = batch.child("Changes")?.children();
    let asked = changes.iter().map(read_change).collect::<Result<Vec<_>, _>>()?;
    if asked.is_empty() {
        return Err(invalid("changeBatch.changes", "Member must have length greater than or equal to 1"));
    }
    check_amounts(&asked)?;
    let mut wrong = Vec::new();
    let understood: Vec<_> = asked.iter().filter_map(|asked| understand(asked, &mut wrong)).collect();
    if !wrong.is_empty() {
        return Err(ServiceError::InvalidChangeBatch(wrong));
    }
    Ok(ChangeRequest {
        comment: batch.optional("Comment").map(|comment| comment.text()),
        changes: understood,
    })
}

fn read_change(change: &Element<'_, '_>) -> Result<Asked, ServiceError> {
    change.expect("Change")?;
    let action = change.child("Action")?.text();
    let set = change.child("ResourceRecordSet")?;
    // Routing policies and aliases are other kinds of record set: nobody proves a domain by one.
    set.expect_only(&["Name", "Type", "TTL", "ResourceRecords"])?;
    let (name, record_type) = (set.child("Name")?.text(), set.child("Type")?.text());
    let (Some(ttl), Some(records)) = (set.optional("TTL"), set.optional("ResourceRecords")) else {
        return Err(ServiceError::InvalidInput(format!(
            "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or \
             TrafficPolicyInstanceId], but found none in Change with [Action={action}, Name={name}, \
             Type={record_type}, SetIdentifier=null]"
        )));
    };
    let records = records.children();
    let values = records.iter().map(|record| {
        record.expect("ResourceRecord")?;
        record.child("Value").map(|value| value.text())
    });
    Ok(Asked {
        action: read_action(&action)?,
        name,
        record_type: RecordType::parse(&record_type).ok_or_else(|| unknown_type(&record_type))?,
        ttl: ttl.text().parse().ok().filter(|ttl| *ttl <= LARGEST_TTL).ok_or_else(|| {
            invalid("resourceRecordSet.tTL", "Member must have value between 0 and 2147483647")
        })?,
        values: values.collect::<Result<_, _>>()?,
    })
}

fn read_action(action: &str) -> Result<Action, ServiceError> {
    match action {
        "CREATE" => Ok(Action::Create),
        "DELETE" => Ok(Action::Delete),
        "UPSERT" => Ok(Action::Upsert),
        _ => Err(invalid("changes.action", "Member must satisfy enum value set: [DELETE, UPSERT, CREATE]")),
    }
}

fn check_amounts(asked: &[Asked]) -> Result<(), ServiceError> {
    let (mut records, mut characters) = (0, 0);
    for asked in asked {
        if asked.values.is_empty() {
            return Err(invalid("resourceRecords", "Member must have length greater than or equal to 1"));
        }
        let lengths: Vec<_> = asked.values.iter().map(|value| value.chars().count()).collect();
        if lengths.iter().any(|length| *length > LONGEST_VALUE) {
            return Err(invalid(
                "resourceRecords.value",
                "Member must have length less than or equal to 4000",
            ));
        }
        let times = if asked.action == Action::Upsert { 2 } else { 1 };
        records += times * lengths.len();
        characters += times * lengths.iter().sum::<usize>();
    }
    for (what, amount, most) in
        [("records", records, MOST_RECORDS), ("characters", characters, MOST_CHARACTERS)]
    {
        if amount > most {
            let message = format!("Number of {what} limit of {most} exceeded.");
            return Err(ServiceError::InvalidChangeBatch(vec![message]));
        }
    }
    Ok(())
}

/// The change, or what its name and values say wrong.
fn understand(asked: &Asked, wrong: &mut Vec<String>) -> Option<Change> {
    let before = wrong.len();
    let name = RecordName::parse(&asked.name)
        .map_err(|problem| wrong.push(fatal(&format!("InvalidDomainName ({problem})"), &asked.name)));
    let distinct: BTreeSet<_> = asked.values.iter().collect();
    if distinct.len() < asked.values.len() {
        wrong.push(format!("Duplicate Resource Record in RRSet with DNS name {}", asked.name));
    }
    let data = match asked.record_type {
        RecordType::Txt => RecordData::Txt(read_texts(&asked.values, wrong)),
        RecordType::Cname => RecordData::Cname(read_target(asked, wrong)?),
    };
    let record_set = RecordSet { name: name.ok()?, ttl: asked.ttl, data };
    (wrong.len() == before).then_some(Change { action: asked.action, record_set })
}

fn read_texts(values: &[String], wrong: &mut Vec<String>) -> Vec<Text> {
    let read = values.iter().filter_map(|value| {
        let text = Text::parse(value);
        text.map_err(|problem| wrong.push(fatal(&problem.to_string(), value))).ok()
    });
    read.collect()
}

fn read_target(asked: &Asked, wrong: &mut Vec<String>) -> Option<RecordName> {
    let [target] = asked.values.as_slice() else {
        wrong.push(format!(
            "RRSet of type CNAME with DNS name {} has more than one resource record",
            asked.name
        ));
        return None;
    };
    let read = RecordName::parse(target);
    read.map_err(|problem| wrong.push(fatal(&format!("InvalidDomainName ({problem})"), target))).ok()
}

fn fatal(problem: &str, value: &str) -> String {
    format!("Invalid Resource Record: FATAL problem: {problem} encountered with '{value}'")
}

fn invalid(member: &str, constraint: &str) -> ServiceError {
    ServiceError::InvalidInput(format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: {constraint}"
    ))
}

fn invalid_xml(problem: &str) -> ServiceError {
    ServiceError::InvalidInput(format!("Invalid XML ; {problem}"))
}

fn unknown_type(record_type: &str) -> ServiceError {
    ServiceError::InvalidInput(format!(
        "This stand-in for Route 53 keeps records of type TXT and CNAME, not {record_type}"
    ))
}

/// An element of Route 53's namespace.
struct Element<'d, 'text> {
    document: &'d Document<'text>,
    id: NodeId,
}

impl<'d, 'text> Element<'d, 'text> {
    fn is(&self, name: &str) -> bool {
        self.document.element(self.id).is_some_and(|element| element.matches_name_ns(NAMESPACE, name))
    }

    fn name(&self) -> String {
        self.document.element(self.id).map(|element| element.name.local_name.to_string()).unwrap_or_default()
    }

    fn text(&self) -> String {
        self.document.text_content_deep(self.id)
    }

    fn children(&self) -> Vec<Element<'d, 'text>> {
        let document = self.document;
        let elements = document.children_iter(self.id).filter(|node| document.element(*node).is_some());
        elements.map(|id| Element { document, id }).collect()
    }

    fn optional(&self, name: &str) -> Option<Element<'d, 'text>> {
        self.children().into_iter().find(|child| child.is(name))
    }

    fn child(&self, name: &str) -> Result<Element<'d, 'text>, ServiceError> {
        self.optional(name).ok_or_else(|| invalid_xml(&format!("{} has no {name}", self.name())))
    }

    fn expect(&self, name: &str) -> Result<(), ServiceError> {
        if self.is(name) {
            Ok(())
        } else {
            Err(invalid_xml(&format!("expected {name}, not {}", self.name())))
        }
    }

    fn expect_only(&self, names: &[&str]) -> Result<(), ServiceError> {
        match self.children().iter().find(|child| !names.iter().any(|name| child.is(name))) {
            Some(other) => Err(ServiceError::InvalidInput(format!(
                "This stand-in for Route 53 keeps simple record sets only, without {}",
                other.name()
            ))),
            None => Ok(()),
        }
    }
}
