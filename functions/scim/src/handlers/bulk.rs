//! `POST /Bulk`

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use portico_shared::store::DirectoryWants;

use crate::caller::Caller;
use crate::error::RouteError;
use crate::{answer, bulk};

/// How many operations count as one request of the directory's rate: they are sent one after another.
const OPERATIONS_A_REQUEST: usize = 10;

/// `POST /Bulk`. Each operation shows the token once more, so that none is done for a token that is revoked meanwhile.
pub(crate) async fn run(caller: Caller, body: Bytes) -> Result<Response, RouteError> {
    let request = caller.admitted(bulk::parse(&body)).await?;
    let caller = caller.weighing(request.operations.len().div_ceil(OPERATIONS_A_REQUEST));
    caller.enter(&DirectoryWants::default()).await?;
    let results = bulk::run(&caller, request).await;
    Ok(answer::json(StatusCode::OK, &bulk::response(results)))
}
