//! From what the application named to connections that could serve. What doesn't depend on each other is read side by
//! side: docs/data-model.md has the budget.

use portico_shared::domain::connection::{Connection, ConnectionState};
use portico_shared::domain::ids::OrganizationId;
use portico_shared::domain::redirect_uri::RedirectUri;
use portico_shared::store::{AuthorizeTarget, SealedSpKeys, Store, StoreError};

use super::asked::Selector;
use super::denied::Denied;

/// Connections that could serve.
#[derive(Debug)]
pub(super) enum Candidates {
    /// This one, known to be active, and its own key pairs.
    Active(Box<Connection>, Option<SealedSpKeys>),
    /// The oldest of these that is active; their states are not read yet.
    OldestActive(Vec<Connection>),
}

/// What was found.
#[derive(Debug)]
pub(super) struct Resolved {
    /// The redirect URI: the one that was named, or the default one.
    pub(super) redirect_uri: Option<RedirectUri>,
    /// The connections, or why there is none.
    pub(super) candidates: Result<Candidates, Denied>,
}

/// Finds the redirect URI and the connections: one round trip by connection or organization, two by domain.
pub(super) async fn resolve(
    store: &Store,
    selector: &Selector,
    redirect_uri: Option<&str>,
) -> Result<Resolved, StoreError> {
    match selector {
        Selector::Connection(id) => {
            let mut target = store.authorize_target(*id, redirect_uri).await?;
            Ok(Resolved { redirect_uri: target.redirect_uri.take(), candidates: active(target) })
        }
        Selector::Organization(id) => {
            let (redirect_uri, candidates) =
                tokio::try_join!(store.redirect_uri(redirect_uri), of_organization(store, *id))?;
            Ok(Resolved { redirect_uri, candidates })
        }
        Selector::Domain(domain) => {
            let (redirect_uri, owner) =
                tokio::try_join!(store.redirect_uri(redirect_uri), store.domain_owner(domain))?;
            let candidates = match owner {
                Some(owner) => of_organization(store, owner.organization_id).await?,
                None => Err(Denied::UnknownDomain),
            };
            Ok(Resolved { redirect_uri, candidates })
        }
    }
}

/// A connection that was named. Whether its organization's plan has single sign-on is asked when the answer comes: here
/// it would cost a round trip.
fn active(target: AuthorizeTarget) -> Result<Candidates, Denied> {
    let found = target.connection.ok_or(Denied::UnknownConnection)?;
    match found.status.value.state {
        ConnectionState::Draft => Err(Denied::Draft),
        ConnectionState::Validating => Err(Denied::Validating),
        ConnectionState::Inactive => Err(Denied::Inactive),
        ConnectionState::Active if !found.connection.value.saml.is_complete() => Err(Denied::Draft),
        ConnectionState::Active => Ok(Candidates::Active(Box::new(found.connection.value), target.sp_keys)),
    }
}

async fn of_organization(
    store: &Store,
    id: OrganizationId,
) -> Result<Result<Candidates, Denied>, StoreError> {
    let (organization, connections) = tokio::try_join!(store.organization(id), store.connections_of(id))?;
    let Some(organization) = organization else { return Ok(Err(Denied::UnknownOrganization)) };
    if !organization.value.policy.features.sso {
        return Ok(Err(Denied::NotInPlan));
    }
    let complete: Vec<Connection> = connections.into_iter().filter(|one| one.saml.is_complete()).collect();
    Ok(if complete.is_empty() {
        Err(Denied::NoActiveConnection)
    } else {
        Ok(Candidates::OldestActive(complete))
    })
}
