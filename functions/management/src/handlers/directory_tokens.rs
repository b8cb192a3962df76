//! Bearer tokens of directories. Two may be live, so that one is replaced without a gap.

use axum::Json;
use chrono::{DateTime, Utc};
use http::StatusCode;
use portico_shared::app::App;
use portico_shared::domain::directory::{DirectoryState, DirectoryToken};
use portico_shared::domain::ids::DirectoryId;
use portico_shared::domain::token::PlainToken;
use portico_shared::operations::directories::{self, DirectoryError};
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::list::ListEnvelope;
use portico_shared::web::path::PathOf;
use portico_shared::web::retried::retried;
use portico_shared::web::timestamp;
use serde_json::{Value, json};

use super::directories::load;
use crate::error::RouteError;

/// `GET /directories/{id}/tokens`
pub(crate) async fn list(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<Json<ListEnvelope<Value>>, RouteError> {
    let directory = load(&app, &id).await?.value.id;
    let tokens = app.store().directory_tokens(directory).await?;
    let used = app.store().directory_tokens_used(directory, &tokens).await?;
    let shown = tokens.iter().zip(used).map(|(token, used)| view(token, used)).collect();
    Ok(Json(ListEnvelope::new(shown, None, None)))
}

/// `POST /directories/{id}/tokens`: the answer has the token, which is shown this once.
pub(crate) async fn create(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<(StatusCode, Json<Value>), RouteError> {
    let (token, plain) = retried(|| create_once(&app, &id)).await?;
    let mut shown = view(&token, None);
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("bearer_token".to_owned(), json!(plain.reveal()));
    }
    Ok((StatusCode::CREATED, Json(shown)))
}

async fn create_once(app: &App, id: &str) -> Result<(DirectoryToken, PlainToken), RouteError> {
    let directory = living(app, id).await?;
    Ok(directories::create_token(app, directory).await?)
}

/// `DELETE /directories/{id}/tokens/{token}`: it opens nothing from now on.
pub(crate) async fn revoke(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf((id, token)): PathOf<(String, String)>,
) -> Result<StatusCode, RouteError> {
    retried(|| revoke_once(&app, &id, &token)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn revoke_once(app: &App, id: &str, token: &str) -> Result<(), RouteError> {
    let directory = living(app, id).await?;
    directories::revoke_token(app, directory, token).await.map_err(|error| match error {
        DirectoryError::NotFound => RouteError::DirectoryTokenNotFound(token.to_owned()),
        other => other.into(),
    })
}

/// A directory that isn't being deleted.
async fn living(app: &App, id: &str) -> Result<DirectoryId, RouteError> {
    let read = load(app, id).await?;
    if read.value.state == DirectoryState::Deleting {
        return Err(RouteError::DirectoryDeleting);
    }
    Ok(read.value.id)
}

fn view(token: &DirectoryToken, used: Option<DateTime<Utc>>) -> Value {
    json!({
        "object": "directory_token",
        "id": token.id,
        "directory_id": token.directory_id,
        "organization_id": token.organization_id,
        "token_suffix": token.suffix,
        "created_at": timestamp::text(token.created_at),
        "last_used_at": used.map(timestamp::text),
    })
}
