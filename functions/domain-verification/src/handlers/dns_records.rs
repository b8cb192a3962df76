//! A claim's TXT record in a hosted zone of the deployer's own, published and withdrawn for whoever has an API key. Never for
//! an admin's page: anybody could else prove the deployer's own domains by a click.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use portico_shared::app::App;
use portico_shared::net::route53::{
    ChangeId, ChangeStatus, Published, RecordName, Route53, Route53Error, Withdrawn,
};
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::error::Trouble;
use portico_shared::web::path::PathOf;
use serde_json::{Value, json};

use super::organization_domains::load;
use crate::error::RouteError;

/// How long a change is followed on its way to the name servers; API Gateway waits for 30 seconds.
const FOLLOWED: Duration = Duration::from_secs(15);

/// A claim's record, as we would write it.
struct Record {
    name: RecordName,
    value: String,
}

async fn record(app: &App, id: &str) -> Result<Record, RouteError> {
    let claim = load(app, id).await?.domain;
    let dns = &app.config().dns;
    let name = RecordName::parse(&claim.record_name(&dns.label)).map_err(|error| {
        tracing::error!(%error, "a claim's record has no name");
        RouteError::Trouble(Trouble::Internal)
    })?;
    Ok(Record { name, value: claim.txt_value(&dns.value_prefix) })
}

/// `POST /organization_domains/{id}/dns_record`
pub(crate) async fn publish(
    ApiKeyAuth(app): ApiKeyAuth,
    State(route53): State<Route53>,
    PathOf(id): PathOf<String>,
) -> Result<(StatusCode, Json<Value>), RouteError> {
    let record = record(&app, &id).await?;
    let status = match route53.publish_txt(&record.name, &record.value).await? {
        Published::Already => "published",
        Published::Sent(change) => followed(&route53, &change, "published").await?,
    };
    Ok((StatusCode::CREATED, Json(shown(&record, status))))
}

/// `DELETE /organization_domains/{id}/dns_record`
pub(crate) async fn withdraw(
    ApiKeyAuth(app): ApiKeyAuth,
    State(route53): State<Route53>,
    PathOf(id): PathOf<String>,
) -> Result<Json<Value>, RouteError> {
    let record = record(&app, &id).await?;
    let status = match route53.withdraw_txt(&record.name, &record.value).await? {
        Withdrawn::NothingThere => "withdrawn",
        Withdrawn::Sent(change) => followed(&route53, &change, "withdrawn").await?,
    };
    Ok(Json(shown(&record, status)))
}

/// `done`, once all of Route 53's name servers have the change; `pending`, where that takes longer.
async fn followed(
    route53: &Route53,
    change: &ChangeId,
    done: &'static str,
) -> Result<&'static str, RouteError> {
    Ok(match route53.wait_in_sync(change, FOLLOWED).await? {
        ChangeStatus::InSync => done,
        ChangeStatus::Pending => "pending",
    })
}

fn shown(record: &Record, status: &str) -> Value {
    let message = match status {
        "published" => "The record is published: verify the domain now.",
        "withdrawn" => "The record is withdrawn.",
        _ => {
            "Route 53 has taken the change and is still spreading it. It is seen by itself, usually within a minute."
        }
    };
    json!({
        "object": "dns_record",
        "type": "TXT",
        "name": record.name,
        "value": record.value,
        "status": status,
        "message": message,
    })
}

impl From<Route53Error> for RouteError {
    fn from(error: Route53Error) -> Self {
        Self::Route53(error)
    }
}
