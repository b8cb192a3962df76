//! Beginning a sign-in: what was asked, the connection, the request that is kept, the message to the provider.

mod address;
mod asked;
mod denied;
mod resolve;

use axum::response::Response;
use http::{HeaderMap, header};
use portico_shared::domain::connection::Connection;
use portico_shared::domain::ids::SignInRequestId;
use portico_shared::domain::redirect_uri::{ClientKind, RedirectUri};
use portico_shared::domain::sign_in::{REQUEST_LIFETIME, SignInRequest, Surface};
use portico_shared::domain::token::PlainToken;
use portico_shared::operations::asking::{AskError, ask};
use portico_shared::store::{SealedSpKeys, Store};
use portico_shared::web::cookies;
use portico_shared::web::error::Trouble;
use portico_shared::web::form::Parameters;

pub(crate) use address::begin_for_address;
pub(crate) use asked::Asked;
pub(crate) use denied::{Back, Denied, Refusal};
use resolve::{Candidates, Resolved};

use crate::Sso;

/// A sign-in whose request is kept.
struct Begun {
    connection: Connection,
    request: SignInRequest,
    sp_keys: Option<SealedSpKeys>,
}

/// Where the answer is to go: said by the application, not proved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    /// The redirect URI; none means the default one.
    pub(crate) redirect_uri: Option<&'a str>,
    /// Goes back with the answer.
    pub(crate) state: Option<&'a str>,
    /// The endpoint.
    pub(crate) surface: Surface,
}

impl<'a> Target<'a> {
    /// Reads the target from an endpoint's parameters.
    pub(crate) fn of(parameters: &'a Parameters, surface: Surface) -> Self {
        let (redirect_uri, state) = (parameters.text("redirect_uri"), parameters.text("state"));
        Self { redirect_uri, state, surface }
    }
}

/// Begins what `asked` asks for and sends the browser to its identity provider. Two round trips by connection or
/// organization, three by domain; one more where the organization's oldest connection is not active.
///
/// # Errors
/// [`Refusal`], addressed to the application once its redirect URI is proved.
pub(crate) async fn begin(
    sso: &Sso,
    headers: &HeaderMap,
    asked: Result<Asked, Denied>,
    Target { redirect_uri, state, surface }: Target<'_>,
) -> Result<Response, Refusal> {
    let store = sso.app.store();
    let resolved = match &asked {
        Ok(asked) => resolve::resolve(store, &asked.selector, redirect_uri).await,
        Err(denied) => store
            .redirect_uri(redirect_uri)
            .await
            .map(|redirect_uri| Resolved { redirect_uri, candidates: Err(denied.clone()) }),
    };
    let resolved = resolved.map_err(Denied::from)?;
    let proved = resolved.redirect_uri.ok_or_else(|| unproved(redirect_uri))?;
    let go_on = async {
        let (asked, candidates) = (asked?, resolved.candidates?);
        if proved.kind == ClientKind::Public && asked.code_challenge.is_none() {
            return Err(Denied::ChallengeRequired);
        }
        leave(sso, headers, &asked, candidates, &proved).await
    };
    let back = Back {
        redirect_uri: proved.uri.clone(),
        state: state.map(str::to_owned),
        surface,
        public_url: sso.app.config().public_url.clone(),
    };
    go_on.await.map_err(|denied| Refusal { denied, back: Some(back) })
}

fn unproved(redirect_uri: Option<&str>) -> Denied {
    if redirect_uri.is_some() { Denied::UnknownRedirectUri } else { Denied::NoDefaultRedirectUri }
}

async fn leave(
    sso: &Sso,
    headers: &HeaderMap,
    asked: &Asked,
    candidates: Candidates,
    redirect_uri: &RedirectUri,
) -> Result<Response, Denied> {
    let public_url = &sso.app.config().public_url;
    let store = sso.app.store();
    // One cookie for all tabs: a second sign-in must not unbind the first.
    let known = cookies::browser(headers, public_url);
    let browser = known.unwrap_or_else(|| PlainToken::random(sso.app.rng()));
    let request_at = |connection: &Connection| request(sso, asked, redirect_uri, connection, &browser);
    let begun = match candidates {
        Candidates::Active(connection, sp_keys) => {
            let request = request_at(&connection);
            store.begin_sign_in(&request).await?;
            Begun { connection: *connection, request, sp_keys }
        }
        Candidates::OldestActive(connections) => {
            begin_at_oldest_active(store, connections, request_at).await?
        }
    };
    let mut response = to_provider(sso, &begun).await?;
    let cookie = cookies::set_browser(&browser, public_url).ok_or(Denied::Trouble(Trouble::Internal))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

fn request(
    sso: &Sso,
    asked: &Asked,
    redirect_uri: &RedirectUri,
    connection: &Connection,
    browser: &PlainToken,
) -> SignInRequest {
    let now = sso.app.clock().now();
    SignInRequest {
        id: SignInRequestId::mint(sso.app.rng()),
        connection_id: connection.id,
        organization_id: connection.organization_id,
        connection_revision: connection.revision,
        redirect_uri: redirect_uri.uri.clone(),
        client_kind: redirect_uri.kind,
        state: asked.state.clone(),
        nonce: asked.nonce.clone(),
        code_challenge: asked.code_challenge.as_ref().map(|challenge| challenge.as_str().to_owned()),
        scope: asked.scope.clone(),
        surface: asked.surface,
        max_age: asked.max_age,
        force_authn: asked.force_authn || connection.saml.force_authn,
        is_passive: asked.is_passive,
        test: None,
        browser: browser.hashed(),
        created_at: now,
        expires_at: now + REQUEST_LIFETIME,
        consumed_by: None,
    }
}

/// Keeps a request for the oldest connection that is active. Nearly always that is the oldest one, so its request is kept
/// beside the read of the states; where it isn't, that request is known to nobody and expires, and the right one costs a
/// round trip more. Whatever an organization has, a sign-in that anybody may begin writes at most two items.
async fn begin_at_oldest_active(
    store: &Store,
    connections: Vec<Connection>,
    request_at: impl Fn(&Connection) -> SignInRequest,
) -> Result<Begun, Denied> {
    let oldest = request_at(connections.first().ok_or(Denied::NoActiveConnection)?);
    let (active, ()) = tokio::try_join!(store.active_of(connections), store.begin_sign_in(&oldest))?;
    let (connection, sp_keys) = active.into_iter().next().ok_or(Denied::NoActiveConnection)?;
    if connection.id == oldest.connection_id {
        return Ok(Begun { connection, request: oldest, sp_keys });
    }
    let request = request_at(&connection);
    store.begin_sign_in(&request).await?;
    Ok(Begun { connection, request, sp_keys })
}

async fn to_provider(sso: &Sso, begun: &Begun) -> Result<Response, Denied> {
    let Begun { connection, request, sp_keys } = begun;
    ask(&sso.app, connection, request, sp_keys.as_ref()).await.map_err(|error| match error {
        AskError::Destination => Denied::Destination,
        AskError::Unwritten => Denied::Trouble(Trouble::Internal),
        AskError::Vault(error) => error.into(),
    })
}
