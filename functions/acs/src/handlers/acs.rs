//! `POST /sso/saml/acs/{connection}`: where identity providers have the browser bring their answers.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::HeaderMap;
use portico_protocol::saml::{Refusal, UnverifiedResponse, VerifiedAssertion};
use portico_shared::app::App;
use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::ids::{ConnectionId, SignInId, SignInRequestId};
use portico_shared::operations::verdict::{self, Circumstances};
use portico_shared::store::SignInHints;

use crate::attempt::{Attempt, refusal_page};
use crate::caller::Caller;
use crate::error::{RouteError, Stopped};
use crate::message::Message;
use crate::open_request::OpenRequest;
use crate::refused::Refused;
use crate::sign_in::{self, Subject};
use crate::{test, unsolicited};

pub(crate) async fn consume(
    State(app): State<App>,
    Path(connection): Path<String>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, RouteError> {
    let message = Message::read(&headers, &body)?;
    let answer = Answer::parse(&message);
    let Ok(id) = ConnectionId::parse(&connection) else { return Ok(unknown_connection(&app)) };
    let context = app.store().sign_in_context(id, answer.hints()).await?;
    let Some(connection) = context.connection else { return Ok(unknown_connection(&app)) };
    let sp_keys = match &context.sp_keys {
        Some(sealed) => app.vault().open_sp_keys(id, sealed).await?,
        None => Vec::new(),
    };
    let now = app.clock().now();
    let mut attempt = Attempt {
        app: &app,
        id: SignInId::mint(now, app.rng()),
        now,
        caller: &caller,
        connection,
        sp_keys,
        request: context.request,
        email: None,
        signed: false,
        warnings: Vec::new(),
        answer: answer.claimed.clone().map(|claimed| (message.saml_response.clone(), claimed)),
        sent: None,
    };
    match decide(&mut attempt, answer).await {
        Ok(response) => Ok(response),
        Err(Stopped::Refused(refused)) => Ok(attempt.refuse(&refused).await),
        Err(Stopped::Failed(error)) => Err(error),
    }
}

/// What was posted, as far as it can be read without trusting it.
struct Answer<'a> {
    response: Result<UnverifiedResponse, Refusal>,
    /// The request that it claims to answer, be it one of ours or not.
    claimed: Option<String>,
    /// The request that it claims to answer, where that can be one of ours.
    request: Option<SignInRequestId>,
    relay_state: Option<&'a str>,
}

impl<'a> Answer<'a> {
    fn parse(message: &'a Message) -> Self {
        let response = UnverifiedResponse::parse(message.saml_response.as_bytes());
        let claimed = response.as_ref().ok().and_then(UnverifiedResponse::in_response_to);
        Self {
            request: claimed.and_then(|id| SignInRequestId::parse(id).ok()),
            claimed: claimed.map(str::to_owned),
            relay_state: message.relay_state.as_deref(),
            response,
        }
    }

    fn hints(&self) -> SignInHints<'_> {
        let encrypted = self.response.as_ref().is_ok_and(UnverifiedResponse::is_encrypted);
        SignInHints { request: self.request.as_ref(), encrypted }
    }
}

/// The steps of a verdict, in the order in which they may be taken.
async fn decide(attempt: &mut Attempt<'_>, answer: Answer<'_>) -> Result<Response, Stopped> {
    let response = answer.response?;
    let state = attempt.connection.status.value.state;
    if !matches!(state, ConnectionState::Validating | ConnectionState::Active) {
        return Err(Refused::ConnectionNotActive.into());
    }
    let Some(claimed) = answer.claimed else {
        let assertion = verify(attempt, &response, None)?;
        let subject = subject(attempt, &assertion)?;
        return unsolicited::restart(attempt, &subject, answer.relay_state).await;
    };
    let verified = verify(attempt, &response, Some(&claimed));
    let Some(request) = attempt.request.clone() else {
        // An answer that comes late is still the provider's: the log says whose it was.
        let _late = verified.and_then(|assertion| subject(attempt, &assertion));
        return Err(Refused::RequestUnknown.into());
    };
    let assertion = verified?;
    let subject = subject(attempt, &assertion)?;
    OpenRequest::verify(&request, &attempt.connection, attempt.caller)?;
    if request.value.test.is_some() {
        return test::complete(attempt, &subject).await;
    }
    sign_in::complete(attempt, &subject).await
}

/// Holds the response against the connection's settings (steps 1 to 9 of the recipe), and notes whether it is signed.
fn verify(
    attempt: &mut Attempt<'_>,
    response: &UnverifiedResponse,
    request: Option<&str>,
) -> Result<VerifiedAssertion, Refused> {
    let (in_response_to, sp_keys, now) = (request, attempt.sp_keys.as_slice(), attempt.now);
    let circumstances = Circumstances { in_response_to, sp_keys, now };
    let connection = &attempt.connection.connection.value;
    let verified = verdict::verify(attempt.app.config(), connection, response, circumstances)
        .ok_or(Refused::ConnectionNotActive)?;
    attempt.signed = verified.as_ref().map_or_else(|refusal| refusal.reason.is_of_signed(), |_| true);
    let assertion = verified?;
    test::note(attempt, &assertion);
    Ok(assertion)
}

/// Finds the person (step 11), and has the log know the address and what is odd from here on.
fn subject(attempt: &mut Attempt<'_>, assertion: &VerifiedAssertion) -> Result<Subject, Refused> {
    let subject = Subject::read(attempt, assertion)?;
    attempt.email = Some(subject.email().to_string());
    attempt.warnings.extend(subject.warnings());
    Ok(subject)
}

/// There is no log to write to: the page alone says so.
fn unknown_connection(app: &App) -> Response {
    let refused = Refused::UnknownConnection;
    app.metrics().sign_in_refused(refused.code());
    refusal_page(&refused, None).into_response()
}
