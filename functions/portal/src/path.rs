//! The variable part of a page's address.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

use crate::error::RouteError;

/// The variable part of an address; where it isn't UTF-8, there is no such page.
pub(crate) struct PathOf(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for PathOf {
    type Rejection = RouteError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, RouteError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(part)| Self(part)).map_err(|_| RouteError::NotFound)
    }
}
