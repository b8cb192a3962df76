//! What is at a name.

use aws_sdk_route53::types::{ResourceRecordSet, RrType};

use super::Route53;
use super::error::{Route53Error, Subject, cause};
use super::names::{HostedZoneId, RecordName, WrittenName};

/// How many sets a page has. A name seldom has more than a few, and what comes after it is of no use.
const PAGE: i32 = 20;

/// The TXT records at a name, which exist and change only together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TxtSet {
    /// How many seconds resolvers may keep them.
    pub(super) ttl: i64,
    /// Their values as they are written, since a set is only deleted by one who names it exactly.
    pub(super) values: Vec<String>,
}

/// What is at a name, as far as it matters to a TXT record.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// There is a CNAME.
    pub(super) cname: bool,
    /// The TXT records.
    pub(super) txt: Option<TxtSet>,
}

impl Route53 {
    /// Looks at a name. Route 53's list begins at the name *or after it*, so each set's own name is what counts. It shows
    /// the newest records, also those that not all name servers have yet.
    pub(super) async fn standing(
        &self,
        zone: &HostedZoneId,
        name: &RecordName,
    ) -> Result<Standing, Route53Error> {
        let mut standing = Standing::default();
        let list = self.client.list_resource_record_sets().hosted_zone_id(zone.as_str()).max_items(PAGE);
        let mut next = list.clone().start_record_name(name.as_str());
        loop {
            self.pace.turn().await;
            let denied = "route53:ListResourceRecordSets";
            let sent = next.send().await;
            let page = sent.map_err(|error| cause(&error, denied, Subject::Zone(zone)))?;
            let is_here = |written: &str| name.is(&WrittenName::read(written));
            for set in page.resource_record_sets.into_iter().filter(|set| is_here(&set.name)) {
                match set.r#type {
                    RrType::Cname => standing.cname = true,
                    RrType::Txt => standing.txt = Some(plain(set, name)?),
                    _ => {}
                }
            }
            let follows = page.next_record_name.filter(|next| page.is_truncated && is_here(next));
            let Some(follows) = follows else { return Ok(standing) };
            next = list
                .clone()
                .start_record_name(follows)
                .set_start_record_type(page.next_record_type)
                .set_start_record_identifier(page.next_record_identifier);
        }
    }
}

/// A set that can be taken away and put back without losing more than we know of it.
fn plain(set: ResourceRecordSet, name: &RecordName) -> Result<TxtSet, Route53Error> {
    let special = set.set_identifier.is_some()
        || set.alias_target.is_some()
        || set.health_check_id.is_some()
        || set.traffic_policy_instance_id.is_some();
    match (set.ttl, set.resource_records) {
        (Some(ttl), Some(records)) if !special => {
            Ok(TxtSet { ttl, values: records.into_iter().map(|record| record.value).collect() })
        }
        _ => Err(Route53Error::NotSimple { name: name.clone() }),
    }
}
