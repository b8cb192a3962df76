//! Who is calling: a directory's identity provider, by the bearer token in its hands.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{FromRequestParts, RawPathParams};
use chrono::{DateTime, TimeDelta, Utc};
use http::header::{AUTHORIZATION, USER_AGENT};
use http::request::Parts;
use portico_protocol::scim::ScimError;
use portico_shared::app::App;
use portico_shared::domain::directory::{Directory, DirectoryState};
use portico_shared::domain::event::EventName;
use portico_shared::domain::ids::{DirectoryId, OrganizationId};
use portico_shared::domain::token::{HashedToken, PlainToken};
use portico_shared::store::{DirectoryContext, DirectoryWants, Versioned, WriteDirectoryError};
use portico_shared::web::auth::bearer;
use portico_shared::web::directory::activated;

use crate::Scim;
use crate::error::RouteError;
use crate::gate::{Gate, Slot};

/// A request that names a directory and shows a token. Whether they belong together is not known before [`Caller::enter`].
pub(crate) struct Caller {
    /// What the function runs on.
    pub(crate) app: App,
    /// Where the directory's resources are, such as `https://…/scim/v2/directory_01…`.
    pub(crate) base: String,
    /// Whether the client is Entra's, which wants other answers to a PATCH of a group.
    pub(crate) entra: bool,
    directory: DirectoryId,
    token: HashedToken,
    organization: Option<OrganizationId>,
    gate: Arc<Gate>,
    slot: Slot,
    begun: DateTime<Utc>,
    /// As how many requests it counts.
    weight: u32,
    counted: AtomicBool,
}

impl Caller {
    /// Whose token it claims to be: a hint.
    pub(crate) fn claimed_organization(&self) -> Option<OrganizationId> {
        self.organization
    }

    /// The directory that the path names; nothing is known of it before [`Caller::enter`].
    pub(crate) fn directory_id(&self) -> DirectoryId {
        self.directory
    }

    /// What was read of the request. Where it can't be read, only whoever may come in is told why.
    pub(crate) async fn admitted<T>(&self, read: Result<T, ScimError>) -> Result<T, RouteError> {
        match read {
            Ok(read) => Ok(read),
            Err(error) => {
                self.enter(&DirectoryWants::default()).await?;
                Err(error.into())
            }
        }
    }

    /// How long the request has been going on.
    pub(crate) fn elapsed(&self) -> TimeDelta {
        self.app.clock().now() - self.begun
    }

    /// Has the request count as so many others.
    pub(crate) fn weighing(mut self, requests: usize) -> Self {
        self.weight = u32::try_from(requests).unwrap_or(u32::MAX).max(1);
        self
    }

    /// Lets the caller in if the token is a live one of the directory, with what is wanted besides: one round trip.
    pub(crate) async fn enter(&self, wants: &DirectoryWants<'_>) -> Result<DirectoryContext, RouteError> {
        let context = self.app.store().directory_by_token(self.directory, &self.token, wants).await?;
        let context = context.ok_or(RouteError::WrongToken)?;
        let now = self.app.clock().now();
        // However often a request enters, it is one.
        if !self.counted.swap(true, Ordering::Relaxed) {
            let admitted = self.gate.admit(&context, now, (self.weight, &self.slot));
            admitted.map_err(RouteError::TooManyRequests)?;
        }
        if context.directory.value.state == DirectoryState::Validating {
            self.activate(&context.directory).await?;
        }
        Ok(context)
    }

    /// The provider's first valid request. Somebody else's may be the first just now: then it is done.
    async fn activate(&self, read: &Versioned<Directory>) -> Result<(), RouteError> {
        let organization = self.app.store().organization(read.value.organization_id).await?;
        let domains = organization.map(|read| read.value.domains).unwrap_or_default();
        let active = read.value.turned(DirectoryState::Active, self.app.clock().now());
        let event = activated(EventName::DsyncActivated, &active, &domains);
        match self.app.store().turn_directory(read, DirectoryState::Active, event).await {
            Ok(()) | Err(WriteDirectoryError::Raced) => Ok(()),
            Err(WriteDirectoryError::Store(error)) => Err(error.into()),
            Err(other) => Err(RouteError::Unexpected(other.to_string())),
        }
    }
}

impl FromRequestParts<Scim> for Caller {
    type Rejection = RouteError;

    async fn from_request_parts(parts: &mut Parts, scim: &Scim) -> Result<Self, RouteError> {
        let params = RawPathParams::from_request_parts(parts, scim).await;
        let params = params.map_err(|_| RouteError::WrongToken)?;
        let named = params.iter().find(|(name, _)| *name == "directory").map(|(_, value)| value.to_owned());
        if !parts.headers.contains_key(AUTHORIZATION) {
            return Err(RouteError::NoToken);
        }
        let token: PlainToken = bearer(&parts.headers).ok_or(RouteError::WrongToken)?;
        // A directory that doesn't exist reads as one whose token is wrong: nobody learns which ids there are.
        let directory = named.and_then(|id| DirectoryId::parse(&id).ok()).ok_or(RouteError::WrongToken)?;
        Ok(Self {
            app: scim.app.clone(),
            base: scim.app.config().public_url.join(&format!("/scim/v2/{directory}")),
            entra: is_entra(parts),
            directory,
            organization: token.claimed_organization(),
            token: token.hashed(),
            gate: scim.gate.clone(),
            slot: parts.extensions.get::<Slot>().cloned().unwrap_or_default(),
            begun: scim.app.clock().now(),
            weight: 1,
            counted: AtomicBool::new(false),
        })
    }
}

/// Entra says who it is, or its tenant URL carries the flag that Microsoft documents.
fn is_entra(parts: &Parts) -> bool {
    let agent = parts.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let agent = agent.to_ascii_lowercase();
    let named = ["azure", "aad", "microsoft", "entra"].iter().any(|name| agent.contains(name));
    named || parts.uri.query().is_some_and(|query| query.to_ascii_lowercase().contains("aadoptscim062020"))
}
