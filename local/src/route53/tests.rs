//! The official SDK is the judge.

use super::*;
use crate::dns::{DnsServer, RecordSet, Zone};
use aws_sdk_route53::Client;
use aws_sdk_route53::config::retry::RetryConfig;
use aws_sdk_route53::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_route53::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_route53::operation::RequestId as _;
use aws_sdk_route53::types::{
    Change, ChangeAction, ChangeBatch, ChangeStatus, ResourceRecord, ResourceRecordSet, RrType,
};
use portico_shared::domain::domain_name::DomainName;
use std::time::Duration;

mod changes;
mod lists;
mod propagation;

/// A stand-in over two zones, and the SDK's client of it.
struct Started {
    zones: Zones,
    route53: Route53,
    client: Client,
    acme: Zone,
    _server: Route53Server,
}

async fn start() -> Started {
    let zones = Zones::in_memory(Rng::system());
    let acme = zones.add(&DomainName::parse("acme.example").unwrap()).unwrap();
    zones.add(&DomainName::parse("globex.example").unwrap()).unwrap();
    let route53 = Route53::new(zones.clone(), Clock::system(), Rng::system());
    let server = route53.serve(([127, 0, 0, 1], 0).into()).await.unwrap();
    let config = aws_sdk_route53::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .endpoint_url(server.endpoint_url())
        .retry_config(RetryConfig::disabled())
        .build();
    let acme = zones.zone(acme.as_str()).unwrap();
    Started { zones, route53, client: Client::from_conf(config), acme, _server: server }
}

fn set(name: &str, record_type: RrType, ttl: i64, values: &[&str]) -> ResourceRecordSet {
    let records =
        values.iter().map(|value| ResourceRecord::builder().value(*value).build().unwrap()).collect();
    let set = ResourceRecordSet::builder().name(name).r#type(record_type).ttl(ttl);
    set.set_resource_records(Some(records)).build().unwrap()
}

fn txt(name: &str, values: &[&str]) -> ResourceRecordSet {
    set(name, RrType::Txt, 60, values)
}

fn change(action: ChangeAction, set: ResourceRecordSet) -> Change {
    Change::builder().action(action).resource_record_set(set).build().unwrap()
}

/// What the SDK sees of a refusal: the code, and the message.
fn seen<E: ProvideErrorMetadata + std::error::Error + 'static>(error: &SdkError<E>) -> (String, String) {
    let code = error.code().unwrap_or_else(|| panic!("{}", DisplayErrorContext(error)));
    (code.to_owned(), error.message().unwrap_or_default().to_owned())
}

impl Started {
    /// The id of the change that was accepted, or the refusal.
    async fn try_change(&self, changes: Vec<Change>) -> Result<String, (String, String)> {
        let batch = ChangeBatch::builder().set_changes(Some(changes)).comment("a comment").build().unwrap();
        let request = self.client.change_resource_record_sets().hosted_zone_id(self.acme.id().as_str());
        match request.change_batch(batch).send().await {
            Ok(answer) => {
                let info = answer.change_info().unwrap();
                assert_eq!((info.status(), info.comment()), (&ChangeStatus::Pending, Some("a comment")));
                Ok(info.id().to_owned())
            }
            Err(error) => {
                assert!(error.request_id().is_some());
                Err(seen(&error))
            }
        }
    }

    async fn make(&self, action: ChangeAction, set: ResourceRecordSet) -> Result<String, (String, String)> {
        self.try_change(vec![change(action, set)]).await
    }

    /// The record sets that were added to acme.example.
    fn kept(&self) -> Vec<RecordSet> {
        self.zones.zone(self.acme.id().as_str()).unwrap().record_sets().to_vec()
    }
}
