//! The documents that Route 53 answers with.

use super::Submitted;
use crate::dns::{RecordName, TTL, Zone};
use chrono::SecondsFormat;
use uppsala::XmlWriter;

/// The namespace of all documents.
pub(super) const NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";

/// A record set as it is listed: what every zone has by itself is listed too.
pub(super) struct Listed {
    pub(super) name: RecordName,
    pub(super) record_type: &'static str,
    ttl: u32,
    values: Vec<String>,
}

/// All record sets of a zone, by name from the root down, then by type.
pub(super) fn listed(zone: &Zone) -> Vec<Listed> {
    let server = format!("{}.", zone.name_server());
    let soa = format!("{server} hostmaster.{} 1 7200 900 1209600 {TTL}", zone.name());
    let own = |name: &RecordName, record_type, value| Listed {
        name: name.clone(),
        record_type,
        ttl: TTL,
        values: vec![value],
    };
    let mut listed = vec![own(zone.name(), "NS", server.clone()), own(zone.name(), "SOA", soa)];
    if let Ok(server) = RecordName::parse(&server) {
        listed.push(own(&server, "A", "127.0.0.1".to_owned()));
    }
    listed.extend(zone.record_sets().iter().map(|set| Listed {
        name: set.name.clone(),
        record_type: set.record_type().as_str(),
        ttl: set.ttl,
        values: set.values(),
    }));
    listed.sort_by(|one, other| (&one.name, one.record_type).cmp(&(&other.name, other.record_type)));
    listed
}

/// The answer to a request that is refused.
pub(super) fn error(blame: &str, code: &str, message: &str, request_id: &str) -> String {
    document("ErrorResponse", |xml| {
        nested(xml, "Error", |xml| {
            text(xml, "Type", blame);
            text(xml, "Code", code);
            text(xml, "Message", message);
        });
        text(xml, "RequestId", request_id);
    })
}

/// The answer to a change of record sets and to a question after one.
pub(super) fn change(root: &str, id: &str, submitted: &Submitted, status: &str) -> String {
    document(root, |xml| {
        nested(xml, "ChangeInfo", |xml| {
            text(xml, "Id", &format!("/change/{id}"));
            text(xml, "Status", status);
            text(xml, "SubmittedAt", &submitted.at.to_rfc3339_opts(SecondsFormat::Millis, true));
            if let Some(comment) = &submitted.comment {
                text(xml, "Comment", comment);
            }
        });
    })
}

pub(super) fn hosted_zone(zone: &Zone) -> String {
    document("GetHostedZoneResponse", |xml| {
        write_zone(xml, zone);
        nested(xml, "DelegationSet", |xml| {
            nested(xml, "NameServers", |xml| text(xml, "NameServer", &zone.name_server()));
        });
    })
}

/// One page of zones, from the one that was asked for.
pub(super) struct ZonePage<'a> {
    pub(super) dns_name: Option<&'a str>,
    pub(super) hosted_zone_id: Option<&'a str>,
    pub(super) zones: &'a [Zone],
    pub(super) next: Option<&'a Zone>,
    pub(super) max_items: usize,
}

pub(super) fn hosted_zones_by_name(page: &ZonePage<'_>) -> String {
    document("ListHostedZonesByNameResponse", |xml| {
        nested(xml, "HostedZones", |xml| page.zones.iter().for_each(|zone| write_zone(xml, zone)));
        if let Some(name) = page.dns_name {
            text(xml, "DNSName", name);
        }
        if let Some(id) = page.hosted_zone_id {
            text(xml, "HostedZoneId", id);
        }
        text(xml, "IsTruncated", truth(page.next.is_some()));
        if let Some(next) = page.next {
            text(xml, "NextDNSName", &next.name().to_string());
            text(xml, "NextHostedZoneId", next.id().as_str());
        }
        text(xml, "MaxItems", &page.max_items.to_string());
    })
}

pub(super) fn record_sets(sets: &[Listed], next: Option<&Listed>, max_items: usize) -> String {
    document("ListResourceRecordSetsResponse", |xml| {
        nested(xml, "ResourceRecordSets", |xml| sets.iter().for_each(|set| write_set(xml, set)));
        text(xml, "IsTruncated", truth(next.is_some()));
        if let Some(next) = next {
            text(xml, "NextRecordName", &next.name.to_string());
            text(xml, "NextRecordType", next.record_type);
        }
        text(xml, "MaxItems", &max_items.to_string());
    })
}

fn write_zone(xml: &mut XmlWriter, zone: &Zone) {
    nested(xml, "HostedZone", |xml| {
        text(xml, "Id", &format!("/hostedzone/{}", zone.id()));
        text(xml, "Name", &zone.name().to_string());
        text(xml, "CallerReference", zone.id().as_str());
        nested(xml, "Config", |xml| text(xml, "PrivateZone", truth(false)));
        text(xml, "ResourceRecordSetCount", &listed(zone).len().to_string());
    });
}

fn write_set(xml: &mut XmlWriter, set: &Listed) {
    nested(xml, "ResourceRecordSet", |xml| {
        text(xml, "Name", &set.name.to_string());
        text(xml, "Type", set.record_type);
        text(xml, "TTL", &set.ttl.to_string());
        nested(xml, "ResourceRecords", |xml| {
            for value in &set.values {
                nested(xml, "ResourceRecord", |xml| text(xml, "Value", value));
            }
        });
    });
}

fn truth(truth: bool) -> &'static str {
    if truth { "true" } else { "false" }
}

fn document(root: &str, content: impl FnOnce(&mut XmlWriter)) -> String {
    let mut xml = XmlWriter::new();
    xml.write_declaration();
    xml.start_element(root, &[("xmlns", NAMESPACE)]);
    content(&mut xml);
    xml.end_element(root);
    xml.into_string()
}

fn nested(xml: &mut XmlWriter, name: &str, content: impl FnOnce(&mut XmlWriter)) {
    xml.start_element(name, &[]);
    content(xml);
    xml.end_element(name);
}

fn text(xml: &mut XmlWriter, name: &str, content: &str) {
    nested(xml, name, |xml| xml.text(content));
}
