//! `POST /Bulk`

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use portico_shared::store::DirectoryWants;

use crate::caller::Caller;
use crate::error::RouteError;
use crate::{answer, bulk};

/// `POST /Bulk`. Each operation shows the token once more, so that none is done for a token that is revoked meanwhile.
pub(crate) async fn run(caller: Caller, body: Bytes) -> Result<Response, RouteError> {
    caller.enter(&DirectoryWants::default()).await?;
    let results = bulk::run(&caller, bulk::parse(&body)?).await;
    Ok(answer::json(StatusCode::OK, &bulk::response(results)))
}
