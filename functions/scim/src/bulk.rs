//! Operations of a bulk request, one after another (RFC 7644 §3.7).

use std::collections::HashMap;

use http::StatusCode;
use portico_protocol::scim::{
    BulkMethod, BulkOperation, BulkRequest, Patch, ResourceKind, ScimError, read_value, resolve,
};
use serde_json::{Map, Value, json};

use crate::answer::{Preconditions, etag};
use crate::caller::Caller;
use crate::error::RouteError;
use crate::membership::LONGEST;
use crate::{groups, users};

/// What an operation did.
struct Done {
    status: StatusCode,
    /// The resource, and its version; nothing where it is gone.
    now: Option<(String, u64)>,
}

/// Does all of them, in their order, until as many have failed as the client bears. What can't be done for want of time, of
/// turn or of the table is an error of that operation, and the client sends it again.
pub(crate) async fn run(caller: &Caller, request: BulkRequest) -> Vec<Value> {
    let mut made = HashMap::new();
    let mut results = Vec::new();
    let mut failures = 0;
    for operation in request.operations {
        if request.fail_on_errors.is_some_and(|most| most > 0 && failures >= most) {
            break;
        }
        let result = match operation {
            Ok(operation) => {
                let done = if caller.elapsed() > LONGEST {
                    Err(RouteError::NoTimeLeft)
                } else {
                    one(caller, &operation, &made).await
                };
                if let (Ok(Done { now: Some((id, _)), .. }), Some(bulk_id)) = (&done, &operation.bulk_id) {
                    made.insert(bulk_id.clone(), id.clone());
                }
                failures += u64::from(done.is_err());
                shown(caller, Some(&operation), done)
            }
            Err(error) => {
                failures += 1;
                shown(caller, None, Err(error.into()))
            }
        };
        results.push(result);
    }
    results
}

async fn one(
    caller: &Caller,
    operation: &BulkOperation,
    made: &HashMap<String, String>,
) -> Result<Done, RouteError> {
    let id = match &operation.id {
        Some(id) => match resolve(&Value::String(id.clone()), made)? {
            Value::String(id) => id,
            _ => String::new(),
        },
        None => String::new(),
    };
    let data = resolve(&operation.data, made)?;
    let preconditions = Preconditions::version(operation.version.as_deref());
    match operation.kind {
        ResourceKind::User => on_user(caller, operation.method, (&id, data), &preconditions).await,
        ResourceKind::Group => on_group(caller, operation.method, (&id, data), &preconditions).await,
    }
}

async fn on_user(
    caller: &Caller,
    method: BulkMethod,
    (id, data): (&str, Value),
    preconditions: &Preconditions,
) -> Result<Done, RouteError> {
    let kind = ResourceKind::User;
    let (status, now) = match method {
        BulkMethod::Post => {
            (StatusCode::CREATED, users::create(caller, &read_value(data, kind)?.document).await?)
        }
        BulkMethod::Put => {
            let document = read_value(data, kind)?.document;
            (StatusCode::OK, users::replace(caller, (id, &document), preconditions, false).await?)
        }
        BulkMethod::Patch => {
            let patch = Patch::of_value(&data, kind)?;
            (StatusCode::OK, users::patch(caller, (id, &patch), preconditions, false).await?)
        }
        BulkMethod::Delete => {
            users::delete(caller, id, preconditions).await?;
            return Ok(Done { status: StatusCode::NO_CONTENT, now: None });
        }
    };
    Ok(Done { status, now: Some((now.user.value.id.to_string(), now.user.version)) })
}

async fn on_group(
    caller: &Caller,
    method: BulkMethod,
    (id, data): (&str, Value),
    preconditions: &Preconditions,
) -> Result<Done, RouteError> {
    let kind = ResourceKind::Group;
    let (status, group) = match method {
        BulkMethod::Post => {
            (StatusCode::CREATED, groups::create(caller, &read_value(data, kind)?).await?.group)
        }
        BulkMethod::Put => {
            let incoming = read_value(data, kind)?;
            (StatusCode::OK, groups::replace(caller, (id, &incoming), preconditions).await?.group)
        }
        BulkMethod::Patch => {
            let patch = Patch::of_value(&data, kind)?;
            (StatusCode::OK, groups::patch(caller, (id, &patch), preconditions).await?.0)
        }
        BulkMethod::Delete => {
            groups::delete(caller, id, preconditions).await?;
            return Ok(Done { status: StatusCode::NO_CONTENT, now: None });
        }
    };
    Ok(Done { status, now: Some((group.value.id.to_string(), group.version)) })
}

fn shown(caller: &Caller, operation: Option<&BulkOperation>, done: Result<Done, RouteError>) -> Value {
    let mut result = Map::new();
    let mut say = |name: &str, value: Value| result.insert(name.to_owned(), value);
    let endpoint = operation.map(|operation| operation.kind.endpoint()).unwrap_or_default();
    if let Some(operation) = operation {
        say("method", json!(operation.method.as_str()));
        operation.bulk_id.as_ref().map(|id| say("bulkId", json!(id)));
    }
    match done {
        Ok(Done { status, now }) => {
            let id = now.as_ref().map(|(id, _)| id.clone()).or_else(|| operation?.id.clone());
            id.map(|id| say("location", json!(format!("{}/{endpoint}/{id}", caller.base))));
            now.map(|(_, version)| say("version", json!(etag(version))));
            say("status", json!(status.as_str()));
        }
        Err(error) => {
            // A bulk id that leads nowhere is no place.
            let id = operation.and_then(|operation| operation.id.as_deref());
            let id = id.filter(|id| !id.starts_with("bulkId:"));
            id.map(|id| say("location", json!(format!("{}/{endpoint}/{id}", caller.base))));
            let fault = error.fault();
            say("status", json!(fault.status.as_str()));
            say("response", fault.json());
        }
    }
    Value::Object(result)
}

/// The answer to a bulk request.
pub(crate) fn response(results: Vec<Value>) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"], "Operations": results })
}

/// Reads the request.
pub(crate) fn parse(body: &[u8]) -> Result<BulkRequest, ScimError> {
    BulkRequest::parse(body)
}
