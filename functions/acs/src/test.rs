//! A test that an admin has begun in the portal: the same verdict as on a sign-in, and nobody is signed in. Its first success
//! has the connection serve; whatever it comes to, the browser goes back to the portal, which shows what was sent.

use axum::response::Response;
use portico_protocol::saml::VerifiedAssertion;
use portico_shared::app::App;
use portico_shared::domain::actor::Actor;
use portico_shared::domain::connection::{Connection, ConnectionState};
use portico_shared::domain::ids::{ConnectionId, SignInId};
use portico_shared::domain::sign_in::{KeptAnswer, Outcome, PortalTest};
use portico_shared::operations::connections::turned;
use portico_shared::operations::verdict::sent;
use portico_shared::store::{CompletedTest, ConnectionWithStatus, Sealed, SignInHints};
use portico_shared::vault::{Class, VaultError};
use portico_shared::web::error::Trouble;
use portico_shared::web::origin::Origin;
use portico_shared::web::redirect::see_other;

use crate::attempt::Attempt;
use crate::error::Stopped;
use crate::open_request::OpenRequest;
use crate::refused::Refused;
use crate::sign_in::Subject;

/// How often what a test rests on is read again because somebody else changed it in between.
const ATTEMPTS: u32 = 3;

/// The largest answer that is kept, in bytes of base64. It stands in an item of 400 KB at the most.
const MOST_KEPT_BYTES: usize = 128 * 1024;

/// Ends a test whose answer is right.
pub(crate) async fn complete(attempt: &mut Attempt<'_>, subject: &Subject) -> Result<Response, Stopped> {
    let begun = attempt.request.as_ref().and_then(|request| request.value.test.clone());
    let begun = begun.ok_or(Refused::RequestUnknown)?;
    // Whoever began it in the portal stands behind what it comes to.
    let Origin { ip_address, user_agent } = attempt.caller.origin.clone();
    let app = attempt.app.acting(Actor { who: begun.by.clone(), ip_address, user_agent });
    let organization = attempt.connection.connection.value.organization_id;
    let details = app.store().organization(organization).await?.ok_or(Refused::ConnectionNotActive)?.value;
    if !details.policy.features.sso {
        return Err(Refused::SsoNotInPlan.into());
    }
    let (email, domains) = (subject.email(), &details.domains);
    let owned = domains.iter().any(|domain| domain.state.owns() && domain.domain == *email.domain());
    if !owned && !details.policy.allow_profiles_outside_organization {
        return Err(Refused::EmailOutsideDomains { domain: email.domain().to_string() }.into());
    }
    let answer = sealed(attempt).await.map_err(|error| Stopped::Failed(error.into()))?;
    let id = attempt.connection.connection.value.id;
    for _ in 0..ATTEMPTS {
        let request = attempt.request.as_ref().ok_or(Refused::RequestUnknown)?;
        let request = OpenRequest::verify(request, &attempt.connection, attempt.caller)?;
        subject.check_age(attempt, &request.request().value)?;
        let connection = &attempt.connection;
        let state = connection.status.value.state;
        let first = state == ConnectionState::Validating;
        let activated = turned(&connection.connection.value, state, ConnectionState::Active, domains);
        let activated = activated.filter(|_| first);
        let replaced = if first { replaced(&app, &connection.connection.value, &begun).await? } else { None };
        let replaced = replaced.as_ref().and_then(|other| {
            let (value, state) = (&other.connection.value, other.status.value.state);
            Some((other, turned(value, state, ConnectionState::Inactive, domains)?))
        });
        let record = attempt.record(Outcome::Tested);
        let (request, answer) = (request.request(), answer.as_ref());
        let visit = begun.session_id;
        let done = CompletedTest { connection, request, record: &record, visit, answer, activated, replaced };
        let Err(refused) = app.store().complete_test(done).await.map_err(Stopped::in_writing)? else {
            tracing::info!(sign_in = %attempt.id, connection = %id, "test succeeded");
            return Ok(back(attempt.id));
        };
        if let Some(refused) = Refused::by_transaction(refused) {
            return Err(refused.into());
        }
        let hint = Some(&request.value.id);
        let context = app.store().sign_in_context(id, SignInHints::plain(hint)).await?;
        let connection = context.connection.ok_or(Refused::ConnectionChanged)?;
        if !connection.connection.value.keeps_certificates_of(&attempt.connection.connection.value) {
            return Err(Refused::ConnectionChanged.into());
        }
        attempt.connection = connection;
        attempt.request = context.request;
    }
    Err(Stopped::Failed(Trouble::Conflict.into()))
}

/// The connection in whose place this one comes. What serves by now has to have served when the test began: its admin was told
/// of that, and of nothing else.
async fn replaced(
    app: &App,
    tested: &Connection,
    begun: &PortalTest,
) -> Result<Option<ConnectionWithStatus>, Stopped> {
    let store = app.store();
    let mut others = store.connections_of(tested.organization_id).await?;
    others.retain(|other| other.id != tested.id);
    let ids: Vec<ConnectionId> = others.iter().map(|other| other.id).collect();
    let states = store.connection_states(&ids).await?;
    let serving = ids.iter().zip(states).filter(|(_, state)| *state == Some(ConnectionState::Active));
    let serving: Vec<ConnectionId> = serving.map(|(id, _)| *id).collect();
    if serving.iter().any(|id| !begun.serving.contains(id)) {
        return Err(Refused::ConnectionChanged.into());
    }
    match (begun.serving.as_slice(), serving.as_slice()) {
        ([one], [_]) => Ok(store.connection(*one).await?),
        _ => Ok(None),
    }
}

/// Back to the portal, which shows what came of it.
pub(crate) fn back(id: SignInId) -> Response {
    see_other(&format!("/portal/sso/test/{id}"))
}

/// What came, for its admin to look at: sealed. `None` where nothing that names a request came, or too much.
pub(crate) async fn sealed(attempt: &Attempt<'_>) -> Result<Option<Sealed>, VaultError> {
    let Some((saml_response, in_response_to)) = &attempt.answer else { return Ok(None) };
    if saml_response.len() > MOST_KEPT_BYTES {
        return Ok(None);
    }
    let (name_id, attributes) = attempt.sent.clone().unwrap_or_default();
    let kept = KeptAnswer {
        saml_response: saml_response.clone(),
        in_response_to: in_response_to.clone(),
        received_at: attempt.now,
        name_id,
        attributes,
    };
    let json = serde_json::to_vec(&kept).unwrap_or_default();
    let place = attempt.id.to_string();
    attempt.app.vault().seal(Class::Responses, &place, &json).await.map(Some)
}

/// Notes what a verified answer says, for its admin.
pub(crate) fn note(attempt: &mut Attempt<'_>, assertion: &VerifiedAssertion) {
    attempt.sent = Some(sent(assertion));
}
