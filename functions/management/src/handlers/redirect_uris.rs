//! Redirect URIs: where the application lets people be sent.

use axum::Json;
use http::StatusCode;
use portico_shared::domain::ids::RedirectUriId;
use portico_shared::domain::redirect_uri::{ClientKind, RedirectUri, check_redirect_uri};
use portico_shared::store::{DeleteRedirectUriError, WriteRedirectUriError};
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::json::JsonBody;
use portico_shared::web::list::{ListEnvelope, ListQuery};
use portico_shared::web::path::PathOf;
use portico_shared::web::timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::RouteError;
use crate::input::Problems;
use crate::paging::{envelope, page_of, page_request};

/// The body of `POST /user_management/redirect_uris`.
#[derive(Debug, Deserialize)]
pub(crate) struct NewRedirectUri {
    uri: String,
    /// Ours: whether the application there can keep a secret.
    #[serde(default, rename = "type")]
    kind: Option<ClientKind>,
    /// Ours: whether it is used where none is named, from now on.
    #[serde(default)]
    default: Option<bool>,
    /// Ours: where a sign-in that the provider began is sent to start over.
    #[serde(default)]
    initiate_login_uri: Option<String>,
}

/// `GET /user_management/redirect_uris`
pub(crate) async fn list(
    ApiKeyAuth(app): ApiKeyAuth,
    query: ListQuery,
) -> Result<Json<ListEnvelope<Value>>, RouteError> {
    let request = page_request::<RedirectUriId>(&query)?;
    let page = page_of(app.store().redirect_uris().await?, &request, |uri| uri.id);
    Ok(Json(envelope(page.map(|uri| view(&uri)))))
}

/// `POST /user_management/redirect_uris`: the first one becomes the default.
pub(crate) async fn create(
    ApiKeyAuth(app): ApiKeyAuth,
    JsonBody(body): JsonBody<NewRedirectUri>,
) -> Result<(StatusCode, Json<Value>), RouteError> {
    let mut problems = Problems::default();
    let named = [("uri", Some(&body.uri)), ("initiate_login_uri", body.initiate_login_uri.as_ref())];
    for (field, uri) in named {
        if let Some(Err(error)) = uri.map(|uri| check_redirect_uri(uri)) {
            problems.add(field, "invalid_url", format!("{field}: {error}."));
        }
    }
    problems.finish()?;
    let now = app.clock().now();
    let uri = RedirectUri {
        id: RedirectUriId::mint(now, app.rng()),
        uri: body.uri.clone(),
        kind: body.kind.unwrap_or_default(),
        default: body.default.unwrap_or_default(),
        initiate_login_uri: body.initiate_login_uri,
        created_at: now,
        updated_at: now,
    };
    let kept = app.store().create_redirect_uri(uri).await.map_err(|error| match error {
        WriteRedirectUriError::Taken => RouteError::RedirectUriTaken(body.uri),
        WriteRedirectUriError::TooMany => RouteError::TooManyRedirectUris,
        WriteRedirectUriError::Store(error) => error.into(),
    })?;
    Ok((StatusCode::CREATED, Json(view(&kept))))
}

/// `DELETE /user_management/redirect_uris/{id}`
pub(crate) async fn delete(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, RouteError> {
    let parsed = RedirectUriId::parse(&id).map_err(|_| RouteError::RedirectUriNotFound(id.clone()))?;
    app.store().delete_redirect_uri(parsed).await.map_err(|error| match error {
        DeleteRedirectUriError::NotFound => RouteError::RedirectUriNotFound(id),
        DeleteRedirectUriError::IsDefault => RouteError::DefaultRedirectUri,
        DeleteRedirectUriError::Store(error) => error.into(),
    })?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(uri: &RedirectUri) -> Value {
    json!({
        "object": "redirect_uri",
        "id": uri.id,
        "uri": uri.uri,
        "default": uri.default,
        "type": uri.kind,
        "initiate_login_uri": uri.initiate_login_uri,
        "created_at": timestamp::text(uri.created_at),
        "updated_at": timestamp::text(uri.updated_at),
    })
}
