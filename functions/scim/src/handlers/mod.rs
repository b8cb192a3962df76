//! The function's endpoints.

pub(crate) mod bulk;
pub(crate) mod discovery;
pub(crate) mod groups;
pub(crate) mod search;
pub(crate) mod users;

use axum::extract::{FromRequestParts, RawPathParams, RawQuery};
use http::request::Parts;

use crate::Scim;
use crate::answer::Preconditions;
use crate::error::RouteError;
use crate::query::Parameters;

/// The id that a path ends in; nobody's, if it isn't UTF-8.
pub(crate) struct Id(pub(crate) String);

impl FromRequestParts<Scim> for Id {
    type Rejection = RouteError;

    async fn from_request_parts(parts: &mut Parts, scim: &Scim) -> Result<Self, RouteError> {
        let params = RawPathParams::from_request_parts(parts, scim).await;
        let params = params.map_err(|_| RouteError::WrongToken)?;
        let id = params.iter().find(|(name, _)| *name != "directory").map(|(_, value)| value.to_owned());
        Ok(Self(id.unwrap_or_default()))
    }
}

/// What the query and the headers say about how to answer.
pub(crate) struct Asked {
    /// The query.
    pub(crate) parameters: Parameters,
    /// The versions that are expected.
    pub(crate) preconditions: Preconditions,
}

impl FromRequestParts<Scim> for Asked {
    type Rejection = RouteError;

    async fn from_request_parts(parts: &mut Parts, scim: &Scim) -> Result<Self, RouteError> {
        let query = RawQuery::from_request_parts(parts, scim).await;
        let RawQuery(query) = query.unwrap_or(RawQuery(None));
        Ok(Self {
            parameters: Parameters::of_query(query.as_deref())?,
            preconditions: Preconditions::of(&parts.headers),
        })
    }
}
